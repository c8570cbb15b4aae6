//! Callers who are heard: the seeded ones, whose words are said by a voice, and those that a script plays.

use super::{
    super::super::call::{Clip, Move, Plays, Turns, Utterance},
    sound::Wire,
};
use crate::{
    program::{Expecting, Locale, Program},
    simulate::{Act, Caller, Chance, Spoken, Truth},
    time::Millis,
};
use std::sync::{Arc, Mutex, PoisonError};

/// A line may be interrupted within this long.
const INTERRUPTED_MS: u64 = 4_000;
/// The line has been silent for about so long when it is the caller's turn.
const PAUSED_MS: u64 = 350;

/// What was said on a call so far.
pub type Transcript = Arc<Mutex<Vec<Spoken>>>;

/// Says words; an error where they cannot be said.
pub type Says = Box<dyn Fn(&str) -> Result<Clip, String> + Send>;

/// A seeded caller with a voice.
pub struct Seeded {
    pub caller: Caller,
    pub program: Arc<Program>,
    pub says: Says,
    pub chance: Chance,
    pub transcript: Transcript,
    pub mind: Mind,
}

/// What a caller has made up its mind about.
#[derive(Default)]
pub struct Mind {
    /// The line that is being heard, by when it began.
    line: Option<u64>,
    expecting: Option<Expecting>,
    decided: bool,
    acts: Option<u64>,
    corrects: Option<u64>,
}

impl Plays for Seeded {
    fn poll(&mut self, now: u64, turns: &Turns) -> Option<Move> {
        if let Some((_, since)) = turns.speaking()
            && self.mind.line != Some(since)
        {
            (self.mind.line, self.mind.decided) = (Some(since), false);
            if self.mind.acts.is_none() {
                self.mind.acts = self.caller.interrupts(INTERRUPTED_MS).map(|ms| since + ms);
            }
        }
        if self.mind.corrects.take_if(|at| *at <= now).is_some() {
            let act = self.caller.correction();
            return self.does(act, now);
        }
        if let Some(turn) = turns.turn(now) {
            self.mind.expecting = turn.expecting.and_then(|e| e.parse().ok()).or(self.mind.expecting.take());
            if !self.mind.decided && self.mind.acts.is_none() {
                self.mind.decided = true;
                self.mind.acts = self.caller.replies().map(|ms| now + ms.saturating_sub(PAUSED_MS));
            }
        }
        self.mind.acts.take_if(|at| *at <= now)?;
        let expecting = self.mind.expecting.clone().unwrap_or(Expecting::Start);
        let act = self.caller.acts(&self.program, &expecting, Locale::EnUs);
        self.does(act, now)
    }

    fn is_done(&self) -> bool {
        false
    }
}

impl Seeded {
    fn does(&mut self, act: Act, now: u64) -> Option<Move> {
        match act {
            Act::HangsUp => Some(Move::HangUp),
            Act::Presses(keys) => Some(Move::Press(keys.iter().map(|key| key.char()).collect())),
            Act::Coughs => {
                let clip = Clip::new(Wire::cough(&mut self.chance)).ok()?;
                self.aloud(clip, String::new(), Truth::NotYes, now)
            }
            Act::Says { heard, truth, .. } => {
                // What no voice can say is not said: markup, quotes.
                let clip = (self.says)(&heard.text).ok()?;
                if truth == Truth::Yes {
                    let ends = now + clip.speech().end as u64 / 8;
                    self.mind.corrects = self.caller.corrects().map(|ms| ends + ms);
                }
                self.aloud(clip, heard.text, truth, now)
            }
        }
    }

    fn aloud(&mut self, clip: Clip, text: String, truth: Truth, now: u64) -> Option<Move> {
        note(&self.transcript, &clip, &text, truth, now);
        Some(Move::Say(Utterance { caption: text, clip: Arc::new(clip) }))
    }
}

/// A caller whose words are noted; what they mean, nobody says.
pub struct Scripted<P> {
    pub caller: P,
    pub transcript: Transcript,
}

impl<P: Plays> Plays for Scripted<P> {
    fn poll(&mut self, now: u64, turns: &Turns) -> Option<Move> {
        let made = self.caller.poll(now, turns);
        if let Some(Move::Say(said)) = &made {
            note(&self.transcript, &said.clip, &said.caption, Truth::Unknown, now);
        }
        made
    }

    fn is_done(&self) -> bool {
        self.caller.is_done()
    }
}

fn note(transcript: &Transcript, clip: &Clip, text: &str, truth: Truth, now: u64) {
    let at = |sample: usize| Millis(now + sample as u64 / 8);
    let (from, to) = (at(clip.speech().start), at(clip.speech().end));
    let spoken = Spoken { from, to, text: text.to_owned(), truth };
    transcript.lock().unwrap_or_else(PoisonError::into_inner).push(spoken);
}

//! The listener: one caller's samples in, what was heard of them out. It never waits for a model that is slow.

use crate::{
    audio::{
        FRAME_MS, FRAME_SAMPLES, SAMPLES_PER_MS,
        dtmf::Dtmf,
        level::{DIGITAL_SILENCE_DB, decibels},
        resample::{Resampler, to_float},
        turn::{Change, Turns},
    },
    dialogue::Key,
    ports::VoiceActivity,
    time::Millis,
};
use std::sync::Arc;

/// What is kept from before voice began: a soft first sound is more than the detector hears.
const LEAD_MS: usize = 300;
/// Quiet put before and after a turn for the recogniser, which was trained on whole sentences.
const PAD_MS: usize = 300;
/// A gap in the stream up to this is filled with silence; after a longer one the stream begins anew.
const GAP_MS_MAX: u64 = 5_000;
/// A difference between the stream's own clock and ours that is no gap.
const JITTER_MS: u64 = 40;
/// So much silence ends any turn.
const LAST_SILENCE_MS: u64 = GAP_MS_MAX;
/// The room for a turn that is made beforehand; a longer one makes more.
const ROOM_MS: usize = 4_000;

/// Something heard.
#[derive(Clone, Debug, PartialEq)]
pub enum Hearing {
    /// Voice began: stop speaking.
    Began {
        /// Where in the call it began; certain only now, about 100 ms later.
        at: Millis,
    },
    /// The turn may be over: decode it now, so that the words are ready when it is.
    Guess {
        /// Names the guess. A turn that goes on gets another number.
        turn: u32,
        /// 16 kHz, with quiet around.
        samples: Arc<[f32]>,
        /// Where voice began.
        from: Millis,
        /// Where voice ended.
        to: Millis,
    },
    /// The turn was not over: the guess is void.
    WentOn {
        /// The void guess.
        turn: u32,
    },
    /// The turn is over: what its guess decoded to is what was said.
    Ended {
        /// The guess that holds.
        turn: u32,
        /// Where voice began.
        from: Millis,
        /// Where voice ended.
        to: Millis,
    },
    /// What began was no voice worth decoding: a cough, a knock. The line may go on.
    Noise,
    /// A key, heard in the sound.
    Key(Key),
}

/// Listens to one caller.
pub struct Listener {
    activity: Box<dyn VoiceActivity>,
    dtmf: Dtmf,
    turns: Turns,
    /// The frame that is being filled.
    frame: [i16; FRAME_SAMPLES],
    filled: usize,
    /// Samples since the call began, up to the end of `kept`.
    heard: u64,
    /// The latest whole frames: the turn and what led to it, or in silence only what may lead to one.
    kept: Vec<i16>,
    /// Where the last turn ended: the next has nothing of it.
    last_turn_ended: Millis,
    turn: u32,
    /// To the recogniser's rate.
    up: Resampler,
}

impl Listener {
    /// A listener at the beginning of a call.
    pub fn new(activity: Box<dyn VoiceActivity>, end_of_turn_ms: u64, turn_ms_max: u64) -> Listener {
        Listener {
            activity,
            dtmf: Dtmf::new(),
            turns: Turns::new(end_of_turn_ms, turn_ms_max),
            frame: [0; FRAME_SAMPLES],
            filled: 0,
            heard: 0,
            kept: Vec::with_capacity(ROOM_MS * SAMPLES_PER_MS),
            last_turn_ended: Millis(0),
            turn: 0,
            up: Resampler::new(8_000, 16_000).expect("both rates are supported"),
        }
    }

    /// How much silence ends a turn, from now on.
    pub fn set_end_of_turn(&mut self, ms: u64) {
        self.turns.set_end_of_turn(ms);
    }

    /// Whether the caller speaks, or spoke within the end-of-turn silence.
    pub fn is_speaking(&self) -> bool {
        self.turns.is_speaking()
    }

    /// Hears samples (8 kHz) that begin `at`, and appends to `hearings` what is known with them.
    ///
    /// A gap since the samples before is heard as silence; samples that come late are heard after those
    /// before them.
    pub fn hear(&mut self, at: Millis, samples: &[i16], hearings: &mut Vec<Hearing>) {
        self.fill_gap(at, hearings);
        self.take(samples, hearings);
    }

    /// Nothing more will be heard: what was being said is over.
    pub fn finish(&mut self, hearings: &mut Vec<Hearing>) {
        if self.is_speaking() {
            self.silence(LAST_SILENCE_MS, hearings);
        }
    }

    fn fill_gap(&mut self, at: Millis, hearings: &mut Vec<Hearing>) {
        let gap = at.since(self.now());
        if gap <= JITTER_MS {
            return;
        }
        if gap > GAP_MS_MAX {
            // Enough silence to end whatever was being said, then on from `at`.
            self.silence(GAP_MS_MAX, hearings);
            let ahead = at.since(self.now()) / FRAME_MS * FRAME_MS;
            self.heard += ahead * SAMPLES_PER_MS as u64;
            self.kept.clear();
        } else {
            self.silence(gap, hearings);
        }
    }

    fn silence(&mut self, ms: u64, hearings: &mut Vec<Hearing>) {
        for _ in 0..ms / FRAME_MS {
            self.take(&[0; FRAME_SAMPLES], hearings);
        }
    }

    /// The call's time at the end of all that was taken.
    fn now(&self) -> Millis {
        Millis((self.heard + self.filled as u64) / SAMPLES_PER_MS as u64)
    }

    fn take(&mut self, mut samples: &[i16], hearings: &mut Vec<Hearing>) {
        while !samples.is_empty() {
            let (now, later) = samples.split_at(samples.len().min(FRAME_SAMPLES - self.filled));
            self.frame[self.filled..self.filled + now.len()].copy_from_slice(now);
            self.filled += now.len();
            samples = later;
            if self.filled == FRAME_SAMPLES {
                self.filled = 0;
                self.step(hearings);
            }
        }
    }

    /// Hears one whole frame.
    fn step(&mut self, hearings: &mut Vec<Hearing>) {
        let begins = Millis(self.heard / SAMPLES_PER_MS as u64);
        self.keep();
        self.dtmf.push(&self.frame, |key| hearings.extend(Key::new(key).map(Hearing::Key)));
        let probability = self.activity.probability(&self.frame);
        // A key is loud and steady, and may look like voice: it is none.
        let (probability, db) = match self.dtmf.is_tone() {
            true => (0.0, DIGITAL_SILENCE_DB),
            false => (probability, decibels(&self.frame)),
        };
        if let Some(change) = self.turns.frame(begins, probability, db) {
            self.tell(change, hearings);
        }
    }

    fn tell(&mut self, change: Change, hearings: &mut Vec<Hearing>) {
        match change {
            Change::Began { from } => hearings.push(Hearing::Began { at: from }),
            Change::Paused { from, to } => {
                self.turn = self.turn.wrapping_add(1);
                let samples = self.samples(from);
                hearings.push(Hearing::Guess { turn: self.turn, samples, from, to });
            }
            Change::WentOn => hearings.push(Hearing::WentOn { turn: self.turn }),
            Change::Ended { from, to } => {
                self.last_turn_ended = to;
                hearings.push(Hearing::Ended { turn: self.turn, from, to });
            }
            Change::Cut { from, to } => {
                self.tell(Change::Paused { from, to }, hearings);
                self.tell(Change::Ended { from, to }, hearings);
            }
            Change::Nothing => hearings.push(Hearing::Noise),
        }
    }

    /// Keeps the frame, and in silence forgets what can no longer lead to a turn.
    fn keep(&mut self) {
        // An onset is certain some frames after it: those are kept too, and as many for the pause before.
        const QUIET_SAMPLES: usize = (LEAD_MS + 200) * SAMPLES_PER_MS;
        if !self.turns.is_speaking() && self.kept.len() >= 2 * QUIET_SAMPLES {
            self.kept.drain(..self.kept.len() - QUIET_SAMPLES);
        }
        self.kept.extend_from_slice(&self.frame);
        self.heard += FRAME_SAMPLES as u64;
    }

    /// The turn that began at `from`, as the recogniser takes it.
    fn samples(&mut self, from: Millis) -> Arc<[f32]> {
        let lead = from.0.saturating_sub(LEAD_MS as u64).max(self.last_turn_ended.0);
        let wanted = self.heard.saturating_sub(lead * SAMPLES_PER_MS as u64) as usize;
        let turn = &self.kept[self.kept.len().saturating_sub(wanted)..];
        let pad = PAD_MS * SAMPLES_PER_MS;
        let mut wire = vec![0.0; pad + turn.len() + pad];
        wire[pad..pad + turn.len()].iter_mut().zip(turn).for_each(|(to, &sample)| *to = to_float(sample));
        let mut samples = Vec::with_capacity(2 * wire.len());
        self.up.push(&wire, &mut samples);
        self.up.finish(&mut samples);
        samples.into()
    }
}

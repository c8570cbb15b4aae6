//! One simulated call: a caller, a connection and a dialogue under virtual time, all from one seed.

use super::{
    Chance, Invariant, Violation,
    caller::{Act, Caller, Persona},
    channel::Channel,
    invariants::{ENDING_MS_MAX, Invariants},
    rules::{After, Truth},
};
use crate::{
    dialogue::{
        Acknowledgement, Broken, ChannelKind, Decision, Dialogue, Effect, Fact, Gone, Input, Key, Outcome,
        PersonReached, Setup,
    },
    journal::{Bytes32, Entry, Event, Label, Log, Opened, Salts, opening, record},
    pii::Pii,
    program::{Locale, Program},
    time::{Millis, Utc},
    understand::{Heard, Meaning, Percent},
};
use sha2::{Digest, Sha256};
use std::{collections::VecDeque, sync::Arc};

/// Simulated calls happen on this day: nothing of them depends on when they were run.
pub const STARTED_AT: Utc = Utc(1_767_225_600_000);
/// Words take as long to say as the agent's.
const WORD_MS: u64 = 400;
/// The recogniser's words come this long after the turn has ended.
const EARS_MS: u64 = 250;
/// Between two keys.
const KEY_MS: u64 = 220;
/// Out of a thousand.
const EARS_FAIL: u64 = 4;
const WORDS_NEVER_COME: u64 = 2;
const VOICE_FAILS: u64 = 1;
const STORE_FAILS_A_CALL: u64 = 3;
const NOBODY_AVAILABLE: u64 = 250;
/// More inputs mean that time stands still.
const INPUTS_MAX: usize = 50_000;

/// How callers answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answers {
    /// In words, which are understood.
    Text,
    /// In meanings, as if each were a choice that is clicked.
    Meanings,
}

/// What came of one call.
#[derive(Clone, Debug)]
pub struct Call {
    /// The seed that gives this call again.
    pub seed: u64,
    /// Who called.
    pub persona: Persona,
    /// How it ended; a call that broke an invariant may have no end.
    pub outcome: Option<Outcome>,
    /// How the notice was answered.
    pub acknowledgement: Acknowledgement,
    /// The last decision on each consent.
    pub decisions: Vec<Decision>,
    /// How long it took, in virtual time.
    pub lasted: Millis,
    /// What did not hold.
    pub violation: Option<Violation>,
    /// What began with it.
    pub opened: Opened,
    /// Everything that reached the dialogue.
    pub inputs: Vec<(Millis, Input)>,
}

impl Call {
    /// Makes the call of `seed`.
    pub fn of(program: &Arc<Program>, seed: u64, answers: Answers) -> Call {
        Run::new(program, seed, answers).until_over()
    }

    /// Its journal: the same inputs once more, this time written down.
    pub fn journal(&self, program: &Arc<Program>) -> Vec<Entry> {
        let salts = Salts::of_nobody(&self.opened.call_id);
        let mut log = Log::new(Arc::clone(program), &self.opened, salts);
        self.inputs.iter().flat_map(|(at, input)| log.handle(*at, input.clone()).entries).collect()
    }
}

/// What will happen by itself, and when.
#[derive(Default)]
struct Ahead {
    acts: Option<Millis>,
    corrects: Option<Millis>,
    words: Option<(Millis, Input, Truth)>,
    keys: VecDeque<Key>,
    key_at: Option<Millis>,
    person: Option<Millis>,
    store_fails: Option<Millis>,
    voice_fails: Option<Millis>,
}

struct Run {
    program: Arc<Program>,
    seed: u64,
    answers: Answers,
    persona: Persona,
    caller: Caller,
    chance: Chance,
    channel: Channel,
    voice: bool,
    opened: Opened,
    dialogue: Dialogue,
    watch: Invariants,
    now: Millis,
    ahead: Ahead,
    /// Whether the caller has made up its mind about what it heard last.
    decided: bool,
    inputs: Vec<(Millis, Input)>,
    facts: Vec<Entry>,
    violation: Option<Violation>,
}

impl Run {
    fn new(program: &Arc<Program>, seed: u64, answers: Answers) -> Run {
        let mut chance = Chance::new(seed);
        let persona = *chance.pick(&Persona::ALL);
        let channel = *chance.pick(&[
            ChannelKind::Phone,
            ChannelKind::Phone,
            ChannelKind::Browser,
            ChannelKind::Chat,
            ChannelKind::Terminal,
        ]);
        let spanish = persona == Persona::Spanish && !channel.is_voice() && chance.in_thousand(500);
        let locale =
            if spanish && program.locales.contains(&Locale::EsUs) { Locale::EsUs } else { Locale::EnUs };
        let setup = Setup {
            call_id: call_id(&seed.to_string()),
            channel,
            locale,
            started_at: STARTED_AT,
            person_available: !chance.in_thousand(NOBODY_AVAILABLE),
            spoken: chance.pick(&[vec![Locale::EnUs], vec![Locale::EnUs, Locale::EsUs]]).clone(),
        };
        let opened = opening(program, &setup, "simulate");
        let mut ahead = Ahead::default();
        if chance.in_thousand(STORE_FAILS_A_CALL) {
            ahead.store_fails = Some(Millis(chance.below(240_000)));
        }
        Run {
            seed,
            answers,
            persona,
            caller: Caller::new(persona, Chance::new(chance.draw())),
            channel: Channel::new(channel.is_voice(), Chance::new(chance.draw())),
            chance,
            voice: channel.is_voice(),
            opened,
            watch: Invariants::new(Arc::clone(program), &setup),
            dialogue: Dialogue::new(Arc::clone(program), setup),
            program: Arc::clone(program),
            now: Millis(0),
            ahead,
            decided: false,
            inputs: Vec::new(),
            facts: Vec::new(),
            violation: None,
        }
    }

    fn until_over(mut self) -> Call {
        self.input(Input::Begin);
        while !self.dialogue.is_over() && self.violation.is_none() {
            self.step();
            if self.inputs.len() > INPUTS_MAX {
                self.broken(Invariant::Ends, "time stands still");
            }
        }
        if self.violation.is_none() {
            self.violation = self.look_back().err();
        }
        Call {
            seed: self.seed,
            persona: self.persona,
            outcome: self.watch.outcome(),
            acknowledgement: self.watch.acknowledgement(),
            decisions: self.watch.decisions().collect(),
            lasted: self.now,
            violation: self.violation,
            opened: self.opened,
            inputs: self.inputs,
        }
    }

    /// The record, at the end and as it would be had the call been cut off somewhere.
    fn look_back(&mut self) -> Result<(), Violation> {
        let cut = self.chance.below(self.facts.len() as u64 + 1) as usize;
        self.watch.see_record_cut(&record(&self.opened, &self.facts[..cut]))?;
        self.watch.see_record(&record(&self.opened, &self.facts))
    }

    fn broken(&mut self, invariant: Invariant, seen: &str) {
        self.violation = Some(Violation { invariant, at: self.now, seen: seen.into() });
    }

    /// What comes next in time.
    fn step(&mut self) {
        let ahead = &self.ahead;
        let next = [
            (self.channel.next(), 0),
            (ahead.words.as_ref().map(|w| w.0), 1),
            (ahead.key_at, 2),
            (ahead.corrects, 3),
            (ahead.acts, 4),
            (ahead.person, 5),
            (ahead.voice_fails, 6),
            (ahead.store_fails, 7),
            (self.dialogue.deadline(), 8),
        ];
        let first = next.into_iter().filter_map(|(at, what)| Some((at?.max(self.now), what))).min();
        let Some((at, what)) = first else {
            return self.broken(Invariant::NeverStuck, "nothing will ever happen again");
        };
        self.now = at;
        if self.now > Millis(self.program.timings.call_ms_max + ENDING_MS_MAX) {
            return self.broken(Invariant::Ends, "it goes on and on");
        }
        match what {
            0 => self.channel_tells(),
            1 => {
                if let Some((_, input, truth)) = self.ahead.words.take() {
                    self.watch.meant(truth);
                    self.input(input);
                }
            }
            2 => self.presses(),
            3 => {
                self.ahead.corrects = None;
                let act = self.caller.correction();
                self.act(act);
            }
            4 => {
                self.ahead.acts = None;
                let expecting = self.dialogue.expecting();
                let act = self.caller.acts(&self.program, &expecting, self.dialogue.locale());
                self.act(act);
            }
            5 => {
                self.ahead.person = None;
                let answers = self.chance.in_thousand(700);
                let reached = if answers { PersonReached::Answered } else { PersonReached::NotAnswered };
                self.input(Input::Person { reached });
            }
            6 => {
                self.ahead.voice_fails = None;
                self.input(Input::Failed { broken: Broken::Voice });
            }
            7 => {
                self.ahead.store_fails = None;
                self.input(Input::Failed { broken: Broken::Store });
            }
            _ => self.input(Input::Tick),
        }
    }

    fn channel_tells(&mut self) {
        let Some(input) = self.channel.pass(self.now) else { return };
        let began = matches!(input, Input::LineBegan { .. });
        self.input(input);
        if began && self.ahead.acts.is_none() && self.ahead.words.is_none() {
            self.ahead.acts = self.caller.interrupts(4_000).map(|ms| self.now + ms);
        }
    }

    /// The caller does something now.
    fn act(&mut self, act: Act) {
        match act {
            Act::HangsUp => {
                let why = *self.chance.pick(&[Gone::HungUp, Gone::HungUp, Gone::Lost, Gone::Shutdown]);
                self.input(Input::Gone { why });
            }
            Act::Presses(keys) => {
                self.ahead.keys = keys.into();
                self.presses();
            }
            Act::Coughs if self.voice => {
                self.speaks(
                    Heard { text: String::new(), confidence: Percent::new(0), lean: None },
                    Truth::NotYes,
                );
            }
            Act::Coughs => {}
            // An answer is its words; everything else can be chosen.
            Act::Says { meaning, matter, name, truth, .. }
                if self.answers == Answers::Meanings && meaning != Meaning::Answer =>
            {
                self.watch.meant(truth);
                self.input(Input::Chose {
                    meaning,
                    matter,
                    name: name.map(|name| Pii::new(name.to_owned())),
                });
            }
            Act::Says { heard, truth, .. } => {
                let yes = truth == Truth::Yes;
                self.speaks(heard, truth);
                if yes && self.voice && self.ahead.words.is_some() {
                    let said = self.ahead.words.as_ref().map_or(self.now, |w| w.0);
                    self.ahead.corrects = self.caller.corrects().map(|ms| said + ms);
                }
            }
        }
    }

    fn speaks(&mut self, heard: Heard, truth: Truth) {
        let from = self.now;
        if !self.voice {
            let input = Input::Said { heard: Pii::new(Heard { lean: None, ..heard }), from, to: from };
            self.watch.meant(truth);
            return self.input(input);
        }
        self.input(Input::SpeechBegan);
        if self.chance.in_thousand(WORDS_NEVER_COME) {
            return;
        }
        let words = heard.text.split_whitespace().count() as u64;
        let to = from + (words * WORD_MS).max(300);
        let at = to + EARS_MS + self.chance.below(400);
        let input = if self.chance.in_thousand(EARS_FAIL) {
            Input::Failed { broken: Broken::Ears }
        } else {
            Input::Said { heard: Pii::new(heard), from, to }
        };
        let truth = if matches!(input, Input::Said { .. }) { truth } else { Truth::Unknown };
        self.ahead.words = Some((at, input, truth));
    }

    fn presses(&mut self) {
        let Some(key) = self.ahead.keys.pop_front() else {
            self.ahead.key_at = None;
            return;
        };
        self.ahead.key_at = (!self.ahead.keys.is_empty()).then(|| self.now + KEY_MS);
        self.input(Input::Pressed { key });
    }

    /// Something reaches the dialogue; what it wants done is done.
    fn input(&mut self, input: Input) {
        if self.dialogue.is_over() || self.violation.is_some() {
            return;
        }
        let effects = self.dialogue.handle(self.now, input.clone());
        let after = After { deadline: self.dialogue.deadline(), over: self.dialogue.is_over() };
        let seen = self.watch.see(self.now, &input, &effects, after);
        self.inputs.push((self.now, input));
        if let Err(violation) = seen {
            self.violation = Some(violation);
            return;
        }
        let mut flushed = Vec::new();
        for effect in effects {
            match effect {
                Effect::Speak(line) => {
                    self.decided = false;
                    self.channel.enqueue(&line);
                    if self.voice && self.chance.in_thousand(VOICE_FAILS) {
                        self.ahead.voice_fails = Some(self.now + 100);
                    }
                }
                Effect::Flush => flushed.extend(self.channel.flush(self.now)),
                Effect::Fact(fact) => self.note(fact),
                Effect::Transfer(_) => {
                    self.ahead.person = Some(self.now + self.chance.between(1_000, 25_000));
                }
                Effect::Listen(_)
                | Effect::Understood(_)
                | Effect::StopRecording
                | Effect::LookUp(_)
                | Effect::HangUp => {}
            }
        }
        for cut in flushed {
            self.input(cut);
        }
        let idle = self.ahead.acts.is_none() && self.ahead.words.is_none() && self.ahead.keys.is_empty();
        if !self.decided && idle && self.dialogue.listening().is_some() {
            self.decided = true;
            self.ahead.acts = self.caller.replies().map(|ms| self.now + ms);
        }
    }

    fn note(&mut self, fact: Fact) {
        let seq = self.facts.len() as u64;
        let (salt, leaf, hash) = (Bytes32::default(), Bytes32::default(), Bytes32::default());
        let (at, label, event) = (self.now, Label::General, Event::Fact { fact });
        self.facts.push(Entry { seq, at, label, event, salt, leaf, hash });
    }
}

/// The id of the simulated call of this name, in the form of a random UUID.
pub fn call_id(name: &str) -> String {
    let digest = Sha256::digest(format!("candor simulate {name}").as_bytes());
    let mut hex: String = digest[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    hex.replace_range(12..13, "4");
    hex.replace_range(16..17, "8");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

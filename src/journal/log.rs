//! A conversation with its journal: everything that reaches the dialogue and everything it wants done.

use super::{Chain, Entry, Event, Label, Labels, Opened, Salt, Salts};
use crate::{
    dialogue::{Dialogue, Effect, Escalation, Fact, Input, Line, Listening, Setup},
    program::Program,
    time::Millis,
    understand::{Percent, Scope},
};
use serde::Serialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// The journal of a call that begins now.
pub fn opening(program: &Program, setup: &Setup, build: &str) -> Opened {
    Opened {
        call_id: setup.call_id.clone(),
        program: program.id.clone(),
        program_sha256: program.sha256.clone(),
        channel: setup.channel,
        provider: None,
        provider_call_id: None,
        direction: "inbound".into(),
        started_at: setup.started_at,
        locale: setup.locale,
        person_available: setup.person_available,
        spoken: setup.spoken.clone(),
        notice_id: program.notice.id.clone(),
        notice_version: program.notice.version.clone(),
        notice_sha256: program.notice.sha256(setup.locale),
        resumes: None,
        build: build.to_owned(),
        salt: Salt::default(),
    }
}

/// What one input led to.
#[derive(Debug)]
pub struct Step {
    /// To be carried out in order.
    pub effects: Vec<Effect>,
    /// To be put on record first.
    pub entries: Vec<Entry>,
    /// Whether one of the entries matters in law, so that the effects wait until it is durable.
    pub binding: bool,
}

/// A dialogue whose every input and effect is journalled.
#[derive(Debug)]
pub struct Log {
    dialogue: Dialogue,
    chain: Chain,
    labels: Labels,
    salts: Salts,
}

impl Log {
    /// A conversation that begins as `opened` says, its entries salted with `salts`.
    pub fn new(program: Arc<Program>, opened: &Opened, salts: Salts) -> Log {
        let (dialogue, chain) = (Dialogue::new(program, opened.setup()), Chain::new(opened));
        Log { dialogue, chain, labels: Labels::default(), salts }
    }

    /// The conversation.
    pub fn dialogue(&self) -> &Dialogue {
        &self.dialogue
    }

    /// Passes `input` to the dialogue, and notes it and what comes of it.
    pub fn handle(&mut self, at: Millis, input: Input) -> Step {
        let noted = serde_json::to_value(&input).unwrap_or(Value::Null);
        let mut effects = self.dialogue.handle(at, input.clone());
        let (label, labels) = self.labels.step(&input, &mut effects);
        let mut entries = vec![self.chain.entry(at, label, Event::Input { input: noted }, self.salts.next())];
        entries.extend(
            effects
                .iter()
                .zip(labels)
                .map(|(effect, label)| self.chain.entry(at, label, event_of(effect), self.salts.next())),
        );
        let binding = effects.iter().any(|effect| matches!(effect, Effect::Fact(_)));
        Step { effects, entries, binding }
    }

    /// Notes something that is neither input nor effect.
    pub fn note(&mut self, at: Millis, event: Event) -> Entry {
        self.chain.entry(at, Label::Consent, event, self.salts.next())
    }

    /// The label of what is heard now.
    pub fn sound_label(&self) -> Label {
        self.labels.of_sound()
    }
}

/// How an effect is written down.
pub fn event_of(effect: &Effect) -> Event {
    match EffectEvent::of(effect) {
        EffectEvent::Fact { fact } => Event::Fact { fact: fact.clone() },
        EffectEvent::Effect { effect } => Event::Effect { effect: json!(effect) },
    }
}

/// The event of an effect, to be written down without being made first.
#[derive(Serialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum EffectEvent<'a> {
    /// [`Event::Fact`].
    Fact {
        /// The fact.
        #[serde(flatten)]
        fact: &'a Fact,
    },
    /// [`Event::Effect`].
    Effect {
        /// What is done.
        effect: Done<'a>,
    },
}

/// What is done, besides putting facts on record.
#[derive(Serialize)]
#[serde(tag = "do", rename_all = "snake_case")]
#[allow(missing_docs)] // as in `Effect`
pub enum Done<'a> {
    Speak {
        line: &'a Line,
    },
    Flush,
    Listen {
        #[serde(rename = "for")]
        listening: &'a Listening,
    },
    Understood {
        meaning: &'static str,
        scope: Option<&'a Scope>,
        confidence: Percent,
        evidence: &'a str,
    },
    StopRecording,
    Transfer {
        why: Escalation,
    },
    /// The code is in the input that gave it, and counts no more once it was looked up.
    LookUp,
    HangUp,
}

impl<'a> EffectEvent<'a> {
    /// The event of `effect`.
    pub fn of(effect: &'a Effect) -> EffectEvent<'a> {
        let effect = match effect {
            Effect::Fact(fact) => return EffectEvent::Fact { fact },
            Effect::Speak(line) => Done::Speak { line },
            Effect::Flush => Done::Flush,
            Effect::Listen(listening) => Done::Listen { listening },
            Effect::Understood(reading) => Done::Understood {
                meaning: reading.meaning.name(),
                scope: reading.meaning.scope(),
                confidence: reading.confidence,
                evidence: &reading.evidence,
            },
            Effect::StopRecording => Done::StopRecording,
            Effect::Transfer(why) => Done::Transfer { why: *why },
            Effect::LookUp(_) => Done::LookUp,
            Effect::HangUp => Done::HangUp,
        };
        EffectEvent::Effect { effect }
    }
}

//! A conversation with its journal: everything that reaches the dialogue and everything it wants done.

use super::{Chain, Entry, Event, Label, Labels, Opened, Salt, Salts};
use crate::{
    dialogue::{Dialogue, Effect, Input, Setup},
    program::Program,
    time::Millis,
};
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
        let setup = Setup {
            call_id: opened.call_id.clone(),
            channel: opened.channel,
            locale: opened.locale,
            started_at: opened.started_at,
            person_available: opened.person_available,
            spoken: opened.spoken.clone(),
        };
        let (dialogue, chain) = (Dialogue::new(program, setup), Chain::new(opened));
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
    let effect = match effect {
        Effect::Fact(fact) => return Event::Fact { fact: fact.clone() },
        Effect::Speak(line) => json!({"do": "speak", "line": line}),
        Effect::Flush => json!({"do": "flush"}),
        Effect::Listen(listening) => json!({"do": "listen", "for": listening}),
        Effect::Understood(reading) => json!({
            "do": "understood",
            "meaning": reading.meaning.name(),
            "scope": reading.meaning.scope(),
            "confidence": reading.confidence,
            "evidence": reading.evidence,
        }),
        Effect::StopRecording => json!({"do": "stop_recording"}),
        Effect::Transfer(why) => json!({"do": "transfer", "why": why}),
        // The code is in the input that gave it, and counts no more once it was looked up.
        Effect::LookUp(_) => json!({"do": "look_up"}),
        Effect::HangUp => json!({"do": "hang_up"}),
    };
    Event::Effect { effect }
}

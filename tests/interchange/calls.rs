//! Conversations held in this process: what Jane Doe says, and what the journal has of it.

use candor::{
    dialogue::{ChannelKind, Effect, Gone, Input, LineId, PersonReached, Setup},
    interchange::Call,
    journal::{CallRecord, Clip, Entry, Event, Log, Opened, Salts, opening, record},
    pii::Pii,
    program::{Locale, Program, parse},
    time::{Millis, Utc},
    understand::{Heard, Lean, Percent},
};
use std::{
    collections::VecDeque,
    sync::{Arc, LazyLock},
};

const SCRIPT: &str = include_str!("../../programs/harbor/program.toml");

/// The sample program, and the same one where counsel accepts a spoken signature.
pub static HARBOR: LazyLock<Arc<Program>> = LazyLock::new(|| program(SCRIPT));
pub static ACCEPTED: LazyLock<Arc<Program>> = LazyLock::new(|| {
    let from = "voice_signature = \"pending_written\"";
    assert!(SCRIPT.contains(from));
    program(&SCRIPT.replacen(from, "voice_signature = \"accepted\"", 1))
});

fn program(text: &str) -> Arc<Program> {
    Arc::new(parse(text).expect("the sample program has no error"))
}

pub const BEGAN: &str = "2026-11-22T14:00:00.000Z";
/// When exports are made: two days later.
pub const EXPORTED: &str = "2026-11-24T09:30:00.000Z";

pub fn at(text: &str) -> Utc {
    text.parse().expect("a time")
}

/// A call that is over.
pub struct Kept {
    pub name: &'static str,
    pub program: Arc<Program>,
    pub opened: Opened,
    pub entries: Vec<Entry>,
    pub record: CallRecord,
}

impl Kept {
    pub fn call(&self) -> Call<'_> {
        Call { opened: &self.opened, entries: &self.entries, record: &self.record, program: &self.program }
    }
}

/// What the caller says at the first listening for each of these; anything else Jane Doe answers as ever.
pub type Says = &'static [(&'static str, &'static str)];

/// The calls that exports are tried on.
pub fn all() -> Vec<Kept> {
    let granted = "granted and signed";
    vec![
        hold(granted, ChannelKind::Phone, &ACCEPTED, &[]),
        hold("granted and signed by typing", ChannelKind::Terminal, &ACCEPTED, &[]),
        hold("granted, waiting for ink", ChannelKind::Phone, &HARBOR, &[]),
        hold("denied", ChannelKind::Phone, &ACCEPTED, DENIED),
        hold("deferred", ChannelKind::Phone, &ACCEPTED, DEFERRED),
        hold("revoked", ChannelKind::Phone, &ACCEPTED, REVOKED),
        hold("granted again", ChannelKind::Terminal, &ACCEPTED, AGAIN),
        hold("hung up in a consent", ChannelKind::Phone, &ACCEPTED, &[("consent:referral_source", HANGS_UP)]),
        hold(
            "told before the notice",
            ChannelKind::Terminal,
            &ACCEPTED,
            &[("notice", "I've been using heroin")],
        ),
    ]
}

pub fn hold_named(name: &str) -> Kept {
    all().into_iter().find(|kept| kept.name == name).unwrap_or_else(|| panic!("no call `{name}`"))
}

const HANGS_UP: &str = "(hangs up)";
const DENIED: Says = &[("consent:payor", "no"), ("consent:referral_source", "no"), ("consent:crm", "no")];
const DEFERRED: Says = &[("signature:payor", "hmm"), ("signature:payor", "I'm not sure")];
const REVOKED: Says = &[("consent:referral_source", "I take it back, don't share with my insurance.")];
const AGAIN: Says = &[
    ("consent:referral_source", "I take it back, don't share with my insurance."),
    ("consent:referral_source", "Actually my insurance may have it after all."),
];

/// Holds a conversation. Lines are heard to their end, and then the caller answers.
pub fn hold(
    name: &'static str,
    channel: ChannelKind,
    program: &Arc<Program>,
    says: &[(&str, &'static str)],
) -> Kept {
    let setup = Setup {
        call_id: "019a5f0e-2a61-7c6b-9a51-0e6d6a1f0b11".into(),
        channel,
        locale: Locale::EnUs,
        started_at: at(BEGAN),
        person_available: true,
        spoken: vec![Locale::EnUs],
    };
    let opened = opening(program, &setup, "test");
    let mut run = Run {
        log: Log::new(Arc::clone(program), &opened, Salts::of_nobody(&opened.call_id)),
        entries: Vec::new(),
        now: Millis(0),
        queue: VecDeque::new(),
        voice: channel.is_voice(),
        transfer: false,
    };
    run.input(Input::Begin);
    let mut says: VecDeque<_> = says.iter().copied().collect();
    for _ in 0..200 {
        run.listen();
        if run.log.dialogue().is_over() {
            break;
        }
        let expecting = run.log.dialogue().expecting().to_string();
        let said = match says.front().copied() {
            Some((when, words)) if when == expecting => {
                says.pop_front();
                words
            }
            _ => jane(&expecting),
        };
        match said {
            HANGS_UP => run.input(Input::Gone { why: Gone::HungUp }),
            words => run.say(words),
        }
    }
    assert!(run.log.dialogue().is_over(), "{name}: the conversation ends");
    assert!(says.is_empty(), "{name}: never said {says:?}");
    if run.voice {
        run.record_sound(&opened);
    }
    let record = record(&opened, &run.entries);
    Kept { name, program: Arc::clone(program), opened, entries: run.entries, record }
}

fn jane(expecting: &str) -> &'static str {
    match expecting {
        "question:name" => "Jane Doe",
        "question:callback" => "202 555 0147",
        "question:referred_by" => "a friend told me",
        "question:insurance_carrier" => "Blue Cross",
        "question:member_id" => "XYZ12345",
        "question:dob" => "03/03/1985",
        "question:substance" => "mostly gin and brandy",
        "question:last_use" => "last night at the marina",
        "question:prior_treatment" => "once, in Tulsa",
        "question:level_of_care" => "somewhere with beds",
        expecting if expecting.starts_with("signature:") => "Jane Doe, I agree",
        "any" => "no",
        _ => "yes",
    }
}

/// What Jane tells about her substance use.
pub const SENSITIVE_WORDS: [&str; 5] = ["gin and brandy", "marina", "Tulsa", "somewhere with beds", "heroin"];

struct Run {
    log: Log,
    entries: Vec<Entry>,
    now: Millis,
    queue: VecDeque<(LineId, u64)>,
    voice: bool,
    transfer: bool,
}

impl Run {
    fn input(&mut self, input: Input) {
        let step = self.log.handle(self.now, input);
        self.entries.extend(step.entries);
        for effect in &step.effects {
            match effect {
                Effect::Speak(line) => {
                    let ms = line.text().split_whitespace().count() as u64 * 400;
                    self.queue.push_back((line.id(), ms));
                }
                Effect::Flush => self.queue.clear(),
                Effect::Transfer(_) => self.transfer = true,
                _ => {}
            }
        }
        if std::mem::take(&mut self.transfer) {
            self.input(Input::Person { reached: PersonReached::Answered });
        }
    }

    /// Hears what is being said; then a moment, so that a spoken yes settles.
    fn listen(&mut self) {
        loop {
            while let Some((line, ms)) = self.queue.pop_front() {
                self.input(Input::LineBegan { line });
                self.now = self.now + ms;
                self.input(Input::LineEnded { line, complete: true, heard_ms: ms });
            }
            match self.log.dialogue().deadline().filter(|due| *due <= self.now + 3_000) {
                Some(due) if !self.log.dialogue().is_over() => {
                    self.now = self.now.max(due);
                    self.input(Input::Tick);
                }
                _ => return,
            }
        }
    }

    fn say(&mut self, words: &str) {
        let from = self.now;
        if self.voice {
            self.input(Input::SpeechBegan);
            self.now = self.now + 900;
        }
        let lean = match words {
            "yes" => Some(Lean::Yes),
            "no" => Some(Lean::No),
            _ => None,
        };
        let confidence = Percent::new(if self.voice { 93 } else { 100 });
        let heard = Heard { text: words.into(), confidence, lean: lean.filter(|_| self.voice) };
        self.input(Input::Said { heard: Pii::new(heard), from, to: self.now });
    }

    /// The recording, as the recorder notes it: its signatures each with the hash of its part.
    fn record_sound(&mut self, opened: &Opened) {
        let so_far = record(opened, &self.entries);
        let clips = so_far.consents.iter().filter_map(|consent| {
            let signature = consent.signature.as_ref()?;
            Some(Clip {
                consent_id: consent.consent_id.clone(),
                from: Millis(signature.from_ms),
                to: Millis(signature.to_ms),
                sha256: "5a".repeat(32),
            })
        });
        let event = Event::Recording {
            duration_ms: self.now.0,
            sha256: "a5".repeat(32),
            clips: clips.collect(),
            chunks: None,
        };
        let entry = self.log.note(self.now, event);
        self.entries.push(entry);
    }
}

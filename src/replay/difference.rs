//! Where a replay and a journal differ, and in what.

use crate::{
    dialogue::{Effect, Fact, LineKind},
    journal::{Event, Label, event_of},
    time::Millis,
};
use serde::Serialize;
use serde_json::{Value, json};

/// What a difference is in. The first three fail a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Whether the notice was heard and acknowledged, and whether the gate is open.
    GateDecision,
    /// Who may receive something.
    ConsentOutcome,
    /// What the agent says.
    SpokenLine,
    /// Everything else: a confidence, a pause, a request, an outcome.
    Other,
}

impl Kind {
    /// Whether calls that differ in this are found.
    pub fn is_decisive(self) -> bool {
        self != Kind::Other
    }

    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Kind::GateDecision => "gate decision",
            Kind::ConsentOutcome => "consent outcome",
            Kind::SpokenLine => "spoken line",
            Kind::Other => "other",
        }
    }
}

/// One side of a difference: what was written, or what would happen now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// In a few words that quote nobody: `line question: Who referred you to us?`, `gate opened`.
    pub words: String,
    /// All of it; left out where it is sensitive or quotes the caller, unless that was asked for.
    pub whole: Value,
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The entry of the journal at which it shows.
    pub entry: u64,
    /// When, in the call.
    pub at_ms: u64,
    /// In what.
    pub kind: Kind,
    /// What the journal says; nothing where only the replay does something.
    pub recorded: Option<Shown>,
    /// What comes now; nothing where only the journal says something.
    pub replayed: Option<Shown>,
    /// Only words differ: what was said after still fits.
    #[serde(skip)]
    pub only_words: bool,
}

/// What an effect does, beside what else does the same: by this two lists of effects are laid side by side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    Line(LineKind, u32),
    Fact(&'static str, String),
    Does(String),
}

/// An event that came of an input, with what is needed to compare it.
pub(super) struct Side {
    pub event: Event,
    pub label: Label,
}

impl Side {
    pub fn of(effect: &Effect, label: Label) -> Side {
        Side { event: event_of(effect), label }
    }

    pub fn slot(&self) -> Slot {
        match &self.event {
            Event::Fact { fact } => {
                let (name, of) = fact_slot(fact);
                Slot::Fact(name, of)
            }
            Event::Effect { effect } if effect["do"] == "speak" => {
                let line = &effect["line"];
                let kind = serde_json::from_value(line["kind"].clone()).unwrap_or(LineKind::Faq);
                Slot::Line(kind, line["id"].as_u64().unwrap_or(0) as u32)
            }
            Event::Effect { effect } if effect["do"] == "listen" => {
                Slot::Does(format!("listen {}", effect["for"]["expecting"].as_str().unwrap_or("")))
            }
            Event::Effect { effect } => Slot::Does(effect["do"].as_str().unwrap_or("").to_owned()),
            Event::Input { .. } | Event::Recording { .. } | Event::Recovered => Slot::Does(String::new()),
        }
    }

    pub fn kind(&self) -> Kind {
        match &self.event {
            Event::Fact { fact } => kind_of(fact),
            Event::Effect { effect } if matches!(effect["do"].as_str(), Some("speak" | "flush")) => {
                Kind::SpokenLine
            }
            _ => Kind::Other,
        }
    }

    /// What it shows, with what is sensitive only where `open`.
    pub fn shown(&self, open: bool) -> Shown {
        let quotes = quotes(&self.event);
        let whole = match (open, quotes || self.label == Label::Sensitive) {
            (true, _) | (false, false) => json!(self.event),
            (false, true) => Value::Null,
        };
        Shown { words: words(&self.event, open), whole }
    }
}

/// The kind of a difference between two events of the same slot: a fact whose decision is the same differs in
/// something else.
pub(super) fn kind_between(recorded: &Event, replayed: &Event) -> Kind {
    match (recorded, replayed) {
        (Event::Fact { fact: one }, Event::Fact { fact: other }) if decision(one) == decision(other) => {
            Kind::Other
        }
        (Event::Fact { fact }, _) | (_, Event::Fact { fact }) => kind_of(fact),
        (Event::Effect { effect: one }, Event::Effect { effect: other }) if one["do"] == "speak" => {
            let (one, other) = (&one["line"], &other["line"]);
            let same = ["text", "kind", "elicits", "locale"].iter().all(|key| one[key] == other[key]);
            if same { Kind::Other } else { Kind::SpokenLine }
        }
        _ => Kind::Other,
    }
}

fn kind_of(fact: &Fact) -> Kind {
    match fact {
        Fact::NoticeBegan
        | Fact::NoticeInterrupted
        | Fact::NoticeHeard
        | Fact::NoticeLocale { .. }
        | Fact::Acknowledged { .. }
        | Fact::Gate { .. } => Kind::GateDecision,
        Fact::ConsentAsked { .. }
        | Fact::ConsentDecided { .. }
        | Fact::ConsentBlocked { .. }
        | Fact::ConsentRevoked { .. }
        | Fact::TakenBackBefore { .. } => Kind::ConsentOutcome,
        Fact::CompanyPresent
        | Fact::Moved { .. }
        | Fact::QuestionAsked { .. }
        | Fact::QuestionEnded { .. }
        | Fact::SudUnprompted
        | Fact::Requested { .. }
        | Fact::Escalated { .. }
        | Fact::RecordingOff
        | Fact::HandedOver { .. }
        | Fact::Resumes { .. }
        | Fact::Ended { .. } => Kind::Other,
    }
}

/// What of a fact is the decision, without the words and confidences it rests on. The words of a question are
/// compared where they are spoken.
fn decision(fact: &Fact) -> Value {
    match fact {
        Fact::Acknowledged { answer, .. } => json!(["acknowledged", answer]),
        Fact::Gate { open, .. } => json!(["gate", open]),
        Fact::ConsentAsked { recipient, .. } => json!(["asked", recipient]),
        Fact::ConsentDecided { recipient, decision, signature, blocked_by, .. } => {
            json!(["decided", recipient, decision, signature.as_ref().map(|s| s.kind), blocked_by])
        }
        Fact::ConsentBlocked { recipient, by, .. } => json!(["blocked", recipient, by]),
        Fact::ConsentRevoked { recipient, .. } => json!(["revoked", recipient]),
        Fact::TakenBackBefore { recipients, .. } => json!(["taken back before", recipients]),
        Fact::NoticeLocale { locale, .. } => json!(["locale", locale]),
        Fact::NoticeBegan => json!("began"),
        Fact::NoticeInterrupted => json!("interrupted"),
        Fact::NoticeHeard => json!("heard"),
        // Never decisive, so that what they say is no matter.
        _ => Value::Null,
    }
}

fn fact_slot(fact: &Fact) -> (&'static str, String) {
    match fact {
        Fact::NoticeBegan => ("notice began", String::new()),
        Fact::NoticeInterrupted => ("notice interrupted", String::new()),
        Fact::NoticeHeard => ("notice heard", String::new()),
        Fact::NoticeLocale { .. } => ("notice in another language", String::new()),
        Fact::Acknowledged { .. } => ("acknowledged", String::new()),
        Fact::Gate { .. } => ("gate", String::new()),
        Fact::ConsentAsked { recipient, .. } => ("consent asked", recipient.to_string()),
        Fact::ConsentDecided { recipient, .. } => ("consent decided", recipient.to_string()),
        Fact::ConsentBlocked { recipient, .. } => ("consent blocked", recipient.to_string()),
        Fact::ConsentRevoked { recipient, .. } => ("consent revoked", recipient.to_string()),
        Fact::TakenBackBefore { .. } => ("consents of before taken back", String::new()),
        Fact::Moved { .. } => ("moved", String::new()),
        Fact::CompanyPresent => ("company present", String::new()),
        Fact::QuestionAsked { id, .. } => ("question asked", id.clone()),
        Fact::QuestionEnded { id, .. } => ("question ended", id.clone()),
        Fact::SudUnprompted => ("told unprompted", String::new()),
        Fact::Requested { .. } => ("request", String::new()),
        Fact::Escalated { .. } => ("escalation", String::new()),
        Fact::RecordingOff => ("recording off", String::new()),
        Fact::HandedOver { .. } => ("handed over", String::new()),
        Fact::Resumes { .. } => ("goes on with a chat", String::new()),
        Fact::Ended { .. } => ("ended", String::new()),
    }
}

/// Whether a line holds something that the caller told: an answer that is read back, or the instrument of a consent
/// with the patient's name in it, which alone among lines has lines of its own.
pub(super) fn names_the_caller(kind: LineKind, text: &str) -> bool {
    kind == LineKind::Confirm || kind == LineKind::Signature && text.contains('\n')
}

/// Whether an event holds the caller's own words, or reads them back.
fn quotes(event: &Event) -> bool {
    match event {
        Event::Input { input } => {
            matches!(input["input"].as_str(), Some("said" | "pressed" | "chose" | "looked_up"))
        }
        Event::Effect { effect } => match effect["do"].as_str() {
            Some("understood") => true,
            Some("speak") => {
                let line = &effect["line"];
                serde_json::from_value(line["kind"].clone())
                    .map_or(true, |kind| names_the_caller(kind, line["text"].as_str().unwrap_or("")))
            }
            _ => false,
        },
        Event::Fact { fact } => matches!(
            fact,
            Fact::Acknowledged { .. }
                | Fact::ConsentDecided { .. }
                | Fact::ConsentRevoked { .. }
                | Fact::TakenBackBefore { .. }
                | Fact::QuestionEnded { .. }
        ),
        Event::Recording { .. } | Event::Recovered => false,
    }
}

/// An event in words. What quotes the caller is said only where `open`.
pub(super) fn words(event: &Event, open: bool) -> String {
    match event {
        Event::Fact { fact } => fact_words(fact),
        Event::Effect { effect } => match effect["do"].as_str() {
            Some("speak") => {
                let line = &effect["line"];
                let kind = line["kind"].as_str().unwrap_or("line");
                let text = line["text"].as_str().unwrap_or("");
                if quotes(event) && !open {
                    return format!(
                        "says ({kind}) words that hold an answer of the caller's, and are masked"
                    );
                }
                format!("says ({kind}) \u{201c}{text}\u{201d}")
            }
            Some("flush") => "stops speaking".into(),
            Some("listen") => {
                let wait = &effect["for"];
                let after = wait["end_of_turn_ms"].as_u64().unwrap_or(0);
                format!(
                    "listens for {} (a turn ends after {after} ms)",
                    wait["expecting"].as_str().unwrap_or("")
                )
            }
            Some("understood") => {
                let sure = effect["confidence"].as_f64().unwrap_or(0.0);
                format!("understands {} ({sure:.2})", effect["meaning"].as_str().unwrap_or(""))
            }
            Some("transfer") => format!("passes the caller on ({})", effect["why"].as_str().unwrap_or("")),
            Some("hang_up") => "hangs up".into(),
            Some("stop_recording") => "stops recording".into(),
            _ => "does something this version does not know".into(),
        },
        Event::Input { .. } => "an input".into(),
        Event::Recording { .. } => "the recording ends".into(),
        Event::Recovered => "closed after a crash".into(),
    }
}

fn fact_words(fact: &Fact) -> String {
    match fact {
        Fact::Acknowledged { answer, .. } => format!("acknowledgement: {}", word(answer)),
        Fact::Gate { open: true, .. } => "gate opens".into(),
        Fact::Gate { open: false, .. } => "gate closes".into(),
        Fact::ConsentDecided { recipient, decision, .. } => {
            format!("consent {recipient}: {}", word(decision))
        }
        Fact::ConsentBlocked { recipient, by, .. } => format!("consent {recipient} blocked: {}", by.name()),
        Fact::Requested { kind } => format!("request filed: {}", word(kind)),
        Fact::Escalated { kind } => format!("a person is called in: {}", word(kind)),
        Fact::Ended { outcome } => format!("ends: {}", word(outcome)),
        Fact::QuestionEnded { id, status, .. } => format!("question {id}: {}", word(status)),
        fact => match fact_slot(fact) {
            (name, of) if of.is_empty() => name.into(),
            (name, of) => format!("{name}: {of}"),
        },
    }
}

/// The contract's word for a value.
pub(super) fn word(value: &impl Serialize) -> String {
    match json!(value) {
        Value::String(word) => word,
        other => other.to_string(),
    }
}

/// Lays what was written and what comes now side by side: the differences among them.
pub(super) fn between(
    recorded: &[(u64, Millis, Side)],
    replayed: &[Side],
    end: (u64, Millis),
    open: bool,
) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut add = |place: (u64, Millis), kind, one: Option<&Side>, other: Option<&Side>, only_words| {
        found.push(Difference {
            entry: place.0,
            at_ms: place.1.0,
            kind,
            recorded: one.map(|side| side.shown(open)),
            replayed: other.map(|side| side.shown(open)),
            only_words,
        });
    };
    let mut next = 0;
    for (seq, at, side) in recorded {
        let slot = side.slot();
        match replayed[next..].iter().position(|other| other.slot() == slot) {
            Some(ahead) => {
                for other in &replayed[next..next + ahead] {
                    add((*seq, *at), other.kind(), None, Some(other), false);
                }
                let other = &replayed[next + ahead];
                next += ahead + 1;
                if side.event != other.event {
                    add((*seq, *at), kind_between(&side.event, &other.event), Some(side), Some(other), true);
                }
            }
            None => {
                // A line in the place of another is one difference, not two.
                match replayed.get(next).filter(|other| side.is_line() && other.is_line()) {
                    Some(other) => {
                        next += 1;
                        let kind = kind_between(&side.event, &other.event);
                        add((*seq, *at), kind, Some(side), Some(other), false);
                    }
                    None => add((*seq, *at), side.kind(), Some(side), None, false),
                }
            }
        }
    }
    for other in &replayed[next..] {
        add(end, other.kind(), None, Some(other), false);
    }
    found
}

impl Side {
    fn is_line(&self) -> bool {
        matches!(self.slot(), Slot::Line(..))
    }
}

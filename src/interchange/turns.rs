//! Who said what, and when: the words of a call, taken from its journal.

use super::{Call, Segments};
use crate::{
    dialogue::{ChannelKind, Escalation, Fact, Input, LineId, LineKind},
    journal::{Entry, Event},
    program::{Elicits, Expecting},
    time::Millis,
    understand::{Context, Heard, Percent, understand},
};
use serde_json::Value;
use std::collections::BTreeMap;

/// Something that was said, typed, keyed or chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// When it began.
    pub from: Millis,
    /// When it ended.
    pub to: Millis,
    /// Who.
    pub voice: Voice,
    /// The words; `None` where they were left out as sensitive.
    pub text: Option<String>,
}

/// Whose words they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Voice {
    /// The agent's.
    Agent {
        /// What the line was for.
        kind: LineKind,
        /// How much of it was heard.
        heard: HowMuch,
    },
    /// The caller's.
    Caller {
        /// By which way they came.
        by: By,
        /// How sure the recogniser was of them.
        confidence: Percent,
    },
}

/// How much of a line was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HowMuch {
    /// To its end.
    All,
    /// So many milliseconds of it.
    Ms(u64),
    /// It began; how far it came is not on record.
    Unknown,
}

/// By which way the caller's words came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// Spoken.
    Voice,
    /// Typed.
    Text,
    /// A key of the telephone.
    Key,
    /// A button.
    Choice,
}

impl By {
    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            By::Voice => "voice",
            By::Text => "text",
            By::Key => "key",
            By::Choice => "choice",
        }
    }
}

/// The words of `call`, in the order in which they began. Lines that never became audible are not among them.
///
/// Without sensitive segments these lose their text: whatever the caller says or keys while a sensitive question is
/// open or the agent asks "anything else?", whatever told of substance use before the notice or led to a person for
/// danger, whatever the tables of [`crate::understand`] know to tell of substance use, and what the agent reads back
/// of any of it.
pub fn turns(call: &Call<'_>, segments: Segments) -> Vec<Turn> {
    let mut walk = Walk::new(call, segments);
    for (at, entry) in call.entries.iter().enumerate() {
        walk.entry(entry, &call.entries[at + 1..]);
    }
    let mut turns = walk.turns;
    turns.sort_by_key(|turn| turn.from);
    turns
}

/// Whether words tell of substance use, by the tables that callers are understood with.
pub(super) fn tells(call: &Call<'_>, text: &str) -> bool {
    let heard = Heard { text: text.to_owned(), confidence: Percent::FULL, lean: None };
    let locale = call.record.disclosure.locale;
    let context = Context { program: call.program, locale, expecting: &Expecting::Any, granted: &[] };
    understand(&heard, &context).tells_sud
}

/// A line that was spoken: its words, and where its turn is once it began.
struct Spoken {
    kind: LineKind,
    text: String,
    private: bool,
    turn: Option<usize>,
}

struct Walk<'c, 'a> {
    call: &'c Call<'a>,
    segments: Segments,
    turns: Vec<Turn>,
    lines: BTreeMap<LineId, Spoken>,
    expecting: Expecting,
    /// A sensitive question was asked and is not over.
    sensitive: Option<String>,
    /// How the caller is connected, by then.
    channel: ChannelKind,
}

impl<'c, 'a> Walk<'c, 'a> {
    fn new(call: &'c Call<'a>, segments: Segments) -> Self {
        let (expecting, channel) = (Expecting::Start, call.record.channel);
        Walk {
            call,
            segments,
            turns: Vec::new(),
            lines: BTreeMap::new(),
            expecting,
            sensitive: None,
            channel,
        }
    }

    fn entry(&mut self, entry: &Entry, after: &[Entry]) {
        match &entry.event {
            Event::Input { input } => {
                // What a later version wrote and this one cannot read is not words.
                if let Ok(input) = serde_json::from_value::<Input>(input.clone()) {
                    self.input(entry.at, input, after);
                }
            }
            Event::Effect { effect } => self.effect(effect),
            Event::Fact { fact: Fact::QuestionAsked { id, elicits: Elicits::Sud } } => {
                self.sensitive = Some(id.clone());
            }
            Event::Fact { fact: Fact::QuestionEnded { id, .. } } if self.sensitive.as_ref() == Some(id) => {
                self.sensitive = None;
            }
            _ => {}
        }
    }

    fn effect(&mut self, effect: &Value) {
        match effect["do"].as_str() {
            Some("listen") => {
                let expecting = effect["for"]["expecting"].as_str().and_then(|e| e.parse().ok());
                self.expecting = expecting.unwrap_or(Expecting::Any);
            }
            Some("speak") => {
                let line = &effect["line"];
                let id = serde_json::from_value(line["id"].clone());
                let kind = serde_json::from_value(line["kind"].clone());
                let (Ok(id), Ok(kind), Some(text)) = (id, kind, line["text"].as_str()) else { return };
                // A confirmation may read an answer back.
                let private =
                    kind == LineKind::Confirm && (self.sensitive.is_some() || tells(self.call, text));
                self.lines.insert(id, Spoken { kind, text: text.to_owned(), private, turn: None });
            }
            _ => {}
        }
    }

    fn input(&mut self, at: Millis, input: Input, after: &[Entry]) {
        match input {
            Input::Said { heard, from, to } => {
                let heard = heard.into_exposed();
                let by = if self.channel.is_voice() && from != to { By::Voice } else { By::Text };
                if !heard.text.trim().is_empty() {
                    self.caller(from, to, by, heard.text, heard.confidence, after);
                }
            }
            Input::Pressed { key } => {
                self.caller(at, at, By::Key, key.char().to_string(), Percent::FULL, after)
            }
            Input::Chose { meaning, name, .. } => {
                let text = match name {
                    Some(name) => format!("{} ({})", meaning.name(), name.into_exposed()),
                    None => meaning.name().to_owned(),
                };
                self.caller(at, at, By::Choice, text, Percent::FULL, after);
            }
            Input::Moved { to } => self.channel = to,
            Input::LineBegan { line } => self.began(at, line),
            Input::LineEnded { line, complete, heard_ms } => self.ended(at, line, complete, heard_ms),
            _ => {}
        }
    }

    fn caller(
        &mut self,
        from: Millis,
        to: Millis,
        by: By,
        text: String,
        confidence: Percent,
        after: &[Entry],
    ) {
        let private = self.sensitive.is_some()
            || self.expecting == Expecting::Any
            || told_of_danger_or_use(after)
            || tells(self.call, &text);
        let text = self.unless(private, text);
        self.turns.push(Turn { from, to, voice: Voice::Caller { by, confidence }, text });
    }

    fn began(&mut self, at: Millis, line: LineId) {
        let turn = self.turns.len();
        let Some(spoken) = self.lines.get_mut(&line).filter(|s| s.turn.is_none()) else { return };
        spoken.turn = Some(turn);
        let (kind, private, text) = (spoken.kind, spoken.private, spoken.text.clone());
        let voice = Voice::Agent { kind, heard: HowMuch::Unknown };
        let text = self.unless(private, text);
        self.turns.push(Turn { from: at, to: at, voice, text });
    }

    fn ended(&mut self, at: Millis, line: LineId, complete: bool, heard_ms: u64) {
        let Some(turn) = self.lines.get(&line).and_then(|s| s.turn) else { return };
        let turn = &mut self.turns[turn];
        turn.to = at;
        if let Voice::Agent { heard, .. } = &mut turn.voice {
            *heard = if complete { HowMuch::All } else { HowMuch::Ms(heard_ms) };
        }
    }

    fn unless(&self, private: bool, text: String) -> Option<String> {
        (!private || self.segments == Segments::All).then_some(text)
    }
}

/// Whether what came of an input, up to the next one, shows that it told of substance use or of danger.
fn told_of_danger_or_use(after: &[Entry]) -> bool {
    let effects = after.iter().take_while(|e| !matches!(e.event, Event::Input { .. }));
    effects.into_iter().any(|entry| match &entry.event {
        Event::Fact { fact: Fact::SudUnprompted } => true,
        Event::Fact { fact: Fact::Escalated { kind } } => {
            matches!(kind, Escalation::Crisis | Escalation::Safety | Escalation::ProgramDirector)
        }
        Event::Effect { effect } => effect["do"] == "understood" && effect["meaning"] == "emergency",
        _ => false,
    })
}

//! Which of a call's two keys seals what: words that tell of substance use are sealed apart.

use super::Event;
use crate::{
    dialogue::{Effect, Fact, Input, LineKind},
    program::Elicits,
};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Under which key of a call something is sealed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Label {
    /// Everything that is not sensitive.
    #[default]
    General,
    /// Holds substance-use information: an answer to a sensitive question, or words that tell it unasked.
    Sensitive,
}

impl Label {
    /// Both.
    pub const ALL: [Label; 2] = [Label::General, Label::Sensitive];

    /// Its name, in files and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Label::General => "general",
            Label::Sensitive => "sensitive",
        }
    }

    /// Its number in binary formats.
    pub fn code(self) -> u8 {
        match self {
            Label::General => 0,
            Label::Sensitive => 1,
        }
    }

    /// The label of a number.
    pub fn of_code(code: u8) -> Option<Label> {
        Label::ALL.into_iter().find(|label| label.code() == code)
    }

    /// The label of a name.
    pub fn of_name(name: &str) -> Option<Label> {
        Label::ALL.into_iter().find(|label| label.name() == name)
    }

    fn sensitive_if(sensitive: bool) -> Label {
        if sensitive { Label::Sensitive } else { Label::General }
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Labels what happens in one call, in order.
#[derive(Clone, Debug, Default)]
pub struct Labels {
    /// The sensitive questions that were asked, and whether the last one still waits for its answer.
    asked: Vec<String>,
    open: bool,
}

impl Labels {
    /// Whether a sensitive question waits for its answer now.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// The labels of an input and of what came of it.
    pub fn step(&mut self, input: &Input, effects: &[Effect]) -> (Label, Vec<Label>) {
        let told = effects.iter().any(|effect| matches!(effect, Effect::Understood(r) if r.tells_sud));
        let words = matches!(input, Input::Said { .. } | Input::Pressed { .. } | Input::Chose { .. });
        let apart = self.open || told;
        let of_input = Label::sensitive_if(words && apart);
        let labels = effects.iter().map(|effect| {
            let sensitive = match effect {
                Effect::Understood(_) => apart,
                // What is read back is the answer again.
                Effect::Speak(line) => apart && line.kind() == LineKind::Confirm,
                Effect::Fact(fact) => self.fact(fact) || (told && quotes(fact)),
                _ => false,
            };
            Label::sensitive_if(sensitive)
        });
        let labels = labels.collect();
        (of_input, labels)
    }

    /// The label of an event of a journal that has none yet: whatever the caller said is sensitive, because it is
    /// not known any more what it told.
    pub fn of_event(&mut self, event: &Event) -> Label {
        let sensitive = match event {
            Event::Input { input } => {
                matches!(input["input"].as_str(), None | Some("said" | "pressed" | "chose"))
            }
            Event::Effect { effect } => match effect["do"].as_str() {
                Some("understood") | None => true,
                Some("speak") => effect["line"]["kind"] == "confirm",
                _ => false,
            },
            Event::Fact { fact } => self.fact(fact),
            Event::Recording { .. } | Event::Recovered => false,
        };
        Label::sensitive_if(sensitive)
    }

    /// Takes note of a fact: whether it is the answer to a sensitive question.
    fn fact(&mut self, fact: &Fact) -> bool {
        match fact {
            Fact::QuestionAsked { id, elicits } => {
                self.open = *elicits != Elicits::None;
                if self.open && !self.asked.contains(id) {
                    self.asked.push(id.clone());
                }
                false
            }
            Fact::QuestionEnded { id, .. } => {
                let sensitive = self.asked.contains(id);
                self.open &= !sensitive;
                sensitive
            }
            _ => false,
        }
    }
}

/// Whether a fact holds the caller's own words.
fn quotes(fact: &Fact) -> bool {
    matches!(
        fact,
        Fact::Acknowledged { .. }
            | Fact::ConsentDecided { .. }
            | Fact::ConsentRevoked { .. }
            | Fact::TakenBackBefore { .. }
            | Fact::QuestionEnded { .. }
    )
}

//! Which of a call's keys seals what: words that tell of substance use apart, and what proves notice and consent apart,
//! because it outlives the rest.

use super::Event;
use crate::{
    dialogue::{Effect, Fact, Input, LineId, LineKind, Response},
    pii::Pii,
    program::Elicits,
    time::Millis,
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
    /// Proves notice and consent: what happened, not the whole conversation. It is kept for years after the rest is
    /// destroyed.
    Consent,
}

impl Label {
    /// All of them, each at the place of its [`Label::code`].
    pub const ALL: [Label; 3] = [Label::General, Label::Sensitive, Label::Consent];
    /// Those of a call that a version before the third one sealed: what proves its consents is under `general`.
    pub const BEFORE_CONSENT: [Label; 2] = [Label::General, Label::Sensitive];

    /// Its name, in files and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Label::General => "general",
            Label::Sensitive => "sensitive",
            Label::Consent => "consent",
        }
    }

    /// Its number in binary formats.
    pub fn code(self) -> u8 {
        match self {
            Label::General => 0,
            Label::Sensitive => 1,
            Label::Consent => 2,
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
    /// Lines under way whose beginning opens or closes the asking for an acknowledgement or a consent.
    lines: Vec<(LineId, bool)>,
    /// Whether an acknowledgement, a consent or a signature is being asked for and answered.
    consenting: bool,
    /// What the caller said that told of substance use: a fact that comes of it later must not quote it.
    told: Vec<(Millis, Millis)>,
}

impl Labels {
    /// The label of what is heard now. While a consent is asked for, its question and answer are what is heard, also
    /// where a sensitive question waits to be gone back to.
    pub fn of_sound(&self) -> Label {
        match (self.consenting, self.open) {
            (true, _) => Label::Consent,
            (false, open) => Label::sensitive_if(open),
        }
    }

    /// The labels of an input and of what came of it. Facts of notice and consent lose the words that told of
    /// substance use, so that the fact outlives them: the input keeps the words, sealed apart.
    pub fn step(&mut self, input: &Input, effects: &mut [Effect]) -> (Label, Vec<Label>) {
        let told = effects.iter().any(|effect| matches!(effect, Effect::Understood(r) if r.tells_sud));
        let words = matches!(input, Input::Said { .. } | Input::Pressed { .. } | Input::Chose { .. });
        let apart = self.open || told;
        if let (Input::Said { from, to, .. }, true) = (input, told) {
            self.told.push((*from, *to));
        }
        self.sound(input, effects);
        // What a chat carries over is as sensitive as what was asked there.
        let of_input = Label::sensitive_if(words && apart || carries_sensitive(input));
        let labels = effects.iter_mut().map(|effect| match effect {
            Effect::Understood(_) => Label::sensitive_if(apart),
            // What is read back is the answer again.
            Effect::Speak(line) => Label::sensitive_if(apart && line.kind() == LineKind::Confirm),
            Effect::Fact(fact) => {
                self.take_words_out(fact, told);
                self.of_fact(fact, told)
            }
            _ => Label::General,
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
            Event::Fact { fact } => return self.of_fact(fact, false),
            Event::Recording { .. } | Event::Recovered => return Label::Consent,
        };
        Label::sensitive_if(sensitive)
    }

    /// Takes note of which lines ask for an acknowledgement or a consent, and when they begin to be heard.
    fn sound(&mut self, input: &Input, effects: &[Effect]) {
        if let Input::LineBegan { line } = input
            && let Some(at) = self.lines.iter().position(|(id, _)| id == line)
        {
            self.consenting = self.lines.swap_remove(at).1;
        }
        self.lines.extend(effects.iter().filter_map(|effect| match effect {
            Effect::Speak(line) => asks_for_consent(line.kind()).map(|asks| (line.id(), asks)),
            _ => None,
        }));
        let over = |effect: &Effect| matches!(effect, Effect::Fact(Fact::Ended { .. }));
        self.consenting &= !effects.iter().any(over);
    }

    /// Takes note of a fact: its label.
    fn of_fact(&mut self, fact: &Fact, told: bool) -> Label {
        match fact {
            Fact::QuestionAsked { id, elicits } => {
                self.open = *elicits != Elicits::None;
                if self.open && !self.asked.contains(id) {
                    self.asked.push(id.clone());
                }
                Label::General
            }
            Fact::QuestionEnded { id, .. } => {
                let sensitive = self.asked.contains(id);
                self.open &= !sensitive;
                Label::sensitive_if(sensitive || told)
            }
            Fact::SudUnprompted => Label::General,
            Fact::NoticeBegan
            | Fact::NoticeInterrupted
            | Fact::NoticeHeard
            | Fact::NoticeLocale { .. }
            | Fact::Acknowledged { .. }
            | Fact::Gate { .. }
            | Fact::ConsentAsked { .. }
            | Fact::ConsentDecided { .. }
            | Fact::ConsentBlocked { .. }
            | Fact::CompanyPresent
            | Fact::Moved { .. }
            | Fact::ConsentRevoked { .. }
            | Fact::TakenBackBefore { .. }
            | Fact::Requested { .. }
            | Fact::Escalated { .. }
            | Fact::RecordingOff
            | Fact::HandedOver { .. }
            | Fact::Resumes { .. }
            | Fact::Ended { .. } => Label::Consent,
        }
    }

    /// A fact that proves something must not hold words that told of substance use, said now or before.
    fn take_words_out(&self, fact: &mut Fact, told: bool) {
        let response = match fact {
            Fact::Acknowledged { response, .. }
            | Fact::ConsentDecided { response: Some(response), .. }
            | Fact::ConsentRevoked { response, .. }
            | Fact::TakenBackBefore { response, .. } => response,
            _ => return,
        };
        let Response { from, to, .. } = response;
        if told || self.told.contains(&(*from, *to)) {
            response.text = Pii::new(String::new());
        }
    }
}

fn carries_sensitive(input: &Input) -> bool {
    let Input::LookedUp { carried: Some(carried) } = input else { return false };
    carried.expose().questions.iter().any(|question| question.elicits != Elicits::None)
}

/// Whether the beginning of a line opens the asking for an acknowledgement or a consent, or closes it; nothing of the
/// lines that come in between.
fn asks_for_consent(kind: LineKind) -> Option<bool> {
    match kind {
        LineKind::Acknowledge | LineKind::Consent | LineKind::Signature => Some(true),
        LineKind::Greeting
        | LineKind::Recording
        | LineKind::Notice
        | LineKind::Question
        | LineKind::Emergency
        | LineKind::Transfer
        | LineKind::Closing => Some(false),
        LineKind::Confirm | LineKind::Revocation | LineKind::Faq | LineKind::Repair | LineKind::Refusal => {
            None
        }
    }
}

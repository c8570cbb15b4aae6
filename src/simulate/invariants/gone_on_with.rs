//! A chat that a call goes on with: not before the call's own acknowledgement, and nobody hears what was told in it.

use super::Invariants;
use crate::{
    dialogue::{Carried, Line},
    pii::Pii,
    simulate::rules::{Invariant, Violation},
};

/// What is known of it.
#[derive(Clone, Debug, Default)]
pub(super) struct GoneOnWith {
    /// Whether the gate was opened in this call, by its own acknowledgement.
    pub(super) may: bool,
    /// A code is being looked up.
    pub(super) looking: bool,
    /// What was told in the chat, unless it was said here too.
    told: Option<String>,
}

impl GoneOnWith {
    pub(super) fn is_said_here(&mut self, said: &str) {
        self.told.take_if(|told| said.contains(told.as_str()));
    }
}

impl Invariants {
    pub(super) fn looks_up(&mut self) -> Result<(), Violation> {
        self.chat.looking = true;
        let rule = Invariant::GateOpensOnHeardNoticeAndYes;
        self.demand(rule, self.chat.may, "a code looked up before")
    }

    pub(super) fn looked_up(&mut self, carried: Option<&Pii<Box<Carried>>>) {
        self.chat.looking = false;
        let Some(carried) = carried.map(Pii::expose) else { return };
        self.chat.told.clone_from(&carried.patient);
        self.ids.extend(carried.consents.iter().map(|c| (c.consent_id.clone(), c.decision)));
    }

    pub(super) fn resumes(&self) -> Result<(), Violation> {
        let rule = Invariant::GateOpensOnHeardNoticeAndYes;
        self.demand(rule, self.chat.may, "a chat is gone on with before")
    }

    pub(super) fn says_nothing_of_the_chat(&self, line: &Line) -> Result<(), Violation> {
        let tells = self.chat.told.as_ref().is_some_and(|told| line.text().contains(told.as_str()));
        self.demand(Invariant::NothingSensitiveBeforeTheGate, !tells, "what was told in the chat is said")
    }
}

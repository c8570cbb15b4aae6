//! Where the dialogue stands.

use super::{Acknowledgement, Escalation, Outcome, Response, gate::ClearYes, transition::State};
use crate::{program::RecipientId, time::Millis, understand::Scope};

/// The step of the script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Greeting, recording notice and Part 2 notice are read.
    Reading,
    /// The acknowledgement question is open.
    Acknowledging,
    /// The plain question at this index is open.
    Plain(usize),
    /// This recipient's consent question is open.
    Consenting(RecipientId),
    /// The sensitive question at this index is open.
    Sensitive(usize),
    /// "Anything else?" is open.
    Closing,
    /// 911 was named and nobody of the program can be reached: the agent stays on the line.
    InDanger,
    /// The last words are being said; then this is how it ended.
    Leaving(Outcome),
    /// A person is called in; the caller is on the way.
    Passing(Escalation),
    /// Over.
    Ended(Outcome),
}

/// A question the agent asks itself, on top of what is pending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Aside {
    /// Would you like a person?
    OfferPerson,
    /// Do you want me to stop sharing with these?
    CheckRevocation(Scope),
    /// Are you in danger right now?
    CheckDanger,
}

impl Aside {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Aside::OfferPerson => "human",
            Aside::CheckRevocation(_) => "revoke",
            Aside::CheckDanger => "danger",
        }
    }
}

/// The row of the transition table.
pub(super) fn state(phase: &Phase, aside: Option<&Aside>) -> State {
    match (aside, phase) {
        (_, Phase::Leaving(_) | Phase::Passing(_) | Phase::Ended(_)) => State::Leaving,
        (Some(Aside::OfferPerson), _) => State::OfferingPerson,
        (Some(Aside::CheckRevocation(_)), _) => State::CheckingRevocation,
        (Some(Aside::CheckDanger), _) => State::CheckingDanger,
        (None, Phase::Reading) => State::Reading,
        (None, Phase::Acknowledging) => State::Acknowledging,
        (None, Phase::Plain(_)) => State::Plain,
        (None, Phase::Consenting(_)) => State::Consenting,
        (None, Phase::Sensitive(_)) => State::Sensitive,
        (None, Phase::Closing) => State::Closing,
        (None, Phase::InDanger) => State::InDanger,
    }
}

/// A clear yes that becomes a fact once nothing contradicts it for a breath.
#[derive(Debug)]
pub(super) struct Settling {
    pub(super) what: Settles,
    pub(super) yes: ClearYes,
    pub(super) response: Response,
    pub(super) until: Millis,
}

/// What a yes settles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Settles {
    Notice,
    Consent(RecipientId),
}

/// How far the caller goes along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// The whole script.
    Everything,
    /// Plain questions only: the notice was declined, never clearly acknowledged, or a third party speaks.
    PlainOnly,
    /// No more questions.
    Enough,
}

/// How the call counts when it is led to its end.
pub(super) fn led_to_the_end(acknowledgement: Acknowledgement) -> Outcome {
    match acknowledgement {
        Acknowledgement::Affirmed => Outcome::Completed,
        Acknowledgement::Declined | Acknowledgement::None => Outcome::Declined,
    }
}

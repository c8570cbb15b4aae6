//! Where the dialogue stands.

use super::{
    Acknowledgement, Answered, Escalation, LineId, Outcome, Response, Told,
    gate::{ClearYes, Signed},
    transition::State,
};
use crate::{
    program::{Instrument, Locale, RecipientId},
    time::Millis,
    understand::Scope,
};

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
    /// This recipient got a yes, and the signature under it is asked for.
    Signing(RecipientId),
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
    OfferPerson {
        /// Because the notice got no clear yes: refusing a person then leaves the plain questions.
        instead: bool,
    },
    /// Do you want me to stop sharing with these?
    CheckRevocation(Scope),
    /// Are you in danger right now?
    CheckDanger,
    /// I have this: is that right?
    CheckAnswer {
        /// Of which question.
        id: String,
        /// What was understood.
        answer: Answered,
        /// How often it was wrong before.
        wrong: u8,
    },
    /// Others can hear: is it okay to go on?
    CheckCompany,
}

impl Aside {
    pub(super) fn name(&self) -> &str {
        match self {
            Aside::OfferPerson { .. } => "human",
            Aside::CheckRevocation(_) => "revoke",
            Aside::CheckDanger => "danger",
            Aside::CheckAnswer { id, .. } => id,
            Aside::CheckCompany => "continue",
        }
    }
}

/// The row of the transition table.
pub(super) fn state(phase: &Phase, aside: Option<&Aside>) -> State {
    match (aside, phase) {
        (_, Phase::Leaving(_) | Phase::Passing(_) | Phase::Ended(_)) => State::Leaving,
        (Some(Aside::OfferPerson { .. }), _) => State::OfferingPerson,
        (Some(Aside::CheckRevocation(_)), _) => State::CheckingRevocation,
        (Some(Aside::CheckDanger), _) => State::CheckingDanger,
        (Some(Aside::CheckAnswer { .. }), _) => State::CheckingAnswer,
        (Some(Aside::CheckCompany), _) => State::CheckingCompany,
        (None, Phase::Reading) => State::Reading,
        (None, Phase::Acknowledging) => State::Acknowledging,
        (None, Phase::Plain(_)) => State::Plain,
        (None, Phase::Consenting(_)) => State::Consenting,
        (None, Phase::Signing(_)) => State::Signing,
        (None, Phase::Sensitive(_)) => State::Sensitive,
        (None, Phase::Closing) => State::Closing,
        (None, Phase::InDanger) => State::InDanger,
    }
}

/// A clear yes to a recipient, waiting for the signature under it.
#[derive(Clone, Debug)]
pub(super) struct Agreed {
    pub(super) yes: ClearYes,
    pub(super) response: Response,
    /// When the consent question began: there the clip of the signature begins.
    pub(super) asked_at: Millis,
}

/// An instrument on the caller's screen.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    pub(super) line: LineId,
    pub(super) locale: Locale,
    pub(super) instrument: Instrument,
    /// It was displayed whole.
    pub(super) seen: bool,
}

/// A clear yes that becomes a fact once nothing contradicts it for a breath.
#[derive(Clone, Debug)]
pub(super) struct Settling {
    pub(super) what: Settles,
    pub(super) yes: ClearYes,
    pub(super) response: Response,
    pub(super) until: Millis,
    /// Whether the caller was thanked already.
    pub(super) thanked: bool,
}

/// What a yes settles.
#[derive(Clone, Debug)]
pub(super) enum Settles {
    /// The notice.
    Notice,
    /// A recipient.
    Consent {
        /// Which.
        recipient: RecipientId,
        /// What was signed, and where in the call the asking began.
        signed: Option<(Signed, Told, Millis)>,
        /// Where the last word of it ended.
        to: Millis,
    },
}

impl Settles {
    /// Whose consent it is.
    pub(super) fn recipient(&self) -> Option<&RecipientId> {
        match self {
            Settles::Notice => None,
            Settles::Consent { recipient, .. } => Some(recipient),
        }
    }
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

/// What stands against releasing anything on this caller's word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Doubts {
    /// Whether a knowing signature is possible now.
    pub(super) capacity: bool,
    /// Authority for the patient is claimed and not verified.
    pub(super) authority: bool,
    /// A minor: a second signature may be needed.
    pub(super) minor: bool,
}

/// How the call counts when it is led to its end.
pub(super) fn led_to_the_end(acknowledgement: Acknowledgement) -> Outcome {
    match acknowledgement {
        Acknowledgement::Affirmed => Outcome::Completed,
        Acknowledgement::Declined | Acknowledgement::None => Outcome::Declined,
    }
}

//! What must hold, by name; what was seen when it did not.

use crate::{time::Millis, understand::Scope};
use std::fmt;

/// A property of every conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Invariant {
    /// INV-1. Duty: D3, 42 CFR 2.22(a).
    NothingSensitiveBeforeTheGate,
    /// INV-2. Duty: D2, 42 CFR 2.22(a).
    GateOpensOnHeardNoticeAndYes,
    /// INV-4. Duty: D11, 42 CFR 2.31(c)(3).
    RevokedStaysRevoked,
    /// A revocation that was understood takes effect before anything else. Duty: D9, 42 CFR 2.31(a)(6).
    RevokedAtOnce,
    /// INV-5: notice id, version, language and acknowledgement, whenever the call stops. Duty: D4, 42 CFR 2.22.
    RecordIsComplete,
    /// The record says what the facts said.
    RecordAgrees,
    /// A grant follows a clear yes to its own question, heard to its end. Duty: D6, 42 CFR 2.31(a)(4).
    GrantAnswersItsOwnQuestion,
    /// A consent is decided once.
    DecidedOnce,
    /// What follows from a fact comes after it.
    FactsFirst,
    /// Nothing is asked of somebody in danger. Duty: D15, 42 CFR 2.51.
    NothingAskedAfterDanger,
    /// Whoever speaks is answered.
    EveryoneIsAnswered,
    /// No silence without an end.
    NeverStuck,
    /// Every conversation ends.
    Ends,
}

impl Invariant {
    /// Every one.
    pub const ALL: [Invariant; 13] = [
        Invariant::NothingSensitiveBeforeTheGate,
        Invariant::GateOpensOnHeardNoticeAndYes,
        Invariant::RevokedStaysRevoked,
        Invariant::RevokedAtOnce,
        Invariant::RecordIsComplete,
        Invariant::RecordAgrees,
        Invariant::GrantAnswersItsOwnQuestion,
        Invariant::DecidedOnce,
        Invariant::FactsFirst,
        Invariant::NothingAskedAfterDanger,
        Invariant::EveryoneIsAnswered,
        Invariant::NeverStuck,
        Invariant::Ends,
    ];

    /// Its name, with the number of the reference where it has one.
    pub fn name(self) -> &'static str {
        match self {
            Invariant::NothingSensitiveBeforeTheGate => {
                "INV-1 nothing sensitive is asked before the gate opens"
            }
            Invariant::GateOpensOnHeardNoticeAndYes => {
                "INV-2 the gate opens on a notice heard to its end and a clear yes"
            }
            Invariant::RevokedStaysRevoked => {
                "INV-4 what was revoked is not granted again without being asked"
            }
            Invariant::RevokedAtOnce => "a revocation takes effect before anything else",
            Invariant::RecordIsComplete => "INV-5 the record names the notice and the acknowledgement",
            Invariant::RecordAgrees => "the record agrees with the facts",
            Invariant::GrantAnswersItsOwnQuestion => "a grant answers its own question, heard to its end",
            Invariant::DecidedOnce => "a consent is decided once",
            Invariant::FactsFirst => "facts come before what follows from them",
            Invariant::NothingAskedAfterDanger => "nothing is asked of somebody in danger",
            Invariant::EveryoneIsAnswered => "whoever speaks is answered",
            Invariant::NeverStuck => "no silence without an end",
            Invariant::Ends => "every conversation ends",
        }
    }
}

/// An invariant that did not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which.
    pub invariant: Invariant,
    /// When in the call.
    pub at: Millis,
    /// What was seen, without any words of the caller.
    pub seen: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at {} ms: {})", self.invariant.name(), self.at.0, self.seen)
    }
}

/// What an utterance was truly meant as, where whoever made it up knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Truth {
    /// Nobody knows, or it may be taken either way.
    #[default]
    Unknown,
    /// A yes.
    Yes,
    /// Anything but a yes.
    NotYes,
    /// A permission is taken back, clearly.
    Revoke(Scope),
    /// Danger, clearly.
    Danger,
}

/// How a conversation stands after an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct After {
    /// [`crate::dialogue::Dialogue::deadline`].
    pub deadline: Option<Millis>,
    /// [`crate::dialogue::Dialogue::is_over`].
    pub over: bool,
}

//! What beside role and purpose decides: the caller's consents, and broken glass.

use crate::{
    dialogue::{Block, Decision},
    journal::CallRecord,
    program::RecipientId,
    time::Utc,
};

/// How things stand with a call at the moment of a read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Standing {
    /// Of the recipient who asks; of the call's restriction, for staff.
    pub consent: Consent,
    /// Somebody broke the glass, for a reason that is in the book.
    pub is_glass_broken: bool,
}

/// How a consent stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Consent {
    /// There is none that can be used: never granted, not signed, expired.
    #[default]
    None,
    /// Granted, and usable now.
    Live,
    /// Taken back.
    Revoked,
    /// The patient asked for a restriction that covers it.
    Restricted,
}

impl Consent {
    /// All of them.
    pub const ALL: [Consent; 4] = [Consent::None, Consent::Live, Consent::Revoked, Consent::Restricted];

    /// How the consent of a call for `recipient` stands now: the newest one counts.
    ///
    /// Duty: D11, 42 CFR 2.31(c).
    pub fn of(record: &CallRecord, recipient: &RecipientId, now: Utc) -> Consent {
        let Some(newest) = record.consents.iter().rev().find(|consent| consent.recipient == *recipient)
        else {
            return Consent::None;
        };
        let is_over = newest.expires.is_some_and(|expires| expires < now);
        match newest.decision {
            Decision::Revoked => Consent::Revoked,
            _ if newest.blocked_by.contains(&Block::Revoked) => Consent::Revoked,
            _ if newest.blocked_by.contains(&Block::Restriction) => Consent::Restricted,
            Decision::Granted if newest.releasable && !is_over => Consent::Live,
            _ => Consent::None,
        }
    }

    /// How a call stands for the program's own staff: only a restriction matters to them.
    ///
    /// Duty: D18, 42 CFR 2.26.
    pub fn inside(record: &CallRecord) -> Consent {
        let is_restricted = record.consents.iter().any(|c| c.blocked_by.contains(&Block::Restriction));
        if is_restricted { Consent::Restricted } else { Consent::None }
    }
}

//! The table: who sees what, for what.

use super::{Consent, Purpose, Role, Standing};
use crate::program::Elicits;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What something on record tells: the caller's data are given out by this.
///
/// It is not the [`crate::journal::Label`] of an entry. A label says under which key something is sealed, once and
/// for good; a datum says what somebody would learn from it, and is decided upon each time it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Datum {
    /// Who the caller is: names, dates of birth, numbers, the voice.
    Identity,
    /// That there was a call, when and how it went; what was asked, consented to and requested.
    Administrative,
    /// Substance use and its treatment, and any of the caller's own words, which may tell of it.
    Sud,
    /// That somebody was in danger, and what was done.
    Emergency,
}

impl Datum {
    /// All of them.
    pub const ALL: [Datum; 4] = [Datum::Identity, Datum::Administrative, Datum::Sud, Datum::Emergency];

    /// What the answer to a question tells.
    pub fn of_answer(elicits: Elicits) -> Datum {
        match elicits {
            Elicits::None => Datum::Identity,
            Elicits::Sud => Datum::Sud,
        }
    }
}

/// How somebody sees something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Seen {
    /// As it is.
    Clear,
    /// That it is there, and not what it says.
    Masked,
    /// Not at all.
    Refused(Refusal),
}

/// Why somebody does not see something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// The role sees no content, whatever for.
    Role,
    /// The role does not read for this purpose.
    Purpose,
    /// It is for an emergency, and the glass is not broken.
    Glass,
    /// There is no consent that is granted and can be used.
    NoConsent,
    /// The consent was taken back.
    Revoked,
    /// The patient asked that it is not used for this.
    Restricted,
    /// No consent covers it.
    NotCovered,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Refusal::Role => "this role sees no content",
            Refusal::Purpose => "this role does not read for this purpose",
            Refusal::Glass => "an emergency needs --break-glass and a reason",
            Refusal::NoConsent => "there is no consent for this that can be used",
            Refusal::Revoked => "the consent for this was taken back",
            Refusal::Restricted => "the patient asked that this is not used so",
            Refusal::NotCovered => "no consent covers this",
        })
    }
}

/// Decides how `role` sees a datum of a call, for `purpose` (the usual one of the role where none is said).
///
/// The program's own staff need a role and a purpose, and no consent; whoever is outside needs a consent that stands
/// now. Whatever is not in the table is refused.
///
/// Duty: D21, 42 CFR 2.13(a).
pub fn decide(role: Role, purpose: Option<Purpose>, datum: Datum, standing: Standing) -> Seen {
    match role {
        // Whoever holds the keys can open everything: pretending otherwise would only keep it out of the book.
        Role::Keyholder => Seen::Clear,
        Role::Admin | Role::Server => Seen::Refused(Refusal::Role),
        Role::Recipient => outside(datum, standing.consent),
        Role::Compliance | Role::Clinician | Role::Intake | Role::Qa | Role::Auditor => {
            if standing.is_glass_broken && role.breaks_glass() {
                return Seen::Clear;
            }
            let purpose = purpose.or(role.usual_purpose());
            match purpose {
                Some(Purpose::Emergency) => Seen::Refused(Refusal::Glass),
                Some(Purpose::Payment) if standing.consent == Consent::Restricted => {
                    Seen::Refused(Refusal::Restricted)
                }
                Some(purpose) => inside(role, purpose, datum),
                None => Seen::Refused(Refusal::Purpose),
            }
        }
    }
}

/// What the program's own staff see.
fn inside(role: Role, purpose: Purpose, datum: Datum) -> Seen {
    use Seen::{Clear as C, Masked as M};
    //                                                identity, administrative, sud, emergency
    let row = match (role, purpose) {
        (Role::Compliance, Purpose::Compliance) => [C, C, M, C],
        (Role::Compliance, Purpose::Legal | Purpose::PatientRequest) => [C, C, C, C],
        (Role::Clinician, Purpose::Treatment) => [C, C, C, C],
        (Role::Intake, Purpose::Treatment) => [C, C, C, C],
        (Role::Intake, Purpose::Operations) => [C, C, M, C],
        (Role::Intake, Purpose::Payment) => [C, C, M, M],
        (Role::Qa, Purpose::Quality) => [C, C, M, C],
        (Role::Auditor, Purpose::Compliance) => [M, C, M, M],
        _ => return Seen::Refused(Refusal::Purpose),
    };
    row[Datum::ALL.iter().position(|known| *known == datum).unwrap_or_default()]
}

/// What whoever is outside of the program sees. Sensitive answers and emergencies are in no consent's description
/// that a call can grant.
fn outside(datum: Datum, consent: Consent) -> Seen {
    match (consent, datum) {
        (Consent::Live, Datum::Identity | Datum::Administrative) => Seen::Clear,
        (Consent::Live, Datum::Sud | Datum::Emergency) => Seen::Refused(Refusal::NotCovered),
        (Consent::Revoked, _) => Seen::Refused(Refusal::Revoked),
        (Consent::Restricted, _) => Seen::Refused(Refusal::Restricted),
        (Consent::None, _) => Seen::Refused(Refusal::NoConsent),
    }
}

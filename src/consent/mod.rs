//! Where the consents of a program stand today: what its calls recorded, and what its book says since.
//!
//! Everything here is a function of records, book and a moment. Facts are only added: what was revoked, has expired or
//! was superseded never comes back, and who grants again grants anew
//! ([ADR 15](../../docs/adr/0015-consents-after-the-call.md)).

mod copy;
mod identity;
mod intake;
mod joining;
mod standing;
mod today;

pub use copy::{Copy, STYLE, SignHere, escaped, in_language, instrument_html, page};
pub use identity::{Identity, date_of_birth, identity, name_given};
pub use intake::{AnswerShown, Done, Due, Intake, Waits, answers, due, intake};
pub use joining::{is_joined, joined, reached};
pub use standing::{Patients, Standing, standing};
pub use today::today;

#[cfg(test)]
mod tests;

//! Seeded callers against the dialogue, and what must hold whatever they do.
//!
//! A seed gives a call, always the same: who calls, what they say and when, what the connection loses. No clock, no
//! thread, no file; [`Call::of`] runs in virtual time. [`Invariants`] watches from outside and names what did not hold.

mod call;
mod caller;
mod chance;
mod channel;
mod explore;
mod heard;
mod invariants;
mod phrases;
mod rules;
mod tally;

pub use call::{Answers, Call, STARTED_AT, call_id};
pub use caller::{Act, Caller, Persona};
pub use chance::Chance;
pub use explore::{Alphabet, Exploration, Limits, Path, Subject, explore, setup, small};
pub use heard::{Judged, Spoken, Taken, judged};
pub use invariants::Invariants;
pub use phrases::{Wish, words};
pub use rules::{After, Invariant, Truth, Violation};
pub use tally::Tally;

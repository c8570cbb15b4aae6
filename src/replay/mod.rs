//! A call again: its journal's inputs through the dialogue once more, and what comes out beside what was written.
//!
//! Nothing here can act. A replay is given a script and a [`Kept`] journal, and gives values; no [`crate::ports`] can
//! be named on this floor, so that there is no ledger, channel or recording it could write to (ADR 16).

mod cause;
mod changes;
mod difference;
mod fixture;
mod foresee;
mod kept;
mod quick;
mod reheard;
mod run;
mod scorecard;
mod timeline;

pub mod foreign;
pub mod report;
pub mod verdict;

pub use cause::Cause;
pub use changes::{Change, changes};
pub use difference::{Difference, Kind, Shown};
pub use fixture::{NoFixture, deidentified};
pub use foresee::{Ending, foresee};
pub use kept::{Gone, Kept, Place};
pub use quick::{Text, as_written};
pub use reheard::{Again, Reheard, Turn, reheard};
pub use run::{Lens, Mode, Replayed, Stopped, replay};
pub use scorecard::{ConsentScore, Scorecard};
pub use timeline::{Span, Timeline};

//! A call's log, its hash chain, and the call record computed from it.

mod canonical;
pub mod caption;
mod entry;
mod hash;
mod keeping;
mod label;
mod log;
mod record;

pub use canonical::{Canonical, canonical};
pub use entry::*;
pub use hash::*;
pub use keeping::*;
pub use label::*;
pub use log::*;
pub use record::*;

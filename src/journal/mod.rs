//! A call's log, its hash chain, and the call record computed from it.

mod entry;
mod record;

pub use entry::*;
pub use record::*;

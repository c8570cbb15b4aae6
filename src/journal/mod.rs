//! A call's log, its hash chain, and the call record computed from it.

pub mod caption;
mod entry;
mod log;
mod record;

pub use entry::*;
pub use log::*;
pub use record::*;

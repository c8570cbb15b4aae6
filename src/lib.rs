//! Candor: a real-time conversation runtime that tells before it asks.
//!
//! It answers calls and chats for substance-use-disorder (SUD) treatment programs under 42 CFR Part 2.
//! The floors, from the ground up, are drawn in `docs/ARCHITECTURE.md`; a module imports only from
//! floors below its own, and everything up to [`ports`] is pure: no clock, no thread, no file, no network.

// Floor 1: the ground.
pub mod audio;
pub mod pii;
pub mod program;
pub mod time;

// Floor 2.
pub mod understand;
pub mod wire;

// Floor 3.
pub mod dialogue;

// Floor 4, and above it who may see calls, the programs' books, where consents stand since, and what is made of
// calls: other systems' forms, calls that nobody made, calls once more.
pub mod access;
pub mod book;
pub mod consent;
pub mod interchange;
pub mod journal;
pub mod replay;
pub mod simulate;
pub mod typed;

// Floor 5: the waist.
pub mod ports;

// Floors 6 to 8 touch the world; settings and observation serve them all.
#[cfg(feature = "runtime")]
pub mod config;
#[cfg(feature = "runtime")]
pub mod observe;

#[cfg(feature = "runtime")]
pub mod call;
#[cfg(feature = "runtime")]
pub mod channel;
#[cfg(feature = "runtime")]
pub mod cli;
#[cfg(feature = "runtime")]
pub mod engine;
#[cfg(feature = "runtime")]
pub mod notify;
#[cfg(feature = "runtime")]
pub mod server;
#[cfg(feature = "runtime")]
pub mod store;

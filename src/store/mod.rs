//! What calls leave behind, on this machine's disk: journals and tokens in SQLite, recordings as files.
//!
//! One process owns a data folder ([`Store::open`] takes its lock); any number may read it meanwhile
//! ([`Archive::open`]). Layout: `candor.db` (with SQLite's `-wal` and `-shm`), `candor.lock`,
//! `recordings/<call_id>.ulaw`. Nothing in a file's name says anything about a person.

mod archive;
mod database;
pub mod keys;
mod recordings;
mod seal;
mod sqlite;
pub mod tokens;
mod writer;

pub use archive::{Archive, Filter};
pub use recordings::{FileRecordings, Saved};
pub use sqlite::Store;
pub use tokens::Tokens;

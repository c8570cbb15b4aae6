//! What calls leave behind, on this machine's disk: journals, books and tokens in SQLite, recordings as files, all
//! sealed.
//!
//! One process owns a data folder ([`Store::open`] takes its lock); any number may read it meanwhile
//! ([`Archive::open`]). Layout: `candor.db` (with SQLite's `-wal` and `-shm`), `candor.lock`, `purge.lock`,
//! `recordings/<call_id>.sealed`. Nothing in a file's name says anything about a person. What opens it all is kept
//! elsewhere, by a [`crate::ports::KeyService`]. The formats are in `docs/record-format.md`.

pub mod after;
mod archive;
pub mod backup;
mod book;
mod callkeys;
mod database;
mod evidence;
pub mod export;
mod journals;
pub mod keys;
mod recordings;
pub mod retention;
mod seal;
mod sqlite;
mod statement;
mod tape;
pub mod tokens;
mod upgrade;
mod writer;

pub use after::After;
pub use archive::{Archive, Filter};
pub use book::{Book, BookFilter, SoundBook, export_book};
pub use evidence::{Body, Evidence, Shut, Sound};
pub use journals::{Journals, WholeEntry, WholeJournal};
pub use keys::Keyring;
pub use recordings::{FileRecordings, Saved};
pub use sqlite::Store;
pub use statement::{Claim, SIGNED, Statement, day_head};
pub use tokens::Tokens;

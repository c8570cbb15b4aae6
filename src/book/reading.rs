//! Reads, and what was asked for and not given.

use serde::{Deserialize, Serialize};

/// A piece of what is kept of calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Piece {
    /// The call record.
    Record,
    /// What both sides said.
    Transcript,
    /// The answers to the questions.
    Answers,
    /// The audio.
    Recording,
    /// The journal, entry by entry.
    Journal,
    /// What is said, while it is said.
    Captions,
    /// The book itself.
    Book,
}

/// Something was given to be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Read {
    /// What of it.
    pub what: Vec<Piece>,
    /// Of how many calls, where it was a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls: Option<u64>,
}

/// Something was asked for and not given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refused {
    /// What of it.
    pub what: Vec<Piece>,
    /// Why not.
    pub why: String,
}

/// Somebody broke the glass; why is in [`super::Who::reason`]. The compliance contact must look at it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BreakGlass {
    /// What was to be seen.
    pub what: Vec<Piece>,
}

//! A conversation typed line by line, under virtual time: the agent's lines take 150 words a minute, the caller's
//! words none. What `candor chat` runs, and the scenarios.

mod act;
mod conversation;

pub use act::{Act, BargeIn, What};
pub use conversation::{Conversation, Show};

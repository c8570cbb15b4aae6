//! A conversation typed line by line. Under virtual time, where the agent's lines take 150 words a minute and the
//! caller's words none: what `candor chat` runs, and the scenarios. And the messages of a chat on a page.

mod act;
mod conversation;
pub mod event;
mod message;

pub use act::{Act, BargeIn, What};
pub use conversation::{Conversation, Show};
pub use message::{ChatMessage, TEXT_CHARS_MAX, WrongMessage};

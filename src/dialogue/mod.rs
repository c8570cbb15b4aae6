//! The conversation as a value: `handle(at, input)` gives effects and a next deadline.
//! No clock, no randomness, no I/O.

mod effect;
mod input;

pub use effect::*;
pub use input::*;

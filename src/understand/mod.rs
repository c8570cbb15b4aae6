//! Words in context to [`Meaning`]. Asymmetric by design: doubt is never consent.
//!
//! [`understand`] reads one utterance where it was said; [`value`] takes the value out of an answer. Both are
//! pure and deterministic, and every [`Reading`] names the rule that decided it. See `docs/understanding.md`.

mod answers;
mod classes;
mod keeping;
mod leaning;
mod matter;
mod meaning;
mod memory;
mod names;
mod normalise;
mod pattern;
mod phrases;
mod reading;
mod same_name;
mod sharing;
mod signature;
mod sound;
mod undoing;
mod yes_no;

pub use answers::{SpokenCode, holds_figures, spoken_code, spoken_value, value};
pub use meaning::*;
pub use memory::Memory;
pub use reading::understand;
pub use same_name::{plain_name, same_name};

#[cfg(test)]
mod tests;

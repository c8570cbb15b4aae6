//! What the sound of words adds to them.

use super::{Heard, Lean, Percent, Reading};

/// A yes that was heard less surely than this is none. Typed words are certain.
const YES_CONFIDENCE_PERCENT_MIN: u8 = 50;
/// A yes of at most two words that the audio does not support clearly must have been heard this surely.
const SHORT_YES_CONFIDENCE_PERCENT_MIN: u8 = 70;

/// How words sounded, as far as what they mean depends on it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Sound {
    pub sure: Sure,
    pub lean: Option<Lean>,
}

/// Which yes the recogniser was sure enough for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sure {
    /// None.
    Never,
    /// One of several words, or one that the audio supports.
    Long,
    /// Any.
    Short,
}

impl Sound {
    pub(super) fn of(heard: &Heard) -> Sound {
        let sure = match heard.confidence.value() {
            sure if sure < YES_CONFIDENCE_PERCENT_MIN => Sure::Never,
            sure if sure < SHORT_YES_CONFIDENCE_PERCENT_MIN => Sure::Long,
            _ => Sure::Short,
        };
        Sound { sure, lean: heard.lean }
    }
}

impl Reading {
    /// What was understood as of words heard for certain, heard no surer than this.
    pub(super) fn heard(self, sure: Percent) -> Reading {
        let strength = u32::from(self.confidence.value()) * u32::from(sure.value()) / 100;
        Reading { confidence: Percent::new(strength as u8), ..self }
    }
}

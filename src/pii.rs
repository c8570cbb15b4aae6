//! Personal text that must never reach a log.
//!
//! Duty: D1, 42 CFR 2.11, 2.12(e)(1).

use serde::{Deserialize, Serialize};
use std::fmt;

/// A value that says something about a person. `Debug` and `Display` print `[redacted]`;
/// whoever needs the value itself says so with [`Pii::expose`].
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Pii<T>(T);

impl<T> Pii<T> {
    /// Marks a value as personal.
    pub fn new(value: T) -> Self {
        Pii(value)
    }

    /// The value, for the few places that may have it: the dialogue, the journal, the caller's own screen.
    pub fn expose(&self) -> &T {
        &self.0
    }

    /// The value itself.
    pub fn into_exposed(self) -> T {
        self.0
    }
}

impl<T> fmt::Debug for Pii<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl<T> fmt::Display for Pii<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl<T> From<T> for Pii<T> {
    fn from(value: T) -> Self {
        Pii(value)
    }
}

#[cfg(test)]
mod tests {
    use super::Pii;

    #[test]
    fn neither_debug_nor_display_shows_the_value() {
        let name = Pii::new("Jane Doe");
        assert_eq!(format!("{name} {name:?} {:?}", Some(&name)), "[redacted] [redacted] Some([redacted])");
        assert_eq!(*name.expose(), "Jane Doe");
    }
}

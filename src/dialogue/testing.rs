//! Lines for tests of other rooms; nothing outside tests can make one.

use super::{Line, LineId, LineKind};
use crate::program::{Elicits, Locale};

/// A repair that elicits nothing.
pub(crate) fn line(id: LineId, text: &str, locale: Locale, from_ms: u64) -> Line {
    line_of(LineKind::Repair, id, text, locale, from_ms)
}

/// A line of this kind that elicits nothing.
pub(crate) fn line_of(kind: LineKind, id: LineId, text: &str, locale: Locale, from_ms: u64) -> Line {
    let elicits = Elicits::None;
    Line { id, kind, text: text.to_owned(), locale, elicits, from_ms }
}

//! Lines for tests of other rooms; nothing outside tests can make one.

use super::{Line, LineId, LineKind};
use crate::program::{Elicits, Locale};

/// A line that elicits nothing.
pub(crate) fn line(id: LineId, text: &str, locale: Locale, from_ms: u64) -> Line {
    let (kind, elicits) = (LineKind::Repair, Elicits::None);
    Line { id, kind, text: text.to_owned(), locale, elicits, from_ms }
}

//! Until the real ones are merged.
use crate::program::{AnswerKind, Locale};

/// Whether two names are the same person's.
pub fn same_name(signed: &str, known: &str) -> bool {
    signed.eq_ignore_ascii_case(known)
}

/// A value as it is read back.
pub fn spoken_value(_kind: AnswerKind, value: &str, _locale: Locale) -> String {
    value.to_owned()
}

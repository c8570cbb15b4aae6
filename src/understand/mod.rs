//! Words in context to [`Meaning`]. Asymmetric by design: doubt is never consent.

mod meaning;

pub use meaning::*;

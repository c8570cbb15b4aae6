//! Who may see what of a call: roles and purposes.

mod who;

pub use who::*;

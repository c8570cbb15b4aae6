//! What a treatment program configures: its identity, its notice, its recipients, its questions, its texts.
//! Parsed once at the edge; what comes out is valid.

mod script;

pub use script::*;

//! What a treatment program configures: its identity, its notice, its recipients, its questions, its texts.
//! Parsed once at the edge; what comes out is valid.
//!
//! [`examine`] reads a `program.toml` and reports everything that is wrong with it at once. [`script_graph`] draws
//! the order of its call, and [`prove`] shows by walking it that nothing sensitive is asked before the notice was
//! heard and acknowledged.

mod agreement;
mod check;
mod consents;
mod duties;
mod expecting;
mod fault;
mod graph;
mod hours;
mod instrument;
mod limits;
mod lint;
mod parse;
mod retention;
mod script;
mod steps;
mod svg;
mod template;
mod tree;
mod words;

pub use agreement::{
    Agreement, Clause, Contact, Contract, EXPIRY_WARNING_DAYS, ExaminedAgreement, NotInForce, Party, Qsoa,
    Status, Subcontractor, day, examine_agreement,
};
pub use check::{Hole, Proof, Route, prove};
pub use expecting::{Expecting, NotExpected};
pub use fault::Fault;
pub use graph::{Edge, Graph, Mark, Node, NodeId, NodeKind, script_graph};
pub use hours::{Hours, NotHours};
pub use instrument::Instrument;
pub use limits::*;
pub use parse::{Examined, Places, examine, parse};
pub use retention::{ExaminedPolicy, PROOF_YEARS_MIN, Policy, examine_retention};
pub use script::*;
pub use template::{SAMPLE_RETENTION, begun_from_sample};

//! Many calls, counted.

use super::{Call, Persona, Violation};
use crate::dialogue::{Acknowledgement, Decision, Outcome};
use std::{collections::BTreeMap, fmt};

/// What came of many calls. Printed, it depends on nothing but the calls.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    calls: u64,
    outcomes: BTreeMap<Outcome, u64>,
    acknowledgements: BTreeMap<Acknowledgement, u64>,
    decisions: BTreeMap<Decision, u64>,
    callers: BTreeMap<Persona, u64>,
    inputs: u64,
    lasted_ms: u64,
    broken: Vec<(u64, Violation)>,
}

impl Tally {
    /// Counts `call`.
    pub fn add(&mut self, call: &Call) {
        self.calls += 1;
        self.inputs += call.inputs.len() as u64;
        self.lasted_ms += call.lasted.0;
        *self.callers.entry(call.persona).or_default() += 1;
        *self.acknowledgements.entry(call.acknowledgement).or_default() += 1;
        if let Some(outcome) = call.outcome {
            *self.outcomes.entry(outcome).or_default() += 1;
        }
        for decision in &call.decisions {
            *self.decisions.entry(*decision).or_default() += 1;
        }
        self.broken.extend(call.violation.clone().map(|violation| (call.seed, violation)));
    }

    /// The seeds of the calls that broke an invariant, and which.
    pub fn broken(&self) -> &[(u64, Violation)] {
        &self.broken
    }

    /// How many calls ended so.
    pub fn ended(&self, outcome: Outcome) -> u64 {
        self.outcomes.get(&outcome).copied().unwrap_or(0)
    }

    /// How many consents were decided so.
    pub fn decided(&self, decision: Decision) -> u64 {
        self.decisions.get(&decision).copied().unwrap_or(0)
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} calls, {} inputs, {} s of talk", self.calls, self.inputs, self.lasted_ms / 1_000)?;
        let lower = |word: String| word.to_lowercase();
        list(f, "callers", self.callers.iter().map(|(who, count)| (who.name().to_owned(), count)))?;
        list(f, "notice", self.acknowledgements.iter().map(|(what, n)| (lower(format!("{what:?}")), n)))?;
        list(f, "outcomes", self.outcomes.iter().map(|(what, n)| (lower(format!("{what:?}")), n)))?;
        list(f, "consents", self.decisions.iter().map(|(what, n)| (lower(format!("{what:?}")), n)))?;
        writeln!(f, "{} broken invariants", self.broken.len())
    }
}

fn list<'a>(
    f: &mut fmt::Formatter<'_>,
    title: &str,
    rows: impl Iterator<Item = (String, &'a u64)>,
) -> fmt::Result {
    writeln!(f, "{title}")?;
    rows.into_iter().try_for_each(|(name, count)| writeln!(f, "  {name:14} {count:>8}"))
}

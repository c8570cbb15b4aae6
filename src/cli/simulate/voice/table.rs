//! Many calls by voice, counted: how they ended, and how often something was heard otherwise than it was meant.

use super::night::Call;
use std::{collections::BTreeMap, fmt};

/// So many different ways of hearing otherwise are shown.
const OTHERWISE_MAX: usize = 25;
/// No more calls are named.
const NAMED_MAX: usize = 20;

/// What is counted of one context.
#[derive(Default)]
struct Heard {
    turns: u64,
    otherwise: u64,
    false_yes: u64,
}

/// The table.
#[derive(Default)]
pub struct Table {
    calls: u64,
    lasted_ms: u64,
    counts: [BTreeMap<String, u64>; 5],
    contexts: BTreeMap<String, Heard>,
    otherwise: BTreeMap<(String, String, String), u64>,
    found: Vec<String>,
}

const TITLES: [&str; 5] = ["callers", "lines", "notice", "outcomes", "consents"];

impl Table {
    /// Counts `calls`.
    pub fn of(calls: &[Call]) -> Table {
        let mut table = Table::default();
        calls.iter().for_each(|call| table.add(call));
        table
    }

    /// How many calls broke an invariant, or took for a yes what was none.
    pub fn findings(&self) -> usize {
        self.found.len()
    }

    fn add(&mut self, call: &Call) {
        self.calls += 1;
        self.lasted_ms += call.lasted_ms;
        let lower = |word: &dyn fmt::Debug| format!("{word:?}").to_lowercase();
        let single =
            [call.persona.clone(), call.line.clone(), lower(&call.acknowledgement), lower(&call.outcome)];
        for (counts, what) in self.counts.iter_mut().zip(single) {
            *counts.entry(what).or_default() += 1;
        }
        for decision in &call.decisions {
            *self.counts[4].entry(lower(decision)).or_default() += 1;
        }
        for turn in &call.turns {
            let heard = self.contexts.entry(turn.context.clone()).or_default();
            heard.turns += 1;
            heard.false_yes += u64::from(turn.false_yes);
            if turn.intended != turn.understood {
                heard.otherwise += 1;
                let what = (turn.context.clone(), turn.intended.clone(), turn.understood.clone());
                *self.otherwise.entry(what).or_default() += 1;
            }
        }
        let taken = call.turns.iter().find(|turn| turn.false_yes);
        let taken = taken.map(|turn| format!("taken for a yes at {} ms ({})", turn.at.0, turn.context));
        if let Some(why) = call.broken.clone().or(taken) {
            self.found.push(format!("seed {}, call {}: {why}", call.seed, call.call_id));
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let turns: u64 = self.contexts.values().map(|heard| heard.turns).sum();
        writeln!(f, "{} calls, {turns} turns of callers, {} s of talk", self.calls, self.lasted_ms / 1_000)?;
        for (title, counts) in TITLES.iter().zip(&self.counts) {
            writeln!(f, "{title}")?;
            counts.iter().try_for_each(|(what, count)| writeln!(f, "  {what:14} {count:>8}"))?;
        }
        writeln!(f, "heard otherwise than meant")?;
        writeln!(f, "  {:14} {:>8} {:>10} {:>10}", "asked for", "turns", "otherwise", "false yes")?;
        for (context, heard) in &self.contexts {
            let Heard { turns, otherwise, false_yes } = heard;
            writeln!(f, "  {context:14} {turns:>8} {otherwise:>10} {false_yes:>10}")?;
        }
        let mut most: Vec<_> = self.otherwise.iter().collect();
        most.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        for ((context, intended, understood), count) in most.iter().take(OTHERWISE_MAX) {
            writeln!(f, "    {count:>6} {context}: {intended} was taken as {understood}")?;
        }
        writeln!(f, "{} calls that broke an invariant or took for a yes what was none", self.found.len())?;
        self.found.iter().take(NAMED_MAX).try_for_each(|found| writeln!(f, "  {found}"))
    }
}

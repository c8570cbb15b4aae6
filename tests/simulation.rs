//! Seeded callers never break an invariant, and a seed gives the same calls for ever.

use candor::{
    dialogue::{Decision, Outcome},
    program::{Program, parse},
    simulate::{Answers, Call, Tally},
};
use std::sync::{Arc, LazyLock};

static HARBOR: LazyLock<Arc<Program>> = LazyLock::new(|| {
    Arc::new(parse(include_str!("../programs/harbor/program.toml")).expect("the sample program has no error"))
});

fn simulate(seeds: std::ops::Range<u64>, answers: Answers) -> Tally {
    let mut tally = Tally::default();
    for seed in seeds {
        tally.add(&Call::of(&HARBOR, seed, answers));
    }
    tally
}

/// The calls broke nothing, and went everywhere: or they would prove little.
fn check(tally: &Tally) {
    let broken: Vec<String> =
        tally.broken().iter().map(|(seed, what)| format!("--seed {seed}: {what}")).collect();
    assert!(
        broken.is_empty(),
        "{} broke an invariant; candor simulate --calls 1 with\n{}",
        broken.len(),
        broken.join("\n")
    );
    for outcome in [Outcome::Completed, Outcome::Declined, Outcome::Abandoned, Outcome::Transferred] {
        assert!(tally.ended(outcome) > 5, "{outcome:?}\n{tally}");
    }
    assert!(tally.ended(Outcome::Emergency) > 0 && tally.ended(Outcome::Failed) > 0, "{tally}");
    for decision in [Decision::Granted, Decision::Denied, Decision::Revoked] {
        assert!(tally.decided(decision) > 5, "{decision:?}\n{tally}");
    }
}

#[test]
fn three_hundred_callers_in_words_break_nothing() {
    check(&simulate(1..301, Answers::Text));
}

#[test]
fn three_hundred_callers_in_meanings_break_nothing() {
    check(&simulate(1..301, Answers::Meanings));
}

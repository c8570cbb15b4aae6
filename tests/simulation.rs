//! Seeded callers never break an invariant, and a seed gives the same calls for ever.

use candor::{
    dialogue::{Decision, Outcome},
    journal::{Chain, record},
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
    assert!(tally.decided(Decision::Denied) > 5, "{tally}");
}

#[test]
fn three_hundred_callers_in_words_break_nothing() {
    check(&simulate(1..301, Answers::Text));
}

#[test]
fn three_hundred_callers_in_meanings_break_nothing() {
    let tally = simulate(1..301, Answers::Meanings);
    check(&tally);
    assert!(tally.decided(Decision::Granted) > 50 && tally.decided(Decision::Revoked) > 5, "{tally}");
}

/// The language changed with a consent question open; a person was asked for over the last words.
#[test]
fn what_callers_once_broke_stays_mended() {
    for (seed, answers) in [(847, Answers::Meanings), (950, Answers::Text), (1324, Answers::Text)] {
        let violation = Call::of(&HARBOR, seed, answers).violation;
        assert!(violation.is_none(), "--seed {seed}: {violation:?}");
    }
}

#[test]
fn a_seed_gives_the_same_calls_for_ever() {
    for answers in [Answers::Text, Answers::Meanings] {
        let tally = || simulate(1_000..1_060, answers).to_string();
        assert_eq!(tally(), tally());
    }
    let (once, again) = (Call::of(&HARBOR, 7, Answers::Text), Call::of(&HARBOR, 7, Answers::Text));
    assert_eq!((once.inputs.len(), once.opened.clone()), (again.inputs.len(), again.opened.clone()));
    assert_eq!(once.inputs, again.inputs);
    assert_ne!(once.inputs, Call::of(&HARBOR, 8, Answers::Text).inputs);
}

/// Duty: D19, 42 CFR 2.16(a).
#[test]
fn a_simulated_call_has_a_real_journal() {
    for seed in 1..20 {
        let call = Call::of(&HARBOR, seed, Answers::Meanings);
        let journal = call.journal(&HARBOR);
        assert!(Chain::verify(&call.opened, &journal).is_ok());
        let told = record(&call.opened, &journal);
        assert_eq!(Some(told.outcome), call.outcome);
        let decisions: Vec<Decision> = told.consents.iter().map(|c| c.decision).collect();
        assert_eq!(decisions.len(), call.decisions.len());
    }
}

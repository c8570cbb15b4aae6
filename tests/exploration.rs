//! Every conversation over a small script, as far as a test can wait; `scripts/prove` goes to the end.
//!
//! And dialogues broken on purpose, from outside: each is found out, by the shortest way to it.

use candor::{
    dialogue::{ChannelKind, Dialogue, Effect, Input},
    program::{Program, parse},
    simulate::{Alphabet, Exploration, Invariant, Limits, Subject, explore, setup, small},
    time::Millis,
    understand::Meaning,
};
use std::sync::{Arc, LazyLock};

static HARBOR: LazyLock<Program> = LazyLock::new(|| {
    parse(include_str!("../programs/harbor/program.toml")).expect("the sample program has no error")
});

fn limits(alphabet: Alphabet, depth: usize) -> Limits {
    Limits { alphabet, moves: &[], depth, states: 1_000_000 }
}

#[test]
fn whatever_happens_first_nothing_is_broken() {
    for channel in [ChannelKind::Phone, ChannelKind::Chat] {
        let setup = setup(channel, true);
        let found =
            explore(&small(&HARBOR, 2), &setup, limits(Alphabet::Whole, 4), |dialogue| dialogue, |_, _| ());
        told(&found);
        assert!(found.states > 1_000, "{} states", found.states);
    }
}

#[test]
fn no_way_to_the_gate_breaks_anything() {
    let setup = setup(ChannelKind::Chat, true);
    let found =
        explore(&small(&HARBOR, 1), &setup, limits(Alphabet::Core, 12), |dialogue| dialogue, |_, _| ());
    told(&found);
    assert!(found.states > 40_000, "{} states", found.states);
}

/// Duty: D2, 42 CFR 2.22(a).
#[test]
fn nobody_moves_past_the_notice_by_talking_instead_of_typing_or_back() {
    let moves = &[ChannelKind::Browser, ChannelKind::Chat];
    let limits = Limits { moves, ..limits(Alphabet::Core, 9) };
    let found = explore(&small(&HARBOR, 1), &setup(ChannelKind::Chat, false), limits, |d| d, |_, _| ());
    told(&found);
    assert!(found.states > 10_000, "{} states", found.states);
}

fn told(found: &Exploration) {
    if let Some((violation, path)) = &found.violation {
        panic!("{violation}, after\n{path}");
    }
}

/// A dialogue that is told something else than what happened, and owns up to nothing.
#[derive(Clone)]
struct Mutant {
    dialogue: Dialogue,
    hears: fn(&Input) -> Input,
    tells: fn(&Input, Effect) -> Effect,
}

impl Subject for Mutant {
    fn handle(&mut self, at: Millis, input: Input) -> Vec<Effect> {
        let effects = self.dialogue.handle(at, (self.hears)(&input));
        effects.into_iter().map(|effect| (self.tells)(&input, effect)).collect()
    }

    fn dialogue(&self) -> &Dialogue {
        &self.dialogue
    }
}

fn explored(hears: fn(&Input) -> Input, tells: fn(&Input, Effect) -> Effect) -> Exploration {
    let make = |dialogue| Mutant { dialogue, hears, tells };
    let small: Arc<Program> = small(&HARBOR, 1);
    explore(&small, &setup(ChannelKind::Chat, true), limits(Alphabet::Core, 13), make, |_, _| ())
}

fn unclear(input: &Input) -> bool {
    matches!(input, Input::Chose { meaning: Meaning::Unclear, .. })
}

/// Duty: D2, 42 CFR 2.22(a).
#[test]
fn a_gate_that_opens_without_a_yes_is_found_out() {
    let yes = |input: &Input| match input {
        Input::Chose { matter, name, .. } if unclear(input) => {
            Input::Chose { meaning: Meaning::Affirm, matter: *matter, name: name.clone() }
        }
        input => input.clone(),
    };
    let what_was_said = |input: &Input, effect| match effect {
        Effect::Understood(mut reading) if unclear(input) => {
            reading.meaning = Meaning::Unclear;
            Effect::Understood(reading)
        }
        effect => effect,
    };
    let found = explored(yes, what_was_said);
    let (violation, path) = found.violation.expect("the gate without a yes is found");
    assert_eq!(violation.invariant, Invariant::GateOpensOnHeardNoticeAndYes, "{violation}, after\n{path}");
    // Begin, four lines before the question and the question, each begun and heard, and the murmur: no shorter way.
    assert_eq!(path.len(), 12, "{violation}, after\n{path}");
    assert!(
        path.to_string().trim_end().ends_with("12  Chose { meaning: Unclear, matter: None, name: None }")
    );
}

#[test]
fn a_dialogue_that_takes_sent_for_heard_is_found_out() {
    let heard = |input: &Input| match input {
        Input::LineEnded { line, heard_ms, .. } => {
            Input::LineEnded { line: *line, complete: true, heard_ms: *heard_ms }
        }
        input => input.clone(),
    };
    let found = explored(heard, |_, effect| effect);
    let (violation, path) = found.violation.expect("sent for heard is found");
    assert_eq!(violation.invariant, Invariant::GateOpensOnHeardNoticeAndYes, "{violation}, after\n{path}");
}

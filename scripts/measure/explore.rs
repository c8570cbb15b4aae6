//! Explores every conversation over a small script and prints what was found. Run by `scripts/prove`.
//!
//!     explore core|whole phone|chat|both here|away RECIPIENTS [DEPTH]

use candor::{
    dialogue::ChannelKind,
    program::parse,
    simulate::{Alphabet, Limits, explore, setup, small},
};
use std::{io::IsTerminal, process::ExitCode, time::Instant};

/// More do not fit into the memory of a small machine.
const STATES_MAX: usize = 12_000_000;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let word = |at: usize| words.get(at).map_or("", String::as_str);
    let number = |at: usize| word(at).parse::<usize>().ok();
    let alphabet = if word(0) == "core" { Alphabet::Core } else { Alphabet::Whole };
    let channel = if word(1) == "phone" { ChannelKind::Phone } else { ChannelKind::Chat };
    // From typing to talking and back.
    let moves: &[ChannelKind] =
        if word(1) == "both" { &[ChannelKind::Browser, ChannelKind::Chat] } else { &[] };
    let limits = Limits { alphabet, moves, depth: number(4).unwrap_or(usize::MAX), states: STATES_MAX };
    let program = parse(include_str!("../../programs/harbor/program.toml")).expect("the sample has no error");
    let program = small(&program, number(3).unwrap_or(2));
    let began = Instant::now();
    let tell = std::io::stderr().is_terminal() || word(5) == "levels";
    let told = |depth, states| {
        if tell {
            eprintln!("depth {depth}: {states} states, {:.0} s", began.elapsed().as_secs_f64());
        }
    };
    let found = explore(&program, &setup(channel, word(2) == "here"), limits, |dialogue| dialogue, told);
    println!(
        "{}: {} states, {} inputs tried, depth {}, {}, {:.0} s",
        words.join(" "),
        found.states,
        found.transitions,
        found.depth,
        if found.closed { "nothing left to try" } else { "cut short" },
        began.elapsed().as_secs_f64(),
    );
    match found.violation {
        None => ExitCode::SUCCESS,
        Some((violation, path)) => {
            println!("broken: {violation}, after\n{path}");
            ExitCode::FAILURE
        }
    }
}

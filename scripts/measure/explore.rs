//! Explores every conversation over a small script and prints what was found. Run by `scripts/prove`.

use candor::{
    dialogue::ChannelKind,
    program::parse,
    simulate::{Alphabet, Limits, explore, setup, small},
};
use std::{process::ExitCode, time::Instant};

fn main() -> ExitCode {
    let mut numbers = std::env::args().skip(1).filter_map(|word| word.parse().ok());
    let alphabet = if std::env::args().any(|word| word == "core") { Alphabet::Core } else { Alphabet::Whole };
    let depth = numbers.next().unwrap_or(usize::MAX);
    let states = numbers.next().unwrap_or(20_000_000);
    let program = parse(include_str!("../../programs/harbor/program.toml")).expect("the sample has no error");
    let program = small(&program);
    let mut holds = true;
    for (channel, person) in
        [(ChannelKind::Phone, false), (ChannelKind::Phone, true), (ChannelKind::Chat, true)]
    {
        let began = Instant::now();
        let found =
            explore(&program, &setup(channel, person), Limits { alphabet, depth, states }, |dialogue| {
                dialogue
            });
        println!(
            "{channel:?}, {}: {} states, {} transitions, depth {}, {}, {:.1} s",
            if person { "a person is there" } else { "nobody is there" },
            found.states,
            found.transitions,
            found.depth,
            if found.closed { "nothing left to try" } else { "cut short" },
            began.elapsed().as_secs_f64(),
        );
        if let Some((violation, path)) = found.violation {
            println!("{violation}, after\n{path}");
            holds = false;
        }
    }
    if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

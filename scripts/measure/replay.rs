//! How many calls one core replays in a second. Run by `scripts/bench replay`.
//!
//!     replay CALLS [SEED]
//!
//! The calls are simulated and written down first, which is not counted. Exit status 1 where one of them replays
//! otherwise. Three times each: from the bytes that were written, as `candor replay` does with a call of which all is
//! there, where words that were said before are understood once; from the same bytes, where nothing is remembered; and
//! from parsed events, as it does where something is missing or differs.

use candor::{
    journal::canonical,
    program::parse,
    replay::{Kept, Lens, Text, as_written, replay},
    simulate::{Answers, Call},
    understand::Memory,
};
use std::{
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};

/// So many calls are held at a time.
const TOGETHER: u64 = 500;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize, or: u64| words.get(at).and_then(|w| w.parse().ok()).unwrap_or(or);
    let (calls, seed) = (number(0, 10_000), number(1, 1));
    let program = parse(include_str!("../../programs/harbor/program.toml")).expect("the sample has no error");
    let program = Arc::new(program);
    let (mut written, mut anew, mut parsed) = (Took::default(), Took::default(), Took::default());
    let mut memory = Memory::of(Arc::clone(&program));
    let mut done = 0;
    while done < calls {
        let now = TOGETHER.min(calls - done);
        let journals: Vec<Kept> = (done..done + now)
            .map(|at| {
                let call = Call::of(&program, seed + at, Answers::Text);
                let journal = call.journal(&program);
                Kept::whole(call.opened, journal)
            })
            .collect();
        let texts: Vec<Vec<_>> = journals
            .iter()
            .map(|kept| kept.places.iter().map(|p| (p.at, canonical(p.event.as_ref().expect("it is whole")))))
            .map(Iterator::collect)
            .collect();
        for remembers in [true, false] {
            let took = if remembers { &mut written } else { &mut anew };
            let began = Instant::now();
            for (kept, texts) in journals.iter().zip(&texts) {
                let texts: Vec<Text<'_>> = texts.iter().map(|(at, text)| (*at, text.as_slice())).collect();
                let mut none = Memory::of(Arc::clone(&program));
                let memory = if remembers { &mut memory } else { &mut none };
                match as_written(memory, &kept.opened, &texts) {
                    Some(replayed) => took.entries += replayed.compared,
                    None => took.differences += 1,
                }
            }
            took.time += began.elapsed();
        }
        let began = Instant::now();
        for kept in &journals {
            let replayed = replay(&program, kept, Lens::default(), &[]);
            parsed.entries += replayed.compared;
            parsed.differences += replayed.differences.len() + usize::from(!replayed.is_whole());
        }
        parsed.time += began.elapsed();
        done += now;
    }
    for (took, from) in [
        (&written, "as bytes"),
        (&anew, "as bytes, nothing remembered between calls"),
        (&parsed, "as events"),
    ] {
        let seconds = took.time.as_secs_f64();
        println!(
            "{from}: {calls} calls, {} entries, {} differences, {seconds:.2} s: {:.0} calls a second on one core",
            took.entries,
            took.differences,
            calls as f64 / seconds.max(1e-9),
        );
    }
    if written.differences + anew.differences + parsed.differences == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

#[derive(Default)]
struct Took {
    time: Duration,
    entries: u64,
    differences: usize,
}

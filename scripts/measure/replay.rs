//! How many calls one core replays in a second. Run by `scripts/bench replay`.
//!
//!     replay CALLS [SEED]
//!
//! The calls are simulated first, which is not counted. Exit status 1 where one of them replays otherwise.

use candor::{
    program::parse,
    replay::{Kept, Lens, replay},
    simulate::{Answers, Call},
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
    let (mut took, mut entries, mut differences, mut done) = (Duration::ZERO, 0, 0, 0);
    while done < calls {
        let now = TOGETHER.min(calls - done);
        let journals: Vec<Kept> = (done..done + now)
            .map(|at| {
                let call = Call::of(&program, seed + at, Answers::Text);
                let journal = call.journal(&program);
                Kept::whole(call.opened, journal)
            })
            .collect();
        let began = Instant::now();
        for kept in &journals {
            let replayed = replay(&program, kept, Lens::default(), &[]);
            entries += replayed.compared;
            differences += replayed.differences.len() + usize::from(!replayed.is_whole());
        }
        took += began.elapsed();
        done += now;
    }
    println!(
        "{calls} calls, {entries} entries, {differences} differences, {:.2} s: {:.0} calls a second on one core",
        took.as_secs_f64(),
        calls as f64 / took.as_secs_f64().max(1e-9),
    );
    if differences == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

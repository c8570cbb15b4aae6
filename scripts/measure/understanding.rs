//! How long one reading takes, and what lines mean.
//!
//! `scripts/bench understanding` prints the median and the 99th percentile over the lines of the phrase suite.
//! With lines of `WHERE [granted=A+B]<tab>TEXT` on standard input and `--read`, each line's meaning and rule.

use candor::{
    program::{Expecting, Locale, Program, RecipientId, parse},
    understand::{Context, Heard, Reading, understand},
};
use std::{
    fs,
    hint::black_box,
    io::{self, BufRead},
    path::Path,
    time::Instant,
};

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("programs/harbor/program.toml")).expect("the sample program");
    let program = parse(&text).expect("the sample program");
    match std::env::args().nth(1).as_deref() {
        Some("--read") => read(&program),
        _ => time(&program, &root.join("tests/fixtures/understanding.txt")),
    }
}

fn time(program: &Program, suite: &Path) {
    const ROUNDS: usize = 5;
    let suite = fs::read_to_string(suite).expect("the phrase suite");
    let lines: Vec<&str> = suite.lines().filter(|l| !l.is_empty() && !l.starts_with(['#', '['])).collect();
    let granted: [RecipientId; 1] = ["payor".into()];
    for place in ["notice", "consent:crm", "question:substance", "any"] {
        let expecting: Expecting = place.parse().expect("a place");
        let context = Context { program, locale: Locale::EnUs, expecting: &expecting, granted: &granted };
        let mut nanos: Vec<u128> = Vec::with_capacity(lines.len() * ROUNDS);
        for round in 0..=ROUNDS {
            for line in &lines {
                let heard = Heard::typed(*line);
                let start = Instant::now();
                black_box(understand(&heard, &context));
                // The first round compiles the tables.
                if round > 0 {
                    nanos.push(start.elapsed().as_nanos());
                }
            }
        }
        nanos.sort_unstable();
        let at = |percent: usize| nanos[(nanos.len() - 1) * percent / 100] as f64 / 1_000.0;
        println!(
            "{place:20} {} lines: median {:.1} µs, p99 {:.1} µs, slowest {:.1} µs",
            lines.len(),
            at(50),
            at(99),
            at(100)
        );
    }
}

fn read(program: &Program) {
    for line in io::stdin().lock().lines() {
        let line = line.expect("text");
        let (place, text) = line.split_once('\t').expect("WHERE<tab>TEXT");
        let (place, granted) = place.split_once(" granted=").unwrap_or((place, ""));
        let granted: Vec<RecipientId> =
            granted.split('+').filter(|id| !id.is_empty()).map(RecipientId::from).collect();
        let expecting: Expecting = place.parse().expect("a place");
        let context = Context { program, locale: Locale::EnUs, expecting: &expecting, granted: &granted };
        let Reading { meaning, suspected_revocation, matter, signature, evidence, .. } =
            understand(&Heard::typed(text), &context);
        let scope = meaning.scope().map(|scope| serde_json::to_string(scope).expect("a scope"));
        print!("{place}\t{}{}\t{text}\t[{evidence}]", meaning.name(), scope.unwrap_or_default());
        if let Some(suspected) = suspected_revocation {
            print!(" suspected={}", serde_json::to_string(&suspected).expect("a scope"));
        }
        if let Some(matter) = matter {
            print!(" matter={matter:?}");
        }
        if let Some(signature) = signature {
            print!(" signature={signature:?}");
        }
        println!();
    }
}

//! The conversation for a person at a terminal: typed answers, no clock running.

use super::{Act, Args, Driver, keep, opening, setup};
use crate::{
    cli::Fault,
    dialogue::Key,
    program::{Locale, Program},
};
use serde_json::Value;
use std::{
    io::{self, BufRead, IsTerminal, Write},
    sync::Arc,
};

const HELP: &str =
    "Type what the caller says. /press 1 presses a key, /hangup ends the call, /record shows its record.";

/// Runs it.
pub(super) fn run(args: &Args, program: Arc<Program>) -> Result<(), Fault> {
    let colour = io::stdout().is_terminal();
    let name = program.name.clone();
    let opened = opening(&program, &setup(args, Locale::from_tag(&args.locale)), env!("CARGO_PKG_VERSION"));
    let mut driver = Driver::new(program, opened);
    println!("{name}. {HELP}\n");
    let mut show = |event: Value| {
        render(&event, colour);
        Ok::<(), Fault>(())
    };
    driver.begin(Act { what: super::act::What::Start(Locale::default()), then: None }, &mut show)?;
    let stdin = io::stdin().lock();
    let mut lines = stdin.lines();
    while driver.listening().is_some() {
        print!("\n{} ", paint("you >", "1", colour));
        io::stdout().flush().map_err(|e| Fault::finding(e.to_string()))?;
        let Some(Ok(line)) = lines.next() else {
            println!();
            driver.hang_up(&mut show)?;
            break;
        };
        match command(line.trim()) {
            Typed::Act(what) => driver.act(Act { what, then: None }, &mut show)?,
            Typed::Record => print_record(&driver),
            Typed::Help => println!("{HELP}"),
        }
    }
    keep(args, &driver)?;
    println!();
    print_record(&driver);
    Ok(())
}

enum Typed {
    Act(super::act::What),
    Record,
    Help,
}

fn command(line: &str) -> Typed {
    use super::act::What;
    let mut words = line.split_whitespace();
    match (words.next(), words.next()) {
        (Some("/hangup"), _) => Typed::Act(What::HangUp),
        (Some("/record"), _) => Typed::Record,
        (Some("/press"), Some(key)) => match key.chars().next().and_then(Key::new) {
            Some(key) => Typed::Act(What::Press(key)),
            None => Typed::Help,
        },
        (Some(other), _) if other.starts_with('/') => Typed::Help,
        _ => Typed::Act(What::Say(line.to_owned())),
    }
}

fn print_record(driver: &Driver) {
    println!("{}", serde_json::to_string_pretty(&driver.record()).unwrap_or_default());
}

fn render(event: &Value, colour: bool) {
    let text = |key: &str| event[key].as_str().unwrap_or_default().to_owned();
    match event["event"].as_str().unwrap_or_default() {
        "line" => println!("{} {}", paint("agent >", "36", colour), text("text")),
        "gate" => {
            let gate = if event["open"] == true { "the gate is open" } else { "the gate is closed" };
            println!("{}", paint(&format!("        [{gate}]"), "33", colour));
        }
        "consent" => {
            let note = format!("        [consent {}: {}]", text("recipient"), text("decision"));
            println!("{}", paint(&note, "33", colour));
        }
        "request" | "escalation" => {
            println!("{}", paint(&format!("        [{} {}]", text("event"), text("kind")), "33", colour));
        }
        "ended" => println!("{}", paint(&format!("        [ended: {}]", text("outcome")), "33", colour)),
        _ => {}
    }
}

fn paint(text: &str, code: &str, colour: bool) -> String {
    if colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
}

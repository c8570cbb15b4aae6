//! Every hard case as a readable file: what the caller does, what must happen, what must not.
//!
//! A scenario in `tests/scenarios/` has a title and these lines:
//!
//! ```text
//! > {"say":"yes"}                    the caller does this when the agent next listens (contract: chat --json)
//! < {"event":"gate","open":true}     an event like this comes, after the one before
//! ! {"event":"line","elicits":"sud"} no event like this ever comes
//! = {"outcome":"completed"}          the record has this in it
//! ```
//!
//! A pattern fits where every field in it fits; a list fits item by item; a text ending in `...` fits a beginning.
//! Whatever the file says, the invariants of part 2 hold in every scenario: no sensitive line before the gate.

#![cfg(feature = "runtime")]

use serde_json::Value;
use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
};

#[derive(Default)]
struct Scenario {
    does: Vec<String>,
    must: Vec<Value>,
    never: Vec<Value>,
    record: Vec<Value>,
}

fn parse(file: &Path) -> Scenario {
    let text = fs::read_to_string(file).expect("a scenario is readable");
    let mut scenario = Scenario::default();
    for (number, line) in text.lines().enumerate().skip(1) {
        let place = || format!("{}:{}", file.display(), number + 1);
        let json = |text: &str| -> Value {
            serde_json::from_str(text).unwrap_or_else(|e| panic!("{}: {e}", place()))
        };
        match (line.get(..1), line.get(1..).map(str::trim)) {
            (Some(">"), Some(act)) => scenario.does.push(act.to_owned()),
            (Some("<"), Some(pattern)) => scenario.must.push(json(pattern)),
            (Some("!"), Some(pattern)) => scenario.never.push(json(pattern)),
            (Some("="), Some(pattern)) => scenario.record.push(json(pattern)),
            (None | Some("#"), _) => {}
            _ => panic!("{}: a line begins with >, <, !, = or #", place()),
        }
    }
    scenario
}

/// Runs `candor chat --json`, one act for each time it listens; the events it printed.
fn run(scenario: &Scenario) -> Vec<Value> {
    let mut chat = Command::new(env!("CARGO_BIN_EXE_candor"))
        .args(["chat", "--json", "--programs"])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("programs"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .expect("candor runs");
    let mut to = chat.stdin.take();
    let from = BufReader::new(chat.stdout.take().expect("its output is piped"));
    let mut acts = scenario.does.iter();
    let mut events = Vec::new();
    for line in from.lines() {
        let event: Value = serde_json::from_str(&line.expect("its output is text")).expect("a JSON line");
        if event["event"] == "listening" {
            match (acts.next(), &mut to) {
                (Some(act), Some(to)) => writeln!(to, "{act}").expect("it reads"),
                // Nothing more to do: the caller hangs up.
                _ => to = None,
            }
        }
        events.push(event);
    }
    assert!(chat.wait().expect("it ends").success(), "candor chat failed");
    events
}

fn fits(pattern: &Value, value: &Value) -> bool {
    match (pattern, value) {
        (Value::Object(fields), Value::Object(_)) => fields.iter().all(|(name, p)| fits(p, &value[name])),
        (Value::Array(items), Value::Array(values)) => {
            items.len() == values.len() && items.iter().zip(values).all(|(p, v)| fits(p, v))
        }
        (Value::String(start), Value::String(text)) if start.ends_with("...") => {
            text.starts_with(start.trim_end_matches("..."))
        }
        _ => pattern == value,
    }
}

/// INV-1 and INV-2 of the reference, whatever the scenario says.
fn invariants(events: &[Value]) -> Result<(), String> {
    let (mut open, mut notice_heard) = (false, 0);
    let mut notice_lines = Vec::new();
    for event in events {
        match event["event"].as_str().unwrap_or_default() {
            "gate" => {
                open = event["open"] == true;
                if open && notice_heard < 3 {
                    return Err(format!(
                        "the gate opened after {notice_heard} parts of the notice were heard"
                    ));
                }
            }
            "line" if event["kind"] == "notice" => notice_lines.push(event["id"].clone()),
            "line" if event["elicits"] == "sud" && !open => {
                return Err(format!("a sensitive line was said before the gate was open: {event}"));
            }
            "heard" if notice_lines.contains(&event["line"]) && event["complete"] == true => {
                notice_heard += 1
            }
            _ => {}
        }
    }
    Ok(())
}

fn check(file: &Path) -> Result<(), String> {
    let scenario = parse(file);
    let events = run(&scenario);
    let told = || events.iter().map(|e| format!("    {e}\n")).collect::<String>();
    let mut rest = events.iter();
    for pattern in &scenario.must {
        if !rest.any(|event| fits(pattern, event)) {
            return Err(format!("missing, or in another order: {pattern}\n{}", told()));
        }
    }
    for pattern in &scenario.never {
        if let Some(event) = events.iter().find(|event| fits(pattern, event)) {
            return Err(format!("must never come: {event}\n{}", told()));
        }
    }
    let record = &events.last().ok_or("no event at all")?["record"];
    for pattern in &scenario.record {
        if !fits(pattern, record) {
            return Err(format!("the record does not have {pattern}\n{record:#}"));
        }
    }
    invariants(&events).map_err(|broken| format!("{broken}\n{}", told()))
}

#[test]
fn every_scenario_goes_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut files: Vec<_> =
        fs::read_dir(folder).expect("the scenarios are there").map(|f| f.expect("a file").path()).collect();
    files.sort();
    assert!(files.len() >= 12, "only {} scenarios were found", files.len());
    let failed: Vec<String> = files
        .iter()
        .filter_map(|file| check(file).err().map(|why| format!("{}: {why}", file.display())))
        .collect();
    assert!(
        failed.is_empty(),
        "{} of {} scenarios failed:\n{}",
        failed.len(),
        files.len(),
        failed.join("\n")
    );
}

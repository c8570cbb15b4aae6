//! Every hard case as a readable file: what the caller does, what must happen, what must not.
//!
//! A scenario in `tests/scenarios/` has a title and these lines:
//!
//! ```text
//! > {"say":"yes"}                    the caller does this when the agent next listens (contract: chat --json)
//! < {"event":"gate","open":true}     an event like this comes, after the one before
//! ! {"event":"line","elicits":"sud"} no event like this ever comes
//! = {"outcome":"completed"}          the record has this in it
//! > {"reach":"consent:payor"}        Jane Doe answers everything until this is listened for
//! @ law 42 CFR 2.31(a)(6)            where the duty is written
//! @ waits releases: nothing is sent  what of the case rests on parts to come
//! $ es-US                            the language it begins in
//! ```
//!
//! Acts are done one for each listening, patterns are looked for in the order they are written.
//!
//! A pattern fits where every field in it fits; a list fits item by item; a text ending in `...` fits a beginning.
//! Whatever the file says, the invariants of part 2 hold in every scenario: no sensitive line before the gate.

use candor::{
    dialogue::{ChannelKind, Setup},
    journal::{Salts, opening},
    program::{Program, parse as read},
    time::Utc,
    typed::{Act, Conversation},
};
use serde_json::{Value, json};
use std::{
    convert::Infallible,
    fs,
    path::Path,
    sync::{Arc, LazyLock},
};

static HARBOR: LazyLock<Arc<Program>> = LazyLock::new(|| {
    Arc::new(read(include_str!("../programs/harbor/program.toml")).expect("the sample program has no error"))
});

#[derive(Default)]
struct Scenario {
    does: Vec<String>,
    must: Vec<Value>,
    never: Vec<Value>,
    record: Vec<Value>,
    title: String,
    law: String,
    waits: String,
    locale: Option<String>,
}

fn parse(file: &Path) -> Scenario {
    let text = fs::read_to_string(file).expect("a scenario is readable");
    let title = text.lines().next().unwrap_or_default().to_owned();
    let mut scenario = Scenario { title, ..Scenario::default() };
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
            (Some("$"), Some(locale)) => scenario.locale = Some(locale.to_owned()),
            (Some("@"), Some(about)) => match about.split_once(' ') {
                Some(("law", law)) => scenario.law = law.to_owned(),
                Some(("waits", what)) => scenario.waits = what.to_owned(),
                _ => panic!("{}: `@` is followed by `law` or `waits`", place()),
            },
            (None | Some("#"), _) => {}
            _ => panic!("{}: a line begins with >, <, !, =, @, $ or #", place()),
        }
    }
    scenario
}

/// Runs the conversation of `candor chat --json`, one act for each time it listens; the events it would print.
fn run(scenario: &Scenario) -> Vec<Value> {
    let mut acts = scenario.does.iter().map(String::as_str).peekable();
    let mut events: Vec<Value> = Vec::new();
    let listening = |what: &str| json!({"event": "listening", "expecting": what});
    let starts = scenario.does.iter().any(|act| act.contains(r#""start":true"#));
    let start = match starts {
        false => json!({"start": true, "locale": scenario.locale.as_deref().unwrap_or("en-US")}).to_string(),
        true => loop {
            events.push(listening("start"));
            let act = acts.next().expect("it starts some time");
            match Act::parse_start(act) {
                Ok(_) => break act.to_owned(),
                Err(message) => events.push(json!({"event": "error", "message": message})),
            }
        },
    };
    let start = Act::parse_start(&start).expect("a start");
    let setup = Setup {
        call_id: "scenario".into(),
        channel: ChannelKind::Terminal,
        locale: start.locale(),
        started_at: Utc(1_767_225_600_000),
        person_available: true,
        spoken: Vec::new(),
    };
    let opened = opening(&HARBOR, &setup, "test");
    let mut talk = Conversation::new(Arc::clone(&HARBOR), opened, Salts::of_nobody("scenario"));
    let mut show = |event: Value| {
        events.push(event);
        Ok::<(), Infallible>(())
    };
    let Ok(()) = talk.begin(start, &mut show);
    while let Some(expecting) = talk.listening() {
        let expecting = expecting.to_string();
        let Ok(()) = show(listening(&expecting));
        let reach = |act: &str| {
            let act: Value = serde_json::from_str(act).unwrap_or_default();
            act["reach"].as_str().map(str::to_owned)
        };
        while acts.peek().and_then(|act| reach(act)).is_some_and(|to| to == expecting) {
            acts.next();
        }
        let act = match acts.peek().and_then(|act| reach(act)) {
            Some(_) => Some(jane(&expecting, scenario.locale.as_deref())),
            None => acts.next().map(str::to_owned),
        };
        let Ok(()) = match act.map(|act| Act::parse(&act)) {
            Some(Ok(act)) => talk.act(act, &mut show),
            Some(Err(message)) => show(json!({"event": "error", "message": message})),
            // Nothing more to do: the caller hangs up.
            None => talk.hang_up(&mut show),
        };
    }
    let Ok(()) = show(json!({"event": "record", "record": talk.record()}));
    events
}

/// What Jane Doe says, who agrees to everything.
fn jane(expecting: &str, locale: Option<&str>) -> String {
    let spanish = locale == Some("es-US");
    let say = match expecting {
        "question:name" => "Jane Doe",
        "question:callback" => "202 555 0147",
        "question:referred_by" if spanish => "un amigo",
        "question:referred_by" => "a friend told me",
        "question:insurance_carrier" => "Blue Cross",
        "question:member_id" => "XYZ12345",
        "question:dob" => "03/03/1985",
        "question:substance" if spanish => "alcohol",
        "question:substance" => "mostly alcohol",
        "question:last_use" if spanish => "ayer",
        "question:last_use" => "last night",
        "question:prior_treatment" if spanish => "nunca",
        "question:prior_treatment" => "once, years ago",
        "question:level_of_care" if spanish => "desintoxicación",
        "question:level_of_care" => "a place to stay",
        expecting if expecting.starts_with("signature:") && spanish => "Jane Doe, estoy de acuerdo",
        expecting if expecting.starts_with("signature:") => "Jane Doe, I agree",
        "any" if spanish => "no, gracias",
        "any" => "no",
        _ if spanish => "sí",
        _ => "yes",
    };
    serde_json::json!({ "say": say }).to_string()
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

/// A scenario that fails shows this many events from its end.
const TOLD_MAX: usize = 16;

fn check(file: &Path) -> Result<(), String> {
    let scenario = parse(file);
    let events = run(&scenario);
    let told = || {
        let last = &events[events.len().saturating_sub(TOLD_MAX)..];
        last.iter().map(|e| format!("    {e:.160}\n")).collect::<String>()
    };
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

/// The table of cases in the docs is made from the scenarios. `UPDATE_DOCS=1` writes it.
#[test]
fn the_docs_list_every_case() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<_> = fs::read_dir(root.join("tests/scenarios"))
        .expect("they are there")
        .map(|f| f.expect("a file").path())
        .collect();
    files.sort();
    let mut table = String::from(HEADING);
    for file in &files {
        let scenario = parse(file);
        let (case, says) = match scenario.title.split_once(' ') {
            Some((case, says)) if case.starts_with("HC-") => (case, says),
            _ => ("", scenario.title.as_str()),
        };
        let name = file.file_name().expect("a file has a name").to_string_lossy();
        let (law, waits) = (&scenario.law, &scenario.waits);
        table.push_str(&format!(
            "| {case} | {says} | [{name}](../tests/scenarios/{name}) | {law} | {waits} |\n"
        ));
    }
    let cited = |case: u32| table.contains(&format!("| HC-{case:02} |"));
    let missing: Vec<u32> = (1..=48).filter(|case| !cited(*case)).collect();
    assert!(missing.is_empty(), "no scenario for the cases {missing:?}");
    let doc = root.join("docs/hard-cases.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&doc, &table).expect("the docs are writable");
    }
    let written = fs::read_to_string(&doc).unwrap_or_default();
    assert!(written == table, "docs/hard-cases.md is not what the scenarios say; UPDATE_DOCS=1 writes it");
}

const HEADING: &str = "# Hard cases

The conversations that go wrong elsewhere, each an executable file of what `candor chat --json` is told and must answer.
This table is made from the files (`UPDATE_DOCS=1 cargo nextest run -E 'test(the_docs_list)'`). Where the last column
says something, that part of the case rests on what is not built yet; the rest is run.

| case | what must happen | file | law | waits for |
|---|---|---|---|---|
";

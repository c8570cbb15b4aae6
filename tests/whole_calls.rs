//! Whole calls with sound: those in audio-fixtures/calls come out as they did, from their journals and their sound;
//! a run of simulated ones that is killed goes on where it was.
#![cfg(feature = "runtime")]

use candor::journal::{CallRecord, Entry, Opened, record};
use serde::Deserialize;
use serde_json::Value;
use std::{
    collections::BTreeSet,
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::Duration,
};

/// All of them are this much sound at most: they are in everybody's clone.
const BYTES_MAX: u64 = 12 << 20;
/// The paths of a call that must be among them.
const PATHS: [&str; 11] = [
    "barge-in",
    "consenting",
    "declining",
    "deferred",
    "emergency",
    "keys",
    "noisy",
    "person",
    "revoking",
    "silent",
    "spanish-keys",
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fixture {
    path: String,
    voices: Vec<String>,
    licence: String,
    #[serde(rename = "line")]
    _line: String,
    #[serde(rename = "somebody_answers")]
    _somebody_answers: bool,
    expected: Expected,
}

/// What is to come of a call, in the words of its record.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    outcome: String,
    notice_version: String,
    acknowledgement: String,
    gate: Vec<String>,
    consents: Vec<String>,
    escalations: Vec<String>,
}

impl Expected {
    fn of(record: &CallRecord) -> Expected {
        let record = serde_json::to_value(record).unwrap();
        let word = |value: &Value| value.as_str().unwrap().to_owned();
        let all = |what: &str| record[what].as_array().unwrap().clone();
        let moved = |gate: &Value| if gate["open"] == true { "opened" } else { "closed" }.to_owned();
        let decided =
            |consent: &Value| format!("{} {}", word(&consent["recipient"]), word(&consent["decision"]));
        Expected {
            outcome: word(&record["outcome"]),
            notice_version: word(&record["disclosure"]["version"]),
            acknowledgement: word(&record["disclosure"]["acknowledgement"]),
            gate: all("gate").iter().map(moved).collect(),
            consents: all("consents").iter().map(decided).collect(),
            escalations: all("escalations").iter().map(|told| word(&told["kind"])).collect(),
        }
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn has_models() -> bool {
    let models = env::var_os("CANDOR_MODELS").map_or(root().join("models"), PathBuf::from);
    let has = models.join("moonshine-tiny-en").is_dir() && models.join("hibari").is_dir();
    if !has {
        eprintln!("SKIPPED: no models in {}; fetch them first", models.display());
    }
    has
}

fn folders() -> Vec<PathBuf> {
    let inside = fs::read_dir(root().join("audio-fixtures/calls")).unwrap();
    let mut folders: Vec<PathBuf> = inside.map(|e| e.unwrap().path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

fn replay(more: &[&str]) -> (i32, Value) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_candor"));
    command.current_dir(root()).args(["replay", "audio-fixtures/calls", "--json"]).args(more);
    let out = command.output().unwrap();
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    println!("{said}");
    let report = serde_json::from_slice(&out.stdout).unwrap_or_else(|e| panic!("{e}: {said}"));
    (out.status.code().unwrap(), report)
}

#[test]
fn each_path_has_a_call_whose_manifest_is_true() {
    #[derive(Deserialize)]
    struct Exported {
        opened: Opened,
        entries: Vec<Entry>,
    }
    let mut bytes = 0;
    let names: Vec<String> =
        folders().iter().map(|folder| folder.file_name().unwrap().to_string_lossy().into_owned()).collect();
    assert_eq!(names, PATHS);
    let mut told = BTreeSet::new();
    for folder in folders() {
        let name = folder.display();
        let text = fs::read_to_string(folder.join("fixture.toml")).unwrap();
        let fixture: Fixture = toml::from_str(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(told.insert(fixture.path), "{name}: its path is told twice");
        // Nobody's voice but the project's own may be in them.
        let own = |voice: &String| voice.starts_with("hibari heart");
        assert!(fixture.voices.iter().all(own) && fixture.licence.starts_with("Apache-2.0"), "{name}");
        let call = fs::read(folder.join("call.json")).unwrap();
        let call: Exported = serde_json::from_slice(&call).unwrap();
        assert_eq!(Expected::of(&record(&call.opened, &call.entries)), fixture.expected, "{name}");
        bytes += fs::metadata(folder.join("caller.wav")).unwrap().len();
    }
    assert!(bytes < BYTES_MAX, "{bytes}");
}

#[test]
fn each_call_replays_exactly_from_its_journal() {
    let (status, report) = replay(&[]);
    assert_eq!((status, &report["same"]), (0, &Value::from(PATHS.len())), "{report:#}");
    assert_eq!(report["exact"], PATHS.len(), "each on the script it ran on");
}

#[test]
fn each_call_is_heard_again_as_it_was_heard() {
    if !has_models() {
        return;
    }
    for how in ["--reengine", "--reengine=turns"] {
        let (status, report) = replay(&[how]);
        assert_eq!((status, &report["same"]), (0, &Value::from(PATHS.len())), "{how}: {report:#}");
    }
}

/// Two callers who are in danger: short calls, the second of which is not done when the run is killed.
const SEED: &str = "5";

fn simulate(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_candor"));
    command
        .current_dir(root())
        .args(["simulate", "--voice", "--calls", "2", "--seed", SEED, "--threads", "1", "--data"])
        .arg(folder.join("data"))
        .arg("--keys")
        .arg(folder.join("keys"));
    command
}

#[test]
fn a_killed_run_of_callers_by_voice_goes_on_where_it_was() {
    if !has_models() {
        return;
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("callers-by-voice");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("data")).unwrap();
    // Lines are rendered once for all tests.
    let prompts = Path::new(env!("CARGO_TARGET_TMPDIR")).join("prompts");
    fs::create_dir_all(&prompts).unwrap();
    std::os::unix::fs::symlink(&prompts, folder.join("data/prompts")).unwrap();

    let done = folder.join("data/simulated.jsonl");
    let lines = || fs::read_to_string(&done).unwrap_or_default().lines().count();
    let mut run = simulate(&folder).stdout(Stdio::null()).spawn().unwrap();
    // The head, and one call. What comes of the second is cut off wherever it is by then.
    while lines() < 2 && run.try_wait().unwrap().is_none() {
        // The run needs the machine more than whoever watches it.
        thread::park_timeout(Duration::from_millis(20));
    }
    run.kill().unwrap();
    run.wait().unwrap();
    let first = fs::read_to_string(&done).unwrap();
    assert_eq!(first.lines().count(), 2, "one was done and one was not");

    let out = simulate(&folder).output().unwrap();
    let (told, said) = (String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    assert!(out.status.success(), "{told}{said}");
    assert!(said.contains("1 of 2 calls are done already"), "{said}");
    assert!(told.starts_with("2 calls, ") && told.contains("\n0 calls that broke an invariant"), "{told}");
    let both = fs::read_to_string(&done).unwrap();
    assert!(both.starts_with(&first) && both.lines().count() == 3, "the first call was not made again");

    // They are calls like any other: each replays, the one that was cut off as well.
    let mut replay = Command::new(env!("CARGO_BIN_EXE_candor"));
    replay.current_dir(root()).arg("replay").arg(folder.join("data")).arg("--keys").arg(folder.join("keys"));
    let out = replay.output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
}

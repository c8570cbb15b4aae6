//! `candor replay`: what it finds, where, and what it says to a person, to CI and to a machine.
#![cfg(feature = "runtime")]

use candor::{
    journal::{CallRecord, Chain, Entry, Opened},
    time::Millis,
};
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const CALLS: usize = 24;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Exit status, stdout, stderr.
fn candor(arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_candor"));
    let out = command.current_dir(root()).args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (out.status.code().unwrap(), text(out.stdout), text(out.stderr))
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A folder of this test.
fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("replay").join(test);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// A data folder of recorded calls, made once for each test: tests may run side by side in processes of their own.
fn data() -> &'static Path {
    thread_local! {
        static DATA: &'static Path = {
            let test = std::thread::current().name().unwrap_or("main").to_owned();
            let data = folder(&format!("recorded-{test}")).join("data");
            let keys = data.with_file_name("keys");
            let (calls, seed) = (CALLS.to_string(), "500");
            let (to, keys) = (path(&data), path(&keys));
            let made = candor(&["simulate", "--calls", &calls, "--seed", seed, "--data", to, "--keys", keys]);
            assert_eq!(made.0, 0, "{}", made.2);
            Box::leak(data.into_boxed_path())
        };
    }
    DATA.with(|data| *data)
}

fn records() -> Vec<Value> {
    let (_, list, _) = candor(&["record", "list", "--json", "--data", path(data())]);
    list.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The sample's folder once more, with `edits` made in its script.
fn changed(test: &str, edits: &[(&str, &str)]) -> PathBuf {
    let to = folder(test).join("harbor");
    fs::create_dir(&to).unwrap();
    let mut text = fs::read_to_string(root().join("programs/harbor/program.toml")).unwrap();
    for (from, into) in edits {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, into, 1);
    }
    fs::write(to.join("program.toml"), text).unwrap();
    to
}

fn json(arguments: &[&str]) -> (i32, Value) {
    let (status, out, said) = candor(&[&["replay", "--json"], arguments].concat());
    (status, serde_json::from_str(&out).unwrap_or_else(|e| panic!("{e}: {said}")))
}

/// Ids of the calls in which a line of this text, or the wait for this, was recorded; from the exports.
fn with(text: &str) -> Vec<String> {
    let mut found: Vec<String> = records()
        .iter()
        .map(|record| record["call_id"].as_str().unwrap().to_owned())
        .filter(|id| candor(&["record", "export", id, "--data", path(data())]).1.contains(text))
        .collect();
    found.sort();
    found
}

fn listed(report: &Value, cause: &str) -> Vec<String> {
    let groups = report["groups"].as_array().unwrap();
    let group = groups.iter().find(|group| group["cause"] == cause);
    let calls = group.map(|group| group["calls"].as_array().unwrap().clone()).unwrap_or_default();
    let mut ids: Vec<String> = calls.iter().map(|c| c["call_id"].as_str().unwrap().to_owned()).collect();
    ids.sort();
    ids
}

#[test]
fn recorded_calls_replay_without_a_difference() {
    let (status, report) = json(&[path(data())]);
    assert_eq!(status, 0, "{report:#}");
    assert_eq!(report["calls"], CALLS);
    assert_eq!((&report["same"], &report["differ"]), (&Value::from(CALLS), &Value::from(0)));
    assert_eq!((&report["exact"], &report["what_if"]), (&Value::from(CALLS), &Value::from(0)));
    // One of them, by name; and on the script it ran on, named.
    let id = records()[3]["call_id"].as_str().unwrap().to_owned();
    let (status, report) = json(&[path(data()), "--call", &id, "--program", "programs/harbor"]);
    assert_eq!((status, &report["calls"]), (0, &Value::from(1)));
    let (status, _, said) = candor(&["replay", path(data()), "--call", "nobody"]);
    assert_eq!(status, 2, "{said}");
    assert!(said.contains("there is no call nobody"), "{said}");
}

#[test]
fn a_reworded_notice_turns_a_check_red() {
    let harbor =
        changed("reworded", &[("You don't have to answer anything, and", "You never have to answer, and")]);
    let out = harbor.parent().unwrap().to_owned();
    let (junit, summary) = (out.join("junit.xml"), out.join("summary.md"));
    let arguments =
        [path(data()), "--program", path(&harbor), "--junit", path(&junit), "--markdown", path(&summary)];
    let (status, report) = json(&arguments);
    assert_eq!(status, 1);
    let read = with("You don't have to answer anything, and");
    assert_eq!(listed(&report, "notice reworded"), read);
    assert_eq!(report["differ"], read.len(), "and no other call");
    let group = &report["groups"][0];
    assert!(group["because"][0].as_str().unwrap().starts_with("notice.parts[c].text.en"), "{group:#}");
    assert!(group["calls"][0]["first"].as_str().unwrap().contains("You never have to answer"));

    let text = fs::read_to_string(&junit).unwrap();
    let xml = roxmltree::Document::parse(&text).unwrap();
    let suite = xml.descendants().find(|n| n.has_tag_name("testsuite")).unwrap();
    assert_eq!(suite.attribute("tests").unwrap(), CALLS.to_string());
    assert_eq!(suite.attribute("failures").unwrap(), read.len().to_string());
    let failed = xml.descendants().filter(|n| n.has_tag_name("failure"));
    assert!(failed.clone().all(|n| n.attribute("type") == Some("notice reworded")));
    assert_eq!(failed.count(), read.len());
    let summary = fs::read_to_string(&summary).unwrap();
    assert!(summary.contains("| notice reworded |"), "{summary}");
}

#[test]
fn a_swapped_question_order_turns_a_check_red() {
    let text = fs::read_to_string(root().join("programs/harbor/program.toml")).unwrap();
    let block = |id: &str| {
        let start = text.find(&format!("[[questions]]\nid = \"{id}\"")).unwrap();
        let length = text[start + 2..].find("[[questions]]").unwrap() + 2;
        text[start..start + length].to_owned()
    };
    let (first, second) = (block("callback"), block("referred_by"));
    let harbor = changed("swapped", &[(&first, "@@"), (&second, &first), ("@@", &second)]);
    let (status, report) = json(&[path(data()), "--program", path(&harbor)]);
    assert_eq!(status, 1);
    let found = listed(&report, "question order");
    assert_eq!(report["differ"], found.len());
    let (asked, spanish) = (with("\"question:callback\""), with("\"locale\": \"es-US\""));
    assert!(found.iter().all(|id| asked.contains(id)) && found.len() > CALLS / 2);
    // Spanish speakers whom nobody here understands key their answers, and are not asked who sent them.
    assert!(asked.iter().all(|id| found.contains(id) || spanish.contains(id)));
    assert_eq!(
        report["groups"][0]["because"][0],
        "questions (order): referred_by now comes where callback came"
    );
    let call = &report["groups"][0]["calls"][0];
    assert_eq!(call["stopped"]["stopped"], "diverged");
    assert!(call["foreseen"]["outcome"].is_string(), "{call:#}");
}

#[test]
fn a_changed_acknowledgement_rule_turns_a_check_red() {
    let (status, report) = json(&[path(data()), "--heard-min", "95"]);
    assert_eq!(status, 1);
    let turned = listed(&report, "acknowledgement rule");
    assert!(!turned.is_empty(), "{report:#}");
    for call in report["groups"]
        .as_array()
        .unwrap()
        .iter()
        .find(|g| g["cause"] == "acknowledgement rule")
        .unwrap()["calls"]
        .as_array()
        .unwrap()
    {
        assert!(call["first"].as_str().unwrap().contains("acknowledgement question"), "{call:#}");
    }
}

#[test]
fn an_unchanged_script_is_green() {
    let harbor = changed("unchanged", &[("# Words the voice", "# The words the voice")]);
    let (status, report) = json(&[path(data()), "--program", path(&harbor)]);
    assert_eq!((status, &report["differ"]), (0, &Value::from(0)), "{report:#}");
    assert_eq!(report["what_if"], CALLS, "and it is said that they ran on another file");
}

#[test]
fn exports_are_replayed_as_far_as_they_are_open() {
    let out = folder("exports");
    let records = records();
    let gate = |record: &&Value| {
        record["questions"]
            .as_array()
            .unwrap()
            .iter()
            .any(|q| q["elicits"] == "sud" && q["status"] == "answered")
    };
    let id = records.iter().find(gate).unwrap()["call_id"].as_str().unwrap();
    let (plain, whole, withheld) = (out.join("a.json"), out.join("whole"), out.join("withheld"));
    for more in [
        &["--out", path(&plain)][..],
        &["--to", path(&whole)],
        &["--to", path(&withheld), "--without", "sensitive"],
    ] {
        let (status, _, said) = candor(&[&["record", "export", id, "--data", path(data())], more].concat());
        assert_eq!(status, 0, "{said}");
    }
    let (status, report) = json(&[path(&plain), path(&whole)]);
    assert_eq!((status, &report["same"]), (0, &Value::from(2)), "{report:#}");
    let (status, report) = json(&[path(&withheld)]);
    assert_eq!((status, &report["differ"]), (0, &Value::from(0)), "{report:#}");
    let why = report["not_replayable"][0]["why"].as_str().unwrap();
    assert!(why.starts_with("not replayable from entry ") && why.contains("withheld"), "{why}");
    // A folder of exports is all of them.
    assert_eq!(json(&[path(&out)]).1["calls"], 3);

    // Altered evidence is no evidence, and is said to be.
    let text = fs::read_to_string(&plain).unwrap();
    fs::write(&plain, text.replacen("\"meaning\": \"affirm\"", "\"meaning\": \"deny\"", 1)).unwrap();
    let (status, shown, said) = candor(&["replay", path(&plain)]);
    assert_eq!(status, 1, "{shown}{said}");
    assert!(shown.contains("the journal was altered"), "{shown}");
}

#[test]
fn a_fixture_replays_without_the_person() {
    let out = folder("fixture");
    let id = records()[0]["call_id"].as_str().unwrap().to_owned();
    let to = out.join("case");
    let (status, _, said) = candor(&["record", "to-fixture", &id, "--data", path(data()), "--to", path(&to)]);
    assert_eq!(status, 0, "{said}");
    let text = fs::read_to_string(to.join("call.json")).unwrap();
    assert!(!text.contains(&id));
    // The script goes along: the case replays when the program has long changed.
    let nothing = out.join("no-programs");
    fs::create_dir(&nothing).unwrap();
    let (status, report) = json(&[path(&out), "--programs", path(&nothing)]);
    assert_eq!(
        (status, &report["same"], &report["exact"]),
        (0, &Value::from(1), &Value::from(1)),
        "{report:#}"
    );
    let (status, _, said) = candor(&["record", "to-fixture", &id, "--data", path(data()), "--to", path(&to)]);
    assert_eq!(status, 2, "nothing is overwritten: {said}");
}

#[test]
fn a_report_is_an_index_with_a_page_for_each_call() {
    let out = folder("report");
    let index = out.join("out.html");
    let (status, _, said) = candor(&["replay", path(data()), "--report", path(&index), "--pages", "5"]);
    assert_eq!(status, 0, "{said}");
    assert!(fs::read_to_string(&index).unwrap().contains("out-calls/"));
    assert_eq!(fs::read_dir(out.join("out-calls")).unwrap().count(), 5);
    let one = out.join("one.html");
    let id = records()[0]["call_id"].as_str().unwrap().to_owned();
    candor(&["replay", path(data()), "--call", &id, "--report", path(&one)]);
    assert!(fs::read_to_string(&one).unwrap().contains(&format!("<title>Call {id}</title>")));
}

#[test]
fn an_export_that_was_cut_is_a_fault() {
    let out = folder("cut");
    let id = records()[0]["call_id"].as_str().unwrap().to_owned();
    let (export, case) = (out.join("export.json"), out.join("case"));
    candor(&["record", "export", &id, "--data", path(data()), "--out", path(&export)]);
    candor(&["record", "to-fixture", &id, "--data", path(data()), "--to", path(&case)]);
    for (file, of) in [(export.clone(), &export), (case.join("call.json"), &case)] {
        let whole: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        let entries = whole["entries"].as_array().unwrap().len();
        for left in [0, 1, entries / 2, entries - 1] {
            let mut cut = whole.clone();
            cut["entries"].as_array_mut().unwrap().truncate(left);
            fs::write(&file, cut.to_string()).unwrap();
            let (status, shown, said) = candor(&["replay", path(of)]);
            assert_eq!(status, 1, "{left} of {entries}: {shown}{said}");
            assert!(shown.contains("the journal was cut"), "{shown}");
        }
        let mut other = whole.clone();
        other["record"]["journal"]["head"] = "0".repeat(64).into();
        fs::write(&file, other.to_string()).unwrap();
        assert_eq!(candor(&["replay", path(of)]).0, 1);
        fs::write(&file, whole.to_string()).unwrap();
        assert_eq!(candor(&["replay", path(of)]).0, 0);
    }
}

/// An export may tell any times: they cost nothing of what is found in other calls.
#[test]
fn an_export_from_the_end_of_time_takes_nothing_along() {
    #[derive(serde::Deserialize, serde::Serialize)]
    struct Exported {
        candor_export: u32,
        opened: Opened,
        entries: Vec<Entry>,
        record: CallRecord,
    }
    let out = folder("hostile");
    let id = records()[0]["call_id"].as_str().unwrap().to_owned();
    let (bad, good) = (out.join("a.json"), out.join("b.json"));
    candor(&["record", "export", &id, "--data", path(data()), "--out", path(&good)]);
    let mut export: Exported = serde_json::from_slice(&fs::read(&good).unwrap()).unwrap();
    let mut chain = Chain::new(&export.opened);
    for entry in &mut export.entries {
        let late = Millis(u64::MAX - 40_000).0.saturating_add(entry.at.0);
        *entry = chain.entry(Millis(late), entry.label, entry.event.clone(), entry.salt);
    }
    export.record.journal.head = chain.head().to_string();
    fs::write(&bad, serde_json::to_vec(&export).unwrap()).unwrap();
    for more in [&[][..], &["--heard-min", "1"]] {
        let (_, report) = json(&[&[path(&bad), path(&good), "--threads", "1"], more].concat());
        assert_eq!(report["calls"], 2, "{report:#}");
        assert!(!not_as_recorded(&report).contains(&path(&bad).to_owned()), "it broke nothing: {report:#}");
    }
}

#[test]
fn where_nothing_was_replayed_nothing_is_green() {
    let harbor = changed("other-program", &[("id = \"harbor\"", "id = \"another\"")]);
    let other = harbor.with_file_name("another");
    fs::rename(harbor, &other).unwrap();
    let (status, shown, said) = candor(&["replay", path(data()), "--program", path(&other)]);
    assert_eq!(status, 1, "{shown}{said}");
    assert!(said.contains("nothing was checked"), "{said}");
}

/// The ids of the calls of a report that could not be replayed to the end, and of those that differ.
fn not_as_recorded(report: &Value) -> Vec<String> {
    let groups = report["groups"].as_array().unwrap().iter();
    let differ = groups.flat_map(|group| group["calls"].as_array().unwrap());
    let all = differ.chain(report["not_replayable"].as_array().unwrap());
    let mut ids: Vec<String> = all.map(|call| call["call_id"].as_str().unwrap().to_owned()).collect();
    ids.sort();
    ids
}

#[test]
fn what_is_tampered_redacted_destroyed_or_missing_is_never_as_recorded() {
    let ids: Vec<String> =
        records().iter().map(|record| record["call_id"].as_str().unwrap().to_owned()).collect();
    // One entry after the other of each call, so that inputs, effects, facts and the last entries are among them.
    let anywhere = [
        "UPDATE entries SET sealed = CAST(sealed || x'00' AS BLOB) WHERE call_id = ?1 AND seq = ?2",
        "UPDATE entries SET sealed = (SELECT sealed FROM entries e WHERE e.call_id = ?1 AND e.seq = (?2 + 1) % ?3) \
         WHERE call_id = ?1 AND seq = ?2",
        "UPDATE entries SET label = CASE label WHEN 'general' THEN 'sensitive' ELSE 'general' END \
         WHERE call_id = ?1 AND seq = ?2",
        "UPDATE entries SET sealed = NULL WHERE call_id = ?1 AND seq = ?2",
        "DELETE FROM entries WHERE call_id = ?1 AND seq = ?2",
        "DELETE FROM entries WHERE call_id = ?1 AND seq >= ?2",
        // Nor where the row is made to say that the call is not over, or nothing says any more how it ended.
        "UPDATE calls SET ended_at = NULL, outcome = NULL, record = NULL WHERE call_id = ?1 AND ?2 >= 0;\
         DELETE FROM entries WHERE call_id = ?1 AND seq >= ?2",
        "DELETE FROM statements WHERE call_id = ?1 AND ?2 >= 0",
    ];
    let whole = [
        "DELETE FROM call_keys WHERE call_id = ?1 AND label = 'general'",
        "UPDATE calls SET opening = CAST(opening || x'00' AS BLOB) WHERE call_id = ?1",
        "UPDATE call_keys SET wrapped = wrapped || 'x' WHERE call_id = ?1 AND label = 'general'",
    ];
    let harmed = data().with_file_name("harmed");
    for (round, how) in anywhere.iter().chain(&whole).enumerate() {
        let _ = fs::remove_dir_all(&harmed);
        fs::create_dir(&harmed).unwrap();
        for file in fs::read_dir(data()).unwrap().flatten().filter(|file| file.path().is_file()) {
            fs::copy(file.path(), harmed.join(file.file_name())).unwrap();
        }
        let database = rusqlite::Connection::open(harmed.join("candor.db")).unwrap();
        let triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger'";
        let triggers: Vec<String> = database
            .prepare(triggers)
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        for trigger in triggers {
            database.execute(&format!("DROP TRIGGER {trigger}"), []).unwrap();
        }
        database.pragma_update(None, "foreign_keys", false).unwrap();
        // Every third call stays as it is.
        let mut expected = Vec::new();
        for (at, id) in ids.iter().enumerate().filter(|(at, _)| at % 3 != 0) {
            let entries = "SELECT count(*) FROM entries WHERE call_id = ?";
            let entries: i64 = database.query_row(entries, [id], |row| row.get(0)).unwrap();
            // Among the first ones, and from the last on.
            let seq =
                if at % 3 == 1 { (at as i64 * 3).min(entries - 2) } else { entries - 1 - at as i64 / 3 };
            for step in how.replace("?3", &entries.to_string()).split(';') {
                let changed = match round < anywhere.len() {
                    true => database.execute(step, rusqlite::params![id, seq]),
                    false => database.execute(step, [id]),
                };
                assert_ne!(changed.unwrap_or_else(|e| panic!("{how}: {e}")), 0, "{how}: {id} {seq}");
            }
            expected.push(id.clone());
        }
        drop(database);
        expected.sort();
        let keys = data().with_file_name("keys");
        let junit = harmed.join("junit.xml");
        let arguments = [path(&harmed), "--keys", path(&keys), "--junit", path(&junit)];
        let (status, report) = json(&arguments);
        assert_eq!(not_as_recorded(&report), expected, "{how}: {report:#}");
        assert_eq!(report["same"], ids.len() - expected.len(), "{how}");
        // What was taken out may have been so rightly; everything else is a fault, for CI too.
        let rightly = how.contains("sealed = NULL") || how.starts_with("DELETE FROM call_keys");
        assert_eq!(status, i32::from(!rightly), "{how}: {report:#}");
        let text = fs::read_to_string(&junit).unwrap();
        let xml = roxmltree::Document::parse(&text).unwrap();
        let count = |tag: &str| xml.descendants().filter(|n| n.has_tag_name(tag)).count();
        let faults = count("error") + count("failure");
        assert_eq!((faults, count("skipped")).0 == 0, rightly, "{how}: {text}");
        assert_eq!(faults + count("skipped"), expected.len(), "{how}: {text}");
    }
}

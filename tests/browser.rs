//! The widget in a real browser: Debian's Chromium, driven by Playwright, against the server that `scripts/run` serves.
//! What callers do is in `tests/web/run.py`; what must be on record afterwards, read from the server's API, is here.
#![cfg(feature = "runtime")]
#![allow(missing_docs)]

#[path = "web/chromium.rs"]
mod chromium;
#[allow(dead_code)] // these tests use a part of it
#[path = "live/server.rs"]
mod server;

use chromium::python;
use serde_json::{Value, json};
use server::{Server, root};
use std::{
    collections::{BTreeMap, BTreeSet},
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// How long after a promise its chats may still go on.
const ENDED_MAX: Duration = Duration::from_secs(60);

/// What must be on record when a promise was kept, oldest first.
type OnRecord = fn(&Server, &[Value]);

/// What people do.
const TALKS: &[(&str, OnRecord)] = &[
    ("whole_chat", |server, records| {
        let [record] = records else { panic!("one chat, one record: {records:#?}") };
        assert_eq!((&record["channel"], &record["provider"]), (&json!("chat"), &Value::Null));
        let decided = decisions(record);
        assert_eq!(decided["payor"], "revoked");
        assert_eq!((decided["referral_source"].as_str(), decided["crm"].as_str()), ("denied", "denied"));
        assert_eq!(record["consents"][0]["signature"]["kind"], "click");
        assert_eq!(
            record["consents"][0]["blocked_by"],
            json!(["revoked"]),
            "the instrument was read to its end"
        );
        assert_eq!(record["disclosure"]["acknowledgement"], "affirmed");
        // Whoever may see a call as it happens may see a chat.
        let call_id = record["call_id"].as_str().expect("an id");
        let (status, seen) =
            server.ask("GET", &format!("/api/v1/calls/{call_id}/watch"), "").expect("an answer");
        assert_eq!(status, 200, "{seen}");
        for shown in ["automated assistant", "Jane Doe", r#""decision":"revoked""#, "event: over"] {
            assert!(seen.contains(shown), "{shown}: {seen}");
        }
    }),
    ("unread_notice", |_, records| {
        assert_eq!((&records[0]["gate"], &records[0]["disclosure"]["heard_at"]), (&json!([]), &Value::Null));
    }),
    ("reload", |_, records| {
        assert_eq!((records.len(), &records[0]["questions"][0]["status"]), (1, &json!("answered")));
    }),
    ("two_tabs", |_, records| assert_eq!(records.len(), 1)),
    ("spanish", |_, records| assert_eq!(records[0]["disclosure"]["locale"], "es-US")),
    ("keyboard", |_, records| assert_eq!(records[0]["disclosure"]["acknowledgement"], "affirmed")),
];

/// What happens to them, and how the page is made.
const PAGES: &[(&str, OnRecord)] = &[
    ("exit_quickly", |_, records| assert_eq!(records.len(), 2, "both chats have ended")),
    ("network", |_, records| assert_eq!(records.len(), 1)),
    ("posts", |_, records| assert_eq!(records[0]["disclosure"]["acknowledgement"], "affirmed")),
    ("by_phone", |_, records| {
        assert!(records.len() == 1 && records[0].get("resumed_by").is_none(), "nobody called");
    }),
    ("call_page", |_, records| assert!(records.is_empty(), "nobody called")),
    ("figures", |_, _| {}),
    ("axe", |_, _| {}),
];

#[test]
fn what_people_do_on_the_page_is_on_record() {
    keep("widget-talks", TALKS);
}

#[test]
fn the_page_is_safe_small_and_open_to_everybody() {
    let has_axe = root().join("target/npm/node_modules/axe-core/axe.min.js").is_file();
    if !has_axe {
        eprintln!("SKIPPED: axe: no axe-core in target/npm: scripts/test installs it");
    }
    keep("widget-pages", if has_axe { PAGES } else { &PAGES[..PAGES.len() - 1] });
}

/// Keeps promises in a browser, one after another, on one server. All are tried, and those not kept are named.
fn keep(test: &str, promises: &[(&str, OnRecord)]) {
    let Some(python) = python() else { return };
    let server = Server::start(test);
    let mut known = BTreeSet::new();
    let mut broken = Vec::new();
    for (promise, on_record) in promises {
        let out = Command::new(&python)
            .arg(root().join("tests/web/run.py"))
            .arg(promise)
            .arg(format!("{}/", server.url()))
            .stdin(Stdio::null())
            .output()
            .expect("Python starts");
        let said = String::from_utf8_lossy(&out.stdout) + String::from_utf8_lossy(&out.stderr);
        eprint!("{said}");
        if !out.status.success() {
            broken.push(format!("{promise}:\n{said}"));
            continue;
        }
        let records = new_records(&server, &mut known);
        if let Err(panicked) = catch_unwind(AssertUnwindSafe(|| on_record(&server, &records))) {
            let why =
                panicked.downcast_ref::<String>().map_or("what is on record is not that", String::as_str);
            broken.push(format!("{promise}: {why}\n{records:#?}"));
        }
    }
    assert!(broken.is_empty(), "not kept: {}", broken.join("\n"));
}

/// The records that were not there before, oldest first, once no chat goes on any more.
fn new_records(server: &Server, known: &mut BTreeSet<String>) -> Vec<Value> {
    let began = Instant::now();
    let ask = |path: &str| match server.ask("GET", path, "") {
        Some((200, body)) => body,
        other => panic!("{path}: {other:?}"),
    };
    while !ask("/metrics").lines().any(|line| line == "candor_chats_live 0") {
        assert!(began.elapsed() < ENDED_MAX, "a chat went on after its page was closed");
        std::thread::yield_now();
    }
    let list: Value = serde_json::from_str(&ask("/api/v1/calls?limit=100")).expect("JSON");
    let newest_first = list["calls"].as_array().expect("a list").iter().rev();
    newest_first.filter(|record| known.insert(record["call_id"].to_string())).cloned().collect()
}

#[test]
fn the_committed_widget_is_what_its_source_builds() {
    if !root().join("target/npm/node_modules/.bin/esbuild").is_file() {
        return eprintln!("SKIPPED: no esbuild in target/npm: scripts/test installs it");
    }
    let built = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("widget-{}.js", std::process::id()));
    let out = Command::new(root().join("web/widget/build")).arg(&built).output().expect("it runs");
    assert!(
        out.status.success(),
        "{}",
        String::from_utf8_lossy(&out.stdout) + String::from_utf8_lossy(&out.stderr)
    );
    let bytes = |path: &Path| std::fs::read(path).expect("it is there");
    let same = bytes(&built) == bytes(&root().join("web/widget/widget.js"));
    let _ = std::fs::remove_file(&built);
    assert!(
        same,
        "web/widget/widget.js is not what web/widget/src builds: run web/widget/build and commit it"
    );
}

/// The consents of a record, by recipient: what was decided.
fn decisions(record: &Value) -> BTreeMap<String, String> {
    let one = |c: &Value| Some((c["recipient"].as_str()?.to_owned(), c["decision"].as_str()?.to_owned()));
    record["consents"].as_array().expect("a list").iter().filter_map(one).collect()
}

/// With `CANDOR_PICTURES=1` it draws those of `docs/images` anew.
#[test]
fn pictures_are_drawn_where_they_are_wanted() {
    if std::env::var_os("CANDOR_PICTURES").is_some() {
        keep("widget-pictures", &[("pictures", |_, _| {})]);
    }
}

//! The widget in a real browser: Debian's Chromium, driven by Playwright, against a server with the sample program and
//! a real store. What callers do is in `tests/web/run.py`; what must be on record afterwards is here.
#![cfg(feature = "runtime")]
#![allow(missing_docs)]

#[allow(dead_code)] // these tests use a part of it
#[path = "doors/chat_house.rs"]
mod chat_house;

use chat_house::ChatHouse;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    path::Path,
    process::{Command, Stdio},
};

const CHROMIUM: &str = "/usr/bin/chromium";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn works(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|s| s.success())
}

/// Python with Playwright, where this machine has both and a browser; where not, it is said loudly.
fn python() -> Option<String> {
    let candidates = [root().join("target/venv/bin/python"), "python3".into()];
    let mut candidates = candidates.iter().map(|p| p.display().to_string());
    let found =
        candidates.find(|python| works(Command::new(python).args(["-c", "import playwright.sync_api"])));
    if found.is_none() || !Path::new(CHROMIUM).is_file() {
        eprintln!("SKIPPED: no {CHROMIUM} or no Playwright: scripts/test installs both");
        return None;
    }
    found
}

/// Keeps a promise in a browser, and gives what is on record then, oldest first. Nothing where it was skipped.
async fn kept(promise: &'static str) -> Option<Vec<Value>> {
    let python = python()?;
    let house = ChatHouse::new().await;
    let address = house.http("/");
    let run = move || {
        Command::new(python)
            .arg(root().join("tests/web/run.py"))
            .args([promise, &address])
            .stdin(Stdio::null())
            .output()
            .expect("Python starts")
    };
    let out = tokio::task::spawn_blocking(run).await.expect("no panic");
    let said = String::from_utf8_lossy(&out.stdout) + String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{promise} is not kept:\n{said}");
    print!("{said}");
    Some(house.records().await)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_chat_with_grant_refusal_and_revocation() {
    let Some(records) = kept("whole_chat").await else { return };
    let [record] = records.as_slice() else { panic!("one chat, one record: {records:#?}") };
    let decided = decisions(record);
    assert_eq!(decided["payor"], "revoked");
    assert_eq!((decided["referral_source"].as_str(), decided["crm"].as_str()), ("denied", "denied"));
    assert_eq!(record["consents"][0]["signature"]["kind"], "click");
    assert_eq!(record["consents"][0]["blocked_by"], json!(["revoked"]), "the instrument was read to its end");
    assert_eq!(record["disclosure"]["acknowledgement"], "affirmed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_not_scrolled_through_keeps_the_gate_shut() {
    let Some(records) = kept("unread_notice").await else { return };
    assert_eq!((&records[0]["gate"], &records[0]["disclosure"]["heard_at"]), (&json!([]), &Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_in_the_middle_goes_on_with_the_same_chat() {
    let Some(records) = kept("reload").await else { return };
    assert_eq!((records.len(), &records[0]["questions"][0]["status"]), (1, &json!("answered")));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tabs_are_one_chat() {
    let Some(records) = kept("two_tabs").await else { return };
    assert_eq!(records.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_in_spanish() {
    let Some(records) = kept("spanish").await else { return };
    assert_eq!(records[0]["disclosure"]["locale"], "es-US");
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_can_be_done_by_the_keyboard() {
    let Some(records) = kept("keyboard").await else { return };
    assert_eq!(records[0]["disclosure"]["acknowledgement"], "affirmed");
}

#[tokio::test(flavor = "multi_thread")]
async fn leaving_quickly_leaves_nothing_behind() {
    let Some(records) = kept("exit_quickly").await else { return };
    assert_eq!(records.len(), 2, "both chats have ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_network_loses_nothing() {
    let Some(records) = kept("network").await else { return };
    assert_eq!(records.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_can_be_gone_on_with_by_phone() {
    let Some(records) = kept("by_phone").await else { return };
    assert!(records.len() == 1 && records[0].get("resumed_by").is_none(), "nobody called");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_web_socket_gets_through_posts_do() {
    let Some(records) = kept("posts").await else { return };
    assert_eq!(records[0]["disclosure"]["acknowledgement"], "affirmed");
}

#[tokio::test(flavor = "multi_thread")]
async fn axe_finds_no_violation_at_aa() {
    if !root().join("target/npm/node_modules/axe-core/axe.min.js").is_file() {
        return eprintln!("SKIPPED: no axe-core in target/npm: scripts/test installs it");
    }
    kept("axe").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_widget_is_small_and_asks_nobody_else() {
    kept("figures").await;
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
#[tokio::test(flavor = "multi_thread")]
async fn pictures_are_drawn_where_they_are_wanted() {
    if std::env::var_os("CANDOR_PICTURES").is_some() {
        kept("pictures").await;
    }
}

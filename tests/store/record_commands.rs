//! `candor record` shows, checks and hands out what calls left behind.

use crate::ground::{Folder, keys_folder, opened, store, story, told};
use candor::{
    journal::{self, CallRecord, Chain, Entry, Label, Opened},
    ports::{Ledger, Recordings},
    store::Store,
};
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Stdio},
};
use tokio::runtime::Runtime;

fn candor(data: &Path, args: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_candor"))
        .arg("record")
        .args(args)
        .arg("--data")
        .arg(data)
        .arg("--keys")
        .arg(keys_folder(data))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// Two calls: `over`, with a recording of a second, and `cut`, which a crash cut short.
async fn calls(store: &Store) -> CallRecord {
    let opening = opened("over");
    store.open(&opening).await.unwrap();
    store.recordings().append("over", Label::General, vec![0xff; 16_000]).await.unwrap();
    let finished = store.recordings().finish("over", Vec::new()).await.unwrap();
    let written = told(&mut Chain::new(&opening), story(finished));
    let record = journal::record(&opening, &written);
    store.append("over", written).await.unwrap();
    store.close("over", &record).await.unwrap();
    let cut = opened("cut");
    store.open(&cut).await.unwrap();
    let until_asked = story(None).into_iter().take(5).collect();
    store.append("cut", told(&mut Chain::new(&cut), until_asked)).await.unwrap();
    record
}

#[test]
fn records_are_listed_and_shown_beside_a_server_and_after_a_crash() {
    let data = Folder::new("listed");
    let runtime = Runtime::new().unwrap();
    let store = runtime.block_on(store(&data));
    let record = runtime.block_on(calls(&store));

    let lines =
        |text: &str| text.lines().map(|l| serde_json::from_str(l).unwrap()).collect::<Vec<CallRecord>>();
    let (status, listed, said) = candor(&data, &["list", "--json"]);
    assert_eq!(
        (status, lines(&listed), said.as_str()),
        (0, vec![record.clone()], ""),
        "live calls have no outcome yet"
    );
    let (status, shown, said) = candor(&data, &["show", "cut", "--json"]);
    assert!(status == 0 && said.contains("still going on"), "{said}");
    assert_eq!(lines(&shown)[0].call_id, "cut");

    drop(store);
    let (_, listed, _) = candor(&data, &["list", "--json"]);
    let both = lines(&listed);
    assert_eq!(both.iter().map(|r| r.call_id.as_str()).collect::<Vec<_>>(), ["over", "cut"]);
    assert_eq!(serde_json::to_value(both[1].consents[0].decision).unwrap(), "incomplete");
    assert_eq!(lines(&candor(&data, &["list", "--json", "--outcome", "completed"]).1)[0], record);
    assert_eq!(lines(&candor(&data, &["list", "--json", "--last", "1"]).1).len(), 1);
    assert_eq!(candor(&data, &["list", "--json", "--program", "cove"]).1, "");

    let (_, table, _) = candor(&data, &["list"]);
    let rows: Vec<&str> = table.lines().collect();
    assert!(rows.len() == 3 && rows[0].starts_with("CALL") && rows[1].ends_with("payor revoked"), "{table}");

    let (_, page, said) = candor(&data, &["show", "over"]);
    assert_eq!(said, "");
    for told in [
        "program harbor, inbound by phone through twilio (CAover)",
        "began 2026-11-21T00:00:00.000Z, ended 2026-11-21T00:00:50.000Z, lasted 50.000 s",
        "Notice part2-notice, version 2026-11-01.1, in en-US",
        "heard to its end 2026-11-21T00:00:20.000Z",
        "opened: the notice was heard and acknowledged",
        "payor: REVOKED; nothing may be released: revoked",
        "revoked 2026-11-21T00:00:45.000Z in speech: \"take that back\" (97 % sure, 44.000 s to 44.400 s",
        "substance, sensitive: pending",
        "1.000 s, 2 channels",
    ] {
        assert!(page.contains(told), "{told}\nis missing in\n{page}");
    }
    assert!(!page.contains('\u{1b}'), "what callers type does not steer the terminal");
    let (_, shown, _) = candor(&data, &["show", "over", "--json"]);
    assert_eq!(lines(&shown), [record]);
}

#[test]
fn what_is_not_there_is_said_with_the_mend() {
    let data = Folder::new("absent");
    let (status, _, said) = candor(&data.join("nowhere"), &["list"]);
    assert!(status == 2 && said.contains("--data"), "{said}");
    let (status, _, said) = candor(&data, &["list"]);
    assert!(status == 2 && said.contains("candor.db"), "{said}");
    drop(Runtime::new().unwrap().block_on(store(&data)));
    for command in [&["show", "x"][..], &["export", "x"], &["verify", "x"]] {
        let (status, out, said) = candor(&data, command);
        assert!(status == 1 && out.is_empty() && said.contains("candor record list"), "{command:?}: {said}");
    }
    assert_eq!(candor(&data, &["list"]).0, 0);
    assert_eq!(candor(&data, &["verify"]).0, 0);
    assert_eq!(candor(&data, &["export", "x", "--format", "wax"]).0, 2);
}

#[test]
fn a_call_is_exported_whole_and_for_its_owners_eyes_only() {
    let data = Folder::new("exported");
    let runtime = Runtime::new().unwrap();
    let record = runtime.block_on(async { calls(&store(&data).await).await });
    let out = |name: &str| data.join(name).to_str().unwrap().to_owned();

    assert_eq!(candor(&data, &["export", "over", "--out", &out("over.json")]).0, 0);
    let exported: serde_json::Value =
        serde_json::from_slice(&fs::read(data.join("over.json")).unwrap()).unwrap();
    let opening: Opened = serde_json::from_value(exported["opened"].clone()).unwrap();
    let entries: Vec<Entry> = serde_json::from_value(exported["entries"].clone()).unwrap();
    assert_eq!(Chain::verify(&opening, &entries).unwrap().head().to_string(), record.journal.head);
    assert_eq!(serde_json::from_value::<CallRecord>(exported["record"].clone()).unwrap(), record);
    assert_eq!(fs::metadata(data.join("over.json")).unwrap().permissions().mode() & 0o777, 0o600);
    let (_, printed, _) = candor(&data, &["export", "over"]);
    assert_eq!(printed, fs::read_to_string(data.join("over.json")).unwrap());

    assert_eq!(candor(&data, &["export", "over", "--format", "wav", "--out", &out("over.wav")]).0, 0);
    let wav = hound::WavReader::open(data.join("over.wav")).unwrap();
    assert_eq!((wav.spec().channels, wav.duration()), (2, 8_000));
    let (status, _, said) = candor(&data, &["export", "over", "--format", "wav", "--out", &out("over.wav")]);
    assert!(status == 2 && said.contains("exists already"), "{said}");
    assert_eq!(candor(&data, &["export", "over", "--format", "wav"]).0, 2);
    let (status, _, said) = candor(&data, &["export", "cut", "--format", "wav", "--out", &out("cut.wav")]);
    assert!(status == 1 && said.contains("no recording") && !data.join("cut.wav").exists(), "{said}");
}

#[test]
fn verify_names_every_call_that_was_altered_and_no_other() {
    let data = Folder::new("verified");
    let runtime = Runtime::new().unwrap();
    runtime.block_on(async { calls(&store(&data).await).await });
    let (status, told, said) = candor(&data, &["verify"]);
    assert_eq!(status, 0, "{told}{said}");
    assert!(
        told.contains("over  ok  10 entries, recording 1000 ms") && told.contains("cut  ok  5 entries"),
        "{told}"
    );

    let tape = data.join("recordings/over.sealed");
    let sound = fs::read(&tape).unwrap();
    let mut altered = sound.clone();
    altered[9_000] ^= 1;
    fs::write(&tape, &altered).unwrap();
    assert!(
        candor(&data, &["verify", "over"]).1.contains("over  FAULTY  its recording was altered at chunk 0")
    );
    fs::remove_file(&tape).unwrap();
    assert!(candor(&data, &["verify"]).1.contains("its recording is gone"));
    assert_eq!(candor(&data, &["verify", "cut"]).0, 0);
    fs::write(&tape, &sound).unwrap();
    assert_eq!(candor(&data, &["verify"]).0, 0);
}

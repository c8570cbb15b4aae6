//! A page of the database that the disk spoiled costs the calls on it: they are named, and the others go on.

use crate::{
    ground::{Folder, entries, keys, keys_folder, opened, store},
    spoken::{days_later, keep, purge},
};
use candor::{
    call,
    journal::Chain,
    ports::{Entropy, Ledger},
    store::{Archive, Filter, Store},
};
use std::{fs, path::Path, process::Command};

const PAGE_BYTES: usize = 4_096;

struct Fixed;

impl Entropy for Fixed {
    fn draw(&self) -> u128 {
        9
    }
}

/// Spoils every page of the database on which `needle` stands: how many.
fn spoil(data: &Path, needle: &[u8]) -> usize {
    let path = data.join("candor.db");
    let mut bytes = fs::read(&path).unwrap();
    let mut spoiled = 0;
    // The first page holds the schema.
    for page in bytes.chunks_mut(PAGE_BYTES).skip(1) {
        if page.windows(needle.len()).any(|window| window == needle) {
            page.fill(0x55);
            spoiled += 1;
        }
    }
    fs::write(&path, bytes).unwrap();
    spoiled
}

/// Calls `call0` to `call7`, of which `call3` has a journal over many pages, and `cut`, which a crash cut short.
async fn calls(data: &Path) -> Vec<u8> {
    let store = store(data).await;
    for n in 0..8 {
        keep(&store, &format!("call{n}"), &[], &[], true).await;
    }
    let mut leaf = Vec::new();
    for (call_id, count) in [("cut", 40), ("long", 400)] {
        let opening = opened(call_id);
        store.open(&opening).await.unwrap();
        let written = entries(&mut Chain::new(&opening), count);
        leaf = written[written.len() / 2].leaf.0.to_vec();
        store.append(call_id, written).await.unwrap();
    }
    store.fold().await.unwrap();
    leaf
}

#[tokio::test]
async fn a_spoiled_page_of_journals_is_named_with_its_call_and_others_go_on() {
    let data = Folder::new("spoiled-entries");
    let leaf = calls(&data).await;
    assert_eq!(spoil(&data, &leaf), 1);
    let store = Store::open(&data, keys(&data)).await.expect("the server starts");
    // As at every start: what a crash cut short is closed, but for the one that is spoiled.
    let recordings = store.recordings();
    let (mut closed, mut left) = (Vec::new(), Vec::new());
    for call_id in store.unfinished().await.unwrap() {
        match call::recover(&store, recordings.as_ref(), &Fixed, &call_id).await {
            Ok(_) => closed.push(call_id),
            Err(why) => left.push((call_id, why.0)),
        }
    }
    assert_eq!(closed, ["cut"]);
    assert!(left.len() == 1 && left[0].0 == "long" && left[0].1.contains("malformed"), "{left:?}");
    let faulty: Vec<String> = faults(store.archive()).await;
    assert_eq!(faulty, ["long"], "and no other");
    assert_eq!(store.archive().records(&Filter::default()).await.unwrap().len(), 9);
    keep(&store, "new", &[], &[], true).await;
    assert!(store.archive().verify("new").await.is_ok(), "calls are taken");
    let done = store.purge(&purge(days_later(91)), |_, _| {}).await.unwrap();
    assert_eq!((done.gone.len(), done.failed.len()), (10, 0), "{:?}", done.failed);
}

async fn faults(archive: &Archive) -> Vec<String> {
    let mut faulty = Vec::new();
    for id in archive.ids().await.unwrap() {
        if archive.verify(&id).await.is_err() {
            faulty.push(id);
        }
    }
    faulty
}

#[test]
fn a_spoiled_page_of_calls_is_named_and_the_others_are_listed() {
    let data = Folder::new("spoiled-calls");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let opening: Vec<u8> = runtime.block_on(async {
        calls(&data).await;
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(data.join("candor.db"));
        let mut raw = <sqlx::SqliteConnection as sqlx::Connection>::connect_with(&options).await.unwrap();
        let opening = "SELECT opening FROM calls WHERE call_id = 'call3'";
        sqlx::query_scalar(opening).fetch_one(&mut raw).await.unwrap()
    });
    assert_eq!(spoil(&data, &opening[..32]), 1);
    let candor = |args: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_candor"))
            .arg("record")
            .args(args)
            .args(["--data", data.to_str().unwrap(), "--keys", keys_folder(&data).to_str().unwrap()])
            .output()
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    };
    let (status, listed, told) = candor(&["list"]);
    assert!(status == 0 && listed.contains("call0") && !listed.contains("call3"), "{listed}{told}");
    assert!(told.contains("call3"), "it is named: {told}");
    let (status, told, _) = candor(&["verify"]);
    assert_eq!(status, 1);
    let line =
        |id: &str| told.lines().find(|line| line.starts_with(&format!("{id}  "))).unwrap_or("").to_owned();
    assert!(line("call3").contains("FAULTY") && line("call0").contains("ok"), "{told}");
}

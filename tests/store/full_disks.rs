//! A full disk is an error at once, spoils nothing that was written, and heals.

use crate::ground::{Folder, entries, opened};
use candor::{
    journal::Chain,
    ports::{Ledger, Recordings},
    store::Store,
};
use std::{path::PathBuf, process::Command};

const CRAMPED: &str = "CANDOR_TEST_CRAMPED";
const BYTES_MAX: u64 = 400_000;

#[test]
fn a_full_disk_is_told_at_once_and_heals() {
    // This test runs itself again as a process that may not write large files: the shell ignores the signal
    // that would end it, so that writing fails as on a full disk.
    if let Some(data) = std::env::var_os(CRAMPED) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(cramped(PathBuf::from(data)));
        return;
    }
    let data = Folder::new("full");
    let status = Command::new("sh")
        .args(["-c", "trap '' XFSZ; exec \"$@\"", "sh"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "full_disks::a_full_disk_is_told_at_once_and_heals", "--nocapture"])
        .env(CRAMPED, &*data)
        .status()
        .unwrap();
    assert!(status.success(), "{status}");
}

fn limit(bytes: &str) {
    let pid = std::process::id().to_string();
    let status =
        Command::new("prlimit").args(["--pid", &pid, &format!("--fsize={bytes}:")]).status().unwrap();
    assert!(status.success(), "prlimit (util-linux) sets the limit of this test");
}

async fn cramped(data: PathBuf) {
    let store = Store::open(&data).await.unwrap();
    let opening = opened("one");
    let mut chain = Chain::new(&opening);
    store.open(&opening).await.unwrap();
    limit(&BYTES_MAX.to_string());
    let (mut acknowledged, refused) = loop {
        let more = entries(&mut chain, 200);
        match store.append("one", more.clone()).await {
            Ok(()) => assert!(chain.len() < 100_000, "the disk never fills"),
            Err(refused) => break (more, refused),
        }
    };
    assert!(refused.0.contains("cannot be written"), "{refused}");
    limit("1");
    assert!(store.ready(opening.started_at).await.is_err(), "it says that it is not ready");
    let (_, kept) = store.journal("one").await.unwrap().unwrap();
    assert_eq!(
        kept.len() as u64,
        acknowledged[0].seq,
        "nothing acknowledged is lost, and nothing else is there"
    );
    Chain::verify(&opening, &kept).unwrap();

    limit(&BYTES_MAX.to_string());
    store.recordings().append("one", vec![0xff; BYTES_MAX as usize + 2]).await.unwrap();
    assert!(store.recordings().finish("one").await.is_err(), "a recording with a hole is no recording");

    limit("unlimited");
    store.append("one", acknowledged.clone()).await.unwrap();
    let (_, mut healed) = store.journal("one").await.unwrap().unwrap();
    assert_eq!(healed.split_off(kept.len()), std::mem::take(&mut acknowledged));
}

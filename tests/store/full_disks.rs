//! A full disk is an error at once, spoils nothing that was written, and heals.

use crate::ground::{self, Folder, entries, keys, opened};
use candor::{
    journal::{Chain, Label},
    ports::{Ledger, Recordings},
    store::Store,
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

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
    let store = ground::store(&data).await;
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
    store.recordings().append("one", Label::General, vec![0xff; BYTES_MAX as usize + 2]).await.unwrap();
    assert!(
        store.recordings().finish("one", Vec::new()).await.is_err(),
        "a recording with a hole is no recording"
    );

    limit("unlimited");
    store.append("one", acknowledged.clone()).await.unwrap();
    let (_, mut healed) = store.journal("one").await.unwrap().unwrap();
    assert_eq!(healed.split_off(kept.len()), std::mem::take(&mut acknowledged));
}

/// A small disk of its own, gone when the test is over.
struct Disk<'a>(&'a Path);

impl<'a> Disk<'a> {
    fn mount(at: &'a Path, options: &str) -> Option<Disk<'a>> {
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(at).output();
        mounted.is_ok_and(|output| output.status.success()).then_some(Disk(at))
    }
}

impl Drop for Disk<'_> {
    fn drop(&mut self) {
        // Lazily: a connection that is just being closed still has its files open.
        let _ = Command::new("umount").arg("-l").arg(self.0).status();
    }
}

#[tokio::test]
async fn a_disk_without_room_or_without_leave_to_write_is_told_at_once() {
    let at = Folder::new("small-disk");
    let Some(disk) = Disk::mount(&at, "size=1m") else {
        eprintln!("SKIPPED: no disk can be mounted here; run as root to see the store meet a real full disk");
        return;
    };
    let store = ground::store(&at).await;
    let opening = opened("one");
    let mut chain = Chain::new(&opening);
    store.open(&opening).await.unwrap();
    fs::write(at.join("ballast"), vec![1; 200_000]).unwrap();
    let _ = fs::write(at.join("rest"), vec![1; 1_000_000]);
    let more = entries(&mut chain, 400);
    let refused = store.append("one", more.clone()).await.unwrap_err();
    assert!(refused.0.contains("full"), "{refused}");
    fs::remove_file(at.join("rest")).unwrap();
    store.append("one", more.clone()).await.unwrap();
    assert_eq!(store.journal("one").await.unwrap().unwrap().1, more);
    drop((store, disk));

    let Some(_disk) = Disk::mount(&at, "ro") else { panic!("a disk could be mounted a moment ago") };
    let refused = Store::open(&at, keys(&at)).await.err().unwrap();
    assert!(refused.0.contains("Read-only"), "{refused}");
}

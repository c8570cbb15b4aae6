//! A purge that is cut off anywhere leaves every call whole or destroyed, never in between, and the next one finishes.

use crate::{
    ground::{self, Folder, keys, store},
    spoken::{days_later, keep, purge},
};
use candor::{
    journal::{HoldReason, Label},
    ports::Ledger,
    store::{Saved, Store, backup, retention::Purge},
    time::Utc,
};
use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

const VICTIM: &str = "CANDOR_TEST_PURGER";
const CALLS: usize = 12;

#[test]
fn a_purge_killed_anywhere_is_accepted_and_finished_by_the_next() {
    // This test runs itself again as the process that is killed.
    if let Some(data) = std::env::var_os(VICTIM) {
        victim(&PathBuf::from(data));
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let template = Folder::new("purger-template");
    let _store = runtime.block_on(async {
        let store = store(&template).await;
        for n in 0..CALLS {
            keep(&store, &format!("call{n}"), &[], &[], true).await;
        }
        // With its log folded into the database, and as long as the store is open, the folder stands still and can be
        // copied.
        let began = std::time::Instant::now();
        while !store.fold().await.unwrap() {
            assert!(began.elapsed().as_secs() < 60, "the log is not folded");
        }
        store
    });
    println!("kill  after ms  destroyed  untidy  certified before  after");
    let mut between = 0;
    for kill in 0..ground::rounds(16, 100) {
        let data = Folder::new(&format!("purger-{kill}"));
        let folder = data.join("data");
        copy(&template, &folder);
        copy(&ground::keys_folder(&template), &ground::keys_folder(&folder));
        let micros = (kill as u64).wrapping_mul(2_654_435_761) % 120_000;
        kill_after(&folder, micros);
        between += runtime.block_on(check(&folder, kill, micros));
        fs::remove_dir_all(ground::keys_folder(&folder)).unwrap();
    }
    assert!(between > 0, "no kill came between the first call's destruction and the certificate");
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for file in fs::read_dir(from).unwrap() {
        let path = file.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
    let mode = fs::metadata(from).unwrap().permissions();
    fs::set_permissions(to, mode).unwrap();
}

fn kill_after(data: &Path, micros: u64) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "cut_purges::a_purge_killed_anywhere_is_accepted_and_finished_by_the_next",
            "--nocapture",
        ])
        .env(VICTIM, data)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.any(|line| line == "purging"), "the victim did not begin");
    std::thread::sleep(std::time::Duration::from_micros(micros));
    let _ = child.kill();
    child.wait().unwrap();
}

/// Purges until it is killed, or done.
fn victim(data: &Path) -> ! {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = store(data).await;
        std::io::stdout().lock().write_all(b"purging\n").unwrap();
        store.purge(&purge(days_later(91)), |_, _| {}).await.unwrap();
        store.fold().await.unwrap();
    });
    std::process::exit(0)
}

/// Whether the kill came in the middle: 1 or 0.
async fn check(data: &Path, kill: usize, micros: u64) -> usize {
    let store = Store::open(data, keys(data)).await.expect("the killed purge's lock is free");
    let (mut destroyed, mut untidy) = (0, 0);
    for n in 0..CALLS {
        let call_id = format!("call{n}");
        let sound =
            store.archive().verify(&call_id).await.unwrap_or_else(|e| panic!("{kill}: {call_id} {e}"));
        // Both keys or neither: never half a call.
        assert!(
            sound.destroyed.is_empty() || sound.destroyed == [Label::General, Label::Sensitive],
            "{sound}"
        );
        destroyed += usize::from(!sound.destroyed.is_empty());
        untidy += usize::from(sound.untidy);
        assert!(store.archive().record(&call_id).await.unwrap().is_some());
    }
    let before = certified(&store).await;
    let later = purge(Utc(days_later(91).0 + 1));
    let done = store.purge(&later, |_, _| {}).await.unwrap();
    assert_eq!((done.gone.len(), done.failed.len()), (CALLS - destroyed, 0), "{done:?}");
    for n in 0..CALLS {
        let sound = store.archive().verify(&format!("call{n}")).await.unwrap();
        assert!(sound.destroyed.len() == 2 && !sound.untidy, "{sound}");
    }
    let after = certified(&store).await;
    assert_eq!(after.len(), CALLS, "every call is certified, once");
    assert!(store.purge(&later, |_, _| {}).await.unwrap().certificates.is_empty());
    println!(
        "{kill:4}  {:8.1}  {destroyed:9}  {untidy:6}  {:16}  {:5}",
        micros as f64 / 1e3,
        before.len(),
        after.len()
    );
    usize::from(destroyed > 0 && before.len() < CALLS)
}

/// The calls that certificates name; each is named once.
async fn certified(store: &Store) -> BTreeSet<String> {
    let mut calls = BTreeSet::new();
    for (_, signed) in store.archive().certificates().await.unwrap() {
        for gone in signed.check(None).unwrap().calls {
            assert!(calls.insert(gone.call_id.clone()), "{} is certified twice", gone.call_id);
        }
    }
    calls
}

#[tokio::test]
async fn a_file_that_cannot_be_cleared_is_named_and_cleared_by_the_next_purge() {
    let data = Folder::new("uncleared");
    let store = store(&data).await;
    for call_id in ["blocked", "free"] {
        keep(&store, call_id, &[], &[], true).await;
    }
    // Where the recording should be written anew there is something else, as on a disk that is full.
    let beside = data.join("recordings/blocked.part");
    fs::create_dir(&beside).unwrap();
    let done = store.purge(&purge(days_later(91)), |_, _| {}).await.unwrap();
    assert_eq!(done.failed.iter().map(|(call_id, _)| call_id.as_str()).collect::<Vec<_>>(), ["blocked"]);
    assert_eq!(certified(&store).await, ["free".to_owned()].into());
    let sound = store.archive().verify("blocked").await.unwrap();
    assert!(sound.untidy && sound.to_string().contains("still to be cleared"), "{sound}");
    assert!(Saved::of(store.archive()).sha256("blocked").await.is_err(), "its key is gone all the same");
    fs::remove_dir(&beside).unwrap();
    let done = store.purge(&purge(days_later(92)), |_, _| {}).await.unwrap();
    assert!(done.failed.is_empty() && done.gone.is_empty(), "{done:?}");
    assert!(!store.archive().verify("blocked").await.unwrap().untidy);
    assert_eq!(certified(&store).await.len(), 2);
}

#[tokio::test]
async fn a_clock_that_was_set_back_destroys_nothing_and_calls_are_taken() {
    let data = Folder::new("set-back");
    let store = store(&data).await;
    keep(&store, "one", &[], &[], true).await;
    store.ready(days_later(200)).await.unwrap();
    let refused = store.purge(&purge(days_later(150)), |_, _| {}).await.unwrap_err();
    assert!(refused.0.contains("clock") && refused.0.contains("nothing is destroyed"), "{refused}");
    assert!(store.archive().verify("one").await.unwrap().destroyed.is_empty());
    // A call that begins by that clock is kept like any other.
    crate::spoken::keep_from(&store, Utc(days_later(-30).0), "earlier", &[], &[], true).await;
    assert!(store.archive().verify("earlier").await.is_ok());
    let done = store.purge(&purge(days_later(200)), |_, _| {}).await.unwrap();
    assert_eq!(done.gone.len(), 2);
}

#[tokio::test]
async fn two_processes_that_purge_and_hold_at_once_agree() {
    let data = Folder::new("at-once");
    let server = store(&data).await;
    for n in 0..8 {
        keep(&server, &format!("call{n}"), &[], &[], true).await;
    }
    let beside = Store::beside(&data, keys(&data)).await.unwrap();
    let (one, two) = (purge(days_later(91)), purge(days_later(91)));
    let by = one.by.clone();
    let hold = async {
        let mut held = Vec::new();
        for n in 0..8 {
            let call_id = format!("call{n}");
            let hold = beside.hold(&call_id, HoldReason::Legal, None, None, by.clone(), days_later(91)).await;
            held.push(hold.unwrap_or_else(|why| panic!("{call_id}: {}", why.0)));
        }
        held
    };
    let (first, second, held) =
        tokio::join!(server.purge(&one, |_, _| {}), beside.purge(&two, |_, _| {}), hold);
    let gone: Vec<String> =
        [first.unwrap().gone, second.unwrap().gone].concat().into_iter().map(|gone| gone.call_id).collect();
    let once: BTreeSet<&String> = gone.iter().collect();
    assert_eq!(once.len(), gone.len(), "nothing is destroyed twice");
    assert_eq!(held.len(), 8, "what is destroyed in part can be held still");
    for n in 0..8 {
        let call_id = format!("call{n}");
        let sound = server.archive().verify(&call_id).await.unwrap();
        assert_eq!(!sound.destroyed.is_empty(), once.contains(&call_id), "{call_id}: {sound}");
    }
}

#[tokio::test]
async fn a_full_disk_stops_a_purge_and_spoils_nothing() {
    let at = Folder::new("purge-small-disk");
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=3m", "tmpfs"]).arg(&*at).output();
    if !mounted.is_ok_and(|output| output.status.success()) {
        eprintln!("SKIPPED: no disk can be mounted here; run as root to see a purge meet a real full disk");
        return;
    }
    struct Mounted<'a>(&'a Path);
    impl Drop for Mounted<'_> {
        fn drop(&mut self) {
            let _ = Command::new("umount").arg("-l").arg(self.0).status();
        }
    }
    let _disk = Mounted(&at);
    let store = store(&at).await;
    for n in 0..4 {
        keep(&store, &format!("call{n}"), &[], &[], true).await;
    }
    assert!(store.fold().await.unwrap());
    let mut ballast = fs::File::create(at.join("ballast")).unwrap();
    while ballast.write_all(&[1; 512]).is_ok() {}
    let stopped = store.purge(&purge(days_later(91)), |_, _| {}).await;
    let is_told = match &stopped {
        Ok(done) => !done.failed.is_empty(),
        Err(error) => error.0.contains("full") || error.0.contains("cannot be written"),
    };
    assert!(is_told, "{stopped:?}");
    for n in 0..4 {
        store.archive().verify(&format!("call{n}")).await.unwrap();
    }
    let refused = backup::write(&at, &at.join("copy"), |_, _| {}).await;
    assert!(refused.is_err(), "nor does a backup fit");
    drop(ballast);
    fs::remove_file(at.join("ballast")).unwrap();
    let again = Purge { now: days_later(92), ..purge(days_later(92)) };
    let done = store.purge(&again, |_, _| {}).await.unwrap();
    assert!(done.failed.is_empty(), "{done:?}");
    for n in 0..4 {
        let sound = store.archive().verify(&format!("call{n}")).await.unwrap();
        assert!(sound.destroyed.len() == 2 && !sound.untidy, "{sound}");
    }
    assert_eq!(certified(&store).await.len(), 4);
    assert!(store.unfinished().await.unwrap().is_empty());
}

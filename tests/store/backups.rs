//! A copy made beside a running server is whole, opens with the keys, and says plainly what a purge cannot reach.

use crate::{
    ground::{Folder, entries, keys_folder, opened, store},
    spoken::{CLIP, days_later, keep, purge},
};
use candor::{
    call,
    journal::Chain,
    ports::{Entropy, Ledger},
    store::{Archive, Keyring, Saved, Store},
};
use std::{
    path::Path,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

struct Fixed;

impl Entropy for Fixed {
    fn draw(&self) -> u128 {
        11
    }
}

fn backup(data: &Path, to: &Path) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_candor"))
        .args(["backup", "--data", data.to_str().unwrap(), "--to", to.to_str().unwrap()])
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.code().unwrap(), told + &String::from_utf8_lossy(&output.stderr))
}

fn keyring(data: &Path) -> Arc<Keyring> {
    Arc::new(Keyring::existing(&keys_folder(data), None).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_beside_a_writing_server_is_whole_and_goes_on_where_it_was() {
    let data = Folder::new("backed-up");
    let store = Arc::new(store(&data).await);
    for n in 0..4 {
        keep(&store, &format!("call{n}"), &[], &[], true).await;
    }
    keep(&store, "live", &[], &[], false).await;
    let stop = Arc::new(AtomicBool::new(false));
    let writing = tokio::spawn({
        let (store, stop) = (Arc::clone(&store), Arc::clone(&stop));
        async move {
            let opening = opened("busy");
            store.open(&opening).await.unwrap();
            let mut chain = Chain::new(&opening);
            while !stop.load(Ordering::Relaxed) {
                store.append("busy", entries(&mut chain, 20)).await.unwrap();
            }
        }
    });
    let to = data.join("copy");
    let (from, target) = (data.to_path_buf(), to.clone());
    let (status, told) = tokio::task::spawn_blocking(move || backup(&from, &target)).await.unwrap();
    stop.store(true, Ordering::Relaxed);
    writing.await.unwrap();
    assert!(status == 0 && told.contains("recordings"), "{told}");
    assert_eq!(backup(&data, &to).0, 1, "nothing is written over");
    drop(store);

    let restored = Store::open(&to, keyring(&data)).await.expect("it is opened like any folder");
    let recordings = restored.recordings();
    for call_id in restored.unfinished().await.unwrap() {
        call::recover(&restored, recordings.as_ref(), &Fixed, &call_id).await.unwrap();
    }
    let ids = restored.archive().ids().await.unwrap();
    assert!(["call0", "call3", "live"].iter().all(|id| ids.iter().any(|known| known == id)), "{ids:?}");
    for id in &ids {
        restored.archive().verify(id).await.unwrap_or_else(|fault| panic!("{id} {fault}"));
    }
    let saved = Saved::of(restored.archive());
    assert!(saved.ids().iter().all(|id| ids.contains(id)));
    assert!(saved.clip("call0", CLIP.0, CLIP.1).await.unwrap().is_some());
}

#[tokio::test]
async fn a_copy_from_before_a_purge_opens_what_was_destroyed_and_one_from_after_does_not() {
    let data = Folder::new("backup-purged");
    let store = store(&data).await;
    keep(&store, "one", &[], &[], true).await;
    let (before, after) = (data.join("before"), data.join("after"));
    assert_eq!(backup(&data, &before).0, 0);
    let done = store.purge(&purge(days_later(91)), |_, _| {}).await.unwrap();
    assert_eq!(done.gone.len(), 1);
    assert_eq!(backup(&data, &after).0, 0);

    let old = Archive::open(&before, keyring(&data)).await.unwrap();
    let words = serde_json::to_string(&old.journal("one").await.unwrap().unwrap().1).unwrap();
    assert!(words.contains("heroin"), "the wrapped keys are in the old copy: it needs the same retention");
    let new = Archive::open(&after, keyring(&data)).await.unwrap();
    assert!(new.journal("one").await.is_err() && new.record("one").await.unwrap().is_some());
    assert_eq!(new.verify("one").await.unwrap().destroyed.len(), 2);

    // Restored, the old copy is due again at once.
    let restored = Store::open(&before, keyring(&data)).await.unwrap();
    assert_eq!(restored.purge(&purge(days_later(92)), |_, _| {}).await.unwrap().gone.len(), 1);
    drop(restored);

    // The end of the program takes the old copy with it: the keys that wrapped its keys are gone.
    let older = data.join("older");
    assert_eq!(backup(&data, &older).0, 0);
    let done = store.purge_everything(&purge(days_later(93)), |_, _| {}).await.unwrap();
    assert!(done.certificates.iter().any(|signed| signed.check(None).unwrap().everything));
    let old = Archive::open(&older, keyring(&data)).await.unwrap();
    assert!(!matches!(old.record("one").await, Ok(Some(_))));
}

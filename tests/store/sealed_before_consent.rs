//! A folder that the version with two keys a call wrote is opened, checked, gone on with and purged by this one.

use crate::{
    ground::{BEGAN, Folder},
    spoken::{DAY_MS, days_later, purge},
};
use candor::{
    call,
    journal::{Event, Label},
    ports::{Entropy, Ledger},
    store::{Keyring, Saved, Store, export},
    time::Utc,
};
use std::{fs, os::unix::fs::PermissionsExt, path::Path, process::Command, sync::Arc};

struct Fixed;

impl Entropy for Fixed {
    fn draw(&self) -> u128 {
        5
    }
}

/// `over`, of which entry 0 was redacted; `half`, whose sensitive key was destroyed; `cut`, which a crash cut short.
async fn before(data: &Path) -> Store {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/sealed");
    fs::create_dir_all(data.join("recordings")).unwrap();
    fs::create_dir_all(data.join("keys")).unwrap();
    for file in ["candor.db", "keys/keyring.json"] {
        fs::copy(fixture.join(file), data.join(file)).unwrap();
    }
    for call_id in ["over", "half", "cut"] {
        let file = format!("recordings/{call_id}.sealed");
        fs::copy(fixture.join(&file), data.join(&file)).unwrap();
    }
    fs::set_permissions(data.join("keys"), fs::Permissions::from_mode(0o700)).unwrap();
    fs::set_permissions(data.join("keys/keyring.json"), fs::Permissions::from_mode(0o600)).unwrap();
    let keys = Arc::new(Keyring::existing(&data.join("keys"), None).unwrap());
    Store::open(data, keys).await.unwrap()
}

async fn exported(store: &Store, call_id: &str, to: &Path) {
    let evidence = store.archive().evidence(call_id).await.unwrap().unwrap();
    let recording = Saved::of(store.archive()).path(call_id).unwrap();
    export::write(evidence, store.archive().key_service(), &recording, &[], to).await.unwrap();
    assert!(export::check(to, None).unwrap().1.is_ok(), "{call_id}: {:?}", export::check(to, None));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/verify.py");
    let output = Command::new("python3").arg(script).arg(to).output().expect("python3 is there");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[tokio::test]
async fn calls_with_two_keys_open_verify_and_are_closed() {
    let data = Folder::new("two-keys");
    let store = before(&data).await;
    for (call_id, destroyed) in [("over", vec![]), ("half", vec![Label::Sensitive]), ("cut", vec![])] {
        let sound = store.archive().verify(call_id).await.unwrap();
        assert_eq!(sound.destroyed, destroyed, "{call_id}");
        exported(&store, call_id, &data.join(format!("export-{call_id}"))).await;
    }
    assert_eq!(store.archive().record("over").await.unwrap().unwrap().consents.len(), 1);
    // What a crash left is closed with the keys that it has.
    let recordings = store.recordings();
    let record = call::recover(&store, recordings.as_ref(), &Fixed, "cut").await.unwrap().unwrap();
    assert_eq!(record.recording.unwrap().duration_ms, 300);
    assert!(store.archive().verify("cut").await.unwrap().is_over);
    exported(&store, "cut", &data.join("export-closed")).await;
    assert!(store.unfinished().await.unwrap().is_empty());
}

#[tokio::test]
async fn of_calls_with_two_keys_words_are_redacted_and_proofs_stay() {
    let data = Folder::new("two-keys-purged");
    let store = before(&data).await;
    let record = store.archive().record("over").await.unwrap();
    let done = store.purge(&purge(days_later(91)), |_, _| {}).await.unwrap();
    assert_eq!(done.failed, [], "{done:?}");
    let over = done.gone.iter().find(|gone| gone.call_id == "over").expect("it is due");
    assert_eq!(over.labels, [Label::Sensitive]);
    assert_eq!(store.archive().record("over").await.unwrap(), record, "its consents are on record");
    let evidence = store.archive().evidence("over").await.unwrap().unwrap();
    let left: Vec<String> = evidence
        .entries
        .iter()
        .filter_map(|(_, body)| body.bytes())
        .map(|bytes| String::from_utf8_lossy(&bytes[32..]).into_owned())
        .collect();
    assert!(left.iter().any(|text| text.contains("consent_decided")), "{left:?}");
    let words = |text: &String| matches!(serde_json::from_str(text), Ok(Event::Input { .. }));
    assert!(!left.iter().any(words), "{left:?}");
    // Nothing in the recording was signed with: nothing of it is kept.
    assert!(!data.join("recordings/over.sealed").exists());
    let sound = store.archive().verify("over").await.unwrap();
    assert!(!sound.untidy, "{sound}");
    exported(&store, "over", &data.join("export")).await;
    assert!(store.purge(&purge(days_later(92)), |_, _| {}).await.unwrap().gone.is_empty(), "once");

    let over = Utc(BEGAN.0 + 6 * 366 * DAY_MS + DAY_MS);
    let done = store.purge(&purge(over), |_, _| {}).await.unwrap();
    assert!(
        done.gone.iter().any(|gone| gone.call_id == "over" && gone.labels == [Label::General]),
        "{done:?}"
    );
    assert_eq!(store.archive().record("over").await.unwrap(), None);
    assert!(store.archive().verify("over").await.is_ok());
    exported(&store, "over", &data.join("export-gone")).await;
}

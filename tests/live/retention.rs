//! The server destroys by itself what is over, and leaves what is not.

use crate::server::{Server, has_models};
use candor::{
    dialogue::{ChannelKind, Fact, Outcome},
    journal::{Bytes32, Chain, Event, Label, Opened, record},
    ports::Ledger,
    program::Locale,
    store::{Archive, Keyring, Store},
    time::{Millis, Utc},
};
use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

const RUN_MAX: Duration = Duration::from_secs(60);
const DAY_MS: i64 = 86_400_000;

fn keys(folder: &Path) -> Arc<Keyring> {
    Arc::new(Keyring::open(&folder.join("keys"), None).expect("keys"))
}

/// A call that ended so many days ago.
async fn call(store: &Store, call_id: &str, days: i64) {
    let opening = Opened {
        call_id: call_id.into(),
        program: "harbor".into(),
        program_sha256: "aa".into(),
        channel: ChannelKind::Phone,
        provider: None,
        provider_call_id: None,
        direction: "inbound".into(),
        started_at: Utc(jiff::Timestamp::now().as_millisecond() - days * DAY_MS),
        locale: Locale::EnUs,
        person_available: true,
        spoken: vec![Locale::EnUs],
        notice_id: "part2-notice".into(),
        notice_version: "1".into(),
        notice_sha256: "bb".into(),
        resumes: None,
        build: "test".into(),
        salt: Bytes32::sha256(&[call_id.as_bytes()]),
    };
    store.open(&opening).await.expect("it is opened");
    let mut chain = Chain::new(&opening);
    let words = Event::Input { input: serde_json::json!({"input": "said", "text": "hello"}) };
    let ended = Event::Fact { fact: Fact::Ended { outcome: Outcome::Abandoned } };
    let entries: Vec<_> = [(Label::General, words), (Label::Consent, ended)]
        .into_iter()
        .map(|(label, event)| chain.entry(Millis(5), label, event, Bytes32::sha256(&[b"salt"])))
        .collect();
    store.append(call_id, entries.clone()).await.expect("it is written");
    store.close(call_id, &record(&opening, &entries)).await.expect("it is closed");
}

#[test]
fn the_server_destroys_what_is_over_by_itself() {
    if !has_models() {
        return;
    }
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let mut server = Server::start_with("retention", &[], |folder| {
        runtime.block_on(async {
            let store = Store::open(&folder.join("data"), keys(folder)).await.expect("a store");
            call(&store, "old", 200).await;
            call(&store, "yesterday", 1).await;
        });
    });
    let began = Instant::now();
    while !server.wait_for("/metrics", RUN_MAX).contains("candor_retention_runs_total 1") {
        assert!(began.elapsed() < RUN_MAX, "no run within {RUN_MAX:?}");
        std::thread::yield_now();
    }
    let metrics = server.wait_for("/metrics", RUN_MAX);
    for line in
        ["candor_retention_destroyed_total 1", "candor_retention_failures_total 0", "candor_retention_held 0"]
    {
        assert!(metrics.contains(line), "{line} is missing in\n{metrics}");
    }
    runtime.block_on(async {
        let archive =
            Archive::open(&server.folder().join("data"), keys(server.folder())).await.expect("it is read");
        assert_eq!(archive.verify("old").await.expect("it verifies").destroyed.len(), 2);
        assert!(archive.verify("yesterday").await.expect("it verifies").destroyed.is_empty());
        assert_eq!(archive.certificates().await.expect("it is read").len(), 1);
    });
    let heads = std::fs::read_dir(server.folder().join("data/heads")).expect("yesterday's heads");
    assert_eq!(heads.count(), 1);
    assert!(server.log().contains("destroyed=1"), "one line says what was done");
}

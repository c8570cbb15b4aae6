//! What the ledger acknowledged is there afterwards, whole, in order, and cannot be changed.

use crate::ground::{self, BEGAN, Folder, entries, keys, opened, story, told};
use candor::{
    journal::{self, Chain},
    observe::metrics,
    ports::Ledger,
    store::{Archive, Filter},
    time::Utc,
};
use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use std::{path::Path, sync::Arc};

async fn raw(data: &Path) -> SqliteConnection {
    SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(data.join("candor.db")))
        .await
        .unwrap()
}

#[tokio::test]
async fn a_journal_is_read_back_as_it_was_written_after_the_store_was_opened_again() {
    let data = Folder::new("reopened");
    let opening = opened("one");
    let mut chain = Chain::new(&opening);
    let written = told(&mut chain, story(None));
    let record = journal::record(&opening, &written);
    {
        let store = ground::store(&data).await;
        store.open(&opening).await.unwrap();
        store.open(&opened("two")).await.unwrap();
        for entry in &written {
            store.append("one", vec![entry.clone()]).await.unwrap();
        }
        store.append("one", vec![]).await.unwrap();
        assert_eq!(store.unfinished().await.unwrap(), ["one", "two"]);
        store.close("one", &record).await.unwrap();
        assert!(store.ready(Utc(1)).await.is_ok());
    }
    let store = ground::store(&data).await;
    let (read_opening, read) = store.journal("one").await.unwrap().unwrap();
    assert_eq!((&read_opening, &read), (&opening, &written));
    assert_eq!(Chain::verify(&read_opening, &read).unwrap().head(), chain.head());
    assert_eq!(store.journal("two").await.unwrap().unwrap().1, []);
    assert_eq!(store.journal("three").await.unwrap(), None);
    assert_eq!(store.unfinished().await.unwrap(), ["two"]);
    assert_eq!(store.archive().record("one").await.unwrap(), Some(record));
    assert_eq!(store.archive().record("two").await.unwrap(), None);
}

#[tokio::test]
async fn calls_are_found_by_program_outcome_time_and_the_providers_id() {
    let data = Folder::new("found");
    let store = ground::store(&data).await;
    for (n, program) in ["harbor", "harbor", "cove"].into_iter().enumerate() {
        let mut opening = opened(&format!("call{n}"));
        opening.program = program.into();
        opening.started_at = Utc(BEGAN.0 + 1_000 * n as i64);
        let written = told(&mut Chain::new(&opening), story(None));
        store.open(&opening).await.unwrap();
        store.append(&opening.call_id, written.clone()).await.unwrap();
        store.close(&opening.call_id, &journal::record(&opening, &written)).await.unwrap();
    }
    let archive = Archive::open(&data, keys(&data)).await.unwrap();
    let found = async |filter: Filter| {
        let records = archive.records(&filter).await.unwrap();
        records.iter().for_each(|record| assert!(filter.takes(record)));
        records.into_iter().map(|record| record.call_id).collect::<Vec<_>>()
    };
    let all = Filter::default();
    assert_eq!(found(all.clone()).await, ["call0", "call1", "call2"], "newest last");
    assert_eq!(found(Filter { calls_max: Some(2), ..all.clone() }).await, ["call1", "call2"]);
    assert_eq!(found(Filter { program: Some("cove".into()), ..all.clone() }).await, ["call2"]);
    assert_eq!(found(Filter { since: Some(Utc(BEGAN.0 + 1_000)), ..all.clone() }).await, ["call1", "call2"]);
    assert_eq!(found(Filter { before: Some(Utc(BEGAN.0 + 1_000)), ..all.clone() }).await, ["call0"]);
    let failed = Filter { outcome: Some(candor::dialogue::Outcome::Failed), ..all };
    assert_eq!(found(failed).await, [""; 0]);
    assert_eq!(
        archive.find_by_provider_call_id(None, "twilio", "CAcall1").await.unwrap().as_deref(),
        Some("call1")
    );
    assert_eq!(archive.find_by_provider_call_id(None, "other", "CAcall1").await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_calls_share_transactions_and_each_keeps_its_order() {
    const CALLS: usize = 50;
    const APPENDS: usize = 40;
    let data = Folder::new("together");
    let store = Arc::new(ground::store(&data).await);
    let before = transactions();
    let calls = (0..CALLS).map(|n| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            let opening = opened(&format!("call{n}"));
            let mut chain = Chain::new(&opening);
            store.open(&opening).await.unwrap();
            for size in 0..APPENDS {
                // Sizes around those of the prepared statements: 1, 8, 64.
                store
                    .append(&opening.call_id, entries(&mut chain, 1 + (size * 7 % 80) as u64))
                    .await
                    .unwrap();
            }
            chain
        })
    });
    for (n, call) in calls.collect::<Vec<_>>().into_iter().enumerate() {
        let chain = call.await.unwrap();
        let (opening, read) = store.journal(&format!("call{n}")).await.unwrap().unwrap();
        assert_eq!(Chain::verify(&opening, &read).unwrap().head(), chain.head());
        assert_eq!(read.len() as u64, chain.len());
    }
    let (writes, commits) = (CALLS * (APPENDS + 1), transactions() - before);
    assert!(commits * 2 < writes, "{writes} writes took {commits} transactions");
}

fn transactions() -> usize {
    let text = metrics::render();
    let line = text.lines().find_map(|line| line.strip_prefix("candor_store_write_ms_count "));
    line.map_or(0, |count| count.parse().unwrap())
}

#[tokio::test]
async fn what_does_not_fit_a_journal_is_refused_and_stops_nobody_else() {
    let data = Folder::new("refused");
    let store = ground::store(&data).await;
    let opening = opened("one");
    let mut chain = Chain::new(&opening);
    store.open(&opening).await.unwrap();
    let first = entries(&mut chain, 2);
    store.append("one", first.clone()).await.unwrap();
    let skipped = entries(&mut chain, 1);
    let late = entries(&mut chain, 1);

    let second = opened("two");
    // All in one transaction, or each in its own: the outcome is the same.
    let (unknown, gap, twice, other, again) = tokio::join!(
        store.append("nobody", first.clone()),
        store.append("one", late.clone()),
        store.append("one", first.clone()),
        store.open(&second),
        store.open(&opening),
    );
    assert!(unknown.is_err(), "there is no such call");
    assert!(gap.unwrap_err().0.contains("does not follow"), "an entry is missing before it");
    assert_eq!((twice, other, again), (Ok(()), Ok(()), Ok(())), "written again, the same is no error");

    let mut forged = opening.clone();
    forged.program = "cove".into();
    assert!(store.open(&forged).await.is_err(), "another call of the same id");
    let other_text = entries(&mut Chain::new(&forged), 2);
    assert!(store.append("one", other_text).await.is_err(), "other entries of the same numbers");

    store.append("one", skipped).await.unwrap();
    store.append("one", late).await.unwrap();
    let (_, written) = store.journal("one").await.unwrap().unwrap();
    let record = journal::record(&opening, &written);
    store.close("one", &record).await.unwrap();
    store.close("one", &record).await.unwrap();
    assert!(store.append("one", entries(&mut chain, 1)).await.unwrap_err().0.contains("closed"));
    let mut other_end = record.clone();
    other_end.ended_at = Utc(1);
    assert!(store.close("one", &other_end).await.is_err(), "a call ends once");
    assert!(store.close("nobody", &record).await.is_err(), "there is no such call");
    assert_eq!(store.archive().record("one").await.unwrap(), Some(record));
}

#[tokio::test]
async fn the_database_itself_refuses_to_change_or_drop_what_was_written() {
    let data = Folder::new("append-only");
    let store = ground::store(&data).await;
    let opening = opened("one");
    let written = entries(&mut Chain::new(&opening), 3);
    store.open(&opening).await.unwrap();
    store.append("one", written.clone()).await.unwrap();
    let mut raw = raw(&data).await;
    for statement in [
        "UPDATE entries SET sealed = x'00' WHERE seq = 1",
        "UPDATE entries SET sealed = NULL, at = 7 WHERE seq = 1",
        "DELETE FROM entries WHERE seq = 2",
        "INSERT OR REPLACE INTO entries SELECT * FROM entries WHERE seq = 1",
        "UPDATE calls SET opening = x'00'",
        "UPDATE call_keys SET label = 'other'",
        "INSERT INTO statements SELECT call_id, 0, '', zeroblob(63) FROM calls",
        "UPDATE calls SET program = 'cove'",
        "DELETE FROM calls",
    ] {
        assert!(sqlx::query(statement).execute(&mut raw).await.is_err(), "{statement}");
    }
    assert_eq!(store.journal("one").await.unwrap(), Some((opening, written)));
    let full: i64 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(&mut raw).await.unwrap();
    let wal: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut raw).await.unwrap();
    assert_eq!((full, wal.as_str()), (2, "wal"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_is_an_answer_and_not_a_delay() {
    let data = Folder::new("queue");
    let store = Arc::new(ground::store(&data).await);
    store.open(&opened("one")).await.unwrap();
    let mut raw = raw(&data).await;
    // Another process holds the database: the writer waits, and the queue behind it fills.
    let held = raw.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let mut waiting = tokio::task::JoinSet::new();
    for n in 0..6_000 {
        let store = Arc::clone(&store);
        waiting.spawn(async move { store.ready(Utc(n)).await });
    }
    let first = waiting.join_next().await.unwrap().unwrap().unwrap_err();
    assert!(first.0.contains("writes wait already"), "{first}");
    held.rollback().await.unwrap();
    let rest = waiting.join_all().await;
    assert!(rest.iter().filter(|outcome| outcome.is_ok()).count() >= 4_000, "what was taken in was written");
    assert!(store.append("one", entries(&mut Chain::new(&opened("one")), 1)).await.is_ok());
}

//! What the version before left plain is sealed when the store is opened, call by call, and nothing of it is lost.

use crate::ground::{Folder, keys, store};
use candor::{
    call,
    journal::CallRecord,
    ports::{Entropy, Ledger},
    store::{Archive, Saved, Store},
};
use sqlx::{AssertSqlSafe, Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use std::{fs, path::Path};

const CLOSED: [&str; 2] = ["76e06541-656a-4470-954c-6d31bd90e072", "f0429bfd-06c0-40c4-b68b-aa081e0eaad9"];
const CUT: &str = "cut-short";

/// A data folder as a build of the version before wrote it: two calls that ended, one that a crash cut short, with a
/// recording of two seconds.
fn before(name: &str) -> Folder {
    let data = Folder::new(name);
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/plain/candor.db");
    fs::copy(fixture, data.join("candor.db")).unwrap();
    fs::create_dir(data.join("recordings")).unwrap();
    fs::write(data.join("recordings/cut-short.ulaw"), "Zebrowski".repeat(4_000)).unwrap();
    data
}

async fn raw(data: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(data.join("candor.db"));
    SqliteConnection::connect_with(&options).await.unwrap()
}

async fn plain_records(data: &Path) -> Vec<CallRecord> {
    let mut raw = raw(data).await;
    let kept = "SELECT record FROM calls WHERE record IS NOT NULL ORDER BY started_at";
    let kept: Vec<String> = sqlx::query_scalar(kept).fetch_all(&mut raw).await.unwrap();
    raw.close().await.unwrap();
    kept.iter().map(|record| serde_json::from_str(record).unwrap()).collect()
}

fn leaks(data: &Path) -> Vec<String> {
    let mut leaks = Vec::new();
    for folder in [data.to_owned(), data.join("recordings")] {
        for file in
            fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).filter(|path| path.is_file())
        {
            let bytes = fs::read(&file).unwrap();
            for word in ["Zebrowski", "heroin", "CAzebra4711", "Blue Cross"] {
                if bytes.windows(word.len()).any(|window| window == word.as_bytes()) {
                    leaks.push(format!("{word} in {}", file.display()));
                }
            }
        }
    }
    leaks
}

struct Fixed;

impl Entropy for Fixed {
    fn draw(&self) -> u128 {
        4
    }
}

#[tokio::test]
async fn calls_of_the_version_before_are_sealed_whole_and_nothing_plain_stays() {
    let data = before("before");
    assert_ne!(leaks(&data), [""; 0]);
    assert!(Archive::open(&data, keys(&data)).await.err().unwrap().0.contains("start the server"));
    let were = plain_records(&data).await;
    let store = store(&data).await;
    assert_eq!(leaks(&data), [""; 0], "neither in rows nor between them");
    let records = store.archive().records(&candor::store::Filter::default()).await.unwrap();
    assert_eq!(records.len(), 2);
    for (mut record, was) in records.into_iter().zip(were) {
        assert_eq!(record.journal.entries, was.journal.entries);
        record.journal = was.journal.clone();
        assert_eq!(record, was, "but for the head of its chain");
    }
    for call_id in CLOSED {
        let sound = store.archive().verify(call_id).await.expect(call_id);
        assert!(sound.is_over && sound.was_plain == Some(None) && sound.unread == 0, "{sound}");
    }
    let found = store.archive().find_by_provider_call_id(None, "twilio", "CAzebra4711").await.unwrap();
    assert_eq!(found.as_deref(), Some(CUT));
    assert_eq!(store.unfinished().await.unwrap(), [CUT]);
    let recordings = store.recordings();
    let record = call::recover(&store, recordings.as_ref(), &Fixed, CUT).await.unwrap().unwrap();
    assert_eq!(record.recording.unwrap().duration_ms, 36_000 / 16);
    let sound = store.archive().verify(CUT).await.unwrap();
    assert_eq!(sound.recording, Some(Some(36_000 / 16)), "{sound}");
    let (bytes, _) = Saved::of(store.archive()).sha256(CUT).await.unwrap().unwrap();
    assert_eq!(bytes, 36_000);
    drop((store, recordings));
    let store = crate::ground::store(&data).await;
    assert_eq!(store.archive().ids().await.unwrap().len(), 3, "once");
}

#[tokio::test]
async fn sealing_that_was_cut_off_goes_on_and_damage_from_before_stays_told() {
    let data = before("before-cut-off");
    let mut raw = raw(&data).await;
    let altered = format!(
        "DROP TRIGGER entries_stay; UPDATE entries SET at = at + 1 WHERE seq = 9 AND call_id = '{}'; \
         UPDATE entries SET event = 'no JSON' WHERE seq = 20 AND call_id = '{}'; \
         CREATE TRIGGER entries_stay BEFORE UPDATE ON entries BEGIN SELECT RAISE(ABORT, 'x'); END",
        CLOSED[0], CLOSED[1]
    );
    sqlx::raw_sql(AssertSqlSafe(altered)).execute(&mut raw).await.unwrap();
    raw.close().await.unwrap();
    // Where the recording of a call should be read there is something else: sealing stops in the middle.
    let tape = data.join("recordings/cut-short.ulaw");
    let kept = fs::read(&tape).unwrap();
    fs::remove_file(&tape).unwrap();
    fs::create_dir(&tape).unwrap();
    for _ in 0..2 {
        let refused = Store::open(&data, keys(&data)).await.err().unwrap();
        assert!(refused.0.contains("the recording of call cut-short cannot be sealed"), "{refused}");
    }
    fs::remove_dir(&tape).unwrap();
    fs::write(&tape, kept).unwrap();
    let store = store(&data).await;
    assert_eq!(leaks(&data), [""; 0]);
    let archive = store.archive();
    assert_eq!(archive.verify(CLOSED[0]).await.unwrap().was_plain, Some(Some(9)));
    assert_eq!(archive.verify(CLOSED[1]).await.unwrap().was_plain, Some(Some(20)));
    assert!(archive.journal(CLOSED[1]).await.unwrap_err().0.contains("entry 20"));
    assert_eq!(archive.verify(CUT).await.unwrap().was_plain, Some(None));
}

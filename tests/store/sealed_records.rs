//! What calls leave behind is unreadable without its keys, and one altered bit of it is found and named.

use crate::ground::{self, BEGAN, Folder, entry, keys, keys_folder, labelled, opened, rounds, store, story};
use candor::{
    dialogue::{AnswerStatus, Answered, Fact},
    journal::{self, Bytes32, Chain, Entry, Event, Label},
    pii::Pii,
    ports::{KeyService, Ledger, Recordings},
    store::{Archive, Keyring, Saved, Store, export},
    time::{Millis, Utc},
};
use sqlx::{AssertSqlSafe, Connection, Row, SqliteConnection, sqlite::SqliteConnectOptions};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

/// Names, drugs, numbers: nothing of these may stand anywhere under the data folder.
const PLANTED: [&str; 20] = [
    "Quillon",
    "Zebrowski",
    "buprenorphine",
    "heroin",
    "fentanyl",
    "XYZ4711889",
    "Marigold",
    "Thistlewood",
    "naloxone",
    "oxycodone",
    "1985-03-03",
    "5550100177",
    "Applegate",
    "methadone",
    "detoxification",
    "CAplantedsid",
    "Copperfield",
    "vivitrol",
    "BlueHarvest",
    "withdrawal-since-monday",
];

/// Random positions, the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % most
    }
}

fn said(text: &str) -> Event {
    Event::Input { input: serde_json::json!({"input": "said", "heard": {"text": text}}) }
}

/// A call with sensitive answers, a recording and `more` entries; closed where `is_over`.
async fn call(store: &Store, call_id: &str, more: u64, is_over: bool) {
    let mut opening = opened(call_id);
    opening.provider_call_id = Some(format!("CAplantedsid{call_id}"));
    store.open(&opening).await.unwrap();
    let mut chain = Chain::new(&opening);
    let mut entries: Vec<Entry> = Vec::new();
    for (n, word) in PLANTED.iter().enumerate() {
        let label = if n % 2 == 0 { Label::Sensitive } else { Label::General };
        entries.push(labelled(&mut chain, Millis(n as u64), label, said(&format!("I said {word} there"))));
    }
    let answer = Answered { text: PLANTED[3].into(), value: Some(PLANTED[2].into()), confirmed: true };
    let ended = Fact::QuestionEnded {
        id: "substance".into(),
        status: AnswerStatus::Answered,
        answer: Some(Pii::new(answer)),
    };
    entries.push(labelled(&mut chain, Millis(40), Label::Sensitive, Event::Fact { fact: ended }));
    entries.extend(ground::entries(&mut chain, more));
    store.append(call_id, entries.clone()).await.unwrap();
    for (n, label) in [Label::General, Label::Sensitive, Label::General].into_iter().enumerate() {
        let mut piece = PLANTED[n].repeat(600).into_bytes();
        piece.truncate(3_200);
        store.recordings().append(call_id, label, piece).await.unwrap();
    }
    if !is_over {
        return;
    }
    let finished = store.recordings().finish(call_id, Vec::new()).await.unwrap();
    let last: Vec<Entry> =
        story(finished).into_iter().map(|(at, event)| entry(&mut chain, Millis(at), event)).collect();
    store.append(call_id, last.clone()).await.unwrap();
    entries.extend(last);
    store.close(call_id, &journal::record(&opening, &entries)).await.unwrap();
}

/// Every file under `folder`.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

/// The planted words that stand in files under `folder`, in any case.
fn leaks(folder: &Path) -> Vec<String> {
    let mut leaks = Vec::new();
    for path in files(folder) {
        let bytes = fs::read(&path).unwrap().to_ascii_lowercase();
        for word in PLANTED {
            let word = word.to_ascii_lowercase();
            if bytes.windows(word.len()).any(|window| window == word.as_bytes()) {
                leaks.push(format!("{word} in {}", path.display()));
            }
        }
    }
    leaks
}

#[tokio::test]
async fn no_planted_word_stands_anywhere_and_without_keys_nothing_opens() {
    let data = Folder::new("planted");
    let store = ground::store(&data).await;
    call(&store, "over", 30, true).await;
    call(&store, "cut", 3, false).await;
    store.ready(Utc(1)).await.unwrap();
    assert_eq!(leaks(&data), [""; 0], "while the server runs, its write-ahead log too");
    let found = store.archive().find_by_provider_call_id(None, "twilio", "CAplantedsidover").await.unwrap();
    assert_eq!(found.as_deref(), Some("over"));
    assert!(store.archive().verify("over").await.unwrap().recording == Some(Some(600)));
    drop(store);
    assert_eq!(leaks(&data), [""; 0], "and when it has ended");

    fs::rename(keys_folder(&data), data.join("elsewhere")).unwrap();
    assert!(Keyring::existing(&keys_folder(&data), None).is_err());
    let archive = Archive::open(&data, keys(&data)).await.unwrap();
    for call_id in ["over", "cut"] {
        assert!(archive.journal(call_id).await.is_err());
        assert!(!matches!(archive.record(call_id).await, Ok(Some(_))));
        let evidence = archive.evidence(call_id).await.unwrap().unwrap();
        assert!(
            evidence.opened().is_none() && evidence.entries.iter().all(|(_, body)| body.bytes().is_none())
        );
        assert!(archive.verify(call_id).await.is_err());
        assert!(Saved::of(&archive).sha256(call_id).await.is_err());
    }
    assert_eq!(archive.find_by_provider_call_id(None, "twilio", "CAplantedsidover").await.unwrap(), None);
}

async fn raw(data: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(data.join("candor.db")).foreign_keys(false);
    let mut raw = SqliteConnection::connect_with(&options).await.unwrap();
    let triggers: Vec<String> = sqlx::query_scalar("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        .fetch_all(&mut raw)
        .await
        .unwrap();
    for trigger in triggers {
        sqlx::query(AssertSqlSafe(format!("DROP TRIGGER {trigger}"))).execute(&mut raw).await.unwrap();
    }
    sqlx::query("PRAGMA ignore_check_constraints = ON").execute(&mut raw).await.unwrap();
    raw
}

/// Every cell that is kept of calls: table, row, column, kind.
async fn cells(raw: &mut SqliteConnection) -> Vec<(&'static str, i64, String, String, String)> {
    let mut cells = Vec::new();
    for table in ["calls", "entries", "call_keys", "statements"] {
        let columns: Vec<String> =
            sqlx::query_scalar(AssertSqlSafe(format!("SELECT name FROM pragma_table_info('{table}')")))
                .fetch_all(&mut *raw)
                .await
                .unwrap();
        let select = format!("SELECT * FROM {table} WHERE call_id <> 'untouched' ORDER BY 1, 2");
        let count = sqlx::query(AssertSqlSafe(select)).fetch_all(&mut *raw).await.unwrap().len();
        for row in 0..count as i64 {
            for column in &columns {
                let select = format!(
                    "SELECT call_id, typeof({column}) FROM {table} WHERE call_id <> 'untouched' \
                     ORDER BY 1, 2 LIMIT 1 OFFSET {row}"
                );
                // The order is by the primary key, which begins with the call's id in every table.
                let select = select.replace("ORDER BY 1, 2", key_order(table));
                let at = sqlx::query(AssertSqlSafe(select)).fetch_one(&mut *raw).await.unwrap();
                let (call, kind): (String, String) = (at.get(0), at.get(1));
                if kind != "null" {
                    cells.push((table, row, column.clone(), kind, call));
                }
            }
        }
    }
    cells
}

fn key_order(table: &str) -> &'static str {
    match table {
        "calls" => "ORDER BY call_id",
        "entries" => "ORDER BY call_id, seq",
        "call_keys" => "ORDER BY call_id, label",
        _ => "ORDER BY call_id, number",
    }
}

/// The ids of the calls that are not as they were written, each with what is wrong.
async fn faults(archive: &Archive) -> Vec<(String, String)> {
    let mut faults = Vec::new();
    for id in archive.ids().await.unwrap() {
        if let Err(fault) = archive.verify(&id).await {
            faults.push((id, fault));
        }
    }
    faults
}

#[tokio::test]
async fn each_flipped_bit_is_named_with_its_call() {
    let data = Folder::new("flipped");
    let store = store(&data).await;
    call(&store, "over", 240, true).await;
    call(&store, "untouched", 3, true).await;
    call(&store, "cut", 10, false).await;
    drop(store);
    let archive = Archive::open(&data, keys(&data)).await.unwrap();
    assert_eq!(faults(&archive).await, []);
    let exported = data.join("export");
    let evidence = archive.evidence("over").await.unwrap().unwrap();
    let recording = Saved::of(&archive).path("over").unwrap();
    export::write(evidence, archive.key_service(), &recording, &[], &exported).await.unwrap();
    assert!(export::check(&exported, None).unwrap().1.is_ok());

    let mut raw = raw(&data).await;
    let cells = cells(&mut raw).await;
    let exports = files(&exported);
    let mut dice = Dice(20_261_122);
    let mut by_table = std::collections::BTreeMap::new();
    for n in 0..rounds(300, 1_000) {
        match n % 5 {
            0 => flip_file(&mut dice, &recording, n, async || faults(&archive).await).await,
            1 => {
                let path = &exports[dice.below(exports.len())];
                flip_file(&mut dice, path, n, async || match export::check(&exported, None).unwrap() {
                    (_, Ok(_)) => Vec::new(),
                    (_, Err(fault)) => vec![("over".into(), fault)],
                })
                .await;
            }
            _ => {
                // Each table as often as the others, however many rows it has.
                let table = ["calls", "entries", "call_keys", "statements"][dice.below(4)];
                let own: Vec<_> = cells.iter().filter(|cell| cell.0 == table).collect();
                let (_, row, column, kind, call) = own[dice.below(own.len())];
                let found = flip_cell(&mut dice, &mut raw, table, *row, column, kind, &archive).await;
                let named = found.iter().any(|(id, _)| id == call);
                assert!(named, "{n}: {table}.{column} of row {row} of {call}: {found:?}");
                assert!(found.iter().all(|(id, _)| id != "untouched"), "{n}: {found:?}");
                *by_table.entry(format!("{table}.{column}")).or_insert(0) += 1;
            }
        }
    }
    println!("{by_table:#?}");
    assert_eq!(faults(&archive).await, [], "everything is as it was");
}

async fn flip_file(dice: &mut Dice, path: &Path, n: usize, check: impl AsyncFn() -> Vec<(String, String)>) {
    let sound = fs::read(path).unwrap();
    let (byte, bit) = (dice.below(sound.len()), dice.below(8));
    let mut altered = sound.clone();
    altered[byte] ^= 1 << bit;
    fs::write(path, &altered).unwrap();
    let found = check().await;
    assert!(found.len() == 1 && found[0].0 == "over", "{n}: bit {bit} of byte {byte} of {path:?}: {found:?}");
    fs::write(path, &sound).unwrap();
}

/// Flips one bit of one cell, checks everything, and puts it back.
async fn flip_cell(
    dice: &mut Dice,
    raw: &mut SqliteConnection,
    table: &str,
    row: i64,
    column: &str,
    kind: &str,
    archive: &Archive,
) -> Vec<(String, String)> {
    let order = key_order(table);
    let target = format!("FROM {table} WHERE call_id <> 'untouched' {order} LIMIT 1 OFFSET {row}");
    let whole = sqlx::query(AssertSqlSafe(format!("SELECT * {target}"))).fetch_one(&mut *raw).await.unwrap();
    let second = match table {
        "entries" => "seq",
        "call_keys" => "label",
        "statements" => "number",
        _ => "call_id",
    };
    let read = format!("SELECT CAST({column} AS BLOB) {target}");
    let before: Vec<u8> = sqlx::query_scalar(AssertSqlSafe(read)).fetch_one(&mut *raw).await.unwrap();
    let call: String = whole.get("call_id");
    let own = match kind {
        "integer" => {
            let value: i64 = whole.get(column);
            format!("{}", value ^ (1 << dice.below(40)))
        }
        _ => {
            let mut bytes = before.clone();
            let at = dice.below(bytes.len());
            bytes[at] ^= 1 << dice.below(8);
            let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
            if kind == "text" { format!("CAST(x'{hex}' AS TEXT)") } else { format!("x'{hex}'") }
        }
    };
    let which = match table {
        "calls" => format!("rowid = (SELECT rowid FROM calls WHERE call_id = '{call}')"),
        "call_keys" => format!("call_id = '{call}' AND label = '{}'", whole.get::<String, _>(second)),
        _ => format!("call_id = '{call}' AND {second} = {}", whole.get::<i64, _>(second)),
    };
    // The whole table is put back: an altered key cannot find its row again.
    let copy = format!("DROP TABLE IF EXISTS temp.kept; CREATE TEMP TABLE kept AS SELECT * FROM {table}");
    sqlx::raw_sql(AssertSqlSafe(copy)).execute(&mut *raw).await.unwrap();
    let update = format!("UPDATE OR REPLACE {table} SET {column} = {own} WHERE {which}");
    let done = sqlx::query(AssertSqlSafe(update.clone())).execute(&mut *raw).await.expect(&update);
    assert_eq!(done.rows_affected(), 1, "{update}");
    let found = faults(archive).await;
    let back = format!("DELETE FROM {table}; INSERT INTO {table} SELECT * FROM temp.kept");
    sqlx::raw_sql(AssertSqlSafe(back)).execute(&mut *raw).await.unwrap();
    found
}

fn python(folder: &Path, published: Option<&str>) -> (i32, String) {
    let output = Command::new("python3")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/verify.py"))
        .arg(folder)
        .args(published)
        .output()
        .expect("python3 is there");
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.code().unwrap(), told + &String::from_utf8_lossy(&output.stderr))
}

#[tokio::test]
async fn a_second_verifier_agrees_on_the_good_the_redacted_the_destroyed_and_the_tampered() {
    let data = Folder::new("second");
    let store = store(&data).await;
    let cases: [(&str, Option<Label>, &[Label]); 6] = [
        ("good", None, &[]),
        ("without", Some(Label::Sensitive), &[]),
        ("shut", Some(Label::General), &[]),
        ("redacted", None, &[]),
        ("half", None, &[Label::Sensitive]),
        ("gone", None, &Label::ALL),
    ];
    let public = Bytes32(KeyService::public_key(&*keyed(&data, &store).await, "harbor").await.unwrap());
    for (call_id, withheld, destroyed) in cases {
        call(&store, call_id, 250, true).await;
        if call_id == "redacted" {
            store.redact(call_id, vec![2, 7], BEGAN).await.unwrap();
        }
        if !destroyed.is_empty() {
            store.destroy_keys(call_id, destroyed, BEGAN).await.unwrap();
        }
        let sound = store.archive().verify(call_id).await.expect(call_id);
        let unread = match call_id {
            "redacted" => 2,
            "half" => 11,
            "gone" => sound.entries,
            _ => 0,
        };
        assert_eq!(sound.unread, unread, "{call_id}");
        let to = data.join(format!("export-{call_id}"));
        let evidence = store.archive().evidence(call_id).await.unwrap().unwrap();
        let recording = Saved::of(store.archive()).path(call_id).unwrap();
        let withheld: Vec<Label> = withheld.into_iter().collect();
        export::write(evidence, store.archive().key_service(), &recording, &withheld, &to).await.unwrap();
        let (id, verdict) = export::check(&to, Some(public)).unwrap();
        assert!(id == call_id && verdict.is_ok(), "{call_id}: {verdict:?}");
        let (status, told) = python(&to, Some(&public.to_string()));
        assert!(status == 0 && told.starts_with(&format!("{call_id}  ok")), "{told}");
        assert!(export::check(&to, Some(Bytes32([1; 32]))).unwrap().1.is_err(), "another program's key");
        assert_eq!(python(&to, Some(&"01".repeat(32))).0, 1);
        match call_id {
            "good" | "redacted" => assert_ne!(leaks(&to), [""; 0]),
            "half" | "without" => {
                assert!(leaks(&to).iter().all(|leak| !leak.starts_with("buprenorphine")), "{:?}", leaks(&to));
            }
            "gone" => assert_eq!(leaks(&to), [""; 0]),
            _ => {}
        }
        let mut dice = Dice(call_id.len() as u64);
        let names = files(&to);
        for n in 0..12 {
            let path = &names[n % names.len()];
            let sound = fs::read(path).unwrap();
            let mut altered = sound.clone();
            match n {
                0..9 => altered[dice.below(sound.len())] ^= 1 << dice.below(8),
                _ => altered.truncate(dice.below(sound.len())),
            }
            fs::write(path, &altered).unwrap();
            let ours = export::check(&to, None).unwrap().1;
            let (status, told) = python(&to, None);
            assert!(ours.is_err() && status == 1 && told.contains("FAULTY"), "{path:?} {n}: {ours:?} {told}");
            fs::write(path, &sound).unwrap();
        }
    }
}

/// The keys of a store in which something was sealed.
async fn keyed(data: &Path, store: &Store) -> Arc<Keyring> {
    call(store, "first", 1, true).await;
    keys(data)
}

fn candor(data: &Path, args: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_candor"))
        .args(args)
        .arg("--data")
        .arg(data)
        .arg("--keys")
        .arg(keys_folder(data))
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn keys_are_rotated_days_signed_and_calls_exported_on_the_command_line() {
    let data = Folder::new("rotated");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = store(&data).await;
        call(&store, "one", 3, true).await;
        call(&store, "two", 3, true).await;
    });
    let (status, told, why) = candor(&data, &["keys", "rotate"]);
    assert!(
        status == 0 && told.contains("harbor  version 2") && told.contains("4 keys of 2 calls"),
        "{told}{why}"
    );
    let (_, told, _) = candor(&data, &["keys", "rewrap", "--program", "harbor"]);
    assert!(told.contains("0 keys of 2 calls"), "{told}");
    let wrapped: Vec<String> = runtime.block_on(async {
        let mut raw = raw(&data).await;
        sqlx::query_scalar("SELECT wrapped FROM call_keys").fetch_all(&mut raw).await.unwrap()
    });
    assert!(wrapped.len() == 4 && wrapped.iter().all(|key| key.starts_with("local:v2:")), "{wrapped:?}");
    assert_eq!(candor(&data, &["record", "verify"]).0, 0);
    assert_eq!(candor(&data, &["keys", "rotate", "--program", "nobody"]).0, 2);

    let day = ["record", "heads", "--day", "2026-11-21"];
    let (status, told, why) = candor(&data, &day);
    assert_eq!(status, 0, "{why}");
    let told: serde_json::Value = serde_json::from_str(told.trim()).unwrap();
    let said: serde_json::Value = serde_json::from_str(told["statement"]["body"].as_str().unwrap()).unwrap();
    assert_eq!((&said["is"], &said["calls"]), (&"day".into(), &2.into()));

    let to = data.join("out");
    let out = to.to_str().unwrap();
    let (status, _, why) = candor(&data, &["record", "export", "one", "--to", out, "--without", "sensitive"]);
    assert_eq!(status, 0, "{why}");
    let offline = Command::new(env!("CARGO_BIN_EXE_candor"))
        .args(["record", "verify", "--export", out, "--public-key", told["public_key"].as_str().unwrap()])
        .output()
        .unwrap();
    let told = String::from_utf8(offline.stdout).unwrap();
    assert!(offline.status.success() && told.starts_with("one  ok  "), "{told}");
    assert_eq!(python(&to, None).0, 0);
    assert_eq!(candor(&data, &["record", "export", "one", "--to", out]).0, 1, "it is there already");
}

//! Nobody reads a call on the command line unseen, or more of it than role and purpose allow.

use crate::ground::{Folder, entry, keys_folder, opened, store, told};
use candor::{
    book::{BookEvent, Noted, Piece},
    dialogue::{Decision, Fact, Outcome, Response},
    journal::{self, Chain, Event, Opened},
    pii::Pii,
    ports::Ledger,
    program::RecipientId,
    store::{BookFilter, Store},
    time::Millis,
    understand::Percent,
};
use serde_json::Value;
use std::{
    path::Path,
    process::{Command, Stdio},
};
use tokio::runtime::Runtime;

pub fn candor(data: &Path, args: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_candor"))
        .args(args)
        .arg("--data")
        .arg(data)
        .arg("--keys")
        .arg(keys_folder(data))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// A call of `program` in which the caller says one planted word.
pub async fn call(store: &Store, call_id: &str, program: &str, word: &str) {
    let opening = Opened { program: program.into(), ..opened(call_id) };
    store.open(&opening).await.unwrap();
    let response = Response {
        text: Pii::new(word.into()),
        confidence: Percent::new(97),
        from: Millis(0),
        to: Millis(9),
    };
    let asked = Fact::ConsentAsked {
        consent_id: "c1".into(),
        recipient: RecipientId::from("payor"),
        purpose: "to find out what your plan covers".into(),
        version: "1".into(),
        text: "May we tell your plan?".into(),
        expires: None,
        expires_event: None,
        supersedes: None,
    };
    let decided = Fact::ConsentDecided {
        consent_id: "c1".into(),
        recipient: RecipientId::from("payor"),
        decision: Decision::Granted,
        response: Some(response),
        signature: None,
        blocked_by: vec![],
        why: None,
    };
    let ended = Fact::Ended { outcome: Outcome::Completed };
    let story = [asked, decided, ended].map(|fact| (1, Event::Fact { fact }));
    let mut chain = Chain::new(&opening);
    let mut written = vec![entry(&mut chain, Millis(0), Event::Recovered)];
    written.extend(told(&mut chain, story.into()));
    let record = journal::record(&opening, &written);
    store.append(call_id, written).await.unwrap();
    store.close(call_id, &record).await.unwrap();
}

fn book(runtime: &Runtime, data: &Path, program: &str) -> Vec<Noted> {
    runtime.block_on(async {
        let store = store(data).await;
        store.archive().book(program, &BookFilter::default()).await.unwrap()
    })
}

fn kind(noted: &Noted) -> (&'static str, Vec<Piece>) {
    match &noted.event {
        BookEvent::Read(read) => ("read", read.what.clone()),
        BookEvent::Refused(refused) => ("refused", refused.what.clone()),
        BookEvent::BreakGlass(glass) => ("break_glass", glass.what.clone()),
        other => panic!("nothing else happens here: {other:?}"),
    }
}

#[test]
fn every_read_is_noted_with_who_what_and_why() {
    let data = Folder::new("reads-noted");
    let runtime = Runtime::new().unwrap();
    runtime.block_on(async {
        let store = store(&data).await;
        call(&store, "one", "harbor", "plantedword").await;
        call(&store, "two", "harbor", "plantedword").await;
    });
    let out = data.join("out");
    let out = out.to_str().unwrap();
    let reads: [(&[&str], i32, bool); 12] = [
        (&["record", "show", "one", "--json"], 0, true),
        (&["record", "list", "--json"], 0, true),
        (&["record", "show", "one", "--json", "--as", "intake", "--reason", "plantedreason"], 0, false),
        (&["record", "show", "one", "--json", "--as", "intake", "--purpose", "treatment"], 0, true),
        (&["record", "show", "one", "--json", "--as", "admin"], 1, false),
        (&["record", "export", "one", "--as", "qa"], 1, false),
        (&["record", "export", "one"], 0, true),
        (&["record", "export", "one", "--to", out, "--as", "auditor"], 1, false),
        (&["record", "export", "one", "--to", out], 0, false),
        (
            &["record", "show", "one", "--json", "--as", "qa", "--break-glass", "--reason", "overdose"],
            0,
            true,
        ),
        (&["record", "verify"], 0, false),
        (&["record", "heads"], 0, false),
    ];
    for (args, expected, shows) in reads {
        let (status, told, why) = candor(&data, args);
        assert_eq!((status, told.contains("plantedword")), (expected, shows), "{args:?}: {told}{why}");
    }
    let noted = book(&runtime, &data, "harbor");
    let seen: Vec<_> =
        noted.iter().map(|noted| (noted.by.role.name(), kind(noted), noted.call_id.as_deref())).collect();
    let one = Some("one");
    assert_eq!(
        seen,
        [
            ("keyholder", ("read", vec![Piece::Record]), one),
            ("keyholder", ("read", vec![Piece::Record]), None),
            ("intake", ("read", vec![Piece::Record]), one),
            ("intake", ("read", vec![Piece::Record]), one),
            ("admin", ("refused", vec![Piece::Record]), one),
            ("qa", ("refused", vec![Piece::Journal]), one),
            ("keyholder", ("read", vec![Piece::Journal]), one),
            ("auditor", ("refused", vec![Piece::Journal]), one),
            ("keyholder", ("read", vec![Piece::Journal]), one),
            ("qa", ("break_glass", vec![Piece::Record]), one),
            ("qa", ("read", vec![Piece::Record]), one),
        ]
    );
    assert!(noted.iter().all(|noted| !noted.by.name.is_empty()));
    assert_eq!(noted[2].by.reason.as_deref(), Some("plantedreason"));
    let purposes: Vec<_> = noted.iter().map(|noted| noted.by.purpose.map(|purpose| purpose.name())).collect();
    assert_eq!(purposes[2..4], [Some("operations"), Some("treatment")]);
    assert_eq!(purposes[9], Some("emergency"));

    let (status, listed, why) = candor(&data, &["access", "list", "--json", "--call", "one"]);
    assert_eq!(status, 0, "{why}");
    let listed: Vec<Value> = listed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(listed.len() == 10 && listed.iter().all(|entry| entry["program"] == "harbor"), "{listed:?}");
    let (_, told, _) = candor(&data, &["access", "list"]);
    assert_eq!(told.lines().filter(|line| line.ends_with("LOOK AT THIS")).count(), 1, "{told}");
    assert_eq!(candor(&data, &["access", "list", "--as", "clinician"]).0, 1);
    for wrong in [
        &["record", "show", "one", "--break-glass"][..],
        &["record", "show", "one", "--break-glass", "--as", "qa"],
        &["record", "show", "one", "--break-glass", "--as", "admin", "--reason", "x"],
        &["record", "show", "one", "--as", "nobody"],
        &["record", "show", "one", "--as", "recipient"],
        &["record", "show", "one", "--purpose", "none"],
    ] {
        assert_eq!(candor(&data, wrong).0, 2, "{wrong:?}");
    }
    let (status, told, why) = candor(&data, &["record", "verify"]);
    assert!(status == 0 && told.contains("harbor  ok  book of "), "{told}{why}");
}

#[test]
fn what_cannot_be_noted_is_not_given() {
    let data = Folder::new("unnotable");
    let runtime = Runtime::new().unwrap();
    runtime.block_on(async {
        let store = store(&data).await;
        call(&store, "one", "harbor", "plantedword").await;
        store
            .note(
                "harbor",
                None,
                candor::book::Who::server(),
                BookEvent::Read(candor::book::Read { what: vec![], calls: None }),
                crate::ground::BEGAN,
            )
            .await
            .unwrap();
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(data.join("candor.db"));
        let mut raw = <sqlx::SqliteConnection as sqlx::Connection>::connect_with(&options).await.unwrap();
        // A book that takes no more: as on a full disk, and quicker.
        let full = "CREATE TRIGGER full BEFORE INSERT ON book BEGIN SELECT RAISE(ABORT, 'full'); END";
        sqlx::query(full).execute(&mut raw).await.unwrap();
    });
    for args in [
        &["record", "show", "one", "--json"][..],
        &["record", "list", "--json"],
        &["record", "export", "one"],
        &["record", "show", "one", "--as", "clinician"],
        &["access", "list"],
    ] {
        let (status, told, why) = candor(&data, args);
        assert!(status == 1 && told.is_empty(), "{args:?}: {told}");
        assert!(
            why.contains("nothing is shown that cannot be noted") && !why.contains("plantedword"),
            "{why}"
        );
    }
    assert_eq!(candor(&data, &["record", "verify"]).0, 0, "what shows no content needs no note");
}

#[test]
fn a_folder_of_the_version_before_is_read_and_the_read_noted() {
    let data = Folder::new("before-books");
    let runtime = Runtime::new().unwrap();
    runtime.block_on(async {
        let store = store(&data).await;
        call(&store, "one", "harbor", "plantedword").await;
        drop(store);
        // As version 0.1 with seals left it: without books, and with scopes for tokens.
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(data.join("candor.db"));
        let mut raw = <sqlx::SqliteConnection as sqlx::Connection>::connect_with(&options).await.unwrap();
        let before = "DROP TABLE book; DROP TABLE book_keys; DROP TABLE book_statements; \
            ALTER TABLE tokens DROP COLUMN role; ALTER TABLE tokens DROP COLUMN program; \
            ALTER TABLE tokens ADD COLUMN scopes TEXT NOT NULL DEFAULT 'read'; \
            INSERT INTO tokens (id, name, sha256, created_at) VALUES ('tok_old', 'old', zeroblob(32), 0); \
            DELETE FROM _sqlx_migrations WHERE version = 3";
        sqlx::raw_sql(before).execute(&mut raw).await.unwrap();
    });
    let (status, told, why) = candor(&data, &["record", "verify"]);
    assert!(status == 0 && !told.contains("book of"), "{told}{why}");
    let (status, told, why) = candor(&data, &["record", "show", "one", "--json"]);
    assert!(status == 0 && told.contains("plantedword"), "{why}");
    assert_eq!(book(&runtime, &data, "harbor").len(), 1);
    runtime.block_on(async {
        let store = store(&data).await;
        assert_eq!(store.tokens().list().await.unwrap(), [], "one without a role lets nobody in");
    });
}

//! What happens to a program's calls outside of them is noted in its book: one chain that only grows, whoever writes
//! it, under seal, and nothing of it changes unseen.

use super::ground::{BEGAN, Folder, keys, store};
use candor::{
    access::{Purpose, Role},
    book::{BookEvent, Noted, Piece, Read, Who},
    store::{Archive, Book, BookFilter, Store, export_book},
    time::Utc,
};
use sqlx::{AssertSqlSafe, Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use std::{collections::BTreeSet, fs, path::Path, process::Command};

fn who() -> Who {
    let reason = Some("the plantedreason of it".into());
    Who { name: "mara".into(), role: Role::Clinician, purpose: Some(Purpose::Treatment), reason }
}

fn read() -> BookEvent {
    BookEvent::Read(Read { what: vec![Piece::Record], calls: None })
}

/// The database without what guards it.
async fn raw(data: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(data.join("candor.db"));
    let mut raw = SqliteConnection::connect_with(&options).await.unwrap();
    let triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger'";
    let triggers: Vec<String> = sqlx::query_scalar(triggers).fetch_all(&mut raw).await.unwrap();
    for trigger in triggers {
        sqlx::query(AssertSqlSafe(format!("DROP TRIGGER {trigger}"))).execute(&mut raw).await.unwrap();
    }
    sqlx::query("PRAGMA ignore_check_constraints = ON").execute(&mut raw).await.unwrap();
    raw
}

async fn noted(store: &Store, program: &str, count: i64) {
    let notes = (0..count).map(|n| {
        let call_id = (n % 3 != 0).then(|| format!("call{}", n % 3));
        async move { store.note(program, call_id.as_deref(), who(), read(), Utc(BEGAN.0 + n)).await.unwrap() }
    });
    futures_util::future::join_all(notes).await;
}

#[tokio::test]
async fn what_was_noted_is_read_back_and_outlives_the_process() {
    let data = Folder::new("noted");
    let kept = {
        let store = store(&data).await;
        let first = store.note("harbor", Some("one"), who(), read(), BEGAN).await.unwrap();
        let second = store.note("harbor", None, Who::server(), read(), Utc(BEGAN.0 + 5)).await.unwrap();
        assert_eq!((first.seq, second.seq, first.call_id.as_deref()), (0, 1, Some("one")));
        let other = store.note("haven", Some("one"), who(), read(), BEGAN).await.unwrap();
        assert_eq!(other.seq, 0, "each program has its own book");
        vec![first, second]
    };
    let store = store(&data).await;
    let all = BookFilter::default();
    assert_eq!(store.archive().book("harbor", &all).await.unwrap(), kept);
    let seqs = |entries: Vec<Noted>| entries.iter().map(|entry| entry.seq).collect::<Vec<_>>();
    for (filter, found) in [
        (BookFilter { call_id: Some("one".into()), ..all.clone() }, [0]),
        (BookFilter { since: Some(Utc(BEGAN.0 + 1)), ..all.clone() }, [1]),
        (BookFilter { entries_max: Some(1), ..all.clone() }, [1]),
    ] {
        assert_eq!(seqs(store.archive().book("harbor", &filter).await.unwrap()), found);
    }
    for file in fs::read_dir(&*data).unwrap().map(|file| file.unwrap().path()).filter(|path| path.is_file()) {
        let bytes = fs::read(&file).unwrap();
        for word in [&b"plantedreason"[..], b"mara", b"clinician"] {
            assert!(!bytes.windows(word.len()).any(|part| part == word), "{}", file.display());
        }
    }
}

#[tokio::test]
async fn two_writers_beside_each_other_never_fork_the_chain() {
    let data = Folder::new("two-writers");
    let server = store(&data).await;
    let beside =
        [Book::open(&data, keys(&data)).await.unwrap(), Book::open(&data, keys(&data)).await.unwrap()];
    let one = |book: &Book| {
        let book = book.clone();
        tokio::spawn(async move {
            let mut seqs = Vec::new();
            for n in 0..100 {
                seqs.push(book.note("harbor", None, who(), read(), Utc(BEGAN.0 + n)).await.unwrap().seq);
            }
            seqs
        })
    };
    let commands: Vec<_> = beside.iter().map(one).collect();
    noted(&server, "harbor", 300).await;
    let mut seqs = BTreeSet::new();
    for command in commands {
        seqs.extend(command.await.unwrap());
    }
    assert_eq!(seqs.len(), 200, "no two entries have one number");
    let sound = server.archive().verify_book("harbor").await.unwrap();
    assert_eq!((sound.entries, sound.signed, sound.destroyed), (500, 256, 0));
    let kept = server.archive().book("harbor", &BookFilter::default()).await.unwrap();
    assert!(kept.iter().map(|entry| entry.seq).eq(0..500));
}

/// A change to the rows of harbor's book, whose check is named, and what it says.
const CHANGES: [(&str, &str, &str); 15] = [
    ("UPDATE book SET at = at + 1 WHERE seq = 7", "harbor", "the book was altered at or before entry 7"),
    (
        "UPDATE book SET call_id = 'other' WHERE seq = 7",
        "harbor",
        "the book was altered at or before entry 7",
    ),
    (
        "UPDATE book SET call_id = iif(call_id IS NULL, '', NULL) WHERE seq = 7",
        "harbor",
        "the book was altered at or before entry 7",
    ),
    (
        "UPDATE book SET leaf = zeroblob(32) WHERE seq = 7",
        "harbor",
        "the book was altered at or before entry 7",
    ),
    (
        "UPDATE book SET hash = zeroblob(32) WHERE seq = 7",
        "harbor",
        "the book was altered at or before entry 7",
    ),
    ("UPDATE book SET sealed = zeroblob(200) WHERE seq = 7", "harbor", "entry 7 of the book was altered"),
    ("UPDATE book SET sealed = NULL WHERE seq = 7", "harbor", "entry 7 of the book was altered"),
    (
        "UPDATE book SET sealed = (SELECT b.sealed FROM book b WHERE b.program = 'harbor' AND b.seq = 8) WHERE seq = 7",
        "harbor",
        "entry 7 of the book was altered",
    ),
    ("DELETE FROM book WHERE seq = 7", "harbor", "the book was altered at or before entry 7"),
    (
        "DELETE FROM book WHERE seq >= 250",
        "harbor",
        "entries at the end of the book are gone: 256 were signed",
    ),
    (
        "UPDATE book SET program = 'haven' WHERE seq = 299",
        "haven",
        "the book was altered at or before entry 3",
    ),
    (
        "DELETE FROM book_keys WHERE 1",
        "harbor",
        "the key of 2026-11 is gone, and nothing says that it was destroyed",
    ),
    ("UPDATE book_keys SET wrapped = wrapped || 'A' WHERE 1", "harbor", "the key of 2026-11 was altered"),
    (
        "UPDATE book_statements SET body = replace(body, '256', '255') WHERE 1",
        "harbor",
        "statement 0 of the book was altered, or another key signed it",
    ),
    (
        "UPDATE book_statements SET signature = zeroblob(64) WHERE 1",
        "harbor",
        "statement 0 of the book was altered, or another key signed it",
    ),
];

#[tokio::test]
async fn whatever_is_changed_in_a_book_is_named() {
    let data = Folder::new("changed-book");
    {
        let store = store(&data).await;
        noted(&store, "harbor", 300).await;
        noted(&store, "haven", 3).await;
    }
    let mut raw = raw(&data).await;
    let archive = Archive::open(&data, keys(&data)).await.unwrap();
    for (change, named, fault) in CHANGES {
        // The tables are put back whole: an altered key cannot find its row again.
        for table in TABLES {
            run(&mut raw, &format!("CREATE TEMP TABLE kept_{table} AS SELECT * FROM {table}")).await;
        }
        run(&mut raw, &format!("{change} AND program = 'harbor'")).await;
        let found = archive.verify_book(named).await.err();
        assert_eq!(found.as_deref(), Some(fault), "{change}");
        assert_eq!(archive.verify_book("haven").await.is_ok(), named != "haven", "{change}");
        for table in TABLES {
            run(&mut raw, &format!("DELETE FROM {table}")).await;
            run(&mut raw, &format!("INSERT INTO {table} SELECT * FROM temp.kept_{table}")).await;
            run(&mut raw, &format!("DROP TABLE temp.kept_{table}")).await;
        }
        for program in ["harbor", "haven"] {
            assert!(archive.verify_book(program).await.is_ok(), "{change}, undone");
        }
    }
}

const TABLES: [&str; 3] = ["book", "book_keys", "book_statements"];

async fn run(raw: &mut SqliteConnection, change: &str) {
    let done = sqlx::query(AssertSqlSafe(change.to_owned())).execute(raw).await.expect(change);
    assert!(!change.contains("WHERE") || done.rows_affected() > 0, "{change}");
}

#[tokio::test]
async fn what_guards_the_tables_lets_nothing_of_a_book_be_changed() {
    let data = Folder::new("guarded-book");
    let store = store(&data).await;
    noted(&store, "harbor", 300).await;
    let options = SqliteConnectOptions::new().filename(data.join("candor.db"));
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    for change in [
        "UPDATE book SET at = 0",
        "UPDATE book SET sealed = zeroblob(5)",
        "UPDATE book SET call_id = 'x'",
        "DELETE FROM book",
        "INSERT INTO book VALUES ('harbor', 7, 0, NULL, zeroblob(32), zeroblob(32), NULL)",
        "INSERT INTO book VALUES ('harbor', 301, 0, NULL, zeroblob(32), zeroblob(32), NULL)",
        "UPDATE book_keys SET month = '2020-01'",
        "UPDATE book_statements SET body = ''",
        "DELETE FROM book_statements",
    ] {
        assert!(sqlx::query(change).execute(&mut connection).await.is_err(), "{change}");
    }
    assert!(store.archive().verify_book("harbor").await.is_ok());
}

#[tokio::test]
async fn a_month_ends_by_destroying_its_key_and_the_book_still_verifies() {
    let data = Folder::new("ended-month");
    let store = store(&data).await;
    let december = Utc(BEGAN.0 + 31 * 86_400_000);
    for at in [BEGAN, december, BEGAN] {
        store.note("harbor", None, who(), read(), at).await.unwrap();
    }
    store.book().end_month("harbor", "2026-11", december).await.unwrap();
    let sound = store.archive().verify_book("harbor").await.unwrap();
    assert_eq!((sound.entries, sound.destroyed), (3, 2));
    let left = store.archive().book("harbor", &BookFilter::default()).await.unwrap();
    assert!(left.iter().map(|entry| entry.seq).eq([1]));
    // A clock that is set back makes no second key for a month that is over.
    let late = store.note("harbor", None, who(), read(), BEGAN).await.unwrap_err();
    assert!(late.0.contains("2026-11") && late.0.contains("set the clock"), "{}", late.0);
    store.note("harbor", None, who(), read(), december).await.unwrap();
    drop(store);
    let mut raw = raw(&data).await;
    run(&mut raw, "DELETE FROM book_statements WHERE 1").await;
    let archive = Archive::open(&data, keys(&data)).await.unwrap();
    assert!(archive.verify_book("harbor").await.unwrap_err().contains("nothing says that it was destroyed"));
}

#[tokio::test]
async fn the_keys_of_books_are_wrapped_anew() {
    let data = Folder::new("rewrapped-book");
    let store = store(&data).await;
    store.note("harbor", None, who(), read(), BEGAN).await.unwrap();
    assert_eq!(store.book().rewrap("harbor").await.unwrap(), 0);
    store.archive().key_service().rotate("harbor").await.unwrap();
    assert_eq!(store.book().rewrap("harbor").await.unwrap(), 1);
    assert_eq!(store.book().rewrap("harbor").await.unwrap(), 0);
    drop(store);
    let archive = Archive::open(&data, keys(&data)).await.unwrap();
    assert_eq!(archive.verify_book("harbor").await.unwrap().entries, 1);
}

/// What the second verifier says of a folder.
fn python(folder: &Path) -> (i32, String) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/verify.py");
    let output = Command::new("python3").arg(script).arg(folder).output().expect("python3 is there");
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.code().unwrap(), told + &String::from_utf8_lossy(&output.stderr))
}

#[tokio::test]
async fn a_second_verifier_agrees_on_an_exported_book() {
    let data = Folder::new("exported-book");
    let store = store(&data).await;
    let october = Utc(BEGAN.0 - 31 * 86_400_000);
    store.note("harbor", Some("old"), who(), read(), october).await.unwrap();
    noted(&store, "harbor", 260).await;
    let to = data.join("whole");
    export_book(store.archive(), "harbor", &to).await.unwrap();
    let (status, told) = python(&to);
    assert_eq!(
        (status, told.as_str()),
        (0, "harbor  ok  book of 261 entries, 0 of them only by their place in the chain\n")
    );
    let again = export_book(store.archive(), "harbor", &to).await.unwrap_err();
    assert!(again.0.contains("exists already"), "{}", again.0);

    store.book().end_month("harbor", "2026-10", BEGAN).await.unwrap();
    let ended = data.join("ended");
    export_book(store.archive(), "harbor", &ended).await.unwrap();
    assert_eq!(
        python(&ended),
        (0, "harbor  ok  book of 261 entries, 1 of them only by their place in the chain\n".into())
    );

    // A bit of any file, and a line of any: always faulty.
    for name in ["book.jsonl", "statements.jsonl", "manifest.json", "manifest.sig"] {
        let path = to.join(name);
        let sound = fs::read(&path).unwrap();
        for at in [0, sound.len() / 3, sound.len() / 2, sound.len() - 5] {
            let mut altered = sound.clone();
            altered[at] ^= 1;
            fs::write(&path, altered).unwrap();
            let (status, told) = python(&to);
            assert!(status == 1 && told.contains("FAULTY"), "{name} at {at}: {told}");
        }
        let lines = String::from_utf8(sound.clone()).unwrap();
        fs::write(&path, lines.lines().skip(1).map(|line| format!("{line}\n")).collect::<String>()).unwrap();
        assert_eq!(python(&to).0, 1, "{name} without its first line");
        fs::write(&path, sound).unwrap();
    }
    assert_eq!(python(&to).0, 0);
}

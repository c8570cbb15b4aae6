//! What is over is destroyed, but what is held stays; what proves consents outlives the rest; a certificate says what
//! went, and the call still verifies.

use crate::{
    ground::{self, BEGAN, Folder, keys, keys_folder, store},
    kept_recordings::sha256,
    spoken::{CLIP, DAY_MS, days_later, keep, keep_from, purge, talk},
};
use candor::{
    book::BookEvent,
    dialogue::{Decision, Fact, RequestKind},
    journal::{Bytes32, Event, HoldReason, Label, years_after},
    ports::KeyService,
    program::Policy,
    store::{Archive, Saved, Store, export, retention::Signed},
    time::Utc,
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Words of the caller that are in nothing but what is destroyed after 90 days.
const WORDS: [&str; 3] = ["BlueHarvest", "heroin", "a friend told me"];

fn candor(data: &Path, args: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_candor"))
        .arg("record")
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

fn python(folder: &Path) -> (i32, String) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/verify.py");
    let output = Command::new("python3").arg(script).arg(folder).output().expect("python3 is there");
    (output.status.code().unwrap(), String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Everything of a call that can be read, as text.
async fn readable(store: &Store, call_id: &str) -> String {
    let evidence = store.archive().evidence(call_id).await.unwrap().unwrap();
    let bodies =
        evidence.entries.iter().map(|(_, body)| body).chain([&evidence.opening]).chain(&evidence.record);
    bodies.filter_map(|body| body.bytes()).map(|bytes| String::from_utf8_lossy(bytes)).collect()
}

async fn alter(data: &Path, sql: &'static str) -> u64 {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(data.join("candor.db"));
    let mut raw = <sqlx::SqliteConnection as sqlx::Connection>::connect_with(&options).await.unwrap();
    let done = sqlx::raw_sql(sql).execute(&mut raw).await.unwrap();
    <sqlx::SqliteConnection as sqlx::Connection>::close(raw).await.unwrap();
    done.rows_affected()
}

fn tape(data: &Path, call_id: &str) -> PathBuf {
    data.join(format!("recordings/{call_id}.sealed"))
}

async fn exported(store: &Store, call_id: &str, to: &Path) {
    let evidence = store.archive().evidence(call_id).await.unwrap().unwrap();
    let recording = Saved::of(store.archive()).path(call_id).unwrap();
    export::write(evidence, store.archive().key_service(), &recording, &[], to).await.unwrap();
}

#[tokio::test]
async fn consents_outlive_the_words_and_the_certificate_says_what_went() {
    let data = Folder::new("purged");
    let store = store(&data).await;
    let kept = keep(&store, "one", &[], &[], true).await;
    keep(&store, "open", &[], &[], false).await;
    let saved = Saved::of(store.archive());
    let signature = kept.record.consents[0].signature.clone().expect("it was signed");
    assert_eq!(signature.clip_sha256.as_deref(), Some(sha256(&kept.clip).as_str()));

    let early = store.purge(&purge(days_later(80)), |_, _| {}).await.unwrap();
    assert!(early.gone.is_empty() && early.certificates.is_empty(), "{early:?}");
    let dry = candor::store::retention::Purge { is_dry: true, ..purge(days_later(91)) };
    let would = store.purge(&dry, |_, _| {}).await.unwrap();
    assert_eq!(would.gone.len(), 1, "a call that goes on is not looked at");
    assert!(readable(&store, "one").await.contains("BlueHarvest"), "nothing was destroyed");

    let before = fs::metadata(tape(&data, "one")).unwrap().len();
    let done = store.purge(&purge(days_later(91)), |_, _| {}).await.unwrap();
    assert_eq!((done.gone.len(), done.refused.len(), done.failed.len()), (1, 0, 0), "{done:?}");
    assert_eq!(done.gone[0].labels, [Label::General, Label::Sensitive]);
    assert!(store.fold().await.unwrap());

    // The record is whole and true; the words are gone; the signature is heard, and has its hash.
    assert_eq!(store.archive().record("one").await.unwrap().as_ref(), Some(&kept.record));
    let left = readable(&store, "one").await;
    for word in WORDS {
        assert!(!left.contains(word), "{word}");
    }
    assert_eq!(saved.clip("one", CLIP.0, CLIP.1).await.unwrap().as_deref(), Some(&kept.clip[..]));
    assert_eq!(saved.clip("one", candor::time::Millis(0), CLIP.1).await.unwrap(), None);
    assert!(saved.sha256("one").await.is_err());
    let mut wav = std::io::Cursor::new(Vec::new());
    assert_eq!(saved.wav("one", &mut wav).await.unwrap(), Some(5_000), "what was destroyed is silence");
    assert!(fs::metadata(tape(&data, "one")).unwrap().len() < before - 40_000, "and takes no room");
    let sound = store.archive().verify("one").await.unwrap();
    assert!(!sound.untidy && sound.destroyed == [Label::General, Label::Sensitive], "{sound}");
    assert!(sound.to_string().contains("destroyed: general and sensitive"), "{sound}");

    // An export of it says the same to a verifier that knows nothing else.
    let to = data.join("export");
    exported(&store, "one", &to).await;
    assert!(export::check(&to, None).unwrap().1.is_ok());
    let (status, told) = python(&to);
    assert!(status == 0 && told.starts_with("one  ok"), "{told}");
    for n in [9, 40, 200, 3_000, 9_000, 30_000] {
        let path = to.join("recording.sealed");
        let sound = fs::read(&path).unwrap();
        let mut altered = sound.clone();
        altered[n] ^= 4;
        fs::write(&path, &altered).unwrap();
        assert!(export::check(&to, None).unwrap().1.is_err() && python(&to).0 == 1, "byte {n}");
        fs::write(&path, &sound).unwrap();
    }

    // The book and the certificate name it.
    let certified = done.certificates[0].check(None).unwrap();
    assert_eq!((certified.program.as_str(), certified.everything), ("harbor", false));
    assert_eq!(certified.calls, done.gone);
    let public = KeyService::public_key(&*keys(&data), "harbor").await.unwrap();
    assert!(done.certificates[0].check(Some(Bytes32(public))).is_ok());
    assert!(done.certificates[0].check(Some(Bytes32([1; 32]))).is_err());
    let kept_certificates = store.archive().certificates().await.unwrap();
    assert_eq!(kept_certificates.len(), 1);

    // Six years after the consents ended nothing is left but its place.
    let expires = kept.record.consents.iter().filter_map(|consent| consent.expires).max();
    let over = years_after(expires.unwrap_or(kept.record.ended_at), 6);
    let same = store.purge(&purge(Utc(over.0 - 1)), |_, _| {}).await.unwrap();
    assert!(same.gone.is_empty(), "{same:?}");
    let done = store.purge(&purge(over), |_, _| {}).await.unwrap();
    assert_eq!(done.gone[0].labels, [Label::Consent]);
    assert!(!tape(&data, "one").exists());
    assert_eq!(store.archive().record("one").await.unwrap(), None);
    assert_eq!(readable(&store, "one").await, "");
    let sound = store.archive().verify("one").await.unwrap();
    assert!(sound.unread == sound.entries && !sound.untidy, "{sound}");
    let to = data.join("export-gone");
    exported(&store, "one", &to).await;
    assert!(export::check(&to, None).unwrap().1.is_ok());
    assert_eq!(python(&to).0, 0);
    assert!(store.archive().verify("open").await.is_ok());
}

#[tokio::test]
async fn a_kept_fact_never_quotes_what_told_of_substance_use() {
    let says = [
        ("notice", "yes I understand, and I use heroin every day"),
        ("question:last_use", "don't tell my insurance about the heroin, take back everything I said yes to"),
    ];
    let events = talk("told", &says);
    let quoted: Vec<_> = events
        .iter()
        .filter(|(_, label, _)| *label == Label::Consent)
        .map(|(_, _, event)| serde_json::to_string(event).unwrap())
        .filter(|text| text.contains("heroin"))
        .collect();
    assert_eq!(quoted, [""; 0]);
    let inputs = events.iter().filter(|(_, _, event)| matches!(event, Event::Input { .. }));
    let apart: Vec<_> =
        inputs.filter(|(_, _, event)| serde_json::to_string(event).unwrap().contains("heroin")).collect();
    assert!(apart.len() >= 2 && apart.iter().all(|(_, label, _)| *label == Label::Sensitive));
    let facts: Vec<&Fact> = events
        .iter()
        .filter_map(|(_, _, event)| if let Event::Fact { fact } = event { Some(fact) } else { None })
        .collect();
    let revoked = facts.iter().any(|fact| matches!(fact, Fact::ConsentRevoked { .. }));
    let granted =
        facts.iter().any(|fact| matches!(fact, Fact::ConsentDecided { decision: Decision::Granted, .. }));
    assert!(granted && revoked, "the decisions are kept: {facts:?}");

    let data = Folder::new("told");
    let store = store(&data).await;
    let kept = keep(&store, "told", &says, &[], true).await;
    assert!(!serde_json::to_string(&kept.record).unwrap().contains("heroin"));
    store.purge(&purge(days_later(91)), |_, _| {}).await.unwrap();
    let record = store.archive().record("told").await.unwrap().unwrap();
    assert_eq!(record, kept.record);
    assert!(record.consents.iter().any(|consent| consent.decision == Decision::Revoked));
}

#[tokio::test]
async fn what_is_held_stays_until_it_is_released_or_over() {
    let data = Folder::new("held");
    let store = store(&data).await;
    keep(&store, "held", &[], &[], true).await;
    keep(&store, "asked", &[], &[RequestKind::Access, RequestKind::Deletion], true).await;
    keep(&store, "deleted", &[], &[RequestKind::Deletion], true).await;
    let by = || purge(BEGAN).by;
    let soon = Utc(BEGAN.0 + 3 * DAY_MS);
    let hold = store.hold("held", HoldReason::Legal, None, Some("case 4711"), by(), soon).await.unwrap();
    assert_eq!(hold, "held/1");
    let short =
        store.hold("held", HoldReason::Incident, Some(days_later(10)), None, by(), soon).await.unwrap();
    assert_eq!(short, "held/2");
    // What is noted is sealed, and the hold goes with the export.
    let statements = store.archive().evidence("held").await.unwrap().unwrap().statements;
    let said: String = statements.iter().map(|(_, statement)| statement.body.as_str()).collect();
    assert!(said.contains("\"legal\"") && !said.contains("4711") && !said.contains("tester"), "{said}");
    let to = data.join("export");
    exported(&store, "held", &to).await;
    assert!(export::check(&to, None).unwrap().1.is_ok() && python(&to).0 == 0);

    // A request that waits holds for 90 days by itself; one to delete does not hold.
    let words_over = Policy { recordings_days: 30, transcripts_days: 30, ..Policy::default() };
    let at = |days: i64| candor::store::retention::Purge { policy: words_over, ..purge(days_later(days)) };
    let done = store.purge(&at(40), |_, _| {}).await.unwrap();
    assert_eq!(done.gone.iter().map(|gone| gone.call_id.as_str()).collect::<Vec<_>>(), ["deleted"]);
    let mut refused: Vec<_> = done
        .refused
        .iter()
        .map(|r| (r.call_id.as_str(), r.holds.iter().map(|h| h.hold.as_str()).collect::<Vec<_>>()))
        .collect();
    refused.sort();
    assert_eq!(refused, [("asked", vec!["asked/request-1"]), ("held", vec!["held/1"])]);
    assert_eq!(
        store.release("asked", Some("request-1"), None, by(), days_later(41)).await.unwrap(),
        ["asked/request-1"]
    );
    assert_eq!(store.purge(&at(42), |_, _| {}).await.unwrap().gone[0].call_id, "asked");
    assert_eq!(store.release("held", Some("7"), None, by(), days_later(43)).await.unwrap(), [""; 0]);
    assert_eq!(
        store.purge(&at(900), |_, _| {}).await.unwrap().refused.len(),
        1,
        "a hold without a day lasts"
    );
    assert_eq!(
        store.release("held", None, Some("settled"), by(), days_later(901)).await.unwrap(),
        ["held/1"]
    );
    assert_eq!(store.purge(&at(902), |_, _| {}).await.unwrap().gone.len(), 1);
    for call_id in ["held", "asked", "deleted"] {
        assert_eq!(store.archive().verify(call_id).await.unwrap().destroyed.len(), 2);
    }
    let noted = store.book().archive().book("harbor", &Default::default()).await.unwrap();
    let count = |is: fn(&BookEvent) -> bool| noted.iter().filter(|noted| is(&noted.event)).count();
    assert_eq!(count(|event| matches!(event, BookEvent::Held(_))), 2);
    assert_eq!(count(|event| matches!(event, BookEvent::HoldReleased(_))), 2);
    assert_eq!(count(|event| matches!(event, BookEvent::Destroyed(_))), 3);
}

#[tokio::test]
async fn the_shorter_of_two_terms_takes_its_part_and_leaves_the_other() {
    let data = Folder::new("terms");
    let store = store(&data).await;
    keep(&store, "sound", &[], &[], true).await;
    let saved = Saved::of(store.archive());
    let policy = Policy { recordings_days: 10, ..Policy::default() };
    let sooner = candor::store::retention::Purge { policy, ..purge(days_later(20)) };
    let done = store.purge(&sooner, |_, _| {}).await.unwrap();
    assert_eq!((done.gone[0].labels.len(), done.gone[0].silenced.len()), (0, 2), "{done:?}");
    assert!(readable(&store, "sound").await.contains("heroin"), "the words stay");
    assert!(
        saved.sha256("sound").await.is_err() && saved.clip("sound", CLIP.0, CLIP.1).await.unwrap().is_some()
    );
    assert!(!store.archive().verify("sound").await.unwrap().untidy);
    assert!(store.purge(&sooner, |_, _| {}).await.unwrap().gone.is_empty(), "once");

    let mut words = purge(days_later(30));
    words.policy = Policy { recordings_days: 60, transcripts_days: 25, ..Policy::default() };
    keep(&store, "words", &[], &[], true).await;
    let done = store.purge(&words, |_, _| {}).await.unwrap();
    let gone = done.gone.iter().find(|gone| gone.call_id == "words").unwrap();
    assert!(gone.labels.is_empty() && gone.redacted > 20, "{gone:?}");
    let left = readable(&store, "words").await;
    assert!(!left.contains("heroin") && left.contains("consent_decided"));
    assert!(saved.sha256("words").await.unwrap().is_some(), "the sound stays");
    for call_id in ["sound", "words"] {
        let to = data.join(format!("export-{call_id}"));
        exported(&store, call_id, &to).await;
        assert!(store.archive().verify(call_id).await.is_ok());
        assert!(export::check(&to, None).unwrap().1.is_ok() && python(&to).0 == 0, "{call_id}");
    }
}

#[test]
fn purging_on_the_command_line_beside_a_server_refuses_what_is_held_and_certifies() {
    let data = Folder::new("purge-command");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let store = runtime.block_on(store(&data));
    // The command takes the machine's clock: the calls are a hundred days older than those of the other tests.
    let programs = data.join("programs");
    fs::create_dir_all(programs.join("harbor")).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("programs/harbor");
    for file in ["program.toml", "agreements.toml"] {
        fs::copy(script.join(file), programs.join("harbor").join(file)).unwrap();
    }
    runtime.block_on(async {
        let began = Utc(BEGAN.0 - 100 * DAY_MS);
        keep_from(&store, began, "held", &[], &[], true).await;
        keep_from(&store, began, "free", &[], &[], true).await;
    });
    let (programs, out) = (programs.to_str().unwrap().to_owned(), data.join("certificates"));
    let args = |more: &[&'static str]| {
        let mut args = vec!["purge", "--programs", programs.as_str(), "--certificate", out.to_str().unwrap()];
        args.extend(more);
        args.into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let run = |args: Vec<String>| candor(&data, &args.iter().map(String::as_str).collect::<Vec<_>>());
    let (status, told, why) =
        candor(&data, &["hold", "held", "--reason", "complaint", "--note", "Ms Zebrowski"]);
    assert!(status == 0 && told.starts_with("held/1  complaint"), "{told}{why}");
    assert_eq!(candor(&data, &["hold", "nobody", "--reason", "legal"]).0, 1);
    assert_eq!(candor(&data, &["hold", "held", "--reason", "boredom"]).0, 2);
    // Who may not, changes nothing, and is in the book.
    let (status, _, why) = candor(&data, &["hold", "free", "--reason", "legal", "--as", "qa"]);
    assert!(status == 1 && why.contains("the role qa holds and destroys nothing"), "{why}");
    assert_eq!(candor(&data, &["release-hold", "held", "--as", "intake"]).0, 1);
    assert_eq!(run(args(&["--dry-run", "--as", "clinician"])).0, 1);
    assert!(!candor(&data, &["show", "free"]).1.contains("free/1 since"));
    let (_, page, _) = candor(&data, &["show", "held"]);
    assert!(page.contains("held/1 since") && page.contains("complaint"), "{page}");
    assert!(candor(&data, &["list"]).1.contains("held: held/1"));
    assert!(candor(&data, &["list", "--json"]).1.contains("\"holds\":[{"));
    assert_eq!(run(args(&["--everything", "--program", "harbor"])).0, 1, "its agreement is in force");
    assert_eq!(run(args(&["--everything", "--program", "harbor", "--destroy-tenant", "cove"])).0, 2);

    let (status, told, why) = run(args(&["--dry-run"]));
    assert!(status == 1 && told.contains("free  would be destroyed"), "{told}{why}");
    let (status, told, why) = run(args(&[]));
    assert!(status == 1 && told.contains("free  destroyed  keys: general, sensitive"), "{told}{why}");
    assert!(why.contains("held is held and stays: held/1"), "{why}");
    let (status, told, why) = candor(&data, &["release-hold", "held/1", "--note", "settled"]);
    assert!(status == 0 && told.contains("held/1  released"), "{told}{why}");
    assert_eq!(candor(&data, &["release-hold", "held/1"]).0, 1);

    // The end of the program: returned first, then everything goes, its keys last.
    let back = data.join("returned");
    let (status, told, why) =
        candor(&data, &["export", "--program", "harbor", "--to", back.to_str().unwrap()]);
    assert!(status == 0 && told.contains("2 calls of harbor"), "{told}{why}");
    assert_eq!(python(&back.join("held")).0, 0);
    // The same as a tar, to be encrypted before it is on a disk.
    let streamed = data.join("streamed");
    fs::create_dir(&streamed).unwrap();
    let mut export = Command::new(env!("CARGO_BIN_EXE_candor"))
        .args(["record", "export", "--program", "harbor", "--to", "-", "--data"])
        .arg(&*data)
        .arg("--keys")
        .arg(keys_folder(&data))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let tar = export.stdout.take().unwrap();
    let unpacked = Command::new("tar").arg("-x").current_dir(&streamed).stdin(tar).status().unwrap();
    assert!(export.wait().unwrap().success() && unpacked.success());
    assert_eq!(python(&streamed.join("held")).0, 0);
    for name in ["journal.jsonl", "statements.jsonl", "record.json"] {
        let file = |folder: &Path| fs::read(folder.join("free").join(name)).unwrap();
        assert!(file(&back) == file(&streamed), "{name}");
    }
    drop(store);
    let (status, told, why) =
        run(args(&["--everything", "--program", "harbor", "--destroy-tenant", "harbor"]));
    assert_eq!(status, 0, "{told}{why}");
    let certificates: Vec<PathBuf> = fs::read_dir(&out).unwrap().map(|file| file.unwrap().path()).collect();
    let everything = certificates.iter().find(|path| {
        path.extension().is_some_and(|e| e == "json")
            && fs::read_to_string(path).unwrap().contains("\\\"everything\\\":true")
    });
    let everything = everything.expect("a certificate of everything").to_str().unwrap();
    let offline = Command::new(env!("CARGO_BIN_EXE_candor"))
        .args(["record", "verify", "--certificate", everything])
        .output()
        .unwrap();
    assert!(offline.status.success(), "{}", String::from_utf8_lossy(&offline.stderr));
    let (status, told, why) = candor(&data, &["verify", "--certificate", everything]);
    assert!(status == 0 && told.contains("everything that it names is gone"), "{told}{why}");
    let (status, told, why) = candor(&data, &["verify"]);
    assert!(status == 0 && told.contains("destroyed: general and sensitive and consent"), "{told}{why}");
    assert!(!tape(&data, "held").exists() && !tape(&data, "free").exists());
    assert_eq!(
        run(args(&["--everything", "--program", "harbor", "--destroy-tenant", "harbor"])).0,
        0,
        "again"
    );
    let altered =
        "DROP TRIGGER certificates_stay; UPDATE certificates SET body = replace(body, 'free', 'frei')";
    assert!(runtime.block_on(alter(&data, altered)) > 0);
    let (status, told, _) = candor(&data, &["verify"]);
    let named = told.lines().any(|line| line.starts_with("destruction-") && line.contains("FAULTY"));
    assert!(status == 1 && named, "{told}");
    let (status, _, why) = candor(&data, &["show", "held"]);
    assert!(status == 1 && why.contains("is destroyed"), "{why}");
    // One bit of the certificate, and it is none.
    let sound = fs::read(everything).unwrap();
    for n in [20, sound.len() / 2, sound.len() - 20] {
        let mut altered = sound.clone();
        altered[n] ^= 1;
        assert!(Signed::read(&altered).and_then(|signed| signed.check(None)).is_err(), "byte {n}");
    }
}

#[tokio::test]
async fn a_wrapped_key_that_was_destroyed_stands_in_no_file() {
    let data = Folder::new("lingering");
    let store = store(&data).await;
    for n in 0..12 {
        keep(&store, &format!("call{n}"), &[], &[], true).await;
    }
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(data.join("candor.db"));
    let mut raw = <sqlx::SqliteConnection as sqlx::Connection>::connect_with(&options).await.unwrap();
    let keys = "SELECT wrapped FROM call_keys WHERE label <> 'consent'";
    let wrapped: Vec<String> = sqlx::query_scalar(keys).fetch_all(&mut raw).await.unwrap();
    assert_eq!(wrapped.len(), 24);
    <sqlx::SqliteConnection as sqlx::Connection>::close(raw).await.unwrap();
    let done = store.purge(&purge(days_later(91)), |_, _| {}).await.unwrap();
    assert_eq!(done.gone.len(), 12);
    assert!(store.fold().await.unwrap());
    for file in ["candor.db", "candor.db-wal"] {
        let bytes = fs::read(data.join(file)).unwrap();
        for key in &wrapped {
            let tail = &key.as_bytes()[key.len() - 40..];
            assert!(!bytes.windows(40).any(|window| window == tail), "{file}");
        }
    }
    drop(store);
    ground::store(&data).await;
    Archive::open(&data, crate::ground::keys(&data)).await.unwrap();
}

//! One real call, end to end, in two voices: what must be on record is, and what must not be anywhere is not.

use crate::{
    server::{Server, has_models, root},
    words::{Ears, notice_of, word_errors},
};
use candor::{
    audio::wav,
    book::Who,
    config::programs,
    program::{Policy, Program},
    store::{Keyring, Saved, Store, retention::Purge},
    time::{Millis, Utc},
};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::{fs, sync::Arc, thread, time::Duration};

/// Grants to the plan, refuses the referrer, takes the grant back in the middle of the sensitive questions.
const SCRIPT: &str = r#"
[[step]]
expect = "notice"
say_text = "I understand."
[[step]]
expect = "question:name"
say_text = "My name is Morgan Blake."
[[step]]
expect = "question:callback"
press = "4155550142#"
[[step]]
expect = "question:referred_by"
say_text = "My doctor told me to call you."
[[step]]
expect = "question:insurance_carrier"
say_text = "Blue Cross Blue Shield."
[[step]]
expect = "question:member_id"
say_text = "My member ID is X Y Z one two three four five."
[[step]]
expect = "question:dob"
say_text = "My date of birth is March third nineteen eighty five."
[[step]]
expect = "consent:payor"
say_text = "Yes, that's fine."
[[step]]
expect = "signature:payor"
say_text = "Morgan Blake. I agree."
[[step]]
expect = "consent:referral_source"
say_text = "No, I don't want that shared."
[[step]]
expect = "consent:crm"
press = "1"
[[step]]
expect = "signature:crm"
say_text = "My name is Morgan Blake, and I agree."
[[step]]
expect = "question:substance"
say_text = "Actually, don't send anything to my insurance."
[[step]]
expect = "question:substance"
say_text = "I've been using heroin and I need help."
[[step]]
expect = "question:last_use"
hangup = true
[[whenever]]
expect = "confirm:*"
press = "1"
"#;

/// What the caller said about herself, as it would stand in a log, a metric or a file name.
const PERSONAL: [&str; 9] =
    ["morgan", "blake", "heroin", "415555", "xyz12345", "march", "blue cross", "doctor", "don't send"];

#[test]
fn a_call_in_two_voices_leaves_the_record_the_caller_spoke() {
    if !has_models() {
        return;
    }
    let server = Server::start("one-call");
    let program = programs::load(&root().join("programs"), "harbor").expect("the sample program");
    let records: Vec<Value> = thread::scope(|scope| {
        let calls = ["hibari-heart", "flite-rms"].map(|voice| scope.spawn(|| place(&server, voice)));
        calls.into_iter().map(|call| call.join().expect("the call is placed")).collect()
    });
    for (record, voice) in records.iter().zip(["hibari-heart", "flite-rms"]) {
        check(record, &program);
        let heard = fs::read(server.folder().join(format!("{voice}.wav"))).expect("what the caller heard");
        let errors = word_errors(&notice_of(&program), &transcribe(&heard, record));
        eprintln!("{voice}: the notice as heard, {:.1} % of its words wrong", errors * 100.0);
        assert!(
            errors <= 0.10,
            "{voice}: the notice was read with {:.0} % of its words wrong",
            errors * 100.0
        );
    }
    nothing_leaked(&server);
    signatures_outlive_the_rest(&server, &records);
}

/// A record without how its consents stand since: the two voices are one patient, whose later call names the earlier.
fn as_spoken(mut record: Value) -> Value {
    for consent in record["consents"].as_array_mut().expect("a list") {
        let fields = consent.as_object_mut().expect("a consent");
        for later in ["supersedes", "since", "releasable", "blocked_by"] {
            fields.remove(later);
        }
    }
    record
}

/// 91 days later the words and the sound are destroyed, and what was signed aloud is heard as the record says.
fn signatures_outlive_the_rest(server: &Server, records: &[Value]) {
    let (data, keys) = (server.folder().join("data"), server.folder().join("keys"));
    tokio::runtime::Runtime::new().expect("a runtime").block_on(async {
        let keys = Arc::new(Keyring::existing(&keys, None).expect("the keys of the server"));
        let store = Store::beside(&data, keys).await.expect("the store beside the server");
        let now = Utc(jiff::Timestamp::now().as_millisecond() + 91 * 86_400_000);
        let purge = Purge {
            program: "harbor".into(),
            policy: Policy::default(),
            now,
            by: Who::server(),
            call: None,
            before: None,
            is_dry: false,
            pause: Duration::ZERO,
            calls_max: usize::MAX,
        };
        let done = store.purge(&purge, |_, _| {}).await.expect("a purge beside the server");
        assert_eq!((done.gone.len(), done.failed.len()), (records.len(), 0), "{done:?}");
        let saved = Saved::of(store.archive());
        for record in records {
            let call_id = record["call_id"].as_str().expect("an id");
            let sound = store.archive().verify(call_id).await.expect("it verifies as destroyed");
            assert!(sound.destroyed.len() == 2 && !sound.untidy, "{sound}");
            assert!(store.archive().journal(call_id).await.is_err() && saved.sha256(call_id).await.is_err());
            let kept = store.archive().record(call_id).await.expect("the record").expect("it is there");
            assert_eq!(as_spoken(serde_json::to_value(&kept).expect("JSON")), as_spoken(record.clone()));
            let signed: Vec<_> =
                kept.consents.iter().filter_map(|consent| consent.signature.as_ref()).collect();
            assert_eq!(signed.len(), 2);
            for signature in signed {
                let clip = saved.clip(call_id, Millis(signature.from_ms), Millis(signature.to_ms)).await;
                let clip = clip.expect("the recording").expect("what was signed is there, all of it");
                let sha256: String = Sha256::digest(&clip).iter().map(|byte| format!("{byte:02x}")).collect();
                assert_eq!(Some(sha256), signature.clip_sha256);
            }
        }
    });
}

fn place(server: &Server, voice: &str) -> Value {
    let script = server.folder().join(format!("{voice}.toml"));
    fs::write(&script, SCRIPT).expect("room on the disk");
    let mut call = server.call();
    call.args(["--json", "--speaker", voice]).arg("--script").arg(script);
    let out = call.arg("--save").arg(server.folder().join(format!("{voice}.wav"))).output().expect("it runs");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).expect("the record is printed")
}

fn check(record: &Value, program: &Program) {
    let notice = &record["disclosure"];
    assert_eq!(notice["version"], program.notice.version.as_str());
    assert_eq!(notice["acknowledgement"], "affirmed", "{record:#}");
    assert_eq!(record["gate"][0]["open"], true);
    let time = |value: &Value| value.as_str().expect("a time").parse::<Utc>().expect("RFC 3339");
    assert!(time(&notice["started_at"]) < time(&notice["heard_at"]));
    assert!(time(&notice["heard_at"]) < time(&record["gate"][0]["at"]));
    let told: Vec<_> = record["consents"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|c| (&c["recipient"], &c["decision"]))
        .collect();
    let told: Vec<_> =
        told.iter().map(|(r, d)| (r.as_str().unwrap_or("-"), d.as_str().unwrap_or("-"))).collect();
    assert_eq!(told, [("payor", "revoked"), ("referral_source", "denied"), ("crm", "granted")], "{record:#}");
    assert!(record["consents"][0]["revoked_at"].is_string());
    for signed in [0, 2] {
        let signature = &record["consents"][signed]["signature"];
        assert_eq!(signature["kind"], "voice", "{record:#}");
        assert_eq!(signature["clip_sha256"].as_str().map(str::len), Some(64), "{record:#}");
        assert!(record["consents"][signed]["instrument"]["text"].is_string());
    }
    let sensitive: Vec<_> =
        record["questions"].as_array().expect("a list").iter().filter(|q| q["elicits"] == "sud").collect();
    assert!(!sensitive.is_empty());
    assert!(sensitive.iter().all(|q| time(&q["asked_at"]) > time(&record["gate"][0]["at"])));
    assert_eq!(record["recording"]["channels"], 2);
    assert!(record["recording"]["duration_ms"].as_u64().expect("a length") > 60_000);
    assert!(
        !record.to_string().to_lowercase().contains("heroin"),
        "sensitive answers are never in the record"
    );
}

/// What the recogniser reads in the part of the saved audio where the notice was.
fn transcribe(file: &[u8], record: &Value) -> String {
    let samples = wav::read(file).expect("a WAV file").to_wire().expect("a rate");
    let at = |value: &Value| value.as_str().expect("a time").parse::<Utc>().expect("RFC 3339").0;
    let began = at(&record["started_at"]);
    let place = |value: &Value| ((at(value) - began).max(0) as usize * 8).min(samples.len());
    let (from, to) = (place(&record["disclosure"]["started_at"]), place(&record["disclosure"]["heard_at"]));
    Ears::open().transcribe(&samples[from..to])
}

fn nothing_leaked(server: &Server) {
    let (_, metrics) = server.ask("GET", "/metrics", "").expect("metrics");
    assert!(metrics.contains("candor_"), "there are metrics to look at");
    let log = server.log();
    assert!(log.lines().count() > 10, "there is a log to look at");
    let mut names = String::new();
    let mut folders = vec![server.folder().join("data")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder").map(|e| e.expect("a file")) {
            names += &format!("{}\n", entry.path().display());
            if entry.path().is_dir() {
                folders.push(entry.path());
            }
        }
    }
    for (place, text) in [("the log", log), ("the metrics", metrics), ("a file name", names)] {
        let text = text.to_lowercase();
        for personal in PERSONAL {
            assert!(!text.contains(personal), "{place} has `{personal}` in it");
        }
    }
}

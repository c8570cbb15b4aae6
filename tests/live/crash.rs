//! kill -9 in the middle of a consent question: the call is on record, its consent incomplete, nothing else lost.

use crate::server::{Server, has_models};
use candor::{
    dialogue::Fact,
    journal::Event,
    store::{Archive, Keyring},
};
use serde_json::Value;
use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::Stdio,
    sync::Arc,
    time::{Duration, Instant},
};

/// What all consents share is read before the first question.
const ASKED_MAX: Duration = Duration::from_secs(90);

const SCRIPT: &str = r#"
[[whenever]]
expect = "confirm:*"
press = "1"
[[step]]
expect = "notice"
press = "1"
[[step]]
expect = "question:name"
say_text = "My name is Jordan Avery."
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
press = "12345#"
[[step]]
expect = "question:dob"
press = "03031985#"
[[step]]
expect = "consent:payor"
wait_ms = 60000
"#;

#[test]
fn a_server_killed_in_the_middle_of_a_consent_question_loses_nothing() {
    if !has_models() {
        return;
    }
    let server = Server::start("crash");
    let script = server.folder().join("script.toml");
    fs::write(&script, SCRIPT).expect("room on the disk");
    let mut call = server.call();
    call.args(["--speaker", "hibari-heart"]).arg("--script").arg(script);
    call.arg("--save").arg(server.folder().join("heard.wav"));
    let mut call = call.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it runs");
    let captions = BufReader::new(call.stdout.take().expect("captions"));
    // The captions name the line's kind after its words, which may run over several lines.
    let asked = captions.lines().map_while(Result::ok).any(|line| line.contains("[consent]"));
    assert!(asked, "the call came to its first consent question");
    consent_is_being_asked(server.folder());
    let server = server.crash_and_start_again();
    let _ = call.kill();
    let _ = call.wait();
    let (status, calls) = server.ask("GET", "/api/v1/calls", "").expect("an answer");
    assert_eq!(status, 200, "{calls}");
    let calls: Value = serde_json::from_str(&calls).expect("JSON");
    let record = &calls["calls"][0];
    assert_eq!(record["outcome"], "abandoned", "{calls:#}");
    assert_eq!(record["disclosure"]["acknowledgement"], "affirmed");
    assert_eq!(record["gate"][0]["open"], true);
    let consents = record["consents"].as_array().expect("a list");
    assert_eq!(consents.len(), 1, "{record:#}");
    assert_eq!(
        (&consents[0]["recipient"], &consents[0]["decision"]),
        (&"payor".into(), &"incomplete".into())
    );
    let questions = record["questions"].as_array().expect("a list");
    assert_eq!(questions.len(), 6, "{record:#}");
    assert!(questions.iter().all(|q| q["status"] == "answered"), "{record:#}");
    assert!(record["recording"]["duration_ms"].as_u64().expect("a length") > 20_000, "{record:#}");
}

/// Waits until the journal on disk says that the question was begun; the server is killed while it is spoken.
fn consent_is_being_asked(folder: &Path) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let began = Instant::now();
    runtime.block_on(async {
        let keys = Arc::new(Keyring::open(&folder.join("keys"), None).expect("the keys"));
        let archive = Archive::open(&folder.join("data"), keys).await.expect("a reader beside the server");
        loop {
            for call in archive.unfinished().await.expect("the calls") {
                let (_, entries) = archive.journal(&call).await.expect("a journal").expect("it was opened");
                let asked = |e: &Event| matches!(e, Event::Fact { fact: Fact::ConsentAsked { .. } });
                if entries.iter().any(|entry| asked(&entry.event)) {
                    return;
                }
            }
            assert!(began.elapsed() < ASKED_MAX, "the question was heard and is not on record");
        }
    });
}

//! A Twilio emulator that no one here wrote (PyPI `streamdouble`) completes a call against the real server.
//!
//! It neither signs nor fetches the document, so it is given a token from `POST /api/v1/calls/tokens`.
//! The call is real time: the notice is heard to its end, declined, and the plain questions follow.

use crate::server::{Server, has_models, root};
use candor::audio::wav;
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

const RECORD_MAX: Duration = Duration::from_secs(30);

/// The emulator, where this machine has it.
fn emulator() -> Option<PathBuf> {
    let places = ["target/venv/bin/streamdouble", "target/providers/venv/bin/streamdouble"];
    places.iter().map(|p| root().join(p)).find(|p| p.is_file())
}

/// The scenario in `folder`, with its clips beside it as PCM: the emulator reads no mu-law.
fn scenario(folder: &Path) -> PathBuf {
    let text = fs::read_to_string(root().join("tests/live/declining.yaml")).expect("the scenario");
    for clip in text.lines().filter_map(|line| line.trim().strip_prefix("- say: ")) {
        let file = fs::read(root().join("audio-fixtures/callers").join(clip)).expect("a clip");
        let samples = wav::read(&file).expect("a WAV file").to_wire().expect("a rate");
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: 8_000,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut pcm = hound::WavWriter::create(folder.join(clip), spec).expect("a file");
        samples.iter().for_each(|sample| pcm.write_sample(*sample).expect("room on the disk"));
        pcm.finalize().expect("room on the disk");
    }
    let place = folder.join("declining.yaml");
    fs::write(&place, text).expect("room on the disk");
    place
}

#[test]
fn an_emulator_that_no_one_here_wrote_completes_a_call() {
    let Some(emulator) = emulator() else {
        eprintln!("SKIPPED: no streamdouble in target/venv: run scripts/test");
        return;
    };
    if !has_models() {
        return;
    }
    let mut server = Server::start("emulator");
    let (status, minted) = server.ask("POST", "/api/v1/calls/tokens", "{}").expect("an answer");
    assert_eq!(status, 201, "{minted}");
    let minted: Value = serde_json::from_str(&minted).expect("JSON");
    let token = format!("token={}", minted["token"].as_str().expect("a token"));
    let out = Command::new(emulator)
        .arg("scenario")
        .arg(scenario(server.folder()))
        .arg(minted["url"].as_str().expect("a url"))
        .args(["--param", &token, "--json", "--quiet-period", "1.2"])
        .output()
        .expect("the emulator runs");
    let told = String::from_utf8_lossy(&out.stdout);
    assert!(out.status.success(), "{told}\n{}", String::from_utf8_lossy(&out.stderr));
    let call = minted["call_id"].as_str().expect("an id");
    let record: Value =
        serde_json::from_str(&server.wait_for(&format!("/api/v1/calls/{call}"), RECORD_MAX)).expect("JSON");
    assert_eq!(record["outcome"], "declined", "{record:#}");
    assert_eq!(record["disclosure"]["acknowledgement"], "declined");
    assert!(record["disclosure"]["heard_at"].is_string(), "the notice was heard to its end");
    assert_eq!(record["consents"], serde_json::json!([]));
    let open = record["gate"].as_array().expect("a list").iter().any(|g| g["open"] == true);
    assert!(!open, "the gate never opened");
    assert!(record["questions"].as_array().expect("a list").iter().all(|q| q["elicits"] == "none"));
}

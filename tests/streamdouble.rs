//! A Twilio emulator that no one here wrote (PyPI `streamdouble`) completes a call against the real server.
//!
//! It neither signs nor fetches the document, so it is given a token from `POST /api/v1/calls/tokens`.
//! The call is real time: the notice is heard to its end, declined, and the plain questions follow.

#![cfg(feature = "runtime")]

use candor::audio::wav;
use serde_json::Value;
use std::{
    env, fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

const READY_MAX: Duration = Duration::from_secs(180);
const RECORD_MAX: Duration = Duration::from_secs(30);

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn models() -> PathBuf {
    env::var("CANDOR_MODELS").map_or_else(|_| root().join("models"), PathBuf::from)
}

/// The emulator, where this machine has it.
fn emulator() -> Option<PathBuf> {
    let places = ["target/venv/bin/streamdouble", "target/providers/venv/bin/streamdouble"];
    places.iter().map(|p| root().join(p)).find(|p| p.is_file())
}

/// The scenario in `folder`, with its clips beside it as PCM: the emulator reads no mu-law.
fn scenario(folder: &Path) -> PathBuf {
    let text = fs::read_to_string(root().join("tests/streamdouble/declining.yaml")).expect("the scenario");
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

/// A server on a port of its own, with folders of its own. It ends with this value.
struct Server {
    child: Child,
    place: String,
    folder: PathBuf,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Server {
    fn start() -> Server {
        let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let place = free.local_addr().expect("an address").to_string();
        drop(free);
        let folder = env::temp_dir().join(format!("candor-streamdouble-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        let child = Command::new(env!("CARGO_BIN_EXE_candor"))
            .args(["serve", "--listen", &place])
            .arg("--data")
            .arg(folder.join("data"))
            .arg("--keys")
            .arg(folder.join("keys"))
            .arg("--programs")
            .arg(root().join("programs"))
            .env("CANDOR_MODELS", models())
            .stdout(Stdio::null())
            .spawn()
            .expect("the server starts");
        Server { child, place, folder }
    }

    /// One request over a plain socket: the status and the body.
    fn ask(&self, method: &str, path: &str, body: &str) -> Option<(u16, String)> {
        let token = fs::read_to_string(self.folder.join("keys/local.token")).unwrap_or_default();
        let mut socket = TcpStream::connect(&self.place).ok()?;
        socket.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.place,
            token.trim(),
            body.len()
        );
        socket.write_all(request.as_bytes()).ok()?;
        let mut answer = String::new();
        socket.read_to_string(&mut answer).ok()?;
        let status = answer.split(' ').nth(1)?.parse().ok()?;
        Some((status, answer.split_once("\r\n\r\n")?.1.to_string()))
    }

    /// Asks until the answer is 200, for `patience` at most.
    fn wait_for(&mut self, path: &str, patience: Duration) -> String {
        let began = Instant::now();
        loop {
            if let Some((200, body)) = self.ask("GET", path, "") {
                return body;
            }
            let ended = self.child.try_wait().expect("the server can be asked");
            assert!(ended.is_none(), "the server ended: {ended:?}");
            assert!(began.elapsed() < patience, "{path} was not there after {patience:?}");
            std::thread::yield_now();
        }
    }
}

#[test]
fn an_emulator_that_no_one_here_wrote_completes_a_call() {
    let Some(emulator) = emulator() else {
        eprintln!("SKIPPED: no streamdouble in target/venv: run scripts/test");
        return;
    };
    if !models().join("hibari").is_dir() {
        eprintln!("SKIPPED: no models in {}: run scripts/models", models().display());
        return;
    }
    let mut server = Server::start();
    server.wait_for("/readyz", READY_MAX);
    let (status, minted) = server.ask("POST", "/api/v1/calls/tokens", "{}").expect("an answer");
    assert_eq!(status, 201, "{minted}");
    let minted: Value = serde_json::from_str(&minted).expect("JSON");
    let token = format!("token={}", minted["token"].as_str().expect("a token"));
    let out = Command::new(emulator)
        .arg("scenario")
        .arg(scenario(&server.folder))
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

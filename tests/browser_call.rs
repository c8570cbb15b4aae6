//! Calls from a real browser, Debian's Chromium driven by Playwright, to a real server with real models: by voice from
//! the notice to a revocation, and over a network that loses and delays. What a caller does is in
//! `tests/browser_call/page.js`.
#![cfg(feature = "runtime")]
#![allow(missing_docs)]

#[path = "browser_call/relay.rs"]
mod relay;
#[allow(dead_code)] // these tests use a part of it
#[path = "live/server.rs"]
mod server;
#[path = "web/chromium.rs"]
mod chromium;
#[path = "live/words.rs"]
mod words;

use candor::{
    audio::{
        resample::{resample, to_float},
        wav,
    },
    channel::{Arrival, heard_of},
    config::programs,
};
use chromium::python;
use relay::{Relay, Weather, draw};
use serde_json::{Map, Value, json};
use server::{Server, has_models, root};
use std::{
    fs,
    net::UdpSocket,
    path::Path,
    process::{Command, Stdio},
    sync::atomic::Ordering::Relaxed,
    thread,
    time::Duration,
};
use words::{Ears, notice_of, word_errors};

const SPEAKER: &str = "hibari-heart";

/// Signs for the plan, refuses the others, takes the plan back in the middle of the sensitive questions.
const SCRIPT: &[(&str, &str)] = &[
    ("notice", "I understand."),
    ("question:name", "My name is Jordan Avery."),
    ("question:callback", "Four one five, five five five, zero one four two."),
    ("question:referred_by", "My doctor told me to call you."),
    ("question:insurance_carrier", "Blue Cross Blue Shield."),
    ("question:member_id", "My member ID is X Y Z one two three four five."),
    ("question:dob", "My date of birth is March third nineteen eighty five."),
    ("consent:payor", "Yes, that's fine."),
    ("signature:payor", "Jordan Avery. I agree."),
    ("consent:referral_source", "No, I don't want that shared."),
    ("consent:crm", "No."),
    ("question:substance", "Actually, don't send anything to my insurance."),
    ("question:substance", "I've been using heroin and I need help."),
    ("question:last_use", "The day before yesterday."),
    ("question:prior_treatment", "Once, about three years ago."),
    ("question:level_of_care", "I would like a place where I can stay."),
    ("any", "No, that's all. Goodbye."),
];
/// Says no to everybody, so that there is no instrument to read out; types, presses and clicks in between.
const SHORT: &[(&str, &str)] = &[
    ("notice", "I understand."),
    ("question:name", r#"{"type":"text","text":"Jordan Avery"}"#),
    ("question:callback", "Four one five, five five five, zero one four two."),
    ("question:referred_by", r#"{"type":"choice","value":"skip"}"#),
    ("question:insurance_carrier", "Blue Cross Blue Shield."),
    ("question:member_id", r#"{"type":"choice","value":"skip"}"#),
    ("question:dob", "My date of birth is March third nineteen eighty five."),
    ("consent:payor", "No, I don't want that shared."),
    ("consent:referral_source", r#"{"type":"key","key":"2"}"#),
    ("consent:crm", "No."),
    ("question:substance", "I've been using heroin and I need help."),
    ("question:last_use", "The day before yesterday."),
    ("question:prior_treatment", "Once, about three years ago."),
    ("question:level_of_care", "I would like a place where I can stay."),
    ("any", "No, that's all. Goodbye."),
];
const WHENEVER: &str = "Yes, that's right.";

#[test]
fn a_call_by_browser_is_on_record_as_one_by_telephone() {
    let Some(python) = python() else { return };
    let server = Server::start("browser-call");
    let (browser, phone) = thread::scope(|scope| {
        let browser = scope.spawn(|| browse(&server, &python, SCRIPT, None));
        let phone = scope.spawn(|| telephone(&server));
        (browser.join().expect("a call"), phone.join().expect("a call"))
    });
    let record = &browser.record;
    assert_eq!((&record["channel"], &record["provider"]), (&json!("browser"), &Value::Null), "{record:#}");
    assert_eq!(record["disclosure"]["acknowledgement"], "affirmed", "{record:#}");
    let decisions: Vec<_> =
        record["consents"].as_array().expect("a list").iter().map(|c| &c["decision"]).collect();
    assert_eq!(decisions, ["revoked", "denied", "denied"], "{record:#}");
    assert_eq!(record["consents"][0]["signature"]["kind"], "voice", "{record:#}");
    assert_eq!(record["outcome"], "completed");
    assert_eq!(alike(record), alike(&phone), "the browser's record and the telephone's");

    // The page showed the call to its caller, and asked nobody else.
    let told = &browser.told;
    assert_eq!(told["foreign"], json!([]));
    let shown = told["captions"].to_string();
    assert!(shown.contains("I understand") && shown.contains("an automated assistant"), "{shown}");
    assert!(told["consents"].to_string().contains("payor: revoked"), "{told:#}");
    assert_eq!(events(told, "gate")[0]["open"], true);

    // What came out of the page's loudspeaker is the notice.
    let program = programs::load(&root().join("programs"), "harbor").expect("the sample program");
    let errors = word_errors(&notice_of(&program), &browser.transcribe("notice"));
    eprintln!("the notice as played in the page: {:.1} % of its words wrong", errors * 100.0);
    assert!(errors <= 0.10, "{:.0} % of the notice's words are wrong", errors * 100.0);
    browser.print_lags(&server);
}

#[test]
fn a_call_goes_on_through_loss_and_jitter() {
    let Some(python) = python() else { return };
    // The one port that the server may use is known before the browser's offer is answered.
    let free = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let place = free.local_addr().expect("an address");
    drop(free);
    let ports = format!("{0}-{0}", place.port());
    let server = Server::start_with("browser-loss", &[("CANDOR_BROWSER_UDP_PORTS", &ports)], |_| {});
    let relay = Relay::to(place, Weather { loss_percent: 5, delay_ms: 80, jitter_ms: 40 });
    let browser = browse(&server, &python, SHORT, Some(relay.port));
    let (passed, lost) = (relay.passed.load(Relaxed), relay.lost.load(Relaxed));
    eprintln!("{lost} of {} packets were lost, the others 40 to 120 ms late, each way", passed + lost);
    assert!(passed > 5_000 && lost > 200, "the call went through the relay");
    let record = &browser.record;
    assert_eq!(
        (&record["outcome"], &record["channel"]),
        (&json!("completed"), &json!("browser")),
        "{record:#}"
    );
    assert_eq!(record["disclosure"]["acknowledgement"], "affirmed", "{record:#}");
    let decisions: Vec<_> =
        record["consents"].as_array().expect("a list").iter().map(|c| &c["decision"]).collect();
    assert_eq!(decisions, ["denied", "denied", "denied"], "{record:#}");
    let skipped = |q: &&Value| q["status"] == "skipped";
    let questions = record["questions"].as_array().expect("a list");
    assert_eq!(questions.iter().filter(skipped).count(), 2, "{record:#}");
    assert!(
        browser.told["captions"].to_string().contains("Jordan Avery"),
        "typed words are shown as spoken ones"
    );
    browser.print_lags(&server);
}

/// Words that the recogniser gets wrong, of the callers' clips as they are, through Opus, and through Opus with one
/// packet in twenty lost.
#[test]
fn words_survive_opus_and_its_losses() {
    if !has_models() {
        return;
    }
    let ears = Ears::open();
    let mut chance = 5;
    let mut wrong = [(0.0, 0.0); 3];
    for (text, file) in clips("flite-rms").into_iter().chain(clips(SPEAKER)).step_by(2) {
        let file = fs::read(file.as_str().expect("a path")).expect("a clip");
        let wire = wav::read(&file).expect("a WAV file").to_wire().expect("a rate");
        let packets = opus_of(&wire);
        let lossy: Vec<Arrival> = packets.iter().filter(|_| draw(&mut chance, 20) != 0).cloned().collect();
        let ways = [wire, heard_of(&packets).expect("a decoder"), heard_of(&lossy).expect("a decoder")];
        let words = text.split_whitespace().count() as f64;
        for (heard, (errors, all)) in ways.iter().zip(&mut wrong) {
            *errors += word_errors(&text, &ears.transcribe(heard)) * words;
            *all += words;
        }
    }
    let [clean, opus, lossy] = wrong.map(|(errors, all)| errors / all * 100.0);
    eprintln!(
        "words wrong: {clean:.1} % as recorded, {opus:.1} % through Opus, {lossy:.1} % with 5 % of it lost"
    );
    assert!(opus <= clean + 3.0, "Opus costs {:.1} points", opus - clean);
    assert!(lossy <= clean + 8.0, "5 % loss costs {:.1} points", lossy - clean);
}

#[test]
fn the_committed_page_is_what_its_source_builds() {
    if !root().join("target/npm/node_modules/.bin/esbuild").exists() {
        eprintln!("SKIPPED: no esbuild in target/npm: scripts/test installs it");
        return;
    }
    let built = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("talk-{}.js", std::process::id()));
    let out = Command::new(root().join("web/talk/build")).arg(&built).output().expect("it runs");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stdout));
    let same = fs::read(&built).ok() == fs::read(root().join("web/talk/talk.js")).ok();
    let _ = fs::remove_file(&built);
    assert!(same, "web/talk/talk.js is not what web/talk/src builds: run web/talk/build and commit it");
}

/// A caller's clip as a browser sends it.
fn opus_of(wire: &[i16]) -> Vec<Arrival> {
    let mut encoder =
        opus::Encoder::new(48_000, opus::Channels::Mono, opus::Application::Voip).expect("an encoder");
    encoder.set_bitrate(opus::Bitrate::Bits(32_000)).expect("a rate");
    encoder.set_inband_fec(true).expect("FEC");
    encoder.set_packet_loss_perc(5).expect("a loss");
    let float: Vec<f32> = wire.iter().copied().map(to_float).collect();
    let full = resample(&float, 8_000, 48_000).expect("a rate");
    let packet = |(n, frame): (usize, &[f32])| Arrival {
        number: n as u16,
        timestamp: n as u32 * 960,
        payload: encoder.encode_vec_float(frame, 1_275).expect("a packet"),
        after: Duration::from_millis(n as u64 * 20),
    };
    full.chunks_exact(960).enumerate().map(packet).collect()
}

/// A call that a browser placed.
struct Browsed {
    record: Value,
    told: Value,
    heard: Vec<i16>,
}

fn browse(server: &Server, python: &str, script: &[(&str, &str)], relay: Option<u16>) -> Browsed {
    let folder = server.folder().join("browser");
    fs::create_dir_all(&folder).expect("a folder");
    let setup = json!({
        "url": server.url(),
        "clips": clips(SPEAKER),
        "script": script,
        "whenever": WHENEVER,
        "relay": relay,
    });
    let file = folder.join("setup.json");
    fs::write(&file, setup.to_string()).expect("room on the disk");
    let run = root().join("tests/browser_call/run.py");
    let out = Command::new(python).arg(run).arg(file).arg(&folder).stdin(Stdio::null()).output();
    let out = out.expect("Python starts");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let told: Value =
        serde_json::from_slice(&fs::read(folder.join("told.json")).expect("what happened")).expect("JSON");
    let call_id = events(&told, "started")[0]["call_id"].as_str().expect("an id").to_owned();
    let path = format!("/api/v1/calls/{call_id}");
    let record = (0..100).find_map(|_| match server.ask("GET", &path, "") {
        Some((200, body)) => serde_json::from_str(&body).ok(),
        _ => {
            thread::sleep(Duration::from_millis(100));
            None
        }
    });
    let heard = wav::read(&fs::read(folder.join("heard.wav")).expect("what was played")).expect("a WAV file");
    let heard = heard.to_wire().expect("a rate");
    Browsed { record: record.unwrap_or_else(|| panic!("no record: {told:#}")), told, heard }
}

impl Browsed {
    /// What the recogniser reads where lines of this kind were played.
    fn transcribe(&self, kind: &str) -> String {
        let lines = events(&self.told, "line");
        let own = |line: &&&Value| line["kind"] == kind;
        let from = lines.iter().find(own).expect("such a line")["t"].as_f64().expect("a time");
        let last = lines.iter().rev().find(own).expect("such a line");
        let until = events(&self.told, "heard").into_iter().find(|h| h["line"] == last["id"]);
        let until = until.expect("it was heard")["t"].as_f64().expect("a time");
        let began = self.told["capturedFrom"].as_f64().expect("a time");
        let place = |t: f64| (((t - began).max(0.0) * 8.0) as usize).min(self.heard.len());
        Ears::open().transcribe(&self.heard[place(from)..place(until)])
    }

    /// How long the caller waited for an answer, at the caller's own ears; and how long at the server.
    fn print_lags(&self, server: &Server) {
        let lags = self.told["lags"].as_array().expect("a list");
        let yes_no = |lag: &&Value| {
            let expecting = lag["expecting"].as_str().unwrap_or_default();
            ["notice", "confirm", "consent"].iter().any(|what| expecting.starts_with(what))
        };
        let of = |name: &str, lags: Vec<&Value>| {
            let mut ms: Vec<f64> = lags.iter().filter_map(|lag| lag["ms"].as_f64()).collect();
            ms.sort_by(f64::total_cmp);
            let median = ms.get(ms.len() / 2).copied().unwrap_or_default();
            eprintln!(
                "end of speech to first audio in the page, {name}: median {median:.0} ms of {}",
                ms.len()
            );
        };
        of("all answers", lags.iter().collect());
        of("yes or no", lags.iter().filter(yes_no).collect());
        let metrics = server.ask("GET", "/metrics", "").expect("metrics").1;
        for line in metrics.lines().filter(|line| line.starts_with("candor_turn_ms_bucket")) {
            eprintln!("at the server: {line}");
        }
    }
}

fn events<'a>(told: &'a Value, kind: &str) -> Vec<&'a Value> {
    told["events"].as_array().expect("a list").iter().filter(|event| event["type"] == kind).collect()
}

/// The same caller by telephone: the record.
fn telephone(server: &Server) -> Value {
    let mut script = format!("[[whenever]]\nexpect = \"confirm:*\"\nsay_text = \"{WHENEVER}\"\n");
    for (expect, say) in SCRIPT {
        script += &format!("[[step]]\nexpect = \"{expect}\"\nsay_text = \"{say}\"\n");
    }
    let file = server.folder().join("phone.toml");
    fs::write(&file, script).expect("room on the disk");
    let mut call = server.call();
    call.args(["--json", "--speaker", SPEAKER]).arg("--script").arg(file);
    let out = call.arg("--save").arg(server.folder().join("phone.wav")).output().expect("it runs");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).expect("the record is printed")
}

/// A record without what a channel, a provider, an id, a clock or the recogniser's spelling puts in.
fn alike(record: &Value) -> Value {
    match record {
        Value::Object(fields) => {
            let own = [
                "channel",
                "provider",
                "provider_call_id",
                "call_id",
                "journal",
                "confidence",
                "recording",
                "supersedes",
                "since",
            ];
            let measured =
                ["from_ms", "to_ms", "sha256", "instrument_sha256", "clip_sha256", "spoken", "text"];
            let kept = fields.iter().filter(|(name, _)| !own.contains(&name.as_str()));
            let kept = kept.filter(|(name, value)| !measured.contains(&name.as_str()) || value.is_array());
            let one = |(name, value): (&String, &Value)| {
                let value = match name.as_str() {
                    name if name.ends_with("_at") || name == "at" || name == "expires" => {
                        value.is_string().into()
                    }
                    name if name.ends_with("_id") => value
                        .as_str()
                        .and_then(|id| id.split_once('.'))
                        .map_or(value.clone(), |(_, own)| own.into()),
                    // What was asked is the script's, word for word.
                    "question" => value.clone(),
                    _ => alike(value),
                };
                (name.clone(), value)
            };
            Value::Object(kept.map(one).collect())
        }
        Value::Array(all) => all.iter().map(alike).collect(),
        other => other.clone(),
    }
}

/// A speaker's clips: the file of each text.
fn clips(speaker: &str) -> Map<String, Value> {
    let folder = root().join("audio-fixtures/callers");
    let manifest = fs::read_to_string(folder.join("manifest.tsv")).expect("a manifest");
    let clip = |line: &str| {
        let mut fields = line.split('\t');
        let (file, text, of) = (fields.next()?, fields.next()?, fields.next()?);
        (of == speaker).then(|| (text.to_owned(), folder.join(file).display().to_string().into()))
    };
    manifest.lines().filter_map(clip).collect()
}

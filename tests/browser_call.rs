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

use candor::{
    audio::{
        resample::{resample, to_float},
        wav,
    },
    channel::{Arrival, heard_of},
    config::programs,
    engine::{moonshine::Moonshine, onnx::Onnx},
    ports::{Hints, Recognizer},
    program::Locale,
};
use relay::{Relay, Weather, draw};
use serde_json::{Map, Value, json};
use server::{Server, has_models, models, root};
use std::{
    fs,
    net::UdpSocket,
    path::Path,
    process::{Command, Stdio},
    sync::atomic::Ordering::Relaxed,
    thread,
    time::{Duration, Instant},
};

const CHROMIUM: &str = "/usr/bin/chromium";
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
    let notice: Vec<&str> = program.notice.parts.iter().map(|p| p.text.in_locale(Locale::EnUs)).collect();
    let errors = word_errors(&notice.join(" "), &browser.transcribe("notice"));
    eprintln!("the notice as played in the page: {:.1} % of its words wrong", errors * 100.0);
    assert!(errors <= 0.10, "{:.0} % of the notice's words are wrong", errors * 100.0);
    browser.print_lags(&server);
    a_chat_is_gone_on_with_by_voice_and_in_writing_again(&server, &python);
}

/// In the same server, because one takes long to start.
fn a_chat_is_gone_on_with_by_voice_and_in_writing_again(server: &Server, python: &str) {
    let before = calls(server);
    let folder = server.folder().join("widget");
    fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join("setup.json");
    fs::write(&file, json!({"url": server.url(), "clips": clips(SPEAKER)}).to_string()).expect("room");
    let run = root().join("tests/browser_call/widget.py");
    let began = Instant::now();
    let out = Command::new(python).arg(run).arg(file).arg(&folder).stdin(Stdio::null()).output();
    let out = out.expect("Python starts");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let told: Value =
        serde_json::from_slice(&fs::read(folder.join("told.json")).expect("what happened")).expect("JSON");
    eprintln!(
        "a chat with a voice in it: {:.0} s, of them {} s by voice",
        began.elapsed().as_secs_f64(),
        told["talked_s"]
    );
    assert_eq!(told["axe"], json!([]));
    let looked_at = Path::new(env!("CARGO_TARGET_TMPDIR")).join("talking.png");
    fs::copy(folder.join("talking.png"), &looked_at).expect("a picture");
    let record = (0..100).find_map(|_| {
        let known = calls(server).into_iter().find(|call| !before.contains(call));
        if known.is_none() {
            thread::sleep(Duration::from_millis(100));
        }
        known
    });
    let record = record.expect("one chat, one record");
    assert_eq!((&record["channel"], record["gate"].as_array().map(Vec::len)), (&json!("chat"), Some(1)));
    let to: Vec<_> = record["moves"].as_array().expect("moves").iter().map(|moved| &moved["to"]).collect();
    assert_eq!(to, ["browser", "chat"], "{record:#}");
    let consents = record["consents"].as_array().expect("a list");
    let decisions: Vec<_> = consents.iter().map(|c| &c["decision"]).collect();
    assert_eq!(decisions, ["revoked", "denied", "denied"], "{record:#}");
    assert_eq!(
        (&consents[0]["signature"]["kind"], &consents[0]["revocation"]["told"]),
        (&json!("click"), &json!("oral"))
    );
    // The recording is as long as the call was when the caller stopped talking: its clock is the call's.
    let ms = record["recording"]["duration_ms"].as_u64().expect("it was recorded");
    let moved = |n: usize| instant(&record["moves"][n]["at"]) - instant(&record["started_at"]);
    assert!((moved(1) - ms as i64).abs() < 1_000 && moved(0) < ms as i64, "{ms}: {record:#}");
}

/// The newest calls that ended.
fn calls(server: &Server) -> Vec<Value> {
    let (_, body) = server.ask("GET", "/api/v1/calls", "").expect("the calls");
    let body: Value = serde_json::from_str(&body).expect("JSON");
    body["calls"].as_array().expect("a list").clone()
}

/// Milliseconds since the epoch.
fn instant(at: &Value) -> i64 {
    serde_json::from_value::<candor::time::Utc>(at.clone()).expect("a time").0
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
    let onnx = Onnx::open(&models()).expect("the runtime");
    let ears = Moonshine::open(&onnx, &models(), 1, 4).expect("the recogniser");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
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
            let float: Vec<f32> = heard.iter().copied().map(to_float).collect();
            let samples = resample(&float, 8_000, 16_000).expect("a rate").into();
            let hints = Hints { locale: Locale::EnUs, yes_no: false };
            let said = runtime.block_on(ears.recognize(samples, hints)).expect("words").text;
            *errors += word_errors(&text, &said) * words;
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
    let built = std::env::temp_dir().join(format!("candor-talk-{}.js", std::process::id()));
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
    heard: Vec<f32>,
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
    let heard: Vec<f32> = heard.to_wire().expect("a rate").into_iter().map(to_float).collect();
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
        let part = &self.heard[place(from)..place(until)];
        let onnx = Onnx::open(&models()).expect("the runtime");
        let ears = Moonshine::open(&onnx, &models(), 1, 4).expect("the recogniser");
        let hints = Hints { locale: Locale::EnUs, yes_no: false };
        let samples = resample(part, 8_000, 16_000).expect("a rate").into();
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(ears.recognize(samples, hints)).expect("words").text
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

/// Word errors as a share of the words; a citation of the law may be read in many ways and is left out.
fn word_errors(wanted: &str, heard: &str) -> f64 {
    let words = |text: &str| -> Vec<String> {
        let text = text.to_lowercase().replace('’', "'");
        let letters = |c: char| if c.is_alphanumeric() || c == '\'' { c } else { ' ' };
        let text: String = text.chars().map(letters).collect();
        let text = format!(" {} ", text.split_whitespace().collect::<Vec<_>>().join(" "));
        let citations =
            [" 42 cfr part 2 ", " 42 c f r part 2 ", " forty two cfr part two ", " 42 cfr part two "];
        let text = citations.iter().fold(text, |text, citation| text.replace(citation, " "));
        text.split_whitespace().map(str::to_owned).collect()
    };
    let (wanted, heard) = (words(wanted), words(heard));
    let mut row: Vec<usize> = (0..=heard.len()).collect();
    for (i, want) in wanted.iter().enumerate() {
        let mut corner = std::mem::replace(&mut row[0], i + 1);
        for (j, hear) in heard.iter().enumerate() {
            let best = (corner + usize::from(want != hear)).min(row[j + 1] + 1).min(row[j] + 1);
            corner = std::mem::replace(&mut row[j + 1], best);
        }
    }
    row[heard.len()] as f64 / wanted.len().max(1) as f64
}

/// Python with Playwright, where this machine has both, a browser and the models; where not, it is said loudly.
fn python() -> Option<String> {
    if !has_models() {
        return None;
    }
    let works = |python: &String| {
        let mut command = Command::new(python);
        let command = command.args(["-c", "import playwright.sync_api"]).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    let candidates = [root().join("target/venv/bin/python").display().to_string(), "python3".into()];
    let found = candidates.into_iter().find(works).filter(|_| Path::new(CHROMIUM).is_file());
    if found.is_none() {
        eprintln!("SKIPPED: no {CHROMIUM} or no Playwright: scripts/test installs both");
    }
    found
}

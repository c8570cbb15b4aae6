//! Calls from a real browser, Debian's Chromium driven by Playwright, to a real server with real models: by voice from
//! the notice to a revocation, and over a network that loses and delays. What a caller does is in
//! `tests/browser_call/page.js`.
#![cfg(feature = "runtime")]
#![allow(missing_docs)]

#[path = "web/chromium.rs"]
mod chromium;
#[path = "browser_call/relay.rs"]
mod relay;
#[allow(dead_code)] // these tests use a part of it
#[path = "live/server.rs"]
mod server;
#[path = "browser_call/turn.rs"]
mod turn;
#[path = "live/words.rs"]
mod words;

use candor::{
    audio::{
        resample::{resample, to_float},
        wav,
    },
    channel::{Arrival, heard_of},
    config::programs,
    time::Utc,
};
use chromium::python;
use hound::{SampleFormat, WavSpec, WavWriter};
use relay::{Relay, Weather, draw};
use serde_json::{Map, Value, json};
use server::{Server, has_models, root};
use std::{
    fs,
    io::Cursor,
    net::{SocketAddr, UdpSocket},
    path::Path,
    process::{Command, Stdio},
    sync::atomic::Ordering::Relaxed,
    thread,
    time::{Duration, Instant},
};
use turn::Turn;
use words::{Ears, notice_of, word_errors};

const SPEAKER: &str = "hibari-heart";

/// Signs for the plan, refuses the others, takes the plan back in the middle of the sensitive questions. `{...}` is
/// what the page's own buttons send.
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
    ("consent:crm", r#"{"type":"key","key":"2"}"#),
    ("question:substance", "Actually, don't send anything to my insurance."),
    ("question:substance", "I've been using heroin and I need help."),
    ("question:last_use", "The day before yesterday."),
    ("question:prior_treatment", r#"{"type":"text","text":"Once, about three years ago."}"#),
    ("question:level_of_care", "I would like a place where I can stay."),
    ("any", "No, that's all. Goodbye."),
];
/// Agrees to go on, wants nothing to be shared, and leaves.
const SHORT: &[(&str, &str)] = &[
    ("notice", "I understand."),
    ("question:name", "Actually, don't send anything to my insurance."),
    ("question:name", "No, that's all. Goodbye."),
];
/// So long after the agent listens each of them is said: nothing depends on a second sooner or later.
const UNHURRIED_MS: u64 = 2_500;
const WHENEVER: &str = "Yes, that's right.";

/// So many of the notice's words may be taken for others in what a page played.
const WRONG_MAX: f64 = 0.10;

/// Five per cent of the packets are lost, each way, and the others are 40 to 120 ms late.
const WEATHER: Weather = Weather { loss_percent: 5, delay_ms: 80, jitter_ms: 40 };

#[test]
fn calls_by_browser_are_on_record_as_those_by_telephone() {
    let Some(python) = python() else { return };
    // The ports that the server may use are known before an offer is answered: the relays lead to them.
    let ports = two_ports();
    let range = format!("{}-{}", ports[0], ports[1]);
    let server = Server::start_with("browser-call", &[("CANDOR_BROWSER_UDP_PORTS", &range)], |_| {});
    let relays = ports.map(|port| Relay::to(SocketAddr::from(([127, 0, 0, 1], port)), WEATHER));
    let through: Map<String, Value> =
        ports.iter().zip(&relays).map(|(port, relay)| (port.to_string(), relay.port.into())).collect();
    thread::scope(|scope| {
        let browser = scope.spawn(|| {
            browse(&server, &python, "whole", json!({"script": SCRIPT, "relay": through, "ears": true}))
        });
        let phone = scope.spawn(|| telephone(&server, "whole", SCRIPT, 0));
        // Meanwhile, one by a microphone: Chromium's own, which plays one file from its beginning to its end.
        let rehearsal = telephone(&server, "rehearsal", SHORT, UNHURRIED_MS);
        let file = server.folder().join("microphone.wav");
        fs::write(&file, as_spoken(&rehearsal)).expect("room on the disk");
        let what = json!({"microphone": file, "ears": true});
        // On a machine with too much to do the file may run ahead of the call, and then proves nothing.
        let in_time = (0..3).map(|_| browse(&server, &python, "microphone", what.clone())).find(|call| {
            let interruptions = &call.record["disclosure"]["interruptions"];
            eprintln!("by the microphone, the notice was interrupted {interruptions} times");
            *interruptions == 0 && call.notice_errors() <= WRONG_MAX
        });
        by_microphone(&in_time.expect("one of three calls in time"), &rehearsal);
        through_weather(&browser.join().expect("a call"), &phone.join().expect("a call"));
    });
    let count = |of: fn(&Relay) -> u64| relays.iter().map(of).sum::<u64>();
    let (passed, lost) = (count(|r| r.passed.load(Relaxed)), count(|r| r.lost.load(Relaxed)));
    eprintln!("{lost} of {} packets were lost, the others 40 to 120 ms late, each way", passed + lost);
    assert!(passed > 5_000 && lost > 200, "the call went through the relay");
    print_turns(&server);
    a_chat_is_gone_on_with_by_voice_and_in_writing_again(&server, &python);
}

fn through_weather(browser: &Browsed, phone: &Value) {
    browser.print_lags();
    let record = &browser.record;
    assert_eq!((&record["channel"], &record["provider"]), (&json!("browser"), &Value::Null), "{record:#}");
    assert_eq!(record["disclosure"]["acknowledgement"], "affirmed", "{record:#}");
    let decisions: Vec<_> =
        record["consents"].as_array().expect("a list").iter().map(|c| &c["decision"]).collect();
    assert_eq!(decisions, ["revoked", "denied", "denied"], "{record:#}");
    assert_eq!(record["consents"][0]["signature"]["kind"], "voice", "{record:#}");
    assert_eq!(record["outcome"], "completed");
    assert_eq!(alike(record), alike(phone), "the browser's record and the telephone's");

    // The page showed the call to its caller, and asked nobody else.
    let told = &browser.told;
    assert_eq!(told["foreign"], json!([]));
    let shown = told["captions"].to_string();
    assert!(shown.contains("I understand") && shown.contains("an automated assistant"), "{shown}");
    assert!(shown.contains("Once, about three years ago"), "typed words are shown as spoken ones");
    let consents = told["consents"].to_string();
    assert!(consents.contains("your insurance plan: Taken back, nothing more is sent"), "{told:#}");
    assert_eq!(events(told, "gate")[0]["open"], true);
    browser.reads_the_notice();
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

/// What was said into Chromium's microphone is what the telephone's caller said.
fn by_microphone(browser: &Browsed, rehearsal: &Value) {
    let record = &browser.record;
    assert_eq!(record["disclosure"]["acknowledgement"], "affirmed", "{record:#}");
    let [consent] = record["consents"].as_array().expect("a list").as_slice() else { panic!("{record:#}") };
    assert_eq!((&consent["recipient"], &consent["decision"]), (&json!("payor"), &json!("denied")));
    assert_eq!(alike(record), alike(rehearsal), "the browser's record and the telephone's");
    browser.reads_the_notice();
}

/// What the caller of a call by telephone said, as one file: each answer where it was on that call's clock.
fn as_spoken(record: &Value) -> Vec<u8> {
    let at = |value: &Value| value.as_str().expect("a time").parse::<Utc>().expect("RFC 3339").0;
    let began = at(&record["started_at"]);
    let ended = [
        at(&record["disclosure"]["acknowledged_at"]) - began,
        at(&record["consents"][0]["decided_at"]) - began,
        // The last one was on record when nothing was said any more: the agent's goodbye is two seconds and a half.
        at(&record["ended_at"]) - began - 3_000,
    ];
    let clips = clips(SPEAKER);
    let mut line: Vec<i16> = Vec::new();
    for (ended, (_, text)) in ended.into_iter().zip(SHORT) {
        let file = fs::read(clips[*text].as_str().expect("a path")).expect("a clip");
        let clip = wav::read(&file).expect("a WAV file").to_wire().expect("a rate");
        let from = (ended.max(0) as usize * 8).saturating_sub(clip.len());
        assert!(from >= line.len(), "answers do not overlap");
        line.resize(from, 0);
        line.extend(clip);
    }
    line.resize(line.len() + 8_000 * 20, 0);
    let mut file = Cursor::new(Vec::new());
    let spec =
        WavSpec { channels: 1, sample_rate: 8_000, bits_per_sample: 16, sample_format: SampleFormat::Int };
    let mut writer = WavWriter::new(&mut file, spec).expect("a header");
    line.into_iter().for_each(|sample| writer.write_sample(sample).expect("room"));
    writer.finalize().expect("a whole file");
    file.into_inner()
}

/// Two ports in a row that are free.
fn two_ports() -> [u16; 2] {
    let free = |port: u16| UdpSocket::bind(("127.0.0.1", port)).ok();
    loop {
        let first = free(0).expect("a port");
        let port = first.local_addr().expect("an address").port();
        if port < u16::MAX && free(port + 1).is_some() {
            return [port, port + 1];
        }
    }
}

/// Both sides behind firewalls: the browser's lets no UDP through and the server's nothing that comes from outside. The
/// browser reaches one TURN server by TCP, the server has an address on it, and there is no other way.
#[test]
fn a_call_that_can_only_be_relayed_is_heard() {
    let Some((python, turn)) = python().and_then(|python| Some((python, Turn::start()?))) else { return };
    let url = format!("turn:127.0.0.1:{}", turn.port);
    let settings = [
        ("CANDOR_BROWSER_ICE_SERVERS", url.as_str()),
        ("CANDOR_BROWSER_ICE_USERNAME", turn::USERNAME),
        ("CANDOR_BROWSER_ICE_PASSWORD", turn::PASSWORD),
    ];
    let server = Server::start_with("browser-turn", &settings, |_| {});
    let through = json!({
        "urls": format!("{url}?transport=tcp"), "username": turn::USERNAME, "credential": turn::PASSWORD
    });
    let ice = json!({"iceServers": [through], "iceTransportPolicy": "relay"});
    let what = json!({"script": [], "ice": ice, "only": "typ relay", "until": "heard"});
    let browser = browse(&server, &python, "relayed", what);
    let told = &browser.told;
    let kinds = (&told["way"][0][0], &told["way"][0][1], &told["way"][1][0]);
    assert_eq!(kinds, (&json!("relay"), &json!("tcp"), &json!("relay")), "{told:#}\n{}", turn.log());
    assert_eq!(events(told, "heard")[0]["complete"], true, "{told:#}");
}

#[test]
fn a_browser_calls_by_ipv6() {
    let Some(python) = python() else { return };
    if UdpSocket::bind("[::1]:0").is_err() {
        return eprintln!("SKIPPED: this machine has no IPv6");
    }
    let server = Server::start_at("[::1]", "browser-ipv6", &[], |_| {});
    let browser = browse(&server, &python, "ipv6", json!({"script": [], "until": "heard"}));
    let told = &browser.told;
    assert_eq!((&told["way"][1][0], &told["way"][1][2]), (&json!("host"), &json!("::1")), "{told:#}");
    assert_eq!(events(told, "heard")[0]["complete"], true, "{told:#}");
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

/// Calls; `what` is the script to speak by, or the file for the microphone, and the relays to go through.
fn browse(server: &Server, python: &str, name: &str, what: Value) -> Browsed {
    let folder = server.folder().join(name);
    fs::create_dir_all(&folder).expect("a folder");
    let mut setup = json!({ "url": server.url(), "clips": clips(SPEAKER), "whenever": WHENEVER });
    setup.as_object_mut().expect("an object").extend(what.as_object().expect("an object").clone());
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
        let began = self.told["capturedFrom"].as_f64().expect("a time");
        let place = |t: f64| (((t - began).max(0.0) * 8.0) as usize).min(self.heard.len());
        let ears = Ears::open();
        // One by one, as callers are heard: the recogniser knows turns, and no minute of talk.
        let parts = lines.windows(3).filter(|around| around[1]["kind"] == kind).map(|around| {
            let part = place(self.between(around[0], around[1]))..place(self.between(around[1], around[2]));
            ears.transcribe(&self.heard[part])
        });
        parts.collect::<Vec<_>>().join(" ")
    }

    /// A moment between two lines. The next is shown before it sounds, by what the page's own buffer holds; the end of
    /// the one before it is reported after it sounded, and under loss a second after.
    fn between(&self, line: &Value, next: &Value) -> f64 {
        const BUFFERED_MS: f64 = 150.0;
        let heard = events(&self.told, "heard").into_iter().find(|heard| heard["line"] == line["id"]);
        let at = |event: &Value| event["t"].as_f64().expect("a time");
        at(heard.expect("it was heard")).min(at(next)) + BUFFERED_MS
    }

    /// What came out of the page's loudspeaker is the notice.
    fn reads_the_notice(&self) {
        let errors = self.notice_errors();
        assert!(errors <= WRONG_MAX, "{:.0} % of the notice's words are wrong", errors * 100.0);
    }

    fn notice_errors(&self) -> f64 {
        let program = programs::load(&root().join("programs"), "harbor").expect("the sample program");
        let errors = word_errors(&notice_of(&program), &self.transcribe("notice"));
        eprintln!("the notice as played in the page: {:.1} % of its words wrong", errors * 100.0);
        errors
    }

    /// How long the caller waited for an answer, at the caller's own ears.
    fn print_lags(&self) {
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
    }
}

/// The same at the server, of all calls: from the end of the voice to the first packet of the answer.
fn print_turns(server: &Server) {
    let metrics = server.ask("GET", "/metrics", "").expect("metrics").1;
    for line in metrics.lines().filter(|line| line.starts_with("candor_turn_ms_bucket")) {
        eprintln!("at the server: {line}");
    }
}

fn events<'a>(told: &'a Value, kind: &str) -> Vec<&'a Value> {
    told["events"].as_array().expect("a list").iter().filter(|event| event["type"] == kind).collect()
}

/// The same caller by telephone, who waits before each answer: the record.
fn telephone(server: &Server, name: &str, steps: &[(&str, &str)], wait_ms: u64) -> Value {
    let mut script = format!("[[whenever]]\nexpect = \"confirm:*\"\nsay_text = \"{WHENEVER}\"\n");
    for (expect, say) in steps {
        if wait_ms > 0 {
            script += &format!("[[step]]\nexpect = \"{expect}\"\nwait_ms = {wait_ms}\n[[step]]\n");
        } else {
            script += &format!("[[step]]\nexpect = \"{expect}\"\n");
        }
        // What a page can type a telephone can only say.
        let own: Map<String, Value> = serde_json::from_str(say).unwrap_or_default();
        script += &match (own.get("key"), own.get("text").and_then(Value::as_str)) {
            (Some(key), _) => format!("press = {key}\n"),
            (_, text) => format!("say_text = \"{}\"\n", text.unwrap_or(say)),
        };
    }
    let file = server.folder().join(format!("{name}.toml"));
    fs::write(&file, script).expect("room on the disk");
    let mut call = server.call();
    call.args(["--json", "--speaker", SPEAKER]).arg("--script").arg(file);
    let out = call.arg("--save").arg(server.folder().join(format!("{name}.wav"))).output().expect("it runs");
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

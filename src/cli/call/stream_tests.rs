//! A provider's stream in virtual time.

use super::super::caller::Caller;
use super::super::script::{Script, tests::tone};
use super::*;
use std::path::Path;

const AGENT: u8 = 0x20;

fn stream(script: &str) -> Stream {
    let ids = Ids { account: "AC1".into(), call: "CA1".into(), stream: "MZ1".into() };
    Stream::new(ids, Box::new(Caller::new(Script::parse(script, Path::new(""), &tone).unwrap())))
}

fn media(samples: usize) -> String {
    let payload = STANDARD.encode(vec![AGENT; samples]);
    json!({"event": "media", "streamSid": "MZ1", "media": {"payload": payload}}).to_string()
}

fn mark(name: &str) -> String {
    json!({"event": "mark", "streamSid": "MZ1", "mark": {"name": name}}).to_string()
}

fn clear() -> String {
    json!({"event": "clear", "streamSid": "MZ1"}).to_string()
}

/// Ticks every 20 ms from `from` to `to` (milliseconds): everything sent.
fn run(stream: &mut Stream, from: u64, to: u64) -> Vec<Value> {
    (from / 20..to / 20)
        .flat_map(|frame| stream.tick(frame * FRAME as u64))
        .map(|text| serde_json::from_str(&text).unwrap())
        .collect()
}

fn of<'a>(sent: &'a [Value], event: &str) -> Vec<&'a Value> {
    sent.iter().filter(|m| m["event"] == event).collect()
}

fn speaks(message: &Value) -> bool {
    let payload = STANDARD.decode(message["media"]["payload"].as_str().unwrap()).unwrap();
    payload.iter().any(|b| is_audible(*b))
}

const YES: &str = "[[step]]\nsay_text = \"Yes, I do.\"";

#[test]
fn the_messages_have_the_providers_shape() {
    let mut stream = stream("[[step]]\nwait_ms = 1");
    let [connected, start] = stream
        .opening(&[("token".to_string(), "t".to_string())].into())
        .map(|m| serde_json::from_str::<Value>(&m).unwrap());
    assert_eq!(connected, json!({"event": "connected", "protocol": "Call", "version": "1.0.0"}));
    assert_eq!(start["start"]["customParameters"], json!({"token": "t"}));
    assert_eq!(start["start"]["mediaFormat"]["sampleRate"], 8000);
    let sent = run(&mut stream, 0, 60);
    assert_eq!(sent.len(), 3);
    assert_eq!(sent[2]["media"]["chunk"], "3");
    assert_eq!(sent[2]["media"]["timestamp"], "40");
    assert_eq!((&sent[0]["sequenceNumber"], &sent[2]["sequenceNumber"]), (&json!("2"), &json!("4")));
    assert!(!speaks(&sent[0]), "comfort noise is not heard");
    let stop: Value = serde_json::from_str(&stream.closing()).unwrap();
    assert_eq!((&stop["event"], &stop["stop"]["callSid"]), (&json!("stop"), &json!("CA1")));
}

#[test]
fn audio_flows_all_the_time_and_the_answer_follows_the_agents_line() {
    let mut stream = stream(YES);
    stream.receive(0, &media(8_000));
    let sent = run(&mut stream, 0, 4_000);
    let speech: Vec<usize> = (0..sent.len()).filter(|n| speaks(&sent[*n])).collect();
    assert_eq!(sent.len(), 200, "a frame every 20 ms, spoken or not");
    // The agent ends at 1000 ms; 900 ms later, without a feed, it is the caller's turn.
    assert_eq!((speech[0], speech.len()), (95, 10));
    assert!(stream.is_done());
    assert_eq!(stream.notable(), [Notable::Says { caption: "Yes, I do.".into(), over: false }]);
    let heard = stream.finish();
    assert_eq!(heard.caller.len(), 32_000);
    assert_eq!(heard.measured.turns[0].speech_end_ms, 2_080.0);
}

#[test]
fn marks_come_back_when_played_and_at_once_when_cleared() {
    let mut stream = stream("[[step]]\nwait_ms = 1");
    for message in [media(800), mark("a"), media(800), mark("b")] {
        assert!(stream.receive(0, &message).is_empty());
    }
    let sent = run(&mut stream, 0, 140);
    let marks = of(&sent, "mark");
    assert_eq!(marks.len(), 1);
    assert_eq!(marks[0]["mark"]["name"], "a");
    assert_eq!(marks[0]["streamSid"], "MZ1");
    let back = stream.receive(130 * 8, &clear());
    assert_eq!(back.len(), 1);
    assert!(back[0].contains("\"b\""), "at once, without waiting for a tick");
    assert_eq!(stream.notable(), [Notable::Cleared(70)]);
    assert!(of(&run(&mut stream, 140, 600), "mark").is_empty());
    let heard = stream.finish().agent;
    assert_eq!((heard[1_039], heard[1_040]), (AGENT, 0xff), "what was cleared was not heard");
}

#[test]
fn an_interruption_is_spoken_over_the_agent_and_measured_to_the_clear() {
    let mut stream = stream(
        "[[step]]\nbarge_in = { during = \"any\", at_ms = 500, say_text = \"Wait a moment please.\" }",
    );
    stream.receive(0, &media(80_000));
    let sent = run(&mut stream, 0, 600);
    assert_eq!(sent.iter().position(speaks), Some(25));
    stream.receive(640 * 8, &clear());
    run(&mut stream, 640, 2_000);
    let measured = stream.finish().measured;
    assert_eq!(measured.barge_ins[0].onset_ms, 500.0);
    assert_eq!(measured.barge_ins[0].onset_to_clear_ms, Some(140.0));
    assert!(measured.turns.is_empty(), "an interruption is no turn");
}

#[test]
fn keys_are_pressed_one_after_the_other() {
    let mut stream = stream("[[step]]\npress = \"1#\"");
    stream.receive(0, &media(8_000));
    let sent = run(&mut stream, 0, 3_000);
    let keys = of(&sent, "dtmf");
    let digits: Vec<_> = keys.iter().map(|k| k["dtmf"]["digit"].as_str().unwrap()).collect();
    assert_eq!(digits, ["1", "#"]);
    assert_eq!(keys[0]["dtmf"]["track"], "inbound_track");
    assert_eq!(of(&sent, "media").len(), 150, "the audio goes on beside");
}

#[test]
fn a_script_can_end_the_call() {
    let mut stream = stream("[[step]]\nhangup = true");
    assert_eq!(stream.leaves(), None);
    stream.receive(0, &media(800));
    run(&mut stream, 0, 2_000);
    assert_eq!(stream.leaves(), Some(&Leaves::HangsUp));
}

#[test]
fn what_a_provider_warns_of_is_dropped_and_named() {
    let mut stream = stream("[[step]]\nwait_ms = 1");
    for bad in [
        "no json".to_string(),
        json!({"event": "media", "media": {"payload": "AAAA"}}).to_string(),
        json!({"event": "clear", "streamSid": "MZ2"}).to_string(),
        json!({"event": "media", "streamSid": "MZ1", "media": {"payload": "!"}}).to_string(),
        json!({"event": "mark", "streamSid": "MZ1"}).to_string(),
        json!({"event": "shout", "streamSid": "MZ1"}).to_string(),
        " ".repeat(MESSAGE_BYTES_MAX + 1),
    ] {
        assert!(stream.receive(0, &bad).is_empty());
        let told = stream.notable();
        assert!(matches!(&told[..], [Notable::Warning(w)] if w.starts_with("31951")), "{told:?}");
    }
    stream.receive_binary();
    let measured = stream.finish().measured;
    assert_eq!(measured.protocol_errors.len(), 8);
    assert!(measured.protocol_errors[7].starts_with("31950"));
}

#[test]
fn the_feed_tells_when_the_notice_was_heard() {
    let mut stream = stream(YES);
    for (now, event) in [
        (0, json!({"event": "line", "id": "l1", "kind": "notice"})),
        (8_000, json!({"event": "heard", "line": "l1", "complete": false})),
        (8_100, json!({"event": "line", "id": "l2", "kind": "notice"})),
        (16_000, json!({"event": "heard", "line": "l2", "complete": true})),
        (24_000, json!({"event": "heard", "line": "l9", "complete": true})),
    ] {
        stream.feed(now, &event);
    }
    assert_eq!(stream.finish().measured.notice_heard_ms, Some(2_000.0));
}

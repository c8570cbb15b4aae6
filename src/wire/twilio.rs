//! Twilio Media Streams: the JSON of a bidirectional stream, read leniently and written exactly.
//!
//! Source: <https://www.twilio.com/docs/voice/media-streams/websocket-messages>. Reading: numbers may be
//! strings and the reverse, unknown events and fields are ignored, `connected` may be missing. Writing: only
//! the documented fields, because Twilio drops a message with any other (warning 31951).

use super::{Encoding, FromCaller, StreamStart, ToCaller};
use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use serde::Deserialize;
use serde_json::Value;
use std::{borrow::Cow, collections::BTreeMap};

/// Parameters of one `start` that are kept; more are dropped.
pub const PARAMETERS_MAX: usize = 32;

/// The longest name of a mark, or id, that is believed.
pub const NAME_BYTES_MAX: usize = 512;

/// The provider's side broke the protocol. Never holds what it sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ProviderMisbehaved {
    /// The text is not JSON.
    #[error("the message is not JSON")]
    NotJson,
    /// It is JSON without the `event` that says what it is.
    #[error("the message names no event")]
    NoEvent,
    /// A field that the event must have is missing or of another type.
    #[error("`{event}` has no usable `{field}`")]
    Field {
        /// The event.
        event: &'static str,
        /// The field.
        field: &'static str,
    },
    /// The payload is not base64.
    #[error("the payload is not base64")]
    NotBase64,
    /// The stream is in an encoding nobody here can read; never guessed.
    #[error("the encoding of the stream is not one of audio/x-mulaw, audio/x-alaw at 8000 Hz, one channel")]
    UnknownEncoding,
    /// The key does not exist on a telephone.
    #[error("the key is none of 0-9, *, #, A-D")]
    NotAKey,
}

/// Reads one text message.
///
/// `connected`, events that are not known and audio of the agent's own track are [`FromCaller::Ignored`].
pub fn parse(text: &str) -> Result<FromCaller, ProviderMisbehaved> {
    match serde_json::from_str::<Frame<'_>>(text) {
        Ok(Frame { event, media: Some(media) }) if event == "media" => {
            audio(media.track.as_deref(), media.timestamp.as_deref().and_then(milliseconds), &media.payload)
        }
        // Everything else is rare, and so is anything odd: it is read again, with more patience.
        _ => parse_patiently(text),
    }
}

/// The shape of nineteen messages out of twenty, borrowed from the text.
#[derive(Deserialize)]
struct Frame<'a> {
    #[serde(borrow)]
    event: Cow<'a, str>,
    #[serde(borrow)]
    media: Option<Media<'a>>,
}

#[derive(Deserialize)]
struct Media<'a> {
    #[serde(borrow, default)]
    track: Option<Words<'a>>,
    #[serde(borrow, default)]
    timestamp: Option<Words<'a>>,
    #[serde(borrow)]
    payload: Cow<'a, str>,
}

/// A string borrowed where it has no escapes.
#[derive(Deserialize)]
struct Words<'a>(#[serde(borrow)] Cow<'a, str>);

impl std::ops::Deref for Words<'_> {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

fn parse_patiently(text: &str) -> Result<FromCaller, ProviderMisbehaved> {
    let message: Value = serde_json::from_str(text).map_err(|_| ProviderMisbehaved::NotJson)?;
    let event = message.get("event").and_then(Value::as_str).ok_or(ProviderMisbehaved::NoEvent)?;
    match event {
        "media" => {
            let media = &message["media"];
            let payload = media["payload"].as_str().ok_or(missing("media", "payload"))?;
            audio(media["track"].as_str(), number(&media["timestamp"]), payload)
        }
        "start" => start(&message).map(FromCaller::Start),
        "dtmf" => {
            let digit = words(&message["dtmf"]["digit"]).ok_or(missing("dtmf", "digit"))?;
            let mut keys = digit.chars().map(|key| key.to_ascii_uppercase());
            match (keys.next(), keys.next()) {
                (Some(key @ ('0'..='9' | '*' | '#' | 'A'..='D')), None) => Ok(FromCaller::Key(key)),
                _ => Err(ProviderMisbehaved::NotAKey),
            }
        }
        "mark" => words(&message["mark"]["name"]).map(FromCaller::Mark).ok_or(missing("mark", "name")),
        "stop" => Ok(FromCaller::Stop),
        _ => Ok(FromCaller::Ignored),
    }
}

fn missing(event: &'static str, field: &'static str) -> ProviderMisbehaved {
    ProviderMisbehaved::Field { event, field }
}

fn audio(track: Option<&str>, at_ms: Option<u64>, payload: &str) -> Result<FromCaller, ProviderMisbehaved> {
    if track.is_some_and(|track| track.starts_with("outbound")) {
        return Ok(FromCaller::Ignored);
    }
    let payload = BASE64.decode(payload).map_err(|_| ProviderMisbehaved::NotBase64)?;
    Ok(FromCaller::Audio { at_ms, payload })
}

/// Padding may be missing and leftover bits set; any other character is refused.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

fn start(message: &Value) -> Result<StreamStart, ProviderMisbehaved> {
    let start = &message["start"];
    let first = |places: [&Value; 5]| places.into_iter().find_map(words);
    let stream_id = first([
        &start["streamSid"],
        &message["streamSid"],
        &message["stream_id"],
        &message["stream_sid"],
        &message["streamId"],
    ])
    .ok_or(missing("start", "streamSid"))?;
    let format = if start["mediaFormat"].is_null() { &start["media_format"] } else { &start["mediaFormat"] };
    let parameters = match &start["customParameters"] {
        Value::Object(all) => {
            all.iter().take(PARAMETERS_MAX).filter_map(|(k, v)| Some((k.clone(), words(v)?))).collect()
        }
        _ => BTreeMap::new(),
    };
    Ok(StreamStart {
        stream_id,
        provider_call_id: words(&start["callSid"]),
        encoding: encoding(format)?,
        parameters,
    })
}

fn encoding(format: &Value) -> Result<Encoding, ProviderMisbehaved> {
    let telephone = |field: &str, expected: u64| {
        format[field].is_null() || number(&format[field]).is_some_and(|n| n == expected)
    };
    let rate = telephone("sampleRate", 8_000) && telephone("sample_rate", 8_000);
    match format["encoding"].as_str() {
        Some("audio/x-mulaw" | "audio/pcmu" | "mulaw" | "PCMU") if rate && telephone("channels", 1) => {
            Ok(Encoding::Mulaw)
        }
        Some("audio/x-alaw" | "audio/pcma" | "alaw" | "PCMA") if rate && telephone("channels", 1) => {
            Ok(Encoding::Alaw)
        }
        _ => Err(ProviderMisbehaved::UnknownEncoding),
    }
}

/// A short text, also where it was sent as a number.
fn words(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() && text.len() <= NAME_BYTES_MAX => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A whole number, also where it was sent as a text or with a fraction.
fn number(value: &Value) -> Option<u64> {
    match value {
        Value::String(text) => milliseconds(text),
        other => other.as_u64().or_else(|| whole(other.as_f64()?)),
    }
}

fn milliseconds(text: &str) -> Option<u64> {
    text.parse().ok().or_else(|| whole(text.parse().ok()?))
}

/// Beyond 2^53 a double no longer counts by ones, and no stream lasts 285 000 years.
fn whole(number: f64) -> Option<u64> {
    (0.0..=9_007_199_254_740_992.0).contains(&number).then_some(number as u64)
}

/// Writes the messages of one stream. The parts that never change are made once.
#[derive(Clone, Debug)]
pub struct Encoder {
    before_payload: String,
    before_mark: String,
    clear: String,
}

impl Encoder {
    /// For the stream called `stream_id`.
    pub fn new(stream_id: &str) -> Encoder {
        let id = Value::from(stream_id);
        Encoder {
            before_payload: format!(r#"{{"event":"media","streamSid":{id},"media":{{"payload":""#),
            before_mark: format!(r#"{{"event":"mark","streamSid":{id},"mark":{{"name":"#),
            clear: format!(r#"{{"event":"clear","streamSid":{id}}}"#),
        }
    }

    /// One message, as the text of a WebSocket message. Audio outside of its prompt is no audio.
    pub fn encode(&self, message: &ToCaller) -> String {
        match message {
            ToCaller::Audio { bytes, from, to } => {
                let samples = bytes.get(*from..*to).unwrap_or_default();
                let length = self.before_payload.len() + samples.len().div_ceil(3) * 4 + 3;
                let mut text = String::with_capacity(length);
                text.push_str(&self.before_payload);
                BASE64.encode_string(samples, &mut text);
                text.push_str("\"}}");
                text
            }
            ToCaller::Mark(name) => {
                format!("{}{}}}}}", self.before_mark, Value::from(name.as_str()))
            }
            ToCaller::Clear => self.clear.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const START: &str = r#"{"event":"start","sequenceNumber":"1","streamSid":"MZ1","start":{"accountSid":"AC1",
        "streamSid":"MZ1","callSid":"CA1","tracks":["inbound"],
        "mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1},
        "customParameters":{"token":"t","seats":4}}}"#;

    fn heard(at_ms: Option<u64>, payload: &[u8]) -> Result<FromCaller, ProviderMisbehaved> {
        Ok(FromCaller::Audio { at_ms, payload: payload.to_vec() })
    }

    #[test]
    fn every_documented_message_is_read() {
        let Ok(FromCaller::Start(start)) = parse(START) else { panic!("no start") };
        assert_eq!((start.stream_id.as_str(), start.encoding), ("MZ1", Encoding::Mulaw));
        assert_eq!(start.provider_call_id.as_deref(), Some("CA1"));
        assert_eq!(start.parameters["token"], "t");
        assert_eq!(start.parameters["seats"], "4", "numbers are texts too");
        for (text, expected) in [
            (r#"{"event":"connected","protocol":"Call","version":"1.0.0"}"#, FromCaller::Ignored),
            (
                r#"{"event":"media","sequenceNumber":"2","streamSid":"MZ1","media":{"track":"inbound","chunk":"1","timestamp":"20","payload":"//7+/w=="}}"#,
                FromCaller::Audio { at_ms: Some(20), payload: vec![0xff, 0xfe, 0xfe, 0xff] },
            ),
            (
                r##"{"event":"dtmf","streamSid":"MZ1","dtmf":{"track":"inbound_track","digit":"#"}}"##,
                FromCaller::Key('#'),
            ),
            (r#"{"event":"mark","streamSid":"MZ1","mark":{"name":"l3:7"}}"#, FromCaller::Mark("l3:7".into())),
            (r#"{"event":"stop","streamSid":"MZ1","stop":{"callSid":"CA1"}}"#, FromCaller::Stop),
        ] {
            assert_eq!(parse(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn lenience_takes_what_other_dialects_send() {
        assert_eq!(
            parse(r#"{"event":"media","media":{"timestamp":40,"payload":"/w"}}"#),
            heard(Some(40), b"\xff")
        );
        assert_eq!(
            parse(r#"{"event":"media","media":{"timestamp":40.9,"payload":"/w"}}"#),
            heard(Some(40), b"\xff")
        );
        assert_eq!(
            parse(r#"{"event":"media","media":{"payload":"\/w=="}}"#),
            heard(None, b"\xff"),
            "escaped"
        );
        assert_eq!(parse(r#"{"event":"media","media":{"timestamp":"soon","payload":""}}"#), heard(None, b""));
        assert_eq!(
            parse(r#"{"event":"media","media":{"track":"outbound","payload":"/w=="}}"#),
            Ok(FromCaller::Ignored)
        );
        assert_eq!(parse(r#"{"event":"dtmf","dtmf":{"digit":5}}"#), Ok(FromCaller::Key('5')));
        assert_eq!(parse(r#"{"event":"dtmf","dtmf":{"digit":"d"}}"#), Ok(FromCaller::Key('D')));
        assert_eq!(parse(r#"{"event":"weather","sun":true}"#), Ok(FromCaller::Ignored));
        let snake = r#"{"event":"start","stream_id":"s","start":{"media_format":{"encoding":"audio/x-alaw","sample_rate":"8000"}}}"#;
        let Ok(FromCaller::Start(start)) = parse(snake) else { panic!("no start") };
        assert_eq!((start.stream_id.as_str(), start.encoding), ("s", Encoding::Alaw));
    }

    #[test]
    fn what_is_wrong_has_a_name() {
        use ProviderMisbehaved::*;
        let media = Field { event: "media", field: "payload" };
        for (text, expected) in [
            ("", NotJson),
            ("{", NotJson),
            (r#"{"event":"media""#, NotJson),
            ("[]", NoEvent),
            ("7", NoEvent),
            (r#"{"event":7}"#, NoEvent),
            (r#"{"event":"media"}"#, media),
            (r#"{"event":"media","media":[1]}"#, media),
            (r#"{"event":"media","media":{"payload":7}}"#, media),
            (r#"{"event":"media","media":{"payload":"a b="}}"#, NotBase64),
            (r#"{"event":"media","media":{"payload":"_-_-"}}"#, NotBase64),
            (r#"{"event":"dtmf","dtmf":{"digit":"12"}}"#, NotAKey),
            (r#"{"event":"dtmf","dtmf":{"digit":"x"}}"#, NotAKey),
            (r#"{"event":"dtmf"}"#, Field { event: "dtmf", field: "digit" }),
            (r#"{"event":"mark","mark":{}}"#, Field { event: "mark", field: "name" }),
            (r#"{"event":"start","start":{}}"#, Field { event: "start", field: "streamSid" }),
            (r#"{"event":"start","streamSid":"MZ1"}"#, UnknownEncoding),
        ] {
            assert_eq!(parse(text), Err(expected), "{text}");
        }
        for format in [
            r#"{"encoding":"audio/l16","sampleRate":8000}"#,
            r#"{"encoding":"audio/x-mulaw","sampleRate":16000}"#,
            r#"{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":2}"#,
        ] {
            let text = format!(r#"{{"event":"start","streamSid":"M","start":{{"mediaFormat":{format}}}}}"#);
            assert_eq!(parse(&text), Err(UnknownEncoding), "{format}");
        }
    }

    #[test]
    fn messages_out_have_exactly_the_documented_fields() {
        let encoder = Encoder::new("MZ\"1");
        let bytes = vec![0xff, 0xfe, 0xfe, 0xff].into();
        for (message, expected) in [
            (
                ToCaller::Audio { bytes: std::sync::Arc::clone(&bytes), from: 1, to: 4 },
                r#"{"event":"media","streamSid":"MZ\"1","media":{"payload":"/v7/"}}"#,
            ),
            (
                ToCaller::Audio { bytes, from: 2, to: 9 },
                r#"{"event":"media","streamSid":"MZ\"1","media":{"payload":""}}"#,
            ),
            (
                ToCaller::Mark("l1:\"2".into()),
                r#"{"event":"mark","streamSid":"MZ\"1","mark":{"name":"l1:\"2"}}"#,
            ),
            (ToCaller::Clear, r#"{"event":"clear","streamSid":"MZ\"1"}"#),
        ] {
            assert_eq!(encoder.encode(&message), expected);
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in ".*") {
            let _ = parse(&text);
        }

        #[test]
        fn no_json_of_any_shape_makes_the_parser_panic(
            event in prop::sample::select(vec!["media", "start", "dtmf", "mark", "stop", "connected", "x"]),
            field in prop::sample::select(vec!["media", "start", "dtmf", "mark", "streamSid"]),
            inner in prop::sample::select(vec![
                "payload", "timestamp", "track", "digit", "name", "streamSid", "mediaFormat", "customParameters",
            ]),
            value in prop::sample::select(vec![
                "null", "true", "-1", "1e999", "1e300", "\"\"", "\"\\u0000\"", "[]", "{}", "[[[[]]]]", "\"=\"",
                "18446744073709551616", "\"-0\"", "\"nan\"", "{\"encoding\":[]}",
            ]),
        ) {
            let _ = parse(&format!(r#"{{"event":"{event}","{field}":{value}}}"#));
            let _ = parse(&format!(r#"{{"event":"{event}","{field}":{{"{inner}":{value}}}}}"#));
        }

        #[test]
        fn audio_comes_back_as_it_went(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
            let audio = ToCaller::Audio { to: bytes.len(), bytes: bytes.clone().into(), from: 0 };
            let text = Encoder::new("MZ1").encode(&audio);
            prop_assert_eq!(parse(&text), heard(None, &bytes));
        }
    }
}

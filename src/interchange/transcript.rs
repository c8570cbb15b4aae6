//! Who said what, as WebVTT (W3C) for people who listen along, and as JSON.

use super::{Call, HowMuch, Segments, Turn, Voice, turns};
use crate::time::{Millis, Utc};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Stands for words that were left out.
pub const LEFT_OUT: &str = "[left out: sensitive]";

/// A cue lasts at least so long: WebVTT has none that ends when it begins.
const CUE_MS_MIN: u64 = 1;

/// The transcript as WebVTT: a cue for each turn, its speaker as a voice tag, and behind a line of the agent that was
/// not heard to its end how much of it was. Its clock is the recording's.
pub fn web_vtt(call: &Call<'_>, segments: Segments) -> String {
    let record = call.record;
    let mut out = format!(
        "WEBVTT\n\nNOTE\nCall {} of {}, begun {}, in {}{}\n",
        escaped(&record.call_id),
        escaped(&record.program),
        record.started_at,
        record.disclosure.locale,
        match segments {
            Segments::All => "",
            Segments::WithoutSensitive => "; sensitive answers are left out",
        },
    );
    for (number, turn) in turns(call, segments).iter().enumerate() {
        let ends = Millis(turn.to.0.max(turn.from.0 + CUE_MS_MIN));
        let speaker = match turn.voice {
            Voice::Agent { .. } => "Agent",
            Voice::Caller { .. } => "Caller",
        };
        let text = escaped(turn.text.as_deref().unwrap_or(LEFT_OUT));
        let (from, to) = (stamp(turn.from), stamp(ends));
        let _ = write!(out, "\n{}\n{from} --> {to}\n<v {speaker}>{text}", number + 1);
        match turn.voice {
            Voice::Agent { heard: HowMuch::Ms(ms), .. } => {
                let _ = write!(out, " <i>[cut off; heard {}.{:03} s of it]</i>", ms / 1_000, ms % 1_000);
            }
            Voice::Agent { heard: HowMuch::Unknown, .. } => {
                out.push_str(" <i>[not known how much was heard]</i>")
            }
            _ => {}
        }
        out.push('\n');
    }
    out
}

/// The transcript as JSON.
pub fn json(call: &Call<'_>, segments: Segments) -> Value {
    let record = call.record;
    let turns: Vec<Value> = turns(call, segments).iter().map(|t| turn(record.started_at, t)).collect();
    json!({
        "candor_transcript": 1,
        "call_id": record.call_id,
        "program": record.program,
        "started_at": record.started_at,
        "ended_at": record.ended_at,
        "locale": record.disclosure.locale,
        "sensitive_included": segments == Segments::All,
        "turns": turns,
    })
}

pub(super) fn turn(began: Utc, turn: &Turn) -> Value {
    let mut value = json!({
        "at": began.plus(turn.from),
        "from_ms": turn.from,
        "to_ms": turn.to,
        "text": turn.text,
        "left_out": turn.text.is_none(),
    });
    match turn.voice {
        Voice::Agent { kind, heard } => {
            value["party"] = "agent".into();
            value["kind"] = json!(kind);
            value["heard"] = match heard {
                HowMuch::All => json!({"complete": true}),
                HowMuch::Ms(ms) => json!({"complete": false, "ms": ms}),
                HowMuch::Unknown => json!({"complete": null}),
            };
        }
        Voice::Caller { by, confidence } => {
            value["party"] = "caller".into();
            value["by"] = by.name().into();
            value["confidence"] = json!(confidence);
        }
    }
    value
}

/// `00:01:02.345`, hours as many as it takes.
fn stamp(Millis(ms): Millis) -> String {
    let (s, ms) = (ms / 1_000, ms % 1_000);
    format!("{:02}:{:02}:{:02}.{ms:03}", s / 3_600, s / 60 % 60, s % 60)
}

/// Words as cue text: on one line, and nothing in them a tag.
fn escaped(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_one_line_without_tags_and_times_have_milliseconds() {
        assert_eq!(escaped("a <b>\n\n--> &c"), "a &lt;b&gt; --&gt; &amp;c");
        assert_eq!(stamp(Millis(3_723_045)), "01:02:03.045");
    }
}

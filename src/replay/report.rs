//! A call, or many, as one page each that opens without a network: everything is in the file.
//!
//! The page forbids itself every request (its Content-Security-Policy allows inline style and script, and sound from
//! within the file); what came from callers or scripts stands in it as JSON and is shown as text, never as markup.

use super::{
    Ending, Kept, Replayed, Scorecard, Timeline,
    difference::word,
    verdict::{Finding, Verdict},
};
use crate::audio::g711::{MULAW_SILENCE, encode_mulaw};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

const PAGE: &str = include_str!("../../web/report/page.html");
const STYLE: &str = include_str!("../../web/report/report.css");
const CALL: &str = include_str!("../../web/report/call.js");
const INDEX: &str = include_str!("../../web/report/index.js");

/// Recordings have 8,000 samples a second and party.
const SAMPLES_A_MS: usize = 8;
/// The waveform has a peak for each so many milliseconds.
const PEAK_MS: usize = 40;

/// A recording: 8 kHz, the caller's samples and the agent's in turn.
pub struct Sound<'a>(pub &'a [i16]);

/// What a page about one call tells.
pub struct Page<'a> {
    /// What is kept of it.
    pub kept: &'a Kept,
    /// What the replay found.
    pub replayed: &'a Replayed,
    /// What it would come to, where that was asked.
    pub foreseen: Option<&'a Ending>,
    /// Its recording, where there is one.
    pub sound: Option<Sound<'a>>,
    /// From when to when its recording was destroyed, in milliseconds.
    pub destroyed: &'a [(u64, u64)],
    /// Whether what is sensitive is shown and heard.
    pub open: bool,
}

/// The page about one call.
pub fn call_page(page: &Page<'_>) -> String {
    let Page { kept, replayed, foreseen, sound, destroyed, open } = page;
    let opened = &kept.opened;
    let timeline = Timeline::of(kept, *open);
    let score = Scorecard::of(kept);
    let rows: Vec<Value> = score
        .rows()
        .iter()
        .map(|(name, value, ok)| json!({"name": name, "value": value, "ok": ok}))
        .collect();
    let masked = if *open { &[][..] } else { &timeline.sensitive[..] };
    let heard = sound.as_ref().map(|sound| sounding(sound.0, masked));
    let value = json!({
        "call": {
            "id": opened.call_id,
            "program": opened.program,
            "channel": opened.channel,
            "started_at": opened.started_at,
            "locale": opened.locale,
            "build": opened.build,
            "outcome": score.outcome.as_ref().map(word),
        },
        "mode": replayed.mode,
        "open": open,
        "verdict": verdict_of(replayed),
        "cause": replayed.cause,
        "first": replayed.first,
        "stopped": replayed.stopped,
        "entries": replayed.entries,
        "compared": replayed.compared,
        "differences": replayed.differences,
        "recorded": Ending::recorded(kept),
        "foreseen": foreseen,
        "score": rows,
        "lasted_ms": timeline.lasted_ms.max(1),
        "spans": timeline.spans,
        "sensitive": masked,
        "destroyed": destroyed,
        "sound": heard,
    });
    call_file(&format!("Call {}", opened.call_id), &value)
}

/// The page about one call whose JSON is made.
pub(super) fn call_file(title: &str, value: &Value) -> String {
    filled(title, CALL, value)
}

/// `same`, `differs` or `unread`.
fn verdict_of(replayed: &Replayed) -> &'static str {
    match (replayed.differs(), replayed.is_whole()) {
        (true, _) => "differs",
        (false, true) => "same",
        (false, false) => "unread",
    }
}

/// A row of an index: a call, and its page beside the index, where it has one.
pub struct Row {
    /// The call's id.
    pub call_id: String,
    /// `same`, `differs` or `unread`.
    pub verdict: &'static str,
    /// The cause, or why it is not replayable.
    pub cause: String,
    /// The first divergence.
    pub first: String,
    /// Its page, as an address from the index.
    pub page: Option<String>,
}

/// The rows of everything that `verdict` counted as different or not replayable.
pub fn rows(verdict: &Verdict, page: impl Fn(&str) -> Option<String>) -> Vec<Row> {
    let finding = |finding: &Finding| {
        let replayed = &finding.replayed;
        Row {
            call_id: replayed.call_id.clone(),
            verdict: "differs",
            cause: replayed.cause.as_ref().map(|cause| cause.name.clone()).unwrap_or_default(),
            first: replayed.first.clone().unwrap_or_default(),
            page: page(&replayed.call_id),
        }
    };
    let unread = |(id, why): (&str, &str)| Row {
        call_id: id.to_owned(),
        verdict: "unread",
        cause: why.to_owned(),
        first: String::new(),
        page: page(id),
    };
    verdict.findings().iter().map(finding).chain(verdict.unreplayed().map(unread)).collect()
}

/// The index over many calls.
pub fn index_page(verdict: &Verdict, rows: &[Row]) -> String {
    let groups: Vec<(String, usize)> =
        verdict.groups().into_iter().map(|(name, group)| (name, group.len())).collect();
    let row = |row: &Row| {
        json!({
            "id": row.call_id,
            "verdict": row.verdict,
            "cause": row.cause,
            "first": row.first,
            "page": row.page,
        })
    };
    let badge = match verdict.findings().len() {
        0 => "nothing decisive differs".to_owned(),
        differ => format!("{differ} differ"),
    };
    index_file(&Index {
        title: "Replay",
        badge: &badge,
        verdict: if verdict.differs() { "differs" } else { "same" },
        headline: &verdict.headline(),
        columns: ["Call", "Replay", "Cause", "First divergence"],
        groups: &groups,
        rows: rows.iter().map(row).collect(),
    })
}

/// What an index tells, whatever its calls are.
pub(super) struct Index<'a> {
    pub title: &'static str,
    /// What came of all of them, in a few words, and the name of its look.
    pub badge: &'a str,
    pub verdict: &'static str,
    pub headline: &'a str,
    pub columns: [&'static str; 4],
    /// Causes, and how many calls each has.
    pub groups: &'a [(String, usize)],
    pub rows: Vec<Value>,
}

/// The index whose rows are made.
pub(super) fn index_file(index: &Index<'_>) -> String {
    let group = |(name, calls): &(String, usize)| json!({"cause": name, "calls": calls});
    let value = json!({
        "title": index.title,
        "badge": index.badge,
        "verdict": index.verdict,
        "headline": index.headline,
        "columns": index.columns,
        "groups": index.groups.iter().map(group).collect::<Vec<_>>(),
        "rows": index.rows,
    });
    filled(index.title, INDEX, &value)
}

fn filled(title: &str, script: &str, value: &Value) -> String {
    // Nothing in the JSON can end the element it stands in.
    let data = value.to_string().replace('<', "\\u003c");
    let mut out = String::with_capacity(PAGE.len() + STYLE.len() + script.len() + data.len());
    let mut rest = PAGE;
    for (mark, text) in
        [("@title@", title), ("@style@", STYLE), ("@data@", data.as_str()), ("@script@", script)]
    {
        let Some((before, after)) = rest.split_once(mark) else { continue };
        out.push_str(before);
        out.push_str(text);
        rest = after;
    }
    out + rest
}

/// The recording as the page has it: the waveform, and the sound as a WAV in an address; silent where it is masked.
pub(super) fn sounding(samples: &[i16], masked: &[(u64, u64)]) -> Value {
    let hidden = |frame: usize| {
        let ms = (frame / SAMPLES_A_MS) as u64;
        masked.iter().any(|(from, to)| (*from..*to).contains(&ms))
    };
    let frames = samples.len() / 2;
    let mut codes = Vec::with_capacity(frames * 2);
    let mut peaks = [Vec::new(), Vec::new()];
    let step = PEAK_MS * SAMPLES_A_MS;
    for start in (0..frames).step_by(step) {
        let hides = hidden(start) || hidden((start + step - 1).min(frames - 1));
        let block = &samples[start * 2..(start + step).min(frames) * 2];
        let mut most = [0_i32; 2];
        for pair in block.chunks_exact(2) {
            for party in 0..2 {
                let sample = if hides { 0 } else { pair[party] };
                most[party] = most[party].max(i32::from(sample).abs());
                codes.push(if hides { MULAW_SILENCE } else { encode_mulaw(sample) });
            }
        }
        for party in 0..2 {
            peaks[party].push((most[party] * 255 / 32_768) as u8);
        }
    }
    json!({
        "step_ms": PEAK_MS,
        "caller": STANDARD.encode(&peaks[0]),
        "agent": STANDARD.encode(&peaks[1]),
        "wav": format!("data:audio/wav;base64,{}", STANDARD.encode(wav(&codes))),
    })
}

/// A WAV of two channels of 8 kHz mu-law.
fn wav(codes: &[u8]) -> Vec<u8> {
    const MULAW: u16 = 7;
    let length = codes.len() as u32;
    let mut out = Vec::with_capacity(codes.len() + 58);
    let (fmt, fact) = (18_u32, 4_u32);
    out.extend(b"RIFF");
    out.extend((4 + 8 + fmt + 8 + fact + 8 + length).to_le_bytes());
    out.extend(b"WAVEfmt ");
    out.extend(fmt.to_le_bytes());
    for value in [MULAW, 2] {
        out.extend(value.to_le_bytes());
    }
    for value in [8_000_u32, 16_000] {
        out.extend(value.to_le_bytes());
    }
    for value in [2_u16, 8, 0] {
        out.extend(value.to_le_bytes());
    }
    out.extend(b"fact");
    out.extend(fact.to_le_bytes());
    out.extend((length / 2).to_le_bytes());
    out.extend(b"data");
    out.extend(length.to_le_bytes());
    out.extend(codes);
    out
}

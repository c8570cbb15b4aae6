//! Recordings of another system, heard and judged.

use super::{super::Fault, Args, print, reengine::Ears};
use crate::{
    audio::wav,
    config::programs,
    program::{Locale, Program},
    replay::foreign::{Foreign, Party, Utterance, judge},
};
use indicatif::ProgressBar;
use serde_json::{Value, json};
use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

/// A file larger than this is no call: 512 MiB.
const FILE_BYTES_MAX: u64 = 512 << 20;

/// On which side of a stereo recording the agent is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Side {
    /// The first channel
    Left,
    /// The second one
    Right,
}

/// Whether these are recordings of another system: WAV files, and nothing else.
pub(super) fn are_foreign(sources: &[PathBuf]) -> Result<bool, Fault> {
    let is_wav = |path: &PathBuf| path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("wav"));
    match sources.iter().filter(|path| is_wav(path)).count() {
        0 => Ok(false),
        all if all == sources.len() => Ok(true),
        _ => Err(Fault::misuse("WAV files of another system are judged apart: give them alone")),
    }
}

/// Judges each file. Exit status 1 where something was not as it must be.
pub(super) fn run(args: &Args, ears: impl FnOnce() -> Result<Ears, Fault>) -> Result<(), Fault> {
    let program = match &args.program {
        Some(path) => programs::load_path(path),
        None => programs::load(&args.programs, "harbor"),
    };
    let program = program.map_err(|wrong| Fault::misuse(wrong.to_string()))?;
    let told = args.transcript.as_deref().map(transcript).transpose()?;
    if told.is_some() && args.sources.len() != 1 {
        return Err(Fault::misuse("--transcript goes with one WAV file"));
    }
    let ears = if told.is_some() { None } else { Some(ears()?) };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .map_err(|e| Fault::finding(format!("this machine starts no runtime: {e}")))?;
    let bar = ProgressBar::new(args.sources.len() as u64);
    let (mut calls, mut text, mut wrong) = (Vec::new(), String::new(), 0);
    for file in &args.sources {
        let said = match (&told, &ears) {
            (Some(told), _) => told.clone(),
            (None, Some(ears)) => runtime.block_on(said(file, args.agent, ears))?,
            (None, None) => Vec::new(),
        };
        let foreign = judge(&program, Locale::EnUs, &said);
        wrong += usize::from(!foreign.is_right());
        calls.push(value(file, &program, &foreign));
        text.push_str(&lines(file, &foreign));
        bar.inc(1);
    }
    bar.finish_and_clear();
    let report = json!({"candor_judged": 1, "calls": calls});
    print(&if args.json { format!("{report:#}\n") } else { text })?;
    match wrong {
        0 => Ok(()),
        _ => Err(Fault::finding(format!("{wrong} of {} calls are not as they must be", args.sources.len()))),
    }
}

/// What is said in a file, in the order in which it began.
async fn said(file: &Path, agent: Side, ears: &Ears) -> Result<Vec<Utterance>, Fault> {
    let wrong = |why: String| Fault::misuse(format!("{}: {why}", file.display()));
    let size = fs::metadata(file).map_err(|e| wrong(e.to_string()))?.len();
    if size > FILE_BYTES_MAX {
        return Err(wrong(format!("larger than {} MiB: not one call", FILE_BYTES_MAX >> 20)));
    }
    let bytes = fs::read(file).map_err(|e| wrong(e.to_string()))?;
    let channels = wav::read_apart(&bytes).map_err(|e| wrong(e.to_string()))?;
    let parties = match (channels.len(), agent) {
        (1, _) => vec![Party::Either],
        (2, Side::Right) => vec![Party::Caller, Party::Agent],
        (2, Side::Left) => vec![Party::Agent, Party::Caller],
        (more, _) => {
            return Err(wrong(format!("{more} channels; give one for both parties, or one for each")));
        }
    };
    let mut all = Vec::new();
    for (wav, party) in channels.iter().zip(parties) {
        let samples = wav.to_wire().map_err(|e| wrong(e.to_string()))?;
        let heard = ears.everything(&samples).await.map_err(|e| Fault::finding(e.to_string()))?;
        all.extend(heard.into_iter().map(|(from, to, text)| Utterance {
            party,
            from_ms: from.0,
            to_ms: to.0,
            text,
        }));
    }
    all.sort_by_key(|said| said.from_ms);
    Ok(all)
}

/// A transcript: `[{"party":"agent","from_ms":0,"to_ms":1000,"text":"..."}, ...]`.
fn transcript(path: &Path) -> Result<Vec<Utterance>, Fault> {
    let text = fs::read(path).map_err(|e| Fault::misuse(format!("{}: {e}", path.display())))?;
    let mut said: Vec<Utterance> = serde_json::from_slice(&text).map_err(|e| {
        let shape = "[{\"party\":\"agent\",\"from_ms\":0,\"to_ms\":1000,\"text\":\"...\"}]";
        Fault::misuse(format!("{} is no transcript (line {}); write {shape}", path.display(), e.line()))
    })?;
    said.sort_by_key(|said| said.from_ms);
    Ok(said)
}

fn value(file: &Path, program: &Program, foreign: &Foreign) -> Value {
    json!({
        "file": file,
        "program": program.id,
        "notice_version": program.notice.version,
        "right": foreign.is_right(),
        "judged": foreign.judged,
    })
}

fn lines(file: &Path, foreign: &Foreign) -> String {
    let verdict = if foreign.is_right() { "as it must be" } else { "not as it must be" };
    let mut out = format!("{}: {verdict}\n", file.display());
    for judged in &foreign.judged {
        let mark = match judged.ok {
            Some(true) => "ok ",
            Some(false) => "NOT",
            None => "   ",
        };
        let at = judged.at_ms.map_or(String::new(), |ms| {
            format!("at {}:{:02}.{}: ", ms / 60_000, ms / 1_000 % 60, ms % 1_000 / 100)
        });
        let _ = writeln!(out, "  {mark} {:<24} {at}{}", judged.what, judged.why);
    }
    out
}

//! Recordings of another system, heard and judged.

use super::{
    super::Fault,
    Args, pages, print, put,
    reengine::{Ears, Reengine},
};
use crate::{
    audio::wav,
    config::programs,
    program::{Locale, Program},
    replay::{
        foreign::{
            Foreign, Party, Recording, Standing, TRANSCRIPT_BYTES_MAX, Utterance, call_page, index_page,
            judge, language, transcript,
        },
        report::Sound,
    },
};
use indicatif::ProgressBar;
use serde_json::{Value, json};
use std::{
    fmt::Write as _,
    fs::{self, File},
    io::Read as _,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};
use tokio::runtime::Runtime;

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

/// A language by its tag.
pub(super) fn locale(tag: &str) -> Result<Locale, String> {
    let known = [Locale::EnUs, Locale::EsUs].into_iter().find(|one| one.tag().eq_ignore_ascii_case(tag));
    known.ok_or_else(|| "use en-US or es-US".into())
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

/// Judges each file. Exit status 1 where something was not as it must be, or could not be judged.
pub(super) fn run(args: &Args, threads: usize) -> Result<(), Fault> {
    let program = match &args.program {
        Some(path) => programs::load_path(path),
        None => programs::load(&args.programs, "harbor"),
    };
    let program = program.map_err(|wrong| Fault::misuse(wrong.to_string()))?;
    let told = args.transcript.as_deref().map(told).transpose()?;
    if told.is_some() && args.sources.len() != 1 {
        return Err(Fault::misuse("--transcript goes with one WAV file"));
    }
    if args.junit.is_some() || args.markdown.is_some() {
        return Err(Fault::misuse(
            "--junit and --markdown are of recorded calls; of WAV files there is --json",
        ));
    }
    let court = Court {
        args,
        program: &program,
        ears: match (&told, args.locale) {
            // Nobody hears Spanish here.
            (Some(_), _) | (_, Some(Locale::EsUs)) => None,
            (None, _) => Some(Ears::open(&args.models, Reengine::Words, threads)?),
        },
        told,
    };
    let bar = ProgressBar::new(args.sources.len() as u64);
    let beside = match (&args.report, args.sources.len()) {
        (Some(out), 2..) => Some(pages::folder_beside(out)?),
        _ => None,
    };
    let next = AtomicUsize::new(0);
    // Each thread takes the next file, until none is left or one cannot be read.
    let work = || {
        let mut done = Vec::new();
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let runtime = runtime.map_err(|e| Fault::finding(format!("this machine starts no runtime: {e}")))?;
        while let order = next.fetch_add(1, Ordering::Relaxed)
            && let Some(file) = args.sources.get(order)
        {
            let (foreign, page) = court.judged(file, &runtime)?;
            let address = match (&args.report, &beside) {
                (Some(_), Some((folder, name))) if order < args.pages => {
                    put(&folder.join(format!("{order}.html")), page.as_bytes())?;
                    Some(format!("{name}/{order}.html"))
                }
                (Some(out), None) => put(out, page.as_bytes()).map(|()| None)?,
                _ => None,
            };
            done.push((order, (name(file), foreign, address)));
            bar.inc(1);
        }
        Ok::<_, Fault>(done)
    };
    let done = thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let gone = |_| Err(Fault::finding("a thread of the replay ended".to_owned()));
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(gone)).collect::<Result<Vec<_>, _>>()
    });
    bar.finish_and_clear();
    let mut judged: Vec<_> = done?.into_iter().flatten().collect();
    judged.sort_by_key(|(order, _)| *order);
    let judged: Vec<_> = judged.into_iter().map(|(_, judged)| judged).collect();
    let told = || args.sources.iter().zip(&judged);
    let calls: Vec<Value> = told().map(|(file, (_, foreign, _))| value(file, &program, foreign)).collect();
    let text: String = told().map(|(file, (_, foreign, _))| lines(file, foreign)).collect();
    if let (Some(out), Some(_)) = (&args.report, &beside) {
        put(out, index_page(&judged).as_bytes())?;
    }
    let report = json!({"candor_judged": 2, "calls": calls});
    print(&if args.json { format!("{report:#}\n") } else { text })?;
    let count = |standing| judged.iter().filter(|(_, foreign, _)| foreign.standing() == standing).count();
    match (count(Standing::Wrong), count(Standing::Unjudged)) {
        (0, 0) => Ok(()),
        (wrong, unjudged) => Err(Fault::finding(format!(
            "of {} recordings {wrong} are not as they must be, and {unjudged} could not be judged",
            judged.len()
        ))),
    }
}

/// What all files are judged by.
struct Court<'a> {
    args: &'a Args,
    program: &'a Program,
    ears: Option<Ears>,
    /// The transcript, as it was given.
    told: Option<Told>,
}

impl Court<'_> {
    /// What came of a file, and its page.
    fn judged(&self, file: &Path, runtime: &Runtime) -> Result<(Foreign, String), Fault> {
        let channels = channels(file)?;
        let (said, foreign) = match (&self.told, &self.ears) {
            (Some(told), _) => {
                let lasted_ms = channels[0].len().div_ceil(8) as u64;
                let said = transcript(&told.json, lasted_ms);
                let said = said.map_err(|e| Fault::misuse(format!("{}: {e}", told.path.display())))?;
                let locale = self.args.locale.unwrap_or_else(|| language(self.program, &said));
                let foreign = judge(self.program, locale, &said);
                (said, foreign)
            }
            (None, Some(ears)) => {
                let said = runtime.block_on(said(&channels, self.args.agent, ears))?;
                let foreign = judge(self.program, Locale::EnUs, &said);
                (said, foreign)
            }
            (None, None) => {
                let why = "Spanish is not recognised by ear: give a transcript (--transcript FILE)";
                (Vec::new(), Foreign::unjudged(Locale::EsUs, why))
            }
        };
        let page = self.args.report.as_ref().map(|_| {
            let (left, right) = (&channels[0], channels.last().unwrap_or(&channels[0]));
            let (caller, agent) = match self.args.agent {
                Side::Right => (left, right),
                Side::Left => (right, left),
            };
            let both: Vec<i16> = caller.iter().zip(agent).flat_map(|(one, other)| [*one, *other]).collect();
            call_page(&Recording {
                name: &name(file),
                program: self.program,
                said: &said,
                foreign: &foreign,
                sound: Sound(&both),
                is_mono: channels.len() == 1,
                open: self.args.sensitive,
            })
        });
        Ok((foreign, page.unwrap_or_default()))
    }
}

/// The channels of a file, at 8 kHz: one for both parties, or one for each.
fn channels(file: &Path) -> Result<Vec<Vec<i16>>, Fault> {
    let wrong = |why: String| Fault::misuse(format!("{}: {why}", file.display()));
    let size = fs::metadata(file).map_err(|e| wrong(e.to_string()))?.len();
    if size > FILE_BYTES_MAX {
        return Err(wrong(format!("larger than {} MiB: not one call", FILE_BYTES_MAX >> 20)));
    }
    let bytes = fs::read(file).map_err(|e| wrong(e.to_string()))?;
    let channels = wav::read_apart(&bytes).map_err(|e| wrong(e.to_string()))?;
    if channels.len() > 2 {
        let more = channels.len();
        return Err(wrong(format!("{more} channels; give one for both parties, or one for each")));
    }
    channels.iter().map(|wav| wav.to_wire().map_err(|e| wrong(e.to_string()))).collect()
}

/// What is said on the channels, in the order in which it began.
async fn said(channels: &[Vec<i16>], agent: Side, ears: &Ears) -> Result<Vec<Utterance>, Fault> {
    let parties = match (channels.len(), agent) {
        (1, _) => vec![Party::Either],
        (_, Side::Right) => vec![Party::Caller, Party::Agent],
        (_, Side::Left) => vec![Party::Agent, Party::Caller],
    };
    let mut all = Vec::new();
    for (samples, party) in channels.iter().zip(parties) {
        let heard = ears.everything(samples).await.map_err(|e| Fault::finding(e.to_string()))?;
        all.extend(heard.into_iter().map(|(from, to, heard)| Utterance {
            party,
            from_ms: from.0,
            to_ms: to.0,
            text: heard.text,
            confidence: heard.confidence,
            lean: heard.lean,
        }));
    }
    all.sort_by_key(|said| said.from_ms);
    Ok(all)
}

/// A transcript that was given.
struct Told {
    path: PathBuf,
    json: Vec<u8>,
}

/// Reads a transcript, no further than one may be long.
fn told(path: &Path) -> Result<Told, Fault> {
    let mut json = Vec::new();
    let read = File::open(path)
        .and_then(|file| file.take(TRANSCRIPT_BYTES_MAX as u64 + 1).read_to_end(&mut json))
        .map_err(|e| Fault::misuse(format!("{}: {e}", path.display())));
    read.map(|_| Told { path: path.into(), json })
}

fn name(file: &Path) -> String {
    file.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn value(file: &Path, program: &Program, foreign: &Foreign) -> Value {
    json!({
        "file": file,
        "program": program.id,
        "notice_version": program.notice.version,
        "locale": foreign.locale,
        "verdict": foreign.standing(),
        "judged": foreign.judged,
        "evidence": foreign.evidence,
    })
}

fn lines(file: &Path, foreign: &Foreign) -> String {
    let verdict = match foreign.standing() {
        Standing::Wrong => "not as it must be",
        Standing::Unjudged => "could not be judged",
        Standing::Right | Standing::Free => "as it must be",
    };
    let mut out = format!("{}: {verdict}\n", file.display());
    for judged in &foreign.judged {
        let mark = match judged.standing {
            Standing::Right => "ok ",
            Standing::Wrong => "NOT",
            Standing::Unjudged => " ? ",
            Standing::Free => "   ",
        };
        let at = judged.at_ms.map_or(String::new(), |ms| {
            format!("at {}:{:02}.{}: ", ms / 60_000, ms / 1_000 % 60, ms % 1_000 / 100)
        });
        let _ = writeln!(out, "  {mark} {:<24} {at}{}", judged.what, judged.why);
    }
    out
}

//! `candor replay`: recorded calls once more, and whether anything would be different.

mod foreign;
mod pages;
mod reengine;
mod scripts;
mod source;

use self::{
    reengine::{Ears, Reengine, has_words},
    scripts::{Chosen, Memories, Scripts},
    source::{Desk, Source, Wanted, Whence},
};
use super::{Fault, reading::AsRole};
use crate::{
    program::Locale,
    replay::{Cause, Ending, Gone, Kept, Lens, Replayed, foresee, reheard, replay, verdict::Verdict},
    understand::Percent,
};
use futures_util::FutureExt;
use indicatif::{ProgressBar, ProgressStyle};
use std::{
    fs::OpenOptions,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    panic::AssertUnwindSafe,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};
use tokio::runtime::Runtime;

/// More threads read no faster.
const THREADS_MAX: usize = 64;

/// Arguments of `candor replay`.
#[derive(clap::Args)]
pub struct Args {
    /// Data folders, JSON exports, folders of exports (`record export --to`), or folders of any of these exports; or
    /// WAV files of another system, to be judged against a program
    #[arg(required = true, value_name = "DATA_DIR|EXPORT|FILE.wav")]
    sources: Vec<PathBuf>,
    /// Only this call
    #[arg(long, value_name = "ID")]
    call: Option<String>,
    /// Replays on this script (a program's folder or its program.toml); where it is not the one a call ran on, what
    /// would be different is found [default: the script that each call ran on]
    #[arg(long, value_name = "F")]
    program: Option<PathBuf>,
    /// A script that calls ran on, so that what changed since can be named
    #[arg(long, value_name = "F")]
    recorded_on: Vec<PathBuf>,
    /// Folder of the programs; scripts in it are found by their hash, old ones too
    #[arg(long, env = "CANDOR_PROGRAMS", default_value = "programs", value_name = "DIR")]
    programs: PathBuf,
    /// Folder of the keys [default: `keys` beside the folder of the calls where there is one, else `keys` here]
    #[arg(long, value_name = "DIR", env = "CANDOR_KEYS")]
    keys: Option<PathBuf>,
    /// What if words that were heard less surely than this (0 to 100) were taken as unclear
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    heard_min: Option<u8>,
    /// Hears the caller's side of each recording again, by the models of now: words, or only turns
    #[arg(long, value_enum, num_args = 0..=1, default_missing_value = "words", require_equals = true)]
    reengine: Option<Reengine>,
    /// Where the speech models are: with --reengine
    #[arg(long, value_name = "DIR", default_value = "models", env = "CANDOR_MODELS")]
    models: PathBuf,
    /// Of a stereo WAV file: the agent's side
    #[arg(long, value_enum, default_value = "right")]
    agent: foreign::Side,
    /// Of one WAV file: what is said in it, as JSON, instead of what the recogniser hears
    #[arg(long, value_name = "FILE")]
    transcript: Option<PathBuf>,
    /// Of WAV files: the language that is spoken, en-US or es-US [default: with a transcript, the one in which most of
    /// the script is found; else English, the only one that is heard]
    #[arg(long, value_name = "TAG", value_parser = foreign::locale)]
    locale: Option<Locale>,
    /// Writes a page that opens without a network: of the one call, or an index of many with a page for each
    #[arg(long, value_name = "OUT.html")]
    report: Option<PathBuf>,
    /// No more pages are written than this; those of calls that differ come first
    #[arg(long, value_name = "N", default_value_t = 200, requires = "report")]
    pages: usize,
    /// Writes JUnit XML
    #[arg(long, value_name = "OUT.xml")]
    junit: Option<PathBuf>,
    /// Writes a summary in Markdown
    #[arg(long, value_name = "OUT.md")]
    markdown: Option<PathBuf>,
    /// Prints one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    reader: AsRole,
    /// Shows what is sensitive, in words and in sound: for roles that see it
    #[arg(long)]
    sensitive: bool,
    /// How many calls are replayed at once [default: as many as this machine has cores]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
}

/// Runs it. Exit status 1 where a gate decision, a consent outcome or a spoken line differs.
pub fn run(args: Args) -> Result<(), Fault> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = args.threads.unwrap_or(cores).clamp(1, THREADS_MAX);
    if foreign::are_foreign(&args.sources)? {
        return foreign::run(&args, threads);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads)
        .enable_all()
        .build()
        .map_err(|e| Fault::finding(format!("this machine starts no runtime: {e}")))?;
    let scripts = Scripts::open(args.program.as_deref(), &args.recorded_on, &args.programs, &args.sources)?;
    let wanted = Wanted {
        keys: args.keys.as_deref(),
        call: args.call.as_deref(),
        reader: &args.reader,
        sensitive: args.sensitive,
        hears: args.reengine.is_some() || args.report.is_some(),
    };
    let source = runtime.block_on(Source::of(&args.sources, &wanted))?;
    let lens = Lens { heard_min: args.heard_min.map(Percent::new), open: args.sensitive };
    let ears = args.reengine.map(|what| Ears::open(&args.models, what, threads)).transpose()?;
    let work = Arc::new(Work { calls: source.calls, scripts, lens, ears, next: AtomicUsize::new(0) });
    let began = Instant::now();
    let (verdict, elsewhere) = all(&runtime, &work, threads);
    let took = began.elapsed().as_secs_f64();
    if elsewhere > 0 {
        eprintln!("candor: {elsewhere} calls are of other programs and were left out");
    }
    if let Some(out) = &args.report {
        runtime.block_on(pages::write(&work, &verdict, args.pages, out))?;
    }
    let json = || serde_json::to_string_pretty(&verdict.json()).map_err(|e| Fault::finding(e.to_string()));
    for (out, text) in [(&args.junit, verdict.junit()), (&args.markdown, verdict.markdown())] {
        if let Some(out) = out {
            put(out, text.as_bytes())?;
        }
    }
    print(&if args.json { json()? + "\n" } else { verdict.text() })?;
    eprintln!("{took:.2} s, {:.0} calls a second", verdict.calls() as f64 / took.max(1e-9));
    if let Some(heard) = work.ears.as_ref().map(|ears| ears.heard_ms() as f64 / 1_000.0) {
        eprintln!("{heard:.1} s of sound heard, {:.0} times faster than real time", heard / took.max(1e-9));
    }
    let calls = work.calls.len();
    match verdict.findings().len() {
        0 if verdict.faults() > 0 => Err(Fault::finding(format!(
            "{} calls are not what was written, or broke what reads them; `candor record verify` says where they \
             were altered",
            verdict.faults()
        ))),
        0 if verdict.calls() + elsewhere != calls => Err(Fault::finding(format!(
            "of {calls} calls only {} were replayed; please report that",
            verdict.calls()
        ))),
        0 if verdict.calls() == 0 => Err(Fault::finding(
            "no call was replayed, so nothing was checked; name a folder with calls of this program",
        )),
        0 => Ok(()),
        found => Err(Fault::finding(format!(
            "{found} of {} calls differ in a gate decision, a consent outcome or a spoken line; \
             --report OUT.html shows each",
            verdict.calls()
        ))),
    }
}

/// What all threads share. It holds nothing that could write to a store or reach a caller.
struct Work {
    calls: Vec<Whence>,
    scripts: Scripts,
    lens: Lens,
    ears: Option<Ears>,
    next: AtomicUsize,
}

/// Replays all calls, and counts those of other programs.
fn all(runtime: &Runtime, work: &Arc<Work>, threads: usize) -> (Verdict, usize) {
    let style = ProgressStyle::with_template("{pos}/{len} calls {wide_bar} {per_sec} {eta}");
    let bar = ProgressBar::new(work.calls.len() as u64).with_style(style.expect("a fixed template"));
    let tasks: Vec<_> = (0..threads)
        .map(|_| {
            let (work, bar) = (Arc::clone(work), bar.clone());
            runtime.spawn(async move {
                let (mut verdict, mut elsewhere) = (Verdict::default(), 0);
                let (mut desk, mut memories) = (Desk::default(), Memories::default());
                loop {
                    let order = work.next.fetch_add(1, Ordering::Relaxed);
                    if order >= work.calls.len() {
                        return (verdict, elsewhere);
                    }
                    // A call that breaks the replay takes nothing along of what was found in others.
                    let mut one = Verdict::default();
                    let played = AssertUnwindSafe(work.one(order, &mut desk, &mut memories, &mut one));
                    let played = played.catch_unwind().await;
                    match played {
                        Ok(is_asked_for) => {
                            verdict.join(one);
                            elsewhere += usize::from(!is_asked_for);
                        }
                        Err(_) => {
                            (desk, memories) = Default::default();
                            let why = "not replayable: the replay itself broke at it; please report that";
                            verdict.damaged(order as u64, work.calls[order].name(), why.into());
                        }
                    }
                    bar.inc(1);
                }
            })
        })
        .collect();
    let (mut verdict, mut elsewhere) = (Verdict::default(), 0);
    for task in tasks {
        match runtime.block_on(task) {
            Ok((counted, others)) => {
                verdict.join(counted);
                elsewhere += others;
            }
            Err(e) => {
                verdict.damaged(u64::MAX, "unknown".into(), format!("a thread of the replay ended: {e}"))
            }
        }
    }
    bar.finish_and_clear();
    verdict.sort();
    (verdict, elsewhere)
}

impl Work {
    /// Replays the call at `order`: whether it is one of those asked for.
    async fn one(
        &self,
        order: usize,
        desk: &mut Desk,
        memories: &mut Memories,
        verdict: &mut Verdict,
    ) -> bool {
        let number = order as u64;
        let found = match self.calls[order].find(desk).await {
            Ok(found) => found,
            Err((call_id, gone)) => {
                let why = format!("not replayable: {}", gone.why);
                match gone.is_fault {
                    true => verdict.damaged(number, call_id, why),
                    false => verdict.unplayed(number, call_id, why),
                }
                return true;
            }
        };
        // Nearly every call is plainly as it was written, and nothing more has to be made of it.
        if self.ears.is_none()
            && self.lens.heard_min.is_none()
            && let Chosen::On(program, _) = self.scripts.of(found.opened())
            && let Some(replayed) = found.as_written(memories.of(&program))
        {
            verdict.add(number, replayed, || Ending::recorded(&found.into_kept()), || None);
            return true;
        }
        let kept = found.into_kept();
        let again = match self.again(order, &kept).await {
            Ok(again) => again,
            Err(gone) => {
                let why = format!("not heard again: {}", gone.why);
                match gone.is_fault {
                    true => verdict.damaged(number, kept.opened.call_id, why),
                    false => verdict.unplayed(number, kept.opened.call_id, why),
                }
                return true;
            }
        };
        match again {
            Again::Elsewhere => false,
            Again::NoScript => {
                let why = format!(
                    "not replayable: no script of the program {} is known; name one with --program F",
                    kept.opened.program
                );
                verdict.unplayed(number, kept.opened.call_id, why);
                true
            }
            Again::Done(mut replayed, program) => {
                if replayed.differs()
                    && let Some(altered) = self.calls[order].altered().await
                {
                    let because = vec![altered];
                    replayed.cause = Some(Cause { name: "altered journal".into(), because });
                }
                let goes_on = replayed.stopped.is_some();
                verdict.add(
                    number,
                    *replayed,
                    || Ending::recorded(&kept),
                    || goes_on.then(|| foresee(&program, &kept)),
                );
                true
            }
        }
    }

    /// Replays a call, heard again where that was asked for; an error where it cannot be heard, and whether that is a
    /// fault.
    async fn again(&self, order: usize, kept: &Kept) -> Result<Again, Gone> {
        let (program, changed) = match self.scripts.of(&kept.opened) {
            Chosen::Elsewhere => return Ok(Again::Elsewhere),
            Chosen::None => return Ok(Again::NoScript),
            Chosen::On(program, changed) => (program, changed),
        };
        let Some(ears) = self.ears.as_ref().filter(|_| has_words(kept)) else {
            let replayed = replay(&program, kept, self.lens, &changed);
            return Ok(Again::Done(Box::new(replayed), program));
        };
        let sound = self.calls[order].samples().await?;
        let caller: Vec<i16> = sound.chunks_exact(2).map(|both| both[0]).collect();
        let turns = ears.turns(kept, &program.timings, &caller);
        let turns = turns.await.map_err(|e| Gone::wrongly(e.to_string()))?;
        let heard = reheard(kept, &turns);
        let mut replayed = replay(&program, &heard.kept, self.lens, &changed);
        heard.explain(&mut replayed);
        Ok(Again::Done(Box::new(replayed), program))
    }
}

enum Again {
    Done(Box<Replayed>, Arc<crate::program::Program>),
    Elsewhere,
    NoScript,
}

/// Writes a file for its owner's eyes only: what is in it is as confidential as the calls.
fn put(path: &Path, bytes: &[u8]) -> Result<(), Fault> {
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
    file.and_then(|mut file| file.write_all(bytes))
        .map_err(|e| Fault::misuse(format!("{} cannot be written: {e}; give another file", path.display())))
}

/// Writes to stdout; a reader that has seen enough (`| head`) is no fault.
fn print(text: &str) -> Result<(), Fault> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => {
            Err(Fault::finding(format!("stdout takes no more: {e}")))
        }
        _ => Ok(()),
    }
}

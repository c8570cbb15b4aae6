//! `candor simulate`: seeded callers against the dialogue, and what must hold whatever they do.

mod voice;

use super::{Fault, keys};
use crate::{
    config::programs,
    journal::record,
    ports::Ledger,
    program::Program,
    simulate::{Answers, Call, Tally},
    store::Store,
};
use futures_util::future::try_join_all;
use std::{
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

/// No more broken calls are named; one is enough to begin with.
const NAMED_MAX: usize = 20;
/// So many calls are kept side by side: each needs three syncs of the disk, and they share them.
const KEPT_TOGETHER: usize = 64;
/// A terminal is told how far it is this often.
const TOLD_EVERY: Duration = Duration::from_millis(200);

/// Arguments of `candor simulate`.
#[derive(clap::Args)]
pub struct Args {
    /// The program they call.
    #[arg(long, default_value = "harbor")]
    program: String,
    /// The folder of programs.
    #[arg(long, env = "CANDOR_PROGRAMS", default_value = "programs", value_name = "DIR")]
    programs: PathBuf,
    /// How many calls.
    #[arg(
        long,
        value_name = "N",
        required_unless_present = "script",
        default_value_t = 1,
        hide_default_value = true
    )]
    calls: u64,
    /// The seed of the first call; each next call has the next seed.
    #[arg(
        long,
        value_name = "S",
        required_unless_present = "script",
        default_value_t = 1,
        hide_default_value = true
    )]
    seed: u64,
    /// Keep every call in this data folder, like any other.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Folder of the keys that seal it [default: `keys` beside that folder where there is one, else `keys` here]
    #[arg(long, value_name = "DIR", env = "CANDOR_KEYS")]
    keys: Option<PathBuf>,
    /// Callers answer in words, which are understood (the default).
    #[arg(long, conflicts_with = "meanings")]
    text: bool,
    /// Callers answer in meanings, as if they clicked choices: faster.
    #[arg(long)]
    meanings: bool,
    #[command(flatten)]
    voice: voice::Aloud,
}

/// Runs it. Exit status 1 where an invariant was broken.
pub fn run(args: Args) -> Result<(), Fault> {
    if args.voice.is_wanted() {
        return voice::run(args);
    }
    let program = programs::load(&args.programs, &args.program).map_err(|e| Fault::misuse(e.to_string()))?;
    let program = Arc::new(program);
    let answers = if args.meanings { Answers::Meanings } else { Answers::Text };
    let keeper = args.data.as_deref().map(|data| Keeper::open(data, args.keys.as_deref())).transpose()?;
    let began = Instant::now();
    let mut progress = Progress::new(args.calls);
    let mut tally = Tally::default();
    let mut waiting = Vec::new();
    for number in 0..args.calls {
        let call = Call::of(&program, args.seed.wrapping_add(number), answers);
        tally.add(&call);
        if let Some(keeper) = &keeper {
            waiting.push(call);
            if waiting.len() == KEPT_TOGETHER {
                keeper.keep(&waiting, &program)?;
                waiting.clear();
            }
        }
        progress.at(number + 1);
    }
    if let Some(keeper) = &keeper {
        keeper.keep(&waiting, &program)?;
    }
    progress.done();
    let took = began.elapsed().as_secs_f64();
    print(&format!("{tally}"))?;
    eprintln!("{took:.2} s, {:.0} calls a second", args.calls as f64 / took.max(1e-9));
    name_broken(&tally, &args)
}

/// Each broken invariant with the shortest way to see it again.
fn name_broken(tally: &Tally, args: &Args) -> Result<(), Fault> {
    if tally.broken().is_empty() {
        return Ok(());
    }
    let mode = if args.meanings { " --meanings" } else { "" };
    for (seed, violation) in tally.broken().iter().take(NAMED_MAX) {
        let program = &args.program;
        print(&format!(
            "\nbroken: {violation}\n  again: candor simulate --program {program} --calls 1 --seed {seed}{mode}\n"
        ))?;
    }
    let calls = tally.broken().len();
    Err(Fault::finding(format!("{calls} of {} calls broke an invariant; their seeds are above", args.calls)))
}

fn print(text: &str) -> Result<(), Fault> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(|e| Fault::finding(format!("standard output is gone: {e}")))
}

/// Puts calls into a data folder.
struct Keeper {
    runtime: tokio::runtime::Runtime,
    store: Store,
    folder: PathBuf,
}

impl Keeper {
    fn open(folder: &Path, keys: Option<&Path>) -> Result<Keeper, Fault> {
        let keys = keys::open(folder, keys)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|e| Fault::finding(format!("the runtime could not start: {e}")))?;
        let store =
            runtime.block_on(Store::beside(folder, keys)).map_err(|e| not_kept(folder, &e.to_string()))?;
        Ok(Keeper { runtime, store, folder: folder.to_owned() })
    }

    /// Keeps all of `calls`, side by side, so that they share the disk's syncs as live calls do.
    fn keep(&self, calls: &[Call], program: &Arc<Program>) -> Result<(), Fault> {
        let all = calls.iter().map(|call| self.one(call, program));
        self.runtime.block_on(try_join_all(all)).map(drop)
    }

    async fn one(&self, call: &Call, program: &Arc<Program>) -> Result<(), Fault> {
        let entries = call.journal(program);
        let told = record(&call.opened, &entries);
        let kept = async {
            self.store.open(&call.opened).await?;
            self.store.append(&call.opened.call_id, entries).await?;
            self.store.close(&call.opened.call_id, &told).await
        };
        let seed = call.seed;
        kept.await.map_err(|e| {
            not_kept(&self.folder, &format!("the call of seed {seed}: {e}; is it there already?"))
        })
    }
}

fn not_kept(folder: &Path, why: &str) -> Fault {
    Fault::finding(format!("nothing more was kept in {}: {why}", folder.display()))
}

/// How far it is, for a person who waits.
struct Progress {
    calls: u64,
    told: Option<Instant>,
}

impl Progress {
    fn new(calls: u64) -> Progress {
        Progress { calls, told: io::stderr().is_terminal().then(Instant::now) }
    }

    fn at(&mut self, number: u64) {
        if let Some(told) = &mut self.told
            && told.elapsed() >= TOLD_EVERY
        {
            eprint!("\r{number} of {} calls", self.calls);
            *told = Instant::now();
        }
    }

    fn done(&self) {
        if self.told.is_some() {
            eprint!("\r\x1b[K");
        }
    }
}

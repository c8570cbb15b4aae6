//! `candor simulate --voice`: callers who are heard, by the hundred, faster than they talk (ADR 22).

mod booth;
mod caller;
mod line;
mod night;
mod sound;
mod table;
mod time;

use self::{
    booth::{Booth, Dials, Played, Unplayed},
    caller::{Scripted, Seeded},
    night::{Call, Night},
    sound::{Line, Wire},
    table::Table,
};
use super::{
    super::{
        Fault,
        call::{Caller as ScriptedCaller, Script},
        chance, keys,
    },
    Args, print,
};
use crate::{
    call,
    config::programs,
    dialogue::{Acknowledgement, ChannelKind, Outcome, PersonReached, Setup},
    engine::hibari::Timbre,
    ports::Ledger,
    program::Locale,
    simulate::{Caller, Chance, Persona, STARTED_AT, call_id},
    store::Store,
};
use indicatif::{ProgressBar, ProgressStyle};
use std::{
    panic::{self, AssertUnwindSafe},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    thread,
    time::Instant,
};
use tokio::runtime::Runtime;

/// More calls at once are no faster.
const THREADS_MAX: usize = 64;
/// Out of a thousand.
const NOBODY_AVAILABLE: u64 = 250;
const SOMEBODY_ANSWERS: u64 = 700;

/// Callers who are heard.
#[derive(clap::Args)]
pub(super) struct Aloud {
    /// Callers speak, and are heard by voice detector, recogniser and all, as live callers are; with the data folder
    /// of a run that was cut off it goes on
    #[arg(long, requires = "data", conflicts_with_all = ["text", "meanings"])]
    voice: bool,
    /// One caller who speaks and does what this script says (docs/call-scripts.md), kept in the data folder
    #[arg(long, value_name = "FILE", requires = "data", conflicts_with_all = ["text", "meanings", "voice", "calls", "seed"])]
    script: Option<PathBuf>,
    /// With --script: the caller's line
    #[arg(long, value_enum, default_value = "clear", requires = "script")]
    line: Line,
    /// With --script: nobody answers when the caller is passed to a person
    #[arg(long, requires = "script")]
    nobody_answers: bool,
    /// Where the models are: with --voice and --script
    #[arg(long, value_name = "DIR", default_value = "models", env = "CANDOR_MODELS")]
    models: PathBuf,
    /// Noises of rooms and lines: with --voice and --script
    #[arg(long, value_name = "DIR", default_value = "audio-fixtures/human")]
    noises: PathBuf,
    /// How many calls at once: with --voice [default: as many as this machine has cores]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
}

impl Aloud {
    /// Whether callers are heard.
    pub fn is_wanted(&self) -> bool {
        self.voice || self.script.is_some()
    }
}

/// Runs it. Exit status 1 where an invariant was broken, or somebody who did not mean yes was taken to say it.
pub(super) fn run(args: Args) -> Result<(), Fault> {
    let program = programs::load(&args.programs, &args.program).map_err(|e| Fault::misuse(e.to_string()))?;
    let program = Arc::new(program);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|e| Fault::finding(format!("the runtime could not start: {e}")))?;
    let data = args.data.as_deref().ok_or_else(|| Fault::misuse("calls by voice need --data DIR"))?;
    let store = Arc::new(opened(&runtime, data, args.keys.as_deref())?);
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let threads = args.voice.threads.unwrap_or(cores).clamp(1, THREADS_MAX);
    let threads = if args.voice.voice { threads } else { 1 };
    let places = (args.voice.models.as_path(), args.voice.noises.as_path());
    let booth =
        Booth::open(Arc::clone(&program), Arc::clone(&store), places, threads, runtime.handle().clone());
    let booth = booth.map_err(Fault::finding)?;
    match &args.voice.script {
        Some(file) => scripted(&booth, file, &args.voice),
        None => {
            let (night, done) = Night::open(data, &program).map_err(Fault::misuse)?;
            nightly(&booth, &runtime, &store, &args, (night, done), threads)
        }
    }
}

/// The data folder, in which what a crash left open is closed.
fn opened(runtime: &Runtime, data: &Path, keys: Option<&Path>) -> Result<Store, Fault> {
    let keys = keys::open(data, keys)?;
    let failed = |why: String| Fault::finding(format!("{} cannot be used: {why}", data.display()));
    runtime.block_on(async {
        let store = Store::open(data, keys).await.map_err(|e| failed(e.to_string()))?;
        for id in store.unfinished().await.map_err(|e| failed(e.to_string()))? {
            let recordings = store.recordings();
            let closed = call::recover(&store, recordings.as_ref(), &chance::Chance, &id).await;
            closed.map_err(|e| failed(e.to_string()))?;
        }
        Ok(store)
    })
}

/// One caller, by a script.
fn scripted(booth: &Booth, file: &Path, args: &Aloud) -> Result<(), Fault> {
    let says = booth.says(Timbre::Caller);
    let script = Script::read(file, &says).map_err(|why| Fault::misuse(why.to_string()))?;
    let (transcript, chance) = (Arc::default(), Chance::new(1));
    let who = Scripted { caller: ScriptedCaller::new(script), transcript: Arc::clone(&transcript) };
    let id: [u8; 16] = chance::bytes();
    let id: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
    let reached = if args.nobody_answers { PersonReached::NotAnswered } else { PersonReached::Answered };
    let played = booth.answer(Dials {
        setup: setup(booth, call_id(&id), true),
        who: Box::new(who),
        wire: Wire::new(args.line, booth.noises(), chance),
        reached,
        transcript,
    });
    let Played { record, judged, stuck, .. } = played.map_err(|why| Fault::finding(why.to_string()))?;
    print(&format!("{}\n", record.call_id))?;
    if let Some(why) = stuck {
        return Err(Fault::finding(format!("{}: {why}", file.display())));
    }
    judged.violation.map_or(Ok(()), |broken| Err(Fault::finding(format!("broken: {broken}"))))
}

/// Many callers, by their seeds; those that are done are not called again.
fn nightly(
    booth: &Booth,
    runtime: &Runtime,
    store: &Store,
    args: &Args,
    (mut night, mut done): (Night, Vec<Call>),
    threads: usize,
) -> Result<(), Fault> {
    let seeds: Vec<u64> = (0..args.calls).map(|number| args.seed.wrapping_add(number)).collect();
    done.retain(|call| seeds.contains(&call.seed));
    let were_done = done.len();
    let left: Vec<u64> =
        seeds.iter().copied().filter(|seed| !done.iter().any(|call| call.seed == *seed)).collect();
    if were_done > 0 {
        eprintln!("{were_done} of {} calls are done already; the rest follows", args.calls);
    }
    let style = ProgressStyle::with_template("{pos}/{len} calls {wide_bar} {eta}");
    let bar = ProgressBar::new(args.calls).with_style(style.expect("a fixed template"));
    bar.set_position(were_done as u64);
    let (next, began) = (AtomicU64::new(0), Instant::now());
    let mut fault = None;
    thread::scope(|scope| {
        let (told, calls) = mpsc::channel();
        for _ in 0..threads {
            let (told, next, left) = (told.clone(), &next, &left);
            scope.spawn(move || {
                while let Some(seed) = left.get(next.fetch_add(1, Ordering::Relaxed) as usize) {
                    if told.send(one(booth, runtime, store, *seed)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(told);
        for call in calls {
            let kept = call.and_then(|call| {
                night.add(&call)?;
                done.push(call);
                Ok(())
            });
            if let Err(why) = kept {
                fault = Some(why);
                // What is not on record is called again; there is no use in going on.
                next.store(u64::MAX / 2, Ordering::Relaxed);
            }
            bar.inc(1);
        }
    });
    bar.finish_and_clear();
    let took = began.elapsed().as_secs_f64();
    done.sort_by_key(|call| call.seed);
    let talked: u64 = done.iter().filter(|call| left.contains(&call.seed)).map(|call| call.lasted_ms).sum();
    let table = Table::of(&done);
    print(&table.to_string())?;
    let talked = talked as f64 / 1_000.0;
    eprintln!(
        "{took:.1} s for {talked:.0} s of talk: {:.1} times faster than real time",
        talked / took.max(1e-9)
    );
    if let Some(why) = fault {
        return Err(Fault::finding(why));
    }
    match table.findings() {
        0 => Ok(()),
        found => Err(Fault::finding(format!(
            "{found} of {} calls broke an invariant or took for a yes what was none; their ids are above: \
             candor replay {} --call ID --report call.html",
            done.len(),
            args.data.as_deref().unwrap_or(Path::new("DATA")).display()
        ))),
    }
}

/// The call of `seed`; an error only where it cannot be kept, as none could be then.
fn one(booth: &Booth, runtime: &Runtime, store: &Store, seed: u64) -> Result<Call, String> {
    let mut chance = Chance::new(seed);
    let persona = *chance.pick(&Persona::ALL);
    let person = chance.below(u64::from(Timbre::PEOPLE)) as u8;
    let line = *chance.pick(&Line::ALL);
    let available = !chance.in_thousand(NOBODY_AVAILABLE);
    let answers = chance.in_thousand(SOMEBODY_ANSWERS);
    let transcript = Arc::default();
    let who = Seeded {
        caller: Caller::new(persona, Chance::new(chance.draw())),
        program: Arc::clone(booth.program()),
        says: Box::new(booth.says(Timbre::Person(person))),
        chance: Chance::new(chance.draw()),
        transcript: Arc::clone(&transcript),
        mind: Default::default(),
    };
    let id = runtime.block_on(unused(store, seed))?;
    // What is known before anything comes of it: a call that breaks is put down as that, and the others go on.
    let mut call = Call {
        seed,
        call_id: id.clone(),
        persona: persona.name().into(),
        person,
        line: line.name().into(),
        outcome: Outcome::Failed,
        acknowledgement: Acknowledgement::None,
        decisions: Vec::new(),
        lasted_ms: 0,
        turns: Vec::new(),
        broken: None,
    };
    let played = panic::catch_unwind(AssertUnwindSafe(|| {
        booth.answer(Dials {
            setup: setup(booth, id, available),
            who: Box::new(who),
            wire: Wire::new(line, booth.noises(), Chance::new(chance.draw())),
            reached: if answers { PersonReached::Answered } else { PersonReached::NotAnswered },
            transcript,
        })
    }));
    match played {
        Ok(Ok(Played { record, judged, lasted, stuck })) => {
            call.outcome = record.outcome;
            call.acknowledgement = record.disclosure.acknowledgement;
            call.decisions = record.consents.iter().map(|consent| consent.decision).collect();
            call.lasted_ms = lasted.0;
            call.turns = judged.turns;
            call.broken = judged.violation.map(|violation| violation.to_string()).or(stuck);
        }
        Ok(Err(Unplayed::Hangs)) => call.broken = Some(Unplayed::Hangs.to_string()),
        Ok(Err(unkept)) => return Err(format!("seed {seed}: {unkept}")),
        Err(_) => call.broken = Some("it panicked; what it said stands above".into()),
    }
    Ok(call)
}

/// The id of the call of `seed`. One that was cut off stays on record as what it is, and is made again.
async fn unused(store: &Store, seed: u64) -> Result<String, String> {
    let mut again = 0;
    loop {
        let id = call_id(&format!("voice {seed} {again}"));
        match store.archive().program_of(None, &id).await {
            Ok(None) => return Ok(id),
            Ok(Some(_)) => again += 1,
            Err(e) => return Err(e.to_string()),
        }
    }
}

fn setup(booth: &Booth, call_id: String, person_available: bool) -> Setup {
    let program = booth.program();
    let spoken = booth.speaks().into_iter().filter(|locale| program.locales.contains(locale));
    Setup {
        call_id,
        channel: ChannelKind::Phone,
        locale: Locale::EnUs,
        started_at: STARTED_AT,
        person_available,
        spoken: spoken.collect(),
    }
}

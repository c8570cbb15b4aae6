//! `candor listen`: WAV files, each one spoken answer, through voice activity, recogniser and understanding.

use super::Fault;
use crate::{
    audio::wav,
    call::listener::{Hearing, Listener},
    config::programs,
    engine::{moonshine::Moonshine, onnx::Onnx, vad::Silero},
    ports::{EngineFailed, Hints, Recognizer},
    program::{Expecting, Locale},
    time::Millis,
    understand::{Context, Heard, Lean, Percent, Reading, understand},
};
use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
};

/// A file larger than this is no answer: 256 MiB.
const FILE_BYTES_MAX: u64 = 256 << 20;
/// A file is one answer: silence within it ends nothing, up to this.
const END_OF_TURN_MS: u64 = 5_000;
/// An answer longer than this is recognised in parts.
const TURN_MS_MAX: u64 = 30_000;
/// Silence after a file, again and again until its last turn has ended.
const TAIL: [i16; 8_000] = [0; 8_000];

/// Arguments of `candor listen`.
#[derive(clap::Args)]
pub struct Args {
    /// The program that is called: a folder of the programs folder.
    #[arg(long, value_name = "ID", default_value = "harbor")]
    program: String,
    /// Where the programs are.
    #[arg(long, value_name = "DIR", default_value = "programs", env = "CANDOR_PROGRAMS")]
    programs: PathBuf,
    /// Where the speech models are.
    #[arg(long, value_name = "DIR", default_value = "models", env = "CANDOR_MODELS")]
    models: PathBuf,
    /// What the agent waits for: notice, consent:RECIPIENT, signature:RECIPIENT, question:ID, confirm:WHAT, any.
    #[arg(long, value_name = "WHAT")]
    expecting: Expecting,
    /// Prints one JSON object for each file.
    #[arg(long)]
    json: bool,
    /// WAV files: PCM, float, mu-law or A-law, any rate.
    #[arg(required = true, value_name = "FILE.wav")]
    files: Vec<PathBuf>,
}

/// Runs it.
pub fn run(args: Args) -> Result<(), Fault> {
    let program = programs::load(&args.programs, &args.program)
        .map_err(|e| Fault::misuse(format!("the program `{}`: {e}", args.program)))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .map_err(|e| Fault::finding(format!("the runtime did not start: {e}")))?;
    let ears = Ears::open(&args.models).map_err(|e| {
        Fault::finding(format!("{e}; `scripts/run` fetches the models, or name their folder with --models"))
    })?;
    let progress = indicatif::ProgressBar::new(args.files.len() as u64);
    let mut unread = 0;
    for file in &args.files {
        let heard = ears.answer(file, args.expecting.is_yes_no(), &runtime).unwrap_or_else(|why| {
            unread += 1;
            progress.suspend(|| eprintln!("candor: {}: {why}", file.display()));
            nothing_heard()
        });
        let context =
            Context { program: &program, locale: Locale::EnUs, expecting: &args.expecting, granted: &[] };
        let reading = understand(&heard, &context);
        progress.suspend(|| print(file, &heard, &reading, args.json))?;
        progress.inc(1);
    }
    progress.finish_and_clear();
    match unread {
        0 => Ok(()),
        n => Err(Fault::finding(format!("{n} of {} files could not be heard", args.files.len()))),
    }
}

/// The ears of a call, for one file after the other.
struct Ears {
    activity: Arc<Silero>,
    recognizer: Moonshine,
}

/// Why a file gave nothing.
#[derive(Debug, thiserror::Error)]
enum Unheard {
    #[error("{0}")]
    File(#[from] std::io::Error),
    #[error("larger than {} MiB: not one answer", FILE_BYTES_MAX >> 20)]
    TooLarge,
    #[error("{0}")]
    Format(#[from] wav::NotWav),
    #[error("{0}")]
    Engine(#[from] EngineFailed),
}

impl Ears {
    fn open(models: &Path) -> Result<Ears, EngineFailed> {
        let onnx = Onnx::open(models)?;
        let activity = Silero::open(&onnx, models, 1)?;
        Ok(Ears { activity, recognizer: Moonshine::open(&onnx, models, 1, 1)? })
    }

    /// What is said in `file`.
    fn answer(&self, file: &Path, yes_no: bool, runtime: &tokio::runtime::Runtime) -> Result<Heard, Unheard> {
        if fs::metadata(file)?.len() > FILE_BYTES_MAX {
            return Err(Unheard::TooLarge);
        }
        let wire = wav::read(&fs::read(file)?)?.to_wire().map_err(wav::NotWav::from)?;
        let mut listener = Listener::new(self.activity.stream(), END_OF_TURN_MS, TURN_MS_MAX);
        let mut hearings = Vec::new();
        listener.hear(Millis(0), &wire, &mut hearings);
        loop {
            listener.hear(Millis(0), &TAIL, &mut hearings);
            if !listener.is_speaking() {
                break;
            }
        }
        let hints = Hints { locale: Locale::EnUs, yes_no };
        let mut heard: Option<Heard> = None;
        for samples in turns(hearings) {
            let more = runtime.block_on(self.recognizer.recognize(samples, hints))?;
            heard = Some(match heard {
                Some(before) => joined(before, more),
                None => more,
            });
        }
        Ok(heard.unwrap_or_else(nothing_heard))
    }
}

/// The audio of each turn that ended: of its guesses the last.
fn turns(hearings: Vec<Hearing>) -> Vec<Arc<[f32]>> {
    let mut guess = None;
    let mut turns = Vec::new();
    for hearing in hearings {
        match hearing {
            Hearing::Guess { samples, .. } => guess = Some(samples),
            Hearing::Ended { .. } => turns.extend(guess.take()),
            _ => {}
        }
    }
    turns
}

/// One answer of two parts: only as sure as its weaker part.
fn joined(before: Heard, after: Heard) -> Heard {
    if after.text.is_empty() {
        return before;
    }
    if before.text.is_empty() {
        return after;
    }
    Heard {
        text: format!("{} {}", before.text, after.text),
        confidence: before.confidence.min(after.confidence),
        lean: before.lean.map(|lean| if before.lean == after.lean { lean } else { Lean::Neither }),
    }
}

fn nothing_heard() -> Heard {
    Heard { text: String::new(), confidence: Percent::default(), lean: None }
}

fn print(file: &Path, heard: &Heard, reading: &Reading, json: bool) -> Result<(), Fault> {
    let mut out = std::io::stdout().lock();
    let written = if json {
        let object = serde_json::json!({
            "text": heard.text,
            "meaning": reading.meaning.name(),
            "scope": reading.meaning.scope(),
            "confidence": reading.confidence,
        });
        writeln!(out, "{object}")
    } else {
        let confidence = reading.confidence.value();
        writeln!(out, "{}: {} ({confidence} %) \"{}\"", file.display(), reading.meaning.name(), heard.text)
    };
    // A reader that went away is no fault of ours, but there is nobody left to write for.
    written.and_then(|()| out.flush()).map_err(|e| Fault::finding(format!("nobody reads the output: {e}")))
}

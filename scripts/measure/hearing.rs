//! Measures the ears on this machine: what a frame costs, and how long an answer takes to become words.
//!
//! Run by `scripts/bench hearing`: `hearing MODELS FILE.wav...`

use candor::{
    audio::wav,
    call::listener::{Hearing, Listener},
    engine::{moonshine::Moonshine, onnx::Onnx, vad::Silero},
    ports::{Hints, Recognizer},
    program::Locale,
    time::Millis,
};
use std::{
    error::Error,
    fs,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

const ROUNDS: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1).map(PathBuf::from);
    let models = args.next().ok_or("use: hearing MODELS FILE.wav...")?;
    let files: Vec<PathBuf> = args.collect();
    let began = Instant::now();
    let onnx = Onnx::open(&models)?;
    let activity = Silero::open(&onnx, &models, 1)?;
    let ears = Moonshine::open(&onnx, &models, 1, 1)?;
    println!("models loaded in {:?}", began.elapsed());

    let (mut voiced, mut turns) = (Vec::new(), Vec::new());
    for file in &files {
        let wire = wav::read(&fs::read(file)?)?.to_wire()?;
        let (frames, guesses) = listen(&activity, &wire);
        voiced.extend(frames);
        turns.extend(guesses);
    }
    let (quiet, _) = listen(&activity, &[0; 60 * 8_000]);
    println!("a frame of 20 ms, caller silent:   {}", spread(quiet));
    println!("a frame of 20 ms, caller speaking: {}", spread(voiced));

    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    for (name, from_ms, to_ms) in
        [("up to 1.5 s", 0, 1_500), ("1.5 to 3 s", 1_500, 3_000), ("longer", 3_000, u64::MAX)]
    {
        let (mut times, mut sound) = (Vec::new(), 0.0);
        for samples in turns.iter().filter(|s| (from_ms..to_ms).contains(&(s.len() as u64 / 16))) {
            for _ in 0..ROUNDS {
                let began = Instant::now();
                let hints = Hints { locale: Locale::EnUs, yes_no: true };
                runtime.block_on(ears.recognize(Arc::clone(samples), hints))?;
                times.push(began.elapsed());
                sound += samples.len() as f64 / 16_000.0;
            }
        }
        if !times.is_empty() {
            let factor = times.iter().sum::<Duration>().as_secs_f64() / sound;
            println!("words of a turn, {name}: {}, {factor:.3} of real time", spread(times));
        }
    }
    Ok(())
}

/// How long each frame took, and the audio of each guess.
fn listen(activity: &Arc<Silero>, wire: &[i16]) -> (Vec<Duration>, Vec<Arc<[f32]>>) {
    let mut listener = Listener::new(activity.stream(), 280, 30_000);
    let (mut times, mut guesses, mut hearings) = (Vec::new(), Vec::new(), Vec::new());
    for (n, frame) in [wire, &[0; 8_000]].concat().chunks(160).enumerate() {
        let began = Instant::now();
        listener.hear(Millis(n as u64 * 20), frame, &mut hearings);
        if n < wire.len() / 160 {
            times.push(began.elapsed());
        }
        guesses.extend(hearings.drain(..).filter_map(|hearing| match hearing {
            Hearing::Guess { samples, .. } => Some(samples),
            _ => None,
        }));
    }
    (times, guesses)
}

fn spread(mut times: Vec<Duration>) -> String {
    times.sort();
    let at = |part: usize| times[(times.len() * part / 100).min(times.len() - 1)];
    let mean = times.iter().sum::<Duration>() / times.len() as u32;
    format!("mean {mean:.1?}, median {:.1?}, p95 {:.1?} (n = {})", at(50), at(95), times.len())
}

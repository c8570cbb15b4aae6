//! A recording through the ears once more: voice activity, end of turn, recogniser.

use super::super::Fault;
use crate::{
    audio::SAMPLES_PER_MS,
    call::listener::{Hearing, Listener},
    dialogue::Input,
    engine::{moonshine::Moonshine, onnx::Onnx, vad::Silero},
    journal::Event,
    ports::{EngineFailed, Hints, Recognizer},
    program::{Expecting, Locale, Timings},
    replay::{Kept, Turn},
    time::Millis,
    understand::Heard,
};
use std::{
    collections::VecDeque,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// Sound is heard in pieces of a frame, as it came.
const FRAME_MS: u64 = 20;
/// Recognitions that may wait: no more than there are threads, twice over.
const WAITING_MAX: usize = 128;
/// In a recording of another system, silence that ends what is recognised in one piece, and how long that may be.
const PAUSE_MS: u64 = 400;
const PASSAGE_MS_MAX: u64 = 12_000;
/// Silence after the recording, until the last turn has ended.
const TAIL_MS: u64 = 6_000;

/// How much of hearing is done again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Reengine {
    /// Turns are cut again, and their words recognised again
    Words,
    /// Only turns are cut again; the recorded words stand
    Turns,
}

/// The ears, shared by all calls.
pub(super) struct Ears {
    activity: Arc<Silero>,
    recognizer: Option<Moonshine>,
    heard_ms: AtomicU64,
}

impl Ears {
    pub fn open(models: &Path, what: Reengine, threads: usize) -> Result<Ears, Fault> {
        let open = || {
            let onnx = Onnx::open(models)?;
            let activity = Silero::open(&onnx, models, 1)?;
            let recognizer = match what {
                Reengine::Words => Some(Moonshine::open(&onnx, models, threads, WAITING_MAX)?),
                Reengine::Turns => None,
            };
            Ok(Ears { activity, recognizer, heard_ms: AtomicU64::new(0) })
        };
        open().map_err(|e: EngineFailed| {
            Fault::finding(format!(
                "{e}; `scripts/run` fetches the models, or name their folder with --models"
            ))
        })
    }

    /// How much sound was heard, in milliseconds.
    pub fn heard_ms(&self) -> u64 {
        self.heard_ms.load(Ordering::Relaxed)
    }

    /// The caller's turns in `samples` (8 kHz), which are the left of the call's recording. What the agent waited for
    /// at each moment is taken from the journal, as the ears were told then.
    pub async fn turns(
        &self,
        kept: &Kept,
        timings: &Timings,
        samples: &[i16],
    ) -> Result<Vec<Turn>, EngineFailed> {
        let mut told = told(kept);
        let (open, most) = (timings.end_of_turn_open_ms, timings.turn_ms_max);
        let mut listener = Listener::new(self.activity.stream(), open, most);
        let (mut yes_no, mut guess, mut turns) = (false, None, Vec::new());
        let mut hearings = Vec::new();
        let frame = FRAME_MS as usize * SAMPLES_PER_MS;
        let silence = vec![0; frame];
        let frames = samples.chunks(frame).chain((0..TAIL_MS / FRAME_MS).map(|_| &silence[..]));
        for (number, piece) in frames.enumerate() {
            let at = Millis(number as u64 * FRAME_MS);
            while told.front().is_some_and(|(when, ..)| *when <= at) {
                if let Some((_, ms, asks)) = told.pop_front() {
                    listener.set_end_of_turn(ms);
                    yes_no = asks;
                }
            }
            listener.hear(at, piece, &mut hearings);
            for hearing in hearings.drain(..) {
                match hearing {
                    Hearing::Guess { samples, from, to, .. } => guess = Some((samples, from, to, yes_no)),
                    Hearing::WentOn { .. } | Hearing::Noise => guess = None,
                    Hearing::Ended { .. } => {
                        let Some((samples, from, to, yes_no)) = guess.take() else { continue };
                        let heard = match &self.recognizer {
                            Some(ears) => {
                                let hints = Hints { locale: kept.opened.locale, yes_no };
                                Some(ears.recognize(samples, hints).await?)
                            }
                            None => None,
                        };
                        turns.push(Turn { from, to, over: at, heard });
                    }
                    Hearing::Began { .. } | Hearing::Key(_) => {}
                }
            }
        }
        self.heard_ms.fetch_add((samples.len() / SAMPLES_PER_MS) as u64, Ordering::Relaxed);
        Ok(turns)
    }
}

impl Ears {
    /// Everything that is said in `samples` (8 kHz): when, and what was heard.
    pub async fn everything(&self, samples: &[i16]) -> Result<Vec<(Millis, Millis, Heard)>, EngineFailed> {
        let mut listener = Listener::new(self.activity.stream(), PAUSE_MS, PASSAGE_MS_MAX);
        let (mut guess, mut all, mut hearings) = (None, Vec::new(), Vec::new());
        let frame = FRAME_MS as usize * SAMPLES_PER_MS;
        let silence = vec![0; frame];
        let frames = samples.chunks(frame).chain((0..TAIL_MS / FRAME_MS).map(|_| &silence[..]));
        for (number, piece) in frames.enumerate() {
            listener.hear(Millis(number as u64 * FRAME_MS), piece, &mut hearings);
            for hearing in hearings.drain(..) {
                match hearing {
                    Hearing::Guess { samples, from, to, .. } => guess = Some((samples, from, to)),
                    Hearing::WentOn { .. } | Hearing::Noise => guess = None,
                    Hearing::Ended { .. } => {
                        let (Some((samples, from, to)), Some(ears)) = (guess.take(), &self.recognizer) else {
                            continue;
                        };
                        // Any of it may be an answer: what the sound itself says of a yes or a no is asked of all.
                        let hints = Hints { locale: Locale::EnUs, yes_no: true };
                        all.push((from, to, ears.recognize(samples, hints).await?));
                    }
                    Hearing::Began { .. } | Hearing::Key(_) => {}
                }
            }
        }
        self.heard_ms.fetch_add((samples.len() / SAMPLES_PER_MS) as u64, Ordering::Relaxed);
        Ok(all)
    }
}

/// When the ears were told what to listen for: the silence that ends a turn, and whether yes or no is asked for.
fn told(kept: &Kept) -> VecDeque<(Millis, u64, bool)> {
    let listens = kept.places.iter().filter_map(|place| match &place.event {
        Ok(Event::Effect { effect }) if effect["do"] == "listen" => {
            let wait = &effect["for"];
            let expecting = wait["expecting"].as_str().and_then(|e| e.parse::<Expecting>().ok());
            let yes_no = expecting.is_some_and(|expecting| expecting.is_yes_no());
            Some((place.at, wait["end_of_turn_ms"].as_u64()?, yes_no))
        }
        _ => None,
    });
    listens.collect()
}

/// Whether anything was said in a call, so that there is something to hear again.
pub(super) fn has_words(kept: &Kept) -> bool {
    kept.opened.channel.is_voice() && kept.inputs().any(|(_, input)| matches!(input, Input::Said { .. }))
}

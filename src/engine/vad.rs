//! Voice activity: Silero (8 kHz) through ONNX Runtime, behind an energy gate.
//!
//! Why this detector and no other: `docs/adr/0002-voice-activity.md`.

use super::onnx::{Onnx, broken};
use crate::{
    audio::{
        FRAME_SAMPLES,
        level::{NoiseFloor, decibels},
        resample::to_float,
    },
    ports::{EngineFailed, VoiceActivity},
};
use ort::{session::Session, value::TensorRef};
use std::{
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

const ENGINE: &str = "voice detector";
const RATE_HZ: i64 = 8_000;
/// What one run takes in that is new (32 ms), and what it is given of the past again.
const WINDOW: usize = 256;
const CONTEXT: usize = 32;
const STATE: usize = 2 * 128;
/// A frame softer than this (decibels of full scale) holds no voice.
const SILENCE_DB: f32 = -62.0;
/// A frame less than this above the noise floor holds no voice.
const ABOVE_FLOOR_DB: f32 = 3.0;
/// A floor louder than this is no floor to trust: it may be voice that never pauses.
const FLOOR_DB_MAX: f32 = -40.0;
/// The gate stays open for so many frames (400 ms), so that the network hears how voice ends.
const HOLD_FRAMES: u32 = 20;
/// What the network is given of the time before the gate opened: it knows voice better with what led to it.
const LEAD_SAMPLES: usize = 300 * 8;

/// The network, loaded: shared by all streams.
pub struct Silero {
    /// A run needs a session for itself; with one per core, streams seldom wait (a run takes about 60 us).
    sessions: Vec<Mutex<Session>>,
    streams: AtomicUsize,
}

impl Silero {
    /// Loads `models/silero/silero_vad.onnx` into `sessions` sessions, at least one.
    pub fn open(onnx: &Onnx, models: &Path, sessions: usize) -> Result<Arc<Silero>, EngineFailed> {
        let file = models.join("silero/silero_vad.onnx");
        let load = |_| Ok(Mutex::new(onnx.session(ENGINE, &file)?));
        let sessions = (0..sessions.max(1)).map(load).collect::<Result<_, _>>()?;
        Ok(Arc::new(Silero { sessions, streams: AtomicUsize::new(0) }))
    }

    /// A detector for a new stream.
    pub fn stream(self: &Arc<Self>) -> Box<dyn VoiceActivity> {
        let lane = self.streams.fetch_add(1, Ordering::Relaxed) % self.sessions.len();
        Box::new(Stream {
            silero: Arc::clone(self),
            lane,
            state: [0.0; STATE],
            held: Vec::with_capacity(CONTEXT + LEAD_SAMPLES + FRAME_SAMPLES),
            floor: NoiseFloor::new(),
            open_frames: 0,
            probability: 0.0,
        })
    }

    /// Runs the network over one window: its probability, and the state that follows.
    fn run(&self, lane: usize, window: &[f32], state: &mut [f32; STATE]) -> Result<f32, EngineFailed> {
        let failed = |e: ort::Error| broken(ENGINE, &e);
        let mut session = self.sessions[lane].lock().unwrap_or_else(PoisonError::into_inner);
        let input = TensorRef::from_array_view(([1, CONTEXT + WINDOW], window)).map_err(failed)?;
        let before = TensorRef::from_array_view(([2usize, 1, 128], &state[..])).map_err(failed)?;
        let rate = TensorRef::from_array_view(([1usize], &[RATE_HZ][..])).map_err(failed)?;
        let out =
            session.run(ort::inputs!["input" => input, "state" => before, "sr" => rate]).map_err(failed)?;
        let (_, probability) = out["output"].try_extract_tensor::<f32>().map_err(failed)?;
        let probability = probability.first().copied().unwrap_or(0.0);
        let (_, after) = out["stateN"].try_extract_tensor::<f32>().map_err(failed)?;
        let after: [f32; STATE] = after
            .try_into()
            .map_err(|_| broken(ENGINE, &"its state has another shape; fetch the models again"))?;
        drop(out);
        *state = after;
        Ok(probability)
    }
}

/// One caller's detector.
struct Stream {
    silero: Arc<Silero>,
    lane: usize,
    state: [f32; STATE],
    /// The context of the next window, and samples the network has not heard.
    held: Vec<f32>,
    floor: NoiseFloor,
    /// Frames the gate still stays open.
    open_frames: u32,
    probability: f32,
}

impl VoiceActivity for Stream {
    fn probability(&mut self, frame: &[i16; FRAME_SAMPLES]) -> f32 {
        let db = decibels(frame);
        let floor = self.floor.frame(db).min(FLOOR_DB_MAX);
        if self.held.is_empty() {
            self.held.resize(CONTEXT, 0.0);
        }
        self.held.extend(frame.iter().copied().map(to_float));
        if db > SILENCE_DB && db > floor + ABOVE_FLOOR_DB {
            self.open_frames = HOLD_FRAMES;
        }
        if self.open_frames == 0 {
            self.skip();
            return 0.0;
        }
        self.open_frames -= 1;
        self.listen(db)
    }
}

impl Stream {
    /// Lets the oldest samples go unheard.
    fn skip(&mut self) {
        let extra = self.held.len().saturating_sub(CONTEXT + LEAD_SAMPLES);
        if extra > 0 {
            self.held.drain(..extra);
            // What the network remembers no longer leads up to what it hears next.
            self.state = [0.0; STATE];
        }
        self.probability = 0.0;
    }

    /// Runs the network over every whole window that is held.
    fn listen(&mut self, db: f32) -> f32 {
        let mut at = 0;
        while let Some(window) = self.held.get(at..at + CONTEXT + WINDOW) {
            // A network that fails must not make the call deaf: what is loud is then taken for voice, and the
            // recogniser decides.
            self.probability = self.silero.run(self.lane, window, &mut self.state).unwrap_or_else(|error| {
                tracing::error!(%error, "voice is told by its loudness alone");
                if db > SILENCE_DB + 12.0 { 1.0 } else { 0.0 }
            });
            at += WINDOW;
        }
        self.held.drain(..at);
        self.probability
    }
}

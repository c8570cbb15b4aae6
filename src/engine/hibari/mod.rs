//! Hibari: a small English voice (one speaker, 24 kHz) that runs a hundred times faster than speech on one core.
//! The model and its spelling net are Apache-2.0; `models/hibari` holds their licence and notice.

pub mod spelling;
pub mod timbre;
mod vocoder;

pub use timbre::{Shape, Timbre};
pub use vocoder::RATE_HZ;

use crate::{
    engine::onnx::{Onnx, broken},
    ports::EngineFailed,
};
use ort::{session::Session, value::Tensor};
use std::{collections::HashMap, fs, path::Path, sync::Arc};
use vocoder::{BINS, Spectrum, Vocoder};

/// The name errors carry.
pub const ENGINE: &str = "voice";
/// The longest piece the model speaks at once, in phonemes.
pub const PHONEMES_MAX: usize = 400;

/// The model, for one thread.
pub struct Hibari {
    session: Session,
    vocoder: Vocoder,
    alphabet: Arc<HashMap<char, i64>>,
}

impl Hibari {
    /// Opens the model in the folder `models/hibari`.
    pub fn open(onnx: &Onnx, folder: &Path) -> Result<Hibari, EngineFailed> {
        let session = onnx.session(ENGINE, &folder.join("hibari.onnx"))?;
        let vocab = folder.join("vocab.json");
        let text = fs::read_to_string(&vocab).map_err(|e| missing(&vocab, &e))?;
        let alphabet: HashMap<String, i64> = serde_json::from_str(&text).map_err(|e| missing(&vocab, &e))?;
        let alphabet = alphabet.into_iter().filter_map(|(c, id)| Some((c.chars().next()?, id))).collect();
        Ok(Hibari { session, vocoder: Vocoder::new(), alphabet: Arc::new(alphabet) })
    }

    /// Speaks phonemes (at most [`PHONEMES_MAX`], in the model's alphabet; others are passed over): 24 kHz samples.
    pub fn speak(&mut self, phonemes: &str, shape: Shape, seed: u64) -> Result<Vec<f32>, EngineFailed> {
        let mut ids = vec![0];
        ids.extend(phonemes.chars().filter_map(|c| self.alphabet.get(&c)).take(PHONEMES_MAX));
        ids.push(0);
        if ids.len() < 3 {
            return Ok(Vec::new());
        }
        let failed = |e: ort::Error| broken(ENGINE, &e);
        let ids = Tensor::from_array(([1, ids.len()], ids)).map_err(failed)?;
        let speed = Tensor::from_array(([1], vec![shape.speed])).map_err(failed)?;
        let out = self.session.run(ort::inputs!["ids" => ids, "speed" => speed]).map_err(failed)?;
        let plane = |name: &str| -> Result<&[f32], EngineFailed> {
            let value =
                out.get(name).ok_or_else(|| broken(ENGINE, &format!("the model gives no `{name}`")))?;
            Ok(value.try_extract_tensor::<f32>().map_err(failed)?.1)
        };
        let spectrum = Spectrum {
            harmonic: plane("lh")?,
            theta: plane("theta")?,
            noise: plane("ln")?,
            free: plane("lr")?,
            phi: plane("phi")?,
            f0: plane("f0")?,
        };
        let planes = [spectrum.harmonic, spectrum.theta, spectrum.noise, spectrum.free, spectrum.phi];
        if planes.iter().any(|plane| plane.len() != BINS * spectrum.f0.len()) {
            return Err(broken(ENGINE, &"the model's output has another shape than hibari 0.2.1's"));
        }
        let samples = self.vocoder.synthesize(&spectrum, shape, seed);
        match samples.iter().all(|s| s.is_finite()) {
            true => Ok(samples),
            false => Err(broken(ENGINE, &"the model gave samples that are no numbers")),
        }
    }
}

/// A model file that cannot be used.
pub(super) fn missing(file: &Path, error: &dyn std::fmt::Display) -> EngineFailed {
    broken(ENGINE, &format!("cannot use {}: {error}; run scripts/run to fetch the models", file.display()))
}

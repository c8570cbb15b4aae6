//! Words no lexicon has: a small net that reads their letters.

use super::{ENGINE, missing};
use crate::{
    engine::onnx::{Onnx, broken},
    ports::EngineFailed,
};
use misaki_rs::{Fallback, fallback::FallbackError};
use ort::{session::Session, value::Tensor};
use serde::Deserialize;
use std::{
    collections::HashMap,
    fs,
    path::Path,
    sync::{Mutex, PoisonError},
};

/// The net. Its answers are labels per letter slot, of which repeats and blanks are dropped (CTC).
pub struct Spelling {
    // The reader is shared by all workers and the net takes a millisecond a word: one at a time is enough.
    session: Mutex<Session>,
    letters: HashMap<char, i64>,
    sounds: Vec<String>,
    letters_max: usize,
}

#[derive(Deserialize)]
struct Alphabet {
    #[serde(rename = "in")]
    letters: Vec<String>,
    #[serde(rename = "out")]
    sounds: Vec<String>,
    maxlen: usize,
}

impl Spelling {
    /// Opens the net in the folder `models/hibari`.
    pub fn open(onnx: &Onnx, folder: &Path) -> Result<Spelling, EngineFailed> {
        let session = onnx.session(ENGINE, &folder.join("oov.onnx"))?;
        let file = folder.join("oov.json");
        let text = fs::read_to_string(&file).map_err(|e| missing(&file, &e))?;
        let alphabet: Alphabet = serde_json::from_str(&text).map_err(|e| missing(&file, &e))?;
        let letters =
            (1..).zip(&alphabet.letters).filter_map(|(id, c)| Some((c.chars().next()?, id))).collect();
        Ok(Spelling {
            session: Mutex::new(session),
            letters,
            sounds: alphabet.sounds,
            letters_max: alphabet.maxlen,
        })
    }

    /// How `word` sounds, in the voice's alphabet; empty where it has no letters.
    pub fn sounds(&self, word: &str) -> Result<String, EngineFailed> {
        let ids: Vec<i64> =
            word.chars().filter_map(|c| self.letters.get(&c).copied()).take(self.letters_max).collect();
        if ids.is_empty() {
            return Ok(String::new());
        }
        let failed = |e: ort::Error| broken(ENGINE, &e);
        let chars = Tensor::from_array(([1, ids.len()], ids)).map_err(failed)?;
        let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        let out = session.run(ort::inputs!["chars" => chars]).map_err(failed)?;
        let (_, labels) = out[0].try_extract_tensor::<i64>().map_err(failed)?;
        Ok(self.collapsed(labels))
    }

    fn collapsed(&self, labels: &[i64]) -> String {
        let mut last = 0;
        let mut out = String::new();
        for &label in labels {
            if label != last && label > 0 {
                out.push_str(self.sounds.get(label as usize - 1).map_or("", String::as_str));
            }
            last = label;
        }
        out
    }
}

impl Fallback for Spelling {
    fn phonemize(&self, word: &str) -> Result<String, FallbackError> {
        let mut pieces = Vec::new();
        for piece in word.split(|c: char| !c.is_alphabetic() && c != '\'').filter(|p| !p.is_empty()) {
            // A word the net cannot read is left out of the line rather than taking the whole line with it.
            pieces.push(self.sounds(piece).unwrap_or_default());
        }
        Ok(pieces.join(" "))
    }
}

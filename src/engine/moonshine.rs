//! Ears: Moonshine tiny (English, int8) through ONNX Runtime, on a bounded pool.
//!
//! Its limits, found by measuring: more than 9.27 s at once fails, very little fails too, and what is no speech
//! becomes "You" or a row of notes. So a long turn is cut at its quietest points, a short one is padded, and
//! words that the model is known to make of noise are none.

use super::{
    onnx::{Onnx, broken},
    pool::Pool,
};
use crate::{
    ports::{EngineFailed, Hints, Recognizer},
    understand::{Heard, Lean, Percent},
};
use async_trait::async_trait;
use ort::{
    session::{Session, SessionInputValue},
    value::{DynValue, Tensor, TensorRef},
};
use std::{borrow::Cow, fs, ops::Range, path::Path, sync::Arc};

const ENGINE: &str = "recogniser";
const RATE_HZ: usize = 16_000;

/// The longest piece the model takes at once, in samples: 9 s.
const PIECE_SAMPLES_MAX: usize = 9 * RATE_HZ;
/// The shortest, in samples: half a second. A shorter one is padded with quiet.
const PIECE_SAMPLES_MIN: usize = RATE_HZ / 2;
/// A cut is looked for in this last part of a piece, in samples: 4 s.
const CUT_SAMPLES: usize = 4 * RATE_HZ;
/// A caller's turn is heard up to here, in samples: 60 s. The runtime ends turns long before.
const TURN_SAMPLES_MAX: usize = 60 * RATE_HZ;
/// Nobody speaks more tokens than this; more is the model repeating itself. (6.5 a second, and 6.)
const TOKENS_PER_TEN_SECONDS_MAX: usize = 65;
const TOKENS_SPARE: usize = 6;

/// Words less likely than this (mean natural logarithm of the tokens' probabilities) are no words.
const LOG_PROBABILITY_MIN: f32 = -1.2;
/// What the model makes of noise, tones and silence, in lower case without punctuation.
const HALLUCINATIONS: [&str; 4] = ["you", "thank you for watching", "thanks for watching", ""];

/// Tokens that begin a yes, and those that begin a no or sound the same: to take "now" for a no is safe.
const YES_BEGINS: [&str; 7] = ["▁Yes", "▁Yeah", "▁yes", "▁yeah", "▁YES", "▁Ye", "▁Y"];
const NO_BEGINS: [&str; 6] = ["▁No", "▁no", "▁NO", "▁Know", "▁Now", "▁Nor"];
/// An answer this likely to begin the utterance, and so many times likelier than the other, is leant to.
const LEAN_PROBABILITY_MIN: f32 = 0.3;
const LEAN_TIMES_MIN: f32 = 8.0;

/// The recogniser. Cloning is not needed: share it.
pub struct Moonshine {
    pool: Pool<Model>,
}

impl Moonshine {
    /// Loads `models/moonshine-tiny-en` once for each of `workers` threads (about 70 MB each); at most
    /// `queue_max` utterances wait, and a further one is [`EngineFailed::Overloaded`].
    pub fn open(
        onnx: &Onnx,
        models: &Path,
        workers: usize,
        queue_max: usize,
    ) -> Result<Moonshine, EngineFailed> {
        let folder = models.join("moonshine-tiny-en");
        let vocabulary = Arc::new(Vocabulary::read(&folder.join("tokenizer.bin"))?);
        let load = |_| Model::open(onnx, &folder, Arc::clone(&vocabulary));
        let workers = (0..workers.max(1)).map(load).collect::<Result<_, _>>()?;
        Ok(Moonshine { pool: Pool::new(ENGINE, workers, queue_max) })
    }
}

#[async_trait]
impl Recognizer for Moonshine {
    async fn recognize(&self, samples: Arc<[f32]>, hints: Hints) -> Result<Heard, EngineFailed> {
        self.pool.run(move |model| model.hear(&samples, hints)).await
    }
}

/// One thread's model.
struct Model {
    encoder: Session,
    decoder: Session,
    vocabulary: Arc<Vocabulary>,
    /// What the decoder remembers between tokens.
    caches: Vec<Cache>,
    /// The memory before the first token.
    empty: DynValue,
}

/// A part of the decoder's memory: its name going in, its name coming out, and whether it is made once, from
/// the audio, or anew with each token.
struct Cache {
    past: String,
    present: String,
    of_audio: bool,
}

/// What the encoder makes of a piece of audio.
struct Encoded {
    hidden: DynValue,
    mask: DynValue,
}

/// What a piece was decoded to.
#[derive(Default)]
struct Decoded {
    tokens: Vec<usize>,
    /// The sum of the natural logarithms of the tokens' probabilities, the end's included, and how many.
    log_probability: f32,
    steps: usize,
    /// How likely the utterance begins as a yes, and as a no.
    yes: f32,
    no: f32,
}

impl Model {
    fn open(onnx: &Onnx, folder: &Path, vocabulary: Arc<Vocabulary>) -> Result<Model, EngineFailed> {
        let encoder = onnx.session(ENGINE, &folder.join("encoder_model.ort"))?;
        let decoder = onnx.session(ENGINE, &folder.join("decoder_model_merged.ort"))?;
        let names = decoder.inputs().iter().map(|input| input.name());
        let caches = names
            .filter(|name| name.starts_with("past_key_values"))
            .map(|name| Cache {
                past: name.to_owned(),
                present: name.replace("past_key_values", "present"),
                of_audio: name.contains(".encoder."),
            })
            .collect();
        let empty = Tensor::<f32>::new(&ort::memory::Allocator::default(), [1usize, 8, 0, 36]);
        let empty = empty.map_err(failed)?.into_dyn();
        Ok(Model { encoder, decoder, vocabulary, caches, empty })
    }

    fn hear(&mut self, samples: &[f32], hints: Hints) -> Result<Heard, EngineFailed> {
        let samples = &samples[..samples.len().min(TURN_SAMPLES_MAX)];
        let mut text = String::new();
        let mut lean = None;
        let (mut log_probability, mut steps) = (0.0, 0);
        for piece in pieces(samples) {
            let tokens_max = piece.len() * TOKENS_PER_TEN_SECONDS_MAX / (10 * RATE_HZ) + TOKENS_SPARE;
            let encoded = self.encode(&samples[piece])?;
            let decoded = self.decode(&encoded, tokens_max)?;
            lean = lean.or(hints.yes_no.then(|| lean_of(decoded.yes, decoded.no)));
            (log_probability, steps) = (log_probability + decoded.log_probability, steps + decoded.steps);
            let words = self.vocabulary.text(&decoded.tokens);
            if !is_hallucinated(&words) {
                text = [text.as_str(), &words].join(" ").trim().to_owned();
            }
        }
        let mean = log_probability / steps.max(1) as f32;
        if text.is_empty() || mean < LOG_PROBABILITY_MIN {
            return Ok(Heard { text: String::new(), confidence: Percent::default(), lean });
        }
        Ok(Heard { text, confidence: Percent::from_fraction(mean.exp()), lean })
    }

    fn encode(&mut self, samples: &[f32]) -> Result<Encoded, EngineFailed> {
        let mut padded = samples.to_vec();
        padded.resize(samples.len().max(PIECE_SAMPLES_MIN), 0.0);
        let shape = [1, padded.len()];
        let mask = Tensor::from_array((shape, vec![1i64; padded.len()])).map_err(failed)?;
        let audio = Tensor::from_array((shape, padded)).map_err(failed)?;
        let mut out = self
            .encoder
            .run(ort::inputs!["input_values" => audio, "attention_mask" => mask])
            .map_err(failed)?;
        let name = out.keys().next().unwrap_or_default().to_owned();
        let hidden = out.remove(&name).ok_or_else(unexpected)?;
        let frames = hidden.shape().get(1).map_or(0, |&frames| frames.max(0) as usize);
        let mask = Tensor::from_array(([1, frames], vec![1i64; frames])).map_err(failed)?.into_dyn();
        Ok(Encoded { hidden, mask })
    }

    /// Decodes greedily: the likeliest token, again and again.
    fn decode(&mut self, audio: &Encoded, tokens_max: usize) -> Result<Decoded, EngineFailed> {
        let mut decoded = Decoded::default();
        let mut memory: Vec<DynValue> = Vec::new();
        let mut token = Vocabulary::BEGIN;
        while decoded.steps < tokens_max {
            let first = decoded.steps == 0;
            let (ids, goes_on) = ([token as i64], [!first]);
            let ids = TensorRef::from_array_view(([1usize, 1], &ids[..])).map_err(failed)?;
            let goes_on = Tensor::from_array(([1usize], goes_on.to_vec())).map_err(failed)?;
            let mut inputs: Vec<(Cow<'_, str>, SessionInputValue<'_>)> = vec![
                ("input_ids".into(), ids.into()),
                ("encoder_attention_mask".into(), (&audio.mask).into()),
                ("encoder_hidden_states".into(), (&audio.hidden).into()),
                ("use_cache_branch".into(), goes_on.into()),
            ];
            for (at, cache) in self.caches.iter().enumerate() {
                inputs.push((cache.past.as_str().into(), memory.get(at).unwrap_or(&self.empty).into()));
            }
            let mut out = self.decoder.run(inputs).map_err(failed)?;
            {
                let logits = out.get("logits").ok_or_else(unexpected)?;
                let (_, logits) = logits.try_extract_tensor::<f32>().map_err(failed)?;
                let likely = Likelihood::of(logits);
                if first {
                    decoded.yes = likely.sum(logits, &self.vocabulary.yes);
                    decoded.no = likely.sum(logits, &self.vocabulary.no);
                }
                decoded.log_probability += likely.best_log_probability;
                decoded.steps += 1;
                token = likely.best;
            }
            if token == Vocabulary::END {
                break;
            }
            decoded.tokens.push(token);
            for (at, cache) in self.caches.iter().enumerate() {
                if first {
                    memory.push(out.remove(&cache.present).ok_or_else(unexpected)?);
                } else if !cache.of_audio {
                    memory[at] = out.remove(&cache.present).ok_or_else(unexpected)?;
                }
            }
        }
        Ok(decoded)
    }
}

/// Which answer the audio supports, from how likely the utterance begins as each.
///
/// The words decide, this corroborates (`docs/adr/0008-yes-and-no.md` has the figures): a lean alone is never a
/// yes; against [`Lean::No`] no words are a yes; with [`Lean::Neither`] a short yes must have been heard surely;
/// one or two words that are no answer by themselves are a no with [`Lean::No`].
fn lean_of(yes: f32, no: f32) -> Lean {
    match () {
        () if yes >= LEAN_PROBABILITY_MIN && yes >= LEAN_TIMES_MIN * no => Lean::Yes,
        () if no >= LEAN_PROBABILITY_MIN && no >= LEAN_TIMES_MIN * yes => Lean::No,
        () => Lean::Neither,
    }
}

/// Whether the words are what the model makes of a sound without words.
fn is_hallucinated(text: &str) -> bool {
    let kept = |c: &char| c.is_alphanumeric() || *c == ' ';
    let plain: String = text.to_lowercase().chars().filter(kept).collect();
    HALLUCINATIONS.contains(&plain.trim())
}

/// Cuts a turn into pieces that the model takes, each cut at the quietest point of a piece's last part.
fn pieces(samples: &[f32]) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    let mut from = 0;
    while samples.len() - from > PIECE_SAMPLES_MAX {
        let end = from + PIECE_SAMPLES_MAX;
        let cut = quietest(samples, end - CUT_SAMPLES..end);
        pieces.push(from..cut);
        from = cut;
    }
    pieces.push(from..samples.len());
    pieces
}

/// The middle of the quietest tenth of a second within `range`.
fn quietest(samples: &[f32], range: Range<usize>) -> usize {
    const WINDOW: usize = RATE_HZ / 10;
    const STEP: usize = RATE_HZ / 50;
    let power = |at: &usize| samples[*at..at + WINDOW].iter().map(|s| s * s).sum::<f32>();
    let starts = (range.start..range.end - WINDOW).step_by(STEP);
    let quietest = starts.min_by(|a, b| power(a).total_cmp(&power(b)));
    quietest.map_or(range.end, |at| at + WINDOW / 2)
}

/// How likely each token is, of the decoder's raw scores.
struct Likelihood {
    best: usize,
    best_log_probability: f32,
    highest: f32,
    total: f32,
}

impl Likelihood {
    fn of(logits: &[f32]) -> Likelihood {
        let (best, highest) =
            logits.iter().copied().enumerate().fold((Vocabulary::END, f32::NEG_INFINITY), |best, next| {
                if next.1 > best.1 { next } else { best }
            });
        let total: f32 = logits.iter().map(|logit| (logit - highest).exp()).sum();
        Likelihood { best, best_log_probability: -total.ln(), highest, total }
    }

    /// The probability of any of `tokens`.
    fn sum(&self, logits: &[f32], tokens: &[usize]) -> f32 {
        let of =
            |&token: &usize| logits.get(token).map_or(0.0, |logit| (logit - self.highest).exp() / self.total);
        tokens.iter().map(of).sum()
    }
}

/// The tokens' bytes, and those that begin an answer.
struct Vocabulary {
    words: Vec<Vec<u8>>,
    yes: Vec<usize>,
    no: Vec<usize>,
}

impl Vocabulary {
    const BEGIN: usize = 1;
    const END: usize = 2;

    fn read(file: &Path) -> Result<Vocabulary, EngineFailed> {
        let bytes = fs::read(file).map_err(|e| broken(ENGINE, &format_args!("{}: {e}", file.display())))?;
        let words = Self::parse(&bytes).ok_or_else(|| {
            broken(ENGINE, &format_args!("{} is damaged; fetch the models again", file.display()))
        })?;
        // A word may also stand among the single bytes at the front; the model uses the last.
        let find = |words: &[Vec<u8>], begins: &[&str]| -> Vec<usize> {
            begins.iter().filter_map(|b| words.iter().rposition(|word| word == b.as_bytes())).collect()
        };
        let (yes, no) = (find(&words, &YES_BEGINS), find(&words, &NO_BEGINS));
        Ok(Vocabulary { words, yes, no })
    }

    /// The file: for each token its length (one byte, or from 128 on two, the lower seven bits first) and its
    /// bytes.
    fn parse(mut bytes: &[u8]) -> Option<Vec<Vec<u8>>> {
        let mut words = Vec::new();
        while let Some((&first, rest)) = bytes.split_first() {
            let (length, rest) = match first {
                0..128 => (usize::from(first), rest),
                _ => {
                    let (&second, rest) = rest.split_first()?;
                    (usize::from(second) * 128 + usize::from(first) - 128, rest)
                }
            };
            let (word, rest) = rest.split_at_checked(length)?;
            words.push(word.to_vec());
            bytes = rest;
        }
        Some(words)
    }

    fn text(&self, tokens: &[usize]) -> String {
        let words = tokens.iter().filter_map(|&token| self.words.get(token));
        let bytes: Vec<u8> = words.flatten().copied().collect();
        String::from_utf8_lossy(&bytes).replace('▁', " ").trim().to_owned()
    }
}

fn failed(error: ort::Error) -> EngineFailed {
    broken(ENGINE, &error)
}

fn unexpected() -> EngineFailed {
    broken(ENGINE, &"the model's outputs are not those of Moonshine tiny; fetch the models again")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_turn_is_cut_where_it_is_quiet_and_nothing_is_lost() {
        let mut samples = vec![0.5f32; 31 * RATE_HZ];
        for pause_s in [7, 12, 20, 26] {
            samples[pause_s * RATE_HZ..][..RATE_HZ / 4].fill(0.001);
        }
        let pieces = pieces(&samples);
        assert_eq!(pieces.first().unwrap().start, 0);
        assert_eq!(pieces.last().unwrap().end, samples.len());
        for pair in pieces.windows(2) {
            assert_eq!(pair[0].end, pair[1].start);
            assert!(samples[pair[0].end] < 0.01, "cut in the middle of a word at {}", pair[0].end);
        }
        assert!(pieces.iter().all(|p| p.len() <= PIECE_SAMPLES_MAX));
        assert_eq!(super::pieces(&samples[..PIECE_SAMPLES_MAX]).len(), 1);
    }

    #[test]
    fn what_noise_becomes_is_no_word() {
        for noise in ["You", "you.", "Thank you for watching!", "♪♪♪", "...", ""] {
            assert!(is_hallucinated(noise), "{noise}");
        }
        for words in ["You may.", "Thank you.", "Yes.", "I do."] {
            assert!(!is_hallucinated(words), "{words}");
        }
    }

    #[test]
    fn an_answer_is_leant_to_only_when_it_is_likely_and_clearly_likelier() {
        let cases = [
            (0.9, 0.01, Lean::Yes),
            (0.01, 0.9, Lean::No),
            (0.2, 0.0, Lean::Neither),
            (0.5, 0.4, Lean::Neither),
            (0.0, 0.2, Lean::Neither),
            (0.0, 0.0, Lean::Neither),
            (f32::NAN, f32::NAN, Lean::Neither),
        ];
        for (yes, no, lean) in cases {
            assert_eq!(lean_of(yes, no), lean, "yes {yes} no {no}");
        }
    }

    #[test]
    fn a_damaged_vocabulary_is_refused() {
        assert_eq!(Vocabulary::parse(&[2, b'a', b'b', 0, 1, b'c']).unwrap(), [&b"ab"[..], b"", b"c"]);
        let long = [&[128 + 5, 1][..], &[b'x'; 133]].concat();
        assert_eq!(Vocabulary::parse(&long).unwrap()[0].len(), 133);
        assert_eq!(Vocabulary::parse(&[5, b'a']), None);
        assert_eq!(Vocabulary::parse(&[200]), None);
    }
}

//! The embedded voice behind [`Synthesizer`]: reader, model, telephone level, and the lines kept. English is
//! hibari's; Spanish is Pico's, where its files are there.

use super::{
    hibari::{ENGINE, Hibari, RATE_HZ, Timbre, missing, spelling::Spelling},
    lexicon::Lexicon,
    onnx::{Onnx, broken},
    pico::{self, Pico},
    pool::Pool,
    prompts::{Key, Prompts},
    reader::{READER, Reader, SENTENCE_PAUSE_MS},
    spanish,
    spoken::READINGS,
    telephone,
};
use crate::{
    ports::{EngineFailed, Prompt, Synthesizer},
    program::Locale,
};
use async_trait::async_trait;
use futures_util::{StreamExt, stream};
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, fs, path::Path, sync::Arc, thread};

/// Raised whenever samples change for a reason no other part of a key knows (levels, pauses, vocoder).
const RENDERING: u32 = 2;
/// What makes the English voice.
const FILES: [&str; 4] = ["hibari.onnx", "oov.onnx", "oov.json", "vocab.json"];
/// The rate of a prompt.
const LINE_HZ: u32 = 8_000;
/// Silence before the first sound of a piece, so that a soft onset is whole; the caller hears the agent at once.
const LEAD_MS: u32 = 8;
/// Kept after the last sound of a piece, so that it dies away.
const DECAY_MS: u32 = 40;
/// Silence at the end of a line, its last sound's decay included.
const TAIL_MS: u32 = 150;
/// A silence this long is a pause between words, not the closure of a "p".
const PAUSE_MS_MIN: u32 = 130;
/// A resumed line starts this long before the sound after a pause.
const RESUME_LEAD_MS: u32 = 30;

/// A line rendered at the model's rate.
#[derive(Clone, Debug, PartialEq)]
pub struct Speech {
    /// 24 kHz, mono, -1 to 1, at telephone level.
    pub samples: Vec<f32>,
}

impl Speech {
    /// Samples a second.
    pub const RATE_HZ: u32 = RATE_HZ;

    /// At another rate: 8, 16 or 24 kHz.
    pub fn at_rate(&self, rate_hz: u32) -> Vec<f32> {
        telephone::resampled(&self.samples, RATE_HZ, rate_hz)
    }
}

/// The voice. Clones share the models and the kept lines.
#[derive(Clone)]
pub struct Voice {
    shared: Arc<Shared>,
    own: Arc<Lexicon>,
    own_spanish: Arc<Lexicon>,
}

struct Shared {
    pool: Pool<Hibari>,
    reader: Arc<Reader>,
    prompts: Prompts,
    workers: usize,
    identity: [u8; 32],
    spanish: Option<Spanish>,
}

/// The Spanish voice, and what decides how it sounds.
struct Spanish {
    pool: Pool<Pico>,
    identity: [u8; 32],
}

impl Voice {
    /// Opens the voice of `models/hibari`, and the Spanish one of `models/pico` where it is there, each on `workers`
    /// threads with at most `queue_max` lines waiting; rendered lines are kept in the folder `cache`. `pronounce` are
    /// a program's own English words, written form to spoken form (plain words, or `/phonemes/`).
    pub fn open(
        onnx: &Onnx,
        models: &Path,
        cache: &Path,
        workers: usize,
        queue_max: usize,
        pronounce: &BTreeMap<String, String>,
    ) -> Result<Voice, EngineFailed> {
        let folder = models.join("hibari");
        let workers = workers.max(1);
        // The reader's word lists and the models load side by side: a server starts in seconds.
        let (reader, hibaris, models_sha256) = thread::scope(|scope| {
            let reader = scope.spawn(|| Ok(Reader::new(Some(Spelling::open(onnx, &folder)?))));
            let hibaris = (0..workers).map(|_| Hibari::open(onnx, &folder)).collect::<Result<Vec<_>, _>>();
            let sha256 = sha256_of(&folder, &FILES);
            let reader =
                reader.join().unwrap_or_else(|_| Err(broken(ENGINE, &"the reader cannot be loaded")));
            (reader, hibaris, sha256)
        });
        let (reader, hibaris, models_sha256) = (reader?, hibaris?, models_sha256?);
        let unusable =
            |e| broken(ENGINE, &format!("cannot keep prompts in {}: {e}; make it writable", cache.display()));
        let shared = Shared {
            pool: Pool::new(ENGINE, hibaris, queue_max),
            spanish: Spanish::open(models, workers, queue_max)?,
            identity: identity(models_sha256, &reader),
            reader: Arc::new(reader),
            prompts: Prompts::open(cache).map_err(unusable)?,
            workers,
        };
        let own_spanish = own_words(&BTreeMap::new());
        Ok(Voice { shared: Arc::new(shared), own: own_words(pronounce), own_spanish })
    }

    /// The same voice with another program's English words.
    pub fn with_words(&self, pronounce: &BTreeMap<String, String>) -> Voice {
        Voice { own: own_words(pronounce), ..self.clone() }
    }

    /// The same voice with another program's words in Spanish; only words count, phonemes are the English voice's.
    pub fn with_spanish_words(&self, pronounce: &BTreeMap<String, String>) -> Voice {
        Voice { own_spanish: own_words(pronounce), ..self.clone() }
    }

    /// `text` in another timbre; kept in memory only.
    pub async fn say_as(&self, text: &str, locale: Locale, timbre: Timbre) -> Result<Prompt, EngineFailed> {
        self.line(text, locale, timbre, false).await
    }

    /// Renders the lines of a script, in the agent's timbre, and keeps them on disk: only lines that are the same
    /// for every caller. `progress` is told how many of how many are done.
    pub async fn prepare(
        &self,
        lines: &[(String, Locale)],
        mut progress: impl FnMut(usize, usize),
    ) -> Result<(), EngineFailed> {
        let renders = lines.iter().map(|(text, locale)| self.line(text, *locale, Timbre::Agent, true));
        let mut renders = stream::iter(renders).buffer_unordered(self.shared.workers);
        let mut done = 0;
        while let Some(rendered) = renders.next().await {
            rendered?;
            done += 1;
            progress(done, lines.len());
        }
        self.tidy();
        Ok(())
    }

    /// The same, one line after the other while calls go on: a line that cannot be rendered now is rendered when it
    /// is said.
    pub async fn prepare_in_passing(&self, lines: &[(String, Locale)]) {
        let mut failures = 0;
        for (text, locale) in lines {
            failures += usize::from(self.line(text, *locale, Timbre::Agent, true).await.is_err());
        }
        tracing::info!(lines = lines.len(), failures, "the lines of a script are rendered");
        self.tidy();
    }

    fn tidy(&self) {
        if let Err(error) = self.shared.prompts.tidy() {
            tracing::warn!(%error, "the folder of kept prompts cannot be tidied");
        }
    }

    /// `text` at the model's full rate, past the cache: for WAV files.
    pub async fn speech(&self, text: &str, locale: Locale, timbre: Timbre) -> Result<Speech, EngineFailed> {
        let text = text.to_string();
        match locale {
            Locale::EnUs => {
                let (reader, own) = (Arc::clone(&self.shared.reader), Arc::clone(&self.own));
                self.shared.pool.run(move |hibari| speech(hibari, &reader, &own, &text, timbre)).await
            }
            Locale::EsUs => {
                let own = Arc::clone(&self.own_spanish);
                self.spanish()?.pool.run(move |pico| spanish_speech(pico, &own, &text, timbre)).await
            }
        }
    }

    /// The Spanish voice. English rules read no Spanish that anybody should have to understand a legal notice in, so
    /// without it Spanish is refused, and the dialogue falls back to keys and a person.
    fn spanish(&self) -> Result<&Spanish, EngineFailed> {
        let missing = || {
            broken(
                ENGINE,
                &"there is no Spanish voice in models/pico and models/pico-es; fetch it with scripts/run",
            )
        };
        self.shared.spanish.as_ref().ok_or_else(missing)
    }

    async fn line(
        &self,
        text: &str,
        locale: Locale,
        timbre: Timbre,
        keep: bool,
    ) -> Result<Prompt, EngineFailed> {
        let key = self.key(text, locale, timbre)?;
        let render = async { Ok(prompt(&self.speech(text, locale, timbre).await?)) };
        self.shared.prompts.get(key, keep, render).await
    }

    fn key(&self, text: &str, locale: Locale, timbre: Timbre) -> Result<Key, EngineFailed> {
        let mut hash = Sha256::new();
        let (identity, own) = match locale {
            Locale::EnUs => (self.shared.identity, &self.own),
            Locale::EsUs => (self.spanish()?.identity, &self.own_spanish),
        };
        hash.update(identity);
        hash.update(own.sha256());
        let shape = timbre.shape();
        let how = format!("{locale:?}\n{}\n{shape:?}\n{LINE_HZ}\n", timbre.name());
        hash.update(how);
        hash.update(text);
        Ok(Key(hash.finalize().into()))
    }
}

#[async_trait]
impl Synthesizer for Voice {
    fn speaks(&self) -> Vec<Locale> {
        let spanish = self.shared.spanish.as_ref().map(|_| Locale::EsUs);
        [Locale::EnUs].into_iter().chain(spanish).collect()
    }

    async fn say(&self, text: &str, locale: Locale) -> Result<Prompt, EngineFailed> {
        self.line(text, locale, Timbre::Agent, false).await
    }
}

impl Spanish {
    /// Opens the voice of `models/pico` and `models/pico-es`, where it is there.
    fn open(models: &Path, workers: usize, queue_max: usize) -> Result<Option<Spanish>, EngineFailed> {
        if !pico::FILES.iter().any(|file| models.join(file).exists()) {
            return Ok(None);
        }
        let mut hash = Sha256::new();
        hash.update(sha256_of(models, &pico::FILES)?);
        hash.update(format!("pico\n{}\n{RENDERING}\n", spanish::READINGS));
        // One more than there is for callers: a script rendered in the background makes nobody wait.
        let picos = (0..=workers).map(|_| Pico::open(models)).collect::<Result<_, _>>()?;
        Ok(Some(Spanish { pool: Pool::new(ENGINE, picos, queue_max), identity: hash.finalize().into() }))
    }
}

fn own_words(pronounce: &BTreeMap<String, String>) -> Arc<Lexicon> {
    Arc::new(Lexicon::of(pronounce.iter().map(|(written, said)| (written.as_str(), said.as_str()))))
}

/// Everything but the text and its program that decides how a line sounds.
fn identity(models_sha256: [u8; 32], reader: &Reader) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(models_sha256);
    hash.update(format!("hibari heart\n{READER}\n{READINGS}\n{RENDERING}\n"));
    hash.update(reader.built_in().sha256());
    hash.finalize().into()
}

fn sha256_of(folder: &Path, files: &[&str]) -> Result<[u8; 32], EngineFailed> {
    let mut hash = Sha256::new();
    for file in files {
        let path = folder.join(file);
        let model = fs::read(&path).map_err(|e| missing(&path, &e))?;
        hash.update(Sha256::digest(&model));
    }
    Ok(hash.finalize().into())
}

/// Renders a line: its pieces one after the other, each without its own edges, with pauses between.
fn speech(
    hibari: &mut Hibari,
    reader: &Reader,
    own: &Lexicon,
    text: &str,
    timbre: Timbre,
) -> Result<Speech, EngineFailed> {
    let mut samples = Vec::new();
    for piece in reader.read(text, own)? {
        let seed = Sha256::digest(piece.phonemes.as_bytes());
        let seed = seed.iter().take(8).fold(0, |seed, byte| seed << 8 | u64::from(*byte));
        join(&mut samples, &hibari.speak(&piece.phonemes, timbre.shape(), seed)?, piece.pause_ms);
    }
    samples.extend(silence(TAIL_MS - DECAY_MS));
    Ok(Speech { samples })
}

/// The same in Spanish: its pieces are sentences.
fn spanish_speech(
    pico: &mut Pico,
    own: &Lexicon,
    text: &str,
    timbre: Timbre,
) -> Result<Speech, EngineFailed> {
    let sentences = spanish::sentences(text, own)?;
    let last = sentences.len() - 1;
    let mut samples = Vec::new();
    for (i, sentence) in sentences.iter().enumerate() {
        let said = pico.speak(sentence, timbre.shape())?;
        let said = telephone::resampled(&said, pico::RATE_HZ, RATE_HZ);
        join(&mut samples, &said, if i == last { 0 } else { SENTENCE_PAUSE_MS });
    }
    samples.extend(silence(TAIL_MS - DECAY_MS));
    Ok(Speech { samples })
}

/// Adds a piece at its level, and the pause after it.
fn join(samples: &mut Vec<f32>, piece: &[f32], pause_ms: u32) {
    let mut said = at_level(piece);
    telephone::fade(&mut said, RATE_HZ, 5);
    samples.extend(said);
    samples.extend(silence(pause_ms));
}

fn silence(ms: u32) -> Vec<f32> {
    vec![0.0; (RATE_HZ / 1000 * ms) as usize]
}

/// A piece at telephone level, without the silence the model puts around it: both judged by what a telephone
/// carries, which drops the hiss of a first "th".
fn at_level(said: &[f32]) -> Vec<f32> {
    let mut heard = telephone::resampled(said, RATE_HZ, LINE_HZ);
    let gain = telephone::gain(&heard, LINE_HZ);
    heard.iter_mut().for_each(|sample| *sample *= gain);
    let (lead, decay) = ((LINE_HZ / 1000 * LEAD_MS) as usize, (LINE_HZ / 1000 * DECAY_MS) as usize);
    let quiet = telephone::silences(&heard, LINE_HZ, 10, telephone::EDGE_RMS);
    let start = quiet.first().filter(|s| s.start == 0).map_or(0, |s| s.end.saturating_sub(lead));
    let end = quiet.last().filter(|s| s.end == heard.len()).map_or(heard.len(), |s| s.start + decay);
    let ratio = (RATE_HZ / LINE_HZ) as usize;
    let kept = said.get(start * ratio..(end * ratio).min(said.len())).unwrap_or(said);
    kept.iter().map(|sample| telephone::limited(sample * gain)).collect()
}

/// A line for the wire, with its pauses.
fn prompt(speech: &Speech) -> Prompt {
    let samples = speech.at_rate(LINE_HZ);
    let silences = telephone::silences(&samples, LINE_HZ, PAUSE_MS_MIN, telephone::PAUSE_RMS);
    let inside = silences.iter().filter(|s| s.start > 0 && s.end < samples.len());
    let pauses_ms =
        inside.map(|s| (s.end as u32 / (LINE_HZ / 1000)).saturating_sub(RESUME_LEAD_MS)).collect();
    Prompt { mulaw: telephone::mulaw(&samples).into(), pauses_ms }
}

//! Where simulated callers call from: the runtime as it answers live calls, and nothing else, in virtual time.

use super::{
    super::super::{
        call::{Clip, Ids, Plays, Stream},
        chance,
        serve::lines_of,
    },
    caller::Transcript,
    line::{Feed, Line, Place},
    sound::{Noises, Wire},
    time::VirtualTime,
};
use crate::{
    call::{self, Codes, Desk, Ended},
    dialogue::{PersonReached, Setup},
    engine::{hibari::Timbre, moonshine::Moonshine, onnx::Onnx, vad::Silero, voice::Voice},
    journal::{CallRecord, Entry, Label, Opened, opening},
    ports::{
        Clock, EngineFailed, Finished, Hints, Ledger, Prompt, Recognizer, Recordings, StoreUnavailable,
        Synthesizer, Timer,
    },
    program::{Locale, Program},
    simulate::{Judged, STARTED_AT, judged},
    store::{FileRecordings, Store},
    time::{Millis, Utc},
    understand::Heard,
    wire::{Encoding, StreamStart, twilio},
};
use async_trait::async_trait;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::{runtime::Handle, sync::watch};

/// Words are there this long after they were asked for, as on a server that is not busy.
const EARS_MS: u64 = 120;
/// Waiting jobs of each engine.
const WAITING_MAX: usize = 256;

/// Everything that calls share.
pub struct Booth {
    program: Arc<Program>,
    ears: Arc<Moonshine>,
    voice: Voice,
    fixed_lines: FixedLines,
    silero: Arc<Silero>,
    store: Arc<Store>,
    noises: Noises,
    runtime: Handle,
}

/// The lines of the script that are the same for every caller, and were not yet said.
type FixedLines = Arc<Mutex<BTreeSet<(String, Locale)>>>;

/// Who calls, and over what.
pub struct Dials {
    pub setup: Setup,
    pub who: Box<dyn Plays>,
    pub wire: Wire,
    /// What becomes of it when the caller is passed to a person.
    pub reached: PersonReached,
    pub transcript: Transcript,
}

/// What came of a call.
pub struct Played {
    pub record: CallRecord,
    pub judged: Judged,
    pub lasted: Millis,
    /// Why the caller's script could not go on.
    pub stuck: Option<String>,
}

/// Why nothing came of a call.
#[derive(Debug, thiserror::Error)]
pub enum Unplayed {
    /// It would never end.
    #[error("the call waits for nothing that can come")]
    Hangs,
    /// It is not where calls are kept.
    #[error("{0}")]
    Unkept(String),
}

impl Booth {
    /// Loads what is needed for `threads` calls at once.
    pub fn open(
        program: Arc<Program>,
        store: Arc<Store>,
        (models, noises): (&Path, &Path),
        threads: usize,
        runtime: Handle,
    ) -> Result<Booth, String> {
        let engines = || {
            let onnx = Onnx::open(models)?;
            let prompts = store.data().join("prompts");
            let voice = Voice::open(&onnx, models, &prompts, threads, WAITING_MAX, &program.pronounce)?;
            let voice = voice.with_spanish_words(&program.pronounce_es);
            let ears = Arc::new(Moonshine::open(&onnx, models, threads, WAITING_MAX)?);
            Ok::<_, EngineFailed>((voice, ears, Silero::open(&onnx, models, threads)?))
        };
        let (voice, ears, silero) = engines().map_err(|e| {
            format!("{e}; `scripts/run` fetches the models, or name their folder with --models")
        })?;
        let fixed_lines =
            [Locale::EnUs, Locale::EsUs].into_iter().flat_map(|locale| lines_of(&program, locale));
        let fixed_lines = Arc::new(Mutex::new(fixed_lines.collect()));
        let noises = Noises::open(noises)?;
        Ok(Booth { program, ears, voice, fixed_lines, silero, store, noises, runtime })
    }

    pub fn program(&self) -> &Arc<Program> {
        &self.program
    }

    /// The languages that the agent speaks.
    pub fn speaks(&self) -> Vec<Locale> {
        self.voice.speaks()
    }

    pub fn noises(&self) -> &Noises {
        &self.noises
    }

    /// Says words as somebody who calls. Spanish is what is written with its letters.
    pub fn says(&self, person: Timbre) -> impl Fn(&str) -> Result<Clip, String> + Send + 'static {
        let (voice, runtime) = (self.voice.clone(), self.runtime.clone());
        move |text| {
            let spanish = voice.speaks().contains(&Locale::EsUs) && text.contains(['ñ', '¿', 'í', 'á']);
            let locale = if spanish { Locale::EsUs } else { Locale::EnUs };
            let prompt = runtime.block_on(voice.say_as(text, locale, person)).map_err(|e| e.to_string())?;
            Clip::new(prompt.mulaw.to_vec()).map_err(|e| e.to_string())
        }
    }

    /// Answers the call that `dials` makes, from its first frame to its record. It is kept as every call is.
    pub fn answer(&self, dials: Dials) -> Result<Played, Unplayed> {
        let Dials { setup, who, wire, reached, transcript } = dials;
        let time = VirtualTime::default();
        let opened = opening(&self.program, &setup, concat!("simulate ", env!("CARGO_PKG_VERSION")));
        let (desk, feed) = self.desk(&time);
        let ids = Ids { account: "AC0".into(), call: "CA0".into(), stream: "MZ0".into() };
        let start = StreamStart {
            stream_id: ids.stream.clone(),
            provider_call_id: None,
            encoding: Encoding::Mulaw,
            parameters: BTreeMap::new(),
        };
        let stuck = Arc::new(Mutex::new(None));
        let line = Line {
            encoder: twilio::Encoder::new(&ids.stream),
            stream: Stream::new(ids, who),
            wire,
            feed,
            time: time.clone(),
            stuck: Arc::clone(&stuck),
            place: Place::default(),
        };
        let (_running, stop) = watch::channel(false);
        let call = async {
            match call::answer(desk, Box::new(line), start, opened, stop).await {
                Ended::Finished(record) => *record,
                Ended::Transferring(open) => open.finish(reached).await,
            }
        };
        let record = time.run(call).ok_or(Unplayed::Hangs)?;
        let kept = self.runtime.block_on(self.store.journal(&record.call_id));
        let kept = kept.map_err(|e| Unplayed::Unkept(e.to_string()))?;
        let (opened, entries) = kept.ok_or_else(|| Unplayed::Unkept("the call is not on record".into()))?;
        let spoken = transcript.lock().unwrap_or_else(PoisonError::into_inner);
        let judged = judged(&self.program, &opened, &entries, &spoken);
        let stuck = stuck.lock().unwrap_or_else(PoisonError::into_inner).take();
        Ok(Played { record, judged, lasted: time.now(), stuck })
    }

    fn desk(&self, time: &VirtualTime) -> (Arc<Desk>, Arc<Feed>) {
        let silero = Arc::clone(&self.silero);
        let runtime = &self.runtime;
        let feed = Arc::new(Feed::default());
        let desk = Desk {
            program: Arc::clone(&self.program),
            ears: Arc::new(Ears {
                ears: Arc::clone(&self.ears),
                runtime: runtime.clone(),
                time: time.clone(),
            }),
            voice: Arc::new(Mouth {
                voice: self.voice.clone(),
                fixed_lines: Arc::clone(&self.fixed_lines),
                runtime: runtime.clone(),
            }),
            activity: Arc::new(move || silero.stream()),
            ledger: Arc::new(Books { store: Arc::clone(&self.store), runtime: runtime.clone() }),
            recordings: Arc::new(Tapes { tapes: self.store.recordings(), runtime: runtime.clone() }),
            onlooker: Arc::clone(&feed) as _,
            clock: Arc::new(Stopped),
            timer: Arc::new(time.clone()),
            entropy: Arc::new(chance::Chance),
            codes: Arc::new(Codes::new(&chance::Chance)),
        };
        (Arc::new(desk), feed)
    }
}

/// The wall clock of simulated calls: nothing of them depends on when they were run.
struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> Utc {
        STARTED_AT
    }
}

// What follows works while the time of the call stands still: the thread waits for it.

struct Ears {
    ears: Arc<Moonshine>,
    runtime: Handle,
    time: VirtualTime,
}

#[async_trait]
impl Recognizer for Ears {
    async fn recognize(&self, samples: Arc<[f32]>, hints: Hints) -> Result<Heard, EngineFailed> {
        // First the time it takes: what nobody waits for any more then is never recognised.
        self.time.until(self.time.now() + EARS_MS).await;
        self.runtime.block_on(self.ears.recognize(samples, hints))
    }
}

struct Mouth {
    voice: Voice,
    fixed_lines: FixedLines,
    runtime: Handle,
}

#[async_trait]
impl Synthesizer for Mouth {
    fn speaks(&self) -> Vec<Locale> {
        self.voice.speaks()
    }

    async fn say(&self, text: &str, locale: Locale) -> Result<Prompt, EngineFailed> {
        self.runtime.block_on(async {
            let line = (text.to_owned(), locale);
            if self.fixed_lines.lock().unwrap_or_else(PoisonError::into_inner).remove(&line) {
                // What is the same for every caller is kept on disk for the next run.
                self.voice.prepare(&[line], |_, _| ()).await?;
            }
            self.voice.say(text, locale).await
        })
    }
}

struct Books {
    store: Arc<Store>,
    runtime: Handle,
}

#[async_trait]
impl Ledger for Books {
    async fn open(&self, opened: &Opened) -> Result<(), StoreUnavailable> {
        self.runtime.block_on(self.store.open(opened))
    }

    async fn append(&self, call_id: &str, entries: Vec<Entry>) -> Result<(), StoreUnavailable> {
        self.runtime.block_on(self.store.append(call_id, entries))
    }

    async fn journal(&self, call_id: &str) -> Result<Option<(Opened, Vec<Entry>)>, StoreUnavailable> {
        self.runtime.block_on(self.store.journal(call_id))
    }

    async fn close(&self, call_id: &str, record: &CallRecord) -> Result<(), StoreUnavailable> {
        self.runtime.block_on(self.store.close(call_id, record))
    }

    async fn unfinished(&self) -> Result<Vec<String>, StoreUnavailable> {
        self.runtime.block_on(self.store.unfinished())
    }
}

struct Tapes {
    tapes: Arc<FileRecordings>,
    runtime: Handle,
}

#[async_trait]
impl Recordings for Tapes {
    async fn append(&self, call_id: &str, label: Label, piece: Vec<u8>) -> Result<(), StoreUnavailable> {
        self.runtime.block_on(self.tapes.append(call_id, label, piece))
    }

    async fn finish(
        &self,
        call_id: &str,
        clips: Vec<(Millis, Millis)>,
    ) -> Result<Option<Finished>, StoreUnavailable> {
        self.runtime.block_on(self.tapes.finish(call_id, clips))
    }

    async fn destroy(&self, call_id: &str) -> Result<(), StoreUnavailable> {
        self.runtime.block_on(self.tapes.destroy(call_id))
    }
}

//! The waist: what the runtime asks of the world. Traits only.

use crate::{
    dialogue::Gone,
    journal::{CallRecord, Chunks, Entry, Label, Opened},
    program::Locale,
    time::{Millis, Utc},
    typed::{ChatMessage, WrongMessage},
    understand::Heard,
    wire::{FromCaller, ToCaller},
};
use async_trait::async_trait;
use std::{fmt, pin::Pin, sync::Arc};
use zeroize::Zeroizing;

/// What is known about an utterance before it is recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hints {
    /// The language the agent speaks.
    pub locale: Locale,
    /// A yes or a no is expected: score both against the audio as well.
    pub yes_no: bool,
}

/// Why an engine gave nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EngineFailed {
    /// Every worker is busy and the queue is full: the call should be routed on, not served badly.
    #[error("the {0} is overloaded")]
    Overloaded(&'static str),
    /// The model failed on this input.
    #[error("the {engine} failed: {why}")]
    Broken {
        /// Which engine.
        engine: &'static str,
        /// What it said; never the caller's words.
        why: String,
    },
}

/// Ears: audio to words.
#[async_trait]
pub trait Recognizer: Send + Sync {
    /// The words in `samples`: 16 kHz, mono, -1 to 1, one utterance with its surrounding silence, any length.
    async fn recognize(&self, samples: Arc<[f32]>, hints: Hints) -> Result<Heard, EngineFailed>;
}

/// A line rendered, ready for the wire: 8 kHz mu-law. Shared by every call that says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    /// The samples.
    pub mulaw: Arc<[u8]>,
    /// Where the voice pauses, in milliseconds from the beginning: a line can be resumed there.
    pub pauses_ms: Arc<[u32]>,
}

impl Prompt {
    /// How long it takes to say, in milliseconds.
    pub fn duration_ms(&self) -> u64 {
        self.mulaw.len() as u64 / 8
    }
}

/// Voice: words to audio.
#[async_trait]
pub trait Synthesizer: Send + Sync {
    /// The languages it can speak.
    fn speaks(&self) -> Vec<Locale> {
        vec![Locale::EnUs]
    }

    /// `text` as speech; from the cache where it was said before.
    async fn say(&self, text: &str, locale: Locale) -> Result<Prompt, EngineFailed>;
}

/// Whether somebody speaks, frame by frame. One per stream.
pub trait VoiceActivity: Send {
    /// The probability (0 to 1) that a frame of 20 ms (160 samples, 8 kHz) holds voice.
    fn probability(&mut self, frame: &[i16; 160]) -> f32;
}

/// The connection to one caller.
#[async_trait]
pub trait Channel: Send {
    /// The next message; `None` when the connection is gone. Dropping the future loses nothing.
    async fn next(&mut self) -> Option<FromCaller>;
    /// Sends a message; an error when the connection is gone or does not take it in time.
    async fn send(&mut self, message: ToCaller) -> Result<(), ChannelGone>;
    /// Closes the connection, politely.
    async fn close(&mut self);
    /// Why [`Channel::next`] gave `None`.
    fn why_gone(&self) -> Gone {
        Gone::Lost
    }
}

/// The connection to the page of one caller who types.
#[async_trait]
pub trait ChatLink: Send {
    /// The next message, or what is wrong with it; `None` when the connection is gone. Dropping the future loses
    /// nothing.
    async fn next(&mut self) -> Option<Result<ChatMessage, WrongMessage>>;
    /// Shows an event, as JSON; an error when the connection is gone or does not take it in time.
    async fn show(&mut self, event: Arc<str>) -> Result<(), ChannelGone>;
    /// Closes the connection, politely, and says why.
    async fn close(self: Box<Self>, why: Parting);
}

/// Why a chat parts from a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parting {
    /// The chat is over.
    Over,
    /// Another connection goes on with it.
    TakenOver,
    /// The other side sends more than anybody types.
    Misbehaved,
}

/// The connection to the caller is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the connection to the caller is gone")]
pub struct ChannelGone;

/// The store cannot put on record what it must.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the store is unavailable: {0}")]
pub struct StoreUnavailable(pub String);

/// The journals of all calls. Append-only.
#[async_trait]
pub trait Ledger: Send + Sync {
    /// Begins a call's journal. Durable when it returns.
    async fn open(&self, opened: &Opened) -> Result<(), StoreUnavailable>;
    /// Appends entries, in order. Durable when it returns.
    async fn append(&self, call_id: &str, entries: Vec<Entry>) -> Result<(), StoreUnavailable>;
    /// A call's journal so far, or `None` where there is no such call.
    async fn journal(&self, call_id: &str) -> Result<Option<(Opened, Vec<Entry>)>, StoreUnavailable>;
    /// Ends a call's journal, and keeps its record beside it for listing.
    async fn close(&self, call_id: &str, record: &CallRecord) -> Result<(), StoreUnavailable>;
    /// The ids of calls that were opened and never closed: a crash left them.
    async fn unfinished(&self) -> Result<Vec<String>, StoreUnavailable>;
}

/// Where recordings are kept.
#[async_trait]
pub trait Recordings: Send + Sync {
    /// Appends a piece of a call's recording, to be sealed under the key that `label` names: two channels (caller
    /// left, agent right), 8 kHz mu-law, interleaved. The call was opened before.
    async fn append(&self, call_id: &str, label: Label, piece: Vec<u8>) -> Result<(), StoreUnavailable>;
    /// Ends a recording, and hashes the parts of it in `clips` (from, to); `None` where nothing was recorded.
    async fn finish(
        &self,
        call_id: &str,
        clips: Vec<(Millis, Millis)>,
    ) -> Result<Option<Finished>, StoreUnavailable>;
    /// Destroys a recording.
    async fn destroy(&self, call_id: &str) -> Result<(), StoreUnavailable>;
}

/// A recording that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// Its length: two bytes a sample, 16 a millisecond.
    pub bytes: u64,
    /// SHA-256 (hex) of all of it.
    pub sha256: String,
    /// SHA-256 (hex) of each part asked for; nothing for one outside of what was recorded.
    pub clips: Vec<Option<String>>,
    /// The sealed chunks it is kept in, where it is.
    pub chunks: Option<Chunks>,
}

/// Something waits for a program's staff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Of which program.
    pub program: String,
    /// Which call left it.
    pub call_id: String,
    /// Since when.
    pub at: Utc,
}

/// Why nobody was told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotTold(pub String);

/// Tells the program that something waits: that, and never what.
///
/// Duty: D1, 42 CFR 2.11.
#[async_trait]
pub trait Notifier: Send + Sync {
    /// By which way, in one word.
    fn way(&self) -> &'static str;
    /// Tells it. May be asked again for what was told before, and then tells it under the same id.
    async fn tell(&self, waiting: &Waiting) -> Result<(), NotTold>;
}

/// The wall clock.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Utc;
}

/// Time as it passes on calls: never set back. Live calls have that of this machine; where nobody waits for them, calls
/// run as fast as they can.
pub trait Timer: Send + Sync {
    /// How much has passed since a moment that never changes.
    fn now(&self) -> Millis;
    /// Waits until so much has passed.
    fn until(&self, at: Millis) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}

/// Chance.
pub trait Entropy: Send + Sync {
    /// 128 bits nobody can guess.
    fn draw(&self) -> u128;
}

/// Somebody who watches calls as they happen: captions, gate, consents.
pub trait Onlooker: Send + Sync {
    /// Whether anybody watches this call now; when nobody does, nothing is made for them.
    fn watches(&self, call_id: &str) -> bool;
    /// Shows one event, in the shape of `chat --json`'s output lines, and `{"event":"said","text"}` for the caller.
    fn show(&self, call_id: &str, event: serde_json::Value);
}

/// A key of 256 bits. Wiped from memory when it is dropped; `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct SealKey(Zeroizing<[u8; 32]>);

impl SealKey {
    /// A key of these bytes.
    pub fn new(bytes: [u8; 32]) -> SealKey {
        SealKey(Zeroizing::new(bytes))
    }

    /// Its bytes, for a cipher.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealKey")
    }
}

/// Why a key service did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeysFailed {
    /// The tenant has no such key: never had, or it was destroyed.
    #[error("there is no key {key} of {tenant}: it was destroyed, or these are the keys of another folder")]
    Missing {
        /// Whose.
        tenant: String,
        /// Which.
        key: String,
    },
    /// What was wrapped is not what comes back: it was altered, or it belongs elsewhere.
    #[error("a wrapped key was altered, or is not the one of its place")]
    Altered,
    /// The service cannot be used now.
    #[error("the keys cannot be used: {0}")]
    Unavailable(String),
}

/// Keeps the keys of all tenants. A tenant is a program; its keys are made when they are first needed.
#[async_trait]
pub trait KeyService: Send + Sync {
    /// Wraps a data key for its place: `place` is bound into it, so that it opens nowhere else.
    async fn wrap(&self, tenant: &str, place: &str, key: &SealKey) -> Result<String, KeysFailed>;
    /// The data key that was wrapped.
    async fn unwrap_key(&self, tenant: &str, place: &str, wrapped: &str) -> Result<SealKey, KeysFailed>;
    /// Whether it was wrapped under the tenant's newest key.
    async fn is_newest(&self, tenant: &str, wrapped: &str) -> Result<bool, KeysFailed>;
    /// Makes a new key for the tenant, under which everything is wrapped from now on: its version. What was
    /// wrapped before still opens.
    async fn rotate(&self, tenant: &str) -> Result<u32, KeysFailed>;
    /// Destroys every key of the tenant: nothing it wrapped opens again.
    async fn destroy(&self, tenant: &str) -> Result<(), KeysFailed>;
    /// An Ed25519 signature by the tenant.
    async fn sign(&self, tenant: &str, message: &[u8]) -> Result<[u8; 64], KeysFailed>;
    /// The key that checks the tenant's signatures.
    async fn public_key(&self, tenant: &str) -> Result<[u8; 32], KeysFailed>;
    /// What finds `bytes` again in an index without telling them: a keyed hash, always the same for a tenant.
    async fn tag(&self, tenant: &str, bytes: &[u8]) -> Result<[u8; 32], KeysFailed>;
    /// All tenants that have keys.
    async fn tenants(&self) -> Result<Vec<String>, KeysFailed>;
}

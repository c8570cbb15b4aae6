//! The entries of a journal, chained by hash.

use crate::{
    dialogue::{ChannelKind, Fact},
    program::Locale,
    time::{Millis, Utc},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// What is known when a journal begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// The call.
    pub call_id: String,
    /// The program's short name.
    pub program: String,
    /// [`crate::program::Program::sha256`].
    pub program_sha256: String,
    /// How the caller is connected.
    pub channel: ChannelKind,
    /// The provider, of a phone call.
    pub provider: Option<String>,
    /// The provider's id of the call.
    pub provider_call_id: Option<String>,
    /// `inbound` or `outbound`.
    pub direction: String,
    /// When it began.
    pub started_at: Utc,
    /// The language it began in.
    pub locale: Locale,
    /// Whether a person of the program could be reached when it began.
    pub person_available: bool,
    /// The languages the voice can speak.
    #[serde(default)]
    pub spoken: Vec<Locale>,
    /// [`crate::program::Notice::id`].
    pub notice_id: String,
    /// [`crate::program::Notice::version`].
    pub notice_version: String,
    /// [`crate::program::Notice::sha256`] in `locale`.
    pub notice_sha256: String,
    /// The call this one goes on with.
    pub resumes: Option<String>,
    /// The build that ran it.
    pub build: String,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Event {
    /// Something reached the dialogue.
    Input {
        /// [`crate::dialogue::Input`], as JSON.
        input: Value,
    },
    /// The dialogue put a fact on record.
    Fact {
        /// The fact.
        #[serde(flatten)]
        fact: Fact,
    },
    /// The dialogue wanted something else done.
    Effect {
        /// [`crate::dialogue::Effect`], as JSON.
        effect: Value,
    },
    /// The recording ended.
    Recording {
        /// How long it is.
        duration_ms: u64,
        /// SHA-256 over its samples, hex.
        sha256: String,
        /// The parts of it that are signatures.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        clips: Vec<Clip>,
    },
    /// The server found this call unfinished after a crash, and closed it.
    Recovered,
}

/// The part of a recording in which a consent was asked for and signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clip {
    /// Which consent.
    pub consent_id: String,
    /// Where it begins, in milliseconds of the recording.
    pub from: Millis,
    /// Where it ends.
    pub to: Millis,
    /// SHA-256 over its samples (two channels of 8 kHz mu-law, interleaved), hex.
    pub sha256: String,
}

/// An entry of a journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// 0, 1, 2 ...
    pub seq: u64,
    /// When, in the call.
    pub at: Millis,
    /// What.
    pub event: Event,
    /// SHA-256 (hex) over the hash of the entry before (of the opening, for the first) and this one.
    pub hash: String,
}

/// Writes entries of one call, each bound to all before it.
///
/// Duty: D19, 42 CFR 2.16(a).
#[derive(Clone, Debug)]
pub struct Chain {
    next: u64,
    head: String,
}

impl Chain {
    /// The chain of a journal that begins with `opened`.
    pub fn new(opened: &Opened) -> Self {
        Chain { next: 0, head: hex(Sha256::digest(canonical(opened))) }
    }

    /// The next entry.
    pub fn entry(&mut self, at: Millis, event: Event) -> Entry {
        let seq = self.next;
        let hash = link(&self.head, seq, at, &event);
        self.next += 1;
        self.head.clone_from(&hash);
        Entry { seq, at, event, hash }
    }

    /// How many entries there are.
    pub fn len(&self) -> u64 {
        self.next
    }

    /// Whether there is none yet.
    pub fn is_empty(&self) -> bool {
        self.next == 0
    }

    /// The hash of the last entry.
    pub fn head(&self) -> &str {
        &self.head
    }

    /// Follows the chain over `entries`: the chain that goes on after them, or the first entry that does not fit.
    pub fn verify(opened: &Opened, entries: &[Entry]) -> Result<Chain, Broken> {
        let mut chain = Chain::new(opened);
        for entry in entries {
            let expected = chain.entry(entry.at, entry.event.clone());
            if expected != *entry {
                return Err(Broken { seq: expected.seq });
            }
        }
        Ok(chain)
    }
}

/// An entry is not what was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the journal was altered at or before entry {seq}")]
pub struct Broken {
    /// Where.
    pub seq: u64,
}

fn link(head: &str, seq: u64, at: Millis, event: &Event) -> String {
    let mut hash = Sha256::new();
    hash.update(head.as_bytes());
    hash.update(b"\n");
    hash.update(canonical(&(seq, at, event)));
    hex(hash.finalize())
}

/// JSON with sorted keys and no white space: the same value has the same bytes everywhere.
fn canonical<T: Serialize>(value: &T) -> Vec<u8> {
    // serde_json's own map is sorted, so going through `Value` sorts every object.
    serde_json::to_value(value).and_then(|v| serde_json::to_vec(&v)).unwrap_or_default()
}

fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().map(|b| format!("{b:02x}")).collect()
}

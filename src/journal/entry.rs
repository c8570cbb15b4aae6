//! The entries of a journal, chained by hash.

use super::{Hash32, Label, Salt, canonical};
use crate::{
    dialogue::{ChannelKind, Fact, Setup},
    program::Locale,
    time::{Millis, Utc},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

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
    /// What keeps the leaf of this from telling it.
    #[serde(default)]
    pub salt: Salt,
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
        /// The chunks it is sealed in; none of a recording made before chunks were sealed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        chunks: Option<Chunks>,
        /// The parts of it that are signatures.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        clips: Vec<Clip>,
    },
    /// The server found this call unfinished after a crash, and closed it.
    Recovered,
}

/// The sealed chunks of a recording, bound into the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chunks {
    /// How many, the last and empty one counted.
    pub count: u64,
    /// The last hash of their chain.
    pub head: Hash32,
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
    /// Under which key it is sealed.
    #[serde(default)]
    pub label: Label,
    /// What.
    pub event: Event,
    /// What keeps its leaf from telling it.
    pub salt: Salt,
    /// SHA-256 over its body: the salt and the event.
    pub leaf: Hash32,
    /// SHA-256 over the link of the entry before (the base of the chain, for the first) and this one's leaf.
    pub hash: Hash32,
}

impl Entry {
    /// What is sealed, and what the leaf commits to: the salt, and the event as canonical JSON.
    pub fn body(&self) -> Vec<u8> {
        body(&self.salt, &self.event)
    }

    /// Its place in the chain.
    pub fn link(&self) -> Link {
        Link { seq: self.seq, at: self.at, label: self.label, leaf: self.leaf, hash: self.hash }
    }
}

impl Opened {
    /// What was fixed for the dialogue when it began.
    pub fn setup(&self) -> Setup {
        Setup {
            call_id: self.call_id.clone(),
            channel: self.channel,
            locale: self.locale,
            started_at: self.started_at,
            person_available: self.person_available,
            spoken: self.spoken.clone(),
        }
    }

    /// What is sealed, and what the leaf commits to.
    pub fn body(&self) -> Vec<u8> {
        body(&self.salt, self)
    }

    /// The commitment to it, on which the chain begins.
    pub fn leaf(&self) -> Hash32 {
        leaf_of(&self.body())
    }
}

/// What of an entry can be checked by whoever may not read it, or when nobody can any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)] // as in `Entry`
pub struct Link {
    pub seq: u64,
    pub at: Millis,
    pub label: Label,
    pub leaf: Hash32,
    pub hash: Hash32,
}

/// Writes entries of one call, each bound to all before it.
///
/// Duty: D19, 42 CFR 2.16(a).
#[derive(Clone, Debug)]
pub struct Chain {
    next: u64,
    head: Hash32,
}

impl Chain {
    /// The chain of a journal that begins with `opened`.
    pub fn new(opened: &Opened) -> Self {
        Chain::base(&opened.call_id, opened.leaf())
    }

    /// The chain of the journal of a call whose opening has this leaf.
    pub fn base(call_id: &str, opening: Hash32) -> Self {
        let head = Hash32::sha256(&[b"candor-journal/1\n", call_id.as_bytes(), b"\n", &opening.0]);
        Chain { next: 0, head }
    }

    /// The next entry.
    pub fn entry(&mut self, at: Millis, label: Label, event: Event, salt: Salt) -> Entry {
        let leaf = leaf_of(&body(&salt, &event));
        let Link { seq, hash, .. } = self.link(at, label, leaf);
        Entry { seq, at, label, event, salt, leaf, hash }
    }

    /// The place of the next entry, of which only the leaf is known.
    pub fn link(&mut self, at: Millis, label: Label, leaf: Hash32) -> Link {
        let seq = self.next;
        let (number, time) = (seq.to_be_bytes(), at.0.to_be_bytes());
        let hash = Hash32::sha256(&[&self.head.0, &number, &time, &[label.code()], &leaf.0]);
        self.next += 1;
        self.head = hash;
        Link { seq, at, label, leaf, hash }
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
    pub fn head(&self) -> Hash32 {
        self.head
    }

    /// Follows the chain over `entries`: the chain that goes on after them, or the first entry that does not fit.
    pub fn verify(opened: &Opened, entries: &[Entry]) -> Result<Chain, Broken> {
        let mut chain = Chain::new(opened);
        for entry in entries {
            let expected = chain.entry(entry.at, entry.label, entry.event.clone(), entry.salt);
            if expected != *entry {
                return Err(Broken { seq: expected.seq });
            }
        }
        Ok(chain)
    }

    /// The same without the entries' bodies: nothing was added, dropped, moved or given another time or label.
    pub fn follow(mut self, links: &[Link]) -> Result<Chain, Broken> {
        for link in links {
            let expected = self.link(link.at, link.label, link.leaf);
            if expected != *link {
                return Err(Broken { seq: expected.seq });
            }
        }
        Ok(self)
    }
}

/// An entry is not what was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the journal was altered at or before entry {seq}")]
pub struct Broken {
    /// Where.
    pub seq: u64,
}

/// A body: the salt, and `value` as canonical JSON.
pub fn body(salt: &Salt, value: &impl Serialize) -> Vec<u8> {
    [&salt.0[..], &canonical(value)].concat()
}

/// The leaf of a body.
pub fn leaf_of(body: &[u8]) -> Hash32 {
    Hash32::sha256(&[body])
}

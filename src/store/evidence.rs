//! Everything that is kept of a call, and the check that it is what was written (docs/record-format.md, "Checks").

use super::{
    archive::{event_in, parsed},
    sealkeys::CallKeys,
    statement::{Claim, ENTRIES_A_HEAD, Statement},
    tape::{ChunkReader, Torn},
};
use crate::{
    journal::{self, CallRecord, Chain, Chunks, Entry, Hash32, Label, Link, Opened, leaf_of},
    ports::{KeysFailed, StoreUnavailable},
    time::Utc,
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, fmt, fs::File, io::ErrorKind, path::Path};
use zeroize::Zeroizing;

/// A sealed part of a call.
pub enum Body {
    /// What was sealed: a salt, and JSON.
    Open(Zeroizing<Vec<u8>>),
    /// It cannot be read.
    Shut(Shut),
}

/// Why a part cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shut {
    /// It was taken out.
    Redacted,
    /// Its key is not there.
    Destroyed,
    /// Whoever exported it left it out.
    Withheld,
    /// Its key does not open any more.
    KeyAltered,
    /// It does not open with its key.
    Altered,
}

impl Shut {
    /// In words.
    pub fn why(self) -> &'static str {
        match self {
            Shut::Redacted => "was redacted",
            Shut::Withheld => "was withheld from this export",
            Shut::Destroyed => "cannot be read: its key was destroyed, or is in another keyring",
            Shut::KeyAltered => "cannot be read: its wrapped key was altered",
            Shut::Altered => "was altered",
        }
    }
}

impl Body {
    /// What was sealed, where it can be read.
    pub fn bytes(&self) -> Option<&[u8]> {
        match self {
            Body::Open(bytes) => Some(bytes),
            Body::Shut(_) => None,
        }
    }
}

/// How it stands with the two keys of a call.
pub struct Keys {
    ciphers: Option<CallKeys>,
    states: [(Label, Option<KeysFailed>); 2],
}

impl Keys {
    pub(super) fn of(keys: &CallKeys) -> Keys {
        Keys { ciphers: Some(keys.clone()), states: Label::ALL.map(|label| (label, keys.of(label).err())) }
    }

    /// Those of an export, which has none: all but the destroyed ones are somewhere.
    pub(super) fn elsewhere(call_id: &str, destroyed: &[Label]) -> Keys {
        let missing = |label: Label| {
            let gone = KeysFailed::Missing { tenant: call_id.into(), key: label.name().into() };
            destroyed.contains(&label).then_some(gone)
        };
        Keys { ciphers: None, states: Label::ALL.map(|label| (label, missing(label))) }
    }

    /// The labels whose key is not there.
    pub fn gone(&self) -> Vec<Label> {
        self.states.iter().filter(|(_, failed)| failed.is_some()).map(|(label, _)| *label).collect()
    }

    fn open(&self, label: Label) -> Option<&CallKeys> {
        let keys = self.ciphers.as_ref()?;
        keys.of(label).is_ok().then_some(keys)
    }
}

/// What is kept of one call.
#[allow(missing_docs)] // the columns of migrations/sqlite/0002_sealed.sql
pub struct Evidence {
    pub call_id: String,
    pub program: String,
    pub channel: String,
    pub started_at: Utc,
    pub ended_at: Option<Utc>,
    pub outcome: Option<String>,
    pub opening_leaf: Hash32,
    pub opening: Body,
    pub entries: Vec<(Link, Body)>,
    pub record: Option<Body>,
    pub statements: Vec<(i64, Statement)>,
    pub keys: Keys,
    /// Whether the tag under which the provider's id is found is the one of that id.
    pub is_tagged_right: bool,
}

/// A call is what was written, as far as it can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sound {
    /// How many entries there are.
    pub entries: usize,
    /// How many of them nobody can read any more, or not with these keys.
    pub unread: usize,
    /// Whether it has ended.
    pub is_over: bool,
    /// Its recording's length in milliseconds, where it has one that was read; `Some(None)` where it has one of which
    /// only the chain was checked.
    pub recording: Option<Option<u64>>,
    /// Where it was plain once: the first entry that did not fit then, if one did not.
    pub was_plain: Option<Option<u64>>,
}

impl fmt::Display for Sound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} entries", self.entries)?;
        if self.unread > 0 {
            write!(f, " ({} of them only by their place in the chain)", self.unread)?;
        }
        match self.recording {
            Some(Some(ms)) => write!(f, ", recording {ms} ms")?,
            Some(None) => write!(f, ", recording (by the chain of its chunks)")?,
            None if self.is_over => write!(f, ", no recording")?,
            None => {}
        }
        match self.was_plain {
            Some(None) => write!(f, ", plain before it was sealed"),
            Some(Some(seq)) => write!(f, ", plain before it was sealed, and then altered at entry {seq}"),
            None => Ok(()),
        }
    }
}

impl Evidence {
    /// How the call began, where that can be read.
    pub fn opened(&self) -> Option<Opened> {
        self.opening.bytes().and_then(|bytes| parsed(bytes).ok()).map(|(_, opened)| opened)
    }

    /// The whole journal, or what of it cannot be read.
    pub fn journal(&self) -> Result<(Opened, Vec<Entry>), StoreUnavailable> {
        let unread =
            |what: String, why: &str| StoreUnavailable(format!("{what} of call {} {why}", self.call_id));
        let opened = match &self.opening {
            Body::Open(bytes) => parsed(bytes).map_err(|e| unread("the opening".into(), &e))?.1,
            Body::Shut(shut) => return Err(unread("the opening".into(), shut.why())),
        };
        let mut entries = Vec::with_capacity(self.entries.len());
        for (link, body) in &self.entries {
            let what = || format!("entry {} of the journal", link.seq);
            match body {
                Body::Open(bytes) => entries.push(event_in(link, bytes).map_err(|e| unread(what(), &e))?),
                Body::Shut(shut) => return Err(unread(what(), shut.why())),
            }
        }
        Ok((opened, entries))
    }

    /// Whether everything is as it was written; else what is not, in words that follow the call's id. `recording` is
    /// the file it would be in.
    pub fn check(&self, public: &[u8; 32], recording: &Path) -> Result<Sound, String> {
        let claims = self.claims(public)?;
        self.check_keys(&claims)?;
        self.check_opening()?;
        self.check_entries(&claims)?;
        let closed = self.check_end(&claims)?;
        self.check_record(closed)?;
        let recording = self.check_recording(closed, recording)?;
        let was_plain = claims.iter().find_map(|claim| match claim {
            Claim::WasPlain { broken_at, .. } => Some(*broken_at),
            _ => None,
        });
        Ok(Sound {
            entries: self.entries.len(),
            unread: self.entries.iter().filter(|(_, body)| body.bytes().is_none()).count(),
            is_over: self.ended_at.is_some(),
            recording,
            was_plain,
        })
    }

    /// What was signed about this call.
    fn claims(&self, public: &[u8; 32]) -> Result<Vec<Claim>, String> {
        let mut claims = Vec::new();
        for (at, (number, statement)) in self.statements.iter().enumerate() {
            if *number != at as i64 {
                return Err(format!("statement {at} is gone"));
            }
            let altered = || format!("statement {at} was altered, or another key signed it");
            let claim = statement.claim(public).ok_or_else(altered)?;
            let about = match &claim {
                Claim::Head { call_id, .. }
                | Claim::Closed { call_id, .. }
                | Claim::WasPlain { call_id, .. }
                | Claim::Redacted { call_id, .. }
                | Claim::Destroyed { call_id, .. } => call_id,
                Claim::Day { .. }
                | Claim::Export { .. }
                | Claim::BookHead { .. }
                | Claim::MonthDestroyed { .. }
                | Claim::BookExport { .. } => return Err(altered()),
            };
            if *about != self.call_id {
                return Err(format!("statement {at} is of another call"));
            }
            claims.push(claim);
        }
        Ok(claims)
    }

    fn check_keys(&self, claims: &[Claim]) -> Result<(), String> {
        for (label, failed) in &self.keys.states {
            let destroyed =
                claims.iter().any(|c| matches!(c, Claim::Destroyed { labels, .. } if labels.contains(label)));
            match (failed, destroyed) {
                (None, false) => {}
                (Some(KeysFailed::Missing { tenant, .. }), true) if *tenant == self.call_id => {}
                (_, true) => return Err(format!("its {label} key is there although it was destroyed")),
                (Some(KeysFailed::Missing { tenant, .. }), false) if *tenant == self.call_id => {
                    return Err(format!("its {label} key is gone, and nothing says that it was destroyed"));
                }
                (Some(KeysFailed::Altered), false) => {
                    return Err(format!("its wrapped {label} key was altered"));
                }
                (Some(other), false) => return Err(format!("its {label} key: {other}")),
            }
        }
        Ok(())
    }

    fn check_opening(&self) -> Result<(), String> {
        let altered = || Err("its opening was altered".to_owned());
        match &self.opening {
            Body::Shut(Shut::Destroyed | Shut::Withheld) => Ok(()),
            Body::Shut(_) => altered(),
            Body::Open(bytes) if leaf_of(bytes) != self.opening_leaf => altered(),
            Body::Open(_) => {
                let Some(opened) = self.opened() else {
                    // It was damaged before it was sealed.
                    return Ok(());
                };
                let channel = serde_json::to_value(opened.channel).unwrap_or_default();
                let plain = (opened.call_id, opened.program, opened.started_at);
                if plain != (self.call_id.clone(), self.program.clone(), self.started_at)
                    || channel != self.channel.as_str()
                    || !self.is_tagged_right
                {
                    return Err("its row among the calls was altered".into());
                }
                Ok(())
            }
        }
    }

    fn check_entries(&self, claims: &[Claim]) -> Result<(), String> {
        let links: Vec<Link> = self.entries.iter().map(|(link, _)| link.clone()).collect();
        let chain = Chain::base(&self.call_id, self.opening_leaf);
        chain.follow(&links).map_err(|broken| broken.to_string())?;
        let redacted: BTreeSet<u64> = claims
            .iter()
            .filter_map(|claim| match claim {
                Claim::Redacted { entries, .. } => Some(entries.iter().copied()),
                _ => None,
            })
            .flatten()
            .collect();
        for (link, body) in &self.entries {
            let seq = link.seq;
            match body {
                Body::Open(bytes) if leaf_of(bytes) == link.leaf && !redacted.contains(&seq) => {}
                Body::Open(_) if redacted.contains(&seq) => {
                    return Err(format!("entry {seq} is there although it was redacted"));
                }
                Body::Shut(Shut::Redacted) if redacted.contains(&seq) => {}
                Body::Shut(Shut::Redacted) => {
                    return Err(format!("entry {seq} is gone, and nothing says that it was redacted"));
                }
                Body::Shut(Shut::Destroyed | Shut::Withheld) => {}
                _ => return Err(format!("entry {seq} was altered")),
            }
        }
        for claim in claims {
            let Claim::Head { entries, head, .. } = claim else { continue };
            let there = usize::try_from(*entries).ok().and_then(|n| links.get(n.checked_sub(1)?));
            if there.map(|link| link.hash) != Some(*head) {
                return Err(format!("its head of {entries} entries is not the one that was signed"));
            }
        }
        let signed = claims.iter().filter(|claim| matches!(claim, Claim::Head { .. })).count() as u64;
        let was_plain = claims.iter().any(|claim| matches!(claim, Claim::WasPlain { .. }));
        if !was_plain && signed != self.entries.len() as u64 / ENTRIES_A_HEAD {
            return Err("a signed head of its journal is gone".into());
        }
        Ok(())
    }

    /// That what is plain about its end is what was signed.
    fn check_end<'c>(&self, claims: &'c [Claim]) -> Result<Option<&'c Claim>, String> {
        let closed: Vec<&Claim> = claims.iter().filter(|c| matches!(c, Claim::Closed { .. })).collect();
        match (&closed[..], self.ended_at, &self.outcome) {
            ([], None, None) => Ok(None),
            ([claim], Some(ended), Some(said)) => {
                let head = self.entries.last().map(|(link, _)| link.hash);
                let head = head.unwrap_or_else(|| Chain::base(&self.call_id, self.opening_leaf).head());
                let Claim::Closed {
                    program,
                    channel,
                    started_at,
                    ended_at,
                    outcome,
                    opening,
                    entries,
                    head: signed,
                    ..
                } = claim
                else {
                    return Ok(None);
                };
                if (program, channel, *started_at) != (&self.program, &self.channel, self.started_at)
                    || (*ended_at, outcome) != (ended, said)
                    || *opening != self.opening_leaf
                {
                    return Err("its row among the calls was altered".into());
                }
                if *entries != self.entries.len() as u64 || *signed != head {
                    return Err(format!(
                        "its journal ends with entry {}, and {entries} were signed",
                        self.entries.len() as i64 - 1
                    ));
                }
                Ok(Some(claim))
            }
            ([], ..) => Err("its end was not signed".into()),
            _ => Err("its end was altered".into()),
        }
    }

    fn check_record(&self, closed: Option<&Claim>) -> Result<(), String> {
        match (closed, &self.record) {
            (None, None) => Ok(()),
            (Some(_), Some(Body::Shut(Shut::Destroyed | Shut::Withheld))) => Ok(()),
            (Some(Claim::Closed { record: signed, .. }), Some(Body::Open(bytes))) => {
                if leaf_of(bytes) != *signed {
                    return Err("its record was altered".into());
                }
                let kept: Result<(_, CallRecord), _> = parsed(bytes);
                if let (Ok((_, kept)), Ok((opened, entries))) = (kept, self.journal())
                    && kept != journal::record(&opened, &entries)
                {
                    return Err("its record does not say what its journal says".into());
                }
                Ok(())
            }
            _ => Err("its record was altered".into()),
        }
    }

    fn check_recording(&self, closed: Option<&Claim>, path: &Path) -> Result<Option<Option<u64>>, String> {
        let Some(Claim::Closed { recording, .. }) = closed else { return Ok(None) };
        let unread = |e: std::io::Error| format!("its recording cannot be read: {e}");
        let file = match (File::open(path), recording) {
            (Ok(file), Some(_)) => file,
            (Ok(_), None) => return Err("there is a recording that its record does not know of".into()),
            (Err(e), _) if e.kind() != ErrorKind::NotFound => return Err(unread(e)),
            (Err(_), None) => return Ok(None),
            (Err(_), Some(_)) => return Err("its recording is gone".into()),
        };
        let torn = |torn: Torn| match torn {
            Torn::At(n) => format!("its recording was altered at chunk {n}"),
            Torn::Short(n) => format!("its recording was cut off at chunk {n}"),
            Torn::Io(e) => unread(e),
        };
        let (mut read, mut whole, mut at) = (0, true, 0_u32);
        let mut chunks = ChunkReader::of(file, &self.call_id).map_err(torn)?;
        while let Some(chunk) = chunks.next().map_err(torn)? {
            if let Some(keys) = self.keys.open(chunk.label()) {
                let plain = chunk.open(keys).map_err(unread)?;
                read += plain.ok_or_else(|| torn(Torn::At(at)))?.len() as u64;
            } else {
                whole = false;
            }
            at += 1;
        }
        let found: Chunks = chunks.so_far();
        if !chunks.is_over() || Some(found) != *recording {
            return Err("its recording is not the one that was signed".into());
        }
        Ok(Some(whole.then_some(read / 16)))
    }
}

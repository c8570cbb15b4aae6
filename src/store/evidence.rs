//! Everything that is kept of a call, and the check that it is what was written (docs/record-format.md, "Checks").

use super::{
    archive::{event_in, parsed},
    callkeys::CallKeys,
    statement::{Claim, ENTRIES_A_HEAD, Statement},
    tape::{ChunkReader, Form, Torn, hex},
};
use crate::{
    journal::{self, CallRecord, Chain, Chunks, Entry, Hash32, Label, Link, Opened, leaf_of},
    ports::{KeysFailed, StoreUnavailable},
    time::Utc,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
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

/// How it stands with the keys of a call.
pub struct Keys {
    ciphers: Option<CallKeys>,
    states: Vec<(Label, Option<KeysFailed>)>,
}

impl Keys {
    pub(super) fn of(keys: &CallKeys) -> Keys {
        let states = keys.labels().iter().map(|label| (*label, keys.of(*label).err()));
        Keys { ciphers: Some(keys.clone()), states: states.collect() }
    }

    /// Those of an export, which has none: all but the destroyed ones are somewhere.
    pub(super) fn elsewhere(call_id: &str, labels: &[Label], destroyed: &[Label]) -> Keys {
        let missing = |label: Label| {
            let gone = KeysFailed::Missing { tenant: call_id.into(), key: label.name().into() };
            destroyed.contains(&label).then_some(gone)
        };
        Keys { ciphers: None, states: labels.iter().map(|label| (*label, missing(*label))).collect() }
    }

    /// The labels whose key is not there.
    pub fn gone(&self) -> Vec<Label> {
        self.states.iter().filter(|(_, failed)| failed.is_some()).map(|(label, _)| *label).collect()
    }

    /// Whether the call has no such key any more: one in another keyring is still wrapped here.
    fn is_destroyed(&self, call_id: &str, label: Label) -> bool {
        self.states.iter().any(|(of, failed)| {
            *of == label && matches!(failed, Some(KeysFailed::Missing { tenant, .. }) if tenant == call_id)
        })
    }

    fn any_destroyed(&self, call_id: &str) -> bool {
        self.states.iter().any(|(label, _)| self.is_destroyed(call_id, *label))
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
    /// The labels that the call has had keys for.
    pub labels: Vec<Label>,
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
    /// The labels whose keys were destroyed.
    pub destroyed: Vec<Label>,
    /// Whether its recording still has parts, or a file, that nothing needs any more: the next purge takes them away.
    pub untidy: bool,
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
        if !self.destroyed.is_empty() {
            let names: Vec<&str> = self.destroyed.iter().map(|label| label.name()).collect();
            write!(f, ", destroyed: {}", names.join(" and "))?;
        }
        if self.untidy {
            write!(f, ", its file is still to be cleared by the next purge")?;
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

    /// The journal without the entries that were redacted or whose keys were destroyed; `None` where the opening is one
    /// of those. An error where something cannot be read for another reason: a key in another keyring is not gone.
    pub fn journal_as_far_as_open(&self) -> Result<Option<(Opened, Vec<Entry>)>, StoreUnavailable> {
        let unread =
            |what: String, why: &str| StoreUnavailable(format!("{what} of call {} {why}", self.call_id));
        let opened = match &self.opening {
            Body::Open(bytes) => parsed(bytes).map_err(|e| unread("the opening".into(), &e))?.1,
            Body::Shut(Shut::Destroyed) if self.keys.any_destroyed(&self.call_id) => return Ok(None),
            Body::Shut(shut) => return Err(unread("the opening".into(), shut.why())),
        };
        let mut entries = Vec::with_capacity(self.entries.len());
        for (link, body) in &self.entries {
            let what = || format!("entry {} of the journal", link.seq);
            match body {
                Body::Open(bytes) => entries.push(event_in(link, bytes).map_err(|e| unread(what(), &e))?),
                Body::Shut(Shut::Redacted) => {}
                Body::Shut(Shut::Destroyed) if self.keys.is_destroyed(&self.call_id, link.label) => {}
                Body::Shut(shut) => return Err(unread(what(), shut.why())),
            }
        }
        Ok(Some((opened, entries)))
    }

    /// Whether everything is as it was written; else what is not, in words that follow the call's id. `recording` is
    /// the file it would be in.
    pub fn check(&self, public: &[u8; 32], recording: &Path) -> Result<Sound, String> {
        let claims = self.claims(public)?;
        self.check_labels(&claims)?;
        self.check_keys(&claims)?;
        self.check_opening()?;
        self.check_entries(&claims)?;
        let closed = self.check_end(&claims)?;
        self.check_record(closed)?;
        let (recording, untidy) = self.check_recording(closed, &claims, recording)?;
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
            destroyed: destroyed(&claims),
            untidy,
        })
    }

    /// How many entries the call had at its end, where that is stated; whether to believe it is for
    /// [`Evidence::check`].
    pub fn entries_at_end(&self) -> Option<u64> {
        self.statements.iter().find_map(|(_, statement)| statement.entries_at_end())
    }

    /// What was signed about this call.
    pub(super) fn claims(&self, public: &[u8; 32]) -> Result<Vec<Claim>, String> {
        let mut claims = Vec::new();
        for (at, (number, statement)) in self.statements.iter().enumerate() {
            if *number != at as i64 {
                return Err(format!("statement {at} is gone"));
            }
            let altered = || format!("statement {at} was altered, or another key signed it");
            let claim = statement.claim(public).ok_or_else(altered)?;
            let about = claim.call_id().ok_or_else(altered)?;
            if about != self.call_id {
                return Err(format!("statement {at} is of another call"));
            }
            claims.push(claim);
        }
        Ok(claims)
    }

    /// That the call has the labels that were signed at its end, and nothing has another.
    fn check_labels(&self, claims: &[Claim]) -> Result<(), String> {
        let signed = claims.iter().find_map(|claim| match claim {
            Claim::Closed { labels, .. } => Some(labels.as_deref().unwrap_or(&Label::BEFORE_CONSENT)),
            _ => None,
        });
        if signed.is_some_and(|signed| signed != self.labels) {
            return Err("the keys that it has are not those that were signed at its end".into());
        }
        let strange = self.entries.iter().find(|(link, _)| !self.labels.contains(&link.label));
        match strange {
            Some((link, _)) => Err(format!("entry {} was altered: the call has no such label", link.seq)),
            None => Ok(()),
        }
    }

    fn check_keys(&self, claims: &[Claim]) -> Result<(), String> {
        let gone = destroyed(claims);
        if gone.contains(&Label::Consent) && self.labels.iter().any(|label| !gone.contains(label)) {
            return Err("its consent key was destroyed before its others".into());
        }
        for (label, failed) in &self.keys.states {
            match (failed, gone.contains(label)) {
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

    /// Its recording, where it has one: its length where it was read; and whether something of it is still there that
    /// may go.
    fn check_recording(
        &self,
        closed: Option<&Claim>,
        claims: &[Claim],
        path: &Path,
    ) -> Result<(Option<Option<u64>>, bool), String> {
        let Some(Claim::Closed { recording, .. }) = closed else {
            let over = self.labels.iter().all(|label| destroyed(claims).contains(label));
            return Ok((None, over && path.exists()));
        };
        let quiet = quiet(claims);
        let may_be_gone = self.labels.iter().all(|label| quiet.contains(label));
        let unread = |e: std::io::Error| format!("its recording cannot be read: {e}");
        let file = match (File::open(path), recording) {
            // Whatever is in it, nothing of it is needed.
            (Ok(_), _) if may_be_gone => return Ok((None, true)),
            (Err(e), Some(_)) if e.kind() == ErrorKind::NotFound && may_be_gone => return Ok((None, false)),
            (Ok(file), Some(_)) => file,
            (Ok(_), None) => return Err("there is a recording that its record does not know of".into()),
            (Err(e), _) if e.kind() != ErrorKind::NotFound => return Err(unread(e)),
            (Err(_), None) => return Ok((None, false)),
            (Err(_), Some(_)) => return Err("its recording is gone".into()),
        };
        let torn = |torn: Torn| match torn {
            Torn::At(n) => format!("its recording was altered at chunk {n}"),
            Torn::Short(n) => format!("its recording was cut off at chunk {n}"),
            Torn::Io(e) => unread(e),
        };
        let (mut read, mut whole, mut untidy, mut at) = (0, true, false, 0_u32);
        let mut clips = self.clips();
        let mut chunks = ChunkReader::of(file, &self.call_id).map_err(torn)?;
        let can_lose_chunks = chunks.form() == Form::Two;
        while let Some(chunk) = chunks.next().map_err(torn)? {
            if chunk.is_gone() && !quiet.contains(&chunk.label()) {
                return Err(format!(
                    "chunk {at} of its recording is gone, and nothing says that it was destroyed"
                ));
            }
            untidy |=
                can_lose_chunks && chunk.is_sound() && !chunk.is_gone() && quiet.contains(&chunk.label());
            let keys = self.keys.open(chunk.label()).filter(|_| !chunk.is_gone());
            if let Some(keys) = keys {
                let plain = chunk.open(keys).map_err(unread)?;
                let plain = plain.ok_or_else(|| torn(Torn::At(at)))?;
                clips.iter_mut().for_each(|clip| clip.hear(read, &plain));
            } else {
                whole = false;
                clips.iter_mut().for_each(|clip| clip.miss(read, chunk.plain_len()));
            }
            read += chunk.plain_len();
            at += 1;
        }
        let found: Chunks = chunks.so_far();
        if !chunks.is_over() || Some(found) != *recording {
            return Err("its recording is not the one that was signed".into());
        }
        match clips.into_iter().find(|clip| !clip.holds()) {
            Some(clip) => Err(format!("its recording is not what was signed with for {}", clip.consent_id)),
            None => Ok((Some(whole.then_some(read / BYTES_PER_MS)), untidy)),
        }
    }

    /// The signatures that are parts of its recording, by its record.
    fn clips(&self) -> Vec<ClipCheck> {
        let Some(Body::Open(bytes)) = &self.record else { return Vec::new() };
        let Ok((_, record)) = parsed::<CallRecord>(bytes) else { return Vec::new() };
        let signed = record.consents.into_iter().filter_map(|consent| {
            let signature = consent.signature?;
            Some(ClipCheck {
                consent_id: consent.consent_id,
                expected: signature.clip_sha256?,
                from: signature.from_ms.saturating_mul(BYTES_PER_MS),
                to: signature.to_ms.saturating_mul(BYTES_PER_MS),
                hash: Sha256::new(),
                is_whole: true,
            })
        });
        signed.collect()
    }
}

/// Two channels of 8 kHz mu-law.
const BYTES_PER_MS: u64 = 16;

/// A signature in the recording, being compared with what the record says of it.
struct ClipCheck {
    consent_id: String,
    expected: String,
    from: u64,
    to: u64,
    hash: Sha256,
    is_whole: bool,
}

impl ClipCheck {
    fn hear(&mut self, at: u64, plain: &[u8]) {
        let end = at + plain.len() as u64;
        let (from, to) = (self.from.clamp(at, end) - at, self.to.clamp(at, end) - at);
        self.hash.update(&plain[from as usize..to.max(from) as usize]);
    }

    fn miss(&mut self, at: u64, length: u64) {
        self.is_whole &= self.to <= at || at + length <= self.from;
    }

    /// Whether it is what the record says, as far as it can be heard.
    fn holds(&self) -> bool {
        !self.is_whole || hex(&self.hash.clone().finalize()) == self.expected
    }
}

/// The labels whose keys were destroyed.
pub(super) fn destroyed(claims: &[Claim]) -> Vec<Label> {
    let named = |label: &Label| {
        claims.iter().any(|claim| matches!(claim, Claim::Destroyed { labels, .. } if labels.contains(label)))
    };
    Label::ALL.into_iter().filter(named).collect()
}

/// The labels whose chunks may be missing from a recording.
pub(super) fn quiet(claims: &[Claim]) -> Vec<Label> {
    let named = |label: &Label| {
        claims.iter().any(|claim| match claim {
            Claim::Destroyed { labels, .. } | Claim::Silenced { labels, .. } => labels.contains(label),
            _ => false,
        })
    };
    Label::ALL.into_iter().filter(named).collect()
}

//! The data keys of calls: one for what is sensitive, one for what proves notice and consent, one for the rest.

use super::seal::{Cipher, random};
use crate::{
    journal::Label,
    ports::{KeyService, KeysFailed, SealKey, StoreUnavailable},
};
use std::{
    collections::HashMap,
    io::Write,
    sync::{Arc, Mutex, PoisonError},
};
use zeroize::Zeroizing;

/// Opened keys are remembered up to this many; a key service may be a network away.
const KNOWN_MAX: usize = 4_096;

/// The keys of one call. One that was destroyed, or that does not open, is not there.
#[derive(Clone)]
pub(super) struct CallKeys {
    pub call_id: String,
    /// At the places of their labels' codes.
    ciphers: [Result<Arc<Cipher>, KeysFailed>; 3],
    /// What seals the opening and the record.
    frame: Label,
}

impl CallKeys {
    pub(super) fn of(&self, label: Label) -> Result<&Cipher, KeysFailed> {
        self.ciphers[usize::from(label.code())].as_deref().map_err(Clone::clone)
    }

    /// The label of the opening and the record: `consent`, or `general` in a call that was sealed before there was a
    /// key for what proves consents.
    pub(super) fn frame(&self) -> Label {
        self.frame
    }

    /// The labels that the call has had keys for.
    pub(super) fn labels(&self) -> &'static [Label] {
        match self.frame {
            Label::Consent => &Label::ALL,
            _ => &Label::BEFORE_CONSENT,
        }
    }

    /// The same, where it is known from elsewhere that the call has had a key for what proves consents.
    pub(super) fn with_consent(self) -> CallKeys {
        CallKeys { frame: Label::Consent, ..self }
    }

    /// Seals a part of the call.
    pub(super) fn seal(&self, part: &Part, plain: &[u8]) -> Result<Vec<u8>, StoreUnavailable> {
        self.of(part.label(self.frame))?.seal(&part.bound(&self.call_id), plain)
    }

    /// Opens a part of the call: `None` where it was altered.
    pub(super) fn open(&self, part: &Part, sealed: &[u8]) -> Result<Option<Zeroizing<Vec<u8>>>, KeysFailed> {
        Ok(self.of(part.label(self.frame))?.open(&part.bound(&self.call_id), sealed))
    }

    /// The same, opened where it lies; `None` also where there is no such key.
    pub(super) fn open_in_place<'a>(&self, part: &Part, sealed: &'a mut [u8]) -> Option<&'a [u8]> {
        let cipher = self.of(part.label(self.frame)).ok()?;
        cipher.open_in_place(&part.bound(&self.call_id), sealed)
    }
}

/// What is sealed, each for its own place.
pub(super) enum Part {
    Opening,
    Entry(u64, Label),
    Record,
    /// A chunk of the recording: its number, label, length in the clear, and whether it is the last.
    Chunk(u32, Label, u32, bool),
    /// What was noted when a hold was placed (`1`) or released (`released 1`).
    Note(String),
}

impl Part {
    fn label(&self, frame: Label) -> Label {
        match self {
            Part::Opening | Part::Record | Part::Note(_) => frame,
            Part::Entry(_, label) | Part::Chunk(_, label, ..) => *label,
        }
    }

    fn bound(&self, call_id: &str) -> Vec<u8> {
        let mut bound = Vec::with_capacity(96);
        // Writing to memory does not fail.
        let _ = write!(bound, "candor-seal/1\n{call_id}\n");
        let _ = match self {
            Part::Opening => write!(bound, "opening"),
            Part::Entry(seq, label) => write!(bound, "entry {seq} {}", label.name()),
            Part::Record => write!(bound, "record"),
            Part::Note(of) => write!(bound, "note {of}"),
            Part::Chunk(seq, label, plain, last) => {
                write!(bound, "chunk {seq} {label} {plain} {}", if *last { "last" } else { "more" })
            }
        };
        bound
    }
}

/// The way to the keys of all calls. Cheap to clone.
#[derive(Clone)]
pub(super) struct SealKeys {
    service: Arc<dyn KeyService>,
    known: Arc<Mutex<HashMap<String, Arc<Cipher>>>>,
}

impl SealKeys {
    pub(super) fn new(service: Arc<dyn KeyService>) -> SealKeys {
        SealKeys { service, known: Arc::default() }
    }

    pub(super) fn shared(&self) -> Arc<dyn KeyService> {
        Arc::clone(&self.service)
    }

    pub(super) fn service(&self) -> &dyn KeyService {
        self.service.as_ref()
    }

    /// Makes the keys of a new call, and wraps them.
    pub(super) async fn make(
        &self,
        program: &str,
        call_id: &str,
    ) -> Result<(CallKeys, Vec<(Label, String)>), StoreUnavailable> {
        let mut wrapped = Vec::new();
        let mut ciphers = Vec::new();
        for label in Label::ALL {
            let key = SealKey::new(random()?);
            let text = self.service.wrap(program, &place(call_id, label), &key).await?;
            ciphers.push(self.remember(&format!("{program}\n{}\n{text}", place(call_id, label)), &key));
            wrapped.push((label, text));
        }
        let ciphers = Label::ALL.map(|label| Ok(Arc::clone(&ciphers[usize::from(label.code())])));
        Ok((CallKeys { call_id: call_id.into(), ciphers, frame: Label::Consent }, wrapped))
    }

    /// The keys of a call whose wrapped ones are these.
    pub(super) async fn unwrapped(
        &self,
        program: &str,
        call_id: &str,
        wrapped: &[(String, String)],
    ) -> Result<CallKeys, StoreUnavailable> {
        let mut ciphers = Label::ALL
            .map(|label| Err(KeysFailed::Missing { tenant: call_id.into(), key: label.name().into() }));
        for (name, text) in wrapped {
            if let Some(label) = Label::of_name(name) {
                ciphers[usize::from(label.code())] = self.at(program, &place(call_id, label), text).await?;
            }
        }
        let has_consent = wrapped.iter().any(|(name, _)| name == Label::Consent.name());
        let frame = if has_consent { Label::Consent } else { Label::General };
        Ok(CallKeys { call_id: call_id.into(), ciphers, frame })
    }

    /// The key that was wrapped for `place`; an error inside where it does not open, outside where nobody knows.
    pub(super) async fn at(
        &self,
        program: &str,
        place: &str,
        text: &str,
    ) -> Result<Result<Arc<Cipher>, KeysFailed>, StoreUnavailable> {
        // The same text under another place was moved there, and must not open.
        let known = self.known().get(&format!("{program}\n{place}\n{text}")).cloned();
        if let Some(cipher) = known {
            return Ok(Ok(cipher));
        }
        match self.service.unwrap_key(program, place, text).await {
            Ok(key) => Ok(Ok(self.remember(&format!("{program}\n{place}\n{text}"), &key))),
            Err(unavailable @ KeysFailed::Unavailable(_)) => Err(unavailable.into()),
            Err(why) => Ok(Err(why)),
        }
    }

    /// Drops what is remembered of the keys of a call.
    pub(super) fn forget(&self, program: &str, call_id: &str) {
        let of_call = format!("{program}\n{call_id} ");
        self.known().retain(|name, _| !name.starts_with(&of_call));
    }

    fn remember(&self, name: &str, key: &SealKey) -> Arc<Cipher> {
        let cipher = Arc::new(Cipher::new(key));
        let mut known = self.known();
        if known.len() >= KNOWN_MAX {
            known.clear();
        }
        known.insert(name.into(), Arc::clone(&cipher));
        cipher
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Cipher>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where a data key belongs.
pub(super) fn place(call_id: &str, label: Label) -> String {
    format!("{call_id} {label}")
}

impl From<KeysFailed> for StoreUnavailable {
    fn from(failed: KeysFailed) -> StoreUnavailable {
        StoreUnavailable(failed.to_string())
    }
}

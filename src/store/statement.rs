//! What a program signs: of its calls heads of journals, ends, redactions, destructions, days; heads of its book.

use super::retention::Certified;
use crate::{
    journal::{Chunks, Hash32, HoldReason, Label, canonical},
    ports::{KeyService, StoreUnavailable},
    time::Utc,
};
use ring::signature::{ED25519, UnparsedPublicKey};
use serde::{Deserialize, Serialize};

/// A head is signed each time so many entries were written.
pub(super) const ENTRIES_A_HEAD: u64 = 256;

/// What is signed. As canonical JSON it is the `body` of a [`Statement`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case", deny_unknown_fields)]
#[allow(missing_docs)] // docs/record-format.md says each
pub enum Claim {
    /// The journal has had this head.
    Head { call_id: String, entries: u64, head: Hash32 },
    /// The call is over: everything that is plain about it, and the commitments to what is sealed.
    Closed {
        call_id: String,
        program: String,
        channel: String,
        started_at: Utc,
        ended_at: Utc,
        outcome: String,
        opening: Hash32,
        entries: u64,
        head: Hash32,
        record: Hash32,
        recording: Option<Chunks>,
        /// The labels that the call has keys for; a version that had no key for what proves consents wrote none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        labels: Option<Vec<Label>>,
    },
    /// The journal was plain and was sealed: its head before, and the first entry that did not fit, if one did not.
    WasPlain { call_id: String, entries: u64, head: Option<String>, broken_at: Option<u64> },
    /// The bodies of these entries were taken out.
    Redacted { call_id: String, at: Utc, entries: Vec<u64> },
    /// The keys of these labels were destroyed, and with them everything they seal.
    Destroyed { call_id: String, at: Utc, labels: Vec<Label> },
    /// The chunks of these labels were taken out of the recording; their keys may be there still.
    Silenced { call_id: String, at: Utc, labels: Vec<Label> },
    /// Nothing of the call is destroyed until the hold is released, or a moment has come.
    Held { call_id: String, at: Utc, hold: u64, reason: HoldReason, until: Option<Utc>, note: Option<String> },
    /// A hold is over: one that was placed, or (by its name) one that a request of the patient is.
    HoldReleased { call_id: String, at: Utc, hold: String, note: Option<String> },
    /// All calls of a program that were closed on a day (UTC): SHA-256 over a line for each.
    Day { program: String, day: String, calls: u64, head: Hash32 },
    /// An export: SHA-256 of its manifest.
    Export { call_id: String, manifest: Hash32 },
    /// What was destroyed in one go, under which policy.
    Certificate(Box<Certified>),
    /// The book of a program has had this head.
    BookHead { program: String, entries: u64, head: Hash32 },
    /// The key of a month of a program's book was destroyed, and with it what was noted in that month.
    MonthDestroyed { program: String, at: Utc, month: String },
    /// An export of a book: SHA-256 of its manifest.
    BookExport { program: String, manifest: Hash32 },
}

impl Claim {
    /// The call it is about; `None` of what is about many.
    pub fn call_id(&self) -> Option<&str> {
        match self {
            Claim::Head { call_id, .. }
            | Claim::Closed { call_id, .. }
            | Claim::WasPlain { call_id, .. }
            | Claim::Redacted { call_id, .. }
            | Claim::Destroyed { call_id, .. }
            | Claim::Silenced { call_id, .. }
            | Claim::Held { call_id, .. }
            | Claim::HoldReleased { call_id, .. } => Some(call_id),
            Claim::Day { .. }
            | Claim::Export { .. }
            | Claim::Certificate(_)
            | Claim::BookHead { .. }
            | Claim::MonthDestroyed { .. }
            | Claim::BookExport { .. } => None,
        }
    }
}

/// A claim with its signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// The claim, as canonical JSON: exactly these bytes are signed, after [`SIGNED`].
    pub body: String,
    /// Ed25519, 128 hex digits.
    #[serde(with = "signature")]
    pub signature: [u8; 64],
}

/// What stands before the body of a statement when it is signed.
pub const SIGNED: &[u8] = b"candor-statement/1\n";

impl Statement {
    /// Signs a claim as `program`.
    pub async fn sign(
        keys: &dyn KeyService,
        program: &str,
        claim: &Claim,
    ) -> Result<Statement, StoreUnavailable> {
        let body = String::from_utf8(canonical(claim)).expect("JSON is UTF-8");
        let signature = keys.sign(program, &[SIGNED, body.as_bytes()].concat()).await?;
        Ok(Statement { body, signature })
    }

    /// Whether it says that its call has had a key of this label, for reading what it signs; whether to believe it is
    /// another question.
    pub(super) fn tells_of(&self, label: Label) -> bool {
        match serde_json::from_str(&self.body) {
            Ok(Claim::Closed { labels: Some(labels), .. } | Claim::Destroyed { labels, .. }) => {
                labels.contains(&label)
            }
            _ => false,
        }
    }

    /// How many entries it says that its call had at its end; whether to believe it is another question.
    pub(super) fn entries_at_end(&self) -> Option<u64> {
        entries_at_end(self.body.as_bytes())
    }

    /// The claim, where the signature is that of `public`.
    pub fn claim(&self, public: &[u8; 32]) -> Option<Claim> {
        let message = [SIGNED, self.body.as_bytes()].concat();
        UnparsedPublicKey::new(&ED25519, public).verify(&message, &self.signature).ok()?;
        serde_json::from_str(&self.body).ok()
    }
}

/// How many entries a claim says that its call had at its end.
pub(super) fn entries_at_end(claim: &[u8]) -> Option<u64> {
    match serde_json::from_slice(claim) {
        Ok(Claim::Closed { entries, .. }) => Some(entries),
        _ => None,
    }
}

/// The head of a day: SHA-256 over a line for each call that was closed, in the order of their ids, each with its
/// number of entries, its journal's head, and the commitment to its record.
pub fn day_head(program: &str, day: &str, calls: &[(String, (u64, Hash32, Hash32))]) -> Hash32 {
    let mut text = format!("candor-day/1\n{program}\n{day}\n");
    for (call_id, (entries, head, record)) in calls {
        text.push_str(&format!("{call_id} {entries} {head} {record}\n"));
    }
    Hash32::sha256(&[text.as_bytes()])
}

mod signature {
    //! 64 bytes as hex.

    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use std::fmt::Write;

    pub(super) fn serialize<S: Serializer>(bytes: &[u8; 64], to: S) -> Result<S::Ok, S::Error> {
        let mut text = String::with_capacity(128);
        for byte in bytes {
            write!(text, "{byte:02x}").map_err(serde::ser::Error::custom)?;
        }
        to.serialize_str(&text)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<[u8; 64], D::Error> {
        let text = String::deserialize(from)?;
        let bad = || D::Error::custom("a signature is 128 hex digits in lower case");
        let halves = text.split_at_checked(64).ok_or_else(bad)?;
        let half = |text: &str| text.parse::<crate::journal::Bytes32>().map_err(|_| bad());
        let mut bytes = [0; 64];
        bytes[..32].copy_from_slice(&half(halves.0)?.0);
        bytes[32..].copy_from_slice(&half(halves.1)?.0);
        Ok(bytes)
    }
}

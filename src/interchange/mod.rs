//! A call in the forms that other systems take: FHIR, vCon, WebVTT, JSON, an accounting of releases.
//!
//! Each is a projection: a function of the journal, the record and the script, and of the moment it is made at.
//! Nothing here is a store's own form, and nothing is read back. What each holds, field by field, and what it leaves
//! out, is in `docs/interchange.md`.

pub mod accounting;
pub mod fhir;
pub mod transcript;
mod turns;
pub mod vcon;

pub use turns::{By, HowMuch, Turn, Voice, turns};

use crate::{
    journal::{CallRecord, Entry, Opened},
    program::{Program, Recipient, RecipientId},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha1::Sha1;
use sha2::{Digest, Sha256};

/// What is projected.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// How the journal begins.
    pub opened: &'a Opened,
    /// The journal.
    pub entries: &'a [Entry],
    /// The record computed from it.
    pub record: &'a CallRecord,
    /// The script of the program that was called.
    pub program: &'a Program,
}

impl<'a> Call<'a> {
    /// The recipient as the script has it; `None` where it was taken out since.
    fn recipient(&self, id: &RecipientId) -> Option<&'a Recipient> {
        self.program.recipient(id)
    }

    /// How a recipient is named in writing.
    fn recipient_name(&self, id: &RecipientId) -> String {
        match self.recipient(id) {
            Some(recipient) => recipient.legal_name.in_locale(self.record.disclosure.locale).to_owned(),
            None => id.to_string(),
        }
    }

    /// The caller's name, where a consent was signed with it.
    fn patient_name(&self) -> Option<&'a str> {
        self.record.consents.iter().find_map(|c| Some(c.signature.as_ref()?.name.as_str()))
    }
}

/// Which parts of a call go into an export.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Segments {
    /// Everything but what tells of substance use or health: the answers to sensitive questions and the like.
    #[default]
    WithoutSensitive,
    /// Everything.
    All,
}

/// SHA-256, hex.
fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// SHA-1, base64: how FHIR wants the hash of an attachment.
fn sha1(bytes: &[u8]) -> String {
    base64(&Sha1::digest(bytes))
}

fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

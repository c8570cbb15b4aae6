//! Certificates of destruction: what went, when, under which policy, by whom, signed by the program.

use super::super::statement::{Claim, Statement};
use crate::{
    journal::{Bytes32, Label, canonical},
    program::Policy,
    time::Utc,
};
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

const FORMAT: u32 = 1;

/// What a certificate of destruction says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // docs/record-format.md says each
pub struct Certified {
    pub certificate: String,
    pub program: String,
    pub public_key: Bytes32,
    pub at: Utc,
    pub by: String,
    pub policy: Policy,
    /// Whether everything of the program was destroyed, its keys last.
    pub everything: bool,
    pub calls: Vec<Gone>,
}

/// What was destroyed of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Gone {
    pub call_id: String,
    /// Labels whose keys were destroyed.
    pub labels: Vec<Label>,
    /// Labels whose chunks were taken out of the recording, their keys being kept.
    pub silenced: Vec<Label>,
    /// How many entries were redacted, their keys being kept.
    pub redacted: u64,
}

impl Certified {
    /// The certificate as a text for people.
    pub fn text(&self) -> String {
        let mut text = format!(
            "CERTIFICATE OF DESTRUCTION {}\n\nProgram: {}\nWhen: {} (UTC)\nBy: {}\nPolicy: recordings {} days, \
             transcripts {} days, consents {} years, access log {} years\n",
            self.certificate,
            self.program,
            self.at,
            self.by,
            self.policy.recordings_days,
            self.policy.transcripts_days,
            self.policy.consents_years,
            self.policy.access_log_years,
        );
        if self.everything {
            text.push_str("Everything of this program was destroyed, and its keys with it.\n");
        }
        let _ = writeln!(text, "\n{} calls:", self.calls.len());
        for gone in &self.calls {
            let _ = writeln!(text, "  {}  {}", gone.call_id, gone.kinds());
        }
        let _ = write!(
            text,
            "\nThe keys were deleted first, so that what they sealed cannot be opened, here or in a copy, without \
             a copy\nof the database from before and the keyring. The signature is in the JSON file beside this \
             one; check it with\n  candor record verify --certificate {}.json --public-key HEX\n",
            self.certificate
        );
        text
    }
}

impl Gone {
    /// What went, in words.
    pub fn kinds(&self) -> String {
        let named = |labels: &[Label]| labels.iter().map(|label| label.name()).collect::<Vec<_>>().join(", ");
        let mut kinds = Vec::new();
        if !self.labels.is_empty() {
            kinds.push(format!("keys: {}", named(&self.labels)));
        }
        if !self.silenced.is_empty() {
            kinds.push(format!("recording: {}", named(&self.silenced)));
        }
        if self.redacted > 0 {
            kinds.push(format!("{} entries of the journal", self.redacted));
        }
        if kinds.is_empty() { "nothing".into() } else { kinds.join("; ") }
    }
}

/// A certificate with its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed(Statement);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    candor_certificate: u32,
    statement: Statement,
}

impl Signed {
    /// The certificate that a statement is.
    pub(super) fn of(statement: Statement) -> Signed {
        Signed(statement)
    }

    /// The certificate in a file.
    pub fn read(bytes: &[u8]) -> Result<Signed, String> {
        match serde_json::from_slice(bytes) {
            Ok(File { candor_certificate: FORMAT, statement }) => Ok(Signed(statement)),
            Ok(File { candor_certificate, .. }) => {
                Err(format!("it is of version {candor_certificate}, and this program reads version {FORMAT}"))
            }
            Err(_) => Err("it is no certificate, or was altered".into()),
        }
    }

    /// The certificate as a file: one line of JSON.
    pub fn file(&self) -> Vec<u8> {
        let mut line = canonical(&File { candor_certificate: FORMAT, statement: self.0.clone() });
        line.push(b'\n');
        line
    }

    /// What it says, where its signature holds; `public` is the key that the program published, and without it the
    /// certificate's own is believed.
    pub fn check(&self, public: Option<Bytes32>) -> Result<Certified, String> {
        let claimed = match serde_json::from_str(&self.0.body) {
            Ok(Claim::Certificate(certified)) => *certified,
            _ => return Err("it is no certificate, or was altered".into()),
        };
        if public.is_some_and(|public| public != claimed.public_key) {
            return Err("its public key is not the one that was given".into());
        }
        match self.0.claim(&claimed.public_key.0) {
            Some(Claim::Certificate(certified)) if *certified == claimed => Ok(claimed),
            _ => Err("it was altered, or another key signed it".into()),
        }
    }
}

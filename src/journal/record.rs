//! The call record of the contract, computed from a journal.

use crate::{
    dialogue::{
        Acknowledgement, AnswerStatus, ChannelKind, Decision, Escalation, Outcome, RequestKind, Told,
    },
    program::{Elicits, Locale, RecipientId},
    time::Utc,
    understand::Percent,
};
use serde::{Deserialize, Serialize};

/// What is known of a call. Field by field as in the contract; sensitive answers are never in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)] // the names of the contract
pub struct CallRecord {
    pub call_id: String,
    pub program: String,
    pub channel: ChannelKind,
    pub provider: Option<String>,
    pub provider_call_id: Option<String>,
    pub direction: String,
    pub started_at: Utc,
    pub ended_at: Utc,
    pub outcome: Outcome,
    pub disclosure: Disclosure,
    pub gate: Vec<GateMove>,
    pub consents: Vec<ConsentRecord>,
    pub questions: Vec<QuestionRecord>,
    pub requests: Vec<RequestRecord>,
    pub escalations: Vec<EscalationRecord>,
    pub recording: Option<RecordingRecord>,
    pub resumes: Option<String>,
    pub journal: JournalRecord,
}

/// The notice on the call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Disclosure {
    pub id: String,
    pub version: String,
    pub sha256: String,
    pub locale: Locale,
    pub started_at: Option<Utc>,
    pub heard_at: Option<Utc>,
    pub interruptions: u32,
    pub acknowledgement: Acknowledgement,
    pub acknowledged_at: Option<Utc>,
}

/// The gate opened or closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct GateMove {
    pub open: bool,
    pub at: Utc,
    pub why: String,
}

/// One consent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ConsentRecord {
    pub consent_id: String,
    pub recipient: RecipientId,
    pub purpose: String,
    pub decision: Decision,
    pub question: AskedText,
    pub response: Option<ResponseRecord>,
    pub signature: Option<serde_json::Value>,
    pub releasable: bool,
    pub blocked_by: Vec<String>,
    pub why: Option<String>,
    pub asked_at: Option<Utc>,
    pub decided_at: Option<Utc>,
    pub revoked_at: Option<Utc>,
    pub revocation: Option<RevocationRecord>,
    pub supersedes: Option<String>,
    pub expires: Option<Utc>,
}

/// The consent question as it was spoken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct AskedText {
    pub version: String,
    pub text: String,
}

/// The caller's words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ResponseRecord {
    pub text: String,
    pub confidence: Percent,
    pub from_ms: u64,
    pub to_ms: u64,
}

/// How a grant was taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct RevocationRecord {
    pub told: Told,
    pub response: ResponseRecord,
}

/// A question that was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct QuestionRecord {
    pub id: String,
    pub elicits: Elicits,
    pub asked_at: Utc,
    pub status: AnswerStatus,
    pub answered_at: Option<Utc>,
}

/// A request for the compliance contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct RequestRecord {
    pub kind: RequestKind,
    pub at: Utc,
}

/// A person called in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct EscalationRecord {
    pub kind: Escalation,
    pub at: Utc,
}

/// The recording of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct RecordingRecord {
    pub duration_ms: u64,
    pub channels: u8,
    pub sha256: String,
}

/// The journal's length and last hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct JournalRecord {
    pub entries: u64,
    pub head: String,
}

//! The call record of the contract, computed from a journal.

use super::{Chain, Entry, Event, Opened};
use crate::{
    dialogue::{
        Acknowledgement, AnswerStatus, Block, ChannelKind, Decision, Escalation, Fact, Outcome, RequestKind,
        Response, SignatureKind, SignedAs, Told,
    },
    program::{Elicits, Instrument, Locale, RecipientId},
    time::{Millis, Utc},
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
    /// From typing to talking and back, in order; left out where the call stayed on its channel.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moves: Vec<MoveRecord>,
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
    /// The call in which this chat goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resumed_by: Option<String>,
    pub journal: JournalRecord,
}

/// The caller went on in another way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct MoveRecord {
    pub to: ChannelKind,
    pub at: Utc,
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
    pub signature: Option<SignatureRecord>,
    pub instrument: Option<Instrument>,
    pub releasable: bool,
    pub blocked_by: Vec<Block>,
    pub why: Option<String>,
    pub asked_at: Option<Utc>,
    pub decided_at: Option<Utc>,
    pub revoked_at: Option<Utc>,
    pub revocation: Option<RevocationRecord>,
    pub supersedes: Option<String>,
    pub expires: Option<Utc>,
    pub expires_event: Option<String>,
    /// Never in a record that a call left: filled where a record is shown as it stands today.
    #[serde(default, skip_serializing_if = "Since::is_empty")]
    pub since: Since,
}

/// What happened to a consent after its call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Since {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed: Option<Written>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<Revoked>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub superseded_by: Option<String>,
}

impl Since {
    /// Whether nothing happened.
    pub fn is_empty(&self) -> bool {
        *self == Since::default()
    }
}

/// A signature in writing that came after the call: `kind` is `click` or `paper`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Written {
    pub kind: String,
    pub name: String,
    pub at: Utc,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instrument_sha256: Option<String>,
}

/// A revocation after the call: `how` is `call` (a later one), `letter`, `email`, `in_person`, `phone` or
/// `signing_page`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Revoked {
    pub at: Utc,
    pub how: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_id: Option<String>,
}

/// How a consent was signed; the clip is the part of the recording from the question to the agreement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct SignatureRecord {
    pub kind: SignatureKind,
    pub name: String,
    pub signed_at: Utc,
    pub from_ms: u64,
    pub to_ms: u64,
    pub clip_sha256: Option<String>,
    pub instrument_sha256: String,
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

/// The record of the call whose journal this is, as far as it goes: what was asked and not decided is
/// incomplete, and a call that never ended was abandoned when its last entry was written.
pub fn record(opened: &Opened, entries: &[Entry]) -> CallRecord {
    let mut record = blank(opened);
    let mut ended = false;
    for entry in entries {
        let at = opened.started_at.plus(entry.at);
        if !ended {
            record.ended_at = at;
        }
        match &entry.event {
            Event::Fact { fact } => {
                ended |= matches!(fact, Fact::Ended { .. });
                apply(&mut record, opened, at, fact);
            }
            Event::Recording { duration_ms, sha256, clips, .. } => {
                for clip in clips {
                    let signed = record.consents.iter_mut().find(|c| c.consent_id == clip.consent_id);
                    if let Some(signature) = signed.and_then(|c| c.signature.as_mut()) {
                        signature.clip_sha256 = Some(clip.sha256.clone());
                    }
                }
                let sha256 = sha256.clone();
                record.recording = Some(RecordingRecord { duration_ms: *duration_ms, channels: 2, sha256 });
            }
            _ => {}
        }
    }
    let head = match entries.last() {
        Some(last) => last.hash,
        None => Chain::new(opened).head(),
    };
    record.journal = JournalRecord { entries: entries.len() as u64, head: head.to_string() };
    record
}

/// What is known before anything happened: the notice is on record even of a call that ends at once.
///
/// Duty: D4, 42 CFR 2.22.
fn blank(opened: &Opened) -> CallRecord {
    CallRecord {
        call_id: opened.call_id.clone(),
        program: opened.program.clone(),
        channel: opened.channel,
        provider: opened.provider.clone(),
        provider_call_id: opened.provider_call_id.clone(),
        direction: opened.direction.clone(),
        moves: Vec::new(),
        started_at: opened.started_at,
        ended_at: opened.started_at,
        outcome: Outcome::Abandoned,
        disclosure: Disclosure {
            id: opened.notice_id.clone(),
            version: opened.notice_version.clone(),
            sha256: opened.notice_sha256.clone(),
            locale: opened.locale,
            started_at: None,
            heard_at: None,
            interruptions: 0,
            acknowledgement: Acknowledgement::None,
            acknowledged_at: None,
        },
        gate: Vec::new(),
        consents: Vec::new(),
        questions: Vec::new(),
        requests: Vec::new(),
        escalations: Vec::new(),
        recording: None,
        resumes: opened.resumes.clone(),
        resumed_by: None,
        journal: JournalRecord { entries: 0, head: String::new() },
    }
}

fn apply(record: &mut CallRecord, opened: &Opened, at: Utc, fact: &Fact) {
    let notice = &mut record.disclosure;
    match fact {
        Fact::NoticeBegan => notice.started_at = notice.started_at.or(Some(at)),
        Fact::NoticeInterrupted => notice.interruptions += 1,
        Fact::NoticeHeard => notice.heard_at = Some(at),
        Fact::NoticeLocale { locale, sha256 } => {
            (notice.locale, notice.sha256) = (*locale, sha256.clone());
            (notice.started_at, notice.heard_at, notice.acknowledged_at) = (None, None, None);
            notice.acknowledgement = Acknowledgement::None;
        }
        Fact::Acknowledged { answer, .. } => {
            (notice.acknowledgement, notice.acknowledged_at) = (*answer, Some(at));
        }
        Fact::Gate { open, why } => record.gate.push(GateMove { open: *open, at, why: why.clone() }),
        Fact::ConsentAsked {
            consent_id,
            recipient,
            purpose,
            version,
            text,
            expires,
            expires_event,
            supersedes,
        } => {
            let consent = consent(record, consent_id, recipient);
            consent.purpose.clone_from(purpose);
            consent.question = AskedText { version: version.clone(), text: text.clone() };
            consent.asked_at = Some(at);
            consent.supersedes.clone_from(supersedes);
            consent.expires = *expires;
            consent.expires_event.clone_from(expires_event);
        }
        Fact::ConsentDecided { consent_id, recipient, decision, response, signature, blocked_by, why } => {
            let consent = consent(record, consent_id, recipient);
            consent.decision = *decision;
            consent.response = response.as_ref().map(response_record);
            consent.why.clone_from(why);
            consent.decided_at = (*decision != Decision::Incomplete).then_some(at);
            consent.signature = signature.as_ref().map(|s| signature_record(s, at));
            consent.instrument = signature.as_ref().map(|s| s.instrument.expose().clone());
            consent.blocked_by.clone_from(blocked_by);
            consent.releasable = *decision == Decision::Granted && blocked_by.is_empty();
        }
        Fact::ConsentBlocked { consent_id, recipient, by } => {
            // One of the chat that this call goes on with stands in the record of that chat.
            let of_chat =
                record.resumes.is_some() && !record.consents.iter().any(|c| c.consent_id == *consent_id);
            if of_chat {
                return;
            }
            let consent = consent(record, consent_id, recipient);
            consent.releasable = false;
            if !consent.blocked_by.contains(by) {
                consent.blocked_by.push(*by);
            }
        }
        Fact::ConsentRevoked { consent_id, recipient, told, response } => {
            let consent = consent(record, consent_id, recipient);
            consent.decision = Decision::Revoked;
            consent.releasable = false;
            consent.blocked_by = vec![Block::Revoked];
            consent.revoked_at = Some(at);
            consent.revocation = Some(RevocationRecord { told: *told, response: response_record(response) });
        }
        Fact::QuestionAsked { id, elicits } => record.questions.push(QuestionRecord {
            id: id.clone(),
            elicits: *elicits,
            asked_at: at,
            status: AnswerStatus::Pending,
            answered_at: None,
        }),
        Fact::QuestionEnded { id, status, .. } => {
            if let Some(question) = record.questions.iter_mut().find(|q| q.id == *id) {
                question.status = *status;
                question.answered_at = (*status == AnswerStatus::Answered).then_some(at);
            }
        }
        Fact::Requested { kind } => record.requests.push(RequestRecord { kind: *kind, at }),
        Fact::Escalated { kind } => record.escalations.push(EscalationRecord { kind: *kind, at }),
        Fact::Moved { to } => record.moves.push(MoveRecord { to: *to, at }),
        Fact::HandedOver { to } => record.resumed_by = Some(to.clone()),
        Fact::Resumes { from } => record.resumes = Some(from.clone()),
        Fact::Ended { outcome } => (record.outcome, record.ended_at) = (*outcome, at),
        Fact::SudUnprompted | Fact::RecordingOff | Fact::CompanyPresent | Fact::TakenBackBefore { .. } => {}
    }
    debug_assert!(at >= opened.started_at, "a fact is never older than its call");
}

/// The consent called `id`; a new one is incomplete until it is decided.
fn consent<'a>(record: &'a mut CallRecord, id: &str, recipient: &RecipientId) -> &'a mut ConsentRecord {
    if let Some(at) = record.consents.iter().position(|c| c.consent_id == id) {
        return &mut record.consents[at];
    }
    record.consents.push(ConsentRecord {
        consent_id: id.to_owned(),
        recipient: recipient.clone(),
        purpose: String::new(),
        decision: Decision::Incomplete,
        question: AskedText { version: String::new(), text: String::new() },
        response: None,
        signature: None,
        instrument: None,
        releasable: false,
        blocked_by: Vec::new(),
        why: None,
        asked_at: None,
        decided_at: None,
        revoked_at: None,
        revocation: None,
        supersedes: None,
        expires: None,
        expires_event: None,
        since: Since::default(),
    });
    record.consents.last_mut().expect("one was just pushed")
}

fn signature_record(signed: &SignedAs, signed_at: Utc) -> SignatureRecord {
    let (Millis(from_ms), Millis(to_ms)) = (signed.from, signed.to);
    SignatureRecord {
        kind: signed.kind,
        name: signed.name.expose().clone(),
        signed_at,
        from_ms,
        to_ms,
        clip_sha256: None,
        instrument_sha256: signed.instrument.expose().sha256.clone(),
    }
}

fn response_record(response: &Response) -> ResponseRecord {
    let Millis(from_ms) = response.from;
    let Millis(to_ms) = response.to;
    ResponseRecord { text: response.text.expose().clone(), confidence: response.confidence, from_ms, to_ms }
}

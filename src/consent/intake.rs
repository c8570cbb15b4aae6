//! What a call left for the program's staff: answers, requests with their due dates, escalations, consents.

use super::{Patients, Standing};
use crate::{
    access::{self, Asking, Consent, Datum, Seen, decide},
    book::{BookEvent, Noted},
    dialogue::{AnswerStatus, Block, ChannelKind, Decision, Fact, Outcome, RequestKind},
    journal::{CallRecord, Entry, EscalationRecord, Event, Label},
    program::Elicits,
    time::Utc,
};
use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use serde::Serialize;

/// What a call left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)] // the names of the interface
pub struct Intake {
    pub call_id: String,
    pub program: String,
    pub channel: ChannelKind,
    pub started_at: Utc,
    pub ended_at: Utc,
    pub outcome: Outcome,
    /// The patient's opaque reference, where the call was joined to one.
    pub patient: Option<String>,
    /// What is still to be done about it; nothing where it is done.
    pub waits: Vec<Waits>,
    pub requests: Vec<Due>,
    pub escalations: Vec<EscalationRecord>,
    pub consents: Vec<Standing>,
    /// Only where one intake is shown.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<AnswerShown>,
    pub done: Option<Done>,
}

/// Why an intake waits for somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Waits {
    /// Nobody has marked it as done yet.
    Unread,
    /// A request is open.
    Request,
    /// Something was taken back that this call did not give, and whose call it is could not be verified: find out
    /// whether there are earlier grants, and revoke them.
    UnjoinedRevocation,
    /// A grant waits for a signature in writing.
    Signature,
}

/// A request, and when it is due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct Due {
    pub request: u32,
    pub kind: RequestKind,
    pub filed_at: Utc,
    /// The last day on which it can be answered in time, where the law sets one.
    #[serde(serialize_with = "as_day")]
    pub due: Option<Date>,
    pub overdue: bool,
    pub done: Option<Done>,
}

/// Who dealt with something, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct Done {
    pub at: Utc,
    pub by: String,
}

/// An answer, as far as the reader may have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct AnswerShown {
    pub question: String,
    pub sensitive: bool,
    pub status: AnswerStatus,
    /// What was said.
    pub text: Option<String>,
    /// The value in it, normalised.
    pub value: Option<String>,
    pub confirmed: bool,
    /// It is there, and not for this reader.
    pub withheld: bool,
}

/// What the call of `record` left, as it stands at `now`.
pub fn intake(record: &CallRecord, standing: &[Standing], noted: &[Noted], now: Utc) -> Intake {
    let mine = |note: &&Noted| note.call_id.as_deref() == Some(record.call_id.as_str());
    let done = |wanted: Option<u32>| {
        noted.iter().filter(mine).find_map(|note| match &note.event {
            BookEvent::RequestDone(done) if done.request == wanted => {
                Some(Done { at: note.at, by: done.by.clone() })
            }
            _ => None,
        })
    };
    let requests = (0..).zip(&record.requests).map(|(request, filed)| {
        let due = due(filed.kind, filed.at);
        let done = done(Some(request));
        let overdue = done.is_none() && due.is_some_and(|due| due < day(now));
        Due { request, kind: filed.kind, filed_at: filed.at, due, overdue, done }
    });
    let requests: Vec<Due> = requests.collect();
    let consents: Vec<Standing> =
        standing.iter().filter(|one| one.call_id == record.call_id).cloned().collect();
    let patient = Patients::of(noted).of_call(&record.call_id);
    let whole = done(None);
    let mut waits = Vec::new();
    let left_something = !record.questions.is_empty()
        || !record.requests.is_empty()
        || !record.escalations.is_empty()
        || !record.consents.is_empty();
    if whole.is_none() && left_something {
        waits.push(Waits::Unread);
        // Whoever marks it as done has looked at these too.
        let taken_back = |c: &crate::journal::ConsentRecord| {
            c.decision == Decision::Revoked
                || (c.decision == Decision::Denied && c.why.is_some() && c.response.is_some())
        };
        if patient.is_none() && record.consents.iter().any(taken_back) {
            waits.push(Waits::UnjoinedRevocation);
        }
        let unsigned = |one: &Standing| one.is_live() && one.blocked_by.contains(&Block::WrittenSignature);
        if consents.iter().any(unsigned) {
            waits.push(Waits::Signature);
        }
    }
    if requests.iter().any(|request| request.done.is_none()) {
        waits.push(Waits::Request);
    }
    Intake {
        call_id: record.call_id.clone(),
        program: record.program.clone(),
        channel: record.channel,
        started_at: record.started_at,
        ended_at: record.ended_at,
        outcome: record.outcome,
        patient,
        waits,
        requests,
        escalations: record.escalations.clone(),
        consents,
        answers: Vec::new(),
        done: whole,
    }
}

/// The last day for an answer: 30 days for access (45 CFR 164.524(b)), 60 for a correction (164.526(b)) and for an
/// accounting (164.528(c)). Days of the calendar, in UTC; a request that the law gives no term has none.
///
/// Duty: D18, 42 CFR 2.23, 2.25.
pub fn due(kind: RequestKind, filed: Utc) -> Option<Date> {
    let days = match kind {
        RequestKind::Access => 30,
        RequestKind::Correction | RequestKind::Accounting => 60,
        RequestKind::Deletion
        | RequestKind::Restriction
        | RequestKind::Complaint
        | RequestKind::InquiryUnlinked
        | RequestKind::LegalDemandUnlinked => return None,
    };
    day(filed).checked_add(SignedDuration::from_hours(24 * days)).ok()
}

fn as_day<S: serde::Serializer>(day: &Option<Date>, to: S) -> Result<S::Ok, S::Error> {
    day.map(|day| day.to_string()).serialize(to)
}

fn day(at: Utc) -> Date {
    Timestamp::from_millisecond(at.0).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(TimeZone::UTC).date()
}

impl Intake {
    /// As whoever asks sees it: answers that are not for them are withheld, emergencies left out, names masked. `None`
    /// where nothing of it is for them.
    ///
    /// Duty: D21, 42 CFR 2.13(a).
    pub fn seen_by(mut self, asking: &Asking) -> Option<Intake> {
        let restricted = self.consents.iter().any(|one| one.blocked_by.contains(&Block::Restriction));
        let consent = if restricted { Consent::Restricted } else { Consent::None };
        let call = access::Standing { consent, is_glass_broken: asking.is_glass_broken };
        let clear = |datum| decide(asking.role, asking.purpose, datum, call) == Seen::Clear;
        if !clear(Datum::Administrative) {
            return None;
        }
        for answer in &mut self.answers {
            let told = if answer.sensitive { clear(Datum::Sud) } else { clear(Datum::Identity) };
            if !told {
                answer.withheld = answer.text.is_some();
                (answer.text, answer.value, answer.confirmed) = (None, None, false);
            }
        }
        if !clear(Datum::Emergency) {
            self.escalations.clear();
        }
        if !clear(Datum::Identity) {
            self.consents = self.consents.into_iter().map(Standing::without_names).collect();
        }
        Some(self)
    }
}

/// The answers of a call, in the order in which they were given; a question that was asked again has its last one.
/// All of them: [`Intake::seen_by`] withholds those that are not for somebody.
pub fn answers(entries: &[Entry]) -> Vec<AnswerShown> {
    let mut elicits: Vec<&str> = Vec::new();
    let mut shown: Vec<AnswerShown> = Vec::new();
    for entry in entries {
        match &entry.event {
            Event::Fact { fact: Fact::QuestionAsked { id, elicits: what } } if *what != Elicits::None => {
                elicits.push(id);
            }
            Event::Fact { fact: Fact::QuestionEnded { id, status, answer } } => {
                let given = answer.as_ref().map(|answer| answer.expose());
                shown.retain(|other| other.question != *id);
                shown.push(AnswerShown {
                    question: id.clone(),
                    sensitive: entry.label != Label::General || elicits.contains(&id.as_str()),
                    status: *status,
                    text: given.map(|answer| answer.text.clone()),
                    value: given.and_then(|answer| answer.value.clone()),
                    confirmed: given.is_some_and(|answer| answer.confirmed),
                    withheld: false,
                });
            }
            _ => {}
        }
    }
    shown
}

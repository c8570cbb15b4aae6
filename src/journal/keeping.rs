//! Until when the parts of a call are kept: a function of its record, the policy and what the patient asked for.

use super::CallRecord;
use crate::{
    dialogue::{Decision, RequestKind},
    program::Policy,
    time::Utc,
};
use jiff::{Span, Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};

/// A request of the patient holds what it is about until it was seen to, or for so many days: the longest time that
/// the rules give for an answer, 60 days and 30 more (45 CFR 164.526(b)(2), 164.528(c)(1); 164.524(b)(2) gives 30
/// and 30).
pub const REQUEST_DAYS: i64 = 90;

const DAY_MS: i64 = 86_400_000;

/// From when on each part of a call may be destroyed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keeping {
    /// The recording, but for consents being asked for and given.
    pub recording_until: Utc,
    /// The words of both sides.
    pub transcript_until: Utc,
    /// What proves notice and consent; `None` while a grant lasts that has no day on which it ends.
    pub proofs_until: Option<Utc>,
}

impl Keeping {
    /// When the parts of the call with this record may be destroyed.
    pub fn of(record: &CallRecord, policy: &Policy) -> Keeping {
        let days =
            |days: u64| Utc(record.ended_at.0.saturating_add(days.cast_signed().saturating_mul(DAY_MS)));
        let proofs = record.consents.iter().try_fold(record.ended_at, |last, consent| {
            let ended = match consent.decision {
                // Expiry or revocation, whichever is later: what was revoked early was a consent until its day.
                Decision::Revoked => consent.revoked_at.max(consent.expires),
                Decision::Granted => consent.expires,
                Decision::Denied | Decision::Deferred | Decision::Incomplete => {
                    consent.decided_at.or(Some(record.ended_at))
                }
            };
            ended.map(|ended| last.max(ended))
        });
        Keeping {
            recording_until: days(policy.recordings_days),
            transcript_until: days(policy.transcripts_days),
            proofs_until: proofs.map(|last| years_after(last, policy.consents_years)),
        }
    }
}

/// The same day so many years later.
pub fn years_after(moment: Utc, years: u64) -> Utc {
    let never = Utc(i64::MAX);
    let Ok(at) = Timestamp::from_millisecond(moment.0) else { return never };
    let Ok(years) = i64::try_from(years) else { return never };
    let Ok(span) = Span::new().try_years(years) else { return never };
    match at.to_zoned(TimeZone::UTC).checked_add(span) {
        Ok(later) => Utc(later.timestamp().as_millisecond()),
        Err(_) => never,
    }
}

/// Why nothing of a call may be destroyed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldReason {
    /// A court, a subpoena, a dispute that is to be expected.
    Legal,
    /// The patient asked for something that needs it.
    PatientRequest,
    /// A complaint.
    Complaint,
    /// An incident, a breach perhaps.
    Incident,
}

impl HoldReason {
    /// All of them.
    pub const ALL: [HoldReason; 4] =
        [HoldReason::Legal, HoldReason::PatientRequest, HoldReason::Complaint, HoldReason::Incident];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            HoldReason::Legal => "legal",
            HoldReason::PatientRequest => "patient_request",
            HoldReason::Complaint => "complaint",
            HoldReason::Incident => "incident",
        }
    }
}

/// A request of the patient that holds the call: its name among the holds, what was asked for, when, and until when.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct RequestHold {
    pub hold: String,
    pub kind: RequestKind,
    pub at: Utc,
    pub until: Utc,
}

/// The requests of a record that hold the call until they are seen to: those that cannot be answered without it. A
/// request to delete does not.
pub fn requests_that_hold(record: &CallRecord) -> Vec<RequestHold> {
    let numbered = record.requests.iter().enumerate();
    let holding = numbered.filter(|(_, request)| {
        matches!(request.kind, RequestKind::Access | RequestKind::Correction | RequestKind::Accounting)
    });
    let hold = |(n, request): (usize, &super::RequestRecord)| RequestHold {
        hold: format!("request-{}", n + 1),
        kind: request.kind,
        at: request.at,
        until: Utc(request.at.0.saturating_add(REQUEST_DAYS * DAY_MS)),
    };
    holding.map(hold).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        dialogue::{ChannelKind, Fact, Outcome},
        journal::{Chain, Event, Label, Opened, Salt, record},
        program::{Locale, RecipientId},
        time::Millis,
    };

    const BEGAN: Utc = Utc(1_795_219_200_000);
    const HOUR: u64 = 3_600_000;

    fn told(facts: Vec<Fact>) -> CallRecord {
        let opened = Opened {
            call_id: "c".into(),
            program: "harbor".into(),
            program_sha256: String::new(),
            channel: ChannelKind::Phone,
            provider: None,
            provider_call_id: None,
            direction: "inbound".into(),
            started_at: BEGAN,
            locale: Locale::EnUs,
            person_available: true,
            spoken: Vec::new(),
            notice_id: String::new(),
            notice_version: String::new(),
            notice_sha256: String::new(),
            resumes: None,
            build: String::new(),
            salt: Salt::default(),
        };
        let mut chain = Chain::new(&opened);
        let ended = std::iter::once(Fact::Ended { outcome: Outcome::Completed });
        let entries: Vec<_> = facts
            .into_iter()
            .chain(ended)
            .map(|fact| chain.entry(Millis(HOUR), Label::Consent, Event::Fact { fact }, Salt::default()))
            .collect();
        record(&opened, &entries)
    }

    fn asked(expires: Option<Utc>) -> Fact {
        Fact::ConsentAsked {
            consent_id: "c.payor.1".into(),
            recipient: RecipientId::from("payor"),
            purpose: String::new(),
            version: String::new(),
            text: String::new(),
            expires,
            expires_event: None,
            supersedes: None,
        }
    }

    fn decided(decision: Decision) -> Fact {
        Fact::ConsentDecided {
            consent_id: "c.payor.1".into(),
            recipient: RecipientId::from("payor"),
            decision,
            response: None,
            signature: None,
            blocked_by: Vec::new(),
            why: None,
        }
    }

    #[test]
    fn words_go_after_days_and_proofs_years_after_the_last_consent_ended() {
        let ended = Utc(BEGAN.0 + HOUR.cast_signed());
        let year = Utc(BEGAN.0 + 365 * DAY_MS);
        let policy = Policy { recordings_days: 30, ..Policy::default() };
        for (facts, proofs) in [
            (vec![], Some(ended)),
            (vec![asked(Some(year)), decided(Decision::Granted)], Some(year)),
            (vec![asked(None), decided(Decision::Granted)], None),
            (vec![asked(Some(year)), decided(Decision::Denied)], Some(ended)),
            (vec![asked(Some(year))], Some(ended)),
        ] {
            let record = told(facts);
            let keeping = Keeping::of(&record, &policy);
            assert_eq!(keeping.recording_until, Utc(ended.0 + 30 * DAY_MS));
            assert_eq!(keeping.transcript_until, Utc(ended.0 + 90 * DAY_MS));
            assert_eq!(
                keeping.proofs_until,
                proofs.map(|last| years_after(last, 6)),
                "{:?}",
                record.consents
            );
        }
        assert_eq!(years_after(Utc(1_709_164_800_000), 1), Utc(1_740_700_800_000), "2024-02-29 and a year");
        assert_eq!(years_after(BEGAN, u64::MAX), Utc(i64::MAX));
    }

    #[test]
    fn requests_that_need_the_call_hold_it_and_one_to_delete_does_not() {
        let kinds =
            [RequestKind::Deletion, RequestKind::Access, RequestKind::Complaint, RequestKind::Accounting];
        let record = told(kinds.into_iter().map(|kind| Fact::Requested { kind }).collect());
        let holds = requests_that_hold(&record);
        let names: Vec<&str> = holds.iter().map(|hold| hold.hold.as_str()).collect();
        assert_eq!(names, ["request-2", "request-4"]);
        assert_eq!(holds[0].until.0 - holds[0].at.0, 90 * DAY_MS);
    }
}

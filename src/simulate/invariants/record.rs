//! The record of a call beside what was seen of it.

use super::Invariants;
use crate::{
    dialogue::{Acknowledgement, AnswerStatus, Decision},
    journal::CallRecord,
    simulate::rules::{Invariant, Violation},
};

impl Invariants {
    /// The record of the whole call, computed from its journal.
    pub fn see_record(&self, record: &CallRecord) -> Result<(), Violation> {
        self.see_record_cut(record)?;
        self.demand(Invariant::Ends, self.outcome.is_some(), "the conversation never ended")?;
        let agrees = |holds: bool, what: &str| self.demand(Invariant::RecordAgrees, holds, what);
        agrees(Some(record.outcome) == self.outcome, "outcome")?;
        agrees(record.disclosure.acknowledgement == self.acknowledgement, "acknowledgement")?;
        agrees(record.disclosure.heard_at.is_some() == self.notice_heard, "whether the notice was heard")?;
        agrees(record.gate.len() == self.gate_moves, "how often the gate moved")?;
        agrees(record.gate.last().is_some_and(|m| m.open) == self.gate, "the gate")?;
        agrees(record.consents.len() == self.ids.len(), "how many consents")?;
        for consent in &record.consents {
            let decision = self.ids.get(&consent.consent_id);
            agrees(decision == Some(&consent.decision), "a consent's decision")?;
            let live = consent.decision == Decision::Granted;
            agrees(live || !consent.releasable, "releasable without a live grant")?;
            agrees(consent.signature.is_some() || !consent.releasable, "releasable without a signature")?;
            agrees(!live || consent.asked_at.is_some(), "granted and never asked")?;
        }
        for question in &record.questions {
            agrees(self.asked.contains(&question.id), "a question never asked")?;
            let status = self.questions.get(&question.id).copied().unwrap_or(AnswerStatus::Pending);
            agrees(question.status == status, "a question's status")?;
        }
        Ok(())
    }

    /// The record of a call cut off anywhere.
    pub fn see_record_cut(&self, record: &CallRecord) -> Result<(), Violation> {
        let (notice, told) = (&self.program.notice, &record.disclosure);
        let complete = told.id == notice.id
            && told.version == notice.version
            && told.sha256 == notice.sha256(told.locale)
            && !told.version.is_empty();
        self.demand(Invariant::RecordIsComplete, complete, "the notice's id, version, language or hash")?;
        let answered = told.acknowledgement != Acknowledgement::None;
        let dated = told.acknowledged_at.is_some() == answered;
        self.demand(Invariant::RecordIsComplete, dated, "the acknowledgement and its time")
    }
}

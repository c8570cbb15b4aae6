//! The call record as it stands today.

use super::Standing;
use crate::journal::CallRecord;

/// `record` with its consents as they stand: `releasable` says whether anything may leave on them at the moment of
/// `standing`. What was signed and sealed when the call ended is not touched by this.
pub fn today(mut record: CallRecord, standing: &[Standing]) -> CallRecord {
    for consent in &mut record.consents {
        let id = &consent.consent_id;
        match standing.iter().find(|one| one.call_id == record.call_id && one.consent_id == *id) {
            Some(one) => {
                consent.decision = one.decision;
                consent.releasable = one.releasable;
                consent.blocked_by.clone_from(&one.blocked_by);
                consent.why.clone_from(&one.why);
                consent.revoked_at = one.revoked_at;
                consent.supersedes.clone_from(&one.supersedes);
                consent.since = one.since.clone();
                consent.since.superseded_by.clone_from(&one.superseded_by);
            }
            // What nobody can say the standing of may not leave.
            None => consent.releasable = false,
        }
    }
    record
}

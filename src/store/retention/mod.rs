//! How long calls are kept: holds on them, what is due to be destroyed, its destruction, and the certificate of it.
//!
//! The order is always the same. The statement that something is destroyed, the deletion of its keys and a row that
//! says so are one transaction. Then come the files, then a note in the program's book, then the certificate. Whatever
//! stops in between, the row is still there, and the next purge goes on from it; until then the call verifies as
//! destroyed, its file as one to be cleared.

mod certificate;
mod due;
mod holds;
mod ledger;
mod purge;
mod tenant;

pub use certificate::{Certified, Gone, Signed};
pub use holds::Hold;
pub(super) use ledger::{Change, apply};
pub use purge::{Purge, Purged, Refused};

use super::{
    archive::Archive,
    evidence::destroyed,
    statement::{Claim, Statement},
};
use crate::{
    journal::{CallRecord, Label},
    ports::StoreUnavailable,
    time::Utc,
};

/// How it stands with a call, for deciding what is to become of it.
pub struct Standing {
    /// Which.
    pub call_id: String,
    /// Whose.
    pub program: String,
    /// When it ended.
    pub ended_at: Option<Utc>,
    /// Its record, where its key is there.
    pub record: Option<CallRecord>,
    /// The labels that it has had keys for.
    pub labels: Vec<Label>,
    /// What was signed about it, each checked.
    pub claims: Vec<Claim>,
}

impl Standing {
    /// The labels whose keys were destroyed.
    pub fn destroyed(&self) -> Vec<Label> {
        destroyed(&self.claims)
    }

    /// The labels whose keys are there.
    pub fn present(&self) -> Vec<Label> {
        let gone = self.destroyed();
        self.labels.iter().copied().filter(|label| !gone.contains(label)).collect()
    }

    /// The holds on it at `now`.
    pub fn holds(&self, now: Utc) -> Vec<Hold> {
        holds::of(&self.call_id, &self.claims, self.record.as_ref(), now)
    }
}

impl Archive {
    /// How it stands with a call; `None` where there is no such call. An error where a statement was altered or the
    /// record cannot be read although its key is there: nothing is decided about such a call.
    pub async fn standing(&self, call_id: &str) -> Result<Option<Standing>, StoreUnavailable> {
        let Some((program, ended_at, record, labels, said)) = self.sketch(call_id).await? else {
            return Ok(None);
        };
        let public = self.public_key(&program).await?;
        let mut claims = Vec::with_capacity(said.len());
        for (at, (number, statement)) in said.iter().enumerate() {
            let claim = statement.claim(&public).filter(|claim| claim.call_id() == Some(call_id));
            match claim {
                Some(claim) if *number == at as i64 => claims.push(claim),
                _ => {
                    return Err(StoreUnavailable(format!(
                        "statement {at} of call {call_id} was altered; `candor record verify {call_id}` says more"
                    )));
                }
            }
        }
        Ok(Some(Standing { call_id: call_id.into(), program, ended_at, record, labels, claims }))
    }
}

/// What is known of a call before its statements are checked: its program, end, record, labels, and statements.
pub(super) type Sketch = (String, Option<Utc>, Option<CallRecord>, Vec<Label>, Vec<(i64, Statement)>);

//! The end of a program: everything of it is destroyed, its keys last.

use super::{
    super::{database, sqlite::Store, writer},
    Change, Gone, Purge, Purged, Refused,
    due::Due,
    ledger::gone,
    purge::rows,
};
use crate::ports::StoreUnavailable;

impl Store {
    /// Destroys everything of a program, whatever its policy says: every call's keys, then the files, then the book's
    /// months; then the certificate is signed; then the program's keys go, which signed it. A hold on one call, or a
    /// call that goes on, refuses all of it. It is asked for again where it was cut off.
    pub async fn purge_everything(
        &self,
        purge: &Purge,
        mut told: impl FnMut(usize, usize) + Send,
    ) -> Result<Purged, StoreUnavailable> {
        let _turn = database::turn(self.data()).await?;
        let program = &purge.program;
        let mut purged = Purged::default();
        if self.archive().is_former(program).await? {
            // Certified before: only the keys may be there still.
            self.take_leave(purge).await?;
            return Ok(purged);
        }
        self.trust_clock(purge.now).await?;
        let ids = self.archive().every_call(program).await?;
        let mut standings = Vec::with_capacity(ids.len());
        for call_id in &ids {
            let standing = self.known(call_id).await?;
            if standing.ended_at.is_none() && !standing.present().is_empty() && self.is_beside_a_server() {
                return Err(StoreUnavailable(format!(
                    "call {call_id} of {program} may still go on; stop the server first"
                )));
            }
            let holds = standing.holds(purge.now);
            if !holds.is_empty() && !standing.present().is_empty() {
                purged.refused.push(Refused { call_id: call_id.clone(), holds });
            }
            standings.push(standing);
        }
        if !purged.refused.is_empty() {
            return Ok(purged);
        }
        for (at, standing) in standings.iter().enumerate() {
            let present = standing.present();
            if !present.is_empty() {
                purged.gone.push(Gone {
                    call_id: standing.call_id.clone(),
                    labels: present.clone(),
                    silenced: Vec::new(),
                    redacted: 0,
                });
                if !purge.is_dry {
                    self.destroy(standing, Due { destroy: present, ..Due::default() }, purge.now).await?;
                }
            }
            told(at + 1, standings.len());
        }
        if !purge.is_dry {
            self.finish(purge, true, &mut purged).await?;
        }
        Ok(purged)
    }

    /// Certifies that nothing of the program is left, and takes its keys away.
    pub(super) async fn certify_everything(
        &self,
        purge: &Purge,
        tidy: Vec<(String, (Vec<i64>, Gone))>,
        purged: &mut Purged,
    ) -> Result<(), StoreUnavailable> {
        let program = &purge.program;
        if !purged.failed.is_empty() {
            // A file is left: the keys of the program stay until it is gone too.
            return Ok(());
        }
        let mut calls = Vec::new();
        for call_id in self.archive().every_call(program).await? {
            calls.push(gone(&self.known(&call_id).await?, 0));
        }
        let public_key = self.archive().public_key(program).await?;
        let (certificate, signed) = self.certify(purge, calls, rows(&tidy), true).await?;
        purged.certificates.push(signed);
        let farewell = Change::Farewell { program: program.clone(), public_key, certificate };
        self.write(writer::Change::Retention(farewell)).await?;
        self.take_leave(purge).await
    }

    /// Ends the months of the program's book, and destroys its keys.
    async fn take_leave(&self, purge: &Purge) -> Result<(), StoreUnavailable> {
        let (program, keys) = (&purge.program, self.archive().key_service());
        if !keys.tenants().await?.contains(program) {
            return Ok(());
        }
        for month in self.archive().book_months(program).await? {
            self.book().end_month(program, &month, purge.now).await?;
        }
        Ok(keys.destroy(program).await?)
    }
}

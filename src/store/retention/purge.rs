//! Destroying what is due: keys first, then files, then the note in the book, then the certificate.

use super::{
    super::{
        database,
        evidence::quiet,
        recordings::Saved,
        seal::random,
        sqlite::Store,
        statement::{Claim, Statement},
        tape::hex,
        writer,
        writer::Settling,
    },
    Certified, Change, Gone, Hold, Signed, Standing,
    due::{self, Due},
    ledger::gone,
};
use crate::{
    book::{self, BookEvent, Who},
    journal::{Bytes32, Label, years_after},
    ports::StoreUnavailable,
    program::Policy,
    time::Utc,
};
use std::{collections::BTreeMap, time::Duration};

/// A certificate names at most so many calls.
const CALLS_A_CERTIFICATE: usize = 1_000;
/// The clock may be so much behind what the store has seen; more, and it was set back.
const CLOCK_BEHIND_MS_MAX: i64 = 60_000;
const DAY_MS: i64 = 86_400_000;

/// What is to be destroyed.
#[derive(Clone, Debug)]
pub struct Purge {
    /// Of which program.
    pub program: String,
    /// Its policy.
    pub policy: Policy,
    /// The moment for which it is judged.
    pub now: Utc,
    /// Who does it.
    pub by: Who,
    /// Only this call.
    pub call: Option<String>,
    /// Only calls that ended before.
    pub before: Option<Utc>,
    /// Nothing is destroyed: it is said what would be.
    pub is_dry: bool,
    /// Between two calls, so that live ones are not held up.
    pub pause: Duration,
    /// At most so many calls.
    pub calls_max: usize,
}

/// A call that is due and held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Which.
    pub call_id: String,
    /// By what.
    pub holds: Vec<Hold>,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Purged {
    /// What was destroyed, or would be.
    pub gone: Vec<Gone>,
    /// What is due and held.
    pub refused: Vec<Refused>,
    /// What could not be judged or destroyed, and why.
    pub failed: Vec<(String, String)>,
    /// What was certified, also of a purge before that was cut off.
    pub certificates: Vec<Signed>,
    /// The months of the book that were ended, or would be, as `2026-11`.
    pub months: Vec<String>,
}

impl Store {
    /// Destroys what is due of a program's calls, and finishes what a purge before began. `told` hears how many of how
    /// many calls were looked at.
    pub async fn purge(
        &self,
        purge: &Purge,
        mut told: impl FnMut(usize, usize) + Send,
    ) -> Result<Purged, StoreUnavailable> {
        let _turn = database::turn(self.data()).await?;
        self.trust_clock(purge.now).await?;
        let mut purged = Purged::default();
        let ids = match &purge.call {
            Some(call_id) => vec![call_id.clone()],
            None => {
                let days = purge.policy.recordings_days.min(purge.policy.transcripts_days);
                let words = Utc(purge.now.0.saturating_sub(days.cast_signed().saturating_mul(DAY_MS)));
                let years = i64::try_from(purge.policy.consents_years).unwrap_or(i64::MAX);
                // No more days than such years have: each is judged by its own calendar.
                let proofs = Utc(purge.now.0.saturating_sub(years.saturating_mul(365 * DAY_MS)));
                self.archive().candidates(&purge.program, words, proofs, purge.before).await?
            }
        };
        for (at, call_id) in ids.iter().enumerate() {
            if purged.gone.len() >= purge.calls_max {
                break;
            }
            if let Err(why) = self.purge_call(purge, call_id, &mut purged).await {
                purged.failed.push((call_id.clone(), why.0));
            }
            told(at + 1, ids.len());
        }
        self.end_months(purge, &mut purged).await?;
        if !purge.is_dry {
            self.finish(purge, false, &mut purged).await?;
        }
        Ok(purged)
    }

    /// Refuses a clock that was set back: what it calls due may be anything.
    pub(super) async fn trust_clock(&self, now: Utc) -> Result<(), StoreUnavailable> {
        let newest = self.archive().newest_moment().await?;
        match newest.0.saturating_sub(now.0) > CLOCK_BEHIND_MS_MAX {
            true => Err(StoreUnavailable(format!(
                "the clock of this machine says {now}, and the store was written at {newest}: nothing is destroyed \
                 until the clock is right"
            ))),
            false => Ok(()),
        }
    }

    async fn purge_call(
        &self,
        purge: &Purge,
        call_id: &str,
        purged: &mut Purged,
    ) -> Result<(), StoreUnavailable> {
        let mut tried = 0;
        loop {
            let standing = self.known(call_id).await?;
            if standing.program != purge.program {
                // Another program's call is answered for as one that never was.
                return Err(StoreUnavailable(format!("there is no call {call_id}")));
            }
            if purge.before.is_some_and(|before| standing.ended_at.is_none_or(|ended| ended >= before)) {
                return Ok(());
            }
            let due = due::of(self.archive(), &standing, &purge.policy, purge.now).await?;
            if due.is_nothing() {
                return Ok(());
            }
            let holds = standing.holds(purge.now);
            if !holds.is_empty() {
                purged.refused.push(Refused { call_id: call_id.into(), holds });
                return Ok(());
            }
            let what = Gone {
                call_id: call_id.into(),
                labels: due.destroy.clone(),
                silenced: due.silence.clone(),
                redacted: due.redact.len() as u64,
            };
            if purge.is_dry {
                purged.gone.push(what);
                return Ok(());
            }
            match self.destroy(&standing, due, purge.now).await {
                Ok(()) => {
                    purged.gone.push(what);
                    tokio::time::sleep(purge.pause).await;
                    return Ok(());
                }
                Err(error) => self.try_again(&standing, &mut tried, error).await?,
            }
        }
    }

    /// Destroys keys of a call, and with them everything they seal, whatever its policy and its holds say. The chain
    /// still verifies, and says so; the next purge clears its file and certifies it. What proves its consents goes
    /// last.
    pub async fn destroy_keys(
        &self,
        call_id: &str,
        labels: &[Label],
        now: Utc,
    ) -> Result<(), StoreUnavailable> {
        let standing = self.known(call_id).await?;
        if labels.contains(&Label::Consent) && standing.present().iter().any(|label| !labels.contains(label))
        {
            return Err(StoreUnavailable(format!(
                "what proves the consents of call {call_id} is destroyed last, and its other keys are there still"
            )));
        }
        self.destroy(&standing, Due { destroy: labels.to_vec(), ..Due::default() }, now).await
    }

    /// Destroys keys and takes out entries, with what is said of it, all at once.
    pub(super) async fn destroy(
        &self,
        standing: &Standing,
        due: Due,
        now: Utc,
    ) -> Result<(), StoreUnavailable> {
        let call_id = standing.call_id.clone();
        let mut claims = Vec::new();
        if !due.destroy.is_empty() {
            claims.push(Claim::Destroyed { call_id: call_id.clone(), at: now, labels: due.destroy.clone() });
        }
        if !due.silence.is_empty() {
            claims.push(Claim::Silenced { call_id: call_id.clone(), at: now, labels: due.silence });
        }
        if !due.redact.is_empty() {
            claims.push(Claim::Redacted { call_id: call_id.clone(), at: now, entries: due.redact.clone() });
        }
        let mut statements = Vec::with_capacity(claims.len());
        for claim in &claims {
            statements.push(Statement::sign(self.archive().key_service(), &standing.program, claim).await?);
        }
        let redact = due.redact.iter().map(|seq| i64::try_from(*seq).unwrap_or(i64::MAX)).collect();
        let settling = Settling {
            call_id: call_id.clone(),
            after: standing.claims.len(),
            destroy: due.destroy,
            redact,
            to_certify: true,
            statements,
        };
        self.write(writer::Change::Settle(settling)).await?;
        self.forget(&standing.program, &call_id);
        Ok(())
    }

    /// Clears the files of what was destroyed, notes it in the book, and certifies it. Goes on from wherever a purge
    /// before was cut off.
    pub(super) async fn finish(
        &self,
        purge: &Purge,
        everything: bool,
        purged: &mut Purged,
    ) -> Result<(), StoreUnavailable> {
        let saved = Saved::of(self.archive());
        let mut tidy: BTreeMap<String, (Vec<i64>, Gone)> = BTreeMap::new();
        for begun in self.archive().begun(&purge.program).await? {
            let standing = self.known(&begun.call_id).await?;
            let gone = gone(&standing, begun.number);
            if !begun.is_tidy {
                if let Err(why) = self.clear(&saved, &standing).await {
                    purged.failed.push((begun.call_id.clone(), why.0));
                    continue;
                }
                let event = book::Destroyed {
                    labels: gone.labels.clone(),
                    silenced: gone.silenced.clone(),
                    redacted: gone.redacted,
                };
                let (by, event) = (purge.by.clone(), BookEvent::Destroyed(event));
                self.note(&purge.program, Some(&begun.call_id), by, event, purge.now).await?;
                let tidied = Change::Tidy { call_id: begun.call_id.clone(), number: begun.number };
                self.write(writer::Change::Retention(tidied)).await?;
                tokio::time::sleep(purge.pause).await;
            }
            // An earlier row of the same call says all that a later one does.
            let (numbers, _) = tidy.entry(begun.call_id).or_insert((Vec::new(), gone));
            numbers.push(begun.number);
        }
        let tidy: Vec<_> = tidy.into_iter().collect();
        if everything {
            return self.certify_everything(purge, tidy, purged).await;
        }
        for some in tidy.chunks(CALLS_A_CERTIFICATE) {
            let calls = some.iter().map(|(_, (_, gone))| gone.clone()).collect();
            let done = rows(some);
            purged.certificates.push(self.certify(purge, calls, done, false).await?.1);
        }
        Ok(())
    }

    async fn clear(&self, saved: &Saved, standing: &Standing) -> Result<(), StoreUnavailable> {
        let labels = quiet(&standing.claims);
        let all = standing.labels.iter().all(|label| labels.contains(label));
        let (saved, call_id) = (saved.clone(), standing.call_id.clone());
        let cleared = tokio::task::spawn_blocking(move || saved.tidy(&call_id, &labels, all)).await;
        cleared.map_err(|e| StoreUnavailable(format!("clearing a file was cut off: {e}")))?
    }

    /// Signs a certificate and keeps it; what it names is finished by that.
    pub(super) async fn certify(
        &self,
        purge: &Purge,
        calls: Vec<Gone>,
        done: Vec<(String, i64)>,
        everything: bool,
    ) -> Result<(String, Signed), StoreUnavailable> {
        let keys = self.archive().key_service();
        let certificate = format!("destruction-{}", hex(&random::<8>()?));
        let named = calls.len() as u64;
        let certified = Certified {
            certificate: certificate.clone(),
            program: purge.program.clone(),
            public_key: Bytes32(keys.public_key(&purge.program).await?),
            at: purge.now,
            by: purge.by.name.clone(),
            policy: purge.policy,
            everything,
            calls,
        };
        let statement =
            Statement::sign(keys, &purge.program, &Claim::Certificate(Box::new(certified))).await?;
        let kept = Change::Certify {
            certificate: certificate.clone(),
            program: purge.program.clone(),
            at: purge.now,
            statement: statement.clone(),
            done,
        };
        self.write(writer::Change::Retention(kept)).await?;
        let event = BookEvent::Certified(book::Certified { certificate: certificate.clone(), calls: named });
        self.note(&purge.program, None, purge.by.clone(), event, purge.now).await?;
        Ok((certificate, Signed::of(statement)))
    }

    /// Ends the months of the program's book that are over for as long as the policy keeps them, and are about no call
    /// of which anything is left: what was noted of a consent is kept as long as the consent. A purge of some calls
    /// alone ends none.
    async fn end_months(&self, purge: &Purge, purged: &mut Purged) -> Result<(), StoreUnavailable> {
        if purge.call.is_some() || purge.before.is_some() {
            return Ok(());
        }
        for month in self.archive().book_months(&purge.program).await? {
            let Some(after) = after_month(&month) else { continue };
            let is_over = years_after(after, purge.policy.access_log_years) <= purge.now;
            if !is_over || self.is_month_needed(purge, &month, purged).await? {
                continue;
            }
            if !purge.is_dry {
                self.book().end_month(&purge.program, &month, purge.now).await?;
            }
            purged.months.push(month);
        }
        Ok(())
    }

    /// Whether a month of the book is about a call that has keys, or that is held.
    async fn is_month_needed(
        &self,
        purge: &Purge,
        month: &str,
        purged: &Purged,
    ) -> Result<bool, StoreUnavailable> {
        for (call_id, has_keys) in self.archive().calls_noted(&purge.program, month).await? {
            // A dry run has left the keys that would be gone by now.
            let would_go = purged.gone.iter().find(|gone| purge.is_dry && gone.call_id == call_id);
            if has_keys && would_go.is_none() {
                return Ok(true);
            }
            let standing = match self.archive().standing(&call_id).await {
                Ok(Some(standing)) => standing,
                // Reads of calls that never were are noted too.
                Ok(None) => continue,
                // What nobody can judge stays, and holds up nothing else.
                Err(damaged) => {
                    tracing::error!(call_id, "{}; the book of {month} stays", damaged.0);
                    return Ok(true);
                }
            };
            let is_left = |gone: &Gone| standing.present().iter().any(|label| !gone.labels.contains(label));
            if would_go.is_some_and(is_left) || !standing.holds(purge.now).is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Folds the write-ahead log into the database and empties it, so that a deleted key stands in neither: whether
    /// nobody was reading, so that it could be done.
    pub async fn fold(&self) -> Result<bool, StoreUnavailable> {
        database::fold(self.data()).await
    }
}

/// The rows of destructions that a certificate finishes.
pub(super) fn rows(tidy: &[(String, (Vec<i64>, Gone))]) -> Vec<(String, i64)> {
    let each = tidy.iter().flat_map(|(call_id, (numbers, _))| numbers.iter().map(|n| (call_id.clone(), *n)));
    each.collect()
}

/// The first moment after a month, as `2026-11`.
fn after_month(month: &str) -> Option<Utc> {
    let first: jiff::civil::Date = format!("{month}-01").parse().ok()?;
    let next = first.checked_add(jiff::Span::new().months(1)).ok()?;
    let zoned = next.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(Utc(zoned.timestamp().as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_ends_where_the_next_begins() {
        assert_eq!(after_month("2026-12"), Some(Utc(1_798_761_600_000)));
        assert_eq!(after_month("2026-13"), None);
    }
}

//! What follows a call: whose it is, where its consents stand since, what waits for staff, who is told.
//!
//! Everything that counts is in the program's book. The tables here only find it again, and are made anew from journals
//! and book where they were lost ([ADR 15](../../../docs/adr/0015-consents-after-the-call.md)).

mod entering;
pub(super) mod forgetting;
mod handover;
mod intakes;
mod notices;
mod signing;

pub use entering::{Attestation, NotEntered, Revocation};
pub use notices::{Notice, Way};
pub use signing::{Asked, Decided, LINK_DAYS, Signing, TRIES_MAX};

use super::{Archive, Book, BookFilter, Filter, database};
use crate::{
    book::{BookEvent, Noted, Who},
    consent::{self, Standing, is_joined, joined, standing},
    dialogue::Block,
    journal::{CallRecord, Entry, Opened},
    pii::Pii,
    ports::{KeyService, StoreUnavailable},
    program::Program,
    time::Utc,
};
use sqlx::SqlitePool;
use std::{collections::BTreeMap, path::Path, sync::Arc};

/// Everything that happens to calls after their end. Cheap to clone.
#[derive(Clone)]
pub struct After {
    book: Book,
    pool: SqlitePool,
    scripts: Arc<BTreeMap<String, Arc<Program>>>,
    /// Calls are followed up one after the other: each must see what the one before it said.
    following: Arc<tokio::sync::Mutex<()>>,
}

/// The records and the book of one patient, or of one call that stands alone.
struct Scope {
    records: Vec<CallRecord>,
    noted: Vec<Noted>,
    /// An entry of the book cannot be read: what it said may have been a revocation.
    gaps: bool,
}

impl After {
    /// Opens it beside a running server or without one; `scripts` are the programs as they are configured.
    pub async fn open(
        data: &Path,
        keys: Arc<dyn KeyService>,
        scripts: impl IntoIterator<Item = Arc<Program>>,
    ) -> Result<After, StoreUnavailable> {
        let book = Book::open(data, keys).await?;
        After::on(data, book, scripts).await
    }

    /// The same on a data folder that is open already.
    pub async fn on(
        data: &Path,
        book: Book,
        scripts: impl IntoIterator<Item = Arc<Program>>,
    ) -> Result<After, StoreUnavailable> {
        let scripts = scripts.into_iter().map(|script| (script.id.clone(), script)).collect();
        let pool = database::desk(data).await?;
        Ok(After { book, pool, scripts: Arc::new(scripts), following: Arc::default() })
    }

    /// What calls left behind.
    pub fn archive(&self) -> &Archive {
        self.book.archive()
    }

    /// The books.
    pub fn book(&self) -> &Book {
        &self.book
    }

    /// Follows up every call that has ended and was not followed up yet: joins it to its patient, and notes in the book
    /// what it says about earlier grants. A crash in between loses nothing: it is done again, with the same outcome.
    /// Which calls these were.
    pub async fn follow_up(&self, now: Utc) -> Result<Vec<String>, StoreUnavailable> {
        let _one = self.following.lock().await;
        let mut done = self.follow_open(now).await?;
        // A chat that names a call which was followed up before it has that one followed up again.
        if !done.is_empty() {
            done.extend(self.follow_open(now).await?);
        }
        Ok(done)
    }

    async fn follow_open(&self, now: Utc) -> Result<Vec<String>, StoreUnavailable> {
        let open: Vec<(String, String)> = sqlx::query_as(
            "SELECT call_id, program FROM unfollowed JOIN calls USING (call_id, program) ORDER BY started_at, call_id",
        )
        .fetch_all(&self.pool)
        .await
        .map_err(failed)?;
        let mut done = Vec::new();
        for (call_id, program) in open {
            // Without its script nobody can tell which answer was the name: it waits until the program is configured.
            let Some(script) = self.scripts.get(&program).cloned() else { continue };
            match self.follow(&call_id, &script, now).await {
                Ok(()) => done.push(call_id),
                Err(error) => tracing::error!(call_id, %error, "a call could not be followed up yet"),
            }
        }
        Ok(done)
    }

    async fn follow(&self, call_id: &str, script: &Program, now: Utc) -> Result<(), StoreUnavailable> {
        let program = &script.id;
        let Some(record) = self.archive().record(call_id).await? else {
            return match self.has_keys(call_id).await? {
                true => Err(StoreUnavailable(format!(
                    "the record of call {call_id} cannot be read, and its keys are in another keyring"
                ))),
                // Nothing is known of it any more.
                false => self.mark(call_id, program, None, false, now).await,
            };
        };
        let mine = self.notes(program, call_id).await?.0;
        // Of a part of the answers nobody is known: what is gone may say that somebody else called.
        let told = self.told(&record).await?;
        let identity = if told.whole { consent::identity(script, &told.journals) } else { None };
        let entries = told.journals.into_iter().next_back().map(|(_, entries)| entries).unwrap_or_default();
        let mut tags = Vec::new();
        for text in identity.iter().flat_map(consent::Identity::texts) {
            let keys = self.archive().key_service();
            tags.push(keys.tag(program, text.expose().as_bytes()).await?);
        }
        tags.extend(self.handed_over_by(&record).await?);
        let known = self.followed_before(&record).await?;
        let patient = match self.patient_of(program, &tags, known).await? {
            Some((patient, merged)) => {
                if !is_joined(&mine, call_id) {
                    let whose: Vec<String> = merged.iter().chain([&patient]).cloned().collect();
                    let calls = self.calls_of(program, &whose).await?;
                    let earlier = self.scope(program, &calls).await?.standing(now);
                    let event =
                        BookEvent::Joined(joined(&patient, merged.clone(), &record, &entries, &earlier));
                    self.book.note(program, Some(call_id), Who::server(), event, now).await?;
                }
                self.keep_tags(program, &tags, &patient, &merged).await?;
                Some(patient)
            }
            None => None,
        };
        let intake = consent::intake(&record, &[], &mine, now);
        self.mark(call_id, program, patient.as_deref(), !intake.waits.is_empty(), now).await?;
        self.follow_again(&record).await
    }

    /// The reference of whoever is `known` already or found by `tags`, and others that turn out to be the same.
    /// A patient nobody knew yet gets one made of the first tag. `None` without tags.
    async fn patient_of(
        &self,
        program: &str,
        tags: &[[u8; 32]],
        known: Option<String>,
    ) -> Result<Option<(String, Vec<String>)>, StoreUnavailable> {
        let Some(first) = tags.first() else { return Ok(None) };
        let mut known: Vec<String> = known.into_iter().collect();
        for tag in tags {
            known.extend(self.patient_by(program, tag).await?);
        }
        known.sort();
        known.dedup();
        if known.is_empty() {
            let named = [b"patient reference\n", &first[..]].concat();
            let made = self.archive().key_service().tag(program, &named).await?;
            let hex: String = made[..12].iter().map(|byte| format!("{byte:02x}")).collect();
            known.push(format!("pt_{hex}"));
        }
        let patient = known.remove(0);
        Ok(Some((patient, known)))
    }

    async fn patient_by(&self, program: &str, tag: &[u8; 32]) -> Result<Option<String>, StoreUnavailable> {
        sqlx::query_scalar("SELECT patient FROM patient_tags WHERE program = ? AND tag = ?")
            .bind(program)
            .bind(tag.as_slice())
            .fetch_optional(&self.pool)
            .await
            .map_err(failed)
    }

    async fn keep_tags(
        &self,
        program: &str,
        tags: &[[u8; 32]],
        patient: &str,
        merged: &[String],
    ) -> Result<(), StoreUnavailable> {
        let mut transaction = self.pool.begin().await.map_err(failed)?;
        for other in merged {
            for table in ["UPDATE patient_tags", "UPDATE followed"] {
                let moved = format!("{table} SET patient = ? WHERE program = ? AND patient = ?");
                sqlx::query(sqlx::AssertSqlSafe(moved))
                    .bind(patient)
                    .bind(program)
                    .bind(other)
                    .execute(&mut *transaction)
                    .await
                    .map_err(failed)?;
            }
        }
        for tag in tags {
            sqlx::query(
                "INSERT INTO patient_tags (program, tag, patient) VALUES (?, ?, ?) \
                 ON CONFLICT (program, tag) DO UPDATE SET patient = excluded.patient",
            )
            .bind(program)
            .bind(tag.as_slice())
            .bind(patient)
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        }
        transaction.commit().await.map_err(failed)
    }

    async fn mark(
        &self,
        call_id: &str,
        program: &str,
        patient: Option<&str>,
        waits: bool,
        now: Utc,
    ) -> Result<(), StoreUnavailable> {
        let mut transaction = self.pool.begin().await.map_err(failed)?;
        sqlx::query(
            "INSERT INTO followed (call_id, program, patient, at, waits) VALUES (?, ?, ?, ?, ?) \
             ON CONFLICT (call_id) DO UPDATE SET patient = coalesce(patient, excluded.patient)",
        )
        .bind(call_id)
        .bind(program)
        .bind(patient)
        .bind(now.0)
        .bind(waits)
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        sqlx::query("DELETE FROM unfollowed WHERE call_id = ?")
            .bind(call_id)
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        transaction.commit().await.map_err(failed)
    }

    /// The patient of a call, where it was joined to one.
    pub async fn patient(&self, call_id: &str) -> Result<Option<String>, StoreUnavailable> {
        let found: Option<Option<String>> =
            sqlx::query_scalar("SELECT patient FROM followed WHERE call_id = ?")
                .bind(call_id)
                .fetch_optional(&self.pool)
                .await
                .map_err(failed)?;
        Ok(found.flatten())
    }

    async fn calls_of(&self, program: &str, patients: &[String]) -> Result<Vec<String>, StoreUnavailable> {
        let mut calls = Vec::new();
        for patient in patients {
            let some: Vec<String> =
                sqlx::query_scalar("SELECT call_id FROM followed WHERE program = ? AND patient = ?")
                    .bind(program)
                    .bind(patient)
                    .fetch_all(&self.pool)
                    .await
                    .map_err(failed)?;
            calls.extend(some);
        }
        Ok(calls)
    }

    /// Where the consents of a call stand, with those of its patient's other calls.
    pub async fn standing_of(
        &self,
        program: &str,
        call_id: &str,
        now: Utc,
    ) -> Result<Vec<Standing>, StoreUnavailable> {
        let calls = match self.patient(call_id).await? {
            Some(patient) => self.calls_of(program, &[patient]).await?,
            None => vec![call_id.to_owned()],
        };
        self.seen(program, self.carried_on(self.scope(program, &calls).await?, now).await?).await
    }

    /// Where the consents of all calls of a program stand; of `patient` alone, where one is given.
    pub async fn standing(
        &self,
        program: &str,
        patient: Option<&str>,
        now: Utc,
    ) -> Result<Vec<Standing>, StoreUnavailable> {
        if let Some(patient) = patient {
            let calls = self.calls_of(program, &[patient.to_owned()]).await?;
            let scope = self.scope(program, &calls).await?;
            return self.seen(program, self.carried_on(scope, now).await?).await;
        }
        let filter = Filter { program: Some(program.into()), ..Filter::default() };
        let records = self.archive().records(&filter).await?;
        let (noted, gaps) = self.noted(program, None).await?;
        self.seen(program, self.carried_on(Scope { records, noted, gaps }, now).await?).await
    }

    /// Blocks what another call may have taken back that ended and was not followed up: nobody knows yet whose it is.
    async fn seen(&self, program: &str, mut all: Vec<Standing>) -> Result<Vec<Standing>, StoreUnavailable> {
        // Two are enough: one of them is another than the call of a consent.
        let waiting: Vec<String> =
            sqlx::query_scalar("SELECT call_id FROM unfollowed WHERE program = ? LIMIT 2")
                .bind(program)
                .fetch_all(&self.pool)
                .await
                .map_err(failed)?;
        for one in &mut all {
            if waiting.iter().any(|call_id| *call_id != one.call_id) {
                withhold(one, "a call that ended waits to be followed up, and may have taken this back");
            }
        }
        Ok(all)
    }

    /// A record as it stands at `now`.
    pub async fn today(&self, record: CallRecord, now: Utc) -> Result<CallRecord, StoreUnavailable> {
        if record.consents.is_empty() {
            return Ok(record);
        }
        let all = self.standing_of(&record.program, &record.call_id, now).await?;
        Ok(consent::today(record, &all))
    }

    async fn scope(&self, program: &str, calls: &[String]) -> Result<Scope, StoreUnavailable> {
        let mut scope = Scope { records: Vec::new(), noted: Vec::new(), gaps: false };
        for call_id in calls {
            scope.records.extend(self.archive().record(call_id).await?);
            let (noted, gaps) = self.notes(program, call_id).await?;
            scope.noted.extend(noted);
            scope.gaps |= gaps;
        }
        scope.noted.sort_by_key(|note| note.seq);
        Ok(scope)
    }

    /// What the book says about a call, and whether a part of that cannot be read.
    async fn notes(&self, program: &str, call_id: &str) -> Result<(Vec<Noted>, bool), StoreUnavailable> {
        self.noted(program, Some(call_id)).await
    }

    /// What a book says, about a call where one is given, and whether a part of that cannot be read. Both are of one
    /// moment: what is noted meanwhile is not missed.
    async fn noted(
        &self,
        program: &str,
        call_id: Option<&str>,
    ) -> Result<(Vec<Noted>, bool), StoreUnavailable> {
        let last: Option<i64> = sqlx::query_scalar("SELECT max(seq) FROM book WHERE program = ?")
            .bind(program)
            .fetch_one(&self.pool)
            .await
            .map_err(failed)?;
        let last = last.unwrap_or(-1);
        let filter = BookFilter { call_id: call_id.map(Into::into), ..BookFilter::default() };
        let mut noted = self.archive().book(program, &filter).await?;
        noted.retain(|note| i64::try_from(note.seq).is_ok_and(|seq| seq <= last));
        // What was noted in a month that was ended is no gap where it is about a call of which nothing is left.
        let ended = self.archive().ended_months(program).await?;
        let ended = serde_json::to_string(&ended).unwrap_or_default();
        let written: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM book WHERE program = ?1 AND (?2 IS NULL OR call_id = ?2) AND seq <= ?3 \
             AND NOT (sealed IS NULL \
             AND strftime('%Y-%m', at / 1000.0, 'unixepoch') IN (SELECT value FROM json_each(?4)) \
             AND NOT EXISTS (SELECT 1 FROM call_keys k WHERE k.call_id = book.call_id))",
        )
        .bind(program)
        .bind(call_id)
        .bind(last)
        .bind(ended)
        .fetch_one(&self.pool)
        .await
        .map_err(failed)?;
        let gaps = usize::try_from(written) != Ok(noted.len());
        Ok((noted, gaps))
    }

    /// A call's journal, without what was redacted or destroyed.
    async fn journal(&self, call_id: &str) -> Result<Option<(Opened, Vec<Entry>)>, StoreUnavailable> {
        self.archive().journal_as_far_as_open(call_id).await
    }

    /// Whether these are all entries of a call: none was redacted or destroyed.
    async fn is_whole(&self, call_id: &str, entries: &[Entry]) -> Result<bool, StoreUnavailable> {
        let all: i64 = sqlx::query_scalar("SELECT count(*) FROM entries WHERE call_id = ?")
            .bind(call_id)
            .fetch_one(&self.pool)
            .await
            .map_err(failed)?;
        Ok(usize::try_from(all) == Ok(entries.len()))
    }

    async fn has_keys(&self, call_id: &str) -> Result<bool, StoreUnavailable> {
        let any: i64 = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM call_keys WHERE call_id = ?)")
            .bind(call_id)
            .fetch_one(&self.pool)
            .await
            .map_err(failed)?;
        Ok(any == 1)
    }

    /// The name that the patient gave in a call.
    fn known_name(script: &Program, record: &CallRecord, entries: &[Entry]) -> Option<Pii<String>> {
        consent::name_given(script, entries).or_else(|| After::signed_name(record))
    }

    /// The name that the patient signed with in a call.
    fn signed_name(record: &CallRecord) -> Option<Pii<String>> {
        record.consents.iter().find_map(|c| c.signature.as_ref().map(|s| s.name.clone().into()))
    }
}

impl Scope {
    fn standing(&self, now: Utc) -> Vec<Standing> {
        let mut all = standing(&self.records, &self.noted, now);
        if self.gaps {
            for one in &mut all {
                withhold(one, "an entry of the book cannot be read: run candor record verify");
            }
        }
        all
    }
}

/// Lets nothing of a consent leave, for a reason that is not in the consent itself.
fn withhold(one: &mut Standing, why: &str) {
    one.releasable = false;
    if !one.blocked_by.contains(&Block::Hold) {
        one.blocked_by.push(Block::Hold);
    }
    one.why = Some(why.into());
}

fn failed(error: sqlx::Error) -> StoreUnavailable {
    StoreUnavailable(format!(
        "what follows calls cannot be read or written: {error}; check the disk of the data folder"
    ))
}

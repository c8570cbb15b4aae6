//! What calls left behind, for reading: beside a running server, or when none runs.

use super::{
    callkeys::{CallKeys, Part, SealKeys},
    database,
    evidence::{Body, Evidence, Keys, Shut, Sound},
    recordings::{check, folder_in, path_in},
    retention::Sketch,
    sqlite::word,
    statement::Statement,
};
use crate::{
    dialogue::Outcome,
    journal::{self, Bytes32, CallRecord, Entry, Event, Label, Link, Opened, Salt, leaf_of},
    ports::{KeyService, KeysFailed, StoreUnavailable},
    time::{Millis, Utc},
};
use serde::de::DeserializeOwned;
use sqlx::{AssertSqlSafe, Row, SqlitePool, sqlite::SqliteRow};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
};
use zeroize::Zeroizing;

/// Which calls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of this program.
    pub program: Option<String>,
    /// That ended so.
    pub outcome: Option<Outcome>,
    /// That began at this moment or later.
    pub since: Option<Utc>,
    /// That began before this moment.
    pub before: Option<Utc>,
    /// The newest so many.
    pub calls_max: Option<u32>,
}

impl Filter {
    /// Whether a call is one of these, [`Filter::calls_max`] aside.
    pub fn takes(&self, record: &CallRecord) -> bool {
        self.program.as_ref().is_none_or(|program| *program == record.program)
            && self.outcome.is_none_or(|outcome| outcome == record.outcome)
            && self.since.is_none_or(|since| record.started_at >= since)
            && self.before.is_none_or(|before| record.started_at < before)
    }
}

/// The calls of a data folder. Cheap to clone; never writes.
#[derive(Clone)]
pub struct Archive {
    data: PathBuf,
    pool: SqlitePool,
    keys: SealKeys,
}

/// The columns of a call, with its wrapped keys. Text is read as bytes: what was altered may be no text any more.
const CALL: &str = "SELECT calls.*, CAST(program AS BLOB) AS program_text, \
    (SELECT CAST(wrapped AS BLOB) FROM call_keys k WHERE k.call_id = calls.call_id AND label = 'general') AS general, \
    (SELECT CAST(wrapped AS BLOB) FROM call_keys k WHERE k.call_id = calls.call_id AND label = 'sensitive') \
    AS sensitive, \
    (SELECT CAST(wrapped AS BLOB) FROM call_keys k WHERE k.call_id = calls.call_id AND label = 'consent') AS consent \
    FROM calls";

/// What was signed about a call.
const SAID: &str =
    "SELECT number, CAST(body AS BLOB) AS body, signature FROM statements WHERE call_id = ? ORDER BY number";

impl Archive {
    /// Opens the data folder for reading, with the keys that open what is in it. A server may run on it at the same
    /// time.
    pub async fn open(data: &Path, keys: Arc<dyn KeyService>) -> Result<Archive, StoreUnavailable> {
        Archive::on(data, SealKeys::new(keys)).await
    }

    pub(super) async fn on(data: &Path, keys: SealKeys) -> Result<Archive, StoreUnavailable> {
        let pool = database::readers(data).await?;
        let sealed = "SELECT count(*) FROM sqlite_master WHERE name = 'call_keys'";
        let sealed: i64 = sqlx::query_scalar(sealed).fetch_one(&pool).await.map_err(unreadable)?;
        if sealed == 0 {
            return Err(StoreUnavailable(format!(
                "the calls in {} are of a version before 0.2 and not sealed; start the server on it once, which \
                 seals them",
                data.display()
            )));
        }
        Ok(Archive { data: data.to_owned(), pool, keys })
    }

    /// The folder.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Who keeps its keys.
    pub fn key_service(&self) -> &dyn KeyService {
        self.keys.service()
    }

    pub(super) fn pool(&self) -> &SqlitePool {
        &self.pool
    }

    pub(super) fn seal_keys(&self) -> &SealKeys {
        &self.keys
    }

    /// The same, to be shared.
    pub fn shared_keys(&self) -> Arc<dyn KeyService> {
        self.keys.shared()
    }

    /// Whether a server answers calls on this folder now: a call without a record is then still going on.
    pub fn is_live(&self) -> bool {
        database::is_locked(&self.data)
    }

    /// The records of the calls that ended, newest last. A damaged one is computed again from its journal, or left
    /// out where that is damaged too; the log names it, and the others are not held up.
    pub async fn records(&self, filter: &Filter) -> Result<Vec<CallRecord>, StoreUnavailable> {
        let outcome = filter.outcome.as_ref().map(word).transpose()?;
        let rows = sqlx::query(AssertSqlSafe(format!(
            "{CALL} WHERE record IS NOT NULL \
             AND (?1 IS NULL OR program = ?1) AND (?2 IS NULL OR outcome = ?2) \
             AND (?3 IS NULL OR started_at >= ?3) AND (?4 IS NULL OR started_at < ?4) \
             ORDER BY started_at DESC, rowid DESC LIMIT ?5"
        )))
        .bind(&filter.program)
        .bind(outcome)
        .bind(filter.since.map(|t| t.0))
        .bind(filter.before.map(|t| t.0))
        .bind(filter.calls_max.map_or(-1, i64::from))
        .fetch_all(&self.pool)
        .await;
        let rows = match rows {
            Ok(rows) => rows,
            Err(damaged) => return self.records_one_by_one(filter, damaged).await,
        };
        let mut records = Vec::with_capacity(rows.len());
        for row in rows.iter().rev() {
            match self.record_in(row).await {
                Ok(record) => records.extend(record),
                Err(damaged) => records.extend(self.again_from_journal(row, &damaged).await),
            }
        }
        Ok(records)
    }

    /// The records call by call, where a page of the database is damaged: the calls on it are named in the log and left
    /// out, and the others are there.
    async fn records_one_by_one(
        &self,
        filter: &Filter,
        damaged: sqlx::Error,
    ) -> Result<Vec<CallRecord>, StoreUnavailable> {
        // An index has the ids, on pages of its own.
        let ids: Vec<String> = sqlx::query_scalar("SELECT call_id FROM calls ORDER BY call_id")
            .fetch_all(&self.pool)
            .await
            .map_err(|_| unreadable(damaged))?;
        let mut records = Vec::with_capacity(ids.len());
        for call_id in ids {
            match self.record(&call_id).await {
                Ok(record) => records.extend(record.filter(|record| filter.takes(record))),
                Err(damaged) => tracing::error!(call_id, "{}", damaged.0),
            }
        }
        records.sort_by_key(|record| record.started_at);
        let surplus = filter.calls_max.map_or(0, |most| records.len().saturating_sub(most as usize));
        records.drain(..surplus);
        Ok(records)
    }

    async fn again_from_journal(&self, row: &SqliteRow, damaged: &StoreUnavailable) -> Option<CallRecord> {
        tracing::error!("{}", damaged.0);
        let call_id: String = row.try_get("call_id").ok()?;
        match self.journal(&call_id).await {
            Ok(journal) => journal.map(|(opened, entries)| journal::record(&opened, &entries)),
            Err(damaged) => {
                tracing::error!("{}", damaged.0);
                None
            }
        }
    }

    /// The record that was kept when the call ended; `None` where there is no such call, or it has not ended, or its
    /// keys were destroyed.
    pub async fn record(&self, call_id: &str) -> Result<Option<CallRecord>, StoreUnavailable> {
        self.record_of(None, call_id).await
    }

    /// The same of a call of `program`, where one is given. That a call is another program's takes as much reading to
    /// find out as that there is none.
    pub async fn record_of(
        &self,
        program: Option<&str>,
        call_id: &str,
    ) -> Result<Option<CallRecord>, StoreUnavailable> {
        let row =
            sqlx::query(AssertSqlSafe(format!("{CALL} WHERE call_id = ?1 AND (?2 IS NULL OR program = ?2)")));
        match row.bind(call_id).bind(program).fetch_optional(&self.pool).await.map_err(unreadable)? {
            Some(row) => self.record_in(&row).await,
            None => Ok(None),
        }
    }

    /// The program of a call, where there is such a call and it is of `asked`, if one is given.
    pub async fn program_of(
        &self,
        asked: Option<&str>,
        call_id: &str,
    ) -> Result<Option<String>, StoreUnavailable> {
        let program = "SELECT program FROM calls WHERE call_id = ?1 AND (?2 IS NULL OR program = ?2)";
        let program = sqlx::query_scalar(program).bind(call_id).bind(asked);
        program.fetch_optional(&self.pool).await.map_err(unreadable)
    }

    /// The id of the newest call that a provider knows by `provider_call_id`, of `program` where one is given.
    pub async fn find_by_provider_call_id(
        &self,
        program: Option<&str>,
        provider: &str,
        provider_call_id: &str,
    ) -> Result<Option<String>, StoreUnavailable> {
        let mut newest: Option<(i64, String)> = None;
        // The tag is keyed by the program, which is not known here: there are few.
        let all = self.keys.service().tenants().await?;
        for program in all.into_iter().filter(|known| program.is_none_or(|program| program == known)) {
            let tag = provider_tag(self.keys.service(), &program, provider, provider_call_id).await?;
            let found: Option<(i64, String)> = sqlx::query_as(
                "SELECT started_at, call_id FROM calls WHERE provider_tag = ? AND program = ? \
                 ORDER BY started_at DESC, rowid DESC LIMIT 1",
            )
            .bind(tag.0.as_slice())
            .bind(&program)
            .fetch_optional(&self.pool)
            .await
            .map_err(unreadable)?;
            newest = newest.max(found);
        }
        Ok(newest.map(|(_, call_id)| call_id))
    }

    /// A call's journal so far; `None` where there is no such call. An error where a part of it cannot be read, also
    /// because it was redacted or destroyed: see [`Archive::evidence`].
    pub async fn journal(&self, call_id: &str) -> Result<Option<(Opened, Vec<Entry>)>, StoreUnavailable> {
        match self.evidence(call_id).await? {
            Some(evidence) => evidence.journal().map(Some),
            None => Ok(None),
        }
    }

    /// A call's journal without what was redacted or destroyed; `None` where there is no such call, or where nothing of
    /// it can be read any more. An error where a part cannot be read for another reason.
    pub async fn journal_as_far_as_open(
        &self,
        call_id: &str,
    ) -> Result<Option<(Opened, Vec<Entry>)>, StoreUnavailable> {
        match self.evidence(call_id).await? {
            Some(evidence) => evidence.journal_as_far_as_open(),
            None => Ok(None),
        }
    }

    /// Everything that is kept of a call, opened as far as its keys are there; `None` where there is no such call.
    pub async fn evidence(&self, call_id: &str) -> Result<Option<Evidence>, StoreUnavailable> {
        // One transaction sees one state of the database: nothing can come between the call and its entries.
        let mut reading = self.pool.begin().await.map_err(unreadable)?;
        let row = sqlx::query(AssertSqlSafe(format!("{CALL} WHERE call_id = ?")))
            .bind(call_id)
            .fetch_optional(&mut *reading)
            .await
            .map_err(unreadable)?;
        let Some(row) = row else { return Ok(None) };
        let rows = sqlx::query(
            "SELECT seq, at, CAST(label AS BLOB) AS label, leaf, hash, sealed FROM entries WHERE call_id = ? ORDER BY seq",
        )
        .bind(call_id)
        .fetch_all(&mut *reading)
        .await
        .map_err(unreadable)?;
        let said = sqlx::query(SAID).bind(call_id).fetch_all(&mut *reading).await.map_err(unreadable)?;
        reading.commit().await.map_err(unreadable)?;

        let statements = statements_in(&said)?;
        let mut keys = self.keys_in(&row).await?;
        if statements.iter().any(|(_, said)| said.tells_of(Label::Consent)) {
            keys = keys.with_consent();
        }
        let mut entries = Vec::with_capacity(rows.len());
        for row in &rows {
            entries.push(entry_in(call_id, &keys, row)?);
        }
        let leaf: Vec<u8> = row.try_get("opening_leaf").map_err(unreadable)?;
        let mut evidence = Evidence {
            call_id: call_id.into(),
            program: text(&row, "program_text")?,
            channel: row.try_get("channel").map_err(unreadable)?,
            started_at: Utc(row.try_get("started_at").map_err(unreadable)?),
            ended_at: row.try_get::<Option<i64>, _>("ended_at").map_err(unreadable)?.map(Utc),
            outcome: row.try_get("outcome").map_err(unreadable)?,
            opening_leaf: bytes32(&leaf),
            opening: body(&keys, &Part::Opening, row.try_get("opening").map_err(unreadable)?),
            entries,
            record: row
                .try_get::<Option<Vec<u8>>, _>("record")
                .map_err(unreadable)?
                .map(|sealed| body(&keys, &Part::Record, Some(sealed))),
            statements,
            labels: keys.labels().to_vec(),
            keys: Keys::of(&keys),
            is_tagged_right: true,
        };
        let tag: Option<Vec<u8>> = row.try_get("provider_tag").map_err(unreadable)?;
        if let Some(opened) = evidence.opened() {
            let expected = tag_of(self.keys.service(), &evidence.program, &opened).await;
            evidence.is_tagged_right =
                matches!(&expected, Ok(expected) if expected.map(|t| t.0.to_vec()) == tag);
        }
        Ok(Some(evidence))
    }

    /// What [`Archive::standing`] is made of, its statements not checked yet.
    pub(super) async fn sketch(&self, call_id: &str) -> Result<Option<Sketch>, StoreUnavailable> {
        let Some(row) = self.row(call_id).await? else { return Ok(None) };
        let said = sqlx::query(SAID).bind(call_id).fetch_all(&self.pool).await.map_err(unreadable)?;
        let statements = statements_in(&said)?;
        let mut keys = self.keys_in(&row).await?;
        if statements.iter().any(|(_, said)| said.tells_of(Label::Consent)) {
            keys = keys.with_consent();
        }
        let ended_at = row.try_get::<Option<i64>, _>("ended_at").map_err(unreadable)?.map(Utc);
        let record = self.record_in(&row).await?;
        Ok(Some((text(&row, "program_text")?, ended_at, record, keys.labels().to_vec(), statements)))
    }

    /// A call's keys, as far as they are there; `None` where there is no such call.
    pub(super) async fn keys(&self, call_id: &str) -> Result<Option<CallKeys>, StoreUnavailable> {
        match self.row(call_id).await? {
            Some(row) => self.keys_in(&row).await.map(Some),
            None => Ok(None),
        }
    }

    /// Whether there is a call of this id.
    pub(super) async fn is_known(&self, call_id: &str) -> Result<bool, StoreUnavailable> {
        Ok(self.row(call_id).await?.is_some())
    }

    /// Whether these are the keys that were kept when the call was opened.
    pub(super) async fn is_sealed_with(
        &self,
        call_id: &str,
        keys: &CallKeys,
    ) -> Result<bool, StoreUnavailable> {
        let Some(row) = self.row(call_id).await? else { return Ok(false) };
        let sealed: Vec<u8> = row.try_get("opening").map_err(unreadable)?;
        Ok(matches!(body(keys, &Part::Opening, Some(sealed)), Body::Open(_)))
    }

    /// The program of a call, and its wrapped keys.
    pub(super) async fn wrapped(
        &self,
        call_id: &str,
    ) -> Result<Vec<(String, Label, String)>, StoreUnavailable> {
        let rows: Vec<(String, String, String)> = sqlx::query_as(
            "SELECT program, label, wrapped FROM call_keys JOIN calls USING (call_id) WHERE call_id = ?",
        )
        .bind(call_id)
        .fetch_all(&self.pool)
        .await
        .map_err(unreadable)?;
        let labelled = rows.into_iter().filter_map(|(program, label, wrapped)| {
            Label::of_name(&label).map(|label| (program, label, wrapped))
        });
        Ok(labelled.collect())
    }

    /// The program of a call and the leaf of its opening.
    pub(super) async fn ground(&self, call_id: &str) -> Result<Option<(String, Bytes32)>, StoreUnavailable> {
        let Some(row) = self.row(call_id).await? else { return Ok(None) };
        let leaf: Vec<u8> = row.try_get("opening_leaf").map_err(unreadable)?;
        Ok(Some((text(&row, "program_text")?, bytes32(&leaf))))
    }

    async fn row(&self, call_id: &str) -> Result<Option<SqliteRow>, StoreUnavailable> {
        let query = sqlx::query(AssertSqlSafe(format!("{CALL} WHERE call_id = ?"))).bind(call_id);
        query.fetch_optional(&self.pool).await.map_err(unreadable)
    }

    async fn keys_in(&self, row: &SqliteRow) -> Result<CallKeys, StoreUnavailable> {
        let (call_id, program) =
            (row.try_get::<String, _>("call_id").map_err(unreadable)?, text(row, "program_text")?);
        let mut wrapped = Vec::new();
        for label in Label::ALL {
            if let Some(bytes) = row.try_get::<Option<Vec<u8>>, _>(label.name()).map_err(unreadable)? {
                wrapped.push((label.name().to_owned(), String::from_utf8_lossy(&bytes).into_owned()));
            }
        }
        self.keys.unwrapped(&program, &call_id, &wrapped).await
    }

    async fn record_in(&self, row: &SqliteRow) -> Result<Option<CallRecord>, StoreUnavailable> {
        let Some(sealed) = row.try_get::<Option<Vec<u8>>, _>("record").map_err(unreadable)? else {
            return Ok(None);
        };
        let keys = self.keys_in(row).await?;
        let damaged = |what: &str| StoreUnavailable(format!("the record of call {} {what}", keys.call_id));
        match body(&keys, &Part::Record, Some(sealed)) {
            Body::Open(bytes) => parsed(&bytes).map(|(_, record)| Some(record)).map_err(|e| damaged(&e)),
            Body::Shut(Shut::Destroyed) => Ok(None),
            Body::Shut(shut) => Err(damaged(shut.why())),
        }
    }

    /// The claims that were signed at the end of every call of `program` that ended from `since` until before `until`.
    pub async fn ends(
        &self,
        program: &str,
        since: Utc,
        until: Utc,
    ) -> Result<Vec<(String, Vec<Statement>)>, StoreUnavailable> {
        let calls: Vec<String> = sqlx::query_scalar(
            "SELECT call_id FROM calls WHERE program = ? AND ended_at >= ? AND ended_at < ? ORDER BY call_id",
        )
        .bind(program)
        .bind(since.0)
        .bind(until.0)
        .fetch_all(&self.pool)
        .await
        .map_err(unreadable)?;
        let mut ends = Vec::with_capacity(calls.len());
        for call_id in calls {
            let said = sqlx::query(SAID).bind(&call_id).fetch_all(&self.pool).await.map_err(unreadable)?;
            let statements = statements_in(&said)?;
            ends.push((call_id, statements.into_iter().map(|(_, statement)| statement).collect()));
        }
        Ok(ends)
    }

    /// Checks everything that is kept of a call: that it is what was written, as far as the keys open it; else what is
    /// not, and where, in words that follow the call's id.
    pub async fn verify(&self, call_id: &str) -> Result<Sound, String> {
        let evidence = self.evidence(call_id).await.map_err(|e| e.0)?;
        let Some(evidence) = evidence else { return Err("its row among the calls is gone".into()) };
        let public = self.public_key(&evidence.program).await.map_err(|e| e.0)?;
        check(call_id).map_err(|e| e.0)?;
        evidence.check(&public, &path_in(&folder_in(&self.data), call_id))
    }

    /// The ids of everything that stands anywhere in the database: also of what lost its call. Where a page of a table
    /// is damaged, those that the other tables have.
    pub async fn ids(&self) -> Result<Vec<String>, StoreUnavailable> {
        let mut ids = BTreeSet::new();
        let mut damaged = None;
        let all = [
            "SELECT CAST(call_id AS BLOB) FROM calls ORDER BY call_id",
            "SELECT DISTINCT CAST(call_id AS BLOB) FROM entries",
            "SELECT DISTINCT CAST(call_id AS BLOB) FROM call_keys",
            "SELECT DISTINCT CAST(call_id AS BLOB) FROM statements",
        ];
        for all in all {
            match sqlx::query_scalar::<_, Vec<u8>>(all).fetch_all(&self.pool).await {
                Ok(found) => ids.extend(found),
                Err(error) => damaged = Some(error),
            }
        }
        match damaged {
            Some(error) if ids.is_empty() => Err(unreadable(error)),
            _ => Ok(ids.iter().map(|id| String::from_utf8_lossy(id).into_owned()).collect()),
        }
    }

    /// The ids of all calls, oldest first.
    pub async fn calls(&self) -> Result<Vec<String>, StoreUnavailable> {
        sqlx::query_scalar("SELECT call_id FROM calls ORDER BY started_at, rowid")
            .fetch_all(&self.pool)
            .await
            .map_err(unreadable)
    }

    /// The ids of all calls of these programs, oldest first.
    pub async fn calls_of(&self, programs: &[String]) -> Result<Vec<String>, StoreUnavailable> {
        let all: Vec<(String, String)> =
            sqlx::query_as("SELECT call_id, program FROM calls ORDER BY started_at, rowid")
                .fetch_all(&self.pool)
                .await
                .map_err(unreadable)?;
        Ok(all.into_iter().filter(|(_, program)| programs.contains(program)).map(|(id, _)| id).collect())
    }

    /// The ids of calls that were opened and never closed, oldest first; not of those that were destroyed.
    pub async fn unfinished(&self) -> Result<Vec<String>, StoreUnavailable> {
        let all = "SELECT call_id FROM calls WHERE ended_at IS NULL \
            AND EXISTS (SELECT 1 FROM call_keys k WHERE k.call_id = calls.call_id) ORDER BY started_at, rowid";
        sqlx::query_scalar(all).fetch_all(&self.pool).await.map_err(unreadable)
    }
}

/// A part of a call, opened where that can be done.
fn body(keys: &CallKeys, part: &Part, sealed: Option<Vec<u8>>) -> Body {
    let Some(sealed) = sealed else { return Body::Shut(Shut::Redacted) };
    match keys.open(part, &sealed) {
        Ok(Some(bytes)) => Body::Open(bytes),
        Ok(None) => Body::Shut(Shut::Altered),
        Err(KeysFailed::Altered) => Body::Shut(Shut::KeyAltered),
        Err(_) => Body::Shut(Shut::Destroyed),
    }
}

fn statements_in(rows: &[SqliteRow]) -> Result<Vec<(i64, Statement)>, StoreUnavailable> {
    let mut statements = Vec::with_capacity(rows.len());
    for row in rows {
        let signature: Vec<u8> = row.try_get("signature").map_err(unreadable)?;
        let statement =
            Statement { body: text(row, "body")?, signature: signature.try_into().unwrap_or([0; 64]) };
        statements.push((row.try_get("number").map_err(unreadable)?, statement));
    }
    Ok(statements)
}

fn entry_in(call_id: &str, keys: &CallKeys, row: &SqliteRow) -> Result<(Link, Body), StoreUnavailable> {
    let seq: i64 = row.try_get("seq").map_err(unreadable)?;
    let damaged = |_| {
        StoreUnavailable(format!("entry {seq} of the journal of call {call_id} was altered in its place"))
    };
    let at: i64 = row.try_get("at").map_err(unreadable)?;
    let label = Label::of_name(&text(row, "label")?).ok_or(()).map_err(damaged)?;
    let (leaf, hash): (Vec<u8>, Vec<u8>) =
        (row.try_get("leaf").map_err(unreadable)?, row.try_get("hash").map_err(unreadable)?);
    let link = Link {
        seq: u64::try_from(seq).map_err(|_| damaged(()))?,
        at: Millis(u64::try_from(at).map_err(|_| damaged(()))?),
        label,
        leaf: bytes32(&leaf),
        hash: bytes32(&hash),
    };
    let part = Part::Entry(link.seq, label);
    Ok((link, body(keys, &part, row.try_get("sealed").map_err(unreadable)?)))
}

/// What a body says, and its salt.
pub(super) fn parsed<T: DeserializeOwned>(body: &[u8]) -> Result<(Salt, T), String> {
    let Some((salt, json)) = body.split_first_chunk::<32>() else { return Err("is damaged".into()) };
    let value = serde_json::from_slice(json).map_err(|e| format!("is damaged: {}", spot(&e)))?;
    Ok((Bytes32(*salt), value))
}

pub(super) fn event_in(link: &Link, body: &[u8]) -> Result<Entry, String> {
    let (salt, event): (Salt, Event) = parsed(body)?;
    let Link { seq, at, label, hash, .. } = *link;
    Ok(Entry { seq, at, label, event, salt, leaf: leaf_of(body), hash })
}

/// By what the provider's id of a call is found again.
pub(super) async fn provider_tag(
    keys: &dyn KeyService,
    program: &str,
    provider: &str,
    id: &str,
) -> Result<Bytes32, KeysFailed> {
    let named = Zeroizing::new(format!("provider\n{provider}\n{id}"));
    keys.tag(program, named.as_bytes()).await.map(Bytes32)
}

/// The tag of a call, where a provider knows it.
pub(super) async fn tag_of(
    keys: &dyn KeyService,
    program: &str,
    opened: &Opened,
) -> Result<Option<Bytes32>, KeysFailed> {
    match (&opened.provider, &opened.provider_call_id) {
        (Some(provider), Some(id)) => provider_tag(keys, program, provider, id).await.map(Some),
        _ => Ok(None),
    }
}

pub(super) fn bytes32(bytes: &[u8]) -> Bytes32 {
    // A constraint of the database sees to the length.
    Bytes32(bytes.try_into().unwrap_or_default())
}

pub(super) fn text(row: &SqliteRow, column: &str) -> Result<String, StoreUnavailable> {
    let bytes: Vec<u8> = row.try_get(column).map_err(unreadable)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Where JSON is wrong, without what stands there: serde's own message would quote the caller.
fn spot(error: &serde_json::Error) -> String {
    format!("{:?} error at character {}", error.classify(), error.column())
}

pub(super) fn unreadable(error: sqlx::Error) -> StoreUnavailable {
    database::unreadable(&error)
}

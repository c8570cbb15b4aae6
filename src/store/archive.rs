//! What calls left behind, for reading: beside a running server, or when none runs.

use super::{database, sqlite::word};
use crate::{
    dialogue::Outcome,
    journal::{self, CallRecord, Entry, Event, Opened},
    ports::StoreUnavailable,
    time::{Millis, Utc},
};
use sqlx::{Row, SqlitePool, sqlite::SqliteRow};
use std::path::{Path, PathBuf};

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
}

impl Archive {
    /// Opens the data folder for reading. A server may run on it at the same time.
    pub async fn open(data: &Path) -> Result<Archive, StoreUnavailable> {
        Ok(Archive { data: data.to_owned(), pool: database::readers(data).await? })
    }

    /// Whether a server answers calls on this folder now: a call without a record is then still going on.
    pub fn is_live(&self) -> bool {
        database::is_locked(&self.data)
    }

    /// The records of the calls that ended, newest last. A damaged one is computed again from its journal, or left
    /// out where that is damaged too; the log names it, and the others are not held up.
    pub async fn records(&self, filter: &Filter) -> Result<Vec<CallRecord>, StoreUnavailable> {
        let outcome = filter.outcome.as_ref().map(word).transpose()?;
        let rows = sqlx::query(
            "SELECT call_id, record FROM calls WHERE record IS NOT NULL \
             AND (?1 IS NULL OR program = ?1) AND (?2 IS NULL OR outcome = ?2) \
             AND (?3 IS NULL OR started_at >= ?3) AND (?4 IS NULL OR started_at < ?4) \
             ORDER BY started_at DESC, rowid DESC LIMIT ?5",
        )
        .bind(&filter.program)
        .bind(outcome)
        .bind(filter.since.map(|t| t.0))
        .bind(filter.before.map(|t| t.0))
        .bind(filter.calls_max.map_or(-1, i64::from))
        .fetch_all(&self.pool)
        .await
        .map_err(unreadable)?;
        let mut records = Vec::with_capacity(rows.len());
        for row in rows.iter().rev() {
            match record_in(row) {
                Ok(record) => records.push(record),
                Err(damaged) => records.extend(self.again_from_journal(row, &damaged).await),
            }
        }
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

    /// The record that was kept when the call ended; `None` where there is no such call, or it has not ended.
    pub async fn record(&self, call_id: &str) -> Result<Option<CallRecord>, StoreUnavailable> {
        sqlx::query("SELECT call_id, record FROM calls WHERE call_id = ? AND record IS NOT NULL")
            .bind(call_id)
            .fetch_optional(&self.pool)
            .await
            .map_err(unreadable)?
            .as_ref()
            .map(record_in)
            .transpose()
    }

    /// The id of the newest call that a provider knows by `provider_call_id`.
    pub async fn find_by_provider_call_id(
        &self,
        provider: &str,
        provider_call_id: &str,
    ) -> Result<Option<String>, StoreUnavailable> {
        sqlx::query_scalar(
            "SELECT call_id FROM calls WHERE provider = ? AND provider_call_id = ? \
             ORDER BY started_at DESC, rowid DESC LIMIT 1",
        )
        .bind(provider)
        .bind(provider_call_id)
        .fetch_optional(&self.pool)
        .await
        .map_err(unreadable)
    }

    /// A call's journal so far; `None` where there is no such call.
    pub async fn journal(&self, call_id: &str) -> Result<Option<(Opened, Vec<Entry>)>, StoreUnavailable> {
        // One statement sees one state of the database: no entry can come between the call and its entries.
        let rows = sqlx::query(
            "SELECT opened, seq, at, event, hash FROM calls LEFT JOIN entries USING (call_id) \
             WHERE call_id = ? ORDER BY seq",
        )
        .bind(call_id)
        .fetch_all(&self.pool)
        .await
        .map_err(unreadable)?;
        let Some(first) = rows.first() else { return Ok(None) };
        let opened: String = first.try_get("opened").map_err(unreadable)?;
        let opened = serde_json::from_str(&opened).map_err(|e| {
            StoreUnavailable(format!("the opening of call {call_id} is damaged: {}", spot(&e)))
        })?;
        let mut entries = Vec::with_capacity(rows.len());
        for row in &rows {
            if let Some(seq) = row.try_get::<Option<i64>, _>("seq").map_err(unreadable)? {
                entries.push(entry_in(call_id, seq, row)?);
            }
        }
        Ok(Some((opened, entries)))
    }

    /// The ids of all calls, oldest first.
    pub async fn calls(&self) -> Result<Vec<String>, StoreUnavailable> {
        sqlx::query_scalar("SELECT call_id FROM calls ORDER BY started_at, rowid")
            .fetch_all(&self.pool)
            .await
            .map_err(unreadable)
    }

    /// The ids of calls that were opened and never closed, oldest first.
    pub async fn unfinished(&self) -> Result<Vec<String>, StoreUnavailable> {
        sqlx::query_scalar("SELECT call_id FROM calls WHERE ended_at IS NULL ORDER BY started_at, rowid")
            .fetch_all(&self.pool)
            .await
            .map_err(unreadable)
    }
}

fn record_in(row: &SqliteRow) -> Result<CallRecord, StoreUnavailable> {
    let text: String = row.try_get("record").map_err(unreadable)?;
    serde_json::from_str(&text).map_err(|e| {
        let call_id = row.try_get::<String, _>("call_id").unwrap_or_default();
        StoreUnavailable(format!("the record of call {call_id} is damaged: {}", spot(&e)))
    })
}

fn entry_in(call_id: &str, seq: i64, row: &SqliteRow) -> Result<Entry, StoreUnavailable> {
    let damaged = |what: &dyn std::fmt::Display| {
        StoreUnavailable(format!("entry {seq} of the journal of call {call_id} is damaged: {what}"))
    };
    let at: i64 = row.try_get("at").map_err(unreadable)?;
    let event: String = row.try_get("event").map_err(unreadable)?;
    Ok(Entry {
        seq: u64::try_from(seq).map_err(|e| damaged(&e))?,
        at: Millis(u64::try_from(at).map_err(|e| damaged(&e))?),
        event: serde_json::from_str::<Event>(&event).map_err(|e| damaged(&spot(&e)))?,
        hash: row.try_get("hash").map_err(unreadable)?,
    })
}

/// Where JSON is wrong, without what stands there: serde's own message would quote the caller.
fn spot(error: &serde_json::Error) -> String {
    format!("{:?} error at character {}", error.classify(), error.column())
}

fn unreadable(error: sqlx::Error) -> StoreUnavailable {
    StoreUnavailable(format!("the journals cannot be read: {error}; check the disk of the data folder"))
}

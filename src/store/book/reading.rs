//! Reading books.

use super::{bound, place};
use crate::{
    book::{Link, Noted, Told, month},
    journal::Hash32,
    ports::{KeysFailed, StoreUnavailable},
    store::{
        archive::{Archive, bytes32, parsed, text, unreadable},
        evidence::{Body, Shut},
        statement::{Claim, Statement},
    },
    time::Utc,
};
use sqlx::{Row, SqliteExecutor, sqlite::SqliteRow};
use std::collections::{BTreeSet, HashMap};

/// Which entries of a book.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BookFilter {
    /// About this call.
    pub call_id: Option<String>,
    /// Noted at this moment or later.
    pub since: Option<Utc>,
    /// The newest so many.
    pub entries_max: Option<u32>,
}

impl Archive {
    /// The entries of a program's book, oldest first, as far as their keys are there. A damaged one is left out; the
    /// log names it, and the others are not held up.
    pub async fn book(&self, program: &str, filter: &BookFilter) -> Result<Vec<Noted>, StoreUnavailable> {
        let rows = sqlx::query(
            "SELECT seq, at, CAST(call_id AS BLOB) AS call_id, leaf, hash, sealed FROM book WHERE program = ?1 \
             AND (?2 IS NULL OR call_id = ?2) AND (?3 IS NULL OR at >= ?3) ORDER BY seq DESC LIMIT ?4",
        )
        .bind(program)
        .bind(&filter.call_id)
        .bind(filter.since.map(|at| at.0))
        .bind(filter.entries_max.map_or(-1, i64::from))
        .fetch_all(self.pool())
        .await
        .map_err(unreadable)?;
        let mut noted = Vec::with_capacity(rows.len());
        let keys = keys_of(program, self.pool()).await?;
        for (link, body) in self.opened_book(program, &rows, &keys).await?.into_iter().rev() {
            match noted_in(&link, &body) {
                Ok(entry) => noted.extend(entry),
                Err(why) => tracing::error!("entry {} of the book of {program} {why}", link.seq),
            }
        }
        Ok(noted)
    }

    /// The programs that have a book.
    pub async fn books(&self) -> Result<Vec<String>, StoreUnavailable> {
        if !self.has_books().await? {
            return Ok(Vec::new());
        }
        let all = "SELECT CAST(program AS BLOB) FROM book UNION SELECT CAST(program AS BLOB) FROM book_keys \
            UNION SELECT CAST(program AS BLOB) FROM book_statements";
        let all: Vec<Vec<u8>> = sqlx::query_scalar(all).fetch_all(self.pool()).await.map_err(unreadable)?;
        Ok(all.iter().map(|id| String::from_utf8_lossy(id).into_owned()).collect())
    }

    /// The newest head of a program's book, signed.
    pub async fn newest_book_head(&self, program: &str) -> Result<Option<Statement>, StoreUnavailable> {
        let entries = match self.has_books().await? {
            true => self.book_entries(program).await?,
            false => 0,
        };
        let Some(last) = entries.checked_sub(1) else { return Ok(None) };
        let head = self.book_hash(program, last).await?;
        let head = head.ok_or_else(|| StoreUnavailable(format!("entry {last} of the book is gone")))?;
        self.book_head(program, entries, head).await.map(Some)
    }

    /// Whether the database is of a version that keeps books.
    pub(in crate::store) async fn has_books(&self) -> Result<bool, StoreUnavailable> {
        let there: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_master WHERE name = 'book'")
            .fetch_one(self.pool())
            .await
            .map_err(unreadable)?;
        Ok(there > 0)
    }

    pub(super) async fn book_head(
        &self,
        program: &str,
        entries: u64,
        head: Hash32,
    ) -> Result<Statement, StoreUnavailable> {
        let claim = Claim::BookHead { program: program.into(), entries, head };
        Statement::sign(self.key_service(), program, &claim).await
    }

    pub(super) async fn book_entries(&self, program: &str) -> Result<u64, StoreUnavailable> {
        let next: i64 = sqlx::query_scalar("SELECT coalesce(max(seq) + 1, 0) FROM book WHERE program = ?")
            .bind(program)
            .fetch_one(self.pool())
            .await
            .map_err(unreadable)?;
        Ok(u64::try_from(next).unwrap_or(0))
    }

    pub(super) async fn book_hash(
        &self,
        program: &str,
        seq: u64,
    ) -> Result<Option<Hash32>, StoreUnavailable> {
        let hash: Option<Vec<u8>> = sqlx::query_scalar("SELECT hash FROM book WHERE program = ? AND seq = ?")
            .bind(program)
            .bind(i64::try_from(seq).unwrap_or(i64::MAX))
            .fetch_optional(self.pool())
            .await
            .map_err(unreadable)?;
        Ok(hash.as_deref().map(bytes32))
    }

    pub(super) async fn book_key(
        &self,
        program: &str,
        month: &str,
    ) -> Result<Option<String>, StoreUnavailable> {
        sqlx::query_scalar("SELECT wrapped FROM book_keys WHERE program = ? AND month = ?")
            .bind(program)
            .bind(month)
            .fetch_optional(self.pool())
            .await
            .map_err(unreadable)
    }

    /// Everything that is kept of a book, as it was at one moment.
    pub(super) async fn kept_book(&self, program: &str) -> Result<Kept, StoreUnavailable> {
        // One transaction sees one state of the database: nothing can come between the entries and what was signed.
        let mut reading = self.pool().begin().await.map_err(unreadable)?;
        let rows = sqlx::query(
            "SELECT seq, at, CAST(call_id AS BLOB) AS call_id, leaf, hash, sealed FROM book WHERE program = ? \
             ORDER BY seq",
        )
        .bind(program)
        .fetch_all(&mut *reading)
        .await
        .map_err(unreadable)?;
        let statements = statements_of(program, &mut *reading).await?;
        let keys = keys_of(program, &mut *reading).await?;
        reading.commit().await.map_err(unreadable)?;
        let entries = self.opened_book(program, &rows, &keys).await?;
        Ok(Kept { entries, statements, months: keys.into_iter().map(|(month, _)| month).collect() })
    }

    pub(super) async fn book_keys(&self, program: &str) -> Result<Vec<(String, String)>, StoreUnavailable> {
        keys_of(program, self.pool()).await
    }

    /// The months of a book whose keys were destroyed, as the program signed it.
    pub(in crate::store) async fn ended_months(
        &self,
        program: &str,
    ) -> Result<Vec<String>, StoreUnavailable> {
        let claims = self.book_claims(program).await?;
        let months = claims.into_iter().filter_map(|claim| match claim {
            Claim::MonthDestroyed { month, .. } => Some(month),
            _ => None,
        });
        Ok(months.collect())
    }

    /// What the program signed about its book, as far as its signatures are right.
    pub(super) async fn book_claims(&self, program: &str) -> Result<Vec<Claim>, StoreUnavailable> {
        let said = statements_of(program, self.pool()).await?;
        if said.is_empty() {
            // A program that has noted nothing yet may have no keys yet.
            return Ok(Vec::new());
        }
        let public = self.key_service().public_key(program).await?;
        Ok(said.iter().filter_map(|said| said.claim(&public)).collect())
    }

    /// Rows of a book, opened as far as its keys are there.
    async fn opened_book(
        &self,
        program: &str,
        rows: &[SqliteRow],
        wrapped: &[(String, String)],
    ) -> Result<Vec<(Link, Body)>, StoreUnavailable> {
        let mut keys = HashMap::new();
        for (month, wrapped) in wrapped {
            keys.insert(month.clone(), self.seal_keys().at(program, &place(month), wrapped).await?);
        }
        let mut opened = Vec::with_capacity(rows.len());
        for row in rows {
            let link = link_in(row)?;
            let sealed: Option<Vec<u8>> = row.try_get("sealed").map_err(unreadable)?;
            let body = match (keys.get(&month(link.at)), sealed) {
                (Some(Ok(key)), Some(sealed)) => match key.open(&bound(program, &link.leaf), &sealed) {
                    Some(body) => Body::Open(body),
                    None => Body::Shut(Shut::Altered),
                },
                (Some(Ok(_)), None) => Body::Shut(Shut::Redacted),
                (Some(Err(KeysFailed::Altered)), _) => Body::Shut(Shut::KeyAltered),
                (Some(Err(_)) | None, _) => Body::Shut(Shut::Destroyed),
            };
            opened.push((link, body));
        }
        Ok(opened)
    }
}

/// Everything that is kept of a book.
pub(super) struct Kept {
    pub entries: Vec<(Link, Body)>,
    pub statements: Vec<Statement>,
    /// Those whose keys are there.
    pub months: BTreeSet<String>,
}

async fn keys_of(
    program: &str,
    connection: impl SqliteExecutor<'_>,
) -> Result<Vec<(String, String)>, StoreUnavailable> {
    let rows: Vec<(Vec<u8>, Vec<u8>)> = sqlx::query_as(
        "SELECT CAST(month AS BLOB), CAST(wrapped AS BLOB) FROM book_keys WHERE program = ? ORDER BY month",
    )
    .bind(program)
    .fetch_all(connection)
    .await
    .map_err(unreadable)?;
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ok(rows.into_iter().map(|(month, wrapped)| (text(month), text(wrapped))).collect())
}

async fn statements_of(
    program: &str,
    connection: impl SqliteExecutor<'_>,
) -> Result<Vec<Statement>, StoreUnavailable> {
    let rows = sqlx::query(
        "SELECT CAST(body AS BLOB) AS body, signature FROM book_statements WHERE program = ? ORDER BY number",
    )
    .bind(program)
    .fetch_all(connection)
    .await
    .map_err(unreadable)?;
    let statement = |row: &SqliteRow| {
        let signature: Vec<u8> = row.try_get("signature").map_err(unreadable)?;
        Ok(Statement { body: text(row, "body")?, signature: signature.try_into().unwrap_or([0; 64]) })
    };
    rows.iter().map(statement).collect()
}

/// The entry at a place, `None` where its key was destroyed.
pub(super) fn noted_in(link: &Link, body: &Body) -> Result<Option<Noted>, String> {
    let bytes = match body {
        Body::Open(bytes) => bytes,
        Body::Shut(Shut::Destroyed) => return Ok(None),
        Body::Shut(shut) => return Err(shut.why().into()),
    };
    let (_, Told { by, event }) = parsed(bytes)?;
    Ok(Some(Noted { seq: link.seq, at: link.at, call_id: link.call_id.clone(), by, event }))
}

fn link_in(row: &SqliteRow) -> Result<Link, StoreUnavailable> {
    let seq: i64 = row.try_get("seq").map_err(unreadable)?;
    let call_id: Option<Vec<u8>> = row.try_get("call_id").map_err(unreadable)?;
    let (leaf, hash): (Vec<u8>, Vec<u8>) =
        (row.try_get("leaf").map_err(unreadable)?, row.try_get("hash").map_err(unreadable)?);
    Ok(Link {
        // A number that was altered is none that follows.
        seq: u64::try_from(seq).unwrap_or(u64::MAX),
        at: Utc(row.try_get("at").map_err(unreadable)?),
        call_id: call_id.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
        leaf: bytes32(&leaf),
        hash: bytes32(&hash),
    })
}

//! The rows of destructions that are not finished, and of certificates.

use super::{
    super::{
        after::forgetting,
        archive::{Archive, unreadable},
        statement::Statement,
    },
    Gone, Signed,
};
use crate::{journal::Label, ports::StoreUnavailable, time::Utc};
use sqlx::{Row, SqliteConnection};

/// A destruction that is not finished.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Begun {
    pub call_id: String,
    /// The first statement that says so.
    pub number: i64,
    pub is_tidy: bool,
}

/// What is written about destructions.
pub(in super::super) enum Change {
    /// The file of a call is cleared.
    Tidy { call_id: String, number: i64 },
    /// A certificate is kept, and what it names is finished.
    Certify { certificate: String, program: String, at: Utc, statement: Statement, done: Vec<(String, i64)> },
    /// A program's keys are about to be destroyed: how what it signed is checked from then on.
    Farewell { program: String, public_key: [u8; 32], certificate: String },
}

/// Writes it.
pub(in super::super) async fn apply(connection: &mut SqliteConnection, change: &Change) -> sqlx::Result<()> {
    match change {
        Change::Tidy { call_id, number } => {
            let tidy = "UPDATE destructions SET tidy = 1 WHERE call_id = ? AND number = ?";
            sqlx::query(tidy).bind(call_id).bind(number).execute(connection).await?;
        }
        Change::Certify { certificate, program, at, statement, done } => {
            let keep =
                "INSERT INTO certificates (certificate, program, at, body, signature) VALUES (?, ?, ?, ?, ?)";
            sqlx::query(keep)
                .bind(certificate)
                .bind(program)
                .bind(at.0)
                .bind(&statement.body)
                .bind(statement.signature.as_slice())
                .execute(&mut *connection)
                .await?;
            for (call_id, number) in done {
                let over = "DELETE FROM destructions WHERE call_id = ? AND number = ?";
                sqlx::query(over).bind(call_id).bind(number).execute(&mut *connection).await?;
            }
        }
        Change::Farewell { program, public_key, certificate } => {
            let keep = "INSERT INTO former_programs (program, public_key, certificate) VALUES (?, ?, ?) \
                ON CONFLICT (program) DO NOTHING";
            sqlx::query(keep)
                .bind(program)
                .bind(public_key.as_slice())
                .bind(certificate)
                .execute(&mut *connection)
                .await?;
            forgetting::program(connection, program).await?;
        }
    }
    Ok(())
}

impl Archive {
    /// The calls of `program` of which something may be due at `now`: those with words that ended by `words`, and
    /// those with anything that ended by `proofs`; only those that ended before `before`. Oldest first.
    pub(super) async fn candidates(
        &self,
        program: &str,
        words: Utc,
        proofs: Utc,
        before: Option<Utc>,
    ) -> Result<Vec<String>, StoreUnavailable> {
        let all = "SELECT call_id FROM calls WHERE program = ?1 AND ended_at IS NOT NULL \
            AND (?4 IS NULL OR ended_at < ?4) AND ( \
            ended_at <= ?2 AND EXISTS \
            (SELECT 1 FROM call_keys k WHERE k.call_id = calls.call_id AND k.label = 'sensitive') \
            OR ended_at <= ?3 AND EXISTS (SELECT 1 FROM call_keys k WHERE k.call_id = calls.call_id)) \
            ORDER BY ended_at, rowid";
        sqlx::query_scalar(all)
            .bind(program)
            .bind(words.0)
            .bind(proofs.0)
            .bind(before.map(|t| t.0))
            .fetch_all(self.pool())
            .await
            .map_err(unreadable)
    }

    /// All calls of `program`, oldest first.
    pub(super) async fn every_call(&self, program: &str) -> Result<Vec<String>, StoreUnavailable> {
        sqlx::query_scalar("SELECT call_id FROM calls WHERE program = ? ORDER BY started_at, rowid")
            .bind(program)
            .fetch_all(self.pool())
            .await
            .map_err(unreadable)
    }

    /// The programs that calls are of.
    pub async fn programs(&self) -> Result<Vec<String>, StoreUnavailable> {
        sqlx::query_scalar("SELECT DISTINCT program FROM calls ORDER BY program")
            .fetch_all(self.pool())
            .await
            .map_err(unreadable)
    }

    /// Whether a call has entries under `general` or `sensitive` whose bodies are there.
    pub(super) async fn has_words(&self, call_id: &str) -> Result<bool, StoreUnavailable> {
        let any = "SELECT EXISTS (SELECT 1 FROM entries WHERE call_id = ? AND label <> 'consent' \
            AND sealed IS NOT NULL)";
        let any: i64 =
            sqlx::query_scalar(any).bind(call_id).fetch_one(self.pool()).await.map_err(unreadable)?;
        Ok(any == 1)
    }

    /// The newest moment of which the store knows that it was: a clock that shows less was set back.
    pub(super) async fn newest_moment(&self) -> Result<Utc, StoreUnavailable> {
        let newest = "SELECT max(coalesce((SELECT max(started_at) FROM calls), 0), \
            coalesce((SELECT max(ended_at) FROM calls), 0), coalesce((SELECT max(at) FROM pulse), 0))";
        sqlx::query_scalar(newest).fetch_one(self.pool()).await.map(Utc).map_err(unreadable)
    }

    /// The destructions of `program` that are not finished.
    pub(super) async fn begun(&self, program: &str) -> Result<Vec<Begun>, StoreUnavailable> {
        let all = "SELECT call_id, number, tidy FROM destructions JOIN calls USING (call_id) WHERE program = ? \
            ORDER BY call_id, number";
        let rows = sqlx::query(all).bind(program).fetch_all(self.pool()).await.map_err(unreadable)?;
        let begun = rows.iter().map(|row| {
            Ok(Begun {
                call_id: row.try_get("call_id")?,
                number: row.try_get("number")?,
                is_tidy: row.try_get::<i64, _>("tidy")? == 1,
            })
        });
        begun.collect::<sqlx::Result<_>>().map_err(unreadable)
    }

    /// The calls that a month of a program's book is about, and whether each still has a key.
    pub(super) async fn calls_noted(
        &self,
        program: &str,
        month: &str,
    ) -> Result<Vec<(String, bool)>, StoreUnavailable> {
        sqlx::query_as(
            "SELECT call_id, EXISTS (SELECT 1 FROM call_keys k WHERE k.call_id = noted.call_id) FROM \
             (SELECT DISTINCT call_id FROM book WHERE program = ? AND call_id IS NOT NULL \
             AND strftime('%Y-%m', at / 1000.0, 'unixepoch') = ?) AS noted ORDER BY call_id",
        )
        .bind(program)
        .bind(month)
        .fetch_all(self.pool())
        .await
        .map_err(unreadable)
    }

    /// The months of a program's book that can be read.
    pub(super) async fn book_months(&self, program: &str) -> Result<Vec<String>, StoreUnavailable> {
        sqlx::query_scalar("SELECT month FROM book_keys WHERE program = ? ORDER BY month")
            .bind(program)
            .fetch_all(self.pool())
            .await
            .map_err(unreadable)
    }

    /// The certificates that are kept, oldest first, each as it was signed.
    pub async fn certificates(&self) -> Result<Vec<(String, Signed)>, StoreUnavailable> {
        let all = "SELECT certificate, CAST(body AS BLOB) AS body, signature FROM certificates ORDER BY at, certificate";
        let rows = sqlx::query(all).fetch_all(self.pool()).await.map_err(unreadable)?;
        let mut certificates = Vec::with_capacity(rows.len());
        for row in rows {
            let body: Vec<u8> = row.try_get("body").map_err(unreadable)?;
            let signature: Vec<u8> = row.try_get("signature").map_err(unreadable)?;
            let body = String::from_utf8_lossy(&body).into_owned();
            let statement = Statement { body, signature: signature.try_into().unwrap_or([0; 64]) };
            certificates.push((row.try_get("certificate").map_err(unreadable)?, Signed::of(statement)));
        }
        Ok(certificates)
    }

    /// The key that checks what a program signed: its own, or, where its keys were destroyed, the one that was kept.
    pub async fn public_key(&self, program: &str) -> Result<[u8; 32], StoreUnavailable> {
        match self.key_service().public_key(program).await {
            Ok(key) => Ok(key),
            Err(missing) => {
                let kept = "SELECT public_key FROM former_programs WHERE program = ?";
                let kept: Option<Vec<u8>> =
                    sqlx::query_scalar(kept).bind(program).fetch_optional(self.pool()).await.ok().flatten();
                kept.and_then(|key| key.try_into().ok()).ok_or_else(|| missing.into())
            }
        }
    }

    /// Whether a program's keys were said farewell to.
    pub(super) async fn is_former(&self, program: &str) -> Result<bool, StoreUnavailable> {
        let any = "SELECT EXISTS (SELECT 1 FROM former_programs WHERE program = ?)";
        let any: i64 =
            sqlx::query_scalar(any).bind(program).fetch_one(self.pool()).await.map_err(unreadable)?;
        Ok(any == 1)
    }
}

/// What was destroyed of a call, as the statements from number `first` on say.
pub(super) fn gone(standing: &super::Standing, first: i64) -> Gone {
    use super::super::statement::Claim;
    let mut gone =
        Gone { call_id: standing.call_id.clone(), labels: Vec::new(), silenced: Vec::new(), redacted: 0 };
    let from = usize::try_from(first).unwrap_or(0);
    let add = |to: &mut Vec<Label>, labels: &[Label]| {
        to.extend(labels);
        to.sort();
        to.dedup();
    };
    for claim in standing.claims.iter().skip(from) {
        match claim {
            Claim::Destroyed { labels, .. } => add(&mut gone.labels, labels),
            Claim::Silenced { labels, .. } => add(&mut gone.silenced, labels),
            Claim::Redacted { entries, .. } => gone.redacted += entries.len() as u64,
            _ => {}
        }
    }
    gone
}

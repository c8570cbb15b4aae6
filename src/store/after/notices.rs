//! Who is told that something waits: at least once, however often this process dies in between.

use super::{After, failed};
use crate::{
    book::{BookEvent, NoticeGivenUp, Who},
    observe::metrics::{self, Told},
    ports::StoreUnavailable,
    time::Utc,
};
use sqlx::Row;

/// After so many tries nobody is told by this way any more; with these waits that is more than two days.
const TRIES_MAX: u32 = 20;
const FIRST_WAIT_MS: i64 = 30_000;
const WAIT_MS_MAX: i64 = 6 * 3_600_000;

/// A way of notifying: `webhook` or `mail`.
pub type Way = &'static str;

/// Something to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Of which call.
    pub call_id: String,
    /// Of which program.
    pub program: String,
    /// When the call was followed up.
    pub at: Utc,
    /// How often it was tried before.
    pub tries: u32,
}

impl After {
    /// What is to be told by `way` at `now`, oldest first. The first time that a way is set, nothing from before is
    /// news.
    pub async fn notices_due(&self, way: Way, now: Utc) -> Result<Vec<Notice>, StoreUnavailable> {
        sqlx::query("INSERT INTO notice_ways (way, since) VALUES (?, ?) ON CONFLICT (way) DO NOTHING")
            .bind(way)
            .bind(now.0)
            .execute(&self.pool)
            .await
            .map_err(failed)?;
        let rows = sqlx::query(
            "SELECT f.call_id, f.program, f.at, coalesce(n.tries, 0) AS tries FROM followed f \
             JOIN notice_ways w ON w.way = ?1 LEFT JOIN notices n ON n.call_id = f.call_id AND n.way = ?1 \
             WHERE f.waits = 1 AND f.at >= w.since AND n.sent_at IS NULL AND n.given_up_at IS NULL \
             AND coalesce(n.next_at, 0) <= ?2 ORDER BY f.at LIMIT 64",
        )
        .bind(way)
        .bind(now.0)
        .fetch_all(&self.pool)
        .await
        .map_err(failed)?;
        let notice = |row: &sqlx::sqlite::SqliteRow| -> sqlx::Result<Notice> {
            Ok(Notice {
                call_id: row.try_get("call_id")?,
                program: row.try_get("program")?,
                at: Utc(row.try_get("at")?),
                tries: row.try_get("tries")?,
            })
        };
        rows.iter().map(notice).collect::<sqlx::Result<_>>().map_err(failed)
    }

    /// It was told.
    pub async fn notice_sent(&self, notice: &Notice, way: Way, now: Utc) -> Result<(), StoreUnavailable> {
        metrics::notice(Told::Sent);
        self.keep_notice(notice, way, 0, Some(now), None).await
    }

    /// It could not be told: when it is tried again, or `None` where it was given up. That is noted in the book, and
    /// somebody must look.
    pub async fn notice_failed(
        &self,
        notice: &Notice,
        way: Way,
        now: Utc,
    ) -> Result<Option<Utc>, StoreUnavailable> {
        let tries = notice.tries + 1;
        if tries < TRIES_MAX {
            let wait = (FIRST_WAIT_MS << notice.tries.min(20)).min(WAIT_MS_MAX);
            metrics::notice(Told::Failed);
            let next = Utc(now.0 + wait);
            self.keep_notice(notice, way, next.0, None, None).await?;
            return Ok(Some(next));
        }
        metrics::notice(Told::GivenUp);
        let event = BookEvent::NoticeGivenUp(NoticeGivenUp { way: way.into(), tries });
        self.book().note(&notice.program, Some(&notice.call_id), Who::server(), event, now).await?;
        self.keep_notice(notice, way, 0, None, Some(now)).await?;
        Ok(None)
    }

    async fn keep_notice(
        &self,
        notice: &Notice,
        way: Way,
        next_at: i64,
        sent_at: Option<Utc>,
        given_up_at: Option<Utc>,
    ) -> Result<(), StoreUnavailable> {
        sqlx::query(
            "INSERT INTO notices (call_id, way, tries, next_at, sent_at, given_up_at) VALUES (?, ?, ?, ?, ?, ?) \
             ON CONFLICT (call_id, way) DO UPDATE SET tries = excluded.tries, next_at = excluded.next_at, \
             sent_at = excluded.sent_at, given_up_at = excluded.given_up_at",
        )
        .bind(&notice.call_id)
        .bind(way)
        .bind(notice.tries + 1)
        .bind(next_at)
        .bind(sent_at.map(|at| at.0))
        .bind(given_up_at.map(|at| at.0))
        .execute(&self.pool)
        .await
        .map(drop)
        .map_err(failed)
    }
}

//! What is written of books, inside of a transaction of whoever writes.

use crate::{
    book::{Chain, Link},
    journal::Hash32,
    store::statement::Statement,
    time::Utc,
};
use sqlx::SqliteConnection;
use std::sync::{Arc, Mutex, PoisonError};

/// One thing to be written.
pub(in crate::store) enum Change {
    Note(Note),
    Key { program: String, month: String, wrapped: String },
    Rewrap { program: String, month: String, old: String, new: String },
    EndMonth { program: String, month: String, statement: Statement },
    Say { program: String, statement: Statement },
}

/// An entry, sealed. Its place in the chain is known when it is written.
pub(in crate::store) struct Note {
    pub program: String,
    pub call_id: Option<String>,
    pub at: Utc,
    pub leaf: Hash32,
    pub sealed: Vec<u8>,
    /// Where it was written.
    pub link: Arc<Mutex<Option<Link>>>,
}

/// Writes `change`. The transaction must hold the database's write lock from its beginning.
pub(in crate::store) async fn apply(connection: &mut SqliteConnection, change: &Change) -> sqlx::Result<()> {
    match change {
        Change::Note(note) => append(connection, note).await,
        Change::Key { program, month, wrapped } => {
            // Made by another process at the same moment, that one stands.
            let made =
                "INSERT INTO book_keys (program, month, wrapped) VALUES (?, ?, ?) ON CONFLICT DO NOTHING";
            sqlx::query(made).bind(program).bind(month).bind(wrapped).execute(connection).await.map(drop)
        }
        Change::Rewrap { program, month, old, new } => {
            // One that was destroyed or wrapped anew meanwhile stays as it is.
            sqlx::query("UPDATE book_keys SET wrapped = ? WHERE program = ? AND month = ? AND wrapped = ?")
                .bind(new)
                .bind(program)
                .bind(month)
                .bind(old)
                .execute(connection)
                .await
                .map(drop)
        }
        Change::EndMonth { program, month, statement } => {
            sqlx::query("DELETE FROM book_keys WHERE program = ? AND month = ?")
                .bind(program)
                .bind(month)
                .execute(&mut *connection)
                .await?;
            sqlx::query(
                "UPDATE book SET sealed = NULL WHERE program = ? \
                 AND strftime('%Y-%m', at / 1000.0, 'unixepoch') = ?",
            )
            .bind(program)
            .bind(month)
            .execute(&mut *connection)
            .await?;
            say(connection, program, statement).await
        }
        Change::Say { program, statement } => say(connection, program, statement).await,
    }
}

/// Whether exactly this was written before: its writer gave up waiting and tries again.
pub(in crate::store) async fn is_written(
    connection: &mut SqliteConnection,
    change: &Change,
) -> sqlx::Result<bool> {
    let Change::Note(note) = change else { return Ok(false) };
    let same = sqlx::query("SELECT 1 FROM book WHERE program = ? AND leaf = ?");
    let same = same.bind(&note.program).bind(note.leaf.0.as_slice());
    Ok(same.fetch_optional(connection).await?.is_some())
}

async fn append(connection: &mut SqliteConnection, note: &Note) -> sqlx::Result<()> {
    let last: Option<(i64, Vec<u8>)> =
        sqlx::query_as("SELECT seq, hash FROM book WHERE program = ? ORDER BY seq DESC LIMIT 1")
            .bind(&note.program)
            .fetch_optional(&mut *connection)
            .await?;
    let mut chain = match last {
        None => Chain::new(&note.program),
        Some((seq, hash)) => {
            let damaged = || sqlx::Error::Protocol("the last entry of the book is damaged".into());
            let seq = u64::try_from(seq).map_err(|_| damaged())?;
            Chain::after(seq, Hash32::of(&hash).ok_or_else(damaged)?)
        }
    };
    let link = chain.link(note.at, note.call_id.as_deref(), note.leaf);
    sqlx::query(
        "INSERT INTO book (program, seq, at, call_id, leaf, hash, sealed) VALUES (?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(&note.program)
    .bind(link.seq as i64)
    .bind(link.at.0)
    .bind(&link.call_id)
    .bind(link.leaf.0.as_slice())
    .bind(link.hash.0.as_slice())
    .bind(&note.sealed)
    .execute(connection)
    .await?;
    *note.link.lock().unwrap_or_else(PoisonError::into_inner) = Some(link);
    Ok(())
}

/// Adds a statement after the last one of its book; the same again is written once.
async fn say(connection: &mut SqliteConnection, program: &str, statement: &Statement) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO book_statements (program, number, body, signature) \
         SELECT ?1, (SELECT coalesce(max(number) + 1, 0) FROM book_statements WHERE program = ?1), ?2, ?3 \
         WHERE NOT EXISTS (SELECT 1 FROM book_statements WHERE program = ?1 AND body = ?2)",
    )
    .bind(program)
    .bind(&statement.body)
    .bind(statement.signature.as_slice())
    .execute(connection)
    .await
    .map(drop)
}

//! The one writer: it takes everything that waits into one transaction, so that many calls share one fsync.

use super::{after::forgetting, book, database, retention, statement::Statement};
use crate::{
    journal::{Bytes32, Label, Link},
    observe::metrics,
    ports::StoreUnavailable,
    time::Utc,
};
use sqlx::{AssertSqlSafe, Connection, SqliteConnection};
use std::{
    path::{Path, PathBuf},
    sync::LazyLock,
    time::{Duration, Instant},
};
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};

/// How many writes may wait: 150 calls at ten facts a second are answered for two seconds of a slow disk.
const WAITING_MAX: usize = 4_096;
/// How many writes go into one transaction; a longer one would keep the first of them waiting.
const TOGETHER_MAX: usize = 512;
/// How long a caller waits for its write before the store counts as unavailable.
const ANSWER_MS_MAX: u64 = 5_000;

/// A call's row when it begins, and its keys.
pub(super) struct Opening {
    pub call_id: String,
    pub program: String,
    pub channel: String,
    pub provider_tag: Option<Bytes32>,
    pub started_at: Utc,
    pub leaf: Bytes32,
    pub sealed: Vec<u8>,
    pub keys: Vec<(Label, String)>,
}

/// One entry, sealed and ready to be written.
pub(super) struct Line {
    seq: i64,
    at: i64,
    label: Label,
    leaf: Bytes32,
    hash: Bytes32,
    sealed: Vec<u8>,
}

impl Line {
    pub(super) fn new(link: &Link, sealed: Vec<u8>) -> Result<Line, StoreUnavailable> {
        let beyond =
            |_| StoreUnavailable("an entry's number or time is beyond what a journal can hold".into());
        Ok(Line {
            seq: i64::try_from(link.seq).map_err(beyond)?,
            at: i64::try_from(link.at.0).map_err(beyond)?,
            label: link.label,
            leaf: link.leaf,
            hash: link.hash,
            sealed,
        })
    }
}

/// What a program says about a call after its end, and what it destroys with it, all or nothing of it.
pub(super) struct Settling {
    pub call_id: String,
    /// How many statements there are of the call: where another one came meanwhile, nothing is written.
    pub after: usize,
    /// The keys of these labels.
    pub destroy: Vec<Label>,
    /// The bodies of these entries.
    pub redact: Vec<i64>,
    /// Whether files are to be cleared and a certificate signed for it.
    pub to_certify: bool,
    pub statements: Vec<Statement>,
}

/// One thing to be written.
pub(super) enum Change {
    Open(Opening),
    Append { call_id: String, lines: Vec<Line>, heads: Vec<Statement> },
    Close { call_id: String, ended_at: Utc, outcome: String, record: Vec<u8>, statement: Statement },
    Redact { call_id: String, entries: Vec<i64>, statement: Statement },
    Settle(Settling),
    Rewrap { call_id: String, label: Label, old: String, new: String },
    Retention(retention::Change),
    Book(book::Change),
    Pulse(Utc),
}

struct Waiting {
    change: Change,
    answer: oneshot::Sender<Result<(), StoreUnavailable>>,
}

/// The way to the one writer.
pub(super) struct Writer {
    queue: mpsc::Sender<Waiting>,
}

impl Writer {
    /// Starts it on the database of `data`. It ends, with everything written, when the `Writer` is dropped.
    pub(super) async fn start(data: &Path) -> Result<Writer, StoreUnavailable> {
        let connection = database::writer(data).await?;
        let (queue, waiting) = mpsc::channel(WAITING_MAX);
        let task = Task { data: data.to_owned(), connection: Some(connection) };
        tokio::spawn(task.run(waiting));
        Ok(Writer { queue })
    }

    /// Writes `change`; durable when this returns. The same change written again is no error.
    pub(super) async fn write(&self, change: Change) -> Result<(), StoreUnavailable> {
        let (answer, answered) = oneshot::channel();
        let outcome = match self.queue.try_send(Waiting { change, answer }) {
            Err(mpsc::error::TrySendError::Full(_)) => unavailable(format!(
                "{WAITING_MAX} writes wait already; the disk of the data folder is too slow for so many calls"
            )),
            Err(mpsc::error::TrySendError::Closed(_)) => unavailable("the writer has ended"),
            Ok(()) => match timeout(Duration::from_millis(ANSWER_MS_MAX), answered).await {
                Ok(Ok(outcome)) => outcome,
                Ok(Err(_)) => unavailable("the writer ended before it answered"),
                Err(_) => unavailable(format!("the disk did not answer within {ANSWER_MS_MAX} ms")),
            },
        };
        if outcome.is_err() {
            metrics::store_failed();
        }
        outcome
    }
}

struct Task {
    data: PathBuf,
    /// None after a failure that may have left a transaction half open: the next batch connects anew.
    connection: Option<SqliteConnection>,
}

impl Task {
    async fn run(mut self, mut queue: mpsc::Receiver<Waiting>) {
        let mut together = Vec::with_capacity(TOGETHER_MAX);
        while queue.recv_many(&mut together, TOGETHER_MAX).await > 0 {
            let (changes, answers): (Vec<_>, Vec<_>) =
                together.drain(..).map(|w| (w.change, w.answer)).unzip();
            let began = Instant::now();
            let outcomes = self.commit(&changes).await;
            metrics::store_written(began.elapsed());
            for (answer, outcome) in answers.into_iter().zip(outcomes) {
                // Whoever gave up waiting writes the same change again, which is no error.
                let _ = answer.send(outcome);
            }
        }
        if let Some(connection) = self.connection {
            // Everything is durable already; closing only folds the write-ahead log into the database.
            let _ = connection.close().await;
        }
    }

    async fn commit(&mut self, changes: &[Change]) -> Vec<Result<(), StoreUnavailable>> {
        match self.attempt(changes).await {
            Ok(outcomes) => outcomes,
            Err(lost) => vec![Err(lost); changes.len()],
        }
    }

    /// All changes in one transaction. One that the journal refuses is left out, and does not stop the others.
    async fn attempt(
        &mut self,
        changes: &[Change],
    ) -> Result<Vec<Result<(), StoreUnavailable>>, StoreUnavailable> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => database::writer(&self.data).await?,
        };
        let outcomes = match all(&mut connection, changes).await {
            Ok(()) => vec![Ok(()); changes.len()],
            Err(error) if is_refusal(&error) => one_by_one(&mut connection, changes).await.map_err(lost)?,
            Err(error) => return Err(lost(error)),
        };
        self.connection = Some(connection);
        Ok(outcomes)
    }
}

/// A transaction that holds the write lock from its beginning.
pub(super) const BEGIN: &str = "BEGIN IMMEDIATE";

async fn all(connection: &mut SqliteConnection, changes: &[Change]) -> sqlx::Result<()> {
    // One statement is a transaction of its own: two messages less to SQLite's thread for what a call writes most.
    if let [Change::Append { call_id, lines, heads }] = changes
        && heads.is_empty()
        && INSERTS.iter().any(|(size, _)| *size == lines.len())
    {
        let rows: Vec<_> = lines.iter().map(|line| (call_id.as_str(), line)).collect();
        return insert(connection, &rows).await;
    }
    let mut transaction = connection.begin_with(BEGIN).await?;
    match apply(&mut transaction, changes).await {
        Ok(()) => transaction.commit().await,
        Err(error) => {
            transaction.rollback().await?;
            Err(error)
        }
    }
}

async fn one_by_one(
    connection: &mut SqliteConnection,
    changes: &[Change],
) -> sqlx::Result<Vec<Result<(), StoreUnavailable>>> {
    let mut outcomes = Vec::with_capacity(changes.len());
    let mut transaction = connection.begin_with(BEGIN).await?;
    for change in changes {
        let mut savepoint = transaction.begin().await?;
        match apply(&mut savepoint, std::slice::from_ref(change)).await {
            Ok(()) => {
                savepoint.commit().await?;
                outcomes.push(Ok(()));
            }
            Err(error) if is_refusal(&error) => {
                savepoint.rollback().await?;
                outcomes.push(match is_written(&mut transaction, change).await? {
                    true => Ok(()),
                    false => unavailable(format!("the journal refuses it: {error}")),
                });
            }
            Err(error) => return Err(error),
        }
    }
    transaction.commit().await?;
    Ok(outcomes)
}

/// Writes `changes` in their order; entries that stand side by side go in few statements.
async fn apply(connection: &mut SqliteConnection, changes: &[Change]) -> sqlx::Result<()> {
    let mut rows: Vec<(&str, &Line)> = Vec::new();
    for change in changes {
        if let Change::Append { call_id, lines, heads } = change
            && heads.is_empty()
        {
            rows.extend(lines.iter().map(|line| (call_id.as_str(), line)));
            continue;
        }
        insert(connection, &std::mem::take(&mut rows)).await?;
        one(connection, change).await?;
    }
    insert(connection, &rows).await
}

async fn one(connection: &mut SqliteConnection, change: &Change) -> sqlx::Result<()> {
    match change {
        Change::Append { call_id, lines, heads } => {
            let rows: Vec<_> = lines.iter().map(|line| (call_id.as_str(), line)).collect();
            insert(connection, &rows).await?;
            for head in heads {
                say(connection, call_id, head).await?;
            }
        }
        Change::Open(call) => open(connection, call).await?,
        Change::Close { call_id, ended_at, outcome, record, statement } => {
            let closed =
                sqlx::query("UPDATE calls SET ended_at = ?, outcome = ?, record = ? WHERE call_id = ?")
                    .bind(ended_at.0)
                    .bind(outcome)
                    .bind(record)
                    .bind(call_id)
                    .execute(&mut *connection)
                    .await?;
            if closed.rows_affected() == 0 {
                return Err(sqlx::Error::RowNotFound);
            }
            say(connection, call_id, statement).await?;
        }
        Change::Redact { call_id, entries, statement } => {
            redact(connection, call_id, entries).await?;
            say(connection, call_id, statement).await?;
        }
        Change::Settle(settling) => settle(connection, settling).await?,
        Change::Retention(change) => retention::apply(connection, change).await?,
        Change::Rewrap { call_id, label, old, new } => {
            // One that was destroyed or wrapped anew meanwhile stays as it is.
            sqlx::query("UPDATE call_keys SET wrapped = ? WHERE call_id = ? AND label = ? AND wrapped = ?")
                .bind(new)
                .bind(call_id)
                .bind(label.name())
                .bind(old)
                .execute(&mut *connection)
                .await?;
        }
        Change::Book(change) => book::apply(connection, change).await?,
        Change::Pulse(at) => {
            let pulse =
                "INSERT INTO pulse (id, at) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET at = excluded.at";
            sqlx::query(pulse).bind(at.0).execute(&mut *connection).await?;
        }
    }
    Ok(())
}

async fn settle(connection: &mut SqliteConnection, settling: &Settling) -> sqlx::Result<()> {
    let Settling { call_id, after, destroy: labels, redact: entries, to_certify, statements } = settling;
    let count = "SELECT count(*) FROM statements WHERE call_id = ?";
    let count: i64 = sqlx::query_scalar(count).bind(call_id).fetch_one(&mut *connection).await?;
    if usize::try_from(count) != Ok(*after) {
        return Err(sqlx::Error::RowNotFound);
    }
    redact(connection, call_id, entries).await?;
    destroy(connection, call_id, labels).await?;
    for statement in statements {
        say(connection, call_id, statement).await?;
    }
    if *to_certify {
        let begun = "INSERT INTO destructions (call_id, number) VALUES (?, ?)";
        sqlx::query(begun).bind(call_id).bind(count).execute(connection).await?;
    }
    Ok(())
}

async fn redact(connection: &mut SqliteConnection, call_id: &str, entries: &[i64]) -> sqlx::Result<()> {
    for seq in entries {
        let gone = sqlx::query("UPDATE entries SET sealed = NULL WHERE call_id = ? AND seq = ?")
            .bind(call_id)
            .bind(seq)
            .execute(&mut *connection)
            .await?;
        if gone.rows_affected() == 0 {
            return Err(sqlx::Error::RowNotFound);
        }
    }
    Ok(())
}

async fn destroy(connection: &mut SqliteConnection, call_id: &str, labels: &[Label]) -> sqlx::Result<()> {
    for label in labels {
        sqlx::query("DELETE FROM call_keys WHERE call_id = ? AND label = ?")
            .bind(call_id)
            .bind(label.name())
            .execute(&mut *connection)
            .await?;
    }
    if !labels.is_empty() {
        forgetting::call(connection, call_id).await?;
    }
    Ok(())
}

pub(super) async fn open(connection: &mut SqliteConnection, call: &Opening) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO calls (call_id, program, channel, provider_tag, started_at, opening_leaf, opening) \
         VALUES (?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(&call.call_id)
    .bind(&call.program)
    .bind(&call.channel)
    .bind(call.provider_tag.as_ref().map(|tag| tag.0.to_vec()))
    .bind(call.started_at.0)
    .bind(call.leaf.0.to_vec())
    .bind(&call.sealed)
    .execute(&mut *connection)
    .await?;
    for (label, wrapped) in &call.keys {
        sqlx::query("INSERT INTO call_keys (call_id, label, wrapped) VALUES (?, ?, ?)")
            .bind(&call.call_id)
            .bind(label.name())
            .bind(wrapped)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// Adds a statement after the last one of its call.
pub(super) async fn say(
    connection: &mut SqliteConnection,
    call_id: &str,
    statement: &Statement,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO statements (call_id, number, body, signature) \
         SELECT ?1, coalesce(max(number) + 1, 0), ?2, ?3 FROM statements WHERE call_id = ?1",
    )
    .bind(call_id)
    .bind(&statement.body)
    .bind(statement.signature.as_slice())
    .execute(connection)
    .await
    .map(drop)
}

/// A statement for each of some sizes, so that SQLite parses each once.
static INSERTS: LazyLock<[(usize, String); 7]> = LazyLock::new(|| {
    [64, 8, 5, 4, 3, 2, 1].map(|rows| {
        let values = vec!["(?, ?, ?, ?, ?, ?, ?)"; rows].join(", ");
        let into = "INSERT INTO entries (call_id, seq, at, label, leaf, hash, sealed)";
        (rows, format!("{into} VALUES {values}"))
    })
});

pub(super) async fn insert(
    connection: &mut SqliteConnection,
    mut rows: &[(&str, &Line)],
) -> sqlx::Result<()> {
    for (size, statement) in INSERTS.iter() {
        while let Some((now, later)) = rows.split_at_checked(*size) {
            rows = later;
            let mut query = sqlx::query(AssertSqlSafe(statement.as_str()));
            for (call_id, line) in now {
                query = query
                    .bind(*call_id)
                    .bind(line.seq)
                    .bind(line.at)
                    .bind(line.label.name())
                    .bind(line.leaf.0.as_slice())
                    .bind(line.hash.0.as_slice())
                    .bind(line.sealed.as_slice());
            }
            query.execute(&mut *connection).await?;
        }
    }
    Ok(())
}

/// Whether exactly this was written before: its writer gave up waiting and tries again.
async fn is_written(connection: &mut SqliteConnection, change: &Change) -> sqlx::Result<bool> {
    match change {
        Change::Open(call) => {
            let same = sqlx::query("SELECT 1 FROM calls WHERE call_id = ? AND opening_leaf = ?")
                .bind(&call.call_id)
                .bind(call.leaf.0.as_slice());
            Ok(same.fetch_optional(connection).await?.is_some())
        }
        Change::Append { call_id, lines, .. } => {
            for line in lines {
                // The hash binds the entry and all before it: where it is the same, so is everything.
                let same = sqlx::query("SELECT 1 FROM entries WHERE call_id = ? AND seq = ? AND hash = ?")
                    .bind(call_id)
                    .bind(line.seq)
                    .bind(line.hash.0.as_slice());
                if same.fetch_optional(&mut *connection).await?.is_none() {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        Change::Book(change) => book::is_written(connection, change).await,
        // Whether a record is the same can be told only by who can open it.
        Change::Close { .. }
        | Change::Redact { .. }
        | Change::Settle(_)
        | Change::Retention(_)
        | Change::Rewrap { .. }
        | Change::Pulse(_) => Ok(false),
    }
}

/// Whether the database works and only this change does not fit: a constraint or one of our triggers.
fn is_refusal(error: &sqlx::Error) -> bool {
    const SQLITE_CONSTRAINT: i32 = 19;
    match error {
        sqlx::Error::RowNotFound => true,
        sqlx::Error::Database(error) => error
            .code()
            .and_then(|code| code.parse::<i32>().ok())
            .is_some_and(|extended| extended & 0xff == SQLITE_CONSTRAINT),
        _ => false,
    }
}

fn lost(error: sqlx::Error) -> StoreUnavailable {
    StoreUnavailable(format!("the journal cannot be written: {error}; check the disk of the data folder"))
}

fn unavailable<T>(why: impl Into<String>) -> Result<T, StoreUnavailable> {
    Err(StoreUnavailable(why.into()))
}

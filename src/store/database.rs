//! The data folder and the database in it.

use crate::ports::StoreUnavailable;
use rusqlite::OpenFlags;
use sqlx::{
    Connection, SqliteConnection, SqlitePool,
    migrate::Migrator,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::Write,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    time::Duration,
};

pub(super) const DATABASE: &str = "candor.db";
const LOCK: &str = "candor.lock";
const TURN: &str = "purge.lock";
/// How long a connection waits for another's write; a token made beside a running server is the only one.
const BUSY_MS_MAX: u64 = 2_000;
/// How long folding the log waits for readers; writers wait with it.
const FOLD_MS_MAX: u64 = 200;
const READERS_MAX: u32 = 4;
const READER_WAIT_MS_MAX: u64 = 5_000;

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

/// The lock of a data folder: held by the process that answers calls, let go when it ends, however it ends.
pub(super) struct FolderLock {
    _held: File,
}

/// Makes the folder where it is missing; nobody but its owner may look into it.
pub(super) fn folder(path: &Path) -> Result<(), StoreUnavailable> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|error| {
        unavailable(
            format_args!("the folder {} cannot be made", path.display()),
            error,
            "give another one with --data",
        )
    })
}

/// Takes the folder's lock, or says who has it. A command that looks whether somebody has it, or makes the first
/// token, holds it for a moment: that is waited for.
pub(super) async fn lock(data: &Path) -> Result<FolderLock, StoreUnavailable> {
    const TRIES_MAX: u32 = 20;
    const PAUSE_MS: u64 = 50;
    for _ in 0..TRIES_MAX {
        if let Some(lock) = try_lock(data)? {
            return Ok(lock);
        }
        tokio::time::sleep(Duration::from_millis(PAUSE_MS)).await;
    }
    let owner = fs::read_to_string(data.join(LOCK)).unwrap_or_default();
    Err(StoreUnavailable(format!(
        "another candor (process {}) answers calls on the data folder {}; stop it, or give this one a folder of its \
         own with --data",
        owner.trim(),
        data.display()
    )))
}

/// Takes the folder's lock; `None` where another process has it now.
pub(super) fn try_lock(data: &Path) -> Result<Option<FolderLock>, StoreUnavailable> {
    let path = data.join(LOCK);
    let opened = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
    let mut file = opened.map_err(|error| {
        let what = format_args!("{} cannot be opened", path.display());
        unavailable(what, error, "make the data folder writable for this account")
    })?;
    match file.try_lock() {
        Ok(()) => {
            // Who has it is only for the message to whoever finds it taken: a failure to write it costs nothing.
            let _ = file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id()));
            Ok(Some(FolderLock { _held: file }))
        }
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => {
            let what = format_args!("{} cannot be locked", path.display());
            Err(unavailable(what, error, "use a local disk for the data folder"))
        }
    }
}

/// One purge at a time: held while one destroys and clears. Another one waits its turn; it ends with its process,
/// however that ends.
pub(super) async fn turn(data: &Path) -> Result<FolderLock, StoreUnavailable> {
    const TRIES_MAX: u32 = 6_000;
    const PAUSE_MS: u64 = 100;
    let path = data.join(TURN);
    let opened = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
    let failed = |error: &dyn std::fmt::Display| {
        let what = format_args!("{} cannot be locked", path.display());
        unavailable(what, error, "make the data folder writable for this account, on a local disk")
    };
    let file = opened.map_err(|error| failed(&error))?;
    for _ in 0..TRIES_MAX {
        match file.try_lock() {
            Ok(()) => return Ok(FolderLock { _held: file }),
            Err(TryLockError::WouldBlock) => tokio::time::sleep(Duration::from_millis(PAUSE_MS)).await,
            Err(TryLockError::Error(error)) => return Err(failed(&error)),
        }
    }
    Err(failed(&"another purge has run on this folder for ten minutes"))
}

/// Whether a process holds the folder's lock now.
pub(super) fn is_locked(data: &Path) -> bool {
    File::open(data.join(LOCK))
        .is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

/// Brings the database to this build's schema; makes it where it is missing. The caller holds the lock.
pub(super) async fn migrate(data: &Path) -> Result<(), StoreUnavailable> {
    let path = file_of(data);
    let failed = |error: &dyn std::fmt::Display| {
        StoreUnavailable(format!(
            "{} cannot be brought to this version's form: {error}; check the disk, or run the version that wrote it",
            path.display()
        ))
    };
    // Made by us before SQLite would make it, so that it is its owner's alone.
    OpenOptions::new().append(true).create(true).mode(0o600).open(&path).map_err(|e| failed(&e))?;
    let mut connection = SqliteConnection::connect_with(&options(data)).await.map_err(|e| failed(&e))?;
    MIGRATIONS.run(&mut connection).await.map_err(|e| failed(&e))?;
    connection.close().await.map_err(|e| failed(&e))
}

/// Whether the database has this build's schema.
pub(super) async fn is_current(pool: &SqlitePool) -> Result<bool, StoreUnavailable> {
    let done: i64 = sqlx::query_scalar("SELECT count(*) FROM _sqlx_migrations WHERE success")
        .fetch_one(pool)
        .await
        .map_err(|error| StoreUnavailable(format!("the database cannot be read: {error}; check the disk")))?;
    Ok(usize::try_from(done).unwrap_or(0) >= MIGRATIONS.iter().count())
}

/// The one connection that writes.
pub(super) async fn writer(data: &Path) -> Result<SqliteConnection, StoreUnavailable> {
    SqliteConnection::connect_with(&options(data)).await.map_err(|e| opening(data, &e))
}

/// Copies the database as it stands at one moment to the new file `to`, beside whoever reads and writes it. What was
/// deleted is not in the copy.
pub(super) async fn copy(data: &Path, to: &Path) -> Result<(), StoreUnavailable> {
    let mut connection = writer(data).await?;
    let target = to.to_str().ok_or_else(|| StoreUnavailable(format!("{} is no plain path", to.display())))?;
    let copied = sqlx::query("VACUUM INTO ?").bind(target).execute(&mut connection).await;
    let closed = connection.close().await;
    copied.map(drop).and(closed).map_err(|error| {
        let what = format_args!("{} cannot be written", to.display());
        unavailable(what, error, "give a folder with room on another disk")
    })
}

/// The calls that a copy of the database has.
pub(super) async fn calls_in(copy: &Path) -> Result<Vec<String>, StoreUnavailable> {
    let options = SqliteConnectOptions::new().filename(copy).read_only(true).immutable(true);
    let unread =
        |e: sqlx::Error| unavailable(format_args!("{} cannot be read", copy.display()), e, "try again");
    let mut connection = SqliteConnection::connect_with(&options).await.map_err(unread)?;
    let calls =
        sqlx::query_scalar("SELECT call_id FROM calls").fetch_all(&mut connection).await.map_err(unread)?;
    connection.close().await.map_err(unread)?;
    Ok(calls)
}

/// Folds the write-ahead log into the database and empties it; whether nobody was reading, so that it could be done.
pub(super) async fn fold(data: &Path) -> Result<bool, StoreUnavailable> {
    let options = options(data).busy_timeout(Duration::from_millis(FOLD_MS_MAX));
    let mut connection = SqliteConnection::connect_with(&options).await.map_err(|e| opening(data, &e))?;
    let folded: Result<(i64, i64, i64), _> =
        sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut connection).await;
    let closed = connection.close().await;
    match (folded, closed) {
        (Ok((busy, ..)), Ok(())) => Ok(busy == 0),
        (Err(e), _) | (_, Err(e)) => Err(opening(data, &e)),
    }
}

/// Connections that only read.
pub(super) async fn readers(data: &Path) -> Result<SqlitePool, StoreUnavailable> {
    pool(data, options(data).pragma("query_only", "1"), READERS_MAX).await
}

/// One connection that only reads, for whoever reads a great deal: without a thread between, and row by row.
pub(super) fn reader(data: &Path) -> Result<rusqlite::Connection, StoreUnavailable> {
    let failed = |error: rusqlite::Error| {
        let path = file_of(data);
        let what = format_args!("{} cannot be opened", path.display());
        unavailable(what, error, "check that it is there, readable, and not damaged")
    };
    // A reader of a write-ahead log marks its place in a file beside it.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = rusqlite::Connection::open_with_flags(file_of(data), flags).map_err(failed)?;
    connection.pragma_update(None, "query_only", true).map_err(failed)?;
    connection.busy_timeout(Duration::from_millis(BUSY_MS_MAX)).map_err(failed)?;
    Ok(connection)
}

pub(super) fn unreadable(error: &dyn std::fmt::Display) -> StoreUnavailable {
    StoreUnavailable(format!("the journals cannot be read: {error}; check the disk of the data folder"))
}

/// A connection for the few writes that are not a call's.
pub(super) async fn desk(data: &Path) -> Result<SqlitePool, StoreUnavailable> {
    pool(data, options(data), 1).await
}

async fn pool(data: &Path, options: SqliteConnectOptions, most: u32) -> Result<SqlitePool, StoreUnavailable> {
    if !file_of(data).is_file() {
        return Err(StoreUnavailable(format!(
            "there is no {DATABASE} in {}; give the data folder of a server with --data",
            data.display()
        )));
    }
    SqlitePoolOptions::new()
        .max_connections(most)
        .acquire_timeout(Duration::from_millis(READER_WAIT_MS_MAX))
        .connect_with(options)
        .await
        .map_err(|e| opening(data, &e))
}

fn options(data: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file_of(data))
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        // What is deleted is overwritten: a wrapped key does not stay between the rows.
        .pragma("secure_delete", "ON")
        .busy_timeout(Duration::from_millis(BUSY_MS_MAX))
}

fn file_of(data: &Path) -> PathBuf {
    data.join(DATABASE)
}

fn opening(data: &Path, error: &sqlx::Error) -> StoreUnavailable {
    unavailable(
        format_args!("{} cannot be opened", file_of(data).display()),
        error,
        "check that it is there, readable, and not damaged",
    )
}

fn unavailable(
    what: impl std::fmt::Display,
    why: impl std::fmt::Display,
    mend: impl std::fmt::Display,
) -> StoreUnavailable {
    StoreUnavailable(format!("{what}: {why}; {mend}"))
}

#[cfg(test)]
mod tests {
    use super::MIGRATIONS;
    use std::fs;

    #[test]
    fn every_migration_in_the_folder_is_in_this_build() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/sqlite");
        let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
        files.sort();
        let written: Vec<_> = files.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
        let built: Vec<_> = MIGRATIONS.iter().map(|migration| migration.sql.as_str().to_owned()).collect();
        assert_eq!(
            built, written,
            "cargo does not see a new file in this folder: touch src/store/database.rs"
        );
    }
}

//! The books of programs in the database: one chain a program, sealed by the month, durable when a note returns.

mod checking;
mod export;
mod reading;
mod row;

pub use checking::SoundBook;
pub use export::export_book;
pub use reading::BookFilter;
pub(super) use row::{Change, apply, is_written};

use self::row::Note;
use super::{
    archive::Archive,
    callkeys::SealKeys,
    database,
    seal::{Cipher, random},
    statement::{Claim, Statement},
    writer::{self, Writer},
};
use crate::{
    book::{BookEvent, Noted, Told, Who, month},
    journal::{Bytes32, Hash32, leaf_of},
    ports::{KeyService, SealKey, StoreUnavailable},
    time::Utc,
};
use sqlx::{Connection, SqlitePool};
use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// A book's head is signed each time so many entries were noted.
const ENTRIES_A_HEAD: u64 = 256;

/// The books of a data folder, for noting: through the server's writer, or beside a running server.
#[derive(Clone)]
pub struct Book {
    archive: Archive,
    keys: SealKeys,
    way: Way,
    /// How many entries of each program's book stand under a signed head.
    signed: Arc<Mutex<HashMap<String, u64>>>,
}

#[derive(Clone)]
enum Way {
    Writer(Arc<Writer>),
    Desk(SqlitePool),
}

impl Book {
    /// Opens the books of a data folder, beside a running server or without one.
    pub async fn open(data: &Path, keys: Arc<dyn KeyService>) -> Result<Book, StoreUnavailable> {
        let keys = SealKeys::new(keys);
        let archive = Archive::on(data, keys.clone()).await?;
        // The lock is taken only where there is something to do: who looks meanwhile takes it for a server's.
        if !database::is_current(archive.pool()).await?
            && let Some(_lock) = database::try_lock(data)?
        {
            database::migrate(data).await?;
        }
        if !archive.has_books().await? {
            return Err(StoreUnavailable(format!(
                "a server of an earlier version runs on {}: it keeps no books; stop it, and start this version's",
                data.display()
            )));
        }
        let way = Way::Desk(database::desk(data).await?);
        Ok(Book { archive, keys, way, signed: Arc::default() })
    }

    /// The books of a data folder that is open already.
    pub(super) fn on(archive: Archive, keys: SealKeys, writer: Arc<Writer>) -> Book {
        Book { archive, keys, way: Way::Writer(writer), signed: Arc::default() }
    }

    /// What calls left behind, and what is in the books, for reading.
    pub fn archive(&self) -> &Archive {
        &self.archive
    }

    /// Notes something in the book of `program`. Durable when this returns.
    pub async fn note(
        &self,
        program: &str,
        call_id: Option<&str>,
        by: Who,
        event: BookEvent,
        now: Utc,
    ) -> Result<Noted, StoreUnavailable> {
        // A head that is due and could not be signed is made up for before the book goes on.
        self.sign_heads(program).await?;
        let told = Told { by, event };
        let body = told.body(&Bytes32(random()?));
        let leaf = leaf_of(&body);
        let key = self.key_of(program, &month(now)).await?;
        let link = Arc::default();
        self.write(Change::Note(Note {
            program: program.into(),
            call_id: call_id.map(Into::into),
            at: now,
            leaf,
            sealed: key.seal(&bound(program, &leaf), &body)?,
            link: Arc::clone(&link),
        }))
        .await?;
        let link = link.lock().unwrap_or_else(PoisonError::into_inner).take();
        let link =
            link.ok_or_else(|| StoreUnavailable("the writer did not say where it noted this".into()))?;
        // Signed after: what was noted is durable, whatever becomes of its head.
        if link.seq + 1 >= self.signed(program).await? + ENTRIES_A_HEAD
            && let Err(late) = self.sign_heads(program).await
        {
            tracing::warn!("a head of a book is not signed yet: {}", late.0);
        }
        Ok(Noted { seq: link.seq, at: now, call_id: link.call_id, by: told.by, event: told.event })
    }

    /// Destroys the key of a month of a book, and with it what was noted in that month, here and in every backup of
    /// the data. The chain still verifies, and says so.
    pub async fn end_month(&self, program: &str, month: &str, now: Utc) -> Result<(), StoreUnavailable> {
        let claim = Claim::MonthDestroyed { program: program.into(), at: now, month: month.into() };
        let statement = Statement::sign(self.keys.service(), program, &claim).await?;
        let (program, month) = (program.into(), month.into());
        self.write(Change::EndMonth { program, month, statement }).await
    }

    /// Wraps the keys of a book anew under its program's newest key: how many of them needed it.
    pub async fn rewrap(&self, program: &str) -> Result<u32, StoreUnavailable> {
        let service = self.keys.service();
        let mut done = 0;
        for (month, old) in self.archive.book_keys(program).await? {
            if service.is_newest(program, &old).await? {
                continue;
            }
            let key = service.unwrap_key(program, &place(&month), &old).await?;
            let new = service.wrap(program, &place(&month), &key).await?;
            self.write(Change::Rewrap { program: program.into(), month, old, new }).await?;
            done += 1;
        }
        Ok(done)
    }

    async fn write(&self, change: Change) -> Result<(), StoreUnavailable> {
        match &self.way {
            Way::Writer(writer) => writer.write(writer::Change::Book(change)).await,
            Way::Desk(pool) => {
                let written = async {
                    let mut connection = pool.acquire().await?;
                    // Taken before the last entry is read: nobody else adds one in between.
                    let mut transaction = connection.begin_with(writer::BEGIN).await?;
                    apply(&mut transaction, &change).await?;
                    transaction.commit().await
                };
                written.await.map_err(|error| {
                    StoreUnavailable(format!(
                        "the book cannot be written: {error}; check the disk of the data folder"
                    ))
                })
            }
        }
    }

    /// The key of a month, made where there is none yet.
    async fn key_of(&self, program: &str, month: &str) -> Result<Arc<Cipher>, StoreUnavailable> {
        if let Some(wrapped) = self.archive.book_key(program, month).await? {
            return Ok(self.keys.at(program, &place(month), &wrapped).await??);
        }
        if self.archive.ended_months(program).await?.iter().any(|ended| ended == month) {
            return Err(StoreUnavailable(format!(
                "the clock of this machine says {month}, and the book of that month is destroyed; set the clock"
            )));
        }
        let wrapped = self.keys.service().wrap(program, &place(month), &SealKey::new(random()?)).await?;
        let change = Change::Key { program: program.into(), month: month.into(), wrapped };
        self.write(change).await?;
        // Another process may have been first: the key that is kept is the key.
        let kept = self.archive.book_key(program, month).await?;
        let kept = kept.ok_or_else(|| StoreUnavailable(format!("the key of {month} is gone")))?;
        Ok(self.keys.at(program, &place(month), &kept).await??)
    }

    /// Signs the heads that are due.
    async fn sign_heads(&self, program: &str) -> Result<(), StoreUnavailable> {
        let due = self.archive.book_entries(program).await? / ENTRIES_A_HEAD * ENTRIES_A_HEAD;
        let mut signed = self.signed(program).await?;
        while signed < due {
            signed += ENTRIES_A_HEAD;
            let Some(head) = self.archive.book_hash(program, signed - 1).await? else {
                return Err(StoreUnavailable(format!("entry {} of the book is gone", signed - 1)));
            };
            let statement = self.archive.book_head(program, signed, head).await?;
            self.write(Change::Say { program: program.into(), statement }).await?;
            self.heads().insert(program.into(), signed);
        }
        Ok(())
    }

    async fn signed(&self, program: &str) -> Result<u64, StoreUnavailable> {
        if let Some(signed) = self.heads().get(program) {
            return Ok(*signed);
        }
        let heads = self.archive.book_claims(program).await?.into_iter().filter_map(|claim| match claim {
            Claim::BookHead { entries, .. } => Some(entries),
            _ => None,
        });
        let signed = heads.max().unwrap_or(0);
        self.heads().insert(program.into(), signed);
        Ok(signed)
    }

    fn heads(&self) -> MutexGuard<'_, HashMap<String, u64>> {
        self.signed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where the key of a month belongs.
fn place(month: &str) -> String {
    format!("book {month}")
}

/// What a body is sealed for: its leaf says which entry it is, and the chain where that stands.
fn bound(program: &str, leaf: &Hash32) -> Vec<u8> {
    format!("candor-book-seal/1\n{program}\n{leaf}").into_bytes()
}

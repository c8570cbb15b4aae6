//! The ledger: journals in SQLite, durable when a write returns.

use super::{
    after::After,
    archive::{Archive, tag_of},
    book::Book,
    callkeys::{CallKeys, Part, SealKeys},
    database::{self, FolderLock},
    recordings::FileRecordings,
    seal::random,
    statement::{Claim, ENTRIES_A_HEAD, Statement},
    tokens::Tokens,
    upgrade,
    writer::{Change, Line, Opening, Writer},
};
use crate::{
    book::{BookEvent, Noted, Who},
    journal::{Bytes32, CallRecord, Chunks, Entry, Event, Label, Opened, body, leaf_of},
    ports::{KeyService, Ledger, StoreUnavailable},
    program::Program,
    time::Utc,
};
use async_trait::async_trait;
use serde::Serialize;
use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::Notify;

/// The data folder of the process that answers calls. Must be opened inside a tokio runtime.
pub struct Store {
    data: PathBuf,
    writer: Arc<Writer>,
    archive: Archive,
    book: Book,
    closed: Arc<Notify>,
    tokens: Tokens,
    recordings: Arc<FileRecordings>,
    keys: SealKeys,
    /// The calls that go on.
    live: Mutex<HashMap<String, Live>>,
    _lock: Option<FolderLock>,
}

/// What is known of a call while it goes on.
#[derive(Clone)]
struct Live {
    keys: CallKeys,
    program: String,
    opening: Bytes32,
    chunks: Option<Chunks>,
}

impl Store {
    /// Opens the data folder for answering calls: made (mode 0700) where it is missing, brought to this
    /// version's schema, what an earlier version left plain sealed, locked against a second server. The lock ends
    /// with the process, however it ends.
    pub async fn open(data: &Path, keys: Arc<dyn KeyService>) -> Result<Store, StoreUnavailable> {
        database::folder(data)?;
        let lock = database::lock(data).await?;
        database::migrate(data).await?;
        Store::on(data, Some(lock), keys).await
    }

    /// Opens the data folder for adding a conversation that was held elsewhere: a server may run on it.
    pub async fn beside(data: &Path, keys: Arc<dyn KeyService>) -> Result<Store, StoreUnavailable> {
        database::folder(data)?;
        let lock = database::try_lock(data)?;
        if lock.is_some() {
            // Where a server holds the lock, it has brought the database to its form.
            database::migrate(data).await?;
        }
        Store::on(data, lock, keys).await
    }

    async fn on(
        data: &Path,
        lock: Option<FolderLock>,
        keys: Arc<dyn KeyService>,
    ) -> Result<Store, StoreUnavailable> {
        let keys = SealKeys::new(keys);
        if lock.is_some() {
            upgrade::seal_plain(data, &keys).await?;
        }
        let archive = Archive::on(data, keys.clone()).await?;
        let writer = Arc::new(Writer::start(data).await?);
        Ok(Store {
            data: data.to_owned(),
            closed: Arc::default(),
            book: Book::on(archive.clone(), keys.clone(), Arc::clone(&writer)),
            writer,
            tokens: Tokens::on(data).await?,
            recordings: Arc::new(FileRecordings::open(data, archive.clone())?),
            archive,
            keys,
            live: Mutex::default(),
            _lock: lock,
        })
    }

    /// The folder.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// What calls left behind, for reading.
    pub fn archive(&self) -> &Archive {
        &self.archive
    }

    /// The books of programs.
    pub fn book(&self) -> &Book {
        &self.book
    }

    /// What follows calls; `scripts` are the programs as they are configured.
    pub async fn after(
        &self,
        scripts: impl IntoIterator<Item = Arc<Program>>,
    ) -> Result<After, StoreUnavailable> {
        After::on(&self.data, self.book.clone(), scripts).await
    }

    /// Told each time a call was closed here.
    pub fn closed(&self) -> Arc<Notify> {
        Arc::clone(&self.closed)
    }

    /// Notes something in the book of `program`, about a call or about none. Durable when this returns.
    pub async fn note(
        &self,
        program: &str,
        call_id: Option<&str>,
        by: Who,
        event: BookEvent,
        now: Utc,
    ) -> Result<Noted, StoreUnavailable> {
        self.book.note(program, call_id, by, event, now).await
    }

    /// The tokens of the API.
    pub fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// Where recordings are kept.
    pub fn recordings(&self) -> Arc<FileRecordings> {
        Arc::clone(&self.recordings)
    }

    /// Whether a write is durable now: for `/readyz`. `now` is kept as the time of the last one.
    pub async fn ready(&self, now: Utc) -> Result<(), StoreUnavailable> {
        self.writer.write(Change::Pulse(now)).await
    }

    /// Takes the bodies of entries out of a journal, for good. Its chain still verifies, and says so.
    pub async fn redact(&self, call_id: &str, entries: Vec<u64>, now: Utc) -> Result<(), StoreUnavailable> {
        let live = self.live(call_id).await?;
        let claim = Claim::Redacted { call_id: call_id.into(), at: now, entries: entries.clone() };
        let statement = Statement::sign(self.keys.service(), &live.program, &claim).await?;
        let entries = entries.into_iter().map(|seq| i64::try_from(seq).unwrap_or(i64::MAX)).collect();
        self.writer.write(Change::Redact { call_id: call_id.into(), entries, statement }).await
    }

    /// Wraps the keys of a call anew under its program's newest key: how many of them needed it.
    pub async fn rewrap(&self, call_id: &str) -> Result<u32, StoreUnavailable> {
        let mut done = 0;
        for (program, label, old) in self.archive.wrapped(call_id).await? {
            let service = self.keys.service();
            if service.is_newest(&program, &old).await? {
                continue;
            }
            let place = super::callkeys::place(call_id, label);
            let key = service.unwrap_key(&program, &place, &old).await?;
            let new = service.wrap(&program, &place, &key).await?;
            self.writer.write(Change::Rewrap { call_id: call_id.into(), label, old, new }).await?;
            done += 1;
        }
        Ok(done)
    }

    pub(super) async fn write(&self, change: Change) -> Result<(), StoreUnavailable> {
        self.writer.write(change).await
    }

    /// Drops what is remembered of a call's keys.
    pub(super) fn forget(&self, program: &str, call_id: &str) {
        self.lives().remove(call_id);
        self.recordings.forget(call_id);
        self.keys.forget(program, call_id);
    }

    /// Whether another process answers calls on this folder.
    pub(super) fn is_beside_a_server(&self) -> bool {
        self._lock.is_none()
    }

    fn lives(&self) -> MutexGuard<'_, HashMap<String, Live>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known of a call; from the database where this process did not open it.
    async fn live(&self, call_id: &str) -> Result<Live, StoreUnavailable> {
        if let Some(live) = self.lives().get(call_id) {
            return Ok(live.clone());
        }
        let unknown = || StoreUnavailable(format!("there is no call {call_id}"));
        let (program, opening) = self.archive.ground(call_id).await?.ok_or_else(unknown)?;
        let keys = self.archive.keys(call_id).await?.ok_or_else(unknown)?;
        let live = Live { keys, program, opening, chunks: None };
        self.lives().insert(call_id.into(), live.clone());
        Ok(live)
    }
}

#[async_trait]
impl Ledger for Store {
    async fn open(&self, opened: &Opened) -> Result<(), StoreUnavailable> {
        let (call_id, program) = (&opened.call_id, &opened.program);
        let (keys, wrapped) = self.keys.make(program, call_id).await?;
        let plain = opened.body();
        let opening = Opening {
            call_id: call_id.clone(),
            program: program.clone(),
            channel: word(&opened.channel)?,
            provider_tag: tag_of(self.keys.service(), program, opened).await?,
            started_at: opened.started_at,
            leaf: leaf_of(&plain),
            sealed: keys.seal(&Part::Opening, &plain)?,
            keys: wrapped,
        };
        let leaf = opening.leaf;
        self.writer.write(Change::Open(opening)).await?;
        // Opened before, its keys are those of the first time: they are looked up when they are needed.
        if self.archive.is_sealed_with(call_id, &keys).await? {
            let live = Live { keys: keys.clone(), program: program.clone(), opening: leaf, chunks: None };
            self.lives().insert(call_id.clone(), live);
            self.recordings.expect(keys);
        }
        Ok(())
    }

    async fn append(&self, call_id: &str, entries: Vec<Entry>) -> Result<(), StoreUnavailable> {
        if entries.is_empty() {
            return Ok(());
        }
        let live = self.live(call_id).await?;
        let (mut lines, mut heads) = (Vec::with_capacity(entries.len()), Vec::new());
        for entry in &entries {
            let sealed = live.keys.seal(&Part::Entry(entry.seq, entry.label), &entry.body())?;
            lines.push(Line::new(&entry.link(), sealed)?);
            if (entry.seq + 1).is_multiple_of(ENTRIES_A_HEAD) {
                let claim = Claim::Head { call_id: call_id.into(), entries: entry.seq + 1, head: entry.hash };
                heads.push(Statement::sign(self.keys.service(), &live.program, &claim).await?);
            }
        }
        self.writer.write(Change::Append { call_id: call_id.into(), lines, heads }).await?;
        let noted = entries.iter().rev().find_map(|entry| match &entry.event {
            Event::Recording { chunks, .. } => Some(*chunks),
            _ => None,
        });
        if let (Some(chunks), Some(live)) = (noted, self.lives().get_mut(call_id)) {
            live.chunks = chunks;
        }
        Ok(())
    }

    async fn journal(&self, call_id: &str) -> Result<Option<(Opened, Vec<Entry>)>, StoreUnavailable> {
        self.archive.journal(call_id).await
    }

    async fn close(&self, call_id: &str, record: &CallRecord) -> Result<(), StoreUnavailable> {
        let live = self.live(call_id).await?;
        let plain = body(&Bytes32(random()?), record);
        let outcome = word(&record.outcome)?;
        let head = record.journal.head.parse();
        let claim = Claim::Closed {
            call_id: call_id.into(),
            program: live.program.clone(),
            channel: word(&record.channel)?,
            started_at: record.started_at,
            ended_at: record.ended_at,
            outcome: outcome.clone(),
            opening: live.opening,
            entries: record.journal.entries,
            head: head.map_err(|_| StoreUnavailable(format!("the head of call {call_id} is no hash")))?,
            record: leaf_of(&plain),
            recording: live.chunks,
            labels: (live.keys.frame() == Label::Consent).then(|| live.keys.labels().to_vec()),
        };
        let change = Change::Close {
            call_id: call_id.into(),
            ended_at: record.ended_at,
            outcome,
            record: live.keys.seal(&Part::Record, &plain)?,
            statement: Statement::sign(self.keys.service(), &live.program, &claim).await?,
        };
        let written = self.writer.write(change).await;
        if let Err(refused) = written {
            // Written before, the same is no error.
            return match self.archive.record(call_id).await? {
                Some(kept) if kept == *record => Ok(()),
                _ => Err(refused),
            };
        }
        self.lives().remove(call_id);
        self.recordings.forget(call_id);
        self.closed.notify_one();
        Ok(())
    }

    async fn unfinished(&self) -> Result<Vec<String>, StoreUnavailable> {
        self.archive.unfinished().await
    }
}

/// The contract's word for a value, as it stands in JSON between quotes.
pub(super) fn word(value: &impl Serialize) -> Result<String, StoreUnavailable> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => Ok(word),
        _ => Err(StoreUnavailable("this has no word of its own".into())),
    }
}

//! The ledger: journals in SQLite, durable when a write returns.

use super::{
    archive::Archive,
    database::{self, FolderLock},
    recordings::FileRecordings,
    tokens::Tokens,
    writer::{Change, Line, Opening, Writer},
};
use crate::{
    journal::{CallRecord, Entry, Opened},
    ports::{Ledger, StoreUnavailable},
    time::Utc,
};
use async_trait::async_trait;
use serde::Serialize;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// The data folder of the process that answers calls. Must be opened inside a tokio runtime.
pub struct Store {
    data: PathBuf,
    writer: Writer,
    archive: Archive,
    tokens: Tokens,
    recordings: Arc<FileRecordings>,
    _lock: Option<FolderLock>,
}

impl Store {
    /// Opens the data folder for answering calls: made (mode 0700) where it is missing, brought to this
    /// version's schema, locked against a second server. The lock ends with the process, however it ends.
    pub async fn open(data: &Path) -> Result<Store, StoreUnavailable> {
        database::folder(data)?;
        let lock = database::lock(data).await?;
        database::migrate(data).await?;
        Store::on(data, Some(lock)).await
    }

    /// Opens the data folder for adding a conversation that was held elsewhere: a server may run on it.
    pub async fn beside(data: &Path) -> Result<Store, StoreUnavailable> {
        database::folder(data)?;
        let lock = database::try_lock(data)?;
        if lock.is_some() {
            // Where a server holds the lock, it has brought the database to its form.
            database::migrate(data).await?;
        }
        Store::on(data, lock).await
    }

    async fn on(data: &Path, lock: Option<FolderLock>) -> Result<Store, StoreUnavailable> {
        Ok(Store {
            data: data.to_owned(),
            writer: Writer::start(data).await?,
            archive: Archive::open(data).await?,
            tokens: Tokens::on(data).await?,
            recordings: Arc::new(FileRecordings::open(data)?),
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
}

#[async_trait]
impl Ledger for Store {
    async fn open(&self, opened: &Opened) -> Result<(), StoreUnavailable> {
        let opening = Opening {
            call_id: opened.call_id.clone(),
            program: opened.program.clone(),
            channel: word(&opened.channel)?,
            provider: opened.provider.clone(),
            provider_call_id: opened.provider_call_id.clone(),
            started_at: opened.started_at,
            opened: json(opened)?,
        };
        self.writer.write(Change::Open(opening)).await
    }

    async fn append(&self, call_id: &str, entries: Vec<Entry>) -> Result<(), StoreUnavailable> {
        if entries.is_empty() {
            return Ok(());
        }
        let lines = entries.iter().map(Line::try_from).collect::<Result<_, _>>()?;
        self.writer.write(Change::Append { call_id: call_id.into(), lines }).await
    }

    async fn journal(&self, call_id: &str) -> Result<Option<(Opened, Vec<Entry>)>, StoreUnavailable> {
        self.archive.journal(call_id).await
    }

    async fn close(&self, call_id: &str, record: &CallRecord) -> Result<(), StoreUnavailable> {
        let change = Change::Close {
            call_id: call_id.into(),
            ended_at: record.ended_at,
            outcome: word(&record.outcome)?,
            record: json(record)?,
        };
        self.writer.write(change).await
    }

    async fn unfinished(&self) -> Result<Vec<String>, StoreUnavailable> {
        self.archive.unfinished().await
    }
}

fn json(value: &impl Serialize) -> Result<String, StoreUnavailable> {
    serde_json::to_string(value).map_err(|e| StoreUnavailable(format!("this cannot be written as JSON: {e}")))
}

/// The contract's word for a value, as it stands in JSON between quotes.
pub(super) fn word(value: &impl Serialize) -> Result<String, StoreUnavailable> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => Ok(word),
        _ => Err(StoreUnavailable("this has no word of its own".into())),
    }
}

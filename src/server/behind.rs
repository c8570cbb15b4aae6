//! What stands behind the doors: the conversation, the records, the tokens. Traits, so that each is put in
//! one place and the doors can be tried alone.

use crate::{
    access::Role,
    book::{BookEvent, Noted, Who},
    call::{self, Desk},
    dialogue::PersonReached,
    journal::{CallRecord, Opened},
    ports::{Channel, StoreUnavailable},
    store::BookFilter,
    time::Utc,
    wire::StreamStart,
};
use async_trait::async_trait;
use std::sync::Arc;
use tokio::sync::watch;

/// Runs conversations.
#[async_trait]
pub trait Conversation: Send + Sync {
    /// As [`call::answer`].
    async fn answer(
        &self,
        desk: Arc<Desk>,
        channel: Box<dyn Channel>,
        start: StreamStart,
        opened: Opened,
        stop: watch::Receiver<bool>,
    ) -> Ended;

    /// Puts a conversation that died on record, as [`call::recover`] does; `None` where nothing was written.
    async fn recover(&self, desk: &Desk, call_id: &str) -> Option<CallRecord>;
}

/// As [`call::Ended`].
pub enum Ended {
    /// It is over, and its record written.
    Finished(Box<CallRecord>),
    /// The caller is to be passed to a person.
    Transferring(Box<dyn Transferring>),
    /// It broke off without a word; said by the doors themselves.
    Died,
}

/// A call that ends when it is known whether a person answered.
#[async_trait]
pub trait Transferring: Send {
    /// Writes down what became of the transfer, and ends the call.
    async fn finish(self: Box<Self>, reached: PersonReached) -> CallRecord;
}

/// The conversations of [`call`].
pub struct Calls;

#[async_trait]
impl Conversation for Calls {
    async fn answer(
        &self,
        desk: Arc<Desk>,
        channel: Box<dyn Channel>,
        start: StreamStart,
        opened: Opened,
        stop: watch::Receiver<bool>,
    ) -> Ended {
        match call::answer(desk, channel, start, opened, stop).await {
            call::Ended::Finished(record) => Ended::Finished(record),
            call::Ended::Transferring(open) => Ended::Transferring(open),
        }
    }

    async fn recover(&self, desk: &Desk, call_id: &str) -> Option<CallRecord> {
        match call::recover(desk.ledger.as_ref(), desk.recordings.as_ref(), desk.entropy.as_ref(), call_id)
            .await
        {
            Ok(record) => record,
            Err(error) => {
                tracing::error!(call_id, %error, "a conversation that died is closed at the next start");
                None
            }
        }
    }
}

#[async_trait]
impl Transferring for call::OpenCall {
    async fn finish(self: Box<Self>, reached: PersonReached) -> CallRecord {
        call::OpenCall::finish(*self, reached).await
    }
}

/// The records of calls that ended, for reading, and the books of their programs. Where a program is given, calls of
/// others are not there: they are asked for in one way, whoever's they are.
#[async_trait]
pub trait Records: Send + Sync {
    /// One; `None` where there is no such call, or it has not ended.
    async fn record(
        &self,
        program: Option<&str>,
        call_id: &str,
    ) -> Result<Option<CallRecord>, StoreUnavailable>;
    /// The newest call that the provider knows by this id.
    async fn by_provider_call_id(
        &self,
        program: Option<&str>,
        id: &str,
    ) -> Result<Option<CallRecord>, StoreUnavailable>;
    /// The newest `calls_max` that began before `before`, newest first.
    async fn newest(
        &self,
        program: Option<&str>,
        before: Option<Utc>,
        calls_max: u32,
    ) -> Result<Vec<CallRecord>, StoreUnavailable>;
    /// Notes something in the book of a program. Durable when this returns.
    async fn note(
        &self,
        program: &str,
        call_id: Option<&str>,
        by: Who,
        event: BookEvent,
        now: Utc,
    ) -> Result<(), StoreUnavailable>;
    /// Entries of the book of a program, oldest first.
    async fn book(&self, program: &str, filter: &BookFilter) -> Result<Vec<Noted>, StoreUnavailable>;
    /// Writes something, durably, and says whether that worked.
    async fn writable(&self, now: Utc) -> Result<(), StoreUnavailable>;
}

/// For whom a token speaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bearer {
    /// What the token was called when it was made.
    pub name: String,
    /// What they are to the program.
    pub role: Role,
    /// The program; none where none was named.
    pub program: Option<String>,
}

/// Who may use the API.
#[async_trait]
pub trait Gatekeeper: Send + Sync {
    /// For whom `token` speaks; `None` where it is not good.
    async fn bearer(&self, token: &str) -> Result<Option<Bearer>, StoreUnavailable>;
}

//! Records and tokens in memory, and what the doors asked of them.

use async_trait::async_trait;
use candor::{
    book::{BookEvent, Noted, Who},
    dialogue::{ChannelKind, Gone, Outcome},
    journal::{CallRecord, Disclosure, JournalRecord, Opened},
    ports::StoreUnavailable,
    server::behind::{Bearer, Gatekeeper, Records},
    store::BookFilter,
    time::Utc,
};
use std::sync::Mutex;

/// Records in memory.
#[derive(Default)]
pub struct Kept {
    pub all: Mutex<Vec<CallRecord>>,
    pub gone: Mutex<Vec<(String, Gone)>>,
    pub died: Mutex<Option<Opened>>,
    pub full: Mutex<bool>,
    pub book: Mutex<Vec<(String, Noted)>>,
    /// What the doors asked of it, in order.
    pub asked: Mutex<Vec<&'static str>>,
}

impl Kept {
    fn ask(&self, what: &'static str) {
        self.asked.lock().unwrap().push(what);
    }

    fn of(&self, program: Option<&str>) -> Vec<CallRecord> {
        let all = self.all.lock().unwrap();
        all.iter().filter(|r| program.is_none_or(|program| r.program == program)).cloned().collect()
    }

    pub fn outcome(&self, provider_call_id: &str) -> Option<Outcome> {
        let all = self.all.lock().unwrap();
        all.iter().find(|r| r.provider_call_id.as_deref() == Some(provider_call_id)).map(|r| r.outcome)
    }

    pub fn keep(&self, opened: &Opened, outcome: Outcome) -> CallRecord {
        let mut all = self.all.lock().unwrap();
        let record = CallRecord {
            call_id: opened.call_id.clone(),
            program: opened.program.clone(),
            channel: ChannelKind::Phone,
            provider: opened.provider.clone(),
            provider_call_id: opened.provider_call_id.clone(),
            direction: opened.direction.clone(),
            moves: Vec::new(),
            // One millisecond after the other, so that their order is known.
            started_at: Utc(opened.started_at.0 + all.len() as i64),
            ended_at: opened.started_at,
            outcome,
            disclosure: Disclosure {
                id: opened.notice_id.clone(),
                version: opened.notice_version.clone(),
                sha256: opened.notice_sha256.clone(),
                locale: opened.locale,
                started_at: None,
                heard_at: None,
                interruptions: 0,
                acknowledgement: Default::default(),
                acknowledged_at: None,
            },
            gate: vec![],
            consents: vec![],
            questions: vec![],
            requests: vec![],
            escalations: vec![],
            recording: None,
            resumes: None,
            resumed_by: None,
            journal: JournalRecord { entries: 0, head: String::new() },
        };
        all.push(record.clone());
        record
    }
}

#[async_trait]
impl Records for Kept {
    async fn record(
        &self,
        program: Option<&str>,
        call_id: &str,
    ) -> Result<Option<CallRecord>, StoreUnavailable> {
        self.ask("record");
        Ok(self.of(program).into_iter().find(|r| r.call_id == call_id))
    }
    async fn by_provider_call_id(
        &self,
        program: Option<&str>,
        id: &str,
    ) -> Result<Option<CallRecord>, StoreUnavailable> {
        self.ask("by_provider_call_id");
        Ok(self.of(program).into_iter().find(|r| r.provider_call_id.as_deref() == Some(id)))
    }
    async fn newest(
        &self,
        program: Option<&str>,
        before: Option<Utc>,
        calls_max: u32,
    ) -> Result<Vec<CallRecord>, StoreUnavailable> {
        self.ask("newest");
        let early = self.of(program).into_iter().rev();
        let early = early.filter(|r| before.is_none_or(|before| r.started_at < before));
        Ok(early.take(calls_max as usize).collect())
    }
    async fn note(
        &self,
        program: &str,
        call_id: Option<&str>,
        by: Who,
        event: BookEvent,
        now: Utc,
    ) -> Result<(), StoreUnavailable> {
        self.ask("note");
        self.writable(now).await?;
        let mut book = self.book.lock().unwrap();
        let seq = book.iter().filter(|(of, _)| of == program).count() as u64;
        let noted = Noted { seq, at: now, call_id: call_id.map(Into::into), by, event };
        book.push((program.into(), noted));
        Ok(())
    }
    async fn book(&self, program: &str, filter: &BookFilter) -> Result<Vec<Noted>, StoreUnavailable> {
        self.ask("book");
        let book = self.book.lock().unwrap();
        let own = book.iter().filter(|(of, _)| of == program).map(|(_, noted)| noted.clone());
        Ok(own.filter(|noted| filter.call_id.is_none() || noted.call_id == filter.call_id).collect())
    }
    async fn writable(&self, _now: Utc) -> Result<(), StoreUnavailable> {
        if *self.full.lock().unwrap() { Err(StoreUnavailable("the disk is full".into())) } else { Ok(()) }
    }
}

/// Tokens that say for whom they speak.
pub struct Keys;

#[async_trait]
impl Gatekeeper for Keys {
    async fn bearer(&self, token: &str) -> Result<Option<Bearer>, StoreUnavailable> {
        let (role, program) = match token.split_once("-of-") {
            Some((role, program)) => (role, Some(program.to_owned())),
            None => (token, None),
        };
        Ok(role.parse().ok().map(|role| Bearer { name: format!("the {role}"), role, program }))
    }
}

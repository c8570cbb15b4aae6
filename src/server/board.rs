//! The calls that are going on, and what the provider is to be told when it asks what comes next.

use super::{
    behind::Transferring,
    settings::limits::{REMEMBERED_MAX, TRANSFER_MS_MAX},
};
use crate::{
    dialogue::{Outcome, PersonReached},
    journal::CallRecord,
    observe::metrics,
    program::Locale,
};
use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::watch;

/// A call that ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Over {
    pub desk: usize,
    /// `None`: the conversation died.
    pub outcome: Option<Outcome>,
    pub locale: Locale,
}

/// A call that waits for a person.
struct Waiting {
    call_id: String,
    desk: usize,
    open: Box<dyn Transferring>,
    until: Instant,
}

/// Where a call stands, for a provider that knows it by its own id.
pub(super) enum Stage {
    /// The conversation goes on.
    Live,
    /// It is to be passed to a person of this desk.
    Waiting(usize),
    /// It is over.
    Over(Over),
    /// No such call is known.
    Unknown,
}

#[derive(Default)]
struct Calls {
    /// Provider's id by call id.
    live: HashMap<String, Option<String>>,
    waiting: HashMap<String, Waiting>,
    over: HashMap<String, Over>,
    over_in_order: VecDeque<String>,
}

/// The board of one server.
pub(super) struct Board {
    calls: Mutex<Calls>,
    /// Live and waiting calls; changes wake whoever waits for one of them to end.
    counts: watch::Sender<(usize, usize)>,
}

impl Board {
    pub(super) fn new() -> Board {
        Board { calls: Mutex::default(), counts: watch::Sender::new((0, 0)) }
    }

    /// Live and waiting calls, now and whenever that changes.
    pub(super) fn counts(&self) -> watch::Receiver<(usize, usize)> {
        self.counts.subscribe()
    }

    pub(super) fn live(&self) -> usize {
        self.counts.borrow().0
    }

    pub(super) fn is_live(&self, call_id: &str) -> bool {
        self.calls().live.contains_key(call_id)
    }

    /// A conversation begins.
    pub(super) fn begin(&self, call_id: &str, provider_call_id: Option<&str>) {
        self.calls().live.insert(call_id.into(), provider_call_id.map(Into::into));
        self.count();
    }

    /// A conversation ended.
    pub(super) fn end(&self, call_id: &str, over: Over) {
        let mut calls = self.calls();
        if let Some(Some(provider_call_id)) = calls.live.remove(call_id) {
            calls.remember(provider_call_id, over);
        }
        drop(calls);
        self.count();
    }

    /// A conversation ended, and a person is to be called. Gives the call back where nobody will ask for it
    /// (no provider's id), or where too many wait.
    pub(super) fn wait(
        &self,
        call_id: &str,
        desk: usize,
        open: Box<dyn Transferring>,
        ring_s: u32,
        now: Instant,
    ) -> Option<Box<dyn Transferring>> {
        let mut calls = self.calls();
        let Some(Some(provider_call_id)) = calls.live.get(call_id).cloned() else { return Some(open) };
        calls.live.remove(call_id);
        let until = now + Duration::from_secs(ring_s.into()) + Duration::from_millis(TRANSFER_MS_MAX);
        let refused = if calls.waiting.len() < REMEMBERED_MAX {
            let waiting = Waiting { call_id: call_id.into(), desk, open, until };
            // One provider's id stands for one call; an emulator that uses it twice loses the older transfer.
            calls.waiting.insert(provider_call_id, waiting).map(|older| older.open)
        } else {
            Some(open)
        };
        drop(calls);
        self.count();
        refused
    }

    /// Takes a waiting call off the board.
    pub(super) fn take(&self, provider_call_id: &str) -> Option<(String, usize, Box<dyn Transferring>)> {
        let taken = self.calls().waiting.remove(provider_call_id)?;
        self.count();
        Some((taken.call_id, taken.desk, taken.open))
    }

    /// The provider's ids of waiting calls: those past their time, or all.
    pub(super) fn waiting(&self, past: Option<Instant>) -> Vec<String> {
        let calls = self.calls();
        let due = calls.waiting.iter().filter(|(_, w)| past.is_none_or(|now| w.until <= now));
        due.map(|(id, _)| id.clone()).collect()
    }

    /// Remembers how a call ended that was waiting.
    pub(super) fn remember(&self, provider_call_id: &str, over: Over) {
        self.calls().remember(provider_call_id.into(), over);
    }

    /// Where the call stands.
    pub(super) fn stage(&self, provider_call_id: &str) -> Stage {
        let calls = self.calls();
        if calls.live.values().any(|id| id.as_deref() == Some(provider_call_id)) {
            return Stage::Live;
        }
        if let Some(waiting) = calls.waiting.get(provider_call_id) {
            return Stage::Waiting(waiting.desk);
        }
        calls.over.get(provider_call_id).cloned().map_or(Stage::Unknown, Stage::Over)
    }

    fn count(&self) {
        let calls = self.calls();
        let counts = (calls.live.len(), calls.waiting.len());
        metrics::calls_live(counts.0);
        drop(calls);
        self.counts.send_replace(counts);
    }

    fn calls(&self) -> MutexGuard<'_, Calls> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Calls {
    fn remember(&mut self, provider_call_id: String, over: Over) {
        if self.over.insert(provider_call_id.clone(), over).is_none() {
            self.over_in_order.push_back(provider_call_id);
        }
        while self.over.len() > REMEMBERED_MAX {
            let Some(oldest) = self.over_in_order.pop_front() else { return };
            self.over.remove(&oldest);
        }
    }
}

/// Ends a transfer and puts its end on the board.
pub(super) async fn finish(
    board: &Board,
    provider_call_id: &str,
    desk: usize,
    open: Box<dyn Transferring>,
    reached: PersonReached,
) -> CallRecord {
    let record = open.finish(reached).await;
    let over = Over { desk, outcome: Some(record.outcome), locale: record.disclosure.locale };
    board.remember(provider_call_id, over);
    record
}

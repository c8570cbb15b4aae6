//! Whoever watches calls as they happen.
//!
//! Every call that was let in has a feed: its last events, bounded in number and bytes, so that a watcher who
//! comes late sees the call from its beginning. Feeds exist for a minute before a call and after it.

use super::settings::limits::{
    WATCH_AFTER_MS_MAX, WATCH_BEFORE_MS_MAX, WATCH_BYTES_MAX, WATCH_EVENTS_MAX, WATCHERS_MAX,
};
use crate::ports::Onlooker;
use serde_json::Value;
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

/// The feeds of all calls.
pub struct Watchers {
    feeds: Mutex<HashMap<String, Arc<Feed>>>,
    places: Arc<Semaphore>,
}

struct Feed {
    program: String,
    events: Mutex<Events>,
    changed: watch::Sender<()>,
}

struct Events {
    /// The number of the first event that is kept; they count from 1.
    first: u64,
    kept: VecDeque<Arc<str>>,
    bytes: usize,
    expected_at: Instant,
    ended_at: Option<Instant>,
}

/// One watcher's place in a feed.
pub(super) struct Watching {
    feed: Arc<Feed>,
    next: u64,
    changed: watch::Receiver<()>,
    _place: Option<OwnedSemaphorePermit>,
}

/// Why nobody can watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unwatchable {
    NoSuchCall,
    TooManyWatchers,
}

impl Watchers {
    /// No feeds yet.
    #[allow(clippy::new_without_default)] // a registry is made once, on purpose
    pub fn new() -> Watchers {
        Watchers { feeds: Mutex::default(), places: Arc::new(Semaphore::new(WATCHERS_MAX)) }
    }

    /// A call may begin: it can be watched from now on.
    pub(super) fn expect(&self, call_id: &str, program: &str, now: Instant) {
        let feed = Feed {
            program: program.into(),
            events: Mutex::new(Events {
                first: 1,
                kept: VecDeque::new(),
                bytes: 0,
                expected_at: now,
                ended_at: None,
            }),
            changed: watch::Sender::new(()),
        };
        let mut feeds = self.feeds();
        feeds.retain(|_, feed| !feed.is_stale(now));
        feeds.insert(call_id.into(), Arc::new(feed));
    }

    /// A call ended: its watchers are let go when they have seen all.
    pub(super) fn end(&self, call_id: &str, now: Instant) {
        if let Some(feed) = self.feed(call_id) {
            feed.events().ended_at = Some(now);
            feed.changed.send_replace(());
        }
    }

    /// The program of a call that can be watched, where it is the one that is asked about, if one is.
    pub(super) fn program_of(&self, call_id: &str, asked: Option<&str>) -> Option<String> {
        let feed = self.feed(call_id)?;
        asked.is_none_or(|program| program == feed.program).then(|| feed.program.clone())
    }

    /// Watches a call from the event after `seen`.
    pub(super) fn watch(&self, call_id: &str, seen: u64) -> Result<Watching, Unwatchable> {
        let feed = self.feed(call_id).ok_or(Unwatchable::NoSuchCall)?;
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| Unwatchable::TooManyWatchers)?;
        let changed = feed.changed.subscribe();
        Ok(Watching { feed, next: seen.saturating_add(1), changed, _place: Some(place) })
    }

    /// Watches a call from its beginning for the caller's own page: every call has room for that.
    pub(super) fn follow(&self, call_id: &str) -> Option<Watching> {
        let feed = self.feed(call_id)?;
        let changed = feed.changed.subscribe();
        Some(Watching { feed, next: 1, changed, _place: None })
    }

    fn feed(&self, call_id: &str) -> Option<Arc<Feed>> {
        self.feeds().get(call_id).cloned()
    }

    fn feeds(&self) -> MutexGuard<'_, HashMap<String, Arc<Feed>>> {
        self.feeds.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Onlooker for Watchers {
    fn watches(&self, call_id: &str) -> bool {
        self.feeds().contains_key(call_id)
    }

    fn show(&self, call_id: &str, event: Value) {
        if let Some(feed) = self.feed(call_id) {
            feed.events().push(event.to_string().into());
            feed.changed.send_replace(());
        }
    }
}

impl Feed {
    fn events(&self) -> MutexGuard<'_, Events> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Over for a while, or expected and never begun: then its watchers learn that nothing comes.
    fn is_stale(&self, now: Instant) -> bool {
        let mut events = self.events();
        let past = |since: Instant, ms| now.saturating_duration_since(since) >= Duration::from_millis(ms);
        let never_began =
            events.first == 1 && events.kept.is_empty() && past(events.expected_at, WATCH_BEFORE_MS_MAX);
        let stale = never_began || events.ended_at.is_some_and(|ended| past(ended, WATCH_AFTER_MS_MAX));
        if never_began {
            events.ended_at = Some(now);
            self.changed.send_replace(());
        }
        stale
    }
}

impl Events {
    fn push(&mut self, event: Arc<str>) {
        self.bytes += event.len();
        self.kept.push_back(event);
        while self.kept.len() > WATCH_EVENTS_MAX || self.bytes > WATCH_BYTES_MAX {
            let Some(oldest) = self.kept.pop_front() else { return };
            self.bytes -= oldest.len();
            self.first += 1;
        }
    }
}

impl Watching {
    /// The program of the call.
    pub(super) fn program(&self) -> &str {
        &self.feed.program
    }

    /// The next event and its number; `None` when the call is over and all was seen.
    pub(super) async fn next(&mut self) -> Option<(u64, Arc<str>)> {
        loop {
            {
                let events = self.feed.events();
                // A watcher that is too slow goes on with the oldest event there still is.
                self.next = self.next.max(events.first);
                if let Some(event) = events.kept.get((self.next - events.first) as usize) {
                    self.next += 1;
                    return Some((self.next - 1, Arc::clone(event)));
                }
                if events.ended_at.is_some() {
                    return None;
                }
            }
            self.changed.changed().await.ok()?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[tokio::test]
    async fn a_late_watcher_sees_a_call_from_its_beginning_to_its_end() {
        let (watchers, now) = (Watchers::new(), Instant::now());
        assert!(!watchers.watches("c"));
        assert_eq!(watchers.watch("c", 0).err(), Some(Unwatchable::NoSuchCall));
        watchers.expect("c", "harbor", now);
        for n in 1..=3 {
            watchers.show("c", json!({ "n": n }));
        }
        let mut watching = watchers.watch("c", 0).unwrap();
        for n in 1..=3 {
            assert_eq!(watching.next().await, Some((n, json!({ "n": n }).to_string().into())));
        }
        let mut resumed = watchers.watch("c", 2).unwrap();
        assert_eq!(resumed.next().await.map(|(n, _)| n), Some(3));
        let (waited, ()) = tokio::join!(watching.next(), async { watchers.show("c", json!("late")) });
        assert_eq!(waited, Some((4, "\"late\"".into())));
        watchers.end("c", now);
        assert_eq!(watching.next().await, None);
        assert_eq!(watchers.watch("c", u64::MAX).unwrap().next().await, None);
    }

    #[tokio::test]
    async fn what_is_kept_of_a_call_is_bounded() {
        let (watchers, now) = (Watchers::new(), Instant::now());
        watchers.expect("many", "harbor", now);
        watchers.expect("big", "harbor", now);
        for n in 0..WATCH_EVENTS_MAX + 5 {
            watchers.show("many", json!(n));
            watchers.show("big", json!("x".repeat(WATCH_BYTES_MAX / 4)));
        }
        assert_eq!(watchers.watch("many", 0).unwrap().next().await.map(|(n, _)| n), Some(6));
        assert!(watchers.feed("big").unwrap().events().bytes <= WATCH_BYTES_MAX);
        watchers.end("many", now);
        let later = now + Duration::from_millis(WATCH_AFTER_MS_MAX);
        watchers.expect("next", "harbor", later);
        assert!(!watchers.watches("many") && watchers.watches("big"));
    }
}

//! A journal on its way to the store: what matters in law is durable before it is acted on.

use crate::{
    dialogue::{Effect, LineKind},
    journal::{Entry, Step},
    ports::{Ledger, StoreUnavailable, Timer},
    time::Millis,
};
use std::{collections::VecDeque, future::pending, pin::Pin, sync::Arc};

/// Entries that bind nobody are written together this often, in milliseconds.
const BATCH_MS: u64 = 200;

/// At the end of a stream a failing store is tried so often again.
const FINAL_TRIES_MAX: u32 = 3;

type Writing = Pin<Box<dyn Future<Output = Result<(), StoreUnavailable>> + Send>>;

/// Effects that wait for their entries.
struct Held {
    effects: Vec<Effect>,
    /// All entries before this number must be durable.
    after: u64,
}

/// The way of one call's entries to the store. One write is under way at a time.
pub(super) struct Durable {
    ledger: Arc<dyn Ledger>,
    timer: Arc<dyn Timer>,
    call_id: String,
    unwritten: Vec<Entry>,
    /// The entries of the write under way, until it is known that they are durable.
    in_flight: Vec<Entry>,
    oldest: Option<Millis>,
    /// Entries known to be durable, and those that will be when the write under way is done.
    durable: u64,
    under_way: u64,
    writing: Option<Writing>,
    held: VecDeque<Held>,
    failed: bool,
}

impl Durable {
    pub(super) fn new(ledger: Arc<dyn Ledger>, timer: Arc<dyn Timer>, call_id: &str) -> Durable {
        Durable {
            ledger,
            timer,
            call_id: call_id.to_owned(),
            unwritten: Vec::new(),
            in_flight: Vec::new(),
            oldest: None,
            durable: 0,
            under_way: 0,
            writing: None,
            held: VecDeque::new(),
            failed: false,
        }
    }

    /// Takes what one input led to. Gives what may be done at once: everything, where nothing binds and nothing
    /// waits; else what stands before the first fact, which can only be to fall silent.
    pub(super) fn take(&mut self, step: Step) -> Vec<Effect> {
        let Step { mut effects, entries, binding } = step;
        let after = entries.last().map_or(self.durable, |e| e.seq + 1);
        self.oldest.get_or_insert_with(|| self.timer.now());
        self.unwritten.extend(entries);
        if self.failed {
            return effects;
        }
        if self.held.is_empty() && !binding {
            return effects;
        }
        // A flush is done at once, and what still waits to be said is cut with the rest.
        let flush = effects.iter().rposition(|e| matches!(e, Effect::Flush));
        let now = match flush {
            Some(_) => {
                let said = |e: &Effect| matches!(e, Effect::Speak(_) | Effect::Flush);
                self.held.iter_mut().for_each(|held| held.effects.retain(|e| !said(e)));
                effects.retain(|e| !matches!(e, Effect::Flush));
                vec![Effect::Flush]
            }
            None => Vec::new(),
        };
        self.held.push_back(Held { effects, after });
        now
    }

    /// Takes an entry that nothing waits for.
    pub(super) fn add(&mut self, entry: Entry) {
        self.oldest.get_or_insert_with(|| self.timer.now());
        self.unwritten.push(entry);
    }

    /// The next effects whose entries have become durable. Cancelling loses nothing.
    pub(super) async fn next(&mut self) -> Result<Vec<Effect>, StoreUnavailable> {
        loop {
            if let Some(writing) = &mut self.writing {
                let wrote = writing.await;
                self.writing = None;
                wrote.inspect_err(|_| self.fail())?;
                self.in_flight.clear();
                self.durable = self.under_way;
                if let Some(ready) = self.release() {
                    return Ok(ready);
                }
            }
            if self.failed || self.unwritten.is_empty() {
                pending::<()>().await;
            }
            if self.held.is_empty()
                && let Some(oldest) = self.oldest
            {
                self.timer.until(oldest + BATCH_MS).await;
            }
            self.write();
        }
    }

    /// Whether something waits until it may be done.
    pub(super) fn is_holding(&self) -> bool {
        !self.held.is_empty()
    }

    /// Writes everything and waits for it, at the end of a stream. What fails is kept for another try.
    pub(super) async fn finish(&mut self) -> Result<(), StoreUnavailable> {
        if let Some(writing) = self.writing.take() {
            match writing.await {
                Ok(()) => self.in_flight.clear(),
                Err(_) => self.fail(),
            }
        }
        if self.unwritten.is_empty() {
            return Ok(());
        }
        // Writing again what was written after all is no error to the store.
        let mut tried = self.ledger.append(&self.call_id, self.unwritten.clone()).await;
        for _ in 0..FINAL_TRIES_MAX {
            if tried.is_ok() {
                break;
            }
            self.timer.until(self.timer.now() + BATCH_MS).await;
            tried = self.ledger.append(&self.call_id, self.unwritten.clone()).await;
        }
        tried?;
        self.durable = self.unwritten.last().map_or(self.durable, |e| e.seq + 1);
        self.unwritten.clear();
        self.oldest = None;
        Ok(())
    }

    fn write(&mut self) {
        let entries = std::mem::take(&mut self.unwritten);
        self.oldest = None;
        self.under_way = entries.last().map_or(self.durable, |e| e.seq + 1);
        self.in_flight.clone_from(&entries);
        let (ledger, call_id) = (Arc::clone(&self.ledger), self.call_id.clone());
        self.writing = Some(Box::pin(async move { ledger.append(&call_id, entries).await }));
    }

    /// What was held and may be done now; also where that is nothing any more, so that whoever waits for it goes on.
    fn release(&mut self) -> Option<Vec<Effect>> {
        let mut ready = None;
        while let Some(held) = self.held.pop_front_if(|held| held.after <= self.durable) {
            ready.get_or_insert_with(Vec::new).extend(held.effects);
        }
        ready
    }

    /// Nothing can be put on record now: what was to be written is kept for the end.
    fn fail(&mut self) {
        self.failed = true;
        let later = std::mem::replace(&mut self.unwritten, std::mem::take(&mut self.in_flight));
        self.unwritten.extend(later);
    }

    /// After a failure: what was held and must be done on record or off it, so that nobody in danger hears
    /// silence, and nobody who refused is recorded.
    pub(super) fn salvage(&mut self) -> Vec<Effect> {
        let must = |effect: &Effect| match effect {
            Effect::Speak(line) => {
                matches!(line.kind(), LineKind::Emergency | LineKind::Transfer | LineKind::Closing)
            }
            Effect::StopRecording | Effect::Transfer(_) | Effect::HangUp => true,
            _ => false,
        };
        self.held.drain(..).flat_map(|held| held.effects).filter(must).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        call::RealTime,
        dialogue::{Escalation, Fact, LineId, testing},
        journal::{CallRecord, Chain, Event, Label, Opened, Salt},
        program::Locale,
    };
    use async_trait::async_trait;
    use std::sync::Mutex;

    /// A ledger in memory whose first writes fail.
    #[derive(Default)]
    struct Failing {
        failures: Mutex<u32>,
        written: Mutex<Vec<u64>>,
    }

    #[async_trait]
    impl Ledger for Failing {
        async fn open(&self, _: &Opened) -> Result<(), StoreUnavailable> {
            Ok(())
        }
        async fn append(&self, _: &str, entries: Vec<Entry>) -> Result<(), StoreUnavailable> {
            let mut failures = self.failures.lock().expect("no panic holds it");
            if *failures > 0 {
                *failures -= 1;
                return Err(StoreUnavailable("the disk is full".into()));
            }
            self.written.lock().expect("no panic holds it").extend(entries.iter().map(|e| e.seq));
            Ok(())
        }
        async fn journal(&self, _: &str) -> Result<Option<(Opened, Vec<Entry>)>, StoreUnavailable> {
            Ok(None)
        }
        async fn close(&self, _: &str, _: &CallRecord) -> Result<(), StoreUnavailable> {
            Ok(())
        }
        async fn unfinished(&self) -> Result<Vec<String>, StoreUnavailable> {
            Ok(Vec::new())
        }
    }

    fn opened() -> Opened {
        serde_json::from_value(serde_json::json!({
            "call_id": "c", "program": "p", "program_sha256": "", "channel": "phone", "provider": null,
            "provider_call_id": null, "direction": "inbound", "started_at": "2026-01-01T00:00:00.000Z",
            "locale": "en-US", "person_available": true, "notice_id": "n", "notice_version": "1",
            "notice_sha256": "", "resumes": null, "build": "test"
        }))
        .expect("an opening")
    }

    fn speak(kind: LineKind, id: u32) -> Effect {
        Effect::Speak(testing::line_of(kind, LineId(id), "Words.", Locale::EnUs, 0))
    }

    fn step(chain: &mut Chain, effects: Vec<Effect>) -> Step {
        let entries = vec![chain.entry(Millis(0), Label::General, Event::Recovered, Salt::default())];
        let binding = effects.iter().any(|e| matches!(e, Effect::Fact(_)));
        Step { effects, entries, binding }
    }

    fn fact() -> Effect {
        Effect::Fact(Fact::Escalated { kind: Escalation::Crisis })
    }

    #[tokio::test]
    async fn what_follows_a_fact_waits_for_it() {
        let ledger = Arc::new(Failing::default());
        let mut chain = Chain::new(&opened());
        let mut durable = Durable::new(ledger.clone(), Arc::new(RealTime::default()), "c");
        let said = step(&mut chain, vec![fact(), speak(LineKind::Repair, 1)]);
        assert_eq!(durable.take(said), []);
        assert_eq!(durable.next().await, Ok(vec![fact(), speak(LineKind::Repair, 1)]));
        assert_eq!(*ledger.written.lock().expect("no panic holds it"), [0]);
    }

    #[tokio::test]
    async fn a_flush_is_done_at_once_and_cuts_what_still_waits_to_be_said() {
        let mut chain = Chain::new(&opened());
        let mut durable = Durable::new(Arc::new(Failing::default()), Arc::new(RealTime::default()), "c");
        durable.take(step(&mut chain, vec![fact(), speak(LineKind::Repair, 1)]));
        let flushed = durable.take(step(&mut chain, vec![Effect::Flush]));
        assert_eq!(flushed, [Effect::Flush]);
        assert_eq!(durable.next().await, Ok(vec![fact()]), "line 1 is not said over the caller");
    }

    #[tokio::test]
    async fn the_end_of_waiting_is_told_though_nothing_is_left_to_do() {
        let mut chain = Chain::new(&opened());
        let mut durable = Durable::new(Arc::new(Failing::default()), Arc::new(RealTime::default()), "c");
        durable.take(step(&mut chain, vec![fact()]));
        assert_eq!(durable.take(step(&mut chain, Vec::new())), []);
        assert_eq!(durable.next().await, Ok(vec![fact()]));
        while durable.is_holding() {
            assert_eq!(durable.next().await, Ok(Vec::new()));
        }
    }

    #[tokio::test]
    async fn a_failed_write_is_written_at_the_end_and_danger_is_never_silent() {
        let ledger = Arc::new(Failing { failures: Mutex::new(1), written: Mutex::default() });
        let mut chain = Chain::new(&opened());
        let mut durable = Durable::new(ledger.clone(), Arc::new(RealTime::default()), "c");
        let lines = vec![fact(), speak(LineKind::Question, 1), speak(LineKind::Emergency, 2)];
        durable.take(step(&mut chain, lines));
        assert!(durable.next().await.is_err());
        assert_eq!(durable.salvage(), [speak(LineKind::Emergency, 2)]);
        durable.take(step(&mut chain, Vec::new()));
        assert_eq!(durable.finish().await, Ok(()));
        assert_eq!(*ledger.written.lock().expect("no panic holds it"), [0, 1]);
    }
}

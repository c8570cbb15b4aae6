//! The connection of a simulated caller in virtual time: our own provider's stream, without a socket.

use super::{
    super::super::call::{Leaves, Stream},
    sound::Wire,
    time::VirtualTime,
};
use crate::{
    ports::{Channel, ChannelGone, Onlooker, Timer},
    time::Millis,
    wire::{FromCaller, ToCaller, twilio},
};
use async_trait::async_trait;
use serde_json::Value;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// A frame of 20 ms.
const FRAME_MS: u64 = 20;
/// Who has nothing more to say stays this long.
const LAST_WORDS_MS: u64 = 60_000;
/// A script that goes on for longer than this hangs.
const CALL_MS_MAX: u64 = 3_600_000;

/// What the agent is seen to do: a simulated caller goes by it, as by the server's live feed.
#[derive(Default)]
pub struct Feed(Mutex<VecDeque<Value>>);

impl Onlooker for Feed {
    fn watches(&self, _: &str) -> bool {
        true
    }

    fn show(&self, _: &str, event: Value) {
        self.events().push_back(event);
    }
}

impl Feed {
    fn events(&self) -> MutexGuard<'_, VecDeque<Value>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why the caller's script could not go on, where it could not.
pub type Stuck = Arc<Mutex<Option<String>>>;

/// The line.
pub struct Line {
    pub stream: Stream,
    pub encoder: twilio::Encoder,
    pub wire: Wire,
    pub feed: Arc<Feed>,
    pub time: VirtualTime,
    pub stuck: Stuck,
    pub place: Place,
}

/// How far it is.
#[derive(Default)]
pub struct Place {
    frames: u64,
    arriving: VecDeque<FromCaller>,
    done_at: Option<Millis>,
    is_over: bool,
}

impl Line {
    /// 20 ms have passed.
    fn tick(&mut self, now: Millis) {
        self.place.frames += 1;
        for event in std::mem::take(&mut *self.feed.events()) {
            self.stream.feed(now.0 * 8, &event);
        }
        let messages = self.stream.tick(now.0 * 8);
        self.take(messages);
        let done_at = self.stream.is_done().then(|| *self.place.done_at.get_or_insert(now));
        let has_left = done_at.is_some_and(|at| now.since(at) > LAST_WORDS_MS);
        let why = match self.stream.leaves() {
            Some(Leaves::Stuck(why)) => Some(why.clone()),
            _ if now.0 > CALL_MS_MAX => Some("the call lasts longer than an hour".into()),
            Some(Leaves::HangsUp) => None,
            None if has_left => None,
            None => return,
        };
        *self.stuck.lock().unwrap_or_else(PoisonError::into_inner) = why;
        self.place.is_over = true;
        self.place.arriving.push_back(FromCaller::Stop);
    }

    /// Messages of the provider, as they arrive here over this line.
    fn take(&mut self, messages: Vec<String>) {
        for text in messages {
            match twilio::parse(&text) {
                Ok(FromCaller::Audio { at_ms, mut payload }) => {
                    if self.wire.pass(&mut payload).is_some() {
                        self.place.arriving.push_back(FromCaller::Audio { at_ms, payload });
                    }
                }
                Ok(message) => self.place.arriving.push_back(message),
                Err(wrong) => tracing::error!(%wrong, "our own provider said what it may not"),
            }
        }
    }
}

#[async_trait]
impl Channel for Line {
    async fn next(&mut self) -> Option<FromCaller> {
        loop {
            if let Some(message) = self.place.arriving.pop_front() {
                return Some(message);
            }
            if self.place.is_over {
                return None;
            }
            let due = Millis((self.place.frames + 1) * FRAME_MS);
            self.time.until(due).await;
            self.tick(due);
        }
    }

    async fn send(&mut self, message: ToCaller) -> Result<(), ChannelGone> {
        let text = self.encoder.encode(&message);
        let echoes = self.stream.receive(self.time.now().0 * 8, &text);
        self.take(echoes);
        Ok(())
    }

    async fn close(&mut self) {
        self.place.is_over = true;
    }
}

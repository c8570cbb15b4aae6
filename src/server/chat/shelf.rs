//! Chats of clients that ask now and then instead of listening: what was shown waits on a shelf until it is fetched.

use super::lobby::Way;
use crate::{
    call::chat::Mail,
    ports::{ChannelGone, ChatLink, Parting},
    typed::{ChatMessage, WrongMessage},
};
use async_trait::async_trait;
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    future::pending,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::watch,
    time::{Instant, timeout},
};

/// What was shown in a chat that is over can be fetched for so long.
const LINGER: Duration = Duration::from_secs(60);
/// An answer takes no longer, or the client asks again.
const TURN_MAX: Duration = Duration::from_secs(10);

/// One client's shelf: everything shown so far, and what the client itself said where it wants that back.
pub(super) struct Shelf {
    pub way: Way,
    shown: Mutex<Vec<Value>>,
    /// How often the caller's turn has come; the end counts as one for ever.
    turns: watch::Sender<u64>,
    over: Mutex<Option<Instant>>,
}

impl Shelf {
    /// Connects a shelf to a chat.
    pub(super) async fn of(way: Way) -> Arc<Shelf> {
        let shelf = Arc::new(Shelf {
            way,
            shown: Mutex::default(),
            turns: watch::Sender::new(0),
            over: Mutex::default(),
        });
        let link = Box::new(Filler(Arc::clone(&shelf)));
        if shelf.way.mail.send(Mail::Link(link, 0)).await.is_err() {
            shelf.end();
        }
        shelf
    }

    /// Sends a message and waits until the caller's turn has come again.
    pub(super) async fn say(&self, message: ChatMessage) {
        let mut turns = self.turns.subscribe();
        let before = *turns.borrow_and_update();
        // Only words and choices get an answer.
        let answered =
            matches!(message, ChatMessage::Text(_) | ChatMessage::Choice { .. } | ChatMessage::End);
        if self.way.mail.send(Mail::Message(message)).await.is_err() {
            return self.end();
        }
        if answered {
            let _ = timeout(TURN_MAX, turns.wait_for(|turn| *turn > before)).await;
        }
    }

    /// Waits until the caller's turn has come at all.
    pub(super) async fn begun(&self) {
        let _ = timeout(TURN_MAX, self.turns.subscribe().wait_for(|turn| *turn > 0)).await;
    }

    /// Puts on it what did not come from the chat, and gives its place.
    pub(super) fn put(&self, event: Value) -> usize {
        let mut shown = self.shown();
        shown.push(event);
        shown.len()
    }

    /// What lies on it from place `after` on.
    pub(super) fn from(&self, after: usize) -> Vec<Value> {
        self.shown().iter().skip(after).cloned().collect()
    }

    /// How much lies on it.
    pub(super) fn len(&self) -> usize {
        self.shown().len()
    }

    fn end(&self) {
        self.over.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(Instant::now);
        self.turns.send_modify(|turn| *turn += 1);
    }

    /// Whether the chat is over.
    pub(super) fn is_over(&self) -> bool {
        self.over.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    fn is_stale(&self) -> bool {
        self.over.lock().unwrap_or_else(PoisonError::into_inner).is_some_and(|at| at.elapsed() > LINGER)
    }

    fn shown(&self) -> MutexGuard<'_, Vec<Value>> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All shelves, by what a client names to get at its own.
#[derive(Default)]
pub(super) struct Shelves(Mutex<HashMap<[u8; 32], Arc<Shelf>>>);

impl Shelves {
    /// The shelf of whoever shows this.
    pub(super) fn find(&self, key: &[u8; 32]) -> Option<Arc<Shelf>> {
        self.lock().get(key).filter(|shelf| !shelf.is_stale()).cloned()
    }

    pub(super) fn insert(&self, key: [u8; 32], shelf: &Arc<Shelf>) {
        let mut all = self.lock();
        all.retain(|_, shelf| !shelf.is_stale());
        all.insert(key, Arc::clone(shelf));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<[u8; 32], Arc<Shelf>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The chat's side of a shelf. It is there as long as the chat: who only asks now and then is never known to be gone,
/// and the chat ends when nothing was said for too long.
struct Filler(Arc<Shelf>);

#[async_trait]
impl ChatLink for Filler {
    async fn next(&mut self) -> Option<Result<ChatMessage, WrongMessage>> {
        pending().await
    }

    async fn show(&mut self, event: Arc<str>) -> Result<(), ChannelGone> {
        let event: Value = serde_json::from_str(&event).unwrap_or_default();
        match event["type"].as_str() {
            Some("listening") => self.0.turns.send_modify(|turn| *turn += 1),
            Some("ended") => {
                self.0.put(event);
                self.0.end();
            }
            _ => drop(self.0.put(event)),
        }
        Ok(())
    }

    async fn close(self: Box<Self>, _: Parting) {
        self.0.end();
    }
}

/// What a client without a protocol for it writes: `/choice affirm`, `/sign Jane Doe`, `/seen l3`, or plain words.
/// Buttons carry these; who presses the one under a part of the notice has that part on the screen.
pub(super) fn written(text: &str) -> Result<ChatMessage, WrongMessage> {
    let text = text.trim();
    let (command, rest) = text.split_once(' ').unwrap_or((text, ""));
    let message = match command {
        "/choice" => json!({"type": "choice", "value": rest}),
        "/sign" => json!({"type": "choice", "value": "sign", "name": rest}),
        "/seen" => json!({"type": "seen", "line": rest}),
        "/end" => json!({"type": "end"}),
        _ => json!({"type": "text", "text": text}),
    };
    ChatMessage::parse(&message.to_string())
}

/// The buttons of a line: what they say and what they write.
pub(super) fn buttons(line: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let choices = line["choices"].as_array().into_iter().flatten();
    // A signature needs a name, which no button has: it is typed, with "I agree".
    let mut buttons: Vec<(String, String)> = choices
        .filter(|choice| choice["value"] != "sign")
        .map(|choice| (text(&choice["label"]), format!("/choice {}", text(&choice["value"]))))
        .collect();
    if line["must_see"] == true {
        let title = if line["locale"] == "es-US" { "Lo he leído" } else { "I have read this" };
        buttons.push((title.into(), format!("/seen {}", text(&line["id"]))));
    }
    buttons
}

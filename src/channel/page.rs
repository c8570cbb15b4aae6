//! [`ChatLink`] over a WebSocket: the page of one caller who types.
//!
//! A little nonsense is answered with an error; more of it, or anything that cannot be an accident, ends the
//! connection with a stated close code. `docs/web.md` has the table.

use super::rate::Bucket;
use crate::{
    ports::{ChannelGone, ChatLink, Parting},
    typed::{ChatMessage, WrongMessage},
};
use async_trait::async_trait;
use axum::extract::ws::{CloseFrame, Message, WebSocket};
use std::{pin::Pin, sync::Arc, time::Duration};
use tokio::time::{Instant, Sleep, sleep_until, timeout};

/// What one page may do.
pub mod page_limits {
    /// The longest message that is read.
    pub const MESSAGE_BYTES_MAX: usize = 16 * 1024;
    /// What is still received, so that a message over the limit can be answered with a close code.
    pub const FRAME_BYTES_MAX: usize = 64 * 1024;
    /// How long `start` may take, in milliseconds.
    pub const START_MS_MAX: u64 = 5_000;
    /// Messages that make no sense, of one connection.
    pub const STRIKES_MAX: u32 = 16;
    /// Messages a second, in the long run; nobody types so fast.
    pub const MESSAGES_PER_S_MAX: u32 = 20;
    /// Messages at once.
    pub const MESSAGES_MAX: u32 = 120;
    /// Nothing arrived for so long: ask whether anybody is there, in milliseconds.
    pub const QUIET_MS_MAX: u64 = 30_000;
    /// Nothing arrived for so long, not even the answer: the connection is lost, in milliseconds.
    pub const LOST_MS_MAX: u64 = 60_000;
    /// How long the other side may refuse to take an event, in milliseconds.
    pub const SEND_MS_MAX: u64 = 5_000;
    /// How long a closing connection is read on, so that the close code arrives, in milliseconds.
    pub const LINGER_MS_MAX: u64 = 2_000;
}
use page_limits::*;

/// Why this side ends a page's connection: the code and what is said with it. Codes from 4000 on are ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PageEnd {
    /// The chat is over.
    Over,
    /// Another connection goes on with the chat.
    TakenOver,
    /// No `start` in time.
    NoStart,
    /// More than anybody types.
    Flood,
    /// A message beyond [`page_limits::MESSAGE_BYTES_MAX`].
    Oversize,
    /// Messages that make no sense.
    Nonsense,
    /// No chat can be begun now.
    NoRoom,
}

impl PageEnd {
    /// The close code: RFC 6455's, or one of ours from 4000 on.
    pub fn close_code(self) -> u16 {
        match self {
            PageEnd::Over => 1000,
            PageEnd::Nonsense => 1003,
            PageEnd::NoStart | PageEnd::Flood => 1008,
            PageEnd::Oversize => 1009,
            PageEnd::NoRoom => 1013,
            PageEnd::TakenOver => 4001,
        }
    }

    /// What the other side is told.
    pub fn reason(self) -> &'static str {
        match self {
            PageEnd::Over => "the chat is over",
            PageEnd::TakenOver => "another page goes on with this chat",
            PageEnd::NoStart => "no start in time",
            PageEnd::Flood => "too much in too short a time",
            PageEnd::Oversize => "a message is too big",
            PageEnd::Nonsense => "too many messages that make no sense",
            PageEnd::NoRoom => "no chat can be begun now",
        }
    }
}

/// The connection to one page.
pub struct PageSocket {
    /// `None` once the connection is gone.
    socket: Option<WebSocket>,
    strikes: u32,
    messages: Bucket,
    heard_at: Instant,
    pinged: bool,
    quiet: Pin<Box<Sleep>>,
    /// The connection's place among all connections, held as long as it lasts.
    _place: Box<dyn Send>,
}

impl PageSocket {
    /// A page that just connected. `place` is kept as long as the connection.
    pub fn new(socket: WebSocket, place: Box<dyn Send>) -> PageSocket {
        let now = Instant::now();
        PageSocket {
            socket: Some(socket),
            strikes: 0,
            messages: Bucket::new(MESSAGES_MAX, MESSAGES_PER_S_MAX, now),
            heard_at: now,
            pinged: false,
            quiet: Box::pin(sleep_until(now + Duration::from_millis(QUIET_MS_MAX))),
            _place: place,
        }
    }

    /// Its first message, in time.
    pub async fn first(&mut self) -> Option<Result<ChatMessage, WrongMessage>> {
        match timeout(Duration::from_millis(START_MS_MAX), self.next()).await {
            Ok(first) => first,
            Err(_) => {
                self.end(PageEnd::NoStart);
                None
            }
        }
    }

    /// Ends the connection with a close code.
    pub fn end(&mut self, why: PageEnd) {
        if let Some(socket) = self.socket.take() {
            tracing::debug!(code = why.close_code(), ?why, "a page's connection closed by us");
            tokio::spawn(part(socket, why));
        }
    }

    fn judge(&mut self, message: Option<Result<Message, axum::Error>>) -> Verdict {
        (self.heard_at, self.pinged) = (Instant::now(), false);
        if !self.messages.take(1, self.heard_at) {
            return Verdict::End(PageEnd::Flood);
        }
        match message {
            Some(Ok(Message::Text(text))) if text.len() > MESSAGE_BYTES_MAX => {
                Verdict::End(PageEnd::Oversize)
            }
            Some(Ok(Message::Text(text))) => match ChatMessage::parse(&text) {
                Ok(message) => Verdict::Give(Ok(message)),
                Err(wrong) => self.strike(wrong),
            },
            Some(Ok(Message::Binary(_))) => {
                let message = "send messages as text, not as binary";
                self.strike(WrongMessage { code: "not_json", message })
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Verdict::Skip,
            Some(Ok(Message::Close(_))) | None => Verdict::Gone,
            Some(Err(error)) => match error.into_inner().downcast_ref() {
                Some(tokio_tungstenite::tungstenite::Error::Capacity(_)) => Verdict::End(PageEnd::Oversize),
                _ => Verdict::Gone,
            },
        }
    }

    fn strike(&mut self, wrong: WrongMessage) -> Verdict {
        self.strikes += 1;
        if self.strikes > STRIKES_MAX { Verdict::End(PageEnd::Nonsense) } else { Verdict::Give(Err(wrong)) }
    }

    /// The timer is set once and looks back when it fires.
    async fn after_quiet(&mut self) -> Verdict {
        let now = Instant::now();
        let quiet_ms = now.saturating_duration_since(self.heard_at).as_millis() as u64;
        if quiet_ms >= LOST_MS_MAX {
            return Verdict::Gone;
        }
        let next_ms = if quiet_ms < QUIET_MS_MAX { QUIET_MS_MAX } else { LOST_MS_MAX };
        self.quiet.as_mut().reset(self.heard_at + Duration::from_millis(next_ms));
        if quiet_ms >= QUIET_MS_MAX && !self.pinged {
            self.pinged = true;
            if self.send(Message::Ping(Vec::new().into())).await.is_err() {
                return Verdict::Gone;
            }
        }
        Verdict::Skip
    }

    async fn send(&mut self, message: Message) -> Result<(), ChannelGone> {
        let socket = self.socket.as_mut().ok_or(ChannelGone)?;
        match timeout(Duration::from_millis(SEND_MS_MAX), socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            _ => {
                self.socket = None;
                Err(ChannelGone)
            }
        }
    }
}

/// What a message comes to.
enum Verdict {
    Give(Result<ChatMessage, WrongMessage>),
    Skip,
    Gone,
    End(PageEnd),
}

#[async_trait]
impl ChatLink for PageSocket {
    async fn next(&mut self) -> Option<Result<ChatMessage, WrongMessage>> {
        loop {
            let socket = self.socket.as_mut()?;
            let verdict = tokio::select! {
                message = socket.recv() => self.judge(message),
                () = &mut self.quiet => self.after_quiet().await,
            };
            match verdict {
                Verdict::Give(message) => return Some(message),
                Verdict::Skip => {}
                Verdict::Gone => {
                    self.socket = None;
                    return None;
                }
                Verdict::End(why) => {
                    self.end(why);
                    return None;
                }
            }
        }
    }

    async fn show(&mut self, event: Arc<str>) -> Result<(), ChannelGone> {
        self.send(Message::Text(event.as_ref().into())).await
    }

    async fn close(mut self: Box<Self>, why: Parting) {
        self.end(match why {
            Parting::Over => PageEnd::Over,
            Parting::TakenOver => PageEnd::TakenOver,
            Parting::Misbehaved => PageEnd::Flood,
        });
    }
}

/// Says goodbye and reads on for a moment: a connection closed with unread bytes is reset, and the close code would
/// be lost with it.
async fn part(mut socket: WebSocket, why: PageEnd) {
    let goodbye = Message::Close(Some(CloseFrame { code: why.close_code(), reason: why.reason().into() }));
    let farewell = async {
        if socket.send(goodbye).await.is_ok() {
            while let Some(Ok(_)) = socket.recv().await {}
        }
    };
    let _ = timeout(Duration::from_millis(LINGER_MS_MAX), farewell).await;
}

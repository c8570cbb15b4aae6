//! [`Channel`] over a WebSocket of Twilio's media protocol: one a call.
//!
//! A little nonsense is ignored and counted; more of it, or anything that cannot be an accident, ends the
//! connection with a stated close code. `docs/twilio.md` has the table.

use super::rate::Bucket;
use crate::{
    dialogue::Gone,
    ports::{Channel, ChannelGone},
    wire::{
        FromCaller, StreamStart, ToCaller,
        twilio::{Encoder, ProviderMisbehaved, parse},
    },
};
use async_trait::async_trait;
use axum::extract::ws::{CloseFrame, Message, WebSocket};
use std::{pin::Pin, time::Duration};
use tokio::time::{Instant, Sleep, sleep_until, timeout};
use tokio_tungstenite::tungstenite;

/// What one connection may do.
pub mod limits {
    /// The longest message that is read; providers send less than 1 KiB.
    pub const MESSAGE_BYTES_MAX: usize = 64 * 1024;
    /// What is still received, so that a message over the limit can be answered with a close code.
    pub const FRAME_BYTES_MAX: usize = 256 * 1024;
    /// How long `start` may take, in milliseconds.
    pub const START_MS_MAX: u64 = 5_000;
    /// Messages that make no sense, of one connection.
    pub const STRIKES_MAX: u32 = 16;
    /// Messages a second, in the long run; a stream has about 50.
    pub const MESSAGES_PER_S_MAX: u32 = 400;
    /// Messages at once, after a stall of the network.
    pub const MESSAGES_MAX: u32 = 6_000;
    /// Bytes of audio a second, in the long run: four times real time.
    pub const AUDIO_BYTES_PER_S_MAX: u32 = 4 * 8_000;
    /// Bytes of audio at once: a minute.
    pub const AUDIO_BYTES_MAX: u32 = 60 * 8_000;
    /// Nothing arrived for so long: ask whether anybody is there, in milliseconds.
    pub const QUIET_MS_MAX: u64 = 10_000;
    /// Nothing arrived for so long, not even the answer: the connection is lost, in milliseconds.
    pub const LOST_MS_MAX: u64 = 30_000;
    /// How long the other side may refuse to take a message, in milliseconds.
    pub const SEND_MS_MAX: u64 = 3_000;
    /// How long a closing connection is read on, so that the close code arrives, in milliseconds.
    pub const LINGER_MS_MAX: u64 = 2_000;
}
use limits::*;

/// Why this side ended a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Offence {
    /// No `start` in time.
    NoStart,
    /// The token of `start` is missing, unknown, expired, used, or another call's.
    BadPass,
    /// A second `start`.
    SecondStart,
    /// A message beyond [`limits::MESSAGE_BYTES_MAX`].
    Oversize,
    /// More than the protocol can need, for long.
    Flood,
    /// Binary messages.
    Binary,
    /// Messages that make no sense; the last of them.
    Nonsense(ProviderMisbehaved),
    /// The bytes are no WebSocket messages.
    NotWebSocket,
}

impl Offence {
    /// The close code of RFC 6455: 1002 protocol, 1003 unsupported, 1008 policy, 1009 too big.
    pub fn close_code(self) -> u16 {
        match self {
            Offence::NotWebSocket => 1002,
            Offence::Binary | Offence::Nonsense(_) => 1003,
            Offence::NoStart | Offence::BadPass | Offence::SecondStart | Offence::Flood => 1008,
            Offence::Oversize => 1009,
        }
    }

    /// What the other side is told; also what is logged.
    pub fn reason(self) -> &'static str {
        match self {
            Offence::NoStart => "no start in time",
            Offence::BadPass => "the token is missing, unknown, expired or used",
            Offence::SecondStart => "a second start",
            Offence::Oversize => "a message is too big",
            Offence::Flood => "too much in too short a time",
            Offence::Binary => "binary messages are not part of this protocol",
            Offence::Nonsense(ProviderMisbehaved::UnknownEncoding) => {
                "the encoding of the stream is not supported"
            }
            Offence::Nonsense(_) => "too many messages that make no sense",
            Offence::NotWebSocket => "not a WebSocket message",
        }
    }
}

/// The connection to one caller, through Twilio or something that speaks as it does.
pub struct TwilioSocket {
    /// `None` once the connection is gone.
    socket: Option<WebSocket>,
    encoder: Encoder,
    started: bool,
    terms: Terms,
    gone: Gone,
    strikes: u32,
    ignored: u64,
    messages: Bucket,
    audio: Bucket,
    heard_at: Instant,
    pinged: bool,
    quiet: Pin<Box<Sleep>>,
}

/// What one connection may do, where that is the operator's to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The longest message that is read.
    pub message_bytes_max: usize,
    /// Milliseconds until `start`.
    pub start_ms_max: u64,
    /// Milliseconds without a message, before it is asked whether it is there.
    pub quiet_ms_max: u64,
    /// Milliseconds without a message and without an answer.
    pub lost_ms_max: u64,
    /// Milliseconds to take a message.
    pub send_ms_max: u64,
}

impl Default for Terms {
    fn default() -> Terms {
        Terms {
            message_bytes_max: MESSAGE_BYTES_MAX,
            start_ms_max: START_MS_MAX,
            quiet_ms_max: QUIET_MS_MAX,
            lost_ms_max: LOST_MS_MAX,
            send_ms_max: SEND_MS_MAX,
        }
    }
}

/// What a message comes to.
enum Verdict {
    Give(FromCaller),
    Skip,
    Gone(Gone),
    Refuse(Offence),
}

impl TwilioSocket {
    /// Reads up to `start`. What is wrong ends the connection, and is the error; `None` means that the
    /// other side left.
    pub async fn accept(
        socket: WebSocket,
        terms: Terms,
    ) -> Result<(StreamStart, TwilioSocket), Option<Offence>> {
        let now = Instant::now();
        let mut this = TwilioSocket {
            socket: Some(socket),
            encoder: Encoder::new(""),
            started: false,
            terms,
            gone: Gone::Lost,
            strikes: 0,
            ignored: 0,
            messages: Bucket::new(MESSAGES_MAX, MESSAGES_PER_S_MAX, now),
            audio: Bucket::new(AUDIO_BYTES_MAX, AUDIO_BYTES_PER_S_MAX, now),
            heard_at: now,
            pinged: false,
            quiet: Box::pin(sleep_until(now + Duration::from_millis(terms.quiet_ms_max))),
        };
        let deadline = Duration::from_millis(terms.start_ms_max);
        let Ok(first) = timeout(deadline, this.until_start()).await else {
            this.refuse(Offence::NoStart);
            return Err(Some(Offence::NoStart));
        };
        let start = first?;
        this.encoder = Encoder::new(&start.stream_id);
        this.started = true;
        Ok((start, this))
    }

    /// Ends the connection with a close code. Whatever the other side still sends is thrown away meanwhile.
    pub fn refuse(&mut self, offence: Offence) {
        self.gone = Gone::Misbehaved;
        if let Some(socket) = self.socket.take() {
            tracing::warn!(code = offence.close_code(), ?offence, self.strikes, "connection closed by us");
            tokio::spawn(part(socket, offence.close_code(), offence.reason()));
        }
    }

    /// How many messages made no sense, and how many had no use here.
    pub fn oddities(&self) -> (u32, u64) {
        (self.strikes, self.ignored)
    }

    async fn until_start(&mut self) -> Result<StreamStart, Option<Offence>> {
        loop {
            match self.read().await {
                Verdict::Give(FromCaller::Start(start)) => return Ok(start),
                Verdict::Give(_) | Verdict::Skip => {}
                Verdict::Gone(gone) => {
                    self.gone = gone;
                    self.socket = None;
                    return Err(None);
                }
                Verdict::Refuse(offence) => {
                    self.refuse(offence);
                    return Err(Some(offence));
                }
            }
        }
    }

    /// One message from the socket. Dropping the future loses nothing: all that is kept is in `self`.
    async fn read(&mut self) -> Verdict {
        let Some(socket) = self.socket.as_mut() else { return Verdict::Gone(self.gone) };
        tokio::select! {
            message = socket.recv() => {
                self.heard_at = Instant::now();
                self.pinged = false;
                self.judge(message)
            }
            () = &mut self.quiet => self.after_quiet().await,
        }
    }

    /// The timer is set once and looks back when it fires, so that audio need not touch it.
    async fn after_quiet(&mut self) -> Verdict {
        let now = Instant::now();
        let quiet_ms = now.saturating_duration_since(self.heard_at).as_millis() as u64;
        let Terms { quiet_ms_max, lost_ms_max, send_ms_max, .. } = self.terms;
        if quiet_ms >= lost_ms_max {
            return Verdict::Gone(Gone::Lost);
        }
        let next_ms = if quiet_ms < quiet_ms_max { quiet_ms_max } else { lost_ms_max };
        self.quiet.as_mut().reset(self.heard_at + Duration::from_millis(next_ms));
        if quiet_ms >= quiet_ms_max && !self.pinged {
            self.pinged = true;
            if let Some(socket) = self.socket.as_mut() {
                let ping = socket.send(Message::Ping(Vec::new().into()));
                if !matches!(timeout(Duration::from_millis(send_ms_max), ping).await, Ok(Ok(()))) {
                    return Verdict::Gone(Gone::Lost);
                }
            }
        }
        Verdict::Skip
    }

    fn judge(&mut self, message: Option<Result<Message, axum::Error>>) -> Verdict {
        if !self.messages.take(1, self.heard_at) {
            return Verdict::Refuse(Offence::Flood);
        }
        match message {
            Some(Ok(Message::Text(text))) if text.len() > self.terms.message_bytes_max => {
                Verdict::Refuse(Offence::Oversize)
            }
            Some(Ok(Message::Text(text))) => self.judge_text(&text),
            Some(Ok(Message::Binary(bytes))) if bytes.len() > self.terms.message_bytes_max => {
                Verdict::Refuse(Offence::Oversize)
            }
            Some(Ok(Message::Binary(_))) => self.strike(Offence::Binary),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Verdict::Skip,
            Some(Ok(Message::Close(_))) => Verdict::Gone(Gone::HungUp),
            Some(Err(error)) => broken(error),
            None => Verdict::Gone(Gone::Lost),
        }
    }

    fn judge_text(&mut self, text: &str) -> Verdict {
        match parse(text) {
            Ok(FromCaller::Start(_)) if self.started => Verdict::Refuse(Offence::SecondStart),
            Ok(FromCaller::Ignored) => {
                self.ignored += 1;
                Verdict::Skip
            }
            Ok(FromCaller::Start(start)) => Verdict::Give(FromCaller::Start(start)),
            // Nothing but `start` can come first; what does has no stream it could belong to.
            Ok(_) if !self.started => self.strike(Offence::NoStart),
            Ok(FromCaller::Audio { at_ms, payload }) => {
                if self.audio.take(payload.len(), self.heard_at) {
                    Verdict::Give(FromCaller::Audio { at_ms, payload })
                } else {
                    Verdict::Refuse(Offence::Flood)
                }
            }
            Ok(message) => Verdict::Give(message),
            // No more of this stream could be understood.
            Err(ProviderMisbehaved::UnknownEncoding) => {
                Verdict::Refuse(Offence::Nonsense(ProviderMisbehaved::UnknownEncoding))
            }
            Err(nonsense) => self.strike(Offence::Nonsense(nonsense)),
        }
    }

    fn strike(&mut self, offence: Offence) -> Verdict {
        self.strikes += 1;
        if self.strikes > STRIKES_MAX { Verdict::Refuse(offence) } else { Verdict::Skip }
    }
}

fn broken(error: axum::Error) -> Verdict {
    let inner = error.into_inner();
    match inner.downcast_ref::<tungstenite::Error>() {
        Some(tungstenite::Error::Capacity(_)) => Verdict::Refuse(Offence::Oversize),
        Some(tungstenite::Error::Protocol(
            tungstenite::error::ProtocolError::ResetWithoutClosingHandshake,
        )) => Verdict::Gone(Gone::Lost),
        Some(tungstenite::Error::Protocol(_) | tungstenite::Error::Utf8(_)) => {
            Verdict::Refuse(Offence::NotWebSocket)
        }
        _ => Verdict::Gone(Gone::Lost),
    }
}

/// Says goodbye and reads on for a moment: a connection closed with unread bytes is reset, and the close
/// code would be lost with it.
async fn part(mut socket: WebSocket, code: u16, reason: &'static str) {
    let goodbye = Message::Close(Some(CloseFrame { code, reason: reason.into() }));
    let farewell = async {
        if socket.send(goodbye).await.is_ok() {
            linger(&mut socket).await;
        }
    };
    let _ = timeout(Duration::from_millis(LINGER_MS_MAX), farewell).await;
}

async fn linger(socket: &mut WebSocket) {
    while let Some(Ok(_)) = socket.recv().await {}
}

#[async_trait]
impl Channel for TwilioSocket {
    async fn next(&mut self) -> Option<FromCaller> {
        loop {
            match self.read().await {
                Verdict::Give(message) => return Some(message),
                Verdict::Skip => {}
                Verdict::Gone(gone) => {
                    self.gone = gone;
                    self.socket = None;
                    return None;
                }
                Verdict::Refuse(offence) => {
                    self.refuse(offence);
                    return None;
                }
            }
        }
    }

    async fn send(&mut self, message: ToCaller) -> Result<(), ChannelGone> {
        let within = Duration::from_millis(self.terms.send_ms_max);
        let socket = self.socket.as_mut().ok_or(ChannelGone)?;
        let text = Message::Text(self.encoder.encode(&message).into());
        match timeout(within, socket.send(text)).await {
            Ok(Ok(())) => Ok(()),
            slow_or_gone => {
                if slow_or_gone.is_err() {
                    tracing::warn!("the provider does not take our audio; the connection is given up");
                }
                self.socket = None;
                Err(ChannelGone)
            }
        }
    }

    async fn close(&mut self) {
        let Some(mut socket) = self.socket.take() else { return };
        let goodbye = Message::Close(Some(CloseFrame { code: 1000, reason: "the call is over".into() }));
        let within = Duration::from_millis(self.terms.send_ms_max);
        if matches!(timeout(within, socket.send(goodbye)).await, Ok(Ok(()))) {
            tokio::spawn(async move {
                let _ = timeout(Duration::from_millis(LINGER_MS_MAX), linger(&mut socket)).await;
            });
        }
    }

    fn why_gone(&self) -> Gone {
        self.gone
    }
}

//! [`Channel`] over WebRTC: one browser that calls.
//!
//! `peer.rs` answers the browser's offer, `order.rs` puts its packets in order and `ear.rs` decodes them; `mouth.rs`
//! encodes the agent's voice and sends a frame each 20 ms, and `playout.rs` knows what of it was played. The page
//! reports that over the data channel, where it also sends what is typed and clicked, and is shown the call.

mod ear;
mod mouth;
mod order;
mod peer;
mod playout;
mod sdp;

pub use ear::{Arrival, heard_of};
pub use peer::{IceServers, Network, NotAnswered};
pub use sdp::{NotAnOffer, OFFER_BYTES_MAX};

use super::rate::Bucket;
use crate::{
    dialogue::Gone,
    ports::{Channel, ChannelGone},
    typed::ChatMessage,
    wire::{FromCaller, ToCaller},
};
use async_trait::async_trait;
use ear::Ear;
use futures_util::FutureExt;
use mouth::{Address, Mouth, News};
use order::Order;
use peer::{DATA_CHANNEL, Happening, Peer};
use rtc::rtp::Packet;
use serde_json::{Map, Value, json};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    sync::{mpsc, watch},
    time::{sleep_until, timeout},
};
use webrtc::{
    data_channel::{DataChannel, DataChannelEvent},
    media_stream::track_remote::{TrackRemote, TrackRemoteEvent},
    peer_connection::RTCPeerConnectionState,
};

/// How long a browser may take to come after it was answered, in milliseconds.
const CONNECT_MS_MAX: u64 = 15_000;
/// The longest message of a page.
const MESSAGE_BYTES_MAX: usize = 16 * 1024;
/// Messages a second, in the long run; reports of what was played are five.
const MESSAGES_PER_S_MAX: u32 = 20;
/// Messages at once, after a stall of the network.
const MESSAGES_MAX: u32 = 200;
/// Messages that make no sense, of one page.
const STRIKES_MAX: u32 = 16;
/// Packets a second, in the long run: four times those of 20 ms.
const PACKETS_PER_S_MAX: u32 = 200;
/// Packets at once, after a stall of the network.
const PACKETS_MAX: u32 = 1_500;
/// No packet of Opus is longer.
const PACKET_BYTES_MAX: usize = 1_275;
/// What may wait for the mouth: the speaker is never more than a moment ahead.
const ORDERS_MAX: usize = 256;
const NEWS_MAX: usize = 256;
/// How long a connection is kept when the call is over, so that its last words and events arrive, in milliseconds.
const LINGER_MS: u64 = 700;

/// What the page of a call is shown goes this way.
#[derive(Clone)]
pub struct PageLine(Arc<dyn DataChannel>);

/// The page could not be told: it is gone, or takes nothing any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the page takes no more events")]
pub struct Untold;

impl PageLine {
    /// Shows one event. It never waits for the page.
    pub async fn show(&self, event: &Value) -> Result<(), Untold> {
        self.0.try_send_text(&event.to_string()).await.map_err(|_| Untold)
    }
}

/// An answered browser that has not come yet.
pub struct Expected(Peer);

/// The connection to one caller's browser.
pub struct BrowserChannel {
    /// `None` once the connection is given up.
    peer: Option<Peer>,
    track: Option<Arc<dyn TrackRemote>>,
    page: Arc<dyn DataChannel>,
    ear: Ear,
    order: Order,
    mouth: mpsc::Sender<mouth::Order>,
    news: mpsc::Receiver<News>,
    hang_up: watch::Receiver<bool>,
    gone: Gone,
    strikes: u32,
    /// Whether the call listens yet.
    began: bool,
    packets: Bucket,
    messages: Bucket,
}

impl BrowserChannel {
    /// Answers a browser's offer: the answer's SDP, and the connection that will be.
    pub async fn answer(offer: &str, network: &Network) -> Result<(Expected, String), NotAnswered> {
        let (peer, answer) = Peer::answer(offer, network).await?;
        Ok((Expected(peer), answer))
    }
}

impl Expected {
    /// Waits until the browser is connected: its address answered, its certificate the one of its offer, its data
    /// channel open. `None` where it does not come in time. `hang_up` turning true ends the call.
    pub async fn connected(self, hang_up: watch::Receiver<bool>) -> Option<BrowserChannel> {
        let Expected(mut peer) = self;
        let (mut page, mut track, mut connected) = (None, None, false);
        let mut hung_up = hang_up.clone();
        let coming = async {
            while !connected || page.is_none() {
                match peer.happenings.recv().await? {
                    Happening::State(RTCPeerConnectionState::Connected) => connected = true,
                    Happening::State(RTCPeerConnectionState::Failed | RTCPeerConnectionState::Closed) => {
                        return None;
                    }
                    Happening::State(_) => {}
                    Happening::Track(heard) => track = Some(heard),
                    Happening::Data(data) => page = ours(data).await.or(page.take()),
                }
            }
            page
        };
        let page = tokio::select! {
            page = timeout(Duration::from_millis(CONNECT_MS_MAX), coming) => page.ok()??,
            () = self::hung_up(&mut hung_up) => return None,
        };
        BrowserChannel::new(peer, track, page, hang_up)
            .map_err(|error| tracing::error!(%error, "no Opus"))
            .ok()
    }
}

/// The data channel, where it is the one that is expected.
async fn ours(data: Arc<dyn DataChannel>) -> Option<Arc<dyn DataChannel>> {
    match data.label().await {
        Ok(label) if label == DATA_CHANNEL => Some(data),
        _ => {
            let _ = data.close().await;
            None
        }
    }
}

/// What happens on a connection.
enum Event {
    HungUp,
    Happening(Option<Happening>),
    News(Option<News>),
    Page(Option<DataChannelEvent>),
    Sound(Option<TrackRemoteEvent>),
}

/// What an event of the connection comes to.
enum Verdict {
    Give(FromCaller),
    Skip,
    Gone(Gone),
}

impl BrowserChannel {
    fn new(
        peer: Peer,
        track: Option<Arc<dyn TrackRemote>>,
        page: Arc<dyn DataChannel>,
        hang_up: watch::Receiver<bool>,
    ) -> Result<BrowserChannel, opus::Error> {
        let (orders, taken) = mpsc::channel(ORDERS_MAX);
        let (told, news) = mpsc::channel(NEWS_MAX);
        let address =
            Address { track: Arc::clone(&peer.track), ssrc: peer.ssrc, payload_type: peer.payload_type };
        tokio::spawn(Mouth::new(rand::random())?.speak(address, taken, told));
        let now = tokio::time::Instant::now();
        Ok(BrowserChannel {
            peer: Some(peer),
            track,
            page,
            ear: Ear::new()?,
            order: Order::default(),
            mouth: orders,
            news,
            hang_up,
            gone: Gone::Lost,
            strikes: 0,
            began: false,
            packets: Bucket::new(PACKETS_MAX, PACKETS_PER_S_MAX, now),
            messages: Bucket::new(MESSAGES_MAX, MESSAGES_PER_S_MAX, now),
        })
    }

    /// The way to the caller's page.
    pub fn page(&self) -> PageLine {
        PageLine(Arc::clone(&self.page))
    }

    /// What is next. Dropping the future loses nothing: what was taken is in `self`.
    async fn read(&mut self) -> Verdict {
        if !self.began {
            self.began = true;
            if let Some(gone) = self.forget_the_past() {
                return Verdict::Gone(gone);
            }
        }
        if let Some(packet) = self.order.pop(Instant::now()) {
            return self.heard(&packet);
        }
        let Some(peer) = self.peer.as_mut() else { return Verdict::Gone(self.gone) };
        let given_up = self.order.deadline();
        let waited = async {
            match given_up {
                Some(at) => sleep_until(at.into()).await,
                None => std::future::pending().await,
            }
        };
        let event = tokio::select! {
            biased;
            () = hung_up(&mut self.hang_up) => Event::HungUp,
            happening = peer.happenings.recv() => Event::Happening(happening),
            news = self.news.recv() => Event::News(news),
            said = self.page.poll() => Event::Page(said),
            sound = sound(&self.track) => Event::Sound(sound),
            () = waited => return Verdict::Skip,
        };
        match event {
            Event::HungUp => Verdict::Gone(Gone::HungUp),
            Event::Happening(happening) => self.happened(happening),
            Event::News(Some(News::Heard(name))) => Verdict::Give(FromCaller::Mark(name)),
            Event::News(Some(News::NeverSent)) => self.strike("reports of what was never sent"),
            Event::News(Some(News::Broken) | None) => Verdict::Gone(Gone::Lost),
            Event::Page(Some(DataChannelEvent::OnMessage(message))) => {
                let text = message.is_string.then_some(message.data.as_ref());
                self.message(text.and_then(|bytes| std::str::from_utf8(bytes).ok())).await
            }
            Event::Page(Some(DataChannelEvent::OnClose) | None) => Verdict::Gone(Gone::HungUp),
            Event::Sound(Some(TrackRemoteEvent::OnRtpPacket(packet))) => self.arrived(packet),
            Event::Sound(None) => {
                self.track = None;
                Verdict::Skip
            }
            Event::Page(Some(_)) | Event::Sound(Some(_)) => Verdict::Skip,
        }
    }

    /// Drops what came before the call listened: taken as if it were said now, it would put the caller's clock ahead.
    fn forget_the_past(&mut self) -> Option<Gone> {
        while let Some(happening) = self.peer.as_mut().and_then(|peer| peer.happenings.try_recv().ok()) {
            if let Verdict::Gone(gone) = self.happened(Some(happening)) {
                return Some(gone);
            }
        }
        if let Some(track) = &self.track {
            while let Some(Some(_)) = track.poll().now_or_never() {}
        }
        None
    }

    fn happened(&mut self, happening: Option<Happening>) -> Verdict {
        match happening {
            Some(Happening::State(RTCPeerConnectionState::Failed)) => Verdict::Gone(Gone::Lost),
            Some(Happening::State(RTCPeerConnectionState::Closed)) | None => Verdict::Gone(Gone::HungUp),
            Some(Happening::Track(track)) if self.track.is_none() => {
                self.track = Some(track);
                Verdict::Skip
            }
            // A second stream or data channel is nobody's; the first goes on.
            Some(_) => Verdict::Skip,
        }
    }

    fn arrived(&mut self, packet: Packet) -> Verdict {
        let now = Instant::now();
        if !self.packets.take(1, now.into()) {
            return self.misbehaved("too many packets");
        }
        if packet.payload.len() <= PACKET_BYTES_MAX && !packet.payload.is_empty() {
            self.order.push(packet.header.sequence_number, packet.header.timestamp, packet.payload, now);
        }
        Verdict::Skip
    }

    fn heard(&mut self, packet: &order::Packet) -> Verdict {
        match self.ear.hear(packet) {
            Some(sound) => {
                Verdict::Give(FromCaller::Audio { at_ms: Some(sound.at_ms), payload: sound.payload })
            }
            None => self.strike("audio that is no Opus"),
        }
    }

    /// A message of the page: a report of what was played, a key, or what a chat's page may send.
    async fn message(&mut self, text: Option<&str>) -> Verdict {
        if !self.messages.take(1, tokio::time::Instant::now()) {
            return self.misbehaved("too many messages");
        }
        let Some(text) = text.filter(|text| text.len() <= MESSAGE_BYTES_MAX) else {
            return self.strike("a message that is no text, or too long");
        };
        let fields: Map<String, Value> = serde_json::from_str(text).unwrap_or_default();
        match fields.get("type").and_then(Value::as_str) {
            Some("played") => match fields.get("timestamp").and_then(Value::as_u64).map(u32::try_from) {
                Some(Ok(timestamp)) => {
                    let _ = self.mouth.try_send(mouth::Order::Played(timestamp));
                    Verdict::Skip
                }
                _ => self.wrong("bad_timestamp", "`timestamp` is an RTP timestamp of this call").await,
            },
            Some("key") => match key(&fields) {
                Some(key) => Verdict::Give(FromCaller::Key(key)),
                None => self.wrong("bad_key", "`key` is one of 0 to 9, * and #").await,
            },
            _ => match ChatMessage::of(&fields) {
                Ok(ChatMessage::End) => Verdict::Gone(Gone::HungUp),
                Ok(ChatMessage::Choice { name: Some(_), .. }) => {
                    self.wrong(
                        "sign_by_voice",
                        "on a call a signature is spoken: your full name, and: I agree",
                    )
                    .await
                }
                Ok(ChatMessage::Text(_) | ChatMessage::Choice { .. }) => {
                    Verdict::Give(FromCaller::Page(text.to_owned()))
                }
                Ok(_) => self.wrong("unknown_type", "`type` is one of played, key, text, choice, end").await,
                Err(wrong) => self.wrong(wrong.code, wrong.message).await,
            },
        }
    }

    /// A little nonsense is answered; more of it ends the connection.
    async fn wrong(&mut self, code: &str, message: &str) -> Verdict {
        let _ = self.page().show(&json!({"type": "error", "code": code, "message": message})).await;
        self.strike("messages that make no sense")
    }

    fn strike(&mut self, what: &'static str) -> Verdict {
        self.strikes += 1;
        if self.strikes > STRIKES_MAX { self.misbehaved(what) } else { Verdict::Skip }
    }

    fn misbehaved(&mut self, what: &'static str) -> Verdict {
        tracing::warn!(what, self.strikes, "a browser's connection was ended by us");
        Verdict::Gone(Gone::Misbehaved)
    }

    /// Lets go of the connection; what is on its way may still arrive.
    fn part(&mut self) {
        if let Some(peer) = self.peer.take() {
            tracing::debug!(lost = self.ear.lost, self.strikes, "a browser's call is over");
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(LINGER_MS)).await;
                drop(peer);
            });
        }
    }
}

/// Ready when the page hung up by request; never, where nobody can any more.
async fn hung_up(hang_up: &mut watch::Receiver<bool>) {
    if hang_up.wait_for(|hung_up| *hung_up).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// The next event of the caller's voice, where there is any yet.
async fn sound(track: &Option<Arc<dyn TrackRemote>>) -> Option<TrackRemoteEvent> {
    match track {
        Some(track) => track.poll().await,
        None => std::future::pending().await,
    }
}

fn key(fields: &Map<String, Value>) -> Option<char> {
    let mut chars = fields.get("key")?.as_str()?.chars();
    let key = chars.next().filter(|key| matches!(key, '0'..='9' | '*' | '#'))?;
    chars.next().is_none().then_some(key)
}

#[async_trait]
impl Channel for BrowserChannel {
    async fn next(&mut self) -> Option<FromCaller> {
        loop {
            match self.read().await {
                Verdict::Give(message) => return Some(message),
                Verdict::Skip => {}
                Verdict::Gone(gone) => {
                    self.gone = gone;
                    self.part();
                    return None;
                }
            }
        }
    }

    async fn send(&mut self, message: ToCaller) -> Result<(), ChannelGone> {
        let order = match message {
            ToCaller::Audio { bytes, from, to } => mouth::Order::Say { bytes, from, to },
            ToCaller::Mark(name) => mouth::Order::Mark(name),
            ToCaller::Clear => mouth::Order::Clear,
        };
        self.mouth.try_send(order).map_err(|_| ChannelGone)
    }

    async fn close(&mut self) {
        self.part();
    }

    fn why_gone(&self) -> Gone {
        self.gone
    }
}

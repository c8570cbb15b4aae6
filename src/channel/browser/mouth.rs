//! The agent's voice on its way to the browser: a frame each 20 ms, encoded and sent, in a task of its own that waits
//! for nobody. Silence is sent as well: the browser's buffer stays in shape, and what follows a line shows that the
//! line was played.

use super::playout::{FRAME_SAMPLES, NeverSent, Playout};
use crate::time::Millis;
use bytes::Bytes;
use opus::{Application, Bitrate, Channels, Encoder};
use rtc::rtp::{Header, Packet};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    sync::mpsc,
    time::{MissedTickBehavior, interval},
};
use webrtc::media_stream::track_local::TrackLocal;

const FRAME: Duration = Duration::from_millis(20);
/// Later than so many frames, this side leaves out what it missed.
const LATE_FRAMES_MAX: u64 = 5;
/// Speech of 8 kHz wants no more.
const BITS_PER_S: i32 = 20_000;
/// What the encoder prepares for: each packet then carries the one before it a second time, in little.
const LOSS_PERCENT: i32 = 10;
/// The encoder's effort, of 10.
const COMPLEXITY: i32 = 5;
/// More than a packet of 20 ms can have at this rate.
const PACKET_BYTES_MAX: usize = 400;

/// What the mouth is told.
pub(super) enum Order {
    /// Mu-law samples: `bytes[from..to]`.
    Say { bytes: Arc<[u8]>, from: usize, to: usize },
    /// To be told when all before it was played.
    Mark(String),
    /// Nothing more of what was not sent.
    Clear,
    /// The browser plays the frame with this timestamp.
    Played(u32),
}

/// What the mouth tells.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum News {
    /// All before this mark was played.
    Heard(String),
    /// The page reported as played what was never sent.
    NeverSent,
    /// Nothing can be sent any more.
    Broken,
}

/// How packets are addressed.
pub(super) struct Address {
    pub track: Arc<dyn TrackLocal>,
    pub ssrc: u32,
    pub payload_type: u8,
}

/// Encodes and sends one call's voice.
pub(super) struct Mouth {
    encoder: Encoder,
    playout: Playout,
    began: Instant,
    packet: [u8; PACKET_BYTES_MAX],
}

impl Mouth {
    /// Silent until it is told something; RTP's clock begins at `base`.
    pub(super) fn new(base: u32) -> Result<Mouth, opus::Error> {
        let mut encoder = Encoder::new(8_000, Channels::Mono, Application::Voip)?;
        encoder.set_bitrate(Bitrate::Bits(BITS_PER_S))?;
        encoder.set_inband_fec(true)?;
        encoder.set_packet_loss_perc(LOSS_PERCENT)?;
        encoder.set_complexity(COMPLEXITY)?;
        let playout = Playout::new(base);
        Ok(Mouth { encoder, playout, began: Instant::now(), packet: [0; PACKET_BYTES_MAX] })
    }

    /// Speaks until nobody tells it anything any more, or nothing can be sent.
    pub(super) async fn speak(
        mut self,
        to: Address,
        mut orders: mpsc::Receiver<Order>,
        news: mpsc::Sender<News>,
    ) {
        let mut ticks = interval(FRAME);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let (mut number, mut frames) = (0u16, 0u64);
        loop {
            tokio::select! {
                order = orders.recv() => match order {
                    Some(order) => self.take(order, &news),
                    None => return,
                },
                _ = ticks.tick() => {
                    frames += 1;
                    let due = self.began.elapsed().as_millis() as u64 / FRAME.as_millis() as u64;
                    if due > frames + LATE_FRAMES_MAX {
                        self.playout.skip(due - frames);
                        frames = due;
                        ticks.reset();
                    }
                    let packet = self.packet(&to, number);
                    number = number.wrapping_add(1);
                    let sent = match packet {
                        Some(packet) => to.track.write_rtp(packet).await.is_ok(),
                        None => false,
                    };
                    if !sent {
                        let _ = news.try_send(News::Broken);
                        return;
                    }
                    self.tell(&news);
                }
            }
        }
    }

    fn take(&mut self, order: Order, news: &mpsc::Sender<News>) {
        match order {
            Order::Say { bytes, from, to } => self.playout.say(bytes, from, to),
            Order::Mark(name) => self.playout.mark(name),
            Order::Clear => self.playout.clear(),
            Order::Played(timestamp) => {
                if let Err(NeverSent) = self.playout.report(timestamp) {
                    let _ = news.try_send(News::NeverSent);
                }
                self.tell(news);
            }
        }
    }

    /// The next frame as a packet.
    fn packet(&mut self, to: &Address, number: u16) -> Option<Packet> {
        let mut samples = [0; FRAME_SAMPLES];
        let timestamp = self.playout.frame(self.now(), &mut samples);
        let bytes = self.encoder.encode(&samples, &mut self.packet).ok()?;
        let header = Header {
            version: 2,
            marker: number == 0,
            payload_type: to.payload_type,
            sequence_number: number,
            timestamp,
            ssrc: to.ssrc,
            ..Header::default()
        };
        Some(Packet { header, payload: Bytes::copy_from_slice(&self.packet[..bytes]) })
    }

    /// Tells what was heard; a mark that the other side has no room for counts as not heard.
    fn tell(&mut self, news: &mpsc::Sender<News>) {
        while let Some(name) = self.playout.heard(self.now()) {
            let _ = news.try_send(News::Heard(name));
        }
    }

    fn now(&self) -> Millis {
        Millis(self.began.elapsed().as_millis() as u64)
    }
}

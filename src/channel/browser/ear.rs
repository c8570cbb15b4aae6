//! The caller's Opus to the call's 8 kHz. What was lost is concealed, for a moment; then it is silence.

use super::order::Packet;
use crate::audio::g711;
use opus::{Channels, Decoder};

/// The longest packet of Opus: 120 ms at 8 kHz.
const PACKET_SAMPLES_MAX: usize = 960;
/// So much is concealed at once; made-up voice must not become words.
const CONCEALED_SAMPLES_MAX: u64 = 480;
/// A step that Opus conceals in: 2.5 ms.
const STEP_SAMPLES: u64 = 20;
const UNITS_PER_SAMPLE: u64 = 6;
const UNITS_PER_MS: u64 = 48;

/// A piece of the caller's audio.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sound {
    /// When its first sample was taken, in milliseconds from the first packet.
    pub at_ms: u64,
    /// 8 kHz mu-law.
    pub payload: Vec<u8>,
}

/// Decodes one caller's packets.
pub(super) struct Ear {
    decoder: Decoder,
    /// The first packet's timestamp.
    first: Option<u64>,
    /// The timestamp that follows what was decoded.
    expected: Option<u64>,
    /// Packets concealed, and samples that were.
    pub lost: u64,
    samples: [i16; PACKET_SAMPLES_MAX],
}

impl Ear {
    pub(super) fn new() -> Result<Ear, opus::Error> {
        // Opus decodes to the telephone's rate by itself: there is nothing to resample.
        let decoder = Decoder::new(8_000, Channels::Mono)?;
        Ok(Ear { decoder, first: None, expected: None, lost: 0, samples: [0; PACKET_SAMPLES_MAX] })
    }

    /// The sound of a packet, and of those lost before it. `None` where it is no Opus.
    pub(super) fn hear(&mut self, packet: &Packet) -> Option<Sound> {
        let first = *self.first.get_or_insert(packet.timestamp);
        let mut payload = Vec::with_capacity(PACKET_SAMPLES_MAX);
        let mut at = packet.timestamp;
        if packet.lost > 0 {
            self.lost += packet.lost;
            let gap = packet.timestamp.saturating_sub(self.expected.unwrap_or(packet.timestamp));
            let samples = (gap / UNITS_PER_SAMPLE).min(CONCEALED_SAMPLES_MAX) / STEP_SAMPLES * STEP_SAMPLES;
            if samples > 0 {
                // The packet may carry the one before it a second time; what is missing beyond it is made up.
                let room = &mut self.samples[..samples as usize];
                let made = self.decoder.decode(&packet.payload, room, true).unwrap_or(0);
                payload.extend(self.samples[..made].iter().map(|&s| g711::encode_mulaw(s)));
                at -= made as u64 * UNITS_PER_SAMPLE;
            }
        }
        let decoded = self.decoder.decode(&packet.payload, &mut self.samples, false).ok()?;
        payload.extend(self.samples[..decoded].iter().map(|&s| g711::encode_mulaw(s)));
        self.expected = Some(packet.timestamp + decoded as u64 * UNITS_PER_SAMPLE);
        Some(Sound { at_ms: at.saturating_sub(first) / UNITS_PER_MS, payload })
    }
}

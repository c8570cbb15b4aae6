//! The caller's Opus to the call's 8 kHz. What was lost is concealed, for a moment; then it is silence.

use super::order::{Order, Packet};
use crate::audio::g711;
use bytes::Bytes;
use opus::{Channels, Decoder};
use std::time::{Duration, Instant};

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

/// A packet as it came: its number, its timestamp, what is in it, and how long after the first of all.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// RTP's sequence number.
    pub number: u16,
    /// RTP's timestamp, 48 kHz.
    pub timestamp: u32,
    /// One packet of Opus.
    pub payload: Vec<u8>,
    /// When it came.
    pub after: Duration,
}

/// What a call hears of packets that come so, in the order of their coming: 8 kHz. For measurements; `None` where
/// there is no decoder.
pub fn heard_of(arrivals: &[Arrival]) -> Option<Vec<i16>> {
    let (mut ear, mut order, began) = (Ear::new().ok()?, Order::default(), Instant::now());
    let mut heard = Vec::new();
    let mut take = |order: &mut Order, now: Instant| {
        while let Some(packet) = order.pop(now) {
            let Some(sound) = ear.hear(&packet) else { continue };
            // What neither came nor was made up is silence, as a call takes it.
            let from = (sound.at_ms * 8) as usize;
            if from > heard.len() {
                heard.resize(from, 0);
            }
            heard.extend(sound.payload.iter().map(|&code| g711::decode_mulaw(code)));
        }
    };
    for arrival in arrivals {
        let now = began + arrival.after;
        // A gap may have been waited for long enough before this one came.
        while let Some(deadline) = order.deadline().filter(|deadline| *deadline <= now) {
            let held = order.len();
            take(&mut order, deadline);
            if order.len() == held {
                break;
            }
        }
        order.push(arrival.number, arrival.timestamp, Bytes::copy_from_slice(&arrival.payload), now);
        take(&mut order, now);
    }
    take(&mut order, began + Duration::from_secs(3_600));
    Some(heard)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::{resample::resample, wav};
    use opus::{Application, Bitrate, Encoder};

    /// A caller's clip as a browser sends it: wideband voice, each packet with the one before it in little.
    fn sent() -> (Vec<Arrival>, Vec<i16>) {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/audio-fixtures/callers/hibari-heart_21.wav");
        let wire =
            wav::read(&std::fs::read(path).expect("a clip")).expect("a WAV file").to_wire().expect("a rate");
        let mut encoder = Encoder::new(48_000, Channels::Mono, Application::Voip).expect("an encoder");
        encoder.set_bitrate(Bitrate::Bits(32_000)).expect("a rate");
        encoder.set_inband_fec(true).expect("FEC");
        encoder.set_packet_loss_perc(10).expect("a loss");
        let float: Vec<f32> = wire.iter().map(|&s| f32::from(s) / 32_768.0).collect();
        let full = resample(&float, 8_000, 48_000).expect("a rate");
        let packets = full.chunks_exact(960).enumerate().map(|(n, frame)| Arrival {
            number: n as u16,
            timestamp: n as u32 * 960,
            payload: encoder.encode_vec_float(frame, 1_275).expect("a packet"),
            after: Duration::from_millis(n as u64 * 20),
        });
        (packets.collect(), wire)
    }

    /// Loudness in steps of 20 ms, in decibels.
    fn envelope(samples: &[i16]) -> Vec<f64> {
        let loud = |frame: &[i16]| {
            let power = frame.iter().map(|&s| f64::from(s).powi(2)).sum::<f64>() / frame.len() as f64;
            10.0 * (power + 100.0).log10()
        };
        samples.chunks_exact(160).map(loud).collect()
    }

    /// How far two envelopes are apart, in decibels on average; the coder's own delay is looked for.
    fn apart(a: &[i16], b: &[i16]) -> f64 {
        let delays = (0..120).step_by(4);
        let distance = |delay: usize| {
            let (a, b) = (envelope(a), envelope(&b[delay.min(b.len())..]));
            a.iter().zip(&b).map(|(a, b)| (a - b).abs()).sum::<f64>() / a.len().min(b.len()).max(1) as f64
        };
        delays.map(distance).fold(f64::MAX, f64::min)
    }

    /// Every twentieth packet and one pair are lost.
    fn is_lost(n: usize) -> bool {
        n % 20 == 7 || n == 48
    }

    #[test]
    fn a_voice_through_opus_is_the_voice() {
        let (packets, wire) = sent();
        let heard = heard_of(&packets).expect("a decoder");
        assert_eq!(heard.len(), packets.len() * 160);
        let difference = apart(&wire, &heard);
        assert!(difference < 1.0, "{difference:.2} dB");
    }

    #[test]
    fn what_is_lost_is_concealed_and_the_time_stays_true() {
        let (packets, _) = sent();
        let whole = heard_of(&packets).expect("a decoder");
        let kept: Vec<Arrival> =
            packets.iter().enumerate().filter(|(n, _)| !is_lost(*n)).map(|(_, p)| p.clone()).collect();
        assert!(kept.len() < packets.len());
        let concealed = heard_of(&kept).expect("a decoder");
        assert_eq!(concealed.len(), whole.len());
        let mut silenced = whole.clone();
        for n in (0..packets.len()).filter(|n| is_lost(*n)) {
            silenced[n * 160..(n + 1) * 160].fill(0);
        }
        let (concealed, silenced) = (apart(&whole, &concealed), apart(&whole, &silenced));
        assert!(concealed < silenced / 2.0, "concealed {concealed:.2} dB, silence {silenced:.2} dB");
    }

    #[test]
    fn a_long_gap_is_silence_and_not_made_up_voice() {
        let (packets, _) = sent();
        let kept: Vec<Arrival> = packets.iter().filter(|p| !(40..90).contains(&p.number)).cloned().collect();
        let heard = heard_of(&kept).expect("a decoder");
        assert_eq!(heard.len(), packets.len() * 160);
        let quiet = &heard[41 * 160..(90 - 3) * 160];
        assert!(quiet.iter().all(|&s| s == 0), "a second of it");
    }

    #[test]
    fn packets_out_of_order_are_heard_as_those_in_order() {
        let (mut packets, _) = sent();
        let whole = heard_of(&packets);
        for n in (3..packets.len() - 1).step_by(5) {
            let after = packets[n + 1].after;
            packets[n].after = after;
            packets.swap(n, n + 1);
        }
        assert_eq!(heard_of(&packets), whole);
    }

    #[test]
    fn any_bytes_are_taken() {
        let mut ear = Ear::new().expect("a decoder");
        let mut seed = 7u32;
        for n in 0..2_000u64 {
            let bytes: Vec<u8> = (0..n % 200)
                .map(|_| {
                    seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (seed >> 24) as u8
                })
                .collect();
            let packet = Packet { timestamp: n * 960, lost: n % 3, payload: bytes.into() };
            if let Some(sound) = ear.hear(&packet) {
                assert!(sound.payload.len() <= 2 * PACKET_SAMPLES_MAX);
            }
        }
    }
}

//! Reads WAV files as they come: PCM of 8 to 32 bits, float, mu-law and A-law, any rate, any header.

use super::{
    g711,
    resample::{self, RATE_HZ_MAX, RATE_HZ_MIN, RateUnsupported, to_float},
};

const CHANNELS_MAX: u16 = 8;
const FORMAT_PCM: u16 = 1;
const FORMAT_FLOAT: u16 = 3;
const FORMAT_ALAW: u16 = 6;
const FORMAT_MULAW: u16 = 7;
const FORMAT_EXTENSIBLE: u16 = 0xFFFE;

/// Audio, one channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Wav {
    /// Samples a second.
    pub rate_hz: u32,
    /// The samples, -1 to 1; several channels are averaged.
    pub samples: Vec<f32>,
}

impl Wav {
    /// The audio as the wire has it: 8 kHz, 16 bits.
    pub fn to_wire(&self) -> Result<Vec<i16>, RateUnsupported> {
        let at_8k = resample::resample(&self.samples, self.rate_hz, 8_000)?;
        Ok(at_8k.into_iter().map(resample::to_short).collect())
    }
}

/// Why the bytes are no audio that can be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotWav {
    /// No RIFF header.
    #[error("not a WAV file: it does not begin with RIFF and WAVE")]
    NotRiff,
    /// A chunk that must be there is not, or comes too late.
    #[error("the WAV file has no `{0}` chunk; it was cut short or is damaged")]
    Missing(&'static str),
    /// An encoding that is not read.
    #[error("WAV format {tag} with {bits} bits is not read; save it as PCM, float, mu-law or A-law")]
    Encoding {
        /// The format tag.
        tag: u16,
        /// Bits a sample.
        bits: u16,
    },
    /// A number of channels nobody records.
    #[error("{0} channels are not read; use 1 to {CHANNELS_MAX}")]
    Channels(u16),
    /// A rate that is not read.
    #[error(transparent)]
    Rate(#[from] RateUnsupported),
}

/// Reads a whole WAV file.
///
/// A `data` chunk longer than the file is what a recorder leaves that could not go back to its header:
/// what is there is read.
pub fn read(file: &[u8]) -> Result<Wav, NotWav> {
    let (format, body) = parts(file)?;
    format.read(body, None)
}

/// Reads a whole WAV file, each channel by itself.
pub fn read_apart(file: &[u8]) -> Result<Vec<Wav>, NotWav> {
    let (format, body) = parts(file)?;
    (0..usize::from(format.channels)).map(|channel| format.read(body, Some(channel))).collect()
}

/// How a file is written, and its samples.
fn parts(file: &[u8]) -> Result<(Format, &[u8]), NotWav> {
    if file.len() < 12 || &file[..4] != b"RIFF" || &file[8..12] != b"WAVE" {
        return Err(NotWav::NotRiff);
    }
    let mut format = None;
    let mut rest = &file[12..];
    while let Some((name, body, after)) = next_chunk(rest) {
        match name {
            b"fmt " => format = Some(Format::parse(body)?),
            b"data" => return Ok((format.ok_or(NotWav::Missing("fmt"))?, body)),
            _ => {}
        }
        rest = after;
    }
    Err(NotWav::Missing(if format.is_none() { "fmt" } else { "data" }))
}

/// The next chunk's name, its body, and what follows it.
fn next_chunk(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (head, body) = bytes.split_at_checked(8)?;
    let length = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
    let end = length.min(body.len());
    // Chunks are padded to an even length.
    let next = end.saturating_add(length & 1).min(body.len());
    Some((&head[..4], &body[..end], &body[next..]))
}

struct Format {
    tag: u16,
    channels: u16,
    rate_hz: u32,
    bits: u16,
}

impl Format {
    fn parse(body: &[u8]) -> Result<Format, NotWav> {
        if body.len() < 16 {
            return Err(NotWav::Missing("fmt"));
        }
        let short = |at: usize| u16::from_le_bytes([body[at], body[at + 1]]);
        // In the extensible form the real tag begins the sub-format.
        let tag = match short(0) {
            FORMAT_EXTENSIBLE if body.len() >= 26 => short(24),
            tag => tag,
        };
        let rate_hz = u32::from_le_bytes([body[4], body[5], body[6], body[7]]);
        let format = Format { tag, channels: short(2), rate_hz, bits: short(14) };
        if !(1..=CHANNELS_MAX).contains(&format.channels) {
            return Err(NotWav::Channels(format.channels));
        }
        if !(RATE_HZ_MIN..=RATE_HZ_MAX).contains(&rate_hz) {
            return Err(RateUnsupported(rate_hz).into());
        }
        Ok(format)
    }

    /// One channel, or all of them averaged.
    fn read(&self, body: &[u8], only: Option<usize>) -> Result<Wav, NotWav> {
        let decode: fn(&[u8]) -> f32 = match (self.tag, self.bits) {
            (FORMAT_PCM, 8) => |b| (f32::from(b[0]) - 128.0) / 128.0,
            (FORMAT_PCM, 16) => |b| to_float(i16::from_le_bytes([b[0], b[1]])),
            (FORMAT_PCM, 24) => |b| i32::from_le_bytes([0, b[0], b[1], b[2]]) as f32 / 2_147_483_648.0,
            (FORMAT_PCM, 32) => |b| i32::from_le_bytes([b[0], b[1], b[2], b[3]]) as f32 / 2_147_483_648.0,
            (FORMAT_FLOAT, 32) => |b| sane(f32::from_le_bytes([b[0], b[1], b[2], b[3]])),
            (FORMAT_FLOAT, 64) => {
                |b| sane(f64::from_le_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]]) as f32)
            }
            (FORMAT_ALAW, 8) => |b| to_float(g711::decode_alaw(b[0])),
            (FORMAT_MULAW, 8) => |b| to_float(g711::decode_mulaw(b[0])),
            (tag, bits) => return Err(NotWav::Encoding { tag, bits }),
        };
        let (width, channels) = (usize::from(self.bits / 8), usize::from(self.channels));
        let mix = |block: &[u8]| match only {
            Some(channel) => decode(&block[channel * width..(channel + 1) * width]),
            None => block.chunks_exact(width).map(decode).sum::<f32>() / channels as f32,
        };
        let samples = body.chunks_exact(width * channels).map(mix).collect();
        Ok(Wav { rate_hz: self.rate_hz, samples })
    }
}

/// A float file may hold anything; what is no sound is silence.
fn sane(sample: f32) -> f32 {
    if sample.is_finite() { sample.clamp(-1.0, 1.0) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(tag: u16, channels: u16, rate_hz: u32, bits: u16, fmt_extra: &[u8], data: &[u8]) -> Vec<u8> {
        let mut fmt = Vec::new();
        fmt.extend(tag.to_le_bytes());
        fmt.extend(channels.to_le_bytes());
        fmt.extend(rate_hz.to_le_bytes());
        fmt.extend([0; 6]);
        fmt.extend(bits.to_le_bytes());
        fmt.extend(fmt_extra);
        let mut all = b"RIFF\0\0\0\0WAVE".to_vec();
        for (name, body) in [(b"fmt ", &fmt[..]), (b"fact", &[1, 2, 3]), (b"data", data)] {
            all.extend(name);
            all.extend((body.len() as u32).to_le_bytes());
            all.extend(body);
            all.extend(vec![0; body.len() & 1]);
        }
        all
    }

    #[test]
    fn every_common_encoding_of_a_half_is_read() {
        let half_24 = [0, 0, 0x40];
        let extensible = [&[22, 0, 24, 0, 0, 0, 0, 0][..], &[1, 0], &[0; 14]].concat();
        let cases = [
            (file(1, 1, 8_000, 8, &[], &[192]), "PCM 8"),
            (file(1, 1, 8_000, 16, &[], &[0, 0x40]), "PCM 16"),
            (file(1, 1, 8_000, 24, &[], &half_24), "PCM 24"),
            (file(1, 1, 8_000, 32, &[], &[0, 0, 0, 0x40]), "PCM 32"),
            (file(3, 1, 8_000, 32, &[], &0.5f32.to_le_bytes()), "float 32"),
            (file(3, 1, 8_000, 64, &[], &0.5f64.to_le_bytes()), "float 64"),
            (file(6, 1, 8_000, 8, &[0, 0], &[g711::encode_alaw(16_384)]), "A-law"),
            (file(7, 1, 8_000, 8, &[0, 0], &[g711::encode_mulaw(16_384)]), "mu-law"),
            (file(0xFFFE, 1, 8_000, 24, &extensible, &half_24), "extensible PCM 24"),
            (file(1, 2, 8_000, 16, &[], &[0, 0x60, 0, 0x20]), "stereo"),
        ];
        for (bytes, name) in cases {
            let wav = read(&bytes).unwrap_or_else(|e| panic!("{name}: {e}"));
            assert_eq!(wav.samples.len(), 1, "{name}");
            assert!((wav.samples[0] - 0.5).abs() < 0.016, "{name}: {}", wav.samples[0]);
        }
    }

    #[test]
    fn what_is_no_audio_is_refused_with_a_reason() {
        let no_data = file(1, 1, 8_000, 16, &[], &[])[..36].to_vec();
        let cases = [
            (Vec::new(), NotWav::NotRiff),
            (b"RIFF\0\0\0\0AVI more than enough".to_vec(), NotWav::NotRiff),
            (no_data, NotWav::Missing("data")),
            (b"RIFF\0\0\0\0WAVEdata\0\0\0\0".to_vec(), NotWav::Missing("fmt")),
            (file(85, 1, 8_000, 0, &[], &[0]), NotWav::Encoding { tag: 85, bits: 0 }),
            (file(1, 1, 8_000, 12, &[], &[0]), NotWav::Encoding { tag: 1, bits: 12 }),
            (file(1, 0, 8_000, 16, &[], &[0]), NotWav::Channels(0)),
            (file(1, 1, 4_000_000, 16, &[], &[0]), NotWav::Rate(RateUnsupported(4_000_000))),
        ];
        for (bytes, wrong) in cases {
            assert_eq!(read(&bytes), Err(wrong));
        }
    }

    #[test]
    fn a_file_cut_anywhere_is_read_or_refused_and_never_panics() {
        let whole = file(7, 1, 8_000, 8, &[0, 0], &[0x80; 50]);
        for end in 0..whole.len() {
            if let Ok(wav) = read(&whole[..end]) {
                assert!(wav.samples.len() < 50);
            }
        }
    }

    #[test]
    fn floats_that_are_no_sound_are_silence() {
        let wild: Vec<u8> = [f32::NAN, f32::INFINITY, 7.0].iter().flat_map(|f| f.to_le_bytes()).collect();
        assert_eq!(read(&file(3, 1, 8_000, 32, &[], &wild)).unwrap().samples, [0.0, 0.0, 1.0]);
    }
}

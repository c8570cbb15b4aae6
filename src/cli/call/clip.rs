//! What a caller says: a WAV file of any rate, as the telephone carries it.

use super::mulaw;
use std::{f64::consts::PI, fs, ops::Range, path::Path};

/// Samples a second on the line.
const LINE_RATE: u32 = 8_000;
const WAV_BYTES_MAX: u64 = 64 << 20;
const RATES: std::ops::RangeInclusive<u32> = 4_000..=192_000;

/// An utterance: 8 kHz mu-law, and where in it somebody speaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clip {
    mulaw: Vec<u8>,
    speech: Range<usize>,
}

/// The file cannot be said.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadWav {
    /// It could not be read.
    #[error("{0}")]
    Unreadable(String),
    /// It is not a WAV file.
    #[error("not a WAV file: {0}")]
    NotWav(&'static str),
    /// It is one, in an encoding this caller does not speak.
    #[error("{0}; PCM of 8, 16, 24 or 32 bits, 32-bit float, mu-law and A-law are understood")]
    Encoding(String),
    /// Nobody speaks in it.
    #[error("it holds no sound, so there is nothing to say")]
    Silent,
}

impl Clip {
    /// Reads a WAV file: any rate from 4 to 192 kHz, any number of channels (mixed to one).
    pub fn read(file: &Path) -> Result<Clip, BadWav> {
        let unreadable = |e: std::io::Error| BadWav::Unreadable(e.to_string());
        if fs::metadata(file).map_err(unreadable)?.len() > WAV_BYTES_MAX {
            return Err(BadWav::Unreadable(format!("more than {} MB", WAV_BYTES_MAX >> 20)));
        }
        Clip::parse(&fs::read(file).map_err(unreadable)?)
    }

    /// The clip in the bytes of a WAV file.
    pub fn parse(wav: &[u8]) -> Result<Clip, BadWav> {
        let (format, samples) = chunks(wav)?;
        let line = to_line_rate(&mono(&format, samples)?, format.rate);
        Clip::new(
            line.iter().map(|s| mulaw::encode((s * 32_767.0).clamp(-32_768.0, 32_767.0) as i16)).collect(),
        )
    }

    /// The clip of 8 kHz mu-law samples.
    pub fn new(mulaw: Vec<u8>) -> Result<Clip, BadWav> {
        let speech = speech_in(&mulaw).ok_or(BadWav::Silent)?;
        Ok(Clip { mulaw, speech })
    }

    /// The samples, mu-law, 8 kHz.
    pub fn mulaw(&self) -> &[u8] {
        &self.mulaw
    }

    /// Where somebody speaks: from the first loud sample to one past the last.
    pub fn speech(&self) -> Range<usize> {
        self.speech.clone()
    }
}

struct Format {
    tag: u16,
    channels: u16,
    rate: u32,
    bits: u16,
}

/// The format and the samples of a WAV file. Chunks may come in any order and of any kind between.
fn chunks(wav: &[u8]) -> Result<(Format, &[u8]), BadWav> {
    if wav.len() < 12 || &wav[..4] != b"RIFF" || &wav[8..12] != b"WAVE" {
        return Err(BadWav::NotWav("it does not begin with RIFF and WAVE"));
    }
    let (mut rest, mut format) = (&wav[12..], None);
    while rest.len() >= 8 {
        let (head, body) = rest.split_at(8);
        let declared = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        // A recorder that was cut off leaves a length that is too long: what is there counts.
        let (chunk, after) = body.split_at(declared.min(body.len()));
        match (&head[..4], &format) {
            (b"fmt ", _) => format = Some(parse_format(chunk)?),
            (b"data", Some(_)) => {
                return Ok((format.take().ok_or(BadWav::NotWav("it has no format"))?, chunk));
            }
            (b"data", None) => return Err(BadWav::NotWav("its samples come before their format")),
            _ => {}
        }
        rest = after.get(declared % 2..).unwrap_or_default();
    }
    Err(BadWav::NotWav("it has no samples"))
}

fn parse_format(chunk: &[u8]) -> Result<Format, BadWav> {
    if chunk.len() < 16 {
        return Err(BadWav::NotWav("its format is cut short"));
    }
    let word = |at: usize| u16::from_le_bytes([chunk[at], chunk[at + 1]]);
    // WAVE_FORMAT_EXTENSIBLE keeps the real tag in the first two bytes of its sub-format.
    let tag = if word(0) == 0xfffe && chunk.len() >= 26 { word(24) } else { word(0) };
    let rate = u32::from_le_bytes([chunk[4], chunk[5], chunk[6], chunk[7]]);
    let format = Format { tag, channels: word(2), rate, bits: word(14) };
    if format.channels == 0 || format.channels > 8 {
        return Err(BadWav::Encoding(format!("{} channels", format.channels)));
    }
    if !RATES.contains(&rate) {
        return Err(BadWav::Encoding(format!("{rate} samples a second")));
    }
    Ok(format)
}

/// The samples from -1 to 1, all channels mixed to one.
fn mono(format: &Format, bytes: &[u8]) -> Result<Vec<f64>, BadWav> {
    let sample: fn(&[u8]) -> f64 = match (format.tag, format.bits) {
        (1, 8) => |b| (f64::from(b[0]) - 128.0) / 128.0,
        (1, 16) => |b| f64::from(i16::from_le_bytes([b[0], b[1]])) / 32_768.0,
        (1, 24) => |b| f64::from(i32::from_le_bytes([0, b[0], b[1], b[2]])) / 2_147_483_648.0,
        (1, 32) => |b| f64::from(i32::from_le_bytes([b[0], b[1], b[2], b[3]])) / 2_147_483_648.0,
        (3, 32) => |b| f64::from(f32::from_le_bytes([b[0], b[1], b[2], b[3]])),
        (7, 8) => |b| f64::from(mulaw::decode(b[0])) / 32_768.0,
        (6, 8) => |b| f64::from(alaw(b[0])) / 32_768.0,
        (tag, bits) => return Err(BadWav::Encoding(format!("encoding {tag} with {bits} bits"))),
    };
    let width = usize::from(format.bits / 8);
    let channels = usize::from(format.channels);
    let mix = |frame: &[u8]| frame.chunks_exact(width).map(sample).sum::<f64>() / channels as f64;
    Ok(bytes.chunks_exact(width * channels).map(mix).map(|s| if s.is_finite() { s } else { 0.0 }).collect())
}

/// One A-law sample as linear (ITU-T G.711, table 1a).
fn alaw(byte: u8) -> i16 {
    let code = byte ^ 0x55;
    let mantissa = (i16::from(code & 0x0f) << 4) + 8;
    let magnitude = match (code >> 4) & 7 {
        0 => mantissa,
        segment => (mantissa + 0x100) << (segment - 1),
    };
    if code & 0x80 != 0 { magnitude } else { -magnitude }
}

/// Band-limited interpolation with a Hann-windowed sinc: any rate to the line's.
fn to_line_rate(samples: &[f64], rate: u32) -> Vec<f64> {
    if rate == LINE_RATE {
        return samples.to_vec();
    }
    const ZERO_CROSSINGS: f64 = 16.0;
    let step = f64::from(rate) / f64::from(LINE_RATE);
    // Going down, everything above the line's own band is cut, or it would fold back as noise.
    let band = 0.95 * (1.0 / step).min(1.0);
    let reach = ZERO_CROSSINGS / band;
    let length = (samples.len() as f64 / step) as usize;
    let at = |n: usize| {
        let centre = n as f64 * step;
        let first = (centre - reach).ceil().max(0.0) as usize;
        let last = ((centre + reach).floor() as usize).min(samples.len().saturating_sub(1));
        let mut sum = 0.0;
        for (i, sample) in samples.iter().enumerate().take(last + 1).skip(first) {
            let x = i as f64 - centre;
            let window = 0.5 + 0.5 * (PI * x / reach).cos();
            let sinc = if x == 0.0 { 1.0 } else { (PI * x * band).sin() / (PI * x * band) };
            sum += sample * band * sinc * window;
        }
        sum
    };
    (0..length).map(at).collect()
}

/// From the first 10 ms that are loud to the last: louder than a fiftieth of the loudest, and than the line's hiss.
fn speech_in(mulaw: &[u8]) -> Option<Range<usize>> {
    const WINDOW: usize = 80;
    const HISS_RMS: f64 = 60.0;
    let loudness: Vec<f64> = mulaw
        .chunks(WINDOW)
        .map(|w| {
            let energy: f64 = w.iter().map(|b| f64::from(mulaw::decode(*b)).powi(2)).sum();
            (energy / w.len() as f64).sqrt()
        })
        .collect();
    let peak = loudness.iter().copied().fold(0.0, f64::max);
    let loud = |rms: &f64| *rms > HISS_RMS.max(peak / 50.0);
    let first = loudness.iter().position(loud)?;
    let last = loudness.iter().rposition(loud)?;
    Some(first * WINDOW..((last + 1) * WINDOW).min(mulaw.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wav(tag: u16, channels: u16, rate: u32, bits: u16, extra: &[u8], samples: &[u8]) -> Vec<u8> {
        let mut format = Vec::new();
        format.extend(tag.to_le_bytes());
        format.extend(channels.to_le_bytes());
        format.extend(rate.to_le_bytes());
        format.extend((rate * u32::from(bits / 8 * channels)).to_le_bytes());
        format.extend((bits / 8 * channels).to_le_bytes());
        format.extend(bits.to_le_bytes());
        format.extend(extra);
        let mut out = b"RIFF\0\0\0\0WAVELIST\x03\0\0\0abc\0fmt ".to_vec();
        out.extend((format.len() as u32).to_le_bytes());
        out.extend(format);
        out.extend(b"data");
        out.extend((samples.len() as u32).to_le_bytes());
        out.extend(samples);
        out
    }

    fn sine(rate: u32, hz: f64, seconds: f64) -> Vec<f64> {
        (0..(f64::from(rate) * seconds) as usize)
            .map(|i| 0.5 * (2.0 * PI * hz * i as f64 / f64::from(rate)).sin())
            .collect()
    }

    fn s16(samples: &[f64]) -> Vec<u8> {
        samples.iter().flat_map(|s| ((s * 32_767.0) as i16).to_le_bytes()).collect()
    }

    fn rms(samples: &[f64]) -> f64 {
        (samples.iter().map(|s| s * s).sum::<f64>() / samples.len() as f64).sqrt()
    }

    #[test]
    fn every_rate_becomes_the_lines_and_keeps_its_loudness() {
        for rate in [8_000, 11_025, 16_000, 22_050, 24_000, 44_100, 48_000] {
            let clip = Clip::parse(&wav(1, 1, rate, 16, &[], &s16(&sine(rate, 440.0, 0.5)))).unwrap();
            assert!(clip.mulaw().len().abs_diff(4_000) <= 1, "{rate}: {}", clip.mulaw().len());
            let linear: Vec<f64> =
                clip.mulaw()[400..3_600].iter().map(|b| f64::from(mulaw::decode(*b)) / 32_768.0).collect();
            assert!((rms(&linear) - 0.3535).abs() < 0.02, "{rate}: {}", rms(&linear));
        }
    }

    #[test]
    fn what_the_line_cannot_carry_is_cut_and_does_not_fold_back() {
        let folded = to_line_rate(&sine(16_000, 6_000.0, 0.5), 16_000);
        assert!(rms(&folded[200..3_800]) < 0.01, "{}", rms(&folded[200..3_800]));
    }

    #[test]
    fn every_encoding_reads_as_the_same_sound() {
        let sound = sine(8_000, 300.0, 0.2);
        let bytes = |f: fn(f64) -> Vec<u8>| sound.iter().flat_map(|s| f(*s)).collect::<Vec<u8>>();
        let extensible = [&[22, 0, 16, 0, 4, 0, 0, 0, 1, 0][..], &[0; 14]].concat();
        let stereo = bytes(|s| [s16(&[s]), s16(&[s])].concat());
        let cases = [
            wav(1, 1, 8_000, 8, &[], &bytes(|s| vec![(s * 127.0 + 128.0) as u8])),
            wav(1, 1, 8_000, 24, &[], &bytes(|s| ((s * 8_388_607.0) as i32).to_le_bytes()[..3].to_vec())),
            wav(1, 1, 8_000, 32, &[], &bytes(|s| ((s * 2_147_483_647.0) as i32).to_le_bytes().to_vec())),
            wav(3, 1, 8_000, 32, &[], &bytes(|s| (s as f32).to_le_bytes().to_vec())),
            wav(7, 1, 8_000, 8, &[0, 0], &bytes(|s| vec![mulaw::encode((s * 32_767.0) as i16)])),
            wav(1, 2, 8_000, 16, &[], &stereo),
            wav(0xfffe, 1, 8_000, 16, &extensible, &s16(&sound)),
        ];
        let reference = Clip::parse(&wav(1, 1, 8_000, 16, &[], &s16(&sound))).unwrap();
        for (case, file) in cases.iter().enumerate() {
            let clip = Clip::parse(file).unwrap();
            for (a, b) in clip.mulaw().iter().zip(reference.mulaw()) {
                let apart = i32::from(mulaw::decode(*a)) - i32::from(mulaw::decode(*b));
                assert!(apart.abs() < 1_200, "case {case}: {apart}");
            }
        }
        assert_eq!((alaw(0xd5), alaw(0x55), alaw(0xaa), alaw(0x2a)), (8, -8, 32_256, -32_256));
    }

    #[test]
    fn speech_is_found_between_the_silences() {
        let silent = vec![0.0; 1_600];
        let clip = Clip::parse(&wav(
            1,
            1,
            8_000,
            16,
            &[],
            &s16(&[silent.clone(), sine(8_000, 300.0, 0.5), silent.clone()].concat()),
        ))
        .unwrap();
        assert_eq!(clip.speech(), 1_600..5_600);
        assert_eq!(Clip::parse(&wav(1, 1, 8_000, 16, &[], &s16(&silent))), Err(BadWav::Silent));
    }

    #[test]
    fn what_is_no_wav_says_so() {
        for (bytes, why) in [
            (&b"hello"[..], "begin with RIFF"),
            (b"RIFF\0\0\0\0WAVE", "no samples"),
            (b"RIFF\0\0\0\0WAVEdata\x04\0\0\0abcd", "before their format"),
            (b"RIFF\0\0\0\0WAVEfmt \x02\0\0\0ab", "cut short"),
        ] {
            let told = Clip::parse(bytes).unwrap_err().to_string();
            assert!(told.contains(why), "{told}");
        }
        for (tag, channels, rate, bits) in
            [(2, 1, 8_000, 4), (1, 0, 8_000, 16), (1, 1, 1, 16), (1, 1, 8_000, 0)]
        {
            assert!(matches!(
                Clip::parse(&wav(tag, channels, rate, bits, &[], &[0; 64])),
                Err(BadWav::Encoding(_))
            ));
        }
    }
}

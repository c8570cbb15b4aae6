//! What a caller says: a WAV file of any rate, as the telephone carries it.

use crate::audio::{
    g711::{decode_mulaw, encode_mulaw},
    wav::{self, NotWav},
};
use std::{fs, ops::Range, path::Path};

const WAV_BYTES_MAX: u64 = 64 << 20;
/// Quieter than about -50 dB of full scale is not heard at a telephone.
const AUDIBLE_MIN: u16 = 100;

/// Whether somebody at a telephone would hear this mu-law sample.
pub fn is_audible(code: u8) -> bool {
    decode_mulaw(code).unsigned_abs() > AUDIBLE_MIN
}

/// An utterance: 8 kHz mu-law, and where in it somebody speaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clip {
    mulaw: Vec<u8>,
    speech: Range<usize>,
}

/// The file cannot be said.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadClip {
    /// It could not be read.
    #[error("{0}")]
    Unreadable(String),
    /// It is no WAV file, or none that is understood.
    #[error(transparent)]
    NotWav(#[from] NotWav),
    /// Nobody speaks in it.
    #[error("it holds no sound, so there is nothing to say")]
    Silent,
}

impl Clip {
    /// Reads a WAV file.
    pub fn read(file: &Path) -> Result<Clip, BadClip> {
        let unreadable = |e: std::io::Error| BadClip::Unreadable(e.to_string());
        if fs::metadata(file).map_err(unreadable)?.len() > WAV_BYTES_MAX {
            return Err(BadClip::Unreadable(format!("more than {} MB", WAV_BYTES_MAX >> 20)));
        }
        let samples = wav::read(&fs::read(file).map_err(unreadable)?)?.to_wire().map_err(NotWav::from)?;
        Clip::new(samples.into_iter().map(encode_mulaw).collect())
    }

    /// The clip of 8 kHz mu-law samples.
    pub fn new(mulaw: Vec<u8>) -> Result<Clip, BadClip> {
        let speech = speech_in(&mulaw).ok_or(BadClip::Silent)?;
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

/// From the first 10 ms that are loud to the last: louder than a fiftieth of the loudest, and than the line's hiss.
fn speech_in(mulaw: &[u8]) -> Option<Range<usize>> {
    const WINDOW: usize = 80;
    const HISS_RMS: f64 = 60.0;
    let loudness: Vec<f64> = mulaw
        .chunks(WINDOW)
        .map(|w| {
            let energy: f64 = w.iter().map(|b| f64::from(decode_mulaw(*b)).powi(2)).sum();
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

    #[test]
    fn speech_is_found_between_the_silences() {
        let quiet = vec![0xfe; 1_600];
        let loud: Vec<u8> = (0..4_000).map(|n| if n % 8 < 4 { 0x20 } else { 0xa0 }).collect();
        let clip = Clip::new([quiet.clone(), loud, quiet.clone()].concat()).unwrap();
        assert_eq!((clip.speech(), clip.mulaw().len()), (1_600..5_600, 7_200));
        assert_eq!(Clip::new(quiet), Err(BadClip::Silent));
        assert_eq!(Clip::new(Vec::new()), Err(BadClip::Silent));
        assert!(is_audible(0x20) && !is_audible(0xfe) && !is_audible(0x7f));
    }

    #[test]
    fn what_cannot_be_read_says_so() {
        let told = |file: &str| Clip::read(Path::new(file)).unwrap_err().to_string();
        assert!(told("/nowhere/yes.wav").contains("No such file"));
        assert!(told(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")).contains("not a WAV file"));
    }
}

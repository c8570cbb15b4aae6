//! What a telephone makes of a caller: how loud, over what noise, how narrow, and what is lost on the way.

use crate::{
    audio::{g711, wav},
    simulate::Chance,
};
use std::{f32::consts::PI, fs, path::Path, sync::Arc};

/// A frame: 20 ms.
const FRAME: usize = 160;
/// The noise of a telephone is about this far below full scale, in decibels.
const HISS_DB: f32 = -46.0;
const BABBLE_DB: f32 = -36.0;

/// A kind of line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Line {
    /// As the voice is
    #[default]
    Clear,
    /// Far from the telephone
    Faint,
    /// Too near
    Loud,
    /// A hissing line
    Hiss,
    /// Music in the room
    Music,
    /// An old, narrow line
    Narrow,
    /// One frame in fifty is lost
    Lossy,
}

impl Line {
    /// Every one.
    pub const ALL: [Line; 7] =
        [Line::Clear, Line::Faint, Line::Loud, Line::Hiss, Line::Music, Line::Narrow, Line::Lossy];

    /// How it is called in a table.
    pub fn name(self) -> &'static str {
        match self {
            Line::Clear => "clear",
            Line::Faint => "faint",
            Line::Loud => "loud",
            Line::Hiss => "hiss",
            Line::Music => "music",
            Line::Narrow => "narrow",
            Line::Lossy => "lossy",
        }
    }

    fn gain_db(self) -> f32 {
        match self {
            Line::Faint => -14.0,
            Line::Loud => 5.0,
            _ => 0.0,
        }
    }
}

/// Sounds of rooms and lines, 8 kHz, at a level of their own.
pub struct Noises {
    hiss: Arc<[f32]>,
    music: Arc<[f32]>,
}

impl Noises {
    /// From the folder of recordings.
    pub fn open(folder: &Path) -> Result<Noises, String> {
        let read = |name: &str, db: f32| {
            let file = folder.join(name);
            let bytes = fs::read(&file).map_err(|e| format!("{}: {e}", file.display()))?;
            let sound = wav::read(&bytes).and_then(|wav| Ok(wav.to_wire()?));
            let sound = sound.map_err(|e| format!("{}: {e}", file.display()))?;
            let power: f32 = sound.iter().map(|s| f32::from(*s).powi(2)).sum::<f32>() / sound.len() as f32;
            let gain = 32_768.0 * 10f32.powf(db / 20.0) / power.sqrt().max(1.0);
            Ok::<_, String>(sound.iter().map(|s| f32::from(*s) * gain).collect())
        };
        Ok(Noises {
            hiss: read("noise_line_hiss.wav", HISS_DB)?,
            music: read("music_loop_garzul.wav", BABBLE_DB)?,
        })
    }
}

/// One call's line, from the caller's telephone to us.
pub struct Wire {
    gain: f32,
    noise: Option<(Arc<[f32]>, usize)>,
    narrow: Option<[Biquad; 2]>,
    lost_per_thousand: u64,
    chance: Chance,
}

impl Wire {
    /// A line of this kind.
    pub fn new(line: Line, noises: &Noises, mut chance: Chance) -> Wire {
        let from = |noise: &Arc<[f32]>, chance: &mut Chance| {
            Some((Arc::clone(noise), chance.below(noise.len() as u64) as usize))
        };
        Wire {
            gain: 10f32.powf(line.gain_db() / 20.0),
            noise: match line {
                Line::Hiss => from(&noises.hiss, &mut chance),
                Line::Music => from(&noises.music, &mut chance),
                _ => None,
            },
            narrow: (line == Line::Narrow).then(|| [Biquad::highpass(400.0), Biquad::lowpass(2_600.0)]),
            lost_per_thousand: if line == Line::Lossy { 20 } else { 0 },
            chance,
        }
    }

    /// A frame (mu-law) as it arrives; nothing where it does not.
    pub fn pass(&mut self, frame: &mut [u8]) -> Option<()> {
        for code in frame.iter_mut() {
            let mut sample = f32::from(g711::decode_mulaw(*code)) * self.gain;
            if let Some((noise, at)) = &mut self.noise {
                sample += noise[*at % noise.len()];
                *at += 1;
            }
            for filter in self.narrow.iter_mut().flatten() {
                sample = filter.pass(sample);
            }
            *code = g711::encode_mulaw(sample.round().clamp(-32_768.0, 32_767.0) as i16);
        }
        (!self.chance.in_thousand(self.lost_per_thousand)).then_some(())
    }

    /// A sound of the throat: a burst of noise, mu-law.
    pub fn cough(chance: &mut Chance) -> Vec<u8> {
        let frames = chance.between(6, 14) as usize;
        let length = (frames * FRAME) as f32;
        let sample = |at: usize| {
            let fades = (PI * at as f32 / length).sin();
            let noise = chance.between(0, 16_000) as f32 - 8_000.0;
            g711::encode_mulaw((noise * fades) as i16)
        };
        (0..frames * FRAME).map(sample).collect()
    }
}

/// A filter of the second order (Bristow-Johnson, "Cookbook formulae for audio EQ biquad filter coefficients").
struct Biquad {
    b: [f32; 3],
    a: [f32; 2],
    x: [f32; 2],
    y: [f32; 2],
}

impl Biquad {
    fn highpass(hz: f32) -> Biquad {
        let (cos, alpha) = Biquad::angle(hz);
        Biquad::of([(1.0 + cos) / 2.0, -1.0 - cos, (1.0 + cos) / 2.0], cos, alpha)
    }

    fn lowpass(hz: f32) -> Biquad {
        let (cos, alpha) = Biquad::angle(hz);
        Biquad::of([(1.0 - cos) / 2.0, 1.0 - cos, (1.0 - cos) / 2.0], cos, alpha)
    }

    fn angle(hz: f32) -> (f32, f32) {
        let w = 2.0 * PI * hz / 8_000.0;
        (w.cos(), w.sin() * std::f32::consts::FRAC_1_SQRT_2)
    }

    fn of(b: [f32; 3], cos: f32, alpha: f32) -> Biquad {
        let a0 = 1.0 + alpha;
        let a = [-2.0 * cos / a0, (1.0 - alpha) / a0];
        Biquad { b: b.map(|b| b / a0), a, x: [0.0; 2], y: [0.0; 2] }
    }

    fn pass(&mut self, x: f32) -> f32 {
        let y = self.b[0] * x + self.b[1] * self.x[0] + self.b[2] * self.x[1]
            - self.a[0] * self.y[0]
            - self.a[1] * self.y[1];
        (self.x, self.y) = ([x, self.x[0]], [y, self.y[0]]);
        y
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noises() -> Noises {
        Noises::open(&Path::new(env!("CARGO_MANIFEST_DIR")).join("audio-fixtures/human")).unwrap()
    }

    fn tone(hz: f32) -> Vec<u8> {
        let sample = |n| g711::encode_mulaw((8_000.0 * (2.0 * PI * hz * n as f32 / 8_000.0).sin()) as i16);
        (0..8_000).map(sample).collect()
    }

    fn loudness_db(mulaw: &[u8]) -> f32 {
        let power: f32 = mulaw.iter().map(|c| f32::from(g711::decode_mulaw(*c)).powi(2)).sum();
        10.0 * (power / mulaw.len() as f32).log10()
    }

    /// How much louder a second of this tone comes out, and how many frames of it do.
    fn through(line: Line, hz: f32) -> (f32, usize) {
        let (mut wire, mut sound) = (Wire::new(line, &noises(), Chance::new(7)), tone(hz));
        let came = sound.chunks_mut(FRAME).filter_map(|frame| wire.pass(frame)).count();
        (loudness_db(&sound) - loudness_db(&tone(hz)), came)
    }

    #[test]
    fn each_line_does_what_its_name_says_and_nothing_else() {
        assert_eq!(through(Line::Clear, 1_000.0), (0.0, 50));
        assert!((through(Line::Faint, 1_000.0).0 + 14.0).abs() < 0.2);
        assert!((through(Line::Loud, 1_000.0).0 - 5.0).abs() < 0.2);
        assert!(through(Line::Narrow, 120.0).0 < -15.0 && through(Line::Narrow, 1_000.0).0 > -1.0);
        assert!((35..50).contains(&through(Line::Lossy, 1_000.0).1));
        for (line, db) in [(Line::Hiss, HISS_DB), (Line::Music, BABBLE_DB)] {
            let mut silence = vec![g711::MULAW_SILENCE; 48_000];
            Wire::new(line, &noises(), Chance::new(7)).pass(&mut silence);
            let heard = loudness_db(&silence) - 20.0 * 32_768f32.log10();
            assert!((heard - db).abs() < 6.0, "{}: {heard}", line.name());
        }
    }
}

//! Keys pressed on the telephone, heard in the audio: a Goertzel detector for 8 kHz.
//!
//! Providers mostly send keys as messages; this is for those that leave the tones in the sound.
//! It follows ITU-T Q.24: a tone of 40 ms is a key, speech is none.

use std::f32::consts::TAU;

const KEYS: [[char; 4]; 4] =
    [['1', '2', '3', 'A'], ['4', '5', '6', 'B'], ['7', '8', '9', 'C'], ['*', '0', '#', 'D']];
const ROWS_HZ: [f32; 4] = [697.0, 770.0, 852.0, 941.0];
const COLUMNS_HZ: [f32; 4] = [1209.0, 1336.0, 1477.0, 1633.0];

/// 25.6 ms: long enough to tell the rows apart.
const WINDOW: usize = 205;
/// 10 ms.
const HOP: usize = 80;
/// Windows that must agree: a tone of 40 ms fills three of them, nearly or wholly.
const HITS_MIN: u8 = 3;
/// Windows without the key after which the same key is pressed anew.
const MISSES_MAX: u8 = 2;
/// Mean square below which there is no tone (-42 dB of full scale).
const POWER_MIN: f32 = 6e-5;
/// The part of a window's energy that the two tones must hold: speech has more beside them.
const PURITY_MIN: f32 = 0.80;
/// How much louder the row may be than the column (6 dB), and the other way round (8 dB, "twist").
const ROW_EXCESS_MAX: f32 = 4.0;
const COLUMN_EXCESS_MAX: f32 = 6.3;
/// How much weaker every other tone of the same group must be (about 8 dB).
const NEIGHBOUR_MAX: f32 = 0.16;

/// Listens for keys in one stream.
#[derive(Clone, Debug)]
pub struct Dtmf {
    window: [f32; WINDOW],
    filled: usize,
    candidate: Option<char>,
    hits: u8,
    misses: u8,
    /// The key now held down.
    pressed: Option<char>,
}

impl Default for Dtmf {
    fn default() -> Self {
        Dtmf::new()
    }
}

impl Dtmf {
    /// A detector at the beginning of a stream.
    pub fn new() -> Dtmf {
        Dtmf { window: [0.0; WINDOW], filled: 0, candidate: None, hits: 0, misses: 0, pressed: None }
    }

    /// Takes samples (8 kHz), and calls `key` for each key as soon as it is certain.
    pub fn push(&mut self, samples: &[i16], mut key: impl FnMut(char)) {
        for &sample in samples {
            self.window[self.filled] = f32::from(sample) / 32_768.0;
            self.filled += 1;
            if self.filled == WINDOW {
                if let Some(pressed) = self.step(heard(&self.window)) {
                    key(pressed);
                }
                self.window.copy_within(HOP.., 0);
                self.filled = WINDOW - HOP;
            }
        }
    }

    /// Whether the last window held the tones of a key, certain or not yet: it is no voice.
    pub fn is_tone(&self) -> bool {
        self.hits > 0 && self.misses == 0
    }

    /// Takes in what one window held; a key when it has just become certain.
    fn step(&mut self, heard: Option<char>) -> Option<char> {
        if heard.is_some() && heard == self.candidate {
            self.hits = self.hits.saturating_add(1);
            self.misses = 0;
        } else {
            self.misses = self.misses.saturating_add(1);
            if heard.is_some() {
                (self.candidate, self.hits, self.misses) = (heard, 1, 0);
            } else if self.misses >= MISSES_MAX {
                (self.candidate, self.hits, self.pressed) = (None, 0, None);
            }
        }
        if self.hits < HITS_MIN || self.pressed == self.candidate {
            return None;
        }
        self.pressed = self.candidate;
        self.pressed
    }
}

/// The key whose two tones, and nothing else, fill the window.
fn heard(window: &[f32; WINDOW]) -> Option<char> {
    let power = window.iter().map(|s| s * s).sum::<f32>() / WINDOW as f32;
    if power < POWER_MIN {
        return None;
    }
    let tones = powers(window);
    let (row, row_power) = strongest(&tones[..4])?;
    let (column, column_power) = strongest(&tones[4..])?;
    let pure = row_power + column_power >= PURITY_MIN * power;
    let even = row_power <= ROW_EXCESS_MAX * column_power && column_power <= COLUMN_EXCESS_MAX * row_power;
    (pure && even).then_some(KEYS[row][column])
}

/// The strongest of four tones, if the other three are weak beside it.
fn strongest(tones: &[f32]) -> Option<(usize, f32)> {
    let (at, &power) = tones.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1))?;
    let clear = tones.iter().enumerate().all(|(n, &other)| n == at || other < NEIGHBOUR_MAX * power);
    clear.then_some((at, power))
}

/// The mean square of each of the eight tones, rows first, all computed side by side.
fn powers(window: &[f32; WINDOW]) -> [f32; 8] {
    static TURNS: std::sync::LazyLock<[f32; 8]> = std::sync::LazyLock::new(|| {
        let hz = |n: usize| if n < 4 { ROWS_HZ[n] } else { COLUMNS_HZ[n - 4] };
        std::array::from_fn(|n| 2.0 * (TAU * hz(n) / 8_000.0).cos())
    });
    let turns = *TURNS;
    let (mut last, mut before) = ([0.0f32; 8], [0.0f32; 8]);
    for &sample in window {
        for n in 0..8 {
            let next = sample + turns[n] * last[n] - before[n];
            before[n] = last[n];
            last[n] = next;
        }
    }
    let scale = 2.0 / (WINDOW * WINDOW) as f32;
    std::array::from_fn(|n| {
        scale * (last[n] * last[n] + before[n] * before[n] - turns[n] * last[n] * before[n])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::{FRAME_SAMPLES, g711};

    /// Two tones over mu-law, each at an amplitude of full scale.
    fn tones(a: (f32, f32), b: (f32, f32), ms: usize) -> Vec<i16> {
        let at = |(hz, level): (f32, f32), n: usize| level * (TAU * hz * n as f32 / 8_000.0).sin();
        let wave = (0..ms * 8).map(|n| ((at(a, n) + at(b, n)) * 32_767.0) as i16);
        wave.map(|s| g711::decode_mulaw(g711::encode_mulaw(s))).collect()
    }

    fn digit(key: char, ms: usize) -> Vec<i16> {
        let row = KEYS.iter().position(|row| row.contains(&key)).unwrap();
        let column = KEYS[row].iter().position(|&k| k == key).unwrap();
        tones((ROWS_HZ[row], 0.2), (COLUMNS_HZ[column], 0.25), ms)
    }

    fn keys(samples: &[i16]) -> String {
        let (mut dtmf, mut keys) = (Dtmf::new(), String::new());
        samples.chunks(FRAME_SAMPLES).for_each(|frame| dtmf.push(frame, |key| keys.push(key)));
        keys
    }

    #[test]
    fn every_key_of_50_ms_is_heard_once_wherever_it_falls() {
        for key in KEYS.iter().flatten() {
            for offset in 0..HOP {
                let samples = [vec![0; 400 + offset], digit(*key, 50), vec![0; 800]].concat();
                assert_eq!(keys(&samples), key.to_string(), "{key} after {offset} samples");
            }
        }
    }

    #[test]
    fn keys_in_a_row_are_told_apart_also_the_same_twice() {
        let pressed = "5501123*#D";
        let samples = pressed.chars().flat_map(|key| [digit(key, 50), vec![0; 400]].concat());
        assert_eq!(keys(&samples.collect::<Vec<_>>()), pressed);
        assert_eq!(keys(&digit('5', 3_000)), "5", "held down is pressed once");
    }

    #[test]
    fn tones_that_are_no_key_are_none() {
        let cases = [
            ("dial tone", tones((350.0, 0.2), (440.0, 0.2), 2_000)),
            ("ringback", tones((440.0, 0.2), (480.0, 0.2), 2_000)),
            ("busy", tones((480.0, 0.2), (620.0, 0.2), 2_000)),
            ("one tone", tones((697.0, 0.3), (1209.0, 0.0), 2_000)),
            ("row too loud", tones((697.0, 0.4), (1209.0, 0.15), 2_000)),
            ("column too loud", tones((697.0, 0.1), (1209.0, 0.4), 2_000)),
            ("too faint", tones((697.0, 0.004), (1209.0, 0.004), 2_000)),
            ("too short", [vec![0; 123], digit('5', 20), vec![0; 400]].concat()),
            ("off by 4 %", tones((725.0, 0.2), (1257.0, 0.2), 2_000)),
        ];
        for (name, samples) in cases {
            assert_eq!(keys(&samples), "", "{name}");
        }
    }

    #[test]
    fn a_key_is_heard_in_noise_of_20_db() {
        let mut seed = 1u32;
        let noisy = digit('7', 100).into_iter().map(|s| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            s + ((seed >> 16) as i32 - 32_768) as i16 / 40
        });
        assert_eq!(keys(&noisy.collect::<Vec<_>>()), "7");
    }
}

//! Rate conversion: a polyphase filter of windowed sinc, for any ratio of whole rates.

use std::f64::consts::PI;

/// The lowest rate that is converted, in hertz.
pub const RATE_HZ_MIN: u32 = 4_000;
/// The highest rate that is converted, in hertz.
pub const RATE_HZ_MAX: u32 = 192_000;

/// Zero crossings of the sinc on either side of its centre.
const CROSSINGS: usize = 12;
/// The passband ends here, as a part of the lower rate's half: the rest is transition.
const ROLL_OFF: f64 = 0.92;
/// Kaiser window shape: about 70 dB of stopband.
const KAISER_BETA: f64 = 7.0;

/// A rate that no telephone, browser or sound card has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a rate of {0} Hz cannot be converted; use {RATE_HZ_MIN} to {RATE_HZ_MAX} Hz")]
pub struct RateUnsupported(pub u32);

/// Converts a stream of samples from one rate to another.
///
/// The output is aligned with the input: output sample `n` stands for the moment `n / to`. It comes
/// [`Resampler::delay_ms`] later, when enough of the input after that moment is known.
#[derive(Clone, Debug)]
pub struct Resampler {
    /// Input samples advance by `step` of `phases` for each output sample.
    phases: usize,
    step: usize,
    /// Taps of one phase.
    taps: usize,
    /// `phases` rows of `taps`.
    bank: Vec<f32>,
    /// Input not yet passed by, beginning with what the next output needs.
    held: Vec<f32>,
    /// Which phase the next output is at.
    phase: usize,
    from_hz: u32,
    /// Samples taken in, and given out.
    taken: u64,
    given: u64,
}

impl Resampler {
    /// A converter from `from_hz` to `to_hz`.
    pub fn new(from_hz: u32, to_hz: u32) -> Result<Resampler, RateUnsupported> {
        for rate in [from_hz, to_hz] {
            if !(RATE_HZ_MIN..=RATE_HZ_MAX).contains(&rate) {
                return Err(RateUnsupported(rate));
            }
        }
        let common = gcd(from_hz, to_hz);
        let (phases, step) = ((to_hz / common) as usize, (from_hz / common) as usize);
        // Going down, the sinc is as much wider as the new rate is lower.
        let half = if step > phases { (CROSSINGS * step).div_ceil(phases) } else { CROSSINGS };
        let taps = 2 * half;
        Ok(Resampler {
            phases,
            step,
            taps,
            bank: bank(phases, step, half),
            held: vec![0.0; half - 1],
            phase: 0,
            from_hz,
            taken: 0,
            given: 0,
        })
    }

    /// How much later than its moment an output sample comes, in milliseconds, rounded up.
    pub fn delay_ms(&self) -> u64 {
        (self.taps as u64 / 2 * 1_000).div_ceil(u64::from(self.from_hz))
    }

    /// Takes samples in, and appends to `out` what can be known by now.
    pub fn push(&mut self, samples: &[f32], out: &mut Vec<f32>) {
        self.taken += samples.len() as u64;
        self.held.extend_from_slice(samples);
        self.drain(out, u64::MAX);
    }

    /// Ends the stream: appends the rest, as if silence followed, and is ready for another stream.
    pub fn finish(&mut self, out: &mut Vec<f32>) {
        let whole = (self.taken * self.phases as u64).div_ceil(self.step as u64);
        self.held.resize(self.held.len() + self.taps, 0.0);
        self.drain(out, whole);
        self.held.clear();
        self.held.resize(self.taps / 2 - 1, 0.0);
        (self.phase, self.taken, self.given) = (0, 0, 0);
    }

    fn drain(&mut self, out: &mut Vec<f32>, until: u64) {
        let mut at = 0;
        while at + self.taps <= self.held.len() && self.given < until {
            let row = &self.bank[self.phase * self.taps..][..self.taps];
            out.push(dot(row, &self.held[at..at + self.taps]));
            self.given += 1;
            self.phase += self.step;
            at += self.phase / self.phases;
            self.phase %= self.phases;
        }
        // A step is shorter than a filter, so `at` never passes the end of what is held.
        self.held.copy_within(at.., 0);
        self.held.truncate(self.held.len() - at);
    }
}

/// All of `samples` at another rate.
pub fn resample(samples: &[f32], from_hz: u32, to_hz: u32) -> Result<Vec<f32>, RateUnsupported> {
    if from_hz == to_hz {
        return Ok(samples.to_vec());
    }
    let mut resampler = Resampler::new(from_hz, to_hz)?;
    let mut out =
        Vec::with_capacity((samples.len() as u64 * u64::from(to_hz) / u64::from(from_hz)) as usize + 1);
    resampler.push(samples, &mut out);
    resampler.finish(&mut out);
    Ok(out)
}

/// A 16-bit sample as a fraction of full scale.
pub fn to_float(sample: i16) -> f32 {
    f32::from(sample) / 32_768.0
}

/// A fraction of full scale as a 16-bit sample; louder is clipped.
pub fn to_short(sample: f32) -> i16 {
    (sample * 32_768.0).round().clamp(-32_768.0, 32_767.0) as i16
}

/// Eight sums side by side: one sum alone waits for each addition.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0f32; 8];
    let (a8, b8) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f32 = a8.remainder().iter().zip(b8.remainder()).map(|(x, y)| x * y).sum();
    for (x, y) in a8.zip(b8) {
        for (sum, (x, y)) in sums.iter_mut().zip(x.iter().zip(y)) {
            *sum += x * y;
        }
    }
    sums.iter().sum::<f32>() + rest
}

/// The filter of each phase: row `p` gives the output that lies `p / phases` of an input sample after the
/// centre, which is tap `half - 1`.
fn bank(phases: usize, step: usize, half: usize) -> Vec<f32> {
    // The passband as a part of the input's half rate.
    let pass = ROLL_OFF * (phases as f64 / step as f64).min(1.0);
    let mut bank = Vec::with_capacity(phases * half * 2);
    for phase in 0..phases {
        let row = bank.len();
        for tap in 0..2 * half {
            let x = tap as f64 - (half - 1) as f64 - phase as f64 / phases as f64;
            bank.push((pass * sinc(pass * x) * kaiser(x / half as f64)) as f32);
        }
        // Each phase passes a constant unchanged, or the phases would differ as a hum.
        let sum: f32 = bank[row..].iter().sum();
        bank[row..].iter_mut().for_each(|tap| *tap /= sum);
    }
    bank
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 { 1.0 } else { (PI * x).sin() / (PI * x) }
}

fn kaiser(x: f64) -> f64 {
    if x.abs() > 1.0 { 0.0 } else { bessel(KAISER_BETA * (1.0 - x * x).sqrt()) / bessel(KAISER_BETA) }
}

/// The modified Bessel function of the first kind, order zero, by its series.
fn bessel(x: f64) -> f64 {
    let (mut sum, mut term) = (1.0, 1.0);
    for k in 1..32 {
        term *= (x / 2.0 / f64::from(k)).powi(2);
        sum += term;
    }
    sum
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(hz: f64, rate: u32, ms: usize) -> Vec<f32> {
        let samples = rate as usize * ms / 1_000;
        (0..samples).map(|n| (0.5 * (2.0 * PI * hz * n as f64 / f64::from(rate)).sin()) as f32).collect()
    }

    fn rms(samples: &[f32]) -> f32 {
        (samples.iter().map(|s| s * s).sum::<f32>() / samples.len() as f32).sqrt()
    }

    #[test]
    fn a_tone_keeps_its_pitch_its_level_and_its_time_at_every_rate() {
        for from in [8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000] {
            for to in [8_000, 16_000] {
                let out = resample(&tone(1_000.0, from, 500), from, to).unwrap();
                assert_eq!(out.len(), (to / 2) as usize, "{from} to {to}");
                let wanted = tone(1_000.0, to, 500);
                // Away from the ends, where the filter reaches into the silence around the tone.
                let inside = 400..out.len() - 400;
                let off: Vec<f32> = inside.map(|n| out[n] - wanted[n]).collect();
                assert!(rms(&off) < 0.002, "{from} to {to}: off by {}", rms(&off));
            }
        }
    }

    #[test]
    fn what_the_lower_rate_cannot_carry_is_taken_away() {
        for (from, hz) in [(16_000, 4_700.0), (24_000, 5_000.0), (48_000, 7_000.0), (44_100, 12_000.0)] {
            let out = resample(&tone(hz, from, 500), from, 8_000).unwrap();
            assert!(rms(&out[400..out.len() - 400]) < 0.5 * 0.001, "{hz} Hz of {from}");
        }
    }

    #[test]
    fn pieces_of_any_size_give_what_the_whole_gives() {
        for (from, to) in [(8_000, 16_000), (24_000, 8_000), (44_100, 8_000)] {
            let input = tone(700.0, from, 200);
            let whole = resample(&input, from, to).unwrap();
            for size in [1, 7, 160, 1_000] {
                let (mut stream, mut out) = (Resampler::new(from, to).unwrap(), Vec::new());
                input.chunks(size).for_each(|piece| stream.push(piece, &mut out));
                stream.finish(&mut out);
                assert_eq!(out, whole, "{from} to {to} by {size}");
            }
        }
    }

    #[test]
    fn absurd_rates_are_refused() {
        for rate in [0, 1, 3_999, 192_001, u32::MAX] {
            assert_eq!(Resampler::new(rate, 8_000).err(), Some(RateUnsupported(rate)));
        }
    }

    #[test]
    fn samples_keep_their_value_as_fractions() {
        for sample in [i16::MIN, -1, 0, 1, i16::MAX] {
            assert_eq!(to_short(to_float(sample)), sample);
        }
        assert_eq!((to_short(2.0), to_short(-2.0), to_short(f32::NAN)), (i16::MAX, i16::MIN, 0));
    }
}

//! From the network's spectrum to a waveform.
//!
//! The network predicts, for each frame of 12.5 ms, how a pulse train at the voice's pitch is filtered, how
//! much noise goes with it, and a part with a phase of its own; one inverse STFT turns the sum into samples:
//! `S = exp(lh) e^(i pi tanh(theta)) STFT(pulses(f0)) + exp(ln) Z + exp(lr) e^(i phi)`.

use super::timbre::Shape;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex, num_complex::Complex32};
use std::{f32::consts::PI, sync::Arc};

/// Samples a second that come out.
pub const RATE_HZ: u32 = 24_000;
/// Samples from one frame to the next.
pub const HOP: usize = 300;
const WINDOW: usize = 1200;
/// Bins of a spectrum frame.
pub const BINS: usize = WINDOW / 2 + 1;
/// Below this the pitch curve means "no voice".
const VOICED_HZ_MIN: f32 = 40.0;
/// Harmonics above this are left out.
const HARMONICS_HZ_MAX: f32 = 11_000.0;
/// Keeps a wild prediction from overflowing.
const LOG_MAGNITUDE_MAX: f32 = 7.0;

/// What the network says: five planes of `BINS` rows by `frames` columns, and the pitch of each frame in Hz.
pub struct Spectrum<'a> {
    /// Log magnitude of the harmonic part.
    pub harmonic: &'a [f32],
    /// Phase of the harmonic part, before `pi * tanh`.
    pub theta: &'a [f32],
    /// Log magnitude of the noise.
    pub noise: &'a [f32],
    /// Log magnitude of the part with its own phase.
    pub free: &'a [f32],
    /// That phase.
    pub phi: &'a [f32],
    /// Pitch.
    pub f0: &'a [f32],
}

/// The transforms, planned once.
pub struct Vocoder {
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
    window: Vec<f32>,
}

impl Vocoder {
    /// Plans the transforms.
    pub fn new() -> Vocoder {
        let mut planner = RealFftPlanner::<f32>::new();
        let window =
            (0..WINDOW).map(|i| 0.5 - 0.5 * (2.0 * PI * i as f32 / WINDOW as f32).cos()).collect::<Vec<_>>();
        Vocoder {
            forward: planner.plan_fft_forward(WINDOW),
            inverse: planner.plan_fft_inverse(WINDOW),
            window,
        }
    }

    /// The waveform, 24 kHz. `seed` fixes the noise, so that the same line is the same samples.
    pub fn synthesize(&self, spectrum: &Spectrum<'_>, shape: Shape, seed: u64) -> Vec<f32> {
        let frames = spectrum.f0.len();
        let source = pulses(spectrum.f0, shape.pitch);
        let bins = warped_bins(shape.tract);
        let mut noise = Noise::new(seed);
        let mut frame = self.forward.make_input_vec();
        let mut bank = self.forward.make_output_vec();
        let mut wave = self.inverse.make_output_vec();
        let mut forward_scratch = self.forward.make_scratch_vec();
        let mut inverse_scratch = self.inverse.make_scratch_vec();
        let mut sum = vec![0.0_f32; (frames + WINDOW / HOP - 1) * HOP];
        let mut weight = vec![0.0_f32; sum.len()];
        for t in 0..frames {
            let start = (t * HOP) as isize - (WINDOW / 2) as isize;
            for (i, slot) in frame.iter_mut().enumerate() {
                // A unit cosine then peaks at one, so that exp(lh) is the magnitude of a harmonic.
                *slot = source[reflected(start + i as isize, source.len())] * self.window[i]
                    / (WINDOW as f32 / 4.0);
            }
            self.forward
                .process_with_scratch(&mut frame, &mut bank, &mut forward_scratch)
                .expect("the buffers are the plan's own");
            for (bin, &from) in bank.iter_mut().zip(&bins) {
                let at = from * frames + t;
                let filter =
                    Complex32::from_polar(magnitude(spectrum.harmonic[at]), PI * spectrum.theta[at].tanh());
                let breath = noise.complex() * magnitude(spectrum.noise[at]);
                let free = Complex32::from_polar(magnitude(spectrum.free[at]), spectrum.phi[at]);
                *bin = *bin * filter + breath + free;
            }
            // A real signal has no imaginary part at nought and at half the rate.
            bank[0].im = 0.0;
            bank[BINS - 1].im = 0.0;
            self.inverse
                .process_with_scratch(&mut bank, &mut wave, &mut inverse_scratch)
                .expect("the buffers are the plan's own");
            let overlap = sum[t * HOP..].iter_mut().zip(&mut weight[t * HOP..]).zip(&wave).zip(&self.window);
            for (((sum, weight), wave), window) in overlap {
                *sum += wave * window / WINDOW as f32;
                *weight += window * window;
            }
        }
        let middle = WINDOW / 2..WINDOW / 2 + frames * HOP;
        sum[middle.clone()].iter().zip(&weight[middle]).map(|(sum, weight)| sum / weight.max(1e-11)).collect()
    }
}

fn magnitude(log: f32) -> f32 {
    log.min(LOG_MAGNITUDE_MAX).exp()
}

/// The place of sample `at` in a signal of `length` that is mirrored at both ends.
fn reflected(at: isize, length: usize) -> usize {
    if length < 2 {
        return 0;
    }
    let last = length as isize - 1;
    let folded = at.rem_euclid(2 * last);
    folded.min(2 * last - folded) as usize
}

/// Which bin of the network's spectrum shapes each bin of ours: a longer tract has lower formants.
fn warped_bins(tract: f32) -> Vec<usize> {
    (0..BINS).map(|bin| ((bin as f32 * tract).round() as usize).min(BINS - 1)).collect()
}

/// A pulse train at the pitch of `f0` times `pitch`: every harmonic below the limit at unit amplitude, as
/// `sum cos(h t) = sin((H + 1/2) t) / (2 sin(t / 2)) - 1/2`; zero where nothing is voiced.
fn pulses(f0: &[f32], pitch: f32) -> Vec<f32> {
    let mut out = Vec::with_capacity(f0.len() * HOP);
    let mut turns = 0.0_f64;
    for t in 0..f0.len() {
        let (before, here, after) = (f0[t.saturating_sub(1)], f0[t], f0[(t + 1).min(f0.len() - 1)]);
        for j in 0..HOP {
            // Frames stand at the middle of their hop: straight lines between the middles.
            let place = (j as f32 + 0.5) / HOP as f32 - 0.5;
            let curve =
                if place < 0.0 { here + (here - before) * place } else { here + (after - here) * place };
            let hz = curve.max(VOICED_HZ_MIN) * pitch;
            turns = (turns + f64::from(hz) / f64::from(RATE_HZ)).fract();
            if curve <= VOICED_HZ_MIN {
                out.push(0.0);
                continue;
            }
            let angle = 2.0 * PI * turns as f32;
            let harmonics = (HARMONICS_HZ_MAX / hz).floor() + 0.5;
            let below = 2.0 * (angle * 0.5).sin();
            let peak = if below.abs() <= 2e-3 { harmonics } else { (harmonics * angle).sin() / below };
            out.push(peak - 0.5);
        }
    }
    out
}

/// White noise from a seed: xorshift64* and Box-Muller.
struct Noise(u64);

impl Noise {
    fn new(seed: u64) -> Noise {
        Noise(seed | 1)
    }

    /// Uniform in (0, 1].
    fn uniform(&mut self) -> f32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let bits = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 40;
        (bits as f32 + 1.0) / 16_777_216.0
    }

    /// Both parts normal with unit variance.
    fn complex(&mut self) -> Complex32 {
        let radius = (-2.0 * self.uniform().ln()).sqrt();
        Complex32::from_polar(radius, 2.0 * PI * self.uniform())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_is_mirrored_at_its_ends() {
        let places: Vec<usize> = (-3..8).map(|at| reflected(at, 5)).collect();
        assert_eq!(places, [3, 2, 1, 0, 1, 2, 3, 4, 3, 2, 1]);
    }

    #[test]
    fn pulses_have_the_pitch_of_the_curve_and_rest_where_nothing_is_voiced() {
        let train = pulses(&[120.0; 80], 1.0);
        let beats = train.windows(3).filter(|w| w[1] > 40.0 && w[1] >= w[0] && w[1] > w[2]).count();
        assert!((118..=122).contains(&beats), "{beats} pulses in a second");
        assert!(pulses(&[0.0; 8], 1.0).iter().all(|s| *s == 0.0));
        let low = pulses(&[120.0; 80], 0.5);
        let beats = low.windows(3).filter(|w| w[1] > 80.0 && w[1] >= w[0] && w[1] > w[2]).count();
        assert!((58..=62).contains(&beats), "{beats} pulses in a second");
    }

    #[test]
    fn noise_is_white_and_repeatable() {
        let mut noise = Noise::new(7);
        let drawn: Vec<Complex32> = (0..20_000).map(|_| noise.complex()).collect();
        let variance = drawn.iter().map(|z| z.re * z.re).sum::<f32>() / 20_000.0;
        let mean = drawn.iter().map(|z| z.re).sum::<f32>() / 20_000.0;
        assert!((variance - 1.0).abs() < 0.05 && mean.abs() < 0.05, "variance {variance}, mean {mean}");
        let mut again = Noise::new(7);
        assert!(drawn.iter().all(|z| *z == again.complex()));
    }
}

//! From the voice's samples to a telephone's: rate, level, and mu-law.

use std::f32::consts::PI;

/// Level of the speech in a prompt, pauses not counted: -20 dBFS, the usual active level on a telephone line.
const ACTIVE_RMS: f32 = 0.1;
/// No sample is louder than this; what would be is bent, not cut.
const PEAK_MAX: f32 = 0.89;
/// Peaks begin to bend here.
const KNEE: f32 = 0.6;
/// Quieter than this, between the words of a line at `ACTIVE_RMS`, is a pause.
pub const PAUSE_RMS: f32 = 0.004;
/// Quieter than this at the edges of a line is silence; a first "s" is barely louder on a telephone.
pub const EDGE_RMS: f32 = 0.001;
/// Half the length of the resampling kernel, in zero crossings.
const KERNEL_CROSSINGS: usize = 24;

/// `samples` at another rate: a windowed sinc, its edge at 94 % of the lower Nyquist frequency.
pub fn resampled(samples: &[f32], from_hz: u32, to_hz: u32) -> Vec<f32> {
    if from_hz == to_hz || samples.is_empty() {
        return samples.to_vec();
    }
    let common = gcd(from_hz, to_hz);
    let (down, up) = ((from_hz / common) as usize, (to_hz / common) as usize);
    // The kernel is measured in input samples; it grows wider as the cut-off falls.
    let cutoff = 0.94 * (to_hz as f32 / from_hz as f32).min(1.0);
    let reach = (KERNEL_CROSSINGS as f32 / cutoff).ceil() as isize;
    let phases: Vec<Vec<f32>> = (0..up)
        .map(|phase| {
            let shift = phase as f32 / up as f32;
            let taps: Vec<f32> =
                (-reach..=reach).map(|i| kernel(i as f32 - shift, cutoff, reach as f32)).collect();
            let gain: f32 = taps.iter().sum();
            taps.iter().map(|tap| tap / gain).collect()
        })
        .collect();
    let length = samples.len() * up / down;
    (0..length)
        .map(|n| {
            let (base, phase) = ((n * down / up) as isize, n * down % up);
            let taps = phases[phase].iter().zip(base - reach..);
            taps.filter_map(|(tap, at)| Some(tap * samples.get(usize::try_from(at).ok()?)?)).sum()
        })
        .collect()
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// A sinc under a Blackman window.
fn kernel(x: f32, cutoff: f32, reach: f32) -> f32 {
    let sinc = if x.abs() < 1e-6 { 1.0 } else { (PI * cutoff * x).sin() / (PI * cutoff * x) };
    let place = (x / reach).clamp(-1.0, 1.0);
    let window = 0.42 + 0.5 * (PI * place).cos() + 0.08 * (2.0 * PI * place).cos();
    sinc * window
}

/// The factor that brings a line to telephone level, its active parts at -20 dBFS. One where it is silent.
pub fn gain(samples: &[f32], rate_hz: u32) -> f32 {
    let frame = (rate_hz / 100) as usize;
    let powers: Vec<f32> = samples.chunks(frame).map(power).collect();
    let loudest = powers.iter().copied().fold(0.0, f32::max);
    // Speech is what lies within 30 dB of the loudest 10 ms.
    let active: Vec<f32> = powers.into_iter().filter(|p| *p > loudest * 1e-3).collect();
    if active.is_empty() {
        return 1.0;
    }
    ACTIVE_RMS / (active.iter().sum::<f32>() / active.len() as f32).sqrt()
}

/// A soft limit: straight up to the knee, then bent towards the peak, which it never passes.
pub fn limited(sample: f32) -> f32 {
    let over = sample.abs() - KNEE;
    if over <= 0.0 {
        return sample;
    }
    let room = PEAK_MAX - KNEE;
    sample.signum() * (KNEE + room * (over / room).tanh())
}

fn power(samples: &[f32]) -> f32 {
    samples.iter().map(|s| s * s).sum::<f32>() / samples.len().max(1) as f32
}

/// The stretches of a levelled line quieter than `below_rms`, in samples, each at least `shortest_ms` long.
pub fn silences(
    samples: &[f32],
    rate_hz: u32,
    shortest_ms: u32,
    below_rms: f32,
) -> Vec<std::ops::Range<usize>> {
    let frame = (rate_hz / 100) as usize;
    let shortest = frame * (shortest_ms as usize / 10);
    let mut found: Vec<std::ops::Range<usize>> = Vec::new();
    for (i, chunk) in samples.chunks(frame).enumerate() {
        if power(chunk).sqrt() >= below_rms {
            continue;
        }
        let stretch = i * frame..i * frame + chunk.len();
        match found.last_mut() {
            Some(last) if last.end == stretch.start => last.end = stretch.end,
            _ => found.push(stretch),
        }
    }
    found.retain(|stretch| stretch.len() >= shortest);
    found
}

/// Fades the first and the last `fade_ms`, so that no edge clicks.
pub fn fade(samples: &mut [f32], rate_hz: u32, fade_ms: u32) {
    let length = ((rate_hz * fade_ms / 1000) as usize).min(samples.len() / 2);
    for i in 0..length {
        let gain = 0.5 - 0.5 * (PI * (i as f32 + 0.5) / length as f32).cos();
        samples[i] *= gain;
        let mirror = samples.len() - 1 - i;
        samples[mirror] *= gain;
    }
}

/// Samples from -1 to 1 as G.711 mu-law.
pub fn mulaw(samples: &[f32]) -> Vec<u8> {
    samples.iter().map(|s| mulaw_code((s.clamp(-1.0, 1.0) * 32_767.0).round() as i16)).collect()
}

/// One sample of 16 bits as its mu-law code (ITU-T G.711, table 2a).
fn mulaw_code(sample: i16) -> u8 {
    const BIAS: i32 = 0x84;
    const CLIP: i32 = 32_635;
    let magnitude = i32::from(sample).abs().min(CLIP) + BIAS;
    let sign = if sample < 0 { 0x80 } else { 0 };
    let exponent = 31 - magnitude.leading_zeros() as i32 - 7;
    let mantissa = (magnitude >> (exponent + 3)) & 0x0f;
    !(sign | (exponent << 4) | mantissa) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(hz: f32, rate_hz: u32, seconds: f32, amplitude: f32) -> Vec<f32> {
        let count = (rate_hz as f32 * seconds) as usize;
        (0..count).map(|i| amplitude * (2.0 * PI * hz * i as f32 / rate_hz as f32).sin()).collect()
    }

    #[test]
    fn tones_of_the_telephone_band_pass_and_higher_ones_do_not_fold_back() {
        for (hz, least, most) in [(300.0, 0.99, 1.01), (1000.0, 0.99, 1.01), (3400.0, 0.97, 1.02)] {
            let out = resampled(&tone(hz, 24_000, 0.5, 1.0), 24_000, 8_000);
            let middle = power(&out[400..3600]).sqrt() * std::f32::consts::SQRT_2;
            assert!((least..most).contains(&middle), "{hz} Hz comes out at {middle}");
        }
        for hz in [4300.0, 6000.0, 9000.0] {
            let out = resampled(&tone(hz, 24_000, 0.5, 1.0), 24_000, 8_000);
            assert!(power(&out[400..3600]).sqrt() < 0.002, "{hz} Hz folds back");
        }
        assert_eq!(resampled(&tone(500.0, 24_000, 1.0, 1.0), 24_000, 16_000).len(), 16_000);
    }

    #[test]
    fn quiet_and_loud_lines_come_out_at_the_same_level_and_nothing_clips() {
        for amplitude in [0.01, 0.3, 4.0] {
            let mut line = tone(400.0, 8_000, 1.0, amplitude);
            line[100] = 20.0 * amplitude;
            line.extend(vec![0.0; 8_000]);
            let gain = gain(&line, 8_000);
            line.iter_mut().for_each(|s| *s = limited(*s * gain));
            let rms = power(&line[160..8_000]).sqrt();
            assert!((0.085..0.115).contains(&rms), "{amplitude}: {rms}");
            assert!(line.iter().all(|s| s.abs() <= PEAK_MAX));
        }
        assert_eq!(gain(&[0.0; 800], 8_000), 1.0);
    }

    #[test]
    fn silences_are_found_where_they_are() {
        let mut line = tone(400.0, 8_000, 0.5, 0.14);
        line.extend(vec![0.0; 1_600]);
        line.extend(tone(400.0, 8_000, 0.5, 0.14));
        let found = silences(&line, 8_000, 120, PAUSE_RMS);
        assert_eq!((found.len(), &found[0]), (1, &(4_000..5_600)));
        assert!(silences(&line, 8_000, 300, PAUSE_RMS).is_empty());
    }

    #[test]
    fn mulaw_codes_are_those_of_g711() {
        let known = [
            (0, 0xff),
            (-1, 0x7f),
            (8, 0xfe),
            (-8, 0x7e),
            (1000, 0xce),
            (-1000, 0x4e),
            (32767, 0x80),
            (-32768, 0x00),
        ];
        for (sample, code) in known {
            assert_eq!(mulaw_code(sample), code, "{sample}");
        }
    }
}

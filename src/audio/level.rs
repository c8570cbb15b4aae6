//! How loud a frame is, and how loud the line is when nobody speaks.

/// Frames of one part of the floor's memory (400 ms).
const PART_FRAMES: u32 = 20;
/// Parts remembered: together 2 s, longer than most people speak without a pause.
const PARTS: usize = 5;
/// Loudness of a frame of zeros, in decibels of full scale.
pub const DIGITAL_SILENCE_DB: f32 = -100.0;

/// The loudness of samples, in decibels of full scale (mean square).
pub fn decibels(samples: &[i16]) -> f32 {
    let sum: i64 = samples.iter().map(|&s| i64::from(s) * i64::from(s)).sum();
    let mean = sum as f32 / samples.len().max(1) as f32 / (32_768.0 * 32_768.0);
    (10.0 * mean.log10()).max(DIGITAL_SILENCE_DB)
}

/// The softest the line has been within the last two seconds.
///
/// A constant noise becomes the floor, whatever its level, within that time; voice, which pauses, does not.
#[derive(Clone, Debug)]
pub struct NoiseFloor {
    parts: [f32; PARTS],
    part: usize,
    frames: u32,
}

impl Default for NoiseFloor {
    fn default() -> Self {
        NoiseFloor::new()
    }
}

impl NoiseFloor {
    /// Nothing heard yet: no noise.
    pub fn new() -> NoiseFloor {
        NoiseFloor { parts: [DIGITAL_SILENCE_DB; PARTS], part: 0, frames: 0 }
    }

    /// Takes in how loud a frame of 20 ms was, and gives the floor, both in decibels of full scale.
    pub fn frame(&mut self, db: f32) -> f32 {
        if self.frames == 0 {
            self.part = (self.part + 1) % PARTS;
            self.parts[self.part] = db;
            self.frames = PART_FRAMES;
        }
        self.frames -= 1;
        self.parts[self.part] = self.parts[self.part].min(db);
        self.parts.iter().copied().fold(f32::MAX, f32::min)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loudness_is_measured_against_full_scale() {
        assert_eq!(decibels(&[0; 160]), DIGITAL_SILENCE_DB);
        assert_eq!(decibels(&[]), DIGITAL_SILENCE_DB);
        assert!(decibels(&[i16::MIN; 160]).abs() < 0.01);
        assert!((decibels(&[3_277; 160]) + 20.0).abs() < 0.01);
    }

    #[test]
    fn a_constant_noise_becomes_the_floor_and_voice_does_not() {
        let mut floor = NoiseFloor::new();
        let noise = (0..150).map(|_| floor.frame(-45.0)).last().unwrap();
        assert_eq!(noise, -45.0, "after 3 s of noise");
        // A second and a half of voice over it.
        let voice = (0..75).map(|_| floor.frame(-20.0)).last().unwrap();
        assert_eq!(voice, -45.0);
        assert_eq!(floor.frame(-60.0), -60.0, "a softer line is known at once");
    }
}

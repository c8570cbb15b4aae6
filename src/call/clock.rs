//! The provider's clock on the caller's audio: what never arrived is a jump in it, not a gap in the messages.

/// A difference up to this is the provider's own unevenness, not lost audio.
const JITTER_MS: u64 = 40;
/// The most that can be lost at once; a bigger jump is a broken clock.
const LOST_MS_MAX: u64 = 60_000;
const SAMPLES_PER_MS: u64 = 8;

/// Where the next sample is expected, in samples of the provider's clock.
#[derive(Debug, Default)]
pub(super) struct CallerClock {
    expected: Option<u64>,
}

impl CallerClock {
    /// How many milliseconds never arrived before these `samples`, which the provider says begin `at_ms`.
    pub(super) fn lost_before(&mut self, at_ms: Option<u64>, samples: usize) -> u64 {
        let lost_ms = match (at_ms, self.expected) {
            (Some(at), Some(expected)) => {
                let jump = at.saturating_sub(expected / SAMPLES_PER_MS);
                if jump > LOST_MS_MAX {
                    self.expected = Some(at * SAMPLES_PER_MS);
                }
                if jump > JITTER_MS && jump <= LOST_MS_MAX { jump } else { 0 }
            }
            (Some(at), None) => {
                self.expected = Some(at * SAMPLES_PER_MS);
                0
            }
            (None, _) => 0,
        };
        self.expected = self.expected.map(|e| e + lost_ms * SAMPLES_PER_MS + samples as u64);
        lost_ms
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jump_is_lost_audio_and_unevenness_is_not() {
        let mut clock = CallerClock::default();
        let stamps = [7, 27, 48, 66, 87, 207, 227, 1_000_000, 1_000_020];
        let lost: Vec<u64> = stamps.iter().map(|&at| clock.lost_before(Some(at), 160)).collect();
        assert_eq!(lost, [0, 0, 0, 0, 0, 100, 0, 0, 0]);
    }

    #[test]
    fn uneven_stamps_never_add_up() {
        let mut clock = CallerClock::default();
        let lost: u64 = (0..10_000u64).map(|n| clock.lost_before(Some(n * 20 + n % 7), 160)).sum();
        assert_eq!(lost, 0);
        let mut odd = CallerClock::default();
        let lost: u64 = (0..10_000u64).map(|n| odd.lost_before(Some(n * 164 / 8), 164)).sum();
        assert_eq!(lost, 0);
    }
}

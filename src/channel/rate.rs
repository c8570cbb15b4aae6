//! How much of something may come in a time.

use std::time::Duration;
use tokio::time::Instant;

/// A bucket that fills at a steady rate and is emptied by what arrives.
pub struct Bucket {
    level: f64,
    capacity: f64,
    per_s: f64,
    at: Instant,
}

impl Bucket {
    /// Full at `now`.
    pub fn new(capacity: u32, per_s: u32, now: Instant) -> Bucket {
        Bucket::with_rate(capacity, f64::from(per_s), now)
    }

    /// The same, for what comes less often than once a second.
    pub fn with_rate(capacity: u32, per_s: f64, now: Instant) -> Bucket {
        Bucket { level: f64::from(capacity), capacity: f64::from(capacity), per_s, at: now }
    }

    /// Takes `amount` where there is as much, and nothing else: who is refused is not refused longer for asking.
    pub fn take_if_there(&mut self, amount: usize, now: Instant) -> bool {
        let there = self.take(amount, now);
        if !there {
            self.level += amount as f64;
        }
        there
    }

    /// Takes `amount`; false where there is not as much.
    pub fn take(&mut self, amount: usize, now: Instant) -> bool {
        let since: Duration = now.saturating_duration_since(self.at);
        self.at = now;
        self.level = (self.level + since.as_secs_f64() * self.per_s).min(self.capacity) - amount as f64;
        self.level >= 0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_taken_and_a_flood_is_not() {
        let began = Instant::now();
        let later = |ms| began + Duration::from_millis(ms);
        let mut bucket = Bucket::new(100, 10, began);
        assert!(bucket.take(100, began), "a burst up to the capacity");
        assert!(!bucket.take(1, began));
        assert!(bucket.take(10, later(1_200)), "10 a second come back");
        assert!(bucket.take(100, later(60_000)), "never more than the capacity");
        assert!(!bucket.take(1, later(60_000)));
    }
}

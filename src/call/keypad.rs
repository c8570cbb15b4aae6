//! Keys reach us twice: as the provider's message and as a sound. Each press counts once.

use crate::{dialogue::Key, time::Millis};

/// The two reports of one press come within this time of each other.
const TWICE_MS_MAX: u64 = 1_000;

/// How a press was reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Report {
    /// The provider said so.
    Message,
    /// It was heard in the audio.
    Sound,
}

/// Remembers the last presses that wait for their second report.
#[derive(Debug, Default)]
pub(super) struct Keypad {
    waiting: Vec<(Key, Report, Millis)>,
}

impl Keypad {
    /// Whether this report is of a press not known yet.
    pub(super) fn is_new(&mut self, key: Key, report: Report, now: Millis) -> bool {
        self.waiting.retain(|(_, _, at)| now.since(*at) <= TWICE_MS_MAX);
        match self.waiting.iter().position(|(k, r, _)| *k == key && *r != report) {
            Some(known) => {
                self.waiting.remove(known);
                false
            }
            None => {
                self.waiting.push((key, report, now));
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_press_reported_both_ways_counts_once_and_two_presses_twice() {
        let mut keypad = Keypad::default();
        let one = Key::new('1').expect("a key");
        let mut new = |report, ms| keypad.is_new(one, report, Millis(ms));
        assert!(new(Report::Sound, 0));
        assert!(!new(Report::Message, 120));
        assert!(new(Report::Message, 400), "a second press");
        assert!(!new(Report::Sound, 500));
        assert!(new(Report::Sound, 2_000), "long after, a third");
        assert!(new(Report::Sound, 2_300), "and a fourth, heard the same way");
    }
}

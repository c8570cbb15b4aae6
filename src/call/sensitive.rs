//! When in a call a sensitive question was open, for the recording: what was said then is sealed apart.

use crate::time::Millis;

/// The times in which a sensitive question waited for its answer.
#[derive(Debug, Default)]
pub(super) struct Spans {
    /// Ended ones, oldest first; the recording lags behind by seconds only, so few matter.
    ended: Vec<(Millis, Millis)>,
    open: Option<Millis>,
}

impl Spans {
    /// At `now` a question is open, or is not.
    pub(super) fn now(&mut self, now: Millis, open: bool) {
        match (self.open, open) {
            (None, true) => self.open = Some(now),
            (Some(since), false) => {
                self.ended.push((since, now));
                self.open = None;
            }
            _ => {}
        }
    }

    /// Whether one was open somewhere from `from` to `to`.
    pub(super) fn touches(&self, from: Millis, to: Millis) -> bool {
        self.open.is_some_and(|since| since <= to)
            || self.ended.iter().any(|(since, until)| *since <= to && from <= *until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_is_sensitive_when_a_question_was_open_in_any_of_it() {
        let mut spans = Spans::default();
        for (at, open) in [(0, false), (1_000, true), (1_500, true), (2_000, false), (9_000, true)] {
            spans.now(Millis(at), open);
        }
        for (from, to, sensitive) in [
            (0, 999, false),
            (0, 1_000, true),
            (1_200, 1_300, true),
            (2_000, 3_000, true),
            (2_001, 8_999, false),
            (8_000, 9_500, true),
            (10_000, 11_000, true),
        ] {
            assert_eq!(spans.touches(Millis(from), Millis(to)), sensitive, "{from} to {to}");
        }
    }
}

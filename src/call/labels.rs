//! Under which label each moment of a recording is sealed: what was said while a sensitive question was open apart, and
//! the asking and answering of consents apart, to the millisecond.

use crate::{journal::Label, time::Millis};
use std::ops::Range;

/// What is said after a sensitive question was answered may still belong to the answer.
const LINGERS_MS: u64 = 1_000;
/// Two channels of 8 kHz mu-law.
const BYTES_PER_MS: u64 = 16;

/// The label of what is heard, over the time of a call.
#[derive(Debug, Default)]
pub(super) struct Spans {
    /// From when on which label holds, oldest first; the last one holds until now. Before the first it is general.
    changes: Vec<(Millis, Label)>,
}

impl Spans {
    /// From `now` on this is the label.
    pub(super) fn now(&mut self, now: Millis, label: Label) {
        let was = self.changes.last().map_or(Label::General, |(_, label)| *label);
        if was == label {
            return;
        }
        // The end of an answer is sealed with it, unless the asking for a consent begins there.
        let lingers = was == Label::Sensitive && label == Label::General;
        let since = if lingers { now + LINGERS_MS } else { now };
        // What would have begun later begins now as something else.
        while self.changes.last().is_some_and(|(last, _)| *last >= since) {
            self.changes.pop();
        }
        self.changes.push((since, label));
    }

    /// A piece from `from` until before `to`, cut where its label changes: which of its bytes have which.
    pub(super) fn cut(&self, from: Millis, to: Millis) -> Vec<(Label, Range<usize>)> {
        let at = |moment: Millis| ((moment.0.clamp(from.0, to.0) - from.0) * BYTES_PER_MS) as usize;
        let mut parts: Vec<(Label, Range<usize>)> = Vec::new();
        let before = (Millis(0), Label::General);
        let all: Vec<(Millis, Label)> = std::iter::once(before).chain(self.changes.iter().copied()).collect();
        for (n, (since, label)) in all.iter().enumerate() {
            let until = all.get(n + 1).map_or(to, |(next, _)| *next);
            let part = at(*since)..at(until);
            match parts.last_mut() {
                _ if part.is_empty() => {}
                Some((last, whole)) if last == label => whole.end = part.end,
                _ => parts.push((*label, part)),
            }
        }
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Label::{Consent, General, Sensitive};

    #[test]
    fn a_piece_is_cut_where_its_label_changes() {
        let mut spans = Spans::default();
        let changes = [
            (0, General),
            (1_000, Sensitive),
            (1_500, Sensitive),
            (2_000, General),
            (9_000, Consent),
            (9_400, Sensitive),
        ];
        for (at, label) in changes {
            spans.now(Millis(at), label);
        }
        let bytes = |ms: Range<usize>| ms.start * 16..ms.end * 16;
        for (from, to, expected) in [
            (0, 1_000, vec![(General, 0..1_000)]),
            (500, 1_500, vec![(General, 0..500), (Sensitive, 500..1_000)]),
            (2_500, 3_500, vec![(Sensitive, 0..500), (General, 500..1_000)]),
            (8_000, 10_000, vec![(General, 0..1_000), (Consent, 1_000..1_400), (Sensitive, 1_400..2_000)]),
            (70_000, 71_000, vec![(Sensitive, 0..1_000)]),
            (5_000, 5_000, vec![]),
        ] {
            let expected: Vec<_> = expected.into_iter().map(|(label, ms)| (label, bytes(ms))).collect();
            assert_eq!(spans.cut(Millis(from), Millis(to)), expected, "{from} to {to}");
        }
    }

    #[test]
    fn the_asking_for_a_consent_begins_where_it_begins_also_right_after_an_answer() {
        let mut spans = Spans::default();
        for (at, label) in [(1_000, Sensitive), (2_000, General), (2_300, Consent)] {
            spans.now(Millis(at), label);
        }
        let expected = vec![(Sensitive, 0..300 * 16), (Consent, 300 * 16..1_000 * 16)];
        assert_eq!(spans.cut(Millis(2_000), Millis(3_000)), expected);
    }
}

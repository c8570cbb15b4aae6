//! The words of a call on their way: turns whose end or whose words are still to come, in the order they were said.

use crate::{ports::EngineFailed, time::Millis, understand::Heard};
use futures_util::future::AbortHandle;
use std::collections::VecDeque;

/// What the recogniser made of a turn.
pub(super) type Recognised = Result<Heard, EngineFailed>;

struct Turn {
    number: u32,
    recognised: Option<Recognised>,
    span: Option<(Millis, Millis)>,
    /// Stops a recognition that nobody needs any more.
    recognition: AbortHandle,
}

/// Turns on their way. A turn is said to the dialogue when both its end and its words are known; one that has
/// ended is never dropped, whatever is heard meanwhile.
#[derive(Default)]
pub(super) struct Words {
    turns: VecDeque<Turn>,
}

impl Words {
    /// A turn may be over and is being recognised; an earlier guess that did not become a turn is void.
    pub(super) fn guessed(&mut self, number: u32, recognition: AbortHandle) {
        self.went_on();
        self.turns.push_back(Turn { number, recognised: None, span: None, recognition });
    }

    /// The guess was wrong: the caller speaks on. Work on it stops.
    pub(super) fn went_on(&mut self) {
        self.turns.retain(|turn| {
            if turn.span.is_none() {
                turn.recognition.abort();
            }
            turn.span.is_some()
        });
    }

    /// The turn is over; this is where it was.
    pub(super) fn ended(&mut self, number: u32, span: (Millis, Millis)) {
        if let Some(turn) = self.turns.iter_mut().find(|t| t.number == number) {
            turn.span = Some(span);
        }
    }

    /// The words of a turn are there.
    pub(super) fn recognised(&mut self, number: u32, recognised: Recognised) {
        if let Some(turn) = self.turns.iter_mut().find(|t| t.number == number) {
            turn.recognised = Some(recognised);
        }
    }

    /// The oldest turn, when it is over and its words are there.
    pub(super) fn next(&mut self) -> Option<(Recognised, (Millis, Millis))> {
        let turn = self.turns.pop_front_if(|t| t.span.is_some() && t.recognised.is_some())?;
        turn.recognised.zip(turn.span)
    }

    /// Whether words of a turn that ended are still to come.
    pub(super) fn are_awaited(&self) -> bool {
        self.turns.iter().any(|t| t.span.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(from: u64) -> (Millis, Millis) {
        (Millis(from), Millis(from + 500))
    }

    fn guess(words: &mut Words, number: u32) -> AbortHandle {
        let (recognition, _) = AbortHandle::new_pair();
        words.guessed(number, recognition.clone());
        recognition
    }

    #[test]
    fn a_finished_turn_is_kept_whatever_is_heard_before_its_words_are_there() {
        let mut words = Words::default();
        guess(&mut words, 1);
        words.ended(1, span(0));
        // A cough, and a second phrase that is guessed, taken back and guessed again.
        words.went_on();
        let void = guess(&mut words, 2);
        words.went_on();
        assert!(void.is_aborted(), "nobody decodes a void guess");
        guess(&mut words, 3);
        words.ended(3, span(900));
        words.recognised(3, Ok(Heard::typed("yes")));
        assert!(words.next().is_none(), "the older turn comes first");
        assert!(words.are_awaited());
        words.recognised(1, Ok(Heard::typed("don't send it")));
        assert_eq!(words.next(), Some((Ok(Heard::typed("don't send it")), span(0))));
        assert_eq!(words.next(), Some((Ok(Heard::typed("yes")), span(900))));
        assert_eq!(words.next(), None);
    }

    #[test]
    fn words_wait_for_the_end_of_their_turn() {
        let mut words = Words::default();
        guess(&mut words, 1);
        words.recognised(1, Ok(Heard::typed("yes")));
        assert!(words.next().is_none());
        assert!(!words.are_awaited());
        words.ended(1, span(0));
        assert!(words.next().is_some());
    }
}

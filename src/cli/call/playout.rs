//! What a provider does with the audio it is sent: a first-in, first-out buffer played at 8000 samples a second,
//! with marks between the samples. No clock and no socket: time is the number of samples since the stream began.

use crate::audio::g711::MULAW_SILENCE as SILENCE;
use std::collections::VecDeque;

/// A provider discards what is sent beyond ten minutes of buffered audio (its error 31931).
pub const BUFFERED_SAMPLES_MAX: usize = 600 * 8_000;

enum Piece {
    Audio { bytes: Vec<u8>, played: usize },
    Mark(String),
}

/// The buffer of one stream, and everything that was played from it.
#[derive(Default)]
pub struct Playout {
    queue: VecDeque<Piece>,
    queued: usize,
    heard: Vec<u8>,
    echoes: Vec<String>,
    discarded: usize,
}

impl Playout {
    /// Plays up to sample `to`. Where there is nothing to play, silence is.
    pub fn advance(&mut self, to: u64) {
        let mut missing = (to as usize).saturating_sub(self.heard.len());
        self.release_marks();
        while missing > 0 {
            let Some(Piece::Audio { bytes, played }) = self.queue.front_mut() else { break };
            let n = missing.min(bytes.len() - *played);
            self.heard.extend_from_slice(&bytes[*played..*played + n]);
            *played += n;
            self.queued -= n;
            missing -= n;
            if *played == bytes.len() {
                self.queue.pop_front();
                self.release_marks();
            }
        }
        self.heard.resize(self.heard.len() + missing, SILENCE);
    }

    /// Audio arrived at sample `at`: the sample at which its first one will be played,
    /// or `None` where the buffer is full and the audio was thrown away.
    pub fn audio(&mut self, at: u64, bytes: Vec<u8>) -> Option<u64> {
        self.advance(at);
        if self.queued + bytes.len() > BUFFERED_SAMPLES_MAX {
            self.discarded += bytes.len();
            return None;
        }
        let plays_at = self.clock() + self.queued as u64;
        self.queued += bytes.len();
        if !bytes.is_empty() {
            self.queue.push_back(Piece::Audio { bytes, played: 0 });
        }
        Some(plays_at)
    }

    /// A mark arrived at sample `at`: it comes back when everything before it was played, at once if all was.
    pub fn mark(&mut self, at: u64, name: String) {
        self.advance(at);
        self.queue.push_back(Piece::Mark(name));
        self.release_marks();
    }

    /// A clear arrived at sample `at`: what was not played is dropped, and every pending mark comes back.
    /// The number of samples dropped.
    pub fn clear(&mut self, at: u64) -> usize {
        self.advance(at);
        for piece in self.queue.drain(..) {
            if let Piece::Mark(name) = piece {
                self.echoes.push(name);
            }
        }
        std::mem::take(&mut self.queued)
    }

    /// The marks that are due to be sent back since the last time, in order.
    pub fn echoes(&mut self) -> Vec<String> {
        std::mem::take(&mut self.echoes)
    }

    /// How many samples were played, silence among them.
    pub fn clock(&self) -> u64 {
        self.heard.len() as u64
    }

    /// How many samples wait to be played.
    #[cfg(test)]
    fn queued(&self) -> u64 {
        self.queued as u64
    }

    /// How many samples were thrown away because the buffer was full.
    pub fn discarded(&self) -> usize {
        self.discarded
    }

    /// Everything the caller heard, mu-law, from the stream's beginning.
    pub fn heard(&self) -> &[u8] {
        &self.heard
    }

    fn release_marks(&mut self) {
        while let Some(Piece::Mark(_)) = self.queue.front() {
            if let Some(Piece::Mark(name)) = self.queue.pop_front() {
                self.echoes.push(name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(n: usize) -> Vec<u8> {
        (0..n).map(|i| 0x10 + (i % 64) as u8).collect()
    }

    #[test]
    fn audio_is_played_in_order_and_at_the_lines_rate() {
        let mut playout = Playout::default();
        assert_eq!(playout.audio(100, tone(160)), Some(100), "silence until it came");
        assert_eq!(playout.audio(100, tone(160)), Some(260), "behind what is queued");
        playout.advance(200);
        assert_eq!((playout.clock(), playout.queued()), (200, 220));
        playout.advance(1_000);
        assert_eq!((playout.clock(), playout.queued()), (1_000, 0));
        assert!(playout.heard()[..100].iter().all(|b| *b == SILENCE));
        assert_eq!(&playout.heard()[100..260], &tone(160)[..]);
        assert_eq!(&playout.heard()[260..420], &tone(160)[..]);
        assert!(playout.heard()[420..].iter().all(|b| *b == SILENCE));
    }

    #[test]
    fn a_mark_comes_back_when_everything_before_it_was_played_and_not_before() {
        let mut playout = Playout::default();
        playout.audio(0, tone(160));
        playout.mark(0, "a".into());
        playout.audio(0, tone(160));
        playout.mark(0, "b".into());
        playout.mark(0, "c".into());
        playout.advance(159);
        assert!(playout.echoes().is_empty());
        playout.advance(160);
        assert_eq!(playout.echoes(), ["a"]);
        playout.advance(319);
        assert!(playout.echoes().is_empty());
        playout.advance(5_000);
        assert_eq!(playout.echoes(), ["b", "c"]);
        playout.advance(9_000);
        assert!(playout.echoes().is_empty(), "each comes back once");
    }

    #[test]
    fn a_mark_with_nothing_before_it_comes_back_at_once() {
        let mut playout = Playout::default();
        playout.mark(40, "now".into());
        assert_eq!(playout.echoes(), ["now"]);
        playout.audio(40, tone(10));
        playout.advance(50);
        playout.mark(50, "again".into());
        assert_eq!(playout.echoes(), ["again"]);
    }

    #[test]
    fn a_clear_drops_what_was_not_played_and_sends_every_pending_mark_back_at_once() {
        let mut playout = Playout::default();
        playout.audio(0, tone(800));
        playout.mark(0, "a".into());
        playout.audio(0, tone(800));
        playout.mark(0, "b".into());
        assert_eq!(playout.clear(300), 1_300);
        assert_eq!(playout.echoes(), ["a", "b"]);
        assert_eq!(playout.queued(), 0);
        assert_eq!(playout.audio(300, tone(160)), Some(300), "what comes after the clear is played");
        playout.advance(2_000);
        assert_eq!(playout.heard()[299], tone(800)[299]);
        assert_eq!(&playout.heard()[300..460], &tone(160)[..]);
        assert_eq!(playout.heard()[460], SILENCE);
        assert!(playout.echoes().is_empty());
    }

    #[test]
    fn a_clear_of_nothing_is_nothing() {
        let mut playout = Playout::default();
        assert_eq!(playout.clear(10), 0);
        assert!(playout.echoes().is_empty());
    }

    #[test]
    fn more_than_ten_minutes_is_discarded_and_what_is_queued_stays() {
        let mut playout = Playout::default();
        assert!(playout.audio(0, vec![0x20; BUFFERED_SAMPLES_MAX]).is_some());
        assert_eq!(playout.audio(0, tone(160)), None);
        assert_eq!(playout.discarded(), 160);
        assert_eq!(playout.queued() as usize, BUFFERED_SAMPLES_MAX);
        playout.advance(160);
        assert!(playout.audio(160, tone(160)).is_some(), "there is room again");
    }

    #[test]
    fn time_that_does_not_move_plays_nothing() {
        let mut playout = Playout::default();
        playout.audio(500, tone(160));
        playout.advance(400);
        assert_eq!((playout.clock(), playout.queued()), (500, 160));
    }
}

//! The recording of one call: two channels on one clock, the caller left, the agent as heard right.

use crate::time::Millis;

const SILENCE: u8 = 0xff;
const BYTES_PER_MS: usize = 8;
/// What the agent says can still be taken back for this long; older samples are final.
const FINAL_AFTER_MS: u64 = 1_000;
/// The caller's audio may come this much late, and still stands where it was said.
const CALLER_LATE_MS_MAX: u64 = 15_000;
/// Finished samples are given out in pieces of this length or more.
const PIECE_MS_MIN: u64 = 1_000;
/// And of this length or less.
const PIECE_MS_MAX: u64 = 60_000;
/// No gap in the caller's audio is filled with more silence than this at once.
const GAP_MS_MAX: u64 = 60_000;

/// Finished samples of both sides (mu-law, interleaved), and where in the call they begin and end.
pub type Piece = (Vec<u8>, Millis, Millis);

/// Collects both sides and gives finished pieces: mu-law, interleaved.
#[derive(Default)]
pub struct Recorder {
    on: bool,
    /// Samples already given out, per channel.
    given: usize,
    left: Vec<u8>,
    right: Vec<u8>,
    /// The next sample of the caller, counted from the beginning of the call.
    caller_at: Option<usize>,
}

impl Recorder {
    /// From `now` on both sides are kept; what came before stays silence, so that times stay true.
    pub fn start(&mut self) {
        self.on = true;
    }

    /// The caller does not talk for a while; what comes until then will be silence.
    pub fn pause(&mut self) {
        self.on = false;
        (self.left, self.right, self.caller_at) = (Vec::new(), Vec::new(), None);
    }

    /// From now on nothing is kept.
    pub fn stop(&mut self) {
        self.on = false;
        (self.left, self.right) = (Vec::new(), Vec::new());
    }

    /// The caller's samples; `lost_ms` of them never arrived before these.
    pub fn caller(&mut self, now: Millis, samples: &[u8], lost_ms: u64) {
        let first = now.0 as usize * BYTES_PER_MS;
        let at = self.caller_at.unwrap_or(first) + lost_ms.min(GAP_MS_MAX) as usize * BYTES_PER_MS;
        self.caller_at = Some(at + samples.len());
        if self.on {
            write(&mut self.left, self.given, at, samples);
        }
    }

    /// The agent's samples, heard from `at` on.
    pub fn agent(&mut self, at: Millis, samples: &[u8]) {
        if self.on {
            write(&mut self.right, self.given, at.0 as usize * BYTES_PER_MS, samples);
        }
    }

    /// What the agent would have said after `now` was not heard.
    pub fn cut(&mut self, now: Millis) {
        let keep = (now.0 as usize * BYTES_PER_MS).saturating_sub(self.given);
        self.right.truncate(keep);
    }

    /// The samples that are final at `now`, if there are any.
    pub fn finished(&mut self, now: Millis) -> Option<Piece> {
        // The caller's audio may come late; it is waited for, but not for ever.
        let heard = self.caller_at.map_or(now.0, |at| (at / BYTES_PER_MS) as u64);
        let last = heard.min(now.0).max(now.0.saturating_sub(CALLER_LATE_MS_MAX));
        let until = last.saturating_sub(FINAL_AFTER_MS) as usize * BYTES_PER_MS;
        (until >= self.given + PIECE_MS_MIN as usize * BYTES_PER_MS).then(|| self.take(until)).flatten()
    }

    /// The next piece of everything up to `now`, at the end of the call.
    pub fn rest(&mut self, now: Millis) -> Option<Piece> {
        self.take(now.0 as usize * BYTES_PER_MS)
    }

    fn take(&mut self, until: usize) -> Option<Piece> {
        // A voice that begins late has minutes of silence before it, which need not be in memory at once.
        let until = until.min(self.given + PIECE_MS_MAX as usize * BYTES_PER_MS);
        let count = until.saturating_sub(self.given);
        if !self.on || count == 0 {
            return None;
        }
        let mut piece = Vec::with_capacity(count * 2);
        for at in 0..count {
            piece.push(self.left.get(at).copied().unwrap_or(SILENCE));
            piece.push(self.right.get(at).copied().unwrap_or(SILENCE));
        }
        self.left.drain(..count.min(self.left.len()));
        self.right.drain(..count.min(self.right.len()));
        let ms = |samples: usize| Millis((samples / BYTES_PER_MS) as u64);
        let from = ms(self.given);
        self.given = until;
        Some((piece, from, ms(until)))
    }
}

/// Writes `samples` at sample `at` of a channel whose first `given` samples are gone; gaps become silence,
/// and what would fall before `given` is too late.
fn write(channel: &mut Vec<u8>, given: usize, at: usize, samples: &[u8]) {
    let skip = given.saturating_sub(at).min(samples.len());
    let samples = &samples[skip..];
    let at = at.max(given) - given;
    if channel.len() < at + samples.len() {
        channel.resize(at + samples.len(), SILENCE);
    }
    channel[at..at + samples.len()].copy_from_slice(samples);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_stand_where_they_were_heard_and_gaps_are_silence() {
        let mut recorder = Recorder::default();
        recorder.caller(Millis(0), &[1; 8], 0);
        recorder.start();
        recorder.caller(Millis(1), &[2; 8], 0);
        recorder.caller(Millis(2), &[3; 8], 1);
        recorder.agent(Millis(2), &[7; 16]);
        recorder.cut(Millis(3));
        let (piece, from, to) = recorder.rest(Millis(5)).expect("five milliseconds were recorded");
        assert_eq!((from, to), (Millis(0), Millis(5)));
        let side = |offset: usize| piece.iter().skip(offset).step_by(2).copied().collect::<Vec<u8>>();
        let expect = |ms: [u8; 5]| ms.iter().flat_map(|&b| [b; 8]).collect::<Vec<u8>>();
        assert_eq!(side(0), expect([SILENCE, 2, SILENCE, 3, SILENCE]));
        assert_eq!(side(1), expect([SILENCE, SILENCE, 7, SILENCE, SILENCE]));
        assert_eq!(recorder.rest(Millis(5)), None);
    }

    #[test]
    fn a_voice_that_begins_late_and_pauses_stands_where_it_was_heard() {
        let mut recorder = Recorder::default();
        let mut pieces = Vec::new();
        let mut take = |recorder: &mut Recorder, now| {
            while let Some(piece) = recorder.rest(Millis(now)) {
                pieces.push(piece);
            }
        };
        recorder.start();
        recorder.caller(Millis(150_000), &[5; 8], 0);
        take(&mut recorder, 150_002);
        recorder.pause();
        recorder.start();
        recorder.caller(Millis(150_004), &[6; 8], 0);
        take(&mut recorder, 150_005);
        let places: Vec<(u64, u64)> = pieces.iter().map(|(_, from, to)| (from.0, to.0)).collect();
        assert_eq!(places, [(0, 60_000), (60_000, 120_000), (120_000, 150_002), (150_002, 150_005)]);
        let caller = |ms: u64| {
            let (piece, from, _) = pieces.iter().find(|(_, _, to)| ms < to.0).expect("it was recorded");
            piece[(ms - from.0) as usize * 16]
        };
        assert_eq!(
            [149_999, 150_000, 150_001, 150_003, 150_004].map(caller),
            [SILENCE, 5, SILENCE, SILENCE, 6]
        );
    }

    #[test]
    fn nothing_is_kept_before_the_recording_notice_nor_after_a_refusal() {
        let mut recorder = Recorder::default();
        recorder.caller(Millis(0), &[1; 800], 0);
        assert_eq!(recorder.rest(Millis(100)), None);
        recorder.start();
        recorder.stop();
        recorder.caller(Millis(100), &[1; 800], 0);
        assert_eq!(recorder.rest(Millis(200)), None);
    }
}

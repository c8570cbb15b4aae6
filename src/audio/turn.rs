//! When somebody's turn to speak begins, pauses and ends: frame by frame, from how likely each is voice.

use super::FRAME_MS;
use crate::time::Millis;

/// A frame this likely to be voice begins a turn, with others. Noise, music and tones stay far below.
const VOICE_BEGINS: f32 = 0.3;
/// A frame this likely to be voice keeps a turn going.
const VOICE_GOES_ON: f32 = 0.3;
/// So much softer than the loudest of the turn, in decibels, it is no voice: the detector is slow to let go.
const SOFTER_DB_MAX: f32 = 35.0;
/// Of the last [`ONSET_FRAMES`], so many must be voice: a click is less. One more would make `clear` 20 ms later.
const ONSET_VOICED: u32 = 3;
/// 120 ms: the most an onset waits for its proof.
const ONSET_FRAMES: u32 = 6;
/// After a guess, so many frames of voice in a row take it back: an echo or a breath is less.
const RESUME_VOICED: u32 = 2;
/// A turn with less voice than this holds no word.
const VOICE_MS_MIN: u64 = 100;
/// The end-of-turn silence, in milliseconds: no shorter, and no longer.
const END_OF_TURN_MS: std::ops::RangeInclusive<u64> = 160..=5_000;

/// What became of the turn with a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Voice began, at `from`; certain only now.
    Began {
        /// Where in the call.
        from: Millis,
    },
    /// Silence has lasted long enough to guess that the turn is over.
    Paused {
        /// Where the turn began.
        from: Millis,
        /// Where its voice ended.
        to: Millis,
    },
    /// It was not over.
    WentOn,
    /// The turn is over.
    Ended {
        /// Where it began.
        from: Millis,
        /// Where its voice ended.
        to: Millis,
    },
    /// The turn is taken as it stands: it has lasted as long as one may. There was no pause before.
    Cut {
        /// Where it began.
        from: Millis,
        /// Now.
        to: Millis,
    },
    /// What began was no voice worth decoding.
    Nothing,
}

/// The machine. It knows nothing of samples.
#[derive(Clone, Debug)]
pub struct Turns {
    end_of_turn_ms: u64,
    turn_ms_max: u64,
    /// Whether each of the last frames was voice: the newest is the lowest bit.
    recent: u32,
    state: State,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Quiet,
    Speaking(Speaking),
}

#[derive(Clone, Copy, Debug)]
struct Speaking {
    from: Millis,
    /// Where the last voice ended.
    to: Millis,
    voiced_ms: u64,
    loudest_db: f32,
    paused: bool,
}

impl Turns {
    /// A stream that begins in silence.
    pub fn new(end_of_turn_ms: u64, turn_ms_max: u64) -> Turns {
        let mut turns = Turns { end_of_turn_ms: 0, turn_ms_max, recent: 0, state: State::Quiet };
        turns.set_end_of_turn(end_of_turn_ms);
        turns
    }

    /// How much silence ends a turn, from now on.
    pub fn set_end_of_turn(&mut self, ms: u64) {
        self.end_of_turn_ms = ms.clamp(*END_OF_TURN_MS.start(), *END_OF_TURN_MS.end());
    }

    /// Whether a turn is under way.
    pub fn is_speaking(&self) -> bool {
        matches!(self.state, State::Speaking(_))
    }

    /// Takes one frame of [`FRAME_MS`] that begins `at`: how likely it is voice, and how loud (decibels of any
    /// reference).
    pub fn frame(&mut self, at: Millis, probability: f32, loudness_db: f32) -> Option<Change> {
        let end = at + FRAME_MS;
        match self.state {
            State::Quiet => self.quiet(end, probability, loudness_db),
            State::Speaking(speaking) => self.speaking(speaking, end, probability, loudness_db),
        }
    }

    fn quiet(&mut self, end: Millis, probability: f32, loudness_db: f32) -> Option<Change> {
        self.remember(probability >= VOICE_BEGINS);
        let window = self.recent & ((1 << ONSET_FRAMES) - 1);
        if window.count_ones() < ONSET_VOICED {
            return None;
        }
        let oldest = u64::from(u32::BITS - window.leading_zeros());
        let from = Millis(end.0.saturating_sub(oldest * FRAME_MS));
        self.state = State::Speaking(Speaking {
            from,
            to: end,
            voiced_ms: u64::from(window.count_ones()) * FRAME_MS,
            loudest_db: loudness_db,
            paused: false,
        });
        Some(Change::Began { from })
    }

    fn speaking(&mut self, mut now: Speaking, end: Millis, probability: f32, db: f32) -> Option<Change> {
        now.loudest_db = now.loudest_db.max(if probability >= VOICE_BEGINS { db } else { f32::MIN });
        let voice = probability >= VOICE_GOES_ON && db > now.loudest_db - SOFTER_DB_MAX;
        self.remember(voice);
        let resumed = (1 << RESUME_VOICED) - 1;
        let mut change = None;
        if voice && (!now.paused || self.recent & resumed == resumed) {
            now.to = end;
            now.voiced_ms += FRAME_MS;
            if std::mem::take(&mut now.paused) {
                change = Some(Change::WentOn);
            }
        }
        let (from, to, silence) = (now.from, now.to, end.since(now.to));
        self.state = State::Speaking(now);
        if change.is_some() {
            return change;
        }
        if end.since(from) >= self.turn_ms_max {
            self.rest();
            return Some(if now.paused { Change::Ended { from, to } } else { Change::Cut { from, to: end } });
        }
        if !now.paused && silence >= self.guess_ms() {
            if now.voiced_ms < VOICE_MS_MIN {
                self.rest();
                return Some(Change::Nothing);
            }
            self.state = State::Speaking(Speaking { paused: true, ..now });
            return Some(Change::Paused { from, to });
        }
        if now.paused && silence >= self.end_of_turn_ms {
            self.rest();
            return Some(Change::Ended { from, to });
        }
        None
    }

    /// The silence after which the words are worth guessing: early enough that they are ready at the end of
    /// the turn, late enough that a breath in a long answer does not decode it all again.
    fn guess_ms(&self) -> u64 {
        (self.end_of_turn_ms / 2).saturating_sub(FRAME_MS).clamp(80, 600)
    }

    fn remember(&mut self, voice: bool) {
        self.recent = self.recent << 1 | u32::from(voice);
    }

    fn rest(&mut self) {
        self.recent = 0;
        self.state = State::Quiet;
    }
}

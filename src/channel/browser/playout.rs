//! What goes to the browser, and what of it was played there.
//!
//! Every frame has its place on RTP's clock (48 kHz), and so has every mark between two samples. The browser reports
//! the place it has really played to; a mark before that place was heard. A report is believed only as far as it can
//! be true: one of what was never sent is refused, and no mark is heard before its time has passed on our clock,
//! whatever is reported.

use crate::{audio::g711, time::Millis};
use std::{collections::VecDeque, sync::Arc};

/// One frame: 20 ms at 8 kHz.
pub(super) const FRAME_SAMPLES: usize = 160;
/// The same in units of RTP's clock.
pub(super) const FRAME_UNITS: u64 = 960;
/// A browser that catches up after a stall plays a frame in no less than this, where it lasts 20 ms.
const FRAME_MS_MIN: u64 = 16;
const UNITS_PER_SAMPLE: u64 = 6;
const SAMPLES_PER_MS: u64 = 8;

/// A report of a place that was not sent yet, or lies before the first frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a report of what was never sent")]
pub(super) struct NeverSent;

enum Piece {
    Audio { bytes: Arc<[u8]>, from: usize, to: usize },
    Mark(String),
}

struct Mark {
    name: String,
    /// Its place: everything before it is what it marks.
    at: u64,
    /// When that can have been heard at the earliest.
    not_before: Millis,
}

/// What is to be sent, and what was.
pub(super) struct Playout {
    queue: VecDeque<Piece>,
    /// RTP's clock at the first frame.
    base: u32,
    /// The place of the next frame, from the first.
    next: u64,
    /// When the next frame begins to sound at the earliest.
    airs_at: Millis,
    marks: VecDeque<Mark>,
    /// The place played to, as it was reported.
    played: Option<u64>,
}

impl Playout {
    /// Nothing to send; the first frame will have the timestamp `base`.
    pub(super) fn new(base: u32) -> Playout {
        let (queue, marks) = (VecDeque::new(), VecDeque::new());
        Playout { queue, base, next: 0, airs_at: Millis(0), marks, played: None }
    }

    /// Takes mu-law samples, to be sent after those before them.
    pub(super) fn say(&mut self, bytes: Arc<[u8]>, from: usize, to: usize) {
        self.queue.push_back(Piece::Audio { bytes, from, to });
    }

    /// Takes a mark: to be told when everything before it was played.
    pub(super) fn mark(&mut self, name: String) {
        self.queue.push_back(Piece::Mark(name));
    }

    /// Drops what was not sent, and what was sent and not reported as played.
    pub(super) fn clear(&mut self) {
        self.queue.clear();
        self.marks.clear();
    }

    /// Fills the next frame, with silence where there is nothing to say, and gives its timestamp.
    pub(super) fn frame(&mut self, now: Millis, samples: &mut [i16; FRAME_SAMPLES]) -> u32 {
        let timestamp = self.base.wrapping_add(self.next as u32);
        let airs_at = self.airs_at.max(now);
        let mut filled = 0;
        while let Some(piece) = self.queue.front_mut() {
            match piece {
                Piece::Audio { from, to, .. } if *from >= *to => {}
                Piece::Audio { bytes, from, to } => {
                    let taken = (*to - *from).min(FRAME_SAMPLES - filled);
                    if taken == 0 {
                        break;
                    }
                    let codes = &bytes[*from..*from + taken];
                    let room = &mut samples[filled..filled + taken];
                    room.iter_mut().zip(codes).for_each(|(to, &code)| *to = g711::decode_mulaw(code));
                    *from += taken;
                    filled += taken;
                    continue;
                }
                Piece::Mark(name) => {
                    let at = self.next + filled as u64 * UNITS_PER_SAMPLE;
                    let not_before = airs_at + filled as u64 / SAMPLES_PER_MS;
                    self.marks.push_back(Mark { name: std::mem::take(name), at, not_before });
                }
            }
            self.queue.pop_front();
        }
        samples[filled..].fill(0);
        self.next += FRAME_UNITS;
        self.airs_at = airs_at + FRAME_MS_MIN;
        timestamp
    }

    /// Leaves so many frames out: this side was late, and late audio must not come all at once.
    pub(super) fn skip(&mut self, frames: u64) {
        self.next += frames * FRAME_UNITS;
    }

    /// The browser says that it plays the frame with this timestamp, or a place in it.
    pub(super) fn report(&mut self, timestamp: u32) -> Result<(), NeverSent> {
        // Nearest to what was sent last; the clock wraps after a day.
        let ahead = i64::from(timestamp.wrapping_sub(self.base.wrapping_add(self.next as u32)) as i32);
        let place = self.next.checked_add_signed(ahead).ok_or(NeverSent)?;
        if place >= self.next {
            return Err(NeverSent);
        }
        self.played = self.played.max(Some(place));
        Ok(())
    }

    /// The next mark that was heard.
    pub(super) fn heard(&mut self, now: Millis) -> Option<String> {
        let played = self.played?;
        let heard = self.marks.pop_front_if(|mark| mark.at <= played && mark.not_before <= now)?;
        Some(heard.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: u32 = u32::MAX - 2_000;

    /// A line of so many samples with a mark after it.
    fn line(playout: &mut Playout, samples: usize, name: &str) {
        playout.say(Arc::from(vec![0x10u8; samples]), 0, samples);
        playout.mark(name.into());
    }

    /// Sends frames each 20 ms from `from`; their timestamps.
    fn send(playout: &mut Playout, from: u64, frames: u64) -> Vec<u32> {
        let mut samples = [0; FRAME_SAMPLES];
        (0..frames).map(|n| playout.frame(Millis(from + n * 20), &mut samples)).collect()
    }

    fn heard(playout: &mut Playout, now: u64) -> Vec<String> {
        std::iter::from_fn(|| playout.heard(Millis(now))).collect()
    }

    #[test]
    fn a_mark_is_heard_when_the_frame_after_it_is_played() {
        let mut playout = Playout::new(BASE);
        line(&mut playout, 400, "a");
        line(&mut playout, 80, "b");
        let stamps = send(&mut playout, 0, 5);
        assert_eq!(stamps[3].wrapping_sub(stamps[0]), 3 * 960, "over the wrap of the clock");
        assert_eq!(heard(&mut playout, 100), [""; 0], "nothing reported, nothing heard");
        playout.report(stamps[2]).expect("it was sent");
        assert_eq!(heard(&mut playout, 100), [""; 0], "the mark lies within that frame");
        playout.report(stamps[2].wrapping_add(480)).expect("a place in it");
        assert_eq!(heard(&mut playout, 100), ["a"]);
        playout.report(stamps[3]).expect("it was sent");
        playout.report(stamps[1]).expect("late news take nothing back");
        assert_eq!(heard(&mut playout, 100), ["b"]);
    }

    #[test]
    fn what_cannot_be_true_is_refused() {
        let mut playout = Playout::new(BASE);
        assert_eq!(playout.report(BASE), Err(NeverSent), "before the first frame");
        line(&mut playout, 320, "a");
        let stamps = send(&mut playout, 0, 2);
        for never in [stamps[1].wrapping_add(960), BASE.wrapping_sub(960), BASE.wrapping_add(1 << 30)] {
            assert_eq!(playout.report(never), Err(NeverSent));
        }
        assert_eq!(heard(&mut playout, 60_000), [""; 0]);
    }

    #[test]
    fn frames_sent_at_once_are_not_heard_at_once() {
        let mut playout = Playout::new(0);
        line(&mut playout, 800, "a");
        let mut samples = [0; FRAME_SAMPLES];
        let stamps: Vec<u32> = (0..6).map(|_| playout.frame(Millis(0), &mut samples)).collect();
        playout.report(stamps[5]).expect("it was sent");
        for early in [0, 40, 83] {
            assert_eq!(heard(&mut playout, early), [""; 0], "five frames cannot be played in {early} ms");
        }
        assert_eq!(heard(&mut playout, 84), ["a"]);
    }

    #[test]
    fn a_late_frame_is_made_up_for_and_not_for_ever() {
        let mut playout = Playout::new(0);
        let mut samples = [0; FRAME_SAMPLES];
        playout.frame(Millis(0), &mut samples);
        // One frame 100 ms late, those after it on time again: soon a line is heard when it was played.
        for n in 1..40 {
            playout.frame(Millis((n * 20).max(100)), &mut samples);
        }
        line(&mut playout, 160, "a");
        let stamps = send(&mut playout, 800, 2);
        playout.report(stamps[1]).expect("it was sent");
        assert_eq!(heard(&mut playout, 820), ["a"]);
    }

    #[test]
    fn what_is_cleared_is_neither_sent_nor_heard() {
        let mut playout = Playout::new(0);
        line(&mut playout, 320, "sent");
        line(&mut playout, 8_000, "not sent");
        send(&mut playout, 0, 4);
        playout.clear();
        let mut samples = [1; FRAME_SAMPLES];
        let stamp = playout.frame(Millis(80), &mut samples);
        assert_eq!(samples, [0; FRAME_SAMPLES]);
        playout.report(stamp).expect("it was sent");
        assert_eq!(heard(&mut playout, 200), [""; 0]);
        line(&mut playout, 160, "next");
        let stamps = send(&mut playout, 200, 2);
        playout.report(stamps[1]).expect("it was sent");
        assert_eq!(heard(&mut playout, 300), ["next"]);
    }

    #[test]
    fn every_sample_is_sent_once_and_in_order() {
        let mut playout = Playout::new(0);
        let codes: Vec<u8> = (0..1_000).map(|n| (n % 251) as u8).collect();
        let bytes: Arc<[u8]> = Arc::from(codes.clone());
        for (from, to) in [(0, 7), (7, 7), (7, 500), (500, 1_000)] {
            playout.say(Arc::clone(&bytes), from, to);
        }
        let mut sent = Vec::new();
        for n in 0..7 {
            let mut samples = [0; FRAME_SAMPLES];
            playout.frame(Millis(n * 20), &mut samples);
            sent.extend(samples);
        }
        let said: Vec<i16> = codes.iter().map(|&code| g711::decode_mulaw(code)).collect();
        assert_eq!(sent[..1_000], said);
        assert!(sent[1_000..].iter().all(|&s| s == 0));
    }
}

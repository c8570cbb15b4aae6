//! A line of the telephone under virtual time: what is said takes its time, and the news of it may be late or lost.
//!
//! Faithful to `call/speaker.rs`: a line begins when its first sample is sent, a little before it is heard; it was
//! heard when its last mark came back; a lost mark is made good by a later one, and else the line counts as unheard
//! after a while; a flush reports what was under way as cut and says nothing of what was only queued.

use super::Chance;
use crate::{
    dialogue::{Input, Line, LineId},
    time::Millis,
};
use std::collections::VecDeque;

/// 150 words a minute.
const WORD_MS: u64 = 400;
/// Sound is sent this far ahead of what the caller hears.
const LEAD_MS: u64 = 160;
/// A long line carries a mark this often.
const MARK_EVERY_MS: u64 = 400;
/// A mark that has not come back this long after its sound was due is lost.
const MARK_LATE_MS_MAX: u64 = 3_000;
/// The news takes this long, and now and then longer.
const NEWS_MS: (u64, u64) = (20, 220);
const NEWS_LATE_MS: (u64, u64) = (500, 2_500);
/// Out of a thousand marks.
const LATE: u64 = 30;
const LOST: u64 = 15;

/// How long `line` takes to say from where it goes on.
pub fn length_ms(line: &Line) -> u64 {
    line.text().split_whitespace().count() as u64 * WORD_MS
}

/// A line whose sound is sent, and whose last mark is not back.
#[derive(Clone, Debug)]
struct Sound {
    line: LineId,
    from_ms: u64,
    length_ms: u64,
    starts: Millis,
    ends: Millis,
    /// When its last mark comes back; lost, if never.
    back: Option<Millis>,
}

/// One connection.
#[derive(Clone, Debug)]
pub struct Channel {
    /// A voice line may lose things; a screen does not.
    voice: bool,
    chance: Chance,
    queue: VecDeque<(LineId, u64, u64)>,
    sounds: VecDeque<Sound>,
    played_by: Millis,
}

impl Channel {
    /// A quiet connection.
    pub fn new(voice: bool, chance: Chance) -> Channel {
        let (queue, sounds) = (VecDeque::new(), VecDeque::new());
        Channel { voice, chance, queue, sounds, played_by: Millis(0) }
    }

    /// Takes a line to be said after those before it.
    pub fn enqueue(&mut self, line: &Line) {
        let length = length_ms(line).max(1);
        self.queue.push_back((line.id(), line.from_ms().min(length - 1), length));
    }

    /// When [`Channel::pass`] has news.
    pub fn next(&self) -> Option<Millis> {
        let begins = (!self.queue.is_empty()).then(|| Millis(self.played_by.0.saturating_sub(self.lead())));
        let ends = self.sounds.front().map(due);
        [begins, ends].into_iter().flatten().min()
    }

    /// The one piece of news that is due at `now`, if there is one.
    pub fn pass(&mut self, now: Millis) -> Option<Input> {
        if self.sounds.front().is_some_and(|sound| due(sound) <= now) {
            let sound = self.sounds.pop_front()?;
            let complete = sound.back.is_some();
            let heard_ms = if complete { sound.length_ms } else { 0 };
            return Some(Input::LineEnded { line: sound.line, complete, heard_ms });
        }
        if self.played_by.0.saturating_sub(self.lead()) > now.0 {
            return None;
        }
        let (line, from_ms, length_ms) = self.queue.pop_front()?;
        let starts = self.played_by.max(now);
        let ends = starts + (length_ms - from_ms);
        let made_good = starts + MARK_EVERY_MS.min(length_ms - from_ms) + self.news();
        for lost in self.sounds.iter_mut().filter(|sound| sound.back.is_none()) {
            lost.back = Some(made_good);
        }
        let before = self.sounds.back().and_then(|sound| sound.back).unwrap_or_default();
        let lost = self.voice && self.chance.in_thousand(LOST);
        let back = (!lost).then(|| before.max(ends + self.news()));
        self.sounds.push_back(Sound { line, from_ms, length_ms, starts, ends, back });
        self.played_by = ends;
        Some(Input::LineBegan { line })
    }

    /// Falls silent at `now`; what was under way was heard so far.
    pub fn flush(&mut self, now: Millis) -> Vec<Input> {
        self.queue.clear();
        self.played_by = now;
        let cut = |sound: Sound| {
            let heard_ms = sound.from_ms + now.min(sound.ends).since(sound.starts);
            Input::LineEnded { line: sound.line, complete: false, heard_ms }
        };
        self.sounds.drain(..).map(cut).collect()
    }

    fn lead(&self) -> u64 {
        if self.voice { LEAD_MS } else { 0 }
    }

    fn news(&mut self) -> u64 {
        if !self.voice {
            return 0;
        }
        let (from, to) = if self.chance.in_thousand(LATE) { NEWS_LATE_MS } else { NEWS_MS };
        self.chance.between(from, to)
    }
}

/// When it is known how a line ended.
fn due(sound: &Sound) -> Millis {
    sound.back.unwrap_or(sound.ends + MARK_LATE_MS_MAX)
}

//! The agent's voice on one call: lines in order, paced by one clock, and what of them was heard.
//!
//! A line counts as heard when the provider sends back the mark after its last sample. A mark that comes back
//! because of a clear carries an old generation and counts for nothing (provider page "Media Streams: WebSocket
//! messages": a clear sends back every pending mark, and the echo looks the same as a played one).

use crate::{
    dialogue::{Line, LineId},
    ports::Prompt,
    time::Millis,
    wire::ToCaller,
};
use std::collections::VecDeque;

/// One packet: 20 ms, 160 bytes of mu-law.
const PACKET_MS: u64 = 20;
const BYTES_PER_MS: u64 = 8;
/// Audio is sent this far ahead of what the caller hears, so that a late wake-up is not a gap.
const LEAD_MS: u64 = 160;
/// A long line carries a mark this often, so that it is known how much of it was heard.
const MARK_EVERY_MS: u64 = 400;
/// A mark that has not come back this long after its audio was due is lost.
const MARK_LATE_MS_MAX: u64 = 3_000;
/// A line is resumed at the last pause before what was heard, or this much before it.
const RESUME_BACK_MS: u64 = 300;

/// A message on its way out, with its place in time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// What is sent.
    pub message: ToCaller,
    /// When its first sample will be heard, where it is audio.
    pub heard_at: Millis,
    /// How long the caller heard nothing in the middle of a line because it came too late.
    pub late_ms: u64,
}

/// What happened to lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// Its first sample was sent.
    Began(LineId),
    /// It ended: heard to its end, or not.
    Ended {
        /// Which.
        line: LineId,
        /// Whether its last sample was played.
        complete: bool,
        /// How much was heard, from the line's own beginning.
        heard_ms: u64,
    },
}

struct Queued {
    line: Line,
    prompt: Option<Prompt>,
}

struct Sending {
    line: LineId,
    prompt: Prompt,
    sent_ms: u64,
    first: bool,
}

/// A mark on its way: back when everything before it was played.
struct Mark {
    line: LineId,
    at_ms: u64,
    last: bool,
    due: Millis,
}

/// The voice of one call.
#[derive(Default)]
pub struct Speaker {
    queue: VecDeque<Queued>,
    sending: Option<Sending>,
    marks: VecDeque<Mark>,
    generation: u32,
    /// When everything sent so far will have been played.
    played_by: Millis,
    /// The last confirmation: which line, how much of it, when.
    heard: Option<(LineId, u64, Millis)>,
}

impl Speaker {
    /// Takes a line to be said after those before it. Its prompt may come later.
    pub fn enqueue(&mut self, line: Line) {
        self.queue.push_back(Queued { line, prompt: None });
    }

    /// The audio of a line has been rendered.
    pub fn supply(&mut self, line: LineId, prompt: Prompt) {
        if let Some(queued) = self.queue.iter_mut().find(|q| q.line.id() == line) {
            queued.prompt = Some(prompt);
        }
    }

    /// Whether a line still waits for its audio.
    pub fn wants(&self, line: LineId) -> bool {
        self.queue.iter().any(|q| q.line.id() == line)
    }

    /// Whether nothing is being said nor about to be.
    #[cfg(test)]
    fn is_silent(&self) -> bool {
        self.queue.is_empty() && self.sending.is_none() && self.marks.is_empty()
    }

    /// Sends what is due at `now`.
    pub fn pump(&mut self, now: Millis, out: &mut Vec<Due>, told: &mut Vec<Told>) {
        while self.played_by < now + LEAD_MS {
            if self.sending.is_none() && !self.begin(now, told) {
                break;
            }
            self.send_packet(now, out);
        }
        self.miss_marks(now, told);
    }

    /// When [`Speaker::pump`] has something to do next; `None` while there is nothing to send or to wait for.
    pub fn next_due(&self, now: Millis) -> Option<Millis> {
        let ready = self.sending.is_some() || self.queue.front().is_some_and(|q| q.prompt.is_some());
        let packet = ready.then(|| {
            // Woken a packet's length after the lead is used up, so that each wake-up has a packet to send.
            Millis((self.played_by.0 + PACKET_MS).saturating_sub(LEAD_MS).max(now.0))
        });
        let mark = self.marks.front().map(|m| m.due + MARK_LATE_MS_MAX);
        [packet, mark].into_iter().flatten().min()
    }

    fn begin(&mut self, now: Millis, told: &mut Vec<Told>) -> bool {
        let ready = self.queue.front().is_some_and(|q| q.prompt.is_some());
        let Some(Queued { line, prompt: Some(prompt) }) = self.queue.pop_front_if(|_| ready) else {
            return false;
        };
        let from_ms = resume_at(&prompt, line.from_ms());
        self.played_by = self.played_by.max(now);
        told.push(Told::Began(line.id()));
        self.sending = Some(Sending { line: line.id(), prompt, sent_ms: from_ms, first: true });
        true
    }

    fn send_packet(&mut self, now: Millis, out: &mut Vec<Due>) {
        let Some(sending) = &mut self.sending else { return };
        let length_ms = sending.prompt.duration_ms();
        let to_ms = (sending.sent_ms + PACKET_MS).min(length_ms);
        let last = to_ms == length_ms;
        let from = (sending.sent_ms * BYTES_PER_MS) as usize;
        // The very end may not be a whole number of milliseconds long.
        let to = if last { sending.prompt.mulaw.len() } else { (to_ms * BYTES_PER_MS) as usize };
        let heard_at = self.played_by.max(now);
        if from < to {
            let message = ToCaller::Audio { bytes: sending.prompt.mulaw.clone(), from, to };
            let late_ms = if sending.first { 0 } else { now.since(self.played_by) };
            out.push(Due { message, heard_at, late_ms });
        }
        sending.first = false;
        self.played_by = heard_at + (to_ms - sending.sent_ms);
        let marked = last || to_ms / MARK_EVERY_MS != sending.sent_ms / MARK_EVERY_MS;
        sending.sent_ms = to_ms;
        let line = sending.line;
        if marked {
            self.marks.push_back(Mark { line, at_ms: to_ms, last, due: self.played_by });
            let message = ToCaller::Mark(mark_name(line, self.generation, to_ms));
            out.push(Due { message, heard_at: self.played_by, late_ms: 0 });
        }
        if last {
            self.sending = None;
        }
    }

    /// A mark came back.
    pub fn mark(&mut self, name: &str, now: Millis, told: &mut Vec<Told>) {
        let Some((line, generation, at_ms)) = parse_mark(name) else { return };
        if generation != self.generation {
            return;
        }
        let Some(position) = self.marks.iter().position(|m| m.line == line && m.at_ms == at_ms) else {
            return;
        };
        // Marks come back in order: those before it were passed over by the provider, and are played too.
        for mark in self.marks.drain(..=position) {
            self.heard = Some((mark.line, mark.at_ms, now));
            if mark.last {
                told.push(Told::Ended { line: mark.line, complete: true, heard_ms: mark.at_ms });
            }
        }
    }

    /// Stops speaking: drops what is queued and what the provider holds, and says how much was heard.
    pub fn flush(&mut self, now: Millis, out: &mut Vec<Due>, told: &mut Vec<Told>) {
        self.queue.clear();
        if self.sending.is_none() && self.marks.is_empty() {
            return;
        }
        self.generation += 1;
        out.push(Due { message: ToCaller::Clear, heard_at: now, late_ms: 0 });
        let mut cut: Vec<(LineId, u64)> = Vec::new();
        let sent = self.sending.take().map(|s| (s.line, s.sent_ms));
        for (line, sent_ms) in self.marks.drain(..).map(|m| (m.line, m.at_ms)).chain(sent) {
            match cut.iter_mut().find(|(l, _)| *l == line) {
                Some((_, sent)) => *sent = (*sent).max(sent_ms),
                None => cut.push((line, sent_ms)),
            }
        }
        let ahead_ms = self.played_by.since(now);
        for (line, sent_ms) in cut {
            let confirmed = match self.heard {
                Some((l, ms, at)) if l == line => ms + now.since(at),
                _ => sent_ms.saturating_sub(ahead_ms),
            };
            told.push(Told::Ended { line, complete: false, heard_ms: confirmed.min(sent_ms) });
        }
        self.played_by = now;
    }

    fn miss_marks(&mut self, now: Millis, told: &mut Vec<Told>) {
        while self.marks.front().is_some_and(|m| m.due + MARK_LATE_MS_MAX <= now) {
            let Some(mark) = self.marks.pop_front() else { return };
            if mark.last {
                told.push(Told::Ended { line: mark.line, complete: false, heard_ms: 0 });
            }
        }
    }
}

/// Where a line goes on that was heard for `heard_ms`.
fn resume_at(prompt: &Prompt, heard_ms: u64) -> u64 {
    if heard_ms == 0 {
        return 0;
    }
    let pause = prompt.pauses_ms.iter().map(|&ms| u64::from(ms)).filter(|&ms| ms <= heard_ms).max();
    let back = heard_ms.saturating_sub(RESUME_BACK_MS);
    pause.unwrap_or(back).min(prompt.duration_ms())
}

fn mark_name(line: LineId, generation: u32, at_ms: u64) -> String {
    format!("{}.{generation}.{at_ms}", line.0)
}

fn parse_mark(name: &str) -> Option<(LineId, u32, u64)> {
    let mut parts = name.split('.');
    let line = LineId(parts.next()?.parse().ok()?);
    let generation = parts.next()?.parse().ok()?;
    let at_ms = parts.next()?.parse().ok()?;
    parts.next().is_none().then_some((line, generation, at_ms))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{dialogue, program::Locale};
    use std::sync::Arc;

    fn line(id: u32, from_ms: u64) -> Line {
        dialogue::testing::line(LineId(id), "Words.", Locale::EnUs, from_ms)
    }

    fn prompt(ms: usize, pauses: &[u32]) -> Prompt {
        Prompt { mulaw: Arc::from(vec![7u8; ms * 8]), pauses_ms: Arc::from(pauses) }
    }

    /// Runs the speaker from `from` to `to`, waking it as it asks; gives what was sent and told.
    fn run(speaker: &mut Speaker, from: u64, to: u64) -> (Vec<Due>, Vec<Told>) {
        let (mut out, mut told) = (Vec::new(), Vec::new());
        for ms in from..to {
            speaker.pump(Millis(ms), &mut out, &mut told);
        }
        (out, told)
    }

    fn audio_ms(out: &[Due]) -> usize {
        let bytes = |due: &Due| match due.message {
            ToCaller::Audio { from, to, .. } => to - from,
            _ => 0,
        };
        out.iter().map(bytes).sum::<usize>() / 8
    }

    fn marks(out: &[Due]) -> Vec<String> {
        let name = |due: &Due| match &due.message {
            ToCaller::Mark(name) => Some(name.clone()),
            _ => None,
        };
        out.iter().filter_map(name).collect()
    }

    #[test]
    fn audio_is_paced_and_never_far_ahead() {
        let mut speaker = Speaker::default();
        speaker.enqueue(line(1, 0));
        speaker.supply(LineId(1), prompt(1_000, &[]));
        let (out, told) = run(&mut speaker, 0, 1);
        assert_eq!(audio_ms(&out), 160);
        assert_eq!(told, [Told::Began(LineId(1))]);
        let (out, _) = run(&mut speaker, 1, 500);
        assert!((480..=520).contains(&audio_ms(&out)), "{}", audio_ms(&out));
        let (out, _) = run(&mut speaker, 500, 2_000);
        assert_eq!(marks(&out).last().map(String::as_str), Some("1.0.1000"));
        assert!(out.iter().all(|due| due.late_ms == 0));
    }

    #[test]
    fn a_line_is_heard_only_when_its_last_mark_comes_back() {
        let mut speaker = Speaker::default();
        speaker.enqueue(line(1, 0));
        speaker.supply(LineId(1), prompt(500, &[]));
        let (out, _) = run(&mut speaker, 0, 600);
        let mut told = Vec::new();
        assert_eq!(marks(&out), ["1.0.400", "1.0.500"]);
        speaker.mark("1.0.400", Millis(400), &mut told);
        assert_eq!(told, []);
        speaker.mark("1.0.500", Millis(505), &mut told);
        assert_eq!(told, [Told::Ended { line: LineId(1), complete: true, heard_ms: 500 }]);
        assert!(speaker.is_silent());
    }

    #[test]
    fn marks_that_a_clear_sends_back_do_not_count() {
        let mut speaker = Speaker::default();
        speaker.enqueue(line(1, 0));
        speaker.supply(LineId(1), prompt(500, &[]));
        run(&mut speaker, 0, 450);
        let (mut out, mut told) = (Vec::new(), Vec::new());
        speaker.flush(Millis(450), &mut out, &mut told);
        assert_eq!(out.iter().map(|d| &d.message).collect::<Vec<_>>(), [&ToCaller::Clear]);
        assert_eq!(told, [Told::Ended { line: LineId(1), complete: false, heard_ms: 450 }]);
        told.clear();
        for echo in ["1.0.400", "1.0.500"] {
            speaker.mark(echo, Millis(460), &mut told);
        }
        assert_eq!(told, []);
        // A new line begins cleanly in the next generation.
        speaker.enqueue(line(2, 450));
        speaker.supply(LineId(2), prompt(500, &[200, 420, 480]));
        let (out, _) = run(&mut speaker, 460, 900);
        assert_eq!(audio_ms(&out), 80, "it goes on at the last pause before what was heard");
        assert_eq!(marks(&out), ["2.1.500"]);
    }

    #[test]
    fn a_mark_that_never_comes_back_is_a_line_not_heard() {
        let mut speaker = Speaker::default();
        speaker.enqueue(line(1, 0));
        speaker.supply(LineId(1), prompt(100, &[]));
        let (_, told) = run(&mut speaker, 0, 100 + MARK_LATE_MS_MAX + 1);
        assert_eq!(told.last(), Some(&Told::Ended { line: LineId(1), complete: false, heard_ms: 0 }));
        assert!(speaker.is_silent());
    }
}

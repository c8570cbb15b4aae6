//! The replay itself: the same inputs, and what comes of them beside what came of them then.

use super::{
    Cause, Change, Difference, Gone, Kept, Kind, Place,
    cause::Divergence,
    difference::{Side, between},
};
use crate::{
    dialogue::{Dialogue, Effect, Fact, Input},
    journal::{Event, Label, Labels, Opened, event_of},
    pii::Pii,
    program::{Expecting, Program},
    time::Millis,
    understand::{Heard, Percent},
};
use serde::Serialize;
use std::sync::Arc;

/// Under another script, silence that is longer than the script's patience by no more than this is not broken: on the
/// wire, an answer and the end of the agent's patience can pass each other.
const PATIENCE_MS_SPARE: u64 = 250;

/// What else is supposed, beside another script.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lens {
    /// Words that were heard less surely than this are taken as unclear.
    pub heard_min: Option<Percent>,
    /// Whether what is sensitive, or quotes the caller, is shown. For who may read it.
    pub open: bool,
}

/// Against what a call was replayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// The script it ran on: everything must be the same.
    Exact,
    /// Something else is supposed: what would have been.
    WhatIf,
}

/// Why a replay did not come to the end of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "stopped", rename_all = "snake_case")]
pub enum Stopped {
    /// From this entry on it cannot be replayed: what reached the dialogue there cannot be read.
    Unreadable {
        /// The entry.
        entry: u64,
        /// When, in the call.
        at_ms: u64,
        /// Why it cannot be read.
        why: String,
        /// Whether that is a fault: something was altered or damaged.
        is_fault: bool,
    },
    /// From this entry on what the caller did no longer fits what the agent says.
    Diverged {
        /// The entry.
        entry: u64,
        /// When, in the call.
        at_ms: u64,
    },
}

/// What came of a replay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Replayed {
    /// Which call.
    pub call_id: String,
    /// Of which program.
    pub program: String,
    /// Against what.
    pub mode: Mode,
    /// How many entries there are.
    pub entries: u64,
    /// How many of them were compared.
    pub compared: u64,
    /// How many are not there to be compared, though the dialogue could go on without them.
    pub unread: u64,
    /// The first of those, and why it cannot be read.
    pub first_unread: Option<Stopped>,
    /// Every difference, in order.
    pub differences: Vec<Difference>,
    /// Why the first decisive one came about, as far as it can be known.
    pub cause: Option<Cause>,
    /// The first decisive difference in a sentence.
    pub first: Option<String>,
    /// Where it ended before the journal did.
    pub stopped: Option<Stopped>,
}

impl Replayed {
    /// Nothing was compared yet, and nothing differs.
    pub(super) fn begun(opened: &Opened, mode: Mode, entries: usize) -> Replayed {
        Replayed {
            call_id: opened.call_id.clone(),
            program: opened.program.clone(),
            mode,
            entries: entries as u64,
            compared: 0,
            unread: 0,
            first_unread: None,
            differences: Vec::new(),
            cause: None,
            first: None,
            stopped: None,
        }
    }

    /// Whether a gate decision, a consent outcome or a spoken line differs.
    pub fn differs(&self) -> bool {
        self.differences.iter().any(|d| d.kind.is_decisive())
    }

    /// The first difference that is decisive.
    pub fn first_decisive(&self) -> Option<&Difference> {
        self.differences.iter().find(|d| d.kind.is_decisive())
    }

    /// Whether everything could be compared.
    pub fn is_whole(&self) -> bool {
        self.stopped.is_none() && self.unread == 0
    }
}

/// Replays `kept` on `program`, and through `lens`. `changed` is what `program` changed of the script the call ran
/// on, where that is known.
pub fn replay(program: &Arc<Program>, kept: &Kept, lens: Lens, changed: &[Change]) -> Replayed {
    Run::new(program, kept, lens, changed).until_over()
}

struct Run<'a> {
    program: &'a Arc<Program>,
    kept: &'a Kept,
    lens: Lens,
    changed: &'a [Change],
    dialogue: Dialogue,
    labels: Labels,
    /// In what-if, by how much what happens comes later than it came then (or earlier).
    shift: i64,
    seen: Replayed,
}

impl<'a> Run<'a> {
    fn new(program: &'a Arc<Program>, kept: &'a Kept, lens: Lens, changed: &'a [Change]) -> Run<'a> {
        let opened = &kept.opened;
        let same = program.sha256 == opened.program_sha256 && lens.heard_min.is_none();
        let mode = if same { Mode::Exact } else { Mode::WhatIf };
        let seen = Replayed::begun(opened, mode, kept.places.len());
        let dialogue = Dialogue::new(Arc::clone(program), opened.setup());
        Run { program, kept, lens, changed, dialogue, labels: Labels::default(), shift: 0, seen }
    }

    fn until_over(mut self) -> Replayed {
        let places = &self.kept.places;
        let mut at = 0;
        while at < places.len() && self.seen.stopped.is_none() {
            let place = &places[at];
            let after = at + 1;
            at = after + places[after..].iter().take_while(|p| !begins(p.event.as_ref().ok())).count();
            match &place.event {
                Ok(Event::Input { .. }) => match place.input() {
                    Some(input) => self.step(after - 1, input, at),
                    None => self.unreadable(after - 1, &Gone::wrongly("is of a later version, or damaged")),
                },
                // Nothing tells whether this was an input: what follows cannot be trusted to fit.
                Err(why) => self.unreadable(after - 1, why),
                Ok(_) => {}
            }
        }
        self.seen
    }

    fn unreadable(&mut self, index: usize, gone: &Gone) {
        self.seen.stopped = Some(unreadable(&self.kept.places[index], gone));
    }

    /// One input, at `index`, and everything written of it, until `end`.
    fn step(&mut self, index: usize, input: Input, end: usize) {
        let place = &self.kept.places[index];
        let expecting = self.dialogue.expecting();
        let mut now = place.at;
        if self.seen.mode == Mode::WhatIf {
            now = Millis(place.at.0.saturating_add_signed(self.shift));
            match self.wait_until(now, index, &input) {
                Waited::Ended => return,
                Waited::Until(at) => now = at,
            }
        }
        let (input, dimmed) = self.dim(self.shifted(input));
        let mut effects = self.dialogue.handle(now, input.clone());
        let labels = self.labels.step(&input, &mut effects).1;
        if self.is_as_written(index, end, &effects) {
            return;
        }
        self.differ(
            index,
            end,
            &effects,
            labels,
            &Moment { input: &input, expecting, dimmed, timing: false },
        );
    }

    /// The caller's words, said as much later as everything else.
    fn shifted(&self, input: Input) -> Input {
        let later = |at: Millis| Millis(at.0.saturating_add_signed(self.shift));
        match input {
            Input::Said { heard, from, to } => Input::Said { heard, from: later(from), to: later(to) },
            input => input,
        }
    }

    /// What the lens makes of an input, and whether it made something of it.
    fn dim(&self, input: Input) -> (Input, bool) {
        match (self.lens.heard_min, input) {
            (Some(min), Input::Said { heard, from, to }) if heard.expose().confidence < min => {
                let heard = Heard { confidence: Percent::new(0), ..heard.into_exposed() };
                (Input::Said { heard: Pii::new(heard), from, to }, true)
            }
            (_, input) => (input, false),
        }
    }

    /// Compares what follows `index` with `effects`, without making anything of it: most calls are as written.
    fn is_as_written(&mut self, index: usize, end: usize, effects: &[Effect]) -> bool {
        let mut next = effects.iter();
        let (mut compared, mut unread, mut first_unread) = (1, 0, None);
        for place in &self.kept.places[index + 1..end] {
            let same = match &place.event {
                Ok(Event::Recording { .. } | Event::Recovered) => continue,
                Ok(Event::Fact { fact }) => matches!(next.next(), Some(Effect::Fact(now)) if now == fact),
                Ok(event) => next.next().is_some_and(|now| event_of(now) == *event),
                Err(why) if next.next().is_some() => {
                    unread += 1;
                    first_unread.get_or_insert_with(|| unreadable(place, why));
                    true
                }
                // Everything that came of the input stands before it: this was the next input.
                Err(why) => {
                    self.seen.compared += compared - unread;
                    self.seen.unread += unread;
                    self.seen.first_unread = self.seen.first_unread.take().or(first_unread);
                    self.seen.stopped = Some(unreadable(place, why));
                    return true;
                }
            };
            if !same {
                return false;
            }
            compared += 1;
        }
        // A crash may have cut off what came of the last input.
        let rest = next.as_slice();
        let only_hangs_up = matches!(rest, [Effect::HangUp]) && end == self.kept.places.len();
        let same = rest.is_empty() || only_hangs_up || self.is_cut_at(end);
        if same {
            self.seen.compared += compared - unread;
            self.seen.unread += unread;
            self.seen.first_unread = self.seen.first_unread.take().or(first_unread);
        }
        same
    }

    /// Whether the journal was cut here, so that more may have come of the last input than was written.
    fn is_cut_at(&self, end: usize) -> bool {
        let places = &self.kept.places;
        let recovered = |p: &Place| matches!(p.event, Ok(Event::Recovered));
        let last = places.iter().rev().find(|p| !matches!(p.event, Ok(Event::Recording { .. })));
        let ended = places.iter().any(|p| matches!(&p.event, Ok(Event::Fact { fact: Fact::Ended { .. } })));
        end == places.len() && (last.is_some_and(recovered) || !ended)
    }

    fn differ(
        &mut self,
        index: usize,
        end: usize,
        effects: &[Effect],
        labels: Vec<Label>,
        moment: &Moment<'_>,
    ) {
        let places = &self.kept.places[index + 1..end];
        let (mut recorded, mut gone) = (Vec::new(), None);
        for place in places {
            match &place.event {
                Ok(Event::Recording { .. } | Event::Recovered) => {}
                Ok(event) => {
                    let side = Side { event: event.clone(), label: place.label };
                    recorded.push((place.seq, place.at, side));
                }
                Err(why) => {
                    // Where something is gone and the rest differs, only what stands before it can be compared.
                    gone = Some(unreadable(place, why));
                    break;
                }
            }
        }
        let compared = if gone.is_some() { recorded.len().min(effects.len()) } else { effects.len() };
        let sides = effects.iter().zip(labels).take(compared);
        let replayed: Vec<Side> = sides.map(|(effect, label)| Side::of(effect, label)).collect();
        let place = &self.kept.places[index];
        let last = self.kept.places.get(end).or(self.kept.places.last());
        let behind = last.map_or((place.seq, place.at), |p| (p.seq, place.at));
        let found = between(&recorded, &replayed, behind, self.lens.open);
        self.seen.compared += 1 + recorded.len() as u64;
        if !found.is_empty() {
            self.note(index, found, &recorded, &replayed, moment);
        }
        self.seen.stopped = self.seen.stopped.take().or(gone);
    }

    fn note(
        &mut self,
        index: usize,
        found: Vec<Difference>,
        recorded: &[(u64, Millis, Side)],
        replayed: &[Side],
        moment: &Moment<'_>,
    ) {
        let place = &self.kept.places[index];
        let decisive = found.iter().any(|d| d.kind.is_decisive());
        let fits = found.iter().all(|d| d.only_words);
        if decisive && self.seen.cause.is_none() {
            let divergence = Divergence {
                opened: &self.kept.opened,
                program: self.program,
                mode: self.seen.mode,
                changed: self.changed,
                moment,
                recorded,
                replayed,
                earlier: &self.seen.differences,
                found: &found,
            };
            self.seen.cause = Some(divergence.cause());
            self.seen.first = Some(divergence.sentence());
        }
        self.seen.differences.extend(found);
        if decisive && !fits {
            self.seen.stopped = Some(Stopped::Diverged { entry: place.seq, at_ms: place.at.0 });
        }
    }

    /// In what-if: brings the dialogue to `now`, when `input` comes; the moment at which it then really comes.
    fn wait_until(&mut self, now: Millis, index: usize, input: &Input) -> Waited {
        let place = &self.kept.places[index];
        let written = self.kept.places[index + 1..].iter().take_while(|p| !begins(p.event.as_ref().ok()));
        let did =
            written.filter(|p| !matches!(p.event, Ok(Event::Recording { .. } | Event::Recovered))).count();
        let Some(deadline) = self.dialogue.deadline() else { return Waited::Until(now) };
        if matches!(input, Input::Tick) {
            if did == 0 {
                return Waited::Until(now);
            }
            // The agent's patience ended here, and it did something. Patience of another length ends elsewhere,
            // unless the caller does something before.
            let caller = self.kept.inputs().skip_while(|(p, _)| p.seq <= place.seq).find(|(_, i)| acts(i));
            let before = caller.is_some_and(|(p, _)| p.at.0.saturating_add_signed(self.shift) < deadline.0);
            if deadline > now && before {
                return Waited::Until(now);
            }
            let by = (deadline.0 as i64).saturating_sub(now.0 as i64);
            self.shift = self.shift.saturating_add(by);
            return Waited::Until(deadline);
        }
        if deadline + PATIENCE_MS_SPARE >= now {
            return Waited::Until(now);
        }
        let expecting = self.dialogue.expecting();
        let tick = Input::Tick;
        let mut effects = self.dialogue.handle(deadline, tick.clone());
        let labels = self.labels.step(&tick, &mut effects).1;
        if effects.is_empty() {
            return Waited::Until(now);
        }
        let replayed: Vec<Side> =
            effects.iter().zip(labels).map(|(effect, label)| Side::of(effect, label)).collect();
        let found = between(&[], &replayed, (place.seq, deadline), self.lens.open);
        let moment = Moment { input: &tick, expecting, dimmed: false, timing: true };
        self.note(index, found, &[], &replayed, &moment);
        if self.seen.stopped.is_some() { Waited::Ended } else { Waited::Until(now) }
    }
}

fn unreadable(place: &Place, gone: &Gone) -> Stopped {
    let (entry, at_ms, why) = (place.seq, place.at.0, gone.why.clone());
    Stopped::Unreadable { entry, at_ms, why, is_fault: gone.is_fault }
}

enum Waited {
    Until(Millis),
    Ended,
}

/// What was going on when something differed.
pub(super) struct Moment<'a> {
    pub input: &'a Input,
    pub expecting: Expecting,
    /// The lens made something else of the input.
    pub dimmed: bool,
    /// The agent's patience ended where it did not then.
    pub timing: bool,
}

/// Whether an event begins a new step; what cannot be read is judged by what surrounds it.
fn begins(event: Option<&Event>) -> bool {
    matches!(event, Some(Event::Input { .. }))
}

/// Whether the caller does something.
fn acts(input: &Input) -> bool {
    matches!(
        input,
        Input::SpeechBegan
            | Input::Said { .. }
            | Input::Pressed { .. }
            | Input::Chose { .. }
            | Input::Moved { .. }
            | Input::Gone { .. }
    )
}

impl Kind {
    /// Every kind, in the order of a report.
    pub const ALL: [Kind; 4] = [Kind::GateDecision, Kind::ConsentOutcome, Kind::SpokenLine, Kind::Other];
}

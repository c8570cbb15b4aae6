//! What the agent is saying: lines emitted and not yet ended, and what follows when they are heard.

use super::{Escalation, Line, LineId};

/// What a line is to the dialogue once it is heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// Nothing more.
    Nothing,
    /// This part of what is read first was heard.
    Read(usize),
    /// That the voice is recorded was heard.
    Announced,
    /// What all consents share was heard.
    Shared,
    /// The instrument to be signed was seen; the number is that of the question under it.
    Instrument(u32),
    /// The question asked under this number was heard to its end.
    Asked(u32),
    /// The connection ends.
    Leave,
    /// The caller is passed to a person.
    Pass(Escalation),
}

/// One emission under way.
#[derive(Clone, Debug)]
pub(super) struct Spoken {
    pub(super) line: Line,
    pub(super) then: Then,
    pub(super) heard_ms: u64,
}

/// The lines under way, and those an interruption cut.
#[derive(Clone, Debug, Default)]
pub(super) struct Talk {
    under_way: Vec<Spoken>,
    cut: Vec<Spoken>,
    emitted: u32,
}

impl Talk {
    /// The id of the next emission.
    pub(super) fn next_id(&mut self) -> LineId {
        self.emitted += 1;
        LineId(self.emitted)
    }

    pub(super) fn push(&mut self, line: Line, then: Then) {
        let heard_ms = line.from_ms();
        self.under_way.push(Spoken { line, then, heard_ms });
    }

    pub(super) fn under_way(&self) -> &[Spoken] {
        &self.under_way
    }

    /// What an interruption cut.
    pub(super) fn cut(&self) -> &[Spoken] {
        &self.cut
    }

    pub(super) fn is_silent(&self) -> bool {
        self.under_way.is_empty()
    }

    pub(super) fn find(&self, id: LineId) -> Option<&Spoken> {
        self.under_way.iter().find(|s| s.line.id() == id)
    }

    /// A line ended by itself.
    pub(super) fn end(&mut self, id: LineId) -> Option<Spoken> {
        let at = self.under_way.iter().position(|s| s.line.id() == id)?;
        Some(self.under_way.remove(at))
    }

    /// Everything under way is cut; it waits to be resumed or forgotten.
    pub(super) fn interrupt(&mut self) {
        self.cut.append(&mut self.under_way);
    }

    /// How much of a cut line was heard became known.
    pub(super) fn note_cut(&mut self, id: LineId, heard_ms: u64) {
        if let Some(spoken) = self.cut.iter_mut().find(|s| s.line.id() == id) {
            spoken.heard_ms = heard_ms;
        }
    }

    /// A line that was cut turns out to have been heard to its end.
    pub(super) fn end_cut(&mut self, id: LineId) -> Option<Spoken> {
        let at = self.cut.iter().position(|s| s.line.id() == id)?;
        Some(self.cut.remove(at))
    }

    pub(super) fn was_cut(&self) -> bool {
        !self.cut.is_empty()
    }

    /// Whether a part of the notice is among what was cut.
    pub(super) fn cut_while_reading(&self, first_part: usize) -> bool {
        self.cut.first().is_some_and(|s| matches!(s.then, Then::Read(part) if part >= first_part))
    }

    /// What was cut, to be said again or dropped.
    pub(super) fn take_cut(&mut self) -> Vec<Spoken> {
        std::mem::take(&mut self.cut)
    }

    /// What is under way, to be said anew; and everything is forgotten.
    pub(super) fn take(&mut self) -> Vec<Spoken> {
        self.cut.clear();
        std::mem::take(&mut self.under_way)
    }

    /// Everything is forgotten.
    pub(super) fn clear(&mut self) {
        self.under_way.clear();
        self.cut.clear();
    }
}

//! A call with its caller's sound heard again: the same journal, with the words as they are heard now.

use super::{Cause, Difference, Kept, Place, Replayed};
use crate::{
    dialogue::Input,
    journal::{Event, Label},
    pii::Pii,
    time::Millis,
    understand::{Heard, Percent},
};
use serde::Serialize;
use serde_json::json;

/// A call that ends so soon after a turn may have ended before its words were recognised.
const OVERTAKEN_MS_MAX: u64 = 1_000;

/// Something the caller said, as it was cut out of the sound and heard now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Where voice began.
    pub from: Millis,
    /// Where voice ended.
    pub to: Millis,
    /// When so much silence had followed that the turn was over.
    pub over: Millis,
    /// What was heard; nothing where only the turns were cut, so that the recorded words stand.
    pub heard: Option<Heard>,
}

/// How words that were recorded are heard now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Again {
    /// The same.
    Same,
    /// Other words.
    OtherWords,
    /// The same words, more or less surely.
    OtherConfidence,
    /// Nobody was heard there.
    NotHeard,
    /// Nothing was recorded there, and words are heard now.
    Unrecorded,
}

/// A call heard again.
#[derive(Clone, Debug)]
pub struct Reheard {
    /// What is kept of it, with the words of now.
    pub kept: Kept,
    /// Each entry with the caller's words, and how they are heard now.
    pub words: Vec<(u64, Again)>,
}

/// Puts `turns` in the place of the words that were recorded at their times.
pub fn reheard(kept: &Kept, turns: &[Turn]) -> Reheard {
    let mut again = Reheard { kept: kept.clone(), words: Vec::new() };
    let mut used = vec![false; turns.len()];
    for place in &mut again.kept.places {
        let Some(Input::Said { heard, from, to }) = place.input() else { continue };
        let then = heard.into_exposed();
        let shared = |turn: &Turn| {
            let (from, to) = (from.0.max(turn.from.0), to.0.min(turn.to.0));
            to.saturating_sub(from)
        };
        let best = (0..turns.len()).filter(|at| shared(&turns[*at]) > 0).max_by_key(|at| shared(&turns[*at]));
        if let Some(at) = best {
            used[at] = true;
        }
        let now = match best.map(|at| &turns[at].heard) {
            Some(Some(now)) => now.clone(),
            Some(None) => then.clone(),
            // A sound without words need not be a turn.
            None if then.text.trim().is_empty() => continue,
            None => Heard { text: String::new(), confidence: Percent::default(), lean: None },
        };
        let how = match () {
            () if best.is_none() => Again::NotHeard,
            () if now.text != then.text => Again::OtherWords,
            () if now != then => Again::OtherConfidence,
            () => Again::Same,
        };
        again.words.push((place.seq, how));
        if how != Again::Same {
            place.event = Ok(Event::Input { input: json!(Input::Said { heard: Pii::new(now), from, to }) });
        }
    }
    // Where an entry cannot be read, nobody knows what was recorded.
    if kept.places.iter().all(|place| place.event.is_ok()) {
        let unused = turns.iter().zip(&used).filter(|(_, used)| !**used);
        unused.for_each(|(turn, _)| again.insert(turn));
    }
    again
}

impl Reheard {
    /// Puts words that are heard now, and were not recorded, where they would have reached the dialogue; those that
    /// the end of the call may have overtaken would not.
    fn insert(&mut self, turn: &Turn) {
        let Some(heard) = turn.heard.clone().filter(|heard| !heard.text.trim().is_empty()) else { return };
        let inputs = || {
            let all = self.kept.places.iter().enumerate();
            all.filter(|(_, place)| matches!(place.event, Ok(Event::Input { .. })))
        };
        if inputs().all(|(_, place)| place.at < turn.over + OVERTAKEN_MS_MAX) {
            return;
        }
        let Some(index) = inputs().find(|(_, place)| place.at > turn.over).map(|(index, _)| index) else {
            return;
        };
        let Some(seq) = index.checked_sub(1).map(|before| self.kept.places[before].seq) else { return };
        let input = Input::Said { heard: Pii::new(heard), from: turn.from, to: turn.to };
        let event = Ok(Event::Input { input: json!(input) });
        self.kept.places.insert(index, Place { seq, at: turn.over, label: Label::General, event });
        self.words.push((seq, Again::Unrecorded));
        self.words.sort_by_key(|(seq, _)| *seq);
    }

    /// Names the cause of a difference by what is heard otherwise: the words of the step it shows in, or of one before.
    pub fn explain(&self, replayed: &mut Replayed) {
        let Some(first) = replayed.first_decisive().map(|d: &Difference| d.entry) else { return };
        let told = self.words.iter().rev().find(|(entry, how)| *entry <= first && *how != Again::Same);
        let Some((entry, how)) = told else { return };
        let (name, because) = match how {
            Again::OtherWords => ("recogniser text", "the recogniser hears other words now"),
            Again::OtherConfidence => {
                ("recogniser confidence", "the recogniser hears the same words more or less surely")
            }
            Again::NotHeard => ("turn timing", "nobody is heard now where words were recorded"),
            Again::Unrecorded => ("turn timing", "words are heard now where none were recorded"),
            Again::Same => return,
        };
        let before = replayed.cause.as_ref().map(|cause| format!("it shows as: {}", cause.name));
        let because = [Some(format!("entry {entry}: {because}")), before].into_iter().flatten().collect();
        replayed.cause = Some(Cause { name: name.into(), because });
    }
}

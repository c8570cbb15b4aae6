//! What is kept of a call, as far as it can be read.

use crate::{
    dialogue::Input,
    journal::{Entry, Event, Label, Opened},
    time::Millis,
};
use serde::Deserialize;

/// A call's journal, some of whose bodies may be gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// How it begins.
    pub opened: Opened,
    /// Its entries, in order.
    pub places: Vec<Place>,
}

/// The place of an entry, and what stands there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its number.
    pub seq: u64,
    /// When, in the call.
    pub at: Millis,
    /// Under which key it was sealed.
    pub label: Label,
    /// What happened, or why that cannot be read.
    pub event: Result<Event, Gone>,
}

/// Why something cannot be read, in words that follow "it": "was redacted".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gone {
    /// The words.
    pub why: String,
    /// Whether that is a fault: it was altered or damaged, rather than taken out or left out.
    pub is_fault: bool,
}

impl Gone {
    /// Taken out, left out or sealed for good: as it may be.
    pub fn rightly(why: impl Into<String>) -> Gone {
        Gone { why: why.into(), is_fault: false }
    }

    /// Altered or damaged.
    pub fn wrongly(why: impl Into<String>) -> Gone {
        Gone { why: why.into(), is_fault: true }
    }
}

impl Kept {
    /// A journal of which nothing is missing.
    pub fn whole(opened: Opened, entries: Vec<Entry>) -> Kept {
        let place =
            |entry: Entry| Place { seq: entry.seq, at: entry.at, label: entry.label, event: Ok(entry.event) };
        Kept { opened, places: entries.into_iter().map(place).collect() }
    }

    /// What reached the dialogue, with its place, as far as it can be read.
    pub fn inputs(&self) -> impl Iterator<Item = (&Place, Input)> {
        self.places.iter().filter_map(|place| Some((place, place.input()?)))
    }
}

impl Place {
    /// The input that stands here, where one does and can be read.
    pub fn input(&self) -> Option<Input> {
        match &self.event {
            Ok(Event::Input { input }) => Input::deserialize(input).ok(),
            _ => None,
        }
    }
}

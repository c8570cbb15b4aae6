//! Everything that can reach the dialogue.

use super::{Carried, LineId};
use crate::{
    pii::Pii,
    program::Locale,
    time::{Millis, Utc},
    understand::{Heard, Matter, Meaning},
};
use serde::{Deserialize, Serialize};

/// How a caller is connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChannelKind {
    /// A telephone call through a provider.
    Phone,
    /// A voice call from a browser.
    Browser,
    /// A typed conversation on a page.
    Chat,
    /// A typed conversation in a terminal.
    Terminal,
}

impl ChannelKind {
    /// Whether the caller speaks, and may correct a yes within a breath.
    pub fn is_voice(self) -> bool {
        matches!(self, ChannelKind::Phone | ChannelKind::Browser)
    }

    /// For how long nothing need be said, where on the telephone it is `spoken_ms`. Who reads and types on a page is
    /// asked late whether they are there (WCAG 2.2, 2.2.1: people have their time).
    pub fn patience_ms(self, spoken_ms: u64) -> u64 {
        const TYPING_MS: u64 = 300_000;
        if self == ChannelKind::Chat { spoken_ms.max(TYPING_MS) } else { spoken_ms }
    }
}

/// What is fixed when a call begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setup {
    /// The call's id; ids of its consents derive from it.
    pub call_id: String,
    /// How the caller is connected at first.
    pub channel: ChannelKind,
    /// The language it begins in.
    pub locale: Locale,
    /// When it began.
    pub started_at: Utc,
    /// Whether a person of the program can be reached now, by the program's hours.
    pub person_available: bool,
    /// The languages the voice can speak; typed channels need none.
    pub spoken: Vec<Locale>,
}

/// A key of the telephone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Key(char);

impl Key {
    /// `0`-`9`, `*`, `#`, `A`-`D`; anything else is no key.
    pub fn new(key: char) -> Option<Key> {
        let key = key.to_ascii_uppercase();
        matches!(key, '0'..='9' | '*' | '#' | 'A'..='D').then_some(Key(key))
    }

    /// The key as printed on the telephone.
    pub fn char(self) -> char {
        self.0
    }
}

/// How it ended with the person the caller was passed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PersonReached {
    /// Somebody answered.
    Answered,
    /// Nobody did, or the line was busy.
    NotAnswered,
}

/// What of ours broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Broken {
    /// The recogniser failed: what the caller says cannot be understood.
    Ears,
    /// The voice failed: a line could not be spoken.
    Voice,
    /// The store failed: nothing more can be put on record.
    Store,
}

/// Why the caller is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gone {
    /// The caller hung up, or the provider said stop.
    HungUp,
    /// The connection was lost.
    Lost,
    /// This server is going down.
    Shutdown,
    /// The other side broke the protocol.
    Misbehaved,
}

/// Everything that reaches the dialogue. Each is journalled, so that a call can be run again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "input", rename_all = "snake_case")]
pub enum Input {
    /// The caller is connected and can hear.
    Begin,
    /// The caller's voice began.
    SpeechBegan,
    /// The caller said or typed something. Empty text: a sound without words (cough, noise).
    Said {
        /// The words, as evidence of what was heard.
        heard: Pii<Heard>,
        /// Where in the call they began.
        from: Millis,
        /// Where they ended.
        to: Millis,
    },
    /// The caller pressed a key, or clicked the choice that stands for it.
    Pressed {
        /// Which.
        key: Key,
    },
    /// The caller chose something whose meaning is plain: a button.
    Chose {
        /// What it means.
        meaning: Meaning,
        /// What it is about, where that is treated apart.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        matter: Option<Matter>,
        /// The name typed beside "I agree and sign".
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<Pii<String>>,
    },
    /// A line began to be audible (or visible).
    LineBegan {
        /// Which emission.
        line: LineId,
    },
    /// A line ended: the channel confirmed its last sample, or it was cut.
    LineEnded {
        /// Which emission.
        line: LineId,
        /// Whether it was heard to its end.
        complete: bool,
        /// How much of it was heard, in milliseconds from the line's own beginning.
        heard_ms: u64,
    },
    /// The deadline the dialogue asked for has come.
    Tick,
    /// What became of a transfer.
    Person {
        /// The outcome.
        reached: PersonReached,
    },
    /// The chat goes on in a call, whose caller gave its code.
    HandedOver {
        /// In which.
        to: String,
    },
    /// The code that was given was looked up.
    LookedUp {
        /// What the chat of it carries over; nothing where there is no such chat to go on with.
        carried: Option<Pii<Box<Carried>>>,
    },
    /// Something of ours broke.
    Failed {
        /// What.
        broken: Broken,
    },
    /// The caller goes on with the same call in another way: talks instead of typing, types instead of talking.
    Moved {
        /// How they are connected from now on.
        to: ChannelKind,
    },
    /// The caller is gone.
    Gone {
        /// Why.
        why: Gone,
    },
}

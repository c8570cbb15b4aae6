//! What the agent can be waiting for, and how it is written.

use super::RecipientId;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// What the agent is waiting for. Written as in the command line: `consent:payor`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Expecting {
    /// The first line of `chat --json`.
    Start,
    /// The answer to the acknowledgement question.
    Notice,
    /// Yes or no for this recipient.
    Consent(RecipientId),
    /// Full name and "I agree".
    Signature(RecipientId),
    /// The answer to a question of the script.
    Question(String),
    /// Yes or no to something the agent asks itself.
    Confirm(String),
    /// The closing "anything else?".
    Any,
}

impl Expecting {
    /// Whether a yes or a no is what is asked for.
    pub fn is_yes_no(&self) -> bool {
        matches!(self, Expecting::Notice | Expecting::Consent(_) | Expecting::Confirm(_))
    }
}

impl fmt::Display for Expecting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expecting::Start => f.write_str("start"),
            Expecting::Notice => f.write_str("notice"),
            Expecting::Consent(r) => write!(f, "consent:{r}"),
            Expecting::Signature(r) => write!(f, "signature:{r}"),
            Expecting::Question(id) => write!(f, "question:{id}"),
            Expecting::Confirm(what) => write!(f, "confirm:{what}"),
            Expecting::Any => f.write_str("any"),
        }
    }
}

/// Not one of the things the agent can wait for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is nothing the agent waits for; use notice, consent:RECIPIENT, signature:RECIPIENT, question:ID, confirm:WHAT or any"
)]
pub struct NotExpected(String);

impl FromStr for Expecting {
    type Err = NotExpected;
    fn from_str(text: &str) -> Result<Self, NotExpected> {
        let wrong = || NotExpected(text.into());
        Ok(match text.split_once(':') {
            None => match text {
                "start" => Expecting::Start,
                "notice" => Expecting::Notice,
                "any" => Expecting::Any,
                _ => return Err(wrong()),
            },
            Some((_, "")) => return Err(wrong()),
            Some(("consent", r)) => Expecting::Consent(r.into()),
            Some(("signature", r)) => Expecting::Signature(r.into()),
            Some(("question", id)) => Expecting::Question(id.into()),
            Some(("confirm", what)) => Expecting::Confirm(what.into()),
            Some(_) => return Err(wrong()),
        })
    }
}

impl Serialize for Expecting {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Expecting {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

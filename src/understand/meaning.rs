//! What an utterance can mean.

use crate::program::{Expecting, Locale, Program, RecipientId};
use serde::{Deserialize, Serialize};

/// A whole percentage, 0 to 100; written as a fraction (`0.97`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percent(u8);

impl Percent {
    /// Certain.
    pub const FULL: Percent = Percent(100);

    /// `value` out of a hundred; more is a hundred.
    pub const fn new(value: u8) -> Self {
        Percent(if value < 100 { value } else { 100 })
    }

    /// From a probability; not a number is zero.
    pub fn from_fraction(p: f32) -> Self {
        Percent((p.clamp(0.0, 1.0) * 100.0).round() as u8)
    }

    /// Out of a hundred.
    pub fn value(self) -> u8 {
        self.0
    }
}

impl Serialize for Percent {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_f64(f64::from(self.0) / 100.0)
    }
}

impl<'de> Deserialize<'de> for Percent {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(Percent::from_fraction(f64::deserialize(from)? as f32))
    }
}

/// Whom a grant or a revocation is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Every recipient of the program.
    All,
    /// These, in the program's order; never empty, never all of them.
    Only(Vec<RecipientId>),
}

impl Scope {
    /// The scope of `recipients` in `program`: all of them is [`Scope::All`], none of them is nothing.
    pub fn of(recipients: impl IntoIterator<Item = RecipientId>, program: &Program) -> Option<Scope> {
        let named: Vec<RecipientId> = recipients.into_iter().collect();
        let only: Vec<RecipientId> =
            program.recipients.iter().map(|r| &r.id).filter(|id| named.contains(id)).cloned().collect();
        match only.len() {
            0 => None,
            n if n == program.recipients.len() => Some(Scope::All),
            _ => Some(Scope::Only(only)),
        }
    }

    /// The recipients meant, in the program's order.
    pub fn recipients<'a>(&'a self, program: &'a Program) -> Vec<&'a RecipientId> {
        match self {
            Scope::All => program.recipients.iter().map(|r| &r.id).collect(),
            Scope::Only(ids) => ids.iter().collect(),
        }
    }
}

impl Serialize for Scope {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Scope::All => to.serialize_str("all"),
            Scope::Only(ids) => ids.serialize(to),
        }
    }
}

impl<'de> Deserialize<'de> for Scope {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            All(String),
            Only(Vec<RecipientId>),
        }
        match Written::deserialize(from)? {
            Written::All(all) if all == "all" => Ok(Scope::All),
            Written::Only(ids) if !ids.is_empty() => Ok(Scope::Only(ids)),
            _ => Err(serde::de::Error::custom("a scope is \"all\" or a list of recipients")),
        }
    }
}

/// What an utterance means where it was said. The names are those of the command line.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "meaning", content = "scope", rename_all = "snake_case")]
#[allow(missing_docs)] // each is explained by its name and by docs/understanding.md
pub enum Meaning {
    Affirm,
    Deny,
    Unclear,
    Repeat,
    Wait,
    Grant(Scope),
    Revoke(Scope),
    Stop,
    Skip,
    Question,
    Human,
    Emergency,
    RecordsAccess,
    RecordsCorrection,
    RecordsDeletion,
    Accounting,
    Restriction,
    NoRecording,
    ThirdParty,
    Minor,
    Language,
    Goodbye,
    Answer,
}

impl Meaning {
    /// The name of the command line and the chat protocol.
    pub fn name(&self) -> &'static str {
        match self {
            Meaning::Affirm => "affirm",
            Meaning::Deny => "deny",
            Meaning::Unclear => "unclear",
            Meaning::Repeat => "repeat",
            Meaning::Wait => "wait",
            Meaning::Grant(_) => "grant",
            Meaning::Revoke(_) => "revoke",
            Meaning::Stop => "stop",
            Meaning::Skip => "skip",
            Meaning::Question => "question",
            Meaning::Human => "human",
            Meaning::Emergency => "emergency",
            Meaning::RecordsAccess => "records_access",
            Meaning::RecordsCorrection => "records_correction",
            Meaning::RecordsDeletion => "records_deletion",
            Meaning::Accounting => "accounting",
            Meaning::Restriction => "restriction",
            Meaning::NoRecording => "no_recording",
            Meaning::ThirdParty => "third_party",
            Meaning::Minor => "minor",
            Meaning::Language => "language",
            Meaning::Goodbye => "goodbye",
            Meaning::Answer => "answer",
        }
    }

    /// The scope of a grant or a revocation.
    pub fn scope(&self) -> Option<&Scope> {
        match self {
            Meaning::Grant(scope) | Meaning::Revoke(scope) => Some(scope),
            _ => None,
        }
    }
}

/// What the recogniser heard, or what was typed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heard {
    /// The words; empty when there were none.
    pub text: String,
    /// How sure the recogniser is of them. Typed words are certain.
    pub confidence: Percent,
    /// What scoring the expected answers against the audio says, where a yes or a no was expected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lean: Option<Lean>,
}

impl Heard {
    /// Typed words: nothing to be unsure of.
    pub fn typed(text: impl Into<String>) -> Self {
        Heard { text: text.into(), confidence: Percent::FULL, lean: None }
    }
}

/// Which of the expected answers the audio supports, apart from what was decoded freely.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lean {
    /// "Yes" fits clearly better than "no".
    Yes,
    /// "No" fits clearly better than "yes".
    No,
    /// Neither by a clear margin.
    Neither,
}

/// Where something was said.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The program: its recipients' names, its FAQ.
    pub program: &'a Program,
    /// The language spoken.
    pub locale: Locale,
    /// What the agent was waiting for.
    pub expecting: &'a Expecting,
    /// Who has a live grant.
    pub granted: &'a [RecipientId],
}

/// What an utterance is about beyond its meaning, where the dialogue treats it apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Matter {
    /// Asks whether or how somebody else is a patient (42 CFR 2.13(c)); a [`Meaning::ThirdParty`].
    Inquiry,
    /// Police, subpoena, court, lawyer (42 CFR 2.61); a [`Meaning::ThirdParty`].
    LegalDemand,
    /// Says to have authority for the patient (42 CFR 2.15); a [`Meaning::ThirdParty`].
    Representative,
    /// Somebody else can hear the call; a [`Meaning::ThirdParty`].
    Company,
    /// Wants to complain (42 CFR 2.4); a [`Meaning::Question`].
    Complaint,
    /// Drunk, high or confused now: no knowing signature; never an affirm or a grant.
    Capacity,
    /// Threatens staff, or tells of a child abused (42 CFR 2.12(c)(5), (6)); a [`Meaning::Human`].
    Safety,
    /// Wants it sent to an employer, a court, a lawyer, probation (42 CFR 2.31(d), 2.35); a [`Meaning::Human`].
    SpecialRecipient,
    /// "Share it with everybody who treats me": the single consent (42 CFR 2.31(a)(4)(i)); never an affirm.
    EverybodyTreating,
    /// Wants the whole text of the consent; a [`Meaning::Question`].
    FullText,
}

/// The two halves of a signature in an utterance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signature {
    /// The name said, capitalised: `Jane Doe`.
    pub name: Option<String>,
    /// Whether "I agree" was said, and nothing against it.
    pub assent: bool,
}

/// An utterance understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// What it means.
    pub meaning: Meaning,
    /// How sure.
    pub confidence: Percent,
    /// Which FAQ entry a [`Meaning::Question`] asks for, where the program has one.
    pub faq: Option<String>,
    /// "Uh huh", "mm", "okay" alone: while the agent speaks, no interruption.
    pub backchannel: bool,
    /// It may be a revocation, but the words do not settle it (quoted, negated twice): releases are held
    /// and the caller is asked. The scope it would have.
    pub suspected_revocation: Option<Scope>,
    /// It tells something about substance use, asked for or not.
    pub tells_sud: bool,
    /// What it is about, where that is treated apart.
    pub matter: Option<Matter>,
    /// Where a signature is expected: what of it was said. [`Meaning::Affirm`] there has both halves.
    pub signature: Option<Signature>,
    /// Which rule decided, for a person to read: `phrase:revoke/take back`.
    pub evidence: String,
}

//! By what two calls are known to be of one patient: verified identifiers, never a telephone number alone.

use crate::{
    dialogue::{AnswerStatus, Answered, ChannelKind, Escalation, Fact},
    journal::{Entry, Event, Opened},
    pii::Pii,
    program::{AnswerKind, Program},
    understand::plain_name,
};

/// What a patient was identified by in a call: full name and date of birth, and a member id, a number for calling back,
/// or both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    name: Pii<String>,
    born: Pii<String>,
    by: Vec<(AnswerKind, Pii<String>)>,
}

impl Identity {
    /// The texts whose keyed hashes are compared: two calls are one patient's where they share one.
    pub fn texts(&self) -> Vec<Pii<String>> {
        let (name, born) = (self.name.expose(), self.born.expose());
        let text = |(kind, value): &(AnswerKind, Pii<String>)| {
            let kind = if *kind == AnswerKind::MemberId { "member" } else { "number" };
            Pii::new(format!("patient/1\n{name}\n{born}\n{kind}\n{}", value.expose()))
        };
        self.by.iter().map(text).collect()
    }

    /// The date of birth, as `1985-03-03`: what a signing page asks for.
    pub fn born(&self) -> &Pii<String> {
        &self.born
    }
}

/// What the patient was identified by, as far as the answers were verified; `None` where something is missing, and
/// where somebody else may have called: then the call stands alone.
///
/// What was heard counts where it was read back and found right. What was typed counts as typed. A name is not read
/// back, and needs not be: one that was misheard agrees with nothing.
///
/// `told` is the journal of the call, after that of the chat that it goes on with, where it does.
pub fn identity(program: &Program, told: &[(Opened, Vec<Entry>)]) -> Option<Identity> {
    let doubtful = told.iter().flat_map(|(_, entries)| entries).any(|entry| {
        matches!(entry.event, Event::Fact { fact: Fact::Escalated { kind: Escalation::VerifyAuthority } })
    });
    if doubtful {
        return None;
    }
    let value = |kind: AnswerKind| -> Option<String> {
        told.iter().rev().find_map(|(opened, entries)| {
            let (answered, before) = answer(program, entries, kind)?;
            let typed = !channel_by(opened, before).is_voice();
            let verified = answered.confirmed || typed || kind == AnswerKind::Name;
            answered.value.clone().filter(|value| verified && !value.trim().is_empty())
        })
    };
    let name = plain_name(&value(AnswerKind::Name)?)?;
    let born = value(AnswerKind::Date)?;
    let by = [AnswerKind::MemberId, AnswerKind::Phone];
    let by: Vec<_> = by
        .into_iter()
        .filter_map(|kind| {
            let plain = value(kind)?.to_lowercase();
            let plain: String = plain.chars().filter(|c| c.is_alphanumeric()).collect();
            (!plain.is_empty()).then(|| (kind, Pii::new(plain)))
        })
        .collect();
    (!by.is_empty()).then(|| Identity { name: name.into(), born: born.into(), by })
}

/// The date of birth that was given in a call, verified or not.
pub fn date_of_birth(program: &Program, entries: &[Entry]) -> Option<Pii<String>> {
    answer(program, entries, AnswerKind::Date)?.0.value.clone().map(Pii::new)
}

/// The name that was given in a call.
pub fn name_given(program: &Program, entries: &[Entry]) -> Option<Pii<String>> {
    answer(program, entries, AnswerKind::Name)?.0.value.clone().map(Pii::new)
}

/// How the caller was connected after `before`.
fn channel_by(opened: &Opened, before: &[Entry]) -> ChannelKind {
    let moved = before.iter().rev().find_map(|entry| match &entry.event {
        Event::Fact { fact: Fact::Moved { to } } => Some(*to),
        _ => None,
    });
    moved.unwrap_or(opened.channel)
}

/// The last answer to the one plain question of `kind`. A script with several has none that can be told apart;
/// and what came before it.
fn answer<'a>(
    program: &Program,
    entries: &'a [Entry],
    kind: AnswerKind,
) -> Option<(&'a Answered, &'a [Entry])> {
    let mut asked = program.plain.iter().filter(|question| question.answer == kind);
    let question = asked.next().filter(|_| asked.next().is_none())?;
    entries.iter().enumerate().rev().find_map(|(at, entry)| match &entry.event {
        Event::Fact { fact: Fact::QuestionEnded { id, status: AnswerStatus::Answered, answer } }
            if *id == question.id =>
        {
            answer.as_ref().map(|answer| (answer.expose(), &entries[..at]))
        }
        _ => None,
    })
}

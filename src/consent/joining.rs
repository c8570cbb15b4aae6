//! What a call says about the earlier ones of its patient.

use super::Standing;
use crate::{
    book::{About, BookEvent, Joined, Noted, Supersedes},
    dialogue::{Block, Decision, Fact},
    journal::{CallRecord, Entry, Event},
    program::RecipientId,
    time::{Millis, Utc},
};

/// What is noted when the call of `record` turns out to be `patient`'s: what it took back, refused and granted anew.
/// `earlier` is where the patient's other consents stand, with those of a chat that this call goes on with.
pub fn joined(
    patient: &str,
    merged: Vec<String>,
    record: &CallRecord,
    entries: &[Entry],
    earlier: &[Standing],
) -> Joined {
    let carried_from = record.resumes.clone();
    let mut joined = Joined { patient: patient.into(), merged, carried_from, ..Joined::default() };
    // What is said in a call that goes on with a chat is said after it, whatever the clocks say.
    let of_chat = earlier.iter().filter(|one| record.resumes.as_ref() == Some(&one.call_id));
    let after_chat = of_chat.filter_map(|one| one.decided_at).max().map(|at| at.plus(Millis(1)));
    for entry in entries {
        let Event::Fact { fact } = &entry.event else { continue };
        let said_at = record.started_at.plus(entry.at);
        let at = after_chat.map_or(said_at, |least| said_at.max(least));
        let about = |recipient: &RecipientId| About { recipient: recipient.clone(), at };
        match fact {
            Fact::ConsentRevoked { recipient, .. } => joined.taken_back.push(about(recipient)),
            Fact::TakenBackBefore { recipients, .. } => {
                joined.taken_back.extend(recipients.iter().map(about))
            }
            Fact::ConsentDecided {
                recipient,
                decision: Decision::Denied,
                response: Some(_),
                why,
                blocked_by,
                ..
            } => {
                match why {
                    _ if blocked_by.contains(&Block::Restriction) => {}
                    None => joined.said_no.push(about(recipient)),
                    // Refused in other words than a no to its question: taken back before it was given.
                    Some(_) => joined.taken_back.push(about(recipient)),
                }
            }
            _ => {}
        }
        match fact {
            Fact::ConsentDecided { recipient, blocked_by, .. }
                if blocked_by.contains(&Block::Restriction) =>
            {
                joined.kept_out.push(about(recipient));
            }
            Fact::ConsentBlocked { recipient, by: Block::Restriction, .. } => {
                joined.kept_out.push(about(recipient))
            }
            // Doubts about who calls reach what the chat granted: staff ask whether it still stands.
            Fact::ConsentBlocked { consent_id, recipient, .. }
                if !record.consents.iter().any(|consent| consent.consent_id == *consent_id) =>
            {
                joined.said_no.push(about(recipient));
            }
            _ => {}
        }
    }
    let of_patient = |one: &&Standing| {
        one.patient.as_ref().is_some_and(|p| p == patient || joined.merged.contains(p))
            && one.call_id != record.call_id
    };
    let before = |one: &Standing, at: Utc| one.decided_at.is_some_and(|decided| decided < at);
    for consent in record.consents.iter().filter(|c| c.supersedes.is_none()) {
        let Some(at) =
            consent.decided_at.filter(|_| matches!(consent.decision, Decision::Granted | Decision::Revoked))
        else {
            continue;
        };
        let given = |one: &&Standing| matches!(one.decision, Decision::Granted | Decision::Revoked);
        let olds = earlier.iter().filter(of_patient).filter(given);
        let last = olds.filter(|one| one.recipient == consent.recipient && before(one, at));
        if let Some(old) = last.max_by_key(|one| one.decided_at) {
            let (consent_id, old) = (consent.consent_id.clone(), old.consent_id.clone());
            joined.supersedes.push(Supersedes { consent_id, old });
        }
    }
    let live = earlier.iter().filter(of_patient).filter(|one| one.is_live());
    let revoked = live.filter(|one| {
        joined.taken_back.iter().any(|about| about.recipient == one.recipient && before(one, about.at))
    });
    joined.revoked = revoked.map(|one| one.consent_id.clone()).collect();
    joined
}

/// The live grants that a revocation reaches: the one it names, and those of `patient` for `recipient` or for all,
/// decided by `received`.
pub fn reached(
    all: &[Standing],
    patient: Option<&str>,
    consent_id: Option<&str>,
    recipient: Option<&RecipientId>,
    received: Utc,
) -> Vec<String> {
    let named = |one: &Standing| consent_id == Some(one.consent_id.as_str());
    let of_patient = |one: &Standing| patient.is_some() && one.patient.as_deref() == patient;
    let hit = all.iter().filter(|one| one.is_live()).filter(|one| {
        named(one)
            || (of_patient(one)
                && recipient.is_none_or(|recipient| *recipient == one.recipient)
                && one.decided_at.is_some_and(|at| at <= received))
    });
    hit.map(|one| one.consent_id.clone()).collect()
}

/// Whether `noted` says already whose the call is.
pub fn is_joined(noted: &[Noted], call_id: &str) -> bool {
    noted
        .iter()
        .any(|note| note.call_id.as_deref() == Some(call_id) && matches!(note.event, BookEvent::Joined(_)))
}

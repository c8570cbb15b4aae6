//! The fold: records and book to where each consent stands at a moment.

use crate::{
    access::MASK,
    book::{BookEvent, ConsentRevoked, Noted},
    dialogue::{Block, Decision},
    journal::{CallRecord, ConsentRecord, Revoked, Since, Written},
    program::RecipientId,
    time::Utc,
};
use serde::Serialize;
use std::collections::BTreeMap;

/// Where one consent stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)] // the names of the contract
pub struct Standing {
    pub consent_id: String,
    pub call_id: String,
    pub program: String,
    /// Whose, where the call could be joined to a patient.
    pub patient: Option<String>,
    pub recipient: RecipientId,
    pub purpose: String,
    pub decision: Decision,
    pub releasable: bool,
    pub blocked_by: Vec<Block>,
    /// Why, in plain words, where something is to be said.
    pub why: Option<String>,
    pub decided_at: Option<Utc>,
    pub revoked_at: Option<Utc>,
    pub expires: Option<Utc>,
    pub expires_event: Option<String>,
    pub supersedes: Option<String>,
    pub superseded_by: Option<String>,
    /// How it was signed, in the call or since: voice, typed, click or paper.
    pub signed: Option<&'static str>,
    pub instrument_sha256: Option<String>,
    /// What happened to it after its call.
    #[serde(skip_serializing_if = "Since::is_empty")]
    pub since: Since,
}

impl Standing {
    /// Whether it was granted and nothing but a missing signature or time stands against it: what can be revoked.
    pub fn is_live(&self) -> bool {
        const ENDED: [Block; 3] = [Block::Revoked, Block::Expired, Block::Superseded];
        self.decision == Decision::Granted && !self.blocked_by.iter().any(|block| ENDED.contains(block))
    }

    /// The same without the names of those who signed.
    pub fn without_names(mut self) -> Standing {
        if let Some(signed) = &mut self.since.signed {
            signed.name = MASK.into();
            signed.instrument_sha256 = None;
        }
        // Of a text that begins with the patient's name: who guesses the name could see that it is right.
        self.instrument_sha256 = None;
        self
    }

    fn block(&mut self, by: Block, why: String) {
        if !self.blocked_by.contains(&by) {
            self.blocked_by.push(by);
            self.why = Some(why);
        }
    }

    /// The first revocation is the one on record; nothing brings the consent back.
    fn revoke(&mut self, revoked: Revoked) {
        if !matches!(self.decision, Decision::Granted | Decision::Revoked) {
            return;
        }
        if self.decision == Decision::Granted || self.since.revoked.is_some() {
            let earlier = self.since.revoked.take().filter(|kept| *kept <= revoked);
            let kept = earlier.unwrap_or(revoked);
            self.revoked_at = Some(kept.at);
            self.why = Some(format!("taken back after the call ({})", kept.how));
            self.since.revoked = Some(kept);
        }
        self.decision = Decision::Revoked;
        self.blocked_by = vec![Block::Revoked];
    }
}

/// Which call is whose, as the book says.
#[derive(Clone, Debug, Default)]
pub struct Patients {
    calls: BTreeMap<String, String>,
    same: BTreeMap<String, String>,
}

impl Patients {
    /// Everything that the book says about it.
    pub fn of(noted: &[Noted]) -> Patients {
        let mut patients = Patients::default();
        for (call_id, joined) in noted.iter().filter_map(joining) {
            patients.calls.insert(call_id.to_owned(), joined.patient.clone());
            for other in &joined.merged {
                let (one, other) = (patients.first(&joined.patient), patients.first(other));
                if one != other {
                    // The smaller reference stands for both, whatever the order in which it was told.
                    patients.same.insert(one.clone().max(other.clone()), one.min(other));
                }
            }
        }
        patients
    }

    /// The patient of a call.
    pub fn of_call(&self, call_id: &str) -> Option<String> {
        self.calls.get(call_id).map(|patient| self.first(patient))
    }

    /// The one reference of a patient that may have had several.
    pub fn first(&self, patient: &str) -> String {
        let mut patient = patient;
        while let Some(other) = self.same.get(patient) {
            patient = other;
        }
        patient.to_owned()
    }
}

/// Where every consent in `records` stands at `now`, given what the book of their program says. In the order of the
/// calls. Records and book are of one program.
///
/// Duty: D11, 42 CFR 2.31(c).
pub fn standing(records: &[CallRecord], noted: &[Noted], now: Utc) -> Vec<Standing> {
    let patients = Patients::of(noted);
    let mut records: Vec<&CallRecord> = records.iter().collect();
    records.sort_by_key(|record| (record.started_at, &record.call_id));
    let mut all: Vec<Standing> = records
        .iter()
        .flat_map(|record| {
            let patient = patients.of_call(&record.call_id);
            record.consents.iter().map(move |consent| begun(record, consent, patient.clone()))
        })
        .collect();
    for note in noted {
        happened(&mut all, &patients, note);
    }
    supersede(&mut all);
    for one in &mut all {
        if let Some(expires) = one.expires.filter(|expires| *expires <= now)
            && one.decision == Decision::Granted
        {
            one.block(Block::Expired, format!("ended on {expires}"));
        }
        one.releasable = one.decision == Decision::Granted && one.blocked_by.is_empty();
    }
    all
}

/// As the call left it.
fn begun(record: &CallRecord, consent: &ConsentRecord, patient: Option<String>) -> Standing {
    Standing {
        consent_id: consent.consent_id.clone(),
        call_id: record.call_id.clone(),
        program: record.program.clone(),
        patient,
        recipient: consent.recipient.clone(),
        purpose: consent.purpose.clone(),
        decision: consent.decision,
        releasable: false,
        blocked_by: consent.blocked_by.clone(),
        why: consent.why.clone(),
        decided_at: consent.decided_at,
        revoked_at: consent.revoked_at,
        expires: consent.expires,
        expires_event: consent.expires_event.clone(),
        supersedes: consent.supersedes.clone(),
        superseded_by: None,
        signed: consent.signature.as_ref().map(|signature| signature.kind.name()),
        instrument_sha256: consent.instrument.as_ref().map(|instrument| instrument.sha256.clone()),
        since: Since::default(),
    }
}

fn happened(all: &mut [Standing], patients: &Patients, note: &Noted) {
    match &note.event {
        BookEvent::Joined(joined) => {
            let Some(call_id) = &note.call_id else { return };
            let patient = patients.first(&joined.patient);
            for one in all.iter_mut() {
                if let Some(named) = joined.supersedes.iter().find(|s| s.consent_id == one.consent_id) {
                    one.supersedes.get_or_insert_with(|| named.old.clone());
                }
                let earlier = |about: &crate::book::About| {
                    one.recipient == about.recipient && one.decided_at.is_some_and(|at| at < about.at)
                };
                if one.patient.as_ref() != Some(&patient) || one.call_id == *call_id {
                    continue;
                }
                let said = joined.taken_back.iter().find(|about| earlier(about));
                if let Some(about) = said {
                    let revoked = Revoked {
                        at: about.at,
                        how: "call".into(),
                        by: None,
                        call_id: Some(call_id.clone()),
                    };
                    one.revoke(revoked);
                } else if one.decision == Decision::Granted {
                    if joined.kept_out.iter().any(earlier) {
                        one.block(
                            Block::Restriction,
                            "the caller asked to keep it out in a later call".into(),
                        );
                    } else if joined.said_no.iter().any(earlier) {
                        one.block(
                            Block::Hold,
                            "refused in a later call: ask whether this still stands".into(),
                        );
                    }
                }
            }
        }
        BookEvent::ConsentRevoked(revocation) => {
            for one in all.iter_mut().filter(|one| reaches(revocation, patients, one)) {
                one.revoke(Revoked {
                    at: revocation.received,
                    how: revocation.how.name().into(),
                    by: Some(revocation.by.clone()),
                    call_id: None,
                });
            }
        }
        BookEvent::ConsentSigned(signed) => {
            let written = Written {
                kind: "click".into(),
                name: signed.name.expose().clone(),
                at: note.at,
                instrument_sha256: Some(signed.instrument_sha256.clone()),
            };
            for one in all.iter_mut().filter(|one| one.consent_id == signed.consent_id) {
                sign(one, &written, "click", &[Block::WrittenSignature]);
            }
        }
        BookEvent::ConsentAttested(attested) => {
            let written = Written {
                kind: "paper".into(),
                name: attested.name.expose().clone(),
                at: attested.received,
                instrument_sha256: None,
            };
            let second = attested.cosigner.is_some().then_some(Block::Cosigner);
            let cleared: Vec<Block> = [Some(Block::WrittenSignature), second].into_iter().flatten().collect();
            for one in all.iter_mut().filter(|one| one.consent_id == attested.consent_id) {
                sign(one, &written, "paper", &cleared);
            }
        }
        _ => {}
    }
}

/// A signature lifts what waited for it, and nothing else. Nobody signs what was not granted.
fn sign(one: &mut Standing, written: &Written, kind: &'static str, cleared: &[Block]) {
    if one.decision != Decision::Granted {
        return;
    }
    one.blocked_by.retain(|block| !cleared.contains(block));
    one.signed = Some(kind);
    one.since.signed = Some(written.clone());
}

/// Whether a revocation reaches a consent: it was named, or it is an earlier one of the same patient.
fn reaches(revocation: &ConsentRevoked, patients: &Patients, one: &Standing) -> bool {
    let whose = revocation.patient.as_ref().map(|patient| patients.first(patient));
    let of_patient = whose.is_some() && whose == one.patient;
    let recipient = revocation.recipient.as_ref().is_none_or(|recipient| *recipient == one.recipient);
    let earlier = one.decided_at.is_some_and(|at| at <= revocation.received);
    revocation.consents.contains(&one.consent_id) || (of_patient && recipient && earlier)
}

/// A grant that could be released, but for what time and later words did to it, ends the patient's earlier grants to
/// the same recipient. One that still waits for its signature does not: the earlier one is the patient's last word in
/// writing until then.
fn supersede(all: &mut [Standing]) {
    let took_effect = |one: &Standing| {
        let was_granted = one.decision == Decision::Granted || one.since.revoked.is_some();
        let waits = [Block::WrittenSignature, Block::Cosigner, Block::Authority, Block::Capacity];
        let signed = one.signed.is_some() && !one.blocked_by.iter().any(|block| waits.contains(block));
        was_granted && signed
    };
    for new in 0..all.len() {
        let (id, recipient, at) =
            (all[new].consent_id.clone(), all[new].recipient.clone(), all[new].decided_at);
        let (patient, call) = (all[new].patient.clone(), all[new].call_id.clone());
        if !took_effect(&all[new]) {
            continue;
        }
        for (index, old) in all.iter_mut().enumerate() {
            let same = old.call_id == call || (patient.is_some() && old.patient == patient);
            if index == new || !same || old.recipient != recipient || old.decided_at >= at {
                continue;
            }
            if matches!(old.decision, Decision::Granted | Decision::Revoked) {
                old.superseded_by.get_or_insert_with(|| id.clone());
            }
            if old.decision == Decision::Granted {
                old.block(Block::Superseded, "replaced by a newer grant".into());
            }
        }
    }
}

/// The joining that a note is of.
pub(super) fn joining(note: &Noted) -> Option<(&str, &crate::book::Joined)> {
    match &note.event {
        BookEvent::Joined(joined) => Some((note.call_id.as_deref()?, joined)),
        _ => None,
    }
}

//! A call as a vCon (IETF draft-ietf-vcon-vcon-container, 0.0.1), unsigned: who was on the call, what was said, and
//! what was agreed to, as `lawful_basis` attachments (draft-howe-vcon-lawful-basis).

use super::{By, Call, Segments, Turn, Voice, sha256, transcript, turns, turns::tells};
use crate::{
    dialogue::{Decision, SignatureKind},
    journal::ConsentRecord,
    time::Utc,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest, Sha512};

const CALLER: usize = 0;
const AGENT: usize = 1;

/// The call as a vCon, made at `at`. `recording` is its WAV; nothing can be cut out of one, so that it goes in only
/// where sensitive segments do.
pub fn vcon(call: &Call<'_>, segments: Segments, at: Utc, recording: Option<&[u8]>) -> Value {
    let record = call.record;
    let turns = turns(call, segments);
    let mut dialog = Vec::new();
    if let Some(kept) = &record.recording {
        let mut sound = json!({
            "type": "recording",
            "start": record.started_at,
            "duration": seconds(kept.duration_ms),
            "parties": [CALLER, AGENT],
            "originator": CALLER,
            "mimetype": "audio/x-wav",
            "filename": format!("{}.wav", record.call_id),
        });
        if let (Some(wav), Segments::All) = (recording, segments) {
            sound["encoding"] = "base64url".into();
            sound["body"] = URL_SAFE_NO_PAD.encode(wav).into();
            sound["alg"] = "SHA-512".into();
            sound["signature"] = URL_SAFE_NO_PAD.encode(Sha512::digest(wav)).into();
        }
        dialog.push(sound);
    }
    // The words of a spoken call are what a machine made of it; those of a typed one are the call.
    let spoken = record.channel.is_voice();
    if !spoken {
        dialog.extend(turns.iter().map(|turn| typed(record.started_at, turn)));
    }
    let transcript = json!({
        "type": "transcript",
        "dialog": (0..dialog.len()).collect::<Vec<_>>(),
        "vendor": "Candor",
        "product": call.opened.build,
        "schema": "candor_transcript 1",
        "mimetype": "application/json",
        "encoding": "json",
        "body": transcript::json(call, segments),
    });
    let heard_in = (!dialog.is_empty()).then_some(0);
    let consents: Vec<Value> = record.consents.iter().filter_map(|c| basis(call, c, heard_in)).collect();
    let mut caller = json!({"role": "caller", "uuid": uuid(&format!("{} caller", record.call_id))});
    if let Some(name) = call.patient_name() {
        caller["name"] = name.into();
        caller["validation"] = "as the caller signed".into();
    }
    json!({
        "vcon": "0.0.1",
        "extensions": ["lawful_basis"],
        "uuid": uuid(&record.call_id),
        "created_at": at,
        "parties": [
            caller,
            {"role": "agent", "name": format!("The automated assistant of {}", call.program.name)},
        ],
        "dialog": dialog,
        "analysis": [transcript],
        "attachments": consents,
    })
}

fn typed(began: Utc, turn: &Turn) -> Value {
    let party = match turn.voice {
        Voice::Agent { .. } => AGENT,
        Voice::Caller { .. } => CALLER,
    };
    let mut said = json!({
        "type": "text",
        "start": began.plus(turn.from),
        "duration": seconds(turn.to.since(turn.from)),
        "parties": [party],
        "originator": party,
        "mimetype": "text/plain",
        "encoding": "none",
        "body": turn.text.as_deref().unwrap_or(transcript::LEFT_OUT),
    });
    if let Voice::Caller { by: By::Key | By::Choice, .. } = turn.voice {
        said["meta"] = json!({"urn:candor:part2:by": match turn.voice {
            Voice::Caller { by, .. } => by.name(),
            Voice::Agent { .. } => "voice",
        }});
    }
    said
}

/// A consent that was decided, as the lawful basis that it is or is not.
fn basis(call: &Call<'_>, consent: &ConsentRecord, dialog: Option<usize>) -> Option<Value> {
    let decided_at = consent.decided_at?;
    let granted = consent.decision == Decision::Granted && consent.releasable;
    let mut conditions = vec![format!("decision: {}", word(&consent.decision))];
    conditions.extend(consent.blocked_by.iter().map(|block| format!("blocked by: {}", block.name())));
    conditions.extend(consent.expires_event.iter().map(|event| format!("ends at: {event}")));
    conditions.extend(consent.revoked_at.iter().map(|at| format!("revoked at: {at}")));
    let mut proofs = Vec::new();
    if let Some(response) = &consent.response {
        let words = (!tells(call, &response.text)).then_some(&response.text);
        let mut proof =
            json!({"from_ms": response.from_ms, "to_ms": response.to_ms, "confirmation_text": words});
        if let Some(dialog) = dialog {
            proof["dialog_reference"] = dialog.into();
        }
        proofs
            .push(json!({"proof_type": "verbal_confirmation", "timestamp": decided_at, "proof_data": proof}));
    }
    if let (Some(signature), Some(instrument)) = (&consent.signature, &consent.instrument) {
        let data = json!({
            "kind": signature.kind,
            "name": signature.name,
            "instrument": instrument.text,
            "instrument_version": instrument.version,
            "instrument_sha256": signature.instrument_sha256,
            "clip_sha256": signature.clip_sha256,
            "spoken": signature.kind == SignatureKind::Voice,
        });
        proofs.push(
            json!({"proof_type": "signed_document", "timestamp": signature.signed_at, "proof_data": data}),
        );
    }
    let mut attachment = json!({
        "type": "lawful_basis",
        "start": decided_at,
        "party": CALLER,
        "encoding": "json",
        "body": {
            "lawful_basis": "consent",
            "expiration": consent.expires,
            "purpose_grants": [{
                "purpose": format!("disclose to {}: {}", call.recipient_name(&consent.recipient), consent.purpose),
                "granted": granted,
                "granted_at": decided_at,
                "conditions": conditions,
            }],
            "proof_mechanisms": proofs,
            "metadata": {
                "law": "42 CFR 2.31",
                "consent_id": consent.consent_id,
                "recipient": consent.recipient,
                "question_version": consent.question.version,
                "revoked_at": consent.revoked_at,
                "supersedes": consent.supersedes,
                "notice": {
                    "id": call.record.disclosure.id,
                    "version": call.record.disclosure.version,
                    "sha256": call.record.disclosure.sha256,
                },
            },
        },
    });
    if let Some(dialog) = dialog {
        attachment["dialog"] = dialog.into();
    }
    Some(attachment)
}

fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

fn seconds(ms: u64) -> f64 {
    ms as f64 / 1_000.0
}

/// The id where it is a UUID already; else one made of its hash (version 8, RFC 9562), always the same.
fn uuid(id: &str) -> String {
    let is_uuid = id.len() == 36
        && id.char_indices().all(|(at, c)| match at {
            8 | 13 | 18 | 23 => c == '-',
            _ => c.is_ascii_hexdigit(),
        });
    if is_uuid {
        return id.to_ascii_lowercase();
    }
    let hash = sha256(id.as_bytes());
    format!("{}-{}-8{}-8{}-{}", &hash[..8], &hash[8..12], &hash[13..16], &hash[17..20], &hash[20..32])
}

#[cfg(test)]
mod tests {
    use super::uuid;

    #[test]
    fn a_uuid_stays_and_any_other_id_becomes_one() {
        let id = "019a5f0e-2a61-7c6b-9a51-0e6d6a1f0b11";
        assert_eq!(uuid(id), id);
        let made = uuid("c");
        assert!(made.len() == 36 && made.as_bytes()[14] == b'8' && made == uuid("c"), "{made}");
    }
}

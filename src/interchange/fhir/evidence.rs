//! What a consent rests on: the signed instrument and the recording as `DocumentReference`, and who decided what, with
//! the help of what, as `Provenance`.

use super::{
    super::{Call, base64, sha1, sha256},
    Edition,
    codes::*,
    consent::{is_exported, reference, version},
    device_reference, id, label, patient_reference, program_reference,
};
use crate::{
    dialogue::SignatureKind,
    journal::{ConsentRecord, SignatureRecord},
    time::Utc,
};
use serde_json::{Value, json};

/// A text as an attachment. FHIR's `hash` is base64 SHA-1 over the data; ours stands beside it.
pub(super) fn attachment(content_type: &str, text: &str, title: &str) -> Value {
    let bytes = text.as_bytes();
    json!({
        "extension": [extension("sha256", ("valueString", sha256(bytes).into()))],
        "contentType": content_type,
        "data": base64(bytes),
        "hash": sha1(bytes),
        "title": title,
    })
}

/// The instrument's DocumentReference, where the consent was signed.
pub(super) fn instrument_reference(consent: &ConsentRecord) -> Option<Value> {
    consent.signature.as_ref().and(consent.instrument.as_ref())?;
    Some(json!({"reference": format!("DocumentReference/{}", instrument_id(consent))}))
}

fn instrument_id(consent: &ConsentRecord) -> String {
    id(&format!("instrument-{}", consent.consent_id))
}

fn recording_id(call: &Call<'_>) -> String {
    id(&format!("recording-{}", call.record.call_id))
}

/// One for each signed instrument, and one for the recording.
pub(super) fn documents(call: &Call<'_>, edition: Edition) -> Vec<Value> {
    let signed = call.record.consents.iter().filter(|c| is_exported(c));
    signed.filter_map(|c| instrument(call, c, edition)).chain(recording(call, edition)).collect()
}

fn instrument(call: &Call<'_>, consent: &ConsentRecord, edition: Edition) -> Option<Value> {
    let (signature, text) = (consent.signature.as_ref()?, consent.instrument.as_ref()?);
    let title = format!("Consent instrument, version {}", text.version);
    let mut written = attachment("text/plain; charset=utf-8", &text.text, &title);
    written["creation"] = json!(signature.signed_at);
    let mut content = vec![json!({"attachment": written})];
    if let Some(clip) = &signature.clip_sha256 {
        content.push(json!({"attachment": {
            "extension": [extension("sha256", ("valueString", clip.clone().into()))],
            "contentType": "audio/wav",
            "url": format!("urn:candor:part2:clip:{}", consent.consent_id),
            "title": format!("Spoken signature, {} to {} ms of the recording", signature.from_ms, signature.to_ms),
            "creation": signature.signed_at,
        }}));
    }
    let kind = concept(LOINC, "59284-0");
    Some(document(call, edition, instrument_id(consent), kind, signature.signed_at, content))
}

/// The recording as it is kept. Its bytes are not in it: they hold everything that was said.
fn recording(call: &Call<'_>, edition: Edition) -> Option<Value> {
    let kept = call.record.recording.as_ref()?;
    let mut sound = json!({
        "extension": [extension("sha256", ("valueString", kept.sha256.clone().into()))],
        "contentType": "audio/wav",
        "url": format!("urn:candor:part2:recording:{}", call.record.call_id),
        "title": format!("Recording, {} channels of 8 kHz mu-law", kept.channels),
        "creation": call.record.started_at,
    });
    if edition == Edition::R5 {
        sound["duration"] = json!(kept.duration_ms as f64 / 1_000.0);
    }
    let kind = json!({"text": "Recording of a call"});
    let content = vec![json!({"attachment": sound})];
    Some(document(call, edition, recording_id(call), kind, call.record.ended_at, content))
}

fn document(
    call: &Call<'_>,
    edition: Edition,
    id: String,
    kind: Value,
    date: Utc,
    content: Vec<Value>,
) -> Value {
    let labels: Vec<Value> = label::sensitive().iter().map(|coding| json!({"coding": [coding]})).collect();
    let mut document = json!({
        "resourceType": "DocumentReference",
        "id": id,
        "meta": {"security": label::sensitive()},
        "status": "current",
        "docStatus": "final",
        "type": kind,
        "subject": patient_reference(call),
        "date": date,
        "author": [device_reference(call)],
        "custodian": program_reference(call),
        "securityLabel": labels,
        "content": content,
    });
    if edition == Edition::R4 {
        document["context"] =
            json!({"period": {"start": call.record.started_at, "end": call.record.ended_at}});
    } else {
        document["period"] = json!({"start": call.record.started_at, "end": call.record.ended_at});
    }
    document
}

/// One for each decision, and one more where it was taken back. R4 and R5 have the same elements here.
pub(super) fn provenance(call: &Call<'_>) -> Vec<Value> {
    let mut all = Vec::new();
    for consent in call.record.consents.iter().filter(|c| is_exported(c)) {
        let decided_at = consent.decided_at.or(consent.asked_at).unwrap_or(call.record.ended_at);
        all.push(decided(call, consent, 1, decided_at));
        if let Some(revoked_at) = consent.revoked_at {
            all.push(decided(call, consent, version(consent), revoked_at));
        }
    }
    all
}

fn decided(call: &Call<'_>, consent: &ConsentRecord, version: u32, at: Utc) -> Value {
    let notice = &call.record.disclosure;
    let role = |code: &str| concept(PROVENANCE_PARTICIPANT, code);
    let mut provenance = json!({
        "resourceType": "Provenance",
        "id": id(&format!("provenance-{version}-{}", consent.consent_id)),
        "meta": {"security": label::sensitive()},
        "target": [reference(consent, version)],
        "occurredDateTime": at,
        "recorded": at,
        "policy": [
            format!("urn:candor:part2:notice:{}:{}:{}:{}", call.record.program, notice.id, notice.version, notice.locale),
        ],
        "agent": [
            {"type": role("author"), "who": patient_reference(call)},
            {"type": role("assembler"), "who": device_reference(call), "onBehalfOf": program_reference(call)},
        ],
    });
    let mut sources: Vec<Value> = instrument_reference(consent).into_iter().collect();
    if call.record.recording.is_some() {
        sources.push(json!({"reference": format!("DocumentReference/{}", recording_id(call))}));
    }
    if !sources.is_empty() {
        let entities: Vec<Value> =
            sources.into_iter().map(|what| json!({"role": "source", "what": what})).collect();
        provenance["entity"] = entities.into();
    }
    if let (Some(signed), 1) = (&consent.signature, version) {
        provenance["signature"] = json!([signature(call, signed)]);
    }
    provenance
}

/// The signature, by reference: its sound is kept, and known by its hash.
fn signature(call: &Call<'_>, signed: &SignatureRecord) -> Value {
    let mut hashes =
        vec![extension("instrument-sha256", ("valueString", signed.instrument_sha256.clone().into()))];
    if let Some(clip) = &signed.clip_sha256 {
        hashes.push(extension("clip-sha256", ("valueString", clip.clone().into())));
    }
    json!({
        "extension": hashes,
        "type": [coding(SIGNATURE, "1.2.840.10065.1.12.1.7")],
        "when": signed.signed_at,
        "who": patient_reference(call),
        "sigFormat": if signed.kind == SignatureKind::Voice { "audio/wav" } else { "text/plain" },
    })
}

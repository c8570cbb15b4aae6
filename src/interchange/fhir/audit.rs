//! Who took what out of here: an `AuditEvent` for an export, and for each release a row of the accounting.

use super::{
    super::{Call, accounting::Released},
    Edition,
    codes::*,
    consent, device_reference, id, label, patient_reference, recipient_reference,
};
use crate::{journal::ConsentRecord, time::Utc};
use serde_json::{Value, json};

/// Who exports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// Their name, as the system knows it.
    pub by: String,
}

/// What an event was.
struct Happened {
    id: String,
    at: Utc,
    purposes: Vec<&'static str>,
    /// Who started it, and who received.
    agents: Vec<Value>,
    entities: Vec<Value>,
}

/// The export of a call at `at`.
pub fn export(call: &Call<'_>, edition: Edition, at: Utc, exported: &Exported) -> Value {
    let consents = call.record.consents.iter().filter(|c| consent::is_exported(c));
    let mut entities = vec![entity(edition, patient_reference(call), "1", "1", None)];
    entities.extend(consents.map(|c| relied_on(edition, c)));
    event(
        call,
        edition,
        Happened {
            id: id(&format!("export-{}-{}", at.0, call.record.call_id)),
            at,
            purposes: vec!["RECORDMGT"],
            agents: vec![agent("110153", json!({"display": exported.by}), true, None)],
            entities,
        },
    )
}

/// A release: what left, to whom, on which version of which consent. A row of the accounting (42 CFR 2.25).
pub fn release(call: &Call<'_>, edition: Edition, released: &Released) -> Option<Value> {
    let consent = call.record.consents.iter().find(|c| c.consent_id == released.consent_id)?;
    let kind = call.recipient(&consent.recipient).map(|r| r.kind);
    let told = Some(released.description.as_str());
    let source = agent("110153", device_reference(call), true, Some(&released.consent_id));
    let destination = agent("110152", recipient_reference(&consent.recipient.0), false, None);
    Some(event(
        call,
        edition,
        Happened {
            id: id(&format!("release-{}", released.id)),
            at: released.at,
            purposes: consent::purposes(kind).to_vec(),
            agents: vec![source, destination],
            entities: vec![
                entity(edition, patient_reference(call), "1", "1", told),
                relied_on(edition, consent),
            ],
        },
    ))
}

fn event(call: &Call<'_>, edition: Edition, happened: Happened) -> Value {
    let purposes: Vec<Value> = happened.purposes.iter().map(|code| concept(ACT_REASON, code)).collect();
    let observer = device_reference(call);
    let mut event = json!({
        "resourceType": "AuditEvent",
        "id": happened.id,
        "meta": {"security": label::sensitive()},
        "action": "R",
        "recorded": happened.at,
        "agent": happened.agents,
        "entity": happened.entities,
    });
    let exported = json!({"system": DICOM, "code": "110106", "display": "Export"});
    match edition {
        Edition::R4 => {
            event["type"] = exported;
            event["period"] = json!({"start": happened.at, "end": happened.at});
            event["outcome"] = "0".into();
            event["purposeOfEvent"] = purposes.into();
            event["source"] = json!({"site": call.record.program, "observer": observer, "type": [coding(SOURCE_TYPE, "4")]});
        }
        Edition::R5 => {
            event["code"] = json!({"coding": [exported]});
            event["occurredPeriod"] = json!({"start": happened.at, "end": happened.at});
            event["outcome"] = json!({"code": coding(OUTCOME, "success")});
            event["authorization"] = purposes.into();
            event["patient"] = patient_reference(call);
            event["source"] = json!({"observer": observer, "type": [concept(SOURCE_TYPE, "4")]});
        }
    }
    event
}

/// `role` is a code of DICOM: 110153 the source, 110152 the destination.
fn agent(role: &str, who: Value, requestor: bool, consent: Option<&str>) -> Value {
    let mut agent = json!({"type": concept(DICOM, role), "who": who, "requestor": requestor});
    if let Some(consent) = consent {
        agent["policy"] = json!([format!("urn:candor:part2:consent:{consent}")]);
    }
    agent
}

/// The consent, in the version that was relied on.
fn relied_on(edition: Edition, consent: &ConsentRecord) -> Value {
    entity(edition, consent::reference(consent, consent::version(consent)), "2", "4", None)
}

fn entity(edition: Edition, what: Value, kind: &str, role: &str, description: Option<&str>) -> Value {
    let mut entity = json!({"what": what});
    match edition {
        Edition::R4 => {
            entity["type"] = coding(ENTITY_TYPE, kind);
            entity["role"] = coding(OBJECT_ROLE, role);
            if let Some(description) = description {
                entity["description"] = description.into();
            }
        }
        Edition::R5 => {
            entity["role"] = concept(OBJECT_ROLE, role);
            if let Some(description) = description {
                entity["detail"] = json!([{"type": {"text": "description"}, "valueString": description}]);
            }
        }
    }
    entity
}

//! A call as HL7 FHIR resources, in R4 (4.0.1) or R5 (5.0.0): a `Consent` for each decision about a recipient, its
//! `Provenance`, a `DocumentReference` for each signed instrument and for the recording, an `AuditEvent` for the export
//! itself (and for each release), and the few resources that these refer to.
//!
//! Our own rules are in [`check`], which needs no network and no profile packages.

mod audit;
mod check;
mod codes;
mod consent;
mod evidence;
mod label;

pub use audit::{Exported, export, release};
pub use check::{Problem, check};

use super::{Call, sha256};
use crate::time::Utc;
use serde_json::{Value, json};

/// A version of FHIR.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edition {
    /// 4.0.1.
    R4,
    /// 5.0.0.
    R5,
}

/// What a receiver expects of a Consent beyond FHIR itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// FHIR's own resource, with everything we know.
    #[default]
    Base,
    /// IHE Privacy Consent on FHIR, of R4: without the elements that it forbids.
    Pcf,
}

/// Where the resources of a Bundle stand. The name is one that never resolves (RFC 2606): a receiver gives them
/// addresses of its own.
const BASE: &str = "https://candor.invalid/fhir";

/// The call as a Bundle of all its resources. Without `exported`, who takes it along is not in it.
pub fn bundle(
    call: &Call<'_>,
    edition: Edition,
    profile: Profile,
    at: Utc,
    exported: Option<&Exported>,
) -> Value {
    let mut resources = parties(call);
    resources.extend(consent::of(call, edition, profile, at));
    resources.extend(evidence::documents(call, edition));
    resources.extend(evidence::provenance(call));
    resources.extend(exported.map(|exported| audit::export(call, edition, at, exported)));
    let entries: Vec<Value> = resources
        .into_iter()
        .map(|resource| {
            let url = format!("{BASE}/{}/{}", text(&resource["resourceType"]), text(&resource["id"]));
            json!({"fullUrl": url, "resource": resource})
        })
        .collect();
    json!({
        "resourceType": "Bundle",
        "id": id(&format!("call-{}", call.record.call_id)),
        // What a Bundle is about must not be told by its label: only that it is restricted (DS4P).
        "meta": {"security": [label::restricted()]},
        "type": "collection",
        "timestamp": at,
        "entry": entries,
    })
}

/// Who and what the other resources refer to.
fn parties(call: &Call<'_>) -> Vec<Value> {
    let mut patient = json!({
        "resourceType": "Patient",
        "id": patient_id(call),
        "meta": {"security": label::sensitive()},
    });
    if let Some(name) = call.patient_name() {
        patient["name"] = json!([{"text": name}]);
    }
    let program = json!({"resourceType": "Organization", "id": program_id(call), "name": call.program.name});
    let device = json!({
        "resourceType": "Device",
        "id": device_id(call),
        "status": "active",
        "owner": program_reference(call),
    });
    let mut all = vec![patient, program, device];
    for consent in &call.record.consents {
        let organization = json!({
            "resourceType": "Organization",
            "id": recipient_id(&consent.recipient.0),
            "name": call.recipient_name(&consent.recipient),
        });
        if !all.contains(&organization) {
            all.push(organization);
        }
    }
    all
}

fn patient_id(call: &Call<'_>) -> String {
    id(&format!("caller-{}", call.record.call_id))
}

fn program_id(call: &Call<'_>) -> String {
    id(&format!("program-{}", call.record.program))
}

fn device_id(call: &Call<'_>) -> String {
    id(&format!("candor-{}", call.opened.build))
}

fn recipient_id(recipient: &str) -> String {
    id(&format!("recipient-{recipient}"))
}

fn patient_reference(call: &Call<'_>) -> Value {
    json!({"reference": format!("Patient/{}", patient_id(call))})
}

fn program_reference(call: &Call<'_>) -> Value {
    json!({"reference": format!("Organization/{}", program_id(call))})
}

fn device_reference(call: &Call<'_>) -> Value {
    json!({"reference": format!("Device/{}", device_id(call))})
}

fn recipient_reference(recipient: &str) -> Value {
    json!({"reference": format!("Organization/{}", recipient_id(recipient))})
}

/// `name` as an id of FHIR: letters, digits, `-` and `.`, at most 64 of them.
fn id(name: &str) -> String {
    const CHARS_MAX: usize = 64;
    let plain: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' }).collect();
    if plain.len() <= CHARS_MAX {
        return plain;
    }
    // What is cut off must still tell two apart.
    format!("{}-{}", &plain[..CHARS_MAX - 17], &sha256(name.as_bytes())[..16])
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::id;

    #[test]
    fn any_name_becomes_an_id_and_two_stay_two() {
        assert_eq!(id("recipient-referral_source"), "recipient-referral-source");
        let (one, two) = (id(&"a".repeat(80)), id(&"a".repeat(81)));
        assert!(one.len() == 64 && two.len() == 64 && one != two, "{one} {two}");
    }
}

//! The code systems that our resources draw from (HL7 Terminology), and values made of their codes.

use serde_json::{Value, json};

pub(super) const CONFIDENTIALITY: &str = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";
pub(super) const ACT_CODE: &str = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
pub(super) const ACT_REASON: &str = "http://terminology.hl7.org/CodeSystem/v3-ActReason";
pub(super) const PARTICIPATION: &str = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType";
pub(super) const CONSENT_SCOPE: &str = "http://terminology.hl7.org/CodeSystem/consentscope";
pub(super) const CONSENT_ACTION: &str = "http://terminology.hl7.org/CodeSystem/consentaction";
pub(super) const CONSENT_VERIFICATION: &str = "http://terminology.hl7.org/CodeSystem/consentverification";
pub(super) const PROVENANCE_PARTICIPANT: &str =
    "http://terminology.hl7.org/CodeSystem/provenance-participant-type";
pub(super) const SOURCE_TYPE: &str = "http://terminology.hl7.org/CodeSystem/security-source-type";
pub(super) const ENTITY_TYPE: &str = "http://terminology.hl7.org/CodeSystem/audit-entity-type";
pub(super) const OBJECT_ROLE: &str = "http://terminology.hl7.org/CodeSystem/object-role";
pub(super) const OUTCOME: &str = "http://hl7.org/fhir/issue-severity";
pub(super) const DICOM: &str = "http://dicom.nema.org/resources/ontology/DCM";
pub(super) const LOINC: &str = "http://loinc.org";
pub(super) const SIGNATURE: &str = "urn:iso-astm:E1762-95:2013";

/// The law, and where it can be read.
pub(super) const ECFR: &str = "https://www.ecfr.gov";
pub(super) const PART_2: &str = "https://www.ecfr.gov/current/title-42/chapter-I/subchapter-A/part-2";

/// A code of a system.
pub(super) fn coding(system: &str, code: &str) -> Value {
    json!({"system": system, "code": code})
}

/// A concept with one code.
pub(super) fn concept(system: &str, code: &str) -> Value {
    json!({"coding": [coding(system, code)]})
}

/// An extension of ours: `urn:candor:part2:NAME`.
pub(super) fn extension(name: &str, value: (&str, Value)) -> Value {
    let mut extension = json!({"url": format!("{OURS}{name}")});
    extension[value.0] = value.1;
    extension
}

/// An extension of ours that has parts, each under its own short name.
pub(super) fn extension_of(name: &str, parts: Vec<Value>) -> Value {
    json!({"url": format!("{OURS}{name}"), "extension": parts})
}

/// A part of an extension.
pub(super) fn part(name: &str, kind: &str, value: impl Into<Value>) -> Value {
    let mut part = json!({"url": name});
    part[kind] = value.into();
    part
}

/// Where our extensions begin.
pub(super) const OURS: &str = "urn:candor:part2:";

//! A decision about a recipient as a `Consent`.

use super::{
    super::{Call, sha256},
    Edition, Profile,
    codes::*,
    evidence, id, label, patient_reference, program_reference, recipient_reference,
};
use crate::{
    dialogue::{Block, Decision, Told},
    journal::{CallRecord, ConsentRecord},
    program::RecipientKind,
    time::Utc,
};
use serde_json::{Value, json};

/// Every decision of the call. What was asked and never decided is not exported.
pub(super) fn of(call: &Call<'_>, edition: Edition, profile: Profile, at: Utc) -> Vec<Value> {
    let consents = call.record.consents.iter();
    consents.filter_map(|c| Some(consent(call, c, state(call.record, c, at)?, edition, profile))).collect()
}

/// The id of the resource.
pub(super) fn consent_id(consent: &ConsentRecord) -> String {
    id(&consent.consent_id)
}

/// A change is a version: 1 as it was decided, 2 once it was taken back.
pub(super) fn version(consent: &ConsentRecord) -> u32 {
    1 + u32::from(consent.revoked_at.is_some())
}

/// `Consent/ID/_history/VERSION`.
pub(super) fn reference(consent: &ConsentRecord, version: u32) -> Value {
    json!({"reference": format!("Consent/{}/_history/{version}", consent_id(consent))})
}

/// Whether it is among what [`of`] gives.
pub(super) fn is_exported(consent: &ConsentRecord) -> bool {
    consent.decision != Decision::Incomplete
}

/// Where a consent stands. FHIR has no word for revoked: that is inactive, and why is in an extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stands {
    Proposed,
    Active,
    Rejected,
    Inactive,
}

impl Stands {
    fn code(self, edition: Edition) -> &'static str {
        match (self, edition) {
            (Stands::Proposed, Edition::R4) => "proposed",
            (Stands::Proposed, Edition::R5) => "draft",
            (Stands::Active, _) => "active",
            (Stands::Rejected, Edition::R4) => "rejected",
            (Stands::Rejected, Edition::R5) => "not-done",
            (Stands::Inactive, _) => "inactive",
        }
    }
}

/// Only what may be released now is active. What waits for something is proposed.
fn state(record: &CallRecord, consent: &ConsentRecord, at: Utc) -> Option<(Stands, String)> {
    let by = |block: Block| consent.blocked_by.contains(&block);
    let superseded = || {
        let mut later = record.consents.iter().filter(|c| c.decision == Decision::Granted);
        by(Block::Superseded) || later.any(|c| c.supersedes.as_ref() == Some(&consent.consent_id))
    };
    let expired = || consent.expires.is_some_and(|ends| ends <= at) || by(Block::Expired);
    Some(match consent.decision {
        Decision::Incomplete => return None,
        Decision::Denied => (Stands::Rejected, "denied".into()),
        Decision::Deferred => (Stands::Proposed, "deferred".into()),
        Decision::Revoked => (Stands::Inactive, "revoked".into()),
        Decision::Granted if by(Block::Revoked) => (Stands::Inactive, "revoked".into()),
        Decision::Granted if superseded() => (Stands::Inactive, "superseded".into()),
        Decision::Granted if expired() => (Stands::Inactive, "expired".into()),
        Decision::Granted if by(Block::Restriction) => (Stands::Inactive, "restriction".into()),
        Decision::Granted if by(Block::Hold) => (Stands::Inactive, "hold".into()),
        Decision::Granted if consent.releasable => (Stands::Active, "granted".into()),
        Decision::Granted => {
            let waits = consent.blocked_by.iter().map(|block| block.name()).collect::<Vec<_>>().join(" ");
            (Stands::Proposed, format!("pending {waits}"))
        }
    })
}

fn consent(
    call: &Call<'_>,
    consent: &ConsentRecord,
    (stands, why): (Stands, String),
    edition: Edition,
    profile: Profile,
) -> Value {
    let granted_once = matches!(consent.decision, Decision::Granted | Decision::Revoked);
    let decided_at = consent.decided_at.or(consent.asked_at).unwrap_or(call.record.ended_at);
    let mut resource = json!({
        "resourceType": "Consent",
        "id": consent_id(consent),
        "meta": {"versionId": version(consent).to_string(), "security": label::sensitive_and_kept()},
        "extension": extensions(call, consent, &why),
        "identifier": [{"system": "urn:candor:part2:consent-id", "value": consent.consent_id}],
        "status": stands.code(edition),
        "category": [
            concept(LOINC, "59284-0"),
            concept(ACT_CODE, "IDSCL"),
            concept(ACT_CODE, "42CFRPart2CD"),
        ],
    });
    let period = period(consent, granted_once.then_some(decided_at));
    let (patient, program) = (patient_reference(call), program_reference(call));
    let verified = granted_once.then(|| json!({"verified": true, "verifiedWith": patient}));
    let provision = provision(call, consent, edition, profile, &period);
    match edition {
        Edition::R4 => {
            resource["scope"] = concept(CONSENT_SCOPE, "patient-privacy");
            resource["patient"] = patient.clone();
            resource["dateTime"] = json!(decided_at);
            resource["performer"] = json!([patient]);
            resource["organization"] = json!([program]);
            // One of the two, never both.
            match evidence::instrument_reference(consent) {
                Some(signed) => resource["sourceReference"] = signed,
                None => resource["sourceAttachment"] = question(consent),
            }
            resource["policy"] = json!([{"authority": ECFR, "uri": PART_2}]);
            resource["policyRule"] = concept(ACT_CODE, "42CFRPart2");
            if let (Some(mut verified), Profile::Base) = (verified, profile) {
                verified["verificationDate"] = json!(decided_at);
                resource["verification"] = json!([verified]);
            }
            let mut root = json!({"type": "deny", "provision": [provision]});
            root["period"] = period;
            resource["provision"] = root;
        }
        Edition::R5 => {
            resource["subject"] = patient.clone();
            // A date only: the moment is in the Provenance.
            resource["date"] = day(decided_at).into();
            resource["period"] = period;
            resource["grantor"] = json!([patient]);
            resource["grantee"] = json!([recipient_reference(&consent.recipient.0)]);
            resource["controller"] = json!([program]);
            match evidence::instrument_reference(consent) {
                Some(signed) => resource["sourceReference"] = json!([signed]),
                None => resource["sourceAttachment"] = json!([question(consent)]),
            }
            resource["regulatoryBasis"] = json!([concept(ACT_CODE, "42CFRPart2")]);
            resource["policyBasis"] = json!({"url": PART_2});
            if let Some(mut verified) = verified {
                verified["verificationType"] = concept(CONSENT_VERIFICATION, "validation");
                verified["verificationDate"] = json!([decided_at]);
                resource["verification"] = json!([verified]);
            }
            resource["decision"] = "deny".into();
            resource["provision"] = json!([provision]);
        }
    }
    resource
}

/// The one exception to "nothing": this recipient, for these purposes.
fn provision(
    call: &Call<'_>,
    consent: &ConsentRecord,
    edition: Edition,
    profile: Profile,
    period: &Value,
) -> Value {
    let kind = call.recipient(&consent.recipient).map(|r| r.kind);
    let purposes: Vec<Value> = purposes(kind).iter().map(|code| coding(ACT_REASON, code)).collect();
    let mut provision = json!({
        "period": period,
        "actor": [{
            "role": concept(PARTICIPATION, "IRCP"),
            "reference": recipient_reference(&consent.recipient.0),
        }],
        "purpose": purposes,
    });
    if edition == Edition::R4 {
        provision["type"] = "permit".into();
    }
    if profile == Profile::Base {
        provision["action"] = json!([concept(CONSENT_ACTION, "disclose")]);
        provision["securityLabel"] = json!([coding(ACT_CODE, "SUD"), coding(ACT_CODE, "ETH")]);
    }
    provision
}

/// What a kind of recipient is told things for.
pub(super) fn purposes(kind: Option<RecipientKind>) -> &'static [&'static str] {
    match kind {
        Some(RecipientKind::HealthPlan | RecipientKind::ThirdPartyPayer) => &["ELIGVER"],
        Some(RecipientKind::TreatingProvider | RecipientKind::ReferralSource) => &["TREAT", "CAREMGT"],
        Some(RecipientKind::Contractor) => &["PATADMIN"],
        Some(RecipientKind::Family) => &["SUPNWK"],
        Some(RecipientKind::Tpo) => &["TREAT", "HPAYMT", "HOPERAT"],
        // Taken out of the script since; why is in the question and the instrument.
        None => &["PATRQT"],
    }
}

fn period(consent: &ConsentRecord, start: Option<Utc>) -> Value {
    let end = match (consent.revoked_at, consent.expires) {
        (Some(revoked), Some(expires)) => Some(revoked.min(expires)),
        (one, other) => one.or(other),
    };
    let mut period = json!({});
    if let Some(start) = start {
        period["start"] = json!(start);
    }
    if let Some(end) = end {
        period["end"] = json!(end);
    }
    // A period has a start or an end; one that has neither begins with the question.
    if period == json!({})
        && let Some(asked) = consent.asked_at
    {
        period["start"] = json!(asked);
    }
    period
}

/// The source of a decision without a signature: the question as it was asked.
fn question(consent: &ConsentRecord) -> Value {
    evidence::attachment("text/plain; charset=utf-8", &consent.question.text, "Consent question as asked")
}

fn extensions(call: &Call<'_>, consent: &ConsentRecord, why: &str) -> Vec<Value> {
    let notice = &call.record.disclosure;
    let mut all = Vec::new();
    let mut state = vec![
        part("state", "valueCode", state_code(consent)),
        part("reason", "valueString", consent.why.clone().unwrap_or_else(|| why.to_owned())),
    ];
    let changed = consent.revoked_at.or(consent.decided_at);
    state.extend(changed.map(|at| part("at", "valueInstant", at.to_string())));
    state.extend(consent.blocked_by.iter().map(|block| part("blocked-by", "valueCode", block.name())));
    all.push(extension_of("consent-state", state));
    let mut read = vec![
        part("program", "valueString", call.record.program.clone()),
        part("id", "valueString", notice.id.clone()),
        part("version", "valueString", notice.version.clone()),
        part("locale", "valueCode", notice.locale.tag()),
        part("sha256", "valueString", notice.sha256.clone()),
    ];
    read.extend(notice.acknowledged_at.map(|at| part("acknowledged-at", "valueInstant", at.to_string())));
    all.push(extension_of("notice-version", read));
    if let Some(instrument) = &consent.instrument {
        all.push(elements(&instrument.text, &instrument.version));
    }
    if let Some(signature) = &consent.signature {
        let mut parts = vec![
            part("kind", "valueCode", signature.kind.name()),
            part("name", "valueString", signature.name.clone()),
            part("signed-at", "valueInstant", signature.signed_at.to_string()),
            part("from-ms", "valueString", signature.from_ms.to_string()),
            part("to-ms", "valueString", signature.to_ms.to_string()),
            part("call-id", "valueString", call.record.call_id.clone()),
            part("build", "valueString", call.opened.build.clone()),
            part("instrument-sha256", "valueString", signature.instrument_sha256.clone()),
        ];
        parts.extend(signature.clip_sha256.iter().map(|h| part("clip-sha256", "valueString", h.clone())));
        all.push(extension_of("voice-signature", parts));
    }
    if let (Some(at), Some(revocation)) = (consent.revoked_at, &consent.revocation) {
        let mode = match revocation.told {
            Told::Oral => "oral-recorded",
            Told::Key => "key",
            Told::Typed => "written",
            Told::Click => "click",
        };
        all.push(extension_of(
            "consent-revocation",
            vec![
                part("revokedAt", "valueInstant", at.to_string()),
                part("mode", "valueCode", mode),
                // One resource for each recipient: taking it back takes back all of it.
                part("scope", "valueCode", "full"),
            ],
        ));
    }
    if let Some(event) = &consent.expires_event {
        all.push(extension("expiry-event", ("valueString", event.clone().into())));
    }
    if let Some(old) = &consent.supersedes {
        all.push(extension("supersedes", ("valueString", old.clone().into())));
    }
    all
}

fn state_code(consent: &ConsentRecord) -> &'static str {
    match consent.decision {
        Decision::Granted if !consent.releasable => "pending",
        Decision::Granted => "granted",
        Decision::Denied => "denied",
        Decision::Revoked => "revoked",
        Decision::Deferred => "deferred",
        Decision::Incomplete => "incomplete",
    }
}

/// Which of the ten elements of 42 CFR 2.31(a) the signed text has: each stands on a line under its number.
fn elements(instrument: &str, version: &str) -> Value {
    const ELEMENTS: [(&str, &str); 10] = [
        ("patient", "(1)"),
        ("discloser", "(2)"),
        ("information", "(3)"),
        ("recipient", "(4)"),
        ("purpose", "(5)"),
        ("revocation", "(6)"),
        ("expiry", "(7)"),
        ("signature", "(8)"),
        ("date", "(9)"),
        ("redisclosure-and-refusal", "(10)"),
    ];
    let holds = |number: &str| {
        instrument.lines().any(|line| {
            let numbers = line.split(' ').take_while(|word| word.starts_with('('));
            numbers.into_iter().any(|word| word.starts_with(number))
        })
    };
    let mut parts: Vec<Value> =
        ELEMENTS.iter().map(|(name, number)| part(name, "valueBoolean", holds(number))).collect();
    parts.push(part("version", "valueString", version));
    parts.push(part("instrument-sha256", "valueString", sha256(instrument.as_bytes())));
    extension_of("consent-elements", parts)
}

/// The day of a moment, in UTC.
fn day(at: Utc) -> String {
    at.to_string().chars().take(10).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_found_by_their_numbers() {
        let told = |text: &str, name: &str| {
            let elements = elements(text, "1");
            let parts = elements["extension"].as_array().unwrap().clone();
            parts.iter().find(|p| p["url"] == name).unwrap()["valueBoolean"] == true
        };
        let text = "Title\n(1) Patient: A (2) B.\n(4)(i) To C.\n(8), (9) Signed.\n(10)(i) Passed on.";
        for (name, is_there) in [
            ("patient", true),
            ("discloser", false),
            ("recipient", true),
            ("signature", true),
            ("date", true),
            ("redisclosure-and-refusal", true),
            ("purpose", false),
        ] {
            assert_eq!(told(text, name), is_there, "{name}");
        }
    }
}

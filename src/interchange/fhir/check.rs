//! Our own rules for the resources that we hand out: what validators of structure do not see (part of it binds by FHIR,
//! part by 42 CFR Part 2, part by how we keep evidence).

use super::{
    super::{sha1, sha256},
    Edition,
    codes::*,
};
use crate::time::Utc;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;
use std::{collections::BTreeSet, fmt};

/// Something that a resource may not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Which resource, and where in it: `Consent/c.payor.1: status`.
    pub place: String,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

/// Everything that is wrong with a resource, or with a Bundle and all that is in it.
pub fn check(resource: &Value, edition: Edition) -> Vec<Problem> {
    let mut checked = Checked { edition, name: name(resource), problems: Vec::new() };
    match kind(resource) {
        "Bundle" => checked.bundle(resource),
        "Consent" => checked.consent(resource),
        "Provenance" => checked.provenance(resource),
        "AuditEvent" => checked.audit_event(resource),
        "DocumentReference" => checked.document(resource),
        "Patient" => checked.labels(resource),
        "Organization" | "Device" => {}
        other => checked.note("resourceType", format!("`{other}` is no kind of ours")),
    }
    if kind(resource) != "Bundle" {
        checked.values(resource, "");
    }
    checked.problems
}

struct Checked {
    edition: Edition,
    name: String,
    problems: Vec<Problem>,
}

impl Checked {
    fn note(&mut self, place: &str, what: impl Into<String>) {
        self.problems.push(Problem { place: format!("{}: {place}", self.name), what: what.into() });
    }

    fn must(&mut self, holds: bool, place: &str, what: &str) {
        if !holds {
            self.note(place, what);
        }
    }

    fn one_of(&mut self, value: &Value, place: &str, codes: &[&str]) {
        let code = value.as_str().unwrap_or("nothing");
        if !codes.contains(&code) {
            self.note(place, format!("`{code}` is none of {}", codes.join(", ")));
        }
    }

    fn bundle(&mut self, bundle: &Value) {
        self.one_of(&bundle["type"], "type", &["collection"]);
        let labels = codes(&bundle["meta"]["security"], None);
        self.must(labels == ["R"], "meta.security", "a Bundle is labelled R and nothing else");
        let mut urls = BTreeSet::new();
        let mut known = BTreeSet::new();
        for entry in list(&bundle["entry"]) {
            let url = entry["fullUrl"].as_str().unwrap_or_default();
            let fits = url.ends_with(&format!("/{}", name(&entry["resource"])));
            self.must(fits && urls.insert(url), "entry.fullUrl", "each entry has an address of its own");
            known.insert(name(&entry["resource"]));
            self.problems.extend(check(&entry["resource"], self.edition));
        }
        for entry in list(&bundle["entry"]) {
            let mut referred = Vec::new();
            references(&entry["resource"], &mut referred);
            for reference in referred {
                let target = reference.split("/_history/").next().unwrap_or_default();
                if !known.contains(target) {
                    self.note(&name(&entry["resource"]), format!("refers to {reference}, which is not here"));
                }
            }
            self.signed(&entry["resource"], list(&bundle["entry"]));
        }
    }

    /// What was signed is the text that stands in the Bundle.
    fn signed(&mut self, consent: &Value, entries: &[Value]) {
        let source = match self.edition {
            Edition::R4 => &consent["sourceReference"],
            Edition::R5 => &consent["sourceReference"][0],
        };
        let Some(reference) = source["reference"].as_str().filter(|_| kind(consent) == "Consent") else {
            return;
        };
        let document = entries.iter().map(|e| &e["resource"]).find(|r| name(r) == reference);
        let text = document.map(|d| &d["content"][0]["attachment"]["data"]).and_then(Value::as_str);
        let written = text.and_then(|data| STANDARD.decode(data).ok()).map(|bytes| sha256(&bytes));
        for extension in ["voice-signature", "consent-elements"] {
            let told = part_of(consent, extension, "instrument-sha256");
            let same = told.is_some() && told == written.as_deref();
            self.must(same, extension, "the hash is not that of the instrument");
        }
    }

    fn consent(&mut self, consent: &Value) {
        let status: &[&str] = match self.edition {
            Edition::R4 => &["draft", "proposed", "active", "rejected", "inactive", "entered-in-error"],
            Edition::R5 => &["draft", "active", "inactive", "not-done", "entered-in-error", "unknown"],
        };
        self.one_of(&consent["status"], "status", status);
        self.labels(consent);
        let labels = codes(&consent["meta"]["security"], Some(ACT_CODE));
        self.must(labels.contains(&"NORDSCLCD"), "meta.security", "NORDSCLCD is missing");
        let has = |field: &str| !consent[field].is_null();
        let sources = ["sourceAttachment", "sourceReference"].into_iter().filter(|s| has(s)).count();
        self.must(sources == 1, "source[x]", "there is exactly one source");
        let categories: Vec<&str> =
            list(&consent["category"]).iter().flat_map(|c| codes(&c["coding"], None)).collect();
        self.must(categories.contains(&"59284-0"), "category", "LOINC 59284-0 is missing");
        let decided = part_of(consent, "consent-state", "state");
        self.must(decided.is_some(), "extension", "consent-state is missing");
        let contradicts = consent["status"] == "active" && decided != Some("granted");
        self.must(!contradicts, "status", "only what was granted and may be released is active");
        let notice = part_of(consent, "notice-version", "sha256");
        self.must(notice.is_some_and(is_sha256), "extension", "notice-version has no hash of the notice");
        if consent["status"] == "active" {
            let elements = list(&consent["extension"]).iter().find(|e| is_ours(e, "consent-elements"));
            let told = elements.map(|e| list(&e["extension"])).unwrap_or_default();
            let truths: Vec<&Value> =
                told.iter().map(|p| &p["valueBoolean"]).filter(|v| v.is_boolean()).collect();
            let all = truths.len() == 10 && truths.iter().all(|t| **t == true);
            self.must(all, "extension", "an active consent has all ten elements of 42 CFR 2.31(a)");
        }
        match self.edition {
            Edition::R4 => self.consent_r4(consent),
            Edition::R5 => self.consent_r5(consent),
        }
    }

    fn consent_r4(&mut self, consent: &Value) {
        let scope = codes(&consent["scope"]["coding"], Some(CONSENT_SCOPE));
        self.must(scope == ["patient-privacy"], "scope", "the scope is patient-privacy");
        let policy = list(&consent["policy"]).iter().any(|p| p["uri"].is_string());
        let rule = codes(&consent["policyRule"]["coding"], Some(ACT_CODE)).contains(&"42CFRPart2");
        self.must(policy || rule, "policy", "there is a policy or a policyRule (ppc-1)");
        for field in ["patient", "dateTime"] {
            self.must(!consent[field].is_null(), field, "is missing");
        }
        for field in ["performer", "organization"] {
            self.must(!list(&consent[field]).is_empty(), field, "is missing");
        }
        self.one_of(&consent["provision"]["type"], "provision.type", &["deny"]);
        let exceptions = list(&consent["provision"]["provision"]);
        self.must(!exceptions.is_empty(), "provision.provision", "is missing");
        for exception in exceptions {
            self.one_of(&exception["type"], "provision.provision.type", &["permit"]);
            self.must(
                exception["provision"].is_null(),
                "provision.provision.provision",
                "is one level too deep",
            );
            self.exception(exception);
        }
    }

    fn consent_r5(&mut self, consent: &Value) {
        let law = list(&consent["regulatoryBasis"])
            .iter()
            .any(|b| codes(&b["coding"], Some(ACT_CODE)).contains(&"42CFRPart2"));
        self.must(law, "regulatoryBasis", "42CFRPart2 is missing");
        self.must(consent["policyBasis"]["url"].is_string(), "policyBasis.url", "is missing");
        self.must(!consent["subject"].is_null(), "subject", "is missing");
        self.must(consent["scope"].is_null() && consent["patient"].is_null(), "scope", "belongs to R4");
        for field in ["grantor", "grantee", "controller"] {
            self.must(!list(&consent[field]).is_empty(), field, "is missing");
        }
        self.one_of(&consent["decision"], "decision", &["deny"]);
        let exceptions = list(&consent["provision"]);
        self.must(!exceptions.is_empty(), "provision", "is missing");
        for exception in exceptions {
            self.must(exception["type"].is_null(), "provision.type", "belongs to R4");
            self.exception(exception);
        }
    }

    fn exception(&mut self, exception: &Value) {
        let actors = list(&exception["actor"]);
        self.must(!actors.is_empty(), "provision.actor", "is missing");
        for actor in actors {
            let role = codes(&actor["role"]["coding"], Some(PARTICIPATION));
            self.must(role == ["IRCP"], "provision.actor.role", "the recipient's role is IRCP");
            self.must(actor["reference"]["reference"].is_string(), "provision.actor.reference", "is missing");
        }
        let purposes = codes(&exception["purpose"], Some(ACT_REASON));
        self.must(!purposes.is_empty(), "provision.purpose", "is missing");
    }

    /// R, 42CFRPart2, and one of SUD and ETH; one confidentiality and no more.
    fn labels(&mut self, resource: &Value) {
        let security = &resource["meta"]["security"];
        let confidentiality = codes(security, Some(CONFIDENTIALITY));
        self.must(confidentiality == ["R"], "meta.security", "its confidentiality is R, once");
        let law = codes(security, Some(ACT_CODE));
        self.must(law.contains(&"42CFRPart2"), "meta.security", "42CFRPart2 is missing");
        let sensitivity = ["SUD", "ETH"].iter().any(|code| law.contains(code));
        self.must(sensitivity, "meta.security", "SUD or ETH is missing");
    }

    fn provenance(&mut self, provenance: &Value) {
        self.labels(provenance);
        for field in ["target", "agent", "policy"] {
            self.must(!list(&provenance[field]).is_empty(), field, "is missing");
        }
        self.must(provenance["recorded"].is_string(), "recorded", "is missing");
        for target in list(&provenance["target"]) {
            let pinned = target["reference"].as_str().is_some_and(|r| r.contains("/_history/"));
            self.must(pinned, "target", "names no version of the consent");
        }
        for agent in list(&provenance["agent"]) {
            self.must(!agent["who"].is_null(), "agent.who", "is missing");
        }
        for entity in list(&provenance["entity"]) {
            self.one_of(&entity["role"], "entity.role", &["source"]);
        }
        for signature in list(&provenance["signature"]) {
            let kind = codes(&signature["type"], Some(SIGNATURE));
            self.must(kind == ["1.2.840.10065.1.12.1.7"], "signature.type", "is no consent signature");
            for field in ["when", "who"] {
                self.must(!signature[field].is_null(), "signature", "has no `when` or `who`");
            }
        }
    }

    fn audit_event(&mut self, event: &Value) {
        self.labels(event);
        let codings = match self.edition {
            Edition::R4 => codes(&Value::Array(vec![event["type"].clone()]), Some(DICOM)).len(),
            Edition::R5 => codes(&event["code"]["coding"], Some(DICOM)).len(),
        };
        self.must(codings == 1, "type", "has no code of DICOM");
        self.one_of(&event["action"], "action", &["C", "R", "U", "D", "E"]);
        if self.edition == Edition::R4 {
            self.one_of(&event["outcome"], "outcome", &["0", "4", "8", "12"]);
        }
        self.must(event["recorded"].is_string(), "recorded", "is missing");
        self.must(!event["source"]["observer"].is_null(), "source.observer", "is missing");
        let agents = list(&event["agent"]);
        self.must(agents.iter().all(|a| a["requestor"].is_boolean()), "agent.requestor", "is missing");
        let requestors = agents.iter().filter(|a| a["requestor"] == true).count();
        self.must(requestors == 1, "agent.requestor", "one agent asked for it");
    }

    fn document(&mut self, document: &Value) {
        self.labels(document);
        self.one_of(&document["status"], "status", &["current", "superseded", "entered-in-error"]);
        let labels: Vec<&str> =
            list(&document["securityLabel"]).iter().flat_map(|l| codes(&l["coding"], None)).collect();
        let telling = ["MASK", "NODSCLCD"].iter().any(|code| labels.contains(code));
        self.must(!telling, "securityLabel", "a label tells more than it protects");
        let content = list(&document["content"]);
        self.must(!content.is_empty(), "content", "is missing");
        for one in content {
            let attachment = &one["attachment"];
            let there = attachment["data"].is_string() || attachment["url"].is_string();
            self.must(attachment["contentType"].is_string() && there, "content.attachment", "is empty");
        }
    }

    /// What holds for every value, wherever it stands.
    fn values(&mut self, value: &Value, place: &str) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.values(item, place)),
            Value::Object(fields) => {
                if fields.get("code").is_some_and(|c| c == "NORDSLCD") {
                    self.note(place, "NORDSLCD is retired; the code is NORDSCLCD");
                }
                if fields
                    .get("system")
                    .and_then(Value::as_str)
                    .is_some_and(|s| s.contains("v3-ActUSPrivacyLaw"))
                {
                    self.note(place, "v3-ActUSPrivacyLaw is deprecated; the system is v3-ActCode");
                }
                if fields.contains_key("contentType") {
                    self.attachment(value, place);
                }
                if let (Some(start), Some(end)) = (moment(&value["start"]), moment(&value["end"]))
                    && start > end
                {
                    self.note(place, "ends before it begins");
                }
                for (name, inner) in fields {
                    let inside = if place.is_empty() { name.clone() } else { format!("{place}.{name}") };
                    self.values(inner, &inside);
                }
            }
            Value::String(text) => self.text(text, place),
            _ => {}
        }
    }

    fn text(&mut self, text: &str, place: &str) {
        let field = place.rsplit('.').next().unwrap_or_default();
        let moments = [
            "dateTime",
            "recorded",
            "when",
            "occurredDateTime",
            "valueInstant",
            "timestamp",
            "verificationDate",
            "creation",
            "start",
            "end",
        ];
        if moments.contains(&field) && text.parse::<Utc>().is_err() {
            self.note(place, format!("`{text}` is no moment"));
        }
    }

    fn attachment(&mut self, attachment: &Value, place: &str) {
        let kept = list(&attachment["extension"]).iter().find(|e| is_ours(e, "sha256"));
        let kept = kept.and_then(|e| e["valueString"].as_str());
        if !kept.is_some_and(is_sha256) {
            self.note(place, "an attachment has its SHA-256");
        }
        let Some(data) = attachment["data"].as_str() else { return };
        let Ok(bytes) = STANDARD.decode(data) else { return self.note(place, "`data` is no base64") };
        let hashes = attachment["hash"] == sha1(&bytes) && kept == Some(sha256(&bytes).as_str());
        self.must(
            hashes,
            place,
            "the hashes are not those of the data (SHA-1 in base64, and our SHA-256 in hex)",
        );
    }
}

fn kind(resource: &Value) -> &str {
    resource["resourceType"].as_str().unwrap_or_default()
}

fn name(resource: &Value) -> String {
    format!("{}/{}", kind(resource), resource["id"].as_str().unwrap_or_default())
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// The codes of a list of codings, of this system or of all.
fn codes<'v>(codings: &'v Value, system: Option<&str>) -> Vec<&'v str> {
    let of_system = |c: &&Value| system.is_none_or(|system| c["system"] == system);
    list(codings).iter().filter(of_system).filter_map(|c| c["code"].as_str()).collect()
}

fn is_ours(extension: &Value, name: &str) -> bool {
    extension["url"].as_str().and_then(|url| url.strip_prefix(OURS)) == Some(name)
}

/// A part of one of our extensions, as text.
fn part_of<'v>(resource: &'v Value, extension: &str, part: &str) -> Option<&'v str> {
    let extension = list(&resource["extension"]).iter().find(|e| is_ours(e, extension))?;
    let part = list(&extension["extension"]).iter().find(|p| p["url"] == part)?;
    part.get("valueString").or(part.get("valueCode"))?.as_str()
}

fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

fn moment(value: &Value) -> Option<Utc> {
    value.as_str()?.parse().ok()
}

/// Every `reference` in a resource.
fn references<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        Value::Object(fields) => {
            for (name, inner) in fields {
                match inner.as_str().filter(|_| name == "reference") {
                    Some(reference) => found.push(reference),
                    None => references(inner, found),
                }
            }
        }
        _ => {}
    }
}

//! FHIR: what stands in each resource, and what our checks find.

use crate::calls::{self, EXPORTED, Kept, at};
use candor::{
    dialogue::Decision,
    interchange::{
        accounting::Released,
        fhir::{Edition, Exported, Profile, bundle, check, release},
    },
    time::Utc,
};
use serde_json::{Value, json};

pub const EDITIONS: [Edition; 2] = [Edition::R4, Edition::R5];

pub fn bundle_of(kept: &Kept, edition: Edition, profile: Profile, when: Utc) -> Value {
    let exported = Exported { by: "operator".into() };
    bundle(&kept.call(), edition, profile, when, Some(&exported))
}

pub fn all_of<'b>(bundle: &'b Value, kind: &str) -> Vec<&'b Value> {
    let entries = bundle["entry"].as_array().expect("entries");
    entries.iter().map(|e| &e["resource"]).filter(|r| r["resourceType"] == kind).collect()
}

/// The last consent of this recipient.
fn consent<'b>(bundle: &'b Value, recipient: &str) -> &'b Value {
    let about = |c: &&&Value| c["id"].as_str().is_some_and(|id| id.contains(&format!(".{recipient}.")));
    all_of(bundle, "Consent").iter().rfind(about).copied().expect("a consent of this recipient")
}

fn reason(consent: &Value) -> &str {
    let state = consent["extension"].as_array().unwrap();
    let state = state.iter().find(|e| e["url"] == "urn:candor:part2:consent-state").unwrap();
    let parts = state["extension"].as_array().unwrap();
    parts.iter().find(|p| p["url"] == "reason").unwrap()["valueString"].as_str().unwrap()
}

#[test]
fn every_export_passes_our_own_checks() {
    let mut consents = 0;
    for kept in calls::all() {
        for edition in EDITIONS {
            for profile in [Profile::Base, Profile::Pcf] {
                let bundle = bundle_of(&kept, edition, profile, at(EXPORTED));
                let problems = check(&bundle, edition);
                assert!(problems.is_empty(), "{} {edition:?} {profile:?}: {problems:#?}", kept.name);
                consents += all_of(&bundle, "Consent").len();
            }
        }
    }
    assert!(consents > 60, "{consents} consents");
}

#[test]
fn a_state_has_its_status_in_each_edition() {
    let later = "2027-11-24T00:00:00.000Z";
    for (name, when, r4, r5, why) in [
        ("granted and signed", EXPORTED, "active", "active", "granted"),
        ("granted, waiting for ink", EXPORTED, "proposed", "draft", "pending written_signature"),
        ("denied", EXPORTED, "rejected", "not-done", "denied"),
        ("deferred", EXPORTED, "proposed", "draft", "deferred"),
        ("revoked", EXPORTED, "inactive", "inactive", "revoked"),
        ("granted again", EXPORTED, "active", "active", "granted"),
        ("granted and signed", later, "inactive", "inactive", "expired"),
    ] {
        let kept = calls::hold_named(name);
        for (edition, status) in [(Edition::R4, r4), (Edition::R5, r5)] {
            let bundle = bundle_of(&kept, edition, Profile::Base, at(when));
            let payor = consent(&bundle, "payor");
            assert_eq!(payor["status"], status, "{name} {edition:?}");
            assert!(reason(payor).contains(why) || name == "deferred", "{name}: {}", reason(payor));
        }
    }
}

#[test]
fn what_was_asked_and_never_decided_is_not_exported() {
    let kept = calls::hold_named("hung up in a consent");
    assert!(kept.record.consents.iter().any(|c| c.decision == Decision::Incomplete));
    let bundle = bundle_of(&kept, Edition::R4, Profile::Base, at(EXPORTED));
    assert_eq!(all_of(&bundle, "Consent").len(), 1);
}

#[test]
fn a_consent_granted_again_is_a_new_one_that_names_the_old() {
    let kept = calls::hold_named("granted again");
    let bundle = bundle_of(&kept, Edition::R4, Profile::Base, at(EXPORTED));
    let payors: Vec<&Value> = all_of(&bundle, "Consent")
        .into_iter()
        .filter(|c| c["id"].as_str().unwrap().contains(".payor."))
        .collect();
    assert_eq!(payors.iter().map(|c| &c["status"]).collect::<Vec<_>>(), ["inactive", "active"]);
    assert_eq!(payors[0]["meta"]["versionId"], "2");
    let named = payors[1]["extension"].as_array().unwrap();
    let named = named.iter().find(|e| e["url"] == "urn:candor:part2:supersedes").unwrap();
    assert_eq!(named["valueString"], payors[0]["identifier"][0]["value"]);
    // The first decision, its revocation, the second decision: each has its Provenance.
    let targets: Vec<String> = all_of(&bundle, "Provenance")
        .iter()
        .map(|p| p["target"][0]["reference"].as_str().unwrap().to_owned())
        .filter(|t| t.contains(".payor."))
        .collect();
    assert_eq!(targets.len(), 3, "{targets:?}");
    assert!(targets[1].ends_with(".payor.1/_history/2"), "{targets:?}");
}

#[test]
fn the_profile_of_ihe_drops_what_it_forbids() {
    let kept = calls::hold_named("granted and signed");
    let base = bundle_of(&kept, Edition::R4, Profile::Base, at(EXPORTED));
    let pcf = bundle_of(&kept, Edition::R4, Profile::Pcf, at(EXPORTED));
    let exception =
        |bundle: &Value, field: &str| consent(bundle, "payor")["provision"]["provision"][0][field].clone();
    for field in ["action", "securityLabel", "class", "code"] {
        assert!(exception(&pcf, field).is_null(), "{field}");
    }
    assert!(consent(&pcf, "payor")["verification"].is_null());
    assert!(exception(&base, "action").is_array() && exception(&base, "securityLabel").is_array());
    assert!(consent(&base, "payor")["verification"].is_array());
    for field in ["dateTime", "performer", "organization", "sourceReference", "policy", "provision"] {
        assert!(!consent(&pcf, "payor")[field].is_null(), "{field}");
    }
}

#[test]
fn no_export_holds_an_answer() {
    for kept in calls::all() {
        for edition in EDITIONS {
            let text = bundle_of(&kept, edition, Profile::Base, at(EXPORTED)).to_string();
            for words in calls::SENSITIVE_WORDS {
                assert!(!text.contains(words), "{}: {words}", kept.name);
            }
        }
    }
}

#[test]
fn a_release_is_an_event_that_pins_the_version_of_its_consent() {
    let kept = calls::hold_named("granted and signed");
    let relied_on = &kept.record.consents[0].consent_id;
    let released = Released {
        id: "r1".into(),
        at: at(EXPORTED),
        recipient: "a plan".into(),
        address: None,
        description: "field set vob-v1".into(),
        purpose: "to find out what it covers".into(),
        consent_id: relied_on.clone(),
    };
    for edition in EDITIONS {
        let event = release(&kept.call(), edition, &released).expect("its consent is there");
        assert_eq!(check(&event, edition), [], "{event:#}");
        let pinned = event["entity"][1]["what"]["reference"].as_str().unwrap();
        assert!(pinned.ends_with("/_history/1") && pinned.starts_with("Consent/"), "{pinned}");
        assert_eq!(event["agent"][0]["policy"][0], format!("urn:candor:part2:consent:{relied_on}"));
    }
    let unknown = Released { consent_id: "none".into(), ..released };
    assert!(release(&kept.call(), Edition::R4, &unknown).is_none());
}

/// Takes a good resource, spoils it, and wants to be told where.
fn spoilt(mut resource: Value, edition: Edition, place: &str, spoil: impl Fn(&mut Value)) {
    assert_eq!(check(&resource, edition), [], "good before it is spoilt");
    spoil(&mut resource);
    let problems = check(&resource, edition);
    assert!(problems.iter().any(|p| p.place.contains(place)), "{place}: {problems:?}");
}

#[test]
fn what_is_spoilt_is_found() {
    let kept = calls::hold_named("granted and signed");
    let r4 = bundle_of(&kept, Edition::R4, Profile::Base, at(EXPORTED));
    let good = || consent(&r4, "payor").clone();
    let drop_field = |field: &'static str| {
        move |resource: &mut Value| drop(resource.as_object_mut().unwrap().remove(field))
    };
    let set = |field: &'static str, value: Value| move |resource: &mut Value| resource[field] = value.clone();
    let mutate = |place: &str, spoil: &dyn Fn(&mut Value)| spoilt(good(), Edition::R4, place, spoil);
    mutate("status", &set("status", "revoked".into()));
    mutate("status", &drop_field("status"));
    mutate("scope", &drop_field("scope"));
    mutate("patient", &drop_field("patient"));
    mutate("source[x]", &set("sourceAttachment", json!({"contentType": "audio/wav"})));
    mutate("source[x]", &drop_field("sourceReference"));
    mutate("policy", &|c| {
        let fields = c.as_object_mut().unwrap();
        fields.remove("policy");
        fields.remove("policyRule");
    });
    mutate("dateTime", &set("dateTime", "21/11/2026".into()));
    mutate("provision.type", &|c| c["provision"]["type"] = "maybe".into());
    mutate("provision.provision.type", &|c| c["provision"]["provision"][0]["type"] = "deny".into());
    mutate("provision.actor.role", &|c| {
        c["provision"]["provision"][0]["actor"][0]["role"] = json!({"coding": []});
    });
    mutate("period", &|c| c["provision"]["period"]["end"] = "2020-01-01T00:00:00Z".into());
    // Every label of ours is needed, but that SUD and ETH stand in for each other.
    for (label, needed) in [(0, true), (1, true), (2, false), (3, false), (4, true)] {
        let mut one_less = good();
        one_less["meta"]["security"].as_array_mut().unwrap().remove(label);
        assert_eq!(!check(&one_less, Edition::R4).is_empty(), needed, "label {label}");
    }
    mutate("meta.security", &|c| {
        let labels = c["meta"]["security"].as_array_mut().unwrap();
        labels.retain(|l| !["SUD", "ETH"].contains(&l["code"].as_str().unwrap()));
    });
    mutate("meta.security", &|c| c["meta"]["security"][4]["code"] = "NORDSLCD".into());
    mutate("extension", &|c| {
        let all = c["extension"].as_array_mut().unwrap();
        all.retain(|e| e["url"] != "urn:candor:part2:consent-elements");
    });

    let r5 = bundle_of(&kept, Edition::R5, Profile::Base, at(EXPORTED));
    spoilt(consent(&r5, "payor").clone(), Edition::R5, "status", set("status", "proposed".into()));
    spoilt(consent(&r5, "payor").clone(), Edition::R5, "regulatoryBasis", drop_field("regulatoryBasis"));
    spoilt(consent(&r5, "payor").clone(), Edition::R5, "scope", set("scope", json!({})));

    let one = |kind: &str| all_of(&r4, kind)[0].clone();
    spoilt(one("DocumentReference"), Edition::R4, "attachment", |d| {
        d["content"][0]["attachment"]["hash"] = "2jmj7l5rSw0yVb/vlWAYkK/YBwk=".into();
    });
    spoilt(one("Provenance"), Edition::R4, "agent.who", |p| p["agent"][0]["who"] = Value::Null);
    spoilt(one("AuditEvent"), Edition::R4, "outcome", set("outcome", "1".into()));
    spoilt(one("AuditEvent"), Edition::R4, "requestor", |e| e["agent"][0]["requestor"] = json!(false));
    spoilt(r4.clone(), Edition::R4, "meta.security", |b| {
        b["meta"]["security"].as_array_mut().unwrap().push(json!({"code": "42CFRPart2"}));
    });
    // A signature under another text than the one that goes along.
    spoilt(r4.clone(), Edition::R4, "voice-signature", |b| {
        let entries = b["entry"].as_array_mut().unwrap();
        let document =
            entries.iter_mut().find(|e| e["resource"]["resourceType"] == "DocumentReference").unwrap();
        document["resource"]["content"][0]["attachment"]["data"] = "YWJj".into();
    });
    spoilt(r4.clone(), Edition::R4, "Consent/", |b| {
        b["entry"].as_array_mut().unwrap().retain(|e| e["resource"]["resourceType"] != "Patient");
    });
}

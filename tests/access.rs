//! Who sees what of a call is one table, reviewed, and a record shows no more than it allows.

use candor::{
    access::{Asking, Consent, Datum, MASK, Purpose, Refusal, Role, Seen, Standing, decide, view},
    dialogue::{Acknowledgement, Block, ChannelKind, Decision, Escalation, Outcome, SignatureKind, Told},
    journal::{
        AskedText, CallRecord, ConsentRecord, Disclosure, EscalationRecord, JournalRecord, ResponseRecord,
        RevocationRecord, SignatureRecord,
    },
    program::{Instrument, Locale, RecipientId},
    time::Utc,
    understand::Percent,
};
use std::collections::BTreeMap;

const NOW: Utc = Utc(1_795_219_200_000);

fn letter(seen: Seen) -> String {
    match seen {
        Seen::Clear => "clear".into(),
        Seen::Masked => "masked".into(),
        Seen::Refused(why) => format!("no:{why:?}").to_lowercase(),
    }
}

/// Duty: D21, 42 CFR 2.13(a).
#[test]
fn who_sees_what_is_as_reviewed() {
    let mut table = format!("{:10} {:15} {:32}", "role", "purpose", "consent, glass");
    Datum::ALL.iter().for_each(|datum| table += &format!(" {:13}", format!("{datum:?}").to_lowercase()));
    let purposes = || std::iter::once(None).chain(Purpose::ALL.map(Some));
    for role in Role::ALL {
        for purpose in purposes() {
            // What makes no difference is one row.
            let mut rows: BTreeMap<Vec<String>, Vec<String>> = BTreeMap::new();
            for consent in Consent::ALL {
                for is_glass_broken in [false, true] {
                    let standing = Standing { consent, is_glass_broken };
                    let row = Datum::ALL.map(|datum| letter(decide(role, purpose, datum, standing)));
                    let glass = if is_glass_broken { " broken" } else { "" };
                    let name = format!("{consent:?}{glass}").to_lowercase();
                    rows.entry(row.to_vec()).or_default().push(name);
                }
            }
            let alone = rows.len() == 1;
            for (row, standings) in rows {
                let broken = standings.iter().filter(|name| name.contains("broken")).count();
                let standings = match (broken, standings.len() - broken) {
                    _ if alone => "any".into(),
                    (4, 0) => "any, broken".into(),
                    (0, 4) => "any, whole".into(),
                    _ => standings.join(", "),
                };
                let purpose = purpose.map_or("(usual)", Purpose::name);
                table += &format!("\n{:10} {purpose:15} {standings:32}", role.name());
                row.iter().for_each(|seen| table += &format!(" {seen:13}"));
                table.truncate(table.trim_end().len());
            }
        }
    }
    insta::assert_snapshot!(table);
}

fn words(text: &str) -> ResponseRecord {
    ResponseRecord { text: text.into(), confidence: Percent::new(90), from_ms: 0, to_ms: 1 }
}

fn consent(recipient: &str, decision: Decision, blocked_by: Vec<Block>) -> ConsentRecord {
    ConsentRecord {
        consent_id: format!("c-{recipient}"),
        recipient: recipient.into(),
        purpose: "to find out".into(),
        decision,
        question: AskedText { version: "1".into(), text: "May we?".into() },
        response: Some(words("plantedwords yes")),
        signature: Some(SignatureRecord {
            kind: SignatureKind::Voice,
            name: "plantedname".into(),
            signed_at: NOW,
            from_ms: 0,
            to_ms: 1,
            clip_sha256: None,
            instrument_sha256: "plantedhash".into(),
        }),
        instrument: Some(Instrument {
            version: "1".into(),
            text: "I, plantedname".into(),
            sha256: "plantedhash".into(),
        }),
        releasable: decision == Decision::Granted && blocked_by.is_empty(),
        blocked_by,
        why: None,
        asked_at: None,
        decided_at: None,
        revoked_at: None,
        revocation: (decision == Decision::Revoked)
            .then(|| RevocationRecord { told: Told::Oral, response: words("plantedwords no") }),
        supersedes: None,
        expires: Some(Utc(NOW.0 + 1)),
        expires_event: None,
        since: Default::default(),
    }
}

fn record(consents: Vec<ConsentRecord>) -> CallRecord {
    CallRecord {
        call_id: "one".into(),
        program: "harbor".into(),
        channel: ChannelKind::Phone,
        provider: Some("twilio".into()),
        provider_call_id: Some("CAplantedid".into()),
        direction: "inbound".into(),
        moves: Vec::new(),
        started_at: NOW,
        ended_at: NOW,
        outcome: Outcome::Completed,
        disclosure: Disclosure {
            id: "part2-notice".into(),
            version: "1".into(),
            sha256: "aa".into(),
            locale: Locale::EnUs,
            started_at: None,
            heard_at: None,
            interruptions: 0,
            acknowledgement: Acknowledgement::Affirmed,
            acknowledged_at: None,
        },
        gate: vec![],
        consents,
        questions: vec![],
        requests: vec![],
        escalations: vec![EscalationRecord { kind: Escalation::Crisis, at: NOW }],
        recording: None,
        resumes: None,
        resumed_by: None,
        journal: JournalRecord { entries: 0, head: String::new() },
    }
}

#[test]
fn a_record_shows_no_more_of_a_caller_than_the_table_allows() {
    let kept = record(vec![consent("payor", Decision::Revoked, vec![])]);
    let roles = [
        (Role::Keyholder, 7, true),
        (Role::Clinician, 7, true),
        (Role::Compliance, 5, true),
        (Role::Intake, 5, true),
        (Role::Qa, 5, true),
        (Role::Auditor, 0, false),
    ];
    for (role, planted, emergency) in roles {
        let seen = view(&kept, &Asking::usual(role), NOW).unwrap();
        let text = serde_json::to_string(&seen).unwrap();
        assert_eq!(text.matches("planted").count(), planted, "{role}: {text}");
        assert_eq!(!seen.escalations.is_empty(), emergency, "{role}");
        assert_eq!(text.contains(MASK), planted < 7, "{role}");
        assert_eq!((seen.consents[0].decision, seen.started_at), (Decision::Revoked, NOW));
    }
    assert_eq!(view(&kept, &Asking::usual(Role::Keyholder), NOW).unwrap(), kept, "whole");
    assert_eq!(view(&kept, &Asking::usual(Role::Admin), NOW), Err(Refusal::Role));
    assert_eq!(view(&kept, &Asking::usual(Role::Server), NOW), Err(Refusal::Role));
    let broken = Asking { is_glass_broken: true, ..Asking::usual(Role::Qa) };
    assert_eq!(view(&kept, &broken, NOW).unwrap(), kept);
    let broken = Asking { is_glass_broken: true, ..Asking::usual(Role::Admin) };
    assert_eq!(view(&kept, &broken, NOW), Err(Refusal::Role), "whoever runs the machines never sees content");
}

/// Duty: D11, 42 CFR 2.31(c).
#[test]
fn outside_only_a_consent_that_stands_now_shows_anything() {
    let payor = RecipientId::from("payor");
    let asking = Asking { recipient: Some(payor.clone()), ..Asking::usual(Role::Recipient) };
    let crm = || consent("crm", Decision::Granted, vec![]);
    let granted = record(vec![consent("payor", Decision::Granted, vec![]), crm()]);
    let seen = view(&granted, &asking, NOW).unwrap();
    assert_eq!(seen.consents.len(), 1, "and not what others may have");
    assert!(seen.escalations.is_empty() && seen.consents[0].response.as_ref().unwrap().text == MASK);
    assert_eq!(seen.consents[0].signature.as_ref().unwrap().name, "plantedname");

    let later = [
        (consent("payor", Decision::Revoked, vec![]), Refusal::Revoked),
        (consent("payor", Decision::Granted, vec![Block::Revoked]), Refusal::Revoked),
        (consent("payor", Decision::Granted, vec![Block::Restriction]), Refusal::Restricted),
        (consent("payor", Decision::Granted, vec![Block::WrittenSignature]), Refusal::NoConsent),
        (consent("payor", Decision::Denied, vec![]), Refusal::NoConsent),
        (consent("payor", Decision::Deferred, vec![]), Refusal::NoConsent),
    ];
    for (newest, why) in later {
        let kept = record(vec![consent("payor", Decision::Granted, vec![]), crm(), newest]);
        assert_eq!(view(&kept, &asking, NOW), Err(why), "the newest counts, at once");
    }
    assert_eq!(view(&granted, &asking, Utc(NOW.0 + 2)), Err(Refusal::NoConsent), "it has expired");
    assert_eq!(view(&record(vec![crm()]), &asking, NOW), Err(Refusal::NoConsent));
    assert_eq!(view(&granted, &Asking::usual(Role::Recipient), NOW), Err(Refusal::NoConsent));
}

/// Duty: D18, 42 CFR 2.26.
#[test]
fn a_restriction_keeps_the_staff_from_reading_for_payment_and_for_nothing_else() {
    let kept = record(vec![consent("payor", Decision::Denied, vec![Block::Restriction])]);
    let asking = |purpose| Asking { purpose: Some(purpose), ..Asking::usual(Role::Intake) };
    assert_eq!(view(&kept, &asking(Purpose::Payment), NOW), Err(Refusal::Restricted));
    assert!(view(&kept, &asking(Purpose::Operations), NOW).is_ok());
    assert!(view(&record(vec![]), &asking(Purpose::Payment), NOW).is_ok());
}

//! What standing promises, one by one and whatever happens in whatever order.

use super::{due, intake, joined, reached, standing, today};
use crate::{
    access::Role,
    book::{
        About, BookEvent, ConsentAttested, ConsentRevoked, ConsentSigned, How, Joined, Noted, RequestDone,
        Who,
    },
    dialogue::{Block, ChannelKind, Decision, Fact, RequestKind, Response, Told},
    journal::{Bytes32, CallRecord, Chain, Event, Label, Opened, Salts, record},
    program::{Locale, RecipientId},
    time::{Millis, Utc},
    understand::Percent,
};
use proptest::prelude::*;

const DAY: i64 = 86_400_000;
/// 2026-11-21.
const FIRST: Utc = Utc(1_795_219_200_000);

fn day(n: i64) -> Utc {
    Utc(FIRST.0 + n * DAY)
}

fn words() -> Response {
    Response { text: "words".to_owned().into(), confidence: Percent::new(97), from: Millis(0), to: Millis(1) }
}

/// A call on day `n` whose consents were decided so, one second after the other.
fn call(id: &str, n: i64, decided: &[(&str, Decision, &[Block])]) -> CallRecord {
    story(
        id,
        n,
        decided.iter().enumerate().flat_map(|(index, (recipient, decision, blocks))| {
            let (consent_id, recipient) = (format!("{id}.{recipient}.1"), RecipientId::from(*recipient));
            let asked = Fact::ConsentAsked {
                consent_id: consent_id.clone(),
                recipient: recipient.clone(),
                purpose: "to see".into(),
                version: "1".into(),
                text: "May we?".into(),
                expires: Some(day(n).end_of_day_after(30)),
                expires_event: None,
                supersedes: None,
            };
            let decided = Fact::ConsentDecided {
                consent_id,
                recipient,
                decision: *decision,
                response: Some(words()),
                signature: None,
                blocked_by: blocks.to_vec(),
                why: None,
            };
            let at = Millis(1_000 * (index as u64 + 1));
            [(at, asked), (at, decided)]
        }),
    )
    .0
}

fn story(
    id: &str,
    n: i64,
    facts: impl IntoIterator<Item = (Millis, Fact)>,
) -> (CallRecord, Vec<crate::journal::Entry>) {
    let opened = Opened {
        call_id: id.into(),
        program: "harbor".into(),
        program_sha256: "aa".into(),
        channel: ChannelKind::Phone,
        provider: None,
        provider_call_id: None,
        direction: "inbound".into(),
        started_at: day(n),
        locale: Locale::EnUs,
        person_available: true,
        spoken: vec![],
        notice_id: "n".into(),
        notice_version: "1".into(),
        notice_sha256: "bb".into(),
        resumes: None,
        build: "test".into(),
        salt: Bytes32::sha256(&[id.as_bytes()]),
    };
    let mut chain = Chain::new(&opened);
    let mut salts = Salts::of_nobody(id);
    let entry = |(at, fact)| chain.entry(at, Label::General, Event::Fact { fact }, salts.next());
    let entries: Vec<_> = facts.into_iter().map(entry).collect();
    (record(&opened, &entries), entries)
}

fn note(at: Utc, call_id: Option<&str>, event: BookEvent) -> Noted {
    let by = Who { name: "mara".into(), role: Role::Compliance, purpose: None, reason: None };
    Noted { seq: 0, at, call_id: call_id.map(Into::into), by, event }
}

fn of(call_id: &str, patient: &str) -> Noted {
    note(day(0), Some(call_id), BookEvent::Joined(Joined { patient: patient.into(), ..Joined::default() }))
}

fn signed(at: Utc, consent_id: &str) -> Noted {
    let name = "Jane Doe".to_owned().into();
    let event = ConsentSigned { consent_id: consent_id.into(), name, instrument_sha256: "cc".into() };
    note(at, None, BookEvent::ConsentSigned(event))
}

fn revoked(received: Utc, consents: &[&str], patient: Option<&str>, recipient: Option<&str>) -> Noted {
    let event = ConsentRevoked {
        consents: consents.iter().map(|id| (*id).to_owned()).collect(),
        patient: patient.map(Into::into),
        recipient: recipient.map(RecipientId::from),
        by: "Mara".into(),
        how: How::Letter,
        received,
        page_sha256: None,
    };
    note(received, None, BookEvent::ConsentRevoked(event))
}

const UNSIGNED: &[Block] = &[Block::WrittenSignature];

fn releasable(records: &[CallRecord], noted: &[Noted], now: Utc) -> Vec<String> {
    let all = standing(records, noted, now);
    all.into_iter().filter(|one| one.releasable).map(|one| one.consent_id).collect()
}

#[test]
fn a_grant_waits_for_its_signature_is_taken_back_and_granted_anew() {
    let records = [
        call("a", 0, &[("payor", Decision::Granted, UNSIGNED), ("crm", Decision::Granted, UNSIGNED)]),
        call("b", 9, &[("payor", Decision::Granted, UNSIGNED)]),
    ];
    let mut noted = vec![of("a", "p1"), of("b", "p1")];
    assert!(releasable(&records, &noted, day(1)).is_empty());
    noted.push(signed(day(1), "a.payor.1"));
    assert_eq!(releasable(&records, &noted, day(2)), ["a.payor.1"]);
    // The new grant replaces it only when it is signed too: until then the old one is the last word in writing.
    assert_eq!(releasable(&records, &noted, day(10)), ["a.payor.1"]);
    noted.push(revoked(day(5), &[], Some("p1"), Some("payor")));
    assert!(releasable(&records, &noted, day(10)).is_empty());
    noted.push(signed(day(11), "b.payor.1"));
    assert_eq!(releasable(&records, &noted, day(11)), ["b.payor.1"]);
    let all = standing(&records, &noted, day(11));
    assert_eq!((all[0].decision, all[0].superseded_by.as_deref()), (Decision::Revoked, Some("b.payor.1")));
    let shown = today(records[0].clone(), &all);
    assert_eq!((shown.consents[0].decision, shown.consents[0].revoked_at), (Decision::Revoked, Some(day(5))));
    assert_eq!(shown.consents[1].blocked_by, [Block::WrittenSignature]);
    // It ends at the end of its last day.
    assert!(releasable(&records, &noted, day(40)).is_empty());
    assert_eq!(standing(&records, &noted, day(40))[2].blocked_by, [Block::Expired]);
}

#[test]
fn a_signed_newer_grant_ends_the_older() {
    let records = [
        call("a", 0, &[("payor", Decision::Granted, UNSIGNED)]),
        call("b", 9, &[("payor", Decision::Granted, UNSIGNED)]),
    ];
    let signatures = [signed(day(1), "a.payor.1"), signed(day(9), "b.payor.1")];
    let mut noted = vec![of("a", "p1"), of("b", "p1")];
    noted.extend(signatures.clone());
    assert_eq!(releasable(&records, &noted, day(10)), ["b.payor.1"]);
    assert_eq!(standing(&records, &noted, day(10))[0].blocked_by, [Block::Superseded]);
    // Calls that nobody could join stand alone.
    assert_eq!(releasable(&records, &signatures, day(10)), ["a.payor.1", "b.payor.1"]);
    // Two references that turn out to be one patient's.
    let mut merged = vec![of("a", "p2"), of("b", "p1")];
    merged.extend(signatures);
    assert_eq!(releasable(&records, &merged, day(10)).len(), 2);
    let both = Joined { patient: "p1".into(), merged: vec!["p2".into()], ..Joined::default() };
    merged.push(note(day(10), Some("c"), BookEvent::Joined(both)));
    assert_eq!(releasable(&records, &merged, day(10)), ["b.payor.1"]);
}

#[test]
fn what_a_later_call_says_reaches_earlier_grants_and_no_others() {
    let about = |recipient: &str, at| About { recipient: RecipientId::from(recipient), at };
    let records = [
        call(
            "a",
            0,
            &[
                ("payor", Decision::Granted, &[]),
                ("crm", Decision::Granted, &[]),
                ("lab", Decision::Granted, &[]),
            ],
        ),
        call("b", 5, &[("payor", Decision::Granted, &[])]),
        call("x", 0, &[("payor", Decision::Granted, &[])]),
    ];
    let said = Joined {
        patient: "p1".into(),
        taken_back: vec![about("payor", day(3))],
        said_no: vec![about("crm", day(3))],
        kept_out: vec![about("lab", day(3))],
        ..Joined::default()
    };
    // The call that took back was joined first, and the one it reaches only afterwards.
    let noted =
        [note(day(3), Some("c"), BookEvent::Joined(said)), of("b", "p1"), of("a", "p1"), of("x", "p2")];
    let all = standing(&records, &noted, day(6));
    let blocked: Vec<_> = all.iter().map(|one| one.blocked_by.clone()).collect();
    assert_eq!(
        blocked,
        [vec![Block::Revoked], vec![Block::Hold], vec![Block::Restriction], vec![], vec![]],
        "{all:#?}"
    );
    assert_eq!(
        all[0].since.revoked.as_ref().map(|r| (r.how.as_str(), r.call_id.as_deref())),
        Some(("call", Some("c")))
    );
}

#[test]
fn paper_lifts_what_it_bears_and_nothing_else() {
    let paper = |cosigner: Option<&str>| {
        let event = ConsentAttested {
            consent_id: "a.payor.1".into(),
            by: "Mara".into(),
            how: How::Letter,
            received: day(1),
            name: "Jane Doe".to_owned().into(),
            cosigner: cosigner.map(|name| name.to_owned().into()),
            page_sha256: None,
        };
        [note(day(1), Some("a"), BookEvent::ConsentAttested(event))]
    };
    let minor = [call("a", 0, &[("payor", Decision::Granted, &[Block::WrittenSignature, Block::Cosigner])])];
    assert_eq!(standing(&minor, &paper(None), day(2))[0].blocked_by, [Block::Cosigner]);
    assert_eq!(releasable(&minor, &paper(Some("John Doe")), day(2)), ["a.payor.1"]);
    let doubtful =
        [call("a", 0, &[("payor", Decision::Granted, &[Block::WrittenSignature, Block::Capacity])])];
    assert!(releasable(&doubtful, &paper(Some("John Doe")), day(2)).is_empty());
    for decision in [Decision::Denied, Decision::Deferred, Decision::Incomplete] {
        let refused = [call("a", 0, &[("payor", decision, &[])])];
        assert!(releasable(&refused, &paper(None), day(2)).is_empty(), "nobody signs what was not granted");
    }
}

#[test]
fn a_call_says_what_it_took_back_also_where_it_granted_nothing() {
    let earlier = [call("a", 0, &[("payor", Decision::Granted, &[]), ("crm", Decision::Granted, &[])])];
    let before = standing(&earlier, &[of("a", "p1")], day(3));
    let recipients = vec![RecipientId::from("payor"), RecipientId::from("crm")];
    let facts = [(Millis(5), Fact::TakenBackBefore { recipients, told: Told::Key, response: words() })];
    let (record, entries) = story("b", 3, facts);
    let told = joined("p1", vec![], &record, &entries, &before);
    assert_eq!(told.revoked, ["a.payor.1", "a.crm.1"]);
    let noted = [of("a", "p1"), note(day(3), Some("b"), BookEvent::Joined(told))];
    assert!(releasable(&earlier, &noted, day(3)).is_empty());

    let again = call("b", 3, &[("payor", Decision::Granted, UNSIGNED)]);
    let told = joined("p1", vec![], &again, &[], &before);
    assert_eq!(told.supersedes[0].old, "a.payor.1");
    let patient = Some("p1");
    assert_eq!(reached(&before, patient, None, None, day(2)), ["a.payor.1", "a.crm.1"]);
    assert_eq!(reached(&before, patient, None, Some(&RecipientId::from("crm")), day(2)), ["a.crm.1"]);
    assert!(
        reached(&before, patient, None, None, Utc(FIRST.0)).is_empty(),
        "what was received before it was given"
    );
    assert!(reached(&before, Some("p2"), None, None, day(2)).is_empty());
}

#[test]
fn requests_are_due_after_days_of_the_calendar() {
    assert_eq!(due(RequestKind::Access, day(0)).unwrap().to_string(), "2026-12-21");
    assert_eq!(due(RequestKind::Correction, day(0)).unwrap().to_string(), "2027-01-20");
    assert_eq!(due(RequestKind::Accounting, day(0)).unwrap().to_string(), "2027-01-20");
    assert_eq!(due(RequestKind::Complaint, day(0)), None);
    let (record, _) = story("a", 0, [(Millis(1), Fact::Requested { kind: RequestKind::Access })]);
    let on = |now, noted: &[Noted]| intake(&record, &[], noted, now);
    assert!(!on(day(30), &[]).requests[0].overdue && on(day(31), &[]).requests[0].overdue);
    let done =
        |request| note(day(2), Some("a"), BookEvent::RequestDone(RequestDone { request, by: "Mara".into() }));
    assert_eq!(on(day(3), &[done(None)]).waits.len(), 1, "an open request goes on waiting");
    assert!(on(day(3), &[done(None), done(Some(0))]).waits.is_empty());
}

fn any_note() -> impl Strategy<Value = Noted> {
    const IDS: [&str; 4] = ["a.payor.1", "a.crm.1", "b.payor.1", "c.payor.1"];
    let patient = || prop::sample::select(vec!["p1", "p2"]);
    let recipient = || prop::sample::select(vec!["payor", "crm"]);
    prop_oneof![
        (prop::sample::select(IDS.to_vec()), 0..40i64).prop_map(|(id, at)| signed(day(at), id)),
        (prop::sample::select(IDS.to_vec()), 0..40i64).prop_map(|(id, at)| revoked(
            day(at),
            &[id],
            None,
            None
        )),
        (patient(), prop::option::of(recipient()), 0..40i64).prop_map(|(patient, recipient, at)| revoked(
            day(at),
            &[],
            Some(patient),
            recipient
        )),
        (prop::sample::select(vec!["a", "b", "c"]), patient(), recipient(), 0..40i64, 0..4u8).prop_map(
            |(call_id, patient, recipient, at, kind)| {
                let about = vec![About { recipient: RecipientId::from(recipient), at: day(at) }];
                let mut joined = Joined { patient: patient.into(), ..Joined::default() };
                match kind {
                    0 => joined.taken_back = about,
                    1 => joined.said_no = about,
                    2 => joined.kept_out = about,
                    _ => joined.merged = vec!["p2".into()],
                }
                note(day(at), Some(call_id), BookEvent::Joined(joined))
            }
        ),
    ]
}

fn three_calls() -> [CallRecord; 3] {
    [
        call("a", 0, &[("payor", Decision::Granted, UNSIGNED), ("crm", Decision::Granted, &[])]),
        call("b", 10, &[("payor", Decision::Granted, &[])]),
        call("c", 20, &[("payor", Decision::Granted, UNSIGNED)]),
    ]
}

proptest! {
    #[test]
    fn nothing_is_releasable_after_a_revocation_whatever_the_order(
        noted in prop::collection::vec(any_note(), 0..12), place in 0..12usize, now in 0..60i64,
    ) {
        let records = three_calls();
        for id in ["a.payor.1", "a.crm.1", "b.payor.1", "c.payor.1"] {
            let mut noted = noted.clone();
            noted.insert(place.min(noted.len()), revoked(day(1), &[id], None, None));
            prop_assert!(!releasable(&records, &noted, day(now)).contains(&id.to_owned()));
        }
    }

    #[test]
    fn time_only_takes_away(
        noted in prop::collection::vec(any_note(), 0..12), now in 0..60i64, later in 0..60i64,
    ) {
        let records = three_calls();
        let (before, after) = (releasable(&records, &noted, day(now)), releasable(&records, &noted, day(now + later)));
        prop_assert!(after.iter().all(|id| before.contains(id)), "{after:?} after {before:?}");
    }

    #[test]
    fn the_order_of_signatures_and_revocations_does_not_matter(
        noted in prop::collection::vec(any_note(), 0..12), turn in 0..12usize,
    ) {
        let records = three_calls();
        // Whose a call is may be told once only.
        let mut known = Vec::new();
        let mut noted = noted;
        noted.retain(|note| match &note.event {
            BookEvent::Joined(_) => {
                let new = !known.contains(&note.call_id);
                known.push(note.call_id.clone());
                new
            }
            _ => true,
        });
        let forward = releasable(&records, &noted, day(45));
        let middle = turn.min(noted.len());
        noted.rotate_left(middle);
        prop_assert_eq!(&forward, &releasable(&records, &noted, day(45)));
        noted.reverse();
        prop_assert_eq!(&forward, &releasable(&records, &noted, day(45)));
    }
}

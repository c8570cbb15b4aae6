//! What follows a call goes on when its words are gone, and nothing is released on what cannot be known.

use crate::{
    ground::{BEGAN, Folder, entries, labelled, opened, store, story},
    spoken::{days_later, keep, keep_from, purge},
};
use candor::{
    book::{How, Who},
    dialogue::{Block, Fact},
    journal::{CallRecord, Chain, Event, Label, record},
    ports::Ledger,
    program::{Policy, parse},
    store::{
        After, Store,
        after::{Attestation, NotEntered},
        retention::Purge,
    },
    time::{Millis, Utc},
};
use std::{path::Path, sync::Arc};

async fn after(store: &Store) -> After {
    let harbor = parse(include_str!("../../programs/harbor/program.toml")).unwrap();
    store.after([Arc::new(harbor)]).await.unwrap()
}

/// Changes the database behind the program's back.
async fn alter(data: &Path, sql: &'static str) -> u64 {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(data.join("candor.db"));
    let mut raw = <sqlx::SqliteConnection as sqlx::Connection>::connect_with(&options).await.unwrap();
    let done = sqlx::raw_sql(sql).execute(&mut raw).await.unwrap();
    <sqlx::SqliteConnection as sqlx::Connection>::close(raw).await.unwrap();
    done.rows_affected()
}

/// How many rows there are.
async fn count(data: &Path, sql: &'static str) -> i64 {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(data.join("candor.db"));
    let mut raw = <sqlx::SqliteConnection as sqlx::Connection>::connect_with(&options).await.unwrap();
    sqlx::query_scalar(sql).fetch_one(&mut raw).await.unwrap()
}

/// A call whose caller allowed something for a year, and signed nothing.
async fn granted_unsigned(store: &Store, call_id: &str) -> CallRecord {
    let opening = opened(call_id);
    store.open(&opening).await.unwrap();
    let mut chain = Chain::new(&opening);
    let mut kept = entries(&mut chain, 3);
    for (at, mut event) in story(None) {
        match &mut event {
            Event::Fact { fact: Fact::ConsentRevoked { .. } } => continue,
            Event::Fact { fact: Fact::ConsentAsked { consent_id, expires, .. } } => {
                *consent_id = format!("{call_id}.payor.1");
                *expires = Some(days_later(365));
            }
            Event::Fact { fact: Fact::ConsentDecided { consent_id, .. } } => {
                *consent_id = format!("{call_id}.payor.1");
            }
            _ => {}
        }
        kept.push(labelled(&mut chain, Millis(at), Label::Consent, event));
    }
    store.append(call_id, kept.clone()).await.unwrap();
    let record = record(&opening, &kept);
    store.close(call_id, &record).await.unwrap();
    record
}

fn attested(consent_id: &str, name: &str, received: Utc) -> Attestation {
    Attestation {
        consent_id: consent_id.into(),
        by: "Mara Lin".into(),
        how: How::Letter,
        received,
        name: name.to_owned().into(),
        cosigner: None,
        page_sha256: None,
    }
}

#[tokio::test]
async fn a_call_whose_words_are_gone_is_still_shown_and_signed_under_its_own_name_alone() {
    let data = Folder::new("after-words");
    let store = store(&data).await;
    let after = after(&store).await;
    let signed = keep(&store, "signed", &[], &[], true).await.record;
    let unsigned = granted_unsigned(&store, "unsigned").await;
    assert!(signed.consents[2].signature.is_some() && unsigned.consents[0].signature.is_none());
    let late = days_later(91);
    assert_eq!(after.follow_up(days_later(1)).await.unwrap().len(), 2);
    store.purge(&purge(late), |_, _| {}).await.unwrap();
    let (_, entries) = store.archive().journal_as_far_as_open("signed").await.unwrap().unwrap();
    assert!(!entries.is_empty() && entries.iter().all(|entry| entry.label == Label::Consent));
    assert!(store.archive().journal("signed").await.is_err(), "the whole of it is not there");

    assert_eq!(after.intakes("harbor", false, late).await.unwrap().len(), 2);
    let shown = after.intake(Some("harbor"), "signed", late).await.unwrap().unwrap();
    assert!(shown.answers.iter().all(|answer| answer.text.is_none()), "the answers are gone");
    let consent = &signed.consents[2].consent_id;
    let wrong = after.attest(None, attested(consent, "Joan Roe", late), Who::server(), late).await;
    assert!(matches!(&wrong, Err(NotEntered::Unfit(why)) if why.contains("not the one given")), "{wrong:?}");
    let right = after.attest(None, attested(consent, "Jane Doe", late), Who::server(), late).await.unwrap();
    assert!(!right.blocked_by.contains(&Block::WrittenSignature), "{right:?}");
    let consent = &unsigned.consents[0].consent_id;
    for name in ["Jane Doe", "Joan Roe"] {
        let any = after.attest(None, attested(consent, name, late), Who::server(), late).await;
        assert!(
            matches!(&any, Err(NotEntered::Unfit(why)) if why.contains("cannot be read any more")),
            "{any:?}"
        );
    }
}

#[tokio::test]
async fn a_call_whose_keys_are_gone_is_taken_off_the_list() {
    let data = Folder::new("after-keys");
    let store = store(&data).await;
    let after = after(&store).await;
    keep(&store, "gone", &[], &[], true).await;
    keep(&store, "words", &[], &[], true).await;
    store.destroy_keys("gone", &Label::ALL, days_later(1)).await.unwrap();
    store.destroy_keys("words", &[Label::General, Label::Sensitive], days_later(1)).await.unwrap();
    assert_eq!(after.follow_up(days_later(2)).await.unwrap(), ["gone", "words"]);
    assert!(after.follow_up(days_later(2)).await.unwrap().is_empty(), "once");
    assert_eq!(after.patient("gone").await.unwrap(), None);
}

#[tokio::test]
async fn nothing_is_released_while_another_call_waits_to_be_followed_up() {
    let data = Folder::new("after-waiting");
    let store = store(&data).await;
    let after = after(&store).await;
    let now = days_later(2);
    let record = keep(&store, "one", &[], &[], true).await.record;
    let consent = &record.consents[2].consent_id;
    after.attest(None, attested(consent, "Jane Doe", now), Who::server(), now).await.unwrap();
    let today = async || after.today(record.clone(), now).await.unwrap().consents.swap_remove(2);
    assert!(today().await.releasable, "{:?}", today().await);
    keep_from(&store, Utc(BEGAN.0 + 3_600_000), "two", &[], &[], true).await;
    let waits = today().await;
    assert!(
        !waits.releasable && waits.why.as_deref().unwrap().contains("waits to be followed up"),
        "{waits:?}"
    );
    let all = after.standing("harbor", None, now).await.unwrap();
    assert!(all.iter().all(|one| !one.releasable), "{all:?}");
    after.follow_up(now).await.unwrap();
    let all = after.standing("harbor", None, now).await.unwrap();
    let why = all.iter().filter_map(|one| one.why.as_deref());
    assert_eq!(why.filter(|why| why.contains("followed up")).count(), 0);
    // The very call that is shown does not block itself.
    alter(&data, "INSERT INTO unfollowed (call_id, program) VALUES ('one', 'harbor')").await;
    let itself = today().await;
    assert!(!itself.why.is_some_and(|why| why.contains("followed up")));
}

#[tokio::test]
async fn what_followed_a_call_goes_with_its_last_key() {
    let data = Folder::new("after-last-key");
    let store = store(&data).await;
    let after = after(&store).await;
    for call_id in ["one", "two"] {
        keep(&store, call_id, &[], &[], true).await;
    }
    after.follow_up(days_later(1)).await.unwrap();
    assert!(after.patient("one").await.unwrap().is_some());
    assert_eq!(after.patient("one").await.unwrap(), after.patient("two").await.unwrap());
    alter(
        &data,
        "UPDATE followed SET waits = 1; \
         INSERT INTO notices (call_id, way, tries, next_at) VALUES ('one', 'mail', 1, 0), ('two', 'mail', 1, 0); \
         INSERT INTO signing (sha256, program, call_id, consent_id, expires_at) \
         VALUES (zeroblob(32), 'harbor', 'one', 'one.payor.1', 0), (randomblob(32), 'harbor', 'two', 'c', 0)",
    )
    .await;
    const LEFT: &str = "SELECT (SELECT count(*) FROM notices) + (SELECT count(*) FROM signing) \
        + (SELECT count(*) FROM followed WHERE waits = 1)";
    const TAGS: &str = "SELECT count(*) FROM patient_tags";
    let tags = count(&data, TAGS).await;
    assert!(tags > 0);
    store.destroy_keys("one", &[Label::General, Label::Sensitive], days_later(2)).await.unwrap();
    assert_eq!(count(&data, LEFT).await, 6, "its proofs are there still");
    store.destroy_keys("one", &[Label::Consent], days_later(2)).await.unwrap();
    assert_eq!(count(&data, LEFT).await, 3);
    assert_eq!(count(&data, TAGS).await, tags, "the patient has another call");
    store.destroy_keys("two", &Label::ALL, days_later(2)).await.unwrap();
    assert_eq!((count(&data, LEFT).await, count(&data, TAGS).await), (0, 0));

    // The end of the program takes what finds its calls.
    keep(&store, "three", &[], &[], true).await;
    after.follow_up(days_later(2)).await.unwrap();
    keep(&store, "four", &[], &[], true).await;
    assert!(count(&data, TAGS).await > 0);
    store.purge_everything(&purge(days_later(3)), |_, _| {}).await.unwrap();
    const ROWS: &str = "SELECT (SELECT count(*) FROM notices) + (SELECT count(*) FROM signing) \
        + (SELECT count(*) FROM followed) + (SELECT count(*) FROM unfollowed) \
        + (SELECT count(*) FROM patient_tags)";
    assert_eq!(count(&data, ROWS).await, 0);
}

#[tokio::test]
async fn a_month_of_the_book_stays_as_long_as_a_call_that_it_is_about() {
    let data = Folder::new("after-months");
    let store = store(&data).await;
    let after = after(&store).await;
    keep(&store, "one", &[], &[], true).await;
    after.follow_up(days_later(1)).await.unwrap();
    let late = days_later(500);
    let policy = Policy { access_log_years: 1, ..Policy::default() };
    let run = Purge { policy, ..purge(late) };
    let done = store.purge(&run, |_, _| {}).await.unwrap();
    assert_eq!(done.gone[0].labels, [Label::General, Label::Sensitive]);
    assert_eq!(done.months, [""; 0], "what proves its consents is there");
    store.destroy_keys("one", &Label::ALL, late).await.unwrap();
    let some = Purge { before: Some(late), ..run.clone() };
    assert_eq!(store.purge(&some, |_, _| {}).await.unwrap().months, [""; 0], "a part ends no month");
    let dry = Purge { is_dry: true, ..run.clone() };
    assert_eq!(store.purge(&dry, |_, _| {}).await.unwrap().months, ["2026-11"]);
    assert_eq!(store.archive().verify_book("harbor").await.unwrap().destroyed, 0);
    assert_eq!(store.purge(&run, |_, _| {}).await.unwrap().months, ["2026-11"]);
    assert!(store.archive().verify_book("harbor").await.unwrap().destroyed > 0);
    // What was ended rightly withholds nothing of who calls now.
    keep_from(&store, late, "two", &[], &[], true).await;
    after.follow_up(late).await.unwrap();
    let all = after.standing("harbor", None, late).await.unwrap();
    assert!(!all.is_empty());
    assert!(all.iter().all(|one| one.why.as_deref().is_none_or(|why| !why.contains("book"))), "{all:?}");
}

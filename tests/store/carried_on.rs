//! A chat that went on in a call: what was granted in it waits for that call, and for no longer.

use crate::ground::{BEGAN, Folder, labelled, opened, store, story};
use candor::{
    dialogue::{Block, ChannelKind, Decision, Fact, Outcome, Response, Told},
    journal::{Chain, Event, Label, record},
    pii::Pii,
    ports::Ledger,
    program::{RecipientId, parse},
    store::{After, Store},
    time::{Millis, Utc},
    understand::Percent,
};
use std::sync::Arc;

const NOW: Utc = Utc(BEGAN.0 + 3_600_000);

async fn after(store: &Store) -> After {
    let harbor = parse(include_str!("../../programs/harbor/program.toml")).unwrap();
    store.after([Arc::new(harbor)]).await.unwrap()
}

async fn keep(store: &Store, call_id: &str, channel: ChannelKind, facts: Vec<(u64, Fact)>) {
    let opening = candor::journal::Opened { channel, ..opened(call_id) };
    store.open(&opening).await.unwrap();
    let mut chain = Chain::new(&opening);
    let kept: Vec<_> = facts
        .into_iter()
        .map(|(at, fact)| labelled(&mut chain, Millis(at), Label::Consent, Event::Fact { fact }))
        .collect();
    store.append(call_id, kept.clone()).await.unwrap();
    store.close(call_id, &record(&opening, &kept)).await.unwrap();
}

/// A chat that allowed something and went on in the call `to`.
async fn keep_chat(store: &Store, to: &str) {
    let mut facts = Vec::new();
    for (at, event) in story(None) {
        match event {
            Event::Fact { fact: Fact::ConsentRevoked { .. } } => {}
            Event::Fact { fact: Fact::ConsentDecided { consent_id, recipient, response, why, .. } } => {
                let (decision, signature, blocked_by) = (Decision::Granted, None, Vec::new());
                let decided = Fact::ConsentDecided {
                    consent_id,
                    recipient,
                    decision,
                    response,
                    signature,
                    blocked_by,
                    why,
                };
                facts.push((at, decided));
            }
            Event::Fact { fact: Fact::Ended { .. } } => {
                facts.push((at, Fact::HandedOver { to: to.into() }));
                facts.push((at, Fact::Ended { outcome: Outcome::Transferred }));
            }
            Event::Fact { fact } => facts.push((at, fact)),
            _ => {}
        }
    }
    keep(store, "chat", ChannelKind::Chat, facts).await;
}

async fn stands(after: &After) -> (Decision, Vec<Block>) {
    let all = after.standing_of("harbor", "chat", NOW).await.unwrap();
    (all[0].decision, all[0].blocked_by.clone())
}

#[tokio::test]
async fn a_call_that_was_followed_up_before_the_chat_named_it_is_joined_all_the_same() {
    for takes_back in [true, false] {
        let data = Folder::new(&format!("carried-{takes_back}"));
        let store = store(&data).await;
        let after = after(&store).await;
        // It never learnt of the chat.
        let response = Response {
            text: Pii::new("take it all back".to_owned()),
            confidence: Percent::new(97),
            from: Millis(60_000),
            to: Millis(60_400),
        };
        let recipients = vec![RecipientId::from("payor")];
        let mut facts = vec![(60_000, Fact::TakenBackBefore { recipients, told: Told::Oral, response })];
        facts.retain(|_| takes_back);
        facts.push((61_000, Fact::Ended { outcome: Outcome::Abandoned }));
        keep(&store, "call", ChannelKind::Phone, facts).await;
        assert_eq!(after.follow_up(NOW).await.unwrap(), ["call"]);
        assert_eq!(after.patient("call").await.unwrap(), None);

        keep_chat(&store, "call").await;
        assert_eq!(after.follow_up(NOW).await.unwrap(), ["chat", "call"], "it is followed up again");
        assert!(after.follow_up(NOW).await.unwrap().is_empty(), "and once");
        let patient = after.patient("chat").await.unwrap();
        assert!(patient.is_some() && patient == after.patient("call").await.unwrap());
        let wanted = if takes_back { Decision::Revoked } else { Decision::Granted };
        let (decision, blocked_by) = stands(&after).await;
        assert_eq!(decision, wanted);
        assert!(!blocked_by.contains(&Block::Hold), "nothing is held for ever");
    }
}

#[tokio::test]
async fn what_a_call_that_cannot_be_read_may_have_taken_back_is_withheld() {
    let data = Folder::new("carried-nowhere");
    let store = store(&data).await;
    let after = after(&store).await;
    keep_chat(&store, "nowhere").await;
    after.follow_up(NOW).await.unwrap();
    assert_eq!(stands(&after).await, (Decision::Granted, vec![Block::Hold]));
}

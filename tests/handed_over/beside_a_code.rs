//! What is told beside a code, before it and over it: doubts, other meanings, keys that were meant by themselves; and
//! what nobody hears of the chat.

use crate::{CARRIED, Talk, UNKNOWN, chat_until};
use candor::{
    dialogue::{Block, Decision, Effect, Fact, Gone, Input},
    pii::Pii,
    simulate::After,
    understand::{Matter, Meaning},
};

#[test]
fn whoever_hits_a_code_never_hears_the_name_and_a_signature_is_compared_with_it() {
    for (signs, granted) in [("Jane Doe, I agree", true), ("John Smith, I agree", false)] {
        let (_, carried) = chat_until("signature:referral_source");
        let mut phone = Talk::phone(Some(carried));
        phone.key("#482193");
        phone.reach("consent:referral_source");
        phone.input(Input::Chose { meaning: Meaning::Unclear, matter: Some(Matter::FullText), name: None });
        assert!(phone.heard("______"), "the whole text is read without a name");
        assert!(!phone.heard("Jane"), "{:#?}", phone.said);
        phone.reach("signature:referral_source");
        phone.say(signs);
        let first = phone.record().consents[0].clone();
        assert_eq!(first.decision == Decision::Granted, granted, "{signs}");
        let instrument = first.instrument.map(|instrument| instrument.text.clone());
        assert_eq!(instrument.is_some_and(|text| text.contains("Jane Doe")), granted);
        assert!(!phone.heard("Jane"));
        phone.replays();
    }
}

#[test]
fn a_doubt_told_before_the_code_was_looked_up_leaves_the_chat_alone() {
    let (_, carried) = chat_until("question:last_use");
    let mut phone = Talk::phone(Some(carried));
    phone.key("#482193");
    phone.say("I'm his guardian");
    phone.reach("question:name");
    assert!(phone.heard(UNKNOWN));
    assert_eq!((phone.looked_up, phone.chat.is_some()), (0, true));
    assert!(phone.record().resumes.is_none());
    phone.replays();
}

/// Who is kept back by what among the facts.
fn blocked(talk: &Talk) -> Vec<(String, Block)> {
    let blocked = talk.facts.iter().filter_map(|fact| match fact {
        Fact::ConsentBlocked { consent_id, by, .. } => Some((consent_id.clone(), *by)),
        _ => None,
    });
    blocked.collect()
}

#[test]
fn a_doubt_told_while_the_code_is_looked_up_reaches_what_the_chat_granted() {
    let told = [
        ("I'm his guardian", Block::Authority),
        ("I'm calling for my son", Block::Authority),
        ("I'm fifteen", Block::Cosigner),
    ];
    for (told, by) in told {
        let (chat, carried) = chat_until("question:last_use");
        let granted = chat.record().consents[0].consent_id.clone();
        let mut phone = Talk::phone(Some(carried));
        phone.slow = true;
        phone.key("#482193");
        phone.say("yes");
        assert_eq!(phone.looked_up, 1);
        phone.say(told);
        let found = phone.chat.take().map(|chat| Pii::new(Box::new(chat)));
        phone.input(Input::LookedUp { carried: found });
        // Whoever is a minor is being passed to a person, and told no more.
        assert!(phone.heard(UNKNOWN) || told == "I'm fifteen", "{told}: {:#?}", phone.said);
        assert!(!phone.heard(CARRIED), "{told}");
        assert!(blocked(&phone).contains(&(granted, by)), "{told}");
        assert_ne!(phone.expecting(), "question:last_use");
        phone.replays();
    }
}

#[test]
fn a_plan_kept_out_before_the_code_is_kept_out_of_what_the_chat_granted() {
    let (chat, carried) = chat_until("question:last_use");
    let granted = chat.record().consents[0].consent_id.clone();
    let mut phone = Talk::phone(Some(carried));
    phone.reach("question:name");
    phone.say("I pay myself, keep my plan out.");
    assert!(blocked(&phone).is_empty());
    phone.key("#482193");
    assert!(phone.heard(CARRIED));
    assert_eq!(blocked(&phone), [(granted, Block::Restriction)]);
    phone.replays();
}

#[test]
fn what_the_keys_of_a_code_that_came_to_nothing_ask_for_is_done_or_asked_about() {
    type Drops = fn(&mut Talk);
    let word: Drops = |phone| phone.say("hello there");
    let star: Drops = |phone| phone.key("*");
    let anew: Drops = |phone| phone.key("#");
    let pause: Drops = |phone| {
        phone.now = phone.log.dialogue().deadline().expect("it waits for another key");
        phone.input(Input::Tick);
    };
    let cough: Drops = |phone| phone.say("");
    let none: Drops = |_| {};
    let gone: Drops = |phone| phone.input(Input::Gone { why: Gone::HungUp });
    for at in ["notice", "question:name", "question:referred_by", "consent:payor"] {
        for (keys, drops, wanted) in [
            ("59", word, "revoked"),
            ("59", star, "revoked"),
            ("59", anew, "asked"),
            ("59", pause, "revoked"),
            ("59", gone, "revoked"),
            ("591", word, "asked"),
            ("591", star, "asked"),
            ("591", pause, "asked"),
            ("50", word, "person"),
            ("501", star, "offered"),
            ("501", pause, "offered"),
            ("590", word, "person"),
            ("59", cough, "nothing"),
            ("#333933", none, "asked"),
            ("#333033", none, "offered"),
            ("#933333", none, "asked"),
        ] {
            let mut phone = Talk::phone(None);
            phone.reach(at);
            phone.key(keys);
            drops(&mut phone);
            // An unknown code is known to be one when the notice was acknowledged.
            if at == "notice" && matches!(wanted, "asked" | "offered") && keys.starts_with("#3") {
                phone.say("yes");
            }
            let revoked = phone
                .facts
                .iter()
                .any(|fact| matches!(fact, Fact::TakenBackBefore { .. } | Fact::ConsentDecided { .. }));
            let person = phone.facts.iter().any(|fact| matches!(fact, Fact::Escalated { .. }));
            let done = match phone.expecting().as_str() {
                "confirm:revoke" => "asked",
                "confirm:human" => "offered",
                _ if person => "person",
                _ if revoked => "revoked",
                _ => "nothing",
            };
            assert_eq!(done, wanted, "{keys} at {at}");
            phone.replays();
        }
    }
}

#[test]
fn a_yes_said_over_the_keys_of_a_code_answers_nothing_they_ask() {
    let mut phone = Talk::phone(None);
    phone.reach("question:name");
    phone.key("591");
    phone.say("yes");
    assert_eq!(phone.expecting(), "confirm:revoke");
    assert!(!phone.facts.iter().any(|fact| matches!(fact, Fact::TakenBackBefore { .. })));
    phone.say("no");
    assert_eq!(phone.expecting(), "question:name");
}

#[test]
fn talk_of_a_code_swallows_nothing_else() {
    let mut phone = Talk::phone(None);
    phone.reach("question:name");
    phone.say("Don't record me, my code is four eight two one nine three");
    assert!(phone.facts.iter().any(|fact| matches!(fact, Fact::RecordingOff)));
    assert_eq!(phone.looked_up, 0);
    phone.say("I don't have a code");
    assert!(!phone.heard("six digits of your code"));
    let mut phone = Talk::phone(None);
    phone.reach("question:name");
    phone.say("I have a code, he's hitting me");
    assert!(!phone.heard("six digits of your code"), "{:#?}", phone.said);
}

#[test]
fn what_no_code_can_begin_with_is_not_looked_up_and_a_number_keyed_again_is_no_code() {
    let mut phone = Talk::phone(None);
    phone.reach("question:name");
    phone.say("my code is eight two two one three three");
    assert!(phone.heard(UNKNOWN) && phone.looked_up == 0);
    let mut phone = Talk::phone(None);
    phone.reach("question:callback");
    phone.say("202 555 0147");
    assert_eq!(phone.expecting(), "confirm:callback");
    phone.key("482133");
    assert_eq!(phone.looked_up, 0, "a number that is keyed again is no code");
    assert!(!phone.heard(UNKNOWN));
}

#[test]
fn the_observer_sees_a_chat_gone_on_with_too_early_and_its_words_said() {
    let (_, carried) = chat_until("question:last_use");
    let phone = Talk::phone(None);
    let dialogue = phone.log.dialogue();
    let after = After { deadline: dialogue.deadline(), over: false };
    let resumes = [Effect::Fact(Fact::Resumes { from: "chat".into() })];
    let tick = Input::LookedUp { carried: Some(Pii::new(Box::new(carried))) };
    let seen = phone.watched.clone().see(phone.now, &tick, &resumes, after);
    assert!(seen.expect_err("the gate was never open").seen.contains("gone on with before"));

    // A name that is in a line of the script.
    let (_, mut carried) = chat_until("question:last_use");
    carried.patient = Some("left off".into());
    let mut phone = Talk::phone(None);
    phone.slow = true;
    phone.key("#482193");
    phone.say("yes");
    let looked_up = Input::LookedUp { carried: Some(Pii::new(Box::new(carried))) };
    let step = phone.log.handle(phone.now, looked_up.clone());
    let seen = phone.watched.see(phone.now, &looked_up, &step.effects, after);
    assert!(seen.expect_err("the name is said").seen.contains("told in the chat is said"));
}

//! A chat goes on by phone: what it carries over counts only after this call's own acknowledgement, what was answered
//! is not asked again, and both journals replay exactly.

mod beside_a_code;

use candor::{
    dialogue::{CODE_LOOKUPS_MAX, Carried, ChannelKind, Effect, Fact, Input, Key, LineKind, Outcome, Setup},
    journal::{CallRecord, Entry, Event, Label, Log, Opened, Salts, opening, record},
    pii::Pii,
    program::{Expecting, Locale, Program, parse},
    replay::{Kept, Lens, replay},
    simulate::{After, Invariants},
    time::{Millis, Utc},
    understand::{Heard, Matter, Meaning, Percent},
};
use std::{
    collections::VecDeque,
    sync::{Arc, LazyLock},
};

static HARBOR: LazyLock<Arc<Program>> = LazyLock::new(|| {
    Arc::new(
        parse(include_str!("../../programs/harbor/program.toml")).expect("the sample program has no error"),
    )
});

/// A conversation whose lines are all heard; a code that is looked up finds `chat`, once, where it is the right one.
struct Talk {
    log: Log,
    watched: Invariants,
    opened: Opened,
    entries: Vec<Entry>,
    now: Millis,
    said: Vec<(LineKind, String)>,
    facts: Vec<Fact>,
    looked_up: u32,
    code: String,
    chat: Option<Carried>,
    /// Nothing is found before the test says so.
    slow: bool,
}

impl Talk {
    fn begin(call_id: &str, channel: ChannelKind) -> Talk {
        let setup = Setup {
            call_id: call_id.into(),
            channel,
            locale: Locale::EnUs,
            started_at: Utc(1_767_225_600_000),
            person_available: true,
            spoken: vec![Locale::EnUs],
        };
        let opened = opening(&HARBOR, &setup, "test");
        let mut talk = Talk {
            log: Log::new(Arc::clone(&HARBOR), &opened, Salts::of_nobody(call_id)),
            watched: Invariants::new(Arc::clone(&HARBOR), &setup),
            opened,
            entries: Vec::new(),
            now: Millis(0),
            said: Vec::new(),
            facts: Vec::new(),
            looked_up: 0,
            code: String::new(),
            chat: None,
            slow: false,
        };
        talk.input(Input::Begin);
        talk
    }

    /// The phone call of a caller whose chat carries `chat` over under the code 482193.
    fn phone(chat: Option<Carried>) -> Talk {
        let mut talk = Talk::begin("phone", ChannelKind::Phone);
        (talk.code, talk.chat) = ("482193".into(), chat);
        talk
    }

    fn input(&mut self, input: Input) {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            self.now = self.now + 10;
            let step = self.log.handle(self.now, input.clone());
            let dialogue = self.log.dialogue();
            let after = After { deadline: dialogue.deadline(), over: dialogue.is_over() };
            let seen = self.watched.see(self.now, &input, &step.effects, after);
            seen.unwrap_or_else(|violation| panic!("{violation}"));
            self.entries.extend(step.entries);
            for effect in step.effects {
                match effect {
                    Effect::Speak(line) => {
                        self.said.push((line.kind(), line.text().to_owned()));
                        let line = line.id();
                        inputs.push_back(Input::LineBegan { line });
                        inputs.push_back(Input::LineEnded { line, complete: true, heard_ms: 0 });
                    }
                    Effect::Flush => {
                        inputs.retain(|i| !matches!(i, Input::LineBegan { .. } | Input::LineEnded { .. }))
                    }
                    Effect::Fact(fact) => self.facts.push(fact),
                    Effect::LookUp(code) => {
                        self.looked_up += 1;
                        if self.slow {
                            continue;
                        }
                        let found = self.chat.take_if(|_| *code.expose() == self.code);
                        inputs.push_front(Input::LookedUp { carried: found.map(|c| Pii::new(Box::new(c))) });
                    }
                    _ => {}
                }
            }
        }
        // A yes settles when nothing more is said.
        if let Some(deadline) = self.log.dialogue().deadline()
            && deadline < self.now + 2_000
        {
            self.now = deadline;
            self.input(Input::Tick);
        }
    }

    fn say(&mut self, text: &str) {
        let heard = Heard { text: text.into(), confidence: Percent::FULL, lean: None };
        let from = self.now;
        self.now = self.now + 500;
        self.input(Input::Said { heard: Pii::new(heard), from, to: self.now });
    }

    fn key(&mut self, keys: &str) {
        for key in keys.chars() {
            self.input(Input::Pressed { key: Key::new(key).expect("a key") });
        }
    }

    fn expecting(&self) -> String {
        self.log.dialogue().expecting().to_string()
    }

    /// Answers as Jane Doe does until `what` is asked for.
    fn reach(&mut self, what: &str) {
        for _ in 0..60 {
            let expecting = self.log.dialogue().expecting();
            if expecting.to_string() == what {
                return;
            }
            let answer = match &expecting {
                Expecting::Question(id) => match id.as_str() {
                    "name" => "Jane Doe",
                    "callback" => "202 555 0147",
                    "member_id" => "XYZ12345",
                    "dob" => "March 3 1985",
                    "substance" => "mostly alcohol",
                    _ => "Aetna",
                },
                Expecting::Signature(_) => "Jane Doe, I agree",
                Expecting::Any => "no, that's all",
                _ => "yes",
            };
            self.say(answer);
        }
        panic!("{what} was never reached; it stands at {}", self.expecting());
    }

    fn heard(&self, words: &str) -> bool {
        self.said.iter().any(|(_, said)| said.contains(words))
    }

    fn record(&self) -> CallRecord {
        record(&self.opened, &self.entries)
    }

    fn replays(&self) {
        let kept = Kept::whole(self.opened.clone(), self.entries.clone());
        let replayed = replay(&HARBOR, &kept, Lens::default(), &[]);
        assert!(replayed.differences.is_empty() && replayed.is_whole(), "{:#?}", replayed.differences);
    }
}

/// A chat up to `expecting`, and what it carries over from there.
fn chat_until(expecting: &str) -> (Talk, Carried) {
    let mut chat = Talk::begin("chat", ChannelKind::Chat);
    chat.reach(expecting);
    let carried = chat.log.dialogue().carries().expect("it can go on elsewhere");
    (chat, carried)
}

const CARRIED: &str = "where your chat left off";
const UNKNOWN: &str = "can't go on with a chat by that code";

#[test]
fn after_the_acknowledgement_it_goes_on_where_the_chat_left_off() {
    let (mut chat, carried) = chat_until("question:last_use");
    chat.input(Input::HandedOver { to: "phone".into() });
    let left = chat.record();
    assert_eq!((left.outcome, left.resumed_by.as_deref()), (Outcome::Transferred, Some("phone")));
    assert!(chat.heard("We now go on by phone"));
    assert_eq!(left.consents.len(), 3);

    let mut phone = Talk::phone(Some(carried));
    phone.key("#482193");
    assert!(phone.heard("I need to read you the notice again") && phone.looked_up == 0);
    assert_eq!(phone.expecting(), "notice");
    assert!(!phone.heard(CARRIED), "nothing is known of the chat before the acknowledgement");
    phone.reach("question:last_use");
    assert!(phone.heard(CARRIED));
    assert_eq!(phone.looked_up, 1);
    let asked: Vec<_> = phone.said.iter().filter(|(kind, _)| *kind == LineKind::Consent).collect();
    assert!(asked.is_empty(), "no consent is asked for again: {asked:?}");
    assert!(!phone.said.iter().any(|(_, said)| said.contains("Jane")), "no answer is told");
    phone.reach("any");
    phone.say("no, that's all");
    let call = phone.record();
    assert_eq!((call.outcome, call.resumes.as_deref()), (Outcome::Completed, Some("chat")));
    assert!(call.consents.is_empty(), "the chat's consents stand in the chat's record alone");
    let asked: Vec<_> = call.questions.iter().map(|q| q.id.as_str()).collect();
    assert_eq!(
        asked,
        ["last_use", "prior_treatment", "level_of_care"],
        "what was answered is not asked again"
    );
    chat.replays();
    phone.replays();
}

#[test]
fn what_is_carried_is_labelled_as_sensitive_as_what_it_tells() {
    for (until, label) in [("question:dob", Label::General), ("question:last_use", Label::Sensitive)] {
        let (_, carried) = chat_until(until);
        let mut phone = Talk::phone(Some(carried));
        phone.key("#482193");
        phone.reach(until);
        let input = phone
            .entries
            .iter()
            .find(|entry| matches!(&entry.event, Event::Input { input } if input["input"] == "looked_up"));
        assert_eq!(input.expect("it is in the journal").label, label, "{until}");
        let told = serde_json::to_string(&phone.entries).expect("JSON");
        assert!(!told.contains("alcohol"), "a sensitive answer stays in the chat");
    }
}

#[test]
fn a_declined_notice_carries_nothing_and_leaves_the_chat_alone() {
    let (_, carried) = chat_until("question:last_use");
    let mut phone = Talk::phone(Some(carried));
    phone.key("#482193");
    phone.say("no, I don't want that");
    assert_eq!(phone.expecting(), "question:name");
    phone.key("#482193");
    assert!(phone.heard(UNKNOWN));
    assert_eq!((phone.looked_up, phone.chat.is_some()), (0, true));
    assert!(phone.record().resumes.is_none() && !phone.log.dialogue().gate_open());
    phone.replays();
}

#[test]
fn a_wrong_code_is_told_in_one_sentence_and_the_fourth_is_not_looked_up() {
    let (_, carried) = chat_until("question:dob");
    let mut phone = Talk::phone(Some(carried));
    phone.key("#333333");
    phone.reach("question:name");
    assert!(phone.heard(UNKNOWN));
    for wrong in ["#444444", "#555555"] {
        phone.key(wrong);
    }
    assert_eq!(phone.looked_up, u32::from(CODE_LOOKUPS_MAX));
    phone.key("#482193");
    assert_eq!(phone.looked_up, u32::from(CODE_LOOKUPS_MAX), "also the right one comes too late");
    assert_eq!(phone.said.iter().filter(|(_, said)| said.contains(UNKNOWN)).count(), 4);
    assert_eq!(phone.expecting(), "confirm:revoke", "the 9 in it may have been meant by itself");
    phone.say("no");
    assert_eq!(phone.expecting(), "question:name");
    assert!(phone.chat.is_some() && phone.record().resumes.is_none());
    phone.replays();
}

#[test]
fn whoever_speaks_before_the_code_was_looked_up_is_answered() {
    let (_, carried) = chat_until("question:dob");
    let mut phone = Talk::phone(Some(carried));
    phone.slow = true;
    phone.key("#482193");
    phone.say("yes");
    assert_eq!(
        (phone.looked_up, phone.expecting().as_str()),
        (1, "notice"),
        "nothing is asked before it is known"
    );
    phone.say("hello?");
    assert_eq!(phone.expecting(), "question:name");
    // Another code meanwhile waits for the first one, and is forgotten when that one counts.
    phone.key("#555555");
    assert_eq!(phone.looked_up, 1);
    phone.slow = false;
    let found = phone.chat.take().map(|chat| Pii::new(Box::new(chat)));
    phone.input(Input::LookedUp { carried: found });
    assert_eq!((phone.looked_up, phone.expecting().as_str()), (1, "question:dob"));
    assert_eq!(phone.facts.iter().filter(|fact| matches!(fact, Fact::Acknowledged { .. })).count(), 1);
    phone.replays();
}

#[test]
fn a_code_is_keyed_or_said_at_any_time() {
    type Gives = fn(&mut Talk);
    let ways: [(&str, Gives); 6] = [
        ("keyed with #", |phone| phone.key("#482193")),
        ("keyed without #, as a link does", |phone| phone.key("482193")),
        ("said", |phone| phone.say("my code is four eight two one nine three")),
        ("asked for and keyed", |phone| {
            phone.say("I have a code");
            assert!(phone.heard("six digits of your code"));
            phone.key("482193");
        }),
        ("asked for and said", |phone| {
            phone.say("I have a code");
            phone.say("four eight two one nine three");
        }),
        ("broken off, then keyed whole", |phone| phone.key("#48#482193")),
    ];
    for (way, gives) in ways {
        for at in ["notice", "question:name", "question:callback", "consent:payor"] {
            if at == "question:callback" && way.contains("without #") {
                continue;
            }
            let (_, carried) = chat_until("question:last_use");
            let mut phone = Talk::phone(Some(carried));
            phone.reach(at);
            gives(&mut phone);
            phone.reach("question:last_use");
            assert!(phone.heard(CARRIED), "{way} at {at}");
            phone.replays();
        }
    }
}

#[test]
fn a_permission_of_the_chat_is_taken_back_on_the_phone_before_that_is_confirmed() {
    let (chat, carried) = chat_until("question:last_use");
    let granted = chat.record().consents[0].clone();
    let mut phone = Talk::phone(Some(carried));
    phone.key("#482193");
    phone.reach("question:last_use");
    let before = phone.entries.len();
    phone.say("stop sharing with my insurance");
    let new = &phone.entries[before..];
    let at = |found: &dyn Fn(&Event) -> bool| new.iter().position(|entry| found(&entry.event));
    let taken = at(&|event| match event {
        Event::Fact { fact: Fact::TakenBackBefore { recipients, .. } } => {
            *recipients == [granted.recipient.clone()]
        }
        _ => false,
    });
    let told =
        at(&|event| matches!(event, Event::Effect { effect } if effect["line"]["kind"] == "revocation"));
    assert!(taken.expect("it is on record") < told.expect("it is confirmed"));
    assert!(phone.heard("I've taken back your permission"));
    assert!(phone.record().consents.is_empty());
    // Given again, it is a consent of this call, which names the one it replaces.
    phone.say("actually, you may share with my insurance");
    phone.reach("question:last_use");
    let anew = phone.record().consents;
    assert_eq!(anew.len(), 1);
    assert_eq!(anew[0].supersedes.as_deref(), Some(granted.consent_id.as_str()));
    assert!(anew[0].consent_id.starts_with("phone."));
    phone.replays();
}

#[test]
fn what_was_open_in_the_chat_is_asked_on_the_phone() {
    let (mut chat, carried) = chat_until("signature:referral_source");
    assert_eq!(carried.consents.len(), 1, "half signed is not settled");
    chat.input(Input::HandedOver { to: "phone".into() });
    let left = chat.record();
    assert_eq!(serde_json::to_value(left.consents[1].decision).expect("JSON"), "incomplete");
    let mut phone = Talk::phone(Some(carried));
    phone.key("#482193");
    phone.reach("consent:referral_source");
    phone.reach("consent:crm");
    let call = phone.record();
    assert_eq!((call.consents.len(), call.consents[0].recipient.as_str()), (2, "referral_source"));
    phone.replays();
}

#[test]
fn what_the_keys_of_a_code_that_broke_off_ask_for_is_not_lost() {
    let mut phone = Talk::phone(None);
    phone.reach("question:referred_by");
    phone.key("59");
    phone.now = phone.log.dialogue().deadline().expect("it waits for another key");
    phone.input(Input::Tick);
    assert!(
        phone
            .facts
            .iter()
            .any(|fact| matches!(fact, Fact::TakenBackBefore { .. } | Fact::ConsentDecided { .. }))
    );
}

#[test]
fn a_chat_that_is_ending_or_in_doubt_is_not_carried() {
    let mut early = Talk::begin("chat", ChannelKind::Chat);
    assert!(
        early.log.dialogue().carries().is_none(),
        "before its own acknowledgement there is nothing to carry"
    );
    early.reach("question:name");
    assert!(early.log.dialogue().carries().is_some());
    early.input(Input::Chose { meaning: Meaning::Unclear, matter: Some(Matter::Company), name: None });
    assert_eq!(early.expecting(), "confirm:continue");
    assert!(early.log.dialogue().carries().is_none(), "while it is asked whether others may hear");
    early.say("yes");
    assert!(early.log.dialogue().carries().is_some());
    for said in ["I'm fifteen", "I'm his guardian", "goodbye", "no more questions please"] {
        let mut chat = Talk::begin("chat", ChannelKind::Chat);
        chat.reach("question:substance");
        chat.say(said);
        assert!(chat.log.dialogue().carries().is_none(), "{said}");
        let facts = chat.facts.len();
        chat.input(Input::HandedOver { to: "phone".into() });
        assert!(!chat.facts[facts..].iter().any(|fact| matches!(fact, Fact::HandedOver { .. })), "{said}");
    }
}

#[test]
fn only_a_telephone_takes_codes() {
    let mut chat = Talk::begin("chat", ChannelKind::Chat);
    chat.reach("question:name");
    chat.say("my code is four eight two one nine three");
    assert_eq!(chat.looked_up, 0);
}

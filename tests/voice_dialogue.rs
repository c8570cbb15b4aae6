//! What only a voice line brings: a yes that settles, words over a line, a line that was heard after all, keys in a
//! language that the ears do not know, and what happens when something of ours breaks.

use candor::{
    dialogue::{
        Block, Broken, ChannelKind, Decision, Dialogue, Effect, Escalation, Fact, Input, Key, Line, LineId,
        LineKind, Outcome, PersonReached, Setup,
    },
    pii::Pii,
    program::{Locale, Program, parse},
    time::{Millis, Utc},
    understand::{Heard, Percent},
};
use std::{
    collections::VecDeque,
    sync::{Arc, LazyLock},
};

static HARBOR: LazyLock<Arc<Program>> = LazyLock::new(|| {
    Arc::new(parse(include_str!("../programs/harbor/program.toml")).expect("the sample program has no error"))
});

struct Phone {
    dialogue: Dialogue,
    now: Millis,
    lines: VecDeque<Line>,
    facts: Vec<Fact>,
    said: Vec<Line>,
    transfers: Vec<Escalation>,
    hung_up: bool,
}

impl Phone {
    fn ring(spoken: &[Locale], person_available: bool) -> Phone {
        Phone::of(Arc::clone(&HARBOR), spoken, person_available)
    }

    fn of(program: Arc<Program>, spoken: &[Locale], person_available: bool) -> Phone {
        let setup = Setup {
            call_id: "voice".into(),
            channel: ChannelKind::Phone,
            locale: Locale::EnUs,
            started_at: Utc(1_767_225_600_000),
            person_available,
            spoken: spoken.to_vec(),
        };
        let mut phone = Phone {
            dialogue: Dialogue::new(program, setup),
            now: Millis(0),
            lines: VecDeque::new(),
            facts: Vec::new(),
            said: Vec::new(),
            transfers: Vec::new(),
            hung_up: false,
        };
        phone.input(Input::Begin);
        phone
    }

    fn input(&mut self, input: Input) {
        for effect in self.dialogue.handle(self.now, input) {
            match effect {
                Effect::Speak(line) => {
                    self.said.push(line.clone());
                    self.lines.push_back(line);
                }
                Effect::Flush => self.lines.clear(),
                Effect::Fact(fact) => self.facts.push(fact),
                Effect::Transfer(why) => self.transfers.push(why),
                Effect::HangUp => self.hung_up = true,
                _ => {}
            }
        }
    }

    /// Hears everything that is being said to its end.
    fn listen(&mut self) {
        while let Some(line) = self.lines.front().cloned() {
            self.input(Input::LineBegan { line: line.id() });
            self.now = self.now + 1_000;
            self.lines.pop_front();
            self.input(Input::LineEnded { line: line.id(), complete: true, heard_ms: 1_000 });
        }
    }

    /// Says something that took 400 ms; the words are known at once.
    fn say(&mut self, text: &str) {
        let from = self.now;
        self.input(Input::SpeechBegan);
        self.now = self.now + 400;
        let heard = Heard { text: text.into(), confidence: Percent::new(95), lean: None };
        self.input(Input::Said { heard: Pii::new(heard), from, to: self.now });
    }

    /// Answers, once everything was heard, and waits until it stands.
    fn answer(&mut self, text: &str) {
        self.listen();
        self.say(text);
        self.breathe();
    }

    fn press(&mut self, keys: &str) {
        self.listen();
        for key in keys.chars() {
            self.input(Input::Pressed { key: Key::new(key).expect("a key") });
        }
    }

    /// Time passes until what was said has settled.
    fn breathe(&mut self) {
        self.now = self.now + 701;
        self.input(Input::Tick);
    }

    fn waits_for(&self) -> String {
        self.dialogue.expecting().to_string()
    }

    fn decided(&self) -> Vec<(&str, Decision, &[Block])> {
        let decided = self.facts.iter().filter_map(|fact| match fact {
            Fact::ConsentDecided { recipient, decision, blocked_by, .. } => {
                Some((recipient.as_str(), *decision, blocked_by.as_slice()))
            }
            _ => None,
        });
        decided.collect()
    }

    /// Through the plain questions, to the first consent.
    fn reach_the_first_consent(&mut self) {
        self.answer("I understand");
        for answer in
            ["Jane Doe", "202 555 0147", "a friend told me", "Blue Cross", "XYZ12345", "March 3 1985"]
        {
            self.answer(answer);
            while self.waits_for().starts_with("confirm:") {
                self.answer("yes");
            }
        }
        assert_eq!(self.waits_for(), "consent:payor");
        self.listen();
    }

    fn last(&self, kind: LineKind) -> &str {
        self.said.iter().rev().find(|line| line.kind() == kind).map_or("", Line::text)
    }
}

const ENGLISH: &[Locale] = &[Locale::EnUs];
const BOTH: &[Locale] = &[Locale::EnUs, Locale::EsUs];

#[test]
fn a_yes_to_the_notice_stands_only_after_a_breath() {
    let mut phone = Phone::ring(ENGLISH, true);
    phone.listen();
    phone.say("yes");
    assert!(!phone.dialogue.gate_open(), "it may still be taken back");
    assert_eq!(phone.last(LineKind::Repair), "Thank you.", "and is answered at once");
    phone.breathe();
    assert!(phone.dialogue.gate_open());

    let mut phone = Phone::ring(ENGLISH, true);
    phone.listen();
    phone.say("yes");
    phone.say("no wait, no");
    phone.breathe();
    assert!(!phone.dialogue.gate_open());
    assert_eq!(phone.waits_for(), "question:name", "declined");
}

#[test]
fn a_signature_stands_only_after_a_breath() {
    let mut phone = Phone::ring(ENGLISH, true);
    phone.reach_the_first_consent();
    phone.say("yes");
    assert_eq!(phone.waits_for(), "signature:payor", "a yes is signed before it settles");
    phone.listen();
    phone.say("Jane Doe, I agree");
    assert!(phone.decided().is_empty());
    phone.say("no");
    phone.breathe();
    assert_eq!(phone.decided(), [("payor", Decision::Denied, &[][..])]);
    phone.answer("yes");
    phone.answer("Jane Doe, I agree");
    assert_eq!(phone.decided()[1], ("referral_source", Decision::Granted, &[Block::WrittenSignature][..]));
}

#[test]
fn a_no_right_after_the_yes_takes_it_back_before_the_signature_is_asked_for() {
    let mut phone = Phone::ring(ENGLISH, true);
    phone.reach_the_first_consent();
    phone.say("yes");
    phone.say("no wait, no");
    assert_eq!(phone.decided(), [("payor", Decision::Denied, &[][..])]);
}

#[test]
fn where_counsel_accepts_a_spoken_signature_it_may_be_released() {
    let accepted = include_str!("../programs/harbor/program.toml")
        .replace("voice_signature = \"pending_written\"", "voice_signature = \"accepted\"");
    let mut phone = Phone::of(Arc::new(parse(&accepted).expect("a script")), ENGLISH, true);
    phone.reach_the_first_consent();
    phone.say("yes");
    phone.answer("Jane Doe, I agree");
    assert_eq!(phone.decided(), [("payor", Decision::Granted, &[][..])]);
}

#[test]
fn where_a_program_does_not_sign_a_yes_is_granted_and_waits_for_writing() {
    let unsigned = include_str!("../programs/harbor/program.toml").replace("\nsign = true", "\nsign = false");
    let mut phone = Phone::of(Arc::new(parse(&unsigned).expect("a script")), ENGLISH, true);
    phone.reach_the_first_consent();
    phone.say("yes");
    assert!(phone.decided().is_empty(), "it may still be taken back");
    phone.breathe();
    assert_eq!(phone.decided(), [("payor", Decision::Granted, &[Block::WrittenSignature][..])]);
    assert_eq!(phone.waits_for(), "consent:referral_source");
}

#[test]
fn spanish_by_keys_goes_to_the_end_and_no_spoken_word_is_a_yes() {
    let mut phone = Phone::ring(BOTH, true);
    phone.listen();
    assert!(phone.said.iter().any(|l| l.locale() == Locale::EsUs && l.text().contains("oprima 8")));
    phone.press("8");
    assert_eq!(phone.dialogue.locale(), Locale::EsUs);
    phone.listen();
    for line in phone.said.iter().filter(|l| l.kind() == LineKind::Notice).rev().take(3) {
        assert_eq!(line.locale(), Locale::EsUs);
    }
    phone.say("yes");
    phone.breathe();
    assert!(!phone.dialogue.gate_open(), "ears that know no Spanish hear no yes");
    assert!(phone.said.iter().rev().take(3).any(|l| l.text().contains("teclas")), "told which keys answer");
    phone.press("1");
    assert!(phone.dialogue.gate_open());
    assert_eq!(phone.waits_for(), "question:callback", "a name cannot be keyed");
    phone.press("2025550147#");
    assert_eq!(phone.waits_for(), "confirm:callback");
    phone.press("1");
    assert_eq!(phone.waits_for(), "question:member_id");
    phone.press("12345678#");
    phone.press("1");
    phone.press("03031985#");
    phone.press("1");
    assert_eq!(phone.waits_for(), "consent:payor");
    phone.press("1");
    assert_eq!(phone.decided(), [("payor", Decision::Granted, &[Block::WrittenSignature][..])]);
    phone.press("2");
    phone.press("1");
    phone.press("9");
    let taken_back = phone.facts.iter().filter(|f| matches!(f, Fact::ConsentRevoked { .. })).count();
    assert_eq!(taken_back, 2);
    assert_eq!(phone.waits_for(), "any", "what keys cannot answer is left to staff");
    phone.press("8");
    assert_eq!(phone.dialogue.locale(), Locale::EnUs, "and back");
}

#[test]
fn a_voice_without_spanish_offers_a_person() {
    let mut phone = Phone::ring(ENGLISH, true);
    phone.answer("en español por favor");
    assert_eq!((phone.dialogue.locale(), phone.waits_for().as_str()), (Locale::EnUs, "confirm:human"));
    assert!(!phone.said.iter().any(|l| l.locale() == Locale::EsUs));
}

#[test]
fn a_line_that_was_cut_and_heard_after_all_counts_as_heard() {
    let mut phone = Phone::ring(ENGLISH, true);
    let lines: Vec<LineId> = phone.lines.iter().map(Line::id).collect();
    let (last, others) = lines.split_last().expect("the notice");
    for &line in others {
        phone.input(Input::LineBegan { line });
        phone.input(Input::LineEnded { line, complete: true, heard_ms: 1_000 });
    }
    phone.input(Input::LineBegan { line: *last });
    phone.input(Input::SpeechBegan);
    // The mark of its last sample was on the way when the voice began.
    phone.input(Input::LineEnded { line: *last, complete: true, heard_ms: 1_000 });
    phone.now = phone.now + 400;
    let heard = Heard { text: "yes".into(), confidence: Percent::new(95), lean: None };
    phone.input(Input::Said { heard: Pii::new(heard), from: Millis(0), to: phone.now });
    phone.breathe();
    assert!(phone.dialogue.gate_open());
}

#[test]
fn a_question_cut_before_its_end_is_asked_again_after_a_yes() {
    let mut phone = Phone::ring(ENGLISH, true);
    let lines: Vec<LineId> = phone.lines.iter().map(Line::id).collect();
    let (last, others) = lines.split_last().expect("the notice");
    for &line in others {
        phone.input(Input::LineBegan { line });
        phone.input(Input::LineEnded { line, complete: true, heard_ms: 1_000 });
    }
    phone.input(Input::LineBegan { line: *last });
    phone.say("yes");
    phone.input(Input::LineEnded { line: *last, complete: false, heard_ms: 300 });
    phone.breathe();
    assert!(!phone.dialogue.gate_open());
    phone.answer("yes");
    assert!(phone.dialogue.gate_open());
}

#[test]
fn a_cough_resumes_the_line_where_it_was_cut() {
    let mut phone = Phone::ring(ENGLISH, true);
    let first = phone.lines.front().cloned().expect("a greeting");
    phone.input(Input::LineBegan { line: first.id() });
    phone.input(Input::SpeechBegan);
    phone.input(Input::LineEnded { line: first.id(), complete: false, heard_ms: 700 });
    phone.now = phone.now + 300;
    let heard = Heard { text: String::new(), confidence: Percent::new(0), lean: None };
    phone.input(Input::Said { heard: Pii::new(heard), from: Millis(0), to: phone.now });
    let again = phone.lines.front().expect("it goes on");
    assert_eq!((again.text(), again.from_ms()), (first.text(), 700));
}

#[test]
fn what_breaks_of_ours_ends_with_a_person_or_a_goodbye() {
    for (person, outcome) in [(true, Outcome::Failed), (false, Outcome::Failed)] {
        for broken in [Broken::Store, Broken::Voice] {
            let mut phone = Phone::ring(ENGLISH, person);
            phone.answer("yes");
            phone.input(Input::Failed { broken });
            assert!(phone.facts.contains(&Fact::Escalated { kind: Escalation::Trouble }));
            phone.listen();
            assert_eq!(
                (phone.transfers.as_slice(), phone.hung_up),
                match person {
                    true => (&[Escalation::Trouble][..], false),
                    false => (&[][..], true),
                }
            );
            if person {
                phone.input(Input::Person { reached: PersonReached::NotAnswered });
            }
            assert_eq!(phone.facts.last(), Some(&Fact::Ended { outcome }));
        }
    }
    let mut phone = Phone::ring(ENGLISH, true);
    phone.listen();
    phone.input(Input::Failed { broken: Broken::Ears });
    assert_eq!(phone.waits_for(), "notice", "once is asked again");
    phone.listen();
    phone.input(Input::Failed { broken: Broken::Ears });
    phone.listen();
    assert_eq!(phone.transfers, [Escalation::Trouble]);
}

#[test]
fn silence_is_asked_about_once_and_then_the_call_ends_kindly() {
    let mut phone = Phone::ring(ENGLISH, true);
    phone.listen();
    for _ in 0..2 {
        phone.now = phone.dialogue.deadline().expect("silence has an end");
        phone.input(Input::Tick);
        phone.listen();
    }
    assert!(phone.hung_up);
    assert_eq!(phone.facts.last(), Some(&Fact::Ended { outcome: Outcome::Abandoned }));
}

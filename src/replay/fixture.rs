//! A call without the person in it: the same decisions at the same times, in words that nobody said.
//!
//! Nothing of what a caller said or keyed is kept: each utterance is replaced by one of a fixed stock that leads to
//! the same, effect by effect, where the call stands then. Where the stock has none, there is no fixture: a word that
//! only the caller can have said never passes.

use super::{Kept, difference::names_the_caller};
use crate::{
    dialogue::{AnswerStatus, Dialogue, Effect, Fact, Input, Key},
    journal::{Bytes32, Entry, Event, Log, Opened, Salts},
    pii::Pii,
    program::{AnswerKind, Expecting, Program},
    simulate::{Wish, words},
    time::Utc,
    understand::{Heard, Meaning},
};
use serde_json::{Value, json};
use std::sync::Arc;

/// Fixtures happen on this day.
const STARTED_AT: Utc = Utc(1_767_225_600_000);
/// Who calls in a fixture, and who else signs.
const NAMES: &[&str] = &["Jordan Sample", "Riley Example"];
const PHONES: &[&str] = &["202 555 0143", "202 555", "five"];
const DATES: &[&str] = &["March 4th 1980", "03/04/1980", "in spring"];
const MEMBERS: &[&str] = &["A B C one two three four five six", "ABC123456", "ABC", "one"];
const INSURERS: &[&str] = &["Aetna", "some other plan"];
const OPEN: &[&str] = &["something or other", "from a friend", "it was a while ago", "heroin, mostly"];
/// The chat that a call goes on with, and the call that a chat goes on in.
const ANOTHER_CALL: &str = "another";
const OTHER: &[&str] = &[
    "",
    "yes",
    "no",
    "that's right",
    "no, that's wrong",
    "I agree",
    "I don't agree",
    "okay",
    "hm",
    "skip that one",
    "nothing else",
    "no, that's all",
    "claro que sí",
    "no gracias",
];
/// What is keyed for a number, digit by digit.
const KEYED_PHONE: &str = "2025550143";
const KEYED_DATE: &str = "03041980";
const KEYED_ID: &str = "123456789123456789";

/// Why no fixture can be made of a call.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no fixture can be made: entry {entry}, at {at_ms} ms, {why}")]
pub struct NoFixture {
    /// Where.
    pub entry: u64,
    /// When, in the call.
    pub at_ms: u64,
    /// Why; it quotes nobody.
    pub why: String,
}

/// `kept` without the person in it, and its journal. `program` is the script it ran on; `call_id` the fixture's own.
pub fn deidentified(
    program: &Arc<Program>,
    kept: &Kept,
    call_id: &str,
) -> Result<(Opened, Vec<Entry>), NoFixture> {
    let opened = Opened {
        call_id: call_id.to_owned(),
        provider_call_id: None,
        started_at: STARTED_AT,
        resumes: None,
        salt: Bytes32::default(),
        ..kept.opened.clone()
    };
    let mut then = dialogue(program, &kept.opened);
    let mut now = dialogue(program, &opened);
    let mut log = Log::new(Arc::clone(program), &opened, Salts::of_nobody(call_id));
    let (mut entries, mut keyed) = (Vec::new(), 0);
    for place in &kept.places {
        let none = |why: &str| NoFixture { entry: place.seq, at_ms: place.at.0, why: why.to_owned() };
        match &place.event {
            Err(gone) => return Err(none(&gone.why)),
            Ok(Event::Input { .. }) => {}
            Ok(_) => continue,
        }
        let input = place.input().ok_or_else(|| none("is written in a way this version does not know"))?;
        keyed = if matches!(input, Input::Pressed { .. }) { keyed + 1 } else { 0 };
        let expecting = then.expecting();
        let wanted = skeleton(&then.handle(place.at, input.clone()));
        let found = instead_of(program, &expecting, &input, keyed).into_iter().find(|other| {
            let mut tried = now.clone();
            skeleton(&tried.handle(place.at, other.clone())) == wanted
        });
        let found = found
            .ok_or_else(|| none("nothing of the stock leads to the same; nothing of the caller's is kept"))?;
        now.handle(place.at, found.clone());
        entries.extend(log.handle(place.at, found).entries);
    }
    Ok((opened, entries))
}

fn dialogue(program: &Arc<Program>, opened: &Opened) -> Dialogue {
    Dialogue::new(Arc::clone(program), opened.setup())
}

/// What may stand for an input, the likeliest first. Only what the caller said, keyed or typed is replaced.
fn instead_of(program: &Program, expecting: &Expecting, input: &Input, keyed: usize) -> Vec<Input> {
    match input {
        Input::Said { heard, from, to } => {
            let Heard { confidence, lean, .. } = heard.expose();
            let said = |text: String| Input::Said {
                heard: Pii::new(Heard { text, confidence: *confidence, lean: *lean }),
                from: *from,
                to: *to,
            };
            stock(program, expecting).into_iter().map(said).collect()
        }
        Input::Pressed { key } => {
            let digits = match question(program, expecting) {
                Some(AnswerKind::Phone) => KEYED_PHONE,
                Some(AnswerKind::Date) => KEYED_DATE,
                Some(AnswerKind::MemberId) => KEYED_ID,
                _ => return vec![input.clone()],
            };
            let digit = digits.chars().nth(keyed.saturating_sub(1) % digits.len());
            match digit.and_then(Key::new).filter(|_| key.char().is_ascii_digit()) {
                Some(key) => vec![Input::Pressed { key }],
                None => vec![input.clone()],
            }
        }
        Input::Chose { meaning, matter, name: Some(_) } => {
            let (meaning, matter) = (meaning, matter);
            let chose = |name: &&str| Input::Chose {
                meaning: meaning.clone(),
                matter: *matter,
                name: Some(Pii::new((*name).to_owned())),
            };
            NAMES.iter().map(chose).collect()
        }
        Input::LookedUp { carried: Some(chat) } => {
            let named = |name: Option<&str>| {
                let mut chat = chat.expose().clone();
                chat.from = ANOTHER_CALL.into();
                chat.patient = name.map(str::to_owned);
                for settled in &mut chat.consents {
                    settled.consent_id = format!("{ANOTHER_CALL}.{}.1", settled.recipient);
                }
                Input::LookedUp { carried: Some(Pii::new(chat)) }
            };
            match chat.expose().patient {
                Some(_) => NAMES.iter().map(|name| named(Some(name))).collect(),
                None => vec![named(None)],
            }
        }
        Input::HandedOver { .. } => vec![Input::HandedOver { to: ANOTHER_CALL.into() }],
        input => vec![input.clone()],
    }
}

fn question(program: &Program, expecting: &Expecting) -> Option<AnswerKind> {
    match expecting {
        Expecting::Question(id) => program.question(id).map(|question| question.answer),
        _ => None,
    }
}

/// Everything that may be said in a fixture.
fn stock(program: &Program, expecting: &Expecting) -> Vec<String> {
    let own = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let mut all: Vec<String> = match (question(program, expecting), expecting) {
        (Some(AnswerKind::Name), _) => own(NAMES),
        (Some(AnswerKind::Phone), _) => own(PHONES),
        (Some(AnswerKind::Date), _) => own(DATES),
        (Some(AnswerKind::MemberId), _) => own(MEMBERS),
        (Some(AnswerKind::Insurer), _) => own(INSURERS),
        (Some(AnswerKind::Open), _) => own(OPEN),
        (None, Expecting::Signature(_)) => {
            let signed = |name: &&str| {
                vec![format!("{name}, I agree"), format!("I agree, {name}"), (*name).to_owned()]
            };
            NAMES.iter().flat_map(signed).collect()
        }
        (None, _) => Vec::new(),
    };
    all.extend(own(OTHER));
    for wish in Wish::ALL {
        for words in words(*wish) {
            match words.contains("{recipient}") {
                false => all.push((*words).to_owned()),
                true => {
                    let names = program.recipients.iter().flat_map(|r| r.aliases.first());
                    all.extend(names.map(|name| words.replace("{recipient}", name)));
                }
            }
        }
    }
    all.extend(program.faq.iter().flat_map(|faq| faq.phrases.iter().cloned()));
    all.extend(own(&["my code is four eight two one nine three", "I have a code"]));
    for list in [OPEN, NAMES, PHONES, DATES, MEMBERS, INSURERS] {
        all.extend(own(list));
    }
    all
}

/// What effects come to, without the words they rest on.
fn skeleton(effects: &[Effect]) -> Vec<Value> {
    effects.iter().map(bones).collect()
}

fn bones(effect: &Effect) -> Value {
    match effect {
        Effect::Fact(fact) => fact_bones(fact),
        Effect::Speak(line) => {
            let held = names_the_caller(line.kind(), line.text());
            let text = (!held).then(|| line.text());
            json!(["speak", line.id(), line.kind(), line.elicits(), line.locale(), text])
        }
        Effect::Flush => json!("flush"),
        Effect::Listen(listening) => json!(["listen", listening]),
        Effect::Understood(reading) => {
            let signed = reading.signature.as_ref().map(|s| (s.name.is_some(), s.assent));
            let asked = (reading.meaning == Meaning::Question).then_some(&reading.faq);
            let rest = (reading.suspected_revocation.is_some(), reading.tells_sud, signed);
            json!(["understood", reading.meaning.name(), reading.meaning.scope(), asked, rest])
        }
        Effect::StopRecording => json!("stop"),
        Effect::Transfer(why) => json!(["transfer", why]),
        Effect::LookUp(_) => json!("look up"),
        Effect::HangUp => json!("hang up"),
    }
}

fn fact_bones(fact: &Fact) -> Value {
    match fact {
        Fact::Acknowledged { answer, .. } => json!(["acknowledged", answer]),
        Fact::Gate { open, .. } => json!(["gate", open]),
        Fact::ConsentAsked { recipient, version, .. } => json!(["asked", recipient, version]),
        Fact::ConsentDecided { recipient, decision, signature, blocked_by, .. } => {
            json!(["decided", recipient, decision, signature.as_ref().map(|s| s.kind), blocked_by])
        }
        Fact::ConsentRevoked { recipient, told, .. } => json!(["revoked", recipient, told]),
        Fact::TakenBackBefore { recipients, told, .. } => json!(["taken back before", recipients, told]),
        Fact::ConsentBlocked { recipient, by, .. } => json!(["blocked", recipient, by]),
        Fact::QuestionEnded { id, status, answer } => {
            let given = answer.as_ref().map(|a| (a.expose().value.is_some(), a.expose().confirmed));
            json!(["ended", id, status, given.filter(|_| *status == AnswerStatus::Answered)])
        }
        Fact::HandedOver { .. } => json!("handed over"),
        Fact::Resumes { .. } => json!("resumes"),
        fact => json!(fact),
    }
}

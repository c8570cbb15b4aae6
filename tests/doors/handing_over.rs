//! A chat over a real socket goes on in a call placed as a provider places one, with a real store: both records, the
//! standing of the consents, and what a wrong code gets.

use crate::{
    chat_house::*,
    chats::{acknowledged, plain_questions},
    house::{Caller, start, stream_in},
};
use candor::{book::BookEvent, server::ChatTerms, store::BookFilter, time::Utc};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::{Instant, timeout, timeout_at};

/// A caller who echoes marks, as the provider does, and presses keys.
struct Phone {
    line: Caller,
    call_sid: String,
}

impl Phone {
    async fn dials(house: &ChatHouse, call_sid: &str) -> Phone {
        let form = [("CallSid", call_sid), ("To", "+12025550100")];
        let response =
            house.client.post(house.http("/twilio/voice")).form(&form).send().await.expect("it answers");
        let (url, parameters) = stream_in(&response.text().await.expect("a document"));
        let mut line = Caller::connect(&url).await;
        line.call_id = parameters["call_id"].clone();
        line.send(r#"{"event":"connected","protocol":"Call","version":"1.0.0"}"#).await;
        line.send(&start(call_sid, &json!(parameters))).await;
        Phone { line, call_sid: call_sid.to_owned() }
    }

    /// Lets the agent speak until `word` is in the journal of the call.
    async fn until(&mut self, house: &ChatHouse, word: &str) {
        self.until_told(house, word, 1).await;
    }

    async fn until_told(&mut self, house: &ChatHouse, word: &str, times: usize) {
        // What is said may be written later than it is heard: the journal is looked at while nothing comes too.
        const LOOK: Duration = Duration::from_millis(20);
        while house.journal(&self.line.call_id).await.matches(word).count() < times {
            match timeout(LOOK, self.line.hear()).await {
                Ok(Some(message)) => self.takes(&message).await,
                Ok(None) => panic!("the call ended before {word}"),
                Err(_) => {}
            }
        }
    }

    /// Presses keys until `word` is in the journal: a key that comes before its question was heard to its end is no
    /// answer, and the question is asked again.
    async fn answers(&mut self, house: &ChatHouse, keys: &str, word: &str) {
        while !house.journal(&self.line.call_id).await.contains(word) {
            self.keys(keys).await;
            let until = Instant::now() + Duration::from_millis(300);
            while let Ok(Some(message)) = timeout_at(until, self.line.hear()).await {
                self.takes(&message).await;
            }
        }
    }

    async fn takes(&mut self, message: &Value) {
        if message["event"] == "mark" {
            let echo = json!({"event": "mark", "streamSid": "MZ1", "mark": message["mark"]});
            self.line.send(&echo.to_string()).await;
        }
    }

    async fn keys(&mut self, keys: &str) {
        for digit in keys.chars() {
            let pressed = json!({"track": "inbound_track", "digit": digit.to_string()});
            let key = json!({"event": "dtmf", "streamSid": "MZ1", "dtmf": pressed});
            self.line.send(&key.to_string()).await;
        }
    }

    async fn hangs_up(mut self, house: &ChatHouse) -> Value {
        self.line.send(r#"{"event":"stop","streamSid":"MZ1","stop":{}}"#).await;
        while let Some(message) = self.line.hear().await {
            self.takes(&message).await;
        }
        let form = [("CallSid", self.call_sid.as_str())];
        house.client.post(house.http("/twilio/after")).form(&form).send().await.expect("it answers");
        house.record(&self.line.call_id).await
    }
}

/// The code that the chat is offered, as it is keyed.
async fn code(page: &mut Page) -> String {
    page.send(json!({"type": "handover"})).await;
    let offer = loop {
        let event = page.hear().await.expect("it answers");
        if event["type"] == "handover" {
            break event;
        }
    };
    assert_eq!(offer["number"], "+12025550100");
    let code = offer["code"].as_str().expect("a code").replace(' ', "");
    assert_eq!(offer["link"], format!("tel:+12025550100,,{code}"));
    assert!(offer["expires"].as_str().expect("until when").starts_with("2026-11-20T16:15"), "{offer}");
    code
}

/// A chat with a grant to the payor, signed on the screen, and a refusal to the others, up to the sensitive questions.
async fn granted(house: &ChatHouse) -> Page {
    let (mut page, events) = house.chat().await;
    let events = acknowledged(&mut page, &events).await;
    plain_questions(&mut page, events).await;
    let events = page.say("yes").await;
    page.see(&events).await;
    page.send(json!({"type": "choice", "value": "sign", "name": "Jane Doe"})).await;
    page.turn().await;
    page.choose("deny").await;
    let events = page.choose("deny").await;
    assert_eq!(expecting(&events), "question:substance");
    page
}

const NOW: Utc = Utc(1_795_190_400_000);

#[tokio::test]
async fn a_chat_goes_on_by_phone_and_its_consent_is_taken_back_there() {
    // There is room for one chat.
    let terms = ChatTerms { chats_max: 1, ..ChatTerms::default() };
    let house = ChatPlan { terms, ..ChatPlan::default() }.open().await;
    let mut page = granted(&house).await;
    let chat = page.call_id.clone();
    let code = code(&mut page).await;

    // The link keys the code as soon as the call is answered. The chat goes on until the notice is acknowledged.
    let mut phone = Phone::dials(&house, "CA1").await;
    phone.keys(&code).await;
    phone.until(&house, "I need to read you the notice again").await;
    let events = page.say("mostly alcohol").await;
    assert_eq!(expecting(&events), "question:last_use");
    phone.until(&house, "notice_heard").await;
    assert!(!house.journal(&chat).await.contains("handed_over"));
    phone.answers(&house, "1", "\"fact\":\"resumes\"").await;

    // The page is told, in its language, before it is closed; and again where it was asleep.
    let events = page.turn().await;
    assert!(
        all(&events, "line")[0]["text"].as_str().expect("words").contains("go on by phone"),
        "{events:#?}"
    );
    assert_eq!(events.last().expect("the end")["outcome"], "transferred");
    assert_eq!(page.closed_with().await, Some(1000));
    let mut late = house.page().await;
    let seen = late.start(json!({"type": "start", "resume": page.resume, "after": 3})).await;
    assert!(
        seen.iter().any(|e| e["text"].as_str().is_some_and(|t| t.contains("go on by phone"))),
        "{seen:#?}"
    );

    // A page that comes back is told, and that is all: the chat is over, and takes nothing.
    let address = house.http(&format!("/chat/harbor/{chat}"));
    let words = house.client.post(&address).bearer_auth(&page.resume);
    let words = words.body(json!({"type": "text", "text": "are you there?"}).to_string());
    assert_eq!(words.send().await.expect("it answers").status().as_u16(), 404);
    let events = house.client.get(format!("{address}/events")).bearer_auth(&page.resume);
    assert_eq!(events.send().await.expect("it answers").status().as_u16(), 200);

    // Its place is free.
    let (next, begun) = house.chat().await;
    assert!(next.call_id != chat && !all(&begun, "line").is_empty(), "{begun:#?}");
    next.leave_without_a_word();

    // While the call lasts nothing leaves on the chat's grant; taken back there, it is taken back here at once.
    let record = house.record(&chat).await;
    assert_eq!(
        (&record["outcome"], &record["resumed_by"]),
        (&json!("transferred"), &json!(phone.line.call_id))
    );
    assert_eq!(
        (&record["consents"][0]["decision"], &record["consents"][0]["releasable"]),
        (&json!("granted"), &json!(true))
    );
    let payor = || async {
        let all = house.after().await.standing_of("harbor", &chat, NOW).await.expect("the store answers");
        let one = all.into_iter().find(|one| one.consent_id.ends_with("payor.1")).expect("it is there");
        (serde_json::to_value(one.decision).expect("JSON"), one.releasable, one.blocked_by)
    };
    let (decision, releasable, blocked) = payor().await;
    assert_eq!((decision, releasable, blocked.len()), (json!("granted"), false, 1));
    phone.until(&house, "question_asked").await;
    phone.keys("9").await;
    phone.until(&house, "\"kind\":\"revocation\"").await;
    assert_eq!(payor().await.0, json!("revoked"), "before it is confirmed");

    // What was answered in the chat is not asked again.
    for id in ["last_use", "prior_treatment", "level_of_care"] {
        let (asked, ended) =
            (format!("question_asked\",\"id\":\"{id}"), format!("question_ended\",\"id\":\"{id}"));
        phone.until(&house, &asked).await;
        phone.answers(&house, "2", &ended).await;
    }
    phone.until(&house, "\"kind\":\"closing\"").await;
    let call_id = phone.line.call_id.clone();
    let call = phone.hangs_up(&house).await;
    assert_eq!((&call["channel"], &call["resumes"]), (&json!("phone"), &json!(chat)));
    assert_eq!(call["disclosure"]["acknowledgement"], "affirmed");
    assert_eq!(call["consents"], json!([]));
    let asked: Vec<&str> =
        call["questions"].as_array().expect("a list").iter().filter_map(|q| q["id"].as_str()).collect();
    assert!(!asked.iter().any(|id| ["name", "callback", "dob", "substance"].contains(id)), "{asked:?}");
    assert!(!house.journal(&call_id).await.contains("alcohol"), "a sensitive answer stays in the chat");

    // Followed up, both are one patient's, and the book says why.
    assert_eq!(payor().await.0, json!("revoked"));
    let after = house.after().await;
    let patient = after.patient(&chat).await.expect("the store answers");
    assert!(patient.is_some() && patient == after.patient(&call_id).await.expect("the store answers"));
    let noted = after.archive().book("harbor", &BookFilter::default()).await.expect("the store answers");
    let joined = noted.iter().find_map(|note| match &note.event {
        BookEvent::Joined(joined) if note.call_id.as_ref() == Some(&call_id) => Some(joined),
        _ => None,
    });
    let joined = joined.expect("it was joined");
    assert_eq!(joined.carried_from.as_deref(), Some(chat.as_str()));
    assert_eq!(joined.revoked, [format!("{chat}.payor.1")]);
    for conversation in [&chat, &call_id] {
        assert!(house.replayed(conversation).await.is_empty(), "it replays exactly");
    }
}

#[tokio::test]
async fn guessed_codes_carry_nothing_and_the_chat_goes_on() {
    let house = ChatHouse::new().await;
    let mut page = granted(&house).await;
    let right = code(&mut page).await;
    let wrong = if right.starts_with('3') { "4" } else { "3" };
    let mut phone = Phone::dials(&house, "CA1").await;
    phone.keys(&format!("#{wrong}11111")).await;
    phone.until(&house, "notice_heard").await;
    phone.answers(&house, "1", "affirmed").await;
    phone.until(&house, "can't go on with a chat by that code").await;
    for guess in 1..=3 {
        phone.keys(&format!("#{wrong}1111{guess}")).await;
        phone.until_told(&house, "can't go on with a chat by that code", guess + 1).await;
    }
    // Three were looked up; the right one comes too late.
    phone.keys(&format!("#{right}")).await;
    phone.until_told(&house, "can't go on with a chat by that code", 5).await;
    let call = phone.hangs_up(&house).await;
    assert_eq!((&call["resumes"], &call["outcome"]), (&Value::Null, &json!("abandoned")));
    assert_eq!(house.journal(&page.call_id).await.matches("handed_over").count(), 0);
    let events = page.say("mostly alcohol").await;
    assert_eq!(expecting(&events), "question:last_use");
}

#[tokio::test]
async fn a_chat_that_cannot_go_on_elsewhere_is_offered_the_number_alone() {
    let house = ChatHouse::new().await;
    let (mut page, events) = house.chat().await;
    acknowledged(&mut page, &events).await;
    page.say("I'm fifteen").await;
    page.send(json!({"type": "handover"})).await;
    let offer = page.hear().await.expect("it answers");
    assert_eq!(
        offer,
        json!({"type": "handover", "number": "+12025550100", "code": null, "link": "tel:+12025550100", "expires": null})
    );
}

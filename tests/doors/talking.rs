//! A chat that is gone on with by voice, and in writing again: one call, one journal, one record. The other end is a
//! WebRTC peer in this process.

use crate::{
    browser::Page as Voice,
    chat_house::{ChatHouse, ChatPlan, Page, all, expecting},
};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::{task::JoinHandle, time::timeout};

const PATIENCE: Duration = Duration::from_secs(30);

/// Posts the offer of `voice` with a token.
async fn post(house: &ChatHouse, voice: &Voice, token: &str) -> reqwest::Response {
    let request = house.client.post(house.http("/call/harbor")).header("content-type", "application/sdp");
    request.bearer_auth(token).body(voice.offer.clone()).send().await.expect("an answer")
}

/// The caller goes on by talking: where to hang up, and the voice, which plays and reports.
async fn talk(house: &ChatHouse, page: &Page) -> (String, JoinHandle<()>) {
    let voice = Voice::new("candor").await;
    let response = post(house, &voice, &page.resume).await;
    assert_eq!(response.status(), 201);
    let location = response.headers()["location"].to_str().expect("text").to_owned();
    voice.take(response.text().await.expect("an answer")).await;
    timeout(PATIENCE, voice.opened()).await.expect("it connects");
    (house.http(&location), tokio::spawn(voice.plays()))
}

/// What the page is shown until `wanted` fits an event.
async fn until(page: &mut Page, wanted: impl Fn(&Value) -> bool) -> Vec<Value> {
    let mut events = Vec::new();
    let reading = async {
        while let Some(event) = page.hear().await {
            let last = wanted(&event);
            events.push(event);
            if last {
                return true;
            }
        }
        false
    };
    let came = timeout(PATIENCE, reading).await;
    assert_eq!(came, Ok(true), "it never came: {events:#?}");
    events
}

fn kinds(events: &[Value]) -> Vec<&str> {
    all(events, "line").iter().filter_map(|line| line["kind"].as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_begun_in_writing_is_finished_by_voice_and_the_chat_goes_on_in_writing() {
    let house = ChatHouse::new().await;
    let (mut page, shown) = house.chat().await;
    let parts = all(&shown, "line").into_iter().filter(|line| line["must_see"] == true).count();
    // The first part was seen and the others were not.
    page.see(&shown[..=shown.iter().position(|e| e["must_see"] == true).expect("a part")]).await;
    let (location, voice) = talk(&house, &page).await;
    let spoken = until(&mut page, |e| e["type"] == "listening").await;
    assert_eq!((&spoken[0]["type"], &spoken[0]["to"]), (&json!("moved"), &json!("browser")));
    let mut said = vec!["recording"];
    said.extend(vec!["notice"; parts - 1]);
    said.push("acknowledge");
    assert_eq!(kinds(&spoken), said, "what was seen is not said again");
    assert!(all(&spoken, "line")[0]["text"].as_str().is_some_and(|text| text.contains("recorded")));
    assert!(all(&spoken, "line").iter().all(|line| line["must_see"].is_null()));

    // Buttons and typed words are answered while the caller talks; a signature is not clicked.
    page.send(json!({"type": "choice", "value": "affirm"})).await;
    let opened = until(&mut page, |e| e["type"] == "listening").await;
    assert_eq!(all(&opened, "gate")[0]["open"], true);
    page.send(json!({"type": "choice", "value": "sign", "name": "Jane Doe"})).await;
    assert_eq!(until(&mut page, |e| e["type"] == "error").await[0]["code"], "sign_by_voice");

    // Hung up, it goes on in writing with the question that was open.
    let gone = house.client.delete(&location).send().await.expect("an answer");
    assert_eq!(gone.status(), 200);
    let written = until(&mut page, |e| e["type"] == "listening").await;
    assert_eq!(all(&written, "moved")[0]["to"], "chat");
    assert_eq!((kinds(&written), expecting(&written)), (vec!["question"], "question:name"));
    let answered = page.say("Jane Doe").await;
    assert_eq!(expecting(&answered), "question:callback");
    voice.abort();

    // A page that comes back is shown all of it, in order.
    let mut again = house.page().await;
    let resume = page.resume.clone();
    let shown = again.start(json!({"type": "start", "locale": "en-US", "resume": resume})).await;
    let moves: Vec<_> = all(&shown, "moved").into_iter().map(|moved| moved["to"].clone()).collect();
    assert_eq!((moves, again.call_id.clone()), (vec![json!("browser"), json!("chat")], page.call_id.clone()));
    again.send(json!({"type": "end"})).await;
    let record = house.record(&page.call_id).await;
    assert_eq!((&record["channel"], &record["provider"]), (&json!("chat"), &Value::Null));
    let to: Vec<_> = record["moves"].as_array().expect("moves").iter().map(|moved| &moved["to"]).collect();
    assert_eq!(to, ["browser", "chat"]);
    assert_eq!(record["disclosure"]["acknowledgement"], "affirmed");
    assert_eq!(record["gate"].as_array().map(Vec::len), Some(1));
    assert!(record["recording"]["duration_ms"].as_u64().is_some_and(|ms| ms > 0), "{record:#}");
    assert_eq!(house.records().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_voice_or_page_leaves_the_call_and_another_tab_types() {
    let house = ChatHouse::new().await;
    let (mut page, shown) = house.chat().await;
    page.see(&shown).await;
    page.choose("affirm").await;
    let resume = page.resume.clone();
    let start = |after: u64| json!({"type": "start", "locale": "en-US", "resume": resume, "after": after});

    // The page's own connection comes and goes, and the voice goes on.
    let (_, voice) = talk(&house, &page).await;
    until(&mut page, |e| e["type"] == "listening").await;
    page.leave_without_a_word();
    let mut page = house.page().await;
    page.resume.clone_from(&resume);
    page.send(start(0)).await;
    let shown = until(&mut page, |e| e["type"] == "moved").await;
    assert_eq!(all(&shown, "moved")[0]["to"], "browser");
    page.send(json!({"type": "text", "text": "Jane Doe"})).await;
    let asked = until(&mut page, |e| e["type"] == "listening").await;
    assert_eq!(
        expecting(&asked),
        "confirm:name",
        "what is typed beside a voice is read back as said: {asked:#?}"
    );

    // The voice plays nothing any more, and the chat goes on.
    voice.abort();
    page.send(json!({"type": "choice", "value": "repeat"})).await;
    let refused = until(&mut page, |e| e["type"] == "moved").await;
    assert_eq!(
        (&all(&refused, "error")[0]["code"], &all(&refused, "moved")[0]["to"]),
        (&json!("no_voice"), &json!("chat"))
    );
    let written = until(&mut page, |e| e["type"] == "listening").await;
    assert_eq!(expecting(&written), "confirm:name", "what was open is asked again");

    // Another tab has no microphone on.
    let (_, voice) = talk(&house, &page).await;
    until(&mut page, |e| e["type"] == "moved").await;
    let mut other = house.page().await;
    other.send(start(0)).await;
    assert_eq!(page.closed_with().await, Some(4001));
    let typed = |moves: &std::cell::Cell<u32>, e: &Value| {
        moves.set(moves.get() + u32::from(e["type"] == "moved"));
        moves.get() == 4
    };
    let moves = std::cell::Cell::new(0);
    let shown = until(&mut other, |e| typed(&moves, e)).await;
    assert_eq!(all(&shown, "moved")[3]["to"], "chat");
    voice.abort();
    other.send(json!({"type": "end"})).await;
    assert_eq!(house.records().await[0]["moves"].as_array().map(Vec::len), Some(4));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_good_for_no_chat_joins_none() {
    let house = ChatHouse::new().await;
    let voice = Voice::new("candor").await;
    let (mut page, _) = house.chat().await;
    let never = post(&house, &voice, "00000000000000000000000000000000").await;
    let (status, never) = (never.status(), never.text().await.expect("an answer"));
    assert_eq!(status, 404, "{never}");
    page.send(json!({"type": "end"})).await;
    house.records().await;
    while page.hear().await.is_some() {}
    let dead = timeout(PATIENCE, async {
        loop {
            let dead = post(&house, &voice, &page.resume).await;
            // The place of a chat is given back a moment after its record is there.
            if dead.status() == 404 {
                return dead.text().await.expect("an answer");
            }
        }
    });
    assert_eq!(dead.await.expect("in time"), never, "one that is over is as one that never was");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_stays_a_chat_where_there_is_no_room_for_a_voice() {
    let house = ChatPlan { calls_max: 0, ..ChatPlan::default() }.open().await;
    let (mut page, shown) = house.chat().await;
    let voice = Voice::new("candor").await;
    assert_eq!(post(&house, &voice, &page.resume).await.status(), 503);
    page.see(&shown).await;
    assert_eq!(expecting(&page.choose("affirm").await), "question:name");
}

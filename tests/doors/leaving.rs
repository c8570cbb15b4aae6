//! Going down: no new calls, live ones end, then the server does.

use crate::house::*;
use candor::dialogue::Outcome;

#[tokio::test]
async fn a_server_without_calls_goes_at_once() {
    House::new().await.leave().await;
}

#[tokio::test]
async fn live_calls_end_before_the_server_does_and_new_ones_go_to_a_person() {
    let house = House::new().await;
    let mut caller = house.call("CA1").await;
    caller.is_answered().await;
    house.signals.send(()).await.unwrap();
    // The drain has begun as soon as the server says that it is not ready.
    while house.get("/readyz", None).await.0 == 200 {}
    let (status, xml) = house.post("/twilio/voice", &[("CallSid", "CA2"), ("To", "+15550100")]).await;
    assert_eq!((status, verbs(&xml)), (200, vec!["Say".to_owned(), "Dial".to_owned()]));
    assert_eq!(
        house
            .client
            .post(house.http("/api/v1/calls/tokens"))
            .bearer_auth(ADMIN)
            .send()
            .await
            .unwrap()
            .status(),
        503
    );
    caller.is_answered().await;
    assert!(!house.server.is_finished());
    caller.send(r##"{"event":"dtmf","dtmf":{"digit":"5"}}"##).await;
    assert_eq!(caller.closed_with().await.map(u16::from), Some(1000));
    house.server.await.unwrap();
    assert_eq!(house.records.outcome("CA1"), Some(Outcome::Completed));
}

#[tokio::test]
async fn a_caller_who_was_told_to_come_just_before_is_let_in() {
    let house = House::new().await;
    let (_, xml) = house.post("/twilio/voice", &[("CallSid", "CA1"), ("To", "+15550100")]).await;
    house.signals.send(()).await.unwrap();
    while house.get("/readyz", None).await.0 == 200 {}
    let (url, parameters) = stream_in(&xml);
    let mut caller = Caller::connect(&url).await;
    caller.send(&start("CA1", &serde_json::json!(parameters))).await;
    caller.is_answered().await;
    caller.stop().await;
    house.server.await.unwrap();
    assert_eq!(house.records.outcome("CA1"), Some(Outcome::Abandoned));
}

#[tokio::test]
async fn a_second_signal_ends_live_calls_with_a_record() {
    let house = House::new().await;
    let mut caller = house.call("CA1").await;
    caller.is_answered().await;
    house.signals.send(()).await.unwrap();
    house.signals.send(()).await.unwrap();
    house.server.await.unwrap();
    assert_eq!(house.records.outcome("CA1"), Some(Outcome::Failed));
}

#[tokio::test]
async fn the_limit_ends_live_calls_with_a_record() {
    let house = Plan { drain_ms_max: 50, ..Plan::default() }.open().await;
    let mut caller = house.call("CA1").await;
    caller.is_answered().await;
    house.signals.send(()).await.unwrap();
    house.server.await.unwrap();
    assert_eq!(house.records.outcome("CA1"), Some(Outcome::Failed));
}

#[tokio::test]
async fn a_transfer_that_nobody_reported_on_is_put_on_record() {
    let house = Plan { drain_ms_max: 50, ..Plan::default() }.open().await;
    let mut caller = house.call("CA1").await;
    caller.send(r##"{"event":"dtmf","dtmf":{"digit":"0"}}"##).await;
    while caller.hear().await.is_some() {}
    assert_eq!(verbs(&house.post("/twilio/after", &[("CallSid", "CA1")]).await.1), ["Dial"]);
    house.signals.send(()).await.unwrap();
    house.server.await.unwrap();
    assert_eq!(house.records.outcome("CA1"), Some(Outcome::Completed), "nobody is known to have answered");
}

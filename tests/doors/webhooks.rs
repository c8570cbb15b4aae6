//! What the provider asks, and what it is told.

use crate::house::*;
use candor::dialogue::Outcome;

const ARRIVED: [(&str, &str); 4] =
    [("CallSid", "CA1"), ("From", "+15550199"), ("To", "+15550100"), ("Direction", "inbound")];

#[tokio::test]
async fn a_call_is_connected_to_this_servers_stream_with_a_token_of_its_own() {
    let house = House::new().await;
    let (status, xml) = house.post("/twilio/voice", &ARRIVED).await;
    assert_eq!((status, verbs(&xml)), (200, vec!["Connect".to_owned(), "Redirect".to_owned()]));
    let (url, parameters) = stream_in(&xml);
    assert_eq!(url, house.ws("/twilio/media"));
    assert_eq!(parameters["token"].len(), 32);
    assert_eq!(parameters["call_id"].len(), 36);
    let document = roxmltree::Document::parse(&xml).unwrap();
    let connect = document.root_element().first_child().unwrap();
    assert_eq!(connect.attribute("action"), Some(house.http("/twilio/after").as_str()));
    let (_, again) = house.post("/twilio/voice", &ARRIVED).await;
    assert_ne!(stream_in(&again).1["token"], parameters["token"]);
}

#[tokio::test]
async fn no_call_is_answered_for_a_program_without_an_agreement_in_force() {
    let house = Plan { unagreed: vec!["harbor".into()], ..Plan::default() }.open().await;
    let (status, xml) = house.post("/twilio/voice", &ARRIVED).await;
    assert_eq!((status, verbs(&xml)), (200, vec!["Say".to_owned(), "Dial".to_owned()]), "{xml}");
    assert!(!xml.contains("greement"), "why is for the log: {xml}");
    let agreed = House::new().await;
    assert_eq!(verbs(&agreed.post("/twilio/voice", &ARRIVED).await.1)[0], "Connect");
}

#[tokio::test]
async fn where_a_secret_is_configured_only_signed_requests_are_answered() {
    let public_url = Some("https://voice.example.com".to_owned());
    let house = Plan { signed: true, public_url, ..Plan::default() }.open().await;
    let post = |signature: Option<String>, settings: Option<&'static str>| {
        let mut request = house.client.post(house.http("/twilio/voice?x=1")).form(&ARRIVED);
        if let Some(signature) = signature {
            request = request.header("X-Twilio-Signature", signature);
        }
        if let Some(settings) = settings {
            request = request.header("X-Twilio-Webhooks-Signature-Settings", settings);
        }
        async move {
            let response = request.send().await.unwrap();
            (response.status().as_u16(), response.text().await.unwrap())
        }
    };
    // The address is the configured one; what the client calls this server (`Host`) counts for nothing.
    let good = signed("https://voice.example.com/twilio/voice?x=1", &ARRIVED);
    let (status, xml) = post(Some(good.clone()), None).await;
    assert_eq!((status, stream_in(&xml).0.as_str()), (200, "wss://voice.example.com/twilio/media"));
    let with_port = signed("https://voice.example.com:443/twilio/voice?x=1", &ARRIVED);
    assert_eq!(post(Some(with_port), None).await.0, 200);

    let form: Vec<_> = ARRIVED.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    use candor::wire::signature::{Algorithm, Body, sign};
    let url = "https://voice.example.com/twilio/voice?x=1";
    let shared = sign("shared", Algorithm::HmacSha256, url, Body::Form(&form));
    assert_eq!(post(Some(shared.clone()), Some("key=key1,algorithm=HMAC_SHA256")).await.0, 200);

    let here = signed(&house.http("/twilio/voice?x=1"), &ARRIVED);
    for (signature, settings) in [
        (None, None),
        (Some("AAAA".to_owned()), None),
        (Some(here), None),
        (Some(shared.clone()), None),
        (Some(shared.clone()), Some("key=key2,algorithm=HMAC_SHA256")),
        (Some(shared), Some("key=key1,algorithm=HMAC_MD5")),
        (Some(good), Some("key=key1")),
    ] {
        let (status, body) = post(signature.clone(), settings).await;
        assert_eq!(status, 403, "{signature:?} {settings:?}");
        assert_eq!(body, r#"{"code":"forbidden","message":"this request is not permitted"}"#, "says no more");
    }
    for path in ["/twilio/after", "/twilio/dialled", "/twilio/status"] {
        assert_eq!(house.post(path, &ARRIVED).await.0, 403, "{path}");
    }
}

#[tokio::test]
async fn without_a_secret_what_came_through_a_proxy_is_not_believed() {
    let house = House::new().await;
    for header in ["X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"] {
        let request = house.client.post(house.http("/twilio/voice")).form(&ARRIVED).header(header, "1.2.3.4");
        assert_eq!(request.send().await.unwrap().status(), 403, "{header}");
    }
    let house = Plan { trusts_this_machine: false, ..Plan::default() }.open().await;
    assert_eq!(house.post("/twilio/voice", &ARRIVED).await.0, 403);
    assert!(Caller::try_connect(&house.ws("/twilio/media"), &[]).await.is_err());
}

#[tokio::test]
async fn where_an_account_is_configured_other_accounts_are_refused() {
    let house = Plan { account_sid: Some("AC1".into()), ..Plan::default() }.open().await;
    assert_eq!(house.post("/twilio/voice", &[("AccountSid", "AC1"), ("CallSid", "CA1")]).await.0, 200);
    assert_eq!(house.post("/twilio/voice", &[("AccountSid", "AC2"), ("CallSid", "CA1")]).await.0, 403);
    assert_eq!(house.post("/twilio/voice", &[("CallSid", "CA1")]).await.0, 403);
}

#[tokio::test]
async fn the_number_chooses_the_program_and_an_unknown_one_is_told_nothing() {
    let programs = vec![program("harbor", "+15550100"), program("cove", "+15550200")];
    let house = Plan { programs, ..Plan::default() }.open().await;
    for (number, expected) in [("+15550100", "harbor"), ("+1 (555) 0200", "cove")] {
        let (_, xml) = house.post("/twilio/voice", &[("CallSid", expected), ("To", number)]).await;
        let (url, parameters) = stream_in(&xml);
        let mut caller = Caller::connect(&url).await;
        caller.send(&start(expected, &serde_json::json!(parameters))).await;
        caller.is_answered().await;
        caller.stop().await;
        house.post("/twilio/after", &[("CallSid", expected)]).await;
        let all = house.records.all.lock().unwrap();
        assert_eq!(all.last().map(|r| r.program.as_str()), Some(expected));
    }
    for unknown in ["+15550300", ""] {
        let (status, xml) = house.post("/twilio/voice", &[("CallSid", "CA9"), ("To", unknown)]).await;
        assert_eq!((status, verbs(&xml)), (200, vec!["Say".to_owned(), "Hangup".to_owned()]));
        assert!(!xml.contains("harbor") && !xml.contains("cove"), "{xml}");
    }
}

#[tokio::test]
async fn a_call_too_many_is_routed_to_a_person_and_the_others_go_on() {
    let house = Plan { calls_max: 2, ..Plan::default() }.open().await;
    let mut first = house.call("CA1").await;
    let _ = house.post("/twilio/voice", &[("CallSid", "CA2"), ("To", "+15550100")]).await;
    let (status, xml) = house.post("/twilio/voice", &[("CallSid", "CA3"), ("To", "+15550100")]).await;
    assert_eq!((status, verbs(&xml)), (200, vec!["Say".to_owned(), "Dial".to_owned()]));
    assert!(xml.contains("+15550111") && xml.contains("human_connecting"), "{xml}");
    // Nobody answers there either: the caller is told where somebody will.
    let (_, xml) = house
        .post("/twilio/dialled", &[("CallSid", "CA3"), ("To", "+15550100"), ("DialCallStatus", "busy")])
        .await;
    assert_eq!(verbs(&xml), ["Say", "Hangup"]);
    assert!(xml.contains("human_unavailable harbor &amp; sons 1 5 5 5 0 1 1 1"), "{xml}");
    first.is_answered().await;
}

#[tokio::test]
async fn after_the_hours_the_caller_hears_when_somebody_is_there() {
    let mut closed = program("harbor", "+15550100");
    closed.person.hours = vec!["sat 08:00-09:00".into()];
    let house = Plan { programs: vec![closed.clone()], ..Plan::default() }.open().await;
    let mut caller = house.call("CA1").await;
    caller.send(r##"{"event":"dtmf","dtmf":{"digit":"0"}}"##).await;
    while caller.hear().await.is_some() {}
    let (_, xml) = house.post("/twilio/after", &[("CallSid", "CA1")]).await;
    assert_eq!(verbs(&xml), ["Say", "Hangup"]);
    assert!(xml.contains("human_unavailable"));
    assert_eq!(house.records.outcome("CA1"), Some(Outcome::Completed), "nobody was reached");

    closed.person.after_hours_number = Some("+15550122".into());
    let house = Plan { programs: vec![closed], ..Plan::default() }.open().await;
    let mut caller = house.call("CA1").await;
    caller.send(r##"{"event":"dtmf","dtmf":{"digit":"0"}}"##).await;
    while caller.hear().await.is_some() {}
    let (_, xml) = house.post("/twilio/after", &[("CallSid", "CA1")]).await;
    assert_eq!(verbs(&xml), ["Dial"]);
    assert!(xml.contains(">+15550122<"), "{xml}");
}

/// A caller who asked for a person, and what `/twilio/after` said.
async fn passed_on(house: &House, call_sid: &str) -> String {
    let mut caller = house.call(call_sid).await;
    caller.send(r##"{"event":"dtmf","dtmf":{"digit":"0"}}"##).await;
    while caller.hear().await.is_some() {}
    house.post("/twilio/after", &[("CallSid", call_sid), ("To", "+15550100")]).await.1
}

#[tokio::test]
async fn transferred_means_that_somebody_answered() {
    let house = House::new().await;
    for (call_sid, report, outcome, said) in [
        ("CA1", "completed", Outcome::Transferred, vec!["Hangup"]),
        ("CA2", "no-answer", Outcome::Completed, vec!["Say", "Hangup"]),
        ("CA3", "busy", Outcome::Completed, vec!["Say", "Hangup"]),
        ("CA4", "failed", Outcome::Completed, vec!["Say", "Hangup"]),
    ] {
        let xml = passed_on(&house, call_sid).await;
        assert_eq!(verbs(&xml), ["Dial"]);
        assert!(xml.contains(">+15550111<") && xml.contains(r#"timeout="25""#), "{xml}");
        assert_eq!(house.records.outcome(call_sid), None, "the call is not over");
        let (_, xml) =
            house.post("/twilio/dialled", &[("CallSid", call_sid), ("DialCallStatus", report)]).await;
        assert_eq!(verbs(&xml), said, "{report}");
        assert_eq!(house.records.outcome(call_sid), Some(outcome), "{report}");
        let (_, xml) = house.post("/twilio/after", &[("CallSid", call_sid)]).await;
        assert_eq!(verbs(&xml), ["Hangup"], "asked once more, the call stays over");
    }
}

#[tokio::test]
async fn the_moment_somebody_answers_the_call_is_on_record_as_transferred() {
    let house = House::new().await;
    passed_on(&house, "CA1").await;
    let ringing = [("CallSid", "CA7"), ("ParentCallSid", "CA1"), ("CallStatus", "ringing")];
    assert_eq!(house.post("/twilio/dialled", &ringing).await.0, 204);
    assert_eq!(house.records.outcome("CA1"), None);
    let answered = [("CallSid", "CA7"), ("ParentCallSid", "CA1"), ("CallStatus", "in-progress")];
    assert_eq!(house.post("/twilio/dialled", &answered).await.0, 204);
    assert_eq!(house.records.outcome("CA1"), Some(Outcome::Transferred));
    let (_, xml) =
        house.post("/twilio/dialled", &[("CallSid", "CA1"), ("DialCallStatus", "completed")]).await;
    assert_eq!(verbs(&xml), ["Hangup"]);
    assert_eq!(house.records.all.lock().unwrap().len(), 1, "one call, one record");
}

#[tokio::test]
async fn after_a_call_that_ended_well_the_provider_hangs_up_and_after_a_lost_one_it_says_so() {
    let house = House::new().await;
    let mut caller = house.call("CA1").await;
    caller.send(r##"{"event":"dtmf","dtmf":{"digit":"5"}}"##).await;
    assert_eq!(caller.closed_with().await.map(u16::from), Some(1000));
    assert_eq!(verbs(&house.post("/twilio/after", &[("CallSid", "CA1")]).await.1), ["Hangup"]);

    let lost = house.call("CA2").await;
    lost.leave_without_a_word().await;
    let (_, xml) = house.post("/twilio/after", &[("CallSid", "CA2")]).await;
    assert_eq!(verbs(&xml), ["Say", "Dial"], "the caller is still there: an apology, and a person");
    assert!(xml.contains("trouble"));

    let mut dies = house.call("CA3").await;
    dies.send(r##"{"event":"dtmf","dtmf":{"digit":"9"}}"##).await;
    while dies.hear().await.is_some() {}
    let (_, xml) = house.post("/twilio/after", &[("CallSid", "CA3")]).await;
    assert!(xml.contains("trouble"), "a conversation that died: {xml}");
    assert_eq!(house.records.outcome("CA3"), Some(Outcome::Failed), "and it is on record");

    let (_, xml) = house.post("/twilio/after", &[("CallSid", "CA4"), ("To", "+15550100")]).await;
    assert!(xml.contains("trouble"), "a call this process never saw: {xml}");
}

#[tokio::test]
async fn what_is_no_form_is_refused() {
    let house = House::new().await;
    let json =
        house.client.post(house.http("/twilio/voice")).body("{}").header("Content-Type", "application/json");
    assert_eq!(json.send().await.unwrap().status(), 415);
    let huge = "x".repeat(70_000);
    assert_eq!(house.post("/twilio/voice", &[("To", &huge)]).await.0, 413);
    let (status, body) = house.get("/twilio/voice", None).await;
    assert_eq!(status, 405, "{body}");
    for event in ["stream-started", "stream-error", "anything"] {
        assert_eq!(
            house.post("/twilio/status", &[("StreamEvent", event), ("StreamError", &huge[..9_000])]).await.0,
            204
        );
    }
}

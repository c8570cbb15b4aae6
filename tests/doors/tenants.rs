//! A token of one program finds nothing of another: what is another's is answered as what never was, in the same
//! words, and by asking the records the same.

use crate::house::*;
use candor::server::API_ROUTES;
use serde_json::{Value, json};

const OTHER: &str = "cove";

/// A server for two programs, and an ended and a live call of each.
async fn two() -> (House, [Caller; 2], Vec<String>) {
    let programs = vec![program("harbor", "+15550100"), program(OTHER, "+15550200")];
    let house = Plan { programs, ..Plan::default() }.open().await;
    let mut planted = vec![OTHER.to_owned()];
    let mut live = Vec::new();
    for own in ["harbor", OTHER] {
        for sid in ["CAover", "CAlive"] {
            let sid = format!("{sid}{own}");
            let body = json!({"program": own}).to_string();
            let minted = house.client.post(house.http("/api/v1/calls/tokens")).bearer_auth(ALL).body(body);
            let minted: Value = minted.send().await.unwrap().json().await.unwrap();
            let mut caller = Caller::connect(minted["url"].as_str().unwrap()).await;
            caller.call_id = minted["call_id"].as_str().unwrap().into();
            caller.send(&start(&sid, &json!({"token": minted["token"]}))).await;
            caller.is_answered().await;
            if own == OTHER {
                planted.extend([sid.clone(), caller.call_id.clone()]);
            }
            if sid.starts_with("CAover") {
                caller.stop().await;
                house.post("/twilio/after", &[("CallSid", &sid)]).await;
            } else {
                live.push(caller);
            }
        }
    }
    let [own, other] = <[Caller; 2]>::try_from(live).ok().unwrap();
    (house, [own, other], planted)
}

/// One request, and what the records were asked for it.
async fn asked(
    house: &House,
    method: &str,
    path: &str,
    token: &str,
    body: &str,
) -> (u16, String, Vec<&'static str>) {
    house.records.asked.lock().unwrap().clear();
    let request = house.client.request(method.to_uppercase().parse().unwrap(), house.http(path));
    let response = request.bearer_auth(token).body(body.to_owned()).send().await.unwrap();
    let status = response.status().as_u16();
    // A stream of events has no end while its call goes on, and is told by its status.
    let stream = response.headers()["content-type"] == "text/event-stream";
    let body = if stream { String::new() } else { response.text().await.unwrap() };
    (status, body, house.records.asked.lock().unwrap().clone())
}

/// Duty: D21, 42 CFR 2.13(a).
#[tokio::test]
async fn every_route_answers_for_anothers_call_as_for_one_that_never_was() {
    let (house, [own, other], planted) = two().await;
    let ended = |sid: &str| {
        let all = house.records.all.lock().unwrap();
        all.iter().find(|record| record.provider_call_id.as_deref() == Some(sid)).unwrap().call_id.clone()
    };
    let (over, none) = (ended("CAovercove"), "3f0c7c0e-0000-4000-8000-000000000000");
    assert!(planted.contains(&over) && planted.contains(&other.call_id));
    let roles = ["compliance", "clinician", "intake", "qa", "auditor", "admin", "keyholder"];
    for (method, route) in API_ROUTES {
        // The document is the same for everybody.
        if route.ends_with("openapi.json") {
            continue;
        }
        for role in roles {
            let token = format!("{role}-of-harbor");
            // What names another's call, program or provider's id, beside the same of what never was.
            let named = |call: &str, program: &str, sid: &str| -> Vec<(String, String)> {
                let path = route.replace("{id}", call);
                vec![
                    (path.clone(), String::new()),
                    (path.clone(), json!({"program": program}).to_string()),
                    (format!("{path}?provider_call_id={sid}"), String::new()),
                    (format!("{path}?call={call}"), String::new()),
                    (format!("{path}?program={program}"), String::new()),
                ]
            };
            for call in [&over, &other.call_id] {
                let theirs = named(call, OTHER, "CAovercove");
                let nobodys = named(none, "nowhere", "CAnone");
                for ((path, body), (no_path, no_body)) in theirs.iter().zip(&nobodys) {
                    let answer = asked(&house, method, path, &token, body).await;
                    let nothing = asked(&house, method, no_path, &token, no_body).await;
                    if route.ends_with("/tokens") && answer.0 == 201 {
                        // A new token each time; that it is of the own program is seen below.
                        assert_eq!((nothing.0, &answer.2), (201, &nothing.2), "{method} {path} as {role}");
                        continue;
                    }
                    // The book of harbor grows by each refusal, for either in the same way.
                    if !route.ends_with("/access") {
                        assert_eq!(answer, nothing, "{method} {path} as {role}");
                    }
                    assert_eq!((answer.0, &answer.2), (nothing.0, &nothing.2), "{method} {path} as {role}");
                    for word in &planted {
                        assert!(!answer.1.contains(word.as_str()), "{method} {path} as {role}: {}", answer.1);
                    }
                }
            }
        }
    }
    // The same token finds what is its own.
    let own_path = format!("/api/v1/calls/{}", ended("CAoverharbor"));
    assert_eq!(asked(&house, "get", &own_path, "clinician-of-harbor", "").await.0, 200);
    let live = format!("/api/v1/calls/{}", own.call_id);
    assert_eq!(asked(&house, "get", &live, "clinician-of-harbor", "").await.0, 409);
    assert_eq!(asked(&house, "get", &format!("{live}/watch"), "clinician-of-harbor", "").await.0, 200);
    let (status, body, _) = asked(&house, "get", "/api/v1/calls", "clinician-of-harbor", "").await;
    let listed: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, listed["calls"].as_array().unwrap().len()), (200, 1));
    // Nothing of what was asked is in the other's book.
    let book = house.records.book.lock().unwrap();
    assert!(book.iter().all(|(program, noted)| program == "harbor" && noted.by.name.starts_with("the ")));
}

#[tokio::test]
async fn a_stream_token_of_a_bound_token_is_of_its_own_program() {
    let (house, _live, planted) = two().await;
    for (token, body, expected) in [
        ("admin-of-harbor", "", 201),
        ("admin-of-harbor", r#"{"program":"harbor"}"#, 201),
        ("admin-of-harbor", r#"{"program":"cove"}"#, 400),
        ("keyholder", r#"{"program":"cove"}"#, 201),
        ("keyholder", "", 400),
        ("clinician-of-harbor", "", 403),
        ("admin", "", 403),
        ("clinician", "", 403),
    ] {
        let (status, told, _) = asked(&house, "post", "/api/v1/calls/tokens", token, body).await;
        assert_eq!(status, expected, "{token} {body}: {told}");
        let own = planted.iter().all(|word| !told.contains(word.as_str()));
        assert!(own || token == "keyholder", "{token} {body}: {told}");
    }
}

#[tokio::test]
async fn every_read_is_noted_and_what_cannot_be_noted_is_not_given() {
    let (house, [own, _other], _) = two().await;
    let over = {
        let all = house.records.all.lock().unwrap();
        all.iter().find(|record| record.program == "harbor").unwrap().call_id.clone()
    };
    let get = |path: String, token: &'static str, headers: Vec<(&'static str, &'static str)>| {
        let request = house.client.get(house.http(&path)).bearer_auth(token);
        let request = headers.into_iter().fold(request, |request, (name, value)| request.header(name, value));
        async move { request.send().await.unwrap().status().as_u16() }
    };
    let call = format!("/api/v1/calls/{over}");
    let watch = format!("/api/v1/calls/{}/watch", own.call_id);
    let harbor = |role: &str| -> &'static str { format!("{role}-of-harbor").leak() };
    let reads = [
        (call.clone(), harbor("clinician"), vec![], 200),
        (call.clone(), harbor("intake"), vec![("Candor-Purpose", "payment"), ("Candor-Reason", "plan")], 200),
        (call.clone(), harbor("intake"), vec![("Candor-Purpose", "quality")], 403),
        (call.clone(), harbor("qa"), vec![("Candor-Break-Glass", "overdose")], 200),
        (watch.clone(), harbor("clinician"), vec![], 200),
        (watch.clone(), harbor("intake"), vec![], 403),
        ("/api/v1/calls".into(), harbor("auditor"), vec![], 200),
        ("/api/v1/calls".into(), "keyholder", vec![], 200),
        // Wrong headers are told before anything is looked at.
        (call.clone(), harbor("clinician"), vec![("Candor-Purpose", "fun")], 400),
        (call.clone(), harbor("qa"), vec![("Candor-Break-Glass", "")], 400),
        (call.clone(), harbor("admin"), vec![("Candor-Break-Glass", "x")], 403),
    ];
    for (path, token, headers, expected) in reads {
        assert_eq!(get(path.clone(), token, headers.clone()).await, expected, "{path} {token} {headers:?}");
    }
    let book: Vec<_> = {
        let book = house.records.book.lock().unwrap();
        book.iter()
            .map(|(program, noted)| {
                let event = serde_json::to_value(&noted.event).unwrap();
                let purpose = noted.by.purpose.map_or("", |purpose| purpose.name());
                let what = event["what"][0].as_str().unwrap().to_owned();
                let calls = event["calls"].as_u64();
                format!(
                    "{program} {} {purpose} {} {what} {calls:?}",
                    noted.by.role,
                    event["is"].as_str().unwrap()
                )
            })
            .collect()
    };
    let expected = [
        "harbor clinician treatment read record None",
        "harbor intake payment read record None",
        "harbor intake quality refused record None",
        "harbor qa emergency break_glass record None",
        "harbor qa emergency read record None",
        "harbor clinician treatment read captions None",
        "harbor intake operations refused captions None",
        "harbor auditor compliance read record Some(1)",
        "cove keyholder  read record Some(1)",
        "harbor keyholder  read record Some(1)",
    ];
    assert_eq!(book, expected);
    let (status, told) = house.get("/api/v1/access?limit=3", Some(harbor("compliance"))).await;
    let told: Value = serde_json::from_str(&told).unwrap();
    let seqs: Vec<_> = told["entries"].as_array().unwrap().iter().map(|entry| &entry["seq"]).collect();
    assert_eq!((status, seqs.first()), (200, Some(&&json!(8))), "newest first");
    assert_eq!(house.get("/api/v1/access", Some(harbor("clinician"))).await.0, 403);

    *house.records.full.lock().unwrap() = true;
    for (path, token) in [
        (call, harbor("clinician")),
        (watch, harbor("clinician")),
        ("/api/v1/calls".into(), harbor("qa")),
        ("/api/v1/access".into(), harbor("auditor")),
    ] {
        let (status, told) = house.get(&path, Some(token)).await;
        assert!(status == 503 && told.contains("store_unavailable"), "{path}: {status} {told}");
    }
}

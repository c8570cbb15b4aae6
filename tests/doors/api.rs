//! `/api/v1`, health, and the page that says what runs here.

use crate::house::*;
use candor::{journal::MoveRecord, server::API_ROUTES};
use serde_json::{Value, json};

#[tokio::test]
async fn nothing_is_told_without_a_token_that_permits_it() {
    let house = House::new().await;
    let routes = [
        ("/api/v1/calls", READ, ADMIN),
        ("/api/v1/calls/x", REVIEW, ADMIN),
        ("/api/v1/calls/x/watch", READ, REVIEW),
        ("/api/v1/access", "compliance", READ),
    ];
    for (path, good, other) in routes {
        assert_eq!(house.get(path, None).await.0, 401, "{path}");
        let (status, unknown) = house.get(path, Some("unknown")).await;
        assert_eq!(status, 403, "{path}");
        assert_eq!(house.get(path, Some(other)).await, (403, unknown), "the same words for every no");
        assert!([200, 404].contains(&house.get(path, Some(good)).await.0), "{path}");
        assert!([200, 404].contains(&house.get(path, Some(ALL)).await.0), "{path}");
    }
    let post = |token: &'static str| {
        let request = house.client.post(house.http("/api/v1/calls/tokens")).bearer_auth(token);
        async move { request.send().await.unwrap().status().as_u16() }
    };
    assert_eq!((post(READ).await, post(ALL).await, post(ADMIN).await), (403, 201, 201));
    let basic =
        house.client.get(house.http("/api/v1/calls")).header("Authorization", format!("Basic {READ}"));
    let response = basic.send().await.unwrap();
    assert_eq!(response.status(), 401);
    assert_eq!(response.headers()["www-authenticate"], "Bearer");
}

#[tokio::test]
async fn records_are_listed_page_by_page_and_found_by_either_id() {
    let house = House::new().await;
    for n in 0..5 {
        let mut caller = house.call(&format!("CA{n}")).await;
        caller.is_answered().await;
        let (status, body) = house.get(&format!("/api/v1/calls/{}", caller.call_id), Some(READ)).await;
        assert_eq!((status, body.contains("call_live")), (409, true));
        caller.stop().await;
        house.post("/twilio/after", &[("CallSid", &format!("CA{n}"))]).await;
    }
    let mut seen = Vec::new();
    let mut path = "/api/v1/calls?limit=2".to_owned();
    loop {
        let (status, body) = house.get(&path, Some(READ)).await;
        assert_eq!(status, 200, "{body}");
        let page: Value = serde_json::from_str(&body).unwrap();
        let calls = page["calls"].as_array().unwrap();
        assert!(calls.len() <= 2);
        seen.extend(calls.iter().map(|c| c["provider_call_id"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/api/v1/calls?limit=2&before={next}");
    }
    assert_eq!(seen, ["CA4", "CA3", "CA2", "CA1", "CA0"]);

    let (_, found) = house.get("/api/v1/calls?provider_call_id=CA2", Some(READ)).await;
    let found: Value = serde_json::from_str(&found).unwrap();
    let id = found["calls"][0]["call_id"].as_str().unwrap();
    let (status, record) = house.get(&format!("/api/v1/calls/{id}"), Some(READ)).await;
    let record: Value = serde_json::from_str(&record).unwrap();
    assert_eq!((status, &record), (200, &found["calls"][0]));
    for (path, status) in [
        ("/api/v1/calls/none", 404),
        ("/api/v1/calls?before=yesterday", 400),
        ("/api/v1/calls?limit=many", 400),
        ("/api/v1/nothing", 404),
    ] {
        let (got, body) = house.get(path, Some(READ)).await;
        let error: Value = serde_json::from_str(&body).unwrap();
        assert_eq!((got, error["message"].is_string()), (status, true), "{path}: {body}");
    }
}

#[tokio::test]
async fn a_watcher_sees_a_call_from_its_beginning_to_its_end() {
    let house = House::new().await;
    let mut caller = house.call("CA1").await;
    caller.is_answered().await;
    let path = format!("/api/v1/calls/{}/watch", caller.call_id);
    let watching = house.client.get(house.http(&path)).bearer_auth(READ).send().await.unwrap();
    assert_eq!(watching.headers()["content-type"], "text/event-stream");
    caller.send(r##"{"event":"dtmf","dtmf":{"digit":"5"}}"##).await;
    let seen = watching.text().await.unwrap();
    let line = json!({"event": "line", "person_available": true});
    let ended = json!({"event": "ended", "outcome": "completed"});
    assert_eq!(seen, format!("id: 1\ndata: {line}\n\nid: 2\ndata: {ended}\n\nevent: over\ndata: {{}}\n\n"));

    let late = house.client.get(house.http(&path)).bearer_auth(READ).header("Last-Event-ID", "1");
    let seen = late.send().await.unwrap().text().await.unwrap();
    assert_eq!(seen, format!("id: 2\ndata: {ended}\n\nevent: over\ndata: {{}}\n\n"));
}

#[tokio::test]
async fn an_emulator_gets_a_token_for_a_stream_that_no_document_announced() {
    let programs = vec![program("harbor", "+15550100"), program("cove", "+15550200")];
    let house = Plan { programs, ..Plan::default() }.open().await;
    let mint = |body: &'static str| {
        let request = house.client.post(house.http("/api/v1/calls/tokens")).bearer_auth(ALL).body(body);
        async move {
            let response = request.send().await.unwrap();
            (response.status().as_u16(), response.json::<Value>().await.unwrap())
        }
    };
    for wrong in ["", "[]", r#"{"program":"none"}"#, r#"{"programme":"cove"}"#] {
        assert_eq!(mint(wrong).await.0, 400, "{wrong}");
    }
    let (status, minted) = mint(r#"{"program":"cove"}"#).await;
    assert_eq!(status, 201);
    assert_eq!(minted["url"], house.ws("/twilio/media"));
    let mut caller = Caller::connect(minted["url"].as_str().unwrap()).await;
    caller.send(&start("CAany", &json!({"token": minted["token"]}))).await;
    caller.is_answered().await;
    caller.stop().await;
    house.post("/twilio/after", &[("CallSid", "CAany")]).await;
    let all = house.records.all.lock().unwrap();
    assert_eq!((all[0].program.as_str(), &json!(all[0].call_id)), ("cove", &minted["call_id"]));
}

#[tokio::test]
async fn health_readiness_and_metrics_are_open_and_true() {
    let house = House::new().await;
    assert_eq!(house.get("/healthz", None).await, (200, "ok\n".into()));
    assert_eq!(house.get("/readyz", None).await.0, 200);
    let (status, metrics) = house.get("/metrics", None).await;
    assert_eq!((status, metrics.lines().next()), (200, Some("candor_calls_live 0")));
    assert!(metrics.contains("candor_agreement_days_left{program=\"harbor\"} 26"), "{metrics}");
    *house.records.full.lock().unwrap() = true;
    let (status, body) = house.get("/readyz", None).await;
    assert_eq!((status, body.contains("disk")), (503, false), "the detail is for the log");
}

#[tokio::test]
async fn the_page_says_what_runs_here_and_asks_nobody_else() {
    let house = House::new().await;
    let response = house.client.get(house.http("/")).send().await.unwrap();
    for header in ["x-request-id", "content-security-policy", "x-content-type-options", "referrer-policy"] {
        assert!(response.headers().contains_key(header), "{header}");
    }
    let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
    for rule in ["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"] {
        assert!(policy.contains(rule) && !policy.contains("unsafe"), "{policy}");
    }
    let page = response.text().await.unwrap();
    assert!(page.contains("harbor &amp; sons") && page.contains(&house.http("/twilio/voice")), "{page}");
    assert!(page.contains("<candor-chat program=\"harbor\">"), "{page}");
    let asked: Vec<&str> = ["src=\"", "href=\""].iter().flat_map(|name| page.split(name).skip(1)).collect();
    assert_eq!(asked.len(), 3);
    assert!(
        asked.iter().all(|url| url.starts_with('/') && !url.starts_with("//")),
        "only this server is asked"
    );
    for (path, kind) in
        [("/widget.js", "text/javascript"), ("/page.css", "text/css"), ("/blank", "text/html")]
    {
        let answer = house.client.get(house.http(path)).send().await.unwrap();
        assert!(answer.headers()["content-type"].to_str().unwrap().starts_with(kind), "{path}");
        assert_eq!(answer.status(), 200);
    }
}

#[tokio::test]
async fn the_document_lists_every_route_and_holds_together() {
    let house = House::new().await;
    let (status, text) = house.get("/api/v1/openapi.json", None).await;
    assert_eq!(status, 200);
    let document: Value = serde_json::from_str(&text).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1."));
    assert!(document["info"]["title"].is_string() && document["info"]["version"].is_string());
    let mut listed = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(operation["operationId"].is_string(), "{method} {path}");
            for (code, response) in operation["responses"].as_object().unwrap() {
                assert!(code.parse::<u16>().is_ok() && response.is_object(), "{method} {path} {code}");
            }
            listed.push((method.clone(), path.clone()));
        }
    }
    let mut served: Vec<_> = API_ROUTES.iter().map(|(m, p)| ((*m).to_owned(), (*p).to_owned())).collect();
    served.sort();
    listed.sort();
    assert_eq!(listed, served);
    for (method, path) in API_ROUTES {
        let method = method.to_uppercase().parse().unwrap();
        let url = house.http(&path.replace("{id}", "x"));
        let status = house.client.request(method, url).bearer_auth("unknown").send().await.unwrap().status();
        assert!(![404, 405].contains(&status.as_u16()), "{path} is served: {status}");
    }
    let mut references = Vec::new();
    collect(&document, &mut references);
    assert!(!references.is_empty());
    for reference in references {
        assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference} leads somewhere");
    }
    // The schema of a record names every field that a record has.
    let mut caller = house.call("CA1").await;
    caller.is_answered().await;
    caller.stop().await;
    house.post("/twilio/after", &[("CallSid", "CA1")]).await;
    let mut record = house.records.all.lock().unwrap()[0].clone();
    // Left out of the record of a call that stayed on its channel.
    record.moves.push(MoveRecord { to: record.channel, at: record.started_at });
    record.resumed_by = Some("CA2".into());
    let record = json!(record);
    let schema = &document["components"]["schemas"]["CallRecord"]["properties"];
    let names = |v: &Value| v.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(schema), names(&record));
}

fn collect<'a>(value: &'a Value, into: &mut Vec<&'a str>) {
    match value {
        Value::Object(fields) => {
            into.extend(fields.get("$ref").and_then(Value::as_str));
            fields.values().for_each(|field| collect(field, into));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, into)),
        _ => {}
    }
}

#[tokio::test]
async fn a_head_that_never_ends_or_is_too_big_is_refused() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let house = House::new().await;
    let mut stream = tokio::net::TcpStream::connect(house.address).await.unwrap();
    let head = format!("GET / HTTP/1.1\r\nHost: x\r\nX-Long: {}\r\n\r\n", "x".repeat(40_000));
    let _ = stream.write_all(head.as_bytes()).await;
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 431");
    assert_eq!(house.get("/healthz", None).await.0, 200);
}

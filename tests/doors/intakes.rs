//! What the program receives: who sees which answers, what is due when, and what is noted of it.

use crate::{
    clinic::{Caller, Clinic, JANE},
    house::House,
};
use candor::{
    dialogue::{Fact, RequestKind},
    journal::Event,
    store::BookFilter,
};
use serde_json::{Value, json};

const TELLING: Caller = Caller { last: Some("fentanyl, plantedword"), ..JANE };

async fn get(house: &House, path: &str, token: &str) -> (u16, Value) {
    let (status, body) = house.get(path, Some(token)).await;
    (status, serde_json::from_str(&body).unwrap())
}

/// What the doors noted, in order.
fn reads(house: &House) -> Vec<String> {
    let book = house.records.book.lock().unwrap();
    let told = |note: &candor::book::Noted| {
        let event = serde_json::to_value(&note.event).unwrap();
        let what = event["what"][0].as_str().unwrap_or("-").to_owned();
        format!("{} {} {what}", note.by.role, event["is"].as_str().unwrap())
    };
    book.iter().map(|(program, note)| format!("{program} {}", told(note))).collect()
}

#[tokio::test]
async fn each_role_sees_of_an_intake_what_is_for_it_and_every_reading_is_noted() {
    let clinic = Clinic::new("intake").await;
    let house = clinic.house().await;
    clinic.call("c", 3, &TELLING).await;
    let answer = |one: &Value, question: &str| -> Value {
        let all = one["answers"].as_array().unwrap();
        all.iter().find(|a| a["question"] == question).cloned().unwrap_or_else(|| panic!("{one:#}"))
    };
    let (status, whole) = get(&house, "/api/v1/intake/c", "clinician-of-harbor").await;
    assert_eq!(status, 200, "{whole}");
    assert_eq!(answer(&whole, "name")["value"], "Jane Doe");
    assert_eq!(answer(&whole, "dob")["value"], "1985-03-03");
    assert_eq!(answer(&whole, "substance")["text"], "fentanyl, plantedword");
    assert_eq!(answer(&whole, "substance")["sensitive"], true);
    assert!(whole["patient"].is_string() && whole["consents"].as_array().unwrap().len() == 3);

    // The intake operator sees who called, and not what they take.
    let (_, part) = get(&house, "/api/v1/intake/c", "intake-of-harbor").await;
    assert_eq!(answer(&part, "name")["value"], "Jane Doe");
    assert_eq!(
        (&answer(&part, "substance")["text"], &answer(&part, "substance")["withheld"]),
        (&Value::Null, &json!(true))
    );
    let (status, none) = get(&house, "/api/v1/intake/c", "admin-of-harbor").await;
    assert_eq!(status, 403, "{none}");
    for (token, list) in
        [("qa-of-harbor", "/api/v1/intake"), ("auditor-of-harbor", "/api/v1/intake?waiting=true")]
    {
        let (status, listed) = get(&house, list, token).await;
        assert_eq!((status, listed["intakes"].as_array().unwrap().len()), (200, 1), "{listed}");
        assert!(
            !listed.to_string().contains("Jane") && !listed.to_string().contains("plantedword"),
            "{listed}"
        );
    }
    let noted = reads(&house);
    let expected = [
        "harbor clinician read record",
        "harbor clinician read answers",
        "harbor intake read record",
        "harbor intake read answers",
        "harbor admin refused record",
        "harbor qa read record",
        "harbor auditor read record",
    ];
    assert_eq!(noted, expected);

    // The same on the command line, under role and purpose.
    let shown =
        clinic.tells(&["intake", "show", "c", "--as", "clinician", "--purpose", "treatment", "--json"]);
    assert!(shown.contains("plantedword"), "{shown}");
    let shown = clinic.tells(&["intake", "show", "c", "--as", "intake", "--reason", "call back"]);
    assert!(
        shown.contains("Jane Doe") && !shown.contains("plantedword") && shown.contains("withheld"),
        "{shown}"
    );
    assert_eq!(clinic.candor(&["intake", "show", "c", "--as", "admin"]).status.code(), Some(1));
    assert_eq!(clinic.candor(&["intake", "show", "nobody"]).status.code(), Some(1));
    let noted = clinic.store.archive().book("harbor", &BookFilter::default()).await.unwrap();
    assert!(noted.iter().any(|note| note.by.reason.as_deref() == Some("call back")));
}

#[tokio::test]
async fn a_request_waits_until_it_is_marked_as_done() {
    let clinic = Clinic::new("requests").await;
    let house = clinic.house().await;
    clinic.call("c", 3, &Caller { last: Some("send me my file please"), ..JANE }).await;
    let filed = clinic.store.archive().journal("c").await.unwrap().unwrap().1;
    let is_access = |e: &candor::journal::Entry| {
        matches!(&e.event, Event::Fact { fact: Fact::Requested { kind: RequestKind::Access } })
    };
    assert!(filed.iter().any(is_access), "the call filed a request");
    let (_, listed) = get(&house, "/api/v1/intake?waiting=true", "compliance-of-harbor").await;
    let one = &listed["intakes"][0];
    assert_eq!(one["requests"][0]["kind"], "access");
    let (filed, due) =
        (one["requests"][0]["filed_at"].as_str().unwrap(), one["requests"][0]["due"].as_str().unwrap());
    let days = due.parse::<jiff::civil::Date>().unwrap() - filed[..10].parse::<jiff::civil::Date>().unwrap();
    assert_eq!(days.get_days(), 30, "{filed} to {due}");
    assert_eq!(one["waits"], json!(["unread", "signature", "request"]));

    let done = |token: &'static str, body: Value| {
        let path = house.http("/api/v1/intake/c/done");
        let request = house.client.post(path).bearer_auth(token).body(body.to_string());
        async move {
            let response = request.send().await.unwrap();
            (response.status().as_u16(), response.json::<Value>().await.unwrap())
        }
    };
    assert_eq!(done("qa-of-harbor", json!({"by": "Q"})).await.0, 403);
    assert_eq!(done("compliance-of-harbor", json!({"by": "Mara", "request": 7})).await.0, 409);
    assert_eq!(done("compliance-of-harbor", json!({"by": " "})).await.0, 400);
    let (status, told) = done("compliance-of-harbor", json!({"by": "Mara"})).await;
    assert_eq!(
        (status, &told["waits"]),
        (200, &json!(["request"])),
        "a request is not done with the rest: {told}"
    );
    let told = clinic.tells(&["intake", "done", "c", "--request", "0", "--by", "Mara", "--as", "compliance"]);
    assert!(told.contains("done"), "{told}");
    let (_, listed) = get(&house, "/api/v1/intake?waiting=true", "compliance-of-harbor").await;
    assert_eq!(listed["intakes"], json!([]));
    assert!(clinic.tells(&["intake", "list", "--waiting"]).contains("nothing waits"));
    assert_eq!(clinic.book().await, ["joined", "request_done", "request_done"]);
}

/// Duty: D21, 42 CFR 2.13(a).
#[tokio::test]
async fn what_follows_anothers_calls_is_answered_as_for_calls_that_never_were() {
    let clinic = Clinic::new("tenant").await;
    let house = clinic.house().await;
    clinic.call("theirs", 3, &TELLING).await;
    clinic.after.follow_up(crate::clinic::now()).await.unwrap();
    let came = json!({"by": "M", "how": "letter", "received": "2026-11-21T00:00:00Z"});
    let attest = json!({"by": "M", "how": "letter", "received": "2026-11-21T00:00:00Z", "name": "Jane Doe"});
    for role in ["compliance", "clinician", "intake", "qa", "auditor", "admin", "keyholder"] {
        let token: &'static str = format!("{role}-of-cove").leak();
        for (method, path, body) in [
            ("GET", "/api/v1/intake/ID", Value::Null),
            ("POST", "/api/v1/intake/ID/done", json!({"by": "M"})),
            ("POST", "/api/v1/consents/ID.payor.1/revoke", came.clone()),
            ("POST", "/api/v1/consents/ID.payor.1/attest", attest.clone()),
            ("POST", "/api/v1/consents/ID.payor.1/link", json!({})),
            ("GET", "/api/v1/consents?call=ID", Value::Null),
            ("GET", "/api/v1/consents?program=harbor", Value::Null),
            ("GET", "/api/v1/intake?program=harbor", Value::Null),
        ] {
            let ask = |id: &str| {
                let url = house.http(&path.replace("ID", id));
                let request = house.client.request(method.parse().unwrap(), url).bearer_auth(token);
                let request = request.body(if body.is_null() { String::new() } else { body.to_string() });
                async move {
                    let response = request.send().await.unwrap();
                    (response.status().as_u16(), response.text().await.unwrap())
                }
            };
            let (theirs, nobodys) = (ask("theirs").await, ask("nobody").await);
            assert_eq!(theirs, nobodys, "{method} {path} as {role}");
            assert!(theirs.0 >= 400 || theirs.1.contains("[]"), "{method} {path} as {role}: {theirs:?}");
        }
    }
    let day = &crate::clinic::now().to_string()[..10];
    for args in [
        vec!["intake", "show", "ID"],
        vec!["intake", "done", "ID", "--by", "M"],
        vec!["consent", "list", "--call", "ID"],
        vec!["consent", "revoke", "ID.payor.1", "--by", "M", "--how", "phone", "--received", day],
        vec![
            "consent",
            "attest",
            "ID.payor.1",
            "--by",
            "M",
            "--how",
            "phone",
            "--received",
            day,
            "--name",
            "Jane Doe",
        ],
        vec!["consent", "copy", "ID.payor.1", "--out", "/nonexistent/copy.txt"],
    ] {
        let ask = |id: &str| {
            let args: Vec<String> = args.iter().map(|arg| arg.replace("ID", id)).collect();
            let mut args: Vec<&str> = args.iter().map(String::as_str).collect();
            args.extend(["--program", "cove"]);
            let told = clinic.candor(&args);
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(id, "ID");
            (told.status.code(), text(&told.stdout), text(&told.stderr))
        };
        assert_eq!(ask("theirs"), ask("nobody"), "{args:?}");
    }
    assert_eq!(clinic.book().await, ["joined"], "nothing of it is in the book of harbor");
}

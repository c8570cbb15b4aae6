//! A consent from its call to its end: granted by voice, signed on the page, taken back by letter, granted anew.

use crate::{
    clinic::{Caller, Clinic, HOUR, JANE, now},
    house::{ALL, House},
};
use candor::time::Utc;
use serde_json::{Value, json};

async fn post(house: &House, path: &str, token: &str, body: &Value) -> (u16, Value) {
    let request = house.client.post(house.http(path)).bearer_auth(token).body(body.to_string());
    let response = request.send().await.unwrap();
    (response.status().as_u16(), serde_json::from_str(&response.text().await.unwrap()).unwrap())
}

/// The form of an opened page has a ticket.
pub fn ticket(page: &str) -> String {
    let (_, rest) =
        page.split_once("name=\"ticket\" value=\"").unwrap_or_else(|| panic!("no ticket: {page}"));
    rest.split('"').next().unwrap().to_owned()
}

/// How the first consent of the first call stands in its FHIR export.
fn exported_status(clinic: &Clinic) -> String {
    let programs = concat!(env!("CARGO_MANIFEST_DIR"), "/programs");
    let bundle = clinic.tells(&["record", "export", "call-1", "--format", "fhir", "--programs", programs]);
    let bundle: Value = serde_json::from_str(&bundle).unwrap();
    let resources = bundle["entry"].as_array().unwrap().iter().map(|entry| &entry["resource"]);
    let consent = resources.into_iter().find(|resource| resource["resourceType"] == "Consent").unwrap();
    consent["status"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn granted_by_voice_signed_on_the_page_revoked_by_letter_and_granted_anew() {
    let clinic = Clinic::new("whole").await;
    let house = clinic.house().await;
    clinic.call("call-1", 30, &JANE).await;
    let consent = "call-1.payor.1";

    // By voice alone nothing may leave.
    let listed = house.get("/api/v1/consents", Some(ALL)).await;
    let listed: Value = serde_json::from_str(&listed.1).unwrap();
    let payor = &listed["consents"][0];
    assert_eq!((&payor["consent_id"], &payor["releasable"]), (&json!(consent), &json!(false)), "{listed}");
    assert_eq!(payor["blocked_by"], json!(["written_signature"]));
    let patient = payor["patient"].as_str().expect("joined to a patient").to_owned();

    // The signing page turns it round.
    let (status, link) = post(&house, &format!("/api/v1/consents/{consent}/link"), ALL, &json!({})).await;
    assert_eq!(status, 201, "{link}");
    let path = link["url"].as_str().unwrap().split_once("/sign/").unwrap().1;
    let path = format!("/sign/{path}");
    let (status, opened) = house.post(&path, &[("born", "1985-03-03")]).await;
    assert_eq!(status, 200, "{opened}");
    assert!(opened.contains("(10)(ii)") && opened.contains("Harbor Recovery Center"), "{opened}");
    let ticket = ticket(&opened);
    let signed = [("ticket", ticket.as_str()), ("name", "Jane Doe"), ("do", "agree")];
    let (status, copy) = house.post(&path, &signed).await;
    assert_eq!(status, 200, "{copy}");
    assert!(copy.contains("Signed by Jane Doe"), "{copy}");
    let shown: Value = serde_json::from_str(&clinic.tells(&["record", "show", "call-1", "--json"])).unwrap();
    assert_eq!(shown["consents"][0]["releasable"], true, "{shown}");
    assert_eq!(shown["consents"][0]["since"]["signed"]["kind"], "click");
    assert_eq!(exported_status(&clinic), "active", "other systems are told the same");
    let programs = concat!(env!("CARGO_MANIFEST_DIR"), "/programs");
    let as_plan = |format: &str| {
        let plan = ["--as", "recipient", "--recipient", "payor", "--programs", programs];
        clinic.candor(&[&["record", "export", "call-1", "--format", format], &plan[..]].concat())
    };
    let given = String::from_utf8(as_plan("fhir").stdout).unwrap();
    let consents = given.matches(r#""resourceType": "Consent""#).count();
    assert_eq!(consents, 1, "a recipient is told of its own consent, and of no other's: {given}");

    // A letter takes it back.
    let received = Utc(now().0 - 10 * HOUR).to_string();
    let revoke =
        ["consent", "revoke", consent, "--by", "Mara Lin", "--how", "letter", "--received", &received];
    assert!(clinic.tells(&revoke).contains("revoked"));
    let shown: Value = serde_json::from_str(&clinic.tells(&["record", "show", "call-1", "--json"])).unwrap();
    let after = &shown["consents"][0];
    assert_eq!((&after["decision"], &after["releasable"]), (&json!("revoked"), &json!(false)), "{shown}");
    assert_eq!(after["since"]["revoked"]["how"], "letter");
    assert_eq!(exported_status(&clinic), "inactive");
    for format in ["fhir", "accounting"] {
        let refused = as_plan(format);
        assert_eq!(refused.status.code(), Some(1), "{format}");
        assert!(refused.stdout.is_empty() && !String::from_utf8_lossy(&refused.stderr).contains("Jane"));
    }

    // The next call's grant names the old one, and paper makes it live.
    clinic.call("call-2", 1, &JANE).await;
    let line = clinic.tells(&["consent", "list", "--json", "--call", "call-2"]);
    let new: Value = serde_json::from_str(line.lines().next().unwrap()).unwrap();
    assert_eq!((&new["supersedes"], &new["patient"]), (&json!(consent), &json!(patient)), "{new}");
    assert_eq!(new["releasable"], false);
    let received = now().to_string();
    let attested = json!({"by": "Mara Lin", "how": "in_person", "received": received, "name": "Jane Doe"});
    let (status, attested) = post(&house, "/api/v1/consents/call-2.payor.1/attest", ALL, &attested).await;
    assert_eq!((status, &attested["releasable"]), (200, &json!(true)), "{attested}");
    let (_, listed) = house.get(&format!("/api/v1/consents?patient={patient}"), Some(ALL)).await;
    let listed: Value = serde_json::from_str(&listed).unwrap();
    let live: Vec<&str> = listed["consents"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["releasable"] == true)
        .map(|one| one["consent_id"].as_str().unwrap())
        .collect();
    assert_eq!(live, ["call-2.payor.1"]);
    assert_eq!(listed["consents"][0]["superseded_by"], "call-2.payor.1");

    // Every step is in the journals or the book, and both verify; what was signed at the end of the calls stays.
    let book = [
        "joined",
        "link_made",
        "consent_signed",
        "consent_revoked",
        "refused",
        "refused",
        "joined",
        "consent_attested",
    ];
    assert_eq!(clinic.book().await, book);
    let verified = clinic.candor(&["record", "verify"]);
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
    for call in ["call-1", "call-2"] {
        let sealed = clinic.store.archive().record(call).await.unwrap().unwrap();
        assert!(!sealed.consents[0].releasable && sealed.consents[0].since.is_empty(), "{sealed:#?}");
    }
    house.leave().await;
}

#[tokio::test]
async fn a_later_call_takes_back_what_an_earlier_one_gave() {
    let clinic = Clinic::new("later").await;
    clinic.call("one", 40, &Caller { grants: &["payor", "crm"], ..JANE }).await;
    clinic.call("stranger", 39, &Caller { name: "Joan Roe", ..JANE }).await;
    clinic.call("unsure", 38, &Caller { confirms: false, ..JANE }).await;
    clinic.call("number", 37, &Caller { dob: "I would rather not", ..JANE }).await;
    // Take it all back, before anything was given in that call.
    clinic
        .call(
            "two",
            20,
            &Caller { grants: &[], name: "Jane Doe", last: Some("I take back everything I allowed"), ..JANE },
        )
        .await;
    let all = clinic.tells(&["consent", "list", "--json"]);
    let all: Vec<Value> = all.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |call: &str| all.iter().filter(|one| one["call_id"] == call).collect::<Vec<_>>();
    let patient = &of("one")[0]["patient"];
    assert!(patient.is_string() && *patient == of("two")[0]["patient"], "{all:#?}");
    assert_ne!(*patient, of("stranger")[0]["patient"]);
    for alone in ["unsure", "number"] {
        assert_eq!(of(alone)[0]["patient"], Value::Null, "{alone} stands alone");
    }
    let decisions: Vec<_> = of("one").iter().map(|one| one["decision"].as_str().unwrap()).collect();
    assert_eq!(decisions, ["revoked", "denied", "revoked"], "{all:#?}");
    assert_eq!(of("one")[0]["since"]["revoked"]["call_id"], "two");
    assert_eq!(of("stranger")[0]["decision"], "granted");
    assert_eq!(of("unsure").iter().filter(|one| one["decision"] == "revoked").count(), 0);

    // A number alone joins nobody, and a revocation stays with its program and its patient.
    let who = patient.as_str().unwrap();
    let day = &now().to_string()[..10];
    let revoke =
        ["consent", "revoke", "--patient", who, "--all", "--by", "M", "--how", "phone", "--received", day];
    clinic.tells(&revoke);
    let stranger = clinic.tells(&["consent", "list", "--json", "--call", "stranger"]);
    assert!(stranger.lines().next().unwrap().contains(r#""decision":"granted""#));
    let other = clinic.candor(&[
        "consent",
        "revoke",
        "--patient",
        who,
        "--program",
        "other",
        "--all",
        "--by",
        "M",
        "--how",
        "phone",
        "--received",
        day,
    ]);
    assert_eq!(other.status.code(), Some(1));
}

#[tokio::test]
async fn a_call_that_a_crash_left_open_is_joined_when_it_is_recovered() {
    let clinic = Clinic::new("crash").await;
    clinic.unfinished("cut", 5, &JANE).await;
    assert!(clinic.after.follow_up(now()).await.unwrap().is_empty(), "it has not ended");
    let recordings = clinic.store.recordings();
    struct Dice;
    impl candor::ports::Entropy for Dice {
        fn draw(&self) -> u128 {
            7
        }
    }
    candor::call::recover(&clinic.store, recordings.as_ref(), &Dice, "cut").await.unwrap().unwrap();
    assert_eq!(clinic.after.follow_up(now()).await.unwrap(), ["cut"]);
    assert!(clinic.after.patient("cut").await.unwrap().is_some());
    assert!(clinic.after.follow_up(now()).await.unwrap().is_empty(), "once is enough");
    assert_eq!(clinic.book().await, ["joined"]);
}

/// HC-13: where a parent must sign too, the minor's signature alone releases nothing (42 CFR 2.14(b)).
#[tokio::test]
async fn a_minors_grant_waits_for_the_second_signature_given_after_the_call() {
    let clinic = Clinic::new("minor").await;
    let house = clinic.house().await;
    let record = clinic.call("c", 3, &Caller { last: Some("I'm fifteen"), ..JANE }).await;
    let blocked: Vec<_> = record.consents[0].blocked_by.iter().map(|block| block.name()).collect();
    assert_eq!(blocked, ["written_signature", "cosigner"]);
    let consent = "/api/v1/consents/c.payor.1";
    let (_, link) = post(&house, &format!("{consent}/link"), ALL, &json!({})).await;
    let path = format!("/sign/{}", link["url"].as_str().unwrap().split_once("/sign/").unwrap().1);
    let (_, page) = house.post(&path, &[("born", "1985-03-03")]).await;
    let form = [("ticket", &*ticket(&page)), ("name", "Jane Doe"), ("do", "agree")];
    assert_eq!(house.post(&path, &form).await.0, 200);
    let stands = |listed: &Value| (listed["releasable"].clone(), listed["blocked_by"].clone());
    let list =
        |text: String| -> Value { serde_json::from_str::<Value>(&text).unwrap()["consents"][0].clone() };
    let listed = list(house.get("/api/v1/consents?call=c", Some(ALL)).await.1);
    assert_eq!(stands(&listed), (json!(false), json!(["cosigner"])));
    let mut body = json!({"by": "Mara", "how": "letter", "received": now().to_string(), "name": "Jane Doe"});
    let (status, told) = post(&house, &format!("{consent}/attest"), ALL, &body).await;
    assert_eq!(status, 409, "one signature is there already: {told}");
    body["cosigner"] = json!("John Doe");
    let (status, told) = post(&house, &format!("{consent}/attest"), ALL, &body).await;
    assert_eq!((status, stands(&told)), (200, (json!(true), json!([]))), "{told}");
}

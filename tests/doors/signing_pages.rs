//! The signing page: what it shows to whom, how often it may be tried, and how it looks.

use crate::{
    clinic::{Caller, Clinic, JANE, now},
    house::ALL,
    since_the_call::ticket,
};
use candor::{access::Role, book::Who, time::Utc};
use secrecy::ExposeSecret;
use serde_json::Value;
use std::{fs, path::Path, process::Command};

fn who() -> Who {
    Who { name: "mara".into(), role: Role::Compliance, purpose: None, reason: None }
}

async fn link(clinic: &Clinic, consent: &str, at: Utc) -> String {
    let (secret, _) = clinic.after.link(None, consent, None, who(), at).await.unwrap();
    format!("/sign/{}", secret.expose_secret())
}

async fn stands(clinic: &Clinic, consent: &str) -> (String, bool) {
    let (one, _) = clinic.after.find(None, consent, now()).await.unwrap();
    (serde_json::to_value(one.decision).unwrap().as_str().unwrap().to_owned(), one.releasable)
}

#[tokio::test]
async fn a_page_says_nothing_before_the_date_of_birth_and_nothing_to_guesses() {
    let clinic = Clinic::new("guesses").await;
    let house = clinic.house().await;
    clinic.call("c", 3, &JANE).await;
    let path = link(&clinic, "c.payor.1", now()).await;
    let before = house.client.get(house.http(&path)).send().await.unwrap();
    let headers = before.headers().clone();
    let policy = headers["content-security-policy"].to_str().unwrap();
    assert!(
        policy.starts_with("default-src 'none'; style-src 'sha256-") && policy.contains("form-action 'self'")
    );
    for (name, value) in
        [("referrer-policy", "no-referrer"), ("cache-control", "no-store"), ("x-frame-options", "DENY")]
    {
        assert_eq!(headers[name], value);
    }
    assert!(!headers.contains_key("set-cookie"));
    let first = before.text().await.unwrap();
    for word in ["Jane", "Harbor", "Recovery", "treatment", "consent", "<script"] {
        assert!(!first.contains(word), "{word}: {first}");
    }
    assert_eq!(house.get("/sign/none", None).await.1, first, "a link nobody made looks the same");

    // Four wrong dates, the right one, and then the counting begins anew: five wrong ones are the end.
    let wrong = house.post(&path, &[("born", "1985-03-04")]).await;
    assert_eq!(wrong.0, 403);
    assert_eq!(
        house.post("/sign/none", &[("born", "1985-03-03")]).await,
        wrong,
        "one page for all that fails"
    );
    for _ in 0..3 {
        assert_eq!(house.post(&path, &[("born", "1990-01-01")]).await, wrong);
    }
    assert_eq!(house.post(&path, &[("born", "no date at all")]).await, wrong);
    let (status, page) = house.post(&path, &[("born", "03/03/1985")]).await;
    assert_eq!(status, 200, "{page}");
    let used = ticket(&page);
    for _ in 0..5 {
        assert_eq!(house.post(&path, &[("born", "1990-01-01")]).await, wrong);
    }
    assert_eq!(house.post(&path, &[("born", "1985-03-03")]).await, wrong, "the link is dead");
    let sign = [("ticket", used.as_str()), ("name", "Jane Doe"), ("do", "agree")];
    assert_eq!(house.post(&path, &sign).await, wrong);
    assert_eq!(stands(&clinic, "c.payor.1").await, ("granted".into(), false));

    // One that has expired.
    let old = link(&clinic, "c.payor.1", Utc(now().0 - 15 * 86_400_000)).await;
    assert_eq!(house.post(&old, &[("born", "1985-03-03")]).await, wrong);
}

#[tokio::test]
async fn it_is_signed_once_under_the_name_that_was_given() {
    let clinic = Clinic::new("once").await;
    let house = clinic.house().await;
    clinic.call("c", 3, &Caller { grants: &["payor", "referral_source", "crm"], ..JANE }).await;
    let path = link(&clinic, "c.payor.1", now()).await;
    let (_, page) = house.post(&path, &[("born", "1985-03-03")]).await;
    let shown = ticket(&page);
    let send = |name: &'static str, action: &'static str| {
        let form = [
            ("ticket".to_owned(), shown.clone()),
            ("name".into(), name.into()),
            ("do".into(), action.into()),
        ];
        let request = house.client.post(house.http(&path)).form(&form);
        async move {
            let response = request.send().await.unwrap();
            (response.status().as_u16(), response.text().await.unwrap())
        }
    };
    for wrong in ["John Doe", "Jane", ""] {
        let (status, page) = send(wrong, "agree").await;
        assert!(status == 200 && page.contains("role=\"alert\""), "{wrong}: {page}");
    }
    assert_eq!(stands(&clinic, "c.payor.1").await, ("granted".into(), false));
    let (status, copy) = send("jane DOE", "agree").await;
    assert!(status == 200 && copy.contains("Signed by jane DOE"), "{copy}");
    assert_eq!(stands(&clinic, "c.payor.1").await, ("granted".into(), true));
    assert_eq!(send("Jane Doe", "take_back").await.0, 403, "a link is good once");
    assert_eq!(house.post(&path, &[("born", "1985-03-03")]).await.0, 403);
    let nothing = clinic.after.link(None, "c.payor.1", None, who(), now()).await.unwrap_err().to_string();
    assert!(nothing.contains("nothing to sign"), "{nothing}");

    // Not agreeing ends the grant; taking back reaches the earlier ones to the same recipient.
    for (consent, action) in [("c.referral_source.1", "refuse"), ("c.crm.1", "take_back")] {
        let path = link(&clinic, consent, now()).await;
        let (_, page) = house.post(&path, &[("born", "1985-03-03")]).await;
        let form = [("ticket", &*ticket(&page)), ("do", action)];
        let (status, copy) = house.post(&path, &form).await;
        assert!(status == 200 && copy.contains("You took this permission back"), "{copy}");
        assert_eq!(stands(&clinic, consent).await, ("revoked".into(), false));
    }
    assert_eq!(stands(&clinic, "c.payor.1").await, ("granted".into(), true), "others are not touched");
}

#[tokio::test]
async fn what_was_taken_back_meanwhile_cannot_be_signed() {
    let clinic = Clinic::new("meanwhile").await;
    let house = clinic.house().await;
    clinic.call("c", 3, &JANE).await;
    let path = link(&clinic, "c.payor.1", now()).await;
    let (_, page) = house.post(&path, &[("born", "1985-03-03")]).await;
    let day = &now().to_string()[..10];
    clinic.tells(&["consent", "revoke", "c.payor.1", "--by", "M", "--how", "phone", "--received", day]);
    let form = [("ticket", &*ticket(&page)), ("name", "Jane Doe"), ("do", "agree")];
    assert_eq!(house.post(&path, &form).await.0, 403);
    assert_eq!(stands(&clinic, "c.payor.1").await, ("revoked".into(), false));
}

#[tokio::test]
async fn a_caller_who_spoke_spanish_signs_in_spanish() {
    let clinic = Clinic::new("spanish").await;
    let house = clinic.house().await;
    let record = clinic.call("c", 3, &Caller { locale: "es-US", ..JANE }).await;
    let consent = record.consents.iter().find(|c| c.decision == candor::dialogue::Decision::Granted);
    let Some(consent) = consent else { panic!("nothing was granted: {record:#?}") };
    let path = link(&clinic, &consent.consent_id, now()).await;
    let (_, page) = house.post(&path, &[("born", "1985-03-03")]).await;
    assert!(page.contains("<html lang=\"es\">") && page.contains("Estoy de acuerdo y firmo"), "{page}");
    let form = [("ticket", &*ticket(&page)), ("name", "Jane Doe"), ("do", "agree")];
    let (_, copy) = house.post(&path, &form).await;
    assert!(copy.contains("Firmado por Jane Doe") && copy.contains("Versión"), "{copy}");
    assert_eq!(stands(&clinic, &consent.consent_id).await, ("granted".into(), true));
}

#[tokio::test]
async fn a_flood_of_forms_is_turned_away_and_passes() {
    let clinic = Clinic::new("flood").await;
    let house = clinic.house().await;
    let mut seen = Vec::new();
    for _ in 0..70 {
        seen.push(house.post("/sign/none", &[("born", "1985-03-03")]).await.0);
    }
    assert!(seen.contains(&403) && seen.contains(&429), "{seen:?}");
    let big = house.client.post(house.http("/sign/x")).body("a".repeat(70_000)).send().await.unwrap();
    assert_eq!(big.status(), 413);
}

#[tokio::test]
async fn a_copy_is_a_file_that_needs_nothing_else() {
    let clinic = Clinic::new("copies").await;
    clinic.call("c", 3, &JANE).await;
    let out = clinic.folder.join("copy.html");
    let path = out.display().to_string();
    let public = "https://voice.example.org";
    clinic.tells(&["consent", "copy", "c.payor.1", "--out", &path, "--link", "--public-url", public]);
    let html = fs::read_to_string(&out).unwrap();
    for words in
        ["Jane Doe", "(10)(ii)", "waits for your signature in writing", "https://voice.example.org/sign/"]
    {
        assert!(html.contains(words), "{words}: {html}");
    }
    assert!(!html.contains("<script") && !html.contains("src=") && html.matches("href=").count() == 1);
    let again = clinic.candor(&["consent", "copy", "c.payor.1", "--out", &path]);
    assert_eq!(again.status.code(), Some(2), "nothing is written over");
    let text = clinic.folder.join("copy.txt");
    clinic.tells(&["consent", "copy", "c.payor.1", "--out", &text.display().to_string()]);
    assert!(fs::read_to_string(&text).unwrap().contains("take it back"));
    assert_eq!(clinic.candor(&["consent", "copy", "c.none.1", "--out", "x.txt"]).status.code(), Some(1));
    assert_eq!(clinic.book().await, ["joined", "link_made", "copy_made", "copy_made"]);
}

/// Chromium, where this machine has it.
fn chromium(args: &[&str]) -> Option<std::process::Output> {
    let program = Path::new("/usr/bin/chromium");
    if !program.exists() {
        eprintln!(
            "SKIPPED: there is no /usr/bin/chromium: install chromium to see the signing page as people do"
        );
        return None;
    }
    let common = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run"];
    let run = || Command::new(program).args(common).args(args).output().expect("chromium runs");
    // A browser killed by a signal says nothing about our page, so it is started again.
    let ended = (0..2).map(|_| run()).find(|out| out.status.code().is_some());
    Some(ended.unwrap_or_else(run))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_shows_it_on_a_small_screen_without_a_complaint() {
    let clinic = Clinic::new("browser").await;
    let house = clinic.house().await;
    clinic.call("c", 3, &JANE).await;
    let path = link(&clinic, "c.payor.1", now()).await;
    let profile = format!("--user-data-dir={}", clinic.folder.join("profile").display());
    let url = house.http(&path);
    let Some(dom) = chromium(&[&profile, "--dump-dom", &url]) else { return };
    let dom = String::from_utf8_lossy(&dom.stdout).into_owned();
    assert!(dom.contains("id=\"born\"") && dom.contains("type=\"date\""), "{dom}");

    // What the form leads to, as a page of its own, under the same policy.
    let (_, page) = house.post(&path, &[("born", "1985-03-03")]).await;
    let opened = clinic.folder.join("opened.html");
    let policy = format!(
        "<meta http-equiv=\"content-security-policy\" content=\"{}\">",
        house.client.get(&url).send().await.unwrap().headers()["content-security-policy"]
            .to_str()
            .unwrap()
            .replace("; frame-ancestors 'none'", "")
    );
    fs::write(&opened, page.replace("<head>", &format!("<head>{policy}"))).unwrap();
    let keep = std::env::var_os("CANDOR_TEST_SCREENSHOTS").map(std::path::PathBuf::from);
    let folder = keep.unwrap_or_else(|| clinic.folder.clone());
    for (name, url, size) in [
        ("door", url.clone(), "--window-size=500,800"),
        ("leaf", format!("file://{}", opened.display()), "--window-size=500,2200"),
    ] {
        for dark in [false, true] {
            let shot = folder.join(format!("{name}{}.png", if dark { "-dark" } else { "" }));
            let shot = format!("--screenshot={}", shot.display());
            let scheme = if dark { "--force-dark-mode" } else { "--disable-features=WebContentsForceDark" };
            let seen = chromium(&[&profile, "--enable-logging=stderr", scheme, size, &shot, &url]).unwrap();
            let log = String::from_utf8_lossy(&seen.stderr);
            assert!(seen.status.success() && !log.contains("Content Security Policy"), "{log}");
        }
    }
    // Nothing is wider than the smallest screen.
    let narrow = format!(
        "<!DOCTYPE html><body><iframe id=f width=320 height=600 srcdoc='{}'></iframe><script>\
         onload=()=>{{const d=f.contentDocument.documentElement;document.title=d.scrollWidth}}</script></body>",
        page.replace('\'', "&#39;")
    );
    let frame = clinic.folder.join("narrow.html");
    fs::write(&frame, narrow).unwrap();
    let url = format!("file://{}", frame.display());
    let dom = chromium(&[&profile, "--virtual-time-budget=2000", "--dump-dom", &url]).unwrap();
    let dom = String::from_utf8_lossy(&dom.stdout).into_owned();
    let width: u32 =
        dom.split("<title>").nth(1).and_then(|t| t.split('<').next()?.parse().ok()).unwrap_or(9_999);
    assert!(width <= 320, "{width} pixels wide: {dom}");
}

#[tokio::test]
async fn a_link_is_made_only_by_who_may_and_for_what_waits() {
    let clinic = Clinic::new("links").await;
    let house = clinic.house().await;
    clinic.call("c", 3, &JANE).await;
    clinic.call("d", 3, &Caller { dob: "I would rather not", ..JANE }).await;
    let post = |consent: &str, token: &'static str, body: &'static str| {
        let path = house.http(&format!("/api/v1/consents/{consent}/link"));
        let request = house.client.post(path).bearer_auth(token).body(body);
        async move {
            let response = request.send().await.unwrap();
            (response.status().as_u16(), response.json::<Value>().await.unwrap())
        }
    };
    assert_eq!(post("c.payor.1", "unknown", "").await.0, 403);
    assert_eq!(post("c.none.1", ALL, "").await.0, 404);
    assert_eq!(post("c.crm.1", ALL, "").await.0, 409, "it was denied");
    assert_eq!(post("d.payor.1", ALL, "").await.0, 409, "there is no date of birth to ask for");
    assert_eq!(post("c.payor.1", ALL, r#"{"days":0}"#).await.0, 409);
    assert_eq!(post("c.payor.1", ALL, r#"{"day":3}"#).await.0, 400);
    let (status, made) = post("c.payor.1", ALL, r#"{"days":3}"#).await;
    assert_eq!(status, 201);
    let until: Utc = made["expires"].as_str().unwrap().parse().unwrap();
    assert_eq!((until.0 - now().0 + 60_000) / 86_400_000, 3);
    // Nothing of the link itself is kept.
    let secret = made["url"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    for file in ["candor.db", "candor.db-wal"] {
        let bytes = fs::read(clinic.folder.join("data").join(file)).unwrap_or_default();
        assert!(!bytes.windows(secret.len()).any(|w| w == secret.as_bytes()), "{file} holds the link");
    }
}

//! That something waits is told, by a signed webhook and by mail, at least once, and never what.

use crate::clinic::{Clinic, JANE, now};
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use candor::{
    notify::{Mail, Webhook, signature},
    ports::Notifier,
    server::tell,
    time::Utc,
};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
};
use tokio::net::TcpListener;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

#[derive(Clone, Default)]
struct Receiver {
    got: Arc<Mutex<Vec<(HeaderMap, String)>>>,
    /// Answers 500 to so many first.
    fails: Arc<Mutex<u32>>,
}

impl Receiver {
    async fn open(self) -> String {
        async fn take(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> StatusCode {
            let mut fails = receiver.fails.lock().unwrap();
            if *fails > 0 {
                *fails -= 1;
                return StatusCode::INTERNAL_SERVER_ERROR;
            }
            let body = String::from_utf8(body.to_vec()).unwrap();
            receiver.got.lock().unwrap().push((headers, body));
            StatusCode::NO_CONTENT
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/in", listener.local_addr().unwrap());
        let router = Router::new().route("/in", post(take)).with_state(self);
        tokio::spawn(async move { axum::serve(listener, router).await });
        url
    }
}

fn webhook(url: &str) -> Vec<Arc<dyn Notifier>> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    vec![Arc::new(Webhook::new(url, &SECRET.into()).unwrap())]
}

#[tokio::test]
async fn a_signed_webhook_says_that_something_waits_and_not_what() {
    let clinic = Clinic::new("webhook").await;
    let receiver = Receiver::default();
    let ways = webhook(&receiver.clone().open().await);
    clinic.call("before", 9, &JANE).await;
    clinic.after.follow_up(Utc(now().0 - 60_000)).await.unwrap();
    tell(&clinic.after, &ways, now()).await.unwrap();
    assert!(receiver.got.lock().unwrap().is_empty(), "what waited before anybody was to be told is no news");
    clinic.call("c", 3, &JANE).await;
    clinic.after.follow_up(now()).await.unwrap();
    for _ in 0..3 {
        tell(&clinic.after, &ways, now()).await.unwrap();
    }
    let got = receiver.got.lock().unwrap();
    assert_eq!(got.len(), 1, "told once where all goes well");
    let (headers, body) = &got[0];
    let told: Value = serde_json::from_str(body).unwrap();
    assert_eq!(
        told,
        json!({"type": "intake.waiting", "program": "harbor", "call_id": "c", "at": told["at"]})
    );
    let header = |name: &str| headers[name].to_str().unwrap();
    let secret = STANDARD.decode(SECRET.trim_start_matches("whsec_")).unwrap();
    let signed = signature(&secret, header("webhook-id"), header("webhook-timestamp"), body);
    assert_eq!((header("webhook-id"), header("webhook-signature")), ("intake-c", signed.as_str()));
}

#[tokio::test]
async fn what_fails_is_told_later_and_given_up_only_after_days_and_out_loud() {
    let clinic = Clinic::new("retries").await;
    let receiver = Receiver { fails: Arc::new(Mutex::new(2)), ..Receiver::default() };
    let ways = webhook(&receiver.clone().open().await);
    tell(&clinic.after, &ways, Utc(now().0 - 1)).await.unwrap();
    clinic.call("c", 3, &JANE).await;
    clinic.after.follow_up(now()).await.unwrap();
    let mut at = now();
    tell(&clinic.after, &ways, at).await.unwrap();
    // Not before its time, and then again; another process goes on where this one died.
    tell(&clinic.after, &ways, at).await.unwrap();
    assert_eq!(*receiver.fails.lock().unwrap(), 1);
    let reopened = clinic.store.after([Arc::clone(&clinic.program)]).await.unwrap();
    for _ in 0..2 {
        at = Utc(at.0 + 3_600_000);
        tell(&reopened, &ways, at).await.unwrap();
    }
    assert_eq!(receiver.got.lock().unwrap().len(), 1, "told in the end");

    // Nobody ever answers: twenty times, over more than two days, then it is in the book.
    *receiver.fails.lock().unwrap() = 1_000;
    clinic.call("d", 2, &JANE).await;
    clinic.after.follow_up(now()).await.unwrap();
    let began = at;
    let mut tries = 0;
    while clinic.book().await.iter().all(|kind| kind != "notice_given_up") {
        let left = *receiver.fails.lock().unwrap();
        tell(&clinic.after, &ways, at).await.unwrap();
        tries += left - *receiver.fails.lock().unwrap();
        at = Utc(at.0 + 900_000);
        assert!(at.0 - began.0 < 30 * 86_400_000, "it ends");
    }
    assert_eq!(tries, 20);
    assert!(at.0 - began.0 > 2 * 86_400_000, "{} hours", (at.0 - began.0) / 3_600_000);
    at = Utc(at.0 + 86_400_000);
    tell(&clinic.after, &ways, at).await.unwrap();
    assert_eq!(*receiver.fails.lock().unwrap(), 1_000 - 20, "not tried again");
}

#[tokio::test]
async fn what_was_dealt_with_meanwhile_is_no_news() {
    let clinic = Clinic::new("dealt").await;
    let receiver = Receiver::default();
    let ways = webhook(&receiver.clone().open().await);
    tell(&clinic.after, &ways, Utc(now().0 - 1)).await.unwrap();
    clinic.call("c", 3, &JANE).await;
    clinic.tells(&["intake", "done", "c", "--by", "Mara"]);
    tell(&clinic.after, &ways, now()).await.unwrap();
    assert!(receiver.got.lock().unwrap().is_empty());
}

/// A mail server that nobody here wrote: prints the port, then each mail as a line of JSON.
const SERVER: &str = r#"
import json, socket, sys
from aiosmtpd.controller import Controller
class Keep:
    async def handle_DATA(self, server, session, envelope):
        print(json.dumps({"from": envelope.mail_from, "to": envelope.rcpt_tos,
                          "data": envelope.content.decode()}), flush=True)
        return "250 kept"
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
controller = Controller(Keep(), hostname="127.0.0.1", port=port)
controller.start()
print(port, flush=True)
sys.stdin.read()
controller.stop()
"#;

struct MailServer {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
    port: u16,
}

impl MailServer {
    /// None where this machine has no aiosmtpd; scripts/test installs it.
    fn start() -> Option<MailServer> {
        let venv = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/venv/bin/python");
        let has = |python: &Path| {
            let quiet = Command::new(python).args(["-c", "import aiosmtpd"]).stderr(Stdio::null()).status();
            quiet.is_ok_and(|status| status.success())
        };
        let python = [venv, "python3".into()].into_iter().find(|python| has(python));
        let Some(python) = python else {
            eprintln!("SKIPPED: no Python with aiosmtpd: run scripts/test, which installs it");
            return None;
        };
        let mut child = Command::new(python)
            .args(["-u", "-c", SERVER])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python starts");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = lines.next().expect("it says its port").unwrap().parse().unwrap();
        Some(MailServer { child, lines, port })
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_says_that_something_waits_and_not_what() {
    let Some(mut server) = MailServer::start() else { return };
    let clinic = Clinic::new("mail").await;
    let url = format!("smtp://127.0.0.1:{}", server.port);
    let mail = Mail::new(&url.into(), "Candor <candor@example.org>", "a@example.org, b@example.org").unwrap();
    let ways: Vec<Arc<dyn Notifier>> = vec![Arc::new(mail)];
    tell(&clinic.after, &ways, Utc(now().0 - 1)).await.unwrap();
    clinic.call("c", 3, &JANE).await;
    clinic.after.follow_up(now()).await.unwrap();
    tell(&clinic.after, &ways, now()).await.unwrap();
    let kept: Value = serde_json::from_str(&server.lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(
        (&kept["from"], &kept["to"]),
        (&json!("candor@example.org"), &json!(["a@example.org", "b@example.org"]))
    );
    let data = kept["data"].as_str().unwrap();
    assert!(
        data.contains("Subject: Something waits for you in Candor") && data.contains("<intake-c@candor>"),
        "{data}"
    );
    for word in ["Harbor", "harbor", "Jane", "consent", "recovery", "treatment"] {
        assert!(!data.contains(word), "{word}: {data}");
    }
}

//! The server's own API, for whoever has a token: the live feed of a call, and its record afterwards.

use super::provider::unanswered;
use crate::cli::Fault;
use reqwest::{StatusCode, Url};
use serde_json::Value;
use std::{env, fs, path::Path, time::Duration};
use tokio::{sync::mpsc, time};

/// A call's record may take so long after its end: somebody may still be transferred.
const RECORD_MAX: Duration = Duration::from_secs(20);
const AGAIN: Duration = Duration::from_millis(200);
/// The feed is looked for so long: the call may not have begun where its socket is not yet open.
const FEED_MAX: Duration = Duration::from_secs(10);
const EVENT_BYTES_MAX: usize = 1 << 20;

/// The API of the server at `base`.
#[derive(Clone)]
pub struct Api {
    http: reqwest::Client,
    base: Url,
    token: String,
}

/// The token given, or in the environment, or left by the server in its folder of keys.
pub fn token(given: Option<&str>, keys: &Path) -> Result<String, String> {
    if let Some(token) = given {
        return Ok(token.to_string());
    }
    if let Ok(token) = env::var("CANDOR_TOKEN") {
        return Ok(token);
    }
    let file = keys.join("local.token");
    let read = fs::read_to_string(&file).map_err(|e| format!("{}: {e}", file.display()))?;
    Ok(read.trim().to_string())
}

impl Api {
    /// The API beside `webhook`.
    pub fn new(webhook: &Url, token: String) -> Result<Api, Fault> {
        let http = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(10))
            .build()
            .map_err(|e| Fault::finding(format!("no HTTP client: {e}")))?;
        let base = webhook.join("/api/v1/").map_err(|e| Fault::misuse(format!("--to: {e}")))?;
        Ok(Api { http, base, token })
    }

    fn call(&self, call_id: &str, more: &str) -> Result<Url, Fault> {
        let plain = call_id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
        if !plain || call_id.is_empty() {
            return Err(Fault::finding("the document's call_id is no id: letters, digits, - and _ are"));
        }
        self.base
            .join(&format!("calls/{call_id}{more}"))
            .map_err(|e| Fault::finding(format!("the document's call_id: {e}")))
    }

    /// Follows the live feed of a call until it ends or nobody listens any more. An error says why there is none.
    pub async fn watch(&self, call_id: &str, events: mpsc::Sender<Value>) -> Result<(), Fault> {
        let url = self.call(call_id, "/watch")?;
        let deadline = time::Instant::now() + FEED_MAX;
        let mut response = loop {
            let request = self.http.get(url.clone()).bearer_auth(&self.token);
            let response = request
                .header("Accept", "text/event-stream")
                .send()
                .await
                .map_err(|e| unanswered(&url, &e))?;
            match response.status() {
                StatusCode::OK => break response,
                StatusCode::NOT_FOUND if time::Instant::now() < deadline => time::sleep(AGAIN).await,
                status => return Err(refused("the live feed", status)),
            }
        };
        let mut text = EventStream::default();
        while let Ok(Some(piece)) = response.chunk().await {
            for data in text.push(&piece) {
                let Ok(event) = serde_json::from_str(&data) else { continue };
                if events.send(event).await.is_err() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// The record of a call that has ended.
    pub async fn record(&self, call_id: &str) -> Result<Value, Fault> {
        let url = self.call(call_id, "")?;
        let deadline = time::Instant::now() + RECORD_MAX;
        loop {
            let request =
                self.http.get(url.clone()).bearer_auth(&self.token).timeout(Duration::from_secs(10));
            let response = request.send().await.map_err(|e| unanswered(&url, &e))?;
            let status = response.status();
            let late = time::Instant::now() >= deadline;
            match status {
                StatusCode::OK => {
                    let record: Value = response.json().await.map_err(|e| unanswered(&url, &e))?;
                    if !record["outcome"].is_null() && !record["ended_at"].is_null() {
                        return Ok(record);
                    }
                    if late {
                        return Err(Fault::finding(format!("the record of {call_id} is still unfinished")));
                    }
                }
                StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                    return Err(refused("the record", status));
                }
                // Not there yet, or not finished.
                _ if !late => {}
                _ => return Err(Fault::finding(format!("the record of {call_id}: {url} answered {status}"))),
            }
            time::sleep(AGAIN).await;
        }
    }
}

fn refused(what: &str, status: StatusCode) -> Fault {
    Fault::finding(format!(
        "{what} was refused ({status}): give a token with --token, in CANDOR_TOKEN, or the server's folder with --keys"
    ))
}

/// Server-Sent Events (HTML standard, 9.2.6): the data of each event, from bytes cut anywhere.
#[derive(Default)]
struct EventStream {
    pending: Vec<u8>,
    data: String,
}

impl EventStream {
    fn push(&mut self, bytes: &[u8]) -> Vec<String> {
        self.pending.extend_from_slice(bytes);
        if self.pending.len() > EVENT_BYTES_MAX {
            self.pending.clear();
        }
        let mut events = Vec::new();
        while let Some(end) = self.pending.iter().position(|b| *b == b'\n') {
            let line: Vec<u8> = self.pending.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line);
            let line = line.trim_end_matches(['\r', '\n']);
            if line.is_empty() {
                if !self.data.is_empty() {
                    events.push(std::mem::take(&mut self.data));
                }
            } else if let Some(data) = line.strip_prefix("data:") {
                if !self.data.is_empty() {
                    self.data.push('\n');
                }
                self.data.push_str(data.strip_prefix(' ').unwrap_or(data));
            }
        }
        events
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_whole_however_they_are_cut() {
        let sent = b": hello\n\nevent: line\ndata: {\"a\":1}\n\ndata:{\"b\":\r\ndata: 2}\r\n\r\nid: 4\ndata: \xc3\xa9\n\n";
        let whole = EventStream::default().push(sent);
        assert_eq!(whole, ["{\"a\":1}", "{\"b\":\n2}", "\u{e9}"]);
        for cut in 1..sent.len() {
            let mut stream = EventStream::default();
            let mut events = stream.push(&sent[..cut]);
            events.extend(stream.push(&sent[cut..]));
            assert_eq!(events, whole, "cut at {cut}");
        }
    }

    #[test]
    fn an_id_that_is_no_id_reaches_no_address() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let webhook = Url::parse("http://127.0.0.1:1/twilio/voice").unwrap();
        let api = Api::new(&webhook, "t".into()).unwrap();
        assert_eq!(api.call("c-1", "/watch").unwrap().as_str(), "http://127.0.0.1:1/api/v1/calls/c-1/watch");
        for id in ["", "../tokens", "a/b", "a?b"] {
            assert!(api.call(id, "").is_err(), "{id}");
        }
    }
}

//! A signed webhook, in the convention of Standard Webhooks: an id that stays the same when it is sent again, the time,
//! and an HMAC-SHA-256 over both and the body.

use super::{NotSet, TELL_MS_MAX};
use crate::ports::{NotTold, Notifier, Waiting};
use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use reqwest::{Client, Url, redirect::Policy};
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use serde_json::json;
use sha2::Sha256;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A shorter secret could be guessed.
const SECRET_BYTES_MIN: usize = 24;
const PREFIX: &str = "whsec_";

/// Posts to one address.
pub struct Webhook {
    http: Client,
    url: Url,
    secret: SecretSlice<u8>,
}

impl Webhook {
    /// `secret` is `whsec_` and base64, or any text of at least 24 bytes.
    pub fn new(url: &str, secret: &SecretString) -> Result<Webhook, NotSet> {
        let url: Url = url.parse().map_err(|_| NotSet("notify.webhook_url is no address".into()))?;
        let here = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        if url.scheme() != "https" && !(url.scheme() == "http" && here) {
            return Err(NotSet(
                "notify.webhook_url must begin with https://, unless it is of this machine".into(),
            ));
        }
        let text = secret.expose_secret();
        let bytes = match text.strip_prefix(PREFIX) {
            Some(coded) => STANDARD
                .decode(coded)
                .map_err(|_| NotSet("notify.webhook_secret is not base64 after whsec_".into()))?,
            None => text.as_bytes().to_vec(),
        };
        if bytes.len() < SECRET_BYTES_MIN {
            let why =
                format!("notify.webhook_secret has fewer than {SECRET_BYTES_MIN} bytes; make a longer one");
            return Err(NotSet(why));
        }
        let http = Client::builder()
            .redirect(Policy::none())
            .timeout(Duration::from_millis(TELL_MS_MAX))
            .build()
            .map_err(|e| NotSet(format!("no HTTP client: {e}")))?;
        Ok(Webhook { http, url, secret: bytes.into() })
    }
}

#[async_trait]
impl Notifier for Webhook {
    fn way(&self) -> &'static str {
        "webhook"
    }

    async fn tell(&self, waiting: &Waiting) -> Result<(), NotTold> {
        let Waiting { program, call_id, at } = waiting;
        let body =
            json!({ "type": "intake.waiting", "program": program, "call_id": call_id, "at": at }).to_string();
        let id = format!("intake-{call_id}");
        // The time of sending, which the receiver holds against its own clock.
        let sent = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs().to_string();
        let signed = signature(self.secret.expose_secret(), &id, &sent, &body);
        let request = self
            .http
            .post(self.url.clone())
            .header("content-type", "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", sent)
            .header("webhook-signature", signed)
            .body(body);
        // Without the address: it may hold a secret of its own.
        let answer = request.send().await.map_err(|e| NotTold(e.without_url().to_string()))?;
        match answer.status().is_success() {
            true => Ok(()),
            false => Err(NotTold(format!("the webhook answered {}", answer.status()))),
        }
    }
}

/// `v1,` and the base64 of the HMAC-SHA-256 over `id.timestamp.body`.
pub fn signature(secret: &[u8], id: &str, timestamp: &str, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes a key of any length");
    mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_signs_as_the_convention_has_it() {
        // The example of the specification.
        let secret = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signed =
            signature(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", r#"{"test": 2432232314}"#);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn what_would_be_sent_in_the_clear_or_signed_with_a_guess_is_refused() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let good = SecretString::from("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        assert!(Webhook::new("https://example.org/in", &good).is_ok());
        assert!(Webhook::new("http://127.0.0.1:9/in", &good).is_ok());
        for (url, secret) in [
            ("http://example.org/in", &good),
            ("nowhere", &good),
            ("https://example.org/in", &SecretString::from("short")),
            ("https://example.org/in", &SecretString::from("whsec_***")),
        ] {
            assert!(Webhook::new(url, secret).is_err(), "{url}");
        }
    }
}

//! The simulated provider: asks the voice webhook what to do with a call, signs like Twilio, follows the document.
//! Twilio's pages: "TwiML for Programmable Voice", "Webhooks security".

use super::twiml::{self, Verb};
use crate::{
    cli::Fault,
    wire::signature::{self, Algorithm, Body, SIGNATURE_HEADER},
};
use reqwest::{StatusCode, Url};
use std::{collections::BTreeMap, time::Duration};

const ANSWER_MAX: Duration = Duration::from_secs(15);
const DOCUMENT_BYTES_MAX: u64 = 64 << 10;

/// The form parameters of a webhook, by name.
pub type Form = BTreeMap<String, String>;

/// Who calls whom, through whose account.
pub struct Provider {
    http: reqwest::Client,
    webhook: Url,
    secret: Option<String>,
    usual: Form,
}

/// Where the voice webhook is: `to` itself, or its usual path where `to` is only a server.
pub fn webhook_url(to: &str) -> Result<Url, Fault> {
    let full = if to.contains("://") { to.to_string() } else { format!("http://{to}") };
    let wrong =
        |why: &str| Fault::misuse(format!("--to {to}: {why}; give the server, as in http://127.0.0.1:8080"));
    let mut url = Url::parse(&full).map_err(|e| wrong(&e.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(wrong("a webhook has an http or https address"));
    }
    if matches!(url.path(), "" | "/") {
        url.set_path("/twilio/voice");
    }
    Ok(url)
}

/// The signature of a request to `url` with `form`.
fn sign(secret: &str, url: &str, form: &Form) -> String {
    let form: Vec<(String, String)> = form.clone().into_iter().collect();
    signature::sign(secret, Algorithm::HmacSha1, url, Body::Form(&form))
}

impl Provider {
    /// A provider that passes the call `call` to `webhook`.
    pub fn new(
        webhook: Url,
        secret: Option<String>,
        account: &str,
        call: &str,
        from: &str,
        to: &str,
    ) -> Result<Provider, Fault> {
        let http = reqwest::Client::builder()
            .timeout(ANSWER_MAX)
            .redirect(reqwest::redirect::Policy::limited(3))
            .build()
            .map_err(|e| Fault::finding(format!("no HTTP client: {e}")))?;
        let usual = [
            ("AccountSid", account),
            ("ApiVersion", "2010-04-01"),
            ("CallSid", call),
            ("CallStatus", "ringing"),
            ("Called", to),
            ("Caller", from),
            ("Direction", "inbound"),
            ("From", from),
            ("FromCountry", "US"),
            ("To", to),
            ("ToCountry", "US"),
        ];
        let usual = usual.into_iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        Ok(Provider { http, webhook, secret, usual })
    }

    /// The webhook's address.
    pub fn webhook(&self) -> &Url {
        &self.webhook
    }

    /// Asks `url` (relative to the webhook) what to do, with the usual parameters and `more`.
    pub async fn document(&self, url: &str, more: &[(&str, String)]) -> Result<Vec<Verb>, Fault> {
        let url = self.resolve(url)?;
        let (status, body) = self.post(&url, more).await?;
        match status {
            _ if status.is_success() => twiml::parse(&body).map_err(|why| {
                Fault::finding(format!("{url} answered with something else than TwiML: {why}"))
            }),
            StatusCode::FORBIDDEN => Err(Fault::finding(format!(
                "{url} refused the call (403): it wants the provider's signature; give its auth token with \
                 --auth-token, and as --to the public URL it is configured with"
            ))),
            _ => {
                Err(Fault::finding(format!("{url} answered {status} where a provider expects 200 and TwiML")))
            }
        }
    }

    /// Tells a status callback; what it answers does not matter.
    pub async fn notify(&self, url: &str, more: &[(&str, String)]) -> Result<(), Fault> {
        let url = self.resolve(url)?;
        let (status, _) = self.post(&url, more).await?;
        match status.is_success() {
            true => Ok(()),
            false => Err(Fault::finding(format!("the status callback {url} answered {status}"))),
        }
    }

    /// The WebSocket at `url` (relative to the webhook), and the signature of its handshake.
    pub fn socket(&self, url: &str) -> Result<(Url, Option<String>), Fault> {
        let mut url = self.resolve(url)?;
        let scheme = match url.scheme() {
            "https" | "wss" => "wss",
            "http" | "ws" => "ws",
            other => return Err(Fault::finding(format!("<Stream url>: a {other} address is no WebSocket"))),
        };
        if url.set_scheme(scheme).is_err() {
            return Err(Fault::finding(format!("<Stream url>: {url} is no WebSocket")));
        }
        let signature = self.secret.as_ref().map(|secret| sign(secret, url.as_str(), &Form::new()));
        Ok((url, signature))
    }

    async fn post(&self, url: &Url, more: &[(&str, String)]) -> Result<(StatusCode, String), Fault> {
        let mut form = self.usual.clone();
        form.extend(more.iter().map(|(name, value)| (name.to_string(), value.clone())));
        let mut request = self.http.post(url.clone()).form(&form);
        if let Some(secret) = &self.secret {
            request = request.header(SIGNATURE_HEADER, sign(secret, url.as_str(), &form));
        }
        let mut response = request.send().await.map_err(|e| unanswered(url, &e))?;
        let status = response.status();
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(|e| unanswered(url, &e))? {
            body.extend_from_slice(&piece);
            if body.len() as u64 > DOCUMENT_BYTES_MAX {
                return Err(Fault::finding(format!(
                    "{url} answered with more than {} KB",
                    DOCUMENT_BYTES_MAX >> 10
                )));
            }
        }
        Ok((status, String::from_utf8_lossy(&body).into_owned()))
    }

    fn resolve(&self, url: &str) -> Result<Url, Fault> {
        self.webhook
            .join(url)
            .map_err(|e| Fault::finding(format!("the document names the address `{url}`: {e}")))
    }
}

/// Why nothing came back, for a person.
pub fn unanswered(url: &Url, error: &reqwest::Error) -> Fault {
    let place = url.origin().ascii_serialization();
    if error.is_connect() {
        return Fault::finding(format!("nothing answers at {place}: start it with scripts/run"));
    }
    if error.is_timeout() {
        return Fault::finding(format!("{place} did not answer within {} s", ANSWER_MAX.as_secs()));
    }
    Fault::finding(format!("{place} answered in a way that cannot be read: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_alone_means_its_voice_webhook() {
        for (to, url) in [
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080/twilio/voice"),
            ("http://127.0.0.1:8080/", "http://127.0.0.1:8080/twilio/voice"),
            ("127.0.0.1:8080", "http://127.0.0.1:8080/twilio/voice"),
            ("https://v.example.com/hook?a=1", "https://v.example.com/hook?a=1"),
        ] {
            assert_eq!(webhook_url(to).unwrap().as_str(), url);
        }
        for to in ["ftp://a", "", "http://", "a b"] {
            assert!(webhook_url(to).is_err(), "{to}");
        }
    }

    #[test]
    fn the_socket_is_beside_the_webhook_unless_it_is_named_whole() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let webhook = webhook_url("https://v.example.com").unwrap();
        let provider = Provider::new(webhook, Some("12345".into()), "AC", "CA", "+1", "+2").unwrap();
        let (url, signature) = provider.socket("/media").unwrap();
        assert_eq!(url.as_str(), "wss://v.example.com/media");
        let without =
            Provider::new(webhook_url("https://v.example.com").unwrap(), None, "AC", "CA", "+1", "+2");
        assert!(signature.is_some() && without.unwrap().socket("/media").unwrap().1.is_none());
        assert_eq!(provider.socket("ws://other:1/x").unwrap().0.as_str(), "ws://other:1/x");
        assert!(provider.socket("mailto:a@b").is_err());
    }
}

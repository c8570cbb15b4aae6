//! A mail that says that something waits.

use super::{NotSet, TELL_MS_MAX};
use crate::ports::{NotTold, Notifier, Waiting};
use async_trait::async_trait;
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{Mailbox, Mailboxes, header::ContentType},
};
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;

/// Whoever sees it over a shoulder or in a list of mails learns nothing of what the program does.
const SUBJECT: &str = "Something waits for you in Candor";
const BODY: &str = "Something waits for you in Candor.\n\nLook with `candor intake list --waiting`, or in your own \
                    system through the API.\n";

/// Mails to the addresses that were set.
pub struct Mail {
    server: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    to: Mailboxes,
}

impl Mail {
    /// `url` as `smtps://user:password@host:465`, or `smtp://host:587?tls=required`; without TLS only on this machine.
    pub fn new(url: &SecretString, from: &str, to: &str) -> Result<Mail, NotSet> {
        let unset = |what: &str| NotSet(what.to_owned());
        let text = url.expose_secret();
        let parsed: Url = text.parse().map_err(|_| unset("notify.smtp_url is no address"))?;
        let here = matches!(parsed.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        let sealed = parsed.scheme() == "smtps"
            || (parsed.scheme() == "smtp"
                && parsed.query_pairs().any(|(k, v)| k == "tls" && v == "required"));
        let plain = parsed.scheme() == "smtp" && here;
        if !(sealed || plain) {
            return Err(unset(
                "notify.smtp_url must begin with smtps://, or end with ?tls=required, unless it is of this machine",
            ));
        }
        let server = AsyncSmtpTransport::<Tokio1Executor>::from_url(text)
            .map_err(|_| unset("notify.smtp_url is not as smtps://user:password@host:465"))?
            .timeout(Some(Duration::from_millis(TELL_MS_MAX)))
            .build();
        let from = from.parse().map_err(|_| unset("notify.mail_from is no mail address"))?;
        let to = to.parse().map_err(|_| unset("notify.mail_to is no mail address, or a list with commas"))?;
        Ok(Mail { server, from, to })
    }
}

#[async_trait]
impl Notifier for Mail {
    fn way(&self) -> &'static str {
        "mail"
    }

    async fn tell(&self, waiting: &Waiting) -> Result<(), NotTold> {
        // The same id when it is sent again: a mailbox that knows it shows it once.
        let id = format!("<intake-{}@candor>", waiting.call_id);
        let mut message = Message::builder()
            .from(self.from.clone())
            .subject(SUBJECT)
            .message_id(Some(id))
            .header(ContentType::TEXT_PLAIN);
        for to in self.to.iter() {
            message = message.to(to.clone());
        }
        let message = message.body(BODY.to_owned()).map_err(|e| NotTold(e.to_string()))?;
        self.server.send(message).await.map(drop).map_err(|e| NotTold(e.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_nothing_of_what_waits() {
        for word in ["consent", "treatment", "substance", "recovery", "call", "patient"] {
            assert!(!format!("{SUBJECT} {BODY}").to_lowercase().contains(word), "{word}");
        }
    }

    #[test]
    fn passwords_never_travel_in_the_clear() {
        for (url, fits) in [
            ("smtps://u:p@mail.example.org:465", true),
            ("smtp://u:p@mail.example.org:587?tls=required", true),
            ("smtp://127.0.0.1:2525", true),
            ("smtp://u:p@mail.example.org:25", false),
            ("smtp://mail.example.org?tls=opportunistic", false),
            ("https://mail.example.org", false),
        ] {
            let _ = rustls::crypto::ring::default_provider().install_default();
            let mail =
                Mail::new(&SecretString::from(url), "candor@example.org", "a@example.org, b@example.org");
            assert_eq!(mail.is_ok(), fits, "{url}");
        }
    }
}

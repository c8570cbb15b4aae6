//! What an operator decides about the server.

use secrecy::SecretString;
use std::{collections::BTreeMap, fmt, net::IpAddr, path::PathBuf, str::FromStr};

/// Limits that are no settings.
pub mod limits {
    /// The body of a request.
    pub const BODY_BYTES_MAX: usize = 64 * 1024;
    /// The head of a request.
    pub const HEAD_BYTES_MAX: usize = 32 * 1024;
    /// Headers of a request.
    pub const HEADERS_MAX: usize = 64;
    /// How long the head of a request, or the beginning of TLS, may take, in milliseconds.
    pub const HEAD_MS_MAX: u64 = 10_000;
    /// How long a request may take that is neither a media stream nor a watch, in milliseconds.
    /// Twilio gives up on a webhook after 15 s.
    pub const REQUEST_MS_MAX: u64 = 14_000;
    /// How long `/twilio/after` waits for the call to be put on record, in milliseconds.
    pub const AFTER_MS_MAX: u64 = 10_000;
    /// How long a one-time token of a stream is good, in milliseconds.
    pub const PASS_MS_MAX: u64 = 60_000;
    /// Connections beside two for each call.
    pub const SPARE_CONNECTIONS_MAX: usize = 256;
    /// How long a conversation with a person may last before its outcome counts as unknown, in milliseconds.
    pub const TRANSFER_MS_MAX: u64 = 4 * 3_600_000;
    /// Calls whose end is remembered for the provider's next request.
    pub const REMEMBERED_MAX: usize = 4_096;
    /// How long calls that were told to stop have for their last words to the record, in milliseconds.
    pub const STOP_MS_MAX: u64 = 10_000;
    /// How long open requests have when the server closes, in milliseconds.
    pub const CLOSE_MS_MAX: u64 = 3_000;
    /// Events of one call that are kept for a watcher who comes late.
    pub const WATCH_EVENTS_MAX: usize = 500;
    /// Bytes of them.
    pub const WATCH_BYTES_MAX: usize = 128 * 1024;
    /// How long after its end a call may still be watched from its beginning, in milliseconds.
    pub const WATCH_AFTER_MS_MAX: u64 = 60_000;
    /// Watchers at once.
    pub const WATCHERS_MAX: usize = 256;
    /// Call records on one page of the API.
    pub const PAGE_MAX: u32 = 200;
}

/// How the provider proves that a request is its own.
#[derive(Clone, Debug)]
pub struct TwilioSecrets {
    /// The account's primary auth token.
    pub auth_token: SecretString,
    /// Shared keys by id, for requests that name one.
    pub shared_keys: BTreeMap<String, SecretString>,
}

/// The settings of the server.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The address under which providers reach this server. Never taken from a request.
    pub public_url: PublicUrl,
    /// `None`: only unsigned requests from this machine are answered.
    pub twilio: Option<TwilioSecrets>,
    /// Live calls at once; one more is routed on to a person.
    pub calls_max: usize,
    /// How long live calls may go on once the server is told to go, in milliseconds.
    pub drain_ms_max: u64,
    /// Certificate chain and private key, PEM.
    pub tls: Option<(PathBuf, PathBuf)>,
}

/// A base address: `https://voice.example.com`, without a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    secure: bool,
    authority_and_path: String,
}

/// The text is no base address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no public address: write https://voice.example.com (or http://127.0.0.1:8080 on one machine)"
)]
pub struct NotAPublicUrl(String);

impl PublicUrl {
    /// The address of `path`, which begins with a slash: `https://voice.example.com/twilio/voice`.
    pub fn http(&self, path: &str) -> String {
        let scheme = if self.secure { "https" } else { "http" };
        format!("{scheme}://{}{path}", self.authority_and_path)
    }

    /// The same for a WebSocket: `wss`, or `ws` where the address is `http`.
    pub fn websocket(&self, path: &str) -> String {
        let scheme = if self.secure { "wss" } else { "ws" };
        format!("{scheme}://{}{path}", self.authority_and_path)
    }

    /// Whether it is reached over TLS.
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// Whether only this machine can reach it.
    pub fn is_loopback(&self) -> bool {
        let authority = self.authority_and_path.split('/').next().unwrap_or_default();
        let host = match authority.strip_prefix('[') {
            Some(v6) => v6.split(']').next().unwrap_or_default(),
            None => authority.split(':').next().unwrap_or_default(),
        };
        host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }
}

impl FromStr for PublicUrl {
    type Err = NotAPublicUrl;
    fn from_str(text: &str) -> Result<PublicUrl, NotAPublicUrl> {
        let wrong = || NotAPublicUrl(text.into());
        let (scheme, rest) = text.trim().split_once("://").ok_or_else(wrong)?;
        let rest = rest.trim_end_matches('/');
        let host_begins = rest.chars().next().is_some_and(|c| c.is_alphanumeric() || c == '[');
        if !host_begins || rest.contains(['?', '#', '@', ' ', '"', '<', '>']) {
            return Err(wrong());
        }
        let secure = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return Err(wrong()),
        };
        Ok(PublicUrl { secure, authority_and_path: rest.into() })
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.http(""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_address_gives_those_of_its_paths() {
        let url: PublicUrl = "https://voice.example.com:8443/candor/".parse().unwrap();
        assert_eq!(url.http("/twilio/voice"), "https://voice.example.com:8443/candor/twilio/voice");
        assert_eq!(url.websocket("/twilio/media"), "wss://voice.example.com:8443/candor/twilio/media");
        assert!(url.is_secure() && !url.is_loopback());
        for local in ["http://127.0.0.1:8080", "http://localhost", "http://[::1]:80/x"] {
            let url: PublicUrl = local.parse().unwrap();
            assert!(url.is_loopback() && url.websocket("").starts_with("ws://"), "{local}");
        }
        for wrong in
            ["", "voice.example.com", "ftp://x", "https://", "https://a b", "https://u@h", "https://h?x=1"]
        {
            assert!(wrong.parse::<PublicUrl>().is_err(), "{wrong}");
        }
    }
}

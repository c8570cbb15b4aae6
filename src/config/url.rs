//! The address under which the world reaches the server.

use std::{fmt, net::SocketAddr, str::FromStr};

/// `https://host[:port][/prefix]`, without a slash at its end. `http` only for this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    secure: bool,
    /// Host, port and prefix.
    rest: String,
}

/// Not such an address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no public address: write it like https://voice.example.org (http only for localhost)")]
pub struct NotAPublicUrl(String);

impl PublicUrl {
    pub(super) fn of(bound: SocketAddr, secure: bool) -> PublicUrl {
        // Nobody can call an unspecified address; on this machine it answers as localhost.
        let host = match bound.ip() {
            ip if ip.is_unspecified() => format!("localhost:{}", bound.port()),
            _ => bound.to_string(),
        };
        PublicUrl { secure, rest: host }
    }

    /// The address of `path` (`/twilio/voice`) for HTTP.
    pub fn http(&self, path: &str) -> String {
        format!("http{}://{}{path}", if self.secure { "s" } else { "" }, self.rest)
    }

    /// The address of `path` for a WebSocket.
    pub fn ws(&self, path: &str) -> String {
        format!("ws{}://{}{path}", if self.secure { "s" } else { "" }, self.rest)
    }
}

impl FromStr for PublicUrl {
    type Err = NotAPublicUrl;

    fn from_str(text: &str) -> Result<PublicUrl, NotAPublicUrl> {
        let wrong = || NotAPublicUrl(text.into());
        let url: reqwest::Url = text.parse().map_err(|_| wrong())?;
        let host = url.host_str().ok_or_else(wrong)?;
        let here = ["localhost", "127.0.0.1", "[::1]"].contains(&host);
        let secure = match url.scheme() {
            "https" => true,
            "http" if here => false,
            _ => return Err(wrong()),
        };
        let plain = url.username().is_empty() && url.password().is_none();
        if !plain || url.query().is_some() || url.fragment().is_some() {
            return Err(wrong());
        }
        let port = url.port().map(|p| format!(":{p}")).unwrap_or_default();
        Ok(PublicUrl { secure, rest: format!("{host}{port}{}", url.path().trim_end_matches('/')) })
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
    fn a_public_address_is_https_and_makes_addresses_of_both_protocols() {
        let url: PublicUrl = "https://voice.example.org:8443/part2/".parse().unwrap();
        assert_eq!(url.http("/twilio/voice"), "https://voice.example.org:8443/part2/twilio/voice");
        assert_eq!(url.ws("/twilio/stream"), "wss://voice.example.org:8443/part2/twilio/stream");
        let local: PublicUrl = "http://127.0.0.1:9".parse().unwrap();
        assert_eq!(local.ws("/x"), "ws://127.0.0.1:9/x");
        for wrong in
            ["http://example.org", "example.org", "https://a@b.org", "https://b.org/?q", "ftp://b.org"]
        {
            assert_eq!(wrong.parse::<PublicUrl>(), Err(NotAPublicUrl(wrong.into())));
        }
        assert_eq!(PublicUrl::of(([0, 0, 0, 0], 80).into(), true).http("/"), "https://localhost:80/");
    }
}

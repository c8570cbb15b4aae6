//! Which pages may show a program's chat. A browser says where a page comes from, and lets no page lie about it.

use axum::http::{HeaderMap, header};

/// The allowed origins, by program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins(Vec<(Option<String>, String)>);

/// A list of origins that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no origin: write https://www.example.org, or harbor=https://www.example.org for one program"
)]
pub struct NotOrigins(String);

impl std::str::FromStr for Origins {
    type Err = NotOrigins;

    /// Origins with spaces between them; `PROGRAM=ORIGIN` is for that program, a bare one for all.
    fn from_str(text: &str) -> Result<Origins, NotOrigins> {
        let one = |entry: &str| {
            let (program, origin) = match entry.split_once('=') {
                Some((program, origin)) => (Some(program.to_owned()), origin),
                None => (None, entry),
            };
            let origin = origin.trim_end_matches('/');
            let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
            let plain = |host: &&str| !host.is_empty() && !host.contains(['/', '*', '?', '#', '@']);
            host.filter(plain).ok_or_else(|| NotOrigins(entry.to_owned()))?;
            Ok((program, origin.to_ascii_lowercase()))
        };
        text.split_whitespace().map(one).collect::<Result<_, _>>().map(Origins)
    }
}

impl Origins {
    /// Whether a page that says so in `headers` may talk to `program` on a server known as `public`. No browser sends
    /// no origin with a WebSocket or a post; what sends none is no page, and there is nothing to protect it from.
    pub(super) fn allow(&self, program: &str, headers: &HeaderMap, public: &str) -> bool {
        let Some(origin) = headers.get(header::ORIGIN) else { return true };
        let Ok(origin) = origin.to_str().map(str::to_ascii_lowercase) else { return false };
        let own = public.trim_end_matches('/').eq_ignore_ascii_case(&origin);
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        // The page came from where the request goes.
        let same = host.is_some_and(|host| {
            let host = host.to_ascii_lowercase();
            origin.split_once("://").is_some_and(|(scheme, rest)| {
                let port = if scheme == "https" { ":443" } else { ":80" };
                rest == host || host.strip_suffix(port) == Some(rest)
            })
        });
        let listed = |(of, allowed): &(Option<String>, String)| {
            of.as_deref().is_none_or(|of| of == program) && *allowed == origin
        };
        own || same || self.0.iter().any(listed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_listed_pages_and_those_of_the_server_itself_may_talk_to_a_program() {
        let origins: Origins = "https://a.example harbor=https://b.example:8443/".parse().expect("a list");
        let headers = |origin: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, "chat.example".parse().expect("a host"));
            headers.insert(header::ORIGIN, origin.parse().expect("an origin"));
            headers
        };
        for (program, origin, allowed) in [
            ("harbor", "https://a.example", true),
            ("other", "https://A.example", true),
            ("harbor", "https://b.example:8443", true),
            ("other", "https://b.example:8443", false),
            ("harbor", "http://a.example", false),
            ("harbor", "https://a.example.evil", false),
            ("harbor", "null", false),
            ("harbor", "https://chat.example", true),
            ("harbor", "https://own.example", true),
        ] {
            assert_eq!(origins.allow(program, &headers(origin), "https://own.example"), allowed, "{origin}");
        }
        assert!(origins.allow("harbor", &HeaderMap::new(), "https://own.example"), "no page");
        assert!("example.org".parse::<Origins>().is_err() && "https://*".parse::<Origins>().is_err());
    }
}

//! `X-Twilio-Signature`: who sent a webhook or opened a stream.
//!
//! Source: <https://www.twilio.com/docs/usage/security> and the vendor's own `twilio` package (9.13.0,
//! `request_validator.py`), against which the vectors below were computed.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};

/// The header with the signature.
pub const SIGNATURE_HEADER: &str = "x-twilio-signature";

/// The header that names another key and hash than the account's token and SHA-1.
pub const SETTINGS_HEADER: &str = "x-twilio-webhooks-signature-settings";

/// The hash under the HMAC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Algorithm {
    /// `HMAC_SHA1`: what a missing header means.
    #[default]
    HmacSha1,
    /// `HMAC_SHA256`.
    HmacSha256,
}

/// What [`SETTINGS_HEADER`] says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// The id of the shared key; `None` is the account's own token.
    pub key: Option<String>,
    /// The hash.
    pub algorithm: Algorithm,
}

/// A signature was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Forged {
    /// There is no signature.
    #[error("the request is not signed")]
    Missing,
    /// The settings name a hash that is not known.
    #[error("the signature uses an unknown algorithm")]
    UnknownAlgorithm,
    /// The settings name a key that is not configured.
    #[error("the signature uses a shared key that is not configured")]
    UnknownKey,
    /// It was made with another token, for another URL or for other parameters.
    #[error(
        "the signature does not match: check the auth token and that the public URL is what the provider requests"
    )]
    Mismatch,
    /// The body is not the one whose hash the URL carries.
    #[error("the body does not match its bodySHA256")]
    Body,
}

impl Settings {
    /// Reads the header; a missing one, or one without an algorithm, means HMAC-SHA1.
    pub fn parse(header: Option<&str>) -> Result<Settings, Forged> {
        let mut settings = Settings::default();
        for part in header.unwrap_or_default().split(',') {
            match part.split_once('=').map(|(name, value)| (name.trim(), value.trim())) {
                Some(("key", value)) if !value.is_empty() => settings.key = Some(value.into()),
                Some(("algorithm", value)) if !value.is_empty() => {
                    settings.algorithm = match value.to_ascii_uppercase().as_str() {
                        "HMAC_SHA1" => Algorithm::HmacSha1,
                        "HMAC_SHA256" => Algorithm::HmacSha256,
                        _ => return Err(Forged::UnknownAlgorithm),
                    }
                }
                _ => {}
            }
        }
        Ok(settings)
    }
}

/// What came with the URL.
#[derive(Clone, Copy, Debug)]
pub enum Body<'a> {
    /// A form: every parameter, decoded, in any order. A WebSocket handshake has none.
    Form(&'a [(String, String)]),
    /// Anything else: the URL carries its hash in `bodySHA256`.
    Raw(&'a [u8]),
}

/// The signature of a request to `url`, in base64.
pub fn sign(secret: &str, algorithm: Algorithm, url: &str, body: Body<'_>) -> String {
    let signed = signed_text(url, body);
    match algorithm {
        Algorithm::HmacSha1 => {
            BASE64_STANDARD.encode(keyed::<Hmac<Sha1>>(secret, &signed).finalize().into_bytes())
        }
        Algorithm::HmacSha256 => {
            BASE64_STANDARD.encode(keyed::<Hmac<Sha256>>(secret, &signed).finalize().into_bytes())
        }
    }
}

/// Whether `signature` is that of a request to `url`: as it is, without its port, or with the port of its scheme.
pub fn verify(
    secret: &str,
    algorithm: Algorithm,
    url: &str,
    body: Body<'_>,
    signature: &str,
) -> Result<(), Forged> {
    if let Body::Raw(bytes) = body {
        let stated = body_hash(url).ok_or(Forged::Body)?;
        let actual: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        // The hash is no secret: the signature over the URL that carries it is what nobody can forge.
        if !stated.eq_ignore_ascii_case(&actual) {
            return Err(Forged::Body);
        }
    }
    let claimed = BASE64_STANDARD.decode(signature.trim()).map_err(|_| Forged::Mismatch)?;
    let matches = |url: &String| {
        let signed = signed_text(url, body);
        match algorithm {
            Algorithm::HmacSha1 => keyed::<Hmac<Sha1>>(secret, &signed).verify_slice(&claimed).is_ok(),
            Algorithm::HmacSha256 => keyed::<Hmac<Sha256>>(secret, &signed).verify_slice(&claimed).is_ok(),
        }
    };
    if variants(url).iter().any(matches) { Ok(()) } else { Err(Forged::Mismatch) }
}

fn keyed<M: Mac + KeyInit>(secret: &str, text: &str) -> M {
    let mut mac = <M as KeyInit>::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(text.as_bytes());
    mac
}

/// The URL, then each distinct parameter name in byte order with each of its distinct values in order.
fn signed_text(url: &str, body: Body<'_>) -> String {
    let mut text = url.to_owned();
    if let Body::Form(parameters) = body {
        let mut sorted: Vec<_> = parameters.iter().collect();
        sorted.sort_unstable();
        sorted.dedup();
        for (name, value) in sorted {
            text.push_str(name);
            text.push_str(value);
        }
    }
    text
}

fn body_hash(url: &str) -> Option<&str> {
    let (_, query) = url.split_once('?')?;
    query.split('&').find_map(|pair| pair.strip_prefix("bodySHA256="))
}

/// Providers disagree with themselves about the port, and about the slash of an empty path.
fn variants(url: &str) -> Vec<String> {
    let Some((scheme, rest)) = url.split_once("://") else { return vec![url.into()] };
    let split = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(split);
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => authority,
    };
    let port = if matches!(scheme, "https" | "wss") { 443 } else { 80 };
    let other_tail = match tail {
        "" => Some("/"),
        "/" => Some(""),
        _ => None,
    };
    let mut all = vec![url.to_owned()];
    for tail in [Some(tail), other_tail].into_iter().flatten() {
        all.push(format!("{scheme}://{host}{tail}"));
        all.push(format!("{scheme}://{host}:{port}{tail}"));
    }
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    const POST: &str = "https://mycompany.com/myapp.php?foo=1&bar=2";

    fn form(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    fn post() -> Vec<(String, String)> {
        form(&[
            ("To", "+18005551212"),
            ("CallSid", "CA1234567890ABCDE"),
            ("Caller", "+14158675309"),
            ("Digits", "1234"),
            ("From", "+14158675309"),
        ])
    }

    #[test]
    fn the_vendors_vectors_are_met() {
        let ws = |url| sign("12345", Algorithm::HmacSha1, url, Body::Form(&[]));
        assert_eq!(ws("wss://voice.example.com/media"), "jFDHVhI8XO69C49uXR3xmdZPylY=");
        assert_eq!(ws("wss://voice.example.com/media/"), "BXF4dPv/qKwfALEQ/o2fVPPvK/c=");
        let signed = |algorithm| sign("12345", algorithm, POST, Body::Form(&post()));
        assert_eq!(signed(Algorithm::HmacSha1), "RSOYDt4T1cUTdK1PDd93/VVr8B8=");
        assert_eq!(signed(Algorithm::HmacSha256), "033hgUJA9M/hXIZsYjwkerEP/DBm35nEri5FhCYjA5s=");
    }

    #[test]
    fn a_port_may_be_there_or_not() {
        let urls = ["wss://h.example/m", "wss://h.example:443/m"];
        for signed in urls {
            for received in urls {
                let signature = sign("s", Algorithm::HmacSha1, signed, Body::Form(&[]));
                let verdict = verify("s", Algorithm::HmacSha1, received, Body::Form(&[]), &signature);
                assert_eq!(verdict, Ok(()), "{signed} as {received}");
            }
        }
        let odd = sign("s", Algorithm::HmacSha1, "https://h.example:8443/m", Body::Form(&[]));
        assert_eq!(
            verify("s", Algorithm::HmacSha1, "https://h.example:8443/m", Body::Form(&[]), &odd),
            Ok(())
        );
        let bare = sign("s", Algorithm::HmacSha1, "https://h.example", Body::Form(&[]));
        assert_eq!(verify("s", Algorithm::HmacSha1, "https://h.example/", Body::Form(&[]), &bare), Ok(()));
    }

    #[test]
    fn anything_changed_is_a_mismatch() {
        let signature = sign("12345", Algorithm::HmacSha1, POST, Body::Form(&post()));
        let verdict = |secret, algorithm, url, form: &[(String, String)], signature: &str| {
            verify(secret, algorithm, url, Body::Form(form), signature)
        };
        let sha1 = Algorithm::HmacSha1;
        assert_eq!(verdict("12345", sha1, POST, &post(), &signature), Ok(()));
        let mut more = post();
        more.push(("New".into(), String::new()));
        assert_eq!(verdict("12345", sha1, POST, &more, &signature), Err(Forged::Mismatch));
        assert_eq!(verdict("12346", sha1, POST, &post(), &signature), Err(Forged::Mismatch));
        assert_eq!(verdict("12345", Algorithm::HmacSha256, POST, &post(), &signature), Err(Forged::Mismatch));
        let http = POST.replace("https", "http");
        assert_eq!(verdict("12345", sha1, &http, &post(), &signature), Err(Forged::Mismatch));
        for forged in ["", "=", "RSOY", "\u{e9}", &signature[..20]] {
            assert_eq!(verdict("12345", sha1, POST, &post(), forged), Err(Forged::Mismatch), "{forged:?}");
        }
    }

    #[test]
    fn a_name_sent_twice_counts_each_distinct_value_once() {
        let twice = form(&[("B", "2"), ("A", "9"), ("B", "1"), ("B", "2")]);
        assert_eq!(signed_text("u", Body::Form(&twice)), "uA9B1B2");
    }

    #[test]
    fn a_body_that_is_no_form_is_bound_by_its_hash() {
        let body = br#"{"a":1}"#;
        let hash: String = Sha256::digest(body).iter().map(|b| format!("{b:02x}")).collect();
        let url = format!("https://h.example/hook?x=1&bodySHA256={hash}");
        let signature = sign("s", Algorithm::HmacSha1, &url, Body::Raw(body));
        let verdict =
            |url: &str, body: &[u8]| verify("s", Algorithm::HmacSha1, url, Body::Raw(body), &signature);
        assert_eq!(verdict(&url, body), Ok(()));
        assert_eq!(verdict(&url, b"{}"), Err(Forged::Body));
        assert_eq!(verdict("https://h.example/hook?x=1", body), Err(Forged::Body));
    }

    #[test]
    fn the_settings_header_names_key_and_hash() {
        let read = |text| Settings::parse(Some(text));
        assert_eq!(Settings::parse(None), Ok(Settings::default()));
        assert_eq!(read(""), Ok(Settings::default()));
        let shared = Settings { key: Some("k1".into()), algorithm: Algorithm::HmacSha256 };
        assert_eq!(read("key=k1, algorithm=hmac_sha256"), Ok(shared));
        assert_eq!(read("key=k1,algorithm=HMAC_MD5"), Err(Forged::UnknownAlgorithm));
    }
}

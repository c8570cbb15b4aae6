//! A browser's offer, looked at before anything is made of it; and our answer, as it can be reached from outside.

use std::net::IpAddr;

/// No offer of one audio stream and one data channel is longer.
pub const OFFER_BYTES_MAX: usize = 16 * 1024;

/// What is wrong with an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAnOffer {
    /// Not SDP.
    #[error("send the browser's offer as it is: `v=0` is its first line")]
    NotSdp,
    /// Nothing to hear or to say.
    #[error("the offer has no audio: add the microphone's track before making it")]
    NoAudio,
    /// Video, or a second microphone.
    #[error("the offer has more than one audio stream and one data channel")]
    TooMuch,
    /// Without the data channel nobody learns what was played.
    #[error("the offer has no data channel: create one named `candor` before making it")]
    NoData,
    /// Whoever answers could not know to whom.
    #[error("the offer has no SHA-256 fingerprint of the browser's certificate")]
    NoFingerprint,
}

/// The offer as it is used. Without `candidates` the browser's own addresses are left out: it comes to us, and nobody
/// can make this server knock at addresses of his choice.
pub(super) fn checked(offer: &str, candidates: bool) -> Result<String, NotAnOffer> {
    let lines = || offer.lines().map(str::trim_end);
    if lines().next() != Some("v=0") {
        return Err(NotAnOffer::NotSdp);
    }
    let media = |kind: &str| lines().filter(|line| line.starts_with(kind)).count();
    match (media("m=audio "), media("m=application "), media("m=")) {
        (0, _, _) => return Err(NotAnOffer::NoAudio),
        (_, 0, _) => return Err(NotAnOffer::NoData),
        (1, 1, 2) => {}
        _ => return Err(NotAnOffer::TooMuch),
    }
    let mut fingerprints = lines().filter_map(|line| line.strip_prefix("a=fingerprint:")).peekable();
    if fingerprints.peek().is_none() || !fingerprints.all(is_sha256) {
        return Err(NotAnOffer::NoFingerprint);
    }
    let kept = |line: &&str| !line.starts_with("a=candidate:") || candidates && !line.contains(".local ");
    let mut used = String::with_capacity(offer.len());
    for line in lines().filter(kept) {
        used.push_str(line);
        used.push_str("\r\n");
    }
    Ok(used)
}

fn is_sha256(fingerprint: &str) -> bool {
    let Some((algorithm, value)) = fingerprint.split_once(' ') else { return false };
    let bytes: Vec<&str> = value.split(':').collect();
    let hex = |byte: &&str| byte.len() == 2 && byte.bytes().all(|b| b.is_ascii_hexdigit());
    algorithm.eq_ignore_ascii_case("sha-256") && bytes.len() == 32 && bytes.iter().all(hex)
}

/// The answer with `public` in the place of this machine's own addresses.
pub(super) fn announced(answer: &str, public: Option<IpAddr>) -> String {
    let Some(public) = public else { return answer.to_owned() };
    let mut told: Vec<String> = Vec::new();
    for line in answer.lines() {
        let line = match line.strip_prefix("a=candidate:") {
            Some(candidate) if candidate.contains(" typ host") => host(candidate, public),
            _ => line.to_owned(),
        };
        // Several addresses of this machine are one from outside.
        if !line.starts_with("a=candidate:") || !told.contains(&line) {
            told.push(line);
        }
    }
    told.join("\r\n") + "\r\n"
}

/// `foundation component transport priority address port typ host ...`
fn host(candidate: &str, public: IpAddr) -> String {
    let mut words: Vec<&str> = candidate.split(' ').collect();
    let public = public.to_string();
    if let Some(address) = words.get_mut(4) {
        *address = &public;
    }
    if let Some(foundation) = words.first_mut() {
        *foundation = "1";
    }
    format!("a=candidate:{}", words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer() -> String {
        let fingerprint = vec!["AB"; 32].join(":");
        format!(
            "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\na=fingerprint:sha-256 {fingerprint}\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n\
             a=candidate:1 1 udp 21 10.0.0.7 50000 typ host\r\na=candidate:2 1 udp 21 ab.local 50001 typ host\r\n\
             m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n"
        )
    }

    #[test]
    fn an_offer_is_used_without_the_addresses_it_names() {
        let used = checked(&offer(), false).expect("an offer");
        assert!(!used.contains("candidate:") && used.contains("m=audio 9"));
        let relayed = checked(&offer(), true).expect("an offer");
        assert!(relayed.contains("10.0.0.7") && !relayed.contains(".local"));
    }

    #[test]
    fn what_is_no_call_is_told_apart() {
        let without =
            |gone: &str| offer().lines().filter(|l| !l.starts_with(gone)).collect::<Vec<_>>().join("\n");
        for (text, wrong) in [
            (String::new(), NotAnOffer::NotSdp),
            ("hello".into(), NotAnOffer::NotSdp),
            (without("m=audio"), NotAnOffer::NoAudio),
            (without("m=application"), NotAnOffer::NoData),
            (offer() + "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n", NotAnOffer::TooMuch),
            (offer() + "m=audio 9 UDP/TLS/RTP/SAVPF 96\r\n", NotAnOffer::TooMuch),
            (without("a=fingerprint"), NotAnOffer::NoFingerprint),
            (offer().replace("sha-256", "sha-1"), NotAnOffer::NoFingerprint),
            (offer().replace("AB:AB:AB", "AB:zz"), NotAnOffer::NoFingerprint),
        ] {
            assert_eq!(checked(&text, false), Err(wrong), "{text}");
        }
    }

    #[test]
    fn a_public_address_stands_for_all_of_this_machine() {
        let answer = "v=0\r\na=candidate:77 1 udp 21 10.0.0.7 50000 typ host\r\n\
                      a=candidate:78 1 udp 21 10.1.0.7 50000 typ host\r\na=candidate:9 1 udp 3 192.0.2.9 4 typ relay\r\n";
        let public = "203.0.113.5".parse().ok();
        let told = announced(answer, public);
        assert_eq!(told.matches("203.0.113.5 50000 typ host").count(), 1, "{told}");
        assert!(!told.contains("10.") && told.contains("typ relay"));
        assert_eq!(announced(answer, None), answer);
    }
}

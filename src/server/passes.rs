//! One-time tokens: what lets a stream in.

use crate::{dialogue::ChannelKind, program::Locale};
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// What a token stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pass {
    /// The id that the call will have.
    pub call_id: String,
    /// Which desk answers.
    pub desk: usize,
    /// The provider's id of the call; `None` lets in any.
    pub provider_call_id: Option<String>,
    /// `inbound` or `outbound`.
    pub direction: &'static str,
    /// How the caller is connected.
    pub channel: ChannelKind,
    /// The language the caller asked for before the call.
    pub locale: Option<Locale>,
}

/// The tokens that were given out and not used. Of a token only its hash is kept.
pub(super) struct Passes {
    good_for: Duration,
    given: Mutex<HashMap<[u8; 32], (Pass, Instant)>>,
}

impl Passes {
    /// None yet; each will be good for `good_ms` milliseconds.
    pub(super) fn new(good_ms: u64) -> Passes {
        Passes { good_for: Duration::from_millis(good_ms), given: Mutex::default() }
    }

    /// A new token: 128 bits, in hex. `None` where as many as `places` may still be used.
    pub(super) fn give(&self, pass: Pass, places: usize, now: Instant) -> Option<String> {
        let token = format!("{:032x}", rand::random::<u128>());
        let expires = now + self.good_for;
        let mut given = self.lock();
        given.retain(|_, (_, expires)| now < *expires);
        if given.len() >= places {
            return None;
        }
        given.insert(hash(&token), (pass, expires));
        Some(token)
    }

    /// Uses a token up; also a wrong try by another call uses it up, because then somebody else knows it.
    pub(super) fn redeem(&self, token: &str, provider_call_id: Option<&str>, now: Instant) -> Option<Pass> {
        let (pass, expires) = self.lock().remove(&hash(token))?;
        let bound = pass.provider_call_id.as_deref().is_none_or(|id| Some(id) == provider_call_id);
        (bound && now < expires).then_some(pass)
    }

    /// How many were given in the last `within`: their calls are on the way.
    pub(super) fn on_the_way(&self, within: Duration, now: Instant) -> usize {
        let given_after = now.checked_sub(within).unwrap_or(now) + self.good_for;
        self.lock().values().filter(|(_, expires)| *expires > given_after && *expires > now).count()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<[u8; 32], (Pass, Instant)>> {
        self.given.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pass(provider_call_id: Option<&str>) -> Pass {
        Pass {
            call_id: "c".into(),
            desk: 0,
            provider_call_id: provider_call_id.map(Into::into),
            direction: "inbound",
            channel: ChannelKind::Phone,
            locale: None,
        }
    }

    #[test]
    fn a_token_is_good_once_for_its_call_and_not_for_long() {
        let passes = Passes::new(60_000);
        let now = Instant::now();
        let later = now + Duration::from_millis(60_000);
        let give = |bound, now| passes.give(pass(bound), 2, now);
        let token = give(Some("CA1"), now).unwrap();
        assert_eq!(token.len(), 32);
        assert_eq!(passes.redeem("0", Some("CA1"), now), None);
        assert_eq!(passes.redeem(&token, Some("CA1"), now), Some(pass(Some("CA1"))));
        assert_eq!(passes.redeem(&token, Some("CA1"), now), None, "used");

        let stolen = give(Some("CA1"), now).unwrap();
        assert_eq!(passes.redeem(&stolen, Some("CA2"), now), None);
        assert_eq!(passes.redeem(&stolen, Some("CA1"), now), None, "known to somebody else");
        let free = give(None, now).unwrap();
        assert_eq!(passes.redeem(&free, None, now), Some(pass(None)));

        let old = give(None, now).unwrap();
        assert_eq!(passes.redeem(&old, None, later), None, "expired");
        assert!(give(None, now).is_some() && give(None, now).is_some());
        assert_eq!(give(None, now), None, "no more than there are places");
        assert!(give(None, later).is_some(), "those that expired leave theirs");
    }
}

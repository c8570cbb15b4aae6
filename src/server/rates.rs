//! How many chats or calls one address may begin, and how many forms it may send.

use crate::channel::Bucket;
use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, PoisonError},
};
use tokio::time::Instant;

/// So many addresses are remembered; then those that were quiet are forgotten.
const ADDRESSES_MAX: usize = 10_000;
/// An address quiet for so long is forgotten, in seconds: its bucket is full again.
const QUIET_S: u64 = 60;

/// Buckets by address.
#[derive(Default)]
pub(super) struct Rates(Mutex<HashMap<IpAddr, (Bucket, Instant)>>);

impl Rates {
    /// Whether `peer` may do so once more, where it may `per_min_max` times a minute. A proxy on this machine
    /// stands for everybody behind it: it has to count them itself.
    pub(super) fn admit(&self, peer: IpAddr, per_min_max: u32, now: Instant) -> bool {
        let peer = peer.to_canonical();
        if peer.is_loopback() {
            return true;
        }
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= ADDRESSES_MAX {
            known.retain(|_, (_, at)| now.saturating_duration_since(*at).as_secs() < QUIET_S);
        }
        if known.len() >= ADDRESSES_MAX && !known.contains_key(&network(peer)) {
            return false;
        }
        let per_s = f64::from(per_min_max) / 60.0;
        let full = || (Bucket::with_rate(per_min_max, per_s, now), now);
        let (bucket, at) = known.entry(network(peer)).or_insert_with(full);
        *at = now;
        bucket.take_if_there(1, now)
    }
}

/// One household has a whole IPv6 network.
fn network(peer: IpAddr) -> IpAddr {
    match peer {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn an_address_begins_so_many_chats_a_minute_and_a_network_counts_as_one() {
        let (rates, now) = (Rates::default(), Instant::now());
        let at = |address: &str| address.parse::<IpAddr>().expect("an address");
        let admit = |address: &str, now| rates.admit(at(address), 2, now);
        assert!(admit("192.0.2.1", now) && admit("192.0.2.1", now) && !admit("192.0.2.1", now));
        assert!(admit("192.0.2.2", now), "another address");
        assert!(admit("192.0.2.1", now + Duration::from_secs(30)), "one comes back in half a minute");
        assert!(admit("2001:db8::1", now) && admit("2001:db8::2", now) && !admit("2001:db8::3", now));
        assert!(
            !admit("::ffff:192.0.2.1", now + Duration::from_secs(30)),
            "the same address in other clothes"
        );
        assert!((0..9).all(|_| admit("127.0.0.1", now)), "a proxy counts for itself");
    }
}

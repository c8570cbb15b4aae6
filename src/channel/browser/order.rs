//! A caller's packets in the order in which they were sent.
//!
//! A call does not play its caller's audio to anybody, so nothing is held back to smooth it: a packet that is next
//! goes on at once. Only behind a gap packets wait, for the one that is missing.

use bytes::Bytes;
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

/// How long a missing packet is waited for.
const LATE: Duration = Duration::from_millis(80);
/// So many packets behind a gap end the waiting for it.
const HELD_MAX: usize = 12;
/// A jump of the numbering beyond this is another beginning, not a loss.
const JUMP_MAX: u64 = 1_500;

/// A packet whose turn it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Packet {
    /// When its first sample was taken, in the sender's clock of 48 kHz.
    pub timestamp: u64,
    /// How many packets before it never came.
    pub lost: u64,
    /// What is in it.
    pub payload: Bytes,
}

struct Held {
    timestamp: u64,
    payload: Bytes,
    came: Instant,
}

/// Puts packets in order.
#[derive(Default)]
pub(super) struct Order {
    /// The number of the packet whose turn it is, unwrapped.
    next: Option<u64>,
    /// The latest timestamp, unwrapped.
    latest: Option<u64>,
    held: BTreeMap<u64, Held>,
}

impl Order {
    /// Takes a packet that came. One that comes twice, or after its turn was given up, is dropped.
    pub(super) fn push(&mut self, number: u16, timestamp: u32, payload: Bytes, came: Instant) {
        let number = match self.next {
            // Never so low that a packet from before the first could not be told.
            None => u64::from(number) + (1 << 32),
            Some(next) => unwrapped(u64::from(number), 16, next),
        };
        let timestamp = match self.latest {
            None => u64::from(timestamp) + (1 << 48),
            Some(latest) => unwrapped(u64::from(timestamp), 32, latest),
        };
        let next = *self.next.get_or_insert(number);
        if number.abs_diff(next) > JUMP_MAX {
            self.held.clear();
            self.next = Some(number);
        } else if number < next {
            return;
        }
        self.latest = self.latest.max(Some(timestamp));
        self.held.entry(number).or_insert(Held { timestamp, payload, came });
    }

    /// The packet whose turn it is at `now`.
    pub(super) fn pop(&mut self, now: Instant) -> Option<Packet> {
        let next = self.next?;
        let (&number, first) = self.held.first_key_value()?;
        let given_up = self.held.len() >= HELD_MAX || now.saturating_duration_since(first.came) >= LATE;
        if number != next && !given_up {
            return None;
        }
        let Held { timestamp, payload, .. } = self.held.pop_first()?.1;
        self.next = Some(number + 1);
        Some(Packet { timestamp, lost: number - next, payload })
    }

    /// How many packets wait.
    pub(super) fn len(&self) -> usize {
        self.held.len()
    }

    /// When a gap will have been waited for long enough.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.held.first_key_value().map(|(_, first)| first.came + LATE)
    }
}

/// A number of which only the lowest `bits` are told, nearest to `near`.
fn unwrapped(low: u64, bits: u32, near: u64) -> u64 {
    let turn = 1u64 << bits;
    let same = near & !(turn - 1) | low;
    [same.wrapping_sub(turn), same, same + turn].into_iter().min_by_key(|n| n.abs_diff(near)).unwrap_or(same)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Packets by number, each 20 ms after the one before; `came` in milliseconds.
    fn taken(arrivals: &[(u16, u64)], until_ms: u64) -> Vec<(u8, u64)> {
        let began = Instant::now();
        let at = |ms| began + Duration::from_millis(ms);
        let (mut order, mut out) = (Order::default(), Vec::new());
        let mut waiting = arrivals.iter().peekable();
        for ms in 0..=until_ms {
            while let Some((number, _)) = waiting.next_if(|(_, came)| *came == ms) {
                let payload = Bytes::copy_from_slice(&[*number as u8]);
                order.push(*number, u32::from(*number).wrapping_mul(960), payload, at(ms));
            }
            while let Some(packet) = order.pop(at(ms)) {
                out.push((packet.payload[0], packet.lost));
            }
        }
        out
    }

    #[test]
    fn what_comes_in_order_is_never_held_back() {
        assert_eq!(taken(&[(7, 0), (8, 20), (9, 40)], 40), [(7, 0), (8, 0), (9, 0)]);
    }

    #[test]
    fn what_comes_out_of_order_waits_for_what_is_before_it() {
        assert_eq!(taken(&[(1, 0), (3, 20), (2, 60), (4, 61)], 61), [(1, 0), (2, 0), (3, 0), (4, 0)]);
        assert_eq!(taken(&[(1, 0), (3, 20)], 60), [(1, 0)], "not yet given up");
    }

    #[test]
    fn what_never_comes_is_told_as_lost_and_comes_too_late_afterwards() {
        let late = taken(&[(1, 0), (4, 20), (5, 40), (2, 120), (6, 121)], 121);
        assert_eq!(late, [(1, 0), (4, 2), (5, 0), (6, 0)]);
    }

    #[test]
    fn the_numbering_may_wrap_and_may_begin_anew() {
        assert_eq!(taken(&[(65_535, 0), (0, 20), (0, 21), (1, 40)], 40), [(255, 0), (0, 0), (1, 0)]);
        assert_eq!(taken(&[(10, 0), (30_000, 20), (30_001, 40)], 40), [(10, 0), (48, 0), (49, 0)]);
    }

    #[test]
    fn a_timestamp_goes_on_over_its_wrap() {
        let now = Instant::now();
        let mut order = Order::default();
        for (number, timestamp) in [(1, u32::MAX - 959), (2, 0), (3, 960)] {
            order.push(number, timestamp, Bytes::new(), now);
        }
        let stamps: Vec<u64> = std::iter::from_fn(|| order.pop(now)).map(|p| p.timestamp).collect();
        assert_eq!([stamps[1] - stamps[0], stamps[2] - stamps[1]], [960, 960]);
    }
}

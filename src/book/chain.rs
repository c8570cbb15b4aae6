//! The chain of a book: each entry bound to all before it.

use crate::{journal::Hash32, time::Utc};

/// What of an entry can be checked by whoever may not read it, or when nobody can any more.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // as in `Noted`
pub struct Link {
    pub seq: u64,
    pub at: Utc,
    pub call_id: Option<String>,
    pub leaf: Hash32,
    pub hash: Hash32,
}

/// Follows a book, or writes it on.
///
/// Duty: D19, 42 CFR 2.16(a).
#[derive(Clone, Debug)]
pub struct Chain {
    next: u64,
    head: Hash32,
}

impl Chain {
    /// An empty book of `program`.
    pub fn new(program: &str) -> Chain {
        Chain { next: 0, head: Hash32::sha256(&[b"candor-book/1\n", program.as_bytes(), b"\n"]) }
    }

    /// The book whose last entry is number `seq` and has this hash.
    pub fn after(seq: u64, hash: Hash32) -> Chain {
        Chain { next: seq + 1, head: hash }
    }

    /// The place of the next entry.
    pub fn link(&mut self, at: Utc, call_id: Option<&str>, leaf: Hash32) -> Link {
        let seq = self.next;
        let (number, time) = (seq.to_be_bytes(), at.0.to_be_bytes());
        // None and empty hash alike, so that an entry may only have one of them.
        let call_id = call_id.filter(|id| !id.is_empty());
        let call = call_id.unwrap_or_default().as_bytes();
        let hash = Hash32::sha256(&[&self.head.0, &number, &time, call, b"\n", &leaf.0]);
        self.next += 1;
        self.head = hash;
        Link { seq, at, call_id: call_id.map(Into::into), leaf, hash }
    }

    /// Whether `link` is the next one; then the book goes on after it.
    pub fn follows(&mut self, link: &Link) -> bool {
        let before = self.clone();
        let expected = self.link(link.at, link.call_id.as_deref(), link.leaf);
        if expected != *link {
            *self = before;
            return false;
        }
        true
    }

    /// How many entries there are.
    pub fn len(&self) -> u64 {
        self.next
    }

    /// Whether there is none yet.
    pub fn is_empty(&self) -> bool {
        self.next == 0
    }

    /// The hash of the last entry.
    pub fn head(&self) -> Hash32 {
        self.head
    }
}

/// The month (UTC) under whose key an entry of this moment is sealed: `2026-11`.
pub fn month(at: Utc) -> String {
    at.to_string().split('-').take(2).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_bound_to_its_book_its_place_its_time_and_its_call() {
        let (at, leaf) = (Utc(1_795_219_200_000), Hash32::sha256(&[b"leaf"]));
        let mut chain = Chain::new("harbor");
        let links = [
            chain.link(at, None, leaf),
            chain.link(Utc(at.0 + 1), Some("call"), leaf),
            chain.link(Utc(at.0 - 1), Some("call"), leaf),
        ];
        let followed = |program: &str, links: &[Link]| {
            let mut chain = Chain::new(program);
            links.iter().take_while(|link| chain.follows(link)).count()
        };
        assert_eq!(followed("harbor", &links), 3);
        assert_eq!(followed("haven", &links), 0);
        let changes: [fn(&mut Link); 5] = [
            |link| link.seq += 1,
            |link| link.at.0 += 1,
            |link| link.call_id = None,
            |link| link.leaf = Hash32::default(),
            |link| link.hash = Hash32::default(),
        ];
        for change in changes {
            let mut altered = links.clone();
            change(&mut altered[1]);
            assert_eq!(followed("harbor", &altered), 1);
        }
        assert_eq!(month(at), "2026-11");
    }
}

//! Checking books: everything that was noted is there as it was, as far as the keys open it.

use super::{
    ENTRIES_A_HEAD,
    reading::{Kept, noted_in},
};
use crate::{
    book::{Chain, month},
    journal::leaf_of,
    store::{
        archive::Archive,
        evidence::{Body, Shut},
        statement::Claim,
    },
};
use std::{collections::BTreeSet, fmt};

/// A book that is as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SoundBook {
    /// How many entries it has.
    pub entries: u64,
    /// How many of them stand under a signed head.
    pub signed: u64,
    /// How many can be told only by their place in the chain, because the key of their month was destroyed.
    pub destroyed: u64,
}

impl fmt::Display for SoundBook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "book of {} entries", self.entries)?;
        match self.destroyed {
            0 => Ok(()),
            n => write!(f, ", {n} of them only by their place in the chain"),
        }
    }
}

impl Archive {
    /// Checks a program's book; else what is not as it was written, and where, in words that follow its name.
    pub async fn verify_book(&self, program: &str) -> Result<SoundBook, String> {
        let kept = self.kept_book(program).await.map_err(|e| e.0)?;
        let public = self.public_key(program).await.map_err(|e| e.0)?;
        check(program, &kept, &public)
    }
}

/// Checks what is kept of a book.
pub(super) fn check(program: &str, kept: &Kept, public: &[u8; 32]) -> Result<SoundBook, String> {
    let (mut heads, mut ended) = (Vec::new(), BTreeSet::new());
    for (number, statement) in kept.statements.iter().enumerate() {
        match statement.claim(public) {
            Some(Claim::BookHead { program: of, entries, head }) if of == program => {
                heads.push((entries, head))
            }
            Some(Claim::MonthDestroyed { program: of, month, .. }) if of == program => {
                ended.insert(month);
            }
            _ => {
                return Err(format!("statement {number} of the book was altered, or another key signed it"));
            }
        }
    }
    if let Some(month) = ended.iter().find(|month| kept.months.contains(*month)) {
        return Err(format!("the key of {month} is there, and it was signed that it was destroyed"));
    }
    let mut chain = Chain::new(program);
    let mut destroyed = 0;
    for (link, body) in &kept.entries {
        let seq = chain.len();
        if !chain.follows(link) {
            return Err(format!("the book was altered at or before entry {seq}"));
        }
        match body {
            Body::Open(bytes) => {
                if leaf_of(bytes) != link.leaf {
                    return Err(format!("entry {seq} of the book was altered"));
                }
                noted_in(link, body).map_err(|why| format!("entry {seq} of the book {why}"))?;
            }
            Body::Shut(Shut::Destroyed) if ended.contains(&month(link.at)) => destroyed += 1,
            Body::Shut(Shut::Destroyed) => {
                let month = month(link.at);
                return Err(format!("the key of {month} is gone, and nothing says that it was destroyed"));
            }
            Body::Shut(Shut::KeyAltered) => return Err(format!("the key of {} was altered", month(link.at))),
            Body::Shut(_) => return Err(format!("entry {seq} of the book was altered")),
        }
    }
    // The newest heads may not be signed yet; between those that are, none may be missing.
    let mut signed = 0;
    for (at, head) in heads {
        signed += ENTRIES_A_HEAD;
        let there = at.checked_sub(1).and_then(|last| kept.entries.get(last as usize));
        match there {
            _ if at != signed => {
                return Err(format!("the signed head of {signed} entries of the book is gone"));
            }
            None => return Err(format!("entries at the end of the book are gone: {at} were signed")),
            Some((link, _)) if link.hash != head => {
                return Err(format!("the book is not the one whose head of {at} entries was signed"));
            }
            Some(_) => {}
        }
    }
    Ok(SoundBook { entries: chain.len(), signed, destroyed })
}

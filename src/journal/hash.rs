//! Hashes and salts, as 32 bytes here and as hex in text.

use serde::{Deserialize, Serialize, de::Error};
use sha2::{Digest, Sha256};
use std::{fmt, str::FromStr};
use zeroize::Zeroizing;

/// 32 bytes, written as 64 hex digits.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes32(pub [u8; 32]);

/// A SHA-256.
pub type Hash32 = Bytes32;

/// 32 bytes nobody can guess: with them in front, a hash tells nothing of what was hashed.
pub type Salt = Bytes32;

impl Bytes32 {
    /// SHA-256 over `parts`, one after the other.
    pub fn sha256(parts: &[&[u8]]) -> Hash32 {
        let mut hash = Sha256::new();
        parts.iter().for_each(|part| hash.update(part));
        Bytes32(hash.finalize().into())
    }

    /// These bytes, where they are 32.
    pub fn of(bytes: &[u8]) -> Option<Bytes32> {
        bytes.try_into().ok().map(Bytes32)
    }
}

impl fmt::Display for Bytes32 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Bytes32 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not 64 hex digits in lower case.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not 64 hex digits")]
pub struct NotHex;

impl FromStr for Bytes32 {
    type Err = NotHex;
    fn from_str(text: &str) -> Result<Bytes32, NotHex> {
        let digits = text.as_bytes();
        if digits.len() != 64 || !digits.iter().all(|d| matches!(d, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(NotHex);
        }
        let value = |digit: u8| if digit <= b'9' { digit - b'0' } else { digit - b'a' + 10 };
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = value(pair[0]) << 4 | value(pair[1]);
        }
        Ok(Bytes32(bytes))
    }
}

impl Serialize for Bytes32 {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Bytes32 {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

/// Salts for the entries of one call, from one seed of chance that is kept nowhere: who knows some of them learns
/// nothing of the others.
#[derive(Clone)]
pub struct Salts {
    seed: Zeroizing<[u8; 32]>,
    next: u64,
}

impl Salts {
    /// Those of `seed`.
    pub fn new(seed: [u8; 32]) -> Salts {
        Salts { seed: Zeroizing::new(seed), next: 0 }
    }

    /// Those of a call that nobody made: the same in every run, and no secret.
    pub fn of_nobody(call_id: &str) -> Salts {
        Salts::new(Bytes32::sha256(&[b"candor-nobody/1\n", call_id.as_bytes()]).0)
    }

    /// The next one.
    #[allow(clippy::should_implement_trait)] // it never ends, and is no sequence to be collected
    pub fn next(&mut self) -> Salt {
        let number = self.next;
        self.next += 1;
        Bytes32::sha256(&[b"candor-salt/1\n", &*self.seed, &number.to_be_bytes()])
    }
}

impl fmt::Debug for Salts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salts")
    }
}

//! Sealing: AES-256-GCM with a random nonce, `nonce (12) | ciphertext | tag (16)`.

use crate::ports::{SealKey, StoreUnavailable};
use aes_gcm::{
    Aes256Gcm, KeyInit,
    aead::{Aead, AeadInOut, Payload, Tag},
};
use rand::{TryRng, rngs::SysRng};
use zeroize::Zeroizing;

pub(super) const NONCE_BYTES: usize = 12;
pub(super) const TAG_BYTES: usize = 16;

/// A key, ready for use. Wiped from memory when it is dropped.
pub(super) struct Cipher(Aes256Gcm);

impl Cipher {
    pub(super) fn new(key: &SealKey) -> Cipher {
        Cipher(Aes256Gcm::new(key.expose().into()))
    }

    /// Seals `plain`; it opens only with the same `bound`.
    pub(super) fn seal(&self, bound: &[u8], plain: &[u8]) -> Result<Vec<u8>, StoreUnavailable> {
        let nonce: [u8; NONCE_BYTES] = random()?;
        let sealed = self
            .0
            .encrypt(&nonce.into(), Payload { msg: plain, aad: bound })
            .map_err(|_| StoreUnavailable("this is too long to be sealed".into()))?;
        Ok([&nonce[..], &sealed].concat())
    }

    /// What was sealed, unless one bit of it or of `bound` is another.
    pub(super) fn open(&self, bound: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>()?;
        self.0.decrypt(nonce.into(), Payload { msg: sealed, aad: bound }).ok().map(Zeroizing::new)
    }

    /// The same, opened where it lies: between the nonce and the tag. What does not open is of no use any more.
    pub(super) fn open_in_place<'a>(&self, bound: &[u8], sealed: &'a mut [u8]) -> Option<&'a [u8]> {
        let (nonce, sealed) = sealed.split_first_chunk_mut::<NONCE_BYTES>()?;
        let (sealed, tag) = sealed.split_last_chunk_mut::<TAG_BYTES>()?;
        let tag = Tag::<Aes256Gcm>::from(*tag);
        self.0.decrypt_inout_detached((&*nonce).into(), bound, (&mut *sealed).into(), &tag).ok()?;
        Some(sealed)
    }
}

/// Bytes of the operating system's chance.
pub(super) fn random<const N: usize>() -> Result<[u8; N], StoreUnavailable> {
    let mut bytes = [0; N];
    SysRng
        .try_fill_bytes(&mut bytes)
        .map_err(|e| StoreUnavailable(format!("the operating system gives no random numbers: {e}")))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sealed_opens_whole_in_its_place_or_not_at_all() {
        let cipher = Cipher::new(&SealKey::new([7; 32]));
        let sealed = cipher.seal(b"here", b"words").unwrap();
        assert_eq!(sealed.len(), NONCE_BYTES + 5 + TAG_BYTES);
        assert_eq!(&*cipher.open(b"here", &sealed).unwrap(), b"words");
        assert_eq!(cipher.open_in_place(b"here", &mut sealed.clone()).unwrap(), b"words");
        assert!(cipher.open_in_place(b"there", &mut sealed.clone()).is_none());
        assert!(cipher.open(b"there", &sealed).is_none());
        assert!(Cipher::new(&SealKey::new([8; 32])).open(b"here", &sealed).is_none());
        for bit in 0..sealed.len() * 8 {
            let mut other = sealed.clone();
            other[bit / 8] ^= 1 << (bit % 8);
            assert!(cipher.open(b"here", &other).is_none(), "bit {bit}");
            assert!(cipher.open_in_place(b"here", &mut other).is_none(), "bit {bit}");
        }
        for length in 0..sealed.len() {
            assert!(cipher.open(b"here", &sealed[..length]).is_none());
            assert!(cipher.open_in_place(b"here", &mut sealed[..length].to_vec()).is_none());
        }
        assert_ne!(cipher.seal(b"here", b"words").unwrap(), sealed, "never the same twice");
    }
}

//! What guards the secrets of a keyring file: nothing but its mode, or a passphrase as well.

use crate::{
    ports::{KeysFailed, SealKey},
    store::seal::{Cipher, random},
};
use argon2::{Algorithm, Argon2, Params, Version};
use base64::{Engine, prelude::BASE64_STANDARD as BASE64};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// The passphrase of a keyring.
pub type Passphrase = SecretString;

/// 64 MiB, three passes: RFC 9106's second choice.
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;
const LANES: u32 = 1;
/// What a file may ask of us: one that asks for more was not written by us.
const MEMORY_KIB_MAX: u32 = 1024 * 1024;
const PASSES_MAX: u32 = 16;
const SALT_BYTES: usize = 16;

/// How the passphrase becomes a key, as it stands in the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stretch {
    argon2id: String,
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

/// Guards secrets on their way to the file and back.
pub(super) struct Guard {
    stretch: Option<Stretch>,
    cipher: Option<Cipher>,
}

impl Guard {
    /// The guard of a new file.
    pub(super) fn new(passphrase: Option<&Passphrase>) -> Result<Guard, KeysFailed> {
        if passphrase.is_none() {
            return Ok(Guard { stretch: None, cipher: None });
        }
        let salt: [u8; SALT_BYTES] = random().map_err(|e| KeysFailed::Unavailable(e.0))?;
        let stretch =
            Stretch { argon2id: BASE64.encode(salt), memory_kib: MEMORY_KIB, passes: PASSES, lanes: LANES };
        Guard::of(Some(stretch), passphrase)
    }

    /// The guard of a file that says `stretch`.
    pub(super) fn of(stretch: Option<Stretch>, passphrase: Option<&Passphrase>) -> Result<Guard, KeysFailed> {
        let unavailable = |why: &str| Err(KeysFailed::Unavailable(why.into()));
        match (stretch, passphrase) {
            (None, _) => Ok(Guard { stretch: None, cipher: None }),
            (Some(_), None) => unavailable(
                "the keyring has a passphrase; give it in CANDOR_KEY_PASSPHRASE, or its file in \
                 CANDOR_KEY_PASSPHRASE_FILE",
            ),
            (Some(stretch), Some(passphrase)) => match stretch.key(passphrase) {
                Some(key) => Ok(Guard { cipher: Some(Cipher::new(&key)), stretch: Some(stretch) }),
                None => {
                    unavailable("the keyring asks for a passphrase in a way that this version does not know")
                }
            },
        }
    }

    pub(super) fn stretch(&self) -> Option<Stretch> {
        self.stretch.clone()
    }

    /// A secret as it is written.
    pub(super) fn written(&self, name: &str, secret: &SealKey) -> Result<Zeroizing<String>, KeysFailed> {
        let text = match &self.cipher {
            None => BASE64.encode(secret.expose()),
            Some(cipher) => BASE64.encode(
                cipher.seal(name.as_bytes(), secret.expose()).map_err(|e| KeysFailed::Unavailable(e.0))?,
            ),
        };
        Ok(Zeroizing::new(text))
    }

    /// The secret that was written.
    pub(super) fn read(&self, name: &str, written: &str) -> Option<SealKey> {
        let bytes = Zeroizing::new(BASE64.decode(written).ok()?);
        let secret = match &self.cipher {
            None => bytes,
            Some(cipher) => cipher.open(name.as_bytes(), &bytes)?,
        };
        Some(SealKey::new(secret.as_slice().try_into().ok()?))
    }
}

impl Stretch {
    fn key(&self, passphrase: &Passphrase) -> Option<SealKey> {
        if self.memory_kib > MEMORY_KIB_MAX || self.passes > PASSES_MAX {
            return None;
        }
        let salt = BASE64.decode(&self.argon2id).ok()?;
        let params = Params::new(self.memory_kib, self.passes, self.lanes, Some(32)).ok()?;
        let mut key = Zeroizing::new([0; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(passphrase.expose_secret().as_bytes(), &salt, key.as_mut_slice())
            .ok()?;
        Some(SealKey::new(*key))
    }
}

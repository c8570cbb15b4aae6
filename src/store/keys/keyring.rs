//! The keyring: `keys/keyring.json`, for its owner's eyes only. One set of keys a tenant: those that wrap data keys,
//! by version, one that signs, and one that tags what an index must find.

use super::guard::{Guard, Passphrase, Stretch};
use crate::{
    ports::{KeyService, KeysFailed, SealKey},
    store::seal::{Cipher, random},
};
use async_trait::async_trait;
use base64::{Engine, prelude::BASE64_STANDARD as BASE64};
use hmac::{Hmac, KeyInit, Mac};
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use std::{
    collections::BTreeMap,
    fs::{self, DirBuilder, File, OpenOptions},
    io::{ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};
use zeroize::Zeroizing;

const FILE: &str = "keyring.json";
const LOCK: &str = "keyring.lock";
const FORMAT: u32 = 1;
/// How a key that was wrapped here begins: `local:v2:` and base64.
const PREFIX: &str = "local:v";

/// The file, as it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    candor_keyring: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    passphrase: Option<Stretch>,
    tenants: BTreeMap<String, WrittenTenant>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenTenant {
    /// None of a tenant whose keys were destroyed.
    #[serde(default)]
    keys: Option<WrittenKeys>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenKeys {
    wrap: BTreeMap<u32, Zeroizing<String>>,
    sign: Zeroizing<String>,
    tag: Zeroizing<String>,
}

/// The keys of a tenant.
#[derive(Clone)]
struct Tenant {
    wrap: BTreeMap<u32, SealKey>,
    sign: SealKey,
    tag: SealKey,
}

type Tenants = BTreeMap<String, Option<Tenant>>;

/// The keyring of a folder. Several processes may use it at once.
pub struct Keyring {
    folder: PathBuf,
    guard: Guard,
    tenants: Mutex<Tenants>,
}

impl Keyring {
    /// Opens the keyring in `folder`; makes both where they are missing. Refuses a folder or a file that others
    /// than their owner can read.
    pub fn open(folder: &Path, passphrase: Option<&Passphrase>) -> Result<Keyring, KeysFailed> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(|e| failed(folder, "cannot be made", &e))?;
        private(folder)?;
        let _alone = lock(folder)?;
        match read(folder)? {
            Some(written) => {
                let guard = Guard::of(written.passphrase.clone(), passphrase)?;
                let tenants = Mutex::new(tenants_in(&guard, folder, &written)?);
                if guard.stretch().is_none() && passphrase.is_some() {
                    return Err(KeysFailed::Unavailable(format!(
                        "{} has no passphrase and one was given; leave CANDOR_KEY_PASSPHRASE out, or make the \
                         keyring anew",
                        folder.join(FILE).display()
                    )));
                }
                Ok(Keyring { folder: folder.into(), guard, tenants })
            }
            None => {
                let keyring = Keyring {
                    folder: folder.into(),
                    guard: Guard::new(passphrase)?,
                    tenants: Mutex::default(),
                };
                keyring.write(&Tenants::new())?;
                Ok(keyring)
            }
        }
    }

    /// Opens the keyring in `folder` only where there is one: for whoever must not make keys.
    pub fn existing(folder: &Path, passphrase: Option<&Passphrase>) -> Result<Keyring, KeysFailed> {
        match folder.join(FILE).is_file() {
            true => Keyring::open(folder, passphrase),
            false => Err(KeysFailed::Unavailable(format!(
                "there is no {FILE} in {}; give the folder of the keys with --keys",
                folder.display()
            ))),
        }
    }

    fn known(&self) -> MutexGuard<'_, Tenants> {
        // A panic of another thread leaves whole keys behind: they are replaced, never changed in place.
        self.tenants.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something with a tenant's keys. Another process may have made or rotated them meanwhile.
    fn with<T>(&self, tenant: &str, act: impl Fn(&Tenant) -> Option<T>) -> Result<T, KeysFailed> {
        self.with_or(tenant, false, act)
    }

    /// The same; keys are made where there are none yet and `make` says so.
    fn with_or<T>(
        &self,
        tenant: &str,
        make: bool,
        act: impl Fn(&Tenant) -> Option<T>,
    ) -> Result<T, KeysFailed> {
        let missing = || KeysFailed::Missing { tenant: tenant.into(), key: FILE.into() };
        match self.known().get(tenant) {
            Some(None) => return Err(missing()),
            Some(Some(keys)) => {
                if let Some(done) = act(keys) {
                    return Ok(done);
                }
            }
            None => {}
        }
        self.change(|tenants| {
            if make && !tenants.contains_key(tenant) {
                tenants.insert(tenant.into(), Some(Tenant::new()?));
            }
            Ok(())
        })?;
        self.known().get(tenant).and_then(Option::as_ref).and_then(act).ok_or_else(missing)
    }

    /// Reads the file again, changes what it holds, and writes it where that changed anything.
    fn change<T>(&self, act: impl FnOnce(&mut Tenants) -> Result<T, KeysFailed>) -> Result<T, KeysFailed> {
        let _alone = lock(&self.folder)?;
        let written = read(&self.folder)?.ok_or_else(|| {
            KeysFailed::Unavailable(format!("{} is gone", self.folder.join(FILE).display()))
        })?;
        if written.passphrase != self.guard.stretch() {
            return Err(KeysFailed::Unavailable("the keyring was made anew; start again".into()));
        }
        let mut tenants = tenants_in(&self.guard, &self.folder, &written)?;
        let before = shape(&tenants);
        let done = act(&mut tenants)?;
        if shape(&tenants) != before {
            self.write(&tenants)?;
        }
        *self.known() = tenants;
        Ok(done)
    }

    fn write(&self, tenants: &Tenants) -> Result<(), KeysFailed> {
        let mut written = BTreeMap::new();
        for (tenant, keys) in tenants {
            let keys = match keys {
                None => None,
                Some(keys) => {
                    let mut wrap = BTreeMap::new();
                    for (version, key) in &keys.wrap {
                        wrap.insert(
                            *version,
                            self.guard.written(&name(tenant, &format!("wrap {version}")), key)?,
                        );
                    }
                    let sign = self.guard.written(&name(tenant, "sign"), &keys.sign)?;
                    let tag = self.guard.written(&name(tenant, "tag"), &keys.tag)?;
                    Some(WrittenKeys { wrap, sign, tag })
                }
            };
            written.insert(tenant.clone(), WrittenTenant { keys });
        }
        let file = Written { candor_keyring: FORMAT, passphrase: self.guard.stretch(), tenants: written };
        let text = serde_json::to_vec_pretty(&file).map(Zeroizing::new);
        let path = self.folder.join(FILE);
        let unwritten = |e: std::io::Error| failed(&path, "cannot be written", &e);
        let text = text.map_err(|e| KeysFailed::Unavailable(e.to_string()))?;
        // Written beside and renamed: a reader sees the old keyring or the new one, never half of one.
        let beside = self.folder.join(format!("{FILE}.new"));
        let _ = fs::remove_file(&beside);
        let new = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside);
        let mut new = new.map_err(unwritten)?;
        new.write_all(&text).and_then(|()| new.sync_all()).map_err(unwritten)?;
        fs::rename(&beside, &path).map_err(unwritten)?;
        File::open(&self.folder).and_then(|folder| folder.sync_all()).map_err(unwritten)
    }
}

impl Tenant {
    fn new() -> Result<Tenant, KeysFailed> {
        Ok(Tenant { wrap: BTreeMap::from([(1, fresh()?)]), sign: fresh()?, tag: fresh()? })
    }

    fn pair(&self) -> Option<Ed25519KeyPair> {
        Ed25519KeyPair::from_seed_unchecked(self.sign.expose()).ok()
    }
}

#[async_trait]
impl KeyService for Keyring {
    async fn wrap(&self, tenant: &str, place: &str, key: &SealKey) -> Result<String, KeysFailed> {
        // Another process may have rotated it: what is wrapped from then on is wrapped under the new one.
        self.change(|_| Ok(()))?;
        let sealed = self.with_or(tenant, true, |keys| {
            let (version, own) = keys.wrap.last_key_value()?;
            let sealed = Cipher::new(own).seal(bound(tenant, place).as_bytes(), key.expose());
            Some(sealed.map(|sealed| format!("{PREFIX}{version}:{}", BASE64.encode(sealed))))
        })?;
        sealed.map_err(|e| KeysFailed::Unavailable(e.0))
    }

    async fn unwrap_key(&self, tenant: &str, place: &str, wrapped: &str) -> Result<SealKey, KeysFailed> {
        let (version, sealed) = parsed(wrapped)?;
        let opened = self.with(tenant, |keys| {
            let own = keys.wrap.get(&version)?;
            let key = Cipher::new(own).open(bound(tenant, place).as_bytes(), &sealed);
            Some(key.and_then(|key| Some(SealKey::new(key.as_slice().try_into().ok()?))))
        });
        match opened {
            Ok(key) => key.ok_or(KeysFailed::Altered),
            Err(KeysFailed::Missing { tenant, .. }) => {
                Err(KeysFailed::Missing { tenant, key: format!("v{version}") })
            }
            Err(other) => Err(other),
        }
    }

    async fn is_newest(&self, tenant: &str, wrapped: &str) -> Result<bool, KeysFailed> {
        let (version, _) = parsed(wrapped)?;
        self.with(tenant, |keys| keys.wrap.last_key_value().map(|(newest, _)| *newest == version))
    }

    async fn rotate(&self, tenant: &str) -> Result<u32, KeysFailed> {
        self.with(tenant, |_| Some(()))?;
        self.change(|tenants| match tenants.get_mut(tenant) {
            Some(Some(keys)) => {
                let version = keys.wrap.last_key_value().map_or(0, |(newest, _)| *newest) + 1;
                keys.wrap.insert(version, fresh()?);
                Ok(version)
            }
            _ => Err(KeysFailed::Missing { tenant: tenant.into(), key: FILE.into() }),
        })
    }

    async fn destroy(&self, tenant: &str) -> Result<(), KeysFailed> {
        self.change(|tenants| {
            tenants.insert(tenant.into(), None);
            Ok(())
        })
    }

    async fn sign(&self, tenant: &str, message: &[u8]) -> Result<[u8; 64], KeysFailed> {
        self.with_or(tenant, true, |keys| keys.pair()?.sign(message).as_ref().try_into().ok())
    }

    async fn public_key(&self, tenant: &str) -> Result<[u8; 32], KeysFailed> {
        self.with(tenant, |keys| keys.pair()?.public_key().as_ref().try_into().ok())
    }

    async fn tag(&self, tenant: &str, bytes: &[u8]) -> Result<[u8; 32], KeysFailed> {
        self.with(tenant, |keys| {
            let mut tag = Hmac::<Sha256>::new_from_slice(keys.tag.expose()).ok()?;
            tag.update(bytes);
            Some(tag.finalize().into_bytes().into())
        })
    }

    async fn tenants(&self) -> Result<Vec<String>, KeysFailed> {
        self.change(|_| Ok(()))?;
        Ok(self.known().iter().filter(|(_, keys)| keys.is_some()).map(|(tenant, _)| tenant.clone()).collect())
    }
}

fn parsed(wrapped: &str) -> Result<(u32, Vec<u8>), KeysFailed> {
    let parts = wrapped.strip_prefix(PREFIX).and_then(|rest| rest.split_once(':'));
    let (version, sealed) = parts.ok_or(KeysFailed::Altered)?;
    let number: u32 = version.parse().map_err(|_| KeysFailed::Altered)?;
    // `+1` and `01` are 1 too, and were not written by us.
    if number.to_string() != version {
        return Err(KeysFailed::Altered);
    }
    Ok((number, BASE64.decode(sealed).map_err(|_| KeysFailed::Altered)?))
}

fn bound(tenant: &str, place: &str) -> String {
    format!("candor-key/1\n{tenant}\n{place}")
}

fn name(tenant: &str, key: &str) -> String {
    format!("candor-keyring/1\n{tenant}\n{key}")
}

fn fresh() -> Result<SealKey, KeysFailed> {
    random().map(SealKey::new).map_err(|e| KeysFailed::Unavailable(e.0))
}

/// What of a keyring can change: keys are added and go, and never become others.
fn shape(tenants: &Tenants) -> Vec<(String, Option<usize>)> {
    tenants.iter().map(|(tenant, keys)| (tenant.clone(), keys.as_ref().map(|k| k.wrap.len()))).collect()
}

fn read(folder: &Path) -> Result<Option<Written>, KeysFailed> {
    let path = folder.join(FILE);
    let text = match fs::read(&path) {
        Ok(text) => Zeroizing::new(text),
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(failed(&path, "cannot be read", &e)),
    };
    private(&path)?;
    let damaged = || {
        KeysFailed::Unavailable(format!(
            "{} is damaged, or of a later version; put its backup back",
            path.display()
        ))
    };
    // Without serde's own words: they could quote a key.
    let written: Written = serde_json::from_slice(&text).map_err(|_| damaged())?;
    if written.candor_keyring != FORMAT { Err(damaged()) } else { Ok(Some(written)) }
}

fn tenants_in(guard: &Guard, folder: &Path, written: &Written) -> Result<Tenants, KeysFailed> {
    let unread = || {
        KeysFailed::Unavailable(match &written.passphrase {
            Some(_) => "the passphrase is not the one of this keyring".into(),
            None => format!("{} is damaged; put its backup back", folder.join(FILE).display()),
        })
    };
    let mut tenants = Tenants::new();
    for (tenant, WrittenTenant { keys }) in &written.tenants {
        let keys = match keys {
            None => None,
            Some(keys) => {
                let mut wrap = BTreeMap::new();
                for (version, key) in &keys.wrap {
                    let key =
                        guard.read(&name(tenant, &format!("wrap {version}")), key).ok_or_else(unread)?;
                    wrap.insert(*version, key);
                }
                let sign = guard.read(&name(tenant, "sign"), &keys.sign).ok_or_else(unread)?;
                let tag = guard.read(&name(tenant, "tag"), &keys.tag).ok_or_else(unread)?;
                Some(Tenant { wrap, sign, tag })
            }
        };
        tenants.insert(tenant.clone(), keys);
    }
    Ok(tenants)
}

/// Refuses what others than the owner can look into.
fn private(path: &Path) -> Result<(), KeysFailed> {
    let about = fs::metadata(path).map_err(|e| failed(path, "cannot be read", &e))?;
    let mode = about.permissions().mode() & 0o777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    let right = if about.is_dir() { "700" } else { "600" };
    Err(KeysFailed::Unavailable(format!(
        "others than its owner may use {} (mode {mode:o}); run `chmod {right} {}`, and think of who could read it",
        path.display(),
        path.display()
    )))
}

/// Alone with the file among all processes, until dropped. Held for moments only.
fn lock(folder: &Path) -> Result<File, KeysFailed> {
    let path = folder.join(LOCK);
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
    let file = file.map_err(|e| failed(&path, "cannot be opened", &e))?;
    file.lock().map_err(|e| failed(&path, "cannot be locked", &e))?;
    Ok(file)
}

fn failed(path: &Path, what: &str, error: &std::io::Error) -> KeysFailed {
    KeysFailed::Unavailable(format!(
        "{} {what}: {error}; make it readable and writable for this account, or give another folder with --keys",
        path.display()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Folder {
            let path = std::env::temp_dir().join(format!("candor-keyring-{}-{name}", std::process::id()));
            let _ = fs::remove_dir_all(&path);
            Folder(path)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[tokio::test]
    async fn a_wrapped_key_opens_in_its_place_after_a_rotation_and_in_another_process() {
        let folder = Folder::new("wrapped");
        let ring = Keyring::open(&folder.0, None).unwrap();
        let other = Keyring::open(&folder.0, None).unwrap();
        let key = SealKey::new([3; 32]);
        let old = ring.wrap("harbor", "call/general", &key).await.unwrap();
        assert_eq!(ring.rotate("harbor").await.unwrap(), 2);
        let new = ring.wrap("harbor", "call/general", &key).await.unwrap();
        assert!(old.starts_with("local:v1:") && new.starts_with("local:v2:"));
        for ring in [&ring, &other, &Keyring::open(&folder.0, None).unwrap()] {
            assert_eq!(ring.unwrap_key("harbor", "call/general", &old).await.unwrap(), key);
            assert_eq!(ring.unwrap_key("harbor", "call/general", &new).await.unwrap(), key);
            assert_eq!(ring.is_newest("harbor", &old).await, Ok(false));
            assert_eq!(ring.is_newest("harbor", &new).await, Ok(true));
        }
        let altered = Err(KeysFailed::Altered);
        assert_eq!(ring.unwrap_key("harbor", "call/sensitive", &new).await, altered);
        for bit in 0..new.len() * 8 {
            let mut bytes = new.clone().into_bytes();
            bytes[bit / 8] ^= 1 << (bit % 8);
            if let Ok(text) = String::from_utf8(bytes) {
                assert!(ring.unwrap_key("harbor", "call/general", &text).await.is_err(), "{text}");
            }
        }
        assert!(ring.unwrap_key("cove", "call/general", &new).await.is_err());
        assert_eq!(ring.tenants().await.unwrap(), ["harbor"], "asking makes no keys");
    }

    #[tokio::test]
    async fn what_a_tenant_signed_is_its_own_and_goes_with_its_keys() {
        let folder = Folder::new("signed");
        let ring = Keyring::open(&folder.0, None).unwrap();
        let signature = ring.sign("harbor", b"head").await.unwrap();
        let public = ring.public_key("harbor").await.unwrap();
        let checks = |message: &[u8]| {
            ring::signature::UnparsedPublicKey::new(&ring::signature::ED25519, public)
                .verify(message, &signature)
                .is_ok()
        };
        assert!(checks(b"head") && !checks(b"heap"));
        assert!(ring.public_key("cove").await.is_err(), "asking makes no keys");
        assert_ne!(ring.sign("cove", b"head").await.unwrap(), signature);
        assert_ne!(ring.public_key("cove").await.unwrap(), public);
        assert_eq!(ring.tag("harbor", b"x").await, ring.tag("harbor", b"x").await);
        assert_ne!(ring.tag("harbor", b"x").await, ring.tag("cove", b"x").await);
        let wrapped = ring.wrap("harbor", "p", &SealKey::new([1; 32])).await.unwrap();
        ring.destroy("harbor").await.unwrap();
        for ring in [&ring, &Keyring::open(&folder.0, None).unwrap()] {
            assert!(ring.unwrap_key("harbor", "p", &wrapped).await.is_err());
            assert!(ring.wrap("harbor", "p", &SealKey::new([1; 32])).await.is_err(), "it does not come back");
            assert_eq!(ring.tenants().await.unwrap(), ["cove"]);
        }
    }

    #[tokio::test]
    async fn a_passphrase_guards_the_file_and_is_asked_for() {
        let folder = Folder::new("guarded");
        let right = Passphrase::from("correct horse");
        let wrapped = {
            let ring = Keyring::open(&folder.0, Some(&right)).unwrap();
            ring.wrap("harbor", "p", &SealKey::new([9; 32])).await.unwrap()
        };
        let ring = Keyring::open(&folder.0, Some(&right)).unwrap();
        assert_eq!(ring.unwrap_key("harbor", "p", &wrapped).await, Ok(SealKey::new([9; 32])));
        let why = |passphrase: Option<&Passphrase>| {
            Keyring::open(&folder.0, passphrase).err().expect("it does not open").to_string()
        };
        assert!(why(None).contains("CANDOR_KEY_PASSPHRASE"));
        assert!(why(Some(&Passphrase::from("wrong"))).contains("not the one"));
    }

    #[test]
    fn a_keyring_that_others_can_read_is_refused_with_the_mend() {
        let folder = Folder::new("modes");
        drop(Keyring::open(&folder.0, None).unwrap());
        let file = folder.0.join(FILE);
        let modes = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((modes(&folder.0), modes(&file)), (0o700, 0o600));
        for (path, wrong, right) in [(&folder.0, 0o750, 0o700), (&file, 0o644, 0o600)] {
            mode(path, wrong);
            let refused = Keyring::open(&folder.0, None).err().unwrap().to_string();
            assert!(refused.contains(&format!("chmod {right:o}")), "{refused}");
            mode(path, right);
        }
        fs::write(&file, "{}").unwrap();
        assert!(Keyring::open(&folder.0, None).err().unwrap().to_string().contains("damaged"));
    }
}

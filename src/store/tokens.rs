//! Bearer tokens of the API. A token is shown once, when it is made; of it only the SHA-256 is kept.

use super::database;
use crate::{access::Role, ports::StoreUnavailable, time::Utc};
use rand::{TryRng, rngs::SysRng};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use sqlx::{Row, SqlitePool, sqlite::SqliteRow};
use std::{
    fs::OpenOptions,
    io::{self, ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};
use subtle::ConstantTimeEq;

const PREFIX: &str = "candor_";
const LOCAL: &str = "local.token";
/// Longer than any token: what a client sends is cut short here.
const TOKEN_BYTES_MAX: usize = 128;

/// What is kept of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// By which it is listed and revoked; no secret.
    pub id: String,
    /// What its owner called it.
    pub name: String,
    /// For whom it speaks.
    pub role: Role,
    /// In which program; of a keyholder none: every program.
    pub program: Option<String>,
    /// When it was made.
    pub created_at: Utc,
    /// When it was revoked, if it was.
    pub revoked_at: Option<Utc>,
}

/// The tokens of a data folder. Cheap to clone.
#[derive(Clone)]
pub struct Tokens {
    pool: SqlitePool,
}

impl Tokens {
    /// Opens the tokens of a data folder, beside a running server or without one; makes the folder where it
    /// is missing, so that a token can be made before the first start.
    pub async fn open(data: &Path) -> Result<Tokens, StoreUnavailable> {
        database::folder(data)?;
        // Where a server holds the lock, it has brought the database to its form.
        if let Some(_lock) = database::try_lock(data)? {
            database::migrate(data).await?;
        }
        Tokens::on(data).await
    }

    /// The tokens of a data folder that is open already.
    pub(super) async fn on(data: &Path) -> Result<Tokens, StoreUnavailable> {
        Ok(Tokens { pool: database::desk(data).await? })
    }

    /// Makes a token: 256 bits of the operating system's chance. This is the only time it can be seen.
    pub async fn create(
        &self,
        name: &str,
        role: Role,
        program: Option<&str>,
        now: Utc,
    ) -> Result<(Token, SecretString), StoreUnavailable> {
        let secret = format!("{PREFIX}{}", base62(draw()?));
        let [first, ..] = draw()?;
        let token = Token {
            id: format!("tok_{:016x}", first),
            name: name.into(),
            role,
            program: program.map(Into::into),
            created_at: now,
            revoked_at: None,
        };
        sqlx::query(
            "INSERT INTO tokens (id, name, sha256, role, program, created_at) VALUES (?, ?, ?, ?, ?, ?)",
        )
        .bind(&token.id)
        .bind(name)
        .bind(digest(&secret).as_slice())
        .bind(role.name())
        .bind(program)
        .bind(now.0)
        .execute(&self.pool)
        .await
        .map_err(failed)?;
        Ok((token, SecretString::from(secret)))
    }

    /// The token that `presented` is, unless it was revoked or never was.
    pub async fn verify(&self, presented: &str) -> Result<Option<Token>, StoreUnavailable> {
        if !presented.starts_with(PREFIX) || presented.len() > TOKEN_BYTES_MAX {
            return Ok(None);
        }
        let digest = digest(presented);
        let rows = sqlx::query("SELECT * FROM tokens WHERE revoked_at IS NULL").fetch_all(&self.pool).await;
        let mut found = None;
        // Every digest is compared, and each to its end: the time taken says nothing about any token.
        for row in &rows.map_err(failed)? {
            let kept: &[u8] = row.try_get("sha256").map_err(failed)?;
            if bool::from(kept.ct_eq(&digest)) {
                found = token_in(row)?;
            }
        }
        Ok(found)
    }

    /// Revokes a token, from its next use on. False where there is none of this id that still was good.
    pub async fn revoke(&self, id: &str, now: Utc) -> Result<bool, StoreUnavailable> {
        sqlx::query("UPDATE tokens SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL")
            .bind(now.0)
            .bind(id)
            .execute(&self.pool)
            .await
            .map(|done| done.rows_affected() == 1)
            .map_err(failed)
    }

    /// Every token there was, oldest first.
    pub async fn list(&self) -> Result<Vec<Token>, StoreUnavailable> {
        sqlx::query("SELECT * FROM tokens ORDER BY created_at, rowid")
            .fetch_all(&self.pool)
            .await
            .map_err(failed)?
            .iter()
            .filter_map(|row| token_in(row).transpose())
            .collect()
    }

    /// The token in `keys/local.token` (mode 0600), for tools that the same owner runs on the same machine:
    /// the one that is there while it is good, else a new one. Whoever can read it can read the keys beside it: it
    /// speaks for the keyholder.
    pub async fn local(&self, keys: &Path, now: Utc) -> Result<SecretString, StoreUnavailable> {
        database::folder(keys)?;
        if let Some(kept) = local(keys).map_err(|e| unwritten(keys, &e))?
            && self.verify(kept.expose_secret()).await?.is_some_and(|token| token.role == Role::Keyholder)
        {
            return Ok(kept);
        }
        let (_, secret) = self.create("local", Role::Keyholder, None, now).await?;
        keep(keys, &secret).map_err(|e| unwritten(keys, &e))?;
        Ok(secret)
    }
}

/// The token that the server of this machine left in `keys`, if there is one.
pub fn local(keys: &Path) -> io::Result<Option<SecretString>> {
    match std::fs::read_to_string(path_in(keys)) {
        Ok(text) => Ok(Some(SecretString::from(text.trim()))),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e),
    }
}

fn keep(keys: &Path, secret: &SecretString) -> io::Result<()> {
    // Written beside and renamed: a reader sees the old token or the new one, never half of one.
    let beside = keys.join(format!("{LOCAL}.new"));
    let _ = std::fs::remove_file(&beside);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
    writeln!(file, "{}", secret.expose_secret())?;
    file.sync_all()?;
    std::fs::rename(beside, path_in(keys))
}

fn path_in(keys: &Path) -> PathBuf {
    keys.join(LOCAL)
}

/// A token; `None` where its role is none of this version: one from before there were roles, or of a later version.
/// It lets nobody in.
fn token_in(row: &SqliteRow) -> Result<Option<Token>, StoreUnavailable> {
    let role: &str = row.try_get("role").map_err(failed)?;
    let Ok(role) = role.parse() else { return Ok(None) };
    Ok(Some(Token {
        id: row.try_get("id").map_err(failed)?,
        name: row.try_get("name").map_err(failed)?,
        role,
        program: row.try_get("program").map_err(failed)?,
        created_at: Utc(row.try_get("created_at").map_err(failed)?),
        revoked_at: row.try_get::<Option<i64>, _>("revoked_at").map_err(failed)?.map(Utc),
    }))
}

pub(super) fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}

pub(super) fn draw() -> Result<[u64; 4], StoreUnavailable> {
    let mut words = [0; 4];
    for word in &mut words {
        *word = SysRng
            .try_next_u64()
            .map_err(|e| StoreUnavailable(format!("the operating system gives no random numbers: {e}")))?;
    }
    Ok(words)
}

/// A number of 256 bits in the digits 0-9, A-Z, a-z, always 43 of them.
pub(super) fn base62(mut words: [u64; 4]) -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut digits = [b'0'; 43];
    for digit in digits.iter_mut().rev() {
        let mut rest = 0u128;
        for word in &mut words {
            let value = (rest << 64) | u128::from(*word);
            // Both fit: the quotient of a number below 62 * 2^64 by 62, and a rest below 62.
            *word = (value / 62) as u64;
            rest = value % 62;
        }
        *digit = DIGITS[rest as usize];
    }
    digits.iter().map(|d| char::from(*d)).collect()
}

fn failed(error: sqlx::Error) -> StoreUnavailable {
    StoreUnavailable(format!(
        "the tokens cannot be read or written: {error}; check the disk of the data folder"
    ))
}

fn unwritten(keys: &Path, error: &io::Error) -> StoreUnavailable {
    StoreUnavailable(format!(
        "{} cannot be read or written: {error}; make the folder writable for this account, or give another with --keys",
        path_in(keys).display()
    ))
}

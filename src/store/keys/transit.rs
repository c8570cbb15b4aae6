//! Keys in Vault's Transit engine: they never leave it. Each program has three there, made when they are first needed:
//! `candor-PROGRAM-wrap` (aes256-gcm96), `-sign` (ed25519) and `-tag` (for HMAC). Paths and fields as in
//! <https://developer.hashicorp.com/vault/api-docs/secret/transit>.

use crate::ports::{KeyService, KeysFailed, SealKey};
use async_trait::async_trait;
use base64::{Engine, prelude::BASE64_STANDARD as BASE64};
use reqwest::{Client, Method, StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use std::time::Duration;
use zeroize::Zeroizing;

/// A call waits for this before its first word: longer is as if there were no keys.
const ANSWER_MS_MAX: u64 = 3_000;
const TAG_VERSION: u32 = 1;

/// A Vault server with a Transit engine.
pub struct Transit {
    http: Client,
    base: Url,
    token: SecretString,
}

impl Transit {
    /// The engine mounted at `mount` of the server at `address`. `token` may use the keys `candor-*` there.
    pub fn new(address: &str, mount: &str, token: SecretString) -> Result<Transit, KeysFailed> {
        // Whoever uses this without the command line has installed none yet; a second one is no error.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let unusable = |why: &dyn std::fmt::Display| {
            KeysFailed::Unavailable(format!(
                "the address of Vault cannot be used: {why}; write https://HOST:8200"
            ))
        };
        let whole = format!("{}/v1/{}/", address.trim_end_matches('/'), mount.trim_matches('/'));
        let base: Url = whole.parse().map_err(|e| unusable(&e))?;
        let is_local = matches!(base.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
        if base.scheme() != "https" && !is_local {
            return Err(unusable(&"keys would cross the network in the clear"));
        }
        let http = Client::builder()
            .timeout(Duration::from_millis(ANSWER_MS_MAX))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|e| unusable(&e))?;
        Ok(Transit { http, base, token })
    }

    /// Asks Vault: what it answered under `data`, `None` where there is no such key.
    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Result<Asked, KeysFailed> {
        let failed = |why: String| KeysFailed::Unavailable(format!("Vault: {why}"));
        let url = self.base.join(path).map_err(|e| failed(e.to_string()))?;
        let mut request = self.http.request(method, url).header("X-Vault-Token", self.token.expose_secret());
        if let Some(body) = &body {
            request = request.json(body);
        }
        // Without the address: it is no secret, but it is no news either.
        let answer = request.send().await.map_err(|e| failed(e.without_url().to_string()))?;
        match answer.status() {
            StatusCode::NO_CONTENT => Ok(Asked::Done(Value::Null)),
            StatusCode::OK => {
                let mut whole: Value =
                    answer.json().await.map_err(|e| failed(e.without_url().to_string()))?;
                Ok(Asked::Done(whole["data"].take()))
            }
            StatusCode::NOT_FOUND => Ok(Asked::Nothing),
            StatusCode::BAD_REQUEST => Ok(Asked::Refused),
            status => Err(failed(format!("it answered {status}; check its seal, the token and its policy"))),
        }
    }

    /// Makes a key where there is none; one that is there stays as it is.
    async fn make(&self, tenant: &str, name: &str, kind: &str) -> Result<(), KeysFailed> {
        let path = format!("keys/{}", key(tenant, name)?);
        match self.ask(Method::POST, &path, Some(json!({ "type": kind }))).await? {
            Asked::Done(_) => Ok(()),
            _ => Err(KeysFailed::Unavailable(format!("Vault: it makes no key of type {kind}"))),
        }
    }

    /// Asks for something that needs a key, which is made first where it is not there.
    async fn with(
        &self,
        (tenant, name, kind): (&str, &str, &str),
        act: &str,
        body: Value,
    ) -> Result<Value, KeysFailed> {
        let path = format!("{act}/{}", key(tenant, name)?);
        for _ in 0..2 {
            match self.ask(Method::POST, &path, Some(body.clone())).await? {
                Asked::Done(data) => return Ok(data),
                // It says 400 to a key that it does not know, as to input that it does not like.
                Asked::Nothing | Asked::Refused => self.make(tenant, name, kind).await?,
            }
        }
        Err(missing(tenant, name))
    }

    async fn about(&self, tenant: &str, name: &str) -> Result<Value, KeysFailed> {
        match self.ask(Method::GET, &format!("keys/{}", key(tenant, name)?), None).await? {
            Asked::Done(data) => Ok(data),
            _ => Err(missing(tenant, name)),
        }
    }
}

enum Asked {
    Done(Value),
    /// 404.
    Nothing,
    /// 400.
    Refused,
}

const WRAP: (&str, &str) = ("wrap", "aes256-gcm96");
const SIGN: (&str, &str) = ("sign", "ed25519");
const TAG: (&str, &str) = ("tag", "aes256-gcm96");

#[async_trait]
impl KeyService for Transit {
    async fn wrap(&self, tenant: &str, place: &str, key: &SealKey) -> Result<String, KeysFailed> {
        let plain = Zeroizing::new(BASE64.encode(key.expose()));
        let body = json!({ "plaintext": *plain, "associated_data": BASE64.encode(place) });
        let data = self.with((tenant, WRAP.0, WRAP.1), "encrypt", body).await?;
        data["ciphertext"].as_str().map(Into::into).ok_or_else(strange)
    }

    async fn unwrap_key(&self, tenant: &str, place: &str, wrapped: &str) -> Result<SealKey, KeysFailed> {
        version(wrapped)?;
        let body = json!({ "ciphertext": wrapped, "associated_data": BASE64.encode(place) });
        match self.ask(Method::POST, &format!("decrypt/{}", key(tenant, WRAP.0)?), Some(body)).await? {
            Asked::Done(data) => {
                let plain = Zeroizing::new(data["plaintext"].as_str().unwrap_or_default().to_owned());
                let bytes = Zeroizing::new(BASE64.decode(&*plain).map_err(|_| strange())?);
                Ok(SealKey::new(bytes.as_slice().try_into().map_err(|_| strange())?))
            }
            Asked::Nothing => Err(missing(tenant, WRAP.0)),
            // A key that is gone is told so here as well.
            Asked::Refused => self.about(tenant, WRAP.0).await.and(Err(KeysFailed::Altered)),
        }
    }

    async fn is_newest(&self, tenant: &str, wrapped: &str) -> Result<bool, KeysFailed> {
        let newest = self.about(tenant, WRAP.0).await?["latest_version"].as_u64();
        Ok(newest == Some(u64::from(version(wrapped)?)))
    }

    async fn rotate(&self, tenant: &str) -> Result<u32, KeysFailed> {
        let path = format!("keys/{}/rotate", key(tenant, WRAP.0)?);
        match self.ask(Method::POST, &path, Some(json!({}))).await? {
            Asked::Done(_) => {
                let newest = self.about(tenant, WRAP.0).await?["latest_version"].as_u64();
                newest.and_then(|version| u32::try_from(version).ok()).ok_or_else(strange)
            }
            _ => Err(missing(tenant, WRAP.0)),
        }
    }

    async fn destroy(&self, tenant: &str) -> Result<(), KeysFailed> {
        for (name, _) in [WRAP, SIGN, TAG] {
            let path = format!("keys/{}", key(tenant, name)?);
            let allow = json!({ "deletion_allowed": true });
            self.ask(Method::POST, &format!("{path}/config"), Some(allow)).await?;
            self.ask(Method::DELETE, &path, None).await?;
        }
        match self.about(tenant, WRAP.0).await {
            Err(KeysFailed::Missing { .. }) => Ok(()),
            _ => Err(KeysFailed::Unavailable("Vault: it keeps a key that was to be destroyed".into())),
        }
    }

    async fn sign(&self, tenant: &str, message: &[u8]) -> Result<[u8; 64], KeysFailed> {
        let body = json!({ "input": BASE64.encode(message) });
        let data = self.with((tenant, SIGN.0, SIGN.1), "sign", body).await?;
        tail(&data["signature"]).and_then(|bytes| bytes.try_into().ok()).ok_or_else(strange)
    }

    async fn public_key(&self, tenant: &str) -> Result<[u8; 32], KeysFailed> {
        let data = self.about(tenant, SIGN.0).await?;
        let newest = data["latest_version"].as_u64().unwrap_or(1).to_string();
        let public = data["keys"][&newest]["public_key"].as_str().and_then(|text| BASE64.decode(text).ok());
        public.and_then(|bytes| bytes.try_into().ok()).ok_or_else(strange)
    }

    async fn tag(&self, tenant: &str, bytes: &[u8]) -> Result<[u8; 32], KeysFailed> {
        let body =
            json!({ "input": BASE64.encode(bytes), "key_version": TAG_VERSION, "algorithm": "sha2-256" });
        let data = self.with((tenant, TAG.0, TAG.1), "hmac", body).await?;
        tail(&data["hmac"]).and_then(|bytes| bytes.try_into().ok()).ok_or_else(strange)
    }

    async fn tenants(&self) -> Result<Vec<String>, KeysFailed> {
        let data = match self.ask(Method::GET, "keys?list=true", None).await? {
            Asked::Done(data) => data,
            _ => return Ok(Vec::new()),
        };
        let names = data["keys"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let tenant = |name: &str| Some(name.strip_prefix("candor-")?.strip_suffix("-wrap")?.to_owned());
        Ok(names.filter_map(tenant).collect())
    }
}

/// A key's name there. A program's id becomes part of an address, so it is letters, digits, `-` and `_`.
fn key(tenant: &str, name: &str) -> Result<String, KeysFailed> {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    match !tenant.is_empty() && tenant.chars().all(fits) {
        true => Ok(format!("candor-{tenant}-{name}")),
        false => Err(missing(tenant, name)),
    }
}

/// The version in `vault:v3:...`.
fn version(wrapped: &str) -> Result<u32, KeysFailed> {
    let parts = wrapped.strip_prefix("vault:v").and_then(|rest| rest.split_once(':'));
    parts.and_then(|(version, _)| version.parse().ok()).ok_or(KeysFailed::Altered)
}

/// The bytes in `vault:v1:BASE64`.
fn tail(value: &Value) -> Option<Vec<u8>> {
    BASE64.decode(value.as_str()?.rsplit_once(':')?.1).ok()
}

fn missing(tenant: &str, name: &str) -> KeysFailed {
    KeysFailed::Missing { tenant: tenant.into(), key: name.into() }
}

fn strange() -> KeysFailed {
    KeysFailed::Unavailable("Vault: its answer has not the fields of Transit".into())
}

//! The keys can be Vault's: a server in this process speaks what Transit's documentation says, and calls are sealed
//! with it, found, verified, wrapped anew and destroyed.

use crate::ground::{BEGAN, Folder, entries, opened};
use aes_gcm::{
    Aes256Gcm, KeyInit,
    aead::{Aead, Payload},
};
use axum::{
    Json, Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri},
};
use base64::{Engine, prelude::BASE64_STANDARD as BASE64};
use candor::{
    journal::{self, Chain, Label},
    ports::{KeyService, KeysFailed, Ledger, SealKey},
    store::{Store, keys::Transit},
};
use hmac::{Hmac, Mac};
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

/// A key of this Vault: its type, and how many versions it has.
struct Held {
    kind: String,
    versions: u32,
    is_deletable: bool,
}

type Vault = Arc<Mutex<BTreeMap<String, Held>>>;

fn bytes(name: &str, version: u32) -> [u8; 32] {
    Sha256::digest(format!("{name} {version}")).into()
}

async fn answer(
    State(vault): State<Vault>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, Json<Value>) {
    let error = |status: StatusCode, why: &str| (status, Json(json!({ "errors": [why] })));
    if headers.get("x-vault-token").is_none_or(|token| token != "s.right") {
        return error(StatusCode::FORBIDDEN, "permission denied");
    }
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let text = |field: &str| BASE64.decode(body[field].as_str().unwrap_or_default()).unwrap_or_default();
    let done = |data: Value| (StatusCode::OK, Json(json!({ "request_id": "r", "data": data })));
    let path = uri.path().strip_prefix("/v1/transit/").unwrap_or_default().to_owned();
    let parts: Vec<&str> = path.split('/').collect();
    let mut vault = vault.lock().unwrap();
    match (method.as_str(), &parts[..]) {
        ("GET", ["keys"]) => done(json!({ "keys": vault.keys().collect::<Vec<_>>() })),
        ("POST", ["keys", name]) => {
            let kind = body["type"].as_str().unwrap().to_owned();
            vault.entry((*name).into()).or_insert(Held { kind, versions: 1, is_deletable: false });
            done(Value::Null)
        }
        ("POST", ["keys", name, "rotate"]) => match vault.get_mut(*name) {
            Some(held) => {
                held.versions += 1;
                done(Value::Null)
            }
            None => error(StatusCode::NOT_FOUND, ""),
        },
        ("POST", ["keys", name, "config"]) => {
            if let Some(held) = vault.get_mut(*name) {
                held.is_deletable = body["deletion_allowed"] == true;
            }
            done(Value::Null)
        }
        ("DELETE", ["keys", name]) => match vault.get(*name).is_some_and(|held| held.is_deletable) {
            true => {
                vault.remove(*name);
                (StatusCode::NO_CONTENT, Json(Value::Null))
            }
            false => error(StatusCode::BAD_REQUEST, "deletion is not allowed for this key"),
        },
        ("GET", ["keys", name]) => match vault.get(*name) {
            Some(held) => {
                let public = Ed25519KeyPair::from_seed_unchecked(&bytes(name, 1)).unwrap();
                let public = BASE64.encode(public.public_key().as_ref());
                let keys = json!({ "1": { "public_key": public } });
                done(json!({ "type": held.kind, "latest_version": held.versions, "keys": keys }))
            }
            None => error(StatusCode::NOT_FOUND, ""),
        },
        ("POST", [act, name]) => {
            let Some(held) = vault.get(*name) else {
                return error(StatusCode::BAD_REQUEST, "encryption key not found");
            };
            let own = |version: u32| Aes256Gcm::new(&bytes(name, version).into());
            let bound = text("associated_data");
            match (*act, held.kind.as_str()) {
                ("encrypt", "aes256-gcm96") => {
                    let plain = text("plaintext");
                    let nonce: [u8; 12] = Sha256::digest(&plain)[..12].try_into().unwrap();
                    let sealed = own(held.versions)
                        .encrypt(&nonce.into(), Payload { msg: &plain, aad: &bound })
                        .unwrap();
                    let sealed = BASE64.encode([&nonce[..], &sealed].concat());
                    done(json!({ "ciphertext": format!("vault:v{}:{sealed}", held.versions) }))
                }
                ("decrypt", "aes256-gcm96") => {
                    let wrapped = body["ciphertext"].as_str().unwrap();
                    let parts = wrapped.strip_prefix("vault:v").unwrap().split_once(':').unwrap();
                    let sealed = BASE64.decode(parts.1).unwrap_or_default();
                    let plain = sealed.split_first_chunk::<12>().and_then(|(nonce, sealed)| {
                        let payload = Payload { msg: sealed, aad: &bound };
                        own(parts.0.parse().ok()?).decrypt(nonce.into(), payload).ok()
                    });
                    match plain {
                        Some(plain) => done(json!({ "plaintext": BASE64.encode(plain) })),
                        None => error(StatusCode::BAD_REQUEST, "cipher: message authentication failed"),
                    }
                }
                ("sign", "ed25519") => {
                    let pair = Ed25519KeyPair::from_seed_unchecked(&bytes(name, 1)).unwrap();
                    let signature = BASE64.encode(pair.sign(&text("input")));
                    done(json!({ "signature": format!("vault:v1:{signature}") }))
                }
                ("hmac", _) => {
                    let mut tag = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(&bytes(name, 1)).unwrap();
                    tag.update(&text("input"));
                    done(
                        json!({ "hmac": format!("vault:v1:{}", BASE64.encode(tag.finalize().into_bytes())) }),
                    )
                }
                _ => error(StatusCode::BAD_REQUEST, "unsupported"),
            }
        }
        _ => error(StatusCode::NOT_FOUND, ""),
    }
}

async fn vault() -> (String, Vault) {
    let held = Vault::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(answer).with_state(Arc::clone(&held));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (address, held)
}

#[tokio::test]
async fn calls_are_sealed_with_keys_that_never_leave_vault() {
    let (address, held) = vault().await;
    let keys = Arc::new(Transit::new(&address, "transit", "s.right".into()).unwrap());
    let data = Folder::new("vault");
    let store = Store::open(&data, Arc::clone(&keys) as _).await.unwrap();
    let opening = opened("one");
    let written = entries(&mut Chain::new(&opening), 300);
    store.open(&opening).await.unwrap();
    store.append("one", written.clone()).await.unwrap();
    let record = journal::record(&opening, &written);
    store.close("one", &record).await.unwrap();
    let names: Vec<String> = held.lock().unwrap().keys().cloned().collect();
    assert_eq!(names, ["candor-harbor-sign", "candor-harbor-tag", "candor-harbor-wrap"]);
    assert_eq!(
        store.archive().find_by_provider_call_id(None, "twilio", "CAone").await.unwrap().as_deref(),
        Some("one")
    );
    assert_eq!(keys.rotate("harbor").await, Ok(2));
    assert_eq!((store.rewrap("one").await, store.rewrap("one").await), (Ok(2), Ok(0)));
    drop(store);

    let store = Store::open(&data, Arc::clone(&keys) as _).await.unwrap();
    assert_eq!(store.archive().record("one").await.unwrap(), Some(record));
    assert_eq!(store.archive().verify("one").await.unwrap().unread, 0);
    store.destroy_keys("one", &[Label::General], BEGAN).await.unwrap();
    assert_eq!(store.archive().verify("one").await.unwrap().unread, 300);
    keys.destroy("harbor").await.unwrap();
    assert!(held.lock().unwrap().is_empty());
}

#[tokio::test]
async fn what_vault_refuses_is_told_apart() {
    let (address, held) = vault().await;
    let keys = Transit::new(&address, "transit", "s.right".into()).unwrap();
    let key = SealKey::new([5; 32]);
    let wrapped = keys.wrap("harbor", "here", &key).await.unwrap();
    assert_eq!(keys.unwrap_key("harbor", "here", &wrapped).await, Ok(key));
    assert_eq!(keys.unwrap_key("harbor", "there", &wrapped).await, Err(KeysFailed::Altered));
    assert_eq!(keys.unwrap_key("harbor", "here", "local:v1:xx").await, Err(KeysFailed::Altered));
    assert!(matches!(keys.unwrap_key("cove", "here", &wrapped).await, Err(KeysFailed::Missing { .. })));
    assert!(matches!(keys.public_key("cove").await, Err(KeysFailed::Missing { .. })));
    assert!(matches!(
        keys.wrap("../x", "here", &SealKey::new([0; 32])).await,
        Err(KeysFailed::Missing { .. })
    ));
    assert_eq!(held.lock().unwrap().len(), 1, "asking makes no keys");
    let stranger = Transit::new(&address, "transit", "s.wrong".into()).unwrap();
    let refused = stranger.unwrap_key("harbor", "here", &wrapped).await.unwrap_err();
    assert!(refused.to_string().contains("403") && !refused.to_string().contains("s.wrong"), "{refused}");
    let gone = Transit::new("http://127.0.0.1:1", "transit", "s.right".into()).unwrap();
    assert!(matches!(
        gone.wrap("harbor", "here", &SealKey::new([0; 32])).await,
        Err(KeysFailed::Unavailable(_))
    ));
    assert!(
        Transit::new("http://vault.example.org:8200", "transit", "s.right".into()).is_err(),
        "in the clear"
    );
}

//! Tokens let in whoever has one, until it is revoked, and are kept nowhere.

use crate::ground::{self, BEGAN, Folder, store};
use candor::{
    access::Role,
    store::{Tokens, tokens},
    time::Utc,
};
use secrecy::ExposeSecret;
use std::{fs, os::unix::fs::PermissionsExt, process::Command};

#[tokio::test]
async fn a_token_speaks_for_its_role_until_it_is_revoked() {
    let data = Folder::new("tokens");
    let tokens = Tokens::open(&data.join("not/yet/there")).await.unwrap();
    let (reader, reading) = tokens.create("reports", Role::Qa, Some("harbor"), BEGAN).await.unwrap();
    let (_, ruling) = tokens.create("ruler", Role::Keyholder, None, Utc(BEGAN.0 + 1)).await.unwrap();
    let found = tokens.verify(reading.expose_secret()).await.unwrap().unwrap();
    assert_eq!(found, reader);
    assert_eq!((found.role, found.program.as_deref()), (Role::Qa, Some("harbor")));
    let found = tokens.verify(ruling.expose_secret()).await.unwrap().unwrap();
    assert_eq!((found.role, found.program), (Role::Keyholder, None));

    let almost = format!("{}x", reading.expose_secret());
    let cut = &reading.expose_secret()[..40];
    for wrong in ["", "candor_", "candor_x", &almost, cut, &"candor_".repeat(1_000), reader.id.as_str()] {
        assert_eq!(tokens.verify(wrong).await.unwrap(), None, "{wrong}");
    }
    assert!(tokens.revoke(&reader.id, Utc(BEGAN.0 + 2)).await.unwrap());
    assert!(!tokens.revoke(&reader.id, BEGAN).await.unwrap(), "once");
    assert!(!tokens.revoke("tok_nobody", BEGAN).await.unwrap());
    assert_eq!(tokens.verify(reading.expose_secret()).await.unwrap(), None);
    let listed = tokens.list().await.unwrap();
    assert_eq!(listed.iter().map(|t| t.name.as_str()).collect::<Vec<_>>(), ["reports", "ruler"]);
    assert_eq!(listed[0].revoked_at, Some(Utc(BEGAN.0 + 2)));
}

#[tokio::test]
async fn a_token_has_256_bits_and_is_kept_nowhere() {
    let data = Folder::new("unkept");
    let tokens = Tokens::open(&data).await.unwrap();
    let (_, one) = tokens.create("one", Role::Clinician, None, BEGAN).await.unwrap();
    let (_, two) = tokens.create("two", Role::Clinician, None, BEGAN).await.unwrap();
    for secret in [&one, &two] {
        let text = secret.expose_secret();
        let digits = text.strip_prefix("candor_").unwrap();
        assert!(digits.len() == 43 && digits.chars().all(|c| c.is_ascii_alphanumeric()), "{text}");
        assert!(!format!("{secret:?}").contains(digits));
        for file in fs::read_dir(&*data).unwrap().map(Result::unwrap) {
            let held = fs::read(file.path()).unwrap();
            assert!(!held.windows(43).any(|w| w == digits.as_bytes()), "{:?}", file.path());
        }
    }
    assert_ne!(one.expose_secret(), two.expose_secret());
}

#[tokio::test]
async fn tools_of_this_machine_find_a_token_that_is_good() {
    let folder = Folder::new("local");
    let (data, keys) = (folder.join("data"), folder.join("keys"));
    let store = ground::store(&data).await;
    assert!(tokens::local(&keys).unwrap().is_none());
    let made = store.tokens().local(&keys, BEGAN).await.unwrap();
    let found = tokens::local(&keys).unwrap().expect("it is where tools look for it");
    assert_eq!(made.expose_secret(), found.expose_secret());
    let mode = |name: &str| fs::metadata(keys.join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("."), mode("local.token")), (0o700, 0o600));
    let token = store.tokens().verify(found.expose_secret()).await.unwrap().unwrap();
    assert_eq!(token.role, Role::Keyholder, "whoever reads it can read the keys beside it");

    let again = store.tokens().local(&keys, BEGAN).await.unwrap();
    assert_eq!(again.expose_secret(), made.expose_secret(), "the next start uses the same");
    store.tokens().revoke(&token.id, BEGAN).await.unwrap();
    let fresh = store.tokens().local(&keys, BEGAN).await.unwrap();
    assert_ne!(fresh.expose_secret(), made.expose_secret(), "a revoked one is replaced");
    assert_eq!(tokens::local(&keys).unwrap().unwrap().expose_secret(), fresh.expose_secret());
}

#[test]
fn the_command_makes_lists_and_revokes_tokens_beside_a_running_server() {
    let data = Folder::new("token-command");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(store(&data));
    let candor = |args: &[&str]| {
        let output =
            Command::new(env!("CARGO_BIN_EXE_candor")).args(args).arg("--data").arg(&*data).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    };
    let (status, token, note) =
        candor(&["token", "create", "--name", "reports", "--role", "qa", "--program", "harbor"]);
    assert_eq!(status, 0, "{note}");
    let token = token.strip_suffix('\n').unwrap();
    assert!(note.contains("qa of harbor") && !note.contains(token), "{note}");
    let found = runtime.block_on(server.tokens().verify(token)).unwrap().unwrap();
    assert_eq!(
        (found.name.as_str(), found.role, found.program.as_deref()),
        ("reports", Role::Qa, Some("harbor"))
    );

    let (_, listed, _) = candor(&["token", "list"]);
    assert!(
        listed.contains(&found.id) && listed.contains("\"reports\"") && !listed.contains(token),
        "{listed}"
    );
    assert_eq!(candor(&["token", "revoke", &found.id]).0, 0);
    assert_eq!(runtime.block_on(server.tokens().verify(token)).unwrap(), None);
    let (status, _, said) = candor(&["token", "revoke", &found.id]);
    assert!(status == 1 && said.contains("candor token list"), "{said}");
    for role in ["everything", "recipient", "server"] {
        assert_eq!(candor(&["token", "create", "--role", role]).0, 2, "{role}");
    }
    let (status, token, _) = candor(&["token", "create"]);
    let found = runtime.block_on(server.tokens().verify(token.trim())).unwrap().unwrap();
    assert_eq!((status, found.role, found.program), (0, Role::Clinician, None));
}

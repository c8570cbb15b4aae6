//! One server owns a data folder; others may read it.

use crate::ground::{Folder, keys, opened, store};
use candor::{
    ports::Ledger,
    store::{Archive, Store, Tokens},
};
use std::{fs, os::unix::fs::PermissionsExt};

#[tokio::test]
async fn a_second_server_on_the_same_folder_is_told_who_has_it() {
    let data = Folder::new("locked");
    let first = store(&data).await;
    let refused = Store::open(&data, keys(&data)).await.err().expect("the folder is taken").to_string();
    let process = format!("process {}", std::process::id());
    assert!(refused.contains(&process) && refused.contains("--data"), "{refused}");
    drop(first);
    store(&data).await;
}

#[tokio::test]
async fn others_read_and_make_tokens_beside_a_running_server() {
    let data = Folder::new("beside");
    let server = store(&data).await;
    server.open(&opened("one")).await.unwrap();
    let beside = Archive::open(&data, keys(&data)).await.unwrap();
    assert!(beside.is_live());
    assert!(beside.journal("one").await.unwrap().is_some());
    let (_, secret) = Tokens::open(&data)
        .await
        .unwrap()
        .create("beside", candor::access::Role::Admin, None, super::ground::BEGAN)
        .await
        .unwrap();
    assert!(server.tokens().verify(secrecy::ExposeSecret::expose_secret(&secret)).await.unwrap().is_some());
    drop(server);
    assert!(!beside.is_live());
}

#[tokio::test]
async fn the_folder_is_its_owners_alone() {
    let folder = Folder::new("modes");
    let data = folder.join("new/data");
    let _store = store(&data).await;
    let mode = |name: &str| fs::metadata(data.join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!([mode("."), mode("recordings")], [0o700; 2]);
    assert_eq!([mode("candor.db"), mode("candor.db-wal"), mode("candor.lock")], [0o600; 3]);
}

#[tokio::test]
async fn a_folder_that_cannot_hold_calls_is_refused_with_the_reason() {
    let folder = Folder::new("in-the-way");
    fs::write(folder.join("file"), "").unwrap();
    for name in ["database", "recordings", "lock"] {
        fs::create_dir(folder.join(name)).unwrap();
    }
    fs::create_dir(folder.join("database/candor.db")).unwrap();
    fs::write(folder.join("recordings/recordings"), "").unwrap();
    fs::create_dir(folder.join("lock/candor.lock")).unwrap();
    for (name, reason) in [
        ("file", "cannot be made"),
        ("database", "candor.db cannot be brought"),
        ("recordings", "recordings cannot be made"),
        ("lock", "candor.lock cannot be opened"),
    ] {
        let refused =
            Store::open(&folder.join(name), keys(&folder.join("some"))).await.err().expect(name).to_string();
        assert!(refused.contains(reason), "{refused}");
    }
    fs::create_dir(folder.join("noise")).unwrap();
    fs::write(
        folder.join("noise/candor.db"),
        "this is no database at all, but long enough to be read as one".repeat(9),
    )
    .unwrap();
    let refused = Store::open(&folder.join("noise"), keys(&folder.join("some")))
        .await
        .err()
        .expect("noise")
        .to_string();
    assert!(refused.contains("not a database"), "{refused}");
    assert!(Archive::open(&folder.join("absent"), keys(&folder.join("some"))).await.is_err());
}

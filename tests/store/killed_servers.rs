//! A server killed in the middle of its work loses nothing that it acknowledged.

use crate::ground::{self, Folder, entries, keys, opened};
use candor::{
    journal::{Chain, Label},
    ports::{Finished, Ledger, Recordings},
    store::Store,
};
use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
};

const VICTIM: &str = "CANDOR_TEST_VICTIM";
const CALLS: usize = 8;
const ROUNDS: usize = 5;

#[test]
fn nothing_acknowledged_is_lost_to_kill_9() {
    // This test runs itself again as the process that is killed.
    if let Some(data) = std::env::var_os(VICTIM) {
        victim(&PathBuf::from(data));
    }
    for round in 0..ROUNDS {
        let data = Folder::new(&format!("killed-{round}"));
        let acknowledged = kill_one(&data, 50 + 150 * round);
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(check(&data, &acknowledged));
    }
}

/// The highest entry that each call was told is durable, up to the moment of the kill.
fn kill_one(data: &Path, after: usize) -> BTreeMap<String, u64> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "killed_servers::nothing_acknowledged_is_lost_to_kill_9", "--nocapture"])
        .env(VICTIM, data)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut acknowledged = BTreeMap::new();
    let mut seen = 0;
    for line in BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok) {
        let Some((call, seq)) = line.strip_prefix("ack ").and_then(|ack| ack.split_once(' ')) else {
            continue;
        };
        let Ok(seq) = seq.parse() else { continue };
        acknowledged.insert(call.to_owned(), seq);
        seen += 1;
        if seen == after {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    assert!(seen >= after, "the victim ended by itself after {seen} entries");
    acknowledged
}

async fn check(data: &Path, acknowledged: &BTreeMap<String, u64>) {
    let store = Store::open(data, keys(data)).await.expect("the killed server's lock is free");
    assert_eq!(store.unfinished().await.unwrap().len(), CALLS);
    for n in 0..CALLS {
        let call_id = format!("call{n}");
        let (opening, read) = store.journal(&call_id).await.unwrap().unwrap();
        let chain = Chain::verify(&opening, &read).unwrap();
        let least = acknowledged.get(&call_id).map_or(0, |seq| seq + 1);
        assert!(chain.len() >= least, "{call_id}: {} entries of {least}", chain.len());
        let Finished { bytes, .. } = store.recordings().finish(&call_id, Vec::new()).await.unwrap().unwrap();
        assert_eq!(bytes % 320, 0, "whole chunks");
    }
}

/// Writes until it is killed.
fn victim(data: &Path) -> ! {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = Arc::new(ground::store(data).await);
        let mut calls = Vec::new();
        for n in 0..CALLS {
            let opening = opened(&format!("call{n}"));
            store.open(&opening).await.unwrap();
            store.recordings().append(&opening.call_id, Label::General, vec![0xff; 320]).await.unwrap();
            calls.push(opening);
        }
        for opening in calls {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let mut chain = Chain::new(&opening);
                loop {
                    store.append(&opening.call_id, entries(&mut chain, 3)).await.unwrap();
                    // One write for the whole line, so that no two calls' lines mix.
                    let line = format!("ack {} {}\n", opening.call_id, chain.len() - 1);
                    std::io::stdout().lock().write_all(line.as_bytes()).unwrap();
                    // A recording falls behind where the disk is slow; that is not what is tested here.
                    let _ =
                        store.recordings().append(&opening.call_id, Label::General, vec![0x55; 320]).await;
                }
            });
        }
        std::future::pending::<()>().await;
    });
    unreachable!("nobody wakes it")
}

//! A server killed in the middle of its work loses nothing that it acknowledged.

use crate::ground::{self, BEGAN, Folder, entry, keys, labelled, opened};
use candor::{
    call,
    dialogue::{Decision, Fact, Response, Told},
    journal::{Chain, Event, Label, Opened},
    pii::Pii,
    ports::{Entropy, Ledger, Recordings},
    program::RecipientId,
    store::Store,
    time::Millis,
    understand::Percent,
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
/// At most so many writes are acknowledged before the kill.
const ACKNOWLEDGED_MAX: u64 = 60;

#[test]
fn nothing_acknowledged_is_lost_to_kill_9() {
    // This test runs itself again as the process that is killed.
    if let Some(data) = std::env::var_os(VICTIM) {
        victim(&PathBuf::from(data));
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut total = [0; 5];
    println!("kill  after  calls  acknowledged: consents  revocations  kept entries  chains");
    for kill in 0..ground::rounds(60, 200) {
        let data = Folder::new(&format!("killed-{kill}"));
        // Anywhere, also between the opening of a call and its first entry, and the same in every run.
        let after = 1 + (kill as u64).wrapping_mul(2_654_435_761) % ACKNOWLEDGED_MAX;
        let acknowledged = kill_one(&data, after);
        let [calls, consents, revocations, kept] = runtime.block_on(check(&data, &acknowledged));
        println!("{kill:4}  {after:5}  {calls:5}  {consents:22}  {revocations:11}  {kept:12}  all verify");
        for (sum, one) in total.iter_mut().zip([1, calls, consents, revocations, kept]) {
            *sum += one;
        }
    }
    let [kills, calls, consents, revocations, kept] = total;
    println!(
        "{kills} kills: {calls} calls, {consents} consents and {revocations} revocations acknowledged, none missing; {kept} entries"
    );
}

/// What each call was told is durable, up to the moment of the kill: the number of entries; `None` where only its
/// opening is.
type Acknowledged = BTreeMap<String, u64>;

fn kill_one(data: &Path, after: u64) -> Acknowledged {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "killed_servers::nothing_acknowledged_is_lost_to_kill_9", "--nocapture"])
        .env(VICTIM, data)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut acknowledged = Acknowledged::new();
    let mut seen = 0;
    for line in BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok) {
        let Some((call, entries)) = line.strip_prefix("ack ").and_then(|ack| ack.split_once(' ')) else {
            continue;
        };
        let Ok(entries) = entries.parse() else { continue };
        acknowledged.insert(call.to_owned(), entries);
        seen += 1;
        if seen == after {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    assert!(seen >= after, "the victim ended by itself after {seen} writes");
    acknowledged
}

struct Fixed;

impl Entropy for Fixed {
    fn draw(&self) -> u128 {
        7
    }
}

/// Opens the store again, closes every call as a server does, and looks for everything that was acknowledged.
async fn check(data: &Path, acknowledged: &Acknowledged) -> [usize; 4] {
    let store = Store::open(data, keys(data)).await.expect("the killed server's lock is free");
    let [mut consents, mut revocations, mut kept] = [0; 3];
    let unfinished = store.unfinished().await.unwrap();
    for call_id in acknowledged.keys() {
        assert!(unfinished.contains(call_id), "{call_id} is missing");
    }
    for call_id in &unfinished {
        let (opening, read) = store.journal(call_id).await.unwrap().unwrap();
        Chain::verify(&opening, &read).unwrap();
        let least = acknowledged.get(call_id).copied().unwrap_or(0);
        assert!(read.len() as u64 >= least, "{call_id}: {} entries of {least}", read.len());
        for (seq, entry) in read.iter().enumerate() {
            assert_eq!(entry.event, step(&opening, seq as u64), "{call_id}: entry {seq}");
            let told = usize::from((seq as u64) < least);
            match entry.event {
                Event::Fact { fact: Fact::ConsentDecided { .. } } => consents += told,
                Event::Fact { fact: Fact::ConsentRevoked { .. } } => revocations += told,
                _ => {}
            }
        }
        kept += read.len();
        let recordings = store.recordings();
        let record = call::recover(&store, recordings.as_ref(), &Fixed, call_id).await.unwrap().unwrap();
        let last = read.iter().rev().find_map(|e| match &e.event {
            Event::Fact { fact: Fact::ConsentDecided { .. } } => Some(Decision::Granted),
            Event::Fact { fact: Fact::ConsentRevoked { .. } } => Some(Decision::Revoked),
            _ => None,
        });
        assert_eq!(record.consents.first().map(|consent| consent.decision), last, "{call_id}");
        store.archive().verify(call_id).await.expect(call_id);
    }
    [unfinished.len(), consents, revocations, kept]
}

/// What happens at a place of every simulated call: words, a consent, words that are sensitive, its revocation, and
/// so on.
fn step(opening: &Opened, seq: u64) -> Event {
    let (consent_id, recipient) = (format!("{}.payor.1", opening.call_id), RecipientId::from("payor"));
    let response = |text: &str| Response {
        text: Pii::new(text.into()),
        confidence: Percent::new(97),
        from: Millis(seq * 10),
        to: Millis(seq * 10 + 5),
    };
    let words = serde_json::json!({"input": "said", "text": format!("word {seq}")});
    let fact = match seq % 4 {
        1 => Fact::ConsentDecided {
            consent_id,
            recipient,
            decision: Decision::Granted,
            response: Some(response("yes")),
            signature: None,
            blocked_by: Vec::new(),
            why: None,
        },
        3 => Fact::ConsentRevoked {
            consent_id,
            recipient,
            told: Told::Oral,
            response: response("take that back"),
        },
        _ => return Event::Input { input: words },
    };
    Event::Fact { fact }
}

/// Writes until it is killed.
fn victim(data: &Path) -> ! {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = Arc::new(ground::store(data).await);
        for n in 0..CALLS {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let opening = opened(&format!("call{n}"));
                assert_eq!(opening.started_at, BEGAN);
                store.open(&opening).await.unwrap();
                let mut chain = Chain::new(&opening);
                acknowledge(&opening.call_id, 0);
                loop {
                    let (seq, label) =
                        (chain.len(), [Label::General, Label::Sensitive][(chain.len() % 4 / 2) as usize]);
                    let at = Millis(seq * 10);
                    let first = labelled(&mut chain, at, label, step(&opening, seq));
                    let second = entry(&mut chain, at, step(&opening, seq + 1));
                    store.append(&opening.call_id, vec![first, second]).await.unwrap();
                    acknowledge(&opening.call_id, chain.len());
                    // A recording falls behind where the disk is slow; that is not what is tested here.
                    let _ = store.recordings().append(&opening.call_id, label, vec![0x55; 320]).await;
                }
            });
        }
        std::future::pending::<()>().await;
    });
    unreachable!("nobody wakes it")
}

fn acknowledge(call_id: &str, entries: u64) {
    // One write for the whole line, so that no two calls' lines mix.
    let line = format!("ack {call_id} {entries}\n");
    std::io::stdout().lock().write_all(line.as_bytes()).unwrap();
}

//! What sealing costs: CPU per call, a durable append beside a bare fdatasync, and a hundred calls at once.

use aes_gcm::{
    Aes256Gcm, KeyInit,
    aead::{Aead, Payload},
};
use candor::{
    dialogue::ChannelKind,
    journal::{Chain, Entry, Event, Label, Opened, Salt, Salts},
    observe::metrics,
    ports::{Ledger, Recordings},
    program::Locale,
    store::{Keyring, Store},
    time::{Millis, Utc},
};
use std::{
    env,
    error::Error,
    fs::{self, OpenOptions},
    hint::black_box,
    io::Write,
    path::Path,
    sync::Arc,
    time::Instant,
};

const SYNCS: usize = 400;
const CALLS: usize = 100;
const APPENDS: u64 = 40;
/// A call of five minutes: its entries, three at a time, and its recording, a piece each second.
const ENTRIES: u64 = 600;
const SECONDS: usize = 300;

fn opened(call_id: &str) -> Opened {
    Opened {
        call_id: call_id.into(),
        program: "harbor".into(),
        program_sha256: "0".repeat(64),
        channel: ChannelKind::Phone,
        provider: Some("twilio".into()),
        provider_call_id: Some(format!("CA{call_id}")),
        direction: "inbound".into(),
        started_at: Utc(1_795_219_200_000),
        locale: Locale::EnUs,
        person_available: true,
        spoken: vec![Locale::EnUs],
        notice_id: "part2-notice".into(),
        notice_version: "1".into(),
        notice_sha256: "0".repeat(64),
        resumes: None,
        build: "measure".into(),
        salt: Salt::default(),
    }
}

fn entries(chain: &mut Chain, salts: &mut Salts, count: u64) -> Vec<Entry> {
    (0..count)
        .map(|n| {
            let text = "Well, my doctor told me to call you, and I have insurance through work.".to_owned();
            let input =
                serde_json::json!({"input": "said", "heard": {"text": text, "confidence": 0.93}, "n": n});
            chain.entry(Millis(chain.len() * 500), Label::General, Event::Input { input }, salts.next())
        })
        .collect()
}

/// Milliseconds of CPU that this process took until now.
fn cpu_ms() -> Result<f64, Box<dyn Error>> {
    const TICKS_PER_S: f64 = 100.0;
    let stat = fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> =
        stat.rsplit_once(')').map(|(_, rest)| rest.split_whitespace().collect()).unwrap_or_default();
    let ticks: f64 = fields[11].parse::<f64>()? + fields[12].parse::<f64>()?;
    Ok(ticks * 1e3 / TICKS_PER_S)
}

fn told(name: &str, mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    println!("{name:36}  median {:7.3} ms   p95 {:7.3} ms   p99 {:7.3} ms", at(0.5), at(0.95), at(0.99));
    at(0.5)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = env::args().nth(1).unwrap_or_else(|| "target/measure-store".into());
    let folder = Path::new(&folder);
    let _ = fs::remove_dir_all(folder);
    let keyring = Arc::new(Keyring::open(&folder.join("keys"), None)?);
    let store = Arc::new(Store::open(&folder.join("data"), keyring).await?);

    // The two in turns, so that the disk is the same for both.
    let mut bare = OpenOptions::new().create(true).append(true).open(folder.join("bare"))?;
    let opening = opened("single");
    store.open(&opening).await?;
    let (mut chain, mut salts) = (Chain::new(&opening), Salts::new([1; 32]));
    let (mut syncs, mut appends) = (Vec::new(), Vec::new());
    for _ in 0..SYNCS {
        let began = Instant::now();
        bare.write_all(&[7; 4_096])?;
        bare.sync_data()?;
        syncs.push(began.elapsed().as_secs_f64() * 1e3);
        let more = entries(&mut chain, &mut salts, 3);
        let began = Instant::now();
        store.append("single", more).await?;
        appends.push(began.elapsed().as_secs_f64() * 1e3);
    }
    let bare = told("bare write and fdatasync, 4 KiB", syncs);
    let durable = told("durable append of three entries", appends);
    println!("{:36}  {:.2} times a bare fdatasync (2 at most)\n", "", durable / bare);

    let (before, began) = (transactions(), Instant::now());
    let calls = (0..CALLS).map(|n| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            let opening = opened(&format!("call{n}"));
            store.open(&opening).await.expect("the store is open");
            let (mut chain, mut salts) = (Chain::new(&opening), Salts::new([n as u8; 32]));
            for _ in 0..APPENDS {
                let more = entries(&mut chain, &mut salts, 3);
                store.append(&opening.call_id, more).await.expect("the disk has room");
            }
        })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await?;
    }
    let (took, commits) = (began.elapsed().as_secs_f64(), transactions() - before);
    let writes = CALLS as u64 * (APPENDS + 1);
    println!(
        "{CALLS} calls at once: {writes} durable writes in {took:.2} s, {:.0} a second, {commits} transactions, {:.1} \
         writes a sync\n",
        writes as f64 / took,
        writes as f64 / commits as f64
    );

    let cpu = cpu_ms()?;
    const ROUNDS: usize = 10;
    for round in 0..ROUNDS {
        let opening = opened(&format!("whole{round}"));
        store.open(&opening).await?;
        let (mut chain, mut salts) = (Chain::new(&opening), Salts::new([2; 32]));
        for second in 0..SECONDS {
            store.append(&opening.call_id, entries(&mut chain, &mut salts, ENTRIES / SECONDS as u64)).await?;
            let piece = vec![second as u8; 16_000];
            store.recordings().append(&opening.call_id, Label::General, piece).await?;
        }
        store.recordings().finish(&opening.call_id, Vec::new()).await?;
    }
    let whole = (cpu_ms()? - cpu) / ROUNDS as f64;
    let cpu = cpu_ms()?;
    for _ in 0..ROUNDS * 10 {
        seal_a_call();
    }
    let sealing = (cpu_ms()? - cpu) / (ROUNDS * 10) as f64;
    println!(
        "CPU of keeping a call of {SECONDS} s: {whole:.1} ms, of which sealing {sealing:.1} ms: {:.1} % on top of the \
         unsealed store",
        100.0 * sealing / (whole - sealing)
    );
    let live = SECONDS as f64 * 1e3 * 0.01;
    println!("{:36}  {:.2} % of a live call that takes one hundredth of a core", "", 100.0 * sealing / live);
    Ok(())
}

/// What sealing does for one call, and nothing else: salts, AES-GCM over entries and recording, the chunks' chain.
fn seal_a_call() {
    let cipher = Aes256Gcm::new(&[3; 32].into());
    let mut salts = Salts::new([4; 32]);
    let bound = b"candor-seal/1\n0190a5ad-0000-7000-8000-000000000000\nentry 7 general";
    let body = vec![b'x'; 220];
    for _ in 0..ENTRIES {
        let salt = salts.next();
        let nonce: [u8; 12] = salt.0[..12].try_into().expect("32 bytes have 12");
        black_box(cipher.encrypt(&nonce.into(), Payload { msg: &body, aad: bound }).ok());
    }
    let piece = vec![9; 16_000];
    for second in 0..SECONDS {
        let sealed = cipher.encrypt(&[second as u8; 12].into(), Payload { msg: &piece, aad: bound });
        black_box(Salt::sha256(&[&sealed.unwrap_or_default()]));
    }
}

fn transactions() -> u64 {
    let text = metrics::render();
    let line = text.lines().find_map(|line| line.strip_prefix("candor_store_write_ms_count "));
    line.and_then(|count| count.parse().ok()).unwrap_or(0)
}

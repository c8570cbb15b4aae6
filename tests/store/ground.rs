//! What these tests stand on: folders of their own, and calls with real journals.

use candor::{
    dialogue::{Acknowledgement, ChannelKind, Decision, Fact, Outcome, Response, Told},
    journal::{Bytes32, Chain, Entry, Event, Label, Opened, Salts},
    pii::Pii,
    ports::Finished,
    program::{Elicits, Locale, RecipientId},
    store::{Keyring, Store},
    time::{Millis, Utc},
    understand::Percent,
};
use std::{
    fs,
    ops::Deref,
    path::{Path, PathBuf},
    sync::Arc,
};

/// A folder that is gone when the test is over.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(name: &str) -> Folder {
        let path =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("store-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }
}

impl Deref for Folder {
    type Target = Path;
    fn deref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
        let _ = fs::remove_dir_all(keys_folder(&self.0));
    }
}

/// How often a slow test does what it does: `many` times where `CANDOR_TEST_MANY` is set, else a fraction of that.
pub fn rounds(few: usize, many: usize) -> usize {
    if std::env::var_os("CANDOR_TEST_MANY").is_some() { many } else { few }
}

/// Where the keys of a data folder are in these tests: beside it.
pub fn keys_folder(data: &Path) -> PathBuf {
    PathBuf::from(format!("{}-keys", data.display()))
}

/// The keys of a data folder.
pub fn keys(data: &Path) -> Arc<Keyring> {
    Arc::new(Keyring::open(&keys_folder(data), None).unwrap())
}

/// The data folder of the process that answers calls.
pub async fn store(data: &Path) -> Store {
    Store::open(data, keys(data)).await.unwrap()
}

/// The next entry of a journal.
pub fn entry(chain: &mut Chain, at: Millis, event: Event) -> Entry {
    labelled(chain, at, Label::General, event)
}

/// The same under a label.
pub fn labelled(chain: &mut Chain, at: Millis, label: Label, event: Event) -> Entry {
    let salt = Salts::new(chain.head().0).next();
    chain.entry(at, label, event, salt)
}

/// The first minute of 2026-11-21.
pub const BEGAN: Utc = Utc(1_795_219_200_000);

pub fn opened(call_id: &str) -> Opened {
    Opened {
        call_id: call_id.into(),
        program: "harbor".into(),
        program_sha256: "aa".into(),
        channel: ChannelKind::Phone,
        provider: Some("twilio".into()),
        provider_call_id: Some(format!("CA{call_id}")),
        direction: "inbound".into(),
        started_at: BEGAN,
        locale: Locale::EnUs,
        person_available: true,
        spoken: vec![Locale::EnUs],
        notice_id: "part2-notice".into(),
        notice_version: "2026-11-01.1".into(),
        notice_sha256: "bb".into(),
        resumes: None,
        build: "test".into(),
        salt: Bytes32::sha256(&[call_id.as_bytes()]),
    }
}

/// `count` entries that hold something different each.
pub fn entries(chain: &mut Chain, count: u64) -> Vec<Entry> {
    (0..count)
        .map(|_| {
            let seq = chain.len();
            let input =
                serde_json::json!({"input": "said", "text": format!("word {seq} \"é\""), "sure": 0.97});
            entry(chain, Millis(seq * 10), Event::Input { input })
        })
        .collect()
}

/// A call that grants and takes back, as facts with their times.
pub fn story(recording: Option<Finished>) -> Vec<(u64, Event)> {
    let words = |text: &str, from: u64| Response {
        text: Pii::new(text.to_owned()),
        confidence: Percent::new(97),
        from: Millis(from),
        to: Millis(from + 400),
    };
    let payor = || RecipientId::from("payor");
    let consent_id = || "c1".to_owned();
    let facts = [
        (1_000, Fact::NoticeBegan),
        (20_000, Fact::NoticeHeard),
        (
            22_000,
            Fact::Acknowledged { answer: Acknowledgement::Affirmed, response: words("I understand", 21_000) },
        ),
        (22_000, Fact::Gate { open: true, why: "the notice was heard and acknowledged".into() }),
        (
            30_000,
            Fact::ConsentAsked {
                consent_id: consent_id(),
                recipient: payor(),
                purpose: "to find out what your plan covers".into(),
                version: "1".into(),
                text: "May we tell your plan?".into(),
                expires: Some(Utc(BEGAN.0 + 86_400_000)),
                expires_event: None,
                supersedes: None,
            },
        ),
        (
            32_000,
            Fact::ConsentDecided {
                consent_id: consent_id(),
                recipient: payor(),
                decision: Decision::Granted,
                response: Some(words("yes \u{1b}[31mplease", 31_000)),
                signature: None,
                blocked_by: vec![candor::dialogue::Block::WrittenSignature],
                why: None,
            },
        ),
        (40_000, Fact::QuestionAsked { id: "substance".into(), elicits: Elicits::Sud }),
        (
            45_000,
            Fact::ConsentRevoked {
                consent_id: consent_id(),
                recipient: payor(),
                told: Told::Oral,
                response: words("take that back", 44_000),
            },
        ),
        (50_000, Fact::Ended { outcome: Outcome::Completed }),
    ];
    let mut events: Vec<_> = facts.into_iter().map(|(at, fact)| (at, Event::Fact { fact })).collect();
    events.extend(recording.map(|Finished { bytes, sha256, chunks, .. }| {
        (50_000, Event::Recording { duration_ms: bytes / 16, sha256, chunks, clips: Vec::new() })
    }));
    events
}

pub fn told(chain: &mut Chain, story: Vec<(u64, Event)>) -> Vec<Entry> {
    story.into_iter().map(|(at, event)| entry(chain, Millis(at), event)).collect()
}

//! A program with a real store, real calls in it, and the doors to what follows them.

use crate::house::{House, Plan};
use candor::{
    dialogue::ChannelKind,
    journal::{CallRecord, Opened, Salts},
    ports::{Clock, Ledger},
    program::{Locale, Program, parse},
    store::{After, BookFilter, Keyring, Store},
    time::Utc,
    typed::{Act, Conversation},
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::Arc,
};

pub const HOUR: i64 = 3_600_000;
pub const HARBOR: &str = include_str!("../../programs/harbor/program.toml");

/// A folder of its own, gone when the test is over.
pub struct Clinic {
    pub folder: PathBuf,
    pub store: Store,
    pub after: After,
    pub program: Arc<Program>,
}

/// The time of this machine: commands that are run beside have no other.
pub struct Wall;

impl Clock for Wall {
    fn now(&self) -> Utc {
        now()
    }
}

pub fn now() -> Utc {
    Utc(jiff::Timestamp::now().as_millisecond())
}

/// What a caller answers.
#[derive(Clone)]
pub struct Caller {
    pub name: &'static str,
    pub callback: &'static str,
    pub member_id: &'static str,
    pub dob: &'static str,
    /// The recipients that get a yes.
    pub grants: &'static [&'static str],
    /// Said at the first sensitive question, before hanging up.
    pub last: Option<&'static str>,
    pub locale: &'static str,
    /// Whether what is read back is right.
    pub confirms: bool,
}

pub const JANE: Caller = Caller {
    name: "Jane Doe",
    callback: "202 555 0147",
    member_id: "X Y Z one two three",
    dob: "March third nineteen eighty five",
    grants: &["payor"],
    last: None,
    locale: "en-US",
    confirms: true,
};

impl Clinic {
    pub async fn new(name: &str) -> Clinic {
        Clinic::with(name, Arc::new(parse(HARBOR).unwrap())).await
    }

    pub async fn with(name: &str, program: Arc<Program>) -> Clinic {
        let folder =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("clinic-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let keys = Arc::new(Keyring::open(&folder.join("keys"), None).unwrap());
        let store = Store::open(&folder.join("data"), keys).await.unwrap();
        let after = store.after([Arc::clone(&program)]).await.unwrap();
        Clinic { folder, store, after, program }
    }

    /// A call that began so many hours ago, as the telephone brings it: heard, read back, signed by voice.
    pub async fn call(&self, id: &str, hours_ago: i64, caller: &Caller) -> CallRecord {
        let record = self.unfinished(id, hours_ago, caller).await;
        self.store.close(id, &record).await.unwrap();
        record
    }

    /// The same, and a crash before it was closed.
    pub async fn unfinished(&self, id: &str, hours_ago: i64, caller: &Caller) -> CallRecord {
        let program = &self.program;
        let locale = Locale::from_tag(caller.locale);
        let opened = Opened {
            call_id: id.into(),
            program: program.id.clone(),
            program_sha256: program.sha256.clone(),
            channel: ChannelKind::Phone,
            provider: None,
            provider_call_id: None,
            direction: "inbound".into(),
            started_at: Utc(now().0 - hours_ago * HOUR),
            locale,
            person_available: true,
            spoken: vec![Locale::EnUs, Locale::EsUs],
            notice_id: program.notice.id.clone(),
            notice_version: program.notice.version.clone(),
            notice_sha256: program.notice.sha256(locale),
            resumes: None,
            build: "test".into(),
            salt: Default::default(),
        };
        let mut talk = Conversation::new(Arc::clone(program), opened, Salts::of_nobody(id));
        let mut quiet = |_| Ok::<(), ()>(());
        let start = format!(r#"{{"start":true,"locale":"{}"}}"#, caller.locale);
        talk.begin(Act::parse_start(&start).unwrap(), &mut quiet).unwrap();
        for _ in 0..80 {
            let Some(waits) = talk.listening() else { break };
            let waits = serde_json::to_value(&waits).unwrap().as_str().unwrap().to_owned();
            let say = |text: &str| serde_json::json!({"say": text}).to_string();
            if locale == Locale::EsUs {
                // The ears know English alone: this caller answers by keys.
                let keys = match waits.as_str() {
                    "question:callback" => "2025550147#",
                    "question:dob" => "03031985#",
                    "question:member_id" => "12345678#",
                    other if other == "notice" || other.starts_with("confirm:") => "1",
                    other if other.trim_start_matches("consent:") == caller.grants[0] => "1",
                    other if other.starts_with("consent:") => "2",
                    _ => "",
                };
                for key in keys.chars() {
                    let press = format!(r#"{{"press":"{key}"}}"#);
                    talk.act(Act::parse(&press).unwrap(), &mut quiet).unwrap();
                }
                let next = if keys.is_empty() { r#"{"hangup":true}"# } else { r#"{"wait_ms":3000}"# };
                talk.act(Act::parse(next).unwrap(), &mut quiet).unwrap();
                continue;
            }
            let act = match waits.as_str() {
                "notice" => say("I understand"),
                "question:name" => say(caller.name),
                "question:callback" => say(caller.callback),
                "question:member_id" => say(caller.member_id),
                "question:dob" => say(caller.dob),
                "question:substance" => match caller.last {
                    Some(text) if !talk.record().questions.iter().any(|q| q.id == "last_use") => {
                        talk.act(Act::parse(&say(text)).unwrap(), &mut quiet).unwrap();
                        r#"{"hangup":true}"#.into()
                    }
                    _ => r#"{"hangup":true}"#.into(),
                },
                other if other.starts_with("question:") => say("Blue Cross"),
                other if other.starts_with("confirm:") => say(if caller.confirms { "yes" } else { "no" }),
                other if other.starts_with("consent:") => {
                    let asked = other.trim_start_matches("consent:");
                    say(if caller.grants.contains(&asked) { "yes" } else { "no" })
                }
                other if other.starts_with("signature:") => say(&format!("{}, I agree", caller.name)),
                _ => r#"{"hangup":true}"#.into(),
            };
            talk.act(Act::parse(&act).unwrap(), &mut quiet).unwrap();
        }
        self.store.open(talk.opened()).await.unwrap();
        self.store.append(id, talk.entries().to_vec()).await.unwrap();
        talk.record()
    }

    /// A server with these calls behind it.
    pub async fn house(&self) -> House {
        let plan = Plan { after: Some(self.after.clone()), clock: Arc::new(Wall), ..Plan::default() };
        plan.open().await
    }

    /// Runs `candor` beside it.
    pub fn candor(&self, args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_candor"))
            .args(args)
            .env("CANDOR_DATA", self.folder.join("data"))
            .env("CANDOR_KEYS", self.folder.join("keys"))
            .env("CANDOR_PROGRAMS", Path::new(env!("CARGO_MANIFEST_DIR")).join("programs"))
            .output()
            .expect("candor runs")
    }

    /// What it prints, where it succeeds.
    pub fn tells(&self, args: &[&str]) -> String {
        let output = self.candor(args);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "candor {args:?}: {said}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// The kinds of everything in the book, in order, without reads.
    pub async fn book(&self) -> Vec<String> {
        let noted = self.store.archive().book("harbor", &BookFilter::default()).await.unwrap();
        let kind = |event| serde_json::to_value(event).unwrap()["is"].as_str().unwrap().to_owned();
        noted.into_iter().map(|note| kind(note.event)).filter(|kind| kind != "read").collect()
    }
}

impl Drop for Clinic {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

//! A server with the sample program and a real store, for chats: no models, because nobody speaks. Who calls by
//! telephone hears silence, and presses keys.

use async_trait::async_trait;
use candor::{
    book::{BookEvent, Noted, Who},
    call::{Codes, Desk, RealTime},
    channel::Terms,
    journal::CallRecord,
    ports::*,
    program::{Locale, Program, day, examine_agreement, parse},
    replay::{Difference, Kept, Lens, replay},
    server::{
        Agreements, ChatTerms, Front, Parts, Settings, Watchers,
        behind::{Bearer, Calls, Gatekeeper, Records},
        serve,
    },
    store::{After, BookFilter, Filter, Keyring, Store},
    time::Utc,
    understand::Heard,
};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::JoinHandle,
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{self, Message, client::IntoClientRequest},
};

/// A server on a port and in a folder of its own.
pub struct ChatHouse {
    pub address: SocketAddr,
    pub signals: mpsc::Sender<()>,
    pub server: JoinHandle<()>,
    pub client: reqwest::Client,
    program: Arc<Program>,
    store: Arc<Store>,
    folder: PathBuf,
}

/// What differs between houses.
#[derive(Clone)]
pub struct ChatPlan {
    pub terms: ChatTerms,
    pub calls_max: usize,
    pub agreed: bool,
    pub drain_ms_max: u64,
}

impl Default for ChatPlan {
    fn default() -> ChatPlan {
        ChatPlan { terms: ChatTerms::default(), calls_max: 10, agreed: true, drain_ms_max: 60_000 }
    }
}

impl ChatPlan {
    pub async fn open(self) -> ChatHouse {
        static HOUSES: AtomicUsize = AtomicUsize::new(0);
        let _ = rustls::crypto::ring::default_provider().install_default();
        let name = format!("chats-{}-{}", std::process::id(), HOUSES.fetch_add(1, Ordering::Relaxed));
        let folder = Path::new(option_env!("CARGO_TARGET_TMPDIR").unwrap_or("target/tmp")).join(name);
        let _ = fs::remove_dir_all(&folder);
        let keys = Arc::new(Keyring::open(&folder.join("keys"), None).expect("a keyring"));
        let store = Arc::new(Store::open(&folder.join("data"), keys).await.expect("a store"));
        let harbor = parse(include_str!("../../programs/harbor/program.toml")).expect("no faults");
        let sample = include_str!("../../programs/harbor/agreements.toml");
        let agreed = examine_agreement(sample, day(Fixed.now())).agreement.expect("no faults");
        let agreements = [("harbor".to_owned(), agreed)].into_iter().filter(|_| self.agreed);
        let (watchers, program) = (Arc::new(Watchers::new()), Arc::new(harbor));
        let desk = Desk {
            program: Arc::clone(&program),
            ears: Arc::new(Absent),
            voice: Arc::new(Blips),
            activity: Arc::new(|| Box::new(Deaf)),
            ledger: Arc::clone(&store) as _,
            recordings: store.recordings() as _,
            onlooker: Arc::clone(&watchers) as _,
            clock: Arc::new(Fixed),
            timer: Arc::new(RealTime::default()),
            entropy: Arc::new(Chance),
            codes: Arc::new(Codes::new(&Chance)),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let parts = Parts {
            settings: Settings {
                public_url: format!("http://{address}").parse().expect("an address"),
                twilio: None,
                calls_max: self.calls_max,
                drain_ms_max: self.drain_ms_max,
                trusts_this_machine: true,
                account_sid: None,
                terms: Terms::default(),
                token_ms_max: 60_000,
                body_bytes_max: 65_536,
                browser: Default::default(),
                chat: self.terms,
            },
            desks: vec![Arc::new(desk)],
            agreements: agreements.collect::<Agreements>(),
            conversation: Arc::new(Calls),
            records: Arc::new(Stored(Arc::clone(&store))),
            after: None,
            gatekeeper: Arc::new(Nobody),
            watchers,
            clock: Arc::new(Fixed),
            metrics: Arc::new(candor::observe::metrics::render),
        };
        let front = Front::new(parts).expect("its hours can be read");
        let (signals, told) = mpsc::channel(4);
        let server = tokio::spawn(serve(front, listener, None, told));
        ChatHouse { address, signals, server, client: reqwest::Client::new(), program, store, folder }
    }
}

impl ChatHouse {
    pub async fn new() -> ChatHouse {
        ChatPlan::default().open().await
    }

    pub fn http(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// A page that connected and said nothing.
    pub async fn page(&self) -> Page {
        self.page_from(None).await.expect("it may")
    }

    pub async fn page_from(&self, origin: Option<&str>) -> Result<Page, tungstenite::Error> {
        let mut request = format!("ws://{}/chat/harbor", self.address).into_client_request()?;
        if let Some(origin) = origin {
            request.headers_mut().insert("origin", origin.parse().expect("a header"));
        }
        let (socket, _) = connect_async(request).await?;
        Ok(Page { socket, call_id: String::new(), resume: String::new() })
    }

    /// A page that began a chat, and has read up to where the agent waits.
    pub async fn chat(&self) -> (Page, Vec<Value>) {
        let mut page = self.page().await;
        let events = page.start(json!({"type": "start", "locale": "en-US", "resume": null})).await;
        (page, events)
    }

    /// The record of a chat that ends in this moment.
    pub async fn record(&self, call_id: &str) -> Value {
        loop {
            if let Some(record) = self.store.archive().record(call_id).await.expect("the store answers") {
                return serde_json::to_value(record).expect("a record is JSON");
            }
            tokio::task::yield_now().await;
        }
    }

    /// Every record, once no chat goes on any more.
    pub async fn records(&self) -> Vec<Value> {
        while !self.store.unfinished().await.expect("the store answers").is_empty() {
            tokio::task::yield_now().await;
        }
        let all = self.store.archive().records(&Filter::default()).await.expect("the store answers");
        all.into_iter().map(|record| serde_json::to_value(record).expect("a record is JSON")).collect()
    }

    /// What follows calls, once everything that ended was followed up.
    pub async fn after(&self) -> After {
        let after = self.store.after([Arc::clone(&self.program)]).await.expect("the store answers");
        after.follow_up(Fixed.now()).await.expect("the store answers");
        after
    }

    /// Replays a conversation on the script it ran on: what differs.
    pub async fn replayed(&self, call_id: &str) -> Vec<Difference> {
        let (opened, entries) = self.store.journal(call_id).await.expect("the store answers").expect("there");
        let replayed = replay(&self.program, &Kept::whole(opened, entries), Lens::default(), &[]);
        assert!(replayed.is_whole(), "{:?}", replayed.stopped);
        replayed.differences
    }

    /// The journal of a conversation so far, as text.
    pub async fn journal(&self, call_id: &str) -> String {
        let entries =
            self.store.journal(call_id).await.expect("the store answers").map(|(_, entries)| entries);
        serde_json::to_string(&entries.unwrap_or_default()).expect("entries are JSON")
    }
}

impl Drop for ChatHouse {
    fn drop(&mut self) {
        self.server.abort();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A page of a caller.
pub struct Page {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pub call_id: String,
    pub resume: String,
}

impl Page {
    /// Sends `start` and reads up to where the agent waits.
    pub async fn start(&mut self, start: Value) -> Vec<Value> {
        self.send(start).await;
        let events = self.turn().await;
        let started = events.iter().find(|e| e["type"] == "started").expect("it started");
        self.call_id = started["call_id"].as_str().expect("an id").to_owned();
        self.resume = started["resume"].as_str().expect("a token").to_owned();
        events
    }

    pub async fn send(&mut self, message: Value) {
        self.send_raw(Message::Text(message.to_string().into())).await;
    }

    /// Sends; a connection that is closing meanwhile is what some tests are about.
    pub async fn send_raw(&mut self, message: Message) {
        let _ = self.socket.send(message).await;
    }

    /// The next event; `None` when the connection is closed.
    pub async fn hear(&mut self) -> Option<Value> {
        loop {
            match self.socket.next().await? {
                Ok(Message::Text(text)) => return Some(serde_json::from_str(&text).expect("JSON")),
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// What comes until the agent waits, or the chat is over.
    pub async fn turn(&mut self) -> Vec<Value> {
        let mut events = Vec::new();
        while let Some(event) = self.hear().await {
            let last = matches!(event["type"].as_str(), Some("listening" | "ended" | "error"));
            let goes_on = event["code"] == "resume_gone";
            events.push(event);
            if last && !goes_on {
                break;
            }
        }
        events
    }

    /// Says that every line among `events` that must be seen was seen.
    pub async fn see(&mut self, events: &[Value]) {
        for line in events.iter().filter(|e| e["must_see"] == true) {
            self.send(json!({"type": "seen", "line": line["id"]})).await;
        }
    }

    /// Types, and reads the answer.
    pub async fn say(&mut self, text: &str) -> Vec<Value> {
        self.send(json!({"type": "text", "text": text})).await;
        self.turn().await
    }

    /// Presses a button, and reads the answer.
    pub async fn choose(&mut self, value: &str) -> Vec<Value> {
        self.send(json!({"type": "choice", "value": value})).await;
        self.turn().await
    }

    /// The code this server closes with.
    pub async fn closed_with(&mut self) -> Option<u16> {
        loop {
            match self.socket.next().await? {
                Ok(Message::Close(frame)) => return frame.map(|frame| frame.code.into()),
                Err(error) => panic!("closed without a code: {error}"),
                Ok(_) => {}
            }
        }
    }

    pub fn leave_without_a_word(self) {
        drop(self.socket);
    }
}

/// What the agent waits for after `events`.
pub fn expecting(events: &[Value]) -> &str {
    events.last().and_then(|e| e["expecting"].as_str()).unwrap_or("nothing")
}

/// The events of one type.
pub fn all<'a>(events: &'a [Value], kind: &str) -> Vec<&'a Value> {
    events.iter().filter(|e| e["type"] == kind).collect()
}

struct Stored(Arc<Store>);

#[async_trait]
impl Records for Stored {
    async fn record(
        &self,
        program: Option<&str>,
        call_id: &str,
    ) -> Result<Option<CallRecord>, StoreUnavailable> {
        self.0.archive().record_of(program, call_id).await
    }
    async fn by_provider_call_id(
        &self,
        _: Option<&str>,
        _: &str,
    ) -> Result<Option<CallRecord>, StoreUnavailable> {
        Ok(None)
    }
    async fn newest(
        &self,
        _: Option<&str>,
        _: Option<Utc>,
        _: u32,
    ) -> Result<Vec<CallRecord>, StoreUnavailable> {
        Ok(Vec::new())
    }
    async fn note(
        &self,
        program: &str,
        call_id: Option<&str>,
        by: Who,
        event: BookEvent,
        now: Utc,
    ) -> Result<(), StoreUnavailable> {
        self.0.note(program, call_id, by, event, now).await.map(drop)
    }
    async fn book(&self, program: &str, filter: &BookFilter) -> Result<Vec<Noted>, StoreUnavailable> {
        self.0.archive().book(program, filter).await
    }
    async fn writable(&self, now: Utc) -> Result<(), StoreUnavailable> {
        self.0.ready(now).await
    }
}

impl VoiceActivity for Absent {
    fn probability(&mut self, _: &[i16; 160]) -> f32 {
        0.0
    }
}

struct Nobody;

#[async_trait]
impl Gatekeeper for Nobody {
    async fn bearer(&self, _: &str) -> Result<Option<Bearer>, StoreUnavailable> {
        Ok(None)
    }
}

struct Chance;

impl Entropy for Chance {
    fn draw(&self) -> u128 {
        uuid::Uuid::new_v4().as_u128()
    }
}

struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> Utc {
        Utc(1_795_190_400_000) // 2026-11-20, a Friday, 16:00 UTC
    }
}

/// Stands where a chat needs nothing, and nobody is heard who talks.
struct Absent;

#[async_trait]
impl Recognizer for Absent {
    async fn recognize(&self, _: Arc<[f32]>, _: Hints) -> Result<Heard, EngineFailed> {
        unreachable!("nobody listens here")
    }
}

/// Says each line in a tenth of a second.
struct Blips;

#[async_trait]
impl Synthesizer for Blips {
    async fn say(&self, _: &str, _: Locale) -> Result<Prompt, EngineFailed> {
        Ok(Prompt { mulaw: vec![0x20; 800].into(), pauses_ms: Arc::new([]) })
    }
}

/// Hears no voice, whatever comes.
struct Deaf;

impl VoiceActivity for Deaf {
    fn probability(&mut self, _: &[i16; 160]) -> f32 {
        0.0
    }
}

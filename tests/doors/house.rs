//! A server with programs of its own, and a conversation that echoes.

use async_trait::async_trait;
use candor::{
    call::{Codes, Desk, RealTime},
    channel::Terms,
    dialogue::{Outcome, PersonReached},
    journal::{CallRecord, Entry, Label, Opened},
    ports::*,
    program::{
        ConsentRules, Locale, Notice, NoticePart, Person, Program, Text, Texts, Timings, day,
        examine_agreement,
    },
    server::{
        Agreements, Front, Parts, Settings, TwilioSecrets, Watchers,
        behind::{Conversation, Ended, Records, Transferring},
        serve,
    },
    store::After,
    time::{Millis, Utc},
    understand::Heard,
    wire::{FromCaller, StreamStart, ToCaller, signature},
};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::{collections::BTreeMap, net::SocketAddr, sync::Arc};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{mpsc, watch},
    task::JoinHandle,
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{self, Message, client::IntoClientRequest, protocol::frame::coding::CloseCode},
};

pub use crate::kept::*;

pub const SECRET: &str = "12345";
/// A token of each role in `harbor` is `ROLE-of-harbor`; without a program it is `ROLE`.
pub const READ: &str = "clinician";
pub const REVIEW: &str = "qa";
pub const ADMIN: &str = "admin";
pub const ALL: &str = "keyholder";

/// A server on a port of its own.
pub struct House {
    pub address: SocketAddr,
    pub signals: mpsc::Sender<()>,
    pub server: JoinHandle<()>,
    pub records: Arc<Kept>,
    pub client: reqwest::Client,
}

/// What differs between houses.
#[derive(Clone)]
pub struct Plan {
    pub programs: Vec<Program>,
    pub signed: bool,
    pub calls_max: usize,
    pub drain_ms_max: u64,
    /// The public address, where it is not the real one.
    pub public_url: Option<String>,
    pub trusts_this_machine: bool,
    pub account_sid: Option<String>,
    /// Programs whose agreement is missing.
    pub unagreed: Vec<String>,
    /// What follows calls, where a test keeps some.
    pub after: Option<After>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
}

impl Default for Plan {
    fn default() -> Plan {
        Plan {
            programs: vec![program("harbor", "+15550100")],
            signed: false,
            calls_max: 10,
            drain_ms_max: 60_000,
            public_url: None,
            trusts_this_machine: true,
            account_sid: None,
            unagreed: Vec::new(),
            after: None,
            clock: Arc::new(Fixed),
        }
    }
}

impl Plan {
    pub async fn open(self) -> House {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let records = Arc::new(Kept::default());
        let watchers = Arc::new(Watchers::new());
        let sample = include_str!("../../programs/harbor/agreements.toml");
        let agreed = examine_agreement(sample, day(Fixed.now())).agreement.expect("the sample has no error");
        let agreements = self.programs.iter().map(|p| (p.id.clone(), agreed.clone()));
        let agreements: Agreements = agreements.filter(|(id, _)| !self.unagreed.contains(id)).collect();
        let desks = self.programs.into_iter().map(|program| {
            Arc::new(Desk {
                program: Arc::new(program),
                ears: Arc::new(Absent),
                voice: Arc::new(Absent),
                activity: Arc::new(|| unreachable!("nobody listens here")),
                ledger: Arc::new(Absent),
                recordings: Arc::new(Absent),
                onlooker: Arc::clone(&watchers) as Arc<dyn Onlooker>,
                clock: Arc::new(Fixed),
                timer: Arc::new(RealTime::default()),
                entropy: Arc::new(Absent),
                codes: Arc::new(Codes::new(&Absent)),
            })
        });
        let public_url = self.public_url.unwrap_or_else(|| format!("http://{address}"));
        let front = Front::new(Parts {
            settings: Settings {
                public_url: public_url.parse().unwrap(),
                twilio: self.signed.then(|| TwilioSecrets {
                    auth_token: SECRET.into(),
                    shared_keys: BTreeMap::from([("key1".to_owned(), "shared".into())]),
                }),
                calls_max: self.calls_max,
                drain_ms_max: self.drain_ms_max,
                trusts_this_machine: !self.signed && self.trusts_this_machine,
                account_sid: self.account_sid,
                terms: Terms::default(),
                token_ms_max: 60_000,
                body_bytes_max: 65_536,
                chat: Default::default(),
                browser: Default::default(),
            },
            desks: desks.collect(),
            agreements,
            conversation: Arc::new(Echo { records: Arc::clone(&records) }),
            records: Arc::clone(&records) as Arc<dyn Records>,
            gatekeeper: Arc::new(Keys),
            watchers,
            clock: self.clock,
            metrics: Arc::new(|| "candor_calls_live 0\n".into()),
            after: self.after,
        })
        .unwrap();
        let (signals, told) = mpsc::channel(4);
        let server = tokio::spawn(serve(front, listener, None, told));
        House { address, signals, server, records, client: reqwest::Client::new() }
    }
}

impl House {
    pub async fn new() -> House {
        Plan::default().open().await
    }

    pub fn http(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn ws(&self, path: &str) -> String {
        format!("ws://{}{path}", self.address)
    }

    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> (u16, String) {
        let response = self.client.post(self.http(path)).form(form).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    pub async fn get(&self, path: &str, token: Option<&str>) -> (u16, String) {
        let mut request = self.client.get(self.http(path));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    /// Places a call as the provider does: webhook, document, stream, `connected`, `start`.
    pub async fn call(&self, call_sid: &str) -> Caller {
        let (status, xml) = self.post("/twilio/voice", &[("CallSid", call_sid), ("To", "+15550100")]).await;
        assert_eq!(status, 200, "{xml}");
        let (url, parameters) = stream_in(&xml);
        let mut caller = Caller::connect(&url).await;
        caller.call_id = parameters["call_id"].clone();
        caller.send(r#"{"event":"connected","protocol":"Call","version":"1.0.0"}"#).await;
        caller.send(&start(call_sid, &json!(parameters))).await;
        caller
    }

    pub async fn leave(self) {
        self.signals.send(()).await.unwrap();
        self.server.await.unwrap();
    }
}

/// The stream's address and parameters in a document.
pub fn stream_in(xml: &str) -> (String, BTreeMap<String, String>) {
    let document = roxmltree::Document::parse(xml).unwrap();
    let stream = document.descendants().find(|n| n.has_tag_name("Stream")).expect(xml);
    let parameter = |n: roxmltree::Node<'_, '_>| {
        Some((n.attribute("name")?.to_owned(), n.attribute("value")?.to_owned()))
    };
    (stream.attribute("url").unwrap().into(), stream.children().filter_map(parameter).collect())
}

pub fn verbs(xml: &str) -> Vec<String> {
    let document = roxmltree::Document::parse(xml).expect(xml);
    document.root_element().children().map(|n| n.tag_name().name().to_owned()).collect()
}

pub fn start(call_sid: &str, parameters: &Value) -> String {
    json!({"event": "start", "sequenceNumber": "1", "streamSid": "MZ1", "start": {
        "accountSid": "AC1", "streamSid": "MZ1", "callSid": call_sid, "tracks": ["inbound"],
        "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
        "customParameters": parameters}})
    .to_string()
}

/// The other side of a stream.
pub struct Caller {
    pub call_id: String,
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Caller {
    pub async fn connect(url: &str) -> Caller {
        Caller::try_connect(url, &[]).await.unwrap()
    }

    pub async fn try_connect(
        url: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<Caller, tungstenite::Error> {
        let mut request = url.into_client_request()?;
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        let (socket, _) = connect_async(request).await?;
        Ok(Caller { call_id: String::new(), socket })
    }

    pub async fn send(&mut self, text: &str) {
        self.send_raw(Message::Text(text.into())).await;
    }

    /// Sends; a connection that is closing meanwhile is what some tests are about.
    pub async fn send_raw(&mut self, message: Message) {
        let _ = self.socket.send(message).await;
    }

    /// The next message of the protocol; pings are answered on the way.
    pub async fn hear(&mut self) -> Option<Value> {
        loop {
            match self.socket.next().await? {
                Ok(Message::Text(text)) => return Some(serde_json::from_str(&text).unwrap()),
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// The code this server closes with.
    pub async fn closed_with(&mut self) -> Option<CloseCode> {
        loop {
            match self.socket.next().await? {
                Ok(Message::Close(frame)) => return frame.map(|frame| frame.code),
                Err(error) => panic!("closed without a code: {error}"),
                Ok(_) => {}
            }
        }
    }

    /// Says one frame and hears it back.
    pub async fn is_answered(&mut self) {
        self.send(r#"{"event":"media","streamSid":"MZ1","media":{"timestamp":"20","payload":"/37/fg=="}}"#)
            .await;
        let expected = json!({"event": "media", "streamSid": "MZ1", "media": {"payload": "/37/fg=="}});
        assert_eq!(self.hear().await, Some(expected));
    }

    pub async fn stop(mut self) {
        self.send(r#"{"event":"stop","streamSid":"MZ1","stop":{}}"#).await;
        while self.hear().await.is_some() {}
    }

    pub async fn leave_without_a_word(self) {
        drop(self.socket);
    }
}

pub fn signed(url: &str, form: &[(&str, &str)]) -> String {
    let form: Vec<_> = form.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    signature::sign(SECRET, signature::Algorithm::HmacSha1, url, signature::Body::Form(&form))
}

/// Echoes audio. Key 0 passes the caller to a person, 9 dies, 5 lets the call end.
struct Echo {
    records: Arc<Kept>,
}

#[async_trait]
impl Conversation for Echo {
    async fn answer(
        &self,
        desk: Arc<Desk>,
        mut channel: Box<dyn Channel>,
        _start: StreamStart,
        opened: Opened,
        mut stop: watch::Receiver<bool>,
    ) -> Ended {
        let show = |event| desk.onlooker.show(&opened.call_id, event);
        show(json!({"event": "line", "person_available": opened.person_available}));
        let outcome = loop {
            let message = tokio::select! {
                message = channel.next() => message,
                _ = stop.changed() => break Outcome::Failed,
            };
            match message {
                Some(FromCaller::Audio { payload, .. }) => {
                    let to = payload.len();
                    let _ = channel.send(ToCaller::Audio { bytes: payload.into(), from: 0, to }).await;
                }
                Some(FromCaller::Key('0')) => {
                    channel.close().await;
                    let open = Open { opened, records: Arc::clone(&self.records) };
                    return Ended::Transferring(Box::new(open));
                }
                Some(FromCaller::Key('9')) => {
                    *self.records.died.lock().unwrap() = Some(opened);
                    panic!("a conversation dies, as a test wants it");
                }
                Some(FromCaller::Key('5')) => break Outcome::Completed,
                Some(FromCaller::Stop) => break Outcome::Abandoned,
                None => {
                    show(json!({"event": "gone", "why": channel.why_gone()}));
                    self.records.gone.lock().unwrap().push((opened.call_id.clone(), channel.why_gone()));
                    break Outcome::Abandoned;
                }
                Some(_) => {}
            }
        };
        channel.close().await;
        show(json!({"event": "ended", "outcome": outcome}));
        Ended::Finished(Box::new(self.records.keep(&opened, outcome)))
    }

    async fn recover(&self, _: &Desk, call_id: &str) -> Option<CallRecord> {
        let died = self.records.died.lock().unwrap().take()?;
        assert_eq!(died.call_id, call_id);
        Some(self.records.keep(&died, Outcome::Failed))
    }
}

struct Open {
    opened: Opened,
    records: Arc<Kept>,
}

#[async_trait]
impl Transferring for Open {
    async fn finish(self: Box<Self>, reached: PersonReached) -> CallRecord {
        let outcome = match reached {
            PersonReached::Answered => Outcome::Transferred,
            PersonReached::NotAnswered => Outcome::Completed,
        };
        self.records.keep(&self.opened, outcome)
    }
}

pub struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> Utc {
        Utc(1_795_190_400_000) // 2026-11-20, a Friday, 16:00 UTC
    }
}

/// Stands where these tests need nothing.
struct Absent;

impl Entropy for Absent {
    fn draw(&self) -> u128 {
        // No call is answered here, and no chat handed over.
        7
    }
}

#[async_trait]
impl Recognizer for Absent {
    async fn recognize(&self, _: Arc<[f32]>, _: Hints) -> Result<Heard, EngineFailed> {
        unreachable!("nobody listens here")
    }
}

#[async_trait]
impl Synthesizer for Absent {
    async fn say(&self, _: &str, _: Locale) -> Result<Prompt, EngineFailed> {
        unreachable!("nobody speaks here")
    }
}

#[async_trait]
impl Ledger for Absent {
    async fn open(&self, _: &Opened) -> Result<(), StoreUnavailable> {
        unreachable!()
    }
    async fn append(&self, _: &str, _: Vec<Entry>) -> Result<(), StoreUnavailable> {
        unreachable!()
    }
    async fn journal(&self, _: &str) -> Result<Option<(Opened, Vec<Entry>)>, StoreUnavailable> {
        unreachable!()
    }
    async fn close(&self, _: &str, _: &CallRecord) -> Result<(), StoreUnavailable> {
        unreachable!()
    }
    async fn unfinished(&self) -> Result<Vec<String>, StoreUnavailable> {
        unreachable!()
    }
}

#[async_trait]
impl Recordings for Absent {
    async fn append(&self, _: &str, _: Label, _: Vec<u8>) -> Result<(), StoreUnavailable> {
        unreachable!()
    }
    async fn finish(&self, _: &str, _: Vec<(Millis, Millis)>) -> Result<Option<Finished>, StoreUnavailable> {
        unreachable!()
    }
    async fn destroy(&self, _: &str) -> Result<(), StoreUnavailable> {
        unreachable!()
    }
}

/// A program whose every text is its own name.
pub fn program(id: &str, number: &str) -> Program {
    let text = |en: &str| Text { en: en.into(), es: None };
    let names = "greeting recording before_we_talk back_to_notice acknowledge_again declined thanks \
        consent_granted consent_denied consent_again consent_deferred signature signature_again name_differs \
        read_back read_back_wrong legal_demand representative company company_refused capacity safety \
        special_recipient complaint no_single_consent restricted language_offer revoked revoked_all revoked_before \
        revoke_confirm revoke_not_meant stopped skipped wait not_understood silence silence_goodbye \
        no_answer_known human_offer human_connecting human_unavailable emergency danger_question \
        neutral_refusal third_party minor request_filed recording_off language trouble closing goodbye \
        code_ask code_kept code_unknown carried_on handed_over";
    let texts: serde_json::Map<_, _> = names
        .split_whitespace()
        .map(|n| (n.into(), json!({"en": format!("{n} {{program}} {{number}}")})))
        .collect();
    Program {
        id: id.into(),
        name: format!("{id} & sons"),
        sha256: String::new(),
        numbers: vec![number.into()],
        locales: vec![Locale::EnUs],
        notice: Notice {
            id: "part2-notice".into(),
            version: "2026-11-01.1".into(),
            approved_by: String::new(),
            parts: vec![NoticePart { id: "a".into(), text: text("notice") }],
            acknowledge: text("yes?"),
        },
        consents: ConsentRules::default(),
        recipients: vec![],
        plain: vec![],
        sensitive: vec![],
        faq: vec![],
        texts: serde_json::from_value::<Texts>(texts.into()).unwrap(),
        typed: None,
        person: Person {
            number: "+15550111".into(),
            timezone: "America/New_York".into(),
            hours: vec!["mon-fri 08:00-18:00".into()],
            after_hours_number: None,
            ring_s: 25,
        },
        timings: Timings::default(),
        pronounce: BTreeMap::new(),
        pronounce_es: BTreeMap::new(),
    }
}

//! A server for measuring how many calls one core carries: everything real but the words.
//!
//! `capacity_server PORT DATA_DIR` speaks Twilio's protocol on `ws://127.0.0.1:PORT/ws`, without a token and on
//! the loopback only. The socket, the listener with its voice activity, the dialogue, the pacing, the recorder and
//! the store are those of `candor serve`; the recogniser always hears "Can you repeat that?" and every line is a
//! canned tone, 4 s for the question that is repeated. So each utterance is answered by 4 s of audio, as by the
//! peers in the same measurement.

use async_trait::async_trait;
use axum::{Router, extract::WebSocketUpgrade, routing::get};
use candor::{
    call::{self, Codes, Desk, RealTime},
    channel::{Terms, TwilioSocket},
    config::programs,
    dialogue::ChannelKind,
    engine::{onnx::Onnx, vad::Silero},
    journal::{Opened, Salt},
    ports::{Clock, EngineFailed, Entropy, Hints, Onlooker, Prompt, Recognizer, Synthesizer},
    program::{Locale, Text},
    store::{Keyring, Store},
    time::Utc,
    understand::Heard,
};
use std::{
    env,
    error::Error,
    path::Path,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};
use tokio::{net::TcpListener, sync::watch};

/// The length of the answer, as that of the peers.
const ANSWER_MS: usize = 4_000;
/// The length of every other line.
const LINE_MS: usize = 300;
const QUESTION: &str = "Do you understand?";

struct CannedWords;

#[async_trait]
impl Recognizer for CannedWords {
    async fn recognize(&self, _: Arc<[f32]>, _: Hints) -> Result<Heard, EngineFailed> {
        Ok(Heard::typed("Can you repeat that?"))
    }
}

struct CannedVoice {
    answer: Prompt,
    line: Prompt,
}

impl CannedVoice {
    fn new() -> CannedVoice {
        // A tone of 250 Hz: half its samples positive, half negative.
        let tone = |ms: usize| Prompt {
            mulaw: (0..ms * 8).map(|n| if n % 32 < 16 { 0xa0 } else { 0x20 }).collect(),
            pauses_ms: Arc::from([]),
        };
        CannedVoice { answer: tone(ANSWER_MS), line: tone(LINE_MS) }
    }
}

#[async_trait]
impl Synthesizer for CannedVoice {
    async fn say(&self, text: &str, _: Locale) -> Result<Prompt, EngineFailed> {
        Ok(if text == QUESTION { self.answer.clone() } else { self.line.clone() })
    }
}

struct Nobody;

impl Onlooker for Nobody {
    fn watches(&self, _: &str) -> bool {
        false
    }
    fn show(&self, _: &str, _: serde_json::Value) {}
}

struct WallClock;

impl Clock for WallClock {
    fn now(&self) -> Utc {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Utc(since.as_millis() as i64)
    }
}

struct Chance;

impl Entropy for Chance {
    fn draw(&self) -> u128 {
        uuid::Uuid::new_v4().as_u128()
    }
}

async fn desk(data: &Path) -> Result<Desk, Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let models = env::var("CANDOR_MODELS").map_or_else(|_| root.join("models"), Into::into);
    let mut program = programs::load(&root.join("programs"), "harbor")?;
    program.notice.acknowledge = Text { en: QUESTION.into(), es: None };
    program.texts.acknowledge_again = program.notice.acknowledge.clone();
    let onnx = Onnx::open(&models)?;
    let silero = Silero::open(&onnx, &models, 1)?;
    let store =
        Arc::new(Store::open(data, Arc::new(Keyring::open(&data.with_extension("keys"), None)?)).await?);
    Ok(Desk {
        program: Arc::new(program),
        ears: Arc::new(CannedWords),
        voice: Arc::new(CannedVoice::new()),
        activity: Arc::new(move || silero.stream()),
        recordings: store.recordings(),
        ledger: store,
        onlooker: Arc::new(Nobody),
        clock: Arc::new(WallClock),
        timer: Arc::new(RealTime::default()),
        entropy: Arc::new(Chance),
        codes: Arc::new(Codes::new(&Chance)),
    })
}

fn opened(desk: &Desk) -> Opened {
    let program = &desk.program;
    Opened {
        call_id: uuid::Uuid::new_v4().to_string(),
        program: program.id.clone(),
        program_sha256: program.sha256.clone(),
        channel: ChannelKind::Phone,
        provider: Some("twilio".into()),
        provider_call_id: None,
        direction: "inbound".into(),
        started_at: desk.clock.now(),
        locale: Locale::EnUs,
        person_available: true,
        spoken: vec![Locale::EnUs],
        notice_id: program.notice.id.clone(),
        notice_version: program.notice.version.clone(),
        notice_sha256: program.notice.sha256(Locale::EnUs),
        resumes: None,
        build: env!("CARGO_PKG_VERSION").into(),
        salt: Salt::default(),
    }
}

// One thread for everything: the measurement is of one core.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().collect();
    let [_, port, data] = &arguments[..] else { return Err("usage: capacity_server PORT DATA_DIR".into()) };
    let desk = Arc::new(desk(Path::new(data)).await?);
    let (_going_down, stop) = watch::channel(false);
    let media = move |upgrade: WebSocketUpgrade| async move {
        upgrade.on_upgrade(move |socket| async move {
            match TwilioSocket::accept(socket, Terms::default()).await {
                Ok((start, channel)) => {
                    let opened = opened(&desk);
                    call::answer(desk, Box::new(channel), start, opened, stop).await;
                }
                Err(offence) => eprintln!("a stream ended before it began: {offence:?}"),
            }
        })
    };
    let listener = TcpListener::bind(("127.0.0.1", port.parse::<u16>()?)).await?;
    println!("ws://{}/ws", listener.local_addr()?);
    axum::serve(listener, Router::new().route("/ws", get(media))).await?;
    Ok(())
}

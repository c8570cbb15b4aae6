//! The stream on a real socket, in real time.

use super::{
    api::Api,
    caller::Caller,
    captions::Captions,
    player::Player,
    stream::{FRAME, Heard, Ids, Leaves, Stream},
};
use crate::{cli::Fault, wire::signature::SIGNATURE_HEADER};
use futures_util::{SinkExt, StreamExt};
use reqwest::Url;
use serde_json::Value;
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};
use tokio::{
    net::TcpStream,
    sync::mpsc,
    time::{MissedTickBehavior, interval_at, timeout},
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{self, Message, client::IntoClientRequest, http::HeaderValue},
};

const CONNECT_MAX: Duration = Duration::from_secs(10);
/// A caller with nothing more to say stays so long for the agent to hang up.
const LAST_WORDS_MAX: Duration = Duration::from_secs(60);
/// After `stop`, the other side has so long to close.
const CLOSE_MAX: Duration = Duration::from_secs(3);
const EVENTS_MAX: usize = 1_024;

/// A stream about to be opened.
pub struct Live<'a> {
    /// The WebSocket.
    pub url: Url,
    /// `X-Twilio-Signature` of its handshake.
    pub signature: Option<String>,
    /// Who is on the line.
    pub ids: Ids,
    /// What the document passes along.
    pub parameters: &'a BTreeMap<String, String>,
    /// The live feed of this call, where there is a token for it.
    pub feed: Option<(Api, String)>,
    /// The loudspeaker.
    pub player: Option<Player>,
    /// The call ends after this long.
    pub limit: Duration,
}

/// How the stream ended.
pub enum Ending {
    /// The agent closed it: the provider goes on with its document.
    AgentClosed,
    /// The caller hung up.
    CallerLeft,
    /// The caller hung up because the script could not go on: why.
    Stuck(String),
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

impl Live<'_> {
    /// Runs the stream to its end.
    pub async fn run(mut self, caller: Caller, captions: &mut Captions) -> Result<(Heard, Ending), Fault> {
        let mut socket = self.connect().await?;
        let (events, mut feed) = mpsc::channel(EVENTS_MAX);
        let watching = self.feed.take().map(|(api, call_id)| {
            tokio::spawn(async move {
                if let Err(why) = api.watch(&call_id, events).await {
                    eprintln!("candor call: no captions: {why}");
                }
            })
        });
        let mut stream = Stream::new(self.ids.clone(), Box::new(caller));
        captions.begin();
        for message in stream.opening(self.parameters) {
            send(&mut socket, message).await?;
        }
        let ending = self.converse(&mut socket, &mut stream, &mut feed, captions).await?;
        if !matches!(ending, Ending::AgentClosed) {
            // The caller is gone; what the socket says to that does not matter any more.
            let _ = send(&mut socket, stream.closing()).await;
            let _ = socket.close(None).await;
            let _ = timeout(CLOSE_MAX, async { while let Some(Ok(_)) = socket.next().await {} }).await;
        }
        // The feed has its last events on the way when the socket closes.
        while let Ok(Some(event)) = timeout(Duration::from_millis(500), feed.recv()).await {
            captions.event(&event);
        }
        if let Some(watching) = watching {
            watching.abort();
        }
        Ok((stream.finish(), ending))
    }

    async fn connect(&self) -> Result<Socket, Fault> {
        let url = &self.url;
        let failed = |why: String| Fault::finding(format!("the stream {url} could not be opened: {why}"));
        let mut request = url.as_str().into_client_request().map_err(|e| failed(e.to_string()))?;
        if let Some(signature) = &self.signature {
            let value = HeaderValue::from_str(signature).map_err(|e| failed(e.to_string()))?;
            request.headers_mut().insert(SIGNATURE_HEADER, value);
        }
        let connected = timeout(CONNECT_MAX, connect_async(request)).await;
        let connected =
            connected.map_err(|_| failed(format!("no answer within {} s", CONNECT_MAX.as_secs())))?;
        let (socket, _) = connected.map_err(|e| match e {
            tungstenite::Error::Http(response) => failed(format!("the handshake got {}", response.status())),
            other => failed(other.to_string()),
        })?;
        if let MaybeTlsStream::Plain(tcp) = socket.get_ref() {
            // Frames are small and must not wait for each other.
            let _ = tcp.set_nodelay(true);
        }
        Ok(socket)
    }

    /// Until one side leaves. Every 20 ms a frame goes out, whatever comes in.
    async fn converse(
        &self,
        socket: &mut Socket,
        stream: &mut Stream,
        feed: &mut mpsc::Receiver<Value>,
        captions: &mut Captions,
    ) -> Result<Ending, Fault> {
        let began = Instant::now();
        let now = || (began.elapsed().as_micros() / 125) as u64;
        let period = Duration::from_millis(20);
        let mut ticks = interval_at((began + period).into(), period);
        // A late frame is sent late, and the next ones on time: the caller's clock does not drift.
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let mut done_at: Option<Instant> = None;
        let mut is_fed = true;
        let mut interrupted = std::pin::pin!(tokio::signal::ctrl_c());
        loop {
            tokio::select! {
                biased;
                _ = ticks.tick() => {
                    for message in stream.tick(now()) {
                        if send(socket, message).await.is_err() {
                            return Ok(Ending::AgentClosed);
                        }
                    }
                    if let Some(player) = &self.player {
                        let (caller, agent) = stream.latest(FRAME);
                        player.play(caller, agent);
                    }
                }
                message = socket.next() => match message {
                    Some(Ok(Message::Text(text))) => {
                        for message in stream.receive(now(), &text) {
                            if send(socket, message).await.is_err() {
                                return Ok(Ending::AgentClosed);
                            }
                        }
                    }
                    Some(Ok(Message::Binary(_))) => stream.receive_binary(),
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return Ok(Ending::AgentClosed),
                    Some(Ok(_)) => {}
                },
                event = feed.recv(), if is_fed => match event {
                    Some(event) => {
                        stream.feed(now(), &event);
                        captions.event(&event);
                    }
                    None => is_fed = false,
                },
                _ = &mut interrupted => return Ok(Ending::CallerLeft),
            }
            for notable in stream.notable() {
                captions.notable(&notable);
            }
            match stream.leaves() {
                Some(Leaves::HangsUp) => return Ok(Ending::CallerLeft),
                Some(Leaves::Stuck(why)) => return Ok(Ending::Stuck(why.clone())),
                None => {}
            }
            if stream.is_done() {
                let done_at = *done_at.get_or_insert_with(Instant::now);
                if done_at.elapsed() > LAST_WORDS_MAX {
                    return Ok(Ending::CallerLeft);
                }
            }
            if began.elapsed() > self.limit {
                let why = format!("the call lasted longer than {} s (--limit-s)", self.limit.as_secs());
                return Ok(Ending::Stuck(why));
            }
        }
    }
}

async fn send(socket: &mut Socket, message: String) -> Result<(), Fault> {
    socket
        .send(Message::text(message))
        .await
        .map_err(|e| Fault::finding(format!("the stream was closed while speaking to it: {e}")))
}

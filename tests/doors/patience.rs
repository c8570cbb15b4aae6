//! How long the other side may take. The server's own limits are longer; the rules are the same.

use axum::{Router, extract::WebSocketUpgrade, routing::get};
use candor::{
    channel::{Offence, Terms, TwilioSocket},
    dialogue::Gone,
    ports::Channel,
    wire::{FromCaller, ToCaller},
};
use futures_util::{SinkExt, StreamExt};
use std::sync::Arc;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, protocol::frame::coding::CloseCode},
};

const SHORT: Terms = Terms {
    message_bytes_max: 65_536,
    start_ms_max: 300,
    quiet_ms_max: 100,
    lost_ms_max: 400,
    send_ms_max: 300,
};

type Accepted = Result<TwilioSocket, Option<Offence>>;
type Client = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Both ends of one connection: what `accept` gave, and the client's socket.
async fn connection() -> (Client, mpsc::Receiver<Accepted>) {
    let (told, accepted) = mpsc::channel(1);
    let route = get(move |upgrade: WebSocketUpgrade| async move {
        upgrade.on_upgrade(move |socket| async move {
            let result = TwilioSocket::accept(socket, SHORT).await.map(|(_, channel)| channel);
            let _ = told.send(result).await;
        })
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/", route)).await });
    (connect_async(format!("ws://{address}/")).await.unwrap().0, accepted)
}

async fn started() -> (Client, TwilioSocket) {
    let (mut client, mut accepted) = connection().await;
    let start = crate::house::start("CA1", &serde_json::json!({}));
    client.send(Message::Text(start.into())).await.unwrap();
    let channel = accepted.recv().await.unwrap().unwrap_or_else(|o| panic!("{o:?}"));
    (client, channel)
}

#[tokio::test]
async fn a_stream_that_does_not_start_is_closed() {
    let (mut client, mut accepted) = connection().await;
    client.send(Message::Text(r#"{"event":"connected"}"#.into())).await.unwrap();
    let Some(Err(Some(Offence::NoStart))) = accepted.recv().await else { panic!("let in") };
    let code = loop {
        match client.next().await {
            Some(Ok(Message::Close(frame))) => break frame.map(|frame| frame.code),
            Some(Ok(Message::Ping(_))) => {}
            other => panic!("no code: {other:?}"),
        }
    };
    assert_eq!(code, Some(CloseCode::Policy));
}

#[tokio::test]
async fn a_quiet_peer_is_asked_and_a_dead_one_is_lost() {
    let (mut client, mut channel) = started().await;
    // As long as the client reads, it answers pings, and the connection stays.
    let reading = tokio::spawn(async move {
        let mut pings = 0;
        while pings < 6 {
            if let Some(Ok(Message::Ping(_))) = client.next().await {
                pings += 1;
            }
        }
        client.send(Message::Text(r#"{"event":"mark","mark":{"name":"alive"}}"#.into())).await.unwrap();
        client
    });
    assert_eq!(channel.next().await, Some(FromCaller::Mark("alive".into())));
    let _silent = reading.await.unwrap();
    assert_eq!(channel.next().await, None);
    assert_eq!(channel.why_gone(), Gone::Lost);
    assert_eq!(channel.next().await, None, "and it stays gone");
}

#[tokio::test]
async fn a_peer_that_takes_nothing_is_given_up() {
    let (_deaf, mut channel) = started().await;
    let minute: Arc<[u8]> = vec![0xff; 480_000].into();
    let say = || ToCaller::Audio { bytes: Arc::clone(&minute), from: 0, to: minute.len() };
    while channel.send(say()).await.is_ok() {}
    assert_eq!(channel.next().await, None);
}

#[tokio::test]
async fn a_dropped_wait_loses_no_message() {
    let (mut client, mut channel) = started().await;
    let sending = tokio::spawn(async move {
        for n in 0..500 {
            let mark = format!(r#"{{"event":"mark","mark":{{"name":"{n}"}}}}"#);
            client.send(Message::Text(mark.into())).await.unwrap();
            tokio::task::yield_now().await;
        }
        client.close(None).await.unwrap();
    });
    let mut marks = Vec::new();
    loop {
        tokio::select! {
            biased;
            message = channel.next() => match message {
                Some(FromCaller::Mark(name)) => marks.push(name),
                other => break assert_eq!(other, None),
            },
            () = tokio::task::yield_now() => {}
        }
    }
    assert_eq!(marks, (0..500).map(|n| n.to_string()).collect::<Vec<_>>());
    assert_eq!(channel.why_gone(), Gone::HungUp, "a goodbye is no loss");
    sending.await.unwrap();
}

//! Every bad input has its stated outcome (the table in docs/twilio.md), and none takes another call down.

use crate::house::*;
use candor::dialogue::Gone;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

/// One more than are forgiven.
const TOO_MANY: usize = candor::channel::limits::STRIKES_MAX as usize + 1;

fn text(text: impl Into<String>) -> Message {
    Message::Text(text.into().into())
}

fn media(bytes: usize) -> Message {
    let payload = "/".repeat(bytes / 3 * 4);
    text(json!({"event": "media", "streamSid": "MZ1", "media": {"payload": payload}}).to_string())
}

#[tokio::test]
async fn a_little_nonsense_is_ignored() {
    let house = House::new().await;
    let mut caller = house.call("CA1").await;
    for message in [
        text("{"),
        text("[]"),
        text(r#"{"event":"media"}"#),
        text(r#"{"event":"media","media":{"payload":"no base64!"}}"#),
        text(r#"{"event":"dtmf","dtmf":{"digit":"x"}}"#),
        text(r#"{"event":"mark"}"#),
        Message::Binary(vec![0xff; 160].into()),
        Message::Ping(vec![1].into()),
        Message::Pong(vec![2].into()),
    ] {
        caller.send_raw(message).await;
        caller.is_answered().await;
    }
    // What is merely unknown is not even nonsense.
    for n in 0..10 * TOO_MANY {
        caller.send(&json!({"event": format!("unknown{n}"), "extra": {"deep": [n]}}).to_string()).await;
        caller.send(r#"{"event":"media","media":{"track":"outbound","payload":"/w=="}}"#).await;
    }
    caller.is_answered().await;
}

#[tokio::test]
async fn more_of_it_ends_the_connection_with_a_code_and_nobody_elses() {
    let house = House::new().await;
    let mut bystander = house.call("CA0").await;
    let cases: Vec<(&str, Vec<Message>, u16)> = vec![
        ("no JSON", vec![text("{"); TOO_MANY], 1003),
        ("deep JSON", vec![text("[".repeat(10_000)); TOO_MANY], 1003),
        ("no base64", vec![text(r#"{"event":"media","media":{"payload":"~"}}"#); TOO_MANY], 1003),
        ("no event", vec![text("{}"); TOO_MANY], 1003),
        ("binary", vec![Message::Binary(vec![0; 160].into()); TOO_MANY], 1003),
        ("a second start", vec![text(start("CA1", &json!({})))], 1008),
        ("another encoding", vec![text(start("CA1", &json!({})).replace("x-mulaw", "l16"))], 1003),
        ("too big", vec![text(" ".repeat(64 * 1024 + 1))], 1009),
        ("too big, binary", vec![Message::Binary(vec![0; 64 * 1024 + 1].into())], 1009),
        ("absurdly big", vec![Message::Binary(vec![0; 2 * 1024 * 1024].into())], 1009),
        ("two minutes of audio at once", vec![media(30_000); 32], 1008),
        (
            "more messages than the protocol needs",
            vec![text(r#"{"event":"mark","mark":{"name":"m"}}"#); 20_000],
            1008,
        ),
    ];
    for (n, (what, messages, code)) in cases.into_iter().enumerate() {
        let mut caller = house.call(&format!("CB{n}")).await;
        caller.is_answered().await;
        let call_id = caller.call_id.clone();
        for message in messages {
            caller.send_raw(message).await;
        }
        assert_eq!(caller.closed_with().await.map(u16::from), Some(code), "{what}");
        bystander.is_answered().await;
        house.post("/twilio/after", &[("CallSid", &format!("CB{n}"))]).await;
        let gone = house.records.gone.lock().unwrap().last().cloned();
        assert_eq!(gone, Some((call_id, Gone::Misbehaved)), "{what}: the conversation knows why");
    }
    bystander.stop().await;
}

#[tokio::test]
async fn whatever_comes_before_start_is_no_way_in() {
    let house = House::new().await;
    for (what, message) in [
        ("audio", media(120)),
        ("a key", text(r#"{"event":"dtmf","dtmf":{"digit":"1"}}"#)),
        ("stop", text(r#"{"event":"stop"}"#)),
    ] {
        let mut caller = Caller::connect(&house.ws("/twilio/media")).await;
        for _ in 0..TOO_MANY {
            caller.send_raw(message.clone()).await;
        }
        assert_eq!(caller.closed_with().await.map(u16::from), Some(1008), "{what}");
    }
    let mut caller = Caller::connect(&house.ws("/twilio/media")).await;
    caller.send(&start("CA1", &json!({})).replace("x-mulaw", "opus")).await;
    assert_eq!(caller.closed_with().await.map(u16::from), Some(1003), "an encoding nobody here reads");
}

#[tokio::test]
async fn what_is_no_websocket_message_ends_the_connection() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let house = House::new().await;
    let mut stream = tokio::net::TcpStream::connect(house.address).await.unwrap();
    let ask = "GET /twilio/media HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    stream.write_all(ask.as_bytes()).await.unwrap();
    stream.write_all(&[0xf7; 64]).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let head = answer.windows(4).position(|w| w == b"\r\n\r\n").unwrap() + 4;
    // A close frame: 0x88, its length, then the code 1002.
    assert_eq!((answer[head], &answer[head + 2..head + 4]), (0x88, &1002_u16.to_be_bytes()[..]));
}

//! Who is let in to a stream, and what goes through it.

use crate::house::*;
use serde_json::json;
use tokio_tungstenite::tungstenite;

#[tokio::test]
async fn a_call_goes_both_ways_from_start_to_stop() {
    let house = House::new().await;
    let mut caller = house.call("CA1").await;
    caller.is_answered().await;
    caller.stop().await;
    house.post("/twilio/after", &[("CallSid", "CA1")]).await;
    let all = house.records.all.lock().unwrap();
    let record = all.last().unwrap();
    assert_eq!(record.provider_call_id.as_deref(), Some("CA1"));
    assert_eq!((record.program.as_str(), record.direction.as_str()), ("harbor", "inbound"));
    assert_eq!(record.disclosure.version, "2026-11-01.1");
}

#[tokio::test]
async fn a_stream_without_the_providers_signature_is_refused_before_the_upgrade() {
    let public_url = Some("https://voice.example.com".to_owned());
    let house = Plan { signed: true, public_url, ..Plan::default() }.open().await;
    let url = house.ws("/twilio/media");
    let good = signed("wss://voice.example.com/twilio/media", &[]);
    let https = signed("https://voice.example.com/twilio/media", &[]);
    for headers in
        [vec![], vec![("x-twilio-signature", "AAAA")], vec![("x-twilio-signature", https.as_str())]]
    {
        let Err(tungstenite::Error::Http(response)) = Caller::try_connect(&url, &headers).await else {
            panic!("let in with {headers:?}");
        };
        assert_eq!(response.status(), 403);
    }
    assert!(Caller::try_connect(&url, &[("x-twilio-signature", &good)]).await.is_ok());
}

#[tokio::test]
async fn a_stream_is_let_in_once_with_the_token_of_its_own_call() {
    let house = House::new().await;
    let minted = |call_sid: &'static str| {
        let house = &house;
        async move {
            stream_in(&house.post("/twilio/voice", &[("CallSid", call_sid), ("To", "+15550100")]).await.1).1
        }
    };
    let try_in = |call_sid: &'static str, parameters: serde_json::Value| {
        let url = house.ws("/twilio/media");
        async move {
            let mut caller = Caller::connect(&url).await;
            caller.send(&start(call_sid, &parameters)).await;
            caller
        }
    };
    for (what, call_sid, parameters) in [
        ("none", "CA1", json!({})),
        ("an unknown one", "CA1", json!({"token": "00000000000000000000000000000000"})),
        ("another call's", "CA1", json!({"token": minted("CA2").await["token"]})),
    ] {
        let mut caller = try_in(call_sid, parameters).await;
        assert_eq!(caller.closed_with().await.map(u16::from), Some(1008), "{what}");
    }
    let good = json!({"token": minted("CA1").await["token"]});
    let mut caller = try_in("CA1", good.clone()).await;
    caller.is_answered().await;
    let mut again = try_in("CA1", good).await;
    assert_eq!(again.closed_with().await.map(u16::from), Some(1008), "a used one");
    caller.is_answered().await;
}

#[tokio::test]
async fn compression_is_never_agreed_to() {
    let house = House::new().await;
    let mut stream = tokio::net::TcpStream::connect(house.address).await.unwrap();
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let ask = "GET /twilio/media HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
        Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n";
    stream.write_all(ask.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap().to_lowercase();
    assert!(head.starts_with("http/1.1 101"), "{head}");
    assert!(!head.contains("sec-websocket-extensions"), "{head}");
}

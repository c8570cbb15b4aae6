//! Calls from browsers, with a WebRTC peer in this process: what the door takes and refuses, and what one page may do.

use crate::house::{House, Plan};
use async_trait::async_trait;
use candor::{
    channel::{BrowserChannel, Network},
    dialogue::Gone,
    ports::Channel,
    wire::{FromCaller, ToCaller},
};
use rtc::{
    media_stream::MediaStreamTrack,
    rtp::{Header, Packet},
    rtp_transceiver::rtp_sender::{
        RTCRtpCodec, RTCRtpCodecParameters, RTCRtpCodingParameters, RTCRtpEncodingParameters, RtpCodecKind,
    },
};
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    net::{IpAddr, UdpSocket},
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::{mpsc, watch},
    time::timeout,
};
use webrtc::{
    data_channel::{DataChannel, DataChannelEvent},
    media_stream::{
        track_local::{TrackLocal, static_rtp::TrackLocalStaticRTP},
        track_remote::{TrackRemote, TrackRemoteEvent},
    },
    peer_connection::{
        MediaEngine, PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCSessionDescription,
    },
};

const PATIENCE: Duration = Duration::from_secs(30);
const SSRC: u32 = 7;

/// The other end, as a browser is one.
pub struct Page {
    connection: Arc<dyn PeerConnection>,
    voice: Arc<dyn TrackLocal>,
    data: Arc<dyn DataChannel>,
    heard: mpsc::Receiver<Packet>,
    pub offer: String,
}

struct Ears(mpsc::Sender<Packet>);

#[async_trait]
impl PeerConnectionEventHandler for Ears {
    async fn on_track(&self, track: Arc<dyn TrackRemote>) {
        let heard = self.0.clone();
        tokio::spawn(async move {
            while let Some(event) = track.poll().await {
                if let TrackRemoteEvent::OnRtpPacket(packet) = event
                    && heard.send(packet).await.is_err()
                {
                    return;
                }
            }
        });
    }
}

impl Page {
    pub async fn new(label: &str) -> Page {
        let opus = RTCRtpCodec {
            mime_type: "audio/opus".into(),
            clock_rate: 48_000,
            channels: 2,
            sdp_fmtp_line: "minptime=10;useinbandfec=1".into(),
            rtcp_feedback: vec![],
        };
        let mut media = MediaEngine::default();
        let codec = RTCRtpCodecParameters { rtp_codec: opus.clone(), payload_type: 109 };
        media.register_codec(codec, RtpCodecKind::Audio).unwrap();
        let (told, heard) = mpsc::channel(1_000);
        let connection: Arc<dyn PeerConnection> = Arc::new(
            PeerConnectionBuilder::new()
                .with_media_engine(media)
                .with_handler(Arc::new(Ears(told)))
                .with_udp_addrs(vec!["127.0.0.1:0"])
                .build()
                .await
                .unwrap(),
        );
        let coding = RTCRtpEncodingParameters {
            rtp_coding_parameters: RTCRtpCodingParameters { ssrc: Some(SSRC), ..Default::default() },
            codec: opus,
            ..Default::default()
        };
        let (stream, track, label_of) = ("page".into(), "microphone".into(), "microphone".into());
        let track = MediaStreamTrack::new(stream, track, label_of, RtpCodecKind::Audio, vec![coding]);
        let voice: Arc<dyn TrackLocal> = Arc::new(TrackLocalStaticRTP::new(track));
        connection.add_track(Arc::clone(&voice)).await.unwrap();
        let data = connection.create_data_channel(label, None).await.unwrap();
        let offer = connection.create_offer(None).await.unwrap();
        connection.set_local_description(offer.clone()).await.unwrap();
        Page { connection, voice, data, heard, offer: offer.sdp }
    }

    pub async fn take(&self, answer: String) {
        let answer = RTCSessionDescription::answer(answer).unwrap();
        self.connection.set_remote_description(answer).await.unwrap();
    }

    pub async fn opened(&self) {
        while !matches!(self.event().await, DataChannelEvent::OnOpen) {}
    }

    async fn event(&self) -> DataChannelEvent {
        timeout(PATIENCE, self.data.poll()).await.expect("in time").expect("the channel is there")
    }

    /// The next event of this type that the page is shown.
    async fn shown(&self, kind: &str) -> Value {
        loop {
            if let DataChannelEvent::OnMessage(message) = self.event().await {
                let event: Value = serde_json::from_slice(&message.data).unwrap();
                if event["type"] == kind {
                    return event;
                }
            }
        }
    }

    async fn send(&self, message: Value) {
        self.data.send_text(&message.to_string()).await.unwrap();
    }

    /// So many frames of a tone.
    async fn speak(&self, frames: u16) {
        let mut encoder = opus::Encoder::new(48_000, opus::Channels::Mono, opus::Application::Voip).unwrap();
        for n in 0..frames {
            let tone: Vec<f32> =
                (0..960).map(|i| ((f32::from(n) * 960.0 + i as f32) * 0.0576).sin() * 0.3).collect();
            let header = Header {
                version: 2,
                payload_type: 109,
                sequence_number: n,
                timestamp: u32::from(n) * 960,
                ssrc: SSRC,
                ..Header::default()
            };
            let payload = encoder.encode_vec_float(&tone, 1_275).unwrap().into();
            self.voice.write_rtp(Packet { header, payload }).await.unwrap();
        }
    }

    /// Plays everything that comes and reports it, as long as it is connected.
    pub async fn plays(mut self) {
        while let Some(packet) = self.heard.recv().await {
            let played = json!({"type": "played", "timestamp": packet.header.timestamp});
            if self.data.send_text(&played.to_string()).await.is_err() {
                return;
            }
        }
    }

    async fn hears(&mut self) -> Packet {
        timeout(PATIENCE, self.heard.recv()).await.expect("in time").expect("a packet")
    }
}

fn network() -> Network {
    Network { bind: [127, 0, 0, 1].into(), ports: None, public: None, servers: Default::default() }
}

/// Both ends, connected.
async fn connected() -> (Page, BrowserChannel, watch::Sender<bool>) {
    let page = Page::new("candor").await;
    let (expected, answer) = BrowserChannel::answer(&page.offer, &network()).await.unwrap();
    page.take(answer).await;
    let (hang_up, hung_up) = watch::channel(false);
    let channel = timeout(PATIENCE, expected.connected(hung_up)).await.unwrap().expect("it connects");
    page.opened().await;
    (page, channel, hang_up)
}

async fn next(channel: &mut BrowserChannel) -> Option<FromCaller> {
    timeout(PATIENCE, channel.next()).await.expect("in time")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_on_every_address_offers_those_of_ipv4_too() {
    if UdpSocket::bind("[::1]:0").is_err() {
        return eprintln!("SKIPPED: this machine has no IPv6");
    }
    let offered = async |bind: &str| {
        let page = Page::new("candor").await;
        let network = Network { bind: bind.parse().unwrap(), ..network() };
        let (_expected, answer) = BrowserChannel::answer(&page.offer, &network).await.unwrap();
        let candidates = answer.lines().filter(|line| line.starts_with("a=candidate:"));
        let addresses = candidates.map(|line| line.split(' ').nth(4).unwrap().parse().unwrap());
        addresses.filter(IpAddr::is_ipv4).collect::<BTreeSet<IpAddr>>()
    };
    let by_ipv4 = offered("0.0.0.0").await;
    assert!(!by_ipv4.is_empty());
    assert_eq!(offered("::").await, by_ipv4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_other_than_the_offers_is_turned_away() {
    let page = Page::new("candor").await;
    let at = page.offer.find("a=fingerprint:sha-256 ").expect("a fingerprint") + 22;
    let digit = if &page.offer[at..=at] == "A" { "B" } else { "A" };
    let mut forged = page.offer.clone();
    forged.replace_range(at..=at, digit);
    let (expected, answer) = BrowserChannel::answer(&forged, &network()).await.unwrap();
    page.take(answer).await;
    let (_hang_up, hung_up) = watch::channel(false);
    assert!(timeout(PATIENCE, expected.connected(hung_up)).await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_is_heard_when_the_page_reports_it_and_not_before() {
    let (mut page, mut channel, _hang_up) = connected().await;
    let line = vec![0x20; 8_000];
    channel.send(ToCaller::Audio { bytes: line.into(), from: 0, to: 8_000 }).await.unwrap();
    channel.send(ToCaller::Mark("a".into())).await.unwrap();
    // A second of voice and more; nothing is reported, and nothing is heard.
    let mut last = page.hears().await.header.timestamp;
    for _ in 0..60 {
        last = page.hears().await.header.timestamp;
    }
    assert!(timeout(Duration::from_millis(200), channel.next()).await.is_err());
    page.send(json!({"type": "played", "timestamp": last})).await;
    assert_eq!(next(&mut channel).await, Some(FromCaller::Mark("a".into())));
    // Reports of what was never sent are refused, and end the call when they go on.
    for n in 0..20 {
        let timestamp = last.wrapping_add(1_000_000 + n);
        page.send(json!({"type": "played", "timestamp": timestamp})).await;
    }
    assert_eq!(next(&mut channel).await, None);
    assert_eq!(channel.why_gone(), Gone::Misbehaved);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_may_type_choose_and_press_and_is_told_what_makes_no_sense() {
    let (page, mut channel, _hang_up) = connected().await;
    let typed = json!({"type": "text", "text": "yes"});
    page.send(typed.clone()).await;
    let Some(FromCaller::Page(text)) = next(&mut channel).await else { panic!("it was typed") };
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), typed);
    page.send(json!({"type": "key", "key": "5"})).await;
    assert_eq!(next(&mut channel).await, Some(FromCaller::Key('5')));
    for (wrong, code) in [
        (json!({"type": "key", "key": "12"}), "bad_key"),
        (json!({"type": "choice", "value": "gate"}), "unknown_choice"),
        (json!({"type": "choice", "value": "sign", "name": "Jane Doe"}), "sign_by_voice"),
        (json!({"type": "open_gate"}), "unknown_type"),
        (json!({"type": "seen", "line": "l1"}), "unknown_type"),
        (json!({"type": "played", "timestamp": -1}), "bad_timestamp"),
    ] {
        page.send(wrong).await;
        assert!(timeout(Duration::from_millis(100), channel.next()).await.is_err());
        assert_eq!(page.shown("error").await["code"], code);
    }
    page.send(json!({"type": "end"})).await;
    assert_eq!(next(&mut channel).await, None);
    assert_eq!(channel.why_gone(), Gone::HungUp);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_before_the_call_listened_is_no_part_of_it() {
    let (mut page, mut channel, _hang_up) = connected().await;
    page.speak(100).await;
    // Half a second of the agent's silence later all of it has arrived.
    for _ in 0..25 {
        page.hears().await;
    }
    let mut heard = 0;
    while let Ok(Some(message)) = timeout(Duration::from_millis(500), channel.next()).await {
        if let FromCaller::Audio { payload, .. } = message {
            heard += payload.len() / 8;
        }
    }
    assert!(heard <= 100, "{heard} ms of two seconds ago");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_goes_away_has_hung_up() {
    let (page, mut channel, _hang_up) = connected().await;
    page.connection.close().await.unwrap();
    assert_eq!(next(&mut channel).await, None);
    assert!(matches!(channel.why_gone(), Gone::HungUp | Gone::Lost));
    let (_page, mut channel, hang_up) = connected().await;
    hang_up.send_replace(true);
    assert_eq!(next(&mut channel).await, None);
    assert_eq!(channel.why_gone(), Gone::HungUp);
}

async fn post(
    house: &House,
    path: &str,
    kind: &str,
    origin: Option<&str>,
    body: String,
) -> reqwest::Response {
    let mut request = house.client.post(house.http(path)).header("content-type", kind).body(body);
    if let Some(origin) = origin {
        request = request.header("origin", origin);
    }
    request.send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_call_through_the_door() {
    let house = House::new().await;
    let mut page = Page::new("candor").await;
    let response = post(&house, "/call/harbor", "application/sdp", None, page.offer.clone()).await;
    assert_eq!(response.status(), 201);
    assert_eq!(response.headers()["content-type"], "application/sdp");
    let location = response.headers()["location"].to_str().unwrap().to_owned();
    assert!(location.starts_with("/call/harbor/") && location.len() == "/call/harbor/".len() + 32);
    page.take(response.text().await.unwrap()).await;
    page.opened().await;
    let call_id = page.shown("started").await["call_id"].as_str().unwrap().to_owned();
    assert_eq!(page.shown("line").await["person_available"], false, "nobody can pass a browser on");
    // The conversation here echoes: what was said comes back as voice, and not as silence.
    page.speak(60).await;
    let mut decoder = opus::Decoder::new(8_000, opus::Channels::Mono).unwrap();
    let loud = async {
        loop {
            let mut samples = [0i16; 960];
            let packet = page.hears().await;
            let decoded = decoder.decode(&packet.payload, &mut samples, false).unwrap();
            if samples[..decoded].iter().any(|&s| s.unsigned_abs() > 3_000) {
                return;
            }
        }
    };
    timeout(PATIENCE, loud).await.expect("the echo");
    let gone = house.client.delete(house.http(&location)).send().await.unwrap();
    assert_eq!(gone.status(), 200);
    let left = async {
        while house.records.gone.lock().unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, left).await.expect("it ends");
    assert_eq!(*house.records.gone.lock().unwrap(), [(call_id, Gone::HungUp)]);
    house.leave().await;
}

#[tokio::test]
async fn what_is_no_offer_is_refused_by_what_is_wrong_with_it() {
    let house = House::new().await;
    let offer = Page::new("candor").await.offer;
    let sdp = "application/sdp";
    let evil = Some("https://evil.example");
    for (path, kind, origin, body, status, code) in [
        ("/call/harbor", "text/plain", None, offer.clone(), 415, "not_sdp"),
        ("/call/harbor", sdp, None, "hello".into(), 400, "bad_offer"),
        ("/call/harbor", sdp, None, offer.replace("m=audio", "m=video"), 400, "bad_offer"),
        ("/call/harbor", sdp, None, "v=0\r\n".to_owned() + &"a".repeat(20_000), 413, "too_big"),
        ("/call/elsewhere", sdp, None, offer.clone(), 404, "not_found"),
        ("/call/harbor", sdp, evil, offer.clone(), 403, "origin"),
    ] {
        let response = post(&house, path, kind, origin, body).await;
        let (found, text) = (response.status().as_u16(), response.text().await.unwrap());
        let error: Value = serde_json::from_str(&text).unwrap();
        assert_eq!((found, error["code"].as_str()), (status, Some(code)), "{text}");
    }
    let unknown = house.client.delete(house.http("/call/harbor/00000000000000000000000000000000"));
    assert_eq!(unknown.send().await.unwrap().status(), 404);
    house.leave().await;
}

#[tokio::test]
async fn no_browser_is_answered_without_room_or_agreement() {
    for plan in [
        Plan { calls_max: 0, ..Plan::default() },
        Plan { unagreed: vec!["harbor".into()], ..Plan::default() },
    ] {
        let house = plan.open().await;
        let offer = Page::new("candor").await.offer;
        let response = post(&house, "/call/harbor", "application/sdp", None, offer).await;
        assert_eq!(response.status(), 503);
        assert_eq!(response.headers()["retry-after"], "30");
        house.leave().await;
    }
}

#[tokio::test]
async fn the_page_to_call_from_runs_nothing_but_its_own() {
    let house = House::new().await;
    let response = house.client.get(house.http("/call")).send().await.unwrap();
    let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(
        policy.starts_with("default-src 'none'; script-src 'self';") && !policy.contains("unsafe"),
        "{policy}"
    );
    let page = response.text().await.unwrap();
    assert!(page.contains("data-program=\"harbor\"") && !page.contains("<style") && !page.contains("http"));
    assert_eq!(house.get("/call?program=elsewhere", None).await.0, 404);
    assert_eq!(house.get("/talk.js", None).await.0, 200);
    house.leave().await;
}

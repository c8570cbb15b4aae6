//! One browser, answered: what is negotiated, and what happens on the connection.

use super::sdp::{self, NotAnOffer};
use rtc::{
    media_stream::MediaStreamTrack,
    peer_connection::configuration::media_engine::MIME_TYPE_OPUS,
    rtp_transceiver::rtp_sender::{
        RTCRtpCodec, RTCRtpCodecParameters, RTCRtpCodingParameters, RTCRtpEncodingParameters, RtpCodecKind,
    },
};
use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
    ops::RangeInclusive,
    sync::Arc,
    time::Duration,
};
use tokio::{sync::mpsc, time::timeout};
use webrtc::{
    data_channel::DataChannel,
    media_stream::{
        track_local::{TrackLocal, static_rtp::TrackLocalStaticRTP},
        track_remote::TrackRemote,
    },
    peer_connection::{
        MediaEngine, PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler,
        RTCConfigurationBuilder, RTCIceGatheringState, RTCIceServer, RTCPeerConnectionState,
        RTCSessionDescription, Registry, SettingEngineBuilder, configure_rtcp_reports,
    },
};

/// The data channel's name.
pub(super) const DATA_CHANNEL: &str = "candor";
/// The payload type that we would give Opus; the browser's own is used.
const OPUS_PAYLOAD_TYPE: u8 = 111;
/// FEC: a packet that is lost is in the next one too. The answer repeats what the browser offered.
const OPUS_PARAMETERS: &str = "minptime=10;useinbandfec=1";
/// How long addresses are looked for, in milliseconds; STUN and TURN servers may not answer.
const GATHER_MS_MAX: u64 = 3_000;
/// Nothing arrives for so long: the connection is disturbed; then it has failed, in milliseconds.
const ICE_DISTURBED_MS: u64 = 5_000;
const ICE_FAILED_MS: u64 = 10_000;
const ICE_KEEP_ALIVE_MS: u64 = 2_000;
/// What may happen before somebody looks.
const HAPPENINGS_MAX: usize = 16;
/// What waits to be sent on the data channel at most, in bytes.
const DATA_BYTES_MAX: usize = 256 * 1024;

/// STUN and TURN servers, with what they want to know.
#[derive(Clone, Debug, Default)]
pub struct IceServers {
    /// `stun:host:port`, `turn:host:port?transport=udp`.
    pub urls: Vec<String>,
    /// Who we are to the TURN servers.
    pub username: String,
    /// How we show it.
    pub password: secrecy::SecretString,
}

/// How browsers reach this machine.
#[derive(Clone, Debug)]
pub struct Network {
    /// The address to listen on; an unspecified one means all of them.
    pub bind: IpAddr,
    /// The UDP ports to use; `None` leaves it to the system.
    pub ports: Option<RangeInclusive<u16>>,
    /// The address that browsers are told instead of our own.
    pub public: Option<IpAddr>,
    /// Servers that help where there is no straight way.
    pub servers: IceServers,
}

/// Why an offer got no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAnswered {
    /// It is the browser's fault.
    #[error("{0}")]
    NotAnOffer(#[from] NotAnOffer),
    /// The offer reads as one and cannot be agreed to.
    #[error("the offer cannot be agreed to: Opus, and a data channel named `candor`, are needed")]
    NotAgreed,
    /// It is ours.
    #[error("no connection can be offered: {0}")]
    Ours(String),
}

/// Something on the connection.
pub(super) enum Happening {
    State(RTCPeerConnectionState),
    Data(Arc<dyn DataChannel>),
    Track(Arc<dyn TrackRemote>),
}

/// A connection to one browser. It is closed when this is dropped.
pub(super) struct Peer {
    pub connection: Arc<dyn PeerConnection>,
    pub happenings: mpsc::Receiver<Happening>,
    pub track: Arc<dyn TrackLocal>,
    pub ssrc: u32,
    pub payload_type: u8,
}

impl Peer {
    /// Answers an offer: the connection and the answer's SDP.
    pub(super) async fn answer(offer: &str, network: &Network) -> Result<(Peer, String), NotAnswered> {
        let offer = sdp::checked(offer, !network.servers.urls.is_empty())?;
        let offer = RTCSessionDescription::offer(offer).map_err(|_| NotAnOffer::NotSdp)?;
        let (told, happenings) = mpsc::channel(HAPPENINGS_MAX);
        let (gathered, mut complete) = mpsc::channel(1);
        let connection = open(network, Arc::new(Watch { told, gathered })).await?;
        let ssrc = rand::random();
        let track = voice(ssrc);
        // From here on whatever goes wrong closes the connection.
        let mut peer = Peer { connection, happenings, track, ssrc, payload_type: OPUS_PAYLOAD_TYPE };
        let agreed = async {
            let sender = peer.connection.add_track(Arc::clone(&peer.track)).await?;
            peer.connection.set_remote_description(offer).await?;
            let answer = peer.connection.create_answer(None).await?;
            peer.connection.set_local_description(answer).await?;
            sender.get_parameters().await
        };
        let parameters = agreed.await.map_err(|error| {
            tracing::debug!(%error, "an offer was not agreed to");
            NotAnswered::NotAgreed
        })?;
        let opus =
            |codec: &&RTCRtpCodecParameters| codec.rtp_codec.mime_type.eq_ignore_ascii_case(MIME_TYPE_OPUS);
        let codec = parameters.rtp_parameters.codecs.iter().find(opus).ok_or(NotAnswered::NotAgreed)?;
        peer.payload_type = codec.payload_type;
        let _ = timeout(Duration::from_millis(GATHER_MS_MAX), complete.recv()).await;
        let answer = peer.connection.local_description().await;
        let answer = answer.ok_or_else(|| NotAnswered::Ours("there is no local description".into()))?;
        let answer = sdp::announced(&answer.sdp, network.public);
        if !answer.contains("a=candidate:") {
            return Err(NotAnswered::Ours("this machine has no address to offer".into()));
        }
        Ok((peer, answer))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // A connection that is only dropped lives on.
        let connection = Arc::clone(&self.connection);
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { connection.close().await });
        }
    }
}

/// A connection on a free port of those that may be used.
async fn open(network: &Network, watch: Arc<Watch>) -> Result<Arc<dyn PeerConnection>, NotAnswered> {
    let ours = |error: webrtc::error::Error| NotAnswered::Ours(error.to_string());
    let Some(ports) = network.ports.clone() else {
        return build(network, 0, watch).await.map_err(ours);
    };
    let (first, count) = (*ports.start(), u32::from(ports.end() - ports.start()) + 1);
    // Begun anywhere, so that calls that come together seldom want the same port.
    let from = rand::random::<u32>() % count;
    for n in 0..count {
        let port = first + ((from + n) % count) as u16;
        if UdpSocket::bind((network.bind, port)).is_ok()
            && let Ok(connection) = build(network, port, Arc::clone(&watch)).await
        {
            return Ok(connection);
        }
    }
    Err(NotAnswered::Ours("no UDP port of browser.udp_ports is free".into()))
}

async fn build(
    network: &Network,
    port: u16,
    watch: Arc<Watch>,
) -> Result<Arc<dyn PeerConnection>, webrtc::error::Error> {
    let mut media = MediaEngine::default();
    media.register_codec(
        RTCRtpCodecParameters { rtp_codec: opus(), payload_type: OPUS_PAYLOAD_TYPE },
        RtpCodecKind::Audio,
    )?;
    let ms = |ms| Some(Duration::from_millis(ms));
    let settings = SettingEngineBuilder::new()
        .with_ice_timeouts(ms(ICE_DISTURBED_MS), ms(ICE_FAILED_MS), ms(ICE_KEEP_ALIVE_MS))
        .build();
    let connection = PeerConnectionBuilder::new()
        .with_configuration(
            RTCConfigurationBuilder::new().with_ice_servers(servers(&network.servers)).build(),
        )
        .with_media_engine(media)
        .with_setting_engine(settings)
        // Reports only: the browser's encoder learns from them how much is lost. Nothing is sent twice.
        .with_interceptor_registry(configure_rtcp_reports(Registry::new()))
        .with_handler(watch)
        .with_udp_addrs(addresses(network.bind).map(|address| SocketAddr::new(address, port)).collect())
        .with_data_channel_send_buffer_limit(DATA_BYTES_MAX)
        .build()
        .await?;
    Ok(Arc::new(connection))
}

/// Where to listen. Who listens on every address of IPv6 is reached by IPv4 too, as its web pages are.
fn addresses(bind: IpAddr) -> impl Iterator<Item = IpAddr> {
    let also = (bind == Ipv6Addr::UNSPECIFIED).then_some(Ipv4Addr::UNSPECIFIED.into());
    [bind].into_iter().chain(also)
}

fn servers(servers: &IceServers) -> Vec<RTCIceServer> {
    use secrecy::ExposeSecret;
    let one = |url: &String| RTCIceServer {
        urls: vec![url.clone()],
        username: servers.username.clone(),
        credential: servers.password.expose_secret().to_owned(),
    };
    servers.urls.iter().map(one).collect()
}

fn opus() -> RTCRtpCodec {
    RTCRtpCodec {
        mime_type: MIME_TYPE_OPUS.into(),
        clock_rate: 48_000,
        channels: 2,
        sdp_fmtp_line: OPUS_PARAMETERS.into(),
        rtcp_feedback: vec![],
    }
}

/// The agent's voice as a track.
fn voice(ssrc: u32) -> Arc<dyn TrackLocal> {
    let coding = RTCRtpEncodingParameters {
        rtp_coding_parameters: RTCRtpCodingParameters { ssrc: Some(ssrc), ..Default::default() },
        codec: opus(),
        ..Default::default()
    };
    let (stream, track, label) = ("candor".into(), "voice".into(), "voice".into());
    Arc::new(TrackLocalStaticRTP::new(MediaStreamTrack::new(
        stream,
        track,
        label,
        RtpCodecKind::Audio,
        vec![coding],
    )))
}

/// Passes on what happens. It runs within the connection and must not wait.
struct Watch {
    told: mpsc::Sender<Happening>,
    gathered: mpsc::Sender<()>,
}

#[async_trait::async_trait]
impl PeerConnectionEventHandler for Watch {
    async fn on_ice_gathering_state_change(&self, state: RTCIceGatheringState) {
        if state == RTCIceGatheringState::Complete {
            let _ = self.gathered.try_send(());
        }
    }

    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        let _ = self.told.try_send(Happening::State(state));
    }

    async fn on_data_channel(&self, channel: Arc<dyn DataChannel>) {
        let _ = self.told.try_send(Happening::Data(channel));
    }

    async fn on_track(&self, track: Arc<dyn TrackRemote>) {
        let _ = self.told.try_send(Happening::Track(track));
    }
}

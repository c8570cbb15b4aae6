//! A network that loses and delays: UDP on loopback, between a browser and the server.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    net::{SocketAddr, UdpSocket},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    thread,
    time::{Duration, Instant},
};

/// What the network does to each packet, either way.
#[derive(Clone, Copy, Debug)]
pub struct Weather {
    /// Lost, of a hundred.
    pub loss_percent: u64,
    /// Delayed by so much, in milliseconds,
    pub delay_ms: u64,
    /// and by up to so much more or less.
    pub jitter_ms: u64,
}

/// The relay; it ends with this value.
pub struct Relay {
    /// Where the browser sends to.
    pub port: u16,
    pub passed: Arc<AtomicU64>,
    pub lost: Arc<AtomicU64>,
    over: Arc<AtomicBool>,
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.over.store(true, Relaxed);
    }
}

type Later = (Reverse<Instant>, u64, Vec<u8>);

impl Relay {
    pub fn to(server: SocketAddr, weather: Weather) -> Relay {
        let outside = UdpSocket::bind("127.0.0.1:0").expect("a port");
        let inside = UdpSocket::bind("127.0.0.1:0").expect("a port");
        let port = outside.local_addr().expect("an address").port();
        let relay = Relay { port, passed: Arc::default(), lost: Arc::default(), over: Arc::default() };
        let browser: Arc<Mutex<Option<SocketAddr>>> = Arc::default();
        let known = Arc::clone(&browser);
        let to_server = move |_: &Mutex<Option<SocketAddr>>| Some(server);
        let to_browser = |known: &Mutex<Option<SocketAddr>>| *known.lock().expect("no panic");
        relay.direction(&outside, &inside, 1, weather, Arc::clone(&known), to_server, true);
        relay.direction(&inside, &outside, 2, weather, browser, to_browser, false);
        relay
    }

    #[allow(clippy::too_many_arguments)] // two calls, both above
    fn direction(
        &self,
        from: &UdpSocket,
        to: &UdpSocket,
        seed: u64,
        weather: Weather,
        known: Arc<Mutex<Option<SocketAddr>>>,
        target: impl Fn(&Mutex<Option<SocketAddr>>) -> Option<SocketAddr> + Send + 'static,
        learns: bool,
    ) {
        let (from, to) = (from.try_clone().expect("a socket"), to.try_clone().expect("a socket"));
        from.set_read_timeout(Some(Duration::from_millis(200))).expect("a time-out");
        let (later, due): (Sender<Later>, Receiver<Later>) = channel();
        let (over, passed, lost) = (Arc::clone(&self.over), Arc::clone(&self.passed), Arc::clone(&self.lost));
        let whom = Arc::clone(&known);
        thread::spawn(move || {
            let (mut chance, mut number, mut buffer) = (seed, 0, [0; 2_048]);
            while !over.load(Relaxed) {
                let Ok((bytes, peer)) = from.recv_from(&mut buffer) else { continue };
                if learns {
                    *known.lock().expect("no panic") = Some(peer);
                }
                if draw(&mut chance, 100) < weather.loss_percent {
                    lost.fetch_add(1, Relaxed);
                    continue;
                }
                passed.fetch_add(1, Relaxed);
                let jitter = draw(&mut chance, 2 * weather.jitter_ms + 1);
                let ms = (weather.delay_ms + jitter).saturating_sub(weather.jitter_ms);
                number += 1;
                let at = Instant::now() + Duration::from_millis(ms);
                if later.send((Reverse(at), number, buffer[..bytes].to_vec())).is_err() {
                    return;
                }
            }
        });
        thread::spawn(move || {
            deliver(&due, |bytes| {
                if let Some(target) = target(&whom) {
                    let _ = to.send_to(bytes, target);
                }
            })
        });
    }
}

fn deliver(due: &Receiver<Later>, send: impl Fn(&[u8])) {
    let mut waiting: BinaryHeap<Later> = BinaryHeap::new();
    loop {
        let patience = match waiting.peek() {
            Some((Reverse(at), ..)) => at.saturating_duration_since(Instant::now()),
            None => Duration::from_secs(1),
        };
        match due.recv_timeout(patience) {
            Ok(later) => waiting.push(later),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        while waiting.peek().is_some_and(|(Reverse(at), ..)| *at <= Instant::now()) {
            if let Some((_, _, bytes)) = waiting.pop() {
                send(&bytes);
            }
        }
    }
}

/// A number below `below`; the same ones for the same seed.
pub fn draw(state: &mut u64, below: u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) % below
}

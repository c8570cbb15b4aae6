//! The server's life: it answers until it is told to go, and lets live calls end first.

use super::{
    front::Front,
    listen::listen,
    router,
    settings::limits::{CLOSE_MS_MAX, SPARE_CONNECTIONS_MAX, STOP_MS_MAX},
};
use crate::dialogue::PersonReached;
use std::{io, sync::Arc, time::Duration};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    sync::{mpsc, watch},
    time::{Instant, MissedTickBehavior, interval, sleep, timeout},
};
use tokio_rustls::TlsAcceptor;

/// How often late transfers are looked for.
const LATE_CHECK_MS: u64 = 60_000;
/// Between the document that announces a stream and the stream.
const ON_THE_WAY_MAX: Duration = Duration::from_secs(5);
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// Beyond its ringing, how long the provider may take to say what became of a transfer while the server waits.
const WORD_MS_MAX: u64 = 10_000;

/// SIGTERM and SIGINT, one message each.
pub fn signals() -> io::Result<mpsc::Receiver<()>> {
    let (told, signals) = mpsc::channel(4);
    for kind in [SignalKind::terminate(), SignalKind::interrupt()] {
        let (mut stream, told) = (signal(kind)?, told.clone());
        tokio::spawn(async move { while stream.recv().await.is_some() && told.send(()).await.is_ok() {} });
    }
    Ok(signals)
}

/// Answers on `listener` until the first of `signals`; then takes no new calls, lets live ones end (for at
/// most [`super::Settings::drain_ms_max`]; a second signal ends them now, a third at once), and returns.
pub async fn serve(
    front: Arc<Front>,
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    mut signals: mpsc::Receiver<()>,
) {
    let connections_max =
        2 * (front.settings.calls_max + front.settings.chat.chats_max) + SPARE_CONNECTIONS_MAX;
    let closing = watch::Sender::new(false);
    let listening =
        tokio::spawn(listen(router(Arc::clone(&front)), listener, tls, connections_max, closing.subscribe()));
    let late = tokio::spawn(look_for_late_transfers(Arc::clone(&front)));

    told(&mut signals).await;
    drain(&front, &mut signals).await;

    late.abort();
    closing.send_replace(true);
    if let Ok(places) = listening.await {
        let all = u32::try_from(connections_max).unwrap_or(u32::MAX);
        let _ = timeout(Duration::from_millis(CLOSE_MS_MAX), places.acquire_many(all)).await;
    }
    tracing::info!("every call has ended; goodbye");
}

async fn drain(front: &Front, signals: &mut mpsc::Receiver<()>) {
    front.draining.send_replace(true);
    let mut counts = front.board.counts();
    let mut chats = front.lobby.live();
    tracing::info!(
        chats = *chats.borrow(),
        live = front.board.live(),
        "going down: no new calls, live ones may end"
    );
    let none_live = async {
        // Who was told a moment ago to open a stream is let in.
        let told_at = Instant::now();
        let on_the_way = || front.passes.on_the_way(ON_THE_WAY_MAX, std::time::Instant::now()) > 0;
        while on_the_way() && told_at.elapsed() < ON_THE_WAY_MAX {
            sleep(LOOK_AGAIN).await;
        }
        let _ = counts.wait_for(|&(live, _)| live == 0).await;
        let _ = chats.wait_for(|&live| live == 0).await;
        // Whoever was passed on last is being rung for; a word from the provider is a better record than none.
        let ring_s = front.desks.all().iter().map(|r| r.program().person.ring_s).max().unwrap_or_default();
        let ring = Duration::from_secs(ring_s.into()) + Duration::from_millis(WORD_MS_MAX);
        let _ = timeout(ring, counts.wait_for(|&calls| calls == (0, 0))).await;
    };
    let limit = Duration::from_millis(front.settings.drain_ms_max);
    tokio::select! {
        _ = timeout(limit, none_live) => {}
        () = told(signals) => tracing::warn!("told again: live calls end now"),
    }
    front.stop.send_replace(true);
    let mut counts = front.board.counts();
    let stopped = async {
        let _ = counts.wait_for(|&(live, _)| live == 0).await;
        let _ = front.lobby.live().wait_for(|&live| live == 0).await;
    };
    tokio::select! {
        _ = timeout(Duration::from_millis(STOP_MS_MAX), stopped) => {}
        () = told(signals) => tracing::warn!("told a third time: not waiting for live calls"),
    }
    for provider_call_id in front.board.waiting(None) {
        front.end_transfer(&provider_call_id, PersonReached::NotAnswered).await;
    }
}

/// The next signal. Where nobody can send one any more, none comes.
async fn told(signals: &mut mpsc::Receiver<()>) {
    if signals.recv().await.is_none() {
        std::future::pending::<()>().await;
    }
}

async fn look_for_late_transfers(front: Arc<Front>) {
    let first = Instant::now() + Duration::from_millis(LATE_CHECK_MS);
    let mut ticks = interval(Duration::from_millis(LATE_CHECK_MS));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks.reset_at(first);
    loop {
        ticks.tick().await;
        front.give_up_late_transfers().await;
    }
}

//! Connections: accepted up to a limit, read with a deadline, closed in order.

use super::settings::limits::{HEAD_BYTES_MAX, HEAD_MS_MAX, HEADERS_MAX};
use axum::Router;
use hyper::{Request, body::Incoming, server::conn::http1, service::Service};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    time::timeout,
};
use tokio_rustls::TlsAcceptor;

/// How long to wait when the system has no more files for connections.
const BREATHER_MS: u64 = 100;

/// Of which connection a request came. Whoever holds it holds the connection's place.
#[derive(Clone)]
pub(super) struct Connection {
    pub peer: SocketAddr,
    _place: Arc<OwnedSemaphorePermit>,
}

/// Accepts connections until `closing`; then returns the places, to wait for those still taken.
pub(super) async fn listen(
    router: Router,
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    connections_max: usize,
    mut closing: watch::Receiver<bool>,
) -> Arc<Semaphore> {
    let places = Arc::new(Semaphore::new(connections_max));
    let service = TowerToHyperService::new(router);
    loop {
        // Nobody is accepted whom nobody could attend to: the system's queue holds them.
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await.expect("the semaphore is never closed");
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            next = next => next,
            () = closed(&mut closing) => return places,
        };
        match accepted {
            Ok((stream, peer)) => {
                let connection = Connection { peer, _place: Arc::new(place) };
                let service = Attended { inner: service.clone(), connection };
                tokio::spawn(attend(stream, tls.clone(), service, closing.clone()));
            }
            Err(error) => {
                tracing::warn!("a connection could not be accepted: {error}");
                tokio::time::sleep(Duration::from_millis(BREATHER_MS)).await;
            }
        }
    }
}

async fn attend(
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    service: Attended,
    closing: watch::Receiver<bool>,
) {
    // Frames of 20 ms must not wait for each other.
    let _ = stream.set_nodelay(true);
    match tls {
        None => converse(stream, service, closing).await,
        Some(tls) => match timeout(Duration::from_millis(HEAD_MS_MAX), tls.accept(stream)).await {
            Ok(Ok(stream)) => converse(stream, service, closing).await,
            Ok(Err(error)) => tracing::debug!("no TLS: {error}"),
            Err(_) => tracing::debug!("TLS took too long"),
        },
    }
}

async fn converse(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    service: Attended,
    mut closing: watch::Receiver<bool>,
) {
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_millis(HEAD_MS_MAX))
        .max_headers(HEADERS_MAX)
        .max_buf_size(HEAD_BYTES_MAX)
        .max_header_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    tokio::pin!(served);
    let ended = tokio::select! {
        ended = served.as_mut() => ended,
        () = closed(&mut closing) => {
            served.as_mut().graceful_shutdown();
            served.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!("a connection ended: {error}");
    }
}

async fn closed(closing: &mut watch::Receiver<bool>) {
    // A sender that is gone closes as well.
    let _ = closing.wait_for(|closing| *closing).await;
}

/// The service, for one connection.
struct Attended {
    inner: TowerToHyperService<Router>,
    connection: Connection,
}

impl Service<Request<Incoming>> for Attended {
    type Response = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Response;
    type Error = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Error;
    type Future = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Future;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        request.extensions_mut().insert(self.connection.clone());
        self.inner.call(request)
    }
}

//! `GET /twilio/media`: the WebSocket of a call.

use super::{edge::ApiError, front::Front, listen::Connection, voice::prove};
use crate::{
    channel::{Offence, TwilioSocket, limits::FRAME_BYTES_MAX},
    observe::metrics::{Rejection, webhook_rejected},
    wire::signature::Body,
};
use axum::{
    Extension,
    extract::{OriginalUri, State, WebSocketUpgrade, ws::WebSocket},
    http::HeaderMap,
    response::Response,
};
use std::{sync::Arc, time::Instant};
use tracing::Instrument as _;

/// What a message may fill in memory before it is looked at.
const READ_BUFFER_BYTES: usize = 8 * 1024;

pub(super) async fn media(
    State(front): State<Arc<Front>>,
    Extension(connection): Extension<Connection>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Result<Response, ApiError> {
    let path = uri.path_and_query().map_or("/", |p| p.as_str());
    prove(&front, connection.peer, &headers, &front.settings.public_url.ws(path), Body::Form(&[]))?;
    // A message a little over the limit is still received, so that it can be answered with a close code.
    let received_bytes_max = FRAME_BYTES_MAX.max(front.settings.terms.message_bytes_max);
    Ok(upgrade
        .max_message_size(received_bytes_max)
        .max_frame_size(received_bytes_max)
        .read_buffer_size(READ_BUFFER_BYTES)
        .on_upgrade(move |socket| admit(front, socket, connection).in_current_span()))
}

/// The connection's place is held until the call is over.
async fn admit(front: Arc<Front>, socket: WebSocket, _place: Connection) {
    let (start, mut channel) = match TwilioSocket::accept(socket, front.settings.terms).await {
        Ok(accepted) => accepted,
        Err(offence) => {
            tracing::info!(?offence, "a stream ended before it began");
            return;
        }
    };
    let token = start.parameters.get("token").map_or("", String::as_str);
    match front.passes.redeem(token, start.provider_call_id.as_deref(), Instant::now()) {
        Some(pass) => {
            let span = tracing::info_span!("call", call_id = %pass.call_id);
            front.converse(pass, Box::new(channel), start).instrument(span).await;
        }
        None => {
            webhook_rejected(Rejection::Token);
            channel.refuse(Offence::BadPass);
        }
    }
}

//! `GET /chat/{program}`: a chat over a WebSocket.

use super::lobby::{NoChat, Way};
use crate::{
    call::chat::Mail,
    channel::{
        PageEnd, PageSocket,
        page_limits::{FRAME_BYTES_MAX, START_MS_MAX},
    },
    ports::ChatLink,
    program::Locale,
    server::{edge::ApiError, front::Front, listen::Connection},
    typed::{ChatMessage, event},
};
use axum::{
    Extension,
    extract::{Path, State, WebSocketUpgrade},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use serde_json::Value;
use std::{net::IpAddr, sync::Arc, time::Duration};
use tokio::time::timeout;

/// What a message may fill in memory before it is looked at.
const READ_BUFFER_BYTES: usize = 2 * 1024;

/// `GET /chat/{program}`.
pub(super) async fn page(
    State(front): State<Arc<Front>>,
    Extension(connection): Extension<Connection>,
    Path(program): Path<String>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Result<Response, ApiError> {
    let desk = admitted(&front, &program, &headers)?;
    Ok(upgrade
        .max_message_size(FRAME_BYTES_MAX)
        .max_frame_size(FRAME_BYTES_MAX)
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(0)
        .on_upgrade(move |socket| async move {
            let peer = connection.peer.ip();
            admit(front, PageSocket::new(socket, Box::new(connection)), desk, peer).await;
        }))
}

/// The desk of a program, for a page that may talk to it.
pub(in crate::server) fn admitted(
    front: &Front,
    program: &str,
    headers: &HeaderMap,
) -> Result<usize, ApiError> {
    let desk = front.desks.by_id(Some(program)).ok_or_else(|| ApiError::not_found("program"))?;
    if !front.settings.chat.origins.allow(program, headers, &front.settings.public_url.http("")) {
        let message = "pages of this origin may not show this program's chat; the setting chat.origins lists those that may";
        return Err(ApiError::new(StatusCode::FORBIDDEN, "origin", message));
    }
    Ok(desk)
}

/// Reads up to `start`, and passes the connection to its chat.
async fn admit(front: Arc<Front>, mut page: PageSocket, desk: usize, peer: IpAddr) {
    let begun = timeout(Duration::from_millis(START_MS_MAX), async {
        loop {
            match page.first().await {
                Some(Ok(ChatMessage::Start { locale, resume, after })) => {
                    return Some(way(&front, desk, peer, locale, resume.as_deref(), after));
                }
                Some(Ok(_)) => {
                    let message = "the first message is {\"type\":\"start\"}";
                    tell(&mut page, &event::error("not_started", message)).await;
                }
                Some(Err(wrong)) => tell(&mut page, &event::error(wrong.code, wrong.message)).await,
                None => return None,
            }
        }
    });
    match begun.await {
        Ok(Some(Ok((way, after, gone)))) => {
            if gone {
                tell(&mut page, &gone_event()).await;
            }
            // The chat may end in this moment; then the connection ends with it, and the page starts anew.
            let _ = way.mail.send(Mail::Link(Box::new(page), after)).await;
        }
        Ok(Some(Err(no))) => {
            tell(&mut page, &event::error(no.code(), no.message())).await;
            page.end(PageEnd::NoRoom);
        }
        Ok(None) => {}
        Err(_) => page.end(PageEnd::NoStart),
    }
}

/// The chat to go on with, the last event that its page has, and whether the one asked for is gone.
pub(super) fn way(
    front: &Arc<Front>,
    desk: usize,
    peer: IpAddr,
    locale: Locale,
    resume: Option<&str>,
    after: u64,
) -> Result<(Way, u64, bool), NoChat> {
    match resume.map(|token| front.lobby.find_to_look(token, desk)) {
        Some(Some(way)) => Ok((way, after, false)),
        Some(None) => Ok((front.begin_chat(desk, locale, peer)?, 0, true)),
        None => Ok((front.begin_chat(desk, locale, peer)?, 0, false)),
    }
}

/// The chat that a page asked for was closed meanwhile; a new one begins.
pub(super) fn gone_event() -> Value {
    event::error("resume_gone", "that chat was closed meanwhile; this is a new one")
}

async fn tell(page: &mut PageSocket, event: &Value) {
    let _ = page.show(event.to_string().into()).await;
}

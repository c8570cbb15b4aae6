//! Chats where no WebSocket gets through: posts for messages, and a stream of events.

use super::{
    lobby::Way,
    socket::{admitted, gone_event, way},
};
use crate::{
    call::chat::Mail,
    channel::page_limits::{MESSAGE_BYTES_MAX, SEND_MS_MAX},
    ports::{ChannelGone, ChatLink, Parting},
    server::{edge::ApiError, front::Front, listen::Connection},
    typed::{ChatMessage, WrongMessage, event},
};
use async_trait::async_trait;
use axum::{
    Extension, Json,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::stream;
use serde_json::{Value, json};
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio::{sync::mpsc, time::timeout};

/// Events that may wait for a page to take them.
const EVENTS_MAX: usize = 64;
/// A comment this often, so that no proxy takes a quiet stream for a dead one.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// `POST /chat/{program}`: begins a chat, or goes on with one.
pub(super) async fn start(
    State(front): State<Arc<Front>>,
    Extension(connection): Extension<Connection>,
    Path(program): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    let desk = admitted(&front, &program, &headers)?;
    let ChatMessage::Start { locale, resume, .. } = read(&body)? else {
        let message = "post {\"type\":\"start\"} here; other messages go to the chat's own address";
        return Err(ApiError::new(StatusCode::BAD_REQUEST, "not_started", message));
    };
    let (way, _, gone) =
        way(&front, desk, connection.peer.ip(), locale, resume.as_deref(), 0).map_err(|no| {
            let status = if no.code() == "too_many" {
                StatusCode::TOO_MANY_REQUESTS
            } else {
                StatusCode::SERVICE_UNAVAILABLE
            };
            ApiError::new(status, no.code(), no.message())
        })?;
    let mut begun = event::started(&way.call_id, &way.resume);
    begun["events"] = format!("/chat/{program}/{}/events", way.call_id).into();
    if gone {
        begun["notice"] = gone_event();
    }
    Ok(shared(&headers, (StatusCode::CREATED, Json(begun)).into_response()))
}

/// `POST /chat/{program}/{call_id}`: one message.
pub(super) async fn message(
    State(front): State<Arc<Front>>,
    Path((program, call_id)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    let way = known(&front, &program, &call_id, &headers)?;
    if !front.lobby.takes_post(&way.resume) {
        let message = "too many messages in too short a time; wait a moment";
        return Err(ApiError::new(StatusCode::TOO_MANY_REQUESTS, "too_many", message));
    }
    let message = read(&body)?;
    way.mail.send(Mail::Message(message)).await.map_err(|_| ApiError::not_found("chat"))?;
    Ok(shared(&headers, (StatusCode::ACCEPTED, Json(json!({"taken": true}))).into_response()))
}

/// `GET /chat/{program}/{call_id}/events`: what is shown, from the event after `Last-Event-ID` on.
pub(super) async fn events(
    State(front): State<Arc<Front>>,
    Path((program, call_id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let desk = admitted(&front, &program, &headers)?;
    let way = front.lobby.find_to_look(token(&headers)?, desk).filter(|way| way.call_id == call_id);
    let way = way.ok_or_else(|| ApiError::not_found("chat"))?;
    let after =
        headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok()).unwrap_or_default();
    let (to_page, events) = mpsc::channel(EVENTS_MAX);
    let link = Box::new(Stream(to_page));
    way.mail.send(Mail::Link(link, after)).await.map_err(|_| ApiError::not_found("chat"))?;
    let stream = stream::unfold(events, |mut events: mpsc::Receiver<Arc<str>>| async move {
        let event = events.recv().await?;
        Some((Ok::<_, Infallible>(numbered(&event)), events))
    });
    let mut response = Sse::new(stream).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response();
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(shared(&headers, response))
}

/// `OPTIONS`: whether a page of another origin may post.
pub(super) async fn preflight(
    State(front): State<Arc<Front>>,
    path: axum::extract::RawPathParams,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let program = path.iter().find(|(name, _)| *name == "program").map_or("", |(_, value)| value);
    admitted(&front, program, &headers)?;
    let mut response = shared(&headers, StatusCode::NO_CONTENT.into_response());
    let answer = response.headers_mut();
    answer.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST"));
    let allowed = HeaderValue::from_static("authorization, content-type, last-event-id");
    answer.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, allowed);
    Ok(response)
}

/// The chat that the bearer token and the address name, both.
fn known(front: &Front, program: &str, call_id: &str, headers: &HeaderMap) -> Result<Way, ApiError> {
    let desk = admitted(front, program, headers)?;
    let way = bearer(front, desk, headers)?;
    Some(way).filter(|way| way.call_id == call_id).ok_or_else(|| ApiError::not_found("chat"))
}

/// The chat of `desk` that the bearer token goes on with.
pub(in crate::server) fn bearer(front: &Front, desk: usize, headers: &HeaderMap) -> Result<Way, ApiError> {
    front.lobby.find(token(headers)?, desk).ok_or_else(|| ApiError::not_found("chat"))
}

fn token(headers: &HeaderMap) -> Result<&str, ApiError> {
    let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    authorization.and_then(|value| value.strip_prefix("Bearer ")).ok_or_else(ApiError::unauthorized)
}

fn read(body: &Bytes) -> Result<ChatMessage, ApiError> {
    if body.len() > MESSAGE_BYTES_MAX {
        return Err(ApiError::too_big());
    }
    let text = std::str::from_utf8(body).unwrap_or_default();
    ChatMessage::parse(text)
        .map_err(|wrong| ApiError::new(StatusCode::BAD_REQUEST, wrong.code, wrong.message))
}

/// Lets the page read the answer; whether it may was asked before.
pub(super) fn shared(headers: &HeaderMap, mut response: Response) -> Response {
    if let Some(origin) = headers.get(header::ORIGIN) {
        response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        response.headers_mut().insert(header::VARY, HeaderValue::from_static("origin"));
    }
    response
}

fn numbered(event: &str) -> Event {
    let seq = serde_json::from_str::<Value>(event).ok().and_then(|event| event["seq"].as_u64());
    match seq {
        Some(seq) => Event::default().id(seq.to_string()).data(event),
        None => Event::default().data(event),
    }
}

/// A stream of events as a connection: its messages come by posts.
struct Stream(mpsc::Sender<Arc<str>>);

#[async_trait]
impl ChatLink for Stream {
    async fn next(&mut self) -> Option<Result<ChatMessage, WrongMessage>> {
        self.0.closed().await;
        None
    }

    async fn show(&mut self, event: Arc<str>) -> Result<(), ChannelGone> {
        match timeout(Duration::from_millis(SEND_MS_MAX), self.0.send(event)).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(ChannelGone),
        }
    }

    async fn close(self: Box<Self>, why: Parting) {
        if why == Parting::TakenOver {
            let event = event::error("taken_over", "another page goes on with this chat");
            let _ = self.0.try_send(event.to_string().into());
        }
    }
}

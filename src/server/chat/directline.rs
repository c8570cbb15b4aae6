//! `/chat/{program}/v3/directline`: chats for clients of Bot Framework's Direct Line 3.0, by polling. There is no
//! stream: its address would hold the token.

use super::{
    lobby::key,
    posts::shared,
    shelf::{Shelf, buttons, written},
    socket::admitted,
};
use crate::{
    program::Locale,
    server::{edge::ApiError, front::Front, listen::Connection},
};
use axum::{
    Extension, Json,
    extract::{Path, Query, RawPathParams, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

const EXPIRES_S: u32 = 1_800;

/// `POST tokens/generate` and `POST conversations`: begins a chat, or goes on with the one of the token.
pub(super) async fn start(
    State(front): State<Arc<Front>>,
    Extension(connection): Extension<Connection>,
    Path(program): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let desk = admitted(&front, &program, &headers)?;
    let known = bearer(&headers).and_then(|token| front.lobby.shelves.find(&place(&program, token)));
    let shelf = match known {
        Some(shelf) => shelf,
        None => {
            let language = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
            let locale = language.map(Locale::from_tag).unwrap_or_default();
            let way = front
                .begin_chat(desk, locale, connection.peer.ip())
                .map_err(|no| ApiError::new(StatusCode::SERVICE_UNAVAILABLE, no.code(), no.message()))?;
            let shelf = Shelf::of(way).await;
            front.lobby.shelves.insert(place(&program, &shelf.way.resume), &shelf);
            shelf
        }
    };
    Ok(shared(&headers, (StatusCode::CREATED, Json(conversation(&shelf))).into_response()))
}

/// `POST tokens/refresh` and `GET conversations/{id}`: the same token is good as long as the chat.
pub(super) async fn again(
    State(front): State<Arc<Front>>,
    path: RawPathParams,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let shelf = known(&front, &path, &headers)?;
    Ok(shared(&headers, Json(conversation(&shelf)).into_response()))
}

/// `POST conversations/{id}/activities`: one message.
pub(super) async fn say(
    State(front): State<Arc<Front>>,
    path: RawPathParams,
    headers: HeaderMap,
    Json(activity): Json<Value>,
) -> Result<Response, ApiError> {
    let shelf = known(&front, &path, &headers)?;
    if !front.lobby.takes_post(&shelf.way.resume) && !shelf.is_over() {
        let message = "too many messages in too short a time; wait a moment";
        return Err(ApiError::new(StatusCode::TOO_MANY_REQUESTS, "too_many", message));
    }
    let told = activity["text"].as_str().or_else(|| activity["value"].as_str());
    // Typing, events of the client's own and the like ask for nothing, and are not kept.
    let place = match told.filter(|_| activity["type"] == "message") {
        None => shelf.len(),
        Some(text) => {
            let message = written(text)
                .map_err(|wrong| ApiError::new(StatusCode::BAD_REQUEST, wrong.code, wrong.message))?;
            let place = shelf.put(json!({"type": "said", "activity": activity.clone()}));
            shelf.say(message).await;
            place
        }
    };
    Ok(shared(&headers, Json(json!({"id": id(&shelf, place)})).into_response()))
}

#[derive(Deserialize)]
pub(super) struct From {
    watermark: Option<String>,
}

/// `GET conversations/{id}/activities`: what came after the watermark.
pub(super) async fn activities(
    State(front): State<Arc<Front>>,
    path: RawPathParams,
    Query(from): Query<From>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let shelf = known(&front, &path, &headers)?;
    let after = from.watermark.and_then(|mark| mark.parse().ok()).unwrap_or_default();
    let shown = shelf.from(after);
    let watermark = (after + shown.len()).to_string();
    let activities: Vec<Value> = (after + 1..)
        .zip(&shown)
        .filter_map(|(place, event)| {
            let mut activity = activity(event)?;
            activity["id"] = id(&shelf, place).into();
            activity["conversation"] = json!({"id": shelf.way.call_id});
            activity["channelId"] = "directline".into();
            Some(activity)
        })
        .collect();
    Ok(shared(&headers, Json(json!({"activities": activities, "watermark": watermark})).into_response()))
}

/// `OPTIONS`: whether a page of another origin may ask.
pub(super) async fn preflight(
    State(front): State<Arc<Front>>,
    path: RawPathParams,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    admitted(&front, param(&path, "program"), &headers)?;
    let mut response = shared(&headers, StatusCode::NO_CONTENT.into_response());
    let answer = response.headers_mut();
    answer.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST"));
    // Clients name themselves in these.
    let allowed =
        HeaderValue::from_static("authorization, content-type, accept, x-ms-bot-agent, x-requested-with");
    answer.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, allowed);
    Ok(response)
}

fn conversation(shelf: &Shelf) -> Value {
    json!({"conversationId": shelf.way.call_id, "token": shelf.way.resume, "expires_in": EXPIRES_S})
}

fn activity(event: &Value) -> Option<Value> {
    let bot = json!({"id": "candor", "role": "bot"});
    match event["type"].as_str()? {
        "said" => Some(event["activity"].clone()),
        "ended" => Some(json!({"type": "endOfConversation", "from": bot, "code": "completedSuccessfully"})),
        "line" => {
            let buttons = buttons(event).into_iter();
            let buttons: Vec<Value> = buttons
                .map(|(title, value)| json!({"type": "postBack", "title": title, "value": value}))
                .collect();
            let text = event["text"].clone();
            let mut message =
                json!({"type": "message", "from": bot, "text": text, "locale": event["locale"]});
            if event["must_see"] == true {
                // In a card of its own, because suggestions vanish with the next message.
                message["text"] = Value::Null;
                let content = json!({"text": text, "buttons": buttons});
                let card = json!({"contentType": "application/vnd.microsoft.card.hero", "content": content});
                message["attachments"] = json!([card]);
            } else if !buttons.is_empty() {
                message["suggestedActions"] = json!({"actions": buttons});
            }
            Some(message)
        }
        _ => None,
    }
}

fn id(shelf: &Shelf, place: usize) -> String {
    format!("{}|{place:07}", shelf.way.call_id)
}

/// The chat of the bearer token; where the address names one, it is that one.
fn known(front: &Front, path: &RawPathParams, headers: &HeaderMap) -> Result<Arc<Shelf>, ApiError> {
    let program = param(path, "program");
    admitted(front, program, headers)?;
    let token = bearer(headers).ok_or_else(ApiError::unauthorized)?;
    let named = param(path, "call_id");
    let shelf = front.lobby.shelves.find(&place(program, token));
    shelf
        .filter(|shelf| named.is_empty() || shelf.way.call_id == named)
        .ok_or_else(|| ApiError::not_found("chat"))
}

fn place(program: &str, token: &str) -> [u8; 32] {
    key(&format!("directline {program} {token}"))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

fn param<'a>(path: &'a RawPathParams, name: &str) -> &'a str {
    path.iter().find(|(n, _)| *n == name).map_or("", |(_, value)| value)
}

//! `POST /chat/{program}/webhooks/rest/webhook`: chats for clients of Rasa's REST channel.

use super::{
    lobby::key,
    shelf::{Shelf, buttons, written},
    socket::admitted,
};
use crate::{
    program::Locale,
    server::{edge::ApiError, front::Front, listen::Connection},
};
use axum::{
    Extension, Json,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Who knows a sender's name reads that sender's chat: it must not be one that others can guess.
const SENDER_CHARS_MIN: usize = 16;
const SENDER_CHARS_MAX: usize = 200;
/// What opens a chat and says nothing else.
const OPENINGS: [&str; 9] =
    ["hi", "hello", "hey", "hola", "start", "/start", "/restart", "/session_start", "/greet"];

#[derive(Deserialize)]
pub(super) struct Said {
    sender: String,
    message: String,
    #[serde(default)]
    metadata: Value,
}

pub(super) async fn webhook(
    State(front): State<Arc<Front>>,
    Extension(connection): Extension<Connection>,
    Path(program): Path<String>,
    headers: HeaderMap,
    Json(said): Json<Said>,
) -> Result<Json<Vec<Value>>, ApiError> {
    let desk = admitted(&front, &program, &headers)?;
    if !(SENDER_CHARS_MIN..=SENDER_CHARS_MAX).contains(&said.sender.chars().count()) {
        let message =
            "`sender` is a random name of 16 to 200 characters: whoever knows it can read this chat";
        return Err(ApiError::new(StatusCode::BAD_REQUEST, "sender", message));
    }
    let sender = key(&format!("rasa {program} {}", said.sender));
    let open = front.lobby.shelves.find(&sender).filter(|shelf| !shelf.is_over());
    let (shelf, after, is_new) = match open {
        Some(shelf) => {
            let after = shelf.len();
            (shelf, after, false)
        }
        None => {
            let locale = said.metadata["locale"].as_str().map(Locale::from_tag).unwrap_or_default();
            let way = front
                .begin_chat(desk, locale, connection.peer.ip())
                .map_err(|no| ApiError::new(StatusCode::SERVICE_UNAVAILABLE, no.code(), no.message()))?;
            let shelf = Shelf::of(way).await;
            shelf.begun().await;
            front.lobby.shelves.insert(sender, &shelf);
            (shelf, 0, true)
        }
    };
    // Whatever else opens a chat is heard: it may be a cry for help.
    if !(is_new && OPENINGS.contains(&said.message.trim().to_lowercase().as_str())) {
        if !front.lobby.takes_post(&shelf.way.resume) && !shelf.is_over() {
            let message = "too many messages in too short a time; wait a moment";
            return Err(ApiError::new(StatusCode::TOO_MANY_REQUESTS, "too_many", message));
        }
        let wrong = |wrong: crate::typed::WrongMessage| {
            ApiError::new(StatusCode::BAD_REQUEST, wrong.code, wrong.message)
        };
        shelf.say(written(&said.message).map_err(wrong)?).await;
    }
    let answer = |line: &Value| {
        let buttons: Vec<Value> = buttons(line)
            .into_iter()
            .map(|(title, payload)| json!({"title": title, "payload": payload}))
            .collect();
        let mut answer = json!({"recipient_id": said.sender, "text": line["text"]});
        if !buttons.is_empty() {
            answer["buttons"] = buttons.into();
        }
        answer
    };
    let shown = shelf.from(after);
    Ok(Json(shown.iter().filter(|event| event["type"] == "line").map(answer).collect()))
}

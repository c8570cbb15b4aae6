//! `/api/v1`: call records, live captions, tokens for streams.

use super::{
    behind::Scope,
    edge::ApiError,
    front::Front,
    settings::limits::PAGE_MAX,
    watch::{Unwatchable, Watching},
};
use crate::{journal::CallRecord, time::Utc};
use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
    routing::{get, post},
};
use futures_util::{Stream, stream};
use serde::Deserialize;
use serde_json::json;
use std::{convert::Infallible, sync::Arc};

const OPENAPI: &str = include_str!("openapi.json");
const CALLS: &str = "/api/v1/calls";
const CALL: &str = "/api/v1/calls/{id}";
const WATCH: &str = "/api/v1/calls/{id}/watch";
const TOKENS: &str = "/api/v1/calls/tokens";
const DOCUMENT: &str = "/api/v1/openapi.json";

/// Every method and path under `/api/v1`.
pub const API_ROUTES: [(&str, &str); 5] =
    [("get", CALLS), ("get", CALL), ("get", WATCH), ("post", TOKENS), ("get", DOCUMENT)];

pub(super) fn routes() -> Router<Arc<Front>> {
    Router::new()
        .route(CALLS, get(calls))
        .route(CALL, get(call))
        .route(TOKENS, post(tokens))
        .route(DOCUMENT, get(document))
}

pub(super) fn lasting() -> Router<Arc<Front>> {
    Router::new().route(WATCH, get(watch))
}

async fn document() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], OPENAPI).into_response()
}

#[derive(Deserialize)]
struct Page {
    before: Option<String>,
    limit: Option<u32>,
    provider_call_id: Option<String>,
}

/// The newest calls first; `next` is the `before` of the next page.
async fn calls(
    State(front): State<Arc<Front>>,
    headers: HeaderMap,
    page: Result<Query<Page>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, ApiError> {
    permit(&front, &headers, &[Scope::Read]).await?;
    let Query(page) =
        page.map_err(|_| wrong("write `before`, `limit` and `provider_call_id` as in the document"))?;
    if let Some(id) = page.provider_call_id {
        let found: Vec<CallRecord> = front.records.by_provider_call_id(&id).await?.into_iter().collect();
        return Ok(Json(json!({ "calls": found, "next": null })).into_response());
    }
    let before: Option<Utc> = page
        .before
        .map(|text| text.parse())
        .transpose()
        .map_err(|_| wrong("write `before` as an RFC 3339 time such as 2026-11-21T15:04:05.000Z"))?;
    let limit = page.limit.unwrap_or(50).clamp(1, PAGE_MAX);
    let found = front.records.newest(before, limit + 1).await?;
    let (calls, next) = paged(found, limit as usize);
    Ok(Json(json!({ "calls": calls, "next": next })).into_response())
}

/// Cuts a page from `found`, newest first, between two moments, so that no call of the same moment is lost.
fn paged(mut found: Vec<CallRecord>, limit: usize) -> (Vec<CallRecord>, Option<Utc>) {
    let Some(beyond) = found.get(limit).map(|record| record.started_at) else { return (found, None) };
    let whole = found.iter().take_while(|record| record.started_at > beyond).count();
    // More calls in one millisecond than fit on a page: the page ends in their midst.
    let (kept, next) = if whole == 0 { (limit, beyond) } else { (whole, Utc(beyond.0 + 1)) };
    found.truncate(kept);
    (found, Some(next))
}

async fn call(
    State(front): State<Arc<Front>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Json<CallRecord>, ApiError> {
    permit(&front, &headers, &[Scope::Read]).await?;
    if let Some(record) = front.records.record(&id).await? {
        return Ok(Json(record));
    }
    if front.is_live(&id) {
        let message = "the call is still going on; its record exists when it has ended";
        return Err(ApiError::new(StatusCode::CONFLICT, "call_live", message));
    }
    Err(ApiError::not_found("call"))
}

async fn watch(
    State(front): State<Arc<Front>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    permit(&front, &headers, &[Scope::Watch]).await?;
    let seen = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok()).unwrap_or(0);
    let watching = front.watchers.watch(&id, seen).map_err(|why| match why {
        Unwatchable::NoSuchCall => {
            ApiError::not_found("call going on now; its record may be at /api/v1/calls/{id}")
        }
        Unwatchable::TooManyWatchers => {
            let message = "too many watch already; try again when somebody left";
            ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_watchers", message)
        }
    })?;
    Ok(Sse::new(events(watching)).keep_alive(KeepAlive::default()))
}

/// The events of a call, and `over` at its end.
fn events(watching: Watching) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(Some(watching), |watching| async {
        let mut watching = watching?;
        Some(match watching.next().await {
            Some((id, event)) => (Ok(Event::default().id(id.to_string()).data(&*event)), Some(watching)),
            None => (Ok(Event::default().event("over").data("{}")), None),
        })
    })
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    program: Option<String>,
}

/// A one-time token for a stream that no document announced.
async fn tokens(
    State(front): State<Arc<Front>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<serde_json::Value>), ApiError> {
    permit(&front, &headers, &[Scope::Watch, Scope::Admin]).await?;
    let wanted = match &body[..] {
        b"" => Wanted::default(),
        json => serde_json::from_slice(json).map_err(|_| wrong(r#"send nothing, or {"program":"ID"}"#))?,
    };
    let desk = front.desks.by_id(wanted.program.as_deref()).ok_or_else(|| {
        let ids: Vec<_> = front.desks.all().iter().map(|r| r.program().id.as_str()).collect();
        wrong(format!(r#"name one of the programs here as {{"program":"ID"}}: {}"#, ids.join(", ")))
    })?;
    let (token, call_id) = front.invite(desk, None, "inbound").ok_or_else(|| {
        let message = "every place is taken, or the server is going down; try again later";
        ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "no_room", message)
    })?;
    let expires = Utc(front.clock.now().0 + front.settings.token_ms_max as i64);
    let url = front.settings.public_url.ws("/twilio/media");
    let minted = json!({ "token": token, "call_id": call_id, "url": url, "expires_at": expires });
    Ok((StatusCode::CREATED, Json(minted)))
}

fn wrong(message: impl Into<String>) -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, "bad_request", message)
}

/// Lets through whoever shows a token that is good for one of `scopes`.
async fn permit(front: &Front, headers: &HeaderMap, scopes: &[Scope]) -> Result<(), ApiError> {
    let header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = header
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, token)| scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty())
        .map(|(_, token)| token.trim())
        .ok_or_else(ApiError::unauthorized)?;
    if front.gatekeeper.permits(token, scopes).await? { Ok(()) } else { Err(ApiError::forbidden()) }
}

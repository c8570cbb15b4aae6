//! `/api/v1`: call records, live captions, tokens for streams.

use super::{
    aftercall,
    edge::ApiError,
    front::Front,
    reader::{Reader, wrong},
    settings::limits::PAGE_MAX,
    watch::{Unwatchable, Watching},
};
use crate::{
    access::{Datum, view},
    book::{BookEvent, Noted, Piece, Read},
    journal::CallRecord,
    store::BookFilter,
    time::Utc,
};
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
const ACCESS: &str = "/api/v1/access";
const DOCUMENT: &str = "/api/v1/openapi.json";

/// Every method and path under `/api/v1`.
pub const API_ROUTES: [(&str, &str); 13] = [
    ("get", CALLS),
    ("get", CALL),
    ("get", WATCH),
    ("post", TOKENS),
    ("get", ACCESS),
    ("get", DOCUMENT),
    ("get", aftercall::CONSENTS),
    ("post", aftercall::REVOKE),
    ("post", aftercall::ATTEST),
    ("post", aftercall::LINK),
    ("get", aftercall::INTAKES),
    ("get", aftercall::INTAKE),
    ("post", aftercall::DONE),
];

pub(super) fn routes() -> Router<Arc<Front>> {
    Router::new()
        .route(CALLS, get(calls))
        .route(CALL, get(call))
        .route(TOKENS, post(tokens))
        .route(ACCESS, get(access))
        .route(DOCUMENT, get(document))
        .merge(aftercall::routes())
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
    let reader = Reader::of(&front, &headers).await?;
    reader.may_look(&front, Piece::Record).await?;
    let program = reader.program.as_deref();
    let Query(page) =
        page.map_err(|_| wrong("write `before`, `limit` and `provider_call_id` as in the document"))?;
    if let Some(id) = page.provider_call_id {
        let found: Vec<_> = front.records.by_provider_call_id(program, &id).await?.into_iter().collect();
        return Ok(
            Json(json!({ "calls": seen(&front, &reader, found).await?, "next": null })).into_response()
        );
    }
    let before: Option<Utc> = page
        .before
        .map(|text| text.parse())
        .transpose()
        .map_err(|_| wrong("write `before` as an RFC 3339 time such as 2026-11-21T15:04:05.000Z"))?;
    let limit = page.limit.unwrap_or(50).clamp(1, PAGE_MAX);
    let found = front.records.newest(program, before, limit + 1).await?;
    let (calls, next) = paged(found, limit as usize);
    Ok(Json(json!({ "calls": seen(&front, &reader, calls).await?, "next": next })).into_response())
}

/// The records as the reader sees them, when it is noted that they are read.
async fn seen(front: &Front, reader: &Reader, records: Vec<CallRecord>) -> Result<Vec<CallRecord>, ApiError> {
    let now = front.clock.now();
    let seen: Vec<_> = records.iter().filter_map(|record| view(record, &reader.asking, now).ok()).collect();
    reader.lists(front, &seen).await?;
    Ok(seen)
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
    let reader = Reader::of(&front, &headers).await?;
    reader.may_look(&front, Piece::Record).await?;
    // A call of another program is looked for like one that never was, and is none.
    let program = reader.program.as_deref();
    if let Some(record) = front.records.record(program, &id).await? {
        let call = (record.program.as_str(), record.call_id.as_str());
        return match view(&record, &reader.asking, front.clock.now()) {
            Ok(seen) => {
                reader.reads(&front, call, Piece::Record).await?;
                Ok(Json(seen))
            }
            Err(why) => Err(reader.refused(&front, Some(call), Piece::Record, why).await?),
        };
    }
    if front.is_live(&id, program) {
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
    let reader = Reader::of(&front, &headers).await?;
    // Live captions are the caller's own words.
    reader.may_look(&front, Piece::Captions).await?;
    if let Err(why) = reader.asking.hears(&[Datum::Identity, Datum::Sud, Datum::Emergency]) {
        return Err(reader.refused(&front, None, Piece::Captions, why).await?);
    }
    let program = front.watchers.program_of(&id, reader.program.as_deref());
    let seen = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok()).unwrap_or(0);
    let watching = match &program {
        Some(_) => front.watchers.watch(&id, seen),
        None => Err(Unwatchable::NoSuchCall),
    };
    let watching = watching.map_err(|why| match why {
        Unwatchable::NoSuchCall => {
            ApiError::not_found("call going on now; its record may be at /api/v1/calls/{id}")
        }
        Unwatchable::TooManyWatchers => {
            let message = "too many watch already; try again when somebody left";
            ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_watchers", message)
        }
    })?;
    if let Some(program) = &program {
        reader.reads(&front, (program, &id), Piece::Captions).await?;
    }
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
    let reader = Reader::of(&front, &headers).await?;
    if !reader.asking.role.runs_machines() {
        return Err(ApiError::forbidden());
    }
    let wanted = match &body[..] {
        b"" => Wanted::default(),
        json => serde_json::from_slice(json).map_err(|_| wrong(r#"send nothing, or {"program":"ID"}"#))?,
    };
    // Whoever is bound to a program learns of no other, and not whether there is one.
    let bound = reader.program.as_deref();
    let own = wanted.program.as_deref().or(bound);
    let desk = match bound {
        Some(bound) if own != Some(bound) => None,
        _ => front.desks.by_id(own),
    };
    let desk = desk.ok_or_else(|| {
        if let Some(bound) = bound {
            return wrong(format!("this token is of the program {bound}: leave the program out"));
        }
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

#[derive(Deserialize)]
struct Entries {
    program: Option<String>,
    call: Option<String>,
    since: Option<String>,
    limit: Option<u32>,
}

/// The newest entries of the book, newest first.
async fn access(
    State(front): State<Arc<Front>>,
    headers: HeaderMap,
    wanted: Result<Query<Entries>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<serde_json::Value>, ApiError> {
    let reader = Reader::of(&front, &headers).await?;
    if !reader.asking.role.reads_book() {
        return Err(ApiError::forbidden());
    }
    let Query(wanted) = wanted.map_err(|_| wrong("write `call`, `since` and `limit` as in the document"))?;
    let since = wanted.since.map(|text| text.parse()).transpose();
    let since =
        since.map_err(|_| wrong("write `since` as an RFC 3339 time such as 2026-11-21T15:04:05.000Z"))?;
    let limit = wanted.limit.unwrap_or(50).clamp(1, PAGE_MAX);
    let filter = BookFilter { call_id: wanted.call, since, entries_max: Some(limit) };
    let program = match (&reader.program, wanted.program) {
        // Another program's book is as empty as one that is not.
        (Some(bound), Some(other)) if *bound != other => return Ok(Json(json!({ "entries": [] }))),
        (Some(bound), _) => bound.clone(),
        (None, Some(wanted)) => wanted,
        (None, None) => front.only_program().ok_or_else(|| wrong("name the program: ?program=ID"))?,
    };
    let mut entries: Vec<Noted> = front.records.book(&program, &filter).await?;
    entries.reverse();
    if reader.asking.hears(&[Datum::Identity]).is_err() {
        entries = entries.into_iter().map(Noted::without_names).collect();
    }
    if !entries.is_empty() {
        let event = BookEvent::Read(Read { what: vec![Piece::Book], calls: None });
        reader.note(&front, &program, None, event).await?;
    }
    Ok(Json(json!({ "entries": entries })))
}

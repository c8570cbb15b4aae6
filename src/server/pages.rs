//! Liveness, readiness, metrics, and a page that says what runs here.

use super::{edge::ApiError, front::Front};
use crate::consent::escaped;
use axum::{
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{Html, IntoResponse, Response},
};
use std::{fmt::Write as _, sync::Arc};

/// `GET /healthz`: the process answers.
pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: calls can be answered. The models were loaded before the first connection was accepted;
/// what can fail later is the store, so something is written to it. Programs whose agreement is over or ends soon
/// are named: one of them keeps the others from nothing.
pub(super) async fn readyz(State(front): State<Arc<Front>>) -> Result<String, ApiError> {
    if *front.draining.borrow() {
        let message = "going down: no new calls";
        return Err(ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "draining", message));
    }
    let now = front.clock.now();
    front.records.writable(now).await?;
    Ok(format!("ready\n{}", front.agreements.notes(now)))
}

/// `GET /metrics`: Prometheus.
pub(super) async fn metrics(State(front): State<Arc<Front>>) -> Response {
    let text = (front.metrics)() + &front.agreements.metric(front.clock.now());
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}

/// `GET /`: what runs here.
pub(super) async fn index(State(front): State<Arc<Front>>) -> Html<String> {
    let url = &front.settings.public_url;
    let mut programs = String::new();
    for reception in front.desks.all() {
        let program = reception.program();
        let _ = write!(
            programs,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            escaped(&program.name),
            escaped(&program.id),
            escaped(&program.numbers.join(", ")),
            escaped(&program.notice.version),
        );
    }
    let signed = if front.settings.twilio.is_some() {
        "Requests must carry the provider's signature."
    } else {
        "No auth token is configured: only unsigned requests from this machine are answered."
    };
    Html(
        PAGE.replace("{programs}", &programs)
            .replace("{signed}", signed)
            .replace("{url}", &escaped(&url.http(""))),
    )
}

const PAGE: &str = include_str!("index.html");

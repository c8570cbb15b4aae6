//! Liveness, readiness, metrics, and a page that says what runs here.

use super::{edge::ApiError, front::Front};
use axum::{
    extract::State,
    http::{
        HeaderName, StatusCode,
        header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE},
    },
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

/// `GET /widget.js`: the chat for pages of programs, to be embedded by any of them.
pub(super) async fn widget() -> Response {
    let headers = [
        (CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (CACHE_CONTROL, "public, max-age=300"),
        (HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
    ];
    (headers, WIDGET).into_response()
}

/// `GET /page.css`: how the page at `/` looks; no style stands in a page itself.
pub(super) async fn style() -> Response {
    ([(CONTENT_TYPE, "text/css; charset=utf-8")], STYLE).into_response()
}

/// `GET /blank`: where a caller goes who leaves quickly. It says nothing.
pub(super) async fn blank() -> Html<&'static str> {
    Html("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>New tab</title></html>\n")
}

/// `GET /`: what runs here, with a chat to try.
pub(super) async fn index(State(front): State<Arc<Front>>) -> Response {
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
    let program = front.desks.all().first().map_or("", |reception| reception.program().id.as_str());
    let page = PAGE
        .replace("{programs}", &programs)
        .replace("{program}", &escaped(program))
        .replace("{signed}", signed)
        .replace("{url}", &escaped(&url.http("")));
    // Scripts, styles and connections of this server, and nothing else; no inline style, no image.
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' {}; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
        url.ws("")
    );
    ([(CONTENT_SECURITY_POLICY, policy)], Html(page)).into_response()
}

const PAGE: &str = include_str!("index.html");
const STYLE: &str = include_str!("page.css");
const WIDGET: &str = include_str!("../../web/widget/widget.js");

pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

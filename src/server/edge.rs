//! Around every request: an id, security headers, one log line, errors in one shape.

use super::front::Front;
use axum::{
    Json,
    extract::{MatchedPath, Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde_json::json;
use std::{sync::Arc, time::Instant};
use tracing::Instrument as _;

/// What went wrong with a request: `{"code","message"}`. The message says the mend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl ApiError {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> ApiError {
        ApiError { status, code, message: message.into() }
    }

    /// Nobody said who asks.
    pub(super) fn unauthorized() -> ApiError {
        let message = "send `Authorization: Bearer TOKEN`; make a token with `candor token create`";
        ApiError::new(StatusCode::UNAUTHORIZED, "unauthorized", message)
    }

    /// The same for an unknown token, a revoked one, one with other rights, and a wrong signature.
    pub(super) fn forbidden() -> ApiError {
        ApiError::new(StatusCode::FORBIDDEN, "forbidden", "this request is not permitted")
    }

    pub(super) fn not_found(what: &str) -> ApiError {
        ApiError::new(StatusCode::NOT_FOUND, "not_found", format!("there is no such {what}"))
    }

    pub(super) fn not_a_form() -> ApiError {
        let message = "send the parameters as application/x-www-form-urlencoded";
        ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_a_form", message)
    }

    pub(super) fn too_big() -> ApiError {
        ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_big", "the body is too big; 64 KiB are read")
    }

    pub(super) fn internal() -> ApiError {
        ApiError::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "something of ours broke; the log says what",
        )
    }
}

impl From<crate::ports::StoreUnavailable> for ApiError {
    fn from(error: crate::ports::StoreUnavailable) -> ApiError {
        tracing::error!("{error}");
        let message = "the store is not available now; ask again in a moment";
        ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "store_unavailable", message)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = Json(json!({ "code": self.code, "message": self.message }));
        let mut response = (self.status, body).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

pub(super) async fn nothing_here() -> ApiError {
    ApiError::not_found("page; GET / lists what exists")
}

pub(super) async fn not_so() -> ApiError {
    let message = "this path does not know that method; /api/v1/openapi.json says which it knows";
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", message)
}

/// Wraps every request. The log has the route's pattern, never the address itself: ids of calls may stand in
/// it, and a client may put anything there.
pub(super) async fn around(State(front): State<Arc<Front>>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let id = format!("{:016x}", rand::random::<u64>());
    let route = request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str).to_owned();
    let method = request.method().clone();
    let span = tracing::info_span!("request", id, %method, route);
    let mut response = next.run(request).instrument(span.clone()).await;
    let status = response.status().as_u16();
    span.in_scope(|| tracing::debug!(status, ms = began.elapsed().as_millis() as u64, "answered"));
    let headers = response.headers_mut();
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
        ),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if front.is_secure() {
        let year = HeaderValue::from_static("max-age=31536000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert("x-request-id", id);
    }
    response
}

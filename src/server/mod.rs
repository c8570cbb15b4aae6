//! The doors for providers, operators and programs: webhooks, media sockets, health, the API.
//!
//! [`Front`] is what all of them share; [`router`] is the paths; [`serve`] answers connections until the
//! process is told to go, and lets live calls end first.

mod aftercall;
mod agreements;
mod api;
pub mod behind;
mod board;
mod browser;
mod chat;
mod desks;
mod drain;
mod edge;
mod front;
pub mod hours;
mod listen;
mod media;
mod pages;
mod passes;
mod rates;
mod reader;
mod settings;
mod sign;
mod telling;
pub mod tls;
mod voice;
mod watch;

pub use agreements::Agreements;
pub use api::API_ROUTES;
pub use browser::BrowserTerms;
pub use chat::{ChatTerms, NotOrigins, Origins};
pub use drain::{serve, signals};
pub use front::{Front, Parts};
pub use settings::{Settings, TwilioSecrets, limits};
pub use telling::{tell, tell_for_ever};
pub use watch::Watchers;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware,
    routing::{get, post},
};
use std::{sync::Arc, time::Duration};
use tower_http::timeout::TimeoutLayer;

/// Every path of the server.
pub fn router(front: Arc<Front>) -> Router {
    let timely = Router::new()
        .route("/", get(pages::index))
        .route("/widget.js", get(pages::widget))
        .route("/page.css", get(pages::style))
        .route("/blank", get(pages::blank))
        .route("/healthz", get(pages::healthz))
        .route("/readyz", get(pages::readyz))
        .route("/metrics", get(pages::metrics))
        .route("/twilio/voice", post(voice::voice))
        .route("/twilio/after", post(voice::after))
        .route("/twilio/dialled", post(voice::dialled))
        .route("/twilio/status", post(voice::status))
        .route("/sign/{token}", get(sign::open).post(sign::submit))
        .merge(api::routes())
        .merge(chat::routes())
        .merge(browser::routes())
        .layer(TimeoutLayer::with_status_code(
            axum::http::StatusCode::SERVICE_UNAVAILABLE,
            Duration::from_millis(limits::REQUEST_MS_MAX),
        ));
    // A socket and a stream of events last as long as a call does.
    let lasting =
        Router::new().route("/twilio/media", get(media::media)).merge(api::lasting()).merge(chat::lasting());
    Router::new()
        .merge(timely)
        .merge(lasting)
        .fallback(edge::nothing_here)
        .method_not_allowed_fallback(edge::not_so)
        .layer(DefaultBodyLimit::max(front.settings.body_bytes_max))
        .layer(middleware::from_fn_with_state(Arc::clone(&front), edge::around))
        .with_state(front)
}

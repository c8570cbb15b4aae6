//! `/chat/{program}`: chats on programs' pages. Over a WebSocket, or by posts and a stream of events where there is
//! none; the same messages and events either way.

mod directline;
mod lobby;
mod origins;
mod posts;
mod rasa;
mod shelf;
mod socket;

pub(super) use lobby::{Lobby, Way};
pub use origins::{NotOrigins, Origins};
pub(super) use posts::bearer;
pub(super) use socket::admitted;

use super::front::Front;
use axum::{
    Router,
    routing::{get, post},
};
use std::sync::Arc;

/// Limits of chats that are an operator's to say.
#[derive(Clone, Debug)]
pub struct ChatTerms {
    /// Chats at once; calls are counted apart.
    pub chats_max: usize,
    /// How long a page may be gone before its chat ends, in milliseconds.
    pub resume_ms_max: u64,
    /// Chats that one address may begin in a minute.
    pub starts_per_min_max: u32,
    /// The pages that may show a program's chat.
    pub origins: Origins,
}

impl Default for ChatTerms {
    fn default() -> ChatTerms {
        ChatTerms {
            chats_max: 2_000,
            resume_ms_max: 900_000,
            starts_per_min_max: 60,
            origins: Origins::default(),
        }
    }
}

/// Requests that are answered at once.
pub(super) fn routes() -> Router<Arc<Front>> {
    const LINE: &str = "/chat/{program}/v3/directline";
    let line = |path: &str| format!("{LINE}/{path}");
    Router::new()
        .route("/chat/{program}/webhooks/rest/webhook", post(rasa::webhook).options(posts::preflight))
        .route(&line("tokens/generate"), post(directline::start).options(directline::preflight))
        .route(&line("tokens/refresh"), post(directline::again).options(directline::preflight))
        .route(&line("conversations"), post(directline::start).options(directline::preflight))
        .route(&line("conversations/{call_id}"), get(directline::again).options(directline::preflight))
        .route(
            &line("conversations/{call_id}/activities"),
            get(directline::activities).post(directline::say).options(directline::preflight),
        )
        .route("/chat/{program}", post(posts::start).options(posts::preflight))
        .route("/chat/{program}/{call_id}", post(posts::message).options(posts::preflight))
}

/// Those that last as long as a chat does.
pub(super) fn lasting() -> Router<Arc<Front>> {
    Router::new()
        .route("/chat/{program}", get(socket::page))
        .route("/chat/{program}/{call_id}/events", get(posts::events).options(posts::preflight))
}

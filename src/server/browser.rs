//! `/call/{program}`: calls from browsers. A page posts its WebRTC offer and gets the answer, as in WHIP (RFC 9725);
//! what the reply's `Location` names is hung up by `DELETE`. With the token of a chat the voice joins that chat, which
//! goes on as one call.

use super::{
    board::Over,
    chat::{Way, admitted, bearer},
    edge::ApiError,
    front::Front,
    listen::Connection,
    rates::Rates,
};
use crate::{
    call::chat::{Mail, Talk},
    channel::{BrowserChannel, Expected, Network, NotAnswered, OFFER_BYTES_MAX, PageLine},
    consent::escaped,
    program::{Locale, RecipientId},
    typed::event,
    wire::{Encoding, StreamStart},
};
use axum::{
    Extension, Router,
    body::{Body, to_bytes},
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::{delete, get, post},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeMap, HashMap},
    net::{IpAddr, Ipv4Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};
use tokio::sync::{oneshot, watch};
use tracing::Instrument as _;

/// What a page may ask again after, in seconds, where there is no room now.
const RETRY_S: &str = "30";
const SDP: &str = "application/sdp";

/// Limits of browser calls that are an operator's to say. Which pages may call is the chat's list.
#[derive(Clone, Debug)]
pub struct BrowserTerms {
    /// How browsers reach this machine.
    pub network: Network,
    /// Calls that one address may begin in a minute.
    pub starts_per_min_max: u32,
}

impl Default for BrowserTerms {
    fn default() -> BrowserTerms {
        let network = Network {
            bind: IpAddr::V4(Ipv4Addr::LOCALHOST),
            ports: None,
            public: None,
            servers: Default::default(),
        };
        BrowserTerms { network, starts_per_min_max: 20 }
    }
}

/// The calls of browsers that go on, by the hash of what hangs them up.
#[derive(Default)]
pub(super) struct Browsers {
    live: Mutex<HashMap<[u8; 32], watch::Sender<bool>>>,
    rates: Rates,
}

impl Browsers {
    fn live(&self) -> MutexGuard<'_, HashMap<[u8; 32], watch::Sender<bool>>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Requests that are answered at once.
pub(super) fn routes() -> Router<Arc<Front>> {
    Router::new()
        .route("/call", get(page))
        .route("/talk.js", get(script))
        .route("/call/{program}", post(call).options(preflight))
        .route("/call/{program}/{call}", delete(hang_up).options(preflight))
}

/// `GET /call`: a page to call from; `?program=harbor&locale=es-US` says with whom and in which language.
async fn page(
    State(front): State<Arc<Front>>,
    Query(asked): Query<BTreeMap<String, String>>,
) -> Result<Response, ApiError> {
    let known = match asked.get("program") {
        Some(id) => front.desks.by_id(Some(id)).map(|desk| front.desks.get(desk)),
        None => front.desks.all().first(),
    };
    let program = known.ok_or_else(|| ApiError::not_found("program"))?.program();
    let locale = asked.get("locale").map_or("", |tag| Locale::from_tag(tag).tag());
    let page = PAGE
        .replace("{name}", &escaped(&program.name))
        .replace("{program}", &escaped(&program.id))
        .replace("{locale}", locale);
    Ok(([(header::CONTENT_SECURITY_POLICY, POLICY)], Html(page)).into_response())
}

/// `GET /talk.js`: what that page runs.
async fn script() -> Response {
    let kind = [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")];
    (kind, include_str!("../../web/talk/talk.js")).into_response()
}

const PAGE: &str = include_str!("call.html");
/// Of this server and nobody else, and nothing inline.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

/// `POST /call/{program}`: an offer, and its answer. `?locale=es-US` asks for a language; `Authorization` with the
/// token of a chat goes on with that chat by voice.
async fn call(
    State(front): State<Arc<Front>>,
    Extension(connection): Extension<Connection>,
    Path(program): Path<String>,
    Query(asked): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let desk = admitted(&front, &program, &headers)?;
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.split(';').next().map(str::trim) != Some(SDP) {
        let message = "post the browser's offer as application/sdp";
        return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_sdp", message));
    }
    let terms = &front.settings.browser;
    if !front.browsers.rates.admit(
        connection.peer.ip(),
        terms.starts_per_min_max,
        tokio::time::Instant::now(),
    ) {
        let message = "too many calls were begun from this address; wait a minute, then try again";
        return Err(ApiError::new(StatusCode::TOO_MANY_REQUESTS, "too_many", message));
    }
    // A token that is good for no chat is told before the offer is looked at, as one that never was.
    let chat = match headers.get(header::AUTHORIZATION) {
        Some(_) => Some(bearer(&front, desk, &headers)?),
        None => None,
    };
    let offer = to_bytes(body, OFFER_BYTES_MAX).await.map_err(|_| too_long())?;
    let offer = std::str::from_utf8(&offer).map_err(|_| wrong_offer("the offer is no text"))?;
    let locale = asked.get("locale").map(|tag| Locale::from_tag(tag));
    let invited = match &chat {
        Some(way) => front.invite_voice(desk, &way.call_id).map(|token| (token, way.call_id.clone())),
        None => front.invite_browser(desk, locale),
    };
    let Some((token, call_id)) = invited else {
        tracing::warn!(program, "no browser is answered: no room, no agreement, or going down");
        let message = "no call can be taken now; try again in a moment, or call by telephone";
        let mut response =
            ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", message).into_response();
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_S));
        return Ok(shared(&headers, response));
    };
    let (expected, answer) = match BrowserChannel::answer(offer, &terms.network).await {
        Ok(answered) => answered,
        Err(why) => {
            // The place is free again.
            front.passes.redeem(&token, None, Instant::now());
            return Err(refused(&why));
        }
    };
    let location = format!("{:032x}", rand::random::<u128>());
    let (hang_up, hung_up) = watch::channel(false);
    let key = hash(&location);
    front.browsers.live().insert(key, hang_up);
    let span = tracing::info_span!("call", call_id);
    let arriving = Arc::clone(&front);
    tokio::spawn(
        async move {
            match chat {
                Some(way) => join(&arriving, expected, &token, way, hung_up).await,
                None => arrive(&arriving, expected, &token, &call_id, hung_up).await,
            }
            arriving.browsers.live().remove(&key);
        }
        .instrument(span),
    );
    let location = format!("/call/{program}/{location}");
    let replied = [(header::CONTENT_TYPE, SDP.to_owned()), (header::LOCATION, location)];
    Ok(shared(&headers, (StatusCode::CREATED, replied, answer).into_response()))
}

/// `DELETE /call/{program}/{call}`: hangs up.
async fn hang_up(
    State(front): State<Arc<Front>>,
    Path((program, call)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    admitted(&front, &program, &headers)?;
    let known = front.browsers.live().get(&hash(&call)).map(|hang_up| hang_up.send_replace(true));
    known.ok_or_else(|| ApiError::not_found("call"))?;
    Ok(shared(&headers, StatusCode::OK.into_response()))
}

/// `OPTIONS`: whether a page of another origin may call.
async fn preflight(
    State(front): State<Arc<Front>>,
    path: axum::extract::RawPathParams,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let program = path.iter().find(|(name, _)| *name == "program").map_or("", |(_, value)| value);
    admitted(&front, program, &headers)?;
    let mut response = shared(&headers, StatusCode::NO_CONTENT.into_response());
    let answer = response.headers_mut();
    answer.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST, DELETE"));
    answer.insert(
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static("authorization, content-type"),
    );
    Ok(response)
}

/// Waits for the browser, and runs its call. One that does not come in time has had none.
async fn arrive(
    front: &Arc<Front>,
    expected: Expected,
    token: &str,
    call_id: &str,
    hung_up: watch::Receiver<bool>,
) {
    let came = expected.connected(hung_up).await;
    let pass = front.passes.redeem(token, None, Instant::now());
    let (Some(channel), Some(pass)) = (came, pass) else {
        tracing::info!("a browser was answered and did not come");
        front.watchers.end(call_id, Instant::now());
        return;
    };
    let locale = pass.locale.unwrap_or_default();
    let shown = tokio::spawn(show(Arc::clone(front), call_id.to_owned(), channel.page(), locale));
    let start = StreamStart {
        stream_id: call_id.to_owned(),
        provider_call_id: None,
        encoding: Encoding::Mulaw,
        parameters: BTreeMap::new(),
    };
    front.converse(pass, Box::new(channel), start).await;
    // It ends with the feed of the call, which has just ended.
    let _ = shown.await;
}

/// Waits for the browser, and hands its voice to the chat for as long as the caller talks. One that does not come in
/// time leaves the chat as it is.
async fn join(front: &Arc<Front>, expected: Expected, token: &str, way: Way, hung_up: watch::Receiver<bool>) {
    let came = expected.connected(hung_up).await;
    let pass = front.passes.redeem(token, None, Instant::now());
    let (Some(channel), Some(pass)) = (came, pass) else {
        tracing::info!("a browser was answered and did not come");
        return;
    };
    let _place = VoicePlace::take(front, &pass.call_id, pass.desk);
    let (over, talks) = oneshot::channel();
    // The chat may end in this moment; then the voice ends with it.
    let _ = way.mail.send(Mail::Talk(Talk { channel: Box::new(channel), over })).await;
    // Nothing is ever sent: the other end is dropped when the caller talks no more.
    let _ = talks.await;
}

/// A voice counts as a live call while it lasts: it needs as much. Two of one chat, of which one is about to end, are
/// two.
struct VoicePlace<'a> {
    front: &'a Front,
    id: String,
    desk: usize,
}

impl VoicePlace<'_> {
    fn take<'a>(front: &'a Front, call_id: &str, desk: usize) -> VoicePlace<'a> {
        let id = format!("{call_id} voice {:016x}", rand::random::<u64>());
        front.board.begin(&id, None);
        VoicePlace { front, id, desk }
    }
}

impl Drop for VoicePlace<'_> {
    fn drop(&mut self) {
        let over = Over { desk: self.desk, outcome: None, locale: Locale::default() };
        self.front.board.end(&self.id, over);
    }
}

/// Shows the call to its own caller's page, in the shapes of the chat.
async fn show(front: Arc<Front>, call_id: String, page: PageLine, locale: Locale) {
    let Some(mut feed) = front.watchers.follow(&call_id) else { return };
    let started = page.show(&json!({"type": "started", "call_id": call_id})).await;
    if started.is_err() {
        return;
    }
    let program = feed.program().to_owned();
    let program = front.desks.by_id(Some(&program)).map(|desk| front.desks.get(desk).program());
    while let Some((_, event)) = feed.next().await {
        let Some(mut event) = for_page(&event, locale) else { continue };
        // A consent is shown by the name that the recipient has for people.
        let recipient = event.get("recipient").and_then(Value::as_str).map(RecipientId::from);
        if let Some(recipient) = recipient.and_then(|id| program.and_then(|program| program.recipient(&id))) {
            event["name"] = recipient.name.in_locale(locale).into();
        }
        if page.show(&event).await.is_err() {
            return;
        }
    }
}

/// A caption as an event of the chat; what a page has no use for is left out.
fn for_page(caption: &str, locale: Locale) -> Option<Value> {
    let Ok(Value::Object(mut fields)) = serde_json::from_str(caption) else { return None };
    let kind = fields.remove("event")?;
    let kind = kind.as_str()?;
    if !matches!(kind, "line" | "heard" | "said" | "listening" | "gate" | "consent" | "request" | "ended") {
        return None;
    }
    if kind == "line" {
        let line = fields.get("kind").and_then(|kind| serde_json::from_value(kind.clone()).ok());
        fields.insert("choices".into(), line.map_or(Vec::new(), |kind| event::choices(kind, locale)).into());
    }
    fields.insert("type".into(), kind.into());
    Some(Value::Object(fields))
}

fn refused(why: &NotAnswered) -> ApiError {
    match why {
        NotAnswered::NotAnOffer(_) | NotAnswered::NotAgreed => wrong_offer(&why.to_string()),
        NotAnswered::Ours(_) => {
            tracing::error!(%why, "a browser could not be answered");
            let message = "no call can be taken now; try again in a moment, or call by telephone";
            ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", message)
        }
    }
}

fn wrong_offer(message: &str) -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, "bad_offer", message)
}

fn too_long() -> ApiError {
    let message = "the offer is too long; 16 KiB are read, and one audio stream needs a quarter";
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_big", message)
}

/// Lets the page read the answer and where the call is; whether it may was asked before.
fn shared(headers: &HeaderMap, mut response: Response) -> Response {
    if let Some(origin) = headers.get(header::ORIGIN) {
        let answer = response.headers_mut();
        answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        answer.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("location"));
        answer.insert(header::VARY, HeaderValue::from_static("origin"));
    }
    response
}

fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_shown_the_call_in_the_shapes_of_the_chat() {
        let line = r#"{"event":"line","id":"l2","kind":"consent","text":"May we?","elicits":"none"}"#;
        let shown = for_page(line, Locale::EsUs).expect("a line is shown");
        assert_eq!((&shown["type"], &shown["choices"][0]["label"]), (&json!("line"), &json!("Sí")));
        let gate = for_page(r#"{"event":"gate","open":true}"#, Locale::EnUs);
        assert_eq!(gate, Some(json!({"type": "gate", "open": true})));
        assert_eq!(for_page(r#"{"event":"meaning","meaning":"affirm"}"#, Locale::EnUs), None);
        assert_eq!(for_page("nonsense", Locale::EnUs), None);
    }
}

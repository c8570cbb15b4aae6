//! Twilio's webhooks: what to do with a call, after its stream, and after a person was called.

use super::{
    board::Stage, desks::Reception, edge::ApiError, front::Front, listen::Connection,
    settings::limits::AFTER_MS_MAX,
};
use crate::{
    dialogue::{Outcome, PersonReached},
    observe::metrics::{Rejection, webhook_rejected},
    program::{Locale, Text},
    wire::{
        signature::{self, Body, Forged, SETTINGS_HEADER, SIGNATURE_HEADER},
        twiml::{self, Dial, Document, Stream},
    },
};
use axum::{
    body::to_bytes,
    extract::{FromRequest, OriginalUri, Request, State},
    http::{HeaderMap, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use secrecy::ExposeSecret;
use std::{net::SocketAddr, sync::Arc};

/// Of what the provider says about a broken stream, so much is logged.
const ERROR_CHARS_MAX: usize = 200;

/// Said where a number belongs to no program here: names nobody, confirms nothing (HC-40).
const UNKNOWN_NUMBER: &str =
    "This number cannot take your call. Please check the number and call again. Goodbye.";

/// `POST /twilio/voice`: a call arrived.
pub(super) async fn voice(State(front): State<Arc<Front>>, form: Webhook) -> Response {
    let Some(desk) = front.desks.by_number(form.get("To")) else {
        tracing::warn!("a call to a number that belongs to no program here");
        return answer(Document::new().say(UNKNOWN_NUMBER, Locale::EnUs).hang_up());
    };
    let reception = front.desks.get(desk);
    let provider_call_id = Some(form.get("CallSid")).filter(|id| !id.is_empty());
    let direction = if form.get("Direction").starts_with("outbound") { "outbound" } else { "inbound" };
    let Some((token, call_id)) = front.invite(desk, provider_call_id, direction) else {
        tracing::warn!(
            program = reception.program().id,
            "a call is routed on: no room, no agreement, or going down"
        );
        webhook_rejected(Rejection::Full);
        return answer(route_on(&front, reception));
    };
    tracing::info!(call_id, program = reception.program().id, "a call arrived");
    let url = &front.settings.public_url;
    let after = url.http("/twilio/after");
    let stream = Stream {
        url: &url.ws("/twilio/media"),
        status: &url.http("/twilio/status"),
        after: &after,
        parameters: &[("token", &token), ("call_id", &call_id)],
    };
    // Should the provider not ask for the action, the document falls through to the same place.
    answer(Document::new().connect(&stream).redirect(&after))
}

/// `POST /twilio/after`: the stream is over; what comes next?
pub(super) async fn after(State(front): State<Arc<Front>>, form: Webhook) -> Response {
    let provider_call_id = form.get("CallSid");
    let document = match front.settled(provider_call_id, AFTER_MS_MAX).await {
        Stage::Waiting(desk) => {
            let reception = front.desks.get(desk);
            match reception.number(front.clock.now()) {
                Some(number) => dial(&front, reception, Document::new(), number),
                None => {
                    let over = front.end_transfer(provider_call_id, PersonReached::NotAnswered).await;
                    let locale = over.map_or(Locale::EnUs, |over| over.locale);
                    unavailable(reception, locale).hang_up()
                }
            }
        }
        Stage::Over(over) => match over.outcome {
            // The caller is still there though the conversation is not: the line to it was lost.
            None | Some(Outcome::Failed | Outcome::Abandoned) => {
                trouble(&front, front.desks.get(over.desk), over.locale)
            }
            Some(_) => Document::new().hang_up(),
        },
        Stage::Live | Stage::Unknown => match front.desks.by_number(form.get("To")) {
            Some(desk) => trouble(&front, front.desks.get(desk), Locale::EnUs),
            None => Document::new().say(UNKNOWN_NUMBER, Locale::EnUs).hang_up(),
        },
    };
    answer(document)
}

/// `POST /twilio/dialled`: a person answered, or the call to a person is over.
pub(super) async fn dialled(State(front): State<Arc<Front>>, form: Webhook) -> Response {
    let status = form.get("DialCallStatus");
    if status.is_empty() {
        // The report on the dialled leg: the caller's call is its parent.
        if matches!(form.get("CallStatus"), "in-progress" | "answered") {
            front.end_transfer(form.get("ParentCallSid"), PersonReached::Answered).await;
        }
        return StatusCode::NO_CONTENT.into_response();
    }
    let provider_call_id = form.get("CallSid");
    let answered = matches!(status, "completed" | "answered");
    let reached = if answered { PersonReached::Answered } else { PersonReached::NotAnswered };
    let over = front.end_transfer(provider_call_id, reached).await;
    if answered {
        return answer(Document::new().hang_up());
    }
    let desk = over.as_ref().map(|over| over.desk).or_else(|| front.desks.by_number(form.get("To")));
    let locale = over.map_or(Locale::EnUs, |over| over.locale);
    let document = desk.map_or_else(Document::new, |desk| unavailable(front.desks.get(desk), locale));
    answer(document.hang_up())
}

/// `POST /twilio/status`: the provider reports on a stream.
pub(super) async fn status(form: Webhook) -> StatusCode {
    let call_sid = form.get("CallSid");
    match form.get("StreamEvent") {
        "stream-started" => tracing::debug!(call_sid, "the provider opened a stream"),
        "stream-stopped" => tracing::debug!(call_sid, "the provider closed a stream"),
        "stream-error" => {
            // The provider's own words about its own connection; at most a line of them.
            let error: String = form.get("StreamError").chars().take(ERROR_CHARS_MAX).collect();
            tracing::warn!(call_sid, error, "the provider reports a broken stream");
        }
        _ => tracing::debug!(call_sid, "the provider reports something unknown about a stream"),
    }
    StatusCode::NO_CONTENT
}

fn answer(document: Document) -> Response {
    ([(CONTENT_TYPE, twiml::CONTENT_TYPE)], document.xml()).into_response()
}

/// A call that cannot be served well goes to a person, or learns when there is one.
fn route_on(front: &Front, reception: &Reception) -> Document {
    let locale = reception.program().locales.first().copied().unwrap_or_default();
    to_person(front, reception, &reception.program().texts.human_connecting, locale)
}

/// A call that broke off while the caller was there: an apology, and a person.
fn trouble(front: &Front, reception: &Reception, locale: Locale) -> Document {
    to_person(front, reception, &reception.program().texts.trouble, locale)
}

fn to_person(front: &Front, reception: &Reception, first: &Text, locale: Locale) -> Document {
    match reception.number(front.clock.now()) {
        Some(number) => {
            let document = Document::new().say(&said(reception, first, locale), locale);
            dial(front, reception, document, number)
        }
        None => unavailable(reception, locale).hang_up(),
    }
}

fn dial(front: &Front, reception: &Reception, document: Document, number: &str) -> Document {
    let after = front.settings.public_url.http("/twilio/dialled");
    document.dial(&Dial { number, ring_s: reception.program().person.ring_s, after: &after })
}

fn unavailable(reception: &Reception, locale: Locale) -> Document {
    let text = &reception.program().texts.human_unavailable;
    Document::new().say(&said(reception, text, locale), locale)
}

/// A text of the program as it is spoken. The number is read digit by digit.
fn said(reception: &Reception, text: &Text, locale: Locale) -> String {
    let program = reception.program();
    let number: Vec<_> =
        program.person.number.chars().filter(char::is_ascii_digit).map(String::from).collect();
    text.in_locale(locale).replace("{program}", &program.name).replace("{number}", &number.join(" "))
}

/// A form that the provider sent, and that nobody else can have sent.
pub(super) struct Webhook(Vec<(String, String)>);

impl Webhook {
    /// The first value of `name`, or nothing.
    fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value)
    }
}

impl FromRequest<Arc<Front>> for Webhook {
    type Rejection = ApiError;

    async fn from_request(request: Request, front: &Arc<Front>) -> Result<Webhook, ApiError> {
        let (parts, body) = request.into_parts();
        let peer = parts.extensions.get::<Connection>().map(|c| c.peer);
        let peer = peer.ok_or(ApiError::internal())?;
        let path = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |uri| &uri.0);
        let url = front.settings.public_url.http(path.path_and_query().map_or("/", |p| p.as_str()));
        let kind = parts.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if !kind.starts_with("application/x-www-form-urlencoded") {
            webhook_rejected(Rejection::Malformed);
            return Err(ApiError::not_a_form());
        }
        let bytes = to_bytes(body, front.settings.body_bytes_max).await.map_err(|_| ApiError::too_big())?;
        let form: Vec<_> = form_urlencoded::parse(&bytes).into_owned().collect();
        prove(front, peer, &parts.headers, &url, Body::Form(&form))?;
        let webhook = Webhook(form);
        // A shared key may sign for many accounts.
        match &front.settings.account_sid {
            Some(account) if webhook.get("AccountSid") != account => Err(Unproven::OtherAccount.into()),
            _ => Ok(webhook),
        }
    }
}

/// A request could not be shown to come from the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unproven {
    /// No secret is configured, and nothing else vouches for it.
    NoSecret,
    /// It is of another account than the configured one.
    OtherAccount,
    /// Its signature is wrong.
    Forged(Forged),
}

impl From<Unproven> for ApiError {
    fn from(unproven: Unproven) -> ApiError {
        match unproven {
            Unproven::NoSecret => tracing::warn!("an unsigned request was refused: set twilio.auth_token"),
            Unproven::OtherAccount => tracing::warn!("a request of another account was refused"),
            Unproven::Forged(forged) => tracing::warn!("a request was refused: {forged}"),
        }
        webhook_rejected(match unproven {
            Unproven::NoSecret => Rejection::Unsigned,
            Unproven::OtherAccount | Unproven::Forged(_) => Rejection::Signature,
        });
        ApiError::forbidden()
    }
}

/// Checks that a request to `url` is the provider's. Where no secret is configured, only what comes from this
/// very machine, and through no proxy, is believed.
pub(super) fn prove(
    front: &Front,
    peer: SocketAddr,
    headers: &HeaderMap,
    url: &str,
    body: Body<'_>,
) -> Result<(), Unproven> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(secrets) = &front.settings.twilio else {
        let proxied =
            ["forwarded", "x-forwarded-for", "x-real-ip", "via"].iter().any(|h| headers.contains_key(*h));
        let local = front.settings.trusts_this_machine && peer.ip().to_canonical().is_loopback() && !proxied;
        return if local { Ok(()) } else { Err(Unproven::NoSecret) };
    };
    let settings = signature::Settings::parse(header(SETTINGS_HEADER)).map_err(Unproven::Forged)?;
    let secret = match &settings.key {
        None => &secrets.auth_token,
        Some(id) => secrets.shared_keys.get(id).ok_or(Unproven::Forged(Forged::UnknownKey))?,
    };
    let claimed = header(SIGNATURE_HEADER).ok_or(Unproven::Forged(Forged::Missing))?;
    signature::verify(secret.expose_secret(), settings.algorithm, url, body, claimed)
        .map_err(Unproven::Forged)
}

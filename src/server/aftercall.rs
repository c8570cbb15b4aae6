//! `/api/v1/consents` and `/api/v1/intake`: what follows calls.

use super::{
    api::{permit, wrong},
    behind::Scope,
    edge::ApiError,
    front::Front,
};
use crate::{
    access::Role,
    book::{BookEvent, How, Piece, Read, Who},
    consent::{Intake, Standing},
    store::{
        After,
        after::{Attestation, NotEntered, Revocation},
    },
    time::Utc,
};
use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode},
    routing::{get, post},
};
use secrecy::ExposeSecret;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::sync::Arc;

pub(super) const CONSENTS: &str = "/api/v1/consents";
pub(super) const REVOKE: &str = "/api/v1/consents/{id}/revoke";
pub(super) const ATTEST: &str = "/api/v1/consents/{id}/attest";
pub(super) const LINK: &str = "/api/v1/consents/{id}/link";
pub(super) const INTAKES: &str = "/api/v1/intake";
pub(super) const INTAKE: &str = "/api/v1/intake/{id}";
pub(super) const DONE: &str = "/api/v1/intake/{id}/done";

pub(super) fn routes() -> Router<Arc<Front>> {
    Router::new()
        .route(CONSENTS, get(consents))
        .route(REVOKE, post(revoke))
        .route(ATTEST, post(attest))
        .route(LINK, post(link))
        .route(INTAKES, get(intakes))
        .route(INTAKE, get(intake))
        .route(DONE, post(done))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    program: Option<String>,
    patient: Option<String>,
    call_id: Option<String>,
    waiting: Option<bool>,
}

type Asked = Result<Query<Wanted>, axum::extract::rejection::QueryRejection>;

async fn consents(
    State(front): State<Arc<Front>>,
    headers: HeaderMap,
    wanted: Asked,
) -> Result<Json<Value>, ApiError> {
    permit(&front, &headers, &[Scope::Read]).await?;
    let Wanted { program, patient, call_id, .. } = asked(wanted)?;
    let (after, now) = (after(&front)?, front.clock.now());
    after.follow_up(now).await?;
    let mut all: Vec<Standing> = Vec::new();
    for program in programs(&front, program.as_deref())? {
        all.extend(after.standing(&program, patient.as_deref(), now).await?);
        note(after, &program, call_id.as_deref(), &[Piece::Record], now).await?;
    }
    all.retain(|one| call_id.as_ref().is_none_or(|call| *call == one.call_id));
    Ok(Json(json!({ "consents": all })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RevokeBody {
    by: String,
    how: How,
    received: Utc,
    page_sha256: Option<String>,
}

async fn revoke(
    State(front): State<Arc<Front>>,
    headers: HeaderMap,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, ApiError> {
    permit(&front, &headers, &[Scope::Admin]).await?;
    let RevokeBody { by, how, received, page_sha256 } = read(
        &body,
        r#"{"by":NAME,"how":"letter|email|in_person|phone","received":TIME,"page_sha256":HEX|null}"#,
    )?;
    let (by, page_sha256) = (named(by)?, hash(page_sha256)?);
    let how = of_staff(how)?;
    let revocation =
        Revocation { consent_id: Some(id), patient: None, recipient: None, by, how, received, page_sha256 };
    let ended = after(&front)?.revoke(None, revocation, who(), front.clock.now()).await?;
    Ok(Json(json!({ "consents": ended })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AttestBody {
    by: String,
    how: How,
    received: Utc,
    name: String,
    cosigner: Option<String>,
    page_sha256: Option<String>,
}

async fn attest(
    State(front): State<Arc<Front>>,
    headers: HeaderMap,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<Standing>, ApiError> {
    permit(&front, &headers, &[Scope::Admin]).await?;
    let form = r#"{"by":NAME,"how":"letter|email|in_person|phone","received":TIME,"name":NAME,"cosigner":NAME|null}"#;
    let AttestBody { by, how, received, name, cosigner, page_sha256 } = read(&body, form)?;
    let attestation = Attestation {
        consent_id: id,
        by: named(by)?,
        how: of_staff(how)?,
        received,
        name: named(name)?.into(),
        cosigner: cosigner.map(named).transpose()?.map(Into::into),
        page_sha256: hash(page_sha256)?,
    };
    Ok(Json(after(&front)?.attest(None, attestation, who(), front.clock.now()).await?))
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct LinkBody {
    days: Option<u32>,
}

async fn link(
    State(front): State<Arc<Front>>,
    headers: HeaderMap,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    permit(&front, &headers, &[Scope::Admin]).await?;
    let LinkBody { days } =
        if body.is_empty() { LinkBody::default() } else { read(&body, r#"{"days":14}"#)? };
    let (secret, expires) = after(&front)?.link(None, &id, days, who(), front.clock.now()).await?;
    let url = front.settings.public_url.http(&format!("/sign/{}", secret.expose_secret()));
    Ok((StatusCode::CREATED, Json(json!({ "url": url, "expires": expires }))))
}

async fn intakes(
    State(front): State<Arc<Front>>,
    headers: HeaderMap,
    wanted: Asked,
) -> Result<Json<Value>, ApiError> {
    permit(&front, &headers, &[Scope::Read]).await?;
    let Wanted { program, waiting, .. } = asked(wanted)?;
    let (after, now) = (after(&front)?, front.clock.now());
    let mut all = Vec::new();
    for program in programs(&front, program.as_deref())? {
        all.extend(after.intakes(&program, waiting.unwrap_or(false), now).await?);
        note(after, &program, None, &[Piece::Record], now).await?;
    }
    Ok(Json(json!({ "intakes": all })))
}

async fn intake(
    State(front): State<Arc<Front>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Json<Intake>, ApiError> {
    permit(&front, &headers, &[Scope::Admin]).await?;
    let (after, now) = (after(&front)?, front.clock.now());
    let one = after.intake(None, &id, true, now).await?.ok_or_else(|| ApiError::not_found("intake"))?;
    // On record before anybody sees it.
    note(after, &one.program, Some(&id), &[Piece::Record, Piece::Answers], now).await?;
    Ok(Json(one))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DoneBody {
    by: String,
    request: Option<u32>,
}

async fn done(
    State(front): State<Arc<Front>>,
    headers: HeaderMap,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<Intake>, ApiError> {
    permit(&front, &headers, &[Scope::Admin]).await?;
    let DoneBody { by, request } = read(&body, r#"{"by":NAME,"request":NUMBER|null}"#)?;
    let mut one = after(&front)?.done(None, &id, request, &named(by)?, who(), front.clock.now()).await?;
    one.answers.clear();
    Ok(Json(one))
}

fn after(front: &Front) -> Result<&After, ApiError> {
    front.after.as_ref().ok_or_else(|| {
        let message = "this server keeps nothing of what follows calls";
        ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "store_unavailable", message)
    })
}

fn who() -> Who {
    Who { name: "api".into(), role: Role::Keyholder, purpose: None, reason: None }
}

async fn note(
    after: &After,
    program: &str,
    call_id: Option<&str>,
    what: &[Piece],
    now: Utc,
) -> Result<(), ApiError> {
    let event = BookEvent::Read(Read { what: what.to_vec(), calls: None });
    after.book().note(program, call_id, who(), event, now).await?;
    Ok(())
}

fn programs(front: &Front, wanted: Option<&str>) -> Result<Vec<String>, ApiError> {
    let all = front.desks.all().iter().map(|reception| reception.program().id.clone());
    let chosen: Vec<String> = all.filter(|id| wanted.is_none_or(|wanted| wanted == id)).collect();
    if chosen.is_empty() { Err(ApiError::not_found("program")) } else { Ok(chosen) }
}

fn asked(wanted: Asked) -> Result<Wanted, ApiError> {
    wanted.map(|Query(wanted)| wanted).map_err(|_| wrong("write the parameters as in the document"))
}

fn read<T: DeserializeOwned>(body: &[u8], form: &str) -> Result<T, ApiError> {
    serde_json::from_slice(body).map_err(|_| wrong(format!("send {form}")))
}

/// Who did something, in a line.
fn named(name: String) -> Result<String, ApiError> {
    const NAME_BYTES_MAX: usize = 200;
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    match name.is_empty() || name.len() > NAME_BYTES_MAX {
        true => Err(wrong("a name has 1 to 200 bytes")),
        false => Ok(name),
    }
}

fn of_staff(how: How) -> Result<How, ApiError> {
    match How::OF_STAFF.contains(&how) {
        true => Ok(how),
        false => Err(wrong("`how` is letter, email, in_person or phone")),
    }
}

fn hash(page: Option<String>) -> Result<Option<String>, ApiError> {
    let right = |hex: &String| hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit());
    match page {
        Some(hex) if !right(&hex) => Err(wrong("`page_sha256` is 64 hex digits")),
        page => Ok(page.map(|hex| hex.to_ascii_lowercase())),
    }
}

impl From<NotEntered> for ApiError {
    fn from(why: NotEntered) -> ApiError {
        match why {
            NotEntered::Store(error) => error.into(),
            NotEntered::Unknown => ApiError::not_found("consent"),
            NotEntered::Unfit(why) => ApiError::new(StatusCode::CONFLICT, "unfit", why),
        }
    }
}

//! `/api/v1/consents` and `/api/v1/intake`: what follows calls.

use super::{
    edge::ApiError,
    front::Front,
    reader::{Reader, wrong},
};
use crate::{
    access::{Datum, Purpose},
    book::{BookEvent, How, Piece, Read},
    consent::{Intake, Standing},
    dialogue::Block,
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
use std::{collections::BTreeSet, sync::Arc};

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
    call: Option<String>,
    waiting: Option<bool>,
}

type Asked = Result<Query<Wanted>, axum::extract::rejection::QueryRejection>;

async fn consents(
    State(front): State<Arc<Front>>,
    headers: HeaderMap,
    wanted: Asked,
) -> Result<Json<Value>, ApiError> {
    let reader = looks(&front, &headers).await?;
    let Wanted { program, patient, call, .. } = asked(wanted)?;
    let (after, now) = (after(&front)?, front.clock.now());
    after.follow_up(now).await?;
    let mut all: Vec<Standing> = Vec::new();
    for program in programs(&front, &reader, program.as_deref()) {
        let mut some = after.standing(&program, patient.as_deref(), now).await?;
        some.retain(|one| call.as_ref().is_none_or(|call| *call == one.call_id));
        // What the patient keeps out of payment is not there for it (42 CFR 2.26).
        let pays = reader.asking.purpose == Some(Purpose::Payment);
        some.retain(|one| !pays || !one.blocked_by.contains(&Block::Restriction));
        listed(&front, &reader, &program, some.iter().map(|one| one.call_id.as_str())).await?;
        all.extend(some.into_iter().map(|one| named_for(&reader, one)));
    }
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
    let reader = enters(&front, &headers).await?;
    let RevokeBody { by, how, received, page_sha256 } = read(
        &body,
        r#"{"by":NAME,"how":"letter|email|in_person|phone","received":TIME,"page_sha256":HEX|null}"#,
    )?;
    let (by, page_sha256) = (named(by)?, hash(page_sha256)?);
    let how = of_staff(how)?;
    let revocation =
        Revocation { consent_id: Some(id), patient: None, recipient: None, by, how, received, page_sha256 };
    let (program, now) = (reader.program.as_deref(), front.clock.now());
    let ended = after(&front)?.revoke(program, revocation, reader.who.clone(), now).await?;
    let ended: Vec<Standing> = ended.into_iter().map(|one| named_for(&reader, one)).collect();
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
    let reader = enters(&front, &headers).await?;
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
    let (program, now) = (reader.program.as_deref(), front.clock.now());
    let stands = after(&front)?.attest(program, attestation, reader.who.clone(), now).await?;
    Ok(Json(named_for(&reader, stands)))
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
    let reader = enters(&front, &headers).await?;
    let LinkBody { days } =
        if body.is_empty() { LinkBody::default() } else { read(&body, r#"{"days":14}"#)? };
    let (secret, expires) =
        after(&front)?.link(reader.program.as_deref(), &id, days, reader.who, front.clock.now()).await?;
    let url = front.settings.public_url.http(&format!("/sign/{}", secret.expose_secret()));
    Ok((StatusCode::CREATED, Json(json!({ "url": url, "expires": expires }))))
}

async fn intakes(
    State(front): State<Arc<Front>>,
    headers: HeaderMap,
    wanted: Asked,
) -> Result<Json<Value>, ApiError> {
    let reader = looks(&front, &headers).await?;
    let Wanted { program, waiting, .. } = asked(wanted)?;
    let (after, now) = (after(&front)?, front.clock.now());
    let mut all = Vec::new();
    for program in programs(&front, &reader, program.as_deref()) {
        let some = after.intakes(&program, waiting.unwrap_or(false), now).await?;
        let some: Vec<Intake> = some.into_iter().filter_map(|one| one.seen_by(&reader.asking)).collect();
        listed(&front, &reader, &program, some.iter().map(|one| one.call_id.as_str())).await?;
        all.extend(some);
    }
    Ok(Json(json!({ "intakes": all })))
}

async fn intake(
    State(front): State<Arc<Front>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Json<Intake>, ApiError> {
    let reader = looks(&front, &headers).await?;
    let found = after(&front)?.intake(reader.program.as_deref(), &id, front.clock.now()).await?;
    let found = found.ok_or_else(|| ApiError::not_found("intake"))?;
    let program = found.program.clone();
    let one = found.seen_by(&reader.asking).ok_or_else(ApiError::forbidden)?;
    // On record before anybody sees it.
    reader.reads(&front, (&program, &id), Piece::Record).await?;
    if one.answers.iter().any(|answer| answer.text.is_some()) {
        reader.reads(&front, (&program, &id), Piece::Answers).await?;
    }
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
    let reader = enters(&front, &headers).await?;
    let DoneBody { by, request } = read(&body, r#"{"by":NAME,"request":NUMBER|null}"#)?;
    let (program, now) = (reader.program.as_deref(), front.clock.now());
    let found = after(&front)?.intake(program, &id, now).await?;
    let found = found.ok_or_else(|| ApiError::not_found("intake"))?;
    found.seen_by(&reader.asking).ok_or_else(ApiError::forbidden)?;
    let one = after(&front)?.done(program, &id, request, &named(by)?, reader.who.clone(), now).await?;
    let mut one = one.seen_by(&reader.asking).ok_or_else(ApiError::forbidden)?;
    reader.reads(&front, (&one.program, &id), Piece::Record).await?;
    one.answers.clear();
    Ok(Json(one))
}

/// A consent as the reader may see it.
fn named_for(reader: &Reader, one: Standing) -> Standing {
    if reader.asking.hears(&[Datum::Identity]).is_ok() { one } else { one.without_names() }
}

fn after(front: &Front) -> Result<&After, ApiError> {
    front.after.as_ref().ok_or_else(|| {
        let message = "this server keeps nothing of what follows calls";
        ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "store_unavailable", message)
    })
}

/// Lets through whoever may see something of calls.
async fn looks(front: &Front, headers: &HeaderMap) -> Result<Reader, ApiError> {
    let reader = Reader::of(front, headers).await?;
    match reader.asking.hears(&[Datum::Administrative]) {
        Ok(()) => Ok(reader),
        Err(why) => Err(reader.refused(front, None, Piece::Record, why).await?),
    }
}

/// Lets through whoever may enter what reached the program outside of calls.
async fn enters(front: &Front, headers: &HeaderMap) -> Result<Reader, ApiError> {
    let reader = looks(front, headers).await?;
    if reader.asking.role.enters() { Ok(reader) } else { Err(ApiError::forbidden()) }
}

/// Notes that a list is read, where there is something in it.
async fn listed<'a>(
    front: &Front,
    reader: &Reader,
    program: &str,
    calls: impl Iterator<Item = &'a str>,
) -> Result<(), ApiError> {
    let calls = calls.collect::<BTreeSet<_>>().len() as u64;
    if calls == 0 {
        return Ok(());
    }
    reader.breaks_glass(front, program, None, Piece::Record).await?;
    let event = BookEvent::Read(Read { what: vec![Piece::Record], calls: Some(calls) });
    reader.note(front, program, None, event).await
}

/// The programs that are meant: another's is as empty as one that is not.
fn programs(front: &Front, reader: &Reader, wanted: Option<&str>) -> Vec<String> {
    let all = front.desks.all().iter().map(|reception| reception.program().id.clone());
    all.filter(|id| wanted.is_none_or(|wanted| wanted == id))
        .filter(|id| reader.program.as_ref().is_none_or(|own| own == id))
        .collect()
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

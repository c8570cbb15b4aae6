//! Who asks the API: the token, and what its bearer says of the purpose.

use super::{edge::ApiError, front::Front};
use crate::{
    access::{Asking, Purpose, Refusal, Role},
    book::{BookEvent, BreakGlass, Piece, Read, Refused, Who},
    journal::CallRecord,
    observe::metrics,
};
use axum::http::{HeaderMap, StatusCode, header};
use std::collections::BTreeMap;

const PURPOSE: &str = "candor-purpose";
const REASON: &str = "candor-reason";
const BREAK_GLASS: &str = "candor-break-glass";
/// A reason is a sentence.
const REASON_CHARS_MAX: usize = 500;

/// Whoever asks.
pub(super) struct Reader {
    pub who: Who,
    pub asking: Asking,
    /// The program whose calls they may see; none of it: every program's.
    pub program: Option<String>,
}

impl Reader {
    /// Whoever shows a good token. A token without a program is good where the server answers for one only, unless it
    /// is the keyholder's.
    pub(super) async fn of(front: &Front, headers: &HeaderMap) -> Result<Reader, ApiError> {
        let authorization = text(headers, header::AUTHORIZATION.as_str())?;
        let token = authorization
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, token)| scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty())
            .map(|(_, token)| token.trim())
            .ok_or_else(ApiError::unauthorized)?;
        let bearer = front.gatekeeper.bearer(token).await?.ok_or_else(ApiError::forbidden)?;
        let program = match (bearer.program, bearer.role) {
            (None, Role::Keyholder) => None,
            (None, _) => Some(front.only_program().ok_or_else(ApiError::forbidden)?),
            (program, _) => program,
        };
        let said = text(headers, PURPOSE)?.map(str::parse::<Purpose>).transpose();
        let said = said.map_err(|unknown| wrong(format!("{PURPOSE}: {unknown}")))?;
        let glass = text(headers, BREAK_GLASS)?;
        let reason = glass.or(text(headers, REASON)?).map(|reason| cut(reason.trim()));
        if glass.is_some() {
            if !bearer.role.breaks_glass() {
                return Err(ApiError::forbidden());
            }
            if reason.as_deref().unwrap_or_default().is_empty() {
                return Err(wrong(format!("say in {BREAK_GLASS} why the glass is broken")));
            }
        }
        let purpose =
            if glass.is_some() { Some(Purpose::Emergency) } else { said.or(bearer.role.usual_purpose()) };
        Ok(Reader {
            who: Who { name: bearer.name, role: bearer.role, purpose, reason },
            asking: Asking { role: bearer.role, purpose, recipient: None, is_glass_broken: glass.is_some() },
            program,
        })
    }

    /// Lets through whoever may see something of calls.
    pub(super) async fn may_look(&self, front: &Front, what: Piece) -> Result<(), ApiError> {
        match self.asking.sees_any() {
            Ok(()) => Ok(()),
            Err(why) => Err(self.refused(front, None, what, why).await?),
        }
    }

    /// Notes that something is refused; the answer that says so.
    pub(super) async fn refused(
        &self,
        front: &Front,
        call: Option<(&str, &str)>,
        what: Piece,
        why: Refusal,
    ) -> Result<ApiError, ApiError> {
        let program = call.map(|(program, _)| program).or(self.program.as_deref());
        if let Some(program) = program {
            let event = BookEvent::Refused(Refused { what: vec![what], why: why.to_string() });
            self.note(front, program, call.map(|(_, id)| id), event).await?;
        }
        Ok(ApiError::forbidden())
    }

    /// Notes that something of a call is read. What is read is given when this has returned, and not before.
    pub(super) async fn reads(
        &self,
        front: &Front,
        (program, call_id): (&str, &str),
        what: Piece,
    ) -> Result<(), ApiError> {
        self.breaks_glass(front, program, Some(call_id), what).await?;
        let event = BookEvent::Read(Read { what: vec![what], calls: None });
        self.note(front, program, Some(call_id), event).await
    }

    /// Notes that a list of records is read, in the book of each program it has calls of.
    pub(super) async fn lists(&self, front: &Front, records: &[CallRecord]) -> Result<(), ApiError> {
        let mut calls = BTreeMap::<&str, u64>::new();
        records.iter().for_each(|record| *calls.entry(&record.program).or_default() += 1);
        for (program, calls) in calls {
            self.breaks_glass(front, program, None, Piece::Record).await?;
            let event = BookEvent::Read(Read { what: vec![Piece::Record], calls: Some(calls) });
            self.note(front, program, None, event).await?;
        }
        Ok(())
    }

    pub(super) async fn note(
        &self,
        front: &Front,
        program: &str,
        call_id: Option<&str>,
        event: BookEvent,
    ) -> Result<(), ApiError> {
        let now = front.clock.now();
        Ok(front.records.note(program, call_id, self.who.clone(), event, now).await?)
    }

    /// Notes that the glass was broken, where it was, and tells whoever must look.
    pub(super) async fn breaks_glass(
        &self,
        front: &Front,
        program: &str,
        call_id: Option<&str>,
        what: Piece,
    ) -> Result<(), ApiError> {
        if !self.asking.is_glass_broken {
            return Ok(());
        }
        self.note(front, program, call_id, BookEvent::BreakGlass(BreakGlass { what: vec![what] })).await?;
        metrics::glass_broken();
        tracing::error!(
            program,
            "the glass was broken: the compliance contact must look (candor access list)"
        );
        Ok(())
    }
}

/// A header's text.
fn text<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, ApiError> {
    let value = headers.get(name).map(|value| value.to_str());
    value.transpose().map_err(|_| wrong(format!("write the header {name} in ASCII")))
}

fn cut(reason: &str) -> String {
    reason.chars().take(REASON_CHARS_MAX).collect()
}

pub(super) fn wrong(message: impl Into<String>) -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, "bad_request", message)
}

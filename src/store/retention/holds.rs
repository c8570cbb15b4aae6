//! Holds: while one lasts, nothing of its call is destroyed. They are statements of the call, signed, so that they go
//! with its exports and cannot vanish; what was noted beside them is sealed.

use super::{
    super::{
        callkeys::Part,
        sqlite::Store,
        statement::{Claim, Statement},
        writer::{Change, Settling},
    },
    Standing,
};
use crate::{
    book::{self, BookEvent, Who},
    dialogue::RequestKind,
    journal::{CallRecord, HoldReason, requests_that_hold},
    ports::StoreUnavailable,
    time::Utc,
};
use serde::Serialize;
use std::collections::BTreeSet;

/// How often something is tried again that another process came in between.
pub(super) const TRIES_MAX: usize = 5;

/// A hold on a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hold {
    /// What it is released by: `CALL/NUMBER`, or `CALL/request-NUMBER` of one that a request of the patient is.
    pub hold: String,
    /// Why.
    pub reason: HoldReason,
    /// The request that it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestKind>,
    /// Since when.
    pub at: Utc,
    /// Until when, where it ends by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Utc>,
}

/// The holds on a call at `now`: those that were placed, and the patient's requests that wait.
pub(super) fn of(call_id: &str, claims: &[Claim], record: Option<&CallRecord>, now: Utc) -> Vec<Hold> {
    let released: BTreeSet<&str> = claims
        .iter()
        .filter_map(|claim| match claim {
            Claim::HoldReleased { hold, .. } => Some(hold.as_str()),
            _ => None,
        })
        .collect();
    let placed = claims.iter().filter_map(|claim| match claim {
        Claim::Held { at, hold, reason, until, .. } => Some((
            hold.to_string(),
            Hold { hold: String::new(), reason: *reason, request: None, at: *at, until: *until },
        )),
        _ => None,
    });
    let asked = record.map(requests_that_hold).unwrap_or_default().into_iter().map(|request| {
        let (reason, request_kind) = (HoldReason::PatientRequest, Some(request.kind));
        let until = Some(request.until);
        (request.hold, Hold { hold: String::new(), reason, request: request_kind, at: request.at, until })
    });
    placed
        .chain(asked)
        .filter(|(name, hold)| {
            !released.contains(name.as_str()) && hold.until.is_none_or(|until| now < until)
        })
        .map(|(name, hold)| Hold { hold: format!("{call_id}/{name}"), ..hold })
        .collect()
}

/// What is noted beside a hold, sealed.
#[derive(Serialize)]
struct Note<'a> {
    by: &'a str,
    note: Option<&'a str>,
}

impl Store {
    /// Places a hold on a call: its name.
    pub async fn hold(
        &self,
        call_id: &str,
        reason: HoldReason,
        until: Option<Utc>,
        note: Option<&str>,
        by: Who,
        now: Utc,
    ) -> Result<String, StoreUnavailable> {
        let mut tried = 0;
        loop {
            let standing = self.known(call_id).await?;
            if standing.present().is_empty() {
                return Err(StoreUnavailable(format!(
                    "call {call_id} is destroyed: there is nothing left to be held"
                )));
            }
            let before = standing.claims.iter().filter(|claim| matches!(claim, Claim::Held { .. }));
            let number = before.count() as u64 + 1;
            let note = self.sealed_note(call_id, number.to_string(), &by.name, note).await?;
            let claim = Claim::Held { call_id: call_id.into(), at: now, hold: number, reason, until, note };
            match self.say(&standing, claim).await {
                Ok(()) => {
                    let event = book::Held { hold: number.to_string(), reason, until };
                    self.note(&standing.program, Some(call_id), by, BookEvent::Held(event), now).await?;
                    return Ok(format!("{call_id}/{number}"));
                }
                Err(error) => self.try_again(&standing, &mut tried, error).await?,
            }
        }
    }

    /// Releases holds of a call: the one called `name`, or all of them. Their names; none where there is none.
    pub async fn release(
        &self,
        call_id: &str,
        name: Option<&str>,
        note: Option<&str>,
        by: Who,
        now: Utc,
    ) -> Result<Vec<String>, StoreUnavailable> {
        let mut done = Vec::new();
        let mut tried = 0;
        loop {
            let standing = self.known(call_id).await?;
            let wanted = name.map(|name| format!("{call_id}/{name}"));
            let holds = standing.holds(now);
            let next =
                holds.into_iter().find(|hold| wanted.as_ref().is_none_or(|wanted| *wanted == hold.hold));
            let Some(hold) = next else { return Ok(done) };
            let own = hold.hold.rsplit('/').next().unwrap_or_default().to_owned();
            let note = self.sealed_note(call_id, format!("released {own}"), &by.name, note).await?;
            let claim = Claim::HoldReleased { call_id: call_id.into(), at: now, hold: own.clone(), note };
            match self.say(&standing, claim).await {
                Ok(()) => {
                    let event = BookEvent::HoldReleased(book::HoldReleased { hold: own });
                    self.note(&standing.program, Some(call_id), by.clone(), event, now).await?;
                    done.push(hold.hold);
                }
                Err(error) => self.try_again(&standing, &mut tried, error).await?,
            }
        }
    }

    pub(super) async fn known(&self, call_id: &str) -> Result<Standing, StoreUnavailable> {
        let standing = self.archive().standing(call_id).await?;
        standing.ok_or_else(|| StoreUnavailable(format!("there is no call {call_id}")))
    }

    async fn sealed_note(
        &self,
        call_id: &str,
        part: String,
        by: &str,
        note: Option<&str>,
    ) -> Result<Option<String>, StoreUnavailable> {
        let Some(keys) = self.archive().keys(call_id).await? else { return Ok(None) };
        let plain = serde_json::to_vec(&Note { by, note }).unwrap_or_default();
        let sealed = keys.seal(&Part::Note(part), &plain)?;
        Ok(Some(super::super::tape::hex(&sealed)))
    }

    async fn say(&self, standing: &Standing, claim: Claim) -> Result<(), StoreUnavailable> {
        let statement = Statement::sign(self.archive().key_service(), &standing.program, &claim).await?;
        let settling = Settling {
            call_id: standing.call_id.clone(),
            after: standing.claims.len(),
            destroy: Vec::new(),
            redact: Vec::new(),
            to_certify: false,
            statements: vec![statement],
        };
        self.write(Change::Settle(settling)).await
    }

    /// After `error`: nothing, where another statement of the call came in between and it is worth trying again.
    pub(super) async fn try_again(
        &self,
        before: &Standing,
        tried: &mut usize,
        error: StoreUnavailable,
    ) -> Result<(), StoreUnavailable> {
        *tried += 1;
        let now = self.known(&before.call_id).await?;
        match *tried < TRIES_MAX && now.claims.len() != before.claims.len() {
            true => Ok(()),
            false => Err(error),
        }
    }
}

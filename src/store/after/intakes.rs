//! What waits for the program's staff.

use super::{After, NotEntered, failed};
use crate::{
    book::{BookEvent, RequestDone, Who},
    consent::{Intake, answers, intake},
    ports::StoreUnavailable,
    store::{BookFilter, Filter},
    time::Utc,
};

impl After {
    /// What the calls of a program left, newest last; with `waiting`, only where something is still to be done.
    pub async fn intakes(
        &self,
        program: &str,
        waiting: bool,
        now: Utc,
    ) -> Result<Vec<Intake>, StoreUnavailable> {
        self.follow_up(now).await?;
        let filter = Filter { program: Some(program.into()), ..Filter::default() };
        let records = self.archive().records(&filter).await?;
        let noted = self.archive().book(program, &BookFilter::default()).await?;
        let standing = self.standing(program, None, now).await?;
        let all = records.iter().map(|record| intake(record, &standing, &noted, now));
        Ok(all.filter(|one| !waiting || !one.waits.is_empty()).collect())
    }

    /// What one call left, with all its answers: show it by [`Intake::seen_by`] alone. `None` where there is no such
    /// call.
    pub async fn intake(
        &self,
        program: Option<&str>,
        call_id: &str,
        now: Utc,
    ) -> Result<Option<Intake>, StoreUnavailable> {
        self.follow_up(now).await?;
        let Some(record) = self.archive().record(call_id).await? else { return Ok(None) };
        if program.is_some_and(|program| program != record.program) {
            return Ok(None);
        }
        let (noted, _) = self.notes(&record.program, call_id).await?;
        let standing = self.standing_of(&record.program, call_id, now).await?;
        let mut one = intake(&record, &standing, &noted, now);
        one.patient = self.patient(call_id).await?;
        if let Some((_, entries)) = self.journal(call_id).await? {
            one.answers = answers(&entries);
        }
        Ok(Some(one))
    }

    /// Marks an intake, or one of its requests, as dealt with.
    pub async fn done(
        &self,
        program: Option<&str>,
        call_id: &str,
        request: Option<u32>,
        by: &str,
        who: Who,
        now: Utc,
    ) -> Result<Intake, NotEntered> {
        let before = self.intake(program, call_id, now).await?.ok_or(NotEntered::Unknown)?;
        if let Some(number) = request
            && number as usize >= before.requests.len()
        {
            return Err(NotEntered::Unfit(format!(
                "there is no request {number}; this intake has {} of them, counted from 0",
                before.requests.len()
            )));
        }
        let event = BookEvent::RequestDone(RequestDone { request, by: by.into() });
        self.book().note(&before.program, Some(call_id), who, event, now).await?;
        let after = self.intake(program, call_id, now).await?.ok_or(NotEntered::Unknown)?;
        if after.waits.is_empty() {
            // Whoever was to be told needs not be told any more.
            sqlx::query("UPDATE followed SET waits = 0 WHERE call_id = ?")
                .bind(call_id)
                .execute(&self.pool)
                .await
                .map_err(failed)?;
        }
        Ok(after)
    }
}

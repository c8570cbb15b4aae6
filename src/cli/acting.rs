//! Who acts: what they are to the program, what for, and why.

use super::Fault;
use crate::{
    access::{Purpose, Role},
    book::{BookEvent, Piece, Read, Who},
    store::After,
    time::Utc,
};

/// Who acts.
#[derive(clap::Args)]
pub(super) struct Acting {
    /// What you are to the program: compliance, clinician, intake, qa, auditor or admin
    #[arg(long = "as", value_name = "ROLE")]
    role: Option<Role>,
    /// What for: treatment, payment, operations, quality, compliance, legal, patient_request or emergency
    #[arg(long, value_name = "PURPOSE")]
    purpose: Option<Purpose>,
    /// Why, in your own words
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

impl Acting {
    /// As the book names them.
    pub fn who(&self) -> Result<Who, Fault> {
        Ok(Who {
            name: std::env::var("USER").unwrap_or_else(|_| "unknown".into()),
            role: self.role.unwrap_or(Role::Keyholder),
            purpose: self.purpose,
            reason: self.reason.clone(),
        })
    }

    pub async fn note_read(
        &self,
        after: &After,
        program: &str,
        call_id: Option<&str>,
        now: Utc,
    ) -> Result<(), Fault> {
        let read = BookEvent::Read(Read { what: vec![Piece::Record], calls: None });
        after.book().note(program, call_id, self.who()?, read, now).await?;
        Ok(())
    }

    /// Whether answers to sensitive questions are for them.
    pub fn sees_sensitive(&self) -> bool {
        self.role.is_some_and(|role| {
            matches!(role, Role::Compliance | Role::Clinician | Role::Intake | Role::Keyholder)
        })
    }

    pub async fn note_answers(
        &self,
        after: &After,
        program: &str,
        call_id: &str,
        now: Utc,
    ) -> Result<(), Fault> {
        let read = BookEvent::Read(Read { what: vec![Piece::Record, Piece::Answers], calls: None });
        after.book().note(program, Some(call_id), self.who()?, read, now).await?;
        Ok(())
    }
}

//! `candor record hold` and `release-hold`: nothing of a held call is destroyed.

use super::Fault;
use crate::{
    access::Role,
    book::Who,
    cli::{
        keys::Folders,
        now,
        reading::{AsRole, Reader},
    },
    journal::HoldReason,
    store::{Store, retention::Hold},
    time::Utc,
};
use jiff::{civil::Date, tz::TimeZone};
use std::{env, sync::Arc};

/// Arguments of `candor record hold`.
#[derive(clap::Args)]
pub struct Place {
    #[command(flatten)]
    folder: Folders,
    /// The call's id
    call: String,
    /// Only a call of this program: those of others are not there
    #[arg(long, value_name = "ID")]
    program: Option<String>,
    /// Why: legal, patient_request, complaint or incident
    #[arg(long, value_parser = reason)]
    reason: HoldReason,
    /// What for, in words; it is sealed, and goes with the call
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// Ends by itself at the end of this day (UTC), as 2027-03-31, or at a moment (RFC 3339)
    #[arg(long, value_name = "DATE", value_parser = until)]
    until: Option<Utc>,
    #[command(flatten)]
    by: By,
}

/// Arguments of `candor record release-hold`.
#[derive(clap::Args)]
pub struct Release {
    #[command(flatten)]
    folder: Folders,
    /// The call, for all of its holds, or one hold as `record show` names it: CALL/1, CALL/request-1
    #[arg(value_name = "CALL|HOLD")]
    of: String,
    /// Only a call of this program: those of others are not there
    #[arg(long, value_name = "ID")]
    program: Option<String>,
    /// Why, in words; it is sealed, and goes with the call
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    #[command(flatten)]
    by: By,
}

/// Who does it.
#[derive(clap::Args)]
pub(super) struct By {
    /// Who does it, as the program's book notes it; this account where it is left out
    #[arg(long = "by", value_name = "NAME")]
    name: Option<String>,
    /// In what role they do it: compliance [default: as whoever holds the keys]
    #[arg(long = "as", value_name = "ROLE")]
    role: Option<Role>,
}

impl By {
    /// Lets through whoever may say how long calls of `programs` are kept; that somebody may not is in their books.
    pub(super) async fn may_keep(
        &self,
        folder: &Folders,
        programs: &[String],
        call: Option<&str>,
    ) -> Result<(), Fault> {
        let reader = Reader::open(folder, AsRole::of(self.role).into()).await?;
        reader.may_keep(programs, call).await
    }

    /// Who they are, for the book.
    pub(super) fn who(&self, reason: Option<&str>) -> Who {
        let account =
            || env::var("USER").or_else(|_| env::var("LOGNAME")).ok().filter(|name| !name.is_empty());
        let name = self.name.clone().or_else(account).unwrap_or_else(|| "unknown".into());
        Who {
            name,
            role: self.role.unwrap_or(Role::Keyholder),
            purpose: None,
            reason: reason.map(str::to_owned),
        }
    }
}

pub(super) async fn place(args: Place) -> Result<(), Fault> {
    let store = store(&args.folder).await?;
    let program = known(&args.folder, &store, args.program.as_deref(), &args.call).await?;
    args.by.may_keep(&args.folder, &[program], Some(&args.call)).await?;
    if args.until.is_some_and(|until| until <= now()) {
        return Err(Fault::misuse("--until is over already; give a day to come, or leave it out"));
    }
    let by = args.by.who(args.note.as_deref());
    let hold = store.hold(&args.call, args.reason, args.until, args.note.as_deref(), by, now()).await?;
    println!(
        "{hold}  {}{}",
        args.reason.name(),
        args.until.map_or_else(String::new, |u| format!(" until {u}"))
    );
    Ok(())
}

pub(super) async fn release(args: Release) -> Result<(), Fault> {
    let store = store(&args.folder).await?;
    let (call, name) = match args.of.split_once('/') {
        Some((call, name)) => (call, Some(name)),
        None => (args.of.as_str(), None),
    };
    let program = known(&args.folder, &store, args.program.as_deref(), call).await?;
    args.by.may_keep(&args.folder, &[program], Some(call)).await?;
    let by = args.by.who(args.note.as_deref());
    let released = store.release(call, name, args.note.as_deref(), by, now()).await?;
    if released.is_empty() {
        return Err(Fault::finding(format!(
            "nothing holds {}; `candor record show {call}` names the holds of the call",
            args.of
        )));
    }
    released.iter().for_each(|hold| println!("{hold}  released"));
    Ok(())
}

/// The store, beside a running server or without one.
pub(super) async fn store(folder: &Folders) -> Result<Store, Fault> {
    // The same faults as of a command that only reads.
    drop(super::open(folder).await?);
    Ok(Store::beside(&folder.data, Arc::clone(&folder.existing_keys()?)).await?)
}

/// The program of a call.
async fn known(folder: &Folders, store: &Store, program: Option<&str>, call: &str) -> Result<String, Fault> {
    match store.archive().program_of(program, call).await? {
        Some(program) => Ok(program),
        None => Err(super::unknown(&folder.data, call)),
    }
}

/// A hold in words.
pub(super) fn told(hold: &Hold) -> String {
    let request = hold.request.map(|kind| serde_json::to_value(kind).unwrap_or_default());
    let why = match request.as_ref().and_then(|kind| kind.as_str()) {
        Some(kind) => format!("the patient's request: {kind}"),
        None => hold.reason.name().to_owned(),
    };
    let until = hold.until.map_or_else(String::new, |until| format!(", until {until}"));
    format!("{} since {}: {why}{until}", hold.hold, hold.at)
}

fn reason(name: &str) -> Result<HoldReason, String> {
    let found = HoldReason::ALL.into_iter().find(|reason| reason.name() == name);
    found.ok_or_else(|| "write legal, patient_request, complaint or incident".to_owned())
}

/// The end of a day, or a moment.
fn until(text: &str) -> Result<Utc, String> {
    match text.parse::<Date>() {
        Ok(day) if !text.contains('T') => {
            let next = day.tomorrow().and_then(|next| next.to_zoned(TimeZone::UTC));
            next.map(|next| Utc(next.timestamp().as_millisecond())).map_err(|e| e.to_string())
        }
        _ => moment(text),
    }
}

/// The beginning of a day (UTC), or a moment.
pub(super) fn moment(text: &str) -> Result<Utc, String> {
    if let (Ok(day), false) = (text.parse::<Date>(), text.contains('T')) {
        let first = day.to_zoned(TimeZone::UTC).map_err(|e| e.to_string())?;
        return Ok(Utc(first.timestamp().as_millisecond()));
    }
    text.parse().map_err(|_| "write a day, as 2026-11-22, or a moment, as 2026-11-22T10:00:00Z".to_owned())
}

//! `candor record heads`: what a program can publish so that nothing of a day, and nothing that is in its book by
//! now, can be changed afterwards.

use super::{Heads, open};
use crate::{
    cli::Fault,
    journal::Bytes32,
    store::{Archive, Claim, Statement, day_head},
    time::Utc,
};
use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};

pub(super) async fn run(args: Heads) -> Result<(), Fault> {
    let archive = open(&args.folder).await?;
    let now = Timestamp::now().to_zoned(TimeZone::UTC).date();
    let day = match args.day {
        Some(day) => day,
        None => now.yesterday().map_err(|e| Fault::misuse(e.to_string()))?,
    };
    if day >= now {
        eprintln!(
            "candor: the day {day} is not over (UTC): its head will be another when more calls are closed"
        );
    }
    let keys = archive.key_service();
    let programs = match args.program {
        Some(program) => vec![program],
        None => keys.tenants().await?,
    };
    for program in programs {
        print!("{}", lines(&archive, &program, day).await?);
    }
    Ok(())
}

/// The signed heads of a program, a line each: of a day, and of its book as it is now.
pub(in crate::cli) async fn lines(archive: &Archive, program: &str, day: Date) -> Result<String, Fault> {
    let statements = [Some(head(archive, program, day).await?), archive.newest_book_head(program).await?];
    let public = Bytes32(archive.public_key(program).await?);
    let mut lines = String::new();
    for statement in statements.into_iter().flatten() {
        let statement = serde_json::to_value(&statement).map_err(|e| Fault::finding(e.to_string()))?;
        lines.push_str(&serde_json::json!({"public_key": public, "statement": statement}).to_string());
        lines.push('\n');
    }
    Ok(lines)
}

/// The signed head of a program's day.
async fn head(archive: &Archive, program: &str, day: Date) -> Result<Statement, Fault> {
    let moment = |day: Date| {
        let zoned = day.to_zoned(TimeZone::UTC).map_err(|e| Fault::misuse(e.to_string()))?;
        Ok::<_, Fault>(Utc(zoned.timestamp().as_millisecond()))
    };
    let next = day.checked_add(1.day()).map_err(|e| Fault::misuse(e.to_string()))?;
    let keys = archive.key_service();
    let public = keys.public_key(program).await?;
    let mut ends = Vec::new();
    for (call_id, statements) in archive.ends(program, moment(day)?, moment(next)?).await? {
        let end = statements.iter().find_map(|said| match said.claim(&public) {
            Some(Claim::Closed { entries, head, record, .. }) => Some((entries, head, record)),
            _ => None,
        });
        let Some(end) = end else {
            return Err(Fault::finding(format!(
                "the end of call {call_id} is not signed; `candor record verify {call_id}` says more"
            )));
        };
        ends.push((call_id, end));
    }
    let claim = Claim::Day {
        program: program.into(),
        day: day.to_string(),
        calls: ends.len() as u64,
        head: day_head(program, &day.to_string(), &ends),
    };
    Ok(Statement::sign(keys, program, &claim).await?)
}

//! `candor intake`: what calls left for the program's staff.

use super::{
    Fault,
    consent::{Place, chosen, stands},
    record::{print, summary::plain},
};
use crate::{
    book::Piece,
    cli::now,
    consent::{Intake, Waits},
};
use std::io::{self, Write};

/// What `candor intake` can do.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Lists what calls left, newest last
    List(List),
    /// Shows what one call left, with its answers
    Show(Show),
    /// Marks an intake, or one of its requests, as dealt with
    Done(Done),
}

/// Arguments of `candor intake list`.
#[derive(clap::Args)]
pub struct List {
    #[command(flatten)]
    place: Place,
    /// Only where something is still to be done
    #[arg(long)]
    waiting: bool,
    /// One intake a line, as JSON
    #[arg(long)]
    json: bool,
}

/// Arguments of `candor intake show`.
#[derive(clap::Args)]
pub struct Show {
    #[command(flatten)]
    place: Place,
    /// The call's id
    call: String,
    /// As one JSON object
    #[arg(long)]
    json: bool,
}

/// Arguments of `candor intake done`.
#[derive(clap::Args)]
pub struct Done {
    #[command(flatten)]
    place: Place,
    /// The call's id
    call: String,
    /// Only this request, by the number that `intake show` gives
    #[arg(long, value_name = "N")]
    request: Option<u32>,
    /// Who dealt with it
    #[arg(long, value_name = "NAME")]
    by: String,
}

/// Runs it.
pub fn run(command: Command) -> Result<(), Fault> {
    super::block_on(async {
        match command {
            Command::List(args) => list(args).await,
            Command::Show(args) => show(args).await,
            Command::Done(args) => done(args).await,
        }
    })
}

async fn list(args: List) -> Result<(), Fault> {
    let (after, reader) = args.place.open().await?;
    reader.may_look()?;
    let mut all = Vec::new();
    for program in chosen(&after, &reader).await? {
        let some = after.intakes(&program, args.waiting, now()).await?;
        let some: Vec<_> = some.into_iter().filter_map(|one| one.seen_by(reader.asking())).collect();
        if !some.is_empty() {
            reader.noted(&program, None, Piece::Record, Some(some.len() as u64)).await?;
        }
        all.extend(some);
    }
    print(|out| if args.json { lines(out, &all) } else { table(out, &all) })
}

async fn show(args: Show) -> Result<(), Fault> {
    let (after, reader) = args.place.open().await?;
    reader.may_look()?;
    let found = after.intake(reader.program.as_deref(), &args.call, now()).await?;
    let found = found.ok_or_else(|| unknown(&args.call))?;
    let program = found.program.clone();
    let Some(one) = found.seen_by(reader.asking()) else { return reader.may_look() };
    // On record before anybody sees it.
    reader.noted(&program, Some(&args.call), Piece::Record, None).await?;
    if one.answers.iter().any(|answer| answer.text.is_some()) {
        reader.noted(&program, Some(&args.call), Piece::Answers, None).await?;
    }
    print(|out| if args.json { lines(out, &[one]) } else { page(out, &one) })
}

async fn done(args: Done) -> Result<(), Fault> {
    let (after, reader) = args.place.open().await?;
    reader.may_enter().await?;
    let program = reader.program.as_deref();
    let one = after.done(program, &args.call, args.request, &args.by, reader.who(), now()).await?;
    print(|out| table(out, &[one]))
}

fn unknown(call: &str) -> Fault {
    Fault::finding(format!("there is no intake of a call {call}; `candor intake list` lists them"))
}

fn lines(out: &mut impl Write, all: &[Intake]) -> io::Result<()> {
    for one in all {
        serde_json::to_writer(&mut *out, one)?;
        writeln!(out)?;
    }
    Ok(())
}

fn table(out: &mut impl Write, all: &[Intake]) -> io::Result<()> {
    for one in all {
        let waits = match one.waits.is_empty() {
            true => "done".to_owned(),
            false => one.waits.iter().map(|waits| said(*waits)).collect::<Vec<_>>().join(", "),
        };
        writeln!(out, "{}  {}  {}  {waits}", plain(&one.call_id), one.started_at, plain(&one.program))?;
    }
    if all.is_empty() {
        writeln!(out, "(nothing waits)")?;
    }
    Ok(())
}

fn page(out: &mut impl Write, one: &Intake) -> io::Result<()> {
    table(out, std::slice::from_ref(one))?;
    writeln!(out, "\nAnswers")?;
    for answer in &one.answers {
        let shown = match (&answer.text, answer.withheld) {
            (_, true) => "withheld from this role".to_owned(),
            (Some(text), _) => {
                let value =
                    answer.value.as_ref().map(|value| format!(" = {}", plain(value))).unwrap_or_default();
                let checked = if answer.confirmed { ", read back and right" } else { "" };
                format!("{:?}{value}{checked}", plain(text))
            }
            (None, _) => "none".to_owned(),
        };
        let sensitive = if answer.sensitive { " (sensitive)" } else { "" };
        writeln!(out, "  {}{sensitive}: {shown}", plain(&answer.question))?;
    }
    writeln!(out, "\nRequests")?;
    for request in &one.requests {
        let due = request.due.map(|due| format!(", due {due}")).unwrap_or_default();
        let late = if request.overdue { ", OVERDUE" } else { "" };
        let done = request.done.as_ref().map(|done| format!(", done {} by {}", done.at, plain(&done.by)));
        let kind = serde_json::to_value(request.kind).ok().and_then(|kind| kind.as_str().map(String::from));
        let (number, filed) = (request.request, request.filed_at);
        writeln!(
            out,
            "  {number} {} filed {filed}{due}{late}{}",
            kind.unwrap_or_default(),
            done.unwrap_or_default()
        )?;
    }
    writeln!(out, "\nA person called in")?;
    for escalation in &one.escalations {
        let kind =
            serde_json::to_value(escalation.kind).ok().and_then(|kind| kind.as_str().map(String::from));
        writeln!(out, "  {} {}", escalation.at, kind.unwrap_or_default())?;
    }
    writeln!(out, "\nConsents")?;
    for consent in &one.consents {
        writeln!(out, "  {}: {}", plain(&consent.consent_id), stands(consent))?;
    }
    Ok(())
}

fn said(waits: Waits) -> &'static str {
    match waits {
        Waits::Unread => "unread",
        Waits::Request => "a request is open",
        Waits::UnjoinedRevocation => "a revocation to be traced",
        Waits::Signature => "a grant waits for its signature",
    }
}

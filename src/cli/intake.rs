//! `candor intake`: what calls left for the program's staff.

use super::{
    Fault,
    acting::Acting,
    consent::{Place, now, stands},
    record::{print, summary::plain},
};
use crate::{
    consent::{Intake, Waits},
    observe::logs,
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
    #[command(flatten)]
    acting: Acting,
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
    #[command(flatten)]
    acting: Acting,
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
    #[command(flatten)]
    acting: Acting,
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
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| Fault::finding(format!("this machine starts no runtime: {e}")))?;
    let _ = logs::start(logs::Format::Text, "error");
    runtime.block_on(async {
        match command {
            Command::List(args) => list(args).await,
            Command::Show(args) => show(args).await,
            Command::Done(args) => done(args).await,
        }
    })
}

async fn list(args: List) -> Result<(), Fault> {
    let after = args.place.open().await?;
    let mut all = Vec::new();
    for program in args.place.chosen(&after).await? {
        all.extend(after.intakes(&program, args.waiting, now()).await?);
        args.acting.note_read(&after, &program, None, now()).await?;
    }
    print(|out| if args.json { lines(out, &all) } else { table(out, &all) })
}

async fn show(args: Show) -> Result<(), Fault> {
    let after = args.place.open().await?;
    let sensitive = args.acting.sees_sensitive();
    let found = after.intake(args.place.program(), &args.call, sensitive, now()).await?;
    let one = found.ok_or_else(|| unknown(&args.call))?;
    // On record before anybody sees it.
    args.acting.note_answers(&after, &one.program, &args.call, now()).await?;
    print(|out| if args.json { lines(out, &[one]) } else { page(out, &one) })
}

async fn done(args: Done) -> Result<(), Fault> {
    let after = args.place.open().await?;
    let who = args.acting.who()?;
    let one = after.done(args.place.program(), &args.call, args.request, &args.by, who, now()).await?;
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

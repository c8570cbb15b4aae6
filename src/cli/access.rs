//! `candor access`: who read what, from the books of programs.

use super::{
    Fault,
    keys::Folders,
    reading::{As, Reader},
};
use crate::{
    access::Datum,
    book::{BookEvent, Noted, Piece},
    store::{BookFilter, export_book},
    time::Utc,
};
use serde_json::json;
use std::path::PathBuf;

/// What `candor access` can do.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Lists what is in the books: who read what, why, and what else happened to calls outside of them
    List(List),
    /// Writes a program's book to a folder that anybody can check
    Export(Export),
}

/// Arguments of `candor access list`.
#[derive(clap::Args)]
pub struct List {
    #[command(flatten)]
    folder: Folders,
    #[command(flatten)]
    reader: As,
    /// Only what is about this call
    #[arg(long, value_name = "CALL")]
    call: Option<String>,
    /// Only what was noted at this time (RFC 3339) or later
    #[arg(long, value_name = "TIME")]
    since: Option<Utc>,
    /// Only the newest N of each program
    #[arg(long, value_name = "N")]
    last: Option<u32>,
    /// One entry a line, as JSON
    #[arg(long)]
    json: bool,
}

/// Arguments of `candor access export`.
#[derive(clap::Args)]
pub struct Export {
    #[command(flatten)]
    folder: Folders,
    #[command(flatten)]
    reader: As,
    /// The new folder to write
    #[arg(long, value_name = "FOLDER")]
    to: PathBuf,
}

/// Runs it.
pub fn run(command: Command) -> Result<(), Fault> {
    super::block_on(async {
        match command {
            Command::List(args) => list(args).await,
            Command::Export(args) => export(args).await,
        }
    })
}

async fn list(args: List) -> Result<(), Fault> {
    let reader = Reader::open(&args.folder, args.reader).await?;
    reader.may_read_book()?;
    let filter = BookFilter { call_id: args.call, since: args.since, entries_max: args.last };
    let mut books = reader.archive().books().await?;
    books.retain(|program| reader.program.as_ref().is_none_or(|only| only == program));
    for program in books {
        let entries = reader.archive().book(&program, &filter).await?;
        if entries.is_empty() {
            continue;
        }
        reader.noted(&program, None, Piece::Book, None).await?;
        let named = reader.asking().hears(&[Datum::Identity]).is_ok();
        for entry in entries {
            let entry = if named { entry } else { entry.without_names() };
            println!("{}", if args.json { line(&program, &entry)? } else { sentence(&program, &entry)? });
        }
    }
    Ok(())
}

async fn export(args: Export) -> Result<(), Fault> {
    let reader = Reader::open(&args.folder, args.reader).await?;
    reader.may_read_book()?;
    let Some(program) = &reader.program else {
        return Err(Fault::misuse("say whose book with --program ID"));
    };
    if !reader.archive().books().await?.contains(program) {
        return Err(Fault::finding(format!(
            "there is no book of {program} in {}",
            args.folder.data.display()
        )));
    }
    // A book that can be checked is whole, with the names of those who signed.
    reader.asking().hears(&[Datum::Identity]).map_err(|why| reader.not_for(why))?;
    reader.noted(program, None, Piece::Book, None).await?;
    Ok(export_book(reader.archive(), program, &args.to).await?)
}

fn line(program: &str, entry: &Noted) -> Result<String, Fault> {
    let mut value = serde_json::to_value(entry).map_err(|e| Fault::finding(e.to_string()))?;
    if let Some(fields) = value.as_object_mut() {
        fields.insert("program".into(), json!(program));
    }
    Ok(value.to_string())
}

/// An entry for people. What somebody wrote comes in quotes, and control characters in it are escaped.
fn sentence(program: &str, entry: &Noted) -> Result<String, Fault> {
    let event = serde_json::to_value(&entry.event).map_err(|e| Fault::finding(e.to_string()))?;
    let kind = event["is"].as_str().unwrap_or_default();
    let rest = event.as_object().into_iter().flatten().filter(|(name, _)| *name != "is");
    let rest: Vec<_> = rest.map(|(name, value)| format!("{name}={value}")).collect();
    let purpose = entry.by.purpose.map(|purpose| format!(" for {purpose}")).unwrap_or_default();
    let reason = entry.by.reason.as_ref().map(|reason| format!("  because {reason:?}")).unwrap_or_default();
    let look = if matches!(entry.event, BookEvent::BreakGlass(_)) { "  LOOK AT THIS" } else { "" };
    Ok(format!(
        "{}  {program}  {:?} as {}{purpose}  {kind}  {}  {}{reason}{look}",
        entry.at,
        entry.by.name,
        entry.by.role,
        entry.call_id.as_deref().unwrap_or("-").escape_debug(),
        rest.join(" "),
    ))
}

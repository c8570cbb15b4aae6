//! `candor record`: what calls left behind.

mod certificates;
mod export;
mod fixture;
pub(super) mod heads;
mod keeping;
mod purge;
pub(super) mod summary;
mod verify;
mod whole;

use self::export::Format;
use super::{
    Fault,
    keys::Folders,
    reading::{As, Reader},
};
use crate::{
    book::Piece,
    dialogue::Outcome,
    journal::{self, Bytes32, CallRecord, Entry, Label, Opened},
    ports::StoreUnavailable,
    store::{After, Archive, Filter, Saved, retention::Hold},
    time::Utc,
};
use serde_json::json;
use std::{
    collections::BTreeMap,
    fs::{File, OpenOptions},
    io::{self, BufWriter, Cursor, ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

/// What `candor record` can do.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Lists calls that ended, newest last (and, when no server runs, calls that a crash cut short)
    List(List),
    /// Shows one call's record
    Show(Show),
    /// Checks that journals and recordings are as they were written
    Verify(Verify),
    /// Writes one call to a file, in a form of ours or of other systems, or what an auditor needs to a folder
    Export(Export),
    /// Prints the signed head of a day: one line over all calls that were closed, to be published
    Heads(Heads),
    /// Holds a call: nothing of it is destroyed until the hold is released or over
    Hold(keeping::Place),
    /// Releases a hold, or marks the patient's request that is one as seen to
    ReleaseHold(keeping::Release),
    /// Destroys what the programs' policies keep no longer: keys first, then files; leaves a signed certificate
    Purge(purge::Args),
    /// Lists the certificates of what was destroyed
    Certificates(certificates::List),
    /// Makes a regression case of one call, without the person who called: it replays to the same decisions
    ToFixture(fixture::ToFixture),
}

/// Arguments of `candor record list`.
#[derive(clap::Args)]
pub struct List {
    #[command(flatten)]
    folder: Folders,
    #[command(flatten)]
    reader: As,
    /// One call record a line, as JSON
    #[arg(long)]
    json: bool,
    /// Only calls that ended so: completed, declined, abandoned, transferred, emergency or failed
    #[arg(long, value_parser = outcome)]
    outcome: Option<Outcome>,
    /// Only calls that began at this time (RFC 3339) or later
    #[arg(long, value_name = "TIME")]
    since: Option<Utc>,
    /// Only the newest N
    #[arg(long, value_name = "N")]
    last: Option<u32>,
}

/// Arguments of `candor record show`.
#[derive(clap::Args)]
pub struct Show {
    #[command(flatten)]
    folder: Folders,
    #[command(flatten)]
    reader: As,
    /// The call's id
    id: String,
    /// As one JSON object
    #[arg(long)]
    json: bool,
}

/// Arguments of `candor record verify`.
#[derive(clap::Args)]
pub struct Verify {
    #[command(flatten)]
    folder: Folders,
    /// The call's id; all calls where it is left out
    id: Option<String>,
    /// Checks the folder of an export instead; needs neither calls nor keys
    #[arg(long, value_name = "DIR", conflicts_with_all = ["id", "certificate"])]
    export: Option<PathBuf>,
    /// Checks a certificate of destruction; with --data also that everything it names is gone
    #[arg(long, value_name = "FILE", conflicts_with = "id")]
    certificate: Option<PathBuf>,
    /// The key that the program published, in hex: with --export or --certificate
    #[arg(long, value_name = "HEX", conflicts_with = "id")]
    public_key: Option<Bytes32>,
}

/// Arguments of `candor record heads`.
#[derive(clap::Args)]
pub struct Heads {
    #[command(flatten)]
    folder: Folders,
    /// Only this program
    #[arg(long, value_name = "ID")]
    program: Option<String>,
    /// The day in UTC, as 2026-11-21; yesterday where it is left out
    #[arg(long, value_name = "DAY")]
    day: Option<jiff::civil::Date>,
}

/// Arguments of `candor record export`.
#[derive(clap::Args)]
pub struct Export {
    #[command(flatten)]
    folder: Folders,
    #[command(flatten)]
    reader: As,
    /// The call's id; without it all calls of --program, each to a folder of its own in --to
    #[arg(required_unless_present = "program")]
    id: Option<String>,
    /// What of it, in which form [default: json, unless --to asks for what a check needs]
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// The file to write, which must not exist yet, or the folder for it; text goes to stdout where it is left out
    #[arg(long, value_name = "FILE|FOLDER", conflicts_with = "to")]
    out: Option<PathBuf>,
    /// With --format: the same as --out. Without: the new folder to write, with everything that a check needs, or `-`
    /// for a tar of it on stdout
    #[arg(long, value_name = "FOLDER")]
    to: Option<PathBuf>,
    /// With --to and no --format: leave out what these keys seal, and only its place in the chain remains
    #[arg(long, value_name = "LABEL", value_parser = label, requires = "to", conflicts_with = "format")]
    without: Vec<Label>,
    #[command(flatten)]
    more: export::More,
}

/// Runs it.
pub fn run(command: Command) -> Result<(), Fault> {
    super::block_on(async {
        match command {
            Command::List(args) => list(args).await,
            Command::Show(args) => show(args).await,
            Command::Verify(Verify { export: Some(folder), public_key, .. }) => {
                verify::export(&folder, public_key)
            }
            Command::Verify(Verify { certificate: Some(file), public_key, folder, .. }) => {
                certificates::verify(&file, public_key, &folder).await
            }
            Command::Verify(Verify { public_key: Some(_), .. }) => {
                Err(Fault::misuse("--public-key goes with --export DIR or --certificate FILE"))
            }
            Command::Verify(args) => verify::run(&args.folder, args.id.as_deref()).await,
            Command::Heads(args) => heads::run(args).await,
            Command::ToFixture(args) => fixture::run(args).await,
            Command::Export(args) => export(args).await,
            Command::Hold(args) => keeping::place(args).await,
            Command::ReleaseHold(args) => keeping::release(args).await,
            Command::Purge(args) => purge::run(args).await,
            Command::Certificates(args) => certificates::list(args).await,
        }
    })
}

async fn list(args: List) -> Result<(), Fault> {
    let reader = Reader::open(&args.folder, args.reader).await?;
    let archive = reader.archive();
    let filter = Filter {
        program: reader.program.clone(),
        outcome: args.outcome,
        since: args.since,
        before: None,
        calls_max: args.last,
    };
    let mut records = archive.records(&filter).await?;
    // While a server runs, a call without a record is still going on, and its outcome not known.
    if !archive.is_live() {
        for id in archive.unfinished().await? {
            match archive.journal(&id).await {
                Ok(journal) => {
                    records.extend(journal.map(|(opened, entries)| journal::record(&opened, &entries)))
                }
                Err(damaged) => eprintln!("candor: {}", damaged.0),
            }
        }
        records.retain(|record| filter.takes(record));
        records.sort_by_key(|record| record.started_at);
        let surplus = filter.calls_max.map_or(0, |most| records.len().saturating_sub(most as usize));
        records.drain(..surplus);
    }
    let (there, records) = (records.len(), seen(&reader, today(archive, records).await?));
    if there > 0 && records.is_empty() {
        eprintln!("candor: {there} calls are there, and none of them is for this role and purpose");
    }
    reader.lists(&records).await?;
    let mut held = BTreeMap::new();
    for record in &records {
        // What cannot be checked is told by `verify`, and does not hold up the list.
        if let Ok(Some(standing)) = archive.standing(&record.call_id).await {
            held.insert(record.call_id.clone(), (standing.destroyed(), standing.holds(super::now())));
        }
    }
    print(|out| {
        if !args.json {
            summary::table(out, &records)?;
            for hold in held.values().flat_map(|(_, holds)| holds) {
                writeln!(out, "held: {}", keeping::told(hold))?;
            }
            return Ok(());
        }
        for record in &records {
            let (destroyed, holds) = held.get(&record.call_id).cloned().unwrap_or_default();
            serde_json::to_writer(&mut *out, &with_keeping(record, &destroyed, &holds))?;
            writeln!(out)?;
        }
        Ok(())
    })
}

/// The records as the reader sees them, without those that are not for them.
fn seen(reader: &Reader, records: Vec<CallRecord>) -> Vec<CallRecord> {
    records.iter().filter_map(|record| reader.sees(record).ok()).collect()
}

async fn show(args: Show) -> Result<(), Fault> {
    let reader = Reader::open(&args.folder, args.reader).await?;
    let archive = reader.archive();
    let kept = archive.record_of(reader.program.as_deref(), &args.id).await?;
    let is_over = kept.is_some() || !archive.is_live();
    let standing = archive.standing(&args.id).await.ok().flatten();
    let destroyed = standing.as_ref().map(|standing| standing.destroyed()).unwrap_or_default();
    let holds = standing.as_ref().map(|standing| standing.holds(super::now())).unwrap_or_default();
    let record = match kept {
        Some(record) => record,
        None if standing.is_some_and(|standing| standing.present().is_empty()) => {
            return Err(Fault::finding(format!(
                "call {} is destroyed; `candor record verify {}` says what is left of it",
                args.id, args.id
            )));
        }
        None => {
            let (opened, entries) = journal_of(&reader, &args.folder.data, &args.id).await?;
            journal::record(&opened, &entries)
        }
    };
    let record = today(archive, vec![record]).await?.remove(0);
    let record = match reader.sees(&record) {
        Ok(seen) => seen,
        Err(why) => return Err(reader.refused(&record, Piece::Record, why).await?),
    };
    reader.reads(&record, Piece::Record, &[]).await?;
    if !is_over {
        eprintln!("candor: this call is still going on; its record is what is known so far");
    }
    print(|out| {
        if !args.json {
            summary::page(out, &record)?;
            return summary::kept(out, &destroyed, &holds.iter().map(keeping::told).collect::<Vec<_>>());
        }
        serde_json::to_writer(&mut *out, &with_keeping(&record, &destroyed, &holds))?;
        writeln!(out)
    })
}

/// A record, with what holds its call and what was destroyed of it, where anything does or was.
fn with_keeping(record: &CallRecord, destroyed: &[Label], holds: &[Hold]) -> serde_json::Value {
    let mut value = serde_json::to_value(record).unwrap_or_default();
    if let Some(fields) = value.as_object_mut() {
        for (name, list) in [("destroyed", json!(destroyed)), ("holds", json!(holds))] {
            if list.as_array().is_some_and(|list| !list.is_empty()) {
                fields.insert(name.into(), list);
            }
        }
    }
    value
}

/// Records as they stand today: what is sealed and checked stays as it was signed.
pub(super) async fn today(archive: &Archive, records: Vec<CallRecord>) -> Result<Vec<CallRecord>, Fault> {
    let after = After::open(archive.data(), archive.shared_keys(), []).await?;
    let now = super::now();
    let mut today = Vec::with_capacity(records.len());
    for record in records {
        today.push(after.today(record, now).await?);
    }
    Ok(today)
}

async fn export(args: Export) -> Result<(), Fault> {
    let data = &args.folder.data;
    let reader = Reader::open(&args.folder, args.reader).await?;
    let archive = reader.archive();
    let Some(id) = args.id.clone() else {
        return whole::all(&reader, args.format, &args.without, args.to.as_deref()).await;
    };
    if let (None, Some(to)) = (args.format, &args.to) {
        return whole::one(&reader, &id, &args.without, to).await;
    }
    let format = args.format.unwrap_or(Format::Json);
    let (opened, entries) = journal_of(&reader, data, &id).await?;
    let (what, told) = export::tells(format, args.more.wants_sensitive());
    let record = today(archive, vec![journal::record(&opened, &entries)]).await?.remove(0);
    reader.reads(&record, what, told).await?;
    let out = export::place(args.out.clone().or(args.to), &id, format);
    if !format.is_own() {
        let mut sound = Cursor::new(Vec::new());
        if args.more.wants_sound(format) {
            Saved::of(archive).wav(&id, &mut sound).await?;
        }
        let sound = Some(sound.into_inner()).filter(|bytes| !bytes.is_empty());
        let seen = reader.sees(&record).map_err(|why| reader.not_for(why))?;
        let text = export::text(&args.more, format, (&opened, &entries), &seen, sound.as_deref())?;
        return match &out {
            None => print(|out| out.write_all(text.as_bytes())),
            Some(path) => {
                let written = create(path)?;
                (&written).write_all(text.as_bytes()).and_then(|()| written.sync_all()).map_err(|e| {
                    Fault::finding(format!("{} cannot be written: {e}; check the disk", path.display()))
                })
            }
        };
    }
    match (format, &out) {
        (Format::Json, None) => print(|out| write_json(out, &opened, &entries)),
        (Format::Json, Some(path)) => {
            let mut out = BufWriter::new(create(path)?);
            write_json(&mut out, &opened, &entries).and_then(|()| out.into_inner()?.sync_all()).map_err(|e| {
                Fault::finding(format!("{} cannot be written: {e}; check the disk", path.display()))
            })
        }
        (_, None) => Err(Fault::misuse("a WAV needs a file: add --out FILE.wav")),
        (_, Some(path)) => {
            let saved = Saved::of(archive);
            if saved.sha256(&id).await?.is_none() {
                return Err(Fault::finding(format!(
                    "call {} has no recording: it was typed, the caller wanted none, or it ended before the \
                     recording notice",
                    id
                )));
            }
            saved.wav(&id, BufWriter::new(create(path)?)).await?;
            Ok(())
        }
    }
}

/// An export: everything that `candor replay` and an auditor need of one call.
fn write_json(out: &mut impl Write, opened: &Opened, entries: &[Entry]) -> io::Result<()> {
    #[derive(serde::Serialize)]
    struct Exported<'a> {
        candor_export: u32,
        opened: &'a Opened,
        entries: &'a [Entry],
        record: CallRecord,
    }
    let record = journal::record(opened, entries);
    serde_json::to_writer_pretty(&mut *out, &Exported { candor_export: 1, opened, entries, record })?;
    writeln!(out)
}

/// Opens the folder for what shows no content, and is not noted.
async fn open(folder: &Folders) -> Result<Archive, Fault> {
    folder.must_exist()?;
    // Anything that keeps the folder from being read is wrong use of it: what is in it is not known yet.
    Archive::open(&folder.data, folder.existing_keys()?).await.map_err(|e| Fault::misuse(e.0))
}

/// The journal of a call that the reader may know of: whoever is bound to a program is told of others' calls what is
/// told of calls that never were.
async fn journal_of(reader: &Reader, data: &Path, id: &str) -> Result<(Opened, Vec<Entry>), Fault> {
    let unknown = || unknown(data, id);
    reader.archive().program_of(reader.program.as_deref(), id).await?.ok_or_else(unknown)?;
    reader.archive().journal(id).await?.ok_or_else(unknown)
}

fn unknown(data: &Path, id: &str) -> Fault {
    Fault::finding(format!(
        "there is no call {id} in {}; `candor record list --data {}` lists them",
        data.display(),
        data.display()
    ))
}

fn label(name: &str) -> Result<Label, String> {
    Label::of_name(name).ok_or_else(|| "write general, sensitive or consent".to_owned())
}

pub(super) fn create(path: &Path) -> Result<File, Fault> {
    // What is in it is as confidential as the call: for its owner's eyes only.
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(|e| match e.kind() {
        ErrorKind::AlreadyExists => {
            Fault::misuse(format!("{} exists already; give another file with --out", path.display()))
        }
        _ => {
            Fault::misuse(format!("{} cannot be written: {e}; give another file with --out", path.display()))
        }
    })
}

/// Writes to stdout; a reader that has seen enough (`| head`) is no fault.
pub(super) fn print(
    write: impl FnOnce(&mut BufWriter<io::StdoutLock<'static>>) -> io::Result<()>,
) -> Result<(), Fault> {
    let mut out = BufWriter::new(io::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        Err(e) if e.kind() != ErrorKind::BrokenPipe => {
            Err(Fault::finding(format!("stdout takes no more: {e}")))
        }
        _ => Ok(()),
    }
}

fn outcome(name: &str) -> Result<Outcome, String> {
    serde_json::from_value(name.into())
        .map_err(|_| "write completed, declined, abandoned, transferred, emergency or failed".to_owned())
}

impl From<StoreUnavailable> for Fault {
    fn from(error: StoreUnavailable) -> Fault {
        Fault::finding(error.0)
    }
}

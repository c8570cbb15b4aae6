//! `candor record`: what calls left behind.

mod export;
mod fixture;
mod heads;
pub(super) mod summary;
mod verify;

use self::export::Format;
use super::{Fault, keys::Folders};
use crate::{
    dialogue::Outcome,
    journal::{self, Bytes32, CallRecord, Entry, Label, Opened},
    observe::logs,
    ports::StoreUnavailable,
    store::{Archive, Filter, Saved, export as folder},
    time::Utc,
};
use std::{
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
    /// Makes a regression case of one call, without the person who called: it replays to the same decisions
    ToFixture(fixture::ToFixture),
}

/// Arguments of `candor record list`.
#[derive(clap::Args)]
pub struct List {
    #[command(flatten)]
    folder: Folders,
    /// One call record a line, as JSON
    #[arg(long)]
    json: bool,
    /// Only calls of this program
    #[arg(long, value_name = "ID")]
    program: Option<String>,
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
    #[arg(long, value_name = "DIR", conflicts_with = "id")]
    export: Option<PathBuf>,
    /// The key that the program published, in hex: with --export
    #[arg(long, value_name = "HEX", requires = "export")]
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
    /// The call's id
    id: String,
    /// What of it, in which form [default: json, unless --to asks for what a check needs]
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// The file to write, which must not exist yet, or the folder for it; text goes to stdout where it is left out
    #[arg(long, value_name = "FILE|FOLDER", conflicts_with = "to")]
    out: Option<PathBuf>,
    /// With --format: the same as --out. Without: the new folder to write, with everything that a check needs
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
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| Fault::finding(format!("this machine starts no runtime: {e}")))?;
    runtime.block_on(async {
        match command {
            Command::List(args) => list(args).await,
            Command::Show(args) => show(args).await,
            Command::Verify(Verify { export: Some(folder), public_key, .. }) => {
                verify::export(&folder, public_key)
            }
            Command::Verify(args) => verify::run(&args.folder, args.id.as_deref()).await,
            Command::Heads(args) => heads::run(args).await,
            Command::ToFixture(args) => fixture::run(args).await,
            Command::Export(args) => export(args).await,
        }
    })
}

async fn list(args: List) -> Result<(), Fault> {
    // Damaged calls are named on stderr and do not hold up the others.
    let _ = logs::start(logs::Format::Text, "error");
    let archive = open(&args.folder).await?;
    let filter = Filter {
        program: args.program,
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
    print(|out| {
        if !args.json {
            return summary::table(out, &records);
        }
        for record in &records {
            serde_json::to_writer(&mut *out, record)?;
            writeln!(out)?;
        }
        Ok(())
    })
}

async fn show(args: Show) -> Result<(), Fault> {
    let archive = open(&args.folder).await?;
    let kept = archive.record(&args.id).await?;
    let is_over = kept.is_some() || !archive.is_live();
    let record = match kept {
        Some(record) => record,
        None => {
            let (opened, entries) = journal_of(&archive, &args.folder.data, &args.id).await?;
            journal::record(&opened, &entries)
        }
    };
    if !is_over {
        eprintln!("candor: this call is still going on; its record is what is known so far");
    }
    print(|out| {
        if !args.json {
            return summary::page(out, &record);
        }
        serde_json::to_writer(&mut *out, &record)?;
        writeln!(out)
    })
}

async fn export(args: Export) -> Result<(), Fault> {
    let data = &args.folder.data;
    let archive = open(&args.folder).await?;
    if let (None, Some(to)) = (args.format, &args.to) {
        let unknown = || unknown(data, &args.id);
        let evidence = archive.evidence(&args.id).await?.ok_or_else(unknown)?;
        let recording = Saved::of(&archive).path(&args.id)?;
        return Ok(folder::write(evidence, archive.key_service(), &recording, &args.without, to).await?);
    }
    let format = args.format.unwrap_or(Format::Json);
    let (opened, entries) = journal_of(&archive, data, &args.id).await?;
    let out = export::place(args.out.clone().or(args.to), &args.id, format);
    if !format.is_own() {
        let mut sound = Cursor::new(Vec::new());
        if args.more.wants_sound(format) {
            Saved::of(&archive).wav(&args.id, &mut sound).await?;
        }
        let sound = Some(sound.into_inner()).filter(|bytes| !bytes.is_empty());
        let text = export::text(&args.more, format, &opened, &entries, sound.as_deref())?;
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
            let saved = Saved::of(&archive);
            if saved.sha256(&args.id).await?.is_none() {
                return Err(Fault::finding(format!(
                    "call {} has no recording: it was typed, the caller wanted none, or it ended before the \
                     recording notice",
                    args.id
                )));
            }
            saved.wav(&args.id, BufWriter::new(create(path)?)).await?;
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

async fn open(folder: &Folders) -> Result<Archive, Fault> {
    let data = &folder.data;
    if !data.is_dir() {
        return Err(Fault::misuse(format!(
            "there is no data folder {}; give the one of a server with --data DIR",
            data.display()
        )));
    }
    if !data.join("candor.db").is_file() {
        return Err(Fault::misuse(format!(
            "there is no candor.db in {}; give the data folder of a server with --data",
            data.display()
        )));
    }
    // Anything that keeps the folder from being read is wrong use of it: what is in it is not known yet.
    Archive::open(data, folder.existing_keys()?).await.map_err(|e| Fault::misuse(e.0))
}

async fn journal_of(archive: &Archive, data: &Path, id: &str) -> Result<(Opened, Vec<Entry>), Fault> {
    archive.journal(id).await?.ok_or_else(|| unknown(data, id))
}

fn unknown(data: &Path, id: &str) -> Fault {
    Fault::finding(format!(
        "there is no call {id} in {}; `candor record list --data {}` lists them",
        data.display(),
        data.display()
    ))
}

fn label(name: &str) -> Result<Label, String> {
    Label::of_name(name).ok_or_else(|| "write general or sensitive".to_owned())
}

fn create(path: &Path) -> Result<File, Fault> {
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
fn print(write: impl FnOnce(&mut BufWriter<io::StdoutLock<'static>>) -> io::Result<()>) -> Result<(), Fault> {
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

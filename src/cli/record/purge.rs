//! `candor record purge`: destroys what the programs' policies keep no longer, and certifies it.

use super::{
    Fault,
    keeping::{By, moment, store, told},
};
use crate::{
    cli::keys::Folders,
    cli::now,
    config::{agreements, retention},
    program::{NotInForce, Status, day},
    store::{
        Store,
        retention::{Purge, Purged, Signed},
    },
    time::Utc,
};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use std::{
    fs::{DirBuilder, OpenOptions},
    io::{self, ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    time::Duration,
};

/// Arguments of `candor record purge`.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    folder: Folders,
    /// Folder of the programs, for their policies and agreements
    #[arg(long, value_name = "DIR", env = "CANDOR_PROGRAMS", default_value = "programs")]
    programs: PathBuf,
    /// Only calls of this program
    #[arg(long, value_name = "ID")]
    program: Option<String>,
    /// Only this call
    #[arg(long, value_name = "ID", conflicts_with = "everything")]
    call: Option<String>,
    /// Only calls that ended before this day (UTC), or moment
    #[arg(long, value_name = "DATE", value_parser = moment, conflicts_with = "everything")]
    before: Option<Utc>,
    /// Says what would be destroyed, and destroys nothing
    #[arg(long)]
    dry_run: bool,
    /// As one JSON object
    #[arg(long)]
    json: bool,
    /// Folder for the certificate: a JSON file and a text
    #[arg(long, value_name = "DIR")]
    certificate: Option<PathBuf>,
    /// Everything of the program, its keys last; its agreement must be over
    #[arg(long, requires = "program")]
    everything: bool,
    /// The program's id once more: destroys everything of it although its agreement is not over
    #[arg(long, value_name = "ID", requires = "everything")]
    destroy_tenant: Option<String>,
    #[command(flatten)]
    by: By,
}

pub(super) async fn run(args: Args) -> Result<(), Fault> {
    if let Some(to) = &args.certificate {
        // Before anything is destroyed that it should certify.
        DirBuilder::new().recursive(true).mode(0o700).create(to).map_err(|e| unwritten(to, &e))?;
    }
    let store = store(&args.folder).await?;
    let programs = match (&args.program, &args.call) {
        (Some(program), _) => vec![program.clone()],
        (None, Some(call)) => match store.archive().standing(call).await? {
            Some(standing) => vec![standing.program],
            None => return Err(super::unknown(&args.folder.data, call)),
        },
        (None, None) => store.archive().programs().await?,
    };
    args.by.may_keep(&args.folder, &programs, args.call.as_deref()).await?;
    if args.everything {
        may_end(&args)?;
    }
    let mut all = Purged::default();
    for program in programs {
        // Whoever ends is judged by no policy, and may have no folder any more.
        let policy = match retention::require(&args.programs, &program) {
            Err(_) if args.everything => Default::default(),
            policy => policy.map_err(|unknown| Fault::finding(unknown.to_string()))?,
        };
        let purge = Purge {
            program,
            policy,
            now: now(),
            by: args.by.who(None),
            call: args.call.clone(),
            before: args.before,
            is_dry: args.dry_run,
            pause: Duration::ZERO,
            calls_max: usize::MAX,
        };
        let bar = ProgressBar::new(0).with_style(
            ProgressStyle::with_template("{pos}/{len} calls {wide_bar} {eta}").expect("a fixed template"),
        );
        let shown = |done: usize, of: usize| {
            bar.set_length(of as u64);
            bar.set_position(done as u64);
        };
        let purged = match args.everything {
            true => store.purge_everything(&purge, shown).await?,
            false => store.purge(&purge, shown).await?,
        };
        bar.finish_and_clear();
        all.months.extend(purged.months);
        all.gone.extend(purged.gone);
        all.refused.extend(purged.refused);
        all.failed.extend(purged.failed);
        all.certificates.extend(purged.certificates);
    }
    let folded = args.dry_run || fold(&store).await?;
    report(&args, &all, folded)
}

/// Whether everything of a program may be destroyed: its agreement is over, or its id was typed again.
fn may_end(args: &Args) -> Result<(), Fault> {
    let Some(program) = &args.program else { return Ok(()) };
    match &args.destroy_tenant {
        Some(again) if again == program => return Ok(()),
        Some(again) => {
            return Err(Fault::misuse(format!("--destroy-tenant {again} is not --program {program}")));
        }
        None => {}
    }
    let refused = |why: String| {
        Fault::finding(format!(
            "{why}; everything of {program} is destroyed when its agreement was terminated or has expired, or with \
             --destroy-tenant {program}"
        ))
    };
    let today = day(now());
    let found =
        agreements::read(&args.programs.join(program), today).map_err(|wrong| refused(wrong.to_string()))?;
    let Some(agreement) = found.examined.agreement else {
        return Err(refused(format!("{} cannot be read", found.path.display())));
    };
    match agreement.qsoa.contract.in_force(today) {
        Err(
            NotInForce::Ended { .. }
            | NotInForce::Inactive { status: Status::Terminated | Status::Expired, .. },
        ) => Ok(()),
        Err(other) => Err(refused(other.to_string())),
        Ok(days) => Err(refused(format!("the agreement with {program} is in force for {days} more days"))),
    }
}

/// Empties the write-ahead log; readers may keep it from that for a moment.
async fn fold(store: &Store) -> Result<bool, Fault> {
    const TRIES: u32 = 10;
    for _ in 0..TRIES {
        if store.fold().await? {
            return Ok(true);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(false)
}

fn report(args: &Args, all: &Purged, folded: bool) -> Result<(), Fault> {
    let mut written = Vec::new();
    for signed in &all.certificates {
        let certified = signed.check(None).map_err(Fault::finding)?;
        if let Some(to) = &args.certificate {
            written.push(write(to, signed)?);
        }
        if !args.json {
            println!(
                "{}  certifies {} calls of {}",
                certified.certificate,
                certified.calls.len(),
                certified.program
            );
        }
    }
    let verb = if args.dry_run { "would be destroyed" } else { "destroyed" };
    if args.json {
        let certificates: Vec<_> =
            all.certificates.iter().filter_map(|signed| signed.check(None).ok()).collect();
        let refused: Vec<_> =
            all.refused.iter().map(|r| json!({"call_id": r.call_id, "holds": r.holds})).collect();
        let failed: Vec<_> =
            all.failed.iter().map(|(call_id, why)| json!({"call_id": call_id, "why": why})).collect();
        println!(
            "{}",
            json!({
                "dry_run": args.dry_run, "destroyed": all.gone, "held": refused, "failed": failed,
                "months_of_the_book": all.months, "certificates": certificates, "log_emptied": folded,
            })
        );
    } else {
        all.gone.iter().for_each(|gone| println!("{}  {verb}  {}", gone.call_id, gone.kinds()));
        all.months.iter().for_each(|month| println!("{month} of the book  {verb}"));
        written.iter().for_each(|path| println!("wrote {}", path.display()));
        println!("{} calls: {verb}; {} held", all.gone.len(), all.refused.len());
    }
    if !folded {
        eprintln!(
            "candor: a reader kept the write-ahead log from being emptied: deleted keys may stand in candor.db-wal \
             until the next purge, or until the server stops"
        );
    }
    let mut findings: Vec<String> =
        all.failed.iter().map(|(call_id, why)| format!("{call_id}: {why}")).collect();
    for refused in &all.refused {
        let holds: Vec<String> = refused.holds.iter().map(told).collect();
        findings.push(format!("{} is held and stays: {}", refused.call_id, holds.join("; ")));
    }
    if findings.is_empty() { Ok(()) } else { Err(Fault::finding(findings.join("\n"))) }
}

/// Writes a certificate and its text, for their owner's eyes.
pub(super) fn write(to: &Path, signed: &Signed) -> Result<PathBuf, Fault> {
    let certified = signed.check(None).map_err(Fault::finding)?;
    let path = to.join(format!("{}.json", certified.certificate));
    for (path, bytes) in
        [(path.clone(), signed.file()), (path.with_extension("txt"), certified.text().into_bytes())]
    {
        let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path);
        file.and_then(|mut file| file.write_all(&bytes).and_then(|()| file.sync_all()))
            .map_err(|e| unwritten(&path, &e))?;
    }
    Ok(path)
}

fn unwritten(path: &Path, error: &io::Error) -> Fault {
    match error.kind() {
        ErrorKind::NotFound => Fault::misuse(format!("the folder of {} is not there", path.display())),
        _ => Fault::misuse(format!("{} cannot be written: {error}; give another folder", path.display())),
    }
}

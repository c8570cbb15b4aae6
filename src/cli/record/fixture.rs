//! `candor record to-fixture`: a call as a regression case, without the person who called.

use super::{
    super::{Fault, reading::AsRole},
    Folders, Reader, create, journal_of, today, write_json,
};
use crate::{
    access::Datum,
    book::Piece,
    cli::chance,
    config::programs,
    journal::{self, Event},
    replay::{Kept, Lens, Mode, deidentified, replay},
};
use std::{
    fs::{self, DirBuilder},
    io::Write,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Arguments of `candor record to-fixture`.
#[derive(clap::Args)]
pub struct ToFixture {
    #[command(flatten)]
    folder: Folders,
    #[command(flatten)]
    reader: AsRole,
    /// The call's id
    id: String,
    /// The new folder to write: `call.json`, to be replayed, and `program.toml`, the script it ran on
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// Folder of the programs
    #[arg(long, env = "CANDOR_PROGRAMS", default_value = "programs", value_name = "DIR")]
    programs: PathBuf,
    /// The script the call ran on, where it is not the program's present one
    #[arg(long, value_name = "F")]
    program: Option<PathBuf>,
    /// Writes `silence.wav` as well, as long as the call's recording; no sound of the call is ever kept
    #[arg(long)]
    silence: bool,
}

pub(super) async fn run(args: ToFixture) -> Result<(), Fault> {
    let reader = Reader::open(&args.folder, args.reader.into()).await?;
    let (opened, entries) = journal_of(&reader, &args.folder.data, &args.id).await?;
    let told = [Datum::Identity, Datum::Administrative];
    let record = today(reader.archive(), vec![journal::record(&opened, &entries)]).await?.remove(0);
    reader.reads(&record, Piece::Journal, &told).await?;
    let path = args.program.clone().unwrap_or_else(|| args.programs.join(&opened.program));
    let program = programs::load_path(&path).map_err(|wrong| Fault::misuse(wrong.to_string()))?;
    if program.sha256 != opened.program_sha256 {
        return Err(Fault::misuse(format!(
            "{} is not the script that this call ran on; name that one with --program F",
            path.display()
        )));
    }
    let lasted_ms = entries.iter().find_map(|entry| match &entry.event {
        Event::Recording { duration_ms, .. } => Some(*duration_ms),
        _ => None,
    });
    let program = Arc::new(program);
    let number = u64::from_be_bytes(chance::bytes());
    let call_id = format!("fixture-{number:016x}");
    let kept = Kept::whole(opened, entries);
    let (opened, entries) = deidentified(&program, &kept, &call_id)
        .map_err(|none| Fault::finding(format!("call {}: {none}; choose another call", args.id)))?;
    let again = replay(&program, &Kept::whole(opened.clone(), entries.clone()), Lens::default(), &[]);
    if again.mode != Mode::Exact || !again.differences.is_empty() || !again.is_whole() {
        return Err(Fault::finding("the fixture does not replay as it was made, and nothing was written"));
    }
    DirBuilder::new().mode(0o700).create(&args.to).map_err(|e| {
        Fault::misuse(format!("{} cannot be made: {e}; give a new folder with --to", args.to.display()))
    })?;
    let failed = |e: std::io::Error| {
        Fault::finding(format!("{} cannot be written: {e}; check the disk", args.to.display()))
    };
    write_json(&mut create(&args.to.join("call.json"))?, &opened, &entries).map_err(failed)?;
    let script = if path.is_dir() { path.join(programs::FILE) } else { path };
    let script = fs::read(script).map_err(failed)?;
    create(&args.to.join(programs::FILE))?.write_all(&script).map_err(failed)?;
    if let Some(ms) = lasted_ms.filter(|_| args.silence) {
        silence(&args.to.join("silence.wav"), ms)?;
    }
    eprintln!("{} replays to the same decisions: candor replay {}", call_id, args.to.display());
    Ok(())
}

/// Silence of both parties.
fn silence(path: &Path, ms: u64) -> Result<(), Fault> {
    let spec = hound::WavSpec {
        channels: 2,
        sample_rate: 8_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let written = hound::WavWriter::new(std::io::BufWriter::new(create(path)?), spec).and_then(|mut wav| {
        (0..ms * 16).try_for_each(|_| wav.write_sample(0_i16))?;
        wav.finalize()
    });
    written.map_err(|e| Fault::finding(format!("{} cannot be written: {e}; check the disk", path.display())))
}

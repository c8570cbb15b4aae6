//! `candor record certificates` and `candor record verify --certificate`: what was destroyed, and that it is gone.

use super::{Fault, open, purge};
use crate::{cli::keys::Folders, journal::Bytes32, store::retention::Signed};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Arguments of `candor record certificates`.
#[derive(clap::Args)]
pub struct List {
    #[command(flatten)]
    folder: Folders,
    /// Writes them to this folder, each as a JSON file and a text
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
}

pub(super) async fn list(args: List) -> Result<(), Fault> {
    let archive = open(&args.folder).await?;
    if let Some(to) = &args.to {
        fs::create_dir_all(to).map_err(|e| Fault::misuse(format!("{} cannot be made: {e}", to.display())))?;
    }
    for (_, signed) in archive.certificates().await? {
        let certified = signed.check(None).map_err(Fault::finding)?;
        println!(
            "{}  {}  {}  {} calls  by {}",
            certified.certificate,
            certified.at,
            certified.program,
            certified.calls.len(),
            certified.by
        );
        if let Some(to) = &args.to {
            purge::write(to, &signed)?;
        }
    }
    Ok(())
}

/// Checks the certificate in a file: its signature and, where the data folder is given, that what it names is gone.
pub(super) async fn verify(path: &Path, public: Option<Bytes32>, folder: &Folders) -> Result<(), Fault> {
    let bytes = fs::read(path).map_err(|e| {
        Fault::misuse(format!("{} cannot be read: {e}; give a certificate's JSON file", path.display()))
    })?;
    let certified = Signed::read(&bytes).and_then(|signed| signed.check(public));
    let certified = certified.map_err(|why| Fault::finding(format!("{}: {why}", path.display())))?;
    print!("{}", certified.text());
    if !folder.is_named() {
        println!("ok  the signature; with --data it is checked too that what it names is gone");
        return Ok(());
    }
    let archive = open(folder).await?;
    let mut faults = Vec::new();
    for gone in &certified.calls {
        match archive.verify(&gone.call_id).await {
            Err(why) => faults.push(format!("{}: {why}", gone.call_id)),
            Ok(sound) if sound.untidy => faults.push(format!("{}: its file is still there", gone.call_id)),
            Ok(sound) if !gone.labels.iter().all(|label| sound.destroyed.contains(label)) => {
                faults.push(format!("{}: a key that it names is there", gone.call_id));
            }
            Ok(sound) if (sound.unread as u64) < gone.redacted => {
                faults.push(format!("{}: entries that it names are there", gone.call_id));
            }
            Ok(_) => {}
        }
    }
    if certified.everything {
        let tenants = archive.key_service().tenants().await?;
        if tenants.contains(&certified.program) {
            faults.push(format!("the keys of {} are there", certified.program));
        }
    }
    if !faults.is_empty() {
        return Err(Fault::finding(format!("not everything that it names is gone:\n{}", faults.join("\n"))));
    }
    println!("ok  the signature, and everything that it names is gone from {}", folder.data.display());
    Ok(())
}

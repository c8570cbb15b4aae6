//! `candor record verify`: everything that is kept of calls is what was written, as far as the keys open it.

use super::{Fault, open, unknown};
use crate::{
    cli::keys::Folders,
    journal::Bytes32,
    store::{Archive, Saved, export as folder, retention::Signed},
};
use indicatif::{ProgressBar, ProgressStyle};
use std::{
    io::{self, Write},
    path::Path,
};

pub(super) async fn run(folders: &Folders, id: Option<&str>) -> Result<(), Fault> {
    let data = &folders.data;
    let archive = open(folders).await?;
    let saved = Saved::of(&archive);
    let ids = match id {
        Some(id) => {
            if !archive.ids().await?.iter().any(|known| known == id) {
                return Err(unknown(data, id));
            }
            vec![id.to_owned()]
        }
        None => {
            let mut ids = archive.ids().await?;
            ids.extend(saved.ids().into_iter().filter(|id| !ids.contains(id)).collect::<Vec<_>>());
            ids
        }
    };
    // Drawn on stderr, and only where that is a terminal.
    let progress = ProgressBar::new(ids.len() as u64).with_style(
        ProgressStyle::with_template("{pos}/{len} calls {wide_bar} {eta}").expect("a fixed template"),
    );
    let live = archive.is_live();
    let mut faulty = 0;
    for id in progress.wrap_iter(ids.iter()) {
        let verdict = check(&archive, id, live).await;
        faulty += usize::from(verdict.is_err());
        // Whoever reads only the first lines still gets the exit status.
        let _ = progress.suspend(|| writeln!(io::stdout(), "{}", told(id, &verdict)));
    }
    // Without an id everything is checked: the programs' books too.
    let books = if id.is_none() { archive.books().await? } else { Vec::new() };
    for program in &books {
        let verdict = archive.verify_book(program).await.map(|sound| sound.to_string());
        faulty += usize::from(verdict.is_err());
        let _ = writeln!(io::stdout(), "{}", told(program, &verdict));
    }
    let certificates = if id.is_none() { archive.certificates().await? } else { Vec::new() };
    for (certificate, signed) in &certificates {
        let verdict = certified(&archive, certificate, signed).await;
        faulty += usize::from(verdict.is_err());
        let _ = writeln!(io::stdout(), "{}", told(certificate, &verdict));
    }
    let things = match books.len() {
        0 => format!("{} calls", ids.len()),
        books => format!("{} calls and {books} books", ids.len()),
    };
    match faulty {
        0 => Ok(()),
        _ => Err(Fault::finding(format!(
            "{faulty} of {things} in {} are not as they were written; keep the folder as it is, and compare with a \
             backup",
            data.display()
        ))),
    }
}

/// Whether a certificate that is kept is what its program signed.
async fn certified(archive: &Archive, certificate: &str, signed: &Signed) -> Result<String, String> {
    let certified = signed.check(None)?;
    let public = archive.public_key(&certified.program).await.map_err(|e| e.0)?;
    let certified = signed.check(Some(Bytes32(public)))?;
    match certified.certificate == certificate {
        true => Ok(format!(
            "certificate of destruction, {} calls of {}",
            certified.calls.len(),
            certified.program
        )),
        false => Err("its row among the certificates was altered".into()),
    }
}

/// Checks an export, with nothing else at hand.
pub(super) fn export(from: &Path, public: Option<Bytes32>) -> Result<(), Fault> {
    let (id, verdict) = folder::check(from, public)?;
    println!("{}", told(&id, &verdict));
    match verdict {
        Ok(_) => Ok(()),
        Err(_) => Err(Fault::finding(format!("the export in {} is not as it was written", from.display()))),
    }
}

fn told(id: &str, verdict: &Result<String, String>) -> String {
    let id: String = id.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    match verdict {
        Ok(sound) => format!("{id}  ok  {sound}"),
        Err(fault) => format!("{id}  FAULTY  {fault}"),
    }
}

async fn check(archive: &Archive, id: &str, live: bool) -> Result<String, String> {
    let sound = archive.verify(id).await?;
    if sound.is_over {
        return Ok(sound.to_string());
    }
    let state = if live { "still going on" } else { "cut short; the next start of the server closes it" };
    Ok(format!("{sound}, {state}"))
}

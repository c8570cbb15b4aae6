//! `candor record verify`: journals follow their chain, records say what journals say, recordings have their hash.

use super::{Fault, journal_of, open};
use crate::{
    journal::{self, Chain},
    ports::StoreUnavailable,
    store::{Archive, Saved},
};
use indicatif::{ProgressBar, ProgressStyle};
use std::{
    io::{self, Write},
    path::Path,
};

pub(super) async fn run(data: &Path, id: Option<&str>) -> Result<(), Fault> {
    let archive = open(data).await?;
    let ids = match id {
        Some(id) => {
            journal_of(&archive, data, id).await?;
            vec![id.to_owned()]
        }
        None => archive.calls().await?,
    };
    // Drawn on stderr, and only where that is a terminal.
    let progress = ProgressBar::new(ids.len() as u64).with_style(
        ProgressStyle::with_template("{pos}/{len} calls {wide_bar} {eta}").expect("a fixed template"),
    );
    let live = archive.is_live();
    let mut faulty = 0;
    for id in progress.wrap_iter(ids.iter()) {
        let verdict = match check(&archive, &Saved::of(data), id, live).await {
            Ok(sound) => format!("{id}  ok  {sound}"),
            Err(fault) => {
                faulty += 1;
                format!("{id}  FAULTY  {fault}")
            }
        };
        // Whoever reads only the first lines still gets the exit status.
        let _ = progress.suspend(|| writeln!(io::stdout(), "{verdict}"));
    }
    match faulty {
        0 => Ok(()),
        _ => Err(Fault::finding(format!(
            "{faulty} of {} calls in {} are not as they were written; keep the folder as it is, and compare with a \
             backup",
            ids.len(),
            data.display()
        ))),
    }
}

async fn check(archive: &Archive, saved: &Saved, id: &str, live: bool) -> Result<String, String> {
    let faulty = |what: &str| Err(what.to_owned());
    let unread = |e: StoreUnavailable| e.0;
    // Read before the journal: a call that ends meanwhile has then at least what its record says.
    let kept = archive.record(id).await.map_err(unread)?;
    let Some((opened, entries)) = archive.journal(id).await.map_err(unread)? else {
        return faulty("its journal is gone");
    };
    if let Err(broken) = Chain::verify(&opened, &entries) {
        return Err(broken.to_string());
    }
    let Some(kept) = kept else {
        let state = if live { "still going on" } else { "cut short; the next start of the server closes it" };
        return Ok(format!("{} entries, {state}", entries.len()));
    };
    if kept != journal::record(&opened, &entries) {
        return faulty("its record does not say what its journal says");
    }
    let recording = match (&kept.recording, saved.sha256(id).map_err(unread)?) {
        (None, None) => "no recording".to_owned(),
        (Some(said), Some((_, found))) if said.sha256 == found => {
            format!("recording {} ms", said.duration_ms)
        }
        (Some(_), Some(_)) => return faulty("its recording was altered"),
        (Some(_), None) => return faulty("its recording is gone"),
        (None, Some(_)) => return faulty("there is a recording that its record does not know of"),
    };
    Ok(format!("{} entries, {recording}", entries.len()))
}

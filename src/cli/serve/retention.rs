//! What the server does by itself about calls that are over: at its start and every hour it destroys what the programs'
//! policies keep no longer, a few calls at a time, and writes the signed heads of days that are over.

use super::super::{Fault, record::heads};
use crate::{
    book::Who,
    config::retention,
    observe::metrics,
    ports::Clock,
    program::day,
    store::{Store, retention::Purge},
    time::Utc,
};
use std::{
    fs::{self, DirBuilder, OpenOptions},
    io::Write,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

/// After the start, so that the first calls find everything warm.
const FIRST_AFTER: Duration = Duration::from_secs(5);
const EVERY: Duration = Duration::from_secs(3_600);
/// A piece of work, and what is waited between two calls of it and between two pieces: a live call's writes come in
/// between.
const CALLS_A_PIECE: usize = 100;
const BETWEEN_CALLS: Duration = Duration::from_millis(20);
const BETWEEN_PIECES: Duration = Duration::from_secs(1);

/// Keeps to the programs' policies for as long as the server runs. Nothing that goes wrong here ends anything else.
pub(super) fn keep(store: Arc<Store>, programs: PathBuf, ids: Vec<String>, clock: Arc<dyn Clock>) {
    tokio::spawn(async move {
        tokio::time::sleep(FIRST_AFTER).await;
        loop {
            // A panic in one run is that run's end, and not the next one's.
            let (store, programs, ids) = (Arc::clone(&store), programs.clone(), ids.clone());
            let now = clock.now();
            let run = tokio::spawn(async move { run(&store, &programs, &ids, now).await });
            if let Err(error) = run.await {
                metrics::retention_failed();
                tracing::error!(%error, "a purge by the server ended in the middle");
            }
            tokio::time::sleep(EVERY).await;
        }
    });
}

/// One run over all programs.
async fn run(store: &Store, programs: &Path, ids: &[String], now: Utc) {
    let (mut gone, mut held, mut failed, mut certificates) = (0, 0, 0, 0);
    for program in ids {
        let policy = match retention::require(programs, program) {
            Ok(policy) => policy,
            Err(unknown) => {
                failed += 1;
                tracing::error!("{unknown}");
                continue;
            }
        };
        let purge = Purge {
            program: program.clone(),
            policy,
            now,
            by: Who::server(),
            call: None,
            before: None,
            is_dry: false,
            pause: BETWEEN_CALLS,
            calls_max: CALLS_A_PIECE,
        };
        loop {
            match store.purge(&purge, |_, _| {}).await {
                Ok(purged) => {
                    gone += purged.gone.len();
                    failed += purged.failed.len();
                    certificates += purged.certificates.len();
                    for month in &purged.months {
                        tracing::info!(program, month, "a month of the book is over and was ended");
                    }
                    for (call_id, why) in &purged.failed {
                        tracing::error!(
                            call_id,
                            why,
                            "a call that may be due could not be judged or destroyed"
                        );
                    }
                    if purged.gone.len() < CALLS_A_PIECE {
                        held += purged.refused.len();
                        break;
                    }
                }
                Err(error) => {
                    failed += 1;
                    tracing::error!(program, %error, "what is over could not be destroyed");
                    break;
                }
            }
            tokio::time::sleep(BETWEEN_PIECES).await;
        }
    }
    if let Err(error) = heads(store, ids, now).await {
        failed += 1;
        tracing::error!(%error, "the heads of yesterday could not be written");
    }
    let emptied = store.fold().await.unwrap_or(false);
    metrics::retention_ran(gone, held, failed);
    tracing::info!(
        destroyed = gone,
        held,
        failed,
        certificates,
        emptied,
        "retention: what is over was destroyed"
    );
}

/// Writes yesterday's signed heads to `DATA/heads/DAY.jsonl`, as `candor record heads` prints them, where that was not
/// done yet: an operator can mail them.
async fn heads(store: &Store, programs: &[String], now: Utc) -> Result<(), Fault> {
    let day = day(now).yesterday().map_err(|e| Fault::finding(e.to_string()))?;
    let folder = store.data().join("heads");
    let path = folder.join(format!("{day}.jsonl"));
    if path.exists() {
        return Ok(());
    }
    let keyed = store.archive().key_service().tenants().await?;
    let mut lines = String::new();
    for program in programs.iter().filter(|program| keyed.contains(program)) {
        lines.push_str(&heads::lines(store.archive(), program, day).await?);
    }
    if lines.is_empty() {
        return Ok(());
    }
    let beside = path.with_extension("part");
    let written = DirBuilder::new().recursive(true).mode(0o700).create(&folder).and_then(|()| {
        let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside);
        file.and_then(|mut file| file.write_all(lines.as_bytes()).and_then(|()| file.sync_all()))?;
        fs::rename(&beside, &path)
    });
    written.map_err(|e| Fault::finding(format!("{} cannot be written: {e}", path.display())))
}

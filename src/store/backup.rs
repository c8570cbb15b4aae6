//! A copy of a data folder, made beside a running server. It needs no keys: what it copies stays sealed.

use super::{
    database,
    recordings::{folder_in, path_in},
};
use crate::ports::StoreUnavailable;
use std::{
    fs::{DirBuilder, File, OpenOptions},
    io::{self, ErrorKind},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
};

/// What was copied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Copied {
    /// Calls.
    pub calls: usize,
    /// Recordings.
    pub recordings: usize,
    /// Their bytes.
    pub bytes: u64,
}

/// Copies `data` to the new folder `to`: the database as it stands at one moment, then the recordings of the calls that
/// are in it. A call that goes on meanwhile is in the copy as far as it got, and the next start closes it there.
/// `told` hears how many of how many calls were looked at.
pub async fn write(
    data: &Path,
    to: &Path,
    mut told: impl FnMut(usize, usize),
) -> Result<Copied, StoreUnavailable> {
    let failed = |path: &Path, e: &io::Error| {
        StoreUnavailable(match e.kind() {
            ErrorKind::AlreadyExists => {
                format!("{} exists already; give a new folder with --to", path.display())
            }
            _ => format!("{} cannot be written: {e}; give a folder with room with --to", path.display()),
        })
    };
    DirBuilder::new().mode(0o700).create(to).map_err(|e| failed(to, &e))?;
    let recordings = folder_in(to);
    DirBuilder::new().mode(0o700).create(&recordings).map_err(|e| failed(&recordings, &e))?;
    let copy = to.join(database::DATABASE);
    // Made by us before SQLite would make it, so that it is its owner's alone.
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&copy);
    made.map_err(|e| failed(&copy, &e))?;
    // No purge in between: it would take files away that the copied database still speaks of.
    let _turn = database::turn(data).await?;
    database::copy(data, &copy).await?;

    let calls = database::calls_in(&copy).await?;
    let mut copied = Copied { calls: calls.len(), ..Copied::default() };
    for (at, call_id) in calls.iter().enumerate() {
        let (from, target) = (path_in(&folder_in(data), call_id), path_in(&recordings, call_id));
        let mut from = match File::open(&from) {
            Ok(file) => file,
            Err(e) if e.kind() == ErrorKind::NotFound => continue,
            Err(e) => return Err(StoreUnavailable(format!("{} cannot be read: {e}", from.display()))),
        };
        let written = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&target);
        let bytes = written.and_then(|mut file| {
            let bytes = io::copy(&mut from, &mut file)?;
            file.sync_all()?;
            Ok(bytes)
        });
        copied.recordings += 1;
        copied.bytes += bytes.map_err(|e| failed(&target, &e))?;
        told(at + 1, calls.len());
    }
    let synced = [&recordings, to].iter().try_for_each(|folder| File::open(folder)?.sync_all());
    synced.and_then(|()| File::open(&copy)?.sync_all()).map_err(|e| failed(to, &e))?;
    Ok(copied)
}

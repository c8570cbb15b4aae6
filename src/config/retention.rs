//! How long a program's calls are kept, read from beside its script.

use super::programs::{self, Unreadable};
use crate::program::{ExaminedPolicy, Fault, Policy, examine_retention};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// The file of a program's folder.
pub const FILE: &str = "retention.toml";

/// A policy as it was found on disk, right or wrong.
#[derive(Debug)]
pub struct Found {
    /// The file.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
    /// What came of reading it.
    pub examined: ExaminedPolicy,
}

/// A program's policy cannot be known. The message is a whole report in plain text.
#[derive(Debug, thiserror::Error)]
#[error("nothing of {program} is destroyed: {why}")]
pub struct Unknown {
    program: String,
    why: String,
}

/// Reads and judges the policy of the program at `path` (its folder, or its `program.toml`); `None` where it has none,
/// and [`Policy::default`] holds.
pub fn read(path: &Path) -> Result<Option<Found>, Unreadable> {
    let folder = if path.is_dir() { path } else { path.parent().unwrap_or(Path::new(".")) };
    let path = folder.join(FILE);
    match fs::read_to_string(&path) {
        Ok(text) => {
            let examined = examine_retention(&text);
            Ok(Some(Found { path, text, examined }))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Unreadable::Unopened { path, error }),
    }
}

/// The policy of the program `id` under `folder`. Without the program's folder it is not known: it may keep more than
/// is usual.
pub fn require(folder: &Path, id: &str) -> Result<Policy, Unknown> {
    let unknown = |why: String| Unknown { program: id.to_owned(), why };
    let own = folder.join(id);
    if !own.join(programs::FILE).is_file() {
        return Err(unknown(format!(
            "its policy is not known without its folder {}; give the folder of the programs with --programs",
            own.display()
        )));
    }
    match read(&own).map_err(|wrong| unknown(wrong.to_string()))? {
        None => Ok(Policy::default()),
        Some(found) => match found.examined.policy {
            Some(policy) => Ok(policy),
            None => Err(unknown(programs::plain(&found.path, &found.text, &found.examined.faults))),
        },
    }
}

impl Found {
    /// `faults` of this file as a terminal shows them.
    pub fn report(&self, faults: &[Fault], severity: miette::Severity, colour: bool) -> String {
        programs::report(&self.path, &self.text, faults, severity, colour)
    }
}

//! The agreement of a program, read from beside its script.

use super::programs::{self, Unreadable, report};
use crate::program::{Agreement, ExaminedAgreement, Fault, examine_agreement};
use jiff::civil::Date;
use miette::Severity;
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// The file of a program's folder.
pub const FILE: &str = "agreements.toml";

/// An agreement as it was found on disk, in force or not.
#[derive(Debug)]
pub struct Found {
    /// The file.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
    /// What came of reading it.
    pub examined: ExaminedAgreement,
}

/// No call may be answered for a program. The message is a whole report in plain text.
#[derive(Debug, thiserror::Error)]
#[error("no call may be answered for {program}: {why}")]
pub struct Refused {
    program: String,
    why: String,
}

/// Reads and judges the agreement of the program at `path` (its folder, or its `program.toml`) on `today`.
pub fn read(path: &Path, today: Date) -> Result<Found, Unreadable> {
    let folder = if path.is_dir() { path } else { path.parent().unwrap_or(Path::new(".")) };
    let path = folder.join(FILE);
    let text = fs::read_to_string(&path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Unreadable::Absent { path: path.clone(), others: Vec::new() },
        _ => Unreadable::Unopened { path: path.clone(), error },
    })?;
    let examined = examine_agreement(&text, today);
    Ok(Found { path, text, examined })
}

/// The agreement of the program `id` under `folder`, where it is in force on `today`.
pub fn require(folder: &Path, id: &str, today: Date) -> Result<Agreement, Refused> {
    let refused = |why: String| Refused { program: id.to_owned(), why };
    let found = read(&folder.join(id), today).map_err(|wrong| {
        let missing = folder.join(id).join(FILE);
        refused(match wrong {
            Unreadable::Absent { .. } => format!(
                "there is no {}; a signed qualified service organization agreement comes first (42 CFR 2.12(c)(4)); \
                 docs/programs.md says how it is written",
                missing.display()
            ),
            other => other.to_string(),
        })
    })?;
    match found.examined.agreement {
        Some(agreement) if found.examined.faults.is_empty() => Ok(agreement),
        _ => Err(refused(programs::plain(&found.path, &found.text, &found.examined.faults))),
    }
}

impl Found {
    /// `faults` of this file as a terminal shows them.
    pub fn report(&self, faults: &[Fault], severity: Severity, colour: bool) -> String {
        report(&self.path, &self.text, faults, severity, colour)
    }
}

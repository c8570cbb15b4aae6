//! The programs a server answers for, read from their folders.

use crate::program::{Examined, Fault, Program, examine};
use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, Severity, SourceCode,
};
use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

/// The file of a program's folder.
pub const FILE: &str = "program.toml";

/// A script as it was found on disk, right or wrong.
#[derive(Debug)]
pub struct Found {
    /// The file.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
    /// What came of reading it.
    pub examined: Examined,
}

/// Why the programs cannot be used. [`fmt::Display`] is a whole report in plain text: every fault with its file,
/// line and column, and the mend. [`Unreadable::report`] is the same with the text underlined.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// There is no such program.
    #[error("there is no program at {}: give a program's folder or its {FILE}{}", .path.display(), mend_of(.others))]
    Absent {
        /// Where it was looked for.
        path: PathBuf,
        /// The programs that are there.
        others: Vec<String>,
    },
    /// The file or folder cannot be read.
    #[error("cannot read {}: {error}; mend its permissions or its encoding (UTF-8)", .path.display())]
    Unopened {
        /// Which.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The script is wrong.
    #[error("{}", plain(&.0.path, &.0.text, &.0.examined.faults))]
    Wrong(Box<Found>),
    /// Several scripts are wrong.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Several(Vec<Unreadable>),
}

impl Unreadable {
    /// The report for a terminal, with the offending text underlined; in colour where asked for.
    pub fn report(&self, colour: bool) -> String {
        match self {
            Unreadable::Wrong(found) => found.report(&found.examined.faults, Severity::Error, colour),
            Unreadable::Several(all) => {
                all.iter().map(|one| one.report(colour)).collect::<Vec<_>>().join("\n")
            }
            _ => format!("{self}\n"),
        }
    }
}

/// Reads the program `id` under `folder`: `FOLDER/ID/program.toml`.
pub fn load(folder: &Path, id: &str) -> Result<Program, Unreadable> {
    // An id comes from the command line or a URL; it names a folder, never a way out of this one.
    let plain = !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b));
    let path = folder.join(id);
    if !plain || !path.join(FILE).is_file() {
        return Err(Unreadable::Absent { path, others: ids(folder) });
    }
    load_path(&path)
}

/// Reads the program at `path`: its folder, or its `program.toml`.
pub fn load_path(path: &Path) -> Result<Program, Unreadable> {
    read(path)?.into_program()
}

/// Reads every program under `folder`, in the order of their ids. One wrong script, or one telephone number that
/// two of them claim, and none is given out: a server must not answer for a program it half knows.
pub fn load_all(folder: &Path) -> Result<Vec<Program>, Unreadable> {
    let ids = ids(folder);
    if ids.is_empty() {
        return Err(Unreadable::Absent { path: folder.to_owned(), others: ids });
    }
    let mut wrong = Vec::new();
    let mut found = Vec::new();
    for id in ids {
        match read(&folder.join(id)) {
            Ok(one) => found.push(one),
            Err(error) => wrong.push(error),
        }
    }
    claim_numbers(&mut found);
    let mut programs = Vec::new();
    for one in found {
        match one.into_program() {
            Ok(program) => programs.push(program),
            Err(error) => wrong.push(error),
        }
    }
    match wrong.len() {
        0 => Ok(programs),
        1 => Err(wrong.remove(0)),
        _ => Err(Unreadable::Several(wrong)),
    }
}

/// Reads and judges the script at `path` without giving it out; for `candor program check`.
pub fn read(path: &Path) -> Result<Found, Unreadable> {
    let path = if path.is_dir() { path.join(FILE) } else { path.to_owned() };
    let text = fs::read_to_string(&path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Unreadable::Absent { path: path.clone(), others: Vec::new() },
        _ => Unreadable::Unopened { path: path.clone(), error },
    })?;
    let mut examined = examine(&text);
    against_the_world(&path, &mut examined);
    Ok(Found { path, text, examined })
}

/// What the text alone cannot tell: the folder's name, and which time zones there are.
fn against_the_world(path: &Path, examined: &mut Examined) {
    let Some(program) = &examined.program else { return };
    let mut faults = Vec::new();
    let folder = path.canonicalize().ok().and_then(|p| Some(p.parent()?.file_name()?.to_str()?.to_owned()));
    let is_own_file = path.file_name().is_some_and(|name| name == FILE);
    if let Some(folder) = folder.filter(|name| is_own_file && *name != program.id) {
        faults.push(Fault {
            message: format!("the id is `{}`, but the folder is called `{folder}`", program.id),
            mend: "give both the same name".into(),
            span: examined.places.id.clone(),
        });
    }
    if jiff::tz::TimeZone::get(&program.person.timezone).is_err() {
        faults.push(Fault {
            message: format!("there is no time zone `{}`", program.person.timezone),
            mend: "write an IANA name, as America/New_York".into(),
            span: examined.places.timezone.clone(),
        });
    }
    refuse(examined, faults);
}

/// A number belongs to one program: the one who calls it must hear that program's notice and no other.
fn claim_numbers(found: &mut [Found]) {
    for later in 1..found.len() {
        let (before, rest) = found.split_at_mut(later);
        let Some(program) = &rest[0].examined.program else { continue };
        let mut faults = Vec::new();
        for (number, place) in program.numbers.iter().zip(&rest[0].examined.places.numbers) {
            let owner = before
                .iter()
                .filter_map(|f| f.examined.program.as_ref())
                .find(|p| p.numbers.contains(number));
            if let Some(owner) = owner {
                faults.push(Fault {
                    message: format!("{number} is a number of the program `{}` already", owner.id),
                    mend: "a number belongs to one program; take it out of one of them".into(),
                    span: place.clone(),
                });
            }
        }
        refuse(&mut rest[0].examined, faults);
    }
}

fn refuse(examined: &mut Examined, faults: Vec<Fault>) {
    if !faults.is_empty() {
        examined.program = None;
        examined.faults.extend(faults);
        examined.faults.sort_by_key(|f| f.span.start);
    }
}

fn ids(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut ids: Vec<String> = entries
        .filter(|entry| entry.path().join(FILE).is_file())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    ids.sort();
    ids
}

fn mend_of(others: &[String]) -> String {
    if others.is_empty() { String::new() } else { format!("; there are: {}", others.join(", ")) }
}

impl Found {
    /// The program, or everything that is wrong with it.
    pub fn into_program(mut self) -> Result<Program, Unreadable> {
        match self.examined.program.take() {
            Some(program) => Ok(program),
            None => Err(Unreadable::Wrong(Box::new(self))),
        }
    }

    /// `faults` of this file as a terminal shows them, each with the offending text underlined.
    pub fn report(&self, faults: &[Fault], severity: Severity, colour: bool) -> String {
        report(&self.path, &self.text, faults, severity, colour)
    }
}

/// `faults` of a file as a terminal shows them, each with the offending text underlined.
pub(super) fn report(path: &Path, text: &str, faults: &[Fault], severity: Severity, colour: bool) -> String {
    let theme = if colour { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme).with_width(100).with_links(false);
    let source = NamedSource::new(path.display().to_string(), text.to_owned()).with_language("TOML");
    let mut out = String::new();
    for fault in faults {
        let _ = handler.render_report(&mut out, &Shown { fault, severity, source: &source });
        out.push('\n');
    }
    out
}

/// `FILE:LINE:COLUMN: message` and the mend, for each fault.
pub(super) fn plain(path: &Path, text: &str, faults: &[Fault]) -> String {
    let line = |fault: &Fault| {
        let (line, column) = fault.line_and_column(text);
        format!("{}:{line}:{column}: {}\n  mend: {}", path.display(), fault.message, fault.mend)
    };
    faults.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// A fault beside its file, as miette wants it.
#[derive(Debug)]
struct Shown<'a> {
    fault: &'a Fault,
    severity: Severity,
    source: &'a NamedSource<String>,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.fault.message)
    }
}

impl std::error::Error for Shown<'_> {}

impl Diagnostic for Shown<'_> {
    fn severity(&self) -> Option<Severity> {
        Some(self.severity)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(&self.fault.mend))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = self.fault.span.clone();
        Some(Box::new(std::iter::once(LabeledSpan::new_primary_with_span(None, span))))
    }
}

//! `candor program`.

mod new;

use super::Fault;
use crate::{
    config::{
        agreements,
        programs::{Found, Unreadable, load_path, read},
        retention,
    },
    program::{Policy, Proof, VoiceSignature, day, prove, script_graph},
    time::Utc,
};
use miette::Severity;
use std::{
    fs,
    io::{IsTerminal, Write, stderr, stdout},
    path::{Path, PathBuf},
};

/// What `candor program` can do.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Checks a script and its agreement: every error with its place and its mend, and the proof that no sensitive
    /// question can be reached without the notice heard and acknowledged.
    Check {
        /// A program's folder, or its program.toml.
        program: PathBuf,
    },
    /// Writes the agreement with a program as a text, from its clauses.
    Agreement {
        /// A program's folder, or its program.toml.
        program: PathBuf,
    },
    /// Begins a script from the sample, with names and numbers of its own; the texts stay drafts for counsel.
    New {
        /// The program's id, for programs/ID; or a folder to make, whose name is the id.
        #[arg(value_name = "ID|DIR")]
        program: PathBuf,
        /// What callers know the program as; made from the id if left out.
        #[arg(long)]
        name: Option<String>,
        /// A number that callers dial, as +12025550100; may be given several times.
        #[arg(long = "number", value_name = "NUMBER", allow_hyphen_values = true)]
        numbers: Vec<String>,
    },
    /// Draws the order of a call.
    Graph {
        /// A program's folder, or its program.toml.
        program: PathBuf,
        /// The language of the drawing.
        #[arg(long, value_enum, default_value_t = Format::Dot)]
        format: Format,
        /// Where to write it; standard output if left out.
        #[arg(long)]
        out: Option<PathBuf>,
    },
}

/// A language for graphs.
#[derive(Clone, Copy, clap::ValueEnum)]
pub enum Format {
    /// Graphviz.
    Dot,
    /// A picture.
    Svg,
}

/// Runs it.
pub fn run(command: Command) -> Result<(), Fault> {
    match command {
        Command::Check { program } => check(&program),
        Command::Agreement { program } => agreement(&program),
        Command::New { program, name, numbers } => {
            print_lines(&new::write(&program, name.as_deref(), &numbers)?)
        }
        Command::Graph { program, format, out } => graph(&program, format, out.as_deref()),
    }
}

fn check(path: &Path) -> Result<(), Fault> {
    let found = read(path).map_err(wrong_use)?;
    let colour = stderr().is_terminal();
    let examined = &found.examined;
    eprint!("{}", found.report(&examined.warnings, Severity::Warning, colour));
    eprint!("{}", found.report(&examined.faults, Severity::Error, colour));
    let Some(program) = &examined.program else {
        let count = counted(examined.faults.len(), "error");
        return Err(Fault::finding(format!(
            "{} has {count}; mend what is underlined above",
            found.path.display()
        )));
    };
    let proof = prove(&script_graph(program)).map_err(|holes| {
        let holes: Vec<String> = holes.iter().map(|hole| format!("  {hole}")).collect();
        Fault::finding(format!("the order of the call has holes:\n{}", holes.join("\n")))
    })?;
    print_lines(&summary(&found, &proof))?;
    kept(path)?;
    agreed(path)
}

/// How long its calls are kept.
fn kept(path: &Path) -> Result<(), Fault> {
    let policy = match retention::read(path).map_err(wrong_use)? {
        None => Policy::default(),
        Some(found) => {
            let faults = &found.examined.faults;
            eprint!("{}", found.report(faults, Severity::Error, stderr().is_terminal()));
            let count = || counted(faults.len(), "error");
            found.examined.policy.ok_or_else(|| {
                Fault::finding(format!(
                    "{} has {}: nothing is destroyed; mend what is underlined above",
                    found.path.display(),
                    count()
                ))
            })?
        }
    };
    print_lines(&format!(
        "kept: recordings {} days, transcripts {} days, consents {} years, access log {} years\n",
        policy.recordings_days, policy.transcripts_days, policy.consents_years, policy.access_log_years
    ))
}

/// Whether calls may be answered today under the agreement beside the script.
fn agreed(path: &Path) -> Result<(), Fault> {
    let found = match agreements::read(path, today()) {
        Err(Unreadable::Absent { path, .. }) => {
            eprintln!("candor: warning: {}", absent(&path));
            return Ok(());
        }
        read => read.map_err(wrong_use)?,
    };
    let (examined, colour) = (&found.examined, stderr().is_terminal());
    eprint!("{}", found.report(&examined.warnings, Severity::Warning, colour));
    eprint!("{}", found.report(&examined.faults, Severity::Error, colour));
    match &examined.agreement {
        Some(agreement) if examined.faults.is_empty() => {
            let qsoa = &agreement.qsoa.contract;
            print_lines(&format!("agreement: {} is active until {}\n", qsoa.id, qsoa.ends_on))
        }
        Some(agreement) if agreement.destruction_due().is_some() => Err(Fault::finding(format!(
            "{}: the agreement was terminated; everything is to be returned or destroyed by {}",
            found.path.display(),
            agreement.destruction_due().map_or_else(String::new, |due| due.to_string()),
        ))),
        _ => {
            let count = counted(examined.faults.len(), "error");
            let file = found.path.display();
            Err(Fault::finding(format!(
                "{file} has {count}: no call is answered; mend what is underlined above"
            )))
        }
    }
}

fn agreement(path: &Path) -> Result<(), Fault> {
    let found = agreements::read(path, today()).map_err(|error| match error {
        Unreadable::Absent { path, .. } => Fault::misuse(absent(&path)),
        other => wrong_use(other),
    })?;
    let colour = stderr().is_terminal();
    eprint!("{}", found.report(&found.examined.faults, Severity::Error, colour));
    match &found.examined.agreement {
        Some(agreement) => print_lines(&agreement.text()),
        None => {
            Err(Fault::finding("an agreement that cannot be read has no text; mend what is underlined above"))
        }
    }
}

/// A script may be written before anything is signed; it is only not answered for.
fn absent(path: &Path) -> String {
    format!(
        "there is no {}: no call is answered for a program without an agreement in force; docs/programs.md says how \
         one is written",
        path.display()
    )
}

fn today() -> jiff::civil::Date {
    day(Utc(jiff::Timestamp::now().as_millisecond()))
}

/// What is good about it: the script in numbers, and the proof.
fn summary(found: &Found, proof: &Proof) -> String {
    let Some(program) = &found.examined.program else { return String::new() };
    let locales: Vec<&str> = program.locales.iter().map(|l| l.tag()).collect();
    let mut lines = vec![
        format!("{}: no errors, {}", found.path.display(), counted(found.examined.warnings.len(), "warning")),
        format!("  program    {} ({}), sha256 {}", program.name, program.id, program.sha256),
        format!("  languages  {}", locales.join(", ")),
        format!(
            "  notice     {} {}, {}",
            program.notice.id, program.notice.version, program.notice.approved_by
        ),
    ];
    for locale in &program.locales {
        lines.push(format!("             {locale} sha256 {}", program.notice.sha256(*locale)));
    }
    lines.push(format!(
        "  script     {}, {}, {}, {}",
        counted(program.plain.len(), "plain question"),
        counted(program.recipients.len(), "consent"),
        counted(program.sensitive.len(), "sensitive question"),
        counted(program.faq.len(), "FAQ answer"),
    ));
    lines.push(format!(
        "  instrument {}, {}",
        program.consents.instrument.version,
        match (program.consents.sign, program.consents.voice_signature) {
            (false, _) => "signed on paper or screen; nothing is sent before",
            (true, VoiceSignature::PendingWritten) =>
                "signed by voice; nothing is sent before a written signature",
            (true, VoiceSignature::Accepted) => "signed by voice, which counts as a signature",
        }
    ));
    lines.push(format!(
        "proof: walked all {} of the script's {}; each of its {} is reached only after {} of the notice {} heard to the end, then acknowledged with a clear yes",
        counted(proof.states, "reachable state"),
        counted(proof.nodes, "step"),
        counted(proof.routes.len(), "sensitive question"),
        counted(proof.notice_parts, "part"),
        if proof.notice_parts == 1 { "was" } else { "were" },
    ));
    lines.extend(proof.routes.iter().map(|route| format!("  {route}")));
    if !program.recipients.is_empty() {
        lines.push("the same holds for each consent and its signature".into());
    }
    lines.join("\n") + "\n"
}

fn graph(path: &Path, format: Format, out: Option<&Path>) -> Result<(), Fault> {
    let program = load_path(path).map_err(|error| match error {
        Unreadable::Wrong(_) | Unreadable::Several(_) => {
            eprint!("{}", error.report(stderr().is_terminal()));
            Fault::finding("a script with errors has no graph; mend what is underlined above")
        }
        _ => wrong_use(error),
    })?;
    let graph = script_graph(&program);
    let drawn = match format {
        Format::Dot => graph.dot(),
        Format::Svg => graph.svg(&format!("A call of {}", program.name)),
    };
    match out {
        None => print_lines(&drawn),
        Some(file) => fs::write(file, drawn).map_err(|error| {
            Fault::misuse(format!(
                "cannot write {}: {error}; choose a file that can be written",
                file.display()
            ))
        }),
    }
}

fn wrong_use(error: Unreadable) -> Fault {
    Fault::misuse(error.to_string())
}

/// A reader that went away (`| head`) is no error.
fn print_lines(text: &str) -> Result<(), Fault> {
    match stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Fault::finding(format!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}

fn counted(count: usize, noun: &str) -> String {
    match count {
        0 => format!("no {noun}s"),
        1 => format!("1 {noun}"),
        n => format!("{n} {noun}s"),
    }
}

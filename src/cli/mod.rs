//! The command line: one file a command.

mod access;
mod backup;
mod call;
mod chance;
mod chat;
mod consent;
mod intake;
mod keys;
mod listen;
mod program;
mod reading;
mod record;
mod replay;
mod say;
mod serve;
mod simulate;
mod token;
mod understand;

use crate::time::Utc;
use clap::{Parser, Subcommand};
use std::{fmt, process::ExitCode};

/// A real-time conversation runtime that tells before it asks, for programs under 42 CFR Part 2.
#[derive(Parser)]
#[command(name = "candor", version, about, propagate_version = true)]
struct Candor {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Answers calls: the server.
    Serve(serve::Args),
    /// Talks to the dialogue in this terminal.
    Chat(chat::Args),
    /// Places a simulated provider call in real time, and prints its record.
    Call(Box<call::Args>),
    /// Prints what lines of text mean.
    Understand(understand::Args),
    /// Prints what WAV files mean, each as one spoken answer.
    Listen(listen::Args),
    /// Checks a program's script, or draws its graph.
    #[command(subcommand)]
    Program(program::Command),
    /// Rotates the keys that seal calls, and goes on with a rotation that was cut off.
    #[command(subcommand)]
    Keys(keys::Command),
    /// Lists, shows, checks, exports, holds and destroys what is kept of calls.
    #[command(subcommand)]
    Record(record::Command),
    /// Lists consents as they stand today, and enters what reached the program outside of calls.
    #[command(subcommand)]
    Consent(consent::Command),
    /// What calls left for the program's staff: answers, requests, escalations.
    #[command(subcommand)]
    Intake(intake::Command),
    /// Lists who read what and what else happened to calls, and exports it.
    #[command(subcommand)]
    Access(access::Command),
    /// Copies a data folder, beside a running server too.
    Backup(backup::Args),
    /// Replays recorded calls, and finds what would be different.
    Replay(Box<replay::Args>),
    /// Lets seeded callers talk to the dialogue, and watches what must hold.
    Simulate(simulate::Args),
    /// Speaks text into a WAV file.
    Say(say::Args),
    /// Makes, lists and revokes bearer tokens for the API.
    #[command(subcommand)]
    Token(token::Command),
}

/// Why a command did not succeed. Exit status 1 is a finding, 2 is wrong use.
#[derive(Debug)]
pub struct Fault {
    status: u8,
    message: String,
}

impl Fault {
    /// The command worked and found something wrong. `message` says what, where, and the mend.
    pub fn finding(message: impl Into<String>) -> Fault {
        Fault { status: 1, message: message.into() }
    }

    /// The command was used wrongly. `message` says what, where, and the mend.
    pub fn misuse(message: impl Into<String>) -> Fault {
        Fault { status: 2, message: message.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// Now, by this machine's clock.
fn now() -> Utc {
    Utc(jiff::Timestamp::now().as_millisecond())
}

/// Runs a command's work to its end.
fn block_on<T, E>(work: impl Future<Output = Result<T, E>>) -> Result<T, Fault>
where
    Fault: From<E>,
{
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime
        .map_err(|e| Fault::finding(format!("this machine starts no runtime: {e}")))?
        .block_on(work)
        .map_err(Fault::from)
}

/// Runs the command that the arguments name.
pub fn main() -> ExitCode {
    // One crypto provider for every TLS connection of this process; a second call would be the same one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let ended = match Candor::parse().command {
        Command::Serve(args) => serve::run(args),
        Command::Chat(args) => chat::run(args),
        Command::Call(args) => call::run(*args),
        Command::Understand(args) => understand::run(args),
        Command::Listen(args) => listen::run(args),
        Command::Program(command) => program::run(command),
        Command::Keys(command) => keys::run(command),
        Command::Record(command) => record::run(command),
        Command::Consent(command) => consent::run(command),
        Command::Intake(command) => intake::run(command),
        Command::Access(command) => access::run(command),
        Command::Replay(args) => replay::run(*args),
        Command::Simulate(args) => simulate::run(args),
        Command::Say(args) => say::run(args),
        Command::Token(command) => token::run(command),
        Command::Backup(args) => backup::run(args),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("candor: {fault}");
            ExitCode::from(fault.status)
        }
    }
}

//! `candor record`.

use super::Fault;

/// What `candor record` can do.
#[derive(clap::Subcommand)]
pub enum Command {}

/// Runs it.
pub fn run(command: Command) -> Result<(), Fault> {
    match command {}
}

//! `candor token`.

use super::Fault;

/// What `candor token` can do.
#[derive(clap::Subcommand)]
pub enum Command {}

/// Runs it.
pub fn run(command: Command) -> Result<(), Fault> {
    match command {}
}

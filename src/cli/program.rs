//! `candor program`.

use super::Fault;

/// What `candor program` can do.
#[derive(clap::Subcommand)]
pub enum Command {}

/// Runs it.
pub fn run(command: Command) -> Result<(), Fault> {
    match command {}
}

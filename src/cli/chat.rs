//! `candor chat`.

use super::Fault;

/// Arguments of `candor chat`.
#[derive(clap::Args)]
pub struct Args {}

/// Runs it.
pub fn run(_args: Args) -> Result<(), Fault> {
    Err(Fault::misuse("chat is being built"))
}

//! `candor serve`.

use super::Fault;

/// Arguments of `candor serve`.
#[derive(clap::Args)]
pub struct Args {}

/// Runs it.
pub fn run(_args: Args) -> Result<(), Fault> {
    Err(Fault::misuse("serve is being built"))
}

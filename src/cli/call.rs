//! `candor call`.

use super::Fault;

/// Arguments of `candor call`.
#[derive(clap::Args)]
pub struct Args {}

/// Runs it.
pub fn run(_args: Args) -> Result<(), Fault> {
    Err(Fault::misuse("call is being built"))
}

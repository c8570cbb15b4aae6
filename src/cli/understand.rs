//! `candor understand`.

use super::Fault;

/// Arguments of `candor understand`.
#[derive(clap::Args)]
pub struct Args {}

/// Runs it.
pub fn run(_args: Args) -> Result<(), Fault> {
    Err(Fault::misuse("understand is being built"))
}

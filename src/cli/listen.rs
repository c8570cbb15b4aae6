//! `candor listen`.

use super::Fault;

/// Arguments of `candor listen`.
#[derive(clap::Args)]
pub struct Args {}

/// Runs it.
pub fn run(_args: Args) -> Result<(), Fault> {
    Err(Fault::misuse("listen is being built"))
}

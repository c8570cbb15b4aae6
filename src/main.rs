//! The `candor` program: see [`candor::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    candor::cli::main()
}

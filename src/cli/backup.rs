//! `candor backup`: a copy of the data folder, made beside a running server.

use super::Fault;
use crate::store::backup;
use indicatif::{ProgressBar, ProgressStyle};
use std::path::PathBuf;

/// Arguments of `candor backup`.
#[derive(clap::Args)]
pub struct Args {
    /// Folder of the calls
    #[arg(long, value_name = "DIR", env = "CANDOR_DATA", default_value = "data")]
    data: PathBuf,
    /// The new folder for the copy; its keys are not in it, and belong on another medium
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
}

/// Runs it.
pub fn run(args: Args) -> Result<(), Fault> {
    if !args.data.join("candor.db").is_file() {
        return Err(Fault::misuse(format!(
            "there is no candor.db in {}; give the data folder of a server with --data",
            args.data.display()
        )));
    }
    let bar = ProgressBar::new(0).with_style(
        ProgressStyle::with_template("{pos}/{len} calls {wide_bar} {eta}").expect("a fixed template"),
    );
    let told = |done: usize, of: usize| {
        bar.set_length(of as u64);
        bar.set_position(done as u64);
    };
    let copied = super::block_on(backup::write(&args.data, &args.to, told))?;
    bar.finish_and_clear();
    println!(
        "{} calls and {} recordings ({} bytes) in {}; the keys are not among them",
        copied.calls,
        copied.recordings,
        copied.bytes,
        args.to.display()
    );
    Ok(())
}

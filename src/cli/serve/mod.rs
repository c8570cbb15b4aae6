//! `candor serve`: the server, put together and run until it is told to go.

mod assemble;
mod prompts;
mod retention;
mod welcome;

pub(super) use prompts::lines as lines_of;

use super::Fault;
use crate::{
    config::{Config, Flags},
    observe::logs,
    server::{self, tls},
};
use tokio::net::TcpListener;

/// Arguments of `candor serve`.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    settings: Flags,
}

/// Runs it.
pub fn run(args: Args) -> Result<(), Fault> {
    let config = args
        .settings
        .load(|name| std::env::var(name).ok())
        .map_err(|wrong| Fault::misuse(wrong.to_string()))?;
    logs::start(config.log.format, &config.log.level).map_err(|wrong| Fault::misuse(wrong.to_string()))?;
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|why| Fault::finding(format!("no threads for the server: {why}")))?
        .block_on(serve(config))
}

async fn serve(config: Config) -> Result<(), Fault> {
    let mut signals =
        server::signals().map_err(|why| Fault::finding(format!("no signals from the system: {why}")))?;
    let tls = match (&config.tls.cert, &config.tls.key) {
        (Some(cert), Some(key)) => {
            Some(tls::acceptor(cert, key).map_err(|wrong| Fault::misuse(wrong.to_string()))?)
        }
        _ => None,
    };
    // The port first: a server that cannot have it should not load models for nothing.
    let listener = TcpListener::bind(config.listen).await.map_err(|why| {
        Fault::finding(format!(
            "cannot listen on {}: {why}; give another address with --listen",
            config.listen
        ))
    })?;
    let bound = listener.local_addr().map_err(|why| Fault::finding(why.to_string()))?;
    let url = config.base_url(bound);
    let front = tokio::select! {
        front = assemble::assemble(&config, &url) => front?,
        _ = signals.recv() => return Ok(()),
    };
    welcome::print(&config, &url, bound);
    server::serve(front, listener, tls, signals).await;
    Ok(())
}

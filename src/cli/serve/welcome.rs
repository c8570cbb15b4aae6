//! What is printed when the server answers: the addresses of what exists, and what to try next.

use crate::config::{Config, PublicUrl};
use std::net::SocketAddr;

/// Prints it on stdout.
pub(super) fn print(config: &Config, url: &PublicUrl, bound: SocketAddr) {
    let keys = config.keys.display();
    println!("Candor answers calls on {bound}.\n");
    println!("  voice webhook   POST {}", url.http("/twilio/voice"));
    println!("  browser call    {}", url.http("/call"));
    println!("  chat widget     {}  (docs/web.md)", url.http("/widget.js"));
    println!("  try the chat    {}", url.http("/"));
    println!("  API             {}", url.http("/api/v1/openapi.json"));
    println!("  health          {}  {}", url.http("/readyz"), url.http("/metrics"));
    println!("  calls           {}", config.data.display());
    println!("  local token     {keys}/local.token (the keyholder's: sees every call)\n");
    if config.takes_unsigned_from(bound.ip()) {
        println!("No auth token is set: only unsigned requests from this machine are answered.");
    } else if config.twilio.auth_token.is_none() {
        println!("No auth token is set: every webhook is refused. Set twilio.auth_token.");
    }
    let this = std::env::args().next().unwrap_or_else(|| "candor".into());
    println!("Try next, in another terminal:  {this} call --to {} --demo", url.http(""));
    println!("A real number:  docs/twilio.md.  To stop:  Ctrl-C, which lets live calls end.");
}

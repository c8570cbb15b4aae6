//! Logs: to stderr, as JSON for machines or as text for people. Personal text never gets here: see [`crate::pii`].

use std::io::{self, IsTerminal};
use tracing::{Level, Metadata};
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::{FilterExt, filter_fn},
    layer::SubscriberExt,
    registry,
    util::SubscriberInitExt,
};

/// How a line of log is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// The logs cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum LogFault {
    /// The level is none.
    #[error("`{0}` is no log level: write off, error, warn, info, debug or trace, or as in `info,sqlx=warn`")]
    Level(String),
    /// Somebody started them before.
    #[error("logging was started before")]
    Started,
}

/// Whether an event may be logged at all, whatever the level: what other crates say below `info` may quote
/// frames and requests, and with them the caller.
pub fn may_be_shown(about: &Metadata<'_>) -> bool {
    let target = about.target();
    // WebRTC names addresses of callers; what it has to say to operators is that it is broken.
    let most =
        if target.starts_with("rtc") || target.starts_with("webrtc") { Level::ERROR } else { Level::INFO };
    target.starts_with("candor") || *about.level() <= most
}

/// Starts logging for the whole process. `level`: `info`, or levels by module as in `info,sqlx=warn`.
pub fn start(format: Format, level: &str) -> Result<(), LogFault> {
    let filter = filter(level)?.and(filter_fn(may_be_shown));
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let lines = match format {
        Format::Text => lines.with_ansi(io::stderr().is_terminal()).boxed(),
        Format::Json => {
            lines.json().flatten_event(true).with_current_span(true).with_span_list(false).boxed()
        }
    };
    registry().with(lines.with_filter(filter)).try_init().map_err(|_| LogFault::Started)
}

/// Whether `level` can be given to [`start`].
pub fn check_level(level: &str) -> Result<(), LogFault> {
    filter(level).map(drop)
}

fn filter(level: &str) -> Result<EnvFilter, LogFault> {
    const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
    // Taken alone, a word that is no level would be read as the name of a module.
    let first = level.split(',').next().unwrap_or_default();
    if !first.contains('=') && !LEVELS.contains(&first.to_ascii_lowercase().as_str()) {
        return Err(LogFault::Level(level.into()));
    }
    EnvFilter::builder().parse(level).map_err(|_| LogFault::Level(level.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_one_word_or_levels_by_module() {
        for good in ["info", "OFF", "warn,candor=debug", "candor::store=trace"] {
            assert!(check_level(good).is_ok(), "{good}");
        }
        for bad in ["", "loud", "candor=loud"] {
            assert!(check_level(bad).is_err(), "{bad}");
        }
    }
}

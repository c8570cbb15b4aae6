//! What is wrong with a setting, where it was set, and the mend.

use std::path::PathBuf;

/// A setting that cannot be used. Never quotes the value of a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {what}")]
pub struct ConfigFault {
    place: Place,
    what: String,
}

/// Where a setting was set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Place {
    #[error("{}, line {line}", .path.display())]
    Line { path: PathBuf, line: usize },
    #[error("{}", .0.display())]
    File(PathBuf),
    #[error("environment variable {0}")]
    Variable(String),
    #[error("command line, {0}")]
    Flag(String),
    #[error("settings")]
    Whole,
}

impl ConfigFault {
    pub(super) fn at(place: Place, what: impl Into<String>) -> ConfigFault {
        ConfigFault { place, what: what.into() }
    }
}

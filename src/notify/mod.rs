//! Telling the program that something waits. That something waits, and never what.

mod mail;
mod webhook;

pub use mail::Mail;
pub use webhook::{Webhook, signature};

/// How long a way of notifying may take, in milliseconds.
const TELL_MS_MAX: u64 = 10_000;

/// Why a way of notifying cannot be used as it is set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotSet(pub(crate) String);

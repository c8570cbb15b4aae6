//! What was held, released and destroyed.

use crate::{
    journal::{HoldReason, Label},
    time::Utc,
};
use serde::{Deserialize, Serialize};

/// A hold was placed on a call: nothing of it is destroyed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Held {
    /// Its name in the call.
    pub hold: String,
    /// Why.
    pub reason: HoldReason,
    /// Until when, where it ends by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Utc>,
}

/// A hold was released.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoldReleased {
    /// Its name in the call.
    pub hold: String,
}

/// Something of a call was destroyed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Destroyed {
    /// Labels whose keys were destroyed.
    pub labels: Vec<Label>,
    /// Labels whose chunks were taken out of the recording.
    pub silenced: Vec<Label>,
    /// How many entries of the journal were redacted.
    pub redacted: u64,
}

/// A certificate of destruction was signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certified {
    /// Which.
    pub certificate: String,
    /// How many calls it names.
    pub calls: u64,
}

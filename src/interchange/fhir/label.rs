//! Security labels (DS4P). They are as sensitive as what they label, and stand nowhere but in `meta.security`.

use super::codes::{ACT_CODE, CONFIDENTIALITY, coding};
use serde_json::Value;

/// Restricted: the companion that 42CFRPart2 demands. A resource has one confidentiality and no more.
pub(super) fn restricted() -> Value {
    coding(CONFIDENTIALITY, "R")
}

/// Of what holds or tells Part 2 information. `SUD` and the older `ETH` both, for receivers that know only one.
pub(super) fn sensitive() -> Vec<Value> {
    let mut labels = vec![restricted()];
    labels.extend(["42CFRPart2", "SUD", "ETH"].map(|code| coding(ACT_CODE, code)));
    labels
}

/// The same, and that it may not be passed on without consent.
pub(super) fn sensitive_and_kept() -> Vec<Value> {
    let mut labels = sensitive();
    labels.push(coding(ACT_CODE, "NORDSCLCD"));
    labels
}

//! What an operator can see: logs without personal text, and metrics.

pub mod captured;
pub mod logs;
pub mod metrics;

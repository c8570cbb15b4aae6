//! What an operator can see: logs without personal text, and metrics.

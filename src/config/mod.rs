//! Settings: a TOML file, environment variables, and the defaults.

pub mod programs;

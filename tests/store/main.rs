//! What the store promises, a file for each promise.
#![cfg(feature = "runtime")]

mod api_tokens;
mod books;
mod durable_journals;
mod full_disks;
mod ground;
mod kept_recordings;
mod killed_servers;
mod one_server;
mod reads_noted;
mod record_commands;
mod sealed_before;
mod sealed_records;
mod tenants;
mod vault_keys;

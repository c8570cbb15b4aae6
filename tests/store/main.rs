//! What the store promises, a file for each promise.
#![cfg(feature = "runtime")]

mod after_the_purge;
mod api_tokens;
mod backups;
mod books;
mod carried_on;
mod cut_purges;
mod damaged_pages;
mod durable_journals;
mod full_disks;
mod ground;
mod kept_recordings;
mod killed_servers;
mod one_server;
mod purged_calls;
mod reads_noted;
mod record_commands;
mod sealed_before;
mod sealed_before_consent;
mod sealed_records;
mod spoken;
mod tenants;
mod vault_keys;

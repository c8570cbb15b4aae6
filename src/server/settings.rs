//! What an operator decides about the server.

use super::{browser::BrowserTerms, chat::ChatTerms};
use crate::{channel::Terms, config::PublicUrl};
use secrecy::SecretString;
use std::collections::BTreeMap;

/// Limits that are no settings.
pub mod limits {
    /// The head of a request.
    pub const HEAD_BYTES_MAX: usize = 32 * 1024;
    /// Headers of a request.
    pub const HEADERS_MAX: usize = 64;
    /// How long the head of a request, or the beginning of TLS, may take, in milliseconds.
    pub const HEAD_MS_MAX: u64 = 10_000;
    /// How long a request may take that is neither a media stream nor a watch, in milliseconds.
    /// Twilio gives up on a webhook after 15 s.
    pub const REQUEST_MS_MAX: u64 = 14_000;
    /// How long `/twilio/after` waits for the call to be put on record, in milliseconds.
    pub const AFTER_MS_MAX: u64 = 10_000;
    /// Connections beside two for each call.
    pub const SPARE_CONNECTIONS_MAX: usize = 256;
    /// How long a conversation with a person may last before its outcome counts as unknown, in milliseconds.
    pub const TRANSFER_MS_MAX: u64 = 4 * 3_600_000;
    /// Calls whose end is remembered for the provider's next request.
    pub const REMEMBERED_MAX: usize = 4_096;
    /// How long calls that were told to stop have for their last words to the record, in milliseconds.
    pub const STOP_MS_MAX: u64 = 10_000;
    /// How long open requests have when the server closes, in milliseconds.
    pub const CLOSE_MS_MAX: u64 = 3_000;
    /// Events of one call that are kept for a watcher who comes late.
    pub const WATCH_EVENTS_MAX: usize = 500;
    /// Bytes of them.
    pub const WATCH_BYTES_MAX: usize = 128 * 1024;
    /// How long a call may be expected before its feed is given up, in milliseconds.
    pub const WATCH_BEFORE_MS_MAX: u64 = 120_000;
    /// How long after its end a call may still be watched from its beginning, in milliseconds.
    pub const WATCH_AFTER_MS_MAX: u64 = 60_000;
    /// Watchers at once.
    pub const WATCHERS_MAX: usize = 256;
    /// Forms of signing pages that may come at once.
    pub const SIGNING_MAX: u32 = 60;
    /// Forms of signing pages that one address may send in a minute.
    pub const SIGNING_PER_MIN_MAX: u32 = 20;
    /// Forms of signing pages that may come in a second.
    pub const SIGNING_PER_S_MAX: u32 = 5;
    /// Call records on one page of the API.
    pub const PAGE_MAX: u32 = 200;
}

/// How the provider proves that a request is its own.
#[derive(Clone, Debug)]
pub struct TwilioSecrets {
    /// The account's primary auth token.
    pub auth_token: SecretString,
    /// Shared keys by id, for requests that name one.
    pub shared_keys: BTreeMap<String, SecretString>,
}

/// The settings of the server.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The address under which providers reach this server. Never taken from a request.
    pub public_url: PublicUrl,
    /// `None`: what is the provider's cannot be known.
    pub twilio: Option<TwilioSecrets>,
    /// Without secrets, whether unsigned requests from this machine are answered.
    pub trusts_this_machine: bool,
    /// Where set, webhooks of other accounts are refused.
    pub account_sid: Option<String>,
    /// Live calls at once; one more is routed on to a person.
    pub calls_max: usize,
    /// How long live calls may go on once the server is told to go, in milliseconds.
    pub drain_ms_max: u64,
    /// What a stream may do.
    pub terms: Terms,
    /// How long a one-time token of a stream is good, in milliseconds.
    pub token_ms_max: u64,
    /// What chats may do.
    pub chat: ChatTerms,
    /// What calls from browsers may do.
    pub browser: BrowserTerms,
    /// The body of a request, in bytes.
    pub body_bytes_max: usize,
}

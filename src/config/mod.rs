//! Settings, in rising order: the defaults, a TOML file, environment variables, the command line.
//!
//! `docs/configuration.md` lists them all; a test holds it and [`SETTINGS`] together.

pub mod agreements;
mod fault;
mod file;
mod flags;
pub mod programs;
pub mod retention;
mod settings;
mod url;

pub use fault::ConfigFault;
pub use flags::Flags;
pub use settings::{Kind, SETTINGS, Setting};
pub use url::{NotAPublicUrl, PublicUrl};

use crate::observe::logs;
use fault::Place;
use secrecy::SecretString;
use std::{
    net::{IpAddr, SocketAddr},
    ops::RangeInclusive,
    path::{Path, PathBuf},
};

/// Everything that can be set.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the server listens.
    pub listen: SocketAddr,
    /// The address under which providers and browsers reach it: signatures are computed over it.
    pub public_url: Option<PublicUrl>,
    /// Where calls are kept.
    pub data: PathBuf,
    /// Where keys and the local token are kept.
    pub keys: PathBuf,
    /// What guards the keyring beside its mode.
    pub key_passphrase: Option<SecretString>,
    /// A Vault that keeps the keys instead of the keyring.
    pub vault: Vault,
    /// Where the speech models are.
    pub models: PathBuf,
    /// Where the programs are, one folder each.
    pub programs: PathBuf,
    /// The program that answers where nothing else says which.
    pub program: String,
    /// At most so many calls at once; one more is turned away politely.
    pub calls_max: usize,
    /// The server's own TLS; none behind a proxy that does it.
    pub tls: Tls,
    /// Twilio.
    pub twilio: Twilio,
    /// Who is told that something waits.
    pub notify: Notify,
    /// Ears.
    pub recogniser: Workers,
    /// Voice.
    pub voice: Workers,
    /// Logs.
    pub log: Log,
    /// Chats on pages.
    pub chat: Chat,
    /// Calls from browsers.
    pub browser: Browser,
    /// What the outside may do at most.
    pub limits: Limits,
}

/// A Vault with a Transit engine.
#[derive(Clone, Debug)]
pub struct Vault {
    /// Where it is; none where the keyring is used.
    pub address: Option<String>,
    /// Where the engine is mounted.
    pub mount: String,
    /// The token that may use its keys.
    pub token: Option<SecretString>,
}

/// Files of the server's certificate, in PEM. Both or neither.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tls {
    /// The chain, the server's own certificate first.
    pub cert: Option<PathBuf>,
    /// Its private key.
    pub key: Option<PathBuf>,
}

/// The account at Twilio.
#[derive(Clone, Debug, Default)]
pub struct Twilio {
    /// With it webhooks are signed. Without it: see [`Config::takes_unsigned_from`].
    pub auth_token: Option<SecretString>,
    /// Where set, webhooks of other accounts are turned away.
    pub account_sid: Option<String>,
}

/// How the program is told that something waits.
#[derive(Clone, Debug, Default)]
pub struct Notify {
    /// Where a signed webhook goes.
    pub webhook_url: Option<String>,
    /// What it is signed with.
    pub webhook_secret: Option<SecretString>,
    /// The server that takes mails, with its password.
    pub smtp_url: Option<SecretString>,
    /// Who the mails are from.
    pub mail_from: Option<String>,
    /// Who gets them.
    pub mail_to: Option<String>,
}

/// A pool of model workers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Workers {
    /// Threads, each with a model of its own.
    pub workers: usize,
    /// Jobs that may wait for them.
    pub queue_max: usize,
}

/// How it logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// JSON or text.
    pub format: logs::Format,
    /// As for [`logs::start`].
    pub level: String,
}

/// Chats on pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chat {
    /// At most so many at once; calls are counted apart.
    pub chats_max: usize,
    /// Chats that one address may begin in a minute.
    pub starts_per_min_max: u32,
    /// Pages beside the server's own that may show a chat.
    pub origins: String,
}

/// Calls from browsers, by WebRTC.
#[derive(Clone, Debug)]
pub struct Browser {
    /// The UDP ports to use; `None` leaves it to the system.
    pub udp_ports: Option<RangeInclusive<u16>>,
    /// The address that browsers are told instead of this machine's own.
    pub public_address: Option<IpAddr>,
    /// STUN and TURN servers, with spaces between them.
    pub ice_servers: Vec<String>,
    /// Who we are to the TURN servers.
    pub ice_username: String,
    /// How we show it.
    pub ice_password: SecretString,
    /// Calls that one address may begin in a minute.
    pub starts_per_min_max: u32,
}

/// Limits on what comes from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// A message on a WebSocket.
    pub message_bytes_max: usize,
    /// The body of an HTTP request.
    pub body_bytes_max: usize,
    /// From the upgrade of a stream to its `start`.
    pub start_ms_max: u64,
    /// From handing out a stream's one-time token to its use.
    pub token_ms_max: u64,
    /// A whole call.
    pub call_ms_max: u64,
    /// From SIGTERM until calls that still go on are ended.
    pub drain_ms_max: u64,
    /// A browser's or chat's connection may be gone for so long before its call ends.
    pub resume_ms_max: u64,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            public_url: None,
            data: "data".into(),
            keys: "keys".into(),
            key_passphrase: None,
            vault: Vault { address: None, mount: "transit".into(), token: None },
            models: "models".into(),
            programs: "programs".into(),
            program: "harbor".into(),
            calls_max: 150,
            tls: Tls::default(),
            twilio: Twilio::default(),
            notify: Notify::default(),
            recogniser: Workers { workers: 2, queue_max: 64 },
            voice: Workers { workers: 1, queue_max: 64 },
            log: Log { format: logs::Format::Text, level: "info".into() },
            chat: Chat { chats_max: 2_000, starts_per_min_max: 60, origins: String::new() },
            browser: Browser {
                udp_ports: None,
                public_address: None,
                ice_servers: Vec::new(),
                ice_username: String::new(),
                ice_password: SecretString::default(),
                starts_per_min_max: 20,
            },
            limits: Limits {
                message_bytes_max: 65_536,
                body_bytes_max: 65_536,
                start_ms_max: 5_000,
                token_ms_max: 60_000,
                call_ms_max: 3_600_000,
                drain_ms_max: 600_000,
                resume_ms_max: 900_000,
            },
        }
    }
}

impl Config {
    /// The settings of `file` over the defaults, and those of the environment over both.
    pub fn load(file: Option<&Path>, env: impl Fn(&str) -> Option<String>) -> Result<Config, ConfigFault> {
        Config::gather(file, env, &[])
    }

    fn gather(
        file: Option<&Path>,
        env: impl Fn(&str) -> Option<String>,
        flags: &[(&'static Setting, String)],
    ) -> Result<Config, ConfigFault> {
        let mut config = Config::default();
        if let Some(path) = file {
            file::read_into(&mut config, path)?;
        }
        for setting in &SETTINGS {
            let name = setting.env();
            // An empty variable is how containers say "not set".
            if let Some(value) = env(&name).filter(|v| !v.is_empty()) {
                setting
                    .put(&mut config, &value)
                    .map_err(|what| ConfigFault::at(Place::Variable(name), what))?;
            }
        }
        for (setting, value) in flags {
            let place = || Place::Flag(setting.key.into());
            setting.put(&mut config, value).map_err(|what| ConfigFault::at(place(), what))?;
        }
        config.check()?;
        Ok(config)
    }

    /// What no setting can say alone.
    fn check(&self) -> Result<(), ConfigFault> {
        let fault = |what: &str| Err(ConfigFault::at(Place::Whole, what.to_owned()));
        match (&self.tls.cert, &self.tls.key) {
            (Some(_), None) => return fault("tls.cert is set and tls.key is not; set both, or neither"),
            (None, Some(_)) => return fault("tls.key is set and tls.cert is not; set both, or neither"),
            _ => {}
        }
        if self.vault.address.is_some() && self.vault.token.is_none() {
            return fault("vault.address is set and vault.token is not; set both, or neither");
        }
        if self.notify.webhook_url.is_some() != self.notify.webhook_secret.is_some() {
            return fault("notify.webhook_url and notify.webhook_secret go together; set both, or neither");
        }
        let mail =
            [self.notify.smtp_url.is_some(), self.notify.mail_from.is_some(), self.notify.mail_to.is_some()];
        if mail.contains(&true) && mail.contains(&false) {
            return fault(
                "notify.smtp_url, notify.mail_from and notify.mail_to go together; set all, or none",
            );
        }
        if self.data == self.keys {
            return fault(
                "data and keys are the same folder; a copy of the data would hold its keys: part them",
            );
        }
        Ok(())
    }

    /// Whether an unsigned webhook or stream from `peer` may be answered. Only while nothing is known to check it
    /// with and no provider can mean this server: no `twilio.auth_token`, no `public_url`, and a peer on this
    /// machine. With a `public_url` a peer on this machine may be a proxy that hands on anybody's request.
    pub fn takes_unsigned_from(&self, peer: IpAddr) -> bool {
        self.twilio.auth_token.is_none() && self.public_url.is_none() && peer.to_canonical().is_loopback()
    }

    /// The address to give to callers: `public_url`, or the one that the server is `bound` to.
    pub fn base_url(&self, bound: SocketAddr) -> PublicUrl {
        self.public_url.clone().unwrap_or_else(|| PublicUrl::of(bound, self.tls.cert.is_some()))
    }

    /// What works and is probably not meant, for the log at the start.
    pub fn doubts(&self) -> Vec<String> {
        let mut doubts = Vec::new();
        if self.public_url.is_some() && self.twilio.auth_token.is_none() {
            doubts.push(
                "public_url is set and twilio.auth_token is not: every webhook of Twilio is refused".into(),
            );
        }
        if self.public_url.is_none() && self.twilio.auth_token.is_some() {
            doubts.push(
                "twilio.auth_token is set and public_url is not: signatures are computed over the local \
                         address, and Twilio's will not match"
                    .into(),
            );
        }
        if !self.listen.ip().is_loopback() && self.tls.cert.is_none() {
            doubts.push(
                "listen is open to other machines without TLS: only put it behind a proxy that does TLS"
                    .into(),
            );
        }
        doubts
    }
}

/// The names among `variables` that look like settings and are none.
pub fn strangers(variables: impl Iterator<Item = String>) -> Vec<String> {
    // Read by the command line itself.
    const ELSEWHERE: &str = "CANDOR_CONFIG";
    variables
        .filter(|name| name.starts_with("CANDOR_") && name != ELSEWHERE)
        .filter(|name| !SETTINGS.iter().any(|s| s.env() == *name))
        .collect()
}

//! The table of all settings: the file, the environment, the command line and the documentation follow it.

use super::{Config, PublicUrl};
use crate::observe::logs;
use secrecy::SecretString;
use std::{fmt, ops::RangeInclusive, path::PathBuf, str::FromStr};

/// What a setting's value looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// A whole number.
    Number,
    /// A file's or folder's path, from the working directory.
    Path,
    /// Text that is never shown again.
    Secret,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Text => "text",
            Kind::Number => "number",
            Kind::Path => "path",
            Kind::Secret => "secret",
        })
    }
}

/// One setting.
pub struct Setting {
    /// Its name in the file: `twilio.auth_token` is `auth_token` in the table `[twilio]`.
    pub key: &'static str,
    /// What its value looks like.
    pub kind: Kind,
    /// The value it has when nobody sets it; empty for none.
    pub default: &'static str,
    put: fn(&mut Config, &str) -> Result<(), String>,
}

impl Setting {
    /// Its environment variable.
    pub fn env(&self) -> String {
        format!("CANDOR_{}", self.key.to_ascii_uppercase().replace('.', "_"))
    }

    /// The setting called `key`.
    pub fn find(key: &str) -> Option<&'static Setting> {
        SETTINGS.iter().find(|s| s.key == key)
    }

    /// Sets it in `config`, or says what is wrong with `value`.
    pub(super) fn put(&self, config: &mut Config, value: &str) -> Result<(), String> {
        (self.put)(config, value)
    }
}

/// All of them.
#[rustfmt::skip] // a table: one line a setting
pub static SETTINGS: [Setting; 49] = {
    use Kind::{Number, Path, Secret, Text};
    const fn setting(
        key: &'static str, kind: Kind, default: &'static str, put: fn(&mut Config, &str) -> Result<(), String>,
    ) -> Setting {
        Setting { key, kind, default, put }
    }
    [
        setting("listen", Text, "127.0.0.1:8080", |c, v| parse(&mut c.listen, v, "an address such as 127.0.0.1:8080")),
        setting("public_url", Text, "", |c, v| {
            c.public_url = Some(v.parse::<PublicUrl>().map_err(|e| e.to_string())?);
            Ok(())
        }),
        setting("data", Path, "data", |c, v| path(&mut c.data, v)),
        setting("keys", Path, "keys", |c, v| path(&mut c.keys, v)),
        setting("key_passphrase", Secret, "", |c, v| {
            c.key_passphrase = Some(SecretString::from(filled(v)?));
            Ok(())
        }),
        setting("key_passphrase_file", Path, "", |c, v| {
            c.key_passphrase = Some(secret_in(v)?);
            Ok(())
        }),
        setting("vault.address", Text, "", |c, v| { c.vault.address = Some(filled(v)?); Ok(()) }),
        setting("vault.mount", Text, "transit", |c, v| { c.vault.mount = filled(v)?; Ok(()) }),
        setting("vault.token", Secret, "", |c, v| {
            c.vault.token = Some(SecretString::from(filled(v)?));
            Ok(())
        }),
        setting("vault.token_file", Path, "", |c, v| {
            c.vault.token = Some(secret_in(v)?);
            Ok(())
        }),
        setting("models", Path, "models", |c, v| path(&mut c.models, v)),
        setting("programs", Path, "programs", |c, v| path(&mut c.programs, v)),
        setting("program", Text, "harbor", |c, v| { c.program = filled(v)?; Ok(()) }),
        setting("calls_max", Number, "150", |c, v| within(&mut c.calls_max, v, 1..=100_000)),
        setting("tls.cert", Path, "", |c, v| path(c.tls.cert.get_or_insert_default(), v)),
        setting("tls.key", Path, "", |c, v| path(c.tls.key.get_or_insert_default(), v)),
        setting("twilio.auth_token", Secret, "", |c, v| {
            c.twilio.auth_token = Some(SecretString::from(filled(v)?));
            Ok(())
        }),
        setting("twilio.auth_token_file", Path, "", |c, v| {
            c.twilio.auth_token = Some(secret_in(v)?);
            Ok(())
        }),
        setting("twilio.account_sid", Text, "", |c, v| {
            let right = v.len() == 34 && v.starts_with("AC") && v[2..].bytes().all(|b| b.is_ascii_hexdigit());
            c.twilio.account_sid = Some(v.into());
            right.then_some(()).ok_or_else(|| format!("`{v}` is no account SID: `AC` and 32 hex digits"))
        }),
        setting("notify.webhook_url", Text, "", |c, v| { c.notify.webhook_url = Some(filled(v)?); Ok(()) }),
        setting("notify.webhook_secret", Secret, "", |c, v| {
            c.notify.webhook_secret = Some(SecretString::from(filled(v)?));
            Ok(())
        }),
        setting("notify.webhook_secret_file", Path, "", |c, v| {
            c.notify.webhook_secret = Some(secret_in(v)?);
            Ok(())
        }),
        setting("notify.smtp_url", Secret, "", |c, v| {
            c.notify.smtp_url = Some(SecretString::from(filled(v)?));
            Ok(())
        }),
        setting("notify.smtp_url_file", Path, "", |c, v| {
            c.notify.smtp_url = Some(secret_in(v)?);
            Ok(())
        }),
        setting("notify.mail_from", Text, "", |c, v| { c.notify.mail_from = Some(filled(v)?); Ok(()) }),
        setting("notify.mail_to", Text, "", |c, v| { c.notify.mail_to = Some(filled(v)?); Ok(()) }),
        setting("recogniser.workers", Number, "2", |c, v| within(&mut c.recogniser.workers, v, 1..=256)),
        setting("recogniser.queue_max", Number, "64", |c, v| within(&mut c.recogniser.queue_max, v, 1..=100_000)),
        setting("voice.workers", Number, "1", |c, v| within(&mut c.voice.workers, v, 1..=256)),
        setting("voice.queue_max", Number, "64", |c, v| within(&mut c.voice.queue_max, v, 1..=100_000)),
        setting("log.format", Text, "text", |c, v| {
            c.log.format = match v {
                "text" => logs::Format::Text,
                "json" => logs::Format::Json,
                _ => return Err(format!("`{v}` is no format of logs: write text or json")),
            };
            Ok(())
        }),
        setting("log.level", Text, "info", |c, v| {
            logs::check_level(v).map_err(|e| e.to_string())?;
            c.log.level = v.into();
            Ok(())
        }),
        setting("chat.chats_max", Number, "2000", |c, v| within(&mut c.chat.chats_max, v, 0..=1_000_000)),
        setting("chat.starts_per_min_max", Number, "60", |c, v| {
            within(&mut c.chat.starts_per_min_max, v, 1..=1_000_000)
        }),
        setting("chat.origins", Text, "", |c, v| {
            c.chat.origins = filled(v)?;
            Ok(())
        }),
        setting("browser.udp_ports", Text, "", |c, v| { c.browser.udp_ports = Some(ports(v)?); Ok(()) }),
        setting("browser.public_address", Text, "", |c, v| {
            c.browser.public_address = Some(v.parse().map_err(|_| format!("`{v}` is no IP address, as 203.0.113.5"))?);
            Ok(())
        }),
        setting("browser.ice_servers", Text, "", |c, v| { c.browser.ice_servers = ice_servers(v)?; Ok(()) }),
        setting("browser.ice_username", Text, "", |c, v| { c.browser.ice_username = filled(v)?; Ok(()) }),
        setting("browser.ice_password", Secret, "", |c, v| {
            c.browser.ice_password = SecretString::from(filled(v)?);
            Ok(())
        }),
        setting("browser.ice_password_file", Path, "", |c, v| { c.browser.ice_password = secret_in(v)?; Ok(()) }),
        setting("browser.starts_per_min_max", Number, "20", |c, v| {
            within(&mut c.browser.starts_per_min_max, v, 1..=1_000_000)
        }),
        setting("limits.message_bytes_max", Number, "65536", |c, v| {
            within(&mut c.limits.message_bytes_max, v, 4_096..=16_777_216)
        }),
        setting("limits.body_bytes_max", Number, "65536", |c, v| {
            within(&mut c.limits.body_bytes_max, v, 4_096..=16_777_216)
        }),
        setting("limits.start_ms_max", Number, "5000", |c, v| within(&mut c.limits.start_ms_max, v, 100..=60_000)),
        setting("limits.token_ms_max", Number, "60000", |c, v| within(&mut c.limits.token_ms_max, v, 1_000..=600_000)),
        setting("limits.call_ms_max", Number, "3600000", |c, v| {
            within(&mut c.limits.call_ms_max, v, 60_000..=86_400_000)
        }),
        setting("limits.drain_ms_max", Number, "600000", |c, v| {
            within(&mut c.limits.drain_ms_max, v, 0..=86_400_000)
        }),
        setting("limits.resume_ms_max", Number, "900000", |c, v| {
            within(&mut c.limits.resume_ms_max, v, 0..=3_600_000)
        }),
    ]
};

fn parse<T: FromStr>(into: &mut T, value: &str, what: &str) -> Result<(), String> {
    *into = value.parse().map_err(|_| format!("`{value}` is not {what}"))?;
    Ok(())
}

fn within<T: FromStr + PartialOrd + fmt::Display>(
    into: &mut T,
    value: &str,
    range: RangeInclusive<T>,
) -> Result<(), String> {
    match value.parse::<T>() {
        Ok(number) if range.contains(&number) => *into = number,
        _ => {
            return Err(format!("`{value}` is not a whole number from {} to {}", range.start(), range.end()));
        }
    }
    Ok(())
}

/// `50000-50199`.
fn ports(value: &str) -> Result<RangeInclusive<u16>, String> {
    let wrong = || format!("`{value}` is no range of ports, as 50000-50199");
    let (first, last) = value.split_once('-').ok_or_else(wrong)?;
    let port = |text: &str| text.trim().parse::<u16>().map_err(|_| wrong());
    let (first, last) = (port(first)?, port(last)?);
    if first < 1_024 || first > last { Err(wrong()) } else { Ok(first..=last) }
}

fn ice_servers(value: &str) -> Result<Vec<String>, String> {
    let one = |url: &str| match url.strip_prefix("stun:").or_else(|| url.strip_prefix("turn:")) {
        Some(host) if !host.is_empty() => Ok(url.to_owned()),
        _ => {
            Err(format!("`{url}` is no server, as stun:stun.example.org:3478 or turn:turn.example.org:3478"))
        }
    };
    filled(value)?.split_whitespace().map(one).collect()
}

fn path(into: &mut PathBuf, value: &str) -> Result<(), String> {
    *into = filled(value)?.into();
    Ok(())
}

fn filled(value: &str) -> Result<String, String> {
    match value.trim() {
        "" => Err("it is empty; leave the setting out where it is not needed".into()),
        text => Ok(text.into()),
    }
}

fn secret_in(path: &str) -> Result<SecretString, String> {
    let text = std::fs::read_to_string(path).map_err(|e| format!("the file {path} cannot be read: {e}"))?;
    filled(&text).map(SecretString::from).map_err(|_| format!("the file {path} is empty"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_in_the_table_is_the_one_in_force() {
        let untouched = format!("{:?}", Config::default());
        for setting in &SETTINGS {
            if !setting.default.is_empty() {
                let mut config = Config::default();
                setting.put(&mut config, setting.default).unwrap();
                assert_eq!(format!("{config:?}"), untouched, "{}", setting.key);
            }
        }
    }

    #[test]
    fn no_two_settings_share_a_name_or_a_variable() {
        let mut names: Vec<_> = SETTINGS.iter().map(Setting::env).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), SETTINGS.len());
    }
}

//! Settings on the command line.

use super::{
    Config, Kind, Setting,
    fault::{ConfigFault, Place},
    file::unknown,
};
use std::path::PathBuf;

/// Flags that many commands share: `#[command(flatten)]` them.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Flags {
    /// Settings file (TOML); docs/configuration.md lists what can be set
    #[arg(long, value_name = "FILE", env = "CANDOR_CONFIG")]
    pub config: Option<PathBuf>,
    /// Address to listen on [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<String>,
    /// The address under which providers reach this server, such as <https://voice.example.org>
    #[arg(long, value_name = "URL")]
    pub public_url: Option<String>,
    /// Folder of the calls [default: data]
    #[arg(long, value_name = "DIR")]
    pub data: Option<String>,
    /// Folder of the keys [default: keys]
    #[arg(long, value_name = "DIR")]
    pub keys: Option<String>,
    /// Folder of the speech models [default: models]
    #[arg(long, value_name = "DIR")]
    pub models: Option<String>,
    /// Folder of the programs [default: programs]
    #[arg(long, value_name = "DIR")]
    pub programs: Option<String>,
    /// Any other setting, such as log.level=debug; may be given again
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
}

impl Flags {
    /// All settings: the flags over the environment over the file over the defaults.
    pub fn load(&self, env: impl Fn(&str) -> Option<String>) -> Result<Config, ConfigFault> {
        let mut flags = Vec::new();
        for (key, value) in [
            ("listen", &self.listen),
            ("public_url", &self.public_url),
            ("data", &self.data),
            ("keys", &self.keys),
            ("models", &self.models),
            ("programs", &self.programs),
        ] {
            if let (Some(setting), Some(value)) = (Setting::find(key), value) {
                flags.push((setting, value.clone()));
            }
        }
        for set in &self.set {
            flags.push(pair(set).map_err(|what| ConfigFault::at(Place::Flag("--set".into()), what))?);
        }
        Config::gather(self.config.as_deref(), env, &flags)
    }
}

fn pair(set: &str) -> Result<(&'static Setting, String), String> {
    let (key, value) = set.split_once('=').ok_or("write it as KEY=VALUE, such as log.level=debug")?;
    let setting = Setting::find(key).ok_or_else(|| unknown(key))?;
    match setting.kind {
        Kind::Secret => Err(format!(
            "{key} is a secret, and a command line can be read by everybody on this machine; set {} or the file",
            setting.env()
        )),
        _ => Ok((setting, value.into())),
    }
}

//! `candor keys`: the keys that seal calls. Also where every command finds them.

use super::Fault;
use crate::{
    ports::{KeyService, KeysFailed},
    store::{
        Keyring, Store,
        keys::{Passphrase, Transit},
    },
};
use indicatif::{ProgressBar, ProgressStyle};
use secrecy::SecretString;
use std::{
    env, fs,
    path::{Path, PathBuf},
    sync::Arc,
};

/// What `candor keys` can do.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Makes a new key for each program, and wraps every call's keys under it
    Rotate(Rotate),
    /// Goes on with a rotation that was cut off: wraps what is not wrapped under the newest key
    Rewrap(Rotate),
}

/// Arguments of `candor keys rotate` and `rewrap`.
#[derive(clap::Args)]
pub struct Rotate {
    #[command(flatten)]
    folders: Folders,
    /// Only this program
    #[arg(long, value_name = "ID")]
    program: Option<String>,
}

/// Where calls and their keys are.
#[derive(clap::Args)]
pub(super) struct Folders {
    /// Folder of the calls
    #[arg(long, value_name = "DIR", env = "CANDOR_DATA", default_value = "data")]
    pub data: PathBuf,
    /// Folder of the keys [default: `keys` beside the folder of the calls where there is one, else `keys` here]
    #[arg(long, value_name = "DIR", env = "CANDOR_KEYS")]
    pub keys: Option<PathBuf>,
}

impl Folders {
    /// Refuses a folder in which no calls are.
    pub fn must_exist(&self) -> Result<(), Fault> {
        let data = &self.data;
        if !data.is_dir() {
            return Err(Fault::misuse(format!(
                "there is no data folder {}; give the one of a server with --data DIR",
                data.display()
            )));
        }
        if !data.join("candor.db").is_file() {
            return Err(Fault::misuse(format!(
                "there is no candor.db in {}; give the data folder of a server with --data",
                data.display()
            )));
        }
        Ok(())
    }

    /// The keys for reading: there must be some.
    pub fn existing_keys(&self) -> Result<Arc<dyn KeyService>, Fault> {
        if let Some(vault) = vault()? {
            return Ok(vault);
        }
        Ok(Arc::new(Keyring::existing(&self.keys_folder(), passphrase()?.as_ref())?))
    }

    /// Whether somebody said which folder of calls it is.
    pub fn is_named(&self) -> bool {
        env::args().any(|arg| arg == "--data" || arg.starts_with("--data="))
            || variable("CANDOR_DATA").is_some()
    }

    fn keys_folder(&self) -> PathBuf {
        keys_folder(&self.data, self.keys.as_deref())
    }
}

/// Where the keys of `data` are, unless it is said.
fn keys_folder(data: &Path, said: Option<&Path>) -> PathBuf {
    let here = PathBuf::from("keys");
    match said {
        Some(folder) => folder.into(),
        None => {
            let whole = fs::canonicalize(data).unwrap_or_else(|_| data.into());
            let beside = whole.parent().map(|parent| parent.join("keys"));
            beside.filter(|folder| folder.join("keyring.json").is_file()).unwrap_or(here)
        }
    }
}

/// The keys of `data` for sealing: made where there are none yet.
pub(super) fn open(data: &Path, said: Option<&Path>) -> Result<Arc<dyn KeyService>, Fault> {
    match vault()? {
        Some(vault) => Ok(vault),
        None => Ok(Arc::new(Keyring::open(&keys_folder(data, said), passphrase()?.as_ref())?)),
    }
}

/// The Vault that keeps the keys, where the environment names one.
fn vault() -> Result<Option<Arc<dyn KeyService>>, Fault> {
    let Some(address) = variable("CANDOR_VAULT_ADDRESS") else { return Ok(None) };
    let mount = variable("CANDOR_VAULT_MOUNT").unwrap_or_else(|| "transit".into());
    let token = secret("CANDOR_VAULT_TOKEN")?;
    let token =
        token.ok_or_else(|| Fault::misuse("CANDOR_VAULT_ADDRESS is set and CANDOR_VAULT_TOKEN is not"))?;
    Ok(Some(Arc::new(Transit::new(&address, &mount, token)?)))
}

/// The passphrase of the keyring, where the environment has one.
fn passphrase() -> Result<Option<Passphrase>, Fault> {
    secret("CANDOR_KEY_PASSPHRASE")
}

/// The secret in a variable, or in the file that the variable with `_FILE` names.
fn secret(name: &str) -> Result<Option<SecretString>, Fault> {
    match variable(&format!("{name}_FILE")) {
        Some(path) => match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(SecretString::from(text.trim()))),
            Err(e) => Err(Fault::misuse(format!("the file {path} cannot be read: {e}"))),
        },
        None => Ok(variable(name).map(SecretString::from)),
    }
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|text| !text.is_empty())
}

/// Runs it.
pub fn run(command: Command) -> Result<(), Fault> {
    let (args, is_new) = match command {
        Command::Rotate(args) => (args, true),
        Command::Rewrap(args) => (args, false),
    };
    super::block_on(rotate(args, is_new))
}

async fn rotate(args: Rotate, is_new: bool) -> Result<(), Fault> {
    let data = &args.folders.data;
    if !data.is_dir() {
        return Err(Fault::misuse(format!(
            "there is no data folder {}; give the one of a server with --data DIR",
            data.display()
        )));
    }
    let keys = args.folders.existing_keys()?;
    let store = Store::beside(data, Arc::clone(&keys)).await?;
    let programs: Vec<String> = match args.program {
        Some(program) if keys.tenants().await?.contains(&program) => vec![program],
        Some(program) => {
            return Err(Fault::misuse(format!("the keyring has no keys of a program {program}")));
        }
        None => keys.tenants().await?,
    };
    if is_new {
        for program in &programs {
            println!("{program}  version {}", keys.rotate(program).await?);
        }
    }
    let calls = store.archive().calls_of(&programs).await?;
    let bar = ProgressBar::new(calls.len() as u64).with_style(
        ProgressStyle::with_template("{pos}/{len} calls {wide_bar} {eta}").expect("a fixed template"),
    );
    let mut wrapped = 0;
    for call_id in bar.wrap_iter(calls.iter()) {
        wrapped += store.rewrap(call_id).await.map_err(|why| {
            Fault::finding(format!(
                "call {call_id}: {why}; what was done stays done, and `candor keys rewrap` goes on from there"
            ))
        })?;
    }
    for program in &programs {
        wrapped += store.book().rewrap(program).await.map_err(|why| {
            Fault::finding(format!(
                "the book of {program}: {why}; what was done stays done, and `candor keys rewrap` goes on from there"
            ))
        })?;
    }
    println!("{wrapped} keys of {} calls and {} books wrapped anew", calls.len(), programs.len());
    Ok(())
}

impl From<KeysFailed> for Fault {
    fn from(failed: KeysFailed) -> Fault {
        Fault::misuse(failed.to_string())
    }
}

//! `candor token`: bearer tokens of the API.

use super::Fault;
use crate::{
    store::{Tokens, tokens::Scope},
    time::Utc,
};
use secrecy::ExposeSecret;
use std::path::PathBuf;

/// What `candor token` can do.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Makes a token and prints it: the only time it can be seen
    Create(Create),
    /// Lists tokens, without what would let anybody in
    List(List),
    /// Revokes a token, from its next use on
    Revoke(Revoke),
}

/// Arguments of `candor token create`.
#[derive(clap::Args)]
pub struct Create {
    #[command(flatten)]
    folder: Folder,
    /// What it is for, so that its owner knows it again
    #[arg(long, default_value = "unnamed")]
    name: String,
    /// read: call records; watch: live captions; admin: everything. May be given again
    #[arg(long, default_value = "read")]
    scope: Vec<Scope>,
}

/// Arguments of `candor token list`.
#[derive(clap::Args)]
pub struct List {
    #[command(flatten)]
    folder: Folder,
}

/// Arguments of `candor token revoke`.
#[derive(clap::Args)]
pub struct Revoke {
    #[command(flatten)]
    folder: Folder,
    /// The token's id, from `candor token list`
    id: String,
}

#[derive(clap::Args)]
struct Folder {
    /// Folder of the calls; a server may be running on it
    #[arg(long, value_name = "DIR", env = "CANDOR_DATA", default_value = "data")]
    data: PathBuf,
}

/// Runs it.
pub fn run(command: Command) -> Result<(), Fault> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| Fault::finding(format!("this machine starts no runtime: {e}")))?;
    runtime.block_on(async {
        match command {
            Command::Create(args) => create(args).await,
            Command::List(args) => list(args).await,
            Command::Revoke(args) => revoke(args).await,
        }
    })
}

async fn create(mut args: Create) -> Result<(), Fault> {
    args.scope.sort();
    args.scope.dedup();
    let tokens = Tokens::open(&args.folder.data).await?;
    let (token, secret) = tokens.create(&args.name, &args.scope, now()).await?;
    eprintln!("token {} may {}; it is shown only this once:", token.id, scopes(&args.scope));
    println!("{}", secret.expose_secret());
    Ok(())
}

async fn list(args: List) -> Result<(), Fault> {
    let tokens = existing(&args.folder).await?;
    for token in tokens.list().await? {
        let state = match token.revoked_at {
            Some(at) => format!("revoked {at}"),
            None => "good".into(),
        };
        // Its name comes last, and in quotes: it is the only part that somebody chose.
        println!(
            "{}  made {}  {}  {state}  {:?}",
            token.id,
            token.created_at,
            scopes(&token.scopes),
            token.name
        );
    }
    Ok(())
}

async fn revoke(args: Revoke) -> Result<(), Fault> {
    let tokens = existing(&args.folder).await?;
    match tokens.revoke(&args.id, now()).await? {
        true => Ok(()),
        false => Err(Fault::finding(format!(
            "there is no good token {} in {}; `candor token list --data {}` lists them",
            args.id,
            args.folder.data.display(),
            args.folder.data.display()
        ))),
    }
}

async fn existing(folder: &Folder) -> Result<Tokens, Fault> {
    match folder.data.is_dir() {
        true => Ok(Tokens::open(&folder.data).await?),
        false => Err(Fault::misuse(format!(
            "there is no data folder {}; give the one of a server with --data DIR",
            folder.data.display()
        ))),
    }
}

fn scopes(scopes: &[Scope]) -> String {
    scopes.iter().map(|s| s.name()).collect::<Vec<_>>().join(" ")
}

fn now() -> Utc {
    Utc(jiff::Timestamp::now().as_millisecond())
}

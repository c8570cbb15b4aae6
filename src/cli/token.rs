//! `candor token`: bearer tokens of the API.

use super::Fault;
use crate::{
    access::Role,
    cli::now,
    store::{Tokens, tokens::Token},
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
    /// For whom it speaks: compliance, clinician, intake, qa, auditor, admin (who sees no content) or keyholder
    #[arg(long, default_value = "clinician", value_parser = role)]
    role: Role,
    /// The program whose calls it sees; needed where a server answers for several. A keyholder's sees all without it
    #[arg(long, value_name = "ID")]
    program: Option<String>,
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
    super::block_on(async {
        match command {
            Command::Create(args) => create(args).await,
            Command::List(args) => list(args).await,
            Command::Revoke(args) => revoke(args).await,
        }
    })
}

async fn create(args: Create) -> Result<(), Fault> {
    let tokens = Tokens::open(&args.folder.data).await?;
    let (token, secret) = tokens.create(&args.name, args.role, args.program.as_deref(), now()).await?;
    eprintln!("token {} speaks for {}; it is shown only this once:", token.id, bearer(&token));
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
        println!("{}  made {}  {}  {state}  {:?}", token.id, token.created_at, bearer(&token), token.name);
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

fn bearer(token: &Token) -> String {
    match &token.program {
        Some(program) => format!("{} of {program}", token.role),
        None => token.role.to_string(),
    }
}

fn role(name: &str) -> Result<Role, String> {
    match name.parse() {
        // What leaves the program goes with a statement and into the accounting, and not through a token.
        Ok(Role::Recipient) => Err("no token speaks for a recipient".into()),
        Ok(role) => Ok(role),
        Err(unknown) => Err(unknown.to_string()),
    }
}

//! `candor consent`: consents as they stand today, and what reached the program outside of calls.

mod table;

pub(super) use table::stands;

use super::{
    Fault,
    keys::Folders,
    reading::{As, Reader},
    record::print,
};
use crate::{
    access::Datum,
    book::{How, Piece},
    cli::now,
    config::{PublicUrl, programs},
    consent::SignHere,
    store::{
        After,
        after::{Attestation, NotEntered, Revocation},
    },
    time::Utc,
};
use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeSet,
    fs,
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
};

/// What `candor consent` can do.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Lists consents as they stand today
    List(List),
    /// Enters a revocation that reached the program outside of a call
    Revoke(Revoke),
    /// Enters a written, signed consent that reached the program on paper
    Attest(Attest),
    /// Writes the caller's copy of a consent, with a link to sign it where that is asked for
    Copy(CopyOf),
}

/// Where everything is.
#[derive(clap::Args)]
pub(super) struct Place {
    #[command(flatten)]
    folder: Folders,
    /// Folder of the programs, for what was asked
    #[arg(long, value_name = "DIR", env = "CANDOR_PROGRAMS", default_value = "programs")]
    programs: PathBuf,
    #[command(flatten)]
    reader: As,
}

/// Arguments of `candor consent list`.
#[derive(clap::Args)]
pub struct List {
    #[command(flatten)]
    place: Place,
    /// Only of this patient, by the reference that calls were joined under
    #[arg(long, value_name = "REF")]
    patient: Option<String>,
    /// Only of this call
    #[arg(long, value_name = "ID")]
    call: Option<String>,
    /// One consent a line, as JSON
    #[arg(long)]
    json: bool,
}

/// How something came in.
#[derive(clap::Args)]
struct Came {
    /// Who enters it
    #[arg(long, value_name = "NAME")]
    by: String,
    /// By which way it came: letter, email, in_person or phone
    #[arg(long, value_parser = how)]
    how: How,
    /// When it came: a day such as 2026-11-21, or a time (RFC 3339)
    #[arg(long, value_name = "TIME", value_parser = received)]
    received: Utc,
    /// The scanned page: its SHA-256 is kept, the page itself is not
    #[arg(long, value_name = "FILE")]
    page: Option<PathBuf>,
}

/// Arguments of `candor consent revoke`.
#[derive(clap::Args)]
pub struct Revoke {
    #[command(flatten)]
    place: Place,
    /// The consent; its patient's earlier grants to the same recipient are reached too
    #[arg(value_name = "CONSENT_ID", required_unless_present = "patient")]
    consent: Option<String>,
    /// The patient instead, with --recipient or --all
    #[arg(long, value_name = "REF", conflicts_with = "consent")]
    patient: Option<String>,
    /// With --patient: what everybody was given, instead of --recipient
    #[arg(long, requires = "patient")]
    all: bool,
    #[command(flatten)]
    came: Came,
}

/// Arguments of `candor consent attest`.
#[derive(clap::Args)]
pub struct Attest {
    #[command(flatten)]
    place: Place,
    /// The consent
    #[arg(value_name = "CONSENT_ID")]
    consent: String,
    /// The name under it
    #[arg(long, value_name = "NAME")]
    name: String,
    /// The second name under it, where a parent or guardian had to sign too
    #[arg(long, value_name = "NAME")]
    cosigner: Option<String>,
    #[command(flatten)]
    came: Came,
}

/// Arguments of `candor consent copy`.
#[derive(clap::Args)]
pub struct CopyOf {
    #[command(flatten)]
    place: Place,
    /// The consent
    #[arg(value_name = "CONSENT_ID")]
    consent: String,
    /// The file to write, which must not exist yet: .html or .txt
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// With a one-time link under which it can be signed
    #[arg(long)]
    link: bool,
    /// For how many days the link is good [default: 14]
    #[arg(long, value_name = "N", requires = "link")]
    days: Option<u32>,
    /// The address under which callers reach the server; with --link
    #[arg(long, value_name = "URL", env = "CANDOR_PUBLIC_URL")]
    public_url: Option<PublicUrl>,
}

/// Runs it.
pub fn run(command: Command) -> Result<(), Fault> {
    super::block_on(async {
        match command {
            Command::List(args) => list(args).await,
            Command::Revoke(args) => revoke(args).await,
            Command::Attest(args) => attest(args).await,
            Command::Copy(args) => copy(args).await,
        }
    })
}

impl Place {
    /// What follows calls, with every call followed up, and who asks.
    pub(super) async fn open(self) -> Result<(After, Reader), Fault> {
        let scripts = programs::load_all(&self.programs).map_err(|e| Fault::misuse(e.to_string()))?;
        let reader = Reader::open(&self.folder, self.reader).await?;
        let after =
            After::on(&self.folder.data, reader.book().clone(), scripts.into_iter().map(Arc::new)).await?;
        after.follow_up(now()).await?;
        Ok((after, reader))
    }
}

/// The programs that are meant.
pub(super) async fn chosen(after: &After, reader: &Reader) -> Result<Vec<String>, Fault> {
    match &reader.program {
        Some(program) => Ok(vec![program.clone()]),
        None => Ok(after.archive().key_service().tenants().await?),
    }
}

async fn list(args: List) -> Result<(), Fault> {
    let (after, reader) = args.place.open().await?;
    reader.may_look()?;
    let identity = reader.asking().hears(&[Datum::Identity]).is_ok();
    let mut all = Vec::new();
    for program in chosen(&after, &reader).await? {
        let mut some = after.standing(&program, args.patient.as_deref(), now()).await?;
        some.retain(|one| args.call.as_ref().is_none_or(|call| *call == one.call_id));
        if !some.is_empty() {
            let calls = some.iter().map(|one| &one.call_id).collect::<BTreeSet<_>>().len() as u64;
            reader.noted(&program, None, Piece::Record, Some(calls)).await?;
        }
        all.extend(some.into_iter().map(|one| if identity { one } else { one.without_names() }));
    }
    if args.json { print(|out| table::lines(out, &all)) } else { print(|out| table::table(out, &all)) }
}

async fn revoke(mut args: Revoke) -> Result<(), Fault> {
    // Here it says whose permission ends: nobody outside of the program enters anything.
    let recipient = args.place.reader.recipient.take();
    match (&args.patient, &recipient, args.all) {
        (None, None, false) | (Some(_), Some(_), false) | (Some(_), None, true) => {}
        (None, ..) => {
            return Err(Fault::misuse("a consent has one recipient: give --patient REF with --recipient"));
        }
        (Some(_), ..) => {
            return Err(Fault::misuse("give --recipient R or --all, and not both, with --patient"));
        }
    }
    let (after, reader) = args.place.open().await?;
    reader.may_enter().await?;
    let program = match (&args.patient, &reader.program) {
        (Some(patient), None) => Some(program_of(&after, patient).await?),
        (_, program) => program.clone(),
    };
    let revocation = Revocation {
        consent_id: args.consent,
        patient: args.patient,
        recipient,
        page_sha256: args.came.page.as_deref().map(page).transpose()?,
        by: args.came.by,
        how: args.came.how,
        received: args.came.received,
    };
    let ended = after.revoke(program.as_deref(), revocation, reader.who(), now()).await?;
    if ended.is_empty() {
        eprintln!(
            "candor: nothing was live; the revocation is in the book, and reaches what was given before it"
        );
    }
    print(|out| table::table(out, &ended))
}

/// The program of a patient's reference: no two share one, since each is made with its program's key.
async fn program_of(after: &After, patient: &str) -> Result<String, Fault> {
    for program in after.archive().key_service().tenants().await? {
        if !after.standing(&program, Some(patient), now()).await?.is_empty() {
            return Ok(program);
        }
    }
    Err(Fault::finding(format!(
        "there is no patient {patient} here; `candor consent list` shows the references"
    )))
}

async fn attest(args: Attest) -> Result<(), Fault> {
    let (after, reader) = args.place.open().await?;
    reader.may_enter().await?;
    let attestation = Attestation {
        consent_id: args.consent,
        page_sha256: args.came.page.as_deref().map(page).transpose()?,
        by: args.came.by,
        how: args.came.how,
        received: args.came.received,
        name: args.name.into(),
        cosigner: args.cosigner.map(Into::into),
    };
    let one = after.attest(reader.program.as_deref(), attestation, reader.who(), now()).await?;
    print(|out| table::table(out, &[one]))
}

async fn copy(args: CopyOf) -> Result<(), Fault> {
    let html = match args.out.extension().and_then(|ending| ending.to_str()) {
        Some("html") => true,
        Some("txt") => false,
        _ => return Err(Fault::misuse("a copy is a page or a text: let --out end in .html or .txt")),
    };
    let url = args.public_url.filter(|_| args.link);
    if args.link && url.is_none() {
        return Err(Fault::misuse("a link needs the address of the server: add --public-url https://..."));
    }
    if args.out.exists() {
        return Err(Fault::misuse(format!(
            "{} exists already; give another file with --out",
            args.out.display()
        )));
    }
    let (after, reader) = args.place.open().await?;
    reader.may_enter().await?;
    let (who, program) = (reader.who(), reader.program.as_deref());
    let mut sign = None;
    if let Some(url) = url {
        let (secret, expires) = after.link(program, &args.consent, args.days, who.clone(), now()).await?;
        sign = Some(SignHere { url: url.http(&format!("/sign/{}", secret.expose_secret())), expires });
    }
    let text = after.copy(program, &args.consent, sign, html, who, now()).await?;
    let mut file = super::record::create(&args.out)?;
    file.write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        .map_err(|e| Fault::finding(format!("{} cannot be written: {e}; check the disk", args.out.display())))
}

fn page(path: &Path) -> Result<String, Fault> {
    let bytes = fs::read(path)
        .map_err(|e| Fault::misuse(format!("the page {} cannot be read: {e}", path.display())))?;
    eprintln!("candor: of {} only the SHA-256 is kept; file the page itself with the paper", path.display());
    Ok(Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect())
}

fn how(name: &str) -> Result<How, String> {
    How::of_staff(name).ok_or_else(|| "write letter, email, in_person or phone".to_owned())
}

/// A time, or the end of a day; of today, now.
fn received(text: &str) -> Result<Utc, String> {
    if let Ok(at) = text.parse() {
        return Ok(at);
    }
    let day: jiff::civil::Date = text
        .parse()
        .map_err(|_| "write a day such as 2026-11-21, or a time such as 2026-11-21T15:04:05Z".to_owned())?;
    let end: Utc = format!("{day}T23:59:59.999Z").parse().map_err(|_| "there is no such day".to_owned())?;
    let start = Utc(end.0 - 86_399_999);
    // A day that has not begun is kept as it is, and refused.
    Ok(if start <= now() { end.min(now()) } else { end })
}

impl From<NotEntered> for Fault {
    fn from(why: NotEntered) -> Fault {
        match why {
            NotEntered::Store(error) => error.into(),
            NotEntered::Unknown => Fault::finding(why.to_string()),
            NotEntered::Unfit(why) => Fault::finding(why),
        }
    }
}

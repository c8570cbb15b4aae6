//! `candor chat`: a conversation through the dialogue in the terminal, or as JSON lines under virtual time.

mod terminal;

use super::{Fault, chance, keys};
use crate::{
    cli::now,
    config::{agreements, programs},
    dialogue::{ChannelKind, Setup},
    journal::{Bytes32, Opened, Salts, opening},
    ports::{Ledger, StoreUnavailable},
    program::{Locale, Program, day},
    store::Store,
    time::Utc,
    typed::{Act, Conversation},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{
    io::{self, BufRead, Write},
    path::PathBuf,
    sync::Arc,
};

/// Without `--at`, a conversation that is not stored happens at this moment, so that two runs are the same.
const FIXED_START: Utc = Utc(1_767_225_600_000);
/// No input line is longer.
const LINE_BYTES_MAX: u64 = 64 * 1024;

/// Arguments of `candor chat`.
#[derive(clap::Args)]
pub struct Args {
    /// The program to talk to.
    #[arg(long, default_value = "harbor")]
    program: String,
    /// The folder of programs.
    #[arg(long, default_value = "programs", value_name = "DIR")]
    programs: PathBuf,
    /// One JSON object a line on standard input and output, under virtual time.
    #[arg(long)]
    json: bool,
    /// Keep the conversation in this data folder, like any other call.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Folder of the keys that seal it [default: `keys` beside that folder where there is one, else `keys` here]
    #[arg(long, value_name = "DIR", env = "CANDOR_KEYS")]
    keys: Option<PathBuf>,
    /// Fixes the ids.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Fixes the clock: an RFC 3339 time.
    #[arg(long, value_name = "TIME")]
    at: Option<Utc>,
    /// The language, in the terminal form: en-US or es-US.
    #[arg(long, default_value = "en-US", value_name = "TAG")]
    locale: String,
}

/// Runs it.
pub fn run(args: Args) -> Result<(), Fault> {
    let program = programs::load(&args.programs, &args.program).map_err(|e| Fault::misuse(e.to_string()))?;
    // Nobody is called here, so that a script may be tried before anything is signed.
    let today = day(args.at.unwrap_or_else(now));
    if let Err(refused) = agreements::require(&args.programs, &args.program, today) {
        eprintln!("candor: warning: {refused}");
    }
    let program = Arc::new(program);
    if args.json { json_lines(&args, program) } else { terminal::run(&args, program) }
}

/// What is fixed when a conversation begins, from the flags.
fn setup(args: &Args, locale: Locale) -> Setup {
    let seeded = args.seed.or(args.data.is_none().then_some(0));
    let call_id = match seeded {
        Some(seed) => {
            let digest = Sha256::digest(format!("candor chat {seed}").as_bytes());
            let mut bytes = [0; 16];
            bytes.copy_from_slice(&digest[..16]);
            uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
        }
        None => uuid::Uuid::new_v4().to_string(),
    };
    let fixed = || if args.data.is_some() && args.seed.is_none() { now() } else { FIXED_START };
    let started_at = args.at.unwrap_or_else(fixed);
    Setup {
        call_id,
        channel: ChannelKind::Terminal,
        locale,
        started_at,
        person_available: true,
        spoken: Vec::new(),
    }
}

/// The opening of a conversation, and the salts of its entries. What is kept is salted with chance; what is only
/// printed is the same in every run.
fn begun(args: &Args, program: &Program, locale: Locale) -> (Opened, Salts) {
    let mut opened = opening(program, &setup(args, locale), env!("CARGO_PKG_VERSION"));
    if args.data.is_none() {
        let salts = Salts::of_nobody(&opened.call_id);
        return (opened, salts);
    }
    opened.salt = Bytes32(chance::bytes());
    (opened, chance::salts())
}

/// Puts a finished conversation into the store.
fn keep(args: &Args, program: &Arc<Program>, conversation: &Conversation) -> Result<(), Fault> {
    let Some(data) = &args.data else { return Ok(()) };
    let keys = keys::open(data, args.keys.as_deref())?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| Fault::finding(format!("the runtime could not start: {e}")))?;
    let stored: Result<Vec<String>, StoreUnavailable> = runtime.block_on(async {
        let store = Store::beside(data, keys).await?;
        let opened = conversation.opened();
        store.open(opened).await?;
        store.append(&opened.call_id, conversation.entries().to_vec()).await?;
        store.close(&opened.call_id, &conversation.record()).await?;
        // Whose call it is, and what it says about earlier ones.
        store.after([Arc::clone(program)]).await?.follow_up(now()).await
    });
    stored
        .map(drop)
        .map_err(|e| Fault::finding(format!("the conversation was not kept in {}: {e}", data.display())))
}

fn json_lines(args: &Args, program: Arc<Program>) -> Result<(), Fault> {
    let stdin = io::stdin().lock();
    let mut lines = Lines { from: stdin };
    let mut out = Out;
    let Some(act) = first_act(&mut lines, &mut out)? else { return Ok(()) };
    let locale = act.locale();
    let (opened, salts) = begun(args, &program, locale);
    let script = Arc::clone(&program);
    let mut conversation = Conversation::new(program, opened, salts);
    conversation.begin(act, &mut |event| out.line(event))?;
    while let Some(expecting) = conversation.listening() {
        out.line(json!({"event": "listening", "expecting": expecting}))?;
        match lines.next()? {
            None => conversation.hang_up(&mut |event| out.line(event))?,
            Some(line) => match Act::parse(&line) {
                Ok(act) => conversation.act(act, &mut |event| out.line(event))?,
                Err(message) => out.line(json!({"event": "error", "message": message}))?,
            },
        }
    }
    keep(args, &script, &conversation)?;
    out.line(json!({"event": "record", "record": conversation.record()}))
}

/// Reads until somebody says start. End of input before that is a conversation that never was.
fn first_act(lines: &mut Lines<impl BufRead>, out: &mut Out) -> Result<Option<Act>, Fault> {
    loop {
        out.line(json!({"event": "listening", "expecting": "start"}))?;
        let Some(line) = lines.next()? else { return Ok(None) };
        match Act::parse_start(&line) {
            Ok(act) => return Ok(Some(act)),
            Err(message) => out.line(json!({"event": "error", "message": message}))?,
        }
    }
}

/// Input lines, bounded; what is not UTF-8 is replaced and refused later as bad JSON.
struct Lines<R> {
    from: R,
}

impl<R: BufRead> Lines<R> {
    fn next(&mut self) -> Result<Option<String>, Fault> {
        let mut line = Vec::new();
        let read = io::Read::take(&mut self.from, LINE_BYTES_MAX).read_until(b'\n', &mut line);
        match read {
            Err(e) => Err(Fault::finding(format!("standard input could not be read: {e}"))),
            Ok(0) => Ok(None),
            Ok(_) => {
                if line.last() != Some(&b'\n') && line.len() as u64 == LINE_BYTES_MAX {
                    self.from.skip_until(b'\n').map_err(|e| Fault::finding(e.to_string()))?;
                }
                Ok(Some(String::from_utf8_lossy(&line).into_owned()))
            }
        }
    }
}

/// Output lines, each flushed.
struct Out;

impl Out {
    fn line(&mut self, event: Value) -> Result<(), Fault> {
        let mut to = io::stdout().lock();
        writeln!(to, "{event}")
            .and_then(|()| to.flush())
            .map_err(|e| Fault::finding(format!("standard output is gone: {e}")))
    }
}

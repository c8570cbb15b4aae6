//! The one place where every room is joined to the others.

use super::{
    super::{Fault, chance::Chance},
    prompts, retention,
};
use crate::{
    book::{BookEvent, Noted, Who},
    call::{self, Codes, Desk, RealTime},
    channel::{IceServers, Network, Terms, limits},
    config::{Config, PublicUrl, agreements, programs},
    engine::{moonshine::Moonshine, onnx::Onnx, vad::Silero, voice::Voice},
    journal::CallRecord,
    notify::{Mail, NotSet, Webhook},
    observe::metrics,
    ports::{
        Clock, EngineFailed, KeyService, Ledger, Notifier, Onlooker, Recordings, StoreUnavailable,
        Synthesizer,
    },
    program::{Locale, Program, day},
    server::{
        self, Agreements, BrowserTerms, ChatTerms, Front, NotOrigins, Parts, Settings, TwilioSecrets,
        Watchers,
        behind::{Bearer, Calls, Gatekeeper, Records},
    },
    store::{After, BookFilter, Filter, Keyring, Store, keys::Transit},
    time::Utc,
};
use async_trait::async_trait;
use indicatif::{ProgressBar, ProgressStyle};
use std::{
    collections::BTreeMap,
    sync::Arc,
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// The Spanish lines are rendered this long after the start, in the background: their voice is slow, and callers
/// who want them now hear them rendered at once.
const SPANISH_AFTER: Duration = Duration::from_secs(30);

/// Opens the store, closes what a crash left open, loads the models, renders the scripts' lines.
pub(super) async fn assemble(config: &Config, url: &PublicUrl) -> Result<Arc<Front>, Fault> {
    let clock: Arc<dyn Clock> = Arc::new(Wall);
    let programs = programs::load_all(&config.programs).map_err(|wrong| Fault::misuse(wrong.to_string()))?;
    let agreements = agreed(config, &programs, clock.now())?;
    let store = Arc::new(Store::open(&config.data, keys(config)?).await.map_err(unavailable)?);
    let recordings = store.recordings();
    recover(store.as_ref(), recordings.as_ref()).await?;
    let programs: Vec<Arc<Program>> = programs.into_iter().map(Arc::new).collect();
    let after = store.after(programs.iter().cloned()).await.map_err(unavailable)?;
    // Also those that ended before this server started, however it ended.
    after.follow_up(clock.now()).await.map_err(unavailable)?;
    store.tokens().local(&config.keys, clock.now()).await.map_err(unavailable)?;

    let engines = Engines::open(config)?;
    let watchers = Arc::new(Watchers::new());
    let codes = Arc::new(Codes::new(&Chance));
    let mut desks = Vec::new();
    for program in programs {
        let voice = engines.voice.with_words(&program.pronounce).with_spanish_words(&program.pronounce_es);
        prepare(&program, &voice).await?;
        prepare_spanish(&program, &voice);
        let silero = Arc::clone(&engines.silero);
        desks.push(Arc::new(Desk {
            program,
            ears: Arc::clone(&engines.ears) as _,
            voice: Arc::new(voice),
            activity: Arc::new(move || silero.stream()),
            ledger: Arc::clone(&store) as Arc<dyn Ledger>,
            recordings: Arc::clone(&recordings) as Arc<dyn Recordings>,
            onlooker: Arc::clone(&watchers) as Arc<dyn Onlooker>,
            clock: Arc::clone(&clock),
            timer: Arc::new(RealTime::default()),
            entropy: Arc::new(Chance),
            codes: Arc::clone(&codes),
        }));
    }
    let ids = desks.iter().map(|desk: &Arc<Desk>| desk.program.id.clone()).collect();
    retention::keep(Arc::clone(&store), config.programs.clone(), ids, Arc::clone(&clock));
    tokio::spawn(server::tell_for_ever(
        after.clone(),
        notifiers(config)?,
        store.closed(),
        Arc::clone(&clock),
    ));
    let parts = Parts {
        settings: settings(config, url)?,
        desks,
        agreements,
        conversation: Arc::new(Calls),
        records: Arc::new(Kept {
            store: Arc::clone(&store),
            after: after.clone(),
            clock: Arc::clone(&clock),
        }),
        after: Some(after),
        gatekeeper: Arc::new(Keys(store)),
        watchers,
        clock,
        metrics: Arc::new(metrics::render),
    };
    Front::new(parts).map_err(|wrong| Fault::misuse(wrong.to_string()))
}

/// By which ways the program is told that something waits.
fn notifiers(config: &Config) -> Result<Vec<Arc<dyn Notifier>>, Fault> {
    let wrong = |why: NotSet| Fault::misuse(why.to_string());
    let mut ways: Vec<Arc<dyn Notifier>> = Vec::new();
    if let (Some(url), Some(secret)) = (&config.notify.webhook_url, &config.notify.webhook_secret) {
        ways.push(Arc::new(Webhook::new(url, secret).map_err(wrong)?));
    }
    if let (Some(url), Some(from), Some(to)) =
        (&config.notify.smtp_url, &config.notify.mail_from, &config.notify.mail_to)
    {
        ways.push(Arc::new(Mail::new(url, from, to).map_err(wrong)?));
    }
    Ok(ways)
}

/// Who keeps the keys: Vault where one is set, else the keyring.
fn keys(config: &Config) -> Result<Arc<dyn KeyService>, Fault> {
    match (&config.vault.address, &config.vault.token) {
        (Some(address), Some(token)) => {
            Ok(Arc::new(Transit::new(address, &config.vault.mount, token.clone())?))
        }
        _ => Ok(Arc::new(Keyring::open(&config.keys, config.key_passphrase.as_ref())?)),
    }
}

/// The agreement of each program. All that are missing or not in force are told at once.
fn agreed(config: &Config, programs: &[Program], now: Utc) -> Result<Agreements, Fault> {
    let required = programs.iter().map(|p| (&p.id, agreements::require(&config.programs, &p.id, day(now))));
    let mut refused = Vec::new();
    let mut agreed = Vec::new();
    for (id, required) in required {
        match required {
            Ok(agreement) => agreed.push((id.clone(), agreement)),
            Err(why) => refused.push(why.to_string()),
        }
    }
    if refused.is_empty() { Ok(agreed.into_iter().collect()) } else { Err(Fault::misuse(refused.join("\n"))) }
}

fn settings(config: &Config, url: &PublicUrl) -> Result<Settings, Fault> {
    let origins = config
        .chat
        .origins
        .parse()
        .map_err(|wrong: NotOrigins| Fault::misuse(format!("chat.origins: {wrong}")))?;
    Ok(Settings {
        public_url: url.clone(),
        twilio: config
            .twilio
            .auth_token
            .clone()
            .map(|auth_token| TwilioSecrets { auth_token, shared_keys: BTreeMap::new() }),
        trusts_this_machine: config.takes_unsigned_from([127, 0, 0, 1].into()),
        account_sid: config.twilio.account_sid.clone(),
        calls_max: config.calls_max,
        drain_ms_max: config.limits.drain_ms_max,
        terms: Terms {
            message_bytes_max: config.limits.message_bytes_max,
            start_ms_max: config.limits.start_ms_max,
            quiet_ms_max: limits::QUIET_MS_MAX,
            lost_ms_max: limits::LOST_MS_MAX,
            send_ms_max: limits::SEND_MS_MAX,
        },
        token_ms_max: config.limits.token_ms_max,
        body_bytes_max: config.limits.body_bytes_max,
        chat: ChatTerms {
            chats_max: config.chat.chats_max,
            resume_ms_max: config.limits.resume_ms_max,
            starts_per_min_max: config.chat.starts_per_min_max,
            origins,
        },
        browser: BrowserTerms {
            network: Network {
                bind: config.listen.ip(),
                ports: config.browser.udp_ports.clone(),
                public: config.browser.public_address,
                servers: IceServers {
                    urls: config.browser.ice_servers.clone(),
                    username: config.browser.ice_username.clone(),
                    password: config.browser.ice_password.clone(),
                },
            },
            starts_per_min_max: config.browser.starts_per_min_max,
        },
    })
}

struct Engines {
    ears: Arc<Moonshine>,
    voice: Voice,
    silero: Arc<Silero>,
}

impl Engines {
    fn open(config: &Config) -> Result<Engines, Fault> {
        let models = &config.models;
        let missing = |why: EngineFailed| {
            Fault::finding(format!("{why}; fetch the models into {} with scripts/run", models.display()))
        };
        let onnx = Onnx::open(models).map_err(missing)?;
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let (ears, voice) = (config.recogniser, config.voice);
        let none = BTreeMap::new();
        Ok(Engines {
            ears: Arc::new(Moonshine::open(&onnx, models, ears.workers, ears.queue_max).map_err(missing)?),
            voice: Voice::open(
                &onnx,
                models,
                &config.data.join("prompts"),
                voice.workers,
                voice.queue_max,
                &none,
            )
            .map_err(missing)?,
            silero: Silero::open(&onnx, models, cores).map_err(missing)?,
        })
    }
}

/// Closes the calls that a crash left open. One that cannot be closed is left as it is, and said.
async fn recover(ledger: &dyn Ledger, recordings: &dyn Recordings) -> Result<(), Fault> {
    for call_id in ledger.unfinished().await.map_err(unavailable)? {
        match call::recover(ledger, recordings, &Chance, &call_id).await {
            Ok(_) => tracing::warn!(call_id, "a call that a crash left open was closed"),
            Err(error) => tracing::error!(call_id, %error, "a call that a crash left open stays open"),
        }
    }
    Ok(())
}

/// Renders the English lines of a script; those that are kept already cost nothing.
async fn prepare(program: &Program, voice: &Voice) -> Result<(), Fault> {
    let lines = prompts::lines(program, Locale::EnUs);
    // Drawn on stderr, and only where that is a terminal.
    let bar = ProgressBar::new(lines.len() as u64).with_message(program.id.clone());
    if let Ok(style) = ProgressStyle::with_template("{msg}: {pos} of {len} lines spoken, {eta} left") {
        bar.set_style(style);
    }
    let rendered = voice.prepare(&lines, |done, _| bar.set_position(done as u64)).await;
    bar.finish_and_clear();
    rendered.map_err(|why| Fault::finding(format!("the lines of {} cannot be spoken: {why}", program.id)))
}

/// Renders the Spanish lines of a script that has them, while calls come in.
fn prepare_spanish(program: &Program, voice: &Voice) {
    let lines = prompts::lines(program, Locale::EsUs);
    if lines.is_empty() {
        return;
    }
    if !voice.speaks().contains(&Locale::EsUs) {
        tracing::warn!(
            program = program.id,
            "the program offers Spanish and there is no Spanish voice: scripts/models fetches it"
        );
        return;
    }
    let voice = voice.clone();
    tokio::spawn(async move {
        tokio::time::sleep(SPANISH_AFTER).await;
        voice.prepare_in_passing(&lines).await;
    });
}

fn unavailable(error: StoreUnavailable) -> Fault {
    Fault::finding(error.to_string())
}

/// The clock on the wall.
struct Wall;

impl Clock for Wall {
    fn now(&self) -> Utc {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Utc(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// The store, as the API reads it.
struct Kept {
    store: Arc<Store>,
    after: After,
    clock: Arc<dyn Clock>,
}

impl Kept {
    /// As it stands now.
    async fn today(&self, record: CallRecord) -> Result<CallRecord, StoreUnavailable> {
        self.after.today(record, self.clock.now()).await
    }
}

#[async_trait]
impl Records for Kept {
    async fn record(
        &self,
        program: Option<&str>,
        call_id: &str,
    ) -> Result<Option<CallRecord>, StoreUnavailable> {
        self.after.follow_up(self.clock.now()).await?;
        match self.store.archive().record_of(program, call_id).await? {
            Some(record) => self.today(record).await.map(Some),
            None => Ok(None),
        }
    }

    async fn by_provider_call_id(
        &self,
        program: Option<&str>,
        id: &str,
    ) -> Result<Option<CallRecord>, StoreUnavailable> {
        match self.store.archive().find_by_provider_call_id(program, "twilio", id).await? {
            Some(call_id) => self.record(program, &call_id).await,
            None => Ok(None),
        }
    }

    async fn newest(
        &self,
        program: Option<&str>,
        before: Option<Utc>,
        calls_max: u32,
    ) -> Result<Vec<CallRecord>, StoreUnavailable> {
        let program = program.map(Into::into);
        let filter = Filter { program, before, calls_max: Some(calls_max), ..Filter::default() };
        self.after.follow_up(self.clock.now()).await?;
        let mut records = Vec::new();
        for record in self.store.archive().records(&filter).await?.into_iter().rev() {
            records.push(self.today(record).await?);
        }
        Ok(records)
    }

    async fn note(
        &self,
        program: &str,
        call_id: Option<&str>,
        by: Who,
        event: BookEvent,
        now: Utc,
    ) -> Result<(), StoreUnavailable> {
        self.store.note(program, call_id, by, event, now).await.map(drop)
    }

    async fn book(&self, program: &str, filter: &BookFilter) -> Result<Vec<Noted>, StoreUnavailable> {
        self.store.archive().book(program, filter).await
    }

    async fn writable(&self, now: Utc) -> Result<(), StoreUnavailable> {
        self.store.ready(now).await
    }
}

/// The store's tokens, as the doors ask for them.
struct Keys(Arc<Store>);

#[async_trait]
impl Gatekeeper for Keys {
    async fn bearer(&self, token: &str) -> Result<Option<Bearer>, StoreUnavailable> {
        let token = self.0.tokens().verify(token).await?;
        Ok(token.map(|token| Bearer { name: token.name, role: token.role, program: token.program }))
    }
}

//! `candor call`: a simulated provider places a call in real time, with a scripted caller on it.

mod api;
mod caller;
mod captions;
mod clip;
mod demo;
mod gauge;
mod live;
mod player;
mod playout;
mod provider;
mod script;
mod stream;
mod turns;
mod twiml;
mod voice;

pub(super) use caller::{Caller, Move, Plays};
pub(super) use clip::Clip;
pub(super) use script::{Script, Utterance};
pub(super) use stream::{Ids, Leaves, Stream};
pub(super) use turns::Turns;

use super::Fault;
use api::Api;
use captions::Captions;
use demo::Demo;
use gauge::Measured;
use live::{Ending, Live};
use provider::Provider;
use serde_json::Value;
use std::{
    collections::VecDeque,
    fs,
    io::IsTerminal,
    path::{Path, PathBuf},
    time::Duration,
};
use stream::Heard;
use twiml::{Dial, Verb};
use voice::CallerVoice;

/// Documents followed in one call: a loop of redirects ends here.
const DOCUMENTS_MAX: usize = 10;
const PAUSE_S_MAX: u64 = 600;

/// Arguments of `candor call`.
#[derive(clap::Args)]
#[command(group(clap::ArgGroup::new("what").required(true).args(["demo", "say", "script"])))]
pub struct Args {
    /// The server, or its voice webhook.
    #[arg(long, value_name = "URL")]
    to: String,
    /// A caller that comes with the project.
    #[arg(long, value_name = "NAME", num_args = 0..=1, default_missing_value = "revoking")]
    demo: Option<Demo>,
    /// WAV files, each one answer, in order.
    #[arg(long, value_name = "FILE.wav", num_args = 1..)]
    say: Vec<PathBuf>,
    /// A caller's script: docs/call-scripts.md.
    #[arg(long, value_name = "FILE")]
    script: Option<PathBuf>,
    /// The caller's number.
    #[arg(long, default_value = "+14155550142", value_name = "NUMBER")]
    from: String,
    /// The number that is dialled.
    #[arg(long, default_value = "+12025550100", value_name = "NUMBER")]
    dial: String,
    /// What becomes of it when the agent passes the caller to a person.
    #[arg(long, default_value = "answered")]
    person: Person,
    /// Where to save what the caller heard [default: data/heard/CALL.wav].
    #[arg(long, value_name = "FILE.wav")]
    save: Option<PathBuf>,
    /// A bearer token of the server's API: for captions and the record.
    #[arg(long)]
    token: Option<String>,
    /// The server's folder of keys, where its local token is.
    #[arg(long, default_value = "keys", value_name = "DIR")]
    keys: PathBuf,
    /// The provider's auth token: signs what is sent as Twilio does.
    #[arg(long, value_name = "SECRET", env = "CANDOR_CALL_AUTH_TOKEN", hide_env_values = true)]
    auth_token: Option<String>,
    /// Recordings of the project's callers, for what a script only writes.
    #[arg(long, default_value = "audio-fixtures/callers", value_name = "DIR")]
    voices: PathBuf,
    /// Speaks with the recordings of this speaker (hibari-heart, flite-rms) instead of the project's voice.
    #[arg(long, value_name = "NAME")]
    speaker: Option<String>,
    /// Where the models are.
    #[arg(long, env = "CANDOR_MODELS", default_value = "models", value_name = "DIR")]
    models: PathBuf,
    /// The call ends after this long, in seconds.
    #[arg(long, default_value_t = 900, value_name = "SECONDS")]
    limit_s: u64,
    /// Writes what was measured, as JSON.
    #[arg(long, value_name = "FILE")]
    stats: Option<PathBuf>,
    /// No captions.
    #[arg(long)]
    quiet: bool,
    /// Only the record, as JSON, on stdout.
    #[arg(long)]
    json: bool,
    /// Does not play the call through the loudspeaker.
    #[arg(long)]
    mute: bool,
}

/// What becomes of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Person {
    /// Somebody answers.
    Answered,
    /// Nobody does.
    NoAnswer,
    /// The line is busy.
    Busy,
}

/// Runs it.
pub fn run(args: Args) -> Result<(), Fault> {
    let webhook = provider::webhook_url(&args.to)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| Fault::finding(format!("no runtime: {e}")))?;
    let voice = match &args.speaker {
        Some(speaker) => CallerVoice::recorded(&args.voices, speaker),
        None => CallerVoice::of_the_project(&args.voices, &args.models, &runtime),
    };
    let script = match (&args.demo, &args.script) {
        (Some(demo), _) => demo.script(&|text| voice.say(text)),
        (_, Some(file)) => Script::read(file, &|text| voice.say(text)),
        _ => Script::of_files(&args.say),
    };
    let script = script.map_err(|why| Fault::misuse(why.to_string()))?;
    drop(voice);
    runtime.block_on(async { Call::new(args, webhook)?.place(script).await })
}

/// One call being placed.
struct Call {
    args: Args,
    ids: Ids,
    provider: Provider,
    api: Option<Api>,
    captions: Captions,
    heard: Option<Heard>,
    call_id: Option<String>,
    stuck: Option<String>,
}

impl Call {
    fn new(args: Args, webhook: reqwest::Url) -> Result<Call, Fault> {
        let id = |kind: &str| format!("{kind}{:032x}", rand::random::<u128>());
        let ids = Ids { account: id("AC"), call: id("CA"), stream: id("MZ") };
        let captions = Captions::new(!args.quiet && !args.json);
        let api = match api::token(args.token.as_deref(), &args.keys) {
            Ok(token) => Some(Api::new(&webhook, token)?),
            Err(why) => {
                let text = "no API token, so no captions and no record, only the audio: give --token, CANDOR_TOKEN or --keys";
                eprintln!("candor call: {text} ({why})");
                None
            }
        };
        let secret = args.auth_token.clone();
        let provider = Provider::new(webhook, secret, &ids.account, &ids.call, &args.from, &args.dial)?;
        Ok(Call { args, ids, provider, api, captions, heard: None, call_id: None, stuck: None })
    }

    async fn place(mut self, script: Script) -> Result<(), Fault> {
        let webhook = self.provider.webhook().to_string();
        if let Some(demo) = self.args.demo {
            self.captions.note(&format!("Calling {webhook}: {}.", demo.about()));
        } else {
            self.captions.note(&format!("Calling {webhook}"));
        }
        let followed = self.follow(Caller::new(script)).await;
        // What was heard is kept also where the call went wrong.
        let kept = self.keep();
        followed?;
        kept?;
        let shown = self.show_record().await;
        match self.stuck {
            // Why the call went wrong matters more than that its record is missing too.
            Some(why) => Err(Fault::finding(format!("the caller hung up: {why}"))),
            None => shown,
        }
    }

    /// Follows the webhook's documents to the end of the call.
    async fn follow(&mut self, caller: Caller) -> Result<(), Fault> {
        let mut caller = Some(caller);
        let mut documents = 1;
        let mut verbs: VecDeque<Verb> = self.provider.document("", &[]).await?.into();
        while let Some(verb) = verbs.pop_front() {
            let next = match verb {
                Verb::Connect(stream) => {
                    // A second stream of the same call is a new one: the caller has had their say.
                    let caller = caller.take().unwrap_or_else(|| Caller::new(Script::default()));
                    if !self.connect(&stream, caller).await? {
                        return Ok(());
                    }
                    stream.action.map(|url| (url, vec![("CallStatus", "in-progress".to_string())]))
                }
                Verb::Dial(dial) => self.dial(&dial).await?,
                Verb::Redirect(url) => Some((url, vec![("CallStatus", "in-progress".to_string())])),
                Verb::Say(text) => {
                    self.captions.provider(&format!("says: {text}"));
                    None
                }
                Verb::Play(url) => {
                    self.captions.provider(&format!("plays {url}"));
                    None
                }
                Verb::Pause(seconds) => {
                    tokio::time::sleep(Duration::from_secs(seconds.min(PAUSE_S_MAX))).await;
                    None
                }
                Verb::Hangup | Verb::Reject => {
                    self.captions.provider(if verb == Verb::Hangup {
                        "hangs up"
                    } else {
                        "refuses the call"
                    });
                    return Ok(());
                }
            };
            if let Some((url, more)) = next {
                documents += 1;
                if documents > DOCUMENTS_MAX {
                    let why = format!(
                        "more than {DOCUMENTS_MAX} documents in one call: do they redirect in a circle?"
                    );
                    return Err(Fault::finding(why));
                }
                verbs = self.provider.document(&url, &more).await?.into();
            }
        }
        Ok(())
    }

    /// The conversation. Whether the call goes on after it: it does where the agent closed the stream.
    async fn connect(&mut self, stream: &twiml::Stream, caller: Caller) -> Result<bool, Fault> {
        let call_id = stream.parameters.get("call_id").cloned();
        let feed = self.api.clone().zip(call_id.clone());
        if self.call_id.is_none() {
            self.call_id = call_id;
        }
        self.ids.stream = format!("MZ{:032x}", rand::random::<u128>());
        let told =
            |event: &str| vec![("StreamSid", self.ids.stream.clone()), ("StreamEvent", event.to_string())];
        let (started, stopped) = (told("stream-started"), told("stream-stopped"));
        let (url, signature) = self.provider.socket(&stream.url)?;
        let player = self.player();
        let live = Live {
            url,
            signature,
            ids: self.ids.clone(),
            parameters: &stream.parameters,
            feed,
            player,
            limit: Duration::from_secs(self.args.limit_s),
        };
        if let Some(url) = &stream.status_callback {
            self.provider.notify(url, &started).await?;
        }
        let (heard, ending) = live.run(caller, &mut self.captions).await?;
        // The conversation is the first stream; what a second one says is only captioned.
        self.heard.get_or_insert(heard);
        if let Some(url) = &stream.status_callback {
            self.provider.notify(url, &stopped).await?;
        }
        Ok(match ending {
            Ending::AgentClosed => true,
            Ending::CallerLeft => {
                self.captions.provider("the caller hung up");
                false
            }
            Ending::Stuck(why) => {
                self.stuck = Some(why);
                false
            }
        })
    }

    /// Rings a person: the document to go on with, if the dialling has one.
    async fn dial(&mut self, dial: &Dial) -> Result<Option<(String, Vec<(&'static str, String)>)>, Fault> {
        self.captions.provider(&format!("dials {} ({} s at most)", dial.number, dial.timeout_s));
        let leg = format!("CA{:032x}", rand::random::<u128>());
        let (status, told) = match self.args.person {
            Person::Answered => ("completed", "somebody answers"),
            Person::NoAnswer => ("no-answer", "nobody answers"),
            Person::Busy => ("busy", "the line is busy"),
        };
        if let Some(url) = &dial.status_callback {
            let leg_status = if self.args.person == Person::Answered { "in-progress" } else { status };
            let more = [
                ("CallSid", leg.clone()),
                ("ParentCallSid", self.ids.call.clone()),
                ("CallStatus", leg_status.to_string()),
                ("Direction", "outbound-dial".to_string()),
                ("To", dial.number.clone()),
            ];
            self.provider.notify(url, &more).await?;
        }
        self.captions.provider(told);
        let Some(action) = &dial.action else { return Ok(None) };
        let more = vec![
            ("CallStatus", "in-progress".to_string()),
            ("DialCallSid", leg),
            ("DialCallStatus", status.to_string()),
            ("DialCallDuration", if self.args.person == Person::Answered { "1" } else { "0" }.to_string()),
        ];
        Ok(Some((action.clone(), more)))
    }

    fn player(&self) -> Option<player::Player> {
        let watched = self.captions.are_shown() && std::io::stdout().is_terminal() && !self.args.mute;
        if !watched {
            return None;
        }
        let (player, program) = player::Player::start()?;
        self.captions.note(&format!("Both sides are played with {program}."));
        Some(player)
    }

    /// Saves what was heard and measured.
    fn keep(&self) -> Result<(), Fault> {
        let Some(Heard { agent, caller, measured }) = &self.heard else { return Ok(()) };
        let name = self.call_id.as_deref().unwrap_or(&self.ids.call);
        let file = self.args.save.clone().unwrap_or_else(|| PathBuf::from(format!("data/heard/{name}.wav")));
        let saved = |file: &Path, sides: &[&[u8]]| {
            player::save(file, sides).map_err(|e| Fault::finding(format!("{}: {e}", file.display())))
        };
        saved(&file, &[agent])?;
        self.captions.note(&format!("What the caller heard: {}", file.display()));
        if self.args.demo.is_some() {
            let both = file.with_extension("both.wav");
            saved(&both, &[caller, agent])?;
            self.captions.note(&format!("Both sides, caller left and agent right: {}", both.display()));
        }
        self.captions.measured(measured);
        self.write_stats(measured)
    }

    fn write_stats(&self, measured: &Measured) -> Result<(), Fault> {
        let Some(file) = &self.args.stats else { return Ok(()) };
        let mut stats = serde_json::to_value(measured).unwrap_or_default();
        stats["call_id"] = self.call_id.clone().into();
        stats["stuck"] = self.stuck.clone().into();
        fs::write(file, stats.to_string()).map_err(|e| Fault::finding(format!("{}: {e}", file.display())))
    }

    async fn show_record(&self) -> Result<(), Fault> {
        let (Some(api), Some(call_id)) = (&self.api, &self.call_id) else { return Ok(()) };
        let record: Value = api.record(call_id).await?;
        // A value that was just parsed can be written.
        println!("{}", serde_json::to_string_pretty(&record).unwrap_or_default());
        Ok(())
    }
}

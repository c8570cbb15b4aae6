//! What all doors share.

use super::{
    agreements::Agreements,
    behind::{Conversation, Ended, Gatekeeper, Records},
    board::{self, Board, Over},
    browser::Browsers,
    chat::Lobby,
    desks::Desks,
    hours::NotHours,
    passes::{Pass, Passes},
    rates::Rates,
    settings::{
        Settings,
        limits::{SIGNING_MAX, SIGNING_PER_MIN_MAX, SIGNING_PER_S_MAX},
    },
    watch::Watchers,
};
use crate::{
    call::Desk,
    channel::Bucket,
    dialogue::{ChannelKind, PersonReached},
    journal::{CallRecord, Opened, Salt},
    ports::{Channel, Clock},
    program::Locale,
    store::After,
    wire::StreamStart,
};
use std::{
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::watch;
use tracing::Instrument as _;

/// What a server is put together from.
pub struct Parts {
    /// The operator's choices.
    pub settings: Settings,
    /// One desk a program.
    pub desks: Vec<Arc<Desk>>,
    /// Under which agreement each program is answered for.
    pub agreements: Agreements,
    /// What runs conversations.
    pub conversation: Arc<dyn Conversation>,
    /// The records of calls.
    pub records: Arc<dyn Records>,
    /// Who may use the API.
    pub gatekeeper: Arc<dyn Gatekeeper>,
    /// Who watches calls; the desks' onlooker.
    pub watchers: Arc<Watchers>,
    /// The wall clock.
    pub clock: Arc<dyn Clock>,
    /// What follows calls: consents since, intake, signing pages; none where nothing is kept.
    pub after: Option<After>,
    /// The text of `/metrics`.
    pub metrics: Arc<dyn Fn() -> String + Send + Sync>,
}

/// What all doors share.
pub struct Front {
    pub(super) settings: Settings,
    pub(super) desks: Desks,
    pub(super) agreements: Agreements,
    pub(super) records: Arc<dyn Records>,
    pub(super) gatekeeper: Arc<dyn Gatekeeper>,
    pub(super) watchers: Arc<Watchers>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) after: Option<After>,
    signing: Mutex<Bucket>,
    signers: Rates,
    pub(super) metrics: Arc<dyn Fn() -> String + Send + Sync>,
    pub(super) passes: Passes,
    pub(super) board: Board,
    pub(super) lobby: Lobby,
    pub(super) browsers: Browsers,
    /// No new calls.
    pub(super) draining: watch::Sender<bool>,
    /// Live calls are to end now.
    pub(super) stop: watch::Sender<bool>,
    conversation: Arc<dyn Conversation>,
}

impl Front {
    /// Puts a server together. A program's hours that cannot be read are an error.
    pub fn new(parts: Parts) -> Result<Arc<Front>, NotHours> {
        Ok(Arc::new(Front {
            passes: Passes::new(parts.settings.token_ms_max),
            settings: parts.settings,
            desks: Desks::new(parts.desks)?,
            agreements: parts.agreements,
            records: parts.records,
            gatekeeper: parts.gatekeeper,
            watchers: parts.watchers,
            clock: parts.clock,
            after: parts.after,
            signing: Mutex::new(Bucket::new(SIGNING_MAX, SIGNING_PER_S_MAX, tokio::time::Instant::now())),
            signers: Rates::default(),
            metrics: parts.metrics,
            board: Board::new(),
            lobby: Lobby::new(),
            browsers: Browsers::default(),
            draining: watch::Sender::new(false),
            stop: watch::Sender::new(false),
            conversation: parts.conversation,
        }))
    }

    /// Whether one more form of a signing page is read now: first by the share of its sender, so that a flood from one
    /// address leaves room for others, then by what all may send.
    pub(super) fn takes_signing(&self, peer: IpAddr, now: tokio::time::Instant) -> bool {
        self.signers.admit(peer, SIGNING_PER_MIN_MAX, now)
            && self.signing.lock().unwrap_or_else(PoisonError::into_inner).take_if_there(1, now)
    }

    /// Whether the world reaches this server over TLS.
    pub(super) fn is_secure(&self) -> bool {
        self.settings.public_url.http("").starts_with("https:")
    }

    /// The program that this server answers for, where there is only one.
    pub(super) fn only_program(&self) -> Option<String> {
        self.desks.by_id(None).map(|desk| self.desks.get(desk).program().id.clone())
    }

    /// Whether this call or chat, of `program` where one is given, goes on.
    pub(super) fn is_live(&self, call_id: &str, program: Option<&str>) -> bool {
        let is_of = |desk: usize| program.is_none_or(|id| self.desks.get(desk).program().id == id);
        self.board.is_live(call_id) && self.watchers.program_of(call_id, program).is_some()
            || self.lobby.desk_of(call_id).is_some_and(is_of)
    }

    /// A pass for one more call to `desk`: the token and the id that the call will have. `None` where one more
    /// could not be served well, where the server is going down, and where no agreement with the program is in force.
    pub(super) fn invite(
        &self,
        desk: usize,
        provider_call_id: Option<&str>,
        direction: &'static str,
    ) -> Option<(String, String)> {
        let provider_call_id = provider_call_id.map(Into::into);
        self.admit(desk, |call_id| Pass {
            call_id,
            desk,
            provider_call_id,
            direction,
            channel: ChannelKind::Phone,
            locale: None,
        })
    }

    /// The same for a browser, which may ask for a language.
    pub(super) fn invite_browser(&self, desk: usize, locale: Option<Locale>) -> Option<(String, String)> {
        let spoken = self.desks.get(desk).program().locales.clone();
        let locale = locale.filter(|locale| spoken.contains(locale));
        self.admit(desk, |call_id| Pass {
            call_id,
            desk,
            provider_call_id: None,
            direction: "inbound",
            channel: ChannelKind::Browser,
            locale,
        })
    }

    /// A pass for a voice that joins a chat, which has begun and keeps its id.
    pub(super) fn invite_voice(&self, desk: usize, call_id: &str) -> Option<String> {
        if *self.draining.borrow() {
            return None;
        }
        let pass = Pass {
            call_id: call_id.to_owned(),
            desk,
            provider_call_id: None,
            direction: "inbound",
            channel: ChannelKind::Browser,
            locale: None,
        };
        self.passes.give(pass, self.places(), Instant::now())
    }

    /// Calls that could begin now and be served well.
    fn places(&self) -> usize {
        self.settings.calls_max.saturating_sub(self.board.live())
    }

    fn admit(&self, desk: usize, pass: impl FnOnce(String) -> Pass) -> Option<(String, String)> {
        if *self.draining.borrow() {
            return None;
        }
        let program = &self.desks.get(desk).program().id;
        if let Err(why) = self.agreements.days_left(program, self.clock.now()) {
            tracing::error!(program, why, "no call is answered for a program without an agreement in force");
            return None;
        }
        let call_id = uuid::Uuid::new_v4().to_string();
        let token = self.passes.give(pass(call_id.clone()), self.places(), Instant::now())?;
        self.watchers.expect(&call_id, program, Instant::now());
        Some((token, call_id))
    }

    /// Runs the conversation that `pass` let in, to its end.
    pub(super) async fn converse(
        self: &Arc<Self>,
        pass: Pass,
        channel: Box<dyn Channel>,
        start: StreamStart,
    ) {
        let reception = self.desks.get(pass.desk);
        let (program, now) = (reception.program(), self.clock.now());
        let locale = pass.locale.or(program.locales.first().copied()).unwrap_or_default();
        let is_phone = pass.channel == ChannelKind::Phone;
        let provider_call_id = start.provider_call_id.clone();
        let opened = Opened {
            call_id: pass.call_id.clone(),
            program: program.id.clone(),
            program_sha256: program.sha256.clone(),
            channel: pass.channel,
            provider: is_phone.then(|| "twilio".into()),
            provider_call_id: provider_call_id.clone(),
            direction: pass.direction.into(),
            started_at: now,
            locale,
            // Only a provider can pass a call on: a browser is told the number.
            person_available: is_phone && reception.number(now).is_some(),
            spoken: reception.desk.voice.speaks(),
            notice_id: program.notice.id.clone(),
            notice_version: program.notice.version.clone(),
            notice_sha256: program.notice.sha256(locale),
            resumes: None,
            build: env!("CARGO_PKG_VERSION").into(),
            salt: Salt::default(),
        };
        let mut place = Place::take(self, &pass, locale, provider_call_id.as_deref());
        let desk = Arc::clone(&reception.desk);
        let stop = self.stop.subscribe();
        // In a task of its own: whatever happens to a conversation, it is put on record.
        let conversation = Arc::clone(&self.conversation);
        let talking = async move { conversation.answer(desk, channel, start, opened, stop).await };
        let ended = tokio::spawn(talking.in_current_span()).await.unwrap_or_else(|died| {
            tracing::error!(call_id = pass.call_id, panicked = died.is_panic(), "a conversation died");
            Ended::Died
        });
        match ended {
            Ended::Finished(record) => place.finished(&record),
            Ended::Died => {
                if let Some(record) = self.conversation.recover(&reception.desk, &pass.call_id).await {
                    place.finished(&record);
                    place.over.outcome = None;
                }
            }
            Ended::Transferring(open) => {
                let ring_s = program.person.ring_s;
                // Without a provider's id nobody can tell of the transfer: the call ends here.
                place.held = provider_call_id.is_none();
                let back = self.board.wait(&pass.call_id, pass.desk, open, ring_s, Instant::now());
                if let Some(open) = back {
                    open.finish(PersonReached::NotAnswered).await;
                    self.watchers.end(&pass.call_id, Instant::now());
                }
            }
        }
    }

    /// Ends a waiting call; the record's language, where there was such a call.
    pub(super) async fn end_transfer(&self, provider_call_id: &str, reached: PersonReached) -> Option<Over> {
        let (call_id, desk, open) = self.board.take(provider_call_id)?;
        let record = board::finish(&self.board, provider_call_id, desk, open, reached).await;
        self.watchers.end(&call_id, Instant::now());
        Some(Over { desk, outcome: Some(record.outcome), locale: record.disclosure.locale })
    }

    /// Ends the transfers of which the provider never said what became.
    pub(super) async fn give_up_late_transfers(&self) {
        for provider_call_id in self.board.waiting(Some(Instant::now())) {
            self.end_transfer(&provider_call_id, PersonReached::NotAnswered).await;
        }
    }

    /// Waits until the conversation of this provider's call is on record, for at most `for_ms_max`.
    pub(super) async fn settled(&self, provider_call_id: &str, for_ms_max: u64) -> board::Stage {
        let mut counts = self.board.counts();
        let over = async {
            loop {
                let stage = self.board.stage(provider_call_id);
                if !matches!(stage, board::Stage::Live) || counts.changed().await.is_err() {
                    return stage;
                }
            }
        };
        tokio::time::timeout(Duration::from_millis(for_ms_max), over).await.unwrap_or(board::Stage::Live)
    }
}

/// A live call's place: given back also when the conversation dies.
struct Place {
    front: Arc<Front>,
    call_id: String,
    over: Over,
    held: bool,
}

impl Place {
    fn take(
        front: &Arc<Front>,
        pass: &Pass,
        locale: crate::program::Locale,
        provider: Option<&str>,
    ) -> Place {
        front.board.begin(&pass.call_id, provider);
        Place {
            front: Arc::clone(front),
            call_id: pass.call_id.clone(),
            over: Over { desk: pass.desk, outcome: None, locale },
            held: true,
        }
    }
}

impl Place {
    fn finished(&mut self, record: &CallRecord) {
        self.over.outcome = Some(record.outcome);
        self.over.locale = record.disclosure.locale;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.held {
            self.front.board.end(&self.call_id, self.over.clone());
            self.front.watchers.end(&self.call_id, Instant::now());
        }
    }
}

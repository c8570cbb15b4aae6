//! The chats that go on, and how one begins.

use super::shelf::Shelves;
use crate::{
    call::{
        self,
        chat::{Mail, Room},
    },
    channel::{Bucket, page_limits},
    dialogue::ChannelKind,
    journal::{Opened, Salt},
    observe::metrics,
    program::Locale,
    server::{front::Front, rates::Rates},
};
use futures_util::FutureExt;
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    net::IpAddr,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::{
    sync::{mpsc, watch},
    time::Instant,
};
use tracing::Instrument as _;

/// So much may wait for a chat: a page sends one message at a time.
const MAIL_MAX: usize = 16;

/// The chats of one server. Of a token that goes on with one, only its hash is kept.
pub(in crate::server) struct Lobby {
    chats: Mutex<HashMap<[u8; 32], Place>>,
    ids: Mutex<HashMap<String, usize>>,
    live: watch::Sender<usize>,
    rates: Rates,
    /// What was shown to clients that only ask now and then.
    pub(super) shelves: Shelves,
}

/// A chat, for whoever shows its token.
struct Place {
    call_id: String,
    desk: usize,
    mail: mpsc::Sender<Mail>,
    /// It went on in a call, and only a page that comes back is told so.
    over: bool,
    /// What comes by posts has no connection that could count it.
    posts: Bucket,
}

/// A way to a chat.
pub(in crate::server) struct Way {
    pub call_id: String,
    pub resume: String,
    pub mail: mpsc::Sender<Mail>,
}

/// Why no chat can be begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoChat {
    /// The server goes down.
    Draining,
    /// There are as many as there may be.
    Full,
    /// No agreement with the program is in force.
    NoAgreement,
    /// This address begins too many.
    TooMany,
}

impl NoChat {
    pub(super) fn code(self) -> &'static str {
        match self {
            NoChat::Draining | NoChat::Full | NoChat::NoAgreement => "unavailable",
            NoChat::TooMany => "too_many",
        }
    }

    /// Says nothing about the program's agreements: that is not the caller's affair.
    pub(super) fn message(self) -> &'static str {
        match self {
            NoChat::Draining | NoChat::Full | NoChat::NoAgreement => {
                "no chat can be begun now; call instead, or try again in a moment"
            }
            NoChat::TooMany => "too many chats were begun from this address; wait a minute, then try again",
        }
    }
}

impl Lobby {
    pub(in crate::server) fn new() -> Lobby {
        Lobby {
            chats: Mutex::default(),
            ids: Mutex::default(),
            live: watch::Sender::new(0),
            rates: Rates::default(),
            shelves: Shelves::default(),
        }
    }

    /// Chats that go on, now and whenever that changes.
    pub(in crate::server) fn live(&self) -> watch::Receiver<usize> {
        self.live.subscribe()
    }

    /// The desk of a chat that goes on.
    pub(in crate::server) fn desk_of(&self, call_id: &str) -> Option<usize> {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner).get(call_id).copied()
    }

    /// The chat of `desk` that a token goes on with.
    pub(super) fn find(&self, token: &str, desk: usize) -> Option<Way> {
        self.way(token, desk, |place| !place.over)
    }

    /// The same, also where it went on in a call: what its page is shown.
    pub(super) fn find_to_look(&self, token: &str, desk: usize) -> Option<Way> {
        self.way(token, desk, |_| true)
    }

    fn way(&self, token: &str, desk: usize, fits: impl Fn(&Place) -> bool) -> Option<Way> {
        let chats = self.chats();
        let place = chats.get(&key(token)).filter(|place| place.desk == desk && fits(place))?;
        Some(Way { call_id: place.call_id.clone(), resume: token.to_owned(), mail: place.mail.clone() })
    }

    /// Whether one more post to a chat may be taken.
    pub(super) fn takes_post(&self, token: &str) -> bool {
        let now = Instant::now();
        let mut chats = self.chats();
        let place = chats.get_mut(&key(token)).filter(|place| !place.over);
        place.is_some_and(|place| place.posts.take_if_there(1, now))
    }

    fn chats(&self) -> MutexGuard<'_, HashMap<[u8; 32], Place>> {
        self.chats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remove(&self, token: &[u8; 32], call_id: &str) {
        self.chats().remove(token);
        self.ids.lock().unwrap_or_else(PoisonError::into_inner).remove(call_id);
        self.count();
    }

    /// The chat is over and its place free; by what comes back its page can still be told.
    fn retire(&self, token: &[u8; 32], call_id: &str) -> mpsc::Receiver<Mail> {
        let (mail, links) = mpsc::channel(MAIL_MAX);
        if let Some(place) = self.chats().get_mut(token) {
            (place.over, place.mail) = (true, mail);
        }
        self.ids.lock().unwrap_or_else(PoisonError::into_inner).remove(call_id);
        self.count();
        links
    }

    fn count(&self) {
        let live = going_on(&self.chats());
        metrics::chats_live(live);
        self.live.send_replace(live);
    }
}

impl Front {
    /// Begins a chat with the program of `desk`; its first connection is still to come.
    pub(super) fn begin_chat(
        self: &Arc<Self>,
        desk: usize,
        locale: Locale,
        peer: IpAddr,
    ) -> Result<Way, NoChat> {
        if *self.draining.borrow() {
            return Err(NoChat::Draining);
        }
        let reception = self.desks.get(desk);
        let (program, now) = (reception.program(), self.clock.now());
        if let Err(why) = self.agreements.days_left(&program.id, now) {
            tracing::error!(
                program = program.id,
                why,
                "no chat is begun for a program without an agreement in force"
            );
            return Err(NoChat::NoAgreement);
        }
        let terms = &self.settings.chat;
        if !self.lobby.rates.admit(peer, terms.starts_per_min_max, Instant::now()) {
            return Err(NoChat::TooMany);
        }
        let locale = if program.locales.contains(&locale) { locale } else { Locale::default() };
        let call_id = uuid::Uuid::new_v4().to_string();
        let opened = Opened {
            call_id: call_id.clone(),
            program: program.id.clone(),
            program_sha256: program.sha256.clone(),
            channel: ChannelKind::Chat,
            provider: None,
            provider_call_id: None,
            direction: "inbound".into(),
            started_at: now,
            locale,
            // Nobody of the program joins a chat: callers are told the number, and never that somebody comes.
            person_available: false,
            // Whoever writes may talk later.
            spoken: reception.desk.voice.speaks(),
            notice_id: program.notice.id.clone(),
            notice_version: program.notice.version.clone(),
            notice_sha256: program.notice.sha256(locale),
            resumes: None,
            build: env!("CARGO_PKG_VERSION").into(),
            salt: Salt::default(),
        };
        let resume = format!("{:032x}", rand::random::<u128>());
        let token = key(&resume);
        let (mail, incoming) = mpsc::channel(MAIL_MAX);
        {
            let mut chats = self.lobby.chats();
            if going_on(&chats) >= terms.chats_max {
                return Err(NoChat::Full);
            }
            let posts =
                Bucket::new(page_limits::MESSAGES_MAX, page_limits::MESSAGES_PER_S_MAX, Instant::now());
            chats.insert(
                token,
                Place { call_id: call_id.clone(), desk, mail: mail.clone(), over: false, posts },
            );
        }
        self.lobby.ids.lock().unwrap_or_else(PoisonError::into_inner).insert(call_id.clone(), desk);
        self.lobby.count();
        self.watchers.expect(&call_id, &program.id, Instant::now().into_std());
        let room = Room {
            mail: incoming,
            resume: resume.clone(),
            resume_ms_max: terms.resume_ms_max,
            draining: self.draining.subscribe(),
            stop: self.stop.subscribe(),
        };
        let span = tracing::info_span!("chat", call_id);
        tokio::spawn(Arc::clone(self).keep_chat(desk, opened, room, token).instrument(span));
        Ok(Way { call_id, resume, mail })
    }

    /// Runs a chat to its end. Whatever happens to it, it is put on record, and its place is given back.
    async fn keep_chat(self: Arc<Self>, desk: usize, opened: Opened, room: Room, token: [u8; 32]) {
        let call_id = opened.call_id.clone();
        let desk = Arc::clone(&self.desks.get(desk).desk);
        let talking = call::chat::converse(Arc::clone(&desk), opened, room);
        let late = AssertUnwindSafe(talking).catch_unwind().await;
        if late.is_err() {
            tracing::error!(call_id, "a chat died");
            let (ledger, recordings) = (desk.ledger.as_ref(), desk.recordings.as_ref());
            if let Err(error) = call::recover(ledger, recordings, desk.entropy.as_ref(), &call_id).await {
                tracing::error!(call_id, %error, "a chat that died is closed at the next start");
            }
        }
        self.watchers.end(&call_id, Instant::now().into_std());
        if let Ok(Some(late)) = late {
            let links = self.lobby.retire(&token, &call_id);
            let _ = AssertUnwindSafe(late.tell(links)).catch_unwind().await;
        }
        self.lobby.remove(&token, &call_id);
    }
}

/// What is kept of a token.
pub(super) fn key(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// How many chats are not over.
fn going_on(chats: &HashMap<[u8; 32], Place>) -> usize {
    chats.values().filter(|place| !place.over).count()
}

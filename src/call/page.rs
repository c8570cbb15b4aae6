//! The page of one caller who types: its connection, which comes and goes, and what it was shown.

use super::{
    chat::{Mail, Room, Talk, turned},
    handover::{CODE_MS_MAX, Carry},
};
use crate::{
    dialogue::LineId,
    ports::{ChatLink, Parting},
    program::Program,
    typed::{ChatMessage, WrongMessage, event},
};
use serde_json::Value;
use std::{collections::VecDeque, future::pending, sync::Arc, time::Duration};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};

/// Events kept for a page that comes back. A whole conversation has about a hundred.
const KEPT_MAX: usize = 400;
/// Nobody types more messages than this in one chat.
const MESSAGES_MAX: u32 = 2_000;

/// What comes from a page, or from whoever has something for it.
pub(super) enum Arrived {
    Link(Box<dyn ChatLink>, u64),
    Message(ChatMessage),
    Wrong(WrongMessage),
    Talk(Talk),
    /// A phone call takes the chat over.
    Carry(Carry),
    Unlinked,
    /// Nothing will come any more.
    Closed,
}

pub(super) struct Page {
    pub(super) room: Room,
    link: Option<Box<dyn ChatLink>>,
    /// Since when there has been no connection.
    alone_since: Option<Instant>,
    /// What was shown, in order; `first` is the number of the oldest kept.
    kept: VecDeque<Arc<str>>,
    first: u64,
    /// The newest line that was shown.
    shown_max: u32,
    messages: u32,
    /// A voice that waits to be listened to.
    pub(super) talk: Option<Talk>,
    /// A phone call that waits for the chat; and by which such calls come.
    pub(super) carry: Option<Carry>,
    carries: (mpsc::Sender<Carry>, mpsc::Receiver<Carry>),
}

impl Page {
    pub(super) fn new(room: Room) -> Page {
        Page {
            room,
            link: None,
            alone_since: Some(Instant::now()),
            kept: VecDeque::new(),
            first: 1,
            shown_max: 0,
            messages: 0,
            talk: None,
            carry: None,
            carries: mpsc::channel(1),
        }
    }

    /// What is next. Dropping the future loses nothing.
    pub(super) async fn next(&mut self) -> Arrived {
        tokio::select! {
            biased;
            mail = self.room.mail.recv() => match mail {
                Some(Mail::Link(link, after)) => Arrived::Link(link, after),
                Some(Mail::Message(message)) => Arrived::Message(message),
                Some(Mail::Talk(talk)) => Arrived::Talk(talk),
                None => Arrived::Closed,
            },
            message = next(&mut self.link) => match message {
                Some(Ok(message)) => Arrived::Message(message),
                Some(Err(wrong)) => Arrived::Wrong(wrong),
                None => Arrived::Unlinked,
            },
            // Last: what the caller wrote before, above all that something is taken back, comes first.
            Some(carry) = next_carry(&mut self.carry, &mut self.carries.1) => Arrived::Carry(carry),
        }
    }

    /// By which a phone call takes the chat over.
    pub(super) fn carries(&self) -> mpsc::Sender<Carry> {
        self.carries.0.clone()
    }

    /// Tells a page that comes back after its chat was handed over: a telephone that dials puts its browser to sleep.
    pub(super) async fn tell_late(&mut self, call_id: &str) {
        let until = Instant::now() + Duration::from_millis(CODE_MS_MAX);
        let mut draining = self.room.draining.clone();
        loop {
            tokio::select! {
                mail = self.room.mail.recv() => match mail {
                    Some(Mail::Link(link, after)) => {
                        self.linked(call_id, link, after).await;
                        self.close(Parting::Over).await;
                    }
                    Some(Mail::Message(_) | Mail::Talk(_)) => {}
                    None => return,
                },
                () = sleep_until(until) => return,
                () = turned(&mut draining) => return,
            }
        }
    }

    pub(super) fn is_there(&self) -> bool {
        self.link.is_some()
    }

    /// When a caller without a connection is not waited for any more.
    pub(super) fn given_up_at(&self) -> Option<Instant> {
        let patience_ms = if *self.room.draining.borrow() { 0 } else { self.room.resume_ms_max };
        self.alone_since.map(|since| since + Duration::from_millis(patience_ms))
    }

    /// The caller goes on in writing: where there is no connection, it is waited for from now on.
    pub(super) fn wait_anew(&mut self) {
        self.alone_since = self.alone_since.map(|_| Instant::now());
    }

    /// A connection goes on with this chat; one before it is closed. Whether there was one.
    pub(super) async fn linked(&mut self, call_id: &str, link: Box<dyn ChatLink>, after: u64) -> bool {
        let before = self.link.replace(link);
        let taken_over = before.is_some();
        if let Some(before) = before {
            before.close(Parting::TakenOver).await;
        }
        self.alone_since = None;
        self.tell(&event::started(call_id, &self.room.resume)).await;
        let skip = (after + 1).saturating_sub(self.first);
        let missed: Vec<_> =
            self.kept.iter().skip(usize::try_from(skip).unwrap_or(usize::MAX)).cloned().collect();
        for event in missed {
            self.send(event).await;
        }
        taken_over
    }

    pub(super) fn unlinked(&mut self) {
        self.link = None;
        self.alone_since = Some(Instant::now());
    }

    pub(super) async fn close(&mut self, why: Parting) {
        if let Some(link) = self.link.take() {
            link.close(why).await;
        }
    }

    /// Counts a message: whether it is still one that somebody types.
    pub(super) async fn counts(&mut self) -> bool {
        self.messages += 1;
        let typed = self.messages <= MESSAGES_MAX;
        if !typed {
            self.close(Parting::Misbehaved).await;
        }
        typed
    }

    /// A line is shown: whoever says later that it was seen knows it.
    pub(super) fn shows(&mut self, line: LineId) {
        self.shown_max = self.shown_max.max(line.0);
    }

    pub(super) fn has_shown(&self, line: LineId) -> bool {
        (1..=self.shown_max).contains(&line.0)
    }

    pub(super) async fn refuse(&mut self, wrong: &WrongMessage) {
        self.tell(&event::error(wrong.code, wrong.message)).await;
    }

    /// Shows an event, and keeps it for a page that comes back.
    pub(super) async fn keep(&mut self, mut event: Value) {
        event["seq"] = (self.first + self.kept.len() as u64).into();
        let event: Arc<str> = event.to_string().into();
        self.kept.push_back(Arc::clone(&event));
        if self.kept.len() > KEPT_MAX {
            self.kept.pop_front();
            self.first += 1;
        }
        self.send(event).await;
    }

    /// Shows what only this connection is told.
    pub(super) async fn tell(&mut self, event: &Value) {
        self.send(event.to_string().into()).await;
    }

    async fn send(&mut self, event: Arc<str>) {
        if let Some(link) = &mut self.link
            && link.show(event).await.is_err()
        {
            self.unlinked();
        }
    }
}

/// What is wrong with a message in any chat, however the caller is connected.
pub(super) fn wrong(message: &ChatMessage, program: &Program) -> Option<WrongMessage> {
    match message {
        ChatMessage::Start { .. } => {
            let message = "this chat has started; open another connection to start again";
            Some(WrongMessage { code: "started", message })
        }
        ChatMessage::Choice { meaning, .. } => {
            let scope = meaning.scope()?;
            let unknown = scope.recipients(program).iter().any(|id| program.recipient(id).is_none());
            let message = "there is no such recipient";
            unknown.then_some(WrongMessage { code: "unknown_choice", message })
        }
        _ => None,
    }
}

async fn next_carry(waiting: &mut Option<Carry>, more: &mut mpsc::Receiver<Carry>) -> Option<Carry> {
    match waiting.take() {
        Some(carry) => Some(carry),
        None => more.recv().await,
    }
}

async fn next(link: &mut Option<Box<dyn ChatLink>>) -> Option<Result<ChatMessage, WrongMessage>> {
    match link {
        Some(link) => link.next().await,
        None => pending().await,
    }
}

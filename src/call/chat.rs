//! One live chat: everything that happens in it goes through one task, in order, as in a spoken call.
//!
//! Connections come and go; the chat is the same. What was shown is kept, so that a page that was reloaded shows it
//! again; what the caller typed is not: it stands in the journal alone.

use super::{Desk, close, drawn, durable::Durable};
use crate::{
    dialogue::{Broken, Effect, Gone, Input, Line, LineId, LineKind},
    journal::{Bytes32, CallRecord, Log, Opened, Salts, caption, record},
    observe::metrics,
    pii::Pii,
    ports::{ChatLink, Parting},
    program::Expecting,
    time::Millis,
    typed::{ChatMessage, WrongMessage, event},
    understand::Heard,
};
use serde_json::Value;
use std::{
    collections::{BTreeSet, VecDeque},
    future::pending,
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, sleep_until},
};

/// Events kept for a page that comes back. A whole conversation has about a hundred.
const KEPT_MAX: usize = 400;
/// Nobody types more messages than this in one chat.
const MESSAGES_MAX: u32 = 2_000;
/// Nothing happens for so long: look whether something should.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

/// What reaches a chat from outside of its connection.
pub enum Mail {
    /// A connection that goes on with it, and the last event that its page has.
    Link(Box<dyn ChatLink>, u64),
    /// A message that came another way.
    Message(ChatMessage),
}

/// What a chat needs beside its desk.
pub struct Room {
    /// Connections and messages.
    pub mail: mpsc::Receiver<Mail>,
    /// Told to each connection: with it the chat can be gone on with.
    pub resume: String,
    /// How long there may be no connection, in milliseconds.
    pub resume_ms_max: u64,
    /// Turning true: the server takes no new calls, and nobody is waited for.
    pub draining: watch::Receiver<bool>,
    /// Turning true: the chat ends now.
    pub stop: watch::Receiver<bool>,
}

/// Runs a chat until it ends, beginning with its first connection in the mail. The journal's opening is durable
/// before the first word; when it cannot be, nothing is said.
pub async fn converse(desk: Arc<Desk>, mut opened: Opened, mut room: Room) -> CallRecord {
    opened.salt = Bytes32(drawn(desk.entropy.as_ref()));
    if let Err(error) = desk.ledger.open(&opened).await {
        tracing::error!(call_id = %opened.call_id, %error, "a chat could not be put on record and was not begun");
        if let Some(Mail::Link(mut link, _)) = room.mail.recv().await {
            let message = "nothing can be put on record now; try again in a moment";
            let _ = link.show(event::error("unavailable", message).to_string().into()).await;
            link.close(Parting::Over).await;
        }
        return record(&opened, &[]);
    }
    let mut chat = Chat::new(Arc::clone(&desk), &opened, room);
    chat.run().await;
    let Chat { durable, link, .. } = chat;
    let record = close(&desk, &opened, durable).await;
    if let Some(link) = link {
        link.close(Parting::Over).await;
    }
    record
}

struct Chat {
    desk: Arc<Desk>,
    call_id: String,
    room: Room,
    began: Instant,
    log: Log,
    durable: Durable,
    link: Option<Box<dyn ChatLink>>,
    /// Since when there has been no connection.
    alone_since: Option<Instant>,
    /// What was shown, in order; `first` is the number of the oldest kept.
    kept: VecDeque<Arc<str>>,
    first: u64,
    /// Lines that no connection has taken yet.
    unsaid: VecDeque<Line>,
    /// Lines that were shown and count only when they were seen; and all that were ever shown.
    unseen: BTreeSet<LineId>,
    shown_max: u32,
    /// Whether the page must be told that it is its turn.
    turn_due: bool,
    asked_at: Option<Instant>,
    messages: u32,
    over: bool,
}

impl Chat {
    fn new(desk: Arc<Desk>, opened: &Opened, room: Room) -> Chat {
        let salts = Salts::new(drawn(desk.entropy.as_ref()));
        Chat {
            log: Log::new(Arc::clone(&desk.program), opened, salts),
            durable: Durable::new(Arc::clone(&desk.ledger), Arc::clone(&desk.timer), &opened.call_id),
            call_id: opened.call_id.clone(),
            room,
            began: Instant::now(),
            link: None,
            alone_since: Some(Instant::now()),
            kept: VecDeque::new(),
            first: 1,
            unsaid: VecDeque::new(),
            unseen: BTreeSet::new(),
            shown_max: 0,
            turn_due: false,
            asked_at: None,
            messages: 0,
            over: false,
            desk,
        }
    }

    async fn run(&mut self) {
        let (mut draining, mut stop) = (self.room.draining.clone(), self.room.stop.clone());
        self.input(Input::Begin).await;
        while !self.over {
            let wake = self.wake();
            let drains = *draining.borrow();
            // Over, and what it ended with on its way to the store: nothing else matters any more.
            let goes_on = !self.log.dialogue().is_over();
            tokio::select! {
                biased;
                effects = self.durable.next() => match effects {
                    Ok(effects) => self.carry_out(effects).await,
                    Err(_) => {
                        let must = self.durable.salvage();
                        self.input(Input::Failed { broken: Broken::Store }).await;
                        self.carry_out(must).await;
                    }
                },
                mail = self.room.mail.recv(), if goes_on => match mail {
                    Some(Mail::Link(link, after)) => self.linked(link, after).await,
                    Some(Mail::Message(message)) => self.arrived(message).await,
                    None => self.leave(Gone::Shutdown).await,
                },
                message = next(&mut self.link), if goes_on => match message {
                    Some(Ok(message)) => self.arrived(message).await,
                    Some(Err(wrong)) => self.refuse(&wrong).await,
                    None => self.unlinked(),
                },
                () = sleep_until(wake), if goes_on => self.woken().await,
                () = turned(&mut draining), if goes_on && !drains => {}
                () = turned(&mut stop), if goes_on => self.leave(Gone::Shutdown).await,
            }
            self.say().await;
        }
    }

    fn now(&self) -> Millis {
        Millis(self.began.elapsed().as_millis() as u64)
    }

    /// When something is to be done though nothing arrives.
    fn wake(&self) -> Instant {
        let deadline = self.log.dialogue().deadline().map(|at| self.began + Duration::from_millis(at.0));
        [deadline, self.given_up_at()]
            .into_iter()
            .flatten()
            .min()
            .unwrap_or_else(|| Instant::now() + LOOK_AGAIN)
    }

    /// When a caller without a connection is not waited for any more.
    fn given_up_at(&self) -> Option<Instant> {
        let patience_ms = if *self.room.draining.borrow() { 0 } else { self.room.resume_ms_max };
        self.alone_since.map(|since| since + Duration::from_millis(patience_ms))
    }

    async fn woken(&mut self) {
        if self.given_up_at().is_some_and(|at| at <= Instant::now()) {
            return self.leave(Gone::Lost).await;
        }
        if self.log.dialogue().deadline().is_some_and(|deadline| deadline <= self.now()) {
            self.input(Input::Tick).await;
        }
    }

    async fn leave(&mut self, why: Gone) {
        self.unsaid.clear();
        self.input(Input::Gone { why }).await;
    }

    /// A connection goes on with this chat; one before it is closed.
    async fn linked(&mut self, link: Box<dyn ChatLink>, after: u64) {
        if let Some(before) = self.link.replace(link) {
            before.close(Parting::TakenOver).await;
        }
        self.alone_since = None;
        self.tell(&event::started(&self.call_id, &self.room.resume)).await;
        let skip = (after + 1).saturating_sub(self.first);
        let missed: Vec<_> =
            self.kept.iter().skip(usize::try_from(skip).unwrap_or(usize::MAX)).cloned().collect();
        for event in missed {
            self.send(event).await;
        }
        self.turn_due = true;
    }

    fn unlinked(&mut self) {
        self.link = None;
        self.alone_since = Some(Instant::now());
    }

    async fn arrived(&mut self, message: ChatMessage) {
        self.messages += 1;
        if self.messages > MESSAGES_MAX {
            if let Some(link) = self.link.take() {
                link.close(Parting::Misbehaved).await;
            }
            return self.leave(Gone::Misbehaved).await;
        }
        let now = self.now();
        match message {
            ChatMessage::Start { .. } => {
                let message = "this chat has started; open another connection to start again";
                self.refuse(&WrongMessage { code: "started", message }).await;
            }
            ChatMessage::Seen(line) => self.seen(line).await,
            ChatMessage::End => self.leave(Gone::HungUp).await,
            ChatMessage::Text(words) => {
                if self.desk.onlooker.watches(&self.call_id) {
                    self.desk.onlooker.show(&self.call_id, caption::said(words.expose()));
                }
                let heard = Pii::new(Heard::typed(words.into_exposed()));
                self.answered(Input::Said { heard, from: now, to: now }).await;
            }
            ChatMessage::Choice { meaning, name } => {
                let unknown = meaning.scope().is_some_and(|scope| {
                    scope
                        .recipients(&self.desk.program)
                        .iter()
                        .any(|id| self.desk.program.recipient(id).is_none())
                });
                if unknown {
                    let message = "there is no such recipient";
                    return self.refuse(&WrongMessage { code: "unknown_choice", message }).await;
                }
                self.answered(Input::Chose { meaning, matter: None, name }).await;
            }
        }
    }

    /// The caller's turn: what was not said yet is not said any more, unless the dialogue says it again.
    async fn answered(&mut self, input: Input) {
        self.turn_due = true;
        self.asked_at = Some(Instant::now());
        self.input(input).await;
    }

    async fn seen(&mut self, line: LineId) {
        if self.unseen.remove(&line) {
            self.ended(line).await;
        } else if line.0 == 0 || line.0 > self.shown_max {
            let message = "`line` is the id of a line that was sent to this page, as \"l3\"";
            self.refuse(&WrongMessage { code: "unknown_line", message }).await;
        }
    }

    async fn refuse(&mut self, wrong: &WrongMessage) {
        self.tell(&event::error(wrong.code, wrong.message)).await;
    }

    /// Passes an input to the dialogue and does what may be done at once.
    async fn input(&mut self, input: Input) {
        let step = self.log.handle(self.now(), input);
        if self.desk.onlooker.watches(&self.call_id) {
            for shown in step.effects.iter().filter_map(caption::of_effect) {
                self.desk.onlooker.show(&self.call_id, shown);
            }
        }
        let effects = self.durable.take(step);
        // Boxed: an effect can lead to another input, and futures cannot hold themselves.
        Box::pin(self.carry_out(effects)).await;
    }

    async fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            let locale = self.log.dialogue().locale();
            if let Some(shown) = event::of_effect(&effect, &self.desk.program, locale) {
                self.keep(shown).await;
            }
            match effect {
                Effect::Speak(line) => self.unsaid.push_back(line),
                Effect::Flush => self.unsaid.clear(),
                Effect::Transfer(_) | Effect::HangUp => self.over = true,
                Effect::Fact(_) | Effect::Listen(_) | Effect::Understood(_) | Effect::StopRecording => {}
            }
        }
        // A caller who is gone is told nothing; the facts of it were just made durable.
        if self.log.dialogue().is_over() && !self.durable.is_holding() {
            self.over = true;
        }
    }

    /// Shows the lines that wait, as long as there is somebody to show them to. A line counts as begun when the
    /// connection took it, and as read to its end too, unless it must be seen.
    async fn say(&mut self) {
        while self.link.is_some()
            && let Some(line) = self.unsaid.pop_front()
        {
            let dialogue = self.log.dialogue();
            let (must_see, only_tells) = (dialogue.must_be_seen(line.id()), dialogue.only_tells(line.id()));
            let id = line.id();
            self.shown_max = self.shown_max.max(id.0);
            if must_see {
                self.unseen.insert(id);
            }
            if self.desk.onlooker.watches(&self.call_id) {
                self.desk.onlooker.show(&self.call_id, caption::line(&line));
            }
            self.keep(event::line(&line, must_see, only_tells)).await;
            self.turn_due |= line.kind() != LineKind::Closing;
            self.input(Input::LineBegan { line: id }).await;
            if !must_see {
                self.ended(id).await;
            }
        }
        let quiet = self.unsaid.is_empty() && !self.durable.is_holding() && !self.log.dialogue().is_over();
        if self.turn_due && quiet && self.link.is_some() {
            self.turn_due = false;
            let expecting: Expecting = self.log.dialogue().expecting();
            if let Some(asked_at) = self.asked_at.take() {
                metrics::chat_answered(asked_at.elapsed().as_secs_f64() * 1e3);
            }
            self.tell(&event::listening(&expecting)).await;
        }
    }

    async fn ended(&mut self, line: LineId) {
        if self.desk.onlooker.watches(&self.call_id) {
            self.desk.onlooker.show(&self.call_id, caption::heard(line, true));
        }
        self.input(Input::LineEnded { line, complete: true, heard_ms: 0 }).await;
    }

    /// Shows an event, and keeps it for a page that comes back.
    async fn keep(&mut self, mut event: Value) {
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
    async fn tell(&mut self, event: &Value) {
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

async fn turned(flag: &mut watch::Receiver<bool>) {
    // A sender that is gone is a server that is gone.
    let _ = flag.wait_for(|turned| *turned).await;
}

async fn next(link: &mut Option<Box<dyn ChatLink>>) -> Option<Result<ChatMessage, WrongMessage>> {
    match link {
        Some(link) => link.next().await,
        None => pending().await,
    }
}

//! One live chat: everything that happens in it goes through one task, in order, as in a spoken call.
//!
//! Connections come and go; the chat is the same. What was shown is kept, so that a page that was reloaded shows it
//! again; what the caller typed is not: it stands in the journal alone.

use super::{
    Desk,
    actor::{Actor, StreamEnd},
    close, drawn,
    handover::{CODE_MS_MAX, Carry},
    page::{Arrived, Page, wrong},
    underway::UnderWay,
};
use crate::{
    dialogue::{Broken, Carried, ChannelKind, Effect, Gone, Input, Line, LineId, LineKind},
    journal::{Bytes32, Opened, caption},
    observe::metrics,
    pii::Pii,
    ports::{Channel, ChatLink, Parting},
    program::Expecting,
    time::Millis,
    typed::{ChatMessage, WrongMessage, event},
    understand::Heard,
};
use serde_json::Value;
use std::{
    collections::{BTreeSet, VecDeque},
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::{Instant, sleep_until},
};

/// Nothing happens for so long: look whether something should.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

/// What reaches a chat from outside of its connection.
pub enum Mail {
    /// A connection that goes on with it, and the last event that its page has.
    Link(Box<dyn ChatLink>, u64),
    /// A message that came another way.
    Message(ChatMessage),
    /// A voice: the caller goes on by talking.
    Talk(Talk),
}

/// A voice that joins a chat.
pub struct Talk {
    /// The connection to it, which sends mu-law.
    pub channel: Box<dyn Channel>,
    /// Dropped when the caller talks no more.
    pub over: oneshot::Sender<()>,
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
/// before the first word; when it cannot be, nothing is said. Who is still to be told, where it went on elsewhere.
pub async fn converse(desk: Arc<Desk>, mut opened: Opened, mut room: Room) -> Option<Late> {
    opened.salt = Bytes32(drawn(desk.entropy.as_ref()));
    if let Err(error) = desk.ledger.open(&opened).await {
        tracing::error!(call_id = %opened.call_id, %error, "a chat could not be put on record and was not begun");
        if let Some(Mail::Link(mut link, _)) = room.mail.recv().await {
            let message = "nothing can be put on record now; try again in a moment";
            let _ = link.show(event::error("unavailable", message).to_string().into()).await;
            link.close(Parting::Over).await;
        }
        return None;
    }
    let mut chat = Chat::of(UnderWay::new(Arc::clone(&desk), &opened), Page::new(room));
    chat.input(Input::Begin).await;
    while let Some(talk) = chat.run().await {
        chat = chat.talk(talk).await;
    }
    desk.codes.forget(&opened.call_id);
    let Chat { mut call, mut page, handed_over, .. } = chat;
    call.end_recording().await;
    close(&desk, &opened, call.durable).await;
    page.close(Parting::Over).await;
    // Whatever comes for it from here on is refused.
    page.room.mail.close();
    handed_over.then_some(Late { call_id: opened.call_id, page })
}

/// The page of a chat that went on in a call, and that may not know it yet.
pub struct Late {
    call_id: String,
    page: Page,
}

impl Late {
    /// Tells it so when it comes back, by `links`, for a quarter of an hour.
    pub async fn tell(mut self, links: mpsc::Receiver<Mail>) {
        let mut before = std::mem::replace(&mut self.page.room.mail, links);
        // Who came back while it was being closed.
        while let Ok(mail) = before.try_recv() {
            if let Mail::Link(link, after) = mail {
                self.page.linked(&self.call_id, link, after).await;
                self.page.close(Parting::Over).await;
            }
        }
        self.page.tell_late(&self.call_id).await;
    }
}

struct Chat {
    call: UnderWay,
    page: Page,
    /// Lines that no connection has taken yet.
    unsaid: VecDeque<Line>,
    /// Lines that were shown and count only when they were seen.
    unseen: BTreeSet<LineId>,
    /// Whether the page must be told that it is its turn.
    turn_due: bool,
    asked_at: Option<Instant>,
    over: bool,
    /// The call that takes this chat over, until that is on record.
    carrying: Option<(oneshot::Sender<Carried>, Carried)>,
    handed_over: bool,
}

impl Chat {
    fn of(call: UnderWay, page: Page) -> Chat {
        Chat {
            call,
            page,
            unsaid: VecDeque::new(),
            unseen: BTreeSet::new(),
            turn_due: false,
            asked_at: None,
            over: false,
            carrying: None,
            handed_over: false,
        }
    }

    /// The caller talks, until they type again or the call is over. What was not said is said anew by whoever has
    /// the call.
    async fn talk(self, Talk { channel, over }: Talk) -> Chat {
        let stop = self.page.room.stop.clone();
        let mut actor = Actor::joining(self.call, self.page, channel);
        let end = actor.run(Input::Moved { to: ChannelKind::Browser }, stop).await;
        let (mut call, page) = actor.part();
        call.pause_recording().await;
        drop(over);
        let Some(mut page) = page else { unreachable!("an actor that joined a page has it") };
        page.wait_anew();
        let mut chat = Chat::of(call, page);
        if end == StreamEnd::Typing {
            chat.turn_due = true;
            chat.input(Input::Moved { to: ChannelKind::Chat }).await;
        }
        chat.over |= chat.call.log.dialogue().is_over() && !chat.call.durable.is_holding();
        chat
    }

    /// Goes on until it is over, or until the caller talks.
    async fn run(&mut self) -> Option<Talk> {
        let (mut draining, mut stop) = (self.page.room.draining.clone(), self.page.room.stop.clone());
        while !self.over {
            if let Some(talk) = self.page.talk.take() {
                if self.can_talk() {
                    return Some(talk);
                }
                self.refuse_voice(talk).await;
            }
            let wake = self.wake();
            let drains = *draining.borrow();
            // Over, and what it ended with on its way to the store: nothing else matters any more.
            let goes_on = !self.call.log.dialogue().is_over();
            tokio::select! {
                biased;
                effects = self.call.durable.next() => match effects {
                    Ok(effects) => self.carry_out(effects).await,
                    Err(_) => {
                        // What is not on record is not carried on.
                        self.carrying = None;
                        let must = self.call.durable.salvage();
                        self.input(Input::Failed { broken: Broken::Store }).await;
                        self.carry_out(must).await;
                    }
                },
                arrived = self.page.next(), if goes_on => match arrived {
                    Arrived::Link(link, after) => self.linked(link, after).await,
                    Arrived::Message(message) => self.arrived(message).await,
                    Arrived::Wrong(wrong) => self.page.refuse(&wrong).await,
                    Arrived::Talk(talk) => self.page.talk = Some(talk),
                    Arrived::Carry(carry) => self.hand_over(carry).await,
                    Arrived::Unlinked => self.page.unlinked(),
                    Arrived::Closed => self.leave(Gone::Shutdown).await,
                },
                () = sleep_until(wake), if goes_on => self.woken().await,
                () = turned(&mut draining), if goes_on && !drains => {}
                () = turned(&mut stop), if goes_on => self.leave(Gone::Shutdown).await,
            }
            self.say().await;
        }
        None
    }

    /// Whether what is to be said can be said aloud.
    fn can_talk(&self) -> bool {
        let dialogue = self.call.log.dialogue();
        !dialogue.is_over() && self.call.desk.voice.speaks().contains(&dialogue.locale())
    }

    async fn refuse_voice(&mut self, Talk { mut channel, .. }: Talk) {
        channel.close().await;
        let message = "this chat cannot be gone on with by voice; it goes on in writing";
        self.page.refuse(&WrongMessage { code: "no_voice", message }).await;
    }

    /// When something is to be done though nothing arrives.
    fn wake(&self) -> Instant {
        let deadline = self
            .call
            .log
            .dialogue()
            .deadline()
            .map(|at| Instant::now() + Duration::from_millis(at.since(self.call.now())));
        [deadline, self.page.given_up_at()]
            .into_iter()
            .flatten()
            .min()
            .unwrap_or_else(|| Instant::now() + LOOK_AGAIN)
    }

    async fn woken(&mut self) {
        if self.page.given_up_at().is_some_and(|at| at <= Instant::now()) {
            return self.leave(Gone::Lost).await;
        }
        if self.call.log.dialogue().deadline().is_some_and(|deadline| deadline <= self.call.now()) {
            self.input(Input::Tick).await;
        }
    }

    async fn leave(&mut self, why: Gone) {
        self.unsaid.clear();
        self.input(Input::Gone { why }).await;
    }

    async fn linked(&mut self, link: Box<dyn ChatLink>, after: u64) {
        self.page.linked(&self.call.call_id, link, after).await;
        self.turn_due = true;
    }

    async fn arrived(&mut self, message: ChatMessage) {
        if !self.page.counts().await {
            return self.leave(Gone::Misbehaved).await;
        }
        if let Some(wrong) = wrong(&message, &self.call.desk.program) {
            return self.page.refuse(&wrong).await;
        }
        let now = self.call.now();
        match message {
            ChatMessage::Start { .. } => {}
            ChatMessage::Seen(line) => self.seen(line).await,
            ChatMessage::Handover => {
                let offer = phone_offer(&self.call, &self.page);
                self.page.tell(&offer).await;
            }
            ChatMessage::End => self.leave(Gone::HungUp).await,
            ChatMessage::Text(words) => {
                if self.call.is_watched() {
                    self.call.show(caption::said(words.expose()));
                }
                let heard = Pii::new(Heard::typed(words.into_exposed()));
                self.answered(Input::Said { heard, from: now, to: now }).await;
            }
            ChatMessage::Choice { meaning, name } => {
                self.answered(Input::Chose { meaning, matter: None, name }).await;
            }
        }
    }

    /// A call whose caller gave the code takes this chat over, once that is on record.
    async fn hand_over(&mut self, Carry { to, reply }: Carry) {
        // A call that does not wait any more takes nothing over.
        if reply.is_closed() {
            return;
        }
        let Some(carried) = self.call.log.dialogue().carries() else { return };
        self.unsaid.clear();
        self.carrying = Some((reply, carried));
        self.input(Input::HandedOver { to }).await;
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
        } else if !self.page.has_shown(line) {
            let message = "`line` is the id of a line that was sent to this page, as \"l3\"";
            self.page.refuse(&WrongMessage { code: "unknown_line", message }).await;
        }
    }

    /// Passes an input to the dialogue and does what may be done at once.
    async fn input(&mut self, input: Input) {
        let effects = self.call.handle(input);
        // Boxed: an effect can lead to another input, and futures cannot hold themselves.
        Box::pin(self.carry_out(effects)).await;
    }

    async fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            let locale = self.call.log.dialogue().locale();
            if let Some(shown) = event::of_effect(&effect, &self.call.desk.program, locale) {
                self.page.keep(shown).await;
            }
            match effect {
                Effect::Fact(fact) => self.call.noted(&fact),
                Effect::StopRecording => self.call.destroy_recording().await,
                // Words under which the chat ends are not answered any more.
                Effect::Speak(line) if self.call.log.dialogue().is_over() => {
                    self.page.keep(event::line(&line, false, true)).await;
                }
                Effect::Speak(line) => self.unsaid.push_back(line),
                Effect::Flush => self.unsaid.clear(),
                Effect::Transfer(_) | Effect::HangUp => {
                    self.over = true;
                    if let Some((call, carried)) = self.carrying.take() {
                        self.handed_over = true;
                        let _ = call.send(carried);
                    }
                }
                Effect::LookUp(_) | Effect::Listen(_) | Effect::Understood(_) => {}
            }
        }
        // A caller who is gone is told nothing; the facts of it were just made durable.
        if self.call.log.dialogue().is_over() && !self.call.durable.is_holding() {
            self.over = true;
        }
    }

    /// Shows the lines that wait, as long as there is somebody to show them to. A line counts as begun when the
    /// connection took it, and as read to its end too, unless it must be seen.
    async fn say(&mut self) {
        while self.page.is_there()
            && let Some(line) = self.unsaid.pop_front()
        {
            let dialogue = self.call.log.dialogue();
            let (must_see, only_tells) = (dialogue.must_be_seen(line.id()), dialogue.only_tells(line.id()));
            let id = line.id();
            self.page.shows(id);
            if must_see {
                self.unseen.insert(id);
            }
            if self.call.is_watched() {
                self.call.show(caption::line(&line));
            }
            self.page.keep(event::line(&line, must_see, only_tells)).await;
            self.turn_due |= line.kind() != LineKind::Closing;
            self.input(Input::LineBegan { line: id }).await;
            if !must_see {
                self.ended(id).await;
            }
        }
        let quiet =
            self.unsaid.is_empty() && !self.call.durable.is_holding() && !self.call.log.dialogue().is_over();
        if self.turn_due && quiet && self.page.is_there() {
            self.turn_due = false;
            let expecting: Expecting = self.call.log.dialogue().expecting();
            if let Some(asked_at) = self.asked_at.take() {
                metrics::chat_answered(asked_at.elapsed().as_secs_f64() * 1e3);
            }
            self.page.tell(&event::listening(&expecting)).await;
        }
    }

    async fn ended(&mut self, line: LineId) {
        if self.call.is_watched() {
            self.call.show(caption::heard(line, true));
        }
        self.input(Input::LineEnded { line, complete: true, heard_ms: 0 }).await;
    }
}

/// The caller wants to go on by phone: the program's number, and a code for it where the chat can be carried on.
pub(super) fn phone_offer(call: &UnderWay, page: &Page) -> Value {
    let Desk { program, codes, entropy, clock, .. } = call.desk.as_ref();
    let can = call.log.dialogue().carries().is_some() && !program.numbers.is_empty();
    let issue = || codes.issue(&program.id, &call.call_id, page.carries(), entropy.as_ref(), Instant::now());
    let code = can.then(issue).flatten();
    let until = clock.now().plus(Millis(CODE_MS_MAX));
    let number = program.numbers.first().map(String::as_str);
    event::handover(number, code.as_ref().map(|code| (code.expose().as_str(), until)))
}

pub(super) async fn turned(flag: &mut watch::Receiver<bool>) {
    // A sender that is gone is a server that is gone.
    let _ = flag.wait_for(|turned| *turned).await;
}

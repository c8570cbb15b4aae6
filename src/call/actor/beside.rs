//! What a caller types and clicks beside talking, and the way back to typing alone.

use super::{Actor, StreamEnd};
use crate::{
    call::{
        chat::phone_offer,
        page::{Arrived, Page, wrong},
    },
    dialogue::{Gone, Input, LineId},
    journal::caption,
    pii::Pii,
    typed::{ChatMessage, WrongMessage},
    understand::Heard,
};
use std::future::pending;

/// So many lines that were not played are enough, where the caller can read them.
const LOST_LINES_MAX: u32 = 2;
const NO_VOICE: WrongMessage =
    WrongMessage { code: "no_voice", message: "talking does not work now; the chat goes on in writing" };
const SIGN_BY_VOICE: WrongMessage = WrongMessage {
    code: "sign_by_voice",
    message: "who talks signs by voice: your full name, and: I agree; or type instead, and sign in writing",
};

impl Actor {
    /// What the caller typed or clicked beside talking, over the voice's own connection.
    pub(super) async fn page(&mut self, text: &str) {
        // The channel passes nothing else on.
        if let Ok(message @ (ChatMessage::Text(_) | ChatMessage::Choice { .. })) = ChatMessage::parse(text) {
            self.typed(message).await;
        }
    }

    /// It interrupts, as a voice does.
    async fn typed(&mut self, message: ChatMessage) {
        let now = self.now();
        match message {
            ChatMessage::Text(words) => {
                self.input(Input::SpeechBegan).await;
                if self.call.is_watched() {
                    self.call.show(caption::said(words.expose()));
                }
                let heard = Pii::new(Heard::typed(words.expose().as_str()));
                self.input(Input::Said { heard, from: now, to: now }).await;
            }
            ChatMessage::Choice { meaning, name } => {
                self.input(Input::Chose { meaning, matter: None, name }).await;
            }
            ChatMessage::Start { .. } | ChatMessage::Seen(_) | ChatMessage::Handover | ChatMessage::End => {}
        }
    }

    /// What comes from the page of a caller who typed before.
    pub(super) async fn arrived_by_page(&mut self, arrived: Arrived) {
        let Some(page) = &mut self.page else { return };
        match arrived {
            Arrived::Link(link, after) => {
                // Another page has no microphone on: the caller types there.
                if page.linked(&self.call.call_id, link, after).await {
                    self.types_again();
                }
            }
            Arrived::Talk(talk) => {
                page.talk = Some(talk);
                self.types_again();
            }
            // Whoever is on the phone talks there; the chat hands itself over in writing.
            Arrived::Carry(carry) => {
                if self.call.log.dialogue().carries().is_some() {
                    page.carry = Some(carry);
                    self.types_again();
                }
            }
            Arrived::Message(message) => self.message(message).await,
            Arrived::Wrong(wrong) => page.refuse(&wrong).await,
            Arrived::Unlinked => page.unlinked(),
            Arrived::Closed => self.input(Input::Gone { why: Gone::Shutdown }).await,
        }
    }

    async fn message(&mut self, message: ChatMessage) {
        let Some(page) = &mut self.page else { return };
        if !page.counts().await {
            return self.input(Input::Gone { why: Gone::Misbehaved }).await;
        }
        let signs = matches!(message, ChatMessage::Choice { name: Some(_), .. });
        let wrong = signs.then_some(SIGN_BY_VOICE).or_else(|| wrong(&message, &self.call.desk.program));
        match (wrong, message) {
            (Some(wrong), _) => page.refuse(&wrong).await,
            (None, ChatMessage::Handover) => {
                let offer = phone_offer(&self.call, page);
                page.tell(&offer).await;
            }
            (None, ChatMessage::End) => self.input(Input::Gone { why: Gone::HungUp }).await,
            (None, message) => self.typed(message).await,
        }
    }

    /// Whether a caller who can read hears nothing: a line was not played though nothing cut it, and not for the
    /// first time.
    pub(super) fn is_lost_for_good(&mut self, line: LineId) -> bool {
        let lost = self.page.is_some() && self.call.log.dialogue().is_saying(line);
        self.lost += u32::from(lost);
        lost && self.lost >= LOST_LINES_MAX
    }

    /// Something of the voice does not work; whoever can type does.
    pub(super) async fn fails(&mut self) {
        if let Some(page) = &mut self.page {
            page.refuse(&NO_VOICE).await;
            self.types_again();
        }
    }

    pub(super) fn types_again(&mut self) {
        self.ended.get_or_insert(StreamEnd::Typing);
    }
}

pub(super) async fn next(page: &mut Option<Page>) -> Arrived {
    match page {
        Some(page) => page.next().await,
        None => pending().await,
    }
}

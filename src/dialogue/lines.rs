//! Saying things: the texts of the script as lines, and what is pending presented again.

use super::{
    Answered, Dialogue, Effect, Fact, LineId, LineKind, NOTICE_FROM, RECORDING,
    consents::Standing,
    gate::{plain_line, question_line},
    phase::{Aside, Extent, Phase},
    talk::{Spoken, Then},
};
use crate::{
    program::{Locale, RecipientId, Text},
    understand::spoken_value,
};

impl Dialogue {
    /// Says `text` after what is being said.
    pub(super) fn say(&mut self, kind: LineKind, text: &Text, about: &[RecipientId], then: Then) {
        let words = self.fill(text, about);
        self.say_words(kind, words, then, 0);
    }

    pub(super) fn say_words(&mut self, kind: LineKind, words: String, then: Then, from_ms: u64) -> LineId {
        let id = self.talk.next_id();
        self.speak(plain_line(id, kind, words, self.locale, from_ms), then);
        id
    }

    pub(super) fn speak(&mut self, line: super::Line, then: Then) {
        self.quiet_since = None;
        self.talk.push(line.clone(), then);
        self.effects.push(Effect::Speak(line));
    }

    /// Fills the placeholders of a text.
    fn fill(&self, text: &Text, about: &[RecipientId]) -> String {
        let names: Vec<&str> = about
            .iter()
            .filter_map(|id| self.program.recipient(id))
            .map(|r| r.name.in_locale(self.locale))
            .collect();
        text.about(&names, self.locale)
    }

    /// Asks something of the agent's own, on top of what is pending.
    pub(super) fn check(&mut self, aside: Aside) {
        self.aside = Some(aside);
        self.aside_unclear = 0;
        self.present();
    }

    /// Presents whatever is pending: the notice from the first part not heard, or the open question.
    pub(super) fn present(&mut self) {
        self.patience_ms = self.channel.patience_ms(self.program.timings.silence_ms);
        self.announce();
        let program = std::sync::Arc::clone(&self.program);
        if let Some(aside) = self.aside.clone() {
            let texts = &program.texts;
            return match aside {
                Aside::OfferPerson { .. } => {
                    self.say(LineKind::Confirm, &texts.human_offer, &[], Then::Nothing)
                }
                Aside::CheckDanger => self.say(LineKind::Confirm, &texts.danger_question, &[], Then::Nothing),
                Aside::CheckCompany => self.say(LineKind::Confirm, &texts.company, &[], Then::Nothing),
                Aside::CheckAnswer { answer, .. } => self.read_back(&answer),
                Aside::CheckRevocation(scope) => {
                    let about: Vec<RecipientId> = scope.recipients(&program).into_iter().cloned().collect();
                    self.say(LineKind::Confirm, &texts.revoke_confirm, &about, Then::Nothing);
                }
            };
        }
        let asked = Then::Asked(self.asking);
        match self.phase.clone() {
            Phase::Reading => self.read_on(),
            Phase::Acknowledging if self.waits_for_code() => self.advance(),
            Phase::Acknowledging => {
                self.say(LineKind::Acknowledge, &program.notice.acknowledge, &[], asked);
            }
            Phase::Plain(index) => self.ask(&program.plain[index]),
            Phase::Sensitive(index) => self.ask(&program.sensitive[index]),
            Phase::Consenting(recipient) => {
                if let Some(recipient) = program.recipient(&recipient) {
                    let about = [recipient.id.clone()];
                    if !self.shared_heard {
                        self.say(LineKind::Consent, &program.consents.shared, &[], Then::Shared);
                    }
                    self.say(LineKind::Consent, &recipient.consent, &about, asked);
                }
            }
            Phase::Signing(recipient) => {
                self.show_instrument(&recipient);
                self.say(LineKind::Signature, &program.texts.signature, &[recipient], asked);
            }
            Phase::Closing => self.say(LineKind::Closing, &program.texts.closing, &[], asked),
            Phase::InDanger => self.say(LineKind::Emergency, &program.texts.emergency, &[], asked),
            Phase::Leaving(_) | Phase::Passing(_) | Phase::Ended(_) => {}
        }
    }

    /// "I have this: is that right?"
    fn read_back(&mut self, answer: &Answered) {
        let Some(kind) = self.open_question().map(|q| q.answer) else { return };
        let value = answer.value.as_deref().unwrap_or(&answer.text);
        let spoken = spoken_value(kind, value, self.locale);
        let program = std::sync::Arc::clone(&self.program);
        let words = program.texts.read_back.in_locale(self.locale).replace("{value}", &spoken);
        self.say_words(LineKind::Confirm, words, Then::Nothing, 0);
    }

    /// A caller who does not speak the language of the greeting is told how to get the other one, in that one.
    fn offer_language(&mut self) {
        let offered = |l: &&Locale| **l != self.locale && self.program.locales.contains(l);
        let Some(other) = self.setup.spoken.iter().find(offered).copied() else { return };
        if self.channel.is_voice() {
            let words = self.program.texts.language_offer.in_locale(other).to_owned();
            let line = plain_line(self.talk.next_id(), LineKind::Greeting, words, other, 0);
            self.speak(line, Then::Nothing);
        }
    }

    /// Reads on from the first part not heard to its end, and asks for the acknowledgement after the last.
    fn read_on(&mut self) {
        let program = std::sync::Arc::clone(&self.program);
        let first = self.parts.next().unwrap_or(0);
        for part in first..NOTICE_FROM + program.notice.parts.len() {
            let (kind, text) = match part {
                0 => (LineKind::Greeting, &program.texts.greeting),
                1 => (LineKind::Recording, &program.texts.recording),
                _ => (LineKind::Notice, &program.notice.parts[part - NOTICE_FROM].text),
            };
            self.say(kind, text, &[], Then::Read(part));
            if part == 0 {
                self.offer_language();
            }
        }
        self.say(LineKind::Acknowledge, &program.notice.acknowledge, &[], Then::Asked(self.asking));
    }

    fn ask(&mut self, question: &crate::program::Question) {
        let id = self.talk.next_id();
        match question_line(id, question, self.right.as_ref(), self.locale, 0) {
            Some(line) => self.speak(line, Then::Asked(self.asking)),
            // Without the right there is no such line; the script is led on where it may go.
            None => self.advance(),
        }
    }

    /// Says what a cough cut again, from where it was heard.
    pub(super) fn resume(&mut self) {
        for Spoken { line, then, heard_ms } in self.talk.take_cut() {
            let id = self.talk.next_id();
            self.speak(super::Line { id, from_ms: heard_ms, ..line }, then);
        }
    }

    /// What the script has next, as the facts of the call say.
    pub(super) fn advance(&mut self) {
        self.aside = None;
        let everything = self.extent == Extent::Everything;
        if everything && self.was_acknowledged() {
            self.decide_unaskable();
        }
        if self.extent == Extent::PlainOnly && !self.parts.is_heard(RECORDING) {
            let program = std::sync::Arc::clone(&self.program);
            self.say(LineKind::Recording, &program.texts.recording, &[], Then::Read(RECORDING));
        }
        let keys_only = self.keys_only();
        let undone = |questions: &[crate::program::Question]| {
            let askable = |q: &crate::program::Question| !keys_only || q.answer.is_keyed();
            questions.iter().position(|q| !self.done.contains(&q.id) && askable(q))
        };
        let phase = if self.extent == Extent::Enough {
            Phase::Closing
        } else if everything && self.parts.next().is_some() {
            Phase::Reading
        } else if everything && self.right.is_none() && !self.was_acknowledged() {
            Phase::Acknowledging
        } else if let Some(index) = undone(&self.program.plain) {
            Phase::Plain(index)
        } else if let Some(recipient) = self.consents.next().filter(|_| everything) {
            Phase::Consenting(recipient)
        } else if let Some(index) = undone(&self.program.sensitive).filter(|_| everything && self.gate_open())
        {
            Phase::Sensitive(index)
        } else {
            Phase::Closing
        };
        self.enter(phase);
    }

    pub(super) fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        (self.unclear, self.wrong) = (0, 0);
        self.agreed = None;
        self.shown = None;
        self.asking += 1;
        (self.asked_begun, self.asked_to_end) = (false, false);
        self.forget_keys();
        self.present();
    }

    pub(super) fn put_asking_on_record(&mut self) {
        if self.aside.is_some() {
            return;
        }
        let fact = match &self.phase {
            Phase::Plain(index) | Phase::Sensitive(index) => {
                let questions = if matches!(self.phase, Phase::Plain(_)) {
                    &self.program.plain
                } else {
                    &self.program.sensitive
                };
                let question = &questions[*index];
                if !self.asked.insert(question.id.clone()) {
                    return;
                }
                Fact::QuestionAsked { id: question.id.clone(), elicits: question.elicits }
            }
            Phase::Consenting(recipient) => {
                if self.consents.standing(recipient) != Standing::Unasked {
                    return;
                }
                let Some(script) = self.program.recipient(recipient) else { return };
                let fact = Fact::ConsentAsked {
                    consent_id: self.consents.id(recipient),
                    recipient: recipient.clone(),
                    purpose: script.purpose.in_locale(self.locale).to_owned(),
                    version: script.version.clone(),
                    text: self.fill(&script.consent, std::slice::from_ref(recipient)),
                    expires: self.expires(script),
                    expires_event: script.expiry.event.as_ref().map(|e| e.in_locale(self.locale).to_owned()),
                    supersedes: self.consents.supersedes(recipient),
                };
                self.consents.set_not_granted(&recipient.clone(), Standing::Asked);
                fact
            }
            _ => return,
        };
        self.effects.push(Effect::Fact(fact));
    }
}

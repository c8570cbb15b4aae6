//! Answers to the questions of the script: kept, read back, corrected, asked for again.

use super::{
    AnswerStatus, Answered, Dialogue, Effect, Fact, LineKind, Response, Told,
    consents::Standing,
    phase::{self, Aside, Phase},
    talk::Then,
};
use crate::{
    pii::Pii,
    program::{AnswerKind, Question, ReadBack},
    understand::{Meaning, Reading, holds_figures, value},
};
use std::sync::Arc;

/// An answer that was wrong this often is kept as it was said, unconfirmed.
const WRONG_MAX: u8 = 2;

impl Dialogue {
    /// The question of the script that is open.
    pub(super) fn open_question(&self) -> Option<&Question> {
        match self.phase {
            Phase::Plain(index) => self.program.plain.get(index),
            Phase::Sensitive(index) => self.program.sensitive.get(index),
            _ => None,
        }
    }

    /// An answer: read back where ears or fingers may have erred, else kept at once.
    pub(super) fn keep(&mut self, response: Response, told: Told) {
        let Some(question) = self.open_question().cloned() else { return self.present() };
        let text = response.text.into_exposed();
        let value = value(question.answer, &text);
        let read_back = match question.read_back {
            ReadBack::Always => true,
            ReadBack::Spoken => told == Told::Oral,
            ReadBack::Never => false,
        };
        let garbled = question.answer.is_keyed() && value.is_none() && holds_figures(&text);
        let answer = Answered { text, value, confirmed: false };
        if read_back && answer.value.is_some() {
            return self.check(Aside::CheckAnswer { id: question.id, answer, wrong: self.wrong });
        }
        if garbled && self.unclear == 0 {
            self.unclear += 1;
            let program = Arc::clone(&self.program);
            self.say(LineKind::Repair, &program.texts.not_understood, &[], Then::Nothing);
            return self.present();
        }
        self.take_answer(answer);
    }

    fn take_answer(&mut self, answer: Answered) {
        self.aside = None;
        if self.open_question().is_some_and(|q| q.answer == AnswerKind::Name) {
            self.patient.clone_from(&answer.value);
        }
        self.end_question(AnswerStatus::Answered, Some(Pii::new(answer)));
        let program = Arc::clone(&self.program);
        self.say(LineKind::Repair, &program.texts.thanks, &[], Then::Nothing);
        self.advance();
    }

    /// What was read back is right.
    pub(super) fn confirm_answer(&mut self) {
        let Some(Aside::CheckAnswer { answer, .. }) = self.aside.take() else { return self.present() };
        self.take_answer(Answered { confirmed: true, ..answer });
    }

    /// What was read back is wrong: a correction in the same breath is read back in turn, else the question is
    /// asked again.
    pub(super) fn correct_answer(&mut self, reading: &Reading, response: Response, told: Told) {
        let Some(Aside::CheckAnswer { id, answer, wrong }) = self.aside.clone() else {
            return self.present();
        };
        let Some(kind) = self.open_question().map(|q| q.answer) else { return self.present() };
        let denied = reading.meaning == Meaning::Deny;
        let text = response.text.expose();
        // Any two words can be a name; a plain no holds none.
        let wordy = matches!(kind, AnswerKind::Name | AnswerKind::Insurer | AnswerKind::Open);
        let corrected = value(kind, text).filter(|v| !(wordy && denied) && Some(v) != answer.value.as_ref());
        match corrected {
            _ if wrong >= WRONG_MAX => self.take_answer(answer),
            Some(value) if wordy || text.chars().any(|c| c.is_ascii_digit()) || value.len() > 4 => {
                let answer = Answered { text: text.clone(), value: Some(value), confirmed: false };
                self.check(Aside::CheckAnswer { id, answer, wrong: wrong + 1 });
            }
            _ if denied => {
                self.wrong = wrong + 1;
                self.aside = None;
                let program = Arc::clone(&self.program);
                self.say(LineKind::Repair, &program.texts.read_back_wrong, &[], Then::Nothing);
                self.present();
            }
            _ => self.ask_again(reading, response, told),
        }
    }

    pub(super) fn end_question(&mut self, status: AnswerStatus, answer: Option<Pii<Answered>>) {
        let Some(id) = self.open_question().map(|q| q.id.clone()) else { return };
        self.done.insert(id.clone());
        self.effects.push(Effect::Fact(Fact::QuestionEnded { id, status, answer }));
    }

    pub(super) fn ask_again(&mut self, reading: &Reading, response: Response, told: Told) {
        let program = Arc::clone(&self.program);
        let texts = &program.texts;
        if self.phase == Phase::Acknowledging && self.aside.is_none() && reading.tells_sud {
            self.effects.push(Effect::Fact(Fact::SudUnprompted));
            self.say(LineKind::Repair, &texts.before_we_talk, &[], Then::Nothing);
            return self.present();
        }
        let first = match self.aside {
            Some(_) => {
                self.aside_unclear += 1;
                self.aside_unclear == 1
            }
            None => {
                let whole = self.asked_to_end
                    || matches!(self.phase, Phase::Plain(_) | Phase::Sensitive(_) | Phase::Signing(_));
                self.unclear += u8::from(whole);
                self.unclear <= 1
            }
        };
        match (self.aside.clone(), self.phase.clone()) {
            _ if first && self.keys_only() => {
                self.say(LineKind::Repair, &texts.language, &[], Then::Nothing);
                self.present();
            }
            (Some(Aside::CheckRevocation(scope)), _) if !first => {
                self.aside = None;
                self.revoke(&Meaning::Revoke(scope), response, told);
            }
            (Some(Aside::CheckAnswer { answer, .. }), _) if !first => self.take_answer(answer),
            (Some(Aside::CheckCompany), _) if !first => self.leave_company(),
            (Some(_), _) => self.present(),
            // Half a question was answered unclearly: it is asked whole.
            (None, Phase::Acknowledging | Phase::Consenting(_)) if !self.asked_to_end => self.present(),
            (None, Phase::Acknowledging) if first => {
                self.say(LineKind::Acknowledge, &texts.acknowledge_again, &[], Then::Nothing);
            }
            (None, Phase::Acknowledging) => {
                self.unclear = 0;
                self.check(Aside::OfferPerson { instead: true });
            }
            (None, Phase::Consenting(recipient)) if first => {
                self.say(LineKind::Consent, &texts.consent_again, &[recipient], Then::Nothing);
            }
            (None, Phase::Signing(recipient)) if first => {
                self.say(LineKind::Signature, &texts.signature_again, &[recipient], Then::Nothing);
            }
            (None, Phase::Consenting(recipient) | Phase::Signing(recipient)) => {
                self.refuse(&recipient, Standing::Deferred, Some(response), None);
                self.say(LineKind::Repair, &texts.consent_deferred, &[recipient], Then::Nothing);
                self.advance();
            }
            (None, Phase::Plain(_) | Phase::Sensitive(_)) if !first => {
                self.end_question(AnswerStatus::Skipped, None);
                self.say(LineKind::Repair, &texts.skipped, &[], Then::Nothing);
                self.advance();
            }
            (None, Phase::Closing) if !first => self.leave(phase::led_to_the_end(self.acknowledgement)),
            _ => {
                self.say(LineKind::Repair, &texts.not_understood, &[], Then::Nothing);
                self.present();
            }
        }
    }
}

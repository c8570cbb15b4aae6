//! Carrying out the moves of the transition table.

use super::{
    Acknowledgement, AnswerStatus, Answered, ClearYes, ConsentGiven, Decision, Dialogue, Effect, Escalation,
    Fact, LineKind, NOTICE_FROM, NoticeAcknowledged, Outcome, RequestKind, Response, Told,
    consents::Standing,
    phase::{self, Aside, Extent, Phase, Settles, Settling},
    talk::Then,
    transition::{Move, Stimulus, respond},
};
use crate::{
    pii::Pii,
    program::{Expecting, RecipientId},
    understand::{Meaning, Reading, Scope, value},
};
use std::sync::Arc;

/// Below this the words may be about danger and may not: the caller is asked.
const DANGER_SURE: u8 = 60;

impl Dialogue {
    /// The caller answered something; decides what that does here.
    pub(super) fn answered(&mut self, mut reading: Reading, response: Response, told: Told) {
        let wordless = response.text.expose().is_empty() || reading.backchannel;
        if self.talk.was_cut() {
            if wordless && told != Told::Key {
                return self.resume();
            }
            if self.talk.cut_while_reading(NOTICE_FROM) {
                self.effects.push(Effect::Fact(Fact::NoticeInterrupted));
            }
            self.talk.take_cut();
        }
        if self.settling.is_some() {
            if wordless || reading.meaning == Meaning::Affirm {
                return self.settle();
            }
            // Something else was said within a breath of the yes: the yes does not stand.
            self.settling = None;
        }
        if let (Phase::Consenting(recipient), Meaning::Grant(scope)) = (&self.phase, &reading.meaning)
            && self.aside.is_none()
            && scope.recipients(&self.program).contains(&recipient)
        {
            reading.meaning = Meaning::Affirm;
        }
        if self.checks_suspicion(&reading) || self.is_too_early(&reading) {
            return;
        }
        if reading.meaning != Meaning::Unclear {
            self.silences = 0;
        }
        let state = phase::state(&self.phase, self.aside.as_ref());
        let stimulus = match Stimulus::from(&reading.meaning) {
            // Unclear as an answer, but clearly something told: it is told to somebody who listens.
            Stimulus::Unclear if reading.tells_sud => Stimulus::Answer,
            stimulus => stimulus,
        };
        let movement = respond(state, stimulus);
        self.carry_out(movement, &reading, response, told);
    }

    /// A revocation that may or may not be meant is asked about; doubtful danger too. Whether it was.
    fn checks_suspicion(&mut self, reading: &Reading) -> bool {
        if matches!(self.phase, Phase::Leaving(_) | Phase::Passing(_)) {
            return false;
        }
        if reading.meaning == Meaning::Emergency
            && reading.confidence.value() < DANGER_SURE
            && self.aside.is_none()
        {
            self.check(Aside::CheckDanger);
            return true;
        }
        let Some(scope) = &reading.suspected_revocation else { return false };
        // A no to a recipient's own question is about that recipient unless it names others; and a check is not
        // checked again.
        let own_no = match &self.phase {
            Phase::Consenting(asked) => {
                reading.meaning == Meaning::Deny && scope.recipients(&self.program).contains(&asked)
            }
            _ => false,
        };
        if self.aside.is_some() || own_no {
            return false;
        }
        let granted = self.consents.granted();
        let live: Vec<RecipientId> =
            scope.recipients(&self.program).into_iter().filter(|r| granted.contains(r)).cloned().collect();
        match Scope::of(live, &self.program) {
            Some(scope) if !matches!(reading.meaning, Meaning::Revoke(_) | Meaning::Emergency) => {
                self.check(Aside::CheckRevocation(scope));
                true
            }
            _ => false,
        }
    }

    /// What is said before the open question has begun is no answer to it: the question is asked. A no right
    /// after a grant is about that grant. Whether it was so.
    fn is_too_early(&mut self, reading: &Reading) -> bool {
        let asking = matches!(self.phase, Phase::Plain(_) | Phase::Sensitive(_) | Phase::Consenting(_));
        let answers = matches!(
            reading.meaning,
            Meaning::Affirm | Meaning::Deny | Meaning::Answer | Meaning::Skip | Meaning::Unclear
        );
        if !asking || !answers || self.asked_begun || self.aside.is_some() {
            return false;
        }
        match self.just_granted.take().filter(|_| reading.meaning == Meaning::Deny) {
            Some(recipient) => self.check(Aside::CheckRevocation(Scope::Only(vec![recipient]))),
            None => self.present(),
        }
        true
    }

    fn carry_out(&mut self, movement: Move, reading: &Reading, response: Response, told: Told) {
        let program = Arc::clone(&self.program);
        let texts = &program.texts;
        match movement {
            Move::ReadOn | Move::Repeat => self.present(),
            Move::BackToNotice => {
                let line = if reading.tells_sud { &texts.before_we_talk } else { &texts.back_to_notice };
                if reading.tells_sud {
                    self.effects.push(Effect::Fact(Fact::SudUnprompted));
                }
                self.say(LineKind::Repair, line, &[], Then::Nothing);
                self.present();
            }
            Move::Acknowledge => self.wait_to_settle(Settles::Notice, reading, response),
            Move::Grant => {
                if let Phase::Consenting(recipient) = self.phase.clone() {
                    self.wait_to_settle(Settles::Consent(recipient), reading, response);
                }
            }
            Move::Decline => self.decline(response),
            Move::Deny => {
                if let Phase::Consenting(recipient) = self.phase.clone() {
                    self.refuse(&recipient, Standing::Denied, Some(response), None);
                    self.say(LineKind::Repair, &texts.consent_denied, &[recipient], Then::Nothing);
                    self.advance();
                }
            }
            Move::OfferConsent => self.offer_consent(&reading.meaning),
            Move::Revoke => self.revoke(&reading.meaning, response, told),
            Move::Keep => self.keep(response),
            Move::PassOver => {
                self.end_question(AnswerStatus::Skipped, None);
                self.say(LineKind::Repair, &texts.skipped, &[], Then::Nothing);
                self.advance();
            }
            Move::Withdraw => self.withdraw(response, told),
            Move::AskAgain => self.ask_again(reading, response, told),
            Move::Wait => {
                self.say(LineKind::Repair, &texts.wait, &[], Then::Nothing);
                self.patience_ms = program.timings.wait_ms;
            }
            Move::Explain => {
                let known = reading.faq.as_ref().and_then(|id| program.faq.iter().find(|f| f.id == *id));
                let answer = known.map_or(&texts.no_answer_known, |faq| &faq.answer);
                self.say(LineKind::Faq, answer, &[], Then::Nothing);
                self.present();
            }
            Move::Person => self.call_person(Escalation::Human),
            Move::Minor => {
                self.say(LineKind::Repair, &texts.minor, &[], Then::Nothing);
                self.call_person(Escalation::Minor);
            }
            Move::Crisis => self.crisis(),
            Move::Urge => self.present(),
            Move::Safe | Move::RevokeNotMeant => {
                if movement == Move::RevokeNotMeant {
                    self.say(LineKind::Repair, &texts.revoke_not_meant, &[], Then::Nothing);
                }
                self.aside = None;
                self.present();
            }
            Move::RevokeChecked => {
                if let Some(Aside::CheckRevocation(scope)) = self.aside.take() {
                    self.revoke(&Meaning::Revoke(scope), response, told);
                }
            }
            Move::File | Move::Restrict => self.file(&reading.meaning),
            Move::StopRecording => {
                self.recording_refused = true;
                self.effects.push(Effect::Fact(Fact::RecordingOff));
                self.effects.push(Effect::StopRecording);
                self.say(LineKind::Repair, &texts.recording_off, &[], Then::Nothing);
                match self.phase {
                    Phase::Consenting(_) if self.aside.is_none() => self.advance(),
                    _ => self.present(),
                }
            }
            Move::SpeakForAnother => self.speak_for_another(&response, told),
            Move::Language => self.change_language(response.text.expose()),
            Move::Leave => {
                if reading.meaning == Meaning::Stop && self.gate_open() {
                    self.move_gate(false, "the caller wants no more questions");
                }
                let outcome = match self.phase {
                    Phase::Closing => phase::led_to_the_end(self.acknowledgement),
                    _ if self.in_danger => Outcome::Emergency,
                    _ => Outcome::Abandoned,
                };
                self.leave(outcome);
            }
            Move::Prompt => self.silence(),
            Move::PassOn => {
                self.say(LineKind::Repair, &texts.thanks, &[], Then::Nothing);
                self.leave(phase::led_to_the_end(self.acknowledgement));
            }
            Move::WithoutPerson => {
                self.aside = None;
                if matches!(self.phase, Phase::Acknowledging | Phase::Reading) {
                    self.extent = Extent::PlainOnly;
                    self.say(LineKind::Repair, &texts.declined, &[], Then::Nothing);
                }
                self.advance();
            }
            Move::Ignore => {}
        }
    }

    /// A clear yes: answered at once, a fact after a breath. A yes to half a question is no yes.
    fn wait_to_settle(&mut self, what: Settles, reading: &Reading, response: Response) {
        let Some(yes) = ClearYes::of(reading, self.asked_to_end) else { return self.present() };
        let voice = self.setup.channel.is_voice() && response.from != response.to;
        let settle_ms = if voice { self.program.timings.settle_ms } else { 0 };
        let until = response.to + settle_ms;
        let about = match &what {
            Settles::Notice => None,
            Settles::Consent(recipient) => Some(recipient.clone()),
        };
        self.settling = Some(Settling { what, yes, response, until });
        if until > self.now {
            self.thank(about);
        } else {
            self.settle();
        }
    }

    fn thank(&mut self, granted: Option<RecipientId>) {
        let program = Arc::clone(&self.program);
        match granted {
            Some(recipient) => {
                self.say(LineKind::Repair, &program.texts.consent_granted, &[recipient], Then::Nothing);
            }
            None => self.say(LineKind::Repair, &program.texts.thanks, &[], Then::Nothing),
        }
    }

    /// The yes stands: it becomes a fact, and the script goes on.
    pub(super) fn settle(&mut self) {
        let Some(Settling { what, yes, response, until }) = self.settling.take() else { return };
        let thanked = until > response.to;
        match what {
            Settles::Notice => {
                let Some(heard) = self.parts.heard() else { return self.present() };
                self.acknowledgement = Acknowledgement::Affirmed;
                self.right = Some(NoticeAcknowledged::new(&heard, yes));
                let answer = Acknowledgement::Affirmed;
                self.effects.push(Effect::Fact(Fact::Acknowledged { answer, response }));
                self.move_gate(true, "notice heard to its end and acknowledged");
                if !thanked {
                    self.thank(None);
                }
            }
            Settles::Consent(recipient) => {
                self.effects.push(Effect::Fact(Fact::ConsentDecided {
                    consent_id: self.consents.id(&recipient),
                    recipient: recipient.clone(),
                    decision: Decision::Granted,
                    response: Some(response),
                    why: None,
                }));
                self.consents.grant(&recipient, ConsentGiven::new(yes));
                self.just_granted = Some(recipient.clone());
                if !thanked {
                    self.thank(Some(recipient));
                }
            }
        }
        self.advance();
    }

    pub(super) fn move_gate(&mut self, open: bool, why: &str) {
        if !open {
            self.right = None;
        }
        self.effects.push(Effect::Fact(Fact::Gate { open, why: why.into() }));
    }

    pub(super) fn was_acknowledged(&self) -> bool {
        self.acknowledgement == Acknowledgement::Affirmed
    }

    fn decline(&mut self, response: Response) {
        let program = Arc::clone(&self.program);
        self.acknowledgement = Acknowledgement::Declined;
        self.extent = Extent::PlainOnly;
        let answer = Acknowledgement::Declined;
        self.effects.push(Effect::Fact(Fact::Acknowledged { answer, response }));
        self.say(LineKind::Repair, &program.texts.declined, &[], Then::Nothing);
        self.advance();
    }

    /// The caller wants no more of these questions: the gate closes and stays closed; grants are asked about.
    fn withdraw(&mut self, response: Response, told: Told) {
        let program = Arc::clone(&self.program);
        if let Some(Aside::CheckRevocation(scope)) = self.aside.take() {
            self.take_back(&scope, &response, told);
        }
        if self.gate_open() {
            self.move_gate(false, "the caller wants no more questions");
        }
        match self.phase.clone() {
            Phase::Consenting(recipient) if self.consents.standing(&recipient) == Standing::Asked => {
                self.refuse(&recipient, Standing::Denied, Some(response), None);
            }
            _ => self.end_question(AnswerStatus::Skipped, None),
        }
        self.extent = Extent::Enough;
        self.say(LineKind::Repair, &program.texts.stopped, &[], Then::Nothing);
        match Scope::of(self.consents.granted(), &program) {
            Some(scope) => {
                self.phase = Phase::Closing;
                self.check(Aside::CheckRevocation(scope));
            }
            None => self.advance(),
        }
    }

    /// Whoever was not decided yet is not granted anything now.
    pub(super) fn defer_consents(&mut self, why: &str) {
        while let Some(recipient) = self.consents.next() {
            self.refuse(&recipient, Standing::Deferred, None, Some(why));
        }
    }

    pub(super) fn refuse(
        &mut self,
        of: &RecipientId,
        standing: Standing,
        said: Option<Response>,
        why: Option<&str>,
    ) {
        let decision = if standing == Standing::Deferred { Decision::Deferred } else { Decision::Denied };
        self.effects.push(Effect::Fact(Fact::ConsentDecided {
            consent_id: self.consents.id(of),
            recipient: of.clone(),
            decision,
            response: said,
            why: why.map(str::to_owned),
        }));
        self.consents.set_not_granted(of, standing);
    }

    fn revoke(&mut self, meaning: &Meaning, response: Response, told: Told) {
        let Meaning::Revoke(scope) = meaning else { return };
        self.fall_silent();
        self.take_back(scope, &response, told);
        match self.phase.clone() {
            Phase::Leaving(outcome) => self.leave(outcome),
            Phase::Passing(why) => self.call_person(why),
            Phase::Consenting(r) if self.consents.standing(&r) == Standing::Denied => self.advance(),
            _ => {
                self.aside = None;
                self.present();
            }
        }
    }

    /// Takes grants back, denies what is not decided yet, and says so by name.
    fn take_back(&mut self, scope: &Scope, response: &Response, told: Told) {
        let program = Arc::clone(&self.program);
        let (mut taken_back, mut refused) = (Vec::new(), Vec::new());
        for recipient in scope.recipients(&program).into_iter().cloned() {
            match self.consents.standing(&recipient) {
                Standing::Granted => {
                    self.revoke_one(&recipient, response, told);
                    taken_back.push(recipient);
                }
                standing @ (Standing::Unasked | Standing::Asked) => {
                    // With the notice declined nothing is shared with anybody and nobody will be asked about.
                    if standing == Standing::Asked || self.extent != Extent::PlainOnly {
                        let why = "refused before the question was answered";
                        self.refuse(&recipient, Standing::Denied, Some(response.clone()), Some(why));
                    }
                    refused.push(recipient);
                }
                _ => refused.push(recipient),
            }
        }
        let texts = &program.texts;
        let (text, about) = match (taken_back.is_empty(), scope) {
            (true, _) => (&texts.revoked_before, refused),
            (false, Scope::All) => (&texts.revoked_all, taken_back),
            (false, _) => (&texts.revoked, taken_back),
        };
        self.say(LineKind::Revocation, text, &about, Then::Nothing);
    }

    pub(super) fn revoke_one(&mut self, recipient: &RecipientId, response: &Response, told: Told) {
        self.effects.push(Effect::Fact(Fact::ConsentRevoked {
            consent_id: self.consents.id(recipient),
            recipient: recipient.clone(),
            told,
            response: response.clone(),
        }));
        self.consents.set_not_granted(recipient, Standing::Revoked);
    }

    /// What is being said gives way to what matters more.
    fn fall_silent(&mut self) {
        if !self.talk.is_silent() {
            self.talk.clear();
            self.effects.push(Effect::Flush);
        }
    }

    fn offer_consent(&mut self, meaning: &Meaning) {
        let Meaning::Grant(scope) = meaning else { return };
        self.aside = None;
        let program = Arc::clone(&self.program);
        let granted = self.consents.granted();
        if self.was_acknowledged() {
            for recipient in scope.recipients(&program) {
                self.consents.reopen(recipient);
            }
        }
        let wanted = scope.recipients(&program).into_iter().find(|r| !granted.contains(r)).cloned();
        match wanted.filter(|_| self.was_acknowledged() && self.extent != Extent::PlainOnly) {
            Some(recipient) => self.enter(Phase::Consenting(recipient)),
            None => self.present(),
        }
    }

    fn keep(&mut self, response: Response) {
        let Expecting::Question(id) = self.expecting() else { return self.present() };
        let text = response.text.into_exposed();
        let kind = self.program.question(&id).map(|q| q.answer);
        let value = kind.and_then(|kind| value(kind, &text));
        self.end_question(AnswerStatus::Answered, Some(Pii::new(Answered { text, value })));
        let program = Arc::clone(&self.program);
        self.say(LineKind::Repair, &program.texts.thanks, &[], Then::Nothing);
        self.advance();
    }

    fn end_question(&mut self, status: AnswerStatus, answer: Option<Pii<Answered>>) {
        let Expecting::Question(id) = self.expecting() else { return };
        self.done.insert(id.clone());
        self.effects.push(Effect::Fact(Fact::QuestionEnded { id, status, answer }));
    }

    fn ask_again(&mut self, reading: &Reading, response: Response, told: Told) {
        let program = Arc::clone(&self.program);
        let texts = &program.texts;
        if self.phase == Phase::Acknowledging && reading.tells_sud {
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
                let whole = self.asked_to_end || matches!(self.phase, Phase::Plain(_) | Phase::Sensitive(_));
                self.unclear += u8::from(whole);
                self.unclear <= 1
            }
        };
        match (&self.aside, self.phase.clone()) {
            (Some(Aside::CheckRevocation(scope)), _) if !first => {
                let scope = scope.clone();
                self.aside = None;
                self.revoke(&Meaning::Revoke(scope), response, told);
            }
            (Some(_), _) => self.present(),
            // Half a question was answered unclearly: it is asked whole.
            (None, Phase::Acknowledging | Phase::Consenting(_)) if !self.asked_to_end => self.present(),
            (None, Phase::Acknowledging) if first => {
                self.say(LineKind::Acknowledge, &texts.acknowledge_again, &[], Then::Nothing);
            }
            (None, Phase::Acknowledging) => {
                self.unclear = 0;
                self.check(Aside::OfferPerson);
            }
            (None, Phase::Consenting(recipient)) if first => {
                self.say(LineKind::Consent, &texts.consent_again, &[recipient], Then::Nothing);
            }
            (None, Phase::Consenting(recipient)) => {
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

    fn call_person(&mut self, why: Escalation) {
        let program = Arc::clone(&self.program);
        self.fall_silent();
        self.effects.push(Effect::Fact(Fact::Escalated { kind: why }));
        self.aside = None;
        if self.setup.person_available {
            self.say(LineKind::Transfer, &program.texts.human_connecting, &[], Then::Pass(why));
            self.part(Phase::Passing(why));
        } else {
            self.say(LineKind::Transfer, &program.texts.human_unavailable, &[], Then::Nothing);
            self.present();
        }
    }

    /// 911, 988, a person; no more questions on this call (42 CFR 2.51 is for people to decide, not for us).
    fn crisis(&mut self) {
        let program = Arc::clone(&self.program);
        self.fall_silent();
        self.effects.push(Effect::Fact(Fact::Escalated { kind: Escalation::Crisis }));
        self.in_danger = true;
        self.aside = None;
        self.settling = None;
        if self.setup.person_available {
            self.part(Phase::Passing(Escalation::Crisis));
            self.say(LineKind::Emergency, &program.texts.emergency, &[], Then::Pass(Escalation::Crisis));
        } else {
            self.enter(Phase::InDanger);
        }
    }

    fn file(&mut self, meaning: &Meaning) {
        let program = Arc::clone(&self.program);
        let kind = match meaning {
            Meaning::RecordsAccess => RequestKind::Access,
            Meaning::RecordsCorrection => RequestKind::Correction,
            Meaning::RecordsDeletion => RequestKind::Deletion,
            Meaning::Accounting => RequestKind::Accounting,
            Meaning::Restriction => RequestKind::Restriction,
            _ => return,
        };
        self.effects.push(Effect::Fact(Fact::Requested { kind }));
        self.say(LineKind::Faq, &program.texts.request_filed, &[], Then::Nothing);
        if kind == RequestKind::Restriction
            && let Some(scope) = Scope::of(self.consents.granted(), &program)
        {
            return self.check(Aside::CheckRevocation(scope));
        }
        self.present();
    }
}

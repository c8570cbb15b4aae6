//! Carrying out the moves of the transition table.

use super::{
    Acknowledgement, AnswerStatus, Dialogue, Effect, Escalation, Fact, LineKind, NOTICE_FROM, Outcome,
    Response, Told,
    consents::Standing,
    phase::{self, Aside, Extent, Phase, Settles},
    talk::Then,
    transition::{Move, respond},
};
use crate::{
    program::RecipientId,
    understand::{Matter, Meaning, Reading, Scope},
};
use std::sync::Arc;

/// Below this the words may be about danger and may not: the caller is asked.
const DANGER_SURE: u8 = 60;

impl Dialogue {
    /// The caller answered something; decides what that does here.
    pub(super) fn answered(&mut self, mut reading: Reading, response: Response, told: Told) {
        if self.waits_for_code() && self.aside.is_none() {
            self.advance();
        }
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
        if reading.matter == Some(Matter::Capacity) {
            self.doubt_capacity();
        }
        let state = phase::state(&self.phase, self.aside.as_ref());
        let movement = respond(state, (&reading).into());
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
            Phase::Consenting(asked) | Phase::Signing(asked) => {
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
        let asking = match self.phase {
            Phase::Plain(_) | Phase::Sensitive(_) | Phase::Consenting(_) => true,
            // A no takes the yes back, even before the signature is asked for.
            Phase::Signing(_) => reading.meaning != Meaning::Deny,
            _ => false,
        };
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
            Move::Grant => self.agree(reading, response),
            Move::Sign => self.sign(reading, response, told),
            Move::Decline => self.decline(response),
            Move::Deny => self.deny(response),
            Move::OfferConsent => self.offer_consent(&reading.meaning),
            Move::Revoke => self.revoke(&reading.meaning, response, told),
            Move::Keep => self.keep(response, told),
            Move::ConfirmAnswer => self.confirm_answer(),
            Move::CorrectAnswer => self.correct_answer(reading, response, told),
            Move::PassOver => {
                self.end_question(AnswerStatus::Skipped, None);
                self.say(LineKind::Repair, &texts.skipped, &[], Then::Nothing);
                self.advance();
            }
            Move::Withdraw => self.withdraw(response, told),
            Move::AskAgain => self.ask_again(reading, response, told),
            Move::Wait => {
                self.say(LineKind::Repair, &texts.wait, &[], Then::Nothing);
                self.patience_ms = self.channel.patience_ms(program.timings.wait_ms);
            }
            Move::Explain => {
                let known = reading.faq.as_ref().and_then(|id| program.faq.iter().find(|f| f.id == *id));
                let answer = known.map_or(&texts.no_answer_known, |faq| &faq.answer);
                self.say(LineKind::Faq, answer, &[], Then::Nothing);
                self.present();
            }
            Move::Person => self.call_person(Escalation::Human, None),
            Move::CallForSafety => self.call_person(Escalation::Safety, Some(&texts.safety)),
            Move::Minor => self.meet_a_minor(),
            Move::RefuseNeutrally | Move::ReferLegal => self.refuse_neutrally(movement == Move::ReferLegal),
            Move::NoteAuthority => self.note_authority(),
            Move::AskCompany => {
                self.effects.push(Effect::Fact(Fact::CompanyPresent));
                self.check(Aside::CheckCompany);
            }
            Move::StayWithCompany => {
                self.aside = None;
                self.present();
            }
            Move::LeaveCompany => self.leave_company(),
            Move::FileComplaint => self.file_complaint(),
            Move::WaitWithConsents => {
                self.say(LineKind::Repair, &texts.capacity, &[], Then::Nothing);
                self.check(Aside::OfferPerson { instead: false });
            }
            Move::NoteSpecial => {
                self.effects.push(Effect::Fact(Fact::Escalated { kind: Escalation::SpecialConsent }));
                self.say(LineKind::Refusal, &texts.special_recipient, &[], Then::Nothing);
                self.present();
            }
            Move::OfferSingle => self.offer_single(),
            Move::ReadInstrument => self.read_instrument(),
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
            Move::File => self.file(&reading.meaning),
            Move::Restrict => self.restrict(response),
            Move::StopRecording => {
                self.recording_refused = true;
                self.effects.push(Effect::Fact(Fact::RecordingOff));
                self.effects.push(Effect::StopRecording);
                self.say(LineKind::Repair, &texts.recording_off, &[], Then::Nothing);
                match self.phase {
                    Phase::Consenting(_) | Phase::Signing(_) if self.aside.is_none() => self.advance(),
                    _ => self.present(),
                }
            }
            Move::SpeakForAnother => self.speak_for_another(&response, told),
            Move::Language => self.change_language(response.text.expose(), told),
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
                let offered = self.aside.take();
                if matches!(offered, Some(Aside::OfferPerson { instead: true }))
                    && matches!(self.phase, Phase::Acknowledging | Phase::Reading)
                {
                    self.extent = Extent::PlainOnly;
                    self.say(LineKind::Repair, &texts.declined, &[], Then::Nothing);
                }
                self.advance();
            }
            Move::Ignore => {}
        }
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

    /// The notice is declined: the plain questions go on, and nothing else is lost.
    ///
    /// Duty: D5, 42 CFR 2.4(c).
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
            Phase::Consenting(recipient) | Phase::Signing(recipient)
                if self.consents.standing(&recipient) == Standing::Asked =>
            {
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

    /// What is being said gives way to what matters more.
    pub(super) fn fall_silent(&mut self) {
        if !self.talk.is_silent() {
            self.talk.clear();
            self.effects.push(Effect::Flush);
        }
    }

    /// 911, 988, a person; no more questions on this call (42 CFR 2.51 is for people to decide, not for us).
    ///
    /// Duty: D15, 42 CFR 2.51.
    fn crisis(&mut self) {
        let program = Arc::clone(&self.program);
        self.fall_silent();
        self.effects.push(Effect::Fact(Fact::Escalated { kind: Escalation::Crisis }));
        if self.doubts.minor {
            self.effects.push(Effect::Fact(Fact::Escalated { kind: Escalation::ProgramDirector }));
        }
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
}

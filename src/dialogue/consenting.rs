//! Consent: agreed to, signed, refused, taken back, kept from being released.

use super::{
    Acknowledgement, Block, ChannelKind, ClearYes, ConsentGiven, Decision, Dialogue, Effect, Fact, LineKind,
    NoticeAcknowledged, RequestKind, Response, SignatureKind, Signed, SignedAs, Told,
    consents::Standing,
    phase::{Agreed, Extent, Phase, Settles, Settling, Shown},
    talk::Then,
};
use crate::{
    pii::Pii,
    program::{Instrument, Locale, Recipient, RecipientId, RecipientKind, VoiceSignature},
    time::{Millis, Utc},
    understand::{Meaning, Reading, Scope, same_name},
};
use std::sync::Arc;

impl Dialogue {
    /// A clear yes: answered at once, a fact after a breath. A yes to half a question is no yes.
    pub(super) fn wait_to_settle(&mut self, what: Settles, reading: &Reading, response: Response) {
        let Some(yes) = ClearYes::of(reading, self.asked_to_end) else { return self.present() };
        let to = response.to;
        let spoken = response.from != response.to;
        self.settle_after_a_breath(Settling { what, yes, response, until: to, thanked: false }, to, spoken);
    }

    fn settle_after_a_breath(&mut self, settling: Settling, said_to: Millis, spoken: bool) {
        let voice = self.channel.is_voice() && spoken;
        let until = said_to + if voice { self.program.timings.settle_ms } else { 0 };
        let thanked = until > self.now;
        let about = settling.what.recipient().cloned();
        self.settling = Some(Settling { until, thanked, ..settling });
        if thanked {
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
        let Some(Settling { what, yes, response, thanked, .. }) = self.settling.take() else { return };
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
                if self.look_up_waiting() {
                    return;
                }
            }
            Settles::Consent { recipient, signed, to } => {
                let wanted = self.wants_signature();
                let signature = signed.as_ref().map(|(signed, ..)| signed);
                let Some(right) = ConsentGiven::new(yes, wanted, signature) else { return self.present() };
                let signature = signed
                    .and_then(|(signed, told, from)| self.signed_as(&recipient, &signed, told, from, to));
                let blocked_by = self.blocks_on(&recipient, signature.as_ref());
                self.effects.push(Effect::Fact(Fact::ConsentDecided {
                    consent_id: self.consents.id(&recipient),
                    recipient: recipient.clone(),
                    decision: Decision::Granted,
                    response: Some(response),
                    signature: signature.map(Box::new),
                    blocked_by,
                    why: None,
                }));
                self.consents.grant(&recipient, right);
                self.just_granted = Some(recipient.clone());
                if !thanked {
                    self.thank(Some(recipient));
                }
            }
        }
        self.advance();
    }

    /// Whether a yes is to be signed. Who can answer by keys alone cannot sign; the grant then waits for writing.
    pub(super) fn wants_signature(&self) -> bool {
        self.program.consents.sign && !self.keys_only()
    }

    /// Whether only keys are understood: the ears know English alone.
    pub(super) fn keys_only(&self) -> bool {
        self.channel.is_voice() && self.locale != Locale::EnUs
    }

    /// A yes to a recipient: the signature is asked for, where one is wanted.
    ///
    /// Duty: D6, 42 CFR 2.31(a)(4).
    pub(super) fn agree(&mut self, reading: &Reading, response: Response) {
        let Phase::Consenting(recipient) = self.phase.clone() else { return };
        let whole = self.asked_to_end && self.shared_heard;
        let Some(yes) = ClearYes::of(reading, whole) else { return self.present() };
        if self.wants_signature() {
            let asked_at = self.asked_at;
            self.half = Default::default();
            self.enter(Phase::Signing(recipient));
            self.agreed = Some(Agreed { yes, response, asked_at });
            return;
        }
        let to = response.to;
        let spoken = response.from != response.to;
        let what = Settles::Consent { recipient, signed: None, to };
        self.settle_after_a_breath(Settling { what, yes, response, until: to, thanked: false }, to, spoken);
    }

    /// Name and "I agree", or what of it was said (42 CFR 2.31(a)(8)). The halves may come one after the other.
    pub(super) fn sign(&mut self, reading: &Reading, response: Response, told: Told) {
        let Phase::Signing(recipient) = self.phase.clone() else { return self.present() };
        // What signs by voice is the recording of it.
        if told == Told::Oral && self.is_unannounced() {
            return self.present();
        }
        let said = reading.signature.clone().unwrap_or_default();
        self.half.name = said.name.or(self.half.name.take());
        self.half.assent |= said.assent;
        let Some(signed) = Signed::of(&self.half, self.asked_begun) else {
            return self.ask_again(reading, response, told);
        };
        self.half = Default::default();
        let given = self.patient.as_deref().or(self.named_before.as_deref());
        let known = given.filter(|_| !self.doubts.authority);
        if known.is_some_and(|known| !same_name(signed.name(), known)) {
            let why = "the name said differs from the name given";
            self.refuse(&recipient, Standing::Deferred, Some(response), Some(why));
            let program = Arc::clone(&self.program);
            self.say(LineKind::Repair, &program.texts.name_differs, &[recipient], Then::Nothing);
            return self.advance();
        }
        let Some(agreed) = self.agreed.clone() else { return self.enter(Phase::Consenting(recipient)) };
        let (to, spoken) = (response.to, response.from != response.to);
        let what = Settles::Consent { recipient, signed: Some((signed, told, agreed.asked_at)), to };
        let Agreed { yes, response, .. } = agreed;
        self.settle_after_a_breath(Settling { what, yes, response, until: to, thanked: false }, to, spoken);
    }

    fn signed_as(
        &self,
        of: &RecipientId,
        signed: &Signed,
        told: Told,
        from: Millis,
        to: Millis,
    ) -> Option<SignedAs> {
        let kind = match told {
            Told::Click => SignatureKind::Click,
            _ if self.channel.is_voice() => SignatureKind::Voice,
            _ => SignatureKind::Typed,
        };
        let instrument = match self.shown.as_ref().filter(|shown| shown.seen) {
            Some(shown) => shown.instrument.clone(),
            None => {
                // The name of the chat, once a signature was compared with it; no line says it.
                let compared = self.named_before.as_deref().filter(|_| !self.doubts.authority);
                let signer = compared.unwrap_or(signed.name());
                self.instrument(self.program.recipient(of)?, Some(signer))
            }
        };
        let name = Pii::new(signed.name().to_owned());
        Some(SignedAs { kind, name, from, to, instrument: Pii::new(instrument) })
    }

    /// The written instrument for `recipient` as it stands now; `signer` names the patient where nobody else did.
    fn instrument(&self, recipient: &Recipient, signer: Option<&str>) -> Instrument {
        let patient = self.patient.as_deref().or(signer).unwrap_or("______");
        let today = self.setup.started_at.plus(self.now);
        Instrument::render(&self.program, recipient, self.locale, patient, today, self.expires(recipient))
    }

    /// Puts the whole text that is to be signed on the caller's screen, where there is one, until it was seen.
    ///
    /// Duty: D6, 42 CFR 2.31(a)(8).
    pub(super) fn show_instrument(&mut self, of: &RecipientId) {
        let program = Arc::clone(&self.program);
        let Some(recipient) = program.recipient(of) else { return };
        let there = |shown: &Shown| {
            shown.locale == self.locale && (shown.seen || self.talk.find(shown.line).is_some())
        };
        // Without the patient's name the text would not say who signs: element (1) is missing.
        let nobody = self.patient.is_none() || self.doubts.authority;
        if self.channel != ChannelKind::Chat || nobody || self.shown.as_ref().is_some_and(there) {
            return;
        }
        let instrument = self.instrument(recipient, None);
        let text = instrument.text.clone();
        let line = self.say_words(LineKind::Signature, text, Then::Instrument(self.asking), 0);
        self.shown = Some(Shown { line, locale: self.locale, instrument, seen: false });
    }

    /// When a yes to `recipient` would end, where it does on a date.
    ///
    /// Duty: D10, 42 CFR 2.31(a)(7).
    pub(super) fn expires(&self, recipient: &Recipient) -> Option<Utc> {
        recipient.expiry.days.map(|days| self.setup.started_at.end_of_day_after(days))
    }

    /// Reads the whole text of the consent that is asked for.
    pub(super) fn read_instrument(&mut self) {
        let program = Arc::clone(&self.program);
        let asked = match &self.phase {
            Phase::Consenting(recipient) | Phase::Signing(recipient) => program.recipient(recipient),
            _ => None,
        };
        match asked {
            Some(recipient) => {
                let text = self.instrument(recipient, None).text;
                self.say_words(LineKind::Faq, text, Then::Nothing, 0);
            }
            None => self.say(LineKind::Faq, &program.texts.no_answer_known, &[], Then::Nothing),
        }
        self.present();
    }

    /// Why a grant to `recipient` may not be released now (docs/conversation.md has the table).
    ///
    /// Duty: D11, 42 CFR 2.31(c).
    fn blocks_on(&self, recipient: &RecipientId, signature: Option<&SignedAs>) -> Vec<Block> {
        let accepted = self.program.consents.voice_signature == VoiceSignature::Accepted;
        let read = self.shown.as_ref().is_some_and(|shown| shown.seen);
        let signed = signature.is_some_and(|s| accepted || (read && s.kind != SignatureKind::Voice));
        let blocks = [
            (!signed, Block::WrittenSignature),
            (self.doubts.minor, Block::Cosigner),
            (self.doubts.authority, Block::Authority),
            (self.doubts.capacity, Block::Capacity),
            (self.restricted.contains(recipient), Block::Restriction),
        ];
        blocks.into_iter().filter(|(stands, _)| *stands).map(|(_, block)| block).collect()
    }

    /// Something turned up that keeps every live grant from being released.
    pub(super) fn block_granted(&mut self, by: Block, concerned: impl Fn(&RecipientId) -> bool) {
        for recipient in self.consents.granted().into_iter().filter(concerned) {
            let consent_id = self.consents.id(&recipient);
            self.effects.push(Effect::Fact(Fact::ConsentBlocked { consent_id, recipient, by }));
        }
    }

    /// A no to the recipient that is asked about, or to signing for it.
    pub(super) fn deny(&mut self, response: Response) {
        let (Phase::Consenting(recipient) | Phase::Signing(recipient)) = self.phase.clone() else { return };
        let program = Arc::clone(&self.program);
        self.refuse(&recipient, Standing::Denied, Some(response), None);
        self.say(LineKind::Repair, &program.texts.consent_denied, &[recipient], Then::Nothing);
        self.advance();
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
        let mut blocked_by = self.blocks_on(of, None);
        // A signature is not what is missing where there is nothing to sign.
        blocked_by.retain(|block| *block != Block::WrittenSignature);
        self.effects.push(Effect::Fact(Fact::ConsentDecided {
            consent_id: self.consents.id(of),
            recipient: of.clone(),
            decision,
            response: said,
            signature: None,
            blocked_by,
            why: why.map(str::to_owned),
        }));
        self.consents.set_not_granted(of, standing);
    }

    pub(super) fn revoke(&mut self, meaning: &Meaning, response: Response, told: Told) {
        let Meaning::Revoke(scope) = meaning else { return };
        self.fall_silent();
        self.take_back(scope, &response, told);
        match self.phase.clone() {
            Phase::Leaving(outcome) => self.leave(outcome),
            Phase::Passing(why) => self.call_person(why, None),
            _ if self.is_denied_meanwhile() => self.advance(),
            _ => {
                self.aside = None;
                self.present();
            }
        }
    }

    /// Whether the recipient asked about has just been refused by another way.
    fn is_denied_meanwhile(&self) -> bool {
        let (Phase::Consenting(recipient) | Phase::Signing(recipient)) = &self.phase else { return false };
        self.consents.standing(recipient) == Standing::Denied
    }

    /// Takes grants back, denies what is not decided yet, and says so by name.
    ///
    /// Duty: D9, 42 CFR 2.31(a)(6).
    pub(super) fn take_back(&mut self, scope: &Scope, response: &Response, told: Told) {
        let program = Arc::clone(&self.program);
        let (mut taken_back, mut refused, mut before) = (Vec::new(), Vec::new(), Vec::new());
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
                    } else {
                        before.push(recipient.clone());
                    }
                    refused.push(recipient);
                }
                // An earlier call may have granted what this one did not.
                Standing::OnRequest => before.push(recipient),
                _ => {
                    before.push(recipient.clone());
                    refused.push(recipient);
                }
            }
        }
        if !before.is_empty() {
            let fact = Fact::TakenBackBefore { recipients: before, told, response: response.clone() };
            self.effects.push(Effect::Fact(fact));
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
        let (recipient, response) = (recipient.clone(), response.clone());
        // What the chat granted stands in the chat's own record: this call takes it back from outside of it.
        let fact = match self.consents.is_carried(&recipient) {
            true => Fact::TakenBackBefore { recipients: vec![recipient.clone()], told, response },
            false => {
                let (consent_id, recipient) = (self.consents.id(&recipient), recipient.clone());
                Fact::ConsentRevoked { consent_id, recipient, told, response }
            }
        };
        self.effects.push(Effect::Fact(fact));
        self.consents.set_not_granted(&recipient, Standing::Revoked);
    }

    pub(super) fn offer_consent(&mut self, meaning: &Meaning) {
        let Meaning::Grant(scope) = meaning else { return };
        let wanted = scope.recipients(&self.program).into_iter().cloned().collect();
        self.offer(wanted);
    }

    /// Asks for consent to the first of `wanted` that has none, once the notice was acknowledged.
    fn offer(&mut self, wanted: Vec<RecipientId>) {
        self.aside = None;
        let program = Arc::clone(&self.program);
        if self.doubts.capacity || self.doubts.minor {
            self.say(LineKind::Repair, &program.texts.capacity, &[], Then::Nothing);
            return self.present();
        }
        // Staff answer the wish to keep a plan out; until then it stays out.
        let (kept_out, wanted): (Vec<_>, Vec<_>) =
            wanted.into_iter().partition(|recipient| self.restricted.contains(recipient));
        if wanted.is_empty() && !kept_out.is_empty() {
            self.say(LineKind::Faq, &program.texts.restricted, &kept_out, Then::Nothing);
            return self.present();
        }
        let granted = self.consents.granted();
        if self.was_acknowledged() && !self.recording_refused {
            wanted.iter().for_each(|recipient| self.consents.reopen(recipient));
        }
        let wanted = wanted.into_iter().find(|r| !granted.contains(r));
        match wanted.filter(|_| {
            self.was_acknowledged() && !self.recording_refused && self.extent != Extent::PlainOnly
        }) {
            Some(recipient) => self.enter(Phase::Consenting(recipient)),
            None => self.present(),
        }
    }

    /// The single consent for treatment, payment and operations (42 CFR 2.31(a)(4)(i)), where the program has one.
    pub(super) fn offer_single(&mut self) {
        let program = Arc::clone(&self.program);
        match program.recipients.iter().find(|r| r.kind == RecipientKind::Tpo) {
            Some(single) => self.offer(vec![single.id.clone()]),
            None => {
                self.say(LineKind::Faq, &program.texts.no_single_consent, &[], Then::Nothing);
                self.present();
            }
        }
    }

    /// The caller pays alone and wants the health plan kept out (42 CFR 2.26): filed, and kept out from now on.
    ///
    /// Duty: D18, 42 CFR 2.26.
    pub(super) fn restrict(&mut self, response: Response) {
        let program = Arc::clone(&self.program);
        self.effects.push(Effect::Fact(Fact::Requested { kind: RequestKind::Restriction }));
        let pays = |r: &&Recipient| {
            matches!(r.kind, RecipientKind::HealthPlan | RecipientKind::ThirdPartyPayer | RecipientKind::Tpo)
        };
        let plans: Vec<RecipientId> = program.recipients.iter().filter(pays).map(|r| r.id.clone()).collect();
        self.restricted.extend(plans.iter().cloned());
        self.block_granted(Block::Restriction, |recipient| plans.contains(recipient));
        for plan in &plans {
            if self.consents.standing(plan) == Standing::Asked {
                self.refuse(plan, Standing::Denied, Some(response.clone()), Some(KEPT_OUT));
            }
        }
        if plans.is_empty() {
            self.say(LineKind::Faq, &program.texts.request_filed, &[], Then::Nothing);
        } else {
            self.say(LineKind::Faq, &program.texts.restricted, &plans, Then::Nothing);
        }
        if self.is_denied_meanwhile() {
            self.advance();
        } else {
            self.present();
        }
    }

    /// Consents that nobody may be asked for as things stand are decided without a question.
    pub(super) fn decide_unaskable(&mut self) {
        if self.recording_refused {
            self.defer_consents("the caller wants no recording");
        }
        if self.doubts.capacity {
            self.defer_consents("whether the caller can decide now is in doubt");
        }
        while let Some(plan) = self.consents.next().filter(|r| self.restricted.contains(r)) {
            self.refuse(&plan, Standing::Denied, None, Some(KEPT_OUT));
        }
    }
}

const KEPT_OUT: &str = "the caller asked to keep it out";

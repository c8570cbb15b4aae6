//! What turns out about the caller: that somebody else speaks or hears, what they want of us beside the script,
//! another language.

use super::{
    Acknowledgement, Block, Dialogue, Effect, Escalation, Fact, LineKind, NOTICE_FROM, Outcome, RequestKind,
    Response, Told,
    consents::Standing,
    phase::{Aside, Extent, Phase},
    talk::Then,
};
use crate::{
    program::{Locale, Text},
    understand::Meaning,
};
use std::sync::Arc;

impl Dialogue {
    /// Only the patient can consent (42 CFR 2.31(a)(8)): what was granted is void, what was not decided is denied
    /// by policy, and the gate closes.
    ///
    /// Duty: D17, 42 CFR 2.31(a)(8).
    pub(super) fn speak_for_another(&mut self, response: &Response, told: Told) {
        let program = Arc::clone(&self.program);
        self.say(LineKind::Refusal, &program.texts.third_party, &[], Then::Nothing);
        if self.gate_open() {
            self.move_gate(false, "the caller speaks for somebody else");
        }
        for recipient in self.consents.granted() {
            self.revoke_one(&recipient, response, told);
        }
        while let Some(recipient) = self.consents.next().filter(|_| self.was_acknowledged()) {
            self.refuse(&recipient, Standing::Denied, None, Some("only the patient can consent"));
        }
        if self.extent == Extent::Everything {
            self.extent = Extent::PlainOnly;
        }
        self.advance();
    }

    /// Another language: the call goes on in it from the notice, typed as it is, by voice with keys, since the ears
    /// know English only; where the voice does not speak it, a person is offered.
    pub(super) fn change_language(&mut self, words: &str, told: Told) {
        let program = Arc::clone(&self.program);
        let words = words.to_lowercase();
        let other = match self.locale {
            Locale::EnUs => Locale::EsUs,
            Locale::EsUs if told == Told::Key || words.contains("english") || words.contains("ingl") => {
                Locale::EnUs
            }
            Locale::EsUs => return self.present(),
        };
        let voice = self.channel.is_voice();
        if !program.locales.contains(&other) || (voice && !self.setup.spoken.contains(&other)) {
            self.say(LineKind::Repair, &program.texts.language, &[], Then::Nothing);
            return self.check(Aside::OfferPerson { instead: false });
        }
        self.locale = other;
        if self.keys_only() {
            self.say(LineKind::Repair, &program.texts.language, &[], Then::Nothing);
        }
        if self.extent != Extent::Everything {
            // The notice is behind us; what was answered to it stays.
            return self.present();
        }
        self.parts.forget_from(NOTICE_FROM);
        self.notice_began = false;
        if self.gate_open() {
            self.move_gate(false, "the notice is read again in another language");
        }
        self.acknowledgement = Acknowledgement::None;
        // What was heard of a consent in one language is asked and agreed to in the other from its beginning.
        self.shared_heard = false;
        for begun in self.consents.undecided() {
            self.refuse(&begun, Standing::Deferred, None, Some("asked again in another language"));
            self.consents.reopen(&begun);
        }
        let sha256 = program.notice.sha256(other);
        self.effects.push(Effect::Fact(Fact::NoticeLocale { locale: other, sha256 }));
        self.advance();
    }

    /// Passes the caller to a person, after `first`; or says that nobody is there, and goes on.
    pub(super) fn call_person(&mut self, why: Escalation, first: Option<&Text>) {
        let program = Arc::clone(&self.program);
        self.fall_silent();
        self.effects.push(Effect::Fact(Fact::Escalated { kind: why }));
        self.aside = None;
        if let Some(first) = first {
            self.say(LineKind::Repair, first, &[], Then::Nothing);
        }
        if self.setup.person_available {
            self.say(LineKind::Transfer, &program.texts.human_connecting, &[], Then::Pass(why));
            self.part(Phase::Passing(why));
        } else {
            self.say(LineKind::Transfer, &program.texts.human_unavailable, &[], Then::Nothing);
            match self.phase {
                // The last words gave way: they are said again.
                Phase::Leaving(outcome) => self.leave(outcome),
                _ => self.present(),
            }
        }
    }

    /// A minor (42 CFR 2.14): a person; where nobody is there, plain questions only, and permissions wait.
    ///
    /// Duty: D16, 42 CFR 2.14.
    pub(super) fn meet_a_minor(&mut self) {
        let program = Arc::clone(&self.program);
        self.doubts.minor = true;
        self.block_granted(Block::Cosigner, |_| true);
        if self.gate_open() {
            self.move_gate(false, "the caller is a minor");
        }
        if self.was_acknowledged() {
            self.defer_consents("a minor: a second signature may be needed");
        }
        if self.extent == Extent::Everything {
            self.extent = Extent::PlainOnly;
        }
        if !matches!(self.phase, Phase::Plain(_)) && !self.setup.person_available {
            self.say(LineKind::Repair, &program.texts.minor, &[], Then::Nothing);
            self.effects.push(Effect::Fact(Fact::Escalated { kind: Escalation::Minor }));
            self.say(LineKind::Transfer, &program.texts.human_unavailable, &[], Then::Nothing);
            return self.advance();
        }
        self.call_person(Escalation::Minor, Some(&program.texts.minor));
    }

    /// Neither confirms nor denies that anybody is a patient (42 CFR 2.13(c)(2)): the same words for every name,
    /// and nothing is looked up. What is asked is filed without a link to anybody.
    ///
    /// Duty: D13, 42 CFR 2.13(c)(2).
    /// Duty: D14, 42 CFR 2.61.
    pub(super) fn refuse_neutrally(&mut self, legal: bool) {
        let program = Arc::clone(&self.program);
        let kind = if legal { RequestKind::LegalDemandUnlinked } else { RequestKind::InquiryUnlinked };
        self.effects.push(Effect::Fact(Fact::Requested { kind }));
        self.say(LineKind::Refusal, &program.texts.neutral_refusal, &[], Then::Nothing);
        if legal {
            self.say(LineKind::Refusal, &program.texts.legal_demand, &[], Then::Nothing);
        }
        self.present();
    }

    /// Authority for the patient is claimed (42 CFR 2.15): staff verify it before anything leaves.
    pub(super) fn note_authority(&mut self) {
        let program = Arc::clone(&self.program);
        self.doubts.authority = true;
        self.block_granted(Block::Authority, |_| true);
        self.effects.push(Effect::Fact(Fact::Escalated { kind: Escalation::VerifyAuthority }));
        self.say(LineKind::Repair, &program.texts.representative, &[], Then::Nothing);
        self.present();
    }

    /// No knowing signature now: what was granted is not released, and nothing more is asked for.
    pub(super) fn doubt_capacity(&mut self) {
        if !self.doubts.capacity {
            self.doubts.capacity = true;
            self.block_granted(Block::Capacity, |_| true);
        }
    }

    /// The caller does not want to go on while others hear.
    pub(super) fn leave_company(&mut self) {
        let program = Arc::clone(&self.program);
        if self.gate_open() {
            self.move_gate(false, "others can hear, and the caller does not want that");
        }
        self.aside = None;
        self.part(Phase::Leaving(Outcome::Abandoned));
        self.say(LineKind::Closing, &program.texts.company_refused, &[], Then::Leave);
    }

    pub(super) fn file_complaint(&mut self) {
        let program = Arc::clone(&self.program);
        self.effects.push(Effect::Fact(Fact::Requested { kind: RequestKind::Complaint }));
        self.say(LineKind::Faq, &program.texts.complaint, &[], Then::Nothing);
        self.present();
    }

    /// A request for the compliance contact.
    pub(super) fn file(&mut self, meaning: &Meaning) {
        let program = Arc::clone(&self.program);
        let kind = match meaning {
            Meaning::RecordsAccess => RequestKind::Access,
            Meaning::RecordsCorrection => RequestKind::Correction,
            Meaning::RecordsDeletion => RequestKind::Deletion,
            Meaning::Accounting => RequestKind::Accounting,
            _ => return,
        };
        self.effects.push(Effect::Fact(Fact::Requested { kind }));
        self.say(LineKind::Faq, &program.texts.request_filed, &[], Then::Nothing);
        self.present();
    }
}

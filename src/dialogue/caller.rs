//! What turns out about the caller: that somebody else speaks, or another language.

use super::{
    Acknowledgement, Dialogue, Effect, Fact, LineKind, NOTICE_FROM, Response, Told,
    consents::Standing,
    phase::{Aside, Extent},
    talk::Then,
};
use crate::program::Locale;
use std::sync::Arc;

impl Dialogue {
    /// Only the patient can consent (42 CFR 2.31(a)(8)): what was granted is void, what was not decided is denied
    /// by policy, and the gate closes.
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

    /// Another language: typed calls go on in it from the notice; for a voice that only hears English, a person.
    pub(super) fn change_language(&mut self, words: &str) {
        let program = Arc::clone(&self.program);
        let words = words.to_lowercase();
        let other = match self.locale {
            Locale::EnUs => Locale::EsUs,
            Locale::EsUs if words.contains("english") || words.contains("ingl") => Locale::EnUs,
            Locale::EsUs => return self.present(),
        };
        if self.setup.channel.is_voice() || !program.locales.contains(&other) {
            self.say(LineKind::Repair, &program.texts.language, &[], Then::Nothing);
            return self.check(Aside::OfferPerson);
        }
        self.locale = other;
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
        let sha256 = program.notice.sha256(other);
        self.effects.push(Effect::Fact(Fact::NoticeLocale { locale: other, sha256 }));
        self.advance();
    }
}

//! What needs no understanding: keys, the digits of numbers, and choices.

use super::{Dialogue, Effect, Key, Response, Told};
use crate::{
    pii::Pii,
    program::{AnswerKind, Expecting},
    understand::{Matter, Meaning, Percent, Reading, Scope, Signature},
};

/// A keyed number is complete after this long without another digit.
const KEYING_PAUSE_MS: u64 = 2_500;
/// No keyed answer has more digits.
const KEYED_DIGITS_MAX: usize = 20;

impl Dialogue {
    pub(super) fn pressed(&mut self, key: Key) {
        self.voice_since = None;
        self.quiet_since = None;
        self.interrupt();
        if self.takes_code_key(key) {
            return self.code_keyed(key.char());
        }
        self.code.forget();
        let asked = self.drop_code_keys();
        if asked && !matches!(key.char(), '0' | '8' | '9') {
            return;
        }
        if self.takes_digit(key) {
            return self.keyed(key.char());
        }
        self.forget_keys();
        let meaning = match key.char() {
            '1' => Meaning::Affirm,
            '2' => Meaning::Deny,
            '0' => Meaning::Human,
            '8' => Meaning::Language,
            '9' => Meaning::Revoke(Scope::All),
            '*' => Meaning::Repeat,
            _ => Meaning::Unclear,
        };
        self.keyed_meaning(meaning, key.char().to_string());
    }

    /// A choice says what it means; "I agree and sign" brings the typed name along.
    pub(super) fn chose(&mut self, meaning: Meaning, matter: Option<Matter>, name: Option<Pii<String>>) {
        self.voice_since = None;
        self.quiet_since = None;
        self.interrupt();
        self.forget_keys();
        let name = name.map(Pii::into_exposed);
        let text = name.clone().unwrap_or_else(|| meaning.name().to_owned());
        let assent = meaning == Meaning::Affirm;
        let signature = name.map(|name| Signature { name: Some(name), assent });
        self.given(Reading { matter, signature, ..plain(meaning, "choice") }, text, Told::Click);
    }

    /// Whether a key is part of a number that is asked for. No telephone number here begins with 0: that is
    /// somebody who wants a person.
    fn takes_digit(&self, key: Key) -> bool {
        let Expecting::Question(id) = self.expecting() else { return false };
        let kind = self.program.question(&id).map(|q| q.answer);
        let digits = match kind {
            Some(AnswerKind::Phone) => key.char() != '0' || !self.keyed.is_empty(),
            Some(AnswerKind::Date | AnswerKind::MemberId) => true,
            Some(AnswerKind::Name | AnswerKind::Open | AnswerKind::Insurer) | None => false,
        };
        digits && (key.char().is_ascii_digit() || key.char() == '#')
    }

    /// Collects the digits of a number; `#` or a pause ends it. A single 0 still means a person.
    fn keyed(&mut self, key: char) {
        if key != '#' && self.keyed.len() < KEYED_DIGITS_MAX {
            self.keyed.push(key);
            self.keyed_until = Some(self.now + KEYING_PAUSE_MS);
        } else {
            self.keyed_ended();
        }
    }

    pub(super) fn forget_keys(&mut self) {
        self.keyed.clear();
        self.keyed_until = None;
    }

    pub(super) fn keyed_ended(&mut self) {
        self.keyed_until = None;
        let digits = std::mem::take(&mut self.keyed);
        match digits.as_str() {
            "" => self.keyed_meaning(Meaning::Unclear, digits),
            "0" => self.keyed_meaning(Meaning::Human, digits),
            _ => self.keyed_meaning(Meaning::Answer, digits),
        }
    }

    pub(super) fn keyed_meaning(&mut self, meaning: Meaning, keys: String) {
        self.given(plain(meaning, "key"), keys, Told::Key);
    }

    /// What needs no understanding: a key, a choice.
    fn given(&mut self, reading: Reading, text: String, told: Told) {
        let text = Pii::new(text);
        let response = Response { text, confidence: Percent::FULL, from: self.now, to: self.now };
        self.effects.push(Effect::Understood(reading.clone()));
        self.answered(reading, response, told);
    }
}

/// A meaning that is certain.
fn plain(meaning: Meaning, evidence: &str) -> Reading {
    Reading {
        meaning,
        confidence: Percent::FULL,
        faq: None,
        backchannel: false,
        suspected_revocation: None,
        tells_sud: false,
        matter: None,
        signature: None,
        evidence: evidence.into(),
    }
}

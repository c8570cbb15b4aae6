//! A chat that goes on by phone: what it carries over, and the code by which the call finds it.
//!
//! The code is looked up only once this call's notice was acknowledged. Until then the call knows nothing of the chat,
//! and the chat goes on as if there were no call ([ADR 20](../../docs/adr/0020-handing-over.md)).

use super::{
    Block, Decision, Dialogue, Effect, Fact, Key, LineKind, NOTICE_FROM, Outcome,
    phase::{Aside, Doubts, Extent, Phase},
    talk::Then,
};
use crate::{
    pii::Pii,
    program::{AnswerKind, Elicits, Expecting, RecipientId, Text},
    time::Millis,
    understand::{Meaning, Reading, Scope, SpokenCode, spoken_code},
};
use serde::{Deserialize, Serialize};
use std::{
    hash::{Hash, Hasher},
    sync::Arc,
};

/// So many digits has a code. The first is 3 to 7, which mean nothing else on a telephone: a code can be keyed
/// without `#` before it.
pub const CODE_DIGITS: usize = 6;
/// No call looks up more codes.
pub const CODE_LOOKUPS_MAX: u8 = 3;
/// A keyed code is broken off after this long without another digit.
const CODE_PAUSE_MS: u64 = 5_000;

/// What an unfinished chat carries over into the call that goes on with it: that questions were answered, and what was
/// settled. Never an answer, but for the name that consents are signed with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carried {
    /// The chat's id.
    pub from: String,
    /// The questions that were answered or passed over.
    pub questions: Vec<CarriedQuestion>,
    /// The name given for the patient.
    pub patient: Option<String>,
    /// The consents that were settled.
    pub consents: Vec<CarriedConsent>,
    /// The health plans to be kept out (42 CFR 2.26).
    pub kept_out: Vec<RecipientId>,
    /// Whether the caller wants no recording.
    pub no_recording: bool,
}

/// A question that need not be asked any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct CarriedQuestion {
    pub id: String,
    pub elicits: Elicits,
}

/// A consent that stands in the record of the chat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct CarriedConsent {
    pub consent_id: String,
    pub recipient: RecipientId,
    /// Granted, denied or revoked; what is still open is not carried.
    pub decision: Decision,
}

/// The code of this call.
#[derive(Clone, Debug, Default)]
pub(super) struct Code {
    /// The keys of it so far, and until when another one is waited for.
    keyed: Option<(String, Millis)>,
    /// The caller was asked for it.
    asked_for: bool,
    /// It is looked up when the notice was acknowledged.
    waiting: Option<(Pii<String>, Asks)>,
    /// It is being looked up.
    looking: Option<Asks>,
    lookups: u8,
    /// This call goes on with a chat.
    carried: bool,
}

/// What keys ask for by themselves, should they not be a code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
enum Asks {
    #[default]
    Nothing,
    Person,
    Revocation,
}

impl Asks {
    fn of(keys: &str) -> Asks {
        match keys {
            _ if keys.contains('9') => Asks::Revocation,
            _ if keys.contains('0') => Asks::Person,
            _ => Asks::Nothing,
        }
    }
}

impl Code {
    pub(super) fn until(&self) -> Option<Millis> {
        self.keyed.as_ref().map(|(_, until)| *until)
    }

    /// Another key than one of a code: the caller does something else.
    pub(super) fn forget(&mut self) {
        self.asked_for = false;
    }

    /// Whether the last key so far takes permissions back by itself.
    pub(super) fn ends_with_nine(&self) -> bool {
        self.keyed.as_ref().is_some_and(|(keys, _)| keys.ends_with('9'))
    }

    /// See [`Dialogue::fingerprint`].
    pub(super) fn fingerprint(&self, now: Millis, into: &mut impl Hasher) {
        let Code { keyed, asked_for, waiting, looking, lookups, carried } = self;
        keyed.as_ref().map(|(keys, until)| (keys, until.since(now))).hash(into);
        (asked_for, waiting, looking, lookups, carried).hash(into);
    }
}

impl Dialogue {
    /// What this chat carries over, if it can go on elsewhere now: not before its own acknowledgement, not where it is
    /// over or ending, where the caller wants no more questions, where it is in doubt who writes and whether they can
    /// decide, or where they are being asked about danger, company or a revocation.
    pub fn carries(&self) -> Option<Carried> {
        let going = !matches!(
            self.phase,
            Phase::Leaving(_) | Phase::Passing(_) | Phase::Ended(_) | Phase::InDanger | Phase::Closing
        );
        let checked =
            matches!(self.aside, Some(Aside::CheckRevocation(_) | Aside::CheckDanger | Aside::CheckCompany));
        let plain = self.is_plain() && !checked && self.was_acknowledged();
        if self.setup.channel.is_voice() || !going || !plain {
            return None;
        }
        let script = self.program.plain.iter().chain(&self.program.sensitive);
        let done = script.filter(|question| self.done.contains(&question.id));
        Some(Carried {
            from: self.setup.call_id.clone(),
            questions: done.map(|q| CarriedQuestion { id: q.id.clone(), elicits: q.elicits }).collect(),
            patient: self.patient.clone(),
            consents: self.consents.settled(),
            kept_out: self.restricted.iter().cloned().collect(),
            no_recording: self.recording_refused,
        })
    }

    /// The chat goes on in the call `to`; whoever looks at its page is told.
    pub(super) fn hand_over(&mut self, to: String) {
        if self.carries().is_none() {
            return;
        }
        let program = Arc::clone(&self.program);
        self.fall_silent();
        self.effects.push(Effect::Fact(Fact::HandedOver { to }));
        self.say(LineKind::Closing, &program.texts.handed_over, &[], Then::Nothing);
        self.end_as(Outcome::Transferred);
        self.effects.push(Effect::HangUp);
    }

    /// Whether a code can be given now: on the telephone, while the conversation goes on.
    fn takes_codes(&self) -> bool {
        use super::ChannelKind;
        let over =
            matches!(self.phase, Phase::Leaving(_) | Phase::Passing(_) | Phase::Ended(_) | Phase::InDanger);
        self.setup.channel == ChannelKind::Phone && !over && !self.code.carried
    }

    /// Whether a key is part of a code: after `#`, or 3 to 7 where no number is asked for.
    pub(super) fn takes_code_key(&self, key: Key) -> bool {
        let key = key.char();
        match &self.code.keyed {
            _ if !self.takes_codes() => false,
            Some(_) => key.is_ascii_digit() || key == '#',
            None => {
                let begins = begins_code(key) && (self.code.asked_for || !self.expects_number());
                begins || (key == '#' && self.keyed.is_empty())
            }
        }
    }

    /// Whether a number is asked for, or one that was read back may be keyed again.
    fn expects_number(&self) -> bool {
        if matches!(self.aside, Some(Aside::CheckAnswer { .. })) {
            return true;
        }
        let Expecting::Question(id) = self.expecting() else { return false };
        let kind = self.program.question(&id).map(|question| question.answer);
        matches!(kind, Some(AnswerKind::Phone | AnswerKind::Date | AnswerKind::MemberId))
    }

    pub(super) fn code_keyed(&mut self, key: char) {
        if key == '#' {
            // It begins anew: a code is meant, and what was keyed of it asks for nothing by itself, or is asked about.
            let keys = self.code.keyed.take().map(|(keys, _)| keys).unwrap_or_default();
            self.heed(Asks::of(&keys));
            if self.takes_codes() {
                self.code.keyed = Some((String::new(), self.now + CODE_PAUSE_MS));
            }
            return;
        }
        let mut keys = self.code.keyed.take().map(|(keys, _)| keys).unwrap_or_default();
        keys.push(key);
        if keys.len() < CODE_DIGITS {
            self.code.keyed = Some((keys, self.now + CODE_PAUSE_MS));
        } else {
            let asks = Asks::of(&keys);
            self.code_given(keys.into(), asks);
        }
    }

    /// The keys of a code broke off; a yes or a no among them is none.
    pub(super) fn code_broke_off(&mut self) {
        let keys = self.code.keyed.as_ref().map(|(keys, _)| keys.clone()).unwrap_or_default();
        self.code.asked_for = false;
        match Asks::of(&keys) {
            Asks::Nothing => {
                self.code.keyed = None;
                let language = keys.ends_with('8');
                self.keyed_meaning(if language { Meaning::Language } else { Meaning::Unclear }, keys);
            }
            _ => {
                self.drop_code_keys();
            }
        }
    }

    /// The keys so far are no code. What they ask for by themselves is not lost: what the last key asks for is done,
    /// what one before it asks for (permissions taken back, a person) is asked about. Whether it is now.
    pub(super) fn drop_code_keys(&mut self) -> bool {
        let keys = self.code.keyed.take().map(|(keys, _)| keys).unwrap_or_default();
        match keys.chars().last() {
            Some('9') => self.keyed_meaning(Meaning::Revoke(Scope::All), keys),
            Some('0') => self.keyed_meaning(Meaning::Human, keys),
            _ => return self.heed(Asks::of(&keys)),
        }
        false
    }

    /// Keys that were no code may have asked for something: the caller is asked. Done at once, where no such question
    /// can be put. Whether something is asked about now.
    fn heed(&mut self, asks: Asks) -> bool {
        let (key, meaning, aside) = match asks {
            Asks::Nothing => return false,
            Asks::Person => ("0", Meaning::Human, Aside::OfferPerson { instead: false }),
            Asks::Revocation => ("9", Meaning::Revoke(Scope::All), Aside::CheckRevocation(Scope::All)),
        };
        let gives_way = match &self.aside {
            None | Some(Aside::CheckAnswer { .. } | Aside::OfferPerson { .. }) => true,
            Some(Aside::CheckRevocation(_)) => asks == Asks::Revocation,
            Some(Aside::CheckDanger | Aside::CheckCompany) => false,
        };
        if !gives_way || !self.goes_on() {
            self.keyed_meaning(meaning, key.to_owned());
            return false;
        }
        self.leave_cut();
        // Something else came within a breath of a yes: the yes does not stand.
        self.settling = None;
        let offered = matches!(self.aside, Some(Aside::OfferPerson { .. })) && asks == Asks::Person;
        if offered {
            self.present();
        } else {
            self.check(aside);
        }
        true
    }

    /// Whether what was said is a code, or that the caller has one. Whatever else it says is heard instead.
    pub(super) fn hears_code(&mut self, reading: &Reading, text: &str) -> bool {
        let asked_for = std::mem::take(&mut self.code.asked_for);
        let nothing_else = matches!(reading.meaning, Meaning::Unclear | Meaning::Answer | Meaning::Affirm)
            && reading.matter.is_none()
            && reading.suspected_revocation.is_none();
        let code = spoken_code(text, CODE_DIGITS, asked_for);
        // "No, my code is" corrects a code. The open question is put again: its no is not lost, and no yes comes of it.
        let corrects = reading.meaning == Meaning::Deny
            && reading.matter.is_none()
            && reading.suspected_revocation.is_none()
            && matches!(code, Some(SpokenCode::Digits(_)));
        if !self.takes_codes() || !(nothing_else || corrects) {
            return false;
        }
        match code {
            Some(SpokenCode::Digits(code)) => self.code_given(code, Asks::Nothing),
            Some(SpokenCode::Has) => {
                self.leave_cut();
                self.code.asked_for = true;
                let program = Arc::clone(&self.program);
                self.say(LineKind::Repair, &program.texts.code_ask, &[], Then::Nothing);
            }
            None => return false,
        }
        true
    }

    /// A code is looked up at once where the notice was acknowledged, else when it will be.
    fn code_given(&mut self, code: Pii<String>, asks: Asks) {
        self.code.asked_for = false;
        self.silences = 0;
        self.leave_cut();
        let program = Arc::clone(&self.program);
        let possible = code.expose().starts_with(begins_code);
        if !possible || !self.is_plain() || self.code.lookups >= CODE_LOOKUPS_MAX {
            return self.tell_code(&program.texts.code_unknown, asks);
        }
        self.code.waiting = Some((code, asks));
        if self.was_acknowledged() {
            self.look_up_waiting();
        } else {
            self.tell_code(&program.texts.code_kept, Asks::Nothing);
        }
    }

    /// Whether the whole script is gone through, and nothing is in doubt about who that is and what they can decide.
    fn is_plain(&self) -> bool {
        self.extent == Extent::Everything && self.doubts == Doubts::default()
    }

    /// Looks up what waited for the acknowledgement, or for the code before it. Whether one is, or was
    /// answered at once.
    pub(super) fn look_up_waiting(&mut self) -> bool {
        if self.code.looking.is_none()
            && let Some((code, asks)) = self.code.waiting.take()
        {
            // What was told since it was given stands against it.
            if !self.is_plain() {
                let program = Arc::clone(&self.program);
                self.tell_code(&program.texts.code_unknown, asks);
                return true;
            }
            self.code.lookups += 1;
            self.code.looking = Some(asks);
            self.effects.push(Effect::LookUp(code));
        }
        self.code.looking.is_some()
    }

    /// The notice was acknowledged, and what follows waits for what a code leads to: for a moment, unless the caller
    /// goes on first.
    pub(super) fn waits_for_code(&self) -> bool {
        self.phase == Phase::Acknowledging && self.was_acknowledged()
    }

    /// Goes on with the chat of the code; or says that there is none, and nothing about why.
    pub(super) fn looked_up(&mut self, carried: Option<Box<Carried>>) {
        let Some(asks) = self.code.looking.take() else { return };
        let program = Arc::clone(&self.program);
        let Some(carried) = carried else {
            self.tell_code(&program.texts.code_unknown, asks);
            self.look_up_waiting();
            return;
        };
        (self.code.carried, self.code.waiting) = (true, None);
        self.effects.push(Effect::Fact(Fact::Resumes { from: carried.from }));
        carried.consents.iter().for_each(|settled| self.consents.adopt(settled));
        self.block_carried(&carried.consents);
        if !self.is_plain() {
            // The chat has ended for this call; a doubt that came meanwhile reaches what it granted, and no more of it
            // is gone on with.
            return self.tell_code(&program.texts.code_unknown, Asks::Nothing);
        }
        self.done.extend(carried.questions.into_iter().map(|question| question.id));
        self.named_before = carried.patient;
        self.restricted.extend(carried.kept_out);
        if carried.no_recording && !self.recording_refused {
            self.recording_refused = true;
            self.effects.push(Effect::Fact(Fact::RecordingOff));
            self.effects.push(Effect::StopRecording);
        }
        if !self.goes_on() {
            return;
        }
        self.make_way();
        self.say(LineKind::Repair, &program.texts.carried_on, &[], Then::Nothing);
        match (&self.aside, &self.settling) {
            (None, None) => self.advance(),
            // What is being settled goes on by itself.
            (None, Some(_)) => {}
            (Some(_), _) => self.present(),
        }
    }

    /// What was told in this call before keeps back what the chat granted, as it does what was granted here; also where
    /// it stands otherwise here by now.
    fn block_carried(&mut self, carried: &[CarriedConsent]) {
        let Doubts { capacity, authority, minor } = self.doubts;
        let another = self.extent == Extent::PlainOnly;
        let blocks =
            [(minor, Block::Cosigner), (authority || another, Block::Authority), (capacity, Block::Capacity)];
        for granted in carried.iter().filter(|settled| settled.decision == Decision::Granted) {
            let restricted = (self.restricted.contains(&granted.recipient), Block::Restriction);
            for (_, by) in blocks.into_iter().chain([restricted]).filter(|(stands, _)| *stands) {
                let (consent_id, recipient) = (granted.consent_id.clone(), granted.recipient.clone());
                self.effects.push(Effect::Fact(Fact::ConsentBlocked { consent_id, recipient, by }));
            }
        }
    }

    /// The question that is being asked gives way; a thanks for the acknowledgement is said to its end.
    fn make_way(&mut self) {
        if !self.waits_for_code() {
            self.fall_silent();
        }
    }

    fn goes_on(&self) -> bool {
        !matches!(self.phase, Phase::Leaving(_) | Phase::Passing(_) | Phase::Ended(_) | Phase::InDanger)
    }

    /// A word about the code, then what its keys ask for by themselves, or what was pending.
    fn tell_code(&mut self, text: &Text, asks: Asks) {
        if self.goes_on() {
            self.make_way();
            self.say(LineKind::Repair, text, &[], Then::Nothing);
        }
        // A 9 or a 0 within six digits is no request where it cannot be asked about.
        let pressing = matches!(self.aside, Some(Aside::CheckDanger | Aside::CheckCompany));
        if asks != Asks::Nothing && self.goes_on() && !pressing {
            self.heed(asks);
        } else if self.goes_on() && self.settling.is_none() {
            self.present();
        }
    }

    /// What was cut to hear the code is begun again, and the notice is known to have been interrupted.
    fn leave_cut(&mut self) {
        if self.talk.cut_while_reading(NOTICE_FROM) {
            self.effects.push(Effect::Fact(Fact::NoticeInterrupted));
        }
        self.talk.take_cut();
    }
}

/// Whether a code can begin with `key`.
fn begins_code(key: char) -> bool {
    ('3'..='7').contains(&key)
}

//! A chat that goes on by phone: what it carries over, and the code by which the call finds it.
//!
//! The code is looked up only once this call's notice was acknowledged. Until then the call knows nothing of the chat,
//! and the chat goes on as if there were no call ([ADR 20](../../docs/adr/0020-handing-over.md)).

use super::{
    Decision, Dialogue, Effect, Fact, Key, LineKind, NOTICE_FROM, Outcome,
    phase::{Doubts, Extent, Phase},
    talk::Then,
};
use crate::{
    pii::Pii,
    program::{AnswerKind, Elicits, Expecting, RecipientId, Text},
    time::Millis,
    understand::{Meaning, Reading, SpokenCode, spoken_code},
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
    waiting: Option<Pii<String>>,
    /// It is being looked up.
    looking: bool,
    lookups: u8,
    /// This call goes on with a chat.
    carried: bool,
}

impl Code {
    pub(super) fn until(&self) -> Option<Millis> {
        self.keyed.as_ref().map(|(_, until)| *until)
    }

    pub(super) fn forget_keys(&mut self) {
        self.keyed = None;
    }

    /// Another key than one of a code: the caller does something else.
    pub(super) fn forget(&mut self) {
        self.keyed = None;
        self.asked_for = false;
    }

    /// See [`Dialogue::fingerprint`].
    pub(super) fn fingerprint(&self, now: Millis, into: &mut impl Hasher) {
        let Code { keyed, asked_for, waiting, looking, lookups, carried } = self;
        keyed.as_ref().map(|(keys, until)| (keys, until.since(now))).hash(into);
        (asked_for, waiting, looking, lookups, carried).hash(into);
    }
}

impl Dialogue {
    /// What this chat carries over, if it can go on elsewhere now: not where it is over or ending, where the caller
    /// wants no more questions, or where it is in doubt who writes and whether they can decide.
    pub fn carries(&self) -> Option<Carried> {
        let going = !matches!(
            self.phase,
            Phase::Leaving(_) | Phase::Passing(_) | Phase::Ended(_) | Phase::InDanger | Phase::Closing
        );
        let plain = self.extent == Extent::Everything && self.doubts == Doubts::default();
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
                let begins = ('3'..='7').contains(&key) && (self.code.asked_for || !self.expects_number());
                begins || (key == '#' && self.keyed.is_empty())
            }
        }
    }

    fn expects_number(&self) -> bool {
        let Expecting::Question(id) = self.expecting() else { return false };
        let kind = self.program.question(&id).map(|question| question.answer);
        matches!(kind, Some(AnswerKind::Phone | AnswerKind::Date | AnswerKind::MemberId))
    }

    pub(super) fn code_keyed(&mut self, key: char) {
        let mut keys = self.code.keyed.take().map(|(keys, _)| keys).unwrap_or_default();
        match key {
            '#' => keys.clear(),
            digit => keys.push(digit),
        }
        if keys.len() < CODE_DIGITS {
            self.code.keyed = Some((keys, self.now + CODE_PAUSE_MS));
        } else {
            self.code_given(keys.into());
        }
    }

    /// The keys of a code broke off. What the last of them asks for by itself is not lost: a person, or permissions
    /// taken back; a yes or a no among them is none.
    pub(super) fn code_broke_off(&mut self) {
        let keys = self.code.keyed.take().map(|(keys, _)| keys).unwrap_or_default();
        self.code.asked_for = false;
        let meaning = match keys.chars().last() {
            Some('0') => Meaning::Human,
            Some('9') => Meaning::Revoke(crate::understand::Scope::All),
            Some('8') => Meaning::Language,
            _ => Meaning::Unclear,
        };
        self.keyed_meaning(meaning, keys);
    }

    /// Whether what was said is a code, or that the caller has one. What cannot wait is heard first.
    pub(super) fn hears_code(&mut self, reading: &Reading, text: &str) -> bool {
        let asked_for = std::mem::take(&mut self.code.asked_for);
        let cannot_wait = matches!(
            reading.meaning,
            Meaning::Emergency | Meaning::Revoke(_) | Meaning::Human | Meaning::Minor | Meaning::ThirdParty
        );
        if !self.takes_codes() || cannot_wait || reading.suspected_revocation.is_some() {
            return false;
        }
        match spoken_code(text, CODE_DIGITS, asked_for) {
            Some(SpokenCode::Digits(code)) => self.code_given(code),
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
    fn code_given(&mut self, code: Pii<String>) {
        self.code.asked_for = false;
        self.silences = 0;
        self.leave_cut();
        let program = Arc::clone(&self.program);
        let may = self.extent == Extent::Everything && self.doubts == Doubts::default();
        if !may || self.code.lookups >= CODE_LOOKUPS_MAX {
            return self.tell_code(&program.texts.code_unknown);
        }
        self.code.waiting = Some(code);
        if self.was_acknowledged() {
            self.look_up_waiting();
        } else {
            self.tell_code(&program.texts.code_kept);
        }
    }

    /// Looks up what waited for the acknowledgement, or for the code before it. Whether a code is being looked up.
    pub(super) fn look_up_waiting(&mut self) -> bool {
        if !self.code.looking
            && let Some(code) = self.code.waiting.take()
        {
            self.code.lookups += 1;
            self.code.looking = true;
            self.effects.push(Effect::LookUp(code));
        }
        self.code.looking
    }

    /// The notice was acknowledged, and what follows waits for what a code leads to: for a moment, unless the caller
    /// goes on first.
    pub(super) fn waits_for_code(&self) -> bool {
        self.phase == Phase::Acknowledging && self.was_acknowledged()
    }

    /// Goes on with the chat of the code; or says that there is none, and nothing about why.
    pub(super) fn looked_up(&mut self, carried: Option<Box<Carried>>) {
        if !std::mem::take(&mut self.code.looking) {
            return;
        }
        let program = Arc::clone(&self.program);
        let Some(carried) = carried else {
            self.tell_code(&program.texts.code_unknown);
            self.look_up_waiting();
            return;
        };
        (self.code.carried, self.code.waiting) = (true, None);
        self.effects.push(Effect::Fact(Fact::Resumes { from: carried.from }));
        self.done.extend(carried.questions.into_iter().map(|question| question.id));
        self.patient = self.patient.take().or(carried.patient);
        carried.consents.iter().for_each(|settled| self.consents.adopt(settled));
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

    /// The question that is being asked gives way; a thanks for the acknowledgement is said to its end.
    fn make_way(&mut self) {
        if !self.waits_for_code() {
            self.fall_silent();
        }
    }

    fn goes_on(&self) -> bool {
        !matches!(self.phase, Phase::Leaving(_) | Phase::Passing(_) | Phase::Ended(_) | Phase::InDanger)
    }

    /// A word about the code, then what was pending.
    fn tell_code(&mut self, text: &Text) {
        if !self.goes_on() {
            return;
        }
        self.make_way();
        self.say(LineKind::Repair, text, &[], Then::Nothing);
        if self.settling.is_none() {
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

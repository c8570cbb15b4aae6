//! How a conversation ends: silence, the last words, what of ours broke.

use super::{
    Broken, Decision, Dialogue, Effect, Escalation, Fact, LineKind, Outcome,
    phase::{self, Phase},
    talk::Then,
};
use std::sync::Arc;

/// Last words, all of them, take no longer.
const PARTING_MS_MAX: u64 = 60_000;

impl Dialogue {
    /// Nobody spoke: once more, then goodbye.
    pub(super) fn silence(&mut self) {
        self.quiet_since = None;
        self.silences += 1;
        let program = Arc::clone(&self.program);
        let texts = &program.texts;
        match self.phase {
            Phase::Leaving(_) | Phase::Passing(_) | Phase::Ended(_) => {}
            Phase::Closing if self.aside.is_none() => self.leave(phase::led_to_the_end(self.acknowledgement)),
            _ if self.silences >= 2 => {
                let outcome = if self.in_danger { Outcome::Emergency } else { Outcome::Abandoned };
                self.say(LineKind::Closing, &texts.silence_goodbye, &[], Then::Leave);
                self.part(Phase::Leaving(outcome));
                self.aside = None;
            }
            _ => {
                self.say(LineKind::Repair, &texts.silence, &[], Then::Nothing);
                self.present();
            }
        }
    }

    /// From here on there are only last words; should they never be heard, the call ends all the same.
    pub(super) fn part(&mut self, phase: Phase) {
        self.phase = phase;
        self.parting_until = Some(self.now + PARTING_MS_MAX);
    }

    /// The last words were never heard to their end.
    pub(super) fn parted(&mut self) {
        self.parting_until = None;
        match self.phase {
            Phase::Leaving(_) => self.end(),
            Phase::Passing(why) => self.effects.push(Effect::Transfer(why)),
            _ => {}
        }
    }

    /// The last words.
    pub(super) fn leave(&mut self, outcome: Outcome) {
        let program = Arc::clone(&self.program);
        self.aside = None;
        self.part(Phase::Leaving(outcome));
        self.say(LineKind::Closing, &program.texts.goodbye, &[], Then::Leave);
    }

    pub(super) fn failed(&mut self, broken: Broken) {
        match broken {
            Broken::Ears => {
                self.voice_since = None;
                self.failures += 1;
                if self.failures >= 2 {
                    return self.give_up();
                }
                self.talk.take_cut();
                self.settling = None;
                let program = Arc::clone(&self.program);
                self.say(LineKind::Repair, &program.texts.not_understood, &[], Then::Nothing);
                self.present();
            }
            Broken::Voice | Broken::Store => self.give_up(),
        }
    }

    /// Something of ours broke for good: a person, or a polite goodbye; never silence.
    pub(super) fn give_up(&mut self) {
        if matches!(self.phase, Phase::Leaving(_) | Phase::Passing(_)) {
            return;
        }
        let program = Arc::clone(&self.program);
        self.talk.clear();
        self.aside = None;
        self.settling = None;
        self.effects.push(Effect::Flush);
        self.effects.push(Effect::Fact(Fact::Escalated { kind: Escalation::Trouble }));
        if self.setup.person_available {
            self.part(Phase::Passing(Escalation::Trouble));
            self.say(LineKind::Transfer, &program.texts.trouble, &[], Then::Pass(Escalation::Trouble));
        } else {
            self.part(Phase::Leaving(Outcome::Failed));
            self.say(LineKind::Closing, &program.texts.trouble, &[], Then::Leave);
        }
    }

    pub(super) fn end(&mut self) {
        let outcome = match self.phase {
            _ if self.in_danger => Outcome::Emergency,
            Phase::Leaving(outcome) => outcome,
            _ => Outcome::Abandoned,
        };
        self.end_as(outcome);
        self.effects.push(Effect::HangUp);
    }

    pub(super) fn end_as(&mut self, outcome: Outcome) {
        self.settling = None;
        for recipient in self.consents.undecided() {
            self.effects.push(Effect::Fact(Fact::ConsentDecided {
                consent_id: self.consents.id(&recipient),
                recipient,
                decision: Decision::Incomplete,
                response: None,
                signature: None,
                blocked_by: Vec::new(),
                why: None,
            }));
        }
        self.talk.clear();
        self.phase = Phase::Ended(outcome);
        self.effects.push(Effect::Fact(Fact::Ended { outcome }));
    }
}

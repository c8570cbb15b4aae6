//! One call, more than one way of being connected: from typing to talking, and back.
//!
//! What was heard, seen, answered and decided stays. What was under way is cut, and what is pending is said anew in
//! the way that the caller has now.

use super::{
    ChannelKind, Dialogue, Effect, Fact, LineKind, RECORDING,
    phase::{Aside, Phase},
    talk::{Spoken, Then},
};
use crate::program::Program;
use std::sync::Arc;

/// The script in the words that fit a channel.
pub(super) fn worded(scripted: &Arc<Program>, channel: ChannelKind) -> Arc<Program> {
    let typed = scripted.typed.as_ref().filter(|_| channel == ChannelKind::Chat);
    Arc::clone(typed.unwrap_or(scripted))
}

impl Dialogue {
    /// The caller goes on in another way. A yes that had not settled does not stand: it was not yet a fact, and
    /// whoever moves within a breath of it is asked again. Nor does half a signature: it is written or spoken, whole.
    pub(super) fn moved(&mut self, to: ChannelKind) {
        let under_way = self.talk.take();
        if !under_way.is_empty() {
            self.effects.push(Effect::Flush);
        }
        self.channel = to;
        self.program = worded(&self.scripted, to);
        self.effects.push(Effect::Fact(Fact::Moved { to }));
        (self.voice_since, self.quiet_since) = (None, None);
        // What was not understood in one way says nothing of the other.
        (self.unclear, self.aside_unclear, self.silences, self.failures) = (0, 0, 0, 0);
        (self.settling, self.listened) = (None, None);
        self.half = Default::default();
        self.announced = false;
        // An answer counts once the open question was asked in the way that the caller has now.
        self.asking += 1;
        (self.asked_begun, self.asked_to_end) = (false, false);
        self.forget_keys();
        if let Some(agreed) = self.agreed.as_mut().filter(|_| to.is_voice()) {
            // The clip of a spoken signature begins where there is a voice.
            agreed.asked_at = self.now;
        }
        if matches!(self.phase, Phase::Leaving(_) | Phase::Passing(_)) {
            return under_way.into_iter().for_each(|spoken| self.say_anew(spoken));
        }
        under_way.into_iter().filter(is_told).for_each(|spoken| self.say_anew(spoken));
        if self.keys_only() {
            let program = Arc::clone(&self.program);
            self.say(LineKind::Repair, &program.texts.language, &[], Then::Nothing);
        }
        match self.phase.clone() {
            // Who can answer by keys alone cannot sign: the consent itself is asked for again, to be a yes by key.
            Phase::Signing(recipient) if !self.wants_signature() => self.enter(Phase::Consenting(recipient)),
            _ => self.present(),
        }
    }

    fn say_anew(&mut self, Spoken { line, then, .. }: Spoken) {
        let id = self.talk.next_id();
        self.speak(super::Line { id, from_ms: 0, ..line }, then);
    }

    /// Whether the caller talks in a call that began in writing, and has not heard yet that talking is recorded.
    pub(super) fn is_unannounced(&self) -> bool {
        self.channel.is_voice()
            && !self.announced
            && !self.recording_refused
            && self.parts.is_heard(RECORDING)
    }

    /// Says that the voice is recorded, before anything else that is pending. Danger does not wait for it.
    pub(super) fn announce(&mut self) {
        let urgent =
            matches!(self.phase, Phase::InDanger | Phase::Leaving(_) | Phase::Passing(_) | Phase::Ended(_))
                || self.aside == Some(Aside::CheckDanger);
        let said = self.talk.under_way().iter().any(|spoken| spoken.then == Then::Announced);
        if self.is_unannounced() && !urgent && !said {
            let program = Arc::clone(&self.program);
            self.say(LineKind::Recording, &program.texts.recording, &[], Then::Announced);
        }
    }
}

/// What was told and does not come again by itself: that something was taken back, an answer, a refusal.
fn is_told(spoken: &Spoken) -> bool {
    let kind = spoken.line.kind();
    spoken.then == Then::Nothing && matches!(kind, LineKind::Revocation | LineKind::Faq | LineKind::Refusal)
}

//! The conversation as a value: [`Dialogue::handle`] takes what happened and when, and gives what is to be
//! done. No clock, no randomness, no I/O; the same inputs give the same effects, always.
//!
//! Methods are of three kinds: `handle` for input; `deadline` says when a [`Input::Tick`] is wanted;
//! getters (`listening`, `gate_open`, `is_over`). Effects are to be carried out in order, a [`Fact`] durably
//! before anything after it.
//!
//! The gate is a type: a line that elicits SUD information is built only by who shows a
//! [`NoticeAcknowledged`], which exists only after every part of the notice was *heard* (a part that was cut
//! was not) and a clear yes was given to a question that was itself heard to its end.

mod asking;
mod caller;
mod consenting;
mod consents;
mod effect;
mod ending;
mod fingerprint;
mod flow;
mod gate;
mod handover;
mod input;
mod keys;
mod lines;
mod moving;
mod phase;
mod talk;
#[cfg(all(test, feature = "runtime"))]
pub(crate) mod testing;
pub mod transition;

pub use effect::*;
pub use gate::{ClearYes, ConsentGiven, NoticeAcknowledged, NoticeHeard, Signed};
pub use handover::{CODE_DIGITS, CODE_LOOKUPS_MAX, Carried, CarriedConsent, CarriedQuestion};
pub use input::*;

use crate::{
    pii::Pii,
    program::{AnswerKind, Expecting, Locale, Program, RecipientId},
    time::Millis,
    understand::{Context, Heard, Meaning, Memory, Percent, Reading, Signature, understand},
};
use consents::Consents;
use gate::Parts;
use handover::Code;
use phase::{Agreed, Aside, Doubts, Extent, Phase, Settling, Shown};
use std::{collections::BTreeSet, sync::Arc};
use talk::{Talk, Then};
use transition::Stimulus;

/// Words must follow a voice within this long after the longest turn, or there were none.
const WORDS_LATE_MS_MAX: u64 = 5_000;
/// The greeting and the recording notice are read before the parts of the notice.
const NOTICE_FROM: usize = 2;
/// The recording notice among what is read first.
const RECORDING: usize = 1;

/// Words to their reading: by [`understand`], or by a memory of it.
type Understand<'a> = dyn FnMut(&Heard, &Context<'_>) -> Reading + 'a;

/// One conversation.
#[derive(Clone, Debug)]
pub struct Dialogue {
    /// The script in the words of the channel, and as it is for all of them.
    program: Arc<Program>,
    scripted: Arc<Program>,
    setup: Setup,
    /// How the caller is connected now.
    channel: ChannelKind,
    locale: Locale,
    now: Millis,
    phase: Phase,
    aside: Option<Aside>,
    extent: Extent,
    talk: Talk,
    parts: Parts,
    acknowledgement: Acknowledgement,
    right: Option<NoticeAcknowledged>,
    consents: Consents,
    settling: Option<Settling>,
    /// What all consents share was heard to its end.
    shared_heard: bool,
    /// The yes that waits for its signature, and what of the signature was said.
    agreed: Option<Agreed>,
    half: Signature,
    /// The instrument that is on the caller's screen to be signed.
    shown: Option<Shown>,
    /// The name given for the patient.
    patient: Option<String>,
    /// The name given in the chat that this call goes on with: signatures are compared with it, and nobody hears it.
    named_before: Option<String>,
    doubts: Doubts,
    /// Health plans that the caller wants kept out.
    restricted: BTreeSet<RecipientId>,
    /// The number of the open question, and how much of it was heard: begun, and to its end at least once.
    /// An answer to what was not begun is no answer; a yes to half a question is no yes.
    asking: u32,
    asked_begun: bool,
    asked_to_end: bool,
    /// When the open question last began.
    asked_at: Millis,
    /// How often an answer read back was wrong.
    wrong: u8,
    /// Who was granted something just now, until the next question begins: a no meanwhile is about that.
    just_granted: Option<RecipientId>,
    /// Questions whose asking is on record, and those answered or passed over.
    asked: BTreeSet<String>,
    done: BTreeSet<String>,
    notice_began: bool,
    /// How often the open question was answered unclearly, and how often nobody spoke.
    unclear: u8,
    aside_unclear: u8,
    silences: u8,
    failures: u8,
    cuts: u8,
    /// The caller's voice is on since then; its words are awaited.
    voice_since: Option<Millis>,
    /// Nothing has been said by anybody since then, and for how long that is fine.
    quiet_since: Option<Millis>,
    patience_ms: u64,
    keyed: String,
    keyed_until: Option<Millis>,
    listened: Option<Listening>,
    /// When the last words must have been heard.
    parting_until: Option<Millis>,
    in_danger: bool,
    recording_refused: bool,
    /// That the voice is recorded was heard to its end since the caller began to talk.
    announced: bool,
    code: Code,
    effects: Vec<Effect>,
}

impl Dialogue {
    /// A conversation that has not begun; feed it [`Input::Begin`].
    pub fn new(scripted: Arc<Program>, setup: Setup) -> Dialogue {
        let program = moving::worded(&scripted, setup.channel);
        Dialogue {
            channel: setup.channel,
            locale: setup.locale,
            now: Millis(0),
            phase: Phase::Reading,
            aside: None,
            extent: Extent::Everything,
            talk: Talk::default(),
            parts: Parts::new(NOTICE_FROM + program.notice.parts.len()),
            acknowledgement: Acknowledgement::None,
            right: None,
            consents: Consents::new(&setup.call_id, &program),
            settling: None,
            shared_heard: false,
            agreed: None,
            half: Signature::default(),
            shown: None,
            patient: None,
            named_before: None,
            doubts: Doubts::default(),
            restricted: BTreeSet::new(),
            asking: 0,
            asked_begun: false,
            asked_to_end: false,
            asked_at: Millis(0),
            wrong: 0,
            just_granted: None,
            asked: BTreeSet::new(),
            done: BTreeSet::new(),
            notice_began: false,
            unclear: 0,
            aside_unclear: 0,
            silences: 0,
            failures: 0,
            cuts: 0,
            voice_since: None,
            quiet_since: None,
            patience_ms: setup.channel.patience_ms(program.timings.silence_ms),
            keyed: String::new(),
            keyed_until: None,
            listened: None,
            parting_until: None,
            in_danger: false,
            recording_refused: false,
            announced: false,
            code: Code::default(),
            effects: Vec::new(),
            program,
            scripted,
            setup,
        }
    }

    /// Takes in what happened `at` (never earlier than the last time) and gives what is to be done.
    pub fn handle(&mut self, at: Millis, input: Input) -> Vec<Effect> {
        self.step(at, input, &mut understand)
    }

    /// The same, with what was understood before.
    pub fn handle_with(&mut self, at: Millis, input: Input, memory: &mut Memory) -> Vec<Effect> {
        self.step(at, input, &mut |heard, context| memory.understand(heard, context))
    }

    fn step(&mut self, at: Millis, input: Input, understand: &mut Understand<'_>) -> Vec<Effect> {
        self.now = self.now.max(at);
        if !self.is_over() {
            match input {
                Input::Begin => self.present(),
                Input::SpeechBegan => self.voice_began(),
                Input::Said { heard, from, to } => self.said(heard.into_exposed(), from, to, understand),
                Input::Pressed { key } => self.pressed(key),
                Input::Chose { meaning, matter, name } => self.chose(meaning, matter, name),
                Input::LineBegan { line } => self.line_began(line),
                Input::LineEnded { line, complete, heard_ms } => self.line_ended(line, complete, heard_ms),
                Input::Tick => self.tick(),
                Input::Person { reached } => self.person(reached),
                Input::HandedOver { to } => self.hand_over(to),
                Input::LookedUp { carried } => self.looked_up(carried.map(Pii::into_exposed)),
                Input::Failed { broken } => self.failed(broken),
                Input::Moved { to } => self.moved(to),
                Input::Gone { .. } => self.gone(),
            }
            self.listen();
        }
        std::mem::take(&mut self.effects)
    }

    /// When an [`Input::Tick`] is wanted, if nothing happens before.
    pub fn deadline(&self) -> Option<Millis> {
        if self.is_over() {
            return None;
        }
        let timings = &self.program.timings;
        let settle = self.settling.as_ref().filter(|_| self.voice_since.is_none()).map(|s| s.until);
        let quiet = self.quiet_since.map(|since| since + self.patience_ms);
        let words = self.voice_since.map(|since| since + timings.turn_ms_max + WORDS_LATE_MS_MAX);
        let call = (!matches!(self.phase, Phase::Leaving(_) | Phase::Passing(_)))
            .then_some(Millis(timings.call_ms_max));
        [settle, quiet, words, self.keyed_until, self.code.until(), self.parting_until, call]
            .into_iter()
            .flatten()
            .min()
    }

    /// What the agent is silently waiting for; `None` while it speaks, and when it is over.
    pub fn listening(&self) -> Option<Expecting> {
        let waits = self.talk.is_silent() && !self.talk.was_cut() && !self.is_over();
        (waits && !matches!(self.phase, Phase::Passing(_) | Phase::Leaving(_))).then(|| self.expecting())
    }

    /// Whether sensitive questions may be asked now.
    pub fn gate_open(&self) -> bool {
        self.right.is_some()
    }

    /// Whether the conversation has ended; nothing has an effect any more.
    pub fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Ended(_))
    }

    /// Whether `line` counts only when whoever reads it has seen it: a part of the notice, an instrument.
    pub fn must_be_seen(&self, line: LineId) -> bool {
        let read = |then| match then {
            Then::Read(part) => part >= NOTICE_FROM,
            Then::Instrument(_) => true,
            _ => false,
        };
        self.talk.find(line).is_some_and(|spoken| read(spoken.then))
    }

    /// Whether `line` asks nothing, though its kind does: the words before a question, the text to be signed.
    pub fn only_tells(&self, line: LineId) -> bool {
        let then = self.talk.find(line).map(|spoken| spoken.then);
        matches!(then, Some(Then::Shared | Then::Instrument(_)))
    }

    /// Whether `line` is being said or about to be: nothing has cut it.
    pub fn is_saying(&self, line: LineId) -> bool {
        self.talk.find(line).is_some()
    }

    /// How the caller is connected now.
    pub fn channel(&self) -> ChannelKind {
        self.channel
    }

    /// The language spoken now.
    pub fn locale(&self) -> Locale {
        self.locale
    }

    /// What an answer given now would be an answer to.
    pub fn expecting(&self) -> Expecting {
        if let Some(aside) = &self.aside {
            return Expecting::Confirm(aside.name().into());
        }
        match &self.phase {
            Phase::Reading | Phase::Acknowledging => Expecting::Notice,
            Phase::Plain(index) => Expecting::Question(self.program.plain[*index].id.clone()),
            Phase::Sensitive(index) => Expecting::Question(self.program.sensitive[*index].id.clone()),
            Phase::Consenting(recipient) => Expecting::Consent(recipient.clone()),
            Phase::Signing(recipient) => Expecting::Signature(recipient.clone()),
            Phase::InDanger => Expecting::Confirm("continue".into()),
            Phase::Closing | Phase::Leaving(_) | Phase::Passing(_) | Phase::Ended(_) => Expecting::Any,
        }
    }

    /// Tells the ears what to listen for, whenever that changes.
    fn listen(&mut self) {
        let expecting = self.expecting();
        let timings = &self.program.timings;
        let end_of_turn_ms = match &expecting {
            _ if self.phase == Phase::Reading => timings.end_of_turn_open_ms,
            Expecting::Question(id) => match self.program.question(id).map(|q| q.answer) {
                Some(AnswerKind::Open | AnswerKind::Insurer) | None => timings.end_of_turn_open_ms,
                Some(_) => timings.end_of_turn_spelled_ms,
            },
            // Between a name and "I agree" people draw breath.
            Expecting::Signature(_) => timings.end_of_turn_spelled_ms,
            expecting if expecting.is_yes_no() => timings.end_of_turn_yes_no_ms,
            _ => timings.end_of_turn_open_ms,
        };
        let listening = Listening { expecting, end_of_turn_ms };
        if self.listened.as_ref() != Some(&listening) {
            self.listened = Some(listening.clone());
            self.effects.push(Effect::Listen(listening));
        }
    }

    fn voice_began(&mut self) {
        self.voice_since = Some(self.now);
        self.quiet_since = None;
        self.interrupt();
    }

    /// Stops what is being said, unless those are words that must be heard: the last ones, and those of danger.
    fn interrupt(&mut self) {
        let protected = matches!(self.phase, Phase::Leaving(_) | Phase::Passing(_));
        if !self.talk.is_silent() && !protected {
            self.talk.interrupt();
            self.effects.push(Effect::Flush);
        }
    }

    fn said(&mut self, heard: Heard, from: Millis, to: Millis, understand: &mut Understand<'_>) {
        self.voice_since = None;
        self.quiet_since = None;
        self.forget_keys();
        self.interrupt();
        // A sound without words is no word, and the next key may be on its way.
        let asked = !heard.text.is_empty() && self.drop_code_keys();
        let expecting = self.expecting();
        let granted = self.consents.granted();
        let context =
            Context { program: &self.program, locale: self.locale, expecting: &expecting, granted: &granted };
        let mut reading = understand(&heard, &context);
        // English ears make anything of Spanish words: they never say yes, and never answer.
        if self.keys_only()
            && from != to
            && matches!(reading.meaning, Meaning::Affirm | Meaning::Grant(_) | Meaning::Answer)
        {
            reading = Reading { meaning: Meaning::Unclear, signature: None, ..reading };
        }
        // Words typed beside a call have no voice that could be played back: they sign nothing.
        if self.channel.is_voice() && from == to {
            reading.signature = None;
        }
        let response = Response { text: Pii::new(heard.text), confidence: reading.confidence, from, to };
        let told = if self.channel.is_voice() { Told::Oral } else { Told::Typed };
        self.failures = 0;
        self.effects.push(Effect::Understood(reading.clone()));
        // What was said before that question is no answer to it.
        if asked && Stimulus::from(&reading).answers() {
            return;
        }
        if !self.hears_code(&reading, response.text.expose()) {
            self.answered(reading, response, told);
        }
    }

    fn line_began(&mut self, line: LineId) {
        let Some(then) = self.talk.find(line).map(|s| s.then) else { return };
        match then {
            Then::Read(part) if part >= NOTICE_FROM && !self.notice_began => {
                self.notice_began = true;
                self.effects.push(Effect::Fact(Fact::NoticeBegan));
            }
            Then::Asked(number) if number == self.asking => {
                self.asked_begun = true;
                self.asked_at = self.now;
                self.just_granted = None;
                self.put_asking_on_record();
            }
            _ => {}
        }
    }

    fn line_ended(&mut self, line: LineId, complete: bool, heard_ms: u64) {
        let ended = match self.talk.end(line) {
            Some(spoken) => spoken,
            None if complete => match self.talk.end_cut(line) {
                Some(spoken) => spoken,
                None => return,
            },
            None => return self.talk.note_cut(line, heard_ms),
        };
        if complete {
            self.line_heard(ended.then)
        } else {
            self.line_lost(ended.then)
        }
        if self.talk.is_silent() && self.voice_since.is_none() && !self.talk.was_cut() {
            self.quiet_since = Some(self.now);
        }
    }

    fn line_heard(&mut self, then: Then) {
        self.cuts = 0;
        match then {
            Then::Nothing => {}
            Then::Read(part) => {
                self.parts.mark(part);
                self.announced |= part == RECORDING && self.channel.is_voice();
                if self.parts.heard().is_some() && self.phase == Phase::Reading {
                    self.effects.push(Effect::Fact(Fact::NoticeHeard));
                    self.phase = Phase::Acknowledging;
                }
            }
            Then::Shared => self.shared_heard = true,
            Then::Announced => self.announced = true,
            Then::Instrument(number) => {
                if let Some(shown) = self.shown.as_mut().filter(|_| number == self.asking) {
                    shown.seen = true;
                }
            }
            Then::Asked(number) => self.asked_to_end |= number == self.asking,
            Then::Leave => self.leave_now(),
            Then::Pass(why) => self.pass_now(why),
        }
    }

    fn leave_now(&mut self) {
        if matches!(self.phase, Phase::Leaving(_)) {
            self.end();
        }
    }

    fn pass_now(&mut self, why: Escalation) {
        if self.phase == Phase::Passing(why) {
            self.parting_until = None;
            self.effects.push(Effect::Transfer(why));
        }
    }

    /// A line ended unheard though nobody interrupted it: the voice or the channel failed.
    fn line_lost(&mut self, then: Then) {
        match then {
            Then::Leave => self.leave_now(),
            Then::Pass(why) => self.pass_now(why),
            // The last words are still queued behind it.
            _ if matches!(self.phase, Phase::Leaving(_) | Phase::Passing(_)) => {}
            _ if self.cuts < 2 => {
                self.cuts += 1;
                self.talk.clear();
                self.effects.push(Effect::Flush);
                self.present();
            }
            _ => self.give_up(),
        }
    }

    fn tick(&mut self) {
        let timings = self.program.timings.clone();
        if self.keyed_until.is_some_and(|until| until <= self.now) {
            self.keyed_ended();
        }
        if self.code.until().is_some_and(|until| until <= self.now) {
            self.code_broke_off();
        }
        if self.voice_since.is_some_and(|s| s + timings.turn_ms_max + WORDS_LATE_MS_MAX <= self.now) {
            self.said(
                Heard { text: String::new(), confidence: Percent::default(), lean: None },
                self.now,
                self.now,
                &mut understand,
            );
        }
        if self.voice_since.is_none() && self.settling.as_ref().is_some_and(|s| s.until <= self.now) {
            self.settle();
        }
        if self.now >= Millis(timings.call_ms_max)
            && !matches!(self.phase, Phase::Leaving(_) | Phase::Passing(_))
        {
            self.leave(Outcome::Abandoned);
        }
        if self.parting_until.is_some_and(|until| until <= self.now) {
            self.parted();
        }
        if self.quiet_since.is_some_and(|since| since + self.patience_ms <= self.now) {
            self.silence();
        }
    }

    fn person(&mut self, reached: PersonReached) {
        let Phase::Passing(why) = self.phase else { return };
        let outcome = match (self.in_danger, why, reached) {
            (true, ..) => Outcome::Emergency,
            (_, Escalation::Trouble, _) => Outcome::Failed,
            (.., PersonReached::Answered) => Outcome::Transferred,
            (.., PersonReached::NotAnswered) => Outcome::Failed,
        };
        self.end_as(outcome);
    }

    fn gone(&mut self) {
        if self.code.ends_with_nine() {
            self.drop_code_keys();
        }
        let outcome = match &self.phase {
            _ if self.in_danger => Outcome::Emergency,
            Phase::Leaving(outcome) => *outcome,
            Phase::Closing => phase::led_to_the_end(self.acknowledgement),
            Phase::Passing(Escalation::Trouble) => Outcome::Failed,
            _ => Outcome::Abandoned,
        };
        self.end_as(outcome);
    }
}

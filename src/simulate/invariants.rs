//! What must hold in every conversation, checked from outside: over what reached the dialogue and what it wanted
//! done, never by looking into it.
//!
//! One place for every test of the kind: seeded callers, random conversations, the exploration of all of them. The
//! names of what is checked are in `rules.rs`.

mod going_on;
mod gone_on_with;
mod record;

use self::gone_on_with::GoneOnWith;
use super::rules::{After, Invariant, Truth, Violation};
use crate::{
    dialogue::{
        Acknowledgement, AnswerStatus, Broken, ChannelKind, Decision, Effect, Escalation, Fact, Input, Line,
        LineId, LineKind, Outcome, Setup, SignatureKind,
    },
    program::{Elicits, Expecting, Locale, Program, RecipientId},
    time::Millis,
    understand::{Meaning, Reading, Scope},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    hash::{Hash, Hasher},
    sync::Arc,
};

/// Last words and a transfer take no longer than this beyond the longest call.
pub const ENDING_MS_MAX: u64 = 180_000;

/// Where a recipient stands, as far as the facts say.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Standing {
    #[default]
    Unasked,
    /// Its question is on record, and whether that was heard to its end since.
    Asked {
        heard: bool,
    },
    Decided(Decision),
    /// Decided without having been asked.
    Refused,
}

/// What of a signature was said, and whether it was meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Half {
    name: bool,
    assent: bool,
    meant: bool,
}

/// A recipient's newest consent.
#[derive(Clone, Debug, Default)]
struct Current {
    id: String,
    question: String,
    standing: Standing,
}

/// A line said and not known to have been heard.
#[derive(Clone, Debug)]
struct Said {
    id: LineId,
    kind: LineKind,
    elicits: Elicits,
    text: String,
    flushed: bool,
    begun: bool,
}

/// Watches one conversation.
#[derive(Clone, Debug)]
pub struct Invariants {
    program: Arc<Program>,
    at: Millis,
    locale: Locale,
    lines: Vec<Said>,
    parts: Vec<bool>,
    notice_question_heard: bool,
    listens: Option<Expecting>,
    /// What the last clear yes was given to.
    yes: Option<Expecting>,
    truth: Truth,
    /// Whether the last yes was meant.
    yes_was_meant: bool,
    /// Whether a yes is to be signed; who got a clear yes and waits for the signature; what of it was said.
    channel: ChannelKind,
    voice: bool,
    agreed: Option<RecipientId>,
    half: Half,
    shared_heard: bool,
    /// That the voice is recorded was heard since the caller talks.
    announced: bool,
    acknowledgement: Acknowledgement,
    gate: bool,
    gate_moves: usize,
    current: BTreeMap<RecipientId, Current>,
    /// Every consent with its last decision.
    ids: BTreeMap<String, Decision>,
    asked: BTreeSet<String>,
    questions: BTreeMap<String, AnswerStatus>,
    escalated: BTreeSet<Escalation>,
    recording_off: bool,
    notice_heard: bool,
    chat: GoneOnWith,
    transferring: bool,
    outcome: Option<Outcome>,
}

impl Invariants {
    /// Watches a conversation of `program` that begins as `setup` says.
    pub fn new(program: Arc<Program>, setup: &Setup) -> Invariants {
        Invariants {
            at: Millis(0),
            locale: setup.locale,
            lines: Vec::new(),
            parts: vec![false; program.notice.parts.len()],
            notice_question_heard: false,
            listens: None,
            yes: None,
            truth: Truth::Unknown,
            yes_was_meant: true,
            voice: setup.channel.is_voice(),
            channel: setup.channel,
            agreed: None,
            half: Half::default(),
            shared_heard: false,
            announced: false,
            acknowledgement: Acknowledgement::None,
            gate: false,
            gate_moves: 0,
            current: program.recipients.iter().map(|r| (r.id.clone(), Current::default())).collect(),
            ids: BTreeMap::new(),
            asked: BTreeSet::new(),
            questions: BTreeMap::new(),
            escalated: BTreeSet::new(),
            recording_off: false,
            notice_heard: false,
            chat: GoneOnWith::default(),
            transferring: false,
            outcome: None,
            program,
        }
    }

    /// What the next thing said truly means.
    pub fn meant(&mut self, truth: Truth) {
        self.truth = truth;
    }

    /// Takes in one input, what was wanted done, and how it stands then.
    pub fn see(
        &mut self,
        at: Millis,
        input: &Input,
        effects: &[Effect],
        after: After,
    ) -> Result<(), Violation> {
        self.at = at;
        let was_over = self.outcome.is_some();
        self.hear(input);
        let mut revoked = None;
        let mut spoke = false;
        for effect in effects {
            match effect {
                Effect::Understood(reading) => {
                    self.understood(reading, input);
                    if let Meaning::Revoke(scope) = &reading.meaning {
                        revoked = Some(scope.clone());
                    }
                }
                Effect::Speak(line) => {
                    spoke = true;
                    self.speak(line)?;
                }
                Effect::Flush => self.lines.iter_mut().for_each(|line| line.flushed = true),
                Effect::Fact(fact) => self.fact(fact)?,
                Effect::Listen(listening) => {
                    if matches!(listening.expecting, Expecting::Consent(_)) {
                        self.agreed = None;
                    }
                    self.listens = Some(listening.expecting.clone());
                }
                Effect::StopRecording => {
                    self.demand(Invariant::FactsFirst, self.recording_off, "recording stops, not on record")?;
                }
                Effect::Transfer(why) => {
                    let known = self.escalated.contains(why);
                    self.demand(Invariant::FactsFirst, known, "a transfer for a reason not on record")?;
                    self.transferring = true;
                }
                Effect::LookUp(_) => self.looks_up()?,
                Effect::HangUp => {
                    self.demand(Invariant::FactsFirst, self.outcome.is_some(), "hung up before the end")?;
                }
            }
        }
        if !was_over {
            self.revoked_at_once(revoked)?;
            self.answered(input, effects, spoke, after)?;
        }
        let ended = after.over == self.outcome.is_some();
        self.demand(Invariant::FactsFirst, ended, "the end, and whether it is on record, differ")?;
        self.goes_on(after)
    }

    /// How the call ended, once it has.
    pub fn outcome(&self) -> Option<Outcome> {
        self.outcome
    }

    /// The last decision on each consent.
    pub fn decisions(&self) -> impl Iterator<Item = Decision> + '_ {
        self.ids.values().copied()
    }

    /// How the notice was answered.
    pub fn acknowledgement(&self) -> Acknowledgement {
        self.acknowledgement
    }

    /// Feeds `into` what decides which violations are still to come; [`Dialogue::fingerprint`] covers the rest.
    ///
    /// [`Dialogue::fingerprint`]: crate::dialogue::Dialogue::fingerprint
    pub fn fingerprint(&self, into: &mut impl Hasher) {
        (self.locale, &self.parts, self.notice_question_heard, self.shared_heard, self.announced).hash(into);
        (&self.listens, &self.yes, self.yes_was_meant).hash(into);
        self.agreed.as_ref().map(|who| (who, self.half)).hash(into);
        (self.acknowledgement, self.gate, self.transferring, self.outcome).hash(into);
        self.escalated.contains(&Escalation::Crisis).hash(into);
        for current in self.current.values() {
            (&current.question, &current.standing).hash(into);
        }
    }

    /// The lines whose end is not known: which, whether they began to be heard, whether they were cut.
    pub fn lines(&self) -> impl Iterator<Item = (LineId, bool, bool)> + '_ {
        self.lines.iter().map(|line| (line.id, line.begun, line.flushed))
    }

    fn demand(&self, invariant: Invariant, holds: bool, seen: &str) -> Result<(), Violation> {
        if holds { Ok(()) } else { Err(Violation { invariant, at: self.at, seen: seen.to_owned() }) }
    }

    /// What the channel told of lines, and what of ours broke.
    fn hear(&mut self, input: &Input) {
        match input {
            Input::LineBegan { line } => {
                if let Some(said) = self.lines.iter_mut().find(|said| said.id == *line) {
                    said.begun = true;
                }
            }
            Input::LineEnded { line, complete, .. } => {
                let Some(at) = self.lines.iter().position(|said| said.id == *line) else { return };
                if *complete {
                    let said = self.lines.remove(at);
                    self.heard(&said);
                } else if !self.lines[at].flushed {
                    self.lines.remove(at);
                }
            }
            // A yes that was about to settle does not survive ears that fail.
            Input::Failed { broken: Broken::Ears } => self.yes = None,
            Input::LookedUp { carried } => self.looked_up(carried.as_ref()),
            Input::Said { heard, .. } => self.chat.is_said_here(&heard.expose().text),
            _ => {}
        }
    }

    fn heard(&mut self, said: &Said) {
        match said.kind {
            LineKind::Notice => {
                let parts = &self.program.notice.parts;
                let part = parts.iter().position(|p| p.text.in_locale(self.locale) == said.text);
                if let Some(heard) = part.and_then(|part| self.parts.get_mut(part)) {
                    *heard = true;
                }
            }
            LineKind::Recording => self.announced |= self.voice,
            LineKind::Acknowledge => {
                self.notice_question_heard |=
                    said.text == self.program.notice.acknowledge.in_locale(self.locale);
            }
            LineKind::Consent => {
                self.shared_heard |= said.text == self.program.consents.shared.in_locale(self.locale);
                for current in self.current.values_mut() {
                    if let Standing::Asked { heard } = &mut current.standing {
                        *heard |= current.question == said.text;
                    }
                }
            }
            _ => {}
        }
    }

    /// A clear yes is one to what was listened for, and only once that was heard to its end.
    fn understood(&mut self, reading: &Reading, input: &Input) {
        let wordless = reading.backchannel
            || matches!(input, Input::Said { heard, .. } if heard.expose().text.is_empty())
            || matches!(input, Input::Tick);
        if self.yes.is_some() && (wordless || reading.meaning == Meaning::Affirm) {
            return;
        }
        let meant = matches!(self.truth, Truth::Unknown | Truth::Yes);
        let affirms = reading.meaning == Meaning::Affirm && reading.suspected_revocation.is_none();
        self.yes = None;
        match self.listens.clone() {
            Some(Expecting::Notice) if affirms && self.notice_question_heard => {
                (self.yes, self.yes_was_meant) = (Some(Expecting::Notice), meant);
            }
            Some(Expecting::Consent(asked)) => {
                let grants = matches!(&reading.meaning, Meaning::Grant(scope)
                    if scope.recipients(&self.program).contains(&&asked));
                let shared =
                    self.program.consents.shared.in_locale(self.locale).is_empty() || self.shared_heard;
                let whole = shared
                    && self
                        .current
                        .get(&asked)
                        .is_some_and(|c| c.standing == Standing::Asked { heard: true });
                if whole && (affirms || grants && reading.suspected_revocation.is_none()) {
                    (self.agreed, self.half) = (Some(asked.clone()), Half::default());
                    self.yes_was_meant = meant;
                    // Where a signature is wanted the yes by itself settles nothing.
                    let yes = Expecting::Consent(asked.clone());
                    self.yes = (self.wanted_from(&asked) == yes).then_some(yes);
                }
            }
            Some(Expecting::Signature(asked)) => {
                if reading.meaning == Meaning::Deny {
                    self.half = Half::default();
                }
                let signs = matches!(
                    reading.meaning,
                    Meaning::Affirm | Meaning::Unclear | Meaning::Answer | Meaning::Grant(_)
                );
                let Some(said) = reading.signature.as_ref().filter(|_| signs) else { return };
                self.half.name |= said.name.is_some();
                if said.assent {
                    (self.half.assent, self.half.meant) = (true, meant);
                }
                if self.half.name && self.half.assent && self.agreed.as_ref() == Some(&asked) {
                    self.yes_was_meant &= self.half.meant;
                    self.yes = Some(Expecting::Signature(asked));
                }
            }
            _ => {}
        }
    }

    /// What a grant to `recipient` must answer: its question, or the signature under that.
    fn wanted_from(&self, recipient: &RecipientId) -> Expecting {
        let keys_only = self.voice && self.locale != Locale::EnUs;
        if self.program.consents.sign && !keys_only {
            Expecting::Signature(recipient.clone())
        } else {
            Expecting::Consent(recipient.clone())
        }
    }

    fn speak(&mut self, line: &Line) -> Result<(), Violation> {
        let sensitive = line.elicits() == Elicits::Sud;
        self.demand(Invariant::NothingSensitiveBeforeTheGate, self.gate || !sensitive, "a sensitive line")?;
        let asks = matches!(
            line.kind(),
            LineKind::Question
                | LineKind::Consent
                | LineKind::Signature
                | LineKind::Acknowledge
                | LineKind::Notice
        );
        let danger = self.escalated.contains(&Escalation::Crisis);
        self.demand(Invariant::NothingAskedAfterDanger, !(danger && asks), "a question after 911")?;
        self.demand(Invariant::FactsFirst, self.outcome.is_none(), "a line after the end")?;
        self.says_nothing_of_the_chat(line)?;
        self.lines.push(Said {
            id: line.id(),
            kind: line.kind(),
            elicits: line.elicits(),
            text: line.text().to_owned(),
            flushed: false,
            begun: false,
        });
        Ok(())
    }

    fn fact(&mut self, fact: &Fact) -> Result<(), Violation> {
        self.demand(Invariant::FactsFirst, self.outcome.is_none(), "a fact after the end")?;
        match fact {
            Fact::NoticeHeard => {
                let all = self.parts.iter().all(|heard| *heard);
                self.demand(
                    Invariant::GateOpensOnHeardNoticeAndYes,
                    all,
                    "the notice counts as heard early",
                )?;
                self.notice_heard = true;
            }
            Fact::NoticeLocale { locale, .. } => {
                self.locale = *locale;
                self.parts.fill(false);
                (self.notice_question_heard, self.notice_heard, self.yes) = (false, false, None);
                self.shared_heard = false;
                self.acknowledgement = Acknowledgement::None;
            }
            Fact::Acknowledged { answer, .. } => {
                if *answer == Acknowledgement::Affirmed {
                    self.acknowledges()?;
                }
                self.acknowledgement = *answer;
            }
            Fact::Gate { open: true, .. } => {
                self.acknowledges()?;
                let on_record = self.acknowledgement == Acknowledgement::Affirmed;
                self.demand(Invariant::FactsFirst, on_record, "the gate opens, the yes not on record")?;
                (self.gate, self.chat.may, self.yes) = (true, true, None);
                self.gate_moves += 1;
            }
            Fact::Gate { open: false, .. } => {
                let asking = |l: &Said| l.elicits == Elicits::Sud && !l.flushed;
                let silent = !self.lines.iter().any(asking);
                let seen = "the gate closes while a sensitive question is asked";
                self.demand(Invariant::NothingSensitiveBeforeTheGate, silent, seen)?;
                self.gate = false;
                self.gate_moves += 1;
            }
            Fact::ConsentAsked { consent_id, recipient, text, .. } => {
                self.asks(consent_id, recipient, text)?
            }
            Fact::ConsentDecided { consent_id, recipient, decision, signature, .. } => {
                self.decides(consent_id, recipient, *decision, signature.is_some())?;
                let spoken = signature.as_ref().is_some_and(|s| s.kind == SignatureKind::Voice);
                let seen = "signed by a voice that was not told of the recording";
                self.demand(Invariant::FactsFirst, !spoken || self.announced, seen)?;
            }
            Fact::ConsentBlocked { consent_id, .. } => {
                let live = self.ids.get(consent_id) == Some(&Decision::Granted);
                self.demand(Invariant::FactsFirst, live, "kept back what was not granted")?;
            }
            Fact::ConsentRevoked { consent_id, recipient, .. } => {
                let was = self.ids.insert(consent_id.clone(), Decision::Revoked);
                let live = was == Some(Decision::Granted);
                self.demand(Invariant::DecidedOnce, live, "revoked what was not granted")?;
                self.current_of(recipient, consent_id).standing = Standing::Decided(Decision::Revoked);
            }
            Fact::QuestionAsked { id, elicits } => {
                let open = self.gate || *elicits == Elicits::None;
                self.demand(Invariant::NothingSensitiveBeforeTheGate, open, "a sensitive question asked")?;
                self.asked.insert(id.clone());
            }
            Fact::QuestionEnded { id, status, .. } => {
                let asked = *status != AnswerStatus::Answered || self.asked.contains(id);
                self.demand(Invariant::FactsFirst, asked, "an answer to a question nobody asked")?;
                if self.asked.contains(id) {
                    self.questions.insert(id.clone(), *status);
                }
            }
            Fact::Escalated { kind } => {
                self.escalated.insert(*kind);
            }
            Fact::RecordingOff => self.recording_off = true,
            // What was said and not settled, and half a signature, are asked for again.
            Fact::Moved { to } => {
                (self.channel, self.voice) = (*to, to.is_voice());
                (self.yes, self.half, self.announced) = (None, Half::default(), false);
                // Nor is a question answered that was not asked in this way; one whose signature waits was answered.
                self.notice_question_heard = false;
                let open = self.current.iter_mut().filter(|(id, _)| self.agreed.as_ref() != Some(*id));
                for (_, current) in open {
                    if let Standing::Asked { heard } = &mut current.standing {
                        *heard = false;
                    }
                }
            }
            Fact::Ended { outcome } => {
                let open = |c: &Current| matches!(c.standing, Standing::Asked { .. });
                let decided = !self.current.values().any(open);
                self.demand(Invariant::FactsFirst, decided, "the end, with a consent left open")?;
                self.outcome = Some(*outcome);
            }
            Fact::Resumes { .. } => self.resumes()?,
            Fact::NoticeBegan
            | Fact::NoticeInterrupted
            | Fact::SudUnprompted
            | Fact::Requested { .. }
            | Fact::CompanyPresent
            | Fact::HandedOver { .. }
            | Fact::TakenBackBefore { .. } => {}
        }
        Ok(())
    }

    fn acknowledges(&self) -> Result<(), Violation> {
        let rule = Invariant::GateOpensOnHeardNoticeAndYes;
        self.demand(rule, self.parts.iter().all(|heard| *heard), "a part of the notice was not heard")?;
        self.demand(
            rule,
            self.yes == Some(Expecting::Notice),
            "no clear yes to a question heard to its end",
        )?;
        self.demand(rule, self.yes_was_meant, "what was taken for a yes was none")
    }

    fn asks(&mut self, id: &str, recipient: &RecipientId, text: &str) -> Result<(), Violation> {
        let fresh = self.ids.insert(id.to_owned(), Decision::Incomplete).is_none();
        self.demand(Invariant::DecidedOnce, fresh, "asked twice as one consent")?;
        let spoken = self.lines.iter().any(|l| l.kind == LineKind::Consent && l.begun && l.text == text);
        self.demand(Invariant::GrantAnswersItsOwnQuestion, spoken, "asked on record, never aloud")?;
        let current = self.current_of(recipient, id);
        text.clone_into(&mut current.question);
        current.standing = Standing::Asked { heard: false };
        Ok(())
    }

    fn decides(
        &mut self,
        id: &str,
        recipient: &RecipientId,
        decision: Decision,
        signed: bool,
    ) -> Result<(), Violation> {
        let standing = self.current_of(recipient, id).standing.clone();
        match (decision, &standing) {
            (Decision::Granted, Standing::Decided(Decision::Revoked) | Standing::Refused) => {
                self.demand(Invariant::RevokedStaysRevoked, false, "granted again and not asked again")?;
            }
            (Decision::Granted, standing) => {
                let rule = Invariant::GrantAnswersItsOwnQuestion;
                let heard = *standing == Standing::Asked { heard: true };
                self.demand(rule, heard, "its question was not heard to its end")?;
                let wanted = self.wanted_from(recipient);
                let unsigned = matches!(wanted, Expecting::Signature(_)) && !signed;
                self.demand(rule, !unsigned, "not signed")?;
                self.demand(rule, self.yes == Some(wanted), "no clear yes to its own question")?;
                self.demand(rule, self.yes_was_meant, "what was taken for a yes was none")?;
                self.yes = None;
            }
            (Decision::Revoked, _) => {
                self.demand(Invariant::DecidedOnce, false, "a revocation is no decision")?;
            }
            _ => {}
        }
        self.agreed.take_if(|agreed| agreed == recipient);
        // What it was given to is settled, however it was decided.
        self.yes
            .take_if(|yes| matches!(yes, Expecting::Consent(r) | Expecting::Signature(r) if r == recipient));
        let was = self.ids.insert(id.to_owned(), decision);
        let open = matches!(was, None | Some(Decision::Incomplete));
        let undecided = matches!(standing, Standing::Unasked | Standing::Asked { .. });
        self.demand(Invariant::DecidedOnce, open && undecided, "decided a second time")?;
        let asked = matches!(standing, Standing::Asked { .. });
        self.current_of(recipient, id).standing =
            if asked { Standing::Decided(decision) } else { Standing::Refused };
        Ok(())
    }

    /// The newest consent of `recipient`: a new id is a new consent.
    fn current_of(&mut self, recipient: &RecipientId, id: &str) -> &mut Current {
        let current = self.current.entry(recipient.clone()).or_default();
        if current.id != id {
            *current = Current { id: id.to_owned(), ..Current::default() };
        }
        current
    }

    fn live(&self, scope: &Scope) -> bool {
        let live = |id: &RecipientId| {
            self.current.get(id).is_some_and(|c| c.standing == Standing::Decided(Decision::Granted))
        };
        scope.recipients(&self.program).into_iter().any(live)
    }

    /// What was understood to be taken back is; what was meant to be is, or is asked about.
    fn revoked_at_once(&mut self, understood: Option<Scope>) -> Result<(), Violation> {
        if let Some(scope) = understood {
            self.demand(Invariant::RevokedAtOnce, !self.live(&scope), "still granted")?;
        }
        match std::mem::take(&mut self.truth) {
            Truth::Revoke(scope) => {
                let asked = self.listens == Some(Expecting::Confirm("revoke".into()));
                let heeded = asked || !self.live(&scope);
                self.demand(Invariant::RevokedAtOnce, heeded, "words that take it back were passed over")
            }
            Truth::Danger => {
                let asked = self.listens == Some(Expecting::Confirm("danger".into()));
                let heeded = asked || self.escalated.contains(&Escalation::Crisis) || self.outcome.is_some();
                self.demand(Invariant::NothingAskedAfterDanger, heeded, "words of danger were passed over")
            }
            Truth::Unknown | Truth::Yes | Truth::NotYes => Ok(()),
        }
    }
}

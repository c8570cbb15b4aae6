//! What a reviewer wants to know of a call at once, measured from its journal.

use super::{Kept, difference::word};
use crate::{
    dialogue::{Acknowledgement, Decision, Fact, Input, Outcome},
    journal::Event,
    program::{Elicits, RecipientId},
    time::Millis,
};
use serde::Serialize;

/// The card of one call. Times are milliseconds of the call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Scorecard {
    /// The version of the notice.
    pub notice_version: String,
    /// When the first part of the notice began to be heard.
    pub notice_began_ms: Option<u64>,
    /// When the last part was heard to its end; nothing where the notice is not complete.
    pub notice_heard_ms: Option<u64>,
    /// How often the caller interrupted it.
    pub notice_interruptions: u32,
    /// How it was answered.
    pub acknowledgement: Acknowledgement,
    /// When.
    pub acknowledged_ms: Option<u64>,
    /// When the first sensitive question was asked.
    pub first_sensitive_ms: Option<u64>,
    /// Whether everything that must come before the first sensitive question did; nothing where none was asked.
    pub in_order: Option<bool>,
    /// Each consent that was asked about.
    pub consents: Vec<ConsentScore>,
    /// From the end of the words that took a consent back to its being off: the longest, of all revocations.
    pub revoked_within_ms: Option<u64>,
    /// The longest time in which nobody spoke.
    pub longest_silence_ms: u64,
    /// When that began.
    pub longest_silence_at_ms: u64,
    /// How often the caller cut the agent off.
    pub interruptions: u32,
    /// From the end of the caller's words to the agent's next ones, each.
    pub answered_within_ms: Vec<u64>,
    /// How the call ended.
    pub outcome: Option<Outcome>,
    /// How long it lasted.
    pub lasted_ms: u64,
}

/// One consent on the card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)] // the names of the contract
pub struct ConsentScore {
    pub recipient: RecipientId,
    pub decision: Option<Decision>,
    pub asked_ms: Option<u64>,
    pub decided_ms: Option<u64>,
    pub revoked_ms: Option<u64>,
}

impl Scorecard {
    /// The card of `kept`, as far as it can be read.
    pub fn of(kept: &Kept) -> Scorecard {
        let version = kept.opened.notice_version.clone();
        let mut card = Scorecard { notice_version: version, ..Scorecard::default() };
        let (mut words_end, mut awaited) = (Millis(0), None);
        let mut talk: Vec<(u64, u64)> = Vec::new();
        let mut began = Vec::new();
        for place in &kept.places {
            let at = place.at.0;
            card.lasted_ms = card.lasted_ms.max(at);
            match (&place.event, place.input()) {
                (_, Some(Input::Said { from, to, .. })) => {
                    talk.push((from.0, to.0));
                    (words_end, awaited) = (to, Some(to.0));
                }
                (_, Some(Input::Pressed { .. } | Input::Chose { .. })) => {
                    talk.push((at, at));
                    (words_end, awaited) = (place.at, Some(at));
                }
                (_, Some(Input::LineBegan { line })) => {
                    began.push((line, at));
                    if let Some(since) = awaited.take() {
                        card.answered_within_ms.push(at.saturating_sub(since));
                    }
                }
                (_, Some(Input::LineEnded { line, complete, .. })) => {
                    if let Some(index) = began.iter().position(|(id, _)| *id == line) {
                        talk.push((began.remove(index).1, at));
                        card.interruptions += u32::from(!complete);
                    }
                }
                (Ok(Event::Fact { fact }), _) => card.fact(at, words_end, fact),
                _ => {}
            }
        }
        card.silence(talk);
        card
    }

    fn fact(&mut self, at: u64, words_end: Millis, fact: &Fact) {
        match fact {
            Fact::NoticeBegan => self.notice_began_ms = self.notice_began_ms.or(Some(at)),
            Fact::NoticeInterrupted => self.notice_interruptions += 1,
            Fact::NoticeHeard => self.notice_heard_ms = Some(at),
            Fact::NoticeLocale { .. } => {
                (self.notice_heard_ms, self.acknowledged_ms) = (None, None);
                self.acknowledgement = Acknowledgement::None;
            }
            Fact::Acknowledged { answer, .. } => {
                (self.acknowledgement, self.acknowledged_ms) = (*answer, Some(at));
            }
            Fact::QuestionAsked { elicits: Elicits::Sud, .. } => {
                let ready = self.notice_heard_ms.is_some_and(|heard| heard <= at)
                    && self.acknowledgement == Acknowledgement::Affirmed;
                self.first_sensitive_ms = self.first_sensitive_ms.or(Some(at));
                self.in_order = Some(self.in_order.unwrap_or(true) && ready);
            }
            Fact::ConsentAsked { recipient, .. } => self.consent(recipient).asked_ms = Some(at),
            Fact::ConsentDecided { recipient, decision, .. } => {
                let consent = self.consent(recipient);
                (consent.decision, consent.decided_ms) = (Some(*decision), Some(at));
            }
            Fact::ConsentRevoked { recipient, .. } => {
                let consent = self.consent(recipient);
                (consent.decision, consent.revoked_ms) = (Some(Decision::Revoked), Some(at));
                let within = at.saturating_sub(words_end.0);
                self.revoked_within_ms = Some(self.revoked_within_ms.unwrap_or(0).max(within));
            }
            Fact::Ended { outcome } => self.outcome = Some(*outcome),
            _ => {}
        }
    }

    fn consent(&mut self, recipient: &RecipientId) -> &mut ConsentScore {
        let known = self.consents.iter().position(|c| c.recipient == *recipient);
        let index = known.unwrap_or_else(|| {
            let recipient = recipient.clone();
            let (asked_ms, decided_ms, revoked_ms) = (None, None, None);
            self.consents.push(ConsentScore { recipient, decision: None, asked_ms, decided_ms, revoked_ms });
            self.consents.len() - 1
        });
        &mut self.consents[index]
    }

    /// The longest gap between the stretches in which somebody spoke.
    fn silence(&mut self, mut talk: Vec<(u64, u64)>) {
        talk.sort_unstable();
        let Some((first, _)) = talk.first() else { return };
        let mut until = *first;
        for (from, to) in talk {
            if from.saturating_sub(until) > self.longest_silence_ms {
                self.longest_silence_ms = from - until;
                self.longest_silence_at_ms = until;
            }
            until = until.max(to);
        }
    }

    /// The middle of the times in which the agent answered.
    pub fn answered_within_median(&self) -> Option<u64> {
        let mut all = self.answered_within_ms.clone();
        all.sort_unstable();
        all.get(all.len() / 2).copied()
    }

    /// The card as rows of a name, a value, and whether that is as it must be, where something must be.
    pub fn rows(&self) -> Vec<(&'static str, String, Option<bool>)> {
        let seconds = |ms: u64| format!("{}.{} s", ms / 1_000, ms % 1_000 / 100);
        let at = |ms: Option<u64>| ms.map_or("never".into(), |ms| format!("at {}", super::cause::clock(ms)));
        let complete = self.notice_heard_ms.is_some();
        let mut rows = vec![
            (
                "Notice",
                if complete { "complete".into() } else { "not heard to its end".into() },
                Some(complete),
            ),
            ("Version of the notice", self.notice_version.clone(), None),
            ("Seconds to the notice", self.notice_began_ms.map_or("never began".into(), seconds), None),
            (
                "Acknowledgement",
                format!("{}, {}", word(&self.acknowledgement), at(self.acknowledged_ms)),
                None,
            ),
            (
                "Before the first sensitive question",
                match self.in_order {
                    None => "no sensitive question was asked".into(),
                    Some(true) => {
                        format!("notice and acknowledgement; it came {}", at(self.first_sensitive_ms))
                    }
                    Some(false) => {
                        format!("notice or acknowledgement missing {}", at(self.first_sensitive_ms))
                    }
                },
                self.in_order,
            ),
        ];
        for consent in &self.consents {
            let decided = consent.decision.as_ref().map_or("not decided".into(), word);
            let revoked =
                consent.revoked_ms.map(|ms| format!(", revoked {}", at(Some(ms)))).unwrap_or_default();
            let when = format!("asked {}, decided {}", at(consent.asked_ms), at(consent.decided_ms));
            rows.push(("Consent", format!("{}: {decided}; {when}{revoked}", consent.recipient), None));
        }
        if let Some(ms) = self.revoked_within_ms {
            rows.push(("Revocations honoured within", seconds(ms), None));
        }
        let silence =
            format!("{} {}", seconds(self.longest_silence_ms), at(Some(self.longest_silence_at_ms)));
        rows.push(("Longest silence", silence, None));
        rows.push(("Interruptions", self.interruptions.to_string(), None));
        if let (Some(median), Some(most)) =
            (self.answered_within_median(), self.answered_within_ms.iter().max())
        {
            let both = format!("{} in the middle, {} at most", seconds(median), seconds(*most));
            rows.push(("End of speech to first audio", both, None));
        }
        rows.push(("Outcome", self.outcome.as_ref().map_or("none: it was cut off".into(), word), None));
        rows
    }
}

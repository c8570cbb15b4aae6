//! Every invariant is seen to break: true conversations, forged in one place, each caught by its own rule.

use candor::{
    dialogue::{
        AnswerStatus, Decision, Dialogue, Effect, Escalation, Fact, Input, LineId, LineKind, Outcome, Setup,
    },
    journal::{CallRecord, record},
    program::{Elicits, Program, parse},
    simulate::{After, Answers, Call, Invariant, Invariants},
    time::Millis,
    understand::Meaning,
};
use std::{
    collections::BTreeSet,
    sync::{Arc, LazyLock},
};

static HARBOR: LazyLock<Arc<Program>> = LazyLock::new(|| {
    Arc::new(parse(include_str!("../programs/harbor/program.toml")).expect("the sample program has no error"))
});

/// One input, what was wanted done, and how it stood then.
#[derive(Clone)]
struct Step {
    at: Millis,
    input: Input,
    effects: Vec<Effect>,
    after: After,
}

/// A whole conversation and its record.
#[derive(Clone)]
struct Seen {
    setup: Setup,
    steps: Vec<Step>,
    record: CallRecord,
}

impl Seen {
    fn of(seed: u64) -> Seen {
        let call = Call::of(&HARBOR, seed, Answers::Meanings);
        let opened = &call.opened;
        let setup = opened.setup();
        let mut dialogue = Dialogue::new(Arc::clone(&HARBOR), setup.clone());
        let step = |(at, input): (Millis, Input)| {
            let effects = dialogue.handle(at, input.clone());
            let after = After { deadline: dialogue.deadline(), over: dialogue.is_over() };
            Step { at, input, effects, after }
        };
        let record = record(opened, &call.journal(&HARBOR));
        Seen { setup, steps: call.inputs.into_iter().map(step).collect(), record }
    }

    /// The first invariant that does not hold.
    fn breaks(&self) -> Option<Invariant> {
        let mut watch = Invariants::new(Arc::clone(&HARBOR), &self.setup);
        let mut watched = self.steps.iter().map(|s| watch.see(s.at, &s.input, &s.effects, s.after));
        let broken = watched.find_map(Result::err);
        broken.or_else(|| watch.see_record(&self.record).err()).map(|violation| violation.invariant)
    }

    fn effects(&mut self) -> impl Iterator<Item = &mut Vec<Effect>> {
        self.steps.iter_mut().map(|step| &mut step.effects)
    }

    /// Leaves out the first effect that fits.
    fn without(&mut self, fits: impl Fn(&Effect) -> bool) -> bool {
        self.effects().any(|effects| {
            let found = effects.iter().position(&fits);
            found.map(|at| effects.remove(at)).is_some()
        })
    }

    /// Puts `added` right after the first effect that fits.
    fn after(&mut self, fits: impl Fn(&Effect) -> bool, added: &Effect) -> bool {
        self.effects().any(|effects| {
            let found = effects.iter().position(&fits);
            found.map(|at| effects.insert(at + 1, added.clone())).is_some()
        })
    }

    fn first(&self, fits: impl Fn(&Effect) -> bool) -> Option<Effect> {
        self.steps.iter().flat_map(|step| &step.effects).find(|effect| fits(effect)).cloned()
    }

    /// Every line of this kind turns out not to have been heard.
    fn unheard(&mut self, kind: LineKind) -> bool {
        let lines: Vec<LineId> = self
            .steps
            .iter()
            .flat_map(|step| &step.effects)
            .filter_map(|effect| match effect {
                Effect::Speak(line) if line.kind() == kind => Some(line.id()),
                _ => None,
            })
            .collect();
        for step in &mut self.steps {
            if let Input::LineEnded { line, complete, .. } = &mut step.input
                && lines.contains(line)
            {
                *complete = false;
            }
        }
        !lines.is_empty()
    }

    /// No clear yes was understood any more.
    fn unsaid(&mut self) -> bool {
        let mut found = false;
        for effect in self.effects().flatten() {
            if let Effect::Understood(reading) = effect
                && reading.meaning == Meaning::Affirm
            {
                reading.meaning = Meaning::Unclear;
                reading.signature = None;
                found = true;
            }
        }
        found
    }
}

fn decided(as_what: Decision) -> impl Fn(&Effect) -> bool {
    move |effect| match effect {
        Effect::Fact(Fact::ConsentDecided { decision, .. }) => *decision == as_what,
        _ => false,
    }
}

fn granted_again(seen: &mut Seen) -> bool {
    let grant = seen.first(decided(Decision::Granted));
    let Some(Effect::Fact(Fact::ConsentDecided { consent_id: granted, .. })) = &grant else { return false };
    let granted = granted.clone();
    let revoked = move |effect: &Effect| match effect {
        Effect::Fact(Fact::ConsentRevoked { consent_id, .. }) => *consent_id == granted,
        _ => false,
    };
    grant.is_some_and(|grant| seen.after(revoked, &grant))
}

/// What is forged, whether it could be, and what must be seen.
type Forgery = (&'static str, fn(&mut Seen) -> bool, Invariant);

const FORGERIES: &[Forgery] = &[
    (
        "the gate never opened",
        |seen| {
            seen.first(|e| matches!(e, Effect::Speak(line) if line.elicits() == Elicits::Sud)).is_some()
                && seen.without(|e| matches!(e, Effect::Fact(Fact::Gate { open: true, .. })))
        },
        Invariant::NothingSensitiveBeforeTheGate,
    ),
    (
        "a part of the notice was cut",
        |seen| seen.unheard(LineKind::Notice),
        Invariant::GateOpensOnHeardNoticeAndYes,
    ),
    (
        "the acknowledgement question was cut",
        |seen| {
            seen.first(|e| matches!(e, Effect::Fact(Fact::Gate { open: true, .. }))).is_some()
                && seen.unheard(LineKind::Acknowledge)
        },
        Invariant::GateOpensOnHeardNoticeAndYes,
    ),
    (
        "the yes to the notice was none",
        |seen| {
            seen.first(|e| matches!(e, Effect::Fact(Fact::Gate { open: true, .. }))).is_some()
                && seen.unsaid()
        },
        Invariant::GateOpensOnHeardNoticeAndYes,
    ),
    ("a revoked consent is granted again", granted_again, Invariant::RevokedStaysRevoked),
    (
        "a revocation is passed over",
        |seen| seen.without(|e| matches!(e, Effect::Fact(Fact::ConsentRevoked { .. }))),
        Invariant::RevokedAtOnce,
    ),
    (
        "the record names another notice",
        |seen| {
            seen.record.disclosure.version.push('x');
            true
        },
        Invariant::RecordIsComplete,
    ),
    (
        "the record tells another end",
        |seen| {
            let other = seen.record.outcome != Outcome::Completed;
            seen.record.outcome = if other { Outcome::Completed } else { Outcome::Failed };
            true
        },
        Invariant::RecordAgrees,
    ),
    (
        "the record lets something leave",
        |seen| {
            let held = seen.record.consents.iter_mut().find(|c| c.decision != Decision::Granted);
            held.map(|consent| consent.releasable = true).is_some()
        },
        Invariant::RecordAgrees,
    ),
    (
        "a consent question was cut",
        |seen| seen.first(decided(Decision::Granted)).is_some() && seen.unheard(LineKind::Consent),
        Invariant::GrantAnswersItsOwnQuestion,
    ),
    (
        "a grant without a signature",
        |seen| {
            let mut found = false;
            for effect in seen.effects().flatten() {
                if let Effect::Fact(Fact::ConsentDecided { decision: Decision::Granted, signature, .. }) =
                    effect
                {
                    found |= signature.take().is_some();
                }
            }
            found
        },
        Invariant::GrantAnswersItsOwnQuestion,
    ),
    (
        "a refusal turned into a grant",
        |seen| {
            let mut found = false;
            for effect in seen.effects().flatten() {
                if let Effect::Fact(Fact::ConsentDecided { decision, response: Some(_), .. }) = effect
                    && *decision == Decision::Denied
                {
                    (*decision, found) = (Decision::Granted, true);
                }
            }
            found
        },
        Invariant::GrantAnswersItsOwnQuestion,
    ),
    (
        "a consent decided twice",
        |seen| {
            let denial = seen.first(decided(Decision::Denied));
            denial.is_some_and(|denial| seen.after(decided(Decision::Denied), &denial))
        },
        Invariant::DecidedOnce,
    ),
    (
        "a transfer for a reason nobody put on record",
        |seen| {
            seen.first(|e| matches!(e, Effect::Transfer(_))).is_some()
                && seen.without(|e| matches!(e, Effect::Fact(Fact::Escalated { .. })))
        },
        Invariant::FactsFirst,
    ),
    (
        "an answer to a question nobody asked",
        |seen| {
            let ended = |e: &Effect| {
                matches!(e, Effect::Fact(Fact::QuestionEnded { status: AnswerStatus::Answered, .. }))
            };
            seen.first(ended).is_some()
                && seen.without(|e| matches!(e, Effect::Fact(Fact::QuestionAsked { .. })))
        },
        Invariant::FactsFirst,
    ),
    (
        "a question after 911",
        |seen| {
            let crisis = Effect::Fact(Fact::Escalated { kind: Escalation::Crisis });
            seen.after(|e| matches!(e, Effect::Fact(Fact::NoticeBegan)), &crisis)
        },
        Invariant::NothingAskedAfterDanger,
    ),
    (
        "silence as an answer",
        |seen| {
            let told = |step: &&mut Step| matches!(step.input, Input::Chose { .. });
            let Some(step) = seen.steps.iter_mut().find(told) else { return false };
            step.effects.retain(|effect| !matches!(effect, Effect::Speak(_)));
            step.effects.insert(0, Effect::Flush);
            true
        },
        Invariant::EveryoneIsAnswered,
    ),
    (
        "nothing to wait for",
        |seen| {
            seen.steps.iter_mut().for_each(|step| step.after.deadline = None);
            true
        },
        Invariant::NeverStuck,
    ),
    (
        "a call without an end",
        |seen| {
            let Some(last) = seen.steps.iter().rposition(|step| step.after.over) else { return false };
            seen.steps.truncate(last);
            true
        },
        Invariant::Ends,
    ),
];

/// Duty: D3, 42 CFR 2.22(a).
/// Duty: D4, 42 CFR 2.22.
#[test]
fn every_forgery_is_seen_and_every_invariant_can_break() {
    let seen: Vec<Seen> = (1..80).map(Seen::of).filter(|seen| seen.breaks().is_none()).collect();
    assert!(seen.len() > 60, "true conversations break nothing");
    let mut fired = BTreeSet::new();
    for (what, forge, expected) in FORGERIES {
        let forged: Vec<Option<Invariant>> = seen
            .iter()
            .filter_map(|true_one| {
                let mut forged = true_one.clone();
                forge(&mut forged).then(|| forged.breaks())
            })
            .collect();
        assert!(!forged.is_empty(), "{what}: none of the conversations can be forged so");
        assert!(forged.contains(&Some(*expected)), "{what}: {forged:?}");
        fired.insert(*expected);
    }
    assert_eq!(fired, BTreeSet::from(Invariant::ALL), "a rule that was never seen to break proves little");
}

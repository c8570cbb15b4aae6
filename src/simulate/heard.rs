//! A call in which callers were heard: what they said beside what was understood, and what must hold.
//!
//! The journal says what reached the dialogue; whoever made the callers up knows what they said and meant. Both are
//! laid beside each other in time.

use super::{Invariants, Truth, Violation, rules::After};
use crate::{
    dialogue::{Dialogue, Effect, Input},
    journal::{Entry, Event, Opened, record},
    pii::Pii,
    program::{Expecting, Program},
    time::Millis,
    understand::{Heard, Meaning, Percent},
};
use serde::{Deserialize, Serialize};
use std::{collections::VecDeque, sync::Arc};

/// The detector lets go of a voice a little before its last sound.
const TAIL_MS: u64 = 400;

/// Something a caller said aloud.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spoken {
    /// Where in the call its sound begins.
    pub from: Millis,
    /// Where it ends.
    pub to: Millis,
    /// The words; none for a sound.
    pub text: String,
    /// What was meant.
    pub truth: Truth,
}

/// What was made of one turn of a caller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// When it ended, in the call.
    pub at: Millis,
    /// What was being waited for: `notice`, `consent`, `question` and so on.
    pub context: String,
    /// What the words as they were said mean there.
    pub intended: String,
    /// What was understood.
    pub understood: String,
    /// Who meant no yes was taken for one who says yes.
    pub false_yes: bool,
}

/// What came of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// Each turn of the caller that had words.
    pub turns: Vec<Taken>,
    /// What did not hold.
    pub violation: Option<Violation>,
}

/// Judges the call that began as `opened`, whose callers said `spoken`, in order.
pub fn judged(program: &Arc<Program>, opened: &Opened, entries: &[Entry], spoken: &[Spoken]) -> Judged {
    let setup = opened.setup();
    let mut watch = Invariants::new(Arc::clone(program), &setup);
    let mut dialogue = Dialogue::new(Arc::clone(program), setup);
    let mut judged = Judged { turns: Vec::new(), violation: None };
    let mut unheard: VecDeque<&Spoken> = spoken.iter().collect();
    for entry in entries {
        let Event::Input { input } = &entry.event else { continue };
        let Ok(input) = Input::deserialize(input) else { continue };
        let mut turn = None;
        if let Input::Said { heard, from, to } = &input {
            let (lost, said) = said_in(&mut unheard, *from, *to);
            judged.turns.extend(lost.into_iter().map(never_heard));
            let heard = heard.expose();
            let truth = truth(&said, heard);
            turn = taken(&dialogue, entry.at, &said, heard, *from, *to, &truth);
            watch.meant(truth);
        }
        let effects = dialogue.handle(entry.at, input.clone());
        if let Some(mut turn) = turn {
            turn.understood = meaning(&effects).map_or("nothing", Meaning::name).to_owned();
            let yes = |name: &str| name == Meaning::Affirm.name();
            turn.false_yes &= yes(&turn.understood) && !yes(&turn.intended);
            judged.turns.push(turn);
        }
        let after = After { deadline: dialogue.deadline(), over: dialogue.is_over() };
        if let Err(violation) = watch.see(entry.at, &input, &effects, after) {
            judged.violation = Some(violation);
            return judged;
        }
    }
    judged.violation = watch.see_record(&record(opened, entries)).err();
    judged
}

/// What was said before a turn and never heard, and what was said within it.
fn said_in<'a>(
    unheard: &mut VecDeque<&'a Spoken>,
    from: Millis,
    to: Millis,
) -> (Vec<&'a Spoken>, Vec<&'a Spoken>) {
    let mut lost = Vec::new();
    while let Some(said) = unheard.pop_front_if(|said| said.to <= from) {
        // The first part of a long one may have been a turn by itself; a sound without words need not be one.
        if !said.text.is_empty() {
            lost.push(said);
        }
    }
    let said: Vec<&Spoken> = unheard.iter().take_while(|said| said.from < to).copied().collect();
    // The rest of what was cut in two becomes another turn: it stays until about its end was heard.
    while unheard.pop_front_if(|said| said.to <= to + TAIL_MS).is_some() {}
    (lost, said)
}

fn never_heard(said: &Spoken) -> Taken {
    Taken {
        at: said.to,
        context: "(no turn)".into(),
        intended: "words".into(),
        understood: "nothing".into(),
        false_yes: false,
    }
}

/// What a turn was meant as. That words are lost on the way is no fault of the dialogue: taking back and danger count
/// only where they were heard as they were said. That a yes is one must hold whatever was heard.
fn truth(said: &[&Spoken], heard: &Heard) -> Truth {
    let said: Vec<&&Spoken> = said.iter().filter(|said| !said.text.is_empty()).collect();
    let all = |truth: Truth| !said.is_empty() && said.iter().all(|said| said.truth == truth);
    if said.iter().any(|said| said.truth == Truth::Unknown) {
        return Truth::Unknown;
    }
    if all(Truth::Yes) {
        return Truth::Yes;
    }
    match &said[..] {
        [Spoken { truth: truth @ (Truth::Revoke(_) | Truth::Danger), text, .. }] => {
            if plain(text) == plain(&heard.text) { truth.clone() } else { Truth::NotYes }
        }
        _ => Truth::NotYes,
    }
}

/// A turn with words, as it was meant; nothing for a sound that was heard as one.
fn taken(
    dialogue: &Dialogue,
    at: Millis,
    said: &[&Spoken],
    heard: &Heard,
    from: Millis,
    to: Millis,
    truth: &Truth,
) -> Option<Taken> {
    let words: Vec<&str> =
        said.iter().map(|said| said.text.as_str()).filter(|text| !text.is_empty()).collect();
    let words = words.join(" ");
    if words.is_empty() && heard.text.is_empty() {
        return None;
    }
    let expecting = dialogue.expecting();
    let intended = match words.is_empty() {
        true => "nothing".to_owned(),
        false => {
            let ideal = Heard { text: words, confidence: Percent::new(100), lean: None };
            let input = Input::Said { heard: Pii::new(ideal), from, to };
            let effects = dialogue.clone().handle(at, input);
            meaning(&effects).map_or("nothing", Meaning::name).to_owned()
        }
    };
    let asked = expecting.is_yes_no() || matches!(expecting, Expecting::Signature(_));
    let false_yes = asked && !matches!(truth, Truth::Yes | Truth::Unknown);
    let context = expecting.to_string();
    let context = context.split(':').next().unwrap_or_default().to_owned();
    Some(Taken { at, context, intended, understood: String::new(), false_yes })
}

fn meaning(effects: &[Effect]) -> Option<&Meaning> {
    effects.iter().find_map(|effect| match effect {
        Effect::Understood(reading) => Some(&reading.meaning),
        _ => None,
    })
}

/// Words alone, without how they are written.
fn plain(text: &str) -> String {
    let kept = |c: char| c.is_alphanumeric() || c.is_whitespace();
    let text: String = text.to_lowercase().chars().filter(|c| kept(*c)).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        dialogue::Setup,
        journal::{Log, Salts, opening},
        program::{Locale, parse},
        simulate::Invariant,
        time::Utc,
    };

    /// The notice is heard to its end, and answered by sounds: what the recogniser makes of each, and what was said.
    fn call(answers: &[(&str, &str, Truth)]) -> Judged {
        let program = parse(include_str!("../../programs/harbor/program.toml")).expect("no faults");
        let program = Arc::new(program);
        let setup = Setup {
            call_id: "c".into(),
            channel: crate::dialogue::ChannelKind::Phone,
            locale: Locale::EnUs,
            started_at: Utc(1_767_225_600_000),
            person_available: true,
            spoken: vec![Locale::EnUs],
        };
        let opened = opening(&program, &setup, "test");
        let mut log = Log::new(Arc::clone(&program), &opened, Salts::of_nobody("c"));
        let (mut entries, mut lines, mut spoken) = (Vec::new(), VecDeque::new(), Vec::new());
        let mut now = Millis(0);
        let mut put = |log: &mut Log, now: Millis, input: Input, lines: &mut VecDeque<_>| {
            let step = log.handle(now, input);
            entries.extend(step.entries);
            for effect in step.effects {
                match effect {
                    Effect::Speak(line) => lines.push_back(line),
                    Effect::Flush => lines.clear(),
                    _ => {}
                }
            }
        };
        put(&mut log, now, Input::Begin, &mut lines);
        for (heard, text, truth) in answers {
            loop {
                while let Some(line) = lines.pop_front() {
                    let line: crate::dialogue::Line = line;
                    put(&mut log, now, Input::LineBegan { line: line.id() }, &mut lines);
                    now = now + 2_000;
                    let ended = Input::LineEnded { line: line.id(), complete: true, heard_ms: 2_000 };
                    put(&mut log, now, ended, &mut lines);
                }
                match log.dialogue().deadline().filter(|at| at.since(now) <= 1_000) {
                    Some(at) => {
                        now = at.max(now);
                        put(&mut log, now, Input::Tick, &mut lines);
                    }
                    None => break,
                }
            }
            let (from, to) = (now + 500, now + 1_500);
            spoken.push(Spoken { from, to, text: (*text).into(), truth: truth.clone() });
            put(&mut log, from, Input::SpeechBegan, &mut lines);
            now = now + 2_200;
            let heard = Heard { text: (*heard).into(), confidence: Percent::new(95), lean: None };
            put(&mut log, now, Input::Said { heard: Pii::new(heard), from, to }, &mut lines);
        }
        // A yes counts after a moment without more speech.
        if let Some(at) = log.dialogue().deadline() {
            put(&mut log, at, Input::Tick, &mut lines);
        }
        let gone = Input::Gone { why: crate::dialogue::Gone::HungUp };
        put(&mut log, now + 5_000, gone, &mut lines);
        judged(&program, &opened, &entries, &spoken)
    }

    #[test]
    fn what_was_said_and_heard_alike_breaks_nothing() {
        let judged = call(&[("Yes.", "yes", Truth::Yes)]);
        assert_eq!(judged.violation, None);
        let [turn] = &judged.turns[..] else { panic!("{judged:?}") };
        assert_eq!((turn.context.as_str(), turn.intended.as_str()), ("notice", "affirm"));
        assert_eq!((turn.understood.as_str(), turn.false_yes), ("affirm", false));
    }

    #[test]
    fn a_no_that_is_heard_as_yes_is_found_twice() {
        let judged = call(&[("Yes.", "no", Truth::NotYes)]);
        let broken = judged.violation.expect("the gate opened");
        assert_eq!(broken.invariant, Invariant::GateOpensOnHeardNoticeAndYes);
        assert!(judged.turns[0].false_yes && judged.turns[0].intended == "deny", "{:?}", judged.turns);
    }

    #[test]
    fn what_was_lost_on_the_way_is_counted_and_no_fault() {
        let taken_back = Truth::Revoke(crate::understand::Scope::All);
        let judged = call(&[("Hm.", "I take it all back", taken_back)]);
        assert_eq!(judged.violation, None);
        assert_eq!(judged.turns[0].intended, "revoke");
        assert_ne!(judged.turns[0].understood, "revoke");
    }
}

//! A recorded call replayed does what it did; under another script, exactly the calls that would differ are found,
//! with the reason and the place.

use candor::{
    dialogue::{Fact, Input},
    journal::{Event, Label, canonical},
    program::{Program, parse},
    replay::{
        Change, Ending, Gone, Kept, Kind, Lens, Mode, Place, Replayed, Stopped, Text, Turn, as_written,
        changes, foresee, reheard, replay,
    },
    simulate::{Answers, Call},
    time::Millis,
    understand::{Heard, Memory, Percent},
};
use std::sync::{Arc, LazyLock};

const SCRIPT: &str = include_str!("../programs/harbor/program.toml");

static HARBOR: LazyLock<Arc<Program>> = LazyLock::new(|| Arc::new(parse(SCRIPT).unwrap()));

/// Simulated calls of these seeds, recorded.
fn recorded(seeds: std::ops::Range<u64>) -> impl Iterator<Item = Kept> {
    seeds.map(|seed| {
        let call = Call::of(&HARBOR, seed, Answers::Text);
        let entries = call.journal(&HARBOR);
        Kept::whole(call.opened, entries)
    })
}

fn exact(kept: &Kept) -> Replayed {
    replay(&HARBOR, kept, Lens::default(), &[])
}

/// The sample script with `from` replaced, and what that changed.
fn changed(edits: &[(&str, &str)]) -> (Arc<Program>, Vec<Change>) {
    let mut text = SCRIPT.to_owned();
    for (from, to) in edits {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    let changed = changes(SCRIPT, &text);
    (Arc::new(parse(&text).unwrap_or_else(|faults| panic!("{faults:?}"))), changed)
}

/// The names of the causes, and how many calls each has.
fn causes(program: &Arc<Program>, changed: &[Change], lens: Lens, calls: &[Kept]) -> Vec<Option<String>> {
    let name = |kept: &Kept| replay(program, kept, lens, changed).cause.map(|cause| cause.name);
    calls.iter().map(name).collect()
}

#[test]
fn simulated_calls_replay_without_any_difference() {
    for kept in recorded(0..400) {
        let replayed = exact(&kept);
        assert_eq!(replayed.mode, Mode::Exact);
        assert_eq!(replayed.differences, [], "{}", kept.opened.call_id);
        assert_eq!(replayed.stopped, None, "{}", kept.opened.call_id);
        assert_eq!(replayed.compared, replayed.entries, "{}", kept.opened.call_id);
    }
}

/// By the bytes that were written.
fn by_bytes(memory: &mut Memory, kept: &Kept) -> Option<Replayed> {
    let texts: Vec<_> = kept.places.iter().map(|p| (p.at, canonical(p.event.as_ref().unwrap()))).collect();
    let texts: Vec<Text<'_>> = texts.iter().map(|(at, text)| (*at, text.as_slice())).collect();
    as_written(memory, &kept.opened, &texts)
}

#[test]
fn bytes_alone_say_that_a_call_is_as_it_was_and_never_more_than_the_events_do() {
    // One memory for all, as in a run over many calls.
    let mut memory = Memory::of(Arc::clone(&HARBOR));
    for (seed, kept) in recorded(0..24).enumerate() {
        assert_eq!(by_bytes(&mut memory, &kept), Some(exact(&kept)));
        // An entry is missing, or two have changed places: nothing is said that the events do not say.
        for at in (seed % 7..kept.places.len() - 1).step_by(7) {
            let (mut missing, mut moved) = (kept.clone(), kept.clone());
            missing.places.remove(at);
            moved.places.swap(at, at + 1);
            for forged in [missing, moved] {
                let said = by_bytes(&mut memory, &forged);
                assert!(said.is_none() || said == Some(exact(&forged)), "{} at {at}", kept.opened.call_id);
            }
        }
        // One byte of what was said or decided: it is for the events to say what differs.
        for at in (seed % 5..kept.places.len()).step_by(5) {
            let mut texts: Vec<_> =
                kept.places.iter().map(|p| (p.at, canonical(p.event.as_ref().unwrap()))).collect();
            if matches!(kept.places[at].event, Ok(Event::Effect { .. } | Event::Fact { .. })) {
                let middle = texts[at].1.len() / 2;
                texts[at].1[middle] ^= 1;
                let texts: Vec<Text<'_>> = texts.iter().map(|(at, text)| (*at, text.as_slice())).collect();
                assert_eq!(
                    as_written(&mut memory, &kept.opened, &texts),
                    None,
                    "{} at {at}",
                    kept.opened.call_id
                );
            }
        }
    }
    let (other, _) = changed(&[("name = ", "name  = ")]);
    let kept = recorded(0..1).next().unwrap();
    assert_eq!(by_bytes(&mut Memory::of(other), &kept), None, "another script");
}

#[test]
fn whatever_is_altered_is_found_at_its_place() {
    let mut found = 0;
    for kept in recorded(0..40) {
        for (at, place) in kept.places.iter().enumerate() {
            let Ok(Event::Fact { fact }) = &place.event else { continue };
            let text = serde_json::to_string(fact).unwrap();
            let altered = text
                .replace("\"answer\":\"affirmed\"", "\"answer\":\"declined\"")
                .replace("\"decision\":\"denied\"", "\"decision\":\"granted\"")
                .replace("\"open\":true", "\"open\":false");
            if altered == text {
                continue;
            }
            let mut forged = kept.clone();
            forged.places[at].event = Ok(Event::Fact { fact: serde_json::from_str(&altered).unwrap() });
            let replayed = exact(&forged);
            let first = replayed.first_decisive().unwrap_or_else(|| panic!("{altered}"));
            assert_eq!((first.entry, first.at_ms), (place.seq, place.at.0), "{altered}");
            assert!(matches!(first.kind, Kind::GateDecision | Kind::ConsentOutcome));
            found += 1;
        }
    }
    assert!(found > 40, "{found}");
}

#[test]
fn what_cannot_be_read_is_said_and_never_a_difference() {
    let (mut whole, mut cut) = (0, 0);
    for kept in recorded(0..8) {
        for at in 0..kept.places.len() {
            let mut gone = kept.clone();
            gone.places[at].event = Err(Gone::rightly("was redacted"));
            let replayed = exact(&gone);
            assert_eq!(replayed.differences, [], "{} entry {at}", kept.opened.call_id);
            match (&kept.places[at].event, &replayed.stopped) {
                (Ok(Event::Input { .. }), Some(Stopped::Unreadable { entry, .. })) => {
                    assert_eq!(*entry, at as u64);
                    cut += 1;
                }
                // Without what came of it the dialogue goes on all the same.
                (Ok(Event::Fact { .. } | Event::Effect { .. }), None) => {
                    assert_eq!((replayed.unread, replayed.compared + 1), (1, replayed.entries));
                    let first = replayed.first_unread.as_ref();
                    assert!(
                        matches!(first, Some(Stopped::Unreadable { entry, .. }) if *entry == at as u64),
                        "{first:?}"
                    );
                    whole += 1;
                }
                other => panic!("{} entry {at}: {other:?}", kept.opened.call_id),
            }
        }
        let mut withheld = kept.clone();
        for place in &mut withheld.places {
            if place.label == Label::Sensitive {
                place.event = Err(Gone::rightly("was withheld from this export"));
            }
        }
        assert_eq!(exact(&withheld).differences, []);
    }
    assert!(whole > 200 && cut > 200, "{whole} {cut}");
}

#[test]
fn a_call_that_a_crash_cut_short_is_as_it_was() {
    for kept in recorded(0..8) {
        for length in 1..kept.places.len() {
            let mut cut = kept.clone();
            cut.places.truncate(length);
            let replayed = exact(&cut);
            assert_eq!(replayed.differences, [], "{} cut at {length}", kept.opened.call_id);
        }
    }
}

#[test]
fn an_unchanged_script_changes_nothing_under_a_lens_that_dims_nothing() {
    let (program, changed) = changed(&[("# Words the", "# The words that the")]);
    assert_ne!(program.sha256, HARBOR.sha256, "another file");
    assert_eq!(changed, []);
    for kept in recorded(0..150) {
        let replayed = replay(&program, &kept, Lens::default(), &changed);
        assert_eq!(replayed.mode, Mode::WhatIf);
        let decisive: Vec<_> = replayed.differences.iter().filter(|d| d.kind.is_decisive()).collect();
        assert_eq!(decisive, Vec::<&candor::replay::Difference>::new(), "{}", kept.opened.call_id);
    }
}

#[test]
fn a_reworded_notice_is_found_in_the_calls_that_read_it() {
    let (program, changed) = changed(&[
        ("You don't have to answer anything, and you can stop", "You never have to answer, and you can stop"),
        ("version = \"2026-11-01.1\"", "version = \"2026-11-21.1\""),
    ]);
    let calls: Vec<Kept> = recorded(0..60).collect();
    let mut found = 0;
    for (kept, cause) in calls.iter().zip(causes(&program, &changed, Lens::default(), &calls)) {
        let read = kept.places.iter().find(|place| match &place.event {
            Ok(Event::Effect { effect }) => effect["line"]["text"]
                .as_str()
                .is_some_and(|t| t.contains("You don't have to answer anything")),
            _ => false,
        });
        assert_eq!(cause.is_some(), read.is_some(), "{}", kept.opened.call_id);
        let (Some(cause), Some(place)) = (cause, read) else { continue };
        let replayed = replay(&program, kept, Lens::default(), &changed);
        assert_eq!(cause, "notice reworded", "{}", kept.opened.call_id);
        assert_eq!(replayed.first_decisive().unwrap().entry, place.seq);
        assert_eq!(replayed.stopped, None, "only words differ: the call goes on as it went");
        let because = replayed.cause.unwrap().because;
        assert!(because[0].starts_with("notice.parts[c].text.en"), "{because:?}");
        found += 1;
    }
    assert!(found > 40, "{found}");
}

#[test]
fn a_swapped_question_order_is_found_where_the_first_of_them_was_asked() {
    let callback = block("callback");
    let referred = block("referred_by");
    let (program, changed) = changed(&[(&callback, "@@"), (&referred, &callback), ("@@", &referred)]);
    let ids: Vec<&str> = program.plain.iter().map(|q| q.id.as_str()).collect();
    assert_eq!(&ids[..3], ["name", "referred_by", "callback"]);
    assert_eq!(changed.len(), 1, "{changed:?}");
    let calls: Vec<Kept> = recorded(0..80).collect();
    let mut found = 0;
    for kept in &calls {
        let replayed = replay(&program, kept, Lens::default(), &changed);
        let asked = kept.places.iter().find(|place| match &place.event {
            Ok(Event::Effect { effect }) => effect["for"]["expecting"] == "question:callback",
            _ => false,
        });
        assert_eq!(replayed.differs(), asked.is_some(), "{}", kept.opened.call_id);
        let Some(asked) = asked else { continue };
        let cause = replayed.cause.clone().unwrap();
        assert_eq!(cause.name, "question order", "{}: {replayed:#?}", kept.opened.call_id);
        assert!(cause.because[0].starts_with("questions (order)"), "{cause:?}");
        assert_eq!(replayed.first_decisive().unwrap().at_ms, asked.at.0);
        found += 1;
    }
    assert!(found > 20, "{found}");
    // Nobody decides otherwise only because they are asked in another order.
    let whole: Vec<_> =
        calls.iter().filter(|kept| replay(&program, kept, Lens::default(), &changed).differs()).collect();
    let same =
        whole.iter().filter(|kept| foresee(&program, kept).consents == Ending::recorded(kept).consents);
    assert!(same.count() * 2 > whole.len(), "most would decide the same");
}

/// The lines of a question of the sample.
fn block(id: &str) -> String {
    let start = SCRIPT.find(&format!("[[questions]]\nid = \"{id}\"")).unwrap();
    let length = SCRIPT[start + 2..].find("[[questions]]").unwrap() + 2;
    SCRIPT[start..start + length].to_owned()
}

#[test]
fn a_changed_acknowledgement_rule_is_found_in_the_calls_it_turns() {
    // A yes stands only after three seconds: who speaks on within them has said something else.
    let (program, changed) = changed(&[("settle_ms = 700", "settle_ms = 3000")]);
    let calls: Vec<Kept> = recorded(0..300).collect();
    let names = causes(&program, &changed, Lens::default(), &calls);
    let count = |name: &str| names.iter().flatten().filter(|n| *n == name).count();
    assert!(count("acknowledgement rule") > 0, "{names:?}");
    for (kept, name) in calls.iter().zip(&names) {
        if name.as_deref() == Some("acknowledgement rule") {
            let replayed = replay(&program, kept, Lens::default(), &changed);
            assert!(replayed.cause.unwrap().because[0].contains("settle_ms: 700"), "{names:?}");
            assert!(kept.opened.channel.is_voice(), "typed words are not waited for");
        }
    }
    // What was heard unsurely is no yes: only calls with such words can be found.
    let lens = Lens { heard_min: Some(Percent::new(90)), ..Lens::default() };
    let names = causes(&HARBOR, &[], lens, &calls);
    let mut turned = 0;
    for (kept, name) in calls.iter().zip(&names) {
        let unsure = unsure(kept, Percent::new(90));
        assert!(!unsure.is_empty() || name.is_none(), "{}", kept.opened.call_id);
        // A yes to the notice that was heard unsurely is none: that call, at that answer.
        let yes = |(place, expecting, meaning): &&(Place, String, String)| {
            let mut after = kept.places.iter().filter(|p| p.seq > place.seq);
            let opens = after
                .by_ref()
                .take_while(|p| !matches!(p.input(), Some(candor::dialogue::Input::Said { .. })))
                .any(|p| matches!(&p.event, Ok(Event::Fact { fact: Fact::Acknowledged { .. } })));
            expecting == "notice" && meaning == "affirm" && opens
        };
        if unsure.first().filter(yes).is_some() {
            assert!(name.is_some(), "{} is found", kept.opened.call_id);
            turned += 1;
        }
        if name.as_deref() == Some("acknowledgement rule") {
            let replayed = replay(&HARBOR, kept, lens, &[]);
            let decisive = replayed.first_decisive().unwrap();
            let answered = |(place, expecting, _): &(Place, String, String)| {
                expecting == "notice" && place.seq < decisive.entry
            };
            assert!(unsure.iter().any(answered), "{}: no unsure answer before it", decisive.entry);
            assert!(decisive.entry > unsure[0].0.seq, "nothing differs before the first unsure words");
        }
    }
    assert!(turned > 3, "{turned}: {names:?}");
    assert!(names.iter().flatten().any(|name| name == "acknowledgement rule"), "{names:?}");
}

/// The words of `kept` that were heard less surely than `least`: where, what was waited for, and what they meant.
fn unsure(kept: &Kept, least: Percent) -> Vec<(Place, String, String)> {
    let (mut expecting, mut said, mut found) = (String::new(), None, Vec::new());
    for place in &kept.places {
        if let Some(candor::dialogue::Input::Said { heard, .. }) = place.input() {
            said = (heard.expose().confidence < least).then(|| place.clone());
        }
        let Ok(Event::Effect { effect }) = &place.event else { continue };
        match effect["do"].as_str() {
            Some("listen") => expecting = effect["for"]["expecting"].as_str().unwrap_or_default().to_owned(),
            Some("understood") => {
                let meaning = effect["meaning"].as_str().unwrap_or_default().to_owned();
                found.extend(said.take().map(|place| (place, expecting.clone(), meaning)));
            }
            _ => {}
        }
    }
    found
}

#[test]
fn what_the_caller_said_is_masked_unless_it_was_asked_for() {
    let lens = Lens { heard_min: Some(Percent::new(100)), open: false };
    for kept in recorded(0..60) {
        let shown = serde_json::to_string(&replay(&HARBOR, &kept, lens, &[])).unwrap();
        for (_, input) in kept.inputs() {
            if let candor::dialogue::Input::Said { heard, .. } = input
                && heard.expose().text.len() > 12
            {
                assert!(!shown.contains(&heard.expose().text), "{shown}");
            }
        }
    }
}

#[test]
fn a_forecast_on_the_same_script_ends_as_the_call_did() {
    let (mut calls, mut same) = (0, 0);
    for kept in recorded(0..200) {
        let (then, now) = (Ending::recorded(&kept), foresee(&HARBOR, &kept));
        calls += 1;
        same += u32::from(then.consents == now.consents && then.gate_opened == now.gate_opened);
    }
    // Interruptions, failures and lost lines are not foreseen.
    assert!(same * 100 >= calls * 85, "{same} of {calls}");
}

#[test]
fn words_that_are_heard_only_now_are_not_passed_over() {
    let mut found = 0;
    for kept in recorded(0..24).filter(|kept| kept.opened.channel.is_voice()) {
        let said = kept.inputs().filter_map(|(place, input)| match input {
            Input::Said { heard, from, to } => {
                Some(Turn { from, to, over: place.at, heard: Some(heard.into_exposed()) })
            }
            _ => None,
        });
        let mut turns: Vec<Turn> = said.collect();
        assert_eq!(reheard(&kept, &turns).kept, kept);
        let Some(first) = turns.first().cloned() else { continue };
        let turn = |over: Millis, text: &str| {
            let heard = Some(Heard { text: text.into(), ..first.heard.clone().unwrap() });
            Turn { from: Millis(over.0 - 1), to: over, over, heard }
        };
        let (before, end) = (Millis(first.from.0 - 1), kept.places.last().unwrap().at);
        turns.insert(0, turn(before, ""));
        turns.push(turn(end, "no, stop"));
        assert_eq!(reheard(&kept, &turns).kept, kept, "no words, and words that the end overtook");
        turns[0] = turn(before, "no, I don't agree");
        let heard = reheard(&kept, &turns);
        assert_eq!(heard.kept.places.len(), kept.places.len() + 1);
        let mut replayed = exact(&heard.kept);
        heard.explain(&mut replayed);
        if replayed.differs() {
            assert_eq!(replayed.cause.unwrap().name, "turn timing");
            found += 1;
        }
    }
    assert!(found > 4, "{found}");
}

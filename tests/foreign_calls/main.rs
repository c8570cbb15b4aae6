//! Calls of another system are judged rightly, by transcript and by ear: the notice read in full, cut short, read
//! after the question, not read; consents answered yes, no and unclearly; and the moment at which it went wrong.
//! What cannot be told is named, and never judged.

#[cfg(feature = "runtime")]
mod by_ear;
mod cases;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use candor::{
    program::Locale,
    replay::{
        foreign::{
            NotTranscript, Party, Recording, Standing, Utterance, call_page, judge, language, transcript,
        },
        report::Sound,
    },
    understand::{Lean, Percent},
};
use cases::{HARBOR, Words, ack, caller, cases, consent, fault, part, sensitive, written};

/// What an English caller says, by the clips there are of it.
const ENGLISH: Words = Words {
    yes: ["Yes.", "Yes, that's fine.", "I understand."],
    no: ["No.", "No, I don't want that shared.", "Actually, don't send anything to my insurance."],
    unclear: &["What did you say?", "Can you repeat that?", "Uh huh."],
    answer: "I've been using heroin and I need help.",
};
const SPANISH: Words = Words {
    yes: ["Sí.", "Sí, está bien.", "Sí, claro."],
    no: ["No.", "No, no quiero.", "No, gracias."],
    unclear: &["¿Qué dijo?", "¿Me lo puede repetir?", "Mmm."],
    answer: "Antes de ayer.",
};

#[test]
fn transcripts_are_judged_rightly_on_two_channels_and_on_one_in_both_languages() {
    for (locale, words) in [(Locale::EnUs, &ENGLISH), (Locale::EsUs, &SPANISH)] {
        for case in cases(locale, words) {
            let mut said = written(&case.lines);
            let times: Vec<(u64, u64)> = said.iter().map(|s| (s.from_ms, s.to_ms)).collect();
            for channels in ["two", "one"] {
                if channels == "one" {
                    said.iter_mut().for_each(|said| said.party = Party::Either);
                }
                let name = format!("{}, {} channels, {}", case.name, channels, locale.tag());
                assert_eq!(language(&HARBOR, &said), locale, "{name}");
                let found = judge(&HARBOR, locale, &said);
                assert_eq!(fault(&case, &found, &times, 0), None, "{name}: {found:#?}");
            }
        }
    }
}

#[test]
fn a_recogniser_may_err_in_some_words() {
    let text = "My name is Robin and I answer on the half of Harbour Recovery Centre before we start here is how \
        your privacy work";
    let all = [
        (Party::Agent, text.to_owned()),
        part(1, Locale::EnUs),
        (Party::Agent, "You dont have to answer anything you can stop or change your mind at anytime".into()),
        ack(Locale::EnUs),
        caller("yes"),
    ];
    let found = judge(&HARBOR, Locale::EnUs, &written(&all));
    assert_eq!(found.standing(), Standing::Right, "{found:#?}");
    let missed = found.evidence[0].words.iter().filter(|word| word.at_ms.is_none());
    let missed: Vec<&str> = missed.map(|word| word.text.as_str()).collect();
    assert_eq!(missed, ["behalf", "works."], "the evidence shows which words were not recognised");
    let times: Vec<u64> = found.evidence[0].words.iter().filter_map(|word| word.at_ms).collect();
    assert!(times.is_sorted() && times[0] == 500, "{times:?}");
    assert_eq!(judge(&HARBOR, Locale::EnUs, &[]).judged[0].standing, Standing::Wrong, "silence is no notice");
}

/// A call by ear, in full, whose consent is answered as given.
fn heard(answer: &str, confidence: u8, lean: Lean) -> Vec<Utterance> {
    let mut lines: Vec<_> = (0..3).map(|at| part(at, Locale::EnUs)).collect();
    let more =
        [ack(Locale::EnUs), caller("Yes."), consent(Locale::EnUs), caller(answer), sensitive(Locale::EnUs)];
    lines.extend(more);
    let mut said = written(&lines);
    for one in &mut said {
        (one.confidence, one.lean) = (Percent::new(90), Some(Lean::Neither));
    }
    said[4].lean = Some(Lean::Yes);
    (said[6].confidence, said[6].lean) = (Percent::new(confidence), Some(lean));
    said
}

#[test]
fn doubt_is_never_a_yes_and_never_a_wrong_call() {
    use Standing::{Free, Unjudged, Wrong};
    for (answer, confidence, lean, standing, why) in [
        ("Yes.", 90, Lean::Yes, Free, "yes"),
        ("No.", 90, Lean::No, Free, "no"),
        // Clear words that the ears were not sure of.
        ("Yes.", 40, Lean::Yes, Unjudged, "too unsurely"),
        ("Yes.", 95, Lean::No, Unjudged, "too unsurely"),
        ("No.", 95, Lean::Yes, Unjudged, "too unsurely"),
        ("No.", 60, Lean::Neither, Unjudged, "too unsurely"),
        // A word that answers nothing, and may be another misheard; and a voice without a word.
        ("Worse.", 70, Lean::Neither, Unjudged, "may be misheard"),
        ("", 0, Lean::Neither, Unjudged, "no word"),
        // What is surely no answer.
        ("What did you say?", 90, Lean::Neither, Wrong, "not clearly answered (repeat)"),
        ("Uh-huh.", 60, Lean::Neither, Wrong, "not clearly answered (unclear)"),
        ("Well yes, no.", 90, Lean::Neither, Wrong, "not clearly answered"),
    ] {
        let found = judge(&HARBOR, Locale::EnUs, &heard(answer, confidence, lean));
        let consent = found.judged.iter().find(|judged| judged.what == "consent payor").unwrap();
        assert_eq!(consent.standing, standing, "{answer} {confidence} {lean:?}: {consent:?}");
        assert!(consent.why.contains(why), "{answer}: {consent:?}");
        assert_eq!(found.standing(), standing.max(Standing::Right), "{answer}: {found:#?}");
    }
}

#[test]
fn what_cannot_be_told_apart_or_understood_is_not_judged() {
    // One channel, and a long passage between the question and what comes next: whose words are those?
    let mut said = heard(
        "Okay so what that means is we would bill them and they would get the dates",
        90,
        Lean::Neither,
    );
    said.iter_mut().for_each(|said| said.party = Party::Either);
    let found = judge(&HARBOR, Locale::EnUs, &said);
    let consent = found.judged.iter().find(|judged| judged.what == "consent payor").unwrap();
    assert_eq!(consent.standing, Standing::Unjudged, "{consent:?}");
    assert!(consent.why.contains("one channel"), "{consent:?}");
    // A language that the recogniser does not know becomes words it is not sure of.
    let mut said =
        written(&[(Party::Agent, "My young robini responded the part of their war center".into())]);
    (said[0].confidence, said[0].lean) = (Percent::new(28), Some(Lean::Neither));
    let found = judge(&HARBOR, Locale::EnUs, &said);
    assert_eq!(found.standing(), Standing::Unjudged, "{found:#?}");
    assert!(found.first().unwrap().why.contains("not understood"), "{found:#?}");
    assert!(found.judged.iter().all(|judged| judged.standing != Standing::Wrong), "no false verdict");
}

#[test]
fn what_is_recognised_in_part_only_is_not_judged() {
    use Standing::{Free, Right, Unjudged, Wrong};
    let us = Locale::EnUs;
    // Every other word of a text is misheard.
    let misheard = |(party, text): cases::Line| {
        let words = text.split(' ').enumerate();
        let words: Vec<&str> = words.map(|(at, word)| if at % 2 == 1 { "mumble" } else { word }).collect();
        (party, words.join(" "))
    };
    let notice = || [part(0, us), part(1, us), part(2, us), ack(us), caller("Yes.")].to_vec();
    let question = misheard(sensitive(us));
    let before = [vec![question.clone(), caller("Pills.")], notice()].concat();
    let after = [notice(), vec![question.clone(), caller("Pills.")]].concat();
    let mut refused = after.clone();
    refused[4] = caller("No.");
    let opened = [before.clone(), vec![sensitive(us)]].concat();
    let consented = [notice(), vec![misheard(consent(us)), caller("Yes."), sensitive(us)]].concat();
    for (lines, what, by_ear, written, why, line) in [
        (&before, "order", Unjudged, Free, "in part only", 0),
        (&opened, "order", Unjudged, Right, "in part only", 0),
        (&refused, "order", Unjudged, Free, "in part only", 5),
        // Whatever it was, it came after the notice and its yes.
        (&after, "order", Free, Free, "no sensitive question", 0),
        (&consented, "consent payor", Unjudged, Free, "in part only", 5),
    ] {
        let mut said = cases::written(lines);
        let of = |said: &[Utterance]| {
            let found = judge(&HARBOR, us, said);
            let judged = found.judged.iter().find(|judged| judged.what == what).unwrap().clone();
            (judged, found)
        };
        // What somebody wrote down is certain: they are other words.
        assert_eq!(of(&said).0.standing, written, "{lines:?}");
        for one in &mut said {
            (one.confidence, one.lean) = (Percent::new(90), Some(Lean::Neither));
            if one.party == Party::Caller && one.text.len() < 5 {
                one.lean = Some(if one.text == "No." { Lean::No } else { Lean::Yes });
            }
        }
        let (judged, found) = of(&said);
        assert_eq!(judged.standing, by_ear, "{lines:?}: {found:#?}");
        assert!(judged.why.contains(why), "{judged:?}");
        assert_eq!(found.standing(), by_ear.max(Right), "{found:#?}");
        assert!(found.judged.iter().all(|judged| judged.standing != Wrong));
        if by_ear == Unjudged {
            let at = judged.at_ms.unwrap();
            assert!((said[line].from_ms..said[line].to_ms).contains(&at), "{judged:?}");
        }
    }
}

#[test]
fn only_clear_answers_and_the_agents_words_before_what_is_sensitive_are_shown() {
    let us = Locale::EnUs;
    let agent = |words: &str| (Party::Agent, words.to_owned());
    let mut lines =
        vec![agent("Hello, this is a centre for recovery."), part(0, us), part(1, us), part(2, us)];
    lines.extend([ack(us), caller("I take pills."), ack(us), caller("Yes.")]);
    lines.extend([consent(us), caller("My wife found the pills."), agent("You said pills.")]);
    let shown = |lines: &[cases::Line]| judge(&HARBOR, us, &written(lines)).shown;
    // Only what is of the script, and the yes: whatever the agent says may name what the caller told.
    let scripted = [false, true, true, true, true, false, true, true, true, false, false];
    assert_eq!(shown(&lines), scripted);
    lines.extend([sensitive(us), caller("Pills."), agent("So pills.")]);
    let before = [true, true, true, true, true, false, true, true, true, false, true, true, false, false];
    assert_eq!(shown(&lines), before);
}

/// Of each whole second of a page whether the caller's side and the agent's are heard in it.
fn sounds(said: &[Utterance], seconds: usize, is_mono: bool, open: bool) -> Vec<(bool, bool)> {
    let samples = vec![4_000; seconds * 16_000];
    let foreign = judge(&HARBOR, Locale::EnUs, said);
    let page = call_page(&Recording {
        name: "export.wav",
        program: &HARBOR,
        said,
        foreign: &foreign,
        sound: Sound(&samples),
        is_mono,
        open,
    });
    let (_, wav) = page.split_once("data:audio/wav;base64,").unwrap();
    let wav = STANDARD.decode(wav.split_once('"').unwrap().0).unwrap();
    let codes = &wav[wav.len() - samples.len()..];
    let is_heard = |codes: &[u8], side: usize| codes.iter().skip(side).step_by(2).any(|code| *code != 0xFF);
    codes.chunks(16_000).map(|codes| (is_heard(codes, 0), is_heard(codes, 1))).collect()
}

#[test]
fn of_the_caller_nothing_is_heard_but_what_is_shown() {
    let us = Locale::EnUs;
    let at = |from: u64, to: u64, (party, words): cases::Line| {
        Utterance::written(party, from * 1_000, to * 1_000, words)
    };
    // Second 9 is a caller's whom nobody wrote down; so are 12 and 13, after the yes.
    let mut said: Vec<Utterance> =
        (0..3_u64).map(|number| at(number * 2, number * 2 + 2, part(number as usize, us))).collect();
    said.extend([at(6, 9, ack(us)), at(10, 12, caller("Yes.")), at(14, 17, sensitive(us))]);
    said.push(at(18, 20, caller("Heroin.")));
    let heard = sounds(&said, 22, false, false);
    let callers: Vec<usize> = (0..22).filter(|second| heard[*second].0).collect();
    assert_eq!(callers, [10, 11], "the yes");
    let agents: Vec<usize> = (0..22).filter(|second| !heard[*second].1).collect();
    assert_eq!(agents, [18, 19], "the agent's channel is heard, but for what is hidden");
    // Nor is what is hidden heard within something that is shown.
    let mut over = said.clone();
    over.insert(6, at(15, 16, caller("Heroin.")));
    let heard = sounds(&over, 22, true, false);
    assert_eq!((heard[14], heard[15]), ((true, true), (false, false)));
    assert!(sounds(&said, 22, true, false)[9] == (false, false), "one channel");
    assert!(sounds(&said, 22, true, true)[9] == (true, true), "it was asked for");
    assert!(sounds(&[], 22, false, false).iter().all(|heard| *heard == (false, false)));
    // Times that nobody can have measured.
    let mut endless = said.clone();
    endless[6].to_ms = u64::MAX;
    endless.push(Utterance::written(Party::Agent, u64::MAX - 1, u64::MAX, "Good bye, and good luck."));
    endless.push(Utterance::written(Party::Agent, 0, u64::MAX, ack(us).1));
    assert_eq!(sounds(&endless, 22, false, false)[20], (false, false));
}

#[test]
fn a_transcript_that_cannot_be_of_the_recording_is_refused() {
    let entry = |from_ms: u64, to_ms: u64| {
        format!("{{\"party\":\"caller\",\"from_ms\":{from_ms},\"to_ms\":{to_ms},\"text\":\"Heroin.\"}}")
    };
    let read = |entries: &[String], lasted_ms: u64| {
        transcript(format!("[{}]", entries.join(",\n")).as_bytes(), lasted_ms)
    };
    let said = read(&[entry(3_000, 5_000), entry(0, 1_000)], 4_400).unwrap();
    assert_eq!(said[0].from_ms, 0, "in order; and an end may be rounded");
    let why = |entries: &[String]| read(entries, 4_000).unwrap_err().to_string();
    let backwards = why(&[entry(0, 1_000), entry(3_000, 2_000)]);
    assert!(backwards.contains("entry 2") && backwards.contains("correct its times"), "{backwards}");
    let beyond = why(&[entry(3_000, u64::MAX)]);
    assert!(beyond.contains("entry 1") && beyond.contains("at 4000 ms"), "{beyond}");
    assert!(why(&[entry(0, 1), "{}".into()]).contains("line 2"));
    assert_eq!(read(&vec![entry(0, 1); 20_001], 4_000), Err(NotTranscript::Utterances(20_001)));
    assert_eq!(transcript(&vec![b' '; (5 << 20) + 1], 4_000), Err(NotTranscript::Bytes));
    assert!(![backwards, beyond].iter().any(|why| why.contains("Heroin")), "it quotes nobody");
}

#[test]
fn an_answer_goes_on_after_a_pause_and_ends_where_the_script_goes_on() {
    let judged = |lines: &[cases::Line], what: &str| {
        let found = judge(&HARBOR, Locale::EnUs, &written(lines));
        found.judged.into_iter().find(|judged| judged.what == what).unwrap()
    };
    let whole = |answers: &[&str]| {
        let mut lines: Vec<_> = (0..3).map(|at| part(at, Locale::EnUs)).collect();
        lines.push(ack(Locale::EnUs));
        lines.extend(answers.iter().map(|words| caller(words)));
        lines.extend([sensitive(Locale::EnUs), caller("No.")]);
        lines
    };
    assert_eq!(judged(&whole(&["Um.", "Yes, go ahead."]), "acknowledgement").why, "a clear yes");
    // The no is to the next question.
    assert_eq!(judged(&whole(&[]), "acknowledgement").why, "the question was not answered");
    assert_eq!(judged(&whole(&["Yes.", "No, wait, no."]), "order").standing, Standing::Wrong);
    // The yes may be to another question, which is not of the script.
    let mut lines = whole(&["Yes."]);
    lines.insert(4, (Party::Agent, "Great. And are you over eighteen?".into()));
    for what in ["acknowledgement", "order"] {
        assert_eq!(judged(&lines, what).standing, Standing::Unjudged, "{what}");
    }
    assert!(judged(&lines, "acknowledgement").why.contains("something else between"));
    // The question itself, in two breaths.
    let mut lines = whole(&["Yes."]);
    let question = lines[3].1.clone();
    let (one, other) = question.split_once(", ").unwrap();
    lines.splice(3..4, [one, other].map(|words| (Party::Agent, words.to_owned())));
    assert_eq!(judged(&lines, "acknowledgement").why, "a clear yes");
}

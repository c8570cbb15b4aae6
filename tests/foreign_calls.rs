//! Calls of another system are judged rightly, by transcript and by ear: the notice read in full, cut short, read
//! after the question, not read; consents answered yes, no and unclearly; and the moment at which it went wrong.

use candor::{
    program::{Locale, Program, parse},
    replay::foreign::{Foreign, Party, Utterance, judge},
};
use std::sync::{Arc, LazyLock};

static HARBOR: LazyLock<Arc<Program>> =
    LazyLock::new(|| Arc::new(parse(include_str!("../programs/harbor/program.toml")).unwrap()));

/// One who speaks, and the words.
type Line = (Party, String);

fn part(number: usize) -> Line {
    (Party::Agent, HARBOR.notice.parts[number].text.en.clone())
}

fn ack() -> Line {
    (Party::Agent, HARBOR.notice.acknowledge.en.clone())
}

fn sensitive() -> Line {
    (Party::Agent, HARBOR.sensitive[0].text.en.clone())
}

fn consent() -> Line {
    let payor = &HARBOR.recipients[0];
    (Party::Agent, payor.consent.about(&[&payor.name.en], Locale::EnUs))
}

fn caller(words: &str) -> Line {
    (Party::Caller, words.into())
}

fn half(line: Line, words: usize) -> Line {
    let kept: Vec<&str> = line.1.split_whitespace().take(words).collect();
    (line.0, kept.join(" "))
}

struct Case {
    name: &'static str,
    lines: Vec<Line>,
    right: bool,
    /// What is wrong: `what`, words of why, and the number of the line at which it shows.
    wrong: Option<(&'static str, &'static str, usize)>,
    consent: &'static str,
}

fn cases() -> Vec<Case> {
    let notice = || vec![part(0), part(1), part(2), ack()];
    let with = |before: Vec<Line>, after: &[Line]| [before, after.to_vec()].concat();
    let answered =
        |words: &str| with(notice(), &[caller("Yes, go ahead."), consent(), caller(words), sensitive()]);
    let case = |name, lines, wrong: Option<(&'static str, &'static str, usize)>, consent| Case {
        name,
        lines,
        right: wrong.is_none(),
        wrong,
        consent,
    };
    vec![
        case("read in full, consent yes", answered("Yes, that's fine."), None, "yes"),
        case("read in full, consent no", answered("No, I don't want that."), None, "no"),
        case(
            "read in full, consent unclear",
            answered("What did you say?"),
            Some(("consent payor", "not clearly answered", 6)),
            "asked, and not clearly answered",
        ),
        case(
            "cut short",
            with(vec![part(0), half(part(1), 12), ack()], &[caller("Yes, go ahead."), sensitive()]),
            Some(("notice", "part b was cut short", 1)),
            "not asked",
        ),
        case(
            "read after the question",
            with(
                vec![sensitive(), caller("The day before yesterday.")],
                &with(notice(), &[caller("Yes, go ahead.")]),
            ),
            Some(("order", "before the notice had been read", 0)),
            "not asked",
        ),
        case(
            "not read",
            vec![ack(), caller("Yes, go ahead."), sensitive()],
            Some(("notice", "part a was not read", 0)),
            "not asked",
        ),
        case(
            "no yes to it",
            with(notice(), &[caller("No, I don't want that."), sensitive()]),
            Some(("order", "without a clear yes", 5)),
            "not asked",
        ),
    ]
}

fn check(case: &Case, found: &Foreign, times: &[(u64, u64)], slack_ms: u64) {
    let name = case.name;
    assert_eq!(found.is_right(), case.right, "{name}: {found:#?}");
    let judged = |what: &str| found.judged.iter().find(|j| j.what == what).unwrap();
    assert!(judged("consent payor").why.starts_with(case.consent), "{name}: {found:#?}");
    if let Some((what, why, line)) = case.wrong {
        let judged = judged(what);
        assert_eq!(judged.ok, Some(false), "{name}: {found:#?}");
        assert!(judged.why.contains(why), "{name}: {found:#?}");
        if let Some(at) = judged.at_ms {
            let (from, to) = times[line];
            let near = from.saturating_sub(slack_ms)..=to + slack_ms;
            assert!(near.contains(&at), "{name}: {at} is not in {near:?}");
        }
    }
}

#[test]
fn transcripts_are_judged_rightly_on_two_channels_and_on_one() {
    for case in cases() {
        let (mut said, mut at) = (Vec::new(), 500);
        for (party, text) in &case.lines {
            let lasts = text.split_whitespace().count() as u64 * 350;
            let (from_ms, to_ms) = (at, at + lasts);
            said.push(Utterance { party: *party, from_ms, to_ms, text: text.clone() });
            at = to_ms + 600;
        }
        let times: Vec<(u64, u64)> = said.iter().map(|s| (s.from_ms, s.to_ms)).collect();
        check(&case, &judge(&HARBOR, Locale::EnUs, &said), &times, 0);
        for utterance in &mut said {
            utterance.party = Party::Either;
        }
        check(&case, &judge(&HARBOR, Locale::EnUs, &said), &times, 0);
    }
}

#[test]
fn a_recogniser_may_err_in_some_words() {
    let text = "My name is Robin and I answer on the half of Harbour Recovery Centre before we start here is how \
        your privacy work";
    let all = [
        (Party::Agent, text.to_owned()),
        part(1),
        (Party::Agent, "You dont have to answer anything you can stop or change your mind at anytime".into()),
        ack(),
        caller("yes"),
    ];
    let said: Vec<Utterance> = (0_u64..)
        .zip(&all)
        .map(|(at, (party, text))| Utterance {
            party: *party,
            from_ms: at * 10_000,
            to_ms: at * 10_000 + 9_000,
            text: text.clone(),
        })
        .collect();
    let found = judge(&HARBOR, Locale::EnUs, &said);
    assert!(found.is_right(), "{found:#?}");
    assert_eq!(judge(&HARBOR, Locale::EnUs, &[]).judged[0].ok, Some(false), "silence is no notice");
}

#[cfg(feature = "runtime")]
mod by_ear {
    use super::*;
    use candor::audio::wav;
    use serde_json::Value;
    use std::{collections::HashMap, fs, path::Path, process::Command};

    #[test]
    fn recordings_are_judged_rightly() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        if !root.join("models/moonshine-tiny-en").is_dir() {
            eprintln!("SKIPPED: no models in {}; fetch them first", root.join("models").display());
            return;
        }
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("foreign");
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let candor = |arguments: &[&str]| {
            Command::new(env!("CARGO_BIN_EXE_candor")).current_dir(root).args(arguments).output().unwrap()
        };
        let clips = fs::read_to_string(root.join("audio-fixtures/callers/manifest.tsv")).unwrap();
        let mut voiced: HashMap<String, Vec<i16>> = HashMap::new();
        let mut voice = |(party, text): &Line| {
            let samples = voiced.entry(text.clone()).or_insert_with(|| {
                let clip = clips.lines().find(|row| row.split('\t').nth(1) == Some(text));
                let file = match (party, clip.and_then(|row| row.split('\t').next())) {
                    (Party::Caller, Some(file)) => root.join("audio-fixtures/callers").join(file),
                    (Party::Caller, None) => panic!("no clip says {text}"),
                    _ => {
                        let file = folder.join("line.wav");
                        let _ = fs::remove_file(&file);
                        let said = candor(&["say", text, "--out", file.to_str().unwrap()]);
                        assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
                        file
                    }
                };
                wav::read(&fs::read(file).unwrap()).unwrap().to_wire().unwrap()
            });
            samples.clone()
        };
        for (number, case) in cases().iter().enumerate() {
            let (mut left, mut right) = (vec![0_i16; 4_000], vec![0_i16; 4_000]);
            let mut times = Vec::new();
            for line in &case.lines {
                let samples = voice(line);
                let from = left.len() as u64 / 8;
                let silence = vec![0_i16; samples.len()];
                let (mine, other) =
                    if line.0 == Party::Caller { (&mut left, &mut right) } else { (&mut right, &mut left) };
                mine.extend(&samples);
                other.extend(&silence);
                times.push((from, left.len() as u64 / 8));
                for side in [&mut left, &mut right] {
                    side.extend([0_i16; 7_200]);
                }
            }
            let file = folder.join(format!("{number}.wav"));
            let spec = hound::WavSpec {
                channels: 2,
                sample_rate: 8_000,
                bits_per_sample: 16,
                sample_format: hound::SampleFormat::Int,
            };
            let mut out = hound::WavWriter::create(&file, spec).unwrap();
            for (one, other) in left.iter().zip(&right) {
                out.write_sample(*one).unwrap();
                out.write_sample(*other).unwrap();
            }
            out.finalize().unwrap();
            let ran = candor(&["replay", file.to_str().unwrap(), "--json", "--program", "programs/harbor"]);
            let report: Value = serde_json::from_slice(&ran.stdout).unwrap();
            assert_eq!(ran.status.code(), Some(i32::from(!case.right)), "{}: {report:#}", case.name);
            let judged: Vec<_> = report["calls"][0]["judged"].as_array().unwrap().clone();
            let judged = judged.into_iter().map(|j| candor::replay::foreign::Judged {
                what: j["what"].as_str().unwrap().into(),
                ok: j["ok"].as_bool(),
                at_ms: j["at_ms"].as_u64(),
                why: j["why"].as_str().unwrap().into(),
            });
            check(case, &Foreign { judged: judged.collect() }, &times, 1_500);
        }
    }
}

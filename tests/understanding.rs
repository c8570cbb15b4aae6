//! What callers say means what it should, where it was said.

use candor::{
    program::{Expecting, Locale, Program, RecipientId, parse},
    understand::{Context, Heard, Lean, Meaning, Percent, Reading, Scope, understand},
};
use proptest::prelude::*;
use std::{fs, path::Path, sync::LazyLock};

static HARBOR: LazyLock<Program> = LazyLock::new(|| {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("programs/harbor/program.toml");
    let text = fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    parse(&text).unwrap_or_else(|faults| panic!("{faults:?}"))
});

fn read_heard(heard: &Heard, expecting: &str, granted: &[RecipientId]) -> Reading {
    let expecting: Expecting = expecting.parse().unwrap_or_else(|e| panic!("{e}"));
    let context = Context { program: &HARBOR, locale: Locale::EnUs, expecting: &expecting, granted };
    understand(heard, &context)
}

fn read(text: &str, expecting: &str) -> Reading {
    read_heard(&Heard::typed(text), expecting, &[])
}

fn meaning_of(reading: &Reading) -> String {
    match reading.meaning.scope() {
        None => reading.meaning.name().into(),
        Some(scope) => format!("{} {}", reading.meaning.name(), scope_text(scope)),
    }
}

fn scope_text(scope: &Scope) -> String {
    match scope {
        Scope::All => "all".into(),
        Scope::Only(ids) => ids.iter().map(RecipientId::as_str).collect::<Vec<_>>().join(","),
    }
}

/// One heading of the table.
struct Heading {
    places: Vec<(String, Vec<RecipientId>)>,
    wanted: String,
    suspected: Option<String>,
    matter: Option<String>,
}

fn heading(line: &str) -> Heading {
    let (places, wanted) = line[1..].split_once(']').expect("a heading ends in `] MEANING`");
    let places = places.split(", ").map(|place| {
        let (what, granted) = place.split_once(" granted=").unwrap_or((place, ""));
        (what.to_owned(), granted.split('+').filter(|g| !g.is_empty()).map(RecipientId::from).collect())
    });
    let (marks, meaning): (Vec<&str>, Vec<&str>) =
        wanted.split_whitespace().partition(|part| part.contains('='));
    let mark = |name: &str| marks.iter().find_map(|mark| mark.strip_prefix(name)).map(str::to_owned);
    Heading {
        places: places.collect(),
        wanted: meaning.join(" "),
        suspected: mark("suspected="),
        matter: mark("matter="),
    }
}

#[test]
fn every_line_of_the_table_means_what_it_says() {
    let table = include_str!("fixtures/understanding.txt");
    let mut current: Option<Heading> = None;
    let (mut checks, mut wrong) = (0, Vec::new());
    for line in table.lines().filter(|l| !l.is_empty() && !l.starts_with('#')) {
        // "[noise]" is something a recogniser writes.
        if line.starts_with('[') && line.contains("] ") {
            current = Some(heading(line));
            continue;
        }
        let heading = current.as_ref().expect("the table begins with a heading");
        for (expecting, granted) in &heading.places {
            checks += 1;
            let reading = read_heard(&Heard::typed(line), expecting, granted);
            let got = meaning_of(&reading);
            let right = match heading.wanted.strip_prefix("not:") {
                Some(meaning) => reading.meaning.name() != meaning,
                None => got == heading.wanted,
            };
            let suspected = reading.suspected_revocation.as_ref().map(scope_text);
            let matter = reading.matter.map_or("none".into(), |matter| {
                serde_json::to_value(matter).unwrap().as_str().unwrap().to_owned()
            });
            if !right
                || heading.suspected.is_some() && suspected != heading.suspected
                || heading.matter.as_ref().is_some_and(|wanted| *wanted != matter)
            {
                let suspected = suspected.map(|s| format!(" suspected={s}")).unwrap_or_default();
                wrong.push(format!(
                    "{expecting} {line:?}: {got}{suspected} {matter}, not {} [{}]",
                    heading.wanted, reading.evidence
                ));
            }
        }
    }
    assert!(checks > 5_000, "only {checks} checks were found in the table");
    assert!(wrong.is_empty(), "{} of {checks} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

const YES: &[&str] = &[
    "yes",
    "yeah",
    "sure",
    "okay",
    "I agree",
    "go ahead",
    "that's fine",
    "of course",
    "I consent",
    "please do",
];
const NO: &[&str] = &[
    "no", "not", "don't", "never", "nope", "can't", "won't", "nobody", "stop", "none", "without", "I refuse",
    "isn't", "nothing",
];
const OTHER: &[&str] = &[
    "I",
    "it",
    "share",
    "want",
    "that",
    "to",
    "my insurance",
    "them",
    "wait",
    "please",
    "you can",
    "said",
    "and",
    "really",
    "think so",
    "with",
    "do",
    "is",
    "fine",
    "me",
    "well,",
    "um",
    "you",
    "thanks",
    "but",
];

const PLACES: &[&str] = &["notice", "consent:crm", "question:dob", "any"];

fn jumble() -> impl Strategy<Value = String> {
    let yes = proptest::sample::select(YES);
    let no = proptest::sample::select(NO);
    let others = proptest::collection::vec(proptest::sample::select(OTHER), 0..5);
    (yes, no, others, any::<proptest::sample::Index>(), any::<proptest::sample::Index>()).prop_map(
        |(yes, no, mut words, first, second)| {
            words.insert(first.index(words.len() + 1), yes);
            words.insert(second.index(words.len() + 1), no);
            words.join(" ")
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_negation_beside_a_yes_is_never_a_yes(text in jumble(), crm in any::<bool>()) {
        for expecting in ["notice", "consent:payor", "confirm:human", "signature:payor", "question:last_use", "any"] {
            let granted: &[RecipientId] = if crm { &["crm".into()] } else { &[] };
            let reading = read_heard(&Heard::typed(&*text), expecting, granted);
            // "You can share it but not with them" names whom it is a yes for; nothing here does that.
            prop_assert!(reading.meaning != Meaning::Affirm, "{expecting}: {text:?} {}", reading.evidence);
        }
    }

    #[test]
    fn any_text_at_all_is_read(text in ".{0,200}", expecting in proptest::sample::select(PLACES)) {
        let once = read(&text, expecting);
        prop_assert_eq!(&once, &read(&text, expecting));
        prop_assert!(!once.evidence.is_empty());
    }

    #[test]
    fn a_scope_of_all_is_always_written_all(text in jumble()) {
        if let Some(Scope::Only(ids)) = read(&text, "question:last_use").meaning.scope() {
            prop_assert!(!ids.is_empty() && ids.len() < HARBOR.recipients.len());
        }
    }
}

#[test]
fn the_audio_may_speak_against_a_yes_and_never_for_one() {
    let heard = |text: &str, confidence, lean| Heard {
        text: text.into(),
        confidence: Percent::new(confidence),
        lean,
    };
    let cases = [
        ("Yes.", 95, Some(Lean::Yes), "affirm"),
        ("Yes.", 95, Some(Lean::Neither), "affirm"),
        ("Yes.", 60, Some(Lean::Neither), "unclear"),
        ("Yes.", 95, Some(Lean::No), "unclear"),
        ("Yes.", 30, Some(Lean::Yes), "unclear"),
        ("Yes, that's fine.", 95, Some(Lean::No), "unclear"),
        ("Yes.", 100, None, "affirm"),
        ("Yes?", 95, Some(Lean::Yes), "affirm"),
        ("Yes?", 100, None, "unclear"),
        ("Know.", 90, Some(Lean::No), "deny"),
        ("Know.", 90, Some(Lean::Yes), "unclear"),
        ("Know.", 100, None, "unclear"),
        ("Ness.", 90, Some(Lean::Yes), "unclear"),
        ("Guess.", 90, Some(Lean::Yes), "unclear"),
        ("Chess.", 90, Some(Lean::No), "unclear"),
        ("Note.", 90, Some(Lean::No), "deny"),
        ("Now.", 90, Some(Lean::Neither), "unclear"),
        ("Nah.", 60, Some(Lean::Neither), "deny"),
        ("Nope.", 40, Some(Lean::Yes), "deny"),
        ("Yah.", 90, Some(Lean::Yes), "affirm"),
        ("Yeah.", 60, Some(Lean::Neither), "unclear"),
        ("", 0, Some(Lean::Yes), "unclear"),
        ("Five.", 90, Some(Lean::No), "unclear"),
        ("Learn.", 90, Some(Lean::Yes), "unclear"),
        ("The weather is nice today", 90, Some(Lean::No), "unclear"),
        ("No.", 90, Some(Lean::Yes), "deny"),
        ("Uh huh.", 99, Some(Lean::Yes), "unclear"),
    ];
    for (text, confidence, lean, wanted) in cases {
        for expecting in ["consent:payor", "notice"] {
            let reading = read_heard(&heard(text, confidence, lean), expecting, &[]);
            assert_eq!(
                reading.meaning.name(),
                wanted,
                "{expecting} {text} {confidence} {lean:?}: {}",
                reading.evidence
            );
        }
    }
}

#[test]
fn murmurs_are_told_from_interruptions() {
    for text in ["uh huh", "Mm-hmm.", "okay", "Right.", "yeah", "got it", "I see", "hmm"] {
        assert!(read(text, "notice").backchannel, "{text}");
    }
    for text in ["yes", "no", "wait", "stop", "yeah but what about Aetna", "", "..."] {
        assert!(!read(text, "notice").backchannel, "{text}");
    }
}

#[test]
fn talk_of_substance_use_is_noticed_wherever_it_comes() {
    for text in [
        "Hi, I've been on fentanyl six months and I need detox.",
        "I've been using heroin and I need help.",
        "I drink too much",
        "I'm two weeks sober",
        "I take Suboxone back home",
        "I overdosed two years ago",
        "yes, I relapsed",
        "I need treatment",
        "I'm an alcoholic",
        "estoy tomando drogas",
    ] {
        assert!(read(text, "notice").tells_sud, "{text}");
    }
    for text in [
        "yes",
        "My name is Jane Doe",
        "Blue Cross Blue Shield.",
        "555 0100",
        "I understand",
        "my sister told me to call",
    ] {
        assert!(!read(text, "question:name").tells_sud, "{text}");
    }
}

#[test]
fn a_signature_has_two_halves_and_only_both_are_a_yes() {
    for (text, meaning, name, assent) in [
        ("Jane Doe. I agree.", "affirm", Some("Jane Doe"), true),
        ("My name is Jane Doe and I agree", "affirm", Some("Jane Doe"), true),
        ("I, Jane Doe, agree", "affirm", Some("Jane Doe"), true),
        ("María de la Cruz, estoy de acuerdo", "affirm", Some("María de la Cruz"), true),
        ("I agree", "unclear", None, true),
        ("Jane Doe", "unclear", Some("Jane Doe"), false),
        ("yes", "unclear", None, false),
        ("I agree with my husband", "unclear", None, false),
        ("Jane Doe, I don't agree", "deny", Some("Jane Doe"), false),
        ("Jane Doe, I disagree", "deny", None, false),
        ("no", "deny", None, false),
    ] {
        let reading = read(text, "signature:payor");
        let signature = reading.signature.expect("a signature is expected");
        assert_eq!(reading.meaning.name(), meaning, "{text}: {}", reading.evidence);
        assert_eq!(signature.assent, assent, "{text}");
        if meaning != "deny" {
            assert_eq!(signature.name.as_deref(), name, "{text}");
        }
    }
    assert_eq!(read("Jane Doe, I agree", "consent:payor").signature, None);
}

#[test]
fn a_question_finds_its_answer_in_the_program() {
    for (text, faq) in [
        ("What is Part 2?", "what_is_part2"),
        ("What's part two?", "what_is_part2"),
        ("Okay, but what happens if I say no?", "if_i_say_no"),
        ("Are you a real person?", "are_you_a_robot"),
        ("Who has access to my records?", "who_sees_my_records"),
    ] {
        let reading = read(text, "notice");
        assert_eq!((reading.meaning, reading.faq.as_deref()), (Meaning::Question, Some(faq)), "{text}");
    }
}

/// CLINC150 (Larson et al., EMNLP 2019, CC BY 3.0): 18,200 lines that crowd workers wrote for 150 intents and
/// none. Half of them, by the second byte of a hash, were looked at while the tables were written; the other half
/// is measured here beside them.
mod crowd {
    use super::*;
    use sha2::{Digest, Sha256};
    use std::{collections::BTreeMap, path::PathBuf};

    /// Intent, text, and whether it was held back.
    fn lines() -> Option<Vec<(String, String, bool)>> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let places = ["../shared", "../../shared"].map(|up| root.join(up).join("data/clinc150_train.tsv"));
        let file: &PathBuf = places.iter().find(|place| place.is_file())?;
        let text = fs::read_to_string(file).unwrap();
        let rows = text.lines().filter(|l| !l.starts_with('#')).filter_map(|l| l.split_once('\t'));
        let held = |text: &str| Sha256::digest(text.as_bytes())[1] % 2 == 1;
        Some(rows.map(|(intent, text)| (intent.to_owned(), text.to_owned(), held(text))).collect())
    }

    #[test]
    fn crowd_written_lines_are_no_consent_unless_they_are_a_yes() {
        let Some(lines) = lines() else {
            eprintln!("SKIPPED: shared/data/clinc150_train.tsv is not here");
            return;
        };
        std::thread::scope(|scope| {
            for (held, part) in [(false, "looked at"), (true, "held back")] {
                let lines = &lines;
                scope.spawn(move || {
                    let rows: Vec<(&str, &str)> = lines
                        .iter()
                        .filter(|(_, _, held_back)| *held_back == held)
                        .map(|(intent, text, _)| (intent.as_str(), text.as_str()))
                        .collect();
                    consented(&rows, part);
                    unprompted(&rows, part);
                });
            }
        });
    }

    /// With everything granted, none of these lines is about sharing or danger.
    fn unprompted(rows: &[(&str, &str)], part: &str) {
        let granted: Vec<RecipientId> = HARBOR.recipients.iter().map(|r| r.id.clone()).collect();
        let expecting = "question:substance";
        for (meaning, most) in [("revoke", 10), ("emergency", 5), ("grant", 3)] {
            let told: Vec<&str> = rows
                .iter()
                .filter(|(_, text)| {
                    read_heard(&Heard::typed(*text), expecting, &granted).meaning.name() == meaning
                })
                .map(|(_, text)| *text)
                .collect();
            println!("{expecting}, {} lines {part}: {meaning} {}", rows.len(), told.len());
            assert!(told.len() <= most, "{expecting} {meaning}: {told:?}");
        }
    }

    fn consented(rows: &[(&str, &str)], part: &str) {
        for expecting in ["consent:payor", "notice"] {
            let mut counts: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
            for (intent, text) in rows {
                let kind = match *intent {
                    kind @ ("yes" | "no" | "maybe" | "repeat") => kind,
                    _ => "other",
                };
                let reading = read(text, expecting);
                counts.entry((kind, reading.meaning.name())).or_default().push(text);
            }
            let count = |kind, meaning| counts.get(&(kind, meaning)).map_or(0, Vec::len);
            let all = |kind: &str| {
                counts.iter().filter(|((k, _), _)| *k == kind).map(|(_, texts)| texts.len()).sum::<usize>()
            };
            println!("{expecting}, {} lines {part}", rows.len());
            for kind in ["yes", "no", "maybe", "repeat", "other"] {
                let told = counts
                    .iter()
                    .filter(|((k, _), _)| *k == kind)
                    .map(|((_, m), texts)| format!("{m} {}", texts.len()));
                println!("  {kind}: {}", told.collect::<Vec<_>>().join(", "));
            }
            for kind in ["no", "maybe", "repeat"] {
                assert_eq!(count(kind, "affirm") + count(kind, "grant"), 0, "{expecting} {kind}");
            }
            assert!(
                (count("other", "affirm") + count("other", "grant")) * 1_000 <= all("other"),
                "{expecting}: others"
            );
            assert_eq!(count("yes", "deny"), 0, "{expecting}");
            let least = if expecting == "notice" { 85 } else { 60 };
            assert!(
                count("yes", "affirm") * 100 >= least * all("yes"),
                "{expecting}: {} yes",
                count("yes", "affirm")
            );
            assert!(count("no", "deny") * 100 >= 85 * all("no"), "{expecting}: {} no", count("no", "deny"));
        }
    }
}

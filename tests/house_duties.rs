//! Every duty of `docs/duties.md` is met somewhere and tested somewhere, and every citation names one.

mod house;

use std::{collections::BTreeMap, fs};

/// What introduces a citation, in the code and in the tests.
const CITES: &str = concat!("Duty", ": ");

/// A place that cites duties: which, and the section it names.
struct Citation {
    place: String,
    duties: Vec<String>,
    section: Option<String>,
}

/// The duties and their sections.
fn duties() -> BTreeMap<String, String> {
    let text = fs::read_to_string(house::root().join("docs/duties.md")).expect("the list is readable");
    let mut duties = BTreeMap::new();
    for line in text.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        if let [_, number, section, sentence, ..] = cells[..]
            && is_duty(number)
        {
            assert!(section.starts_with("42 CFR 2.") && sentence.ends_with('.'), "{number} has its section");
            assert!(duties.insert(number.into(), section.into()).is_none(), "{number} stands there once");
        }
    }
    duties
}

fn is_duty(word: &str) -> bool {
    word.strip_prefix('D').is_some_and(|n| !n.is_empty() && n.chars().all(|c| c.is_ascii_digit()))
}

/// Every citation in files under `folder`.
fn citations(folder: &str) -> Vec<Citation> {
    let files = [".rs", ".txt"].into_iter().flat_map(|ending| house::files(folder, ending));
    let mut found = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).expect("a readable file");
        for (at, line) in text.lines().enumerate() {
            let place = format!("{}:{}", house::relative(&file), at + 1);
            found.extend(line.split_once(CITES).map(|(_, cited)| citation(place, cited)));
        }
    }
    found
}

/// Reads `D7, D8, 42 CFR 2.31(a)`; what follows a full stop and a space is other text.
fn citation(place: String, cited: &str) -> Citation {
    let cited = cited.split(". ").next().unwrap_or_default().trim_end_matches(['.', ')']);
    let (duties, section) = match cited.split_once("42 CFR ") {
        Some((duties, section)) => (duties, Some(section.trim().to_owned())),
        None => (cited, None),
    };
    let duties =
        duties.split(',').map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect();
    Citation { place, duties, section }
}

#[test]
fn every_duty_is_met_and_tested() {
    let (met, tested) = (citations("src"), citations("tests"));
    let cites = |citations: &[Citation], duty: &String| citations.iter().any(|c| c.duties.contains(duty));
    let mut missing = Vec::new();
    for duty in duties().keys() {
        if !cites(&met, duty) {
            missing.push(format!("{duty}: nothing in src/ says that it meets it"));
        }
        if !cites(&tested, duty) {
            missing.push(format!("{duty}: nothing in tests/ says that it tests it"));
        }
    }
    assert!(missing.is_empty(), "cite a duty where it is met and tested:\n{}", missing.join("\n"));
}

#[test]
fn every_citation_names_a_duty_and_its_section() {
    let duties = duties();
    assert!(duties.len() >= 15, "the list was read: {}", duties.len());
    let mut wrong = Vec::new();
    for Citation { place, duties: cited, section } in citations("src").into_iter().chain(citations("tests")) {
        if cited.is_empty() {
            wrong.push(format!("{place}: cites no duty"));
        }
        for duty in &cited {
            match duties.get(duty) {
                None => wrong.push(format!("{place}: docs/duties.md has no {duty}")),
                // `2.31(a)(6)` belongs to `2.31(a)(6)` and to `2.31(a)`: the part of the section counts.
                Some(known) => {
                    let part = section.as_deref().and_then(|s| s.split('(').next()).unwrap_or_default();
                    if !known.contains(part) {
                        wrong.push(format!("{place}: {duty} is of {known}, not of {part}"));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "citations name what is there:\n{}", wrong.join("\n"));
}

#[test]
fn the_test_reads_citations_as_they_are_written() {
    let read = |text: &str| {
        let Citation { duties, section, .. } = citation(String::new(), text);
        (duties.join(" "), section.unwrap_or_default())
    };
    assert_eq!(read("D9, 42 CFR 2.31(a)(6)."), ("D9".into(), "2.31(a)(6".into()));
    assert_eq!(read("D2, D3, 42 CFR 2.22(a). And more."), ("D2 D3".into(), "2.22(a".into()));
    assert_eq!(read("D1"), ("D1".into(), String::new()));
    assert!(is_duty("D12") && !is_duty("D") && !is_duty("Duty"));
}

//! Names, said or spelled.

use super::{CORRECTS, corrected, parts};
use crate::understand::same_name::sounds_same;

/// What callers say around their name.
const LEADS: &[&[&str]] = &[
    &["my", "full", "name", "is"],
    &["my", "first", "name", "is"],
    &["my", "last", "name", "is"],
    &["my", "name", "is"],
    &["my", "name's"],
    &["the", "name", "is"],
    &["the", "name's"],
    &["name", "is"],
    &["you", "can", "call", "me"],
    &["they", "call", "me"],
    &["people", "call", "me"],
    &["call", "me"],
    &["this", "is"],
    &["i", "am"],
    &["i'm"],
    &["it", "is"],
    &["it's"],
    &["its"],
    &["that's"],
    &["that", "is"],
    &["first", "name"],
    &["last", "name"],
    &["yes"],
    &["yeah"],
    &["okay"],
    &["ok"],
    &["sure"],
    &["hi"],
    &["hello"],
    &["hey"],
    &["um"],
    &["uh"],
    &["well"],
    &["so"],
    &["oh"],
    &["and"],
    &["me"],
    &["llamo"],
    &["mi", "nombre", "es"],
    &["soy"],
];
/// Words after which the name is over.
const TAILS: &[&str] = &[
    "spelled", "spelt", "that's", "thats", "please", "thanks", "thank", "sir", "maam", "but", "and", "you",
    "i", "calling", "here", "speaking", "is", "my", "from", "with", "born", "as",
];
const NAME_WORDS_MAX: usize = 5;
const NO_NAME: &[&str] = &[
    "yes", "no", "not", "what", "why", "who", "how", "sorry", "don't", "dont", "know", "tell", "say", "want",
    "rather", "nothing", "nobody", "you", "your", "need", "help",
];

/// Capitalised words: `Jane Doe`.
pub(super) fn value(text: &str) -> Option<String> {
    let parts = letters_plain(parts(text));
    let (before, after) = corrected(&parts);
    let first = before.split(|p| CORRECTS.contains(&p.as_str())).next().map(said).unwrap_or_default();
    let fix = said(after);
    // "Jane Dow, no, Doe": the correction stands for the end of the name.
    let name = match (first.len(), fix.len()) {
        (0, _) => fix,
        (_, 0) => first,
        (n, m) if m >= n => fix,
        (n, m) => first[..n - m].iter().cloned().chain(fix).collect(),
    };
    let fits = !name.is_empty()
        && name.len() <= NAME_WORDS_MAX
        && !name.iter().any(|w| NO_NAME.contains(&w.as_str()));
    fits.then(|| name.iter().map(|w| capitalised(w)).collect::<Vec<_>>().join(" "))
}

/// The words of a name without corrections, a spelling put in the place of what it spells.
fn said(parts: &[String]) -> Vec<String> {
    let letter = |at: usize| parts.get(at).is_some_and(|p| p.chars().count() == 1);
    let spelled_from = (0..parts.len()).find(|&at| match parts[at].as_str() {
        "spelled" | "spelt" | "spelling" => true,
        "that's" | "thats" | "it's" | "is" => at > 0 && letter(at + 1) && letter(at + 2),
        _ => false,
    });
    let name = read(without_lead(&parts[..spelled_from.unwrap_or(parts.len())]));
    let spelling = spelled_from.map(|at| joined_letters(&parts[at + 1..])).unwrap_or_default();
    let spelled = |word: &String| spelling.len() == 1 && sounds_same(word, &spelling[0]);
    let name = match (name.is_empty(), spelling.is_empty()) {
        (true, _) => spelling,
        (false, true) => name,
        (false, false) if name.iter().any(spelled) => {
            let mended = name.iter().map(|word| if spelled(word) { &spelling[0] } else { word });
            mended.cloned().collect()
        }
        // A spelling corrects the last name, or the name of as many words.
        (false, false) if spelling.len() >= name.len() => spelling,
        (false, false) => name[..name.len() - spelling.len()].iter().cloned().chain(spelling).collect(),
    };
    without_repeat(name)
}

/// "D as in dog", "D for dog" and "double L" as letters.
fn letters_plain(parts: Vec<String>) -> Vec<String> {
    let mut plain: Vec<String> = Vec::new();
    let mut at = 0;
    while at < parts.len() {
        let one = |at: usize| parts.get(at).is_some_and(|p| p.chars().count() == 1);
        let word = |at: usize| parts.get(at).map_or("", String::as_str);
        if word(at) == "double" && one(at + 1) {
            plain.extend([parts[at + 1].clone(), parts[at + 1].clone()]);
            at += 2;
            continue;
        }
        plain.push(parts[at].clone());
        if one(at) && word(at + 1) == "as" && word(at + 2) == "in" {
            at += 3;
        } else if one(at) && matches!(word(at + 1), "for" | "like") && word(at + 2).starts_with(word(at)) {
            at += 2;
        }
        at += 1;
    }
    plain
}

fn without_lead(mut parts: &[String]) -> &[String] {
    while let Some(lead) =
        LEADS.iter().find(|lead| lead.len() < parts.len() && lead.iter().zip(parts).all(|(a, b)| a == b))
    {
        parts = &parts[lead.len()..];
    }
    parts
}

/// The words of the name up to its end, runs of single letters joined.
fn read(parts: &[String]) -> Vec<String> {
    let end = parts.iter().position(|p| TAILS.contains(&p.as_str()) || p.chars().any(|c| c.is_ascii_digit()));
    joined_letters(&parts[..end.unwrap_or(parts.len())])
}

/// "d o e" is "doe"; a letter between words stays an initial: "john q public".
fn joined_letters(parts: &[String]) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut at = 0;
    while at < parts.len() {
        let run = parts[at..].iter().take_while(|p| p.chars().count() == 1).count();
        if run >= 2 {
            words.push(parts[at..at + run].concat());
        } else if !matches!(parts[at].as_str(), "um" | "uh" | "er" | "like") {
            words.push(parts[at].clone());
        }
        at += run.max(1);
    }
    words
}

/// "Doe, D O E": said and spelled is one word.
fn without_repeat(words: Vec<String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for word in words {
        if !kept.contains(&word) {
            kept.push(word);
        }
    }
    kept
}

/// "o'brien" is "O'Brien", "mcdonald" stays "Mcdonald": only the caller knows.
fn capitalised(word: &str) -> String {
    let mut next = true;
    let upper = |c: char| {
        if std::mem::replace(&mut next, c == '\'') { c.to_uppercase().collect() } else { c.to_string() }
    };
    word.chars().map(upper).collect()
}

//! Digits and letters, spoken or keyed.

use super::{corrected, number_word, parts};

/// The digits of a telephone number. Of this country's numbering plan it has 7 or 10, and one digit too many or too
/// few is a slip of the caller or the recogniser: it is asked for again. Longer ones are another country's.
pub(super) fn phone(text: &str) -> Option<String> {
    const LOCAL: [usize; 2] = [7, 10];
    const ABROAD: std::ops::RangeInclusive<usize> = 12..=15;
    let digits = with_correction(&parts(text), Letters::No, LOCAL[0]);
    let local = match digits.strip_prefix('1') {
        Some(rest) if rest.len() == 10 => rest.to_owned(),
        _ => digits,
    };
    let says_abroad = text.trim_start().starts_with('+') || local.starts_with('0');
    let fits = LOCAL.contains(&local.len()) || ABROAD.contains(&local.len());
    (fits || says_abroad && (LOCAL[0]..=*ABROAD.end()).contains(&local.len())).then_some(local)
}

/// The letters and digits of an identifier.
pub(super) fn member_id(text: &str) -> Option<String> {
    const CHARS_MIN: usize = 4;
    const CHARS_MAX: usize = 30;
    const WHOLE_CHARS: usize = 6;
    let id = with_correction(&without_lead(parts(text)), Letters::Yes, WHOLE_CHARS);
    (CHARS_MIN..=CHARS_MAX).contains(&id.len()).then_some(id)
}

/// The digits that were said one after the other.
pub(super) fn run(parts: &[String]) -> String {
    with_correction(parts, Letters::No, usize::MAX)
}

/// The longest run of what was spelled: "my number is 555 0100, extension 4" and "call me after 5 at 555 0100".
fn longest_run(parts: &[String], letters: Letters) -> String {
    let spelled = spell(parts, letters);
    let runs = spelled.split(|piece| piece.is_none());
    let joined = runs.map(|run| run.iter().flatten().map(String::as_str).collect::<String>());
    joined
        .filter(|run| run.chars().any(|c| c.is_ascii_digit()))
        .max_by_key(|run| run.len())
        .unwrap_or_default()
}

/// What was spelled, corrections done: "555 0100, no wait, 0199" is 555 0199. A correction of at least `whole`
/// characters stands for all that was said before it, a shorter one for its end.
fn with_correction(parts: &[String], letters: Letters, whole: usize) -> String {
    let parts = without_denied(parts);
    let (before, after) = corrected(&parts);
    let fix = longest_run(after, letters);
    if before.is_empty() {
        return longest_run(&parts, letters);
    }
    let said = with_correction(before, letters, whole);
    if fix.len() >= whole || fix.len() >= said.len() {
        return fix;
    }
    if after.iter().any(|p| p == "area") && said.len() == 10 && fix.len() == 3 {
        return format!("{fix}{}", &said[3..]);
    }
    if fix.len() < 2 {
        return said;
    }
    format!("{}{fix}", &said[..said.len() - fix.len()])
}

/// "0199, not 0100": what follows the "not" was wrong.
fn without_denied(parts: &[String]) -> Vec<String> {
    let Some(not) = parts.iter().position(|p| p == "not") else { return parts.to_vec() };
    let said_before = !longest_run(&parts[..not], Letters::No).is_empty();
    let is_number = |p: &&String| piece(std::slice::from_ref(*p), Letters::No).0.is_some();
    let denied = parts[not + 1..].iter().take_while(is_number).count();
    if said_before && denied > 0 {
        parts[..not].iter().chain(&parts[not + 1 + denied..]).cloned().collect()
    } else {
        parts.to_vec()
    }
}

/// "My member ID is", "it's": so that their letters are none of the identifier's.
fn without_lead(parts: Vec<String>) -> Vec<String> {
    let last = parts.iter().rposition(|p| {
        matches!(p.as_str(), "is" | "it's" | "its" | "that's" | "id" | "number" | "policy" | "card" | "says")
    });
    match last {
        Some(at) if at + 1 < parts.len() => parts[at + 1..].to_vec(),
        _ => parts,
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Letters {
    No,
    Yes,
}

/// Each word as the characters it stands for; nothing for a word that stands for none. Hesitations
/// leave no trace.
fn spell(parts: &[String], letters: Letters) -> Vec<Option<String>> {
    let mut spelled: Vec<Option<String>> = Vec::new();
    let mut at = 0;
    while at < parts.len() {
        if matches!(
            parts[at].as_str(),
            "um" | "uh" | "er" | "and" | "dash" | "hyphen" | "space" | "then" | "like" | "capital" | "letter"
        ) {
            at += 1;
            continue;
        }
        let (piece, used) = piece(&parts[at..], letters);
        at += used;
        spelled.push(piece);
    }
    spelled
}

fn piece(parts: &[String], letters: Letters) -> (Option<String>, usize) {
    let word = parts[0].as_str();
    let next = parts.get(1).map(String::as_str);
    if let Some(times) = match word {
        "double" => Some(2),
        "triple" => Some(3),
        _ => None,
    } && next.is_some()
    {
        let (again, used) = piece(&parts[1..], letters);
        return match again {
            Some(one) if one.len() == 1 => (Some(one.repeat(times)), used + 1),
            other => (other, used + 1),
        };
    }
    if word.chars().all(|c| c.is_ascii_digit()) {
        return (Some(word.to_owned()), 1);
    }
    if letters == Letters::Yes
        && word.chars().any(|c| c.is_ascii_digit())
        && word.chars().all(|c| c.is_ascii_alphanumeric())
    {
        return (Some(word.to_ascii_uppercase()), 1);
    }
    if let Some(number) = number_word(word) {
        // With letters about, "o" is the letter only between letters; digits are far commoner in identifiers.
        return counted(number, next, parts.get(2).map(String::as_str));
    }
    match word {
        "hundred" => (Some("00".into()), 1),
        "thousand" => (Some("000".into()), 1),
        _ if letters == Letters::No => (None, 1),
        _ => letter(word, &parts[1..]),
    }
}

/// A number word with what belongs to it: "one hundred" is 100, "fifty five" 55, "eight hundred" 800.
fn counted(number: u32, next: Option<&str>, after: Option<&str>) -> (Option<String>, usize) {
    let unit = |word: Option<&str>| {
        word.filter(|w| *w != "oh" && *w != "o").and_then(number_word).filter(|n| (1..=9).contains(n))
    };
    match next {
        Some("hundred") if number > 0 => match after.and_then(number_word) {
            Some(_) | None => (Some(format!("{number}00")), 2),
        },
        Some("thousand") if number > 0 => (Some(format!("{number}000")), 2),
        _ if number >= 20 => match unit(next) {
            Some(units) => (Some((number + units).to_string()), 2),
            None => (Some(number.to_string()), 1),
        },
        _ => (Some(number.to_string()), 1),
    }
}

/// A letter by itself, by a name ("bee", "zee"), or as in "B as in boy". Several letters in one word are a
/// spelling that the recogniser joined ("xyz"), if they are no word that callers say around an identifier.
fn letter(word: &str, rest: &[String]) -> (Option<String>, usize) {
    const AROUND: &[&str] = &[
        "my", "the", "is", "it", "its", "id", "so", "ok", "okay", "yes", "no", "not", "for", "um", "uh",
        "and", "you", "have", "are", "was", "but", "can", "get", "let", "see", "me", "here",
    ];
    let single = match word {
        _ if word.len() == 1 => Some(word),
        "bee" => Some("b"),
        "cee" | "sea" => Some("c"),
        "dee" => Some("d"),
        "eff" => Some("f"),
        "gee" => Some("g"),
        "aitch" => Some("h"),
        "jay" => Some("j"),
        "kay" => Some("k"),
        "el" | "ell" => Some("l"),
        "em" => Some("m"),
        "en" => Some("n"),
        "pee" => Some("p"),
        "cue" | "queue" => Some("q"),
        "are" | "ar" => Some("r"),
        "ess" => Some("s"),
        "tee" => Some("t"),
        "vee" => Some("v"),
        "ex" => Some("x"),
        "why" => Some("y"),
        "zee" | "zed" => Some("z"),
        _ => None,
    };
    match single {
        Some(letter) => {
            let as_in = matches!(rest, [a, b, _, ..] if a == "as" && b == "in");
            let for_ = matches!(rest, [a, b, ..] if a == "for" && b.starts_with(letter));
            (
                Some(letter.to_ascii_uppercase()),
                if as_in {
                    4
                } else if for_ {
                    3
                } else {
                    1
                },
            )
        }
        None if word.len() <= 4 && word.is_ascii() && !AROUND.contains(&word) => {
            (Some(word.to_ascii_uppercase()), 1)
        }
        None => (None, 1),
    }
}

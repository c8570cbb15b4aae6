//! The value in an answer: a name, a telephone number, a date, a member id.
//!
//! What callers say and recognisers write differ widely: "five five five oh one hundred", "555-0100",
//! "five, 5, 5, oh, 100". All become one plain value, or nothing where there is none to be sure of.

use super::normalise;
use crate::program::AnswerKind;

mod code;
mod date;
mod digits;
mod insurer;
mod name;
mod spoken;

pub use code::{SpokenCode, spoken_code};
pub use spoken::spoken_value;

/// The value in `text` as it is stored, where the answer has one:
///
/// | kind | value |
/// |---|---|
/// | [`AnswerKind::Name`] | capitalised words: `Jane Doe` |
/// | [`AnswerKind::Phone`] | 7 or 10 digits, without a leading 1 before ten, or another country's: `5550100` |
/// | [`AnswerKind::Date`] | `YYYY-MM-DD`, a date that exists, 1900 to 2099; a two-digit year is at most 2026 |
/// | [`AnswerKind::MemberId`] | capital letters and digits, at least one digit: `XYZ12345` |
/// | [`AnswerKind::Insurer`] | the insurer's own name where it is known: `Aetna`; `none`; else the text as said |
/// | [`AnswerKind::Open`] | the text without surrounding white space |
pub fn value(kind: AnswerKind, text: &str) -> Option<String> {
    match kind {
        AnswerKind::Name => name::value(text),
        AnswerKind::Phone => digits::phone(text),
        AnswerKind::Date => date::value(text),
        AnswerKind::MemberId => digits::member_id(text),
        AnswerKind::Insurer => insurer::value(text),
        AnswerKind::Open => Some(text.trim()).filter(|t| !t.is_empty()).map(str::to_owned),
    }
}

/// Whether figures were said, in digits or in words: somebody who says them meant a number, a date or an identifier.
pub fn holds_figures(text: &str) -> bool {
    const WORDS_MIN: usize = 4;
    let words = parts(text).iter().filter(|part| number_word(part).is_some()).count();
    words >= WORDS_MIN || text.chars().any(|c| c.is_ascii_digit())
}

/// The words of an answer in lower case, numbers as written, letters of a spelling apart: "D-O-E" and "D.O.E."
/// are three words.
fn parts(text: &str) -> Vec<String> {
    let folded = normalise::folded(text);
    folded
        .split(|c: char| !c.is_alphanumeric() && c != '\'')
        .map(|part| part.trim_matches('\'').to_owned())
        .filter(|part| !part.is_empty())
        .collect()
}

/// Words after which what was said before is said anew.
const CORRECTS: &[&str] =
    &["no", "wait", "sorry", "actually", "correction", "mean", "meant", "rather", "oops", "perdon", "digo"];

/// What was said before the last correction, and after it.
fn corrected(parts: &[String]) -> (&[String], &[String]) {
    match parts.iter().rposition(|p| CORRECTS.contains(&p.as_str())) {
        Some(last) => (&parts[..last], &parts[last + 1..]),
        None => (&[], parts),
    }
}

/// What a number word counts, up to nineteen, and the tens.
fn number_word(word: &str) -> Option<u32> {
    const SMALL: &[&str] = &[
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    ];
    const TENS: &[&str] = &["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
    let small = SMALL.iter().position(|w| *w == word).map(|n| n as u32);
    let tens = || TENS.iter().position(|w| *w == word).map(|n| (n as u32 + 2) * 10);
    small.or_else(tens).or(match word {
        "oh" | "o" => Some(0),
        "fourty" => Some(40),
        _ => None,
    })
}

//! How a value is read back: for the ear, and for the eye beside it.

use super::date;
use crate::program::{AnswerKind, Locale};

/// `value`, as [`super::value`] gives it, the way it is read back: digits in groups, dates in words, identifiers letter
/// by letter.
///
/// | kind | value | read back |
/// |---|---|---|
/// | phone | `2155550100` | `2 1 5, 5 5 5, 0 1 0 0` |
/// | date | `1985-03-04` | `March 4, 1985` · `4 de marzo de 1985` |
/// | member id | `XYZ123` | `X Y Z 1 2 3` |
/// | insurer | `none` | `no insurance` · `sin seguro` |
pub fn spoken_value(kind: AnswerKind, value: &str, locale: Locale) -> String {
    match kind {
        AnswerKind::Phone => phone(value),
        AnswerKind::Date => date::spoken(value, locale).unwrap_or_else(|| value.to_owned()),
        AnswerKind::MemberId => spaced(value),
        AnswerKind::Insurer if value == "none" => match locale {
            Locale::EnUs => "no insurance".into(),
            Locale::EsUs => "sin seguro".into(),
        },
        AnswerKind::Name | AnswerKind::Insurer | AnswerKind::Open => value.to_owned(),
    }
}

fn spaced(text: &str) -> String {
    let letters: Vec<String> = text.chars().filter(|c| !c.is_whitespace()).map(String::from).collect();
    letters.join(" ")
}

/// The last four digits, before them threes, as numbers are said.
fn phone(digits: &str) -> String {
    if !digits.bytes().all(|b| b.is_ascii_digit()) || digits.len() < 5 {
        return spaced(digits);
    }
    let (mut head, tail) = digits.split_at(digits.len() - 4);
    let mut groups = vec![spaced(tail)];
    while !head.is_empty() {
        let (rest, group) = head.split_at(head.len().saturating_sub(3));
        groups.push(spaced(group));
        head = rest;
    }
    groups.reverse();
    groups.join(", ")
}

//! The code of a chat that goes on by phone, as it is spoken.

use super::{digits, parts};
use crate::pii::Pii;

/// What was said about such a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SpokenCode {
    /// These are its digits.
    Digits(Pii<String>),
    /// The caller has one, and did not say it.
    Has,
}

/// What `text` says about a code of `length` digits. `asked_for`: the caller was asked for it, so that the digits
/// alone are enough. "My zip code" and "the area code" are about something else.
pub fn spoken_code(text: &str, length: usize, asked_for: bool) -> Option<SpokenCode> {
    const HAS: [&str; 5] = ["have", "got", "enter", "given", "tengo"];
    const NOT: [&str; 12] = [
        "no", "not", "never", "don't", "dont", "haven't", "havent", "didn't", "didnt", "without", "nor",
        "lost",
    ];
    const OTHERS: [&str; 6] = ["zip", "area", "postal", "dress", "billing", "diagnosis"];
    let parts = parts(text);
    let named = parts.iter().enumerate().any(|(at, part)| {
        let other = at > 0 && OTHERS.contains(&parts[at - 1].as_str());
        matches!(part.as_str(), "code" | "codigo") && !other
    });
    if !named && !asked_for {
        return None;
    }
    let said = digits::run(&parts);
    if said.len() == length {
        return Some(SpokenCode::Digits(Pii::new(said)));
    }
    let says = |words: &[&str]| parts.iter().any(|part| words.contains(&part.as_str()));
    (named && said.is_empty() && says(&HAS) && !says(&NOT)).then_some(SpokenCode::Has)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_heard_as_people_say_it() {
        let digits = |text: &str| Some(SpokenCode::Digits(Pii::new(text.to_owned())));
        for (said, asked_for, expected) in [
            ("my code is four eight two one nine three", false, digits("482193")),
            ("My code is 482 193.", false, digits("482193")),
            ("The code: 4-8-2-1-9-3", false, digits("482193")),
            ("código cuatro", false, None),
            ("I have a code", false, Some(SpokenCode::Has)),
            ("I got a code from your chat", false, Some(SpokenCode::Has)),
            ("tengo un código", false, Some(SpokenCode::Has)),
            ("four eight two one nine three", true, digits("482193")),
            ("four eight two one nine three", false, None),
            ("my zip code is 02139", false, None),
            ("I have a zip code", false, None),
            ("my code is four eight two", false, None),
            ("yes", true, None),
            ("I don't have a code", false, None),
            ("I have no code", false, None),
            ("I haven't got a code", false, None),
            ("no tengo código", false, None),
        ] {
            assert_eq!(spoken_code(said, 6, asked_for), expected, "{said}");
        }
    }
}

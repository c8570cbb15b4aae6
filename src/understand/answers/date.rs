//! Dates, spoken, written or keyed; the American order, month first.

use super::{corrected, number_word, parts};
use crate::{
    program::Locale,
    time::{ENGLISH_MONTHS, SPANISH_MONTHS},
};

/// A year of two digits is the latest with these digits that is not after this one.
const TWO_DIGIT_YEAR_MAX: u32 = 2026;

const ORDINALS: &[&str] = &[
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
    "twentieth",
];

/// `YYYY-MM-DD`.
pub(super) fn value(text: &str) -> Option<String> {
    let (year, month, day) = with_correction(&without_denied(parts(text)))?;
    let exists =
        (1900..=2099).contains(&year) && (1..=12).contains(&month) && (1..=days(year, month)).contains(&day);
    exists.then(|| format!("{year:04}-{month:02}-{day:02}"))
}

/// A date as it is said, of one as [`value`] gives it.
pub(super) fn spoken(date: &str, locale: Locale) -> Option<String> {
    let mut numbers = date.split('-').map(|part| part.parse::<u32>().ok());
    let (year, month, day) = (numbers.next()??, numbers.next()??, numbers.next()??);
    let index = usize::try_from(month).ok()?.checked_sub(1)?;
    Some(match locale {
        Locale::EnUs => format!("{} {day}, {year}", ENGLISH_MONTHS.get(index)?),
        Locale::EsUs => format!("{day} de {} de {year}", SPANISH_MONTHS.get(index)?),
    })
}

/// Year, month, day.
type Ymd = (u32, u32, u32);

fn read(parts: &[String]) -> Option<Ymd> {
    named_month(parts).or_else(|| keyed(parts)).or_else(|| numbers(parts))
}

/// "May fourth 1985, no, March": what follows the last correction is a whole date, or the part it corrects.
fn with_correction(parts: &[String]) -> Option<Ymd> {
    const AROUND: &[&str] = &["i", "it's", "its", "the", "it", "is", "of", "said"];
    let (before, after) = corrected(parts);
    if before.is_empty() || after.is_empty() {
        return read(parts);
    }
    if let Some(date) = read(after) {
        return Some(date);
    }
    let Some((year_said, month_said, day_said)) = with_correction(before) else { return read(parts) };
    let words: Vec<&String> = after.iter().filter(|p| !AROUND.contains(&p.as_str())).collect();
    let month = words.iter().find_map(|p| month_named(p));
    let rest: Vec<String> = words.into_iter().filter(|p| month_named(p).is_none()).cloned().collect();
    let day_only = leading_day(&rest).filter(|(_, used)| *used == rest.len()).map(|(day, _)| day);
    let year_only = year(&rest).filter(|_| day_only.is_none());
    Some((year_only.unwrap_or(year_said), month.unwrap_or(month_said), day_only.unwrap_or(day_said)))
}

/// "March, not May": what follows the "not" was wrong.
fn without_denied(mut parts: Vec<String>) -> Vec<String> {
    if let Some(not) = parts.iter().position(|p| p == "not" || p == "isn't") {
        let wrong = parts.get(not + 1).is_some_and(|p| month_named(p).is_some() || day(p).is_some());
        if wrong && not > 0 {
            parts.drain(not..=not + 1);
        }
    }
    parts
}

fn days(year: u32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 31,
    }
}

/// "March third nineteen eighty five", "the 3rd of March 1985", "Mar 3, 85".
fn named_month(parts: &[String]) -> Option<(u32, u32, u32)> {
    let (at, month) = parts.iter().enumerate().find_map(|(at, part)| Some((at, month_named(part)?)))?;
    let before = at.checked_sub(1).and_then(|last| {
        let last = if parts[last] == "of" || parts[last] == "de" { last.checked_sub(1)? } else { last };
        let tens = last.checked_sub(1).and_then(|i| number_word(&parts[i])).filter(|n| matches!(n, 20 | 30));
        let day = day(&parts[last])?;
        Some(if day < 10 { day + tens.unwrap_or(0) } else { day })
    });
    let mut rest = &parts[at + 1..];
    let day = match before {
        Some(day) => day,
        None => {
            while rest.first().is_some_and(|p| p == "the") {
                rest = &rest[1..];
            }
            let (day, used) = leading_day(rest)?;
            rest = &rest[used..];
            day
        }
    };
    while rest.first().is_some_and(|p| matches!(p.as_str(), "of" | "in" | "the" | "year" | "de" | "del")) {
        rest = &rest[1..];
    }
    Some((year(rest)?, month, day))
}

fn month_named(part: &str) -> Option<u32> {
    let means = |name: &&str| {
        let name = name.to_lowercase();
        name == part || part.len() >= 3 && part != "mar" && name.get(..3) == Some(part)
    };
    let abbreviated = match part {
        "mar" => Some(2),
        "sept" => Some(8),
        _ => None,
    };
    ENGLISH_MONTHS
        .iter()
        .position(means)
        .or(abbreviated)
        .or_else(|| SPANISH_MONTHS.iter().position(|name| *name == part))
        .map(|m| m as u32 + 1)
}

/// A day of the month in one word.
fn day(part: &str) -> Option<u32> {
    let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
    let tail = &part[digits.len()..];
    if !digits.is_empty() && digits.len() <= 2 && matches!(tail, "" | "st" | "nd" | "rd" | "th") {
        return digits.parse().ok();
    }
    let ordinal = ORDINALS.iter().position(|name| *name == part).map(|n| n as u32 + 1);
    ordinal.or_else(|| number_word(part)).or((part == "thirtieth").then_some(30)).filter(|n| *n <= 31)
}

/// A day of the month at the head of `parts`, and how many words it takes.
fn leading_day(parts: &[String]) -> Option<(u32, usize)> {
    let first = day(parts.first()?)?;
    let spelled = number_word(&parts[0]).is_some_and(|n| n == 20 || n == 30);
    match parts.get(1).and_then(|p| day(p)) {
        // "Twenty third", but not "twenty nineteen eighty", whose second word begins the year.
        Some(units) if spelled && units < 10 && !parts[1].starts_with(|c: char| c.is_ascii_digit()) => {
            Some((first + units, 2))
        }
        // "Oh three".
        Some(units) if first == 0 && units < 10 => Some((units, 2)),
        _ => Some((first, 1)),
    }
}

/// "1985", "85", "nineteen eighty five", "two thousand and one", "twenty ten", "oh five".
fn year(parts: &[String]) -> Option<u32> {
    let first = parts.first()?.as_str();
    if first.chars().all(|c| c.is_ascii_digit()) {
        return match first.len() {
            4 => first.parse().ok(),
            2 => match parts.get(1).filter(|p| p.len() == 2 && p.chars().all(|c| c.is_ascii_digit())) {
                // "19 85", as a recogniser may write it.
                Some(rest) if matches!(first, "19" | "20") => format!("{first}{rest}").parse().ok(),
                _ => first.parse().ok().map(full_year),
            },
            _ => None,
        };
    }
    let pair = |parts: &[String]| -> Option<u32> {
        let tens = number_word(parts.first()?)?;
        let units = parts
            .get(1)
            .filter(|p| *p != "oh" && *p != "o")
            .and_then(|p| number_word(p))
            .filter(|n| (1..=9).contains(n));
        Some(match tens {
            0 => parts.get(1).and_then(|p| number_word(p)).filter(|n| *n < 10)?,
            20.. => tens + units.unwrap_or(0),
            _ => tens,
        })
    };
    let number = number_word(first)?;
    let rest: Vec<String> = parts[1..].iter().filter(|p| *p != "and").cloned().collect();
    match (number, rest.first().map(String::as_str)) {
        (2, Some("thousand")) => Some(2000 + rest.get(1..).and_then(pair).unwrap_or(0)),
        (19 | 20, Some("hundred")) => Some(number * 100 + rest.get(1..).and_then(pair).unwrap_or(0)),
        (19 | 20, Some(second)) => match second.parse::<u32>() {
            Ok(written) if second.len() == 2 => Some(number * 100 + written),
            _ => pair(&rest)
                .filter(|_| number == 19 || number_word(second).is_some_and(|n| n >= 10 || n == 0))
                .map(|tail| number * 100 + tail)
                .or(Some(full_year(pair(parts)?))),
        },
        _ => pair(parts).map(full_year),
    }
}

fn full_year(two_digits: u32) -> u32 {
    let this_century = 2000 + two_digits % 100;
    if this_century > TWO_DIGIT_YEAR_MAX { this_century - 100 } else { this_century }
}

/// "03031985", "030385", and an ISO date.
fn keyed(parts: &[String]) -> Option<(u32, u32, u32)> {
    let numeric: Vec<&String> = parts.iter().filter(|p| p.chars().all(|c| c.is_ascii_digit())).collect();
    let number = |text: &str| text.parse::<u32>().ok();
    match numeric[..] {
        [all] if all.len() == 8 => Some((number(&all[4..])?, number(&all[..2])?, number(&all[2..4])?)),
        [all] if all.len() == 6 => {
            Some((full_year(number(&all[4..])?), number(&all[..2])?, number(&all[2..4])?))
        }
        [all] if all.len() == 7 => Some((number(&all[3..])?, number(&all[..1])?, number(&all[1..3])?)),
        [year, month, day] if year.len() == 4 => Some((number(year)?, number(month)?, number(day)?)),
        [month, day, year] if month.len() <= 2 && day.len() <= 2 => {
            let year = if year.len() == 4 { number(year)? } else { full_year(number(year)?) };
            Some((year, number(month)?, number(day)?))
        }
        // Keyed or said digit by digit: "0 3 0 3 1 9 8 5".
        _ if !numeric.is_empty() && numeric.iter().all(|n| n.len() == 1) => {
            let joined: String = numeric.iter().map(|n| n.as_str()).collect();
            if joined.len() == 8 { keyed(&[joined]) } else { None }
        }
        _ => None,
    }
}

/// "Three three eighty five", "oh three oh three nineteen eighty five".
fn numbers(parts: &[String]) -> Option<(u32, u32, u32)> {
    let start =
        parts.iter().position(|p| number_word(p).is_some() || p.chars().all(|c| c.is_ascii_digit()))?;
    let said = &parts[start..];
    let digits: Option<String> =
        said.iter().map(|p| number_word(p).filter(|n| *n < 10).map(|n| n.to_string())).collect();
    if let Some(all) = digits.filter(|d| d.len() == 8) {
        return keyed(&[all]);
    }
    let (month, used) = leading_day(said)?;
    let said = &said[used..];
    let (day, used) = leading_day(said)?;
    Some((year(&said[used..])?, month, day))
}

//! Dates, spoken, written or keyed; the American order, month first.

use super::{number_word, parts};

/// A year of two digits is the latest with these digits that is not after this one.
const TWO_DIGIT_YEAR_MAX: u32 = 2026;

const MONTHS: &[&str] = &[
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
const MONTHS_ES: &[&str] = &[
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
];
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
    let parts = parts(text);
    let (year, month, day) = named_month(&parts).or_else(|| keyed(&parts)).or_else(|| numbers(&parts))?;
    let exists =
        (1900..=2099).contains(&year) && (1..=12).contains(&month) && (1..=days(year, month)).contains(&day);
    exists.then(|| format!("{year:04}-{month:02}-{day:02}"))
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
    let position = |names: &[&str]| {
        names
            .iter()
            .position(|name| *name == part || part.len() >= 3 && part != "mar" && name.get(..3) == Some(part))
    };
    let abbreviated = match part {
        "mar" => Some(2),
        "sept" => Some(8),
        _ => None,
    };
    position(MONTHS)
        .or(abbreviated)
        .or_else(|| MONTHS_ES.iter().position(|name| *name == part))
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

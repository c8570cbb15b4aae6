//! Figures as the reader wants them.

use crate::time::ENGLISH_MONTHS;

/// "4357" as "4 3 5 7"; everything that is no digit is left out.
pub fn digits(text: &str) -> String {
    let digits: Vec<String> = text.chars().filter(char::is_ascii_digit).map(String::from).collect();
    digits.join(" ")
}

/// A long number digit by digit, in groups that can be written down: "1 2 3 4, 5 6 7 8".
pub fn digits_in_groups(text: &str) -> String {
    let all: Vec<char> = text.chars().filter(char::is_ascii_digit).collect();
    let size = if all.len() <= 5 {
        all.len().max(1)
    } else if all.len().is_multiple_of(3) {
        3
    } else {
        4
    };
    let groups: Vec<String> = all.chunks(size).map(|group| digits(&String::from_iter(group))).collect();
    groups.join(", ")
}

/// "3" as "3rd".
pub fn ordinal(number: u32) -> String {
    let ending = match (number % 100, number % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

/// "March 3rd, 1985"; `None` where there is no such day.
pub fn date(month: u32, day: u32, year: Option<u32>) -> Option<String> {
    let name = ENGLISH_MONTHS.get(usize::try_from(month).ok()?.checked_sub(1)?)?;
    if !(1..=31).contains(&day) {
        return None;
    }
    let day = ordinal(day);
    Some(match year {
        Some(year) => format!("{name} {day}, {year}"),
        None => format!("{name} {day}"),
    })
}

/// The number of a month from its name or its first three letters.
pub fn month(name: &str) -> Option<u32> {
    let first: String = name.chars().take(3).flat_map(char::to_lowercase).collect();
    let place = ENGLISH_MONTHS.iter().position(|month| month.to_lowercase().starts_with(&first))?;
    u32::try_from(place + 1).ok()
}

/// A year from two or four figures: birthdays lie in the past.
pub fn year(figures: &str) -> Option<u32> {
    let number: u32 = figures.parse().ok()?;
    Some(match figures.len() {
        2 if number > 35 => 1900 + number,
        2 => 2000 + number,
        _ => number,
    })
}

/// A number of the law, "164.520", as lawyers say it: "1 64 point 5 20".
pub fn section(number: &str) -> String {
    number.split('.').map(pairs).collect::<Vec<_>>().join(" point ")
}

fn pairs(number: &str) -> String {
    match number.as_bytes() {
        [first @ b'1'..=b'9', b'0', last @ b'1'..=b'9'] => format!("{} oh {}", *first as char, *last as char),
        [b'1'..=b'9', tens, ones] if (*tens, *ones) != (b'0', b'0') => {
            format!("{} {}", &number[..1], &number[1..])
        }
        [b'0', _, ..] => digits(number),
        _ => number.into(),
    }
}

/// "XIV" as 14; `None` where it is no Roman number.
pub fn roman(text: &str) -> Option<u32> {
    let values: Option<Vec<u32>> = text
        .chars()
        .map(|c| {
            Some(match c {
                'I' => 1,
                'V' => 5,
                'X' => 10,
                'L' => 50,
                _ => return None,
            })
        })
        .collect();
    let values = values?;
    let mut sum = 0;
    for (i, value) in values.iter().enumerate() {
        if values.get(i + 1).is_some_and(|next| next > value) {
            sum -= i64::from(*value);
        } else {
            sum += i64::from(*value);
        }
    }
    u32::try_from(sum).ok().filter(|sum| *sum > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_as_people_say_them() {
        assert_eq!(digits("(415)"), "4 1 5");
        assert_eq!(digits_in_groups("123456789"), "1 2 3, 4 5 6, 7 8 9");
        assert_eq!(
            [1, 2, 3, 4, 11, 12, 13, 21, 112].map(ordinal).join(" "),
            "1st 2nd 3rd 4th 11th 12th 13th 21st 112th"
        );
        assert_eq!(date(2, 30, None).as_deref(), Some("February 30th"));
        assert_eq!(date(13, 1, None), None);
        assert_eq!(date(0, 1, None), None);
        assert_eq!((year("85"), year("04"), year("1985")), (Some(1985), Some(2004), Some(1985)));
        assert_eq!(section("164.508"), "1 64 point 5 oh 8");
        assert_eq!(section("2.100"), "2 point 100");
        assert_eq!(roman("XIV"), Some(14));
        assert_eq!(month("Sept"), Some(9));
    }
}

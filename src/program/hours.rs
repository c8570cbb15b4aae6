//! When a person answers, as a program writes it: `mon-fri 08:00-18:00`.

use super::Person;
use jiff::civil::{DateTime, Weekday};
use std::str::FromStr;

const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

/// One line of opening hours: some days of the week, from a minute of the day to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hours {
    days: [bool; 7],
    from_minute: u16,
    to_minute: u16,
}

/// Not a line of opening hours, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotHours {
    /// It has not the shape of one.
    #[error("it is not days, a space, and two times")]
    Shape,
    /// A day that is none.
    #[error("`{0}` is no day of the week")]
    Day(String),
    /// A time that is none.
    #[error("`{0}` is no time of the day")]
    Time(String),
    /// It ends before it begins.
    #[error("it ends before it begins")]
    Backwards,
}

impl Hours {
    /// Whether `local`, on the program's own clock, is within these hours. The last minute is outside.
    pub fn cover(&self, local: DateTime) -> bool {
        let minute = local.hour() as u16 * 60 + local.minute() as u16;
        self.days[day_index(local.weekday())] && (self.from_minute..self.to_minute).contains(&minute)
    }
}

impl FromStr for Hours {
    type Err = NotHours;

    fn from_str(text: &str) -> Result<Self, NotHours> {
        let (days_text, times) = text.trim().split_once(' ').ok_or(NotHours::Shape)?;
        let (from, to) = times.trim().split_once('-').ok_or(NotHours::Shape)?;
        let mut days = [false; 7];
        for range in days_text.split(',') {
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            let (first, last) = (day(first)?, day(last)?);
            // `sat-mon` runs over the end of the week.
            let length = (last + 7 - first) % 7;
            (0..=length).for_each(|i| days[(first + i) % 7] = true);
        }
        let (from_minute, to_minute) = (minute(from)?, minute(to)?);
        if from_minute >= to_minute {
            return Err(NotHours::Backwards);
        }
        Ok(Hours { days, from_minute, to_minute })
    }
}

fn day(name: &str) -> Result<usize, NotHours> {
    DAYS.iter()
        .position(|(n, _)| n.eq_ignore_ascii_case(name.trim()))
        .ok_or_else(|| NotHours::Day(name.trim().to_owned()))
}

fn day_index(weekday: Weekday) -> usize {
    DAYS.iter().position(|(_, w)| *w == weekday).expect("all seven days are in the table")
}

fn minute(text: &str) -> Result<u16, NotHours> {
    let wrong = || NotHours::Time(text.trim().to_owned());
    let (h, m) = text.trim().split_once(':').ok_or_else(wrong)?;
    let two_digits = |s: &str| (s.len() == 2).then(|| s.parse::<u16>().ok()).flatten().ok_or_else(wrong);
    match (two_digits(h)?, two_digits(m)?) {
        (24, 0) => Ok(24 * 60),
        (h @ 0..24, m @ 0..60) => Ok(h * 60 + m),
        _ => Err(wrong()),
    }
}

impl Person {
    /// Whether somebody answers [`Person::number`] at `local`, the time on the program's own clock
    /// (see [`Person::timezone`]). No hours at all means always.
    pub fn answers_at(&self, local: DateTime) -> bool {
        self.hours.is_empty()
            || self.hours.iter().filter_map(|h| h.parse::<Hours>().ok()).any(|h| h.cover(local))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn hours_cover_their_days_from_the_first_minute_to_before_the_last() {
        let weekdays: Hours = "mon-fri 08:00-18:00".parse().unwrap();
        let sunday_to_monday: Hours = "sat-mon 20:00-24:00".parse().unwrap();
        // 2026-11-02 is a Monday.
        let at = |day, hour, minute| date(2026, 11, day).at(hour, minute, 0, 0);
        let cases = [
            (&weekdays, at(2, 8, 0), true),
            (&weekdays, at(2, 7, 59), false),
            (&weekdays, at(6, 17, 59), true),
            (&weekdays, at(6, 18, 0), false),
            (&weekdays, at(7, 12, 0), false),
            (&sunday_to_monday, at(1, 23, 59), true),
            (&sunday_to_monday, at(2, 20, 0), true),
            (&sunday_to_monday, at(3, 20, 0), false),
        ];
        for (hours, when, open) in cases {
            assert_eq!(hours.cover(when), open, "{when}");
        }
    }

    #[test]
    fn what_is_no_opening_hour_is_told_why() {
        let cases = [
            ("weekdays", NotHours::Shape),
            ("mon-fri 9 to 5", NotHours::Shape),
            ("mon-fry 08:00-18:00", NotHours::Day("fry".into())),
            ("mon 8:00-18:00", NotHours::Time("8:00".into())),
            ("mon 08:00-24:30", NotHours::Time("24:30".into())),
            ("mon 18:00-08:00", NotHours::Backwards),
        ];
        for (text, why) in cases {
            assert_eq!(text.parse::<Hours>(), Err(why), "{text}");
        }
    }
}

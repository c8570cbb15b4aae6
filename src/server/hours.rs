//! When a program's people answer, and under which number.

use crate::{program::Person, time::Utc};
use jiff::{Timestamp, civil::Weekday, tz::TimeZone};

const DAY_MINUTES: u32 = 24 * 60;

/// The hours of one program.
#[derive(Clone, Debug)]
pub struct Hours {
    timezone: TimeZone,
    /// Minutes since Monday, 00:00; from, to (beyond the week's end where a night crosses it).
    spans: Vec<(u32, u32)>,
}

/// The hours cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotHours {
    /// The time zone is unknown.
    #[error("`{0}` is no time zone: write one as America/New_York")]
    TimeZone(String),
    /// A line of hours is not understood.
    #[error(
        "`{0}` are no hours: write them as `mon-fri 08:00-18:00`, `sat,sun 10:00-14:00` or `daily 22:00-06:00`"
    )]
    Span(String),
}

impl Hours {
    /// Reads `timezone` and `hours`.
    pub fn of(person: &Person) -> Result<Hours, NotHours> {
        let timezone =
            TimeZone::get(&person.timezone).map_err(|_| NotHours::TimeZone(person.timezone.clone()))?;
        let mut spans = Vec::new();
        for line in &person.hours {
            spans.extend(spans_in(line).ok_or_else(|| NotHours::Span(line.clone()))?);
        }
        Ok(Hours { timezone, spans })
    }

    /// Whether somebody answers at `now`. No hours at all means always.
    pub fn open(&self, now: Utc) -> bool {
        let Ok(stamp) = Timestamp::from_millisecond(now.0) else { return false };
        let local = stamp.to_zoned(self.timezone.clone());
        let minute = day_of(local.weekday()) * DAY_MINUTES + local.hour() as u32 * 60 + local.minute() as u32;
        let week = 7 * DAY_MINUTES;
        self.spans.is_empty()
            || self
                .spans
                .iter()
                .any(|&(from, to)| (from..to).contains(&minute) || (from..to).contains(&(minute + week)))
    }
}

/// The number to call at this moment, if there is one.
pub fn number_now<'a>(person: &'a Person, hours: &Hours, now: Utc) -> Option<&'a str> {
    if hours.open(now) { Some(&person.number) } else { person.after_hours_number.as_deref() }
}

fn spans_in(line: &str) -> Option<Vec<(u32, u32)>> {
    let (days, times) = line.trim().split_once(char::is_whitespace)?;
    let (from, to) = times.trim().split_once('-')?;
    let (from, to) = (minute_of(from)?, minute_of(to)?);
    // 22:00-06:00 ends on the next day.
    let to = if to <= from { to + DAY_MINUTES } else { to };
    Some(days_in(days)?.into_iter().map(|day| (day * DAY_MINUTES + from, day * DAY_MINUTES + to)).collect())
}

fn days_in(text: &str) -> Option<Vec<u32>> {
    if text.eq_ignore_ascii_case("daily") {
        return Some((0..7).collect());
    }
    let mut days = Vec::new();
    for part in text.split(',') {
        match part.split_once('-') {
            None => days.push(day_named(part)?),
            Some((first, last)) => {
                let (first, last) = (day_named(first)?, day_named(last)?);
                days.extend((0..=(last + 7 - first) % 7).map(|n| (first + n) % 7));
            }
        }
    }
    Some(days)
}

fn day_named(text: &str) -> Option<u32> {
    let name = text.trim().to_ascii_lowercase();
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    days.iter().position(|day| name.len() >= 3 && day.starts_with(&name)).map(|n| n as u32)
}

fn day_of(day: Weekday) -> u32 {
    day.to_monday_zero_offset() as u32
}

fn minute_of(text: &str) -> Option<u32> {
    let (hour, minute) = text.trim().split_once(':')?;
    let (hour, minute): (u32, u32) = (hour.parse().ok()?, minute.parse().ok()?);
    let of_day = hour * 60 + minute;
    (minute < 60 && of_day <= DAY_MINUTES).then_some(of_day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(hours: &[&str]) -> Person {
        Person {
            number: "+15550100".into(),
            timezone: "America/New_York".into(),
            hours: hours.iter().map(|h| (*h).into()).collect(),
            after_hours_number: None,
            ring_s: 25,
        }
    }

    #[test]
    fn hours_are_those_of_the_programs_own_clock() {
        let at = |text: &str| text.parse::<Utc>().unwrap();
        for (hours, moment, open) in [
            (&["mon-fri 08:00-18:00"][..], "2026-11-20T13:00:00.000Z", true), // Friday, 08:00 in New York
            (&["mon-fri 08:00-18:00"], "2026-11-20T12:59:59.999Z", false),
            (&["mon-fri 08:00-18:00"], "2026-11-20T23:00:00.000Z", false),
            (&["mon-fri 08:00-18:00"], "2026-11-21T15:00:00.000Z", false), // Saturday
            (&["mon-fri 08:00-18:00", "sat 10:00-14:00"], "2026-11-21T15:00:00.000Z", true),
            (&["mon-fri 08:00-18:00"], "2026-07-17T12:00:00.000Z", true), // summer time: 08:00
            (&["daily 22:00-06:00"], "2026-11-23T09:00:00.000Z", true),   // Monday 04:00, Sunday's night
            (&["sun 22:00-06:00"], "2026-11-23T09:00:00.000Z", true),
            (&["sun 22:00-06:00"], "2026-11-24T09:00:00.000Z", false),
            (&["fri-mon 00:00-24:00"], "2026-11-22T17:00:00.000Z", true),
            (&["fri-mon 00:00-24:00"], "2026-11-25T17:00:00.000Z", false),
            (&[], "2026-11-22T17:00:00.000Z", true),
        ] {
            assert_eq!(Hours::of(&person(hours)).unwrap().open(at(moment)), open, "{hours:?} {moment}");
        }
    }

    #[test]
    fn outside_of_the_hours_the_other_number_answers() {
        let mut person = person(&["mon 08:00-09:00"]);
        let hours = Hours::of(&person).unwrap();
        let (monday, tuesday) = (Utc(1_795_438_800_000 + 86_400_000 * 2), Utc(1_795_438_800_000));
        assert!(!hours.open(monday) || !hours.open(tuesday));
        let shut = if hours.open(monday) { tuesday } else { monday };
        assert_eq!(number_now(&person, &hours, shut), None);
        person.after_hours_number = Some("+15550199".into());
        assert_eq!(number_now(&person, &hours, shut), Some("+15550199"));
    }

    #[test]
    fn what_is_no_hours_says_so() {
        for wrong in [
            "",
            "mon",
            "mon-fri",
            "mon 8-18",
            "xyz 08:00-18:00",
            "mon 08:00-25:00",
            "mon 08:61-18:00",
            "m 08:00-09:00",
        ] {
            assert_eq!(Hours::of(&person(&[wrong])).unwrap_err(), NotHours::Span(wrong.into()));
        }
        let mut nowhere = person(&[]);
        nowhere.timezone = "Harbor/Recovery".into();
        assert_eq!(Hours::of(&nowhere).unwrap_err(), NotHours::TimeZone("Harbor/Recovery".into()));
    }
}

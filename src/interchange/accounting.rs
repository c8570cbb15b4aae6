//! The accounting of releases that a patient may ask for (42 CFR 2.25, 45 CFR 164.528).

use super::Call;
use crate::time::Utc;
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use serde::Serialize;

/// The years before a request that an accounting covers (42 CFR 2.25(a)).
pub const YEARS: i64 = 3;

/// An accounting: what left, to whom, when and why, in a period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Accounting {
    /// The version of this form.
    pub candor_accounting: u32,
    /// The rules that it answers to.
    pub basis: [&'static str; 2],
    /// The program's name.
    pub program: String,
    /// The call that it is about.
    pub call_id: String,
    /// Who asked for it.
    pub requester: String,
    /// When.
    pub requested_at: Utc,
    /// The first moment that it covers.
    pub from: Utc,
    /// The last.
    pub to: Utc,
    /// How many releases there are.
    pub count: usize,
    /// Each of them.
    pub releases: Vec<Released>,
}

/// Something that left: a row of an accounting (45 CFR 164.528(b)(2)).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Released {
    /// The release's id.
    pub id: String,
    /// When it left.
    pub at: Utc,
    /// Who received it.
    pub recipient: String,
    /// Where they are, if known.
    pub address: Option<String>,
    /// What, in a few words.
    pub description: String,
    /// What for.
    pub purpose: String,
    /// The consent that it rested on.
    pub consent_id: String,
}

/// The accounting of a call's releases, asked for by `requester` at `at`. Candor releases nothing yet, so that it
/// holds what `released` gives and `released` is empty.
pub fn of(call: &Call<'_>, requester: &str, at: Utc, released: &[Released]) -> Accounting {
    let from = years_before(at, YEARS);
    let within = |r: &&Released| (from..=at).contains(&r.at);
    let releases: Vec<Released> = released.iter().filter(within).cloned().collect();
    Accounting {
        candor_accounting: 1,
        basis: ["42 CFR 2.25", "45 CFR 164.528"],
        program: call.program.name.clone(),
        call_id: call.record.call_id.clone(),
        requester: requester.to_owned(),
        requested_at: at,
        from,
        to: at,
        count: releases.len(),
        releases,
    }
}

fn years_before(at: Utc, years: i64) -> Utc {
    let before = Timestamp::from_millisecond(at.0)
        .and_then(|t| t.to_zoned(TimeZone::UTC).checked_sub(years.years()))
        .map(|z| z.timestamp().as_millisecond());
    Utc(before.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_accounting_looks_three_years_back() {
        let at: Utc = "2028-02-29T10:00:00.000Z".parse().unwrap();
        assert_eq!(years_before(at, YEARS).to_string(), "2025-02-28T10:00:00.000Z");
    }
}

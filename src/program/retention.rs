//! How long what calls leave behind is kept, as a program's `retention.toml` says it.

use super::{Fault, tree::Reader};
use serde::{Deserialize, Serialize};

/// Years for which what proves notice and consent, and who looked at it, is kept at least: 45 CFR 164.530(j)(2), which
/// 42 CFR 2.16 and 2.22 stand beside.
pub const PROOF_YEARS_MIN: u64 = 6;
const YEARS_MAX: u64 = 100;
const DAYS_MAX: u64 = 36_500;
const BYTES_MAX: usize = 1 << 16;

/// How long each kind is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Days for which recordings are kept after their call; what was recorded of consents being asked for and given is
    /// kept as consents are.
    pub recordings_days: u64,
    /// Days for which the words of both sides are kept after their call.
    pub transcripts_days: u64,
    /// Years for which consents and the proof of the notice are kept after the last consent expired or was revoked.
    pub consents_years: u64,
    /// Years for which it is kept who looked at what.
    pub access_log_years: u64,
}

impl Default for Policy {
    fn default() -> Policy {
        Policy { recordings_days: 90, transcripts_days: 90, consents_years: 6, access_log_years: 6 }
    }
}

/// What came of reading a `retention.toml`.
#[derive(Clone, Debug, Default)]
pub struct ExaminedPolicy {
    /// The policy, where nothing is wrong with it.
    pub policy: Option<Policy>,
    /// What is wrong.
    pub faults: Vec<Fault>,
}

/// Reads the text of a `retention.toml`. What it does not say is as in [`Policy::default`].
pub fn examine_retention(text: &str) -> ExaminedPolicy {
    if text.len() > BYTES_MAX {
        let message = format!("the file has {} bytes, more than {BYTES_MAX}", text.len());
        let fault =
            Fault { message, mend: "a policy is four numbers; take out what is not".into(), span: 0..0 };
        return ExaminedPolicy { policy: None, faults: vec![fault] };
    }
    let (mut read, tree) = match Reader::parse(text) {
        Ok(parsed) => parsed,
        Err(faults) => return ExaminedPolicy { policy: None, faults },
    };
    let known = ["recordings_days", "transcripts_days", "consents_years", "access_log_years"];
    let root = read.open("the file", tree.get_ref(), 0..0, &known);
    let usual = Policy::default();
    let days = 1..=DAYS_MAX;
    let recordings_days = read.number(&root, "recordings_days", days.clone(), Some(usual.recordings_days));
    let transcripts_days = read.number(&root, "transcripts_days", days, Some(usual.transcripts_days));
    let mut years = |key, what: &str, usual| {
        let years = read.number(&root, key, 0..=YEARS_MAX, Some(usual));
        if years < PROOF_YEARS_MIN
            && let Some(value) = root.get(key)
        {
            let message = format!("`{key}` is {years}: {what} must be kept for {PROOF_YEARS_MIN} years");
            let mend = format!("write {PROOF_YEARS_MIN} or more (45 CFR 164.530(j)(2))");
            // A number that is no number at all is told already.
            if read.findings.faults.iter().all(|fault| fault.span != value.span()) {
                read.findings.fault(value.span(), message, mend);
            }
        }
        years
    };
    let consents_years = years("consents_years", "what proves notice and consent", usual.consents_years);
    let access_log_years = years("access_log_years", "who looked at what", usual.access_log_years);
    let mut faults = read.findings.faults;
    faults.sort_by_key(|fault| (fault.span.start, fault.span.end));
    let policy = Policy { recordings_days, transcripts_days, consents_years, access_log_years };
    ExaminedPolicy { policy: faults.is_empty().then_some(policy), faults }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = include_str!("../../programs/harbor/retention.toml");

    #[test]
    fn the_sample_says_what_holds_where_nothing_is_said() {
        for text in [SAMPLE, ""] {
            let examined = examine_retention(text);
            assert_eq!((examined.policy, examined.faults), (Some(Policy::default()), Vec::new()));
        }
    }

    #[test]
    fn what_the_law_or_sense_does_not_allow_is_told_with_the_mend() {
        for (text, told, mend) in [
            ("consents_years = 5", "must be kept for 6 years", "45 CFR 164.530(j)(2)"),
            ("access_log_years = 0", "who looked at what must be kept", "6 or more"),
            ("recordings_days = 0", "outside of 1 to 36500", "from 1"),
            ("transcripts_days = \"90\"", "is a string", "whole number"),
            ("recording_days = 30", "has no field `recording_days`", "recordings_days"),
            ("consents_years = \"six\"", "is a string", "whole number"),
        ] {
            let examined = examine_retention(text);
            assert_eq!(examined.policy, None, "{text}");
            assert_eq!(examined.faults.len(), 1, "{text}: {:?}", examined.faults);
            let fault = &examined.faults[0];
            assert!(fault.message.contains(told) && fault.mend.contains(mend), "{text}: {fault:?}");
        }
        let longer = examine_retention("recordings_days = 30\nconsents_years = 10").policy.unwrap();
        assert_eq!((longer.recordings_days, longer.transcripts_days, longer.consents_years), (30, 90, 10));
    }
}

//! Under which agreement each program's calls are answered, day by day (42 CFR 2.12(c)(4)).

use crate::{
    program::{Agreement, EXPIRY_WARNING_DAYS, day},
    time::Utc,
};
use std::{collections::BTreeMap, fmt::Write as _};

/// The agreements of all programs, by the programs' ids. A program that has none here is not answered for.
#[derive(Clone, Debug, Default)]
pub struct Agreements(BTreeMap<String, Agreement>);

impl FromIterator<(String, Agreement)> for Agreements {
    fn from_iter<T: IntoIterator<Item = (String, Agreement)>>(all: T) -> Self {
        Agreements(all.into_iter().collect())
    }
}

impl Agreements {
    /// How many days calls to `program` may still be answered, or why none may.
    pub(super) fn days_left(&self, program: &str, now: Utc) -> Result<i64, String> {
        match self.0.get(program) {
            Some(agreement) => agreement.in_force(day(now)).map_err(|why| why.to_string()),
            None => Err("there is no agreement with this program".into()),
        }
    }

    /// A line for each program whose agreement is over or ends soon.
    pub(super) fn notes(&self, now: Utc) -> String {
        let mut notes = String::new();
        for program in self.0.keys() {
            let _ = match self.days_left(program, now) {
                Err(why) => writeln!(notes, "{program}: no call is answered: {why}"),
                Ok(days) if days <= EXPIRY_WARNING_DAYS => {
                    writeln!(notes, "{program}: its agreement ends in {days} days")
                }
                Ok(_) => Ok(()),
            };
        }
        notes
    }

    /// The days left as a metric; below zero where no call is answered.
    pub(super) fn metric(&self, now: Utc) -> String {
        let name = "candor_agreement_days_left";
        let mut lines = format!(
            "# HELP {name} Days until a program's agreement ends; -1 where no call is answered.\n# TYPE {name} gauge\n"
        );
        for program in self.0.keys() {
            let days = self.days_left(program, now).unwrap_or(-1);
            let _ = writeln!(lines, "{name}{{program=\"{program}\"}} {days}");
        }
        lines
    }
}

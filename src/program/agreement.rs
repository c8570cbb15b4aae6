//! The agreements under which calls may be answered for a program, as its `agreements.toml` says them: the qualified
//! service organization agreement of 42 CFR 2.11 and 2.12(c)(4), and the business associate agreement of 45 CFR
//! 164.504(e) where the program is a covered entity.

mod reading;

pub use reading::{ExaminedAgreement, examine_agreement};

use crate::time::Utc;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use std::fmt;

/// Days before its end from which on an agreement is warned about.
pub const EXPIRY_WARNING_DAYS: i64 = 30;

/// What a program and its service provider agreed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// The treatment program.
    pub program: Party,
    /// Who answers its calls.
    pub provider: Party,
    /// Whether the program is a covered entity under HIPAA, so that a business associate agreement is needed too.
    pub covered_entity: bool,
    /// Who is to be told of breaches and requests.
    pub contact: Contact,
    /// The qualified service organization agreement.
    pub qsoa: Qsoa,
    /// The business associate agreement.
    pub baa: Option<Contract>,
    /// Who works for the provider.
    pub subcontractors: Vec<Subcontractor>,
}

/// A party to an agreement.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Party {
    /// Its legal name.
    pub name: String,
    /// Its address.
    pub address: String,
}

/// The program's compliance contact.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Contact {
    pub name: String,
    pub title: String,
    pub phone: String,
    pub email: String,
    pub after_hours_phone: Option<String>,
}

/// Somebody who works for the provider, bound by the same rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subcontractor {
    /// Its name.
    pub name: String,
    /// What it does.
    pub service: String,
    /// The agreement that binds it.
    pub flow_down: String,
    /// When the program approved of it.
    pub approved_on: Date,
}

/// The qualified service organization agreement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Qsoa {
    /// When it holds.
    pub contract: Contract,
    /// What is done for the program, and nothing else.
    pub services: Vec<&'static str>,
    /// Its clauses, in the order of [`Clause::ALL`].
    pub clauses: Vec<(Clause, String)>,
    /// Hours within which the program learns of a breach.
    pub breach_notice_hours: u64,
    /// Days within which it has the report.
    pub breach_report_days: u64,
    /// Days after the end within which everything is returned or destroyed.
    pub return_or_destroy_days: u64,
}

/// When an agreement holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contract {
    /// Its number.
    pub id: String,
    /// Where it stands.
    pub status: Status,
    /// Its first day.
    pub effective_on: Date,
    /// Its last day.
    pub ends_on: Date,
    /// The day it was terminated.
    pub terminated_on: Option<Date>,
    /// Who signed.
    pub signatures: Vec<Signature>,
}

/// A signature under an agreement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// `program` or `provider`.
    pub party: &'static str,
    /// Who.
    pub name: String,
    /// In which office.
    pub title: String,
    /// When.
    pub signed_on: Date,
}

/// Where an agreement stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the words of the file
pub enum Status {
    Draft,
    Signed,
    Active,
    CurePeriod,
    Terminated,
    Expired,
}

const STATUSES: [(&str, Status); 6] = [
    ("draft", Status::Draft),
    ("signed", Status::Signed),
    ("active", Status::Active),
    ("cure_period", Status::CurePeriod),
    ("terminated", Status::Terminated),
    ("expired", Status::Expired),
];

const PARTIES: [(&str, &str); 2] = [("program", "program"), ("provider", "provider")];

const SERVICES: [(&str, &str); 5] = [
    ("voice_intake", "answering calls and taking intakes by voice"),
    ("chat_intake", "taking intakes by chat"),
    ("verification_of_benefits", "verifying insurance benefits"),
    ("recording_storage", "keeping recordings and records of calls"),
    ("quality_review", "reviewing calls for quality"),
];

/// A clause of the agreement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // their titles say it
pub enum Clause {
    BoundByPart2,
    ResistLegalProcess,
    AgentRoleOnly,
    UseLimitation,
    Redisclosure,
    Safeguards,
    Workforce,
    SubcontractorFlowDown,
    BreachNotice,
    Compliance,
    ReturnOrDestroy,
    Survival,
    RegulatorCooperation,
}

impl Clause {
    /// Every clause, in the order of the rendered text.
    pub const ALL: [Clause; 13] = [
        Clause::BoundByPart2,
        Clause::ResistLegalProcess,
        Clause::AgentRoleOnly,
        Clause::UseLimitation,
        Clause::Redisclosure,
        Clause::Safeguards,
        Clause::Workforce,
        Clause::SubcontractorFlowDown,
        Clause::BreachNotice,
        Clause::Compliance,
        Clause::ReturnOrDestroy,
        Clause::Survival,
        Clause::RegulatorCooperation,
    ];

    /// Its name in the file.
    pub fn name(self) -> &'static str {
        self.about().0
    }

    /// Its heading.
    pub fn title(self) -> &'static str {
        self.about().1
    }

    /// The rule that demands it; the others are good practice.
    pub fn law(self) -> Option<&'static str> {
        match self {
            Clause::BoundByPart2 => Some("42 CFR 2.11, qualified service organization, (2)(i)"),
            Clause::ResistLegalProcess => Some("42 CFR 2.11, qualified service organization, (2)(ii)"),
            _ => None,
        }
    }

    fn about(self) -> (&'static str, &'static str) {
        match self {
            Clause::BoundByPart2 => ("bound_by_part2", "Bound by 42 CFR Part 2"),
            Clause::ResistLegalProcess => ("resist_legal_process", "Resisting legal process"),
            Clause::AgentRoleOnly => ("agent_role_only", "Role"),
            Clause::UseLimitation => ("use_limitation", "No other use"),
            Clause::Redisclosure => ("redisclosure", "No redisclosure"),
            Clause::Safeguards => ("safeguards", "Safeguards"),
            Clause::Workforce => ("workforce", "Workforce"),
            Clause::SubcontractorFlowDown => ("subcontractor_flow_down", "Subcontractors"),
            Clause::BreachNotice => ("breach_notice", "Notice of breaches"),
            Clause::Compliance => ("compliance", "Monitoring and audit"),
            Clause::ReturnOrDestroy => ("return_or_destroy", "Return or destruction"),
            Clause::Survival => ("survival", "What outlasts the agreement"),
            Clause::RegulatorCooperation => ("regulator_cooperation", "Cooperation with regulators"),
        }
    }
}

/// Why no call may be answered under an agreement.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotInForce {
    /// It is no active one.
    #[error("{id} is not active: its status is {status}")]
    Inactive {
        /// Which.
        id: String,
        /// Where it stands.
        status: Status,
    },
    /// Its first day is to come.
    #[error("{id} begins on {on}")]
    NotYet {
        /// Which.
        id: String,
        /// When.
        on: Date,
    },
    /// Its last day is over.
    #[error("{id} ended on {on}")]
    Ended {
        /// Which.
        id: String,
        /// When.
        on: Date,
    },
    /// A covered entity without a business associate agreement.
    #[error("there is no business associate agreement with this covered entity")]
    NoBaa,
}

impl Contract {
    /// How many days it still holds on `today`, the last one not counted.
    pub fn in_force(&self, today: Date) -> Result<i64, NotInForce> {
        let id = self.id.clone();
        match self.status {
            Status::Active => {}
            status => return Err(NotInForce::Inactive { id, status }),
        }
        if today < self.effective_on {
            return Err(NotInForce::NotYet { id, on: self.effective_on });
        }
        let ends = self.terminated_on.map_or(self.ends_on, |on| on.min(self.ends_on));
        if ends < today {
            return Err(NotInForce::Ended { id, on: ends });
        }
        Ok((ends - today).get_days().into())
    }
}

impl Agreement {
    /// How many days calls may still be answered from `today` on; 0 on the last. All that is needed must hold.
    pub fn in_force(&self, today: Date) -> Result<i64, NotInForce> {
        let qsoa = self.qsoa.contract.in_force(today)?;
        match (&self.baa, self.covered_entity) {
            (Some(baa), true) => Ok(qsoa.min(baa.in_force(today)?)),
            (None, true) => Err(NotInForce::NoBaa),
            (_, false) => Ok(qsoa),
        }
    }

    /// The day by which everything must have been returned or destroyed, once the agreement was terminated.
    pub fn destruction_due(&self) -> Option<Date> {
        let days = i64::try_from(self.qsoa.return_or_destroy_days).ok()?;
        self.qsoa.contract.terminated_on?.checked_add(jiff::Span::new().days(days)).ok()
    }

    /// The agreement as a text, from its clauses.
    pub fn text(&self) -> String {
        let (qsoa, contract) = (&self.qsoa, &self.qsoa.contract);
        let mut lines = vec![
            format!("QUALIFIED SERVICE ORGANIZATION AGREEMENT {}", contract.id),
            String::new(),
            format!("The program: {}, {}", self.program.name, self.program.address),
            format!("The provider: {}, {}", self.provider.name, self.provider.address),
            format!("From {} to {}. Status: {}.", contract.effective_on, contract.ends_on, contract.status),
            String::new(),
            "The provider does for the program, and nothing else:".into(),
        ];
        let service = |name: &&str| SERVICES.iter().find(|(s, _)| s == name).map_or("", |(_, words)| *words);
        lines.extend(qsoa.services.iter().map(|name| format!("  * {}", service(name))));
        for (number, (clause, words)) in qsoa.clauses.iter().enumerate() {
            let law = clause.law().map(|law| format!(" ({law})")).unwrap_or_default();
            lines.extend([
                String::new(),
                format!("{}. {}{law}", number + 1, clause.title()),
                format!("   {}", self.filled(words)),
            ]);
        }
        lines.extend([String::new(), "Subcontractors of the provider:".into()]);
        lines.extend(self.subcontractors.iter().map(|s| {
            format!("  * {}: {}, bound by {}, approved {}", s.name, s.service, s.flow_down, s.approved_on)
        }));
        if self.subcontractors.is_empty() {
            lines.push("  none".into());
        }
        let contact = &self.contact;
        lines.extend([
            String::new(),
            format!(
                "Compliance contact of the program: {}, {}, {}, {}",
                contact.name, contact.title, contact.phone, contact.email
            ),
        ]);
        if let Some(baa) = &self.baa {
            lines.push(format!(
                "Business associate agreement: {}, from {} to {}.",
                baa.id, baa.effective_on, baa.ends_on
            ));
        }
        lines.extend([String::new(), "Signed:".into()]);
        lines.extend(
            contract
                .signatures
                .iter()
                .map(|s| format!("  for the {}: {}, {}, {}", s.party, s.name, s.title, s.signed_on)),
        );
        lines.join("\n") + "\n"
    }

    fn filled(&self, words: &str) -> String {
        let qsoa = &self.qsoa;
        words
            .replace("{breach_notice_hours}", &qsoa.breach_notice_hours.to_string())
            .replace("{breach_report_days}", &qsoa.breach_report_days.to_string())
            .replace("{return_or_destroy_days}", &qsoa.return_or_destroy_days.to_string())
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(STATUSES.iter().find(|(_, s)| s == self).map_or("", |(name, _)| name))
    }
}

/// The day of a moment, in UTC.
pub fn day(at: Utc) -> Date {
    Timestamp::from_millisecond(at.0).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(TimeZone::UTC).date()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = include_str!("../../programs/harbor/agreements.toml");

    fn on(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn faults(text: &str, today: &str) -> Vec<String> {
        examine_agreement(text, on(today)).faults.into_iter().map(|f| f.message).collect()
    }

    #[test]
    fn the_sample_is_in_force_and_complete() {
        let examined = examine_agreement(SAMPLE, on("2026-11-22"));
        assert_eq!((examined.faults, examined.warnings), (Vec::new(), Vec::new()));
        let agreement = examined.agreement.unwrap();
        assert!(agreement.in_force(on("2026-11-22")).unwrap() > 20_000);
        assert_eq!(agreement.qsoa.clauses.len(), Clause::ALL.len());
        let text = agreement.text();
        for words in ["FICTIONAL", "1. Bound by 42 CFR Part 2", "48 hours", "Signed:", "for the provider"] {
            assert!(text.contains(words), "{words}: {text}");
        }
        assert!(!text.contains('{'), "{text}");
    }

    #[test]
    fn what_keeps_calls_away_is_told_with_its_day() {
        let cases = [
            ("status = \"active\"", "status = \"draft\"", "2026-11-22", "its status is draft"),
            ("ends_on = 2099-12-31", "ends_on = 2026-11-21", "2026-11-22", "ended on 2026-11-21"),
            ("status = \"active\"", "status = \"active\"", "2025-12-31", "begins on 2026-01-01"),
            ("bound_by_part2 =", "other =", "2026-11-22", "`bound_by_part2`, which the law demands"),
            (
                "resist_legal_process =",
                "other =",
                "2026-11-22",
                "`resist_legal_process`, which the law demands",
            ),
            ("party = \"provider\"", "party = \"program\"", "2026-11-22", "nobody signed for the provider"),
            ("ends_on = 2099-12-31", "ends_on = \"2099\"", "2026-11-22", "`ends_on` is no day"),
        ];
        for (from, to, today, told) in cases {
            assert!(SAMPLE.contains(from), "{from}");
            let found = faults(&SAMPLE.replacen(from, to, 1), today);
            assert!(found.iter().any(|f| f.contains(told)), "{to}: {found:?}");
        }
        let without_baa = SAMPLE.replace("[baa]", "[bab]").replace("[[baa.", "[[bab.");
        assert!(!faults(&without_baa, "2026-11-22").is_empty());
    }

    #[test]
    fn the_last_day_counts_and_thirty_days_before_it_is_warned_about() {
        let text = SAMPLE.replacen("ends_on = 2099-12-31", "ends_on = 2026-12-22", 1);
        for (today, faults, warnings) in
            [("2026-11-21", 0, 0), ("2026-11-22", 0, 1), ("2026-12-22", 0, 1), ("2026-12-23", 1, 0)]
        {
            let examined = examine_agreement(&text, on(today));
            assert_eq!((examined.faults.len(), examined.warnings.len()), (faults, warnings), "{today}");
        }
    }

    #[test]
    fn termination_starts_the_clock_of_return_or_destruction() {
        let ends = "ends_on = 2099-12-31";
        let text = SAMPLE.replacen(ends, &format!("{ends}\nterminated_on = 2026-12-01"), 1);
        let agreement = examine_agreement(&text, on("2026-11-22")).agreement.unwrap();
        assert_eq!(agreement.destruction_due(), Some(on("2026-12-31")));
        assert!(agreement.in_force(on("2026-12-02")).is_err());
    }
}

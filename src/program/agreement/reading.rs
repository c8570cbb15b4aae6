//! From the text of an `agreements.toml` to an [`Agreement`], with everything that is wrong told at once.

use super::{
    super::{
        Fault,
        limits::{NAME_CHARS_MAX, TEXT_CHARS_MAX},
        tree::{Reader, Table},
    },
    Agreement, Clause, Contact, Contract, EXPIRY_WARNING_DAYS, NotInForce, PARTIES, Party, Qsoa, SERVICES,
    STATUSES, Signature, Status, Subcontractor,
};
use jiff::civil::Date;
use std::ops::Range;
use toml::de::DeValue;

const BYTES_MAX: usize = 1 << 18;
const LIST_MAX: usize = 40;

/// What came of reading an `agreements.toml`.
#[derive(Clone, Debug, Default)]
pub struct ExaminedAgreement {
    /// The agreement, where it can be read; it may still not be in force.
    pub agreement: Option<Agreement>,
    /// What keeps calls from being answered.
    pub faults: Vec<Fault>,
    /// What should be looked at.
    pub warnings: Vec<Fault>,
}

/// Reads the text of an `agreements.toml`, and judges it on `today`.
pub fn examine_agreement(text: &str, today: Date) -> ExaminedAgreement {
    if text.len() > BYTES_MAX {
        let message = format!("the file has {} bytes, more than {BYTES_MAX}", text.len());
        let fault = Fault { message, mend: "an agreement is words; take out what is not".into(), span: 0..0 };
        return ExaminedAgreement { faults: vec![fault], ..ExaminedAgreement::default() };
    }
    let (mut read, tree) = match Reader::parse(text) {
        Ok(parsed) => parsed,
        Err(faults) => return ExaminedAgreement { faults, ..ExaminedAgreement::default() },
    };
    let known = ["covered_entity", "program", "provider", "contact", "qsoa", "baa", "subcontractors"];
    let root = read.open("the file", tree.get_ref(), 0..0, &known);
    let agreement = agreement(&mut read, &root, today);
    let mut findings = read.findings;
    findings.faults.sort_by_key(|f| (f.span.start, f.span.end));
    findings.warnings.sort_by_key(|f| (f.span.start, f.span.end));
    ExaminedAgreement { agreement, faults: findings.faults, warnings: findings.warnings }
}

fn agreement(read: &mut Reader<'_>, root: &Table<'_>, today: Date) -> Option<Agreement> {
    let covered_entity = read.truth(root, "covered_entity").is_none_or(|(truth, _)| truth);
    let program = party(read, root, "program");
    let provider = party(read, root, "provider");
    let contact = contact(read, root);
    let qsoa = qsoa(read, root, today);
    let known = ["id", "status", "effective_on", "ends_on", "terminated_on", "signatures"];
    let baa = match covered_entity {
        true => read.table(root, "baa", "`[baa]`", &known),
        false => read.table_if_any(root, "baa", "`[baa]`", &known),
    };
    let baa = baa.map(|table| contract(read, &table, "the business associate agreement", today));
    let subcontractors = subcontractors(read, root);
    Some(Agreement {
        program: program?,
        provider: provider?,
        covered_entity,
        contact: contact?,
        qsoa: qsoa?,
        baa: baa.flatten(),
        subcontractors,
    })
}

fn party(read: &mut Reader<'_>, root: &Table<'_>, key: &'static str) -> Option<Party> {
    let table = read.table(root, key, &format!("`[{key}]`"), &["name", "address"])?;
    let name = read.string(&table, "name", NAME_CHARS_MAX).text;
    Some(Party { name, address: read.string(&table, "address", NAME_CHARS_MAX).text })
}

fn contact(read: &mut Reader<'_>, root: &Table<'_>) -> Option<Contact> {
    let known = ["name", "title", "phone", "email", "after_hours_phone"];
    let table = read.table(root, "contact", "`[contact]`", &known)?;
    let mut text = |key| read.string(&table, key, NAME_CHARS_MAX).text;
    let (name, title, phone, email) = (text("name"), text("title"), text("phone"), text("email"));
    let after_hours_phone = read.string_if_any(&table, "after_hours_phone", NAME_CHARS_MAX).map(|s| s.text);
    Some(Contact { name, title, phone, email, after_hours_phone })
}

fn qsoa(read: &mut Reader<'_>, root: &Table<'_>, today: Date) -> Option<Qsoa> {
    let known = [
        "id",
        "status",
        "effective_on",
        "ends_on",
        "terminated_on",
        "signatures",
        "services",
        "clauses",
        "breach_notice_hours",
        "breach_report_days",
        "return_or_destroy_days",
    ];
    let table = read.table(root, "qsoa", "`[qsoa]`", &known)?;
    let contract = contract(read, &table, "the qualified service organization agreement", today);
    let mut services = Vec::new();
    for said in read.strings(&table, "services", LIST_MAX) {
        match SERVICES.iter().find(|(name, _)| *name == said.text) {
            Some((name, _)) => services.push(*name),
            None => {
                let names: Vec<&str> = SERVICES.iter().map(|(name, _)| *name).collect();
                let message = format!("`{}` is no service", said.text);
                read.findings.fault(said.span, message, format!("use some of {}", names.join(", ")));
            }
        }
    }
    let breach_notice_hours = read.number(&table, "breach_notice_hours", 24..=72, None);
    let breach_report_days = read.number(&table, "breach_report_days", 30..=60, None);
    let return_or_destroy_days = read.number(&table, "return_or_destroy_days", 1..=365, None);
    let clauses = clauses(read, &table);
    Some(Qsoa {
        contract: contract?,
        services,
        clauses,
        breach_notice_hours,
        breach_report_days,
        return_or_destroy_days,
    })
}

/// The clauses that are there. One that the law demands is a fault where it is missing, any other a warning.
fn clauses(read: &mut Reader<'_>, qsoa: &Table<'_>) -> Vec<(Clause, String)> {
    let known = Clause::ALL.map(Clause::name);
    let Some(table) = read.table(qsoa, "clauses", "`[qsoa.clauses]`", &known) else { return Vec::new() };
    let mut clauses = Vec::new();
    for clause in Clause::ALL {
        let words = read.string_if_any(&table, clause.name(), TEXT_CHARS_MAX);
        match (words, clause.law()) {
            (Some(words), _) => clauses.push((clause, words.text)),
            (None, _) if table.is_misspelt(clause.name()) => {}
            (None, Some(law)) => {
                let message =
                    format!("the agreement lacks the clause `{}`, which the law demands", clause.name());
                read.findings.fault(table.span.clone(), message, format!("write it, as {law} says"));
            }
            (None, None) => {
                let message = format!("the agreement lacks the clause `{}`", clause.name());
                let mend = format!("write what it says on: {}", clause.title().to_lowercase());
                read.findings.warn(table.span.clone(), message, mend);
            }
        }
    }
    clauses
}

/// What holds for either agreement, and whether it does on `today`.
fn contract(read: &mut Reader<'_>, table: &Table<'_>, name: &str, today: Date) -> Option<Contract> {
    let id = read.string(table, "id", NAME_CHARS_MAX).text;
    let (status, status_place) = read.choice(table, "status", &STATUSES);
    let effective_on = date(read, table, "effective_on", true);
    let ends_on = date(read, table, "ends_on", true);
    let terminated_on = date(read, table, "terminated_on", false);
    let known = ["party", "name", "title", "signed_on"];
    let mut signatures = Vec::new();
    for signed in read.tables(table, "signatures", "signature", &known, LIST_MAX) {
        let (party, _) = read.choice(&signed, "party", &PARTIES);
        let name = read.string(&signed, "name", NAME_CHARS_MAX).text;
        let title = read.string(&signed, "title", NAME_CHARS_MAX).text;
        let signed_on = date(read, &signed, "signed_on", true).map(|(date, _)| date);
        signatures.extend(signed_on.map(|signed_on| Signature { party, name, title, signed_on }));
    }
    for (party, _) in PARTIES {
        if status == Status::Active && !signatures.iter().any(|s| s.party == party) {
            let message = format!("{name} is active, but nobody signed for the {party}");
            let mend = "add who signed under `signatures`, or write status = \"draft\"";
            read.findings.fault(status_place.clone(), message, mend);
        }
    }
    let ((effective_on, begins), (ends_on, ends)) = (effective_on?, ends_on?);
    if ends_on < effective_on {
        read.findings.fault(ends.clone(), format!("{name} ends before it begins"), "mend one of the dates");
    }
    let terminated = terminated_on.as_ref().map_or(ends, |(_, place)| place.clone());
    let terminated_on = terminated_on.map(|(date, _)| date);
    let contract = Contract { id, status, effective_on, ends_on, terminated_on, signatures };
    let message = |why: &NotInForce| format!("no call may be answered: {why}");
    match contract.in_force(today) {
        Err(why @ NotInForce::Inactive { .. }) => {
            let mend = "calls are answered under an active agreement only (42 CFR 2.12(c)(4)); sign it first";
            read.findings.fault(status_place, message(&why), mend);
        }
        Err(why @ NotInForce::NotYet { .. }) => {
            read.findings.fault(begins, message(&why), "wait for that day, or agree on an earlier one");
        }
        Err(why) => read.findings.fault(terminated, message(&why), "renew it, and write its new last day"),
        Ok(days) if days <= EXPIRY_WARNING_DAYS => {
            let message = format!("{name} ends in {days} days");
            read.findings.warn(terminated, message, "renew it in time: after that day no call is answered");
        }
        Ok(_) => {}
    }
    Some(contract)
}

fn subcontractors(read: &mut Reader<'_>, root: &Table<'_>) -> Vec<Subcontractor> {
    let known = ["name", "service", "flow_down", "approved_on"];
    let mut all = Vec::new();
    for table in read.tables(root, "subcontractors", "subcontractor", &known, LIST_MAX) {
        let mut text = |key| read.string(&table, key, NAME_CHARS_MAX).text;
        let (name, service, flow_down) = (text("name"), text("service"), text("flow_down"));
        let approved_on = date(read, &table, "approved_on", true).map(|(date, _)| date);
        all.extend(approved_on.map(|approved_on| Subcontractor { name, service, flow_down, approved_on }));
    }
    all
}

/// A day, and its place.
fn date(
    read: &mut Reader<'_>,
    table: &Table<'_>,
    key: &'static str,
    must: bool,
) -> Option<(Date, Range<usize>)> {
    let value = if must { read.value(table, key)? } else { table.get(key)? };
    let day = match value.get_ref() {
        DeValue::Datetime(moment) if moment.time.is_none() => moment.date.and_then(|d| {
            let (year, month, day) = (i16::try_from(d.year).ok()?, i8::try_from(d.month).ok()?, d.day);
            Date::new(year, month, i8::try_from(day).ok()?).ok()
        }),
        _ => None,
    };
    if day.is_none() {
        read.findings.fault(
            value.span(),
            format!("`{key}` is no day"),
            "write it without quotes, as 2026-01-01",
        );
    }
    day.map(|day| (day, value.span()))
}

//! Who may receive what, and how that is asked and signed, as a script writes it.

use super::{
    Expiry, HipaaClass, Locale, Question, Recipient, RecipientId, RecipientKind, Text,
    fault::nearest,
    limits::*,
    lint,
    tree::{Reader, Table},
    words::{Fill, Rules, id, phrases, version, words, yes_or_no},
};
use std::{collections::BTreeMap, ops::Range};

/// Fields that are not answers to a question, and may go to a recipient.
const DERIVED_FIELDS: [&str; 6] =
    ["call_reference", "stage", "consents", "service_type", "coverage", "preferred_language"];

/// Reads `[[recipients]]`. `questions` are the ids that fields may name.
pub(super) fn recipients(
    read: &mut Reader<'_>,
    fill: &Fill,
    root: &Table<'_>,
    questions: &[Question],
) -> Vec<Recipient> {
    let known = ["id", "name", "purpose", "fields", "version", "consent", "expires_days", "aliases"];
    let tables = read.tables(root, "recipients", "recipient", &known, RECIPIENTS_MAX);
    let (mut ids, mut aliases_seen) = (BTreeMap::new(), BTreeMap::new());
    tables.iter().map(|table| recipient(read, fill, table, questions, &mut ids, &mut aliases_seen)).collect()
}

fn recipient(
    read: &mut Reader<'_>,
    fill: &Fill,
    table: &Table<'_>,
    questions: &[Question],
    ids: &mut BTreeMap<String, Range<usize>>,
    aliases_seen: &mut BTreeMap<String, String>,
) -> Recipient {
    let id = id(read, table, ids);
    let name = words(read, fill, table, "name", Rules { spanish: true, ..Rules::default() });
    let must: &[&str] = &["recipient", "expires"];
    let consent = words(read, fill, table, "consent", Rules { must, spanish: true, ..Rules::default() });
    yes_or_no(read, &consent, &format!("the consent question of `{id}`"));
    for (locale, said) in consent.locales() {
        if !said.text.is_empty() && !lint::says_revocable(&said.text, locale) {
            let message = format!("the consent question of `{id}` does not say that a yes can be taken back");
            let mend = "say so, as `you can take it back at any time` (42 CFR 2.31(a)(6))";
            read.findings.fault(said.span.clone(), message, mend);
        }
    }
    let expires_days = read.number(table, "expires_days", EXPIRES_DAYS, None) as u32;
    let fields = fields(read, table, questions);
    let aliases = phrases(read, table, "aliases", ALIASES_MAX, &id, aliases_seen);
    let (named, mut asked) = (name.filled(fill), consent.filled(fill));
    for (locale, text) in [(Locale::EnUs, Some(&mut asked.en)), (Locale::EsUs, asked.es.as_mut())] {
        if let Some(text) = text {
            let replaced = text.replace("{recipient}", named.in_locale(locale));
            *text = replaced.replace("{expires}", &lasting(expires_days, locale));
        }
    }
    Recipient {
        id: RecipientId(id),
        name: named,
        legal_name: Text { en: String::new(), es: None },
        kind: RecipientKind::HealthPlan,
        hipaa: HipaaClass::None,
        on_request: false,
        information: Text { en: String::new(), es: None },
        purpose: Text { en: read.string(table, "purpose", NAME_CHARS_MAX).text, es: None },
        fields,
        version: version(read, table),
        consent: asked,
        expiry: Expiry { days: Some(expires_days), event: None },
        aliases,
    }
}

/// A number of days as it is said.
fn lasting(days: u32, locale: Locale) -> String {
    match (days, locale) {
        (365 | 366, Locale::EnUs) => "one year".into(),
        (365 | 366, Locale::EsUs) => "un año".into(),
        (1, Locale::EnUs) => "one day".into(),
        (1, Locale::EsUs) => "un día".into(),
        (n, Locale::EnUs) => format!("{n} days"),
        (n, Locale::EsUs) => format!("{n} días"),
    }
}

fn fields(read: &mut Reader<'_>, table: &Table<'_>, questions: &[Question]) -> Vec<String> {
    let said = read.strings(table, "fields", FIELDS_MAX);
    let known = || questions.iter().map(|q| q.id.as_str()).chain(DERIVED_FIELDS);
    for field in said.iter().filter(|f| !f.text.is_empty()) {
        if !known().any(|k| k == field.text) {
            let mend = match nearest(&field.text, known()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("name a question's id, or one of {}", DERIVED_FIELDS.join(", ")),
            };
            let message = format!("{} may receive `{}`, which no question asks", table.name, field.text);
            read.findings.fault(field.span.clone(), message, mend);
        }
    }
    said.into_iter().map(|f| f.text).collect()
}

//! Who may receive what, how that is asked and how it is signed, as a script writes it.

use super::{
    ConsentRules, Expiry, HipaaClass, InstrumentTexts, Locale, Question, Recipient, RecipientId,
    RecipientKind, Text, VoiceSignature,
    fault::nearest,
    limits::*,
    lint,
    tree::{Reader, Table},
    words::{Fill, Rules, Words, id, phrases, version, words, yes_or_no},
};
use std::{collections::BTreeMap, ops::Range};

/// A text of a consent exists in every language offered: nobody agrees to what they cannot understand.
const OF_CONSENT: Rules = Rules { must: &[], may: &[], spanish: true };

/// Placeholders that are filled when an instrument is written for one patient and one recipient.
pub(super) const OF_INSTRUMENT: [&str; 6] =
    ["patient", "recipient", "information", "purpose", "expires", "date"];

const VOICE_SIGNATURES: [(&str, VoiceSignature); 2] =
    [("accepted", VoiceSignature::Accepted), ("pending_written", VoiceSignature::PendingWritten)];

/// Reads `[consents]`.
pub(super) fn rules(read: &mut Reader<'_>, fill: &Fill, root: &Table<'_>) -> ConsentRules {
    let known = ["sign", "voice_signature", "shared", "instrument"];
    let Some(table) = read.table(root, "consents", "`[consents]`", &known) else {
        return ConsentRules::default();
    };
    let signature = read.choice_if_any(&table, "voice_signature", &VOICE_SIGNATURES);
    ConsentRules {
        sign: read.truth_if_any(&table, "sign").is_none_or(|(truth, _)| truth),
        voice_signature: signature.map_or_else(VoiceSignature::default, |(worth, _)| worth),
        shared: words(read, fill, &table, "shared", OF_CONSENT).filled(fill),
        instrument: instrument(read, fill, &table),
    }
}

/// Reads every clause of [`InstrumentTexts`] by its own name, so that none can be forgotten here.
macro_rules! every_clause {
    ($read:expr, $fill:expr, $parent:expr; $($name:ident($($must:literal)?))*) => {{
        const KNOWN: &[&str] = &["version", $(stringify!($name)),*];
        match $read.table($parent, "instrument", "`[consents.instrument]`", KNOWN) {
            Some(table) => InstrumentTexts {
                version: version($read, &table),
                $($name: words(
                    $read,
                    $fill,
                    &table,
                    stringify!($name),
                    Rules { must: &[$($must)?], may: &OF_INSTRUMENT, ..OF_CONSENT },
                ).filled($fill)),*
            },
            None => InstrumentTexts::default(),
        }
    }};
}

/// Reads `[consents.instrument]`: each clause says what its element of 42 CFR 2.31(a) asks for.
fn instrument(read: &mut Reader<'_>, fill: &Fill, parent: &Table<'_>) -> InstrumentTexts {
    every_clause!(read, fill, parent;
        title() patient("patient") discloser("program") information("information") recipient("recipient")
        covered_recipient() purpose("purpose") revocation() expiry("expires") signature("date") redisclosure()
        refusal())
}

/// Fields that are not answers to a question, and may go to a recipient.
const DERIVED_FIELDS: [&str; 6] =
    ["call_reference", "stage", "consents", "service_type", "coverage", "preferred_language"];

const KINDS: [(&str, RecipientKind); 7] = [
    ("health_plan", RecipientKind::HealthPlan),
    ("third_party_payer", RecipientKind::ThirdPartyPayer),
    ("treating_provider", RecipientKind::TreatingProvider),
    ("referral_source", RecipientKind::ReferralSource),
    ("contractor", RecipientKind::Contractor),
    ("family", RecipientKind::Family),
    ("tpo", RecipientKind::Tpo),
];

const CLASSES: [(&str, HipaaClass); 3] = [
    ("covered_entity", HipaaClass::CoveredEntity),
    ("business_associate", HipaaClass::BusinessAssociate),
    ("none", HipaaClass::None),
];

/// Reads `[[recipients]]`. `questions` are the ids that fields may name.
pub(super) fn recipients(
    read: &mut Reader<'_>,
    fill: &Fill,
    root: &Table<'_>,
    questions: &[Question],
) -> Vec<Recipient> {
    let known = [
        "id",
        "name",
        "legal_name",
        "kind",
        "hipaa",
        "on_request",
        "purpose",
        "information",
        "fields",
        "version",
        "consent",
        "expires_days",
        "expires_event",
        "expires",
        "aliases",
    ];
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
    let name = words(read, fill, table, "name", OF_CONSENT);
    let legal_name = words(read, fill, table, "legal_name", OF_CONSENT);
    let (kind, _) = read.choice(table, "kind", &KINDS);
    let (hipaa, _) = read.choice(table, "hipaa", &CLASSES);
    let on_request = read.truth_if_any(table, "on_request").is_some_and(|(truth, _)| truth);
    let purpose = words(read, fill, table, "purpose", OF_CONSENT);
    let information = words(read, fill, table, "information", OF_CONSENT);
    let must: &[&str] = &["recipient", "expires"];
    let consent = words(read, fill, table, "consent", Rules { must, ..OF_CONSENT });
    question(read, &consent, &id);
    let expiry = expiry(read, fill, table, kind);
    let fields = fields(read, table, questions);
    let aliases = phrases(read, table, "aliases", ALIASES_MAX, &id, aliases_seen);
    let (named, mut asked) = (name.filled(fill), consent.filled(fill));
    for (locale, text) in [(Locale::EnUs, Some(&mut asked.en)), (Locale::EsUs, asked.es.as_mut())] {
        if let Some(text) = text {
            let replaced = text.replace("{recipient}", named.in_locale(locale));
            *text = replaced.replace("{expires}", &lasting(&expiry, locale));
        }
    }
    Recipient {
        id: RecipientId(id),
        name: named,
        legal_name: legal_name.filled(fill),
        kind,
        hipaa,
        on_request,
        purpose: purpose.filled(fill),
        information: information.filled(fill),
        fields,
        version: version(read, table),
        consent: asked,
        expiry,
        aliases,
    }
}

/// What holds for every consent question.
fn question(read: &mut Reader<'_>, consent: &Words, id: &str) {
    yes_or_no(read, consent, &format!("the consent question of `{id}`"));
    for (locale, said) in consent.locales() {
        if !said.text.is_empty() && !lint::says_revocable(&said.text, locale) {
            let message = format!("the consent question of `{id}` does not say that a yes can be taken back");
            let mend = "say so, as `you can take it back at any time` (42 CFR 2.31(a)(6))";
            read.findings.fault(said.span.clone(), message, mend);
        }
    }
}

/// Reads when a consent ends: `expires_days`, `expires_event`, or `expires = "none"`.
fn expiry(read: &mut Reader<'_>, fill: &Fill, table: &Table<'_>, kind: RecipientKind) -> Expiry {
    let endless = read.choice_if_any(table, "expires", &[("none", ())]).map(|(_, place)| place);
    let event = words_if_any(read, fill, table, "expires_event");
    let has_days = table.get("expires_days").is_some();
    if let Some(place) = endless {
        if kind != RecipientKind::Tpo {
            let message = format!("{} never expires", table.name);
            let mend = "give it `expires_days` or `expires_event`; only the single consent (kind tpo) may go without \
                        (42 CFR 2.31(a)(7))";
            read.findings.fault(place.clone(), message, mend);
        }
        if has_days || event.is_some() {
            let message = format!("{} expires and never expires", table.name);
            read.findings.fault(place, message, "take out `expires`, or the day and the event");
        }
    } else if !has_days && event.is_none() && !table.is_misspelt("expires_days") {
        let message = format!("{} lacks `expires_days` or `expires_event`", table.name);
        let mend = "say when a yes ends: after days, or at an event (42 CFR 2.31(a)(7))";
        read.findings.fault(table.span.clone(), message, mend);
    }
    let days = has_days.then(|| read.number(table, "expires_days", EXPIRES_DAYS, None) as u32);
    Expiry { days, event }
}

fn words_if_any(read: &mut Reader<'_>, fill: &Fill, table: &Table<'_>, key: &'static str) -> Option<Text> {
    table.get(key)?;
    Some(words(read, fill, table, key, OF_CONSENT).filled(fill))
}

/// How long a yes lasts, as it is said after "a yes lasts".
fn lasting(expiry: &Expiry, locale: Locale) -> String {
    let days = expiry.days.map(|n| days(n, locale));
    let event = expiry.event.as_ref().map(|e| e.in_locale(locale));
    match (days, event, locale) {
        (Some(days), None, _) => days,
        (None, Some(event), Locale::EnUs) => format!("until {event}"),
        (None, Some(event), Locale::EsUs) => format!("hasta {event}"),
        (Some(days), Some(event), Locale::EnUs) => format!("{days}, or until {event}"),
        (Some(days), Some(event), Locale::EsUs) => format!("{days}, o hasta {event}"),
        (None, None, Locale::EnUs) => "until you take it back".into(),
        (None, None, Locale::EsUs) => "hasta que lo retire".into(),
    }
}

/// A number of days as it is said.
fn days(days: u32, locale: Locale) -> String {
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

//! Who may receive what, how that is asked and how it is signed, as a script writes it.

use super::{
    ConsentRules, Expiry, HipaaClass, InstrumentTexts, Locale, Question, Recipient, RecipientId,
    RecipientKind, Text, VoiceSignature, duties,
    fault::nearest,
    limits::*,
    lint,
    tree::{Reader, Table},
    words::{Fill, Rules, Words, id, phrases, version, words, yes_or_no},
};
use std::{collections::BTreeMap, ops::Range};

/// A text of a consent exists in every language offered: nobody agrees to what they cannot understand.
const OF_CONSENT: Rules = Rules { must: &[], may: &[], spanish: true, source: "" };

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
    let sign = read.truth_if_any(&table, "sign").is_none_or(|(truth, _)| truth);
    if let (false, Some((VoiceSignature::Accepted, place))) = (sign, &signature) {
        let mend = "write sign = true, or voice_signature = \"pending_written\" (42 CFR 2.31(a)(8))";
        read.findings.fault(place.clone(), "a spoken signature is accepted, but nothing is signed", mend);
    }
    ConsentRules {
        sign,
        voice_signature: signature.map_or_else(VoiceSignature::default, |(worth, _)| worth),
        shared: shared(read, fill, &table),
        instrument: instrument(read, fill, &table),
    }
}

/// Reads what is said once before the first consent question.
fn shared(read: &mut Reader<'_>, fill: &Fill, table: &Table<'_>) -> Text {
    let shared = words(read, fill, table, "shared", Rules { source: "42 CFR 2.31(a)", ..OF_CONSENT });
    done(read, &shared, "shared", "`shared` of `[consents]`");
    let text = shared.filled(fill);
    brief(read, fill, &shared, &text, SHARED_WORDS_MAX, "`shared` of `[consents]`");
    text
}

/// Reads every clause of [`InstrumentTexts`] by its own name, so that none can be forgotten here.
macro_rules! every_clause {
    ($read:expr, $fill:expr, $parent:expr; $($name:ident)*) => {{
        const KNOWN: &[&str] = &["version", $(stringify!($name)),*];
        match $read.table($parent, "instrument", "`[consents.instrument]`", KNOWN) {
            Some(table) => InstrumentTexts {
                version: version($read, &table),
                $($name: clause($read, $fill, &table, stringify!($name))),*
            },
            None => InstrumentTexts::default(),
        }
    }};
}

/// Reads `[consents.instrument]`: a clause for each element of 42 CFR 2.31(a).
fn instrument(read: &mut Reader<'_>, fill: &Fill, parent: &Table<'_>) -> InstrumentTexts {
    every_clause!(read, fill, parent;
        title patient discloser information recipient covered_recipient purpose revocation expiry signature
        redisclosure refusal)
}

fn clause(read: &mut Reader<'_>, fill: &Fill, table: &Table<'_>, key: &'static str) -> Text {
    let (must, source) = duties::element(key);
    let words = words(read, fill, table, key, Rules { must, may: &OF_INSTRUMENT, source, ..OF_CONSENT });
    done(read, &words, key, &format!("`{key}` of {}", table.name));
    for said in words.locales().map(|(_, said)| said).filter(|_| !fill.draft) {
        let lower = said.text.to_lowercase();
        if let Some(word) = ["draft", "borrador"].into_iter().find(|word| lower.contains(word)) {
            let message =
                format!("`{key}` of {} says `{word}`, but `draft_for_counsel` is false", table.name);
            let mend = "take it out, and give the instrument a new version: patients sign this text";
            read.findings.fault(said.span.clone(), message, mend);
        }
    }
    words.filled(fill)
}

/// Every language of a text does the duties of `key`.
fn done(read: &mut Reader<'_>, words: &Words, key: &str, name: &str) {
    for (locale, said) in words.locales().filter(|(_, said)| !said.text.is_empty()) {
        for duty in duties::duties(key).into_iter().filter(|duty| !duty.is_done(&said.text, locale)) {
            read.findings.fault(said.span.clone(), format!("{name} does not say {}", duty.what), duty.mend);
        }
    }
}

/// What is said about consents is short enough to be remembered to its end. `text` is `words`, filled in.
fn brief(read: &mut Reader<'_>, fill: &Fill, words: &Words, text: &Text, words_max: u64, name: &str) {
    for (locale, said) in words.locales() {
        let names = said.text.matches("{program}").count() as u64;
        let over = lint::words(&fill.program).saturating_sub(OWN_NAME_WORDS_MAX);
        let count = lint::words(text.in_locale(locale)).saturating_sub(names * over);
        if count > words_max {
            let message = format!("{name} has {count} words in {locale}, more than {words_max}");
            let mend = "shorten it: who, what, why, how long; the instrument holds the rest";
            read.findings.fault(said.span.clone(), message, mend);
        }
    }
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
    let (recipients, asked): (Vec<Recipient>, Vec<Asked>) = tables
        .iter()
        .map(|table| recipient(read, fill, table, questions, &mut ids, &mut aliases_seen))
        .unzip();
    one_by_one(read, &recipients, &asked);
    recipients
}

/// How a recipient is called and asked about.
struct Asked {
    /// Its name and aliases, without punctuation.
    called: Vec<String>,
    /// The consent question.
    consent: Words,
}

/// A consent question is about its own recipient and no other, so that each can have its own answer. Only the single
/// consent of 42 CFR 2.31(a)(4)(i) names a class of many.
fn one_by_one(read: &mut Reader<'_>, recipients: &[Recipient], asked: &[Asked]) {
    for (at, recipient) in recipients.iter().enumerate().filter(|(_, r)| r.kind != RecipientKind::Tpo) {
        let others: Vec<String> =
            asked.iter().enumerate().filter(|(i, _)| *i != at).flat_map(|(_, a)| a.called.clone()).collect();
        for (locale, said) in asked[at].consent.locales() {
            if let Some(words) = duties::bundled(&said.text, locale, &asked[at].called, &others) {
                let place = read.within(&said.span, words);
                let message =
                    format!("the consent question of `{}` asks for several at once: `{words}`", recipient.id);
                let mend = "ask about each recipient by itself, so that each can have its own answer (42 CFR 2.31(a)(4))";
                read.findings.fault(place, message, mend);
            }
        }
    }
}

fn recipient(
    read: &mut Reader<'_>,
    fill: &Fill,
    table: &Table<'_>,
    questions: &[Question],
    ids: &mut BTreeMap<String, Range<usize>>,
    aliases_seen: &mut BTreeMap<String, String>,
) -> (Recipient, Asked) {
    let id = id(read, table, ids);
    let name = words(read, fill, table, "name", OF_CONSENT);
    let legal_name = words(read, fill, table, "legal_name", OF_CONSENT);
    let (kind, _) = read.choice(table, "kind", &KINDS);
    let (hipaa, place) = read.choice(table, "hipaa", &CLASSES);
    if kind == RecipientKind::HealthPlan && hipaa == HipaaClass::None && table.get("kind").is_some() {
        let message = format!("{} is a health plan, which HIPAA covers", table.name);
        let mend = "write hipaa = \"covered_entity\", so that the instrument says what it may do (42 CFR 2.31(a)(4)(iii))";
        read.findings.fault(place, message, mend);
    }
    let on_request = read.truth_if_any(table, "on_request").is_some_and(|(truth, _)| truth);
    let purpose = words(read, fill, table, "purpose", OF_CONSENT);
    let information = words(read, fill, table, "information", OF_CONSENT);
    let must: &[&str] = &["recipient", "expires"];
    let consent = words(read, fill, table, "consent", Rules { must, ..OF_CONSENT });
    question(read, &consent, &id);
    for words in [&name, &legal_name, &purpose, &information, &consent] {
        apart(read, words, &table.name);
    }
    specific(read, &information, &table.name);
    let expiry = expiry(read, fill, table, kind);
    let fields = fields(read, table, questions);
    let aliases = phrases(read, table, "aliases", ALIASES_MAX, &id, aliases_seen);
    for alias in &aliases {
        if let (Some(found), Some(value)) = (duties::legal_proceedings(alias), table.get("aliases")) {
            legal(read, read.within(&value.span(), found), found, &table.name);
        }
    }
    let (named, mut asked) = (name.filled(fill), consent.filled(fill));
    for (locale, text) in [(Locale::EnUs, Some(&mut asked.en)), (Locale::EsUs, asked.es.as_mut())] {
        if let Some(text) = text {
            let replaced = text.replace("{recipient}", named.in_locale(locale));
            *text = replaced.replace("{expires}", &lasting(&expiry, locale));
        }
    }
    brief(read, fill, &consent, &asked, CONSENT_WORDS_MAX, &format!("the consent question of `{id}`"));
    let called = Asked { called: duties::called(&name, &aliases), consent };
    let recipient = Recipient {
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
    };
    (recipient, called)
}

/// What holds for every consent question.
fn question(read: &mut Reader<'_>, consent: &Words, id: &str) {
    yes_or_no(read, consent, &format!("the consent question of `{id}`"));
    let duty = duties::of_questions();
    for (locale, said) in consent.locales() {
        if !said.text.is_empty() && !duty.is_done(&said.text, locale) {
            let message = format!("the consent question of `{id}` does not say {}", duty.what);
            read.findings.fault(said.span.clone(), message, duty.mend);
        }
    }
}

/// Two kinds of consent stand alone and are never taken by the agent: for legal proceedings, and for counseling notes.
fn apart(read: &mut Reader<'_>, words: &Words, name: &str) {
    for (_, said) in words.locales() {
        if let Some(found) = duties::legal_proceedings(&said.text) {
            legal(read, read.within(&said.span, found), found, name);
        }
        if let Some(found) = duties::counseling_notes(&said.text) {
            counseling(read, read.within(&said.span, found), found, name);
        }
    }
}

fn legal(read: &mut Reader<'_>, place: Range<usize>, found: &str, name: &str) {
    let message = format!("{name} is about legal proceedings: `{found}`");
    let mend =
        "take it out: such a consent cannot be combined with another, and a person takes it (42 CFR 2.31(d))";
    read.findings.fault(place, message, mend);
}

fn counseling(read: &mut Reader<'_>, place: Range<usize>, found: &str, name: &str) {
    let message = format!("{name} may receive counseling notes: `{found}`");
    let mend =
        "take it out: these need a consent of their own, which the agent never asks for (42 CFR 2.31(b))";
    read.findings.fault(place, message, mend);
}

/// What may go is said so that anybody knows what it is.
fn specific(read: &mut Reader<'_>, information: &Words, name: &str) {
    for (_, said) in information.locales() {
        if let Some(found) = duties::unspecific(&said.text) {
            let message = format!("{name} may receive something unspecific: `{found}`");
            let mend = "name each thing that may go, as `your name and date of birth` (42 CFR 2.31(a)(3))";
            read.findings.fault(read.within(&said.span, found), message, mend);
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
        if let Some(found) = duties::counseling_notes(&field.text) {
            counseling(read, field.span.clone(), found, &table.name);
        } else if !known().any(|k| k == field.text) {
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

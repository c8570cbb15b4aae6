//! The parts of a script that hold words: notice, recipients, questions, FAQ, and every other line.

use super::{
    AnswerKind, Elicits, Expiry, Faq, HipaaClass, Locale, Notice, NoticePart, Question, ReadBack, Recipient,
    RecipientId, RecipientKind, Text, Texts,
    fault::nearest,
    limits::*,
    lint,
    tree::{Reader, Said, Table},
};
use regex::Regex;
use std::{collections::BTreeMap, ops::Range, sync::LazyLock};

/// What the texts of a script may be filled with when it is read.
pub(super) struct Fill {
    /// The program's name, for `{program}`.
    pub program: String,
    /// The agent's name, for `{agent}`.
    pub agent: String,
    /// The program's number as it is said, for `{number}`.
    pub number: String,
    /// Whether Spanish is offered.
    pub spanish: bool,
}

/// A text and its places.
#[derive(Clone, Default)]
pub(super) struct Words {
    pub en: Said,
    pub es: Option<Said>,
}

impl Words {
    fn locales(&self) -> impl Iterator<Item = (Locale, &Said)> {
        [(Locale::EnUs, Some(&self.en)), (Locale::EsUs, self.es.as_ref())]
            .into_iter()
            .filter_map(|(locale, said)| Some((locale, said?)))
    }

    fn filled(&self, fill: &Fill) -> Text {
        let fill_in = |said: &Said| {
            let text = said.text.replace("{program}", &fill.program).replace("{agent}", &fill.agent);
            text.replace("{number}", &fill.number)
        };
        Text { en: fill_in(&self.en), es: self.es.as_ref().map(fill_in) }
    }
}

/// Placeholders that stand for the same words in every call.
const ALWAYS: [&str; 3] = ["program", "agent", "number"];

/// What a text may or must hold.
#[derive(Clone, Copy, Default)]
struct Rules {
    /// Placeholders it must hold; it may hold these and [`ALWAYS`].
    must: &'static [&'static str],
    /// Whether a missing Spanish text is a fault, where Spanish is offered; otherwise a warning.
    spanish: bool,
}

/// Reads the text at `key` and checks what holds for every text.
fn words(read: &mut Reader<'_>, fill: &Fill, table: &Table<'_>, key: &'static str, rules: Rules) -> Words {
    let name = format!("`{key}` of {}", table.name);
    let Some(inner) = read.table(table, key, &name, &["en", "es"]) else { return Words::default() };
    let en = read.string(&inner, "en", TEXT_CHARS_MAX);
    let es = read.string_if_any(&inner, "es", TEXT_CHARS_MAX);
    if fill.spanish && es.is_none() {
        let place = inner.span.clone();
        if rules.spanish {
            read.findings.fault(
                place,
                format!("{name} has no Spanish"),
                "add `es`, or take es-US out of `locales`",
            );
        } else {
            read.findings.warn(
                place,
                format!("{name} has no Spanish"),
                "add `es`; English is spoken meanwhile",
            );
        }
    }
    let words = Words { en, es };
    for (_, said) in words.locales() {
        placeholders(read, said, &name, rules.must);
        if let Some((old, mend)) = lint::replaced_wording(&said.text) {
            let place = read.within(&said.span, old);
            read.findings.fault(place, format!("{name} uses a statement that was replaced in 2024"), mend);
        }
        if let Some(claim) = lint::claimed_licence(&said.text) {
            let place = read.within(&said.span, &claim);
            let mend = "an automated assistant never claims a licence; take it out";
            read.findings.fault(place, format!("{name} claims to be a licensed person"), mend);
        }
    }
    words
}

fn placeholders(read: &mut Reader<'_>, said: &Said, name: &str, must: &[&'static str]) {
    static BRACES: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"\{([^{}]*)\}|[{}]").expect("a fixed pattern, run by every test of a script")
    });
    for found in BRACES.captures_iter(&said.text) {
        let place = read.within(&said.span, &found[0]);
        let Some(word) = found.get(1).map(|m| m.as_str()) else {
            let mend = "write placeholders as {program}; a lone brace would be spoken";
            read.findings.fault(place, format!("{name} has a brace without its pair"), mend);
            continue;
        };
        let known = || must.iter().chain(&ALWAYS).copied();
        if !known().any(|k| k == word) {
            let listed = known().map(|k| format!("{{{k}}}")).collect::<Vec<_>>().join(", ");
            let mend = match nearest(word, known()) {
                Some(meant) => format!("did you mean {{{meant}}}?"),
                None => format!("known here: {listed}"),
            };
            read.findings.fault(place, format!("{name} has an unknown placeholder {{{word}}}"), mend);
        }
    }
    for wanted in must {
        if !said.text.is_empty() && !said.text.contains(&format!("{{{wanted}}}")) {
            let mend = format!("put {{{wanted}}} where it should be said");
            read.findings.fault(said.span.clone(), format!("{name} does not say {{{wanted}}}"), mend);
        }
    }
}

fn yes_or_no(read: &mut Reader<'_>, words: &Words, name: &str) {
    for (locale, said) in words.locales() {
        if !said.text.is_empty() && !lint::asks_yes_or_no(&said.text, locale) {
            let mend = "end it with a question such as `Is that okay?` (`¿Está bien?`), or with `yes or no?`";
            read.findings.fault(
                said.span.clone(),
                format!("{name} does not end in a yes-or-no question"),
                mend,
            );
        }
    }
}

/// An identifier, and whether it is the first of its kind to have it.
pub(super) fn id(
    read: &mut Reader<'_>,
    table: &Table<'_>,
    seen: &mut BTreeMap<String, Range<usize>>,
) -> String {
    let said = read.string(table, "id", ID_CHARS_MAX);
    let shape = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-')
    };
    if said.text.is_empty() {
        return said.text;
    }
    if !shape(&said.text) {
        let mend = "use small letters, digits, `_` and `-`, a letter first";
        read.findings.fault(said.span.clone(), format!("`{}` is no id", said.text), mend);
    }
    if seen.insert(said.text.clone(), said.span.clone()).is_some() {
        let mend = "ids go into records; give each its own";
        read.findings.fault(said.span.clone(), format!("the id `{}` is used twice", said.text), mend);
    }
    said.text
}

/// A version, as `2026-11-01.1`: the day it was written, and a number within that day.
fn version(read: &mut Reader<'_>, table: &Table<'_>) -> String {
    let said = read.string(table, "version", ID_CHARS_MAX);
    let valid = said.text.split_once('.').is_some_and(|(day, n)| {
        day.len() == 10
            && day.parse::<jiff::civil::Date>().is_ok()
            && n.parse::<u32>().is_ok_and(|n| n > 0)
            && !n.starts_with(['0', '+'])
    });
    if !valid && !said.text.is_empty() {
        let mend = "write the day and a number, as 2026-11-01.1";
        read.findings.fault(said.span, format!("`{}` is no version", said.text), mend);
    }
    said.text
}

/// Reads `[notice]`.
pub(super) fn notice(read: &mut Reader<'_>, fill: &Fill, root: &Table<'_>) -> (Notice, NoticeWords) {
    let known = ["id", "version", "approved_by", "acknowledge", "parts"];
    let Some(table) = read.table(root, "notice", "`[notice]`", &known) else {
        return (
            Notice {
                id: String::new(),
                version: String::new(),
                approved_by: String::new(),
                parts: Vec::new(),
                acknowledge: Text { en: String::new(), es: None },
            },
            NoticeWords::default(),
        );
    };
    let notice_id = id(read, &table, &mut BTreeMap::new());
    let version = version(read, &table);
    let approved_by = read.string(&table, "approved_by", NAME_CHARS_MAX);
    let spoken = Rules { spanish: true, ..Rules::default() };
    let acknowledge = words(read, fill, &table, "acknowledge", spoken);
    yes_or_no(read, &acknowledge, "the acknowledgement question");
    let mut seen = BTreeMap::new();
    let mut parts: Vec<(String, Words)> = Vec::new();
    read.value(&table, "parts");
    for part in read.tables(&table, "parts", "notice part", &["id", "text"], NOTICE_PARTS_MAX) {
        parts.push((id(read, &part, &mut seen), words(read, fill, &part, "text", spoken)));
    }
    duties(read, fill, &parts);
    let notice = Notice {
        id: notice_id,
        version,
        approved_by: approved_by.text.clone(),
        parts: parts.iter().map(|(id, w)| NoticePart { id: id.clone(), text: w.filled(fill) }).collect(),
        acknowledge: acknowledge.filled(fill),
    };
    (notice, NoticeWords { approved_by, place: table.span })
}

/// Where the notice stands.
#[derive(Default)]
pub(super) struct NoticeWords {
    /// Who approved it.
    pub approved_by: Said,
    /// Its header.
    pub place: Range<usize>,
}

/// Every language of the notice must do the three duties, and read plainly.
fn duties(read: &mut Reader<'_>, fill: &Fill, parts: &[(String, Words)]) {
    for locale in [Locale::EnUs, Locale::EsUs] {
        let said: Vec<&Said> = parts
            .iter()
            .filter_map(|(_, w)| w.locales().find(|(l, _)| *l == locale).map(|(_, s)| s))
            .collect();
        // A language that lacks a part is reported as such already.
        if said.len() < parts.len() || said.is_empty() {
            continue;
        }
        let filled = parts.iter().map(|(_, w)| w.filled(fill).in_locale(locale).to_owned());
        let text = filled.collect::<Vec<_>>().join(" ");
        for duty in lint::notice_lacks(&text, locale, &fill.agent, &fill.program) {
            let place = said[(duty.letter as usize - 'a' as usize).min(said.len() - 1)].span.clone();
            let message = format!("the notice in {locale} does not say ({}) {}", duty.letter, duty.what);
            read.findings.fault(place, message, duty.mend);
        }
        let grade = lint::grade(&text);
        if locale == Locale::EnUs && grade > NOTICE_GRADE_MAX {
            let message = format!("the notice reads at school grade {grade:.1}, above {NOTICE_GRADE_MAX:.0}");
            read.findings.warn(said[0].span.clone(), message, "shorten its sentences and words");
        }
    }
}

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
    let consent = words(read, fill, table, "consent", Rules { must, spanish: true });
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

/// Phrases that stand for one thing of a kind, lower case and without punctuation; none may stand for two.
fn phrases(
    read: &mut Reader<'_>,
    table: &Table<'_>,
    key: &'static str,
    max: usize,
    owner: &str,
    seen: &mut BTreeMap<String, String>,
) -> Vec<String> {
    let mut kept = Vec::new();
    for said in read.strings(table, key, max) {
        let plain: String = said
            .text
            .to_lowercase()
            .chars()
            .map(|c| if c.is_alphanumeric() || c == '\'' { c } else { ' ' })
            .collect();
        let phrase = plain.split_whitespace().collect::<Vec<_>>().join(" ");
        if phrase.is_empty() {
            continue;
        }
        match seen.insert(phrase.clone(), owner.to_owned()) {
            Some(other) => {
                let message = format!("`{phrase}` stands for `{other}` and for `{owner}`");
                let message = if other == owner { format!("`{phrase}` is there twice") } else { message };
                read.findings.fault(said.span, message, "keep it in one place");
            }
            None => kept.push(phrase),
        }
    }
    kept
}

const ANSWERS: [(&str, AnswerKind); 6] = [
    ("open", AnswerKind::Open),
    ("name", AnswerKind::Name),
    ("phone", AnswerKind::Phone),
    ("date", AnswerKind::Date),
    ("member_id", AnswerKind::MemberId),
    ("insurer", AnswerKind::Insurer),
];

/// Reads `[[questions]]`: the plain ones first, then the sensitive ones.
pub(super) fn questions(
    read: &mut Reader<'_>,
    fill: &Fill,
    root: &Table<'_>,
) -> (Vec<Question>, Vec<Question>) {
    read.value(root, "questions");
    let known = ["id", "elicits", "answer", "text"];
    let tables = read.tables(root, "questions", "question", &known, QUESTIONS_MAX);
    let mut seen = BTreeMap::new();
    let mut placed: Vec<(Question, Range<usize>)> = Vec::new();
    for table in &tables {
        let id = id(read, table, &mut seen);
        let (elicits, place) =
            read.choice(table, "elicits", &[("none", Elicits::None), ("sud", Elicits::Sud)]);
        let (answer, _) = read.choice(table, "answer", &ANSWERS);
        let words = words(read, fill, table, "text", Rules::default());
        if elicits == Elicits::None {
            plain_words(read, fill, &words, &format!("the plain question `{id}`"));
        }
        placed.push((
            Question { id, elicits, text: words.filled(fill), answer, read_back: ReadBack::Spoken },
            place,
        ));
    }
    order(read, &placed);
    placed.into_iter().map(|(q, _)| q).partition(|q| q.elicits == Elicits::None)
}

/// Nothing plain may ask about substance use.
fn plain_words(read: &mut Reader<'_>, fill: &Fill, words: &Words, name: &str) {
    for (_, said) in words.locales() {
        for place in lint::sud_words(read.source, &said.span, &fill.program) {
            let word = read.source[place.clone()].to_owned();
            let mend =
                "mark it elicits = \"sud\" and move it behind the plain questions, or ask in other words";
            read.findings.fault(place, format!("{name} asks about substance use or health: `{word}`"), mend);
        }
    }
}

/// Plain questions come first. Where they do not, the fewer are taken to be the misplaced ones.
fn order(read: &mut Reader<'_>, placed: &[(Question, Range<usize>)]) {
    let is_plain = |(q, _): &&(Question, Range<usize>)| q.elicits == Elicits::None;
    let first_sensitive = placed.iter().position(|p| !is_plain(&p)).unwrap_or(placed.len());
    let after_last_plain = placed.iter().rposition(|p| is_plain(&p)).map_or(0, |last| last + 1);
    // In order, the sensitive ones begin where the plain ones have ended, and there is nothing between.
    let tangled = placed.get(first_sensitive..after_last_plain).unwrap_or_default();
    let plain_late = tangled.iter().filter(is_plain).count();
    let sensitive_early = tangled.len() - plain_late;
    for (question, place) in tangled {
        let id = &question.id;
        match question.elicits {
            Elicits::Sud if sensitive_early <= plain_late => read.findings.fault(
                place.clone(),
                format!("the sensitive question `{id}` stands among the plain ones"),
                "move it behind the last plain question; a call asks the plain ones first",
            ),
            Elicits::None if plain_late < sensitive_early => read.findings.fault(
                place.clone(),
                format!("the plain question `{id}` stands behind a sensitive one"),
                "move it before the first sensitive question; if it asks about substance use, mark it elicits = \"sud\"",
            ),
            _ => {}
        }
    }
}

/// Reads `[[faq]]`.
pub(super) fn faq(read: &mut Reader<'_>, fill: &Fill, root: &Table<'_>) -> Vec<Faq> {
    let tables = read.tables(root, "faq", "FAQ entry", &["id", "phrases", "answer"], FAQ_MAX);
    let (mut ids, mut phrases_seen) = (BTreeMap::new(), BTreeMap::new());
    let mut entries: Vec<Faq> = Vec::new();
    for table in &tables {
        let id = id(read, table, &mut ids);
        let phrases = phrases(read, table, "phrases", PHRASES_MAX, &id, &mut phrases_seen);
        hidden(read, table, &phrases, &phrases_seen, &id);
        let answer = words(read, fill, table, "answer", Rules::default());
        quiet(read, fill, &answer, &format!("the answer of {}", table.name));
        entries.push(Faq { id, phrases, answer: answer.filled(fill) });
    }
    entries
}

/// The first entry with a phrase that was said is the answer, so an earlier, shorter phrase hides a longer one.
fn hidden(
    read: &mut Reader<'_>,
    table: &Table<'_>,
    phrases: &[String],
    seen: &BTreeMap<String, String>,
    own: &str,
) {
    let place = table.entry("phrases").map_or(table.span.clone(), |(place, _)| place);
    for phrase in phrases {
        let words: Vec<&str> = phrase.split(' ').collect();
        let parts = (0..words.len()).flat_map(|from| (from + 1..=words.len()).map(move |to| (from, to)));
        let shorter = parts
            .map(|(from, to)| words[from..to].join(" "))
            .find(|part| seen.get(part).is_some_and(|owner| owner != own));
        if let Some(shorter) = shorter {
            let message =
                format!("`{phrase}` is never reached: `{shorter}` of `{}` comes first", seen[&shorter]);
            read.findings.warn(place.clone(), message, "move this entry up, or take one of the phrases out");
        }
    }
}

/// A line that may be said before the gate must not ask about substance use either.
fn quiet(read: &mut Reader<'_>, fill: &Fill, words: &Words, name: &str) {
    for (_, said) in words.locales() {
        for question in lint::questions_in(read.source, &said.span) {
            for place in lint::sud_words(read.source, &question, &fill.program) {
                let word = read.source[place.clone()].to_owned();
                let message = format!("{name} asks about substance use or health: `{word}`");
                read.findings.fault(place, message, "only a sensitive question may; ask in other words");
            }
        }
    }
}

/// Reads every field of [`Texts`] by its own name, so that none can be forgotten here.
macro_rules! every_text {
    ($read:expr, $fill:expr, $root:expr; $($name:ident)*) => {{
        const KNOWN: &[&str] = &[$(stringify!($name)),*];
        match $read.table($root, "texts", "`[texts]`", KNOWN) {
            Some(table) => Texts { $($name: line($read, $fill, &table, stringify!($name))),* },
            None => Texts { $($name: Text { en: String::new(), es: None }),* },
        }
    }};
}

/// Reads `[texts]`.
pub(super) fn texts(read: &mut Reader<'_>, fill: &Fill, root: &Table<'_>) -> Texts {
    every_text!(read, fill, root;
        greeting recording before_we_talk back_to_notice acknowledge_again declined thanks consent_granted
        consent_denied consent_again consent_deferred signature signature_again name_differs read_back
        read_back_wrong revoked revoked_all revoked_before revoke_confirm
        revoke_not_meant stopped skipped wait not_understood silence silence_goodbye no_answer_known human_offer
        human_connecting human_unavailable emergency danger_question neutral_refusal legal_demand
        representative company company_refused capacity safety special_recipient complaint no_single_consent
        restricted third_party minor
        request_filed recording_off language trouble closing goodbye)
}

fn line(read: &mut Reader<'_>, fill: &Fill, table: &Table<'_>, key: &'static str) -> Text {
    let must: &'static [&'static str] = match key {
        "greeting" => &["program"],
        "consent_granted" | "consent_denied" | "consent_again" | "consent_deferred" | "signature"
        | "signature_again" | "name_differs" => &["recipient"],
        "read_back" => &["value"],
        "restricted" | "revoked" | "revoked_before" | "revoke_confirm" => &["recipients"],
        "human_unavailable" | "closing" => &["number"],
        _ => &[],
    };
    let words = words(read, fill, table, key, Rules { must, spanish: false });
    for (locale, said) in words.locales().filter(|(_, s)| !s.text.is_empty()) {
        let lower = said.text.to_lowercase();
        let mut say = |found: bool, what: &str, mend: &str| {
            if !found {
                read.findings.fault(said.span.clone(), format!("`{key}` does not say {what}"), mend);
            }
        };
        let automated = lower.contains("automated") || lower.contains("automatizad");
        match key {
            "greeting" => say(
                automated,
                "that an automated assistant speaks",
                "say `automated assistant` (`asistente automatizado`)",
            ),
            "recording" => {
                let said_so = lower.contains("record") || lower.contains("grab");
                say(
                    said_so,
                    "that the call is recorded",
                    "say `this call is recorded` (`esta llamada se graba`)",
                );
            }
            "emergency" => {
                say(lower.contains("911"), "911", "give the number of the emergency services");
                say(lower.contains("988"), "988", "give the number of the Suicide and Crisis Lifeline");
            }
            "closing" => {
                say(
                    automated,
                    "that an automated assistant spoke",
                    "say it again at the end (California AB 3030)",
                );
                say(lower.ends_with('?'), "`anything else?` at its end", "end it with that question");
            }
            "acknowledge_again" | "consent_again" | "revoke_confirm" | "human_offer" | "danger_question" => {
                say(
                    lint::asks_yes_or_no(&said.text, locale),
                    "a yes-or-no question at its end",
                    "end it with a question such as `Is that a yes?` (`¿Es un sí?`), or with `yes or no?`",
                )
            }
            _ => {}
        }
    }
    if key != "danger_question" {
        quiet(read, fill, &words, &format!("`{key}`"));
    }
    words.filled(fill)
}

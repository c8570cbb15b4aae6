//! Texts, ids, versions and phrases as a script writes them, and what holds for every one of them.

use super::{
    Locale, Text,
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
    /// Whether counsel has yet to approve the texts.
    pub draft: bool,
}

/// A text and its places.
#[derive(Clone, Default)]
pub(super) struct Words {
    pub en: Said,
    pub es: Option<Said>,
}

impl Words {
    pub fn locales(&self) -> impl Iterator<Item = (Locale, &Said)> {
        [(Locale::EnUs, Some(&self.en)), (Locale::EsUs, self.es.as_ref())]
            .into_iter()
            .filter_map(|(locale, said)| Some((locale, said?)))
    }

    pub fn filled(&self, fill: &Fill) -> Text {
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
pub(super) struct Rules {
    /// Placeholders it must hold.
    pub must: &'static [&'static str],
    /// Placeholders it may hold beside these and [`ALWAYS`].
    pub may: &'static [&'static str],
    /// Whether a missing Spanish text is a fault, where Spanish is offered; otherwise a warning.
    pub spanish: bool,
    /// The rule that asks for this text and its placeholders, for the mend.
    pub source: &'static str,
}

/// Reads the text at `key` and checks what holds for every text.
pub(super) fn words(
    read: &mut Reader<'_>,
    fill: &Fill,
    table: &Table<'_>,
    key: &'static str,
    rules: Rules,
) -> Words {
    let name = format!("`{key}` of {}", table.name);
    if !rules.source.is_empty() && table.get(key).is_none() && !table.is_misspelt(key) {
        let mend = format!("add it; {} asks for it", rules.source);
        read.findings.fault(table.span.clone(), format!("{} lacks `{key}`", table.name), mend);
        return Words::default();
    }
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
        placeholders(read, said, &name, rules);
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

fn placeholders(read: &mut Reader<'_>, said: &Said, name: &str, rules: Rules) {
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
        let known = || rules.must.iter().chain(rules.may).chain(&ALWAYS).copied();
        if !known().any(|k| k == word) {
            let listed = known().map(|k| format!("{{{k}}}")).collect::<Vec<_>>().join(", ");
            let mend = match nearest(word, known()) {
                Some(meant) => format!("did you mean {{{meant}}}?"),
                None => format!("known here: {listed}"),
            };
            read.findings.fault(place, format!("{name} has an unknown placeholder {{{word}}}"), mend);
        }
    }
    for wanted in rules.must {
        if !said.text.is_empty() && !said.text.contains(&format!("{{{wanted}}}")) {
            let mend = match rules.source {
                "" => format!("put {{{wanted}}} where it should be said"),
                source => format!("put {{{wanted}}} where it should stand; {source} asks for it"),
            };
            read.findings.fault(said.span.clone(), format!("{name} does not say {{{wanted}}}"), mend);
        }
    }
}

pub(super) fn yes_or_no(read: &mut Reader<'_>, words: &Words, name: &str) {
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
pub(super) fn version(read: &mut Reader<'_>, table: &Table<'_>) -> String {
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

/// `text` in lower case and without punctuation, as phrases are compared.
pub(super) fn plain(text: &str) -> String {
    let bare: String =
        text.to_lowercase().chars().map(|c| if c.is_alphanumeric() || c == '\'' { c } else { ' ' }).collect();
    bare.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Phrases that stand for one thing of a kind, lower case and without punctuation; none may stand for two.
pub(super) fn phrases(
    read: &mut Reader<'_>,
    table: &Table<'_>,
    key: &'static str,
    max: usize,
    owner: &str,
    seen: &mut BTreeMap<String, String>,
) -> Vec<String> {
    let mut kept = Vec::new();
    for said in read.strings(table, key, max) {
        let phrase = plain(&said.text);
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

//! From the text of a `program.toml` to a [`Program`], with everything that is wrong told at once.

use super::{
    Fault, Hours, Locale, Person, Program, Timings, consents,
    fault::nearest,
    limits::*,
    lint, steps,
    tree::{Reader, Said, Table},
    words::{self, Fill},
};
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, ops::Range, sync::Arc};

/// What came of reading a script.
#[derive(Clone, Debug, Default)]
pub struct Examined {
    /// The program, where nothing is wrong.
    pub program: Option<Program>,
    /// What must be mended, in the order of the file.
    pub faults: Vec<Fault>,
    /// What should be looked at, in the order of the file.
    pub warnings: Vec<Fault>,
    /// Places that are judged against the world outside of the file.
    pub places: Places,
}

/// Where some values stand in the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// Of `id`, which is also the folder's name.
    pub id: Range<usize>,
    /// Of each of `numbers`, which no other program may have.
    pub numbers: Vec<Range<usize>>,
    /// Of `person.timezone`, which must be one the world knows.
    pub timezone: Range<usize>,
}

/// Reads the text of a `program.toml`. All faults come back, not only the first.
pub fn parse(text: &str) -> Result<Program, Vec<Fault>> {
    let examined = examine(text);
    examined.program.ok_or(examined.faults)
}

/// Reads the text of a `program.toml`, and says also what is only worth a look.
pub fn examine(text: &str) -> Examined {
    if text.len() > SCRIPT_BYTES_MAX {
        let message = format!("the file has {} bytes, more than {SCRIPT_BYTES_MAX}", text.len());
        let fault = Fault { message, mend: "a script is words; take out what is not".into(), span: 0..0 };
        return Examined { faults: vec![fault], ..Examined::default() };
    }
    let (mut read, tree) = match Reader::parse(text) {
        Ok(parsed) => parsed,
        Err(faults) => return Examined { faults, ..Examined::default() },
    };
    let mut places = Places::default();
    let root = read.open("the file", tree.get_ref(), 0..0, &FIELDS);
    let program = program(&mut read, &root, &mut places);
    let mut findings = read.findings;
    findings.faults.sort_by_key(|f| (f.span.start, f.span.end));
    findings.warnings.sort_by_key(|f| (f.span.start, f.span.end));
    Examined {
        program: findings.faults.is_empty().then_some(program),
        faults: findings.faults,
        warnings: findings.warnings,
        places,
    }
}

const FIELDS: [&str; 16] = [
    "id",
    "name",
    "agent",
    "draft_for_counsel",
    "numbers",
    "locales",
    "notice",
    "consents",
    "recipients",
    "questions",
    "faq",
    "texts",
    "person",
    "timings",
    "pronounce",
    "pronounce_es",
];

fn program(read: &mut Reader<'_>, root: &Table<'_>, places: &mut Places) -> Program {
    let id = words::id(read, root, &mut BTreeMap::new());
    places.id = root.get("id").map_or(0..0, |v| v.span());
    let name = own_name(read, root, "name");
    let agent = own_name(read, root, "agent");
    let locales = locales(read, root);
    let numbers = numbers(read, root, places);
    let person = person(read, root, places);
    let fill = Fill {
        program: name.clone(),
        agent,
        number: spoken(&person.number),
        spanish: locales.contains(&Locale::EsUs),
        draft: root.get("draft_for_counsel").and_then(|v| v.get_ref().as_bool()) != Some(false),
    };
    let (notice, place) = steps::notice(read, &fill, root);
    drafts(read, root, &place.approved_by, &person);
    let (plain, sensitive) = steps::questions(read, &fill, root);
    let asked: Vec<_> = plain.iter().chain(&sensitive).cloned().collect();
    let (texts, typed) = steps::texts(read, &fill, root);
    let mut program = Program {
        id,
        name,
        sha256: Sha256::digest(read.source.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect(),
        numbers,
        notice,
        consents: consents::rules(read, &fill, root),
        recipients: consents::recipients(read, &fill, root, &asked),
        plain,
        sensitive,
        faq: steps::faq(read, &fill, root),
        texts,
        typed: None,
        person,
        timings: timings(read, root),
        pronounce: pronounce(read, root, "pronounce"),
        pronounce_es: pronounce(read, root, "pronounce_es"),
        locales,
    };
    opening_time(read, &program, place.place);
    program.typed = typed.map(|texts| Arc::new(Program { texts, ..program.clone() }));
    program
}

/// A name that stands in texts, and so holds no placeholder itself.
fn own_name(read: &mut Reader<'_>, root: &Table<'_>, key: &'static str) -> String {
    let said = read.string(root, key, NAME_CHARS_MAX);
    if said.text.contains(['{', '}']) {
        read.findings.fault(said.span, format!("`{key}` has a brace"), "write the name as it is said");
    }
    said.text
}

/// Everything up to the acknowledgement's answer must be said within a minute.
fn opening_time(read: &mut Reader<'_>, program: &Program, place: Range<usize>) {
    for &locale in &program.locales {
        let opening = [&program.texts.greeting, &program.texts.recording];
        let notice = program.notice.parts.iter().map(|p| &p.text).chain([&program.notice.acknowledge]);
        let words = opening.into_iter().chain(notice).map(|t| lint::words(t.in_locale(locale))).sum();
        let seconds = lint::seconds(words);
        if seconds > NOTICE_S_MAX {
            let message = format!(
                "greeting, recording, notice and its question take {seconds} s in {locale} ({words} words), more than {NOTICE_S_MAX}"
            );
            read.findings.warn(place.clone(), message, "shorten them; callers hang up on a long notice");
        }
    }
}

/// A draft works, but the program's counsel should have read it first.
fn drafts(read: &mut Reader<'_>, root: &Table<'_>, approved_by: &Said, person: &Person) {
    let draft = approved_by.text.to_lowercase().starts_with("draft");
    match read.truth(root, "draft_for_counsel") {
        Some((true, place)) => read.findings.warn(
            place,
            "every text is a draft for counsel",
            "when your counsel has approved them, write false, and say in `approved_by` who and when",
        ),
        Some((false, _)) if draft => read.findings.fault(
            approved_by.span.clone(),
            "the notice is a draft, but `draft_for_counsel` is false",
            "write who approved it and when, or set draft_for_counsel = true",
        ),
        Some((false, place)) => {
            let numbers = [Some(&person.number), person.after_hours_number.as_ref()];
            for number in numbers.into_iter().flatten().filter(|number| is_fictional(number)) {
                let message = format!("nobody answers {number}: such numbers are kept for fiction");
                let mend =
                    "write the number of a person under [person]; callers in danger are put through to it";
                read.findings.fault(place.clone(), message, mend);
            }
        }
        None => {}
    }
    if draft {
        let mend = "write who approved it and when, as `J. Doe, counsel, 2026-11-01`";
        read.findings.warn(approved_by.span.clone(), "nobody has approved the notice", mend);
    }
}

fn locales(read: &mut Reader<'_>, root: &Table<'_>) -> Vec<Locale> {
    let mut locales = Vec::new();
    let said = read.strings(root, "locales", 2);
    for one in said.iter().filter(|s| !s.text.is_empty()) {
        let tags = [Locale::EnUs, Locale::EsUs].map(Locale::tag);
        match [Locale::EnUs, Locale::EsUs].into_iter().find(|l| l.tag() == one.text) {
            Some(locale) if locales.contains(&locale) => {
                read.findings.fault(one.span.clone(), format!("{locale} is there twice"), "take one out");
            }
            Some(locale) => locales.push(locale),
            None => {
                let mend = match nearest(&one.text, tags) {
                    Some(meant) => format!("did you mean {meant}?"),
                    None => format!("the agent speaks {}", tags.join(" and ")),
                };
                read.findings.fault(
                    one.span.clone(),
                    format!("`{}` is no language of the agent", one.text),
                    mend,
                );
            }
        }
    }
    if let Some((place, _)) = root.entry("locales")
        && locales.first() != Some(&Locale::EnUs)
    {
        let mend = "write locales = [\"en-US\"], or [\"en-US\", \"es-US\"]; every text exists in English";
        read.findings.fault(place, "`locales` does not begin with en-US", mend);
    }
    locales
}

fn numbers(read: &mut Reader<'_>, root: &Table<'_>, places: &mut Places) -> Vec<String> {
    let said = read.strings(root, "numbers", NUMBERS_MAX);
    let mut numbers: Vec<String> = Vec::new();
    for one in said {
        e164(read, &one);
        if !one.text.is_empty() && numbers.contains(&one.text) {
            read.findings.fault(one.span.clone(), format!("{} is there twice", one.text), "take one out");
        }
        places.numbers.push(one.span);
        numbers.push(one.text);
    }
    numbers
}

/// ITU-T E.164: a plus sign, a country code, at most 15 digits. North American numbers have ten after `+1`.
fn e164(read: &mut Reader<'_>, said: &Said) {
    if said.text.is_empty() {
        return;
    }
    let digits = said.text.strip_prefix('+').unwrap_or_default();
    let shape = (7..=15).contains(&digits.len())
        && digits.bytes().all(|b| b.is_ascii_digit())
        && !digits.starts_with('0')
        && (!digits.starts_with('1') || digits.len() == 11);
    if !shape {
        let mend = "write it as +12025550100: a plus sign, the country code, digits only";
        read.findings.fault(said.span.clone(), format!("`{}` is no telephone number", said.text), mend);
    }
}

/// North American numbers from 555-0100 to 555-0199 belong to nobody.
fn is_fictional(number: &str) -> bool {
    number.strip_prefix("+1").is_some_and(|n| n.len() == 10 && n.get(3..8) == Some("55501"))
}

/// A number as it is shown and said: `202-555-0100` for a North American one.
fn spoken(number: &str) -> String {
    match number.strip_prefix("+1") {
        Some(n) if n.len() == 10 && n.is_ascii() => format!("{}-{}-{}", &n[..3], &n[3..6], &n[6..]),
        _ => number.to_owned(),
    }
}

fn person(read: &mut Reader<'_>, root: &Table<'_>, places: &mut Places) -> Person {
    let known = ["number", "timezone", "hours", "after_hours_number", "ring_s"];
    let Some(table) = read.table(root, "person", "`[person]`", &known) else {
        return Person {
            number: String::new(),
            timezone: String::new(),
            hours: Vec::new(),
            after_hours_number: None,
            ring_s: 25,
        };
    };
    let number = read.string(&table, "number", NAME_CHARS_MAX);
    e164(read, &number);
    let after_hours = read.string_if_any(&table, "after_hours_number", NAME_CHARS_MAX);
    after_hours.iter().for_each(|n| e164(read, n));
    let timezone = read.string(&table, "timezone", NAME_CHARS_MAX);
    let place_shape = |t: &str| {
        t.split_once('/').is_some_and(|(area, city)| !area.is_empty() && !city.is_empty())
            && t.bytes().all(|b| b.is_ascii_alphanumeric() || b"/_-+".contains(&b))
    };
    if !timezone.text.is_empty() && timezone.text != "UTC" && !place_shape(&timezone.text) {
        let mend = "write an IANA name, as America/New_York";
        read.findings.fault(timezone.span.clone(), format!("`{}` is no time zone", timezone.text), mend);
    }
    places.timezone = timezone.span;
    let hours = read.strings_if_any(&table, "hours", HOURS_MAX);
    for line in hours.iter().filter(|h| !h.text.is_empty()) {
        if let Err(why) = line.text.parse::<Hours>() {
            let mend = "write days and times, as `mon-fri 08:00-18:00`; past midnight is a line of its own";
            read.findings.fault(line.span.clone(), format!("`{}` are no hours: {why}", line.text), mend);
        }
    }
    Person {
        number: number.text,
        timezone: timezone.text,
        hours: hours.into_iter().map(|h| h.text).collect(),
        after_hours_number: after_hours.map(|n| n.text),
        ring_s: read.number(&table, "ring_s", RING_S, Some(25)) as u32,
    }
}

fn timings(read: &mut Reader<'_>, root: &Table<'_>) -> Timings {
    let usual = Timings::default();
    let known = [
        "silence_ms",
        "wait_ms",
        "end_of_turn_yes_no_ms",
        "end_of_turn_open_ms",
        "end_of_turn_spelled_ms",
        "settle_ms",
        "turn_ms_max",
        "call_ms_max",
    ];
    let Some(table) = read.table_if_any(root, "timings", "`[timings]`", &known) else { return usual };
    let mut ms = |key, range, usual| read.number(&table, key, range, Some(usual));
    Timings {
        silence_ms: ms("silence_ms", SILENCE_MS, usual.silence_ms),
        wait_ms: ms("wait_ms", WAIT_MS, usual.wait_ms),
        end_of_turn_yes_no_ms: ms(
            "end_of_turn_yes_no_ms",
            END_OF_TURN_YES_NO_MS,
            usual.end_of_turn_yes_no_ms,
        ),
        end_of_turn_open_ms: ms("end_of_turn_open_ms", END_OF_TURN_OPEN_MS, usual.end_of_turn_open_ms),
        end_of_turn_spelled_ms: ms(
            "end_of_turn_spelled_ms",
            END_OF_TURN_SPELLED_MS,
            usual.end_of_turn_spelled_ms,
        ),
        settle_ms: ms("settle_ms", SETTLE_MS, usual.settle_ms),
        turn_ms_max: ms("turn_ms_max", TURN_MS_MAX, usual.turn_ms_max),
        call_ms_max: ms("call_ms_max", CALL_MS_MAX, usual.call_ms_max),
    }
}

fn pronounce(read: &mut Reader<'_>, root: &Table<'_>, name: &str) -> BTreeMap<String, String> {
    let Some((place, value)) = root.entry(name) else { return BTreeMap::new() };
    let Some(entries) = value.get_ref().as_table() else {
        read.findings.fault(
            place,
            format!("`{name}` is no table"),
            "write a line `\"WORD\" = \"how it is said\"` for each",
        );
        return BTreeMap::new();
    };
    if entries.len() > PRONOUNCE_MAX {
        let message = format!("`{name}` has {} entries, more than {PRONOUNCE_MAX}", entries.len());
        read.findings.fault(place, message, "take some out");
    }
    let said = |(word, how): (&toml::Spanned<_>, &_)| -> (String, String) {
        let word: &std::borrow::Cow<'_, str> = word.get_ref();
        (word.to_string(), read.said(how, &format!("`{word}`"), NAME_CHARS_MAX).text)
    };
    entries.iter().map(said).collect()
}

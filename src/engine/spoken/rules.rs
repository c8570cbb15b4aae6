//! The readings, one rule each, in the order in which they are tried.

use super::{Place, Rule, figures};
use regex::{Captures, Regex};
use std::sync::LazyLock;

/// Titles before a name.
pub const TITLES: [(&str, &str); 12] = [
    ("Mr", "Mister"),
    ("Mrs", "Missus"),
    ("Ms", "Miz"),
    ("Dr", "Doctor"),
    ("Prof", "Professor"),
    ("Rev", "Reverend"),
    ("Gov", "Governor"),
    ("Sen", "Senator"),
    ("Lt", "Lieutenant"),
    ("Sgt", "Sergeant"),
    ("Capt", "Captain"),
    ("Hon", "Honorable"),
];

/// Short forms, and whether the full stop belongs to them.
const SHORT: [(&str, &str); 26] = [
    (r"e\.g\.,?", "for example"),
    (r"i\.e\.,?", "that is"),
    (r"etc\.", "et cetera"),
    (r"a\.k\.a\.", "also known as"),
    (r"approx\.", "approximately"),
    (r"(?:vs|v)\.", "versus"),
    (r"[Ee]xt\.", "extension"),
    (r"[Dd]ept\.", "department"),
    (r"[Aa]ppt\.?", "appointment"),
    (r"Nos?\.", "number"),
    (r"Inc\.", "Incorporated"),
    (r"Corp\.", "Corporation"),
    (r"Jr\.", "Junior"),
    (r"Sr\.", "Senior"),
    (r"Ave\.", "Avenue"),
    (r"Blvd\.?", "Boulevard"),
    (r"Rd\.", "Road"),
    (r"Ln\.", "Lane"),
    (r"Hwy\.?", "Highway"),
    (r"Pkwy\.?", "Parkway"),
    (r"Ste\.", "Suite"),
    (r"Apt\.?", "Apartment"),
    (r"Bldg\.?", "Building"),
    (r"w/o", "without"),
    (r"w/", "with"),
    (r"24/7", "24 7"),
];

/// Units after a number: one, and several.
const UNITS: [(&str, &str, &str); 16] = [
    ("mg", "milligram", "milligrams"),
    ("mcg", "microgram", "micrograms"),
    ("µg", "microgram", "micrograms"),
    ("ml", "milliliter", "milliliters"),
    ("mL", "milliliter", "milliliters"),
    ("g", "gram", "grams"),
    ("kg", "kilogram", "kilograms"),
    ("lb", "pound", "pounds"),
    ("lbs", "pound", "pounds"),
    ("oz", "ounce", "ounces"),
    ("hr", "hour", "hours"),
    ("hrs", "hour", "hours"),
    ("min", "minute", "minutes"),
    ("mins", "minute", "minutes"),
    ("mi", "mile", "miles"),
    ("ft", "foot", "feet"),
];

const DAYS: [(&str, &str); 7] = [
    ("Mon", "Monday"),
    ("Tue", "Tuesday"),
    ("Wed", "Wednesday"),
    ("Thu", "Thursday"),
    ("Fri", "Friday"),
    ("Sat", "Saturday"),
    ("Sun", "Sunday"),
];

const MONTH: &str = r"(Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\.?";

type Read = fn(&Captures<'_>, &Place<'_>) -> Option<String>;

/// Rules that need the figures and short forms as they are written.
pub fn before_the_lexicon() -> &'static [Rule] {
    static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
        let month_day = format!(r"\b{MONTH} (\d{{1,2}})(?:st|nd|rd|th)?(,? \d{{4}})?\b");
        let day_month = format!(r"\b(?:the )?(\d{{1,2}})(?:st|nd|rd|th)? (?:of )?{MONTH}( \d{{4}})?\b");
        let units = UNITS.map(|(short, ..)| short).join("|");
        let titles = TITLES.map(|(short, _)| short).join("|");
        let days = DAYS.map(|(short, _)| short).join("|");
        let short = SHORT.map(|(short, _)| short).join("|");
        compiled(&[
            (r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", address),
            (
                r"\b(?:https?://)?((?:[A-Za-z][\w-]*\.)+(?:com|org|net|gov|edu|health|care|info|us|example))((?:/[\w-]+)*)/?",
                address,
            ),
            (r"(\+?1[-. ]?)?(?:\((\d{3})\) ?|(\d{3})[-. ]?)(\d{3})[-. ]?(\d{4})", telephone),
            (r"\+\d{8,15}", |c, _| Some(figures::digits_in_groups(&c[0]))),
            (r"(\d{3})-(\d{4})", local_telephone),
            (r"\b([2-9]11|988)", three_digits),
            (
                r"\b(\d+) (?:C\.? ?F\.? ?R\.?|CFR)( (?:[Pp]arts?|§§?|[Ss]ections?))? ?(\d[\d.]*\d|\d)((?:\([0-9A-Za-z]{1,4}\))*)",
                law,
            ),
            (r"(§§?|\b[Ss]ections?|\b[Ss]ec\.) ?(\d+\.\d+)((?:\([0-9A-Za-z]{1,4}\))*)", part_of_law),
            (r"§§?", |c, _| Some(if c[0].len() > 2 { "sections" } else { "section" }.into())),
            (r"\b(Part|Section|Chapter|Title|Phase|Level|Stage|Class|Schedule|Type) ([IVXL]+)\b", |c, _| {
                Some(format!("{} {}", &c[1], figures::roman(&c[2])?))
            }),
            (r"\b(\d{4})-(\d{2})-(\d{2})\b", |c, _| {
                figures::date(c[2].parse().ok()?, c[3].parse().ok()?, figures::year(&c[1]))
            }),
            (r"\b(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})\b", |c, _| {
                figures::date(c[1].parse().ok()?, c[2].parse().ok()?, figures::year(&c[3]))
            }),
            (&month_day, |c, _| {
                let year = c.get(3).and_then(|y| figures::year(y.as_str().trim_start_matches([',', ' '])));
                figures::date(figures::month(&c[1])?, c[2].parse().ok()?, year)
            }),
            (&day_month, |c, _| {
                let year = c.get(3).and_then(|y| figures::year(y.as_str().trim()));
                figures::date(figures::month(&c[2])?, c[1].parse().ok()?, year)
            }),
            (r"\b(\d{1,2}):(\d{2}) ?- ?(\d{1,2}):(\d{2})\b", |c, _| {
                Some(format!("{} to {}", clock(&c[1], &c[2], false)?, clock(&c[3], &c[4], false)?))
            }),
            (r"\b(\d{1,2})(?::(\d{2}))? ?([AaPp])(?:\.[Mm]\.|\.?[Mm]\b)", time),
            (r"\b(\d{1,2}):(\d{2})\b", |c, _| clock(&c[1], &c[2], false)),
            (r"\$(\d[\d,.]*) (hundred|thousand|million|billion)\b", |c, _| {
                Some(format!("{} {} dollars", &c[1], &c[2]))
            }),
            (&format!(r"(\d[\d,]*(?:\.\d+)?) ?({units})\b"), unit),
            (r"(\d)%", |c, _| Some(format!("{} percent", &c[1]))),
            (r"#(\d+)", |c, _| Some(format!("number {}", &c[1]))),
            (&format!(r"\b({short})"), short_form),
            (&format!(r"\b({titles})\. ([A-Z])"), |c, _| {
                let (_, long) = TITLES.iter().find(|(short, _)| *short == &c[1])?;
                Some(format!("{long} {}", &c[2]))
            }),
            (r"\b([A-Z][a-z]+) St\.", |c, _| Some(format!("{} Street", &c[1]))),
            (r"\bSt\. ([A-Z])", |c, _| Some(format!("Saint {}", &c[1]))),
            (&format!(r"\b({days})[a-z]*\.? ?- ?({days})[a-z]*\b"), |c, _| {
                Some(format!("{} to {}", day(&c[1])?, day(&c[2])?))
            }),
            (r"\b(\d{1,2})/(\d{1,2})\b", fraction),
            (r"\b(\d{1,4}) ?- ?(\d{1,4})\b", |c, place| {
                (!place.is_inside()).then(|| format!("{} to {}", &c[1], &c[2]))
            }),
            (r"\band/or\b", |_, _| Some("and or".into())),
            (r"\b([A-Za-z]+)/([A-Za-z]+)\b", |c, _| Some(format!("{} or {}", &c[1], &c[2]))),
        ])
    });
    &RULES
}

/// Rules for what no lexicon entry took: ids, long numbers, capitals.
pub fn after_the_lexicon() -> &'static [Rule] {
    static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
        compiled(&[
            (r"\b((?i:zip(?: code)?(?: is)?)|[A-Z]{2}) (\d{5})(?:-(\d{4}))?\b", |c, _| {
                let rest =
                    c.get(3).map_or(String::new(), |more| format!(", {}", figures::digits(more.as_str())));
                Some(format!("{} {}{rest}", &c[1], figures::digits(&c[2])))
            }),
            (r"\b[A-Z]+(?:-?[A-Z0-9]+)*\d[A-Z0-9-]*\b|\b\d+[A-Z][A-Z0-9]*\b", identifier),
            (r"\b(?:\d+[a-z]|[a-z]+\d)[a-z0-9]*\b", mixed),
            (r"\d{6,}", |c, place| {
                (!place.is_inside() && !place.before.ends_with('$')).then(|| figures::digits_in_groups(&c[0]))
            }),
            (r"\b0\d+\b", |c, place| (!place.is_inside()).then(|| figures::digits(&c[0]))),
            (r"\b[A-Z](?: [A-Z])+\b", letters),
            (r"\b[A-Z]{2,}\b", shouted),
        ])
    });
    &RULES
}

fn compiled(rules: &[(&str, Read)]) -> Vec<Rule> {
    let rule = |(pattern, read): &(&str, Read)| Rule {
        pattern: Regex::new(pattern).expect("the patterns of this file are tested"),
        read: *read,
    };
    rules.iter().map(rule).collect()
}

/// An e-mail or web address, its dots, slashes and the at sign spoken.
fn address(captures: &Captures<'_>, _: &Place<'_>) -> Option<String> {
    // Nobody says the beginning of a web address.
    let text = ["https://", "http://", "www."]
        .iter()
        .fold(&captures[0], |text, start| text.trim_start_matches(start));
    let kept = text.trim_end_matches(['.', '/', '-']);
    let said = kept.replace('@', " at ").replace('.', " dot ").replace('/', " slash ");
    let ending = if text.ends_with('.') { "." } else { "" };
    Some(said.replace(['-', '_'], " ") + ending)
}

fn telephone(captures: &Captures<'_>, place: &Place<'_>) -> Option<String> {
    if place.is_inside() || place.before.ends_with(['$', '+']) {
        return None;
    }
    let written = &captures[0];
    let country = captures.get(1).map_or("", |c| c.as_str());
    // Ten bare figures are an id as likely as a telephone number, and read alike; a country code settles it.
    if country.is_empty() && written.chars().all(|c| c.is_ascii_digit()) {
        return Some(groups(&captures[3], &captures[4], &captures[5]));
    }
    let area = captures.get(2).or(captures.get(3))?.as_str();
    let number = groups(area, &captures[4], &captures[5]);
    // Nobody says the one of an ordinary number; everybody says it of a free one.
    let free = ["800", "833", "844", "855", "866", "877", "888"].contains(&area);
    Some(if free && !country.is_empty() { format!("1, {number}") } else { number })
}

fn groups(area: &str, exchange: &str, line: &str) -> String {
    let area = if area == "800" { area.into() } else { figures::digits(area) };
    format!("{area}, {}, {}", figures::digits(exchange), figures::digits(line))
}

fn local_telephone(captures: &Captures<'_>, place: &Place<'_>) -> Option<String> {
    (!place.is_inside())
        .then(|| format!("{}, {}", figures::digits(&captures[1]), figures::digits(&captures[2])))
}

/// 911, 988 and 411 wherever they are no amount; other such numbers where somebody is told to dial them.
fn three_digits(captures: &Captures<'_>, place: &Place<'_>) -> Option<String> {
    let next = place.after.trim_start().split(|c: char| !c.is_alphabetic()).next().unwrap_or("");
    let amount = place.before.ends_with('$')
        || place.after.starts_with('%')
        || ["dollars", "cents", "people", "days", "mg", "patients", "percent"].contains(&next);
    let last =
        place.before.trim_end().rsplit(|c: char| !c.is_alphabetic()).next().unwrap_or("").to_lowercase();
    let told = ["call", "dial", "text", "calling", "dialing", "texting"].contains(&last.as_str());
    let known = matches!(&captures[1], "911" | "988" | "411");
    (!place.is_inside() && !amount && (known || told)).then(|| figures::digits(&captures[1]))
}

/// "42 CFR Part 2", "45 CFR 164.520(c)".
fn law(captures: &Captures<'_>, _: &Place<'_>) -> Option<String> {
    let what = captures.get(2).map_or(String::new(), |what| match what.as_str().trim() {
        "§" => " section".into(),
        "§§" => " sections".into(),
        word => format!(" {word}"),
    });
    let number = figures::section(&captures[3]);
    Some(format!("{} [CFR](/sˌiˌɛfˈɑɹ/){what} {number}{}", &captures[1], subsections(&captures[4])))
}

/// "section 2.31(a)(8)", "§2.22".
fn part_of_law(captures: &Captures<'_>, _: &Place<'_>) -> Option<String> {
    let word = match &captures[1] {
        "§" | "sec." => "section",
        "Sec." => "Section",
        "§§" => "sections",
        word => word,
    };
    Some(format!("{word} {}{}", figures::section(&captures[2]), subsections(&captures[3])))
}

fn subsections(marks: &str) -> String {
    let parts = marks.split(['(', ')']).filter(|part| !part.is_empty());
    parts.map(|part| format!(", {}", if part == "a" { "[a](/ˈA/)" } else { part })).collect()
}

fn time(captures: &Captures<'_>, place: &Place<'_>) -> Option<String> {
    let minutes = captures.get(2).map_or("00", |m| m.as_str());
    let hour = clock(&captures[1], minutes, true)?;
    let half = if captures[3].eq_ignore_ascii_case("a") { "[AM](/ˌAˈɛm/)" } else { "[PM](/pˌiˈɛm/)" };
    // The last full stop of "p.m." ends the sentence too.
    let ending = if captures[0].ends_with('.') && place.after.is_empty() { "." } else { "" };
    Some(format!("{hour} {half}{ending}"))
}

fn clock(hours: &str, minutes: &str, half_follows: bool) -> Option<String> {
    let (hour, minute): (u32, u32) = (hours.parse().ok()?, minutes.parse().ok()?);
    if hour > 24 || minute > 59 {
        return None;
    }
    Some(match minute {
        0 if half_follows => format!("{hour}"),
        0 => format!("{hour} o'clock"),
        1..=9 => format!("{hour} oh {minute}"),
        _ => format!("{hour} {minute}"),
    })
}

fn unit(captures: &Captures<'_>, place: &Place<'_>) -> Option<String> {
    if place.before.ends_with(|c: char| c.is_alphanumeric() || ".,$".contains(c)) {
        return None;
    }
    let (_, one, several) = UNITS.iter().find(|(short, ..)| *short == &captures[2])?;
    Some(format!("{} {}", &captures[1], if &captures[1] == "1" { one } else { several }))
}

fn short_form(captures: &Captures<'_>, place: &Place<'_>) -> Option<String> {
    static FORMS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
        let whole = |pattern: &str| Regex::new(&format!("^(?:{pattern})$")).expect("the patterns are tested");
        SHORT.iter().map(|(pattern, long)| (whole(pattern), *long)).collect()
    });
    let written = &captures[0];
    let abbreviates_word =
        !written.ends_with(['.', ',', '/']) && place.after.starts_with(char::is_alphanumeric);
    let number =
        written.starts_with("No") && !place.after.trim_start().starts_with(|c: char| c.is_ascii_digit());
    if abbreviates_word || number || place.before.ends_with(|c: char| c.is_alphanumeric() || c == '.') {
        return None;
    }
    let (_, long) = FORMS.iter().find(|(form, _)| form.is_match(written))?;
    let space = if written == "w/" { " " } else { "" };
    let ending = if written.ends_with('.') && place.after.is_empty() { "." } else { "" };
    Some(format!("{long}{space}{ending}"))
}

fn day(short: &str) -> Option<&'static str> {
    DAYS.iter().find(|(day, _)| *day == short).map(|(_, day)| *day)
}

fn fraction(captures: &Captures<'_>, place: &Place<'_>) -> Option<String> {
    const PARTS: [&str; 9] =
        ["half", "third", "quarter", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"];
    if place.is_inside() {
        return None;
    }
    let (above, below): (u32, u32) = (captures[1].parse().ok()?, captures[2].parse().ok()?);
    if above == 0 || above >= below || below > 10 {
        return figures::date(above, below, None);
    }
    let part = PARTS[below as usize - 2];
    Some(match above {
        1 => format!("one {part}"),
        _ => format!("{above} {part}s"),
    })
}

/// Letters and figures mixed: a short number at the end is a number ("B 12"), anything longer is spelled.
fn identifier(captures: &Captures<'_>, place: &Place<'_>) -> Option<String> {
    let written = &captures[0];
    let figure_count = written.chars().filter(char::is_ascii_digit).count();
    if place.before.ends_with(['$', '.', '\'']) || figure_count == 0 {
        return None;
    }
    if figure_count <= 2 {
        let split = written.find(|c: char| c.is_ascii_digit())?;
        let (word, number) = written.split_at(split);
        let whole = !word.is_empty() && number.chars().all(|c| c.is_ascii_digit());
        return whole.then(|| format!("{} {number}", word.trim_end_matches('-')));
    }
    let said = written.chars().filter(char::is_ascii_alphanumeric).map(letter);
    Some(said.collect::<Vec<_>>().join(" "))
}

/// "401k" as "401 k"; ordinals ("3rd") and decades ("90s") stay.
fn mixed(captures: &Captures<'_>, _: &Place<'_>) -> Option<String> {
    let written = &captures[0];
    let tail = written.trim_start_matches(|c: char| c.is_ascii_digit());
    if tail.len() < written.len() && ["st", "nd", "rd", "th", "s"].contains(&tail) {
        return None;
    }
    let mut said = String::new();
    for c in written.chars() {
        let last = said.chars().next_back();
        if last.is_some_and(|last| last.is_ascii_digit() != c.is_ascii_digit()) {
            said.push(' ');
        }
        said.push(c);
    }
    Some(said)
}

/// A lone "A" would be read as the article, and "I" as the person.
fn letter(c: char) -> String {
    match c {
        'A' => "[A](/ˈA/)".into(),
        'I' => "[I](/ˈI/)".into(),
        c => c.into(),
    }
}

/// Capitals written apart: "A I", "C F R".
fn letters(captures: &Captures<'_>, _: &Place<'_>) -> Option<String> {
    match &captures[0] {
        "A I" => Some("[A](/ˌA/) [I](/ˈI/)".into()),
        "C F R" => Some("[CFR](/sˌiˌɛfˈɑɹ/)".into()),
        spelled => Some(
            spelled.split(' ').map(|l| l.chars().map(letter).collect()).collect::<Vec<String>>().join(" "),
        ),
    }
}

/// Words in capitals for stress; what is no such word stays, to be spelled.
fn shouted(captures: &Captures<'_>, _: &Place<'_>) -> Option<String> {
    const WORDS: [&str; 26] = [
        "NOT", "NO", "YES", "AND", "OR", "ONLY", "MUST", "DO", "ALL", "STOP", "YOUR", "YOU", "HELP", "CALL",
        "TEXT", "NEVER", "ANY", "IF", "TO", "THE", "WILL", "MAY", "CAN", "WE", "FOR", "NOW",
    ];
    let word = &captures[0];
    (word.len() > 4 || WORDS.contains(&word)).then(|| word.to_lowercase())
}

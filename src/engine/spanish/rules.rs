//! The readings of Spanish, one rule each, in the order in which they are tried.
//!
//! Numbers are those of the United States: "1,500.25", dates with the month first, telephone numbers of ten digits.

use super::{
    super::spoken::{Place, Rule, figures},
    numbers::{self, Counts, cardinal, written},
};
use regex::{Captures, Regex};
use std::sync::LazyLock;

/// A number as it is written.
const NUMBER: &str = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?";
const MONTH: &str =
    r"(?i:enero|febrero|marzo|abril|mayo|junio|julio|agosto|se(?:p)?tiembre|octubre|noviembre|diciembre)";
const SUBSECTIONS: &str = r"((?:\([0-9A-Za-z]{1,4}\))*)";

/// Titles before a name, whose full stop ends no sentence.
const TITLES: [(&str, &str); 9] = [
    ("Sr", "señor"),
    ("Sra", "señora"),
    ("Srta", "señorita"),
    ("Sres", "señores"),
    ("Dr", "doctor"),
    ("Dra", "doctora"),
    ("Lic", "licenciado"),
    ("Licda", "licenciada"),
    ("Prof", "profesor"),
];

/// Short forms as patterns, and what they stand for.
const SHORT: [(&str, &str); 17] = [
    (r"EE\.? ?UU\.?", "Estados Unidos"),
    (r"[Pp]\. ?ej\.", "por ejemplo"),
    (r"etc\.", "etcétera"),
    (r"[Uu]ds\.", "ustedes"),
    (r"[Uu]d\.", "usted"),
    (r"[Tt]el\.", "teléfono"),
    (r"[Ee]xt\.", "extensión"),
    (r"[Aa]prox\.", "aproximadamente"),
    (r"[Dd]epto\.", "departamento"),
    (r"[Aa]pto\.", "apartamento"),
    (r"[Aa]v(?:da)?\.", "avenida"),
    (r"[Pp]ág\.", "página"),
    (r"[Aa]rt\.", "artículo"),
    (r"[Ss]ec\.", "sección"),
    (r"[Nn]úm\.", "número"),
    (r"[Cc]ía\.", "compañía"),
    (r"24/7", "las veinticuatro horas, los siete días"),
];

/// Units after a number: one, several, and what they are.
const UNITS: [(&str, &str, &str, Counts); 15] = [
    ("mg", "miligramo", "miligramos", Counts::Masculine),
    ("mcg", "microgramo", "microgramos", Counts::Masculine),
    ("µg", "microgramo", "microgramos", Counts::Masculine),
    ("ml", "mililitro", "mililitros", Counts::Masculine),
    ("mL", "mililitro", "mililitros", Counts::Masculine),
    ("g", "gramo", "gramos", Counts::Masculine),
    ("kg", "kilo", "kilos", Counts::Masculine),
    ("lb", "libra", "libras", Counts::Feminine),
    ("lbs", "libra", "libras", Counts::Feminine),
    ("oz", "onza", "onzas", Counts::Feminine),
    ("h", "hora", "horas", Counts::Feminine),
    ("hrs", "hora", "horas", Counts::Feminine),
    ("min", "minuto", "minutos", Counts::Masculine),
    ("km", "kilómetro", "kilómetros", Counts::Masculine),
    ("cm", "centímetro", "centímetros", Counts::Masculine),
];

/// Words in capitals that are said as a word.
const SAID_AS_WORDS: [(&str, &str); 3] = [("HIPAA", "jipa"), ("SAMHSA", "samsa"), ("COVID", "covid")];

/// Words after which no number counts: "oprima 1 para".
const NO_NOUNS: &str = " a al ante aquí as así cada como con contra cuando da de del desde diga e el ella en entonces era es \
    esa eso está fue ha hacia hasta hay la las le lo los marca marque mas más me menos ni no nunca o oprima otra para \
    pero por porque pulse que se sea sería si sin sobre sí también tecla tiene todavía u una unas va y ya ";

/// Nouns in "-a" that are masculine.
const MASCULINE: &str = " día días programa programas problema problemas sistema sistemas síntoma síntomas tema temas idioma \
    idiomas gramo gramos ";

type Read = fn(&Captures<'_>, &Place<'_>) -> Option<String>;

/// The rules. None finds a figure in what another one said: that is words.
pub fn rules() -> &'static [Rule] {
    static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
        let units = UNITS.map(|(short, ..)| short).join("|");
        let titles = TITLES.map(|(short, _)| short).join("|");
        let short = SHORT.map(|(short, _)| short).join("|");
        let law = r"\b(\d+) (?:C\.? ?F\.? ?R\.?)( (?:[Pp]artes?|§§?|[Ss]ecci[oó]n(?:es)?))? ?(\d[\d.]*\d|\d)";
        compiled(&[
            (r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", address),
            (
                r"\b(?:https?://)?((?:[A-Za-z][\w-]*\.)+(?:com|org|net|gov|edu|health|care|info|us|example))((?:/[\w-]+)*)/?",
                address,
            ),
            (r"(\+?1[-. ]?)?(?:\((\d{3})\) ?|(\d{3})[-. ]?)(\d{3})[-. ]?(\d{4})", telephone),
            (r"\+\d{8,15}", |c, _| Some(numbers::digits_in_groups(&c[0]))),
            (r"(\d{3})-(\d{4})", |c, place| {
                let groups = || format!("{}, {}", numbers::digits(&c[1]), numbers::digits(&c[2]));
                (!place.is_inside()).then(groups)
            }),
            (r"\b([2-9]11|988)", three_digits),
            (&format!("{law}{SUBSECTIONS}"), law_of_the_land),
            (&format!(r"(§§?|\b[Ss]ecci[oó]n(?:es)?|\b[Ss]ec\.) ?(\d+\.\d+){SUBSECTIONS}"), part_of_law),
            (r"§§?", |c, _| Some(section_sign(&c[0]).into())),
            (
                r"\b(Parte|Sección|Capítulo|Título|Fase|Nivel|Etapa|Clase|Tipo|Lista) ([IVXL]+)\b",
                |c, _| {
                    Some(format!("{} {}", &c[1], cardinal(figures::roman(&c[2])?.into(), Counts::Nothing)))
                },
            ),
            (r"\b(\d{4})-(\d{2})-(\d{2})\b", |c, _| {
                numbers::date(c[2].parse().ok()?, c[3].parse().ok()?, figures::year(&c[1]))
            }),
            (r"\b(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})\b", |c, _| {
                let (first, second): (u32, u32) = (c[1].parse().ok()?, c[2].parse().ok()?);
                let (month, day) = if first > 12 { (second, first) } else { (first, second) };
                numbers::date(month, day, figures::year(&c[3]))
            }),
            (&format!(r"\b(\d{{1,2}})(?:\.?[ºo°])? de ({MONTH})(?:,? del? (\d{{4}}))?\b"), |c, _| {
                let year = c.get(3).and_then(|year| year.as_str().parse().ok());
                numbers::date(numbers::month(&c[2])?, c[1].parse().ok()?, year)
            }),
            (&format!(r"\b({MONTH}) (\d{{1,2}}),? (?:del? )?(\d{{4}})\b"), |c, _| {
                numbers::date(numbers::month(&c[1])?, c[2].parse().ok()?, c[3].parse().ok())
            }),
            (r"\b(\d{1,2}):(\d{2}) ?- ?(\d{1,2}):(\d{2})\b", |c, _| {
                Some(format!("{} a {}", clock(&c[1], &c[2])?, clock(&c[3], &c[4])?))
            }),
            (r"\b(\d{1,2})(?::(\d{2}))? ?([AaPp])\.? ?[Mm]\b\.?", time),
            (r"\b(\d{1,2}):(\d{2})\b", |c, _| clock(&c[1], &c[2])),
            (&format!(r"\$ ?({NUMBER})(?: (mil|mill[oó]n|millones)\b)?"), money),
            (&format!(r"({NUMBER}) ?({units})\b"), unit),
            (&format!(r"({NUMBER}) ?%"), |c, _| {
                Some(format!("{} por ciento", written(&c[1], Counts::Nothing)))
            }),
            (r"\b(\d{1,2})(?:\.?([ºª°])|(er|ro|do|to|mo|vo|no|ra|da|ta|ma|va|na)\b)", ordinal),
            (r"(?:#|\b[Nn](?:\.º|º|°|úm\.|o\.) ?)(\d+)", |c, _| {
                Some(format!("número {}", written(&c[1], Counts::Nothing)))
            }),
            (&format!(r"\b({short})"), short_form),
            (&format!(r"\b({titles})\.(\s|$)"), |c, _| {
                let (_, long) = TITLES.iter().find(|(short, _)| *short == &c[1])?;
                Some(format!("{long}{}", &c[2]))
            }),
            (r"\b(\d{1,2})/(\d{1,2})\b", fraction),
            (r"\b(\d{1,4}) ?- ?(\d{1,4})\b", |c, place| {
                let counts = counts(place.after);
                (!place.is_inside())
                    .then(|| format!("{} a {}", written(&c[1], counts), written(&c[2], counts)))
            }),
            (r"\b[yY]/[oO]\b", |_, _| Some("y o".into())),
            (r"\b(\p{L}+)/(\p{L}+)\b", |c, _| Some(format!("{} o {}", &c[1], &c[2]))),
            (r"\b((?i:código postal|zip)(?: es)?) (\d{5})(?:-(\d{4}))?\b", |c, _| Some(area(&c[1], c))),
            (r"\b([A-Z]{2}) (\d{5})(?:-(\d{4}))?\b", |c, _| Some(area(&numbers::spelled(&c[1]), c))),
            (r"\b[A-Z]+(?:-?[A-Z0-9]+)*\d[A-Z0-9-]*\b|\b\d+[A-Z][A-Z0-9]*\b", identifier),
            (r"\b(?:\d+[a-z]|[a-z]+\d)[a-z0-9]*\b", identifier),
            (r"\d{6,}", |c, place| (!place.is_inside()).then(|| numbers::digits_in_groups(&c[0]))),
            (r"\b0\d+\b", |c, place| (!place.is_inside()).then(|| numbers::digits(&c[0]))),
            (r"\b[A-Z](?: [A-Z])+\b", |c, _| Some(numbers::spelled(&c[0]))),
            (r"\b(?:[A-Z]\.){2,}", |c, place| {
                Some(format!("{}{}", numbers::spelled(&c[0]), ending(&c[0], place)))
            }),
            (r"\b\p{Lu}{2,}\b", capitals),
            (NUMBER, |c, place| Some(format!(" {} ", written(&c[0], counts(place.after))))),
            (r"#", |_, _| Some(" numeral ".into())),
            (r"\*", |_, _| Some(" asterisco ".into())),
            (r"&", |_, _| Some(" y ".into())),
            (r"\+", |_, _| Some(" más ".into())),
            (r"@", |_, _| Some(" arroba ".into())),
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

/// What the number before `after` counts: the word that follows at once, where it is a noun.
fn counts(after: &str) -> Counts {
    let Some(after) = after.strip_prefix(' ') else { return Counts::Nothing };
    let word = after.split(|c: char| !c.is_alphabetic()).next().unwrap_or("").to_lowercase();
    let is_in = |list: &str| list.split_whitespace().any(|listed| listed == word);
    if word.is_empty() || is_in(NO_NOUNS) {
        return Counts::Nothing;
    }
    let feminine = ["a", "as", "ción", "ciones", "sión", "siones", "dad", "dades", "tud", "veces", "vez"];
    let is_feminine = !is_in(MASCULINE) && feminine.iter().any(|ending| word.ends_with(ending));
    if is_feminine { Counts::Feminine } else { Counts::Masculine }
}

/// The full stop of a short form that ends its sentence too.
fn ending(written: &str, place: &Place<'_>) -> &'static str {
    let next = place.after.trim_start();
    let begins = |c: char| c.is_uppercase() || c == '¿' || c == '¡';
    let ends = next.is_empty() || place.after.starts_with(' ') && next.starts_with(begins);
    if written.ends_with('.') && ends { "." } else { "" }
}

/// An e-mail or web address, its dots, slashes and the at sign spoken.
fn address(captures: &Captures<'_>, _: &Place<'_>) -> Option<String> {
    let starts = ["https://", "http://", "www."];
    let text = starts.iter().fold(&captures[0], |text, start| text.trim_start_matches(start));
    let kept = text.trim_end_matches(['.', '/', '-']);
    let mut said = String::new();
    for c in kept.chars() {
        match c {
            '@' => said.push_str(" arroba "),
            '.' => said.push_str(" punto "),
            '/' => said.push_str(" barra "),
            '-' => said.push_str(" guion "),
            '_' => said.push_str(" guion bajo "),
            '0'..='9' => said.push_str(&format!(" {} ", numbers::spelled(&c.to_string()))),
            c => said.push(c),
        }
    }
    let ending = if text.ends_with('.') { "." } else { "" };
    Some(said + ending)
}

fn telephone(captures: &Captures<'_>, place: &Place<'_>) -> Option<String> {
    if place.is_inside() || place.before.ends_with(['$', '+']) {
        return None;
    }
    let country = captures.get(1).map_or("", |c| c.as_str());
    let area = captures.get(2).or(captures.get(3))?.as_str();
    let said = if area == "800" { "ochocientos".into() } else { numbers::digits(area) };
    let number = format!("{said}, {}, {}", numbers::digits(&captures[4]), numbers::digits(&captures[5]));
    // Nobody says the one of an ordinary number; everybody says it of a free one.
    let free = ["800", "833", "844", "855", "866", "877", "888"].contains(&area);
    Some(if free && !country.is_empty() { format!("uno, {number}") } else { number })
}

/// 911, 988 and 411 wherever they are no amount; other such numbers where somebody is told to dial them.
fn three_digits(captures: &Captures<'_>, place: &Place<'_>) -> Option<String> {
    const COUNTED: [&str; 9] =
        ["dólares", "centavos", "personas", "días", "mg", "pacientes", "por", "llamadas", "casos"];
    let next = place.after.trim_start().split(|c: char| !c.is_alphabetic()).next().unwrap_or("");
    let amount = place.before.ends_with('$') || place.after.starts_with('%') || COUNTED.contains(&next);
    let last = place.before.trim_end().rsplit(|c: char| !c.is_alphabetic()).next().unwrap_or("");
    let told = ["al", "marque", "marcar", "llame", "llamar"].contains(&last.to_lowercase().as_str());
    let known = matches!(&captures[1], "911" | "988" | "411");
    (!place.is_inside() && !amount && (known || told)).then(|| numbers::digits(&captures[1]))
}

/// "42 CFR Parte 2", "45 CFR 164.520(c)".
fn law_of_the_land(captures: &Captures<'_>, _: &Place<'_>) -> Option<String> {
    let what = match captures.get(2).map_or("", |what| what.as_str().trim()) {
        "" => String::new(),
        sign @ ("§" | "§§") => format!("{} ", section_sign(sign)),
        word => format!("{word} "),
    };
    let (title, number) = (written(&captures[1], Counts::Nothing), written(&captures[3], Counts::Nothing));
    Some(format!("{title} ce efe erre, {what}{number}{}", subsections(&captures[4])))
}

/// "sección 2.31(a)(8)", "§2.22".
fn part_of_law(captures: &Captures<'_>, _: &Place<'_>) -> Option<String> {
    let word = match &captures[1] {
        sign @ ("§" | "§§") => section_sign(sign),
        "sec." | "Sec." => "sección",
        word => word,
    };
    Some(format!("{word} {}{}", written(&captures[2], Counts::Nothing), subsections(&captures[3])))
}

fn section_sign(sign: &str) -> &'static str {
    if sign == "§" { "sección" } else { "secciones" }
}

fn subsections(marks: &str) -> String {
    let parts = marks.split(['(', ')']).filter(|part| !part.is_empty());
    let said = parts.map(|part| match part.parse() {
        Ok(number) => cardinal(number, Counts::Nothing),
        Err(_) => numbers::spelled(part),
    });
    said.map(|said| format!(", {said}")).collect()
}

fn time(captures: &Captures<'_>, place: &Place<'_>) -> Option<String> {
    let minutes = captures.get(2).map_or("00", |m| m.as_str());
    let said = clock(&captures[1], minutes)?;
    let hour: u32 = captures[1].parse().ok()?;
    let part = match (captures[3].eq_ignore_ascii_case("a"), hour) {
        (true, 12) | (false, 7..=11) => "de la noche",
        (true, _) => "de la mañana",
        (false, _) => "de la tarde",
    };
    Some(format!("{said} {part}{}", ending(&captures[0], place)))
}

/// "cinco y treinta"; `None` where no clock shows that.
fn clock(hours: &str, minutes: &str) -> Option<String> {
    let (hour, minute): (u64, u64) = (hours.parse().ok()?, minutes.parse().ok()?);
    if hour > 24 || minute > 59 {
        return None;
    }
    let hour = cardinal(hour, Counts::Feminine);
    Some(match minute {
        0 => hour,
        _ => format!("{hour} y {}", cardinal(minute, Counts::Nothing)),
    })
}

fn money(captures: &Captures<'_>, _: &Place<'_>) -> Option<String> {
    let amount = &captures[1];
    if let Some(scale) = captures.get(2) {
        let of = if scale.as_str() == "mil" { "" } else { "de " };
        return Some(format!("{} {} {of}dólares", written(amount, Counts::Masculine), scale.as_str()));
    }
    let dollars = |whole: &str| {
        let noun = match whole {
            "1" => "dólar",
            _ if whole.ends_with("000000") || whole.ends_with(",000,000") => "de dólares",
            _ => "dólares",
        };
        format!("{} {noun}", written(whole, Counts::Masculine))
    };
    match amount.split_once('.') {
        Some((whole, cents)) if cents.len() == 2 => {
            let cents: u64 = cents.parse().ok()?;
            let noun = if cents == 1 { "centavo" } else { "centavos" };
            let said = format!("{} {noun}", cardinal(cents, Counts::Masculine));
            Some(match (whole, cents) {
                (whole, 0) => dollars(whole),
                ("0", _) => said,
                (whole, _) => format!("{} con {said}", dollars(whole)),
            })
        }
        Some(_) => Some(format!("{} dólares", written(amount, Counts::Masculine))),
        None => Some(dollars(amount)),
    }
}

fn unit(captures: &Captures<'_>, place: &Place<'_>) -> Option<String> {
    if place.before.ends_with(|c: char| c.is_alphanumeric() || ".,$".contains(c)) {
        return None;
    }
    let (_, one, several, counts) = UNITS.iter().find(|(short, ..)| *short == &captures[2])?;
    let noun = if &captures[1] == "1" { one } else { several };
    Some(format!("{} {noun}", written(&captures[1], *counts)))
}

fn ordinal(captures: &Captures<'_>, _: &Place<'_>) -> Option<String> {
    let mark = captures.get(2).or(captures.get(3))?.as_str();
    let number: u64 = captures[1].parse().ok()?;
    let feminine = mark == "ª" || mark.ends_with('a');
    let said = numbers::ordinal(number, feminine);
    let said = said.unwrap_or_else(|| cardinal(number, Counts::Nothing));
    Some(if mark == "er" { said.trim_end_matches('o').into() } else { said })
}

fn short_form(captures: &Captures<'_>, place: &Place<'_>) -> Option<String> {
    static FORMS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
        let whole = |pattern: &str| Regex::new(&format!("^(?:{pattern})$")).expect("the patterns are tested");
        SHORT.iter().map(|(pattern, long)| (whole(pattern), *long)).collect()
    });
    let written = &captures[0];
    if !written.ends_with('.') && place.after.starts_with(char::is_alphanumeric) {
        return None;
    }
    let (_, long) = FORMS.iter().find(|(form, _)| form.is_match(written))?;
    Some(format!("{long}{}", ending(written, place)))
}

fn fraction(captures: &Captures<'_>, place: &Place<'_>) -> Option<String> {
    const PARTS: [&str; 9] =
        ["medio", "tercio", "cuarto", "quinto", "sexto", "séptimo", "octavo", "noveno", "décimo"];
    if place.is_inside() {
        return None;
    }
    let (above, below): (u64, u64) = (captures[1].parse().ok()?, captures[2].parse().ok()?);
    if above == 0 || above >= below || below > 10 {
        let (above, below) = (cardinal(above, Counts::Nothing), cardinal(below, Counts::Nothing));
        return Some(format!("{above} barra {below}"));
    }
    let plural = if above == 1 { "" } else { "s" };
    Some(format!("{} {}{plural}", cardinal(above, Counts::Masculine), PARTS[below as usize - 2]))
}

/// A postal code, digit by digit, after what it was announced by.
fn area(before: &str, captures: &Captures<'_>) -> String {
    let more = captures.get(3).map_or(String::new(), |more| format!(", {}", numbers::digits(more.as_str())));
    format!("{before} {}{more}", numbers::digits(&captures[2]))
}

/// Letters and figures mixed: one letter with a short number is said so ("B12"), anything longer is spelled.
fn identifier(captures: &Captures<'_>, _: &Place<'_>) -> Option<String> {
    let written = &captures[0];
    let figures = written.trim_start_matches(|c: char| c.is_alphabetic());
    let letters = &written[..written.len() - figures.len()];
    match figures.parse() {
        Ok(number) if letters.len() == 1 && figures.len() <= 2 && !figures.starts_with('0') => {
            Some(format!("{} {}", numbers::spelled(letters), cardinal(number, Counts::Nothing)))
        }
        _ => Some(numbers::spelled(written)),
    }
}

/// Capitals: a word that somebody shouts, or letters.
fn capitals(captures: &Captures<'_>, _: &Place<'_>) -> Option<String> {
    const SHORT_WORDS: &str = " SÍ NO SI YA DE LA EL LO LE ES EN UN AL SU MI TU ME TE SE HA QUE DEL LOS LAS UNA CON POR SUS \
        SIN HOY DÍA SON VER DAR ";
    let written = &captures[0];
    if let Some((_, word)) = SAID_AS_WORDS.iter().find(|(capitals, _)| *capitals == written) {
        return Some((*word).into());
    }
    let word = written.to_lowercase();
    let is_short_word = SHORT_WORDS.split_whitespace().any(|listed| listed == written);
    let has_vowel = word.contains(|c| "aeiouáéíóú".contains(c));
    let is_word = is_short_word || written.chars().count() >= 4 && has_vowel;
    Some(if is_word { word } else { numbers::spelled(written) })
}

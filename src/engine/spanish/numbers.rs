//! Numbers, dates and letters as Spanish words.

use crate::time::SPANISH_MONTHS;

/// What a number counts, which decides its form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counts {
    /// Nothing: "uno", "veintiuno".
    Nothing,
    /// A masculine noun that follows: "un día".
    Masculine,
    /// A feminine noun that follows: "una persona", "doscientas personas".
    Feminine,
}

const ONES: [&str; 30] = [
    "cero",
    "uno",
    "dos",
    "tres",
    "cuatro",
    "cinco",
    "seis",
    "siete",
    "ocho",
    "nueve",
    "diez",
    "once",
    "doce",
    "trece",
    "catorce",
    "quince",
    "dieciséis",
    "diecisiete",
    "dieciocho",
    "diecinueve",
    "veinte",
    "veintiuno",
    "veintidós",
    "veintitrés",
    "veinticuatro",
    "veinticinco",
    "veintiséis",
    "veintisiete",
    "veintiocho",
    "veintinueve",
];
const TENS: [&str; 10] =
    ["", "", "veinte", "treinta", "cuarenta", "cincuenta", "sesenta", "setenta", "ochenta", "noventa"];
const HUNDREDS: [&str; 10] = [
    "",
    "ciento",
    "doscientos",
    "trescientos",
    "cuatrocientos",
    "quinientos",
    "seiscientos",
    "setecientos",
    "ochocientos",
    "novecientos",
];
const ORDINALS: [&str; 10] =
    ["primero", "segundo", "tercero", "cuarto", "quinto", "sexto", "séptimo", "octavo", "noveno", "décimo"];

/// A number below a million million; a longer one digit by digit.
pub fn cardinal(number: u64, counts: Counts) -> String {
    match number {
        0..=999 => below_a_thousand(number, counts),
        1_000..=999_999 => {
            // "Un" has no place before a thousand, and what counts thousands has the gender of the thing counted.
            let thousands = match number / 1_000 {
                1 => String::new(),
                many if counts == Counts::Feminine => below_a_thousand(many, counts) + " ",
                many => below_a_thousand(many, Counts::Masculine) + " ",
            };
            joined(format!("{thousands}mil"), number % 1_000, counts)
        }
        1_000_000..=999_999_999_999 => {
            let millions = match number / 1_000_000 {
                1 => "un millón".into(),
                many => format!("{} millones", cardinal(many, Counts::Masculine)),
            };
            joined(millions, number % 1_000_000, counts)
        }
        _ => digits(&number.to_string()),
    }
}

fn joined(first: String, rest: u64, counts: Counts) -> String {
    if rest == 0 { first } else { format!("{first} {}", cardinal(rest, counts)) }
}

fn below_a_thousand(number: u64, counts: Counts) -> String {
    let (hundreds, rest) = (number / 100, number % 100);
    if number == 100 {
        return "cien".into();
    }
    let mut words = Vec::new();
    if hundreds > 0 {
        let word = HUNDREDS[hundreds as usize];
        words.push(match counts {
            Counts::Feminine if hundreds > 1 => word.trim_end_matches("os").to_string() + "as",
            _ => word.into(),
        });
    }
    if rest > 0 || number == 0 {
        words.push(below_a_hundred(rest, counts));
    }
    words.join(" ")
}

fn below_a_hundred(number: u64, counts: Counts) -> String {
    let one = match counts {
        Counts::Nothing => "uno",
        Counts::Masculine => "un",
        Counts::Feminine => "una",
    };
    match (number, counts) {
        (1, _) => one.into(),
        (21, Counts::Masculine) => "veintiún".into(),
        (21, Counts::Feminine) => "veintiuna".into(),
        (0..30, _) => ONES[number as usize].into(),
        _ => match (TENS[number as usize / 10], number % 10) {
            (tens, 0) => tens.into(),
            (tens, 1) => format!("{tens} y {one}"),
            (tens, ones) => format!("{tens} y {}", ONES[ones as usize]),
        },
    }
}

/// A number as it is written, "1,500" or "2.05", in words.
pub fn written(number: &str, counts: Counts) -> String {
    let plain = number.replace(',', "");
    let (whole, part) = plain.split_once('.').unwrap_or((&plain, ""));
    let whole_words = match whole.parse() {
        Ok(value) if !whole.starts_with('0') || whole == "0" => {
            cardinal(value, if part.is_empty() { counts } else { Counts::Nothing })
        }
        _ => digits(whole),
    };
    if part.is_empty() {
        return whole_words;
    }
    // Zeros at the front must be heard: 2.05 is not 2.5.
    let zeros = part.len() - part.trim_start_matches('0').len();
    let rest = &part[zeros..];
    let mut words = vec![whole_words, "punto".into()];
    words.extend((0..zeros).map(|_| "cero".to_string()));
    if !rest.is_empty() {
        words.push(match rest.parse() {
            Ok(value) if rest.len() <= 3 => cardinal(value, Counts::Nothing),
            _ => digits(rest),
        });
    }
    words.join(" ")
}

/// "4357" as "cuatro tres cinco siete"; everything that is no digit is left out.
pub fn digits(text: &str) -> String {
    let words = text.chars().filter_map(|c| c.to_digit(10)).map(|digit| ONES[digit as usize]);
    words.collect::<Vec<_>>().join(" ")
}

/// A long number digit by digit, in groups that can be written down.
pub fn digits_in_groups(text: &str) -> String {
    let all: Vec<char> = text.chars().filter(char::is_ascii_digit).collect();
    let size = match all.len() {
        0..=5 => 5,
        length if length.is_multiple_of(3) => 3,
        _ => 4,
    };
    let groups: Vec<String> = all.chunks(size).map(|group| digits(&String::from_iter(group))).collect();
    groups.join(", ")
}

/// "tres de marzo de mil novecientos ochenta y cinco"; `None` where there is no such day.
pub fn date(month: u32, day: u32, year: Option<u32>) -> Option<String> {
    let name = SPANISH_MONTHS.get(usize::try_from(month).ok()?.checked_sub(1)?)?;
    let day = match day {
        1 => "primero".into(),
        2..=31 => cardinal(day.into(), Counts::Nothing),
        _ => return None,
    };
    Some(match year {
        Some(year) => format!("{day} de {name} de {}", cardinal(year.into(), Counts::Nothing)),
        None => format!("{day} de {name}"),
    })
}

/// The number of a month from its name.
pub fn month(name: &str) -> Option<u32> {
    let name = name.to_lowercase().replace("setiembre", "septiembre");
    let place = SPANISH_MONTHS.iter().position(|month| *month == name)?;
    u32::try_from(place + 1).ok()
}

/// "primero", "primera"; `None` past the tenth, which is counted.
pub fn ordinal(number: u64, feminine: bool) -> Option<String> {
    let word = ORDINALS.get(usize::try_from(number).ok()?.checked_sub(1)?)?;
    Some(if feminine { word.trim_end_matches('o').to_string() + "a" } else { word.to_string() })
}

/// The name of a letter.
pub fn letter(letter: char) -> Option<&'static str> {
    Some(match letter.to_ascii_lowercase() {
        'a' => "a",
        'b' => "be",
        'c' => "ce",
        'd' => "de",
        'e' => "e",
        'f' => "efe",
        'g' => "ge",
        'h' => "hache",
        'i' => "i",
        'j' => "jota",
        'k' => "ka",
        'l' => "ele",
        'm' => "eme",
        'n' => "ene",
        'ñ' | 'Ñ' => "eñe",
        'o' => "o",
        'p' => "pe",
        'q' => "cu",
        'r' => "erre",
        's' => "ese",
        't' => "te",
        'u' => "u",
        'v' => "uve",
        'w' => "doble u",
        'x' => "equis",
        'y' => "ye",
        'z' => "zeta",
        _ => return None,
    })
}

/// Letters and digits one by one.
pub fn spelled(text: &str) -> String {
    let words = text.chars().filter_map(|c| match c.to_digit(10) {
        Some(digit) => Some(ONES[digit as usize]),
        None => letter(c),
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_words() {
        let cases = [
            (0, "cero"),
            (16, "dieciséis"),
            (21, "veintiuno"),
            (42, "cuarenta y dos"),
            (100, "cien"),
            (101, "ciento uno"),
            (520, "quinientos veinte"),
            (1_000, "mil"),
            (1_985, "mil novecientos ochenta y cinco"),
            (2_026, "dos mil veintiséis"),
            (21_000, "veintiún mil"),
            (1_000_000, "un millón"),
            (2_500_001, "dos millones quinientos mil uno"),
        ];
        for (number, words) in cases {
            assert_eq!(cardinal(number, Counts::Nothing), words);
        }
        assert_eq!(cardinal(21, Counts::Masculine), "veintiún");
        assert_eq!(cardinal(231, Counts::Feminine), "doscientas treinta y una");
        assert_eq!(cardinal(200_000, Counts::Feminine), "doscientas mil");
    }

    #[test]
    fn figures_read_as_people_say_them() {
        assert_eq!(written("1,500", Counts::Nothing), "mil quinientos");
        assert_eq!(written("2.05", Counts::Masculine), "dos punto cero cinco");
        assert_eq!(written("164.520", Counts::Nothing), "ciento sesenta y cuatro punto quinientos veinte");
        assert_eq!(written("2.0", Counts::Nothing), "dos punto cero");
        assert_eq!(written("007", Counts::Nothing), "cero cero siete");
        assert_eq!(digits_in_groups("123456789"), "uno dos tres, cuatro cinco seis, siete ocho nueve");
        assert_eq!(
            date(3, 1, Some(1985)).as_deref(),
            Some("primero de marzo de mil novecientos ochenta y cinco")
        );
        assert_eq!((date(13, 1, None), date(1, 32, None), date(0, 1, None)), (None, None, None));
        assert_eq!(month("Setiembre"), Some(9));
        assert_eq!((ordinal(3, true).as_deref(), ordinal(11, false)), (Some("tercera"), None));
        assert_eq!(spelled("XW-1ñ"), "equis doble u uno eñe");
    }
}

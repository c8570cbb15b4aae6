//! Text as people say it: telephone numbers, dates, times, sections of the law, money, ids, abbreviations.
//!
//! What comes out is text again, for the reader of [`crate::engine::reader`]: plain cardinals ("25"), ordinals
//! ("3rd"), years ("1985"), dollars ("$25.50") and percents stay in figures, which that reader knows;
//! `[copay](/kˈOpˌA/)` carries phonemes.

pub(super) mod figures;
mod rules;

use super::lexicon::{Lexicon, Said};
use regex::Captures;

/// Raised whenever a reading changes, so that prompts rendered before are rendered again.
pub const READINGS: u32 = 1;

/// One sentence as it is said. A program's `own` words come before every rule, the built-in ones after.
pub fn spoken(sentence: &str, own: &Lexicon, built_in: &Lexicon) -> String {
    let mut pieces = vec![Piece::Written(plain(sentence))];
    pieces = with_words(pieces, own);
    for rule in rules::before_the_lexicon() {
        pieces = with_rule(pieces, rule);
    }
    pieces = with_words(pieces, built_in);
    for rule in rules::after_the_lexicon() {
        pieces = with_rule(pieces, rule);
    }
    let out: String = pieces.iter().map(Piece::text).collect();
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Text as sentences: a line's end and a full stop, question or exclamation mark end one.
pub fn sentences(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    for line in text.lines() {
        let mut start = 0;
        for (at, mark) in line.char_indices().filter(|(_, c)| ".!?…".contains(*c)) {
            let after = &line[at + mark.len_utf8()..];
            let closing = after.len() - after.trim_start_matches(['"', '”', '’', '\'', ')', ']']).len();
            let rest = &after[closing..];
            if rest.starts_with(char::is_whitespace)
                && ends_sentence(&line[start..at], mark, rest.trim_start())
            {
                let end = at + mark.len_utf8() + closing;
                out.push(line[start..end].trim().to_string());
                start = end;
            }
        }
        out.push(line[start..].trim().to_string());
    }
    out.retain(|sentence| !sentence.is_empty());
    out
}

/// Not after a title or an initial ("Dr. Smith", "J. K. Rowling"), nor before a word in lower case.
fn ends_sentence(before: &str, mark: char, next: &str) -> bool {
    if next.is_empty() || next.starts_with(char::is_lowercase) {
        return false;
    }
    if mark != '.' {
        return true;
    }
    let word =
        before.rsplit(char::is_whitespace).next().unwrap_or("").trim_start_matches(['(', '"', '“', '\'']);
    let initial = word.chars().count() == 1 && word.chars().all(char::is_uppercase);
    let opens =
        rules::TITLES.iter().any(|(short, _)| *short == word) || ["No", "Nos", "Sec", "Ext"].contains(&word);
    !(initial
        || opens
        || (word.ends_with(".F.R") || word.ends_with(".S.C")) && next.starts_with(char::is_numeric))
}

pub(super) enum Piece {
    /// Still as written.
    Written(String),
    /// Read already: no other rule looks at it.
    Said(String),
}

impl Piece {
    /// The text, said or not.
    pub(super) fn text(&self) -> &str {
        let (Piece::Written(text) | Piece::Said(text)) = self;
        text
    }
}

/// A pattern, and how what it finds is said; `None` leaves the find as it is written.
pub(super) struct Rule {
    pub(super) pattern: regex::Regex,
    pub(super) read: fn(&Captures<'_>, &Place<'_>) -> Option<String>,
}

/// What stands around a find.
pub(super) struct Place<'a> {
    pub(super) before: &'a str,
    pub(super) after: &'a str,
}

impl Place<'_> {
    /// Whether the find is part of a longer word or number.
    pub(super) fn is_inside(&self) -> bool {
        let joined = |c: char| c.is_alphanumeric() || c == '_';
        self.before.ends_with(joined)
            || self.after.starts_with(joined)
            || continues(self.after.chars())
            || self.before.ends_with(['.', ',', '-', '/']) && continues(self.before.chars().rev())
    }
}

/// Whether a figure goes on behind a mark: ".5" but not ". " or the end.
fn continues(mut chars: impl Iterator<Item = char>) -> bool {
    matches!(chars.next(), Some('.' | ',' | '-' | '/')) && chars.next().is_some_and(|c| c.is_ascii_digit())
}

pub(super) fn with_rule(pieces: Vec<Piece>, rule: &Rule) -> Vec<Piece> {
    with_finds(pieces, |text| {
        let finds = rule.pattern.captures_iter(text).filter_map(|captures| {
            let all = captures.get(0)?;
            let place = Place { before: &text[..all.start()], after: &text[all.end()..] };
            Some((all.range(), (rule.read)(&captures, &place)?))
        });
        finds.collect()
    })
}

fn with_words(pieces: Vec<Piece>, lexicon: &Lexicon) -> Vec<Piece> {
    with_finds(pieces, |text| {
        let finds = lexicon.find(text).into_iter().map(|(at, said)| match said {
            Said::Words(words) => (at, words),
            Said::Phonemes(phonemes) => {
                let said = format!("[{}](/{phonemes}/)", &text[at.clone()]);
                (at, said)
            }
        });
        finds.collect()
    })
}

pub(super) fn with_finds(
    pieces: Vec<Piece>,
    find: impl Fn(&str) -> Vec<(std::ops::Range<usize>, String)>,
) -> Vec<Piece> {
    let mut out = Vec::new();
    for piece in pieces {
        let Piece::Written(text) = piece else {
            out.push(piece);
            continue;
        };
        let mut from = 0;
        for (at, said) in find(&text) {
            out.push(Piece::Written(text[from..at.start].into()));
            out.push(Piece::Said(said));
            from = at.end;
        }
        out.push(Piece::Written(text[from..].into()));
    }
    out
}

/// One kind of quote, dash and space; no marks that the reader would take for its own.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '’' | '‘' | '`' | '´' => out.push('\''),
            '\u{2010}'..='\u{2013}' | '−' => out.push('-'),
            '―' => out.push('—'),
            '[' | '{' => out.push('('),
            ']' | '}' => out.push(')'),
            '*' | '_' | '|' | '\\' | '~' | '^' | '<' | '>' | '™' | '®' | '•' => out.push(' '),
            '½' => out.push_str(" one half"),
            // The rules count on plain figures.
            c if c.is_numeric() && !c.is_ascii_digit() => out.push(' '),
            c if c.is_whitespace() || c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> String {
        spoken(
            text,
            &Lexicon::of([("Harbor Pt", "Harbor Point"), ("24/7", "around the clock")]),
            &Lexicon::built_in(),
        )
    }

    fn check(cases: &[(&str, &str)]) {
        for (written, expected) in cases {
            assert_eq!(said(written), *expected, "for `{written}`");
        }
    }

    #[test]
    fn telephone_numbers_are_read_digit_by_digit_in_groups() {
        check(&[
            ("Call 555-0100.", "Call 5 5 5, 0 1 0 0."),
            ("Call 555-867-5309.", "Call 5 5 5, 8 6 7, 5 3 0 9."),
            ("Call (415) 555-0100.", "Call 4 1 5, 5 5 5, 0 1 0 0."),
            ("Call +1 415 555 0100 now", "Call 4 1 5, 5 5 5, 0 1 0 0 now"),
            ("Call +14155550100, please", "Call 4 1 5, 5 5 5, 0 1 0 0, please"),
            ("1-800-662-4357", "1, 800, 6 6 2, 4 3 5 7"),
            ("1 888 555 0100 ext. 12", "1, 8 8 8, 5 5 5, 0 1 0 0 extension 12"),
            ("415.555.0100", "4 1 5, 5 5 5, 0 1 0 0"),
        ]);
    }

    #[test]
    fn emergency_numbers_are_digits_and_amounts_are_not() {
        check(&[
            ("Call 911.", "Call 9 1 1."),
            ("call or text 988, or 411", "call or text 9 8 8, or 4 1 1"),
            ("$911 and 988 dollars", "$911 and 988 dollars"),
            ("Dial 211.", "Dial 2 1 1."),
            ("room 211", "room 211"),
            ("911.50", "911.50"),
        ]);
    }

    #[test]
    fn sections_of_the_law_are_read_as_lawyers_read_them() {
        check(&[
            ("42 CFR Part 2.", "42 [CFR](/sˌiˌɛfˈɑɹ/) Part 2."),
            ("42 CFR part 2", "42 [CFR](/sˌiˌɛfˈɑɹ/) part 2"),
            ("45 CFR 164.520", "45 [CFR](/sˌiˌɛfˈɑɹ/) 1 64 point 5 20"),
            ("section 2.31 says", "section 2 point 31 says"),
            ("under §2.22 we", "under section 2 point 22 we"),
            ("§§ 2.31 and", "sections 2 point 31 and"),
            ("section 2.31(a)(8)", "section 2 point 31, [a](/ˈA/), 8"),
            ("Part II", "Part 2"),
        ]);
    }

    #[test]
    fn dates_and_times_are_spoken() {
        check(&[
            ("on March 3, 1985, right?", "on March 3rd, 1985, right?"),
            ("November 21", "November 21st"),
            ("Feb 16, 2024", "February 16th, 2024"),
            ("03/03/1985", "March 3rd, 1985"),
            ("3/21/17", "March 21st, 2017"),
            ("2026-11-01", "November 1st, 2026"),
            ("5:30 PM.", "5 30 [PM](/pˌiˈɛm/)."),
            ("9:00 a.m. to 2:05 p.m., daily", "9 [AM](/ˌAˈɛm/) to 2 oh 5 [PM](/pˌiˈɛm/), daily"),
            ("8am", "8 [AM](/ˌAˈɛm/)"),
            ("at 3:06, and", "at 3 oh 6, and"),
            ("at 3:00", "at 3 o'clock"),
            ("Mon-Fri", "Monday to Friday"),
            ("9:00-17:30", "9 o'clock to 17 30"),
            ("We are here 24/7.", "We are here around the clock."),
        ]);
    }

    #[test]
    fn amounts_ranges_and_units_are_spoken() {
        check(&[
            ("$25.50 or $1,500", "$25.50 or $1,500"),
            ("$2 million", "2 million dollars"),
            ("28-30 days", "28 to 30 days"),
            ("1/2 of it", "one half of it"),
            ("16 mg a day", "16 milligrams a day"),
            ("1 mg", "1 milligram"),
            ("0.4mg", "0.4 milligrams"),
            ("about 85%", "about 85 percent"),
            ("#5", "number 5"),
            ("the 3rd time", "the 3rd time"),
        ]);
    }

    #[test]
    fn ids_are_read_letter_by_letter_and_digit_by_digit() {
        check(&[
            ("ID XYZ12345.", "[ID](/ˌIdˈi/) X Y Z 1 2 3 4 5."),
            ("group 00123", "group 0 0 1 2 3"),
            ("id A1234567", "id [A](/ˈA/) 1 2 3 4 5 6 7"),
            ("zip code 94110", "zip code 9 4 1 1 0"),
            ("CA 94110", "CA 9 4 1 1 0"),
            ("number 12345678", "number 1 2 3 4, 5 6 7 8"),
            ("my 401k from the 90s", "my 401 k from the 90s"),
            ("B12 and H1", "B 12 and H 1"),
            ("an A I assistant", "an [A](/ˌA/) [I](/ˈI/) assistant"),
            ("42 C F R Part 2", "42 [CFR](/sˌiˌɛfˈɑɹ/) Part 2"),
        ]);
    }

    #[test]
    fn abbreviations_addresses_and_capitals_become_words() {
        check(&[
            ("Dr. Patel and Ms. Hall", "Doctor Patel and Miz Hall"),
            ("1250 Bay St., Suite 400", "1250 Bay Street, Suite 400"),
            ("DO NOT SHARE this", "do not share this"),
            ("e.g. yes/no, and/or, etc.", "for example yes or no, and or, et cetera."),
            ("privacy@harbor.example.", "privacy at harbor dot example."),
            ("www.harbor.example/notice.", "harbor dot example slash notice."),
            ("Harbor Pt", "Harbor Point"),
        ]);
    }

    proptest::proptest! {
        #[test]
        fn no_text_breaks_the_readings(text in r"([0-9]{1,5}|[ .,:/()§$%#+-]|[A-Za-zñé٣½’]{1,4}|CFR|a\.m\.|St\.|Part II){0,12}") {
            let read = said(&text);
            let says = |text: &str| text.chars().any(|c| c.is_ascii_alphanumeric());
            proptest::prop_assert!(says(&read) || !says(&text), "{text} became {read}");
            for sentence in sentences(&text) {
                proptest::prop_assert!(text.contains(&sentence));
            }
        }
    }

    #[test]
    fn sentences_end_where_people_stop() {
        assert_eq!(
            sentences("Dr. Hall is in. Call 911! Is it 5:30 PM? Yes, at 8 a.m. or so.\nBye"),
            ["Dr. Hall is in.", "Call 911!", "Is it 5:30 PM?", "Yes, at 8 a.m. or so.", "Bye"]
        );
        assert_eq!(sentences("Say \"I agree.\" Or say no."), ["Say \"I agree.\"", "Or say no."]);
        assert_eq!(sentences(" \n "), Vec::<String>::new());
    }
}

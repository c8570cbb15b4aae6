//! A small language for phrases, and a matcher for tables of them.
//!
//! A row is words between spaces, as [`super::normalise`] leaves them (contractions spelled out):
//!
//! | written | matches |
//! |---|---|
//! | `share` | that word |
//! | `share\|send` | one of them |
//! | `<share>` | a word of the class of that name, see [`super::classes`] |
//! | `[please]` `[a\|<b>]` | one of them, or nothing |
//! | `@` | a name of any recipient |
//! | `..` | up to three words, within one sentence |
//! | `^` `$` | the beginning, the end of what was said |
//! | `~` | the beginning of a clause: after a stop, or after "and", "so", "no", "okay" and their like |
//! | `it\|$` `[it\|$]` | "it", or the end of a sentence |

use super::{classes, normalise::Word, phrases};
use std::{
    collections::BTreeMap,
    sync::{LazyLock, OnceLock},
};

/// A named list of rows, compiled at its first use.
pub(super) struct Table {
    name: &'static str,
    sources: &'static [&'static str],
    compiled: OnceLock<Compiled>,
}

struct Compiled {
    rows: Vec<Row>,
    /// Rows by the words they may begin with, [`WordId`] being the index.
    first: Vec<Vec<usize>>,
}

struct Row {
    source: &'static str,
    elements: Vec<Element>,
}

enum Element {
    One { set: Vec<WordId>, or_end: bool },
    Optional(Vec<WordId>),
    Gap,
    Start,
    Clause,
    End,
}

/// The place of a word in the vocabulary of all tables. [`UNKNOWN`] is in no table.
pub(super) type WordId = u16;

const UNKNOWN: WordId = 0;

/// Every word of every table. Words are compared by number, which is what makes a reading cheap.
static VOCABULARY: LazyLock<BTreeMap<&'static str, WordId>> = LazyLock::new(|| {
    let mut ids = BTreeMap::from([("", UNKNOWN)]);
    for source in phrases::ALL.iter().flat_map(|table| table.sources) {
        for word in source.split(' ').flat_map(|token| alternatives(source, inner(token))) {
            let next = WordId::try_from(ids.len()).expect("the tables have fewer than 65,536 words");
            ids.entry(word).or_insert(next);
        }
    }
    ids
});

/// The number of `word`.
pub(super) fn word_id(word: &str) -> WordId {
    VOCABULARY.get(word).copied().unwrap_or(UNKNOWN)
}

/// Where a row matched.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    table: &'static str,
    row: &'static str,
    /// The first word.
    pub(super) start: usize,
    /// One past the last word.
    pub(super) end: usize,
}

impl Found {
    /// The rule, for a person to read.
    pub(super) fn evidence(&self) -> String {
        format!("phrase:{}/{}", self.table, self.row)
    }
}

const GAP_WORDS_MAX: usize = 3;

impl Table {
    /// A table called `name` of `sources`. A row that is no pattern is a mistake of whoever wrote it, and stops
    /// its first use.
    pub(super) const fn new(name: &'static str, sources: &'static [&'static str]) -> Table {
        Table { name, sources, compiled: OnceLock::new() }
    }

    fn compiled(&self) -> &Compiled {
        self.compiled.get_or_init(|| {
            let rows: Vec<Row> = self.sources.iter().map(|row| parse(row)).collect();
            let mut first = vec![Vec::new(); VOCABULARY.len()];
            for (index, row) in rows.iter().enumerate() {
                for word in row.beginnings() {
                    let rows: &mut Vec<usize> = &mut first[usize::from(word)];
                    if rows.last() != Some(&index) {
                        rows.push(index);
                    }
                }
            }
            Compiled { rows, first }
        })
    }

    /// The longest match that begins with word `start`.
    pub(super) fn at(&self, words: &[Word], start: usize) -> Option<Found> {
        self.rows_at(words, start).max_by_key(|found| found.end)
    }

    /// What each row matches from word `start`, the longest of each.
    pub(super) fn rows_at<'a>(&'a self, words: &'a [Word], start: usize) -> impl Iterator<Item = Found> + 'a {
        let compiled = self.compiled();
        let word = words.get(start).map_or(UNKNOWN, |word| word.id);
        compiled.first[usize::from(word)].iter().filter_map(move |&index| {
            let row = &compiled.rows[index];
            let end = longest(&row.elements, words, start)?;
            Some(Found { table: self.name, row: row.source, start, end })
        })
    }

    /// Every match: the longest at each word.
    pub(super) fn all<'a>(&'a self, words: &'a [Word]) -> impl Iterator<Item = Found> + 'a {
        (0..words.len()).filter_map(|start| self.at(words, start))
    }

    /// The earliest match.
    pub(super) fn find(&self, words: &[Word]) -> Option<Found> {
        self.all(words).next()
    }

    /// The match that is the whole of `words`.
    pub(super) fn whole(&self, words: &[Word]) -> Option<Found> {
        self.at(words, 0).filter(|f| f.end == words.len())
    }

    /// Every literal word of the table with its row.
    #[cfg(test)]
    pub(super) fn vocabulary(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let tokens =
            self.sources.iter().flat_map(|row| row.split(' ').map(move |token| (*row, inner(token))));
        tokens.flat_map(|(row, token)| alternatives(row, token).into_iter().map(move |word| (row, word)))
    }
}

impl Row {
    fn beginnings(&self) -> Vec<WordId> {
        let mut words = Vec::new();
        for element in &self.elements {
            match element {
                Element::Start | Element::Clause => {}
                Element::Optional(set) => words.extend(set),
                Element::One { set, .. } => {
                    words.extend(set);
                    return words;
                }
                Element::Gap | Element::End => break,
            }
        }
        panic!("the row `{}` begins with no word", self.source)
    }
}

fn parse(source: &'static str) -> Row {
    let element = |token: &'static str| match token {
        ".." => Element::Gap,
        "^" => Element::Start,
        "~" => Element::Clause,
        "$" => Element::End,
        _ => {
            let words = alternatives(source, inner(token));
            let or_end = words.contains(&END);
            let set = words.into_iter().map(|word| {
                *VOCABULARY
                    .get(word)
                    .unwrap_or_else(|| panic!("the table of `{source}` is not listed in ALL"))
            });
            let set: Vec<WordId> = set.collect();
            if token.starts_with('[') && !or_end {
                Element::Optional(set)
            } else {
                Element::One { set, or_end }
            }
        }
    };
    Row { source, elements: source.split(' ').map(element).collect() }
}

/// Among alternatives: the end of a sentence.
const END: &str = "$";

fn inner(token: &'static str) -> &'static str {
    token.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(token)
}

fn alternatives(source: &'static str, token: &'static str) -> Vec<&'static str> {
    let mut words = Vec::new();
    for part in token.split('|') {
        match part.strip_prefix('<').and_then(|p| p.strip_suffix('>')) {
            Some(class) => match classes::named(class) {
                Some(members) => words.extend(members),
                None => panic!("the row `{source}` names the class `{class}`, which does not exist"),
            },
            None => words.push(part),
        }
    }
    words
}

/// Whether a clause begins after `word`.
fn begins_clause(word: &Word) -> bool {
    word.stop != super::normalise::Stop::None || classes::is("joins", &word.text)
}

/// The end of the longest match of `elements` from word `at`.
fn longest(elements: &[Element], words: &[Word], at: usize) -> Option<usize> {
    let Some((element, rest)) = elements.split_first() else { return Some(at) };
    let further = |set: &[WordId]| match words.get(at) {
        Some(word) if set.contains(&word.id) => longest(rest, words, at + 1),
        _ => None,
    };
    match element {
        Element::Start if at == 0 => longest(rest, words, at),
        Element::End if at == words.len() => longest(rest, words, at),
        Element::Clause if at == 0 || begins_clause(&words[at - 1]) => longest(rest, words, at),
        Element::Start | Element::Clause | Element::End => None,
        Element::One { set, or_end } => {
            let over = *or_end && (at == words.len() || at > 0 && words[at - 1].ends_sentence());
            further(set).max(if over { longest(rest, words, at) } else { None })
        }
        Element::Optional(set) => further(set).max(longest(rest, words, at)),
        Element::Gap => {
            let mut best = None;
            for skipped in 0..=GAP_WORDS_MAX {
                if at + skipped > words.len() || (skipped > 0 && words[at + skipped - 1].ends_sentence()) {
                    break;
                }
                best = best.max(longest(rest, words, at + skipped));
            }
            best
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::normalise::words, *};

    #[test]
    fn rows_match_as_the_language_says() {
        let table = Table::new("t", &["do not [ever] share|send .. it", "^ never $"]);
        for (text, found) in [
            ("please don't share it", true),
            ("don't ever send any of it", true),
            ("don't share one two three four it", false),
            ("don't share this. Is it", false),
            ("never", true),
            ("never ever", false),
        ] {
            assert_eq!(table.find(&words(text)).is_some(), found, "{text}");
        }
        let found = table.find(&words("please don't share it")).map(|f| (f.start, f.end, f.evidence()));
        assert_eq!(found, Some((1, 5, "phrase:t/do not [ever] share|send .. it".into())));
    }
}

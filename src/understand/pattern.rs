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
    /// The rows that may begin with a word, those of all words one after the other.
    first: Vec<u16>,
    /// Where in them those of a word begin, [`WordId`] being the index; those of the next word follow.
    from: Vec<u32>,
    /// Its bit in [`BEGINNINGS`].
    bit: u128,
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

/// The tables of which a row may begin with a word, one bit each in the order of [`phrases::ALL`], [`WordId`] being the
/// index. Most tables have nothing to do with most words: this is all that is looked at to know it.
static BEGINNINGS: LazyLock<Vec<u128>> = LazyLock::new(|| {
    let mut beginnings = vec![0; VOCABULARY.len()];
    for table in phrases::ALL {
        for word in table.sources.iter().flat_map(|row| parse(row).beginnings()) {
            beginnings[usize::from(word)] |= table.bit();
        }
    }
    beginnings
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
    /// The same, ending before word `end`.
    pub(super) fn until(self, end: usize) -> Found {
        Found { end, ..self }
    }

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
            let mut by_word = vec![Vec::new(); VOCABULARY.len()];
            for (index, row) in rows.iter().enumerate() {
                let index = u16::try_from(index).expect("a table has fewer than 65,536 rows");
                for word in row.beginnings() {
                    let rows: &mut Vec<u16> = &mut by_word[usize::from(word)];
                    if rows.last() != Some(&index) {
                        rows.push(index);
                    }
                }
            }
            let (mut first, mut from) = (Vec::new(), vec![0]);
            for rows in by_word {
                first.extend(rows);
                from.push(first.len() as u32);
            }
            Compiled { rows, first, from, bit: self.bit() }
        })
    }

    /// Its place among all tables, as a bit; none of a table that is not among them.
    fn bit(&self) -> u128 {
        phrases::ALL.iter().position(|table| std::ptr::eq(*table, self)).map_or(0, |place| 1 << place)
    }

    /// The longest match that begins with word `start`.
    pub(super) fn at(&self, words: &[Word], start: usize) -> Option<Found> {
        self.rows_at(words, start).max_by_key(|found| found.end)
    }

    /// What each row matches from word `start`, the longest of each.
    pub(super) fn rows_at<'a>(&'a self, words: &'a [Word], start: usize) -> impl Iterator<Item = Found> + 'a {
        self.compiled().rows_at(self.name, words, start)
    }
}

impl Compiled {
    /// Whether a row may begin with `word`.
    fn may_begin(&self, word: &Word) -> bool {
        self.bit == 0 || BEGINNINGS[usize::from(word.id)] & self.bit != 0
    }

    fn rows_at<'a>(
        &'a self,
        name: &'static str,
        words: &'a [Word],
        start: usize,
    ) -> impl Iterator<Item = Found> + 'a {
        let word = words.get(start).filter(|word| self.may_begin(word)).map_or(UNKNOWN, |word| word.id);
        let word = usize::from(word);
        let rows = &self.first[self.from[word] as usize..self.from[word + 1] as usize];
        rows.iter().filter_map(move |&index| {
            let row = &self.rows[usize::from(index)];
            let end = longest(&row.elements, words, start)?;
            Some(Found { table: name, row: row.source, start, end })
        })
    }
}

impl Table {
    /// Every match: the longest at each word.
    pub(super) fn all<'a>(&'a self, words: &'a [Word]) -> impl Iterator<Item = Found> + 'a {
        let compiled = self.compiled();
        let starts = (0..words.len()).filter(|&start| compiled.may_begin(&words[start]));
        starts.filter_map(|start| self.at(words, start))
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
            let mut set: Vec<WordId> = set.collect();
            set.sort_unstable();
            set.dedup();
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

/// Whether a sorted set has `word`.
fn has(set: &[WordId], word: WordId) -> bool {
    const FEW: usize = 8;
    if set.len() <= FEW { set.contains(&word) } else { set.binary_search(&word).is_ok() }
}

/// The end of the longest match of `elements` from word `at`.
fn longest(elements: &[Element], words: &[Word], at: usize) -> Option<usize> {
    let Some((element, rest)) = elements.split_first() else { return Some(at) };
    let further = |set: &[WordId]| match words.get(at) {
        Some(word) if has(set, word.id) => longest(rest, words, at + 1),
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

    #[test]
    fn every_table_has_a_bit_of_its_own() {
        let bits = phrases::ALL.iter().fold(0, |bits, table| bits | table.bit());
        assert_eq!(bits.count_ones() as usize, phrases::ALL.len());
    }
}

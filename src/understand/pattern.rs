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
//! | `it\|$` `[it\|$]` | "it", or the end of a sentence |

use super::{classes, normalise::Word};
use std::collections::HashMap;

/// A named list of rows.
pub(super) struct Table {
    name: &'static str,
    rows: Vec<Row>,
    /// Rows by the words they may begin with.
    first: HashMap<&'static str, Vec<usize>>,
}

struct Row {
    source: &'static str,
    elements: Vec<Element>,
}

enum Element {
    One(Vec<&'static str>),
    Optional(Vec<&'static str>),
    Gap,
    Start,
    End,
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
    /// A table called `name` of `rows`. A row that is no pattern is a mistake of whoever wrote it, and stops.
    pub(super) fn new(name: &'static str, rows: &[&'static str]) -> Table {
        let rows: Vec<Row> = rows.iter().map(|row| parse(row)).collect();
        let mut first: HashMap<&'static str, Vec<usize>> = HashMap::new();
        for (index, row) in rows.iter().enumerate() {
            for word in row.beginnings() {
                let rows = first.entry(word).or_default();
                if rows.last() != Some(&index) {
                    rows.push(index);
                }
            }
        }
        Table { name, rows, first }
    }

    /// The longest match that begins with word `start`.
    pub(super) fn at(&self, words: &[Word], start: usize) -> Option<Found> {
        let rows = self.first.get(words.get(start)?.text.as_str())?;
        let found = |&index: &usize| {
            let row = &self.rows[index];
            let end = longest(&row.elements, words, start)?;
            Some(Found { table: self.name, row: row.source, start, end })
        };
        rows.iter().filter_map(found).max_by_key(|f| f.end)
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

    /// Every literal word of the table, for tests.
    #[cfg(test)]
    pub(super) fn vocabulary(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.rows.iter().flat_map(|row| {
            row.elements.iter().flat_map(move |element| match element {
                Element::One(set) | Element::Optional(set) => {
                    set.iter().map(|w| (row.source, *w)).collect::<Vec<_>>()
                }
                _ => Vec::new(),
            })
        })
    }
}

impl Row {
    fn beginnings(&self) -> Vec<&'static str> {
        let mut words = Vec::new();
        for element in &self.elements {
            match element {
                Element::Start => {}
                Element::Optional(set) => words.extend(set),
                Element::One(set) => {
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
        "$" => Element::End,
        _ => match token.strip_prefix('[').and_then(|t| t.strip_suffix(']')) {
            Some(inner) if inner.split('|').any(|part| part == "$") => {
                Element::One(alternatives(source, inner))
            }
            Some(inner) => Element::Optional(alternatives(source, inner)),
            None => Element::One(alternatives(source, token)),
        },
    };
    Row { source, elements: source.split(' ').map(element).collect() }
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

/// The end of the longest match of `elements` from word `at`.
fn longest(elements: &[Element], words: &[Word], at: usize) -> Option<usize> {
    let Some((element, rest)) = elements.split_first() else { return Some(at) };
    let here = |set: &[&str]| words.get(at).is_some_and(|w| set.contains(&w.text.as_str()));
    match element {
        Element::Start => (at == 0).then(|| longest(rest, words, at))?,
        Element::End => (at == words.len()).then(|| longest(rest, words, at))?,
        Element::One(set) => {
            let over = set.contains(&"$") && (at == words.len() || at > 0 && words[at - 1].ends_sentence());
            let with = if here(set) { longest(rest, words, at + 1) } else { None };
            if over { with.max(longest(rest, words, at)) } else { with }
        }
        Element::Optional(set) => {
            let with = if here(set) { longest(rest, words, at + 1) } else { None };
            with.max(longest(rest, words, at))
        }
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

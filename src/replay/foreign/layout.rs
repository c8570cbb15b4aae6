//! The script laid over what was said: which of its texts were read, where, and word for word how much of each.

use super::{Party, Utterance};
use crate::{
    program::{Locale, Program},
    time::Millis,
};

/// Of a text that was read, this much was recognised, out of a hundred.
pub(super) const READ_PERCENT_MIN: usize = 65;
/// Below this it was not even begun.
const BEGUN_PERCENT_MIN: usize = 25;
/// From this much on it may have been said and was misheard; but not where so few words of it were recognised, which
/// are in other sentences too.
const PART_PERCENT_MIN: usize = 40;
const PART_WORDS_MIN: usize = 3;
/// The end was read when one of so many last words was recognised.
const LAST_WORDS: usize = 3;
/// Nobody reads more of a script in one call than this many texts.
const READINGS_MAX: usize = 200;
/// A figure is spoken as long as a word of so many letters.
const LETTERS_OF_A_FIGURE: u64 = 4;

/// A text of the script that is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// A part of the notice, by its place.
    Notice(usize),
    /// The question after the notice.
    Acknowledge,
    /// What is said once about all consents.
    Shared,
    /// The question to a recipient, by its place.
    Consent(usize),
    /// A question that elicits nothing, by its place.
    Plain(usize),
    /// A sensitive question, by its place.
    Sensitive(usize),
}

/// A word that may be the agent's.
pub(super) struct Spoken {
    /// As it is compared.
    word: String,
    /// As it was said.
    pub text: String,
    pub from_ms: u64,
    pub to_ms: u64,
    /// The utterance it stands in.
    pub utterance: usize,
}

/// A text of the script, found in what was said.
#[derive(Clone)]
pub(super) struct Reading {
    pub piece: Piece,
    /// For each of its words, the word of the stream that it was recognised in.
    pub words: Vec<Option<usize>>,
    /// Where in the stream it begins, and its last word.
    pub first: usize,
    pub last: usize,
    pub from_ms: u64,
    pub to_ms: u64,
}

impl Reading {
    fn found(&self) -> usize {
        self.words.iter().flatten().count()
    }

    /// How many of its words were recognised, out of a hundred.
    pub fn percent(&self) -> usize {
        self.found() * 100 / self.words.len().max(1)
    }

    /// The place of the last of its words that was recognised.
    pub fn reached(&self) -> usize {
        self.words.iter().rposition(Option::is_some).unwrap_or(0)
    }

    /// Of the words up to there, how many were recognised, out of a hundred.
    pub fn percent_so_far(&self) -> usize {
        self.found() * 100 / (self.reached() + 1)
    }

    /// Whether its last words were among them.
    pub fn has_ended(&self) -> bool {
        self.reached() + LAST_WORDS >= self.words.len()
    }

    /// Whether it was said, as far as a recogniser can tell.
    pub fn is_said(&self) -> bool {
        self.percent() >= READ_PERCENT_MIN
    }

    /// Whether it may have been said: more of it was recognised than other sentences have of it.
    pub fn is_in_part(&self) -> bool {
        !self.is_said() && self.percent() >= PART_PERCENT_MIN && self.found() >= PART_WORDS_MIN
    }

    /// Whether it was said to its end.
    pub fn is_whole(&self) -> bool {
        self.is_said() && self.has_ended()
    }
}

/// Everything of the script that was found.
pub(super) struct Layout {
    /// What may be the agent's words, in order.
    pub stream: Vec<Spoken>,
    /// In the order in which it was read; no two share words.
    pub readings: Vec<Reading>,
}

impl Layout {
    /// Lays `program` in `locale` over `said`.
    pub fn of(program: &Program, locale: Locale, said: &[Utterance]) -> Layout {
        let stream = stream(said);
        let texts: Vec<(Piece, Vec<String>)> = texts(program, locale)
            .into_iter()
            .map(|(piece, text)| (piece, words(&text).map(|(word, _)| word).collect()))
            .collect();
        let mut taken = vec![false; stream.len()];
        let look = |(piece, words): &(Piece, Vec<String>), taken: &[bool]| {
            aligned(*piece, words, &stream, taken).filter(|read| read.percent() >= BEGUN_PERCENT_MIN)
        };
        let mut found: Vec<Option<Reading>> = texts.iter().map(|text| look(text, &taken)).collect();
        let mut kept: Vec<Reading> = Vec::new();
        // Texts are alike, above all the questions for consents: what was said is the one it fits best, and the others
        // are looked for in what is left.
        let best = |found: &[Option<Reading>]| {
            let all = found.iter().enumerate().filter_map(|(at, read)| Some((at, read.as_ref()?)));
            all.max_by_key(|(at, read)| (read.found() * read.percent(), std::cmp::Reverse(*at)))
                .map(|(at, _)| at)
        };
        while kept.len() < READINGS_MAX
            && let Some(reading) = best(&found).and_then(|at| found[at].take())
        {
            let (first, last) = (reading.first, reading.last);
            taken[first..=last].fill(true);
            for (text, found) in texts.iter().zip(&mut found) {
                let is_shared = found.as_ref().is_some_and(|read| read.first <= last && first <= read.last);
                if is_shared || text.0 == reading.piece {
                    *found = look(text, &taken);
                }
            }
            kept.push(reading);
        }
        kept.sort_by_key(|reading| reading.first);
        Layout { stream, readings: kept }
    }

    /// How many words of the script were recognised in texts that were said.
    pub fn weight(&self) -> usize {
        self.readings.iter().filter(|reading| reading.is_said()).map(Reading::found).sum()
    }

    /// The readings of one text, in order.
    pub fn of_piece(&self, piece: Piece) -> impl Iterator<Item = &Reading> {
        self.readings.iter().filter(move |reading| reading.piece == piece)
    }

    /// The reading that tells most about a text: the first that is whole, else the one of which most was recognised.
    pub fn best(&self, piece: Piece) -> Option<&Reading> {
        let whole = self.of_piece(piece).find(|reading| reading.is_whole());
        whole.or_else(|| self.of_piece(piece).max_by_key(|reading| reading.percent()))
    }

    /// The first thing of the script that is said after `reading`.
    pub fn next_after(&self, reading: &Reading) -> Option<&Reading> {
        self.readings.iter().find(|next| next.first > reading.last && next.is_said())
    }
}

/// A text of the script, as it is read aloud.
pub(super) fn text_of(program: &Program, locale: Locale, piece: Piece) -> String {
    match piece {
        Piece::Notice(at) => program.notice.parts[at].text.in_locale(locale).to_owned(),
        Piece::Acknowledge => program.notice.acknowledge.in_locale(locale).to_owned(),
        Piece::Shared => {
            let names: Vec<&str> = program.recipients.iter().map(|to| to.name.in_locale(locale)).collect();
            program.consents.shared.about(&names, locale)
        }
        Piece::Consent(at) => {
            let to = &program.recipients[at];
            to.consent.about(&[to.name.in_locale(locale)], locale)
        }
        Piece::Plain(at) => program.plain[at].text.in_locale(locale).to_owned(),
        Piece::Sensitive(at) => program.sensitive[at].text.in_locale(locale).to_owned(),
    }
}

fn texts(program: &Program, locale: Locale) -> Vec<(Piece, String)> {
    let pieces = (0..program.notice.parts.len())
        .map(Piece::Notice)
        .chain([Piece::Acknowledge, Piece::Shared])
        .chain((0..program.recipients.len()).map(Piece::Consent))
        .chain((0..program.plain.len()).map(Piece::Plain))
        .chain((0..program.sensitive.len()).map(Piece::Sensitive));
    pieces.map(|piece| (piece, text_of(program, locale, piece))).collect()
}

/// The best alignment of `wanted` with words that are not taken.
fn aligned(piece: Piece, wanted: &[String], stream: &[Spoken], taken: &[bool]) -> Option<Reading> {
    let (rows, columns) = (wanted.len(), stream.len());
    // The best score of an alignment that ends at these two words.
    let mut score = vec![0_i32; (rows + 1) * (columns + 1)];
    let place = |row: usize, column: usize| row * (columns + 1) + column;
    let fits = |row: usize, column: usize| alike(&wanted[row - 1], &stream[column - 1].word);
    let mut best = (0, 0, 0);
    for row in 1..=rows {
        for column in (1..=columns).filter(|column| !taken[column - 1]) {
            let across = score[place(row - 1, column - 1)] + if fits(row, column) { 2 } else { -1 };
            let skipped = score[place(row - 1, column)].max(score[place(row, column - 1)]) - 1;
            let now = across.max(skipped).max(0);
            score[place(row, column)] = now;
            // Of equal ones the first.
            if now > best.0 {
                best = (now, row, column);
            }
        }
    }
    let (mut now, mut row, mut column) = best;
    let last = column.checked_sub(1)?;
    let (mut words, mut first) = (vec![None; rows], last);
    while now > 0 && row > 0 && column > 0 {
        if fits(row, column) && now == score[place(row - 1, column - 1)] + 2 {
            (words[row - 1], first) = (Some(column - 1), column - 1);
            (row, column) = (row - 1, column - 1);
        } else if now == score[place(row - 1, column)] - 1 {
            row -= 1;
        } else if now == score[place(row, column - 1)] - 1 {
            column -= 1;
        } else {
            (row, column) = (row - 1, column - 1);
        }
        now = score[place(row, column)];
    }
    Some(Reading { piece, words, first, last, from_ms: stream[first].from_ms, to_ms: stream[last].to_ms })
}

/// The words that may be the agent's, each at the time it was said: within an utterance, by how long they are.
fn stream(said: &[Utterance]) -> Vec<Spoken> {
    let mut stream = Vec::new();
    for (utterance, one) in said.iter().enumerate().filter(|(_, one)| one.party != Party::Caller) {
        let lasts = Millis(one.to_ms).since(Millis(one.from_ms));
        let all: Vec<(String, &str)> = words(&one.text).collect();
        let whole = all.iter().map(|(word, _)| length(word)).sum::<u64>().max(1);
        let after = |letters: u64| one.from_ms.saturating_add(lasts.saturating_mul(letters) / whole);
        let mut before = 0;
        for (word, text) in all {
            let from_ms = after(before);
            before += length(&word);
            let to_ms = after(before);
            stream.push(Spoken { word, text: text.to_owned(), from_ms, to_ms, utterance });
        }
    }
    stream
}

/// How long a word takes to say, in letters; one more for what parts it from the next.
fn length(word: &str) -> u64 {
    let letters = |c: char| if c.is_numeric() { LETTERS_OF_A_FIGURE } else { 1 };
    1 + word.chars().map(letters).sum::<u64>()
}

/// The words of a text: as they are compared, and as they are written.
pub(super) fn words(text: &str) -> impl Iterator<Item = (String, &str)> {
    let kept = |c: &char| c.is_alphanumeric();
    let words = text.split(|c: char| c.is_whitespace() || c == '-');
    words
        .map(move |word| (word.to_lowercase().chars().filter(kept).collect::<String>(), word))
        .filter(|(word, _)| !word.is_empty())
}

/// Whether two words are the same, or near enough for a recogniser: long ones that begin alike.
fn alike(one: &str, other: &str) -> bool {
    const BEGINNING: usize = 4;
    let begins = |word: &str| word.chars().take(BEGINNING).collect::<String>();
    one == other || one.len() > BEGINNING && other.len() > BEGINNING && begins(one) == begins(other)
}

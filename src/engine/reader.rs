//! From text to what the voice speaks: sentences, as phonemes.
//!
//! Words go through a port of Misaki's English reader (lexicon, part of speech, stress), on which the voice was
//! trained; words it does not know go to the spelling net.

use super::{
    hibari::{ENGINE, PHONEMES_MAX, spelling::Spelling},
    lexicon::Lexicon,
    onnx::broken,
    spoken,
};
use crate::ports::EngineFailed;
use misaki_rs::{G2P, Language, lexicon::PhonemeEntry};
use regex::Regex;

/// Texts longer than this are refused: no line of a script is.
pub const TEXT_CHARS_MAX: usize = 4_000;
/// The reader's own version, in cache keys.
pub const READER: &str = "misaki-rs 0.8";

/// What is spoken in one go, and the pause after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Phonemes in the voice's alphabet, at most [`PHONEMES_MAX`].
    pub phonemes: String,
    /// Silence after it, in milliseconds.
    pub pause_ms: u32,
}

/// After a sentence.
pub const SENTENCE_PAUSE_MS: u32 = 340;
/// Where a long sentence had to be split.
const CLAUSE_PAUSE_MS: u32 = 180;

/// The reader. Shared by every worker; it takes a few milliseconds a sentence.
pub struct Reader {
    g2p: G2P,
    built_in: Lexicon,
    given: Regex,
}

impl Reader {
    /// A reader that asks `spelling` about words it does not know; without it they are left out.
    pub fn new(spelling: Option<Spelling>) -> Reader {
        let mut g2p = match spelling {
            Some(spelling) => G2P::with_fallback(Language::EnglishUS, Some(Box::new(spelling))),
            None => G2P::with_fallback(Language::EnglishUS, None),
        };
        g2p.unk = String::new();
        for place in 0..GIVEN_MAX {
            for vowel in [false, true] {
                g2p.lexicon.golds.insert(stand_in(place, vowel), PhonemeEntry::Simple(mark(place, vowel)));
            }
        }
        let given = Regex::new(r"\[[^\]]*\]\(/([^)]*)/\)").expect("the pattern is tested");
        Reader { g2p, built_in: Lexicon::built_in(), given }
    }

    /// The built-in list of words.
    pub fn built_in(&self) -> &Lexicon {
        &self.built_in
    }

    /// `text`, with a program's `own` words, as pieces to speak. The last piece has no pause after it.
    pub fn read(&self, text: &str, own: &Lexicon) -> Result<Vec<Piece>, EngineFailed> {
        if text.chars().count() > TEXT_CHARS_MAX {
            return Err(broken(
                ENGINE,
                &format!("a line is longer than {TEXT_CHARS_MAX} characters: split it"),
            ));
        }
        let mut pieces = Vec::new();
        for sentence in spoken::sentences(text) {
            let phonemes = self.phonemes(&sentence, own)?;
            if !phonemes.chars().any(char::is_alphabetic) {
                continue;
            }
            let parts = split(&phonemes);
            let last = parts.len() - 1;
            pieces.extend(parts.into_iter().enumerate().map(|(i, phonemes)| {
                let pause_ms = if i == last { SENTENCE_PAUSE_MS } else { CLAUSE_PAUSE_MS };
                Piece { phonemes, pause_ms }
            }));
        }
        match pieces.last_mut() {
            Some(last) => last.pause_ms = 0,
            None => return Err(broken(ENGINE, &"a line holds nothing that can be said")),
        }
        Ok(pieces)
    }

    /// One sentence as phonemes.
    pub fn phonemes(&self, sentence: &str, own: &Lexicon) -> Result<String, EngineFailed> {
        let said = spoken::spoken(sentence, own, &self.built_in);
        let mut given = Vec::new();
        let said = self.given.replace_all(&said, |captures: &regex::Captures<'_>| {
            let vowel = starts_with_vowel(&captures[1]);
            if given.len() == GIVEN_MAX {
                return String::new();
            }
            given.push((mark(given.len(), vowel), captures[1].to_string()));
            stand_in(given.len() - 1, vowel)
        });
        // The error names the word it stumbled on, which may be the caller's: it is not passed on.
        let (phonemes, _) = self.g2p.g2p(&said).map_err(|_| broken(ENGINE, &"a word cannot be read"))?;
        let phonemes = given.iter().fold(phonemes, |text, (mark, phonemes)| text.replace(mark, phonemes));
        Ok(phonemes.split_whitespace().collect::<Vec<_>>().join(" "))
    }
}

/// Words of one sentence whose phonemes are given; of more, the rest is left out. No sentence has so many.
const GIVEN_MAX: usize = 96;

/// A word that stands in the sentence for given phonemes, so that its neighbours are read with something there.
fn stand_in(place: usize, vowel: bool) -> String {
    let letter = |n: usize| char::from(b'a' + (n % 26) as u8);
    format!("zq{}{}{}", if vowel { 'v' } else { 'k' }, letter(place / 26), letter(place))
}

/// What the stand-in is "pronounced" as: a first sound of the right kind, for the word before it ("the", "to"),
/// and a character nothing else has.
fn mark(place: usize, vowel: bool) -> String {
    let own = char::from_u32(0xE000 + place as u32).unwrap_or(char::REPLACEMENT_CHARACTER);
    format!("{}{own}", if vowel { 'ə' } else { 't' })
}

fn starts_with_vowel(phonemes: &str) -> bool {
    let first = phonemes.chars().find(|c| !matches!(c, 'ˈ' | 'ˌ' | ' '));
    first.is_some_and(|c| "AIOQWYaiuæɑɒɔəɛɜɪʊʌᵻ".contains(c))
}

/// Phonemes in parts the model can speak: at clauses, or between words where a clause is too long.
fn split(phonemes: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut length = 0;
    let words: Vec<&str> = phonemes.split(' ').collect();
    for (i, word) in words.iter().enumerate() {
        // A clause goes to the next part whole where it would not fit, unless it fills a part by itself.
        let clause: usize = clause_length(&words[i..]);
        let starts_clause = i == 0 || ends_clause(words[i - 1]);
        let word_length = word.chars().count() + 1;
        let full = length + word_length > PHONEMES_MAX;
        let better = starts_clause && clause <= PHONEMES_MAX && length + clause > PHONEMES_MAX;
        if length > 0 && (full || better) {
            parts.push(String::new());
            length = 0;
        }
        if let Some(part) = parts.last_mut() {
            if length > 0 {
                part.push(' ');
            }
            part.extend(word.chars().take(PHONEMES_MAX));
        }
        length += word_length;
    }
    parts
}

fn ends_clause(word: &str) -> bool {
    word.ends_with([',', ';', ':', '—', '.', '?', '!'])
}

/// How long the clause is that begins `words`.
fn clause_length(words: &[&str]) -> usize {
    let mut length = 0;
    for word in words {
        length += word.chars().count() + 1;
        if ends_clause(word) {
            break;
        }
    }
    length
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_become_pieces_with_pauses_between_them() {
        let reader = Reader::new(None);
        let pieces = reader.read("Yes. I will! Goodbye", &Lexicon::of([])).unwrap();
        assert_eq!(
            pieces.iter().map(|p| p.pause_ms).collect::<Vec<_>>(),
            [SENTENCE_PAUSE_MS, SENTENCE_PAUSE_MS, 0]
        );
        assert_eq!(pieces[0].phonemes, "jˈɛs.");
    }

    #[test]
    fn long_sentences_are_split_at_clauses_under_the_models_limit() {
        let reader = Reader::new(None);
        let clause = "we will not share what you tell us with anybody outside of this program";
        let text = [clause; 12].join(", ") + ".";
        let pieces = reader.read(&text, &Lexicon::of([])).unwrap();
        assert!(pieces.len() > 1);
        for piece in &pieces {
            assert!(piece.phonemes.chars().count() <= PHONEMES_MAX);
            assert!(piece.phonemes.ends_with([',', '.']), "{}", piece.phonemes);
        }
        let whole = reader.read(&vec!["word"; 300].join(" "), &Lexicon::of([])).unwrap();
        assert!(whole.iter().all(|p| p.phonemes.chars().count() <= PHONEMES_MAX));
        assert_eq!(whole.iter().map(|p| p.phonemes.split(' ').count()).sum::<usize>(), 300);
    }

    #[test]
    fn given_phonemes_stand_whatever_the_general_lexicon_says() {
        let reader = Reader::new(None);
        let own = Lexicon::of([("apple", "/bənˈænə/"), ("Para español", "/pˈɑɹə ˌɛspɑnjˈOl/")]);
        let read = |text| reader.phonemes(text, &own).unwrap();
        assert_eq!(read("the apple's"), "ðə bənˈænəz");
        assert_eq!(read("Para español, the SUD."), "pˈɑɹə ˌɛspɑnjˈOl, ði ˌɛsjˌudˈi.");
        assert_eq!(read("It is 5:30 PM."), "ˌɪt ɪz fˈIv θˈɜɹTi pˌiˈɛm.");
        let many = vec!["apple"; GIVEN_MAX + 5].join(" ");
        assert_eq!(read(&many).split(' ').count(), GIVEN_MAX);
    }

    #[test]
    fn nothing_to_say_and_too_much_to_say_are_errors() {
        let reader = Reader::new(None);
        assert!(reader.read(" ... ", &Lexicon::of([])).is_err());
        assert!(reader.read(&"a ".repeat(TEXT_CHARS_MAX), &Lexicon::of([])).is_err());
    }
}

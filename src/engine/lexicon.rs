//! Words the voice says in a particular way: the built-in list of this field, and a program's own.

use regex::{Regex, RegexBuilder};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

const BUILT_IN: &str = include_str!("lexicon.tsv");
/// A list whose compiled pattern is larger than this finds nothing.
const PATTERN_BYTES_MAX: usize = 32 << 20;

/// How a word is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// As these plain words, which are read like any others.
    Words(String),
    /// As these phonemes of the voice's alphabet.
    Phonemes(String),
}

impl Said {
    /// `/kˈOpˌA/` as phonemes, anything else as words.
    pub fn parse(text: &str) -> Said {
        match text.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')) {
            Some(phonemes) if !phonemes.is_empty() => Said::Phonemes(phonemes.into()),
            _ => Said::Words(text.into()),
        }
    }
}

/// Words and how they are said, found in text as whole words.
#[derive(Clone, Debug)]
pub struct Lexicon {
    said: BTreeMap<String, Said>,
    pattern: Option<Regex>,
    sha256: [u8; 32],
}

impl Lexicon {
    /// The built-in list, `lexicon.tsv`.
    pub fn built_in() -> Lexicon {
        let lines = BUILT_IN.lines().filter(|line| !line.starts_with('#'));
        Lexicon::of(lines.filter_map(|line| line.split_once('\t')))
    }

    /// A list of written forms with their spoken forms; of two entries for a word the later one counts.
    pub fn of<'a>(entries: impl IntoIterator<Item = (&'a str, &'a str)>) -> Lexicon {
        let mut said = BTreeMap::new();
        let mut hash = Sha256::new();
        for (written, spoken) in entries {
            let (written, spoken) = (written.trim(), spoken.trim());
            if written.is_empty() || spoken.is_empty() {
                continue;
            }
            hash.update(format!("{written}\t{spoken}\n"));
            said.insert(key(written), Said::parse(spoken));
        }
        let mut words: Vec<&String> = said.keys().collect();
        // The longest first, so that "prior auth" is found before "prior".
        words.sort_by_key(|word| (std::cmp::Reverse(word.len()), *word));
        let words: Vec<String> = words.into_iter().map(|word| as_pattern(word)).collect();
        let any = RegexBuilder::new(&words.join("|")).size_limit(PATTERN_BYTES_MAX).build().ok();
        let pattern = any.filter(|_| !words.is_empty());
        Lexicon { said, pattern, sha256: hash.finalize().into() }
    }

    /// The entries found in `text`, in order: where, and how they are said.
    pub fn find(&self, text: &str) -> Vec<(std::ops::Range<usize>, Said)> {
        let Some(pattern) = &self.pattern else { return Vec::new() };
        let mut found = Vec::new();
        let mut from = 0;
        while let Some(hit) = pattern.find_at(text, from) {
            let before = text[..hit.start()].chars().next_back();
            let after = text[hit.end()..].chars().next();
            let ends_in_letter = hit.as_str().ends_with(char::is_alphanumeric);
            let inside = before.is_some_and(is_of_word) || ends_in_letter && after.is_some_and(is_of_word);
            if let Some(said) = (!inside).then(|| self.said_of(hit.as_str())).flatten() {
                found.push((hit.range(), said));
                from = hit.end();
            } else {
                // Not a whole word: look on from the next character.
                from = hit.start() + text[hit.start()..].chars().next().map_or(1, char::len_utf8);
            }
            if from >= text.len() {
                break;
            }
        }
        found
    }

    /// SHA-256 over every entry: another word, another rendering.
    pub fn sha256(&self) -> [u8; 32] {
        self.sha256
    }

    fn said_of(&self, written: &str) -> Option<Said> {
        let written = &written.split_whitespace().collect::<Vec<_>>().join(" ");
        if let Some(said) = self.said.get(written).or_else(|| self.said.get(&written.to_lowercase())) {
            return Some(said.clone());
        }
        let singular = written.strip_suffix('s')?;
        match self.said.get(singular).or_else(|| self.said.get(&singular.to_lowercase()))? {
            Said::Words(words) => Some(Said::Words(format!("{words}s"))),
            Said::Phonemes(phonemes) => Some(Said::Phonemes(plural(phonemes))),
        }
    }
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Capitals stay as they are; everything else is looked up in lower case.
fn key(written: &str) -> String {
    let capitals = written.chars().any(char::is_alphabetic) && written == written.to_uppercase();
    if capitals { written.into() } else { written.to_lowercase() }
}

fn as_pattern(key: &str) -> String {
    let escaped = regex::escape(key).replace(' ', r"\s+");
    let plural = if key.ends_with(|c: char| c.is_alphabetic() && c != 's') { "s?" } else { "" };
    if key == key.to_lowercase() {
        format!("(?i:{escaped}{plural})")
    } else {
        format!("(?:{escaped}{plural})")
    }
}

/// Phonemes with the plural's ending: /s/ after a voiceless sound, a syllable of its own after a hiss, else /z/.
fn plural(phonemes: &str) -> String {
    let ending = match phonemes.chars().next_back() {
        Some('p' | 't' | 'k' | 'f' | 'θ') => "s",
        Some('s' | 'z' | 'ʃ' | 'ʒ' | 'ʧ' | 'ʤ') => "ᵻz",
        _ => "z",
    };
    format!("{phonemes}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Vec<(String, Said)> {
        let found = Lexicon::built_in().find(text);
        found.into_iter().map(|(at, said)| (text[at].to_string(), said)).collect()
    }

    #[test]
    fn words_are_found_whole_in_any_case_and_in_the_plural() {
        let phonemes = |text: &str| Said::Phonemes(text.into());
        assert_eq!(
            said("Your Copay, or copays."),
            [("Copay".into(), phonemes("kˈOpˌA")), ("copays".into(), phonemes("kˈOpˌAz")),]
        );
        assert_eq!(said("a mat is no MAT"), [("MAT".into(), phonemes("ˌɛmˌAtˈi"))]);
        assert_eq!(said("detoxify"), []);
        assert_eq!(said("prior  auth"), [("prior  auth".into(), Said::Words("prior authorization".into()))]);
    }

    #[test]
    fn another_entry_is_another_hash() {
        let lexicon = Lexicon::of([("copay", "co pay")]);
        assert_eq!(lexicon.find("copay"), [(0..5, Said::Words("co pay".into()))]);
        assert_ne!(lexicon.sha256(), Lexicon::of([("copay", "copay")]).sha256());
        assert_eq!(Lexicon::of([]).find("copay"), []);
    }

    #[test]
    fn every_built_in_line_is_an_entry_with_phonemes_of_the_voice() {
        let alphabet = ";:,.!?—…\"()“” AIOQSTWYᵊabcdefhijklmnopqrstuvwxyzɑɐɒæβɔɕçɖðʤəɚɛɜɟɡɥɨɪʝɯɰŋɳɲɴøɸθœɹɾɻʁɽʂʃʈʧʊʋʌɣɤχʎʒʔˈˌːʰʲ↓→↗↘ᵻ";
        for line in BUILT_IN.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let (written, spoken) = line.split_once('\t').unwrap_or_else(|| panic!("no tab in `{line}`"));
            assert!(!written.is_empty());
            if let Said::Phonemes(phonemes) = Said::parse(spoken) {
                assert!(phonemes.chars().all(|c| alphabet.contains(c)), "{line}");
            }
        }
    }
}

//! Reads this repository's own sources for the tests of the house.

#![allow(dead_code)] // each test file uses its own part of it

use std::{
    fs,
    ops::Range,
    path::{Path, PathBuf},
};

/// The folder of `Cargo.toml`.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file under `folder` (relative to the root) whose name ends in `ending`, sorted.
pub fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    fn walk(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
        let Ok(entries) = fs::read_dir(folder) else { return };
        for path in entries.map(|entry| entry.expect("a readable folder").path()) {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() {
                // What scripts make, and what version control keeps, is not ours to judge.
                if !["target", "models", "data", "keys", ".git", "node_modules"].contains(&name.as_str()) {
                    walk(&path, ending, found);
                }
            } else if name.ends_with(ending) {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&root().join(folder), ending, &mut found);
    found.sort();
    found
}

/// `path` as written from the root.
pub fn relative(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).to_string_lossy().into_owned()
}

/// One word or sign of Rust; comments are left out, and literals are only known to be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    /// A name or keyword.
    Word(String),
    /// A sign.
    Sign(char),
    /// A string, character or number.
    Literal,
}

/// A Rust file, read.
pub struct Source {
    /// From the root, such as `src/dialogue/gate.rs`.
    pub path: String,
    /// As written.
    pub text: String,
    /// What the compiler sees, with the line (from 1) of each.
    pub tokens: Vec<(usize, Token)>,
}

impl Source {
    /// Reads the Rust files under `folder`.
    pub fn under(folder: &str) -> Vec<Source> {
        files(folder, ".rs").iter().map(|file| Source::read(file)).collect()
    }

    fn read(file: &Path) -> Source {
        let text = fs::read_to_string(file).expect("a readable source file");
        Source { path: relative(file), tokens: tokens(&text), text }
    }

    /// Built from text, to test the tests.
    pub fn from_text(path: &str, text: &str) -> Source {
        Source { path: path.into(), text: text.into(), tokens: tokens(text) }
    }

    /// The module under `src/` that the file belongs to: `dialogue`; `lib` and `main` are their own.
    pub fn module(&self) -> &str {
        let inside = self.path.strip_prefix("src/").unwrap_or(&self.path);
        inside.split('/').next().unwrap_or_default().trim_end_matches(".rs")
    }

    /// Whether the file holds only tests: `tests.rs`, or in a folder `tests`.
    pub fn is_test(&self) -> bool {
        self.path.ends_with("/tests.rs") || self.path.contains("/tests/")
    }

    /// The tokens without the items under `#[cfg(test)]`.
    pub fn tokens_without_tests(&self) -> Vec<(usize, Token)> {
        if self.is_test() {
            return Vec::new();
        }
        let mut kept = Vec::new();
        let mut at = 0;
        while at < self.tokens.len() {
            if self.spells(at, &["#", "[", "cfg", "(", "test", ")", "]"]) {
                at = self.end_of_item(at + 7);
            } else {
                kept.push(self.tokens[at].clone());
                at += 1;
            }
        }
        kept
    }

    fn spells(&self, at: usize, words: &[&str]) -> bool {
        let there = self.tokens.get(at..at + words.len());
        there.is_some_and(|tokens| tokens.iter().zip(words).all(|((_, token), word)| token.is(word)))
    }

    /// One past the item at `at`: its semicolon, or the brace that closes its body.
    fn end_of_item(&self, mut at: usize) -> usize {
        let is_use = self.tokens.get(at).is_some_and(|(_, token)| token.is("use"));
        let mut depth = 0;
        while at < self.tokens.len() {
            match &self.tokens[at].1 {
                Token::Sign('{' | '(' | '[') => depth += 1,
                Token::Sign(sign @ ('}' | ')' | ']')) => {
                    depth -= 1;
                    if depth == 0 && *sign == '}' && !is_use {
                        return at + 1;
                    }
                }
                Token::Sign(';') if depth == 0 => return at + 1,
                _ => {}
            }
            at += 1;
        }
        at
    }
}

impl Token {
    /// Whether this is the word or sign `text`.
    pub fn is(&self, text: &str) -> bool {
        match self {
            Token::Word(word) => word == text,
            Token::Sign(sign) => text.len() == 1 && text.starts_with(*sign),
            Token::Literal => false,
        }
    }
}

/// What follows `root::` everywhere in `tokens`, with its line: the first name, each first name of a
/// `{list}`, or `*`.
pub fn names_after(tokens: &[(usize, Token)], root: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (at, (line, token)) in tokens.iter().enumerate() {
        let inside_a_path = at >= 1 && tokens[at - 1].1.is(":");
        let is_path = tokens.get(at + 1).is_some_and(|t| t.1.is(":"))
            && tokens.get(at + 2).is_some_and(|t| t.1.is(":"));
        if !token.is(root) || !is_path || inside_a_path {
            continue;
        }
        match tokens.get(at + 3) {
            Some((_, Token::Word(name))) => found.push((*line, name.clone())),
            Some((_, Token::Sign('*'))) => found.push((*line, "*".into())),
            Some((_, Token::Sign('{'))) => found.extend(first_names(tokens, at + 3)),
            _ => {}
        }
    }
    found
}

/// The first name of each branch of the list that opens at `open`.
fn first_names(tokens: &[(usize, Token)], open: usize) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut depth = 0;
    let mut fresh = false;
    for (line, token) in &tokens[open..] {
        match token {
            Token::Sign('{') => {
                depth += 1;
                fresh = depth == 1;
            }
            Token::Sign('}') => depth -= 1,
            Token::Sign(',') => fresh = depth == 1,
            Token::Word(name) if fresh => {
                if name != "self" {
                    found.push((*line, name.clone()));
                }
                fresh = false;
            }
            Token::Sign('*') if fresh => found.push((*line, "*".into())),
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    found
}

fn tokens(text: &str) -> Vec<(usize, Token)> {
    let signs: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    let (mut at, mut line) = (0, 1);
    let next = |at: usize| signs.get(at).copied().unwrap_or('\0');
    while at < signs.len() {
        let from = at;
        match (signs[at], next(at + 1)) {
            (c, _) if c.is_whitespace() => at += 1,
            ('/', '/') => at = end_where(&signs, at, |rest| rest[0] == '\n'),
            ('/', '*') => at = end_of_block_comment(&signs, at),
            ('"', _) => at = end_of_string(&signs, at),
            ('\'', _) => {
                at = end_of_quote(&signs, at);
                found.push((line, Token::Literal));
            }
            (c, _) if c.is_alphabetic() || c == '_' => {
                at = end_where(&signs, at, |rest| !rest[0].is_alphanumeric() && rest[0] != '_');
                let word: String = signs[from..at].iter().collect();
                match (word.as_str(), next(at)) {
                    ("r" | "br" | "cr", '"' | '#') if opens_raw_string(&signs, at) => {
                        at = end_of_raw_string(&signs, at);
                        found.push((line, Token::Literal));
                    }
                    ("b" | "c", '"') => {
                        at = end_of_string(&signs, at);
                        found.push((line, Token::Literal));
                    }
                    ("b", '\'') => {
                        at = end_of_quote(&signs, at);
                        found.push((line, Token::Literal));
                    }
                    _ => found.push((line, Token::Word(word))),
                }
            }
            (c, _) if c.is_ascii_digit() => {
                at = end_where(&signs, at, |rest| !rest[0].is_alphanumeric() && rest[0] != '_');
                found.push((line, Token::Literal));
            }
            (c, _) => {
                found.push((line, Token::Sign(c)));
                at += 1;
            }
        }
        if signs[from] == '"' {
            found.push((line, Token::Literal));
        }
        line += newlines(&signs, from..at);
    }
    found
}

fn newlines(signs: &[char], range: Range<usize>) -> usize {
    signs[range].iter().filter(|c| **c == '\n').count()
}

/// The first place from `at` on whose rest satisfies `ends`, or the end.
fn end_where(signs: &[char], at: usize, ends: impl Fn(&[char]) -> bool) -> usize {
    (at..signs.len()).find(|i| ends(&signs[*i..])).unwrap_or(signs.len())
}

fn end_of_block_comment(signs: &[char], mut at: usize) -> usize {
    let mut depth = 0;
    while at < signs.len() {
        if signs[at..].starts_with(&['/', '*']) {
            depth += 1;
            at += 2;
        } else if signs[at..].starts_with(&['*', '/']) {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    at
}

/// One past the string that opens at `at`.
fn end_of_string(signs: &[char], mut at: usize) -> usize {
    at += 1;
    while at < signs.len() && signs[at] != '"' {
        at += if signs[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(signs.len())
}

/// One past the character that opens at `at`; of a lifetime, one past its quote.
fn end_of_quote(signs: &[char], at: usize) -> usize {
    match signs.get(at + 1..) {
        Some(['\\', ..]) => end_where(signs, at + 3, |rest| rest[0] == '\'') + 1,
        Some([_, '\'', ..]) => at + 3,
        _ => at + 1,
    }
    .min(signs.len())
}

fn opens_raw_string(signs: &[char], at: usize) -> bool {
    signs[at..].iter().find(|c| **c != '#') == Some(&'"')
}

/// One past the raw string whose hashes begin at `at`.
fn end_of_raw_string(signs: &[char], at: usize) -> usize {
    let hashes = signs[at..].iter().take_while(|c| **c == '#').count();
    let body = at + hashes + 1;
    let closes = |rest: &[char]| {
        rest[0] == '"' && rest[1..].iter().take(hashes).filter(|c| **c == '#').count() == hashes
    };
    (end_where(signs, body, closes) + 1 + hashes).min(signs.len())
}

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

const CFG_TEST: &[&str] = &["#", "[", "cfg", "(", "test", ")", "]"];

/// A Rust file, read.
pub struct Source {
    /// From the root, such as `src/dialogue/gate.rs`.
    pub path: String,
    /// As written.
    pub text: String,
    /// What the compiler sees, with the line (from 1) of each.
    pub tokens: Vec<(usize, Token)>,
    /// How wide each line is, the inside of strings left out: a formatter cannot break those, and a table of
    /// phrases is one.
    pub columns: Vec<usize>,
    /// Whether the whole file is under `#[cfg(test)]`: by its declaration in another, or its name.
    pub is_test: bool,
}

impl Source {
    /// Reads the Rust files under `folder`.
    pub fn under(folder: &str) -> Vec<Source> {
        let read = |file: &PathBuf| fs::read_to_string(file).expect("a readable source file");
        let mut sources: Vec<Source> =
            files(folder, ".rs").iter().map(|file| Source::from_text(&relative(file), &read(file))).collect();
        let tests: Vec<String> = sources.iter().flat_map(Source::test_modules).collect();
        for source in &mut sources {
            let inside =
                |module: &String| source.path.strip_prefix(module).is_some_and(|r| r.starts_with(['.', '/']));
            source.is_test = source.path.ends_with("_tests.rs") || tests.iter().any(inside);
        }
        sources
    }

    /// Built from text, to test the tests.
    pub fn from_text(path: &str, text: &str) -> Source {
        let (tokens, strings) = scan(text);
        let columns = columns(text, &strings);
        Source { path: path.into(), text: text.into(), tokens, columns, is_test: false }
    }

    /// The module under `src/` that the file belongs to: `dialogue`; `lib` and `main` are their own.
    pub fn module(&self) -> &str {
        let inside = self.path.strip_prefix("src/").unwrap_or(&self.path);
        inside.split('/').next().unwrap_or_default().trim_end_matches(".rs")
    }

    /// The modules that this file declares under `#[cfg(test)]` and keeps in files of their own, as paths
    /// without `.rs`: `src/dialogue/testing`.
    fn test_modules(&self) -> Vec<String> {
        let file = self.path.trim_end_matches(".rs");
        let folder =
            ["/mod", "/lib", "/main"].iter().find_map(|name| file.strip_suffix(name)).unwrap_or(file);
        let mut found = Vec::new();
        for at in 0..self.tokens.len() {
            if !self.spells(at, CFG_TEST) {
                continue;
            }
            let item = at + CFG_TEST.len()..self.end_of_item(at + CFG_TEST.len());
            for three in self.tokens[item].windows(3) {
                if let [(_, keyword), (_, Token::Word(name)), (_, end)] = three
                    && keyword.is("mod")
                    && end.is(";")
                {
                    found.push(format!("{folder}/{name}"));
                }
            }
        }
        found
    }

    /// The tokens without the items under `#[cfg(test)]`.
    pub fn tokens_without_tests(&self) -> Vec<(usize, Token)> {
        if self.is_test {
            return Vec::new();
        }
        let mut kept = Vec::new();
        let mut at = 0;
        while at < self.tokens.len() {
            if self.spells(at, CFG_TEST) {
                at = self.end_of_item(at + CFG_TEST.len());
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

/// The width of each line of `text`, what lies inside `strings` left out.
fn columns(text: &str, strings: &[Range<usize>]) -> Vec<usize> {
    let mut widths = vec![0];
    let mut strings = strings.iter().peekable();
    for (at, sign) in text.chars().enumerate() {
        while strings.next_if(|string| string.end <= at).is_some() {}
        if sign == '\n' {
            widths.push(0);
        } else if !strings.peek().is_some_and(|string| string.contains(&at)) {
            *widths.last_mut().expect("never empty") += 1;
        }
    }
    widths
}

/// The tokens of `text`, and where its strings are.
fn scan(text: &str) -> (Vec<(usize, Token)>, Vec<Range<usize>>) {
    let mut strings = Vec::new();
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
            ('"', _) => {
                at = end_of_string(&signs, at);
                strings.push(from..at);
                found.push((line, Token::Literal));
            }
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
                        strings.push(from..at);
                        found.push((line, Token::Literal));
                    }
                    ("b" | "c", '"') => {
                        at = end_of_string(&signs, at);
                        strings.push(from..at);
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
        line += newlines(&signs, from..at);
    }
    (found, strings)
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

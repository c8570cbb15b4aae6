//! A TOML file as a tree with places, read so that every mistake is noted and reading goes on.

use super::fault::{Fault, Findings, either, nearest};
use std::ops::{Range, RangeInclusive};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// A string of the file and its place. White space is folded, so that long texts may be broken over lines.
#[derive(Clone, Debug, Default)]
pub(super) struct Said {
    /// The string.
    pub text: String,
    /// Its place, quotes included.
    pub span: Range<usize>,
}

/// A table of the file.
#[derive(Clone)]
pub(super) struct Table<'a> {
    /// How faults call it: ``the `[notice]` ``.
    pub name: String,
    /// Where it stands: its header, or its key.
    pub span: Range<usize>,
    entries: &'a DeTable<'a>,
    /// Fields that are there under a misspelt name; they are not also reported missing.
    misspelt: Vec<&'static str>,
}

/// The file and what was found in it.
pub(super) struct Reader<'t> {
    pub source: &'t str,
    pub findings: Findings,
}

impl<'t> Reader<'t> {
    /// Parses `source`. Syntax errors come back alone: what else is wrong cannot be told from a broken file.
    pub fn parse(source: &'t str) -> Result<(Self, Spanned<DeTable<'t>>), Vec<Fault>> {
        let (tree, errors) = DeTable::parse_recoverable(source);
        if errors.is_empty() {
            return Ok((Reader { source, findings: Findings::default() }, tree));
        }
        let fault = |error: toml::de::Error| Fault {
            message: error.message().trim().replace('\n', ", "),
            mend: "mend the TOML here; the rest of the file is checked once it can be read".into(),
            span: error.span().unwrap_or(0..0),
        };
        Err(errors.into_iter().map(fault).collect())
    }

    /// Enters a table and notes the fields it should not have.
    pub fn open<'a>(
        &mut self,
        name: impl Into<String>,
        entries: &'a DeTable<'a>,
        span: Range<usize>,
        known: &[&'static str],
    ) -> Table<'a> {
        let name = name.into();
        let mut misspelt = Vec::new();
        for (key, _) in entries.iter() {
            let word: &str = key.get_ref();
            if known.contains(&word) {
                continue;
            }
            let absent = known.iter().copied().filter(|k| entries.iter().all(|(e, _)| e.get_ref() != k));
            let mend = match nearest(word, absent) {
                Some(meant) => {
                    misspelt.push(*known.iter().find(|k| **k == meant).expect("it was taken from there"));
                    format!("did you mean `{meant}`?")
                }
                None => format!("take it out; known here: {}", known.join(", ")),
            };
            self.findings.fault(key.span(), format!("{name} has no field `{word}`"), mend);
        }
        Table { name, entries, span, misspelt }
    }

    /// The value of a field that must be there.
    pub fn value<'a>(&mut self, table: &Table<'a>, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        let found = table.get(key);
        if found.is_none() && !table.misspelt.contains(&key) {
            let mend = format!("add `{key}`; docs/programs.md says what it holds");
            self.findings.fault(table.span.clone(), format!("{} lacks `{key}`", table.name), mend);
        }
        found
    }

    /// A string that must be there; empty where it is not, which is then a fault already.
    pub fn string(&mut self, table: &Table<'_>, key: &'static str, chars_max: usize) -> Said {
        match self.value(table, key) {
            Some(value) => self.said(value, &format!("`{key}`"), chars_max),
            None => Said { text: String::new(), span: table.span.clone() },
        }
    }

    /// A string that may be there.
    pub fn string_if_any(&mut self, table: &Table<'_>, key: &'static str, chars_max: usize) -> Option<Said> {
        table.get(key).map(|value| self.said(value, &format!("`{key}`"), chars_max))
    }

    /// A value as a string.
    pub fn said(&mut self, value: &Spanned<DeValue<'_>>, what: &str, chars_max: usize) -> Said {
        let span = value.span();
        let Some(raw) = value.get_ref().as_str() else {
            self.wrong_type(value, what, "a string in quotes");
            return Said { text: String::new(), span };
        };
        let text = raw.split_whitespace().collect::<Vec<_>>().join(" ");
        let chars = text.chars().count();
        if text.is_empty() {
            self.findings.fault(span.clone(), format!("{what} is empty"), "write it");
        } else if chars > chars_max {
            let message = format!("{what} has {chars} characters, more than {chars_max}");
            self.findings.fault(span.clone(), message, "shorten it");
        }
        Said { text, span }
    }

    /// A list of strings that must be there.
    pub fn strings(&mut self, table: &Table<'_>, key: &'static str, max: usize) -> Vec<Said> {
        let Some(value) = self.value(table, key) else { return Vec::new() };
        self.list(value, key, max)
    }

    /// A list of strings that may be there.
    pub fn strings_if_any(&mut self, table: &Table<'_>, key: &'static str, max: usize) -> Vec<Said> {
        table.get(key).map(|value| self.list(value, key, max)).unwrap_or_default()
    }

    fn list(&mut self, value: &Spanned<DeValue<'_>>, key: &'static str, max: usize) -> Vec<Said> {
        let Some(items) = value.get_ref().as_array() else {
            self.wrong_type(value, &format!("`{key}`"), "a list of strings in square brackets");
            return Vec::new();
        };
        self.count(value.span(), key, items.len(), max);
        items.iter().map(|item| self.said(item, &format!("an entry of `{key}`"), NAME_CHARS)).collect()
    }

    fn count(&mut self, span: Range<usize>, key: &str, count: usize, max: usize) {
        if count > max {
            let message = format!("`{key}` has {count} entries, more than {max}");
            self.findings.fault(span, message, "take some out");
        }
    }

    /// A whole number within `range`; `default` where it is absent, or where it must be there and is not.
    pub fn number(
        &mut self,
        table: &Table<'_>,
        key: &'static str,
        range: RangeInclusive<u64>,
        default: Option<u64>,
    ) -> u64 {
        let (low, high) = (*range.start(), *range.end());
        let found = match default {
            Some(_) => table.get(key),
            None => self.value(table, key),
        };
        let Some(value) = found else { return default.unwrap_or(low) };
        let Some(integer) = value.get_ref().as_integer() else {
            self.wrong_type(value, &format!("`{key}`"), "a whole number");
            return low;
        };
        match u64::from_str_radix(integer.as_str(), integer.radix()) {
            Ok(n) if range.contains(&n) => n,
            _ => {
                let message = format!("`{key}` is {integer}, outside of {low} to {high}");
                self.findings.fault(value.span(), message, format!("choose a number from {low} to {high}"));
                low
            }
        }
    }

    /// True or false, and its place, where it must be there.
    pub fn truth(&mut self, table: &Table<'_>, key: &'static str) -> Option<(bool, Range<usize>)> {
        self.value(table, key)?;
        self.truth_if_any(table, key)
    }

    /// True or false, and its place, where it may be there.
    pub fn truth_if_any(&mut self, table: &Table<'_>, key: &'static str) -> Option<(bool, Range<usize>)> {
        let value = table.get(key)?;
        if let Some(truth) = value.get_ref().as_bool() {
            return Some((truth, value.span()));
        }
        self.wrong_type(value, &format!("`{key}`"), "`true` or `false`");
        None
    }

    /// One of a few words.
    pub fn choice<T: Copy>(
        &mut self,
        table: &Table<'_>,
        key: &'static str,
        choices: &[(&'static str, T)],
    ) -> (T, Range<usize>) {
        let fallback = choices[0].1;
        let said = self.string(table, key, NAME_CHARS);
        let names = || choices.iter().map(|(name, _)| *name);
        match choices.iter().find(|(name, _)| *name == said.text) {
            Some((_, choice)) => (*choice, said.span),
            None if said.text.is_empty() => (fallback, said.span),
            None => {
                let mend = match nearest(&said.text, names()) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => format!("use {}", either(names())),
                };
                self.findings.fault(said.span.clone(), format!("`{key}` cannot be `{}`", said.text), mend);
                (fallback, said.span)
            }
        }
    }

    /// One of a few words, where it may be there.
    pub fn choice_if_any<T: Copy>(
        &mut self,
        table: &Table<'_>,
        key: &'static str,
        choices: &[(&'static str, T)],
    ) -> Option<(T, Range<usize>)> {
        table.get(key)?;
        Some(self.choice(table, key, choices))
    }

    /// A table that must be there.
    pub fn table<'a>(
        &mut self,
        parent: &Table<'a>,
        key: &'static str,
        name: &str,
        known: &[&'static str],
    ) -> Option<Table<'a>> {
        self.value(parent, key)?;
        self.table_if_any(parent, key, name, known)
    }

    /// A table that may be there.
    pub fn table_if_any<'a>(
        &mut self,
        parent: &Table<'a>,
        key: &'static str,
        name: &str,
        known: &[&'static str],
    ) -> Option<Table<'a>> {
        let (place, value) = parent.entry(key)?;
        match value.get_ref() {
            DeValue::Table(entries) => Some(self.open(name, entries, place, known)),
            _ => {
                self.wrong_type(value, &format!("`{key}`"), "a table");
                None
            }
        }
    }

    /// The tables of a list, `[[key]]`; each is called `noun` and its `id`, or its number.
    pub fn tables<'a>(
        &mut self,
        parent: &Table<'a>,
        key: &'static str,
        noun: &str,
        known: &[&'static str],
        max: usize,
    ) -> Vec<Table<'a>> {
        let Some((place, value)) = parent.entry(key) else { return Vec::new() };
        let items = match value.get_ref() {
            DeValue::Array(items) => items,
            _ => {
                self.wrong_type(
                    value,
                    &format!("`{key}`"),
                    &format!("a list of tables, each under `[[{key}]]`"),
                );
                return Vec::new();
            }
        };
        self.count(place.clone(), key, items.len(), max);
        let mut tables = Vec::new();
        for (number, item) in items.iter().enumerate() {
            let DeValue::Table(entries) = item.get_ref() else {
                self.wrong_type(item, &format!("an entry of `{key}`"), "a table");
                continue;
            };
            let id =
                entries.iter().find(|(k, _)| k.get_ref() == "id").and_then(|(_, v)| v.get_ref().as_str());
            let name = match id {
                Some(id) => format!("{noun} `{id}`"),
                None => format!("{noun} number {}", number + 1),
            };
            tables.push(self.open(name, entries, item.span(), known));
        }
        tables
    }

    fn wrong_type(&mut self, value: &Spanned<DeValue<'_>>, what: &str, wanted: &str) {
        let is = match value.get_ref() {
            DeValue::String(_) => "a string",
            DeValue::Integer(_) => "a whole number",
            DeValue::Float(_) => "a number with a fraction",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        self.findings.fault(value.span(), format!("{what} is {is}"), format!("write {wanted}"));
    }

    /// The place of `words` inside of `span`, or all of it where they stand differently in the file.
    pub fn within(&self, span: &Range<usize>, words: &str) -> Range<usize> {
        match self.source.get(span.clone()).and_then(|slice| slice.find(words)) {
            Some(at) => span.start + at..span.start + at + words.len(),
            None => span.clone(),
        }
    }
}

const NAME_CHARS: usize = super::limits::NAME_CHARS_MAX;

impl<'a> Table<'a> {
    /// The value of a field.
    pub fn get(&self, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.entry(key).map(|(_, value)| value)
    }

    /// Whether a field is there under a misspelt name, which is a fault already.
    pub fn is_misspelt(&self, key: &str) -> bool {
        self.misspelt.contains(&key)
    }

    /// The place of a field's name, and its value.
    pub fn entry(&self, key: &str) -> Option<(Range<usize>, &'a Spanned<DeValue<'a>>)> {
        self.entries.iter().find(|(k, _)| k.get_ref() == key).map(|(k, value)| (k.span(), value))
    }
}

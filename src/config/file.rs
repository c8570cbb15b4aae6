//! Settings from a TOML file. What is unknown in it is an error with its line: a setting that is silently
//! not read is worse than one that is missing.

use super::{
    Config, Kind, SETTINGS, Setting,
    fault::{ConfigFault, Place},
};
use std::path::Path;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

pub(super) fn read_into(config: &mut Config, path: &Path) -> Result<(), ConfigFault> {
    let text = std::fs::read_to_string(path)
        .map_err(|e| ConfigFault::at(Place::File(path.into()), format!("cannot be read: {e}")))?;
    let source = Source { path, text: &text };
    // Only the message: the parser's own display would quote the line, and a secret may stand in it.
    let table = DeTable::parse(&text)
        .map_err(|e| source.fault(e.span().map_or(0, |s| s.start), e.message().trim().replace('\n', "; ")))?;
    source.walk(config, "", table.get_ref())
}

struct Source<'a> {
    path: &'a Path,
    text: &'a str,
}

impl Source<'_> {
    fn walk(&self, config: &mut Config, within: &str, table: &DeTable<'_>) -> Result<(), ConfigFault> {
        for (name, value) in table {
            let key = format!("{within}{}", name.get_ref());
            let is_table =
                SETTINGS.iter().any(|s| s.key.strip_prefix(&key).is_some_and(|r| r.starts_with('.')));
            match (value.get_ref(), Setting::find(&key)) {
                (DeValue::Table(inner), None) if is_table => self.walk(config, &format!("{key}."), inner)?,
                (_, None) if is_table => {
                    let what = format!("`{key}` is a table: write [{key}] on a line of its own");
                    return Err(self.fault(name.span().start, what));
                }
                (_, None) => return Err(self.fault(name.span().start, unknown(&key))),
                (_, Some(setting)) => {
                    let text = self.text_of(setting, value)?;
                    setting
                        .put(config, &text)
                        .map_err(|e| self.fault(value.span().start, format!("{key}: {e}")))?;
                }
            }
        }
        Ok(())
    }

    fn text_of(&self, setting: &Setting, value: &Spanned<DeValue<'_>>) -> Result<String, ConfigFault> {
        match (value.get_ref(), setting.kind) {
            (DeValue::Integer(number), Kind::Number) if number.radix() == 10 => {
                Ok(number.as_str().replace('_', ""))
            }
            (DeValue::String(text), kind) if kind != Kind::Number => Ok(text.to_string()),
            (other, kind) => {
                let what = match kind {
                    Kind::Number => "a whole number, without quotes",
                    _ => "text in quotes",
                };
                let what = format!("{} is {what}, not a TOML {}", setting.key, other.type_str());
                Err(self.fault(value.span().start, what))
            }
        }
    }

    fn fault(&self, at: usize, what: String) -> ConfigFault {
        let before = self.text.get(..at).unwrap_or(self.text);
        let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
        ConfigFault::at(Place::Line { path: self.path.into(), line }, what)
    }
}

/// What to say about a name that is no setting.
pub(super) fn unknown(key: &str) -> String {
    match nearest(key) {
        Some(meant) => format!("there is no setting `{key}`; did you mean `{meant}`?"),
        None => format!("there is no setting `{key}`; docs/configuration.md lists them"),
    }
}

fn nearest(key: &str) -> Option<&'static str> {
    let last = |key: &str| key.rsplit('.').next().unwrap_or_default().to_owned();
    SETTINGS
        .iter()
        // The right name in the wrong table is as near as one slip of the finger.
        .map(|s| (distance(key, s.key).min(distance(&last(key), &last(s.key)) + 1), s.key))
        .min()
        .filter(|(far, _)| *far <= 1 + key.len() / 4)
        .map(|(_, key)| key)
}

/// How many letters must be changed, added or dropped (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let changed = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

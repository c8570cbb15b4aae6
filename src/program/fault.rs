//! What is wrong with a script, where, and how to mend it.

use std::ops::Range;

/// One thing wrong with a script, or worth a second look.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}; {mend}")]
pub struct Fault {
    /// What is wrong, a lower-case fragment.
    pub message: String,
    /// What to do about it.
    pub mend: String,
    /// Which bytes of the file.
    pub span: Range<usize>,
}

impl Fault {
    /// Line and column of the fault in `text`, both from 1; the column counts characters.
    pub fn line_and_column(&self, text: &str) -> (usize, usize) {
        let start =
            (0..=self.span.start.min(text.len())).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0);
        let before = &text[..start];
        let line_start = before.rfind('\n').map_or(0, |i| i + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }
}

/// Everything found in one reading of a file.
#[derive(Debug, Default)]
pub(super) struct Findings {
    /// What must be mended.
    pub faults: Vec<Fault>,
    /// What should be looked at.
    pub warnings: Vec<Fault>,
}

impl Findings {
    /// Something is wrong.
    pub fn fault(&mut self, span: Range<usize>, message: impl Into<String>, mend: impl Into<String>) {
        self.faults.push(Fault { message: message.into(), mend: mend.into(), span });
    }

    /// Something deserves a look.
    pub fn warn(&mut self, span: Range<usize>, message: impl Into<String>, mend: impl Into<String>) {
        self.warnings.push(Fault { message: message.into(), mend: mend.into(), span });
    }
}

/// The one of `known` that `word` was probably meant to be.
pub(super) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (word.chars().count() / 3).max(1);
    known.into_iter().map(|k| (distance(word, k), k)).filter(|(d, _)| *d <= limit).min().map(|(_, k)| k)
}

/// Optimal string alignment: insertions, deletions, substitutions, and swaps of neighbours.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<usize>>()];
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let substituted = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = substituted.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(rows[i - 2][j - 2] + 1);
            }
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

/// `one`, `one or two`, `one, two or three`, each in backticks.
pub(super) fn either<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<String> = words.into_iter().map(|w| format!("`{w}`")).collect();
    match words.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_finds_its_word_and_another_word_does_not() {
        let known = ["greeting", "recording", "goodbye", "wait"];
        for (slip, meant) in [("greting", "greeting"), ("recoridng", "recording"), ("wiat", "wait")] {
            assert_eq!(nearest(slip, known), Some(meant), "{slip}");
        }
        assert_eq!(nearest("emergency", known), None);
    }

    #[test]
    fn a_place_is_counted_in_lines_and_characters() {
        let text = "a = 1\nb = \"¿sí?\" x\n";
        let at = text.find('x').unwrap();
        let fault = Fault { message: "m".into(), mend: "n".into(), span: at..at + 1 };
        assert_eq!(fault.line_and_column(text), (2, 12));
    }
}

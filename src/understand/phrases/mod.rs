//! The phrase tables. Each is compiled once; the language of the rows is that of [`super::pattern`].

mod emergency;
mod matters;
mod requests;
mod sharing;
mod undoing;
mod yes_no;

pub(super) use self::{emergency::*, matters::*, requests::*, sharing::*, undoing::*, yes_no::*};

/// Declares a table.
macro_rules! table {
    ($(#[$doc:meta])* $name:ident, $title:literal, [$($row:literal),* $(,)?]) => {
        $(#[$doc])*
        pub(in crate::understand) static $name: crate::understand::pattern::Table =
            crate::understand::pattern::Table::new($title, &[$($row),*]);
    };
}
use table;

/// Every table. One that is missing here stops at its first use.
pub(super) static ALL: &[&crate::understand::pattern::Table] = &[
    &AFFIRM,
    &OKAY,
    &NOTICE_AFFIRM,
    &TRUTH,
    &POINTS,
    &HARMLESS,
    &TAIL,
    &GRANT,
    &WEAK,
    &DENY,
    &DENY_WHOLE,
    &IDIOM,
    &YES_CUE,
    &NO_CUE,
    &REVOKE,
    &COMMAND,
    &POINTED,
    &CLAUSE,
    &FORBID,
    &IN_SYSTEM,
    &REFERRING,
    &ASKED,
    &NEGATIVE_SHARING,
    &NEGATED,
    &QUOTED,
    &HYPOTHETICAL,
    &PAYS_SELF,
    &RESTRICTION,
    &PERSONAL_TARGET,
    &EMERGENCY,
    &EMERGENCY_PAST,
    &PAST,
    &NOT_NOW,
    &LANGUAGE,
    &SAFE,
    &NO_RECORDING,
    &ACCOUNTING,
    &ACCESS,
    &CORRECTION,
    &DELETION,
    &THIRD_PARTY,
    &MINOR,
    &HUMAN,
    &REPEAT,
    &WAIT,
    &STOP,
    &SKIP,
    &GOODBYE,
    &QUESTION,
    &NO_QUESTION,
    &TELLS_SUD,
    &DANGLING,
    &ONLY,
    &EXCEPT,
    &NOT_THIS,
    &TURNED,
    &THREAT,
    &ABUSE,
    &CAPACITY,
    &CAPACITY_NOT,
    &LEGAL,
    &LEGAL_OWN,
    &REPRESENTATIVE,
    &COMPANY,
    &INQUIRY,
    &COMPLAINT,
    &FULL_TEXT,
    &SPECIAL,
    &EVERYBODY_TREATING,
];

#[cfg(test)]
mod tests {
    use super::{super::normalise::words, *};

    /// A row with a word that no caller's text can become would never match.
    #[test]
    fn every_word_of_every_table_is_as_normalisation_leaves_it() {
        let mut unheard = Vec::new();
        for (row, word) in ALL.iter().flat_map(|table| table.vocabulary()) {
            // After another word: "well" at a beginning only hesitates.
            let read = &words(&format!("zebra {word}"))[1..];
            let sign = matches!(word, "@" | "$" | "^" | "~" | "..");
            let same = sign || read.len() == 1 && read[0].text == word;
            if !same {
                unheard.push(format!("`{word}` in the row `{row}`"));
            }
        }
        assert!(unheard.is_empty(), "never heard: {}", unheard.join(", "));
    }
}

//! What callers call the recipients.

use super::Scope;
use super::{
    normalise::{self, Stop, Word},
    pattern::word_id,
};
use crate::program::{Program, Recipient, RecipientId};
use std::{borrow::Cow, collections::BTreeMap, sync::LazyLock};

/// At most this many recipients can be named: one bit each.
const RECIPIENTS_MAX: usize = 64;

/// What everybody calls a recipient of this name, whether or not its program lists it. A missed name would
/// widen a revocation to everybody, which is safe, and lose "not my insurance", which is not.
const COMMON: &[(&str, &[&str])] = &[
    (
        "payor",
        &[
            "insurance",
            "insurance company",
            "insurance plan",
            "insurer",
            "insurers",
            "health insurance",
            "health plan",
            "my plan",
            "the plan",
            "that plan",
            "the insurance folks",
            "your plan",
            "payor",
            "payer",
            "carrier",
            "insurance carrier",
            "insurance provider",
            "health insurance company",
            "coverage",
            "aetna",
            "cigna",
            "anthem",
            "humana",
            "kaiser",
            "kaiser permanente",
            "united healthcare",
            "united health care",
            "blue cross",
            "blue cross blue shield",
            "blue shield",
            "bcbs",
            "medicaid",
            "medicare",
            "tricare",
            "molina",
            "centene",
            "medi cal",
            "ambetter",
            "optum",
            "seguro",
            "aseguradora",
            "seguro medico",
            "compania de seguros",
            "plan de salud",
            "plan medico",
        ],
    ),
    (
        "referral_source",
        &[
            "referral source",
            "referral",
            "referrer",
            "referring doctor",
            "er",
            "doctor",
            "whoever sent me here",
            "whoever referred me here",
            "who sent me here",
            "counselor",
            "referring provider",
            "referring person",
            "referring clinic",
            "referral people",
            "whoever referred me",
            "who referred me",
            "whoever sent me",
            "person who referred me",
            "person who sent me",
            "people who referred me",
            "people who sent me",
            "doctor who referred me",
            "doctor who sent me",
            "one who referred me",
            "one who sent me",
            "place that referred me",
            "place that sent me",
            "clinic that referred me",
            "place who referred me",
            "quien me refirio",
            "fuente de referencia",
            "persona que me refirio",
            "medico que me refirio",
        ],
    ),
    (
        "crm",
        &[
            "crm",
            "records system",
            "record system",
            "your system",
            "your database",
            "follow up system",
            "follow up list",
            "follow up database",
            "tracking system",
            "that system",
            "database",
            "contact system",
            "computer system",
            "customer system",
            "your computer",
            "crm system",
            "sistema de registros",
            "base de datos",
        ],
    ),
];

/// Words before a name that belong to it.
const BEFORE: &[&str] = &[
    "my", "the", "that", "our", "some", "your", "an", "this", "mi", "el", "la", "su", "tu", "old", "own",
    "whole", "entire",
];
/// Words after a name that belong to it.
const AFTER: &[&str] = &[
    "thing",
    "stuff",
    "people",
    "company",
    "companies",
    "guys",
    "folks",
    "provider",
    "carrier",
    "plan",
    "part",
    "one",
    "system",
    "person",
    "office",
    "question",
    "questions",
];
/// Words after a name that make it something else: "my insurance card".
const NOT_BEFORE: &[&str] = &[
    "card",
    "cards",
    "number",
    "id",
    "information",
    "member",
    "policy",
    "deductible",
    "details",
    "premium",
    "claim",
    "paperwork",
    "lapsed",
    "expired",
    "copay",
    "b",
];

/// `said` with every name of a recipient of `program` as one word `@` that carries the recipients' bits.
pub(super) fn named<'a>(said: &'a [Word], program: &Program) -> Cow<'a, [Word]> {
    let names = Names::of(program);
    // Most words name nobody.
    if (0..said.len()).all(|at| names.longest(&said[at..]).is_none()) {
        return Cow::Borrowed(said);
    }
    let mut named: Vec<Word> = Vec::with_capacity(said.len());
    let mut at = 0;
    while at < said.len() {
        let Some((length, bits)) = names.longest(&said[at..]) else {
            named.push(said[at].clone());
            at += 1;
            continue;
        };
        let mut end = at + length;
        if said.get(end).is_some_and(|w| NOT_BEFORE.contains(&w.text.as_str())) {
            named.extend_from_slice(&said[at..=end]);
            at = end + 1;
            continue;
        }
        while end < said.len() && !said[end - 1].ends_sentence() && AFTER.contains(&said[end].text.as_str()) {
            end += 1;
        }
        while named
            .last()
            .is_some_and(|w| w.names == 0 && !w.ends_sentence() && BEFORE.contains(&w.text.as_str()))
        {
            named.pop();
        }
        named.push(Word { text: "@".into(), stop: said[end - 1].stop, names: bits, id: word_id("@") });
        at = end;
    }
    Cow::Owned(joined(named))
}

/// "Neither my doctor nor my insurance" names both at once.
fn joined(named: Vec<Word>) -> Vec<Word> {
    let mut all: Vec<Word> = Vec::with_capacity(named.len());
    let mut rest = named.into_iter().peekable();
    while let Some(word) = rest.next() {
        let joins = all.last().is_some_and(|before| before.names != 0 && before.stop != Stop::Sentence)
            && matches!(word.text.as_str(), "and" | "or" | "nor" | "plus")
            && rest.peek().is_some_and(|next| next.names != 0);
        if !joins {
            all.push(word);
            continue;
        }
        let (Some(second), Some(first)) = (rest.next(), all.last_mut()) else { break };
        first.names |= second.names;
        first.stop = second.stop;
    }
    all
}

/// By a first word: the words of each name, and its place in [`COMMON`].
type CommonNames = BTreeMap<&'static str, Vec<(usize, Vec<&'static str>)>>;

/// The names of [`COMMON`] by their first word, each with its words and its place there. They are written as words are
/// read: another name than that would have to be looked for as [`begins_with`] does.
static COMMON_NAMES: LazyLock<CommonNames> = LazyLock::new(|| {
    let mut names = CommonNames::new();
    for (place, (_, all)) in COMMON.iter().enumerate() {
        for name in *all {
            let words: Vec<&str> = name.split(' ').collect();
            names.entry(words[0]).or_default().push((place, words));
        }
    }
    names
});

struct Names<'a> {
    recipients: Vec<Called<'a>>,
}

/// A recipient, and what it is called.
struct Called<'a> {
    bit: u64,
    /// Its place in [`COMMON`].
    common: Option<usize>,
    /// What its program calls it.
    own: Vec<&'a str>,
}

impl<'a> Names<'a> {
    fn of(program: &'a Program) -> Self {
        let recipients = program.recipients.iter().take(RECIPIENTS_MAX);
        let called = |(index, recipient): (usize, &'a Recipient)| Called {
            bit: 1 << index,
            common: COMMON.iter().position(|(id, _)| *id == recipient.id.as_str()),
            own: own_names(recipient).collect(),
        };
        Names { recipients: recipients.enumerate().map(called).collect() }
    }

    /// How many of the first `words` are the longest name, and whose.
    fn longest(&self, words: &[Word]) -> Option<(usize, u64)> {
        let mut common = [0; COMMON.len()];
        for (place, name) in COMMON_NAMES.get(words.first()?.text.as_str()).into_iter().flatten() {
            let same = name.len() <= words.len() && name.iter().zip(words).all(|(a, b)| *a == b.text);
            if same {
                common[*place] = name.len().max(common[*place]);
            }
        }
        let mut best: Option<(usize, u64)> = None;
        for &Called { bit, common: place, ref own } in &self.recipients {
            let longest = own.iter().filter_map(|name| begins_with(words, name)).max().unwrap_or(0);
            let length = longest.max(place.map_or(0, |place| common[place]));
            best = match best {
                _ if length == 0 => best,
                Some((longest, bits)) if longest == length => Some((longest, bits | bit)),
                Some((longest, _)) if longest > length => best,
                _ => Some((length, bit)),
            };
        }
        best
    }
}

fn own_names(recipient: &Recipient) -> impl Iterator<Item = &str> {
    let shown = [Some(&recipient.name.en), recipient.name.es.as_ref()].into_iter().flatten();
    let shown = shown.map(|name| match name.split_once(' ') {
        Some((first, rest)) if BEFORE.contains(&first.to_ascii_lowercase().as_str()) => rest,
        _ => name.as_str(),
    });
    let aliases = recipient.aliases.iter().map(String::as_str);
    aliases.chain(shown)
}

/// How many of the first `words` are `phrase`, written without punctuation.
pub(super) fn begins_with(words: &[Word], phrase: &str) -> Option<usize> {
    let first = words.first()?.text.as_bytes();
    let bytes = phrase.as_bytes();
    if !bytes.first()?.is_ascii_lowercase() {
        // An accent, a capital or a digit: it becomes another word.
        return expanded(words, phrase);
    }
    // Nearly every phrase is refused here: by its first letter, or by its first word.
    if first.first().is_some_and(|letter| *letter != bytes[0]) {
        return None;
    }
    if !bytes.starts_with(first) {
        return None;
    }
    if bytes.get(first.len()).is_some_and(|&b| b != b' ') {
        // "whats part two" for "what is part two".
        let whole = phrase.split(' ').next().and_then(normalise::whole_form);
        return whole.and_then(|_| expanded(words, phrase));
    }
    let mut length = 0;
    for part in phrase.split_ascii_whitespace() {
        if words.get(length).is_none_or(|w| w.text != part) {
            // All before it were the same, so only this word can still become another.
            let changes =
                !part.bytes().all(|b| b.is_ascii_lowercase()) || normalise::whole_form(part).is_some();
            return if changes { expanded(words, phrase) } else { None };
        }
        length += 1;
    }
    Some(length)
}

/// Phrases are written without punctuation ("whats part 2"): the same expansion as for what was said.
fn expanded(words: &[Word], phrase: &str) -> Option<usize> {
    let wanted = normalise::words(phrase);
    // "the er" loses its hesitation; what is left of such a phrase is no name.
    if wanted.len() < phrase.split_whitespace().count() {
        return None;
    }
    let same = wanted.len() <= words.len() && wanted.iter().zip(words).all(|(a, b)| a.text == b.text);
    (same && !wanted.is_empty()).then_some(wanted.len())
}

/// The bit of recipient `id`.
pub(super) fn bit(program: &Program, id: &RecipientId) -> u64 {
    program.recipients.iter().take(RECIPIENTS_MAX).position(|r| r.id == *id).map_or(0, |index| 1 << index)
}

/// The bits of all recipients.
pub(super) fn everybody(program: &Program) -> u64 {
    program.recipients.iter().take(RECIPIENTS_MAX).enumerate().fold(0, |bits, (index, _)| bits | (1 << index))
}

/// The scope of `bits`; none are all.
pub(super) fn scope(program: &Program, bits: u64) -> Scope {
    let ids = program.recipients.iter().take(RECIPIENTS_MAX).enumerate();
    let chosen = ids.filter(|(index, _)| bits & (1 << index) != 0).map(|(_, r)| r.id.clone());
    Scope::of(chosen, program).unwrap_or(Scope::All)
}

/// Whether the caller's words contain `phrase`, written without punctuation.
pub(super) fn contains(said: &[Word], phrase: &str) -> bool {
    (0..said.len()).any(|at| begins_with(&said[at..], phrase).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Compared word by word they are found where [`begins_with`] would find them, and nowhere else.
    #[test]
    fn common_names_are_written_as_words_are_read() {
        for name in COMMON.iter().flat_map(|(_, names)| *names) {
            let read: Vec<String> = normalise::words(name).into_iter().map(|word| word.text).collect();
            assert!(name.split(' ').all(|part| part.bytes().all(|b| b.is_ascii_lowercase())), "{name}");
            // "ER" alone is a hesitation: never heard as a name, and never found.
            assert!(read.join(" ") == *name || *name == "er", "{name} is read as {read:?}");
        }
    }
}

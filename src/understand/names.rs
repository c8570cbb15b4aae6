//! What callers call the recipients.

use super::Scope;
use super::{
    normalise::{self, Word},
    pattern::word_id,
};
use crate::program::{Program, Recipient, RecipientId};

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
    "my", "the", "that", "our", "your", "an", "this", "mi", "el", "la", "su", "tu", "old", "own", "whole",
    "entire",
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
    "question",
    "questions",
    "paperwork",
    "lapsed",
    "expired",
    "copay",
    "b",
];

/// `said` with every name of a recipient of `program` as one word `@` that carries the recipients' bits.
pub(super) fn named(said: &[Word], program: &Program) -> Vec<Word> {
    let names = Names::of(program);
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
    named
}

struct Names<'a> {
    recipients: Vec<(u64, &'a Recipient)>,
}

impl<'a> Names<'a> {
    fn of(program: &'a Program) -> Self {
        let recipients = program.recipients.iter().take(RECIPIENTS_MAX);
        Names { recipients: recipients.enumerate().map(|(index, r)| (1 << index, r)).collect() }
    }

    /// How many of the first `words` are the longest name, and whose.
    fn longest(&self, words: &[Word]) -> Option<(usize, u64)> {
        let mut best: Option<(usize, u64)> = None;
        for &(bit, recipient) in &self.recipients {
            let length = lengths(recipient, words).max().unwrap_or(0);
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

fn lengths<'a>(recipient: &'a Recipient, words: &'a [Word]) -> impl Iterator<Item = usize> + 'a {
    let common =
        COMMON.iter().filter(|(id, _)| *id == recipient.id.as_str()).flat_map(|(_, names)| names.iter());
    let shown = [Some(&recipient.name.en), recipient.name.es.as_ref()].into_iter().flatten();
    let shown = shown.map(|name| match name.split_once(' ') {
        Some((first, rest)) if BEFORE.contains(&first.to_ascii_lowercase().as_str()) => rest,
        _ => name.as_str(),
    });
    let aliases = recipient.aliases.iter().map(String::as_str);
    common.copied().chain(aliases).chain(shown).filter_map(|name| begins_with(words, name))
}

/// How many of the first `words` are `phrase`, written without punctuation.
pub(super) fn begins_with(words: &[Word], phrase: &str) -> Option<usize> {
    let first = words.first()?.text.as_bytes();
    let bytes = phrase.as_bytes();
    if !bytes.first()?.is_ascii_lowercase() {
        // An accent, a capital or a digit: it becomes another word.
        return expanded(words, phrase);
    }
    // Nearly every phrase is refused here.
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

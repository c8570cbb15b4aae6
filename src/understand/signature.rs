//! A signature said aloud: a full name and "I agree", 42 CFR 2.31(a)(8).

use super::{Signature, normalise, same_name::sounds_same};

const NAME_WORDS_MAX: usize = 6;

/// Said before a name.
const LEADS: &str = "my full name is|my full legal name is|my legal name is|my name is|my names|my name's|\
    the name is|the name's|name is|full name|my name|this is|i am|i'm|im|it's|it is|its|that's|\
    me llamo|mi nombre es|mi nombre completo es|soy|yo|yes|yeah|okay|ok|sure|alright|hi|hello|um|\
    uh|er|well|so|and|y|si|sí|i|claro|fine|signed|it is me|by";
/// Said after "I agree", and no part of a name.
const TAILS: &str = "and sign it|and i sign it|and sign|and i sign|and consent|and i consent|to this|to that|to it|\
    with this|with that|with it|to all of that|to everything|to all of it|to these terms|\
    to the terms|to sign|to share it|to share that|to share this|thank you|thanks|please|yes|yeah|\
    okay|sir|maam|now|gracias|y firmo|con esto|con eso|con todo|signed|and that's my signature|and|\
    y|uh|um|por favor|so|too|as well|completely|fully|on this|sign";
/// "I agree".
const ASSENTS: &str = "i do agree|i fully agree|i hereby agree|i agree|i agreed|i consent|i do consent|i accept|\
    i do accept|i sign|we agree|agree|agrees|agreed|estoy de acuerdo|si acepto|sí acepto|acepto|\
    firmo|yo acepto|consiento|lo acepto|de acuerdo";
/// Words that are in no name said here.
const NO_NAME: &str = "yes yeah yep no nope not never okay ok sure fine maybe guess what why who how where when which \
    the a an to with if but or my your his her their you he she they it we me us this that these \
    those is are was be have has do does did don't won't can't can could would should want wants \
    need say said tell told share send stop wait agree disagree consent sign signed refuse decline \
    nothing nobody everything something anything insurance doctor hello hi bye goodbye help please \
    thanks thank repeat again huh hmm mm uh um mhm whatever know sorry pardon operator agent person \
    human representative skip next pass for of from in on at about because and so just really think \
    suppose right correct good great alright i i'm i'd i'll it's like name question back take \
    revoke cancel noise gracias claro bueno que por porque quiero puede nada nunca acuerdo estoy \
    acepto otra vez cómo como spanish english emergency ambulance one two three four five moment \
    second minute hold talk speak somebody someone sir maam";
/// Small words inside of a name.
const PARTICLES: &[&str] =
    &["de", "la", "las", "los", "del", "van", "von", "der", "den", "da", "dos", "di", "y", "bin", "al", "e"];

/// The halves of a signature in `text`; `against` where a word in it turns it round.
pub(super) fn read(text: &str, against: bool) -> Signature {
    let mut words = spoken(text);
    let assent = take_assent(&mut words);
    let name = name(&words);
    // Words beside the two halves may be against it: "I agree with my husband".
    let clean = name.is_some() || words.iter().all(|w| w == BREAK || w.is_empty()) || leads_only(&words);
    Signature { name, assent: assent && clean && !against }
}

/// Stands where a half was taken out, or a sentence ended.
const BREAK: &str = "|";

/// The words as said, letters of a spelling apart, sentences parted by a mark.
fn spoken(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    for raw in text.replace(['\u{2019}', '\u{2018}'], "'").split_whitespace() {
        let bare = raw.trim_matches(|c: char| !c.is_alphanumeric());
        let spelled = bare.len() > 1 && bare.split(['-', '.']).all(|part| part.chars().count() <= 1);
        if spelled {
            words.extend(bare.split(['-', '.']).filter(|p| !p.is_empty()).map(str::to_owned));
        } else {
            words.extend(bare.split('.').filter(|part| !part.is_empty()).map(str::to_owned));
        }
        if raw.ends_with([',', '.', ';', '!', '?', ':']) && !(bare.chars().count() == 1 && raw.ends_with('.'))
        {
            words.push(BREAK.into());
        }
    }
    words
}

/// Whether `words` at `at` are `phrase`, accents and case apart; how many words it takes.
fn phrase_at(words: &[String], at: usize, phrase: &str) -> Option<usize> {
    let mut length = 0;
    for part in phrase.split(' ') {
        if normalise::folded(words.get(at + length)?) != normalise::folded(part) {
            return None;
        }
        length += 1;
    }
    Some(length)
}

fn longest_at(words: &[String], at: usize, phrases: &str) -> Option<usize> {
    phrases.split('|').filter_map(|phrase| phrase_at(words, at, phrase)).max()
}

/// Takes "I agree" and what may follow it out of `words`; whether it was there.
fn take_assent(words: &mut Vec<String>) -> bool {
    let mut found = false;
    while let Some((at, length)) =
        (0..words.len()).find_map(|at| longest_at(words, at, ASSENTS).map(|length| (at, length)))
    {
        // "Agree" alone only after a name: "I, Jane Doe, agree", "Jane Doe agree".
        if length == 1 && at == 0 && !normalise::folded(&words[at]).ends_with('o') {
            return false;
        }
        found = true;
        let mut end = at + length;
        while let Some(tail) = longest_at(words, end, TAILS).or_else(|| {
            longest_at(words, end + 1, TAILS).filter(|_| words[end] == BREAK).map(|tail| tail + 1)
        }) {
            end += tail;
        }
        words.splice(at..end, [BREAK.to_owned()]);
    }
    found
}

fn leads_only(words: &[String]) -> bool {
    without_lead(words).is_empty()
}

/// `words` without what callers say before a name.
fn without_lead(mut words: &[String]) -> &[String] {
    loop {
        let break_first = usize::from(words.first().is_some_and(|w| w == BREAK));
        match break_first.max(longest_at(words, 0, LEADS).unwrap_or(0)) {
            0 => return words,
            used => words = &words[used..],
        }
    }
}

/// The name that is left, where what is left is a name and nothing else.
fn name(words: &[String]) -> Option<String> {
    let mut rest = without_lead(words);
    while rest.last().is_some_and(|w| w == BREAK || longest_at(std::slice::from_ref(w), 0, TAILS).is_some()) {
        rest = &rest[..rest.len() - 1];
    }
    // A second part after the name may lead in again: "Jane Doe. My name is Jane Doe."
    let parts: Vec<String> =
        rest.split(|w| w == BREAK).flat_map(|part| without_lead(part).to_vec()).collect();
    let mut said: Vec<String> = Vec::new();
    for word in joined_letters(&parts) {
        if !said.iter().any(|known| normalise::folded(known) == normalise::folded(&word)) {
            said.push(word);
        }
    }
    let fits = (1..=NAME_WORDS_MAX).contains(&said.len())
        && said.iter().all(|w| is_name_word(w))
        && !PARTICLES.contains(&normalise::folded(said.last()?).as_str());
    fits.then(|| {
        let words = said.iter().enumerate().map(|(at, word)| capitalised(word, at == 0));
        words.collect::<Vec<_>>().join(" ")
    })
}

fn is_name_word(word: &str) -> bool {
    let plain = normalise::folded(word);
    word.chars().all(|c| c.is_alphabetic() || matches!(c, '\'' | '-'))
        && word.chars().any(char::is_alphabetic)
        && !NO_NAME.split(' ').any(|other| other == plain)
}

/// "D O E" is one word where it spells the one before or stands alone; a letter between words is an initial.
fn joined_letters(words: &[String]) -> Vec<String> {
    let mut joined: Vec<String> = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let run = words[at..].iter().take_while(|w| w.chars().count() == 1).count();
        if run >= 2 {
            let spelled = normalise::folded(&words[at..at + run].concat());
            // "Dough, D O E": the spelling corrects the word before it.
            if joined.last().is_some_and(|before| sounds_same(&normalise::folded(before), &spelled)) {
                joined.pop();
            }
            joined.push(spelled);
        } else {
            joined.push(words[at].clone());
        }
        at += run.max(1);
    }
    joined
}

fn capitalised(word: &str, first: bool) -> String {
    let lower = word.to_lowercase();
    if !first && PARTICLES.contains(&normalise::folded(&lower).as_str()) {
        return lower;
    }
    // "McDonald" was written with care; "DOE" and "doe" were not.
    let mixed = word.chars().skip(1).any(char::is_uppercase) && word.chars().any(char::is_lowercase);
    if mixed && word.chars().next().is_some_and(char::is_uppercase) {
        return word.to_owned();
    }
    let mut next = true;
    let letter = |c: char| {
        let begins = std::mem::replace(&mut next, matches!(c, '\'' | '-'));
        if begins { c.to_uppercase().collect::<String>() } else { c.to_string() }
    };
    lower.chars().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_halves_of_a_signature_are_found() {
        let cases: &[(&str, Option<&str>, bool)] = &[
            ("Jane Doe. I agree.", Some("Jane Doe"), true),
            ("Jane Doe, I agree", Some("Jane Doe"), true),
            ("My name is Jane Doe and I agree", Some("Jane Doe"), true),
            ("I, Jane Doe, agree", Some("Jane Doe"), true),
            ("jane doe i agree", Some("Jane Doe"), true),
            ("I agree, Jane Doe.", Some("Jane Doe"), true),
            ("Yes. Jane Doe. I agree and sign.", Some("Jane Doe"), true),
            ("Um, Jane D. Doe, yes I agree to this, thank you", Some("Jane D Doe"), true),
            ("Conor O\u{2019}Brien I agree", Some("Conor O'Brien"), true),
            ("maria smith-jones I agree", Some("Maria Smith-Jones"), true),
            ("María de la Cruz, estoy de acuerdo", Some("María de la Cruz"), true),
            ("me llamo José Núñez y acepto", Some("José Núñez"), true),
            ("Jane Doe, D O E, I agree", Some("Jane Doe"), true),
            ("Jane Dough, D-O-E, I agree", Some("Jane Doe"), true),
            ("JANE DOE I AGREE", Some("Jane Doe"), true),
            ("I agree", None, true),
            ("yes I agree", None, true),
            ("Jane Doe", Some("Jane Doe"), false),
            ("yes", None, false),
            ("I agree with my husband", None, false),
            ("uh huh", None, false),
            ("what do I have to say", None, false),
            ("", None, false),
        ];
        for (text, name, assent) in cases {
            let read = read(text, false);
            assert_eq!((read.name.as_deref(), read.assent), (*name, *assent), "{text}");
        }
    }
}

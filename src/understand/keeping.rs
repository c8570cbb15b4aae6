//! A clause in general: not wanting or forbidding, somebody who would learn something, and what they would do
//! with it, whatever words stand between. The tables of [`super::phrases`] know constructions; this knows parts.

use super::{
    classes,
    leaning::fond,
    normalise::{Stop, Word},
    pattern::{Found, Table},
    phrases,
    undoing::commanded,
};

/// How far the parts of one clause may be from each other.
const REACH_WORDS_MAX: usize = 10;

/// The words that keep something from a recipient or from everybody.
pub(super) fn keeping(words: &[Word]) -> Option<Found> {
    phrases::ALTOGETHER
        .all(words)
        .find(|found| !told_of_others(words, found.start))
        .or_else(|| unwilling(words))
        .or_else(|| prohibited(words))
        .or_else(|| refused(words))
        .or_else(|| undone(words))
}

fn unwilling(words: &[Word]) -> Option<Found> {
    phrases::UNWILLING.all(words).find_map(|found| {
        let rest = tail(words, found.end);
        let idle = told_of_others(words, found.start)
            || own_doing(words, &found, rest)
            || asked(words, found.start)
            || unminded(words, &found);
        (!idle && learns(words, &found, rest)).then(|| reaching(words, found, rest))
    })
}

fn prohibited(words: &[Word]) -> Option<Found> {
    phrases::PROHIBIT.all(words).find_map(|found| {
        let rest = tail(words, found.end);
        let subject = found.start.checked_sub(1).map(|at| &words[at]).filter(|w| w.stop == Stop::None);
        let told = subject.is_some_and(|w| {
            matches!(
                w.text.as_str(),
                "i" | "we"
                    | "who"
                    | "people"
                    | "have"
                    | "had"
                    | "did"
                    | "would"
                    | "to"
                    | "am"
                    | "is"
                    | "was"
                    | "not"
                    | "said"
                    | "told"
                    | "can"
                    | "could"
            ) || classes::is("someone_else", &w.text)
                || classes::is("kin", &w.text)
        });
        // "They never sent them", "don't make me go".
        let told = told || subject.is_some_and(|w| w.names != 0) && words[found.start].text == "never";
        let forces = rest.windows(2).take(2).any(|w| w[0].text == "make" && w[1].text == "me");
        let begins = !forces && (found.start == 0 || !told);
        (begins && !fond(words, &found) && !asked(words, found.start) && learns(words, &found, rest))
            .then(|| reaching(words, found, rest))
    })
}

fn refused(words: &[Word]) -> Option<Found> {
    phrases::REFUSED.all(words).find_map(|found| {
        let rest = tail(words, found.end);
        let from = if words[found.end - 1].names == 0 { found.end - 1 } else { found.end };
        let acts = words[from..found.end].iter().chain(rest).take(6).any(receives);
        let span = &words[found.start..found.end];
        // "My doctor doesn't know": so it is, and nobody is asked to keep it so.
        let last = span.last().map(|w| w.text.as_str()).unwrap_or_default();
        let states = matches!(last, "not" | "never" | "even" | "really" | "actually" | "ever")
            && span.iter().any(|w| matches!(w.text.as_str(), "do" | "does"));
        // "My doctor won't give me more": the doctor would be who gives.
        let modal = span.iter().any(|w| matches!(w.text.as_str(), "will" | "would" | "could" | "can"));
        let gives = modal && last != "be" && rest.first().is_some_and(|w| classes::is("share", &w.text));
        let somebody = span.iter().chain(rest).any(|w| w.names != 0)
            || everybody(span.first()?)
            || matches!(span[0].text.as_str(), "no" | "none" | "nothing");
        let idle = states
            || gives
            || about_care(rest)
            || quoted_subject(words, found.start)
            || asked(words, found.start);
        let alone = matches!(
            last,
            "welcome"
                | "out"
                | "forbidden"
                | "barred"
                | "banned"
                | "blocked"
                | "uninvited"
                | "excluded"
                | "removed"
                | "revoked"
                | "involved"
                | "included"
        );
        (!idle && somebody && (acts || alone)).then(|| reaching(words, found, rest))
    })
}

/// A verb of undoing asked for, and a recipient or an agreement among what it is done to.
fn undone(words: &[Word]) -> Option<Found> {
    fn row(words: &[Word], table: &Table, at: usize) -> Option<Found> {
        table.at(words, at)
    }
    (0..words.len()).find_map(|at| {
        let found = row(words, &phrases::UNDOING_VERB, at)?;
        let asks =
            at > 1 && words[at - 1].text == "you" && matches!(words[at - 2].text.as_str(), "do" | "did");
        if asks || !commanded(words, at) || told_of_others(words, at) || asked(words, at) {
            return None;
        }
        let rest = tail(words, found.end);
        let until = rest.iter().take(7).position(|w| w.names != 0 || classes::is("consents", &w.text))?;
        let between = &rest[..until];
        let plain = between.iter().all(|w| {
            classes::is("det", &w.text)
                || classes::is("between", &w.text)
                || classes::is("thing", &w.text)
                || classes::is("deal", &w.text)
                || classes::is("consents", &w.text)
                || receives(w)
        });
        let elsewhere = about_care(rest)
            || rest.iter().take(until + 2).any(|w| {
                classes::is("unshared", &w.text)
                    || classes::is("drug", &w.text)
                    || classes::is("kin", &w.text)
            });
        (plain && !elsewhere).then(|| reaching(words, found, &rest[..=until]))
    })
}

/// What follows within the clause.
fn tail(words: &[Word], from: usize) -> &[Word] {
    if from > 0 && words[from - 1].ends_sentence() {
        return &[];
    }
    let rest = &words[from..];
    let end = rest
        .iter()
        .take(REACH_WORDS_MAX)
        .enumerate()
        .find_map(|(at, w)| {
            if matches!(
                w.text.as_str(),
                "but" | "because" | "however" | "though" | "although" | "unless" | "until"
            ) {
                return Some(at);
            }
            w.ends_sentence().then_some(at + 1)
        })
        .unwrap_or(rest.len().min(REACH_WORDS_MAX));
    &rest[..end]
}

fn reaching(words: &[Word], found: Found, rest: &[Word]) -> Found {
    let end = (found.end + rest.len()).min(words.len()).max(found.end);
    // What follows is searched for doubts, so the match ends where its clause has said what it says.
    let near =
        rest.iter().rposition(|w| w.names != 0 || receives(w)).map_or(found.end, |at| found.end + at + 1);
    found.until(near.min(end))
}

/// Whether somebody would learn something in what follows.
fn learns(words: &[Word], found: &Found, rest: &[Word]) -> bool {
    let span = &words[found.start..found.end];
    let named = span.iter().chain(rest).any(|w| w.names != 0 || everybody(w));
    let earlier = words[..found.start].iter().any(|w| w.names != 0);
    let points =
        rest.iter().any(|w| matches!(w.text.as_str(), "him" | "her" | "them" | "they" | "he" | "she"));
    let acts = rest.iter().any(receives)
        || span
            .iter()
            .skip(1)
            .any(|w| receives(w) && !matches!(w.text.as_str(), "have" | "see" | "let" | "hold" | "use"));
    (named || earlier && points) && acts && !about_care(rest)
}

fn everybody(word: &Word) -> bool {
    matches!(
        word.text.as_str(),
        "anyone" | "anybody" | "everyone" | "everybody" | "nobody" | "whoever" | "outsiders" | "outside"
    )
}

/// A word of learning, passing on or taking part.
pub(super) fn receives(word: &Word) -> bool {
    ["share", "sharing", "shared", "get", "getting", "party"]
        .iter()
        .any(|class| classes::is(class, &word.text))
}

/// What insurers and doctors do besides learning something.
fn about_care(rest: &[Word]) -> bool {
    rest.iter().any(|w| classes::is("care", &w.text))
        || rest
            .windows(2)
            .any(|w| classes::is("get", &w[0].text) && matches!(w[1].text.as_str(), "me" | "us" | "patients"))
}

/// "He doesn't want my doctor to know": somebody else's wish.
fn told_of_others(words: &[Word], at: usize) -> bool {
    let subject = words[..at].iter().rposition(|w| !classes::is("aux", &w.text) && w.text != "not");
    let Some(subject) = subject else { return false };
    let word = &words[subject];
    word.stop == Stop::None
        && (classes::is("someone_else", &word.text)
            || classes::is("kin", &word.text)
            || word.names != 0 && subject + 1 < at)
        && words[subject..at].iter().all(|w| w.stop == Stop::None)
}

fn quoted_subject(words: &[Word], at: usize) -> bool {
    at > 1
        && matches!(words[at - 1].text.as_str(), "that" | "said" | "says" | "because")
        && words[..at - 1].iter().any(|w| matches!(w.text.as_str(), "said" | "says" | "told"))
}

/// "I don't want to call my doctor", "I don't think my doctor knows": what the caller does or supposes.
fn own_doing(words: &[Word], found: &Found, rest: &[Word]) -> bool {
    let last = words[found.end - 1].text.as_str();
    let verb = match rest {
        [to, verb, ..] if to.text == "to" => Some(verb),
        [verb, ..] if last == "to" => Some(verb),
        // "I'd rather not see my doctor".
        [verb, ..] if last == "not" && words[found.start..found.end].iter().all(|w| w.names == 0) => {
            matches!(words[found.start].text.as_str(), "rather" | "prefer").then_some(verb)
        }
        _ => None,
    };
    let ours = verb.is_some_and(|w| {
        !matches!(
            w.text.as_str(),
            "share"
                | "have"
                | "let"
                | "give"
                | "involve"
                | "include"
                | "bring"
                | "allow"
                | "authorize"
                | "keep"
                | "continue"
                | "release"
                | "disclose"
                | "send"
                | "risk"
                | "be"
                | "loop"
                | "@"
        )
    });
    let thinks = matches!(last, "think" | "feel" | "believe" | "see" | "expect" | "anticipate" | "having")
        && !rest.iter().any(|w| {
            matches!(
                w.text.as_str(),
                "should"
                    | "needs"
                    | "need"
                    | "ought"
                    | "has"
                    | "want"
                    | "like"
                    | "okay"
                    | "right"
                    | "comfortable"
                    | "good"
                    | "wise"
                    | "best"
            ) || last == "having" && receives(w)
        });
    let before = found.start.checked_sub(1).map(|at| words[at].text.as_str()).unwrap_or_default();
    let past = matches!(before, "did" | "had" | "was") && !rest.iter().any(|w| w.text == "you");
    ours || thinks || past
}

/// "I don't mind", "I don't hate": a negation before a word that is one itself.
fn unminded(words: &[Word], found: &Found) -> bool {
    let inherent = !words[found.start..found.end]
        .iter()
        .any(|w| matches!(w.text.as_str(), "not" | "no" | "never" | "less"));
    inherent
        && words[found.start.saturating_sub(3)..found.start]
            .iter()
            .any(|w| matches!(w.text.as_str(), "not" | "never" | "no"))
}

/// "Does my doctor see this", "do I need to tell my insurance": nothing but a question.
pub(super) fn asked(words: &[Word], at: usize) -> bool {
    let start = words[..at].iter().rposition(Word::ends_sentence).map_or(0, |before| before + 1);
    let opens = words[start..].iter().find(|w| {
        !matches!(w.text.as_str(), "so" | "and" | "but" | "okay" | "yeah" | "yes" | "no" | "hey" | "wait")
    });
    let forms = opens.is_some_and(|w| {
        classes::is("wh", &w.text)
            || matches!(
                w.text.as_str(),
                "do" | "does" | "did" | "is" | "are" | "will" | "would" | "has" | "have" | "am"
            ) && !words[start..].iter().take(3).any(|w| w.text == "not")
    });
    // "Is there any way you could", "what I said": no question.
    let way = words[start..].iter().take(5).any(|w| matches!(w.text.as_str(), "way" | "chance"));
    let what = words[start..]
        .windows(2)
        .take(3)
        .any(|w| matches!(w[0].text.as_str(), "what" | "whatever" | "whoever") && w[1].text == "i");
    let polite = way
        || what
        || opens
            .is_some_and(|w| matches!(w.text.as_str(), "can" | "could" | "will" | "would" | "may" | "how"));
    // "Can my doctor not find out?"
    let of_them = words[start..].windows(2).take(2).any(|w| {
        classes::is("aux", &w[0].text) && w[0].text != "must" && w[0].text != "should" && w[1].names != 0
    });
    forms && !polite || of_them
}

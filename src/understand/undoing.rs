//! Verbs of undoing where they are asked for, and words that point back at a recipient.

use super::{
    classes,
    normalise::{Stop, Word},
    pattern::Found,
    phrases,
    sharing::{is_something_else, speaks_of_self},
};

/// Verbs of undoing where they are asked for, whole clauses, and what points back at a recipient.
pub(super) fn undoing(words: &[Word]) -> Option<Found> {
    let fits = |found: &Found| !is_something_else(words, found) && !of_others(words, found);
    phrases::COMMAND
        .all(words)
        .find(|found| {
            !is_something_else(words, found) && !of_treatment(words, found) && commanded(words, found.start)
        })
        .or_else(|| phrases::CLAUSE.all(words).find(fits))
        .or_else(|| phrases::POINTED.all(words).find(|found| fits(found) && points_at_sharing(words, found)))
}

/// Whether the verb at `at` is something to do now: nothing but politeness before it in its clause.
pub(super) fn commanded(words: &[Word], at: usize) -> bool {
    let before = words[..at].iter().rev();
    let polite = before.take_while(|w| w.stop == Stop::None && classes::is("polite", &w.text)).count();
    let start = at - polite;
    let opens =
        start == 0 || words[start - 1].stop != Stop::None || classes::is("joins", &words[start - 1].text);
    // "I skip the clinic" is a habit; "I cancel my permission" does it.
    let habit = at > 0
        && matches!(words[at - 1].text.as_str(), "i" | "we")
        && words[at - 1].stop == Stop::None
        && !(at > 1 && matches!(words[at - 2].text.as_str(), "can" | "could" | "should" | "may"))
        && !classes::is("core", &words[at].text);
    // "I want to stop talking to my doctor": the caller's own doing.
    let own = words[start..at].windows(2).any(|w| {
        matches!(w[0].text.as_str(), "want" | "need" | "trying" | "like" | "have") && w[1].text == "to"
    }) && matches!(words[at].text.as_str(), "stop" | "quit" | "skip" | "get" | "cut")
        && words[at..].iter().any(|w| w.names != 0)
        && !words[at..].iter().any(|w| classes::is("topic", &w.text) || classes::is("consents", &w.text));
    opens && !habit && !own
}

/// "They keep my insurance out": somebody else does it, or it tells of the caller's treatment.
pub(super) fn of_others(words: &[Word], found: &Found) -> bool {
    let subject = found.start.checked_sub(1).map(|at| &words[at]).filter(|w| w.stop == Stop::None);
    let others = subject.is_some_and(|w| classes::is("someone_else", &w.text) || classes::is("kin", &w.text));
    others && words[found.start].names == 0 || of_treatment(words, found)
}

/// "My doctor can't see me", "they took me off": words of treatment.
pub(super) fn of_treatment(words: &[Word], found: &Found) -> bool {
    let own = words[found.end..].first().filter(|_| !words[found.end - 1].ends_sentence()).is_some_and(|w| {
        matches!(w.text.as_str(), "me" | "us" | "until" | "till" | "drinking" | "using" | "pills")
    });
    let last = &words[found.end - 1].text;
    let names_own =
        matches!(last.as_str(), "me" | "us") && !words[found.start..found.end].iter().any(|w| w.names != 0);
    own || names_own
}

/// "I don't talk to my doctor": what the caller does, not what we may do.
pub(super) fn of_self(words: &[Word], found: &Found) -> bool {
    let begins_plain =
        matches!(words[found.start].text.as_str(), "do" | "not" | "stop" | "keep" | "have" | "better");
    let wants = words[found.start..found.end]
        .iter()
        .any(|w| matches!(w.text.as_str(), "want" | "let" | "comfortable" | "okay" | "cool"));
    begins_plain && !wants && speaks_of_self(words, found.start)
        || found.start > 1
            && matches!(words[found.start - 1].text.as_str(), "do" | "did" | "can" | "could" | "will")
            && speaks_of_self(words, found.start - 1)
            && !wants
}

/// "About my insurance, scratch that": everything before is about sharing, and nothing follows.
fn points_at_sharing(words: &[Word], found: &Found) -> bool {
    let (before, after) = (&words[..found.start], &words[found.end..]);
    let about = before.iter().all(|w| {
        w.names != 0
            || classes::is("about", &w.text)
            || classes::is("polite", &w.text)
            || classes::is("topic", &w.text)
            || classes::is("thing", &w.text)
            || classes::is("deal", &w.text)
    });
    let topic = before.iter().any(|w| w.names != 0 || classes::is("topic", &w.text))
        || before
            .windows(2)
            .any(|w| w[0].text == "yes" && w[1].text == "to" || w[0].text == "said" && w[1].text == "yes");
    let ends = after.iter().all(|w| {
        w.names != 0
            || matches!(
                w.text.as_str(),
                "please"
                    | "now"
                    | "thanks"
                    | "thank"
                    | "you"
                    | "too"
                    | "all"
                    | "back"
                    | "any"
                    | "more"
                    | "it"
                    | "that"
                    | "them"
                    | "so"
            )
    });
    about && topic && ends
}

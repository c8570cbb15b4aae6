//! What is left of a revocation when no construction is known: a recipient, a turning away, and a word about
//! sharing in one breath, where nothing says that it only tells of the caller's life.

use super::{
    classes,
    keeping::{asked, receives},
    normalise::{Stop, Word},
    pattern::Found,
    phrases,
};

/// How far the parts may be from each other.
const NEAR_WORDS_MAX: usize = 9;

/// A turning away that is about sharing, whatever its words.
pub(super) fn leaning(words: &[Word]) -> Option<Found> {
    agreement_regretted(words)
        .or_else(|| kept_away(words))
        .or_else(|| negated(words))
        .or_else(|| points_back(words))
        .or_else(|| wished(words))
}

/// "My insurance ... don't send them that": pronouns stand for the recipient that was named before them.
pub(super) fn resolved(words: &[Word], asked: u64) -> Option<Vec<Word>> {
    let mut names = asked;
    let mut others = false;
    let mut changed = false;
    let mut all = words.to_vec();
    for word in &mut all {
        if word.names != 0 {
            names = word.names;
            others = false;
            continue;
        }
        others |= classes::is("kin", &word.text)
            || classes::is("drug", &word.text)
            || matches!(word.text.as_str(), "meds" | "pills" | "kids" | "people");
        let points = matches!(word.text.as_str(), "him" | "her" | "them" | "they" | "he" | "she");
        if points && names != 0 && !others {
            *word = Word { text: "@".into(), stop: word.stop, names, id: super::pattern::word_id("@") };
            changed = true;
        }
    }
    changed.then_some(all)
}

/// The sentence around `at`, at most [`NEAR_WORDS_MAX`] words either way.
fn near(words: &[Word], found: &Found) -> (usize, usize) {
    let from = words[..found.start].iter().rposition(Word::ends_sentence).map_or(0, |before| before + 1);
    let to = (found.end.max(1) - 1..words.len())
        .find(|&at| words[at].ends_sentence())
        .map_or(words.len(), |at| at + 1);
    (from.max(found.start.saturating_sub(NEAR_WORDS_MAX)), to.min(found.end + NEAR_WORDS_MAX))
}

/// "The thumbs up I gave for my insurance, consider it gone."
fn agreement_regretted(words: &[Word]) -> Option<Found> {
    let agreed = phrases::AGREED.find(words)?;
    phrases::REGRETTED.all(words).find(|found| {
        let apart = found.start >= agreed.end || found.end <= agreed.start;
        let about = words.iter().any(|w| {
            w.names != 0
                || matches!(
                    w.text.as_str(),
                    "all" | "every" | "everything" | "those" | "any" | "both" | "each"
                )
        });
        apart
            && about
            && !asked(words, found.start)
            && !denied(words, found.start)
            && !told(words, found.start)
    })
}

/// "I want Anthem kept well away from this."
fn kept_away(words: &[Word]) -> Option<Found> {
    phrases::AWAY.all(words).find(|found| {
        let (from, to) = near(words, found);
        let before = &words[from..found.start];
        let named = before.iter().any(|w| w.names != 0)
            || words[found.start..to].iter().take(found.end - found.start + 4).any(|w| w.names != 0);
        let wish = before.iter().rposition(|w| classes::is("wish", &w.text));
        let own = wish.is_some_and(|at| {
            words.get(from + at + 1).is_some_and(|w| w.text == "to")
                && words.get(from + at + 2).is_some_and(|w| {
                    !matches!(
                        w.text.as_str(),
                        "have"
                            | "keep"
                            | "leave"
                            | "handle"
                            | "see"
                            | "make"
                            | "cut"
                            | "take"
                            | "do"
                            | "proceed"
                            | "continue"
                    )
                })
        });
        // "Can I get there without my doctor's note?"
        let own = own
            || before.windows(2).any(|w| {
                matches!(w[0].text.as_str(), "can" | "could" | "should" | "must") && w[1].text == "i"
            });
        let leaves = before.last().is_some_and(|w| {
            matches!(w.text.as_str(), "get" | "go" | "got" | "be" | "getting" | "am" | "went")
        });
        let care =
            words[from..to].iter().any(|w| classes::is("care", &w.text) || classes::is("drug", &w.text));
        let subject = before.first().is_some_and(|w| classes::is("someone_else", &w.text));
        named
            && wish.is_some()
            && !own
            && !leaves
            && !care
            && !subject
            && !denied(words, found.start)
            && !asked_only(words, found.start)
    })
}

/// "Unless you promise that Cigna never sees it."
fn negated(words: &[Word]) -> Option<Found> {
    phrases::NEGATION.all(words).find_map(|found| {
        let (from, to) = near(words, &found);
        let window = &words[from..to];
        let after = &words[found.end..to];
        let about = window.iter().any(|w| w.names != 0)
            || matches!(words[found.start].text.as_str(), "none" | "nothing" | "zero")
                && after.iter().any(|w| {
                    classes::is("shared", &w.text) || matches!(w.text.as_str(), "handed" | "goes" | "leaves")
                })
            || after.iter().any(|w| {
                matches!(w.text.as_str(), "anyone" | "anybody" | "anywhere" | "elsewhere" | "outside")
            });
        let acts = after.iter().chain(&words[found.start..found.end]).take(8).any(receives)
            || after.iter().any(|w| matches!(w.text.as_str(), "permission" | "consent" | "sharing"));
        let care = after
            .iter()
            .any(|w| classes::is("care", &w.text) || matches!(w.text.as_str(), "me" | "us" | "yet"))
            || window.iter().any(|w| classes::is("drug", &w.text));
        let idle = match subject(words, from, found.start) {
            _ if own_doing(words, &found, after) => true,
            Subject::Caller => !after.iter().take(3).any(|w| {
                matches!(
                    w.text.as_str(),
                    "want"
                        | "wish"
                        | "let"
                        | "allow"
                        | "agree"
                        | "consent"
                        | "comfortable"
                        | "okay"
                        | "having"
                )
            }),
            Subject::Others => !window.iter().any(|w| classes::is("assure", &w.text)),
            Subject::None => false,
        };
        let first = &words[found.start].text;
        // "Without" and "no" speak of what follows them at once.
        let speaks_on = first == "no"
            && found.end == found.start + 1
            && after.first().is_none_or(|w| {
                w.names == 0
                    && (!receives(w) || classes::is("share", &w.text) || classes::is("pronoun", &w.text))
            });
        // "Nobody knows about it": so it is.
        let so_it_is = matches!(first.as_str(), "nobody" | "no")
            && after.first().is_some_and(|w| {
                matches!(
                    w.text.as_str(),
                    "knows"
                        | "knew"
                        | "told"
                        | "hears"
                        | "heard"
                        | "found"
                        | "has"
                        | "asked"
                        | "helped"
                        | "sent"
                )
            });
        let reaches =
            !matches!(first.as_str(), "without" | "no") || after.iter().take(6).any(|w| w.names != 0);
        let fits = about
            && !so_it_is
            && !speaks_on
            && acts
            && reaches
            && !care
            && !idle
            && !asked_only(words, found.start)
            && !told(words, found.start)
            && !fond(words, &found);
        fits.then(|| {
            let end = after
                .iter()
                .rposition(|w| w.names != 0 || receives(w))
                .map_or(found.end, |at| found.end + at + 1);
            found.until(end)
        })
    })
}

/// "My job pays for that plan, so no, stop it": the last words point at what was named before.
fn points_back(words: &[Word]) -> Option<Found> {
    phrases::POINTED_LAST.all(words).find(|found| {
        let before = &words[..found.start];
        let after = &words[found.end..];
        let begins = before.last().is_none_or(|w| {
            let held = matches!(
                w.text.as_str(),
                "i" | "we"
                    | "they"
                    | "he"
                    | "she"
                    | "who"
                    | "to"
                    | "not"
                    | "never"
                    | "me"
                    | "him"
                    | "can"
                    | "could"
                    | "would"
                    | "the"
                    | "my"
                    | "a"
            );
            w.stop != Stop::None || !held && !classes::is("kin", &w.text)
        });
        let subject = before
            .last()
            .is_some_and(|w| matches!(w.text.as_str(), "i" | "we" | "to" | "can" | "not" | "could"));
        let ends = after.iter().all(|w| {
            matches!(
                w.text.as_str(),
                "please" | "now" | "thanks" | "too" | "okay" | "all" | "any" | "more" | "instead"
            )
        });
        let named = before.iter().any(|w| w.names != 0);
        let other = before.iter().any(|w| {
            classes::is("drug", &w.text)
                || classes::is("booking", &w.text)
                || matches!(w.text.as_str(), "used" | "had")
        });
        // "My doctor cut me off".
        let happened = before.last().is_some_and(|w| w.names != 0 && w.stop == Stop::None)
            && words[found.start..found.end].iter().any(|w| matches!(w.text.as_str(), "me" | "it" | "that"))
            && words[found.start].text != "do"
            && words[found.start].text != "it"
            && words[found.start].text != "stop";
        let quoted = before.iter().enumerate().any(|(at, w)| {
            matches!(w.text.as_str(), "told" | "said" | "says" | "tells")
                && (at == 0 || before[at - 1].text != "i")
        });
        let past =
            before.windows(2).any(|w| w[0].text == "i" && matches!(w[1].text.as_str(), "was" | "were"));
        let bids = before.len() > 1
            && matches!(before[before.len() - 2].text.as_str(), "can" | "could" | "would" | "will")
            && matches!(before[before.len() - 1].text.as_str(), "you" | "we");
        let marked = !bids && words.last().is_some_and(|w| w.stop == Stop::Question);
        named && begins && !subject && ends && !other && !quoted && !past && !happened && !marked
    })
}

/// "I don't want to see that doctor", "I'd rather not go to the hospital".
fn own_doing(words: &[Word], found: &Found, after: &[Word]) -> bool {
    let wishes = words[..found.start]
        .last()
        .is_some_and(|w| matches!(w.text.as_str(), "rather" | "prefer" | "sooner"));
    let to = after.iter().take(3).position(|w| w.text == "to");
    let verb = match to {
        _ if wishes => after.first(),
        Some(at) if after[..at].iter().all(|w| w.names == 0) => after.get(at + 1),
        _ => None,
    };
    verb.is_some_and(|w| {
        matches!(
            w.text.as_str(),
            "go" | "see"
                | "call"
                | "visit"
                | "talk"
                | "stay"
                | "return"
                | "get"
                | "tell"
                | "speak"
                | "use"
                | "hear"
                | "know"
                | "deal"
                | "read"
                | "find"
                | "learn"
                | "contact"
                | "be"
                | "receive"
                | "hold"
                | "reach"
                | "phone"
                | "discuss"
        ) && !(w.text == "be" && after.iter().any(|w| classes::is("shared", &w.text)))
            && matches!(subject(words, 0, found.start), Subject::Caller)
            || wishes
                && matches!(
                    w.text.as_str(),
                    "go" | "see" | "call" | "visit" | "talk" | "get" | "hear" | "speak"
                )
    })
}

/// "Please leave this out of anything you send my doctor": asked of us, about a recipient, and turning away.
fn wished(words: &[Word]) -> Option<Found> {
    phrases::ASKS_US.all(words).find_map(|found| {
        let before = found.start.checked_sub(1).map(|at| words[at].text.as_str()).unwrap_or_default();
        let (_, to) = near(words, &found);
        let rest = &words[found.end..to];
        let span = &words[found.start..to];
        let turns = phrases::TURNING.find(span)?;
        let named = words.iter().any(|w| w.names != 0);
        // "Please tell the clinic I'm not coming": the caller's own.
        let turn = found.start + turns.start;
        let own = turn > found.end && matches!(subject(words, found.end, turn), Subject::Caller);
        let idle = rest.iter().take(2).any(|w| {
            matches!(
                w.text.as_str(),
                "go" | "lose"
                    | "die"
                    | "be"
                    | "drink"
                    | "use"
                    | "quit"
                    | "see"
                    | "wait"
                    | "miss"
                    | "hurt"
                    | "know"
                    | "tell"
                    | "talk"
                    | "call"
                    | "get"
                    | "stay"
                    | "visit"
                    | "lie"
                    | "end"
                    | "relapse"
                    | "live"
                    | "stop"
                    | "come"
                    | "return"
            )
        }) && rest.first().is_some_and(|w| w.text == "to");
        let life = span.iter().any(|w| {
            classes::is("care", &w.text)
                || classes::is("drug", &w.text)
                || classes::is("kin", &w.text)
                || classes::is("booking", &w.text)
                || matches!(
                    w.text.as_str(),
                    "me" | "us"
                        | "pain"
                        | "help"
                        | "job"
                        | "more"
                        | "here"
                        | "there"
                        | "work"
                        | "feel"
                        | "else"
                        | "wait"
                        | "hospital"
                )
        });
        let others = matches!(
            before,
            "not" | "they" | "he" | "she" | "who" | "if" | "when" | "do" | "did" | "does" | "what"
        );
        let fits = named
            && !own
            && !idle
            && !life
            && !others
            && !asked(words, found.start)
            && !told(words, found.start)
            && !phrases::CONTENT.all(span).any(|_| true);
        fits.then(|| found.until(found.start + turns.end))
    })
}

enum Subject {
    Caller,
    Others,
    None,
}

/// Who does what the negation at `at` denies.
fn subject(words: &[Word], from: usize, at: usize) -> Subject {
    let back = words[from..at].iter().rev().take(4).take_while(|w| w.stop == Stop::None);
    for word in back {
        match word.text.as_str() {
            "i" | "we" => return Subject::Caller,
            "you" | "so" | "and" | "please" | "that" | "there" | "it" => return Subject::None,
            "he" | "she" | "they" | "who" | "people" => return Subject::Others,
            _ if word.names != 0 || classes::is("kin", &word.text) => return Subject::Others,
            _ if classes::is("aux", &word.text)
                || matches!(word.text.as_str(), "really" | "even" | "just" | "still" | "ever") => {}
            _ => return Subject::None,
        }
    }
    Subject::None
}

/// Nothing but a question: "can" and "could" ask for it.
fn asked_only(words: &[Word], at: usize) -> bool {
    asked(words, at)
}

fn denied(words: &[Word], at: usize) -> bool {
    words[at.saturating_sub(5)..at].iter().any(|w| matches!(w.text.as_str(), "not" | "never" | "nothing"))
        && !words[at.saturating_sub(5)..at].iter().any(|w| w.text == "should")
}

/// "They said", "my sister told me": somebody else's words.
fn told(words: &[Word], at: usize) -> bool {
    words[..at].windows(2).any(|w| {
        (classes::is("someone_else", &w[0].text) || classes::is("kin", &w[0].text) || w[0].names != 0)
            && matches!(
                w[1].text.as_str(),
                "said"
                    | "says"
                    | "told"
                    | "tells"
                    | "wants"
                    | "thinks"
                    | "asked"
                    | "agreed"
                    | "signed"
                    | "gave"
                    | "allowed"
                    | "okayed"
            )
    })
}

/// "Nothing to hide", "no problem with", "don't mind".
pub(super) fn fond(words: &[Word], found: &Found) -> bool {
    let next = words[found.end..].iter().take(3);
    next.clone().any(|w| {
        matches!(
            w.text.as_str(),
            "mind"
                | "problem"
                | "issue"
                | "hide"
                | "hesitate"
                | "care"
                | "worry"
                | "matter"
                | "miss"
                | "forget"
                | "leave"
                | "stop"
                | "cancel"
                | "revoke"
                | "withdraw"
                | "idea"
                | "remember"
                | "wrong"
                | "secret"
                | "objection"
                | "objections"
                | "sure"
                | "only"
        )
    })
}

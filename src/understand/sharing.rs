//! Grants and revocations: who may know what.
//!
//! A revocation is any wording that plausibly means one. What makes it somebody else's words, a denial of
//! them, or a "what if" does not make it vanish: it is suspected, releases are held, and the caller is asked.

use super::{
    Context, classes, names,
    normalise::{Stop, Word},
    pattern::Found,
    phrases, undoing,
    yes_no::{self, Asked},
};
use crate::program::Expecting;

/// What an utterance says about sharing. Bits are recipients in the program's order.
#[derive(Clone, Debug)]
pub(super) enum Sharing {
    /// Takes back, or forbids, for these.
    Revoke(u64, String),
    /// The same to the recipient that is being asked about, or to the question itself.
    Deny(String),
    /// A yes to the recipient that is being asked about.
    Affirm(String),
    /// Allows for these.
    Grant(u64, String),
    /// Pays alone and keeps the plan out.
    Restriction(String),
    /// May take back for these; the words do not settle it.
    Suspected(u64, String),
}

/// Who is granted, asked about, listed.
struct Place {
    granted: u64,
    /// The recipient whose consent or signature is being asked for.
    asked: u64,
    everybody: u64,
    /// A plain yes or no is expected and nothing is granted yet: a refusal answers the question.
    notice: bool,
    clarifies: bool,
    /// A question of the script: names may be its answer.
    open: bool,
    /// The recipient that is a file rather than people.
    system: u64,
}

impl Place {
    fn of(context: &Context<'_>) -> Place {
        let asked = match context.expecting {
            Expecting::Consent(id) | Expecting::Signature(id) => names::bit(context.program, id),
            _ => 0,
        };
        Place {
            granted: context.granted.iter().fold(0, |bits, id| bits | names::bit(context.program, id)),
            asked,
            everybody: names::everybody(context.program),
            notice: *context.expecting == Expecting::Notice,
            open: matches!(context.expecting, Expecting::Question(_)),
            system: names::bit(context.program, &"crm".into()),
            clarifies: matches!(context.expecting, Expecting::Confirm(what) if what == "revoke"),
        }
    }

    fn asks(&self) -> bool {
        self.asked != 0 || self.notice
    }
}

/// How much the words say by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Strength {
    /// Taking back, whatever was asked.
    Explicit,
    /// Pointing: "I take it back".
    Referring,
    /// Refusing: an answer where something is asked.
    Asked,
}

/// What `words` (with recipients named) say about sharing; nothing when they say nothing.
pub(super) fn sharing(words: &[Word], context: &Context<'_>) -> Option<Sharing> {
    let place = Place::of(context);
    if let Some(restriction) = restriction(words) {
        return Some(restriction);
    }
    if let Some(mixed) = allowed_and_forbidden(words, &place) {
        return Some(mixed);
    }
    let said = taking_back(words, &place)?;
    Some(said)
}

/// A grant outside its own consent question: permission in so many words, and nothing else.
pub(super) fn grant(words: &[Word], context: &Context<'_>) -> Option<Sharing> {
    let place = Place::of(context);
    let yes = yes_no::yes(after_change_of_mind(words), Asked::default()).filter(|yes| yes.grants)?;
    let everybody =
        words.iter().any(|w| matches!(w.text.as_str(), "everybody" | "everyone" | "anybody" | "anyone"));
    let bits = match yes.names {
        _ if everybody => place.everybody,
        0 => place.everybody & !place.granted,
        named => named,
    };
    (bits != 0).then_some(Sharing::Grant(bits, yes.evidence))
}

fn after_change_of_mind(words: &[Word]) -> &[Word] {
    match phrases::REFERRING.at(words, 0) {
        Some(found) if words[..found.end].iter().any(|w| w.text == "mind") => &words[found.end..],
        _ => words,
    }
}

fn restriction(words: &[Word]) -> Option<Sharing> {
    if let Some(found) = phrases::RESTRICTION.find(words) {
        return Some(Sharing::Restriction(found.evidence()));
    }
    let pays = phrases::PAYS_SELF.find(words)?;
    let keeps = phrases::REVOKE.find(words).or_else(|| phrases::NEGATIVE_SHARING.find(words));
    keeps.map(|_| Sharing::Restriction(pays.evidence()))
}

/// "You can share it with my insurance but not with the referral source."
fn allowed_and_forbidden(words: &[Word], place: &Place) -> Option<Sharing> {
    let except = phrases::EXCEPT.find(words)?;
    let (allowed, forbidden) = (&words[..except.start], &words[except.end..]);
    let (allowed, everybody) = match words[except.start].text.as_str() {
        "everybody" | "everyone" | "anybody" | "anyone" | "all" | "everything" => {
            (&words[..=except.start], true)
        }
        _ => (
            allowed,
            allowed
                .iter()
                .any(|w| matches!(w.text.as_str(), "everybody" | "everyone" | "anyone" | "anybody" | "all")),
        ),
    };
    let out = forbidden.iter().fold(0, |bits, w| bits | w.names);
    let yes = yes_no::yes(allowed, Asked::default())?;
    if out == 0 {
        return None;
    }
    let evidence = |why: &str| format!("mixed: {why}; {}", except.evidence());
    let named = if everybody { place.everybody & !out } else { yes.names & !out };
    Some(if out & place.granted != 0 {
        Sharing::Revoke(
            out & place.granted,
            evidence("what is granted and forbidden now is taken back first"),
        )
    } else if out & place.asked != 0 {
        Sharing::Deny(evidence("the recipient asked about is forbidden"))
    } else if place.asked != 0 && (named == 0 || named & place.asked != 0) {
        Sharing::Affirm(evidence("the recipient asked about is allowed"))
    } else if named != 0 {
        Sharing::Grant(named, evidence("those allowed"))
    } else {
        Sharing::Revoke(out, evidence("those forbidden"))
    })
}

fn taking_back(words: &[Word], place: &Place) -> Option<Sharing> {
    let (found, strength) = first_taking_back(words, place)?;
    let sentence = sentence(words, found.start);
    let before = &words[sentence.0..found.start];
    let (bits, named) = scope(words, &found, place);
    let evidence = found.evidence();
    if let Some(doubt) = doubt(words, before, &found) {
        return match doubt {
            Doubt::Hypothetical if place.granted == 0 => None,
            Doubt::Hypothetical => Some(Sharing::Suspected(bits, format!("hypothetical; {evidence}"))),
            Doubt::Denied => Some(Sharing::Suspected(bits, format!("denied; {evidence}"))),
            Doubt::Quoted => Some(Sharing::Suspected(bits, format!("quoted; {evidence}"))),
        };
    }
    if strength == Strength::Referring && yes_no::yes(after_change_of_mind(words), Asked::default()).is_some()
    {
        return None;
    }
    if place.asks() && place.asked & place.granted == 0 {
        let of_asked = if named { bits == place.asked } else { answers(strength, place) };
        if of_asked {
            return Some(Sharing::Deny(evidence));
        }
    }
    if place.clarifies && !named && strength == Strength::Asked {
        return Some(Sharing::Affirm(format!("a clarified revocation; {evidence}")));
    }
    Some(Sharing::Revoke(bits, evidence))
}

/// Whether words that name nobody answer the question rather than take something back.
fn answers(strength: Strength, place: &Place) -> bool {
    match strength {
        Strength::Asked => true,
        Strength::Referring => place.granted == 0,
        Strength::Explicit => false,
    }
}

enum Doubt {
    Denied,
    Quoted,
    Hypothetical,
}

fn doubt(words: &[Word], before: &[Word], found: &Found) -> Option<Doubt> {
    const BEFORE_WORDS_MAX: usize = 6;
    let near = &before[before.len().saturating_sub(BEFORE_WORDS_MAX)..];
    let start = found.start - before.len();
    if phrases::QUOTED
        .find(before)
        .is_some_and(|q| words[start..start + q.start].iter().all(|w| w.text != "i"))
    {
        return Some(Doubt::Quoted);
    }
    // A negation of another clause denies nothing: "that's not okay, don't send it".
    let joined = |n: &Found| near[n.end - 1..].iter().all(|w| w.stop == Stop::None);
    let denied = phrases::NEGATED.all(near).any(|n| near.len() - n.end <= 3 && joined(&n));
    if denied {
        return Some(Doubt::Denied);
    }
    // "Can you stop sharing it?" asks for it; "what if I take it back?" only asks.
    let hypothetical =
        phrases::HYPOTHETICAL.all(before).any(|h| h.start == 0 || before[h.start].text == "if");
    let later = words[found.end..]
        .iter()
        .take(3)
        .any(|w| matches!(w.text.as_str(), "later" | "anytime" | "afterwards"));
    let asks_about_later = later && before.first().is_some_and(|w| classes::is("aux", &w.text));
    (hypothetical || asks_about_later).then_some(Doubt::Hypothetical)
}

/// The first words that take back, the strongest table first.
fn first_taking_back(words: &[Word], place: &Place) -> Option<(Found, Strength)> {
    let explicit =
        phrases::REVOKE.all(words).find(|f| !is_something_else(words, f) && !undoing::of_treatment(words, f));
    if let Some(found) = explicit {
        return Some((found, Strength::Explicit));
    }
    if let Some(found) = undoing::undoing(words) {
        return Some((found, Strength::Explicit));
    }
    let in_system = |f: &Found| words[f.start..f.end].iter().any(|w| w.names & place.system != 0);
    if let Some(found) = phrases::IN_SYSTEM.find(words).filter(in_system) {
        return Some((found, Strength::Asked));
    }
    if let Some((found, strength)) = forbids_sharing(words, place) {
        return Some((found, strength));
    }
    if let Some(found) = phrases::ASKED.find(words) {
        return Some((found, Strength::Asked));
    }
    let forbids = |f: &Found| {
        !is_something_else(words, f) && !undoing::of_others(words, f) && !undoing::of_self(words, f)
    };
    if let Some(found) = phrases::FORBID.all(words).find(forbids) {
        return Some((found, Strength::Asked));
    }
    let referring =
        phrases::REFERRING.all(words).find(|f| !is_something_else(words, f) && !points_elsewhere(words, f));
    if let Some(found) = referring {
        return Some((found, Strength::Referring));
    }
    not_this_one(words, place).map(|found| (found, Strength::Asked))
}

/// "I don't need my reservation, cancel it".
fn points_elsewhere(words: &[Word], found: &Found) -> bool {
    let before = &words[..found.start];
    let sharing = before.iter().any(|w| w.names != 0 || classes::is("topic", &w.text));
    !sharing && before.iter().any(|w| classes::is("booking", &w.text))
}

/// "Cancel my appointment", "take it back home": the words go on to something that is never shared.
pub(super) fn is_something_else(words: &[Word], found: &Found) -> bool {
    if words[found.start].names != 0 {
        return false;
    }
    let rest = &words[found.end.saturating_sub(1)..];
    let until = rest.iter().skip(1).position(|w| w.ends_sentence()).map_or(rest.len(), |at| at + 2);
    rest.iter().take(until.min(6)).any(|w| classes::is("unshared", &w.text) || classes::is("drug", &w.text))
}

/// "Don't send anything to my insurance": a negated verb of passing on, and what follows it.
fn forbids_sharing(words: &[Word], place: &Place) -> Option<(Found, Strength)> {
    phrases::NEGATIVE_SHARING.all(words).find_map(|found| {
        let rest = &words[found.end..clause_end(words, found.end)];
        let span = &words[found.start..found.end + rest.len()];
        let names = span.iter().any(|w| w.names != 0);
        // "I haven't told anyone" tells.
        if found.start > 0 && matches!(words[found.start - 1].text.as_str(), "have" | "has" | "had") {
            return None;
        }
        let everybody = span.iter().any(|w| EVERYBODY.contains(&w.text.as_str()));
        let whole = span.iter().any(|w| WHOLE.contains(&w.text.as_str()));
        // The last word of the match is the verb; what may follow it is what is shared, or nothing.
        let thing = span.iter().skip(1).any(|w| classes::is("thing", &w.text));
        let personal = rest.iter().any(|w| phrases::PERSONAL_TARGET.whole(std::slice::from_ref(w)).is_some());
        let about_self =
            words[..found.start].last().is_some_and(|w| matches!(w.text.as_str(), "he" | "she" | "we"));
        if !names && (personal || about_self) {
            return None;
        }
        let bare = rest.is_empty()
            || rest.iter().all(|w| {
                matches!(w.text.as_str(), "please" | "now" | "any" | "more" | "again" | "yet" | "with" | "to")
            });
        if !(names || everybody || thing || bare) {
            return None;
        }
        if speaks_of_self(words, found.start) && !names_want(span) {
            // "I don't tell my doctor", "I can't give you that": what the caller does, not what we may do.
            let verb = words[found.end - 1].text.as_str();
            if !matches!(verb, "share" | "disclose" | "release" | "sharing" | "disclosing" | "releasing")
                || !thing
            {
                return None;
            }
        }
        // "I don't want to share that" refuses an answer, unless it says with whom, or what.
        let own = span.windows(2).any(|w| w[0].text == "want" && w[1].text == "to");
        let wide = rest.iter().any(|w| {
            matches!(w.text.as_str(), "information" | "data" | "records" | "anything" | "everything")
        });
        // "I don't want to call my doctor": the caller would do it.
        let calls = matches!(
            words[found.end - 1].text.as_str(),
            "call" | "contact" | "email" | "show" | "put" | "enter"
        );
        if own && (!names && !everybody && !wide || calls) {
            return None;
        }
        let strength = if whole || everybody && !place.asks() { Strength::Explicit } else { Strength::Asked };
        let stopped = span.first().is_some_and(|w| matches!(w.text.as_str(), "stop" | "quit" | "cease"));
        Some((found, if stopped { Strength::Explicit } else { strength }))
    })
}

const EVERYBODY: &[&str] =
    &["anyone", "anybody", "everyone", "everybody", "nobody", "them", "whoever", "others"];
const WHOLE: &[&str] =
    &["anything", "everything", "any", "all", "anyone", "anybody", "everyone", "everybody", "nobody"];
/// Whether the subject just before word `at` is the caller, in a plain statement.
pub(super) fn speaks_of_self(words: &[Word], at: usize) -> bool {
    at > 0 && matches!(words[at - 1].text.as_str(), "i" | "we")
}

fn names_want(span: &[Word]) -> bool {
    span.iter().take(4).any(|w| matches!(w.text.as_str(), "want" | "let"))
}

/// "Wait, not my insurance": a name refused by itself, where that name is granted or asked about.
fn not_this_one(words: &[Word], place: &Place) -> Option<Found> {
    phrases::NOT_THIS.all(words).find(|found| {
        // "Not my doctor, a friend" and "no insurance" answer a question.
        let after = words.get(found.end);
        let alone = after.is_none_or(|w| {
            w.names != 0
                || matches!(
                    w.text.as_str(),
                    "please" | "now" | "any" | "okay" | "take" | "cancel" | "stop" | "leave" | "do"
                )
        });
        let ends = words[found.end - 1].ends_sentence();
        let none_of = words[found.start].text == "no" && after.is_none() && found.end - found.start == 2;
        if place.open && (!(alone || ends) || none_of) {
            return false;
        }
        let names = words[found.start..found.end].iter().fold(0, |bits, w| bits | w.names);
        names & (place.granted | place.asked) != 0
    })
}

/// Whom the words of `found` are about, and whether they say so.
fn scope(words: &[Word], found: &Found, place: &Place) -> (u64, bool) {
    let (start, _) = sentence(words, found.start);
    let end = clause_end(words, found.end);
    let start = (start..found.start).rev().find(|&at| words[at].text == "but").map_or(start, |at| at + 1);
    let clause = &words[start..end];
    let bits = |words: &[Word]| words.iter().fold(0, |bits, w| bits | w.names);
    if let Some(except) =
        phrases::EXCEPT.find(&words[start..]).or_else(|| phrases::ONLY.find(&words[start..]))
    {
        let kept = bits(&words[start + except.start..]);
        let negated = words[start + except.end..].iter().take(2).any(|w| w.text == "not");
        if kept != 0 && kept != place.everybody && !negated {
            return (place.everybody & !kept, true);
        }
    }
    let universal = clause
        .iter()
        .any(|w| matches!(w.text.as_str(), "anyone" | "anybody" | "everyone" | "everybody" | "nobody"))
        || words[start..].windows(2).any(|w| w[0].text == "no" && w[1].text == "one");
    let named = bits(clause);
    // "Nobody tells my insurance anything".
    let subject = clause.iter().position(|w| matches!(w.text.as_str(), "nobody" | "none"));
    let told = subject.is_some() && named != 0 && !clause.iter().any(|w| w.text == "even");
    if universal && !told {
        return (place.everybody, true);
    }
    if named != 0 {
        return (named, true);
    }
    // "My insurance. Don't send them anything."
    let points = clause.iter().any(|w| matches!(w.text.as_str(), "them" | "they"));
    let earlier = bits(&words[..start]);
    if points && earlier != 0 {
        return (earlier, true);
    }
    (place.everybody, false)
}

/// The sentence that holds word `at`.
fn sentence(words: &[Word], at: usize) -> (usize, usize) {
    let start = words[..at].iter().rposition(Word::ends_sentence).map_or(0, |before| before + 1);
    let end = words[at..].iter().position(Word::ends_sentence).map_or(words.len(), |last| at + last + 1);
    (start, end)
}

/// Where the clause that reaches word `at` ends.
fn clause_end(words: &[Word], at: usize) -> usize {
    if at > 0 && words[at - 1].ends_sentence() {
        return at;
    }
    let turn = |w: &Word| matches!(w.text.as_str(), "but" | "because" | "however" | "though" | "although");
    for (index, word) in words.iter().enumerate().skip(at) {
        if turn(word) {
            return index;
        }
        if word.ends_sentence() {
            return index + 1;
        }
    }
    words.len()
}

/// Words that may take something back, without saying what.
pub(super) fn dangling(words: &[Word], context: &Context<'_>) -> Option<Sharing> {
    let place = Place::of(context);
    let found = phrases::DANGLING.find(words).filter(|_| place.granted != 0)?;
    Some(Sharing::Suspected(place.granted, found.evidence()))
}

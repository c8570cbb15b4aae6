//! Whether an utterance is a yes or a no to what was asked.
//!
//! The two are not treated alike. A yes must be a yes from end to end: the whole utterance is laid out with
//! known pieces, one of them an assent, and no word of it may turn it round. A no needs one sign.

use super::{
    normalise::{PICTOGRAM, Stop, Word},
    pattern::{Found, Table},
    phrases,
};

/// A clear yes, made of known pieces.
#[derive(Clone, Debug)]
pub(super) struct Yes {
    pub(super) evidence: String,
    /// It says what may be shared, or with whom, in so many words.
    pub(super) grants: bool,
    /// "Okay" and nothing stronger.
    pub(super) only_okay: bool,
    /// The recipients it names.
    pub(super) names: u64,
}

/// What was asked, as far as it changes what a yes is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Asked {
    /// "I understand" is a yes.
    pub(super) notice: bool,
}

/// No word of these is ever part of a yes, whatever the tables say: it denies, limits, delays or reports.
const NEVER_IN_A_YES: &[&str] = &[
    "not", "never", "none", "nobody", "nothing", "neither", "nor", "nope", "nah", "nay", "nuhuh", "without",
    "stop", "wait", "hold", "but", "if", "unless", "until", "only", "except", "rather", "refuse", "decline",
    "quit", "cancel", "revoke", "withdraw", "undo", "however", "though", "although", "or", "guess",
    "suppose", "maybe", "perhaps", "whatever", "probably", "said", "says", "told", "mean", "why", "who",
    "when", "which", "less", "yet", "back", "instead", "nunca", "nada", "pero", PICTOGRAM,
];

/// Whether a word of `words` can never be part of a yes. "No" is a Spanish "no" as well.
pub(super) fn turns(words: &[Word]) -> Option<&str> {
    let mut points = vec![false; words.len()];
    for found in phrases::POINTS.all(words) {
        points[found.start..found.end].fill(true);
    }
    let turning = |w: &Word| NEVER_IN_A_YES.contains(&w.text.as_str()) || w.text == "no";
    words.iter().zip(points).find(|(word, points)| !points && turning(word)).map(|(w, _)| w.text.as_str())
}

/// The yes that `words` are from end to end.
pub(super) fn yes(words: &[Word], asked: Asked) -> Option<Yes> {
    if words.is_empty() || turns(words).is_some() || phrases::TURNED.find(words).is_some() {
        return None;
    }
    let pieces: &[(&Table, Piece)] = &[
        (&phrases::AFFIRM, Piece::Assent),
        (&phrases::GRANT, Piece::Grant),
        (&phrases::OKAY, Piece::Okay),
        (&phrases::TAIL, Piece::Neutral),
        (&phrases::HARMLESS, Piece::Neutral),
        (&phrases::NOTICE_AFFIRM, if asked.notice { Piece::Assent } else { Piece::Neutral }),
        (&phrases::TRUTH, Piece::Assent),
    ];
    let best = cover(words, pieces)?;
    let piece = best.strongest?;
    Some(Yes {
        evidence: piece.1.evidence(),
        grants: piece.0 == Piece::Grant || best.granted,
        only_okay: piece.0 == Piece::Okay,
        names: words.iter().fold(0, |bits, w| bits | w.names),
    })
}

/// Whether one question mark ends it: "Yes?" asks back. Only typed marks are the caller's own.
pub(super) fn asks_back(words: &[Word]) -> bool {
    words.last().is_some_and(|w| w.stop == Stop::Question)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Piece {
    Neutral,
    Okay,
    Assent,
    Grant,
}

#[derive(Clone, Copy)]
struct Cover {
    strongest: Option<(Piece, Found)>,
    granted: bool,
}

/// Lays `words` out with pieces, without a gap. Among the ways to do it, the one with the strongest piece.
fn cover(words: &[Word], pieces: &[(&Table, Piece)]) -> Option<Cover> {
    let mut reached: Vec<Option<Cover>> = vec![None; words.len() + 1];
    reached[0] = Some(Cover { strongest: None, granted: false });
    for at in 0..words.len() {
        let Some(so_far) = reached[at] else { continue };
        for &(table, piece) in pieces {
            for found in table.rows_at(words, at) {
                let stronger = |old: Option<(Piece, Found)>| match old {
                    Some((had, _)) if had >= piece => old,
                    _ if piece == Piece::Neutral => old,
                    _ => Some((piece, found)),
                };
                let next = Cover {
                    strongest: stronger(so_far.strongest),
                    granted: so_far.granted || piece == Piece::Grant,
                };
                let rank = |c: &Cover| (c.strongest.map(|(p, _)| p), c.granted);
                if reached[found.end].as_ref().is_none_or(|old| rank(old) < rank(&next)) {
                    reached[found.end] = Some(next);
                }
            }
        }
    }
    reached[words.len()]
}

/// What refuses in `words`, outside turns of phrase that only look like it.
#[derive(Clone, Debug)]
pub(super) enum No {
    /// In so many words.
    Refusal(String),
    /// A plain no, and nothing that says yes.
    Plain(String),
    /// Yes and no.
    Mixed(String),
}

/// The no in `words`.
pub(super) fn no(words: &[Word]) -> Option<No> {
    let idle = idle(words);
    let free = |found: &Found| (found.start..found.end).all(|at| !idle[at]);
    let refusal = phrases::DENY.all(words).filter(free).last();
    let plain = phrases::NO_CUE.all(words).filter(free).last();
    let within = |found: &Found| refusal.is_some_and(|r| r.start <= found.start && found.end <= r.end);
    let yes = phrases::YES_CUE.all(words).filter(|f| free(f) && !within(f)).last();
    let unsure = phrases::WEAK.find(words).filter(|f| words[f.start].text != "fine");
    match (refusal, plain, yes) {
        (None, None, _) => None,
        (Some(refusal), _, Some(yes)) if yes.start >= refusal.end => Some(No::Mixed(refusal.evidence())),
        (Some(refusal), _, _) => Some(No::Refusal(refusal.evidence())),
        (None, Some(no), Some(yes)) => {
            let corrected = yes.start < no.start
                && words[yes.start..no.start].iter().any(|w| CORRECTS.contains(&w.text.as_str()));
            if corrected {
                Some(No::Refusal("correction: the last word was no".into()))
            } else {
                Some(No::Mixed(no.evidence()))
            }
        }
        (None, Some(no), None) if unsure.is_none() => Some(No::Plain(no.evidence())),
        (None, Some(no), None) => Some(No::Mixed(no.evidence())),
    }
}

const CORRECTS: &[&str] = &["wait", "actually", "sorry", "mean", "meant", "rather", "perdon"];

/// Which words belong to an idiom.
fn idle(words: &[Word]) -> Vec<bool> {
    let mut idle = vec![false; words.len()];
    for found in phrases::IDIOM.all(words) {
        idle[found.start..found.end].fill(true);
    }
    idle
}

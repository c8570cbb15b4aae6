//! Which utterances are about something the dialogue treats apart: [`Matter`].

use super::{
    Matter, Meaning, classes, names,
    normalise::Word,
    pattern::{Found, Table},
    phrases, undoing,
};
use crate::program::{Expecting, Program};

/// A matter, the meaning that comes with it, and the row that told.
pub(super) type About = (Matter, Meaning, Found);

/// Threats to the program's people.
pub(super) fn threat(said: &[Word]) -> Option<About> {
    let found = phrases::THREAT.all(said).find(|f| !denied(said, f) && !others_speak(said, f))?;
    Some((Matter::Safety, Meaning::Human, found))
}

/// A child abused.
pub(super) fn abuse(said: &[Word]) -> Option<About> {
    let found = phrases::ABUSE.all(said).find(|f| !denied(said, f))?;
    Some((Matter::Safety, Meaning::Human, found))
}

/// Whether the caller is drunk, high or confused now.
pub(super) fn capacity(said: &[Word]) -> Option<Found> {
    const NEAR_WORDS_MAX: usize = 3;
    let elsewhere = |found: &Found| {
        let near = &said[found.start.saturating_sub(NEAR_WORDS_MAX)..found.start];
        phrases::CAPACITY_NOT.find(near).is_some()
            || said[found.start..found.end].iter().any(|w| w.text == "not")
                && near.iter().any(|w| w.text == "if")
    };
    phrases::CAPACITY.all(said).find(|found| !elsewhere(found))
}

/// Who calls for whom, and who listens.
pub(super) fn other_people(said: &[Word], expecting: &Expecting) -> Option<About> {
    let own_case = || phrases::LEGAL_OWN.find(said).is_some();
    let legal = phrases::LEGAL.all(said).find(|f| !denied(said, f)).filter(|_| !own_case());
    if let Some(found) = legal {
        return Some((Matter::LegalDemand, Meaning::ThirdParty, found));
    }
    if let Some(found) = phrases::REPRESENTATIVE.all(said).find(|f| !denied(said, f)) {
        return Some((Matter::Representative, Meaning::ThirdParty, found));
    }
    // "Who is listening?" asks.
    let asked = said.first().is_some_and(|w| classes::is("wh", &w.text) || classes::is("aux", &w.text));
    if let Some(found) = phrases::COMPANY.all(said).find(|f| !asked && !denied(said, f)) {
        return Some((Matter::Company, Meaning::ThirdParty, found));
    }
    // "My sister went to rehab" answers a question of the script.
    let open = matches!(expecting, Expecting::Question(_));
    let asks = asked
        || said.iter().any(|w| matches!(w.text.as_str(), "how" | "is" | "did" | "find" | "esta" | "como"));
    let found = phrases::INQUIRY.all(said).find(|f| !denied(said, f) && (!open || asks))?;
    Some((Matter::Inquiry, Meaning::ThirdParty, found))
}

/// What is asked for that no other table knows.
pub(super) fn asked_for(said: &[Word], expecting: &Expecting, program: &Program) -> Option<About> {
    let plain: &[(&Table, Matter, Meaning)] = &[
        (&phrases::COMPLAINT, Matter::Complaint, Meaning::Question),
        (&phrases::FULL_TEXT, Matter::FullText, Meaning::Question),
    ];
    for (table, matter, meaning) in plain {
        if let Some(found) = table.all(said).find(|f| !denied(said, f)) {
            return Some((*matter, meaning.clone(), found));
        }
    }
    // "Will you tell the police?" has its answer in the program.
    let listed = || program.faq.iter().any(|faq| faq.phrases.iter().any(|p| names::contains(said, p)));
    let special = phrases::SPECIAL
        .all(said)
        .find(|f| !denied(said, f) && undoing::commanded(said, f.start) && !by_caller(said, f) && !listed());
    if let Some(found) = special {
        return Some((Matter::SpecialRecipient, Meaning::Human, found));
    }
    let everybody = phrases::EVERYBODY_TREATING.all(said).find(|f| !denied(said, f))?;
    let shares = said.iter().any(|w| {
        classes::is("share", &w.text)
            || classes::is("sharing", &w.text)
            || classes::is("get", &w.text)
            || matches!(
                w.text.as_str(),
                "permission" | "consent" | "yes" | "okay" | "comparta" | "compartan" | "compartir"
            )
    });
    let asked = *expecting == Expecting::Notice || !expecting.is_yes_no();
    let meaning = if asked && !expecting.is_yes_no() { Meaning::Answer } else { Meaning::Unclear };
    shares.then_some((Matter::EverybodyTreating, meaning, everybody))
}

/// "I have to tell my boss": the caller does it.
fn by_caller(said: &[Word], found: &Found) -> bool {
    let passes_on = matches!(
        said[found.start].text.as_str(),
        "send" | "share" | "fax" | "release" | "forward" | "email" | "mail" | "transmit" | "disclose"
    );
    let before = &said[..found.start];
    let you = before.iter().any(|w| w.text == "you" || w.text == "please");
    !passes_on && !you && found.start > 0
}

fn denied(said: &[Word], found: &Found) -> bool {
    const NEAR_WORDS_MAX: usize = 3;
    let near = &said[found.start.saturating_sub(NEAR_WORDS_MAX)..found.start];
    near.iter().any(|w| matches!(w.text.as_str(), "not" | "never" | "no" | "without"))
}

/// "He said he will kill you": reported, and no threat of the caller's; still danger for other rules.
fn others_speak(said: &[Word], found: &Found) -> bool {
    said[..found.start]
        .iter()
        .any(|w| matches!(w.text.as_str(), "said" | "says" | "told" | "dream" | "movie"))
}

//! The order of the rules: what outranks what.

use super::{
    Context, Heard, Lean, Matter, Meaning, Percent, Reading, Signature, matter, names,
    normalise::{Word, words},
    pattern::{Found, Table},
    phrases,
    sharing::{self, Sharing},
    signature,
    sound::{Sound, Sure},
    yes_no::{self, Asked, No},
};
use crate::program::Expecting;

/// A short utterance: the scores of "yes" and "no" say something about it.
const SHORT_WORDS_MAX: usize = 2;

/// What was said, where it was said. Never fails: what is not understood is [`Meaning::Unclear`] or
/// [`Meaning::Answer`].
///
/// The first rule that speaks decides: danger, language, who may know, requests, stopping, yes or no,
/// questions; and what is left answers.
pub fn understand(heard: &Heard, context: &Context<'_>) -> Reading {
    read(&heard.text, Sound::of(heard), context).heard(heard.confidence)
}

/// The reading of words that were heard for certain, but for what their sound says about a yes or a no.
pub(super) fn read(text: &str, sound: Sound, context: &Context<'_>) -> Reading {
    let said = words(text);
    let named = names::named(&said, context.program);
    let utterance = Utterance { said: &said, named: &named, text, sound, context };
    let mut decision = utterance.decide();
    // A no is about what was asked: the words that carry it leave nothing over to suspect.
    if decision.suspected.is_none()
        && !matches!(decision.meaning, Meaning::Revoke(_) | Meaning::Deny)
        && let Some(Sharing::Suspected(bits, _)) = sharing::dangling(&named, context)
    {
        decision.suspected = Some(bits);
    }
    let mut about = decision.matter;
    if decision.meaning == Meaning::Question && about.is_none() {
        about = matter::asked_for(&said, context.expecting, context.program)
            .filter(|(_, meaning, _)| *meaning == Meaning::Question)
            .map(|(matter, ..)| matter);
    }
    if let Some(found) = matter::capacity(&said) {
        about = about.or(Some(Matter::Capacity));
        // "I can't think straight" holds no no either.
        let refused = phrases::NO_CUE.find(&said).is_some();
        if matches!(decision.meaning, Meaning::Affirm | Meaning::Grant(_))
            || decision.meaning == Meaning::Deny && !refused
        {
            decision.meaning = Meaning::Unclear;
            decision.evidence = format!("no knowing yes ({}); {}", found.evidence(), decision.evidence);
        }
    }
    Reading {
        meaning: decision.meaning,
        confidence: Percent::new(decision.strength),
        faq: decision.faq,
        backchannel: backchannel(text, &said),
        suspected_revocation: decision.suspected.map(|bits| names::scope(context.program, bits)),
        tells_sud: phrases::TELLS_SUD.find(&said).is_some(),
        matter: about,
        signature: utterance.signature(),
        evidence: decision.evidence,
    }
}

struct Utterance<'a> {
    /// As said.
    said: &'a [Word],
    /// With recipients named.
    named: &'a [Word],
    text: &'a str,
    sound: Sound,
    context: &'a Context<'a>,
}

struct Decision {
    meaning: Meaning,
    /// How far the rule alone is to be trusted, out of a hundred.
    strength: u8,
    faq: Option<String>,
    suspected: Option<u64>,
    matter: Option<Matter>,
    evidence: String,
}

impl Decision {
    fn new(meaning: Meaning, strength: u8, evidence: impl Into<String>) -> Self {
        Decision { meaning, strength, faq: None, suspected: None, matter: None, evidence: evidence.into() }
    }

    fn about((matter, meaning, found): matter::About) -> Self {
        Decision { matter: Some(matter), ..Decision::new(meaning, 90, found.evidence()) }
    }
}

impl Utterance<'_> {
    fn decide(&self) -> Decision {
        if self.said.is_empty() {
            return Decision::new(Meaning::Unclear, 90, "nothing was said");
        }
        if let Some(threat) = matter::threat(self.said) {
            return Decision::about(threat);
        }
        if let Some(found) = self.emergency() {
            return Decision::new(Meaning::Emergency, 95, found.evidence());
        }
        if let Some(abuse) = matter::abuse(self.said) {
            return Decision::about(abuse);
        }
        if let Some(found) = phrases::LANGUAGE.find(self.said) {
            return Decision::new(Meaning::Language, 90, found.evidence());
        }
        if let Some(found) = phrases::NO_RECORDING.find(self.said) {
            return Decision::new(Meaning::NoRecording, 90, found.evidence());
        }
        if let Some(found) = phrases::MINOR.find(self.said) {
            return Decision::new(Meaning::Minor, 90, found.evidence());
        }
        let mut suspected = None;
        let listed = self.listed_whole();
        match sharing::sharing(self.named, self.context) {
            Some(Sharing::Suspected(bits, evidence)) => suspected = Some((bits, evidence)),
            // "Can I take it back?" asks; with something granted it may also be meant.
            Some(Sharing::Revoke(bits, evidence)) if listed.is_some() => {
                suspected = (!self.context.granted.is_empty()).then_some((bits, evidence));
            }
            Some(sharing) => return self.shared(sharing),
            None => {}
        }
        let mut decision = listed.unwrap_or_else(|| self.rest());
        if let Some((bits, evidence)) = suspected {
            // A yes beside words that may take something back is no clear yes.
            if decision.meaning == Meaning::Affirm {
                decision.meaning = Meaning::Unclear;
            }
            decision.suspected = Some(bits);
            decision.evidence = format!("suspected revocation ({evidence}); {}", decision.evidence);
        }
        decision
    }

    fn shared(&self, sharing: Sharing) -> Decision {
        let scope = |bits| names::scope(self.context.program, bits);
        match sharing {
            Sharing::Revoke(bits, evidence) => Decision::new(Meaning::Revoke(scope(bits)), 92, evidence),
            Sharing::Grant(bits, evidence) => Decision::new(Meaning::Grant(scope(bits)), 85, evidence),
            Sharing::Deny(evidence) => Decision::new(Meaning::Deny, 92, evidence),
            Sharing::Affirm(evidence) => self.believed(Decision::new(Meaning::Affirm, 85, evidence)),
            Sharing::Restriction(evidence) => Decision::new(Meaning::Restriction, 88, evidence),
            Sharing::Suspected(..) => unreachable!("a suspicion never decides"),
        }
    }

    /// Every rule below danger and revocation.
    fn rest(&self) -> Decision {
        if let Some(signed) = self.signed() {
            return signed;
        }
        let expecting = self.context.expecting;
        let apart = matter::asked_for(self.said, expecting, self.context.program)
            .or_else(|| matter::other_people(self.said, expecting));
        if let Some(apart) = apart {
            let asks = apart.1 == Meaning::Question;
            let faq = if asks { self.listed(names::contains).and_then(|listed| listed.faq) } else { None };
            return Decision { faq, ..Decision::about(apart) };
        }
        if let Some(decision) = self.whole_answer() {
            return decision;
        }
        if let Some(decision) = self.request() {
            return decision;
        }
        if let Some(Sharing::Grant(bits, evidence)) = sharing::grant(self.named, self.context) {
            return self.granted(bits, evidence);
        }
        if self.yes_no_expected() {
            return self.yes_or_no();
        }
        if let Some(decision) = self.question() {
            return decision;
        }
        if weak_alone(self.said) {
            return Decision::new(Meaning::Unclear, 85, "nothing but murmurs");
        }
        Decision::new(Meaning::Answer, 80, "nothing else fits")
    }

    fn yes_no_expected(&self) -> bool {
        self.context.expecting.is_yes_no() || matches!(self.context.expecting, Expecting::Signature(_))
    }

    /// A clear yes or no that is the whole utterance, before anything else is looked for in it.
    fn whole_answer(&self) -> Option<Decision> {
        let expecting = self.context.expecting;
        if matches!(expecting, Expecting::Confirm(what) if what == "danger")
            && let Some(found) = phrases::SAFE.find(self.said)
            && phrases::YES_CUE.at(self.said, 0).is_none_or(|f| f.end > 1)
        {
            return Some(Decision::new(Meaning::Deny, 90, found.evidence()));
        }
        let asked = Asked { notice: *expecting == Expecting::Notice };
        if let Some(yes) = yes_no::yes(self.named, asked) {
            return self.assented(yes);
        }
        let open = !self.yes_no_expected();
        if !open && let Some(weak) = phrases::WEAK.whole(self.said) {
            return Some(Decision::new(Meaning::Unclear, 90, weak.evidence()));
        }
        let done = phrases::DENY_WHOLE.whole(self.said)?;
        let thanks = self
            .said
            .iter()
            .all(|w| matches!(w.text.as_str(), "okay" | "thanks" | "thank" | "you" | "so" | "very" | "much"));
        // "Thank you" ends "anything else?", and answers nothing.
        let fits = if thanks {
            *expecting == Expecting::Any
        } else {
            !open || *expecting == Expecting::Any || done.start == 0
        };
        fits.then(|| Decision::new(Meaning::Deny, 95, done.evidence()))
    }

    fn assented(&self, yes: yes_no::Yes) -> Option<Decision> {
        let expecting = self.context.expecting;
        if yes_no::asks_back(self.said) && self.sound.lean.is_none() {
            return Some(Decision::new(Meaning::Unclear, 70, format!("asks back; {}", yes.evidence)));
        }
        let bit = match expecting {
            Expecting::Consent(id) | Expecting::Signature(id) => names::bit(self.context.program, id),
            _ => 0,
        };
        match expecting {
            Expecting::Consent(_) | Expecting::Signature(_) if yes.names != 0 && yes.names & bit == 0 => {
                let sharing = sharing::grant(self.named, self.context);
                Some(match sharing {
                    Some(grant) => self.shared(grant),
                    None => Decision::new(
                        Meaning::Unclear,
                        70,
                        format!("a yes to somebody else; {}", yes.evidence),
                    ),
                })
            }
            Expecting::Consent(_) if yes.only_okay => {
                Some(Decision::new(Meaning::Unclear, 70, format!("okay alone; {}", yes.evidence)))
            }
            Expecting::Signature(_) => {
                Some(Decision::new(Meaning::Unclear, 80, format!("half a signature; {}", yes.evidence)))
            }
            Expecting::Consent(_) => Some(self.believed(Decision::new(Meaning::Affirm, 97, yes.evidence))),
            _ if yes.grants => None,
            Expecting::Notice | Expecting::Confirm(_) => {
                let strength = if yes.only_okay { 85 } else { 97 };
                Some(self.believed(Decision::new(Meaning::Affirm, strength, yes.evidence)))
            }
            _ if yes.only_okay => None,
            _ => Some(self.believed(Decision::new(Meaning::Affirm, 90, yes.evidence))),
        }
    }

    /// The halves of a signature, where one is expected.
    fn signature(&self) -> Option<Signature> {
        let expected = matches!(self.context.expecting, Expecting::Signature(_));
        expected.then(|| signature::read(self.text, yes_no::turns(self.said).is_some()))
    }

    /// "Jane Doe, I agree": both halves of a signature, and nothing that turns them.
    fn signed(&self) -> Option<Decision> {
        let signature = self.signature()?;
        let both = signature.name.is_some() && signature.assent;
        both.then(|| self.believed(Decision::new(Meaning::Affirm, 92, "signature: a name and an agreement")))
    }

    /// A yes only where the recogniser was sure and the audio does not speak against it.
    fn believed(&self, yes: Decision) -> Decision {
        let short = self.said.len() <= SHORT_WORDS_MAX;
        let sure = self.sound.sure;
        let against = match self.sound.lean {
            Some(Lean::No) => Some("the audio fits no better than yes"),
            _ if sure < Sure::Long => Some("heard too unsurely"),
            Some(Lean::Neither) if short && sure < Sure::Short => {
                Some("short, and the audio fits neither answer")
            }
            _ => None,
        };
        match against {
            Some(why) => Decision::new(Meaning::Unclear, 60, format!("{why}; {}", yes.evidence)),
            None => yes,
        }
    }

    fn granted(&self, bits: u64, evidence: String) -> Decision {
        let asked = match self.context.expecting {
            Expecting::Consent(id) | Expecting::Signature(id) => names::bit(self.context.program, id),
            _ => 0,
        };
        if asked & bits != 0 && matches!(self.context.expecting, Expecting::Signature(_)) {
            return Decision::new(Meaning::Unclear, 80, format!("half a signature; {evidence}"));
        }
        if asked & bits != 0 {
            return self.believed(Decision::new(Meaning::Affirm, 92, evidence));
        }
        let grant = Decision::new(Meaning::Grant(names::scope(self.context.program, bits)), 85, evidence);
        match self.believed(Decision::new(Meaning::Affirm, 0, "")).meaning {
            Meaning::Affirm => grant,
            _ => Decision::new(Meaning::Unclear, 60, format!("heard too unsurely; {}", grant.evidence)),
        }
    }

    fn request(&self) -> Option<Decision> {
        let said = self.said;
        let expecting = self.context.expecting;
        let asks_back = phrases::QUESTION.find(said).is_some();
        let read_back =
            matches!(expecting, Expecting::Confirm(id) if self.context.program.question(id).is_some());
        let open = matches!(expecting, Expecting::Question(_));
        let offered = |table: &Table| table.find(said);
        let plain: &[(&Table, Meaning)] = &[
            (&phrases::ACCOUNTING, Meaning::Accounting),
            (&phrases::DELETION, Meaning::RecordsDeletion),
            (&phrases::CORRECTION, Meaning::RecordsCorrection),
            (&phrases::ACCESS, Meaning::RecordsAccess),
            (&phrases::HUMAN, Meaning::Human),
            (&phrases::THIRD_PARTY, Meaning::ThirdParty),
        ];
        let mut found: Vec<(Found, &Meaning)> =
            plain.iter().filter_map(|(table, meaning)| Some((offered(table)?, meaning))).collect();
        // The first thing asked for; the order of the tables where they begin together.
        found.sort_by_key(|(found, _)| found.start);
        for (found, meaning) in found {
            let reads_back = read_back && *meaning == Meaning::RecordsCorrection;
            let names_referrer = *meaning == Meaning::ThirdParty && open && !self.speaks_for_another(&found);
            let about_agent = *meaning == Meaning::Human && self.asks_about_agent();
            let denied = self.denied_just_before(&found) && *meaning != Meaning::ThirdParty;
            if reads_back || names_referrer || about_agent || denied {
                continue;
            }
            return Some(Decision::new(meaning.clone(), 88, found.evidence()));
        }
        let rows: &[(&Table, Meaning)] = &[
            (&phrases::REPEAT, Meaning::Repeat),
            (&phrases::WAIT, Meaning::Wait),
            (&phrases::STOP, Meaning::Stop),
            (&phrases::GOODBYE, Meaning::Goodbye),
            (&phrases::SKIP, Meaning::Skip),
        ];
        for (table, meaning) in rows {
            let Some(found) = offered(table) else { continue };
            if let Some(meaning) = self.in_place(meaning, &found, asks_back) {
                return Some(Decision::new(meaning, 88, found.evidence()));
            }
        }
        None
    }

    /// What a control meaning is where it was said, or nothing where it is none.
    fn in_place(&self, meaning: &Meaning, found: &Found, asks_back: bool) -> Option<Meaning> {
        let yes_no = self.yes_no_expected();
        let said = self.said;
        let bare_stop = *meaning == Meaning::Stop && said.iter().all(|w| STOPPING.contains(&w.text.as_str()));
        match meaning {
            // "Yes, no, wait, no": the answer follows the wait.
            Meaning::Wait
                if yes_no
                    && said
                        .last()
                        .is_some_and(|w| matches!(w.text.as_str(), "no" | "nope" | "yes" | "yeah")) =>
            {
                None
            }
            Meaning::Skip if yes_no => None,
            Meaning::Skip if asks_back && said.len() > 6 => None,
            Meaning::Stop if yes_no && bare_stop => Some(Meaning::Deny),
            Meaning::Goodbye if self.denied_just_before(found) => None,
            Meaning::Wait | Meaning::Stop if self.denied_just_before(found) && *meaning == Meaning::Wait => {
                None
            }
            other => Some(other.clone()),
        }
    }

    fn denied_just_before(&self, found: &Found) -> bool {
        const NEAR_WORDS_MAX: usize = 4;
        let before = &self.said[found.start.saturating_sub(NEAR_WORDS_MAX)..found.start];
        before.iter().any(|w| matches!(w.text.as_str(), "not" | "never"))
    }

    /// At an open question a relative is often the answer: "my sister told me about you".
    fn speaks_for_another(&self, found: &Found) -> bool {
        let words = &self.said[found.start..found.end];
        words.first().is_some_and(|w| w.text != "my") || words.iter().any(|w| w.text == "needs")
    }

    /// "Are you a real person?" asks about the agent.
    fn asks_about_agent(&self) -> bool {
        self.said.windows(2).any(|w| {
            matches!(
                (w[0].text.as_str(), w[1].text.as_str()),
                ("are", "you") | ("is", "this") | ("am", "i") | ("you", "are")
            )
        })
    }

    fn emergency(&self) -> Option<Found> {
        // "A few minutes ago" is now.
        let just = self.said.windows(2).any(|w| {
            w[1].text == "ago"
                && matches!(
                    w[0].text.as_str(),
                    "minute" | "minutes" | "moment" | "moments" | "second" | "seconds" | "hour"
                )
        });
        let past = || !just && phrases::PAST.find(self.said).is_some();
        let now = phrases::EMERGENCY.all(self.said).find(|found| !self.not_now(found));
        match now {
            Some(found)
                if past()
                    && ONCE
                        .iter()
                        .any(|w| self.said[found.start..found.end].iter().any(|x| x.text == *w)) =>
            {
                None
            }
            Some(found) => Some(found),
            None => phrases::EMERGENCY_PAST.all(self.said).find(|found| !past() && !self.not_now(found)),
        }
    }

    /// "I'm not suicidal": denied just before.
    fn not_now(&self, found: &Found) -> bool {
        const NEAR_WORDS_MAX: usize = 4;
        let start = found.start.saturating_sub(NEAR_WORDS_MAX);
        let (sentence, _) =
            (self.said[..found.start].iter().rposition(Word::ends_sentence).map_or(0, |at| at + 1), ());
        let before = &self.said[start.max(sentence)..found.start];
        phrases::NOT_NOW.all(before).any(|n| n.end == before.len())
    }

    fn yes_or_no(&self) -> Decision {
        let no = yes_no::no(self.said);
        let leads =
            phrases::NO_CUE.at(self.said, 0).is_some() && matches!(no, Some(No::Plain(_) | No::Refusal(_)));
        if !leads && let Some(decision) = self.question() {
            return decision;
        }
        match no {
            Some(No::Refusal(evidence)) => Decision::new(Meaning::Deny, 92, evidence),
            Some(No::Plain(evidence)) => Decision::new(Meaning::Deny, 88, evidence),
            Some(No::Mixed(evidence)) => {
                Decision::new(Meaning::Unclear, 75, format!("yes and no; {evidence}"))
            }
            None => self.neither(),
        }
    }

    /// Neither a yes nor a no in words. The audio may support a no, never a yes.
    fn neither(&self) -> Decision {
        let short = self.said.len() <= SHORT_WORDS_MAX;
        let weak = phrases::WEAK.find(self.said);
        if let Some(found) = weak {
            return Decision::new(Meaning::Unclear, 85, found.evidence());
        }
        let something_else = self.said.iter().any(|w| {
            NUMBERS.contains(&w.text.as_str()) || phrases::YES_CUE.whole(std::slice::from_ref(w)).is_some()
        });
        // "Ness" is a yes misheard; what the audio says against it leaves nothing to go by.
        let nearly_yes = self.said.iter().any(|w| NEARLY_YES.contains(&w.text.as_str()));
        if nearly_yes {
            return Decision::new(Meaning::Unclear, 60, "sounds like a yes, and is none");
        }
        if short && self.sound.lean == Some(Lean::No) && !something_else {
            return Decision::new(Meaning::Deny, 60, "lean: short, and the audio fits no");
        }
        Decision::new(Meaning::Unclear, 70, "neither a clear yes nor a clear no")
    }

    fn question(&self) -> Option<Decision> {
        let formed = phrases::QUESTION.find(self.said);
        // At an open question "nobody referred me" is the answer, whatever the program lists.
        let open = matches!(self.context.expecting, Expecting::Question(_));
        if (!open || formed.is_some())
            && let Some(asked) = self.listed(names::contains)
        {
            return Some(asked);
        }
        let found = formed?;
        let asked = self.said.iter().any(|w| w.stop == super::normalise::Stop::Question);
        let tells = phrases::NO_QUESTION.find(self.said).is_some() && !asked;
        (!tells).then(|| Decision::new(Meaning::Question, 80, found.evidence()))
    }

    /// The program's FAQ entry with a phrase that `fits` what was said.
    fn listed(&self, fits: impl Fn(&[Word], &str) -> bool) -> Option<Decision> {
        let faq =
            self.context.program.faq.iter().find(|faq| faq.phrases.iter().any(|p| fits(self.said, p)))?;
        let evidence = format!("faq:{}", faq.id);
        Some(Decision { faq: Some(faq.id.clone()), ..Decision::new(Meaning::Question, 92, evidence) })
    }

    /// What was said is an FAQ phrase from end to end: the program's own words outrank every table but danger.
    fn listed_whole(&self) -> Option<Decision> {
        phrases::QUESTION.find(self.said)?;
        self.listed(|said, phrase| names::begins_with(said, phrase) == Some(said.len()))
    }
}

const ONCE: &[&str] = &[
    "overdose",
    "overdosed",
    "seizure",
    "seizures",
    "suicidal",
    "suicide",
    "unconscious",
    "ambulance",
    "took",
    "taken",
    "used",
    "drank",
    "swallowed",
    "did",
    "ate",
    "shot",
    "had",
    "passed",
    "hospital",
    "kill",
    "collapsed",
    "heart",
    "cut",
    "chest",
];
const STOPPING: &[&str] =
    &["stop", "please", "actually", "just", "okay", "wait", "yes", "yeah", "no", "it", "that", "this", "now"];
/// What recognisers write for a mumbled "yes" or "yeah".
const NEARLY_YES: &[&str] = &["ness", "guess", "chess", "yet", "jess", "bless", "mess", "less", "us", "yea"];
const NUMBERS: &[&str] = &[
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve", "twenty", "thirty",
];
const MURMURS: &[&str] = &[
    "uhhuh", "mmhmm", "okay", "alright", "right", "yeah", "yep", "yes", "sure", "good", "fine", "mm", "hmm",
    "ok", "aha", "huh",
];

/// "Uh huh", "okay", "right" and their like, alone.
fn backchannel(text: &str, said: &[Word]) -> bool {
    const PAIRS: &[&[&str]] =
        &[&["got", "it"], &["i", "see"], &["all", "right"], &["go", "on"], &["i", "understand"]];
    let murmurs =
        said.iter().all(|w| MURMURS.contains(&w.text.as_str()) && w.text != "yes" && w.text != "huh");
    let pair = PAIRS.iter().any(|p| p.len() == said.len() && p.iter().zip(said).all(|(a, b)| *a == b.text));
    let spoken = text.chars().any(char::is_alphabetic);
    spoken && (said.is_empty() || murmurs && said.len() <= 2 || pair)
}

/// Only murmurs and half-heartedness, which answer nothing.
fn weak_alone(said: &[Word]) -> bool {
    const NOTHING: &[&str] = &[
        "uhhuh", "mmhmm", "okay", "alright", "right", "whatever", "huh", "noise", "so", "the", "and", "you",
        "a", "i",
    ];
    const GUESSES: &[&str] = &["guess", "suppose"];
    let half = matches!(said, [i, guess, ..] if i.text == "i" && GUESSES.contains(&guess.text.as_str()));
    let guess = half && said.len() <= 3;
    guess || said.iter().all(|w| NOTHING.contains(&w.text.as_str()))
}

//! What a caller answered to a question that was read, and whether that can be told at all.
//!
//! Doubt is never a yes, and never a wrong call either: what was heard too unsurely, or may be the agent's own words
//! where both are on one channel, is not judged, and the reviewer is told where to listen.

use super::{
    Party, Utterance,
    layout::{Layout, Reading},
};
use crate::{
    program::{Expecting, Locale, Program},
    understand::{Context, Heard, Lean, Meaning, Percent, understand},
};

/// An answer may begin so long before the question has ended.
const EARLY_MS: u64 = 700;
/// An answer comes within this time.
const ANSWER_MS_MAX: u64 = 20_000;
/// On one channel, more words than this between two texts of the script may be both parties'.
const ANSWER_WORDS_MAX: usize = 8;
/// As sure as a yes must have been heard, a no must be: at all, and where it is so short that it is easily misheard.
const HEARD_MIN: Percent = Percent::new(50);
const SHORT_HEARD_MIN: Percent = Percent::new(70);
const SHORT_WORDS_MAX: usize = 2;

/// What an answer is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Is {
    Yes,
    No,
    /// Neither: what it is instead.
    Unclear(&'static str),
    /// It cannot be told, and why.
    Untold(&'static str),
}

/// An answer, and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub is: Is,
    pub from_ms: u64,
    pub to_ms: u64,
    /// The utterances that it was told from.
    pub told_from: Vec<usize>,
}

/// Who asks: everything an answer is judged by.
pub(super) struct Asker<'a> {
    pub program: &'a Program,
    pub locale: Locale,
    pub said: &'a [Utterance],
    pub layout: &'a Layout,
}

/// Words that may be the answer.
struct Words {
    heard: Heard,
    from_ms: u64,
    to_ms: u64,
    told_from: Vec<usize>,
    by_ear: bool,
}

impl Asker<'_> {
    /// What was answered to `asked`; nothing where nobody answered it.
    pub fn answer(&self, asked: &Reading, expecting: &Expecting) -> Option<Answer> {
        let next = self.layout.next_after(asked).map_or(u64::MAX, |next| next.from_ms);
        let until = next.min(asked.to_ms.saturating_add(ANSWER_MS_MAX));
        if let Some((words, between)) = self.callers(asked, until) {
            let is = match between {
                true => Is::Untold("the agent said something else between the question and the answer"),
                false => self.is(&words, expecting),
            };
            return Some(words.answer(is));
        }
        let mut shared = self.on_one_channel(asked, until);
        // What is left of the passage that holds the question may be its own last words, misheard.
        let same = |words: &Words| words.told_from == [self.layout.stream[asked.last].utterance];
        if shared.len() > 1 && same(&shared[0]) && !matches!(self.is(&shared[0], expecting), Is::Yes | Is::No)
        {
            shared.remove(0);
        }
        let words = shared.into_iter().next()?;
        let is = match self.is(&words, expecting) {
            Is::Unclear(_) | Is::Untold(_)
                if words.heard.text.split_whitespace().count() > ANSWER_WORDS_MAX =>
            {
                Is::Untold("both parties are on one channel, and which words are the caller's cannot be told")
            }
            is => is,
        };
        Some(words.answer(is))
    }

    /// What the caller says, on a channel of their own, until the agent speaks again; and whether the agent said
    /// something before it that is not of the question, so that it may answer that.
    fn callers(&self, asked: &Reading, until: u64) -> Option<(Words, bool)> {
        let mut words: Option<Words> = None;
        let mut between = false;
        let stream = &self.layout.stream;
        let question = stream[asked.first].utterance..=stream[asked.last].utterance;
        let follows = |said: &Utterance| {
            said.from_ms.saturating_add(EARLY_MS) >= asked.to_ms
                && said.from_ms > asked.from_ms
                && said.from_ms <= until
        };
        for (at, said) in self.said.iter().enumerate().filter(|(_, said)| follows(said)) {
            match (&mut words, said.party) {
                (None, Party::Caller) if said.has_words() || said.is_by_ear() => {
                    words = Some(Words::of(at, said));
                }
                (None, Party::Agent) => between |= said.has_words() && !question.contains(&at),
                (Some(words), Party::Caller) => words.go_on(at, said),
                (Some(words), Party::Agent) if said.has_words() && said.from_ms >= words.to_ms => break,
                _ => {}
            }
        }
        words.map(|words| (words, between))
    }

    /// What is said between `asked` and the next text of the script, where both parties are on one channel.
    fn on_one_channel(&self, asked: &Reading, until: u64) -> Vec<Words> {
        let mut all: Vec<Words> = Vec::new();
        let stream = &self.layout.stream;
        let next = self.layout.next_after(asked).map_or(stream.len(), |next| next.first);
        for spoken in &stream[asked.last + 1..next] {
            let said = &self.said[spoken.utterance];
            if said.party != Party::Either || spoken.from_ms > until {
                continue;
            }
            match all.last_mut() {
                Some(words) if words.told_from == [spoken.utterance] => {
                    words.heard.text = [words.heard.text.as_str(), &spoken.text].join(" ");
                    words.to_ms = spoken.to_ms;
                }
                _ => {
                    let begins = spoken.from_ms == said.from_ms;
                    // How an utterance begins says nothing about words further on.
                    let lean = said.lean.map(|lean| if begins { lean } else { Lean::Neither });
                    let heard = Heard { text: spoken.text.clone(), confidence: said.confidence, lean };
                    all.push(Words {
                        heard,
                        from_ms: spoken.from_ms,
                        to_ms: spoken.to_ms,
                        told_from: vec![spoken.utterance],
                        by_ear: said.is_by_ear(),
                    });
                }
            }
        }
        all
    }

    /// What `words` are as an answer.
    fn is(&self, words: &Words, expecting: &Expecting) -> Is {
        if words.heard.text.trim().is_empty() {
            return Is::Untold("somebody answered, and no word was recognised");
        }
        let context = Context { program: self.program, locale: self.locale, expecting, granted: &[] };
        let heard = understand(&words.heard, &context);
        let is = self.answers(&heard.meaning, expecting);
        if !words.by_ear {
            return is;
        }
        let unsure = Is::Untold("the answer was heard too unsurely");
        match is {
            Is::No if words.is_doubtful() => unsure,
            Is::Yes | Is::No => is,
            // Clear words of which the ears were not sure enough.
            _ if matches!(
                self.answers(&understand(&Heard::typed(&*words.heard.text), &context).meaning, expecting),
                Is::Yes | Is::No
            ) =>
            {
                unsure
            }
            _ if words.heard.confidence < HEARD_MIN => unsure,
            // Words that are known, and answer nothing: "uh huh", "what did you say?".
            _ if heard.evidence.contains("phrase:") || heard.evidence.contains("faq:") => is,
            _ => Is::Untold("what was recognised answers nothing, and may be misheard"),
        }
    }

    fn answers(&self, meaning: &Meaning, expecting: &Expecting) -> Is {
        match meaning {
            Meaning::Affirm => Is::Yes,
            Meaning::Deny => Is::No,
            // "Don't send anything to my insurance": to that question a no.
            Meaning::Revoke(scope) => match expecting {
                Expecting::Consent(to) if scope.recipients(self.program).contains(&to) => Is::No,
                _ => Is::Unclear(meaning.name()),
            },
            other => Is::Unclear(other.name()),
        }
    }
}

impl Words {
    fn of(at: usize, said: &Utterance) -> Words {
        Words {
            heard: Heard { text: said.text.clone(), confidence: said.confidence, lean: said.lean },
            from_ms: said.from_ms,
            to_ms: said.to_ms,
            told_from: vec![at],
            by_ear: said.is_by_ear(),
        }
    }

    /// The same answer after a pause: only as sure as its weakest part, and against a yes where a part of it is.
    fn go_on(&mut self, at: usize, said: &Utterance) {
        let heard = &mut self.heard;
        if !said.text.trim().is_empty() {
            let first = heard.text.trim().is_empty();
            heard.confidence = if first { said.confidence } else { heard.confidence.min(said.confidence) };
            heard.lean = match (heard.lean, said.lean) {
                _ if first => said.lean,
                (Some(Lean::No), _) | (_, Some(Lean::No)) => Some(Lean::No),
                (one, other) if one == other => one,
                _ => Some(Lean::Neither),
            };
            heard.text = [heard.text.trim(), said.text.trim()].join(" ").trim().to_owned();
        }
        self.to_ms = said.to_ms;
        self.told_from.push(at);
    }

    /// Whether a no may be something else.
    fn is_doubtful(&self) -> bool {
        let short = self.heard.text.split_whitespace().count() <= SHORT_WORDS_MAX;
        match self.heard.lean {
            Some(Lean::No) => false,
            Some(Lean::Yes) => true,
            _ => self.heard.confidence < if short { SHORT_HEARD_MIN } else { HEARD_MIN },
        }
    }

    fn answer(self, is: Is) -> Answer {
        Answer { is, from_ms: self.from_ms, to_ms: self.to_ms, told_from: self.told_from }
    }
}

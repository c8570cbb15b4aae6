//! A call of another system, judged against a program: was the notice read in full, before anything sensitive was
//! asked, was it answered, and were consents asked and answered.
//!
//! What was said is laid beside what the script says, word by word. A recogniser makes mistakes, so not every word has
//! to be there; but the last ones of each part must, or it was cut short. What cannot be told is not guessed: it is
//! named as not judged (ADR 23).

mod answer;
mod layout;
mod page;
mod transcript;

pub use page::{Recording, call_page, index_page};
pub use transcript::{NotTranscript, TRANSCRIPT_BYTES_MAX, transcript};

use self::{
    answer::{Answer, Asker, Is},
    layout::{Layout, Piece, Reading, text_of, words},
};
use crate::{
    program::{Expecting, Locale, Program},
    understand::{Lean, Percent},
};
use serde::{Deserialize, Serialize};

/// A language that the recogniser does not know, and a line on which nothing is understood, are heard less surely than
/// this on the whole.
const HEARD_MIN: Percent = Percent::new(50);

/// Who said something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Party {
    /// Who called.
    Caller,
    /// Who answered for the program.
    Agent,
    /// Both are on one channel.
    Either,
}

/// Something that was said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Utterance {
    /// By whom.
    pub party: Party,
    /// When it began.
    pub from_ms: u64,
    /// When it ended.
    pub to_ms: u64,
    /// The words; none where a voice was heard and no word recognised.
    pub text: String,
    /// How sure the recogniser was of them; what somebody wrote down is certain.
    #[serde(default = "certain")]
    pub confidence: Percent,
    /// What the sound itself says of a yes or a no; nothing where the words were written down by somebody.
    #[serde(default)]
    pub lean: Option<Lean>,
}

fn certain() -> Percent {
    Percent::FULL
}

impl Utterance {
    /// What somebody wrote down.
    pub fn written(party: Party, from_ms: u64, to_ms: u64, text: impl Into<String>) -> Utterance {
        Utterance { party, from_ms, to_ms, text: text.into(), confidence: certain(), lean: None }
    }

    fn has_words(&self) -> bool {
        !self.text.trim().is_empty()
    }

    /// Whether a recogniser heard it.
    fn is_by_ear(&self) -> bool {
        self.lean.is_some()
    }
}

/// What came of looking for one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// Nothing must be: a consent that was not asked for, or the answer to one.
    Free,
    /// As it must be.
    Right,
    /// It cannot be told.
    Unjudged,
    /// Not as it must be.
    Wrong,
}

/// One thing that was looked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Judged {
    /// What: `notice`, `order`, `acknowledgement`, `consent payor`.
    pub what: String,
    /// What came of it.
    pub standing: Standing,
    /// Where in the call that shows.
    pub at_ms: Option<u64>,
    /// In words; they quote the script, never the caller.
    pub why: String,
}

/// A word of the script, and where it was recognised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Word {
    /// As the script writes it.
    pub text: String,
    /// When it was said; nothing where it was not recognised.
    pub at_ms: Option<u64>,
}

/// A text of the script beside what was said, word for word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// Which: `notice a`, `acknowledgement`, `consent payor`, `question substance`.
    pub what: String,
    /// Whether it was read to its end.
    pub is_whole: bool,
    /// How many of its words were recognised, out of a hundred.
    pub percent: usize,
    /// From when to when it was read; nothing where it was not.
    pub span_ms: Option<(u64, u64)>,
    /// Its words.
    pub words: Vec<Word>,
}

/// What came of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Foreign {
    /// The language it was judged in.
    pub locale: Locale,
    /// Everything that was looked for.
    pub judged: Vec<Judged>,
    /// The notice, and every text of the script that was found, in order.
    pub evidence: Vec<Evidence>,
    /// Whether each utterance may be shown to whoever may not see what callers tell: it is a clear yes or no, words of
    /// the script, or the agent's before the first sensitive question that was found.
    #[serde(skip)]
    pub shown: Vec<bool>,
}

impl Foreign {
    /// A call that cannot be judged, because of `why`.
    pub fn unjudged(locale: Locale, why: &str) -> Foreign {
        let judged = vec![judged("call", Standing::Unjudged, None, why)];
        Foreign { locale, judged, evidence: Vec::new(), shown: Vec::new() }
    }

    /// The gravest of what was found.
    pub fn standing(&self) -> Standing {
        let gravest = self.judged.iter().map(|judged| judged.standing).max();
        gravest.unwrap_or(Standing::Right).max(Standing::Right)
    }

    /// Where it first went wrong, or could not be judged.
    pub fn first(&self) -> Option<&Judged> {
        let standing = self.standing();
        let gravest = self.judged.iter().filter(|judged| judged.standing == standing);
        gravest.min_by_key(|judged| judged.at_ms.unwrap_or(0)).filter(|_| standing > Standing::Right)
    }
}

/// The language of `program` that `said` is in: the one in which most of its script is found, else the first.
pub fn language(program: &Program, said: &[Utterance]) -> Locale {
    let weighed = program.locales.iter().map(|locale| (Layout::of(program, *locale, said).weight(), *locale));
    // Of equal ones the first.
    let best = weighed.reduce(|best, next| if next.0 > best.0 { next } else { best });
    best.map_or(Locale::EnUs, |(_, locale)| locale)
}

/// Judges what was said, in the language `locale`.
pub fn judge(program: &Program, locale: Locale, said: &[Utterance]) -> Foreign {
    let layout = Layout::of(program, locale, said);
    let by_ear = said.iter().any(Utterance::is_by_ear);
    let asker = Asker { program, locale, said, layout: &layout };
    let notice_is_whole = |at: usize| layout.of_piece(Piece::Notice(at)).any(Reading::is_whole);
    if by_ear && !(0..program.notice.parts.len()).any(notice_is_whole) && surely_heard(said) < HEARD_MIN {
        let why = "what the agent says was not understood: another language than English, or a bad line; \
            give a transcript (--transcript FILE)";
        return Foreign { evidence: evidence(&asker), ..Foreign::unjudged(locale, why) };
    }
    Court { asker, by_ear, answers: Vec::new() }.judge()
}

/// How surely what may be the agent's words was heard on the whole, each utterance by how long it lasts.
fn surely_heard(said: &[Utterance]) -> Percent {
    let agents = said.iter().filter(|said| said.party != Party::Caller);
    let (mut sum, mut whole) = (0_u64, 0_u64);
    for said in agents {
        let lasts = said.to_ms.saturating_sub(said.from_ms);
        let surely = lasts.saturating_mul(u64::from(said.confidence.value()));
        (sum, whole) = (sum.saturating_add(surely), whole.saturating_add(lasts));
    }
    // Where nobody speaks, nothing was misheard.
    Percent::new(sum.checked_div(whole).unwrap_or(100) as u8)
}

struct Court<'a> {
    asker: Asker<'a>,
    by_ear: bool,
    answers: Vec<usize>,
}

impl<'a> Court<'a> {
    fn judge(mut self) -> Foreign {
        let (layout, program) = (self.asker.layout, self.asker.program);
        let questions = || layout.readings.iter().filter(|read| matches!(read.piece, Piece::Sensitive(_)));
        let sensitive = questions().find(|read| read.is_said());
        let in_part = questions().find(|read| read.is_in_part());
        let (notice, heard_ms) = self.notice(sensitive.or(self.asked(sensitive, None)));
        let asked = self.asked(sensitive, heard_ms);
        let answer = asked.and_then(|asked| self.answered(asked, &Expecting::Notice));
        let mut all = vec![self.acknowledged(asked, answer.as_ref(), heard_ms)];
        let is_early = asked.is_some_and(|asked| self.is_early(asked, heard_ms));
        let order = |first| self.order(first, &notice, heard_ms, answer.as_ref(), is_early);
        let mut ordered = order(sensitive);
        // What may have been asked is no fault, but where it came too early the order cannot be told.
        if let Some(part) = in_part.filter(|_| self.by_ear && ordered.standing < Standing::Unjudged)
            && order(Some(part)).standing > Standing::Right
        {
            let Judged { why, .. } = order(Some(part));
            let why = format!("a question was recognised in part only; if it is the script's, {why}");
            ordered = judged("order", Standing::Unjudged, Some(part.from_ms), &why);
        }
        all.push(ordered);
        all.insert(0, notice);
        for at in 0..program.recipients.len() {
            let consent = self.consent(at);
            all.push(consent);
        }
        let evidence = evidence(&self.asker);
        Foreign { locale: self.asker.locale, judged: all, evidence, shown: self.shown(sensitive, in_part) }
    }

    /// Whether each utterance may be shown. Where no sensitive question was found, it may have been asked in other
    /// words at any time.
    fn shown(&self, sensitive: Option<&Reading>, in_part: Option<&Reading>) -> Vec<bool> {
        let Asker { said, layout, .. } = self.asker;
        let until =
            sensitive.map_or(0, |first| in_part.map_or(u64::MAX, |part| part.from_ms).min(first.from_ms));
        let mut scripted = vec![(0, 0); said.len()];
        for (at, spoken) in layout.stream.iter().enumerate() {
            let read = layout.readings.iter().any(|r| r.is_said() && (r.first..=r.last).contains(&at));
            let (of_script, all) = &mut scripted[spoken.utterance];
            (*of_script, *all) = (*of_script + usize::from(read), *all + 1);
        }
        let shows = |(at, said): (usize, &Utterance)| {
            let (of_script, all) = scripted[at];
            self.answers.contains(&at)
                || of_script > 0 && of_script * 2 >= all
                || said.party == Party::Agent && said.from_ms < until
        };
        said.iter().enumerate().map(shows).collect()
    }

    fn answered(&mut self, asked: &Reading, expecting: &Expecting) -> Option<Answer> {
        let answer = self.asker.answer(asked, expecting)?;
        if matches!(answer.is, Is::Yes | Is::No) {
            self.answers.extend(&answer.told_from);
        }
        Some(answer)
    }

    /// The asking that counts: of those after the notice, which was heard at `heard_ms`, the last before the first
    /// sensitive question, an answered one first. Where none came after the notice, of all of them.
    fn asked(&self, sensitive: Option<&Reading>, heard_ms: Option<u64>) -> Option<&'a Reading> {
        let layout: &'a Layout = self.asker.layout;
        let said = layout.of_piece(Piece::Acknowledge).filter(|reading| reading.is_said());
        let mut all: Vec<&'a Reading> = said.collect();
        if all.iter().any(|asked| !self.is_early(asked, heard_ms)) {
            all.retain(|asked| !self.is_early(asked, heard_ms));
        }
        let before = all.iter().filter(|asked| sensitive.is_none_or(|first| asked.first < first.first));
        let mut before: Vec<&'a Reading> = before.copied().collect();
        if before.is_empty() {
            before = all;
        }
        let is_answered = |asked: &&&'a Reading| self.asker.answer(asked, &Expecting::Notice).is_some();
        before.iter().rev().find(is_answered).or(before.last()).copied()
    }

    /// Whether `asked` came before the last part of the notice, which had been read at `heard_ms`.
    fn is_early(&self, asked: &Reading, heard_ms: Option<u64>) -> bool {
        let parts = (0..self.asker.program.notice.parts.len()).map(Piece::Notice);
        let last = parts.filter_map(|part| self.asker.layout.best(part)).map(|part| part.last).max();
        heard_ms.is_some_and(|heard| asked.to_ms < heard || last.is_some_and(|last| asked.first < last))
    }

    /// The notice, and when its last part had been read. `instead` is what was said though it had to be read by then.
    fn notice(&self, instead: Option<&Reading>) -> (Judged, Option<u64>) {
        let mut until = None;
        for (at, part) in self.asker.program.notice.parts.iter().enumerate() {
            let Some(read) = self.asker.layout.best(Piece::Notice(at)) else {
                let at_ms = instead.map(|read| read.from_ms).or(until);
                return (wrong("notice", at_ms, &format!("part {} was not read", part.id)), None);
            };
            if !read.is_whole() {
                let text = text_of(self.asker.program, self.asker.locale, read.piece);
                let written: Vec<&str> = words(&text).map(|(_, written)| written).collect();
                let reached = read.reached();
                let tail = written[reached.saturating_sub(3)..=reached].join(" ");
                let is_cut = !read.has_ended() && read.percent_so_far() >= layout::READ_PERCENT_MIN;
                let (standing, why) = match self.by_ear {
                    _ if is_cut => (
                        Standing::Wrong,
                        format!("part {} was cut short after \u{201c}{tail}\u{201d}", part.id),
                    ),
                    false => (Standing::Wrong, format!("part {} was read in other words", part.id)),
                    true => (
                        Standing::Unjudged,
                        format!(
                            "of part {} only {} words in a hundred were recognised",
                            part.id,
                            read.percent()
                        ),
                    ),
                };
                return (judged("notice", standing, Some(read.to_ms), &why), None);
            }
            until = until.max(Some(read.to_ms));
        }
        (judged("notice", Standing::Right, until, "every part was read to its end"), until)
    }

    fn acknowledged(
        &self,
        asked: Option<&Reading>,
        answer: Option<&Answer>,
        heard_ms: Option<u64>,
    ) -> Judged {
        let what = "acknowledgement";
        let Some(asked) = asked else {
            let partly = self.asker.layout.best(Piece::Acknowledge).filter(|_| self.by_ear);
            return match partly {
                Some(read) => {
                    let why = "the question was recognised in part only";
                    judged(what, Standing::Unjudged, Some(read.from_ms), why)
                }
                None => wrong(what, heard_ms, "the question was not asked"),
            };
        };
        match answer.map(|answer| (&answer.is, answer.from_ms)) {
            None => wrong(what, Some(asked.to_ms), "the question was not answered"),
            Some((_, at)) if self.is_early(asked, heard_ms) => {
                wrong(what, Some(at), "answered before the notice had been read")
            }
            Some((Is::Yes, at)) => judged(what, Standing::Right, Some(at), "a clear yes"),
            Some((Is::No, at)) => judged(what, Standing::Right, Some(at), "a clear no"),
            Some((Is::Unclear(other), at)) => wrong(what, Some(at), &format!("no clear answer ({other})")),
            Some((Is::Untold(why), at)) => judged(what, Standing::Unjudged, Some(at), why),
        }
    }

    fn order(
        &self,
        sensitive: Option<&Reading>,
        notice: &Judged,
        heard_ms: Option<u64>,
        answer: Option<&Answer>,
        is_early: bool,
    ) -> Judged {
        let Some(first) = sensitive else {
            return judged("order", Standing::Free, None, "no sensitive question of the script was asked");
        };
        let at = first.from_ms;
        let id = match first.piece {
            Piece::Sensitive(at) => &self.asker.program.sensitive[at].id,
            _ => &self.asker.program.id,
        };
        let was_asked = |why: &str| format!("{id} was asked {why}");
        // An answer that came after the question cannot have opened it.
        let answer = answer.filter(|answer| answer.from_ms <= at).map(|answer| &answer.is);
        let (standing, why) = match (heard_ms, answer) {
            (None, _) if notice.standing == Standing::Unjudged => {
                (Standing::Unjudged, was_asked("after a notice that cannot be judged"))
            }
            (None, _) => (Standing::Wrong, was_asked("though the notice was not read in full")),
            (Some(heard), _) if heard > at => (Standing::Wrong, was_asked("before the notice had been read")),
            (Some(_), Some(_)) if is_early => {
                (Standing::Wrong, was_asked("after an answer that came before the notice had been read"))
            }
            (Some(_), Some(Is::Yes)) => (Standing::Right, format!("{id} came after the notice and its yes")),
            (Some(_), Some(Is::Untold(_))) => {
                (Standing::Unjudged, was_asked("after an answer to the notice that cannot be told"))
            }
            (Some(_), _) => (Standing::Wrong, was_asked("without a clear yes to the notice")),
        };
        judged("order", standing, Some(at), &why)
    }

    /// What became of a consent: the last time it was asked about and answered counts.
    fn consent(&mut self, at: usize) -> Judged {
        let recipient = &self.asker.program.recipients[at];
        let what = format!("consent {}", recipient.id);
        let expecting = Expecting::Consent(recipient.id.clone());
        let layout = self.asker.layout;
        let asked: Vec<&Reading> =
            layout.of_piece(Piece::Consent(at)).filter(|read| read.is_said()).collect();
        let Some(last) = asked.last() else {
            let in_part = layout.best(Piece::Consent(at)).filter(|read| self.by_ear && read.is_in_part());
            return match in_part {
                Some(read) => {
                    let why = "the question was recognised in part only";
                    judged(&what, Standing::Unjudged, Some(read.from_ms), why)
                }
                None => judged(&what, Standing::Free, None, "not asked"),
            };
        };
        let answers: Vec<Answer> =
            asked.iter().filter_map(|asked| self.answered(asked, &expecting)).collect();
        match answers.last().map(|answer| (&answer.is, answer.from_ms)) {
            Some((Is::Yes, at)) => judged(&what, Standing::Free, Some(at), "yes"),
            Some((Is::No, at)) => judged(&what, Standing::Free, Some(at), "no"),
            Some((Is::Unclear(other), at)) => {
                wrong(&what, Some(at), &format!("asked, and not clearly answered ({other})"))
            }
            Some((Is::Untold(why), at)) => {
                judged(&what, Standing::Unjudged, Some(at), &format!("asked; {why}"))
            }
            None => wrong(&what, Some(last.to_ms), "asked, and not answered"),
        }
    }
}

/// The notice, part by part, and whatever else of the script was found.
fn evidence(asker: &Asker<'_>) -> Vec<Evidence> {
    let Asker { program, locale, layout, .. } = asker;
    let name = |piece: Piece| match piece {
        Piece::Notice(at) => format!("notice {}", program.notice.parts[at].id),
        Piece::Acknowledge => "acknowledgement".to_owned(),
        Piece::Shared => "about sharing".to_owned(),
        Piece::Consent(at) => format!("consent {}", program.recipients[at].id),
        Piece::Plain(at) => format!("question {}", program.plain[at].id),
        Piece::Sensitive(at) => format!("sensitive question {}", program.sensitive[at].id),
    };
    let shown = |piece: Piece, read: Option<&Reading>| {
        let text = text_of(program, *locale, piece);
        let word = |(at, (_, written)): (usize, (String, &str))| {
            let stands = read.and_then(|read| read.words.get(at).copied().flatten());
            Word { text: written.to_owned(), at_ms: stands.map(|at| layout.stream[at].from_ms) }
        };
        Evidence {
            what: name(piece),
            is_whole: read.is_some_and(Reading::is_whole),
            percent: read.map_or(0, Reading::percent),
            span_ms: read.map(|read| (read.from_ms, read.to_ms)),
            words: words(&text).enumerate().map(word).collect(),
        }
    };
    let parts = (0..program.notice.parts.len()).map(Piece::Notice);
    let notice = parts.map(|piece| shown(piece, layout.best(piece)));
    let is_other = |read: &&Reading| read.is_said() && !matches!(read.piece, Piece::Notice(_));
    notice.chain(layout.readings.iter().filter(is_other).map(|read| shown(read.piece, Some(read)))).collect()
}

fn judged(what: &str, standing: Standing, at_ms: Option<u64>, why: &str) -> Judged {
    Judged { what: what.into(), standing, at_ms, why: why.into() }
}

fn wrong(what: &str, at_ms: Option<u64>, why: &str) -> Judged {
    judged(what, Standing::Wrong, at_ms, why)
}

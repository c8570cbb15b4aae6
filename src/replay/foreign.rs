//! A call of another system, judged against a program: was the notice read in full, before anything sensitive was
//! asked, was it answered, and were consents asked and answered.
//!
//! What was said is laid beside what the script says, word by word. A recogniser makes mistakes, so not every word has
//! to be there; but the last ones of each part must, or it was cut short.

use crate::{
    program::{Expecting, Locale, Program},
    time::Millis,
    understand::{Context, Heard, Meaning, understand},
};
use serde::{Deserialize, Serialize};

/// Of a part that was read, this much was recognised, out of a hundred.
const READ_PERCENT_MIN: usize = 65;
/// Below this it was not even begun.
const BEGUN_PERCENT_MIN: usize = 25;
/// The end was read when one of so many last words was recognised.
const LAST_WORDS: usize = 3;
/// An answer may begin so long before the question has ended.
const EARLY_MS: u64 = 700;
/// An answer comes within this time.
const ANSWER_MS_MAX: u64 = 20_000;

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
    /// The words.
    pub text: String,
}

/// One thing that was looked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Judged {
    /// What: `notice`, `order`, `acknowledgement`, `consent payor`.
    pub what: String,
    /// Whether it was as it must be; nothing where nothing must be.
    pub ok: Option<bool>,
    /// Where in the call that shows.
    pub at_ms: Option<u64>,
    /// In words; they quote the script, never the caller.
    pub why: String,
}

/// What came of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Foreign {
    /// Everything that was looked for.
    pub judged: Vec<Judged>,
}

impl Foreign {
    /// Whether everything was as it must be.
    pub fn is_right(&self) -> bool {
        self.judged.iter().all(|judged| judged.ok != Some(false))
    }
}

/// Judges what was said.
pub fn judge(program: &Program, locale: Locale, said: &[Utterance]) -> Foreign {
    Court { program, locale, said, stream: stream(said) }.judge()
}

/// A word of the agent's, and when it was said.
struct Spoken {
    word: String,
    at_ms: u64,
    to_ms: u64,
}

/// Where a text of the script was found.
struct Read {
    /// How many of its words, out of a hundred.
    percent: usize,
    /// Whether its last words were among them.
    ended: bool,
    /// The last of its words that was.
    last: usize,
    from_ms: u64,
    to_ms: u64,
}

impl Read {
    fn is_whole(&self) -> bool {
        self.percent >= READ_PERCENT_MIN && self.ended
    }
}

struct Court<'a> {
    program: &'a Program,
    locale: Locale,
    said: &'a [Utterance],
    stream: Vec<Spoken>,
}

impl Court<'_> {
    fn judge(&self) -> Foreign {
        let mut judged = Vec::new();
        let (notice, heard_ms) = self.notice();
        let whole = notice.ok == Some(true);
        judged.push(notice);
        let acknowledge = self.program.notice.acknowledge.in_locale(self.locale);
        let asked = self.find(acknowledge).filter(|read| read.percent >= READ_PERCENT_MIN);
        let answer = asked.as_ref().map(|read| self.answer(read, &Expecting::Notice));
        let affirmed = matches!(answer, Some(Some((Meaning::Affirm, _))));
        judged.push(match (&asked, &answer) {
            (None, _) | (_, None) => {
                self::judged("acknowledgement", false, None, "the question was not asked")
            }
            (Some(read), Some(None)) => {
                self::judged("acknowledgement", false, Some(read.to_ms), "the question was not answered")
            }
            (Some(_), Some(Some((meaning, at)))) => Judged {
                what: "acknowledgement".into(),
                ok: (*meaning != Meaning::Affirm).then_some(*meaning == Meaning::Deny),
                at_ms: Some(*at),
                why: match meaning {
                    Meaning::Affirm => "a clear yes".into(),
                    Meaning::Deny => "a clear no".into(),
                    other => format!("no clear answer ({})", other.name()),
                },
            },
        });
        let sensitive = self.program.sensitive.iter().filter_map(|question| {
            let read = self.find(question.text.in_locale(self.locale))?;
            (read.percent >= READ_PERCENT_MIN).then_some((read.from_ms, question.id.clone()))
        });
        let first = sensitive.min();
        judged.push(match (&first, heard_ms) {
            (None, _) => Judged {
                what: "order".into(),
                ok: None,
                at_ms: None,
                why: "no sensitive question of the script was asked".into(),
            },
            (Some((at, id)), Some(heard)) if whole && heard <= *at && affirmed => {
                self::judged("order", true, Some(*at), &format!("{id} came after the notice and its yes"))
            }
            (Some((at, id)), heard) => {
                let why = match heard {
                    Some(heard) if whole && heard > *at => "before the notice had been read",
                    Some(_) if whole => "without a clear yes to the notice",
                    _ => "though the notice was not read in full",
                };
                self::judged("order", false, Some(*at), &format!("{id} was asked {why}"))
            }
        });
        judged.extend(self.program.recipients.iter().map(|recipient| self.consent(recipient)));
        Foreign { judged }
    }

    /// The notice, and when its last part had been read.
    fn notice(&self) -> (Judged, Option<u64>) {
        let mut until = None;
        for part in &self.program.notice.parts {
            let text = part.text.in_locale(self.locale);
            let read = self.find(text).filter(|read| read.percent >= BEGUN_PERCENT_MIN);
            let Some(read) = read else {
                let why = format!("part {} was not read", part.id);
                return (judged("notice", false, until, &why), None);
            };
            if !read.is_whole() {
                let words: Vec<&str> = text.split_whitespace().collect();
                let last = read.last.min(words.len().saturating_sub(1));
                let tail = words[last.saturating_sub(3)..=last].join(" ");
                let why = format!("part {} was cut short after \u{201c}{tail}\u{201d}", part.id);
                return (judged("notice", false, Some(read.to_ms), &why), None);
            }
            until = until.max(Some(read.to_ms));
        }
        (judged("notice", true, until, "every part was read to its end"), until)
    }

    fn consent(&self, recipient: &crate::program::Recipient) -> Judged {
        let what = format!("consent {}", recipient.id);
        let name = recipient.name.in_locale(self.locale);
        let asked = self.find(&recipient.consent.about(&[name], self.locale));
        let Some(read) = asked.filter(|read| read.percent >= READ_PERCENT_MIN) else {
            return Judged { what, ok: None, at_ms: None, why: "not asked".into() };
        };
        let why = match self.answer(&read, &Expecting::Consent(recipient.id.clone())) {
            Some((Meaning::Affirm, at)) => {
                return Judged { what, ok: None, at_ms: Some(at), why: "yes".into() };
            }
            Some((Meaning::Deny, at)) => return Judged { what, ok: None, at_ms: Some(at), why: "no".into() },
            Some((other, at)) => {
                let why = format!("asked, and not clearly answered ({})", other.name());
                return judged(&what, false, Some(at), &why);
            }
            None => "asked, and not answered",
        };
        judged(&what, false, Some(read.to_ms), why)
    }

    /// What the caller answered to what was asked, and when.
    fn answer(&self, asked: &Read, expecting: &Expecting) -> Option<(Meaning, u64)> {
        let follows = |said: &&Utterance| {
            said.party != Party::Agent
                && said.from_ms + EARLY_MS >= asked.to_ms
                && said.from_ms > asked.from_ms
                && said.from_ms <= asked.to_ms + ANSWER_MS_MAX
                && !said.text.trim().is_empty()
        };
        let answer = self.said.iter().find(follows)?;
        let heard = Heard::typed(answer.text.clone());
        let context = Context { program: self.program, locale: self.locale, expecting, granted: &[] };
        Some((understand(&heard, &context).meaning, answer.from_ms))
    }

    /// Where a text of the script was read best: the words of both laid side by side.
    fn find(&self, text: &str) -> Option<Read> {
        let wanted = words(text);
        let (rows, columns) = (wanted.len(), self.stream.len());
        // The best score of an alignment that ends at these two words, and where it began and how.
        let mut score = vec![0_i32; (rows + 1) * (columns + 1)];
        let place = |row: usize, column: usize| row * (columns + 1) + column;
        let mut best = (0, 0, 0);
        for row in 1..=rows {
            for column in 1..=columns {
                let fits = if alike(&wanted[row - 1], &self.stream[column - 1].word) { 2 } else { -1 };
                let across = score[place(row - 1, column - 1)] + fits;
                let skipped = score[place(row - 1, column)].max(score[place(row, column - 1)]) - 1;
                let now = across.max(skipped).max(0);
                score[place(row, column)] = now;
                best = best.max((now, row, column));
            }
        }
        let (mut now, mut row, mut column) = best;
        let (last, end) = (row.checked_sub(1)?, column.checked_sub(1)?);
        let (mut found, mut start, mut ended) = (0, end, false);
        while now > 0 && row > 0 && column > 0 {
            let matches = alike(&wanted[row - 1], &self.stream[column - 1].word);
            if matches && now == score[place(row - 1, column - 1)] + 2 {
                found += 1;
                start = column - 1;
                ended |= row + LAST_WORDS > rows;
                (row, column) = (row - 1, column - 1);
            } else if now == score[place(row - 1, column)] - 1 {
                row -= 1;
            } else if now == score[place(row, column - 1)] - 1 {
                column -= 1;
            } else {
                (row, column) = (row - 1, column - 1);
            }
            now = score[place(row, column)];
        }
        let percent = found * 100 / rows.max(1);
        let (from_ms, to_ms) = (self.stream[start].at_ms, self.stream[end].to_ms);
        Some(Read { percent, ended, last, from_ms, to_ms })
    }
}

fn judged(what: &str, ok: bool, at_ms: Option<u64>, why: &str) -> Judged {
    Judged { what: what.into(), ok: Some(ok), at_ms, why: why.into() }
}

/// The words that may be the agent's, each at the time it was said, as far as that can be told from its utterance.
fn stream(said: &[Utterance]) -> Vec<Spoken> {
    let mut stream = Vec::new();
    for utterance in said.iter().filter(|said| said.party != Party::Caller) {
        let all = words(&utterance.text);
        let lasts = Millis(utterance.to_ms).since(Millis(utterance.from_ms));
        let count = all.len().max(1) as u64;
        stream.extend(all.into_iter().enumerate().map(|(at, word)| Spoken {
            word,
            at_ms: utterance.from_ms + lasts * at as u64 / count,
            to_ms: utterance.from_ms + lasts * (at as u64 + 1) / count,
        }));
    }
    stream
}

fn words(text: &str) -> Vec<String> {
    let kept = |c: &char| c.is_alphanumeric();
    let words = text.split(|c: char| c.is_whitespace() || c == '-');
    words
        .map(|word| word.to_lowercase().chars().filter(kept).collect())
        .filter(|w: &String| !w.is_empty())
        .collect()
}

/// Whether two words are the same, or near enough for a recogniser: long ones that begin alike.
fn alike(one: &str, other: &str) -> bool {
    const BEGINNING: usize = 4;
    let begins = |word: &str| word.chars().take(BEGINNING).collect::<String>();
    one == other || one.len() > BEGINNING && other.len() > BEGINNING && begins(one) == begins(other)
}

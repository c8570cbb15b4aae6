//! A call laid out in time: lanes of spans, for the report.

use super::{Kept, Place, difference::word};
use crate::{
    dialogue::{Fact, Input, LineId},
    journal::{Event, Label},
    program::Elicits,
};
use serde::Serialize;

/// Around sensitive words this much more is masked: where they begin and end is measured, not known.
const MASK_MS_AROUND: u64 = 400;
/// A word that is said in less time than can be seen is drawn this long.
const SEEN_MS_MIN: u64 = 120;

/// Everything of a call that has a place in time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Timeline {
    /// How long it lasted.
    pub lasted_ms: u64,
    /// What happened, lane by lane, in the order in which it began.
    pub spans: Vec<Span>,
    /// Where sensitive words are, or may be.
    pub sensitive: Vec<(u64, u64)>,
}

/// One thing, from when to when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Span {
    /// `caller`, `agent`, `phase`, `meaning`, `consent`, `gate`, `barge_in` or `latency`.
    pub lane: &'static str,
    /// When it began.
    pub from_ms: u64,
    /// When it ended.
    pub to_ms: u64,
    /// What it is, in a word or two.
    pub title: String,
    /// The words, or what it rests on; nothing where that is masked.
    pub text: Option<String>,
    /// The words are masked as sensitive.
    pub masked: bool,
    /// How much of a line was heard: out of a hundred, where it was cut.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heard: Option<String>,
    /// The entry it stands in.
    pub entry: u64,
}

impl Timeline {
    /// The timeline of `kept`; sensitive words only where `open`.
    pub fn of(kept: &Kept, open: bool) -> Timeline {
        let mut walk = Walk { open, ..Walk::default() };
        for place in &kept.places {
            walk.place(place);
        }
        walk.ended()
    }
}

#[derive(Default)]
struct Walk {
    open: bool,
    made: Timeline,
    lines: Vec<(LineId, usize)>,
    spoken: Vec<(LineId, String, String, bool)>,
    said_at: Option<(u64, u64)>,
    awaited: Option<u64>,
    sensitive_since: Option<(String, u64)>,
}

impl Walk {
    fn add(
        &mut self,
        place: &Place,
        lane: &'static str,
        from: u64,
        title: String,
        text: Option<String>,
    ) -> usize {
        let hides = place.label == Label::Sensitive && !self.open;
        self.made.spans.push(Span {
            lane,
            from_ms: from,
            to_ms: from,
            title,
            masked: hides && text.is_some(),
            text: text.filter(|_| !hides),
            heard: None,
            entry: place.seq,
        });
        self.made.spans.len() - 1
    }

    fn place(&mut self, place: &Place) {
        let at = place.at.0;
        self.made.lasted_ms = self.made.lasted_ms.max(at);
        match &place.event {
            Err(gone) => {
                self.add(place, "gap", at, "not readable".into(), Some(gone.why.clone()));
            }
            Ok(Event::Input { .. }) => {
                if let Some(input) = place.input() {
                    self.input(place, at, input);
                }
            }
            Ok(Event::Fact { fact }) => self.fact(place, at, fact),
            Ok(Event::Effect { effect }) => match effect["do"].as_str() {
                Some("speak") => {
                    let line = &effect["line"];
                    if let Ok(id) = serde_json::from_value(line["id"].clone()) {
                        let (kind, text) = (line["kind"].as_str(), line["text"].as_str());
                        let hides = place.label == Label::Sensitive;
                        self.spoken.push((id, kind.unwrap_or("").into(), text.unwrap_or("").into(), hides));
                    }
                }
                Some("listen") => {
                    let waits = effect["for"]["expecting"].as_str().unwrap_or("").to_owned();
                    self.close("phase", at, None);
                    self.add(place, "phase", at, waits, None);
                }
                Some("understood") => {
                    let sure = effect["confidence"].as_f64().unwrap_or(0.0);
                    let title = format!("{} {:.0} %", effect["meaning"].as_str().unwrap_or(""), sure * 100.0);
                    let (from, to) = self.said_at.unwrap_or((at, at));
                    let evidence = effect["evidence"].as_str().map(str::to_owned);
                    let index = self.add(place, "meaning", from, title, evidence);
                    self.made.spans[index].to_ms = to.max(from + SEEN_MS_MIN);
                }
                _ => {}
            },
            Ok(Event::Recording { duration_ms, .. }) => {
                self.made.lasted_ms = self.made.lasted_ms.max(*duration_ms);
            }
            Ok(Event::Recovered) => {
                self.add(place, "gate", at, "closed after a crash".into(), None);
            }
        }
    }

    fn input(&mut self, place: &Place, at: u64, input: Input) {
        match input {
            Input::Said { heard, from, to } => {
                let heard = heard.into_exposed();
                let (title, text) = match heard.text.trim() {
                    "" => ("a sound".to_owned(), None),
                    text => (format!("heard {} %", heard.confidence.value()), Some(text.to_owned())),
                };
                self.caller(place, (from.0, to.0), title, text);
                self.awaited = Some(to.0);
            }
            Input::Pressed { key } => {
                self.caller(place, (at, at), "key".into(), Some(key.char().to_string()))
            }
            Input::Chose { meaning, .. } => {
                self.caller(place, (at, at), "choice".into(), Some(meaning.name().to_owned()));
            }
            Input::LineBegan { line } => {
                if let Some(since) = self.awaited.take().filter(|since| *since < at) {
                    let title = format!("{} ms", at - since);
                    let index = self.add(place, "latency", since, title, None);
                    self.made.spans[index].to_ms = at;
                }
                let Some((_, kind, text, hides)) = self.spoken.iter().find(|s| s.0 == line).cloned() else {
                    return;
                };
                let label = if hides { Label::Sensitive } else { Label::General };
                let place = Place { label, ..place.clone() };
                let index = self.add(&place, "agent", at, kind, Some(text));
                self.lines.push((line, index));
                if hides {
                    self.made.sensitive.push((at, at));
                }
            }
            Input::LineEnded { line, complete, heard_ms } => {
                let Some(known) = self.lines.iter().position(|(id, _)| *id == line) else { return };
                let index = self.lines.remove(known).1;
                let span = &mut self.made.spans[index];
                span.to_ms = at.max(span.from_ms);
                if !complete {
                    span.heard = Some(format!(
                        "cut off; {}.{} s of it heard",
                        heard_ms / 1_000,
                        heard_ms % 1_000 / 100
                    ));
                    self.add(place, "barge_in", at, "line cut off".into(), None);
                }
            }
            Input::Failed { broken } => {
                self.add(place, "barge_in", at, format!("{} failed", word(&broken)), None);
            }
            Input::Moved { to } => {
                self.add(place, "phase", at, format!("goes on by {}", word(&to)), None);
            }
            Input::Gone { why } => {
                self.add(place, "phase", at, format!("gone: {}", word(&why)), None);
            }
            Input::HandedOver { .. } => {
                self.add(place, "phase", at, "goes on by phone".into(), None);
            }
            Input::LookedUp { carried } => {
                let found = if carried.is_some() { "goes on with a chat" } else { "no chat of that code" };
                self.add(place, "phase", at, found.into(), None);
            }
            Input::Begin | Input::SpeechBegan | Input::Tick | Input::Person { .. } => {}
        }
    }

    fn caller(&mut self, place: &Place, (from, to): (u64, u64), title: String, text: Option<String>) {
        if place.label == Label::Sensitive {
            self.made.sensitive.push((from.saturating_sub(MASK_MS_AROUND), to + MASK_MS_AROUND));
        }
        let index = self.add(place, "caller", from, title, text);
        self.made.spans[index].to_ms = to.max(from + SEEN_MS_MIN);
        self.said_at = Some((from, to));
    }

    fn fact(&mut self, place: &Place, at: u64, fact: &Fact) {
        match fact {
            Fact::Gate { open: true, why } => {
                self.add(place, "gate", at, "open".into(), Some(why.clone()));
            }
            Fact::Gate { open: false, why } => {
                self.close("gate", at, None);
                self.add(place, "gate", at, "closed".into(), Some(why.clone()));
            }
            Fact::ConsentAsked { recipient, text, .. } => {
                self.add(place, "consent", at, recipient.to_string(), Some(text.clone()));
            }
            Fact::ConsentDecided { recipient, decision, .. } => {
                let decided = format!("{recipient}: {}", word(decision));
                if !self.close("consent", at, Some((recipient.as_str(), decided.clone()))) {
                    self.add(place, "consent", at, decided, None);
                }
            }
            Fact::ConsentRevoked { recipient, .. } => {
                self.add(place, "consent", at, format!("{recipient}: revoked"), None);
            }
            Fact::QuestionAsked { id, elicits: Elicits::Sud } => {
                self.sensitive_since = Some((id.clone(), at));
            }
            Fact::QuestionEnded { id, .. } => {
                if let Some((open, since)) = self.sensitive_since.take() {
                    match open == *id {
                        true => self.made.sensitive.push((since, at)),
                        false => self.sensitive_since = Some((open, since)),
                    }
                }
            }
            _ => {}
        }
    }

    /// Ends the last span of a lane that is still open, and renames it where asked: whether there was one.
    fn close(&mut self, lane: &str, at: u64, rename: Option<(&str, String)>) -> bool {
        let open = |s: &&mut Span| s.lane == lane && s.to_ms == s.from_ms;
        let found = self.made.spans.iter_mut().rev().filter(open).find(|span| match &rename {
            Some((title, _)) => span.title == *title,
            None => span.title != "closed",
        });
        let Some(span) = found else { return false };
        span.to_ms = at;
        if let Some((_, title)) = rename {
            span.title = title;
        }
        true
    }

    fn ended(mut self) -> Timeline {
        let last = self.made.lasted_ms;
        if let Some((_, since)) = self.sensitive_since.take() {
            self.made.sensitive.push((since, last));
        }
        self.close("phase", last, None);
        self.close("gate", last, None);
        for (_, index) in std::mem::take(&mut self.lines) {
            self.made.spans[index].to_ms = last;
            self.made.spans[index].heard = Some("not known how much was heard".into());
        }
        // A line with sensitive words is masked as long as it lasts.
        let masked: Vec<(u64, u64)> = self
            .made
            .spans
            .iter()
            .filter(|s| s.lane == "agent" && s.masked)
            .map(|s| (s.from_ms, s.to_ms))
            .collect();
        self.made.sensitive.extend(masked);
        self.made.sensitive = joined(std::mem::take(&mut self.made.sensitive));
        self.made.spans.sort_by_key(|span| span.from_ms);
        self.made
    }
}

/// Stretches of time, in order, those that touch joined.
fn joined(mut all: Vec<(u64, u64)>) -> Vec<(u64, u64)> {
    all.sort_unstable();
    let mut joined: Vec<(u64, u64)> = Vec::new();
    for (from, to) in all.into_iter().filter(|(from, to)| from < to) {
        match joined.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => joined.push((from, to)),
        }
    }
    joined
}

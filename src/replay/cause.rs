//! Why a replay differs, as far as the first divergence and the two scripts tell.

use super::{
    Change, Difference, Kind, Mode,
    difference::{Side, Slot, word},
    run::Moment,
};
use crate::{
    dialogue::{Fact, Input, LineKind},
    journal::{Event, Opened},
    program::{Expecting, Program},
    time::Millis,
};
use serde::Serialize;

/// Why: calls are grouped by this.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Cause {
    /// A few words that name the group: `acknowledgement rule`, `notice reworded`, `question order`.
    pub name: String,
    /// What brought it about, where that is known: places of the script that changed, another build.
    pub because: Vec<String>,
}

/// The first point at which something decisive differs.
pub(super) struct Divergence<'a> {
    pub opened: &'a Opened,
    pub program: &'a Program,
    pub mode: Mode,
    pub changed: &'a [Change],
    pub moment: &'a Moment<'a>,
    pub recorded: &'a [(u64, Millis, Side)],
    pub replayed: &'a [Side],
    pub earlier: &'a [Difference],
    pub found: &'a [Difference],
}

impl Divergence<'_> {
    pub fn cause(&self) -> Cause {
        let name = self.name();
        let mut because = Vec::new();
        if self.moment.dimmed {
            because.push("words heard less surely than is supposed here are taken as unclear".to_owned());
        }
        because.extend(self.places(&name));
        if self.mode == Mode::Exact {
            let build = env!("CARGO_PKG_VERSION");
            because.push(match self.opened.build == build {
                true => "the script is the same: the build or the journal changed".into(),
                false => format!("the script is the same; the call ran on build {}", self.opened.build),
            });
        }
        Cause { name, because }
    }

    fn name(&self) -> String {
        let moment = self.moment;
        if self.understood_otherwise() && !moment.dimmed {
            return "understanding".into();
        }
        // An answer, or the time after which it stands, led to something else.
        let decided = matches!(
            moment.input,
            Input::Said { .. } | Input::Pressed { .. } | Input::Chose { .. } | Input::Tick
        );
        match &moment.expecting {
            Expecting::Notice if decided && (self.has(Kind::GateDecision) || moment.dimmed) => {
                return "acknowledgement rule".into();
            }
            Expecting::Consent(_) | Expecting::Signature(_)
                if decided && (self.has(Kind::ConsentOutcome) || moment.dimmed) =>
            {
                return "consent rule".into();
            }
            _ if moment.dimmed => return "understanding".into(),
            _ => {}
        }
        if self.asks_otherwise() {
            return self.asking();
        }
        if moment.timing || matches!(moment.input, Input::Tick) && !self.only_words() {
            return "timing".into();
        }
        match self.first_line() {
            Some((kind, true)) => format!("{} reworded", noun(kind)),
            Some((kind, false)) => format!("{} line", noun(kind)),
            None if self.has(Kind::GateDecision) => "gate rule".into(),
            None if self.has(Kind::ConsentOutcome) => "consent rule".into(),
            None => "dialogue".into(),
        }
    }

    /// The agent asks something else than it did.
    fn asks_otherwise(&self) -> bool {
        let (then, now) = (self.asked_then(), self.asked_now());
        then != now && (then.is_some() || now.is_some())
    }

    fn asked_then(&self) -> Option<Expecting> {
        self.recorded.iter().rev().find_map(|(_, _, side)| listens(side))
    }

    fn asked_now(&self) -> Option<Expecting> {
        self.replayed.iter().rev().find_map(listens)
    }

    /// What kind of another question it is.
    fn asking(&self) -> String {
        let (what, then, now) = match (self.asked_then(), self.asked_now()) {
            (Some(Expecting::Question(then)), Some(Expecting::Question(now))) => ("question", then, now),
            (Some(Expecting::Consent(then)), Some(Expecting::Consent(now))) => {
                ("recipient", then.to_string(), now.to_string())
            }
            (Some(then), Some(now)) => return other_asking(&then, &now),
            _ => return "dialogue".into(),
        };
        let list = if what == "question" { "questions" } else { "recipients" };
        let is = |id: &str, gone: bool| {
            let place = format!("{list}[{id}]");
            self.changed
                .iter()
                .any(|c| c.place == place && if gone { c.after.is_none() } else { c.before.is_none() })
        };
        let is_there = |id: &str| match what {
            "question" => self.program.question(id).is_some(),
            _ => self.program.recipient(&id.into()).is_some(),
        };
        match () {
            () if is(&then, true) || !is_there(&then) => format!("{what} taken out"),
            () if is(&now, false) => format!("{what} added"),
            () => format!("{what} order"),
        }
    }

    fn understood_otherwise(&self) -> bool {
        let reading = |side: &Side| match &side.event {
            Event::Effect { effect } if effect["do"] == "understood" => {
                Some((effect["meaning"].clone(), effect["scope"].clone()))
            }
            _ => None,
        };
        let then = self.recorded.iter().find_map(|(_, _, side)| reading(side));
        then.is_some() && then != self.replayed.iter().find_map(reading)
    }

    fn has(&self, kind: Kind) -> bool {
        self.found.iter().any(|d| d.kind == kind)
    }

    fn only_words(&self) -> bool {
        self.found.iter().all(|d| d.only_words)
    }

    /// The kind of the first line that differs, and whether the same line is only worded otherwise.
    fn first_line(&self) -> Option<(LineKind, bool)> {
        let then: Vec<_> = self.recorded.iter().filter_map(|(_, _, s)| line(s)).collect();
        let now: Vec<_> = self.replayed.iter().filter_map(line).collect();
        for at in 0..then.len().max(now.len()) {
            match (then.get(at), now.get(at)) {
                (Some(one), Some(other)) if one.1 == other.1 && one.0 == other.0 => {}
                (Some(one), Some(other)) => return Some((one.0, one.0 == other.0 && self.only_words())),
                (Some(one), None) | (None, Some(one)) => return Some((one.0, false)),
                (None, None) => {}
            }
        }
        None
    }

    /// The changed places of the script that can have brought `name` about.
    fn places(&self, name: &str) -> Vec<String> {
        let lists: &[&str] = match name {
            "notice reworded" | "notice line" => &["notice.parts", "name", "agent"],
            "acknowledgement question reworded" => &["notice.acknowledge", "texts.acknowledge_again"],
            "timing" => &["timings"],
            "acknowledgement rule" | "gate rule" => &["notice", "timings", "texts.acknowledge_again"],
            "consent rule" => &["consents", "recipients", "timings"],
            "understanding" => &["faq", "recipients"],
            name if name.starts_with("question") => &["questions"],
            name if name.starts_with("recipient") || name.starts_with("consent") => {
                &["recipients", "consents"]
            }
            _ => &[""],
        };
        let fits =
            |c: &&Change| lists.iter().any(|list| list.is_empty() || c.is_in(list) || is_order_of(c, list));
        let mut fitting: Vec<&Change> = self.changed.iter().filter(fits).collect();
        if fitting.is_empty() {
            fitting = self.changed.iter().collect();
        }
        let order = name.ends_with("order");
        let ordered = fitting.iter().any(|c| c.is_order());
        fitting.retain(|c| !order || !ordered || c.is_order());
        if !order {
            // Of many reworded places, those of the words that differ here.
            let told: Vec<&Change> = fitting.iter().filter(|c| self.is_said_here(c)).copied().collect();
            if !told.is_empty() {
                fitting = told;
            }
        }
        fitting.iter().take(PLACES_MAX).map(|c| sentence(c)).collect()
    }

    /// Whether the words of a change are among those that are said now.
    fn is_said_here(&self, change: &Change) -> bool {
        let Some(after) = &change.after else { return false };
        let opening = after.split(['{', '}']).map(str::trim).find(|part| part.len() > 8);
        let Some(opening) = opening else { return false };
        self.replayed
            .iter()
            .filter_map(line)
            .any(|(_, text)| text.split_whitespace().collect::<Vec<_>>().join(" ").contains(opening))
    }

    /// The divergence in a sentence that quotes nobody who called.
    pub fn sentence(&self) -> String {
        let first = self.found.iter().find(|d| d.kind.is_decisive()).or(self.found.first());
        let Some(first) = first else { return String::new() };
        let side = |shown: &Option<super::Shown>| {
            shown.as_ref().map_or_else(|| "nothing of the kind".to_owned(), |shown| shown.words.clone())
        };
        let before = match self.earlier.iter().find(|d| d.kind == Kind::Other && !d.only_words) {
            Some(earlier) => format!(" (entry {} differs already, in what decides nothing)", earlier.entry),
            None => String::new(),
        };
        format!(
            "at {} (entry {}), {}: recorded: {}; now: {}{before}",
            clock(first.at_ms),
            first.entry,
            self.when(),
            side(&first.recorded),
            side(&first.replayed),
        )
    }

    fn when(&self) -> String {
        let about = match &self.moment.expecting {
            Expecting::Notice => "the acknowledgement question".into(),
            Expecting::Consent(of) => format!("the consent question for {of}"),
            Expecting::Signature(of) => format!("the signature for {of}"),
            Expecting::Question(id) => format!("the question {id}"),
            Expecting::Confirm(what) => format!("the check {what}"),
            Expecting::Start | Expecting::Any => "the open question".into(),
        };
        match self.moment.input {
            Input::Begin => "when the call begins".into(),
            Input::SpeechBegan => format!("when the caller begins to speak at {about}"),
            Input::Said { .. } => format!("after the caller's words at {about}"),
            Input::Pressed { .. } => format!("after a key at {about}"),
            Input::Chose { .. } => format!("after a choice at {about}"),
            Input::LineBegan { line } => format!("when line {line} begins"),
            Input::LineEnded { line, complete: true, .. } => format!("when line {line} was heard to its end"),
            Input::LineEnded { line, .. } => format!("when line {line} was cut off"),
            Input::Tick => format!("after silence at {about}"),
            Input::Person { .. } => "when the transfer ends".into(),
            Input::Failed { broken } => format!("when a part of ours failed ({})", word(broken)),
            Input::Moved { .. } => format!("when the caller goes on in another way at {about}"),
            Input::HandedOver { .. } => "when the chat goes on by phone".into(),
            Input::LookedUp { .. } => "when a code was looked up".into(),
            Input::Gone { .. } => "when the caller is gone".into(),
        }
    }
}

/// No more places are named for one cause.
const PLACES_MAX: usize = 4;

fn is_order_of(change: &Change, list: &str) -> bool {
    change.is_order() && change.place.starts_with(list)
}

fn sentence(change: &Change) -> String {
    if let (true, Some(before), Some(after)) = (change.is_order(), &change.before, &change.after) {
        let moved = before.split(", ").zip(after.split(", ")).find(|(then, now)| then != now);
        let (then, now) = moved.unwrap_or_default();
        return format!("{}: {now} now comes where {then} came", change.place);
    }
    match (&change.before, &change.after) {
        (Some(before), Some(after)) if before.len() + after.len() < 120 => {
            format!("{}: {before} \u{2192} {after}", change.place)
        }
        (Some(_), Some(_)) => format!("{} reworded", change.place),
        (None, _) => format!("{} added", change.place),
        (Some(_), None) => format!("{} taken out", change.place),
    }
}

fn other_asking(then: &Expecting, now: &Expecting) -> String {
    match (then, now) {
        (Expecting::Notice, _) | (_, Expecting::Notice) => "acknowledgement rule".into(),
        (Expecting::Signature(_), _) | (_, Expecting::Signature(_)) => "signature rule".into(),
        (Expecting::Consent(_), Expecting::Question(_)) | (Expecting::Question(_), Expecting::Consent(_)) => {
            "order of questions and consents".into()
        }
        (Expecting::Consent(_), _) | (_, Expecting::Consent(_)) => "consent rule".into(),
        (Expecting::Question(_), Expecting::Confirm(_)) | (Expecting::Confirm(_), Expecting::Question(_)) => {
            "read-back rule".into()
        }
        _ => "order of the call".into(),
    }
}

fn listens(side: &Side) -> Option<Expecting> {
    match (&side.event, side.slot()) {
        (Event::Effect { effect }, Slot::Does(_)) if effect["do"] == "listen" => {
            effect["for"]["expecting"].as_str()?.parse().ok()
        }
        (Event::Fact { fact: Fact::QuestionAsked { id, .. } }, _) => Some(Expecting::Question(id.clone())),
        (Event::Fact { fact: Fact::ConsentAsked { recipient, .. } }, _) => {
            Some(Expecting::Consent(recipient.clone()))
        }
        _ => None,
    }
}

fn line(side: &Side) -> Option<(LineKind, String)> {
    match (&side.event, side.slot()) {
        (Event::Effect { effect }, Slot::Line(kind, _)) => {
            Some((kind, effect["line"]["text"].as_str().unwrap_or("").to_owned()))
        }
        _ => None,
    }
}

/// What a line is, in a person's words.
pub(super) fn noun(kind: LineKind) -> String {
    match kind {
        LineKind::Acknowledge => "acknowledgement question".into(),
        LineKind::Consent => "consent question".into(),
        LineKind::Recording => "recording notice".into(),
        LineKind::Faq => "answer to a question".into(),
        kind => word(&kind),
    }
}

/// `1:02.3`: minutes, seconds, tenths.
pub(super) fn clock(ms: u64) -> String {
    format!("{}:{:02}.{}", ms / 60_000, ms / 1_000 % 60, ms % 1_000 / 100)
}

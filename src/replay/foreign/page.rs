//! A judged recording of another system as a page, and many as an index: the pages of a replay, with other lanes.

use super::{Evidence, Foreign, Party, Standing, Utterance};
use crate::{
    program::Program,
    replay::report::{Index, Sound, call_file, index_file, sounding},
};
use serde_json::{Value, json};

/// Around what is masked this much more is: where words begin and end is measured, not known.
const MASK_MS_AROUND: u64 = 300;

/// What a page about one recording tells.
pub struct Recording<'a> {
    /// The file's name.
    pub name: &'a str,
    /// The program it was judged against.
    pub program: &'a Program,
    /// What was said.
    pub said: &'a [Utterance],
    /// What came of it.
    pub foreign: &'a Foreign,
    /// Its sound: the caller's samples and the agent's in turn; the same twice where both are on one channel.
    pub sound: Sound<'a>,
    /// Whether both parties are on one channel.
    pub is_mono: bool,
    /// Whether everything is shown and heard, else nothing of the caller's but a clear yes or no to what is judged.
    pub open: bool,
}

/// The page about one recording.
pub fn call_page(recording: &Recording<'_>) -> String {
    let Recording { name, program, said, foreign, sound, is_mono, open } = recording;
    let hides = |at: usize| !open && !foreign.shown.get(at).copied().unwrap_or(false);
    let lasted = (sound.0.len() / 16) as u64;
    let heard = Heard::of(recording, &hides);
    let (samples, masked) = (heard.of_sound(sound.0), heard.masked());
    let spoken = said.iter().enumerate().map(|(at, said)| spoken(said, hides(at)));
    let spans: Vec<Value> = spoken
        .chain(foreign.evidence.iter().filter_map(read))
        .chain(foreign.judged.iter().filter_map(|judged| {
            let at = judged.at_ms?;
            let title = format!("{} {}", mark(judged.standing), judged.what);
            Some(json!({"lane": "judged", "from_ms": at, "to_ms": at, "title": title, "text": judged.why,
                "standing": judged.standing}))
        }))
        .collect();
    let rows: Vec<Value> = foreign
        .judged
        .iter()
        .map(|judged| {
            let at = judged.at_ms.map_or(String::new(), |ms| format!("{}: ", clock(ms)));
            let value = format!("{at}{}", judged.why);
            json!({"name": judged.what, "value": value, "standing": judged.standing, "at_ms": judged.at_ms})
        })
        .collect();
    let known = match said.iter().any(Utterance::is_by_ear) {
        true => "as it was heard by the recogniser",
        false => "by the transcript that was given",
    };
    let about = format!(
        "Judged against program {}, notice {}, in {}, {known}.{}",
        program.id,
        program.notice.version,
        foreign.locale.tag(),
        if *is_mono { " Both parties are on one channel." } else { "" },
    );
    let first = foreign.first();
    let value = json!({
        "foreign": true,
        "call": {"id": name},
        "about": about,
        "open": open,
        "verdict": word(foreign.standing()),
        "found": first.map(|judged| json!({
            "name": judged.what,
            "at_ms": judged.at_ms,
            "why": judged.why,
        })),
        "differences": [],
        "score": rows,
        "evidence": foreign.evidence,
        "lasted_ms": said.iter().map(|said| said.to_ms).fold(lasted, u64::max).max(1),
        "spans": spans,
        "sensitive": masked,
        "is_mono": is_mono,
        "sound": sounding(&samples, &[]),
    });
    call_file(&format!("Recording {name}"), &value)
}

/// What may be heard of a recording, millisecond by millisecond.
///
/// What the caller says where no words are listed is not known, so of the caller's channel nothing is heard but what is
/// shown, and of one channel for both neither. Where something is hidden, nothing at all is heard.
struct Heard {
    caller: Vec<bool>,
    agent: Vec<bool>,
}

impl Heard {
    fn of(recording: &Recording<'_>, hides: &dyn Fn(usize) -> bool) -> Heard {
        let Recording { said, sound, is_mono, open, .. } = recording;
        let lasted = sound.0.len() / 16;
        let listed = || said.iter().enumerate();
        let shown = listed().filter(|(at, said)| !hides(*at) && (*is_mono || said.party != Party::Agent));
        let shown = covered(shown.map(|(_, said)| (said.from_ms, said.to_ms)), lasted);
        let around = |said: &Utterance| {
            (said.from_ms.saturating_sub(MASK_MS_AROUND), said.to_ms.saturating_add(MASK_MS_AROUND))
        };
        let hidden = covered(listed().filter(|(at, _)| hides(*at)).map(|(_, said)| around(said)), lasted);
        let agents = *open || !*is_mono && !said.is_empty();
        let both = shown.iter().zip(&hidden);
        Heard {
            caller: both.clone().map(|(shown, hidden)| *open || *shown && !hidden).collect(),
            agent: both.map(|(shown, hidden)| (agents || *shown) && !hidden).collect(),
        }
    }

    /// The samples of both, silent where nothing may be heard.
    fn of_sound(&self, samples: &[i16]) -> Vec<i16> {
        let kept = |(at, sample): (usize, &i16)| {
            let channel = if at % 2 == 0 { &self.caller } else { &self.agent };
            if channel.get(at / 16).copied().unwrap_or(false) { *sample } else { 0 }
        };
        samples.iter().enumerate().map(kept).collect()
    }

    /// From when to when nothing is heard at all.
    fn masked(&self) -> Vec<(u64, u64)> {
        let mut all: Vec<(u64, u64)> = Vec::new();
        for ((ms, caller), agent) in (0..).zip(&self.caller).zip(&self.agent) {
            match all.last_mut() {
                _ if *caller || *agent => {}
                Some((_, to)) if *to == ms => *to = ms + 1,
                _ => all.push((ms, ms + 1)),
            }
        }
        all
    }
}

/// For each millisecond of `lasted` whether it lies in one of `spans`.
fn covered(spans: impl Iterator<Item = (u64, u64)>, lasted: usize) -> Vec<bool> {
    let mut steps = vec![0_i32; lasted + 1];
    for (from, to) in spans {
        let to = to.min(lasted as u64) as usize;
        let from = from.min(to as u64) as usize;
        (steps[from], steps[to]) = (steps[from] + 1, steps[to] - 1);
    }
    let depths = steps[..lasted].iter().scan(0, |depth, step| {
        *depth += step;
        Some(*depth > 0)
    });
    depths.collect()
}

fn spoken(said: &Utterance, masked: bool) -> Value {
    let lane = match said.party {
        Party::Caller => "caller",
        Party::Agent => "agent",
        Party::Either => "either",
    };
    let title = match said.is_by_ear() {
        true if !said.has_words() => "no word recognised".to_owned(),
        true => format!("heard {} % surely", said.confidence.value()),
        false => String::new(),
    };
    json!({
        "lane": lane,
        "from_ms": said.from_ms,
        "to_ms": said.to_ms,
        "title": title,
        "text": (!masked).then_some(&said.text),
        "masked": masked,
    })
}

fn read(evidence: &Evidence) -> Option<Value> {
    let (from_ms, to_ms) = evidence.span_ms?;
    let how = if evidence.is_whole { "to its end" } else { "in part" };
    let text = format!("read {how}; {} words in a hundred were recognised", evidence.percent);
    Some(json!({
        "lane": "script",
        "from_ms": from_ms,
        "to_ms": to_ms,
        "title": evidence.what,
        "text": text,
        "cut": !evidence.is_whole,
    }))
}

/// The index over many recordings: each file's name, what came of it, and its page beside the index.
pub fn index_page(calls: &[(String, Foreign, Option<String>)]) -> String {
    let count = |standing| calls.iter().filter(|(_, foreign, _)| foreign.standing() == standing).count();
    let (wrong, unjudged) = (count(Standing::Wrong), count(Standing::Unjudged));
    let row = |(name, foreign, page): &(String, Foreign, Option<String>)| {
        let first = foreign.first();
        json!({
            "id": name,
            "verdict": word(foreign.standing()),
            "cause": first.map(|judged| judged.what.as_str()).unwrap_or_default(),
            "first": first.map(|judged| {
                let at = judged.at_ms.map_or(String::new(), |ms| format!("at {}: ", clock(ms)));
                format!("{at}{}", judged.why)
            }),
            "page": page,
        })
    };
    let mut groups: Vec<(String, usize)> = Vec::new();
    for judged in calls.iter().filter_map(|(_, foreign, _)| foreign.first()) {
        match groups.iter_mut().find(|(what, _)| *what == judged.what) {
            Some((_, calls)) => *calls += 1,
            None => groups.push((judged.what.clone(), 1)),
        }
    }
    groups.sort_by_key(|(_, calls)| std::cmp::Reverse(*calls));
    let (badge, verdict) = match (wrong, unjudged) {
        (0, 0) => ("all as they must be".to_owned(), "right"),
        (0, n) => (format!("{n} not judged"), "unjudged"),
        (n, _) => (format!("{n} not as they must be"), "wrong"),
    };
    index_file(&Index {
        title: "Recordings of another system",
        badge: &badge,
        verdict,
        headline: &format!(
            "{} recordings: {} as they must be, {wrong} not, {unjudged} could not be judged",
            calls.len(),
            count(Standing::Right),
        ),
        columns: ["Recording", "Verdict", "In", "Where it went wrong, or why it is not judged"],
        groups: &groups,
        rows: calls.iter().map(row).collect(),
    })
}

/// The names that the pages know.
fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::Free | Standing::Right => "right",
        Standing::Unjudged => "unjudged",
        Standing::Wrong => "wrong",
    }
}

fn mark(standing: Standing) -> &'static str {
    match standing {
        Standing::Free => "\u{2022}",
        Standing::Right => "\u{2713}",
        Standing::Unjudged => "?",
        Standing::Wrong => "\u{2717}",
    }
}

fn clock(ms: u64) -> String {
    format!("{}:{:02}.{}", ms / 60_000, ms / 1_000 % 60, ms % 1_000 / 100)
}

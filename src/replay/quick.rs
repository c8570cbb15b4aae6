//! The quick way through a journal of which nothing differs: what comes out of the dialogue is written down as it would
//! be written now, and has the very bytes that were written then. Nothing that was written of it is parsed.
//!
//! Whatever is not plainly as it was written (another byte, a missing body, another script) is left to
//! [`super::replay`], which alone says what differs.

use super::{Mode, Replayed};
use crate::{
    dialogue::{Dialogue, Effect, Input, LineId},
    journal::{Canonical, EffectEvent, Event, Labels, Opened},
    pii::Pii,
    time::Millis,
    understand::{Heard, Memory},
};
use serde::Deserialize;
use std::sync::Arc;

/// The text of an entry, and when it was written.
pub type Text<'a> = (Millis, &'a [u8]);

/// Replays `entries` on the script of `memory`, on which the call ran: the result where every one of them is what would
/// be written now, byte by byte; nothing where that is not so, or cannot be told in this way.
pub fn as_written(memory: &mut Memory, opened: &Opened, entries: &[Text<'_>]) -> Option<Replayed> {
    if memory.program().sha256 != opened.program_sha256 {
        return None;
    }
    let mut dialogue = Dialogue::new(Arc::clone(memory.program()), opened.setup());
    let (mut labels, mut canonical) = (Labels::default(), Canonical::default());
    let (mut at, mut compared) = (0, 0);
    while let Some(&(time, text)) = entries.get(at) {
        at += 1;
        let Some(input) = input_in(text) else {
            if is_beside_the_dialogue(text) {
                continue;
            }
            return None;
        };
        compared += 1;
        let mut effects = dialogue.handle_with(time, input.clone(), memory);
        labels.step(&input, &mut effects);
        for (done, effect) in effects.iter().enumerate() {
            let now = canonical.write(&EffectEvent::of(effect));
            loop {
                match entries.get(at) {
                    Some((_, then)) if *then == now => break,
                    Some((_, then)) if is_beside_the_dialogue(then) => at += 1,
                    // The connection was gone already, or is not hung up before the call is closed.
                    None if matches!(effects[done..], [Effect::HangUp]) => break,
                    _ => return None,
                }
            }
            if at < entries.len() {
                at += 1;
                compared += 1;
            }
        }
    }
    Some(Replayed { compared, ..Replayed::begun(opened, Mode::Exact, entries.len()) })
}

/// Whether an entry is no matter of the dialogue: the recording's end, or that the call was closed after a crash.
fn is_beside_the_dialogue(text: &[u8]) -> bool {
    // Both are rare: nearly every entry is told apart by these words, and none is believed for them.
    let may_be = |is: &[u8]| text.windows(is.len()).any(|here| here == is);
    (may_be(br#""is":"recording""#) || may_be(br#""is":"recovered""#))
        && matches!(serde_json::from_slice(text), Ok(Event::Recording { .. } | Event::Recovered))
}

/// The input that an entry is, in the form in which inputs are written.
fn input_in(text: &[u8]) -> Option<Input> {
    if !text.starts_with(br#"{"input":{"#) || !text.ends_with(br#"},"is":"input"}"#) {
        return None;
    }
    let often: Option<Noted<Often<'_>>> = serde_json::from_slice(text).ok();
    often.and_then(|noted| noted.input.input()).or_else(|| {
        let noted: Noted<Input> = serde_json::from_slice(text).ok()?;
        Some(noted.input)
    })
}

#[derive(Deserialize)]
struct Noted<T> {
    input: T,
}

/// The inputs that come often, read in one go: that their kind is told last costs nothing here.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Often<'a> {
    input: &'a str,
    line: Option<LineId>,
    complete: Option<bool>,
    heard_ms: Option<u64>,
    heard: Option<Pii<Heard>>,
    from: Option<Millis>,
    to: Option<Millis>,
}

impl Often<'_> {
    fn input(self) -> Option<Input> {
        let Often { input, line, complete, heard_ms, heard, from, to } = self;
        Some(match (input, line, complete, heard_ms, heard, from, to) {
            ("begin", None, None, None, None, None, None) => Input::Begin,
            ("tick", None, None, None, None, None, None) => Input::Tick,
            ("speech_began", None, None, None, None, None, None) => Input::SpeechBegan,
            ("line_began", Some(line), None, None, None, None, None) => Input::LineBegan { line },
            ("line_ended", Some(line), Some(complete), Some(heard_ms), None, None, None) => {
                Input::LineEnded { line, complete, heard_ms }
            }
            ("said", None, None, None, Some(heard), Some(from), Some(to)) => Input::Said { heard, from, to },
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        dialogue::{Broken, Gone, Key, PersonReached},
        journal::canonical,
        understand::{Lean, Meaning, Percent},
    };
    use serde_json::json;

    #[test]
    fn every_input_is_read_as_it_was_written() {
        let heard = |lean| Heard { text: "yes, \"no\"\n".into(), confidence: Percent::new(57), lean };
        let said = |lean| Input::Said { heard: Pii::new(heard(lean)), from: Millis(7), to: Millis(9) };
        let line = LineId(3);
        let all = [
            Input::Begin,
            Input::Tick,
            Input::SpeechBegan,
            said(None),
            said(Some(Lean::No)),
            Input::Pressed { key: Key::new('#').unwrap() },
            Input::Chose { meaning: Meaning::Affirm, matter: None, name: Some(Pii::new("Jane Doe".into())) },
            Input::LineBegan { line },
            Input::LineEnded { line, complete: true, heard_ms: 12 },
            Input::Person { reached: PersonReached::Answered },
            Input::Failed { broken: Broken::Ears },
            Input::Gone { why: Gone::Lost },
        ];
        for input in all {
            let event = Event::Input { input: json!(input) };
            assert_eq!(input_in(&canonical(&event)), Some(input));
        }
        assert_eq!(input_in(&canonical(&Event::Recovered)), None);
        let unknown = Event::Input { input: json!({"input": "line_began", "line": 3, "more": 1}) };
        assert_eq!(input_in(&canonical(&unknown)), Some(Input::LineBegan { line }));
    }
}

//! What a simulated caller does, step by step: docs/call-scripts.md.

use super::clip::Clip;
use serde::Deserialize;
use std::{fs, path::Path, sync::Arc};

const STEPS_MAX: usize = 500;
const SCRIPT_BYTES_MAX: u64 = 1 << 20;
/// The longest pause a script may ask for: an hour.
const WAIT_MS_MAX: u64 = 3_600_000;

/// A caller's script.
#[derive(Clone, Debug, Default)]
pub struct Script {
    /// What to do, in order.
    pub steps: Vec<Step>,
    /// What to do whenever the agent listens for something that the next step does not expect.
    pub whenever: Vec<Step>,
}

/// One step.
#[derive(Clone, Debug)]
pub struct Step {
    /// Only when the agent listens for this.
    pub expect: Option<Pattern>,
    /// What to do then.
    pub act: Act,
}

/// What a caller can do.
#[derive(Clone, Debug)]
pub enum Act {
    /// Says something.
    Say(Utterance),
    /// Presses keys, one after the other.
    Press(String),
    /// Does nothing for so many milliseconds.
    Wait(u64),
    /// Interrupts the agent.
    BargeIn(BargeIn),
    /// Hangs up.
    HangUp,
    /// Only waits for the agent to listen.
    Listen,
}

/// Words with their sound.
#[derive(Clone, Debug)]
pub struct Utterance {
    /// What a caption shows.
    pub caption: String,
    /// What is heard.
    pub clip: Arc<Clip>,
}

/// An interruption.
#[derive(Clone, Debug)]
pub struct BargeIn {
    /// Of a line of this kind; `any` is whatever the agent says next.
    pub during: String,
    /// So many milliseconds into it.
    pub at_ms: u64,
    /// By what: never another interruption, a wait or a mere listening.
    pub act: Box<Act>,
}

/// What the agent listens for: `consent:payor`, or `question:*` for all that begin so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(String);

impl Pattern {
    /// Whether it fits `expecting`.
    pub fn fits(&self, expecting: &str) -> bool {
        match self.0.strip_suffix('*') {
            Some(beginning) => expecting.starts_with(beginning),
            None => expecting == self.0,
        }
    }
}

impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The script cannot be played. Its writer's fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadScript(String);

/// Gives words a voice.
pub type Voice<'a> = dyn Fn(&str) -> Result<Clip, String> + 'a;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    step: Vec<WrittenStep>,
    #[serde(default)]
    whenever: Vec<WrittenStep>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct WrittenStep {
    expect: Option<String>,
    say: Option<String>,
    say_text: Option<String>,
    press: Option<String>,
    wait_ms: Option<u64>,
    hangup: Option<bool>,
    barge_in: Option<WrittenBargeIn>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenBargeIn {
    during: String,
    #[serde(default)]
    at_ms: u64,
    say: Option<String>,
    say_text: Option<String>,
    press: Option<String>,
    hangup: Option<bool>,
}

impl Script {
    /// Reads a script. WAV files are looked for beside it; `voice` says what is only written.
    pub fn read(file: &Path, voice: &Voice<'_>) -> Result<Script, BadScript> {
        let bad = |e: std::io::Error| BadScript(format!("{}: {e}", file.display()));
        if fs::metadata(file).map_err(bad)?.len() > SCRIPT_BYTES_MAX {
            return Err(BadScript(format!("{}: more than {} MB", file.display(), SCRIPT_BYTES_MAX >> 20)));
        }
        let text = fs::read_to_string(file).map_err(bad)?;
        let folder = file.parent().unwrap_or(Path::new("."));
        Script::parse(&text, folder, voice)
            .map_err(|BadScript(why)| BadScript(format!("{}: {why}", file.display())))
    }

    /// The script in `text`, whose WAV files are in `folder`.
    pub fn parse(text: &str, folder: &Path, voice: &Voice<'_>) -> Result<Script, BadScript> {
        let written: Written = toml::from_str(text).map_err(|e| BadScript(e.to_string()))?;
        if written.step.is_empty() {
            return Err(BadScript("it has no [[step]]: see docs/call-scripts.md".into()));
        }
        if written.step.len() + written.whenever.len() > STEPS_MAX {
            return Err(BadScript(format!("more than {STEPS_MAX} steps")));
        }
        let cast = Cast { folder, voice };
        let all = |steps: Vec<WrittenStep>, what: &str| -> Result<Vec<Step>, BadScript> {
            let numbered = steps.into_iter().enumerate();
            numbered
                .map(|(n, s)| cast.step(s).map_err(|why| BadScript(format!("{what} {}: {why}", n + 1))))
                .collect()
        };
        let script =
            Script { steps: all(written.step, "step")?, whenever: all(written.whenever, "whenever")? };
        for (n, step) in script.whenever.iter().enumerate() {
            let answer = matches!(step.act, Act::Say(_) | Act::Press(_) | Act::HangUp);
            if step.expect.is_none() || !answer {
                let why = "it needs `expect`, and one of say, say_text, press and hangup";
                return Err(BadScript(format!("whenever {}: {why}", n + 1)));
            }
        }
        Ok(script)
    }

    /// The script of a caller who gives `files`, one an answer, in order.
    pub fn of_files(files: &[impl AsRef<Path>]) -> Result<Script, BadScript> {
        let silent: &Voice<'_> = &|_| Err("there are only files".into());
        let cast = Cast { folder: Path::new(""), voice: silent };
        let step = |file: &Path| {
            let utterance = cast.file(&file.to_string_lossy()).map_err(BadScript)?;
            Ok(Step { expect: None, act: Act::Say(utterance) })
        };
        let steps = files.iter().map(|f| step(f.as_ref())).collect::<Result<_, _>>()?;
        Ok(Script { steps, whenever: Vec::new() })
    }
}

struct Cast<'a> {
    folder: &'a Path,
    voice: &'a Voice<'a>,
}

impl Cast<'_> {
    fn step(&self, written: WrittenStep) -> Result<Step, String> {
        let WrittenStep { expect, say, say_text, press, wait_ms, hangup, barge_in } = written;
        let given = [say.is_some(), say_text.is_some(), press.is_some(), wait_ms.is_some(), hangup.is_some()];
        let given = given.iter().filter(|g| **g).count() + usize::from(barge_in.is_some());
        if given > 1 {
            return Err("one of say, say_text, press, wait_ms, barge_in and hangup at a time".into());
        }
        if barge_in.is_some() && expect.is_some() {
            return Err("barge_in says with `during` when; `expect` is for the caller's own turn".into());
        }
        let act = match (wait_ms, barge_in) {
            (Some(ms), _) if ms > WAIT_MS_MAX => return Err(format!("wait_ms is {WAIT_MS_MAX} at most")),
            (Some(ms), _) => Act::Wait(ms),
            (_, Some(b)) => Act::BargeIn(BargeIn {
                act: Box::new(
                    self.answer(b.say, b.say_text, b.press, b.hangup)?
                        .ok_or("barge_in needs one of say, say_text, press and hangup")?,
                ),
                during: b.during,
                at_ms: b.at_ms,
            }),
            _ => match self.answer(say, say_text, press, hangup)? {
                Some(act) => act,
                None if expect.is_some() => Act::Listen,
                None => return Err("it says nothing of what to do".into()),
            },
        };
        Ok(Step { expect: expect.map(Pattern), act })
    }

    fn answer(
        &self,
        say: Option<String>,
        say_text: Option<String>,
        press: Option<String>,
        hangup: Option<bool>,
    ) -> Result<Option<Act>, String> {
        match (say, say_text, press, hangup) {
            (Some(file), None, None, None) => Ok(Some(Act::Say(self.file(&file)?))),
            (None, Some(text), None, None) => {
                let clip = (self.voice)(&text).map_err(|why| format!("\"{text}\" has no voice: {why}"))?;
                Ok(Some(Act::Say(Utterance { caption: text, clip: Arc::new(clip) })))
            }
            (None, None, Some(keys), None) => {
                let is_key = |k: char| matches!(k.to_ascii_uppercase(), '0'..='9' | '*' | '#' | 'A'..='D');
                match keys.chars().find(|k| !is_key(*k)) {
                    Some(k) => Err(format!("`{k}` is no key: 0 to 9, *, # and A to D are")),
                    None if keys.is_empty() => Err("no key to press".into()),
                    None => Ok(Some(Act::Press(keys))),
                }
            }
            (None, None, None, Some(true)) => Ok(Some(Act::HangUp)),
            (None, None, None, Some(false)) => Err("hangup = false says nothing".into()),
            (None, None, None, None) => Ok(None),
            _ => Err("one of say, say_text, press and hangup at a time".into()),
        }
    }

    fn file(&self, name: &str) -> Result<Utterance, String> {
        let file = self.folder.join(name);
        let clip = Clip::read(&file).map_err(|why| format!("{}: {why}", file.display()))?;
        let caption = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Utterance { caption: format!("({caption})"), clip: Arc::new(clip) })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A clip of a loud tone, as long as the text.
    pub fn tone(text: &str) -> Result<Clip, String> {
        Clip::new(vec![0x20; text.len() * 160]).map_err(|e| e.to_string())
    }

    fn parse(text: &str) -> Result<Script, BadScript> {
        Script::parse(text, Path::new("/nowhere"), &tone)
    }

    #[test]
    fn the_documented_example_can_be_played() {
        let page = include_str!("../../../docs/call-scripts.md");
        let example = page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
        let script = parse(example).unwrap();
        assert!(script.steps.len() > 5 && !script.whenever.is_empty());
    }

    #[test]
    fn a_step_does_one_thing() {
        for (step, why) in [
            ("", "nothing of what to do"),
            ("say_text = \"yes\"\npress = \"1\"", "at a time"),
            ("say_text = \"yes\"\nwait_ms = 4", "at a time"),
            ("press = \"1x\"", "`x` is no key"),
            ("press = \"\"", "no key"),
            ("hangup = false", "says nothing"),
            ("wait_ms = 99999999", "at most"),
            ("say = \"absent.wav\"", "/nowhere/absent.wav"),
            ("barge_in = { during = \"notice\" }", "barge_in needs"),
            ("barge_in = { during = \"notice\", say_text = \"a\", press = \"1\" }", "at a time"),
            ("expect = \"any\"\nbarge_in = { during = \"notice\", press = \"1\" }", "with `during`"),
            ("shout = true", "unknown field"),
        ] {
            let told = parse(&format!("[[step]]\n{step}")).unwrap_err().to_string();
            assert!(told.contains(why), "{step}: {told}");
        }
        assert!(parse("").unwrap_err().to_string().contains("no [[step]]"));
        let whenever = "[[step]]\nhangup = true\n[[whenever]]\nsay_text = \"yes\"";
        assert!(parse(whenever).unwrap_err().to_string().contains("needs `expect`"));
    }

    #[test]
    fn a_pattern_fits_itself_or_all_that_begin_so() {
        let fits = |pattern: &str, expecting| Pattern(pattern.into()).fits(expecting);
        assert!(fits("notice", "notice") && !fits("notice", "notices"));
        assert!(
            fits("consent:*", "consent:payor") && !fits("consent:*", "confirm:payor") && fits("*", "any")
        );
    }
}

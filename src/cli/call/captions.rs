//! What a person reads while the call happens.

use super::{
    gauge::{Measured, Spread},
    stream::Notable,
};
use serde_json::Value;
use std::{
    io::{IsTerminal, Write},
    time::Instant,
};

/// Writes captions to stdout; or nothing.
pub struct Captions {
    shown: bool,
    colours: bool,
    began: Instant,
}

const DIM: &str = "2";
const AGENT: &str = "36";
const CALLER: &str = "33";
const GOOD: &str = "1;32";
const BAD: &str = "1;31";
const FACT: &str = "1;35";

impl Captions {
    /// Captions, unless the output is meant for a program.
    pub fn new(shown: bool) -> Captions {
        let colours = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        Captions { shown, colours, began: Instant::now() }
    }

    /// Whether anything is shown.
    pub fn are_shown(&self) -> bool {
        self.shown
    }

    /// The stream begins: its clock is zero.
    pub fn begin(&mut self) {
        self.began = Instant::now();
    }

    /// A line of its own, without a time.
    pub fn note(&self, text: &str) {
        self.write(&self.paint(DIM, text));
    }

    /// An event of the live feed.
    pub fn event(&self, event: &Value) {
        let text = |name: &str| event[name].as_str().unwrap_or_default();
        match text("event") {
            "line" => self.line(text("kind"), text("text"), text("elicits") == "sud"),
            "said" => self.row("", DIM, &format!("understood: \"{}\"", text("text"))),
            "meaning" => {
                let scope = match &event["scope"] {
                    Value::Null => String::new(),
                    Value::String(all) => format!(" ({all})"),
                    Value::Array(only) => {
                        let only: Vec<_> = only.iter().filter_map(Value::as_str).collect();
                        format!(" ({})", only.join(", "))
                    }
                    other => format!(" ({other})"),
                };
                let sure = (event["confidence"].as_f64().unwrap_or_default() * 100.0).round();
                self.row("", DIM, &format!("means: {}{scope}, {sure} % sure", text("meaning")));
            }
            "gate" if event["open"] == true => {
                self.row("GATE", GOOD, "open: sensitive questions may be asked")
            }
            "gate" => self.row("GATE", BAD, "shut: nothing sensitive may be asked"),
            "consent" => {
                let colour = if text("decision") == "granted" { GOOD } else { BAD };
                self.row("CONSENT", colour, &format!("{}: {}", text("recipient"), text("decision")));
            }
            "request" => self.row("REQUEST", FACT, &format!("{}, filed", text("kind"))),
            "escalation" => self.row("PERSON", FACT, &format!("called in: {}", text("kind"))),
            "heard" if event["complete"] == false => self.row("", DIM, "(cut short)"),
            "ended" => self.row("ENDED", FACT, text("outcome")),
            _ => {}
        }
    }

    /// Something that happened on the provider's side.
    pub fn notable(&self, notable: &Notable) {
        match notable {
            Notable::Says { caption, over: false } => self.row("caller", CALLER, caption),
            Notable::Says { caption, over: true } => {
                self.row("caller", CALLER, &format!("{caption}  (over the agent)"))
            }
            Notable::Presses(key) => self.row("caller", CALLER, &format!("presses {key}")),
            Notable::Cleared(ms) => self.row("", DIM, &format!("the agent stops ({ms} ms of it unheard)")),
            Notable::Warning(what) => self.row("provider", BAD, &format!("warning {what}")),
        }
    }

    /// Something the provider does.
    pub fn provider(&self, text: &str) {
        self.row("provider", DIM, text);
    }

    /// What was measured.
    pub fn measured(&self, measured: &Measured) {
        let ms = |value: Option<f64>| value.map_or("not seen".into(), |v| format!("{v:.0} ms"));
        self.note(&format!("start to first audible sample: {}", ms(measured.start_to_audible_ms)));
        for (yes_no, after) in [(true, "a yes or no"), (false, "anything else")] {
            let turns = measured.turns.iter().filter(|turn| turn.is_yes_no() == yes_no);
            let spread = Spread::of(turns.filter_map(|turn| turn.end_to_audible_ms).collect());
            if spread.n > 0 {
                let (p50, p95) = (ms(spread.p50), ms(spread.p95));
                self.note(&format!(
                    "end of {after} to the agent's first audible sample: median {p50}, p95 {p95}, {} turns",
                    spread.n
                ));
            }
        }
        for barge_in in &measured.barge_ins {
            self.note(&format!("interruption to `clear`: {}", ms(barge_in.onset_to_clear_ms)));
        }
        let late = &measured.lateness_ms;
        if late.n > 0 {
            self.note(&format!(
                "packets late for a player without a buffer: p50 {}, p99 {}, {} packets",
                ms(late.p50),
                ms(late.p99),
                late.n
            ));
        }
    }

    fn line(&self, kind: &str, text: &str, sensitive: bool) {
        let mark = if sensitive { "  [sensitive]" } else { "" };
        self.row("agent", AGENT, &format!("{text}  [{kind}]{mark}"));
    }

    fn row(&self, who: &str, colour: &str, text: &str) {
        let at = self.began.elapsed();
        let (minutes, seconds) = (at.as_secs() / 60, at.as_secs_f64() % 60.0);
        let time = self.paint(DIM, &format!("{minutes}:{seconds:04.1}"));
        const INDENT: usize = 18;
        let lines = wrap(text, 100 - INDENT);
        for (n, line) in lines.iter().enumerate() {
            let said = self.paint(colour, line);
            match n {
                0 => self.write(&format!("  {time}  {}{said}", self.paint(colour, &format!("{who:<10}")))),
                _ => self.write(&format!("{:INDENT$}{said}", "")),
            }
        }
    }

    fn paint(&self, colour: &str, text: &str) -> String {
        if self.colours && !text.is_empty() {
            format!("\x1b[{colour}m{text}\x1b[0m")
        } else {
            text.to_string()
        }
    }

    fn write(&self, line: &str) {
        if self.shown {
            // Whoever closed the pipe does not want captions; the call goes on.
            let _ = writeln!(std::io::stdout().lock(), "{line}");
        }
    }
}

/// `text` in lines of at most `width` characters, broken between words.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_inclusive(' ') {
        let last = lines.last().map_or(0, |l| l.chars().count());
        if last > 0 && last + word.trim_end().chars().count() > width {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            line.push_str(word);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::wrap;

    #[test]
    fn long_lines_break_between_words_and_lose_nothing() {
        let text = "This call is protected by federal law, and you may decline at any point.";
        let lines = wrap(text, 30);
        assert!(lines.len() == 3 && lines.iter().all(|l| l.trim_end().chars().count() <= 30), "{lines:?}");
        assert_eq!(lines.concat(), text);
        assert_eq!(wrap("", 10), [""]);
    }
}

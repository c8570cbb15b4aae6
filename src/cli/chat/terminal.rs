//! The conversation for a person at a terminal: typed answers, no clock running.

use super::{Args, begun, keep};
use crate::{
    cli::{Fault, record::summary},
    dialogue::{Decision, Key},
    journal::CallRecord,
    program::{Expecting, Locale, Program},
    typed::{Act, Conversation, What},
};
use serde_json::Value;
use std::{
    io::{self, BufRead, IsTerminal, Write},
    sync::Arc,
};

const HELP: &str = "Type what the caller would say, or a key (1 yes, 2 no, 0 a person, 8 Spanish, 9 take \
everything back, * again).\n/keys 2025550147 presses several, /wait 10 lets ten seconds pass, /record shows the \
record so far, /json\nall of it, /hangup ends the call, /help shows this.";

/// Runs it.
pub(super) fn run(args: &Args, program: Arc<Program>) -> Result<(), Fault> {
    let page = Page { colour: io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none() };
    let locale = Locale::from_tag(&args.locale);
    println!("{}  notice {}, {locale}", page.bold(&program.name), program.notice.version);
    println!("{}\n", page.dim(HELP));
    let (opened, salts) = begun(args, &program, locale);
    let script = Arc::clone(&program);
    let mut conversation = Conversation::new(program, opened, salts);
    let mut show = |event: Value| {
        page.render(&event);
        Ok::<(), Fault>(())
    };
    conversation.begin(Act { what: What::Start(locale), then: None }, &mut show)?;
    let stdin = io::stdin().lock();
    let mut lines = stdin.lines();
    while let Some(expecting) = conversation.listening() {
        page.status(&conversation.record(), &expecting);
        print!("{} ", page.bold("you >"));
        io::stdout().flush().map_err(|e| Fault::finding(e.to_string()))?;
        let Some(Ok(line)) = lines.next() else {
            println!();
            conversation.hang_up(&mut show)?;
            break;
        };
        match command(line.trim(), &expecting) {
            Typed::Acts(acts) => {
                for what in acts {
                    if conversation.listening().is_some() {
                        conversation.act(Act { what, then: None }, &mut show)?;
                    }
                }
            }
            Typed::Record => page.record(&conversation)?,
            Typed::Json => {
                println!("{}", serde_json::to_string_pretty(&conversation.record()).unwrap_or_default())
            }
            Typed::Help => println!("{}", page.dim(HELP)),
        }
    }
    keep(args, &script, &conversation)?;
    println!();
    page.record(&conversation)
}

enum Typed {
    Acts(Vec<What>),
    Record,
    Json,
    Help,
}

fn command(line: &str, expecting: &Expecting) -> Typed {
    let mut words = line.split_whitespace();
    match (words.next(), words.next()) {
        (Some("/hangup"), _) => Typed::Acts(vec![What::HangUp]),
        (Some("/record"), _) => Typed::Record,
        (Some("/json"), _) => Typed::Json,
        (Some("/wait"), Some(seconds)) => match seconds.parse::<u64>() {
            Ok(seconds) => Typed::Acts(vec![What::Wait(seconds.min(3_600) * 1_000)]),
            Err(_) => Typed::Help,
        },
        (Some("/keys" | "/press"), Some(keys)) => {
            let pressed: Option<Vec<What>> = keys.chars().map(|c| Key::new(c).map(What::Press)).collect();
            pressed.map_or(Typed::Help, Typed::Acts)
        }
        (Some(other), _) if other.starts_with('/') => Typed::Help,
        // A digit alone is a key, except where a number is asked for.
        (Some(key), None) if key.chars().count() == 1 && !matches!(expecting, Expecting::Question(_)) => {
            let said = || What::Say(line.to_owned());
            let key = key.chars().next().filter(|c| !c.is_alphabetic()).and_then(Key::new);
            Typed::Acts(vec![key.map_or_else(said, What::Press)])
        }
        _ => Typed::Acts(vec![What::Say(line.to_owned())]),
    }
}

/// What can be answered, besides words.
fn choices(expecting: &Expecting) -> &'static str {
    match expecting {
        Expecting::Notice | Expecting::Consent(_) | Expecting::Confirm(_) => {
            "1 yes · 2 no · 0 a person · * again"
        }
        Expecting::Signature(_) => "full name, and: I agree · 2 no · 0 a person",
        Expecting::Question(_) => "an answer · \"skip\" · \"no more questions\" · \"a person\"",
        Expecting::Start | Expecting::Any => "anything · \"no\" ends the call",
    }
}

struct Page {
    colour: bool,
}

impl Page {
    /// Where the call stands: the gate, the consents, what is waited for.
    fn status(&self, record: &CallRecord, expecting: &Expecting) {
        let open = record.gate.last().is_some_and(|gate| gate.open);
        let mut told =
            vec![if open { self.paint("gate open", "32") } else { self.paint("gate closed", "31") }];
        for consent in &record.consents {
            let decision = match consent.decision {
                Decision::Granted => self.paint("granted", "32"),
                Decision::Denied => self.paint("denied", "31"),
                Decision::Revoked => self.paint("revoked", "31"),
                Decision::Deferred => self.paint("deferred", "33"),
                Decision::Incomplete => self.dim("asked"),
            };
            told.push(format!("{} {decision}", consent.recipient));
        }
        println!("\n{} {}", self.dim("·"), told.join(&self.dim(" · ")));
        println!("{}", self.dim(&format!("  {expecting}: {}", choices(expecting))));
    }

    fn render(&self, event: &Value) {
        let text = |key: &str| event[key].as_str().unwrap_or_default().to_owned();
        match event["event"].as_str().unwrap_or_default() {
            "line" if event["elicits"] == "sud" => {
                println!(
                    "{} {} {}",
                    self.paint("agent >", "36"),
                    text("text"),
                    self.paint("[behind the gate]", "35")
                );
            }
            "line" => println!("{} {}", self.paint("agent >", "36"), text("text")),
            "heard" if event["complete"] == false => println!("{}", self.dim("        [interrupted]")),
            "meaning" => {
                let scope = match &event["scope"] {
                    Value::Null => String::new(),
                    scope => format!(" {scope}"),
                };
                let sure = event["confidence"].as_f64().unwrap_or_default() * 100.0;
                println!("{}", self.dim(&format!("        [{}{scope}, {sure:.0} %]", text("meaning"))));
            }
            "gate" if event["open"] == true => {
                self.note("32", "the gate is open: sensitive questions may be asked")
            }
            "gate" => self.note("31", "the gate is closed: no sensitive question may be asked"),
            "consent" => self.note("33", &format!("consent {}: {}", text("recipient"), text("decision"))),
            "request" => self.note("33", &format!("filed for the compliance contact: {}", text("kind"))),
            "escalation" => self.note("33", &format!("a person is called in: {}", text("kind"))),
            "ended" => self.note("33", &format!("ended: {}", text("outcome"))),
            _ => {}
        }
    }

    fn record(&self, conversation: &Conversation) -> Result<(), Fault> {
        summary::page(&mut io::stdout().lock(), &conversation.record())
            .map_err(|e| Fault::finding(e.to_string()))
    }

    fn note(&self, code: &str, text: &str) {
        println!("{}", self.paint(&format!("        [{text}]"), code));
    }

    fn bold(&self, text: &str) -> String {
        self.paint(text, "1")
    }

    fn dim(&self, text: &str) -> String {
        self.paint(text, "2")
    }

    fn paint(&self, text: &str, code: &str) -> String {
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(line: &str, expecting: &str) -> Vec<What> {
        match command(line, &expecting.parse().unwrap()) {
            Typed::Acts(acts) => acts,
            _ => Vec::new(),
        }
    }

    #[test]
    fn a_digit_alone_is_a_key_but_not_where_a_number_is_asked_for() {
        let key = |c| What::Press(Key::new(c).unwrap());
        assert_eq!(typed("1", "consent:payor"), [key('1')]);
        assert_eq!(typed("*", "any"), [key('*')]);
        assert_eq!(typed("a", "any"), [What::Say("a".into())]);
        assert_eq!(typed("1", "question:callback"), [What::Say("1".into())]);
        assert_eq!(typed("/keys 12#", "question:dob"), [key('1'), key('2'), key('#')]);
        assert_eq!(typed("/wait 6", "notice"), [What::Wait(6_000)]);
        assert!(typed("/nonsense", "notice").is_empty());
    }
}

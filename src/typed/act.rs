//! What the other side of `chat --json` may do, one object a line.

use crate::{
    dialogue::{ChannelKind, Key, LineKind},
    program::Locale,
};
use serde_json::{Map, Value};

/// Nobody waits longer than a day.
const WAIT_MS_MAX: u64 = 86_400_000;

/// One action, and the barge-in that may follow it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// What the caller does now.
    pub what: What,
    /// What the caller does while the agent answers.
    pub then: Option<BargeIn>,
}

/// What is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Begins, in this language.
    Start(Locale),
    /// Types this.
    Say(String),
    /// Presses this key.
    Press(Key),
    /// Goes on in another way.
    Move(ChannelKind),
    /// Lets so many milliseconds pass, or less if the agent speaks before.
    Wait(u64),
    /// Is gone.
    HangUp,
}

/// Something done while the agent speaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BargeIn {
    /// Over the next line of this kind.
    pub during: LineKind,
    /// So many milliseconds into it.
    pub at_ms: u64,
    /// What.
    pub what: What,
}

impl Act {
    /// The language asked for, of a start.
    pub fn locale(&self) -> Locale {
        match self.what {
            What::Start(locale) => locale,
            _ => Locale::default(),
        }
    }

    /// The first line.
    pub fn parse_start(line: &str) -> Result<Act, String> {
        let act = parse(line)?;
        match act.what {
            What::Start(_) => Ok(act),
            _ => Err("the first line starts the conversation: {\"start\":true,\"locale\":\"en-US\"}".into()),
        }
    }

    /// Any later line.
    pub fn parse(line: &str) -> Result<Act, String> {
        let act = parse(line)?;
        match act.what {
            What::Start(_) => {
                Err("the conversation has already started; say, press, move, wait or hang up".into())
            }
            _ => Ok(act),
        }
    }
}

fn parse(line: &str) -> Result<Act, String> {
    let value: Value =
        serde_json::from_str(line).map_err(|e| format!("not a JSON object on one line: {e}"))?;
    let Value::Object(mut fields) = value else {
        return Err("not a JSON object; for example {\"say\":\"yes\"}".into());
    };
    let then = fields.remove("then").map(barge_in).transpose()?;
    let what = what(&mut fields, true)?;
    Ok(Act { what, then })
}

fn barge_in(value: Value) -> Result<BargeIn, String> {
    let Value::Object(mut fields) = value else { return Err("`then` is an object".into()) };
    let during = fields.remove("during").ok_or("`then` needs `during`, the kind of line to speak over")?;
    let during =
        serde_json::from_value(during.clone()).map_err(|_| format!("{during} is no kind of line"))?;
    let at_ms = match fields.remove("at_ms") {
        Some(at) => {
            at.as_u64().ok_or_else(|| format!("`at_ms` is {at}; it is a whole number of milliseconds"))?
        }
        None => return Err("`then` needs `at_ms`, how far into the line".into()),
    };
    Ok(BargeIn { during, at_ms, what: what(&mut fields, false)? })
}

/// The one action among `fields`, and nothing else.
fn what(fields: &mut Map<String, Value>, first_hand: bool) -> Result<What, String> {
    let locale = fields.remove("locale");
    let mut fields = std::mem::take(fields).into_iter();
    let Some((name, value)) = fields.next() else {
        return Err("nothing to do: use one of start, say, press, move, wait_ms, hangup".into());
    };
    if let Some((other, _)) = fields.next() {
        return Err(format!("one action a line; this one has both `{name}` and `{other}`"));
    }
    if locale.is_some() && name != "start" {
        return Err("`locale` belongs to `start`".into());
    }
    match (name.as_str(), value) {
        ("start", Value::Bool(true)) if first_hand => match locale {
            None => Ok(What::Start(Locale::default())),
            Some(Value::String(tag)) => Ok(What::Start(Locale::from_tag(&tag))),
            Some(other) => Err(format!("`locale` is {other}; it is a language tag such as \"en-US\"")),
        },
        ("say", Value::String(text)) => Ok(What::Say(text)),
        ("press", Value::String(key)) => {
            let mut keys = key.chars();
            match (keys.next().and_then(Key::new), keys.next()) {
                (Some(key), None) => Ok(What::Press(key)),
                _ => Err(format!("`press` is \"{key}\"; it is one key: 0-9, *, # or A-D")),
            }
        }
        ("move", Value::String(to)) => match serde_json::from_value(Value::String(to.clone())) {
            Ok(to) => Ok(What::Move(to)),
            Err(_) => Err(format!("`move` is \"{to}\"; it is one of phone, browser, chat, terminal")),
        },
        ("wait_ms", Value::Number(ms)) if first_hand => match ms.as_u64() {
            Some(ms) if ms <= WAIT_MS_MAX => Ok(What::Wait(ms)),
            _ => Err(format!("`wait_ms` is {ms}; it is a whole number up to {WAIT_MS_MAX}")),
        },
        ("hangup", Value::Bool(true)) => Ok(What::HangUp),
        (name @ ("start" | "say" | "press" | "move" | "wait_ms" | "hangup"), value) => {
            Err(format!("`{name}` cannot be {value} here"))
        }
        (name, _) => {
            Err(format!("`{name}` is no action: use one of start, say, press, move, wait_ms, hangup"))
        }
    }
}

//! What a caller's page sends in a chat: one JSON object a message.

use crate::{
    dialogue::LineId,
    pii::Pii,
    program::{Locale, RecipientId},
    understand::{Meaning, Scope},
};
use serde_json::{Map, Value};

/// Nobody answers a question in more characters than this.
pub const TEXT_CHARS_MAX: usize = 2_000;
/// No name has more.
const NAME_CHARS_MAX: usize = 200;

/// One message of the caller's page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChatMessage {
    /// Begins, or goes on with what a token stands for.
    Start {
        /// The language asked for.
        locale: Locale,
        /// The token of the chat to go on with.
        resume: Option<String>,
        /// The last event of it that this page has.
        after: u64,
    },
    /// Typed words.
    Text(Pii<String>),
    /// A button.
    Choice {
        /// What it means.
        meaning: Meaning,
        /// The name typed beside "I agree and sign".
        name: Option<Pii<String>>,
    },
    /// This line was displayed, all of it.
    Seen(LineId),
    /// The caller wants to go on by phone: asks for a code.
    Handover,
    /// The caller leaves.
    End,
}

/// Why a message was not understood. Nothing of its words is repeated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct WrongMessage {
    /// For programs.
    pub code: &'static str,
    /// For people: what is wrong, and the mend.
    pub message: &'static str,
}

const fn wrong(code: &'static str, message: &'static str) -> WrongMessage {
    WrongMessage { code, message }
}

impl ChatMessage {
    /// Reads one.
    pub fn parse(text: &str) -> Result<ChatMessage, WrongMessage> {
        let Ok(Value::Object(fields)) = serde_json::from_str(text) else {
            return Err(wrong(
                "not_json",
                "send one JSON object a message, as {\"type\":\"text\",\"text\":\"yes\"}",
            ));
        };
        ChatMessage::of(&fields)
    }

    /// Reads one that is JSON already.
    pub fn of(fields: &Map<String, Value>) -> Result<ChatMessage, WrongMessage> {
        match fields.get("type").and_then(Value::as_str) {
            Some("start") => start(fields),
            Some("text") => text(fields),
            Some("choice") => choice(fields),
            Some("seen") => {
                let line = fields.get("line").and_then(Value::as_str).and_then(line_id);
                let message = "`line` is the id of a line that was sent to this page, as \"l3\"";
                line.map(ChatMessage::Seen).ok_or(wrong("unknown_line", message))
            }
            Some("handover") => Ok(ChatMessage::Handover),
            Some("end") => Ok(ChatMessage::End),
            _ => Err(wrong("unknown_type", "`type` is one of start, text, choice, seen, handover, end")),
        }
    }
}

fn start(fields: &Map<String, Value>) -> Result<ChatMessage, WrongMessage> {
    let locale = match fields.get("locale") {
        None | Some(Value::Null) => Locale::default(),
        Some(Value::String(tag)) => Locale::from_tag(tag),
        Some(_) => return Err(wrong("bad_locale", "`locale` is a language tag, as \"en-US\"")),
    };
    let resume = match fields.get("resume") {
        None | Some(Value::Null) => None,
        Some(Value::String(token)) => Some(token.clone()),
        Some(_) => return Err(wrong("bad_resume", "`resume` is the token of `started`, or null")),
    };
    let after = fields.get("after").and_then(Value::as_u64).unwrap_or_default();
    Ok(ChatMessage::Start { locale, resume, after })
}

fn text(fields: &Map<String, Value>) -> Result<ChatMessage, WrongMessage> {
    match fields.get("text").and_then(Value::as_str).map(str::trim) {
        None => Err(wrong("no_text", "`text` is missing, or is no text")),
        Some("") => Err(wrong("no_text", "`text` is empty")),
        Some(text) if text.chars().count() > TEXT_CHARS_MAX => {
            Err(wrong("too_long", "`text` has at most 2000 characters; send it in parts"))
        }
        Some(text) => Ok(ChatMessage::Text(Pii::new(text.to_owned()))),
    }
}

fn choice(fields: &Map<String, Value>) -> Result<ChatMessage, WrongMessage> {
    let unknown = wrong("unknown_choice", "`value` is one of the `choices` of a line");
    let value = fields.get("value").and_then(Value::as_str).ok_or(unknown.clone())?;
    let name = match fields.get("name").and_then(Value::as_str).map(str::trim) {
        Some(name) if name.chars().count() > NAME_CHARS_MAX => {
            return Err(wrong("too_long", "`name` has at most 200 characters"));
        }
        name => name.filter(|name| !name.is_empty()).map(|name| Pii::new(name.to_owned())),
    };
    let meaning = match value.split_once(':') {
        Some(("revoke", "all")) => Meaning::Revoke(Scope::All),
        Some(("revoke", recipient)) if !recipient.is_empty() => {
            Meaning::Revoke(Scope::Only(vec![RecipientId::from(recipient)]))
        }
        _ => plain(value).ok_or(unknown)?,
    };
    match (value, &name) {
        ("sign", None) => Err(wrong("no_name", "`sign` needs `name`: the full name, as it was typed")),
        ("sign", Some(_)) => Ok(ChatMessage::Choice { meaning, name }),
        _ => Ok(ChatMessage::Choice { meaning, name: None }),
    }
}

fn plain(value: &str) -> Option<Meaning> {
    Some(match value {
        "affirm" | "sign" => Meaning::Affirm,
        "deny" => Meaning::Deny,
        "repeat" => Meaning::Repeat,
        "wait" => Meaning::Wait,
        "skip" => Meaning::Skip,
        "stop" => Meaning::Stop,
        "human" => Meaning::Human,
        "emergency" => Meaning::Emergency,
        "language" => Meaning::Language,
        "goodbye" => Meaning::Goodbye,
        _ => return None,
    })
}

/// `l3`.
fn line_id(text: &str) -> Option<LineId> {
    text.strip_prefix('l')?.parse().ok().map(LineId)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_of_the_protocol_is_read() {
        let words = |text: &str| Pii::new(text.to_owned());
        let resumed = ChatMessage::Start { locale: Locale::EsUs, resume: Some("ab".into()), after: 7 };
        let signed = ChatMessage::Choice { meaning: Meaning::Affirm, name: Some(words("Jane Doe")) };
        let revoked = Meaning::Revoke(Scope::Only(vec!["payor".into()]));
        for (text, message) in [
            (r#"{"type":"start","locale":"es-US","resume":"ab","after":7}"#, resumed),
            (r#"{"type":"text","text":" yes "}"#, ChatMessage::Text(words("yes"))),
            (r#"{"type":"choice","value":"sign","name":"Jane Doe"}"#, signed),
            (
                r#"{"type":"choice","value":"revoke:payor"}"#,
                ChatMessage::Choice { meaning: revoked, name: None },
            ),
            (r#"{"type":"seen","line":"l12"}"#, ChatMessage::Seen(LineId(12))),
            (r#"{"type":"handover"}"#, ChatMessage::Handover),
            (r#"{"type":"end"}"#, ChatMessage::End),
        ] {
            assert_eq!(ChatMessage::parse(text), Ok(message), "{text}");
        }
    }

    #[test]
    fn what_is_no_message_is_told_by_a_code() {
        let long = format!(r#"{{"type":"text","text":"{}"}}"#, "a".repeat(TEXT_CHARS_MAX + 1));
        for (text, code) in [
            ("yes", "not_json"),
            ("[]", "not_json"),
            (r#"{"type":"open_gate"}"#, "unknown_type"),
            (r#"{"type":"text"}"#, "no_text"),
            (r#"{"type":"text","text":"  "}"#, "no_text"),
            (long.as_str(), "too_long"),
            (r#"{"type":"choice","value":"gate"}"#, "unknown_choice"),
            (r#"{"type":"choice","value":"revoke:"}"#, "unknown_choice"),
            (r#"{"type":"choice","value":"sign"}"#, "no_name"),
            (r#"{"type":"seen","line":3}"#, "unknown_line"),
            (r#"{"type":"seen","line":"x3"}"#, "unknown_line"),
            (r#"{"type":"start","resume":5}"#, "bad_resume"),
        ] {
            assert_eq!(ChatMessage::parse(text).map_err(|w| w.code), Err(code), "{text}");
        }
    }
}

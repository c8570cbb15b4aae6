//! What somebody who watches a conversation is shown: the output lines of `chat --json`.

use crate::{
    dialogue::{Effect, Fact, Line, LineId},
    program::Expecting,
};
use serde_json::{Value, json};

/// What an effect shows, where it shows anything by itself. Lines are shown when they begin to be heard.
pub fn of_effect(effect: &Effect) -> Option<Value> {
    match effect {
        Effect::Understood(reading) => Some(json!({
            "event": "meaning",
            "meaning": reading.meaning.name(),
            "scope": reading.meaning.scope(),
            "confidence": reading.confidence,
        })),
        Effect::Fact(fact) => of_fact(fact),
        _ => None,
    }
}

fn of_fact(fact: &Fact) -> Option<Value> {
    match fact {
        Fact::Gate { open, .. } => Some(json!({"event": "gate", "open": open})),
        Fact::ConsentDecided { recipient, decision, .. } => {
            Some(json!({"event": "consent", "recipient": recipient, "decision": decision}))
        }
        Fact::ConsentRevoked { recipient, .. } => {
            Some(json!({"event": "consent", "recipient": recipient, "decision": "revoked"}))
        }
        Fact::Requested { kind } => Some(json!({"event": "request", "kind": kind})),
        Fact::Escalated { kind } => Some(json!({"event": "escalation", "kind": kind})),
        Fact::Moved { to } => Some(json!({"event": "moved", "to": to})),
        Fact::Ended { outcome } => Some(json!({"event": "ended", "outcome": outcome})),
        _ => None,
    }
}

/// The agent begins to say a line.
pub fn line(line: &Line) -> Value {
    json!({
        "event": "line",
        "id": line.id().to_string(),
        "kind": line.kind(),
        "text": line.text(),
        "elicits": line.elicits(),
    })
}

/// A line ended.
pub fn heard(line: LineId, complete: bool) -> Value {
    json!({"event": "heard", "line": line.to_string(), "complete": complete})
}

/// The agent waits for the caller.
pub fn listening(expecting: &Expecting) -> Value {
    json!({"event": "listening", "expecting": expecting})
}

/// The caller's words.
pub fn said(text: &str) -> Value {
    json!({"event": "said", "text": text})
}

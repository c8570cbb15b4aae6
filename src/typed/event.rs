//! What a chat shows to the caller's page: one JSON object an event.

use crate::{
    dialogue::{Effect, Fact, Line, LineKind},
    program::{Expecting, Locale, Program, RecipientId},
    time::Utc,
};
use serde_json::{Value, json};

/// A line, with what can be chosen in answer to it. `must_see`: it counts only when the page says that it was seen.
/// `only_tells`: it asks nothing.
pub fn line(line: &Line, must_see: bool, only_tells: bool) -> Value {
    let choices = if only_tells { Vec::new() } else { choices(line.kind(), line.locale()) };
    let mut event = json!({
        "type": "line",
        "id": line.id().to_string(),
        "kind": line.kind(),
        "text": line.text(),
        "elicits": line.elicits(),
        "locale": line.locale(),
        "choices": choices,
    });
    if must_see {
        event["must_see"] = true.into();
    }
    event
}

/// What an effect shows, where it shows anything by itself; recipients by the names they have in `locale` too.
pub fn of_effect(effect: &Effect, program: &Program, locale: Locale) -> Option<Value> {
    let Effect::Fact(fact) = effect else { return None };
    let name = |id: &RecipientId| program.recipient(id).map(|r| r.name.in_locale(locale));
    match fact {
        Fact::Gate { open, .. } => Some(json!({"type": "gate", "open": open})),
        Fact::ConsentDecided { recipient, decision, .. } => Some(
            json!({"type": "consent", "recipient": recipient, "decision": decision, "name": name(recipient)}),
        ),
        Fact::ConsentRevoked { recipient, .. } => Some(
            json!({"type": "consent", "recipient": recipient, "decision": "revoked", "name": name(recipient)}),
        ),
        Fact::Moved { to } => Some(json!({"type": "moved", "to": to})),
        Fact::Ended { outcome } => Some(json!({"type": "ended", "outcome": outcome})),
        _ => None,
    }
}

/// The agent waits for the caller.
pub fn listening(expecting: &Expecting) -> Value {
    json!({"type": "listening", "expecting": expecting})
}

/// The caller's words, as they were understood from their voice.
pub fn said(text: &str) -> Value {
    json!({"type": "said", "text": text})
}

/// The chat is this one, and can be gone on with by that token.
pub fn started(call_id: &str, resume: &str) -> Value {
    json!({"type": "started", "call_id": call_id, "resume": resume})
}

/// How the chat goes on by phone: the program's number, and the code with until when it counts. Without a code the
/// number can be called all the same, and the call begins anew. The link keys the code by itself: two pauses, and no
/// `#`, with which some telephones dial nothing.
pub fn handover(number: Option<&str>, code: Option<(&str, Utc)>) -> Value {
    let grouped = code.map(|(code, _)| {
        let (first, second) = code.split_at(code.len() / 2);
        format!("{first} {second}")
    });
    let keyed = code.map(|(code, _)| format!(",,{code}")).unwrap_or_default();
    json!({
        "type": "handover",
        "number": number,
        "code": grouped,
        "link": number.map(|number| format!("tel:{number}{keyed}")),
        "expires": code.map(|(_, expires)| expires),
    })
}

/// Something of the caller's page was not understood, or cannot be done.
pub fn error(code: &str, message: &str) -> Value {
    json!({"type": "error", "code": code, "message": message})
}

/// The buttons under a line of this kind.
pub fn choices(kind: LineKind, locale: Locale) -> Vec<Value> {
    let labels: &[(&str, &str, &str)] = match kind {
        LineKind::Acknowledge => &[("affirm", "Yes, go on", "Sí, sigamos"), ("deny", "No", "No")],
        LineKind::Consent | LineKind::Confirm => &[("affirm", "Yes", "Sí"), ("deny", "No", "No")],
        LineKind::Signature => &[
            ("sign", "I agree and sign", "Estoy de acuerdo y firmo"),
            ("deny", "Don't share", "No compartir"),
        ],
        LineKind::Question => &[("skip", "Skip this question", "Saltar esta pregunta")],
        LineKind::Closing => &[("deny", "No, that's all", "No, es todo")],
        _ => &[],
    };
    let label = |en: &str, es: &str| if locale == Locale::EsUs { es.to_owned() } else { en.to_owned() };
    labels.iter().map(|(value, en, es)| json!({"value": value, "label": label(en, es)})).collect()
}

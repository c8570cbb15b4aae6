//! Call records for people: a table of many, a page of one.

use crate::{
    dialogue::{Acknowledgement, Told},
    journal::{CallRecord, ConsentRecord, Disclosure, Label, ResponseRecord},
    program::Elicits,
    time::Utc,
};
use serde::Serialize;
use std::io::{self, Write};

/// A line for each call.
pub(super) fn table(out: &mut impl Write, records: &[CallRecord]) -> io::Result<()> {
    const HEAD: [&str; 6] = ["CALL", "BEGAN", "PROGRAM", "CHANNEL", "OUTCOME", "CONSENTS"];
    let mut rows = vec![HEAD.map(String::from)];
    rows.extend(records.iter().map(|record| {
        let consents: Vec<_> =
            record.consents.iter().map(|c| format!("{} {}", c.recipient, word(&c.decision))).collect();
        [
            plain(&record.call_id),
            record.started_at.to_string(),
            plain(&record.program),
            word(&record.channel),
            word(&record.outcome),
            if consents.is_empty() { "none".into() } else { plain(&consents.join(", ")) },
        ]
    }));
    let widths =
        [0, 1, 2, 3, 4].map(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0));
    for row in &rows {
        for (cell, width) in row.iter().zip(widths) {
            write!(out, "{cell:width$}  ")?;
        }
        writeln!(out, "{}", row[5])?;
    }
    if records.is_empty() {
        writeln!(out, "(no calls yet)")?;
    }
    Ok(())
}

/// What was destroyed of a call and what holds it, where anything was or does.
pub(super) fn kept(out: &mut impl Write, destroyed: &[Label], holds: &[String]) -> io::Result<()> {
    if !destroyed.is_empty() {
        let names: Vec<&str> = destroyed.iter().map(|label| label.name()).collect();
        writeln!(out, "\nDestroyed\n  what was sealed as {}", names.join(" and "))?;
    }
    if !holds.is_empty() {
        writeln!(out, "\nHeld: nothing of this call is destroyed")?;
        holds.iter().try_for_each(|hold| writeln!(out, "  {}", plain(hold)))?;
    }
    Ok(())
}

/// Everything on record of one call, in sentences.
pub(in crate::cli) fn page(out: &mut impl Write, record: &CallRecord) -> io::Result<()> {
    writeln!(out, "Call {}", plain(&record.call_id))?;
    let provider = match (&record.provider, &record.provider_call_id) {
        (Some(provider), Some(id)) => format!(" through {} ({})", plain(provider), plain(id)),
        (Some(provider), None) => format!(" through {}", plain(provider)),
        _ => String::new(),
    };
    let (program, channel) = (plain(&record.program), word(&record.channel));
    writeln!(out, "  program {program}, {} by {channel}{provider}", plain(&record.direction))?;
    let lasted = (record.ended_at.0 - record.started_at.0).max(0) as u64;
    writeln!(out, "  began {}, ended {}, lasted {}", record.started_at, record.ended_at, duration(lasted))?;
    writeln!(out, "  outcome: {}", word(&record.outcome))?;
    if let Some(before) = &record.resumes {
        writeln!(out, "  goes on with call {}", plain(before))?;
    }
    notice(out, &record.disclosure)?;
    section(out, "Gate to sensitive questions", &record.gate, "never opened", |out, step| {
        writeln!(out, "  {} {}: {}", step.at, if step.open { "opened" } else { "closed" }, plain(&step.why))
    })?;
    section(out, "Consents", &record.consents, "none asked", consent)?;
    section(out, "Questions", &record.questions, "none asked", |out, question| {
        let sensitive = if question.elicits == Elicits::None { "" } else { ", sensitive" };
        let (id, status) = (plain(&question.id), word(&question.status));
        writeln!(
            out,
            "  {} {id}{sensitive}: {status}{}",
            question.asked_at,
            at(", at ", question.answered_at)
        )
    })?;
    section(out, "Requests for the compliance contact", &record.requests, "none", |out, request| {
        writeln!(out, "  {} {}", request.at, word(&request.kind))
    })?;
    section(out, "A person called in", &record.escalations, "no", |out, escalation| {
        writeln!(out, "  {} {}", escalation.at, word(&escalation.kind))
    })?;
    writeln!(out, "\nRecording")?;
    match &record.recording {
        Some(kept) => writeln!(
            out,
            "  {}, {} channels, sha256 {}",
            duration(kept.duration_ms),
            kept.channels,
            kept.sha256
        )?,
        None => writeln!(out, "  none")?,
    }
    writeln!(out, "\nJournal\n  {} entries, last hash {}", record.journal.entries, record.journal.head)
}

fn notice(out: &mut impl Write, notice: &Disclosure) -> io::Result<()> {
    writeln!(
        out,
        "\nNotice {}, version {}, in {}",
        plain(&notice.id),
        plain(&notice.version),
        notice.locale
    )?;
    match (notice.started_at, notice.heard_at) {
        (None, _) => writeln!(out, "  was not read")?,
        (Some(began), None) => writeln!(out, "  began {began}, was not heard to its end")?,
        (Some(began), Some(heard)) => writeln!(out, "  began {began}, heard to its end {heard}")?,
    }
    if notice.interruptions > 0 {
        writeln!(out, "  interrupted by the caller: {}", notice.interruptions)?;
    }
    let answer = match notice.acknowledgement {
        Acknowledgement::Affirmed => "acknowledged",
        Acknowledgement::Declined => "declined",
        Acknowledgement::None => "not acknowledged",
    };
    writeln!(out, "  {answer}{}", at(" ", notice.acknowledged_at))?;
    writeln!(out, "  sha256 of its text {}", notice.sha256)
}

fn consent<W: Write>(out: &mut W, consent: &ConsentRecord) -> io::Result<()> {
    let release = match (consent.releasable, consent.blocked_by.is_empty()) {
        (true, _) => "may be released".to_owned(),
        (false, true) => "nothing may be released".to_owned(),
        (false, false) => format!(
            "nothing may be released: {}",
            consent.blocked_by.iter().map(|b| b.name()).collect::<Vec<_>>().join(", ")
        ),
    };
    writeln!(
        out,
        "  {}: {}; {release}",
        plain(consent.recipient.as_str()),
        word(&consent.decision).to_uppercase()
    )?;
    writeln!(out, "    purpose: {}", plain(&consent.purpose))?;
    let version = plain(&consent.question.version);
    writeln!(
        out,
        "    asked{}: \"{}\" (version {version})",
        at(" ", consent.asked_at),
        plain(&consent.question.text)
    )?;
    if let Some(response) = &consent.response {
        writeln!(out, "    answered{}: {}", at(" ", consent.decided_at), answer(response))?;
    }
    if let Some(why) = &consent.why {
        writeln!(out, "    because: {}", plain(why))?;
    }
    if let Some(signature) = &consent.signature {
        writeln!(out, "    signed: {} ({})", plain(&signature.name), signature.kind.name())?;
    }
    if let Some(revocation) = &consent.revocation {
        let told = match revocation.told {
            Told::Oral => "in speech",
            Told::Key => "by key",
            Told::Typed => "in writing",
            Told::Click => "by a click",
        };
        writeln!(out, "    revoked{} {told}: {}", at(" ", consent.revoked_at), answer(&revocation.response))?;
    }
    if let Some(signed) = &consent.since.signed {
        writeln!(
            out,
            "    signed in writing since: {} ({}, {})",
            plain(&signed.name),
            signed.kind,
            signed.at
        )?;
    }
    if let Some(revoked) = &consent.since.revoked {
        let by = revoked
            .by
            .as_ref()
            .or(revoked.call_id.as_ref())
            .map_or_else(String::new, |by| format!(", {}", plain(by)));
        writeln!(out, "    taken back since: {} ({}{by})", revoked.at, revoked.how)?;
    }
    if let Some(new) = &consent.since.superseded_by {
        writeln!(out, "    its place was taken by consent {}", plain(new))?;
    }
    if let Some(old) = &consent.supersedes {
        writeln!(out, "    takes the place of consent {}", plain(old))?;
    }
    if let Some(expires) = consent.expires {
        writeln!(out, "    a yes would last until {expires}")?;
    }
    writeln!(out, "    consent id {}", plain(&consent.consent_id))
}

fn section<W: Write, T>(
    out: &mut W,
    title: &str,
    items: &[T],
    none: &str,
    each: impl Fn(&mut W, &T) -> io::Result<()>,
) -> io::Result<()> {
    writeln!(out, "\n{title}")?;
    if items.is_empty() {
        writeln!(out, "  {none}")?;
    }
    items.iter().try_for_each(|item| each(out, item))
}

fn answer(response: &ResponseRecord) -> String {
    let words = match response.text.as_str() {
        "" => "words that told of substance use, sealed apart".to_owned(),
        text => format!("\"{}\"", plain(text)),
    };
    format!(
        "{words} ({} % sure, {} to {} into the call)",
        response.confidence.value(),
        duration(response.from_ms),
        duration(response.to_ms)
    )
}

fn at(before: &str, time: Option<Utc>) -> String {
    time.map(|t| format!("{before}{t}")).unwrap_or_default()
}

fn duration(ms: u64) -> String {
    match ms / 60_000 {
        0 => format!("{}.{:03} s", ms / 1_000, ms % 1_000),
        minutes => format!("{minutes} min {}.{:03} s", ms / 1_000 % 60, ms % 1_000),
    }
}

/// The contract's word for a value.
fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

/// Text without the characters that would steer a terminal: a caller may have typed them.
pub(in crate::cli) fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

//! Consents for people, and a line of JSON each.

use crate::{cli::record::summary::plain, consent::Standing, dialogue::Decision};
use std::io::{self, Write};

/// One JSON object a line.
pub(super) fn lines(out: &mut impl Write, all: &[Standing]) -> io::Result<()> {
    for one in all {
        serde_json::to_writer(&mut *out, one)?;
        writeln!(out)?;
    }
    Ok(())
}

/// A line for each consent.
pub(super) fn table(out: &mut impl Write, all: &[Standing]) -> io::Result<()> {
    const HEAD: [&str; 5] = ["CONSENT", "PATIENT", "RECIPIENT", "DECIDED", "TODAY"];
    let mut rows = vec![HEAD.map(String::from)];
    rows.extend(all.iter().map(|one| {
        [
            plain(&one.consent_id),
            one.patient.clone().unwrap_or_else(|| "-".into()),
            plain(one.recipient.as_str()),
            one.decided_at.map_or_else(|| "-".into(), |at| at.to_string()),
            stands(one),
        ]
    }));
    let widths = [0, 1, 2, 3].map(|column| rows.iter().map(|row| row[column].len()).max().unwrap_or(0));
    for row in &rows {
        for (cell, width) in row.iter().zip(widths) {
            write!(out, "{cell:width$}  ")?;
        }
        writeln!(out, "{}", row[4])?;
    }
    if all.is_empty() {
        writeln!(out, "(no consents)")?;
    }
    Ok(())
}

/// How it stands, in a few words.
pub(in crate::cli) fn stands(one: &Standing) -> String {
    let blocks = || one.blocked_by.iter().map(|block| block.name()).collect::<Vec<_>>().join(", ");
    match one.decision {
        Decision::Granted if one.releasable => "may be released".into(),
        Decision::Granted => format!("granted, blocked by {}", blocks()),
        Decision::Revoked => one.revoked_at.map_or_else(|| "revoked".into(), |at| format!("revoked {at}")),
        Decision::Denied => "denied".into(),
        Decision::Deferred => "left open".into(),
        Decision::Incomplete => "incomplete".into(),
    }
}

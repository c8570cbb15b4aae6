//! What of a call is due to be destroyed.

use super::{
    super::{archive::Archive, evidence::quiet, statement::Claim},
    Standing,
};
use crate::{
    journal::{Event, Keeping, Label, Labels},
    ports::StoreUnavailable,
    program::Policy,
    time::Utc,
};

/// What is due of a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Due {
    /// Labels whose keys are destroyed.
    pub destroy: Vec<Label>,
    /// Labels whose chunks are taken out of the recording, their keys being kept for the words.
    pub silence: Vec<Label>,
    /// Entries whose bodies are taken out, their keys being kept.
    pub redact: Vec<u64>,
}

impl Due {
    pub(super) fn is_nothing(&self) -> bool {
        self.destroy.is_empty() && self.silence.is_empty() && self.redact.is_empty()
    }
}

/// What is due of a call at `now`, holds aside.
pub(super) async fn of(
    archive: &Archive,
    standing: &Standing,
    policy: &Policy,
    now: Utc,
) -> Result<Due, StoreUnavailable> {
    let (Some(record), Some(_)) = (&standing.record, standing.ended_at) else { return Ok(Due::default()) };
    let keeping = Keeping::of(record, policy);
    let present = standing.present();
    let (sound_over, words_over) = (keeping.recording_until <= now, keeping.transcript_until <= now);
    if sound_over && words_over && keeping.proofs_until.is_some_and(|until| until <= now) {
        return Ok(Due { destroy: present, ..Due::default() });
    }
    let proofs_apart = standing.labels.contains(&Label::Consent);
    let words = [Label::General, Label::Sensitive];
    let mut due = Due::default();
    if sound_over && words_over {
        let keys: &[Label] = if proofs_apart { &words } else { &[Label::Sensitive] };
        due.destroy = keys.iter().copied().filter(|label| present.contains(label)).collect();
    } else if sound_over && proofs_apart && record.recording.is_some() {
        due.silence = not_yet(standing, &words);
    }
    if words_over && (!proofs_apart || !sound_over) {
        due.redact = words_of(archive, standing, proofs_apart, &due.destroy).await?;
    }
    let signed_aloud =
        record.consents.iter().any(|c| c.signature.as_ref().is_some_and(|s| s.clip_sha256.is_some()));
    if sound_over && !proofs_apart && record.recording.is_some() && !signed_aloud {
        // Of a file of the version before nothing can be taken out: it goes as a whole, where nothing in it proves.
        due.silence = not_yet(standing, &words);
    }
    Ok(due)
}

fn not_yet(standing: &Standing, labels: &[Label]) -> Vec<Label> {
    let quiet = quiet(&standing.claims);
    labels.iter().copied().filter(|label| !quiet.contains(label)).collect()
}

/// The entries that are words and no proofs, as far as they are there and their key is not destroyed anyway.
async fn words_of(
    archive: &Archive,
    standing: &Standing,
    proofs_apart: bool,
    goes: &[Label],
) -> Result<Vec<u64>, StoreUnavailable> {
    if !archive.has_words(&standing.call_id).await? {
        return Ok(Vec::new());
    }
    // Where the proofs are among the words, they are told apart by what they say, once.
    let again = standing.claims.iter().any(|claim| matches!(claim, Claim::Redacted { .. }));
    if !proofs_apart && again && !standing.present().contains(&Label::Sensitive) {
        return Ok(Vec::new());
    }
    let Some(evidence) = archive.evidence(&standing.call_id).await? else { return Ok(Vec::new()) };
    let mut labels = Labels::default();
    let mut entries = Vec::new();
    for (link, body) in &evidence.entries {
        let Some(bytes) = body.bytes() else { continue };
        let proves = match proofs_apart {
            true => link.label == Label::Consent,
            false => {
                let event = bytes.get(32..).and_then(|json| serde_json::from_slice::<Event>(json).ok());
                event.is_some_and(|event| labels.of_event(&event) == Label::Consent)
            }
        };
        if !proves && !goes.contains(&link.label) {
            entries.push(link.seq);
        }
    }
    Ok(entries)
}

//! A transcript that somebody gives: `[{"party":"agent","from_ms":0,"to_ms":1000,"text":"..."}, ...]`.

use super::Utterance;

/// A transcript larger than this is not of one call: 5 MiB.
pub const TRANSCRIPT_BYTES_MAX: usize = 5 << 20;
/// Nor is one of more utterances.
const UTTERANCES_MAX: usize = 20_000;
/// Times may be rounded up to whole seconds.
const ROUNDED_MS: u64 = 1_000;

/// Why it is no transcript of a recording; nothing of its words is in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotTranscript {
    /// Too large.
    #[error("larger than {} MiB, and so not of one call; give the words of this recording alone", TRANSCRIPT_BYTES_MAX >> 20)]
    Bytes,
    /// Another shape, first at a line.
    #[error(
        "no transcript (line {0}); write [{{\"party\":\"agent\",\"from_ms\":0,\"to_ms\":1000,\"text\":\"...\"}}]"
    )]
    Shape(usize),
    /// Too many utterances.
    #[error(
        "{0} entries, more than the {UTTERANCES_MAX} that one call may have; give the words of this recording alone, a sentence an entry"
    )]
    Utterances(usize),
    /// One ends before it begins.
    #[error("entry {entry} ends before it begins (from_ms {from_ms}, to_ms {to_ms}); correct its times")]
    Backwards {
        /// Its number, from 1.
        entry: usize,
        /// When it begins.
        from_ms: u64,
        /// When it ends.
        to_ms: u64,
    },
    /// One ends after the sound.
    #[error(
        "entry {entry} ends at {to_ms} ms, and the recording at {lasted_ms} ms; give the transcript of this \
            recording, with times in milliseconds from its beginning"
    )]
    Beyond {
        /// Its number, from 1.
        entry: usize,
        /// When it ends.
        to_ms: u64,
        /// When the sound ends.
        lasted_ms: u64,
    },
}

/// What was said in a recording of this length, by its transcript, in the order in which it began.
pub fn transcript(json: &[u8], lasted_ms: u64) -> Result<Vec<Utterance>, NotTranscript> {
    if json.len() > TRANSCRIPT_BYTES_MAX {
        return Err(NotTranscript::Bytes);
    }
    let said = serde_json::from_slice(json).map_err(|e| NotTranscript::Shape(e.line()));
    let mut said: Vec<Utterance> = said?;
    if said.len() > UTTERANCES_MAX {
        return Err(NotTranscript::Utterances(said.len()));
    }
    for (entry, &Utterance { from_ms, to_ms, .. }) in (1..).zip(&said) {
        if from_ms > to_ms {
            return Err(NotTranscript::Backwards { entry, from_ms, to_ms });
        }
        if to_ms > lasted_ms.saturating_add(ROUNDED_MS) {
            return Err(NotTranscript::Beyond { entry, to_ms, lasted_ms });
        }
    }
    said.sort_by_key(|said| said.from_ms);
    Ok(said)
}

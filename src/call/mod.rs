//! One live call: listener, dialogue, speaker, recorder, in one task.

mod actor;
pub mod chat;
mod clock;
mod durable;
mod handover;
mod keypad;
mod labels;
pub mod listener;
mod page;
mod recorder;
mod speaker;
mod timer;
mod underway;
mod words;

use crate::{
    dialogue::{Fact, Gone, Input, PersonReached, SignatureKind},
    journal::{Bytes32, CallRecord, Chain, Clip, Entry, Event, Label, Opened, Salts, record},
    observe::metrics,
    ports::{
        Channel, Clock, Entropy, Finished, Ledger, Onlooker, Recognizer, Recordings, StoreUnavailable,
        Synthesizer, Timer, VoiceActivity,
    },
    program::Program,
    time::Millis,
    wire::StreamStart,
};
use actor::{Actor, StreamEnd};
use durable::Durable;
pub use handover::Codes;
use std::sync::Arc;
pub use timer::RealTime;
use tokio::sync::watch;
use underway::UnderWay;

/// What every call of a program needs. Shared by all of them.
pub struct Desk {
    /// The script.
    pub program: Arc<Program>,
    /// Words from audio.
    pub ears: Arc<dyn Recognizer>,
    /// Audio from words.
    pub voice: Arc<dyn Synthesizer>,
    /// A voice detector for a new stream.
    pub activity: Arc<dyn Fn() -> Box<dyn VoiceActivity> + Send + Sync>,
    /// Journals.
    pub ledger: Arc<dyn Ledger>,
    /// Recordings.
    pub recordings: Arc<dyn Recordings>,
    /// Whoever may watch calls live.
    pub onlooker: Arc<dyn Onlooker>,
    /// The wall clock.
    pub clock: Arc<dyn Clock>,
    /// Time as it passes.
    pub timer: Arc<dyn Timer>,
    /// Chance.
    pub entropy: Arc<dyn Entropy>,
    /// The codes of chats that go on by phone, of all programs.
    pub codes: Arc<Codes>,
}

/// How the conversation on a stream ended.
pub enum Ended {
    /// It is over, and its record written.
    Finished(Box<CallRecord>),
    /// The caller is to be passed to a person; the call is over when it is known whether somebody answered.
    Transferring(Box<OpenCall>),
}

/// A call whose stream has ended and whose transfer has not.
pub struct OpenCall {
    opened: Opened,
    call: UnderWay,
}

impl OpenCall {
    /// Writes down what became of the transfer, and ends the call.
    pub async fn finish(mut self, reached: PersonReached) -> CallRecord {
        self.call.handle(Input::Person { reached });
        if !self.call.log.dialogue().is_over() {
            self.call.handle(Input::Gone { why: Gone::HungUp });
        }
        let desk = Arc::clone(&self.call.desk);
        close(&desk, &self.opened, self.call.durable).await
    }
}

/// Runs the conversation on `channel` until it ends. `stop` turning true means that the server goes down.
///
/// The journal's opening is durable before the first word; when it cannot be, the caller is told nothing and
/// the stream ends at once, so that the provider's document goes on to a person.
pub async fn answer(
    desk: Arc<Desk>,
    mut channel: Box<dyn Channel>,
    start: StreamStart,
    mut opened: Opened,
    stop: watch::Receiver<bool>,
) -> Ended {
    opened.salt = Bytes32(drawn(desk.entropy.as_ref()));
    if let Err(error) = desk.ledger.open(&opened).await {
        tracing::error!(call_id = %opened.call_id, %error, "a call could not be put on record and was not taken");
        channel.close().await;
        return Ended::Finished(Box::new(record(&opened, &[])));
    }
    let mut actor = Actor::new(UnderWay::new(Arc::clone(&desk), &opened), channel, &start);
    let end = actor.run(Input::Begin, stop).await;
    let (mut call, _) = actor.part();
    call.end_recording().await;
    match end {
        StreamEnd::Over | StreamEnd::Typing => {
            Ended::Finished(Box::new(close(&desk, &opened, call.durable).await))
        }
        StreamEnd::Transfer => {
            // A transfer may take hours to be heard of: what is known by now is durable before that.
            if let Err(error) = call.durable.finish().await {
                tracing::error!(call_id = %opened.call_id, %error, "a journal could not be stored yet");
            }
            Ended::Transferring(Box::new(OpenCall { opened, call }))
        }
    }
}

/// Makes what is left durable, computes the record from the journal, and closes it.
async fn close(desk: &Desk, opened: &Opened, mut durable: Durable) -> CallRecord {
    if let Err(error) = durable.finish().await {
        tracing::error!(call_id = %opened.call_id, %error, "the end of a journal could not be stored");
    }
    match recorded(desk.ledger.as_ref(), opened).await {
        Ok(record) => {
            metrics::call_ended(record.channel, record.outcome);
            if let Err(error) = desk.ledger.close(&opened.call_id, &record).await {
                tracing::error!(call_id = %opened.call_id, %error, "a record could not be stored");
            }
            record
        }
        Err(error) => {
            tracing::error!(call_id = %opened.call_id, %error, "a journal could not be read back");
            record(opened, &[])
        }
    }
}

/// 256 bits nobody can guess.
fn drawn(entropy: &dyn Entropy) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[..16].copy_from_slice(&entropy.draw().to_be_bytes());
    bytes[16..].copy_from_slice(&entropy.draw().to_be_bytes());
    bytes
}

async fn recorded(ledger: &dyn Ledger, opened: &Opened) -> Result<CallRecord, StoreUnavailable> {
    let journal = ledger.journal(&opened.call_id).await?;
    let (opened, entries) = journal.unwrap_or_else(|| (opened.clone(), Vec::new()));
    Ok(record(&opened, &entries))
}

/// Closes a call that a crash left open: what was asked and not decided is incomplete, the recording is as long
/// as it got, and nothing that was written is lost. Gives its record, or nothing where there is no such call.
pub async fn recover(
    ledger: &dyn Ledger,
    recordings: &dyn Recordings,
    entropy: &dyn Entropy,
    call_id: &str,
) -> Result<Option<CallRecord>, StoreUnavailable> {
    let Some((opened, mut entries)) = ledger.journal(call_id).await? else { return Ok(None) };
    let at = entries.last().map_or(Millis(0), |e| e.at);
    let mut salts = Salts::new(drawn(entropy));
    let mut chain = Chain::verify(&opened, &entries)
        .map_err(|broken| StoreUnavailable(format!("call {call_id}: {broken}")))?;
    // A call of a version that had no key for it has none for what is added.
    let label = match entries.iter().any(|entry| entry.label == Label::Consent) {
        true => Label::Consent,
        false => Label::General,
    };
    let mut added: Vec<Entry> = vec![chain.entry(at, label, Event::Recovered, salts.next())];
    let refused = |e: &Entry| matches!(&e.event, Event::Fact { fact: Fact::RecordingOff });
    if entries.iter().any(refused) {
        recordings.destroy(call_id).await?;
    } else {
        let signed = entries.iter().filter_map(|e| match &e.event {
            Event::Fact { fact } => signing(fact),
            _ => None,
        });
        let signed: Vec<Signing> = signed.collect();
        if let Some(finished) = recordings.finish(call_id, spans(&signed)).await? {
            added.push(chain.entry(at, label, recorded_as(finished, signed), salts.next()));
        }
    }
    ledger.append(call_id, added.clone()).await?;
    entries.extend(added);
    let record = record(&opened, &entries);
    ledger.close(call_id, &record).await?;
    Ok(Some(record))
}

/// A spoken signature: which consent's, and where in the call it was asked for and given.
type Signing = (String, Millis, Millis);

fn signing(fact: &Fact) -> Option<Signing> {
    match fact {
        Fact::ConsentDecided { consent_id, signature: Some(signed), .. } => {
            (signed.kind == SignatureKind::Voice).then(|| (consent_id.clone(), signed.from, signed.to))
        }
        _ => None,
    }
}

fn spans(signed: &[Signing]) -> Vec<(Millis, Millis)> {
    signed.iter().map(|(_, from, to)| (*from, *to)).collect()
}

/// The recording as the journal notes it, with the clips of the signatures.
fn recorded_as(finished: Finished, signed: Vec<Signing>) -> Event {
    let clips = signed.into_iter().zip(finished.clips);
    let clips = clips.filter_map(|((consent_id, from, to), sha256)| {
        sha256.map(|sha256| Clip { consent_id, from, to, sha256 })
    });
    Event::Recording {
        duration_ms: finished.bytes / BYTES_PER_MS,
        sha256: finished.sha256,
        chunks: finished.chunks,
        clips: clips.collect(),
    }
}

/// Two channels of 8 kHz mu-law.
const BYTES_PER_MS: u64 = 16;

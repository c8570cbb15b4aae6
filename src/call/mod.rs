//! One live call: listener, dialogue, speaker, recorder, in one task.

pub mod listener;

use crate::{
    dialogue::PersonReached,
    journal::{CallRecord, Opened},
    ports::{Channel, Clock, Ledger, Onlooker, Recognizer, Recordings, Synthesizer, VoiceActivity},
    program::Program,
    wire::StreamStart,
};
use std::sync::Arc;
use tokio::sync::watch;

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
}

/// How the conversation on a stream ended.
pub enum Ended {
    /// It is over, and its record written.
    Finished(Box<CallRecord>),
    /// The caller is to be passed to a person; the call is over when it is known whether somebody answered.
    Transferring(Box<OpenCall>),
}

/// A call whose stream has ended and whose transfer has not.
pub struct OpenCall {}

impl OpenCall {
    /// Writes down what became of the transfer, and ends the call.
    pub async fn finish(self, _reached: PersonReached) -> CallRecord {
        unreachable!("written by the lead")
    }
}

/// Runs the conversation on `channel` until it ends. `stop` turning true means that the server goes down.
/// `person_available`: whether the program's hours are open now.
pub async fn answer(
    _desk: Arc<Desk>,
    _channel: Box<dyn Channel>,
    _start: StreamStart,
    _opened: Opened,
    _person_available: bool,
    _stop: watch::Receiver<bool>,
) -> Ended {
    unreachable!("written by the lead")
}

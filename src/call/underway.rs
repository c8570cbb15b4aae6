//! One call, whichever way its caller is connected: its clock, its journal on the way to the store, its recording.
//!
//! A chat hands it to a voice and gets it back; there is one of it from the beginning to the end.

use super::{
    Desk, Signing, drawn, durable::Durable, labels::Spans, recorded_as, recorder::Recorder, signing, spans,
};
use crate::{
    dialogue::{Effect, Fact, Input},
    journal::{Log, Opened, Salts, caption},
    observe::metrics,
    time::Millis,
};
use serde_json::Value;
use std::{future::Future, sync::Arc};

/// A call that goes on.
pub(super) struct UnderWay {
    pub(super) desk: Arc<Desk>,
    pub(super) call_id: String,
    began: Millis,
    pub(super) log: Log,
    pub(super) durable: Durable,
    pub(super) recorder: Recorder,
    pub(super) recording_refused: bool,
    labels: Spans,
    /// What was signed by voice.
    signed: Vec<Signing>,
    /// Whether the caller has talked at all.
    pub(super) talked: bool,
}

impl UnderWay {
    /// The call that begins now.
    pub(super) fn new(desk: Arc<Desk>, opened: &Opened) -> UnderWay {
        UnderWay {
            log: Log::new(Arc::clone(&desk.program), opened, Salts::new(drawn(desk.entropy.as_ref()))),
            durable: Durable::new(Arc::clone(&desk.ledger), Arc::clone(&desk.timer), &opened.call_id),
            call_id: opened.call_id.clone(),
            began: desk.timer.now(),
            recorder: Recorder::default(),
            recording_refused: false,
            labels: Spans::default(),
            signed: Vec::new(),
            talked: false,
            desk,
        }
    }

    pub(super) fn now(&self) -> Millis {
        Millis(self.desk.timer.now().since(self.began))
    }

    /// Waits for a moment of the call.
    pub(super) fn wakes_at(&self, at: Millis) -> impl Future<Output = ()> + Send + use<> {
        self.desk.timer.until(self.began + at.0)
    }

    /// Passes an input to the dialogue. Gives what may be done at once.
    pub(super) fn handle(&mut self, input: Input) -> Vec<Effect> {
        let now = self.now();
        let step = self.log.handle(now, input);
        self.labels.now(now, self.log.sound_label());
        if self.is_watched() {
            step.effects.iter().filter_map(caption::of_effect).for_each(|shown| self.show(shown));
        }
        if step.effects.iter().any(|e| matches!(e, Effect::StopRecording)) {
            // At once, whatever becomes of the record of it.
            self.recording_refused = true;
            self.recorder.stop();
        }
        self.durable.take(step)
    }

    /// A fact became durable.
    pub(super) fn noted(&mut self, fact: &Fact) {
        self.signed.extend(signing(fact));
    }

    pub(super) fn is_watched(&self) -> bool {
        self.desk.onlooker.watches(&self.call_id)
    }

    /// Shows an event to whoever watches.
    pub(super) fn show(&self, event: Value) {
        self.desk.onlooker.show(&self.call_id, event);
    }

    /// Passes on what of the recording is final.
    pub(super) async fn keep_recording(&mut self) {
        while let Some(piece) = self.recorder.finished(self.now()) {
            self.record(piece).await;
        }
    }

    /// The caller goes on in writing.
    pub(super) async fn pause_recording(&mut self) {
        self.keep_rest().await;
        self.recorder.pause();
    }

    async fn keep_rest(&mut self) {
        let now = self.now();
        while let Some(piece) = self.recorder.rest(now) {
            self.record(piece).await;
        }
    }

    async fn record(&mut self, (piece, from, to): super::recorder::Piece) {
        for (label, part) in self.labels.cut(from, to) {
            let part = piece[part].to_vec();
            if let Err(error) = self.desk.recordings.append(&self.call_id, label, part).await {
                tracing::error!(call_id = %self.call_id, %error, "a piece of a recording was lost");
            }
        }
    }

    /// Closes the recording and notes it in the journal.
    pub(super) async fn end_recording(&mut self) {
        if !self.talked {
            return;
        }
        if self.recording_refused {
            return self.destroy_recording().await;
        }
        self.keep_rest().await;
        let signed = std::mem::take(&mut self.signed);
        match self.desk.recordings.finish(&self.call_id, spans(&signed)).await {
            Ok(Some(finished)) => {
                let entry = self.log.note(self.now(), recorded_as(finished, signed));
                self.durable.add(entry);
            }
            Ok(None) => {}
            Err(error) => {
                metrics::store_failed();
                tracing::error!(call_id = %self.call_id, %error, "a recording could not be closed");
            }
        }
    }

    pub(super) async fn destroy_recording(&mut self) {
        if let Err(error) = self.desk.recordings.destroy(&self.call_id).await {
            metrics::store_failed();
            tracing::error!(call_id = %self.call_id, %error, "a refused recording could not be destroyed yet");
        }
    }
}

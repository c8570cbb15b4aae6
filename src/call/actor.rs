//! One live call: everything that happens on it goes through one task, in order.

use super::{
    Desk, Signing,
    clock::CallerClock,
    drawn,
    durable::Durable,
    keypad::{Keypad, Report},
    labels::Spans,
    listener::{Hearing, Listener},
    recorded_as,
    recorder::{Piece, Recorder},
    signing, spans,
    speaker::{Due, Speaker, Told},
    words::{Recognised, Words},
};
use crate::{
    audio::g711,
    dialogue::{Broken, Effect, Gone, Input, Key, Line, LineId, LineKind},
    journal::{Log, Opened, Salts, caption},
    observe::metrics,
    pii::Pii,
    ports::{Channel, EngineFailed, Hints, Prompt},
    program::Expecting,
    time::Millis,
    typed::ChatMessage,
    understand::Heard,
    wire::{Encoding, FromCaller, StreamStart, ToCaller},
};
use futures_util::{FutureExt, StreamExt, future::abortable, stream::FuturesUnordered};
use serde_json::Value;
use std::{future::Future, pin::Pin, sync::Arc};
use tokio::sync::watch;

/// A caller whose audio stops without a word from the provider is gone after this long.
const NO_AUDIO_MS_MAX: u64 = 30_000;
/// More audio than this beyond real time is not a telephone call.
const AHEAD_MS_MAX: u64 = 10_000;
const SAMPLES_PER_MS: u64 = 8;

type Rendering = Pin<Box<dyn Future<Output = (LineId, Result<Prompt, EngineFailed>)> + Send>>;
type Recognising = Pin<Box<dyn Future<Output = (u32, Option<Recognised>)> + Send>>;

/// How a stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StreamEnd {
    /// The conversation is over.
    Over,
    /// The caller is to be passed to a person.
    Transfer,
}

pub(super) struct Actor {
    desk: Arc<Desk>,
    channel: Box<dyn Channel>,
    call_id: String,
    encoding: Encoding,
    began: Millis,
    pub(super) log: Log,
    pub(super) durable: Durable,
    speaker: Speaker,
    listener: Listener,
    keypad: Keypad,
    recorder: Recorder,
    labels: Spans,
    rendering: FuturesUnordered<Rendering>,
    recognising: FuturesUnordered<Recognising>,
    words: Words,
    lines: Vec<Line>,
    yes_no: bool,
    recording_refused: bool,
    listening: Option<Expecting>,
    ended: Option<StreamEnd>,
    /// The provider's clock, the caller's next sample on ours, and when audio last came.
    caller_clock: CallerClock,
    caller_samples: Option<u64>,
    last_audio: Millis,
    /// When the caller stopped talking, until the agent is heard again; and when a voice began.
    answer_from: Option<Millis>,
    voice_from: Option<Millis>,
    sound: Vec<i16>,
    hearings: Vec<Hearing>,
    to_send: Vec<Due>,
    told: Vec<Told>,
    /// What was signed by voice.
    signed: Vec<Signing>,
}

impl Actor {
    pub(super) fn new(
        desk: Arc<Desk>,
        channel: Box<dyn Channel>,
        start: &StreamStart,
        opened: &Opened,
    ) -> Actor {
        let timings = &desk.program.timings;
        let listener = Listener::new((desk.activity)(), timings.end_of_turn_open_ms, timings.turn_ms_max);
        Actor {
            log: Log::new(Arc::clone(&desk.program), opened, Salts::new(drawn(desk.entropy.as_ref()))),
            durable: Durable::new(Arc::clone(&desk.ledger), Arc::clone(&desk.timer), &opened.call_id),
            channel,
            call_id: opened.call_id.clone(),
            encoding: start.encoding,
            began: desk.timer.now(),
            speaker: Speaker::default(),
            listener,
            keypad: Keypad::default(),
            recorder: Recorder::default(),
            labels: Spans::default(),
            rendering: FuturesUnordered::new(),
            recognising: FuturesUnordered::new(),
            words: Words::default(),
            lines: Vec::new(),
            yes_no: false,
            recording_refused: false,
            listening: None,
            ended: None,
            caller_clock: CallerClock::default(),
            caller_samples: None,
            last_audio: Millis(0),
            answer_from: None,
            voice_from: None,
            sound: Vec::new(),
            hearings: Vec::new(),
            to_send: Vec::new(),
            told: Vec::new(),
            signed: Vec::new(),
            desk,
        }
    }

    fn now(&self) -> Millis {
        Millis(self.desk.timer.now().since(self.began))
    }

    /// Runs the conversation until it ends.
    pub(super) async fn run(&mut self, mut stop: watch::Receiver<bool>) -> StreamEnd {
        self.input(Input::Begin).await;
        while self.ended.is_none() {
            let now = self.now();
            let wake = [
                self.speaker.next_due(now),
                self.log.dialogue().deadline(),
                Some(self.last_audio + NO_AUDIO_MS_MAX),
            ];
            let wake = wake.into_iter().flatten().min().unwrap_or(now + NO_AUDIO_MS_MAX);
            let woken = self.desk.timer.until(self.began + wake.0);
            tokio::select! {
                biased;
                effects = self.durable.next() => match effects {
                    Ok(effects) => self.carry_out(effects).await,
                    Err(_) => {
                        let must = self.durable.salvage();
                        self.input(Input::Failed { broken: Broken::Store }).await;
                        self.carry_out(must).await;
                    }
                },
                () = woken => self.woken().await,
                message = self.channel.next() => match message {
                    Some(message) => self.arrived(message).await,
                    None => {
                        let why = self.channel.why_gone();
                        self.input(Input::Gone { why }).await;
                    }
                },
                Some((turn, words)) = self.recognising.next() => self.recognised(turn, words).await,
                Some((line, prompt)) = self.rendering.next() => self.rendered(line, prompt).await,
                Ok(()) = stop.wait_for(|stop| *stop).map(|r| r.map(|_| ())) => {
                    self.input(Input::Gone { why: Gone::Shutdown }).await;
                }
            }
            self.keep_recording().await;
        }
        self.channel.close().await;
        self.ended.unwrap_or(StreamEnd::Over)
    }

    async fn woken(&mut self) {
        let now = self.now();
        if self.last_audio + NO_AUDIO_MS_MAX <= now {
            return self.input(Input::Gone { why: Gone::Lost }).await;
        }
        self.pump().await;
        if self.log.dialogue().deadline().is_some_and(|deadline| deadline <= now) {
            self.input(Input::Tick).await;
        }
    }

    /// Passes an input to the dialogue and does what may be done at once.
    async fn input(&mut self, input: Input) {
        let now = self.now();
        let step = self.log.handle(now, input);
        self.labels.now(now, self.log.sound_label());
        if self.desk.onlooker.watches(&self.call_id) {
            for shown in step.effects.iter().filter_map(caption::of_effect) {
                self.show(shown);
            }
        }
        if step.effects.iter().any(|e| matches!(e, Effect::StopRecording)) {
            // At once, whatever becomes of the record of it.
            self.recording_refused = true;
            self.recorder.stop();
        }
        let over = self.log.dialogue().is_over();
        let effects = self.durable.take(step);
        // Boxed: an effect can lead to another input, and futures cannot hold themselves.
        Box::pin(self.carry_out(effects)).await;
        if over && self.ended.is_none() {
            self.ended = Some(StreamEnd::Over);
        }
        self.show_listening();
    }

    fn show(&self, event: Value) {
        self.desk.onlooker.show(&self.call_id, event);
    }

    fn show_listening(&mut self) {
        let listening = self.log.dialogue().listening();
        if self.listening != listening {
            if let Some(expecting) = &listening {
                self.show(caption::listening(expecting));
            }
            self.listening = listening;
        }
    }

    async fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Fact(fact) => self.signed.extend(signing(&fact)),
                Effect::Understood(_) => {}
                Effect::Speak(line) => self.speak(line).await,
                Effect::Flush => {
                    let now = self.now();
                    self.speaker.flush(now, &mut self.to_send, &mut self.told);
                    self.recorder.cut(now);
                    if let Some(from) = self.voice_from.take() {
                        metrics::barged_in(now.since(from) as f64);
                    }
                    self.deliver().await;
                }
                Effect::Listen(listening) => {
                    self.yes_no = listening.expecting.is_yes_no();
                    self.listener.set_end_of_turn(listening.end_of_turn_ms);
                }
                Effect::StopRecording => self.destroy_recording().await,
                Effect::Transfer(_) => self.ended = Some(StreamEnd::Transfer),
                Effect::HangUp => self.ended = Some(StreamEnd::Over),
            }
        }
        self.pump().await;
    }

    async fn speak(&mut self, line: Line) {
        let (id, voice, locale) = (line.id(), Arc::clone(&self.desk.voice), line.locale());
        let text = line.text().to_owned();
        self.lines.push(line.clone());
        self.speaker.enqueue(line);
        let mut rendering: Rendering = Box::pin(async move { (id, voice.say(&text, locale).await) });
        // A cached prompt is there at once.
        match (&mut rendering).now_or_never() {
            Some((line, prompt)) => self.rendered(line, prompt).await,
            None => self.rendering.push(rendering),
        }
    }

    async fn rendered(&mut self, line: LineId, prompt: Result<Prompt, EngineFailed>) {
        match prompt {
            Ok(prompt) => {
                self.speaker.supply(line, prompt);
                self.pump().await;
            }
            Err(error) => {
                tracing::error!(call_id = %self.call_id, %error, "a line could not be spoken");
                if !self.speaker.wants(line) {
                    return;
                }
                if self.log.dialogue().is_over() || self.ended.is_some() {
                    return;
                }
                Box::pin(self.input(Input::Failed { broken: Broken::Voice })).await;
                // Without a voice there is nobody to say goodbye: the provider's own voice takes over.
                self.ended = Some(StreamEnd::Transfer);
            }
        }
    }

    /// Sends what the speaker has due, and tells the dialogue what happened to its lines.
    async fn pump(&mut self) {
        let now = self.now();
        self.speaker.pump(now, &mut self.to_send, &mut self.told);
        self.deliver().await;
    }

    async fn deliver(&mut self) {
        for Due { message, heard_at, late_ms } in std::mem::take(&mut self.to_send) {
            if let ToCaller::Audio { bytes, from, to } = &message {
                self.recorder.agent(heard_at, &bytes[*from..*to]);
                metrics::frame_sent(late_ms as f64);
                if let Some(since) = self.answer_from.take() {
                    metrics::turn_answered(self.now().since(since) as f64);
                }
            }
            if self.channel.send(self.encoded(message)).await.is_err() {
                if !self.log.dialogue().is_over() {
                    Box::pin(self.input(Input::Gone { why: Gone::Lost })).await;
                }
                break;
            }
        }
        for told in std::mem::take(&mut self.told) {
            let input = match told {
                Told::Began(line) => {
                    self.line_began(line);
                    Input::LineBegan { line }
                }
                Told::Ended { line, complete, heard_ms } => {
                    self.lines.retain(|l| l.id() != line);
                    self.show(caption::heard(line, complete));
                    Input::LineEnded { line, complete, heard_ms }
                }
            };
            Box::pin(self.input(input)).await;
        }
    }

    fn line_began(&mut self, line: LineId) {
        if let Some(line) = self.lines.iter().find(|l| l.id() == line) {
            if line.kind() == LineKind::Recording && !self.recording_refused {
                self.recorder.start();
            }
            if self.desk.onlooker.watches(&self.call_id) {
                self.show(caption::line(line));
            }
        }
    }

    /// Prompts are mu-law; an A-law stream gets them translated.
    fn encoded(&self, message: ToCaller) -> ToCaller {
        match (self.encoding, message) {
            (Encoding::Alaw, ToCaller::Audio { bytes, from, to }) => {
                let alaw: Arc<[u8]> =
                    bytes[from..to].iter().map(|&code| g711::encode_alaw(g711::decode_mulaw(code))).collect();
                let to = alaw.len();
                ToCaller::Audio { bytes: alaw, from: 0, to }
            }
            (_, message) => message,
        }
    }

    async fn arrived(&mut self, message: FromCaller) {
        match message {
            FromCaller::Audio { at_ms, payload } => self.heard_audio(at_ms, payload).await,
            FromCaller::Key(key) => {
                if let Some(key) = Key::new(key) {
                    self.key(key, Report::Message).await;
                }
            }
            FromCaller::Mark(name) => {
                let now = self.now();
                self.speaker.mark(&name, now, &mut self.told);
                self.pump().await;
            }
            FromCaller::Page(text) => self.page(&text).await,
            FromCaller::Stop => self.input(Input::Gone { why: Gone::HungUp }).await,
            FromCaller::Start(_) | FromCaller::Ignored => {}
        }
    }

    /// What the caller typed or clicked beside talking. It interrupts, as a voice does.
    async fn page(&mut self, text: &str) {
        let now = self.now();
        match ChatMessage::parse(text) {
            Ok(ChatMessage::Text(words)) => {
                self.input(Input::SpeechBegan).await;
                if self.desk.onlooker.watches(&self.call_id) {
                    self.show(caption::said(words.expose()));
                }
                let heard = Pii::new(Heard::typed(words.expose().as_str()));
                self.input(Input::Said { heard, from: now, to: now }).await;
            }
            Ok(ChatMessage::Choice { meaning, name }) => {
                self.input(Input::Chose { meaning, matter: None, name }).await;
            }
            // The channel passes nothing else on.
            _ => {}
        }
    }

    async fn key(&mut self, key: Key, report: Report) {
        if self.keypad.is_new(key, report, self.now()) {
            self.input(Input::Pressed { key }).await;
        }
    }

    async fn heard_audio(&mut self, at_ms: Option<u64>, payload: Vec<u8>) {
        let now = self.now();
        self.last_audio = now;
        let lost_ms = self.caller_clock.lost_before(at_ms, payload.len());
        let ours = *self.caller_samples.get_or_insert(now.0 * SAMPLES_PER_MS);
        let from = Millis(ours / SAMPLES_PER_MS + lost_ms);
        self.caller_samples = Some(ours + lost_ms * SAMPLES_PER_MS + payload.len() as u64);
        if from.0 > now.0 + AHEAD_MS_MAX {
            return self.input(Input::Gone { why: Gone::Misbehaved }).await;
        }
        self.sound.clear();
        match self.encoding {
            Encoding::Mulaw => {
                self.recorder.caller(now, &payload, lost_ms);
                g711::decode_mulaw_into(&payload, &mut self.sound);
            }
            Encoding::Alaw => {
                self.sound.extend(payload.iter().map(|&code| g711::decode_alaw(code)));
                let mulaw: Vec<u8> = self.sound.iter().map(|&s| g711::encode_mulaw(s)).collect();
                self.recorder.caller(now, &mulaw, lost_ms);
            }
        }
        self.listener.hear(from, &self.sound, &mut self.hearings);
        for hearing in std::mem::take(&mut self.hearings) {
            self.hearing(hearing).await;
        }
    }

    async fn hearing(&mut self, hearing: Hearing) {
        match hearing {
            Hearing::Began { at } => {
                self.voice_from = Some(at);
                self.input(Input::SpeechBegan).await;
                self.voice_from = None;
            }
            Hearing::Guess { turn, samples, .. } => {
                let ears = Arc::clone(&self.desk.ears);
                let hints = Hints { locale: self.log.dialogue().locale(), yes_no: self.yes_no };
                let timer = Arc::clone(&self.desk.timer);
                let (recognising, recognition) = abortable(async move {
                    let asked = timer.now();
                    let words = ears.recognize(samples, hints).await;
                    metrics::recognised(timer.now().since(asked) as f64);
                    words
                });
                self.words.guessed(turn, recognition);
                self.recognising.push(Box::pin(async move { (turn, recognising.await.ok()) }));
            }
            Hearing::WentOn { .. } => self.words.went_on(),
            Hearing::Ended { turn, from, to } => {
                self.words.ended(turn, (from, to));
                self.words_done().await;
            }
            // The words of a turn before it are still to come: they settle what was meant.
            Hearing::Noise if self.words.are_awaited() => {}
            Hearing::Noise => {
                let now = self.now();
                let heard = Heard { text: String::new(), confidence: Default::default(), lean: None };
                self.input(Input::Said { heard: Pii::new(heard), from: now, to: now }).await;
            }
            Hearing::Key(key) => self.key(key, Report::Sound).await,
        }
    }

    async fn recognised(&mut self, turn: u32, recognised: Option<Recognised>) {
        if let Some(recognised) = recognised {
            self.words.recognised(turn, recognised);
        }
        self.words_done().await;
    }

    /// The words of turns that are over are said to the dialogue, in order.
    async fn words_done(&mut self) {
        while let Some((recognised, span)) = self.words.next() {
            self.turn_done(recognised, span).await;
        }
    }

    async fn turn_done(&mut self, recognised: Recognised, (from, to): (Millis, Millis)) {
        match recognised {
            Ok(heard) => {
                if self.desk.onlooker.watches(&self.call_id) {
                    self.show(caption::said(&heard.text));
                }
                self.answer_from = Some(to);
                self.input(Input::Said { heard: Pii::new(heard), from, to }).await;
            }
            Err(error) => {
                tracing::error!(call_id = %self.call_id, %error, "a turn could not be recognised");
                self.input(Input::Failed { broken: Broken::Ears }).await;
            }
        }
    }

    async fn keep_recording(&mut self) {
        if let Some(piece) = self.recorder.finished(self.now()) {
            self.record(piece).await;
        }
    }

    async fn record(&mut self, (piece, from, to): Piece) {
        for (label, part) in self.labels.cut(from, to) {
            let part = piece[part].to_vec();
            if let Err(error) = self.desk.recordings.append(&self.call_id, label, part).await {
                tracing::error!(call_id = %self.call_id, %error, "a piece of a recording was lost");
            }
        }
    }

    /// Closes the recording and notes it in the journal.
    pub(super) async fn end_recording(&mut self) {
        if self.recording_refused {
            return self.destroy_recording().await;
        }
        if let Some(piece) = self.recorder.rest(self.now()) {
            self.record(piece).await;
        }
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

    async fn destroy_recording(&mut self) {
        if let Err(error) = self.desk.recordings.destroy(&self.call_id).await {
            metrics::store_failed();
            tracing::error!(call_id = %self.call_id, %error, "a refused recording could not be destroyed yet");
        }
    }
}

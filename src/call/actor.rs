//! One live call: everything that happens on it goes through one task, in order.

mod beside;

use super::{
    clock::CallerClock,
    keypad::{Keypad, Report},
    listener::{Hearing, Listener},
    page::Page,
    speaker::{Due, Speaker, Told},
    underway::UnderWay,
    words::{Recognised, Words},
};
use crate::{
    audio::g711,
    dialogue::{Broken, Carried, Effect, Gone, Input, Key, Line, LineId, LineKind},
    journal::caption,
    observe::metrics,
    pii::Pii,
    ports::{Channel, EngineFailed, Hints, Prompt},
    program::Expecting,
    time::Millis,
    typed::event,
    understand::Heard,
    wire::{Encoding, FromCaller, StreamStart, ToCaller},
};
use futures_util::{FutureExt, StreamExt, future::abortable, stream::FuturesUnordered};
use std::{future::Future, pin::Pin, sync::Arc, time::Duration};
use tokio::{
    sync::watch,
    time::{Instant, timeout},
};

/// A caller whose audio stops without a word from the provider is gone after this long.
const NO_AUDIO_MS_MAX: u64 = 30_000;
/// More audio than this beyond real time is not a telephone call.
const AHEAD_MS_MAX: u64 = 10_000;
const SAMPLES_PER_MS: u64 = 8;
/// Words that were spoken before the caller typed again are waited for, so long.
const LAST_WORDS_MAX: Duration = Duration::from_secs(3);

type Rendering = Pin<Box<dyn Future<Output = (LineId, Result<Prompt, EngineFailed>)> + Send>>;
type LookingUp = Pin<Box<dyn Future<Output = Option<Carried>> + Send>>;
type Recognising = Pin<Box<dyn Future<Output = (u32, Option<Recognised>)> + Send>>;

/// How a stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StreamEnd {
    /// The conversation is over.
    Over,
    /// The caller is to be passed to a person.
    Transfer,
    /// The caller goes on in writing.
    Typing,
}

pub(super) struct Actor {
    call: UnderWay,
    channel: Box<dyn Channel>,
    /// The page of a caller who typed before.
    page: Option<Page>,
    encoding: Encoding,
    speaker: Speaker,
    listener: Listener,
    keypad: Keypad,
    rendering: FuturesUnordered<Rendering>,
    recognising: FuturesUnordered<Recognising>,
    looking: FuturesUnordered<LookingUp>,
    words: Words,
    lines: Vec<Line>,
    /// Lines that were not played though nothing cut them.
    lost: u32,
    yes_no: bool,
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
}

impl Actor {
    /// A call that begins with a voice.
    pub(super) fn new(mut call: UnderWay, channel: Box<dyn Channel>, start: &StreamStart) -> Actor {
        call.talked = true;
        Actor::of(call, channel, None, start.encoding)
    }

    /// A voice that joins a chat.
    pub(super) fn joining(mut call: UnderWay, page: Page, channel: Box<dyn Channel>) -> Actor {
        call.talked = true;
        Actor::of(call, channel, Some(page), Encoding::Mulaw)
    }

    fn of(call: UnderWay, channel: Box<dyn Channel>, page: Option<Page>, encoding: Encoding) -> Actor {
        let timings = &call.desk.program.timings;
        let listener =
            Listener::new((call.desk.activity)(), timings.end_of_turn_open_ms, timings.turn_ms_max);
        Actor {
            channel,
            page,
            encoding,
            speaker: Speaker::default(),
            listener,
            keypad: Keypad::default(),
            rendering: FuturesUnordered::new(),
            recognising: FuturesUnordered::new(),
            looking: FuturesUnordered::new(),
            words: Words::default(),
            lines: Vec::new(),
            lost: 0,
            yes_no: false,
            listening: None,
            ended: None,
            caller_clock: CallerClock::default(),
            caller_samples: None,
            last_audio: call.now(),
            answer_from: None,
            voice_from: None,
            sound: Vec::new(),
            hearings: Vec::new(),
            to_send: Vec::new(),
            told: Vec::new(),
            call,
        }
    }

    fn now(&self) -> Millis {
        self.call.now()
    }

    /// The call and its page, for whoever goes on with them.
    pub(super) fn part(self) -> (UnderWay, Option<Page>) {
        (self.call, self.page)
    }

    /// Runs the conversation, from `first` on, until it ends or the caller types again.
    pub(super) async fn run(&mut self, first: Input, mut stop: watch::Receiver<bool>) -> StreamEnd {
        self.input(first).await;
        while self.ended.is_none() {
            let now = self.now();
            let wake = [
                self.speaker.next_due(now),
                self.call.log.dialogue().deadline(),
                Some(self.last_audio + NO_AUDIO_MS_MAX),
            ];
            let wake = wake.into_iter().flatten().min().unwrap_or(now + NO_AUDIO_MS_MAX);
            let woken = self.call.wakes_at(wake);
            tokio::select! {
                biased;
                effects = self.call.durable.next() => match effects {
                    Ok(effects) => self.carry_out(effects).await,
                    Err(_) => {
                        let must = self.call.durable.salvage();
                        self.input(Input::Failed { broken: Broken::Store }).await;
                        self.carry_out(must).await;
                    }
                },
                () = woken => self.woken().await,
                message = self.channel.next() => match message {
                    Some(message) => self.arrived(message).await,
                    None => {
                        let why = self.channel.why_gone();
                        self.gone(why).await;
                    }
                },
                arrived = beside::next(&mut self.page) => self.arrived_by_page(arrived).await,
                Some((turn, words)) = self.recognising.next() => self.recognised(turn, words).await,
                Some((line, prompt)) = self.rendering.next() => self.rendered(line, prompt).await,
                Some(carried) = self.looking.next() => {
                    let carried = carried.map(|carried| Pii::new(Box::new(carried)));
                    self.input(Input::LookedUp { carried }).await;
                }
                Ok(()) = stop.wait_for(|stop| *stop).map(|r| r.map(|_| ())) => {
                    self.input(Input::Gone { why: Gone::Shutdown }).await;
                }
            }
            self.call.keep_recording().await;
        }
        if self.ended == Some(StreamEnd::Typing) {
            self.hear_out().await;
        }
        self.channel.close().await;
        self.ended.unwrap_or(StreamEnd::Over)
    }

    /// The voice is gone: with it the caller, unless they can type.
    async fn gone(&mut self, why: Gone) {
        if self.page.is_some() {
            self.types_again();
        } else if !self.call.log.dialogue().is_over() {
            Box::pin(self.input(Input::Gone { why })).await;
        }
    }

    /// What was said until now counts, though the caller types now: it may take something back.
    async fn hear_out(&mut self) {
        self.listener.finish(&mut self.hearings);
        for hearing in std::mem::take(&mut self.hearings) {
            self.hearing(hearing).await;
        }
        let until = Instant::now() + LAST_WORDS_MAX;
        while self.words.are_awaited() {
            match timeout(until.saturating_duration_since(Instant::now()), self.recognising.next()).await {
                Ok(Some((turn, words))) => self.recognised(turn, words).await,
                _ => return self.fails().await,
            }
        }
    }

    async fn woken(&mut self) {
        let now = self.now();
        if self.last_audio + NO_AUDIO_MS_MAX <= now {
            return self.gone(Gone::Lost).await;
        }
        self.pump().await;
        if self.call.log.dialogue().deadline().is_some_and(|deadline| deadline <= now) {
            self.input(Input::Tick).await;
        }
    }

    /// Passes an input to the dialogue and does what may be done at once.
    async fn input(&mut self, input: Input) {
        let effects = self.call.handle(input);
        let over = self.call.log.dialogue().is_over();
        // Boxed: an effect can lead to another input, and futures cannot hold themselves.
        Box::pin(self.carry_out(effects)).await;
        if over && self.ended.is_none() {
            self.ended = Some(StreamEnd::Over);
        }
        self.show_listening().await;
    }

    async fn show_listening(&mut self) {
        let listening = self.call.log.dialogue().listening();
        if self.listening != listening {
            if let Some(expecting) = &listening {
                self.call.show(caption::listening(expecting));
                if let Some(page) = &mut self.page {
                    page.tell(&event::listening(expecting)).await;
                }
            }
            self.listening = listening;
        }
    }

    async fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            if let Some(page) = &mut self.page {
                let locale = self.call.log.dialogue().locale();
                if let Some(shown) = event::of_effect(&effect, &self.call.desk.program, locale) {
                    page.keep(shown).await;
                }
            }
            match effect {
                Effect::Fact(fact) => self.call.noted(&fact),
                Effect::Understood(_) => {}
                Effect::Speak(line) => self.speak(line).await,
                Effect::Flush => {
                    let now = self.now();
                    self.speaker.flush(now, &mut self.to_send, &mut self.told);
                    self.call.recorder.cut(now);
                    if let Some(from) = self.voice_from.take() {
                        metrics::barged_in(now.since(from) as f64);
                    }
                    self.deliver().await;
                }
                Effect::Listen(listening) => {
                    self.yes_no = listening.expecting.is_yes_no();
                    self.listener.set_end_of_turn(listening.end_of_turn_ms);
                }
                Effect::StopRecording => self.call.destroy_recording().await,
                Effect::LookUp(code) => {
                    let codes = Arc::clone(&self.call.desk.codes);
                    let (program, to) = (self.call.desk.program.id.clone(), self.call.call_id.clone());
                    self.looking.push(Box::pin(async move {
                        codes.carry(&program, &code, to, Instant::now()).await
                    }));
                }
                Effect::Transfer(_) => self.ended = Some(StreamEnd::Transfer),
                Effect::HangUp => self.ended = Some(StreamEnd::Over),
            }
        }
        self.pump().await;
    }

    async fn speak(&mut self, line: Line) {
        let (id, voice, locale) = (line.id(), Arc::clone(&self.call.desk.voice), line.locale());
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
                tracing::error!(call_id = %self.call.call_id, %error, "a line could not be spoken");
                if !self.speaker.wants(line) {
                    return;
                }
                if self.call.log.dialogue().is_over() || self.ended.is_some() {
                    return;
                }
                if self.page.is_some() {
                    return self.fails().await;
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
                self.call.recorder.agent(heard_at, &bytes[*from..*to]);
                metrics::frame_sent(late_ms as f64);
                if let Some(since) = self.answer_from.take() {
                    metrics::turn_answered(self.now().since(since) as f64);
                }
            }
            if self.channel.send(self.encoded(message)).await.is_err() {
                self.gone(Gone::Lost).await;
                break;
            }
        }
        for told in std::mem::take(&mut self.told) {
            let input = match told {
                Told::Began(line) => {
                    self.line_began(line).await;
                    Input::LineBegan { line }
                }
                Told::Ended { line, complete, heard_ms } => {
                    if !complete && self.is_lost_for_good(line) {
                        return self.fails().await;
                    }
                    self.line_ended(line, complete);
                    Input::LineEnded { line, complete, heard_ms }
                }
            };
            Box::pin(self.input(input)).await;
        }
    }

    async fn line_began(&mut self, id: LineId) {
        let Some(line) = self.lines.iter().find(|l| l.id() == id) else { return };
        if self.call.is_watched() {
            self.call.show(caption::line(line));
        }
        if let Some(page) = &mut self.page {
            page.shows(id);
            let only_tells = self.call.log.dialogue().only_tells(id);
            page.keep(event::line(line, false, only_tells)).await;
        }
    }

    /// From the recording notice on, once it was heard to its end, both sides are kept.
    fn line_ended(&mut self, id: LineId, complete: bool) {
        self.call.show(caption::heard(id, complete));
        let Some(at) = self.lines.iter().position(|l| l.id() == id) else { return };
        let line = self.lines.remove(at);
        if complete && line.kind() == LineKind::Recording && !self.call.recording_refused {
            self.call.recorder.start();
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
            FromCaller::Stop => self.gone(Gone::HungUp).await,
            FromCaller::Start(_) | FromCaller::Ignored => {}
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
            return self.gone(Gone::Misbehaved).await;
        }
        self.sound.clear();
        match self.encoding {
            Encoding::Mulaw => {
                self.call.recorder.caller(now, &payload, lost_ms);
                g711::decode_mulaw_into(&payload, &mut self.sound);
            }
            Encoding::Alaw => {
                self.sound.extend(payload.iter().map(|&code| g711::decode_alaw(code)));
                let mulaw: Vec<u8> = self.sound.iter().map(|&s| g711::encode_mulaw(s)).collect();
                self.call.recorder.caller(now, &mulaw, lost_ms);
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
                let ears = Arc::clone(&self.call.desk.ears);
                let hints = Hints { locale: self.call.log.dialogue().locale(), yes_no: self.yes_no };
                let timer = Arc::clone(&self.call.desk.timer);
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
                if self.call.is_watched() {
                    self.call.show(caption::said(&heard.text));
                }
                if let Some(page) = self.page.as_mut().filter(|_| !heard.text.is_empty()) {
                    page.tell(&event::said(&heard.text)).await;
                }
                self.answer_from = Some(to);
                self.input(Input::Said { heard: Pii::new(heard), from, to }).await;
            }
            Err(error) => {
                tracing::error!(call_id = %self.call.call_id, %error, "a turn could not be recognised");
                if self.page.is_some() {
                    return self.fails().await;
                }
                self.input(Input::Failed { broken: Broken::Ears }).await;
            }
        }
    }
}

//! The dialogue under virtual time.

use super::act::{Act, BargeIn, What};
use crate::{
    dialogue::{Effect, Gone, Input, Key, Line, PersonReached},
    journal::{CallRecord, Entry, Log, Opened, Salts, caption, record},
    pii::Pii,
    program::{Expecting, Program},
    time::Millis,
    understand::Heard,
};
use serde_json::{Value, json};
use std::{collections::VecDeque, sync::Arc};

/// 150 words a minute.
const WORD_MS: u64 = 400;

/// Shows one event; its failure ends the conversation.
pub type Show<'a, E> = &'a mut dyn FnMut(Value) -> Result<(), E>;

/// One conversation under virtual time.
pub struct Conversation {
    opened: Opened,
    log: Log,
    entries: Vec<Entry>,
    now: Millis,
    queue: VecDeque<Line>,
    /// The line being said, and whether a flush cut it.
    saying: Option<(Line, u64)>,
    cut: bool,
    barge_in: Option<BargeIn>,
    transfer: bool,
    events: Vec<Value>,
}

impl Conversation {
    /// One that has not begun, its entries to be salted with `salts`.
    pub fn new(program: Arc<Program>, opened: Opened, salts: Salts) -> Conversation {
        Conversation {
            log: Log::new(program, &opened, salts),
            opened,
            entries: Vec::new(),
            now: Millis(0),
            queue: VecDeque::new(),
            saying: None,
            cut: false,
            barge_in: None,
            transfer: false,
            events: Vec::new(),
        }
    }

    /// How it began.
    pub fn opened(&self) -> &Opened {
        &self.opened
    }

    /// Its journal so far.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The record so far.
    pub fn record(&self) -> CallRecord {
        record(&self.opened, &self.entries)
    }

    /// What the agent waits for; `None` when the conversation is over.
    pub fn listening(&self) -> Option<Expecting> {
        let dialogue = self.log.dialogue();
        (!dialogue.is_over()).then(|| dialogue.expecting())
    }

    /// The conversation begins, and goes on until the agent waits.
    pub fn begin<E>(&mut self, act: Act, show: Show<'_, E>) -> Result<(), E> {
        self.barge_in = act.then;
        self.input(Input::Begin);
        self.play(show)
    }

    /// The caller does something, and the agent answers until it waits again.
    pub fn act<E>(&mut self, act: Act, show: Show<'_, E>) -> Result<(), E> {
        self.barge_in = act.then;
        match act.what {
            What::Wait(ms) => self.wait(ms),
            what => self.does(what),
        }
        self.play(show)
    }

    /// The caller is gone.
    pub fn hang_up<E>(&mut self, show: Show<'_, E>) -> Result<(), E> {
        self.does(What::HangUp);
        self.play(show)
    }

    fn does(&mut self, what: What) {
        match what {
            What::Say(text) => self.says(text),
            What::Press(key) => self.presses(key),
            What::Move(to) => self.input(Input::Moved { to }),
            What::HangUp => {
                if let Some((line, _)) = self.saying.as_ref().filter(|_| !self.cut) {
                    self.events.push(caption::heard(line.id(), false));
                    self.cut = true;
                }
                self.queue.clear();
                self.input(Input::Gone { why: Gone::HungUp });
            }
            What::Start(_) | What::Wait(_) => {}
        }
    }

    fn says(&mut self, text: String) {
        let heard = Pii::new(Heard::typed(text));
        // On a call the line stands for speech, of which there is a moment at least.
        let spoken_ms = u64::from(self.log.dialogue().channel().is_voice());
        let from = Millis(self.now.0.saturating_sub(spoken_ms));
        self.input(Input::Said { heard, from, to: self.now });
    }

    fn presses(&mut self, key: Key) {
        self.input(Input::Pressed { key });
    }

    /// Time passes until `ms` are over or the agent speaks.
    fn wait(&mut self, ms: u64) {
        let until = self.now + ms;
        while self.queue.is_empty() {
            match self.log.dialogue().deadline().filter(|deadline| *deadline <= until) {
                Some(deadline) => {
                    self.now = self.now.max(deadline);
                    self.input(Input::Tick);
                }
                None => {
                    self.now = until;
                    return;
                }
            }
        }
    }

    fn input(&mut self, input: Input) {
        let step = self.log.handle(self.now, input);
        self.entries.extend(step.entries);
        for effect in step.effects {
            self.events.extend(caption::of_effect(&effect));
            match effect {
                Effect::Speak(line) => self.queue.push_back(line),
                Effect::Flush => {
                    self.queue.clear();
                    if let Some((line, _)) = &self.saying
                        && !self.cut
                    {
                        self.cut = true;
                        self.events.push(caption::heard(line.id(), false));
                    }
                }
                Effect::Transfer(_) => self.transfer = true,
                Effect::Fact(_)
                | Effect::Listen(_)
                | Effect::Understood(_)
                | Effect::StopRecording
                | Effect::LookUp(_)
                | Effect::HangUp => {}
            }
        }
        if std::mem::take(&mut self.transfer) {
            // Nobody is here to pass the caller to: in a terminal the person is taken to have answered.
            self.input(Input::Person { reached: PersonReached::Answered });
        }
    }

    /// Says what is to be said, until the agent waits for an answer or the conversation is over.
    fn play<E>(&mut self, show: Show<'_, E>) -> Result<(), E> {
        self.flush_events(show)?;
        while let Some(line) = self.queue.pop_front() {
            self.events.push(caption::line(&line));
            let length_ms = line.text().split_whitespace().count() as u64 * WORD_MS;
            let rest_ms = length_ms.saturating_sub(line.from_ms());
            self.saying = Some((line.clone(), self.now.0));
            self.cut = false;
            self.input(Input::LineBegan { line: line.id() });
            self.flush_events(show)?;
            if self.barge_in.as_ref().is_some_and(|b| b.during == line.kind()) {
                let BargeIn { at_ms, what, .. } = self.barge_in.take().expect("it was just seen");
                if at_ms < rest_ms {
                    self.pass(at_ms);
                    self.speak_over(&line, at_ms, what);
                    if !self.cut {
                        // Words that must be heard go on under the caller's.
                        self.pass(rest_ms - at_ms);
                        self.end_line(&line, length_ms);
                    }
                } else {
                    self.pass(rest_ms);
                    self.end_line(&line, length_ms);
                    self.saying = None;
                    self.does(what);
                }
            } else {
                self.pass(rest_ms);
                self.end_line(&line, length_ms);
            }
            self.saying = None;
            self.flush_events(show)?;
        }
        if self.barge_in.take().is_some() {
            let message = "`then` was dropped: no line of that kind was said";
            self.events.push(json!({"event": "error", "message": message}));
        }
        self.flush_events(show)
    }

    fn pass(&mut self, ms: u64) {
        self.now = self.now + ms;
    }

    fn end_line(&mut self, line: &Line, length_ms: u64) {
        if self.log.dialogue().is_over() {
            return;
        }
        self.events.push(caption::heard(line.id(), true));
        self.input(Input::LineEnded { line: line.id(), complete: true, heard_ms: length_ms });
    }

    /// The caller's voice is on before the words are there, as on the telephone.
    fn speak_over(&mut self, line: &Line, at_ms: u64, what: What) {
        if matches!(what, What::Say(_)) {
            self.input(Input::SpeechBegan);
        }
        let was_cut = self.cut;
        let heard_ms = line.from_ms() + at_ms;
        let ended = Input::LineEnded { line: line.id(), complete: false, heard_ms };
        if was_cut {
            self.input(ended.clone());
        }
        self.does(what);
        if self.cut && !was_cut {
            self.input(ended);
        }
    }

    fn flush_events<E>(&mut self, show: Show<'_, E>) -> Result<(), E> {
        self.events.drain(..).try_for_each(show)
    }
}

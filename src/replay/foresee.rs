//! How a call would end under another script: the caller's recorded words as answers to what is asked.
//!
//! After a divergence the recorded inputs do not fit any more: other lines are spoken, at other times. So a forecast
//! starts afresh, in virtual time. Every line is heard to its end; whenever the agent waits for something, the caller
//! gives what it gave then to the same question, in the same order; asked for what it never answered, it is silent,
//! and where it hung up then, it hangs up once it has nothing more to say. Interruptions are not foreseen.

use super::Kept;
use crate::{
    dialogue::{Decision, Dialogue, Effect, Fact, Gone, Input, Line, Outcome, PersonReached},
    journal::Event,
    program::{Expecting, Program, RecipientId},
    time::Millis,
};
use serde::Serialize;
use std::{collections::VecDeque, sync::Arc};

/// 150 words a minute.
const WORD_MS: u64 = 400;
/// A call with more steps goes round in circles.
const STEPS_MAX: usize = 4_000;

/// What a call came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Ending {
    /// How it ended; nothing where no end is in sight.
    pub outcome: Option<Outcome>,
    /// Whether the gate was ever open.
    pub gate_opened: bool,
    /// The last decision on each consent, in the order of asking.
    pub consents: Vec<(RecipientId, Decision)>,
}

impl Ending {
    /// What the journal says, as far as it can be read.
    pub fn recorded(kept: &Kept) -> Ending {
        let mut ending = Ending::default();
        for place in &kept.places {
            if let Ok(Event::Fact { fact }) = &place.event {
                ending.note(fact);
            }
        }
        ending
    }

    fn note(&mut self, fact: &Fact) {
        match fact {
            Fact::Gate { open, .. } => self.gate_opened |= *open,
            Fact::ConsentDecided { recipient, decision, .. } => self.decide(recipient, *decision),
            Fact::ConsentRevoked { recipient, .. } => self.decide(recipient, Decision::Revoked),
            Fact::Ended { outcome } => self.outcome = Some(*outcome),
            _ => {}
        }
    }

    fn decide(&mut self, recipient: &RecipientId, decision: Decision) {
        match self.consents.iter_mut().find(|(of, _)| of == recipient) {
            Some(known) => known.1 = decision,
            None => self.consents.push((recipient.clone(), decision)),
        }
    }
}

/// How the call would end on `program`.
pub fn foresee(program: &Arc<Program>, kept: &Kept) -> Ending {
    Forecast::new(program, kept).until_over()
}

struct Forecast {
    dialogue: Dialogue,
    settle_ms: u64,
    now: Millis,
    lines: VecDeque<Line>,
    /// What the caller said, each to what.
    answers: Vec<(Expecting, Option<Input>)>,
    reached: PersonReached,
    hung_up: bool,
    ending: Ending,
}

impl Forecast {
    fn new(program: &Arc<Program>, kept: &Kept) -> Forecast {
        let opened = &kept.opened;
        let setup = opened.setup();
        let (mut answers, mut expecting) = (Vec::new(), Expecting::Notice);
        let (mut reached, mut hung_up) = (PersonReached::NotAnswered, false);
        for place in &kept.places {
            match (&place.event, place.input()) {
                (Ok(Event::Effect { effect }), _) if effect["do"] == "listen" => {
                    let waits = effect["for"]["expecting"].as_str().and_then(|e| e.parse().ok());
                    expecting = waits.unwrap_or(Expecting::Any);
                }
                (_, Some(Input::Person { reached: how })) => reached = how,
                (_, Some(Input::Gone { .. })) => hung_up = true,
                (
                    _,
                    Some(
                        input @ (Input::Said { .. }
                        | Input::Pressed { .. }
                        | Input::Chose { .. }
                        | Input::Moved { .. }),
                    ),
                ) => {
                    answers.push((expecting.clone(), Some(input)));
                }
                _ => {}
            }
        }
        Forecast {
            dialogue: Dialogue::new(Arc::clone(program), setup),
            settle_ms: program.timings.settle_ms,
            now: Millis(0),
            lines: VecDeque::new(),
            answers,
            reached,
            hung_up,
            ending: Ending::default(),
        }
    }

    fn until_over(mut self) -> Ending {
        self.input(Input::Begin);
        for _ in 0..STEPS_MAX {
            if self.dialogue.is_over() {
                break;
            }
            self.next();
        }
        self.ending
    }

    fn next(&mut self) {
        if let Some(line) = self.lines.pop_front() {
            let heard_ms = line.text().split_whitespace().count() as u64 * WORD_MS;
            self.input(Input::LineBegan { line: line.id() });
            self.now = self.now + heard_ms;
            return self.input(Input::LineEnded { line: line.id(), complete: true, heard_ms });
        }
        let waits = self.dialogue.listening();
        let answer = waits.and_then(|expecting| {
            let given = self.answers.iter_mut().find(|(to, input)| *to == expecting && input.is_some());
            given.and_then(|(_, input)| input.take())
        });
        match answer {
            Some(input) => self.answer(input),
            None if self.hung_up && self.answers.iter().all(|(_, input)| input.is_none()) => {
                self.input(Input::Gone { why: Gone::HungUp });
            }
            None => match self.dialogue.deadline() {
                Some(deadline) => self.tick(deadline),
                None => self.input(Input::Gone { why: Gone::Lost }),
            },
        }
    }

    fn answer(&mut self, input: Input) {
        self.now = self.now + WORD_MS;
        let input = match input {
            Input::Said { heard, from, to } => {
                let began = self.now;
                if self.dialogue.channel().is_voice() {
                    self.input(Input::SpeechBegan);
                    self.now = self.now + to.since(from);
                }
                Input::Said { heard, from: began, to: self.now }
            }
            input => input,
        };
        self.input(input);
        // A yes stands only after a moment without more words.
        let stands = self.now + self.settle_ms;
        if let Some(deadline) = self.dialogue.deadline().filter(|at| *at <= stands) {
            self.tick(deadline);
        }
    }

    fn tick(&mut self, deadline: Millis) {
        self.now = self.now.max(deadline);
        self.input(Input::Tick);
    }

    fn input(&mut self, input: Input) {
        for effect in self.dialogue.handle(self.now, input) {
            match effect {
                Effect::Fact(fact) => self.ending.note(&fact),
                Effect::Speak(line) => self.lines.push_back(line),
                Effect::Flush => {
                    for line in std::mem::take(&mut self.lines) {
                        self.input(Input::LineEnded { line: line.id(), complete: false, heard_ms: 0 });
                    }
                }
                Effect::Transfer(_) => {
                    let reached = self.reached;
                    self.input(Input::Person { reached });
                }
                Effect::Listen(_)
                | Effect::Understood(_)
                | Effect::StopRecording
                | Effect::LookUp(_)
                | Effect::HangUp => {}
            }
        }
    }
}

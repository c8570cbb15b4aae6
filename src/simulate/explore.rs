//! Every conversation there is, over a small script: each input in each state, breadth first, each state once.
//!
//! States are told apart by [`Dialogue::fingerprint`] and by what [`Invariants`] has yet to hold against them, so the
//! search ends. The first violation found has the shortest way to it.

use super::{After, Invariants, Violation};
use crate::{
    dialogue::{Broken, ChannelKind, Dialogue, Effect, Gone, Input, Key, LineId, PersonReached, Setup},
    pii::Pii,
    program::Program,
    time::Millis,
    understand::{Heard, Matter, Meaning, Scope},
};
use std::{
    collections::BTreeMap,
    fmt,
    hash::{Hash, Hasher},
    sync::Arc,
};

/// A caller who says nothing more is through after this many inputs.
const SILENT_INPUTS_MAX: usize = 200;
/// Of this many states one is followed to its end in silence.
const FOLLOWED_ONE_IN: u128 = 64;

/// What is explored: a dialogue, or one that is broken on purpose.
pub trait Subject: Clone {
    /// [`Dialogue::handle`].
    fn handle(&mut self, at: Millis, input: Input) -> Vec<Effect>;
    /// The dialogue in it.
    fn dialogue(&self) -> &Dialogue;
}

impl Subject for Dialogue {
    fn handle(&mut self, at: Millis, input: Input) -> Vec<Effect> {
        Dialogue::handle(self, at, input)
    }

    fn dialogue(&self) -> &Dialogue {
        self
    }
}

/// What callers can mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alphabet {
    /// What moves the conversation between the notice, consent, danger and its end.
    Core,
    /// Everything.
    Whole,
}

/// How far to go.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// With what.
    pub alphabet: Alphabet,
    /// From what to what the caller moves meanwhile.
    pub moves: &'static [ChannelKind],
    /// No more inputs after each other.
    pub depth: usize,
    /// No more states.
    pub states: usize,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Exploration {
    /// Different states.
    pub states: usize,
    /// Inputs tried.
    pub transitions: u64,
    /// The most inputs after each other.
    pub depth: usize,
    /// Whether there is nothing left to try.
    pub closed: bool,
    /// What does not hold, and the shortest way to it.
    pub violation: Option<(Violation, Path)>,
}

/// Inputs, one after the other.
#[derive(Clone, Debug)]
pub struct Path(Vec<Input>);

impl Path {
    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().enumerate().try_for_each(|(at, input)| match input {
            Input::Said { heard, .. } => writeln!(f, "{:3}  Said {:?}", at + 1, heard.expose().text),
            input => writeln!(f, "{:3}  {input:?}", at + 1),
        })
    }
}

/// What does not change meanwhile.
struct World<'a> {
    program: &'a Program,
    answers: Vec<Input>,
    words: &'static [&'static str],
    /// Whether engines fail.
    breaks: bool,
    /// To what the caller may move.
    moves: Vec<ChannelKind>,
}

#[derive(Clone)]
struct State<S> {
    subject: S,
    watch: Invariants,
    now: Millis,
    began: bool,
}

/// A script as short as one can be that has everything: `program` with two parts of the notice, one plain question,
/// so many recipients and one sensitive question.
pub fn small(program: &Program, recipients: usize) -> Arc<Program> {
    let mut small = program.clone();
    small.typed = None;
    small.notice.parts.truncate(2);
    small.plain.retain(|question| question.id != "name");
    small.plain.truncate(1);
    small.recipients.truncate(recipients);
    small.sensitive.truncate(1);
    Arc::new(small)
}

/// Tries everything, from a call of `program` that has just begun on `channel`. `make` makes what is explored; `told`
/// hears of each level and the states known by then.
pub fn explore<S: Subject>(
    program: &Arc<Program>,
    setup: &Setup,
    limits: Limits,
    make: impl FnOnce(Dialogue) -> S,
    mut told: impl FnMut(usize, usize),
) -> Exploration {
    let subject = make(Dialogue::new(Arc::clone(program), setup.clone()));
    let watch = Invariants::new(Arc::clone(program), setup);
    let start = State { subject, watch, now: Millis(0), began: false };
    let voice = setup.channel.is_voice() || limits.moves.iter().any(|to| to.is_voice());
    let answers = answers(program, limits.alphabet);
    let words: &[&str] = if voice { &["", "yes"] } else { &[""] };
    let breaks = limits.alphabet == Alphabet::Whole;
    let world = World { program, answers, words, breaks, moves: limits.moves.to_vec() };
    let mut known: BTreeMap<u128, (u128, u16)> = BTreeMap::new();
    let origin = start.fingerprint();
    known.insert(origin, (origin, 0));
    let mut found = Exploration::default();
    let mut level = vec![(origin, start.clone())];
    while !level.is_empty() && found.depth < limits.depth {
        found.depth += 1;
        let mut next = Vec::new();
        for (from, state) in level {
            for (number, input) in state.inputs(&world).into_iter().enumerate() {
                found.transitions += 1;
                let mut after = state.clone();
                let step = after.take(input, program);
                let print = after.fingerprint();
                let fresh = !known.contains_key(&print);
                let followed = fresh && print % FOLLOWED_ONE_IN == 0;
                let seen =
                    step.and_then(|()| if followed { after.clone().falls_silent(program) } else { Ok(()) });
                if fresh || seen.is_err() {
                    known.entry(print).or_insert((from, number as u16));
                }
                if let Err(violation) = seen {
                    let mut path = way(&known, &start, from, &world);
                    path.push(state.inputs(&world)[number].clone());
                    found.states = known.len();
                    found.violation = Some((violation, Path(path)));
                    return found;
                }
                if fresh && !after.subject.dialogue().is_over() {
                    next.push((print, after));
                }
            }
            if known.len() >= limits.states {
                found.states = known.len();
                return found;
            }
        }
        told(found.depth, known.len());
        level = next;
    }
    found.states = known.len();
    found.closed = level.is_empty();
    found
}

/// The inputs that led from the start to `to`.
fn way<S: Subject>(
    known: &BTreeMap<u128, (u128, u16)>,
    start: &State<S>,
    to: u128,
    world: &World<'_>,
) -> Vec<Input> {
    let mut numbers = Vec::new();
    let mut at = to;
    while let Some((from, number)) = known.get(&at).filter(|(from, _)| *from != at) {
        numbers.push(*number);
        at = *from;
    }
    let mut state = start.clone();
    let mut path = Vec::new();
    for number in numbers.into_iter().rev() {
        let Some(input) = state.inputs(world).into_iter().nth(usize::from(number)) else { break };
        path.push(input.clone());
        // The way was watched when it was found.
        let _ = state.take(input, world.program);
    }
    path
}

impl<S: Subject> State<S> {
    /// One input, watched.
    fn take(&mut self, input: Input, program: &Program) -> Result<(), Violation> {
        if let Input::Tick = input {
            let late = Millis(program.timings.call_ms_max);
            let deadline = self.subject.dialogue().deadline().unwrap_or(late);
            self.now = self.now.max(deadline);
        }
        self.began = true;
        self.tell(input)?;
        // What nothing follows upon is heard at once: an order of such lines is as good as another.
        while let Some((line, begun)) = self.idle_line() {
            if !begun {
                self.tell(Input::LineBegan { line })?;
            }
            self.tell(Input::LineEnded { line, complete: true, heard_ms: 0 })?;
        }
        Ok(())
    }

    /// The line that is being said, if nothing follows upon it.
    fn idle_line(&self) -> Option<(LineId, bool)> {
        let dialogue = self.subject.dialogue();
        let (line, begun, _) = self.watch.lines().find(|(.., cut)| !cut)?;
        (!dialogue.is_over() && !dialogue.awaits(line)).then_some((line, begun))
    }

    fn tell(&mut self, input: Input) -> Result<(), Violation> {
        let effects = self.subject.handle(self.now, input.clone());
        let dialogue = self.subject.dialogue();
        let after = After { deadline: dialogue.deadline(), over: dialogue.is_over() };
        self.watch.see(self.now, &input, &effects, after)
    }

    /// Everything that can happen now.
    fn inputs(&self, world: &World<'_>) -> Vec<Input> {
        if !self.began {
            return vec![Input::Begin];
        }
        let mut inputs = self.news();
        inputs.extend_from_slice(&world.answers);
        let channel = self.subject.dialogue().channel();
        // Words said aloud settle a breath later.
        for text in world.words {
            let heard = Pii::new(Heard::typed(*text));
            inputs.push(Input::Said { heard, from: Millis(self.now.0.saturating_sub(1)), to: self.now });
        }
        if channel.is_voice() {
            inputs.push(Input::SpeechBegan);
        }
        inputs.extend(world.moves.iter().filter(|to| **to != channel).map(|to| Input::Moved { to: *to }));
        if world.breaks {
            let broken = [Broken::Ears, Broken::Voice, Broken::Store].into_iter();
            inputs.extend(broken.map(|broken| Input::Failed { broken }));
        }
        for reached in [PersonReached::Answered, PersonReached::NotAnswered] {
            inputs.push(Input::Person { reached });
        }
        inputs.push(Input::Tick);
        inputs.push(Input::Gone { why: Gone::HungUp });
        inputs
    }

    /// What the channel may tell: the next line begins, the first of those begun ends, a cut one was heard after all.
    fn news(&self) -> Vec<Input> {
        let dialogue = self.subject.dialogue();
        let awaited: Vec<(LineId, bool, bool)> =
            self.watch.lines().filter(|(line, ..)| dialogue.awaits(*line)).collect();
        let mut news = Vec::new();
        let ended = |line, complete| Input::LineEnded { line, complete, heard_ms: 0 };
        if let Some((line, ..)) = awaited.iter().find(|(_, begun, cut)| !begun && !cut) {
            news.push(Input::LineBegan { line: *line });
        }
        if let Some((line, ..)) = awaited.iter().find(|(_, begun, cut)| *begun && !cut) {
            news.push(ended(*line, true));
            news.push(ended(*line, false));
        }
        news.extend(
            awaited.iter().filter(|(_, begun, cut)| *begun && *cut).map(|(line, ..)| ended(*line, true)),
        );
        news
    }

    /// From here on the caller says nothing: everything is heard, deadlines come, and it ends.
    fn falls_silent(mut self, program: &Program) -> Result<(), Violation> {
        for _ in 0..SILENT_INPUTS_MAX {
            if self.subject.dialogue().is_over() {
                return Ok(());
            }
            let news = self.news().into_iter().next();
            let waits = self.subject.dialogue().deadline().is_none();
            let person = Input::Person { reached: PersonReached::NotAnswered };
            self.take(news.unwrap_or(if waits { person } else { Input::Tick }), program)?;
        }
        let invariant = super::Invariant::Ends;
        Err(Violation { invariant, at: self.now, seen: "a silent caller is never through".into() })
    }

    fn fingerprint(&self) -> u128 {
        let mut hash = Fnv::default();
        let dialogue = self.subject.dialogue();
        dialogue.fingerprint(&mut hash);
        self.watch.fingerprint(&mut hash);
        self.began.hash(&mut hash);
        for (line, begun, cut) in self.watch.lines() {
            if dialogue.awaits(line) {
                (begun, cut).hash(&mut hash);
            }
        }
        hash.0
    }
}

/// Every meaning, and everything that is treated apart.
fn answers(program: &Program, alphabet: Alphabet) -> Vec<Input> {
    use Meaning as M;
    let mut meanings = vec![
        M::Affirm,
        M::Deny,
        M::Unclear,
        M::Stop,
        M::Skip,
        M::Human,
        M::Emergency,
        M::ThirdParty,
        M::Answer,
        M::Goodbye,
    ];
    let whole = alphabet == Alphabet::Whole;
    if whole {
        meanings.extend([
            M::Repeat,
            M::Wait,
            M::Question,
            M::RecordsAccess,
            M::Restriction,
            M::NoRecording,
            M::Minor,
            M::Language,
        ]);
    }
    let only = |id| Scope::of([id], program).unwrap_or(Scope::All);
    let scopes = program.recipients.iter().map(|r| only(r.id.clone())).chain([Scope::All]);
    for scope in scopes {
        meanings.extend([M::Grant(scope.clone()), M::Revoke(scope)]);
    }
    let apart = [
        (M::ThirdParty, Matter::Inquiry),
        (M::ThirdParty, Matter::Representative),
        (M::ThirdParty, Matter::Company),
        (M::Unclear, Matter::Capacity),
        (M::Human, Matter::Safety),
        (M::Human, Matter::SpecialRecipient),
        (M::Answer, Matter::EverybodyTreating),
        (M::Question, Matter::FullText),
    ];
    let chose = |meaning, matter| Input::Chose { meaning, matter, name: None };
    let mut inputs: Vec<Input> = meanings.into_iter().map(|meaning| chose(meaning, None)).collect();
    let apart = apart.into_iter().filter(|_| whole);
    inputs.extend(apart.map(|(meaning, matter)| chose(meaning, Some(matter))));
    let keys = ['1', '2', '9'].into_iter().filter(|_| whole).filter_map(Key::new);
    inputs.extend(keys.map(|key| Input::Pressed { key }));
    let name = Some(Pii::new("Jane Doe".to_owned()));
    inputs.push(Input::Chose { meaning: M::Affirm, matter: None, name });
    inputs
}

/// A call that a typed conversation or a telephone begins, with or without a person behind it.
pub fn setup(channel: ChannelKind, person_available: bool) -> Setup {
    let started_at = crate::time::Utc(1_767_225_600_000);
    let locale = crate::program::Locale::EnUs;
    let spoken = vec![locale, crate::program::Locale::EsUs];
    Setup { call_id: "call".into(), channel, locale, started_at, person_available, spoken }
}

/// FNV-1a with 128 bits: wide enough that no two states of millions collide.
struct Fnv(u128);

impl Default for Fnv {
    fn default() -> Fnv {
        Fnv(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d)
    }
}

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u128::from(*byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
        }
    }

    fn finish(&self) -> u64 {
        self.0 as u64
    }
}

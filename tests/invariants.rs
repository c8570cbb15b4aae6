//! The invariants of the reference over conversations nobody wrote: random answers, keys, silences, interruptions,
//! failures and hang-ups, in voice and typed.

use candor::{
    dialogue::{
        Broken, ChannelKind, Dialogue, Effect, Gone, Input, Key, LineId, LineKind, PersonReached, Setup,
    },
    journal::{Chain, Log, Salts, opening, record},
    pii::Pii,
    program::{Locale, Program, parse},
    simulate::{After, Invariants, Truth, Violation},
    time::{Millis, Utc},
    understand::{Heard, Lean, Percent},
};
use proptest::prelude::*;
use std::{
    collections::VecDeque,
    sync::{Arc, LazyLock},
};

static HARBOR: LazyLock<Arc<Program>> = LazyLock::new(|| {
    Arc::new(parse(include_str!("../programs/harbor/program.toml")).expect("the sample program has no error"))
});

const WORDS: &[&str] = &[
    "yes",
    "no",
    "yes, go ahead",
    "I agree",
    "I don't consent",
    "uh huh",
    "I guess",
    "okay",
    "",
    "I understand",
    "what did you say",
    "one moment",
    "I take it all back",
    "don't send anything to my insurance",
    "my insurance may have it after all",
    "enough of these questions",
    "not that one",
    "what is part 2",
    "let me talk to somebody",
    "I think I'm overdosing",
    "send me my file",
    "turn the recording off",
    "I'm his sister",
    "I'm fifteen",
    "en español",
    "goodbye",
    "Jane Doe",
    "I've been using heroin",
    "I'm not saying don't share it",
    "yes, no wait, no",
    "I pay myself, keep my plan out",
    "blue cross",
    "Jane Doe, I agree",
];

/// Those of them that may be taken for a yes.
const CLEAR: &[&str] = &[
    "yes",
    "yes, go ahead",
    "I agree",
    "okay",
    "I understand",
    "my insurance may have it after all",
    "Jane Doe, I agree",
];

/// Something that happens to a conversation.
#[derive(Clone, Debug)]
enum Happens {
    Says { words: usize, over_ms: Option<u64>, lean: u8, sure: u8 },
    Presses { key: char, over_ms: Option<u64> },
    Waits(u64),
    Fails,
    Moves(ChannelKind),
    HangsUp,
}

fn happens() -> impl Strategy<Value = Happens> {
    let over = || prop::option::weighted(0.4, 0u64..6_000);
    prop_oneof![
        12 => (0..WORDS.len(), over(), 0u8..4, 30u8..=100)
            .prop_map(|(words, over_ms, lean, sure)| Happens::Says { words, over_ms, lean, sure }),
        // Mostly consent, so that conversations get far.
        10 => prop::sample::select(vec![0usize, 2, 9, 26, 32])
            .prop_map(|words| Happens::Says { words, over_ms: None, lean: 3, sure: 100 }),
        3 => (prop::sample::select(vec!['0', '1', '2', '5', '9', '*', '#']), over())
            .prop_map(|(key, over_ms)| Happens::Presses { key, over_ms }),
        2 => (0u64..40_000).prop_map(Happens::Waits),
        1 => Just(Happens::Fails),
        1 => prop::sample::select(vec![ChannelKind::Browser, ChannelKind::Chat]).prop_map(Happens::Moves),
        1 => Just(Happens::HangsUp),
    ]
}

/// A conversation under way, with what the channel knows: which lines are playing.
struct Run {
    log: Log,
    chain: Vec<candor::journal::Entry>,
    opened: candor::journal::Opened,
    now: Millis,
    playing: VecDeque<(LineId, LineKind, u64)>,
    effects: Vec<Effect>,
    watch: Invariants,
    broken: Option<Violation>,
    voice: bool,
    transfer: bool,
}

impl Run {
    fn new(channel: ChannelKind) -> Run {
        let setup = Setup {
            call_id: "c".into(),
            channel,
            locale: Locale::EnUs,
            started_at: Utc(1_767_225_600_000),
            person_available: true,
            spoken: vec![Locale::EnUs],
        };
        let opened = opening(&HARBOR, &setup, "test");
        let log = Log::new(Arc::clone(&HARBOR), &opened, Salts::new([0; 32]));
        let watch = Invariants::new(Arc::clone(&HARBOR), &setup);
        let (now, voice) = (Millis(0), channel.is_voice());
        let (chain, effects, playing) = (Vec::new(), Vec::new(), VecDeque::new());
        let mut run =
            Run { log, chain, opened, now, playing, effects, watch, broken: None, voice, transfer: false };
        run.input(Input::Begin);
        run
    }

    fn input(&mut self, input: Input) {
        let was_over = self.log.dialogue().is_over();
        let step = self.log.handle(self.now, input.clone());
        let dialogue = self.log.dialogue();
        let after = After { deadline: dialogue.deadline(), over: dialogue.is_over() };
        if !was_over && self.broken.is_none() {
            self.broken = self.watch.see(self.now, &input, &step.effects, after).err();
        }
        self.chain.extend(step.entries);
        for effect in &step.effects {
            match effect {
                Effect::Speak(line) => {
                    let ms = line.text().split_whitespace().count() as u64 * 400;
                    self.playing.push_back((line.id(), line.kind(), ms.saturating_sub(line.from_ms())));
                }
                Effect::Flush => self.playing.clear(),
                Effect::Transfer(_) => self.transfer = true,
                _ => {}
            }
        }
        self.effects.extend(step.effects);
        if std::mem::take(&mut self.transfer) {
            self.input(Input::Person { reached: PersonReached::NotAnswered });
        }
    }

    /// Time passes for `ms`: lines begin and end, deadlines come.
    fn pass(&mut self, ms: u64) {
        let until = self.now + ms;
        while self.now < until && !self.log.dialogue().is_over() {
            let deadline = self.log.dialogue().deadline().unwrap_or(until).max(self.now);
            match self.playing.front().copied() {
                Some((line, _, rest)) => {
                    self.input(Input::LineBegan { line });
                    let step = rest.min(until.since(self.now)).min(deadline.since(self.now).max(1));
                    self.now = self.now + step;
                    if let Some(front) = self.playing.front_mut().filter(|l| l.0 == line) {
                        front.2 -= step.min(front.2);
                        if front.2 == 0 {
                            self.playing.pop_front();
                            self.input(Input::LineEnded { line, complete: true, heard_ms: rest });
                        }
                    }
                }
                None => self.now = deadline.min(until).max(Millis(self.now.0 + 1)),
            }
            if self.log.dialogue().deadline().is_some_and(|d| d <= self.now) {
                self.input(Input::Tick);
            }
        }
    }

    fn listen_to_the_end(&mut self) {
        for _ in 0..400 {
            if self.playing.is_empty() || self.log.dialogue().is_over() {
                return;
            }
            self.pass(1_000);
        }
        panic!("the agent never stops talking");
    }

    fn reach(&mut self, over_ms: Option<u64>) {
        match over_ms {
            Some(ms) => self.pass(ms),
            None => self.listen_to_the_end(),
        }
    }

    fn happen(&mut self, what: &Happens) {
        match what {
            Happens::Says { words, over_ms, lean, sure } => {
                self.reach(*over_ms);
                let from = self.now;
                let line = self.playing.front().copied();
                if self.voice {
                    self.input(Input::SpeechBegan);
                    if let Some((line, ..)) = line {
                        self.input(Input::LineEnded { line, complete: false, heard_ms: 500 });
                    }
                    self.pass(600);
                }
                let lean = [Some(Lean::Yes), Some(Lean::No), Some(Lean::Neither), None][usize::from(*lean)];
                // Only these can be a yes.
                let may_be_yes = CLEAR.contains(&WORDS[*words]);
                self.watch.meant(if may_be_yes { Truth::Unknown } else { Truth::NotYes });
                let heard = Heard { text: WORDS[*words].into(), confidence: Percent::new(*sure), lean };
                self.input(Input::Said { heard: Pii::new(heard), from, to: self.now });
            }
            Happens::Presses { key, over_ms } => {
                self.reach(*over_ms);
                self.input(Input::Pressed { key: Key::new(*key).expect("a key") });
            }
            Happens::Waits(ms) => self.pass(*ms),
            Happens::Fails => self.input(Input::Failed { broken: Broken::Ears }),
            Happens::Moves(to) => {
                self.voice = to.is_voice();
                self.input(Input::Moved { to: *to });
            }
            Happens::HangsUp => self.input(Input::Gone { why: Gone::HungUp }),
        }
    }
}

/// What the whole journal says of the call.
fn check(run: &Run) -> Result<(), TestCaseError> {
    prop_assert!(Chain::verify(&run.opened, &run.chain).is_ok());
    let told = record(&run.opened, &run.chain);
    let seen = run.broken.clone().map_or_else(|| run.watch.see_record(&told), Err);
    prop_assert!(seen.is_ok(), "{}", seen.expect_err("it was just seen"));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn no_conversation_breaks_an_invariant(
        voice in any::<bool>(),
        script in prop::collection::vec(happens(), 1..40),
    ) {
        let mut run = Run::new(if voice { ChannelKind::Phone } else { ChannelKind::Terminal });
        for what in &script {
            if run.log.dialogue().is_over() {
                break;
            }
            run.happen(what);
        }
        if !run.log.dialogue().is_over() {
            run.listen_to_the_end();
            run.input(Input::Gone { why: Gone::HungUp });
        }
        prop_assert!(run.log.dialogue().is_over());
        check(&run)?;
    }

    #[test]
    fn the_inputs_of_a_journal_give_the_same_effects_again(
        script in prop::collection::vec(happens(), 1..25),
    ) {
        let mut run = Run::new(ChannelKind::Phone);
        for what in script.iter().take_while(|_| true) {
            if run.log.dialogue().is_over() {
                break;
            }
            run.happen(what);
        }
        let mut again = Dialogue::new(Arc::clone(&HARBOR), Setup {
            call_id: run.opened.call_id.clone(),
            channel: run.opened.channel,
            locale: run.opened.locale,
            started_at: run.opened.started_at,
            person_available: run.opened.person_available,
            spoken: run.opened.spoken.clone(),
        });
        let mut effects = Vec::new();
        for entry in &run.chain {
            if let candor::journal::Event::Input { input } = &entry.event {
                let input: Input = serde_json::from_value(input.clone()).expect("an input reads back");
                effects.extend(again.handle(entry.at, input));
            }
        }
        prop_assert_eq!(effects, run.effects);
    }
}

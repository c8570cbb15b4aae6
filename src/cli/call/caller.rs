//! A simulated caller: takes its turns, step by step, from a script. No clock: time is an argument.

use super::{
    script::{Act, BargeIn, Script, Step, Utterance},
    turns::Turns,
};

/// The agent asks the same thing again: the caller gives the same answer so often.
const REPEATS_MAX: u32 = 2;
/// `whenever` answers in one call.
const WHENEVER_MAX: u32 = 40;
/// The agent listens for something else than the script expects: it is given so long to go on.
const PUZZLED_MS: u64 = 3_000;

/// What the caller does now.
#[derive(Clone, Debug)]
pub enum Move {
    /// Says this.
    Say(Utterance),
    /// Presses these keys.
    Press(String),
    /// Hangs up.
    HangUp,
    /// The script expects something that does not come: why.
    Stuck(String),
}

/// Somebody on the line.
pub trait Plays: Send {
    /// What the caller does at `now`, in milliseconds since the stream's beginning; nothing, mostly.
    fn poll(&mut self, now: u64, turns: &Turns) -> Option<Move>;
    /// Whether nothing more will be said.
    fn is_done(&self) -> bool;
}

/// A caller and how far it is in its script.
pub struct Caller {
    script: Script,
    next: usize,
    waiting_since: Option<u64>,
    puzzled_since: Option<u64>,
    interrupting: Option<u64>,
    answered: Option<(String, Act)>,
    repeats: u32,
    whenever: u32,
}

impl Caller {
    /// A caller at the beginning of its script.
    pub fn new(script: Script) -> Caller {
        Caller {
            script,
            next: 0,
            waiting_since: None,
            puzzled_since: None,
            interrupting: None,
            answered: None,
            repeats: 0,
            whenever: 0,
        }
    }

    fn advance(&mut self) {
        self.next += 1;
        self.waiting_since = None;
        self.puzzled_since = None;
        self.interrupting = None;
    }

    /// Interrupts so far into the line; at its end where it is shorter.
    fn interrupt(&mut self, now: u64, turns: &Turns, barge_in: &BargeIn) -> Option<Move> {
        let speaking =
            turns.speaking().filter(|(kind, _)| barge_in.during == "any" || *kind == barge_in.during);
        // A line that was cut before this step began is no line to interrupt.
        if let Some((_, since)) = speaking
            && turns.agent_speaks(now)
        {
            self.interrupting = Some(since);
        }
        let since = self.interrupting?;
        let ended = speaking.is_none() || !turns.agent_speaks(now);
        if now < since || (now < since + barge_in.at_ms && !ended) {
            return None;
        }
        self.advance();
        self.made(&barge_in.act)
    }

    fn answer(&mut self, now: u64, turns: &Turns, step: &Step) -> Option<Move> {
        match self.turn(now, turns, step)? {
            Err(instead) => return instead,
            Ok(Some(expecting)) if step.expect.is_some() => {
                self.answered = Some((expecting, step.act.clone()));
                self.repeats = 0;
            }
            Ok(_) => {}
        }
        self.advance();
        self.made(&step.act)
    }

    /// Whether it is the caller's turn: for what, when that is what the step expects; what to do instead otherwise.
    fn turn(&mut self, now: u64, turns: &Turns, step: &Step) -> Option<Result<Option<String>, Option<Move>>> {
        let expecting = turns.turn(now)?.expecting;
        // Without the live feed nobody knows what the agent listens for: the script's order must do.
        let (Some(expected), Some(came)) = (&step.expect, &expecting) else { return Some(Ok(expecting)) };
        if expected.fits(came) {
            return Some(Ok(expecting));
        }
        let instead = self.otherwise(came).or_else(|| {
            let since = *self.puzzled_since.get_or_insert(now);
            let why = format!(
                "step {}: the script expects `{expected}`, and the agent listens for `{came}`",
                self.next + 1
            );
            (now >= since + PUZZLED_MS).then_some(Move::Stuck(why))
        });
        Some(Err(instead))
    }

    /// The agent listens for something that no step is about: it asks again, or `whenever` has an answer.
    fn otherwise(&mut self, expecting: &str) -> Option<Move> {
        let fits = |step: &&Step| step.expect.as_ref().is_some_and(|pattern| pattern.fits(expecting));
        if let Some(step) = self.script.whenever.iter().find(fits)
            && self.whenever < WHENEVER_MAX
        {
            self.whenever += 1;
            return self.made(&step.act);
        }
        match &self.answered {
            Some((before, act)) if before == expecting && self.repeats < REPEATS_MAX => {
                self.repeats += 1;
                self.made(act)
            }
            _ => None,
        }
    }

    fn made(&self, act: &Act) -> Option<Move> {
        match act {
            Act::Say(utterance) => Some(Move::Say(utterance.clone())),
            Act::Press(keys) => Some(Move::Press(keys.clone())),
            Act::HangUp => Some(Move::HangUp),
            Act::Wait(_) | Act::BargeIn(_) | Act::Listen => None,
        }
    }
}

impl Plays for Caller {
    /// Whether every step was made.
    fn is_done(&self) -> bool {
        self.next >= self.script.steps.len()
    }

    fn poll(&mut self, now: u64, turns: &Turns) -> Option<Move> {
        let Some(step) = self.script.steps.get(self.next).cloned() else {
            let expecting = turns.turn(now)?.expecting?;
            return self.otherwise(&expecting);
        };
        match &step.act {
            Act::Wait(ms) => {
                if step.expect.is_some() && self.waiting_since.is_none() {
                    match self.turn(now, turns, &step)? {
                        Ok(_) => {}
                        Err(instead) => return instead,
                    }
                }
                let since = *self.waiting_since.get_or_insert(now);
                if now >= since + ms {
                    self.advance();
                }
                None
            }
            Act::BargeIn(barge_in) => self.interrupt(now, turns, barge_in),
            _ => self.answer(now, turns, &step),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::script::tests::tone;
    use super::*;
    use serde_json::json;
    use std::path::Path;

    fn caller(script: &str) -> Caller {
        Caller::new(Script::parse(script, Path::new(""), &tone).unwrap())
    }

    /// The agent says a line of 1 s at `now` and listens for `expecting` half a second after it.
    fn agent(turns: &mut Turns, now: u64, kind: &str, expecting: &str) -> u64 {
        turns.feed(now, &json!({"event":"line","id":now.to_string(),"kind":kind}));
        turns.audio(now, now + 1_000, Some((now, now + 1_000)));
        turns.feed(now + 1_000, &json!({"event":"heard","line":now.to_string(),"complete":true}));
        turns.feed(now + 1_000, &json!({"event":"listening","expecting":expecting}));
        now + 1_500
    }

    fn told(made: Option<Move>) -> String {
        match made {
            None => "nothing".into(),
            Some(Move::Say(u)) => u.caption,
            Some(Move::Press(keys)) => format!("keys {keys}"),
            Some(Move::HangUp) => "hangs up".into(),
            Some(Move::Stuck(why)) => format!("stuck: {why}"),
        }
    }

    const STEPS: &str = r#"
        [[step]]
        expect = "notice"
        say_text = "I understand."
        [[step]]
        expect = "consent:payor"
        press = "1"
        [[step]]
        hangup = true
        [[whenever]]
        expect = "confirm:*"
        say_text = "That is right."
    "#;

    #[test]
    fn a_caller_answers_in_its_turn_and_only_once() {
        let (mut caller, mut turns) = (caller(STEPS), Turns::default());
        assert_eq!(told(caller.poll(0, &turns)), "nothing");
        let now = agent(&mut turns, 1_000, "acknowledge", "notice");
        assert_eq!(told(caller.poll(now - 1_000, &turns)), "nothing", "the agent still speaks");
        assert_eq!(told(caller.poll(now, &turns)), "I understand.");
        turns.taken();
        assert_eq!(told(caller.poll(now + 5_000, &turns)), "nothing");
        let now = agent(&mut turns, 10_000, "confirm", "confirm:dob");
        assert_eq!(told(caller.poll(now, &turns)), "That is right.");
        turns.taken();
        let now = agent(&mut turns, 20_000, "consent", "consent:payor");
        assert_eq!(told(caller.poll(now, &turns)), "keys 1");
        turns.taken();
        let now = agent(&mut turns, 30_000, "closing", "any");
        assert_eq!(told(caller.poll(now, &turns)), "hangs up");
        assert!(caller.is_done());
    }

    #[test]
    fn asked_again_it_says_the_same_again_and_then_gives_up() {
        let (mut caller, mut turns) = (caller(STEPS), Turns::default());
        for n in 0..3 {
            let now = agent(&mut turns, 10_000 * n, "acknowledge", "notice");
            assert_eq!(told(caller.poll(now, &turns)), "I understand.");
            turns.taken();
        }
        let now = agent(&mut turns, 40_000, "acknowledge", "notice");
        assert_eq!(told(caller.poll(now, &turns)), "nothing");
        let why = told(caller.poll(now + PUZZLED_MS, &turns));
        assert!(
            why.contains("step 2") && why.contains("`consent:payor`") && why.contains("`notice`"),
            "{why}"
        );
    }

    #[test]
    fn without_the_feed_the_order_of_the_script_does() {
        let (mut caller, mut turns) = (caller(STEPS), Turns::default());
        for (n, expected) in ["I understand.", "keys 1", "hangs up"].iter().enumerate() {
            let began = 10_000 * n as u64;
            turns.audio(began, began + 1_000, Some((began, began + 1_000)));
            assert_eq!(told(caller.poll(began + 1_800, &turns)), "nothing");
            assert_eq!(told(caller.poll(began + 2_000, &turns)), *expected);
            turns.taken();
        }
    }

    #[test]
    fn it_interrupts_so_far_into_a_line_of_that_kind_and_no_other() {
        let script = r#"
            [[step]]
            barge_in = { during = "notice", at_ms = 600, say_text = "Wait." }
            [[step]]
            barge_in = { during = "notice", at_ms = 60000, press = "0" }
        "#;
        let (mut caller, mut turns) = (caller(script), Turns::default());
        turns.feed(0, &json!({"event":"line","id":"a","kind":"greeting"}));
        turns.audio(0, 5_000, Some((100, 5_000)));
        assert_eq!(told(caller.poll(2_000, &turns)), "nothing");
        turns.feed(5_000, &json!({"event":"line","id":"b","kind":"notice"}));
        assert_eq!(told(caller.poll(5_010, &turns)), "nothing", "it is announced and not audible yet");
        turns.audio(5_100, 15_000, Some((5_200, 15_000)));
        assert_eq!(told(caller.poll(5_799, &turns)), "nothing");
        assert_eq!(told(caller.poll(5_800, &turns)), "Wait.");
        assert_eq!(told(caller.poll(15_100, &turns)), "nothing", "the next packet may be on its way");
        assert_eq!(told(caller.poll(15_150, &turns)), "keys 0", "past its end means at its end");
    }

    #[test]
    fn a_line_that_was_cut_is_not_interrupted_again() {
        let script = r#"
            [[step]]
            barge_in = { during = "notice", at_ms = 500, say_text = "Wait." }
            [[step]]
            barge_in = { during = "notice", at_ms = 500, hangup = true }
        "#;
        let (mut caller, mut turns) = (caller(script), Turns::default());
        turns.feed(0, &json!({"event":"line","id":"a","kind":"notice"}));
        turns.audio(0, 5_000, Some((0, 5_000)));
        assert_eq!(told(caller.poll(500, &turns)), "Wait.");
        turns.cleared(700);
        assert_eq!(told(caller.poll(2_500, &turns)), "nothing");
        turns.feed(3_000, &json!({"event":"line","id":"b","kind":"notice"}));
        turns.audio(3_000, 8_000, Some((3_000, 8_000)));
        assert_eq!(told(caller.poll(3_400, &turns)), "nothing");
        assert_eq!(told(caller.poll(3_500, &turns)), "hangs up");
    }

    #[test]
    fn a_pause_takes_its_time_and_a_listening_step_waits_for_the_agent() {
        let script = "[[step]]\nexpect = \"any\"\n[[step]]\nwait_ms = 2000\n[[step]]\nsay_text = \"Bye.\"";
        let (mut caller, mut turns) = (caller(script), Turns::default());
        let now = agent(&mut turns, 0, "closing", "any");
        assert_eq!(told(caller.poll(now, &turns)), "nothing");
        assert_eq!(told(caller.poll(now + 20, &turns)), "nothing", "the pause begins");
        assert_eq!(told(caller.poll(now + 2_019, &turns)), "nothing");
        assert_eq!(told(caller.poll(now + 2_020, &turns)), "nothing", "it ends");
        assert_eq!(told(caller.poll(now + 2_040, &turns)), "Bye.");
    }
}

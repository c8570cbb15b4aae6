//! That a conversation goes on: everyone is answered, and no silence is for ever.

use super::{ENDING_MS_MAX, Invariants};
use crate::{
    dialogue::{Effect, Input},
    simulate::rules::{After, Invariant, Violation},
    time::Millis,
};

/// No silence is longer than the longest turn and this, whatever the caller does.
const SILENCE_OVER_MS_MAX: u64 = 10_000;

impl Invariants {
    /// Whoever said something hears something: now, or what is being said anyway, or when a number is complete.
    pub(super) fn answered(
        &self,
        input: &Input,
        effects: &[Effect],
        spoke: bool,
        after: After,
    ) -> Result<(), Violation> {
        let understood = effects.iter().any(|effect| matches!(effect, Effect::Understood(_)));
        let told = matches!(input, Input::Said { .. } | Input::Pressed { .. } | Input::Chose { .. });
        let speaking = spoke || self.lines.iter().any(|line| !line.flushed);
        let passing = self.transferring || self.chat.looking || after.over;
        let waits = after.deadline.is_some() && !understood;
        self.demand(
            Invariant::EveryoneIsAnswered,
            !told || speaking || passing || waits,
            "nothing is said to it",
        )
    }

    /// A conversation that is not over speaks, waits for a person, or has a time at which it goes on.
    pub(super) fn goes_on(&self, after: After) -> Result<(), Violation> {
        // What is looked up comes back, found or not.
        if after.over || self.transferring || self.chat.looking {
            return Ok(());
        }
        let timings = &self.program.timings;
        let speaking = self.lines.iter().any(|line| !line.flushed);
        let patience = self.channel.patience_ms(timings.wait_ms.max(timings.silence_ms));
        let longest = timings.turn_ms_max.max(patience) + SILENCE_OVER_MS_MAX;
        let soon = after.deadline.is_some_and(|deadline| deadline <= self.at + longest);
        self.demand(Invariant::NeverStuck, speaking || soon, "silent, and nothing is waited for")?;
        let limit = Millis(timings.call_ms_max + ENDING_MS_MAX);
        self.demand(Invariant::Ends, self.at <= limit, "it goes on and on")
    }
}

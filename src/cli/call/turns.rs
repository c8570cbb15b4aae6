//! When it is the caller's turn: what the agent's audio and, where it can be had, the server's live feed say.

use serde_json::Value;
use std::collections::BTreeSet;

/// With the feed: silence after the agent's last sample before the caller begins. People take about that long.
const PAUSE_FED_MS: u64 = 350;
/// Without it: long enough not to be a pause between two lines.
const PAUSE_BLIND_MS: u64 = 900;
/// With the feed, when it never said that the agent listens.
const PAUSE_DOUBTFUL_MS: u64 = 1_800;
/// Packets sent one by one leave gaps that are no end of speech.
const PACKET_GAP_MS: u64 = 150;
/// Between two sentences of a line nothing is audible for so long.
const BREATH_MS: u64 = 700;
/// Events of one moment arrive one after the other.
const SETTLE_MS: u64 = 60;
/// The agent sends silence all the time: nothing audible for so long is a pause too.
const INAUDIBLE_MS: u64 = 900;

/// Follows one call, in milliseconds since the stream's beginning.
#[derive(Default)]
pub struct Turns {
    fed: bool,
    expecting: Option<String>,
    listening_since: Option<u64>,
    unheard: BTreeSet<String>,
    current: Option<String>,
    began_at: Option<u64>,
    busy_until: u64,
    audible_until: u64,
    cut: bool,
    spoke: bool,
}

/// The agent waits for the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// For what, where the feed says so.
    pub expecting: Option<String>,
}

impl Turns {
    /// An event of the live feed came.
    pub fn feed(&mut self, now: u64, event: &Value) {
        self.fed = true;
        let text = |name: &str| event[name].as_str().unwrap_or_default().to_string();
        match event["event"].as_str() {
            Some("listening") => {
                self.expecting = Some(text("expecting"));
                self.listening_since = Some(now);
            }
            Some("line") => {
                self.unheard.insert(text("id"));
                // Its audio is on the way: a line is measured from its first audible sample.
                self.current = Some(text("kind"));
                self.began_at = None;
            }
            Some("heard") => {
                self.unheard.remove(&text("line"));
            }
            _ => {}
        }
    }

    /// The kind of the line being spoken, and since when it is audible.
    pub fn speaking(&self) -> Option<(&str, u64)> {
        self.began_at.map(|at| (self.current.as_deref().unwrap_or_default(), at))
    }

    /// The agent's audio is played until `until`; `audible_until` is the end of what can be heard of it.
    pub fn audio(&mut self, plays_at: u64, until: u64, audible: Option<(u64, u64)>) {
        if !self.fed && plays_at > self.busy_until + PAUSE_FED_MS {
            self.began_at = None;
        }
        self.busy_until = self.busy_until.max(until);
        if let Some((first, last)) = audible {
            self.began_at.get_or_insert(first);
            self.audible_until = self.audible_until.max(last);
            self.cut = false;
            self.spoke = true;
        }
    }

    /// What was queued was dropped.
    pub fn cleared(&mut self, now: u64) {
        self.busy_until = now;
        self.audible_until = self.audible_until.min(now);
        self.cut = true;
    }

    /// The caller has taken the turn.
    pub fn taken(&mut self) {
        self.listening_since = None;
        self.spoke = false;
    }

    /// Whether the agent can be heard at `now`.
    pub fn agent_speaks(&self, now: u64) -> bool {
        !self.cut && now < self.busy_until + PACKET_GAP_MS && now < self.audible_until + BREATH_MS
    }

    /// Whether it is the caller's turn at `now`.
    pub fn turn(&self, now: u64) -> Option<Turn> {
        let dry = now.saturating_sub(self.busy_until);
        let inaudible = now.saturating_sub(self.audible_until);
        let quiet = dry.max(inaudible.saturating_sub(INAUDIBLE_MS));
        if !self.fed {
            return (self.spoke && quiet >= PAUSE_BLIND_MS).then_some(Turn { expecting: None });
        }
        // The line it listens after may be announced right behind.
        let listens = self.listening_since.is_some_and(|since| now >= since + SETTLE_MS);
        let listens = listens && self.unheard.is_empty() && quiet >= PAUSE_FED_MS;
        let seems_to = self.spoke && self.unheard.is_empty() && quiet >= PAUSE_DOUBTFUL_MS;
        (listens || seems_to).then(|| Turn { expecting: self.expecting.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn without_the_feed_a_long_silence_after_speech_is_a_turn() {
        let mut turns = Turns::default();
        assert_eq!(turns.turn(5_000), None, "nobody has spoken yet");
        turns.audio(100, 2_100, Some((100, 2_000)));
        assert!(turns.agent_speaks(1_000) && turns.agent_speaks(2_200) && !turns.agent_speaks(2_300));
        assert_eq!(turns.turn(2_900), None);
        turns.audio(2_900, 4_000, Some((2_900, 4_000)));
        assert_eq!(turns.turn(4_800), None, "a pause between two lines is none");
        assert_eq!(turns.turn(4_950), Some(Turn { expecting: None }));
        turns.taken();
        assert_eq!(turns.turn(9_000), None, "until the agent has spoken again");
    }

    #[test]
    fn an_agent_that_sends_silence_all_the_time_has_turns_too() {
        let mut turns = Turns::default();
        turns.audio(0, 1_000, Some((0, 1_000)));
        turns.audio(1_000, 60_000, None);
        assert_eq!(turns.turn(1_500), None);
        assert!(turns.agent_speaks(1_500) && !turns.agent_speaks(1_700));
        assert_eq!(turns.turn(2_900), Some(Turn { expecting: None }));
    }

    #[test]
    fn with_the_feed_the_agent_must_listen_and_every_line_be_heard() {
        let mut turns = Turns::default();
        turns.feed(0, &json!({"event":"line","id":"l1","kind":"notice"}));
        turns.audio(0, 1_000, Some((0, 1_000)));
        assert_eq!(turns.turn(9_000), None, "the line was not heard to its end");
        turns.feed(1_000, &json!({"event":"heard","line":"l1","complete":true}));
        turns.feed(1_000, &json!({"event":"line","id":"l2","kind":"acknowledge"}));
        turns.feed(1_000, &json!({"event":"listening","expecting":"notice"}));
        turns.audio(1_200, 3_000, Some((1_250, 3_000)));
        assert_eq!(turns.speaking(), Some(("acknowledge", 1_250)));
        assert_eq!(turns.turn(3_400), None);
        turns.feed(3_400, &json!({"event":"heard","line":"l2","complete":true}));
        assert_eq!(turns.turn(3_400), Some(Turn { expecting: Some("notice".into()) }));
        turns.taken();
        assert_eq!(turns.turn(20_000), None, "answered");
        turns.feed(20_000, &json!({"event":"listening","expecting":"notice"}));
        assert_eq!(turns.turn(20_000), None, "a line may be announced right behind");
        assert_eq!(turns.turn(20_060), Some(Turn { expecting: Some("notice".into()) }));
    }

    #[test]
    fn a_clear_ends_the_agents_speech_at_once() {
        let mut turns = Turns::default();
        turns.audio(0, 8_000, Some((0, 8_000)));
        turns.cleared(3_000);
        assert!(!turns.agent_speaks(3_001));
        turns.audio(3_100, 3_120, None);
        assert!(!turns.agent_speaks(3_101), "silence is no speech");
        assert_eq!(turns.turn(3_899), None);
        assert!(turns.turn(4_020).is_some());
    }
}

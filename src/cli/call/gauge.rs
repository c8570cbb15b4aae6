//! What a call measures as it goes, all on the socket's own clock: samples since `start` was sent.

use serde::Serialize;

/// A packet later than this begins another utterance; it is no lateness.
const SAME_UTTERANCE: i64 = 200 * 8;
/// What comes later than this after the caller's speech is no answer to it.
const ANSWER: u64 = 15_000 * 8;
/// A clear later than this after an interruption has another reason.
const CLEAR: u64 = 3_000 * 8;

/// The measurements of a call. Times in milliseconds.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Measured {
    /// From sending `start` to the first sample a caller can hear.
    pub start_to_audible_ms: Option<f64>,
    /// From `start` to the end of the last part of the notice, where the feed says so.
    pub notice_heard_ms: Option<f64>,
    /// Every time the caller spoke in turn.
    pub turns: Vec<MeasuredTurn>,
    /// Every time the caller spoke over the agent.
    pub barge_ins: Vec<MeasuredBargeIn>,
    /// How late audio packets came for a player without a buffer: above zero it ran dry.
    pub lateness_ms: Spread,
    /// Messages the provider would have warned of.
    pub protocol_errors: Vec<String>,
}

/// One turn.
#[derive(Clone, Debug, Serialize)]
pub struct MeasuredTurn {
    /// What the agent was listening for, where the feed says so.
    pub expecting: Option<String>,
    /// What the caller said.
    pub said: String,
    /// When the last loud sample was sent.
    pub speech_end_ms: f64,
    /// From there to the first sample of the agent that a caller can hear.
    pub end_to_audible_ms: Option<f64>,
}

impl MeasuredTurn {
    /// Whether a yes or a no was asked for.
    pub fn is_yes_no(&self) -> bool {
        let expecting = self.expecting.as_deref().unwrap_or_default();
        expecting == "notice" || expecting.starts_with("consent:") || expecting.starts_with("confirm:")
    }
}

/// One interruption.
#[derive(Clone, Debug, Serialize)]
pub struct MeasuredBargeIn {
    /// What the caller said.
    pub said: String,
    /// When the first loud sample was sent.
    pub onset_ms: f64,
    /// From there to the `clear` on the socket.
    pub onset_to_clear_ms: Option<f64>,
}

/// How values are spread.
#[derive(Clone, Debug, Default, Serialize)]
#[allow(missing_docs)]
pub struct Spread {
    pub n: usize,
    pub p50: Option<f64>,
    pub p95: Option<f64>,
    pub p99: Option<f64>,
    pub max: Option<f64>,
}

impl Spread {
    /// Of these values.
    pub fn of(mut values: Vec<f64>) -> Spread {
        values.sort_by(f64::total_cmp);
        let at = |q: f64| values.get(((values.len().max(1) - 1) as f64 * q).round() as usize).copied();
        Spread { n: values.len(), p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1.0) }
    }
}

/// Takes the measurements of one stream. Times are samples since `start` was sent.
#[derive(Default)]
pub struct Gauge {
    measured: Measured,
    lateness: Vec<f64>,
    dry_at: Option<u64>,
    awaiting_audible: Option<u64>,
    awaiting_clear: Option<u64>,
}

fn ms(samples: u64) -> f64 {
    samples as f64 / 8.0
}

impl Gauge {
    /// Audio arrived at `now`, to be played from `plays_at`; its first audible sample is played at `audible`.
    pub fn audio(&mut self, now: u64, plays_at: u64, length: u64, audible: Option<u64>) {
        if let Some(dry_at) = self.dry_at {
            let late = now as i64 - dry_at as i64;
            if late <= SAME_UTTERANCE {
                self.lateness.push(late as f64 / 8.0);
            }
        }
        self.dry_at = Some(plays_at + length);
        let Some(audible) = audible else { return };
        self.measured.start_to_audible_ms.get_or_insert(ms(audible));
        if let Some(end) = self.awaiting_audible.take()
            && audible <= end + ANSWER
            && let Some(turn) = self.measured.turns.last_mut()
        {
            turn.end_to_audible_ms = Some(ms(audible.saturating_sub(end)));
        }
    }

    /// A clear arrived.
    pub fn cleared(&mut self, now: u64) {
        self.dry_at = None;
        if let Some(onset) = self.awaiting_clear.take()
            && now <= onset + CLEAR
            && let Some(barge_in) = self.measured.barge_ins.last_mut()
        {
            barge_in.onset_to_clear_ms = Some(ms(now - onset));
        }
    }

    /// The caller's first loud sample was sent over the agent's speech.
    pub fn interrupted(&mut self, now: u64, said: &str) {
        self.awaiting_audible = None;
        self.awaiting_clear = Some(now);
        let said = said.to_string();
        self.measured.barge_ins.push(MeasuredBargeIn { said, onset_ms: ms(now), onset_to_clear_ms: None });
    }

    /// The caller's last loud sample was sent, in its turn.
    pub fn spoke(&mut self, now: u64, said: &str, expecting: Option<String>) {
        self.awaiting_audible = Some(now);
        let said = said.to_string();
        self.measured.turns.push(MeasuredTurn {
            expecting,
            said,
            speech_end_ms: ms(now),
            end_to_audible_ms: None,
        });
    }

    /// A part of the notice was heard to its end.
    pub fn notice_heard(&mut self, now: u64) {
        self.measured.notice_heard_ms = Some(ms(now));
    }

    /// The provider would have warned.
    pub fn protocol_error(&mut self, what: String) {
        const KEPT_MAX: usize = 50;
        if self.measured.protocol_errors.len() < KEPT_MAX {
            self.measured.protocol_errors.push(what);
        }
    }

    /// Everything measured.
    pub fn finish(self) -> Measured {
        Measured { lateness_ms: Spread::of(self.lateness), ..self.measured }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_is_measured_from_the_last_loud_sample_to_the_first_audible_one() {
        let mut gauge = Gauge::default();
        gauge.audio(800, 800, 160, None);
        gauge.audio(960, 960, 160, Some(1_000));
        gauge.spoke(80_000, "Yes.", Some("notice".into()));
        gauge.audio(82_400, 82_400, 160, None);
        gauge.audio(82_560, 82_560, 160, Some(82_600));
        gauge.audio(82_720, 82_720, 160, Some(82_720));
        gauge.spoke(160_000, "No.", None);
        gauge.audio(160_000 + ANSWER, 160_000 + ANSWER, 160, Some(160_001 + ANSWER));
        let measured = gauge.finish();
        assert_eq!(measured.start_to_audible_ms, Some(125.0));
        assert_eq!(measured.turns[0].end_to_audible_ms, Some(325.0));
        assert_eq!(measured.turns[0].expecting.as_deref(), Some("notice"));
        assert_eq!(measured.turns[1].end_to_audible_ms, None, "too late to be an answer");
    }

    #[test]
    fn an_interruption_is_measured_to_its_own_clear() {
        let mut gauge = Gauge::default();
        gauge.cleared(10);
        gauge.interrupted(8_000, "Wait.");
        gauge.cleared(9_200);
        gauge.cleared(9_300);
        gauge.interrupted(80_000, "Stop.");
        gauge.cleared(80_001 + CLEAR);
        let measured = gauge.finish();
        let times: Vec<_> = measured.barge_ins.iter().map(|b| b.onset_to_clear_ms).collect();
        assert_eq!(times, [Some(150.0), None]);
    }

    #[test]
    fn lateness_is_measured_inside_an_utterance_only() {
        let mut gauge = Gauge::default();
        gauge.audio(0, 0, 160, Some(0));
        gauge.audio(80, 160, 160, Some(160));
        gauge.audio(480, 480, 160, Some(480));
        gauge.audio(80_000, 80_000, 160, Some(80_000));
        let lateness = gauge.finish().lateness_ms;
        assert_eq!((lateness.n, lateness.max, lateness.p50), (2, Some(20.0), Some(20.0)));
        assert_eq!(Spread::of(Vec::new()).p99, None);
    }
}

//! Numbers about the running server, for Prometheus: typed functions, so that no label can carry a caller's words.
//!
//! The meters are made at first use and register themselves; nothing has to be started, and each function costs
//! a few nanoseconds and takes no lock, so that the audio path may call them.

use crate::dialogue::{ChannelKind, Outcome};
use metrics::{Counter, Gauge, Histogram, Key, KeyName, Label, Level, Metadata, Recorder, Unit};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use std::{sync::LazyLock, thread, time::Duration};

/// Why a webhook was turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// The signature is missing or wrong.
    Signature,
    /// The one-time token of a stream is missing, wrong, or used.
    Token,
    /// It came unsigned from elsewhere than this machine.
    Unsigned,
    /// It is not in the provider's form, or too large.
    Malformed,
    /// No more calls can be served well now: it was routed on.
    Full,
    /// The other side broke the protocol of a stream, and its connection was closed.
    Misbehaved,
}

/// So many calls go on now.
pub fn calls_live(calls: usize) {
    METERS.calls_live.set(calls as f64);
}

/// A call ended.
pub fn call_ended(channel: ChannelKind, outcome: Outcome) {
    METERS.calls[position(&CHANNELS, channel)][position(&OUTCOMES, outcome)].increment(1);
}

/// The agent answered a turn: milliseconds from the end of the caller's speech to the first audible sample.
pub fn turn_answered(ms: f64) {
    METERS.turns.increment(1);
    METERS.turn_ms.record(ms);
}

/// So many chats go on now.
pub fn chats_live(chats: usize) {
    METERS.chats_live.set(chats as f64);
}

/// A chat answered a message: milliseconds from its arrival until the page was told that it is its turn again.
pub fn chat_answered(ms: f64) {
    METERS.chat_ms.record(ms);
}

/// A turn ended without anything to say to it: it counts, and has no time.
pub fn turn_unanswered() {
    METERS.turns.increment(1);
}

/// A frame of audio was sent so many milliseconds after its time; 0 when in time.
pub fn frame_sent(late_ms: f64) {
    METERS.late_ms.record(late_ms);
}

/// The recogniser took so many milliseconds for an utterance, waiting included.
pub fn recognised(ms: f64) {
    METERS.recogniser_ms.record(ms);
}

/// The agent fell silent for a caller: milliseconds from the onset of speech to `clear` on the wire.
pub fn barged_in(ms: f64) {
    METERS.barge_in_ms.record(ms);
}

/// A line was asked of the voice; `cached`: it had been said before.
pub fn prompt_asked(cached: bool) {
    METERS.prompts[usize::from(cached)].increment(1);
}

/// A transaction of the store ended, well or not.
pub fn store_written(took: Duration) {
    METERS.store_ms.record(took.as_secs_f64() * 1_000.0);
}

/// Something could not be put on record. The store counts its own: journals and recordings.
pub fn store_failed() {
    METERS.store_failures.increment(1);
}

/// A webhook or stream was turned away.
pub fn webhook_rejected(why: Rejection) {
    METERS.rejections[position(&REJECTIONS, why)].increment(1);
}

/// All of it in Prometheus' text form, for `/metrics`.
pub fn render() -> String {
    METERS.exporter.render()
}

const CHANNELS: [ChannelKind; 4] =
    [ChannelKind::Phone, ChannelKind::Browser, ChannelKind::Chat, ChannelKind::Terminal];
const OUTCOMES: [Outcome; 6] = [
    Outcome::Completed,
    Outcome::Declined,
    Outcome::Abandoned,
    Outcome::Transferred,
    Outcome::Emergency,
    Outcome::Failed,
];
const REJECTIONS: [Rejection; 6] = [
    Rejection::Signature,
    Rejection::Token,
    Rejection::Unsigned,
    Rejection::Malformed,
    Rejection::Full,
    Rejection::Misbehaved,
];

fn position<T: PartialEq, const N: usize>(all: &[T; N], one: T) -> usize {
    all.iter()
        .position(|each| *each == one)
        .expect("the list above has every variant: a test goes through them")
}

fn channel_name(channel: ChannelKind) -> &'static str {
    match channel {
        ChannelKind::Phone => "phone",
        ChannelKind::Browser => "browser",
        ChannelKind::Chat => "chat",
        ChannelKind::Terminal => "terminal",
    }
}

fn outcome_name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Completed => "completed",
        Outcome::Declined => "declined",
        Outcome::Abandoned => "abandoned",
        Outcome::Transferred => "transferred",
        Outcome::Emergency => "emergency",
        Outcome::Failed => "failed",
    }
}

fn rejection_name(why: Rejection) -> &'static str {
    match why {
        Rejection::Signature => "signature",
        Rejection::Token => "token",
        Rejection::Unsigned => "unsigned",
        Rejection::Malformed => "malformed",
        Rejection::Full => "full",
        Rejection::Misbehaved => "misbehaved",
    }
}

static METERS: LazyLock<Meters> = LazyLock::new(Meters::new);

struct Meters {
    exporter: PrometheusHandle,
    calls: [[Counter; OUTCOMES.len()]; CHANNELS.len()],
    calls_live: Gauge,
    chats_live: Gauge,
    chat_ms: Histogram,
    turns: Counter,
    turn_ms: Histogram,
    late_ms: Histogram,
    recogniser_ms: Histogram,
    barge_in_ms: Histogram,
    prompts: [Counter; 2],
    store_ms: Histogram,
    store_failures: Counter,
    rejections: [Counter; REJECTIONS.len()],
}

/// Seconds between two foldings of what the histograms took in since.
const FOLD_S: u64 = 5;

impl Meters {
    fn new() -> Meters {
        let to = Registrar(buckets().build_recorder());
        let exporter = to.0.handle();
        let folding = exporter.clone();
        // Histograms keep every sample until somebody asks; where nobody does, this keeps memory bounded.
        let folder = thread::Builder::new().name("metrics".into()).spawn(move || {
            loop {
                thread::sleep(Duration::from_secs(FOLD_S));
                folding.run_upkeep();
            }
        });
        if let Err(error) = folder {
            tracing::warn!(%error, "metrics are folded only when they are read: no thread for it");
        }
        let calls = "candor_calls_total";
        let prompts = "candor_prompts_total";
        let rejections = "candor_webhooks_rejected_total";
        to.help_counter(calls, "Calls that ended, by channel and outcome.");
        to.help_counter(prompts, "Lines asked of the voice, by whether they had been said before.");
        to.help_counter(rejections, "Webhooks and streams turned away, by reason.");
        Meters {
            exporter,
            calls: CHANNELS.map(|channel| {
                OUTCOMES.map(|outcome| {
                    to.counter(
                        calls,
                        vec![
                            Label::new("channel", channel_name(channel)),
                            Label::new("outcome", outcome_name(outcome)),
                        ],
                    )
                })
            }),
            calls_live: to.gauge("candor_calls_live", "Calls going on now."),
            chats_live: to.gauge("candor_chats_live", "Chats going on now, connected or waited for."),
            chat_ms: to
                .histogram(CHAT_MS, "From a chat's message to the end of the answer, records included."),
            turns: {
                to.help_counter("candor_turns_total", "Turns of callers.");
                to.counter("candor_turns_total", vec![])
            },
            turn_ms: to
                .histogram(TURN_MS, "From the end of speech to the first audible sample of the answer."),
            late_ms: to.histogram(LATE_MS, "How late audio frames were sent."),
            recogniser_ms: to
                .histogram(RECOGNISER_MS, "Time of the recogniser for an utterance, waiting included."),
            barge_in_ms: to
                .histogram(BARGE_IN_MS, "From the onset of speech over the agent to clear on the wire."),
            prompts: ["no", "yes"].map(|cached| to.counter(prompts, vec![Label::new("cached", cached)])),
            store_ms: to.histogram(STORE_MS, "Time of a transaction of the store, full sync included."),
            store_failures: {
                to.help_counter("candor_store_failures_total", "Writes that could not be put on record.");
                to.counter("candor_store_failures_total", vec![])
            },
            rejections: REJECTIONS
                .map(|why| to.counter(rejections, vec![Label::new("reason", rejection_name(why))])),
        }
    }
}

const TURN_MS: &str = "candor_turn_ms";
const LATE_MS: &str = "candor_playout_late_ms";
const RECOGNISER_MS: &str = "candor_recogniser_ms";
const BARGE_IN_MS: &str = "candor_barge_in_ms";
const CHAT_MS: &str = "candor_chat_reply_ms";
const STORE_MS: &str = "candor_store_write_ms";

fn buckets() -> PrometheusBuilder {
    // Around the promises: 400 ms to answer, 200 ms to fall silent, a frame each 20 ms.
    let scales: [(&str, &[f64]); 6] = [
        (TURN_MS, &[100.0, 200.0, 300.0, 400.0, 500.0, 700.0, 1_000.0, 1_500.0, 2_000.0, 3_000.0, 5_000.0]),
        (LATE_MS, &[1.0, 2.0, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 500.0, 1_000.0]),
        (RECOGNISER_MS, &[25.0, 50.0, 100.0, 150.0, 200.0, 300.0, 500.0, 1_000.0, 2_000.0, 5_000.0]),
        (BARGE_IN_MS, &[40.0, 60.0, 80.0, 100.0, 120.0, 160.0, 200.0, 300.0, 500.0, 1_000.0]),
        (CHAT_MS, &[1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1_000.0]),
        (STORE_MS, &[0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 500.0, 1_000.0, 5_000.0]),
    ];
    scales.into_iter().fold(PrometheusBuilder::new(), |builder, (name, scale)| {
        builder.set_buckets_for_metric(Matcher::Full(name.into()), scale).expect("no scale above is empty")
    })
}

/// Registers meters where they are rendered, and not globally: nothing can be recorded before it is there.
struct Registrar(PrometheusRecorder);

const ABOUT: Metadata<'static> = Metadata::new("candor", Level::INFO, None);

impl Registrar {
    fn help_counter(&self, name: &'static str, help: &'static str) {
        self.0.describe_counter(KeyName::from_const_str(name), Some(Unit::Count), help.into());
    }

    fn counter(&self, name: &'static str, labels: Vec<Label>) -> Counter {
        self.0.register_counter(&Key::from_parts(name, labels), &ABOUT)
    }

    fn gauge(&self, name: &'static str, help: &'static str) -> Gauge {
        self.0.describe_gauge(KeyName::from_const_str(name), Some(Unit::Count), help.into());
        self.0.register_gauge(&Key::from_static_name(name), &ABOUT)
    }

    fn histogram(&self, name: &'static str, help: &'static str) -> Histogram {
        self.0.describe_histogram(KeyName::from_const_str(name), Some(Unit::Milliseconds), help.into());
        self.0.register_histogram(&Key::from_static_name(name), &ABOUT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_meter_is_rendered_with_help_buckets_and_labels() {
        for channel in CHANNELS {
            for outcome in OUTCOMES {
                call_ended(channel, outcome);
            }
        }
        for why in REJECTIONS {
            webhook_rejected(why);
        }
        calls_live(3);
        chats_live(2);
        chat_answered(4.0);
        turn_answered(320.0);
        turn_unanswered();
        frame_sent(0.4);
        recognised(90.0);
        barged_in(120.0);
        prompt_asked(true);
        store_written(Duration::from_millis(3));
        store_failed();
        let text = render();
        for expected in [
            "# HELP candor_calls_total Calls that ended, by channel and outcome.",
            "candor_calls_total{channel=\"phone\",outcome=\"completed\"}",
            "candor_webhooks_rejected_total{reason=\"signature\"}",
            "candor_prompts_total{cached=\"yes\"}",
            "candor_prompts_total{cached=\"no\"} 0",
            "candor_calls_live 3",
            "candor_chats_live 2",
            "candor_chat_reply_ms_bucket{le=\"50\"}",
            "candor_turns_total",
            "candor_turn_ms_bucket{le=\"400\"}",
            "candor_playout_late_ms_bucket{le=\"20\"}",
            "candor_recogniser_ms_count",
            "candor_barge_in_ms_bucket{le=\"200\"}",
            "candor_store_write_ms_sum",
            "candor_store_failures_total",
        ] {
            assert!(text.contains(expected), "{expected} is missing in\n{text}");
        }
    }
}

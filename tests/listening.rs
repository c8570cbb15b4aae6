//! When a turn begins, pauses and ends, frame by frame, with a detector that says what it is told.

#![cfg(feature = "runtime")]

use candor::{
    call::listener::{Hearing, Listener},
    ports::VoiceActivity,
    time::Millis,
};

/// Takes any frame that is not quiet for voice.
struct Loud;

impl VoiceActivity for Loud {
    fn probability(&mut self, frame: &[i16; 160]) -> f32 {
        if frame.iter().any(|s| s.unsigned_abs() > 500) { 1.0 } else { 0.0 }
    }
}

const YES_NO_MS: u64 = 280;

/// Frames of a script, `v` for voice and `.` for quiet, 20 ms each.
fn frames(script: &str) -> Vec<[i16; 160]> {
    let wave = |n: usize| if n % 16 < 8 { 6_000 } else { -6_000 };
    script.chars().map(|c| std::array::from_fn(|n| if c == 'v' { wave(n) } else { (n % 5) as i16 })).collect()
}

fn quiet(ms: usize) -> String {
    ".".repeat(ms / 20)
}

fn voice(ms: usize) -> String {
    "v".repeat(ms / 20)
}

/// What is heard of a script, each with the time at which it was known.
fn heard(script: &[String], end_of_turn_ms: u64) -> Vec<(u64, Hearing)> {
    let mut listener = Listener::new(Box::new(Loud), end_of_turn_ms, 30_000);
    let mut all = Vec::new();
    for (n, frame) in frames(&script.concat()).iter().enumerate() {
        let mut hearings = Vec::new();
        listener.hear(Millis(n as u64 * 20), frame, &mut hearings);
        all.extend(hearings.into_iter().map(|h| (n as u64 * 20 + 20, h)));
    }
    all
}

/// In short, each after the time at which it was known.
fn short(heard: &[(u64, Hearing)]) -> Vec<String> {
    let name = |(at, hearing): &(u64, Hearing)| match hearing {
        Hearing::Began { at: from } => format!("{at}: began {}", from.0),
        Hearing::Guess { turn, from, to, .. } => format!("{at}: guess #{turn} {}-{}", from.0, to.0),
        Hearing::WentOn { turn } => format!("{at}: went on #{turn}"),
        Hearing::Ended { turn, from, to } => format!("{at}: ended #{turn} {}-{}", from.0, to.0),
        Hearing::Noise => format!("{at}: noise"),
        Hearing::Key(key) => format!("{at}: key {}", key.char()),
    };
    heard.iter().map(name).collect()
}

/// The milliseconds of audio in each guess.
fn guessed_ms(heard: &[(u64, Hearing)]) -> Vec<usize> {
    let length = |(_, h): &(u64, Hearing)| match h {
        Hearing::Guess { samples, .. } => Some(samples.len() / 16),
        _ => None,
    };
    heard.iter().filter_map(length).collect()
}

#[test]
fn turns_are_told_frame_by_frame() {
    const ANSWER: [&str; 3] = ["460: began 400", "820: guess #1 400-700", "980: ended #1 400-700"];
    let cases: [(&str, Vec<String>, Vec<&str>); 7] = [
        ("a short answer", vec![quiet(400), voice(300), quiet(600)], ANSWER.to_vec()),
        (
            "speech that resumes",
            vec![quiet(400), voice(300), quiet(200), voice(300), quiet(600)],
            vec![
                "460: began 400",
                "820: guess #1 400-700",
                "940: went on #1",
                "1320: guess #2 400-1200",
                "1480: ended #2 400-1200",
            ],
        ),
        ("a click", vec![quiet(400), voice(40), quiet(600)], vec![]),
        ("two knocks", vec![quiet(400), voice(40), quiet(200), voice(40), quiet(600)], vec![]),
        ("a cough", vec![quiet(400), voice(80), quiet(600)], vec!["460: began 400", "600: noise"]),
        (
            "a blip after the answer",
            vec![quiet(400), voice(300), quiet(140), voice(20), quiet(600)],
            ANSWER.to_vec(),
        ),
        (
            "two turns",
            vec![quiet(400), voice(300), quiet(500), voice(300), quiet(600)],
            [&ANSWER[..], &["1260: began 1200", "1620: guess #2 1200-1500", "1780: ended #2 1200-1500"]]
                .concat(),
        ),
    ];
    for (name, script, wanted) in cases {
        assert_eq!(short(&heard(&script, YES_NO_MS)), wanted, "{name}");
    }
}

#[test]
fn a_longer_window_waits_longer() {
    for (window, ended) in [(280, 980), (700, 1_400), (1_100, 1_800)] {
        let last = short(&heard(&[quiet(400), voice(300), quiet(2_000)], window)).pop();
        let turn = format!("{ended}: ended #1 400-700");
        assert_eq!(last, Some(turn), "{window} ms");
    }
}

#[test]
fn a_caller_who_never_stops_is_taken_as_it_stands() {
    let heard = heard(&[voice(61_000)], YES_NO_MS);
    let told = short(&heard);
    let ends: Vec<&String> = told.iter().filter(|t| t.contains("ended")).collect();
    assert_eq!(ends, ["30000: ended #1 0-30000", "60000: ended #2 30000-60000"]);
    assert!(told.contains(&"30060: began 30000".to_owned()), "and is heard on: {told:?}");
    assert!(guessed_ms(&heard).iter().all(|ms| *ms <= 31_000), "no guess grows beyond a turn");
}

#[test]
fn a_guess_holds_the_turn_with_quiet_around_and_nothing_of_the_turn_before() {
    let two = |gap: usize| heard(&[quiet(800), voice(300), quiet(gap), voice(300), quiet(600)], YES_NO_MS);
    // 300 ms of quiet, 300 ms before, 300 ms of voice, 120 ms after, 300 ms of quiet.
    assert_eq!(guessed_ms(&two(320)), [1_320, 1_320]);
    assert_eq!(guessed_ms(&two(280)), [1_320, 1_300], "only 280 ms lie between the turns");
}

#[test]
fn pieces_of_any_size_are_heard_alike() {
    let script = [quiet(400), voice(300), quiet(600)].concat();
    let samples: Vec<i16> = frames(&script).into_iter().flatten().collect();
    let by = |size: usize| {
        let (mut listener, mut all) = (Listener::new(Box::new(Loud), YES_NO_MS, 30_000), Vec::new());
        for (n, piece) in samples.chunks(size).enumerate() {
            listener.hear(Millis((n * size / 8) as u64), piece, &mut all);
        }
        all
    };
    let wanted = by(160);
    assert_eq!(wanted.len(), 3);
    for size in [1, 33, 80, 1_000, samples.len()] {
        assert_eq!(by(size), wanted, "pieces of {size} samples");
    }
}

#[test]
fn a_gap_in_the_stream_is_silence() {
    let speech: Vec<i16> = frames(&[quiet(400), voice(300)].concat()).into_iter().flatten().collect();
    let (mut listener, mut all) = (Listener::new(Box::new(Loud), YES_NO_MS, 30_000), Vec::new());
    listener.hear(Millis(0), &speech, &mut all);
    listener.hear(Millis(2_000), &[0; 160], &mut all);
    assert!(matches!(all.last(), Some(Hearing::Ended { to: Millis(700), .. })), "the turn ended in the gap");
    // An hour is not filled frame by frame, and the times after it are right.
    listener.hear(Millis(3_600_000), &speech, &mut all);
    let began = all.iter().rev().find_map(|h| if let Hearing::Began { at } = h { Some(*at) } else { None });
    assert!(began.is_some_and(|at| at.since(Millis(3_600_360)) <= 60), "after an hour: {began:?}");
}

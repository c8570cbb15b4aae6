//! What the ears make of real sound, over the telephone's mu-law: with the real models, no stand-ins.

#![cfg(feature = "runtime")]

use candor::{
    audio::wav,
    call::listener::{Hearing, Listener},
    config::programs,
    engine::{moonshine::Moonshine, onnx::Onnx, vad::Silero},
    ports::{EngineFailed, Hints, Recognizer},
    program::{Expecting, Locale},
    time::Millis,
    understand::{Context, Heard, Lean, Meaning, understand},
};
use std::{
    env, fs,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

const YES_NO: Hints = Hints { locale: Locale::EnUs, yes_no: true };
const OPEN: Hints = Hints { locale: Locale::EnUs, yes_no: false };
/// Each file is one answer, as for `candor listen`.
const WHOLE_FILE_MS: u64 = 5_000;

struct Ears {
    onnx: Onnx,
    models: PathBuf,
    activity: Arc<Silero>,
    recognizer: Moonshine,
}

/// The models, loaded once for all tests; `None`, said loudly, where they are not.
fn ears() -> Option<&'static Ears> {
    static EARS: OnceLock<Option<Ears>> = OnceLock::new();
    EARS.get_or_init(|| {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let models = env::var_os("CANDOR_MODELS").map_or(here.join("models"), PathBuf::from);
        if !models.join("moonshine-tiny-en").is_dir() {
            eprintln!("SKIPPED: no models in {}; fetch them first", models.display());
            return None;
        }
        let onnx = Onnx::open(&models).expect("onnx runtime");
        let activity = Silero::open(&onnx, &models, 1).expect("silero");
        let recognizer = Moonshine::open(&onnx, &models, 1, 64).expect("moonshine");
        Some(Ears { onnx, models, activity, recognizer })
    })
    .as_ref()
}

/// A row of a manifest: the clip's samples as the wire has them, what is said, what it is.
struct Clip {
    name: String,
    wire: Vec<i16>,
    transcript: String,
    label: String,
}

/// The clips a manifest names, whose columns are found by their names.
fn clips(folder: &Path, path_column: &str) -> Vec<Clip> {
    let manifest = fs::read_to_string(folder.join("manifest.tsv")).expect("manifest.tsv");
    let mut rows = manifest.lines().map(|row| row.split('\t').collect::<Vec<_>>());
    let head = rows.next().expect("a first line");
    let column =
        |name: &str| head.iter().position(|c| *c == name).unwrap_or_else(|| panic!("no column {name}"));
    let (path, transcript, label) = (column(path_column), column("transcript"), column("label"));
    rows.map(|row| {
        let file = fs::read(folder.join(row[path])).unwrap_or_else(|e| panic!("{}: {e}", row[path]));
        let wire = wav::read(&file).unwrap_or_else(|e| panic!("{}: {e}", row[path])).to_wire().unwrap();
        Clip { name: row[path].into(), wire, transcript: row[transcript].into(), label: row[label].into() }
    })
    .collect()
}

fn committed() -> Vec<Clip> {
    clips(&Path::new(env!("CARGO_MANIFEST_DIR")).join("audio-fixtures/human"), "path")
}

/// The clips that may not be committed; `None`, said loudly, where they are not.
fn shared() -> Option<Vec<Clip>> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["../shared/audio/human", "../../shared/audio/human"].map(|f| here.join(f));
    let found = folders.iter().find(|f| f.is_dir());
    if found.is_none() {
        eprintln!("SKIPPED: {} is absent", folders[0].display());
    }
    found.map(|folder| clips(folder, "path_8k_ulaw"))
}

/// What the listener hears of a whole clip, and the silence after it, frame by frame as a call does.
fn hear(ears: &Ears, clip: &Clip, end_of_turn_ms: u64) -> Vec<Hearing> {
    let mut listener = Listener::new(ears.activity.stream(), end_of_turn_ms, 30_000);
    let mut hearings = Vec::new();
    let silence = vec![0; (end_of_turn_ms as usize + 500) * 8];
    for (n, frame) in [&clip.wire[..], &silence].concat().chunks(160).enumerate() {
        listener.hear(Millis(n as u64 * 20), frame, &mut hearings);
    }
    hearings
}

/// What the recogniser makes of the last guess of a clip.
async fn recognize(ears: &Ears, hearings: &[Hearing], hints: Hints) -> Option<Heard> {
    let guesses = hearings.iter().filter_map(|h| match h {
        Hearing::Guess { samples, .. } => Some(Arc::clone(samples)),
        _ => None,
    });
    let last = guesses.reduce(|_, later| later)?;
    Some(ears.recognizer.recognize(last, hints).await.expect("words"))
}

fn keys(hearings: &[Hearing]) -> String {
    hearings.iter().filter_map(|h| if let Hearing::Key(key) = h { Some(key.char()) } else { None }).collect()
}

fn plain(text: &str) -> String {
    text.to_lowercase().replace('-', " ").chars().filter(|c| c.is_alphanumeric() || *c == ' ').collect()
}

#[test]
fn keys_are_heard_and_noise_music_and_tones_are_not() {
    let Some(ears) = ears() else { return };
    let mut without_voice = 0;
    for clip in committed().into_iter().chain(shared().into_iter().flatten()) {
        let hearings = hear(ears, &clip, 280);
        let is_key = clip.label == "dtmf";
        assert_eq!(keys(&hearings), if is_key { &clip.transcript } else { "" }, "keys in {}", clip.name);
        // Babble is speech, only nobody's.
        if is_key || clip.transcript.is_empty() && !clip.name.contains("babble") {
            let began = hearings.iter().any(|h| matches!(h, Hearing::Began { .. }));
            assert!(!began, "voice in {}", clip.name);
            without_voice += 1;
        }
    }
    assert!(without_voice >= 15, "only {without_voice} clips without voice");
}

#[tokio::test]
async fn read_speech_is_understood_over_mulaw() {
    let Some(ears) = ears() else { return };
    let (mut words, mut wrong, mut sentences) = (0, 0, 0);
    for clip in committed().into_iter().filter(|clip| clip.name.starts_with("librivox")) {
        let heard = recognize(ears, &hear(ears, &clip, WHOLE_FILE_MS), OPEN).await.expect("a turn");
        let said: Vec<String> = plain(&clip.transcript).split_whitespace().map(String::from).collect();
        let text = plain(&heard.text).replace("mr ", "mister ");
        let missing = said.iter().filter(|word| !text.split_whitespace().any(|w| w == *word)).count();
        (words, wrong, sentences) = (words + said.len(), wrong + missing, sentences + 1);
        assert_eq!(heard.lean, None, "nothing is scored where no yes or no is asked for");
    }
    assert_eq!(sentences, 5);
    assert!(wrong * 10 <= words, "{wrong} of {words} words are missing");
}

#[tokio::test]
async fn at_a_consent_question_no_is_never_yes() {
    let (Some(ears), Some(clips)) = (ears(), shared()) else { return };
    let programs = Path::new(env!("CARGO_MANIFEST_DIR")).join("programs");
    let program = programs::load(&programs, "harbor").expect("the sample program");
    let expecting = Expecting::Consent("payor".into());
    let context = Context { program: &program, locale: Locale::EnUs, expecting: &expecting, granted: &[] };
    let (mut yes_affirmed, mut no_denied, mut other_affirmed) = (0, 0, Vec::new());
    for clip in clips {
        let heard = recognize(ears, &hear(ears, &clip, WHOLE_FILE_MS), YES_NO).await;
        let meaning = heard.as_ref().map_or(Meaning::Unclear, |heard| understand(heard, &context).meaning);
        let affirmed = matches!(meaning, Meaning::Affirm | Meaning::Grant(_));
        match clip.label.as_str() {
            "yes" => yes_affirmed += usize::from(affirmed),
            "no" | "no-noisy" => {
                assert!(!affirmed, "{} is taken for a yes: {:?}", clip.name, heard.map(|h| h.text));
                no_denied += usize::from(clip.label == "no" && meaning == Meaning::Deny);
            }
            // Yes with noise, and clips made of several answers.
            "yes-noisy" | "endpoint-gap" => {}
            _ if affirmed => other_affirmed.push((clip.name, heard.map(|h| h.text))),
            _ => {}
        }
    }
    assert!(yes_affirmed >= 32, "{yes_affirmed} of 36 yes are affirm");
    assert!(no_denied >= 33, "{no_denied} of 36 no are deny");
    assert!(other_affirmed.len() <= 1, "taken for a yes: {other_affirmed:?}");
}

#[tokio::test]
async fn every_length_of_sound_has_an_outcome() {
    let Some(ears) = ears() else { return };
    for samples in [0, 1, 160, 8_000, 144_000, 144_001, 300_000] {
        let heard = ears.recognizer.recognize(vec![0.0; samples].into(), YES_NO).await.expect("an outcome");
        assert_eq!(heard.text, "", "words in silence of {samples} samples");
        assert_ne!(heard.lean, Some(Lean::Yes), "silence of {samples} samples leans yes");
    }
    let wild: Arc<[f32]> = [f32::NAN, f32::INFINITY, -1e30].repeat(4_000).into();
    let heard = ears.recognizer.recognize(wild, YES_NO).await.expect("an outcome");
    assert_ne!(heard.lean, Some(Lean::Yes), "what is no sound leans yes");
}

#[tokio::test]
async fn a_full_queue_is_an_answer_and_touches_no_other() {
    let Some(ears) = ears() else { return };
    let narrow = Moonshine::open(&ears.onnx, &ears.models, 1, 1).expect("moonshine");
    let sound: Arc<[f32]> = vec![0.0; 400_000].into();
    let asked = (0..8).map(|_| narrow.recognize(Arc::clone(&sound), OPEN));
    let answers = futures_util::future::join_all(asked).await;
    let overloaded = answers.iter().filter(|a| matches!(a, Err(EngineFailed::Overloaded(_)))).count();
    let served = answers.iter().filter(|a| a.is_ok()).count();
    assert!(served >= 1 && overloaded >= 1 && served + overloaded == 8, "{answers:?}");
}

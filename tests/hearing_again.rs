//! A recorded call heard again decides what it decided; where it does not, the cause is named.
#![cfg(feature = "runtime")]

use candor::{
    audio::{g711, wav},
    call::listener::{Hearing, Listener},
    config::programs,
    dialogue::{ChannelKind, Effect, Gone, Input, Line, Setup},
    engine::{moonshine::Moonshine, onnx::Onnx, vad::Silero},
    journal::{Entry, Event, Label, Log, Opened, Salts, opening, record},
    pii::Pii,
    ports::{Hints, Ledger, Recognizer, Recordings},
    program::{Expecting, Locale, Program},
    store::{Keyring, Store},
    time::{Millis, Utc},
};
use serde_json::Value;
use std::{
    collections::VecDeque,
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

const WORD_MS: u64 = 400;
const FRAME_MS: u64 = 20;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn models() -> Option<PathBuf> {
    let models = env::var_os("CANDOR_MODELS").map_or(root().join("models"), PathBuf::from);
    if models.join("moonshine-tiny-en").is_dir() {
        return Some(models);
    }
    eprintln!("SKIPPED: no models in {}; fetch them first", models.display());
    None
}

fn clip(number: u32) -> Vec<i16> {
    let file = root().join(format!("audio-fixtures/callers/hibari-heart_{number:02}.wav"));
    let wire = wav::read(&fs::read(file).unwrap()).unwrap().to_wire().unwrap();
    // As the telephone brings it, and as the recording has it.
    wire.iter().map(|sample| g711::decode_mulaw(g711::encode_mulaw(*sample))).collect()
}

/// A call in virtual time with real ears: lines take 150 words a minute, and the caller's clips are heard frame by
/// frame as on a live call.
struct Taped {
    log: Log,
    entries: Vec<Entry>,
    now: Millis,
    lines: VecDeque<Line>,
    listener: Listener,
    yes_no: bool,
    caller: Vec<i16>,
}

impl Taped {
    fn input(&mut self, input: Input) {
        let step = self.log.handle(self.now, input);
        self.entries.extend(step.entries);
        for effect in step.effects {
            match effect {
                Effect::Speak(line) => self.lines.push_back(line),
                Effect::Flush => self.lines.clear(),
                Effect::Listen(listening) => {
                    self.listener.set_end_of_turn(listening.end_of_turn_ms);
                    self.yes_no = listening.expecting.is_yes_no();
                }
                _ => {}
            }
        }
    }

    /// Sound passes: what was heard of it.
    fn hear(&mut self, samples: &[i16]) -> Vec<Hearing> {
        let mut hearings = Vec::new();
        self.listener.hear(self.now, samples, &mut hearings);
        self.caller.extend(samples);
        self.now = self.now + FRAME_MS;
        hearings
    }

    fn silence(&mut self, ms: u64) {
        for _ in 0..ms / FRAME_MS {
            let heard = self.hear(&[0; 160]);
            assert_eq!(heard, [], "silence is silent");
        }
    }

    /// The agent says what it has to say, and waits.
    fn listens(&mut self) -> Option<Expecting> {
        loop {
            while let Some(line) = self.lines.pop_front() {
                self.input(Input::LineBegan { line: line.id() });
                let heard_ms = line.text().split_whitespace().count() as u64 * WORD_MS;
                self.silence(heard_ms);
                self.input(Input::LineEnded { line: line.id(), complete: true, heard_ms });
            }
            let dialogue = self.log.dialogue();
            let soon = dialogue.deadline().filter(|at| at.since(self.now) <= 1_000);
            match (dialogue.is_over(), soon) {
                (true, _) => return None,
                (false, Some(at)) => {
                    let wait = at.since(self.now).div_ceil(FRAME_MS) * FRAME_MS;
                    self.silence(wait);
                    self.input(Input::Tick);
                }
                (false, None) => return dialogue.listening(),
            }
        }
    }

    async fn says(&mut self, samples: &[i16], ears: &Moonshine) {
        self.silence(600);
        let mut guess = None;
        let padded = samples.chunks(160).map(<[i16]>::to_vec).chain(std::iter::repeat_n(vec![0; 160], 300));
        for mut frame in padded {
            frame.resize(160, 0);
            for hearing in self.hear(&frame) {
                match hearing {
                    Hearing::Began { .. } => self.input(Input::SpeechBegan),
                    Hearing::Guess { samples, from, to, .. } => guess = Some((samples, from, to)),
                    Hearing::Ended { .. } => {
                        let (samples, from, to) = guess.take().unwrap();
                        let hints = Hints { locale: Locale::EnUs, yes_no: self.yes_no };
                        let heard = Pii::new(ears.recognize(samples, hints).await.unwrap());
                        return self.input(Input::Said { heard, from, to });
                    }
                    _ => {}
                }
            }
        }
        panic!("nobody was heard");
    }
}

/// A recorded telephone call: yes to the notice, a name that is read back, and the caller hangs up.
async fn taped(program: &Arc<Program>, models: &Path, number: u32) -> (Opened, Vec<Entry>, Vec<i16>) {
    let onnx = Onnx::open(models).unwrap();
    let activity = Silero::open(&onnx, models, 1).unwrap();
    let ears = Moonshine::open(&onnx, models, 1, 8).unwrap();
    let setup = Setup {
        call_id: format!("taped-{number}"),
        channel: ChannelKind::Phone,
        locale: Locale::EnUs,
        started_at: Utc(1_790_000_000_000),
        person_available: true,
        spoken: vec![Locale::EnUs],
    };
    let opened = opening(program, &setup, env!("CARGO_PKG_VERSION"));
    let timings = &program.timings;
    let listener = Listener::new(activity.stream(), timings.end_of_turn_open_ms, timings.turn_ms_max);
    let log = Log::new(Arc::clone(program), &opened, Salts::of_nobody(&opened.call_id));
    let (entries, lines, caller) = (Vec::new(), VecDeque::new(), Vec::new());
    let mut call = Taped { log, entries, now: Millis(0), lines, listener, yes_no: true, caller };
    call.input(Input::Begin);
    for (number, expecting) in [(number, "notice"), (16, "question:name"), (1, "confirm:name")] {
        assert_eq!(call.listens().map(|e| e.to_string()).as_deref(), Some(expecting));
        call.says(&clip(number), &ears).await;
    }
    call.listens();
    call.silence(400);
    call.input(Input::Gone { why: Gone::HungUp });
    assert!(call.log.dialogue().gate_open(), "a yes was heard");
    (opened, call.entries, call.caller)
}

/// Puts the call into a data folder, with `caller` as what its recording has of the caller.
async fn keep(data: &Path, opened: &Opened, mut entries: Vec<Entry>, caller: &[i16]) {
    let keys = Arc::new(Keyring::open(&data.with_file_name("keys"), None).unwrap());
    let store = Store::open(data, keys).await.unwrap();
    store.open(opened).await.unwrap();
    let id = &opened.call_id;
    let tape: Vec<u8> =
        caller.iter().flat_map(|sample| [g711::encode_mulaw(*sample), g711::MULAW_SILENCE]).collect();
    let recordings = store.recordings();
    for piece in tape.chunks(16_000) {
        recordings.append(id, Label::General, piece.to_vec()).await.unwrap();
    }
    let finished = recordings.finish(id, Vec::new()).await.unwrap().unwrap();
    let mut chain = candor::journal::Chain::verify(opened, &entries).unwrap();
    let last = entries.last().unwrap().at;
    let event = Event::Recording {
        duration_ms: finished.bytes / 16,
        sha256: finished.sha256,
        chunks: finished.chunks,
        clips: Vec::new(),
    };
    entries.push(chain.entry(last, Label::General, event, Default::default()));
    store.append(id, entries.clone()).await.unwrap();
    store.close(id, &record(opened, &entries)).await.unwrap();
}

fn replay(data: &Path, more: &[&str]) -> (i32, Value) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_candor"));
    let keys = data.with_file_name("keys");
    command
        .current_dir(root())
        .args(["replay", data.to_str().unwrap(), "--json", "--keys"])
        .arg(keys)
        .args(more);
    let out = command.output().unwrap();
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    println!("{said}");
    (
        out.status.code().unwrap(),
        serde_json::from_slice(&out.stdout).unwrap_or_else(|e| panic!("{e}: {said}")),
    )
}

#[tokio::test]
async fn a_recording_heard_again_decides_the_same_and_other_sound_is_named() {
    let Some(models) = models() else { return };
    let program = Arc::new(programs::load(&root().join("programs"), "harbor").unwrap());
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("heard-again");
    let _ = fs::remove_dir_all(&folder);
    let (opened, entries, caller) = taped(&program, &models, 3).await;

    let same = folder.join("same").join("data");
    fs::create_dir_all(&same).unwrap();
    keep(&same, &opened, entries.clone(), &caller).await;
    for more in [&[][..], &["--reengine"], &["--reengine=turns"]] {
        let (status, report) = replay(&same, more);
        assert_eq!((status, &report["same"]), (0, &Value::from(1)), "{more:?}: {report:#}");
    }

    // Where the caller said yes to the notice, the sound now says that nobody spoke.
    let acknowledged = entries.iter().find_map(|entry| match &entry.event {
        Event::Input { input } if input["input"] == "said" => {
            Some((input["from"].as_u64().unwrap(), input["to"].as_u64().unwrap()))
        }
        _ => None,
    });
    let (from, to) = acknowledged.unwrap();
    let mut quiet = caller.clone();
    quiet[(from as usize - 400) * 8..(to as usize + 200) * 8].fill(0);
    let hushed = folder.join("hushed").join("data");
    fs::create_dir_all(&hushed).unwrap();
    keep(&hushed, &opened, entries.clone(), &quiet).await;
    let (status, report) = replay(&hushed, &["--reengine"]);
    assert_eq!(status, 1, "{report:#}");
    assert_eq!(report["groups"][0]["cause"], "turn timing", "{report:#}");

    // Where it said yes, it now says no.
    let no = clip(5);
    let mut refused = quiet.clone();
    for (at, sample) in no.iter().enumerate() {
        refused[from as usize * 8 + at] = *sample;
    }
    let other = folder.join("other").join("data");
    fs::create_dir_all(&other).unwrap();
    keep(&other, &opened, entries, &refused).await;
    let (status, report) = replay(&other, &["--reengine"]);
    assert_eq!(status, 1, "{report:#}");
    assert_eq!(report["groups"][0]["cause"], "recogniser text", "{report:#}");
}

//! The embedded voice, with its real models: what it says, and that it says it cleanly, alike and in time.
#![cfg(feature = "runtime")]

use candor::{
    engine::{
        hibari::{Timbre, spelling::Spelling},
        lexicon::Lexicon,
        onnx::Onnx,
        reader::Reader,
        spoken,
        voice::Voice,
    },
    ports::{EngineFailed, Prompt, Synthesizer},
    program::Locale,
};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::OnceLock,
};

const NOTICE: &str = "Before I ask anything about substance use: what you share with us about it is protected by a \
    federal privacy law, 42 CFR Part 2. It won't be shared outside the program without your permission, except \
    where that law allows it, like a medical emergency.";

const NOTICE_ES: &str = "Lo que me diga sobre el consumo de sustancias está protegido por una ley federal de privacidad, \
    42 CFR Parte 2. No se comparte sin su permiso, salvo cuando esa ley lo permite, como en una emergencia médica.";

/// The folder of the models, or a loud word that there is none.
fn models() -> Option<PathBuf> {
    let folder = std::env::var_os("CANDOR_MODELS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("models"), PathBuf::from);
    if folder.join("hibari/hibari.onnx").exists() {
        return Some(folder);
    }
    eprintln!("SKIPPED: no voice in {}; scripts/run fetches the models", folder.display());
    None
}

/// The runtime library, which a process opens once.
fn onnx(models: &Path) -> &'static Onnx {
    static ONNX: OnceLock<Onnx> = OnceLock::new();
    ONNX.get_or_init(|| Onnx::open(models).expect("the runtime library loads"))
}

fn cache(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("voice-{name}"));
    let _ = fs::remove_dir_all(&folder);
    folder
}

fn open(name: &str, queue_max: usize) -> Option<Voice> {
    let models = models()?;
    Some(
        Voice::open(onnx(&models), &models, &cache(name), 1, queue_max, &BTreeMap::new())
            .expect("the voice opens"),
    )
}

/// G.711 mu-law, expanded.
fn samples(prompt: &Prompt) -> Vec<f32> {
    let expand = |code: &u8| {
        let bits = !code;
        let magnitude = (((i32::from(bits & 15) << 3) + 0x84) << ((bits >> 4) & 7)) - 0x84;
        (if bits & 0x80 == 0 { magnitude } else { -magnitude }) as f32 / 32_768.0
    };
    prompt.mulaw.iter().map(expand).collect()
}

fn rms(samples: &[f32]) -> f32 {
    (samples.iter().map(|s| s * s).sum::<f32>() / samples.len() as f32).sqrt()
}

/// The middle pitch of the voiced parts, in Hz: the lowest peak of each frame's spectrum that is no side lobe.
fn pitch(samples: &[f32]) -> f32 {
    use std::f32::consts::TAU;
    let power = |frame: &[f32], hz: f32| {
        let (mut re, mut im) = (0.0, 0.0);
        for (i, sample) in frame.iter().enumerate() {
            let place = i as f32 / frame.len() as f32;
            let (sin, cos) = (TAU * hz * i as f32 / 8_000.0).sin_cos();
            let windowed = sample * (0.5 - 0.5 * (TAU * place).cos());
            (re, im) = (re + windowed * cos, im + windowed * sin);
        }
        re * re + im * im
    };
    let mut found = Vec::new();
    for frame in samples.chunks_exact(480).filter(|frame| rms(frame) > 0.06) {
        let spectrum: Vec<f32> = (0..80).map(|step| power(frame, 60.0 + 5.0 * step as f32)).collect();
        let loudest = spectrum.iter().copied().fold(0.0, f32::max);
        let peak = spectrum.windows(3).position(|w| w[1] > w[0] && w[1] > w[2] && w[1] > loudest / 100.0);
        found.extend(peak.map(|step| 65.0 + 5.0 * step as f32));
    }
    found.sort_by(f32::total_cmp);
    found[found.len() / 2]
}

#[test]
fn every_sentence_is_read_as_written_down() {
    let Some(models) = models() else { return };
    let reader =
        Reader::new(Some(Spelling::open(onnx(&models), &models.join("hibari")).expect("the net opens")));
    let golden = include_str!("fixtures/phonemes.tsv");
    let (mut checked, mut wrong, mut as_the_model_was_taught) = (0, Vec::new(), 0);
    for line in golden.lines().filter(|line| !line.starts_with('#')) {
        let mut columns = line.split('\t');
        let (text, expected) = (columns.next().expect("a text"), columns.next().expect("phonemes"));
        as_the_model_was_taught += usize::from(columns.next().is_none());
        let sentences = spoken::sentences(text);
        let read = sentences.iter().map(|s| reader.phonemes(s, &Lexicon::of([])).expect("it is read"));
        let read = read.collect::<Vec<_>>().join(" ");
        checked += 1;
        if read != expected {
            wrong.push(format!("{text}\n  expected {expected}\n  read     {read}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {checked} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(
        checked >= 190 && as_the_model_was_taught * 100 >= checked * 75,
        "{as_the_model_was_taught} of {checked}"
    );
}

#[tokio::test]
async fn a_line_begins_at_once_at_telephone_level_and_ends_quietly() {
    let Some(voice) = open("level", 4) else { return };
    for text in [
        NOTICE,
        "Hello, this is Ellie.",
        "Thank you.",
        "No.",
        "This call is recorded.",
        "Staff can tell you.",
    ] {
        let prompt = voice.say(text, Locale::EnUs).await.expect("it is said");
        let samples = samples(&prompt);
        let first = samples.iter().position(|s| s.abs() > 0.004).expect("something is said");
        let last = samples.iter().rposition(|s| s.abs() > 0.01).expect("something is said");
        assert!(first <= 30 * 8, "`{text}` begins after {} ms", first / 8);
        let tail_ms = (samples.len() - last) / 8;
        assert!((80..=260).contains(&tail_ms), "`{text}` ends with {tail_ms} ms of silence");
        let peak = samples.iter().fold(0.0, |peak: f32, s| peak.max(s.abs()));
        assert!((0.2..0.97).contains(&peak), "`{text}` peaks at {peak}");
        let loud: Vec<f32> = samples.chunks(80).map(rms).filter(|rms| *rms > 0.02).collect();
        let level = rms(&loud);
        assert!((0.07..0.15).contains(&level), "`{text}` has a level of {level}");
        assert!(
            samples[..8].iter().chain(&samples[samples.len() - 8..]).all(|s| s.abs() < 0.01),
            "an edge clicks"
        );
    }
}

#[tokio::test]
async fn the_notice_has_a_pause_at_each_of_its_sentences_and_clauses() {
    let Some(voice) = open("pauses", 4) else { return };
    let prompt = voice.say(NOTICE, Locale::EnUs).await.expect("it is said");
    assert!((10_000..22_000).contains(&prompt.duration_ms()), "{} ms", prompt.duration_ms());
    assert!((3..=9).contains(&prompt.pauses_ms.len()), "{:?}", prompt.pauses_ms);
    let samples = samples(&prompt);
    for pause in prompt.pauses_ms.iter() {
        let at = *pause as usize * 8;
        assert!(rms(&samples[at - 400..at]) < 0.01, "the voice sounds before {pause} ms");
        assert!(rms(&samples[at..at + 1600]) > 0.02, "nothing is said after {pause} ms");
    }
    assert!(prompt.pauses_ms.is_sorted());
}

#[tokio::test]
async fn the_same_text_is_the_same_bytes() {
    let (Some(first), Some(second)) = (open("same-1", 4), open("same-2", 4)) else { return };
    let one = first.say(NOTICE, Locale::EnUs).await.expect("it is said");
    assert_eq!(one, second.say(NOTICE, Locale::EnUs).await.expect("it is said"));
    assert_ne!(one, second.say("Something else.", Locale::EnUs).await.expect("it is said"));
}

#[tokio::test]
async fn a_simulated_caller_is_clearly_somebody_else() {
    let Some(voice) = open("caller", 4) else { return };
    let text = "Yes, I understand, and my name is Jane Doe.";
    let agent = pitch(&samples(&voice.say(text, Locale::EnUs).await.expect("it is said")));
    let caller = voice.say_as(text, Locale::EnUs, Timbre::Caller).await.expect("it is said");
    let caller = pitch(&samples(&caller));
    eprintln!("the agent speaks at {agent} Hz, the caller at {caller} Hz");
    assert!(caller < agent * 0.75, "the agent speaks at {agent} Hz, the caller at {caller} Hz");
}

/// The voice, where the Spanish one is there too.
fn open_spanish(name: &str) -> Option<Voice> {
    let voice = open(name, 4)?;
    if !voice.speaks().contains(&Locale::EsUs) {
        eprintln!(
            "SKIPPED: no Spanish voice in {}; scripts/run fetches it",
            models()?.join("pico").display()
        );
        return None;
    }
    Some(voice)
}

#[tokio::test]
async fn spanish_is_refused_with_a_reason_where_its_voice_is_missing() {
    let Some(models) = models() else { return };
    let partial = cache("partial");
    fs::create_dir_all(&partial).expect("a folder");
    std::os::unix::fs::symlink(models.join("hibari"), partial.join("hibari")).expect("a link");
    let voice =
        Voice::open(onnx(&models), &partial, &cache("refused"), 1, 4, &BTreeMap::new()).expect("it opens");
    assert_eq!(voice.speaks(), [Locale::EnUs]);
    match voice.say("Esta llamada se graba.", Locale::EsUs).await {
        Err(EngineFailed::Broken { why, .. }) => assert!(why.contains("no Spanish voice"), "{why}"),
        other => panic!("{other:?}"),
    }
    assert!(voice.say("This call is recorded.", Locale::EnUs).await.is_ok());
}

#[tokio::test]
async fn spanish_is_said_at_telephone_level_with_pauses_and_at_a_calm_pace() {
    let Some(voice) = open_spanish("spanish") else { return };
    let prompt = voice.say(NOTICE_ES, Locale::EsUs).await.expect("it is said");
    let samples = samples(&prompt);
    let first = samples.iter().position(|s| s.abs() > 0.004).expect("something is said");
    let last = samples.iter().rposition(|s| s.abs() > 0.01).expect("something is said");
    assert!(first <= 50 * 8, "it begins after {} ms", first / 8);
    assert!(
        (80..=260).contains(&((samples.len() - last) / 8)),
        "it ends with {} samples",
        samples.len() - last
    );
    let loud: Vec<f32> = samples.chunks(80).map(rms).filter(|rms| *rms > 0.02).collect();
    assert!((0.07..0.15).contains(&rms(&loud)), "its level is {}", rms(&loud));
    // "42 CFR" is five words when it is said.
    let words = NOTICE_ES.split_whitespace().count() as u64 + 4;
    let pace = words * 60_000 / prompt.duration_ms();
    eprintln!("{pace} words a minute, pauses at {:?}", prompt.pauses_ms);
    assert!((110..=190).contains(&pace), "{pace} words a minute");
    assert!((2..=9).contains(&prompt.pauses_ms.len()), "{:?}", prompt.pauses_ms);
    for pause in prompt.pauses_ms.iter() {
        let at = *pause as usize * 8;
        assert!(rms(&samples[at - 400..at]) < 0.01, "the voice sounds before {pause} ms");
        assert!(rms(&samples[at..at + 1600]) > 0.02, "nothing is said after {pause} ms");
    }
}

#[tokio::test]
async fn a_spanish_line_is_the_same_bytes_whatever_was_said_before() {
    let (Some(first), Some(second)) = (open_spanish("es-1"), open_spanish("es-2")) else { return };
    let text = "Tengo el 3 de marzo de 1985. ¿Es correcto?";
    let one = first.say(text, Locale::EsUs).await.expect("it is said");
    for other in ["Otra cosa.", "Y otra más, bastante larga, para que algo cambie.", "<genfile> & \u{0} ...a"]
    {
        second.say(other, Locale::EsUs).await.expect("it is said");
    }
    assert_eq!(one, second.say(text, Locale::EsUs).await.expect("it is said"));
    let english = first.say(text, Locale::EnUs).await.expect("it is said");
    assert_ne!(one, english);
    let caller = first.say_as(text, Locale::EsUs, Timbre::Caller).await.expect("it is said");
    let (agent, caller) = (pitch(&samples(&one)), pitch(&samples(&caller)));
    assert!(caller < agent * 0.75, "the agent speaks at {agent} Hz, the caller at {caller} Hz");
}

#[tokio::test]
async fn a_programs_own_spanish_words_are_said_its_way() {
    let Some(voice) = open_spanish("es-words") else { return };
    let own = BTreeMap::from([("Harbor".to_string(), "Járbor".to_string())]);
    let voice = voice.with_spanish_words(&own);
    let written = voice.say("Habla Harbor.", Locale::EsUs).await.expect("it is said");
    assert_eq!(written, voice.say("Habla Járbor.", Locale::EsUs).await.expect("it is said"));
}

#[tokio::test]
async fn too_many_lines_at_once_are_refused_and_the_voice_goes_on() {
    let Some(voice) = open("busy", 1) else { return };
    let lines = (0..12).map(|i| {
        let voice = voice.clone();
        tokio::spawn(async move { voice.say(&format!("This is line number {i}."), Locale::EnUs).await })
    });
    let mut refused = 0;
    for line in lines.collect::<Vec<_>>() {
        match line.await.expect("no line panics") {
            Ok(prompt) => assert!(!prompt.mulaw.is_empty()),
            Err(error) => {
                assert_eq!(error, EngineFailed::Overloaded("voice"));
                refused += 1;
            }
        }
    }
    assert!(refused > 0, "a queue of one took twelve lines");
    assert!(voice.say("This is line number 3.", Locale::EnUs).await.is_ok());
}

#[tokio::test]
async fn script_lines_are_kept_on_disk_and_what_callers_said_is_not() {
    let Some(models) = models() else { return };
    let folder = cache("kept");
    let open =
        || Voice::open(onnx(&models), &models, &folder, 1, 4, &BTreeMap::new()).expect("the voice opens");
    let files =
        || fs::read_dir(&folder).expect("a folder").map(|f| f.expect("a file").path()).collect::<Vec<_>>();
    let script: Vec<(String, Locale)> =
        ["Thank you.", "Goodbye."].map(|text| (text.to_string(), Locale::EnUs)).to_vec();

    let voice = open();
    let mut told = Vec::new();
    voice.prepare(&script, |done, all| told.push((done, all))).await.expect("the script is rendered");
    assert_eq!(told, [(1, 2), (2, 2)]);
    let thanks = voice.say("Thank you.", Locale::EnUs).await.expect("it is said");
    voice.say("Is your name Jane Doe?", Locale::EnUs).await.expect("it is said");
    assert_eq!(files().len(), 2);
    assert!(files().iter().all(|f| f.file_stem().is_some_and(|name| name.len() == 64)), "{:?}", files());

    for file in files() {
        let bytes = fs::read(&file).expect("it is read");
        fs::write(&file, &bytes[..bytes.len() / 2]).expect("it is damaged");
    }
    assert_eq!(open().say("Thank you.", Locale::EnUs).await.expect("it is said"), thanks);
}

#[tokio::test]
async fn a_programs_own_words_are_said_its_way() {
    let Some(voice) = open("words", 4) else { return };
    let own = BTreeMap::from([("Zyx".to_string(), "Harbor".to_string())]);
    let written = voice.with_words(&own).say("Welcome to Zyx.", Locale::EnUs).await.expect("it is said");
    let spoken = voice.say("Welcome to Harbor.", Locale::EnUs).await.expect("it is said");
    assert_eq!(written, spoken);
}

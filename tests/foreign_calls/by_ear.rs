//! The same calls as recordings: several voices, stereo and mono, 8 and 16 kHz, PCM and mu-law, judged by ear.
//!
//! A few are judged in every run. A wide body is built from the clips in `../shared/audio` where they are, with
//! `CANDOR_TEST_MANY=1`.

use super::{
    ENGLISH, SPANISH,
    cases::{Case, Line, cases, fault},
};
use candor::{
    audio::{g711::encode_mulaw, resample, wav},
    program::Locale,
    replay::foreign::{Foreign, Judged, Party, Standing},
};
use serde_json::Value;
use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// Calls are put together at this rate.
const RATE_HZ: u32 = 16_000;
/// Between two lines.
const PAUSE_MS: usize = 900;
/// A moment that is named lies this close to where it is: words are placed by how long they are.
const SLACK_MS: u64 = 1_500;

/// Clips that say one thing and are surely heard as another that answers nothing, whatever is done to the sound
/// (ADR 23). A call that rests on one is not judged, which is right: the reviewer is told to listen.
const BEYOND_HEARING: [(&str, &str); 2] = [("piper-joe", "I understand."), ("flite-awb", "Yes.")];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn candor(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_candor")).current_dir(root()).args(arguments).output().unwrap()
}

/// How a recording is written.
#[derive(Clone, Copy, Debug)]
struct Format {
    is_mono: bool,
    rate_hz: u32,
    is_mulaw: bool,
}

impl Format {
    /// One of the eight that there are.
    fn of(number: usize) -> Format {
        let rate_hz = if number & 2 == 0 { 8_000 } else { 16_000 };
        Format { is_mono: number & 1 == 1, rate_hz, is_mulaw: number & 4 == 4 }
    }
}

/// Speech by whom and what: agents speak with the project's own voices, callers by their clips.
struct Voices {
    folder: PathBuf,
    /// The file of what a speaker says.
    clips: HashMap<(String, String), PathBuf>,
    said: HashMap<(String, String), Vec<f32>>,
}

impl Voices {
    /// `clips` is a folder with a manifest: file, words and speaker in these columns.
    fn new(folder: &Path, clips: &Path, columns: [usize; 3]) -> Voices {
        let manifest = fs::read_to_string(clips.join("manifest.tsv")).unwrap();
        let rows = manifest.lines().skip(1).map(|row| row.split('\t').collect::<Vec<_>>());
        let clip = |row: Vec<&str>| {
            let [file, words, speaker] = columns.map(|column| row[column]);
            ((speaker.to_owned(), words.to_owned()), clips.join(file))
        };
        Voices { folder: folder.into(), clips: rows.map(clip).collect(), said: HashMap::new() }
    }

    fn say(&mut self, speaker: &str, words: &str) -> Vec<f32> {
        let key = (speaker.to_owned(), words.to_owned());
        if !self.said.contains_key(&key) {
            let file = self.clips.get(&key).cloned().unwrap_or_else(|| self.spoken(speaker, words));
            let wav = wav::read(&fs::read(file).unwrap()).unwrap();
            let samples = resample::resample(&wav.samples, wav.rate_hz, RATE_HZ).unwrap();
            self.said.insert(key.clone(), samples);
        }
        self.said[&key].clone()
    }

    fn spoken(&self, speaker: &str, words: &str) -> PathBuf {
        let file = self.folder.join("line.wav");
        let _ = fs::remove_file(&file);
        let out = file.to_str().unwrap();
        let mut arguments = vec!["say", words, "--rate", "16000", "--out", out];
        match speaker {
            "agent" => {}
            "other agent" => arguments.push("--caller"),
            "agente" => arguments.extend(["--locale", "es-US"]),
            _ => panic!("{speaker} has no clip that says {words}"),
        }
        let said = candor(&arguments);
        assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
        file
    }

    /// Writes a call, and tells when each line is said.
    fn record(
        &mut self,
        case: &[Line],
        agent: &str,
        caller: &str,
        format: Format,
        file: &Path,
    ) -> Vec<(u64, u64)> {
        let mut sides = [vec![0_f32; RATE_HZ as usize / 2], vec![0_f32; RATE_HZ as usize / 2]];
        let mut times = Vec::new();
        for (party, words) in case {
            let is_agent = *party == Party::Agent;
            let samples = self.say(if is_agent { agent } else { caller }, words);
            let from = sides[0].len() as u64 * 1_000 / u64::from(RATE_HZ);
            let silence = vec![0.0; samples.len()];
            sides[usize::from(is_agent)].extend(&samples);
            sides[usize::from(!is_agent)].extend(silence);
            times.push((from, sides[0].len() as u64 * 1_000 / u64::from(RATE_HZ)));
            let pause = RATE_HZ as usize * PAUSE_MS / 1_000;
            sides.iter_mut().for_each(|side| side.extend(vec![0.0; pause]));
        }
        let sides = sides.map(|side| resample::resample(&side, RATE_HZ, format.rate_hz).unwrap());
        let blocks = sides[0].iter().zip(&sides[1]);
        let samples: Vec<i16> = match format.is_mono {
            true => blocks.map(|(one, other)| resample::to_short(one + other)).collect(),
            false => blocks.flat_map(|(one, other)| [*one, *other].map(resample::to_short)).collect(),
        };
        fs::write(file, wav_file(&samples, format)).unwrap();
        times
    }
}

/// A WAV file, as other systems write them.
fn wav_file(samples: &[i16], format: Format) -> Vec<u8> {
    let channels: u16 = if format.is_mono { 1 } else { 2 };
    let (tag, bits): (u16, u16) = if format.is_mulaw { (7, 8) } else { (1, 16) };
    let body: Vec<u8> = match format.is_mulaw {
        true => samples.iter().map(|sample| encode_mulaw(*sample)).collect(),
        false => samples.iter().flat_map(|sample| sample.to_le_bytes()).collect(),
    };
    let block = channels * bits / 8;
    let mut file =
        [&b"RIFF"[..], &(36 + body.len() as u32).to_le_bytes(), b"WAVEfmt ", &16_u32.to_le_bytes()].concat();
    file.extend([tag, channels].iter().flat_map(|value| value.to_le_bytes()));
    file.extend(
        [format.rate_hz, format.rate_hz * u32::from(block)].iter().flat_map(|value| value.to_le_bytes()),
    );
    file.extend([block, bits].iter().flat_map(|value| value.to_le_bytes()));
    file.extend([&b"data"[..], &(body.len() as u32).to_le_bytes(), &body].concat());
    file
}

/// A recording, and what must be found of it.
struct Recorded {
    file: PathBuf,
    caller: String,
    format: Format,
    case: Case,
    times: Vec<(u64, u64)>,
}

/// What `candor replay` finds of each, in one run.
fn judged(recorded: &[Recorded], more: &[&str]) -> (Output, Vec<Foreign>) {
    let mut arguments: Vec<&str> = vec!["replay", "--json", "--program", "programs/harbor"];
    arguments.extend(more);
    arguments.extend(recorded.iter().map(|one| one.file.to_str().unwrap()));
    let ran = candor(&arguments);
    let report: Value = serde_json::from_slice(&ran.stdout)
        .unwrap_or_else(|_| panic!("no report: {}", String::from_utf8_lossy(&ran.stderr)));
    let judged = |judged: &Value| Judged {
        what: judged["what"].as_str().unwrap().into(),
        standing: match judged["standing"].as_str().unwrap() {
            "right" => Standing::Right,
            "wrong" => Standing::Wrong,
            "unjudged" => Standing::Unjudged,
            _ => Standing::Free,
        },
        at_ms: judged["at_ms"].as_u64(),
        why: judged["why"].as_str().unwrap().into(),
    };
    let call = |call: &Value| Foreign {
        locale: Locale::EnUs,
        judged: call["judged"].as_array().unwrap().iter().map(judged).collect(),
        evidence: Vec::new(),
        shown: Vec::new(),
    };
    let calls = report["calls"].as_array().unwrap().iter().map(call).collect();
    (ran, calls)
}

/// Checks every recording, prints what came of each, and tells how many were not judged.
fn check(recorded: &[Recorded], found: &[Foreign]) -> usize {
    assert_eq!(recorded.len(), found.len());
    let (mut wrong, mut unjudged) = (Vec::new(), 0);
    for (one, found) in recorded.iter().zip(found) {
        let beyond = one.case.lines.iter().any(|(party, words)| {
            *party == Party::Caller && BEYOND_HEARING.contains(&(one.caller.as_str(), words.as_str()))
        });
        // A murmur that is heard as words is not judged; it is no yes in any case.
        let murmurs = one.case.lines.iter().any(|(_, words)| words == "Uh huh.");
        let mut fault = fault(&one.case, found, &one.times, SLACK_MS);
        if fault.is_some() && found.standing() == Standing::Unjudged && (beyond || murmurs) {
            (unjudged, fault) = (unjudged + 1, None);
        }
        let first = found.first().map(|f| format!("{} at {:?} ms: {}", f.what, f.at_ms.unwrap_or(0), f.why));
        println!(
            "{} | {:14} | {} {} {:6} | {:60} | {}",
            if fault.is_some() { "WRONG" } else { "right" },
            one.caller,
            if one.format.is_mono { "mono  " } else { "stereo" },
            one.format.rate_hz,
            if one.format.is_mulaw { "mu-law" } else { "PCM" },
            one.case.name,
            first.as_deref().unwrap_or("as it must be"),
        );
        if let Some(fault) = fault {
            let (caller, format, case) = (&one.caller, one.format, &one.case.name);
            wrong.push(format!("{caller}, {format:?}, {case}: {fault}\n{:#?}", found.judged));
        }
    }
    println!("{} recordings, {} judged falsely, {unjudged} not judged", recorded.len(), wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    unjudged
}

/// An empty folder for a test, or nothing where there are no models.
fn ready(test: &str) -> Option<PathBuf> {
    if !root().join("models/moonshine-tiny-en").is_dir() {
        eprintln!("SKIPPED: no models in {}; fetch them first", root().join("models").display());
        return None;
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("foreign").join(test);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    Some(folder)
}

#[test]
fn recordings_are_judged_rightly() {
    let Some(folder) = ready("few") else { return };
    let mut voices = Voices::new(&folder, &root().join("audio-fixtures/callers"), [0, 1, 2]);
    // Of each kind of call one, each in another format.
    let chosen = [
        "consent yes (Yes.)",
        "consent no (No, I",
        "unclear (What",
        "part 2",
        "after the question",
        "not read",
    ];
    let all = cases(Locale::EnUs, &ENGLISH);
    let chosen = chosen
        .map(|name| all.iter().find(|case| case.name.ends_with(name) || case.name.contains(name)).unwrap());
    let recorded: Vec<Recorded> = (0..)
        .zip(chosen)
        .map(|(number, case)| {
            let file = folder.join(format!("{number}.wav"));
            let (caller, format) = (["hibari-heart", "flite-rms"][number % 2], Format::of(number));
            let times = voices.record(&case.lines, "agent", caller, format, &file);
            Recorded { file, caller: caller.into(), format, case: case.clone(), times }
        })
        .collect();
    let (ran, found) = judged(&recorded, &[]);
    assert_eq!(check(&recorded, &found), 0, "these are all judged");
    assert_eq!(ran.status.code(), Some(1));

    // Spanish is not heard: it is said so, and nothing is judged falsely.
    let case = &cases(Locale::EsUs, &SPANISH)[0];
    let spoken = [case.lines[0].clone(), case.lines[3].clone()];
    let file = folder.join("es.wav");
    let format = Format::of(0);
    voices.record(&spoken, "agente", "nobody", format, &file);
    let spanish = Recorded { file, caller: "nobody".into(), format, case: case.clone(), times: Vec::new() };
    for more in [&[][..], &["--locale", "es-US"]] {
        let (ran, found) = judged(std::slice::from_ref(&spanish), more);
        assert_eq!(found[0].standing(), Standing::Unjudged, "{:#?}", found[0].judged);
        assert!(found[0].first().unwrap().why.contains("--transcript"), "it says what to do");
        assert_eq!(ran.status.code(), Some(1), "what was not judged is not passed");
    }
}

#[test]
fn a_wide_body_of_recordings_is_judged_rightly() {
    if std::env::var_os("CANDOR_TEST_MANY").is_none() {
        eprintln!("SKIPPED: the wide body of recordings is judged with CANDOR_TEST_MANY=1");
        return;
    }
    let shared = ["../shared/audio/synthetic", "../../shared/audio/synthetic"].map(|at| root().join(at));
    let Some(shared) = shared.into_iter().find(|at| at.is_dir()) else {
        eprintln!("SKIPPED: there is no ../shared/audio, so no wide body of recordings was judged");
        return;
    };
    let Some(folder) = ready("many") else { return };
    let mut voices = Voices::new(&folder, &shared, [0, 2, 5]);
    let mut callers: Vec<String> = voices.clips.keys().map(|(speaker, _)| speaker.clone()).collect();
    callers.sort();
    callers.dedup();
    let mut recorded = Vec::new();
    for (number, caller) in callers.iter().enumerate() {
        for (order, case) in cases(Locale::EnUs, &ENGLISH).into_iter().enumerate() {
            let file = folder.join(format!("{number}-{order}.wav"));
            let format = Format::of(number + order);
            let agent = ["agent", "other agent"][(number + order / 2) % 2];
            let times = voices.record(&case.lines, agent, caller, format, &file);
            recorded.push(Recorded { file, caller: caller.clone(), format, case, times });
        }
    }
    let (_, found) = judged(&recorded, &[]);
    let unjudged = check(&recorded, &found);
    assert!(unjudged * 10 <= recorded.len(), "{unjudged} not judged: too many to be of use");
}

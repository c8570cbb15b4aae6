//! The pages of a replay: everything in one file, nothing from a network, and nothing sensitive unless asked for;
//! read, heard and walked through in a browser.

use candor::{
    dialogue::Input,
    journal::{Event, Label},
    program::{Locale, Program, parse},
    replay::{
        Ending, Kept, Lens, changes,
        foreign::{self, Foreign, Party, Recording, Utterance, judge},
        foresee, replay,
        report::{Page, Row, Sound, call_page, index_page, rows},
        verdict::Verdict,
    },
    simulate::{Answers, Call},
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

const SCRIPT: &str = include_str!("../programs/harbor/program.toml");

fn program(text: &str) -> Arc<Program> {
    Arc::new(parse(text).unwrap())
}

/// A simulated telephone call that came as far as sensitive words, was interrupted, and took a consent back.
fn rich(program: &Arc<Program>) -> Kept {
    let calls = (0..4_000).map(|seed| {
        let call = Call::of(program, seed, Answers::Text);
        let entries = call.journal(program);
        Kept::whole(call.opened, entries)
    });
    let is_rich = |kept: &Kept| {
        let sensitive = kept
            .places
            .iter()
            .filter(|p| p.label == Label::Sensitive && matches!(p.input(), Some(Input::Said { .. })));
        let has = |text: &str| {
            kept.places.iter().any(|p| {
                matches!(&p.event, Ok(Event::Fact { fact }) if serde_json::to_string(fact).unwrap().contains(text))
            })
        };
        kept.opened.channel.is_voice()
            && sensitive.count() >= 2
            && has("\"granted\"")
            && has("consent_revoked")
            && kept.places.last().is_some_and(|p| p.at.0 < 400_000)
    };
    calls.into_iter().find(is_rich).expect("one of so many calls has it all")
}

/// What such a call could sound like: a low tone while the agent speaks, a higher one while the caller does.
fn sound(kept: &Kept) -> Vec<i16> {
    let last = kept.places.last().unwrap().at.0 as usize;
    let mut samples = vec![0_i16; last * 8 * 2];
    let mut tone = |party: usize, from: u64, to: u64, hz: f64| {
        for frame in from as usize * 8..(to as usize * 8).min(last * 8) {
            let time = frame as f64 / 8_000.0;
            let loud = 0.5 + 0.5 * (time * 17.0).sin() * (time * 2.3).cos();
            samples[frame * 2 + party] = ((time * hz * std::f64::consts::TAU).sin() * loud * 9_000.0) as i16;
        }
    };
    let mut began = Vec::new();
    for (place, input) in kept.inputs() {
        match input {
            Input::Said { from, to, .. } => tone(0, from.0, to.0, 440.0),
            Input::LineBegan { line } => began.push((line, place.at.0)),
            Input::LineEnded { line, .. } => {
                if let Some((_, from)) = began.iter().find(|(id, _)| *id == line) {
                    tone(1, *from, place.at.0, 180.0);
                }
            }
            _ => {}
        }
    }
    samples
}

fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("report").join(test);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("index-calls")).unwrap();
    folder
}

#[test]
fn a_page_holds_no_sensitive_word_unless_asked_for_and_asks_no_network() {
    let harbor = program(SCRIPT);
    let kept = rich(&harbor);
    let samples = sound(&kept);
    let replayed = replay(&harbor, &kept, Lens::default(), &[]);
    let page = |open| {
        call_page(&Page {
            kept: &kept,
            replayed: &replayed,
            foreseen: None,
            sound: Some(Sound(&samples)),
            destroyed: &[],
            open,
        })
    };
    let (masked, open) = (page(false), page(true));
    let mut words = 0;
    for (place, input) in kept.inputs() {
        if let (Label::Sensitive, Input::Said { heard, .. }) = (place.label, input)
            && heard.expose().text.len() > 5
        {
            assert!(open.contains(&heard.expose().text), "it was asked for");
            assert!(!masked.contains(&heard.expose().text), "it was not");
            words += 1;
        }
    }
    assert!(words > 0);
    for from in ["http://", "https://", "//cdn", "<link", "src=\"/", "url("] {
        assert!(!masked.contains(from), "{from}");
    }
    assert!(masked.contains("default-src 'none'"));
    // What a caller says is never markup.
    let mut hostile = kept.clone();
    for place in &mut hostile.places {
        if let Ok(Event::Input { input }) = &mut place.event
            && input["input"] == "said"
        {
            input["heard"]["text"] = "</script><script>alert(1)</script>".into();
        }
    }
    let page = call_page(&Page {
        kept: &hostile,
        replayed: &replayed,
        foreseen: None,
        sound: None,
        destroyed: &[],
        open: true,
    });
    assert_eq!(page.matches("</script>").count(), masked.matches("</script>").count());
}

/// A recording of another system, whose notice is cut short, as a page; and an index over it and another.
fn another_system(folder: &Path, harbor: &Program) -> (PathBuf, PathBuf) {
    let english = |text: &candor::program::Text| text.en.clone();
    let part = |at: usize| english(&harbor.notice.parts[at].text);
    let cut: Vec<String> = part(1).split_whitespace().take(12).map(str::to_owned).collect();
    let lines = [
        (Party::Agent, part(0)),
        (Party::Agent, cut.join(" ")),
        (Party::Agent, english(&harbor.notice.acknowledge)),
        (Party::Caller, "Yes, go ahead.".into()),
        (Party::Agent, english(&harbor.sensitive[0].text)),
        (Party::Caller, "Planted words about heroin.".into()),
    ];
    let said: Vec<Utterance> = (0..)
        .zip(lines)
        .map(|(at, (party, text))| Utterance::written(party, at * 6_000, at * 6_000 + 5_000, text))
        .collect();
    let samples: Vec<i16> =
        (0..36_000 * 8 * 2).map(|at| if at / 8_000 % 2 == 0 { 4_000 } else { -4_000 }).collect();
    let page = |said: &[Utterance], open: bool, is_mono: bool| {
        let judged = judge(harbor, Locale::EnUs, said);
        let recording = Recording {
            name: "export-17.wav",
            program: harbor,
            said,
            foreign: &judged,
            sound: Sound(&samples),
            is_mono,
            open,
        };
        (foreign::call_page(&recording), judged)
    };
    let (text, judged) = page(&said, false, false);
    assert!(!text.contains("Planted words"), "what the caller tells is masked");
    assert!(text.contains("go ahead"), "the answer that is judged is not");
    assert!(page(&said, true, false).0.contains("Planted words"), "it was asked for");
    assert!(page(&said, false, true).0.contains("one channel"));
    let (one, all) = (folder.join("recording.html"), folder.join("recordings.html"));
    fs::create_dir_all(folder.join("recordings-calls")).unwrap();
    fs::write(&one, &text).unwrap();
    fs::write(folder.join("recordings-calls/0.html"), &text).unwrap();
    let unjudged = Foreign::unjudged(Locale::EsUs, "Spanish is not recognised by ear");
    let listed = [
        ("export-17.wav".to_owned(), judged, Some("recordings-calls/0.html".to_owned())),
        ("export-18.wav".to_owned(), unjudged, None),
    ];
    fs::write(&all, foreign::index_page(&listed)).unwrap();
    (one, all)
}

#[test]
fn a_browser_reads_hears_and_walks_through_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let modules = root.join("target/npm/node_modules");
    let chromium = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
    let Some(chromium) = chromium.into_iter().find(|path| Path::new(path).exists()) else {
        eprintln!("SKIPPED: no Chromium is installed, so no page was opened: apt-get install chromium");
        return;
    };
    if !modules.join("playwright-core").is_dir() || !modules.join("axe-core").is_dir() {
        eprintln!(
            "SKIPPED: playwright-core and axe-core are not in {}: run scripts/test once",
            modules.display()
        );
        return;
    }
    // The same question, worded and ordered otherwise: there is something to see side by side.
    let harbor = program(SCRIPT);
    let text = SCRIPT.replacen("You don't have to answer anything, and", "You never have to answer, and", 1);
    let other = program(&text);
    let changed = changes(SCRIPT, &text);
    let kept = rich(&harbor);
    let samples = sound(&kept);
    let replayed = replay(&other, &kept, Lens::default(), &changed);
    assert!(replayed.differs());
    let foreseen = foresee(&other, &kept);
    let page = call_page(&Page {
        kept: &kept,
        replayed: &replayed,
        foreseen: Some(&foreseen),
        sound: Some(Sound(&samples)),
        destroyed: &[(2_000, 4_000)],
        open: false,
    });
    let folder = folder("browser");
    fs::write(folder.join("call.html"), &page).unwrap();
    fs::write(folder.join("index-calls/0.html"), &page).unwrap();
    let mut verdict = Verdict::default();
    verdict.add(0, replayed, || Ending::recorded(&kept), || Some(foreseen));
    verdict.unplayed(1, "another-call".into(), "not replayable from entry 12: it was redacted".into());
    let mut listed = rows(&verdict, |_| Some("index-calls/0.html".into()));
    listed.push(Row {
        call_id: "a-third-call".into(),
        verdict: "same",
        cause: String::new(),
        first: String::new(),
        page: Some("index-calls/0.html".into()),
    });
    fs::write(folder.join("index.html"), index_page(&verdict, &listed)).unwrap();
    let (recording, recordings) = another_system(&folder, &harbor);
    let ran = Command::new("node")
        .arg(root.join("tests/web/report.mjs"))
        .args([&modules, Path::new(chromium), &folder.join("call.html"), &folder.join("index.html"), &folder])
        .args([recording, recordings])
        .output()
        .expect("node runs");
    let said = String::from_utf8_lossy(&ran.stdout).into_owned() + &String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{said}");
}

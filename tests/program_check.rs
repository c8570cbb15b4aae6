//! What a program's staff see of a script: reports from its folder, the command line, and who may claim a number.
#![cfg(feature = "runtime")]

use candor::{
    config::programs::{Found, Unreadable, load, load_all, load_path},
    program::examine,
};
use miette::Severity;
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

const HARBOR: &str = include_str!("../programs/harbor/program.toml");

/// An empty folder of this test's own.
fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("programs").join(test);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn write(folder: &Path, id: &str, text: &str) -> PathBuf {
    let own = folder.join(id);
    fs::create_dir_all(&own).unwrap();
    fs::write(own.join("program.toml"), text).unwrap();
    own
}

fn candor(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_candor")).args(arguments).output().unwrap()
}

fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("programs/harbor")
}

#[test]
fn a_report_underlines_the_words_and_gives_the_mend() {
    let text = HARBOR
        .replacen("How did you hear about us?", "Are you drinking now?", 1)
        .replacen("That's a yes for {recipient}.", "That's a yes for {recipient}, {recipeint}.", 1)
        .replacen("ring_s = 25", "ring_s = \"25\"", 1);
    let found = Found { path: "programs/harbor/program.toml".into(), examined: examine(&text), text };
    insta::assert_snapshot!(found.report(&found.examined.faults, Severity::Error, false));
}

#[test]
fn a_report_without_a_terminal_has_file_line_column_message_and_mend() {
    let text = HARBOR.replacen("ring_s = 25", "ring_s = \"25\"", 1);
    let line = text.lines().position(|l| l == "ring_s = \"25\"").unwrap() + 1;
    let found = Found { path: "programs/harbor/program.toml".into(), examined: examine(&text), text };
    let error = found.into_program().unwrap_err();
    let told =
        format!("programs/harbor/program.toml:{line}:10: `ring_s` is a string\n  mend: write a whole number");
    assert_eq!(error.to_string(), told);
}

#[test]
fn a_program_is_loaded_by_its_id_its_folder_or_its_file() {
    let programs = sample().parent().unwrap().to_owned();
    for program in
        [load(&programs, "harbor"), load_path(&sample()), load_path(&sample().join("program.toml"))]
    {
        assert_eq!(program.unwrap().id, "harbor");
    }
    assert_eq!(load_all(&programs).unwrap().len(), 1);
}

#[test]
fn what_is_not_there_is_told_with_what_is() {
    let programs = sample().parent().unwrap().to_owned();
    for id in ["harbour", "", "..", "../programs/harbor", "/etc"] {
        let error = load(&programs, id).unwrap_err();
        assert!(matches!(error, Unreadable::Absent { .. }), "{id}: {error}");
        assert!(error.to_string().ends_with("; there are: harbor"), "{error}");
    }
    assert!(matches!(load_all(&folder("none")), Err(Unreadable::Absent { .. })));
}

#[test]
fn the_id_is_the_name_of_the_folder() {
    let folder = folder("other_name");
    let error = load_path(&write(&folder, "bay", HARBOR)).unwrap_err().to_string();
    assert!(error.contains("the id is `harbor`, but the folder is called `bay`"), "{error}");
}

#[test]
fn a_time_zone_must_be_one_of_this_world() {
    let folder = folder("time_zone");
    let text = HARBOR.replacen("America/New_York\"", "America/New_Yrok\"", 1);
    let error = load_path(&write(&folder, "harbor", &text)).unwrap_err().to_string();
    assert!(error.contains("there is no time zone `America/New_Yrok`"), "{error}");
}

#[test]
fn one_number_belongs_to_one_program() {
    let folder = folder("numbers");
    write(&folder, "harbor", HARBOR);
    let bay = HARBOR.replacen("id = \"harbor\" ", "id = \"bay\" ", 1);
    write(&folder, "bay", &bay.replacen("+12025550100", "+12025550150", 1));
    assert_eq!(load_all(&folder).unwrap().len(), 2);
    write(&folder, "bay", &bay);
    let error = load_all(&folder).unwrap_err().to_string();
    assert!(error.contains("harbor/program.toml:"), "{error}");
    assert!(error.contains("+12025550100 is a number of the program `bay` already"), "{error}");
}

#[test]
fn every_wrong_script_of_a_folder_is_told() {
    let folder = folder("several");
    write(&folder, "a", "id = 1");
    write(&folder, "b", "id = ");
    let error = load_all(&folder).unwrap_err();
    assert!(matches!(&error, Unreadable::Several(all) if all.len() == 2), "{error}");
    assert!(error.report(false).contains("a/program.toml") && error.report(false).contains("b/program.toml"));
}

#[test]
fn check_exits_0_with_a_proof_1_with_findings_and_2_for_wrong_use() {
    let good = candor(&["program", "check", sample().to_str().unwrap()]);
    let (told, warned) = (String::from_utf8(good.stdout).unwrap(), String::from_utf8(good.stderr).unwrap());
    assert_eq!(good.status.code(), Some(0), "{warned}");
    assert!(
        told.contains("each of its 4 sensitive questions is reached only after 3 parts of the notice"),
        "{told}"
    );
    assert!(told.contains("the same holds for each consent and its signature"), "{told}");
    assert!(told.contains("nothing is sent before a written signature"), "{told}");
    assert!(warned.contains("every text is a draft for counsel"), "{warned}");

    let folder = folder("check");
    let bad = write(
        &folder,
        "harbor",
        &HARBOR.replacen(
            "id = \"substance\"\nelicits = \"sud\"",
            "id = \"substance\"\nelicits = \"none\"",
            1,
        ),
    );
    let bad = candor(&["program", "check", bad.to_str().unwrap()]);
    let told = String::from_utf8(bad.stderr).unwrap();
    assert_eq!(bad.status.code(), Some(1), "{told}");
    assert!(
        told.contains("the plain question `substance` asks about substance use, health or the law: `using`"),
        "{told}"
    );
    assert!(told.contains("program.toml:") && told.contains("help: mark it elicits = \"sud\""), "{told}");
    assert!(told.contains("has 2 errors"), "both languages: {told}");

    for wrong in
        [vec!["program", "check"], vec!["program", "check", "/nowhere"], vec!["program", "graph", "/nowhere"]]
    {
        assert_eq!(candor(&wrong).status.code(), Some(2), "{wrong:?}");
    }
}

#[test]
fn a_program_without_an_agreement_in_force_is_found_and_its_agreement_is_written_as_a_text() {
    const SAMPLE: &str = include_str!("../programs/harbor/agreements.toml");
    let folder = folder("agreements");
    let own = write(&folder, "harbor", HARBOR);
    let check = || {
        let out = candor(&["program", "check", own.to_str().unwrap()]);
        (out.status.code(), String::from_utf8(out.stderr).unwrap())
    };
    let (status, told) = check();
    assert!(status == Some(0) && told.contains("agreements.toml: no call is answered"), "{told}");
    fs::write(own.join("agreements.toml"), SAMPLE.replacen("2099-12-31", "2026-01-31", 1)).unwrap();
    let (status, told) = check();
    assert!(status == Some(1) && told.contains("QSOA-SAMPLE-1 ended on 2026-01-31"), "{told}");
    fs::write(own.join("agreements.toml"), SAMPLE).unwrap();
    assert_eq!(check().0, Some(0));

    let text = candor(&["program", "agreement", own.to_str().unwrap()]);
    assert_eq!(text.status.code(), Some(0));
    let text = String::from_utf8(text.stdout).unwrap();
    assert!(text.starts_with("QUALIFIED SERVICE ORGANIZATION AGREEMENT QSOA-SAMPLE-1"), "{text}");
}

#[test]
fn a_server_does_not_start_for_a_program_without_an_agreement_in_force() {
    let folder = folder("unagreed");
    write(&folder, "harbor", HARBOR);
    let serve = || {
        let programs = folder.to_str().unwrap();
        let data = folder.join("data");
        let out = candor(&[
            "serve",
            "--programs",
            programs,
            "--data",
            data.to_str().unwrap(),
            "--listen",
            "127.0.0.1:0",
        ]);
        (out.status.code(), String::from_utf8(out.stderr).unwrap())
    };
    let (status, told) = serve();
    assert_eq!(status, Some(2), "{told}");
    assert!(
        told.contains("no call may be answered for harbor") && told.contains("agreements.toml"),
        "{told}"
    );
}

#[test]
fn graph_writes_dot_to_standard_output_and_a_well_formed_picture_to_a_file() {
    let sample = sample();
    let dot = candor(&["program", "graph", sample.to_str().unwrap()]);
    assert_eq!(dot.status.code(), Some(0));
    assert!(String::from_utf8(dot.stdout).unwrap().starts_with("digraph call {"));
    let file = folder("graph").join("harbor.svg");
    let drawn = candor(&[
        "program",
        "graph",
        sample.to_str().unwrap(),
        "--format",
        "svg",
        "--out",
        file.to_str().unwrap(),
    ]);
    assert_eq!(drawn.status.code(), Some(0));
    let text = fs::read_to_string(file).unwrap();
    let picture = roxmltree::Document::parse(&text).unwrap();
    let boxes = picture.descendants().filter(|n| n.has_tag_name("rect")).count();
    assert!(boxes > 31, "{boxes} boxes");
}

//! A program of one's own begins as a copy that is right from the first moment, and never in place of another.
#![cfg(feature = "runtime")]

use candor::config::programs::{load, load_all};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// An empty folder of this test's own.
fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("program_new").join(test);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn candor(here: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_candor")).current_dir(here).args(arguments).output().unwrap()
}

fn said(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn a_new_program_passes_the_check_and_can_be_served() {
    let here = folder("fresh");
    let made = candor(
        &here,
        &["program", "new", "bay_recovery", "--number", "+12025550150", "--number", "+12025550151"],
    );
    let told = said(&made.stdout);
    assert_eq!(made.status.code(), Some(0), "{}", said(&made.stderr));
    assert!(
        told.starts_with("wrote programs/bay_recovery/program.toml: Bay Recovery (bay_recovery)"),
        "{told}"
    );
    assert!(told.contains("candor program check programs/bay_recovery\n"), "{told}");
    let checked = candor(&here, &["program", "check", "programs/bay_recovery"]);
    let warned = said(&checked.stderr);
    assert_eq!(checked.status.code(), Some(0), "{warned}");
    assert!(warned.contains("every text is a draft for counsel"), "{warned}");
    let program = load(&here.join("programs"), "bay_recovery").unwrap();
    assert_eq!((program.name.as_str(), program.numbers.len()), ("Bay Recovery", 2));
}

#[test]
fn it_stands_beside_the_sample_and_another_new_one() {
    let here = folder("beside");
    fs::create_dir_all(here.join("harbor")).unwrap();
    fs::write(here.join("harbor/program.toml"), include_str!("../programs/harbor/program.toml")).unwrap();
    for (at, name) in [("bay", "Bay Recovery"), ("north", "North Shore Treatment Center")] {
        let at = here.join(at);
        let made = candor(&here, &["program", "new", at.to_str().unwrap(), "--name", name]);
        assert_eq!(made.status.code(), Some(0), "{}", said(&made.stderr));
        let chat = format!("--programs {}\n", here.display());
        assert!(said(&made.stdout).contains(&chat), "{}", said(&made.stdout));
    }
    let names: Vec<String> = load_all(&here).unwrap().into_iter().map(|program| program.name).collect();
    assert_eq!(names, ["Bay Recovery", "Harbor Recovery Center", "North Shore Treatment Center"]);
}

#[test]
fn what_is_there_is_never_written_over() {
    let here = folder("twice");
    assert_eq!(candor(&here, &["program", "new", "bay"]).status.code(), Some(0));
    let file = here.join("programs/bay/program.toml");
    fs::write(&file, "mine").unwrap();
    let again = candor(&here, &["program", "new", "bay"]);
    assert_eq!(again.status.code(), Some(2));
    assert!(
        said(&again.stderr).contains("programs/bay/program.toml is there already"),
        "{}",
        said(&again.stderr)
    );
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
}

#[test]
fn what_cannot_be_a_program_is_refused_and_leaves_nothing_behind() {
    let here = folder("wrong");
    for (arguments, why) in [
        (vec!["Bay 1"], "`Bay 1` is no id"),
        (vec!["."], "`.` names no folder"),
        (vec!["bay", "--number", "202-555-0150"], "`202-555-0150` is no telephone number"),
        (vec!["bay", "--name", "{agent}"], "`name` has a brace"),
    ] {
        let made = candor(&here, &[vec!["program", "new"], arguments.clone()].concat());
        let told = said(&made.stderr);
        assert_eq!(made.status.code(), Some(2), "{arguments:?}: {told}");
        assert!(told.contains(why), "{arguments:?}: {told}");
        assert!(!here.join("programs").exists(), "{arguments:?}");
    }
}

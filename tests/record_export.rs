//! `candor record export` in the forms of other systems: what is written where, and what is refused.
#![cfg(feature = "runtime")]

use serde_json::Value;
use std::{
    fs,
    io::Write,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn candor(arguments: &[&str], input: &str) -> Output {
    let mut candor = Command::new(env!("CARGO_BIN_EXE_candor"))
        .current_dir(root())
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    candor.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    candor.wait_with_output().unwrap()
}

/// The folder of the keys that seal these calls.
fn keys(data: &Path) -> String {
    data.with_file_name("keys").to_str().unwrap().to_owned()
}

/// A data folder with one typed conversation in it, and the call's id.
fn kept(test: &str) -> (PathBuf, String) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("exports").join(test);
    let _ = fs::remove_dir_all(&folder);
    let data = folder.join("data");
    let keys = keys(&data);
    let says = ["yes", "Jane Doe", "yes", "202 555 0147", "yes", "a friend", "Blue Cross", "yes", "XYZ12345"];
    let more = ["yes", "03/03/1985", "yes", "no", "no", "no", "mostly gin and brandy"];
    let mut acts = String::from("{\"start\":true}\n");
    for words in says.iter().chain(&more) {
        acts += &format!("{}\n", serde_json::json!({ "say": words }));
    }
    let folder = data.to_str().unwrap();
    let chat = candor(&["chat", "--json", "--seed", "7", "--data", folder, "--keys", &keys], &acts);
    assert!(chat.status.success(), "{}", String::from_utf8_lossy(&chat.stderr));
    let list = candor(&["record", "list", "--json", "--data", folder, "--keys", &keys], "");
    let record: Value = serde_json::from_slice(&list.stdout).unwrap();
    (data, record["call_id"].as_str().unwrap().to_owned())
}

fn export(data: &Path, id: &str, more: &[&str]) -> (i32, String, String) {
    let (folder, keys) = (data.to_str().unwrap(), keys(data));
    let mut arguments = vec!["record", "export", id, "--data", folder, "--keys", &keys];
    arguments.extend(["--requester", "R. Records"]);
    arguments.extend(more);
    let out = candor(&arguments, "");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (out.status.code().unwrap(), text(out.stdout), text(out.stderr))
}

#[test]
fn every_form_is_written_into_a_folder_for_its_owners_eyes_only() {
    let (data, id) = kept("forms");
    let folder = data.join("out");
    fs::create_dir(&folder).unwrap();
    for (form, ending) in [
        ("json", "json"),
        ("fhir", "fhir.json"),
        ("fhir-r5", "fhir-r5.json"),
        ("vcon", "vcon.json"),
        ("vtt", "vtt"),
        ("transcript", "transcript.json"),
        ("accounting", "accounting.json"),
    ] {
        let written = folder.join(format!("{id}.{ending}"));
        let arguments = ["--format", form, "--to", folder.to_str().unwrap()];
        let (status, _, said) = export(&data, &id, &arguments);
        assert_eq!(status, 0, "{form}: {said}");
        let text = fs::read_to_string(&written).unwrap();
        assert_eq!(fs::metadata(&written).unwrap().permissions().mode() & 0o777, 0o600, "{form}");
        if ending.ends_with("json") {
            serde_json::from_str::<Value>(&text).unwrap();
        }
        assert_eq!(text.contains("gin and brandy"), form == "json", "{form}");
        assert_eq!(export(&data, &id, &arguments).0, 2, "{form}: nothing is overwritten");
    }
}

#[test]
fn answers_go_along_only_when_asked_for() {
    let (data, id) = kept("sensitive");
    for form in ["vcon", "vtt", "transcript"] {
        let (_, without, _) = export(&data, &id, &["--format", form]);
        assert!(
            without.contains("[left out: sensitive]") || without.contains("\"left_out\": true"),
            "{without}"
        );
        let (status, with, said) = export(&data, &id, &["--format", form, "--sensitive"]);
        assert_eq!(status, 0, "{said}");
        assert!(with.contains("gin and brandy"), "{form}");
    }
    assert_eq!(export(&data, &id, &["--format", "fhir", "--sensitive"]).0, 2);
}

#[test]
fn what_a_form_does_not_have_is_refused_and_who_asks_is_named() {
    let (data, id) = kept("asked");
    assert_eq!(export(&data, &id, &["--format", "fhir", "--profile", "pcf"]).0, 0);
    assert_eq!(export(&data, &id, &["--format", "fhir-r5", "--profile", "pcf"]).0, 2);
    assert_eq!(export(&data, &id, &["--format", "vtt", "--programs", "/nowhere"]).0, 2);
    let (_, accounting, _) = export(&data, &id, &["--format", "accounting"]);
    let accounting: Value = serde_json::from_str(&accounting).unwrap();
    assert_eq!((&accounting["count"], &accounting["requester"]), (&0.into(), &"R. Records".into()));
    let (_, fhir, _) = export(&data, &id, &["--format", "fhir"]);
    assert!(fhir.contains("R. Records"));
}

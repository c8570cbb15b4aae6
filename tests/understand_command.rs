//! `candor understand` answers every line, whatever is in it.
#![cfg(feature = "runtime")]

use std::{
    io::Write,
    process::{Command, Output, Stdio},
};

fn understand(args: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_candor"))
        .args(["understand", "--programs", concat!(env!("CARGO_MANIFEST_DIR"), "/programs")])
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that refuses its arguments reads nothing.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

#[test]
fn every_line_gives_one_object_in_order() {
    let mut input = b"yes\n\xff\xfe\n\n{\"say\": 1}\n".to_vec();
    input.extend("no ".repeat(20_000).into_bytes());
    input.extend(b"\nundo what I said about my plan\nI take it all back");
    let output = understand(&["--expecting", "question:substance", "--json"], &input);
    assert!(output.status.success() && output.stderr.is_empty());
    let lines: Vec<serde_json::Value> =
        String::from_utf8(output.stdout).unwrap().lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let meanings: Vec<&str> = lines.iter().map(|l| l["meaning"].as_str().unwrap()).collect();
    assert_eq!(meanings.len(), 7);
    assert_eq!(
        (meanings[0], meanings[2], meanings[5], meanings[6]),
        ("affirm", "unclear", "revoke", "revoke")
    );
    assert_eq!(
        lines[0].as_object().unwrap().keys().collect::<Vec<_>>(),
        ["confidence", "meaning", "scope", "text"]
    );
    assert_eq!(lines[5]["scope"], serde_json::json!(["payor"]));
    assert_eq!(lines[6]["scope"], "all");
    assert!(lines[0]["scope"].is_null());
    assert!(lines.iter().all(|l| (0.0..=1.0).contains(&l["confidence"].as_f64().unwrap())));
}

#[test]
fn wrong_use_is_said_and_ends_with_two() {
    for args in [
        &["--expecting", "consent:nobody"][..],
        &["--expecting", "nonsense"],
        &["--expecting", "notice", "--program", "nowhere"],
        &["--expecting", "notice", "--granted", "nobody"],
    ] {
        let output = understand(args, b"yes\n");
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{args:?}");
    }
}

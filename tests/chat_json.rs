//! `candor chat --json` is the contract: the same lines in give the same bytes out.

#![cfg(feature = "runtime")]

use std::{
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
};

const CONVERSATION: &str = r#"{"start":true,"locale":"en-US","then":{"during":"notice","at_ms":1200,"say":"who is this?"}}
{"say":"I understand"}
{"say":"Jane Doe"}
{"press":"5"}
{"wait_ms":3000}
{"say":"202 555 0147"}
{"say":"yes"}
{"say":"my doctor"}
{"say":"Blue Cross"}
{"say":"X Y Z one two three"}
{"say":"yes"}
{"say":"March third nineteen eighty five"}
{"say":"yes","then":{"during":"consent","at_ms":900,"say":"wait"}}
{"say":"okay, go on"}
{"say":"yes"}
{"say":"Jane Doe, I agree"}
{"say":"no"}
{"say":"yes"}
{"say":"Jane Doe, I agree"}
{"say":"Actually, don't send anything to my insurance."}
{"say":"heroin"}
{"say":"goodbye"}
"#;

fn chat(input: &[u8], more: &[&str]) -> Output {
    let mut chat = Command::new(env!("CARGO_BIN_EXE_candor"))
        .args(["chat", "--json", "--programs"])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("programs"))
        .args(more)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("candor runs");
    let mut to = chat.stdin.take().expect("its input is piped");
    // The program exits right after the record without reading on: what it does not read may not arrive.
    let _ = to.write_all(input);
    drop(to);
    chat.wait_with_output().expect("it ends")
}

#[test]
fn two_runs_are_byte_identical_and_stderr_is_quiet() {
    let (one, two) = (chat(CONVERSATION.as_bytes(), &[]), chat(CONVERSATION.as_bytes(), &[]));
    assert!(one.status.success());
    assert_eq!(one.stdout, two.stdout);
    assert_eq!(String::from_utf8_lossy(&one.stderr), "");
    let text = String::from_utf8(one.stdout).expect("UTF-8");
    let last = text.lines().last().expect("a record");
    assert!(last.contains(r#""event":"record""#), "{last}");
    assert!(text.contains(r#""decision":"revoked""#), "{text}");
}

#[test]
fn another_seed_or_time_is_another_call() {
    let plain = chat(CONVERSATION.as_bytes(), &[]);
    let seeded = chat(CONVERSATION.as_bytes(), &["--seed", "7"]);
    let later = chat(CONVERSATION.as_bytes(), &["--at", "2026-11-21T15:00:00Z"]);
    assert_ne!(plain.stdout, seeded.stdout);
    assert!(String::from_utf8_lossy(&later.stdout).contains(r#""started_at":"2026-11-21T15:00:00.000Z""#));
}

#[test]
fn the_end_of_input_is_a_hang_up_and_bytes_that_are_no_text_are_told() {
    let cut = chat(b"{\"start\":true}\n\xff\xfe\n", &[]);
    assert!(cut.status.success());
    let text = String::from_utf8(cut.stdout).expect("UTF-8");
    assert!(text.contains(r#""event":"error""#), "{text}");
    assert!(text.contains(r#""outcome":"abandoned""#), "{text}");
}

#[test]
fn a_conversation_kept_with_data_is_a_call_like_any_other() {
    let data = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("chat-json-{}", std::process::id()));
    let keys = data.join("keys").display().to_string();
    let data = data.join("data");
    let kept = chat(CONVERSATION.as_bytes(), &["--data", &data.display().to_string(), "--keys", &keys]);
    assert!(kept.status.success(), "{}", String::from_utf8_lossy(&kept.stderr));
    let list = Command::new(env!("CARGO_BIN_EXE_candor"))
        .args(["record", "list", "--json", "--data"])
        .arg(&data)
        .output()
        .expect("candor runs");
    let _ = std::fs::remove_dir_all(data.parent().expect("its folder"));
    let record: serde_json::Value = serde_json::from_slice(&list.stdout).expect("one record");
    let printed = String::from_utf8(kept.stdout).expect("UTF-8");
    let printed: serde_json::Value =
        serde_json::from_str(printed.lines().last().expect("a record")).expect("JSON");
    assert_eq!(printed["record"], record);
}

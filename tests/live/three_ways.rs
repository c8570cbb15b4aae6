//! The same caller by voice, by keys where keys can say it, and typed: the consents on record are the same, but for
//! what a channel or a clock puts in.

use crate::server::{Server, has_models, root};
use serde_json::{Value, json};
use std::{
    fs,
    io::{BufRead, BufReader, Write},
    process::{Command, Stdio},
    thread,
};

/// One act for each thing the agent waits for, by voice.
const SPOKEN: &[(&str, &str)] = &[
    ("notice", "I understand."),
    ("question:name", "My name is Morgan Blake."),
    ("question:callback", "Four one five, five five five, zero one four two."),
    ("question:referred_by", "My doctor told me to call you."),
    ("question:insurance_carrier", "Blue Cross Blue Shield."),
    ("question:member_id", "My member ID is X Y Z one two three four five."),
    ("question:dob", "My date of birth is March third nineteen eighty five."),
    ("consent:payor", "Yes, go ahead."),
    ("signature:payor", "Morgan Blake. I agree."),
    ("consent:referral_source", "No, I don't want that shared."),
    ("consent:crm", "Yes."),
    ("signature:crm", "My name is Morgan Blake, and I agree."),
    ("question:substance", "I take back my permission."),
];

/// What keys say of it.
const KEYED: &[(&str, &str)] = &[
    ("notice", "1"),
    ("question:callback", "4155550142#"),
    ("question:dob", "03031985#"),
    ("consent:payor", "1"),
    ("consent:referral_source", "2"),
    ("consent:crm", "1"),
    ("question:substance", "9"),
];

#[test]
fn voice_keys_and_typing_leave_the_same_consents() {
    if !has_models() {
        return;
    }
    let server = Server::start("three-ways");
    let (spoken, keyed) = thread::scope(|scope| {
        let spoken = scope.spawn(|| place(&server, "hibari-heart", &[]));
        let keyed = scope.spawn(|| place(&server, "flite-rms", KEYED));
        (spoken.join().expect("a call"), keyed.join().expect("a call"))
    });
    let typed = chat(&server);
    let decisions: Vec<_> =
        typed.as_array().expect("consents").iter().map(|c| c["decision"].clone()).collect();
    assert_eq!(decisions, [json!("revoked"), json!("denied"), json!("revoked")], "{typed:#}");
    assert_eq!(spoken, typed, "spoken and typed");
    assert_eq!(keyed, typed, "keyed and typed");
}

/// The consents of a call.
fn place(server: &Server, speaker: &str, keyed: &[(&str, &str)]) -> Value {
    let mut script = String::from("[[whenever]]\nexpect = \"confirm:*\"\n");
    script += if keyed.is_empty() { "say_text = \"Yes, that's right.\"\n" } else { "press = \"1\"\n" };
    for (expect, say) in SPOKEN {
        let act = match keyed.iter().find(|(what, _)| what == expect) {
            Some((_, keys)) => format!("press = \"{keys}\""),
            None => format!("say_text = \"{say}\""),
        };
        script += &format!("[[step]]\nexpect = \"{expect}\"\n{act}\n");
    }
    script += "[[step]]\nexpect = \"question:substance\"\nhangup = true\n";
    let file = server.folder().join(format!("{speaker}.toml"));
    fs::write(&file, script).expect("room on the disk");
    let mut call = server.call();
    call.args(["--json", "--speaker", speaker]).arg("--script").arg(file);
    let out =
        call.arg("--save").arg(server.folder().join(format!("{speaker}.wav"))).output().expect("it runs");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    consents(serde_json::from_slice(&out.stdout).expect("the record is printed"))
}

/// The consents of the same conversation typed, on the day of the calls.
fn chat(server: &Server) -> Value {
    let mut chat = Command::new(env!("CARGO_BIN_EXE_candor"))
        .args(["chat", "--json", "--programs"])
        .arg(root().join("programs"))
        .arg("--data")
        .arg(server.folder().join("chats"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("candor runs");
    let mut to = chat.stdin.take().expect("its input is piped");
    let from = BufReader::new(chat.stdout.take().expect("its output is piped"));
    let mut record = Value::Null;
    let mut taken_back = false;
    for line in from.lines() {
        let event: Value = serde_json::from_str(&line.expect("text")).expect("JSON");
        if event["event"] == "record" {
            record = event["record"].clone();
        }
        if event["event"] != "listening" {
            continue;
        }
        let expecting = event["expecting"].as_str().expect("a name");
        let act = match expecting {
            "start" => json!({"start": true}),
            "question:substance" if taken_back => json!({"hangup": true}),
            "question:substance" => {
                taken_back = true;
                json!({"say": "I take back my permission."})
            }
            _ => {
                let say = SPOKEN.iter().find(|(what, _)| *what == expecting).map_or("yes", |(_, say)| say);
                json!({"say": say})
            }
        };
        writeln!(to, "{act}").expect("it reads");
    }
    assert!(chat.wait().expect("it ends").success());
    consents(record)
}

/// The consents of a record without what the channel or the clock put into them.
fn consents(mut record: Value) -> Value {
    let mut consents = record["consents"].take();
    for consent in consents.as_array_mut().expect("a list") {
        let id =
            consent["consent_id"].as_str().expect("an id").split_once('.').expect("a call's").1.to_owned();
        consent["consent_id"] = id.into();
        // Three calls of one patient: which of them names which is no matter here.
        consent["supersedes"] = Value::Null;
        consent.as_object_mut().expect("a consent").remove("since");
        for time in ["asked_at", "decided_at", "revoked_at"] {
            consent[time] = consent[time].is_string().into();
        }
        for said in ["response", "revocation"] {
            consent[said] = consent[said].is_object().into();
        }
        // The instrument is dated to the minute.
        if let Some(instrument) = consent["instrument"].as_object_mut() {
            instrument.remove("sha256");
            let text = instrument["text"].as_str().expect("a text").to_owned();
            let undated = text.split_whitespace().filter(|word| !word.contains(':') || word.ends_with(':'));
            instrument["text"] = undated.collect::<Vec<_>>().join(" ").into();
        }
        for own in ["instrument_sha256", "kind", "signed_at", "from_ms", "to_ms", "clip_sha256"] {
            if let Some(signature) = consent["signature"].as_object_mut() {
                signature.remove(own);
            }
        }
    }
    consents
}

//! The vendor's own validator and ours agree, in both directions.

use candor::wire::signature::{Algorithm, Body, sign, verify};
use std::{
    io::Write as _,
    process::{Command, Stdio},
};

/// Reads `[secret, algorithm, url, [[name, value], ...], signature]` lines; answers `[signature, valid]`.
const VENDOR: &str = r#"
import json, sys
from twilio.request_validator import RequestValidator
class Many(dict):
    def getlist(self, name): return self[name]
for line in sys.stdin:
    secret, algorithm, url, form, signature = json.loads(line)
    many = Many()
    for name, value in form: many.setdefault(name, []).append(value)
    validator = RequestValidator(secret)
    print(json.dumps([validator.compute_signature(url, many, algorithm), validator.validate(url, many, signature, algorithm)]))
"#;

#[test]
fn the_vendors_validator_and_ours_agree_in_both_directions() {
    let python = std::env::var("CANDOR_TEST_PYTHON").unwrap_or_else(|_| "python3".into());
    let has_vendor = Command::new(&python).args(["-c", "import twilio.request_validator"]).output();
    if !has_vendor.is_ok_and(|out| out.status.success()) {
        eprintln!("SKIPPED: {python} has no package `twilio`; install twilio==9.13.0 to compare signatures");
        return;
    }
    let form = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    };
    let mut cases = Vec::new();
    for url in [
        "https://voice.example.com/twilio/voice",
        "https://voice.example.com:8443/twilio/voice?x=1&y=%20",
        "https://voice.example.com:443/a",
        "wss://voice.example.com/twilio/media",
    ] {
        for pairs in [
            form(&[]),
            form(&[
                ("CallSid", "CA1"),
                ("From", "+15550100"),
                ("To", "+15550199"),
                ("CallerName", "Zo\u{eb} & co "),
            ]),
            form(&[("b", "2"), ("a", "1"), ("b", "1"), ("b", "2"), ("B", ""), ("\u{e9}", "\u{1f600}")]),
        ] {
            for (algorithm, name) in
                [(Algorithm::HmacSha1, "HMAC_SHA1"), (Algorithm::HmacSha256, "HMAC_SHA256")]
            {
                cases.push((url, pairs.clone(), algorithm, name));
            }
        }
    }
    let mut vendor = Command::new(&python)
        .args(["-c", VENDOR])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python ran a moment ago");
    let mut asks = vendor.stdin.take().expect("piped");
    for (url, form, algorithm, name) in &cases {
        let ours = sign("s3cr\u{eb}t", *algorithm, url, Body::Form(form));
        writeln!(asks, "{}", serde_json::json!(["s3cr\u{eb}t", name, url, form, ours])).expect("it reads");
    }
    drop(asks);
    let output = vendor.wait_with_output().expect("it ends");
    let answers = String::from_utf8(output.stdout).expect("it writes JSON");
    assert_eq!(answers.lines().count(), cases.len());
    for (line, (url, form, algorithm, _)) in answers.lines().zip(&cases) {
        let (theirs, valid): (String, bool) = serde_json::from_str(line).expect("a pair");
        assert!(valid, "the vendor accepts ours: {url} {form:?}");
        assert_eq!(
            verify("s3cr\u{eb}t", *algorithm, url, Body::Form(form), &theirs),
            Ok(()),
            "{url} {form:?}"
        );
        assert_eq!(theirs, sign("s3cr\u{eb}t", *algorithm, url, Body::Form(form)));
    }
}

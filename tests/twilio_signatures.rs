//! The vendor's own validator and ours agree on signatures, in both directions.
//!
//! The vendor's is `RequestValidator` of the Python package `twilio`, in `target/venv` (made by `scripts/test`).

use candor::wire::signature::{Algorithm, Body, sign, verify};
use serde_json::{Value, json};
use std::{
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

const VECTORS: u64 = 300;

/// Reads one vector a line; for each prints the vendor's signature, and whether it accepts ours and the spoilt one.
const VENDOR: &str = r#"
import json, sys
from twilio.request_validator import RequestValidator
for line in sys.stdin:
    v = json.loads(line)
    form = {}
    for name, value in v["form"]:
        form.setdefault(name, []).append(value)
    form = {name: values if len(values) > 1 else values[0] for name, values in form.items()}
    vendor = RequestValidator(v["secret"])
    print(json.dumps({
        "signature": vendor.compute_signature(v["url"], form, v["algorithm"]),
        "accepts": vendor.validate(v["url"], form, v["signature"], v["algorithm"]),
        "accepts_spoilt": vendor.validate(v["url"], form, v["spoilt"], v["algorithm"]),
    }))
"#;

/// Python with the vendor's package, where this machine has it.
fn python() -> Option<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let candidates = [
        root.join("target/venv/bin/python"),
        root.join("target/providers/venv/bin/python"),
        "python3".into(),
    ];
    candidates.iter().map(|p| p.display().to_string()).find(|python| {
        Command::new(python)
            .args(["-c", "import twilio"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|s| s.success())
    })
}

/// A small generator (splitmix64): the vectors are the same every time.
struct Chance(u64);

impl Chance {
    fn draw(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % below
    }

    fn text(&mut self, alphabet: &str, length_max: u64) -> String {
        let letters: Vec<char> = alphabet.chars().collect();
        (0..self.draw(length_max + 1)).map(|_| letters[self.draw(letters.len() as u64) as usize]).collect()
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.draw(of.len() as u64) as usize]
    }
}

type Form = Vec<(String, String)>;

struct Vector {
    secret: String,
    algorithm: (Algorithm, &'static str),
    url: String,
    form: Form,
}

fn vector(chance: &mut Chance) -> Vector {
    let secret = format!("s{}", chance.text("0123456789abcdef", 32));
    let form: Form = (0..chance.draw(12))
        .map(|n| {
            let name = format!("{}{n}", chance.text("ABCxyz_", 5));
            (name, chance.text("aZ0 +&=%?/é日\u{1f600}'\"<>\n", 20))
        })
        .collect();
    // Ports only where both sides mean the same by them: the vendor's variants for wss differ (see wire::signature).
    let (scheme, port) = match chance.draw(5) {
        0 => ("https", ":443"),
        1 => ("https", ":8443"),
        2 => ("http", ":8080"),
        3 => ("wss", ""),
        _ => ("https", ""),
    };
    let path = chance.one(&["/", "/twilio/voice", "/a/b/", "/media", "/x?a=1&b=2", "/y?q=%20z"]);
    let algorithm = match chance.draw(2) {
        0 => (Algorithm::HmacSha1, "HMAC_SHA1"),
        _ => (Algorithm::HmacSha256, "HMAC_SHA256"),
    };
    Vector { secret, algorithm, url: format!("{scheme}://voice.example.com{port}{path}"), form }
}

#[test]
fn the_vendors_validator_and_ours_agree_in_both_directions() {
    let Some(python) = python() else {
        eprintln!(
            "SKIPPED: no Python with the package `twilio`: run scripts/test, or pip install twilio==9.13.0"
        );
        return;
    };
    let mut chance = Chance(2);
    let vectors: Vec<_> = (0..VECTORS).map(|_| vector(&mut chance)).collect();
    let input: String = vectors
        .iter()
        .map(|Vector { secret, algorithm: (algorithm, name), url, form }| {
            let ours = sign(secret, *algorithm, url, Body::Form(form));
            let spoilt = sign(&format!("{secret}x"), *algorithm, url, Body::Form(form));
            let vector = json!({
                "secret": secret, "algorithm": name, "url": url, "form": form, "signature": ours, "spoilt": spoilt,
            });
            format!("{vector}\n")
        })
        .collect();
    let mut vendor = Command::new(python)
        .args(["-c", VENDOR])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python starts");
    let mut pipe = vendor.stdin.take().expect("its input is piped");
    // Written from a thread of its own: both pipes are smaller than what goes through them.
    let writing = std::thread::spawn(move || pipe.write_all(input.as_bytes()));
    let out = vendor.wait_with_output().expect("python ends");
    writing.join().expect("no panic").expect("python reads");
    assert!(out.status.success());
    let told: Vec<Value> = String::from_utf8_lossy(&out.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(told.len(), vectors.len());
    for (Vector { secret, algorithm: (algorithm, _), url, form }, told) in vectors.iter().zip(&told) {
        let (signature, body) = (told["signature"].as_str().expect("a signature"), Body::Form(form));
        let ours = |url: &str| verify(secret, *algorithm, url, body, signature);
        assert_eq!(ours(url), Ok(()), "ours refuses theirs: {url} {form:?}");
        assert_eq!(told["accepts"], true, "theirs refuses ours: {url} {form:?}");
        assert_eq!(told["accepts_spoilt"], false, "{url}");
        assert!(ours(&format!("{url}x")).is_err(), "{url}x");
    }
}

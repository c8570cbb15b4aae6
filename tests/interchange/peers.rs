//! What validators that nobody here wrote say of our exports: `fhir.resources` (Python: structure and types, in R4B and
//! R5) and `fhir` (npm: required bindings, in R4). Both come with `scripts/test`.

use crate::{
    calls::{self, EXPORTED, at},
    fhir::{all_of, bundle_of},
};
use candor::interchange::fhir::{Edition, Profile};
use serde_json::{Value, json};
use std::{
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

/// Reads `{"edition", "resource"}` a line; prints null or what is wrong.
const PYTHON: &str = r#"
import json, sys
from fhir.resources import get_fhir_model_class as r5
from fhir.resources.R4B import get_fhir_model_class as r4
for line in sys.stdin:
    given = json.loads(line)
    model = {"R4": r4, "R5": r5}[given["edition"]](given["resource"]["resourceType"])
    try:
        model.model_validate(given["resource"])
        print("null")
    except Exception as wrong:
        print(json.dumps(str(wrong)))
"#;

const NODE: &str = r#"
const { Fhir } = require("fhir");
const fhir = new Fhir();
const lines = require("fs").readFileSync(0, "utf8").split("\n").filter((line) => line);
for (const line of lines) {
  const found = fhir.validate(JSON.parse(line).resource, { errorOnUnexpected: true });
  const wrong = found.messages.filter((m) => m.severity === "error" || m.severity === "fatal");
  console.log(found.valid && !wrong.length ? "null" : JSON.stringify(wrong.map((m) => m.location + ": " + m.message)));
}
"#;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn works(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|s| s.success())
}

/// Python with the package, where this machine has it.
fn python() -> Option<String> {
    let candidates = [root().join("target/venv/bin/python"), "python3".into()];
    candidates
        .iter()
        .map(|p| p.display().to_string())
        .find(|python| works(Command::new(python).args(["-c", "import fhir.resources.R4B"])))
}

fn node() -> Command {
    let mut node = Command::new("node");
    node.env("NODE_PATH", root().join("target/npm/node_modules"));
    node
}

/// What the peer says of each resource: `null`, or what is wrong.
fn ask(mut peer: Command, resources: &[(Edition, Value)]) -> Vec<Value> {
    let lines = resources.iter().map(|(edition, resource)| {
        let edition = if *edition == Edition::R4 { "R4" } else { "R5" };
        format!("{}\n", json!({"edition": edition, "resource": resource}))
    });
    let input: String = lines.collect();
    let mut peer = peer.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the peer starts");
    let mut pipe = peer.stdin.take().expect("its input is piped");
    // Written from a thread of its own: both pipes are smaller than what goes through them.
    let writing = std::thread::spawn(move || pipe.write_all(input.as_bytes()));
    let out = peer.wait_with_output().expect("the peer ends");
    writing.join().expect("no panic").expect("the peer reads");
    assert!(out.status.success());
    let said: Vec<Value> = String::from_utf8_lossy(&out.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(said.len(), resources.len());
    said
}

/// Every call as a Bundle, in these forms; and each resource in it by itself.
fn exports(forms: &[(Edition, Profile)]) -> Vec<(Edition, Value)> {
    let mut all = Vec::new();
    for kept in calls::all() {
        for &(edition, profile) in forms {
            let bundle = bundle_of(&kept, edition, profile, at(EXPORTED));
            let entries = bundle["entry"].as_array().expect("entries").clone();
            all.extend(entries.into_iter().map(|e| (edition, e["resource"].clone())));
            all.push((edition, bundle));
        }
    }
    all
}

/// A peer that finds nothing must be one that can find something.
fn broken(edition: Edition) -> Value {
    let kept = calls::hold_named("granted and signed");
    let bundle = bundle_of(&kept, edition, Profile::Base, at(EXPORTED));
    let mut consent = all_of(&bundle, "Consent")[0].clone();
    consent.as_object_mut().expect("an object").remove("status");
    consent
}

fn judge(peer: &str, command: impl Fn() -> Command, forms: &[(Edition, Profile)]) {
    let exports = exports(forms);
    let said = ask(command(), &exports);
    for ((edition, resource), said) in exports.iter().zip(&said) {
        assert_eq!(*said, Value::Null, "{peer}, {edition:?}: {resource:#}");
    }
    for (edition, _) in forms {
        let said = ask(command(), &[(*edition, broken(*edition))]);
        assert_ne!(said[0], Value::Null, "{peer} accepts a consent without a status in {edition:?}");
    }
    eprintln!("{peer} accepts {} resources and bundles", exports.len());
}

#[test]
fn fhir_resources_accepts_every_export_in_both_editions() {
    let Some(python) = python() else {
        eprintln!("SKIPPED: no Python with the package `fhir.resources`: run scripts/test");
        return;
    };
    let command = || {
        let mut command = Command::new(&python);
        command.args(["-c", PYTHON]);
        command
    };
    let forms = [(Edition::R4, Profile::Base), (Edition::R4, Profile::Pcf), (Edition::R5, Profile::Base)];
    judge("fhir.resources", command, &forms);
}

#[test]
fn npm_fhir_accepts_every_export_in_r4() {
    if !works(node().args(["-e", "require('fhir')"])) {
        eprintln!("SKIPPED: no Node with the package `fhir`: install Node and npm, then run scripts/test");
        return;
    }
    let command = || {
        let mut command = node();
        command.args(["-e", NODE]);
        command
    };
    judge("npm fhir", command, &[(Edition::R4, Profile::Base), (Edition::R4, Profile::Pcf)]);
    // It knows the codes that R4 demands, as the other does not.
    let kept = calls::hold_named("granted and signed");
    let bundle = bundle_of(&kept, Edition::R4, Profile::Base, at(EXPORTED));
    let mut revoked = all_of(&bundle, "Consent")[0].clone();
    revoked["status"] = "revoked".into();
    assert_ne!(ask(command(), &[(Edition::R4, revoked)])[0], Value::Null);
}

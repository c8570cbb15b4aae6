//! Every crate that is built in has a licence we may pass on, and none is banned: `deny.toml` has the lists.

// With everything, so that the inner loop on the pure core stays short.
#![cfg(feature = "runtime")]

mod house;

use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    process::Command,
};

struct Policy {
    allowed: BTreeSet<String>,
    /// The licence of crates whose manifest names none.
    clarified: BTreeMap<String, String>,
    banned: BTreeSet<String>,
}

fn policy() -> Policy {
    let text = fs::read_to_string(house::root().join("deny.toml")).unwrap();
    let table: toml::Table = text.parse().unwrap();
    let list = |section: &str, key: &str| table[section][key].as_array().unwrap().clone();
    let clarified = table["licenses"]["clarify"].as_array().unwrap().iter();
    let text = |value: &toml::Value| value.as_str().unwrap().to_owned();
    Policy {
        clarified: clarified.map(|c| (text(&c["crate"]), text(&c["expression"]))).collect(),
        allowed: list("licenses", "allow").iter().map(|l| l.as_str().unwrap().to_owned()).collect(),
        banned: list("bans", "deny").iter().map(|b| b["crate"].as_str().unwrap().to_owned()).collect(),
    }
}

/// Whether one of the choices that `expression` (SPDX) leaves is allowed.
fn permits(allowed: &BTreeSet<String>, expression: &str) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let (verdict, rest) = either(allowed, &words);
    verdict && rest.is_empty()
}

fn either<'w>(allowed: &BTreeSet<String>, words: &'w [&'w str]) -> (bool, &'w [&'w str]) {
    let (mut verdict, mut rest) = both(allowed, words);
    while let ["OR", more @ ..] = rest {
        let (other, after) = both(allowed, more);
        (verdict, rest) = (verdict | other, after);
    }
    (verdict, rest)
}

fn both<'w>(allowed: &BTreeSet<String>, words: &'w [&'w str]) -> (bool, &'w [&'w str]) {
    let (mut verdict, mut rest) = one(allowed, words);
    while let ["AND", more @ ..] = rest {
        let (other, after) = one(allowed, more);
        (verdict, rest) = (verdict & other, after);
    }
    (verdict, rest)
}

fn one<'w>(allowed: &BTreeSet<String>, words: &'w [&'w str]) -> (bool, &'w [&'w str]) {
    match words {
        ["(", inner @ ..] => {
            let (verdict, rest) = either(allowed, inner);
            (verdict, rest.strip_prefix(&[")"]).unwrap_or(rest))
        }
        [licence, "WITH", exception, rest @ ..] => {
            (allowed.contains(&format!("{licence} WITH {exception}")), rest)
        }
        [licence, rest @ ..] => (allowed.contains(*licence), rest),
        [] => (false, words),
    }
}

/// Name, version and licence of every crate that is built for this machine, tests included.
fn crates() -> Vec<(String, String, String)> {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version",
            "1",
            "--locked",
            "--filter-platform",
            "x86_64-unknown-linux-gnu",
        ])
        .current_dir(house::root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let built: BTreeSet<&str> = metadata["resolve"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| node["id"].as_str().unwrap())
        .collect();
    let text = |package: &Value, key: &str| package[key].as_str().unwrap_or_default().to_owned();
    let packages = metadata["packages"].as_array().unwrap().iter();
    packages
        .filter(|package| built.contains(package["id"].as_str().unwrap()))
        .map(|package| (text(package, "name"), text(package, "version"), text(package, "license")))
        .collect()
}

#[test]
fn every_dependency_may_be_built_in() {
    let Policy { allowed, clarified, banned } = policy();
    let all = crates();
    assert!(all.len() > 100, "cargo names {} crates only", all.len());
    let wrong: Vec<String> = all
        .iter()
        .filter(|(name, _, licence)| {
            banned.contains(name) || !permits(&allowed, clarified.get(name).unwrap_or(licence))
        })
        .map(|(name, version, licence)| format!("{name} {version}: {licence}"))
        .collect();
    assert!(wrong.is_empty(), "deny.toml does not allow:\n{}", wrong.join("\n"));
}

#[test]
fn a_choice_of_licences_is_read_as_one() {
    let Policy { allowed, .. } = policy();
    for good in [
        "MIT",
        "GPL-3.0 OR MIT",
        "MIT/Apache-2.0",
        "(MIT OR GPL-2.0) AND ISC",
        "Apache-2.0 WITH LLVM-exception OR X",
    ] {
        assert!(permits(&allowed, good), "{good}");
    }
    for bad in
        ["", "GPL-3.0", "MIT AND GPL-3.0", "MIT AND (GPL-2.0 OR LGPL-3.0)", "AGPL-3.0 WITH Some-exception"]
    {
        assert!(!permits(&allowed, bad), "{bad}");
    }
}

//! The house rules that a machine can count (CONTRIBUTING.md, "Style").

mod house;

use house::{Source, Token, names_after};
use std::fs;

const FILE_LINES_MAX: usize = 600;
/// rustfmt sees to 110 where it can; what people write beyond its reach may be a little wider.
const LINE_COLUMNS_MAX: usize = 120;

/// Floors 1 to 5: no clock, thread, file or network, and the same order of things in every run.
const PURE: &[&str] = &[
    "program",
    "audio",
    "pii",
    "time",
    "understand",
    "wire",
    "consent",
    "dialogue",
    "journal",
    "interchange",
    "simulate",
    "ports",
];

/// What no pure module may use of the standard library.
const WORLDLY: &[&str] = &["time", "thread", "fs", "net", "process", "env", "os"];

/// Names that say nothing.
const EMPTY_NAMES: &[&str] =
    &["util", "utils", "helper", "helpers", "manager", "handler", "session", "user", "data", "process"];

/// All Rust of the project.
fn sources() -> Vec<Source> {
    ["src", "tests", "benches"].into_iter().flat_map(Source::under).collect()
}

/// Fails with the rule and the whole list of offenders.
fn none(rule: &str, offenders: Vec<String>) {
    assert!(offenders.is_empty(), "{rule}\n\n{} to mend:\n{}\n", offenders.len(), offenders.join("\n"));
}

fn place(source: &Source, line: usize) -> String {
    format!("{}:{line}", source.path)
}

#[test]
fn files_hold_one_noun() {
    let offenders = sources().into_iter().filter_map(|source| {
        let lines = source.text.lines().count();
        (lines > FILE_LINES_MAX).then(|| format!("{}: {lines} lines", source.path))
    });
    none("A file is of one noun, about 150 to 400 lines, 600 at most: split it.", offenders.collect());
}

#[test]
fn lines_fit_the_screen() {
    let offenders = sources().into_iter().flat_map(|source| {
        let wide = |(at, columns): (usize, &usize)| {
            (*columns > LINE_COLUMNS_MAX).then(|| format!("{}: {columns} columns", place(&source, at + 1)))
        };
        source.columns.iter().enumerate().filter_map(wide).collect::<Vec<_>>()
    });
    none("A line has 120 columns at most, the inside of strings not counted.", offenders.collect());
}

#[test]
fn files_begin_by_saying_what_they_are() {
    let offenders =
        sources().into_iter().filter(|source| !source.text.starts_with("//! ")).map(|source| source.path);
    none("A file begins with `//!` and a sentence that says what it is.", offenders.collect());
}

#[test]
fn nothing_is_left_for_later() {
    let markers = [concat!("FIX", "ME"), concat!("XX", "X:"), concat!("#[ig", "nore"), concat!("TO", "DO")];
    let macros = ["todo", "unimplemented", "dbg"];
    let mut offenders = Vec::new();
    for source in sources() {
        for (at, line) in source.text.lines().enumerate() {
            let found = markers.iter().find(|marker| line.contains(**marker));
            offenders.extend(found.map(|marker| format!("{}: {marker}", place(&source, at + 1))));
        }
        for pair in source.tokens.windows(2) {
            if macros.iter().any(|name| pair[0].1.is(name)) && pair[1].1.is("!") {
                offenders.push(format!("{}: {:?}!", place(&source, pair[0].0), pair[0].1));
            }
        }
    }
    none(
        "What is not there yet is an issue, not a mark in the code; a test that lacks its data says so.",
        offenders,
    );
}

#[test]
fn the_pure_floors_touch_nothing_of_the_world() {
    let mut offenders = Vec::new();
    for source in Source::under("src").iter().filter(|source| PURE.contains(&source.module())) {
        let tokens = source.tokens_without_tests();
        for (line, name) in names_after(&tokens, "std") {
            if WORLDLY.contains(&name.as_str()) {
                offenders.push(format!("{}: std::{name}", place(source, line)));
            }
        }
        for (at, (line, token)) in tokens.iter().enumerate() {
            let Token::Word(word) = token else { continue };
            let after_path = at >= 1 && tokens[at - 1].1.is(":");
            let is_call = tokens.get(at + 1).is_some_and(|next| next.1.is("("));
            if ["tokio", "rand", "HashMap", "HashSet"].contains(&word.as_str()) {
                offenders.push(format!("{}: {word}", place(source, *line)));
            } else if word == "now" && after_path && is_call {
                offenders.push(format!("{}: reads the clock", place(source, *line)));
            }
        }
    }
    none(
        "Floors 1 to 5 use no clock, thread, file, network or chance, and no hash map, whose order differs \
         from run to run: a call must replay exactly. Time and chance are arguments; maps are BTreeMap.",
        offenders,
    );
}

#[test]
fn failures_are_values() {
    let mut offenders = Vec::new();
    for source in Source::under("src") {
        for three in source.tokens_without_tests().windows(3) {
            if three[0].1.is(".") && three[1].1.is("unwrap") && three[2].1.is("(") {
                offenders.push(place(&source, three[1].0));
            }
        }
    }
    none(
        "No unwrap outside tests: return an error, or `expect` with the reason why it cannot happen.",
        offenders,
    );
}

#[test]
fn only_the_command_line_prints() {
    let prints = ["print", "println", "eprint", "eprintln"];
    let mut offenders = Vec::new();
    for source in Source::under("src").iter().filter(|source| !["cli", "main"].contains(&source.module())) {
        for two in source.tokens_without_tests().windows(2) {
            if prints.iter().any(|name| two[0].1.is(name)) && two[1].1.is("!") {
                offenders.push(place(source, two[0].0));
            }
        }
    }
    none(
        "Only src/cli prints; everything else logs through `tracing`, where personal text is kept out.",
        offenders,
    );
}

#[test]
fn names_explain_themselves() {
    let mut offenders = Vec::new();
    for source in sources() {
        let file = source.path.rsplit('/').next().unwrap_or_default().trim_end_matches(".rs");
        if EMPTY_NAMES.contains(&file) {
            offenders.push(source.path.clone());
        }
        let declares = ["struct", "enum", "trait", "mod", "type"];
        for two in source.tokens.windows(2) {
            let Token::Word(name) = &two[1].1 else { continue };
            let declared = declares.iter().any(|keyword| two[0].1.is(keyword));
            if declared && words(name).iter().any(|word| EMPTY_NAMES.contains(&word.as_str())) {
                offenders.push(format!("{}: {name}", place(&source, two[1].0)));
            }
        }
    }
    none(
        "Names are the field's words; these say nothing or mean too much (docs/ARCHITECTURE.md, Words).",
        offenders,
    );
}

/// The words of a name, in lower case: `CallManager` and `call_manager` are `call`, `manager`.
fn words(name: &str) -> Vec<String> {
    let mut found = vec![String::new()];
    for letter in name.chars() {
        if letter == '_' || letter.is_uppercase() {
            found.push(String::new());
        }
        if letter != '_' {
            found.last_mut().expect("never empty").extend(letter.to_lowercase());
        }
    }
    found
}

#[test]
fn no_address_of_a_package_registry_is_written_down() {
    // Spelled in halves, so that this file passes.
    let hosts = [
        concat!("crates", ".io"),
        concat!("py", "pi.org"),
        concat!("files.python", "hosted"),
        concat!("registry.npm", "js"),
        concat!("deb.deb", "ian.org"),
    ];
    let endings =
        [".rs", ".toml", ".md", ".yml", ".yaml", ".sh", ".py", ".js", ".json", "Containerfile", ".service"];
    let mut looked_at: Vec<_> = endings.iter().flat_map(|ending| house::files("", ending)).collect();
    looked_at.extend(["scripts", ".ci"].iter().flat_map(|folder| house::files(folder, "")));
    let mut offenders = Vec::new();
    for file in looked_at {
        let Ok(text) = fs::read_to_string(&file) else { continue };
        let named = hosts.iter().filter(|host| text.contains(**host));
        offenders.extend(named.map(|host| format!("{}: {host}", house::relative(&file))));
    }
    none(
        "Packages are named, and the ordinary clients know where from: write no registry's address.",
        offenders,
    );
}

#[test]
fn the_tests_see_what_they_must() {
    let source = Source::from_text(
        "src/audio/x.rs",
        "use std::{collections::BTreeMap, time::Duration};\n// std::fs\n\
         #[cfg(test)]\nmod tests { use std::fs; }\nfn a() {}",
    );
    let tokens = source.tokens_without_tests();
    let named: Vec<String> = names_after(&tokens, "std").into_iter().map(|(_, name)| name).collect();
    assert_eq!(named, ["collections", "time"]);
    let wide = Source::from_text("src/a.rs", "let a = \"four\"; // \"four\"\nb(r#\"on \" and\non\"#, 'x');");
    assert_eq!(wide.columns, [19, 2, 7]);
    assert!(tokens.iter().any(|(line, token)| *line == 5 && token.is("a")));
    assert_eq!(
        words("CallManager"),
        words("Call_manager").into_iter().map(|w| w.to_lowercase()).collect::<Vec<_>>()
    );
}

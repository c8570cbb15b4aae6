//! A module imports only from floors below its own. See `docs/ARCHITECTURE.md`.

mod house;

use house::{Source, Token, names_after};
use std::fs;

/// Every module and its floor. `pii` and `time` lie under everything; `observe` and `config` stand between the
/// waist and the rooms that they serve.
const FLOORS: &[(u8, &[&str])] = &[
    (5, &["pii", "time"]),
    (10, &["program", "audio"]),
    (20, &["understand", "wire"]),
    (30, &["dialogue"]),
    (40, &["journal"]),
    (42, &["access"]),
    (44, &["book"]),
    (45, &["consent", "interchange", "simulate", "typed"]),
    (46, &["replay"]),
    (50, &["ports"]),
    (54, &["observe"]),
    (56, &["config"]),
    (60, &["engine", "store", "channel", "call", "notify", "release"]),
    (80, &["server", "console"]),
    (90, &["cli"]),
];

/// Up to here a module is pure, and is built without the feature `runtime`.
const WAIST: u8 = 50;

const RULE: &str = "\
A module imports only from floors below its own (docs/ARCHITECTURE.md, \"Floors\").
What two rooms of one floor share belongs on a floor below both; what a room needs of the world it asks for
through `ports`.";

fn floor(module: &str) -> Option<u8> {
    FLOORS.iter().find(|(_, modules)| modules.contains(&module)).map(|(floor, _)| *floor)
}

#[test]
fn modules_import_only_from_floors_below_their_own() {
    let wrong: Vec<String> = Source::under("src").iter().flat_map(violations).collect();
    assert!(wrong.is_empty(), "{RULE}\n\n{}\n", wrong.join("\n"));
}

/// The imports of `source` that break the rule, each as a line of text.
fn violations(source: &Source) -> Vec<String> {
    let module = source.module();
    // The roof: they name every module, and nothing imports them.
    if ["lib", "main"].contains(&module) {
        return Vec::new();
    }
    let Some(own) = floor(module) else {
        return vec![format!(
            "{}: give the module `{module}` a floor, here and in the document",
            source.path
        )];
    };
    let mut wrong = Vec::new();
    for (line, name) in names_after(&source.tokens, "crate") {
        let place = format!("{}:{line}", source.path);
        match floor(&name) {
            _ if name == module => {}
            Some(other) if other < own => {}
            Some(other) => {
                let (own, other) = (own as f32 / 10.0, other as f32 / 10.0);
                wrong.push(format!("{place}: `{module}` (floor {own}) imports `{name}` (floor {other})"));
            }
            None => wrong.push(format!("{place}: `crate::{name}` names no module that has a floor")),
        }
    }
    wrong.extend(escapes(source).into_iter().map(|line| {
        format!("{}:{line}: reach other modules by `crate::`, where this test can see it", source.path)
    }));
    wrong
}

/// The lines on which a chain of `super::` leaves the top module of the file.
fn escapes(source: &Source) -> Vec<usize> {
    let inside = source.path.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
    let depth_of_file = inside.split('/').count();
    // For each open brace, whether it opened a module.
    let mut open: Vec<bool> = Vec::new();
    let mut found = Vec::new();
    let tokens = &source.tokens;
    for at in 0..tokens.len() {
        match &tokens[at].1 {
            Token::Sign('{') => open.push(at >= 2 && tokens[at - 2].1.is("mod")),
            Token::Sign('}') => drop(open.pop()),
            Token::Word(word) if word == "super" && !(at >= 3 && tokens[at - 3].1.is("super")) => {
                let chain = tokens[at..].iter().step_by(3).take_while(|(_, token)| token.is("super")).count();
                let depth = depth_of_file + open.iter().filter(|is_module| **is_module).count();
                if chain >= depth {
                    found.push(tokens[at].0);
                }
            }
            _ => {}
        }
    }
    found
}

#[test]
fn exactly_the_floors_above_the_waist_need_the_runtime() {
    let library = fs::read_to_string(house::root().join("src/lib.rs")).unwrap();
    let lines: Vec<&str> = library.lines().map(str::trim).collect();
    for (at, line) in lines.iter().enumerate() {
        let Some(module) = line.strip_prefix("pub mod ").and_then(|rest| rest.strip_suffix(';')) else {
            continue;
        };
        let gated = at > 0 && lines[at - 1] == "#[cfg(feature = \"runtime\")]";
        let above = floor(module).unwrap_or_else(|| panic!("give `{module}` a floor")) > WAIST;
        assert_eq!(
            gated,
            above,
            "src/lib.rs: `{module}` {}",
            if above { "touches the world" } else { "is pure" }
        );
    }
}

#[test]
fn the_document_names_every_module() {
    let document = fs::read_to_string(house::root().join("docs/ARCHITECTURE.md")).unwrap();
    for source in Source::under("src") {
        let module = source.module();
        assert!(document.contains(&format!("`{module}`")), "docs/ARCHITECTURE.md does not name `{module}`");
    }
}

#[test]
fn the_test_sees_what_it_must_and_nothing_else() {
    let check = |path: &str, text: &str| violations(&Source::from_text(path, text)).len();
    // Up, sideways, in lists, in expressions, through super, by glob.
    assert_eq!(check("src/dialogue/mod.rs", "use crate::journal::Entry;"), 1);
    assert_eq!(check("src/store/mod.rs", "use crate::{engine::{self, pool}, ports::Ledger, call};"), 2);
    assert_eq!(check("src/audio/dtmf.rs", "fn f() { crate::wire::twilio::parse() }"), 1);
    assert_eq!(check("src/audio/dtmf.rs", "use super::super::server;"), 1);
    assert_eq!(check("src/audio/mod.rs", "use super::{server};"), 1);
    assert_eq!(check("src/audio/dtmf.rs", "use crate::*;"), 1);
    assert_eq!(check("src/observe/mod.rs", "use crate::config::Config;"), 1);
    assert_eq!(check("src/novelty/mod.rs", ""), 1);
    // Below, oneself, in words, and within one's own module.
    assert_eq!(check("src/dialogue/mod.rs", "use crate::{dialogue::gate, program::{self, Locale}};"), 0);
    assert_eq!(check("src/audio/dtmf.rs", "// use crate::server;\nconst A: &str = \"crate::server\";"), 0);
    assert_eq!(
        check("src/audio/dtmf.rs", "use super::mix; mod tests { use super::*; use super::super::mix; }"),
        0
    );
    assert_eq!(
        check("src/call/mod.rs", "use crate::{observe, config};\npub(crate) fn f<'a>(x: &'a str) {}"),
        0
    );
}

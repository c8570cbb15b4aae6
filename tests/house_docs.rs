//! What the documents say is there: links resolve, and commands exist.

#![cfg(feature = "runtime")]

mod house;

use std::{fs, path::Path, process::Command};

#[test]
fn links_between_documents_resolve() {
    let mut broken = Vec::new();
    for file in house::files("", ".md") {
        let text = fs::read_to_string(&file).unwrap();
        let here = file.parent().unwrap();
        for target in links(&text) {
            if target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            let (path, anchor) = target.split_once('#').unwrap_or((&target, ""));
            let linked = if path.is_empty() { file.clone() } else { here.join(path) };
            let place = house::relative(&file);
            if !linked.exists() {
                broken.push(format!("{place}: {target} does not exist"));
            } else if !anchor.is_empty() && !anchors(&linked).iter().any(|known| known == anchor) {
                broken.push(format!("{place}: {target} names no heading"));
            }
        }
    }
    assert!(broken.is_empty(), "documents link to what is there:\n{}", broken.join("\n"));
}

/// The targets of `[text](target)`, `![text](target)`, `src="target"`, `srcset="target"`; not in code blocks.
fn links(markdown: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut in_code = false;
    for line in markdown.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if in_code {
            continue;
        }
        for (open, close) in [("](", ')'), ("src=\"", '"'), ("srcset=\"", '"')] {
            for rest in line.split(open).skip(1) {
                found.extend(rest.split_once(close).map(|(target, _)| target.trim().to_owned()));
            }
        }
    }
    found
}

/// The anchors of a document's headings.
fn anchors(document: &Path) -> Vec<String> {
    let text = fs::read_to_string(document).unwrap_or_default();
    text.lines()
        .filter_map(|line| line.strip_prefix('#'))
        .map(|title| slug(title.trim_start_matches('#')))
        .collect()
}

/// A heading as its anchor: lower case, spaces as hyphens, other signs dropped.
fn slug(title: &str) -> String {
    let kept = |letter: char| letter.is_alphanumeric() || " -_".contains(letter);
    title.trim().to_lowercase().chars().filter(|c| kept(*c)).map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// Every command of ours that is shown to people, as words: in shell blocks and inline code of the documents,
/// in what `scripts/run` prints, and in the unit that starts the service.
fn commands() -> Vec<(String, Vec<String>)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for file in house::files("", ".md") {
        let place = house::relative(&file);
        found.extend(
            shown(&fs::read_to_string(&file).unwrap()).into_iter().map(|command| (place.clone(), command)),
        );
    }
    let read = |path: &str| fs::read_to_string(house::root().join(path)).unwrap();
    let printed = read("scripts/run");
    found.extend(printed.lines().map(|line| ("scripts/run".into(), line.trim().into())));
    let unit = read("deploy/candor.service").replace("\\\n", " ");
    let starts = unit.lines().filter_map(|line| line.strip_prefix("ExecStart="));
    found.extend(starts.map(|line| ("deploy/candor.service".into(), line.into())));
    let words = |command: &str| command.split_whitespace().map(|w| w.trim_matches('\'').to_owned()).collect();
    found
        .into_iter()
        .map(|(place, command)| (place, words(&command)))
        .filter(|(_, w): &(_, Vec<_>)| !w.is_empty())
        .collect()
}

/// The lines of shell blocks, and the code inside of other lines.
fn shown(markdown: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut block: Option<&str> = None;
    for line in markdown.lines() {
        if let Some(language) = line.trim_start().strip_prefix("```") {
            block = if block.is_some() { None } else { Some(language.trim()) };
            continue;
        }
        match block {
            Some("sh" | "bash" | "console") => {
                let command = line.split(" #").next().unwrap_or_default();
                found.push(command.trim().trim_start_matches("$ ").to_owned());
            }
            Some(_) => {}
            None => found.extend(line.split('`').skip(1).step_by(2).map(str::to_owned)),
        }
    }
    found
}

#[test]
fn commands_in_the_documents_exist() {
    let mut wrong = Vec::new();
    let mut ours = 0;
    for (file, words) in commands() {
        let name = words[0].as_str();
        if name.starts_with("scripts/") && !name.contains('*') {
            ours += 1;
            if !house::root().join(name).exists() {
                wrong.push(format!("{file}: there is no {name}"));
            }
        } else if name == "candor" || name.ends_with("/candor") {
            ours += 1;
            wrong.extend(misuse(&words[1..]).map(|why| format!("{file}: `{}`: {why}", words.join(" "))));
        }
    }
    assert!(ours > 5, "the documents show how to use Candor");
    assert!(wrong.is_empty(), "documents show commands that work:\n{}", wrong.join("\n"));
}

/// What `candor` has to say against being called so, judged by its help.
fn misuse(arguments: &[String]) -> Option<String> {
    let mut spoken = Vec::new();
    let mut help = help_of(&spoken)?;
    for word in arguments {
        if word.starts_with("--") {
            let flag = word.split('=').next().unwrap_or_default();
            if flag != "--help"
                && flag != "--version"
                && !help.split_whitespace().any(|w| w.trim_end_matches(',') == flag)
            {
                return Some(format!("no option {flag}"));
            }
        } else if help.contains("\nCommands:") {
            // `list|show` stands for either.
            spoken.push(word.split('|').next().unwrap_or_default().to_owned());
            match help_of(&spoken) {
                Some(deeper) => help = deeper,
                None => return Some(format!("no command {word}")),
            }
        }
    }
    None
}

fn help_of(subcommands: &[String]) -> Option<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_candor")).args(subcommands).arg("--help").output().unwrap();
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn the_tests_see_what_they_must() {
    assert_eq!(
        links("see [a](b.md#c) ![d](e.svg)\n```\n[no](no.md)\n```\n<img src=\"f.png\">"),
        ["b.md#c", "e.svg", "f.png"]
    );
    assert_eq!(slug(" The one idea: a call is its journal"), "the-one-idea-a-call-is-its-journal");
    assert_eq!(
        shown("do `candor x` now\n```sh\n$ candor y # why\n```\n```text\nz\n```"),
        ["candor x", "candor y"]
    );
    assert!(misuse(&["nonsense".into()]).is_some());
    assert!(misuse(&["serve".into(), "--nonsense".into()]).is_some());
    assert!(misuse(&["record".into(), "list".into()]).is_none());
}

//! What docs/programs.md says of a script is so: its example passes the check, and no field is left out.

use candor::program::{examine, parse};

const HARBOR: &str = include_str!("../programs/harbor/program.toml");
const DOCS: &str = include_str!("../docs/programs.md");

#[test]
fn the_worked_example_passes_the_check() {
    let example = DOCS.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    assert!(example.contains("id = \"family\""), "{example}");
    let examined = examine(&format!("{HARBOR}\n{example}"));
    let program = examined.program.unwrap_or_else(|| panic!("{:#?}", examined.faults));
    let family = program.recipients.last().unwrap();
    assert!(family.on_request && family.consent.en.contains("the relative you named"));

    let bundled =
        example.replacen("tell {recipient} your name", "tell {recipient} and your doctor your name", 1);
    let text = format!("{HARBOR}\n{bundled}");
    let faults = examine(&text).faults;
    let told: Vec<String> = faults.iter().map(|f| format!("× {}", f.message)).collect();
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(DOCS.contains(&told[0]) && DOCS.contains(&format!("help: {}", faults[0].mend)), "{told:#?}");
}

#[test]
fn every_text_and_every_key_of_the_sample_is_explained() {
    let texts = serde_json::to_value(parse(HARBOR).unwrap().texts).unwrap();
    let mut names: Vec<String> = texts.as_object().unwrap().keys().cloned().collect();
    let keys = HARBOR.lines().filter_map(|line| {
        let key = line.split_once(" = ").filter(|_| !line.starts_with(['#', ' ', '"']))?.0;
        Some(key.split('.').next().unwrap_or(key).to_owned())
    });
    names.extend(keys.filter(|key| key != "en" && key != "es"));
    let clauses = HARBOR.lines().filter_map(|line| line.strip_prefix("[consents.instrument."));
    names.extend(clauses.filter_map(|line| Some(line.split_once(']')?.0.to_owned())));
    assert!(names.len() > 100, "{}", names.len());
    let unsaid: Vec<&String> = names.iter().filter(|name| !DOCS.contains(&format!("`{name}`"))).collect();
    assert!(unsaid.is_empty(), "docs/programs.md does not explain {unsaid:?}");
}

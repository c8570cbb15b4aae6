//! A new program's script, begun from the sample.

use super::{
    Text,
    tree::Said,
    words::{Fill, Words},
};
use std::sync::LazyLock;

/// The sample, whose comments explain every field.
const SAMPLE: &str = include_str!("../../programs/harbor/program.toml");

/// The sample's `retention.toml`, whose numbers are those that hold without one.
pub const SAMPLE_RETENTION: &str = include_str!("../../programs/harbor/retention.toml");

/// What the sample says at `key` of its `[texts]`.
pub(super) fn sample_text(key: &str, fill: &Fill) -> Text {
    static SAMPLED: LazyLock<toml::Table> =
        LazyLock::new(|| toml::from_str(SAMPLE).expect("the sample is TOML, which every test of it reads"));
    let said = |locale: &str| {
        let text = SAMPLED.get("texts")?.get(key)?.get(locale)?.as_str()?;
        Some(Said { text: text.to_owned(), span: 0..0 })
    };
    Words { en: said("en").unwrap_or_default(), es: said("es") }.filled(fill)
}

/// The text of a `program.toml` for the program `id` called `name`, whose callers dial `numbers`: the sample with its
/// names exchanged, and everything else as it stands, a draft for counsel.
///
/// What it is given is written down, not judged; [`super::examine`] judges the whole.
pub fn begun_from_sample(id: &str, name: &str, numbers: &[String]) -> String {
    let listed: Vec<String> = numbers.iter().map(|number| quoted(number)).collect();
    let changes = [
        (
            "# Harbor Recovery Center: the sample program of Candor.".to_owned(),
            "# A program of Candor, begun from its sample.".to_owned(),
        ),
        (
            "# To begin your own from it:   candor program new YOUR-ID\n# After every change, here:    candor program check programs/harbor\n"
                .to_owned(),
            format!("# After every change:   candor program check programs/{id}\n"),
        ),
        ("\nid = \"harbor\" ".to_owned(), format!("\nid = {} ", quoted(id))),
        ("\nname = \"Harbor Recovery Center\" ".to_owned(), format!("\nname = {} ", quoted(name))),
        (
            "\nnumbers = [\"+12025550100\"]         # the numbers callers dial (these are fictional)\n".to_owned(),
            format!("\nnumbers = [{}]    # the numbers callers dial, as \"+12025550100\"\n", listed.join(", ")),
        ),
        ("\"Harbor\" = \"Járbor\"\n\"Recovery\" = \"Ricóveri\"\n\"Center\" = \"Sénter\"\n".to_owned(), String::new()),
        (" \"is this harbor\", \"is this harbor recovery\",".to_owned(), String::new()),
    ];
    let mut text = SAMPLE.to_owned();
    for (was, is) in changes {
        debug_assert_eq!(text.matches(&was).count(), 1, "the sample has changed: {was}");
        text = text.replacen(&was, &is, 1);
    }
    text
}

/// A TOML string.
fn quoted(text: &str) -> String {
    let escaped = text.chars().map(|c| match c {
        '"' => "\\\"".to_owned(),
        '\\' => "\\\\".to_owned(),
        c if c.is_control() => format!("\\u{:04X}", u32::from(c)),
        c => c.to_string(),
    });
    format!("\"{}\"", escaped.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::{examine, parse};

    #[test]
    fn a_new_program_is_right_whatever_it_is_called() {
        for (id, name, numbers) in [
            ("bay", "Bay Recovery", vec![]),
            (
                "north-2",
                "St. Mary's \"New Life\" Drug and Alcohol Treatment Center of Northern Ohio",
                vec!["+12025550150"],
            ),
            ("x", "Centro Año Nuevo \\ Court Street", vec!["+12025550150", "+12025550151"]),
        ] {
            let numbers: Vec<String> = numbers.into_iter().map(str::to_owned).collect();
            let text = begun_from_sample(id, name, &numbers);
            let program = parse(&text).unwrap_or_else(|faults| panic!("{name}: {faults:#?}"));
            assert_eq!((program.id.as_str(), program.name.as_str(), &program.numbers), (id, name, &numbers));
            assert!(!text.to_lowercase().contains("harbor"), "nothing is left of the sample's name");
            assert!(text.contains("draft_for_counsel = true"));
        }
    }

    #[test]
    fn what_is_wrong_is_judged_as_in_any_script() {
        for (id, name, number, message) in [
            ("Bay 1", "Bay", "+12025550150", "`Bay 1` is no id"),
            ("bay", "", "+12025550150", "`name` is empty"),
            ("bay", "Bay {agent}", "+12025550150", "`name` has a brace"),
            ("bay", "Bay", "202-555-0150", "`202-555-0150` is no telephone number"),
        ] {
            let faults = examine(&begun_from_sample(id, name, &[number.to_owned()])).faults;
            assert!(faults.iter().any(|f| f.message == message), "{faults:#?}");
        }
    }
}

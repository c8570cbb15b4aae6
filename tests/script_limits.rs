//! No file, however big or broken, brings the reader of scripts down.

use candor::program::{Examined, examine};

const HARBOR: &str = include_str!("../programs/harbor/program.toml");

#[test]
fn a_text_or_a_list_beyond_its_limit_is_refused() {
    let long = "word ".repeat(400);
    let (was, is) = ("Take your time. I'm right here.", long.trim());
    let examined = examine(&replaced(was, is));
    assert_eq!(messages(&examined), ["`en` has 1999 characters, more than 1200"]);
    let many = format!("hours = [{}]", "\"mon 08:00-18:00\", ".repeat(22));
    assert_eq!(messages(&examine(&replaced("hours = []", &many))), ["`hours` has 22 entries, more than 21"]);
    let huge = format!("{HARBOR}{}", "#".repeat(1 << 20));
    let examined = examine(&huge);
    assert_eq!(examined.faults.len(), 1);
    assert!(
        examined.faults[0].message.ends_with("bytes, more than 1048576"),
        "{}",
        examined.faults[0].message
    );
}

#[test]
fn nothing_that_can_stand_in_a_file_brings_the_reader_down() {
    for text in [
        "",
        "\u{feff}",
        "[",
        "a",
        "a = ",
        "[[notice]]\n",
        "[notice]\nparts = 3",
        "questions = [1, {}]",
        "id = \"é{\"",
        "\0",
        "[texts]\ngreeting.en = 1",
    ] {
        let examined = examine(text);
        assert!(examined.program.is_none() && !examined.faults.is_empty(), "{text:?}");
        for fault in &examined.faults {
            assert!(text.get(fault.span.clone()).is_some(), "{text:?}: {fault:?}");
        }
    }
    // The sample cut off at the end of every fifth line.
    for (cut, _) in HARBOR.match_indices('\n').step_by(5) {
        let text = &HARBOR[..cut];
        assert!(examine(text).faults.iter().all(|f| text.get(f.span.clone()).is_some()), "cut at {cut}");
    }
}

fn replaced(was: &str, is: &str) -> String {
    assert!(HARBOR.contains(was), "the sample has no `{was}`");
    HARBOR.replacen(was, is, 1)
}

fn messages(examined: &Examined) -> Vec<&str> {
    examined.faults.iter().map(|f| f.message.as_str()).collect()
}

//! Values in answers: what is said in many ways is one value, and what is none is nothing.

use candor::{
    program::{AnswerKind, Expecting, Locale, parse},
    understand::{Context, Heard, Percent, same_name, spoken_value, understand, value},
};

#[test]
fn dates() {
    for (said, date) in [
        ("March third nineteen hundred eighty five", Some("1985-03-03")),
        ("March third nineteen hundred and eighty five", Some("1985-03-03")),
        ("june first two thousand four", Some("2004-06-01")),
        ("june first two thousand and four", Some("2004-06-01")),
        ("June 1 twenty oh four", Some("2004-06-01")),
        ("June 1 twenty fourteen", Some("2014-06-01")),
        ("June 1 nineteen oh nine", Some("1909-06-01")),
        ("June 1 nineteen 85", Some("1985-06-01")),
        ("June first eighty five", Some("1985-06-01")),
        ("June first 85", Some("1985-06-01")),
        ("6/1/85", Some("1985-06-01")),
        ("06-01-1985", Some("1985-06-01")),
        ("1985-06-01", Some("1985-06-01")),
        ("06011985", Some("1985-06-01")),
        ("060185", Some("1985-06-01")),
        ("6011985", Some("1985-06-01")),
        ("0 6 0 1 1 9 8 5", Some("1985-06-01")),
        ("oh six oh one nineteen eighty five", Some("1985-06-01")),
        ("three three eighty five", Some("1985-03-03")),
        ("2 de junio de 1985", Some("1985-06-02")),
        ("February 30 1985", None),
        ("February 29 2004", Some("2004-02-29")),
        ("February 29 2003", None),
        ("13/13/1985", None),
        ("0 6 0 1 1 9", None),
        ("12 34 56 78", None),
        ("1 2 3 4 5 6 7 8 9", None),
        ("I'd rather not", None),
        ("", None),
    ] {
        assert_eq!(value(AnswerKind::Date, said).as_deref(), date, "{said}");
    }
}

#[test]
fn numbers_and_ids() {
    for (said, number) in [
        ("202 555 0147", Some("2025550147")),
        ("(202) 555-0147", Some("2025550147")),
        ("1-202-555-0147", Some("2025550147")),
        ("two oh two, five five five, oh one four seven", Some("2025550147")),
        ("two zero two triple five zero one four seven", Some("2025550147")),
        ("two oh two double five five oh one four seven", Some("2025550147")),
        ("it's um 202 and then 555 uh 0147", Some("2025550147")),
        ("five five five oh one hundred", Some("5550100")),
        ("555", None),
        ("no", None),
    ] {
        assert_eq!(value(AnswerKind::Phone, said).as_deref(), number, "{said}");
    }
    for (said, id) in [
        ("XYZ12345", Some("XYZ12345")),
        ("x y z one two three four five", Some("XYZ12345")),
        ("X as in xylophone, Y, Z, 1 2 3 4 5", Some("XYZ12345")),
        ("capital X Y Z dash 123 45", Some("XYZ12345")),
        ("my member ID is X Y Z one two three", Some("XYZ123")),
        ("I don't have it", None),
    ] {
        assert_eq!(value(AnswerKind::MemberId, said).as_deref(), id, "{said}");
    }
}

#[test]
fn names_are_compared_as_ears_hear_them() {
    for (signed, known) in [
        ("Jane Doe", "jane doe"),
        ("Jane D. Doe", "Jane Doe"),
        ("John Smith", "Jon Smyth"),
        ("Catherine Jones", "Kathryn Jones"),
        ("José García", "Jose Garcia"),
    ] {
        assert!(same_name(signed, known) && same_name(known, signed), "{signed} is {known}");
    }
    for (signed, known) in [
        ("Janet Poe", "Jane Doe"),
        ("Mary Smith", "Jane Smith"),
        ("Jane", "Jane Doe"),
        ("Doe Jane", "Jane Doe"),
    ] {
        assert!(!same_name(signed, known), "{signed} is not {known}");
    }
}

#[test]
fn what_is_read_back_sounds_like_what_it_is() {
    let english = |kind, value| spoken_value(kind, value, Locale::EnUs);
    assert!(
        english(AnswerKind::Date, "1985-03-04").contains("March 4"),
        "{}",
        english(AnswerKind::Date, "1985-03-04")
    );
    assert!(spoken_value(AnswerKind::Date, "1985-03-04", Locale::EsUs).contains("marzo"));
    let phone = english(AnswerKind::Phone, "2025550147");
    assert_eq!(phone.chars().filter(char::is_ascii_digit).collect::<String>(), "2025550147", "{phone}");
    assert!(english(AnswerKind::MemberId, "XYZ123").starts_with("X Y Z"));
}

#[test]
fn a_percentage_is_written_as_a_fraction() {
    assert_eq!(serde_json::to_string(&Percent::new(97)).expect("a number"), "0.97");
    assert_eq!(serde_json::from_str::<Percent>("0.5").expect("a number"), Percent::new(50));
    assert_eq!(Percent::new(200), Percent::FULL);
}

#[test]
fn words_are_read_however_they_are_written() {
    let harbor =
        parse(include_str!("../programs/harbor/program.toml")).expect("the sample program has no error");
    let meaning = |text: &str, expecting: &str| {
        let expecting: Expecting = expecting.parse().expect("an expectation");
        let context = Context {
            program: &harbor,
            locale: Locale::EnUs,
            expecting: &expecting,
            granted: &["payor".into()],
        };
        understand(&Heard::typed(text), &context).meaning.name()
    };
    for (text, expecting, wanted) in [
        ("its fine, go ahead", "consent:crm", "affirm"),
        ("im 13", "question:name", "minor"),
        ("I'm 13 years old", "question:name", "minor"),
        ("you can share it with the crm but not with my insurance", "consent:crm", "revoke"),
        ("you can share it with the crm but not with my doctor", "consent:crm", "affirm"),
    ] {
        assert_eq!(meaning(text, expecting), wanted, "{text}");
    }
}

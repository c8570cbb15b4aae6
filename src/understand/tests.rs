//! Values in answers. What utterances mean is tested in `tests/understanding.rs`.

use super::value;
use crate::program::AnswerKind::{self, Date, MemberId, Name, Phone};

#[test]
fn values_are_found_however_they_are_said() {
    let cases: &[(AnswerKind, &str, Option<&str>)] = &[
        (Name, "Jane Doe.", Some("Jane Doe")),
        (Name, "My name is Jane Doe", Some("Jane Doe")),
        (Name, "Um, it's jane doe, D O E.", Some("Jane Doe")),
        (Name, "I'm Abigail Claflin, you can call me Abbie", Some("Abigail Claflin")),
        (Name, "D-O-E", Some("Doe")),
        (Name, "Jane Dough, spelled D. O. E.", Some("Jane Doe")),
        (Name, "Yes, this is Conor O\u{2019}Brien", Some("Conor O'Brien")),
        (Name, "John Q Public", Some("John Q Public")),
        (Name, "José Núñez", Some("Jose Nunez")),
        (Name, "me llamo Maria Lopez", Some("Maria Lopez")),
        (Name, "I don't want to tell you", None),
        (Name, "", None),
        (Phone, "five five five oh one hundred", Some("5550100")),
        (Phone, "five five five zero one zero zero", Some("5550100")),
        (Phone, "(215) 555-0100", Some("2155550100")),
        (Phone, "It's 2-1-5, 5-5-5, 0-1-0-0.", Some("2155550100")),
        (Phone, "+1 215 555 0100", Some("2155550100")),
        (Phone, "two one five five fifty five twelve thirty four", Some("2155551234")),
        (Phone, "eight hundred five five five oh one double oh", Some("8005550100")),
        (Phone, "555 0101, no wait, 555 0100", Some("5550100")),
        (Phone, "5551234567", Some("5551234567")),
        (Phone, "twelve", None),
        (Phone, "I don't have one", None),
        (Date, "My date of birth is March third nineteen eighty five.", Some("1985-03-03")),
        (Date, "March 3rd, 1985", Some("1985-03-03")),
        (Date, "3/3/85", Some("1985-03-03")),
        (Date, "03/03/1985", Some("1985-03-03")),
        (Date, "03031985", Some("1985-03-03")),
        (Date, "0 3 0 3 1 9 8 5", Some("1985-03-03")),
        (Date, "oh three oh three nineteen eighty five", Some("1985-03-03")),
        (Date, "zero three zero three one nine eight five", Some("1985-03-03")),
        (Date, "three three eighty five", Some("1985-03-03")),
        (Date, "the third of March nineteen eighty-five", Some("1985-03-03")),
        (Date, "December twenty first two thousand and one", Some("2001-12-21")),
        (Date, "May twenty third twenty ten", Some("2010-05-23")),
        (Date, "July 4th, 19 76", Some("1976-07-04")),
        (Date, "july fourth seventy six", Some("1976-07-04")),
        (Date, "1985-03-03", Some("1985-03-03")),
        (Date, "tres de marzo de 1985", None),
        (Date, "3 de marzo de 1985", Some("1985-03-03")),
        (Date, "February 30th 1985", None),
        (Date, "last tuesday", None),
        (MemberId, "My member ID is X Y Z one two three four five.", Some("XYZ12345")),
        (MemberId, "xyz 12345", Some("XYZ12345")),
        (MemberId, "XYZ12345", Some("XYZ12345")),
        (MemberId, "X-Y-Z, 1-2-3-4-5.", Some("XYZ12345")),
        (MemberId, "it's x as in xray, y, z, 12345", Some("XYZ12345")),
        (MemberId, "W 1 2 3 4 double five 6", Some("W1234556")),
        (MemberId, "zero zero nine one two", Some("00912")),
        (MemberId, "I don't have my card", None),
    ];
    let wrong: Vec<String> = cases
        .iter()
        .filter(|(kind, text, wanted)| value(*kind, text).as_deref() != *wanted)
        .map(|(kind, text, wanted)| format!("{kind:?} {text:?}: {:?}, not {wanted:?}", value(*kind, text)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

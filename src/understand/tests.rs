//! Values in answers. What utterances mean is tested in `tests/understanding.rs`.

use super::{spoken_value, value};
use crate::program::{
    AnswerKind::{self, Date, Insurer, MemberId, Name, Phone},
    Locale,
};

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
        (Name, "D as in dog, O, E", Some("Doe")),
        (Name, "Doe, D O E", Some("Doe")),
        (Name, "that's J A N E", Some("Jane")),
        (Name, "Jane, that's J A Y N E", Some("Jayne")),
        (Name, "Jane Dow, no, Doe", Some("Jane Doe")),
        (Name, "Jane Smith, sorry, I mean Jane Doe", Some("Jane Doe")),
        (Name, "No, it's Jane Doe", Some("Jane Doe")),
        (Name, "Jane Dough, that's D as in dog, O, E", Some("Jane Doe")),
        (Phone, "five five five oh one hundred", Some("5550100")),
        (Phone, "five five five zero one zero zero", Some("5550100")),
        (Phone, "(215) 555-0100", Some("2155550100")),
        (Phone, "It's 2-1-5, 5-5-5, 0-1-0-0.", Some("2155550100")),
        (Phone, "+1 215 555 0100", Some("2155550100")),
        (Phone, "two one five five fifty five twelve thirty four", Some("2155551234")),
        (Phone, "eight hundred five five five oh one double oh", Some("8005550100")),
        (Phone, "555 0101, no wait, 555 0100", Some("5550100")),
        (Phone, "5551234567", Some("5551234567")),
        (Phone, "five five five oh one double oh, no wait, oh one nine nine", Some("5550199")),
        (Phone, "no, it's 555 0199", Some("5550199")),
        (Phone, "it's 555 0100, no, it's 555 0199", Some("5550199")),
        (Phone, "215 555 0100, sorry, area code 216", Some("2165550100")),
        (Phone, "555 0199, not 0100", Some("5550199")),
        (Phone, "double five five, triple oh one", Some("5550001")),
        (Phone, "two one five, double five five, oh one double oh", Some("2155550100")),
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
        (Date, "May fourth nineteen eighty five, no wait, March", Some("1985-03-04")),
        (Date, "May 4 1985, no, March 4 1985", Some("1985-03-04")),
        (Date, "I said March not May fourth nineteen eighty five", Some("1985-03-04")),
        (Date, "March third 1985, I mean the fourth", Some("1985-03-04")),
        (Date, "March 4, 1986, sorry, 1985", Some("1985-03-04")),
        (Date, "I said March not May", None),
        (MemberId, "My member ID is X Y Z one two three four five.", Some("XYZ12345")),
        (MemberId, "xyz 12345", Some("XYZ12345")),
        (MemberId, "XYZ12345", Some("XYZ12345")),
        (MemberId, "X-Y-Z, 1-2-3-4-5.", Some("XYZ12345")),
        (MemberId, "it's x as in xray, y, z, 12345", Some("XYZ12345")),
        (MemberId, "W 1 2 3 4 double five 6", Some("W1234556")),
        (MemberId, "zero zero nine one two", Some("00912")),
        (MemberId, "I don't have my card", None),
        (MemberId, "X Y Z 1 2 3 4, no wait, 1 2 3 5", Some("XYZ1235")),
        (MemberId, "ABC 123456, no sorry, ABD 123456", Some("ABD123456")),
        (Insurer, "Aetna", Some("Aetna")),
        (Insurer, "It's Aetna.", Some("Aetna")),
        (Insurer, "at nah", Some("Aetna")),
        (Insurer, "edna", Some("Aetna")),
        (Insurer, "etna, I think", Some("Aetna")),
        (Insurer, "Sigma.", Some("Cigna")),
        (Insurer, "I have Sigma", Some("Cigna")),
        (Insurer, "Sigma Mutual of Ohio", Some("Sigma Mutual of Ohio")),
        (Insurer, "blue cross", Some("Blue Cross Blue Shield")),
        (Insurer, "BCBS", Some("Blue Cross Blue Shield")),
        (Insurer, "Anthem Blue Cross", Some("Anthem")),
        (Insurer, "united health care", Some("UnitedHealthcare")),
        (Insurer, "Kaiser", Some("Kaiser Permanente")),
        (Insurer, "medi-cal", Some("Medi-Cal")),
        (Insurer, "try care", Some("TRICARE")),
        (Insurer, "Aetna, no wait, Cigna", Some("Cigna")),
        (Insurer, "It's Blue Cross, not Aetna", Some("Blue Cross Blue Shield")),
        (Insurer, "not Aetna, Cigna", Some("Cigna")),
        (Insurer, "none", Some("none")),
        (Insurer, "I don't have any", Some("none")),
        (Insurer, "I have no insurance", Some("none")),
        (Insurer, "no tengo seguro", Some("none")),
        (Insurer, "Acme Health.", Some("Acme Health")),
        (Insurer, "", None),
    ];
    let wrong: Vec<String> = cases
        .iter()
        .filter(|(kind, text, wanted)| value(*kind, text).as_deref() != *wanted)
        .map(|(kind, text, wanted)| format!("{kind:?} {text:?}: {:?}, not {wanted:?}", value(*kind, text)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn values_are_read_back_for_the_ear() {
    for (kind, value, english, spanish) in [
        (Phone, "5550100", "5 5 5, 0 1 0 0", "5 5 5, 0 1 0 0"),
        (Phone, "2155550100", "2 1 5, 5 5 5, 0 1 0 0", "2 1 5, 5 5 5, 0 1 0 0"),
        (Date, "1985-03-04", "March 4, 1985", "4 de marzo de 1985"),
        (Date, "yesterday", "yesterday", "yesterday"),
        (MemberId, "XYZ123", "X Y Z 1 2 3", "X Y Z 1 2 3"),
        (Name, "Jane Doe", "Jane Doe", "Jane Doe"),
        (Insurer, "none", "no insurance", "sin seguro"),
        (Insurer, "Aetna", "Aetna", "Aetna"),
    ] {
        assert_eq!(spoken_value(kind, value, Locale::EnUs), english);
        assert_eq!(spoken_value(kind, value, Locale::EsUs), spanish);
    }
}

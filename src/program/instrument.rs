//! The written instrument of a consent (42 CFR 2.31(a)): what a signature is put under.

use super::{HipaaClass, Locale, Program, Recipient, Text};
use crate::time::{ENGLISH_MONTHS, SPANISH_MONTHS, Utc};
use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// An instrument, frozen: what was signed is this text and no other.
///
/// Duty: D7, 42 CFR 2.31(a).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instrument {
    /// The version of its clauses and of the recipient's question: `2026-11-01.1/2026-11-01.1`.
    pub version: String,
    /// The whole text: a title, the version, and a line for each element of 42 CFR 2.31(a), numbered as there.
    pub text: String,
    /// SHA-256 of the text, hex.
    pub sha256: String,
}

impl Instrument {
    /// The instrument for `recipient`, as `patient` would sign it on `date`; `expires` where it ends on a date.
    ///
    /// The same arguments give the same bytes, on every machine and at any time. Times are in UTC and say so.
    pub fn render(
        program: &Program,
        recipient: &Recipient,
        locale: Locale,
        patient: &str,
        date: Utc,
        expires: Option<Utc>,
    ) -> Instrument {
        let texts = &program.consents.instrument;
        let covered = matches!(recipient.hipaa, HipaaClass::CoveredEntity | HipaaClass::BusinessAssociate);
        let clauses: [(&str, Option<&Text>); 11] = [
            ("(1)", Some(&texts.patient)),
            ("(2)", Some(&texts.discloser)),
            ("(3)", Some(&texts.information)),
            ("(4)(i)", Some(&texts.recipient)),
            ("(4)(iii)", covered.then_some(&texts.covered_recipient)),
            ("(5)", Some(&texts.purpose)),
            ("(6)", Some(&texts.revocation)),
            ("(7)", Some(&texts.expiry)),
            ("(8), (9)", Some(&texts.signature)),
            ("(10)(i)", Some(&texts.redisclosure)),
            ("(10)(ii)", Some(&texts.refusal)),
        ];
        // A name that came from a call is one line, whatever was heard or typed.
        let patient = patient.split_whitespace().collect::<Vec<_>>().join(" ");
        let blanks: [(&str, &str); 7] = [
            ("patient", &patient),
            ("program", &program.name),
            ("recipient", recipient.legal_name.in_locale(locale)),
            ("information", recipient.information.in_locale(locale)),
            ("purpose", recipient.purpose.in_locale(locale)),
            ("expires", &ending(recipient, locale, expires)),
            ("date", &moment(date, locale)),
        ];
        let version = format!("{}/{}", texts.version, recipient.version);
        let version_line = match locale {
            Locale::EnUs => format!("Version {version}"),
            Locale::EsUs => format!("Versión {version}"),
        };
        let title = filled(texts.title.in_locale(locale), &blanks);
        let numbered = clauses
            .iter()
            .filter_map(|(element, clause)| Some((element, (*clause)?)))
            .map(|(element, clause)| format!("{element} {}", filled(clause.in_locale(locale), &blanks)));
        let lines: Vec<String> = [title, version_line].into_iter().chain(numbered).collect();
        let text = lines.join("\n") + "\n";
        let sha256 = Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
        Instrument { version, text, sha256 }
    }
}

/// `text` with its placeholders filled in one go, so that what is filled in is never filled itself.
fn filled(text: &str, blanks: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let known = after
            .split_once('}')
            .and_then(|(name, after)| Some((blanks.iter().find(|(blank, _)| *blank == name)?.1, after)));
        match known {
            Some((value, after)) => {
                out.push_str(value);
                rest = after;
            }
            None => {
                out.push('{');
                rest = after;
            }
        }
    }
    out + rest
}

/// When a consent ends, in words (42 CFR 2.31(a)(7)).
fn ending(recipient: &Recipient, locale: Locale, expires: Option<Utc>) -> String {
    let date = expires.map(|at| moment(at, locale));
    let event = recipient.expiry.event.as_ref().map(|e| e.in_locale(locale).to_owned());
    match (date, event, locale) {
        (Some(one), None, _) | (None, Some(one), _) => one,
        (Some(date), Some(event), Locale::EnUs) => format!("{date}, or {event}, whichever comes first"),
        (Some(date), Some(event), Locale::EsUs) => format!("{date}, o {event}, lo que ocurra primero"),
        (None, None, Locale::EnUs) => "no end date".into(),
        (None, None, Locale::EsUs) => "sin fecha de fin".into(),
    }
}

/// A moment as a person reads it: `November 22, 2026, 14:05 UTC`.
fn moment(at: Utc, locale: Locale) -> String {
    let at = Timestamp::from_millisecond(at.0).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(TimeZone::UTC);
    let (day, month, year) = (at.day(), at.month() as usize - 1, at.year());
    let clock = format!("{:02}:{:02} UTC", at.hour(), at.minute());
    match locale {
        Locale::EnUs => format!("{} {day}, {year}, {clock}", ENGLISH_MONTHS[month]),
        Locale::EsUs => format!("{day} de {} de {year}, {clock}", SPANISH_MONTHS[month]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::{Expiry, parse};

    const HARBOR: &str = include_str!("../../programs/harbor/program.toml");
    const SIGNED: &str = "2026-11-22T14:05:09.000Z";

    fn harbor() -> Program {
        parse(HARBOR).unwrap_or_else(|faults| panic!("{faults:#?}"))
    }

    fn at(text: &str) -> Utc {
        text.parse().unwrap()
    }

    fn render(program: &Program, recipient: &Recipient, locale: Locale, patient: &str) -> Instrument {
        let signed = at(SIGNED);
        let ends = recipient.expiry.days.map(|days| signed.end_of_day_after(days));
        Instrument::render(program, recipient, locale, patient, signed, ends)
    }

    #[test]
    fn every_recipient_has_all_ten_elements_in_both_languages() {
        let harbor = harbor();
        for recipient in &harbor.recipients {
            for locale in [Locale::EnUs, Locale::EsUs] {
                let written = render(&harbor, recipient, locale, "Jane Doe");
                let lines: Vec<&str> = written.text.lines().collect();
                let numbers = [
                    "(1) ",
                    "(2) ",
                    "(3) ",
                    "(4)(i) ",
                    "(4)(iii) ",
                    "(5) ",
                    "(6) ",
                    "(7) ",
                    "(8), (9) ",
                    "(10)(i) ",
                    "(10)(ii) ",
                ];
                assert_eq!(lines.len(), 2 + numbers.len(), "{}", written.text);
                for (line, number) in lines[2..].iter().zip(numbers) {
                    assert!(line.starts_with(number) && line.len() > number.len() + 10, "{line}");
                }
                let held = [
                    (2, "Jane Doe"),
                    (3, "Harbor Recovery Center"),
                    (4, recipient.information.in_locale(locale)),
                    (5, recipient.legal_name.in_locale(locale)),
                    (6, "HIPAA"),
                    (7, recipient.purpose.in_locale(locale)),
                    (8, "202-555-0101"),
                    (9, "2027, 23:59 UTC"),
                    (10, "2026, 14:05 UTC"),
                    (11, "Part"),
                ];
                for (line, words) in held {
                    assert!(lines[line].contains(words), "{}: {words}", lines[line]);
                }
                assert!(!written.text.contains(['{', '}']), "{}", written.text);
                assert!(written.version.ends_with(&format!("/{}", recipient.version)));
                assert!(lines[1].ends_with(&written.version));
            }
        }
    }

    #[test]
    fn who_is_not_under_hipaa_gets_no_hipaa_clause() {
        let harbor = harbor();
        let mut other = harbor.recipients[0].clone();
        other.hipaa = HipaaClass::None;
        let text = render(&harbor, &other, Locale::EnUs, "Jane Doe").text;
        assert!(!text.contains("(4)(iii)") && !text.contains("HIPAA"), "{text}");
        assert!(text.contains("(10)(i)") && text.contains("(10)(ii)"), "{text}");
    }

    #[test]
    fn it_ends_at_a_date_an_event_the_first_of_both_or_never() {
        let harbor = harbor();
        let event =
            Text { en: "the end of your referral".into(), es: Some("el fin de su referencia".into()) };
        let cases = [
            (Some(90), None, Locale::EnUs, "February 20, 2027, 23:59 UTC"),
            (None, Some(&event), Locale::EnUs, "the end of your referral"),
            (
                Some(90),
                Some(&event),
                Locale::EsUs,
                "20 de febrero de 2027, 23:59 UTC, o el fin de su referencia, lo que ocurra primero",
            ),
            (None, None, Locale::EnUs, "no end date"),
        ];
        for (days, event, locale, words) in cases {
            let mut recipient = harbor.recipients[0].clone();
            recipient.expiry = Expiry { days, event: event.cloned() };
            let text = render(&harbor, &recipient, locale, "Jane Doe").text;
            assert!(text.contains(&format!(": {words}.\n")), "{text}");
        }
    }

    #[test]
    fn what_is_filled_in_is_never_filled_itself_nor_breaks_a_line() {
        let harbor = harbor();
        let written = render(&harbor, &harbor.recipients[0], Locale::EnUs, "{date}\n(8) x{");
        assert!(written.text.contains("\n(1) Patient: {date} (8) x{.\n"), "{}", written.text);
    }

    #[test]
    fn the_same_consent_is_the_same_bytes() {
        let harbor = harbor();
        let payor = &harbor.recipients[0];
        let (one, two) = (
            render(&harbor, payor, Locale::EnUs, "Jane Doe"),
            render(&harbor, payor, Locale::EnUs, "Jane Doe"),
        );
        assert_eq!(one, two);
        let hash: String =
            Sha256::digest(one.text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(one.sha256, hash);
        assert_ne!(one.sha256, render(&harbor, payor, Locale::EnUs, "Jane Roe").sha256);
        assert_ne!(one.sha256, render(&harbor, payor, Locale::EsUs, "Jane Doe").sha256);
    }
}

//! Spanish text as people say it, in words only: what the Spanish voice is given to speak.
//!
//! No figure, sign or short form is left to the voice's own rules, which are Spain's and not a telephone's. What comes
//! out is letters, spaces and marks of punctuation, whatever went in.

mod numbers;
mod rules;

use super::{
    hibari::ENGINE,
    lexicon::{Lexicon, Said},
    onnx::broken,
    reader::TEXT_CHARS_MAX,
    spoken::{self, Piece, with_finds, with_rule},
};
use crate::ports::EngineFailed;

/// Raised whenever a reading changes, so that prompts rendered before are rendered again.
pub const READINGS: u32 = 1;

/// `text`, with a program's `own` words, as sentences of plain words.
pub fn sentences(text: &str, own: &Lexicon) -> Result<Vec<String>, EngineFailed> {
    if text.chars().count() > TEXT_CHARS_MAX {
        return Err(broken(ENGINE, &format!("a line is longer than {TEXT_CHARS_MAX} characters: split it")));
    }
    let lines = text.lines().map(|line| spoken(line, own)).collect::<Vec<_>>().join("\n");
    let mut sentences = spoken::sentences(&lines);
    sentences.retain(|sentence| sentence.contains(char::is_alphabetic));
    if sentences.is_empty() {
        return Err(broken(ENGINE, &"a line holds nothing that can be said"));
    }
    Ok(sentences)
}

/// A text as it is said. A program's `own` words come before every rule; entries of phonemes are of another voice.
fn spoken(text: &str, own: &Lexicon) -> String {
    let mut pieces = vec![Piece::Written(unadorned(text))];
    pieces = with_finds(pieces, |text| {
        let words = own.find(text).into_iter().filter_map(|(at, said)| match said {
            Said::Words(words) => Some((at, words)),
            Said::Phonemes(_) => None,
        });
        words.collect()
    });
    for rule in rules::rules() {
        pieces = with_rule(pieces, rule);
    }
    let text: String = pieces.iter().map(Piece::text).collect();
    words_only(&text)
}

/// One kind of quote, dash and space.
fn unadorned(text: &str) -> String {
    let marks = text.chars().map(|c| match c {
        '’' | '‘' | '`' | '´' => '\'',
        '\u{2010}'..='\u{2013}' | '−' => '-',
        '―' => '—',
        c if c.is_whitespace() || c.is_control() => ' ',
        c => c,
    });
    marks.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Letters of Spanish and marks that the voice pauses at; the letters of its neighbours without their marks.
fn words_only(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            'a'..='z' | 'A'..='Z' | '.' | ',' | ';' | ':' | '?' | '!' | '¿' | '¡' => out.push(c),
            'á' | 'é' | 'í' | 'ó' | 'ú' | 'ü' | 'ñ' | 'Á' | 'É' | 'Í' | 'Ó' | 'Ú' | 'Ü' | 'Ñ' => {
                out.push(c)
            }
            'à' | 'â' | 'ä' | 'ã' | 'å' => out.push('a'),
            'è' | 'ê' | 'ë' => out.push('e'),
            'ì' | 'î' | 'ï' => out.push('i'),
            'ò' | 'ô' | 'ö' | 'õ' => out.push('o'),
            'ù' | 'û' => out.push('u'),
            'ç' => out.push('s'),
            '…' => out.push('.'),
            '—' | '(' | ')' => out.push_str(", "),
            // "d'Angelo" is one word.
            '\'' => {}
            _ => out.push(' '),
        }
    }
    let mut said = String::with_capacity(out.len());
    for c in out.split_whitespace().collect::<Vec<_>>().join(" ").chars() {
        // A comma that something else took the place of, and space before a mark, are not heard.
        if ".,;:?!".contains(c) {
            let kept = said.trim_end_matches([',', ' ']).len();
            said.truncate(kept);
        }
        said.push(c);
    }
    said.trim_start_matches([',', ' ', ';', ':']).trim_end_matches([',', ' ']).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(cases: &[(&str, &str)]) {
        let own = Lexicon::of([("Harbor", "Járbor"), ("Ellie", "/ˈɛli/")]);
        for (written, expected) in cases {
            assert_eq!(spoken(written, &own), *expected, "for `{written}`");
        }
    }

    #[test]
    fn telephone_numbers_are_read_digit_by_digit_in_groups() {
        check(&[
            ("Llame al 555-0100.", "Llame al cinco cinco cinco, cero uno cero cero."),
            ("(415) 555-0100", "cuatro uno cinco, cinco cinco cinco, cero uno cero cero"),
            ("+1 415 555 0100, hoy", "cuatro uno cinco, cinco cinco cinco, cero uno cero cero, hoy"),
            ("1-800-662-4357", "uno, ochocientos, seis seis dos, cuatro tres cinco siete"),
            ("Llame al 911.", "Llame al nueve uno uno."),
            ("llame o mande un texto al 988, ya", "llame o mande un texto al nueve ocho ocho, ya"),
            ("Marque 211.", "Marque dos uno uno."),
            ("$911 y 988 personas", "novecientos once dólares y novecientas ochenta y ocho personas"),
        ]);
    }

    #[test]
    fn sections_of_the_law_are_read_in_full() {
        check(&[
            ("ley federal, 42 CFR Parte 2.", "ley federal, cuarenta y dos ce efe erre, Parte dos."),
            (
                "45 CFR 164.520",
                "cuarenta y cinco ce efe erre, ciento sesenta y cuatro punto quinientos veinte",
            ),
            ("la sección 2.31(a)(8)", "la sección dos punto treinta y uno, a, ocho"),
            ("§ 2.22 y §§ 2.31", "sección dos punto veintidós y secciones dos punto treinta y uno"),
            ("Parte II", "Parte dos"),
        ]);
    }

    #[test]
    fn dates_and_times_are_words() {
        check(&[
            (
                "el 3 de marzo de 1985, ¿verdad?",
                "el tres de marzo de mil novecientos ochenta y cinco, ¿verdad?",
            ),
            ("1 de enero", "primero de enero"),
            ("03/14/1985", "catorce de marzo de mil novecientos ochenta y cinco"),
            ("14/03/1985", "catorce de marzo de mil novecientos ochenta y cinco"),
            ("2026-11-01", "primero de noviembre de dos mil veintiséis"),
            ("a las 5:30 p. m.", "a las cinco y treinta de la tarde."),
            ("a la 1:05 a.m. o así", "a la una y cinco de la mañana o así"),
            ("9:00 p.m. Luego", "nueve de la noche. Luego"),
            ("de 9:00-17:30", "de nueve a diecisiete y treinta"),
            ("24/7", "las veinticuatro horas, los siete días"),
        ]);
    }

    #[test]
    fn amounts_agree_with_what_they_count() {
        check(&[
            ("Un sí dura 90 días", "Un sí dura noventa días"),
            ("21 días, 1 persona y 200 citas", "veintiún días, una persona y doscientas citas"),
            ("oprima 1 para sí, 2 para no", "oprima uno para sí, dos para no"),
            ("$25.50 o $1", "veinticinco dólares con cincuenta centavos o un dólar"),
            ("$2 millones", "dos millones de dólares"),
            ("el 85% y 0.4 mg", "el ochenta y cinco por ciento y cero punto cuatro miligramos"),
            ("de 28-30 días", "de veintiocho a treinta días"),
            ("1,500 personas", "mil quinientas personas"),
            ("la 1.ª vez, el 2º día", "la primera vez, el segundo día"),
            ("1/2 o 3/4", "un medio o tres cuartos"),
        ]);
    }

    #[test]
    fn ids_and_capitals_are_spelled_where_they_are_no_words() {
        check(&[
            ("ID XYZ12345.", "i de equis ye zeta uno dos tres cuatro cinco."),
            ("grupo 00123", "grupo cero cero uno dos tres"),
            ("número 12345678", "número uno dos tres cuatro, cinco seis siete ocho"),
            ("código postal 94110", "código postal nueve cuatro uno uno cero"),
            ("CA 94110", "ce a nueve cuatro uno uno cero"),
            ("B12", "be doce"),
            ("el SUD y la HIPAA", "el ese u de y la jipa"),
            ("diga SÍ o NO", "diga sí o no"),
            ("EE. UU.", "Estados Unidos."),
            ("el #5, tecla #", "el número cinco, tecla numeral"),
        ]);
    }

    #[test]
    fn short_forms_addresses_and_own_words_become_words() {
        check(&[
            ("el Dr. Ruiz y la Sra. Paz", "el doctor Ruiz y la señora Paz"),
            ("Ud. y/o otro, p. ej. hoy, etc.", "usted y o otro, por ejemplo hoy, etcétera."),
            ("sí/no", "sí o no"),
            ("ayuda@clinica.example.", "ayuda arroba clinica punto example."),
            ("Ellie de Harbor (aquí)", "Ellie de Járbor, aquí"),
            ("<genfile> & \"cita\" — fin", "genfile y cita, fin"),
        ]);
    }

    #[test]
    fn sentences_end_where_people_stop() {
        let split = |text| sentences(text, &Lexicon::of([])).unwrap();
        assert_eq!(
            split("Habla la Sra. Paz. ¿Me oye? A las 8 a.m. o así.\nAdiós"),
            ["Habla la señora Paz.", "¿Me oye?", "A las ocho de la mañana o así.", "Adiós"]
        );
        assert!(sentences(" ... ", &Lexicon::of([])).is_err());
        assert!(sentences(&"a ".repeat(TEXT_CHARS_MAX), &Lexicon::of([])).is_err());
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_written_only_words_are_said(
            text in r"([0-9]{1,7}|[ .,:/()§$%#*+<>&@º-]|[A-Za-zñé٣½’]{1,4}|CFR|a\. ?m\.|Sra\.|de marzo|Parte II){0,12}"
        ) {
            let said = spoken(&text, &Lexicon::of([]));
            let allowed = |c: char| c.is_ascii_alphabetic() || " .,;:?!¿¡áéíóúüñÁÉÍÓÚÜÑ".contains(c);
            proptest::prop_assert!(said.chars().all(allowed), "{text} became {said}");
            let says = |text: &str| text.chars().any(|c| c.is_ascii_alphanumeric());
            proptest::prop_assert!(says(&said) || !says(&text), "{text} became {said}");
        }
    }
}

//! What the texts of a consent must say under 42 CFR 2.31, and what they must never hold.

use super::{
    Locale,
    words::{Words, plain},
};
use regex::Regex;
use std::{ops::Range, sync::LazyLock};

fn regex(pattern: &str) -> Regex {
    Regex::new(&format!("(?i){pattern}"))
        .expect("the patterns of this file are written by hand and run by the tests of scripts")
}

/// Something a text must say.
pub(super) struct Duty {
    /// What, after "does not say".
    pub what: &'static str,
    /// Words that would do, and the source of the duty.
    pub mend: &'static str,
    english: Regex,
    spanish: Regex,
}

impl Duty {
    fn new(what: &'static str, mend: &'static str, english: &str, spanish: &str) -> Duty {
        Duty { what, mend, english: regex(english), spanish: regex(spanish) }
    }

    /// Whether `text` does it.
    pub fn is_done(&self, text: &str, locale: Locale) -> bool {
        match locale {
            Locale::EnUs => self.english.is_match(text),
            Locale::EsUs => self.spanish.is_match(text),
        }
    }
}

/// The duty of every consent question.
pub(super) fn of_questions() -> &'static Duty {
    duties("revocation")[0]
}

/// The duties of what is said once for all consents, and of each clause of the instrument, by its name.
pub(super) fn duties(text: &str) -> Vec<&'static Duty> {
    static TAKEN_BACK: LazyLock<Duty> = LazyLock::new(|| {
        Duty::new(
            "that a permission can be taken back",
            "say so, as `you can take it back at any time` (42 CFR 2.31(a)(6))",
            r"\b(?:take (?:\w+ ){0,3}back|change your mind|revok\w+|withdraw\w*|cancel\w*)\b",
            r"\b(?:retir\w+|retract\w+|revoc\w+|cancel\w+|cambiar de opinión)\b",
        )
    });
    static HOW: LazyLock<Duty> = LazyLock::new(|| {
        Duty::new(
            "how a permission is taken back",
            "say how, as `in writing, or by calling {number}` (42 CFR 2.31(a)(6))",
            r"\b(?:writing|write|by (?:calling|telling|saying|phone|mail|e-?mail)|call us|tell us|letter)\b",
            r"\b(?:por escrito|escrib\w+|llam\w+|dici[eé]ndo\w*|por (?:correo|teléfono)|carta)\b",
        )
    });
    static STANDS: LazyLock<Duty> = LazyLock::new(|| {
        Duty::new(
            "that what was already done stays done",
            "say so, as `that does not undo what was already done` (42 CFR 2.31(a)(6))",
            r"\b(?:already|undo|unsent|stays sent|before then|until then)\b",
            r"\b(?:ya|deshac\w+|antes|hasta entonces)\b",
        )
    });
    static HIPAA: LazyLock<Duty> = LazyLock::new(|| {
        Duty::new(
            "that HIPAA lets the recipient pass the record on",
            "say so, as `a recipient that HIPAA covers may pass it on as HIPAA allows` (42 CFR 2.31(a)(4)(iii))",
            r"\bHIPAA\b",
            r"\bHIPAA\b",
        )
    });
    static PROCEEDINGS: LazyLock<Duty> = LazyLock::new(|| {
        Duty::new(
            "that proceedings against the patient are excepted",
            "say `but not for civil, criminal, administrative or legislative proceedings against you` (42 CFR 2.31(a)(4)(iii))",
            r"\bproceedings\b.*\bagainst (?:you|me|the patient)\b",
            r"\bproce\w+\b.*\b(?:contra|en contra de) (?:usted|mí|el paciente|la paciente)\b|\bproce\w+\b.*\ben (?:su|mi) contra\b",
        )
    });
    static PASSED_ON: LazyLock<Duty> = LazyLock::new(|| {
        Duty::new(
            "that the recipient may pass it on",
            "say so, as `whoever receives it may pass it on` (42 CFR 2.31(a)(10)(i))",
            r"\b(?:pass(?:ed|es)? (?:\w+ )?on|re-?disclos\w+|shared? (?:it )?(?:further|again))\b",
            r"\b(?:pasar\w*|compartir\w* (?:de nuevo|otra vez|con otros)|(?:re)?divulg\w+)\b",
        )
    });
    static UNPROTECTED: LazyLock<Duty> = LazyLock::new(|| {
        Duty::new(
            "that Part 2 may then no longer protect it",
            "say so, as `42 CFR Part 2 may no longer protect it` (42 CFR 2.31(a)(10)(i))",
            r"\bPart (?:2|two)\b",
            r"\bParte (?:2|dos)\b",
        )
    });
    static REFUSAL: LazyLock<Duty> = LazyLock::new(|| {
        Duty::new(
            "what a refusal means",
            "say it, as `if you say no, we still talk` (42 CFR 2.31(a)(10)(ii))",
            r"\b(?:say(?:ing)? no|a no\b|refus\w+|declin\w+|(?:don't|do not) (?:sign|agree|have to sign))",
            r"\b(?:di[cg]\w+ que no|decir que no|un no\b|negar\w*|rechaz\w+|no (?:firm|acept)\w+)",
        )
    });
    match text {
        "shared" => vec![&*TAKEN_BACK, &*HOW, &*PASSED_ON, &*UNPROTECTED, &*REFUSAL],
        "revocation" => vec![&*TAKEN_BACK, &*HOW, &*STANDS],
        "covered_recipient" => vec![&*HIPAA, &*PROCEEDINGS],
        "redisclosure" => vec![&*PASSED_ON, &*UNPROTECTED],
        "refusal" => vec![&*REFUSAL],
        _ => Vec::new(),
    }
}

/// The placeholders a clause of the instrument must hold, and the element of 42 CFR 2.31(a) it states.
pub(super) fn element(clause: &str) -> (&'static [&'static str], &'static str) {
    match clause {
        "patient" => (&["patient"], "42 CFR 2.31(a)(1)"),
        "discloser" => (&["program"], "42 CFR 2.31(a)(2)"),
        "information" => (&["information"], "42 CFR 2.31(a)(3)"),
        "recipient" => (&["recipient"], "42 CFR 2.31(a)(4)(i)"),
        "covered_recipient" => (&[], "42 CFR 2.31(a)(4)(iii)"),
        "purpose" => (&["purpose"], "42 CFR 2.31(a)(5)"),
        "revocation" => (&[], "42 CFR 2.31(a)(6)"),
        "expiry" => (&["expires"], "42 CFR 2.31(a)(7)"),
        "signature" => (&["date"], "42 CFR 2.31(a)(8) and (9)"),
        "redisclosure" => (&[], "42 CFR 2.31(a)(10)(i)"),
        "refusal" => (&[], "42 CFR 2.31(a)(10)(ii)"),
        _ => (&[], "42 CFR 2.31(a)"),
    }
}

/// The word in `text` that makes it a consent for legal proceedings, which cannot be combined with any other
/// (42 CFR 2.31(d)); such a one is taken by a person, never by the agent.
pub(super) fn legal_proceedings(text: &str) -> Option<&str> {
    static LEGAL: LazyLock<Regex> = LazyLock::new(|| {
        regex(concat!(
            r"\b(?:courts?|attorneys?|lawyers?|probation|parole|prosecut\w+|(?:the|your|a) judge|police|litigation|lawsuits?",
            r"|(?:legal|judicial|criminal|court|administrative|legislative) (?:case|matter|proceeding)s?|sentencing",
            r"|tribunal\w*|juzgados?|cortes?|abogad[oa]s?|fiscal(?:ía|es)?|juez|jueza|jueces|policía|libertad condicional",
            r"|(?:proceso|caso|procedimiento|asunto)s? (?:legal|judicial|penal|civil)\w*)\b",
        ))
    });
    LEGAL.find(text).map(|m| m.as_str())
}

/// The words in `text` that mean counseling notes, whose consent can only be combined with another one of its
/// kind (42 CFR 2.31(b)); the agent never asks for it.
pub(super) fn counseling_notes(text: &str) -> Option<&str> {
    static NOTES: LazyLock<Regex> = LazyLock::new(|| {
        regex(concat!(
            r"(?:counsel\w+|therapy|psychotherapy|therapist\w*|session|group)[ _-]notes?",
            r"|notas? de (?:la |las |el |los |su |sus )?(?:consejer\w+|terapia|psicoterapia|terapeuta|sesi[oó]n\w*)",
        ))
    });
    NOTES.find(text).map(|m| m.as_str())
}

/// Words in `text` that describe no information in particular (42 CFR 2.31(a)(3): "in a specific and meaningful
/// fashion").
pub(super) fn unspecific(text: &str) -> Option<&str> {
    static ALL: LazyLock<Regex> = LazyLock::new(|| {
        regex(concat!(
            r"\b(?:everything|anything|(?:all|any|entire|whole)(?: of)?(?: your| my| the)?",
            r" (?:(?:medical|treatment|health|patient) )?(?:records?|information|file|data|chart)",
            r"|todo lo|todos? (?:sus|mis|los) (?:datos|registros?|expedientes?|historial)",
            r"|toda (?:su|mi|la) información|cualquier información)\b",
        ))
    });
    ALL.find(text).map(|m| m.as_str())
}

/// The words by which the consent question `text` asks for more than its own recipient at once, so that a caller
/// could not say yes to one and no to another. `own` and `others` are what recipients are called, as
/// [`plain`] writes it.
pub(super) fn bundled<'t>(
    text: &'t str,
    locale: Locale,
    own: &[String],
    others: &[String],
) -> Option<&'t str> {
    static EVERYBODY: LazyLock<Regex> = LazyLock::new(|| {
        regex(concat!(
            r"\b(?:any ?one|anybody|every ?one|everybody|all of|any of|and others|whoever needs\w*",
            r"|cualquiera|cualquier persona|todos|todas|todo el mundo|quien sea|quienes?quiera|y otros)\b",
        ))
    });
    static JOINED: LazyLock<Regex> = LazyLock::new(|| {
        regex(concat!(
            r"\{recipient\},? (?:and|or|as well as|plus|y|e|o|u|así como) (?:also |to |with |a |con |también )*",
            r"(?:your|the|our|any|a|an|their|su|sus|el|la|los|las|al|nuestro|nuestra)\b(?: \w+)?",
            r"|\b(?:and|or|y|o) (?:to |with |a |con |in |en )?\{recipient\}",
        ))
    });
    static PARTY: LazyLock<Regex> = LazyLock::new(|| {
        regex(concat!(
            r"\b(?:your|the|any|a|his|her|su|sus|el|la|un|una|al) (family|relatives|doctors?|physicians?|hospitals?|clinics?",
            r"|employers?|boss|wife|husband|spouse|partner|parents?|mother|father|mom|dad|friends?|sponsor|school",
            r"|therapists?|counselors?|pharmac(?:y|ies)|familia\w*|médic[oa]s?|doctora?|clínicas?|jefe|jefa",
            r"|empleador\w*|espos[oa]|pareja|padres?|madre|amig[oa]s?|padrino|escuela|terapeutas?|consejer[oa]s?|farmacias?)\b",
        ))
    });
    if let Some(found) = EVERYBODY.find(text).or_else(|| JOINED.find(text)) {
        return Some(found.as_str());
    }
    let party = PARTY.captures_iter(text).find(|found| {
        let noun = plain(&found[1]);
        !own.iter().any(|name| name.split(' ').any(|word| word == noun))
    });
    if let Some(found) = party {
        return found.get(0).map(|m| m.as_str());
    }
    given_to(text, locale, others)
}

/// The place in `text` where something goes to one of `names`: after a word of giving, with its article if any.
fn given_to<'t>(text: &'t str, locale: Locale, names: &[String]) -> Option<&'t str> {
    let giving: &[&str] = match locale {
        Locale::EnUs => &["tell", "to", "with", "give", "send", "inform", "in"],
        Locale::EsUs => &["a", "al", "con", "en"],
    };
    const ARTICLES: [&str; 10] = ["my", "your", "the", "our", "mi", "su", "el", "la", "nuestro", "nuestra"];
    let letters = |c: char| c.is_alphanumeric() || c == '\'';
    // Each word, lower case, with its place.
    let mut words: Vec<(Range<usize>, String)> = Vec::new();
    let mut at = 0;
    for word in text.split_inclusive(|c| !letters(c)) {
        let bare = word.trim_end_matches(|c| !letters(c));
        if !bare.is_empty() {
            words.push((at..at + bare.len(), bare.to_lowercase()));
        }
        at += word.len();
    }
    let article = |word: &str| ARTICLES.contains(&word);
    for given in (1..words.len()).filter(|&i| giving.contains(&words[i - 1].1.as_str())) {
        let from = given + usize::from(article(&words[given].1));
        for name in names {
            let mut named: Vec<&str> = name.split(' ').collect();
            if named.len() > 1 && article(named[0]) {
                named.remove(0);
            }
            let said = words.get(from..from + named.len()).unwrap_or_default();
            if !named.is_empty() && said.iter().map(|(_, w)| w.as_str()).eq(named.iter().copied()) {
                return text.get(words[given].0.start..said.last()?.0.end);
            }
        }
    }
    None
}

/// What a recipient is called: its name and its aliases, as [`plain`] writes them.
pub(super) fn called(name: &Words, aliases: &[String]) -> Vec<String> {
    let names = name.locales().map(|(_, said)| plain(&said.text));
    names.chain(aliases.iter().cloned()).filter(|name| !name.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_about_one_recipient_is_told_from_one_about_several() {
        let own = ["your family".to_owned(), "family".to_owned()];
        let others = ["your insurance plan".to_owned(), "my plan".to_owned(), "coverage".to_owned()];
        let cases = [
            ("May we tell {recipient} your name and your coverage?", None),
            ("May we tell {recipient}, who is your family, your name?", None),
            ("May we tell {recipient} and your doctor your name?", Some("{recipient} and your doctor")),
            ("May we tell anyone, also {recipient}, your name?", Some("anyone")),
            ("May we tell {recipient} all of it?", Some("all of")),
            ("May we tell {recipient}, your doctor, and so on?", Some("your doctor")),
            ("May we tell {recipient}, and give your plan a call?", Some("your plan")),
            ("May we tell the staff and {recipient} your name?", Some("and {recipient}")),
            ("¿Podemos decirle a {recipient} y a su médico su nombre?", Some("{recipient} y a su médico")),
            ("¿Podemos decirle a {recipient} y a todos su nombre?", Some("todos")),
        ];
        for (text, found) in cases {
            let locale = if text.starts_with('¿') { Locale::EsUs } else { Locale::EnUs };
            assert_eq!(bundled(text, locale, &own, &others), found, "{text}");
        }
    }

    #[test]
    fn courts_and_counseling_notes_are_found_and_courtesy_is_not() {
        assert_eq!(legal_proceedings("so that your Lawyer knows"), Some("Lawyer"));
        assert_eq!(legal_proceedings("para su caso penal"), Some("caso penal"));
        assert_eq!(legal_proceedings("as a courtesy, to judge what you need"), None);
        assert_eq!(counseling_notes("counseling_notes"), Some("counseling_notes"));
        assert_eq!(counseling_notes("las notas de terapia"), Some("notas de terapia"));
        assert_eq!(counseling_notes("notes about your call"), None);
        assert_eq!(unspecific("your name and all your medical records"), Some("all your medical records"));
        assert_eq!(unspecific("your name and all three phone numbers"), None);
    }
}

//! Rules over the words of a script: what must be said, what must not, and what gives a question away.

use super::{Locale, limits::WORDS_A_MINUTE};
use regex::Regex;
use std::{ops::Range, sync::LazyLock};

fn regex(pattern: &str) -> Regex {
    Regex::new(&format!("(?i){pattern}"))
        .expect("the patterns of this file are written by hand and run by its tests")
}

/// Words that ask for, or answer with, something about substance use, treatment, health or trouble with the law. A
/// question with one of them belongs behind the gate; so does an open "how can I help", which invites the same
/// answer (42 CFR 2.11 "records", 2.12(e)(1): what an intake call hears is a record).
static SUD: LazyLock<Regex> = LazyLock::new(|| {
    regex(concat!(
        r"\b(?:drugs?|alcohol\w*|liquor|drink\w*|drank|drunk|sober|sobriety|substances?|using|usage|used to use",
        r"|treatments?|treated|detox\w*|rehab\w*|withdrawals?|overdos\w*|relaps\w*|addict\w*|recovery|cravings?",
        r"|(?:been|being|get|getting|got|stay|staying|are you) clean|blackouts?|inject\w*|needles?|smok\w*|vap(?:e|es|ing)",
        r"|opioids?|opiates?|heroin|fentanyl|cocaine|crack|meth|methamphetamines?|amphetamines?|marijuana|cannabis|weed",
        r"|benzos?|benzodiazepines?|xanax|pills?|painkillers?|oxycodone|oxycontin|percocet|vicodin|adderall|gabapentin|kratom",
        r"|suboxone|sublocade|methadone|buprenorphine|naltrexone|vivitrol|antabuse|naloxone|narcan",
        r"|meds|medications?|medicines?|prescri\w+|diagnos\w+|symptoms?|level of care|inpatient|outpatient",
        // Health of mind and body.
        r"|mental(?:ly)? (?:health|ill|illness)|(?:medical|health) (?:conditions?|problems?|issues?|history)|how(?:'s| is) your health",
        r"|depress(?:ed|ion|ive)|anxi(?:ety|ous)|psychiatr\w*|psycholog\w*|therap(?:y|ies|ists?)|counsel(?:ing|ors?)",
        r"|suicid\w*|self.harm\w*|trauma\w*|ptsd|bipolar|pregnan\w*|hiv|hepatitis|hospitali[sz]\w*",
        // Trouble with the law.
        r"|probation|parole|court|judge|arrest\w*|convict\w*|felon\w*|(?:criminal|legal|pending) (?:charges?|record|case|trouble|status|problems?|issues?)",
        r"|jail|prison|incarcerat\w*|dui|dwi|lawyers?|attorneys?|immigration|child protective",
        // Open questions.
        r"|what brings you|why (?:are you|you are|you're|did you) call(?:ing)?|reasons? (?:for|you)|made you call",
        r"|how (?:can|may|could) (?:i|we) (?:help|assist)|what can (?:i|we) do for you|what (?:can|may) (?:i|we) help",
        r"|what(?:'s| is) going on|what happened|tell me (?:a (?:little|bit) )?(?:about|what|why) (?:you|yourself|your situation|happened|is going on)",
        r"|drogas?|alcohol|beb(?:e|er|es|ido|ida|idas)|borrach\w*|consum\w*|sustancias?|tratamientos?|desintoxica\w*|abstinencia",
        r"|rehabilita\w*|sobri[oa]s?|sobriedad|adic\w*|opioides?|heroína|fentanilo|cocaína|metanfetaminas?|marihuana|pastillas?",
        r"|sobredosis|reca[íi]d\w*|inyect\w*|fum(?:a|ar|ado)|metadona|medicamentos?|medicinas?|recetad\w*|diagn[oó]stic\w*",
        r"|síntomas?|nivel de atención|salud mental|su salud|depresi[oó]n|deprimid\w*|ansiedad|psic\w+|psiqu\w+|terapias?",
        r"|consejer[oaí]\w*|suicid\w*|embaraz\w*|vih|hospitaliza\w*",
        r"|arrest(?:o|ad[oa])s?|detenid[oa]s?|libertad condicional|tribunal\w*|juzgados?|corte|juez|jueza|abogad[oa]s?|cárcel|prisión",
        r"|antecedentes|(?:problemas?|casos?|cargos?|situación|estatus) (?:legal|penal|migratori)\w*|inmigración|migración",
        r"|por qué (?:nos |me )?llam[aóo]|motivo de su llamada|qué l[eoa] trae|en qué (?:le |lo |la )?(?:pued[oe]|podemos|podría)\w*",
        r"|cómo (?:le |lo |la )?(?:puedo|podemos) ayudar\w*|qué le pasa|qué (?:le )?(?:pasó|sucedió)|cuénteme (?:de|sobre|qué))\b",
    ))
});

/// Places in `source[span]` whose words elicit SUD information, but for those inside the program's own name.
pub(super) fn sud_words(source: &str, span: &Range<usize>, program: &str) -> Vec<Range<usize>> {
    let slice = source.get(span.clone()).unwrap_or_default();
    let names: Vec<Range<usize>> = match program {
        "" => Vec::new(),
        name => slice.match_indices(name).map(|(i, n)| i..i + n.len()).collect(),
    };
    SUD.find_iter(slice)
        .filter(|m| !names.iter().any(|n| n.start <= m.start() && m.end() <= n.end))
        .map(|m| span.start + m.start()..span.start + m.end())
        .collect()
}

/// The sentences of `source[span]` that end in a question mark.
pub(super) fn questions_in(source: &str, span: &Range<usize>) -> Vec<Range<usize>> {
    let slice = source.get(span.clone()).unwrap_or_default();
    let mut found = Vec::new();
    let mut start = 0;
    for (at, mark) in slice.match_indices(['.', '!', '?']) {
        if mark == "?" {
            found.push(span.start + start..span.start + at + 1);
        }
        start = at + 1;
    }
    found
}

/// Statements to recipients that the rule of 2024 replaced (42 CFR 2.32), and what they say now.
const REPLACED: [(&str, &str); 5] = [
    (
        "prohibits unauthorized disclosure of these records",
        "since 2024 it reads `prohibits unauthorized use or disclosure of these records` (42 CFR 2.32(a)(2))",
    ),
    (
        "prohíbe la divulgación no autorizada de estos registros",
        "since 2024 it reads `prohibits unauthorized use or disclosure of these records` (42 CFR 2.32(a)(2)); the statement is in English",
    ),
    (
        "prohibit you from making any further disclosure",
        "use the statement of 42 CFR 2.32(a)(1) as amended in 2024",
    ),
    ("is not sufficient for this purpose", "use the statement of 42 CFR 2.32(a)(1) as amended in 2024"),
    ("restrict any use of the information to", "use the statement of 42 CFR 2.32(a)(1) as amended in 2024"),
];

/// The replaced wording in `text`, and the mend.
pub(super) fn replaced_wording(text: &str) -> Option<(&'static str, &'static str)> {
    let lower = text.to_lowercase();
    REPLACED.into_iter().find(|(old, _)| lower.contains(old))
}

/// The words by which an automated agent claims to be a licensed person (California AB 489; part of the one
/// conservative policy for every state). "I'm not a nurse" is no claim.
pub(super) fn claimed_licence(text: &str) -> Option<String> {
    static CLAIM: LazyLock<Regex> = LazyLock::new(|| {
        regex(concat!(
            r"(no\s+)?\b(?:(?:I am|I'm)\s+(?:a |an |your )?(?:licensed |registered |certified )?",
            r"(?:nurse|counselor|therapist|doctor|physician|clinician|psychologist|social worker)",
            r"|soy\s+(?:una? |su )?(?:enfermer|consejer|terapeuta|doctor|médic|psicólog)\w*)",
        ))
    });
    CLAIM.captures_iter(text).find(|c| c.get(1).is_none()).map(|c| c[0].to_owned())
}

/// What the short notice must say, of which part (counted from the end of the list where it is shorter), and
/// by which words it is recognised.
pub(super) struct Duty {
    /// `a`, `b`, `c`.
    pub letter: char,
    /// What must be said.
    pub what: &'static str,
    /// Words that would do.
    pub mend: String,
}

/// The words by which a duty of the notice is recognised in one language.
struct Duties {
    /// What stands before the program's name.
    behalf: &'static [&'static str],
    law: Regex,
    shield: Regex,
    refuse: Regex,
    always: Regex,
}

static ENGLISH_DUTIES: LazyLock<Duties> = LazyLock::new(|| Duties {
    behalf: &["for ", "on behalf of "],
    law: regex(r"\b42 ?C\.? ?F\.? ?R\.?,? Part (?:2|two)\b"),
    shield: regex(r"\b(?:protect\w*|private|privacy|confidential\w*)\b"),
    refuse: regex(r"\b(?:decline|refuse|say no|skip|stop|(?:don't|do not) have to (?:answer|share|go on))\b"),
    always: regex(r"\b(?:any ?time|any point|any moment|whenever)\b"),
});

static SPANISH_DUTIES: LazyLock<Duties> = LazyLock::new(|| Duties {
    behalf: &["para ", "en nombre de ", "de parte de "],
    law: regex(
        r"\b42 ?C\.? ?F\.? ?R\.?,? Parte? (?:2|dos)\b|\bParte (?:2|dos)\b.{1,30}\b42\b.{1,20}\bC\.? ?F\.? ?R\b",
    ),
    shield: regex(r"\b(?:proteg\w*|protec\w*|privad\w*|privacidad|confidencial\w*)"),
    refuse: regex(
        r"\b(?:negarse|decir que no|rechazar|parar|detener\w*|no tiene que (?:contestar|responder|compartir))\b",
    ),
    always: regex(r"\b(?:cualquier momento|en todo momento|cuando quiera)\b"),
});

/// The duties a notice in `locale` leaves undone. `text` is the whole of it, placeholders filled in.
pub(super) fn notice_lacks(text: &str, locale: Locale, agent: &str, program: &str) -> Vec<Duty> {
    let wanted = match locale {
        Locale::EnUs => &*ENGLISH_DUTIES,
        Locale::EsUs => &*SPANISH_DUTIES,
    };
    let lower = text.to_lowercase();
    let says = |words: &str| lower.contains(&words.to_lowercase());
    let duties = [
        (
            'a',
            "who speaks, and on whose behalf",
            format!(
                "name the agent ({agent}) and say `for` or `on behalf of {program}` (in Spanish `de parte de`)"
            ),
            says(agent) && wanted.behalf.iter().any(|before| says(&format!("{before}{program}"))),
        ),
        (
            'b',
            "that 42 CFR Part 2 protects what is shared",
            "say that it is protected by a federal privacy law, 42 CFR Part 2".to_owned(),
            wanted.law.is_match(text) && wanted.shield.is_match(text),
        ),
        (
            'c',
            "that the caller can decline at any point",
            "say that no question has to be answered and that the caller can stop at any time".to_owned(),
            wanted.refuse.is_match(text) && wanted.always.is_match(text),
        ),
    ];
    let undone = duties.into_iter().filter(|(.., done)| !done);
    undone.map(|(letter, what, mend, _)| Duty { letter, what, mend }).collect()
}

/// Whether `text` ends in a question that yes or no answers.
pub(super) fn asks_yes_or_no(text: &str, locale: Locale) -> bool {
    static ENGLISH: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"(?:^|[,:;] )(?:so |and |okay )?(?:is|are|do|does|did|may|can|could|would|will|shall|should|have|has)\b[^,:;]*",
        )
    });
    static SPANISH: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"(?:^|[,:;] |¿)(?:y |entonces,? )?(?:está|es|son|puede|podemos|podría|puedo|quiere|desea|da|nos da|me da|le parece|acepta|autoriza|permite|nos permite|tiene|hay|seguimos)\b",
        )
    });
    static EITHER: LazyLock<Regex> = LazyLock::new(|| regex(r"\byes or no\b|\bsí o no\b"));
    let Some(question) = text.trim_end().strip_suffix('?') else { return false };
    let last = question.rsplit(['.', '!', '?']).next().unwrap_or_default().trim();
    let opener = match locale {
        Locale::EnUs => &*ENGLISH,
        Locale::EsUs => &*SPANISH,
    };
    EITHER.is_match(last) || opener.is_match(last)
}

/// How many words are spoken: a number is one, `CFR` is three.
pub(super) fn words(text: &str) -> u64 {
    let letters = |w: &str| {
        let bare: String = w.chars().filter(|c| c.is_alphanumeric()).collect();
        let initials = bare.len() > 1 && bare.chars().all(|c| c.is_ascii_uppercase());
        if initials { bare.len() as u64 } else { u64::from(!bare.is_empty()) }
    };
    text.split_whitespace().map(letters).sum()
}

/// How long `text` takes to say, in seconds, rounded up.
pub(super) fn seconds(words: u64) -> u64 {
    (words * 60).div_ceil(WORDS_A_MINUTE)
}

/// The school grade at which English `text` reads: Flesch and Kincaid, Navy report 8-75 (1975).
/// Syllables are counted as groups of vowels, which is near enough for a warning.
pub(super) fn grade(text: &str) -> f64 {
    let sentences = text.split(['.', '!', '?', ':']).filter(|s| s.chars().any(char::is_alphanumeric)).count();
    let words: Vec<&str> = text.split_whitespace().filter(|w| w.chars().any(char::is_alphanumeric)).collect();
    if words.is_empty() || sentences == 0 {
        return 0.0;
    }
    let syllables: usize = words.iter().map(|w| syllables(w)).sum();
    let (n, sentences, syllables) = (words.len() as f64, sentences as f64, syllables as f64);
    0.39 * n / sentences + 11.8 * syllables / n - 15.59
}

fn syllables(word: &str) -> usize {
    let word: String = word.chars().filter(|c| c.is_alphabetic()).flat_map(char::to_lowercase).collect();
    let vowel = |c: char| "aeiouy".contains(c);
    let groups = word.split(|c| !vowel(c)).filter(|g| !g.is_empty()).count();
    let silent = word.ends_with('e') && !word.ends_with("le") || word.ends_with("ed");
    groups.saturating_sub(usize::from(silent && groups > 1)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_yes_or_no_question_is_told_from_any_other() {
        let (en, es) = (Locale::EnUs, Locale::EsUs);
        let cases = [
            ("Is it okay if we go on?", en, true),
            ("Thanks. So, may they have it?", en, true),
            ("Yes or no, shall they?", en, true),
            ("What is your name?", en, false),
            ("Is it okay? Tell me why.", en, false),
            ("Please go on.", en, false),
            ("¿Está bien si seguimos?", es, true),
            ("Gracias. ¿Nos da su permiso, sí o no?", es, true),
            ("¿Cómo se llama?", es, false),
        ];
        for (text, locale, yes_no) in cases {
            assert_eq!(asks_yes_or_no(text, locale), yes_no, "{text}");
        }
    }

    #[test]
    fn words_that_elicit_are_found_and_the_name_of_the_program_is_not_one() {
        let found = |text: &str| -> Vec<String> {
            sud_words(text, &(0..text.len()), "Harbor Recovery Center")
                .into_iter()
                .map(|r| text[r].to_owned())
                .collect()
        };
        assert_eq!(found("Do you drink, or use other Drugs?"), ["drink", "Drugs"]);
        assert_eq!(found("¿Ha estado en tratamiento?"), ["tratamiento"]);
        assert_eq!(found("How can I help you today?"), ["How can I help"]);
        assert_eq!(found("How did you hear about Harbor Recovery Center?"), [""; 0]);
        assert_eq!(found("What is your date of birth?"), [""; 0]);
    }

    #[test]
    fn only_a_claim_to_a_licence_is_one() {
        assert_eq!(
            claimed_licence("Hi, I'm a registered nurse here.").as_deref(),
            Some("I'm a registered nurse")
        );
        assert_eq!(claimed_licence("Soy enfermera.").as_deref(), Some("Soy enfermera"));
        for fine in ["I'm not a nurse.", "No soy enfermera.", "I'm an automated assistant."] {
            assert_eq!(claimed_licence(fine), None, "{fine}");
        }
    }

    #[test]
    fn initials_are_spoken_letter_by_letter() {
        assert_eq!(words("It is called 42 CFR Part 2."), 9);
        assert_eq!(seconds(105), 42);
    }
}

//! Insurers, as callers and recognisers write them.

use super::normalise;

/// The name that is stored, and the ways it is said besides. A variant with `=` before it counts only as the
/// whole answer: it is also an ordinary word.
const INSURERS: &[(&str, &str)] = &[
    ("Aetna", "aetna|at na|at nah|edna|etna|aetnah|ed na|etnah|aet na|=at not|=ethna"),
    ("Cigna", "cigna|signa|sig na|cigma|cygna|cigna evernorth|=sigma|=cigarette"),
    (
        "Blue Cross Blue Shield",
        "blue cross blue shield|blue cross and blue shield|bcbs|b c b s|blue cross|blue shield|blue crosses|the blues",
    ),
    ("Anthem", "anthem blue cross blue shield|anthem blue cross|anthem|anthum"),
    (
        "UnitedHealthcare",
        "united healthcare|united health care|unitedhealthcare|unitedhealth|united health|uhc|u h c|=united",
    ),
    ("Humana", "humana|human a|humanna|humanah|=human"),
    ("Kaiser Permanente", "kaiser permanente|kaiser|kayser|kaizer|kyser permanente"),
    ("Molina", "molina healthcare|molina|malina|mo lina"),
    ("Centene", "centene|cent teen|sentene"),
    ("Ambetter", "ambetter|am better|and better|ambeter"),
    ("Oscar", "oscar health|oscar insurance|=oscar|=oskar"),
    ("TRICARE", "tricare|try care|tri care|tricare prime|tricare select|triwest"),
    ("Medicaid", "medicaid|medicade|medic aid|medicate aid"),
    ("Medicare", "medicare advantage|medicare|medic care|medi care|medicair"),
    ("Medi-Cal", "medi cal|medical insurance from california|medi call|=medical|=medi"),
    ("Carelon", "carelon|care lon|carillon behavioral"),
    ("Magellan", "magellan health|magellan|majellan"),
    ("Optum", "optum|opt um|optimum behavioral"),
    ("Beacon", "beacon health|beacon health options|=beacon"),
    ("Health Net", "health net|healthnet"),
    ("WellCare", "wellcare|well care"),
    ("Amerigroup", "amerigroup|ameri group"),
    ("CareSource", "caresource|care source"),
    ("Highmark", "highmark|high mark"),
    ("Florida Blue", "florida blue"),
    ("Tufts Health Plan", "tufts health plan|tufts"),
    ("Veterans Affairs", "veterans affairs|va insurance|the va|v a|=va"),
];

/// No insurance.
const NONE: &str = "none|no insurance|uninsured|not insured|do not have any|do not have insurance|do not have none|do not have one|have no insurance|\
    have none|no coverage|do not have coverage|without insurance|self pay|paying cash|pay cash|out of pocket|lost my insurance|have not got any|do not got any|\
    nothing|no tengo|ninguno|ninguna|sin seguro";

/// Words after which the insurer is named anew.
const CORRECTS: &[&str] = &["no", "wait", "sorry", "mean", "meant", "actually", "correction", "oops"];

/// The insurer's name where it is one of the list, `none`, or the text as said.
pub(super) fn value(text: &str) -> Option<String> {
    let said: Vec<String> = normalise::words(text).into_iter().map(|word| word.text).collect();
    let mut found: Option<(usize, &str)> = None;
    let mut at = 0;
    while at < said.len() {
        let Some((name, length)) = longest(&said, at) else {
            at += 1;
            continue;
        };
        let denied = at > 0 && matches!(said[at - 1].as_str(), "not" | "no" | "isnt");
        let corrected =
            found.is_some_and(|(end, _)| said[end..at].iter().any(|w| CORRECTS.contains(&w.as_str())));
        let after_no = corrected && at > 0 && said[at - 1] == "no";
        if !denied && found.is_none() || corrected && (!denied || after_no) {
            found = Some((at + length, name));
        }
        at += length;
    }
    if let Some((_, name)) = found {
        return Some(name.to_owned());
    }
    let none = NONE.split('|').any(|phrase| {
        let wanted: Vec<&str> = phrase.split(' ').collect();
        said.windows(wanted.len()).any(|window| window.iter().zip(&wanted).all(|(a, b)| a == b))
    });
    if none {
        return Some("none".into());
    }
    let plain = text.trim().trim_end_matches(['.', '!', ',']).trim();
    (!said.is_empty() && !plain.is_empty()).then(|| plain.to_owned())
}

/// The longest name that begins with word `at`, and its length.
fn longest(said: &[String], at: usize) -> Option<(&'static str, usize)> {
    let lengths = INSURERS.iter().flat_map(|(name, variants)| variants.split('|').map(move |v| (*name, v)));
    let fits = lengths.filter_map(|(name, variant)| {
        let (variant, alone) = variant.strip_prefix('=').map_or((variant, false), |variant| (variant, true));
        let length = variant.split(' ').count();
        let same =
            variant.split(' ').enumerate().all(|(i, part)| said.get(at + i).is_some_and(|w| w == part));
        (same && (!alone || is_all(said, at, length))).then_some((name, length))
    });
    fits.max_by_key(|(_, length)| *length)
}

/// Whether the words from `at` are the whole answer but for "it's", "I have" and the like.
fn is_all(said: &[String], at: usize, length: usize) -> bool {
    const AROUND: &[&str] = &[
        "it",
        "is",
        "i",
        "have",
        "got",
        "my",
        "insurance",
        "through",
        "with",
        "by",
        "the",
        "that",
        "would",
        "be",
        "um",
        "yes",
        "yeah",
        "think",
        "called",
        "please",
        "health",
        "plan",
        "am",
        "on",
    ];
    let around = |word: &String| AROUND.contains(&word.as_str());
    said[..at].iter().all(around) && said[at + length..].iter().all(around)
}

//! The steps of a call as a script writes them: notice, questions, FAQ, and every other line.

use super::{
    AnswerKind, Elicits, Faq, Locale, Notice, NoticePart, Question, ReadBack, Text, Texts,
    limits::*,
    lint, template,
    tree::{Reader, Said, Table},
    words::{Fill, Rules, Words, id, phrases, version, words, yes_or_no},
};
use std::{collections::BTreeMap, ops::Range};

/// Reads `[notice]`.
pub(super) fn notice(read: &mut Reader<'_>, fill: &Fill, root: &Table<'_>) -> (Notice, NoticeWords) {
    let known = ["id", "version", "approved_by", "acknowledge", "parts"];
    let Some(table) = read.table(root, "notice", "`[notice]`", &known) else {
        return (
            Notice {
                id: String::new(),
                version: String::new(),
                approved_by: String::new(),
                parts: Vec::new(),
                acknowledge: Text { en: String::new(), es: None },
            },
            NoticeWords::default(),
        );
    };
    let notice_id = id(read, &table, &mut BTreeMap::new());
    let version = version(read, &table);
    let approved_by = read.string(&table, "approved_by", NAME_CHARS_MAX);
    let spoken = Rules { spanish: true, ..Rules::default() };
    let acknowledge = words(read, fill, &table, "acknowledge", spoken);
    yes_or_no(read, &acknowledge, "the acknowledgement question");
    let mut seen = BTreeMap::new();
    let mut parts: Vec<(String, Words)> = Vec::new();
    read.value(&table, "parts");
    for part in read.tables(&table, "parts", "notice part", &["id", "text"], NOTICE_PARTS_MAX) {
        parts.push((id(read, &part, &mut seen), words(read, fill, &part, "text", spoken)));
    }
    duties(read, fill, &parts);
    let notice = Notice {
        id: notice_id,
        version,
        approved_by: approved_by.text.clone(),
        parts: parts.iter().map(|(id, w)| NoticePart { id: id.clone(), text: w.filled(fill) }).collect(),
        acknowledge: acknowledge.filled(fill),
    };
    (notice, NoticeWords { approved_by, place: table.span })
}

/// Where the notice stands.
#[derive(Default)]
pub(super) struct NoticeWords {
    /// Who approved it.
    pub approved_by: Said,
    /// Its header.
    pub place: Range<usize>,
}

/// Every language of the notice must do the three duties, and read plainly.
fn duties(read: &mut Reader<'_>, fill: &Fill, parts: &[(String, Words)]) {
    for locale in [Locale::EnUs, Locale::EsUs] {
        let said: Vec<&Said> = parts
            .iter()
            .filter_map(|(_, w)| w.locales().find(|(l, _)| *l == locale).map(|(_, s)| s))
            .collect();
        // A language that lacks a part is reported as such already.
        if said.len() < parts.len() || said.is_empty() {
            continue;
        }
        let filled = parts.iter().map(|(_, w)| w.filled(fill).in_locale(locale).to_owned());
        let text = filled.collect::<Vec<_>>().join(" ");
        for duty in lint::notice_lacks(&text, locale, &fill.agent, &fill.program) {
            let place = said[(duty.letter as usize - 'a' as usize).min(said.len() - 1)].span.clone();
            let message = format!("the notice in {locale} does not say ({}) {}", duty.letter, duty.what);
            read.findings.fault(place, message, duty.mend);
        }
        let grade = lint::grade(&text);
        if locale == Locale::EnUs && grade > NOTICE_GRADE_MAX {
            let message = format!("the notice reads at school grade {grade:.1}, above {NOTICE_GRADE_MAX:.0}");
            read.findings.warn(said[0].span.clone(), message, "shorten its sentences and words");
        }
    }
}

const ANSWERS: [(&str, AnswerKind); 6] = [
    ("open", AnswerKind::Open),
    ("name", AnswerKind::Name),
    ("phone", AnswerKind::Phone),
    ("date", AnswerKind::Date),
    ("member_id", AnswerKind::MemberId),
    ("insurer", AnswerKind::Insurer),
];

const READ_BACKS: [(&str, ReadBack); 3] =
    [("always", ReadBack::Always), ("spoken", ReadBack::Spoken), ("never", ReadBack::Never)];

/// Numbers are read back whether heard or typed, names where they were heard; what is told at length never is.
fn usual_read_back(answer: AnswerKind) -> ReadBack {
    match answer {
        AnswerKind::Phone | AnswerKind::Date | AnswerKind::MemberId => ReadBack::Always,
        AnswerKind::Name | AnswerKind::Insurer => ReadBack::Spoken,
        AnswerKind::Open => ReadBack::Never,
    }
}

/// Reads `[[questions]]`: the plain ones first, then the sensitive ones.
pub(super) fn questions(
    read: &mut Reader<'_>,
    fill: &Fill,
    root: &Table<'_>,
) -> (Vec<Question>, Vec<Question>) {
    read.value(root, "questions");
    let known = ["id", "elicits", "answer", "read_back", "text"];
    let tables = read.tables(root, "questions", "question", &known, QUESTIONS_MAX);
    let mut seen = BTreeMap::new();
    let mut placed: Vec<(Question, Range<usize>)> = Vec::new();
    for table in &tables {
        let id = id(read, table, &mut seen);
        let (elicits, place) =
            read.choice(table, "elicits", &[("none", Elicits::None), ("sud", Elicits::Sud)]);
        let (answer, _) = read.choice(table, "answer", &ANSWERS);
        let chosen = read.choice_if_any(table, "read_back", &READ_BACKS);
        let read_back = chosen.map_or_else(|| usual_read_back(answer), |(when, _)| when);
        let words = words(read, fill, table, "text", Rules::default());
        if elicits == Elicits::None {
            plain_words(read, fill, &words, &format!("the plain question `{id}`"));
        }
        let question = Question { id, elicits, text: words.filled(fill), answer, read_back };
        placed.push((question, place));
    }
    order(read, &placed);
    placed.into_iter().map(|(q, _)| q).partition(|q| q.elicits == Elicits::None)
}

/// Nothing plain may ask about substance use.
fn plain_words(read: &mut Reader<'_>, fill: &Fill, words: &Words, name: &str) {
    for (_, said) in words.locales() {
        for place in lint::sud_words(read.source, &said.span, &fill.program) {
            let word = read.source[place.clone()].to_owned();
            let mend =
                "mark it elicits = \"sud\" and move it behind the plain questions, or ask in other words";
            read.findings.fault(
                place,
                format!("{name} asks about substance use, health or the law: `{word}`"),
                mend,
            );
        }
    }
}

/// Plain questions come first. Where they do not, the fewer are taken to be the misplaced ones.
fn order(read: &mut Reader<'_>, placed: &[(Question, Range<usize>)]) {
    let is_plain = |(q, _): &&(Question, Range<usize>)| q.elicits == Elicits::None;
    let first_sensitive = placed.iter().position(|p| !is_plain(&p)).unwrap_or(placed.len());
    let after_last_plain = placed.iter().rposition(|p| is_plain(&p)).map_or(0, |last| last + 1);
    // In order, the sensitive ones begin where the plain ones have ended, and there is nothing between.
    let tangled = placed.get(first_sensitive..after_last_plain).unwrap_or_default();
    let plain_late = tangled.iter().filter(is_plain).count();
    let sensitive_early = tangled.len() - plain_late;
    for (question, place) in tangled {
        let id = &question.id;
        match question.elicits {
            Elicits::Sud if sensitive_early <= plain_late => read.findings.fault(
                place.clone(),
                format!("the sensitive question `{id}` stands among the plain ones"),
                "move it behind the last plain question; a call asks the plain ones first",
            ),
            Elicits::None if plain_late < sensitive_early => read.findings.fault(
                place.clone(),
                format!("the plain question `{id}` stands behind a sensitive one"),
                "move it before the first sensitive question; if it asks about substance use, mark it elicits = \"sud\"",
            ),
            _ => {}
        }
    }
}

/// Reads `[[faq]]`.
pub(super) fn faq(read: &mut Reader<'_>, fill: &Fill, root: &Table<'_>) -> Vec<Faq> {
    let tables = read.tables(root, "faq", "FAQ entry", &["id", "phrases", "answer"], FAQ_MAX);
    let (mut ids, mut phrases_seen) = (BTreeMap::new(), BTreeMap::new());
    let mut entries: Vec<Faq> = Vec::new();
    for table in &tables {
        let id = id(read, table, &mut ids);
        let phrases = phrases(read, table, "phrases", PHRASES_MAX, &id, &mut phrases_seen);
        hidden(read, table, &phrases, &phrases_seen, &id);
        let answer = words(read, fill, table, "answer", Rules::default());
        quiet(read, fill, &answer, &format!("the answer of {}", table.name));
        entries.push(Faq { id, phrases, answer: answer.filled(fill) });
    }
    entries
}

/// The first entry with a phrase that was said is the answer, so an earlier, shorter phrase hides a longer one.
fn hidden(
    read: &mut Reader<'_>,
    table: &Table<'_>,
    phrases: &[String],
    seen: &BTreeMap<String, String>,
    own: &str,
) {
    let place = table.entry("phrases").map_or(table.span.clone(), |(place, _)| place);
    for phrase in phrases {
        let words: Vec<&str> = phrase.split(' ').collect();
        let parts = (0..words.len()).flat_map(|from| (from + 1..=words.len()).map(move |to| (from, to)));
        let shorter = parts
            .map(|(from, to)| words[from..to].join(" "))
            .find(|part| seen.get(part).is_some_and(|owner| owner != own));
        if let Some(shorter) = shorter {
            let message =
                format!("`{phrase}` is never reached: `{shorter}` of `{}` comes first", seen[&shorter]);
            read.findings.warn(place.clone(), message, "move this entry up, or take one of the phrases out");
        }
    }
}

/// A line that may be said before the gate must not ask about substance use either.
fn quiet(read: &mut Reader<'_>, fill: &Fill, words: &Words, name: &str) {
    for (_, said) in words.locales() {
        for question in lint::questions_in(read.source, &said.span) {
            for place in lint::sud_words(read.source, &question, &fill.program) {
                let word = read.source[place.clone()].to_owned();
                let message = format!("{name} asks about substance use, health or the law: `{word}`");
                read.findings.fault(place, message, "only a sensitive question may; ask in other words");
            }
        }
    }
}

/// Reads every field of [`Texts`] by its own name, so that none can be forgotten here.
macro_rules! every_text {
    ($read:expr, $fill:expr, $root:expr; $($name:ident)*) => {{
        const KNOWN: &[&str] = &["typed", $(stringify!($name)),*];
        const TYPED: &[&str] = &[$(stringify!($name)),*];
        match $read.table($root, "texts", "`[texts]`", KNOWN) {
            Some(table) => {
                let texts = Texts { $($name: line($read, $fill, &table, stringify!($name))),* };
                let typed = $read.table_if_any(&table, "typed", "`[texts.typed]`", TYPED);
                let typed = typed.map(|own| Texts {
                    $($name: match own.get(stringify!($name)) {
                        Some(_) => line($read, $fill, &own, stringify!($name)),
                        None => texts.$name.clone(),
                    }),*
                });
                (texts, typed)
            }
            None => (Texts { $($name: Text { en: String::new(), es: None }),* }, None),
        }
    }};
}

/// Reads `[texts]`, and what a chat says in words of its own: `[texts.typed]`.
pub(super) fn texts(read: &mut Reader<'_>, fill: &Fill, root: &Table<'_>) -> (Texts, Option<Texts>) {
    every_text!(read, fill, root;
        greeting recording before_we_talk back_to_notice acknowledge_again declined thanks consent_granted
        consent_denied consent_again consent_deferred signature signature_again name_differs read_back
        read_back_wrong revoked revoked_all revoked_before revoke_confirm
        revoke_not_meant stopped skipped wait not_understood silence silence_goodbye no_answer_known human_offer
        human_connecting human_unavailable emergency danger_question neutral_refusal legal_demand
        representative company company_refused capacity safety special_recipient complaint no_single_consent
        restricted third_party minor
        request_filed recording_off language_offer code_ask code_kept code_unknown carried_on handed_over language
        trouble closing goodbye)
}

/// Texts that came when scripts were already in use. Where one lacks them the sample's words are said: a call can be
/// replayed on the script it ran on, whatever came later.
const CAME_LATER: &[&str] = &["code_ask", "code_kept", "code_unknown", "carried_on", "handed_over"];

fn line(read: &mut Reader<'_>, fill: &Fill, table: &Table<'_>, key: &'static str) -> Text {
    if CAME_LATER.contains(&key) && table.get(key).is_none() && !table.is_misspelt(key) {
        let message = format!("{} lacks `{key}`: the words of the sample are said", table.name);
        read.findings.warn(table.span.clone(), message, "add it, and say it in words of your own");
        return template::sample_text(key, fill);
    }
    let must: &'static [&'static str] = match key {
        "greeting" => &["program"],
        "consent_granted" | "consent_denied" | "consent_again" | "consent_deferred" | "signature"
        | "signature_again" | "name_differs" => &["recipient"],
        "read_back" => &["value"],
        "restricted" | "revoked" | "revoked_before" | "revoke_confirm" => &["recipients"],
        "human_unavailable" | "closing" => &["number"],
        _ => &[],
    };
    let words = words(read, fill, table, key, Rules { must, ..Rules::default() });
    for (locale, said) in words.locales().filter(|(_, s)| !s.text.is_empty()) {
        let lower = said.text.to_lowercase();
        let mut say = |found: bool, what: &str, mend: &str| {
            if !found {
                read.findings.fault(said.span.clone(), format!("`{key}` does not say {what}"), mend);
            }
        };
        let automated = lower.contains("automated") || lower.contains("automatizad");
        match key {
            "greeting" => say(
                automated,
                "that an automated assistant speaks",
                "say `automated assistant` (`asistente automatizado`)",
            ),
            "recording" => {
                let said_so = lower.contains("record") || lower.contains("grab");
                say(
                    said_so,
                    "that the call is recorded",
                    "say `this call is recorded` (`esta llamada se graba`)",
                );
            }
            "emergency" => {
                say(lower.contains("911"), "911", "give the number of the emergency services");
                say(lower.contains("988"), "988", "give the number of the Suicide and Crisis Lifeline");
            }
            "closing" => {
                say(
                    automated,
                    "that an automated assistant spoke",
                    "say it again at the end (California AB 3030)",
                );
                say(lower.ends_with('?'), "`anything else?` at its end", "end it with that question");
            }
            "acknowledge_again" | "consent_again" | "revoke_confirm" | "human_offer" | "danger_question" => {
                say(
                    lint::asks_yes_or_no(&said.text, locale),
                    "a yes-or-no question at its end",
                    "end it with a question such as `Is that a yes?` (`¿Es un sí?`), or with `yes or no?`",
                )
            }
            _ => {}
        }
    }
    if key != "danger_question" {
        quiet(read, fill, &words, &format!("`{key}`"));
    }
    words.filled(fill)
}

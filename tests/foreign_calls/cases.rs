//! Calls of another system as they can be: who says what, and what must be found of it.

use candor::{
    program::{Locale, Program, parse},
    replay::foreign::{Foreign, Party, Standing, Utterance},
};
use std::sync::{Arc, LazyLock};

pub static HARBOR: LazyLock<Arc<Program>> =
    LazyLock::new(|| Arc::new(parse(include_str!("../../programs/harbor/program.toml")).unwrap()));

/// One who speaks, and the words.
pub type Line = (Party, String);

pub fn part(number: usize, locale: Locale) -> Line {
    (Party::Agent, HARBOR.notice.parts[number].text.in_locale(locale).to_owned())
}

pub fn ack(locale: Locale) -> Line {
    (Party::Agent, HARBOR.notice.acknowledge.in_locale(locale).to_owned())
}

pub fn sensitive(locale: Locale) -> Line {
    (Party::Agent, HARBOR.sensitive[0].text.in_locale(locale).to_owned())
}

pub fn consent(locale: Locale) -> Line {
    let payor = &HARBOR.recipients[0];
    (Party::Agent, payor.consent.about(&[payor.name.in_locale(locale)], locale))
}

pub fn caller(words: &str) -> Line {
    (Party::Caller, words.into())
}

fn half(line: Line, words: usize) -> Line {
    let kept: Vec<&str> = line.1.split_whitespace().take(words).collect();
    (line.0, kept.join(" "))
}

/// What a caller says in a body of calls.
#[derive(Clone, Copy)]
pub struct Words {
    pub yes: [&'static str; 3],
    pub no: [&'static str; 3],
    /// What answers nothing.
    pub unclear: &'static [&'static str],
    pub answer: &'static str,
}

/// A call, and what must be found of it.
#[derive(Clone)]
pub struct Case {
    pub name: String,
    pub lines: Vec<Line>,
    /// What is wrong: `what`, words of why, and the number of the line at which it shows.
    pub wrong: Option<(&'static str, &'static str, usize)>,
    pub consent: &'static str,
}

/// The calls of a body, in `locale`, by a caller who has these words.
pub fn cases(locale: Locale, words: &Words) -> Vec<Case> {
    let [yes, sure, fine] = words.yes;
    let (ack, consent, sensitive) = (ack(locale), consent(locale), sensitive(locale));
    let whole = || (0..3).map(|at| part(at, locale)).chain([ack.clone()]).collect::<Vec<Line>>();
    let opened = |words: &str| [whole(), vec![caller(words)]].concat();
    let asked = |first: &str, answer: &str| {
        [opened(first), vec![consent.clone(), caller(answer), sensitive.clone()]].concat()
    };
    let mut all = Vec::new();
    let mut add = |name: String, lines, wrong, consent| all.push(Case { name, lines, wrong, consent });
    for (first, answer) in [(sure, yes), (fine, sure), (yes, fine)] {
        if locale == Locale::EnUs && answer == "I understand." {
            continue;
        }
        add(format!("in full ({first}), consent yes ({answer})"), asked(first, answer), None, "yes");
    }
    for (first, answer) in [(yes, words.no[0]), (fine, words.no[1]), (sure, words.no[2])] {
        add(format!("in full ({first}), consent no ({answer})"), asked(first, answer), None, "no");
    }
    let unclear = "asked, and not clearly answered";
    for answer in words.unclear {
        let wrong = Some(("consent payor", "not clearly answered", 6));
        add(format!("in full, consent unclear ({answer})"), asked(sure, answer), wrong, unclear);
    }
    for (number, kept) in [(1, 12), (2, 7)] {
        let mut lines: Vec<Line> = (0..=number).map(|at| part(at, locale)).collect();
        let cut = half(lines.pop().unwrap(), kept);
        lines.extend([cut, ack.clone(), caller(yes), sensitive.clone()]);
        let why = if number == 1 { "part b was cut short" } else { "part c was cut short" };
        add(format!("cut short in part {number}"), lines, Some(("notice", why, number)), "not asked");
    }
    let after = [vec![sensitive.clone(), caller(words.answer)], opened(yes)].concat();
    let wrong = Some(("order", "before the notice had been read", 0));
    add("read after the question".into(), after.clone(), wrong, "not asked");
    let again = [after, vec![sensitive.clone()]].concat();
    add("read after the question, which is asked again".into(), again, wrong, "not asked");
    let lines = vec![ack.clone(), caller(yes), sensitive.clone()];
    add("not read".into(), lines, Some(("notice", "part a was not read", 2)), "not asked");
    let lines = vec![part(0, locale), part(2, locale), ack.clone(), caller(yes), sensitive.clone()];
    add("a part left out".into(), lines, Some(("notice", "part b was not read", 4)), "not asked");
    let lines = vec![ack.clone(), caller(yes)];
    let early = [lines, whole()[..3].to_vec(), vec![sensitive.clone()]].concat();
    let wrong = Some(("acknowledgement", "answered before the notice had been read", 1));
    add("yes before the notice".into(), early.clone(), wrong, "not asked");
    let wrong = Some(("order", "an answer that came before the notice", 5));
    add("a question opened by a yes before the notice".into(), early.clone(), wrong, "not asked");
    let mut again = early;
    again.splice(5..5, [ack.clone(), caller(yes)]);
    add("asked before the notice and after it".into(), again, None, "not asked");
    let lines = [whole()[..2].to_vec(), vec![ack.clone(), caller(yes), part(2, locale), sensitive.clone()]];
    let wrong = Some(("acknowledgement", "answered before the notice had been read", 3));
    add("a part read after the yes".into(), lines.concat(), wrong, "not asked");
    let lines = [opened(words.no[0]), vec![sensitive.clone()]].concat();
    add("no to the notice".into(), lines, Some(("order", "without a clear yes", 5)), "not asked");
    let lines = [opened(words.unclear[0]), vec![sensitive.clone()]].concat();
    let wrong = Some(("order", "without a clear yes", 5));
    add("nothing clear to the notice".into(), lines, wrong, "not asked");
    let asked_again = vec![ack.clone(), caller(yes), sensitive.clone()];
    let lines = [opened(words.unclear[1]), asked_again].concat();
    add("asked again, and then a yes".into(), lines, None, "not asked");
    all
}

/// The lines of a call as somebody would write them down, half a second apart.
pub fn written(lines: &[Line]) -> Vec<Utterance> {
    let mut at = 500;
    let said = lines.iter().map(|(party, text)| {
        let from_ms = at;
        let to_ms = from_ms + text.split_whitespace().count() as u64 * 350;
        at = to_ms + 600;
        Utterance::written(*party, from_ms, to_ms, text.clone())
    });
    said.collect()
}

/// Whether `found` is what must be found of `case`, whose lines were said at `times`; else what is not.
pub fn fault(case: &Case, found: &Foreign, times: &[(u64, u64)], slack_ms: u64) -> Option<String> {
    let judged = |what: &str| found.judged.iter().find(|judged| judged.what == what);
    let Some(asked) = judged("consent payor") else { return Some("nothing was judged".into()) };
    if !asked.why.starts_with(case.consent) {
        return Some(format!("consent: {}", asked.why));
    }
    let Some((what, why, line)) = case.wrong else {
        let first = found.first().map(|judged| format!("{}: {}", judged.what, judged.why));
        return first.filter(|_| found.standing() != Standing::Right);
    };
    let judged = judged(what)?;
    if judged.standing != Standing::Wrong || !judged.why.contains(why) {
        return Some(format!("{what}: {}", judged.why));
    }
    let Some(at) = judged.at_ms else { return Some(format!("{what}: no moment is named")) };
    let (from, to) = times[line];
    let near = from.saturating_sub(slack_ms)..=to + slack_ms;
    (!near.contains(&at)).then(|| format!("{what}: {at} is not in {near:?}"))
}

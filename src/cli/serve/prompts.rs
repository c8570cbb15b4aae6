//! Every line of a script that is the same for every caller: rendered once, before the first call.

use crate::program::{Locale, Program, Text};
use std::collections::BTreeSet;

/// The lines of `program` in one of its languages, about in the order in which a call comes to them.
pub(in super::super) fn lines(program: &Program, locale: Locale) -> Vec<(String, Locale)> {
    let (mut all, mut known) = (Vec::new(), BTreeSet::new());
    if !program.locales.contains(&locale) {
        return all;
    }
    let mut add = |text: &Text, about: &[&str]| {
        let line = text.about(about, locale);
        if known.insert(line.clone()) {
            all.push((line, locale));
        }
    };
    add(&program.texts.language, &[]);
    for part in &program.notice.parts {
        add(&part.text, &[]);
    }
    add(&program.notice.acknowledge, &[]);
    for question in program.plain.iter().chain(&program.sensitive) {
        add(&question.text, &[]);
    }
    for recipient in &program.recipients {
        add(&recipient.consent, &[recipient.name.in_locale(locale)]);
    }
    add(&program.consents.shared, &[]);
    // A line with a caller's own words in it is rendered when it is said.
    for text in texts(program).into_iter().filter(|text| !text.en.contains("{value}")) {
        if text.in_locale(locale).contains("{recipient") {
            // Several recipients at once are rare: that line is rendered when it is said.
            for recipient in &program.recipients {
                add(&text, &[recipient.name.in_locale(locale)]);
            }
        } else {
            add(&text, &[]);
        }
    }
    for faq in &program.faq {
        add(&faq.answer, &[]);
    }
    all
}

/// Every text of [`crate::program::Texts`], whatever they are called.
fn texts(program: &Program) -> Vec<Text> {
    match serde_json::to_value(&program.texts) {
        Ok(serde_json::Value::Object(texts)) => {
            texts.into_iter().filter_map(|(_, text)| serde_json::from_value(text).ok()).collect()
        }
        _ => Vec::new(),
    }
}

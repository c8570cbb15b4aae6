//! What was understood before, for who has the same words understood again and again: a replay of thousands of calls.
//!
//! [`super::understand`] is pure: the same words in the same place have the same reading, and to remember it is exact.
//! How surely they were heard is not remembered but weighed in each time; only what depends on nothing else is kept.

use super::{Context, Heard, Reading, reading::read, sound::Sound};
use crate::program::{Expecting, Locale, Program, RecipientId};
use std::{collections::BTreeMap, sync::Arc};

/// So many readings are remembered of a script; then all are forgotten.
const READINGS_MAX: usize = 1 << 15;

/// Words of more bytes are seldom said twice, and are not remembered.
const WORDS_BYTES_MAX: usize = 400;

/// The readings of one script. It holds what callers said, and is for one run of one thread.
pub struct Memory {
    /// Held, so that its address is its own for as long as anything is remembered of it.
    program: Arc<Program>,
    readings: BTreeMap<Asked, Reading>,
}

/// Everything that a reading depends on.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Asked {
    text: String,
    sound: Sound,
    /// The script as it is for a chat.
    typed: bool,
    locale: Locale,
    expecting: Expecting,
    granted: Vec<RecipientId>,
}

impl Memory {
    /// Nothing is remembered of `program` yet.
    pub fn of(program: Arc<Program>) -> Memory {
        Memory { program, readings: BTreeMap::new() }
    }

    /// The script.
    pub fn program(&self) -> &Arc<Program> {
        &self.program
    }

    /// As [`super::understand`], whose work is done once for the same. Of another script nothing is remembered.
    pub fn understand(&mut self, heard: &Heard, context: &Context<'_>) -> Reading {
        let (text, sound) = (heard.text.as_str(), Sound::of(heard));
        let Some(asked) = self.asked(text, sound, context) else {
            return read(text, sound, context).heard(heard.confidence);
        };
        if self.readings.len() >= READINGS_MAX && !self.readings.contains_key(&asked) {
            self.readings.clear();
        }
        let reading = self.readings.entry(asked).or_insert_with(|| read(text, sound, context));
        reading.clone().heard(heard.confidence)
    }

    /// What [`read`] takes, which is all that it can go by.
    fn asked(&self, text: &str, sound: Sound, context: &Context<'_>) -> Option<Asked> {
        // Without `..`: what is added to a context has to be added here.
        let &Context { program, locale, expecting, granted } = context;
        let typed = self.program.typed.as_deref().is_some_and(|typed| std::ptr::eq(typed, program));
        let ours = typed || std::ptr::eq(&*self.program, program);
        (ours && text.len() <= WORDS_BYTES_MAX).then(|| Asked {
            text: text.to_owned(),
            sound,
            typed,
            locale,
            expecting: expecting.clone(),
            granted: granted.to_vec(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        program::parse,
        understand::{Lean, Percent, understand},
    };

    const HARBOR: &str = include_str!("../../programs/harbor/program.toml");

    #[test]
    fn what_is_remembered_is_what_is_understood() {
        let program = Arc::new(parse(HARBOR).unwrap());
        let other = parse(&HARBOR.replace("BlueCross", "Greenfield")).unwrap();
        let mut memory = Memory::of(Arc::clone(&program));
        let payor = RecipientId("payor".into());
        let typed = program.typed.as_deref().unwrap_or(&program);
        let said = ["yes", "no", "okay", "stop sharing", "share it with my insurance", "Jane Doe, I agree"];
        let expected = [
            Expecting::Notice,
            Expecting::Consent(payor.clone()),
            Expecting::Signature(payor.clone()),
            Expecting::Any,
        ];
        // Twice: the second time everything of the script is remembered.
        for _ in 0..2 {
            for (text, expecting) in said.iter().flat_map(|text| expected.iter().map(move |e| (text, e))) {
                for (sure, lean) in [
                    (100, None),
                    (40, None),
                    (49, None),
                    (60, Some(Lean::No)),
                    (69, Some(Lean::Neither)),
                    (70, Some(Lean::Neither)),
                ] {
                    let heard = Heard { text: (*text).into(), confidence: Percent::new(sure), lean };
                    for granted in [&[][..], std::slice::from_ref(&payor)] {
                        for program in [&program, typed, &other] {
                            for locale in [Locale::EnUs, Locale::EsUs] {
                                let context = Context { program, locale, expecting, granted };
                                assert_eq!(memory.understand(&heard, &context), understand(&heard, &context));
                            }
                        }
                    }
                }
            }
        }
        let scripts = if std::ptr::eq(typed, &*program) { 1 } else { 2 };
        assert_eq!(memory.readings.len(), said.len() * expected.len() * 5 * 2 * 2 * scripts);
    }
}

//! Callers nobody wrote: each has a manner, and answers what it is asked in that manner.

use super::{
    Chance, Truth,
    phrases::{self, Wish},
};
use crate::{
    dialogue::Key,
    program::{AnswerKind, Expecting, Locale, Program},
    understand::{Heard, Lean, Matter, Meaning, Percent, Scope},
};

/// What kind of caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)] // each is its name
pub enum Persona {
    Cooperative,
    Terse,
    Rambling,
    Contradicting,
    Mumbling,
    Revoking,
    Silent,
    Keying,
    HangingUp,
    ThirdParty,
    InDanger,
    Spanish,
    Injecting,
    Interrupting,
}

impl Persona {
    /// Every one.
    pub const ALL: [Persona; 14] = [
        Persona::Cooperative,
        Persona::Terse,
        Persona::Rambling,
        Persona::Contradicting,
        Persona::Mumbling,
        Persona::Revoking,
        Persona::Silent,
        Persona::Keying,
        Persona::HangingUp,
        Persona::ThirdParty,
        Persona::InDanger,
        Persona::Spanish,
        Persona::Injecting,
        Persona::Interrupting,
    ];

    /// How it is called in a tally.
    pub fn name(self) -> &'static str {
        match self {
            Persona::Cooperative => "cooperative",
            Persona::Terse => "terse",
            Persona::Rambling => "rambling",
            Persona::Contradicting => "contradicting",
            Persona::Mumbling => "mumbling",
            Persona::Revoking => "revoking",
            Persona::Silent => "silent",
            Persona::Keying => "pressing keys",
            Persona::HangingUp => "hanging up",
            Persona::ThirdParty => "third party",
            Persona::InDanger => "in danger",
            Persona::Spanish => "spanish",
            Persona::Injecting => "injecting",
            Persona::Interrupting => "interrupting",
        }
    }

    fn manner(self) -> Manner {
        use Wish as W;
        let plain = Manner::default();
        match self {
            Persona::Cooperative => Manner { helps: 960, tries: &[W::Repeat, W::Ask, W::Murmur], ..plain },
            Persona::Terse => {
                Manner { helps: 850, plainly: true, tries: &[W::No, W::Skip, W::Murmur], ..plain }
            }
            Persona::Rambling => Manner {
                helps: 500,
                tries: &[W::Ramble, W::Ask, W::TellUse, W::Complain, W::BeDrunk, W::ReadAll],
                wraps: true,
                ..plain
            },
            Persona::Contradicting => {
                let tries = &[W::Contradict, W::Contradict, W::No, W::GrantAfterAll, W::Hint, W::Revoke];
                Manner { helps: 450, tries, corrects: 200, ..plain }
            }
            Persona::Mumbling => Manner {
                helps: 500,
                tries: &[W::Murmur, W::Murmur, W::Repeat],
                mumbles: true,
                coughs: 120,
                ..plain
            },
            Persona::Revoking => {
                let tries = &[
                    W::Revoke,
                    W::RevokeAll,
                    W::Hint,
                    W::GrantAfterAll,
                    W::Restrict,
                    W::Stop,
                    W::Account,
                    W::ShareWithAll,
                    W::ShareElsewhere,
                ];
                Manner { helps: 820, tries, interrupts: 60, ..plain }
            }
            Persona::Silent => Manner { helps: 700, tries: &[W::Wait, W::Murmur], speaks: 550, ..plain },
            Persona::Keying => {
                Manner { helps: 700, tries: &[W::Murmur, W::Yes], keys: 850, interrupts: 60, ..plain }
            }
            Persona::HangingUp => {
                Manner { helps: 900, tries: &[W::Goodbye, W::NoRecording], leaves: 60, ..plain }
            }
            Persona::ThirdParty => {
                let tries = &[
                    W::ThirdParty,
                    W::Minor,
                    W::Access,
                    W::Yes,
                    W::RevokeAll,
                    W::Inquire,
                    W::Demand,
                    W::Represent,
                    W::HaveCompany,
                    W::Threaten,
                ];
                Manner { helps: 800, tries, ..plain }
            }
            Persona::InDanger => {
                let tries = &[W::Danger, W::Hint, W::Stop, W::Spanish, W::No, W::Person, W::Goodbye];
                Manner { helps: 700, tries, ..plain }
            }
            Persona::Spanish => Manner { helps: 850, tries: &[W::Spanish, W::Person, W::Murmur], ..plain },
            Persona::Injecting => Manner { helps: 500, tries: &[W::Inject], ..plain },
            Persona::Interrupting => {
                let tries = &[
                    W::Yes,
                    W::No,
                    W::Ask,
                    W::Wait,
                    W::TellUse,
                    W::Person,
                    W::Correct,
                    W::Delete,
                    W::Skip,
                    W::Stop,
                ];
                Manner { helps: 700, tries, interrupts: 350, coughs: 100, corrects: 80, ..plain }
            }
        }
    }
}

/// How often a caller does what, out of a thousand times.
struct Manner {
    /// Answers what is asked; else one of `tries`.
    helps: u64,
    tries: &'static [Wish],
    /// Speaks at all when it is listened to.
    speaks: u64,
    /// Speaks over a line.
    interrupts: u64,
    /// Presses a key where one answers.
    keys: u64,
    /// A sound without words.
    coughs: u64,
    /// Hangs up instead of answering.
    leaves: u64,
    /// Takes a yes back within a breath.
    corrects: u64,
    /// Is hard to hear.
    mumbles: bool,
    /// Says it in the fewest words.
    plainly: bool,
    /// Puts words around it.
    wraps: bool,
}

impl Default for Manner {
    fn default() -> Manner {
        Manner {
            helps: 1_000,
            tries: &[Wish::Murmur],
            speaks: 985,
            interrupts: 15,
            keys: 10,
            coughs: 10,
            leaves: 3,
            corrects: 10,
            mumbles: false,
            plainly: false,
            wraps: false,
        }
    }
}

/// What a caller does.
#[derive(Clone, Debug)]
pub enum Act {
    /// Says something: as heard, what it means, and what it truly means.
    Says {
        /// As words.
        heard: Heard,
        /// As a meaning.
        meaning: Meaning,
        /// What that is about.
        matter: Option<Matter>,
        /// The name that goes with a signature.
        name: Option<&'static str>,
        /// What was wished.
        truth: Truth,
    },
    /// Presses these, one after the other.
    Presses(Vec<Key>),
    /// A voice, and no words.
    Coughs,
    /// Is gone.
    HangsUp,
}

/// One caller.
pub struct Caller {
    persona: Persona,
    manner: Manner,
    chance: Chance,
    name: &'static str,
}

impl Caller {
    /// A caller of this kind.
    pub fn new(persona: Persona, mut chance: Chance) -> Caller {
        let name = *chance.pick(&["Jane Doe", "John Smith", "Maria Lopez"]);
        Caller { persona, manner: persona.manner(), chance, name }
    }

    /// Whether it says anything now that it is listened to, and after how many milliseconds.
    pub fn replies(&mut self) -> Option<u64> {
        let speaks = self.chance.in_thousand(self.manner.speaks);
        let ms = self.chance.between(200, 2_500);
        speaks.then_some(ms)
    }

    /// Whether it speaks over a line of this length, and how far into it.
    pub fn interrupts(&mut self, length_ms: u64) -> Option<u64> {
        let interrupts = self.chance.in_thousand(self.manner.interrupts);
        let ms = self.chance.below(length_ms + 200);
        interrupts.then_some(ms)
    }

    /// Whether it takes back at once what it just said yes to, and after how long.
    pub fn corrects(&mut self) -> Option<u64> {
        let corrects = self.chance.in_thousand(self.manner.corrects);
        let ms = self.chance.between(50, 900);
        corrects.then_some(ms)
    }

    /// What follows upon a yes within a breath.
    pub fn correction(&mut self) -> Act {
        let wish = *self.chance.pick(&[Wish::No, Wish::Contradict, Wish::Murmur, Wish::Repeat, Wish::Wait]);
        self.say(wish, None, Locale::EnUs)
    }

    /// What it does when this is expected of it.
    pub fn acts(&mut self, program: &Program, expecting: &Expecting, locale: Locale) -> Act {
        if self.chance.in_thousand(self.manner.leaves) {
            return Act::HangsUp;
        }
        if self.chance.in_thousand(self.manner.coughs) {
            return Act::Coughs;
        }
        if self.chance.in_thousand(self.manner.keys) {
            return self.keys(program, expecting);
        }
        if self.chance.in_thousand(self.manner.helps) {
            return self.answers(program, expecting, locale);
        }
        let wish = *self.chance.pick(self.manner.tries);
        self.say(wish, Some(program), locale)
    }

    fn keys(&mut self, program: &Program, expecting: &Expecting) -> Act {
        let kind = match expecting {
            Expecting::Question(id) => program.question(id).map(|q| q.answer),
            _ => None,
        };
        let keys = match kind {
            Some(AnswerKind::Phone) => "2025550147#",
            Some(AnswerKind::Date) => "03031985",
            Some(AnswerKind::MemberId) => "12345#",
            _ => *self.chance.pick(&["1", "1", "1", "2", "1", "9", "*", "0", "5", "#"]),
        };
        Act::Presses(keys.chars().filter_map(Key::new).collect())
    }

    /// What was asked for, as this caller would answer it.
    fn answers(&mut self, program: &Program, expecting: &Expecting, locale: Locale) -> Act {
        let wish = match expecting {
            Expecting::Question(id) => {
                return self.answer(program.question(id).map(|q| q.answer), id, program);
            }
            Expecting::Signature(_) => {
                let text = format!("{}, I agree", self.name);
                let mut act = self.heard(text, Meaning::Affirm, Truth::Yes);
                if let Act::Says { name, .. } = &mut act {
                    *name = Some(self.name);
                }
                return act;
            }
            Expecting::Consent(_) => *self.chance.pick(&[Wish::Yes, Wish::Yes, Wish::Yes, Wish::No]),
            Expecting::Confirm(what) => match what.as_str() {
                "human" => *self.chance.pick(&[Wish::No, Wish::No, Wish::Yes]),
                "revoke" => *self.chance.pick(&[Wish::No, Wish::Yes, Wish::Murmur]),
                "danger" => *self.chance.pick(&[Wish::No, Wish::No, Wish::Murmur]),
                _ => *self.chance.pick(&[Wish::Yes, Wish::Yes, Wish::Yes, Wish::Yes, Wish::No]),
            },
            Expecting::Any => *self.chance.pick(&[Wish::No, Wish::No, Wish::No, Wish::Ask, Wish::RevokeAll]),
            Expecting::Notice => {
                if self.chance.in_thousand(930) {
                    Wish::Yes
                } else {
                    Wish::No
                }
            }
            Expecting::Start => Wish::Yes,
        };
        self.say(wish, Some(program), locale)
    }

    fn answer(&mut self, kind: Option<AnswerKind>, id: &str, program: &Program) -> Act {
        let text = match kind {
            Some(AnswerKind::Name) => self.name,
            Some(AnswerKind::Phone) => *self.chance.pick(phrases::PHONES),
            Some(AnswerKind::Date) => *self.chance.pick(phrases::DATES),
            Some(AnswerKind::MemberId) => *self.chance.pick(phrases::MEMBERS),
            Some(AnswerKind::Insurer | AnswerKind::Open) | None => {
                let plain = program.plain.iter().any(|q| q.id == id);
                *self.chance.pick(if plain { phrases::PLAIN } else { phrases::SENSITIVE })
            }
        };
        let text = self.wrapped(text.to_owned());
        self.heard(text, Meaning::Answer, Truth::NotYes)
    }

    /// Words for a wish.
    fn say(&mut self, wish: Wish, program: Option<&Program>, locale: Locale) -> Act {
        let spanish = self.persona == Persona::Spanish && locale == Locale::EsUs;
        let pool = match wish {
            Wish::Yes if spanish => phrases::SI,
            Wish::No if spanish => phrases::NO_ES,
            _ => phrases::words(wish),
        };
        let words = if self.manner.plainly { pool[0] } else { *self.chance.pick(pool) };
        let recipient = program.map(|program| &self.chance.pick(&program.recipients).id);
        let alias = match (program, recipient) {
            (Some(program), Some(id)) => program.recipient(id).and_then(|r| r.aliases.first()),
            _ => None,
        };
        let text = words.replace("{recipient}", alias.map_or("everybody", String::as_str));
        let only = || match (program, recipient) {
            (Some(program), Some(id)) => Scope::of([id.clone()], program).unwrap_or(Scope::All),
            _ => Scope::All,
        };
        let (meaning, truth) = meant(wish, only);
        // What is said around a yes may make it less than clear; what is said around anything else makes no yes.
        let text = if matches!(truth, Truth::NotYes) { self.wrapped(text) } else { text };
        let mut act = self.heard(text, meaning, truth);
        if let Act::Says { matter, .. } = &mut act {
            *matter = about(wish);
        }
        act
    }

    fn wrapped(&mut self, text: String) -> String {
        if !self.manner.wraps {
            return text;
        }
        format!("{}{text}{}", self.chance.pick(phrases::BEFORE), self.chance.pick(phrases::AFTER))
    }

    /// What the recogniser makes of it.
    fn heard(&mut self, text: String, meaning: Meaning, truth: Truth) -> Act {
        let sure =
            if self.manner.mumbles { self.chance.between(25, 90) } else { self.chance.between(80, 100) };
        let fits = match meaning {
            Meaning::Affirm => Some(Lean::Yes),
            Meaning::Deny => Some(Lean::No),
            _ => Some(Lean::Neither),
        };
        let lean = match self.chance.below(if self.manner.mumbles { 4 } else { 10 }) {
            0 => None,
            1 if self.manner.mumbles => {
                *self.chance.pick(&[Some(Lean::Yes), Some(Lean::No), Some(Lean::Neither)])
            }
            _ => fits,
        };
        let heard = Heard { text, confidence: Percent::new(sure as u8), lean };
        Act::Says { heard, meaning, matter: None, name: None, truth }
    }
}

/// A wish as a meaning, and as what it truly is.
fn meant(wish: Wish, recipient: impl FnOnce() -> Scope) -> (Meaning, Truth) {
    match wish {
        Wish::Yes => (Meaning::Affirm, Truth::Yes),
        Wish::No => (Meaning::Deny, Truth::NotYes),
        Wish::Murmur | Wish::Contradict | Wish::Hint => (Meaning::Unclear, Truth::NotYes),
        Wish::Inject | Wish::TellUse | Wish::Ramble => (Meaning::Answer, Truth::NotYes),
        Wish::Inquire | Wish::Demand | Wish::Represent | Wish::HaveCompany => {
            (Meaning::ThirdParty, Truth::NotYes)
        }
        Wish::Complain | Wish::ReadAll => (Meaning::Question, Truth::NotYes),
        Wish::BeDrunk => (Meaning::Unclear, Truth::NotYes),
        Wish::Threaten | Wish::ShareElsewhere => (Meaning::Human, Truth::NotYes),
        Wish::ShareWithAll => (Meaning::Answer, Truth::Unknown),
        Wish::Repeat => (Meaning::Repeat, Truth::NotYes),
        Wish::Wait => (Meaning::Wait, Truth::NotYes),
        Wish::GrantAfterAll => (Meaning::Grant(recipient()), Truth::Unknown),
        Wish::Revoke => {
            let scope = recipient();
            (Meaning::Revoke(scope.clone()), Truth::Revoke(scope))
        }
        Wish::RevokeAll => (Meaning::Revoke(Scope::All), Truth::Revoke(Scope::All)),
        Wish::Stop => (Meaning::Stop, Truth::NotYes),
        Wish::Skip => (Meaning::Skip, Truth::NotYes),
        Wish::Ask => (Meaning::Question, Truth::NotYes),
        Wish::Person => (Meaning::Human, Truth::NotYes),
        Wish::Danger => (Meaning::Emergency, Truth::Danger),
        Wish::Access => (Meaning::RecordsAccess, Truth::NotYes),
        Wish::Correct => (Meaning::RecordsCorrection, Truth::NotYes),
        Wish::Delete => (Meaning::RecordsDeletion, Truth::NotYes),
        Wish::Account => (Meaning::Accounting, Truth::NotYes),
        Wish::Restrict => (Meaning::Restriction, Truth::NotYes),
        Wish::NoRecording => (Meaning::NoRecording, Truth::NotYes),
        Wish::ThirdParty => (Meaning::ThirdParty, Truth::NotYes),
        Wish::Minor => (Meaning::Minor, Truth::NotYes),
        Wish::Spanish => (Meaning::Language, Truth::NotYes),
        Wish::Goodbye => (Meaning::Goodbye, Truth::NotYes),
    }
}

/// What a wish is about beyond its meaning.
fn about(wish: Wish) -> Option<Matter> {
    Some(match wish {
        Wish::Inquire => Matter::Inquiry,
        Wish::Demand => Matter::LegalDemand,
        Wish::Represent => Matter::Representative,
        Wish::HaveCompany => Matter::Company,
        Wish::Complain => Matter::Complaint,
        Wish::BeDrunk => Matter::Capacity,
        Wish::Threaten => Matter::Safety,
        Wish::ShareElsewhere => Matter::SpecialRecipient,
        Wish::ShareWithAll => Matter::EverybodyTreating,
        Wish::ReadAll => Matter::FullText,
        _ => return None,
    })
}

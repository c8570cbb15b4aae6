//! The right to ask sensitive questions, as values nobody outside can make.

use super::{Line, LineId, LineKind};
use crate::program::{Elicits, Locale, Question};
use crate::understand::{Meaning, Reading, Signature};

/// Every part of the notice was heard to its end in this call. Made only here.
#[derive(Clone, Debug)]
pub struct NoticeHeard(());

/// A clear yes to a question that was itself heard to its end. Made only here, and copied only when the whole
/// conversation is.
#[derive(Clone, Debug)]
pub struct ClearYes(());

impl ClearYes {
    /// A reading is a clear yes only if it says so and the question had been heard to its end.
    pub(super) fn of(reading: &Reading, question_heard: bool) -> Option<ClearYes> {
        (reading.meaning == Meaning::Affirm && question_heard && reading.suspected_revocation.is_none())
            .then_some(ClearYes(()))
    }
}

/// The notice was heard to its end in this call and a clear yes was given to it (42 CFR 2.22; mission rule).
/// Without one no line that elicits SUD information can be built. A withdrawal destroys it.
///
/// Duty: D2, 42 CFR 2.22(a).
#[derive(Clone, Debug)]
pub struct NoticeAcknowledged(());

impl NoticeAcknowledged {
    pub(super) fn new(_heard: &NoticeHeard, _yes: ClearYes) -> NoticeAcknowledged {
        NoticeAcknowledged(())
    }
}

/// Full name and "I agree", said after the signature was asked for (42 CFR 2.31(a)(8)). Made only here.
///
/// Duty: D8, 42 CFR 2.31(a)(8).
#[derive(Clone, Debug)]
pub struct Signed {
    name: String,
}

impl Signed {
    /// Both halves, and the question for them had begun; a half alone signs nothing.
    pub(super) fn of(signature: &Signature, asked: bool) -> Option<Signed> {
        let name = signature.name.clone().filter(|_| signature.assent && asked)?;
        Some(Signed { name })
    }

    /// The name said.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// The caller gave a clear yes to a recipient's own question, heard to its end, and signed it where the program
/// asks for that.
#[derive(Clone, Debug)]
pub struct ConsentGiven(());

impl ConsentGiven {
    /// `None` where a signature is wanted and missing.
    pub(super) fn new(_yes: ClearYes, wanted: bool, signed: Option<&Signed>) -> Option<ConsentGiven> {
        (!wanted || signed.is_some()).then_some(ConsentGiven(()))
    }
}

/// Which parts of what is read first were heard to their end.
#[derive(Clone, Debug)]
pub(super) struct Parts {
    heard: Vec<bool>,
}

impl Parts {
    pub(super) fn new(count: usize) -> Parts {
        Parts { heard: vec![false; count] }
    }

    pub(super) fn mark(&mut self, part: usize) {
        if let Some(heard) = self.heard.get_mut(part) {
            *heard = true;
        }
    }

    pub(super) fn is_heard(&self, part: usize) -> bool {
        self.heard.get(part).copied().unwrap_or(false)
    }

    pub(super) fn forget_from(&mut self, part: usize) {
        self.heard.iter_mut().skip(part).for_each(|heard| *heard = false);
    }

    /// The first part not heard to its end.
    pub(super) fn next(&self) -> Option<usize> {
        self.heard.iter().position(|heard| !heard)
    }

    /// The proof that nothing was left out.
    pub(super) fn heard(&self) -> Option<NoticeHeard> {
        self.next().is_none().then_some(NoticeHeard(()))
    }
}

/// A line that elicits nothing about substance use.
pub(super) fn plain_line(id: LineId, kind: LineKind, text: String, locale: Locale, from_ms: u64) -> Line {
    Line { id, kind, text, locale, elicits: Elicits::None, from_ms }
}

/// A question of the script as a line. A sensitive one takes the right to ask it; without, there is no line.
///
/// Duty: D3, 42 CFR 2.22(a).
pub(super) fn question_line(
    id: LineId,
    question: &Question,
    right: Option<&NoticeAcknowledged>,
    locale: Locale,
    from_ms: u64,
) -> Option<Line> {
    let allowed = match question.elicits {
        Elicits::None => true,
        Elicits::Sud => right.is_some(),
    };
    let text = question.text.in_locale(locale).to_owned();
    allowed.then_some(Line { id, kind: LineKind::Question, text, locale, elicits: question.elicits, from_ms })
}

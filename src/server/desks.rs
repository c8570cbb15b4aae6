//! Which program answers which number.

use super::hours::{Hours, NotHours, number_now};
use crate::{call::Desk, program::Program, time::Utc};
use std::sync::Arc;

/// A program that is answered for.
pub(super) struct Reception {
    pub desk: Arc<Desk>,
    hours: Hours,
}

impl Reception {
    pub(super) fn program(&self) -> &Program {
        &self.desk.program
    }

    /// The number under which a person can be reached now.
    pub(super) fn number(&self, now: Utc) -> Option<&str> {
        number_now(&self.program().person, &self.hours, now)
    }
}

/// All programs of this server.
pub(super) struct Desks(Vec<Reception>);

impl Desks {
    pub(super) fn new(desks: Vec<Arc<Desk>>) -> Result<Desks, NotHours> {
        let reception = |desk: Arc<Desk>| Ok(Reception { hours: Hours::of(&desk.program.person)?, desk });
        desks.into_iter().map(reception).collect::<Result<_, _>>().map(Desks)
    }

    /// Who answers `number`. One that nobody wrote down belongs to the only program, where there is one.
    pub(super) fn by_number(&self, number: &str) -> Option<usize> {
        let wanted = digits(number);
        let has = |r: &Reception| r.program().numbers.iter().any(|n| digits(n) == wanted);
        self.0.iter().position(has).filter(|_| !wanted.is_empty()).or_else(|| self.only())
    }

    /// The program called `id`; the only one, where no id is given.
    pub(super) fn by_id(&self, id: Option<&str>) -> Option<usize> {
        match id {
            Some(id) => self.0.iter().position(|r| r.program().id == id),
            None => self.only(),
        }
    }

    pub(super) fn get(&self, desk: usize) -> &Reception {
        &self.0[desk]
    }

    pub(super) fn all(&self) -> &[Reception] {
        &self.0
    }

    fn only(&self) -> Option<usize> {
        (self.0.len() == 1).then_some(0)
    }
}

/// `+1 (555) 010-0100` and `+15550100100` are one number.
fn digits(number: &str) -> String {
    number.chars().filter(char::is_ascii_digit).collect()
}

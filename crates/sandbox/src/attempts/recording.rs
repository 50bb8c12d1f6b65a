//! Finds the rules that nobody needs: a cell that is sealed for a recording reports every call, and they are counted here.

use std::{collections::BTreeMap, io, time::Duration};

use super::{Attempt, Attempts};
use crate::syscalls::{Answer, RULES, Rule, Sealing, Verdict, verdict};

/// The most calls without a rule that are remembered.
const FORBIDDEN_MAX: usize = 1_000;

/// How long a step waits for a call.
const WAIT_MAX: Duration = Duration::from_millis(20);

/// Counts by which rule each call was allowed.
#[derive(Debug)]
pub struct Recorder {
    attempts: Attempts,
    sealing: Sealing,
    uses: BTreeMap<usize, u64>,
    forbidden: Vec<Attempt>,
}

impl Recorder {
    /// Records the cell that `attempts` belongs to.
    #[must_use]
    pub fn new(attempts: Attempts, sealing: Sealing) -> Self {
        Self { attempts, sealing, uses: BTreeMap::new(), forbidden: Vec::new() }
    }

    /// Answers all calls that wait: those that a rule fits run, the others fail. Where none does, it waits for one for a
    /// moment. Returns how many there were.
    ///
    /// # Errors
    /// `UnexpectedEof` once the process has ended; otherwise what the kernel says.
    pub fn step(&mut self) -> io::Result<usize> {
        let mut answered = 0;
        let mut wait = WAIT_MAX;
        while let Some(attempt) = self.attempts.any_within(wait)? {
            (answered, wait) = (answered + 1, Duration::ZERO);
            match verdict(self.sealing, attempt.number, &attempt.arguments) {
                Verdict::Fits(rule) => {
                    *self.uses.entry(rule).or_default() += 1;
                    self.attempts.allow(&attempt)?;
                }
                Verdict::Forbidden => {
                    if self.forbidden.len() < FORBIDDEN_MAX {
                        self.forbidden.push(attempt);
                    }
                    self.attempts.deny(&attempt)?;
                }
            }
        }
        Ok(answered)
    }

    /// How often each rule was needed.
    pub fn used(&self) -> impl Iterator<Item = (&'static Rule, u64)> {
        self.uses.iter().filter_map(|(rule, count)| Some((RULES.get(*rule)?, *count)))
    }

    /// The rules that stand in this cell, let calls run, and have let none run so far.
    pub fn unused(&self) -> impl Iterator<Item = &'static Rule> {
        RULES
            .iter()
            .enumerate()
            .filter(|(index, rule)| {
                rule.answer == Answer::Allow && self.sealing.has(rule.place) && !self.uses.contains_key(index)
            })
            .map(|(_, rule)| rule)
    }

    /// The calls that no rule fits, in their order; the first thousand of them.
    #[must_use]
    pub fn forbidden(&self) -> &[Attempt] {
        &self.forbidden
    }
}

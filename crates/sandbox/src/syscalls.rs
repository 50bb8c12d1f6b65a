//! Which system calls a sealed cell may make.
//!
//! The rules are data ([`RULES`]); `filter` turns them into the program that the kernel runs at every call, and
//! [`verdict`] says the same in Rust, for tests and for the recording that finds rules which nobody needs.

pub(crate) mod filter;
mod names;
mod probes;
mod rules;

pub use names::name_of;
pub use probes::{PROBES, PROBES_MAX, Probe};
pub use rules::RULES;

use crate::seal::Profile;

/// What a call's argument must be. Arguments are counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// The lower 32 bits are this number. For arguments that the kernel takes as `int`: it does not look at the others.
    Int {
        /// Which argument.
        argument: u8,
        /// What it is.
        value: u32,
    },
    /// The lower 32 bits are not this number. For arguments that the kernel takes as `int`.
    NotInt {
        /// Which argument.
        argument: u8,
        /// What it is not.
        value: u32,
    },
    /// None of these bits is set.
    Clear {
        /// Which argument.
        argument: u8,
        /// The bits.
        bits: u64,
    },
    /// It is the number of the process itself, as an `int`.
    OwnProcess {
        /// Which argument.
        argument: u8,
    },
}

/// Where a rule stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Where {
    /// In every cell.
    Always,
    /// Where code is compiled and the processor has protection keys.
    JitWithKeys,
    /// Where code is compiled and the processor has none.
    JitWithoutKeys,
    /// Where nobody can be asked about a call that no rule fits.
    Unreported,
}

/// What the kernel does with a call that a rule fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It runs.
    Allow,
    /// It fails with this error, and nobody is told: a library tries it and goes on without.
    Errno(u16),
}

/// A system call that a cell may make. A call may have several rules: any that fits will do.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Its name.
    pub name: &'static str,
    /// Its number.
    pub number: libc::c_long,
    /// What its arguments must be: all of it.
    pub when: &'static [Condition],
    /// Where the rule stands.
    pub place: Where,
    /// What happens.
    pub answer: Answer,
    /// Who needs it.
    pub why: &'static str,
}

/// The cell that rules are applied to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sealing {
    /// Whether it compiles.
    pub profile: Profile,
    /// Whether its code is protected by keys.
    pub keys: Keys,
    /// What becomes of a call that no rule fits.
    pub reports: Reports,
    /// The process's number as it sees it itself.
    pub process: u32,
}

/// Whether the processor and the kernel have memory protection keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keys {
    /// They have.
    Available,
    /// They have none.
    Missing,
}

/// What becomes of a call that no rule fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reports {
    /// It waits for the host's answer.
    Told,
    /// The process ends.
    Silent,
}

/// What the rules say to a call.
#[derive(Debug, Clone, Copy)]
pub enum Verdict {
    /// This rule of [`RULES`] fits, by its index.
    Fits(usize),
    /// None does: the host is told, or the process ends.
    Forbidden,
}

/// What the rules say to a call with these arguments.
#[must_use]
pub fn verdict(sealing: Sealing, number: i64, arguments: &[u64; 6]) -> Verdict {
    RULES
        .iter()
        .position(|rule| {
            rule.number == number
                && sealing.has(rule.place)
                && rule.when.iter().all(|condition| condition.fits(sealing.process, arguments))
        })
        .map_or(Verdict::Forbidden, Verdict::Fits)
}

impl Sealing {
    /// Whether a rule of this place stands in this cell.
    #[must_use]
    pub fn has(self, place: Where) -> bool {
        match place {
            Where::Always => true,
            Where::JitWithKeys => self.profile == Profile::Jit && self.keys == Keys::Available,
            Where::JitWithoutKeys => self.profile == Profile::Jit && self.keys == Keys::Missing,
            Where::Unreported => self.reports == Reports::Silent,
        }
    }
}

impl Condition {
    fn fits(self, process: u32, arguments: &[u64; 6]) -> bool {
        let of = |argument: u8| arguments.get(usize::from(argument)).copied().unwrap_or(u64::MAX);
        let low = |argument: u8| of(argument) & u64::from(u32::MAX);
        match self {
            Self::Int { argument, value } => low(argument) == u64::from(value),
            Self::NotInt { argument, value } => low(argument) != u64::from(value),
            Self::Clear { argument, bits } => of(argument) & bits == 0,
            Self::OwnProcess { argument } => low(argument) == u64::from(process),
        }
    }
}

//! How a turn went.

use std::time::Duration;

/// Why a turn was stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// It used more CPU time than it may.
    Cpu,
    /// The heap reached its limit.
    Memory,
    /// Somebody asked for it ([`Terminator::terminate`] or the debugger).
    Asked,
}

impl std::fmt::Display for Stop {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Cpu => "used more CPU time than it may",
            Self::Memory => "used more memory than it may",
            Self::Asked => "was stopped",
        })
    }
}

/// How a turn went.
#[derive(Debug)]
pub enum Turn<R> {
    /// It ran to its end.
    Done(R),
    /// It was stopped on the way; what it did so far stays done. Condemn the isolate.
    Stopped(Stop),
}

/// A turn, and what it cost.
#[derive(Debug)]
pub struct Ran<R> {
    /// How it went.
    pub turn: Turn<R>,
    /// CPU time that it used.
    pub cpu: Duration,
}

/// What says that a turn was stopped. Whoever stops one may ask several times, so the reasons have an order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Signs {
    pub(super) memory: bool,
    pub(super) asked: bool,
    pub(super) over_budget: bool,
}

impl Signs {
    pub(super) fn any(self) -> bool {
        self.memory || self.asked || self.over_budget
    }

    /// Without any of them somebody else has asked: the debugger.
    pub(super) fn reason(self) -> Stop {
        if self.memory {
            Stop::Memory
        } else if self.over_budget && !self.asked {
            Stop::Cpu
        } else {
            Stop::Asked
        }
    }
}

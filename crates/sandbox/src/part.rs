//! The parts that the wall is made of.

use std::fmt;

/// Whether a part of the wall is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// The kernel holds it.
    Holds,
    /// It is not there.
    Missing {
        /// Why, for the operator.
        reason: String,
    },
}

/// One part of the wall around a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its name, the same for ever: operators demand parts by it.
    pub name: &'static str,
    /// Whether it is there.
    pub state: State,
}

impl Part {
    /// What became of the attempt to build it.
    pub fn of<T, E: fmt::Display>(name: &'static str, built: Result<T, E>) -> Self {
        match built {
            Ok(_) => Self { name, state: State::Holds },
            Err(error) => Self::missing(name, error),
        }
    }

    /// A part that is not there.
    pub fn missing(name: &'static str, reason: impl fmt::Display) -> Self {
        Self { name, state: State::Missing { reason: reason.to_string() } }
    }

    /// Whether it is there.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.state == State::Holds
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.state {
            State::Holds => write!(f, "{}: holds", self.name),
            State::Missing { reason } => write!(f, "{}: missing ({reason})", self.name),
        }
    }
}

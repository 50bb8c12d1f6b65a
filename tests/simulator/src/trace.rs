//! Who gets an event when: made up from a seed, or recorded.

mod recorded;
mod synthetic;

pub use recorded::BadTrace;

use crate::{
    spec::{Spec, TraceKind},
    tenants::Tenant,
};

/// What happens to a fleet from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Happening {
    /// When, in microseconds.
    pub at_us: u64,
    /// To which worker.
    pub worker: usize,
    /// What.
    pub what: What,
}

/// What happens to a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// It gets an event.
    Event {
        /// The CPU time that it takes, in microseconds.
        cpu_us: u64,
        /// How long it waits for others in the middle, in microseconds.
        wait_us: u64,
    },
    /// It gets a new version: its isolates take no more events.
    Deploy,
}

/// What happens, in order, and to whom.
#[derive(Debug, Clone)]
pub struct Trace {
    /// Its name in the report.
    pub name: String,
    /// The workers.
    pub tenants: Vec<Tenant>,
    source: Source,
}

#[derive(Debug, Clone)]
enum Source {
    Synthetic(TraceKind, Spec),
    Recorded(Vec<Happening>),
}

impl Trace {
    /// One that is made up. It is not kept in memory, however long it is.
    #[must_use]
    pub fn synthetic(kind: TraceKind, spec: &Spec) -> Self {
        let name = format!("{kind:?}").to_lowercase();
        let tenants = Tenant::many(spec.tenants.max(1), spec.seed);
        Self { name, tenants, source: Source::Synthetic(kind, spec.clone()) }
    }

    /// One that was recorded, as lines of `time_ms,worker,cpu_us,start_us,kib`, sorted by time, from 0 and within a
    /// year; the first may be this head.
    ///
    /// # Errors
    /// Which line is not one of these, and why.
    pub fn recorded(name: &str, text: &str) -> Result<Self, BadTrace> {
        let (tenants, happenings) = recorded::read(text)?;
        Ok(Self { name: name.to_owned(), tenants, source: Source::Recorded(happenings) })
    }

    /// All that happens, in order; the same each time.
    pub fn happenings(&self) -> Box<dyn Iterator<Item = Happening> + '_> {
        match &self.source {
            Source::Synthetic(kind, spec) => Box::new(synthetic::Synthetic::new(*kind, spec, &self.tenants)),
            Source::Recorded(happenings) => Box::new(happenings.iter().copied()),
        }
    }
}

//! What the supervisor knows of a worker, whatever cell it is in.

use std::{
    any::Any,
    cell::{Cell, RefCell},
    collections::BTreeMap,
    fmt,
    rc::Rc,
    sync::Arc,
};

use bytes::Bytes;
use mote_sandbox::counters::Counted;
use mote_schedule::place::hash_of;
use mote_wire::{compatibility::Compatibility, control::WorkerUse, limits::Limits, named::NamedBundle};

use tokio::time::Instant;

use super::{counting::Score, pens::PenKey, recent::Recent, suspicion::Behaviour};

/// A version of a worker, as it is put into service.
pub struct WorkerSpec {
    /// Its name.
    pub name: Arc<str>,
    /// The account that it belongs to; `None` if there are none.
    pub account: Option<Arc<str>>,
    /// Its trust level; `None` for the default.
    pub cordon: Option<String>,
    /// What it may use.
    pub limits: Limits,
    /// Its `env`, as a JSON object.
    pub env_json: String,
    /// Which behaviours of the platform it has asked for.
    pub compatibility: Compatibility,
    /// Its code.
    pub bundle: NamedBundle,
    /// What makes its isolates start sooner, encoded ([`mote_wire::prepared::Prepared::encode`]); empty if there is none.
    pub prepared: RefCell<Bytes>,
    /// Where it may go; read by [`super::Outbound`] alone.
    pub egress: Rc<dyn Any>,
}

impl fmt::Debug for WorkerSpec {
    /// Without `env`: it holds secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WorkerSpec")
            .field("name", &self.name)
            .field("account", &self.account)
            .field("cordon", &self.cordon)
            .field("bundle", &self.bundle)
            .finish_non_exhaustive()
    }
}

/// What a worker has used, in all cells that it was ever in, since it was put.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WorkerTotals {
    /// Events that ended, by outcome.
    pub outcomes: BTreeMap<&'static str, u64>,
    /// CPU time, in microseconds.
    pub cpu_us: u64,
    /// Wall time of events that ended, in microseconds.
    pub wall_us: u64,
    /// Subrequests of events that ended.
    pub subrequests: u64,
    /// Bytes of request bodies.
    pub bytes_in: u64,
    /// Bytes of response bodies.
    pub bytes_out: u64,
    /// Isolates that were started for it.
    pub isolates_started: u64,
    /// The most memory that one of its isolates was seen to hold, in bytes.
    pub memory_bytes_peak: u64,
    /// What the processor has counted of it at the looks at which nobody else ran.
    pub counted: Counted,
}

/// Cloudflare's words for how an event ended. A cell that says something else means the last.
const OUTCOMES: [&str; 10] = [
    "ok",
    "exception",
    "exceededCpu",
    "exceededMemory",
    "exceededWallTime",
    "scriptNotFound",
    "canceled",
    "loadShed",
    "responseStreamDisconnected",
    "internalError",
];

impl WorkerTotals {
    /// Events that ended, however they did.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.outcomes.values().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// Adds an event that ended before it was in a cell, or with it.
    pub(super) fn count(&mut self, outcome: &'static str) {
        let sum = self.outcomes.entry(outcome).or_default();
        *sum = sum.saturating_add(1);
    }

    /// Adds what a cell says that the worker used since it last said so.
    pub(super) fn add(&mut self, used: &WorkerUse) {
        for (sum, more) in [
            (&mut self.cpu_us, used.cpu_us),
            (&mut self.wall_us, used.wall_us),
            (&mut self.subrequests, used.subrequests),
            (&mut self.bytes_in, used.bytes_in),
            (&mut self.bytes_out, used.bytes_out),
            (&mut self.isolates_started, used.isolates_started),
        ] {
            *sum = sum.saturating_add(more);
        }
        self.memory_bytes_peak = self.memory_bytes_peak.max(used.memory_bytes_peak);
        for (outcome, count) in &used.outcomes {
            let known = OUTCOMES.iter().find(|known| *known == outcome).unwrap_or(&"internalError");
            let sum = self.outcomes.entry(known).or_default();
            *sum = sum.saturating_add(*count);
        }
    }
}

/// Whether an operator wants a worker to be alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Suspicion {
    /// Nobody said so.
    None,
    /// It was moved out by hand.
    MovedOut,
    /// It behaves like an attack; until then, if it does so no more.
    Detected {
        /// When it is let in again.
        until: Instant,
    },
}

/// Whether a worker takes events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Switch {
    /// It does.
    On,
    /// The operator has stopped it.
    Off,
}

/// A worker that is in service.
pub(super) struct Worker {
    pub(super) name: Arc<str>,
    pub(super) hash: u64,
    pub(super) spec: RefCell<Rc<WorkerSpec>>,
    /// Where it lives when nothing is held against it.
    pub(super) home: RefCell<PenKey>,
    pub(super) switch: Cell<Switch>,
    pub(super) suspicion: Cell<Suspicion>,
    pub(super) behaviour: RefCell<Behaviour>,
    pub(super) score: RefCell<Score>,
    /// Until when it counts as one with long turns.
    pub(super) heavy_until: Cell<Option<Instant>>,
    /// Events that it has to end before anything is believed of it; `None` if it has.
    pub(super) proof_events: Cell<Option<u64>>,
    pub(super) totals: RefCell<WorkerTotals>,
    pub(super) recent: RefCell<Recent>,
}

impl Worker {
    pub(super) fn new(spec: Rc<WorkerSpec>, home: PenKey) -> Rc<Self> {
        Rc::new(Self {
            name: spec.name.clone(),
            hash: hash_of(&spec.name),
            spec: RefCell::new(spec),
            home: RefCell::new(home),
            switch: Cell::new(Switch::On),
            suspicion: Cell::new(Suspicion::None),
            behaviour: RefCell::default(),
            score: RefCell::default(),
            heavy_until: Cell::new(None),
            proof_events: Cell::new(None),
            totals: RefCell::default(),
            recent: RefCell::new(Recent::new(Instant::now())),
        })
    }

    /// The version that new events go to.
    pub(super) fn current(&self) -> Rc<WorkerSpec> {
        self.spec.borrow().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_cannot_invent_outcomes_or_overflow_the_books() {
        let mut totals = WorkerTotals::default();
        for number in 0..100 {
            let outcomes = vec![(format!("made-up-{number}"), u64::MAX), ("ok".to_owned(), 1)];
            totals.add(&WorkerUse { outcomes, cpu_us: u64::MAX, wall_us: u64::MAX, ..WorkerUse::default() });
        }
        assert_eq!(totals.outcomes, BTreeMap::from([("ok", 100), ("internalError", u64::MAX)]));
        assert_eq!((totals.cpu_us, totals.wall_us), (u64::MAX, u64::MAX));
    }
}

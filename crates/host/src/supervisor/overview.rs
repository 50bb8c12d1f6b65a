//! A node at a glance: its memory, and those of its workers that matter most.

use std::{
    cmp::Reverse,
    collections::{BTreeSet, HashMap},
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use tokio::time::Instant;

use super::{
    Pressure, Supervisor,
    blame::Standing,
    worker::{Suspicion, Switch, Worker, WorkerTotals},
};

/// How the node is.
#[derive(Debug, Clone, Copy)]
pub struct NodeStats {
    /// How long it has been up.
    pub up: Duration,
    /// What host and cells may have together; `None` before that is known, or if it is not bounded.
    pub memory_bytes_max: Option<u64>,
    /// Bytes of the host that are in memory, at most about a second ago.
    pub host_bytes: u64,
    /// The same of all cells.
    pub cells_bytes: u64,
    /// Whether it is short of memory.
    pub pressure: Pressure,
}

/// What the supervisor was told of the node's memory.
#[derive(Debug, Clone, Copy)]
pub(super) struct Memory {
    pub(super) bytes_max: u64,
    pub(super) host_bytes: u64,
    pub(super) pressure: Pressure,
}

impl Memory {
    pub(super) const UNKNOWN: Self = Self { bytes_max: u64::MAX, host_bytes: 0, pressure: Pressure::Low };
}

/// By what workers are ordered: who has most of it comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// CPU time, lately.
    Cpu,
    /// The most memory that one of its isolates held.
    Memory,
    /// Events that ended, lately.
    Events,
    /// Isolates that were started, lately.
    Starts,
}

/// What becomes of a worker's events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkerState {
    /// It takes them.
    Serving,
    /// The operator has stopped it.
    Stopped,
    /// It has ended cells: it is alone, and may have to wait.
    Quarantined,
    /// It takes them, in a cell of its own, because of how it behaves or because the operator wants so.
    Suspect,
}

/// One worker at this moment.
#[derive(Debug, Clone)]
pub struct WorkerView {
    /// Its name.
    pub name: Arc<str>,
    /// The account whose limits it has.
    pub account: Option<Arc<str>>,
    /// What becomes of its events.
    pub state: WorkerState,
    /// The cells in which its code may run.
    pub cells: Vec<u64>,
    /// Events under way, work after the answer included, as the cells said last.
    pub under_way: u64,
    /// What it has used since it was put.
    pub totals: WorkerTotals,
}

/// Some of the workers.
#[derive(Debug, Clone)]
pub struct Busiest {
    /// How many there are to choose from.
    pub of: usize,
    /// Those that have most.
    pub workers: Vec<WorkerView>,
}

/// Where a worker is.
#[derive(Default)]
struct Place {
    cells: BTreeSet<u64>,
    under_way: u64,
}

impl Supervisor {
    /// How the node is now.
    #[must_use]
    pub fn node(&self) -> NodeStats {
        let memory = self.memory.get();
        NodeStats {
            up: self.born.elapsed(),
            memory_bytes_max: Some(memory.bytes_max).filter(|max| *max < u64::MAX),
            host_bytes: memory.host_bytes,
            cells_bytes: self.resident_bytes(),
            pressure: memory.pressure,
        }
    }

    /// At most so many of the workers that are wanted, those first that have most.
    #[must_use]
    pub fn busiest(&self, order: Order, count: usize, wanted: &dyn Fn(&str) -> bool) -> Busiest {
        let now = Instant::now();
        let workers: Vec<Rc<Worker>> =
            self.workers.borrow().values().filter(|worker| wanted(&worker.name)).cloned().collect();
        let of = workers.len();
        let mut ranked: Vec<_> =
            workers.into_iter().map(|worker| (rank(&worker, order, now), worker)).collect();
        ranked.sort_by(|(one, a), (other, b)| {
            Reverse(one).cmp(&Reverse(other)).then_with(|| a.name.cmp(&b.name))
        });
        ranked.truncate(count);
        let places = self.places(ranked.iter().map(|(_, worker)| worker.name.clone()));
        let workers = ranked.iter().map(|(_, worker)| self.view_of(worker, &places, now)).collect();
        Busiest { of, workers }
    }

    fn places(&self, of: impl Iterator<Item = Arc<str>>) -> HashMap<Arc<str>, Place> {
        let mut places: HashMap<Arc<str>, Place> = of.map(|name| (name, Place::default())).collect();
        for cell in self.cells.borrow().values() {
            for entry in cell.given.borrow().present() {
                if let Some(place) = places.get_mut(&entry.worker.name) {
                    place.cells.insert(cell.id);
                    place.under_way = place.under_way.saturating_add(entry.inside);
                }
            }
        }
        places
    }

    fn view_of(&self, worker: &Worker, places: &HashMap<Arc<str>, Place>, now: Instant) -> WorkerView {
        let place = places.get(&worker.name);
        WorkerView {
            name: worker.name.clone(),
            account: worker.current().account.clone(),
            state: self.state_of(worker, now),
            cells: place.map(|place| place.cells.iter().copied().collect()).unwrap_or_default(),
            under_way: place.map_or(0, |place| place.under_way),
            totals: worker.totals.borrow().clone(),
        }
    }

    fn state_of(&self, worker: &Worker, now: Instant) -> WorkerState {
        let standing = self.blame.borrow().standing(&worker.name, now);
        match (worker.switch.get(), standing, worker.suspicion.get()) {
            (Switch::Off, _, _) => WorkerState::Stopped,
            (Switch::On, Standing::Quarantined | Standing::Waiting(_), _) => WorkerState::Quarantined,
            (Switch::On, Standing::Free, Suspicion::MovedOut | Suspicion::Detected { .. }) => {
                WorkerState::Suspect
            }
            (Switch::On, Standing::Free, Suspicion::None) => WorkerState::Serving,
        }
    }
}

/// How much a worker has of what counts, and then in all.
fn rank(worker: &Worker, order: Order, now: Instant) -> (u64, u64) {
    let lately = worker.recent.borrow_mut().lately(now);
    let totals = worker.totals.borrow();
    match order {
        Order::Cpu => (lately.cpu_us, totals.cpu_us),
        Order::Memory => (totals.memory_bytes_peak, totals.cpu_us),
        Order::Events => (lately.events, totals.events()),
        Order::Starts => (lately.starts, totals.isolates_started),
    }
}

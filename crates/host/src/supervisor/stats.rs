//! What the supervisor counts, for metrics.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    sync::Arc,
    time::Duration,
};

use mote_wire::control::IsolateCounts;

use super::{
    Supervisor,
    incident::IncidentKind,
    live::{LiveCell, Stage},
    starts::{IsolateTotals, Starts},
    suspicion::Sign,
    worker::WorkerTotals,
};

/// One cell at this moment.
#[derive(Debug, Clone)]
pub struct CellStats {
    /// Its number.
    pub cell: u64,
    /// Its process.
    pub pid: u32,
    /// `starting`, `blank`, `serving`, `leaving` or `lost`.
    pub stage: &'static str,
    /// Its cordon; `None` while it is blank.
    pub cordon: Option<Arc<str>>,
    /// `light` or `heavy`; `None` while it is blank.
    pub lane: Option<&'static str>,
    /// The worker that has it to itself because it is in quarantine or under suspicion.
    pub suspect: Option<Arc<str>>,
    /// How long it has lived.
    pub age: Duration,
    /// Workers that take new events here.
    pub workers: usize,
    /// Events under way.
    pub events_under_way: u64,
    /// Bytes of it that are in memory.
    pub resident_bytes: u64,
    /// CPU time that it has used, at the last measurement, at most a second ago.
    pub cpu: Duration,
    /// The same of the last second, in percent of a core.
    pub cpu_percent: u64,
    /// What it says of its isolates.
    pub isolates: IsolateCounts,
    /// What its isolates may hold together; `None` if it was not told yet.
    pub budget_bytes: Option<u64>,
    /// Whether the processor counts what its workers do.
    pub counted: bool,
    /// The parts of the sandbox that it says hold.
    pub sandbox: Vec<String>,
}

/// Durations, summed up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Durations {
    /// How many.
    pub count: u64,
    /// All together.
    pub sum: Duration,
    /// The longest.
    pub max: Duration,
}

/// The supervisor at this moment.
#[derive(Debug, Clone)]
pub struct Stats {
    /// Its cells.
    pub cells: Vec<CellStats>,
    /// Cells lost so far, by what happened.
    pub incidents: BTreeMap<IncidentKind, u64>,
    /// Events that were sent again because their cell was lost before they began.
    pub retries: u64,
    /// From the loss of a cell to a fresh one in its place.
    pub replacements: Durations,
    /// Workers that got a cell of their own because of how they behave, by what was seen of them.
    pub suspects: BTreeMap<Sign, u64>,
    /// Isolates, by cordon, of all cells that there ever were.
    pub isolates: BTreeMap<Arc<str>, IsolateTotals>,
    /// Lines of consoles and events that were dropped because a cell sent too many.
    pub lines_dropped: u64,
    /// What workers have used.
    pub workers: Vec<(Arc<str>, WorkerTotals)>,
    /// Events under way by worker, work after the answer included, as the cells said last; workers without any are left out.
    pub under_way: BTreeMap<Arc<str>, u64>,
}

/// The counters.
#[derive(Default)]
pub(super) struct Counts {
    incidents: RefCell<BTreeMap<IncidentKind, u64>>,
    retries: Cell<u64>,
    replacements: Cell<Durations>,
    lines_dropped: Cell<u64>,
    suspects: RefCell<BTreeMap<Sign, u64>>,
    pub(super) starts: Starts,
}

impl Counts {
    pub(super) fn incident(&self, kind: IncidentKind) {
        *self.incidents.borrow_mut().entry(kind).or_default() += 1;
    }

    pub(super) fn retry(&self) {
        self.retries.set(self.retries.get() + 1);
    }

    pub(super) fn line_dropped(&self) {
        self.lines_dropped.set(self.lines_dropped.get() + 1);
    }

    pub(super) fn suspect(&self, sign: Sign) {
        *self.suspects.borrow_mut().entry(sign).or_default() += 1;
    }

    pub(super) fn replaced(&self, after: Duration) {
        let mut all = self.replacements.get();
        all.count += 1;
        all.sum = all.sum.saturating_add(after);
        all.max = all.max.max(after);
        self.replacements.set(all);
    }
}

impl Supervisor {
    /// How the cells are now.
    #[must_use]
    pub fn cells(&self) -> Vec<CellStats> {
        self.cells.borrow().values().map(|cell| of_cell(cell)).collect()
    }

    /// How things are now.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let workers = self.workers.borrow();
        let mut under_way = BTreeMap::new();
        for cell in self.cells.borrow().values() {
            for entry in cell.given.borrow().all().filter(|entry| entry.inside > 0) {
                let sum: &mut u64 = under_way.entry(entry.worker.name.clone()).or_default();
                *sum = sum.saturating_add(entry.inside);
            }
        }
        Stats {
            under_way,
            cells: self.cells(),
            incidents: self.counts.incidents.borrow().clone(),
            retries: self.counts.retries.get(),
            replacements: self.counts.replacements.get(),
            lines_dropped: self.counts.lines_dropped.get(),
            suspects: self.counts.suspects.borrow().clone(),
            isolates: self.counts.starts.all(),
            workers: workers
                .values()
                .map(|worker| (worker.name.clone(), worker.totals.borrow().clone()))
                .collect(),
        }
    }
}

fn of_cell(cell: &LiveCell) -> CellStats {
    let suspect = cell.pen().and_then(|pen| match pen.alone {
        super::pens::Alone::Suspect(worker) => Some(worker),
        super::pens::Alone::Nobody | super::pens::Alone::Account(_) | super::pens::Alone::Worker(_) => None,
    });
    CellStats {
        cell: cell.id,
        pid: cell.process.pid(),
        stage: match cell.stage.get() {
            Stage::Starting => "starting",
            Stage::Blank => "blank",
            Stage::Seated => "serving",
            Stage::Leaving(_) => "leaving",
            Stage::Dying | Stage::Over => "lost",
        },
        cordon: cell.cordon(),
        lane: cell.pen().map(|pen| pen.lane.as_str()),
        suspect,
        age: cell.born.elapsed(),
        workers: cell.given.borrow().len(),
        events_under_way: cell.events(),
        resident_bytes: cell.measured.get().resident_bytes,
        cpu: cell.measured.get().cpu,
        cpu_percent: cell.measured.get().cpu_percent,
        isolates: cell.isolates.get(),
        budget_bytes: Some(cell.budget_bytes.get()).filter(|bytes| *bytes > 0),
        counted: cell.process.counted().is_some(),
        sandbox: cell.ready.borrow().as_deref().map(<[String]>::to_vec).unwrap_or_default(),
    }
}

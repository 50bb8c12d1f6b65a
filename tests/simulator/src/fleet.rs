//! The fleet, and the loop of its virtual clock.

use std::{cmp::Reverse, collections::BinaryHeap, time::Duration};

use mote_schedule::{
    admit::Start,
    keep::{Amount, Kept},
};

use crate::{
    cell::{Cell, Refused, Wish},
    chance::Chance,
    placing::Placing,
    spec::{Admitting, Keep, Place, Spec},
    tally::Tally,
    tenants::Tenant,
    trace::{Trace, What},
};

/// How often cells look for idle isolates and memory is looked at, in microseconds.
const LOOK_US: u64 = 10_000_000;
/// What a worker's first start is taken to cost, as long as nobody knows.
const START_UNKNOWN: Duration = Duration::from_millis(5);

/// Cells that serve a trace.
#[derive(Debug)]
pub struct Fleet<'t> {
    trace: &'t Trace,
    cells: Vec<Cell>,
    placing: Placing,
    chance: Chance,
    /// Where each worker's isolates are.
    homes: Vec<Vec<(usize, usize)>>,
    /// What each worker's last start took.
    last_start: Vec<Option<Duration>>,
    /// The record of each worker's isolate that was used last.
    last_kept: Vec<Option<Kept>>,
    agenda: Agenda,
    flights: Vec<Flight>,
    flights_free: Vec<usize>,
    look_at_us: u64,
    tally: Tally,
}

/// An event under way.
#[derive(Debug, Clone, Copy)]
struct Flight {
    came_us: u64,
    cell: usize,
    slot: usize,
    /// What it does after it has waited, in microseconds of CPU.
    cpu_left_us: u64,
}

/// What will happen, soonest first; of what happens at once, what was noted first.
#[derive(Debug, Default)]
struct Agenda {
    due: BinaryHeap<Reverse<(u64, u64, Due)>>,
    noted: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    /// An event has waited long enough.
    Resume(usize),
    /// An event is answered.
    Answer(usize),
    /// An isolate is ready: its cell, its worker, what it was thought to take and what it took.
    Ready(usize, u64, Duration, Duration),
}

impl<'t> Fleet<'t> {
    /// A fleet at rest.
    #[must_use]
    pub fn new(spec: &Spec, trace: &'t Trace, keep: Keep, place: Place, admit: Admitting) -> Self {
        let tenants = trace.tenants.len();
        let cells = spec.nodes.max(1) * spec.cells.max(1);
        Self {
            trace,
            cells: (0..cells).map(|_| Cell::new(spec, keep, admit)).collect(),
            placing: Placing::new(spec, place, tenants),
            chance: Chance::new(spec.seed ^ 0x666c_6565_7400),
            homes: vec![Vec::new(); tenants],
            last_start: vec![None; tenants],
            last_kept: vec![None; tenants],
            agenda: Agenda::default(),
            flights: Vec::new(),
            flights_free: Vec::new(),
            look_at_us: LOOK_US,
            tally: Tally::default(),
        }
    }

    /// Serves the whole trace.
    #[must_use]
    pub fn run(mut self) -> Tally {
        for happening in self.trace.happenings() {
            self.advance(happening.at_us);
            match happening.what {
                What::Event { cpu_us, wait_us } => {
                    self.event(happening.worker, cpu_us, wait_us, happening.at_us);
                }
                What::Deploy => self.deploy(happening.worker),
            }
        }
        while let Some((at_us, due)) = self.agenda.next(u64::MAX) {
            self.settle(due, at_us);
        }
        self.tally
    }

    /// Lets everything happen that is due until then.
    fn advance(&mut self, until_us: u64) {
        loop {
            let first = until_us.min(self.look_at_us);
            if let Some((at_us, due)) = self.agenda.next(first) {
                self.settle(due, at_us);
            } else if self.look_at_us <= until_us {
                self.look();
            } else {
                return;
            }
        }
    }

    fn look(&mut self) {
        for number in 0..self.cells.len() {
            let left = self.cells[number].victims(Amount::NONE, self.look_at_us);
            self.tally.expired += left.len() as u64;
            self.forget(number, &left);
        }
        self.tally.look(self.cells.iter().map(Cell::held_bytes).sum());
        self.look_at_us += LOOK_US;
    }

    fn event(&mut self, worker: usize, cpu_us: u64, wait_us: u64, now_us: u64) {
        self.tally.events += 1;
        let tenant = &self.trace.tenants[worker];
        let placed = self.placing.place(worker, tenant, &self.cells, &self.homes[worker], now_us);
        self.tally.spilled += u64::from(placed.spilled);
        let warm = self.homes[worker].iter().find(|(cell, _)| *cell == placed.cell).map(|(_, slot)| *slot);
        let slot = match warm.map_or_else(|| self.start(placed.cell, worker, now_us), Ok) {
            Ok(slot) => slot,
            Err(Refused::Share) => {
                self.tally.shed_share += 1;
                return;
            }
            Err(Refused::Memory) => {
                self.tally.shed_memory += 1;
                return;
            }
        };
        self.tally.cpu_us += cpu_us;
        let cell = &mut self.cells[placed.cell];
        self.last_kept[worker] = Some(cell.begin(slot, now_us));
        // One that waits does so in the middle of its work.
        let first_us = if wait_us > 0 { cpu_us.div_ceil(2) } else { cpu_us };
        let done_us = cell.run(slot, first_us, now_us);
        let flight = self.take_off(Flight {
            came_us: now_us,
            cell: placed.cell,
            slot,
            cpu_left_us: cpu_us - first_us,
        });
        if wait_us > 0 {
            self.agenda.note(done_us + wait_us, Due::Resume(flight));
        } else {
            self.agenda.note(done_us, Due::Answer(flight));
        }
    }

    fn start(&mut self, cell: usize, worker: usize, now_us: u64) -> Result<usize, Refused> {
        let Tenant { hash, start_us, bytes, .. } = self.trace.tenants[worker];
        let took = Duration::from_micros(start_us).mul_f64(self.chance.between(0.8, 1.25));
        let start = Start { worker: hash, cost: self.last_start[worker].unwrap_or(START_UNKNOWN) };
        let wish = Wish { worker, start, before: self.last_kept[worker], bytes, took };
        let (left, started) = self.cells[cell].start(wish, now_us);
        self.tally.evicted += left.len() as u64;
        self.forget(cell, &left);
        let started = started?;
        self.last_start[worker] = Some(took);
        self.tally.starts += 1;
        self.tally.start_us += u64::try_from(took.as_micros()).unwrap_or(0);
        self.homes[worker].push((cell, started.slot));
        self.agenda.note(started.ready_us, Due::Ready(cell, hash, start.cost, took));
        Ok(started.slot)
    }

    fn deploy(&mut self, worker: usize) {
        for (cell, slot) in std::mem::take(&mut self.homes[worker]) {
            self.cells[cell].retire(slot);
        }
    }

    /// These workers have no isolate in this cell any more.
    fn forget(&mut self, cell: usize, workers: &[usize]) {
        for worker in workers {
            self.homes[*worker].retain(|(holder, _)| *holder != cell);
        }
    }

    fn settle(&mut self, due: Due, now_us: u64) {
        match due {
            Due::Ready(cell, worker, cost, took) => {
                self.cells[cell].settle(Start { worker, cost }, took, now_us);
            }
            Due::Resume(number) => {
                let flight = self.flights[number];
                let done_us = self.cells[flight.cell].run(flight.slot, flight.cpu_left_us, now_us);
                self.agenda.note(done_us, Due::Answer(number));
            }
            Due::Answer(number) => {
                let flight = self.flights[number];
                self.cells[flight.cell].end(flight.slot);
                self.tally.latencies.add(now_us - flight.came_us);
                self.flights_free.push(number);
            }
        }
    }

    fn take_off(&mut self, flight: Flight) -> usize {
        if let Some(number) = self.flights_free.pop() {
            self.flights[number] = flight;
            return number;
        }
        self.flights.push(flight);
        self.flights.len() - 1
    }
}

impl Agenda {
    fn note(&mut self, at_us: u64, due: Due) {
        self.noted += 1;
        self.due.push(Reverse((at_us, self.noted, due)));
    }

    /// The next thing that is due by then.
    fn next(&mut self, until_us: u64) -> Option<(u64, Due)> {
        let Reverse((at_us, ..)) = self.due.peek()?;
        if *at_us > until_us {
            return None;
        }
        self.due.pop().map(|Reverse((at_us, _, due))| (at_us, due))
    }
}

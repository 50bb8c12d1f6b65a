//! Starts cells, gives them workers and events, watches them, and replaces them.
//!
//! What this room does: every worker of a node lives in a cell, a process that is believed to be hostile. The supervisor
//! decides which one ([`SupervisorOptions::cordons`]), has the worker loaded there when its first event comes, and takes
//! that event there. When a cell is lost, by a crash, by hanging, or because it did what no cell does, its events get
//! their answers, everybody else goes on in a fresh cell, and the worker that did it goes on alone.
//!
//! What it refuses: a cell that has held a worker of one cordon never gets one of another; a request from a cell in the
//! name of a worker that it was never given ends the cell; nothing that a cell sends is believed beyond what it can do to
//! itself and to its own workers.
//!
//! What happens when it fails: an event that finds no cell is answered with 503; nothing here waits without an end.
//!
//! It belongs to one thread: it is made and used inside a `tokio::task::LocalSet`.

mod blame;
mod budget;
mod call;
mod contained;
mod control;
mod counting;
mod entrance;
mod errors;
#[cfg(test)]
mod fixtures;
mod given;
mod hang;
mod incident;
mod lanes;
mod launch;
mod left;
mod live;
mod lookup;
mod lose;
mod options;
mod outgoing;
mod overdue;
mod overview;
mod pens;
mod processes;
mod reading;
mod recent;
mod repeat;
mod shown;
mod spares;
mod starts;
mod stats;
mod suspicion;
mod talk;
#[cfg(test)]
pub(crate) mod tests;
mod trial;
mod warm;
mod watch;
mod worker;

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use lookup::Lookup;
use mote_store::Orders;
use mote_wire::{
    control::ToCell,
    link::{Reply, Request},
};
use tokio::{sync::Semaphore, time::Instant};

pub use contained::{Attempts, Contained, ContainedKind};
pub use counting::{Counting, CountingOptions};
pub use incident::{Culprit, EventRecord, Incident, IncidentKind, Watcher};
pub use launch::{Attempting, Ending, Launched, Launcher, Launching, Order, Process, Socket};
pub use options::{
    BlameOptions, ControlOptions, CordonOptions, Lanes, Profile, PutError, SupervisorOptions, Tenancy,
};
pub use overview::{Busiest, NodeStats, Order as WorkerOrder, WorkerState, WorkerView};
pub use processes::Processes;
pub use repeat::Event;
pub use starts::IsolateTotals;
pub use stats::{CellStats, Durations, Stats};
pub use suspicion::{Sign, SuspicionOptions};
pub use worker::{WorkerSpec, WorkerTotals};

use blame::Blame;
pub(crate) use errors::{draining, load_shed, stopped};
use live::LiveCell;
use lose::switch_message;
use overview::Memory;
use pens::{Pen, PenKey};
pub use reading::Wanted;
use spares::Spares;
use stats::Counts;
use trial::Preparing;
pub(crate) use trial::{Code, TakePrepared};
use worker::{Suspicion, Switch, Worker};

/// How often a drain looks whether all events are over.
const DRAIN_LOOK_EVERY: Duration = Duration::from_millis(10);

/// Where what workers ask for goes.
pub trait Outbound {
    /// A worker asks for something. It is sure that the cell was given this worker; all else about the request is a claim.
    /// It is called by the cell's link and returns at once. What the worker may not ask for is told to `attempts`.
    fn fetch(&self, spec: &Rc<WorkerSpec>, request: Request, reply: Reply, attempts: Attempts);
}

/// Whether the node is short of memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pressure {
    /// It is not.
    Low,
    /// It is: cells free what they can, and turn events away.
    High,
}

/// No worker has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no worker `{name}`")]
pub struct UnknownWorker {
    /// The name.
    pub name: String,
}

/// All cells of a node.
pub struct Supervisor {
    options: SupervisorOptions,
    launcher: Rc<dyn Launcher>,
    outbound: Rc<dyn Outbound>,
    watcher: Rc<dyn Watcher>,
    workers: RefCell<Lookup<Arc<str>, Rc<Worker>>>,
    pens: RefCell<Lookup<PenKey, Pen>>,
    /// Every cell whose process should be there.
    cells: RefCell<BTreeMap<u64, Rc<LiveCell>>>,
    spares: Spares,
    blame: RefCell<Blame>,
    reading: RefCell<Option<Wanted>>,
    preparing: Rc<Preparing>,
    warming: Arc<Semaphore>,
    counts: Counts,
    born: Instant,
    memory: Cell<Memory>,
    looked_at: Cell<Instant>,
    closing: Cell<bool>,
}

impl Supervisor {
    /// A supervisor that keeps its spares ready and watches from now on. It must be made inside a `LocalSet`.
    #[must_use]
    pub fn new(
        options: SupervisorOptions,
        launcher: Rc<dyn Launcher>,
        outbound: Rc<dyn Outbound>,
        watcher: Rc<dyn Watcher>,
    ) -> Rc<Self> {
        let now = Instant::now();
        let this = Rc::new(Self {
            blame: RefCell::new(Blame::new(options.blame.clone())),
            options,
            launcher,
            outbound,
            watcher,
            workers: RefCell::default(),
            pens: RefCell::default(),
            cells: RefCell::default(),
            spares: Spares::default(),
            reading: RefCell::default(),
            preparing: Rc::default(),
            warming: Arc::new(Semaphore::new(warm::WARMING_MAX)),
            counts: Counts::default(),
            born: now,
            memory: Cell::new(Memory::UNKNOWN),
            looked_at: Cell::new(now),
            closing: Cell::new(false),
        });
        for profile in [Profile::Jit, Profile::Jitless] {
            this.refill(profile);
        }
        tokio::task::spawn_local(Self::watch(Rc::downgrade(&this), this.options.look_every));
        this
    }

    /// Puts a version of a worker into service. New events go to it, events under way finish where they are.
    ///
    /// # Errors
    /// When its cordon is none of this node's; then what was in service stays there.
    pub fn put(self: &Rc<Self>, spec: WorkerSpec) -> Result<(), PutError> {
        if self.is_closing() {
            return Err(PutError::Closing);
        }
        let (home, name) = (self.home_of(&spec)?, spec.name.clone());
        let spec = Rc::new(spec);
        let known = self.workers.borrow().get(&name).cloned();
        if let Some(worker) = known {
            worker.spec.replace(spec);
            worker.home.replace(home);
            self.blame.borrow_mut().new_version(&name, Instant::now());
            // It may have another cordon or another account than before.
            self.settle(&name);
        } else {
            self.workers.borrow_mut().insert(name, Worker::new(spec, home));
        }
        Ok(())
    }

    /// Takes a worker out of service. Events under way finish. False if there is none of this name.
    pub fn remove(self: &Rc<Self>, name: &str) -> bool {
        let removed = self.workers.borrow_mut().remove(name).is_some();
        if removed {
            self.settle(name);
        }
        removed
    }

    /// The kill switch: ends all events of a worker, also in the middle of a turn, and takes no new ones.
    ///
    /// # Errors
    /// If there is no such worker.
    pub fn stop(self: &Rc<Self>, name: &str) -> Result<(), UnknownWorker> {
        self.switch(name, Switch::Off)
    }

    /// Takes events of a stopped worker again.
    ///
    /// # Errors
    /// If there is no such worker.
    pub fn start_again(self: &Rc<Self>, name: &str) -> Result<(), UnknownWorker> {
        self.switch(name, Switch::On)
    }

    fn switch(self: &Rc<Self>, name: &str, switch: Switch) -> Result<(), UnknownWorker> {
        self.known(name)?.switch.set(switch);
        for cell in self.living() {
            // Also where it is leaving: its events may go on there for long.
            let numbers = cell.given.borrow().numbers_of(name);
            for number in numbers {
                if !cell.tell(&switch_message(number, switch), Bytes::new()) {
                    let reason = "it does not read what it is told".to_owned();
                    self.lose(&cell, IncidentKind::Silent, reason, cell.pings.get().answered_at);
                }
            }
        }
        Ok(())
    }

    /// Gives a worker a cell of its own, until [`Self::release_suspect`]. If it has events under way, its cell becomes its
    /// own: all others leave, and events of theirs that go on too long are ended.
    ///
    /// # Errors
    /// If there is no such worker.
    pub fn isolate_suspect(self: &Rc<Self>, name: &str) -> Result<(), UnknownWorker> {
        let worker = self.known(name)?;
        worker.suspicion.set(Suspicion::MovedOut);
        self.move_company_out(&worker);
        Ok(())
    }

    /// Lets a worker live with others again. A quarantine that it earned by itself goes on.
    ///
    /// # Errors
    /// If there is no such worker.
    pub fn release_suspect(self: &Rc<Self>, name: &str) -> Result<(), UnknownWorker> {
        self.known(name)?.suspicion.set(Suspicion::None);
        self.settle(name);
        Ok(())
    }

    /// Tells all cells whether the node is short of memory.
    pub fn set_pressure(self: &Rc<Self>, pressure: Pressure) {
        self.memory.set(Memory { pressure, ..self.memory.get() });
        for cell in self.living() {
            // A cell that is too far behind to read this is found out by its pings.
            let _ = cell.tell(&ToCell::Pressure { high: pressure == Pressure::High }, Bytes::new());
        }
    }

    /// The end of the node: takes no new events, lets those that are under way finish for so long, and ends all cells.
    pub async fn drain(self: &Rc<Self>, time_max: Duration) {
        self.closing.set(true);
        for cell in self.spares.close() {
            self.end(&cell, "the node is shutting down");
        }
        let until = Instant::now() + time_max;
        while Instant::now() < until && self.living().iter().any(|cell| !cell.is_done()) {
            tokio::time::sleep(DRAIN_LOOK_EVERY).await;
        }
        for cell in self.living() {
            self.end(&cell, "the node is shutting down");
        }
    }

    /// Sees that a worker is stopped, or alone, as the operator wants it, whatever it was before.
    pub(crate) fn follow(self: &Rc<Self>, name: &str, orders: Orders) -> Result<(), UnknownWorker> {
        let worker = self.known(name)?;
        let switch = if orders.stopped { Switch::Off } else { Switch::On };
        if worker.switch.get() != switch {
            self.switch(name, switch)?;
        }
        match (worker.suspicion.get() == Suspicion::MovedOut, orders.alone) {
            (false, true) => self.isolate_suspect(name),
            (true, false) => self.release_suspect(name),
            (false, false) | (true, true) => Ok(()),
        }
    }

    /// Who is told what happens here.
    pub(crate) fn watcher(&self) -> &dyn Watcher {
        &*self.watcher
    }

    /// Whether a worker has no events under way, as far as host and cells know.
    pub(crate) fn is_idle(&self, name: &str) -> bool {
        self.cells.borrow().values().all(|cell| cell.given.borrow().is_idle(name))
    }

    fn known(&self, name: &str) -> Result<Rc<Worker>, UnknownWorker> {
        let worker = self.workers.borrow().get(name).cloned();
        worker.ok_or_else(|| UnknownWorker { name: name.to_owned() })
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.closing.get()
    }

    fn living(&self) -> Vec<Rc<LiveCell>> {
        self.cells.borrow().values().cloned().collect()
    }
}

impl Drop for Supervisor {
    /// No cell outlives the one who watches it.
    fn drop(&mut self) {
        for cell in self.cells.borrow().values() {
            cell.process.kill();
            cell.link.close();
        }
    }
}

//! A cell's workers, and the warm isolate of each.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant},
};

use mote_engine::{JsError, Snapshot, Stop, modules::LoadError};
use mote_web::{Blank, Console, Failure, LogLevel, Outcome, Runtime, Worker};
use mote_wire::{
    bundle::Bundle,
    compatibility::Compatibility,
    http::Egress,
    limits::{LimitPolicy, Limits, LimitsPatch},
    prepared::Prepared,
};

use crate::{
    LATE_CODE, SNAPSHOT,
    admission::Pressure,
    blanks::Blanks,
    directory::Directory,
    journal::{Story, Watched},
    prepare::give,
    program::{Debugging, program_of},
    slot::{Account, Slot, SlotConsole, Unready, Way},
    warmth::Warmth,
};

/// How often the house is kept.
const HOUSE_EVERY: Duration = Duration::from_secs(1);

/// What a cell does for all its workers.
#[derive(Debug, Clone)]
pub struct CellOptions {
    /// What workers may use.
    pub limits: LimitPolicy,
    /// Whether debuggers may attach.
    pub debugging: Debugging,
    /// Who watches the process's memory says here that it is short.
    pub pressure: Pressure,
    /// Where other threads see its workers.
    pub directory: Directory,
    /// The workers whose events somebody wants to read.
    pub watched: Watched,
}

/// A version of a worker, as it is put into service.
#[derive(Clone)]
pub struct Deployment<'a> {
    /// Its code.
    pub bundle: &'a Bundle,
    /// Its `env`, as a JSON object.
    pub env_json: &'a str,
    /// Which behaviours of the platform it has asked for.
    pub compatibility: Compatibility,
    /// The limits that it asks for.
    pub limits: LimitsPatch,
    /// The account that it belongs to; empty if there are none.
    pub account: &'a str,
    /// What makes its isolates start sooner, if that was made ([`Cell::prepare`]).
    pub prepared: Option<&'a Prepared>,
    /// Its way out.
    pub egress: Arc<dyn Egress>,
    /// The number that is published while a turn of it runs ([`mote_engine::watchdog::publish`]); zero shows nothing.
    pub label: u32,
}

/// One event, when it is over.
#[derive(Debug)]
pub struct EventLog<'a> {
    /// The worker's name.
    pub worker: &'a str,
    /// `GET`, or the kind of event.
    pub method: &'a str,
    /// The request's URL, or the cron expression.
    pub url: &'a str,
    /// The response's status; `None` for events without a response.
    pub status: Option<u16>,
    /// From arrival to the response's head.
    pub duration: Duration,
    /// CPU time used by then.
    pub cpu: Duration,
    /// How it ended.
    pub outcome: Outcome,
    /// Why, if it failed.
    pub failure: Option<&'a Failure>,
}

/// Who is told what workers do.
pub trait Observer: Send + Sync {
    /// A line of a worker's console.
    fn console(&self, worker: &str, level: LogLevel, text: &str);
    /// An error that nobody caught and that failed no event.
    fn uncaught(&self, worker: &str, error: &JsError);
    /// An event is over.
    fn event(&self, event: &EventLog<'_>);
    /// An event of a worker that is watched is over, `waitUntil` work included.
    fn story(&self, _story: Story) {}
    /// A turn of a worker was stopped for this reason and went on. It was left, and its isolate with it: what that held stays
    /// with the process.
    fn left(&self, worker: &str, stop: Stop);
    /// False if only failed events are worth telling; the cell then takes no time of any.
    fn wants_events(&self) -> bool {
        true
    }
}

/// All isolates of one thread.
pub struct Cell {
    pub(crate) snapshot: Snapshot,
    pub(crate) observer: Arc<dyn Observer>,
    pub(crate) options: CellOptions,
    workers: RefCell<BTreeMap<String, Rc<Slot>>>,
    accounts: RefCell<BTreeMap<String, Rc<Account>>>,
    pub(crate) warmth: Warmth,
    pub(crate) blanks: Blanks,
}

impl Cell {
    /// An empty cell. V8 must be initialised.
    #[must_use]
    pub fn new(options: CellOptions, observer: Arc<dyn Observer>) -> Rc<Self> {
        let snapshot = mote_web::snapshot(SNAPSHOT, LATE_CODE);
        Rc::new(Self {
            warmth: Warmth::new(options.directory.books()),
            snapshot,
            observer,
            options,
            workers: RefCell::default(),
            accounts: RefCell::default(),
            blanks: Blanks::default(),
        })
    }

    /// Puts a version of a worker into service; gives the names of its handlers. New events go to it, events under way
    /// finish where they are. If it does not load, what was in service before stays there.
    ///
    /// # Errors
    /// When its code does not load, or it is larger than it may be.
    pub fn deploy(
        self: &Rc<Self>,
        name: &str,
        deployment: &Deployment<'_>,
    ) -> Result<Vec<String>, LoadError> {
        let refused = |text: String| LoadError::Threw(JsError::plain(text));
        let limits = self.limits_of(deployment.account, &deployment.limits);
        check_size(deployment, &limits).map_err(refused)?;
        let slot = self.slot(name, deployment.account);
        let program = program_of(deployment.bundle, self.options.debugging)
            .map_err(|error| refused(error.to_string()))?;
        let heap = deployment.prepared.and_then(|prepared| give(prepared, &program, &self.snapshot));
        let (env_json, compatibility) = (deployment.env_json.to_owned(), deployment.compatibility);
        let mut worker = Worker { program, env_json, compatibility, heap };
        let way = Way { egress: deployment.egress.clone(), label: deployment.label };
        let began = Instant::now();
        let (runtime, handlers) = self.loaded(&slot, &mut worker, limits, &way)?;
        self.keep(&slot, began.elapsed(), &runtime, began);
        *slot.way.borrow_mut() = Some(way);
        *slot.worker.borrow_mut() = Some(worker);
        *slot.problem.borrow_mut() = None;
        slot.limits.set(limits);
        let old = slot.warm.replace(Some(runtime));
        if let Some(old) = old {
            retire(old);
        }
        self.make_up_for_it();
        Ok(handlers)
    }

    /// The limits of a version that asks for these.
    #[must_use]
    pub fn limits_of(&self, account: &str, version: &LimitsPatch) -> Limits {
        self.options.limits.of(account, version)
    }

    /// Says why a worker cannot serve: new events are answered with this, until a version is put into service. Events
    /// under way finish.
    pub fn report_problem(&self, name: &str, problem: String) {
        let slot = self.workers.borrow().get(name).cloned();
        *slot.unwrap_or_else(|| self.slot(name, "")).problem.borrow_mut() = Some(problem);
    }

    /// Takes a worker out of service.
    pub fn remove(&self, name: &str) {
        self.options.directory.remove(name);
        let slot = self.workers.borrow_mut().remove(name);
        if let Some(slot) = slot {
            self.let_retire(&slot);
        }
    }

    /// The warm isolate of a worker that is no more finishes what it has.
    fn let_retire(&self, slot: &Slot) {
        self.warmth.uncount(slot);
        if let Some(old) = slot.warm.take() {
            retire(old);
        }
    }

    /// Ends all events of a worker and frees its isolates. It takes new ones unless its kill switch was pulled.
    pub fn stop(&self, name: &str) {
        if let Some(slot) = self.workers.borrow().get(name).cloned() {
            slot.end_all();
            self.warmth.uncount(&slot);
        }
    }

    /// Frees isolates that have nothing to do.
    pub(crate) fn release_idle(&self) {
        self.blanks.clear();
        for slot in self.workers.borrow().values() {
            slot.release_idle();
            if slot.warm.borrow().is_none() {
                self.warmth.uncount(slot);
            }
        }
    }

    /// The warm isolate of a worker, for the debugger.
    #[must_use]
    pub fn runtime(self: &Rc<Self>, name: &str) -> Option<Rc<Runtime>> {
        let slot = self.workers.borrow().get(name).cloned()?;
        self.ready(&slot, Instant::now()).ok()
    }

    /// How often the code cache of a worker was used and refused, over all its isolates.
    #[must_use]
    pub fn code_cache_counts(&self, name: &str) -> Option<(u32, u32)> {
        let slot = self.workers.borrow().get(name).cloned()?;
        let worker = slot.worker.borrow();
        let counts = &worker.as_ref()?.program.cache_counts;
        Some((counts.accepted(), counts.rejected()))
    }

    /// The worker of this name and account; a new one if there is none. One that has moved to another account begins
    /// afresh.
    fn slot(&self, name: &str, account: &str) -> Rc<Slot> {
        let known = self.workers.borrow().get(name).cloned();
        if let Some(slot) = known.filter(|slot| slot.account().id == account) {
            return slot;
        }
        let mut accounts = self.accounts.borrow_mut();
        let shared = accounts.entry(account.to_owned()).or_insert_with(|| Account::new(account)).clone();
        let limits = self.options.limits.of(account, &LimitsPatch::default());
        let directory = &self.options.directory;
        let slot = Slot::new(name, shared, limits, directory.changed().clone());
        directory.insert(slot.entry());
        let old = self.workers.borrow_mut().insert(name.to_owned(), slot.clone());
        if let Some(old) = old {
            self.let_retire(&old);
        }
        slot
    }

    /// The worker of this name.
    pub(crate) fn slot_named(&self, name: &str) -> Option<Rc<Slot>> {
        self.workers.borrow().get(name).cloned()
    }

    /// The name of the worker, if it is the only one.
    #[must_use]
    pub fn only(&self) -> Option<Arc<str>> {
        let workers = self.workers.borrow();
        workers.values().next().filter(|_| workers.len() == 1).map(|slot| slot.name.clone())
    }

    /// Whether there is a worker of this name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.workers.borrow().contains_key(name)
    }

    /// All workers.
    pub(crate) fn slots(&self) -> Vec<Rc<Slot>> {
        self.workers.borrow().values().cloned().collect()
    }

    /// Makes blank isolates in its idle time from now on, so that no start has to wait for one, and keeps house.
    pub fn keep_ready(self: &Rc<Self>) {
        self.blanks.fill(self.snapshot.clone());
        tokio::task::spawn_local(Self::watch_lag(Rc::downgrade(self)));
        let this = Rc::downgrade(self);
        tokio::task::spawn_local(async move {
            loop {
                tokio::time::sleep(HOUSE_EVERY).await;
                let Some(this) = this.upgrade() else { return };
                this.keep_house();
            }
        });
    }

    /// The names of all workers.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.workers.borrow().keys().cloned().collect()
    }

    /// The isolate that takes a worker's next event.
    pub(crate) fn ready(self: &Rc<Self>, slot: &Rc<Slot>, now: Instant) -> Result<Rc<Runtime>, Unready> {
        if let Some(problem) = slot.problem.borrow().clone() {
            return Err(Unready::Problem(problem));
        }
        if let Some(runtime) = slot.warm.borrow().as_ref()
            && !runtime.is_condemned()
        {
            self.warmth.used(slot, now);
            self.blanks.serving();
            return Ok(runtime.clone());
        }
        let Some(mut worker) = slot.worker.borrow().clone() else {
            return Err(Unready::Problem("the worker is being built".to_owned()));
        };
        let Some(way) = slot.way.borrow().clone() else {
            return Err(Unready::Problem("the worker is being built".to_owned()));
        };
        let start = self.begin_start(slot, now).map_err(Unready::TurnedAway)?;
        let began = Instant::now();
        let loaded = self.loaded(slot, &mut worker, slot.limits.get(), &way);
        // One that was given up is not unpacked again.
        *slot.worker.borrow_mut() = Some(worker);
        self.end_start(slot, start, began.elapsed(), loaded.as_ref().ok().map(|(runtime, _)| &**runtime));
        let (runtime, _handlers) = loaded.map_err(Unready::Load)?;
        self.warmth.used(slot, now);
        self.blanks.serving();
        let old = slot.warm.replace(Some(runtime.clone()));
        if let Some(old) = old {
            retire(old);
        }
        Ok(runtime)
    }

    /// A new isolate with the worker in it, and the names of its handlers.
    fn loaded(
        &self,
        slot: &Slot,
        worker: &mut Worker,
        limits: Limits,
        way: &Way,
    ) -> Result<(Rc<Runtime>, Vec<String>), LoadError> {
        let runtime = self.blank(slot, worker, limits, way);
        let handlers = runtime.load(worker)?;
        Ok((runtime, handlers))
    }

    /// A new isolate for the worker. A heap from which none can be made is given up: then the worker's code runs.
    pub(crate) fn blank(&self, slot: &Slot, worker: &mut Worker, limits: Limits, way: &Way) -> Rc<Runtime> {
        let console = Rc::new(SlotConsole { name: slot.name.clone(), observer: self.observer.clone() });
        self.blank_for(slot, worker, limits, way, console)
    }

    /// The same, with another console.
    pub(crate) fn blank_for(
        &self,
        slot: &Slot,
        worker: &mut Worker,
        limits: Limits,
        way: &Way,
        console: Rc<dyn Console>,
    ) -> Rc<Runtime> {
        let from_heap = worker.heap.as_ref().and_then(|heap| Blank::of_heap(&heap.packed, &limits).ok());
        let blank = from_heap.unwrap_or_else(|| {
            worker.heap = None;
            self.blanks.take(&limits).unwrap_or_else(|| Blank::new(&self.snapshot, &limits))
        });
        let runtime = Runtime::of_blank(blank, limits, way.egress.clone(), console, way.label);
        slot.started(&runtime);
        if self.options.debugging == Debugging::Possible {
            runtime.allow_debugger(&slot.name);
        }
        runtime
    }
}

/// The least memory that an isolate starts in: a blank one has to fit, and V8 ends the process if it does not.
const MEMORY_MIB_MIN: u64 = 8;

/// Whether a version is small enough to be loaded, and may be as large as any; the error says what is not.
fn check_size(deployment: &Deployment<'_>, limits: &Limits) -> Result<(), String> {
    if limits.memory_mib < MEMORY_MIB_MIN {
        return Err(format!(
            "its memory limit is {} MiB (`memory_mib`), {MEMORY_MIB_MIN} are the least that an isolate starts in",
            limits.memory_mib
        ));
    }
    let (modules, env_bytes) = (deployment.bundle.modules().len(), deployment.env_json.len());
    if modules as u64 > limits.modules {
        return Err(format!("the bundle has {modules} modules, {} are the most", limits.modules));
    }
    if env_bytes as u64 > limits.env_kib << 10 {
        let kib = env_bytes.div_ceil(1 << 10);
        return Err(format!(
            "the bindings in `env` come to {kib} KiB as JSON, {} are the most",
            limits.env_kib
        ));
    }
    Ok(())
}

/// Condemns an isolate, and keeps it alive until its events are over.
fn retire(runtime: Rc<Runtime>) {
    runtime.condemn();
    if runtime.events() == 0 {
        return;
    }
    tokio::task::spawn_local(async move {
        while runtime.events() > 0 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
}

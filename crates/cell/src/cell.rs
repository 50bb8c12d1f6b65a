//! A cell's workers, and the warm isolate of each.

use std::{
    cell::{Cell as StdCell, RefCell},
    collections::BTreeMap,
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use mote_engine::{JsError, Snapshot, modules::LoadError};
use mote_web::{Console, Failure, LogLevel, Outcome, Runtime, RuntimeOptions, Worker};
use mote_wire::{bundle::Bundle, http::Egress};

use crate::{
    SNAPSHOT,
    answer::ErrorDetail,
    program::{Debugging, program_of},
};

/// What a cell does for all its workers.
#[derive(Debug, Clone, Copy)]
pub struct CellOptions {
    /// Limits of each isolate.
    pub runtime: RuntimeOptions,
    /// The most CPU time that a version may set for itself.
    pub cpu_ceiling: Duration,
    /// How much an error response tells.
    pub detail: ErrorDetail,
    /// Whether debuggers may attach.
    pub debugging: Debugging,
}

/// A version of a worker, as it is put into service.
#[derive(Debug, Clone, Copy)]
pub struct Deployment<'a> {
    /// Its code.
    pub bundle: &'a Bundle,
    /// Its `env`, as a JSON object.
    pub env_json: &'a str,
    /// CPU time that one of its turns may use, at most the cell's ceiling; the cell's default if not given.
    pub cpu_max: Option<Duration>,
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
    /// How it ended.
    pub outcome: Outcome,
    /// Why, if it failed.
    pub failure: Option<&'a Failure>,
}

/// Who is told what workers do.
pub trait Observer {
    /// A line of a worker's console.
    fn console(&self, worker: &str, level: LogLevel, text: &str);
    /// An error that nobody caught and that failed no event.
    fn uncaught(&self, worker: &str, error: &JsError);
    /// An event is over.
    fn event(&self, event: &EventLog<'_>);
    /// False if only failed events are worth telling; the cell then takes no time of any.
    fn wants_events(&self) -> bool {
        true
    }
    /// Something that belongs to no event went wrong.
    fn problem(&self, text: &str);
}

/// All isolates of one thread.
pub struct Cell {
    snapshot: Snapshot,
    egress: Arc<dyn Egress>,
    pub(crate) observer: Rc<dyn Observer>,
    pub(crate) options: CellOptions,
    workers: RefCell<BTreeMap<String, Rc<Slot>>>,
}

/// One worker of a cell.
pub(crate) struct Slot {
    pub(crate) name: Rc<str>,
    /// What is loaded into new isolates; `None` until a version has loaded.
    worker: RefCell<Option<Worker>>,
    warm: RefCell<Option<Rc<Runtime>>>,
    /// Why there is no version to run.
    problem: RefCell<Option<String>>,
    /// The worker's own CPU limit.
    cpu_max: StdCell<Option<Duration>>,
}

/// Why an event finds no isolate.
pub(crate) enum Unready {
    /// No version of it has loaded so far.
    Problem(String),
    /// It loaded when it was deployed, and does not now.
    Load(LoadError),
}

impl Cell {
    /// An empty cell. V8 must be initialised.
    #[must_use]
    pub fn new(options: CellOptions, egress: Arc<dyn Egress>, observer: Rc<dyn Observer>) -> Rc<Self> {
        let snapshot = mote_web::snapshot(SNAPSHOT);
        Rc::new(Self { snapshot, egress, observer, options, workers: RefCell::default() })
    }

    /// Puts a version of a worker into service; gives the names of its handlers. New events go to it, events under way
    /// finish where they are. If it does not load, what was in service before stays there.
    ///
    /// # Errors
    /// When its code does not load.
    pub fn deploy(&self, name: &str, deployment: &Deployment<'_>) -> Result<Vec<String>, LoadError> {
        let slot = self.slot(name);
        let program = program_of(deployment.bundle, self.options.debugging)
            .map_err(|error| LoadError::Threw(JsError::plain(error.to_string())))?;
        let worker = Worker { program, env_json: deployment.env_json.to_owned() };
        slot.cpu_max.set(deployment.cpu_max);
        let runtime = self.blank(&slot);
        let handlers = runtime.load(&worker)?;
        *slot.worker.borrow_mut() = Some(worker);
        *slot.problem.borrow_mut() = None;
        let old = slot.warm.replace(Some(runtime));
        if let Some(old) = old {
            retire(old);
        }
        Ok(handlers)
    }

    /// Says why a worker cannot serve: new events are answered with this, until a version is put into service. Events
    /// under way finish.
    pub fn report_problem(&self, name: &str, problem: String) {
        *self.slot(name).problem.borrow_mut() = Some(problem);
    }

    /// Takes a worker out of service.
    pub fn remove(&self, name: &str) {
        let slot = self.workers.borrow_mut().remove(name);
        if let Some(old) = slot.and_then(|slot| slot.warm.take()) {
            retire(old);
        }
    }

    /// The warm isolate of a worker, for the debugger.
    #[must_use]
    pub fn runtime(&self, name: &str) -> Option<Rc<Runtime>> {
        let slot = self.workers.borrow().get(name).cloned()?;
        self.ready(&slot).ok()
    }

    /// How often the code cache of a worker was used and refused, over all its isolates.
    #[must_use]
    pub fn code_cache_counts(&self, name: &str) -> Option<(u32, u32)> {
        let slot = self.workers.borrow().get(name).cloned()?;
        let worker = slot.worker.borrow();
        let counts = &worker.as_ref()?.program.cache_counts;
        Some((counts.accepted(), counts.rejected()))
    }

    fn slot(&self, name: &str) -> Rc<Slot> {
        let mut workers = self.workers.borrow_mut();
        let slot = workers.entry(name.to_owned()).or_insert_with(|| {
            Rc::new(Slot {
                name: name.into(),
                worker: RefCell::default(),
                warm: RefCell::default(),
                problem: RefCell::default(),
                cpu_max: StdCell::new(None),
            })
        });
        slot.clone()
    }

    /// The worker that a host name leads to: the only one on every name, several on `<name>.localhost`.
    pub(crate) fn find(&self, host: &str) -> Option<Rc<Slot>> {
        let workers = self.workers.borrow();
        if workers.len() == 1 {
            return workers.values().next().cloned();
        }
        let host = host.to_ascii_lowercase();
        let name = host.split(':').next()?.strip_suffix(".localhost")?;
        workers.get(name).cloned()
    }

    /// The names of all workers.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.workers.borrow().keys().cloned().collect()
    }

    /// The isolate that takes a worker's next event.
    pub(crate) fn ready(&self, slot: &Rc<Slot>) -> Result<Rc<Runtime>, Unready> {
        if let Some(problem) = slot.problem.borrow().clone() {
            return Err(Unready::Problem(problem));
        }
        if let Some(runtime) = slot.warm.borrow().as_ref()
            && !runtime.is_condemned()
        {
            return Ok(runtime.clone());
        }
        let Some(worker) = slot.worker.borrow().clone() else {
            return Err(Unready::Problem("the worker is being built".to_owned()));
        };
        let runtime = self.blank(slot);
        runtime.load(&worker).map_err(Unready::Load)?;
        let old = slot.warm.replace(Some(runtime.clone()));
        if let Some(old) = old {
            retire(old);
        }
        Ok(runtime)
    }

    fn blank(&self, slot: &Rc<Slot>) -> Rc<Runtime> {
        let console = Rc::new(SlotConsole { name: slot.name.clone(), observer: self.observer.clone() });
        let mut limits = self.options.runtime;
        limits.cpu_max = slot.cpu_max.get().map_or(limits.cpu_max, |own| own.min(self.options.cpu_ceiling));
        let runtime = Runtime::start(&self.snapshot, limits, self.egress.clone(), console);
        if self.options.debugging == Debugging::Possible {
            runtime.allow_debugger(&slot.name);
        }
        runtime
    }
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

/// A worker's console, with its name.
struct SlotConsole {
    name: Rc<str>,
    observer: Rc<dyn Observer>,
}

impl Console for SlotConsole {
    fn log(&self, level: LogLevel, text: &str) {
        self.observer.console(&self.name, level, text);
    }

    fn uncaught(&self, error: &JsError) {
        self.observer.uncaught(&self.name, error);
    }
}

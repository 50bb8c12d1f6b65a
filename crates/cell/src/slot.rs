//! One worker of a cell: what is loaded into its isolates, which of them take events, and its books.

use std::{
    cell::{Cell as StdCell, RefCell},
    rc::{Rc, Weak},
    sync::{Arc, atomic::AtomicU64},
};

use mote_engine::{JsError, Stop, Terminator, modules::LoadError};
use mote_schedule::keep::Kept;
use mote_web::{Console, Failure, LogLevel, Outcome, Runtime, Worker};
use mote_wire::{http::Egress, limits::Limits};

use crate::{
    admission::TurnedAway,
    cell::Observer,
    directory::{Entry, KillSwitch},
    news::Changed,
    share::Share,
    stats::{Meters, WorkerStats},
};

/// What the workers of one account share.
pub(crate) struct Account {
    pub(crate) id: String,
    pub(crate) under_way: Arc<AtomicU64>,
    pub(crate) share: Share,
}

impl Account {
    pub(crate) fn new(id: &str) -> Rc<Self> {
        Rc::new(Self { id: id.to_owned(), under_way: Arc::default(), share: Share::new() })
    }
}

/// One worker of a cell.
pub(crate) struct Slot {
    pub(crate) name: Arc<str>,
    account: Rc<Account>,
    /// What is loaded into new isolates; `None` until a version has loaded.
    pub(crate) worker: RefCell<Option<Worker>>,
    /// How it reaches the world, and what is shown while it runs.
    pub(crate) way: RefCell<Option<Way>>,
    pub(crate) warm: RefCell<Option<Rc<Runtime>>>,
    /// What is known of its warm isolate, or of the last one that was.
    pub(crate) kept: StdCell<Option<Kept>>,
    /// Bytes with which its warm isolate is in the cell's books; `None` if it is not.
    pub(crate) counted: StdCell<Option<u64>>,
    /// Why there is no version to run.
    pub(crate) problem: RefCell<Option<String>>,
    /// The limits of the version in service.
    pub(crate) limits: StdCell<Limits>,
    pub(crate) share: Share,
    pub(crate) stats: Arc<WorkerStats>,
    pub(crate) kill_switch: Arc<KillSwitch>,
    /// All its isolates, also those that only finish what they have.
    isolates: RefCell<Vec<Weak<Runtime>>>,
}

/// What ties a worker's isolates to the rest of the node.
#[derive(Clone)]
pub(crate) struct Way {
    pub(crate) egress: Arc<dyn Egress>,
    pub(crate) label: u32,
}

/// Why an event finds no isolate.
pub(crate) enum Unready {
    /// No version of it has loaded so far.
    Problem(String),
    /// It loaded when it was deployed, and does not now.
    Load(LoadError),
    /// There is no room for an isolate of it.
    TurnedAway(TurnedAway),
}

impl Unready {
    pub(crate) fn outcome(&self) -> Outcome {
        match self {
            Self::Problem(_) | Self::Load(_) => Outcome::Exception,
            Self::TurnedAway(why) => why.outcome(),
        }
    }
}

impl Slot {
    pub(crate) fn new(name: &str, account: Rc<Account>, limits: Limits, changed: Changed) -> Rc<Self> {
        let (name, share): (Arc<str>, _) = (name.into(), Share::new());
        let meters = Meters {
            share_ns: share.meter(),
            account_share_ns: account.share.meter(),
            account_under_way: account.under_way.clone(),
        };
        let stats = WorkerStats::new(name.clone(), changed, meters);
        Rc::new(Self {
            name,
            account,
            worker: RefCell::default(),
            way: RefCell::default(),
            warm: RefCell::default(),
            kept: StdCell::default(),
            counted: StdCell::default(),
            problem: RefCell::default(),
            limits: StdCell::new(limits),
            share,
            stats: Arc::new(stats),
            kill_switch: Arc::default(),
            isolates: RefCell::default(),
        })
    }

    pub(crate) fn account(&self) -> &Account {
        &self.account
    }

    /// What other threads see of it.
    pub(crate) fn entry(&self) -> Entry {
        Entry {
            name: self.name.to_string(),
            account: self.account.id.clone(),
            stats: self.stats.clone(),
            kill_switch: self.kill_switch.clone(),
        }
    }

    /// A new isolate of it has been started.
    pub(crate) fn started(&self, runtime: &Rc<Runtime>) {
        self.stats.isolate_started();
        let mut isolates = self.isolates.borrow_mut();
        isolates.retain(|isolate| isolate.strong_count() > 0);
        isolates.push(Rc::downgrade(runtime));
        let live = isolates.iter().filter_map(Weak::upgrade);
        let terminators: Vec<Terminator> = live.filter_map(|runtime| runtime.terminator()).collect();
        self.kill_switch.set_isolates(terminators);
    }

    /// Ends all its events and frees its isolates.
    pub(crate) fn end_all(&self) {
        self.warm.borrow_mut().take();
        let live: Vec<_> = self.isolates.borrow().iter().filter_map(Weak::upgrade).collect();
        for runtime in live {
            runtime.end_all(&Failure::Stopped);
        }
    }

    /// Frees the isolate that waits for events, if it has none.
    pub(crate) fn release_idle(&self) {
        let mut warm = self.warm.borrow_mut();
        if warm.as_ref().is_some_and(|runtime| runtime.events() == 0) {
            warm.take();
        }
    }
}

/// A worker's console, with its name.
pub(crate) struct SlotConsole {
    pub(crate) name: Arc<str>,
    pub(crate) observer: Arc<dyn Observer>,
}

impl Console for SlotConsole {
    fn log(&self, level: LogLevel, text: &str) {
        self.observer.console(&self.name, level, text);
    }

    fn uncaught(&self, error: &JsError) {
        self.observer.uncaught(&self.name, error);
    }

    fn left(&self, stop: Stop) {
        self.observer.left(&self.name, stop);
    }
}

//! The operator's orders about workers: they hold for all versions that a worker has or gets, whether an event of its has come
//! or not, and are kept in the store.

use std::{cell::RefCell, collections::HashMap};

use mote_store::{Ordered, Orders, StoreError};
use tokio::sync::Mutex;

use super::{Deployed, Target};
use crate::{
    clock::now_ms,
    supervisor::{Supervisor, UnknownWorker},
};

/// What an operator may order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// It takes no events, and those under way end.
    Stop,
    /// It takes events again.
    Start,
    /// It gets cells of its own.
    Isolate,
    /// It may share cells again.
    Release,
}

/// For how long an order holds.
#[derive(Debug)]
pub enum Holds {
    /// Until the next one.
    Kept,
    /// Until the node ends: the worker is served from a project, or it is one version of many.
    UntilTheEnd,
    /// The same, because it could not be written.
    Unwritten(StoreError),
}

impl Order {
    /// Its name, in the address that it is sent to and in the books.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Start => "start",
            Self::Isolate => "isolate",
            Self::Release => "release",
        }
    }

    /// The order of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Stop, Self::Start, Self::Isolate, Self::Release]
            .into_iter()
            .find(|order| order.as_str() == name)
    }

    fn after(self, orders: Orders) -> Orders {
        match self {
            Self::Stop => Orders { stopped: true, ..orders },
            Self::Start => Orders { stopped: false, ..orders },
            Self::Isolate => Orders { alone: true, ..orders },
            Self::Release => Orders { alone: false, ..orders },
        }
    }
}

/// What holds now. It is asked at each event, so that an order is followed from the moment when it was given.
#[derive(Default)]
pub(super) struct Standing {
    /// By names, since few have any; of each account that has or had a worker of the name.
    of: RefCell<HashMap<String, Vec<(String, Orders)>>>,
    writing: Mutex<()>,
}

impl Standing {
    pub(super) fn new(kept: Vec<Ordered>) -> Self {
        let this = Self::default();
        kept.into_iter().for_each(|one| this.set(&one.account, &one.worker, one.orders));
        this
    }

    pub(super) fn of(&self, account: &str, worker: &str) -> Orders {
        let all = self.of.borrow();
        let known = all.get(worker).and_then(|known| known.iter().find(|(of, _)| of == account));
        known.map_or_else(Orders::default, |(_, orders)| *orders)
    }

    fn set(&self, account: &str, worker: &str, orders: Orders) {
        let mut all = self.of.borrow_mut();
        let known = all.entry(worker.to_owned()).or_default();
        known.retain(|(of, _)| of != account);
        if orders == Orders::default() {
            if known.is_empty() {
                all.remove(worker);
            }
        } else {
            known.push((account.to_owned(), orders));
        }
    }
}

impl Deployed {
    /// Carries out an order, for a worker of the store or for one that is served from a project.
    ///
    /// # Errors
    /// If there is no such worker.
    pub(crate) async fn order(&self, worker: &str, order: Order) -> Result<Holds, UnknownWorker> {
        let account = self.table.borrow().get(worker).map(|live| live.worker.account.clone());
        let Some(account) = account.filter(|_| !self.is_taken(worker)) else {
            carry_out(&self.supervisor, worker, order)?;
            return Ok(Holds::UntilTheEnd);
        };
        // First of all it is done: a disk that is slow, or full, does not keep a worker going.
        self.standing.set(&account, worker, order.after(self.standing.of(&account, worker)));
        for key in self.service.names_of(worker) {
            // One that went out of service meanwhile has nothing to be ended.
            let _ = carry_out(&self.supervisor, &key, order);
        }
        let _one_at_a_time = self.standing.writing.lock().await;
        // What holds by now: another order may have come.
        let orders = self.standing.of(&account, worker);
        let ordered = Ordered { account, worker: worker.to_owned(), orders };
        let store = self.store.clone();
        let write = move || store.set_orders(&ordered, order.as_str(), ("operator", now_ms()));
        match tokio::task::spawn_blocking(write).await {
            Ok(Err(error)) => Ok(Holds::Unwritten(error)),
            // A task that is gone is one of a node that ends, which nobody can be told any more.
            Ok(Ok(())) | Err(_) => Ok(Holds::Kept),
        }
    }

    /// Has the supervisor do with a version what is ordered for its worker.
    pub(super) fn follow_orders(&self, target: &Target) {
        // It was put a moment ago.
        let _ = self.supervisor.follow(&target.key, self.standing.of(&target.account, &target.worker));
    }
}

fn carry_out(supervisor: &std::rc::Rc<Supervisor>, name: &str, order: Order) -> Result<(), UnknownWorker> {
    match order {
        Order::Stop => supervisor.stop(name),
        Order::Start => supervisor.start_again(name),
        Order::Isolate => supervisor.isolate_suspect(name),
        Order::Release => supervisor.release_suspect(name),
    }
}

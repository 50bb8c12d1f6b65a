//! Changes to workers, in an order. What is decided by what was there before - an upload keeps secrets, say - is done one after
//! the other for each worker, also while its code is tried out; what is written is written one after the other for the node.

use std::{
    cell::RefCell,
    collections::HashMap,
    rc::Rc,
    sync::{Arc, Weak},
    time::Duration,
};

use mote_store::{Store, StoreError};
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::{Api, Refusal};
use crate::notices::Change;

mod trials;

use trials::{Trial, Trials};

/// How long a change waits for its turn.
const WAIT_MAX: Duration = Duration::from_secs(60);
/// Workers after whose number those that nobody changes are forgotten.
const WORKERS_KEPT: usize = 1_024;

/// An account and its worker. Who uploads under a name that is another account's keeps nobody waiting.
type Of = (String, String);

/// Who may change what now.
pub(super) struct Changes {
    workers: RefCell<HashMap<Of, Weak<Mutex<()>>>>,
    /// Addresses go from one worker to another, so that routing takes over what is written in the order of the writing.
    commit: Mutex<()>,
    trials: Rc<Trials>,
}

/// The right to change a worker, until it is dropped.
pub(super) struct Turn {
    _worker: OwnedMutexGuard<()>,
}

impl Changes {
    pub(super) fn new(trials: usize) -> Self {
        Self { workers: RefCell::default(), commit: Mutex::new(()), trials: Trials::new(trials) }
    }

    /// Waits until nobody else changes this worker.
    pub(super) async fn turn(&self, account: &str, worker: &str) -> Result<Turn, Refusal> {
        let own = self.own(account, worker).lock_owned();
        let turn = tokio::time::timeout(WAIT_MAX, own).await;
        turn.map(|_worker| Turn { _worker }).map_err(|_| {
            Refusal::busy(&format!(
                "other changes of `{worker}` are under way for a long time; try again in a moment"
            ))
        })
    }

    /// Waits until a worker of this account may be tried out.
    pub(super) async fn trial(&self, account: &str) -> Result<Trial, Refusal> {
        let trial = tokio::time::timeout(WAIT_MAX, self.trials.enter(account)).await;
        trial.map_err(|_| Refusal::busy("the node tries out too many workers at once; try again in a moment"))
    }

    fn own(&self, account: &str, worker: &str) -> Arc<Mutex<()>> {
        let mut workers = self.workers.borrow_mut();
        let key = (account.to_owned(), worker.to_owned());
        if let Some(own) = workers.get(&key).and_then(Weak::upgrade) {
            return own;
        }
        if workers.len() >= WORKERS_KEPT {
            workers.retain(|_, own| own.strong_count() > 0);
        }
        let own = Arc::new(Mutex::new(()));
        workers.insert(key, Arc::downgrade(&own));
        own
    }
}

impl Api {
    /// Writes a change of a worker and lets the node go by it, as a whole: also if the client leaves meanwhile.
    pub(super) async fn commit<T: Send + 'static>(
        self: &Rc<Self>,
        worker: &str,
        turn: Option<Turn>,
        work: impl FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
        told: impl FnOnce(&T) -> Change + 'static,
    ) -> Result<T, Refusal> {
        let (this, worker) = (self.clone(), worker.to_owned());
        let change = async move {
            let _turn = turn;
            let (done, main) = {
                let _one_at_a_time = this.changes.commit.lock().await;
                let done = this.store(work).await?;
                this.deployed.supervisor.watcher().changed(&told(&done));
                (done, this.deployed.take_over(&worker).await.map_err(Refusal::internal)?)
            };
            // It reads the code, which may take a while.
            this.deployed.serve(main).await.map_err(Refusal::internal)?;
            Ok(done)
        };
        tokio::task::spawn_local(change).await.map_err(Refusal::internal)?
    }
}

//! Sees that versions are prepared: once for each bundle, what it asks of the platform, and engine, behind the deploy or, for what another build of Mote has
//! deployed, some time after the first event.
//!
//! What comes from a cell is believed no further than to the code that made it: it was made by nobody else's code, in a cell
//! that nobody else was in, and goes to isolates of the same bundle alone.

use std::{
    cell::RefCell,
    collections::HashSet,
    rc::{Rc, Weak},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use mote_store::{PreparedFor, Store};
use mote_wire::prepared::Prepared;
use tokio::sync::mpsc;

use crate::supervisor::{Code, Supervisor, TakePrepared, WorkerSpec};

/// How long after its first event a version is prepared that was not prepared when it was deployed. Until then its deploy may
/// still be at it.
const LATER: Duration = Duration::from_secs(20);
/// Versions that wait to be prepared. More come back with their next start.
const WAITING_MAX: usize = 256;

/// Makes a spec again, under a name that is nobody's.
pub(crate) type Remake = Box<dyn FnOnce(String) -> Result<WorkerSpec, String>>;

/// What has been prepared, and what is going to be.
pub(crate) struct Preparations {
    store: Arc<Store>,
    engine: String,
    supervisor: Weak<Supervisor>,
    /// What was tried here; those that cannot be prepared are not tried again and again.
    tried: RefCell<HashSet<PreparedFor>>,
    waiting: mpsc::Sender<(PreparedFor, Remake)>,
}

/// What the supervisor knows of it.
struct Taker(Weak<Preparations>);

impl TakePrepared for Taker {
    fn wants(&self, code: Code) -> bool {
        self.0.upgrade().is_some_and(|this| !this.tried.borrow().contains(&prepared_for(code)))
    }

    fn take(&self, code: Code, made: Result<Bytes, String>) {
        if let Some(this) = self.0.upgrade() {
            tokio::task::spawn_local(this.keep(code, made));
        }
    }
}

/// The names of what it is prepared for.
fn prepared_for(code: Code) -> PreparedFor {
    PreparedFor { bundle: code.bundle, compatibility: code.compatibility }
}

impl Preparations {
    /// It takes what the supervisor prepares from now on, for the `engine` of this name.
    pub(crate) fn new(store: Arc<Store>, engine: String, supervisor: &Rc<Supervisor>) -> Rc<Self> {
        let (waiting, queue) = mpsc::channel(WAITING_MAX);
        let (old, present) = (store.clone(), engine.clone());
        // It can wait, and fail: it costs room on the disk, and nothing else.
        tokio::task::spawn_blocking(move || drop(old.forget_prepared(&present)));
        let supervisor_of = Rc::downgrade(supervisor);
        let this =
            Rc::new(Self { store, engine, supervisor: supervisor_of, tried: RefCell::default(), waiting });
        supervisor.take_prepared(Rc::new(Taker(Rc::downgrade(&this))));
        tokio::task::spawn_local(Self::prepare_later(Rc::downgrade(&this), queue));
        this
    }

    /// The engine that it prepares for.
    pub(crate) fn engine(&self) -> &str {
        &self.engine
    }

    /// A version starts without anything prepared for it.
    pub(crate) fn misses(&self, of: PreparedFor, remake: Remake) {
        if !self.tried.borrow().contains(&of) {
            // Without room there is another time.
            let _ = self.waiting.try_send((of, remake));
        }
    }

    /// Keeps what a cell has prepared, and gives it to the workers in service that have the bundle.
    async fn keep(self: Rc<Self>, code: Code, made: Result<Bytes, String>) {
        let (store, engine, of) = (self.store.clone(), self.engine.clone(), prepared_for(code));
        let kept = tokio::task::spawn_blocking(move || {
            let made = made.ok().and_then(|bytes| Some((Prepared::decode(bytes.clone()).ok()?, bytes)));
            if let Some((prepared, bytes)) = &made {
                let report = serde_json::to_string(&prepared.report).unwrap_or_default();
                // A full disk costs the next start of the node some time, and nothing else.
                let _ = store.keep_prepared(&of, &engine, &report, bytes);
            }
            (of, made.map(|(_, bytes)| bytes))
        });
        let Ok((of, made)) = kept.await else { return };
        self.tried.borrow_mut().insert(of);
        if let (Some(made), Some(supervisor)) = (made, self.supervisor.upgrade()) {
            supervisor.adopt(code, &made);
        }
    }

    /// One after the other, for as long as somebody wants it.
    async fn prepare_later(this: Weak<Self>, mut queue: mpsc::Receiver<(PreparedFor, Remake)>) {
        while let Some((of, remake)) = queue.recv().await {
            tokio::time::sleep(LATER).await;
            let Some(this) = this.upgrade() else { return };
            if this.tried.borrow().contains(&of) {
                continue;
            }
            let Some(supervisor) = this.supervisor.upgrade() else { return };
            // What it says comes through `take`; a version that does not load here says so to whoever calls it.
            if let Ok(spec) = remake(format!("prepare {}", of.bundle)) {
                let _ = supervisor.try_out(spec).await;
            }
            this.tried.borrow_mut().insert(of);
        }
    }
}

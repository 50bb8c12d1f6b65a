//! Sees that versions are prepared: once for each bundle, what it asks of the platform, and engine, behind the deploy or, for what another build of Mote has
//! deployed, some time after the first event.
//!
//! What comes from a cell is believed no further than to the code that made it: it was made by nobody else's code, in a cell
//! that nobody else was in, and goes to isolates of the same bundle alone.

use std::{
    cell::RefCell,
    collections::{HashSet, VecDeque},
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
/// Versions whose compiled code is remembered until they are prepared, or in service.
const COMPILED_MAX: usize = 8;

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
    /// What was compiled of those that were tried out last.
    compiled: RefCell<VecDeque<(PreparedFor, Bytes)>>,
}

/// What the supervisor knows of it.
struct Taker(Weak<Preparations>);

impl TakePrepared for Taker {
    fn wants(&self, code: Code) -> bool {
        self.0.upgrade().is_some_and(|this| !this.tried.borrow().contains(&prepared_for(code)))
    }

    fn take_compiled(&self, code: Code, compiled: Bytes) {
        if let (Some(this), Ok(_)) = (self.0.upgrade(), Prepared::decode(compiled.clone())) {
            this.keep_compiled(code, compiled);
        }
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
        let (tried, compiled) = <(RefCell<_>, RefCell<_>)>::default();
        let this = Rc::new(Self { store, engine, supervisor: supervisor_of, tried, waiting, compiled });
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

    /// The code that was compiled of it when it was tried out; empty if nobody knows any more.
    pub(crate) fn compiled(&self, of: &PreparedFor) -> Bytes {
        let compiled = self.compiled.borrow();
        compiled.iter().find(|(known, _)| known == of).map(|(_, code)| code.clone()).unwrap_or_default()
    }

    /// Remembers the code that was compiled, and gives it to those workers in service that have nothing better.
    fn keep_compiled(&self, code: Code, compiled: Bytes) {
        let of = prepared_for(code);
        {
            let mut known = self.compiled.borrow_mut();
            known.retain(|(other, _)| *other != of);
            known.truncate(COMPILED_MAX - 1);
            known.push_front((of, compiled.clone()));
        }
        if let Some(supervisor) = self.supervisor.upgrade() {
            supervisor.adopt_compiled(code, &compiled);
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
        self.compiled.borrow_mut().retain(|(known, _)| *known != of);
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
            let loads = match remake(format!("prepare {}", of.bundle)) {
                Ok(spec) => supervisor.try_out(&spec.name.clone(), spec).await.is_ok(),
                Err(_) => false,
            };
            // What loads is prepared behind that, and was tried when it is.
            if !loads {
                this.tried.borrow_mut().insert(of);
            }
        }
    }
}

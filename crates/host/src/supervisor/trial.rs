//! Trying code out before anybody is served by it: in a cell of its own that is thrown away, whatever the code did there.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use mote_wire::{
    bundle::BundleHash, compatibility::Compatibility, control::ToCell, prepared::PREPARED_BYTES_MAX,
};
use tokio::{
    sync::{Semaphore, oneshot},
    time::timeout,
};

use super::{
    Supervisor,
    call::Unsent,
    given::Loading,
    live::{Asked, LiveCell},
    options::Profile,
    pens::Alone,
    worker::{Suspicion, Worker, WorkerSpec},
};

/// How long a version may take to be prepared: it is loaded some times over.
const PREPARING_MAX: Duration = Duration::from_secs(60);
/// Trials that wait to prepare what they have loaded; each holds a cell. Further ones end as they are.
const WAITING_MAX: usize = 4;

/// Who has versions prepared.
pub(crate) trait TakePrepared {
    /// Whether anything is to be prepared for some code.
    fn wants(&self, code: Code) -> bool;
    /// What was prepared for it, or why nothing was.
    fn take(&self, code: Code, made: Result<Bytes, String>);
}

/// What it is prepared for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Code {
    /// The name of its modules.
    pub(crate) bundle: BundleHash,
    /// Which behaviours of the platform it asks for.
    pub(crate) compatibility: Compatibility,
}

impl Code {
    fn of(spec: &WorkerSpec) -> Self {
        Self { bundle: spec.bundle.hash(), compatibility: spec.compatibility }
    }

    fn is_that_of(self, spec: &WorkerSpec) -> bool {
        self == Self::of(spec)
    }
}

impl Supervisor {
    /// From now on versions are prepared, after they were tried out, and `take` gets what comes of it.
    pub(crate) fn take_prepared(&self, take: Rc<dyn TakePrepared>) {
        self.preparing.taker.replace(Some(take));
    }

    /// Gives what was prepared for some code to all workers that run it.
    pub(crate) fn adopt(self: &Rc<Self>, code: Code, prepared: &Bytes) {
        for worker in self.workers.borrow().values() {
            let spec = worker.current();
            // Not one that is being tried out: it finds out for itself.
            let is_tried = worker.name.contains(' ');
            if !is_tried && code.is_that_of(&spec) && spec.prepared.borrow().is_empty() {
                spec.prepared.replace(prepared.clone());
                self.tell_adopted(worker, &spec, prepared);
            }
        }
    }

    /// Cells that have it already start its next isolates from it.
    fn tell_adopted(&self, worker: &Worker, spec: &Rc<WorkerSpec>, prepared: &Bytes) {
        for cell in self.living().iter().filter(|cell| cell.profile == Profile::Jit) {
            let number = cell.given.borrow().number_of(&worker.name);
            let Some(number) = number else { continue };
            let is_current =
                cell.given.borrow_mut().entry(number).is_some_and(|entry| Rc::ptr_eq(&entry.spec, spec));
            if is_current {
                // One that does not read it starts as before.
                let _ = cell.tell(&ToCell::Adopt { worker: number }, prepared.clone());
            }
        }
    }

    /// Loads a version as it would be loaded for its first event; gives the names of its handlers. The spec's name must be
    /// nobody's: the code serves no event, and is gone when this returns or is dropped.
    ///
    /// # Errors
    /// Why it does not load, in words for its owner.
    pub async fn try_out(self: &Rc<Self>, spec: WorkerSpec) -> Result<Vec<String>, String> {
        let name = spec.name.clone();
        self.put(spec).map_err(|error| error.to_string())?;
        let trial = Trial { supervisor: self.clone(), name };
        let (cell, number, handlers) = trial.run().await?;
        self.prepare_behind(trial, cell, number);
        Ok(handlers)
    }

    /// Prepares a version in the cell that it was tried out in, while its deploy goes on.
    fn prepare_behind(self: &Rc<Self>, trial: Trial, cell: Rc<LiveCell>, number: u32) {
        let preparing = self.preparing.clone();
        let Some(take) = preparing.taker.borrow().clone() else { return };
        if preparing.waiting.get() >= WAITING_MAX || cell.profile == Profile::Jitless {
            return;
        }
        preparing.waiting.set(preparing.waiting.get() + 1);
        tokio::task::spawn_local(async move {
            let turn = preparing.turns.acquire().await;
            let spec = trial.supervisor.known(&trial.name).map(|worker| worker.current());
            let code = spec.ok().map(|spec| Code::of(&spec));
            let made = match code {
                Some(code) if take.wants(code) => {
                    // Nobody waits for it, while others deploy and serve.
                    cell.process.give_way();
                    Some((code, ask(&cell, number).await))
                }
                Some(_) | None => None,
            };
            // Its cell ends now, and the next one may begin.
            drop((trial, turn));
            preparing.waiting.set(preparing.waiting.get() - 1);
            if let Some((code, made)) = made {
                take.take(code, made);
            }
        });
    }
}

/// Versions that are being prepared.
pub(super) struct Preparing {
    taker: RefCell<Option<Rc<dyn TakePrepared>>>,
    waiting: Cell<usize>,
    /// One at a time: it costs as much as the events that others wait for.
    turns: Semaphore,
}

impl Default for Preparing {
    fn default() -> Self {
        Self { taker: RefCell::default(), waiting: Cell::new(0), turns: Semaphore::new(1) }
    }
}

/// Has a cell prepare a worker that it has loaded.
async fn ask(cell: &LiveCell, worker: u32) -> Result<Bytes, String> {
    let (sender, answer) = oneshot::channel();
    cell.preparing.replace(Some(Asked { worker, answer: sender }));
    cell.blob.ask(PREPARED_BYTES_MAX);
    if !cell.tell(&ToCell::Prepare { worker }, Bytes::new()) {
        return Err("its process does not read what it is told".to_owned());
    }
    let answered = async {
        tokio::select! {
            answer = answer => answer.unwrap_or_else(|_| Err("its process said nothing".to_owned())),
            loss = cell.lost() => Err(format!("its process ended: {}", loss.reason)),
        }
    };
    timeout(PREPARING_MAX, answered).await.unwrap_or_else(|_| Err("it takes too long".to_owned()))
}

/// Code that is being tried out.
struct Trial {
    supervisor: Rc<Supervisor>,
    name: Arc<str>,
}

impl Trial {
    async fn run(&self) -> Result<(Rc<LiveCell>, u32, Vec<String>), String> {
        let worker = self.supervisor.known(&self.name).map_err(|error| error.to_string())?;
        // Nobody else may be in its cell: it is ended afterwards.
        worker.suspicion.set(Suspicion::MovedOut);
        let cell = self.supervisor.place(&worker).await.map_err(|error| error.detail)?;
        let number = match self.supervisor.prepare(&cell, &worker).await {
            Ok((number, _under_way)) => number,
            Err(Unsent::Refused(error)) => return Err(error.detail),
            Err(Unsent::Elsewhere) => {
                return Err("its process ended while the code was loading".to_owned());
            }
        };
        let loading = cell.given.borrow_mut().entry(number).map(|entry| entry.loading.borrow().clone());
        match loading {
            Some(Loading::Loaded(handlers)) => Ok((cell, number, handlers.to_vec())),
            Some(Loading::Pending | Loading::Refused(_)) | None => {
                Err("its process ended when the code was loaded".to_owned())
            }
        }
    }
}

impl Drop for Trial {
    fn drop(&mut self) {
        self.supervisor.remove(&self.name);
        let is_its_own = |alone: &Alone| matches!(alone, Alone::Suspect(name) if *name == self.name);
        for cell in self.supervisor.living() {
            if cell.pen().is_some_and(|pen| is_its_own(&pen.alone)) {
                self.supervisor.end(&cell, "the code in it was tried out");
            }
        }
    }
}

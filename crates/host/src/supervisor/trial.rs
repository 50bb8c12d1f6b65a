//! Trying code out before anybody is served by it: in a cell of its own that is thrown away, whatever the code did there.

use std::{cell::RefCell, rc::Rc, sync::Arc, time::Duration};

use bytes::Bytes;
use mote_wire::{
    bundle::BundleHash, compatibility::Compatibility, control::ToCell, prepared::PREPARED_BYTES_MAX,
};
use tokio::{
    sync::{Semaphore, oneshot},
    time::{sleep, timeout},
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
/// How long a deploy waits for the code that was compiled while its version was tried out; what that code has left behind may be busy.
const COMPILED_MAX: Duration = Duration::from_millis(100);
/// So long nobody may have deployed the worker again before its version is prepared: of versions that follow each other like this
/// none but the last serves for long.
const QUIET: Duration = Duration::from_millis(250);
/// Trials that wait to prepare what they have loaded; each holds a cell. Further ones end as they are.
const WAITING_MAX: usize = 4;

/// Who has versions prepared.
pub(crate) trait TakePrepared {
    /// Whether anything is to be prepared for some code.
    fn wants(&self, code: Code) -> bool;
    /// The code that was compiled when it was tried out. What is prepared for it takes its place.
    fn take_compiled(&self, code: Code, compiled: Bytes);
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
    pub(super) fn of(spec: &WorkerSpec) -> Self {
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
        self.adopt_instead(code, prepared, |_| true);
    }

    /// Gives what was compiled of some code to all workers that run it and have nothing so far.
    pub(crate) fn adopt_compiled(self: &Rc<Self>, code: Code, compiled: &Bytes) {
        self.adopt_instead(code, compiled, Bytes::is_empty);
    }

    /// The same, to those that have what it may take the place of.
    fn adopt_instead(self: &Rc<Self>, code: Code, prepared: &Bytes, of: fn(&Bytes) -> bool) {
        for worker in self.workers.borrow().values() {
            let spec = worker.current();
            // Not one that is being tried out: it finds out for itself.
            if !is_tried(&worker.name) && code.is_that_of(&spec) && of(&spec.prepared.borrow()) {
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

    /// Loads a version of the worker `of` as it would be loaded for its first event; gives the names of its handlers. The spec's name
    /// must be nobody's: the code serves no event, and is gone when this returns or is dropped.
    ///
    /// # Errors
    /// Why it does not load, in words for its owner.
    pub async fn try_out(self: &Rc<Self>, of: &str, spec: WorkerSpec) -> Result<Vec<String>, String> {
        let (name, code) = (spec.name.clone(), Code::of(&spec));
        self.preparing.supersede(of);
        self.put(spec).map_err(|error| error.to_string())?;
        let trial = Trial { supervisor: self.clone(), name };
        let (cell, number, handlers) = trial.run().await?;
        let tried = Tried { code, trial, cell, number };
        let taker = self.preparing.taker.borrow().clone();
        if tried.cell.profile == Profile::Jit
            && let Some(take) = taker
            && take.wants(code)
            && let Some(place) = self.preparing.wait(of)
        {
            let (sender, compiled) = oneshot::channel();
            let behind = Self::prepare_behind(self.preparing.clone(), take, tried, (place, sender));
            tokio::task::spawn_local(behind);
            // Without it the first event has all of it compiled again, while its client waits.
            let _ = timeout(COMPILED_MAX, compiled).await;
        }
        Ok(handlers)
    }

    /// Prepares a version in the cell that it was tried out in, while its deploy goes on.
    async fn prepare_behind(
        preparing: Rc<Preparing>,
        take: Rc<dyn TakePrepared>,
        tried: Tried,
        (mut place, has_compiled): (Place, oneshot::Sender<()>),
    ) {
        let Tried { code, trial, cell, number } = tried;
        let work = async {
            // The version's first event may come at any moment.
            if let Ok(compiled) = ask(&cell, &ToCell::Compiled { worker: number }, number).await {
                take.take_compiled(code, compiled);
            }
            // Whoever waits for that may have gone on.
            let _ = has_compiled.send(());
            sleep(QUIET).await;
            let turn = preparing.turns.acquire().await;
            // The same code may have been prepared meanwhile.
            if !take.wants(code) {
                return None;
            }
            // Nobody waits for it, while others deploy and serve.
            cell.process.give_way();
            let made = ask(&cell, &ToCell::Prepare { worker: number }, number).await;
            drop(turn);
            Some(made)
        };
        let made = tokio::select! {
            made = work => made,
            _ = &mut place.superseded => None,
        };
        // Its cell ends now.
        drop((trial, place));
        if let Some(made) = made {
            take.take(code, made);
        }
    }
}

/// Whether this is the name of a version that is only tried out.
pub(super) fn is_tried(name: &str) -> bool {
    name.contains(' ')
}

/// A version that was tried out.
struct Tried {
    code: Code,
    trial: Trial,
    cell: Rc<LiveCell>,
    number: u32,
}

/// Versions that are being prepared.
pub(super) struct Preparing {
    taker: RefCell<Option<Rc<dyn TakePrepared>>>,
    /// Those that wait for it, or are at it, by the workers that they are versions of.
    waiting: RefCell<Vec<(Rc<str>, oneshot::Sender<()>)>>,
    /// One at a time: it costs as much as the events that others wait for.
    turns: Semaphore,
}

/// A place among those that wait.
struct Place {
    preparing: Rc<Preparing>,
    /// Comes to its end when the worker is deployed again.
    superseded: oneshot::Receiver<()>,
}

impl Preparing {
    /// A place for a version of this worker, if there is any.
    fn wait(self: &Rc<Self>, of: &str) -> Option<Place> {
        let mut waiting = self.waiting.borrow_mut();
        if waiting.len() >= WAITING_MAX {
            return None;
        }
        let (sender, superseded) = oneshot::channel();
        waiting.push((of.into(), sender));
        Some(Place { preparing: self.clone(), superseded })
    }

    /// What waits for this worker gives up.
    fn supersede(&self, of: &str) {
        self.waiting.borrow_mut().retain(|(worker, _)| **worker != *of);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // The other end of its channel knows that it is gone.
        self.superseded.close();
        self.preparing.waiting.borrow_mut().retain(|(_, sender)| !sender.is_closed());
    }
}

impl Default for Preparing {
    fn default() -> Self {
        Self { taker: RefCell::default(), waiting: RefCell::default(), turns: Semaphore::new(1) }
    }
}

/// Has a cell hand over what it prepares for a worker that it has loaded.
async fn ask(cell: &LiveCell, what: &ToCell, worker: u32) -> Result<Bytes, String> {
    let (sender, answer) = oneshot::channel();
    cell.preparing.replace(Some(Asked { worker, answer: sender }));
    cell.blob.ask(PREPARED_BYTES_MAX);
    if !cell.tell(what, Bytes::new()) {
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
            Ok(prepared) => prepared.number,
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

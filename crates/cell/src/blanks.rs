//! Blank isolates that are ready before somebody waits for one: making one takes about a millisecond, most of what a small
//! worker's start takes.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use mote_engine::Snapshot;
use mote_web::Blank;
use mote_wire::limits::Limits;
use tokio::sync::Notify;

/// How many are kept. A burst of starts beyond that makes its own.
const READY_MAX: usize = 8;
/// How long the thread's other tasks have before one is made: an answer is on its way by then that would have to wait for it.
const PAUSE: Duration = Duration::from_millis(1);

/// The blank isolates of a cell.
#[derive(Default)]
pub(crate) struct Blanks(Rc<Shared>);

#[derive(Default)]
struct Shared {
    ready: RefCell<Vec<Blank>>,
    /// The limits of memory that workers come with: those of the last one that has come.
    limits: Cell<Option<Limits>>,
    /// One was taken, and no event has come since.
    missing: Cell<bool>,
    fill: Notify,
}

impl Blanks {
    /// One for a worker with these limits, if there is one. The next ones will be such.
    pub(crate) fn take(&self, limits: &Limits) -> Option<Blank> {
        let shared = &self.0;
        shared.limits.set(Some(*limits));
        shared.missing.set(true);
        let mut ready = shared.ready.borrow_mut();
        let fitting = ready.iter().position(|blank| blank.fits(limits))?;
        Some(ready.swap_remove(fitting))
    }

    /// An event has come: a cell that only loads workers, to try them out, needs none.
    pub(crate) fn serving(&self) {
        if self.0.missing.replace(false) {
            self.0.fill.notify_one();
        }
    }

    /// Gives all of them up.
    pub(crate) fn clear(&self) {
        self.0.ready.borrow_mut().clear();
    }

    /// Gives all of them up, and makes no more until a worker serves.
    pub(crate) fn stop(&self) {
        self.0.limits.set(None);
        self.clear();
    }

    /// Fills up whenever nothing else is to be done, once a worker serves. It ends with the thread's tasks.
    pub(crate) fn fill(&self, snapshot: Snapshot) {
        let shared = self.0.clone();
        tokio::task::spawn_local(async move {
            loop {
                shared.fill.notified().await;
                while let Some(limits) = shared.limits.get()
                    && shared.ready.borrow().len() < READY_MAX
                {
                    // Everything that waits comes first.
                    tokio::time::sleep(PAUSE).await;
                    let blank = Blank::new(&snapshot, &limits);
                    let mut ready = shared.ready.borrow_mut();
                    ready.retain(|blank| blank.fits(&limits));
                    ready.push(blank);
                }
            }
        });
    }
}

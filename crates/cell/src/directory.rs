//! What other threads see of a cell, and may do to it: the books of its workers, and their kill switches.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use mote_engine::Terminator;

use crate::{news::Changed, stats::WorkerStats, warmth::IsolateBooks};

/// A worker, as other threads see it.
#[derive(Debug)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// Its account's id; empty if it has none.
    pub account: String,
    /// Its books.
    pub stats: Arc<WorkerStats>,
    /// What stops it.
    pub kill_switch: Arc<KillSwitch>,
}

/// All workers of a cell, by name, and what its isolates are.
#[derive(Debug, Clone, Default)]
pub struct Directory {
    workers: Arc<Mutex<BTreeMap<String, Arc<Entry>>>>,
    books: Arc<IsolateBooks>,
    changed: Changed,
}

impl Directory {
    /// The workers whose books have changed since the host was told.
    pub(crate) fn changed(&self) -> &Changed {
        &self.changed
    }

    /// What the cell's isolates are.
    #[must_use]
    pub fn books(&self) -> Arc<IsolateBooks> {
        self.books.clone()
    }

    /// The worker of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Arc<Entry>> {
        self.workers.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// All workers, in the order of their names.
    #[must_use]
    pub fn entries(&self) -> Vec<Arc<Entry>> {
        self.workers.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    pub(crate) fn insert(&self, entry: Entry) {
        let mut entries = self.workers.lock().unwrap_or_else(PoisonError::into_inner);
        entries.insert(entry.name.clone(), Arc::new(entry));
    }

    pub(crate) fn remove(&self, name: &str) {
        self.workers.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    }
}

/// Stops a worker at once, from any thread.
#[derive(Debug, Default)]
pub struct KillSwitch {
    stopped: AtomicBool,
    isolates: Mutex<Vec<Terminator>>,
}

impl KillSwitch {
    /// Takes no new events of the worker, and stops the turns of it that run. [`crate::Cell::stop`] must follow: it ends the
    /// events that wait.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
        for isolate in self.isolates.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            isolate.terminate();
        }
    }

    /// Takes new events again.
    pub fn start(&self) {
        self.stopped.store(false, Ordering::Release);
    }

    /// True from [`Self::stop`] until [`Self::start`].
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }

    /// These are all of the worker's isolates.
    pub(crate) fn set_isolates(&self, isolates: Vec<Terminator>) {
        *self.isolates.lock().unwrap_or_else(PoisonError::into_inner) = isolates;
    }
}

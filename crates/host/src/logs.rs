//! Logs that are kept: what workers with `observability` have reported of their events, for whoever asks later.
//!
//! What this room does: it decides which events are kept - of workers that ask for it, by their rate - and lets them wait, bounded for
//! all and for each account, until they go to the disk in batches. Whoever publishes never waits.
//!
//! What it refuses: accounts see their own events alone. An account that reports more than its share of the disk's time loses events,
//! and nobody else does.
//!
//! What happens when it fails: events are not kept, that is counted, and the log says so once. Workers do not notice.

mod asked;
mod keeping;
mod queue;

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use mote_store::{KeptLog, LogCaps, LogPage, LogQuery, LogStore, LogsKept, NewLog, StoreError};
use ring::rand::{SecureRandom, SystemRandom};
use tokio::{
    sync::{Notify, Semaphore, watch},
    task::{AbortHandle, spawn_blocking, spawn_local},
    time::timeout,
};

pub use asked::{Asked, Letters, Text};
pub use keeping::Keeping;
use queue::Queue;
pub use queue::{WAITING_BYTES_MAX, WAITING_MAX};

use crate::{clock::now_ms, trace::Trace};

/// How long events wait for others, so that many are one write.
const GATHER: Duration = Duration::from_millis(250);
/// How often what is over is taken away, if nothing comes.
const SWEEP_PERIOD: Duration = Duration::from_secs(60);
/// Questions that are at the file at once.
const QUESTIONS_MAX: usize = 2;
/// How long one waits for its turn.
const QUESTION_WAIT_MAX: Duration = Duration::from_secs(10);

/// What the operator allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogOptions {
    /// Bytes that are kept of one account; with 0 nothing is kept.
    pub account_bytes_max: u64,
    /// Bytes that are kept of all.
    pub node_bytes_max: u64,
    /// How long they are kept.
    pub age_max: Duration,
}

impl Default for LogOptions {
    fn default() -> Self {
        Self {
            account_bytes_max: 64 << 20,
            node_bytes_max: 4 << 30,
            age_max: Duration::from_secs(3 * 24 * 60 * 60),
        }
    }
}

impl LogOptions {
    fn caps(&self) -> LogCaps {
        LogCaps {
            account_bytes_max: self.account_bytes_max,
            node_bytes_max: self.node_bytes_max,
            age_ms_max: i64::try_from(self.age_max.as_millis()).unwrap_or(i64::MAX),
        }
    }
}

/// Is told when events cannot be kept, with the reason, and with `None` when they are again.
pub type Told = Box<dyn Fn(Option<&str>)>;

/// What became of events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LogCounts {
    /// Events that are on the disk.
    pub kept: u64,
    /// Events that found no room: the disk is slower than they come, or their account reports more than its share.
    pub dropped: u64,
    /// Events that could not be written.
    pub failed: u64,
}

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// Others ask too much.
    #[error("too much is asked of the kept logs at once; try again in a moment")]
    Busy,
    /// The file fails.
    #[error("the kept logs cannot be read: {0}")]
    Store(#[from] StoreError),
}

/// The kept logs of a node. Dropping it ends the writing; what waits then is lost.
pub struct Logs {
    shared: Rc<Shared>,
    writing: AbortHandle,
}

struct Shared {
    store: Arc<LogStore>,
    options: LogOptions,
    /// Of which workers events are kept, with their accounts.
    workers: RefCell<HashMap<String, (String, Keeping)>>,
    /// Goes up whenever they change.
    changes: watch::Sender<u64>,
    queue: RefCell<Queue>,
    /// Rung when something waits, or all is to be written at once.
    bell: Notify,
    /// Whether nothing waits and nothing is being written.
    idle: watch::Sender<bool>,
    counts: Cell<LogCounts>,
    failing: Cell<bool>,
    told: Told,
    random: SystemRandom,
    questions: Semaphore,
}

impl Logs {
    /// Begins to keep events in this file. It must be called inside a `LocalSet`.
    #[must_use]
    pub fn start(store: Arc<LogStore>, options: LogOptions, told: Told) -> Rc<Self> {
        let shared = Rc::new(Shared {
            store,
            options,
            workers: RefCell::default(),
            changes: watch::Sender::default(),
            queue: RefCell::new(Queue::new(options.account_bytes_max)),
            bell: Notify::new(),
            idle: watch::Sender::new(true),
            counts: Cell::default(),
            failing: Cell::new(false),
            told,
            random: SystemRandom::new(),
            questions: Semaphore::new(QUESTIONS_MAX),
        });
        let writing = spawn_local(shared.clone().write()).abort_handle();
        Rc::new(Self { shared, writing })
    }

    /// Has a worker's events kept, or no longer.
    pub fn set(&self, worker: &str, keeping: Option<(&str, Keeping)>) {
        let keeping = keeping.filter(|_| self.shared.options.account_bytes_max > 0);
        let mut workers = self.shared.workers.borrow_mut();
        let had = workers.contains_key(worker);
        let has = keeping.is_some();
        match keeping {
            Some((account, keeping)) => {
                workers.insert(worker.to_owned(), (account.to_owned(), keeping));
            }
            None => {
                workers.remove(worker);
            }
        }
        drop(workers);
        if had != has {
            self.shared.changes.send_modify(|changes| *changes = changes.wrapping_add(1));
        }
    }

    /// Whether a worker's events are kept. It is by the worker's own name, not by that of a version's preview.
    #[must_use]
    pub fn wants(&self, worker: &str) -> bool {
        self.shared.workers.borrow().contains_key(worker)
    }

    /// Settles whenever other workers' events are kept than before.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.shared.changes.subscribe()
    }

    /// Takes an event, if its worker's are kept. Never waits.
    pub fn publish(&self, trace: &Trace) {
        let shared = &self.shared;
        let of = trace.parts();
        {
            let workers = shared.workers.borrow();
            let Some((account, keeping)) = workers.get(&of.worker) else { return };
            // Names are taken again after a worker was deleted: the account has to be the same.
            if *account != of.account || !keeping.wants(of, || shared.draw()) {
                return;
            }
        }
        let log = NewLog {
            account: of.account.clone(),
            worker: of.worker.clone(),
            at_ms: now_ms(),
            document: trace.to_json(),
        };
        if !shared.queue.borrow_mut().push(log) {
            shared.count(|counts| counts.dropped += 1);
            return;
        }
        shared.idle.send_if_modified(|idle| std::mem::replace(idle, false));
        shared.bell.notify_one();
    }

    /// Finds events of those that are `wanted`. What waits to be written is not found yet.
    ///
    /// # Errors
    /// If the file fails, or others ask too much.
    pub async fn find(
        &self,
        query: LogQuery,
        wanted: impl Fn(&KeptLog) -> bool + Send + 'static,
    ) -> Result<LogPage, AskError> {
        let turn = timeout(QUESTION_WAIT_MAX, self.shared.questions.acquire()).await;
        let Ok(Ok(_turn)) = turn else { return Err(AskError::Busy) };
        let store = self.shared.store.clone();
        let found = spawn_blocking(move || store.find(&query, &wanted)).await;
        Ok(found.map_err(|_| AskError::Busy)??)
    }

    /// Forgets what an account keeps. What fails is over by itself some day.
    pub async fn forget(&self, account: &str) {
        let (store, account) = (self.shared.store.clone(), account.to_owned());
        let _ = spawn_blocking(move || store.forget(&account)).await;
    }

    /// Writes what waits, for no longer than `max`.
    pub async fn flush(&self, max: Duration) {
        self.shared.bell.notify_one();
        let mut idle = self.shared.idle.subscribe();
        let _ = timeout(max, idle.wait_for(|idle| *idle)).await;
    }

    /// What became of events.
    #[must_use]
    pub fn counts(&self) -> LogCounts {
        self.shared.counts.get()
    }
}

impl Drop for Logs {
    fn drop(&mut self) {
        self.writing.abort();
    }
}

impl Shared {
    async fn write(self: Rc<Self>) {
        loop {
            if timeout(SWEEP_PERIOD, self.bell.notified()).await.is_err() {
                let (store, caps) = (self.store.clone(), self.options.caps());
                // What is not taken away now is the next time.
                let _ = spawn_blocking(move || store.sweep(caps)).await;
                continue;
            }
            if !self.queue.borrow().has_batch() {
                tokio::time::sleep(GATHER).await;
            }
            loop {
                let batch = self.queue.borrow_mut().batch();
                if batch.is_empty() {
                    break;
                }
                self.keep(batch).await;
            }
            self.idle.send_replace(true);
        }
    }

    async fn keep(&self, batch: Vec<NewLog>) {
        let events = u64::try_from(batch.len()).unwrap_or(u64::MAX);
        let (store, caps) = (self.store.clone(), self.options.caps());
        let done = spawn_blocking(move || {
            let done = store.append(&batch, caps);
            (done, batch)
        });
        let (problem, batch) = match done.await {
            Ok((Ok(LogsKept::Whole), batch)) => (None, batch),
            Ok((Ok(LogsKept::BegunAnew), batch)) => {
                (self.told)(Some(
                    "the file was damaged; it is kept beside the new one as `logs.sqlite.damaged`",
                ));
                (None, batch)
            }
            Ok((Err(error), batch)) => (Some(error.to_string()), batch),
            Err(error) => (Some(error.to_string()), Vec::new()),
        };
        self.queue.borrow_mut().done(&batch);
        match problem {
            None => {
                self.count(|counts| counts.kept += events);
                if self.failing.replace(false) {
                    (self.told)(None);
                }
            }
            Some(problem) => {
                self.count(|counts| counts.failed += events);
                if !self.failing.replace(true) {
                    (self.told)(Some(&problem));
                }
            }
        }
    }

    fn count(&self, change: impl FnOnce(&mut LogCounts)) {
        let mut counts = self.counts.get();
        change(&mut counts);
        self.counts.set(counts);
    }

    /// A random number of `0..1`.
    fn draw(&self) -> f64 {
        let mut bytes = [0; 4];
        // Without random bytes everything is kept.
        let _ = self.random.fill(&mut bytes);
        f64::from(u32::from_le_bytes(bytes)) / (f64::from(u32::MAX) + 1.0)
    }
}

#[cfg(test)]
mod tests;

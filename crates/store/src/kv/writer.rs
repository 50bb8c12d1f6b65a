//! The thread that writes. While one transaction goes to the disk the next writes gather, and share the one after it.

use std::{
    path::Path,
    sync::mpsc::{Receiver, RecvTimeoutError},
    time::{Duration, Instant},
};

use rusqlite::{Connection, ErrorCode, TransactionBehavior};

use super::{
    KvChange, KvClock, KvError,
    change::Batch,
    sweep::{self, Left},
};
use crate::{StoreError, private, schema, store::BUSY_MAX, turn};

/// Changes of one transaction.
const BATCH_CHANGES_MAX: usize = 512;
/// Bytes of values after which a transaction takes no further change: a deploy waits for no more than this.
const BATCH_BYTES_MAX: usize = 4 << 20;
/// How often it is looked whether something has expired.
const SWEEP_PERIOD: Duration = Duration::from_secs(2);
/// Pages of the log after which it is written back. It is twice SQLite's own number: small writes hit the same pages again.
const CHECKPOINT_PAGES: u32 = 2_000;
/// What the log's file is cut back to after a burst.
const LOG_BYTES_KEPT: u32 = 64 << 20;

/// What is called when a change is on the disk, or refused.
pub type KvDone = Box<dyn FnOnce(Result<(), KvError>) + Send>;

/// A change in the queue.
pub(super) struct Waiting {
    pub(super) work: Work,
    pub(super) done: KvDone,
}

/// What the thread is asked to do.
pub(super) enum Work {
    Change(KvChange),
    /// Anything, between two transactions.
    #[cfg(test)]
    Test(TestWork),
}

#[cfg(test)]
pub(super) type TestWork = Box<dyn Fn(&mut Connection) -> Result<(), KvError> + Send>;

pub(super) struct Writer {
    connection: Connection,
    clock: KvClock,
    swept: Instant,
    left: Left,
}

impl Writer {
    pub(super) fn open(path: &Path, clock: KvClock) -> Result<Self, StoreError> {
        private::make(path);
        let mut connection = Connection::open(path)?;
        connection.busy_timeout(BUSY_MAX)?;
        connection.set_transaction_behavior(TransactionBehavior::Immediate);
        // FULL, as with deploys: what was acknowledged is on the disk.
        connection.execute_batch(&format!(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES};
             PRAGMA journal_size_limit = {LOG_BYTES_KEPT};"
        ))?;
        schema::migrate(&mut connection)?;
        Ok(Self { connection, clock, swept: Instant::now(), left: Left::Something })
    }

    /// Writes until nobody can ask for more.
    pub(super) fn run(mut self, queue: &Receiver<Waiting>) {
        loop {
            let patience = match self.left {
                Left::Something => Duration::ZERO,
                Left::Nothing => SWEEP_PERIOD,
            };
            match queue.recv_timeout(patience) {
                Ok(first) => self.write(gather(first, queue)),
                Err(RecvTimeoutError::Timeout) => self.sweep(),
                Err(RecvTimeoutError::Disconnected) => return,
            }
            // Also when it never rests.
            if self.swept.elapsed() >= SWEEP_PERIOD {
                self.sweep();
            }
        }
    }

    fn sweep(&mut self) {
        turn::let_deploys_pass();
        // A step that fails is tried again later: it frees room, and nobody waits for it.
        self.left = sweep::step(&mut self.connection, (self.clock)()).unwrap_or(Left::Nothing);
        self.swept = Instant::now();
    }

    fn write(&mut self, batch: Vec<Waiting>) {
        turn::let_deploys_pass();
        match self.attempt(&batch) {
            Ok(results) => {
                for (waiting, result) in batch.into_iter().zip(results) {
                    (waiting.done)(result);
                }
            }
            // Whoever has the file has had it for seconds: to ask once for each of them would take minutes.
            Err(error) if is_busy(&error) => {
                for waiting in batch {
                    (waiting.done)(Err(KvError::Busy));
                }
            }
            Err(error) => match <[Waiting; 1]>::try_from(batch) {
                Ok([only]) => (only.done)(Err(error)),
                // The transaction was undone, perhaps for the sake of one.
                Err(batch) => batch.into_iter().for_each(|waiting| self.write(vec![waiting])),
            },
        }
    }

    /// Makes changes in one transaction. What each was refused for is inside; an error undoes all of them.
    fn attempt(&mut self, batch: &[Waiting]) -> Result<Vec<Result<(), KvError>>, KvError> {
        #[cfg(test)]
        if let [Waiting { work: Work::Test(work), .. }] = batch {
            return Ok(vec![work(&mut self.connection)]);
        }
        let now_ms = (self.clock)();
        let transaction = self.connection.transaction()?;
        let mut made = Batch::new(&transaction, now_ms);
        let mut results = Vec::with_capacity(batch.len());
        for waiting in batch {
            let result = match &waiting.work {
                Work::Change(change) => made.apply(change),
                #[cfg(test)]
                Work::Test(_) => return Err(KvError::Stopped),
            };
            match result {
                Err(KvError::Store(error)) => return Err(error.into()),
                result => results.push(result),
            }
        }
        made.settle()?;
        transaction.commit()?;
        Ok(results)
    }
}

/// Takes what waits, as much as goes into one transaction.
fn gather(first: Waiting, queue: &Receiver<Waiting>) -> Vec<Waiting> {
    let mut bytes = bytes_of(&first);
    let mut batch = vec![first];
    while batch.len() < BATCH_CHANGES_MAX
        && bytes < BATCH_BYTES_MAX
        && let Ok(next) = queue.try_recv()
    {
        bytes += bytes_of(&next);
        batch.push(next);
    }
    batch
}

fn is_busy(error: &KvError) -> bool {
    let KvError::Store(StoreError::Sqlite(error)) = error else { return false };
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

fn bytes_of(waiting: &Waiting) -> usize {
    match &waiting.work {
        Work::Change(change) => change.bytes(),
        #[cfg(test)]
        Work::Test(_) => 0,
    }
}

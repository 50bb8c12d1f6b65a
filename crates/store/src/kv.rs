//! Workers KV: namespaces of pairs, in the node's file.
//!
//! What this room does: reads on connections of its own, which see what was acknowledged and wait for no writer; writes on one
//! thread that commits all that are waiting in one transaction, so that many small writes share the wait for the disk. A
//! write is answered after its transaction is on the disk.
//!
//! What it refuses: keys, values and metadata beyond their limits ([`KvPair`]), more bytes of an account than its cap, and
//! more writes at once than its queue holds ([`KvError::Busy`]).
//!
//! What happens when it fails: the transaction is undone, and each of its writes is tried alone, so that one that finds no
//! room takes nobody along.

mod change;
mod cursor;
mod namespaces;
mod pair;
mod read;
mod schema;
mod sweep;
mod writer;

#[cfg(test)]
mod tests;

use std::{
    path::Path,
    sync::{
        Arc,
        mpsc::{SyncSender, TrySendError, sync_channel},
    },
    thread::JoinHandle,
};

pub use change::KvChange;
pub use namespaces::{KvNamespace, KvNamespaceOrder};
pub use pair::{
    KEY_BYTES_MAX, KvExpiry, KvInvalid, KvKey, KvPair, METADATA_BYTES_MAX, TTL_S_MIN, VALUE_BYTES_MAX,
};
pub use read::{KvEntry, KvListed, KvPage, LIST_KEYS_MAX, READERS};
pub(crate) use schema::{PAIRS_TABLE, SCHEMA};
pub use writer::KvDone;

use crate::StoreError;
use read::Readers;
use writer::{Waiting, Work, Writer};

/// Writes that may be waiting for the disk.
pub const WRITES_WAITING_MAX: usize = 1_024;
/// Namespaces of one account, as on Cloudflare.
pub const NAMESPACES_MAX: usize = 1_000;
/// Characters of a namespace's title, as on Cloudflare.
pub const TITLE_CHARS_MAX: usize = 512;

/// The time, in milliseconds since the epoch.
pub type KvClock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// Why KV did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum KvError {
    /// There is no such namespace, or it was deleted.
    #[error("namespace not found")]
    NoNamespace,
    /// Another namespace of the account has this title.
    #[error("a namespace with this account ID and title already exists")]
    TitleTaken,
    /// The account has as many namespaces as it may have.
    #[error("an account may have {NAMESPACES_MAX} namespaces: delete one first")]
    TooManyNamespaces,
    /// The account would keep more than it may.
    #[error("the account may keep {bytes_max} bytes in KV: delete something first")]
    OverQuota {
        /// How much it may keep.
        bytes_max: u64,
    },
    /// What is asked for is larger than the caller takes.
    #[error("{bytes} bytes are more than are wanted")]
    TooLarge {
        /// How large it is.
        bytes: usize,
    },
    /// The cursor is none that a list gave.
    #[error("Invalid cursor")]
    BadCursor,
    /// As many writes are waiting as may wait.
    #[error("too many writes are waiting for the disk: try again")]
    Busy,
    /// The thread that writes is gone.
    #[error("KV writes no more; restart the node")]
    Stopped,
    /// The file failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for KvError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

/// The namespaces and pairs of a node. Its calls wait for the disk, except [`KvStore::submit`].
pub struct KvStore {
    readers: Readers,
    clock: KvClock,
    /// `None` while it is being dropped.
    queue: Option<SyncSender<Waiting>>,
    writer: Option<JoinHandle<()>>,
}

impl KvStore {
    /// Opens the node's file, which is made if it is not there. [`crate::Store`] is who looks whether it is sound.
    ///
    /// # Errors
    /// If it cannot be used.
    pub fn open(path: &Path, clock: KvClock) -> Result<Self, StoreError> {
        let writer = Writer::open(path, clock.clone())?;
        let readers = Readers::open(path)?;
        let (queue, waiting) = sync_channel(WRITES_WAITING_MAX);
        let thread = std::thread::Builder::new().name("mote-kv".to_owned());
        let thread =
            thread.spawn(move || writer.run(&waiting)).map_err(|source| StoreError::Thread { source })?;
        Ok(Self { readers, clock, queue: Some(queue), writer: Some(thread) })
    }

    /// Puts a change into the queue. `done` is called when it is on the disk or refused, on the thread that writes: it must
    /// return at once.
    ///
    /// # Errors
    /// [`KvError::Busy`] if the queue is full; `done` is not called then.
    pub fn submit(&self, change: KvChange, done: KvDone) -> Result<(), KvError> {
        let waiting = Waiting { work: Work::Change(change), done };
        self.queue.as_ref().ok_or(KvError::Stopped)?.try_send(waiting).map_err(|error| match error {
            TrySendError::Full(_) => KvError::Busy,
            TrySendError::Disconnected(_) => KvError::Stopped,
        })
    }

    /// Makes a change, and waits until it is on the disk.
    ///
    /// # Errors
    /// If it is refused; nothing was changed then.
    pub fn apply(&self, change: KvChange) -> Result<(), KvError> {
        self.wait_for(Work::Change(change))
    }

    fn wait_for(&self, work: Work) -> Result<(), KvError> {
        let (done, result) = sync_channel(1);
        let done: KvDone = Box::new(move |result| drop(done.send(result)));
        let queue = self.queue.as_ref().ok_or(KvError::Stopped)?;
        queue.send(Waiting { work, done }).map_err(|_| KvError::Stopped)?;
        result.recv().map_err(|_| KvError::Stopped)?
    }

    fn now_s(&self) -> i64 {
        (self.clock)().div_euclid(1_000)
    }
}

impl Drop for KvStore {
    fn drop(&mut self) {
        // What is in the queue is still written.
        drop(self.queue.take());
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

impl std::fmt::Debug for KvStore {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("KvStore").finish_non_exhaustive()
    }
}

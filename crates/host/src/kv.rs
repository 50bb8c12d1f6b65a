//! Workers KV, as workers reach it through their bindings and clients through the API.
//!
//! What this room does: it checks all that a cell sends, since a cell is hostile; reads and writes where that holds up
//! nobody; and bounds the bytes of values that are in memory, of all calls together and of each account.
//!
//! What it refuses: whatever is past the limits of [`mote_store::KvPair`], with Cloudflare's words. A call reaches the
//! namespace that the host names, and no other.
//!
//! What happens when it fails: the call is answered with the reason; no other call notices.

mod at;
mod bounded;
mod calls;
mod sent;
mod taken;

#[cfg(test)]
pub(crate) mod tests;

use std::sync::Arc;

use http::StatusCode;
use mote_store::{
    KvChange, KvEntry, KvError, KvInvalid, KvKey, KvStore, READERS, StoreError, VALUE_BYTES_MAX,
    WRITES_WAITING_MAX,
};
use tokio::sync::{Notify, Semaphore, oneshot};

pub use at::KvAt;
pub(crate) use bounded::AtMost;
pub(crate) use calls::{
    Listing, bounded_document, decoded_key, expiry_of, listed, long_document, long_value, lossy, parsed,
};
pub(crate) use taken::Taking;

use crate::budget::{Memory, Reserved};

/// Keys of one bulk read.
pub(crate) const BULK_GET_KEYS_MAX: usize = 100;
/// Bytes of the values of one bulk read, and of the answer to it.
pub(crate) const BULK_GET_BYTES_MAX: usize = 25 << 20;
/// Keys of one bulk delete, and pairs of one bulk write.
pub(crate) const BULK_KEYS_MAX: usize = 10_000;
/// Bytes of the keys of one bulk call, as JSON.
pub(crate) const BULK_KEYS_BYTES_MAX: usize = 8 << 20;
/// Bytes of values that calls of workers hold at once.
const WORKERS_BYTES_MAX: usize = 256 << 20;
/// The same of the calls of one account: who has many namespaces has no more of it.
const ACCOUNT_BYTES_MAX: usize = 64 << 20;
/// Bytes that calls of the API hold at once.
const API_BYTES_MAX: usize = 256 << 20;
/// The same of one owner: a bulk write of 100 MiB, twice, as it came and as it is written. Something is left for others meanwhile.
const API_OWNER_BYTES_MAX: usize = 208 << 20;
/// How much is set aside for a value before it is known how large it is.
const FIRST_LOOK_BYTES: usize = 64 << 10;

/// What the operator allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KvOptions {
    /// Bytes that one account may keep.
    pub account_bytes_max: u64,
}

impl Default for KvOptions {
    fn default() -> Self {
        Self { account_bytes_max: 10 << 30 }
    }
}

/// A namespace, and whose it is: the memory for a call is of its account's share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct At<'a> {
    /// The account of whoever calls.
    pub account: &'a str,
    /// The namespace's id.
    pub namespace: &'a str,
}

/// The KV of a node.
pub struct Kv {
    store: Arc<KvStore>,
    options: KvOptions,
    /// As many as the store reads at once: who waits, waits here and not on a thread.
    reads: Semaphore,
    /// As many as the store's queue holds: it is never full for those who wait here.
    writes: Arc<Semaphore>,
    pub(crate) workers: Memory,
    pub(crate) api: Memory,
    /// A write has found no room on the disk.
    pub(crate) disk_full: Arc<Notify>,
}

/// Why a call is not carried out, for the one who called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    pub(crate) message: String,
}

impl Problem {
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, message: message.into() }
    }

    pub(crate) fn too_large(message: impl Into<String>) -> Self {
        Self { status: StatusCode::PAYLOAD_TOO_LARGE, message: message.into() }
    }

    /// There was no memory for it in time.
    pub(crate) fn busy() -> Self {
        let message = "KV is busy: too many bytes are on their way at once; try again later".to_owned();
        Self { status: StatusCode::SERVICE_UNAVAILABLE, message }
    }

    fn bulk_get_too_large() -> Self {
        Self::too_large("Total size of request exceeds the limit of 25MB")
    }
}

impl From<KvInvalid> for Problem {
    fn from(invalid: KvInvalid) -> Self {
        let message = invalid.to_string();
        if invalid.is_size() { Self::too_large(message) } else { Self::invalid(message) }
    }
}

impl From<KvError> for Problem {
    fn from(error: KvError) -> Self {
        let status = match &error {
            KvError::NoNamespace => StatusCode::NOT_FOUND,
            KvError::TitleTaken | KvError::TooManyNamespaces | KvError::BadCursor => StatusCode::BAD_REQUEST,
            KvError::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            KvError::OverQuota { .. } | KvError::Store(StoreError::Full) => StatusCode::INSUFFICIENT_STORAGE,
            KvError::Busy | KvError::Stopped => StatusCode::SERVICE_UNAVAILABLE,
            // What SQLite says of its file is not for tenants.
            KvError::Store(_) => {
                let message = "KV failed: the node's store cannot be used".to_owned();
                return Self { status: StatusCode::INTERNAL_SERVER_ERROR, message };
            }
        };
        Self { status, message: error.to_string() }
    }
}

impl Kv {
    /// KV over a store.
    #[must_use]
    pub fn new(store: Arc<KvStore>, options: KvOptions) -> Arc<Self> {
        Arc::new(Self {
            store,
            options,
            reads: Semaphore::new(READERS),
            writes: Arc::new(Semaphore::new(WRITES_WAITING_MAX)),
            workers: Memory::new(WORKERS_BYTES_MAX, ACCOUNT_BYTES_MAX),
            api: Memory::new(API_BYTES_MAX, API_OWNER_BYTES_MAX),
            disk_full: Arc::default(),
        })
    }

    /// What an account may keep.
    pub(crate) fn account_bytes_max(&self) -> u64 {
        self.options.account_bytes_max
    }

    /// Reads, where that may wait for the disk.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&KvStore) -> Result<T, KvError> + Send + 'static,
    ) -> Result<T, KvError> {
        let _permit = self.reads.acquire().await.map_err(|_| KvError::Stopped)?;
        let store = self.store.clone();
        // It fails only if the work panics, or the node ends.
        tokio::task::spawn_blocking(move || work(&store)).await.map_err(|_| KvError::Stopped)?
    }

    /// Writes; what it writes is on the disk when this returns. Giving it up does not undo it.
    pub(crate) async fn change(&self, change: KvChange, held: Option<Reserved>) -> Result<(), KvError> {
        let permit = self.writes.clone().acquire_owned().await.map_err(|_| KvError::Stopped)?;
        let (answer, answered) = oneshot::channel();
        let done = Box::new(move |result| {
            // The place in the queue, and the memory of what was written, are free from here on.
            drop((permit, held));
            let _ = answer.send(result);
        });
        self.store.submit(change, done)?;
        let written = answered.await.map_err(|_| KvError::Stopped)?;
        if matches!(written, Err(KvError::Store(StoreError::Full))) {
            self.disk_full.notify_one();
        }
        written
    }

    /// What a key leads to, with the memory that is set aside for it.
    pub(crate) async fn get(
        &self,
        memory: &Memory,
        at: At<'_>,
        key: &KvKey,
    ) -> Result<Option<(KvEntry, Reserved)>, KvError> {
        let mut bytes_max = FIRST_LOOK_BYTES;
        loop {
            let held = memory.reserve(at.account, bytes_max).await;
            let (id, wanted) = (at.namespace.to_owned(), key.clone());
            match self.read(move |store| store.get(&id, &wanted, bytes_max)).await {
                // Given back before more is asked for: two who hold some and wait for the rest would wait for ever.
                Err(KvError::TooLarge { bytes }) if bytes <= VALUE_BYTES_MAX => bytes_max = bytes,
                found => return Ok(found?.map(|entry| (entry, held))),
            }
        }
    }

    /// What several keys lead to, in their order, with the memory that is set aside for the values and an answer made of them.
    pub(crate) async fn get_many(
        &self,
        memory: &Memory,
        at: At<'_>,
        keys: Vec<KvKey>,
    ) -> Result<(Vec<Option<KvEntry>>, Reserved), Problem> {
        let (keys, mut bytes_max) = (Arc::new(keys), FIRST_LOOK_BYTES);
        loop {
            // As JSON a value has up to six times its bytes; what is larger than its limit then is not made.
            let answer = bytes_max.saturating_mul(6).min(BULK_GET_BYTES_MAX);
            let held = memory.reserve(at.account, bytes_max.saturating_add(answer)).await;
            let (id, wanted) = (at.namespace.to_owned(), keys.clone());
            match self.read(move |store| store.get_many(&id, &wanted, bytes_max)).await {
                Err(KvError::TooLarge { bytes }) if bytes > BULK_GET_BYTES_MAX => {
                    return Err(Problem::bulk_get_too_large());
                }
                Err(KvError::TooLarge { bytes }) => bytes_max = bytes,
                found => return Ok((found?, held)),
            }
        }
    }
}

//! What a node keeps: accounts and their API tokens, workers, their immutable versions and bundles, which versions are
//! deployed, who did what, and the pairs of Workers KV.
//!
//! What this room does: one SQLite file in the node's folder. Every write is one transaction that is on the disk when the
//! call returns, so that a process that is killed loses nothing that it has acknowledged and leaves nothing half done. What the
//! Cache API keeps, and what workers have reported of their events, have files of their own, which may be lost.
//!
//! What it refuses: a bundle that is not what its hash says; a file that is damaged or of a newer Mote, which it does not
//! open rather than serve from. It knows nothing of what bindings mean: their document is a text to it, and secrets come
//! sealed. Of an API token it has the hash alone.
//!
//! What happens when it fails: a write that finds the disk full changes nothing and says so ([`StoreError::Full`]); what
//! is in service goes on.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::string_slice)]

mod accounts;
mod assets;
mod blobs;
mod bundles;
mod cache;
mod deployments;
mod kept;
mod kv;
mod logs;
mod orders;
mod prepared;
mod private;
mod routes;
mod schedules;
mod schema;
mod scope;
mod side_file;
mod store;
mod stored;
mod tokens;
mod turn;
mod versions;
mod workers;

#[cfg(test)]
mod tests;

pub use accounts::Account;
pub use assets::{Asset, AssetPath};
pub use cache::{CACHE_CHUNK_BYTES, CacheCaps, CacheHead, CacheKey, CacheReading, CacheStore};
pub use deployments::{Deployment, NewDeployment, Share};
pub use kept::Kept;
pub use kv::{
    KEY_BYTES_MAX, KvChange, KvClock, KvDone, KvEntry, KvError, KvExpiry, KvInvalid, KvKey, KvListed,
    KvNamespace, KvNamespaceOrder, KvPage, KvPair, KvStore, LIST_KEYS_MAX, METADATA_BYTES_MAX,
    NAMESPACES_MAX, READERS, TITLE_CHARS_MAX, TTL_S_MIN, VALUE_BYTES_MAX, WRITES_WAITING_MAX,
};
pub use logs::{KeptLog, LogCaps, LogOrder, LogPage, LogQuery, LogStore, LogsKept, NewLog};
pub use orders::{Ordered, Orders};
pub use prepared::PreparedFor;
pub use routes::{Route, RouteKind};
pub use schedules::Schedule;
pub use scope::{Scope, Scopes, UnknownScope};
pub use store::{Store, StoreError};
pub use tokens::{NewToken, TOKEN_HASH_BYTES, TOKENS_MAX, Token, TokenHash, TokenState};
pub use versions::{NewVersion, Takes, Version};
pub use workers::{AuditEntry, Live, Worker};

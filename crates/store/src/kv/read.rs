//! Reads. Each sees what was acknowledged before it began, and waits for no writer.

use std::{
    ops::Deref,
    path::Path,
    sync::{Condvar, Mutex, PoisonError},
};

use rusqlite::{Connection, OptionalExtension, params};

use super::{KvError, KvKey, KvStore, change::account_bytes, cursor, namespaces};
use crate::{StoreError, store::BUSY_MAX};

/// Reads that are made at once; further ones wait.
pub const READERS: usize = 4;
/// Keys that one list may have.
pub const LIST_KEYS_MAX: usize = 1_000;
/// Pairs that one list looks at: where many have just expired, it ends early, and says where to go on.
const SCANNED_MAX: usize = 10_000;

/// What a key leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KvEntry {
    /// The value.
    pub value: Vec<u8>,
    /// The metadata, as JSON.
    pub metadata: Option<String>,
    /// When it ends, in seconds since the epoch.
    pub expires_s: Option<i64>,
}

/// A key of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KvListed {
    /// The key.
    pub name: String,
    /// The metadata, as JSON.
    pub metadata: Option<String>,
    /// When it ends, in seconds since the epoch.
    pub expires_s: Option<i64>,
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KvPage {
    /// Its keys, in the order of their bytes.
    pub keys: Vec<KvListed>,
    /// Where the list goes on; `None` at its end.
    pub cursor: Option<String>,
}

/// The connections that reads are made with.
pub(super) struct Readers {
    free: Mutex<Vec<Connection>>,
    freed: Condvar,
}

/// One of them, until it is dropped.
pub(super) struct Reader<'r> {
    readers: &'r Readers,
    /// `None` while it is being dropped.
    connection: Option<Connection>,
}

impl Readers {
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        let open = |_| {
            let connection = Connection::open(path)?;
            connection.busy_timeout(BUSY_MAX)?;
            connection.execute_batch("PRAGMA query_only = ON;")?;
            Ok(connection)
        };
        let free = (0..READERS).map(open).collect::<Result<_, StoreError>>()?;
        Ok(Self { free: Mutex::new(free), freed: Condvar::new() })
    }

    pub(super) fn take(&self) -> Reader<'_> {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(connection) = free.pop() {
                return Reader { readers: self, connection: Some(connection) };
            }
            free = self.freed.wait(free).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Deref for Reader<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection.as_ref().expect("it is taken out only by drop")
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        self.readers.free.lock().unwrap_or_else(PoisonError::into_inner).extend(self.connection.take());
        self.readers.freed.notify_one();
    }
}

impl KvStore {
    /// What a key leads to, if its value has no more than `bytes_max` bytes.
    ///
    /// # Errors
    /// [`KvError::TooLarge`] if it has more; if there is no such namespace; or if the store fails.
    pub fn get(&self, namespace: &str, key: &KvKey, bytes_max: usize) -> Result<Option<KvEntry>, KvError> {
        let connection = self.readers.take();
        let (number, _) = namespaces::find(&connection, namespace)?;
        entry(&connection, number, key, self.now_s(), bytes_max)
    }

    /// What keys lead to, all at one moment, if their values have no more than `bytes_max` bytes together.
    ///
    /// # Errors
    /// As with [`KvStore::get`].
    pub fn get_many(
        &self,
        namespace: &str,
        keys: &[KvKey],
        bytes_max: usize,
    ) -> Result<Vec<Option<KvEntry>>, KvError> {
        let connection = self.readers.take();
        let snapshot = connection.unchecked_transaction()?;
        let (number, _) = namespaces::find(&snapshot, namespace)?;
        let mut statement = snapshot.prepare_cached(
            "SELECT length(value) FROM kv_pairs WHERE namespace = ?1 AND key = ?2
             AND (expires_s IS NULL OR expires_s > ?3)",
        )?;
        let (mut bytes, now_s) = (0_usize, self.now_s());
        for key in keys {
            let found: Option<usize> =
                statement.query_row(params![number, key.as_bytes(), now_s], |row| row.get(0)).optional()?;
            bytes = bytes.saturating_add(found.unwrap_or_default());
        }
        if bytes > bytes_max {
            return Err(KvError::TooLarge { bytes });
        }
        keys.iter().map(|key| entry(&snapshot, number, key, now_s, bytes_max)).collect()
    }

    /// A pair without its value.
    ///
    /// # Errors
    /// If there is no such namespace, or the store fails.
    pub fn head(&self, namespace: &str, key: &KvKey) -> Result<Option<KvListed>, KvError> {
        let connection = self.readers.take();
        let (number, _) = namespaces::find(&connection, namespace)?;
        let mut statement = connection.prepare_cached(
            "SELECT metadata, expires_s FROM kv_pairs WHERE namespace = ?1 AND key = ?2
             AND (expires_s IS NULL OR expires_s > ?3)",
        )?;
        let found = statement.query_row(params![number, key.as_bytes(), self.now_s()], |row| {
            Ok(KvListed { name: key.as_str().to_owned(), metadata: row.get(0)?, expires_s: row.get(1)? })
        });
        Ok(found.optional()?)
    }

    /// The keys that begin with `prefix`, in the order of their bytes, from where `cursor` says.
    ///
    /// # Errors
    /// If the cursor is none, there is no such namespace, or the store fails.
    pub fn list(
        &self,
        namespace: &str,
        prefix: &str,
        keys_max: usize,
        cursor: Option<&str>,
    ) -> Result<KvPage, KvError> {
        let mut from = prefix.as_bytes().to_vec();
        if let Some(cursor) = cursor {
            let mut after = cursor::key(cursor)?;
            // The first that sorts behind a text is that text with a zero.
            after.push(0);
            from = from.max(after);
        }
        let connection = self.readers.take();
        let (number, _) = namespaces::find(&connection, namespace)?;
        let mut statement = connection.prepare_cached(
            "SELECT key, metadata, expires_s FROM kv_pairs WHERE namespace = ?1 AND key >= ?2 AND key < ?3
             ORDER BY key",
        )?;
        let mut rows = statement.query(params![number, from, behind(prefix)])?;
        let (mut keys, mut last, now_s) = (Vec::new(), None, self.now_s());
        for scanned in 0.. {
            let Some(row) = rows.next()? else { break };
            let expires_s: Option<i64> = row.get(2)?;
            let over = expires_s.is_some_and(|at_s| at_s <= now_s);
            if scanned >= SCANNED_MAX || (!over && keys.len() >= keys_max.min(LIST_KEYS_MAX)) {
                // There is more, after the last one that was looked at.
                return Ok(KvPage { keys, cursor: last.as_deref().map(cursor::after) });
            }
            let key: Vec<u8> = row.get(0)?;
            if !over {
                let name = String::from_utf8_lossy(&key).into_owned();
                keys.push(KvListed { name, metadata: row.get(1)?, expires_s });
            }
            last = Some(key);
        }
        Ok(KvPage { keys, cursor: None })
    }

    /// What an account keeps, in bytes: keys, values, metadata, and something for each pair.
    ///
    /// # Errors
    /// If the store fails.
    pub fn account_bytes(&self, account: &str) -> Result<u64, KvError> {
        let bytes = account_bytes(&self.readers.take(), account)?;
        Ok(u64::try_from(bytes).unwrap_or_default())
    }
}

fn entry(
    connection: &Connection,
    namespace: i64,
    key: &KvKey,
    now_s: i64,
    bytes_max: usize,
) -> Result<Option<KvEntry>, KvError> {
    // A value that is too large is not even read.
    let mut statement = connection.prepare_cached(
        "SELECT length(value), metadata, expires_s, CASE WHEN length(value) <= ?4 THEN value END FROM kv_pairs
         WHERE namespace = ?1 AND key = ?2 AND (expires_s IS NULL OR expires_s > ?3)",
    )?;
    let most = i64::try_from(bytes_max).unwrap_or(i64::MAX);
    let found = statement.query_row(params![namespace, key.as_bytes(), now_s, most], |row| {
        let (bytes, value): (usize, Option<Vec<u8>>) = (row.get(0)?, row.get(3)?);
        Ok((bytes, value.map(|value| (value, row.get(1), row.get(2)))))
    });
    match found.optional()? {
        None => Ok(None),
        Some((bytes, None)) => Err(KvError::TooLarge { bytes }),
        Some((_, Some((value, metadata, expires_s)))) => {
            Ok(Some(KvEntry { value, metadata: metadata?, expires_s: expires_s? }))
        }
    }
}

/// The first key that sorts behind all that begin with `prefix`. No UTF-8 has the byte 255, so none wraps around.
fn behind(prefix: &str) -> Vec<u8> {
    let mut behind = prefix.as_bytes().to_vec();
    match behind.last_mut() {
        Some(last) => *last = last.saturating_add(1),
        None => behind.push(u8::MAX),
    }
    behind
}

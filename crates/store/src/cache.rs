//! The Cache API's responses: what may be lost at any time, and is found again after a restart.
//!
//! What this room does: one SQLite file of its own, apart from what must not be lost. An entry is a head and the chunks of
//! its body; it can be found once all of them are there. What was used longest ago goes when its owner, or the node, keeps
//! more than it may.
//!
//! What it refuses: nothing that its limits allow. Who asks, and what may be kept, is the host's to know.
//!
//! What happens when it fails: a file that is damaged or of another Mote is thrown away and begun anew.

mod file;

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use crate::{
    KvClock, StoreError,
    side_file::{Readers, lock, open},
};
use file::SCHEMA;

/// How many bytes of a body lie together.
pub const CACHE_CHUNK_BYTES: usize = 256 << 10;
/// What an entry takes besides its head and its body, about.
const ENTRY_BYTES: usize = 512;
/// Entries that one step takes away, and chunks.
const STEP_ENTRIES: usize = 200;
const STEP_CHUNKS: usize = 32;
/// A use is written down if the last one was so long ago.
const USED_AFTER_MS: i64 = 10_000;
/// Connections that wait for readers.
const READERS_KEPT: usize = 4;

/// Which response of whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheKey {
    /// Whose it is; nobody else finds it.
    pub owner: String,
    /// A hash of the cache's name and the URL.
    pub hash: [u8; 32],
}

/// What is kept of a response besides its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheHead {
    /// Status and headers, as the host writes them.
    pub head: Vec<u8>,
    /// When it came, in milliseconds since the epoch.
    pub stored_ms: i64,
    /// When it is over.
    pub expires_ms: i64,
}

/// How much may be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheCaps {
    /// Bytes of one owner.
    pub owner_bytes_max: u64,
    /// Bytes of all.
    pub node_bytes_max: u64,
}

/// The responses of a node. Its calls wait for the disk.
pub struct CacheStore {
    clock: KvClock,
    writer: Mutex<Connection>,
    readers: Readers,
    /// Entries that somebody reads: their chunks stay until he is done.
    read: Mutex<HashMap<i64, usize>>,
}

/// A response that was found. It stays while this lives.
pub struct CacheReading {
    store: Arc<CacheStore>,
    id: i64,
    /// Its head.
    pub head: CacheHead,
    /// How long its body is.
    pub body_bytes: u64,
}

impl CacheStore {
    /// Opens a file, which is made if it is not there, and begun anew if it cannot be used.
    ///
    /// # Errors
    /// If there can be no file.
    pub fn open(path: &Path, clock: KvClock) -> Result<Self, StoreError> {
        if let Some(folder) = path.parent() {
            // If it cannot be made, the file cannot be opened, and that is said.
            let _ = fs::create_dir_all(folder);
        }
        let writer = open(path, &SCHEMA).or_else(|_| {
            for ending in ["", "-wal", "-shm"] {
                let mut name = path.as_os_str().to_owned();
                name.push(ending);
                let _ = fs::remove_file(PathBuf::from(name));
            }
            open(path, &SCHEMA)
        })?;
        // What was being written when the last process ended will not be finished.
        writer.execute_batch("INSERT OR IGNORE INTO leavings SELECT id FROM drafts; DELETE FROM drafts;")?;
        Ok(Self {
            clock,
            writer: Mutex::new(writer),
            readers: Readers::new(path, READERS_KEPT),
            read: Mutex::default(),
        })
    }

    /// Begins a body; gives its number.
    ///
    /// # Errors
    /// If the file fails.
    pub fn begin(&self) -> Result<i64, StoreError> {
        let writer = lock(&self.writer);
        writer.execute("INSERT INTO drafts DEFAULT VALUES", [])?;
        Ok(writer.last_insert_rowid())
    }

    /// Writes the next chunk of a body. All but the last have [`CACHE_CHUNK_BYTES`]. False if the body was given up, as another
    /// process does that takes over the file.
    ///
    /// # Errors
    /// If the file fails.
    pub fn append(&self, draft: i64, number: u64, data: &[u8]) -> Result<bool, StoreError> {
        let writer = lock(&self.writer);
        let mut statement = writer.prepare_cached(
            "INSERT INTO chunks (entry, number, data) SELECT id, ?2, ?3 FROM drafts WHERE id = ?1",
        )?;
        Ok(statement.execute(params![draft, to_i64(number), data])? > 0)
    }

    /// Gives a body up.
    ///
    /// # Errors
    /// If the file fails.
    pub fn abandon(&self, draft: i64) -> Result<(), StoreError> {
        {
            let mut writer = lock(&self.writer);
            let transaction = writer.transaction()?;
            if transaction.execute("DELETE FROM drafts WHERE id = ?1", [draft])? > 0 {
                transaction.execute("INSERT INTO leavings (id) VALUES (?1)", [draft])?;
            }
            transaction.commit()?;
        }
        self.sweep()
    }

    /// Makes a body one that can be found, in the place of what had its key. False, and the body is gone, if it is larger
    /// than may be, or was given up.
    ///
    /// # Errors
    /// If the file fails.
    pub fn finish(
        &self,
        draft: i64,
        key: &CacheKey,
        head: &CacheHead,
        body_bytes: u64,
        caps: CacheCaps,
    ) -> Result<bool, StoreError> {
        let bytes =
            body_bytes.saturating_add(u64::try_from(head.head.len() + ENTRY_BYTES).unwrap_or(u64::MAX));
        if bytes > caps.owner_bytes_max.min(caps.node_bytes_max) {
            self.abandon(draft)?;
            return Ok(false);
        }
        while self.make_room(&key.owner, bytes, caps)? {}
        {
            let mut writer = lock(&self.writer);
            let transaction = writer.transaction()?;
            if transaction.execute("DELETE FROM drafts WHERE id = ?1", [draft])? == 0 {
                return Ok(false);
            }
            remove(&transaction, key)?;
            transaction
                .prepare_cached(
                    "INSERT INTO entries (id, owner, key, bytes, body_bytes, stored_ms, expires_ms, used_ms, head)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                )?
                .execute(params![
                    draft,
                    key.owner,
                    key.hash,
                    to_i64(bytes),
                    to_i64(body_bytes),
                    head.stored_ms,
                    head.expires_ms,
                    (self.clock)(),
                    head.head
                ])?;
            transaction.commit()?;
        }
        self.sweep()?;
        Ok(true)
    }

    /// Finds a response that is not over.
    ///
    /// # Errors
    /// If the file fails.
    pub fn find(self: &Arc<Self>, key: &CacheKey) -> Result<Option<CacheReading>, StoreError> {
        let now_ms = (self.clock)();
        let found = {
            // Under the lock, so that no sweep comes between finding it and holding it.
            let mut read = lock(&self.read);
            let found = self.readers.reading(|connection| {
                let mut statement = connection.prepare_cached(
                    "SELECT id, head, body_bytes, stored_ms, expires_ms, used_ms FROM entries
                     WHERE owner = ?1 AND key = ?2 AND expires_ms > ?3",
                )?;
                let row = |row: &rusqlite::Row<'_>| {
                    let head =
                        CacheHead { head: row.get(1)?, stored_ms: row.get(3)?, expires_ms: row.get(4)? };
                    Ok((row.get::<_, i64>(0)?, head, row.get::<_, i64>(2)?, row.get::<_, i64>(5)?))
                };
                Ok(statement.query_row(params![key.owner, key.hash, now_ms], row).optional()?)
            })?;
            if let Some((id, ..)) = &found {
                *read.entry(*id).or_default() += 1;
            }
            found
        };
        let Some((id, head, body_bytes, used_ms)) = found else { return Ok(None) };
        let body_bytes = u64::try_from(body_bytes).unwrap_or_default();
        let reading = CacheReading { store: self.clone(), id, head, body_bytes };
        if now_ms.saturating_sub(used_ms) >= USED_AFTER_MS {
            let writer = lock(&self.writer);
            writer.execute("UPDATE entries SET used_ms = ?2 WHERE id = ?1", [id, now_ms])?;
        }
        Ok(Some(reading))
    }

    /// Removes a response. False if there is none, or if it is over.
    ///
    /// # Errors
    /// If the file fails.
    pub fn delete(&self, key: &CacheKey) -> Result<bool, StoreError> {
        let gone = {
            let mut writer = lock(&self.writer);
            let transaction = writer.transaction()?;
            let expires_ms = remove(&transaction, key)?;
            transaction.commit()?;
            expires_ms.is_some_and(|expires_ms| expires_ms > (self.clock)())
        };
        self.sweep()?;
        Ok(gone)
    }

    /// Removes all that an owner keeps.
    ///
    /// # Errors
    /// If the file fails.
    pub fn forget(&self, owner: &str) -> Result<(), StoreError> {
        loop {
            let gone = {
                let writer = lock(&self.writer);
                let mut statement = writer.prepare_cached(
                    "DELETE FROM entries WHERE id IN (SELECT id FROM entries WHERE owner = ?1 LIMIT ?2)",
                )?;
                statement.execute(params![owner, to_i64(STEP_ENTRIES)])?
            };
            if gone == 0 {
                return self.sweep();
            }
        }
    }

    /// Frees what is over and what nobody reads any more, in steps between which others write.
    ///
    /// # Errors
    /// If the file fails.
    pub fn sweep(&self) -> Result<(), StoreError> {
        while self.sweep_some()? {}
        Ok(())
    }

    /// What an owner keeps.
    ///
    /// # Errors
    /// If the file fails.
    pub fn bytes_of(&self, owner: &str) -> Result<u64, StoreError> {
        self.readers.reading(|connection| {
            let bytes: Option<i64> = connection
                .prepare_cached("SELECT bytes FROM owners WHERE owner = ?1")?
                .query_row([owner], |row| row.get(0))
                .optional()?;
            Ok(u64::try_from(bytes.unwrap_or_default()).unwrap_or_default())
        })
    }

    fn sweep_some(&self) -> Result<bool, StoreError> {
        let mut writer = lock(&self.writer);
        let read = lock(&self.read);
        let transaction = writer.transaction()?;
        let expired = transaction
            .prepare_cached(
                "DELETE FROM entries WHERE id IN
                 (SELECT id FROM entries WHERE expires_ms <= ?1 ORDER BY expires_ms LIMIT ?2)",
            )?
            .execute(params![(self.clock)(), to_i64(STEP_ENTRIES)])?;
        let leaving: Vec<i64> = transaction
            .prepare_cached("SELECT id FROM leavings LIMIT ?1")?
            .query_map([to_i64(STEP_ENTRIES + read.len())], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let mut room = STEP_CHUNKS;
        let mut emptied = 0;
        for id in leaving.into_iter().filter(|id| !read.contains_key(id)) {
            let gone = transaction
                .prepare_cached(
                    "DELETE FROM chunks WHERE rowid IN (SELECT rowid FROM chunks WHERE entry = ?1 LIMIT ?2)",
                )?
                .execute(params![id, to_i64(room)])?;
            room -= gone.min(room);
            if room == 0 {
                break;
            }
            transaction.execute("DELETE FROM leavings WHERE id = ?1", [id])?;
            emptied += 1;
        }
        transaction.commit()?;
        Ok(expired > 0 || emptied > 0 || room < STEP_CHUNKS)
    }

    /// Takes away some of what was used longest ago, if so many bytes more would be too many. False if they are not.
    fn make_room(&self, owner: &str, bytes: u64, caps: CacheCaps) -> Result<bool, StoreError> {
        let mut writer = lock(&self.writer);
        let transaction = writer.transaction()?;
        let kept: i64 = transaction
            .prepare_cached("SELECT coalesce(sum(bytes), 0) FROM owners WHERE owner = ?1")?
            .query_row([owner], |row| row.get(0))?;
        let all: i64 = transaction
            .prepare_cached("SELECT coalesce(sum(bytes), 0) FROM owners")?
            .query_row([], |row| row.get(0))?;
        let own = over(kept, bytes, caps.owner_bytes_max);
        let of_all = over(all, bytes, caps.node_bytes_max);
        let gone = if own > 0 {
            let oldest = "SELECT id, bytes FROM entries WHERE owner = ?1 ORDER BY used_ms LIMIT ?2";
            evict(&transaction, oldest, params![owner, to_i64(STEP_ENTRIES)], own)?
        } else if of_all > 0 {
            let oldest = "SELECT id, bytes FROM entries ORDER BY used_ms LIMIT ?1";
            evict(&transaction, oldest, params![to_i64(STEP_ENTRIES)], of_all)?
        } else {
            0
        };
        transaction.commit()?;
        Ok(gone > 0)
    }
}

impl CacheReading {
    /// A chunk of the body; empty past its end.
    ///
    /// # Errors
    /// If the file fails.
    pub fn chunk(&self, number: u64) -> Result<Vec<u8>, StoreError> {
        self.store.readers.reading(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT data FROM chunks WHERE entry = ?1 AND number = ?2")?;
            let data = statement.query_row([self.id, to_i64(number)], |row| row.get(0)).optional()?;
            Ok(data.unwrap_or_default())
        })
    }
}

impl Drop for CacheReading {
    fn drop(&mut self) {
        let mut read = lock(&self.store.read);
        if let Some(count) = read.get_mut(&self.id) {
            *count -= 1;
            if *count == 0 {
                read.remove(&self.id);
            }
        }
    }
}

impl std::fmt::Debug for CacheStore {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("CacheStore").field("path", &self.readers.path()).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for CacheReading {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("CacheReading").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Removes an entry; gives when it would have been over.
fn remove(transaction: &Transaction<'_>, key: &CacheKey) -> Result<Option<i64>, StoreError> {
    let mut statement = transaction
        .prepare_cached("DELETE FROM entries WHERE owner = ?1 AND key = ?2 RETURNING expires_ms")?;
    Ok(statement.query_row(params![key.owner, key.hash], |row| row.get(0)).optional()?)
}

/// Removes what a query names until so many bytes are free; gives how many entries went.
fn evict(
    transaction: &Transaction<'_>,
    oldest: &str,
    parameters: &[&dyn rusqlite::ToSql],
    mut bytes: i64,
) -> Result<usize, StoreError> {
    let found: Vec<(i64, i64)> = transaction
        .prepare_cached(oldest)?
        .query_map(parameters, |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    let mut gone = 0;
    for (id, freed) in found {
        if bytes <= 0 {
            break;
        }
        gone += transaction.prepare_cached("DELETE FROM entries WHERE id = ?1")?.execute([id])?;
        bytes -= freed;
    }
    Ok(gone)
}

fn over(kept: i64, more: u64, most: u64) -> i64 {
    kept.saturating_add(to_i64(more)).saturating_sub(to_i64(most))
}

fn to_i64(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;

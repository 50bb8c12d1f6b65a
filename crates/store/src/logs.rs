//! What workers have reported of their events: kept for a while, found again, and never in the way of what must not be lost.
//!
//! What this room does: one SQLite file of its own. Events come in batches, each a transaction; the oldest leave when their
//! account, or the node, keeps more than it may, and when their time is over. Ids grow and are never given twice, so whoever has
//! read up to one goes on from there.
//!
//! What it refuses: to know what is in an event. Who asks says what he looks for.
//!
//! What happens when it fails: a file that is damaged is moved aside and begun anew, by the node that finds it so. A disk that
//! is full takes no events, and the store of deploys does not notice.

mod file;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::Mutex,
};

use rusqlite::{Connection, ErrorCode, OptionalExtension, Row, Transaction, params};

use crate::{
    KvClock, StoreError,
    side_file::{Readers, lock, open},
};
use file::SCHEMA;

/// What an event takes besides its document, about.
const EVENT_BYTES: usize = 128;
/// Events that one step takes away.
const STEP_EVENTS: usize = 200;
/// Steps after which others have their turn. What is left goes with the next batch, or the next sweep.
const STEPS_MAX: usize = 100;
/// Bytes of documents that one question looks at.
const LOOKED_AT_BYTES_MAX: usize = 64 << 20;
/// Connections that wait for readers.
const READERS_KEPT: usize = 2;

/// An event to keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLog {
    /// The account of its worker.
    pub account: String,
    /// Its worker.
    pub worker: String,
    /// When it was over by the node's clock, in milliseconds since the epoch.
    pub at_ms: i64,
    /// What there is to tell of it.
    pub document: String,
}

impl NewLog {
    /// What it counts as.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.document.len() + self.worker.len() + self.account.len() + EVENT_BYTES
    }
}

/// An event that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptLog {
    /// Greater than those of all that came before it.
    pub id: i64,
    /// Its worker.
    pub worker: String,
    /// When it was over.
    pub at_ms: i64,
    /// What there is to tell of it.
    pub document: String,
}

/// How much is kept, and how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogCaps {
    /// Bytes of one account.
    pub account_bytes_max: u64,
    /// Bytes of all.
    pub node_bytes_max: u64,
    /// Milliseconds.
    pub age_ms_max: i64,
}

/// In which order events are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogOrder {
    /// The newest first.
    Newest,
    /// The oldest first.
    Oldest,
}

/// Which events are looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogQuery {
    /// Of this account.
    pub account: String,
    /// Of this worker; of all if there is none.
    pub worker: Option<String>,
    /// Over at this time or later, in milliseconds since the epoch.
    pub from_ms: i64,
    /// Over before this time.
    pub to_ms: i64,
    /// With an id between these, which are not meant themselves.
    pub between: (i64, i64),
    /// In this order.
    pub order: LogOrder,
    /// So many at most.
    pub events_max: usize,
    /// So many bytes of documents at most. One event is found even if it has more.
    pub bytes_max: usize,
}

/// Events that were found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LogPage {
    /// In the order that was asked for.
    pub logs: Vec<KeptLog>,
    /// The last one that was looked at, if there may be more behind it.
    pub rest_behind: Option<i64>,
}

/// Whether a batch went into the file that was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogsKept {
    /// It did.
    Whole,
    /// The file was damaged: it was moved aside, and the batch begins a new one.
    BegunAnew,
}

/// The events of a node. Its calls wait for the disk.
pub struct LogStore {
    clock: KvClock,
    writer: Mutex<Connection>,
    readers: Readers,
}

impl LogStore {
    /// Opens a file, which is made if it is not there. One that cannot be used is moved aside; then it says so.
    ///
    /// # Errors
    /// If there can be no file.
    pub fn open(path: &Path, clock: KvClock) -> Result<(Self, LogsKept), StoreError> {
        if let Some(folder) = path.parent() {
            // If it cannot be made, the file cannot be opened, and that is said.
            let _ = fs::create_dir_all(folder);
        }
        let (writer, kept) = match open(path, &SCHEMA) {
            Ok(writer) => (writer, LogsKept::Whole),
            Err(error) if is_damage(&error) => {
                move_aside(path);
                (open(path, &SCHEMA)?, LogsKept::BegunAnew)
            }
            Err(error) => return Err(error),
        };
        let readers = Readers::new(path, READERS_KEPT);
        Ok((Self { clock, writer: Mutex::new(writer), readers }, kept))
    }

    /// Keeps a batch, as a whole or not at all.
    ///
    /// # Errors
    /// If the file fails.
    pub fn append(&self, batch: &[NewLog], caps: LogCaps) -> Result<LogsKept, StoreError> {
        let mut writer = lock(&self.writer);
        match append_to(&mut writer, batch, caps, (self.clock)()) {
            Ok(()) => Ok(LogsKept::Whole),
            Err(error) if is_damage(&error) => {
                move_aside(self.readers.path());
                self.readers.forget();
                *writer = open(self.readers.path(), &SCHEMA)?;
                append_to(&mut writer, batch, caps, (self.clock)())?;
                Ok(LogsKept::BegunAnew)
            }
            Err(error) => Err(error),
        }
    }

    /// Takes away what is over, and what is too much since less is allowed.
    ///
    /// # Errors
    /// If the file fails.
    pub fn sweep(&self, caps: LogCaps) -> Result<(), StoreError> {
        let mut writer = lock(&self.writer);
        let transaction = writer.transaction()?;
        let most: Option<String> = largest(&transaction)?;
        make_room(&transaction, &most.into_iter().collect(), caps, (self.clock)())?;
        Ok(transaction.commit()?)
    }

    /// Finds events, of those that are `wanted`.
    ///
    /// # Errors
    /// If the file fails.
    pub fn find(&self, query: &LogQuery, wanted: &dyn Fn(&KeptLog) -> bool) -> Result<LogPage, StoreError> {
        self.readers.reading(|connection| {
            let (of_worker, order) = match (&query.worker, query.order) {
                (Some(_), LogOrder::Newest) => ("AND worker = ?6", "DESC"),
                (Some(_), LogOrder::Oldest) => ("AND worker = ?6", "ASC"),
                (None, LogOrder::Newest) => ("AND ?6 IS NULL", "DESC"),
                (None, LogOrder::Oldest) => ("AND ?6 IS NULL", "ASC"),
            };
            let mut statement = connection.prepare_cached(&format!(
                "SELECT id, worker, at_ms, document FROM events
                 WHERE account = ?1 AND id > ?2 AND id < ?3 AND at_ms >= ?4 AND at_ms < ?5 {of_worker} ORDER BY id {order}"
            ))?;
            let (after, before) = query.between;
            let mut rows = statement.query(params![
                query.account,
                after,
                before,
                query.from_ms,
                query.to_ms,
                query.worker
            ])?;
            let (mut page, mut bytes, mut looked_at) = (LogPage::default(), 0, 0);
            let mut last = None;
            while let Some(row) = rows.next()? {
                let log = read(row)?;
                let length = log.document.len();
                let is_full = page.logs.len() >= query.events_max
                    || (bytes + length > query.bytes_max && !page.logs.is_empty())
                    || looked_at >= LOOKED_AT_BYTES_MAX;
                if is_full {
                    page.rest_behind = last;
                    break;
                }
                looked_at += length;
                last = Some(log.id);
                if wanted(&log) {
                    bytes += length;
                    page.logs.push(log);
                }
            }
            Ok(page)
        })
    }

    /// Takes away all that an account keeps.
    ///
    /// # Errors
    /// If the file fails.
    pub fn forget(&self, account: &str) -> Result<(), StoreError> {
        loop {
            let mut writer = lock(&self.writer);
            let transaction = writer.transaction()?;
            let gone = evict(&transaction, account, i64::MAX)?;
            transaction.commit()?;
            if gone == 0 {
                return Ok(());
            }
        }
    }

    /// What an account keeps, in bytes.
    ///
    /// # Errors
    /// If the file fails.
    pub fn bytes_of(&self, account: &str) -> Result<u64, StoreError> {
        let bytes = self.readers.reading(|connection| bytes_of(connection, account))?;
        Ok(u64::try_from(bytes).unwrap_or_default())
    }
}

impl std::fmt::Debug for LogStore {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("LogStore").field("path", &self.readers.path()).finish_non_exhaustive()
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<KeptLog> {
    Ok(KeptLog { id: row.get(0)?, worker: row.get(1)?, at_ms: row.get(2)?, document: row.get(3)? })
}

fn append_to(
    writer: &mut Connection,
    batch: &[NewLog],
    caps: LogCaps,
    now_ms: i64,
) -> Result<(), StoreError> {
    let transaction = writer.transaction()?;
    {
        let mut insert = transaction.prepare_cached(
            "INSERT INTO events (account, worker, at_ms, bytes, document) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?;
        for log in batch {
            let NewLog { account, worker, at_ms, document } = log;
            insert.execute(params![account, worker, at_ms, to_i64(log.bytes()), document])?;
        }
    }
    let accounts = batch.iter().map(|log| log.account.clone()).collect();
    make_room(&transaction, &accounts, caps, now_ms)?;
    Ok(transaction.commit()?)
}

/// Takes away what is over, and the oldest events of whoever keeps too much.
fn make_room(
    transaction: &Transaction<'_>,
    accounts: &BTreeSet<String>,
    caps: LogCaps,
    now_ms: i64,
) -> Result<(), StoreError> {
    let mut steps = STEPS_MAX;
    let mut step = || {
        steps = steps.saturating_sub(1);
        steps > 0
    };
    let over_since = now_ms.saturating_sub(caps.age_ms_max);
    while expire(transaction, over_since)? > 0 && step() {}
    for account in accounts {
        loop {
            let over = bytes_of(transaction, account)?.saturating_sub(to_i64(caps.account_bytes_max));
            if over <= 0 || evict(transaction, account, over)? == 0 || !step() {
                break;
            }
        }
    }
    loop {
        let all: i64 = transaction
            .prepare_cached("SELECT coalesce(sum(bytes), 0) FROM accounts")?
            .query_row([], |row| row.get(0))?;
        let over = all.saturating_sub(to_i64(caps.node_bytes_max));
        // Who keeps most gives way: who keeps little does not lose it to others.
        let Some(most) = largest(transaction)?.filter(|_| over > 0) else { return Ok(()) };
        if evict(transaction, &most, over)? == 0 || !step() {
            return Ok(());
        }
    }
}

fn largest(connection: &Connection) -> Result<Option<String>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT account FROM accounts ORDER BY bytes DESC LIMIT 1")?;
    Ok(statement.query_row([], |row| row.get(0)).optional()?)
}

/// Takes away some of what is over. They came in the order of their ids, so that only the first are looked at.
fn expire(transaction: &Transaction<'_>, over_since_ms: i64) -> Result<usize, StoreError> {
    let mut statement = transaction.prepare_cached(
        "DELETE FROM events WHERE at_ms < ?1 AND id IN (SELECT id FROM events ORDER BY id LIMIT ?2)",
    )?;
    Ok(statement.execute(params![over_since_ms, to_i64(STEP_EVENTS)])?)
}

/// Takes away the oldest events of an account until so many bytes are free, or a step is done; gives how many went.
fn evict(transaction: &Transaction<'_>, account: &str, mut bytes: i64) -> Result<usize, StoreError> {
    let oldest: Vec<(i64, i64)> = transaction
        .prepare_cached("SELECT id, bytes FROM events WHERE account = ?1 ORDER BY id LIMIT ?2")?
        .query_map(params![account, to_i64(STEP_EVENTS)], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    let mut last = None;
    for (id, freed) in oldest {
        if bytes <= 0 {
            break;
        }
        last = Some(id);
        bytes = bytes.saturating_sub(freed);
    }
    let Some(last) = last else { return Ok(0) };
    let mut delete = transaction.prepare_cached("DELETE FROM events WHERE account = ?1 AND id <= ?2")?;
    Ok(delete.execute(params![account, last])?)
}

fn bytes_of(connection: &Connection, account: &str) -> Result<i64, StoreError> {
    let bytes = connection
        .prepare_cached("SELECT bytes FROM accounts WHERE account = ?1")?
        .query_row([account], |row| row.get(0))
        .optional()?;
    Ok(bytes.unwrap_or_default())
}

/// Whether a file is at fault, and not the disk or who else uses it.
fn is_damage(error: &StoreError) -> bool {
    match error {
        StoreError::Sqlite(error) => matches!(
            error.sqlite_error_code(),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::Unknown)
        ),
        StoreError::TooNew { .. } => true,
        _ => false,
    }
}

/// The last file that was damaged stays beside the new one, for whoever wants to know what has become of it.
fn move_aside(path: &Path) {
    let beside = |ending: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        PathBuf::from(name)
    };
    for ending in ["-wal", "-shm"] {
        let _ = fs::remove_file(beside(ending));
    }
    if fs::rename(path, beside(".damaged")).is_err() {
        let _ = fs::remove_file(path);
    }
}

fn to_i64(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;

//! A file of its own beside the store's, for what is worth less than a deploy: one connection writes, a few read.

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use rusqlite::{Connection, TransactionBehavior};

use crate::{StoreError, private, store::BUSY_MAX};

/// The tables of a file that has none yet.
pub(crate) struct Schema {
    /// The form of the file, which it remembers; not 0.
    pub(crate) form: u32,
    pub(crate) sql: &'static str,
}

/// Opens the file to write, which is made if it is not there.
pub(crate) fn open(path: &Path, schema: &Schema) -> Result<Connection, StoreError> {
    private::make(path);
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(BUSY_MAX)?;
    connection.set_transaction_behavior(TransactionBehavior::Immediate);
    // NORMAL: a process that is killed loses nothing of what it has written; after a loss of power the last of it may be missing.
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 67108864;",
    )?;
    let form: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if form == 0 {
        let transaction = connection.transaction()?;
        transaction.execute_batch(schema.sql)?;
        transaction.pragma_update(None, "user_version", schema.form)?;
        transaction.commit()?;
    } else if form != i64::from(schema.form) {
        let known = usize::try_from(schema.form).unwrap_or(usize::MAX);
        return Err(StoreError::TooNew { found: form, known });
    }
    Ok(connection)
}

/// Connections that read a file. Some wait for the next who wants to.
pub(crate) struct Readers {
    path: PathBuf,
    kept_max: usize,
    kept: Mutex<Vec<Connection>>,
}

impl Readers {
    /// Those of a file; at most so many are kept.
    pub(crate) fn new(path: &Path, kept_max: usize) -> Self {
        Self { path: path.to_owned(), kept_max, kept: Mutex::default() }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Forgets those that wait: there is another file at this path now.
    pub(crate) fn forget(&self) {
        lock(&self.kept).clear();
    }

    /// Reads. A connection that has failed is not kept.
    pub(crate) fn reading<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let kept = lock(&self.kept).pop();
        let connection = match kept {
            Some(connection) => connection,
            None => self.reader()?,
        };
        let result = work(&connection);
        let mut kept = lock(&self.kept);
        if result.is_ok() && kept.len() < self.kept_max {
            kept.push(connection);
        }
        result
    }

    fn reader(&self) -> Result<Connection, StoreError> {
        let connection = Connection::open(&self.path)?;
        connection.busy_timeout(BUSY_MAX)?;
        connection.execute_batch("PRAGMA query_only = ON;")?;
        Ok(connection)
    }
}

/// What a mutex guards; a panic elsewhere leaves a connection as good as it was.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

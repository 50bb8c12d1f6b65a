//! The file and its tables. What an account keeps is summed up by the file itself.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use crate::{StoreError, private, store::BUSY_MAX};

/// The form of the file.
const FORM: i64 = 1;

const SCHEMA: &str = "CREATE TABLE events (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        account TEXT NOT NULL,
        worker TEXT NOT NULL,
        at_ms INTEGER NOT NULL,
        bytes INTEGER NOT NULL,
        document TEXT NOT NULL
    ) STRICT;
    CREATE INDEX events_of_account ON events (account, id);
    CREATE INDEX events_of_worker ON events (account, worker, id);
    CREATE TABLE accounts (account TEXT PRIMARY KEY, bytes INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TRIGGER event_comes AFTER INSERT ON events BEGIN
        INSERT INTO accounts (account, bytes) VALUES (new.account, new.bytes)
            ON CONFLICT (account) DO UPDATE SET bytes = bytes + new.bytes;
    END;
    CREATE TRIGGER event_goes AFTER DELETE ON events BEGIN
        UPDATE accounts SET bytes = bytes - old.bytes WHERE account = old.account;
        DELETE FROM accounts WHERE account = old.account AND bytes <= 0;
    END;";

/// Opens the file to write, which is made if it is not there.
pub(super) fn open(path: &Path) -> Result<Connection, StoreError> {
    private::make(path);
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(BUSY_MAX)?;
    connection.set_transaction_behavior(TransactionBehavior::Immediate);
    // NORMAL: a process that is killed loses nothing of what it has written; after a loss of power the last events may be missing.
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 67108864;",
    )?;
    let form: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if form == 0 {
        let transaction = connection.transaction()?;
        transaction.execute_batch(SCHEMA)?;
        transaction.pragma_update(None, "user_version", FORM)?;
        transaction.commit()?;
    } else if form != FORM {
        return Err(StoreError::TooNew { found: form, known: 1 });
    }
    Ok(connection)
}

/// Opens it to read.
pub(super) fn reader(path: &Path) -> Result<Connection, StoreError> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(BUSY_MAX)?;
    connection.execute_batch("PRAGMA query_only = ON;")?;
    Ok(connection)
}

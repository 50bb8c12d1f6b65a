//! The file and its tables. What an owner keeps is summed up, and what is removed is noted for the sweep, by the file itself.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use crate::{StoreError, private, store::BUSY_MAX};

/// The form of the file.
const FORM: i64 = 1;

const SCHEMA: &str = "CREATE TABLE entries (
        id INTEGER PRIMARY KEY,
        owner TEXT NOT NULL,
        key BLOB NOT NULL,
        bytes INTEGER NOT NULL,
        body_bytes INTEGER NOT NULL,
        stored_ms INTEGER NOT NULL,
        expires_ms INTEGER NOT NULL,
        used_ms INTEGER NOT NULL,
        head BLOB NOT NULL,
        UNIQUE (owner, key)
    ) STRICT;
    CREATE INDEX entries_by_use ON entries (used_ms);
    CREATE INDEX entries_by_use_of_owner ON entries (owner, used_ms);
    CREATE INDEX entries_by_expiry ON entries (expires_ms);
    CREATE TABLE drafts (id INTEGER PRIMARY KEY AUTOINCREMENT) STRICT;
    CREATE TABLE chunks (
        entry INTEGER NOT NULL,
        number INTEGER NOT NULL,
        data BLOB NOT NULL,
        UNIQUE (entry, number)
    ) STRICT;
    CREATE TABLE leavings (id INTEGER PRIMARY KEY) STRICT;
    CREATE TABLE owners (owner TEXT PRIMARY KEY, bytes INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TRIGGER entry_comes AFTER INSERT ON entries BEGIN
        INSERT INTO owners (owner, bytes) VALUES (new.owner, new.bytes)
            ON CONFLICT (owner) DO UPDATE SET bytes = bytes + new.bytes;
    END;
    CREATE TRIGGER entry_goes AFTER DELETE ON entries BEGIN
        UPDATE owners SET bytes = bytes - old.bytes WHERE owner = old.owner;
        DELETE FROM owners WHERE owner = old.owner AND bytes <= 0;
        INSERT INTO leavings (id) VALUES (old.id);
    END;";

/// Opens the file to write, which is made if it is not there.
pub(super) fn open(path: &Path) -> Result<Connection, StoreError> {
    private::make(path);
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(BUSY_MAX)?;
    connection.set_transaction_behavior(TransactionBehavior::Immediate);
    // NORMAL: after a loss of power the last ones may be missing, and nothing else.
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

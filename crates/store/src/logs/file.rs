//! The tables of the file. What an account keeps is summed up by the file itself.

use crate::side_file::Schema;

pub(super) const SCHEMA: Schema = Schema {
    form: 1,
    sql: "CREATE TABLE events (
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
    END;",
};

//! The tables of the file. What an owner keeps is summed up, and what is removed is noted for the sweep, by the file itself.

use crate::side_file::Schema;

pub(super) const SCHEMA: Schema = Schema {
    form: 1,
    sql: "CREATE TABLE entries (
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
    END;",
};

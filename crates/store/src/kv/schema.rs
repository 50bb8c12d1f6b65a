//! The tables of KV.

/// The table with the values.
pub(crate) const PAIRS_TABLE: &str = "kv_pairs";

/// The step that makes them. `value` is the last column, so that lists do not read it; keys are bytes, so that they sort as
/// such. `kv_leavings` are namespaces that were deleted and whose pairs are still to be swept; `bytes` is what a pair
/// counts for.
pub(crate) const SCHEMA: &str = "CREATE TABLE kv_namespaces (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        account TEXT NOT NULL,
        title TEXT NOT NULL,
        created_ms INTEGER NOT NULL,
        UNIQUE (account, title)
    ) STRICT;
    CREATE TABLE kv_pairs (
        number INTEGER PRIMARY KEY,
        namespace INTEGER NOT NULL,
        key BLOB NOT NULL,
        bytes INTEGER NOT NULL,
        expires_s INTEGER,
        metadata TEXT,
        value BLOB NOT NULL,
        UNIQUE (namespace, key)
    ) STRICT;
    CREATE INDEX kv_pairs_by_expiry ON kv_pairs (expires_s) WHERE expires_s IS NOT NULL;
    CREATE TABLE kv_leavings (
        namespace INTEGER PRIMARY KEY,
        account TEXT NOT NULL
    ) STRICT;
    CREATE TABLE kv_accounts (
        account TEXT PRIMARY KEY,
        bytes INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;";

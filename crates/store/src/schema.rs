//! The tables, and the steps from each older form of them to the present one.

use rusqlite::Connection;

use crate::StoreError;

/// Each step brings a file from the form that is its index to the next one. A step that was released is never changed.
/// A new one goes to the end, on a line of its own.
#[rustfmt::skip]
pub(crate) const STEPS: &[&str] = &[
    WORKERS,
    crate::kv::SCHEMA,
    TOKENS,
    SHARES,
    crate::prepared::SCHEMA,
    crate::prepared::BY_COMPATIBILITY,
    crate::stored::SCHEMA,
    crate::orders::SCHEMA,
];

const WORKERS: &str = "CREATE TABLE workers (
        name TEXT PRIMARY KEY,
        account TEXT NOT NULL,
        tag TEXT NOT NULL,
        created_ms INTEGER NOT NULL,
        modified_ms INTEGER NOT NULL,
        versions INTEGER NOT NULL,
        settings_json TEXT NOT NULL
    ) STRICT;
    CREATE INDEX workers_of_account ON workers (account);
    CREATE TABLE bundles (
        hash TEXT PRIMARY KEY,
        bytes INTEGER NOT NULL,
        packed BLOB NOT NULL
    ) STRICT;
    CREATE TABLE versions (
        id TEXT PRIMARY KEY,
        worker TEXT NOT NULL REFERENCES workers (name) ON DELETE CASCADE,
        number INTEGER NOT NULL,
        created_ms INTEGER NOT NULL,
        bundle TEXT NOT NULL REFERENCES bundles (hash),
        config_json TEXT NOT NULL,
        secrets BLOB NOT NULL,
        UNIQUE (worker, number)
    ) STRICT;
    CREATE INDEX versions_of_bundle ON versions (bundle);
    CREATE TABLE deployments (
        id TEXT PRIMARY KEY,
        worker TEXT NOT NULL REFERENCES workers (name) ON DELETE CASCADE,
        created_ms INTEGER NOT NULL,
        author TEXT NOT NULL,
        annotations_json TEXT NOT NULL
    ) STRICT;
    CREATE INDEX deployments_of_worker ON deployments (worker, id);
    CREATE TABLE shares (
        deployment TEXT NOT NULL REFERENCES deployments (id) ON DELETE CASCADE,
        version TEXT NOT NULL REFERENCES versions (id) ON DELETE CASCADE,
        per_mille INTEGER NOT NULL,
        PRIMARY KEY (deployment, version)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE routes (
        kind TEXT NOT NULL,
        normal TEXT NOT NULL,
        worker TEXT NOT NULL REFERENCES workers (name) ON DELETE CASCADE,
        written TEXT NOT NULL,
        PRIMARY KEY (kind, normal)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX routes_of_worker ON routes (worker);
    CREATE TABLE schedules (
        worker TEXT NOT NULL REFERENCES workers (name) ON DELETE CASCADE,
        cron TEXT NOT NULL,
        created_ms INTEGER NOT NULL,
        fired_ms INTEGER NOT NULL,
        PRIMARY KEY (worker, cron)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE assets (
        account TEXT NOT NULL,
        hash TEXT NOT NULL,
        kind TEXT NOT NULL,
        created_ms INTEGER NOT NULL,
        bytes BLOB NOT NULL,
        PRIMARY KEY (account, hash)
    ) STRICT;
    CREATE TABLE version_assets (
        version TEXT NOT NULL REFERENCES versions (id) ON DELETE CASCADE,
        path TEXT NOT NULL,
        hash TEXT NOT NULL,
        PRIMARY KEY (version, path)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX version_assets_by_hash ON version_assets (hash);
    CREATE TABLE audit (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        at_ms INTEGER NOT NULL,
        account TEXT NOT NULL,
        who TEXT NOT NULL,
        what TEXT NOT NULL,
        worker TEXT NOT NULL
    ) STRICT;
    CREATE INDEX audit_of_account ON audit (account, number);";

const TOKENS: &str = "CREATE TABLE accounts (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        created_ms INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE tokens (
        id TEXT PRIMARY KEY,
        account TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
        name TEXT NOT NULL,
        hash BLOB NOT NULL UNIQUE,
        scopes TEXT NOT NULL,
        created_ms INTEGER NOT NULL,
        modified_ms INTEGER NOT NULL,
        expires_ms INTEGER,
        revoked_ms INTEGER,
        used_ms INTEGER
    ) STRICT;
    CREATE INDEX tokens_of_account ON tokens (account);";

/// Versions are forgotten one by one, and each looks for the deployments that name it.
const SHARES: &str = "CREATE INDEX shares_of_version ON shares (version);";

/// Brings a file to the present form.
pub(crate) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let form = usize::try_from(found).unwrap_or(usize::MAX);
    let Some(steps) = STEPS.get(form..) else {
        return Err(StoreError::TooNew { found, known: STEPS.len() });
    };
    for (index, step) in steps.iter().enumerate() {
        let transaction = connection.transaction()?;
        transaction.execute_batch(step)?;
        let next = i64::try_from(form + index + 1).unwrap_or(i64::MAX);
        transaction.pragma_update(None, "user_version", next)?;
        transaction.commit()?;
    }
    Ok(())
}

//! What an account's code and files take in the file. There is an end to it: the disk is everybody's.
//!
//! Code that several accounts have is in the file once and counts for each of them, so that nobody's books move because somebody
//! else deploys or deletes. What the node prepares for it counts, too. The sums are changed in the transactions that change
//! what they are sums of.

use rusqlite::{Connection, OptionalExtension, params};

use crate::{AssetPath, Store, StoreError};

/// What a version, a file, or a file's place in a version counts for beside its content.
pub(crate) const ROW_BYTES: i64 = 128;

/// The sums, as they are for what is there. `ROW_BYTES` is written out: a step that was released never changes.
pub(crate) const SCHEMA: &str = "ALTER TABLE versions ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
    UPDATE versions SET bytes = 128 + length(CAST(config_json AS BLOB)) + length(secrets) + coalesce(
        (SELECT sum(128 + length(CAST(path AS BLOB))) FROM version_assets WHERE version = versions.id), 0);
    CREATE TABLE account_bundles (
        bundle TEXT NOT NULL,
        account TEXT NOT NULL,
        versions INTEGER NOT NULL,
        PRIMARY KEY (bundle, account)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO account_bundles (bundle, account, versions)
        SELECT bundle, account, count(*) FROM versions JOIN workers ON workers.name = versions.worker GROUP BY 1, 2;
    CREATE TABLE stored_accounts (
        account TEXT PRIMARY KEY,
        bytes INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    INSERT INTO stored_accounts (account, bytes) SELECT account, sum(bytes) FROM (
        SELECT account, versions.bytes AS bytes FROM versions JOIN workers ON workers.name = versions.worker
        UNION ALL SELECT account, length(packed) FROM account_bundles JOIN bundles ON hash = bundle
        UNION ALL SELECT account, length(packed) FROM account_bundles JOIN prepared USING (bundle)
        UNION ALL SELECT account, 128 + length(bytes) FROM assets
    ) GROUP BY account;";

/// What an account has in the file.
pub(crate) fn of(connection: &Connection, account: &str) -> Result<i64, StoreError> {
    let mut statement = connection.prepare_cached("SELECT bytes FROM stored_accounts WHERE account = ?1")?;
    Ok(statement.query_row([account], |row| row.get(0)).optional()?.unwrap_or_default())
}

/// An account has so much more, or less.
pub(crate) fn add(connection: &Connection, account: &str, bytes: i64) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO stored_accounts (account, bytes) VALUES (?1, ?2)
         ON CONFLICT (account) DO UPDATE SET bytes = bytes + ?2",
    )?;
    statement.execute(params![account, bytes])?;
    Ok(())
}

/// Refuses an account more than it may have. What makes it less is not refused, also if it is still too much: the operator
/// may have changed his mind.
pub(crate) fn check(
    connection: &Connection,
    account: &str,
    before: i64,
    bytes_max: u64,
) -> Result<(), StoreError> {
    let bytes = of(connection, account)?;
    if bytes <= before || to_u64(bytes) <= bytes_max {
        return Ok(());
    }
    Err(StoreError::OverQuota { bytes: to_u64(bytes), bytes_max })
}

/// What a version counts for beside its code and the content of its files.
pub(crate) fn version_bytes(config_json: &str, secrets: &[u8], assets: &[AssetPath]) -> i64 {
    let paths: i64 = assets.iter().map(|asset| ROW_BYTES + to_i64(asset.path.len())).sum();
    ROW_BYTES + to_i64(config_json.len()) + to_i64(secrets.len()) + paths
}

/// What a file counts for.
pub(crate) fn asset_bytes(content_bytes: i64) -> i64 {
    content_bytes.saturating_add(ROW_BYTES)
}

/// One more version of an account has this code, which is in the file.
pub(crate) fn hold_bundle(connection: &Connection, account: &str, bundle: &str) -> Result<(), StoreError> {
    let versions: i64 = connection
        .prepare_cached(
            "INSERT INTO account_bundles (bundle, account, versions) VALUES (?1, ?2, 1)
             ON CONFLICT (bundle, account) DO UPDATE SET versions = versions + 1 RETURNING versions",
        )?
        .query_row([bundle, account], |row| row.get(0))?;
    if versions == 1 { add(connection, account, bundle_bytes(connection, bundle)?) } else { Ok(()) }
}

/// So many versions of an account fewer have this code, which is still in the file.
pub(crate) fn release_bundle(
    connection: &Connection,
    account: &str,
    bundle: &str,
    versions: i64,
) -> Result<(), StoreError> {
    let left: Option<i64> = connection
        .prepare_cached(
            "UPDATE account_bundles SET versions = versions - ?3 WHERE bundle = ?1 AND account = ?2
             RETURNING versions",
        )?
        .query_row(params![bundle, account, versions], |row| row.get(0))
        .optional()?;
    if left != Some(0) {
        return Ok(());
    }
    connection
        .prepare_cached("DELETE FROM account_bundles WHERE bundle = ?1 AND account = ?2")?
        .execute([bundle, account])?;
    add(connection, account, -bundle_bytes(connection, bundle)?)
}

/// What is kept for this code has become so much more, or less.
pub(crate) fn bundle_changed(connection: &Connection, bundle: &str, bytes: i64) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE stored_accounts SET bytes = bytes + ?2
             WHERE account IN (SELECT account FROM account_bundles WHERE bundle = ?1)",
        )?
        .execute(params![bundle, bytes])?;
    Ok(())
}

/// What some code, and all that was prepared for it, takes. Only lengths are read.
fn bundle_bytes(connection: &Connection, bundle: &str) -> Result<i64, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT coalesce((SELECT length(packed) FROM bundles WHERE hash = ?1), 0)
              + coalesce((SELECT sum(length(packed)) FROM prepared WHERE bundle = ?1), 0)",
    )?;
    Ok(statement.query_row([bundle], |row| row.get(0))?)
}

fn to_i64(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn to_u64(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

impl Store {
    /// How many bytes an account's code and files take.
    ///
    /// # Errors
    /// If the store fails.
    pub fn stored_bytes(&self, account: &str) -> Result<u64, StoreError> {
        Ok(to_u64(of(&self.lock(), account)?))
    }
}

//! Static assets: files of an account, each content once, and which of them a version has.
//!
//! A file's hash is what its uploader says it is. So it names a file within its account only: nobody can put his content in
//! the place of another account's.

use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::{Kept, Store, StoreError, stored};

/// How long a file that no version has is kept for the deploy that it was uploaded for, in milliseconds.
const KEEP_MS: i64 = 24 * 3_600_000;

/// A file, as it was uploaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    /// Its name within the account.
    pub hash: String,
    /// Its media type; empty if its uploader knows none.
    pub kind: String,
    /// Its content.
    pub bytes: Bytes,
}

/// A file's place in a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssetPath {
    /// Where it is, from `/`.
    pub path: String,
    /// Which file it is.
    pub hash: String,
}

/// Writes which files a version has. They must be the account's: they may have been forgotten since they were asked for.
pub(crate) fn attach(
    connection: &Connection,
    account: &str,
    version: &str,
    paths: &[AssetPath],
) -> Result<(), StoreError> {
    for AssetPath { path, hash } in paths {
        connection.execute(
            "INSERT INTO version_assets (version, path, hash) VALUES (?1, ?2, ?3)",
            params![version, path, hash],
        )?;
    }
    let mut lacking = connection.prepare_cached(
        "SELECT 1 FROM version_assets AS named WHERE version = ?1 AND NOT EXISTS
         (SELECT 1 FROM assets WHERE account = ?2 AND hash = named.hash)",
    )?;
    if lacking.exists([version, account])? { Err(StoreError::NoAsset) } else { Ok(()) }
}

/// The files of a version.
pub(crate) fn hashes_of(connection: &Connection, version: &str) -> Result<Vec<String>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT DISTINCT hash FROM version_assets WHERE version = ?1")?;
    Ok(statement.query_map([version], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

/// Forgets those of these files of an account that no version has, and that were not uploaded just now.
pub(crate) fn forget(
    connection: &Connection,
    account: &str,
    hashes: &[String],
    now_ms: i64,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(
        "DELETE FROM assets WHERE account = ?1 AND hash = ?2 AND created_ms < ?3 AND NOT EXISTS
         (SELECT 1 FROM version_assets JOIN versions ON versions.id = version
          JOIN workers ON workers.name = versions.worker WHERE hash = ?2 AND workers.account = ?1)
         RETURNING length(bytes)",
    )?;
    let mut less = 0;
    for hash in hashes {
        let gone =
            statement.query_row(params![account, hash, now_ms - KEEP_MS], |row| row.get(0)).optional()?;
        less += gone.map_or(0, stored::asset_bytes);
    }
    stored::add(connection, account, -less)
}

/// Forgets the files of an account that no version has, and that were not uploaded just now.
pub(crate) fn collect(connection: &Connection, account: &str, now_ms: i64) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(
        "DELETE FROM assets WHERE account = ?1 AND created_ms < ?2 AND hash NOT IN
         (SELECT hash FROM version_assets JOIN versions ON versions.id = version
          JOIN workers ON workers.name = versions.worker WHERE workers.account = ?1)
         RETURNING length(bytes)",
    )?;
    let gone: Vec<i64> = statement
        .query_map(params![account, now_ms - KEEP_MS], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    stored::add(connection, account, -gone.into_iter().map(stored::asset_bytes).sum::<i64>())
}

/// Forgets files that no version has, if the account has come to too much.
fn make_room(
    connection: &Connection,
    account: &str,
    before: i64,
    kept: Kept,
    now_ms: i64,
) -> Result<(), StoreError> {
    if stored::check(connection, account, before, kept.account_bytes_max).is_ok() {
        return Ok(());
    }
    collect(connection, account, now_ms)?;
    stored::check(connection, account, before, kept.account_bytes_max)
}

impl Store {
    /// Those of the files that the account does not have.
    ///
    /// # Errors
    /// If the store fails.
    pub fn missing_assets(&self, account: &str, hashes: &[String]) -> Result<Vec<String>, StoreError> {
        let connection = self.lock();
        let mut statement =
            connection.prepare_cached("SELECT 1 FROM assets WHERE account = ?1 AND hash = ?2")?;
        let mut missing = Vec::new();
        for hash in hashes {
            if !statement.exists([account, hash])? {
                missing.push(hash.clone());
            }
        }
        Ok(missing)
    }

    /// Keeps files of an account. One that is there already stays as it is.
    ///
    /// # Errors
    /// If the account has as many bytes as it may, or the store fails; then none is kept.
    pub fn add_assets(
        &self,
        account: &str,
        assets: &[Asset],
        kept: Kept,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        let before = stored::of(&transaction, account)?;
        let mut more = 0;
        for asset in assets {
            let seen = transaction
                .prepare_cached("UPDATE assets SET created_ms = ?3 WHERE account = ?1 AND hash = ?2")?
                .execute(params![account, asset.hash, now_ms])?;
            if seen == 0 {
                transaction.execute(
                    "INSERT INTO assets (account, hash, kind, created_ms, bytes) VALUES (?1, ?2, ?3, ?4, ?5)",
                    params![account, asset.hash, asset.kind, now_ms, asset.bytes.as_ref()],
                )?;
                more += stored::asset_bytes(i64::try_from(asset.bytes.len()).unwrap_or(i64::MAX));
            }
        }
        stored::add(&transaction, account, more)?;
        make_room(&transaction, account, before, kept, now_ms)?;
        Ok(transaction.commit()?)
    }

    /// Refuses files that an account has no room for, before they are sent.
    ///
    /// # Errors
    /// If they would be too much, or the store fails.
    pub fn check_room(
        &self,
        account: &str,
        files: &[u64],
        kept: Kept,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        let before = stored::of(&transaction, account)?;
        let size = |bytes: &u64| stored::asset_bytes(i64::try_from(*bytes).unwrap_or(i64::MAX));
        let more = files.iter().map(size).fold(0, i64::saturating_add);
        // What nobody may have is not added to what there is.
        let bytes = u64::try_from(more).unwrap_or_default();
        if bytes > kept.account_bytes_max {
            return Err(StoreError::OverQuota { bytes, bytes_max: kept.account_bytes_max });
        }
        stored::add(&transaction, account, more)?;
        // Nothing of this is written.
        make_room(&transaction, account, before, kept, now_ms)
    }

    /// A file of an account; `None` if it has none of this name.
    ///
    /// # Errors
    /// If the store fails.
    pub fn asset(&self, account: &str, hash: &str) -> Result<Option<Asset>, StoreError> {
        let asset = |row: &Row<'_>| {
            let bytes: Vec<u8> = row.get(1)?;
            Ok(Asset { hash: hash.to_owned(), kind: row.get(0)?, bytes: bytes.into() })
        };
        let sql = "SELECT kind, bytes FROM assets WHERE account = ?1 AND hash = ?2";
        Ok(self.lock().prepare_cached(sql)?.query_row([account, hash], asset).optional()?)
    }

    /// The files of a version.
    ///
    /// # Errors
    /// If the store fails.
    pub fn asset_paths(&self, version: &str) -> Result<Vec<AssetPath>, StoreError> {
        let connection = self.lock();
        let mut statement =
            connection.prepare_cached("SELECT path, hash FROM version_assets WHERE version = ?1")?;
        let path = |row: &Row<'_>| Ok(AssetPath { path: row.get(0)?, hash: row.get(1)? });
        Ok(statement.query_map([version], path)?.collect::<Result<_, _>>()?)
    }
}

//! What was prepared for bundles, so that their isolates start sooner: for one engine and for what a version asks of the
//! platform, and of no use to another.

use bytes::Bytes;
use mote_wire::{bundle::BundleHash, compatibility::Compatibility, prepared::PREPARED_BYTES_MAX};
use rusqlite::{OptionalExtension, params};
use sha2::{Digest, Sha256};

use crate::{Store, StoreError, stored};

/// The same code behaves otherwise under other compatibility flags, and so is its heap. Nothing of value is dropped: it is made
/// again.
pub(crate) const BY_COMPATIBILITY: &str = "DROP TABLE prepared;
    CREATE TABLE prepared (
        bundle TEXT NOT NULL,
        compatibility TEXT NOT NULL,
        engine TEXT NOT NULL,
        report_json TEXT NOT NULL,
        hash BLOB NOT NULL,
        bytes INTEGER NOT NULL,
        packed BLOB NOT NULL,
        PRIMARY KEY (bundle, compatibility, engine)
    ) STRICT;";

/// zstd's fastest levels do nearly as well on heaps, and somebody waits for the worker when they are read.
const LEVEL: i32 = 1;

/// What something was prepared for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PreparedFor {
    /// The code.
    pub bundle: BundleHash,
    /// Which behaviours of the platform the version asks for.
    pub compatibility: Compatibility,
}

pub(crate) const SCHEMA: &str = "CREATE TABLE prepared (
        bundle TEXT NOT NULL,
        engine TEXT NOT NULL,
        report_json TEXT NOT NULL,
        hash BLOB NOT NULL,
        bytes INTEGER NOT NULL,
        packed BLOB NOT NULL,
        PRIMARY KEY (bundle, engine)
    ) STRICT;";

impl Store {
    /// Forgets what was prepared for other engines than this one, and for bundles that are not here.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub fn forget_prepared(&self, engine: &str) -> Result<(), StoreError> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        let gone: Vec<(String, i64)> = {
            let mut statement = transaction.prepare_cached(
                "DELETE FROM prepared WHERE engine <> ?1 OR bundle NOT IN (SELECT hash FROM bundles)
                 RETURNING bundle, length(packed)",
            )?;
            statement.query_map([engine], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?
        };
        for (bundle, bytes) in gone {
            stored::bundle_changed(&transaction, &bundle, -bytes)?;
        }
        Ok(transaction.commit()?)
    }

    /// Keeps what was prepared, in place of what there was.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub fn keep_prepared(
        &self,
        of: &PreparedFor,
        engine: &str,
        report_json: &str,
        prepared: &[u8],
    ) -> Result<(), StoreError> {
        let name = of.bundle.to_string();
        let packed =
            zstd::bulk::compress(prepared, LEVEL).map_err(|_| StoreError::Unpack { hash: name.clone() })?;
        let bytes = i64::try_from(prepared.len()).unwrap_or(i64::MAX);
        let hash = Sha256::digest(prepared);
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        // Of code that was deleted while it was prepared; whoever does so again and again would fill the disk.
        transaction.execute(
            "DELETE FROM prepared WHERE bundle <> ?1 AND bundle NOT IN (SELECT hash FROM bundles)",
            [&name],
        )?;
        let compatibility = of.compatibility.to_string();
        let before: Option<i64> = transaction
            .prepare_cached(
                "DELETE FROM prepared WHERE bundle = ?1 AND compatibility = ?2 AND engine = ?3
                 RETURNING length(packed)",
            )?
            .query_row(params![name, compatibility, engine], |row| row.get(0))
            .optional()?;
        let more = i64::try_from(packed.len()).unwrap_or(i64::MAX) - before.unwrap_or_default();
        transaction.execute(
            "INSERT INTO prepared (bundle, compatibility, engine, report_json, hash, bytes, packed)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![name, compatibility, engine, report_json, &hash[..], bytes, packed],
        )?;
        stored::bundle_changed(&transaction, &name, more)?;
        Ok(transaction.commit()?)
    }

    /// What was prepared for this engine, surely as it was written: an engine believes these bytes. `None` if
    /// there is nothing, or it was damaged; then it has to be made again.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn prepared(&self, of: &PreparedFor, engine: &str) -> Result<Option<Bytes>, StoreError> {
        let found: Option<(Vec<u8>, i64, Vec<u8>)> = self
            .lock()
            .query_row(
                "SELECT hash, bytes, packed FROM prepared
                    WHERE bundle = ?1 AND compatibility = ?2 AND engine = ?3",
                params![of.bundle.to_string(), of.compatibility.to_string(), engine],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
            )
            .optional()?;
        let Some((hash, bytes, packed)) = found else { return Ok(None) };
        let bytes = usize::try_from(bytes).unwrap_or(0).min(PREPARED_BYTES_MAX);
        let unpacked = zstd::bulk::decompress(&packed, bytes).ok();
        Ok(unpacked.filter(|bytes| Sha256::digest(bytes)[..] == hash[..]).map(Bytes::from))
    }

    /// What was found out while it was prepared for this engine, as JSON; `None` if it was not prepared.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn prepared_report(&self, of: &PreparedFor, engine: &str) -> Result<Option<String>, StoreError> {
        let report = self
            .lock()
            .query_row(
                "SELECT report_json FROM prepared WHERE bundle = ?1 AND compatibility = ?2 AND engine = ?3",
                params![of.bundle.to_string(), of.compatibility.to_string(), engine],
                |row| row.get(0),
            )
            .optional()?;
        Ok(report)
    }
}

//! What was prepared for bundles, so that their isolates start sooner: for one engine and for what a version asks of the
//! platform, and of no use to another.

use bytes::Bytes;
use mote_wire::{bundle::BundleHash, compatibility::Compatibility, prepared::PREPARED_BYTES_MAX};
use rusqlite::{OptionalExtension, params};

use crate::{Store, StoreError, blobs, stored};

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

    /// Keeps what was prepared, in place of what there was. Its parts are packed already, by whoever made them.
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
        let bytes = i64::try_from(prepared.len()).unwrap_or(i64::MAX);
        let sum = sum(prepared);
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
        let more = bytes - before.unwrap_or_default();
        transaction.execute(
            "INSERT INTO prepared (bundle, compatibility, engine, report_json, hash, bytes, packed)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![name, compatibility, engine, report_json, &sum[..], bytes, prepared],
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
        let connection = self.lock();
        let found: Option<(Vec<u8>, i64)> = connection
            .prepare_cached(
                "SELECT hash, rowid FROM prepared WHERE bundle = ?1 AND compatibility = ?2 AND engine = ?3",
            )?
            .query_row(params![of.bundle.to_string(), of.compatibility.to_string(), engine], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()?;
        let Some((kept, row)) = found else { return Ok(None) };
        let prepared = blobs::read(&connection, ("prepared", "packed"), row, PREPARED_BYTES_MAX)?;
        drop(connection);
        Ok(prepared.filter(|bytes| sum(bytes)[..] == kept[..]).map(Bytes::from))
    }

    /// What was found out while it was prepared for this engine, as JSON; `None` if it was not prepared.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn prepared_report(&self, of: &PreparedFor, engine: &str) -> Result<Option<String>, StoreError> {
        let connection = self.lock();
        let mut statement = connection.prepare_cached(
            "SELECT report_json FROM prepared WHERE bundle = ?1 AND compatibility = ?2 AND engine = ?3",
        )?;
        let of = params![of.bundle.to_string(), of.compatibility.to_string(), engine];
        let report = statement.query_row(of, |row| row.get(0)).optional()?;
        Ok(report)
    }
}

/// Tells bytes from the same bytes after the disk has damaged them. Whoever can write the file can write this, too: a longer sum
/// would say no more, and takes half a millisecond for a megabyte while somebody waits.
fn sum(bytes: &[u8]) -> [u8; 4] {
    crc32fast::hash(bytes).to_be_bytes()
}

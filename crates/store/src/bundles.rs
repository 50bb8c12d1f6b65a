//! Bundles: each content once, compressed, and checked whenever it is read.

use bytes::Bytes;
use mote_wire::{
    bundle::{Bundle, BundleHash},
    named::{ENCODED_BYTES_MAX, NamedBundle, NotThatBundle},
};
use rusqlite::{Connection, OptionalExtension, params};

use crate::{Store, StoreError, blobs, stored};

/// zstd's own default: higher levels take several times as long for a few per cent.
const LEVEL: i32 = 3;

/// A bundle, ready to be written.
pub(crate) struct Packed {
    pub(crate) hash: String,
    bytes: usize,
    packed: Vec<u8>,
}

/// Compresses a bundle. It takes a while, so it is done before the store is locked.
pub(crate) fn pack(bundle: &Bundle) -> Result<Packed, StoreError> {
    let (encoded, hash) = (bundle.encode(), bundle.hash().to_string());
    let packed =
        zstd::bulk::compress(&encoded, LEVEL).map_err(|_| StoreError::Unpack { hash: hash.clone() })?;
    Ok(Packed { hash, bytes: encoded.len(), packed })
}

/// Writes it, unless it is there as it should be. A disk may have changed what lies there, and who deploys the same code again
/// wants that mended. What lies there unharmed is the same, byte for byte, or another zstd has packed it.
pub(crate) fn keep(connection: &Connection, packed: &Packed) -> Result<(), StoreError> {
    let bytes = i64::try_from(packed.bytes).unwrap_or(i64::MAX);
    let before: Option<(i64, bool)> = connection
        .prepare_cached("SELECT length(packed), bytes = ?2 AND packed = ?3 FROM bundles WHERE hash = ?1")?
        .query_row(params![packed.hash, bytes, packed.packed], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    match before {
        Some((_, true)) => {}
        Some((length, false)) => {
            connection.execute(
                "UPDATE bundles SET bytes = ?2, packed = ?3 WHERE hash = ?1",
                params![packed.hash, bytes, packed.packed],
            )?;
            let now = i64::try_from(packed.packed.len()).unwrap_or(i64::MAX);
            stored::bundle_changed(connection, &packed.hash, now.saturating_sub(length))?;
        }
        None => {
            connection.execute(
                "INSERT INTO bundles (hash, bytes, packed) VALUES (?1, ?2, ?3)",
                params![packed.hash, bytes, packed.packed],
            )?;
        }
    }
    Ok(())
}

/// Forgets one, and what was prepared for it, unless a version has it.
pub(crate) fn forget(connection: &Connection, hash: &str) -> Result<(), StoreError> {
    let sql = "DELETE FROM bundles WHERE hash = ?1 AND NOT EXISTS (SELECT 1 FROM versions WHERE bundle = ?1)";
    if connection.prepare_cached(sql)?.execute([hash])? > 0 {
        connection.prepare_cached("DELETE FROM prepared WHERE bundle = ?1")?.execute([hash])?;
    }
    Ok(())
}

impl Store {
    /// How many bytes a bundle has, encoded.
    ///
    /// # Errors
    /// If it is not there.
    pub fn bundle_bytes(&self, hash: BundleHash) -> Result<usize, StoreError> {
        let name = hash.to_string();
        let connection = self.lock();
        let mut statement = connection.prepare_cached("SELECT bytes FROM bundles WHERE hash = ?1")?;
        let found: Option<i64> = statement.query_row([&name], |row| row.get(0)).optional()?;
        let bytes = found.and_then(|bytes| usize::try_from(bytes).ok());
        bytes.ok_or(StoreError::Unpack { hash: name })
    }

    /// A bundle, encoded, and surely the one of this hash.
    ///
    /// # Errors
    /// If it is not there, or not what it was.
    pub fn bundle(&self, hash: BundleHash) -> Result<Bytes, StoreError> {
        let named = self.packed_bundle(hash)?;
        let hash = hash.to_string();
        named.encoding().map_err(|reason| match reason {
            NotThatBundle::Unnamed | NotThatBundle::NotPacked => StoreError::Unpack { hash },
            NotThatBundle::Decode(reason) => StoreError::Bundle { hash, reason },
        })
    }

    /// A bundle as it lies here. Whoever opens it sees whether it is what it was.
    ///
    /// # Errors
    /// If it is not there.
    pub fn packed_bundle(&self, hash: BundleHash) -> Result<NamedBundle, StoreError> {
        let name = hash.to_string();
        let missing = || StoreError::Unpack { hash: name.clone() };
        let connection = self.lock();
        let found: Option<(i64, i64)> = connection
            .prepare_cached("SELECT bytes, rowid FROM bundles WHERE hash = ?1")?
            .query_row([&name], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let (bytes, row) = found.ok_or_else(missing)?;
        let packed = blobs::read(&connection, ("bundles", "packed"), row, ENCODED_BYTES_MAX)?;
        let packed = packed.ok_or_else(missing)?;
        drop(connection);
        let bytes = usize::try_from(bytes).map_err(|_| missing())?;
        Ok(NamedBundle::packed(hash, bytes, packed.into()))
    }
}

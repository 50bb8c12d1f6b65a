//! What was sealed with the node's key for secrets, and a sample by which the key is known. The key itself is never here.

use rusqlite::{OptionalExtension, Row, params};

use crate::{Store, StoreError, stored, workers::audit};

pub(crate) const SCHEMA: &str = "CREATE TABLE seal (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        sample BLOB NOT NULL
    ) STRICT;";

/// Bytes of what an earlier Mote sealed for a version without secrets: that there is nothing.
const NOTHING_BYTES: u32 = 30;

/// A version that has secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// Its worker.
    pub worker: String,
    /// Its id.
    pub version: String,
    /// Its secrets, sealed.
    pub secrets: Vec<u8>,
}

impl Store {
    /// The newest versions that have secrets.
    ///
    /// # Errors
    /// If the store fails.
    pub fn sealed(&self, versions_max: u32) -> Result<Vec<Sealed>, StoreError> {
        let connection = self.lock();
        let mut statement = connection.prepare(
            "SELECT worker, id, secrets FROM versions WHERE length(secrets) > ?1 ORDER BY created_ms DESC LIMIT ?2",
        )?;
        let sealed =
            |row: &Row<'_>| Ok(Sealed { worker: row.get(0)?, version: row.get(1)?, secrets: row.get(2)? });
        Ok(statement.query_map([NOTHING_BYTES, versions_max], sealed)?.collect::<Result<_, _>>()?)
    }

    /// What was sealed to know the key by; `None` if nothing was so far.
    ///
    /// # Errors
    /// If the store fails.
    pub fn seal_sample(&self) -> Result<Option<Vec<u8>>, StoreError> {
        let connection = self.lock();
        Ok(connection.query_row("SELECT sample FROM seal", [], |row| row.get(0)).optional()?)
    }

    /// Keeps what was sealed to know the key by.
    ///
    /// # Errors
    /// If the store fails; then nothing changes.
    pub fn set_seal_sample(&self, sample: &[u8]) -> Result<(), StoreError> {
        let connection = self.lock();
        connection.execute(
            "INSERT INTO seal (one, sample) VALUES (1, ?1) ON CONFLICT DO UPDATE SET sample = ?1",
            [sample],
        )?;
        Ok(())
    }

    /// Gives up all secrets, for a node whose key is lost; gives the accounts and names of the workers that had some.
    ///
    /// # Errors
    /// If the store fails; then nothing changes.
    pub fn forget_secrets(&self, (who, now_ms): (&str, i64)) -> Result<Vec<(String, String)>, StoreError> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        let had: Vec<(String, String, i64)> = {
            let mut statement = transaction.prepare(
                "SELECT account, worker, sum(length(secrets)) FROM versions JOIN workers ON workers.name = versions.worker
                 WHERE length(secrets) > ?1 GROUP BY account, worker ORDER BY account, worker",
            )?;
            let worker = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
            statement.query_map([NOTHING_BYTES], worker)?.collect::<Result<_, _>>()?
        };
        transaction.execute(
            "UPDATE versions SET bytes = bytes - length(secrets), secrets = x'' WHERE length(secrets) > ?1",
            params![NOTHING_BYTES],
        )?;
        transaction.execute("DELETE FROM seal", [])?;
        for (account, worker, bytes) in &had {
            stored::add(&transaction, account, -bytes)?;
            audit(&transaction, (who, now_ms), account, worker, "give up secrets")?;
        }
        transaction.commit()?;
        Ok(had.into_iter().map(|(account, worker, _)| (account, worker)).collect())
    }
}

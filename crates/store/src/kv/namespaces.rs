//! Namespaces: ids that bindings name, and titles that people give them.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{KvError, KvStore, NAMESPACES_MAX, change::Batch};
use crate::workers::audit;

/// A namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KvNamespace {
    /// Its id: 32 hexadecimal digits.
    pub id: String,
    /// Its title.
    pub title: String,
    /// When it was made, in milliseconds since the epoch.
    pub created_ms: i64,
}

/// How namespaces are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KvNamespaceOrder {
    /// By title, from A.
    Title,
    /// By title, from Z.
    TitleDescending,
    /// By id.
    Id,
    /// By id, from the last one.
    IdDescending,
}

impl KvNamespaceOrder {
    fn sql(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::TitleDescending => "title DESC",
            Self::Id => "id",
            Self::IdDescending => "id DESC",
        }
    }
}

const COLUMNS: &str = "id, title, created_ms";

fn read(row: &Row<'_>) -> rusqlite::Result<KvNamespace> {
    Ok(KvNamespace { id: row.get(0)?, title: row.get(1)?, created_ms: row.get(2)? })
}

/// The number of a namespace, and its account.
pub(super) fn find(connection: &Connection, id: &str) -> Result<(i64, String), KvError> {
    let mut statement =
        connection.prepare_cached("SELECT number, account FROM kv_namespaces WHERE id = ?1")?;
    let found = statement.query_row([id], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    found.ok_or(KvError::NoNamespace)
}

fn own(connection: &Connection, account: &str, id: &str) -> Result<(i64, KvNamespace), KvError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, title, created_ms, number FROM kv_namespaces WHERE id = ?1 AND account = ?2",
    )?;
    let found = statement.query_row([id, account], |row| Ok((row.get(3)?, read(row)?))).optional()?;
    found.ok_or(KvError::NoNamespace)
}

fn check_title_free(connection: &Connection, account: &str, title: &str, own: &str) -> Result<(), KvError> {
    let mut statement = connection
        .prepare_cached("SELECT 1 FROM kv_namespaces WHERE account = ?1 AND title = ?2 AND id <> ?3")?;
    if statement.exists([account, title, own])? { Err(KvError::TitleTaken) } else { Ok(()) }
}

fn count(connection: &Connection, account: &str) -> rusqlite::Result<usize> {
    connection.query_row("SELECT count(*) FROM kv_namespaces WHERE account = ?1", [account], |row| row.get(0))
}

pub(super) fn create(
    batch: &Batch<'_>,
    id: &str,
    account: &str,
    title: &str,
    who: &str,
) -> Result<(), KvError> {
    check_title_free(batch.connection, account, title, id)?;
    if count(batch.connection, account)? >= NAMESPACES_MAX {
        return Err(KvError::TooManyNamespaces);
    }
    batch.connection.execute(
        "INSERT INTO kv_namespaces (id, account, title, created_ms) VALUES (?1, ?2, ?3, ?4)",
        params![id, account, title, batch.now_ms],
    )?;
    let what = format!("create the KV namespace {id}");
    Ok(audit(batch.connection, (who, batch.now_ms), account, title, &what)?)
}

pub(super) fn rename(
    batch: &Batch<'_>,
    account: &str,
    id: &str,
    title: &str,
    who: &str,
) -> Result<(), KvError> {
    let (number, _) = own(batch.connection, account, id)?;
    check_title_free(batch.connection, account, title, id)?;
    batch
        .connection
        .execute("UPDATE kv_namespaces SET title = ?2 WHERE number = ?1", params![number, title])?;
    let what = format!("rename the KV namespace {id}");
    Ok(audit(batch.connection, (who, batch.now_ms), account, title, &what)?)
}

/// Its pairs may be millions: they are gone for everybody at once, and are swept in small steps.
pub(super) fn delete(batch: &Batch<'_>, account: &str, id: &str, who: &str) -> Result<(), KvError> {
    let (number, namespace) = own(batch.connection, account, id)?;
    batch.connection.execute("DELETE FROM kv_namespaces WHERE number = ?1", [number])?;
    batch
        .connection
        .execute("INSERT INTO kv_leavings (namespace, account) VALUES (?1, ?2)", params![number, account])?;
    let what = format!("delete the KV namespace {id}");
    Ok(audit(batch.connection, (who, batch.now_ms), account, &namespace.title, &what)?)
}

impl KvStore {
    /// A namespace of an account.
    ///
    /// # Errors
    /// If the account has none with this id.
    pub fn namespace(&self, account: &str, id: &str) -> Result<KvNamespace, KvError> {
        Ok(own(&self.readers.take(), account, id)?.1)
    }

    /// Some of an account's namespaces, and how many there are in all.
    ///
    /// # Errors
    /// If the store fails.
    pub fn namespaces(
        &self,
        account: &str,
        order: KvNamespaceOrder,
        (skip, namespaces_max): (usize, usize),
    ) -> Result<(Vec<KvNamespace>, usize), KvError> {
        let connection = self.readers.take();
        let sql = format!(
            "SELECT {COLUMNS} FROM kv_namespaces WHERE account = ?1 ORDER BY {} LIMIT ?2 OFFSET ?3",
            order.sql()
        );
        let mut statement = connection.prepare_cached(&sql)?;
        let (limit, offset) = (i64_of(namespaces_max), i64_of(skip));
        let found = statement.query_map(params![account, limit, offset], read)?.collect::<Result<_, _>>()?;
        Ok((found, count(&connection, account)?))
    }
}

fn i64_of(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

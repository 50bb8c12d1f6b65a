//! Accounts: those that the operator has made, and those that are there because they have workers.

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::{Store, StoreError, workers::audit};

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its id, by which requests name it.
    pub id: String,
    /// What people call it. An account that nobody has made is called by its id.
    pub name: String,
    /// When it was made, in milliseconds since the epoch; `None` if it is there only because it has workers.
    pub created_ms: Option<i64>,
}

const ALL: &str = "SELECT id, name, created_ms FROM accounts
    UNION ALL SELECT DISTINCT account, account, NULL FROM workers WHERE account NOT IN (SELECT id FROM accounts)";

fn read(row: &Row<'_>) -> rusqlite::Result<Account> {
    Ok(Account { id: row.get(0)?, name: row.get(1)?, created_ms: row.get(2)? })
}

/// The account, if it is there.
pub(crate) fn find(connection: &Connection, id: &str) -> Result<Option<Account>, StoreError> {
    let mut statement = connection.prepare_cached(&format!("SELECT * FROM ({ALL}) WHERE id = ?1"))?;
    Ok(statement.query_row([id], read).optional()?)
}

fn has_workers(connection: &Connection, id: &str) -> Result<bool, StoreError> {
    let mut statement = connection.prepare_cached("SELECT 1 FROM workers WHERE account = ?1")?;
    Ok(statement.exists([id])?)
}

impl Store {
    /// All accounts, by id.
    ///
    /// # Errors
    /// If the store fails.
    pub fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        let connection = self.lock();
        let mut statement = connection.prepare_cached(&format!("SELECT * FROM ({ALL}) ORDER BY id"))?;
        Ok(statement.query_map([], read)?.collect::<Result<_, _>>()?)
    }

    /// An account; `None` if nobody has made it and it has no workers.
    ///
    /// # Errors
    /// If the store fails.
    pub fn account(&self, id: &str) -> Result<Option<Account>, StoreError> {
        find(&self.lock(), id)
    }

    /// Makes an account. One that is there because it has workers gets its name by this.
    ///
    /// # Errors
    /// If somebody has made it before.
    pub fn add_account(
        &self,
        id: &str,
        name: &str,
        (who, now_ms): (&str, i64),
    ) -> Result<Account, StoreError> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        let known = find(&transaction, id)?;
        if known.is_some_and(|known| known.created_ms.is_some()) {
            return Err(StoreError::AccountTaken { id: id.to_owned() });
        }
        transaction.execute(
            "INSERT INTO accounts (id, name, created_ms) VALUES (?1, ?2, ?3)",
            params![id, name, now_ms],
        )?;
        audit(&transaction, (who, now_ms), id, "", "create account")?;
        transaction.commit()?;
        Ok(Account { id: id.to_owned(), name: name.to_owned(), created_ms: Some(now_ms) })
    }

    /// Removes an account without workers, with its tokens and its files. Its audit log stays.
    ///
    /// # Errors
    /// If there is no such account, or it has workers; then nothing changes.
    pub fn remove_account(&self, id: &str, (who, now_ms): (&str, i64)) -> Result<(), StoreError> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        let has_namespaces =
            transaction.prepare_cached("SELECT 1 FROM kv_namespaces WHERE account = ?1")?.exists([id])?;
        if has_namespaces || has_workers(&transaction, id)? {
            return Err(StoreError::AccountInUse { id: id.to_owned() });
        }
        if transaction.execute("DELETE FROM accounts WHERE id = ?1", [id])? == 0 {
            return Err(StoreError::NoAccount { id: id.to_owned() });
        }
        transaction.execute("DELETE FROM assets WHERE account = ?1", [id])?;
        transaction.execute("DELETE FROM stored_accounts WHERE account = ?1", [id])?;
        transaction.execute("DELETE FROM orders WHERE account = ?1", [id])?;
        audit(&transaction, (who, now_ms), id, "", "delete account")?;
        Ok(transaction.commit()?)
    }
}

//! Changes, as they are made inside a transaction that may hold many of them. Whether one is refused is known before it
//! has written anything, so a refusal leaves nothing to undo.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, params};

use super::{KvError, KvKey, KvPair, namespaces};

/// What can be changed. Each is made whole or not at all.
#[derive(Debug)]
pub enum KvChange {
    /// A new namespace.
    CreateNamespace {
        /// Its id, 32 hexadecimal digits that nobody else has.
        id: String,
        /// Its account.
        account: String,
        /// Its title, unique in the account.
        title: String,
        /// Who makes it.
        who: String,
    },
    /// Another title.
    RenameNamespace {
        /// The account.
        account: String,
        /// The namespace.
        id: String,
        /// Its new title.
        title: String,
        /// Who renames it.
        who: String,
    },
    /// A namespace and all of its pairs go. They take room for a while still.
    DeleteNamespace {
        /// The account.
        account: String,
        /// The namespace.
        id: String,
        /// Who deletes it.
        who: String,
    },
    /// Pairs are written, in the place of those with the same keys.
    Put {
        /// The namespace.
        namespace: String,
        /// The pairs; of two with one key the last one counts.
        pairs: Vec<KvPair>,
        /// What the account may keep in all.
        account_bytes_max: u64,
    },
    /// Pairs go, as far as they are there.
    Delete {
        /// The namespace.
        namespace: String,
        /// Their keys.
        keys: Vec<KvKey>,
    },
}

impl KvChange {
    /// How much it brings: a transaction takes no more than it must at once.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Put { pairs, .. } => pairs.iter().map(|pair| pair.value.len()).sum(),
            Self::CreateNamespace { .. }
            | Self::RenameNamespace { .. }
            | Self::DeleteNamespace { .. }
            | Self::Delete { .. } => 0,
        }
    }
}

/// The changes of one transaction, and what they add to each account.
pub(super) struct Batch<'c> {
    pub(super) connection: &'c Connection,
    pub(super) now_ms: i64,
    /// What the accounts keep that had changes; written once, at the end.
    accounts: HashMap<String, i64>,
}

impl<'c> Batch<'c> {
    pub(super) fn new(connection: &'c Connection, now_ms: i64) -> Self {
        Self { connection, now_ms, accounts: HashMap::new() }
    }

    pub(super) fn apply(&mut self, change: &KvChange) -> Result<(), KvError> {
        match change {
            KvChange::CreateNamespace { id, account, title, who } => {
                namespaces::create(self, id, account, title, who)
            }
            KvChange::RenameNamespace { account, id, title, who } => {
                namespaces::rename(self, account, id, title, who)
            }
            KvChange::DeleteNamespace { account, id, who } => namespaces::delete(self, account, id, who),
            KvChange::Put { namespace, pairs, account_bytes_max } => {
                self.put(namespace, pairs, *account_bytes_max)
            }
            KvChange::Delete { namespace, keys } => self.delete(namespace, keys),
        }
    }

    /// Writes what the accounts keep now.
    pub(super) fn settle(self) -> Result<(), KvError> {
        let mut statement = self.connection.prepare_cached(
            "INSERT INTO kv_accounts (account, bytes) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET bytes = ?2",
        )?;
        for (account, bytes) in &self.accounts {
            statement.execute(params![account, bytes])?;
        }
        Ok(())
    }

    /// What an account keeps, as it is after the changes so far.
    fn kept(&mut self, account: &str) -> Result<&mut i64, KvError> {
        if !self.accounts.contains_key(account) {
            let bytes = account_bytes(self.connection, account)?;
            self.accounts.insert(account.to_owned(), bytes);
        }
        Ok(self.accounts.entry(account.to_owned()).or_default())
    }

    fn put(&mut self, namespace: &str, pairs: &[KvPair], account_bytes_max: u64) -> Result<(), KvError> {
        let (number, account) = namespaces::find(self.connection, namespace)?;
        let pairs = last_of_each_key(pairs);
        let mut more = 0_i64;
        for pair in &pairs {
            let before = self.pair_bytes(number, &pair.key)?.unwrap_or_default();
            more = more.saturating_add(pair.bytes()).saturating_sub(before);
        }
        let kept = self.kept(&account)?;
        let after = kept.saturating_add(more);
        // An account over its cap may still write what makes it smaller.
        if more > 0 && u64::try_from(after).unwrap_or_default() > account_bytes_max {
            return Err(KvError::OverQuota { bytes_max: account_bytes_max });
        }
        *kept = after;
        let mut statement = self.connection.prepare_cached(
            "INSERT INTO kv_pairs (namespace, key, bytes, expires_s, metadata, value) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (namespace, key) DO UPDATE SET bytes = ?3, expires_s = ?4, metadata = ?5, value = ?6",
        )?;
        for pair in pairs {
            let (key, value) = (pair.key.as_bytes(), pair.value.as_ref());
            statement.execute(params![number, key, pair.bytes(), pair.expires_s, pair.metadata, value])?;
        }
        Ok(())
    }

    fn delete(&mut self, namespace: &str, keys: &[KvKey]) -> Result<(), KvError> {
        let (number, account) = namespaces::find(self.connection, namespace)?;
        let mut less = 0_i64;
        let mut statement = self
            .connection
            .prepare_cached("DELETE FROM kv_pairs WHERE namespace = ?1 AND key = ?2 RETURNING bytes")?;
        for key in keys {
            let gone: Option<i64> =
                statement.query_row(params![number, key.as_bytes()], |row| row.get(0)).optional()?;
            less += gone.unwrap_or_default();
        }
        self.credit(&account, less)
    }

    /// An account keeps less than before.
    pub(super) fn credit(&mut self, account: &str, bytes: i64) -> Result<(), KvError> {
        if bytes != 0 {
            *self.kept(account)? -= bytes;
        }
        Ok(())
    }

    fn pair_bytes(&self, namespace: i64, key: &KvKey) -> Result<Option<i64>, KvError> {
        let mut statement =
            self.connection.prepare_cached("SELECT bytes FROM kv_pairs WHERE namespace = ?1 AND key = ?2")?;
        Ok(statement.query_row(params![namespace, key.as_bytes()], |row| row.get(0)).optional()?)
    }
}

/// What an account keeps.
pub(super) fn account_bytes(connection: &Connection, account: &str) -> rusqlite::Result<i64> {
    let mut statement = connection.prepare_cached("SELECT bytes FROM kv_accounts WHERE account = ?1")?;
    Ok(statement.query_row([account], |row| row.get(0)).optional()?.unwrap_or_default())
}

fn last_of_each_key(pairs: &[KvPair]) -> Vec<&KvPair> {
    if let [only] = pairs {
        return vec![only];
    }
    let last: HashMap<&KvKey, usize> =
        pairs.iter().enumerate().map(|(index, pair)| (&pair.key, index)).collect();
    let is_last = |(index, pair): (usize, _)| (last.get(&key_of(pair)) == Some(&index)).then_some(pair);
    pairs.iter().enumerate().filter_map(is_last).collect()
}

fn key_of(pair: &KvPair) -> &KvKey {
    &pair.key
}

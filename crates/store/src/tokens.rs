//! API tokens. Of a token's value only its SHA-256 is here.
//!
//! Why a plain hash and no slow one: a value has 256 random bits. Nobody finds it by trying, however fast a try is, so
//! there is nothing that salt or slowness would add; and a plain hash can be looked up by an index.

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::{Scopes, Store, StoreError, accounts, workers::audit};

/// Bytes of the hash of a token's value (SHA-256).
pub const TOKEN_HASH_BYTES: usize = 32;
/// Tokens that one account may have at once.
pub const TOKENS_MAX: u32 = 200;
/// Revoked tokens of an account that are remembered; older ones are forgotten.
const REVOKED_MAX: u32 = 200;
/// How old the time of a token's last use must be before a new one is written.
const USED_EVERY_MS: i64 = 60_000;

/// The SHA-256 of a token's value.
pub type TokenHash = [u8; TOKEN_HASH_BYTES];

/// A token, without its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Its id. It is no secret.
    pub id: String,
    /// The only account that it opens.
    pub account: String,
    /// What its makers call it.
    pub name: String,
    /// What it may do there.
    pub scopes: Scopes,
    /// When it was made, in milliseconds since the epoch.
    pub created_ms: i64,
    /// When it got its present value.
    pub modified_ms: i64,
    /// From when on it opens nothing.
    pub expires_ms: Option<i64>,
    /// When it was revoked.
    pub revoked_ms: Option<i64>,
    /// When it was last used, to about a minute.
    pub used_ms: Option<i64>,
}

/// Whether a token opens anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenState {
    /// It does.
    Active,
    /// Its time is over.
    Expired,
    /// Somebody has revoked it.
    Revoked,
}

/// A token that is not there yet.
#[derive(Debug, Clone, Copy)]
pub struct NewToken<'a> {
    /// Its id.
    pub id: &'a str,
    /// Its account, which must be there.
    pub account: &'a str,
    /// What it is called.
    pub name: &'a str,
    /// The hash of its value.
    pub hash: &'a TokenHash,
    /// What it may do.
    pub scopes: Scopes,
    /// From when on it opens nothing.
    pub expires_ms: Option<i64>,
}

impl Token {
    /// Whether it opens anything at a time.
    #[must_use]
    pub fn state(&self, now_ms: i64) -> TokenState {
        if self.revoked_ms.is_some() {
            TokenState::Revoked
        } else if self.expires_ms.is_some_and(|expires| expires <= now_ms) {
            TokenState::Expired
        } else {
            TokenState::Active
        }
    }

    /// How the books name it: its name alone could be anybody's.
    #[must_use]
    pub fn label(&self) -> String {
        format!("{} ({})", self.name, self.id)
    }
}

const COLUMNS: &str = "id, account, name, scopes, created_ms, modified_ms, expires_ms, revoked_ms, used_ms";

fn read(row: &Row<'_>) -> rusqlite::Result<(Token, String)> {
    let token = Token {
        id: row.get(0)?,
        account: row.get(1)?,
        name: row.get(2)?,
        scopes: Scopes::default(),
        created_ms: row.get(4)?,
        modified_ms: row.get(5)?,
        expires_ms: row.get(6)?,
        revoked_ms: row.get(7)?,
        used_ms: row.get(8)?,
    };
    Ok((token, row.get(3)?))
}

fn complete((token, scopes): (Token, String)) -> Result<Token, StoreError> {
    let scopes = scopes.parse().map_err(|reason| StoreError::Token { id: token.id.clone(), reason })?;
    Ok(Token { scopes, ..token })
}

/// A token of the account that is not revoked.
fn own(connection: &Connection, account: &str, id: &str) -> Result<Token, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM tokens WHERE id = ?1 AND account = ?2 AND revoked_ms IS NULL");
    let found = connection.query_row(&sql, [id, account], read).optional()?;
    complete(found.ok_or_else(|| StoreError::NoToken { id: id.to_owned() })?)
}

/// Writes that a token is used now, unless that was written a moment ago.
fn touch(connection: &Connection, token: &mut Token, now_ms: i64) {
    // A time to come is one of a clock that was wrong.
    if token.used_ms.is_some_and(|used| used <= now_ms && now_ms - used < USED_EVERY_MS) {
        return;
    }
    // Why a failure is nothing: with a full disk, too, a token opens what it opened before.
    let written =
        connection.execute("UPDATE tokens SET used_ms = ?2 WHERE id = ?1", params![token.id, now_ms]).is_ok();
    if written {
        token.used_ms = Some(now_ms);
    }
}

impl Store {
    /// The token whose value has this hash, whatever has become of it. If it is active, this counts as its use.
    ///
    /// # Errors
    /// If the store fails.
    pub fn use_token(&self, hash: &TokenHash, now_ms: i64) -> Result<Option<Token>, StoreError> {
        let connection = self.lock();
        let mut statement =
            connection.prepare_cached(&format!("SELECT {COLUMNS} FROM tokens WHERE hash = ?1"))?;
        let Some(found) = statement.query_row([hash.as_slice()], read).optional()? else { return Ok(None) };
        let mut token = complete(found)?;
        if token.state(now_ms) == TokenState::Active {
            touch(&connection, &mut token, now_ms);
        }
        Ok(Some(token))
    }

    /// A token of an account.
    ///
    /// # Errors
    /// If the account has no such token, or it is revoked.
    pub fn token(&self, account: &str, id: &str) -> Result<Token, StoreError> {
        own(&self.lock(), account, id)
    }

    /// The tokens of an account that are not revoked, oldest first.
    ///
    /// # Errors
    /// If the store fails.
    pub fn tokens(&self, account: &str) -> Result<Vec<Token>, StoreError> {
        let connection = self.lock();
        let mut statement = connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM tokens WHERE account = ?1 AND revoked_ms IS NULL ORDER BY created_ms, id"
        ))?;
        statement.query_map([account], read)?.map(|row| complete(row?)).collect()
    }

    /// Makes a token.
    ///
    /// # Errors
    /// If there is no such account, or it has as many tokens as it may.
    pub fn add_token(&self, new: &NewToken<'_>, (who, now_ms): (&str, i64)) -> Result<Token, StoreError> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        let Some(account) = accounts::find(&transaction, new.account)? else {
            return Err(StoreError::NoAccount { id: new.account.to_owned() });
        };
        // An account that has tokens stays, also when its last worker goes: else nobody could find them to revoke them.
        transaction.execute(
            "INSERT INTO accounts (id, name, created_ms) VALUES (?1, ?2, ?3) ON CONFLICT (id) DO NOTHING",
            params![account.id, account.name, now_ms],
        )?;
        let count: u32 = transaction.query_row(
            "SELECT count(*) FROM tokens WHERE account = ?1 AND revoked_ms IS NULL",
            [new.account],
            |row| row.get(0),
        )?;
        if count >= TOKENS_MAX {
            return Err(StoreError::TooManyTokens { tokens_max: TOKENS_MAX });
        }
        transaction.execute(
            "INSERT INTO tokens (id, account, name, hash, scopes, created_ms, modified_ms, expires_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7)",
            params![new.id, new.account, new.name, new.hash, new.scopes.to_string(), now_ms, new.expires_ms],
        )?;
        let token = own(&transaction, new.account, new.id)?;
        let what = format!("create token {} for {}", token.label(), token.scopes);
        audit(&transaction, (who, now_ms), new.account, "", &what)?;
        transaction.commit()?;
        Ok(token)
    }

    /// Gives a token another value: the one that it had opens nothing any more.
    ///
    /// # Errors
    /// If the account has no such token, or it is revoked.
    pub fn roll_token(
        &self,
        account: &str,
        id: &str,
        hash: &TokenHash,
        (who, now_ms): (&str, i64),
    ) -> Result<Token, StoreError> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        let token = own(&transaction, account, id)?;
        transaction.execute(
            "UPDATE tokens SET hash = ?2, modified_ms = ?3 WHERE id = ?1",
            params![id, hash, now_ms],
        )?;
        audit(&transaction, (who, now_ms), account, "", &format!("roll token {}", token.label()))?;
        transaction.commit()?;
        Ok(Token { modified_ms: now_ms, ..token })
    }

    /// Revokes a token, for good. It is remembered for a while, so that whoever sends it learns why it is refused.
    ///
    /// # Errors
    /// If the account has no such token, or it is revoked.
    pub fn revoke_token(
        &self,
        account: &str,
        id: &str,
        (who, now_ms): (&str, i64),
    ) -> Result<(), StoreError> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        let token = own(&transaction, account, id)?;
        transaction.execute("UPDATE tokens SET revoked_ms = ?2 WHERE id = ?1", params![id, now_ms])?;
        transaction.execute(
            "DELETE FROM tokens WHERE account = ?1 AND revoked_ms IS NOT NULL AND id NOT IN
             (SELECT id FROM tokens WHERE account = ?1 AND revoked_ms IS NOT NULL
              ORDER BY revoked_ms DESC, rowid DESC LIMIT ?2)",
            params![account, REVOKED_MAX],
        )?;
        audit(&transaction, (who, now_ms), account, "", &format!("revoke token {}", token.label()))?;
        Ok(transaction.commit()?)
    }
}

//! Workers: names that belong to accounts.

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::{
    Kept, Route, RouteKind, Schedule, Share, Store, StoreError, assets, bundles, deployments,
    kept::forget_audit, routes, schedules, stored,
};

/// A worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worker {
    /// Its name, unique on the node.
    pub name: String,
    /// Its account.
    pub account: String,
    /// A name that it keeps if it is renamed: 32 hexadecimal digits.
    pub tag: String,
    /// When it was made, in milliseconds since the epoch.
    pub created_ms: i64,
    /// When it was last changed.
    pub modified_ms: i64,
    /// What belongs to no version (tags, observability), as a JSON object.
    pub settings_json: String,
}

/// What of a worker must be known to route an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Live {
    /// The worker.
    pub worker: Worker,
    /// The versions that take its events; none if nothing is deployed.
    pub shares: Vec<Share>,
    /// The ids of all its versions.
    pub versions: Vec<String>,
    /// The patterns that lead to it.
    pub routes: Vec<Route>,
    /// The host names that are its own.
    pub domains: Vec<Route>,
    /// Its cron triggers.
    pub schedules: Vec<Schedule>,
}

/// Who did what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// When, in milliseconds since the epoch.
    pub at_ms: i64,
    /// Who.
    pub who: String,
    /// What.
    pub what: String,
    /// To which worker; empty if it was done to the account or its tokens.
    pub worker: String,
}

/// Entries of an account's audit log that are kept.
const AUDIT_ENTRIES_KEPT: u32 = 100_000;
/// After how many entries of all accounts it is looked whether one has more.
const AUDIT_LOOK_EVERY: i64 = 256;

const COLUMNS: &str = "name, account, tag, created_ms, modified_ms, settings_json";

fn read(row: &Row<'_>) -> rusqlite::Result<Worker> {
    Ok(Worker {
        name: row.get(0)?,
        account: row.get(1)?,
        tag: row.get(2)?,
        created_ms: row.get(3)?,
        modified_ms: row.get(4)?,
        settings_json: row.get(5)?,
    })
}

pub(crate) fn find(connection: &Connection, name: &str) -> Result<Option<Worker>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM workers WHERE name = ?1");
    Ok(connection.prepare_cached(&sql)?.query_row([name], read).optional()?)
}

/// The worker of this account.
pub(crate) fn own(connection: &Connection, account: &str, name: &str) -> Result<Worker, StoreError> {
    let found = find(connection, name)?.filter(|worker| worker.account == account);
    found.ok_or_else(|| StoreError::NoWorker { name: name.to_owned() })
}

/// Makes a worker, unless the account has it.
pub(crate) fn ensure(
    connection: &Connection,
    account: &str,
    name: &str,
    tag: &str,
    kept: Kept,
    now_ms: i64,
) -> Result<(), StoreError> {
    match find(connection, name)? {
        Some(worker) if worker.account == account => {
            connection
                .execute("UPDATE workers SET modified_ms = ?2 WHERE name = ?1", params![name, now_ms])?;
        }
        Some(_) => return Err(StoreError::NameTaken { name: name.to_owned() }),
        None => {
            kept.check_workers(connection, account)?;
            connection.execute(
                "INSERT INTO workers (name, account, tag, created_ms, modified_ms, versions, settings_json)
                 VALUES (?1, ?2, ?3, ?4, ?4, 0, '{}')",
                params![name, account, tag, now_ms],
            )?;
        }
    }
    Ok(())
}

pub(crate) fn audit(
    connection: &Connection,
    (who, now_ms): (&str, i64),
    account: &str,
    worker: &str,
    what: &str,
) -> Result<(), StoreError> {
    connection.execute(
        "INSERT INTO audit (at_ms, account, who, what, worker) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![now_ms, account, who, what, worker],
    )?;
    if connection.last_insert_rowid() % AUDIT_LOOK_EVERY == 0 {
        forget_audit(connection, account, AUDIT_ENTRIES_KEPT)?;
    }
    Ok(())
}

fn live_of(connection: &Connection, worker: Worker) -> Result<Live, StoreError> {
    let shares = deployments::latest(connection, &worker.name)?.map_or_else(Vec::new, |latest| latest.shares);
    let mut statement =
        connection.prepare_cached("SELECT id FROM versions WHERE worker = ?1 ORDER BY number")?;
    let versions = statement.query_map([&worker.name], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let of = |kind| routes::of(connection, &worker.name, kind);
    let (routes, domains) = (of(RouteKind::Route)?, of(RouteKind::Domain)?);
    let schedules = schedules::of(connection, &worker.name)?;
    Ok(Live { worker, shares, versions, routes, domains, schedules })
}

impl Store {
    /// A worker of an account.
    ///
    /// # Errors
    /// If the account has none of this name.
    pub fn worker(&self, account: &str, name: &str) -> Result<Worker, StoreError> {
        own(&self.lock(), account, name)
    }

    /// All workers of an account, by name.
    ///
    /// # Errors
    /// If the store fails.
    pub fn workers(&self, account: &str) -> Result<Vec<Worker>, StoreError> {
        let connection = self.lock();
        let mut statement = connection
            .prepare_cached(&format!("SELECT {COLUMNS} FROM workers WHERE account = ?1 ORDER BY name"))?;
        Ok(statement.query_map([account], read)?.collect::<Result<_, _>>()?)
    }

    /// What routing has to know, of all workers.
    ///
    /// # Errors
    /// If the store fails.
    pub fn live(&self) -> Result<Vec<Live>, StoreError> {
        let connection = self.lock();
        let all: Vec<Worker> = {
            let mut statement = connection.prepare(&format!("SELECT {COLUMNS} FROM workers"))?;
            statement.query_map([], read)?.collect::<Result<_, _>>()?
        };
        all.into_iter().map(|worker| live_of(&connection, worker)).collect()
    }

    /// The same of one worker; `None` if there is none of this name.
    ///
    /// # Errors
    /// If the store fails.
    pub fn live_one(&self, name: &str) -> Result<Option<Live>, StoreError> {
        let connection = self.lock();
        find(&connection, name)?.map(|worker| live_of(&connection, worker)).transpose()
    }

    /// Replaces what belongs to no version.
    ///
    /// # Errors
    /// If there is no such worker.
    pub fn set_settings(&self, account: &str, name: &str, settings_json: &str) -> Result<(), StoreError> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        own(&transaction, account, name)?;
        transaction
            .execute("UPDATE workers SET settings_json = ?2 WHERE name = ?1", params![name, settings_json])?;
        Ok(transaction.commit()?)
    }

    /// Removes a worker, its versions, and the bundles that nobody else has.
    ///
    /// # Errors
    /// If there is no such worker.
    pub fn remove_worker(&self, account: &str, name: &str, who: &str, now_ms: i64) -> Result<(), StoreError> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        own(&transaction, account, name)?;
        let bundles: Vec<(String, i64, i64)> = {
            let sql = "SELECT bundle, count(*), sum(bytes) FROM versions WHERE worker = ?1 GROUP BY bundle";
            let mut statement = transaction.prepare_cached(sql)?;
            let bundle = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
            statement.query_map([name], bundle)?.collect::<Result<_, _>>()?
        };
        transaction.execute("DELETE FROM workers WHERE name = ?1", [name])?;
        for (bundle, versions, bytes) in bundles {
            stored::add(&transaction, account, -bytes)?;
            stored::release_bundle(&transaction, account, &bundle, versions)?;
            bundles::forget(&transaction, &bundle)?;
        }
        assets::collect(&transaction, account, now_ms)?;
        audit(&transaction, (who, now_ms), account, name, "delete")?;
        Ok(transaction.commit()?)
    }

    /// The last entries of an account's audit log, newest first.
    ///
    /// # Errors
    /// If the store fails.
    pub fn audit(&self, account: &str, entries_max: u32) -> Result<Vec<AuditEntry>, StoreError> {
        let connection = self.lock();
        let mut statement = connection.prepare_cached(
            "SELECT at_ms, who, what, worker FROM audit WHERE account = ?1 ORDER BY number DESC LIMIT ?2",
        )?;
        let entry = |row: &Row<'_>| {
            Ok(AuditEntry { at_ms: row.get(0)?, who: row.get(1)?, what: row.get(2)?, worker: row.get(3)? })
        };
        Ok(statement.query_map(params![account, entries_max], entry)?.collect::<Result<_, _>>()?)
    }
}

//! How much is kept: an account's workers and bytes, and a worker's versions and deployments. Whoever deploys every minute has no end of
//! versions, and the node's disk has one.

use rusqlite::{Connection, params};

use crate::{StoreError, assets, bundles, stored};

/// Deployments of a worker that are kept: as many as clients show.
const DEPLOYMENTS_KEPT: u32 = 100;
/// Deployments of a worker whose versions are kept, however old those are: whoever rolls back goes to one of them.
const DEPLOYMENTS_WITH_VERSIONS: u32 = 10;

/// What an account may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// Workers of an account. One more is refused.
    pub account_workers_max: u32,
    /// Versions of a worker. Where there is one more, the oldest is forgotten, unless a recent deployment has it.
    pub worker_versions_max: u32,
    /// Bytes of an account's code and files. Where it is more, old versions of the worker that is changed are forgotten; if that is
    /// not enough, the change is refused.
    pub account_bytes_max: u64,
}

impl Default for Kept {
    fn default() -> Self {
        Self { account_workers_max: 10_000, worker_versions_max: 100, account_bytes_max: 10 << 30 }
    }
}

impl Kept {
    /// Refuses an account one worker more than it may have.
    pub(crate) fn check_workers(self, connection: &Connection, account: &str) -> Result<(), StoreError> {
        let mut statement = connection.prepare_cached("SELECT count(*) FROM workers WHERE account = ?1")?;
        let workers: u32 = statement.query_row([account], |row| row.get(0))?;
        if workers < self.account_workers_max {
            return Ok(());
        }
        Err(StoreError::TooManyWorkers { workers_max: self.account_workers_max })
    }

    /// Forgets the versions of a worker that are too many, with the deployments that name them and whatever nobody else has. A
    /// deployment without its versions would be one that clients cannot show.
    pub(crate) fn forget_versions(
        self,
        connection: &Connection,
        (account, worker): (&str, &str),
        now_ms: i64,
    ) -> Result<(), StoreError> {
        for id in old_versions(connection, worker, self.worker_versions_max.max(1))? {
            forget_version(connection, account, &id, now_ms)?;
        }
        Ok(())
    }

    /// Makes room for what an account has come to, which was `before` when the transaction began: files that no version has, and then
    /// the oldest versions of the worker that is being changed, go first.
    pub(crate) fn make_room(
        self,
        connection: &Connection,
        (account, worker): (&str, &str),
        before: i64,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let check = || stored::check(connection, account, before, self.account_bytes_max);
        if check().is_ok() {
            return Ok(());
        }
        assets::collect(connection, account, now_ms)?;
        for id in old_versions(connection, worker, 1)? {
            if check().is_ok() {
                break;
            }
            forget_version(connection, account, &id, now_ms)?;
        }
        check()
    }
}

/// The versions of a worker that may be forgotten if it is to keep so many of the newest, the oldest first.
fn old_versions(connection: &Connection, worker: &str, kept: u32) -> Result<Vec<String>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT id FROM versions WHERE worker = ?1
         AND id NOT IN (SELECT id FROM versions WHERE worker = ?1 ORDER BY number DESC LIMIT ?2)
         AND id NOT IN (SELECT version FROM shares WHERE deployment IN
             (SELECT id FROM deployments WHERE worker = ?1 ORDER BY rowid DESC LIMIT ?3))
         ORDER BY number",
    )?;
    let bounds = params![worker, kept, DEPLOYMENTS_WITH_VERSIONS];
    Ok(statement.query_map(bounds, |row| row.get(0))?.collect::<Result<_, _>>()?)
}

fn forget_version(connection: &Connection, account: &str, id: &str, now_ms: i64) -> Result<(), StoreError> {
    let files = assets::hashes_of(connection, id)?;
    let sql = "DELETE FROM deployments WHERE id IN (SELECT deployment FROM shares WHERE version = ?1)";
    connection.prepare_cached(sql)?.execute([id])?;
    let sql = "DELETE FROM versions WHERE id = ?1 RETURNING bundle, bytes";
    let (bundle, bytes): (String, i64) =
        connection.prepare_cached(sql)?.query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))?;
    stored::add(connection, account, -bytes)?;
    stored::release_bundle(connection, account, &bundle, 1)?;
    bundles::forget(connection, &bundle)?;
    assets::forget(connection, account, &files, now_ms)
}

/// Forgets the deployments of a worker that nobody is shown any more.
pub(crate) fn forget_deployments(connection: &Connection, worker: &str) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(
        "DELETE FROM deployments WHERE worker = ?1 AND rowid <=
         (SELECT rowid FROM deployments WHERE worker = ?1 ORDER BY rowid DESC LIMIT 1 OFFSET ?2)",
    )?;
    statement.execute(params![worker, DEPLOYMENTS_KEPT])?;
    Ok(())
}

/// Forgets the oldest entries of an account's audit log.
pub(crate) fn forget_audit(
    connection: &Connection,
    account: &str,
    entries_kept: u32,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(
        "DELETE FROM audit WHERE account = ?1 AND number <=
         (SELECT number FROM audit WHERE account = ?1 ORDER BY number DESC LIMIT 1 OFFSET ?2)",
    )?;
    statement.execute(params![account, entries_kept])?;
    Ok(())
}

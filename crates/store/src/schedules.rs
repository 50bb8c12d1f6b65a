//! Cron triggers, and when each was fired last.

use rusqlite::{Connection, Row, params};

use crate::{
    Store, StoreError,
    workers::{audit, own},
};

/// A cron trigger of a worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// The cron expression, as its owner has written it.
    pub cron: String,
    /// When it was set, in milliseconds since the epoch.
    pub created_ms: i64,
    /// The time for which it was fired last; if it never was, when it was set.
    pub fired_ms: i64,
}

pub(crate) fn of(connection: &Connection, worker: &str) -> Result<Vec<Schedule>, StoreError> {
    let mut statement = connection
        .prepare_cached("SELECT cron, created_ms, fired_ms FROM schedules WHERE worker = ?1 ORDER BY cron")?;
    let schedule =
        |row: &Row<'_>| Ok(Schedule { cron: row.get(0)?, created_ms: row.get(1)?, fired_ms: row.get(2)? });
    Ok(statement.query_map([worker], schedule)?.collect::<Result<_, _>>()?)
}

/// Cron triggers of one account: each of ten thousand workers may have two.
const SCHEDULES_MAX: u32 = 20_000;

impl Store {
    /// Replaces a worker's cron triggers. Those that stay keep the time at which they were fired.
    ///
    /// # Errors
    /// If the account has no such worker, or as many triggers as it may; then nothing changes.
    pub fn set_schedules(
        &self,
        account: &str,
        worker: &str,
        crons: &[String],
        (who, now_ms): (&str, i64),
    ) -> Result<Vec<Schedule>, StoreError> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        own(&transaction, account, worker)?;
        for known in of(&transaction, worker)?.iter().filter(|known| !crons.contains(&known.cron)) {
            transaction.execute(
                "DELETE FROM schedules WHERE worker = ?1 AND cron = ?2",
                params![worker, known.cron],
            )?;
        }
        for cron in crons {
            transaction.execute(
                "INSERT INTO schedules (worker, cron, created_ms, fired_ms) VALUES (?1, ?2, ?3, ?3)
                 ON CONFLICT DO NOTHING",
                params![worker, cron, now_ms],
            )?;
        }
        let known: u32 = transaction
            .prepare_cached(
                "SELECT count(*) FROM schedules JOIN workers ON workers.name = schedules.worker WHERE account = ?1",
            )?
            .query_row([account], |row| row.get(0))?;
        if known > SCHEDULES_MAX && !crons.is_empty() {
            return Err(StoreError::TooMany { what: "cron triggers", max: SCHEDULES_MAX });
        }
        let what = format!("set {} cron triggers", crons.len());
        audit(&transaction, (who, now_ms), account, worker, &what)?;
        let schedules = of(&transaction, worker)?;
        transaction.commit()?;
        Ok(schedules)
    }

    /// Claims the right to fire triggers, each of a worker, for a time: true for one caller only, whatever process it is in and
    /// however often it asks.
    ///
    /// # Errors
    /// If the store fails; then nobody has it.
    pub fn claim_schedules(&self, claims: &[(&str, &str, i64)]) -> Result<Vec<bool>, StoreError> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        let mut claimed = Vec::with_capacity(claims.len());
        {
            let mut statement = transaction.prepare_cached(
                "UPDATE schedules SET fired_ms = ?3 WHERE worker = ?1 AND cron = ?2 AND fired_ms < ?3",
            )?;
            for (worker, cron, due_ms) in claims {
                claimed.push(statement.execute(params![worker, cron, due_ms])? == 1);
            }
        }
        transaction.commit()?;
        Ok(claimed)
    }
}

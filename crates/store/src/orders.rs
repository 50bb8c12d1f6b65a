//! What the operator has ordered for workers: it holds until he says otherwise, whatever becomes of their versions.
//!
//! Orders are kept by account and name and not with the worker: whoever is stopped does not start by deleting his worker and
//! deploying it again.

use rusqlite::{Row, params};

use crate::{Store, StoreError, workers::audit};

pub(crate) const SCHEMA: &str = "CREATE TABLE orders (
        account TEXT NOT NULL,
        worker TEXT NOT NULL,
        stopped INTEGER NOT NULL,
        alone INTEGER NOT NULL,
        PRIMARY KEY (account, worker)
    ) STRICT, WITHOUT ROWID;";

/// What holds for a worker.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Orders {
    /// It takes no events.
    pub stopped: bool,
    /// It has cells of its own.
    pub alone: bool,
}

/// A worker for which something holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ordered {
    /// Its account.
    pub account: String,
    /// Its name.
    pub worker: String,
    /// What.
    pub orders: Orders,
}

impl Store {
    /// All workers for which something holds.
    ///
    /// # Errors
    /// If the store fails.
    pub fn orders(&self) -> Result<Vec<Ordered>, StoreError> {
        let connection = self.lock();
        let mut statement = connection.prepare("SELECT account, worker, stopped, alone FROM orders")?;
        let ordered = |row: &Row<'_>| {
            let orders = Orders { stopped: row.get(2)?, alone: row.get(3)? };
            Ok(Ordered { account: row.get(0)?, worker: row.get(1)?, orders })
        };
        Ok(statement.query_map([], ordered)?.collect::<Result<_, _>>()?)
    }

    /// What holds for a worker from now on.
    ///
    /// # Errors
    /// If the store fails; then nothing changes.
    pub fn set_orders(
        &self,
        Ordered { account, worker, orders }: &Ordered,
        what: &str,
        (who, now_ms): (&str, i64),
    ) -> Result<(), StoreError> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        if *orders == Orders::default() {
            transaction
                .execute("DELETE FROM orders WHERE account = ?1 AND worker = ?2", [account, worker])?;
        } else {
            transaction.execute(
                "INSERT INTO orders (account, worker, stopped, alone) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT DO UPDATE SET stopped = ?3, alone = ?4",
                params![account, worker, orders.stopped, orders.alone],
            )?;
        }
        audit(&transaction, (who, now_ms), account, worker, what)?;
        Ok(transaction.commit()?)
    }
}

//! Deployments: which versions take a worker's events, and in what shares. The newest counts.

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::{
    Store, StoreError,
    kept::forget_deployments,
    versions,
    workers::{audit, own},
};

/// A version's share of the events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// The version.
    pub version: String,
    /// How many of a thousand events.
    pub per_mille: u32,
}

/// A deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    /// Its id, a UUID that sorts by time.
    pub id: String,
    /// When it was made, in milliseconds since the epoch.
    pub created_ms: i64,
    /// Who made it.
    pub author: String,
    /// What was said about it, as a JSON object.
    pub annotations_json: String,
    /// The versions, the largest share first.
    pub shares: Vec<Share>,
}

/// A deployment that is not there yet.
#[derive(Debug, Clone)]
pub struct NewDeployment {
    /// Its id.
    pub id: String,
    /// When.
    pub now_ms: i64,
    /// Who makes it.
    pub author: String,
    /// What is said about it, as a JSON object.
    pub annotations_json: String,
    /// The versions; their shares come to a thousand.
    pub shares: Vec<Share>,
}

/// Writes one. Its versions must be there, and the worker's.
pub(crate) fn insert(
    connection: &Connection,
    account: &str,
    worker: &str,
    new: &NewDeployment,
) -> Result<(), StoreError> {
    connection.execute(
        "INSERT INTO deployments (id, worker, created_ms, author, annotations_json) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![new.id, worker, new.now_ms, new.author, new.annotations_json],
    )?;
    for share in &new.shares {
        connection.execute(
            "INSERT INTO shares (deployment, version, per_mille) VALUES (?1, ?2, ?3)",
            params![new.id, share.version, share.per_mille],
        )?;
    }
    forget_deployments(connection, worker)?;
    let shares: Vec<String> = new
        .shares
        .iter()
        .map(|share| format!("{} at {} %", share.version, f64::from(share.per_mille) / 10.0))
        .collect();
    let what = format!("deploy {}", shares.join(", "));
    audit(connection, (&new.author, new.now_ms), account, worker, &what)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Deployment> {
    Ok(Deployment {
        id: row.get(0)?,
        created_ms: row.get(1)?,
        author: row.get(2)?,
        annotations_json: row.get(3)?,
        shares: Vec::new(),
    })
}

fn shares(connection: &Connection, deployment: &str) -> Result<Vec<Share>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT version, per_mille FROM shares WHERE deployment = ?1 ORDER BY per_mille DESC, version DESC",
    )?;
    let share = |row: &Row<'_>| Ok(Share { version: row.get(0)?, per_mille: row.get(1)? });
    Ok(statement.query_map([deployment], share)?.collect::<Result<_, _>>()?)
}

/// The one that counts.
pub(crate) fn latest(connection: &Connection, worker: &str) -> Result<Option<Deployment>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, created_ms, author, annotations_json FROM deployments WHERE worker = ?1 ORDER BY rowid DESC LIMIT 1",
    )?;
    let found = statement.query_row([worker], read).optional()?;
    found.map(|found| Ok(Deployment { shares: shares(connection, &found.id)?, ..found })).transpose()
}

/// Refuses to go on unless this version takes all events of its worker.
pub(crate) fn check_alone(connection: &Connection, worker: &str, version: &str) -> Result<(), StoreError> {
    let shares = latest(connection, worker)?.map_or_else(Vec::new, |latest| latest.shares);
    match shares.as_slice() {
        [only] if only.version == version => Ok(()),
        _ => Err(StoreError::NotAlone { worker: worker.to_owned(), version: version.to_owned() }),
    }
}

impl Store {
    /// Looks whether a version takes all events of its worker.
    ///
    /// # Errors
    /// If it does not.
    pub fn check_alone(&self, worker: &str, version: &str) -> Result<(), StoreError> {
        check_alone(&self.lock(), worker, version)
    }

    /// Lets these versions take a worker's events from now on.
    ///
    /// # Errors
    /// If the account has no such worker, or it no such version; then nothing changes.
    pub fn deploy(&self, account: &str, worker: &str, new: &NewDeployment) -> Result<(), StoreError> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        own(&transaction, account, worker)?;
        for share in &new.shares {
            versions::find(&transaction, worker, &share.version)?;
        }
        insert(&transaction, account, worker, new)?;
        Ok(transaction.commit()?)
    }

    /// The last deployments of a worker, newest first.
    ///
    /// # Errors
    /// If the account has no such worker.
    pub fn deployments(
        &self,
        account: &str,
        worker: &str,
        deployments_max: u32,
    ) -> Result<Vec<Deployment>, StoreError> {
        let connection = self.lock();
        own(&connection, account, worker)?;
        let mut statement = connection.prepare_cached(
            "SELECT id, created_ms, author, annotations_json FROM deployments WHERE worker = ?1
             ORDER BY rowid DESC LIMIT ?2",
        )?;
        let found: Vec<Deployment> =
            statement.query_map(params![worker, deployments_max], read)?.collect::<Result<_, _>>()?;
        found
            .into_iter()
            .map(|found| Ok(Deployment { shares: shares(&connection, &found.id)?, ..found }))
            .collect()
    }
}

//! Versions: a bundle and its bindings, never changed once they are there.

use mote_wire::bundle::{Bundle, BundleHash};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::{
    AssetPath, Kept, NewDeployment, Store, StoreError, assets, bundles, deployments,
    store::hash_of,
    stored,
    workers::{audit, ensure, own},
};

/// A version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Its id, a UUID that sorts by time.
    pub id: String,
    /// Its worker.
    pub worker: String,
    /// The how-manyeth of its worker, from 1.
    pub number: i64,
    /// When it was made, in milliseconds since the epoch.
    pub created_ms: i64,
    /// Its code.
    pub bundle: BundleHash,
    /// Its bindings and settings, as a JSON object.
    pub config_json: String,
    /// Its secret bindings, sealed.
    pub secrets: Vec<u8>,
}

/// A version that is not there yet.
#[derive(Debug)]
pub struct NewVersion<'a> {
    /// Its id.
    pub id: &'a str,
    /// The account of its worker.
    pub account: &'a str,
    /// Its worker, which is made if it is not there.
    pub worker: &'a str,
    /// The tag of the worker, if it is made.
    pub tag: &'a str,
    /// Its bindings and settings, as a JSON object.
    pub config_json: &'a str,
    /// Its secret bindings, sealed.
    pub secrets: &'a [u8],
    /// Its code.
    pub bundle: &'a Bundle,
    /// Its static assets; their files are there.
    pub assets: &'a [AssetPath],
    /// New settings of its worker, as a JSON object; `None` if those that it has stay.
    pub settings_json: Option<&'a str>,
    /// How much the account may have.
    pub kept: Kept,
    /// Who makes it.
    pub who: &'a str,
    /// When.
    pub now_ms: i64,
}

/// Which events a new version takes.
#[derive(Debug)]
pub enum Takes<'a> {
    /// None: it was uploaded, and is deployed later.
    Nothing,
    /// All, from now on.
    All(&'a NewDeployment),
    /// All, from now on, if this version, whose successor it is, has them all until now.
    AllOf(&'a str, &'a NewDeployment),
}

const COLUMNS: &str = "id, worker, number, created_ms, bundle, config_json, secrets";

fn read(row: &Row<'_>) -> rusqlite::Result<(Version, String)> {
    let version = Version {
        id: row.get(0)?,
        worker: row.get(1)?,
        number: row.get(2)?,
        created_ms: row.get(3)?,
        bundle: BundleHash::from([0; 32]),
        config_json: row.get(5)?,
        secrets: row.get(6)?,
    };
    Ok((version, row.get(4)?))
}

fn complete((version, hash): (Version, String)) -> Result<Version, StoreError> {
    Ok(Version { bundle: hash_of(&hash)?, ..version })
}

pub(crate) fn find(connection: &Connection, worker: &str, id: &str) -> Result<Version, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM versions WHERE worker = ?1 AND id = ?2");
    let found = connection.prepare_cached(&sql)?.query_row([worker, id], read).optional()?;
    let missing = || StoreError::NoVersion { worker: worker.to_owned(), id: id.to_owned() };
    complete(found.ok_or_else(missing)?)
}

impl Store {
    /// Adds a version, with its bundle, its worker if that is new, and its deployment if it gets one: all of it or nothing.
    ///
    /// # Errors
    /// If the name is another account's, the account has as many workers or bytes as it may, an asset is not there, the version that
    /// it is to take the place of does not take all events, or the store fails.
    pub fn add_version(&self, new: &NewVersion<'_>, takes: &Takes<'_>) -> Result<Version, StoreError> {
        let packed = bundles::pack(new.bundle)?;
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        let before = stored::of(&transaction, new.account)?;
        ensure(&transaction, new.account, new.worker, new.tag, new.kept, new.now_ms)?;
        bundles::keep(&transaction, &packed)?;
        stored::hold_bundle(&transaction, new.account, &packed.hash)?;
        let number: i64 = transaction.query_row(
            "UPDATE workers SET versions = versions + 1 WHERE name = ?1 RETURNING versions",
            [new.worker],
            |row| row.get(0),
        )?;
        let bytes = stored::version_bytes(new.config_json, new.secrets, new.assets);
        transaction.execute(
            "INSERT INTO versions (id, worker, number, created_ms, bundle, config_json, secrets, bytes)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![new.id, new.worker, number, new.now_ms, packed.hash, new.config_json, new.secrets, bytes],
        )?;
        stored::add(&transaction, new.account, bytes)?;
        assets::attach(&transaction, new.account, new.id, new.assets)?;
        if let Some(settings) = new.settings_json {
            transaction.execute(
                "UPDATE workers SET settings_json = ?2 WHERE name = ?1",
                params![new.worker, settings],
            )?;
        }
        let what = format!("upload version {}", new.id);
        audit(&transaction, (new.who, new.now_ms), new.account, new.worker, &what)?;
        if let Takes::AllOf(before, _) = takes {
            deployments::check_alone(&transaction, new.worker, before)?;
        }
        if let Takes::All(deployment) | Takes::AllOf(_, deployment) = takes {
            deployments::insert(&transaction, new.account, new.worker, deployment)?;
        }
        // After its deployment: what that takes the place of may be one too many.
        let of = (new.account, new.worker);
        new.kept.forget_versions(&transaction, of, new.now_ms)?;
        new.kept.make_room(&transaction, of, before, new.now_ms)?;
        transaction.commit()?;
        find(&connection, new.worker, new.id)
    }

    /// A version of a worker.
    ///
    /// # Errors
    /// If the account has no such worker, or it no such version.
    pub fn version(&self, account: &str, worker: &str, id: &str) -> Result<Version, StoreError> {
        let connection = self.lock();
        own(&connection, account, worker)?;
        find(&connection, worker, id)
    }

    /// The last versions of a worker, newest first, without their secrets. Those whose settings do not fit into so many bytes, together
    /// with those of all newer ones, have none.
    ///
    /// # Errors
    /// If the account has no such worker.
    pub fn versions_within(
        &self,
        account: &str,
        worker: &str,
        (versions_max, config_bytes_max): (u32, u32),
    ) -> Result<Vec<Version>, StoreError> {
        let connection = self.lock();
        own(&connection, account, worker)?;
        let mut statement = connection.prepare_cached(
            "SELECT id, worker, number, created_ms, bundle,
                 CASE WHEN sum(octet_length(config_json)) OVER (ORDER BY number DESC) <= ?3 THEN config_json ELSE '' END, x''
             FROM versions WHERE worker = ?1 ORDER BY number DESC LIMIT ?2",
        )?;
        let rows = statement.query_map(params![worker, versions_max, config_bytes_max], read)?;
        rows.map(|row| complete(row?)).collect()
    }

    /// The last versions of a worker, newest first.
    ///
    /// # Errors
    /// If the account has no such worker.
    pub fn versions(
        &self,
        account: &str,
        worker: &str,
        versions_max: u32,
    ) -> Result<Vec<Version>, StoreError> {
        let connection = self.lock();
        own(&connection, account, worker)?;
        let sql = format!("SELECT {COLUMNS} FROM versions WHERE worker = ?1 ORDER BY number DESC LIMIT ?2");
        let mut statement = connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params![worker, versions_max], read)?;
        rows.map(|row| complete(row?)).collect()
    }
}

//! The file: how it is opened, copied, and what can be wrong with it.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use mote_wire::bundle::{BundleHash, DecodeError};
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use crate::{UnknownScope, private, schema, turn};

/// How long a write waits for whoever else writes: KV, a backup, the node before an upgrade.
pub(crate) const BUSY_MAX: Duration = Duration::from_secs(5);
/// Statements that SQLite keeps compiled: more than there are on the way to a version's start, which somebody waits for.
const STATEMENTS_KEPT: usize = 64;

/// A node's store. Its calls wait for the disk: make them where that holds up nobody.
#[derive(Debug)]
pub struct Store {
    connection: Mutex<Connection>,
}

/// Why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file is of a later Mote.
    #[error(
        "the store has form {found}, and this program knows forms up to {known}: it belongs to a newer Mote"
    )]
    TooNew {
        /// Its form.
        found: i64,
        /// The newest that is known here.
        known: usize,
    },
    /// The file cannot be opened, or not be written to.
    #[error(
        "{} cannot be opened and written: {source}\n  help: the folder, and what is in it, must belong to the user that runs this",
        path.display()
    )]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file is damaged, or none of ours.
    #[error("{} is damaged ({what}); restore a backup in its place, or move it away to begin anew", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// No room is left. Nothing was changed.
    #[error("the disk is full, and nothing was changed")]
    Full,
    /// There is no such worker.
    #[error("there is no worker `{name}`")]
    NoWorker {
        /// The name.
        name: String,
    },
    /// There is no such version of the worker.
    #[error("`{worker}` has no version {id}")]
    NoVersion {
        /// The worker.
        worker: String,
        /// What was asked for.
        id: String,
    },
    /// A version that is to have a successor does not take all events: whoever changes a secret would deploy code that was uploaded
    /// to be deployed later, or from which somebody has rolled back.
    #[error(
        "the newest version of `{worker}`, {version}, does not take all of its events: deploy it first, and change the secret then"
    )]
    NotAlone {
        /// The worker.
        worker: String,
        /// Its newest version.
        version: String,
    },
    /// The account has not all files of a version.
    #[error("some assets are not here any more: deploy again")]
    NoAsset,
    /// The account has as many workers as it may.
    #[error(
        "an account may have {workers_max} workers here: delete one first, or ask the operator for more ([node] account_workers)"
    )]
    TooManyWorkers {
        /// How many that is.
        workers_max: u32,
    },
    /// The account's code and files would take more than they may.
    #[error(
        "the account's code and files would come to {} MiB, and may have {} MiB here: delete what is not needed any more, or ask \
         the operator for more ([node] account_stored_mib)",
        bytes.div_ceil(1 << 20), bytes_max >> 20
    )]
    OverQuota {
        /// How many bytes that would be.
        bytes: u64,
        /// How many there may be.
        bytes_max: u64,
    },
    /// The account has as many of something as it may.
    #[error("an account may have {max} {what} here: take some away first")]
    TooMany {
        /// What.
        what: &'static str,
        /// How many that is.
        max: u32,
    },
    /// Another account has a worker of this name, and a name is an address on this node.
    #[error("another account has a worker called `{name}`")]
    NameTaken {
        /// The name.
        name: String,
    },
    /// Another worker answers there.
    #[error("`{route}` leads to the worker `{owner}` already")]
    RouteTaken {
        /// The route, as it was asked for.
        route: String,
        /// Whose it is.
        owner: String,
    },
    /// Another account's worker answers there.
    #[error("`{route}` belongs to another account")]
    RouteOfOther {
        /// The route, as it was asked for.
        route: String,
    },
    /// There is no such account.
    #[error("there is no account `{id}`")]
    NoAccount {
        /// Its id.
        id: String,
    },
    /// Somebody has made this account before.
    #[error("there is an account `{id}` already")]
    AccountTaken {
        /// Its id.
        id: String,
    },
    /// The account has workers, or namespaces of KV.
    #[error("the account `{id}` has workers or KV namespaces: delete them first")]
    AccountInUse {
        /// Its id.
        id: String,
    },
    /// The account has no such token, or it is revoked.
    #[error("the account has no token {id}")]
    NoToken {
        /// Its id.
        id: String,
    },
    /// The account has as many tokens as it may.
    #[error("an account may have {tokens_max} tokens: revoke one first")]
    TooManyTokens {
        /// How many that is.
        tokens_max: u32,
    },
    /// What is written of a token cannot be read.
    #[error("the token {id} is damaged: {reason}")]
    Token {
        /// Its id.
        id: String,
        /// What is wrong with it.
        reason: UnknownScope,
    },
    /// A stored bundle is not what its hash says.
    #[error("the bundle {hash} is damaged: {reason}")]
    Bundle {
        /// Its name.
        hash: String,
        /// What is wrong with it.
        reason: DecodeError,
    },
    /// A stored bundle cannot be unpacked.
    #[error("the bundle {hash} is missing or damaged")]
    Unpack {
        /// Its name.
        hash: String,
    },
    /// The system gives no thread for KV.
    #[error("no thread can be started for KV: {source}")]
    Thread {
        /// What the system says.
        source: io::Error,
    },
    /// Anything else that SQLite says.
    #[error("the store failed: {0}")]
    Sqlite(rusqlite::Error),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            _ => Self::Sqlite(error),
        }
    }
}

impl Store {
    /// Opens the file, which is made if it is not there, and brings it to the present form.
    ///
    /// # Errors
    /// If it cannot be used, is damaged, or belongs to a newer Mote.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let explain = |error| explain(path, error);
        private::make(path);
        let mut connection = Connection::open(path).map_err(explain)?;
        connection.busy_handler(Some(turn::wait))?;
        // A transaction that reads first and then writes would fail if somebody else wrote in between.
        connection.set_transaction_behavior(TransactionBehavior::Immediate);
        // Why FULL: what was acknowledged is on the disk, also if the power fails in the next moment.
        connection
            .execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;")
            .map_err(explain)?;
        if let Some(found) = damage(&connection).map_err(explain)? {
            return Err(StoreError::Corrupt { path: path.to_owned(), what: found });
        }
        schema::migrate(&mut connection)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
        Ok(Self { connection: Mutex::new(connection) })
    }

    /// Copies a store, as it is at one moment, into a new file; the node may go on writing meanwhile.
    ///
    /// # Errors
    /// If the copy cannot be made, for example because something is there already.
    pub fn backup(from: &Path, to: &Path) -> Result<(), StoreError> {
        let connection = Connection::open_with_flags(from, OpenFlags::SQLITE_OPEN_READ_WRITE);
        let connection = connection.map_err(|error| explain(from, error))?;
        connection.busy_timeout(BUSY_MAX)?;
        // SQLite writes into an empty file, and into no other.
        private::make(to);
        let copied = connection.execute("VACUUM INTO ?1", [to.to_string_lossy()]);
        copied.map_err(|error| match explain(from, error) {
            // It was opened, so it is the copy that cannot be written.
            StoreError::Unusable { source, .. } => {
                let source = refusal(to).unwrap_or(source);
                StoreError::Unusable { path: to.to_owned(), source }
            }
            error => error,
        })?;
        Ok(())
    }

    /// The connection. A panic in a transaction has rolled it back, so the next one may go on.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What SQLite says of a file, with the file's name, and with what the system says if it is about that.
fn explain(path: &Path, error: rusqlite::Error) -> StoreError {
    let path = path.to_owned();
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
            StoreError::Corrupt { path, what: error.to_string() }
        }
        Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
            let source = refusal(&path).unwrap_or_else(|| io::Error::other(error.to_string()));
            StoreError::Unusable { path, source }
        }
        _ => StoreError::from(error),
    }
}

/// Why a file, or another one beside it, cannot be written: SQLite says that it is so, and not why.
fn refusal(path: &Path) -> Option<io::Error> {
    let opened = fs::OpenOptions::new().read(true).append(true).open(path);
    let itself = opened.err().filter(|error| error.kind() != io::ErrorKind::NotFound);
    itself.or_else(|| {
        let mut beside = path.as_os_str().to_owned();
        beside.push(".probe");
        let made = fs::OpenOptions::new().write(true).create_new(true).open(&beside);
        let _ = fs::remove_file(&beside);
        made.err()
    })
}

/// What is wrong with the file, if anything. The values of KV are left out: they may be many gigabytes, and a node should not
/// read them all before it serves.
fn damage(connection: &Connection) -> rusqlite::Result<Option<String>> {
    let mut tables =
        connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> ?1")?;
    let tables: Vec<String> =
        tables.query_map([crate::kv::PAIRS_TABLE], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for table in tables {
        let found: String =
            connection.query_row("SELECT * FROM pragma_quick_check(?1)", [&table], |row| row.get(0))?;
        if found != "ok" {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// A hash as it stands in the file.
pub(crate) fn hash_of(text: &str) -> Result<BundleHash, StoreError> {
    text.parse().map_err(|_| StoreError::Unpack { hash: text.to_owned() })
}

//! `mote backup` and `mote restore`: the store in one file.

use std::{
    io,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Args;
use mote_host::{
    clock::now_ms,
    secrets::{Seal, SealError},
};
use mote_store::{Store, StoreError};

use crate::serve::STORE;

/// The key for secrets in a node's folder.
pub(crate) const KEY: &str = "secrets.key";
/// Who gives up secrets, in the audit log.
const OPERATOR: &str = "operator";

/// Copy what a node keeps into a file, also while it runs. The key for secrets (`secrets.key`) is not in it: keep that apart.
#[derive(Args, Debug, Clone)]
pub(crate) struct BackupOptions {
    /// The file to write; it must not be there yet.
    pub(crate) file: PathBuf,
    /// The node's folder.
    #[arg(long, default_value = ".mote", env = "MOTE_DATA")]
    pub(crate) data: PathBuf,
}

/// Put a backup into a folder that has no store, for a node to start from. The `secrets.key` of the node that it is from belongs there, too: a node
/// does not start without it if its workers have secrets.
#[derive(Args, Debug, Clone)]
pub(crate) struct RestoreOptions {
    /// The backup.
    pub(crate) file: PathBuf,
    /// The node's folder.
    #[arg(long, default_value = ".mote", env = "MOTE_DATA")]
    pub(crate) data: PathBuf,
    /// Give up the secrets of all workers, because the key is lost. Versions that have some answer no event any more (500, 1105), also in a
    /// rollback, until their secrets are set again or they are deployed without them. Everything else is restored.
    #[arg(long)]
    pub(crate) forget_secrets: bool,
}

/// Why there is no copy.
#[derive(Debug, thiserror::Error)]
enum CopyError {
    #[error("{} is there already, and is not written over\n  help: name another place, or move it away", path.display())]
    Exists { path: PathBuf },
    #[error("{} has no store\n  help: --data names the folder of a node", folder.display())]
    NoStore { folder: PathBuf },
    #[error("cannot use {}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error(
        "{} is no backup of a node, or it is damaged ({what})\n  help: name a file that `mote backup` has written", path.display()
    )]
    NoBackup { path: PathBuf, what: String },
    #[error("{} cannot be copied: {source}", path.display())]
    Store { path: PathBuf, source: StoreError },
    #[error("{} opens the secrets of this backup: restore it without --forget-secrets", key.display())]
    NotLost { key: PathBuf },
}

/// Runs `mote backup`.
pub(crate) fn back_up(options: &BackupOptions) -> ExitCode {
    let store = options.data.join(STORE);
    let missing = || CopyError::NoStore { folder: options.data.clone() };
    let done = if store.is_file() { copy(&store, &options.file, |_| Ok(())) } else { Err(missing()) };
    report(done, &options.file)
}

/// Runs `mote restore`.
pub(crate) fn restore(options: &RestoreOptions) -> ExitCode {
    let (store, key) = (options.data.join(STORE), options.data.join(KEY));
    let io = |source| CopyError::Io { path: options.data.clone(), source };
    let done = std::fs::create_dir_all(&options.data).map_err(io).and_then(|()| {
        copy(&options.file, &store, |store| {
            if options.forget_secrets { forget(store, &key) } else { Ok(say_key(&Seal::check(store, &key))) }
        })
    });
    let (done, said) = match done {
        Ok(said) => (Ok(()), said),
        Err(error) => (Err(error), None),
    };
    let code = report(done, &store);
    if let Some(said) = said {
        tell(&said);
    }
    code
}

/// What is to be said of the key that lies, or does not lie, where the node will look for it.
fn say_key(found: &Result<bool, SealError>) -> Option<String> {
    match found {
        Ok(false) => None,
        Ok(true) => Some("its secrets open with the key that is there".to_owned()),
        Err(error) => Some(format!("warning: `mote serve` will not start so: {error}")),
    }
}

/// Gives up all secrets, unless they can be had.
fn forget(store: &Store, key: &Path) -> Result<Option<String>, CopyError> {
    if let Ok(true) = Seal::check(store, key) {
        return Err(CopyError::NotLost { key: key.to_owned() });
    }
    let failed = |source| CopyError::Store { path: key.with_file_name(STORE), source };
    let had = store.forget_secrets((OPERATOR, now_ms())).map_err(failed)?;
    let named = |(account, worker): &(String, String)| format!("{worker} (account {account})");
    let names: Vec<String> = had.iter().map(named).collect();
    let given_up = "these workers have lost their secrets; set them again, or deploy them without";
    Ok((!names.is_empty()).then(|| format!("{given_up}: {}", names.join(", "))))
}

/// Checks one store, and writes the other as a whole or not at all, after something was done with it.
fn copy<T>(
    from: &Path,
    to: &Path,
    finish: impl FnOnce(&Store) -> Result<T, CopyError>,
) -> Result<T, CopyError> {
    let io = |path: &Path| {
        let path = path.to_owned();
        move |source| CopyError::Io { path, source }
    };
    if to.exists() {
        return Err(CopyError::Exists { path: to.to_owned() });
    }
    std::fs::metadata(from).map_err(io(from))?;
    let mut unfinished = to.as_os_str().to_owned();
    unfinished.push(".unfinished");
    let unfinished = PathBuf::from(unfinished);
    let _ = std::fs::remove_file(&unfinished);
    let failed = |source| match source {
        StoreError::Corrupt { what, .. } => CopyError::NoBackup { path: from.to_owned(), what },
        // It has the name already.
        StoreError::Unusable { path, source } => CopyError::Io { path, source },
        source => CopyError::Store { path: from.to_owned(), source },
    };
    let copied = Store::backup(from, &unfinished).and_then(|()| Store::open(&unfinished));
    let finished = copied.map_err(failed).and_then(|store| finish(&store));
    let finished = finished.inspect_err(|_| drop(std::fs::remove_file(&unfinished)))?;
    std::fs::rename(&unfinished, to).map_err(io(to))?;
    // Whoever is told that there is a backup has one, also if the power fails now.
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::File::open(to).and_then(|file| file.sync_all()).map_err(io(to))?;
    std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(io(folder))?;
    Ok(finished)
}

#[expect(clippy::print_stderr, reason = "a command says what it found")]
fn tell(said: &str) {
    eprintln!("{said}");
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "a command says what it did")]
fn report(done: Result<(), CopyError>, file: &Path) -> ExitCode {
    match done {
        Ok(()) => {
            println!("wrote {}", file.display());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

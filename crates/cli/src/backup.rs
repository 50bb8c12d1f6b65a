//! `mote backup` and `mote restore`: the store in one file.

use std::{
    io,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Args;
use mote_store::{Store, StoreError};

use crate::serve::STORE;

/// Copy what a node keeps into a file, also while it runs. The key for secrets (`secrets.key`) is not in it: keep that apart.
#[derive(Args, Debug, Clone)]
pub(crate) struct BackupOptions {
    /// The file to write; it must not be there yet.
    pub(crate) file: PathBuf,
    /// The node's folder.
    #[arg(long, default_value = ".mote", env = "MOTE_DATA")]
    pub(crate) data: PathBuf,
}

/// Put a backup into a folder that has no store, for a node to start from. Its `secrets.key` belongs there, too.
#[derive(Args, Debug, Clone)]
pub(crate) struct RestoreOptions {
    /// The backup.
    pub(crate) file: PathBuf,
    /// The node's folder.
    #[arg(long, default_value = ".mote", env = "MOTE_DATA")]
    pub(crate) data: PathBuf,
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
    #[error("{0}")]
    Store(#[from] StoreError),
}

/// Runs `mote backup`.
pub(crate) fn back_up(options: &BackupOptions) -> ExitCode {
    let store = options.data.join(STORE);
    let missing = || CopyError::NoStore { folder: options.data.clone() };
    let done = if store.is_file() { copy(&store, &options.file) } else { Err(missing()) };
    report(done, &options.file)
}

/// Runs `mote restore`.
pub(crate) fn restore(options: &RestoreOptions) -> ExitCode {
    let store = options.data.join(STORE);
    let io = |source| CopyError::Io { path: options.data.clone(), source };
    let done = std::fs::create_dir_all(&options.data).map_err(io).and_then(|()| copy(&options.file, &store));
    report(done, &store)
}

/// Checks one store, and writes the other as a whole or not at all.
fn copy(from: &Path, to: &Path) -> Result<(), CopyError> {
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
    let copied = Store::backup(from, &unfinished).and_then(|()| Store::open(&unfinished).map(drop));
    if let Err(error) = copied {
        let _ = std::fs::remove_file(&unfinished);
        return Err(error.into());
    }
    std::fs::rename(&unfinished, to).map_err(io(to))?;
    // Whoever is told that there is a backup has one, also if the power fails now.
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::File::open(to).and_then(|file| file.sync_all()).map_err(io(to))?;
    std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(io(folder))
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

